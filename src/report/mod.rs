//! What an error looks like: CPython's traceback text, a report for people, JSON for tools. Gets plain data
//! ([`Failure`], syntax errors) and knows nothing of the interpreter that collected it.

mod anchors;
#[cfg(feature = "cli")]
pub mod diagnostic;
pub mod failure;
#[cfg(feature = "cli")]
mod files;
pub mod hints;
pub mod json;
pub mod library;
pub mod syntax;
pub mod traceback;
pub mod width;

pub use failure::{Crash, Failure, Frame, SyntaxPlace};

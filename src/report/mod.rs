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

/// Whether colours are not wanted, wherever it is shown (<https://no-color.org>).
#[cfg(feature = "cli")]
pub fn refuses_colours() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

pub use failure::{Crash, Failure, Frame, SyntaxPlace};

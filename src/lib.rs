//! **aio**: an interpreter for a small async scripting language, Python 3 syntax with asyncio's semantics.
#![deny(unsafe_code)]

pub mod allocator;
#[cfg(feature = "cli")]
mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod code;
pub mod compile;
pub mod engine;
pub mod event;
pub mod intern;
pub mod interp;
pub mod modules;
pub mod object;
#[cfg(feature = "cli")]
mod repl;
pub mod report;
pub mod source;
pub mod syntax;
pub mod tasks;
#[cfg(feature = "cli")]
mod testing;
pub mod text;
#[cfg(feature = "cli")]
mod trace;

pub use engine::Engine;

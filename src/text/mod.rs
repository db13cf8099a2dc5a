//! Text and numbers without objects: how numbers and strings are written, parsed, formatted, hashed and drawn.
//!
//! Layer 0: plain Rust types only (`str`, `i64`, `f64`, `BigInt`, bytes). Nothing here knows of values, classes or
//! the interpreter; failures are [`error::TextError`], which the caller turns into an exception of the named kind.

pub mod braces;
pub mod draws;
pub mod error;
pub mod float;
pub mod format;
pub mod hash;
pub mod int;
pub mod json;
pub mod names;
pub mod order;
pub mod packed;
pub mod percent;
pub mod quote;
pub mod spec;
pub mod strftime;
pub mod suggest;
mod tables;
pub mod tabs;
pub mod twister;
pub mod unicode;
pub mod zone;

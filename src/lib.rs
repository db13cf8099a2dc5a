//! **aio**: an interpreter for a small async scripting language, Python 3 syntax with asyncio's semantics.
#![deny(unsafe_code)]

pub mod code;
pub mod intern;
pub mod object;
pub mod source;
pub mod text;

//! Evaluates planted trees and resumes machines: calls, attributes, operators, iteration, exceptions.
//!
//! Each file adds its part of `impl Vm`. Nothing here knows of tasks, of the loop, or of any module.

pub mod advance;
pub mod arithmetic;
mod asleep;
pub mod async_generator;
pub mod attribute;
pub mod bind;
pub mod call;
pub mod class;
pub mod collect;
pub mod compare;
pub mod complex;
pub mod convert;
mod delegate;
pub mod drive;
mod eager;
pub mod error;
pub mod exception_text;
pub mod finalize;
pub mod format;
pub mod future;
pub mod hashing;
pub mod heap;
pub mod item;
pub mod iterate;
pub mod leaks;
pub mod nesting;
mod next_item;
pub mod object_text;
pub mod operators;
pub mod percent;
pub mod plant;
pub mod repr;
pub mod sequence_ops;
pub mod set_ops;
pub mod slice;
pub mod streams;
pub mod truth;
pub mod upcalls;

/// The operators and the body of code, for layers that do not see `code`.
pub use crate::code::{BinaryOp, Code, CompareOp, Flavour, UnaryOp};

//! The one error of this layer: a kind and CPython's message. It must not know of exception objects.

use std::borrow::Cow;
use std::fmt;

/// The exception class a failure becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `ValueError`
    Value,
    /// `TypeError`
    Type,
    /// `OverflowError`
    Overflow,
    /// `ZeroDivisionError`
    ZeroDivision,
    /// `MemoryError`; its message is empty.
    Memory,
}

/// A failure of a text or number routine: the class of the exception and its exact text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextError {
    pub kind: Kind,
    pub message: Cow<'static, str>,
}

/// What the routines of this layer return.
pub type Result<T> = std::result::Result<T, TextError>;

impl TextError {
    #[cold]
    pub fn value(message: impl Into<Cow<'static, str>>) -> Self {
        TextError { kind: Kind::Value, message: message.into() }
    }

    #[cold]
    pub fn type_error(message: impl Into<Cow<'static, str>>) -> Self {
        TextError { kind: Kind::Type, message: message.into() }
    }

    #[cold]
    pub fn overflow(message: impl Into<Cow<'static, str>>) -> Self {
        TextError { kind: Kind::Overflow, message: message.into() }
    }

    #[cold]
    pub fn zero_division(message: impl Into<Cow<'static, str>>) -> Self {
        TextError { kind: Kind::ZeroDivision, message: message.into() }
    }

    #[cold]
    pub fn memory() -> Self {
        TextError { kind: Kind::Memory, message: Cow::Borrowed("") }
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TextError {}

/// Texts longer than this (in characters) are refused with MemoryError rather than built: a width or precision asks
/// for them in a few bytes of script.
pub const MAX_TEXT: usize = 1 << 30;

//! The value of a syntax error: small data that `report/` turns into text.
//!
//! The message is CPython's where CPython has one; the label, the help and the secondary labels say
//! more. How an error is found is the business of the lexer, the layout and `diagnose.rs`.

use std::borrow::Cow;

use crate::source::Span;

/// Which exception class the error belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    SyntaxError,
    IndentationError,
    TabError,
}

impl ErrorKind {
    /// The name of the exception class.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::SyntaxError => "SyntaxError",
            ErrorKind::IndentationError => "IndentationError",
            ErrorKind::TabError => "TabError",
        }
    }
}

/// One error in a program's text.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntaxError {
    pub kind: ErrorKind,
    /// CPython's text where it has one.
    pub message: Cow<'static, str>,
    pub span: Span,
    /// Stands at the span: what was expected, or what is wrong with it.
    pub label: Cow<'static, str>,
    /// One concrete hint.
    pub help: Option<Cow<'static, str>>,
    /// Other places that matter, such as the bracket that was never closed.
    pub secondary: Vec<(Span, Cow<'static, str>)>,
    /// The text ends too early: at a prompt, more lines can complete it.
    pub incomplete: bool,
}

/// Errors travel boxed: the good path carries a pointer at most.
pub type Fault = Box<SyntaxError>;

impl SyntaxError {
    pub fn new(message: impl Into<Cow<'static, str>>, span: Span) -> SyntaxError {
        let message = message.into();
        SyntaxError {
            kind: ErrorKind::SyntaxError,
            label: Cow::Borrowed("here"),
            message,
            span,
            help: None,
            secondary: Vec::new(),
            incomplete: false,
        }
    }

    pub fn indentation(message: impl Into<Cow<'static, str>>, span: Span) -> SyntaxError {
        SyntaxError { kind: ErrorKind::IndentationError, ..SyntaxError::new(message, span) }
    }

    pub fn label(mut self, label: impl Into<Cow<'static, str>>) -> SyntaxError {
        self.label = label.into();
        self
    }

    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> SyntaxError {
        self.help = Some(help.into());
        self
    }

    pub fn also(mut self, span: Span, label: impl Into<Cow<'static, str>>) -> SyntaxError {
        self.secondary.push((span, label.into()));
        self
    }

    pub fn incomplete(mut self) -> SyntaxError {
        self.incomplete = true;
        self
    }

    pub fn boxed(self) -> Fault {
        Box::new(self)
    }
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.message)
    }
}

//! The value of a syntax error: small data that `report/` turns into text.
//!
//! The message is CPython's where CPython has one; the label, the help and the secondary labels say
//! more. How an error is found is the business of the lexer, the layout and `diagnose.rs`.

use std::borrow::Cow;

use crate::source::{Position, Source, Span};

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

/// What CPython's traceback underlines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carets {
    /// The error's own span.
    #[default]
    Span,
    /// Something else.
    At(Span),
    /// What stands left of the place; nothing at the beginning of a line.
    Before(u32),
}

/// What found an error. CPython fills the fields of its exception differently in each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// The lexer: the error is known while its line is being read.
    Lexer,
    /// The layout, the grammar and its actions.
    #[default]
    Grammar,
    /// What comes after the syntax tree, when the text is gone.
    Compiler,
}

/// One error in a program's text.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntaxError {
    pub kind: ErrorKind,
    /// CPython's text where it has one.
    pub message: Cow<'static, str>,
    pub span: Span,
    pub carets: Carets,
    /// Stands at the span: what was expected, or what is wrong with it.
    pub label: Cow<'static, str>,
    /// One concrete hint.
    pub help: Option<Cow<'static, str>>,
    /// Other places that matter, such as the bracket that was never closed.
    pub secondary: Vec<(Span, Cow<'static, str>)>,
    /// The text ends too early: at a prompt, more lines can complete it.
    pub incomplete: bool,
    pub stage: Stage,
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
            carets: Carets::Span,
            help: None,
            secondary: Vec::new(),
            incomplete: false,
            stage: Stage::Grammar,
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

    pub fn stage(mut self, stage: Stage) -> SyntaxError {
        self.stage = stage;
        self
    }

    pub fn carets(mut self, carets: Carets) -> SyntaxError {
        self.carets = carets;
        self
    }

    /// Underlines one character, as CPython does where it only knows where something begins.
    pub fn one_caret(self) -> SyntaxError {
        let start = self.span.start;
        self.carets(Carets::At(Span { start, end: start }))
    }

    /// Where the error begins and ends for CPython: `lineno` and `offset`, `end_lineno` and `end_offset`.
    pub fn positions(&self, source: &Source) -> (Position, Position) {
        let span = match self.carets {
            Carets::Span => self.span,
            Carets::At(span) => span,
            Carets::Before(at) => {
                let at = source.position(at);
                let left = Position { column: at.column - 1, ..at };
                return (left, left);
            }
        };
        (source.position(span.start), source.position(span.end))
    }

    /// Whether the error stands at the end of a line, or at the comment before it.
    pub fn is_line_end(&self, source: &Source) -> bool {
        let rest = source.text.get(self.span.start as usize..).unwrap_or("");
        self.carets == Carets::Span && (rest.is_empty() || rest.starts_with(['\n', '\r', '#']))
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

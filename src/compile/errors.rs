//! Errors that the compiler finds: a list, handed out in the order of the source.

use crate::source::Span;
use crate::syntax::error::{Stage, SyntaxError};
use crate::text::order;

#[derive(Default)]
pub(super) struct Errors {
    list: Vec<SyntaxError>,
    warnings: Vec<(Span, String)>,
}

/// An error just added, to which more can be said.
pub(super) struct Added<'a>(&'a mut SyntaxError);

impl Errors {
    /// Adds an error with CPython's text at the place that CPython underlines.
    pub fn add(&mut self, span: Span, message: impl Into<String>) -> Added<'_> {
        let position = self.list.len();
        self.list.push(SyntaxError::new(message.into(), span).stage(Stage::Compiler));
        Added(&mut self.list[position])
    }

    /// Notes what is no error, but surely a mistake.
    pub fn warn(&mut self, span: Span, message: String) {
        self.warnings.push((span, message));
    }

    pub fn take_warnings(&mut self) -> Vec<(Span, String)> {
        std::mem::take(&mut self.warnings)
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them in source order, one for each place.
    pub fn finish(mut self) -> Vec<SyntaxError> {
        order::sort_by_key(&mut self.list, |e| e.span.start);
        self.list.dedup_by_key(|e| e.span);
        self.list
    }
}

impl Added<'_> {
    pub fn label(self, label: &'static str) -> Self {
        self.0.label = label.into();
        self
    }

    pub fn help(self, help: &'static str) -> Self {
        self.0.help = Some(help.into());
        self
    }
}

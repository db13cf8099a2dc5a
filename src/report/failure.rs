//! An uncaught exception as data: what was raised, where it passed through, what caused it. Collected by the engine,
//! which can ask exceptions for their text; rendered by the other files here.

use std::rc::Rc;

use crate::source::{Source, Span};

/// A place that an exception passed through.
#[derive(Clone)]
pub struct Frame {
    pub source: Rc<Source>,
    pub span: Span,
    /// The name of the body: `<module>`, `f`, `<lambda>`.
    pub name: String,
    /// The same with its classes and functions: `Account.withdraw`.
    pub qualname: String,
    /// The body is a coroutine or an async generator: it was awaited, not called.
    pub is_async: bool,
}

impl Frame {
    /// The line of the place, counted from 1.
    pub fn line(&self) -> u32 {
        self.source.line_of(self.span.start)
    }
}

/// Where a SyntaxError is, from the exception's own fields, as a script may set them.
#[derive(Clone, Default)]
pub struct SyntaxPlace {
    pub filename: Option<String>,
    pub line: Option<i64>,
    pub end_line: Option<i64>,
    /// In code points from 1.
    pub column: Option<i64>,
    pub end_column: Option<i64>,
    /// The line itself.
    pub text: Option<String>,
}

/// One exception of a [`Failure`].
#[derive(Clone, Default)]
pub struct Crash {
    /// With its module unless that is `builtins` or `__main__`: `asyncio.exceptions.CancelledError`.
    pub type_name: String,
    /// `str(exception)`; for a syntax error its `msg`.
    pub message: String,
    /// What follows the message: `. Did you mean: 'x'?`
    pub suggestion: String,
    /// From the outermost frame to the place of the raise.
    pub frames: Vec<Frame>,
    pub notes: Vec<String>,
    pub syntax: Option<SyntaxPlace>,
    /// Indices into [`Failure::crashes`].
    pub cause: Option<usize>,
    pub context: Option<usize>,
    /// `raise ... from`: the context is not shown.
    pub suppress_context: bool,
    /// The members of an exception group.
    pub members: Option<Vec<usize>>,
}

/// An exception with all that hangs on it. A list and not a tree: chains may be as long as memory allows.
#[derive(Clone, Default)]
pub struct Failure {
    /// The first is the exception itself. Never empty, each shown at most once.
    pub crashes: Vec<Crash>,
}

/// How one exception follows from another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// `raise ... from`
    Cause,
    /// Raised while the other was handled.
    Context,
}

impl Failure {
    /// The exception that a report shows before this one.
    pub fn before(&self, at: usize) -> Option<(Link, usize)> {
        let crash = &self.crashes[at];
        match (crash.cause, crash.context) {
            (Some(cause), _) => Some((Link::Cause, cause)),
            (None, Some(context)) if !crash.suppress_context => Some((Link::Context, context)),
            _ => None,
        }
    }

    /// An exception and those that led to it, the newest first; each with how it follows from the next.
    pub fn chain(&self, from: usize) -> Vec<(usize, Option<Link>)> {
        let mut chain = Vec::new();
        let mut at = from;
        while let Some((link, next)) = self.before(at) {
            chain.push((at, Some(link)));
            at = next;
        }
        chain.push((at, None));
        chain
    }
}

impl Crash {
    /// The last line of a traceback: `Type: message`, or the type alone.
    pub fn last_line(&self) -> String {
        match (self.message.as_str(), self.suggestion.as_str()) {
            ("", "") => self.type_name.clone(),
            (message, suggestion) => format!("{}: {message}{suggestion}", self.type_name),
        }
    }
}

//! What a check found: a code, a place, what is wrong, what helps. Plain data.

use crate::source::Span;

/// The checks. Their names are the codes that reports show and `# aio: ignore[...]` takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Code {
    SyntaxError,
    UndefinedName,
    UnknownAttribute,
    NeverAwaited,
    MissingAwait,
    BadAwait,
    AsyncProtocol,
    DroppedTask,
    BlockingCall,
    SwallowedCancellation,
    NestedRun,
    Unreachable,
    UnusedVariable,
    UnusedImport,
    ShadowedBuiltin,
}

impl Code {
    pub const ALL: [Code; 15] = [
        Code::SyntaxError,
        Code::UndefinedName,
        Code::UnknownAttribute,
        Code::NeverAwaited,
        Code::MissingAwait,
        Code::BadAwait,
        Code::AsyncProtocol,
        Code::DroppedTask,
        Code::BlockingCall,
        Code::SwallowedCancellation,
        Code::NestedRun,
        Code::Unreachable,
        Code::UnusedVariable,
        Code::UnusedImport,
        Code::ShadowedBuiltin,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Code::SyntaxError => "syntax-error",
            Code::UndefinedName => "undefined-name",
            Code::UnknownAttribute => "unknown-attribute",
            Code::NeverAwaited => "never-awaited",
            Code::MissingAwait => "missing-await",
            Code::BadAwait => "bad-await",
            Code::AsyncProtocol => "async-protocol",
            Code::DroppedTask => "dropped-task",
            Code::BlockingCall => "blocking-call",
            Code::SwallowedCancellation => "swallowed-cancellation",
            Code::NestedRun => "nested-run",
            Code::Unreachable => "unreachable",
            Code::UnusedVariable => "unused-variable",
            Code::UnusedImport => "unused-import",
            Code::ShadowedBuiltin => "shadowed-builtin",
        }
    }

    /// Whether the program fails for it when it gets there.
    pub fn is_error(self) -> bool {
        matches!(
            self,
            Code::SyntaxError
                | Code::UndefinedName
                | Code::UnknownAttribute
                | Code::MissingAwait
                | Code::BadAwait
                | Code::AsyncProtocol
                | Code::NestedRun
        )
    }
}

/// A change to the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// One thing that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    pub code: Code,
    pub span: Span,
    pub message: String,
    pub help: Option<String>,
    /// What `--fix` does, where that is safe.
    pub fix: Vec<Edit>,
}

impl Finding {
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Finding {
        Finding { code, span, message: message.into(), help: None, fix: Vec::new() }
    }

    pub fn help(mut self, text: impl Into<String>) -> Finding {
        self.help = Some(text.into());
        self
    }

    pub fn replace(mut self, span: Span, text: impl Into<String>) -> Finding {
        self.fix.push(Edit { span, text: text.into() });
        self
    }

    pub fn insert(self, at: u32, text: &str) -> Finding {
        self.replace(Span { start: at, end: at }, text)
    }
}

//! What the walk notes of a program: the names, and the places that the rules look at. Plain data.

use super::scope::{Read, ScopeId, Scopes};
use crate::intern::Symbol;
use crate::source::{Source, Span};
use crate::syntax::ast::*;

/// A place that rules look at.
pub struct Site<'a> {
    pub scope: ScopeId,
    pub what: What<'a>,
    /// An exception here is expected: it stands in a `try` that catches it.
    pub is_guarded: bool,
}

pub enum What<'a> {
    /// An expression for its effect.
    Bare(&'a Expr),
    /// The operand of an `await`.
    Await {
        operand: &'a Expr,
        whole: Span,
    },
    Call(&'a Expr),
    /// Something is done with the value that no coroutine can do; what, in words.
    Value {
        expr: &'a Expr,
        done: &'static str,
    },
    /// `name = value`
    Assign {
        name: Symbol,
        name_span: Span,
        value: &'a Expr,
    },
    Attribute(&'a Expr),
    /// A `try`; whether it stands in an endless loop of the same function.
    Try {
        handlers: &'a [ExceptHandler],
        body: &'a [Stmt],
        in_endless_loop: bool,
    },
    /// `for target in iter`
    For {
        iter: &'a Expr,
    },
}

/// What the walk gives.
pub struct Facts<'a> {
    pub source: &'a Source,
    pub scopes: Scopes,
    pub reads: Vec<Read>,
    pub sites: Vec<Site<'a>>,
    /// Names in `__all__`.
    pub exported: Vec<Symbol>,
    /// Attributes that the program asks for with `hasattr`, or sets: that a module has not got them is no mistake.
    pub expected: Vec<Symbol>,
}

//! What the walk notes of a program: the names, and the places that the rules look at. Plain data.

use rustc_hash::FxHashMap;

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
    /// A `try`, and the body of the endless loop of the same function that it stands in.
    Try {
        handlers: &'a [ExceptHandler],
        body: &'a [Stmt],
        endless: Option<&'a [Stmt]>,
    },
    /// `for target in iter`
    For {
        iter: &'a Expr,
        is_async: bool,
    },
    /// `with context:`
    With {
        context: &'a Expr,
        is_async: bool,
    },
    /// A value becomes a text.
    Shown(&'a Expr),
}

/// What is done with a value: it is asked whether it is true.
pub const TESTED: &str = "is tested";
/// What is done with a value: its items are taken one by one, as a plain `for` does.
pub const ITERATED: &str = "is iterated over";

/// What the walk gives.
pub struct Facts<'a> {
    pub source: &'a Source,
    pub scopes: Scopes,
    pub reads: Vec<Read>,
    pub sites: Vec<Site<'a>>,
    /// The classes that are what their text says, without decorators and metaclasses: by the place of the name.
    pub classes: FxHashMap<u32, ScopeId>,
    /// Names in `__all__`.
    pub exported: Vec<Symbol>,
    /// Attributes that the program asks for with `hasattr`, or sets: that a module has not got them is no mistake.
    pub expected: Vec<Symbol>,
}

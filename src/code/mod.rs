//! The executable tree: what the compiler writes and the interpreter plants. Plain data that can be
//! printed (`aio dump code`); it knows neither syntax nor values.
//!
//! A [`Code`] is one body: a module, a function, a lambda, a class body or a generator expression.
//! Names are gone: a local is a [`Slot`] of the frame, a captured one a cell, a global a symbol.
//! A body that cannot suspend is a tree of [`Stmt`]; one that can is a flat [`Machine`].

pub mod dump;
pub mod expr;
pub mod machine;
pub mod pattern;
pub mod stmt;

use std::cell::Cell;
use std::rc::Rc;

use crate::intern::Symbol;
use crate::source::{Source, Span};

pub use expr::Capture;
pub use expr::{
    Arg, BinaryOp, Call, ClassOuter, Comp, CompClause, CompKind, CompareOp, Const, DictItem, Expr, Item, MakeClass,
    MakeFunction, UnaryOp,
};
pub use machine::{Collect, Container, Instr, Label, Machine, Region};
pub use pattern::Pattern;
pub use stmt::{Block, Case, Handler, ImportName, Stmt, Target};

/// The index of a variable in its frame. Slot 0 holds the running function itself; parameters
/// follow from 1, in the order positional, keyword-only, `*args`, `**kwargs`; then locals, then temporaries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Slot(pub u32);

/// A place in the source that an error may name: an index into [`Code::sites`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Site(pub u32);

/// The index of a captured variable among a function's [`Code::free`] names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FreeIndex(pub u32);

/// What kind of body this is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Module,
    Function,
    Lambda,
    /// `class C: ...`: slot 1 holds the namespace that the body's names go to.
    Class,
    /// `(x for x in xs)`: parameter 1 is the iterator over the outermost iterable.
    GeneratorExpression,
    /// `exec`/`eval` with a namespace of its own for locals: slot 1 holds it, as in a class body.
    Names,
}

/// What calling the body gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flavour {
    /// The result.
    Plain,
    Generator,
    Coroutine,
    AsyncGenerator,
}

/// Parameters in slot order (from slot 1).
#[derive(Clone, Default, Debug)]
pub struct Params {
    /// `names[..positional]` may be given by position, the first `positional_only` of them only so;
    /// then come `keyword_only` names, then `*vararg`, then `**kwarg`.
    pub names: Box<[Symbol]>,
    pub positional_only: u32,
    pub positional: u32,
    pub keyword_only: u32,
    pub vararg: bool,
    pub kwarg: bool,
}

/// One body, ready to be planted.
#[derive(Debug)]
pub struct Code {
    pub name: Symbol,
    /// Dotted, with `<locals>`: `Outer.method.<locals>.inner` (PEP 3155).
    pub qualname: Rc<str>,
    pub kind: Kind,
    pub flavour: Flavour,
    pub source: Rc<Source>,
    /// The whole definition; its first line is `co_firstlineno`.
    pub span: Span,
    pub params: Params,
    /// The name of every slot, for messages, `locals()` and dumps; temporaries have none.
    pub slot_names: Box<[Option<Symbol>]>,
    /// Slots that are captured by inner functions: at entry each is wrapped in a fresh cell
    /// (with the argument in it when it is a parameter, unbound otherwise).
    pub cells: Box<[Slot]>,
    /// Names of the captured variables that the function brings along, in order.
    pub free: Box<[Symbol]>,
    pub body: Body,
    pub sites: Box<[Span]>,
    pub doc: Option<Rc<str>>,
    /// `types.coroutine` was asked to let what the generator function makes be awaited.
    pub makes_awaitables: Cell<bool>,
}

#[derive(Debug)]
pub enum Body {
    Tree(Block),
    Machine(Machine),
}

impl Params {
    /// How many slots the parameters take.
    pub fn count(&self) -> usize {
        self.names.len()
    }
}

impl Code {
    /// How many slots a frame of this body has, slot 0 included.
    pub fn frame_size(&self) -> usize {
        self.slot_names.len()
    }

    /// The source range of a site.
    pub fn span_of(&self, site: Site) -> Span {
        self.sites.get(site.0 as usize).copied().unwrap_or(self.span)
    }

    pub fn first_line(&self) -> u32 {
        self.source.line_of(self.span.start)
    }
}

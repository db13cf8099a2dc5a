//! Statements of the executable tree, for bodies and parts of bodies that cannot suspend.

use super::{BinaryOp, Expr, FreeIndex, Pattern, Site, Slot};
use crate::intern::Symbol;

/// Statements in order.
pub type Block = Box<[Stmt]>;

#[derive(Debug)]
pub enum Stmt {
    /// `f(x)`: the value is dropped.
    Expr(Expr),
    /// An expression statement at the prompt: its value is echoed (`sys.displayhook`).
    Echo(Expr),
    /// `a = b = value`, targets from left to right.
    Assign {
        targets: Box<[Target]>,
        value: Expr,
    },
    /// `target += value`; for an attribute or index target its parts are evaluated once.
    AugAssign {
        op: BinaryOp,
        target: Target,
        value: Expr,
        /// Where reading a target that is a name fails.
        target_site: Site,
        site: Site,
    },
    /// `return value`
    Return(Expr),
    /// `if test: ... else: ...`
    If {
        test: Expr,
        then: Block,
        orelse: Block,
        site: Site,
    },
    /// `while test: ... else: ...`
    While {
        test: Expr,
        body: Block,
        orelse: Block,
        site: Site,
    },
    /// `for target in iter: ... else: ...`
    For {
        target: Target,
        iter: Expr,
        body: Block,
        orelse: Block,
        site: Site,
    },
    /// `try: ... except ...: ... else: ... finally: ...`
    Try {
        body: Block,
        handlers: Box<[Handler]>,
        orelse: Block,
        finally: Block,
    },
    /// `try: ... except* ...: ...` with `else` and `finally`
    TryStar {
        body: Block,
        handlers: Box<[Handler]>,
        orelse: Block,
        finally: Block,
    },
    /// `with context as target: ...`, one manager; several are nested.
    With {
        context: Expr,
        target: Option<Target>,
        body: Block,
        site: Site,
    },
    /// `raise exception from cause`
    Raise {
        exception: Option<Expr>,
        cause: Option<Expr>,
        site: Site,
    },
    /// `assert test, message`
    Assert {
        test: Expr,
        message: Option<Expr>,
        site: Site,
    },
    /// `del b[i]`; each target of a statement has one of its own.
    Delete {
        targets: Box<[Target]>,
        site: Site,
    },
    /// `import a.b` (binds `a`) and `import a.b as c` (binds `a.b`)
    Import {
        module: Symbol,
        target: Target,
        whole: bool,
        site: Site,
    },
    /// `from ..a import b as c`; `level` counts the dots
    ImportFrom {
        module: Option<Symbol>,
        level: u32,
        names: Box<[ImportName]>,
        site: Site,
    },
    /// `from a import *`, at module level only
    ImportStar {
        module: Option<Symbol>,
        level: u32,
        site: Site,
    },
    /// `match subject: case ...`
    Match {
        subject: Expr,
        cases: Box<[Case]>,
        site: Site,
    },
    /// `x: int` at module or class level, evaluated into `__annotations__`
    Annotate {
        name: Symbol,
        annotation: Expr,
        site: Site,
    },
    Break,
    Continue,
    /// Several statements that stand for one.
    Block(Block),
}

/// `except types as target: body`; without `types` it takes all.
#[derive(Debug)]
pub struct Handler {
    pub types: Option<Expr>,
    /// Unbound again when the handler ends.
    pub target: Option<Target>,
    pub body: Block,
    pub site: Site,
}

#[derive(Debug)]
pub struct ImportName {
    pub name: Symbol,
    pub target: Target,
    pub site: Site,
}

/// `case pattern if guard: body`
#[derive(Debug)]
pub struct Case {
    pub pattern: Pattern,
    pub guard: Option<Expr>,
    pub body: Block,
}

/// What can be assigned to or deleted.
#[derive(Debug)]
pub enum Target {
    Local(Slot),
    /// A captured variable of this frame.
    Cell(Slot),
    /// A captured variable of an enclosing frame (`nonlocal`).
    Free(FreeIndex),
    Global(Symbol),
    /// A name of a class body.
    ClassName(Symbol),
    /// `object.name`
    Attr {
        object: Box<Expr>,
        name: Symbol,
        site: Site,
    },
    /// `object[index]`
    Index {
        object: Box<Expr>,
        index: Box<Expr>,
        site: Site,
    },
    /// `a, *b, c`: the star target is at `star`, if there is one.
    Unpack {
        targets: Box<[Target]>,
        star: Option<u32>,
        site: Site,
    },
}

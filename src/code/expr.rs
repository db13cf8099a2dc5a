//! Expressions of the executable tree. No expression here can suspend: `await` and `yield` are
//! instructions of a [`super::Machine`], which leave their results in temporaries.

use std::rc::Rc;

use num_bigint::BigInt;

use super::{Code, FreeIndex, Pattern, Site, Slot, Target};
use crate::intern::Symbol;

/// A literal, or what constant folding made of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    None,
    True,
    False,
    Ellipsis,
    Int(i64),
    BigInt(Rc<BigInt>),
    Float(f64),
    /// The imaginary part: `3j`.
    Imaginary(f64),
    Str(Rc<str>),
    Bytes(Rc<[u8]>),
    Tuple(Rc<[Const]>),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryOp {
    Neg,
    Pos,
    Invert,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    MatMul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    LShift,
    RShift,
    And,
    Or,
    Xor,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CompareOp {
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
    Is,
    IsNot,
    In,
    NotIn,
}

/// Where a name of a class body is looked up when the class namespace lacks it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClassOuter {
    Global,
    /// A variable of an enclosing function.
    Free(FreeIndex),
    /// A cell of the class body itself (`__class__`).
    Cell(Slot),
}

#[derive(Debug)]
pub enum Expr {
    /// `1`, `"a"`, `(1, 2)`
    Const(Const),
    /// `x`, proved assigned at this place.
    Local { slot: Slot },
    /// `x`, which may be unbound here: UnboundLocalError at `site`.
    LocalChecked { slot: Slot, name: Symbol, site: Site },
    /// `x`, captured by an inner function: the slot holds a cell.
    Cell { slot: Slot, name: Symbol, site: Site },
    /// `x` of an enclosing function.
    Free { index: FreeIndex, name: Symbol, site: Site },
    /// `x` of the module, else of builtins.
    Global { name: Symbol, site: Site },
    /// `x` in a class body: its namespace, then `outer`.
    ClassName { name: Symbol, outer: ClassOuter, site: Site },
    /// A temporary that a machine left here: moved out, so read once.
    Take { slot: Slot },
    /// `-x`
    Unary { op: UnaryOp, operand: Box<Expr>, site: Site },
    /// `a + b`
    Binary { op: BinaryOp, left: Box<Expr>, right: Box<Expr>, site: Site },
    /// `a < b`
    Compare { op: CompareOp, left: Box<Expr>, right: Box<Expr>, site: Site },
    /// `a < b <= c`: each operand evaluated once.
    Chain { first: Box<Expr>, rest: Box<[(CompareOp, Expr)]>, site: Site },
    /// `not x`
    Not { operand: Box<Expr>, site: Site },
    /// `a and b and c`
    And { operands: Box<[Expr]>, site: Site },
    /// `a or b or c`
    Or { operands: Box<[Expr]>, site: Site },
    /// `a if test else b`
    If { test: Box<Expr>, then: Box<Expr>, orelse: Box<Expr>, site: Site },
    /// `a.name`
    Attr { object: Box<Expr>, name: Symbol, site: Site },
    /// `a[i]`, `a[i:j]` (the index then is a [`Expr::Slice`])
    Index { object: Box<Expr>, index: Box<Expr>, site: Site },
    /// `i:j:k`
    Slice { lower: Option<Box<Expr>>, upper: Option<Box<Expr>>, step: Option<Box<Expr>> },
    /// `f(a, *b, c=d, **e)`
    Call(Box<Call>),
    /// `(a, *b)`
    Tuple(Box<[Item]>),
    /// `[a, *b]`
    List(Box<[Item]>),
    /// `{a, *b}`
    Set(Box<[Item]>),
    /// `{a: b, **c}`
    Dict(Box<[DictItem]>),
    /// `{value!r:spec}` of an f-string; the specification is itself an expression that gives a str.
    Format { value: Box<Expr>, conversion: Option<char>, spec: Option<Box<Expr>>, site: Site },
    /// `f"..{a}.."`: strings joined; each part gives a str.
    Join(Box<[Expr]>),
    /// `lambda ...`, and what stands behind `def` (before decorators).
    Function(Box<MakeFunction>),
    /// What stands behind `class` (before decorators).
    Class(Box<MakeClass>),
    /// `[x for x in xs if c]`, inlined: its variables are slots of this frame (PEP 709).
    Comp(Box<Comp>),
    /// `(x for x in xs)`: `make` has one parameter, the iterator over `iter`. For an outermost
    /// `async for` the parameter is the async iterator.
    Generator { make: Box<MakeFunction>, iter: Box<Expr>, is_async: bool, site: Site },
    /// `(x := value)`
    Assign { target: Box<Target>, value: Box<Expr> },
    /// `locals()`, `vars()`, `dir()` without arguments and `eval(x)`, `exec(x)` without namespaces in a function or
    /// class, guarded: `call` is what runs when the name was rebound. The slots named are those of [`Code::slot_names`] and the free names.
    /// `inner` are the variables of comprehensions around.
    Locals { call: Box<Call>, inner: Box<[(Symbol, Slot)]> },
    /// Whether the value matches (used by machines, whose `match` statements are split).
    Matches { value: Box<Expr>, pattern: Box<Pattern>, site: Site },
    /// Whether the exception in the slot matches the `except` clause's types; TypeError when they are not
    /// exception classes.
    ExceptionMatches { exception: Slot, types: Box<Expr>, site: Site },
    /// What parses but does not run yet: NotImplementedError naming the construct.
    Unsupported { what: &'static str, site: Site },
}

/// `func(args)`; `func` an [`Expr::Attr`] is a method call. `super()` without arguments inside a
/// method arrives with its two implicit arguments filled in.
#[derive(Debug)]
pub struct Call {
    pub func: Expr,
    pub args: Box<[Arg]>,
    pub site: Site,
}

#[derive(Debug)]
pub enum Arg {
    Positional(Expr),
    /// `*xs`
    Star(Expr),
    /// `name=x`
    Keyword(Symbol, Expr),
    /// `**d`
    DoubleStar(Expr),
}

impl Arg {
    /// Whether it is a plain `None`.
    pub fn is_none(&self) -> bool {
        matches!(self, Arg::Positional(Expr::Const(Const::None)))
    }
}

/// An element of a display.
#[derive(Debug)]
pub enum Item {
    One(Expr),
    /// `*xs`
    Star(Expr, Site),
}

#[derive(Debug)]
pub enum DictItem {
    Pair(Expr, Expr),
    /// `**d`
    Spread(Expr, Site),
}

/// A function being made: evaluated in the order defaults, keyword defaults, annotations.
#[derive(Debug)]
pub struct MakeFunction {
    pub code: Rc<Code>,
    /// For the last `defaults.len()` positional parameters.
    pub defaults: Box<[Expr]>,
    pub keyword_defaults: Box<[(Symbol, Expr)]>,
    /// `name: annotation`, `return` last; with `from __future__ import annotations` they are strings.
    pub annotations: Box<[(Symbol, Expr)]>,
    /// For each of the code's free names, in order: the cell it is taken from.
    pub captures: Box<[Capture]>,
}

/// Where a function being made finds the cell of a captured variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Capture {
    /// A cell in a slot of the frame that makes it.
    Cell(Slot),
    /// A cell that the making function itself brought along.
    Free(FreeIndex),
}

/// A class being made.
#[derive(Debug)]
pub struct MakeClass {
    pub name: Symbol,
    /// The body, of kind [`super::Kind::Class`], without parameters or defaults.
    pub body: MakeFunction,
    /// Bases (positional and starred) and keywords (`metaclass=`, ...).
    pub args: Box<[Arg]>,
    /// The slot, in the *body's* frame, of the `__class__` cell, when a method uses it.
    pub class_cell: Option<Slot>,
    pub site: Site,
}

/// A comprehension, run in place.
#[derive(Debug)]
pub struct Comp {
    pub kind: CompKind,
    /// At least one; the first is a `for`.
    pub clauses: Box<[CompClause]>,
    /// Slots of its variables that inner functions capture: wrapped in fresh cells when it starts.
    pub cells: Box<[Slot]>,
    /// Slots of all its variables: emptied when it ends. They have no name in
    /// [`Code::slot_names`], so that `locals()` never shows them.
    pub vars: Box<[Slot]>,
    pub site: Site,
}

#[derive(Debug)]
pub enum CompKind {
    List(Expr),
    Set(Expr),
    Dict(Expr, Expr),
}

#[derive(Debug)]
pub enum CompClause {
    /// `for target in iter`
    For { target: Target, iter: Expr, site: Site },
    /// `if test`
    If(Expr),
}

impl Expr {
    /// Whether evaluating the expression may assign a local of the same frame (`:=`, a comprehension's variable) or move a
    /// temporary out.
    pub fn may_assign(&self) -> bool {
        let item = |item: &Item| match item {
            Item::One(e) | Item::Star(e, _) => e.may_assign(),
        };
        match self {
            Expr::Assign { .. } | Expr::Comp(_) | Expr::Take { .. } | Expr::Matches { .. } => true,
            Expr::Const(_)
            | Expr::Local { .. }
            | Expr::LocalChecked { .. }
            | Expr::Cell { .. }
            | Expr::Free { .. }
            | Expr::Global { .. }
            | Expr::ClassName { .. }
            | Expr::Unsupported { .. } => false,
            Expr::Unary { operand, .. } | Expr::Not { operand, .. } => operand.may_assign(),
            Expr::Binary { left, right, .. } | Expr::Compare { left, right, .. } => {
                left.may_assign() || right.may_assign()
            }
            Expr::Chain { first, rest, .. } => first.may_assign() || rest.iter().any(|(_, e)| e.may_assign()),
            Expr::And { operands, .. } | Expr::Or { operands, .. } => operands.iter().any(Expr::may_assign),
            Expr::If { test, then, orelse, .. } => test.may_assign() || then.may_assign() || orelse.may_assign(),
            Expr::Attr { object, .. } => object.may_assign(),
            Expr::Index { object, index, .. } => object.may_assign() || index.may_assign(),
            Expr::Slice { lower, upper, step } => [lower, upper, step].into_iter().flatten().any(|e| e.may_assign()),
            Expr::Call(call) | Expr::Locals { call, .. } => {
                call.func.may_assign()
                    || call.args.iter().any(|arg| match arg {
                        Arg::Positional(e) | Arg::Star(e) | Arg::Keyword(_, e) | Arg::DoubleStar(e) => e.may_assign(),
                    })
            }
            Expr::Tuple(items) | Expr::List(items) | Expr::Set(items) => items.iter().any(item),
            Expr::Dict(items) => items.iter().any(|item| match item {
                DictItem::Pair(k, v) => k.may_assign() || v.may_assign(),
                DictItem::Spread(e, _) => e.may_assign(),
            }),
            Expr::Format { value, spec, .. } => value.may_assign() || spec.as_ref().is_some_and(|s| s.may_assign()),
            Expr::Join(parts) => parts.iter().any(Expr::may_assign),
            // A function or class body has a frame of its own; its defaults and bases are rare enough to be careful.
            Expr::Function(_) | Expr::Class(_) | Expr::Generator { .. } | Expr::ExceptionMatches { .. } => true,
        }
    }
}

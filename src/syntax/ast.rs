//! The syntax tree: what the parser builds and the compiler reads.
//!
//! Names follow CPython's `ast` module. Every node has a span; nothing here says how a program
//! runs. Targets (`a, b = ...`) are ordinary expressions that `targets.rs` has checked, so the
//! load/store/delete context is known from the place of the node and not stored in it.
//!
//! The depth of a tree is bounded by the parser (see `limits.rs`), so recursive walks and the
//! recursive drop are safe.

use num_bigint::BigInt;

use crate::intern::Symbol;
use crate::source::Span;

/// A whole file, one interactive statement, or (with `parse_expression`) one expression
/// as a single `StmtKind::Expr`.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    pub body: Vec<Stmt>,
    pub span: Span,
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `def f(...): ...` and `async def f(...): ...`
    FunctionDef(Box<FunctionDef>),
    /// `class C(B, metaclass=M): ...`
    ClassDef(Box<ClassDef>),
    /// `return` and `return value`
    Return(Option<Box<Expr>>),
    /// `del a, b[0], c.d`
    Delete(Vec<Expr>),
    /// `a = b, c = value`: the targets from left to right.
    Assign {
        targets: Vec<Expr>,
        value: Box<Expr>,
    },
    /// `a += value`
    AugAssign {
        target: Box<Expr>,
        op: BinOp,
        value: Box<Expr>,
    },
    /// `a: int = value`; `simple` when the target is a bare name without parentheses.
    AnnAssign {
        target: Box<Expr>,
        annotation: Box<Expr>,
        value: Option<Box<Expr>>,
        simple: bool,
    },
    /// `type Name[T] = value`
    TypeAlias {
        name: Symbol,
        name_span: Span,
        type_params: Vec<TypeParam>,
        value: Box<Expr>,
    },
    /// `for target in iter: ...` and `async for ...`
    For {
        target: Box<Expr>,
        iter: Box<Expr>,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
        is_async: bool,
    },
    /// `while test: ...`
    While {
        test: Box<Expr>,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
    },
    /// `if test: ...`; an `elif` is one `If` in `orelse`, as in CPython.
    If {
        test: Box<Expr>,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
    },
    /// `with a as b, c: ...` and `async with ...`
    With {
        items: Vec<WithItem>,
        body: Vec<Stmt>,
        is_async: bool,
    },
    /// `match subject: case ...`
    Match {
        subject: Box<Expr>,
        cases: Vec<MatchCase>,
    },
    /// `raise`, `raise exc`, `raise exc from cause`
    Raise {
        exc: Option<Box<Expr>>,
        cause: Option<Box<Expr>>,
    },
    /// `try: ... except ...`; `is_star` when the handlers are `except*`.
    Try {
        body: Vec<Stmt>,
        handlers: Vec<ExceptHandler>,
        orelse: Vec<Stmt>,
        finalbody: Vec<Stmt>,
        is_star: bool,
    },
    /// `assert test, msg`
    Assert {
        test: Box<Expr>,
        msg: Option<Box<Expr>>,
    },
    /// `import a.b as c, d`
    Import(Vec<Alias>),
    /// `from ..a.b import c as d`; `module` is `None` in `from . import x`; the name `*` imports all.
    ImportFrom {
        module: Option<Symbol>,
        names: Vec<Alias>,
        level: u32,
    },
    /// `global a, b`
    Global(Vec<Ident>),
    /// `nonlocal a, b`
    Nonlocal(Vec<Ident>),
    /// An expression for its effect.
    Expr(Box<Expr>),
    Pass,
    Break,
    Continue,
}

/// A name in a place where only a name can stand, with its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ident {
    pub name: Symbol,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FunctionDef {
    pub name: Symbol,
    pub name_span: Span,
    pub type_params: Vec<TypeParam>,
    pub args: Arguments,
    pub returns: Option<Expr>,
    pub body: Vec<Stmt>,
    /// Topmost first, as written.
    pub decorators: Vec<Expr>,
    pub is_async: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClassDef {
    pub name: Symbol,
    pub name_span: Span,
    pub type_params: Vec<TypeParam>,
    pub bases: Vec<Expr>,
    pub keywords: Vec<Keyword>,
    pub body: Vec<Stmt>,
    /// Topmost first, as written.
    pub decorators: Vec<Expr>,
}

/// The parameters of a `def` or `lambda`: `posonly, /, args, *vararg, kwonly, **kwarg`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments {
    pub posonly: Vec<Arg>,
    pub args: Vec<Arg>,
    pub vararg: Option<Box<Arg>>,
    pub kwonly: Vec<Arg>,
    pub kwarg: Option<Box<Arg>>,
}

/// One parameter: `name`, `name: annotation`, `name: annotation = default`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    pub name: Symbol,
    pub name_span: Span,
    /// For `*args: *Ts` a `Starred`.
    pub annotation: Option<Box<Expr>>,
    pub default: Option<Box<Expr>>,
    /// With annotation and default.
    pub span: Span,
}

/// `arg=value` in a call or class header; `arg` is `None` for `**value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Keyword {
    pub arg: Option<Symbol>,
    pub value: Expr,
    pub span: Span,
}

/// `name as asname` in an import; `name` is the dotted name as one symbol.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    pub name: Symbol,
    pub asname: Option<Symbol>,
    pub span: Span,
}

/// `context_expr as optional_vars` in a `with` statement.
#[derive(Clone, Debug, PartialEq)]
pub struct WithItem {
    pub context_expr: Expr,
    pub optional_vars: Option<Expr>,
    pub span: Span,
}

/// `except type as name: body`
#[derive(Clone, Debug, PartialEq)]
pub struct ExceptHandler {
    pub typ: Option<Expr>,
    pub name: Option<Ident>,
    pub body: Vec<Stmt>,
    pub span: Span,
}

/// `case pattern if guard: body`
#[derive(Clone, Debug, PartialEq)]
pub struct MatchCase {
    pub pattern: Pattern,
    pub guard: Option<Expr>,
    pub body: Vec<Stmt>,
    pub span: Span,
}

/// One pattern of a `case`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    pub kind: PatternKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PatternKind {
    /// `1`, `-1`, `1+2j`, `"text"`, `a.b`: compared with `==`.
    MatchValue(Box<Expr>),
    /// `None`, `True`, `False`: compared with `is`.
    MatchSingleton(Constant),
    /// `[a, *rest]`, `(a, b)`, `a, b`
    MatchSequence(Vec<Pattern>),
    /// `{"key": p, **rest}`
    MatchMapping { keys: Vec<Expr>, patterns: Vec<Pattern>, rest: Option<Ident> },
    /// `Class(p, attr=q)`
    MatchClass { cls: Box<Expr>, patterns: Vec<Pattern>, kwd_attrs: Vec<Ident>, kwd_patterns: Vec<Pattern> },
    /// `*name` in a sequence; `None` for `*_`.
    MatchStar(Option<Ident>),
    /// `p as name`; `name` alone (no pattern); `_` (neither).
    MatchAs { pattern: Option<Box<Pattern>>, name: Option<Ident> },
    /// `p | q`
    MatchOr(Vec<Pattern>),
}

/// One type parameter of PEP 695, with the default of PEP 696.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeParam {
    pub name: Symbol,
    pub name_span: Span,
    pub kind: TypeParamKind,
    pub default: Option<Expr>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TypeParamKind {
    /// `T`, `T: bound`
    TypeVar { bound: Option<Expr> },
    /// `*Ts`
    TypeVarTuple,
    /// `**P`
    ParamSpec,
}

/// One expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `a and b and c`: at least two values.
    BoolOp { op: BoolOp, values: Vec<Expr> },
    /// `(name := value)`
    NamedExpr { target: Ident, value: Box<Expr> },
    /// `left + right`
    BinOp { left: Box<Expr>, op: BinOp, right: Box<Expr> },
    /// `-operand`
    UnaryOp { op: UnaryOp, operand: Box<Expr> },
    /// `lambda args: body`
    Lambda { args: Box<Arguments>, body: Box<Expr> },
    /// `body if test else orelse`
    IfExp { test: Box<Expr>, body: Box<Expr>, orelse: Box<Expr> },
    /// `{key: value, **other}`
    Dict(Vec<DictItem>),
    /// `{a, *b}`: never empty.
    Set(Vec<Expr>),
    /// `[elt for ...]`
    ListComp { elt: Box<Expr>, generators: Vec<Comprehension> },
    /// `{elt for ...}`
    SetComp { elt: Box<Expr>, generators: Vec<Comprehension> },
    /// `{key: value for ...}`
    DictComp { key: Box<Expr>, value: Box<Expr>, generators: Vec<Comprehension> },
    /// `(elt for ...)`
    GeneratorExp { elt: Box<Expr>, generators: Vec<Comprehension> },
    /// `await value`
    Await(Box<Expr>),
    /// `yield`, `yield value`
    Yield(Option<Box<Expr>>),
    /// `yield from value`
    YieldFrom(Box<Expr>),
    /// `left < a <= b`: `ops` and `comparators` have the same length.
    Compare { left: Box<Expr>, ops: Vec<CmpOp>, comparators: Vec<Expr> },
    /// `func(args, *more, name=value, **rest)`
    Call { func: Box<Expr>, args: Vec<Expr>, keywords: Vec<Keyword> },
    /// `f"text {value!r:spec}"`, implicit concatenation already done.
    JoinedStr(Vec<FStringPart>),
    /// A literal.
    Constant(Constant),
    /// `value.attr`
    Attribute { value: Box<Expr>, attr: Symbol, attr_span: Span },
    /// `value[slice]`; a slice with a comma or a star is a `Tuple`.
    Subscript { value: Box<Expr>, slice: Box<Expr> },
    /// `*value`
    Starred(Box<Expr>),
    /// A variable.
    Name(Symbol),
    /// `[a, *b]`
    List(Vec<Expr>),
    /// `a, b` and `(a, b)`
    Tuple(Vec<Expr>),
    /// `lower:upper:step` within a subscript.
    Slice { lower: Option<Box<Expr>>, upper: Option<Box<Expr>>, step: Option<Box<Expr>> },
}

/// `key: value` of a dict display; `key` is `None` for `**value`.
#[derive(Clone, Debug, PartialEq)]
pub struct DictItem {
    pub key: Option<Expr>,
    pub value: Expr,
}

/// `for target in iter if a if b` of a comprehension.
#[derive(Clone, Debug, PartialEq)]
pub struct Comprehension {
    pub target: Expr,
    pub iter: Expr,
    pub ifs: Vec<Expr>,
    pub is_async: bool,
    pub span: Span,
}

/// A piece of an f-string.
#[derive(Clone, Debug, PartialEq)]
pub enum FStringPart {
    /// Text as it is printed; includes the source text and `=` of `{value=}`.
    Literal(String),
    /// `{value!conversion:format_spec}`
    FormattedValue(Box<FormattedValue>),
}

/// A replacement field.
#[derive(Clone, Debug, PartialEq)]
pub struct FormattedValue {
    pub value: Expr,
    /// Already `Repr` for `{value=}` without a conversion and without a format spec.
    pub conversion: Option<Conversion>,
    pub format_spec: Option<Vec<FStringPart>>,
    pub span: Span,
}

/// `!s`, `!r`, `!a`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    Str,
    Repr,
    Ascii,
}

/// The value of a literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    None,
    True,
    False,
    Ellipsis,
    Int(i64),
    /// A whole number outside `i64`.
    BigInt(Box<BigInt>),
    Float(f64),
    /// `2j`: the imaginary part.
    Complex(f64),
    Str(Box<str>),
    Bytes(Box<[u8]>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolOp {
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `~`
    Invert,
    /// `not`
    Not,
    /// `+`
    UAdd,
    /// `-`
    USub,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinOp {
    Add,
    Sub,
    Mult,
    MatMult,
    Div,
    Mod,
    Pow,
    LShift,
    RShift,
    BitOr,
    BitXor,
    BitAnd,
    FloorDiv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CmpOp {
    Eq,
    NotEq,
    Lt,
    LtE,
    Gt,
    GtE,
    Is,
    IsNot,
    In,
    NotIn,
}

impl BinOp {
    /// The operator as written, without `=` in an augmented assignment.
    pub fn symbol(self) -> &'static str {
        match self {
            BinOp::Add => "+",
            BinOp::Sub => "-",
            BinOp::Mult => "*",
            BinOp::MatMult => "@",
            BinOp::Div => "/",
            BinOp::Mod => "%",
            BinOp::Pow => "**",
            BinOp::LShift => "<<",
            BinOp::RShift => ">>",
            BinOp::BitOr => "|",
            BinOp::BitXor => "^",
            BinOp::BitAnd => "&",
            BinOp::FloorDiv => "//",
        }
    }
}

impl CmpOp {
    /// The operator as written.
    pub fn symbol(self) -> &'static str {
        match self {
            CmpOp::Eq => "==",
            CmpOp::NotEq => "!=",
            CmpOp::Lt => "<",
            CmpOp::LtE => "<=",
            CmpOp::Gt => ">",
            CmpOp::GtE => ">=",
            CmpOp::Is => "is",
            CmpOp::IsNot => "is not",
            CmpOp::In => "in",
            CmpOp::NotIn => "not in",
        }
    }
}

impl Expr {
    pub fn new(kind: ExprKind, span: Span) -> Expr {
        Expr { kind, span }
    }
}

impl Stmt {
    pub fn new(kind: StmtKind, span: Span) -> Stmt {
        Stmt { kind, span }
    }
}

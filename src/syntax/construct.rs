//! Nodes that need more than their parts: what the grammar's actions call.
//!
//! Parameters, patterns and targets have files of their own. Nothing here reads tokens.

use super::ast::*;
use super::error::{Carets, Fault, SyntaxError};
use super::{number, string, targets};
use crate::intern::Symbol;
use crate::source::Span;

/// What the actions know of the program: its text.
pub struct Context<'s> {
    pub text: &'s str,
}

pub fn span(start: u32, end: u32) -> Span {
    Span { start, end: end.max(start) }
}

impl Context<'_> {
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Whether parentheses stand right around the expression (they are not in its span).
    pub fn parenthesised(&self, expr: &Expr) -> bool {
        let before = self.text.get(..expr.span.start as usize).unwrap_or("").trim_end();
        let after = self.text.get(expr.span.end as usize..).unwrap_or("").trim_start();
        before.ends_with('(') && after.starts_with(')')
    }

    /// Whether parentheses stand around the name alone: `(x)`, not `(x := 1)`.
    pub fn parenthesised_alone(&self, name: &Expr) -> bool {
        self.text.get(name.span.end as usize..).unwrap_or("").trim_start().starts_with(')')
    }

    /// Whether the expression's own text begins with a parenthesis, as a tuple's may.
    pub fn is_bracketed(&self, expr: &Expr) -> bool {
        let text = self.slice(expr.span);
        text.starts_with('(') && text.ends_with(')')
    }
}

pub fn expr(l: u32, kind: ExprKind, r: u32) -> Expr {
    Expr { kind, span: span(l, r) }
}

pub fn stmt(l: u32, kind: StmtKind, r: u32) -> Stmt {
    Stmt { kind, span: span(l, r) }
}

/// The end of a block: of its last statement, not of the blank lines after it.
pub fn block_end(body: &[Stmt]) -> u32 {
    body.last().map_or(0, |s| s.span.end)
}

pub fn binary(l: u32, left: Expr, op: BinOp, right: Expr, r: u32) -> Expr {
    expr(l, ExprKind::BinOp { left: Box::new(left), op, right: Box::new(right) }, r)
}

pub fn unary(l: u32, op: UnaryOp, operand: Expr, r: u32) -> Expr {
    expr(l, ExprKind::UnaryOp { op, operand: Box::new(operand) }, r)
}

/// `a < b <= c`
pub struct Comparison {
    pub left: Expr,
    pub ops: Vec<CmpOp>,
    pub comparators: Vec<Expr>,
}

impl Comparison {
    pub fn new(left: Expr, op: CmpOp, right: Expr) -> Comparison {
        Comparison { left, ops: vec![op], comparators: vec![right] }
    }

    pub fn and(mut self, op: CmpOp, right: Expr) -> Comparison {
        self.ops.push(op);
        self.comparators.push(right);
        self
    }

    pub fn into_expr(self, l: u32, r: u32) -> Expr {
        expr(l, ExprKind::Compare { left: Box::new(self.left), ops: self.ops, comparators: self.comparators }, r)
    }
}

/// One element alone, or a tuple when there is a comma.
pub fn tuple_if(l: u32, mut elts: Vec<Expr>, comma: bool, r: u32) -> Expr {
    match elts.pop() {
        Some(only) if elts.is_empty() && !comma => only,
        last => {
            elts.extend(last);
            expr(l, ExprKind::Tuple(elts), r)
        }
    }
}

/// `(a)`, `(a, b)`, `(a,)`: the parentheses of a lone expression leave no trace.
pub fn parenthesised(l: u32, elts: Vec<Expr>, comma: bool, r: u32) -> Result<Expr, Fault> {
    let e = tuple_if(l, elts, comma, r);
    match e.kind {
        ExprKind::Starred(_) => Err(SyntaxError::new("cannot use starred expression here", e.span)
            .label("a star needs a sequence around it")
            .help("a tuple of one needs a comma: `(*a,)`")
            .boxed()),
        _ => Ok(e),
    }
}

/// What `match` looks at; a lone starred expression would need a comma.
pub fn match_subject(l: u32, elts: Vec<Expr>, comma: bool, r: u32) -> Result<Expr, Fault> {
    let e = tuple_if(l, elts, comma, r);
    match e.kind {
        ExprKind::Starred(_) => {
            let at = e.span.end;
            Err(SyntaxError::new("invalid syntax", span(at, at + 1)).label("a star needs a comma behind it").boxed())
        }
        _ => Ok(e),
    }
}

/// A subscript: `a[i]`, `a[i, j]`, `a[*b]`.
pub fn subscript(l: u32, elts: Vec<Expr>, comma: bool, r: u32) -> Expr {
    let starred = matches!(elts[..], [Expr { kind: ExprKind::Starred(_), .. }]);
    tuple_if(l, elts, comma || starred, r)
}

pub fn named(cx: &Context<'_>, l: u32, target: Expr, value: Expr, r: u32) -> Result<Expr, Fault> {
    let target = targets::named(cx, target)?;
    Ok(expr(l, ExprKind::NamedExpr { target, value: Box::new(value) }, r))
}

/// The element of a list, set or generator comprehension.
pub fn comprehension_element(elt: Expr) -> Result<Box<Expr>, Fault> {
    match elt.kind {
        ExprKind::Starred(_) => Err(SyntaxError::new("iterable unpacking cannot be used in comprehension", elt.span)
            .label("one element must stand here")
            .help("add a second `for` to flatten: `[x for row in rows for x in row]`")
            .boxed()),
        _ => Ok(Box::new(elt)),
    }
}

pub fn no_unpacking_comprehension(l: u32, r: u32) -> Fault {
    SyntaxError::new("dict unpacking cannot be used in dict comprehension", span(l, r))
        .label("`key: value` must stand here")
        .carets(Carets::At(span(l, l + 2)))
        .boxed()
}

pub fn assign(cx: &Context<'_>, targets: Vec<Expr>, value: Expr) -> Result<StmtKind, Fault> {
    targets::assignment(cx, &targets, &value)?;
    Ok(StmtKind::Assign { targets, value: Box::new(value) })
}

pub fn assign_to_yield(l: u32, r: u32) -> Fault {
    SyntaxError::new("assignment to yield expression not possible", span(l, r))
        .label("nothing can be stored here")
        .help("`==` compares, `=` assigns")
        .boxed()
}

pub fn aug_assign(target: Expr, op: BinOp, value: Expr) -> Result<StmtKind, Fault> {
    targets::augmented(&target)?;
    Ok(StmtKind::AugAssign { target: Box::new(target), op, value: Box::new(value) })
}

pub fn ann_assign(l: u32, target: Expr, colon: u32, annotation: Expr, value: Option<Expr>) -> Result<StmtKind, Fault> {
    targets::annotated(&target, colon)?;
    let simple = matches!(target.kind, ExprKind::Name(_)) && target.span.start == l;
    Ok(StmtKind::AnnAssign {
        target: Box::new(target),
        annotation: Box::new(annotation),
        value: value.map(Box::new),
        simple,
    })
}

/// `with (a, b):` has two items although the grammar reads one tuple.
pub fn with_items(cx: &Context<'_>, mut items: Vec<WithItem>) -> Vec<WithItem> {
    if let [WithItem { context_expr: e, optional_vars: None, .. }] = &mut items[..]
        && let ExprKind::Tuple(elts) = &mut e.kind
        && !elts.is_empty()
        && cx.is_bracketed_at(e.span)
        && !elts.iter().any(|e| matches!(e.kind, ExprKind::Starred(_) | ExprKind::NamedExpr { .. }))
    {
        let elts = std::mem::take(elts);
        return elts.into_iter().map(with_item).collect();
    }
    items
}

impl Context<'_> {
    fn is_bracketed_at(&self, span: Span) -> bool {
        self.slice(span).starts_with('(')
    }
}

fn with_item(e: Expr) -> WithItem {
    WithItem { span: e.span, context_expr: e, optional_vars: None }
}

/// `with (a, b as c, d):`; the target belongs to the last of `elts`.
pub fn parenthesised_with_items(elts: Vec<Expr>, target: Expr, rest: Vec<WithItem>) -> Result<Vec<WithItem>, Fault> {
    if let Some(bad) = elts.iter().find(|e| matches!(e.kind, ExprKind::Starred(_) | ExprKind::NamedExpr { .. })) {
        return Err(SyntaxError::new("invalid syntax", bad.span).label("expected a context manager").boxed());
    }
    let mut items: Vec<WithItem> = elts.into_iter().map(with_item).collect();
    if let Some(last) = items.last_mut() {
        last.span = last.span.to(target.span);
        last.optional_vars = Some(target);
    }
    items.extend(rest);
    Ok(items)
}

/// One argument of a call, before their order is checked.
pub enum Argument {
    Positional(Expr),
    /// `*value`
    Starred(Expr),
    /// `x for x in y` without parentheses of its own
    Generator(Expr),
    /// `name=value`, `**value`
    Keyword(Keyword),
}

impl Argument {
    fn end(&self) -> u32 {
        match self {
            Argument::Positional(e) | Argument::Starred(e) | Argument::Generator(e) => e.span.end,
            Argument::Keyword(k) => k.span.end,
        }
    }
}

/// Arguments in order: positional and starred, then keywords.
pub type CallArguments = (Vec<Expr>, Vec<Keyword>);

/// `name=value` in a call, read as two expressions; `equals` is where the sign ends.
pub fn keyword(l: u32, name: Expr, equals: u32, value: Expr, r: u32) -> Result<Argument, Fault> {
    let error = match name.kind {
        ExprKind::Name(arg) if name.span.start == l => {
            return Ok(Argument::Keyword(Keyword { arg: Some(arg), value, span: span(l, r) }));
        }
        ExprKind::Constant(Constant::None | Constant::True | Constant::False) => {
            SyntaxError::new(format!("cannot assign to {}", targets::describe(&name)), span(l, equals))
        }
        _ => SyntaxError::new(
            "expression cannot contain assignment, perhaps you meant \"==\"?",
            span(name.span.start, equals),
        ),
    };
    Err(error.label("the name of a parameter must stand before `=`").boxed())
}

pub fn keyword_without_value(l: u32, r: u32) -> Fault {
    SyntaxError::new("expected argument value expression", span(l, r)).label("a value must follow the `=`").boxed()
}

pub fn assign_to_unpacking(stars: &str, l: u32, r: u32) -> Fault {
    let kind = if stars == "*" { "iterable" } else { "keyword" };
    SyntaxError::new(format!("cannot assign to {kind} argument unpacking"), span(l, r))
        .label(format!("`{stars}` and `=` exclude each other"))
        .boxed()
}

pub fn keyword_generator(l: u32, r: u32) -> Fault {
    SyntaxError::new("invalid syntax. Maybe you meant '==' or ':=' instead of '='?", span(l, r))
        .label("a generator expression needs parentheses here")
        .boxed()
}

pub fn generator(l: u32, elt: Expr, generators: Vec<Comprehension>, r: u32) -> Result<Expr, Fault> {
    let elt = comprehension_element(elt)?;
    Ok(expr(l, ExprKind::GeneratorExp { elt, generators }, r))
}

/// Checks the order of arguments. `close` is the closing parenthesis, `comma` a comma before it, `class`
/// whether they are the bases of a class (which takes no bare generator).
pub fn arguments(items: Vec<Argument>, comma: bool, class: bool, close: u32) -> Result<CallArguments, Fault> {
    let several = items.len() > 1 || comma;
    let (mut args, mut keywords) = (Vec::new(), Vec::<Keyword>::new());
    let mut misplaced = None;
    let mut before = 0;
    for item in items {
        let end = item.end();
        let unpacked = keywords.iter().find(|k| k.arg.is_none());
        match item {
            Argument::Keyword(k) => keywords.push(k),
            Argument::Generator(e) if several || class => return Err(bare_generator(e.span, several)),
            Argument::Generator(e) => args.push(e),
            Argument::Starred(e) => {
                if let Some(unpacked) = unpacked {
                    let message = "iterable argument unpacking follows keyword argument unpacking";
                    let error = SyntaxError::new(message, unpacked.span.to(e.span)).label("`*` must come before `**`");
                    // CPython's begins with the comma.
                    return Err(error.carets(Carets::At(span(before, e.span.end))).boxed());
                }
                args.push(e);
            }
            Argument::Positional(e) => {
                if !keywords.is_empty() {
                    misplaced = misplaced.or(Some((e.span, unpacked.is_some())));
                }
                args.push(e);
            }
        }
        before = end;
    }
    let Some((place, unpacking)) = misplaced else { return Ok((args, keywords)) };
    let mut message = "positional argument follows keyword argument".to_string();
    if unpacking {
        message.push_str(" unpacking");
    }
    Err(SyntaxError::new(message, span(close, close + 1))
        .label("in this call")
        .also(place, "this argument has no name")
        .help("move it before the named ones, or name it")
        .boxed())
}

fn bare_generator(span: Span, several: bool) -> Fault {
    let message = if several { "Generator expression must be parenthesized" } else { "invalid syntax" };
    SyntaxError::new(message, span).label("needs parentheses of its own").help("write `(x for x in ...)`").boxed()
}

/// A string literal or f-string, before adjacent ones are joined.
pub enum StringPiece {
    Plain(Span),
    Formatted(Vec<FStringPart>),
}

/// Adjacent literals are one. Errors: bytes beside text, a bad escape.
pub fn strings(cx: &Context<'_>, l: u32, pieces: Vec<StringPiece>, r: u32) -> Result<Expr, Fault> {
    let is_bytes = |p: &StringPiece| match p {
        StringPiece::Plain(at) => string::Literal::split(cx.slice(*at)).bytes,
        StringPiece::Formatted(_) => false,
    };
    let bytes = pieces.first().is_some_and(is_bytes);
    if pieces.iter().any(|p| is_bytes(p) != bytes) {
        let error = SyntaxError::new("cannot mix bytes and nonbytes literals", span(l, r));
        return Err(error.label("adjacent literals are joined, but bytes and text do not mix").boxed());
    }
    let kind = if bytes {
        let mut all = Vec::new();
        for piece in &pieces {
            if let StringPiece::Plain(at) = piece {
                let literal = string::Literal::split(cx.slice(*at));
                all.extend(string::bytes(literal.body, literal.raw, *at)?);
            }
        }
        ExprKind::Constant(Constant::Bytes(all.into_boxed_slice()))
    } else {
        text_pieces(cx, pieces)?
    };
    Ok(expr(l, kind, r))
}

fn text_pieces(cx: &Context<'_>, pieces: Vec<StringPiece>) -> Result<ExprKind, Fault> {
    let mut formatted = false;
    let mut parts = Vec::new();
    for piece in pieces {
        match piece {
            StringPiece::Plain(at) => {
                let literal = string::Literal::split(cx.slice(at));
                join_text(&mut parts, string::text(literal.body, literal.raw, at)?);
            }
            StringPiece::Formatted(more) => {
                formatted = true;
                join_parts(&mut parts, more);
            }
        }
    }
    if formatted {
        return Ok(ExprKind::JoinedStr(parts));
    }
    let text = match parts.pop() {
        Some(FStringPart::Literal(text)) => text,
        _ => String::new(),
    };
    Ok(ExprKind::Constant(Constant::Str(text.into_boxed_str())))
}

fn join_text(parts: &mut Vec<FStringPart>, text: String) {
    match parts.last_mut() {
        Some(FStringPart::Literal(last)) => last.push_str(&text),
        _ if text.is_empty() => {}
        _ => parts.push(FStringPart::Literal(text)),
    }
}

fn join_parts(parts: &mut Vec<FStringPart>, more: Vec<FStringPart>) {
    for part in more {
        match part {
            FStringPart::Literal(text) => join_text(parts, text),
            value => parts.push(value),
        }
    }
}

/// Joins the pieces of one f-string or format spec.
pub fn fstring_parts(pieces: Vec<Vec<FStringPart>>) -> Vec<FStringPart> {
    let mut parts = Vec::new();
    for piece in pieces {
        join_parts(&mut parts, piece);
    }
    parts
}

/// A replacement field as the grammar reads it.
pub struct Field {
    pub brace: u32,
    pub value: Expr,
    /// For `{value=}`: where the text to repeat ends.
    pub equals: Option<u32>,
    pub conversion: Option<Conversion>,
    pub format_spec: Option<Vec<FStringPart>>,
    pub end: u32,
}

impl Field {
    /// The field, after the text that `=` asks for.
    pub fn parts(self, cx: &Context<'_>) -> Vec<FStringPart> {
        let mut parts = Vec::with_capacity(2);
        let mut conversion = self.conversion;
        if let Some(end) = self.equals {
            // Blanks behind the sign are part of the text.
            let rest = cx.text.get(end as usize..).unwrap_or("");
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0c']).len();
            let text = cx.slice(span(self.brace + 1, end + blanks as u32));
            parts.push(FStringPart::Literal(text.replace("\r\n", "\n")));
            if self.format_spec.is_none() {
                conversion = conversion.or(Some(Conversion::Repr));
            }
        }
        parts.push(FStringPart::FormattedValue(Box::new(FormattedValue {
            value: self.value,
            conversion,
            format_spec: self.format_spec,
            span: span(self.brace, self.end),
        })));
        parts
    }
}

/// `!r`; `bang` is where the `!` stands.
pub fn conversion(bang: u32, l: u32, name: Symbol, r: u32) -> Result<Conversion, Fault> {
    if l != bang + 1 {
        // Spelt as CPython spells it.
        let message = "f-string: conversion type must come right after the exclamanation mark";
        return Err(SyntaxError::new(message, span(bang, r)).label("remove the space").boxed());
    }
    match name.as_str() {
        "s" => Ok(Conversion::Str),
        "r" => Ok(Conversion::Repr),
        "a" => Ok(Conversion::Ascii),
        other => {
            let message = format!("f-string: invalid conversion character '{other}': expected 's', 'r', or 'a'");
            Err(SyntaxError::new(message, span(l, r)).label("expected `s`, `r` or `a`").boxed())
        }
    }
}

pub fn fstring_text(cx: &Context<'_>, l: u32, raw: bool, r: u32) -> Result<Vec<FStringPart>, Fault> {
    let at = span(l, r);
    Ok(vec![FStringPart::Literal(string::fstring_text(cx.slice(at), raw, at)?)])
}

pub fn number(cx: &Context<'_>, l: u32, r: u32) -> Result<Expr, Fault> {
    let at = span(l, r);
    Ok(Expr { kind: ExprKind::Constant(number::value(cx.slice(at), at)?), span: at })
}

/// `a.b.c` as one name.
pub fn dotted(parts: &[Symbol]) -> Symbol {
    match parts {
        [one] => *one,
        _ => Symbol::new(&parts.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(".")),
    }
}

/// One `except` clause as the grammar reads it: whether it is `except*`, and where.
pub struct Handler {
    pub star: bool,
    pub at: u32,
    pub handler: ExceptHandler,
}

pub fn try_statement(
    body: Vec<Stmt>,
    handlers: Vec<Handler>,
    orelse: Vec<Stmt>,
    finalbody: Vec<Stmt>,
) -> Result<StmtKind, Fault> {
    let is_star = handlers.first().is_some_and(|h| h.star);
    if let Some(other) = handlers.iter().find(|h| h.star != is_star) {
        let message = "cannot have both 'except' and 'except*' on the same 'try'";
        return Err(SyntaxError::new(message, span(other.at, other.at + if other.star { 7 } else { 6 }))
            .label("of the other kind")
            .boxed());
    }
    let handlers = handlers.into_iter().map(|h| h.handler).collect();
    Ok(StmtKind::Try { body, handlers, orelse, finalbody, is_star })
}

pub fn several_exception_types(l: u32, r: u32) -> Fault {
    SyntaxError::new("multiple exception types must be parenthesized", span(l, r))
        .label("put these in parentheses")
        .help("write `except (A, B):`; a name for the exception comes after `as`")
        .boxed()
}

pub fn no_exception_type(colon: u32) -> Fault {
    SyntaxError::new("expected one or more exception types", span(colon, colon + 1))
        .label("`except*` needs a type before the colon")
        .boxed()
}

/// An error of an action, as the generated parser carries it.
pub fn user<L, T>(fault: Fault) -> lalrpop_util::ParseError<L, T, Fault> {
    lalrpop_util::ParseError::User { error: fault }
}

pub fn attribute(l: u32, value: Expr, attr: Ident, r: u32) -> Expr {
    expr(l, ExprKind::Attribute { value: Box::new(value), attr: attr.name, attr_span: attr.span }, r)
}

pub fn call(l: u32, func: Expr, (args, keywords): CallArguments, r: u32) -> Expr {
    expr(l, ExprKind::Call { func: Box::new(func), args, keywords }, r)
}

pub fn arg(l: u32, name: Ident, annotation: Option<Expr>, default: Option<Expr>, r: u32) -> Arg {
    Arg {
        name: name.name,
        name_span: name.span,
        annotation: annotation.map(Box::new),
        default: default.map(Box::new),
        span: span(l, r),
    }
}

/// The end of a compound statement: that of its last block.
pub fn statement_end(kind: &StmtKind) -> u32 {
    let last = |blocks: &[&Vec<Stmt>]| blocks.iter().map(|b| block_end(b)).max().unwrap_or(0);
    match kind {
        StmtKind::FunctionDef(f) => block_end(&f.body),
        StmtKind::ClassDef(c) => block_end(&c.body),
        StmtKind::For { body, orelse, .. }
        | StmtKind::While { body, orelse, .. }
        | StmtKind::If { body, orelse, .. } => last(&[body, orelse]),
        StmtKind::With { body, .. } => block_end(body),
        StmtKind::Match { cases, .. } => cases.last().map_or(0, |c| c.span.end),
        StmtKind::Try { body, handlers, orelse, finalbody, .. } => {
            let handled = handlers.last().map_or(0, |h| h.span.end);
            last(&[body, orelse, finalbody]).max(handled)
        }
        _ => 0,
    }
}

/// Turns a `def`, `for` or `with` into its `async` form.
pub fn set_async(kind: &mut StmtKind) {
    match kind {
        StmtKind::FunctionDef(f) => f.is_async = true,
        StmtKind::For { is_async, .. } | StmtKind::With { is_async, .. } => *is_async = true,
        _ => {}
    }
}

//! Patterns of `case` that need more than their parts.

use super::ast::*;
use super::construct::{self, Context};
use super::error::{Fault, SyntaxError};
use crate::intern::Symbol;
use crate::source::Span;

pub fn pattern(l: u32, kind: PatternKind, r: u32) -> Pattern {
    Pattern { kind, span: construct::span(l, r) }
}

pub fn value(e: Expr) -> Pattern {
    Pattern { span: e.span, kind: PatternKind::MatchValue(Box::new(e)) }
}

fn is_wildcard(name: Ident) -> bool {
    name.name == Symbol::of_static("_")
}

/// `name`, `_`, `a.b`
pub fn name_or_value(e: Expr) -> Result<Pattern, Fault> {
    not_of_wildcard(&e)?;
    Ok(match e.kind {
        ExprKind::Name(name) => {
            let ident = Ident { name, span: e.span };
            let name = (!is_wildcard(ident)).then_some(ident);
            Pattern { span: e.span, kind: PatternKind::MatchAs { pattern: None, name } }
        }
        _ => value(e),
    })
}

/// `_` is no name that has attributes or can be called.
fn not_of_wildcard(e: &Expr) -> Result<(), Fault> {
    let mut first = e;
    while let ExprKind::Attribute { value, .. } = &first.kind {
        first = value;
    }
    match first.kind {
        ExprKind::Name(name) if name.as_str() == "_" && !std::ptr::eq(first, e) => {
            Err(after_wildcard(first.span.end).boxed())
        }
        _ => Ok(()),
    }
}

fn after_wildcard(end: u32) -> SyntaxError {
    SyntaxError::new("invalid syntax", Span { start: end, end: end + 1 }).label("`_` stands for no value")
}

/// `*name`, `*_`
pub fn star(l: u32, name: Ident, r: u32) -> Pattern {
    pattern(l, PatternKind::MatchStar((!is_wildcard(name)).then_some(name)), r)
}

/// `p as name`
pub fn alias(l: u32, inner: Pattern, name: Ident, r: u32) -> Result<Pattern, Fault> {
    if is_wildcard(name) {
        let error = SyntaxError::new("cannot use '_' as a target", name.span);
        return Err(error.label("`_` matches anything and binds nothing").boxed());
    }
    Ok(pattern(l, PatternKind::MatchAs { pattern: Some(Box::new(inner)), name: Some(name) }, r))
}

/// `p | q`; one alternative stays as it is.
pub fn alternatives(l: u32, mut patterns: Vec<Pattern>, r: u32) -> Pattern {
    match patterns.pop() {
        Some(only) if patterns.is_empty() => only,
        last => {
            patterns.extend(last);
            pattern(l, PatternKind::MatchOr(patterns), r)
        }
    }
}

/// `(p)` and the pattern of a `case` without brackets: a sequence when there is a comma.
pub fn sequence_if(l: u32, mut patterns: Vec<Pattern>, comma: bool, r: u32) -> Result<Pattern, Fault> {
    match patterns.pop() {
        Some(only) if patterns.is_empty() && !comma => {
            if matches!(only.kind, PatternKind::MatchStar(_)) {
                let end = Span { start: only.span.end, end: only.span.end + 1 };
                let error =
                    SyntaxError::new("invalid syntax", end).label("a starred pattern needs a sequence around it");
                return Err(error.also(only.span, "this pattern").help("add a comma: `*rest,`").boxed());
            }
            Ok(only)
        }
        last => {
            patterns.extend(last);
            Ok(pattern(l, PatternKind::MatchSequence(patterns), r))
        }
    }
}

/// `-1`
pub fn negative(l: u32, operand: Expr, r: u32) -> Expr {
    construct::unary(l, UnaryOp::USub, operand, r)
}

/// `1+2j`
pub fn complex(l: u32, real: Expr, op: BinOp, imaginary: Expr, r: u32) -> Result<Expr, Fault> {
    let is_complex = |e: &Expr| match &e.kind {
        ExprKind::UnaryOp { operand, .. } => matches!(operand.kind, ExprKind::Constant(Constant::Complex(_))),
        kind => matches!(kind, ExprKind::Constant(Constant::Complex(_))),
    };
    let (message, at) = if is_complex(&real) {
        ("real number required in complex literal", real.span)
    } else if !is_complex(&imaginary) {
        ("imaginary number required in complex literal", imaginary.span)
    } else {
        return Ok(construct::binary(l, real, op, imaginary, r));
    };
    Err(SyntaxError::new(message, at).label("patterns compute nothing but `real + imaginary`").boxed())
}

/// One item of `{...}`.
pub enum MappingItem {
    Entry(Expr, Pattern),
    Rest(Ident),
}

pub fn mapping(l: u32, items: Vec<MappingItem>, r: u32) -> Result<Pattern, Fault> {
    let (mut keys, mut patterns, mut rest) = (Vec::new(), Vec::new(), None::<Ident>);
    for item in items {
        if rest.is_some() {
            let start = match &item {
                MappingItem::Entry(key, _) => key.span.start,
                MappingItem::Rest(name) => name.span.start.saturating_sub(2),
            };
            let at = Span { start, end: start + 1 };
            return Err(SyntaxError::new("invalid syntax", at)
                .label("`**` must come last in a mapping pattern")
                .boxed());
        }
        match item {
            MappingItem::Entry(key, p) => {
                keys.push(key);
                patterns.push(p);
            }
            MappingItem::Rest(name) if is_wildcard(name) => {
                let error = SyntaxError::new("invalid syntax", name.span);
                return Err(error.label("`**_` is not needed: further keys are ignored").boxed());
            }
            MappingItem::Rest(name) => rest = Some(name),
        }
    }
    Ok(pattern(l, PatternKind::MatchMapping { keys, patterns, rest }, r))
}

/// One argument of a class pattern: `p` or `attr=p`.
pub type ClassItem = (Option<Ident>, Pattern);

pub fn class(l: u32, cls: Expr, items: Vec<ClassItem>, r: u32) -> Result<Pattern, Fault> {
    not_of_wildcard(&cls)?;
    if matches!(cls.kind, ExprKind::Name(name) if name.as_str() == "_") {
        return Err(after_wildcard(cls.span.end).boxed());
    }
    let (mut patterns, mut kwd_attrs, mut kwd_patterns) = (Vec::new(), Vec::new(), Vec::new());
    for (attr, p) in items {
        match attr {
            Some(attr) => {
                kwd_attrs.push(attr);
                kwd_patterns.push(p);
            }
            None if !kwd_attrs.is_empty() => {
                let error = SyntaxError::new("positional patterns follow keyword patterns", p.span);
                return Err(error.label("move this before the named ones").boxed());
            }
            None => patterns.push(p),
        }
    }
    Ok(pattern(l, PatternKind::MatchClass { cls: Box::new(cls), patterns, kwd_attrs, kwd_patterns }, r))
}

/// A string in a pattern must be a plain one.
pub fn string(cx: &Context<'_>, l: u32, pieces: Vec<construct::StringPiece>, r: u32) -> Result<Expr, Fault> {
    let e = construct::strings(cx, l, pieces, r)?;
    match e.kind {
        ExprKind::JoinedStr(_) => {
            Err(SyntaxError::new("patterns may only match literals and attribute lookups", e.span)
                .label("an f-string is no literal")
                .boxed())
        }
        _ => Ok(e),
    }
}

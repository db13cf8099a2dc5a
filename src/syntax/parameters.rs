//! The parameters of `def` and `lambda`, and type parameters: their order and their errors.
//!
//! The grammar reads any list of parameter-like things; this file puts them in their places, so that
//! each mistake gets CPython's message. Duplicate names are the compiler's business.

use super::ast::*;
use super::construct::span;
use super::error::{Carets, Fault, SyntaxError};
use crate::source::Span;

/// One item of a parameter list.
pub enum Parameter {
    Plain(Arg),
    /// `/`
    Slash(Span),
    /// `*`
    Star(Span),
    /// `*args`
    VarPositional(Arg, Span),
    /// `**kwargs`
    VarKeyword(Arg, Span),
}

impl Parameter {
    fn span(&self) -> Span {
        match self {
            Parameter::Plain(arg) => arg.span,
            Parameter::Slash(s) | Parameter::Star(s) => *s,
            Parameter::VarPositional(_, s) | Parameter::VarKeyword(_, s) => *s,
        }
    }

    /// Its first token: the name or the stars.
    fn head(&self) -> Span {
        let first = |s: &Span, len| Span { start: s.start, end: s.start + len };
        match self {
            Parameter::Plain(arg) => arg.name_span,
            Parameter::Slash(s) | Parameter::Star(s) => *s,
            Parameter::VarPositional(_, s) => first(s, 1),
            Parameter::VarKeyword(_, s) => first(s, 2),
        }
    }
}

/// Puts parameters in their places. Errors: CPython's, for each order that is not allowed.
///
/// `after` is where the parameters of a `lambda` end, for what CPython says of them there.
pub fn parameters(items: Vec<Parameter>, after: Option<u32>) -> Result<Arguments, Fault> {
    let mut out = Arguments::default();
    let mut star: Option<Span> = None;
    let mut slash = false;
    let mut defaults = false;
    let several = items.len() > 1;
    for item in items {
        let (at, head) = (item.span(), item.head());
        if out.kwarg.is_some() {
            return fault("arguments cannot follow var-keyword argument", head, "nothing may follow `**`");
        }
        match item {
            Parameter::Plain(arg) if star.is_some() => out.kwonly.push(arg),
            Parameter::Plain(arg) => {
                if defaults && arg.default.is_none() {
                    let message = "parameter without a default follows parameter with a default";
                    return fault(message, at, "needs a default too");
                }
                defaults |= arg.default.is_some();
                out.args.push(arg);
            }
            Parameter::Slash(_) => {
                if slash {
                    return fault("/ may appear only once", at, "the second `/`");
                }
                if star.is_some() {
                    return fault("/ must be ahead of *", at, "positional-only parameters come first");
                }
                if out.args.is_empty() {
                    let message = if several { "at least one argument must precede /" } else { "invalid syntax" };
                    return fault(message, at, "`/` needs a parameter before it");
                }
                slash = true;
                out.posonly = std::mem::take(&mut out.args);
            }
            Parameter::Star(_) | Parameter::VarPositional(..) if star.is_some() => {
                return fault("* argument may appear only once", head, "the second `*`");
            }
            Parameter::Star(_) => star = Some(at),
            Parameter::VarPositional(arg, _) => {
                star = Some(at);
                out.vararg = Some(Box::new(arg));
            }
            Parameter::VarKeyword(arg, _) => out.kwarg = Some(Box::new(arg)),
        }
    }
    match star {
        Some(at) if out.vararg.is_none() && out.kwonly.is_empty() => {
            let next = out.kwarg.as_ref().map(|kwarg| kwarg.span.start.saturating_sub(2)).or(after);
            let at = next.filter(|_| after.is_some()).map_or(at, |next| Span { start: next, end: next + 1 });
            fault("named arguments must follow bare *", at, "a parameter must follow")
        }
        _ => Ok(out),
    }
}

fn fault<T>(message: &'static str, at: Span, label: &'static str) -> Result<T, Fault> {
    Err(SyntaxError::new(message, at).label(label).boxed())
}

pub fn no_default_value(equals: u32) -> Fault {
    SyntaxError::new("expected default value expression", span(equals, equals + 1))
        .label("a value must follow the `=`")
        .boxed()
}

/// `*args=1`, `**kwargs=1`
pub fn variadic_default(kind: &str, equals: u32) -> Fault {
    SyntaxError::new(format!("{kind} argument cannot have default value"), span(equals, equals + 1))
        .label("it is empty when nothing is passed")
        .boxed()
}

/// A type parameter; `bound` comes with the place of its colon.
pub fn type_parameter(
    at: Span,
    stars: usize,
    name: Ident,
    bound: Option<(u32, Expr)>,
    default: Option<Expr>,
) -> Result<TypeParam, Fault> {
    let kind = match (stars, bound) {
        (0, bound) => TypeParamKind::TypeVar { bound: bound.map(|b| b.1) },
        (1, None) => TypeParamKind::TypeVarTuple,
        (_, None) => TypeParamKind::ParamSpec,
        (stars, Some((colon, bound))) => {
            let what = if stars == 1 { "TypeVarTuple" } else { "ParamSpec" };
            let tuple = matches!(bound.kind, ExprKind::Tuple(_));
            let limit = if tuple { "constraints" } else { "bound" };
            return Err(SyntaxError::new(format!("cannot use {limit} with {what}"), span(colon, colon + 1))
                .label("only a plain type parameter has one")
                .carets(Carets::At(span(colon, bound.span.end)))
                .boxed());
        }
    };
    Ok(TypeParam { name: name.name, name_span: name.span, kind, default, span: at })
}

pub fn no_type_parameters(l: u32, r: u32) -> Fault {
    SyntaxError::new("Type parameter list cannot be empty", span(l, r)).label("expected a name").one_caret().boxed()
}

//! What may be assigned to, deleted, annotated: checks on expressions that the grammar read as targets.
//!
//! The grammar reads targets as expressions, since what they are is known only at the `=` or `in` after
//! them. Messages of CPython's `invalid_*` grammar rules.

use super::ast::*;
use super::construct::Context;
use super::error::{Carets, Fault, SyntaxError};
use crate::source::Span;

/// CPython's word for a kind of expression, as in "cannot assign to function call".
pub fn describe(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::Attribute { .. } => "attribute",
        ExprKind::Subscript { .. } => "subscript",
        ExprKind::Starred(_) => "starred",
        ExprKind::Name(_) => "name",
        ExprKind::List(_) => "list",
        ExprKind::Tuple(_) => "tuple",
        ExprKind::Lambda { .. } => "lambda",
        ExprKind::Call { .. } => "function call",
        ExprKind::BoolOp { .. } | ExprKind::BinOp { .. } | ExprKind::UnaryOp { .. } => "expression",
        ExprKind::GeneratorExp { .. } => "generator expression",
        ExprKind::Yield(_) | ExprKind::YieldFrom(_) => "yield expression",
        ExprKind::Await(_) => "await expression",
        ExprKind::ListComp { .. } => "list comprehension",
        ExprKind::SetComp { .. } => "set comprehension",
        ExprKind::DictComp { .. } => "dict comprehension",
        ExprKind::Dict(_) => "dict literal",
        ExprKind::Set(_) => "set display",
        ExprKind::JoinedStr(_) => "f-string expression",
        ExprKind::Constant(Constant::None) => "None",
        ExprKind::Constant(Constant::True) => "True",
        ExprKind::Constant(Constant::False) => "False",
        ExprKind::Constant(Constant::Ellipsis) => "ellipsis",
        ExprKind::Constant(_) => "literal",
        ExprKind::Compare { .. } => "comparison",
        ExprKind::IfExp { .. } => "conditional expression",
        ExprKind::NamedExpr { .. } => "named expression",
        ExprKind::Slice { .. } => "slice",
    }
}

/// The part of a target that cannot be one.
fn invalid_part(expr: &Expr, delete: bool) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::List(elts) | ExprKind::Tuple(elts) => elts.iter().find_map(|e| invalid_part(e, delete)),
        ExprKind::Starred(value) if !delete => invalid_part(value, delete),
        ExprKind::Name(_) | ExprKind::Subscript { .. } | ExprKind::Attribute { .. } => None,
        _ => Some(expr),
    }
}

fn cannot_assign(part: &Expr) -> SyntaxError {
    SyntaxError::new(format!("cannot assign to {}", describe(part)), part.span)
        .label("not a variable, an attribute, an item or a sequence of these")
}

fn cannot_assign_here(part: &Expr) -> SyntaxError {
    let what = describe(part);
    SyntaxError::new(format!("cannot assign to {what} here. Maybe you meant '==' instead of '='?"), part.span)
        .label("nothing can be stored here")
        .help("`==` compares, `=` assigns")
}

/// A target of `for`, `with ... as` or a comprehension.
pub fn target(expr: Expr) -> Result<Expr, Fault> {
    match invalid_part(&expr, false) {
        Some(part) => Err(cannot_assign(part).boxed()),
        None => Ok(expr),
    }
}

/// The target of an `=` whose value did not parse; `operand` is whether it begins with an operand.
pub fn assigned(cx: &Context<'_>, target: &Expr, operand: bool) -> Result<(), Fault> {
    let value = Expr::new(ExprKind::Constant(Constant::None), target.span);
    match comparison_meant(cx, target, &value) {
        Some(part) if operand => Err(cannot_assign_here(part).boxed()),
        _ => match invalid_part(target, false) {
            Some(part) => Err(cannot_assign(part).boxed()),
            None => Ok(()),
        },
    }
}

/// The targets of `a = b = value`.
pub fn assignment(cx: &Context<'_>, targets: &[Expr], value: &Expr) -> Result<(), Fault> {
    if let [only] = targets
        && let Some(part) = comparison_meant(cx, only, value)
    {
        return Err(cannot_assign_here(part).boxed());
    }
    match targets.iter().find_map(|t| invalid_part(t, false)) {
        Some(part) => Err(several_assignments(cx, targets).unwrap_or_else(|| cannot_assign(part)).boxed()),
        None => Ok(()),
    }
}

/// `x = 1, y = 2`: CPython reads `x = 1` as the first expression of a tuple.
fn several_assignments(cx: &Context<'_>, targets: &[Expr]) -> Option<SyntaxError> {
    let [first, second, ..] = targets else { return None };
    let value = match &second.kind {
        ExprKind::Tuple(elts) if !cx.parenthesised(second) && !cx.is_bracketed(second) => elts.first()?,
        _ => return None,
    };
    let plain = matches!(first.kind, ExprKind::Name(_)) && operand(cx, value) && operand_first(value);
    plain.then(|| equals_in_expression(first, value.span.end))?
}

/// Where CPython suspects that `==` was meant: a plain operand right before the only `=`.
fn comparison_meant<'e>(cx: &Context<'_>, target: &'e Expr, value: &Expr) -> Option<&'e Expr> {
    let last = match &target.kind {
        ExprKind::Tuple(elts) if !cx.parenthesised(target) && !cx.is_bracketed(target) => elts.last()?,
        _ => target,
    };
    (!last.is_assignable() && operand(cx, last) && !names_itself(last) && operand_first(value)).then_some(last)
}

/// Expressions that CPython's rule leaves out.
fn names_itself(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::List(_)
            | ExprKind::Tuple(_)
            | ExprKind::GeneratorExp { .. }
            | ExprKind::Starred(_)
            | ExprKind::Constant(Constant::None | Constant::True | Constant::False)
    )
}

/// Whether the expression binds at least as tightly as `|`.
fn operand(cx: &Context<'_>, expr: &Expr) -> bool {
    let loose = matches!(
        expr.kind,
        ExprKind::Compare { .. }
            | ExprKind::BoolOp { .. }
            | ExprKind::UnaryOp { op: UnaryOp::Not, .. }
            | ExprKind::IfExp { .. }
            | ExprKind::Lambda { .. }
            | ExprKind::NamedExpr { .. }
    );
    !loose || cx.parenthesised(expr)
}

/// Whether the expression's text begins with an operand.
fn operand_first(expr: &Expr) -> bool {
    !matches!(
        expr.kind,
        ExprKind::UnaryOp { op: UnaryOp::Not, .. }
            | ExprKind::Lambda { .. }
            | ExprKind::Yield(_)
            | ExprKind::YieldFrom(_)
            | ExprKind::Starred(_)
    )
}

/// The target of `a += value`.
pub fn augmented(target: &Expr) -> Result<(), Fault> {
    if target.is_assignable() {
        return Ok(());
    }
    let message = format!("'{}' is an illegal expression for augmented assignment", describe(target));
    Err(SyntaxError::new(message, target.span).label("one variable, attribute or item must stand here").boxed())
}

/// The target of `a: int`.
pub fn annotated(target: &Expr, colon: u32) -> Result<(), Fault> {
    let message = match target.kind {
        ExprKind::Tuple(_) | ExprKind::List(_) => {
            format!("only single target (not {}) can be annotated", describe(target))
        }
        ExprKind::Starred(_) => {
            let span = Span { start: colon, end: colon + 1 };
            return Err(SyntaxError::new("invalid syntax", span).label("a starred target has no annotation").boxed());
        }
        _ if target.is_assignable() => return Ok(()),
        _ => "illegal target for annotation".to_string(),
    };
    let error = SyntaxError::new(message, target.span).label("one variable, attribute or item must stand here");
    Err(match &target.kind {
        // CPython underlines the first element where no parentheses stand around them.
        ExprKind::Tuple(elts) if elts.first().is_some_and(|e| e.span.start == target.span.start) => {
            error.carets(Carets::At(elts[0].span)).boxed()
        }
        _ => error.boxed(),
    })
}

/// The targets of `del`.
pub fn deleted(targets: Vec<Expr>) -> Result<Vec<Expr>, Fault> {
    match targets.iter().find_map(|t| invalid_part(t, true)) {
        Some(part) => Err(cannot_delete(part).boxed()),
        None => Ok(targets),
    }
}

/// What is wrong with an expression where `for`, `with ... as` or `del` want a target.
///
/// In a loop the first comparison may be its `in`.
pub fn not_a_target(expr: &Expr, delete: bool, in_loop: bool) -> Option<SyntaxError> {
    let part = invalid_part(expr, delete)?;
    let part = match &part.kind {
        ExprKind::Compare { left, ops, .. } if in_loop && ops.first() == Some(&CmpOp::In) => invalid_part(left, false)?,
        ExprKind::Compare { .. } if in_loop => return None,
        _ => part,
    };
    Some(if delete { cannot_delete(part) } else { cannot_assign(part) })
}

fn cannot_delete(part: &Expr) -> SyntaxError {
    SyntaxError::new(format!("cannot delete {}", describe(part)), part.span)
        .label("not a variable, an attribute or an item")
}

/// The target of `name := value`.
pub fn named(cx: &Context<'_>, target: Expr) -> Result<Ident, Fault> {
    match target.kind {
        ExprKind::Name(name) if !cx.parenthesised_alone(&target) => Ok(Ident { name, span: target.span }),
        _ => {
            let message = format!("cannot use assignment expressions with {}", describe(&target));
            Err(SyntaxError::new(message, target.span).label("`:=` stores in a plain variable only").boxed())
        }
    }
}

impl Expr {
    /// Whether this is a variable, an attribute or an item.
    pub fn is_assignable(&self) -> bool {
        matches!(self.kind, ExprKind::Name(_) | ExprKind::Subscript { .. } | ExprKind::Attribute { .. })
    }
}

/// An expression `a = b` where only a condition or value can stand: what CPython suspects.
/// `operand` is what stands before the `=`, `end` where the value after it ends.
pub fn equals_in_expression(operand: &Expr, end: u32) -> Option<SyntaxError> {
    if names_itself(operand) {
        return None;
    }
    if matches!(operand.kind, ExprKind::Name(_)) {
        let message = "invalid syntax. Maybe you meant '==' or ':=' instead of '='?";
        return Some(
            SyntaxError::new(message, Span { start: operand.span.start, end })
                .label("an assignment is not an expression")
                .help("`==` compares; `:=` assigns within an expression"),
        );
    }
    Some(cannot_assign_here(operand))
}

//! What is surely a mistake, but no error: `x is 1`, `assert (a, b)`, a call of a literal. CPython: the checks of
//! `Python/codegen.c`. Knows nothing of how warnings are shown.

use super::scopes_walk::Walker;
use crate::source::Span;
use crate::syntax::ast::{CmpOp, Constant, Expr, ExprKind, UnaryOp};

impl Walker<'_> {
    /// `is` between literals.
    pub(super) fn check_identity(&mut self, left: &Expr, ops: &[CmpOp], comparators: &[Expr], span: Span) {
        let mut before = left;
        for (op, after) in ops.iter().zip(comparators) {
            let literal = [before, after].into_iter().find(|e| is_literal(e));
            if let (CmpOp::Is | CmpOp::IsNot, Some(literal)) = (op, literal) {
                let (word, instead) = if *op == CmpOp::Is { ("is", "==") } else { ("is not", "!=") };
                let kind = kind_of(literal).unwrap_or("object");
                let message = format!("\"{word}\" with '{kind}' literal. Did you mean \"{instead}\"?");
                return self.errors.warn(span, message);
            }
            before = after;
        }
    }

    /// `assert (condition, "message")`
    pub(super) fn check_assertion(&mut self, test: &Expr, span: Span) {
        if matches!(&test.kind, ExprKind::Tuple(items) if !items.is_empty()) {
            self.errors.warn(span, "assertion is always true, perhaps remove parentheses?".to_owned());
        }
    }

    /// A call of what cannot be called.
    pub(super) fn check_callee(&mut self, func: &Expr, span: Span) {
        if !matches!(func.kind, ExprKind::Lambda { .. })
            && let Some(kind) = kind_of(func)
        {
            self.errors.warn(span, format!("'{kind}' object is not callable; perhaps you missed a comma?"));
        }
    }

    /// A subscript of what has none, or with an index of the wrong kind.
    pub(super) fn check_subscript(&mut self, value: &Expr, index: &Expr, span: Span) {
        let Some(kind) = kind_of(value) else { return };
        match kind {
            "str" | "bytes" | "tuple" | "list" => {
                let index = kind_of(index).filter(|kind| !matches!(*kind, "int" | "bool"));
                if let Some(index) = index {
                    let wrong = format!("{kind} indices must be integers or slices, not {index}");
                    self.errors.warn(span, format!("{wrong}; perhaps you missed a comma?"));
                }
            }
            "dict" => {}
            _ => self.errors.warn(span, format!("'{kind}' object is not subscriptable; perhaps you missed a comma?")),
        }
    }
}

/// Whether CPython has a constant here that is no singleton.
fn is_literal(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Constant(c) => !matches!(c, Constant::None | Constant::True | Constant::False | Constant::Ellipsis),
        ExprKind::UnaryOp { op: UnaryOp::USub | UnaryOp::UAdd | UnaryOp::Invert, operand } => {
            matches!(operand.kind, ExprKind::Constant(_)) && is_literal(operand)
        }
        ExprKind::Tuple(items) => items.iter().all(|e| matches!(e.kind, ExprKind::Constant(_)) || is_literal(e)),
        _ => false,
    }
}

/// The type that an expression surely has.
fn kind_of(e: &Expr) -> Option<&'static str> {
    Some(match &e.kind {
        ExprKind::Constant(c) => match c {
            Constant::None => "NoneType",
            Constant::True | Constant::False => "bool",
            Constant::Ellipsis => "ellipsis",
            Constant::Int(_) | Constant::BigInt(_) => "int",
            Constant::Float(_) => "float",
            Constant::Complex(_) => "complex",
            Constant::Str(_) => "str",
            Constant::Bytes(_) => "bytes",
        },
        ExprKind::UnaryOp { operand, .. } if is_literal(e) => return kind_of(operand),
        ExprKind::Tuple(_) => "tuple",
        ExprKind::List(_) | ExprKind::ListComp { .. } => "list",
        ExprKind::Dict(_) | ExprKind::DictComp { .. } => "dict",
        ExprKind::Set(_) | ExprKind::SetComp { .. } => "set",
        ExprKind::GeneratorExp { .. } => "generator",
        ExprKind::Lambda { .. } => "function",
        ExprKind::JoinedStr(_) => "str",
        _ => return None,
    })
}

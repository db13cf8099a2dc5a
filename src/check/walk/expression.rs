//! Expressions of the walk.

use super::Walker;
use crate::check::facts::{ITERATED, TESTED, What};
use crate::check::scope::{BindingKind, ScopeKind};
use crate::source::Span;
use crate::syntax::ast::*;

impl<'a> Walker<'a> {
    pub(super) fn maybe(&mut self, expr: Option<&'a Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    /// An expression whose value is used in a way that a coroutine does not allow.
    pub(super) fn value(&mut self, expr: &'a Expr, done: &'static str) {
        self.site(What::Value { expr, done });
        self.expr(expr);
    }

    pub(super) fn exprs(&mut self, exprs: &'a [Expr]) {
        exprs.iter().for_each(|expr| self.expr(expr));
    }

    pub(super) fn expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Name(name) => self.read(*name, expr.span),
            ExprKind::Constant(_) => {}
            ExprKind::BoolOp { values, .. } => self.exprs(values),
            ExprKind::NamedExpr { target, value } => {
                self.expr(value);
                self.walrus(target, expr.span);
            }
            ExprKind::BinOp { left, right, .. } => {
                self.value(left, "is an operand");
                self.value(right, "is an operand");
            }
            ExprKind::UnaryOp { operand, .. } => self.value(operand, "is an operand"),
            ExprKind::Lambda { args, body } => self.lambda(args, body),
            ExprKind::IfExp { test, body, orelse } => {
                self.value(test, TESTED);
                self.expr(body);
                self.expr(orelse);
            }
            ExprKind::Dict(items) => items.iter().for_each(|item| {
                self.maybe(item.key.as_ref());
                self.expr(&item.value);
            }),
            ExprKind::Set(items) | ExprKind::List(items) | ExprKind::Tuple(items) => self.exprs(items),
            ExprKind::ListComp { elt, generators } | ExprKind::SetComp { elt, generators } => {
                self.comprehension(generators, &[elt], false);
            }
            ExprKind::GeneratorExp { elt, generators } => self.comprehension(generators, &[elt], true),
            ExprKind::DictComp { key, value, generators } => self.comprehension(generators, &[key, value], false),
            ExprKind::Await(operand) => {
                self.site(What::Await { operand, whole: expr.span });
                self.expr(operand);
            }
            ExprKind::Yield(value) => self.maybe(value.as_deref()),
            ExprKind::YieldFrom(value) | ExprKind::Starred(value) => self.expr(value),
            ExprKind::Compare { left, ops, comparators } => self.compare(left, ops, comparators),
            ExprKind::Call { func, args, keywords } => {
                self.site(What::Call(expr));
                self.unseen_call(func, args, keywords);
                self.exports_more(func, args);
                self.expr(func);
                self.exprs(args);
                keywords.iter().for_each(|keyword| self.expr(&keyword.value));
            }
            ExprKind::JoinedStr(parts) => self.fstring(parts),
            ExprKind::Attribute { value, .. } => {
                self.site(What::Attribute(expr));
                self.expr(value);
            }
            ExprKind::Subscript { value, slice } => {
                self.module_itself(value, slice);
                self.value(value, "is indexed");
                self.expr(slice);
            }
            ExprKind::Slice { lower, upper, step } => {
                [lower, upper, step].into_iter().for_each(|part| self.maybe(part.as_deref()));
            }
        }
    }

    pub(super) fn compare(&mut self, left: &'a Expr, ops: &'a [CmpOp], comparators: &'a [Expr]) {
        // Identity and equality make sense for coroutines too.
        let ordered = |op: &CmpOp| matches!(op, CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE);
        if ops.iter().any(ordered) {
            self.site(What::Value { expr: left, done: "is compared" });
        }
        self.expr(left);
        for (op, right) in ops.iter().zip(comparators) {
            if ordered(op) {
                self.site(What::Value { expr: right, done: "is compared" });
            } else if matches!(op, CmpOp::In | CmpOp::NotIn) {
                self.site(What::Value { expr: right, done: "is searched" });
            }
            self.expr(right);
        }
    }

    pub(super) fn fstring(&mut self, parts: &'a [FStringPart]) {
        for part in parts {
            if let FStringPart::FormattedValue(field) = part {
                self.site(What::Shown(&field.value));
                self.expr(&field.value);
                if let Some(spec) = &field.format_spec {
                    self.fstring(spec);
                }
            }
        }
    }

    /// `:=` binds in the function around a comprehension.
    pub(super) fn walrus(&mut self, target: &'a Ident, whole: Span) {
        let inner = self.scope;
        self.scope = self.facts.scopes.function_of(inner);
        self.bind(target.name, BindingKind::Unpacked, target.span, whole);
        self.scope = inner;
    }

    pub(super) fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr], is_generator: bool) {
        // The first iterable is evaluated outside.
        if let Some(first) = generators.first() {
            self.expr(&first.iter);
            if !first.is_async {
                self.site(What::Value { expr: &first.iter, done: ITERATED });
            }
        }
        self.within(ScopeKind::Inner, |walker| {
            walker.facts.scopes.get_mut(walker.scope).is_generator = is_generator;
            for (i, generator) in generators.iter().enumerate() {
                if i > 0 {
                    walker.expr(&generator.iter);
                }
                walker.target(&generator.target, BindingKind::Unpacked, generator.span);
                generator.ifs.iter().for_each(|test| walker.value(test, TESTED));
            }
            elements.iter().for_each(|element| walker.expr(element));
        });
    }
}

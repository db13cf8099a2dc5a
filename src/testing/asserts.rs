//! Assertions that show what they compared: each `assert` of a test file is rewritten before it is compiled, so that its
//! operands are kept when it fails. The syntax tree changes, the places in it do not.
//!
//! `assert a == b, m` becomes `if not ((t1 := a) == (t2 := b)): @keep("==", "a", t1, "b", t2); assert False, m`, with
//! names that no script can spell.

use crate::engine::trial::KEEP;
use crate::intern::Symbol;
use crate::source::{Source, Span};
use crate::syntax::ast::{Constant, Expr, ExprKind, Ident, MatchCase, Module, Stmt, StmtKind, UnaryOp};

/// Rewrites all assertions of a module.
pub fn rewrite(source: &Source, module: &mut Module) {
    Rewriter { source }.block(&mut module.body);
}

struct Rewriter<'a> {
    source: &'a Source,
}

/// The operands that are kept, with their text.
struct Operands {
    operator: &'static str,
    kept: Vec<(String, Symbol, Span)>,
}

impl Rewriter<'_> {
    fn block(&self, body: &mut [Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&self, statement: &mut Stmt) {
        match &mut statement.kind {
            StmtKind::FunctionDef(def) => self.block(&mut def.body),
            StmtKind::ClassDef(def) => self.block(&mut def.body),
            StmtKind::For { body, orelse, .. }
            | StmtKind::While { body, orelse, .. }
            | StmtKind::If { body, orelse, .. } => {
                self.block(body);
                self.block(orelse);
            }
            StmtKind::With { body, .. } => self.block(body),
            StmtKind::Match { cases, .. } => cases.iter_mut().for_each(|MatchCase { body, .. }| self.block(body)),
            StmtKind::Try { body, handlers, orelse, finalbody, .. } => {
                handlers.iter_mut().for_each(|handler| self.block(&mut handler.body));
                [body, orelse, finalbody].into_iter().for_each(|body| self.block(body));
            }
            StmtKind::Assert { .. } => self.assertion(statement),
            _ => {}
        }
    }

    fn assertion(&self, statement: &mut Stmt) {
        let StmtKind::Assert { test, msg } = std::mem::replace(&mut statement.kind, StmtKind::Pass) else { return };
        let (span, mut test) = (test.span, *test);
        let mut operands = Operands { operator: "", kept: Vec::new() };
        self.keep_operands(&mut test, &mut operands);
        let call = self.call_of_keep(&operands, span);
        let fails = StmtKind::Assert { test: Box::new(Expr::new(ExprKind::Constant(Constant::False), span)), msg };
        let test = Expr::new(ExprKind::UnaryOp { op: UnaryOp::Not, operand: Box::new(test) }, span);
        statement.kind = StmtKind::If {
            test: Box::new(test),
            body: vec![Stmt::new(StmtKind::Expr(Box::new(call)), span), Stmt::new(fails, statement.span)],
            orelse: Vec::new(),
        };
    }

    /// Keeps what is evaluated whatever comes of it: both sides of a comparison, the arguments and the receiver of a call,
    /// or the whole.
    fn keep_operands(&self, test: &mut Expr, operands: &mut Operands) {
        match &mut test.kind {
            ExprKind::UnaryOp { op: UnaryOp::Not, operand } => self.keep_operands(operand, operands),
            ExprKind::Compare { left, ops, comparators } => {
                operands.operator = ops.first().map_or("", |op| op.symbol());
                self.keep(left, operands);
                if let Some(right) = comparators.first_mut() {
                    self.keep(right, operands);
                }
            }
            ExprKind::Call { func, args, keywords } => {
                if let ExprKind::Attribute { value, .. } = &mut func.kind {
                    self.keep(value, operands);
                }
                args.iter_mut().for_each(|argument| self.keep(argument, operands));
                keywords.iter_mut().for_each(|keyword| self.keep(&mut keyword.value, operands));
            }
            _ => self.keep(test, operands),
        }
    }

    fn keep(&self, expr: &mut Expr, operands: &mut Operands) {
        let plain = matches!(
            expr.kind,
            ExprKind::Starred(_) | ExprKind::Constant(_) | ExprKind::Lambda { .. } | ExprKind::GeneratorExp { .. }
        );
        // A constant is worth keeping beside what it is compared with.
        let is_side = matches!(expr.kind, ExprKind::Constant(_)) && !operands.operator.is_empty();
        if plain && !is_side {
            return;
        }
        let span = expr.span;
        let name = Symbol::new(&format!("@{}", operands.kept.len()));
        let value = std::mem::replace(expr, Expr::new(ExprKind::Constant(Constant::None), span));
        let target = Ident { name, span };
        *expr = Expr::new(ExprKind::NamedExpr { target, value: Box::new(value) }, span);
        operands.kept.push((self.source.slice(span).to_owned(), name, span));
    }

    fn call_of_keep(&self, operands: &Operands, span: Span) -> Expr {
        let text = |text: &str| Expr::new(ExprKind::Constant(Constant::Str(text.into())), span);
        let mut args = vec![text(operands.operator)];
        for (written, name, _) in &operands.kept {
            args.push(text(written));
            args.push(Expr::new(ExprKind::Name(*name), span));
        }
        let func = Box::new(Expr::new(ExprKind::Name(Symbol::new(KEEP)), span));
        Expr::new(ExprKind::Call { func, args, keywords: Vec::new() }, span)
    }
}

//! Statements of bodies, and parts of bodies, that do not suspend.

use super::build_expr::binary_op;
use super::fold;
use super::frame::Frame;
use super::scopes::ScopeKind;
use crate::code::{Block, Case, Const, Expr, Handler, ImportName, Stmt};
use crate::intern::Symbol;
use crate::source::Span;
use crate::syntax::ast::{self, Alias, ExceptHandler, ExprKind, StmtKind, WithItem};

impl<'a> Frame<'a> {
    pub fn block(&mut self, body: &'a [ast::Stmt]) -> Block {
        let mut out = Vec::with_capacity(body.len());
        self.block_into(body, &mut out);
        out.into()
    }

    pub fn block_into(&mut self, body: &'a [ast::Stmt], out: &mut Vec<Stmt>) {
        for s in body {
            let mark = self.temps_mark();
            super::deep(|| self.stmt(s, out));
            self.temps_release(mark);
        }
    }

    pub fn stmt(&mut self, s: &'a ast::Stmt, out: &mut Vec<Stmt>) {
        match &s.kind {
            StmtKind::FunctionDef(def) => self.function_def(def, s.span, out),
            StmtKind::ClassDef(def) => self.class_def(def, s.span, out),
            StmtKind::TypeAlias { name, type_params, value, .. } => {
                self.type_alias(s, *name, type_params, value, out);
            }
            StmtKind::Return(value) => {
                let value = self.optional(value.as_deref());
                out.push(Stmt::Return(value));
            }
            StmtKind::Delete(targets) => self.delete(targets, out),
            StmtKind::Assign { targets, value } => {
                let value = self.expr(value);
                let targets = targets.iter().map(|t| self.target(t)).collect();
                out.push(Stmt::Assign { targets, value });
            }
            StmtKind::AugAssign { target, op, value } => {
                let target_site = self.site(target.span);
                let target = self.target(target);
                let value = self.expr(value);
                out.push(Stmt::AugAssign { op: binary_op(*op), target, value, target_site, site: self.site(s.span) });
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                if let Some(value) = value {
                    let value = self.expr(value);
                    out.push(Stmt::Assign { targets: Box::new([self.target(target)]), value });
                }
                self.annotation(target, annotation, value.is_none(), *simple, out);
            }
            StmtKind::For { target, iter, body, orelse, .. } => {
                let site = self.site(iter.span);
                let iter = fold::list_as_tuple(self.expr(iter));
                let target = self.target(target);
                let body = self.block(body);
                out.push(Stmt::For { target, iter, body, orelse: self.block(orelse), site });
            }
            StmtKind::While { test, body, orelse } => self.while_stmt(test, body, orelse, out),
            StmtKind::If { test, body, orelse } => self.if_stmt(test, body, orelse, out),
            StmtKind::With { items, body, .. } => self.with_stmt(items, body, out),
            StmtKind::Match { subject, cases } => self.match_stmt(subject, cases, out),
            StmtKind::Raise { exc, cause } => {
                let exception = exc.as_deref().map(|e| self.expr(e));
                let cause = cause.as_deref().map(|e| self.expr(e));
                out.push(Stmt::Raise { exception, cause, site: self.site(s.span) });
            }
            StmtKind::Try { body, handlers, orelse, finalbody, is_star } => {
                let body = self.block(body);
                let handlers = handlers.iter().map(|h| self.handler(h)).collect();
                let orelse = self.block(orelse);
                let finally = self.block(finalbody);
                out.push(match is_star {
                    true => Stmt::TryStar { body, handlers, orelse, finally },
                    false => Stmt::Try { body, handlers, orelse, finally },
                });
            }
            StmtKind::Assert { test, msg } => {
                let site = self.site(test.span);
                let test = self.expr(test);
                let message = msg.as_deref().map(|e| self.expr(e));
                out.push(Stmt::Assert { test, message, site });
            }
            StmtKind::Import(names) => names.iter().for_each(|a| self.import(a, s.span, out)),
            StmtKind::ImportFrom { module, names, level } => {
                self.import_from(*module, names, *level, s.span, out);
            }
            StmtKind::Global(_) | StmtKind::Nonlocal(_) | StmtKind::Pass => {}
            StmtKind::Expr(e) => self.expr_stmt(e, out),
            StmtKind::Break => out.push(Stmt::Break),
            StmtKind::Continue => out.push(Stmt::Continue),
        }
    }

    pub fn optional(&mut self, e: Option<&'a ast::Expr>) -> Expr {
        e.map_or(Expr::Const(Const::None), |e| self.expr(e))
    }

    fn expr_stmt(&mut self, e: &'a ast::Expr, out: &mut Vec<Stmt>) {
        let value = self.expr(e);
        match value {
            _ if self.echo => out.push(Stmt::Echo(value)),
            Expr::Const(_) => {}
            _ => out.push(Stmt::Expr(value)),
        }
    }

    fn while_stmt(&mut self, test: &'a ast::Expr, body: &'a [ast::Stmt], orelse: &'a [ast::Stmt], out: &mut Vec<Stmt>) {
        let site = self.site(test.span);
        let test = self.expr(test);
        let body = self.block(body);
        match fold::truth(&test) {
            Some(false) => self.block_into(orelse, out),
            Some(true) => {
                out.push(Stmt::While { test: Expr::Const(Const::True), body, orelse: Box::new([]), site });
            }
            None => out.push(Stmt::While { test, body, orelse: self.block(orelse), site }),
        }
    }

    fn if_stmt(&mut self, test: &'a ast::Expr, body: &'a [ast::Stmt], orelse: &'a [ast::Stmt], out: &mut Vec<Stmt>) {
        let site = self.site(test.span);
        let test = self.expr(test);
        let truth = fold::truth(&test);
        let then = self.block(body);
        let orelse = self.block(orelse);
        match truth {
            Some(true) => out.extend(then),
            Some(false) => out.extend(orelse),
            None => out.push(Stmt::If { test, then, orelse, site }),
        }
    }

    /// `with a, b: body` is `with a: with b: body`.
    fn with_stmt(&mut self, items: &'a [WithItem], body: &'a [ast::Stmt], out: &mut Vec<Stmt>) {
        let mut managers = Vec::with_capacity(items.len());
        for item in items {
            let site = self.site(item.context_expr.span);
            let context = self.expr(&item.context_expr);
            let target = item.optional_vars.as_ref().map(|t| self.target(t));
            managers.push((context, target, site));
        }
        let mut body = self.block(body);
        for (context, target, site) in managers.into_iter().rev() {
            body = Box::new([Stmt::With { context, target, body, site }]);
        }
        out.extend(body);
    }

    fn match_stmt(&mut self, subject: &'a ast::Expr, cases: &'a [ast::MatchCase], out: &mut Vec<Stmt>) {
        let site = self.site(subject.span);
        let subject = self.expr(subject);
        let patterns = self.patterns(cases);
        let mut built = Vec::with_capacity(cases.len());
        for (case, pattern) in cases.iter().zip(patterns) {
            let guard = case.guard.as_ref().map(|g| self.expr(g));
            built.push(Case { pattern, guard, body: self.block(&case.body) });
        }
        out.push(Stmt::Match { subject, cases: built.into(), site });
    }

    fn handler(&mut self, h: &'a ExceptHandler) -> Handler {
        let types = h.typ.as_ref().map(|t| self.expr(t));
        let target = h.name.as_ref().map(|n| self.store(n.name));
        Handler { types, target, body: self.block(&h.body), site: self.site(h.span) }
    }

    /// Each target by itself: an error is its own, at its own place.
    pub fn delete(&mut self, targets: &'a [ast::Expr], out: &mut Vec<Stmt>) {
        let mut flat = Vec::new();
        for t in targets {
            flatten(t, &mut flat);
        }
        for t in flat {
            out.push(Stmt::Delete { targets: Box::new([self.target(t)]), site: self.site(t.span) });
        }
    }

    /// What `target: annotation` does besides assigning; annotations of local variables are not evaluated.
    pub fn annotation(
        &mut self,
        target: &'a ast::Expr,
        annotation: &'a ast::Expr,
        bare: bool,
        simple: bool,
        out: &mut Vec<Stmt>,
    ) {
        match &target.kind {
            ExprKind::Attribute { value, .. } if bare => out.push(Stmt::Expr(self.expr(value))),
            ExprKind::Subscript { value, slice } if bare => {
                out.push(Stmt::Expr(self.expr(value)));
                out.push(Stmt::Expr(self.expr(slice)));
            }
            _ => {}
        }
        let evaluated = matches!(self.kind(), ScopeKind::Module | ScopeKind::Names | ScopeKind::Class);
        let future = self.shared.scopes.future_annotations;
        match target.kind {
            _ if !evaluated => {}
            ExprKind::Name(name) if simple => {
                let value = if future { self.unparsed(annotation) } else { self.expr(annotation) };
                let (name, site) = (self.mangled(name), self.site(annotation.span));
                out.push(Stmt::Annotate { name, annotation: value, site });
            }
            _ if !future => out.push(Stmt::Expr(self.expr(annotation))),
            _ => {}
        }
    }

    fn import(&mut self, alias: &Alias, span: Span, out: &mut Vec<Stmt>) {
        let top = alias.name.as_str().split('.').next().unwrap_or_default();
        let target = self.store(alias.asname.unwrap_or_else(|| Symbol::new(top)));
        let site = self.site(span);
        out.push(Stmt::Import { module: alias.name, target, whole: alias.asname.is_some(), site });
    }

    fn import_from(&mut self, module: Option<Symbol>, names: &'a [Alias], level: u32, span: Span, out: &mut Vec<Stmt>) {
        let site = self.site(span);
        if let [only] = names
            && only.name.as_str() == "*"
        {
            out.push(Stmt::ImportStar { module, level, site });
            return;
        }
        let names =
            names.iter().map(|a| ImportName { name: a.name, target: self.store(a.asname.unwrap_or(a.name)), site });
        let names = names.collect();
        out.push(Stmt::ImportFrom { module, level, names, site });
    }
}

/// `del (a, [b, c])` deletes one by one.
pub(super) fn flatten<'a>(e: &'a ast::Expr, out: &mut Vec<&'a ast::Expr>) {
    match &e.kind {
        ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().for_each(|i| flatten(i, out)),
        _ => out.push(e),
    }
}

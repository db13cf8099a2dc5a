//! Statements of the walk, with the targets and patterns that bind names in them.

use super::Walker;
use super::import::is_all;
use crate::check::facts::{ITERATED, TESTED, What};
use crate::check::flow::{expr_has, is_true};
use crate::check::scope::{Binding, BindingKind, MODULE, Scope, ScopeKind};
use crate::intern::Symbol;
use crate::source::Span;
use crate::syntax::ast::*;

impl<'a> Walker<'a> {
    pub(super) fn block(&mut self, body: &'a [Stmt]) {
        // `global` holds for the whole function, also for what stands before it.
        body.iter().for_each(|statement| self.statement(statement));
    }

    pub(super) fn statement(&mut self, statement: &'a Stmt) {
        match &statement.kind {
            StmtKind::FunctionDef(def) => self.function(def, statement.span),
            StmtKind::ClassDef(def) => self.class(def, statement.span),
            StmtKind::Return(value) => self.maybe(value.as_deref()),
            StmtKind::Delete(targets) => targets.iter().for_each(|target| self.expr(target)),
            StmtKind::Assign { targets, value } => self.assign(targets, value, statement.span),
            StmtKind::AugAssign { target, value, .. } => {
                self.value(value, "is added to or taken from something");
                // It reads the name it binds.
                self.expr(target);
                self.target(target, BindingKind::Unpacked, statement.span);
                if is_all(target) {
                    self.exports(value);
                }
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                // Those of a function's variables are never evaluated.
                let is_lazy = u32::from(self.facts.scopes.in_function(self.scope));
                self.guards += is_lazy;
                self.annotation(annotation);
                self.guards -= is_lazy;
                self.maybe(value.as_deref());
                match (&target.kind, value) {
                    (ExprKind::Name(name), Some(value)) if *simple => {
                        self.site(What::Assign { name: *name, name_span: target.span, value });
                        self.bind(*name, BindingKind::Assigned, target.span, statement.span);
                    }
                    _ => self.target(target, BindingKind::Unpacked, statement.span),
                }
            }
            StmtKind::TypeAlias { name, name_span, type_params, value } => {
                self.bind(*name, BindingKind::Unpacked, *name_span, statement.span);
                self.within(ScopeKind::Inner, |walker| {
                    walker.type_params(type_params);
                    walker.expr(value);
                });
            }
            StmtKind::For { .. } | StmtKind::While { .. } => self.loops(statement),
            StmtKind::If { test, body, orelse } => {
                self.value(test, TESTED);
                // What other platforms and versions have is no mistake there.
                let guards = u32::from(asks_for_the_platform(test));
                self.guards += guards;
                self.block(body);
                self.block(orelse);
                self.guards -= guards;
            }
            StmtKind::With { items, body, is_async } => {
                for item in items {
                    self.site(What::With { context: &item.context_expr, is_async: *is_async });
                    self.expr(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.target(target, BindingKind::Unpacked, item.span);
                    }
                }
                let guards = u32::from(items.iter().any(expects_name_errors));
                self.guards += guards;
                self.block(body);
                self.guards -= guards;
            }
            StmtKind::Match { subject, cases } => {
                self.expr(subject);
                for case in cases {
                    self.pattern(&case.pattern);
                    self.maybe(case.guard.as_ref());
                    self.block(&case.body);
                }
            }
            StmtKind::Raise { exc, cause } => {
                self.maybe(exc.as_deref());
                self.maybe(cause.as_deref());
            }
            StmtKind::Try { .. } => self.tries(statement),
            StmtKind::Assert { test, msg } => {
                self.value(test, TESTED);
                self.maybe(msg.as_deref());
            }
            StmtKind::Import(names) => names.iter().for_each(|alias| self.import(alias, None, statement.span)),
            StmtKind::ImportFrom { module, names, level } => {
                let module = if *level == 0 { *module } else { None };
                names.iter().for_each(|alias| self.import(alias, Some(module), statement.span));
            }
            StmtKind::Global(names) => {
                self.declared(names, |scope| &mut scope.globals);
            }
            StmtKind::Nonlocal(names) => {
                self.declared(names, |scope| &mut scope.nonlocals);
            }
            StmtKind::Expr(value) => {
                self.site(What::Bare(value));
                self.expr(value);
            }
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => {}
        }
    }

    /// `global` and `nonlocal`.
    fn declared(&mut self, names: &[Ident], list: impl FnOnce(&mut Scope) -> &mut Vec<Symbol>) {
        let scope = self.facts.scopes.get_mut(self.scope);
        let private = scope.private;
        list(scope).extend(names.iter().map(|ident| ident.name.mangled(private)));
    }

    fn assign(&mut self, targets: &'a [Expr], value: &'a Expr, span: Span) {
        self.expr(value);
        self.escapes(value);
        if let [target] = targets
            && let ExprKind::Name(name) = target.kind
        {
            self.site(What::Assign { name, name_span: target.span, value });
            self.bind(name, BindingKind::Assigned, target.span, span);
            if name.as_str() == "__all__" {
                self.exports(value);
            }
            return;
        }
        if targets.iter().any(|target| matches!(target.kind, ExprKind::Tuple(_) | ExprKind::List(_))) {
            self.site(What::Value { expr: value, done: ITERATED });
        }
        targets.iter().for_each(|target| self.target(target, BindingKind::Unpacked, span));
    }

    pub(super) fn loops(&mut self, statement: &'a Stmt) {
        let outer = self.endless;
        match &statement.kind {
            StmtKind::For { target, iter, body, orelse, is_async } => {
                self.expr(iter);
                if !is_async {
                    self.site(What::Value { expr: iter, done: ITERATED });
                }
                self.site(What::For { iter, is_async: *is_async });
                self.target(target, BindingKind::Unpacked, target.span);
                self.endless = None;
                self.block(body);
                self.endless = outer;
                self.block(orelse);
            }
            StmtKind::While { test, body, orelse } => {
                self.value(test, TESTED);
                self.endless = is_true(test).then_some(body.as_slice());
                self.block(body);
                self.endless = outer;
                self.block(orelse);
            }
            _ => {}
        }
    }

    pub(super) fn tries(&mut self, statement: &'a Stmt) {
        let StmtKind::Try { body, handlers, orelse, finalbody, .. } = &statement.kind else { return };
        let endless = self.endless;
        self.site(What::Try { handlers, body, endless });
        let guards = handlers.iter().any(|handler| catches_name_errors(handler.typ.as_ref()));
        self.guards += u32::from(guards);
        self.tries += 1;
        self.block(body);
        self.tries -= 1;
        self.guards -= u32::from(guards);
        for handler in handlers {
            self.maybe(handler.typ.as_ref());
            if let Some(name) = handler.name {
                self.bind(name.name, BindingKind::Handler, name.span, handler.span);
            }
            self.block(&handler.body);
        }
        self.block(orelse);
        self.block(finalbody);
    }

    pub(super) fn target(&mut self, target: &'a Expr, kind: BindingKind, whole: Span) {
        match &target.kind {
            ExprKind::Name(name) => self.bind(*name, kind, target.span, whole),
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().for_each(|item| self.target(item, BindingKind::Unpacked, whole));
            }
            ExprKind::Starred(inner) => self.target(inner, BindingKind::Unpacked, whole),
            ExprKind::Attribute { value, attr, attr_span } => {
                self.facts.expected.push(*attr);
                // What is put there is seen everywhere.
                if matches!(value.kind, ExprKind::Name(module) if module.as_str() == "builtins") {
                    let kind = BindingKind::Elsewhere;
                    self.bind_in(MODULE, *attr, Binding { kind, span: *attr_span, whole, def: None, import: None });
                }
                self.expr(target);
            }
            ExprKind::Subscript { value, .. } => {
                self.escapes(value);
                self.expr(target);
            }
            _ => self.expr(target),
        }
    }

    pub(super) fn pattern(&mut self, pattern: &'a Pattern) {
        let bind = |walker: &mut Self, ident: &Option<Ident>| {
            if let Some(ident) = ident {
                walker.bind(ident.name, BindingKind::Unpacked, ident.span, pattern.span);
            }
        };
        match &pattern.kind {
            PatternKind::MatchValue(value) => self.expr(value),
            PatternKind::MatchSingleton(_) => {}
            PatternKind::MatchSequence(items) | PatternKind::MatchOr(items) => {
                items.iter().for_each(|item| self.pattern(item));
            }
            PatternKind::MatchMapping { keys, patterns, rest } => {
                keys.iter().for_each(|key| self.expr(key));
                patterns.iter().for_each(|item| self.pattern(item));
                bind(self, rest);
            }
            PatternKind::MatchClass { cls, patterns, kwd_patterns, .. } => {
                self.expr(cls);
                patterns.iter().chain(kwd_patterns).for_each(|item| self.pattern(item));
            }
            PatternKind::MatchStar(name) => bind(self, name),
            PatternKind::MatchAs { pattern: inner, name } => {
                if let Some(inner) = inner {
                    self.pattern(inner);
                }
                bind(self, name);
            }
        }
    }
}

/// Whether a handler catches NameError and AttributeError.
fn catches_name_errors(typ: Option<&Expr>) -> bool {
    const CAUGHT: &[&str] = &[
        "NameError",
        "UnboundLocalError",
        "AttributeError",
        "ImportError",
        "Exception",
        "BaseException",
        "TypeError",
        "RuntimeError",
    ];
    match typ.map(|typ| &typ.kind) {
        None => true,
        Some(ExprKind::Name(name)) => CAUGHT.contains(&name.as_str()),
        Some(ExprKind::Tuple(items)) => items.iter().any(|item| catches_name_errors(Some(item))),
        Some(_) => false,
    }
}

/// `with suppress(NameError)`, `with pytest.raises(AttributeError)`, `with self.assertRaises(TypeError)`
fn expects_name_errors(item: &WithItem) -> bool {
    let ExprKind::Call { func, args, .. } = &item.context_expr.kind else { return false };
    let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = func.kind else { return false };
    matches!(name.as_str(), "suppress" | "raises" | "assertRaises" | "assertRaisesRegex")
        && args.iter().any(|arg| catches_name_errors(Some(arg)))
}

/// `sys.platform == "win32"`, `sys.version_info >= (3, 14)`, `os.name == "nt"`
fn asks_for_the_platform(test: &Expr) -> bool {
    expr_has(test, &|expr| {
        let ExprKind::Attribute { value, attr, .. } = &expr.kind else { return false };
        let ExprKind::Name(module) = value.kind else { return false };
        matches!(
            (module.as_str(), attr.as_str()),
            ("sys", "platform" | "version_info" | "hexversion" | "implementation") | ("os", "name")
        )
    })
}

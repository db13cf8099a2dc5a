//! The walk over definitions: functions, classes, type parameters, `type` statements; each body is
//! a scope of its own.

use super::scopes::{Key, ScopeId, ScopeKind, address, flag};
use super::scopes_walk::Walker;
use crate::intern::Symbol;
use crate::source::Span;
use crate::syntax::ast::{self, Arguments, ClassDef, Expr, ExprKind, FunctionDef, Stmt, TypeParamKind};

impl Walker<'_> {
    pub fn function_def(&mut self, def: &FunctionDef, span: Span) {
        self.bind(def.name, span, flag::ASSIGN);
        def.decorators.iter().for_each(|d| self.expr(d));
        let outer = self.enter_type_params(address(def), &def.type_params);
        self.defaults(&def.args);
        self.annotations(def);
        let key = Key::Def(address(def));
        self.frame(key, ScopeKind::Function, def.is_async, |w| {
            w.params(&def.args);
            w.block(&def.body);
        });
        self.leave_type_params(outer);
    }

    pub fn class_def(&mut self, def: &ClassDef, span: Span) {
        self.bind(def.name, span, flag::ASSIGN);
        def.decorators.iter().for_each(|d| self.expr(d));
        let outer = self.enter_type_params(address(def), &def.type_params);
        let forbidden = self.forbidden;
        if !def.type_params.is_empty() {
            self.forbidden = Some("the definition of a generic");
        }
        def.bases.iter().for_each(|b| self.expr(b));
        self.keywords(&def.keywords);
        self.forbidden = forbidden;
        let private = self.private.replace(def.name);
        self.frame(Key::Def(address(def)), ScopeKind::Class, false, |w| {
            for p in &def.type_params {
                let name = w.mangled(p.name);
                w.scopes.mark(w.current, name, flag::USE);
            }
            w.block(&def.body);
        });
        self.private = private;
        self.leave_type_params(outer);
    }

    /// Walks a body of its own in a new scope.
    pub fn frame(&mut self, key: Key, kind: ScopeKind, is_async: bool, body: impl FnOnce(&mut Self)) {
        let id = self.scopes.add(kind, Some(self.current));
        self.scopes.by_node.insert(key, id);
        self.scopes.get_mut(id).is_async = is_async;
        let current = std::mem::replace(&mut self.current, id);
        let suspensions = std::mem::take(&mut self.suspensions);
        let around = std::mem::take(&mut self.around);
        let returns = std::mem::take(&mut self.value_returns);
        let forbidden = self.forbidden.take_if(|_| kind != ScopeKind::TypeAlias);
        body(self);
        let suspends = self.suspensions > 0;
        let scope = self.scopes.get_mut(id);
        scope.suspends = suspends;
        if kind == ScopeKind::Function && scope.is_async && scope.has_yield {
            for &span in &self.value_returns {
                self.errors.add(span, "'return' with value in async generator");
            }
        }
        self.current = current;
        self.suspensions = suspensions;
        self.around = around;
        self.value_returns = returns;
        if forbidden.is_some() {
            self.forbidden = forbidden;
        }
    }

    pub fn defaults(&mut self, args: &Arguments) {
        for arg in args.posonly.iter().chain(&args.args).chain(&args.kwonly) {
            if let Some(default) = &arg.default {
                self.expr(default);
            }
        }
    }

    fn annotations(&mut self, def: &FunctionDef) {
        let args = &def.args;
        let all = args.posonly.iter().chain(&args.args).chain(args.vararg.as_deref());
        let all = all.chain(&args.kwonly).chain(args.kwarg.as_deref());
        let annotations: Vec<&Expr> = all.filter_map(|a| a.annotation.as_deref()).chain(&def.returns).collect();
        for annotation in annotations {
            // PEP 563: nothing is evaluated, so nothing is captured.
            if !self.scopes.future_annotations {
                self.annotation(annotation);
            }
        }
    }

    /// Inside an annotation `await` is not allowed, even in an `async def`.
    fn annotation(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Starred(value) => self.expr(value),
            _ => self.expr(e),
        }
    }

    pub fn params(&mut self, args: &Arguments) {
        let all = args.posonly.iter().chain(&args.args).chain(&args.kwonly);
        let all = all.chain(args.vararg.as_deref()).chain(args.kwarg.as_deref());
        for arg in all {
            let name = self.mangled(arg.name);
            if self.scopes.flags(self.current, name) & flag::PARAM != 0 {
                self.errors.add(arg.name_span, format!("duplicate argument '{name}' in function definition"));
            }
            self.bind(arg.name, arg.span, flag::PARAM);
        }
    }

    /// Opens the scope of `[T, *Ts, **P]`, if there are any; answers the scope to go back to.
    pub fn enter_type_params(&mut self, node: usize, params: &[ast::TypeParam]) -> ScopeId {
        let outer = self.current;
        if params.is_empty() {
            return outer;
        }
        let id = self.scopes.add(ScopeKind::TypeParams, Some(outer));
        self.scopes.by_node.insert(Key::TypeParams(node), id);
        self.current = id;
        let mut with_default = false;
        for p in params {
            let name = self.mangled(p.name);
            if with_default && p.default.is_none() {
                let message = format!("non-default type parameter '{}' follows default type parameter", p.name);
                self.errors.add(p.name_span, message);
            }
            with_default |= p.default.is_some();
            if self.scopes.flags(id, name) & flag::TYPE_PARAM != 0 {
                self.errors.add(p.span, format!("duplicate type parameter '{}'", p.name));
            }
            self.bind(p.name, p.name_span, flag::TYPE_PARAM);
            if let TypeParamKind::TypeVar { bound: Some(bound) } = &p.kind {
                let tuple = matches!(bound.kind, ExprKind::Tuple(_));
                self.forbidding(if tuple { "a TypeVar constraint" } else { "a TypeVar bound" }, bound);
            }
            if let Some(default) = &p.default {
                let what = match p.kind {
                    TypeParamKind::TypeVar { .. } => "a TypeVar default",
                    TypeParamKind::TypeVarTuple => "a TypeVarTuple default",
                    TypeParamKind::ParamSpec => "a ParamSpec default",
                };
                self.forbidding(what, default);
            }
        }
        outer
    }

    /// Walks a bound or default: a body of its own, evaluated when asked for.
    fn forbidding(&mut self, what: &'static str, e: &Expr) {
        let forbidden = self.forbidden.replace(what);
        self.frame(Key::TypeAlias(address(e)), ScopeKind::TypeAlias, false, |w| match &e.kind {
            ExprKind::Starred(value) => w.expr(value),
            _ => w.expr(e),
        });
        self.forbidden = forbidden;
    }

    /// Walks an expression that will never run, for its errors alone.
    pub fn unevaluated(&mut self, e: &Expr) {
        let current = self.current;
        let suspensions = self.suspensions;
        let id = self.scopes.add(ScopeKind::TypeAlias, Some(current));
        self.current = id;
        let kind = self.scopes.get(current).kind;
        let is_async = self.scopes.get(current).is_async;
        self.scopes.get_mut(id).kind = if kind == ScopeKind::Function { kind } else { ScopeKind::TypeAlias };
        self.scopes.get_mut(id).is_async = is_async;
        self.expr(e);
        self.current = current;
        self.suspensions = suspensions;
        // Names used there capture nothing.
        let scope = self.scopes.get_mut(id);
        scope.order.clear();
        scope.names.clear();
    }

    pub fn leave_type_params(&mut self, outer: ScopeId) {
        self.current = outer;
    }

    pub fn type_alias(&mut self, s: &Stmt, name: Symbol, span: Span, params: &[ast::TypeParam], value: &Expr) {
        self.bind(name, span, flag::ASSIGN);
        let outer = self.enter_type_params(address(s), params);
        let forbidden = self.forbidden.replace("a type alias");
        self.frame(Key::TypeAlias(address(s)), ScopeKind::TypeAlias, false, |w| w.expr(value));
        self.forbidden = forbidden;
        self.leave_type_params(outer);
    }
}

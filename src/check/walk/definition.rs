//! Functions, lambdas and classes of the walk: their scopes, parameters, annotations.

use super::unseen::is_global_enum;
use super::{Walker, walk};
use crate::check::flow;
use crate::check::scope::{Binding, BindingKind, Def, MODULE, Read, ScopeKind};
use crate::intern::Symbol;
use crate::source::{Source, Span};
use crate::syntax::ast::*;
use crate::syntax::parse_expression;

impl<'a> Walker<'a> {
    pub(super) fn function(&mut self, def: &'a FunctionDef, span: Span) {
        def.decorators.iter().for_each(|decorator| self.expr(decorator));
        self.defaults(&def.args);
        let is_method = self.facts.scopes.get(self.scope).kind == ScopeKind::Class;
        let known = Def {
            is_async: def.is_async,
            is_generator: flow::yields(&def.body),
            is_plain: def.decorators.is_empty(),
            // A method that does nothing is there for classes that inherit: theirs may.
            returns_a_value: flow::returns_a_value(&def.body) || is_method && flow::does_nothing(&def.body),
        };
        let binding =
            Binding { kind: BindingKind::Def, span: def.name_span, whole: span, def: Some(known), import: None };
        self.bind_as(def.name, binding);
        let outer = (std::mem::take(&mut self.guards), self.endless.take());
        self.within(ScopeKind::Inner, |walker| {
            walker.type_params(&def.type_params);
            walker.annotations(&def.args, def.returns.as_ref());
            let id = walker.within(ScopeKind::Function { is_async: def.is_async }, |walker| {
                walker.parameters(&def.args);
                walker.declarations(&def.body);
                walker.block(&def.body);
            });
            if is_method {
                let first = def.args.posonly.first().or(def.args.args.first());
                walker.facts.scopes.get_mut(id).receiver = first.map(|argument| argument.name);
            }
        });
        (self.guards, self.endless) = outer;
    }

    /// `global` and `nonlocal` hold for a whole body, wherever they stand.
    pub(super) fn declarations(&mut self, body: &'a [Stmt]) {
        flow::each_statement(body, &mut |statement| {
            if let StmtKind::Global(_) | StmtKind::Nonlocal(_) = &statement.kind {
                self.statement(statement);
            }
        });
    }

    pub(super) fn class(&mut self, def: &'a ClassDef, span: Span) {
        def.decorators.iter().for_each(|decorator| self.expr(decorator));
        if def.decorators.iter().any(is_global_enum) {
            self.binds_unseen(MODULE);
        }
        self.bind(def.name, BindingKind::Class, def.name_span, span);
        self.within(ScopeKind::Inner, |walker| {
            if !def.type_params.is_empty() {
                walker.facts.scopes.get_mut(walker.scope).private = Some(def.name);
            }
            walker.type_params(&def.type_params);
            def.bases.iter().for_each(|base| walker.expr(base));
            def.keywords.iter().for_each(|keyword| walker.expr(&keyword.value));
            // A metaclass, which a base may bring, can give names to the body.
            let has_metaclass = u32::from(!def.keywords.is_empty() || !def.bases.is_empty());
            walker.guards += has_metaclass;
            let id = walker.within(ScopeKind::Class, |walker| {
                walker.facts.scopes.get_mut(walker.scope).private = Some(def.name);
                walker.block(&def.body);
            });
            if def.decorators.is_empty() && def.keywords.is_empty() {
                walker.facts.classes.insert(def.name_span.start, id);
            }
            walker.guards -= has_metaclass;
        });
    }

    pub(super) fn type_params(&mut self, params: &'a [TypeParam]) {
        for param in params {
            self.bind(param.name, BindingKind::Unpacked, param.name_span, param.span);
            if let TypeParamKind::TypeVar { bound: Some(bound) } = &param.kind {
                self.expr(bound);
            }
            self.maybe(param.default.as_ref());
        }
    }

    pub(super) fn defaults(&mut self, args: &'a Arguments) {
        for argument in all_arguments(args) {
            self.maybe(argument.default.as_deref());
        }
    }

    pub(super) fn annotations(&mut self, args: &'a Arguments, returns: Option<&'a Expr>) {
        for argument in all_arguments(args) {
            if let Some(annotation) = argument.annotation.as_deref() {
                self.annotation(annotation);
            }
        }
        if let Some(returns) = returns {
            self.annotation(returns);
        }
    }

    /// Names in an annotation are used; as text they may be bound later, or not at all.
    pub(super) fn annotation(&mut self, annotation: &'a Expr) {
        self.guards += u32::from(self.annotations_are_lazy);
        self.expr(annotation);
        self.guards -= u32::from(self.annotations_are_lazy);
        if let ExprKind::Constant(Constant::Str(text)) = &annotation.kind {
            let source = Source::new("<annotation>", text.to_string());
            let Ok(module) = parse_expression(&source) else { return };
            for name in names_in(&module) {
                let (span, scope) = (annotation.span, self.scope);
                self.facts.reads.push(Read { name, span, scope, is_guarded: true });
            }
        }
    }

    pub(super) fn parameters(&mut self, args: &'a Arguments) {
        for argument in all_arguments(args) {
            self.bind(argument.name, BindingKind::Parameter, argument.name_span, argument.span);
        }
    }

    pub(super) fn lambda(&mut self, args: &'a Arguments, body: &'a Expr) {
        self.defaults(args);
        let guards = std::mem::take(&mut self.guards);
        self.within(ScopeKind::Lambda, |walker| {
            walker.parameters(args);
            walker.expr(body);
        });
        self.guards = guards;
    }
}

fn all_arguments(args: &Arguments) -> impl Iterator<Item = &Arg> {
    let Arguments { posonly, args, vararg, kwonly, kwarg } = args;
    posonly.iter().chain(args).chain(vararg.as_deref()).chain(kwonly).chain(kwarg.as_deref())
}

/// The names in an expression that came as text.
fn names_in(module: &Module) -> Vec<Symbol> {
    let source = Source::new("", "");
    walk(&source, module).reads.iter().map(|read| read.name).collect()
}

//! One walk over the tree: fills the scopes, and notes the places that the rules look at. Decides nothing.

use super::scope::{Binding, BindingKind, Def, Import, MODULE, Read, ScopeId, ScopeKind, Scopes};
use crate::intern::Symbol;
use crate::source::{Source, Span};
use crate::syntax::ast::*;
use crate::syntax::parse_expression;

/// A place that rules look at.
pub struct Site<'a> {
    pub scope: ScopeId,
    pub what: What<'a>,
    /// An exception here is expected: it stands in a `try` that catches it.
    pub is_guarded: bool,
}

pub enum What<'a> {
    /// An expression for its effect.
    Bare(&'a Expr),
    /// The operand of an `await`.
    Await {
        operand: &'a Expr,
        whole: Span,
    },
    Call(&'a Expr),
    /// Something is done with the value that no coroutine can do; what, in words.
    Value {
        expr: &'a Expr,
        done: &'static str,
    },
    /// `name = value`
    Assign {
        name: Symbol,
        name_span: Span,
        value: &'a Expr,
    },
    Attribute(&'a Expr),
    /// A `try`; whether it stands in an endless loop of the same function.
    Try {
        handlers: &'a [ExceptHandler],
        body: &'a [Stmt],
        in_endless_loop: bool,
    },
    /// `for target in iter`
    For {
        iter: &'a Expr,
    },
}

/// What the walk gives.
pub struct Facts<'a> {
    pub source: &'a Source,
    pub scopes: Scopes,
    pub reads: Vec<Read>,
    pub sites: Vec<Site<'a>>,
    /// `from m import *`, or `@global_enum`: any name may be bound.
    pub has_unseen_names: bool,
    /// Names in `__all__`.
    pub exported: Vec<Symbol>,
}

/// Walks a whole module.
pub fn walk<'a>(source: &'a Source, module: &'a Module) -> Facts<'a> {
    let mut scopes = Scopes::default();
    scopes.add(ScopeKind::Module, None);
    let facts =
        Facts { source, scopes, reads: Vec::new(), sites: Vec::new(), has_unseen_names: false, exported: Vec::new() };
    let mut walker = Walker { facts, scope: MODULE, guards: 0, tries: 0, endless: false, annotations_are_lazy: false };
    walker.block(&module.body);
    let mut facts = walker.facts;
    for read in &facts.reads {
        if let Some(id) = facts.scopes.resolve(read.scope, read.name)
            && let Some(name) = facts.scopes.list[id.0].names.get_mut(&read.name)
        {
            name.reads += 1;
        }
    }
    facts
}

struct Walker<'a> {
    facts: Facts<'a>,
    scope: ScopeId,
    /// How many `try` around us catch what a wrong name raises.
    guards: u32,
    /// How many `try` around us there are, whatever they catch.
    tries: u32,
    /// In the body of a `while True` of this function.
    endless: bool,
    /// `from __future__ import annotations`: annotations are texts.
    annotations_are_lazy: bool,
}

/// Builtins through which names are read unseen.
const OPAQUE: &[&str] = &["locals", "exec", "eval", "vars", "dir", "globals"];

impl<'a> Walker<'a> {
    fn site(&mut self, what: What<'a>) {
        self.facts.sites.push(Site { scope: self.scope, what, is_guarded: self.guards > 0 });
    }

    fn bind_as(&mut self, name: Symbol, binding: Binding) {
        let scope = self.facts.scopes.get(self.scope);
        let home = if scope.globals.contains(&name) {
            MODULE
        } else if scope.nonlocals.contains(&name) {
            let parent = scope.parent.unwrap_or(MODULE);
            self.facts.scopes.resolve(parent, name).unwrap_or(MODULE)
        } else {
            self.scope
        };
        let binding = if home == self.scope { binding } else { Binding { kind: BindingKind::Elsewhere, ..binding } };
        self.facts.scopes.get_mut(home).names.entry(name).or_default().bindings.push(binding);
    }

    fn bind(&mut self, name: Symbol, kind: BindingKind, span: Span, whole: Span) {
        self.bind_as(name, Binding { kind, span, whole, def: None, import: None });
    }

    fn read(&mut self, name: Symbol, span: Span) {
        let is_guarded = self.guards > 0;
        self.facts.reads.push(Read { name, span, scope: self.scope, is_guarded });
    }

    /// Does some work in a scope of its own.
    fn within(&mut self, kind: ScopeKind, work: impl FnOnce(&mut Self)) -> ScopeId {
        let id = self.facts.scopes.add(kind, Some(self.scope));
        let outer = std::mem::replace(&mut self.scope, id);
        work(self);
        self.scope = outer;
        id
    }

    fn block(&mut self, body: &'a [Stmt]) {
        // `global` holds for the whole function, also for what stands before it.
        body.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &'a Stmt) {
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
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.annotation(annotation);
                self.maybe(value.as_deref());
                match (&target.kind, value) {
                    (ExprKind::Name(name), Some(_)) if *simple => {
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
                self.value(test, "is tested");
                self.block(body);
                self.block(orelse);
            }
            StmtKind::With { items, body, .. } => {
                for item in items {
                    self.expr(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.target(target, BindingKind::Unpacked, item.span);
                    }
                }
                self.block(body);
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
                self.value(test, "is tested");
                self.maybe(msg.as_deref());
            }
            StmtKind::Import(names) => names.iter().for_each(|alias| self.import(alias, None, statement.span)),
            StmtKind::ImportFrom { module, names, level } => {
                let module = if *level == 0 { *module } else { None };
                names.iter().for_each(|alias| self.import(alias, Some(module), statement.span));
            }
            StmtKind::Global(names) => {
                let names: Vec<Symbol> = names.iter().map(|ident| ident.name).collect();
                self.facts.scopes.get_mut(self.scope).globals.extend(names);
            }
            StmtKind::Nonlocal(names) => {
                let names: Vec<Symbol> = names.iter().map(|ident| ident.name).collect();
                self.facts.scopes.get_mut(self.scope).nonlocals.extend(names);
            }
            StmtKind::Expr(value) => {
                self.site(What::Bare(value));
                self.expr(value);
            }
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => {}
        }
    }

    fn assign(&mut self, targets: &'a [Expr], value: &'a Expr, span: Span) {
        self.expr(value);
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
        targets.iter().for_each(|target| self.target(target, BindingKind::Unpacked, span));
    }

    fn exports(&mut self, value: &'a Expr) {
        let (ExprKind::List(items) | ExprKind::Tuple(items)) = &value.kind else { return };
        for item in items {
            if let ExprKind::Constant(Constant::Str(name)) = &item.kind {
                self.facts.exported.push(Symbol::new(name));
            }
        }
    }

    fn loops(&mut self, statement: &'a Stmt) {
        let outer = self.endless;
        match &statement.kind {
            StmtKind::For { target, iter, body, orelse, is_async } => {
                self.expr(iter);
                if !is_async {
                    self.site(What::Value { expr: iter, done: "is iterated over" });
                }
                self.site(What::For { iter });
                self.target(target, BindingKind::Unpacked, target.span);
                self.endless = false;
                self.block(body);
                self.endless = outer;
                self.block(orelse);
            }
            StmtKind::While { test, body, orelse } => {
                self.value(test, "is tested");
                self.endless = is_true(test);
                self.block(body);
                self.endless = outer;
                self.block(orelse);
            }
            _ => {}
        }
    }

    fn tries(&mut self, statement: &'a Stmt) {
        let StmtKind::Try { body, handlers, orelse, finalbody, .. } = &statement.kind else { return };
        let in_endless_loop = self.endless;
        self.site(What::Try { handlers, body, in_endless_loop });
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

    fn import(&mut self, alias: &'a Alias, from: Option<Option<Symbol>>, statement: Span) {
        if alias.name.as_str() == "*" {
            self.facts.has_unseen_names = true;
            return;
        }
        let (name, import) = match (from, alias.asname) {
            (None, Some(asname)) => (asname, Some(Import { module: alias.name, name: None })),
            (None, None) => {
                let first = alias.name.as_str().split('.').next().unwrap_or("");
                (Symbol::new(first), Some(Import { module: Symbol::new(first), name: None }))
            }
            (Some(module), asname) => {
                let import = module.map(|module| Import { module, name: Some(alias.name) });
                (asname.unwrap_or(alias.name), import)
            }
        };
        // `import x as x` exports it.
        if alias.asname == Some(alias.name) {
            self.facts.exported.push(name);
        }
        if self.tries > 0 {
            // Tried out: whether it is there is the question.
            self.facts.exported.push(name);
        }
        let kind = BindingKind::Import;
        self.bind_as(name, Binding { kind, span: alias.span, whole: statement, def: None, import });
        if import.is_some_and(|import| import.module.as_str() == "__future__" && alias.name.as_str() == "annotations") {
            self.annotations_are_lazy = true;
        }
    }

    fn function(&mut self, def: &'a FunctionDef, span: Span) {
        def.decorators.iter().for_each(|decorator| self.expr(decorator));
        self.defaults(&def.args);
        let known = Def {
            is_async: def.is_async,
            is_generator: super::flow::yields(&def.body),
            is_plain: def.decorators.is_empty(),
            returns_a_value: super::flow::returns_a_value(&def.body),
        };
        let binding =
            Binding { kind: BindingKind::Def, span: def.name_span, whole: span, def: Some(known), import: None };
        self.bind_as(def.name, binding);
        let is_method = self.facts.scopes.get(self.scope).kind == ScopeKind::Class;
        let outer = (std::mem::take(&mut self.guards), std::mem::take(&mut self.endless));
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
    fn declarations(&mut self, body: &'a [Stmt]) {
        super::flow::each_statement(body, &mut |statement| {
            if let StmtKind::Global(_) | StmtKind::Nonlocal(_) = &statement.kind {
                self.statement(statement);
            }
        });
    }

    fn class(&mut self, def: &'a ClassDef, span: Span) {
        def.decorators.iter().for_each(|decorator| self.expr(decorator));
        if def.decorators.iter().any(is_global_enum) {
            self.facts.has_unseen_names = true;
        }
        self.bind(def.name, BindingKind::Class, def.name_span, span);
        self.within(ScopeKind::Inner, |walker| {
            walker.type_params(&def.type_params);
            def.bases.iter().for_each(|base| walker.expr(base));
            def.keywords.iter().for_each(|keyword| walker.expr(&keyword.value));
            // A metaclass, which a base may bring, can give names to the body.
            let has_metaclass = u32::from(!def.keywords.is_empty() || !def.bases.is_empty());
            walker.guards += has_metaclass;
            walker.within(ScopeKind::Class, |walker| walker.block(&def.body));
            walker.guards -= has_metaclass;
        });
    }

    fn type_params(&mut self, params: &'a [TypeParam]) {
        for param in params {
            self.bind(param.name, BindingKind::Unpacked, param.name_span, param.span);
            if let TypeParamKind::TypeVar { bound: Some(bound) } = &param.kind {
                self.expr(bound);
            }
            self.maybe(param.default.as_ref());
        }
    }

    fn defaults(&mut self, args: &'a Arguments) {
        for argument in all_arguments(args) {
            self.maybe(argument.default.as_deref());
        }
    }

    fn annotations(&mut self, args: &'a Arguments, returns: Option<&'a Expr>) {
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
    fn annotation(&mut self, annotation: &'a Expr) {
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

    fn parameters(&mut self, args: &'a Arguments) {
        for argument in all_arguments(args) {
            self.bind(argument.name, BindingKind::Parameter, argument.name_span, argument.span);
        }
    }

    fn target(&mut self, target: &'a Expr, kind: BindingKind, whole: Span) {
        match &target.kind {
            ExprKind::Name(name) => self.bind(*name, kind, target.span, whole),
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().for_each(|item| self.target(item, BindingKind::Unpacked, whole));
            }
            ExprKind::Starred(inner) => self.target(inner, BindingKind::Unpacked, whole),
            _ => self.expr(target),
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern) {
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

    fn maybe(&mut self, expr: Option<&'a Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    /// An expression whose value is used in a way that a coroutine does not allow.
    fn value(&mut self, expr: &'a Expr, done: &'static str) {
        self.site(What::Value { expr, done });
        self.expr(expr);
    }

    fn exprs(&mut self, exprs: &'a [Expr]) {
        exprs.iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &'a Expr) {
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
                self.value(test, "is tested");
                self.expr(body);
                self.expr(orelse);
            }
            ExprKind::Dict(items) => items.iter().for_each(|item| {
                self.maybe(item.key.as_ref());
                self.expr(&item.value);
            }),
            ExprKind::Set(items) | ExprKind::List(items) | ExprKind::Tuple(items) => self.exprs(items),
            ExprKind::ListComp { elt, generators }
            | ExprKind::SetComp { elt, generators }
            | ExprKind::GeneratorExp { elt, generators } => self.comprehension(generators, &[elt]),
            ExprKind::DictComp { key, value, generators } => self.comprehension(generators, &[key, value]),
            ExprKind::Await(operand) => {
                self.site(What::Await { operand, whole: expr.span });
                self.expr(operand);
            }
            ExprKind::Yield(value) => self.maybe(value.as_deref()),
            ExprKind::YieldFrom(value) | ExprKind::Starred(value) => self.expr(value),
            ExprKind::Compare { left, ops, comparators } => self.compare(left, ops, comparators),
            ExprKind::Call { func, args, keywords } => {
                self.site(What::Call(expr));
                self.opaque(func);
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
                self.value(value, "is indexed");
                self.expr(slice);
            }
            ExprKind::Slice { lower, upper, step } => {
                [lower, upper, step].into_iter().for_each(|part| self.maybe(part.as_deref()));
            }
        }
    }

    fn compare(&mut self, left: &'a Expr, ops: &'a [CmpOp], comparators: &'a [Expr]) {
        // Identity and equality make sense for coroutines too.
        let ordered = |op: &CmpOp| matches!(op, CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE);
        if ops.iter().any(ordered) {
            self.site(What::Value { expr: left, done: "is compared" });
        }
        self.expr(left);
        for (op, right) in ops.iter().zip(comparators) {
            if ordered(op) {
                self.site(What::Value { expr: right, done: "is compared" });
            }
            self.expr(right);
        }
    }

    fn fstring(&mut self, parts: &'a [FStringPart]) {
        for part in parts {
            if let FStringPart::FormattedValue(field) = part {
                self.expr(&field.value);
                if let Some(spec) = &field.format_spec {
                    self.fstring(spec);
                }
            }
        }
    }

    fn lambda(&mut self, args: &'a Arguments, body: &'a Expr) {
        self.defaults(args);
        let guards = std::mem::take(&mut self.guards);
        self.within(ScopeKind::Lambda, |walker| {
            walker.parameters(args);
            walker.expr(body);
        });
        self.guards = guards;
    }

    /// `:=` binds in the function around a comprehension.
    fn walrus(&mut self, target: &'a Ident, whole: Span) {
        let inner = self.scope;
        self.scope = self.facts.scopes.function_of(inner);
        self.bind(target.name, BindingKind::Unpacked, target.span, whole);
        self.scope = inner;
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr]) {
        // The first iterable is evaluated outside.
        if let Some(first) = generators.first() {
            self.expr(&first.iter);
            if !first.is_async {
                self.site(What::Value { expr: &first.iter, done: "is iterated over" });
            }
        }
        self.within(ScopeKind::Inner, |walker| {
            for (i, generator) in generators.iter().enumerate() {
                if i > 0 {
                    walker.expr(&generator.iter);
                }
                walker.target(&generator.target, BindingKind::Unpacked, generator.span);
                generator.ifs.iter().for_each(|test| walker.value(test, "is tested"));
            }
            elements.iter().for_each(|element| walker.expr(element));
        });
    }

    fn opaque(&mut self, func: &Expr) {
        if let ExprKind::Name(name) = func.kind
            && OPAQUE.contains(&name.as_str())
        {
            let function = self.facts.scopes.function_of(self.scope);
            self.facts.scopes.get_mut(function).is_opaque = true;
        }
    }
}

fn all_arguments(args: &Arguments) -> impl Iterator<Item = &Arg> {
    let Arguments { posonly, args, vararg, kwonly, kwarg } = args;
    posonly.iter().chain(args).chain(vararg.as_deref()).chain(kwonly).chain(kwarg.as_deref())
}

/// `@enum.global_enum` makes the members names of the module.
fn is_global_enum(decorator: &Expr) -> bool {
    matches!(&decorator.kind, ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } if name.as_str() == "global_enum")
}

/// `while True:` and `while 1:`
pub fn is_true(test: &Expr) -> bool {
    matches!(test.kind, ExprKind::Constant(Constant::True | Constant::Int(1)))
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

/// The names in an expression that came as text.
fn names_in(module: &Module) -> Vec<Symbol> {
    let source = Source::new("", "");
    walk(&source, module).reads.iter().map(|read| read.name).collect()
}

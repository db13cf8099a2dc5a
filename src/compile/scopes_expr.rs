//! The walk over expressions, targets and patterns that fills the symbol tables.

use super::scopes::{Key, ScopeId, ScopeKind, address, flag};
use super::scopes_walk::Walker;
use crate::intern::{Symbol, sym};
use crate::source::Span;
use crate::syntax::ast::{Comprehension, Expr, ExprKind, FStringPart, Ident, Keyword, MatchCase, Pattern, PatternKind};

impl Walker<'_> {
    pub fn expr(&mut self, e: &Expr) {
        if let ExprKind::Constant(_) = e.kind {
            return;
        }
        let before = self.suspensions;
        super::deep(|| self.expr_kind(e));
        if self.suspensions != before {
            self.scopes.suspending_exprs.insert(address(e));
        }
    }

    fn exprs(&mut self, list: &[Expr]) {
        list.iter().for_each(|e| self.expr(e));
    }

    fn boxed(&mut self, e: &Option<Box<Expr>>) {
        if let Some(e) = e {
            self.expr(e);
        }
    }

    fn expr_kind(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::BoolOp { values, .. } => self.exprs(values),
            ExprKind::NamedExpr { target, value } => self.named(target, value, e.span),
            ExprKind::BinOp { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::UnaryOp { operand, .. } => self.expr(operand),
            ExprKind::Lambda { args, body } => {
                self.defaults(args);
                self.frame(Key::Expr(address(e)), ScopeKind::Lambda, false, |w| {
                    w.params(args);
                    w.expr(body);
                });
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expr(test);
                self.expr(body);
                self.expr(orelse);
            }
            ExprKind::Dict(items) => {
                for item in items {
                    item.key.iter().for_each(|k| self.expr(k));
                    self.expr(&item.value);
                }
            }
            ExprKind::Set(items) | ExprKind::List(items) | ExprKind::Tuple(items) => self.exprs(items),
            ExprKind::ListComp { elt, generators } => self.comp(e, "list comprehension", &[elt], generators),
            ExprKind::SetComp { elt, generators } => self.comp(e, "set comprehension", &[elt], generators),
            ExprKind::DictComp { key, value, generators } => {
                self.comp(e, "dict comprehension", &[key, value], generators);
            }
            ExprKind::GeneratorExp { elt, generators } => self.generator(e, elt, generators),
            ExprKind::Await(value) => self.awaiting(value, e.span),
            ExprKind::Yield(value) => {
                self.yielding("yield", e.span);
                self.boxed(value);
            }
            ExprKind::YieldFrom(value) => {
                self.yielding("yield from", e.span);
                if self.scopes.get(self.current).is_async {
                    self.errors.add(e.span, "'yield from' inside async function");
                }
                self.expr(value);
            }
            ExprKind::Compare { left, ops, comparators } => {
                self.check_identity(left, ops, comparators, e.span);
                self.expr(left);
                self.exprs(comparators);
            }
            ExprKind::Call { func, args, keywords } => {
                self.check_callee(func, e.span);
                self.expr(func);
                self.exprs(args);
                self.keywords(keywords);
            }
            ExprKind::JoinedStr(parts) => self.parts(parts),
            ExprKind::Constant(_) => {}
            ExprKind::Attribute { value, .. } | ExprKind::Starred(value) => self.expr(value),
            ExprKind::Subscript { value, slice } => {
                self.check_subscript(value, slice, e.span);
                self.expr(value);
                self.expr(slice);
            }
            ExprKind::Name(name) => self.used(*name),
            ExprKind::Slice { lower, upper, step } => {
                self.boxed(lower);
                self.boxed(upper);
                self.boxed(step);
            }
        }
    }

    fn used(&mut self, name: Symbol) {
        let mangled = self.mangled(name);
        self.scopes.mark(self.current, mangled, flag::USE);
        // `super()` finds its class through this variable (PEP 3135).
        if name == Symbol::of_static("super") && self.scopes.get(self.current).kind.has_variables() {
            self.scopes.mark(self.current, sym::__class__, flag::USE);
        }
    }

    pub fn keywords(&mut self, keywords: &[Keyword]) {
        for k in keywords {
            if k.arg == Some(sym::__debug__) {
                self.errors.add(k.span, "cannot assign to __debug__");
            }
            self.expr(&k.value);
        }
    }

    fn parts(&mut self, parts: &[FStringPart]) {
        for part in parts {
            if let FStringPart::FormattedValue(v) = part {
                self.value(&v.value);
                if let Some(spec) = &v.format_spec {
                    self.parts(spec);
                }
            }
        }
    }

    fn awaiting(&mut self, value: &Expr, span: Span) {
        if let Some(what) = self.forbidden {
            self.errors.add(span, format!("await expression cannot be used within {what}"));
        }
        self.suspensions += 1;
        let top_level = self.options.top_level_await;
        let scope = self.scopes.get_mut(self.current);
        let help = "`await` belongs in an `async def`";
        match scope.kind {
            ScopeKind::Comp(_) | ScopeKind::Generator => scope.is_async = true,
            ScopeKind::Function | ScopeKind::Lambda if !scope.is_async => {
                let help = match scope.kind {
                    ScopeKind::Lambda => "a lambda cannot be async: write an `async def`",
                    _ => "make the enclosing function `async def`",
                };
                self.errors.add(span, "'await' outside async function").help(help);
            }
            ScopeKind::Module | ScopeKind::Names if !top_level => {
                self.errors.add(span, "'await' outside function").help(help);
            }
            ScopeKind::Class => {
                self.errors.add(span, "'await' outside function").help(help);
            }
            _ => {}
        }
        self.expr(value);
    }

    fn yielding(&mut self, form: &str, span: Span) {
        if let Some(what) = self.forbidden {
            self.errors.add(span, format!("yield expression cannot be used within {what}"));
            return;
        }
        self.suspensions += 1;
        let scope = self.scopes.get_mut(self.current);
        match scope.kind {
            ScopeKind::Function | ScopeKind::Lambda => scope.has_yield = true,
            ScopeKind::Comp(what) => self.yield_error(span, format!("'yield' inside {what}")),
            ScopeKind::Generator => self.yield_error(span, "'yield' inside generator expression"),
            _ => self.yield_error(span, format!("'{form}' outside function")),
        }
    }

    fn yield_error(&mut self, span: Span, message: impl Into<String>) {
        self.errors.add(span, message);
    }

    // Comprehensions

    fn comp(&mut self, e: &Expr, what: &'static str, elements: &[&Expr], generators: &[Comprehension]) {
        let Some(first) = generators.first() else { return };
        self.iterable(&first.iter);
        let outer = self.current;
        let id = self.scopes.add(ScopeKind::Comp(what), Some(outer));
        self.scopes.by_node.insert(Key::Expr(address(e)), id);
        self.current = id;
        self.clauses(generators, elements);
        self.current = outer;
        if self.scopes.get(id).is_async {
            self.async_comp(outer, e.span);
        }
    }

    /// A comprehension with `await` or `async for` runs as part of what surrounds it, which must be async.
    fn async_comp(&mut self, outer: ScopeId, span: Span) {
        let top_level = self.options.top_level_await;
        let scope = self.scopes.get_mut(outer);
        let allowed = match scope.kind {
            ScopeKind::Comp(_) | ScopeKind::Generator => {
                scope.is_async = true;
                true
            }
            ScopeKind::Function => scope.is_async,
            ScopeKind::Module | ScopeKind::Names => top_level,
            _ => false,
        };
        if !allowed {
            self.errors
                .add(span, "asynchronous comprehension outside of an asynchronous function")
                .help("make the enclosing function `async def`");
        }
    }

    fn generator(&mut self, e: &Expr, elt: &Expr, generators: &[Comprehension]) {
        let Some(first) = generators.first() else { return };
        self.iterable(&first.iter);
        self.frame(Key::Expr(address(e)), ScopeKind::Generator, false, |w| {
            w.suspensions += 1;
            w.clauses(generators, &[elt]);
        });
    }

    fn iterable(&mut self, iter: &Expr) {
        self.comp_iterable += 1;
        self.expr(iter);
        self.comp_iterable -= 1;
    }

    fn clauses(&mut self, generators: &[Comprehension], elements: &[&Expr]) {
        for (i, g) in generators.iter().enumerate() {
            if g.is_async {
                self.suspensions += 1;
                self.scopes.get_mut(self.current).is_async = true;
            }
            if i > 0 {
                self.iterable(&g.iter);
            }
            self.assigned(&g.target);
            self.rebound(g.target.span);
            self.exprs(&g.ifs);
        }
        for e in elements {
            if matches!(e.kind, ExprKind::Starred(_)) {
                self.value(e);
            } else {
                self.expr(e);
            }
        }
    }

    /// A `for` of a comprehension whose variable an earlier clause assigned with `:=`.
    fn rebound(&mut self, span: Span) {
        let both = flag::ASSIGN | flag::NAMED;
        let scope = self.scopes.get(self.current);
        let name = scope.order.iter().find(|name| scope.names.get(name).is_some_and(|n| n.flags & both == both));
        if let Some(name) = name {
            let message = format!("comprehension inner loop cannot rebind assignment expression target '{name}'");
            self.errors.add(span, message);
        }
    }

    /// `(name := value)`: inside comprehensions the name belongs to the function around them (PEP 572).
    fn named(&mut self, target: &Ident, value: &Expr, span: Span) {
        if let Some(what) = self.forbidden {
            self.errors.add(span, format!("named expression cannot be used within {what}"));
        }
        if self.comp_iterable > 0 {
            self.errors.add(span, "assignment expression cannot be used in a comprehension iterable expression");
        }
        self.expr(value);
        let name = self.mangled(target.name);
        let mut scope = self.current;
        while let ScopeKind::Comp(_) | ScopeKind::Generator = self.scopes.get(scope).kind {
            if self.scopes.flags(scope, name) & flag::ASSIGN != 0 {
                let name = target.name;
                let message = format!("assignment expression cannot rebind comprehension iteration variable '{name}'");
                self.errors.add(target.span, message);
                return;
            }
            self.scopes.mark(scope, name, flag::USE | flag::NAMED);
            let Some(parent) = self.scopes.get(scope).parent else { break };
            scope = parent;
        }
        if scope != self.current && self.scopes.get(scope).kind == ScopeKind::Class {
            let message = "assignment expression within a comprehension cannot be used in a class body";
            self.errors.add(target.span, message);
            return;
        }
        let inner = std::mem::replace(&mut self.current, scope);
        self.bind(target.name, target.span, flag::ASSIGN);
        self.current = inner;
    }

    // Targets

    /// The target of an assignment at the top of a statement.
    pub fn assigned(&mut self, e: &Expr) {
        if let ExprKind::Starred(_) = e.kind {
            self.errors.add(e.span, "starred assignment target must be in a list or tuple");
        }
        self.target(e, "assign to");
    }

    /// A target; `verb` is "assign to" or "delete".
    pub fn target(&mut self, e: &Expr, verb: &str) {
        let before = self.suspensions;
        self.target_kind(e, verb);
        if self.suspensions != before {
            self.scopes.suspending_exprs.insert(address(e));
        }
    }

    /// `self.name = value` counts for the class around the function.
    fn note_static_attribute(&mut self, name: Symbol) {
        let mut at = Some(self.current);
        while let Some(id) = at {
            let scope = self.scopes.get_mut(id);
            if scope.kind == ScopeKind::Class {
                if id != self.current && !scope.static_attributes.contains(&name) {
                    scope.static_attributes.push(name);
                }
                return;
            }
            at = scope.parent;
        }
    }

    fn target_kind(&mut self, e: &Expr, verb: &str) {
        match &e.kind {
            ExprKind::Name(name) => {
                if *name == sym::__debug__ && verb == "delete" {
                    self.errors.add(e.span, "cannot delete __debug__");
                } else {
                    self.bind(*name, e.span, flag::ASSIGN);
                }
            }
            ExprKind::Attribute { value, attr, .. } => {
                if *attr == sym::__debug__ {
                    self.errors.add(e.span, format!("cannot {verb} __debug__"));
                }
                if verb != "delete" && matches!(value.kind, ExprKind::Name(name) if name.as_str() == "self") {
                    self.note_static_attribute(*attr);
                }
                self.expr(value);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                if items.iter().filter(|i| matches!(i.kind, ExprKind::Starred(_))).count() > 1 {
                    self.errors.add(e.span, "multiple starred expressions in assignment");
                }
                items.iter().for_each(|i| self.target(i, verb));
            }
            ExprKind::Starred(value) => self.target(value, verb),
            _ => self.expr(e),
        }
    }

    /// The target of `+=` is read and written.
    pub fn aug_target(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Name(name) => self.bind(*name, e.span, flag::ASSIGN),
            _ => self.target(e, "assign to"),
        }
    }

    // Patterns

    pub fn match_stmt(&mut self, subject: &Expr, cases: &[MatchCase]) {
        self.expr(subject);
        for case in cases {
            self.pattern(&case.pattern);
            if let Some(guard) = &case.guard {
                self.expr(guard);
            }
            self.block(&case.body);
        }
    }

    fn capture(&mut self, name: &Option<Ident>, span: Span) {
        if let Some(name) = name {
            self.bind(name.name, span, flag::ASSIGN);
        }
    }

    fn pattern(&mut self, p: &Pattern) {
        match &p.kind {
            PatternKind::MatchValue(value) => self.expr(value),
            PatternKind::MatchSingleton(_) => {}
            PatternKind::MatchSequence(patterns) | PatternKind::MatchOr(patterns) => {
                patterns.iter().for_each(|p| self.pattern(p));
            }
            PatternKind::MatchMapping { keys, patterns, rest } => {
                self.exprs(keys);
                patterns.iter().for_each(|p| self.pattern(p));
                self.capture(rest, p.span);
            }
            PatternKind::MatchClass { cls, patterns, kwd_patterns, .. } => {
                self.expr(cls);
                patterns.iter().chain(kwd_patterns).for_each(|p| self.pattern(p));
            }
            PatternKind::MatchStar(name) => self.capture(name, p.span),
            PatternKind::MatchAs { pattern, name } => {
                if let Some(pattern) = pattern {
                    self.pattern(pattern);
                }
                self.capture(name, p.span);
            }
        }
    }
}

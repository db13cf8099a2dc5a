//! Definite assignment: which reads of a local variable are proved to find it bound.
//!
//! A forward walk over one frame with the set of variables that are bound for sure. Where control can
//! come from several places only what all of them bound counts; an exception can come from
//! anywhere in a `try` body, so its handlers know what was bound before, less what the body deletes.

use rustc_hash::{FxHashMap, FxHashSet};

use super::scopes::{Binding, Key, ScopeId, Scopes, address, flag};
use crate::intern::Symbol;
use crate::syntax::ast::{
    Arguments, ClassDef, Comprehension, Constant, ExceptHandler, Expr, ExprKind, FStringPart, FunctionDef, MatchCase,
    Pattern, PatternKind, Stmt, StmtKind,
};

/// What a frame runs.
pub(super) enum Body<'a> {
    Block(&'a [Stmt]),
    Function(&'a Arguments, &'a [Stmt]),
    Lambda(&'a Arguments, &'a Expr),
    Generator(&'a Expr, &'a [Comprehension]),
    Nothing,
}

/// The addresses of the name nodes whose variable may be unbound when they are read.
pub(super) fn unproved(scopes: &Scopes, frame: ScopeId, private: Option<Symbol>, body: Body<'_>) -> FxHashSet<usize> {
    let mut flow = Flow {
        scopes,
        frame,
        current: frame,
        private,
        index: FxHashMap::default(),
        state: State::default(),
        loops: Vec::new(),
        unproved: FxHashSet::default(),
    };
    match body {
        Body::Block(body) => flow.block(body),
        Body::Function(args, body) => {
            flow.params(args);
            flow.block(body);
        }
        Body::Lambda(args, body) => {
            flow.params(args);
            flow.expr(body);
        }
        Body::Generator(elt, generators) => {
            flow.clauses(generators);
            flow.expr(elt);
        }
        Body::Nothing => {}
    }
    flow.unproved
}

/// The variables bound for sure, as bits.
#[derive(Clone, Default)]
struct State {
    bound: Vec<u64>,
    /// Nothing gets here: everything holds.
    dead: bool,
}

impl State {
    fn has(&self, i: usize) -> bool {
        self.dead || self.bound.get(i / 64).is_some_and(|w| w >> (i % 64) & 1 == 1)
    }

    fn set(&mut self, i: usize, bound: bool) {
        if self.bound.len() <= i / 64 {
            self.bound.resize(i / 64 + 1, 0);
        }
        let bit = 1 << (i % 64);
        if bound { self.bound[i / 64] |= bit } else { self.bound[i / 64] &= !bit }
    }

    /// What holds in both.
    fn join(mut self, other: &State) -> State {
        if self.dead {
            return other.clone();
        }
        if !other.dead {
            for (i, word) in self.bound.iter_mut().enumerate() {
                *word &= other.bound.get(i).copied().unwrap_or(0);
            }
        }
        self
    }
}

struct Flow<'a> {
    scopes: &'a Scopes,
    frame: ScopeId,
    current: ScopeId,
    private: Option<Symbol>,
    index: FxHashMap<(ScopeId, Symbol), usize>,
    state: State,
    /// For each loop around, what holds at its `break`s.
    loops: Vec<Option<State>>,
    unproved: FxHashSet<usize>,
}

impl Flow<'_> {
    /// The number of a plain local; captured and global names are always checked.
    fn local(&mut self, name: Symbol) -> Option<usize> {
        let name = name.mangled(self.private);
        let Binding::Var(owner) = self.scopes.binding(self.current, name) else { return None };
        if self.scopes.get(owner).frame != self.frame || self.scopes.is_captured(owner, name) {
            return None;
        }
        let next = self.index.len();
        Some(*self.index.entry((owner, name)).or_insert(next))
    }

    fn bind(&mut self, name: Symbol) {
        if let Some(i) = self.local(name) {
            self.state.set(i, true);
        }
    }

    fn unbind(&mut self, name: Symbol) {
        if let Some(i) = self.local(name) {
            self.state.set(i, false);
        }
    }

    fn params(&mut self, args: &Arguments) {
        let all = args.posonly.iter().chain(&args.args).chain(&args.kwonly);
        for a in all.chain(args.vararg.as_deref()).chain(args.kwarg.as_deref()) {
            self.bind(a.name);
        }
    }

    fn die(&mut self) {
        self.state.dead = true;
    }

    /// Walks one branch from `start`; answers what holds at its end.
    fn branch(&mut self, start: &State, walk: impl FnOnce(&mut Self)) -> State {
        let saved = std::mem::replace(&mut self.state, start.clone());
        walk(self);
        std::mem::replace(&mut self.state, saved)
    }

    /// What holds before statements of which any may be cut short by an exception, or repeated.
    fn less_deleted(&mut self, bodies: &[&[Stmt]]) -> State {
        let mut names = Vec::new();
        bodies.iter().for_each(|b| deleted(b, &mut names));
        let saved = self.state.clone();
        names.into_iter().for_each(|n| self.unbind(n));
        std::mem::replace(&mut self.state, saved)
    }

    // Statements

    fn block(&mut self, body: &[Stmt]) {
        body.iter().for_each(|s| super::deep(|| self.stmt(s)));
    }

    fn stmt(&mut self, s: &Stmt) {
        match &s.kind {
            StmtKind::FunctionDef(def) => self.function(def),
            StmtKind::ClassDef(def) => self.class(def),
            StmtKind::Return(value) => {
                value.iter().for_each(|e| self.expr(e));
                self.die();
            }
            StmtKind::Delete(targets) => targets.iter().for_each(|t| self.delete(t)),
            StmtKind::Assign { targets, value } => {
                self.expr(value);
                targets.iter().for_each(|t| self.target(t));
            }
            StmtKind::AugAssign { target, value, .. } => {
                // As a read it marks the name; the statement itself checks.
                self.expr(target);
                self.expr(value);
                self.target(target);
            }
            StmtKind::AnnAssign { target, annotation, value, .. } => {
                if let Some(value) = value {
                    self.expr(value);
                    self.target(target);
                }
                if !matches!(target.kind, ExprKind::Name(_)) {
                    self.expr(target);
                }
                self.expr(annotation);
            }
            StmtKind::TypeAlias { name, type_params, .. } => {
                let outer = self.type_params(address(s), type_params.iter().map(|p| p.name));
                self.current = outer;
                self.bind(*name);
            }
            StmtKind::For { target, iter, body, orelse, .. } => {
                self.expr(iter);
                self.state = self.less_deleted(&[body]);
                self.repeat(body, orelse, false, |f| f.target(target));
            }
            StmtKind::While { test, body, orelse } => {
                self.state = self.less_deleted(&[body]);
                self.expr(test);
                self.repeat(body, orelse, always(test), |_| {});
            }
            StmtKind::If { test, body, orelse } => {
                self.expr(test);
                let start = self.state.clone();
                let then = self.branch(&start, |f| f.block(body));
                self.block(orelse);
                self.state = std::mem::take(&mut self.state).join(&then);
            }
            StmtKind::With { items, body, .. } => {
                for item in items {
                    self.expr(&item.context_expr);
                }
                // A manager may swallow an exception: then the body ran in part.
                let cut = self.less_deleted(&[body]);
                for target in items.iter().filter_map(|i| i.optional_vars.as_ref()) {
                    self.target(target);
                }
                self.block(body);
                self.state = std::mem::take(&mut self.state).join(&cut);
            }
            StmtKind::Match { subject, cases } => self.match_stmt(subject, cases),
            StmtKind::Raise { exc, cause } => {
                exc.iter().chain(cause).for_each(|e| self.expr(e));
                self.die();
            }
            StmtKind::Try { body, handlers, orelse, finalbody, .. } => {
                self.try_stmt(body, handlers, orelse, finalbody);
            }
            StmtKind::Assert { test, msg } => {
                self.expr(test);
                let start = self.state.clone();
                self.branch(&start, |f| msg.iter().for_each(|e| f.expr(e)));
            }
            StmtKind::Import(names) => {
                for a in names {
                    let top = a.name.as_str().split('.').next().unwrap_or_default();
                    self.bind(a.asname.unwrap_or_else(|| Symbol::new(top)));
                }
            }
            StmtKind::ImportFrom { names, .. } => names.iter().for_each(|a| self.bind(a.asname.unwrap_or(a.name))),
            StmtKind::Global(_) | StmtKind::Nonlocal(_) | StmtKind::Pass => {}
            StmtKind::Expr(e) => self.expr(e),
            StmtKind::Break => {
                let state = std::mem::take(&mut self.state);
                if let Some(exit) = self.loops.last_mut() {
                    *exit = Some(match exit.take() {
                        Some(other) => other.join(&state),
                        None => state.clone(),
                    });
                }
                self.state = state;
                self.die();
            }
            StmtKind::Continue => self.die(),
        }
    }

    /// The body and the `else` of a loop; the state is that of each round's beginning.
    fn repeat(&mut self, body: &[Stmt], orelse: &[Stmt], forever: bool, first: impl FnOnce(&mut Self)) {
        let start = self.state.clone();
        self.loops.push(None);
        self.branch(&start, |f| {
            first(f);
            f.block(body);
        });
        let exit = self.loops.pop().flatten();
        if forever {
            self.die();
        }
        self.block(orelse);
        if let Some(exit) = exit {
            self.state = std::mem::take(&mut self.state).join(&exit);
        }
    }

    fn try_stmt(&mut self, body: &[Stmt], handlers: &[ExceptHandler], orelse: &[Stmt], finalbody: &[Stmt]) {
        let cut = self.less_deleted(&[body]);
        let mut all: Vec<&[Stmt]> = vec![body, orelse];
        all.extend(handlers.iter().map(|h| &h.body[..]));
        let mut anywhere = self.less_deleted(&all);
        self.block(body);
        self.block(orelse);
        let mut end = self.state.clone();
        for h in handlers {
            let done = self.branch(&cut, |f| {
                h.typ.iter().for_each(|e| f.expr(e));
                h.name.iter().for_each(|n| f.bind(n.name));
                f.block(&h.body);
                h.name.iter().for_each(|n| f.unbind(n.name));
            });
            // The name is gone on every way out of the handler.
            self.state = std::mem::take(&mut anywhere);
            h.name.iter().for_each(|n| self.unbind(n.name));
            anywhere = std::mem::take(&mut self.state);
            end = end.join(&done);
        }
        self.state = end;
        if !finalbody.is_empty() {
            // Read with what holds on every way in; then again for what it binds on the way through.
            let through = self.state.clone();
            self.branch(&anywhere, |f| f.block(finalbody));
            self.state = through;
            self.block(finalbody);
        }
    }

    fn match_stmt(&mut self, subject: &Expr, cases: &[MatchCase]) {
        self.expr(subject);
        let start = self.state.clone();
        let mut end: Option<State> = None;
        for case in cases {
            let done = self.branch(&start, |f| {
                f.pattern(&case.pattern);
                case.guard.iter().for_each(|g| f.expr(g));
                f.block(&case.body);
            });
            end = Some(match end {
                Some(other) => other.join(&done),
                None => done,
            });
        }
        if let Some(end) = end {
            self.state = start.join(&end);
        }
    }

    fn function(&mut self, def: &FunctionDef) {
        def.decorators.iter().for_each(|d| self.expr(d));
        let outer = self.type_params(address(def), def.type_params.iter().map(|p| p.name));
        self.defaults(&def.args);
        let args = &def.args;
        let all = args.posonly.iter().chain(&args.args).chain(args.vararg.as_deref());
        let all = all.chain(&args.kwonly).chain(args.kwarg.as_deref());
        all.filter_map(|a| a.annotation.as_deref()).chain(&def.returns).for_each(|e| self.expr(e));
        self.current = outer;
        self.bind(def.name);
    }

    fn defaults(&mut self, args: &Arguments) {
        let all = args.posonly.iter().chain(&args.args).chain(&args.kwonly);
        all.filter_map(|a| a.default.as_deref()).for_each(|e| self.expr(e));
    }

    fn class(&mut self, def: &ClassDef) {
        def.decorators.iter().for_each(|d| self.expr(d));
        let outer = self.type_params(address(def), def.type_params.iter().map(|p| p.name));
        def.bases.iter().chain(def.keywords.iter().map(|k| &k.value)).for_each(|e| self.expr(e));
        self.current = outer;
        self.bind(def.name);
    }

    fn type_params(&mut self, node: usize, names: impl Iterator<Item = Symbol>) -> ScopeId {
        let outer = self.current;
        let mut names = names.peekable();
        if names.peek().is_some() {
            self.current = self.scopes.of(Key::TypeParams(node));
            names.for_each(|n| self.bind(n));
        }
        outer
    }

    // Targets

    fn target(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Name(name) => self.bind(*name),
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().for_each(|i| self.target(i)),
            ExprKind::Starred(inner) => self.target(inner),
            _ => self.expr(e),
        }
    }

    fn delete(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Name(name) => self.unbind(*name),
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().for_each(|i| self.delete(i)),
            _ => self.expr(e),
        }
    }

    fn pattern(&mut self, p: &Pattern) {
        match &p.kind {
            PatternKind::MatchValue(e) => self.expr(e),
            PatternKind::MatchSingleton(_) => {}
            PatternKind::MatchSequence(patterns) => patterns.iter().for_each(|p| self.pattern(p)),
            PatternKind::MatchOr(patterns) => {
                // Every alternative binds the same names.
                patterns.iter().for_each(|p| self.pattern(p));
            }
            PatternKind::MatchMapping { keys, patterns, rest } => {
                keys.iter().for_each(|e| self.expr(e));
                patterns.iter().for_each(|p| self.pattern(p));
                rest.iter().for_each(|n| self.bind(n.name));
            }
            PatternKind::MatchClass { cls, patterns, kwd_patterns, .. } => {
                self.expr(cls);
                patterns.iter().chain(kwd_patterns).for_each(|p| self.pattern(p));
            }
            PatternKind::MatchStar(name) => name.iter().for_each(|n| self.bind(n.name)),
            PatternKind::MatchAs { pattern, name } => {
                pattern.iter().for_each(|p| self.pattern(p));
                name.iter().for_each(|n| self.bind(n.name));
            }
        }
    }

    // Expressions

    fn maybe(&mut self, e: &Expr) {
        let start = self.state.clone();
        self.branch(&start, |f| f.expr(e));
    }

    fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Name(name) => {
                if let Some(i) = self.local(*name)
                    && !self.state.has(i)
                {
                    self.unproved.insert(address(e));
                }
            }
            ExprKind::Constant(_) => {}
            _ => super::deep(|| self.compound(e)),
        }
    }

    fn compound(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Name(_) | ExprKind::Constant(_) => {}
            ExprKind::BoolOp { values, .. } => self.first_then_maybe(values),
            ExprKind::NamedExpr { target, value } => {
                self.expr(value);
                self.bind(target.name);
            }
            ExprKind::BinOp { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::UnaryOp { operand: e, .. }
            | ExprKind::Await(e)
            | ExprKind::YieldFrom(e)
            | ExprKind::Starred(e)
            | ExprKind::Attribute { value: e, .. } => self.expr(e),
            ExprKind::Yield(value) => value.iter().for_each(|e| self.expr(e)),
            ExprKind::Lambda { args, .. } => self.defaults(args),
            ExprKind::IfExp { test, body, orelse } => {
                self.expr(test);
                let start = self.state.clone();
                let then = self.branch(&start, |f| f.expr(body));
                self.expr(orelse);
                self.state = std::mem::take(&mut self.state).join(&then);
            }
            ExprKind::Dict(items) => {
                for item in items {
                    item.key.iter().for_each(|k| self.expr(k));
                    self.expr(&item.value);
                }
            }
            ExprKind::Set(items) | ExprKind::List(items) | ExprKind::Tuple(items) => {
                items.iter().for_each(|e| self.expr(e));
            }
            ExprKind::ListComp { elt, generators } | ExprKind::SetComp { elt, generators } => {
                self.comp(e, &[elt], generators);
            }
            ExprKind::DictComp { key, value, generators } => self.comp(e, &[key, value], generators),
            ExprKind::GeneratorExp { generators, .. } => {
                generators.first().iter().for_each(|g| self.expr(&g.iter));
            }
            ExprKind::Compare { left, comparators, .. } => {
                self.expr(left);
                self.first_then_maybe(comparators);
            }
            ExprKind::Call { func, args, keywords } => {
                self.expr(func);
                args.iter().chain(keywords.iter().map(|k| &k.value)).for_each(|e| self.expr(e));
            }
            ExprKind::JoinedStr(parts) => self.parts(parts),
            ExprKind::Subscript { value, slice } => {
                self.expr(value);
                self.expr(slice);
            }
            ExprKind::Slice { lower, upper, step } => {
                lower.iter().chain(upper).chain(step).for_each(|e| self.expr(e));
            }
        }
    }

    /// The first is evaluated, the others perhaps.
    fn first_then_maybe(&mut self, values: &[Expr]) {
        let Some((first, rest)) = values.split_first() else { return };
        self.expr(first);
        let start = self.state.clone();
        // One after another: the second may rely on the first.
        self.branch(&start, |f| rest.iter().for_each(|e| f.expr(e)));
    }

    fn parts(&mut self, parts: &[FStringPart]) {
        for part in parts {
            if let FStringPart::FormattedValue(v) = part {
                self.expr(&v.value);
                v.format_spec.iter().for_each(|s| self.parts(s));
            }
        }
    }

    fn comp(&mut self, e: &Expr, elements: &[&Expr], generators: &[Comprehension]) {
        let Some(first) = generators.first() else { return };
        self.expr(&first.iter);
        let scope = self.scopes.of(Key::Expr(address(e)));
        let outer = std::mem::replace(&mut self.current, scope);
        for &name in &self.scopes.get(scope).order {
            if self.scopes.flags(scope, name) & flag::BOUND != 0 {
                self.unbind(name);
            }
        }
        // It may run no round at all.
        let start = self.state.clone();
        self.branch(&start, |f| {
            f.clauses(generators);
            elements.iter().for_each(|e| f.expr(e));
        });
        self.current = outer;
    }

    fn clauses(&mut self, generators: &[Comprehension]) {
        for (i, g) in generators.iter().enumerate() {
            if i > 0 {
                self.maybe(&g.iter);
            }
            self.target(&g.target);
            g.ifs.iter().for_each(|e| self.expr(e));
        }
    }
}

/// `while True`, `while 1`
fn always(test: &Expr) -> bool {
    match &test.kind {
        ExprKind::Constant(Constant::True) => true,
        ExprKind::Constant(Constant::Int(i)) => *i != 0,
        _ => false,
    }
}

/// The names that statements may unbind.
fn deleted(body: &[Stmt], out: &mut Vec<Symbol>) {
    for s in body {
        match &s.kind {
            StmtKind::Delete(targets) => targets.iter().for_each(|t| deleted_names(t, out)),
            StmtKind::For { body, orelse, .. } | StmtKind::While { body, orelse, .. } => {
                deleted(body, out);
                deleted(orelse, out);
            }
            StmtKind::If { body, orelse, .. } => {
                deleted(body, out);
                deleted(orelse, out);
            }
            StmtKind::With { body, .. } => deleted(body, out),
            StmtKind::Match { cases, .. } => cases.iter().for_each(|c| deleted(&c.body, out)),
            StmtKind::Try { body, handlers, orelse, finalbody, .. } => {
                deleted(body, out);
                for h in handlers {
                    out.extend(h.name.map(|n| n.name));
                    deleted(&h.body, out);
                }
                deleted(orelse, out);
                deleted(finalbody, out);
            }
            _ => {}
        }
    }
}

fn deleted_names(e: &Expr, out: &mut Vec<Symbol>) {
    match &e.kind {
        ExprKind::Name(name) => out.push(*name),
        ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().for_each(|i| deleted_names(i, out)),
        _ => {}
    }
}

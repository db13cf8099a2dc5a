//! The walk over statements that fills the symbol tables, and the errors that need no more than
//! the place of a statement: `return` outside a function, `global` after a use.
//! CPython: `Python/symtable.c`, and the checks of `Python/codegen.c`.

use super::errors::Errors;
use super::scopes::{MODULE, ScopeId, ScopeKind, Scopes, address, flag};
use super::{Mode, Options};
use crate::intern::{Symbol, sym};
use crate::source::Span;
use crate::syntax::ast::{self, Alias, ExceptHandler, Expr, ExprKind, Ident, Stmt, StmtKind};

/// What surrounds a statement within its frame.
#[derive(Clone, Copy, Default)]
pub(super) struct Surroundings {
    /// Inside a loop of this frame.
    pub in_loop: bool,
    /// Inside `except*`, outside any loop within it.
    pub in_except_star: bool,
    /// Blocks around, as CPython counts them.
    pub blocks: u32,
}

/// CPython's CO_MAXBLOCKS; an `async def` takes one of them for itself.
const MAX_BLOCKS: u32 = 21;

const FUTURES: [&str; 9] = [
    "nested_scopes",
    "generators",
    "division",
    "absolute_import",
    "with_statement",
    "print_function",
    "unicode_literals",
    "generator_stop",
    "annotations",
];

pub(super) struct Walker<'a> {
    pub scopes: Scopes,
    pub errors: &'a mut Errors,
    pub options: Options,
    pub current: ScopeId,
    pub private: Option<Symbol>,
    /// Suspensions met so far in the frame being walked.
    pub suspensions: u32,
    pub around: Surroundings,
    /// `return value` in the frame being walked: an error if it turns out to be an async generator.
    pub value_returns: Vec<Span>,
    /// The comprehensions around whose outermost iterable is being walked.
    pub comp_iterable: u32,
    /// What forbids `yield`, `await` and `:=` here (type parameters and aliases).
    pub forbidden: Option<&'static str>,
}

impl<'a> Walker<'a> {
    pub fn new(errors: &'a mut Errors, options: Options) -> Walker<'a> {
        let mut scopes = Scopes::default();
        scopes.add(if options.separate_locals { ScopeKind::Names } else { ScopeKind::Module }, None);
        Walker {
            scopes,
            errors,
            options,
            current: MODULE,
            private: None,
            suspensions: 0,
            around: Surroundings::default(),
            value_returns: Vec::new(),
            comp_iterable: 0,
            forbidden: None,
        }
    }

    pub fn module(mut self, module: &ast::Module) -> Scopes {
        if self.options.mode != Mode::Expression {
            self.futures(&module.body);
        }
        self.block(&module.body);
        self.scopes.get_mut(MODULE).suspends = self.suspensions > 0;
        self.scopes.resolve(self.errors);
        self.scopes
    }

    /// `from __future__ import ...` stands first, after the docstring alone.
    fn futures(&mut self, body: &[Stmt]) {
        let mut at_start = true;
        for (i, s) in body.iter().enumerate() {
            match &s.kind {
                StmtKind::ImportFrom { module: Some(module), names, level: 0 } if *module == sym::__future__ => {
                    if at_start {
                        self.future_names(names, s.span);
                    } else {
                        self.late_future(s.span);
                    }
                }
                StmtKind::Expr(e) if i == 0 && matches!(e.kind, ExprKind::Constant(ast::Constant::Str(_))) => {}
                _ => at_start = false,
            }
        }
    }

    fn late_future(&mut self, span: Span) {
        self.errors.add(span, "from __future__ imports must occur at the beginning of the file");
    }

    fn future_names(&mut self, names: &[Alias], span: Span) {
        for alias in names {
            match alias.name.as_str() {
                "annotations" => self.scopes.future_annotations = true,
                "braces" => {
                    self.errors.add(span, "not a chance");
                }
                name if FUTURES.contains(&name) || name == "barry_as_FLUFL" => {}
                name => {
                    self.errors.add(span, format!("future feature {name} is not defined"));
                }
            }
        }
    }

    pub fn block(&mut self, body: &[Stmt]) {
        for s in body {
            self.stmt(s);
        }
    }

    fn stmt(&mut self, s: &Stmt) {
        let before = self.suspensions;
        super::deep(|| self.stmt_kind(s));
        if self.suspensions != before {
            self.scopes.suspending_stmts.insert(address(s));
        }
    }

    fn stmt_kind(&mut self, s: &Stmt) {
        match &s.kind {
            StmtKind::FunctionDef(def) => self.function_def(def, s.span),
            StmtKind::ClassDef(def) => self.class_def(def, s.span),
            StmtKind::Return(value) => self.return_stmt(value.as_deref(), s.span),
            StmtKind::Delete(targets) => targets.iter().for_each(|t| self.target(t, "delete")),
            StmtKind::Assign { targets, value } => {
                self.value(value);
                targets.iter().for_each(|t| self.assigned(t));
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.aug_target(target);
                self.expr(value);
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.ann_assign(target, annotation, value.as_deref(), *simple, s.span);
            }
            StmtKind::TypeAlias { name, name_span, type_params, value } => {
                self.type_alias(s, *name, *name_span, type_params, value);
            }
            StmtKind::For { target, iter, body, orelse, is_async } => {
                if *is_async {
                    self.async_stmt("'async for' outside async function", s.span);
                }
                self.value(iter);
                self.assigned(target);
                self.loop_body(body, s.span);
                self.block(orelse);
            }
            StmtKind::While { test, body, orelse } => {
                self.expr(test);
                self.loop_body(body, s.span);
                self.block(orelse);
            }
            StmtKind::If { test, body, orelse } => {
                self.expr(test);
                self.block(body);
                self.block(orelse);
            }
            StmtKind::With { items, body, is_async } => self.with_stmt(items, body, *is_async, s.span),
            StmtKind::Match { subject, cases } => self.match_stmt(subject, cases),
            StmtKind::Raise { exc, cause } => {
                exc.iter().chain(cause).for_each(|e| self.expr(e));
            }
            StmtKind::Try { body, handlers, orelse, finalbody, is_star } => {
                self.try_stmt(body, handlers, orelse, finalbody, *is_star, s.span);
            }
            StmtKind::Assert { test, msg } => {
                self.check_assertion(test, s.span);
                self.expr(test);
                msg.iter().for_each(|e| self.expr(e));
            }
            StmtKind::Import(names) => names.iter().for_each(|a| self.import(a, s.span)),
            StmtKind::ImportFrom { module, names, level } => self.import_from(*module, names, *level, s.span),
            StmtKind::Global(names) => names.iter().for_each(|n| self.global(n, s.span)),
            StmtKind::Nonlocal(names) => names.iter().for_each(|n| self.nonlocal(n, s.span)),
            StmtKind::Expr(e) => self.value(e),
            StmtKind::Pass => {}
            StmtKind::Break => self.jump("'break' outside loop", s.span),
            StmtKind::Continue => self.jump("'continue' not properly in loop", s.span),
        }
    }

    /// A value where a starred expression has no place.
    pub fn value(&mut self, e: &Expr) {
        if let ExprKind::Starred(_) = e.kind {
            self.errors
                .add(e.span, "can't use starred expression here")
                .label("a starred expression belongs in a list, a tuple, a set or a call");
        }
        self.expr(e);
    }

    pub fn mangled(&self, name: Symbol) -> Symbol {
        name.mangled(self.private)
    }

    /// A name is bound in the current scope.
    pub fn bind(&mut self, name: Symbol, span: Span, flags: u16) {
        if name == sym::__debug__ {
            self.errors.add(span, "cannot assign to __debug__");
        }
        let name = self.mangled(name);
        self.scopes.mark(self.current, name, flags);
    }

    fn is_function(&self) -> bool {
        matches!(self.scopes.get(self.current).kind, ScopeKind::Function | ScopeKind::Lambda)
    }

    fn return_stmt(&mut self, value: Option<&Expr>, span: Span) {
        if !self.is_function() {
            self.errors.add(span, "'return' outside function");
        } else if self.around.in_except_star {
            self.star_jump(span);
        }
        if let Some(value) = value {
            self.value_returns.push(span);
            self.value(value);
        }
    }

    fn star_jump(&mut self, span: Span) {
        self.errors.add(span, "'break', 'continue' and 'return' cannot appear in an except* block");
    }

    fn jump(&mut self, message: &'static str, span: Span) {
        if self.around.in_except_star {
            self.star_jump(span);
        } else if !self.around.in_loop {
            self.errors.add(span, message);
        }
    }

    /// Walks the inside of a block; `change` describes it.
    fn within(
        &mut self,
        blocks: u32,
        span: Span,
        change: impl FnOnce(&mut Surroundings),
        body: impl FnOnce(&mut Self),
    ) {
        let saved = self.around;
        self.more_blocks(blocks, span);
        change(&mut self.around);
        body(self);
        self.around = saved;
    }

    fn more_blocks(&mut self, more: u32, span: Span) {
        let limit = MAX_BLOCKS - u32::from(self.scopes.get(self.current).is_async);
        let before = self.around.blocks;
        self.around.blocks += more;
        if before <= limit && self.around.blocks > limit {
            self.errors.add(span, "too many statically nested blocks");
        }
    }

    fn loop_body(&mut self, body: &[Stmt], span: Span) {
        let inside = |around: &mut Surroundings| {
            around.in_loop = true;
            around.in_except_star = false;
        };
        self.within(1, span, inside, |w| w.block(body));
    }

    fn async_stmt(&mut self, message: &'static str, span: Span) {
        self.suspensions += 1;
        let scope = self.scopes.get(self.current);
        let allowed = match scope.kind {
            ScopeKind::Function => scope.is_async,
            ScopeKind::Module | ScopeKind::Names => self.options.top_level_await,
            _ => false,
        };
        if !allowed {
            let help = "`async with`, `async for` and `await` belong in an `async def`";
            self.errors.add(span, message).help(help);
        }
    }

    fn with_stmt(&mut self, items: &[ast::WithItem], body: &[Stmt], is_async: bool, span: Span) {
        if is_async {
            self.async_stmt("'async with' outside async function", span);
        }
        let saved = self.around;
        for item in items {
            self.expr(&item.context_expr);
            self.more_blocks(1, span);
            if let Some(target) = &item.optional_vars {
                self.assigned(target);
            }
        }
        self.block(body);
        self.around = saved;
    }

    fn try_stmt(
        &mut self,
        body: &[Stmt],
        handlers: &[ExceptHandler],
        orelse: &[Stmt],
        finalbody: &[Stmt],
        is_star: bool,
        span: Span,
    ) {
        let finally = u32::from(!finalbody.is_empty());
        let handled = u32::from(!handlers.is_empty());
        self.within(
            finally,
            span,
            |_| {},
            |w| {
                w.within(handled, span, |_| {}, |w| w.block(body));
                for (i, h) in handlers.iter().enumerate() {
                    if h.typ.is_none() && i + 1 < handlers.len() {
                        w.errors.add(h.span, "default 'except:' must be last");
                    }
                    w.handler(h, is_star);
                }
                w.block(orelse);
            },
        );
        self.within(finally, span, |_| {}, |w| w.block(finalbody));
    }

    fn handler(&mut self, h: &ExceptHandler, is_star: bool) {
        if let Some(typ) = &h.typ {
            self.expr(typ);
        }
        if let Some(name) = &h.name {
            self.bind(name.name, h.span, flag::ASSIGN);
        }
        let inside = |around: &mut Surroundings| around.in_except_star |= is_star;
        self.within(2, h.span, inside, |w| w.block(&h.body));
    }

    fn ann_assign(&mut self, target: &Expr, annotation: &Expr, value: Option<&Expr>, simple: bool, span: Span) {
        if let ExprKind::Name(target_symbol) = target.kind {
            let name = self.mangled(target_symbol);
            let flags = self.scopes.flags(self.current, name);
            let module = matches!(self.scopes.get(self.current).kind, ScopeKind::Module | ScopeKind::Names);
            if simple && !module && flags & (flag::GLOBAL | flag::NONLOCAL) != 0 {
                let what = if flags & flag::GLOBAL != 0 { "global" } else { "nonlocal" };
                self.errors.add(span, format!("annotated name '{name}' can't be {what}"));
            }
            let annotated = if simple { flag::ANNOTATED | flag::ASSIGN } else { 0 };
            let assigned = if value.is_some() { flag::ASSIGN } else { 0 };
            self.bind(target_symbol, target.span, annotated | assigned);
        } else {
            self.target(target, "assign to");
        }
        if self.scopes.future_annotations || !self.evaluates_annotations() {
            self.unevaluated(annotation);
        } else {
            self.expr(annotation);
        }
        if let Some(value) = value {
            self.value(value);
        }
    }

    /// Annotations of local variables are never evaluated.
    pub fn evaluates_annotations(&self) -> bool {
        matches!(self.scopes.get(self.current).kind, ScopeKind::Module | ScopeKind::Names | ScopeKind::Class)
    }

    fn import(&mut self, alias: &Alias, span: Span) {
        let name = match alias.asname {
            Some(name) => name,
            None => Symbol::new(alias.name.as_str().split('.').next().unwrap_or_default()),
        };
        self.bind(name, span, flag::IMPORT);
    }

    fn import_from(&mut self, module: Option<Symbol>, names: &[Alias], level: u32, span: Span) {
        if level == 0 && module == Some(sym::__future__) && (self.current != MODULE || self.around.blocks > 0) {
            self.late_future(span);
        }
        for alias in names {
            if alias.name.as_str() != "*" {
                self.bind(alias.asname.unwrap_or(alias.name), span, flag::IMPORT);
            } else if self.current != MODULE {
                self.errors.add(alias.span, "import * only allowed at module level");
            }
        }
    }

    fn global(&mut self, ident: &Ident, span: Span) {
        let name = self.mangled(ident.name);
        let flags = self.scopes.flags(self.current, name);
        self.declare(name, flags, "global", span);
        if self.current != MODULE || self.options.separate_locals {
            self.declared(name, flag::GLOBAL, span);
        }
        // What any body declares global is so for the module too, which matters where its names are not its globals.
        let kind = if self.options.separate_locals { flag::GLOBAL } else { 0 };
        self.scopes.mark(MODULE, name, kind);
    }

    fn nonlocal(&mut self, ident: &Ident, span: Span) {
        if self.current == MODULE {
            self.errors.add(span, "nonlocal declaration not allowed at module level");
            return;
        }
        let name = self.mangled(ident.name);
        let flags = self.scopes.flags(self.current, name);
        self.declare(name, flags, "nonlocal", span);
        self.declared(name, flag::NONLOCAL, span);
    }

    fn declared(&mut self, name: Symbol, kind: u16, span: Span) {
        self.scopes.mark(self.current, name, kind);
        if let Some(n) = self.scopes.get_mut(self.current).names.get_mut(&name) {
            // CPython names the place of the first of two contradicting declarations.
            if n.declared == Span::default() {
                n.declared = span;
            }
        }
    }

    fn declare(&mut self, name: Symbol, flags: u16, what: &'static str, span: Span) {
        let message = if flags & flag::PARAM != 0 {
            format!("name '{name}' is parameter and {what}")
        } else if flags & flag::USE != 0 {
            format!("name '{name}' is used prior to {what} declaration")
        } else if flags & flag::ANNOTATED != 0 {
            format!("annotated name '{name}' can't be {what}")
        } else if flags & flag::ASSIGN != 0 {
            format!("name '{name}' is assigned to before {what} declaration")
        } else {
            return;
        };
        self.errors.add(span, message);
    }
}

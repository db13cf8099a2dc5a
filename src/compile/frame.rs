//! One body being built: its slots, sites and captured variables, and the answer to every name.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Options;
use super::assigned;
use super::errors::Errors;
use super::machine::Assembly;
use super::scopes::{Binding, ScopeId, ScopeKind, Scopes, address, flag};
use crate::code::{ClassOuter, Code, Const, Expr, Flavour, FreeIndex, Site, Slot, Target};
use crate::intern::{Symbol, sym};
use crate::source::{Source, Span};
use crate::syntax::ast;

/// What all bodies of one compilation share.
pub(super) struct Shared<'a> {
    pub scopes: &'a Scopes,
    pub source: Rc<Source>,
    pub options: Options,
    pub errors: &'a RefCell<Errors>,
}

/// A body being built.
pub(super) struct Frame<'a> {
    pub shared: &'a Shared<'a>,
    /// The scope of the body itself.
    pub scope: ScopeId,
    /// The innermost scope at the place being built: `scope`, or a comprehension within it.
    pub current: ScopeId,
    /// The class whose private names are mangled here.
    pub private: Option<Symbol>,
    pub qualname: Rc<str>,
    pub slots: Vec<Option<Symbol>>,
    pub cells: Vec<Slot>,
    pub free: Vec<(ScopeId, Symbol)>,
    /// The first parameter, for `super()`.
    pub first_param: Option<Symbol>,
    /// Expression statements are echoed.
    pub echo: bool,
    /// Set when the body becomes a state machine.
    pub machine: Option<Assembly<'a>>,
    sites: Vec<Span>,
    pub variables: FxHashMap<(ScopeId, Symbol), Slot>,
    /// Loads of locals that were not proved assigned.
    unproved: FxHashSet<usize>,
    temps: Vec<Slot>,
    temps_used: usize,
}

/// Where a variable is, seen from a frame.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Local(Slot),
    Cell(Slot),
    Free(FreeIndex),
}

impl<'a> Frame<'a> {
    pub fn new(shared: &'a Shared<'a>, scope: ScopeId, private: Option<Symbol>, qualname: Rc<str>) -> Frame<'a> {
        Frame {
            shared,
            scope,
            current: scope,
            private,
            qualname,
            slots: vec![None],
            cells: Vec::new(),
            free: Vec::new(),
            first_param: None,
            echo: false,
            machine: None,
            sites: Vec::new(),
            variables: FxHashMap::default(),
            unproved: FxHashSet::default(),
            temps: Vec::new(),
            temps_used: 0,
        }
    }

    pub fn kind(&self) -> ScopeKind {
        self.shared.scopes.get(self.scope).kind
    }

    pub fn mangled(&self, name: Symbol) -> Symbol {
        name.mangled(self.private)
    }

    pub fn error(&self, span: Span, message: impl Into<String>) {
        self.shared.errors.borrow_mut().add(span, message);
    }

    /// A slot with a name, in the order: parameters, then locals.
    pub fn declare(&mut self, name: Symbol) -> Slot {
        let slot = self.new_slot(Some(name));
        self.variable_at(self.scope, name, slot);
        slot
    }

    /// Gives the frame's own variables their slots; those declared before (parameters) have theirs.
    pub fn declare_locals(&mut self) {
        let scopes = self.shared.scopes;
        let scope = scopes.get(self.scope);
        if scope.kind == ScopeKind::Class {
            if scope.class_cell {
                let slot = self.new_slot(None);
                self.variable_at(self.scope, sym::__class__, slot);
            }
            return;
        }
        for &name in &scope.order {
            let is_own = scopes.binding(self.scope, name) == Binding::Var(self.scope);
            if is_own && !self.variables.contains_key(&(self.scope, name)) {
                self.declare(name);
            }
        }
    }

    /// Tells which loads are proved; `body` are the statements of the frame.
    pub fn analyse(&mut self, body: assigned::Body<'_>) {
        self.unproved = assigned::unproved(self.shared.scopes, self.scope, self.private, body);
    }

    fn variable_at(&mut self, scope: ScopeId, name: Symbol, slot: Slot) {
        self.variables.insert((scope, name), slot);
        // Comprehensions make their own cells, each time they run.
        let inlined = matches!(self.shared.scopes.get(scope).kind, ScopeKind::Comp(_));
        if !inlined && self.shared.scopes.is_captured(scope, name) {
            self.cells.push(slot);
        }
    }

    fn new_slot(&mut self, name: Option<Symbol>) -> Slot {
        let slot = Slot(self.slots.len() as u32);
        self.slots.push(name);
        slot
    }

    /// The namespace of a class body: slot 1.
    pub fn reserve_namespace(&mut self) {
        self.new_slot(None);
    }

    /// Slots for the variables of an inlined scope. Those of a comprehension are temporaries; those of
    /// type parameters stay.
    pub fn declare_inlined(&mut self, scope: ScopeId) -> (Vec<Slot>, Vec<Slot>) {
        let scopes = self.shared.scopes;
        let mut vars = Vec::new();
        let mut cells = Vec::new();
        let lasting = scopes.get(scope).kind == ScopeKind::TypeParams;
        for &name in &scopes.get(scope).order {
            if scopes.flags(scope, name) & flag::BOUND == 0 {
                continue;
            }
            let slot = if lasting { self.new_slot(None) } else { self.temp() };
            self.variable_at(scope, name, slot);
            vars.push(slot);
            if scopes.is_captured(scope, name) {
                cells.push(slot);
            }
        }
        (vars, cells)
    }

    pub fn site(&mut self, span: Span) -> Site {
        if self.sites.last() == Some(&span) {
            return Site(self.sites.len() as u32 - 1);
        }
        self.sites.push(span);
        Site(self.sites.len() as u32 - 1)
    }

    // Temporaries: taken in stack order, given back at the end of the statement.

    pub fn temp(&mut self) -> Slot {
        if self.temps_used == self.temps.len() {
            let slot = self.new_slot(None);
            self.temps.push(slot);
        }
        self.temps_used += 1;
        self.temps[self.temps_used - 1]
    }

    pub fn temps_mark(&self) -> usize {
        self.temps_used
    }

    pub fn temps_release(&mut self, mark: usize) {
        self.temps_used = mark;
    }

    /// The temporaries taken since `mark`, and those given back since and not taken again.
    pub fn temps_since(&self, mark: usize) -> &[Slot] {
        self.temps.get(mark..).unwrap_or(&[])
    }

    // Names

    pub fn free_index(&mut self, owner: ScopeId, name: Symbol) -> FreeIndex {
        let position = self.free.iter().position(|f| *f == (owner, name));
        FreeIndex(position.unwrap_or_else(|| {
            self.free.push((owner, name));
            self.free.len() - 1
        }) as u32)
    }

    pub fn place(&mut self, owner: ScopeId, name: Symbol) -> Place {
        let scopes = self.shared.scopes;
        if scopes.get(owner).frame != self.scope {
            return Place::Free(self.free_index(owner, name));
        }
        let slot = match self.variables.get(&(owner, name)) {
            Some(&slot) => slot,
            None => {
                // A variable of a scope that is not open here: give it a slot, never assigned.
                let slot = self.new_slot(Some(name));
                self.variable_at(owner, name, slot);
                slot
            }
        };
        if scopes.is_captured(owner, name) { Place::Cell(slot) } else { Place::Local(slot) }
    }

    /// A name being read, at the node `e`.
    pub fn load(&mut self, e: &ast::Expr, name: Symbol) -> Expr {
        if name == sym::__debug__ {
            return Expr::Const(Const::True);
        }
        let checked = self.unproved.contains(&address(e));
        self.read(name, e.span, checked)
    }

    /// A name being read; `checked` when a local may be unbound.
    pub fn read(&mut self, name: Symbol, span: Span, checked: bool) -> Expr {
        let name = self.mangled(name);
        match self.shared.scopes.binding(self.current, name) {
            Binding::Var(owner) => match self.place(owner, name) {
                Place::Local(slot) if !checked => Expr::Local { slot },
                Place::Local(slot) => Expr::LocalChecked { slot, name, site: self.site(span) },
                Place::Cell(slot) => Expr::Cell { slot, name, site: self.site(span) },
                Place::Free(index) => Expr::Free { index, name, site: self.site(span) },
            },
            Binding::Global => Expr::Global { name, site: self.site(span) },
            Binding::Class(outer) => {
                let outer = match outer.map(|owner| self.place(owner, name)) {
                    Some(Place::Free(index)) => ClassOuter::Free(index),
                    Some(Place::Cell(slot) | Place::Local(slot)) => ClassOuter::Cell(slot),
                    None => ClassOuter::Global,
                };
                Expr::ClassName { name, outer, site: self.site(span) }
            }
        }
    }

    /// A name being assigned or deleted.
    pub fn store(&mut self, name: Symbol) -> Target {
        let name = self.mangled(name);
        match self.shared.scopes.binding(self.current, name) {
            Binding::Var(owner) => match self.place(owner, name) {
                Place::Local(slot) => Target::Local(slot),
                Place::Cell(slot) => Target::Cell(slot),
                Place::Free(index) => Target::Free(index),
            },
            Binding::Global => Target::Global(name),
            Binding::Class(_) => Target::ClassName(name),
        }
    }

    /// Whether the frame is a machine and `e` suspends it.
    pub fn suspends(&self, e: &ast::Expr) -> bool {
        self.machine.is_some() && self.shared.scopes.suspending_exprs.contains(&address(e))
    }

    pub fn stmt_suspends(&self, s: &ast::Stmt) -> bool {
        self.machine.is_some() && self.shared.scopes.suspending_stmts.contains(&address(s))
    }

    /// What calling the body gives, from what the walk found in it.
    pub fn flavour(&self) -> Flavour {
        let scope = self.shared.scopes.get(self.scope);
        match scope.kind {
            ScopeKind::Generator if scope.is_async => Flavour::AsyncGenerator,
            ScopeKind::Generator => Flavour::Generator,
            ScopeKind::Module | ScopeKind::Names if scope.suspends => Flavour::Coroutine,
            _ => match (scope.is_async, scope.has_yield) {
                (false, false) => Flavour::Plain,
                (false, true) => Flavour::Generator,
                (true, false) => Flavour::Coroutine,
                (true, true) => Flavour::AsyncGenerator,
            },
        }
    }

    /// What the finished body is made of; `header` is filled in by the caller.
    pub fn finish(self, mut code: Code) -> Built {
        code.slot_names = self.slots.into();
        code.cells = self.cells.into();
        code.free = self.free.iter().map(|&(_, name)| name).collect();
        code.sites = self.sites.into();
        code.qualname = self.qualname;
        Built { code: Rc::new(code), free: self.free }
    }
}

/// A finished body, and the variables it brings along.
pub(super) struct Built {
    pub code: Rc<Code>,
    pub free: Vec<(ScopeId, Symbol)>,
}

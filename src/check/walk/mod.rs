//! One walk over the tree: fills the scopes, and notes the places that the rules look at. Decides nothing.

mod definition;
mod expression;
mod import;
mod statement;
mod unseen;

use rustc_hash::FxHashMap;

use super::facts::{Facts, Site, What};
use super::scope::{Binding, BindingKind, MODULE, Read, ScopeId, ScopeKind, Scopes};
use crate::intern::Symbol;
use crate::source::{Source, Span};
use crate::syntax::ast::*;

/// Walks a whole module.
pub fn walk<'a>(source: &'a Source, module: &'a Module) -> Facts<'a> {
    let mut scopes = Scopes::default();
    scopes.add(ScopeKind::Module, None);
    let facts = Facts {
        source,
        scopes,
        reads: Vec::new(),
        sites: Vec::new(),
        classes: FxHashMap::default(),
        exported: Vec::new(),
        expected: Vec::new(),
    };
    let mut walker = Walker { facts, scope: MODULE, guards: 0, tries: 0, endless: None, annotations_are_lazy: false };
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
    /// The body of the `while True` of this function that we are in.
    endless: Option<&'a [Stmt]>,
    /// `from __future__ import annotations`: annotations are texts.
    annotations_are_lazy: bool,
}

impl<'a> Walker<'a> {
    fn site(&mut self, what: What<'a>) {
        self.facts.sites.push(Site { scope: self.scope, what, is_guarded: self.guards > 0 });
    }

    fn bind_as(&mut self, name: Symbol, binding: Binding) {
        let scope = self.facts.scopes.get(self.scope);
        let name = name.mangled(scope.private);
        let home = if scope.globals.contains(&name) {
            MODULE
        } else if scope.nonlocals.contains(&name) {
            let parent = scope.parent.unwrap_or(MODULE);
            self.facts.scopes.resolve(parent, name).unwrap_or(MODULE)
        } else {
            self.scope
        };
        let binding = if home == self.scope { binding } else { Binding { kind: BindingKind::Elsewhere, ..binding } };
        self.bind_in(home, name, binding);
    }

    fn bind_in(&mut self, home: ScopeId, name: Symbol, binding: Binding) {
        self.facts.scopes.get_mut(home).names.entry(name).or_default().bindings.push(binding);
    }

    fn bind(&mut self, name: Symbol, kind: BindingKind, span: Span, whole: Span) {
        self.bind_as(name, Binding { kind, span, whole, def: None, import: None });
    }

    fn read(&mut self, name: Symbol, span: Span) {
        let is_guarded = self.guards > 0;
        let name = name.mangled(self.facts.scopes.get(self.scope).private);
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
}

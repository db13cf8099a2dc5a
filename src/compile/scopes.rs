//! Symbol tables: which scope each name of a program belongs to, found before anything is built.
//!
//! The walk (`scopes_walk.rs`, `scopes_expr.rs`) enters every binding and use; [`Scopes::resolve`]
//! then answers for each name of each scope where it lives, by the rules of CPython's
//! `Python/symtable.c`. Knows nothing of slots.
//!
//! A *frame* is a scope that runs as a body of its own. Comprehensions and type parameters are
//! scopes without a frame: their names live in the frame around them (PEP 709).

use rustc_hash::{FxHashMap, FxHashSet};

use super::errors::Errors;
use crate::intern::{Symbol, sym};
use crate::source::Span;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct ScopeId(pub u32);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ScopeKind {
    Module,
    /// `exec` with locals of its own: names behave as in a class body.
    Names,
    Function,
    Lambda,
    Class,
    /// A generator expression.
    Generator,
    /// A list, set or dict comprehension; the text names it in messages.
    Comp(&'static str),
    TypeParams,
    /// The value of a `type` statement, evaluated when asked for.
    TypeAlias,
}

/// What a scope does with a name.
pub(super) mod flag {
    pub const USE: u16 = 1;
    pub const ASSIGN: u16 = 2;
    pub const PARAM: u16 = 4;
    pub const GLOBAL: u16 = 8;
    pub const NONLOCAL: u16 = 16;
    pub const ANNOTATED: u16 = 32;
    pub const TYPE_PARAM: u16 = 64;
    pub const IMPORT: u16 = 128;
    /// The target of a `:=` in this comprehension or one inside it.
    pub const NAMED: u16 = 256;
    pub const BOUND: u16 = ASSIGN | PARAM | TYPE_PARAM | IMPORT;
}

/// Where a name lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Binding {
    /// A variable of the scope named.
    Var(ScopeId),
    Global,
    /// The namespace of a class body, then the variable of an enclosing function, or globals.
    Class(Option<ScopeId>),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    pub flags: u16,
    pub binding: Binding,
    /// A variable of this scope that another frame uses.
    pub captured: bool,
    /// Where it was declared `nonlocal` or `global`.
    pub declared: Span,
}

#[derive(Debug)]
pub(super) struct Scope {
    pub kind: ScopeKind,
    pub parent: Option<ScopeId>,
    pub frame: ScopeId,
    pub names: FxHashMap<Symbol, Name>,
    /// Names in the order they appear.
    pub order: Vec<Symbol>,
    pub is_async: bool,
    pub has_yield: bool,
    /// Something in this frame suspends.
    pub suspends: bool,
    /// A class whose methods use `__class__`.
    pub class_cell: bool,
    /// Of a class: the attributes that its functions set on `self` (`__static_attributes__`).
    pub static_attributes: Vec<Symbol>,
}

/// A node of the syntax tree that opens a scope, known by its address: the tree is borrowed for
/// the whole compilation, so addresses are stable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Key {
    Def(usize),
    Expr(usize),
    TypeParams(usize),
    TypeAlias(usize),
}

/// The address of a node, as an identity.
pub(super) fn address<T>(node: &T) -> usize {
    std::ptr::from_ref(node) as usize
}

#[derive(Default)]
pub(super) struct Scopes {
    pub list: Vec<Scope>,
    pub by_node: FxHashMap<Key, ScopeId>,
    /// Statements and expressions in which the frame they belong to may suspend.
    pub suspending_stmts: FxHashSet<usize>,
    pub suspending_exprs: FxHashSet<usize>,
    pub future_annotations: bool,
}

pub(super) const MODULE: ScopeId = ScopeId(0);

impl ScopeKind {
    /// Whether names bound here are variables, visible to scopes inside.
    pub fn has_variables(self) -> bool {
        !matches!(self, ScopeKind::Module | ScopeKind::Names | ScopeKind::Class)
    }

    pub fn is_inlined(self) -> bool {
        matches!(self, ScopeKind::Comp(_) | ScopeKind::TypeParams)
    }
}

impl Scopes {
    pub fn get(&self, id: ScopeId) -> &Scope {
        &self.list[id.0 as usize]
    }

    pub fn get_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.list[id.0 as usize]
    }

    /// Opens a scope.
    pub fn add(&mut self, kind: ScopeKind, parent: Option<ScopeId>) -> ScopeId {
        let id = ScopeId(self.list.len() as u32);
        let frame = match parent {
            Some(p) if kind.is_inlined() => self.get(p).frame,
            _ => id,
        };
        self.list.push(Scope {
            kind,
            parent,
            frame,
            names: FxHashMap::default(),
            order: Vec::new(),
            is_async: false,
            has_yield: false,
            suspends: false,
            class_cell: false,
            static_attributes: Vec::new(),
        });
        id
    }

    pub fn of(&self, key: Key) -> ScopeId {
        // Every node that the builder asks for was visited by the walk; the module is a safe answer.
        self.by_node.get(&key).copied().unwrap_or(MODULE)
    }

    pub fn flags(&self, scope: ScopeId, name: Symbol) -> u16 {
        self.get(scope).names.get(&name).map_or(0, |n| n.flags)
    }

    pub fn mark(&mut self, scope: ScopeId, name: Symbol, flags: u16) {
        let scope = self.get_mut(scope);
        let order = &mut scope.order;
        let entry = scope.names.entry(name).or_insert_with(|| {
            order.push(name);
            Name { flags: 0, binding: Binding::Global, captured: false, declared: Span::default() }
        });
        entry.flags |= flags;
    }

    /// Where `name`, used in `scope`, lives. Names that the walk did not see are global.
    pub fn binding(&self, scope: ScopeId, name: Symbol) -> Binding {
        match self.get(scope).names.get(&name) {
            Some(n) => n.binding,
            None => self.lookup(scope, name).unwrap_or(Binding::Global),
        }
    }

    /// Whether the variable is held in a cell.
    pub fn is_captured(&self, scope: ScopeId, name: Symbol) -> bool {
        let scope = self.get(scope);
        if scope.kind == ScopeKind::Class {
            return scope.class_cell;
        }
        scope.names.get(&name).is_some_and(|n| n.captured)
    }

    /// Decides the binding of every name, and which variables are captured.
    pub fn resolve(&mut self, errors: &mut Errors) {
        for i in 0..self.list.len() {
            let id = ScopeId(i as u32);
            for k in 0..self.list[i].order.len() {
                let name = self.list[i].order[k];
                self.check_nonlocal(id, name, errors);
                let binding = self.lookup(id, name).unwrap_or(Binding::Global);
                if let Some(n) = self.list[i].names.get_mut(&name) {
                    n.binding = binding;
                }
                let owner = match binding {
                    Binding::Var(owner) | Binding::Class(Some(owner)) => owner,
                    _ => continue,
                };
                if self.get(owner).kind == ScopeKind::Class {
                    self.get_mut(owner).class_cell = true;
                } else if self.get(owner).frame != self.list[i].frame
                    && let Some(n) = self.get_mut(owner).names.get_mut(&name)
                {
                    n.captured = true;
                }
            }
        }
    }

    fn check_nonlocal(&self, id: ScopeId, name: Symbol, errors: &mut Errors) {
        let Some(&Name { flags, declared, .. }) = self.get(id).names.get(&name) else { return };
        if flags & flag::NONLOCAL == 0 {
            return;
        }
        if flags & flag::GLOBAL != 0 {
            errors.add(declared, format!("name '{name}' is nonlocal and global"));
            return;
        }
        match self.outward(id, name) {
            Some(Binding::Var(owner)) if self.flags(owner, name) & flag::TYPE_PARAM != 0 => {
                errors.add(declared, format!("nonlocal binding not allowed for type parameter '{name}'"));
            }
            Some(Binding::Var(_)) => {}
            _ => {
                errors
                    .add(declared, format!("no binding for nonlocal '{name}' found"))
                    .label("no enclosing function has a variable of this name")
                    .help("`nonlocal` rebinds a variable of an enclosing function; `global` one of the module");
            }
        }
    }

    fn lookup(&self, id: ScopeId, name: Symbol) -> Option<Binding> {
        let scope = self.get(id);
        let flags = scope.names.get(&name).map_or(0, |n| n.flags);
        if flags & flag::GLOBAL != 0 {
            return Some(Binding::Global);
        }
        if flags & flag::NONLOCAL == 0 && flags & flag::BOUND != 0 {
            return match scope.kind {
                ScopeKind::Module => None,
                ScopeKind::Class | ScopeKind::Names => Some(Binding::Class(None)),
                _ => Some(Binding::Var(id)),
            };
        }
        let found = self.outward(id, name);
        match (scope.kind, found) {
            // A name of a class body that is not bound there: the namespace may still have it.
            (ScopeKind::Class, Some(Binding::Var(owner))) if flags & flag::NONLOCAL == 0 => {
                Some(Binding::Class(Some(owner)))
            }
            (ScopeKind::Class, None) => Some(Binding::Class(None)),
            (ScopeKind::Names, None) => Some(Binding::Class(None)),
            (_, None) if scope.kind.is_inlined() && self.get(scope.frame).kind == ScopeKind::Names => {
                Some(Binding::Class(None))
            }
            (_, found) => found,
        }
    }

    /// Looks for a name in the scopes around `id`. None: of the module or builtins.
    fn outward(&self, id: ScopeId, name: Symbol) -> Option<Binding> {
        let mut inner = id;
        while let Some(outer) = self.get(inner).parent {
            let scope = self.get(outer);
            let flags = scope.names.get(&name).map_or(0, |n| n.flags);
            if scope.kind == ScopeKind::Class {
                // Type parameters of a method see the names of the class (PEP 695), nothing else does, also not the method.
                if inner == id && self.get(inner).kind == ScopeKind::TypeParams {
                    return self.lookup(outer, name);
                }
                if name == sym::__class__ {
                    return Some(Binding::Var(outer));
                }
            } else if flags & flag::GLOBAL != 0 {
                return None;
            } else if scope.kind.has_variables() && flags & flag::BOUND != 0 && flags & flag::NONLOCAL == 0 {
                return Some(Binding::Var(outer));
            }
            inner = outer;
        }
        None
    }
}

//! The names of a program as data: which scope binds which name, and where each is read. Filled by `walk`, asked by the
//! rules.

use rustc_hash::FxHashMap;

use crate::intern::Symbol;
use crate::source::Span;

/// Index of a scope; the module's is 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ScopeId(pub usize);

pub const MODULE: ScopeId = ScopeId(0);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScopeKind {
    Module,
    /// `def`; whether it is `async`.
    Function {
        is_async: bool,
    },
    Lambda,
    Class,
    /// A comprehension, or the type parameters of a definition: sees what is around it, classes too.
    Inner,
}

/// How a name came to be bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BindingKind {
    /// `x = value` with a single name; the place of the whole statement.
    Assigned,
    /// In a tuple, by `for`, `with`, `:=`, a pattern.
    Unpacked,
    Parameter,
    /// `except E as x`
    Handler,
    Def,
    Class,
    /// `import x`, `from m import x`: what `Binding::import` says.
    Import,
    /// `global x` or `nonlocal x` elsewhere assigns it.
    Elsewhere,
}

/// What a `def` is known to give when it is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Def {
    pub is_async: bool,
    pub is_generator: bool,
    /// Without decorators: the call does what the body says.
    pub is_plain: bool,
    pub returns_a_value: bool,
}

/// What an import binds a name to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Import {
    pub module: Symbol,
    /// `from module import name`
    pub name: Option<Symbol>,
}

/// One place that binds a name.
#[derive(Clone, Debug)]
pub struct Binding {
    pub kind: BindingKind,
    /// The name itself.
    pub span: Span,
    /// The statement, or the part of it that binds only this name.
    pub whole: Span,
    pub def: Option<Def>,
    pub import: Option<Import>,
}

/// All that is known of a name in one scope.
#[derive(Clone, Debug, Default)]
pub struct Name {
    pub bindings: Vec<Binding>,
    pub reads: u32,
}

#[derive(Debug)]
pub struct Scope {
    pub kind: ScopeKind,
    pub parent: Option<ScopeId>,
    pub names: FxHashMap<Symbol, Name>,
    /// `global x` here.
    pub globals: Vec<Symbol>,
    pub nonlocals: Vec<Symbol>,
    /// `locals()`, `eval` or the like is called here: names may be read in ways that do not show.
    pub is_read_unseen: bool,
    /// `exec`, `from m import *` or the like stands here: any name may be bound.
    pub is_bound_unseen: bool,
    /// The class whose private names (`__name`) are meant here.
    pub private: Option<Symbol>,
    /// The first parameter of a method: `self`.
    pub receiver: Option<Symbol>,
    /// A generator expression: an `await` in it would make another kind of generator of it.
    pub is_generator: bool,
}

/// A name that is read.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    pub name: Symbol,
    pub span: Span,
    pub scope: ScopeId,
    /// A NameError here is expected: `try: x except NameError`.
    pub is_guarded: bool,
}

/// All scopes of a program.
#[derive(Debug, Default)]
pub struct Scopes {
    pub list: Vec<Scope>,
}

impl Scopes {
    pub fn add(&mut self, kind: ScopeKind, parent: Option<ScopeId>) -> ScopeId {
        self.list.push(Scope {
            kind,
            parent,
            names: FxHashMap::default(),
            globals: Vec::new(),
            nonlocals: Vec::new(),
            is_read_unseen: false,
            is_bound_unseen: false,
            private: parent.and_then(|parent| self.get(parent).private),
            receiver: None,
            is_generator: false,
        });
        ScopeId(self.list.len() - 1)
    }

    pub fn get(&self, id: ScopeId) -> &Scope {
        &self.list[id.0]
    }

    pub fn get_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.list[id.0]
    }

    /// The scope that a name read in `from` belongs to; None when nobody binds it.
    pub fn resolve(&self, from: ScopeId, name: Symbol) -> Option<ScopeId> {
        let name = name.mangled(self.get(from).private);
        let mut at = Some(from);
        let mut is_first = true;
        while let Some(id) = at {
            let scope = self.get(id);
            if scope.globals.contains(&name) {
                return self.get(MODULE).names.contains_key(&name).then_some(MODULE);
            }
            // Names of a class are not seen from the functions in it.
            let is_seen = scope.kind != ScopeKind::Class || is_first;
            if is_seen && !scope.nonlocals.contains(&name) && scope.names.contains_key(&name) {
                return Some(id);
            }
            is_first = is_first && scope.kind == ScopeKind::Inner;
            at = scope.parent;
        }
        None
    }

    /// What a name read in `from` stands for, when only one place in the whole program binds it.
    pub fn only_binding(&self, from: ScopeId, name: Symbol) -> Option<&Binding> {
        let name = name.mangled(self.get(from).private);
        let scope = self.resolve(from, name)?;
        match self.get(scope).names.get(&name)?.bindings.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The function around a scope, comprehensions aside.
    pub fn function_of(&self, from: ScopeId) -> ScopeId {
        let mut id = from;
        while self.get(id).kind == ScopeKind::Inner
            && let Some(parent) = self.get(id).parent
        {
            id = parent;
        }
        id
    }

    /// Whether a scope is that of a function, plain or async.
    pub fn in_function(&self, from: ScopeId) -> bool {
        matches!(self.get(self.function_of(from)).kind, ScopeKind::Function { .. })
    }

    /// Whether code of this scope runs in a coroutine: directly in an `async def`.
    pub fn is_async(&self, from: ScopeId) -> bool {
        self.get(self.function_of(from)).kind == ScopeKind::Function { is_async: true }
    }

    /// Whether an `await` can be put here without another change.
    pub fn takes_await(&self, from: ScopeId) -> bool {
        let mut id = from;
        while self.get(id).kind == ScopeKind::Inner {
            match self.get(id).parent {
                Some(parent) if !self.get(id).is_generator => id = parent,
                _ => return false,
            }
        }
        self.is_async(id)
    }
}

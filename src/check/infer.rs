//! What an expression is known to be: the coroutine of which function, an object of asyncio, something that can never be
//! awaited. Says so only where every run agrees; decides nothing about right and wrong.

use rustc_hash::FxHashMap;

use super::facts::{Facts, What};
use super::known::Known;
use super::names::module_of;
use super::scope::{BindingKind, Def, Scope, ScopeId, ScopeKind};
use crate::intern::Symbol;
use crate::syntax::ast::{Expr, ExprKind};

/// Functions of asyncio that give a coroutine, which does nothing until it is awaited.
const COROUTINES: &[&str] = &[
    "sleep",
    "wait",
    "wait_for",
    "to_thread",
    "open_connection",
    "start_server",
    "open_unix_connection",
    "start_unix_server",
    "create_subprocess_exec",
    "create_subprocess_shell",
];

/// Classes of asyncio and those of their methods that give a coroutine.
const METHODS: &[(&str, &[&str])] = &[
    ("Queue", &["get", "put", "join"]),
    ("LifoQueue", &["get", "put", "join"]),
    ("PriorityQueue", &["get", "put", "join"]),
    ("Event", &["wait"]),
    ("Lock", &["acquire"]),
    ("Semaphore", &["acquire"]),
    ("BoundedSemaphore", &["acquire"]),
    ("Condition", &["acquire", "wait", "wait_for"]),
    ("Barrier", &["wait", "reset", "abort"]),
];

/// Builtins whose result may be awaited, or that cannot be told.
const MAY_GIVE_ANYTHING: &[&str] = &["anext", "next", "eval", "getattr", "max", "min", "super", "object"];

/// What an expression is known to be.
pub enum Is {
    /// A call that gives a coroutine; the function as it is written.
    Coroutine(String),
    /// A variable that holds nothing but the coroutine of this function.
    Holds(String),
    /// A call of a generator that is asynchronous; the function as it is written.
    AsyncGenerator(String),
    /// Certainly nothing that can be awaited; why.
    Plain(String),
    Unknown,
}

/// Asks the facts what expressions are.
pub struct Inference<'a> {
    pub facts: &'a Facts<'a>,
    known: &'a Known,
    /// What is assigned to a single name, by the place of the name.
    values: FxHashMap<u32, &'a Expr>,
}

impl<'a> Inference<'a> {
    pub fn new(facts: &'a Facts<'a>, known: &'a Known) -> Inference<'a> {
        let values = facts.sites.iter().filter_map(|site| match site.what {
            What::Assign { name_span, value, .. } => Some((name_span.start, value)),
            _ => None,
        });
        Inference { facts, known, values: values.collect() }
    }

    pub fn kind_of(&self, scope: ScopeId, expr: &Expr) -> Is {
        let ExprKind::Call { func, .. } = &expr.kind else {
            return match self.value_of(scope, expr).map(|(home, value)| self.kind_of_call(home, value)) {
                Some(Is::Coroutine(function)) => Is::Holds(function),
                _ => Is::Unknown,
            };
        };
        let written = self.facts.source.slice(func.span);
        let is_plain_builtin = |name: Symbol| {
            self.is_builtin(scope, name)
                && !MAY_GIVE_ANYTHING.contains(&name.as_str())
                && name.as_str().starts_with(|c: char| c.is_ascii_lowercase())
        };
        match (self.kind_of_call(scope, expr), &func.kind) {
            (Is::Unknown, ExprKind::Name(name)) if is_plain_builtin(*name) => {
                Is::Plain(format!("`{written}` is a plain builtin"))
            }
            (is, _) => is,
        }
    }

    fn kind_of_call(&self, scope: ScopeId, expr: &Expr) -> Is {
        let ExprKind::Call { func, .. } = &expr.kind else { return Is::Unknown };
        let written = self.facts.source.slice(func.span).to_owned();
        if let Some(def) = self.def_of(scope, func) {
            return match def {
                Def { is_plain: false, .. } => Is::Unknown,
                Def { is_async: true, is_generator: false, .. } => Is::Coroutine(written),
                Def { is_async: true, .. } => Is::AsyncGenerator(written),
                Def { is_generator: true, .. } => Is::Plain(format!("`{written}()` is a generator")),
                Def { returns_a_value: false, .. } => {
                    Is::Plain(format!("`{written}` is a plain function and returns None"))
                }
                Def { .. } => Is::Unknown,
            };
        }
        if self.is_coroutine_function(scope, func) || self.is_method_of_asyncio(scope, func) {
            return Is::Coroutine(written);
        }
        Is::Unknown
    }

    /// A builtin that nothing hides.
    pub fn is_builtin(&self, scope: ScopeId, name: Symbol) -> bool {
        self.known.is_builtin(name.as_str()) && self.facts.scopes.resolve(scope, name).is_none()
    }

    /// `asyncio.sleep` and the like, not called.
    pub fn is_coroutine_function(&self, scope: ScopeId, func: &Expr) -> bool {
        self.of_asyncio(scope, func).is_some_and(|name| COROUTINES.contains(&name.as_str()))
    }

    /// The name of what is imported from asyncio.
    pub fn of_asyncio(&self, scope: ScopeId, expr: &Expr) -> Option<String> {
        self.imported(scope, expr).filter(|(module, _)| module == "asyncio").map(|(_, name)| name)
    }

    /// The class of asyncio whose object an expression certainly is: `asyncio.Lock()`, or a variable that holds one.
    pub fn class_of_asyncio(&self, scope: ScopeId, expr: &Expr) -> Option<String> {
        let (scope, expr) = self.value_of(scope, expr).unwrap_or((scope, expr));
        let ExprKind::Call { func, .. } = &expr.kind else { return None };
        self.of_asyncio(scope, func)
    }

    fn is_method_of_asyncio(&self, scope: ScopeId, func: &Expr) -> bool {
        let ExprKind::Attribute { value, attr, .. } = &func.kind else { return false };
        if self.facts.expected.contains(attr) {
            return false;
        }
        let Some(class) = self.class_of_asyncio(scope, value) else { return false };
        METHODS.iter().any(|(name, methods)| *name == class && methods.contains(&attr.as_str()))
    }

    /// What a variable holds, and the scope that put it there, where one place in the whole program does.
    fn value_of(&self, scope: ScopeId, expr: &Expr) -> Option<(ScopeId, &'a Expr)> {
        let ExprKind::Name(name) = expr.kind else { return None };
        let home = self.facts.scopes.resolve(scope, name)?;
        if self.facts.scopes.get(home).is_bound_unseen {
            return None;
        }
        let binding = self.facts.scopes.only_binding(scope, name)?;
        let value = (binding.kind == BindingKind::Assigned).then(|| self.values.get(&binding.span.start))??;
        Some((home, value))
    }

    /// What a call of `func` is known to give.
    pub fn def_of(&self, scope: ScopeId, func: &Expr) -> Option<Def> {
        match &func.kind {
            ExprKind::Name(name) => self.facts.scopes.only_binding(scope, *name)?.def,
            ExprKind::Attribute { value, attr, .. } => {
                // Set on an object, it is another function there.
                if self.facts.expected.contains(attr) {
                    return None;
                }
                let of_receiver = match value.kind {
                    ExprKind::Name(receiver) => self.class_of_receiver(scope, receiver),
                    _ => None,
                };
                let Some(class) = of_receiver else {
                    return self.method(self.class_of_object(scope, value)?, *attr);
                };
                let def = self.method(class, *attr)?;
                // A class that inherits from this one may have another of the name.
                let agrees = |other: &Scope| match other.names.get(&attr.mangled(other.private)) {
                    None => true,
                    Some(name) => matches!(name.bindings.as_slice(), [only] if only.def == Some(def)),
                };
                let mut classes = self.facts.scopes.list.iter().filter(|scope| scope.kind == ScopeKind::Class);
                classes.all(agrees).then_some(def)
            }
            _ => None,
        }
    }

    /// The only definition of a method in a class.
    fn method(&self, class: ScopeId, attr: Symbol) -> Option<Def> {
        let class = self.facts.scopes.get(class);
        let name = class.names.get(&attr.mangled(class.private))?;
        let [only] = name.bindings.as_slice() else { return None };
        only.def
    }

    /// The class in whose methods `receiver` is `self`.
    fn class_of_receiver(&self, scope: ScopeId, receiver: Symbol) -> Option<ScopeId> {
        let home = self.facts.scopes.resolve(scope, receiver)?;
        let method = self.facts.scopes.get(home);
        if method.receiver != Some(receiver) || method.names.get(&receiver)?.bindings.len() != 1 {
            return None;
        }
        let mut at = method.parent;
        while let Some(id) = at {
            match self.facts.scopes.get(id).kind {
                ScopeKind::Class => return Some(id),
                ScopeKind::Inner => at = self.facts.scopes.get(id).parent,
                _ => return None,
            }
        }
        None
    }

    /// The class of this program whose object an expression certainly is: `Shop()`, or a variable that holds one.
    fn class_of_object(&self, scope: ScopeId, expr: &Expr) -> Option<ScopeId> {
        let (scope, expr) = self.value_of(scope, expr).unwrap_or((scope, expr));
        let ExprKind::Call { func, .. } = &expr.kind else { return None };
        let ExprKind::Name(name) = func.kind else { return None };
        let binding = self.facts.scopes.only_binding(scope, name)?;
        let class = *self.facts.classes.get(&binding.span.start)?;
        let decides_itself = |name: &str| self.facts.scopes.get(class).names.contains_key(&Symbol::new(name));
        (!decides_itself("__new__") && !decides_itself("__getattribute__")).then_some(class)
    }

    /// The module and the name of a function that comes from an import.
    pub fn imported(&self, scope: ScopeId, func: &Expr) -> Option<(String, String)> {
        match &func.kind {
            ExprKind::Attribute { value, attr, .. } => {
                if let Some(module) = module_of(self.facts, scope, value) {
                    return Some((module.as_str().to_owned(), attr.as_str().to_owned()));
                }
                // `urllib.request.urlopen`
                let ExprKind::Attribute { value: inner, attr: middle, .. } = &value.kind else { return None };
                let module = module_of(self.facts, scope, inner)?;
                Some((format!("{}.{}", module.as_str(), middle.as_str()), attr.as_str().to_owned()))
            }
            ExprKind::Name(name) => {
                let import = self.facts.scopes.only_binding(scope, *name)?.import?;
                Some((import.module.as_str().to_owned(), import.name?.as_str().to_owned()))
            }
            _ => None,
        }
    }
}

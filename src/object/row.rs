//! Builtins as rows of static tables: a name, a signature, a function. The binder (`interp/bind.rs`) checks
//! arguments against the signature, so that no body does.

use super::{Class, R, Raised, Ref, Step, T, Value, Vm};
use crate::intern::Symbol;

/// Arguments of a call, evaluated: by position, then by keyword.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    pub positional: &'a [Value],
    pub keywords: &'a [(Symbol, Value)],
}

impl<'a> Args<'a> {
    pub fn positional(positional: &'a [Value]) -> Args<'a> {
        Args { positional, keywords: &[] }
    }

    pub fn is_empty(&self) -> bool {
        self.positional.is_empty() && self.keywords.is_empty()
    }
}

/// The function of a row, by how it takes its arguments. For methods the receiver is the first.
#[derive(Clone, Copy)]
pub enum Fun {
    F0(fn(&Vm) -> R),
    F1(fn(&Vm, &Value) -> R),
    F2(fn(&Vm, &Value, &Value) -> R),
    F3(fn(&Vm, &Value, &Value, &Value) -> R),
    /// One value for each parameter of the signature, in order; `Missing` where none was given. `*args` arrives as a
    /// tuple, `**kwargs` as a dict.
    Bound(fn(&Vm, &[Value]) -> R),
    /// The arguments as they stand: for functions whose signature cannot be written.
    Full(fn(&Vm, Args) -> R),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowKind {
    /// A module's function.
    Function,
    /// An attribute of a type that binds its instance.
    Method,
    StaticMethod,
    /// The first argument is the class.
    ClassMethod,
    /// Read without a call (`F1`).
    Getter,
    /// The name stands for None: `list.__hash__`.
    Absent,
}

/// One builtin.
#[derive(Clone, Copy)]
pub struct Row {
    pub name: &'static str,
    /// As `inspect.signature` writes it, with the receiver for methods: `"(self, sep=None, maxsplit=-1)"`. `/` and `*` have
    /// Python's meaning; a default is shown, not evaluated: an argument not given arrives as `Missing`.
    pub signature: &'static str,
    pub fun: Fun,
    pub kind: RowKind,
    /// For a getter that may be set: `(vm, object, value)`; a `Missing` value deletes.
    pub setter: Option<SetterFn>,
    /// For a function that makes a coroutine: does what awaiting it at once would do, when that needs no coroutine.
    pub awaited: Option<AwaitedFn>,
}

/// See [`Row::setter`].
pub type SetterFn = fn(&Vm, &Value, &Value) -> R<()>;

/// See [`Row::awaited`]. Gets the arguments as they stand, by position; `None` when a coroutine is needed after all, and then
/// nothing was done.
pub type AwaitedFn = fn(&Vm, &[Value]) -> R<Option<Awaited>>;

/// What awaiting a call comes to without a coroutine.
pub enum Awaited {
    /// The result: nothing had to be waited for.
    Ready(Value),
    /// One bare yield to the loop, then `None`.
    Yield,
    /// What was awaited has begun and stopped for this.
    Stop(Step),
    /// What was awaited has failed.
    Raised(Raised),
}

/// Whether a signature has `*`, `*args` or `**kwargs`.
const fn has_star(signature: &str) -> bool {
    let (text, mut at) = (signature.as_bytes(), 0);
    while at < text.len() {
        if text[at] == b'*' {
            return true;
        }
        at += 1;
    }
    false
}

impl Row {
    const fn new(name: &'static str, signature: &'static str, fun: Fun, kind: RowKind) -> Row {
        if let Fun::F1(_) | Fun::F2(_) | Fun::F3(_) = fun {
            assert!(!has_star(signature), "a call by position would give it what only a keyword may: use Fun::Bound");
        }
        Row { name, signature, fun, kind, setter: None, awaited: None }
    }

    pub const fn function(name: &'static str, signature: &'static str, fun: Fun) -> Row {
        Row::new(name, signature, fun, RowKind::Function)
    }

    pub const fn method(name: &'static str, signature: &'static str, fun: Fun) -> Row {
        Row::new(name, signature, fun, RowKind::Method)
    }

    /// A dunder that the type does not have: `__hash__` of what is unhashable.
    pub const fn absent(name: &'static str) -> Row {
        Row::new(name, "(self, /)", Fun::F0(|_| Ok(Value::None)), RowKind::Absent)
    }

    /// The row with a short way for `await` around a call of it.
    pub const fn awaited(self, awaited: AwaitedFn) -> Row {
        Row { awaited: Some(awaited), ..self }
    }

    pub const fn static_method(name: &'static str, signature: &'static str, fun: Fun) -> Row {
        Row::new(name, signature, fun, RowKind::StaticMethod)
    }

    pub const fn class_method(name: &'static str, signature: &'static str, fun: Fun) -> Row {
        Row::new(name, signature, fun, RowKind::ClassMethod)
    }

    pub const fn getter(name: &'static str, get: fn(&Vm, &Value) -> R) -> Row {
        Row::new(name, "(self, /)", Fun::F1(get), RowKind::Getter)
    }

    pub const fn property(name: &'static str, get: fn(&Vm, &Value) -> R, set: fn(&Vm, &Value, &Value) -> R<()>) -> Row {
        let fun = Fun::F1(get);
        Row { name, signature: "(self, /)", fun, kind: RowKind::Getter, setter: Some(set), awaited: None }
    }
}

/// Makes an instance of a builtin type or of a script's subclass of it (`class` says which).
pub type NewFn = fn(&Vm, &Ref<Class>, Args) -> R;

/// A builtin type's table.
pub struct TypeSpec {
    pub kind: T,
    /// The constructor; without one, calling the type raises "cannot create '...' instances".
    pub new: Option<NewFn>,
    pub rows: &'static [Row],
    pub doc: &'static str,
}

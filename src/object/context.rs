//! Context variables as data (PEP 567): what a context binds, and a context that nobody has asked for yet.
//! Knows nothing of which context is current.

use std::cell::Cell;
use std::rc::Rc;

use super::cycles::Tracer;
use super::{Native, NativeData, Swap, Value};

/// What the variables of a context are bound to, in the order they were first set. Shared until written: copying a
/// context is copying this pointer. A list, as programs have a handful of variables.
pub type Bindings = Rc<Vec<(Native, Value)>>;

/// The context that a task or callback runs in.
#[derive(Clone, Default)]
pub enum Ctx {
    /// A context of its own in which nothing is bound.
    #[default]
    Empty,
    /// A context of its own, for which no object exists yet.
    Own(Bindings),
    /// A [`Context`] that a script can see.
    Object(Native),
}

impl Ctx {
    /// The bindings as they are now.
    pub fn bindings(&self) -> Option<Bindings> {
        match self {
            Ctx::Empty => None,
            Ctx::Own(bindings) => Some(bindings.clone()),
            Ctx::Object(native) => native.get::<Context>().and_then(Context::bindings),
        }
    }

    /// Shows the collector what belongs to this context alone.
    pub fn show(&self, tracer: &mut Tracer) {
        match self {
            Ctx::Empty => {}
            Ctx::Own(bindings) => show(bindings, tracer),
            Ctx::Object(native) => tracer.native(native),
        }
    }

    /// A copy that no script has seen.
    pub fn copy(&self) -> Ctx {
        self.bindings().map_or(Ctx::Empty, Ctx::Own)
    }
}

/// The data of a `contextvars.Context`.
pub struct Context {
    bindings: Swap<Option<Bindings>>,
    /// Something runs in it now.
    pub entered: Cell<bool>,
}

impl NativeData for Context {
    fn trace(&self, tracer: &mut Tracer) {
        self.bindings.look(|bindings| bindings.iter().for_each(|bindings| show(bindings, tracer)));
    }
    fn clear(&self) {
        drop(self.bindings.take());
    }
}

/// Bindings that several contexts share count once for all of them.
fn show(bindings: &Bindings, tracer: &mut Tracer) {
    if Rc::strong_count(bindings) == 1 {
        for (variable, value) in bindings.iter() {
            tracer.native(variable);
            tracer.value(value);
        }
    }
}

impl Context {
    pub fn new(bindings: Option<Bindings>) -> Context {
        Context { bindings: Swap::new(bindings), entered: Cell::new(false) }
    }

    pub fn bindings(&self) -> Option<Bindings> {
        let bindings = self.bindings.take();
        let copy = bindings.clone();
        self.bindings.replace(bindings);
        copy
    }

    pub fn get(&self, variable: &Native) -> Option<Value> {
        lookup(self.bindings().as_ref(), variable)
    }

    /// Binds a variable, or unbinds it with `Missing`; gives what it was bound to.
    pub fn set(&self, variable: &Native, value: Value) -> Value {
        let mut bindings = self.bindings.take().unwrap_or_default();
        let list = Rc::make_mut(&mut bindings);
        let at = list.iter().position(|(v, _)| Native::same(v, variable));
        let old = match at {
            Some(at) if value.is_missing() => list.remove(at).1,
            Some(at) => std::mem::replace(&mut list[at].1, value),
            None if value.is_missing() => Value::Missing,
            None => {
                list.push((variable.clone(), value));
                Value::Missing
            }
        };
        self.bindings.replace(Some(bindings));
        old
    }
}

/// What `bindings` bind a variable to.
pub fn lookup(bindings: Option<&Bindings>, variable: &Native) -> Option<Value> {
    bindings?.iter().find(|(v, _)| Native::same(v, variable)).map(|(_, value)| value.clone())
}

/// The data of a `ContextVar`; `default` is `Missing` when there is none.
pub struct ContextVar {
    pub name: Value,
    pub default: Value,
}

impl NativeData for ContextVar {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.values([&self.name, &self.default]);
    }
}

/// The data of a `Token`: how to undo one `ContextVar.set`.
pub struct Token {
    pub context: Native,
    pub variable: Native,
    /// `Missing` when the variable was not bound.
    pub old: Value,
    pub used: Cell<bool>,
}

impl NativeData for Token {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.native(&self.context);
        tracer.native(&self.variable);
        tracer.value(&self.old);
    }
}

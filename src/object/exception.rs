//! Exceptions: their class, arguments, chain and traceback. Raising is a token, [`Raised`]: the exception
//! itself waits in the `Vm`, so that a result of anything is two machine words.

use std::cell::{Cell, OnceCell, RefCell};

use super::cycles::{Kind, Tracer};
use super::traceback::Traceback;
use super::{Class, Dict, Heap, Ref, Swap, Tuple, Value};
use crate::intern::Symbol;

/// Proof that an exception is pending in the `Vm`. Made by `Vm::raise` alone, used up by `Vm::take_raised`; a
/// function that returns it says "an exception is pending, pass it on".
#[derive(Debug)]
#[must_use = "the exception stays pending until it is passed on or taken"]
pub struct Raised(());

impl Raised {
    /// Only for `Vm::raise`, which has just made the exception pending.
    pub(super) fn pending() -> Raised {
        Raised(())
    }
}

pub struct Exception {
    class: Swap<Ref<Class>>,
    pub args: Swap<Ref<Tuple>>,
    /// `raise ... from cause`; `None` in the option: not set, `Value::None`: `from None`.
    pub cause: Swap<Option<Ref<Exception>>>,
    pub context: Swap<Option<Ref<Exception>>>,
    pub suppress_context: Cell<bool>,
    /// Where it passed through, innermost first.
    pub traceback: RefCell<Traceback>,
    attributes: Swap<Option<Ref<Dict>>>,
    /// What its builtin class keeps for itself: `name` of a NameError, `errno` of an OSError.
    fields: Swap<Option<Ref<Dict>>>,
    /// The members of an exception group.
    pub group: OnceCell<Ref<Tuple>>,
}

impl Heap for Exception {
    const KIND: Kind = Kind::Exception;
    fn trace(&self, tracer: &mut Tracer) {
        self.class.look(|class| tracer.object(class));
        self.args.look(|args| tracer.object(args));
        for exception in [&self.cause, &self.context] {
            exception.look(|exception| exception.iter().for_each(|exception| tracer.object(exception)));
        }
        for dict in [&self.attributes, &self.fields] {
            dict.look(|dict| dict.iter().for_each(|dict| tracer.object(dict)));
        }
        self.group.get().into_iter().for_each(|group| tracer.object(group));
    }
    fn clear(&self) {
        self.args.set(Tuple::new(Vec::new()));
        for exception in [&self.cause, &self.context] {
            exception.set(None);
        }
        for dict in [&self.attributes, &self.fields] {
            dict.set(None);
        }
    }
}

impl Exception {
    pub fn new(class: &Ref<Class>, args: Vec<Value>) -> Ref<Exception> {
        Ref::new(Exception {
            class: Swap::new(class.clone()),
            args: Swap::new(Tuple::new(args)),
            cause: Swap::new(None),
            context: Swap::new(None),
            suppress_context: Cell::new(false),
            traceback: RefCell::default(),
            attributes: Swap::new(None),
            fields: Swap::new(None),
            group: OnceCell::new(),
        })
    }

    pub fn class(&self) -> Ref<Class> {
        self.class.get()
    }

    pub fn set_class(&self, class: Ref<Class>) {
        self.class.set(class);
    }

    /// `__dict__`
    pub fn dict(&self) -> Ref<Dict> {
        if let Some(dict) = self.attributes.get() {
            return dict;
        }
        let dict = Ref::new(Dict::new());
        self.attributes.set(Some(dict.clone()));
        dict
    }

    pub fn set_dict(&self, dict: Ref<Dict>) {
        self.attributes.set(Some(dict));
    }

    /// An attribute in its `__dict__`.
    pub fn attribute(&self, name: Symbol) -> Option<Value> {
        self.attributes.get().and_then(|dict| dict.get_name(name))
    }

    pub fn set_attribute(&self, name: Symbol, value: Value) {
        self.dict().set_name(name, value);
    }

    /// A field of its builtin class, when it was given.
    pub fn get(&self, name: Symbol) -> Option<Value> {
        self.fields.get().and_then(|dict| dict.get_name(name))
    }

    pub fn set(&self, name: Symbol, value: Value) {
        if let Some(dict) = self.fields.get() {
            dict.set_name(name, value);
            return;
        }
        let dict = Ref::new(Dict::new());
        dict.set_name(name, value);
        self.fields.set(Some(dict));
    }
}

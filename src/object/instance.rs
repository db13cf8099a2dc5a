//! Instances of classes that scripts define: a class, a shape and slots. No method lookup here.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;

use super::shape::MAX_ATTRIBUTES;
use super::{Class, Dict, Heap, Ref, Shape, Str, Swap, Value};
use crate::intern::Symbol;

pub struct Instance {
    class: Swap<Ref<Class>>,
    shape: Swap<Ref<Shape>>,
    /// The builtin value of a subclass of a builtin type in slot 0, if the class has one; then attributes as the
    /// shape says; or one dict of attributes.
    ///
    /// Invariant: no reference into the vector outlives a method of this file, and none of them drops a value while one
    /// lives, so no user code runs meanwhile.
    slots: UnsafeCell<Vec<Value>>,
}

impl Heap for Instance {
    fn needs_finalizer(&self) -> bool {
        self.class_ref().has_finalizer()
    }
    fn finalize(this: &Ref<Instance>) {
        super::vm::finalize(&Value::Instance(this.clone()));
    }
}

impl Instance {
    /// A fresh instance without attributes; `payload` is the builtin value for a class that has one inside.
    pub fn new(class: &Ref<Class>, payload: Option<Value>) -> Ref<Instance> {
        let slots = match payload {
            Some(value) => vec![value],
            None => Vec::new(),
        };
        Ref::new(Instance {
            class: Swap::new(class.clone()),
            shape: Swap::new(class.root_shape()),
            slots: UnsafeCell::new(slots),
        })
    }

    #[inline(always)]
    pub fn class(&self) -> Ref<Class> {
        self.class.get()
    }

    /// The class, borrowed for a look.
    #[inline(always)]
    pub fn class_ref(&self) -> &Class {
        // SAFETY: `set_class` alone replaces it, from a statement of a script; callers read flags and versions.
        unsafe { self.class.peek() }
    }

    /// `obj.__class__ = class` (the caller has checked that the layouts agree).
    pub fn set_class(&self, class: &Ref<Class>) {
        let attributes = self.attributes();
        let payload = self.payload().cloned();
        self.class.set(class.clone());
        self.shape.set(class.root_shape());
        let old = {
            // SAFETY: the file's invariant.
            let slots = unsafe { &mut *self.slots.get() };
            std::mem::replace(slots, payload.into_iter().collect())
        };
        for (name, value) in attributes {
            self.set(name, value);
        }
        drop(old);
    }

    #[inline(always)]
    pub fn shape(&self) -> &Shape {
        // SAFETY: replaced only by `set`, `remove` and `set_class`; callers compare its id.
        unsafe { self.shape.peek() }
    }

    pub fn shape_ref(&self) -> Ref<Shape> {
        self.shape.get()
    }

    #[inline(always)]
    fn slots(&self) -> &[Value] {
        // SAFETY: the file's invariant; private, and every use clones at once.
        unsafe { &*self.slots.get() }
    }

    /// The builtin value inside an instance of a subclass of a builtin type.
    #[inline]
    pub fn payload(&self) -> Option<&Value> {
        // Slot 0 is set once, when the instance is made.
        if self.shape().base() == 1 { self.slots().first() } else { None }
    }

    /// The value in a slot that the shape gave.
    #[inline(always)]
    pub fn slot(&self, slot: usize) -> Option<Value> {
        self.slots().get(slot).cloned()
    }

    /// Replaces the value in a slot that the shape gave.
    #[inline(always)]
    pub fn set_slot(&self, slot: usize, value: Value) {
        // SAFETY: the file's invariant: the old value is dropped after the borrow ended.
        let old = match unsafe { &mut *self.slots.get() }.get_mut(slot) {
            Some(place) => std::mem::replace(place, value),
            None => value,
        };
        old.discard();
    }

    /// Appends an attribute when the shape to go to is known: see [`Shape::with`].
    #[inline(always)]
    pub fn push_slot(&self, shape: Ref<Shape>, value: Value) {
        self.shape.set(shape);
        // SAFETY: the file's invariant; pushing drops nothing.
        unsafe { &mut *self.slots.get() }.push(value);
    }

    /// The attribute dict of an instance in dict mode.
    fn dict_slot(&self) -> Option<Ref<Dict>> {
        match self.shape().is_dict.then(|| self.slot(self.shape().base()))? {
            Some(Value::Dict(dict)) => Some(dict),
            _ => None,
        }
    }

    /// An attribute of the instance itself.
    pub fn get(&self, name: Symbol) -> Option<Value> {
        if let Some(dict) = self.dict_slot() {
            return dict.get_name(name);
        }
        self.shape().slot_of(name).and_then(|slot| self.slot(slot)).filter(|v| !v.is_missing())
    }

    pub fn set(&self, name: Symbol, value: Value) {
        if let Some(dict) = self.dict_slot() {
            dict.set_name(name, value);
            return;
        }
        if let Some(slot) = self.shape().slot_of(name) {
            return self.set_slot(slot, value);
        }
        if self.shape().names().len() >= MAX_ATTRIBUTES {
            self.dict().set_name(name, value);
            return;
        }
        let shape = self.shape().with(name);
        self.push_slot(shape, value);
    }

    /// Removes an attribute; false when there is none. The instance keeps its attributes in a dict from then on.
    pub fn remove(&self, name: Symbol) -> bool {
        self.get(name).is_some() && self.dict().remove_name(name).is_some()
    }

    /// `__dict__`: from now on the attributes live in this dict.
    pub fn dict(&self) -> Ref<Dict> {
        if let Some(dict) = self.dict_slot() {
            return dict;
        }
        let dict = Ref::new(Dict::new());
        for (name, value) in self.attributes() {
            dict.set_name(name, value);
        }
        self.set_dict(dict.clone());
        dict
    }

    /// `obj.__dict__ = dict`
    pub fn set_dict(&self, dict: Ref<Dict>) {
        let base = self.shape().base();
        self.shape.set(self.class_ref().dict_shape(base as u32));
        let old = {
            // SAFETY: the file's invariant.
            let slots = unsafe { &mut *self.slots.get() };
            let old = slots.split_off(base);
            slots.push(Value::Dict(dict));
            old
        };
        drop(old);
    }

    /// The attributes in order.
    pub fn attributes(&self) -> Vec<(Symbol, Value)> {
        if let Some(dict) = self.dict_slot() {
            return dict.entries().into_iter().filter_map(|(k, v)| k.as_str().map(|s| (Str::symbol(s), v))).collect();
        }
        let base = self.shape().base();
        let names = self.shape().names().to_vec();
        names.into_iter().enumerate().filter_map(|(i, n)| self.slot(base + i).map(|v| (n, v))).collect()
    }
}

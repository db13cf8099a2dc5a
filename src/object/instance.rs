//! Instances of classes that scripts define: a class, a shape and slots. No method lookup here.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;

use super::cycles::{Kind, Tracer};
use super::room::Room;
use super::{Class, Dict, Heap, Ref, Shape, Str, Swap, Value};
use crate::intern::Symbol;

/// `repr(C)`: the slots come last.
#[repr(C)]
pub struct Instance {
    class: Swap<Ref<Class>>,
    shape: Swap<Ref<Shape>>,
    /// How many slots stand in the tail, and those that it has no room for.
    room: Room,
    /// The first slots. The builtin value of a subclass of a builtin type in slot 0, if the class has one; then attributes as
    /// the shape says; or one dict of attributes.
    ///
    /// Invariant: as many valid values stand here as `room` says. No reference to a slot outlives a method of this file, and none of them drops
    /// a value while one lives, so no user code runs meanwhile.
    slots: [UnsafeCell<Value>; 0],
}

impl Heap for Instance {
    const KIND: Kind = Kind::Instance;
    fn trace(&self, tracer: &mut Tracer) {
        self.class.look(|class| tracer.object(class));
        for slot in 0.. {
            let Some(place) = self.place(slot) else { break };
            // SAFETY: the file's invariant: the reference ends here.
            tracer.value(unsafe { &*place });
        }
    }
    fn clear(&self) {
        drop(self.truncate(self.shape().base()));
    }
    fn needs_finalizer(&self) -> bool {
        self.class_ref().has_finalizer()
    }
    fn finalize(this: &Ref<Instance>) {
        super::vm::finalize(&Value::Instance(this.clone()));
    }
    fn tail(&self) -> usize {
        self.room.in_place() * size_of::<Value>()
    }
}

// What a million instances cost: the header of the allocation and the slots come on top.
const _: () = assert!(size_of::<Instance>() == 24);

impl Drop for Instance {
    fn drop(&mut self) {
        for at in 0..self.room.in_place() {
            // SAFETY: the invariant of `slots`; read once, as nobody looks at the instance again.
            unsafe { self.slots.as_ptr().add(at).cast::<Value>().read() }.discard();
        }
    }
}

impl Instance {
    /// A fresh instance without attributes; `payload` is the builtin value for a class that has one inside.
    pub fn new(class: &Ref<Class>, payload: Option<Value>) -> Ref<Instance> {
        let room = Room::new(class.usual_slots().max(payload.is_some() as u32));
        let in_place = room.in_place();
        let instance = Ref::with_tail(Instance {
            class: Swap::new(class.clone()),
            shape: Swap::new(class.root_shape()),
            room,
            slots: [],
        });
        for at in 0..in_place {
            // SAFETY: the tail has room for so many values.
            unsafe { instance.slots.as_ptr().add(at).cast::<Value>().cast_mut().write(Value::Missing) };
        }
        if let Some(payload) = payload {
            instance.put(0, payload);
        }
        instance
    }

    /// The place of a slot, if it is there.
    #[inline(always)]
    fn place(&self, slot: usize) -> Option<*mut Value> {
        let in_place = self.room.in_place();
        if slot < in_place {
            // SAFETY: within the tail.
            return Some(UnsafeCell::raw_get(unsafe { self.slots.as_ptr().add(slot) }));
        }
        self.room.place(slot - in_place)
    }

    /// Fills a slot, the next one or one that is there.
    #[inline(always)]
    fn put(&self, slot: usize, value: Value) {
        match self.place(slot) {
            // SAFETY: a place that `place` gave is valid; the old value is dropped when the new one is in.
            Some(place) => unsafe { std::mem::replace(&mut *place, value) }.discard(),
            None => self.overflow(slot, value),
        }
    }

    #[cold]
    #[inline(never)]
    fn overflow(&self, slot: usize, value: Value) {
        // Later instances have room for it.
        self.class_ref().note_slots(slot as u32 + 1);
        self.room.push(value);
    }

    /// Empties the slots from `from` on and gives what they held, to be dropped when the instance is whole again.
    #[must_use]
    fn truncate(&self, from: usize) -> Vec<Value> {
        let in_place = self.room.in_place();
        let mut old = self.room.split_off(from.saturating_sub(in_place));
        for slot in from..in_place {
            // SAFETY: a place that `place` gave is valid.
            old.extend(self.place(slot).map(|place| unsafe { (*place).take() }));
        }
        old
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
        let old = self.truncate(payload.is_some() as usize);
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

    /// The builtin value inside an instance of a subclass of a builtin type.
    #[inline]
    pub fn payload(&self) -> Option<&Value> {
        if self.shape().base() != 1 {
            return None;
        }
        // SAFETY: slot 0 is set once, when the instance is made, and stands in the tail, which never moves.
        self.place(0).map(|place| unsafe { &*place })
    }

    /// The value in a slot that the shape gave.
    #[inline(always)]
    pub fn slot(&self, slot: usize) -> Option<Value> {
        // SAFETY: the invariant of `slots`; cloned at once.
        self.place(slot).map(|place| unsafe { (*place).clone() })
    }

    /// The value in a slot that the shape gave, where it stands.
    ///
    /// # Safety
    /// While the reference lives, nothing may change the instance or run anybody's code.
    #[inline(always)]
    pub unsafe fn standing(&self, slot: usize) -> Option<&Value> {
        // SAFETY: the invariant of `slots`, and the caller's promise.
        self.place(slot).map(|place| unsafe { &*place })
    }

    /// Replaces the value in a slot that the shape gave.
    #[inline(always)]
    pub fn set_slot(&self, slot: usize, value: Value) {
        self.put(slot, value);
    }

    /// Appends an attribute when the shape to go to is known: see [`Shape::with`].
    #[inline(always)]
    pub fn push_slot(&self, shape: Ref<Shape>, value: Value) {
        let slot = shape.base() + shape.names().len() - 1;
        self.shape.set(shape);
        self.put(slot, value);
    }

    /// The attribute dict of an instance in dict mode.
    fn dict_slot(&self) -> Option<Ref<Dict>> {
        if !self.shape().is_dict {
            return None;
        }
        match self.slot(self.shape().base()) {
            Some(Value::Dict(dict)) => Some(dict),
            // An instance of a script's subclass of dict.
            Some(other) => other.as_dict().cloned(),
            None => None,
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
        if !self.shape().may_add(name) {
            self.dict().set_name(name, value);
            return;
        }
        let shape = self.shape().with(name);
        self.push_slot(shape, value);
    }

    /// Removes an attribute; false when there is none. Unless it was the last one, the instance keeps its attributes in a dict from
    /// then on.
    pub fn remove(&self, name: Symbol) -> bool {
        let names = self.shape().names();
        // Only near the end: attributes that come and go anywhere would make a shape for each of their orders.
        if let Some(at) = names.iter().rposition(|&known| known == name)
            && names.len() - at <= 2
        {
            let left = names[..at].iter().chain(&names[at + 1..]);
            let shape = left.fold(self.class_ref().root_shape(), |shape, &name| shape.with(name));
            let slot = shape.base() + at;
            let after = if at + 1 < names.len() { self.slot(slot + 1) } else { None };
            self.shape.set(shape);
            let old = self.truncate(slot);
            if let Some(after) = after {
                self.put(slot, after);
            }
            drop(old);
            return true;
        }
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
        self.set_dict(Value::Dict(dict.clone()));
        dict
    }

    /// `__dict__` as a script sees it: an instance of a subclass of dict when it was given one.
    pub fn dict_value(&self) -> Value {
        let dict = self.dict();
        self.slot(self.shape().base()).unwrap_or(Value::Dict(dict))
    }

    /// `obj.__dict__ = dict`: a dict, or an instance of a subclass.
    pub fn set_dict(&self, dict: Value) {
        let base = self.shape().base();
        self.shape.set(self.class_ref().dict_shape(base as u32));
        let old = self.truncate(base);
        self.put(base, dict);
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

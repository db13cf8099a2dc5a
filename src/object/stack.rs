//! The value stack on which plain functions run, and what a planted body is.
//!
//! One contiguous block that never moves: a frame is a window of it, arguments are evaluated straight into
//! the callee's slots. Frames of coroutines and generators are blocks of their own with the same layout.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use super::{Body, Dict, R, Ref, Value, Vm};
use crate::code::{Code, Slot};

/// The slots of a running frame.
///
/// Invariant: made by [`Stack`] or [`super::Machine`] for a frame of some code's `frame_size`, with every slot holding a valid
/// `Value`, and used only while that frame exists; slot numbers come from that code, whose compiler keeps them below
/// the frame size.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fp(*mut Value);

/// A planted node: evaluates one expression of a frame.
pub type Node = Box<dyn Fn(Fp, &Vm) -> R>;

impl Fp {
    /// The frame of a machine, whose slots keep to the type's invariant.
    #[inline(always)]
    pub(super) fn of_slots(slots: *mut Value) -> Fp {
        Fp(slots)
    }

    /// The variable, borrowed. The reference must not be held across anything that may assign the slot.
    #[inline(always)]
    pub fn peek<'a>(self, slot: Slot) -> &'a Value {
        // SAFETY: the type's invariant.
        unsafe { &*self.0.add(slot.0 as usize) }
    }

    #[inline(always)]
    pub fn get(self, slot: Slot) -> Value {
        self.peek(slot).clone()
    }

    /// Assigns the variable; the old value is dropped when the new one is in place.
    #[inline(always)]
    pub fn set(self, slot: Slot, value: Value) {
        self.replace(slot, value).discard();
    }

    #[inline(always)]
    pub fn replace(self, slot: Slot, value: Value) -> Value {
        // SAFETY: the type's invariant.
        unsafe { std::mem::replace(&mut *self.0.add(slot.0 as usize), value) }
    }

    /// Moves the value out, leaving `Missing`.
    #[inline(always)]
    pub fn take(self, slot: Slot) -> Value {
        self.replace(slot, Value::Missing)
    }

    /// Writes a slot that was never filled, or whose present content is `Missing` or an inline value: nothing needs dropping.
    #[inline(always)]
    pub fn init(self, slot: Slot, value: Value) {
        // SAFETY: the type's invariant; overwriting an inline value leaks nothing.
        unsafe { std::ptr::write(self.0.add(slot.0 as usize), value) }
    }

    /// `count` values from a slot on, borrowed: arguments that were evaluated into place.
    #[inline(always)]
    pub fn slice<'a>(self, from: Slot, count: usize) -> &'a [Value] {
        // SAFETY: the type's invariant.
        unsafe { std::slice::from_raw_parts(self.0.add(from.0 as usize), count) }
    }
}

/// How many values fit: 1,000 frames of a thousand variables. Pages are touched only when used.
const STACK_VALUES: usize = 1 << 20;

pub struct Stack {
    base: *mut Value,
    top: Cell<*mut Value>,
    end: *mut Value,
}

impl Stack {
    pub fn new() -> Stack {
        let layout = Stack::layout();
        // SAFETY: the layout is not empty.
        let base = unsafe { alloc(layout) } as *mut Value;
        if base.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: within the block just allocated.
        Stack { base, top: Cell::new(base), end: unsafe { base.add(STACK_VALUES) } }
    }

    fn layout() -> Layout {
        Layout::array::<Value>(STACK_VALUES).expect("16 MiB is a valid size")
    }

    /// Opens a frame of `size` slots, all `Missing`; `None` when the stack is full.
    #[inline(always)]
    pub fn push(&self, size: usize) -> Option<Fp> {
        self.open(size).map(Opening::finish)
    }

    /// Opens a frame of `size` slots that are to be filled one after the other; `None` when the stack is full.
    #[inline(always)]
    pub fn open(&self, size: usize) -> Option<Opening<'_>> {
        let base = self.top.get();
        // Compared as a distance: `base + size` might lie outside the block. A frame's size is a `u32`.
        if (self.end as usize - base as usize) < size * size_of::<Value>() {
            return None;
        }
        // SAFETY: `size` values fit above `base`, as was just checked.
        self.top.set(unsafe { base.add(size) });
        Some(Opening { stack: self, fp: Fp(base), filled: 0, size })
    }

    /// Closes the newest frame, dropping what its slots hold.
    #[inline(always)]
    pub fn pop(&self, fp: Fp, size: usize) {
        for i in 0..size {
            // SAFETY: the frame's slots hold valid values, and nobody looks at them once the frame is closed.
            unsafe { std::ptr::read(fp.0.add(i)) }.discard();
        }
        self.top.set(fp.0);
    }
}

/// A frame whose slots are being filled: arguments are evaluated straight into it, and no slot is written twice.
///
/// Invariant: the slots below `filled` hold valid values, those above hold nothing yet.
pub struct Opening<'s> {
    stack: &'s Stack,
    fp: Fp,
    filled: usize,
    size: usize,
}

impl Opening<'_> {
    /// Fills the next slot. There is one, as frames have room for all parameters and the caller has counted the arguments.
    #[inline(always)]
    pub fn fill(&mut self, value: Value) {
        self.fp.init(Slot(self.filled as u32), value);
        self.filled += 1;
    }

    /// Closes the frame again, dropping what was filled in.
    #[inline(always)]
    pub fn abandon(self) {
        self.stack.pop(self.fp, self.filled);
    }

    /// The frame, the rest of its slots `Missing`.
    #[inline(always)]
    pub fn finish(self) -> Fp {
        for slot in self.filled..self.size {
            self.fp.init(Slot(slot as u32), Value::Missing);
        }
        self.fp
    }
}

impl Default for Stack {
    fn default() -> Stack {
        Stack::new()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with the same layout; frames have all been popped.
        unsafe { dealloc(self.base as *mut u8, Stack::layout()) }
    }
}

/// A body bound to its module: planted into closures on its first run.
pub struct Planted {
    pub code: Rc<Code>,
    /// The module's namespace.
    pub globals: Ref<Dict>,
    pub run: OnceCell<Runnable>,
    /// Parameters are all positional without `*args` and `**kwargs`, and calling runs the body: the common call.
    pub simple: bool,
    /// Slots captured by inner functions must be wrapped in cells at entry.
    pub has_cells: bool,
    pub params: u32,
    pub frame_size: u32,
}

pub enum Runnable {
    /// A body that runs to its end: evaluates to the function's result.
    Tree(Node),
    /// A body that can suspend.
    Machine(Rc<dyn Body>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::List;

    #[test]
    fn frames_drop_what_they_hold() {
        let stack = Stack::new();
        let list = List::new(Vec::new());
        let fp = stack.push(3).expect("an empty stack has room");
        fp.set(Slot(1), Value::List(list.clone()));
        fp.set(Slot(2), fp.get(Slot(1)));
        assert_eq!(Ref::count(&list), 3);
        stack.pop(fp, 3);
        assert_eq!(Ref::count(&list), 1);
        assert!(stack.push(STACK_VALUES + 1).is_none());
    }
}

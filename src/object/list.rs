//! `list`. A borrow of the items must never be held across anything that may run user code
//! (comparison, repr, dropping a value): take a copy, or go by index.
#![allow(unsafe_code)]

use std::cell::{Ref as Borrow, RefCell, RefMut};

use super::cycles::{Kind, Tracer};
use super::{Heap, Ref, Value};

pub struct List {
    items: RefCell<Vec<Value>>,
}

impl Heap for List {
    const KIND: Kind = Kind::List;
    fn trace(&self, tracer: &mut Tracer) {
        match self.items.try_borrow() {
            Ok(items) => tracer.values(items.iter()),
            Err(_) => tracer.pin(),
        }
    }
    fn clear(&self) {
        drop(self.items.try_borrow_mut().map(|mut items| std::mem::take(&mut *items)));
    }
}

/// Items go from the last to the first, as in CPython: `__del__` may show it.
impl Drop for List {
    fn drop(&mut self) {
        let items = self.items.get_mut();
        while let Some(item) = items.pop() {
            item.discard();
        }
    }
}

impl List {
    pub fn new(items: Vec<Value>) -> Ref<List> {
        Ref::new(List { items: RefCell::new(items) })
    }

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.peek().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The items for an access that ends at once.
    #[inline(always)]
    fn peek(&self) -> &Vec<Value> {
        // SAFETY: fails only while a `borrow_mut` guard lives, and then panics; callers (below) use the reference
        // for one read or clone, which runs no foreign code.
        unsafe { self.items.try_borrow_unguarded() }.expect("no borrow is held across user code")
    }

    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        self.peek().get(index).cloned()
    }

    /// The item at an index, which counts from the end when it is negative, where it stands.
    ///
    /// # Safety
    /// While the reference lives, nothing may change the list or run anybody's code.
    #[inline(always)]
    pub unsafe fn standing(&self, index: i64) -> Option<&Value> {
        let items = self.peek();
        let at = if index < 0 { index + items.len() as i64 } else { index };
        items.get(at as usize)
    }

    /// Puts a value at an index and gives the old one, or gives the value back when there is no such index.
    #[inline(always)]
    pub fn set(&self, index: usize, value: Value) -> Result<Value, Value> {
        match self.items.borrow_mut().get_mut(index) {
            Some(place) => Ok(std::mem::replace(place, value)),
            None => Err(value),
        }
    }

    #[inline(always)]
    pub fn push(&self, value: Value) {
        self.items.borrow_mut().push(value);
    }

    /// Adds an item at the end; gives it back when there is no memory for it.
    #[inline(always)]
    pub fn try_push(&self, value: Value) -> Result<(), Value> {
        let mut items = self.items.borrow_mut();
        if items.len() == items.capacity() && items.try_reserve(1).is_err() {
            return Err(value);
        }
        items.push(value);
        Ok(())
    }

    pub fn pop(&self) -> Option<Value> {
        self.items.borrow_mut().pop()
    }

    /// The items as they are now.
    pub fn snapshot(&self) -> Vec<Value> {
        self.peek().clone()
    }

    /// Replaces all items and gives the old ones.
    pub fn replace(&self, items: Vec<Value>) -> Vec<Value> {
        std::mem::replace(&mut self.items.borrow_mut(), items)
    }

    /// See the file's head for what must not happen while the guard lives.
    pub fn borrow(&self) -> Borrow<'_, Vec<Value>> {
        self.items.borrow()
    }

    /// See the file's head for what must not happen while the guard lives; in particular values taken out must be
    /// dropped after it.
    pub fn borrow_mut(&self) -> RefMut<'_, Vec<Value>> {
        self.items.borrow_mut()
    }
}

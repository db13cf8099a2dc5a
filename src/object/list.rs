//! `list`. A borrow of the items must never be held across anything that may run user code
//! (comparison, repr, dropping a value): take a copy, or go by index.
#![allow(unsafe_code)]

use std::cell::{Cell, UnsafeCell};
use std::collections::TryReserveError;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};

use super::cycles::{Kind, Tracer};
use super::{Heap, Ref, Value};

/// A vec and, in front of its first item, places that are free: items taken off there leave theirs behind, so that a list that
/// serves as a queue does not move those that wait.
pub struct List {
    /// How many borrows of the items live; -1 for one that may change them.
    borrows: Cell<i32>,
    /// How many places in front of the first item are free.
    front: Cell<u32>,
    /// What the vec says it has begins behind the places in front: its allocation does not. Before anything that may give that
    /// back or move it, [`List::settle`] makes it an ordinary vec.
    items: UnsafeCell<ManuallyDrop<Vec<Value>>>,
}

/// Moving this many items costs no more than keeping count of places in front.
const FEW: usize = 32;

impl Heap for List {
    const KIND: Kind = Kind::List;
    fn trace(&self, tracer: &mut Tracer) {
        if self.borrows.get() < 0 {
            tracer.pin();
        } else {
            tracer.values(self.peek().iter());
        }
    }
    fn clear(&self) {
        if self.borrows.get() == 0 {
            drop(self.replace(Vec::new()));
        }
    }
}

/// Items go from the last to the first, as in CPython: `__del__` may show it.
impl Drop for List {
    fn drop(&mut self) {
        let items = self.items.get_mut();
        while let Some(item) = items.pop() {
            item.discard();
        }
        self.settle();
        // SAFETY: the vec is an ordinary one now, and dropped here alone.
        unsafe { ManuallyDrop::drop(self.items.get_mut()) };
    }
}

impl List {
    pub fn new(items: Vec<Value>) -> Ref<List> {
        let items = UnsafeCell::new(ManuallyDrop::new(items));
        Ref::new(List { borrows: Cell::new(0), front: Cell::new(0), items })
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
        assert!(self.borrows.get() >= 0, "no borrow is held across user code");
        // SAFETY: no guard that may change the items lives; callers (below) use the reference for one read or clone, which runs
        // no foreign code.
        unsafe { &*self.items.get() }
    }

    /// The items for a change that ends at once and leaves the allocation alone, unless they are settled.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    fn poke(&self) -> &mut Vec<Value> {
        assert!(self.borrows.get() == 0, "no borrow is held across user code");
        // SAFETY: no guard lives; callers (below) use the reference for one change, which runs no foreign code.
        unsafe { &mut *self.items.get() }
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
        match self.poke().get_mut(index) {
            Some(place) => Ok(std::mem::replace(place, value)),
            None => Err(value),
        }
    }

    #[inline(always)]
    pub fn push(&self, value: Value) {
        if self.room() == 0 {
            self.make_room(1).expect("memory for one item more");
        }
        self.poke().push(value);
    }

    /// Adds an item at the end; gives it back when there is no memory for it.
    #[inline(always)]
    pub fn try_push(&self, value: Value) -> Result<(), Value> {
        if self.room() == 0 && self.make_room(1).is_err() {
            return Err(value);
        }
        self.poke().push(value);
        Ok(())
    }

    /// Adds items at the end; an error, and nothing changed, when there is no memory for them.
    pub fn try_extend(&self, more: &[Value]) -> Result<(), TryReserveError> {
        if self.room() < more.len() {
            self.make_room(more.len())?;
        }
        self.poke().extend_from_slice(more);
        Ok(())
    }

    /// How many items can be added at the end without more ado.
    #[inline(always)]
    fn room(&self) -> usize {
        let items = self.peek();
        items.capacity() - items.len()
    }

    /// Makes room for items at the end: that of the places in front where they are many, which pays for moving the others,
    /// else new one.
    #[cold]
    #[inline(never)]
    fn make_room(&self, count: usize) -> Result<(), TryReserveError> {
        let front = self.front.get() as usize;
        self.settle();
        let items = self.poke();
        // As much more as there are items, lest a few places in front be all the room there is at the next turn, too.
        let few = front > 0 && front <= items.len() / 2;
        items.try_reserve(if few { count.max(items.len()) } else { count })
    }

    pub fn pop(&self) -> Option<Value> {
        self.poke().pop()
    }

    /// Takes an item out. The first of many leaves its place free; otherwise those behind it move.
    ///
    /// # Panics
    /// When there is no such item.
    pub fn remove(&self, index: usize) -> Value {
        let items = self.poke();
        let (len, room) = (items.len(), items.capacity());
        if index > 0 || len < FEW || self.front.get() == u32::MAX {
            return items.remove(index);
        }
        let start = items.as_mut_ptr();
        // SAFETY: the first item is read once, and its place is none of the vec's from now on; `front` tells where the allocation
        // begins.
        let item = unsafe {
            let item = start.read();
            *self.items.get() = ManuallyDrop::new(Vec::from_raw_parts(start.add(1), len - 1, room - 1));
            item
        };
        self.front.set(self.front.get() + 1);
        item
    }

    /// Puts an item before the one at an index, or at the end. In front of many it takes a free place, of which it makes as many as
    /// there are items when there is none.
    ///
    /// # Panics
    /// When the index is beyond the end.
    pub fn insert(&self, index: usize, value: Value) {
        if index > 0 || self.len() < FEW {
            return self.borrow_mut().insert(index, value);
        }
        if self.front.get() == 0 && !self.free_in_front() {
            return self.borrow_mut().insert(index, value);
        }
        let items = self.poke();
        let (start, len, room) = (items.as_mut_ptr(), items.len(), items.capacity());
        // SAFETY: the place before the first item is part of the allocation and holds nothing.
        unsafe {
            let start = start.sub(1);
            start.write(value);
            *self.items.get() = ManuallyDrop::new(Vec::from_raw_parts(start, len + 1, room + 1));
        }
        self.front.set(self.front.get() - 1);
    }

    /// Moves the items back behind as many free places as there are items; false when that is too many, or there is no memory.
    #[cold]
    #[inline(never)]
    fn free_in_front(&self) -> bool {
        let items = self.poke();
        let len = items.len();
        let Ok(front) = u32::try_from(len) else { return false };
        if items.try_reserve(len).is_err() {
            return false;
        }
        let (start, room) = (items.as_mut_ptr(), items.capacity());
        // SAFETY: the vec is an ordinary one, with room for as many items again; `front` tells of those free in front from now on.
        unsafe {
            let first = start.add(len);
            first.copy_from(start, len);
            *self.items.get() = ManuallyDrop::new(Vec::from_raw_parts(first, len, room - len));
        }
        self.front.set(front);
        true
    }

    /// Makes the vec an ordinary one: its items stand at the start of its allocation.
    #[inline(always)]
    fn settle(&self) {
        if self.front.get() > 0 {
            self.move_to_front();
        }
    }

    #[cold]
    #[inline(never)]
    fn move_to_front(&self) {
        let items = self.poke();
        let (start, len, room) = (items.as_mut_ptr(), items.len(), items.capacity());
        let front = self.front.replace(0) as usize;
        // SAFETY: the allocation begins `front` places before the items, and has as many more than the vec says.
        unsafe {
            let begin = start.sub(front);
            begin.copy_from(start, len);
            *self.items.get() = ManuallyDrop::new(Vec::from_raw_parts(begin, len, room + front));
        }
    }

    /// The items as they are now.
    pub fn snapshot(&self) -> Vec<Value> {
        self.peek().clone()
    }

    /// Replaces all items and gives the old ones.
    pub fn replace(&self, items: Vec<Value>) -> Vec<Value> {
        std::mem::replace(&mut self.borrow_mut(), items)
    }

    /// See the file's head for what must not happen while the guard lives.
    #[inline]
    pub fn borrow(&self) -> Items<'_> {
        let borrows = self.borrows.get();
        assert!(borrows >= 0, "no borrow is held across user code");
        self.borrows.set(borrows + 1);
        Items { list: self }
    }

    /// See the file's head for what must not happen while the guard lives; in particular values taken out must be
    /// dropped after it.
    #[inline]
    pub fn borrow_mut(&self) -> ItemsMut<'_> {
        self.settle();
        assert!(self.borrows.get() == 0, "no borrow is held across user code");
        self.borrows.set(-1);
        ItemsMut { list: self }
    }
}

/// A borrow of a list's items ([`List::borrow`]).
pub struct Items<'a> {
    list: &'a List,
}

impl Deref for Items<'_> {
    type Target = Vec<Value>;
    #[inline(always)]
    fn deref(&self) -> &Vec<Value> {
        // SAFETY: counted as a borrow, beside which nobody changes the items.
        unsafe { &*self.list.items.get() }
    }
}

impl Drop for Items<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.list.borrows.set(self.list.borrows.get() - 1);
    }
}

/// A borrow of a list's items that may change them ([`List::borrow_mut`]).
pub struct ItemsMut<'a> {
    list: &'a List,
}

impl Deref for ItemsMut<'_> {
    type Target = Vec<Value>;
    #[inline(always)]
    fn deref(&self) -> &Vec<Value> {
        // SAFETY: the only borrow there is.
        unsafe { &*self.list.items.get() }
    }
}

impl DerefMut for ItemsMut<'_> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Vec<Value> {
        // SAFETY: the only borrow there is; the vec was settled when it began.
        unsafe { &mut *self.list.items.get() }
    }
}

impl Drop for ItemsMut<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.list.borrows.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a list of ints holds.
    fn ints(list: &List) -> Vec<i64> {
        list.borrow().iter().map(|item| if let Value::Int(n) = item { *n } else { -1 }).collect()
    }

    #[test]
    fn takes_and_puts_as_a_vec_does() {
        let mut plain: Vec<i64> = (0..200).collect();
        let list = List::new(plain.iter().map(|&n| Value::Int(n)).collect());
        for step in 0..1_000 {
            match step % 7 {
                0 | 2 | 4 if !plain.is_empty() => {
                    let removed = list.remove(0);
                    assert!(matches!(removed, Value::Int(n) if n == plain.remove(0)));
                }
                1 | 3 | 6 => {
                    plain.push(step);
                    list.push(Value::Int(step));
                }
                _ if step % 5 < 3 => {
                    let at = [0, 3, plain.len()][(step % 3) as usize];
                    plain.insert(at, step);
                    list.insert(at, Value::Int(step));
                }
                _ => drop((list.remove(1), plain.remove(1))),
            }
            assert_eq!(ints(&list), plain, "after step {step}");
        }
    }

    #[test]
    fn a_queue_keeps_its_room() {
        let list = List::new((0..100).map(Value::Int).collect());
        for n in 0..100_000 {
            list.push(Value::Int(n));
            list.remove(0);
        }
        assert!(list.borrow_mut().capacity() < 1_000);
        assert_eq!(list.len(), 100);
    }

    #[test]
    fn what_is_left_behind_places_in_front_is_dropped() {
        let text = Value::str("counted, and too long to stand in the object itself");
        let list = List::new(vec![text.clone(); 100]);
        (0..50).for_each(|_| drop(list.remove(0)));
        assert_eq!(list.replace(Vec::new()).len(), 50);
        let list = List::new(vec![text.clone(); 100]);
        (0..50).for_each(|_| drop(list.remove(0)));
        drop(list);
    }
}

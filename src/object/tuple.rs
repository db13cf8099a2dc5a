//! `tuple`: values that never change, behind their count in one allocation. Knows nothing of methods.
#![allow(unsafe_code)]

use std::ops::Deref;

use super::cycles::{Kind, Tracer};
use super::{Heap, R, Ref, Value};

/// Invariant: `len` valid values stand from `items` on, in the object's tail.
/// `repr(C)`: the items come last.
#[repr(C)]
pub struct Tuple {
    len: usize,
    items: [Value; 0],
}

impl Heap for Tuple {
    const KIND: Kind = Kind::Tuple;
    fn trace(&self, tracer: &mut Tracer) {
        tracer.values(self.iter());
    }
    fn tail(&self) -> usize {
        self.len * size_of::<Value>()
    }
}

impl Tuple {
    pub fn new(items: Vec<Value>) -> Ref<Tuple> {
        let tuple = Ref::with_tail(Tuple { len: items.len(), items: [] });
        // SAFETY: the tail has room for all of them, and nobody else has seen it; they are moved, so the vector forgets them.
        unsafe {
            let mut items = std::mem::ManuallyDrop::new(items);
            std::ptr::copy_nonoverlapping(items.as_ptr(), tuple.items.as_ptr().cast_mut(), items.len());
            items.set_len(0);
            drop(std::mem::ManuallyDrop::into_inner(items));
        }
        tuple
    }

    #[inline(always)]
    pub fn from_array<const N: usize>(items: [Value; N]) -> Ref<Tuple> {
        let tuple = Ref::with_tail(Tuple { len: N, items: [] });
        // SAFETY: the tail has room for `N` values, and nobody else has seen it.
        unsafe { tuple.items.as_ptr().cast_mut().cast::<[Value; N]>().write(items) };
        tuple
    }

    /// `len` values, made in order.
    #[inline(always)]
    pub fn from_fn(len: usize, mut item: impl FnMut() -> Value) -> Ref<Tuple> {
        match Tuple::try_from_fn(len, || Ok(item())) {
            Ok(tuple) => tuple,
            Err(_) => unreachable!("no value is an error"),
        }
    }

    /// `len` values, made in order until one fails.
    #[inline(always)]
    pub fn try_from_fn(len: usize, mut item: impl FnMut() -> R) -> R<Ref<Tuple>> {
        let tuple = Ref::with_tail(Tuple { len, items: [] });
        let start = tuple.items.as_ptr().cast_mut();
        // SAFETY: the tail has room for `len` values. They are all valid before `item` runs, which may end in an error that
        // drops the tuple; nobody else has seen it, so writing through the shared pointer races with no reader.
        unsafe {
            for at in 0..len {
                start.add(at).write(Value::Missing);
            }
            for at in 0..len {
                start.add(at).write(item()?);
            }
        }
        Ok(tuple)
    }
}

impl Deref for Tuple {
    type Target = [Value];
    #[inline(always)]
    fn deref(&self) -> &[Value] {
        // SAFETY: the type's invariant.
        unsafe { std::slice::from_raw_parts(self.items.as_ptr(), self.len) }
    }
}

/// Items go from the last to the first, as in CPython.
impl Drop for Tuple {
    fn drop(&mut self) {
        for at in (0..self.len).rev() {
            // SAFETY: the type's invariant; read once, as nobody looks at the tuple again.
            unsafe { self.items.as_ptr().add(at).read() }.discard();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::List;

    #[test]
    fn items_are_dropped_once_also_when_making_them_fails() {
        let list = List::new(Vec::new());
        let tuple = Tuple::new(vec![Value::List(list.clone()), Value::Int(1), Value::List(list.clone())]);
        assert_eq!((tuple.len(), Ref::count(&list)), (3, 3));
        drop(tuple);
        assert_eq!(Ref::count(&list), 1);
        assert!(Tuple::new(Vec::new()).is_empty());
    }
}

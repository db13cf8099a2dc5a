//! `tuple`: values that never change. Knows nothing of methods.

use std::ops::Deref;

use super::{Heap, Ref, Value};

pub struct Tuple {
    items: Box<[Value]>,
}

impl Heap for Tuple {}

/// Items go from the last to the first, as in CPython.
impl Drop for Tuple {
    fn drop(&mut self) {
        let mut items = std::mem::take(&mut self.items).into_vec();
        while let Some(item) = items.pop() {
            drop(item);
        }
    }
}

impl Tuple {
    pub fn new(items: Vec<Value>) -> Ref<Tuple> {
        Ref::new(Tuple { items: items.into_boxed_slice() })
    }
}

impl Deref for Tuple {
    type Target = [Value];
    #[inline(always)]
    fn deref(&self) -> &[Value] {
        &self.items
    }
}

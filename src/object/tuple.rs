//! `tuple`: values that never change. Knows nothing of methods.

use std::ops::Deref;

use super::{Heap, Ref, Value};

pub struct Tuple {
    items: Box<[Value]>,
}

impl Heap for Tuple {}

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

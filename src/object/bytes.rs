//! `bytes`: immutable. Knows nothing of methods.

use super::{Heap, Ref};

pub struct Bytes {
    data: Box<[u8]>,
}

impl Heap for Bytes {
    const NESTS: bool = false;
}

impl Bytes {
    pub fn new(data: Vec<u8>) -> Ref<Bytes> {
        Ref::new(Bytes { data: data.into_boxed_slice() })
    }

    pub fn as_slice(&self) -> &[u8] {
        &self.data
    }
}

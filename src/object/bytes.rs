//! `bytes`: immutable. Knows nothing of methods.

use super::{Heap, Ref};

pub struct Bytes {
    data: Vec<u8>,
}

impl Heap for Bytes {
    const NESTS: bool = false;
}

impl Bytes {
    pub fn new(mut data: Vec<u8>) -> Ref<Bytes> {
        data.shrink_to_fit();
        Ref::new(Bytes { data })
    }

    pub fn as_slice(&self) -> &[u8] {
        &self.data
    }

    /// Appends in place: only for what nobody else sees (`Ref::get_mut`). False, and unchanged, when there is no memory
    /// for it.
    #[must_use]
    pub fn try_push(&mut self, tail: &[u8]) -> bool {
        try_append(&mut self.data, tail)
    }
}

/// Appends to a buffer. False, and nothing changed, when there is no memory for it.
#[must_use]
pub fn try_append(buffer: &mut Vec<u8>, tail: &[u8]) -> bool {
    let room = buffer.try_reserve(tail.len()).is_ok();
    if room {
        buffer.extend_from_slice(tail);
    }
    room
}

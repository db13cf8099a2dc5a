//! The bytes of a bytearray, of which some can be taken off the front without moving the others: what has been parsed of a
//! stream is deleted there, piece by piece.

use std::ops::{Deref, DerefMut};

use crate::object::bytes::try_append;

#[derive(Default)]
pub struct ByteBuffer {
    bytes: Vec<u8>,
    /// How many at the start are deleted.
    front: usize,
}

impl From<Vec<u8>> for ByteBuffer {
    fn from(bytes: Vec<u8>) -> ByteBuffer {
        ByteBuffer { bytes, front: 0 }
    }
}

impl Deref for ByteBuffer {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[self.front..]
    }
}

impl DerefMut for ByteBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.front..]
    }
}

impl ByteBuffer {
    /// The bytes alone, for changes that move some of them anyway.
    pub fn vec(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..std::mem::take(&mut self.front));
        &mut self.bytes
    }

    /// Appends; false, and nothing changed, when there is no memory for it.
    #[must_use]
    pub fn try_extend(&mut self, more: &[u8]) -> bool {
        try_append(&mut self.bytes, more)
    }

    /// Deletes the bytes `start..end`, which are there.
    pub fn delete(&mut self, start: usize, end: usize) {
        if start > 0 {
            self.bytes.drain(self.front + start..self.front + end);
            return;
        }
        self.front += end;
        // Those left are moved when they are no more than have been deleted.
        if self.front * 2 >= self.bytes.len() {
            self.vec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deletes_as_a_vec_does() {
        let mut plain: Vec<u8> = (0..200).collect();
        let mut buffer = ByteBuffer::from(plain.clone());
        for (start, end) in [(0, 3), (0, 1), (5, 9), (0, 0), (0, 40), (20, 21), (0, 100), (0, 50)] {
            plain.drain(start..end);
            buffer.delete(start, end);
            assert_eq!(*buffer, *plain);
            plain.extend([1, 2]);
            assert!(buffer.try_extend(&[1, 2]));
            assert_eq!(*buffer, *plain);
        }
        assert_eq!(*buffer.vec(), plain);
    }
}

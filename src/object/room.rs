//! Where an instance's slots are: how many stand in its own allocation, and those beyond them; one word for both, as most
//! instances have none beyond. Knows nothing of names and shapes.
#![allow(unsafe_code)]

use std::cell::Cell;

use super::Value;

/// The slots beyond. Its alignment leaves the lowest bits of its address free.
#[repr(align(32))]
struct Beyond(Vec<Value>);

/// The bits of the word that hold the number of slots in place.
const IN_PLACE: usize = align_of::<Beyond>() - 1;

/// Invariant: but for its `IN_PLACE` bits the pointer is null, or that of a leaked `Box<Beyond>` which nothing else owns. No
/// reference into it outlives a method of this file, and none of them runs code of a script while one lives.
pub(super) struct Room(Cell<*mut Beyond>);

impl Room {
    /// Room for so many slots in place.
    pub(super) const MOST_IN_PLACE: u32 = 16;

    #[inline(always)]
    pub(super) fn new(in_place: u32) -> Room {
        const { assert!(Room::MOST_IN_PLACE as usize <= IN_PLACE) };
        Room(Cell::new(std::ptr::without_provenance_mut(in_place.min(Room::MOST_IN_PLACE) as usize)))
    }

    /// How many slots stand in the instance's allocation.
    #[inline(always)]
    pub(super) fn in_place(&self) -> usize {
        self.0.get().addr() & IN_PLACE
    }

    fn beyond(&self) -> *mut Beyond {
        self.0.get().map_addr(|word| word & !IN_PLACE)
    }

    /// The place of a slot, counted from the first one beyond.
    #[cold]
    pub(super) fn place(&self, slot: usize) -> Option<*mut Value> {
        // SAFETY: the type's invariant: null or ours.
        let beyond = unsafe { self.beyond().as_mut() }?;
        beyond.0.get_mut(slot).map(|place| place as *mut Value)
    }

    /// Adds a slot.
    pub(super) fn push(&self, value: Value) {
        if self.beyond().is_null() {
            let fresh = Box::into_raw(Box::new(Beyond(Vec::new())));
            self.0.set(fresh.map_addr(|address| address | self.in_place()));
        }
        // SAFETY: the type's invariant, and not null as of the lines above.
        unsafe { &mut *self.beyond() }.0.push(value);
    }

    /// Takes the slots from one on away.
    pub(super) fn split_off(&self, from: usize) -> Vec<Value> {
        // SAFETY: the type's invariant: null or ours.
        match unsafe { self.beyond().as_mut() } {
            Some(beyond) => beyond.0.split_off(from.min(beyond.0.len())),
            None => Vec::new(),
        }
    }
}

impl Drop for Room {
    #[inline(always)]
    fn drop(&mut self) {
        let beyond = self.beyond();
        if !beyond.is_null() {
            // SAFETY: the type's invariant.
            drop(unsafe { Box::from_raw(beyond) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_numbers_share_a_word() {
        let room = Room::new(3);
        assert!(room.place(0).is_none());
        for n in 0..40 {
            room.push(Value::Int(n));
            assert_eq!(room.in_place(), 3);
        }
        let place = room.place(39).expect("pushed just now");
        // SAFETY: read at once.
        assert_eq!(unsafe { (*place).as_i64() }, Some(39));
        assert_eq!(room.split_off(30).len(), 10);
        assert!(room.place(30).is_none());
        assert_eq!(size_of::<Room>(), 8);
    }
}

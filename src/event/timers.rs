//! Pending timers, ordered by (deadline, order of registration). Knows no clock: it is told the time.
//!
//! A timer is a 16-byte entry in a queue and a slot that holds its handle. Cancelling empties the slot and
//! leaves the entry behind, which costs constant time; entries without a handle are dropped when they reach
//! the front, or all at once when they are the majority (as CPython does in `_run_once`).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::clock::Nanos;

/// Names one timer for `cancel`, and no other: a key outlives its timer harmlessly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimerKey {
    slot: u32,
    generation: u32,
}

impl TimerKey {
    /// The key as a number, for where only one can be kept.
    pub fn to_bits(self) -> i64 {
        (u64::from(self.generation) << 32 | u64::from(self.slot)) as i64
    }

    /// The key that [`TimerKey::to_bits`] gave this number for.
    pub fn from_bits(bits: i64) -> TimerKey {
        TimerKey { slot: bits as u64 as u32, generation: (bits as u64 >> 32) as u32 }
    }
}

/// A deadline, a sequence number and a slot, packed so that one integer comparison orders them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry(u128);

impl Entry {
    fn new(when: Nanos, sequence: u32, slot: u32) -> Entry {
        // Flipping the sign bit makes unsigned order the order of signed deadlines.
        let when = when.0 as u64 ^ (1 << 63);
        Entry(u128::from(when) << 64 | u128::from(sequence) << 32 | u128::from(slot))
    }

    fn when(self) -> Nanos {
        Nanos(((self.0 >> 64) as u64 ^ (1 << 63)) as i64)
    }

    fn slot(self) -> u32 {
        self.0 as u32
    }
}

/// Where a timer's handle lives. A slot belongs to exactly one queued entry, or is on the free list.
struct Slot<H> {
    /// `None`: cancelled (its entry is still queued) or free.
    handle: Option<H>,
    /// Counts the slot's users, to tell a stale key.
    generation: u32,
    /// The next free slot, while this one is free.
    next_free: u32,
}

/// The end of the free list.
const NO_SLOT: u32 = u32::MAX;

/// Cancelled entries are swept only above this number (CPython: `_MIN_SCHEDULED_TIMER_HANDLES`).
const MIN_SWEEP: usize = 100;

pub struct Timers<H> {
    /// Entries in ascending order: a timer that is due no earlier than the last one here is appended.
    /// Timers of one delay come in that order, and most programs have few delays: this lane makes them
    /// constant-time where the heap takes 17 comparisons each.
    lane: VecDeque<Entry>,
    /// All other entries.
    heap: BinaryHeap<Reverse<Entry>>,
    slots: Vec<Slot<H>>,
    free: u32,
    sequence: u32,
    /// Queued entries whose slot was emptied by `cancel`.
    cancelled: usize,
}

impl<H> Timers<H> {
    pub const fn new() -> Timers<H> {
        Timers {
            lane: VecDeque::new(),
            heap: BinaryHeap::new(),
            slots: Vec::new(),
            free: NO_SLOT,
            sequence: 0,
            cancelled: 0,
        }
    }

    /// Timers that will fire.
    pub fn len(&self) -> usize {
        self.queued() - self.cancelled
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn queued(&self) -> usize {
        self.lane.len() + self.heap.len()
    }

    /// Adds a timer that fires at `when`, after all others of the same deadline.
    pub fn push(&mut self, when: Nanos, handle: H) -> TimerKey {
        if self.sequence == u32::MAX {
            self.renumber();
        }
        let slot = self.fill_slot(handle);
        let entry = Entry::new(when, self.sequence, slot);
        self.sequence += 1;
        if self.lane.back().is_none_or(|&last| last < entry) {
            self.lane.push_back(entry);
        } else {
            self.heap.push(Reverse(entry));
        }
        TimerKey { slot, generation: self.slots[slot as usize].generation }
    }

    /// Takes the handle of a timer that has not fired; `None` if it fired or was cancelled before.
    pub fn cancel(&mut self, key: TimerKey) -> Option<H> {
        let slot = self.slots.get_mut(key.slot as usize)?;
        if slot.generation != key.generation {
            return None;
        }
        let handle = slot.handle.take()?;
        self.cancelled += 1;
        if self.cancelled > MIN_SWEEP && self.cancelled * 2 > self.queued() {
            self.sweep();
        }
        Some(handle)
    }

    /// Gives a timer that has not fired another handle; gives back the one it had, or the new one if it has fired.
    ///
    /// # Errors
    /// The new handle, when the timer has fired or was cancelled.
    pub fn replace(&mut self, key: TimerKey, handle: H) -> Result<H, H> {
        match self.slots.get_mut(key.slot as usize) {
            Some(Slot { handle: Some(old), generation, .. }) if *generation == key.generation => {
                Ok(std::mem::replace(old, handle))
            }
            _ => Err(handle),
        }
    }

    /// The deadline of the next timer to fire.
    pub fn next_deadline(&mut self) -> Option<Nanos> {
        while let Some(entry) = self.peek() {
            if self.slots[entry.slot() as usize].handle.is_some() {
                return Some(entry.when());
            }
            self.pop_entry();
            self.cancelled -= 1;
            self.free_slot(entry.slot());
        }
        None
    }

    /// The next timer due at `now` (`when <= now`), in order.
    pub fn pop_due(&mut self, now: Nanos) -> Option<H> {
        while let Some(entry) = self.peek() {
            if entry.when() > now {
                return None;
            }
            self.pop_entry();
            let handle = self.slots[entry.slot() as usize].handle.take();
            self.free_slot(entry.slot());
            match handle {
                Some(handle) => return Some(handle),
                None => self.cancelled -= 1,
            }
        }
        None
    }

    /// Every handle that waits, in the order they would have fired; keys of all of them turn stale.
    pub fn take(&mut self) -> Vec<H> {
        std::iter::from_fn(|| self.pop_due(Nanos::MAX)).collect()
    }

    #[inline]
    fn peek(&self) -> Option<Entry> {
        match (self.lane.front(), self.heap.peek()) {
            (Some(&a), Some(&Reverse(b))) => Some(a.min(b)),
            (Some(&a), None) => Some(a),
            (None, Some(&Reverse(b))) => Some(b),
            (None, None) => None,
        }
    }

    /// Removes what `peek` shows.
    #[inline]
    fn pop_entry(&mut self) {
        match (self.lane.front(), self.heap.peek()) {
            (Some(a), Some(Reverse(b))) if b < a => drop(self.heap.pop()),
            (Some(_), _) => drop(self.lane.pop_front()),
            (None, _) => drop(self.heap.pop()),
        }
    }

    fn fill_slot(&mut self, handle: H) -> u32 {
        let slot = self.free;
        if let Some(free) = self.slots.get_mut(slot as usize) {
            self.free = free.next_free;
            free.handle = Some(handle);
            return slot;
        }
        let slot = u32::try_from(self.slots.len()).expect("2**32 timers of 32 bytes do not fit into memory");
        self.slots.push(Slot { handle: Some(handle), generation: 0, next_free: NO_SLOT });
        slot
    }

    fn free_slot(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        slot.generation = slot.generation.wrapping_add(1);
        slot.next_free = self.free;
        self.free = index;
    }

    /// Drops the entries of cancelled timers. Called when they are the majority, so that a timer pays for
    /// at most two visits.
    #[cold]
    fn sweep(&mut self) {
        let (mut lane, mut heap) = (std::mem::take(&mut self.lane), std::mem::take(&mut self.heap));
        lane.retain(|&entry| self.keep(entry));
        heap.retain(|&Reverse(entry)| self.keep(entry));
        (self.lane, self.heap, self.cancelled) = (lane, heap, 0);
    }

    fn keep(&mut self, entry: Entry) -> bool {
        let live = self.slots[entry.slot() as usize].handle.is_some();
        if !live {
            self.free_slot(entry.slot());
        }
        live
    }

    /// Sequence numbers anew from zero, once in 2**32 timers: what is queued keeps its order.
    #[cold]
    fn renumber(&mut self) {
        let mut entries: Vec<Entry> = self.lane.drain(..).collect();
        entries.extend(self.heap.drain().map(|Reverse(entry)| entry));
        entries.sort_unstable();
        self.sequence = 0;
        for entry in entries {
            self.lane.push_back(Entry::new(entry.when(), self.sequence, entry.slot()));
            self.sequence += 1;
        }
    }
}

impl<H> Default for Timers<H> {
    fn default() -> Timers<H> {
        Timers::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small generator of pseudo-random numbers (xorshift64*), to have the same test in every run.
    struct Random(u64);

    impl Random {
        fn below(&mut self, n: u64) -> u64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
        }
    }

    #[test]
    fn a_timer_costs_forty_bytes_at_most() {
        assert_eq!(size_of::<Entry>(), 16);
        assert_eq!(size_of::<Slot<Box<u8>>>(), 16);
        // A fat pointer stands for any 16-byte handle with a niche.
        assert!(size_of::<Entry>() + size_of::<Slot<Box<[u8]>>>() <= 40);
    }

    #[test]
    fn equal_deadlines_fire_in_order_of_registration() {
        let mut timers = Timers::new();
        for i in 0..10 {
            timers.push(Nanos(5), i);
            timers.push(Nanos(3), 100 + i);
        }
        assert_eq!(timers.next_deadline(), Some(Nanos(3)));
        let first: Vec<i32> = std::iter::from_fn(|| timers.pop_due(Nanos(4))).collect();
        assert_eq!(first, (100..110).collect::<Vec<_>>());
        assert_eq!(timers.take(), (0..10).collect::<Vec<_>>());
        assert!(timers.is_empty());
    }

    #[test]
    fn negative_deadlines_come_first() {
        let mut timers = Timers::new();
        for when in [0, i64::MAX, -1, 1, i64::MIN] {
            timers.push(Nanos(when), when);
        }
        assert_eq!(timers.take(), [i64::MIN, -1, 0, 1, i64::MAX]);
    }

    #[test]
    fn a_stale_key_cancels_nothing() {
        let mut timers = Timers::new();
        let key = timers.push(Nanos(1), 'a');
        assert_eq!(timers.pop_due(Nanos(1)), Some('a'));
        let reused = timers.push(Nanos(2), 'b');
        assert_eq!(timers.cancel(key), None);
        assert_eq!(timers.cancel(reused), Some('b'));
        assert_eq!(timers.cancel(reused), None);
        assert_eq!(timers.next_deadline(), None);
    }

    #[test]
    fn cancelled_timers_are_swept() {
        let mut timers = Timers::new();
        for round in 0..1000 {
            let key = timers.push(Nanos::secs(3600), round);
            assert_eq!(timers.cancel(key), Some(round));
        }
        assert!(timers.queued() <= 2 * MIN_SWEEP, "{} entries left of 1000 cancelled", timers.queued());
        assert!(timers.is_empty());
    }

    #[test]
    fn renumbering_keeps_the_order_and_the_keys() {
        let mut timers = Timers::new();
        timers.sequence = u32::MAX - 3;
        let keys: Vec<TimerKey> = (0..8).map(|i| timers.push(Nanos(i % 2), i)).collect();
        assert!(timers.sequence < 10);
        assert_eq!(timers.cancel(keys[2]), Some(2));
        assert_eq!(timers.take(), [0, 4, 6, 1, 3, 5, 7]);
    }

    /// The same random operations on the timers and on a plain list, compared after each.
    #[test]
    fn agrees_with_a_sorted_list() {
        for seed in 1..=60u64 {
            let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let mut timers = Timers::new();
            let mut model: Vec<(i64, u64)> = Vec::new();
            let mut keys: Vec<(TimerKey, u64)> = Vec::new();
            let (mut now, mut next) = (0i64, 0u64);
            let spread = [1, 4, 1000, 1_000_000][seed as usize % 4];
            let cancels = 10 + 30 * (seed % 3);
            for _ in 0..3000 {
                let roll = random.below(100);
                if roll < cancels && !keys.is_empty() {
                    let (key, id) = keys.swap_remove(random.below(keys.len() as u64) as usize);
                    let expected = model.iter().position(|&(_, other)| other == id).map(|at| model.remove(at).1);
                    assert_eq!(timers.cancel(key), expected);
                } else if roll < 90 {
                    let when = now + random.below(spread) as i64;
                    keys.push((timers.push(Nanos(when), next), next));
                    let at = model.partition_point(|&(other, _)| other <= when);
                    model.insert(at, (when, next));
                    next += 1;
                } else {
                    now += random.below(spread) as i64;
                    let due = model.partition_point(|&(when, _)| when <= now);
                    let expected: Vec<u64> = model.drain(..due).map(|(_, id)| id).collect();
                    let fired: Vec<u64> = std::iter::from_fn(|| timers.pop_due(Nanos(now))).collect();
                    assert_eq!(fired, expected);
                }
                assert_eq!(timers.len(), model.len());
                assert_eq!(timers.next_deadline(), model.first().map(|&(when, _)| Nanos(when)));
            }
            assert_eq!(timers.take(), model.iter().map(|&(_, id)| id).collect::<Vec<_>>());
        }
    }
}

//! The ready queue: handles in the order they became ready, run a turn at a time. Knows no clock.

use std::collections::VecDeque;

/// First in, first out. A turn runs the handles that were present when it began; what they make ready
/// waits for the next one (CPython: `Lib/asyncio/base_events.py`, `_run_once`).
pub struct Ready<H> {
    queue: VecDeque<H>,
    /// Handles of the current turn that have not run. Invariant: `turn <= queue.len()`, and they are the
    /// first `turn` of the queue.
    turn: usize,
}

impl<H> Ready<H> {
    pub const fn new() -> Ready<H> {
        Ready { queue: VecDeque::new(), turn: 0 }
    }

    #[inline]
    pub fn push(&mut self, handle: H) {
        self.queue.push_back(handle);
    }

    /// Begins a turn; returns how many handles it has.
    #[inline]
    pub fn begin(&mut self) -> usize {
        self.turn = self.queue.len();
        self.turn
    }

    /// The next handle of this turn, `None` when the turn is over.
    #[inline]
    pub fn pop(&mut self) -> Option<H> {
        if self.turn == 0 {
            return None;
        }
        self.turn -= 1;
        self.queue.pop_front()
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Everything queued, front first, and the turn ended.
    pub fn take(&mut self) -> VecDeque<H> {
        self.turn = 0;
        std::mem::take(&mut self.queue)
    }
}

impl<H> Default for Ready<H> {
    fn default() -> Ready<H> {
        Ready::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_leaves_what_it_made_ready_to_the_next() {
        let mut ready = Ready::new();
        ready.push(1);
        ready.push(2);
        assert_eq!(ready.pop(), None);
        assert_eq!(ready.begin(), 2);
        assert_eq!(ready.pop(), Some(1));
        ready.push(3);
        assert_eq!(ready.pop(), Some(2));
        assert_eq!(ready.pop(), None);
        assert_eq!((ready.begin(), ready.pop()), (1, Some(3)));
        assert!(ready.is_empty());
    }

    #[test]
    fn a_turn_cut_short_runs_on_in_the_next() {
        let mut ready = Ready::new();
        ready.push('a');
        ready.push('b');
        ready.begin();
        ready.pop();
        ready.push('c');
        assert_eq!(ready.begin(), 2);
        assert_eq!(ready.take(), ['b', 'c']);
        assert_eq!(ready.pop(), None);
    }
}

//! `range`, `slice` and `complex`: small immutable records. They know nothing of methods.

use num_bigint::BigInt;

use super::{Heap, Ref, Value};

impl Heap for BigInt {}

pub struct Complex {
    pub re: f64,
    pub im: f64,
}

impl Heap for Complex {}

/// `range(start, stop, step)` within `i64` (larger bounds raise OverflowError where it is made).
pub struct Range {
    pub start: i64,
    pub stop: i64,
    /// Never 0.
    pub step: i64,
}

impl Heap for Range {}

impl Range {
    pub fn new(start: i64, stop: i64, step: i64) -> Ref<Range> {
        Ref::new(Range { start, stop, step })
    }

    /// How many items there are.
    pub fn len(&self) -> u64 {
        let (from, to) = if self.step > 0 { (self.start, self.stop) } else { (self.stop, self.start) };
        if from >= to {
            return 0;
        }
        let distance = (to as i128 - from as i128) as u128;
        distance.div_ceil(self.step.unsigned_abs() as u128).min(u64::MAX as u128) as u64
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at an index within the length.
    pub fn get(&self, index: u64) -> i64 {
        (self.start as i128 + self.step as i128 * index as i128) as i64
    }

    /// The index of an item, if the range holds it.
    pub fn index_of(&self, item: i64) -> Option<u64> {
        let distance = item as i128 - self.start as i128;
        let step = self.step as i128;
        if distance % step != 0 {
            return None;
        }
        let index = distance / step;
        (index >= 0 && (index as u128) < self.len() as u128).then_some(index as u64)
    }
}

/// `slice(start, stop, step)`; what is not given is None.
pub struct Slice {
    pub start: Value,
    pub stop: Value,
    pub step: Value,
}

impl Heap for Slice {}

/// A slice applied to a length: `step != 0`, and `count` items from `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indices {
    pub start: i64,
    pub stop: i64,
    pub step: i64,
    pub count: usize,
}

impl Slice {
    /// `slice.indices(length)` for parts that are ints already (`None` where not given).
    pub fn adjust(start: Option<i64>, stop: Option<i64>, step: i64, length: usize) -> Indices {
        let length = length as i64;
        let clamp = |index: i64| {
            let index = if index < 0 { index.saturating_add(length) } else { index };
            if step > 0 { index.clamp(0, length) } else { index.clamp(-1, length - 1) }
        };
        let start = start.map_or(if step > 0 { 0 } else { length - 1 }, clamp);
        let stop = stop.map_or(if step > 0 { length } else { -1 }, clamp);
        let distance = if step > 0 { stop - start } else { start - stop };
        let count = if distance <= 0 { 0 } else { (distance as u64).div_ceil(step.unsigned_abs()) as usize };
        Indices { start, stop, step, count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_count_and_find() {
        let r = Range { start: 10, stop: 0, step: -3 };
        assert_eq!((r.len(), r.get(3), r.index_of(4), r.index_of(5)), (4, 1, Some(2), None));
        assert_eq!(Range { start: i64::MIN, stop: i64::MAX, step: 1 }.len(), u64::MAX);
    }

    #[test]
    fn slices_clamp_as_python_does() {
        assert_eq!(Slice::adjust(None, None, -1, 3), Indices { start: 2, stop: -1, step: -1, count: 3 });
        assert_eq!(Slice::adjust(Some(-100), Some(100), 2, 5).count, 3);
        assert_eq!(Slice::adjust(Some(3), Some(1), 1, 5).count, 0);
    }
}

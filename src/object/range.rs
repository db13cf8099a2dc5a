//! `range`, `slice` and `complex`: small immutable records. They know nothing of methods.

use num_bigint::BigInt;

use super::cycles::{Kind, Tracer};
use super::{Heap, Ref, Value};

impl Heap for BigInt {
    const NESTS: bool = false;
}

pub struct Complex {
    pub re: f64,
    pub im: f64,
}

impl Heap for Complex {
    const NESTS: bool = false;
}

/// `range(start, stop, step)` with bounds below [`Range::LIMIT`] (larger ones raise OverflowError where it is made).
pub struct Range {
    pub start: i128,
    pub stop: i128,
    /// Never 0.
    pub step: i128,
}

impl Heap for Range {
    const NESTS: bool = false;
}

impl Range {
    /// No bound and no step reaches this, so that distances of items stay within `i128`.
    pub const LIMIT: i128 = 1 << 125;

    pub fn new(start: i128, stop: i128, step: i128) -> Ref<Range> {
        Ref::new(Range { start, stop, step })
    }

    /// How many items there are.
    pub fn len(&self) -> u128 {
        let (from, to) = if self.step > 0 { (self.start, self.stop) } else { (self.stop, self.start) };
        match u128::try_from(to - from) {
            Ok(distance) => match (u64::try_from(distance), u64::try_from(self.step.unsigned_abs())) {
                // Dividing 128 bits is slow.
                (Ok(distance), Ok(step)) => distance.div_ceil(step).into(),
                _ => distance.div_ceil(self.step.unsigned_abs()),
            },
            Err(_) => 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at an index within the length.
    pub fn get(&self, index: u128) -> i128 {
        self.start + self.step * index as i128
    }

    /// First item, step and length, when the items fit.
    pub fn narrow(&self) -> Option<(i64, i64, u64)> {
        let left = u64::try_from(self.len()).ok()?;
        if left > 0 {
            i64::try_from(self.get(u128::from(left) - 1)).ok()?;
        }
        Some((i64::try_from(self.start).ok()?, i64::try_from(self.step).ok()?, left))
    }

    /// The index of an item, if the range holds it.
    pub fn index_of(&self, item: i128) -> Option<u128> {
        let distance = item.checked_sub(self.start)?;
        if distance % self.step != 0 {
            return None;
        }
        let index = u128::try_from(distance / self.step).ok()?;
        (index < self.len()).then_some(index)
    }
}

/// `slice(start, stop, step)`; what is not given is None.
pub struct Slice {
    pub start: Value,
    pub stop: Value,
    pub step: Value,
}

impl Heap for Slice {
    const KIND: Kind = Kind::Slice;
    fn trace(&self, tracer: &mut Tracer) {
        tracer.values([&self.start, &self.stop, &self.step]);
    }
}

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
        let wide = Range { start: 0, stop: 1 << 64, step: 1 };
        assert_eq!((wide.len(), wide.narrow()), (1 << 64, None));
        assert_eq!(Range { start: -1, stop: 1 << 63, step: 1 << 62 }.narrow(), Some((-1, 1 << 62, 3)));
    }

    #[test]
    fn slices_clamp_as_python_does() {
        assert_eq!(Slice::adjust(None, None, -1, 3), Indices { start: 2, stop: -1, step: -1, count: 3 });
        assert_eq!(Slice::adjust(Some(-100), Some(100), 2, 5).count, 3);
        assert_eq!(Slice::adjust(Some(3), Some(1), 1, 5).count, 0);
    }
}

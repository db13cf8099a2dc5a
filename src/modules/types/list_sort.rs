//! Sorting: a stable merge sort of runs, as CPython's in what it compares on short lists. Any comparison may run a script's
//! code and may fail; the list is empty meanwhile, as in CPython (`Objects/listobject.c`, `list.sort`).

use crate::modules::support::{flag, list};
use crate::object::{R, Value, Vm};

/// `list.sort(*, key=None, reverse=False)`
pub fn sort_row(vm: &Vm, args: &[Value]) -> R {
    let reverse = flag(vm, &args[2], false)?;
    let this = list(vm, &args[0])?;
    let items = this.replace(Vec::new());
    let result = sort(vm, &items, &args[1], reverse);
    let (sorted, result) = match result {
        Ok(sorted) => (sorted, Ok(Value::None)),
        Err(raised) => (items.clone(), Err(raised)),
    };
    let meanwhile = this.replace(sorted);
    drop(items);
    if result.is_ok() && !meanwhile.is_empty() {
        drop(meanwhile);
        return Err(vm.value_error("list modified during sort"));
    }
    drop(meanwhile);
    result
}

/// The items in ascending order (descending with `reverse`, equal ones keeping theirs).
///
/// # Errors
/// What `key` and the comparisons raise.
pub fn sort(vm: &Vm, items: &[Value], key: &Value, reverse: bool) -> R<Vec<Value>> {
    let own;
    let keys: &[Value] = if key.is_none_or_missing() {
        items
    } else {
        let mut keys = Vec::with_capacity(items.len());
        for item in items {
            keys.push(vm.call1(key, item)?);
        }
        own = keys;
        &own
    };
    Ok(order(vm, keys, reverse)?.into_iter().map(|i| items[i as usize].clone()).collect())
}

/// The indices of keys as sorting orders them.
///
/// # Errors
/// What the comparisons raise.
pub fn order(vm: &Vm, keys: &[Value], reverse: bool) -> R<Vec<u32>> {
    match quick_order(keys, reverse) {
        Some(order) => Ok(order),
        None => slow_order(vm, keys, reverse),
    }
}

/// The order of keys that are all small ints, all floats (no nan) or all strs.
fn quick_order(keys: &[Value], reverse: bool) -> Option<Vec<u32>> {
    match keys.first()? {
        Value::Int(_) => {
            let keys = numbered(keys, |key| match key {
                Value::Int(n) => Some(*n),
                _ => None,
            })?;
            Some(ordered(keys, reverse, |a, b| a.cmp(b)))
        }
        Value::Float(_) => {
            let keys = numbered(keys, |key| match key {
                Value::Float(x) if !x.get().is_nan() => Some(x.get()),
                _ => None,
            })?;
            // Without nan all floats compare; -0.0 and 0.0 are equal and keep their order.
            Some(ordered(keys, reverse, |a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal)))
        }
        Value::Str(_) => {
            let keys = numbered(keys, |key| match key {
                Value::Str(s) => Some(s.as_str()),
                _ => None,
            })?;
            Some(ordered(keys, reverse, |a, b| a.cmp(b)))
        }
        Value::Tuple(first) => {
            let kinds: Vec<u64> = first.iter().map(ordered_kind).collect::<Option<_>>()?;
            let keys = numbered(keys, |key| match key {
                Value::Tuple(items) if items.len() <= kinds.len() => {
                    let alike = items.iter().zip(&kinds).all(|(item, &kind)| ordered_kind(item) == Some(kind));
                    alike.then_some(&items[..])
                }
                _ => None,
            })?;
            Some(ordered(keys, reverse, |a, b| compare_alike(a, b)))
        }
        _ => None,
    }
}

/// A number for each kind that orders all of its own: small ints, floats but nan, strs.
fn ordered_kind(value: &Value) -> Option<u64> {
    match value {
        Value::Float(x) if x.get().is_nan() => None,
        Value::Int(_) | Value::Float(_) | Value::Str(_) => Some(value.fixed_kind()),
        _ => None,
    }
}

/// Two tuples whose items agree in kind, place by place.
fn compare_alike(a: &[Value], b: &[Value]) -> std::cmp::Ordering {
    use std::cmp::Ordering::Equal;
    for pair in a.iter().zip(b) {
        let order = match pair {
            (Value::Int(x), Value::Int(y)) => x.cmp(y),
            (Value::Str(x), Value::Str(y)) => x.as_str().cmp(y.as_str()),
            (Value::Float(x), Value::Float(y)) => x.get().partial_cmp(&y.get()).unwrap_or(Equal),
            _ => Equal,
        };
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

fn numbered<'a, K>(keys: &'a [Value], plain: impl Fn(&'a Value) -> Option<K>) -> Option<Vec<(K, u32)>> {
    keys.iter().enumerate().map(|(i, key)| Some((plain(key)?, i as u32))).collect()
}

fn ordered<K>(mut keys: Vec<(K, u32)>, reverse: bool, cmp: impl Fn(&K, &K) -> std::cmp::Ordering) -> Vec<u32> {
    // Reversed twice, equal items keep their order.
    if reverse {
        keys.reverse();
    }
    keys.sort_by(|a, b| cmp(&a.0, &b.0));
    if reverse {
        keys.reverse();
    }
    keys.into_iter().map(|(_, i)| i).collect()
}

fn slow_order(vm: &Vm, keys: &[Value], reverse: bool) -> R<Vec<u32>> {
    let mut order: Vec<u32> = (0..keys.len() as u32).collect();
    // As in `ordered`.
    if reverse {
        order.reverse();
    }
    Sorter { vm, keys, order: &mut order, spare: Vec::new() }.run()?;
    if reverse {
        order.reverse();
    }
    Ok(order)
}

struct Sorter<'a> {
    vm: &'a Vm,
    keys: &'a [Value],
    order: &'a mut [u32],
    spare: Vec<u32>,
}

/// Lists shorter than this are one run, grown by insertion.
const SHORT: usize = 64;

impl Sorter<'_> {
    /// Whether the key of one item is less than that of another.
    fn less(&self, a: u32, b: u32) -> R<bool> {
        self.vm.lt(&self.keys[a as usize], &self.keys[b as usize])
    }

    fn run(&mut self) -> R<()> {
        let len = self.order.len();
        // Runs of at least this length merge evenly.
        let mut least = len;
        let mut odd = 0;
        while least >= SHORT {
            odd |= least & 1;
            least >>= 1;
        }
        let least = least + odd;
        // Runs not merged yet, as (start, length); each at least about twice as long as the next.
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut start = 0;
        while start < len {
            let mut length = self.take_run(start)?;
            if length < least {
                let wanted = least.min(len - start);
                self.insert(start, start + length, start + wanted)?;
                length = wanted;
            }
            runs.push((start, length));
            start += length;
            while let [.., (_, a), (_, b)] = runs[..]
                && (a <= b || runs.len() > 2 && runs[runs.len() - 3].1 <= a + b)
            {
                self.merge_last(&mut runs)?;
            }
        }
        while runs.len() > 1 {
            self.merge_last(&mut runs)?;
        }
        Ok(())
    }

    fn merge_last(&mut self, runs: &mut Vec<(usize, usize)>) -> R<()> {
        if let [.., (start, a), (_, b)] = runs[..] {
            self.merge(start, start + a, start + a + b)?;
            runs.pop();
            if let Some(last) = runs.last_mut() {
                last.1 = a + b;
            }
        }
        Ok(())
    }

    /// Whether the item at an index is less than the one before it.
    fn falls(&self, at: usize) -> R<bool> {
        self.less(self.order[at], self.order[at - 1])
    }

    /// The length of the run at `start`, made ascending. A descending one is turned round, equal items in it keeping their
    /// order; then it may go on ascending. (CPython 3.13's `count_run`.)
    fn take_run(&mut self, start: usize) -> R<usize> {
        let len = self.order.len();
        let mut end = start + 1;
        while end < len && !self.falls(end)? {
            end += 1;
        }
        if end == len {
            return Ok(len - start);
        }
        if end > start + 1 {
            if self.less(self.order[start], self.order[end - 1])? {
                return Ok(end - start);
            }
            // All equal so far: turned here, to be turned back with the whole.
            self.order[start..end].reverse();
        }
        end += 1;
        let mut equal = 0;
        while end < len {
            if self.falls(end)? {
                self.order[end - equal - 1..end].reverse();
                equal = 0;
            } else if self.less(self.order[end - 1], self.order[end])? {
                break;
            } else {
                equal += 1;
            }
            end += 1;
        }
        self.order[end - equal - 1..end].reverse();
        self.order[start..end].reverse();
        while end < len && !self.falls(end)? {
            end += 1;
        }
        Ok(end - start)
    }

    /// Grows the sorted `start..sorted` to `end` by binary insertion.
    fn insert(&mut self, start: usize, sorted: usize, end: usize) -> R<()> {
        for at in sorted..end {
            let item = self.order[at];
            let (mut low, mut high) = (start, at);
            while low < high {
                let middle = low + (high - low) / 2;
                if self.less(item, self.order[middle])? { high = middle } else { low = middle + 1 }
            }
            self.order[low..=at].rotate_right(1);
        }
        Ok(())
    }

    /// Merges the sorted `start..middle` and `middle..end`.
    fn merge(&mut self, start: usize, middle: usize, end: usize) -> R<()> {
        let mut left = std::mem::take(&mut self.spare);
        left.clear();
        left.extend_from_slice(&self.order[start..middle]);
        let (mut i, mut j, mut out) = (0, middle, start);
        while i < left.len() && j < end {
            if self.less(self.order[j], left[i])? {
                self.order[out] = self.order[j];
                j += 1;
            } else {
                self.order[out] = left[i];
                i += 1;
            }
            out += 1;
        }
        self.order[out..out + left.len() - i].copy_from_slice(&left[i..]);
        self.spare = left;
        Ok(())
    }
}

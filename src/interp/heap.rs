//! A binary heap in a list, item for item as `Modules/_heapqmodule.c` arranges it: which of two equal items comes first is
//! visible. Knows not whether scripts can see the list.

use super::compare::quick_less;
use crate::object::{List, R, Value, Vm};

/// What can be arranged as a heap. Comparing may run a script's code.
pub trait Items {
    /// How many there are.
    fn count(&self) -> usize;
    /// Whether the item at `a` goes above the one at `b`.
    fn before(&self, vm: &Vm, a: usize, b: usize) -> R<bool>;
    fn swap(&mut self, a: usize, b: usize);
}

/// Items that nobody else sees, the least on top.
impl Items for Vec<Value> {
    fn count(&self) -> usize {
        Vec::len(self)
    }

    fn before(&self, vm: &Vm, a: usize, b: usize) -> R<bool> {
        vm.lt(&self[a], &self[b])
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.as_mut_slice().swap(a, b);
    }
}

/// A script's list, which comparisons may reach.
pub struct Shared<'a> {
    list: &'a List,
    /// The length that it must keep meanwhile.
    len: usize,
    /// The greatest goes on top, not the least.
    greatest: bool,
}

impl<'a> Shared<'a> {
    pub fn new(list: &'a List, greatest: bool) -> Shared<'a> {
        Shared { list, len: list.len(), greatest }
    }
}

impl Items for Shared<'_> {
    fn count(&self) -> usize {
        self.len
    }

    /// # Errors
    /// Those of `<`; RuntimeError `list changed size during iteration`.
    #[inline]
    fn before(&self, vm: &Vm, a: usize, b: usize) -> R<bool> {
        let (a, b) = if self.greatest { (b, a) } else { (a, b) };
        let pair = {
            let items = self.list.borrow();
            match (items.get(a), items.get(b)) {
                (Some(a), Some(b)) => match quick_less(a, b) {
                    Some(less) => return Ok(less),
                    None => Some((a.clone(), b.clone())),
                },
                _ => None,
            }
        };
        let less = match &pair {
            Some((a, b)) => vm.lt(a, b)?,
            None => false,
        };
        drop(pair);
        if self.list.len() != self.len {
            return Err(vm.runtime_error("list changed size during iteration"));
        }
        Ok(less)
    }

    #[inline]
    fn swap(&mut self, a: usize, b: usize) {
        let mut items = self.list.borrow_mut();
        // A finaliser may have shortened the list since it was compared.
        if a.max(b) < items.count() {
            items.swap(a, b);
        }
    }
}

/// `heapq.heappush`
///
/// # Errors
/// Those of comparing items; the heap holds all items then, in some order.
pub fn push(vm: &Vm, heap: &mut Vec<Value>, item: Value) -> R<()> {
    heap.push(item);
    let last = heap.count() - 1;
    sift_down(vm, heap, 0, last)
}

/// `heapq.heappop`; `None` when it is empty.
///
/// # Errors
/// As for [`push`].
pub fn pop(vm: &Vm, heap: &mut Vec<Value>) -> R<Option<Value>> {
    let Some(last) = heap.pop() else { return Ok(None) };
    if heap.is_empty() {
        return Ok(Some(last));
    }
    let first = std::mem::replace(&mut heap[0], last);
    sift_up(vm, heap, 0)?;
    Ok(Some(first))
}

/// Moves the item at `at` towards `start` until its parent goes not below it.
///
/// # Errors
/// Those of comparing items.
pub fn sift_down(vm: &Vm, heap: &mut impl Items, start: usize, mut at: usize) -> R<()> {
    while at > start {
        let parent = (at - 1) / 2;
        if !heap.before(vm, at, parent)? {
            break;
        }
        heap.swap(at, parent);
        at = parent;
    }
    Ok(())
}

/// Moves the item at `at` down to a leaf along the children that go above, then back up to its place.
///
/// # Errors
/// Those of comparing items.
pub fn sift_up(vm: &Vm, heap: &mut impl Items, mut at: usize) -> R<()> {
    let start = at;
    loop {
        let mut child = 2 * at + 1;
        if child >= heap.count() {
            break;
        }
        let right = child + 1;
        if right < heap.count() && !heap.before(vm, child, right)? {
            child = right;
        }
        heap.swap(at, child);
        at = child;
    }
    sift_down(vm, heap, start, at)
}

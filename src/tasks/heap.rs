//! A binary heap in a list, item for item as `Lib/heapq.py` arranges it: which of two equal items comes first is visible.

use crate::object::{R, Value, Vm};

/// `heapq.heappush`
///
/// # Errors
/// Those of comparing items; the heap holds all items then, in some order.
pub fn push(vm: &Vm, heap: &mut Vec<Value>, item: Value) -> R<()> {
    heap.push(item);
    let last = heap.len() - 1;
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

/// Moves the item at `at` towards `start` until its parent is not greater.
fn sift_down(vm: &Vm, heap: &mut [Value], start: usize, mut at: usize) -> R<()> {
    while at > start {
        let parent = (at - 1) / 2;
        if !vm.lt(&heap[at], &heap[parent])? {
            break;
        }
        heap.swap(at, parent);
        at = parent;
    }
    Ok(())
}

/// Moves the item at `at` down to a leaf along the lesser children, then back up to its place.
fn sift_up(vm: &Vm, heap: &mut [Value], mut at: usize) -> R<()> {
    let start = at;
    loop {
        let mut child = 2 * at + 1;
        if child >= heap.len() {
            break;
        }
        let right = child + 1;
        if right < heap.len() && !vm.lt(&heap[child], &heap[right])? {
            child = right;
        }
        heap.swap(at, child);
        at = child;
    }
    sift_down(vm, heap, start, at)
}

//! The module `heapq`: lists as heaps, and the few least or greatest of many. How heaps are arranged is `interp/heap.rs`'s.

use super::ModuleSpec;
use super::types::order;
use crate::interp::CompareOp;
use crate::interp::heap::{Shared, sift_down, sift_up};
use crate::modules::packed::packed;
use crate::object::{Fun, List, R, Ref, Row, Value, Vm};

pub static SPEC: ModuleSpec =
    ModuleSpec { name: "heapq", rows: ROWS, init: None, script: Some(packed!("heapq/heapq")) };

const ROWS: &[Row] = &[
    Row::function("heappush", "(heap, item, /)", Fun::F2(push)),
    Row::function("heappop", "(heap, /)", Fun::F1(|vm, heap| pop(vm, heap, false))),
    Row::function("heapify", "(heap, /)", Fun::F1(|vm, heap| arrange(vm, heap, false))),
    Row::function("heapreplace", "(heap, item, /)", Fun::F2(|vm, heap, item| replace(vm, heap, item, false))),
    Row::function("heappushpop", "(heap, item, /)", Fun::F2(push_pop)),
    Row::function("_heappop_max", "(heap, /)", Fun::F1(|vm, heap| pop(vm, heap, true))),
    Row::function("_heapify_max", "(heap, /)", Fun::F1(|vm, heap| arrange(vm, heap, true))),
    Row::function("_heapreplace_max", "(heap, item, /)", Fun::F2(|vm, heap, item| replace(vm, heap, item, true))),
    Row::function("nsmallest", "(n, iterable, key=None)", Fun::Bound(|vm, args| foremost(vm, args, false))),
    Row::function("nlargest", "(n, iterable, key=None)", Fun::Bound(|vm, args| foremost(vm, args, true))),
];

/// `what` is the function with what its message calls the argument.
fn list_of<'a>(vm: &Vm, heap: &'a Value, what: &str) -> R<&'a Ref<List>> {
    match heap.base() {
        Value::List(list) => Ok(list),
        _ => Err(vm.type_error(format!("{what} must be list, not {}", vm.type_name(heap)))),
    }
}

fn push(vm: &Vm, heap: &Value, item: &Value) -> R {
    let list = list_of(vm, heap, "heappush() argument 1")?;
    if let Err(refused) = list.try_push(item.clone()) {
        drop(refused);
        return Err(vm.memory_error());
    }
    let last = list.len() - 1;
    sift_down(vm, &mut Shared::new(list, false), 0, last).map(|()| Value::None)
}

fn pop(vm: &Vm, heap: &Value, greatest: bool) -> R {
    let what = if greatest { "_heappop_max() argument" } else { "heappop() argument" };
    let list = list_of(vm, heap, what)?;
    let Some(last) = list.pop() else { return Err(vm.index_error("index out of range")) };
    match list.set(0, last) {
        Ok(first) => sift_up(vm, &mut Shared::new(list, greatest), 0).map(|()| first),
        Err(only) => Ok(only),
    }
}

fn arrange(vm: &Vm, heap: &Value, greatest: bool) -> R {
    let what = if greatest { "_heapify_max() argument" } else { "heapify() argument" };
    let list = list_of(vm, heap, what)?;
    let mut items = Shared::new(list, greatest);
    for at in (0..list.len() / 2).rev() {
        sift_up(vm, &mut items, at)?;
    }
    Ok(Value::None)
}

fn replace(vm: &Vm, heap: &Value, item: &Value, greatest: bool) -> R {
    let what = if greatest { "_heapreplace_max() argument 1" } else { "heapreplace() argument 1" };
    let list = list_of(vm, heap, what)?;
    let Ok(first) = list.set(0, item.clone()) else { return Err(vm.index_error("index out of range")) };
    sift_up(vm, &mut Shared::new(list, greatest), 0).map(|()| first)
}

fn push_pop(vm: &Vm, heap: &Value, item: &Value) -> R {
    let list = list_of(vm, heap, "heappushpop() argument 1")?;
    let Some(first) = list.get(0) else { return Ok(item.clone()) };
    if !vm.lt(&first, item)? {
        return Ok(item.clone());
    }
    replace(vm, heap, item, false)
}

/// `nsmallest` and `nlargest`: what sorting all would put first.
fn foremost(vm: &Vm, args: &[Value], greatest: bool) -> R {
    let [n, iterable, key] = args else { return Ok(Value::None) };
    let key = (!key.is_none_or_missing()).then_some(key);
    let n = match vm.index(n)? {
        Value::Int(n) => usize::try_from(n).unwrap_or(0),
        big => match vm.compare(CompareOp::Lt, &big, &Value::Int(0))? {
            Value::True => 0,
            _ => usize::MAX,
        },
    };
    if n == 1 {
        return first(vm, iterable, key, greatest);
    }
    let iterator = vm.iter(iterable)?;
    let mut kept = Foremost { greatest, n, items: Vec::new(), keys: Vec::new(), last: None };
    if n > 0 {
        while let Some(item) = vm.next(&iterator)? {
            let rank = match key {
                Some(key) => vm.call1(key, &item)?,
                None => item.clone(),
            };
            kept.take(vm, item, rank)?;
        }
    }
    kept.settle(vm)?;
    Ok(Value::list(kept.items))
}

/// The first of the least or greatest, in a list, as `min` and `max` find it.
fn first(vm: &Vm, iterable: &Value, key: Option<&Value>, greatest: bool) -> R {
    let op = if greatest { CompareOp::Gt } else { CompareOp::Lt };
    let mut best: Option<(Value, Value)> = None;
    vm.for_each(iterable, |item| {
        let rank = match key {
            Some(key) => vm.call1(key, &item)?,
            None => item.clone(),
        };
        let better = match &best {
            Some((before, _)) => {
                let better = vm.compare(op, &rank, before)?;
                vm.is_true(&better)?
            }
            None => true,
        };
        if better {
            best = Some((rank, item));
        }
        Ok(true)
    })?;
    Ok(Value::list(best.into_iter().map(|(_, item)| item).collect()))
}

/// The first `n` of the items so far, and some more that came after the last sorting.
struct Foremost {
    greatest: bool,
    n: usize,
    items: Vec<Value>,
    keys: Vec<Value>,
    /// The key of the last of `n`: what comes not before it is left out.
    last: Option<Value>,
}

impl Foremost {
    fn take(&mut self, vm: &Vm, item: Value, key: Value) -> R<()> {
        if let Some(last) = &self.last
            && !(if self.greatest { vm.lt(last, &key)? } else { vm.lt(&key, last)? })
        {
            return Ok(());
        }
        if self.items.try_reserve(1).is_err() || self.keys.try_reserve(1).is_err() {
            return Err(vm.memory_error());
        }
        self.items.push(item);
        self.keys.push(key);
        // Sorted once in a while, each item costs as much as in a heap.
        const SLACK: usize = 64;
        if self.items.len() >= self.n.saturating_mul(2).max(self.n.saturating_add(SLACK)) {
            self.settle(vm)
        } else {
            Ok(())
        }
    }

    /// Sorts what is there and keeps `n`.
    fn settle(&mut self, vm: &Vm) -> R<()> {
        let mut order = order(vm, &self.keys, self.greatest)?;
        order.truncate(self.n);
        self.items = order.iter().map(|&i| self.items[i as usize].clone()).collect();
        self.keys = order.iter().map(|&i| self.keys[i as usize].clone()).collect();
        self.last = if self.keys.len() == self.n { self.keys.last().cloned() } else { None };
        Ok(())
    }
}

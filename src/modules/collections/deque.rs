//! `collections.deque`: a double-ended queue, with a bound if asked for.
//!
//! A borrow of the items is never held while a value is compared, shown or dropped.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::interp::CompareOp;
use crate::interp::repr::ReprGuard;
use crate::modules::support::{clamped_index, named, receiver_error};
use crate::object::cycles::Tracer;
use crate::object::{
    Args, Class, Fun, Iter, Iteration, Native, NativeData, NextFn, R, Ref, Row, Str, T, TypeSpec, Value, Vm,
};

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::Deque,
    new: Some(new),
    rows: ROWS,
    doc: "A list-like sequence optimized for data accesses near its endpoints.",
};

struct Deque {
    items: RefCell<VecDeque<Value>>,
    most: Cell<Option<usize>>,
    /// Changes whenever an item comes or goes.
    changes: Cell<u32>,
}

impl NativeData for Deque {
    fn trace(&self, tracer: &mut Tracer) {
        match self.items.try_borrow() {
            Ok(items) => tracer.values(items.iter()),
            Err(_) => tracer.pin(),
        }
    }
    fn clear(&self) {
        drop(self.items.try_borrow_mut().map(|mut items| std::mem::take(&mut *items)));
    }
}

const ROWS: &[Row] = &[
    Row::method(
        "__init__",
        "(self, iterable=(), maxlen=None)",
        Fun::Full(|vm, args| {
            let Some((this, rest)) = args.positional.split_first() else {
                return Err(vm.type_error("descriptor '__init__' of 'collections.deque' object needs an argument"));
            };
            fill(vm, this, Args { positional: rest, keywords: args.keywords })?;
            Ok(Value::None)
        }),
    ),
    Row::method("append", "(self, item, /)", Fun::F2(append)),
    Row::method("appendleft", "(self, item, /)", Fun::F2(append_left)),
    Row::method("pop", "(self, /)", Fun::F1(|vm, this| take(vm, this, VecDeque::pop_back))),
    Row::method("popleft", "(self, /)", Fun::F1(|vm, this| take(vm, this, VecDeque::pop_front))),
    Row::method(
        "extend",
        "(self, iterable, /)",
        Fun::F2(|vm, this, items| {
            extend(vm, this, items, Deque::push_back)?;
            Ok(Value::None)
        }),
    ),
    Row::method(
        "extendleft",
        "(self, iterable, /)",
        Fun::F2(|vm, this, items| {
            extend(vm, this, items, Deque::push_front)?;
            Ok(Value::None)
        }),
    ),
    Row::method(
        "clear",
        "(self, /)",
        Fun::F1(|vm, this| {
            let deque = data(vm, this)?;
            deque.changed();
            let old = std::mem::take(&mut *deque.items.borrow_mut());
            drop(old);
            Ok(Value::None)
        }),
    ),
    Row::method("copy", "(self, /)", Fun::F1(copy)),
    Row::method("__copy__", "(self, /)", Fun::F1(copy)),
    Row::method("count", "(self, value, /)", Fun::F2(count)),
    Row::method("index", "(self, value, start=0, stop=sys.maxsize, /)", Fun::Bound(index)),
    Row::method("insert", "(self, index, value, /)", Fun::F3(insert)),
    Row::method("remove", "(self, value, /)", Fun::F2(remove)),
    Row::method(
        "reverse",
        "(self, /)",
        Fun::F1(|vm, this| {
            data(vm, this)?.items.borrow_mut().make_contiguous().reverse();
            Ok(Value::None)
        }),
    ),
    Row::method("rotate", "(self, n=1, /)", Fun::F2(rotate)),
    Row::getter("maxlen", |vm, this| Ok(data(vm, this)?.most.get().map_or(Value::None, Value::size))),
    Row::method("__len__", "(self, /)", Fun::F1(|vm, this| Ok(Value::size(data(vm, this)?.len())))),
    Row::method("__bool__", "(self, /)", Fun::F1(|vm, this| Ok(Value::bool(data(vm, this)?.len() > 0)))),
    Row::method("__getitem__", "(self, key, /)", Fun::F2(get_item)),
    Row::method("__setitem__", "(self, key, value, /)", Fun::F3(set_item)),
    Row::method("__delitem__", "(self, key, /)", Fun::F2(del_item)),
    Row::method(
        "__contains__",
        "(self, key, /)",
        Fun::F2(|vm, this, key| Ok(Value::bool(find(vm, this, key, 0, usize::MAX)?.is_some()))),
    ),
    Row::method("__iter__", "(self, /)", Fun::F1(|vm, this| iterate(vm, this, false))),
    Row::method("__reversed__", "(self, /)", Fun::F1(|vm, this| iterate(vm, this, true))),
    Row::method("__add__", "(self, value, /)", Fun::F2(add)),
    Row::method(
        "__iadd__",
        "(self, value, /)",
        Fun::F2(|vm, this, items| {
            extend(vm, this, items, Deque::push_back)?;
            Ok(this.clone())
        }),
    ),
    Row::method("__mul__", "(self, value, /)", Fun::F2(repeat)),
    Row::method("__rmul__", "(self, value, /)", Fun::F2(repeat)),
    Row::method("__eq__", "(self, value, /)", Fun::F2(|vm, this, other| compare(vm, CompareOp::Eq, this, other))),
    Row::method("__ne__", "(self, value, /)", Fun::F2(|vm, this, other| compare(vm, CompareOp::Ne, this, other))),
    Row::method("__lt__", "(self, value, /)", Fun::F2(|vm, this, other| compare(vm, CompareOp::Lt, this, other))),
    Row::method("__le__", "(self, value, /)", Fun::F2(|vm, this, other| compare(vm, CompareOp::Le, this, other))),
    Row::method("__gt__", "(self, value, /)", Fun::F2(|vm, this, other| compare(vm, CompareOp::Gt, this, other))),
    Row::method("__ge__", "(self, value, /)", Fun::F2(|vm, this, other| compare(vm, CompareOp::Ge, this, other))),
    Row::method("__repr__", "(self, /)", Fun::F1(repr)),
];

impl Deque {
    fn len(&self) -> usize {
        self.items.borrow().len()
    }

    fn changed(&self) {
        self.changes.set(self.changes.get().wrapping_add(1));
    }

    fn get(&self, at: usize) -> Option<Value> {
        self.items.borrow().get(at).cloned()
    }

    fn snapshot(&self) -> Vec<Value> {
        self.items.borrow().iter().cloned().collect()
    }

    /// Makes sure that one more item finds memory.
    #[inline]
    fn make_room(&self, vm: &Vm) -> R<()> {
        let mut items = self.items.borrow_mut();
        if items.len() == items.capacity() && items.try_reserve(1).is_err() {
            return Err(vm.memory_error());
        }
        Ok(())
    }

    /// Adds at the right; a full bounded deque gives up its leftmost, which the caller drops.
    fn push_back(&self, value: Value) -> Option<Value> {
        self.changed();
        let mut items = self.items.borrow_mut();
        items.push_back(value);
        if self.most.get().is_some_and(|most| items.len() > most) { items.pop_front() } else { None }
    }

    fn push_front(&self, value: Value) -> Option<Value> {
        self.changed();
        let mut items = self.items.borrow_mut();
        items.push_front(value);
        if self.most.get().is_some_and(|most| items.len() > most) { items.pop_back() } else { None }
    }
}

fn data<'a>(vm: &Vm, this: &'a Value) -> R<&'a Deque> {
    this.as_native::<Deque>().ok_or_else(|| receiver_error(vm, "collections.deque", this))
}

fn make(class: &Ref<Class>, items: VecDeque<Value>, most: Option<usize>) -> Value {
    let deque = Deque { items: RefCell::new(items), most: Cell::new(most), changes: Cell::new(0) };
    Value::Native(Native::new(class, deque))
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let this = make(class, VecDeque::new(), None);
    if crate::modules::support::fills_at_once(class) {
        fill(vm, &this, args)?;
    }
    Ok(this)
}

fn fill(vm: &Vm, this: &Value, args: Args) -> R<()> {
    let [items, most] = named(vm, "deque", &args, ["iterable", "maxlen"])?;
    let deque = data(vm, this)?;
    if !most.is_none_or_missing() {
        let Ok(most) = usize::try_from(vm.index_i64(&most)?) else {
            return Err(vm.value_error("maxlen must be non-negative"));
        };
        deque.most.set(Some(most));
    }
    let old = std::mem::take(&mut *deque.items.borrow_mut());
    drop(old);
    if items.is_missing() { Ok(()) } else { extend(vm, this, &items, Deque::push_back) }
}

fn append(vm: &Vm, this: &Value, item: &Value) -> R {
    let deque = data(vm, this)?;
    deque.make_room(vm)?;
    drop(deque.push_back(item.clone()));
    Ok(Value::None)
}

fn append_left(vm: &Vm, this: &Value, item: &Value) -> R {
    let deque = data(vm, this)?;
    deque.make_room(vm)?;
    drop(deque.push_front(item.clone()));
    Ok(Value::None)
}

fn take(vm: &Vm, this: &Value, end: fn(&mut VecDeque<Value>) -> Option<Value>) -> R {
    let deque = data(vm, this)?;
    deque.changed();
    let taken = end(&mut deque.items.borrow_mut());
    taken.ok_or_else(|| vm.index_error("pop from an empty deque"))
}

fn extend(vm: &Vm, this: &Value, items: &Value, push: fn(&Deque, Value) -> Option<Value>) -> R<()> {
    let deque = data(vm, this)?;
    // Its own items are those it has now.
    let own = items.is(this).then(|| Value::list(deque.snapshot()));
    vm.for_each(own.as_ref().unwrap_or(items), |item| {
        deque.make_room(vm)?;
        drop(push(deque, item));
        Ok(true)
    })
}

fn copy(vm: &Vm, this: &Value) -> R {
    let deque = data(vm, this)?;
    Ok(make(&vm.class_of(this), deque.snapshot().into(), deque.most.get()))
}

#[cold]
fn mutated(vm: &Vm) -> crate::object::Raised {
    vm.runtime_error("deque mutated during iteration")
}

/// The first equal item between two positions.
fn find(vm: &Vm, this: &Value, wanted: &Value, start: usize, stop: usize) -> R<Option<usize>> {
    let deque = data(vm, this)?;
    let changes = deque.changes.get();
    let mut at = start;
    while at < stop
        && let Some(item) = deque.get(at)
    {
        let equal = vm.eq(&item, wanted)?;
        if deque.changes.get() != changes {
            return Err(mutated(vm));
        }
        if equal {
            return Ok(Some(at));
        }
        at += 1;
    }
    Ok(None)
}

fn count(vm: &Vm, this: &Value, wanted: &Value) -> R {
    let (mut count, mut from) = (0, 0);
    while let Some(at) = find(vm, this, wanted, from, usize::MAX)? {
        count += 1;
        from = at + 1;
    }
    Ok(Value::Int(count))
}

fn index(vm: &Vm, args: &[Value]) -> R {
    let [this, wanted, start, stop] = args else { return Err(vm.type_error("index() takes a value")) };
    let length = data(vm, this)?.len() as i64;
    let clamp = |value: &Value, default: i64| -> R<usize> {
        let n = if value.is_missing() { default } else { clamped_index(vm, value)? };
        Ok((if n < 0 { n + length } else { n }).clamp(0, length) as usize)
    };
    let (start, stop) = (clamp(start, 0)?, clamp(stop, i64::MAX)?);
    match find(vm, this, wanted, start, stop)? {
        Some(at) => Ok(Value::size(at)),
        None => Err(vm.value_error(format!("{} is not in deque", vm.repr(wanted)?.as_str()))),
    }
}

fn insert(vm: &Vm, this: &Value, at: &Value, item: &Value) -> R {
    let deque = data(vm, this)?;
    let at = clamped_index(vm, at)?;
    let length = deque.len();
    if deque.most.get().is_some_and(|most| length >= most) {
        return Err(vm.index_error("deque already at its maximum size"));
    }
    let length = length as i64;
    let at = (if at < 0 { at.saturating_add(length) } else { at }).clamp(0, length);
    deque.changed();
    deque.items.borrow_mut().insert(at as usize, item.clone());
    Ok(Value::None)
}

fn remove(vm: &Vm, this: &Value, wanted: &Value) -> R {
    match find(vm, this, wanted, 0, usize::MAX)? {
        Some(at) => {
            remove_at(data(vm, this)?, at);
            Ok(Value::None)
        }
        None => Err(vm.value_error(format!("{} is not in deque", vm.repr(wanted)?.as_str()))),
    }
}

fn remove_at(deque: &Deque, at: usize) {
    deque.changed();
    let old = deque.items.borrow_mut().remove(at);
    drop(old);
}

fn rotate(vm: &Vm, this: &Value, steps: &Value) -> R {
    let steps = if steps.is_missing() { 1 } else { clamped_index(vm, steps)? };
    let deque = data(vm, this)?;
    let mut items = deque.items.borrow_mut();
    if !items.is_empty() {
        let steps = steps.rem_euclid(items.len() as i64) as usize;
        items.rotate_right(steps);
        deque.changed();
    }
    Ok(Value::None)
}

/// The position that a subscript names.
fn position(vm: &Vm, deque: &Deque, key: &Value) -> R<usize> {
    if !vm.is_index(key) {
        return Err(vm.type_error(format!("sequence index must be integer, not '{}'", vm.type_name(key))));
    }
    let length = deque.len() as i64;
    let at = clamped_index(vm, key)?;
    let at = if at < 0 { at.saturating_add(length) } else { at };
    if (0..length).contains(&at) { Ok(at as usize) } else { Err(vm.index_error("deque index out of range")) }
}

fn get_item(vm: &Vm, this: &Value, key: &Value) -> R {
    let deque = data(vm, this)?;
    let at = position(vm, deque, key)?;
    deque.get(at).ok_or_else(|| vm.index_error("deque index out of range"))
}

fn set_item(vm: &Vm, this: &Value, key: &Value, value: &Value) -> R {
    let deque = data(vm, this)?;
    let at = position(vm, deque, key)?;
    let old = match deque.items.borrow_mut().get_mut(at) {
        Some(place) => std::mem::replace(place, value.clone()),
        None => Value::None,
    };
    drop(old);
    Ok(Value::None)
}

fn del_item(vm: &Vm, this: &Value, key: &Value) -> R {
    let deque = data(vm, this)?;
    let at = position(vm, deque, key)?;
    remove_at(deque, at);
    Ok(Value::None)
}

/// Walks a deque; a change on the way ends it with RuntimeError.
struct Walk {
    deque: Value,
    at: usize,
    changes: u32,
    reversed: bool,
}

impl NextFn for Walk {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        let deque = data(vm, &self.deque)?;
        if deque.changes.get() != self.changes {
            self.at = usize::MAX;
            return Err(mutated(vm));
        }
        let length = deque.len();
        if self.at >= length {
            return Ok(None);
        }
        let at = if self.reversed { length - 1 - self.at } else { self.at };
        self.at += 1;
        Ok(deque.get(at))
    }

    fn class(&self) -> T {
        T::DequeIterator
    }

    fn length_hint(&self) -> Option<usize> {
        self.deque.as_native::<Deque>().map(|deque| deque.len().saturating_sub(self.at))
    }
}

fn iterate(vm: &Vm, this: &Value, reversed: bool) -> R {
    let changes = data(vm, this)?.changes.get();
    Ok(Iter::new(Iteration::Custom(Box::new(Walk { deque: this.clone(), at: 0, changes, reversed }))))
}

fn add(vm: &Vm, this: &Value, other: &Value) -> R {
    let Some(right) = other.as_native::<Deque>() else {
        let name = vm.type_name(other);
        return Err(vm.type_error(format!("can only concatenate deque (not \"{name}\") to deque")));
    };
    let deque = data(vm, this)?;
    let sum = make(&vm.class_of(this), deque.snapshot().into(), deque.most.get());
    let sum_data = data(vm, &sum)?;
    for item in right.snapshot() {
        drop(sum_data.push_back(item));
    }
    Ok(sum)
}

fn repeat(vm: &Vm, this: &Value, times: &Value) -> R {
    if !vm.is_index(times) {
        return Ok(Value::NotImplemented);
    }
    let times = clamped_index(vm, times)?.max(0) as usize;
    let deque = data(vm, this)?;
    let once = deque.snapshot();
    let total = once.len().saturating_mul(times);
    let wanted = deque.most.get().map_or(total, |most| most.min(total));
    drop(vm.room(wanted)?);
    let skipped = total - wanted;
    let items = (skipped..total).map(|i| once[i % once.len()].clone()).collect();
    Ok(make(&vm.class_of(this), items, deque.most.get()))
}

fn compare(vm: &Vm, op: CompareOp, this: &Value, other: &Value) -> R {
    let (Some(left), Some(right)) = (this.as_native::<Deque>(), other.as_native::<Deque>()) else {
        return Ok(Value::NotImplemented);
    };
    vm.compare(op, &Value::list(left.snapshot()), &Value::list(right.snapshot()))
}

fn repr(vm: &Vm, this: &Value) -> R {
    let deque = data(vm, this)?;
    let Some(_guard) = ReprGuard::enter(this.id()) else { return Ok(Value::str("[...]")) };
    let items = vm.repr(&Value::list(deque.snapshot()))?;
    let name = vm.class_name(this);
    let text = match deque.most.get() {
        Some(most) => format!("{name}({}, maxlen={most})", items.as_str()),
        None => format!("{name}({})", items.as_str()),
    };
    Ok(Value::Str(Str::from_string(text)))
}

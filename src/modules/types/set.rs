//! `set` and `frozenset`. The operators between sets are the interpreter's; here are the methods, which take any iterable.

use super::list::UNHASHABLE;
use super::shared::{CLASS_GETITEM, CONTAINS, HASH, ITER, LEN, binary, compare, reflected, unary};
use crate::interp::BinaryOp;
use crate::modules::support::{any_set, count, fills_at_once, made, no_keywords, set, star};
use crate::object::{Args, Class, Fun, R, Ref, Row, Set, T, TypeSpec, Value, Vm};

pub static SET: TypeSpec = TypeSpec {
    kind: T::Set,
    new: Some(new_set),
    rows: SET_ROWS,
    doc: "Build an unordered collection of unique elements.",
};

pub static FROZENSET: TypeSpec = TypeSpec {
    kind: T::FrozenSet,
    new: Some(new_frozenset),
    rows: FROZENSET_ROWS,
    doc: "Build an immutable unordered collection of unique elements.",
};

/// The rows of both types, and those of one.
macro_rules! set_rows {
    ($($row:expr,)*) => {
        &[
            unary("copy", copy),
            Row::method("union", "(self, /, *others)", Fun::Bound(union)),
            Row::method("intersection", "(self, /, *others)", Fun::Bound(intersection)),
            Row::method("difference", "(self, /, *others)", Fun::Bound(difference)),
            Row::method("symmetric_difference", "(self, other, /)", Fun::F2(symmetric_difference)),
            Row::method("isdisjoint", "(self, other, /)", Fun::F2(isdisjoint)),
            Row::method("issubset", "(self, other, /)", Fun::F2(issubset)),
            Row::method("issuperset", "(self, other, /)", Fun::F2(issuperset)),
            LEN,
            ITER,
            CONTAINS,
            unary("__repr__", repr),
            compare!("__eq__" Eq is_set),
            compare!("__ne__" Ne is_set),
            compare!("__lt__" Lt is_set),
            compare!("__le__" Le is_set),
            compare!("__gt__" Gt is_set),
            compare!("__ge__" Ge is_set),
            binary!("__and__" And is_set),
            binary!("__or__" Or is_set),
            binary!("__sub__" Sub is_set),
            binary!("__xor__" Xor is_set),
            reflected!("__rand__" And is_set),
            reflected!("__ror__" Or is_set),
            reflected!("__rsub__" Sub is_set),
            reflected!("__rxor__" Xor is_set),
            CLASS_GETITEM,
            $($row,)*
        ]
    };
}

const FROZENSET_ROWS: &[Row] = set_rows![HASH,];

const SET_ROWS: &[Row] = set_rows![
    Row::method("add", "(self, object, /)", Fun::F2(add)),
    Row::method("remove", "(self, object, /)", Fun::F2(remove)),
    Row::method("discard", "(self, object, /)", Fun::F2(discard)),
    unary("pop", pop),
    unary("clear", clear),
    Row::method("update", "(self, /, *others)", Fun::Bound(update)),
    Row::method("intersection_update", "(self, /, *others)", Fun::Bound(intersection_update)),
    Row::method("difference_update", "(self, /, *others)", Fun::Bound(difference_update)),
    Row::method("symmetric_difference_update", "(self, other, /)", Fun::F2(symmetric_difference_update)),
    Row::method("__init__", "(self, iterable=(), /)", Fun::Bound(init)),
    Row::method("__iand__", "(self, value, /)", Fun::F2(|vm, a, b| change(vm, BinaryOp::And, a, b))),
    Row::method("__ior__", "(self, value, /)", Fun::F2(|vm, a, b| change(vm, BinaryOp::Or, a, b))),
    Row::method("__isub__", "(self, value, /)", Fun::F2(|vm, a, b| change(vm, BinaryOp::Sub, a, b))),
    Row::method("__ixor__", "(self, value, /)", Fun::F2(|vm, a, b| change(vm, BinaryOp::Xor, a, b))),
    UNHASHABLE,
];

/// With the name of a subclass, as no other container's.
fn repr(vm: &Vm, this: &Value) -> R {
    let mut out = String::new();
    match (this, this.base()) {
        (Value::Instance(_), Value::Set(set) | Value::FrozenSet(set)) => {
            vm.write_set(set, Some(vm.type_name(this)), &mut out)?;
        }
        _ => vm.write_repr(this, &mut out)?,
    }
    Ok(Value::string(out))
}

fn is_set(value: &Value) -> bool {
    matches!(value, Value::Set(_) | Value::FrozenSet(_))
}

/// A set of what an iterable gives; of a set, that set itself.
fn set_of(vm: &Vm, value: &Value) -> R<Ref<Set>> {
    if let Some(set) = value.as_set() {
        return Ok(set.clone());
    }
    let set = Set::new_ref();
    vm.set_update(&set, value)?;
    Ok(set)
}

/// A set of the receiver's kind.
fn alike(this: &Value, set: Ref<Set>) -> Value {
    match this.base() {
        Value::FrozenSet(_) => Value::FrozenSet(set),
        _ => Value::Set(set),
    }
}

/// A fresh copy of what an iterable gives.
fn fresh(vm: &Vm, value: &Value) -> R<Ref<Set>> {
    match value.as_set() {
        Some(set) => Ok(Ref::new(set.copy())),
        None => set_of(vm, value),
    }
}

fn new_set(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    if !fills_at_once(class) {
        return Ok(made(class, T::Set, Value::Set(Set::new_ref())));
    }
    no_keywords(vm, class, "set", &args)?;
    count(vm, "set", &args, 0, 1)?;
    let content = match args.positional.first() {
        Some(items) => fresh(vm, items)?,
        None => Set::new_ref(),
    };
    Ok(made(class, T::Set, Value::Set(content)))
}

fn new_frozenset(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "frozenset", &args)?;
    count(vm, "frozenset", &args, 0, 1)?;
    let content = match args.positional.first() {
        Some(whole @ Value::FrozenSet(_)) => whole.clone(),
        Some(items) => Value::FrozenSet(fresh(vm, items)?),
        None => Value::FrozenSet(Set::new_ref()),
    };
    Ok(made(class, T::FrozenSet, content))
}

fn init(vm: &Vm, args: &[Value]) -> R {
    let this = set(vm, &args[0])?;
    this.clear();
    if !args[1].is_missing() {
        vm.set_update(this, &args[1])?;
    }
    Ok(Value::None)
}

fn add(vm: &Vm, this: &Value, key: &Value) -> R {
    vm.set_add(set(vm, this)?, key.clone())?;
    Ok(Value::None)
}

fn remove(vm: &Vm, this: &Value, key: &Value) -> R {
    if vm.set_remove(set(vm, this)?, key)? { Ok(Value::None) } else { Err(vm.key_error(key)) }
}

fn discard(vm: &Vm, this: &Value, key: &Value) -> R {
    vm.set_remove(set(vm, this)?, key)?;
    Ok(Value::None)
}

fn pop(vm: &Vm, this: &Value) -> R {
    set(vm, this)?.pop().ok_or_else(|| vm.error(T::KeyError, "pop from an empty set"))
}

fn clear(vm: &Vm, this: &Value) -> R {
    set(vm, this)?.clear();
    Ok(Value::None)
}

fn copy(vm: &Vm, this: &Value) -> R {
    let content = any_set(vm, this)?;
    Ok(match this {
        Value::FrozenSet(_) => this.clone(),
        _ => alike(this, Ref::new(content.copy())),
    })
}

fn union(vm: &Vm, args: &[Value]) -> R {
    let result = Ref::new(any_set(vm, &args[0])?.copy());
    for other in star(&args[1]) {
        vm.set_update(&result, other)?;
    }
    Ok(alike(&args[0], result))
}

fn intersect(vm: &Vm, args: &[Value]) -> R<Ref<Set>> {
    let this = any_set(vm, &args[0])?;
    let others = star(&args[1]);
    if others.is_empty() {
        return Ok(Ref::new(this.copy()));
    }
    let mut result = this.clone();
    for other in others {
        result = match other.as_set() {
            Some(other) => vm.set_intersection(&result, other)?,
            None => {
                // An iterable decides the order of what is kept.
                let kept = Set::new_ref();
                vm.for_each(other, |key| {
                    if vm.set_contains(&result, &key)? {
                        vm.set_add(&kept, key)?;
                    }
                    Ok(true)
                })?;
                kept
            }
        };
    }
    Ok(result)
}

fn intersection(vm: &Vm, args: &[Value]) -> R {
    intersect(vm, args).map(|result| alike(&args[0], result))
}

fn intersection_update(vm: &Vm, args: &[Value]) -> R {
    let kept = intersect(vm, args)?;
    set(vm, &args[0])?.swap(&kept);
    Ok(Value::None)
}

/// Takes the keys of an iterable out of a set.
fn subtract(vm: &Vm, from: &Ref<Set>, other: &Value) -> R<()> {
    if other.as_set().is_some_and(|other| Ref::same(other, from)) {
        from.clear();
        return Ok(());
    }
    match other.as_set() {
        Some(other) => vm.set_remove_all(from, other),
        None => vm.for_each(other, |key| vm.set_remove(from, &key).map(|_| true)),
    }
}

fn difference(vm: &Vm, args: &[Value]) -> R {
    let this = any_set(vm, &args[0])?;
    let mut result: Option<Ref<Set>> = None;
    for other in star(&args[1]) {
        let before = result.as_ref().unwrap_or(this);
        result = Some(vm.set_difference(before, &*set_of(vm, other)?)?);
    }
    Ok(alike(&args[0], result.unwrap_or_else(|| Ref::new(this.copy()))))
}

fn difference_update(vm: &Vm, args: &[Value]) -> R {
    let this = set(vm, &args[0])?;
    for other in star(&args[1]) {
        subtract(vm, this, other)?;
    }
    Ok(Value::None)
}

fn symmetric_difference(vm: &Vm, this: &Value, other: &Value) -> R {
    let result = fresh(vm, other)?;
    vm.set_toggle(&result, any_set(vm, this)?)?;
    Ok(alike(this, result))
}

fn symmetric_difference_update(vm: &Vm, this: &Value, other: &Value) -> R {
    let this = set(vm, this)?;
    let other = set_of(vm, other)?;
    if Ref::same(&other, this) {
        this.clear();
    } else {
        vm.set_toggle(this, &other)?;
    }
    Ok(Value::None)
}

fn isdisjoint(vm: &Vm, this: &Value, other: &Value) -> R {
    let this = any_set(vm, this)?;
    let mut disjoint = true;
    vm.for_each(other, |key| {
        disjoint = !vm.set_contains(this, &key)?;
        Ok(disjoint)
    })?;
    Ok(Value::bool(disjoint))
}

fn issubset(vm: &Vm, this: &Value, other: &Value) -> R {
    vm.set_is_subset(any_set(vm, this)?, &*set_of(vm, other)?).map(Value::bool)
}

fn issuperset(vm: &Vm, this: &Value, other: &Value) -> R {
    vm.set_is_subset(&*set_of(vm, other)?, any_set(vm, this)?).map(Value::bool)
}

fn update(vm: &Vm, args: &[Value]) -> R {
    let this = set(vm, &args[0])?;
    for other in star(&args[1]) {
        vm.set_update(this, other)?;
    }
    Ok(Value::None)
}

/// `__ior__` and its like on the set inside; the object itself is the result.
fn change(vm: &Vm, op: BinaryOp, this: &Value, other: &Value) -> R {
    set(vm, this)?;
    if other.as_set().is_none() {
        return Ok(Value::NotImplemented);
    }
    vm.binary_in_place(op, this.base().clone(), other.base())?;
    Ok(this.clone())
}

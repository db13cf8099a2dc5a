//! The module `bisect`: places in sorted sequences by halving.

use super::ModuleSpec;
use super::support::size_argument;
use crate::intern::Symbol;
use crate::object::{Fun, Module, R, Ref, Row, Value, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "bisect", rows: ROWS, init: Some(init), script: None };

const SIGNATURE: &str = "(a, x, lo=0, hi=None, *, key=None)";

const ROWS: &[Row] = &[
    Row::function("bisect_right", SIGNATURE, Fun::Bound(|vm, args| place(vm, args, Side::Right).map(Value::size))),
    Row::function("bisect_left", SIGNATURE, Fun::Bound(|vm, args| place(vm, args, Side::Left).map(Value::size))),
    Row::function("insort_right", SIGNATURE, Fun::Bound(|vm, args| insert(vm, args, Side::Right))),
    Row::function("insort_left", SIGNATURE, Fun::Bound(|vm, args| insert(vm, args, Side::Left))),
];

fn init(_vm: &Vm, module: &Ref<Module>) -> R<()> {
    for (name, meant) in [("bisect", "bisect_right"), ("insort", "insort_right")] {
        if let Some(function) = module.dict.get_name(Symbol::of_static(meant)) {
            module.dict.set_name(Symbol::of_static(name), function);
        }
    }
    Ok(())
}

/// Before or after items that are equal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

fn place(vm: &Vm, args: &[Value], side: Side) -> R<usize> {
    let [sequence, x, lo, hi, key] = args else { return Ok(0) };
    let lo = if lo.is_missing() { 0 } else { size_argument(vm, lo)? };
    let hi = if hi.is_none_or_missing() { -1 } else { upper_bound(vm, hi)? };
    search(vm, sequence, x, (lo, hi), key, side)
}

fn upper_bound(vm: &Vm, hi: &Value) -> R<i64> {
    if !vm.is_index(hi) {
        return Err(vm.type_error(format!("argument should be integer or None, not '{}'", vm.type_name(hi))));
    }
    size_argument(vm, hi)
}

/// `hi` of -1 is the length.
fn search(vm: &Vm, sequence: &Value, x: &Value, (lo, hi): (i64, i64), key: &Value, side: Side) -> R<usize> {
    let Ok(mut low) = usize::try_from(lo) else { return Err(vm.value_error("lo must be non-negative")) };
    let mut high = if hi == -1 { vm.len(sequence)? } else { usize::try_from(hi).unwrap_or(0) };
    if sequence.as_dict().is_some() && low < high {
        return Err(vm.type_error(format!("{} is not a sequence", vm.type_name(sequence))));
    }
    while low < high {
        let middle = low + (high - low) / 2;
        let mut item = match sequence {
            Value::List(list) => list.get(middle).ok_or_else(|| vm.index_error("list index out of range"))?,
            _ => vm.get_item(sequence, &Value::size(middle))?,
        };
        if !key.is_none_or_missing() {
            item = vm.call1(key, &item)?;
        }
        let after = match side {
            Side::Left => vm.lt(&item, x)?,
            Side::Right => !vm.lt(x, &item)?,
        };
        if after { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

fn insert(vm: &Vm, args: &[Value], side: Side) -> R {
    let [sequence, x, _, _, key] = args else { return Ok(Value::None) };
    let at = if key.is_none_or_missing() {
        place(vm, args, side)?
    } else {
        let mut ranked = args.to_vec();
        ranked[1] = vm.call1(key, x)?;
        place(vm, &ranked, side)?
    };
    if let Value::List(list) = sequence {
        let mut items = list.borrow_mut();
        if items.try_reserve(1).is_err() {
            return Err(vm.memory_error());
        }
        let at = at.min(items.len());
        items.insert(at, x.clone());
        return Ok(Value::None);
    }
    vm.call_method(sequence, Symbol::of_static("insert"), &[Value::size(at), x.clone()]).map(|_| Value::None)
}

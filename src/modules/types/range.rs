//! `range` and `slice`.

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

use super::shared::{CONTAINS, GETITEM, HASH, ITER, LEN, REPR, compare, unary};
use crate::modules::support::{bigint, count, no_keywords, range, slice};
use crate::object::{Args, Class, Fun, R, Range, Ref, Row, Slice, T, TypeSpec, Value, Vm};

pub static RANGE: TypeSpec = TypeSpec {
    kind: T::Range,
    new: Some(new_range),
    rows: RANGE_ROWS,
    doc: "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\nReturn an object that produces a sequence of integers from start (inclusive)\nto stop (exclusive) by step.",
};

pub static SLICE: TypeSpec = TypeSpec {
    kind: T::Slice,
    new: Some(new_slice),
    rows: SLICE_ROWS,
    doc: "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.  This is used for extended slicing (e.g. a[0:10:2]).",
};

const RANGE_ROWS: &[Row] = &[
    Row::getter("start", |vm, this| Ok(Value::wide(range(vm, this)?.start))),
    Row::getter("stop", |vm, this| Ok(Value::wide(range(vm, this)?.stop))),
    Row::getter("step", |vm, this| Ok(Value::wide(range(vm, this)?.step))),
    Row::method("index", "(self, value, /)", Fun::F2(index)),
    Row::method("count", "(self, value, /)", Fun::F2(count_of)),
    unary("__reversed__", reversed),
    unary("__bool__", |vm, this| Ok(Value::bool(!range(vm, this)?.is_empty()))),
    LEN,
    ITER,
    CONTAINS,
    GETITEM,
    REPR,
    HASH,
    compare!("__eq__" Eq is_range),
    compare!("__ne__" Ne is_range),
];

const SLICE_ROWS: &[Row] = &[
    Row::getter("start", |vm, this| Ok(slice(vm, this)?.start.clone())),
    Row::getter("stop", |vm, this| Ok(slice(vm, this)?.stop.clone())),
    Row::getter("step", |vm, this| Ok(slice(vm, this)?.step.clone())),
    Row::method("indices", "(self, length, /)", Fun::F2(indices)),
    REPR,
    HASH,
    compare!("__eq__" Eq is_slice),
    compare!("__ne__" Ne is_slice),
];

fn is_range(value: &Value) -> bool {
    matches!(value, Value::Range(_))
}

fn is_slice(value: &Value) -> bool {
    matches!(value, Value::Slice(_))
}

fn new_range(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "range", &args)?;
    count(vm, "range", &args, 1, 3)?;
    let mut parts = [0, 0, 1];
    let mut beyond = false;
    for (part, value) in parts.iter_mut().skip(usize::from(args.positional.len() == 1)).zip(args.positional) {
        let wide = vm.index(value)?.as_i128().filter(|n| n.abs() < Range::LIMIT);
        beyond |= wide.is_none();
        *part = wide.unwrap_or(0);
    }
    if beyond {
        return Err(vm.overflow_error("a range beyond 125 bits"));
    }
    let [start, stop, step] = parts;
    if step == 0 {
        return Err(vm.value_error("range() arg 3 must not be zero"));
    }
    Ok(Value::Range(Range::new(start, stop, step)))
}

/// The index of a value in the range, also of one that only equals an int.
fn find(vm: &Vm, this: &Value, value: &Value) -> R<Option<u128>> {
    let range = range(vm, this)?;
    if value.is_int() {
        return Ok(value.as_i128().and_then(|n| range.index_of(n)));
    }
    for at in 0..range.len() {
        if vm.eq(&Value::wide(range.get(at)), value)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn index(vm: &Vm, this: &Value, value: &Value) -> R {
    match find(vm, this, value)? {
        Some(at) => Ok(Value::wide(at as i128)),
        None if value.is_int() => Err(vm.value_error(format!("{} is not in range", vm.repr(value)?.as_str()))),
        None => Err(vm.value_error("sequence.index(x): x not in sequence")),
    }
}

fn count_of(vm: &Vm, this: &Value, value: &Value) -> R {
    if value.is_int() {
        return Ok(Value::Int(i64::from(find(vm, this, value)?.is_some())));
    }
    let (range, mut found) = (range(vm, this)?, 0);
    for at in 0..range.len() {
        found += i64::from(vm.eq(&Value::wide(range.get(at)), value)?);
    }
    Ok(Value::Int(found))
}

fn reversed(vm: &Vm, this: &Value) -> R {
    let range = range(vm, this)?;
    let Some(last) = range.len().checked_sub(1).map(|last| range.get(last)) else { return Ok(vm.iter_range(range)) };
    Ok(vm.iter_range(&Range { start: last, stop: range.start - range.step.signum(), step: -range.step }))
}

fn new_slice(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "slice", &args)?;
    count(vm, "slice", &args, 1, 3)?;
    let part = |at: usize| args.positional.get(at).cloned().unwrap_or(Value::None);
    let (start, stop) = if args.positional.len() == 1 { (Value::None, part(0)) } else { (part(0), part(1)) };
    Ok(Value::Slice(Ref::new(Slice { start, stop, step: part(2) })))
}

fn indices(vm: &Vm, this: &Value, length: &Value) -> R {
    let length = bigint(vm, length)?;
    if length.is_negative() {
        return Err(vm.value_error("length should not be negative"));
    }
    let slice = slice(vm, this)?;
    let part = |part: &Value| -> R<Option<BigInt>> {
        match part {
            Value::None => Ok(None),
            _ if !vm.is_index(part) => {
                Err(vm.type_error("slice indices must be integers or None or have an __index__ method"))
            }
            _ => bigint(vm, part).map(Some),
        }
    };
    let step = part(&slice.step)?.unwrap_or_else(|| 1.into());
    if step.is_zero() {
        return Err(vm.value_error("slice step cannot be zero"));
    }
    let back = step.is_negative();
    let (lower, upper) = if back { (BigInt::from(-1), &length - 1) } else { (BigInt::ZERO, length.clone()) };
    let place = |index: Option<BigInt>, default: &BigInt| match index {
        None => default.clone(),
        Some(index) if index.is_negative() => (index + &length).max(lower.clone()),
        Some(index) => index.min(upper.clone()),
    };
    let start = place(part(&slice.start)?, if back { &upper } else { &lower });
    let stop = place(part(&slice.stop)?, if back { &lower } else { &upper });
    Ok(Value::tuple(vec![Value::big(start), Value::big(stop), Value::big(step)]))
}

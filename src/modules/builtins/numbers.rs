//! Builtin functions of numbers and characters: `abs`, `divmod`, `pow`, `round`, `sum`, `min`, `max`, `bin`, `chr`...

use crate::intern::sym;
use crate::interp::{BinaryOp, CompareOp};
use crate::object::{Args, Fun, R, Row, T, Value, Vm};
use crate::text::int::{IntRef, to_string_radix};

pub const ROWS: &[Row] = &[
    Row::function("abs", "(x, /)", Fun::F1(|vm, x| vm.abs(x))),
    Row::function("divmod", "(x, y, /)", Fun::F2(|vm, a, b| vm.divmod(a, b))),
    Row::function("pow", "(base, exp, mod=None)", Fun::Bound(|vm, a| vm.pow_mod(&a[0], &a[1], &a[2]))),
    Row::function("round", "(number, ndigits=None)", Fun::Bound(round)),
    Row::function("sum", "(iterable, /, start=0)", Fun::Bound(sum)),
    Row::function("min", "(*args, **kwargs)", Fun::Full(|vm, args| extreme(vm, args, "min", CompareOp::Lt))),
    Row::function("max", "(*args, **kwargs)", Fun::Full(|vm, args| extreme(vm, args, "max", CompareOp::Gt))),
    Row::function("bin", "(number, /)", Fun::F1(|vm, n| in_radix(vm, n, 2))),
    Row::function("oct", "(number, /)", Fun::F1(|vm, n| in_radix(vm, n, 8))),
    Row::function("hex", "(number, /)", Fun::F1(|vm, n| in_radix(vm, n, 16))),
    Row::function("chr", "(i, /)", Fun::F1(chr)),
    Row::function("ord", "(c, /)", Fun::F1(ord)),
];

fn in_radix(vm: &Vm, number: &Value, radix: u32) -> R {
    Ok(Value::string(match vm.index(number)? {
        Value::BigInt(n) => to_string_radix(IntRef::Big(&n), radix),
        other => to_string_radix(other.as_i64().unwrap_or(0), radix),
    }))
}

fn chr(vm: &Vm, code: &Value) -> R {
    let index = vm.index(code)?;
    match index.as_i64().and_then(|n| u32::try_from(n).ok()).filter(|&n| n < 0x11_0000) {
        Some(n) => match char::from_u32(n) {
            Some(c) => Ok(crate::interp::iterate::char_value(c)),
            None => Err(vm.value_error(format!("chr() arg is a surrogate, which a str cannot hold: {n:#x}"))),
        },
        None => Err(vm.value_error("chr() arg not in range(0x110000)")),
    }
}

fn ord(vm: &Vm, value: &Value) -> R {
    let length = if let Some(text) = value.as_str() {
        if let (1, Some(c)) = (text.chars(), text.as_str().chars().next()) {
            return Ok(Value::Int(c as i64));
        }
        text.chars()
    } else if let Some(data) = value.to_buffer().filter(|_| !vm.is_a(value, T::MemoryView)) {
        if let [byte] = data[..] {
            return Ok(Value::Int(byte.into()));
        }
        data.len()
    } else {
        let got = vm.type_name(value);
        return Err(vm.type_error(format!("ord() expected string of length 1, but {got} found")));
    };
    Err(vm.type_error(format!("ord() expected a character, but string of length {length} found")))
}

fn round(vm: &Vm, args: &[Value]) -> R {
    let [number, digits] = args else { return Ok(Value::None) };
    let digits: &[Value] = if digits.is_none_or_missing() { &[] } else { std::slice::from_ref(digits) };
    match vm.call_special(number, sym::__round__, digits)? {
        Some(rounded) => Ok(rounded),
        None => Err(vm.type_error(format!("type {} doesn't define __round__ method", vm.type_name(number)))),
    }
}

/// What `sum` has so far. Ints and floats are added without objects, floats with the lost low parts kept (Neumaier 1974),
/// as CPython does since 3.12.
enum Total {
    Int(i64),
    Float { sum: f64, lost: f64 },
    Any(Value),
}

impl Total {
    fn new(start: Value) -> Total {
        match start {
            Value::Int(n) => Total::Int(n),
            Value::Float(x) => Total::Float { sum: x.get(), lost: 0.0 },
            other => Total::Any(other),
        }
    }

    fn value(self) -> Value {
        match self {
            Total::Int(n) => Value::Int(n),
            // An infinite sum must not become nan by what was lost.
            Total::Float { sum, lost } => Value::float(if lost != 0.0 && lost.is_finite() { sum + lost } else { sum }),
            Total::Any(value) => value,
        }
    }

    fn add(self, vm: &Vm, item: Value) -> R<Total> {
        match (self, &item) {
            (Total::Int(n), Value::Int(_) | Value::True | Value::False) => {
                let m = item.as_i64().unwrap_or(0);
                match n.checked_add(m) {
                    Some(sum) => Ok(Total::Int(sum)),
                    None => vm.binary(BinaryOp::Add, &Value::Int(n), &item).map(Total::Any),
                }
            }
            (Total::Float { sum, lost }, Value::Float(x)) => {
                let x = x.get();
                let total = sum + x;
                let low = if sum.abs() >= x.abs() { (sum - total) + x } else { (x - total) + sum };
                Ok(Total::Float { sum: total, lost: lost + low })
            }
            (Total::Float { sum, lost }, Value::Int(n)) => Ok(Total::Float { sum: sum + *n as f64, lost }),
            (total, _) => {
                let sum = vm.binary(BinaryOp::Add, &total.value(), &item)?;
                Ok(match sum {
                    Value::Float(_) => Total::new(sum),
                    other => Total::Any(other),
                })
            }
        }
    }
}

fn sum(vm: &Vm, args: &[Value]) -> R {
    let [items, start] = args else { return Ok(Value::None) };
    if !vm.is_iterable(items) {
        return vm.iter(items);
    }
    let refused = match start.base() {
        Value::Str(_) => "strings [use ''",
        Value::Bytes(_) => "bytes [use b''",
        Value::Native(_) if vm.is_a(start, T::ByteArray) => "bytearray [use b''",
        _ => "",
    };
    if !refused.is_empty() {
        drop(vm.iter(items)?);
        return Err(vm.type_error(format!("sum() can't sum {refused}.join(seq) instead]")));
    }
    let start = if start.is_missing() { Value::Int(0) } else { start.clone() };
    let mut total = Some(Total::new(start));
    vm.for_each(items, |item| {
        total = match total.take() {
            Some(total) => Some(total.add(vm, item)?),
            None => None,
        };
        Ok(true)
    })?;
    Ok(total.map_or(Value::None, Total::value))
}

/// `min` and `max`: the first item that no other beats.
fn extreme(vm: &Vm, args: Args, name: &str, beats: CompareOp) -> R {
    let (mut key, mut default) = (Value::None, Value::Missing);
    if args.positional.is_empty() {
        return Err(vm.type_error(format!("{name} expected at least 1 argument, got 0")));
    }
    for (keyword, value) in args.keywords {
        match keyword.as_str() {
            "key" => key = value.clone(),
            "default" => default = value.clone(),
            _ => return Err(vm.unknown_keyword(name, *keyword, ["key", "default"])),
        }
    }
    let mut best: Option<(Value, Value)> = None;
    let mut consider = |item: Value| -> R<bool> {
        let rank = if key.is_none() { item.clone() } else { vm.call1(&key, &item)? };
        let better = match &best {
            None => true,
            Some((_, champion)) => {
                let answer = vm.compare(beats, &rank, champion)?;
                vm.is_true(&answer)?
            }
        };
        if better {
            best = Some((item, rank));
        }
        Ok(true)
    };
    match args.positional {
        [] => return Err(vm.type_error(format!("{name} expected at least 1 argument, got 0"))),
        [items] => vm.for_each(items, consider)?,
        several => {
            if !default.is_missing() {
                let message = format!("Cannot specify a default for {name}() with multiple positional arguments");
                return Err(vm.type_error(message));
            }
            for item in several {
                consider(item.clone())?;
            }
        }
    }
    match best {
        Some((item, _)) => Ok(item),
        None if default.is_missing() => Err(vm.value_error(format!("{name}() iterable argument is empty"))),
        None => Ok(default),
    }
}

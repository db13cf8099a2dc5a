//! `complex`. Arithmetic itself is the interpreter's.

use super::float::is_real;
use super::shared::{BOOL, FORMAT, HASH, NEG, POS, REPR, binary, compare, reflected, unary};
use crate::intern::sym;
use crate::modules::support::{inner, made, named, receiver_error};
use crate::object::{Args, Class, R, Raised, Ref, Row, T, TypeSpec, Value, Vm};
use crate::text::float as real;
use crate::text::unicode;

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::Complex,
    new: Some(new),
    rows: ROWS,
    doc: "Create a complex number from a string or numbers.\n\nIf a string is given, parse it as a complex number.\nIf a single number is given, convert it to a complex number.\nIf the 'real' or 'imag' arguments are given, create a complex number\nwith the specified real and imaginary components.",
};

const ROWS: &[Row] = &[
    unary("conjugate", |vm, this| parts(vm, this).map(|(re, im)| Value::complex(re, -im))),
    Row::getter("real", |vm, this| parts(vm, this).map(|(re, _)| Value::float(re))),
    Row::getter("imag", |vm, this| parts(vm, this).map(|(_, im)| Value::float(im))),
    unary("__complex__", |vm, this| parts(vm, this).map(|(re, im)| Value::complex(re, im))),
    unary("__getnewargs__", |vm, this| parts(vm, this).map(|(re, im)| Value::pair(Value::float(re), Value::float(im)))),
    unary("__abs__", |vm, this| vm.abs(inner(vm, this)?)),
    REPR,
    HASH,
    FORMAT,
    BOOL,
    NEG,
    POS,
    compare!("__eq__" Eq is_number),
    compare!("__ne__" Ne is_number),
    binary!("__add__" Add is_number),
    binary!("__sub__" Sub is_number),
    binary!("__mul__" Mul is_number),
    binary!("__truediv__" Div is_number),
    binary!("__pow__" Pow is_number),
    reflected!("__radd__" Add is_number),
    reflected!("__rsub__" Sub is_number),
    reflected!("__rmul__" Mul is_number),
    reflected!("__rtruediv__" Div is_number),
    reflected!("__rpow__" Pow is_number),
];

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Complex(_)) || is_real(value)
}

fn parts(vm: &Vm, this: &Value) -> R<(f64, f64)> {
    match this.base() {
        Value::Complex(c) => Ok((c.re, c.im)),
        _ => Err(receiver_error(vm, "complex", this)),
    }
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let [first, second] = named(vm, "complex", &args, ["real", "imag"])?;
    let (re, im) = make(vm, &first, &second)?;
    Ok(made(class, T::Complex, Value::complex(re, im)))
}

fn make(vm: &Vm, first: &Value, second: &Value) -> R<(f64, f64)> {
    if let Some(text) = first.as_str() {
        if !second.is_missing() {
            return Err(vm.type_error("complex() can't take second arg if first is a string"));
        }
        if has_stray_underscore(text.as_str()) {
            let shown = vm.repr(first)?;
            return Err(vm.value_error(format!("could not convert string to complex: {}", shown.as_str())));
        }
        return parse(text.as_str()).ok_or_else(|| malformed(vm));
    }
    if second.as_str().is_some() {
        return Err(vm.type_error("complex() second arg can't be a string"));
    }
    let (re, im) =
        if first.is_missing() { (0.0, 0.0) } else { number(vm, first, "first argument must be a string or")? };
    if second.is_missing() {
        return Ok((re, im));
    }
    // `complex(a, b)` is `a + b*1j`; the signs of zeros survive where an argument is real.
    let (re2, im2) = number(vm, second, "second argument must be")?;
    let real = if is_complex(second) { re - im2 } else { re };
    let imag = if is_complex(first) { im + re2 } else { re2 };
    Ok((real, imag))
}

/// Whether some underscore does not stand between digits.
fn has_stray_underscore(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    (0..bytes.len()).any(|at| bytes[at] == b'_' && !(digit(at.checked_sub(1)) && digit(Some(at + 1))))
}

fn is_complex(value: &Value) -> bool {
    matches!(value.base(), Value::Complex(_))
}

#[cold]
fn malformed(vm: &Vm) -> Raised {
    vm.value_error("complex() arg is a malformed string")
}

fn number(vm: &Vm, value: &Value, wanted: &str) -> R<(f64, f64)> {
    if let Value::Complex(c) = value.base() {
        return Ok((c.re, c.im));
    }
    if let Some(result) = vm.call_special(value, sym::__complex__, &[])? {
        return match result.base() {
            Value::Complex(c) => Ok((c.re, c.im)),
            _ => Err(vm.type_error(format!("__complex__ returned non-complex (type {})", vm.type_name(&result)))),
        };
    }
    let has = |name| vm.special(value, name).is_some();
    if !has(sym::__float__) && !has(sym::__index__) {
        return Err(vm.type_error(format!("complex() {wanted} a number, not '{}'", vm.type_name(value))));
    }
    let real = if let Value::Float(_) = value.base() { vm.to_float(value)? } else { vm.to_f64(value)? };
    Ok((real, 0.0))
}

/// `complex(text)`: `1+2j`, `(3j)`, `-inf-nanj`.
fn parse(text: &str) -> Option<(f64, f64)> {
    let ascii = unicode::digits_to_ascii(text);
    let text = ascii.trim_matches(unicode::is_c_space);
    let text = match text.strip_prefix('(') {
        Some(rest) => rest.strip_suffix(')')?.trim_matches(unicode::is_c_space),
        None => text,
    };
    let part = |t: &str| (!t.contains(char::is_whitespace)).then(|| real::parse(t).ok()).flatten();
    let Some(body) = text.strip_suffix(['j', 'J']) else { return part(text).map(|re| (re, 0.0)) };
    // The sign that separates the parts is the last one that is not an exponent's.
    let bytes = body.as_bytes();
    let split =
        (1..bytes.len()).rev().find(|&i| matches!(bytes[i], b'+' | b'-') && !matches!(bytes[i - 1], b'e' | b'E'));
    let unit = |t: &str| match t {
        "" | "+" => Some(1.0),
        "-" => Some(-1.0),
        other => part(other),
    };
    match split {
        Some(at) => Some((part(&body[..at])?, unit(&body[at..])?)),
        None => Some((0.0, unit(body)?)),
    }
}

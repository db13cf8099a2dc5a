//! `int` and `bool`. Arithmetic itself is the interpreter's and `text/int.rs`'s.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive};

use super::shared::{BOOL, FORMAT, HASH, INVERT, NEG, POS, REPR, binary, compare, reflected, unary};
use crate::modules::support::{bigint, count, flag, index_or, inner, made, named, no_keywords, receiver_error, text};
use crate::object::{Args, Class, Fun, R, Ref, Row, T, TypeSpec, Value, Vm};
use crate::text::int::{self, ByteOrder};

pub static INT: TypeSpec = TypeSpec {
    kind: T::Int,
    new: Some(new),
    rows: ROWS,
    doc: "int([x]) -> integer\nint(x, base=10) -> integer\n\nConvert a number or string to an integer, or return 0 if no arguments are given.",
};

pub static BOOL_TYPE: TypeSpec = TypeSpec {
    kind: T::Bool,
    new: Some(new_bool),
    rows: BOOL_ROWS,
    doc: "Returns True when the argument is true, False otherwise.\nThe builtins True and False are the only two instances of the class bool.\nThe class bool is a subclass of the class int, and cannot be subclassed.",
};

const ROWS: &[Row] = &[
    Row::method("bit_length", "(self, /)", Fun::F1(|vm, this| Ok(Value::Int(int::bit_length(&big(vm, this)?) as i64)))),
    Row::method("bit_count", "(self, /)", Fun::F1(|vm, this| Ok(Value::Int(int::bit_count(&big(vm, this)?) as i64)))),
    unary("conjugate", plain),
    unary("is_integer", |_, _| Ok(Value::True)),
    unary("as_integer_ratio", |vm, this| Ok(Value::pair(plain(vm, this)?, Value::Int(1)))),
    Row::method("to_bytes", "(self, /, length=1, byteorder='big', *, signed=False)", Fun::Bound(to_bytes)),
    Row::class_method("from_bytes", "(cls, /, bytes, byteorder='big', *, signed=False)", Fun::Bound(from_bytes)),
    Row::getter("real", plain),
    Row::getter("imag", |_, _| Ok(Value::Int(0))),
    Row::getter("numerator", plain),
    Row::getter("denominator", |_, _| Ok(Value::Int(1))),
    unary("__int__", plain),
    unary("__index__", plain),
    unary("__trunc__", plain),
    unary("__floor__", plain),
    unary("__ceil__", plain),
    unary("__float__", |vm, this| vm.to_f64(inner(vm, this)?).map(Value::float)),
    unary("__abs__", |vm, this| vm.abs(inner(vm, this)?)),
    Row::method("__round__", "(self, ndigits=None, /)", Fun::Bound(round)),
    // Of a bool too it is the number, as `super().__repr__()` shows.
    unary("__repr__", |vm, this| vm.repr(&plain(vm, this)?).map(Value::Str)),
    HASH,
    FORMAT,
    BOOL,
    NEG,
    POS,
    INVERT,
    compare!("__eq__" Eq is_int),
    compare!("__ne__" Ne is_int),
    compare!("__lt__" Lt is_int),
    compare!("__le__" Le is_int),
    compare!("__gt__" Gt is_int),
    compare!("__ge__" Ge is_int),
    binary!("__add__" Add is_int),
    binary!("__sub__" Sub is_int),
    binary!("__mul__" Mul is_int),
    binary!("__truediv__" Div is_int),
    binary!("__floordiv__" FloorDiv is_int),
    binary!("__mod__" Mod is_int),
    Row::method("__pow__", "(self, value, mod=None, /)", Fun::Bound(power)),
    unary("__getnewargs__", |vm, this| Ok(Value::tuple(vec![plain(vm, this)?]))),
    binary!("__lshift__" LShift is_int),
    binary!("__rshift__" RShift is_int),
    binary!("__and__" And is_int),
    binary!("__or__" Or is_int),
    binary!("__xor__" Xor is_int),
    Row::method("__divmod__", "(self, value, /)", Fun::F2(|vm, a, b| divmod(vm, a, b, is_int))),
    Row::method("__rdivmod__", "(self, value, /)", Fun::F2(|vm, a, b| divmod(vm, b, a, is_int))),
    reflected!("__radd__" Add is_int),
    reflected!("__rsub__" Sub is_int),
    reflected!("__rmul__" Mul is_int),
    reflected!("__rtruediv__" Div is_int),
    reflected!("__rfloordiv__" FloorDiv is_int),
    reflected!("__rmod__" Mod is_int),
    reflected!("__rpow__" Pow is_int),
    reflected!("__rlshift__" LShift is_int),
    reflected!("__rrshift__" RShift is_int),
    reflected!("__rand__" And is_int),
    reflected!("__ror__" Or is_int),
    reflected!("__rxor__" Xor is_int),
];

const BOOL_ROWS: &[Row] =
    &[REPR, INVERT, binary!("__and__" And is_int), binary!("__or__" Or is_int), binary!("__xor__" Xor is_int)];

/// An int or bool, not an instance around one.
pub fn is_int(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::BigInt(_) | Value::True | Value::False)
}

fn big(vm: &Vm, this: &Value) -> R<BigInt> {
    this.as_bigint().ok_or_else(|| receiver_error(vm, "int", this))
}

/// The int itself: of a bool 0 or 1, of a subclass the int inside.
fn plain(vm: &Vm, this: &Value) -> R {
    match this.base() {
        Value::True => Ok(Value::Int(1)),
        Value::False => Ok(Value::Int(0)),
        found @ (Value::Int(_) | Value::BigInt(_)) => Ok(found.clone()),
        _ => Err(receiver_error(vm, "int", this)),
    }
}

/// `divmod(a, b)` where both are what the type works with.
pub fn divmod(vm: &Vm, a: &Value, b: &Value, fits: fn(&Value) -> bool) -> R {
    let (a, b) = (a.base(), b.base());
    if fits(a) && fits(b) { vm.divmod(a, b) } else { Ok(Value::NotImplemented) }
}

fn power(vm: &Vm, args: &[Value]) -> R {
    let [base, exponent, modulus] = args else { return Ok(Value::NotImplemented) };
    if modulus.is_none_or_missing() {
        return super::shared::operate(vm, crate::interp::BinaryOp::Pow, base, exponent, is_int);
    }
    match (base.as_bigint(), exponent.as_bigint(), modulus.as_bigint()) {
        (Some(b), Some(e), Some(m)) => int::pow_mod(&b, &e, &m).map(Value::big).map_err(|e| vm.text_error(e)),
        _ => Ok(Value::NotImplemented),
    }
}

/// `round(n, -2)`: to a multiple of a power of ten, half to even.
fn round(vm: &Vm, args: &[Value]) -> R {
    let this = plain(vm, &args[0])?;
    if args[1].is_missing() {
        return Ok(this);
    }
    let digits = bigint(vm, &args[1])?;
    if !digits.is_negative() {
        return Ok(this);
    }
    let n = big(vm, &this)?;
    let places = match (-digits).to_u32() {
        // More places than the number has digits: everything rounds to 0.
        Some(places) if u64::from(places) <= int::bit_length(&n) => places,
        _ => return Ok(Value::Int(0)),
    };
    let unit = BigInt::from(10).pow(places);
    let (quotient, rest) = n.div_mod_floor(&unit);
    let twice: BigInt = rest * 2;
    let up = twice > unit || (twice == unit && quotient.is_odd());
    Ok(Value::big((quotient + i32::from(up)) * unit))
}

fn byte_order(vm: &Vm, method: &str, value: &Value) -> R<ByteOrder> {
    if value.is_missing() {
        return Ok(ByteOrder::Big);
    }
    match text(vm, value, &format!("{method}() argument 'byteorder'"))?.as_str() {
        "big" => Ok(ByteOrder::Big),
        "little" => Ok(ByteOrder::Little),
        _ => Err(vm.value_error("byteorder must be either 'little' or 'big'")),
    }
}

fn to_bytes(vm: &Vm, args: &[Value]) -> R {
    let [this, length, order, signed] = args else { return Ok(Value::None) };
    let length = index_or(vm, length, 1)?;
    let order = byte_order(vm, "to_bytes", order)?;
    let signed = flag(vm, signed, false)?;
    let Ok(length) = usize::try_from(length) else {
        return Err(vm.value_error("length argument must be non-negative"));
    };
    // No room comes before a value that does not fit.
    drop(vm.byte_room(length)?);
    int::to_bytes(&big(vm, this)?, length, order, signed).map(Value::bytes).map_err(|e| vm.text_error(e))
}

fn from_bytes(vm: &Vm, args: &[Value]) -> R {
    let [class, bytes, order, signed] = args else { return Ok(Value::None) };
    let order = byte_order(vm, "from_bytes", order)?;
    let plain = bytes.to_buffer().is_none() && vm.special(bytes, crate::intern::sym::__bytes__).is_none();
    let data = match plain {
        true => super::bytes::bytes_of_items(vm, "bytes", bytes)?,
        false => super::bytes::to_bytes(vm, bytes)?,
    };
    let value = Value::big(int::from_bytes(&data, order, flag(vm, signed, false)?));
    match class {
        Value::Class(c) if c.builtin == Some(T::Int) => Ok(value),
        _ => vm.call1(class, &value),
    }
}

/// `int(x)`: a bytearray counts as bytes.
fn convert(vm: &Vm, x: &Value) -> R {
    match x {
        Value::Native(_) => match x.to_buffer() {
            Some(data) => vm.to_int(&Value::bytes(data)),
            None => vm.to_int(x),
        },
        _ => vm.to_int(x),
    }
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let value = match (args.positional, args.keywords) {
        ([], []) => Value::Int(0),
        ([x], []) => convert(vm, x)?,
        ([_, _, _, ..], []) => return Err(count(vm, "int", &args, 0, 2).expect_err("three are more than two")),
        _ => {
            let [x, base] = named(vm, "int", &args, ["", "base"])?;
            if x.is_missing() {
                return Err(vm.type_error("int() missing string argument"));
            }
            if base.is_missing() { convert(vm, &x)? } else { in_base(vm, &x, &base)? }
        }
    };
    Ok(made(class, T::Int, value))
}

/// `int(x, base)`
fn in_base(vm: &Vm, x: &Value, base: &Value) -> R {
    let base = crate::modules::support::clamped_index(vm, base)?;
    let base = match u32::try_from(base) {
        Ok(base @ (0 | 2..=36)) => base,
        _ => return Err(vm.value_error("int() base must be >= 2 and <= 36, or 0")),
    };
    let is_bytes = x.as_bytes().is_some() || vm.is_a(x, T::ByteArray);
    match x.to_buffer().filter(|_| is_bytes) {
        Some(data) => vm.parse_int(&Value::bytes(data), base),
        None if x.as_str().is_some() => vm.parse_int(x, base),
        None => Err(vm.type_error("int() can't convert non-string with explicit base")),
    }
}

fn new_bool(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "bool", &args)?;
    count(vm, "bool", &args, 0, 1)?;
    match args.positional.first() {
        Some(x) => vm.is_true(x).map(Value::bool),
        None => Ok(Value::False),
    }
}

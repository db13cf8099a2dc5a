//! `float`. Arithmetic itself is the interpreter's and `text/float.rs`'s.

use super::int::divmod;
use super::shared::{BOOL, FORMAT, HASH, NEG, POS, REPR, binary, compare, reflected, unary};
use crate::modules::support::{clamped_index, count, made, no_keywords, receiver_error, text};
use crate::object::{Args, Class, Fun, R, Ref, Row, T, TypeSpec, Value, Vm};
use crate::text::float as real;

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::Float,
    new: Some(new),
    rows: ROWS,
    doc: "Convert a string or number to a floating-point number, if possible.",
};

const ROWS: &[Row] = &[
    unary("is_integer", |vm, this| {
        let x = float(vm, this)?;
        Ok(Value::bool(x.is_finite() && x.fract() == 0.0))
    }),
    unary("as_integer_ratio", |vm, this| match real::as_integer_ratio(float(vm, this)?) {
        Ok((numerator, denominator)) => Ok(Value::pair(Value::big(numerator), Value::big(denominator))),
        Err(error) => Err(vm.text_error(error)),
    }),
    unary("hex", |vm, this| Ok(Value::string(real::hex(float(vm, this)?)))),
    Row::class_method("fromhex", "(cls, string, /)", Fun::F2(fromhex)),
    unary("conjugate", plain),
    Row::getter("real", plain),
    Row::getter("imag", |_, _| Ok(Value::float(0.0))),
    unary("__float__", plain),
    unary("__int__", |vm, this| vm.truncate(float(vm, this)?)),
    unary("__trunc__", |vm, this| vm.truncate(float(vm, this)?)),
    unary("__floor__", |vm, this| vm.truncate(float(vm, this)?.floor())),
    unary("__ceil__", |vm, this| vm.truncate(float(vm, this)?.ceil())),
    unary("__abs__", |vm, this| Ok(Value::float(float(vm, this)?.abs()))),
    Row::method("__round__", "(self, ndigits=None, /)", Fun::Bound(round)),
    unary("__getnewargs__", |vm, this| Ok(Value::tuple(vec![plain(vm, this)?]))),
    Row::static_method("__getformat__", "(typestr, /)", Fun::F1(getformat)),
    REPR,
    HASH,
    FORMAT,
    BOOL,
    NEG,
    POS,
    compare!("__eq__" Eq is_real),
    compare!("__ne__" Ne is_real),
    compare!("__lt__" Lt is_real),
    compare!("__le__" Le is_real),
    compare!("__gt__" Gt is_real),
    compare!("__ge__" Ge is_real),
    binary!("__add__" Add is_real),
    binary!("__sub__" Sub is_real),
    binary!("__mul__" Mul is_real),
    binary!("__truediv__" Div is_real),
    binary!("__floordiv__" FloorDiv is_real),
    binary!("__mod__" Mod is_real),
    binary!("__pow__" Pow is_real),
    Row::method("__divmod__", "(self, value, /)", Fun::F2(|vm, a, b| divmod(vm, a, b, is_real))),
    Row::method("__rdivmod__", "(self, value, /)", Fun::F2(|vm, a, b| divmod(vm, b, a, is_real))),
    reflected!("__radd__" Add is_real),
    reflected!("__rsub__" Sub is_real),
    reflected!("__rmul__" Mul is_real),
    reflected!("__rtruediv__" Div is_real),
    reflected!("__rfloordiv__" FloorDiv is_real),
    reflected!("__rmod__" Mod is_real),
    reflected!("__rpow__" Pow is_real),
];

/// A float or an int, not an instance around one.
pub fn is_real(value: &Value) -> bool {
    matches!(value, Value::Float(_)) || super::int::is_int(value)
}

fn float(vm: &Vm, this: &Value) -> R<f64> {
    this.as_float().ok_or_else(|| receiver_error(vm, "float", this))
}

fn plain(vm: &Vm, this: &Value) -> R {
    float(vm, this).map(Value::float)
}

fn round(vm: &Vm, args: &[Value]) -> R {
    let x = float(vm, &args[0])?;
    if args[1].is_none_or_missing() {
        return real::round_to_int(x).map(Value::big).map_err(|e| vm.text_error(e));
    }
    let places = clamped_index(vm, &args[1])?;
    real::round(x, places).map(Value::float).map_err(|e| vm.text_error(e))
}

fn getformat(vm: &Vm, kind: &Value) -> R {
    match text(vm, kind, "__getformat__() argument")?.as_str() {
        "double" | "float" => Ok(Value::str("IEEE, little-endian")),
        _ => Err(vm.value_error("__getformat__() argument 1 must be 'double' or 'float'")),
    }
}

fn fromhex(vm: &Vm, class: &Value, string: &Value) -> R {
    let x = match string.as_str() {
        Some(s) => real::fromhex(s.as_str()).map_err(|e| vm.text_error(e))?,
        None => {
            return Err(vm.type_error("bad argument type for built-in operation"));
        }
    };
    match class {
        Value::Class(c) if c.builtin == Some(T::Float) => Ok(Value::float(x)),
        _ => vm.call1(class, &Value::float(x)),
    }
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "float", &args)?;
    count(vm, "float", &args, 0, 1)?;
    let x = match args.positional.first() {
        Some(x) => match x.to_buffer() {
            Some(data) => match vm.catch(vm.to_float(&Value::bytes(data)), T::ValueError)? {
                Some(x) => x,
                None => {
                    let shown = vm.repr(x)?;
                    return Err(vm.value_error(format!("could not convert string to float: {}", shown.as_str())));
                }
            },
            None => vm.to_float(x)?,
        },
        None => 0.0,
    };
    Ok(made(class, T::Float, Value::float(x)))
}

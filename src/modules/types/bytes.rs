//! `bytes`: its table, its constructor, and how other types' data is read. The methods that it shares with `bytearray` stand
//! in `bytes_methods`.

use super::bytes_methods::byte_rows;
use super::codec;
use super::shared::{CONTAINS, GETITEM, HASH, ITER, LEN, REPEAT, REPEAT_REFLECTED, REPR, compare, unary};
use crate::intern::sym;
use crate::interp::BinaryOp;
use crate::modules::support::{bytes, inner, made, named, text};
use crate::object::{Args, Class, R, Ref, Row, T, TypeSpec, Value, Vm};

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::Bytes,
    new: Some(new),
    rows: ROWS,
    doc: "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\nbytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\nbytes(int) -> bytes object of size given by the parameter initialized with null bytes\nbytes() -> empty bytes object",
};

const ROWS: &[Row] = byte_rows![
    LEN,
    ITER,
    CONTAINS,
    GETITEM,
    REPR,
    HASH,
    unary("__bytes__", |vm, this| Ok(Value::Bytes(bytes(vm, this)?.clone()))),
    compare!("__eq__" Eq is_bytes),
    compare!("__ne__" Ne is_bytes),
    compare!("__lt__" Lt is_bytes),
    compare!("__le__" Le is_bytes),
    compare!("__gt__" Gt is_bytes),
    compare!("__ge__" Ge is_bytes),
    Row::method("__add__", "(self, value, /)", Fun::F2(|vm, a, b| vm.concatenated(inner(vm, a)?, b))),
    Row::method("__mod__", "(self, value, /)", Fun::F2(|vm, a, b| vm.binary(BinaryOp::Mod, inner(vm, a)?, b))),
    Row::method(
        "__rmod__",
        "(self, value, /)",
        Fun::F2(|vm, this, template| match template.base() {
            Value::Bytes(_) => vm.binary(BinaryOp::Mod, template.base(), inner(vm, this)?),
            _ => Ok(Value::NotImplemented),
        })
    ),
    Row::method(
        "__getnewargs__",
        "(self, /)",
        Fun::F1(|vm, this| { Ok(Value::tuple(vec![Value::Bytes(bytes(vm, this)?.clone())])) })
    ),
    REPEAT,
    REPEAT_REFLECTED,
];

fn is_bytes(value: &Value) -> bool {
    matches!(value, Value::Bytes(_))
}

/// `bytes(x)` of what is no str: a copy of bytes, a count of zeros, or ints from an iterable.
///
/// # Errors
/// TypeError and ValueError as `bytes()` raises them.
pub fn to_bytes(vm: &Vm, value: &Value) -> R<Vec<u8>> {
    to_bytes_of(vm, "bytes", value)
}

/// [`to_bytes`] for the type of the name.
pub fn to_bytes_of(vm: &Vm, kind: &str, value: &Value) -> R<Vec<u8>> {
    if let Some(data) = super::memoryview::shown(value) {
        return Ok(data);
    }
    if kind == "bytes"
        && let Some(made) = vm.call_own(value, sym::__bytes__, &[])?
    {
        return made
            .to_buffer()
            .ok_or_else(|| vm.type_error(format!("__bytes__ returned non-bytes (type {})", vm.type_name(&made))));
    }
    if vm.is_index(value)
        && let Some(count) = vm.catch(vm.index_i64(value), T::TypeError)?
    {
        return match usize::try_from(count) {
            Ok(count) => vm.repeat_bytes(&[0], count),
            Err(_) => Err(vm.value_error("negative count")),
        };
    }
    if kind == "bytes" || value.as_str().is_some() {
        return bytes_of_items(vm, kind, value);
    }
    items(vm, kind, value)
}

/// The ints that an iterable gives, as bytes; an object that is also an index is not asked for it.
pub fn bytes_of_items(vm: &Vm, kind: &str, value: &Value) -> R<Vec<u8>> {
    if let Some(data) = super::memoryview::shown(value) {
        return Ok(data);
    }
    if vm.is_iterable(value) && value.as_str().is_none() {
        // A length that is none is an error, though nothing needs it.
        vm.length_hint(value)?;
    }
    items(vm, kind, value)
}

fn items(vm: &Vm, kind: &str, value: &Value) -> R<Vec<u8>> {
    if !vm.is_iterable(value) || value.as_str().is_some() {
        return Err(vm.type_error(format!("cannot convert '{}' object to {kind}", vm.type_name(value))));
    }
    let Some(iterator) = vm.catch(vm.iter(value), T::TypeError)? else {
        return Err(vm.type_error(format!("cannot convert '{}' object to {kind}", vm.type_name(value))));
    };
    let mut data = Vec::new();
    vm.for_each(&iterator, |item| {
        data.push(byte(vm, &item, kind)?);
        Ok(true)
    })?;
    Ok(data)
}

/// One byte, an int below 256.
pub fn byte(vm: &Vm, value: &Value, what: &str) -> R<u8> {
    let n = vm.index(value)?.as_i64().and_then(|n| u8::try_from(n).ok());
    n.ok_or_else(|| match what {
        "bytes" => vm.value_error("bytes must be in range(0, 256)"),
        _ => vm.value_error("byte must be in range(0, 256)"),
    })
}

/// What the constructors of both types make of their arguments.
pub fn constructed(vm: &Vm, name: &str, args: &Args) -> R<Vec<u8>> {
    let [source, encoding, errors] = named(vm, name, args, ["source", "encoding", "errors"])?;
    for (given, what) in [(&encoding, "encoding"), (&errors, "errors")] {
        if !given.is_missing() {
            text(vm, given, &format!("{name}() argument '{what}'"))?;
        }
    }
    if let Some(source) = source.as_str() {
        if encoding.is_missing() {
            return Err(vm.type_error("string argument without an encoding"));
        }
        let encoding = text(vm, &encoding, &format!("{name}() argument 'encoding'"))?;
        return codec::encode(vm, source.as_str(), encoding.as_str(), codec::name_or(&errors, "strict"));
    }
    if !encoding.is_missing() {
        return Err(vm.type_error("encoding without a string argument"));
    }
    if !errors.is_missing() {
        return Err(vm.type_error("errors without a string argument"));
    }
    if source.is_missing() { Ok(Vec::new()) } else { to_bytes_of(vm, name, &source) }
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    if let ([whole @ Value::Bytes(_)], []) = (args.positional, args.keywords) {
        return Ok(made(class, T::Bytes, whole.clone()));
    }
    Ok(made(class, T::Bytes, Value::bytes(constructed(vm, "bytes", &args)?)))
}

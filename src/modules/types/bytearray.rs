//! `bytearray`. No borrow of the data is held while a script's code may run.

use std::cell::RefCell;

use super::bytes::{byte, constructed, data_of, to_bytes};
use super::bytes_methods::byte_rows;
use super::list::{UNHASHABLE, at};
use super::shared::unary;
use crate::modules::support::{clamped_index, fills_at_once, index_or, receiver_error};
use crate::object::range::Indices;
use crate::object::{Args, Class, Native, NativeData, R, Ref, Row, T, TypeSpec, Value, Vm};

/// The data of a bytearray.
pub struct ByteArray {
    pub data: RefCell<Vec<u8>>,
}

impl NativeData for ByteArray {}

impl ByteArray {
    pub fn new(data: Vec<u8>) -> ByteArray {
        ByteArray { data: RefCell::new(data) }
    }
}

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::ByteArray,
    new: Some(new),
    rows: ROWS,
    doc: "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\nbytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\nbytearray(int) -> bytes array of size given by the parameter initialized with null bytes\nbytearray() -> empty bytes array",
};

const ROWS: &[Row] = byte_rows![
    Row::method(
        "append",
        "(self, item, /)",
        Fun::F2(|vm, this, item| {
            let item = byte(vm, item, "byte")?;
            array(vm, this)?.data.borrow_mut().push(item);
            Ok(Value::None)
        })
    ),
    Row::method(
        "extend",
        "(self, iterable_of_ints, /)",
        Fun::F2(|vm, this, items| {
            let items = if items.is_int() { return Err(not_iterable(vm, items)) } else { to_bytes(vm, items)? };
            array(vm, this)?.data.borrow_mut().extend(items);
            Ok(Value::None)
        })
    ),
    Row::method("insert", "(self, index, item, /)", Fun::F3(insert)),
    Row::method("pop", "(self, index=-1, /)", Fun::Bound(pop)),
    Row::method("remove", "(self, value, /)", Fun::F2(remove)),
    unary("clear", |vm, this| {
        array(vm, this)?.data.borrow_mut().clear();
        Ok(Value::None)
    }),
    unary("copy", |vm, this| Ok(fresh(vm, array(vm, this)?.data.borrow().clone()))),
    unary("reverse", |vm, this| {
        array(vm, this)?.data.borrow_mut().reverse();
        Ok(Value::None)
    }),
    Row::method(
        "__init__",
        "(self, /, *args, **kwargs)",
        Fun::Full(|vm, args| {
            match args.positional.split_first() {
                Some((this, rest)) => {
                    let data = constructed(vm, "bytearray", &Args { positional: rest, keywords: args.keywords })?;
                    *array(vm, this)?.data.borrow_mut() = data;
                    Ok(Value::None)
                }
                None => Err(vm.type_error("unbound method bytearray.__init__() needs an argument")),
            }
        })
    ),
    unary("__len__", |vm, this| Ok(Value::size(array(vm, this)?.data.borrow().len()))),
    unary("__iter__", |vm, this| vm.iter(&Value::bytes(array(vm, this)?.data.borrow().clone()))),
    unary("__repr__", |vm, this| {
        let shown = crate::text::quote::repr_bytes(&array(vm, this)?.data.borrow());
        Ok(Value::string(format!("{}({shown})", vm.type_name(this))))
    }),
    unary("__bytes__", |vm, this| Ok(Value::bytes(array(vm, this)?.data.borrow().clone()))),
    Row::method(
        "__contains__",
        "(self, key, /)",
        Fun::F2(|vm, this, key| {
            vm.contains(&Value::bytes(array(vm, this)?.data.borrow().clone()), key).map(Value::bool)
        })
    ),
    Row::method("__getitem__", "(self, key, /)", Fun::F2(getitem)),
    Row::method("__setitem__", "(self, key, value, /)", Fun::F3(setitem)),
    Row::method("__delitem__", "(self, key, /)", Fun::F2(delitem)),
    Row::method(
        "__add__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| {
            let Some(tail) = data_of(b) else {
                let got = vm.type_name(b);
                return Err(vm.type_error(format!("can't concat {got} to bytearray")));
            };
            let mut data = array(vm, a)?.data.borrow().clone();
            data.extend(tail);
            Ok(fresh(vm, data))
        })
    ),
    Row::method(
        "__iadd__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| {
            let Some(tail) = data_of(b) else {
                let got = vm.type_name(b);
                return Err(vm.type_error(format!("can't concat {got} to bytearray")));
            };
            array(vm, a)?.data.borrow_mut().extend(tail);
            Ok(a.clone())
        })
    ),
    Row::method("__mul__", "(self, value, /)", Fun::F2(repeat)),
    Row::method("__rmul__", "(self, value, /)", Fun::F2(repeat)),
    Row::method(
        "__eq__",
        "(self, value, /)",
        Fun::F2(|_, a, b| Ok(match (data_of(a), data_of(b)) {
            (Some(a), Some(b)) => Value::bool(a == b),
            _ => Value::NotImplemented,
        }))
    ),
    Row::method(
        "__lt__",
        "(self, value, /)",
        Fun::F2(|_, a, b| Ok(match (data_of(a), data_of(b)) {
            (Some(a), Some(b)) => Value::bool(a < b),
            _ => Value::NotImplemented,
        }))
    ),
    Row::method(
        "__le__",
        "(self, value, /)",
        Fun::F2(|_, a, b| Ok(match (data_of(a), data_of(b)) {
            (Some(a), Some(b)) => Value::bool(a <= b),
            _ => Value::NotImplemented,
        }))
    ),
    Row::method(
        "__gt__",
        "(self, value, /)",
        Fun::F2(|_, a, b| Ok(match (data_of(a), data_of(b)) {
            (Some(a), Some(b)) => Value::bool(a > b),
            _ => Value::NotImplemented,
        }))
    ),
    Row::method(
        "__ge__",
        "(self, value, /)",
        Fun::F2(|_, a, b| Ok(match (data_of(a), data_of(b)) {
            (Some(a), Some(b)) => Value::bool(a >= b),
            _ => Value::NotImplemented,
        }))
    ),
    UNHASHABLE,
];

fn array<'a>(vm: &Vm, this: &'a Value) -> R<&'a ByteArray> {
    this.as_native::<ByteArray>().ok_or_else(|| receiver_error(vm, "bytearray", this))
}

fn fresh(vm: &Vm, data: Vec<u8>) -> Value {
    Value::Native(Native::new(vm.class(T::ByteArray), ByteArray::new(data)))
}

#[cold]
fn not_iterable(vm: &Vm, value: &Value) -> crate::object::Raised {
    vm.type_error(format!("can't extend bytearray with {}", vm.type_name(value)))
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let data = if fills_at_once(class) { constructed(vm, "bytearray", &args)? } else { Vec::new() };
    Ok(Value::Native(Native::new(class, ByteArray::new(data))))
}

fn insert(vm: &Vm, this: &Value, index: &Value, item: &Value) -> R {
    let index = vm.index_i64(index)?;
    let item = byte(vm, item, "byte")?;
    let mut data = array(vm, this)?.data.borrow_mut();
    let len = data.len() as i64;
    let at = if index < 0 { (index + len).max(0) } else { index.min(len) };
    data.insert(at as usize, item);
    Ok(Value::None)
}

fn pop(vm: &Vm, args: &[Value]) -> R {
    let index = index_or(vm, &args[1], -1)?;
    let mut data = array(vm, &args[0])?.data.borrow_mut();
    if data.is_empty() {
        return Err(vm.index_error("pop from empty bytearray"));
    }
    let at = if index < 0 { index + data.len() as i64 } else { index };
    match usize::try_from(at).ok().filter(|&at| at < data.len()) {
        Some(at) => Ok(Value::Int(data.remove(at).into())),
        None => Err(vm.index_error("pop index out of range")),
    }
}

fn remove(vm: &Vm, this: &Value, value: &Value) -> R {
    let value = byte(vm, value, "byte")?;
    let mut data = array(vm, this)?.data.borrow_mut();
    match data.iter().position(|&b| b == value) {
        Some(at) => {
            data.remove(at);
            Ok(Value::None)
        }
        None => Err(vm.value_error("value not found in bytearray")),
    }
}

fn getitem(vm: &Vm, this: &Value, key: &Value) -> R {
    let data = array(vm, this)?.data.borrow().clone();
    if let Value::Slice(_) = key {
        let part = vm.get_item(&Value::bytes(data), key)?;
        return Ok(fresh(vm, data_of(&part).unwrap_or_default()));
    }
    match at(vm, key, data.len())? {
        Some(at) => Ok(Value::Int(data[at].into())),
        None => Err(vm.index_error("bytearray index out of range")),
    }
}

fn setitem(vm: &Vm, this: &Value, key: &Value, value: &Value) -> R {
    let array = array(vm, this)?;
    if let Value::Slice(slice) = key {
        let new = to_bytes(vm, value)?;
        let found = vm.slice_indices(slice, array.data.borrow().len())?;
        return set_slice(vm, array, found, &new);
    }
    let len = array.data.borrow().len();
    let Some(at) = at(vm, key, len)? else { return Err(vm.index_error("bytearray index out of range")) };
    let value = byte(vm, value, "byte")?;
    if let Some(place) = array.data.borrow_mut().get_mut(at) {
        *place = value;
    }
    Ok(Value::None)
}

fn set_slice(vm: &Vm, array: &ByteArray, found: Indices, new: &[u8]) -> R {
    let mut data = array.data.borrow_mut();
    if found.step == 1 {
        let start = found.start as usize;
        data.splice(start..start + found.count, new.iter().copied());
        return Ok(Value::None);
    }
    if new.len() != found.count {
        let message =
            format!("attempt to assign bytes of size {} to extended slice of size {}", new.len(), found.count);
        return Err(vm.value_error(message));
    }
    for (i, b) in new.iter().enumerate() {
        data[(found.start + found.step * i as i64) as usize] = *b;
    }
    Ok(Value::None)
}

fn delitem(vm: &Vm, this: &Value, key: &Value) -> R {
    let array = array(vm, this)?;
    let len = array.data.borrow().len();
    if let Value::Slice(slice) = key {
        let found = vm.slice_indices(slice, len)?;
        let mut places: Vec<i64> = (0..found.count as i64).map(|i| found.start + found.step * i).collect();
        places.sort_unstable();
        for place in places.into_iter().rev() {
            array.data.borrow_mut().remove(place as usize);
        }
        return Ok(Value::None);
    }
    match at(vm, key, len)? {
        Some(at) => {
            array.data.borrow_mut().remove(at);
            Ok(Value::None)
        }
        None => Err(vm.index_error("bytearray index out of range")),
    }
}

fn repeat(vm: &Vm, this: &Value, times: &Value) -> R {
    if !vm.is_index(times) {
        return Ok(Value::NotImplemented);
    }
    let times = usize::try_from(clamped_index(vm, times)?).unwrap_or(0);
    let data = array(vm, this)?.data.borrow().clone();
    Ok(fresh(vm, vm.repeat_bytes(&data, times)?))
}

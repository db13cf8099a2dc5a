//! `bytearray`. No borrow of the data is held while a script's code may run.

use std::cell::{Cell, RefCell};

use super::byte_buffer::ByteBuffer;
use super::bytes::{byte, bytes_of_items, constructed, to_bytes_of};
use super::bytes_methods::byte_rows;
use super::list::UNHASHABLE;
use super::shared::unary;
use crate::interp::slice::each_place;
use crate::modules::support::{fills_at_once, index_or, receiver_error, size_argument};
use crate::object::bytes::Bytes;
use crate::object::range::Indices;
use crate::object::{Args, Class, Iter, Iteration, Native, NativeData, NextFn, R, Ref, Row, T, TypeSpec, Value, Vm};

/// The data of a bytearray.
pub struct ByteArray {
    pub data: RefCell<ByteBuffer>,
    /// How many windows (`memoryview`) look at it: while there are any, its size stays.
    pub exports: Cell<u32>,
}

impl NativeData for ByteArray {
    fn buffer(&self) -> Option<Vec<u8>> {
        Some(self.data.borrow().to_vec())
    }
}

impl ByteArray {
    pub fn new(data: Vec<u8>) -> ByteArray {
        ByteArray { data: RefCell::new(data.into()), exports: Cell::new(0) }
    }

    /// # Errors
    /// BufferError while windows look at the bytes.
    fn resizable(&self, vm: &Vm) -> R<&Self> {
        match self.exports.get() {
            0 => Ok(self),
            _ => Err(vm.error(T::BufferError, "Existing exports of data: object cannot be re-sized")),
        }
    }

    /// Appends, where there is memory.
    fn extend(&self, vm: &Vm, more: &[u8]) -> R<()> {
        let mut data = if more.is_empty() { self.data.borrow_mut() } else { self.resizable(vm)?.data.borrow_mut() };
        if data.try_extend(more) { Ok(()) } else { Err(vm.memory_error()) }
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
            array(vm, this)?.extend(vm, &[item])?;
            Ok(Value::None)
        })
    ),
    Row::method(
        "extend",
        "(self, iterable_of_ints, /)",
        Fun::F2(|vm, this, items| {
            if items.as_str().is_some() {
                return Err(vm.type_error("expected iterable of integers; got: 'str'"));
            }
            let items = if items.is_int() || !vm.is_iterable(items) && super::memoryview::shown(items).is_none() {
                return Err(not_iterable(vm, items));
            } else {
                bytes_of_items(vm, "bytearray", items)?
            };
            array(vm, this)?.extend(vm, &items)?;
            Ok(Value::None)
        })
    ),
    Row::method("insert", "(self, index, item, /)", Fun::F3(insert)),
    Row::method("pop", "(self, index=-1, /)", Fun::Bound(pop)),
    Row::method("remove", "(self, value, /)", Fun::F2(remove)),
    unary("clear", |vm, this| {
        array(vm, this)?.resizable(vm)?.data.borrow_mut().vec().clear();
        Ok(Value::None)
    }),
    unary("copy", |vm, this| Ok(fresh(vm, array(vm, this)?.data.borrow().to_vec()))),
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
                    *array(vm, this)?.resizable(vm)?.data.borrow_mut() = data.into();
                    Ok(Value::None)
                }
                None => Err(vm.type_error("descriptor '__init__' of 'bytearray' object needs an argument")),
            }
        })
    ),
    unary("__len__", |vm, this| Ok(Value::size(array(vm, this)?.data.borrow().len()))),
    unary("__alloc__", |vm, this| Ok(Value::size(array(vm, this)?.data.borrow().len() + 1))),
    unary("__iter__", |_, this| {
        Ok(Iter::new(Iteration::Custom(Box::new(Items { array: Some(this.clone()), at: 0 }))))
    }),
    unary("__repr__", |vm, this| {
        let mut shown = crate::text::quote::repr_bytes(&array(vm, this)?.data.borrow());
        // Unlike bytes, a bytearray escapes the single quote between double quotes too.
        if shown.starts_with("b\"") {
            shown = shown.replace('\'', "\\'");
        }
        Ok(Value::string(format!("{}({shown})", vm.type_name(this))))
    }),
    Row::method(
        "__contains__",
        "(self, key, /)",
        Fun::F2(|vm, this, key| {
            vm.contains(&Value::bytes(array(vm, this)?.data.borrow().to_vec()), key).map(Value::bool)
        })
    ),
    Row::method("__getitem__", "(self, key, /)", Fun::F2(getitem)),
    Row::method("__setitem__", "(self, key, value, /)", Fun::F3(setitem)),
    Row::method("__delitem__", "(self, key, /)", Fun::F2(delitem)),
    Row::method(
        "__add__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| {
            let Some(tail) = b.to_buffer() else {
                let got = vm.type_name(b);
                return Err(vm.type_error(format!("can't concat {got} to bytearray")));
            };
            let mut data = array(vm, a)?.data.borrow().to_vec();
            data.extend(tail);
            Ok(fresh(vm, data))
        })
    ),
    Row::method(
        "__iadd__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| {
            let Some(tail) = b.to_buffer() else {
                let got = vm.type_name(b);
                return Err(vm.type_error(format!("can't concat {got} to bytearray")));
            };
            array(vm, a)?.extend(vm, &tail)?;
            Ok(a.clone())
        })
    ),
    Row::method("__imul__", "(self, value, /)", Fun::F2(repeat_in_place)),
    Row::method(
        "__mod__",
        "(self, value, /)",
        Fun::F2(|vm, this, args| {
            let template = Bytes::new(array(vm, this)?.data.borrow().to_vec());
            let made = vm.percent_format_bytes(&template, args)?;
            Ok(fresh(vm, made.to_buffer().unwrap_or_default()))
        })
    ),
    Row::method(
        "__rmod__",
        "(self, value, /)",
        Fun::F2(|vm, this, _| {
            array(vm, this)?;
            Ok(Value::NotImplemented)
        })
    ),
    Row::method("__mul__", "(self, value, /)", Fun::F2(repeat)),
    Row::method("__rmul__", "(self, value, /)", Fun::F2(repeat)),
    Row::method(
        "__eq__",
        "(self, value, /)",
        Fun::F2(|_, a, b| Ok(match (a.to_buffer(), b.to_buffer()) {
            (Some(a), Some(b)) => Value::bool(a == b),
            _ => Value::NotImplemented,
        }))
    ),
    Row::method(
        "__lt__",
        "(self, value, /)",
        Fun::F2(|_, a, b| Ok(match (a.to_buffer(), b.to_buffer()) {
            (Some(a), Some(b)) => Value::bool(a < b),
            _ => Value::NotImplemented,
        }))
    ),
    Row::method(
        "__le__",
        "(self, value, /)",
        Fun::F2(|_, a, b| Ok(match (a.to_buffer(), b.to_buffer()) {
            (Some(a), Some(b)) => Value::bool(a <= b),
            _ => Value::NotImplemented,
        }))
    ),
    Row::method(
        "__gt__",
        "(self, value, /)",
        Fun::F2(|_, a, b| Ok(match (a.to_buffer(), b.to_buffer()) {
            (Some(a), Some(b)) => Value::bool(a > b),
            _ => Value::NotImplemented,
        }))
    ),
    Row::method(
        "__ge__",
        "(self, value, /)",
        Fun::F2(|_, a, b| Ok(match (a.to_buffer(), b.to_buffer()) {
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
    let index = size_argument(vm, index)?;
    let item = byte(vm, item, "byte")?;
    let mut data = array(vm, this)?.resizable(vm)?.data.borrow_mut();
    let len = data.len() as i64;
    let at = if index < 0 { (index + len).max(0) } else { index.min(len) };
    data.vec().insert(at as usize, item);
    Ok(Value::None)
}

fn pop(vm: &Vm, args: &[Value]) -> R {
    let index = index_or(vm, &args[1], -1)?;
    let array = array(vm, &args[0])?;
    let length = array.data.borrow().len();
    if length == 0 {
        return Err(vm.index_error("pop from empty bytearray"));
    }
    let at = if index < 0 { index + length as i64 } else { index };
    match usize::try_from(at).ok().filter(|&at| at < length) {
        Some(at) => {
            let mut data = array.resizable(vm)?.data.borrow_mut();
            let item = data[at];
            data.delete(at, at + 1);
            Ok(Value::Int(item.into()))
        }
        None => Err(vm.index_error("pop index out of range")),
    }
}

fn remove(vm: &Vm, this: &Value, value: &Value) -> R {
    let value = byte(vm, value, "byte")?;
    let array = array(vm, this)?;
    let place = array.data.borrow().iter().position(|&b| b == value);
    match place {
        Some(at) => {
            array.resizable(vm)?.data.borrow_mut().delete(at, at + 1);
            Ok(Value::None)
        }
        None => Err(vm.value_error("value not found in bytearray")),
    }
}

fn getitem(vm: &Vm, this: &Value, key: &Value) -> R {
    let array = array(vm, this)?;
    if let Value::Slice(slice) = key {
        let length = array.data.borrow().len();
        let found = vm.slice_indices(slice, length)?;
        let data = array.data.borrow();
        let at = |i: usize| data.get((found.start + found.step * i as i64) as usize).copied();
        let part = match (usize::try_from(found.start), found.step) {
            (Ok(start), 1) => data.get(start..start + found.count).map(<[u8]>::to_vec).unwrap_or_default(),
            _ => (0..found.count).filter_map(at).collect(),
        };
        return Ok(fresh(vm, part));
    }
    let at = position(vm, array, key)?;
    let item = array.data.borrow().get(at).copied();
    match item {
        Some(item) => Ok(Value::Int(item.into())),
        None => Err(vm.index_error("bytearray index out of range")),
    }
}

/// An index of an item, not yet checked against the length after negative ones were counted from the end.
fn position(vm: &Vm, array: &ByteArray, key: &Value) -> R<usize> {
    if !vm.is_index(key) {
        let got = vm.type_name(key);
        return Err(vm.type_error(format!("bytearray indices must be integers or slices, not {got}")));
    }
    let index = vm.index(key)?;
    let Some(index) = index.as_i64() else {
        return Err(vm.index_error("cannot fit 'int' into an index-sized integer"));
    };
    let length = array.data.borrow().len() as i64;
    Ok(usize::try_from(if index < 0 { index.saturating_add(length) } else { index }).unwrap_or(usize::MAX))
}

fn repeat_in_place(vm: &Vm, this: &Value, times: &Value) -> R {
    let target = array(vm, this)?;
    let repeated = repeat(vm, this, times)?;
    if let Some(bytes) = repeated.to_buffer() {
        let same = bytes.len() == target.data.borrow().len();
        let target = if same { target } else { target.resizable(vm)? };
        *target.data.borrow_mut() = bytes.into();
    }
    Ok(this.clone())
}

/// The items, read from the bytearray as it is at each step.
struct Items {
    /// Let go at the end.
    array: Option<Value>,
    at: usize,
}

impl NextFn for Items {
    fn next(&mut self, _vm: &Vm) -> R<Option<Value>> {
        let array = self.array.as_ref().and_then(|array| array.as_native::<ByteArray>());
        let item = array.and_then(|array| array.data.borrow().get(self.at).copied());
        self.at += 1;
        if item.is_none() {
            drop(self.array.take());
        }
        Ok(item.map(|item| Value::Int(item.into())))
    }

    fn class(&self) -> T {
        T::ByteArrayIterator
    }

    fn length_hint(&self) -> Option<usize> {
        let array = self.array.as_ref().and_then(|array| array.as_native::<ByteArray>());
        Some(array.map_or(0, |array| array.data.borrow().len().saturating_sub(self.at)))
    }
}

fn setitem(vm: &Vm, this: &Value, key: &Value, value: &Value) -> R {
    let array = array(vm, this)?;
    if let Value::Slice(slice) = key {
        if value.is_int() || value.as_str().is_some() {
            let message = "can assign only bytes, buffers, or iterables of ints in range(0, 256)";
            return Err(vm.type_error(message));
        }
        let new = to_bytes_of(vm, "bytearray", value)?;
        let length = array.data.borrow().len();
        let found = vm.slice_indices(slice, length)?;
        return set_slice(vm, array, found, &new);
    }
    let at = position(vm, array, key)?;
    let value = byte(vm, value, "byte")?;
    if at >= array.data.borrow().len() {
        return Err(vm.index_error("bytearray index out of range"));
    }
    if let Some(place) = array.data.borrow_mut().get_mut(at) {
        *place = value;
    }
    Ok(Value::None)
}

fn set_slice(vm: &Vm, array: &ByteArray, found: Indices, new: &[u8]) -> R {
    if found.step == 1 {
        let array = if new.len() == found.count { array } else { array.resizable(vm)? };
        let mut data = array.data.borrow_mut();
        // An `__index__` of the slice may have made it shorter.
        let start = (found.start as usize).min(data.len());
        let end = (start + found.count).min(data.len());
        if new.is_empty() {
            data.delete(start, end);
        } else {
            data.vec().splice(start..end, new.iter().copied());
        }
        return Ok(Value::None);
    }
    if new.is_empty() {
        // As CPython's: what is set to nothing goes.
        return del_slice(vm, array, found);
    }
    if new.len() != found.count {
        let message =
            format!("attempt to assign bytes of size {} to extended slice of size {}", new.len(), found.count);
        return Err(vm.value_error(message));
    }
    each_place(&mut array.data.borrow_mut(), found, new.iter(), |place, byte| *place = *byte);
    Ok(Value::None)
}

fn del_slice(vm: &Vm, array: &ByteArray, found: Indices) -> R {
    if found.count == 0 {
        return Ok(Value::None);
    }
    let mut data = array.resizable(vm)?.data.borrow_mut();
    let last = found.start + found.step * (found.count as i64 - 1);
    let (first, step) = if found.step < 0 { (last, -found.step) } else { (found.start, found.step) };
    if step == 1 {
        let start = (first as usize).min(data.len());
        let end = (start + found.count).min(data.len());
        data.delete(start, end);
        return Ok(Value::None);
    }
    let (mut at, end) = (-1, first + step * found.count as i64);
    data.vec().retain(|_| {
        at += 1;
        at < first || at >= end || (at - first) % step != 0
    });
    Ok(Value::None)
}

fn delitem(vm: &Vm, this: &Value, key: &Value) -> R {
    let array = array(vm, this)?;
    let len = array.data.borrow().len();
    if let Value::Slice(slice) = key {
        let found = vm.slice_indices(slice, len)?;
        return del_slice(vm, array, found);
    }
    let at = position(vm, array, key)?;
    if at >= array.data.borrow().len() {
        return Err(vm.index_error("bytearray index out of range"));
    }
    array.resizable(vm)?.data.borrow_mut().delete(at, at + 1);
    Ok(Value::None)
}

fn repeat(vm: &Vm, this: &Value, times: &Value) -> R {
    if !vm.is_index(times) {
        let got = vm.type_name(times);
        return Err(vm.type_error(format!("can't multiply sequence by non-int of type '{got}'")));
    }
    let times = usize::try_from(vm.index_i64(times)?).unwrap_or(0);
    let data = array(vm, this)?.data.borrow().to_vec();
    Ok(fresh(vm, vm.repeat_bytes(&data, times)?))
}

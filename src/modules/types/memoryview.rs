//! `memoryview`: a window on the bytes of another object, read as numbers of one format (PEP 3118, the part that scripts
//! can reach). What a number of a format looks like stands in `item_format`. No borrow is held while a script's code may
//! run.

use std::cell::Cell;

use super::bytearray::ByteArray;
use super::item_format::ItemFormat;
use super::shared::unary;
use crate::interp::CompareOp;
use crate::modules::support::{named, receiver_error, text};
use crate::object::{
    Args, Class, Fun, Iter, Iteration, Native, NativeData, NextFn, R, Raised, Ref, Row, Slice, T, TypeSpec, Value, Vm,
    hash,
};

/// A window: item `[i, j]` begins at byte `offset + i * strides[0] + j * strides[1]` of the owner.
pub struct View {
    /// Bytes or a bytearray, whose size cannot change meanwhile.
    owner: Value,
    offset: usize,
    format: ItemFormat,
    shape: Vec<usize>,
    strides: Vec<isize>,
    readonly: bool,
    released: Cell<bool>,
}

impl NativeData for View {
    fn buffer(&self) -> Option<Vec<u8>> {
        (!self.released.get() && self.is_contiguous()).then(|| self.bytes())
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.release();
    }
}

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::MemoryView,
    new: Some(new),
    rows: ROWS,
    doc: "Create a new memoryview object which references the given object.",
};

const ROWS: &[Row] = &[
    Row::getter("obj", |vm, this| Ok(view(vm, this)?.owner.clone())),
    Row::getter("nbytes", |vm, this| Ok(Value::size(view(vm, this)?.size()))),
    Row::getter("itemsize", |vm, this| Ok(Value::size(view(vm, this)?.format.size()))),
    Row::getter("format", |vm, this| Ok(Value::string(view(vm, this)?.format.text()))),
    Row::getter("ndim", |vm, this| Ok(Value::size(view(vm, this)?.shape.len()))),
    Row::getter("shape", |vm, this| Ok(Value::tuple(view(vm, this)?.shape.iter().map(|&n| Value::size(n)).collect()))),
    Row::getter("strides", |vm, this| {
        Ok(Value::tuple(view(vm, this)?.strides.iter().map(|&n| Value::Int(n as i64)).collect()))
    }),
    Row::getter("suboffsets", |vm, this| view(vm, this).map(|_| Value::tuple(Vec::new()))),
    Row::getter("readonly", |vm, this| Ok(Value::bool(view(vm, this)?.readonly))),
    Row::getter("c_contiguous", |vm, this| Ok(Value::bool(view(vm, this)?.is_contiguous()))),
    Row::getter("f_contiguous", |vm, this| Ok(Value::bool(view(vm, this)?.is_fortran_contiguous()))),
    Row::getter("contiguous", |vm, this| {
        let view = view(vm, this)?;
        Ok(Value::bool(view.is_contiguous() || view.is_fortran_contiguous()))
    }),
    unary("tolist", |vm, this| {
        let view = view(vm, this)?;
        Ok(view.list(&view.bytes()))
    }),
    Row::method("tobytes", "(self, /, order='C')", Fun::F2(tobytes)),
    Row::method("hex", "(self, sep=None, bytes_per_sep=1)", Fun::Bound(hex)),
    unary("toreadonly", |vm, this| {
        let mut again = view(vm, this)?.again();
        again.readonly = true;
        Ok(made(vm, again))
    }),
    unary("release", |vm, this| {
        data(vm, this)?.release();
        Ok(Value::None)
    }),
    Row::method("cast", "(self, /, format, shape=None)", Fun::F3(cast)),
    unary("__enter__", |vm, this| view(vm, this).map(|_| this.clone())),
    Row::method(
        "__exit__",
        "(self, /, *args)",
        Fun::Full(|vm, args| {
            match args.positional.first() {
                Some(this) => data(vm, this)?.release(),
                None => return Err(vm.type_error("unbound method memoryview.__exit__() needs an argument")),
            }
            Ok(Value::None)
        }),
    ),
    unary("__len__", |vm, this| match view(vm, this)?.shape.first() {
        Some(&length) => Ok(Value::size(length)),
        None => Err(vm.type_error("0-dim memory has no length")),
    }),
    unary("__iter__", |vm, this| {
        let view = view(vm, this)?;
        match view.shape[..] {
            [] => Err(vm.type_error("invalid indexing of 0-dim memory")),
            [length] => Ok(Iter::new(Iteration::Custom(Box::new(Items { view: this.clone(), at: 0, length })))),
            _ => Err(vm.error(T::NotImplementedError, "multi-dimensional sub-views are not implemented")),
        }
    }),
    Row::method("__getitem__", "(self, key, /)", Fun::F2(getitem)),
    Row::method("__setitem__", "(self, key, value, /)", Fun::F3(setitem)),
    Row::method(
        "__delitem__",
        "(self, key, /)",
        Fun::F2(|vm, this, _| {
            let readonly = view(vm, this)?.readonly;
            Err(vm.type_error(if readonly { "cannot modify read-only memory" } else { "cannot delete memory" }))
        }),
    ),
    Row::method("__eq__", "(self, value, /)", Fun::F2(equal)),
    unary("__repr__", |vm, this| {
        let word = if data(vm, this)?.released.get() { "released memory" } else { "memory" };
        Ok(Value::string(format!("<{word} at {:#x}>", this.id())))
    }),
    unary("__hash__", |vm, this| {
        let view = view(vm, this)?;
        if !view.readonly {
            return Err(vm.value_error("cannot hash writable memoryview object"));
        }
        if !view.format.is_byte() {
            return Err(vm.value_error("memoryview: hashing is restricted to formats 'B', 'b' or 'c'"));
        }
        Ok(Value::Int(hash::of_bytes(&view.bytes())))
    }),
];

/// A copy of what a bytes-like object shows, also of a window that is not contiguous.
pub fn shown(value: &Value) -> Option<Vec<u8>> {
    match value.as_native::<View>() {
        Some(view) => (!view.released.get()).then(|| view.bytes()),
        None => value.to_buffer(),
    }
}

fn data<'a>(vm: &Vm, this: &'a Value) -> R<&'a View> {
    this.as_native::<View>().ok_or_else(|| receiver_error(vm, "memoryview", this))
}

/// The window, which must not be released.
fn view<'a>(vm: &Vm, this: &'a Value) -> R<&'a View> {
    let view = data(vm, this)?;
    if view.released.get() {
        return Err(vm.value_error("operation forbidden on released memoryview object"));
    }
    Ok(view)
}

fn made(vm: &Vm, view: View) -> Value {
    Value::Native(Native::new(vm.class(T::MemoryView), view))
}

impl View {
    /// A window on all of an owner, as bytes.
    fn whole(owner: Value, length: usize, readonly: bool) -> View {
        export(&owner, 1);
        let format = ItemFormat::BYTE;
        View { owner, offset: 0, format, shape: vec![length], strides: vec![1], readonly, released: Cell::new(false) }
    }

    /// Another window that shows the same.
    fn again(&self) -> View {
        export(&self.owner, 1);
        View {
            owner: self.owner.clone(),
            offset: self.offset,
            format: self.format,
            shape: self.shape.clone(),
            strides: self.strides.clone(),
            readonly: self.readonly,
            released: Cell::new(false),
        }
    }

    fn release(&self) {
        if !self.released.replace(true) {
            export(&self.owner, -1);
        }
    }

    fn count(&self) -> usize {
        self.shape.iter().product()
    }

    fn size(&self) -> usize {
        self.count() * self.format.size()
    }

    fn is_contiguous(&self) -> bool {
        let packed = contiguous_strides(&self.shape, self.format.size());
        let steps = self.strides.iter().zip(&packed);
        self.count() == 0 || self.shape.iter().zip(steps).all(|(&length, (own, packed))| length == 1 || own == packed)
    }

    fn is_fortran_contiguous(&self) -> bool {
        let mut stride = self.format.size() as isize;
        let fits = self.shape.iter().zip(&self.strides).all(|(&length, &own)| {
            let fits = length <= 1 || own == stride;
            stride *= length as isize;
            fits
        });
        self.count() == 0 || fits
    }

    /// Where the items begin, in C order.
    fn places(&self) -> Vec<usize> {
        let mut places = vec![self.offset as isize];
        for (&length, &stride) in self.shape.iter().zip(&self.strides) {
            places = places.iter().flat_map(|&at| (0..length as isize).map(move |i| at + i * stride)).collect();
        }
        places.into_iter().map(|at| at as usize).collect()
    }

    /// What the window shows, in C order.
    fn bytes(&self) -> Vec<u8> {
        let whole = self.owner.to_buffer().unwrap_or_default();
        if self.is_contiguous() {
            return whole.get(self.offset..self.offset + self.size()).unwrap_or_default().to_vec();
        }
        let size = self.format.size();
        let items = self.places().into_iter().filter_map(|at| whole.get(at..at + size));
        items.flatten().copied().collect()
    }

    /// `tolist()` of the bytes that the window shows.
    fn list(&self, bytes: &[u8]) -> Value {
        let mut items: Vec<Value> =
            bytes.chunks_exact(self.format.size()).map(|chunk| self.format.unpack(chunk)).collect();
        for &length in self.shape.iter().skip(1).rev() {
            items = items.chunks(length.max(1)).map(|row| Value::list(row.to_vec())).collect();
        }
        if self.shape.is_empty() {
            return items.into_iter().next().unwrap_or(Value::None);
        }
        Value::list(items)
    }

    /// Writes into the owner, a bytearray; places that are no longer there are passed over.
    fn write(&self, at: usize, bytes: &[u8]) {
        if let Some(array) = self.owner.as_native::<ByteArray>()
            && let Some(place) = array.data.borrow_mut().get_mut(at..at + bytes.len())
        {
            place.copy_from_slice(bytes);
        }
    }

    /// The byte at which the item of an index of each dimension begins.
    fn place(&self, vm: &Vm, indices: &[Value]) -> R<usize> {
        let mut at = self.offset as isize;
        for (dimension, index) in indices.iter().enumerate() {
            let length = self.shape[dimension] as i64;
            let Value::Int(index) = vm.index(index)? else {
                return Err(vm.index_error("cannot fit 'int' into an index-sized integer"));
            };
            let index = if index < 0 { index.saturating_add(length) } else { index };
            if !(0..length).contains(&index) {
                let message = format!("index out of bounds on dimension {}", dimension + 1);
                return Err(vm.index_error(message));
            }
            at += index as isize * self.strides[dimension];
        }
        Ok(at as usize)
    }

    /// A part of a window of one dimension.
    fn part(&self, vm: &Vm, slice: &Slice) -> R<View> {
        let found = vm.slice_indices(slice, self.shape[0])?;
        let stride = self.strides[0];
        let mut part = self.again();
        if found.count > 0 {
            part.offset = (self.offset as isize + found.start as isize * stride) as usize;
        }
        part.shape = vec![found.count];
        part.strides = vec![stride.saturating_mul(found.step as isize)];
        Ok(part)
    }
}

/// Strides of items that stand one after another, the last index running fastest.
fn contiguous_strides(shape: &[usize], size: usize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut stride = size as isize;
    for (own, &length) in strides.iter_mut().zip(shape).rev() {
        *own = stride;
        stride *= length as isize;
    }
    strides
}

/// Tells a bytearray that one window more or less looks at it.
fn export(owner: &Value, by: i32) {
    if let Some(array) = owner.as_native::<ByteArray>() {
        array.exports.set(array.exports.get().wrapping_add_signed(by));
    }
}

fn new(vm: &Vm, _class: &Ref<Class>, args: Args) -> R {
    let [object] = named(vm, "memoryview", &args, ["object"])?;
    if object.is_missing() {
        return Err(vm.type_error("memoryview() missing required argument 'object' (pos 1)"));
    }
    of(vm, &object)
}

/// `memoryview(object)`
fn of(vm: &Vm, object: &Value) -> R {
    if object.as_native::<View>().is_some() {
        return Ok(made(vm, view(vm, object)?.again()));
    }
    let readonly = matches!(object.base(), Value::Bytes(_));
    match object.to_buffer() {
        Some(bytes) => Ok(made(vm, View::whole(object.clone(), bytes.len(), readonly))),
        None => {
            let got = vm.type_name(object);
            Err(vm.type_error(format!("memoryview: a bytes-like object is required, not '{got}'")))
        }
    }
}

fn tobytes(vm: &Vm, this: &Value, order: &Value) -> R {
    let view = view(vm, this)?;
    if order.is_none_or_missing() {
        return Ok(Value::bytes(view.bytes()));
    }
    let Some(order) = order.as_str() else {
        let message = format!("tobytes() argument 'order' must be str or None, not {}", vm.type_name(order));
        return Err(vm.type_error(message));
    };
    match order.as_str() {
        "C" | "A" => Ok(Value::bytes(view.bytes())),
        "F" => {
            let whole = view.bytes();
            let chunks: Vec<&[u8]> = whole.chunks_exact(view.format.size()).collect();
            let mut places = vec![0];
            let strides = contiguous_strides(&view.shape, 1);
            for (&length, &stride) in view.shape.iter().zip(&strides) {
                places = (0..length).flat_map(|i| places.iter().map(move |at| at + i * stride as usize)).collect();
            }
            Ok(Value::bytes(places.into_iter().filter_map(|at| chunks.get(at)).copied().flatten().copied().collect()))
        }
        _ => Err(vm.value_error("order must be 'C', 'F' or 'A'")),
    }
}

fn hex(vm: &Vm, args: &[Value]) -> R {
    let bytes = Value::bytes(view(vm, &args[0])?.bytes());
    super::bytes_methods::hex(vm, &[bytes, args[1].clone(), args[2].clone()])
}

fn cast(vm: &Vm, this: &Value, format: &Value, shape: &Value) -> R {
    let view = view(vm, this)?;
    let format = text(vm, format, "cast() argument 'format'")?;
    if !view.is_contiguous() {
        return Err(vm.type_error("memoryview: casts are restricted to C-contiguous views"));
    }
    if !shape.is_none_or_missing() && view.count() == 0 {
        return Err(vm.type_error("memoryview: cannot cast view with zeros in shape or strides"));
    }
    if !shape.is_none_or_missing() && shape.as_list().is_none() && shape.as_tuple().is_none() {
        return Err(vm.type_error("shape must be a list or a tuple"));
    }
    if !shape.is_none_or_missing() && view.shape.len() != 1 || shape.is_none_or_missing() && view.shape.is_empty() {
        return Err(vm.type_error("memoryview: cast must be 1D -> ND or ND -> 1D"));
    }
    super::codec::encode(vm, format.as_str(), "ascii", "strict")?;
    let Some(target) = ItemFormat::parse(format.as_str()) else {
        return Err(vm.value_error(
            "memoryview: destination format must be a native single character format prefixed with an optional '@'",
        ));
    };
    if !target.is_byte() && !view.format.is_byte() {
        return Err(vm.type_error("memoryview: cannot cast between two non-byte formats"));
    }
    let size = view.size();
    if !size.is_multiple_of(target.size()) {
        return Err(vm.type_error("memoryview: length is not a multiple of itemsize"));
    }
    let lengths =
        if shape.is_none_or_missing() { vec![size / target.size()] } else { shape_of(vm, shape, size, target.size())? };
    let strides = contiguous_strides(&lengths, target.size());
    let mut again = view.again();
    (again.format, again.shape, again.strides) = (target, lengths, strides);
    Ok(made(vm, again))
}

/// The lengths in the argument `shape` of `cast`, which must use up the whole size.
fn shape_of(vm: &Vm, shape: &Value, size: usize, item: usize) -> R<Vec<usize>> {
    const MOST: usize = 64;
    let given = vm.collect(shape)?;
    if given.len() > MOST {
        return Err(vm.value_error("memoryview: number of dimensions must not exceed 64"));
    }
    let (mut lengths, mut product) = (Vec::new(), item);
    for length in &given {
        if !length.is_int() {
            return Err(vm.type_error("memoryview.cast(): elements of shape must be integers"));
        }
        let length = vm.index_i64(length)?;
        let Some(length) = usize::try_from(length).ok().filter(|&length| length > 0) else {
            return Err(vm.value_error("memoryview.cast(): elements of shape must be integers > 0"));
        };
        lengths.push(length);
        product = product.saturating_mul(length);
    }
    if product != size {
        return Err(vm.type_error("memoryview: product(shape) * itemsize != buffer size"));
    }
    Ok(lengths)
}

/// What a subscription asks for.
enum Wanted<'a> {
    /// One item, by the byte at which it begins.
    Item(usize),
    Part(&'a Slice),
}

fn wanted<'a>(vm: &Vm, view: &View, key: &'a Value) -> R<Wanted<'a>> {
    let dimensions = view.shape.len();
    match key.base() {
        Value::Ellipsis if dimensions == 0 => Ok(Wanted::Item(view.offset)),
        Value::Tuple(keys) if dimensions == 0 && keys.is_empty() => Ok(Wanted::Item(view.offset)),
        _ if dimensions == 0 => Err(vm.type_error("invalid indexing of 0-dim memory")),
        Value::Slice(slice) if dimensions == 1 => Ok(Wanted::Part(slice)),
        Value::Slice(_) => Err(vm.error(T::NotImplementedError, "multi-dimensional slicing is not implemented")),
        Value::Tuple(keys) if keys.iter().all(|key| vm.is_index(key)) => {
            if keys.len() < dimensions {
                return Err(vm.error(T::NotImplementedError, "sub-views are not implemented"));
            }
            if keys.len() > dimensions {
                let message = format!("cannot index {dimensions}-dimension view with {}-element tuple", keys.len());
                return Err(vm.type_error(message));
            }
            view.place(vm, keys).map(Wanted::Item)
        }
        Value::Tuple(keys) if !keys.is_empty() && keys.iter().all(|key| matches!(key, Value::Slice(_))) => {
            Err(vm.error(T::NotImplementedError, "multi-dimensional slicing is not implemented"))
        }
        _ if !vm.is_index(key) => Err(vm.type_error("memoryview: invalid slice key")),
        _ if dimensions > 1 => Err(vm.error(T::NotImplementedError, "multi-dimensional sub-views are not implemented")),
        _ => view.place(vm, std::slice::from_ref(key)).map(Wanted::Item),
    }
}

fn getitem(vm: &Vm, this: &Value, key: &Value) -> R {
    let view = view(vm, this)?;
    match wanted(vm, view, key)? {
        Wanted::Part(slice) => Ok(made(vm, view.part(vm, slice)?)),
        Wanted::Item(at) => {
            let whole = view.owner.to_buffer().unwrap_or_default();
            match whole.get(at..at + view.format.size()) {
                Some(chunk) => Ok(view.format.unpack(chunk)),
                None => Err(vm.index_error("index out of bounds on dimension 1")),
            }
        }
    }
}

fn setitem(vm: &Vm, this: &Value, key: &Value, value: &Value) -> R {
    let target = view(vm, this)?;
    if target.readonly {
        return Err(vm.type_error("cannot modify read-only memory"));
    }
    match wanted(vm, target, key)? {
        Wanted::Item(at) => {
            let packed = target.format.pack(vm, value)?;
            target.write(at, &packed);
        }
        Wanted::Part(slice) => {
            let Some(bytes) = shown(value) else {
                let got = vm.type_name(value);
                return Err(vm.type_error(format!("a bytes-like object is required, not '{got}'")));
            };
            let part = target.part(vm, slice)?;
            let format = value.as_native::<View>().map_or(ItemFormat::BYTE, |source| source.format);
            if format != target.format || bytes.len() != part.size() {
                return Err(different(vm));
            }
            for (at, chunk) in part.places().into_iter().zip(bytes.chunks_exact(part.format.size())) {
                target.write(at, chunk);
            }
        }
    }
    Ok(Value::None)
}

#[cold]
fn different(vm: &Vm) -> Raised {
    vm.value_error("memoryview assignment: lvalue and rvalue have different structures")
}

fn equal(vm: &Vm, a: &Value, b: &Value) -> R {
    let this = data(vm, a)?;
    if a.is(b) {
        return Ok(Value::True);
    }
    let other = b.as_native::<View>();
    if this.released.get() || other.is_some_and(|other| other.released.get()) {
        return Ok(Value::False);
    }
    let Some(bytes) = shown(b) else { return Ok(Value::NotImplemented) };
    let (format, shape) = match other {
        Some(other) => (other.format, other.shape.clone()),
        None => (ItemFormat::BYTE, vec![bytes.len()]),
    };
    if shape != this.shape {
        return Ok(Value::False);
    }
    let own = this.bytes();
    for (x, y) in own.chunks_exact(this.format.size()).zip(bytes.chunks_exact(format.size())) {
        if !same_number(vm, &this.format.unpack(x), &format.unpack(y))? {
            return Ok(Value::False);
        }
    }
    Ok(Value::True)
}

/// Equality without the short cut for one object: a NaN differs from itself.
fn same_number(vm: &Vm, a: &Value, b: &Value) -> R<bool> {
    let equal = vm.compare(CompareOp::Eq, a, b)?;
    vm.is_true(&equal)
}

/// The items of a window of one dimension.
struct Items {
    view: Value,
    at: usize,
    length: usize,
}

impl NextFn for Items {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        if self.at >= self.length {
            return Ok(None);
        }
        let item = getitem(vm, &self.view, &Value::size(self.at))?;
        self.at += 1;
        Ok(Some(item))
    }

    fn class(&self) -> T {
        T::MemoryIterator
    }
}

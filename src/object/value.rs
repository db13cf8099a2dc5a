//! [`Value`]: what a variable holds. Sixteen bytes: small things inline, one counted pointer for the rest.
//!
//! Knows every kind by name and nothing of what they do.
#![allow(unsafe_code)]

use std::mem::ManuallyDrop;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::bytes::Bytes;
use super::exception::Exception;
use super::function::{Builtin, Descriptor, Function, Method};
use super::range::Complex;
use super::refs::Header;
use super::*;
use crate::intern::Symbol;

/// A float as its bits: with an `f64` payload every result of the evaluator would go through memory,
/// as bits it returns in two registers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Float(u64);

impl Float {
    #[inline(always)]
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// Any object of a script. Variants before `BigInt` hold no pointer.
#[repr(u64)]
pub enum Value {
    /// No value: an unbound variable, an argument not given. Never seen by scripts.
    Missing,
    None,
    False,
    True,
    Ellipsis,
    NotImplemented,
    Int(i64),
    Float(Float),
    /// An int that does not fit an `i64` (an invariant: those that fit are `Int`).
    BigInt(Ref<BigInt>),
    Complex(Ref<Complex>),
    Str(Ref<Str>),
    Bytes(Ref<Bytes>),
    Tuple(Ref<Tuple>),
    List(Ref<List>),
    Dict(Ref<Dict>),
    Set(Ref<Set>),
    FrozenSet(Ref<Set>),
    Range(Ref<Range>),
    Slice(Ref<Slice>),
    Function(Ref<Function>),
    Builtin(Ref<Builtin>),
    Method(Ref<Method>),
    /// property, staticmethod, classmethod
    Descriptor(Ref<Descriptor>),
    Class(Ref<Class>),
    Instance(Ref<Instance>),
    Exception(Ref<Exception>),
    /// Generators, coroutines, async generators.
    Machine(Ref<Machine>),
    Iter(Ref<Iter>),
    Module(Ref<Module>),
    /// An object whose data a module defines: futures, locks, deques...
    Native(Native),
    /// A captured variable's box. In frame slots only, never seen by scripts.
    Cell(Ref<VarCell>),
}

/// The first tag whose payload is a counted pointer.
const FIRST_POINTER: u64 = 8;

const _: () = {
    assert!(size_of::<Value>() == 16);
    assert!(size_of::<Option<Value>>() == 16);
    assert!(size_of::<R<Value>>() == 16);
    assert!(size_of::<R<()>>() == 1);
};

impl Clone for Value {
    #[inline(always)]
    fn clone(&self) -> Value {
        if self.tag() >= FIRST_POINTER {
            // SAFETY: `repr(u64)` puts the payload at offset 8; every payload from `FIRST_POINTER` on is one
            // non-null pointer to a `Boxed` whose count, a `Cell<u32>`, stands at offset 0 (`repr(C)`).
            unsafe {
                let pointer = *(self as *const Value).cast::<*const std::cell::Cell<u32>>().add(1);
                (*pointer).set((*pointer).get().wrapping_add(1));
            }
        }
        // SAFETY: the count above now stands for the copy.
        unsafe { std::ptr::read(self) }
    }
}

impl Value {
    /// The tags of `Int` and `Slice`.
    const FIRST_FIXED: u64 = 6;
    const LAST_FIXED: u64 = 18;

    #[inline(always)]
    fn tag(&self) -> u64 {
        // SAFETY: a `repr(u64)` enum begins with its discriminant.
        unsafe { *(self as *const Value).cast::<u64>() }
    }

    /// Whether the value is a counted pointer.
    #[inline(always)]
    pub fn is_pointer(&self) -> bool {
        self.tag() >= FIRST_POINTER
    }

    /// The header of a heap object.
    #[inline(always)]
    pub(super) fn header(&self) -> Option<&Header> {
        // SAFETY: as in `clone`: the payload of these kinds points to a `Boxed` or a native's head, which begin with a `Header`,
        // and which this value keeps alive.
        self.is_pointer().then(|| unsafe { &**(&raw const *self).cast::<*const Header>().add(1) })
    }

    /// The header of an object that may hold others.
    #[inline(always)]
    pub(super) fn container(&self) -> Option<&Header> {
        match self {
            Value::Str(_)
            | Value::Bytes(_)
            | Value::BigInt(_)
            | Value::Complex(_)
            | Value::Range(_)
            | Value::Builtin(_) => None,
            _ => self.header(),
        }
    }

    /// Drops the value: a test for inline kinds, a decrement for shared objects; only the last reference to one goes through
    /// the drop of its kind. (The drop that the compiler writes asks for the kind first, every time.)
    #[inline(always)]
    pub fn discard(self) {
        if self.is_pointer() {
            // SAFETY: as in `clone`.
            let count = unsafe { &**(&raw const self).cast::<*const std::cell::Cell<u32>>().add(1) };
            if count.get() > 1 {
                count.set(count.get() - 1);
            } else {
                return drop(self);
            }
        }
        std::mem::forget(self);
    }

    /// A number for kinds whose values all have one class, which no script can change: what a cache may keep instead of the
    /// class. 0 for the others.
    #[inline(always)]
    pub fn fixed_kind(&self) -> u64 {
        let tag = self.tag();
        if (Value::FIRST_FIXED..=Value::LAST_FIXED).contains(&tag) { tag } else { 0 }
    }

    /// Whether the value, found in a class, is just a value: nothing that binds, and nothing that the class's behaviour hangs on.
    pub fn is_data(&self) -> bool {
        self.tag() < Value::FIRST_FIXED || self.fixed_kind() != 0
    }

    #[inline(always)]
    pub fn bool(b: bool) -> Value {
        if b { Value::True } else { Value::False }
    }

    #[inline(always)]
    pub fn float(x: f64) -> Value {
        Value::Float(Float(x.to_bits()))
    }

    pub fn int(n: impl Into<i64>) -> Value {
        Value::Int(n.into())
    }

    /// A length or a count.
    pub fn size(n: usize) -> Value {
        Value::Int(n as i64)
    }

    /// An int of any size, in the form that its size wants.
    pub fn big(n: BigInt) -> Value {
        match n.to_i64() {
            Some(small) => Value::Int(small),
            None => Value::BigInt(Ref::new(n)),
        }
    }

    /// The int this is, when it fits.
    pub fn as_i128(&self) -> Option<i128> {
        match self.base() {
            Value::BigInt(n) => n.to_i128(),
            base => base.as_i64().map(i128::from),
        }
    }

    /// An int that may be beyond 64 bits.
    pub fn wide(n: i128) -> Value {
        i64::try_from(n).map_or_else(|_| Value::big(n.into()), Value::Int)
    }

    pub fn complex(re: f64, im: f64) -> Value {
        Value::Complex(Ref::new(Complex { re, im }))
    }

    pub fn str(text: &str) -> Value {
        Value::Str(Str::new(text))
    }

    pub fn string(text: String) -> Value {
        Value::Str(Str::from_string(text))
    }

    /// The str that spells a name; the same object every time.
    pub fn name(symbol: Symbol) -> Value {
        Value::Str(Str::of_symbol(symbol))
    }

    pub fn bytes(data: Vec<u8>) -> Value {
        Value::Bytes(Bytes::new(data))
    }

    pub fn tuple(items: Vec<Value>) -> Value {
        Value::Tuple(Tuple::new(items))
    }

    pub fn pair(a: Value, b: Value) -> Value {
        Value::Tuple(Tuple::from_array([a, b]))
    }

    pub fn list(items: Vec<Value>) -> Value {
        Value::List(List::new(items))
    }

    pub fn dict(dict: Dict) -> Value {
        Value::Dict(Ref::new(dict))
    }

    #[inline(always)]
    pub fn is_missing(&self) -> bool {
        matches!(self, Value::Missing)
    }

    #[inline(always)]
    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }

    /// `None` and not given at all, which most optional arguments treat alike.
    pub fn is_none_or_missing(&self) -> bool {
        matches!(self, Value::None | Value::Missing)
    }

    /// Not given as `None`.
    pub fn or_none(self) -> Value {
        if self.is_missing() { Value::None } else { self }
    }

    /// Takes the value out, leaving `Missing`.
    #[inline(always)]
    pub fn take(&mut self) -> Value {
        std::mem::replace(self, Value::Missing)
    }

    /// `a is b`. Ints and strs of equal value may or may not be the same object in CPython; here small things
    /// are the same when they are equal.
    #[inline]
    pub fn is(&self, other: &Value) -> bool {
        if self.tag() != other.tag() {
            return false;
        }
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => Ref::same(a, b) || (a.len() <= 1 && a.as_str() == b.as_str()),
            (Value::Tuple(a), Value::Tuple(b)) => Ref::same(a, b) || (a.is_empty() && b.is_empty()),
            _ if self.is_pointer() => self.pointer() == other.pointer(),
            _ => true,
        }
    }

    /// The address of a heap object, or the payload of an inline one.
    #[inline(always)]
    fn pointer(&self) -> usize {
        // SAFETY: only called for pointer kinds, whose payload is one word at offset 8.
        unsafe { *(self as *const Value).cast::<usize>().add(1) }
    }

    /// `id(x)`: unique among the objects alive; for inline values derived from the value.
    pub fn id(&self) -> usize {
        match self {
            Value::Int(n) => (*n as usize).wrapping_mul(32).wrapping_add(0x7000_0000_0000),
            Value::Float(x) => x.0 as usize ^ 0x7f00_0000_0000,
            _ if self.is_pointer() => self.pointer(),
            _ => 0x5600_0000_0000 + self.tag() as usize * 16,
        }
    }

    /// For an instance of a script's subclass of a builtin type: the builtin value inside; otherwise the value itself.
    #[inline]
    pub fn base(&self) -> &Value {
        match self {
            Value::Instance(instance) => instance.payload().unwrap_or(self),
            _ => self,
        }
    }

    /// The str, also inside an instance of a subclass of str.
    pub fn as_str(&self) -> Option<&Ref<Str>> {
        match self.base() {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// An int or bool that fits an `i64`, also inside an instance of a subclass of int.
    pub fn as_i64(&self) -> Option<i64> {
        match self.base() {
            Value::Int(n) => Some(*n),
            Value::True => Some(1),
            Value::False => Some(0),
            _ => None,
        }
    }

    /// An int or bool of any size.
    pub fn as_bigint(&self) -> Option<BigInt> {
        match self.base() {
            Value::BigInt(n) => Some(BigInt::clone(n)),
            other => other.as_i64().map(BigInt::from),
        }
    }

    pub fn is_int(&self) -> bool {
        matches!(self.base(), Value::Int(_) | Value::BigInt(_) | Value::True | Value::False)
    }

    /// A float, also inside an instance of a subclass of float (not an int).
    pub fn as_float(&self) -> Option<f64> {
        match self.base() {
            Value::Float(x) => Some(x.get()),
            _ => None,
        }
    }

    pub fn as_tuple(&self) -> Option<&Ref<Tuple>> {
        match self.base() {
            Value::Tuple(t) => Some(t),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&Ref<List>> {
        match self.base() {
            Value::List(l) => Some(l),
            _ => None,
        }
    }

    pub fn as_dict(&self) -> Option<&Ref<Dict>> {
        match self.base() {
            Value::Dict(d) => Some(d),
            _ => None,
        }
    }

    /// A set or frozenset.
    pub fn as_set(&self) -> Option<&Ref<Set>> {
        match self.base() {
            Value::Set(s) | Value::FrozenSet(s) => Some(s),
            _ => None,
        }
    }

    pub fn as_bytes(&self) -> Option<&Ref<Bytes>> {
        match self.base() {
            Value::Bytes(b) => Some(b),
            _ => None,
        }
    }

    /// A copy of the bytes in a bytes-like object.
    pub fn to_buffer(&self) -> Option<Vec<u8>> {
        match self.base() {
            Value::Bytes(bytes) => Some(bytes.as_slice().to_vec()),
            Value::Native(native) => native.buffer(),
            _ => None,
        }
    }

    pub fn as_class(&self) -> Option<&Ref<Class>> {
        match self {
            Value::Class(c) => Some(c),
            _ => None,
        }
    }

    pub fn as_exception(&self) -> Option<&Ref<Exception>> {
        match self {
            Value::Exception(e) => Some(e),
            _ => None,
        }
    }

    pub fn as_machine(&self) -> Option<&Ref<Machine>> {
        match self {
            Value::Machine(m) => Some(m),
            _ => None,
        }
    }

    /// The data of a native object of type `D`.
    pub fn as_native<D: NativeData>(&self) -> Option<&D> {
        match self {
            Value::Native(n) => n.get::<D>(),
            _ => None,
        }
    }
}

/// A value held for a moment by a hot path: dropped by [`Value::discard`].
pub struct Held(ManuallyDrop<Value>);

impl Held {
    pub const NOTHING: Held = Held(ManuallyDrop::new(Value::Missing));

    #[inline(always)]
    pub fn new(value: Value) -> Held {
        Held(ManuallyDrop::new(value))
    }

    #[inline(always)]
    pub fn into_value(self) -> Value {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: taken once; `this` is not dropped.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }
}

impl std::ops::Deref for Held {
    type Target = Value;
    #[inline(always)]
    fn deref(&self) -> &Value {
        &self.0
    }
}

impl Drop for Held {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: taken once, here.
        unsafe { ManuallyDrop::take(&mut self.0) }.discard();
    }
}

/// The arguments of one call of a builtin, held for as long as it runs.
pub struct Few {
    values: [ManuallyDrop<Value>; Few::MOST],
    len: usize,
}

impl Few {
    /// How many there is room for.
    pub const MOST: usize = 6;

    #[inline(always)]
    pub fn new() -> Few {
        Few { values: [const { ManuallyDrop::new(Value::Missing) }; Few::MOST], len: 0 }
    }

    /// Adds a value; one too many is dropped (the callers count before).
    #[inline(always)]
    pub fn push(&mut self, value: Value) {
        debug_assert!(self.len < Few::MOST);
        if let Some(place) = self.values.get_mut(self.len) {
            *place = ManuallyDrop::new(value);
            self.len += 1;
        }
    }

    /// The values, with as many `Missing` behind them as make up `count`.
    #[inline(always)]
    pub fn padded(&self, count: usize) -> &[Value] {
        let values = &self.values[..count];
        // SAFETY: `ManuallyDrop<Value>` is laid out as `Value`.
        unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), values.len()) }
    }

    #[inline(always)]
    pub fn as_slice(&self) -> &[Value] {
        self.padded(self.len)
    }
}

impl Default for Few {
    fn default() -> Few {
        Few::new()
    }
}

impl Drop for Few {
    #[inline(always)]
    fn drop(&mut self) {
        for value in &mut self.values[..self.len] {
            // SAFETY: taken once, here.
            unsafe { ManuallyDrop::take(value) }.discard();
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Missing => f.write_str("<missing>"),
            Value::None => f.write_str("None"),
            Value::True => f.write_str("True"),
            Value::False => f.write_str("False"),
            Value::Int(n) => write!(f, "{n}"),
            Value::Float(x) => write!(f, "{:?}", x.get()),
            Value::Str(s) => write!(f, "{:?}", s.as_str()),
            other => write!(f, "<object {:#x}>", other.id()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloning_and_dropping_count_references() {
        let list = List::new(vec![Value::Int(1)]);
        let value = Value::List(list.clone());
        let other = value.clone();
        assert_eq!(Ref::count(&list), 3);
        assert!(value.is(&other));
        drop(value);
        other.discard();
        assert_eq!(Ref::count(&list), 1);
    }

    #[test]
    fn kinds_with_one_class_are_int_to_slice() {
        let slice = Slice { start: Value::None, stop: Value::None, step: Value::None };
        assert_eq!(Value::Int(1).fixed_kind(), Value::FIRST_FIXED);
        assert_eq!(Value::Slice(Ref::new(slice)).fixed_kind(), Value::LAST_FIXED);
        assert_eq!((Value::None.fixed_kind(), Value::Missing.fixed_kind()), (0, 0));
    }

    #[test]
    fn few_values_are_dropped_with_their_holder() {
        let list = List::new(Vec::new());
        let mut few = Few::new();
        few.push(Value::List(list.clone()));
        few.push(Value::Int(2));
        assert_eq!((few.as_slice().len(), few.padded(4).len(), Ref::count(&list)), (2, 4, 2));
        assert!(few.padded(4)[3].is_missing());
        drop(few);
        assert_eq!(Ref::count(&list), 1);
    }

    #[test]
    fn ints_that_fit_are_small() {
        assert!(matches!(Value::big(BigInt::from(7)), Value::Int(7)));
        assert!(matches!(Value::big(BigInt::from(i64::MAX) + 1), Value::BigInt(_)));
    }
}

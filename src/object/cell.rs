//! Cells for clonable references: [`Swap`] for fields that change, [`VarCell`] for captured variables.
//! Neither hands out a borrow, so no user code can run while one is held.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;

use super::cycles::{Kind, Tracer};
use super::{Heap, Ref, Value};

/// Types whose `clone` runs nothing but a count increment.
///
/// # Safety
/// `clone` must not touch the place that the value stands in.
pub unsafe trait Plain: Clone {}
// SAFETY: `Value::clone` and `Ref::clone` only increment a count in a heap header.
unsafe impl Plain for Value {}
// SAFETY: as above.
unsafe impl<T: Heap> Plain for Ref<T> {}
// SAFETY: as above.
unsafe impl<T: Heap> Plain for Option<Ref<T>> {}
// SAFETY: as for `Value`.
unsafe impl Plain for Option<Value> {}
// SAFETY: `Rc::clone` only increments a count.
unsafe impl<T: ?Sized> Plain for std::rc::Rc<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized> Plain for Option<std::rc::Rc<T>> {}

/// A place that holds one value, replaced as a whole.
pub struct Swap<T>(UnsafeCell<T>);

impl<T> Swap<T> {
    pub const fn new(value: T) -> Swap<T> {
        Swap(UnsafeCell::new(value))
    }

    /// Puts `value` in and gives what was there.
    #[inline(always)]
    pub fn replace(&self, value: T) -> T {
        // SAFETY: single-threaded, and no reference into the cell outlives a method of it.
        unsafe { std::mem::replace(&mut *self.0.get(), value) }
    }

    /// Puts `value` in; what was there is dropped when it is out of the cell.
    #[inline(always)]
    pub fn set(&self, value: T) {
        drop(self.replace(value));
    }

    #[inline(always)]
    pub fn get(&self) -> T
    where
        T: Plain,
    {
        // SAFETY: `Plain::clone` runs nothing that could reach this cell.
        unsafe { (*self.0.get()).clone() }
    }

    /// Shows the value in place to the collector's tracer, which neither sets cells nor drops anything.
    pub fn look(&self, show: impl FnOnce(&T)) {
        // SAFETY: `show` ends before anything may set the cell: see above.
        show(unsafe { &*self.0.get() });
    }

    /// A look at the value in place.
    ///
    /// # Safety
    /// Nothing may set the cell while the reference lives.
    #[inline(always)]
    pub unsafe fn peek(&self) -> &T {
        // SAFETY: the caller's promise.
        unsafe { &*self.0.get() }
    }
}

impl<T> Swap<Option<T>> {
    #[inline(always)]
    pub fn take(&self) -> Option<T> {
        self.replace(None)
    }

    #[inline(always)]
    pub fn is_some(&self) -> bool {
        // SAFETY: the reference does not outlive the expression.
        unsafe { (*self.0.get()).is_some() }
    }
}

impl Swap<Value> {
    #[inline(always)]
    pub fn is_missing(&self) -> bool {
        // SAFETY: the reference does not outlive the expression.
        unsafe { (*self.0.get()).is_missing() }
    }
}

impl<T: Default> Default for Swap<T> {
    fn default() -> Self {
        Swap::new(T::default())
    }
}

/// The box of a captured variable; `Missing` while unbound.
pub struct VarCell {
    pub value: Swap<Value>,
}

impl Heap for VarCell {
    const KIND: Kind = Kind::Cell;
    fn trace(&self, tracer: &mut Tracer) {
        self.value.look(|value| tracer.value(value));
    }
    fn clear(&self) {
        self.value.set(Value::Missing);
    }
}

/// What a cell object shows: a captured variable.
pub struct CellData(pub Ref<VarCell>);

impl super::NativeData for CellData {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.object(&self.0);
    }
}

impl VarCell {
    pub fn new(value: Value) -> Ref<VarCell> {
        Ref::new(VarCell { value: Swap::new(value) })
    }
}

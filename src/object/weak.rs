//! Weak references as data: to which object, what is called when that goes, and which references an object has.
//!
//! Objects that are never weakly referenced pay one look at a flag of their header when they go; the references of those that are
//! stand in a table beside them. Calls no script itself: callbacks go through [`super::vm::call_back`].
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use rustc_hash::FxHashMap;

use super::cycles::Tracer;
use super::refs::Header;
use super::{Native, NativeData, Swap, Value};

/// The data of a `weakref.ref` and of a proxy.
///
/// Invariant: while `target` is not `Missing`, the object is alive or on its way out, and the table holds this reference under
/// its address.
pub struct WeakRef {
    /// A bitwise copy of the object's value that is not counted; `Missing` when it is gone.
    target: Swap<ManuallyDrop<Value>>,
    /// Called with the reference when the object goes; `None` without.
    callback: Swap<Value>,
    /// The object's hash, once asked for.
    pub hash: Cell<Option<i64>>,
    pub is_proxy: bool,
    /// Serves everybody who asks for a plain reference (or proxy) to the object: no subclass, no callback.
    is_shared: bool,
}

impl NativeData for WeakRef {
    fn trace(&self, tracer: &mut Tracer) {
        self.callback.look(|callback| tracer.value(callback));
    }
    fn clear(&self) {
        self.callback.set(Value::None);
    }
    fn stands_for(&self) -> Option<Value> {
        self.is_proxy.then(|| self.get().unwrap_or(Value::Missing))
    }
}

impl Drop for WeakRef {
    fn drop(&mut self) {
        let this = NonNull::from(&*self);
        let target = self.target.replace(ManuallyDrop::new(Value::Missing));
        let Some(header) = target.header() else { return };
        // At the end of the thread the table may be gone before the last references.
        let _ = TABLE.try_with(|table| {
            let mut table = table.borrow_mut();
            let Some(references) = table.get_mut(&address(header)) else { return };
            references.retain(|known| *known != this);
            if references.is_empty() {
                table.remove(&address(header));
                header.set_weakly_referenced(false);
            }
        });
    }
}

thread_local! {
    /// By the address of their object, in the order that CPython's list of them has.
    ///
    /// Invariant: every reference here is alive (one that goes takes itself off), and stands inside a [`Native`].
    static TABLE: RefCell<FxHashMap<usize, Vec<NonNull<WeakRef>>>> = RefCell::default();
}

fn address(header: &Header) -> usize {
    &raw const *header as usize
}

/// The object that a reference of the table stands in; `None` when that is on its way out.
fn holder(reference: NonNull<WeakRef>) -> Option<Native> {
    // SAFETY: the table's invariant.
    let native = ManuallyDrop::new(unsafe { Native::borrow_of_data(reference.as_ref()) });
    (native.count() > 0).then(|| Native::clone(&native))
}

impl WeakRef {
    /// A reference to nothing; [`WeakRef::refer`] gives it its object.
    pub fn new(callback: Value, is_proxy: bool, is_shared: bool) -> WeakRef {
        WeakRef {
            target: Swap::new(ManuallyDrop::new(Value::Missing)),
            callback: Swap::new(callback),
            hash: Cell::new(None),
            is_proxy,
            is_shared,
        }
    }

    /// Makes `reference`, a fresh one, refer to a heap object.
    pub fn refer(reference: &Native, object: &Value) {
        let (Some(data), Some(header)) = (reference.get::<WeakRef>(), object.header()) else { return };
        TABLE.with_borrow_mut(|table| {
            let list = table.entry(address(header)).or_default();
            // SAFETY: the table's invariant.
            let shared = list.iter().take_while(|known| unsafe { known.as_ref() }.is_shared).count();
            // The shared reference, the shared proxy, then the newest first.
            let at = if data.is_shared && !data.is_proxy { 0 } else { shared };
            list.insert(at, NonNull::from(data));
        });
        header.set_weakly_referenced(true);
        super::cycles::note_watcher();
        // SAFETY: a copy that is never dropped nor used once the object goes: `object_goes` takes it out first.
        data.target.replace(ManuallyDrop::new(unsafe { std::ptr::read(object) }));
    }

    /// The object, unless it is gone or about to go.
    pub fn get(&self) -> Option<Value> {
        // SAFETY: nothing sets the cell meanwhile: counting runs no code.
        let target = unsafe { self.target.peek() };
        (target.header()?.count() > 0).then(|| Value::clone(target))
    }

    /// `__callback__`
    pub fn callback(&self) -> Value {
        self.callback.get()
    }
}

/// The weak references to an object, in CPython's order.
pub fn references(object: &Value) -> Vec<Native> {
    let Some(header) = object.header().filter(|header| header.is_weakly_referenced()) else { return Vec::new() };
    TABLE.with_borrow(|table| {
        table.get(&address(header)).map_or_else(Vec::new, |list| list.iter().copied().filter_map(holder).collect())
    })
}

/// The reference, or the proxy, that serves everybody, if there is one.
pub fn shared(object: &Value, is_proxy: bool) -> Option<Native> {
    let is_it = |data: &WeakRef| data.is_shared && data.is_proxy == is_proxy;
    references(object).into_iter().find(|native| native.get::<WeakRef>().is_some_and(is_it))
}

/// The object goes: its references forget it, then their callbacks run.
#[cold]
pub(super) fn object_goes(header: &Header) {
    for (reference, callback) in forget(header) {
        super::vm::call_back(&callback, &Value::Native(reference));
    }
}

/// Every weak reference to the object forgets it. Gives the callbacks that are now due, with their references.
pub(super) fn forget(header: &Header) -> Vec<(Native, Value)> {
    header.set_weakly_referenced(false);
    let list = TABLE.try_with(|table| table.borrow_mut().remove(&address(header))).ok().flatten().unwrap_or_default();
    let mut due = Vec::new();
    for reference in list {
        let Some(native) = holder(reference) else {
            // SAFETY: still in memory: its drop would have taken it off the list.
            let _ = unsafe { reference.as_ref() }.target.replace(ManuallyDrop::new(Value::Missing));
            continue;
        };
        let Some(data) = native.get::<WeakRef>() else { continue };
        let _ = data.target.replace(ManuallyDrop::new(Value::Missing));
        let callback = data.callback.replace(Value::None);
        if !callback.is_none() {
            due.push((native, callback));
        }
    }
    due
}

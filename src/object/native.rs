//! Objects whose data a layer above defines: futures, tasks, locks, deques, dict views... One thin pointer to a
//! header and the data, told apart by type; scripts may subclass such types and give instances attributes.
#![allow(unsafe_code)]

use std::alloc::{Layout, handle_alloc_error};
use std::any::TypeId;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::arena::{self, Area};
use super::cycles::{Kind, Tracer};
use super::refs::Header;
use super::{Args, Class, Dict, R, Ref, Swap, Value, Vm};

/// See [`NativeData::CALL`].
pub type CallFn = fn(&Native, &Vm, Args) -> R;

/// The data of a native object.
pub trait NativeData: 'static {
    /// Calling an object whose class is the builtin one, without a look for `__call__`.
    const CALL: Option<CallFn> = None;
    /// Whether [`NativeData::finalize`] does anything for this object, asked when its last reference goes.
    fn needs_finalizer(&self) -> bool {
        false
    }
    /// Called once before the object is dropped, with the object alive.
    fn finalize(_this: &Native) {}
    /// The object whose attributes this one shows besides its own (`list[int]` those of `list`).
    fn stands_for(&self) -> Option<Value> {
        None
    }
    /// Shows the collector every counted reference in the data, each once: see [`super::Heap::trace`].
    fn trace(&self, _tracer: &mut Tracer) {}
    /// Drops what can be taken out: see [`super::Heap::clear`].
    fn clear(&self) {}
    /// A copy of the bytes of an object that has the buffer protocol (`bytearray`, `memoryview`).
    fn buffer(&self) -> Option<Vec<u8>> {
        None
    }
}

/// What is known of the data without its type.
struct Traits {
    id: TypeId,
    needs_finalizer: unsafe fn(NonNull<Head>) -> bool,
    finalize: fn(&Native),
    call: Option<CallFn>,
    buffer: unsafe fn(NonNull<Head>) -> Option<Vec<u8>>,
    trace: unsafe fn(NonNull<Head>, &mut Tracer),
    clear: unsafe fn(NonNull<Head>),
    stands_for: unsafe fn(NonNull<Head>) -> Option<Value>,
    drop: unsafe fn(NonNull<Head>),
}

/// `repr(C)` with the count first: `Value::clone` relies on it, as for `Boxed`.
#[repr(C)]
struct Head {
    header: Header,
    kind: &'static Traits,
    class: Swap<Ref<Class>>,
    attributes: Swap<Option<Ref<Dict>>>,
}

#[repr(C)]
struct Whole<D> {
    head: Head,
    data: D,
}

/// An owning pointer to a native object.
///
/// Invariant: points to the `head` of a `Whole<D>` in an arena whose `kind` is `D`'s; the count is the number of `Native`s.
pub struct Native(NonNull<Head>);

struct TraitsOf<D>(std::marker::PhantomData<D>);

impl<D: NativeData> TraitsOf<D> {
    const TRAITS: &'static Traits = &Traits {
        id: TypeId::of::<D>(),
        // SAFETY: called through the head of a `Whole<D>` only.
        needs_finalizer: |head| unsafe { head.cast::<Whole<D>>().as_ref() }.data.needs_finalizer(),
        finalize: D::finalize,
        call: D::CALL,
        // SAFETY: as above.
        buffer: |head| unsafe { head.cast::<Whole<D>>().as_ref() }.data.buffer(),
        // SAFETY: as above.
        stands_for: |head| unsafe { head.cast::<Whole<D>>().as_ref() }.data.stands_for(),
        // SAFETY: as above.
        trace: |head, tracer| unsafe { head.cast::<Whole<D>>().as_ref() }.data.trace(tracer),
        // SAFETY: as above.
        clear: |head| unsafe { head.cast::<Whole<D>>().as_ref() }.data.clear(),
        // SAFETY: as above; the block was taken in `Native::new`. The header stays as it is: its count of 0 says that it is free.
        drop: |head| unsafe {
            let whole = head.cast::<Whole<D>>().as_ptr();
            std::ptr::drop_in_place(&raw mut (*whole).data);
            std::ptr::drop_in_place(&raw mut (*whole).head.class);
            std::ptr::drop_in_place(&raw mut (*whole).head.attributes);
            arena::dealloc(Area::Machines, whole.cast(), Layout::new::<Whole<D>>());
        },
    };
}

impl Native {
    pub fn new<D: NativeData>(class: &Ref<Class>, data: D) -> Native {
        let head = Head {
            header: Header::new(Kind::Native),
            kind: TraitsOf::<D>::TRAITS,
            class: Swap::new(class.clone()),
            attributes: Swap::new(None),
        };
        const { assert!(align_of::<Whole<D>>() <= 16, "what an arena aligns to") };
        let layout = Layout::new::<Whole<D>>();
        let Some(whole) = NonNull::new(arena::alloc(Area::Machines, layout).cast::<Whole<D>>()) else {
            handle_alloc_error(layout)
        };
        // SAFETY: fresh, and laid out for it.
        unsafe { whole.write(Whole { head, data }) };
        Native(whole.cast())
    }

    #[inline(always)]
    fn head(&self) -> &Head {
        // SAFETY: the type's invariant.
        unsafe { self.0.as_ref() }
    }

    /// The data, if it is of this type.
    #[inline(always)]
    pub fn get<D: NativeData>(&self) -> Option<&D> {
        if self.head().kind.id == TypeId::of::<D>() {
            // SAFETY: the kind says that this is a `Whole<D>`.
            Some(unsafe { &self.0.cast::<Whole<D>>().as_ref().data })
        } else {
            None
        }
    }

    /// See [`NativeData::CALL`]; `None` for an instance of a script's subclass, which may have a `__call__` of its own.
    #[inline]
    pub fn caller(&self) -> Option<CallFn> {
        self.head().kind.call.filter(|_| self.class().builtin.is_some())
    }

    /// See [`NativeData::buffer`].
    pub fn buffer(&self) -> Option<Vec<u8>> {
        // SAFETY: the kind belongs to this object.
        unsafe { (self.head().kind.buffer)(self.0) }
    }

    /// See [`NativeData::stands_for`].
    pub fn stands_for(&self) -> Option<Value> {
        // SAFETY: the kind belongs to this object.
        unsafe { (self.head().kind.stands_for)(self.0) }
    }

    /// The object that some data stands in.
    ///
    /// # Safety
    /// `data` must be what [`Native::get`] gave for an object that is alive.
    pub unsafe fn of_data<D: NativeData>(data: &D) -> Native {
        // SAFETY: the caller's promise.
        let this = unsafe { Native::borrow_of_data(data) };
        Native::clone(&this)
    }

    /// The object that some data stands in, not counted.
    ///
    /// # Safety
    /// `data` must stand in a native object whose memory outlives the result. Only where its count is not 0 may the result be cloned.
    pub(super) unsafe fn borrow_of_data<D: NativeData>(data: &D) -> ManuallyDrop<Native> {
        let offset = std::mem::offset_of!(Whole<D>, data);
        // SAFETY: the caller's promise.
        let head = unsafe { NonNull::new_unchecked((data as *const D as *mut u8).sub(offset)) };
        ManuallyDrop::new(Native(head.cast()))
    }

    pub fn class(&self) -> Ref<Class> {
        self.head().class.get()
    }

    pub fn set_class(&self, class: Ref<Class>) {
        self.head().class.set(class);
    }

    /// The attribute dict, if any attribute was ever set.
    pub fn attributes(&self) -> Option<Ref<Dict>> {
        self.head().attributes.get()
    }

    /// The attribute dict, made if need be.
    pub fn dict(&self) -> Ref<Dict> {
        if let Some(dict) = self.attributes() {
            return dict;
        }
        let dict = Ref::new(Dict::new());
        self.head().attributes.set(Some(dict.clone()));
        dict
    }

    pub fn same(a: &Native, b: &Native) -> bool {
        a.0 == b.0
    }

    pub fn address(&self) -> usize {
        self.0.as_ptr() as usize
    }

    #[inline(always)]
    pub(super) fn header(&self) -> &Header {
        &self.head().header
    }

    /// The object behind a header, not counted.
    ///
    /// # Safety
    /// `header` is that of a living native object.
    pub(super) unsafe fn borrow_header(header: NonNull<Header>) -> ManuallyDrop<Native> {
        ManuallyDrop::new(Native(header.cast()))
    }

    /// Shows the collector every counted reference inside, each once.
    pub(super) fn trace(&self, tracer: &mut Tracer) {
        self.head().class.look(|class| tracer.object(class));
        self.head().attributes.look(|dict| dict.iter().for_each(|dict| tracer.object(dict)));
        // SAFETY: the kind belongs to this object.
        unsafe { (self.head().kind.trace)(self.0, tracer) }
    }

    /// Drops what can be taken out: the object is part of a cycle that nobody holds.
    pub(super) fn clear(&self) {
        // SAFETY: the kind belongs to this object.
        unsafe { (self.head().kind.clear)(self.0) }
    }

    /// Runs the finaliser, if the object wants it and it has not run yet. Says whether it did.
    pub(super) fn finalize_now(this: &Native) -> bool {
        let Head { header, kind, .. } = this.head();
        // SAFETY: the kind belongs to this object.
        let wants = unsafe { (kind.needs_finalizer)(this.0) } && header.begin_finalizing();
        if wants {
            (kind.finalize)(this);
        }
        wants
    }

    /// How many references there are; 0 once the object is on its way out.
    pub fn count(&self) -> u32 {
        self.head().header.count()
    }

    #[cold]
    #[inline(never)]
    fn release(&self) {
        let Head { header, kind, .. } = self.head();
        // SAFETY: the kind belongs to this object.
        if unsafe { (kind.needs_finalizer)(self.0) } && header.begin_finalizing() {
            let goes = header.revive(|| (kind.finalize)(&ManuallyDrop::new(Native(self.0))));
            if !goes {
                return;
            }
        }
        if header.is_weakly_referenced() && !header.revive(|| super::weak::object_goes(header)) {
            return;
        }
        // SAFETY: the count is 0 and the kind belongs to this object.
        unsafe { (kind.drop)(self.0) }
    }
}

impl Clone for Native {
    #[inline(always)]
    fn clone(&self) -> Native {
        self.head().header.retain();
        Native(self.0)
    }
}

impl Drop for Native {
    #[inline(always)]
    fn drop(&mut self) {
        if self.head().header.give_up() == 0 {
            self.release();
        }
    }
}

//! Counted pointers to heap objects: one machine word, single-threaded, dropped when the last one goes.
//!
//! Knows nothing of what it points to beyond the [`Heap`] trait. Unlike `Rc` there is one 32-bit count
//! and 32 bits of flags in front of the object and no weak count; an object may ask to be looked at
//! (finalised) before it is dropped; dropping deep structures does not recurse without bound.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use super::arena;
use super::cycles::{Kind, Tracer};

/// What stands in front of every object, whatever its kind.
#[repr(C)]
pub struct Header {
    count: Cell<u32>,
    flags: Cell<u32>,
}

/// Set in the flags once the finaliser has run.
const FINALIZED: u32 = 1;
/// Set in the flags while weak references to the object stand in the table of [`super::weak`].
const WEAKLY_REFERENCED: u32 = 2;
/// Marks of the collector, set only while it runs: found alive; found to be garbage; not to be looked into.
const REACHED: u32 = 4;
const GARBAGE: u32 = 8;
const PINNED: u32 = 16;
/// The object's [`Kind`].
const KIND_SHIFT: u32 = 8;
const KIND_BITS: u32 = 5;
/// Above the kind: how many references the collector has found inside; 0 while it does not run. Stays at the largest number.
const INNER_SHIFT: u32 = KIND_SHIFT + KIND_BITS;
const MOST_INNER: u32 = u32::MAX >> INNER_SHIFT;

impl Header {
    /// That of a fresh object with one reference.
    #[inline(always)]
    pub(super) const fn new(kind: Kind) -> Header {
        Header { count: Cell::new(1), flags: Cell::new((kind as u32) << KIND_SHIFT) }
    }

    #[inline(always)]
    pub(super) fn kind(&self) -> Kind {
        Kind::of(self.flags.get() >> KIND_SHIFT)
    }

    /// How many references there are; 0 once the object is on its way out.
    #[inline(always)]
    pub(super) fn count(&self) -> u32 {
        self.count.get()
    }

    /// One reference more.
    #[inline(always)]
    pub(super) fn retain(&self) {
        // 2^32 references take 64 GiB of values: the memory is gone before the count can wrap.
        self.count.set(self.count.get().wrapping_add(1));
    }

    /// One reference less; says how many are left.
    #[inline(always)]
    pub(super) fn give_up(&self) -> u32 {
        let left = self.count.get() - 1;
        self.count.set(left);
        left
    }

    fn has(&self, flag: u32) -> bool {
        self.flags.get() & flag != 0
    }

    fn set(&self, flag: u32, on: bool) {
        let others = self.flags.get() & !flag;
        self.flags.set(if on { others | flag } else { others });
    }

    #[inline(always)]
    pub(super) fn is_weakly_referenced(&self) -> bool {
        self.has(WEAKLY_REFERENCED)
    }

    pub(super) fn set_weakly_referenced(&self, on: bool) {
        self.set(WEAKLY_REFERENCED, on);
    }

    #[inline(always)]
    pub(super) fn is_reached(&self) -> bool {
        self.has(REACHED)
    }

    #[inline(always)]
    pub(super) fn set_reached(&self, on: bool) {
        self.set(REACHED, on);
    }

    #[inline(always)]
    pub(super) fn is_garbage(&self) -> bool {
        self.has(GARBAGE)
    }

    pub(super) fn set_garbage(&self, on: bool) {
        self.set(GARBAGE, on);
    }

    pub(super) fn set_pinned(&self) {
        self.set(PINNED, true);
    }

    /// The collector has found one more reference to the object inside another.
    #[inline(always)]
    pub(super) fn add_inner(&self) {
        if self.inner() < MOST_INNER {
            self.flags.set(self.flags.get() + (1 << INNER_SHIFT));
        }
    }

    #[inline(always)]
    fn inner(&self) -> u32 {
        self.flags.get() >> INNER_SHIFT
    }

    /// Whether the object has more references than the collector has found inside others, besides `own` of the collector's.
    #[inline(always)]
    pub(super) fn is_held(&self, own: u32) -> bool {
        self.count.get() > self.inner() + own || self.has(PINNED)
    }

    /// Takes off what the collector has counted and marked.
    #[inline(always)]
    pub(super) fn unmark(&self) {
        self.flags.set(self.flags.get() & !(REACHED | PINNED) & (u32::MAX >> (32 - INNER_SHIFT)));
    }

    /// Whether the finaliser is still to be run; from now on it has been.
    pub(super) fn begin_finalizing(&self) -> bool {
        let first = !self.has(FINALIZED);
        self.set(FINALIZED, true);
        first
    }

    pub(super) fn is_finalized(&self) -> bool {
        self.has(FINALIZED)
    }

    /// The last reference went: runs `work` with the object alive; says whether it is to go after all.
    pub(super) fn revive(&self, work: impl FnOnce()) -> bool {
        self.count.set(1);
        work();
        self.give_up() == 0
    }
}

/// What can live behind a [`Ref`].
pub trait Heap: Sized {
    /// Whether [`Heap::finalize`] does anything for this object; asked when the last reference goes.
    fn needs_finalizer(&self) -> bool {
        false
    }
    /// Called once, before an object that asked for it is dropped; may run user code and may keep the object
    /// alive by storing a clone of `this` (PEP 442).
    fn finalize(_this: &Ref<Self>) {}
    /// Whether dropping the object may drop others, and those others: then the depth is counted.
    const NESTS: bool = true;
    /// Weak references to the object die before its finaliser runs, not after (CPython's generators and coroutines).
    const WEAK_FIRST: bool = false;
    /// What the collector takes the object for.
    const KIND: Kind = Kind::Other;
    /// Shows the collector every counted reference inside the object, each once. Those that are left out make what they refer to
    /// count as used from outside.
    fn trace(&self, _tracer: &mut Tracer) {}
    /// Drops what can be taken out: the object is part of a cycle that nobody holds.
    fn clear(&self) {}
    /// How many bytes stand behind the object in the same allocation; the same all its life.
    fn tail(&self) -> usize {
        0
    }
}

/// The object with its header. `repr(C)`: every kind of object has its count at offset 0, so that a
/// `Value` can count without knowing the kind.
#[repr(C)]
pub struct Boxed<T> {
    header: Header,
    value: T,
}

/// An owning pointer to a heap object.
///
/// Invariant: the pointer comes from [`Ref::with_tail`] and its count is the number of `Ref`s (and raw references made by
/// [`Ref::into_raw`]) that exist.
pub struct Ref<T: Heap>(NonNull<Boxed<T>>, PhantomData<Boxed<T>>);

/// How many drops may nest before the rest is put off; a nested list of a million levels then
/// needs no native stack.
const MAX_DROP_DEPTH: u32 = 64;

type Postponed = (NonNull<u8>, unsafe fn(NonNull<u8>));

thread_local! {
    static DROP_DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Whether `POSTPONED` holds anything: asked after every drop, so it must cost nothing.
    static HAS_POSTPONED: Cell<bool> = const { Cell::new(false) };
    static POSTPONED: RefCell<Vec<Postponed>> = const { RefCell::new(Vec::new()) };
}

/// The allocation of an object with a tail.
#[inline(always)]
fn layout_of<T>(tail: usize) -> Layout {
    let object = Layout::new::<Boxed<T>>();
    // Only lengths of things that exist, or that a fallible reservation let through, come here.
    Layout::from_size_align(object.size() + tail, object.align()).expect("an object is smaller than the address space")
}

/// Drops the object and frees its allocation.
///
/// # Safety
/// `boxed` is live, its count is 0, and nobody uses it afterwards.
#[inline(always)]
unsafe fn free<T: Heap>(boxed: NonNull<Boxed<T>>) {
    // SAFETY: allocated by `with_tail` with this layout, since a tail keeps its size.
    unsafe {
        let layout = layout_of::<T>(boxed.as_ref().value.tail());
        // The header stays as it is: its count of 0 says that the block is free.
        std::ptr::drop_in_place(&raw mut (*boxed.as_ptr()).value);
        match T::KIND.area() {
            Some(area) => arena::dealloc(area, boxed.as_ptr().cast(), layout),
            None => dealloc(boxed.as_ptr().cast(), layout),
        }
    }
}

impl<T: Heap> Ref<T> {
    #[inline]
    pub fn new(value: T) -> Ref<T> {
        Ref::with_tail(value)
    }

    /// An object with [`Heap::tail`] bytes behind it, for it to fill: right behind, so an object with a tail is `repr(C)` and aligned
    /// as what stands there.
    #[inline(always)]
    pub fn with_tail(value: T) -> Ref<T> {
        let layout = layout_of::<T>(value.tail());
        const { assert!(align_of::<Boxed<T>>() <= 16, "what an arena aligns to") };
        let pointer = match T::KIND.area() {
            Some(area) => arena::alloc(area, layout),
            // SAFETY: a header is never empty.
            None => unsafe { alloc(layout) },
        };
        let pointer = pointer.cast::<Boxed<T>>();
        let Some(boxed) = NonNull::new(pointer) else { handle_alloc_error(layout) };
        // SAFETY: fresh, and laid out for it.
        unsafe { boxed.write(Boxed { header: Header::new(T::KIND), value }) };
        Ref(boxed, PhantomData)
    }

    #[inline(always)]
    fn boxed(&self) -> &Boxed<T> {
        // SAFETY: by the type's invariant the pointer is live while a `Ref` exists.
        unsafe { self.0.as_ref() }
    }

    /// Whether both are the same object (`is`).
    #[inline(always)]
    pub fn same(a: &Ref<T>, b: &Ref<T>) -> bool {
        a.0 == b.0
    }

    /// The address, as `id()` gives it.
    #[inline(always)]
    pub fn address(this: &Ref<T>) -> usize {
        this.0.as_ptr() as usize
    }

    /// How many references there are.
    #[inline(always)]
    pub fn count(this: &Ref<T>) -> u32 {
        this.boxed().header.count()
    }

    /// The object itself when this is the only reference to it.
    #[inline(always)]
    pub fn get_mut(this: &mut Ref<T>) -> Option<&mut T> {
        if this.boxed().header.count() == 1 {
            // SAFETY: the only reference is borrowed mutably for as long as the result lives.
            Some(unsafe { &mut this.0.as_mut().value })
        } else {
            None
        }
    }

    /// Gives the reference away as a word; [`Ref::from_raw`] takes it back.
    #[inline(always)]
    pub fn into_raw(this: Ref<T>) -> *const T {
        let value: *const T = &this.boxed().value;
        std::mem::forget(this);
        value
    }

    #[inline(always)]
    pub(super) fn header(&self) -> &Header {
        &self.boxed().header
    }

    /// The object behind a header, not counted.
    ///
    /// # Safety
    /// `header` is that of a living object of this type.
    pub(super) unsafe fn borrow_header(header: NonNull<Header>) -> ManuallyDrop<Ref<T>> {
        ManuallyDrop::new(Ref(header.cast(), PhantomData))
    }

    /// Runs the finaliser, if the object wants it and it has not run yet. Says whether it did.
    pub(super) fn finalize_now(this: &Ref<T>) -> bool {
        let wants = this.needs_finalizer() && this.header().begin_finalizing();
        if wants {
            T::finalize(this);
        }
        wants
    }

    /// A borrowed object as a counted reference.
    ///
    /// # Safety
    /// `value` must be the object inside a live `Ref<T>`.
    pub unsafe fn from_borrowed(value: &T) -> Ref<T> {
        let offset = std::mem::offset_of!(Boxed<T>, value);
        // SAFETY: the caller promises that the object stands in a `Boxed<T>` that is alive.
        let boxed = unsafe { (value as *const T as *mut u8).sub(offset) as *mut Boxed<T> };
        // SAFETY: derived from a reference, so not null.
        let this = Ref(unsafe { NonNull::new_unchecked(boxed) }, PhantomData);
        std::mem::forget(this.clone());
        this
    }
}

impl<T: Heap> Deref for Ref<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        &self.boxed().value
    }
}

impl<T: Heap> Clone for Ref<T> {
    #[inline(always)]
    fn clone(&self) -> Ref<T> {
        self.boxed().header.retain();
        Ref(self.0, PhantomData)
    }
}

impl<T: Heap> Drop for Ref<T> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.boxed().header.give_up() == 0 {
            // SAFETY: this was the last reference.
            unsafe { release(self.0) }
        }
    }
}

/// The last reference to `boxed` went: finalise, then drop, or put it off when drops nest too deep.
///
/// # Safety
/// `boxed` is a live object whose count is 0.
#[inline(never)]
unsafe fn release<T: Heap>(boxed: NonNull<Boxed<T>>) {
    if !T::NESTS {
        // SAFETY: live with count 0, as the caller promises.
        return unsafe { free(boxed) };
    }
    let depth = DROP_DEPTH.get();
    if depth >= MAX_DROP_DEPTH {
        // At the end of the thread the list may be gone already; then the rest is left to the process's end.
        let _ = POSTPONED.try_with(|p| p.borrow_mut().push((boxed.cast(), release_erased::<T> as _)));
        HAS_POSTPONED.set(true);
        return;
    }
    DROP_DEPTH.set(depth + 1);
    // SAFETY: live with count 0, as the caller promises.
    unsafe { release_now(boxed) };
    DROP_DEPTH.set(depth);
    if depth == 0 && HAS_POSTPONED.get() {
        release_postponed();
    }
}

/// # Safety
/// `pointer` was made from a `NonNull<Boxed<T>>` of the same `T`, count 0.
unsafe fn release_erased<T: Heap>(pointer: NonNull<u8>) {
    // SAFETY: the caller's promise.
    unsafe { release_now::<T>(pointer.cast()) }
}

/// # Safety
/// As for [`release`].
unsafe fn release_now<T: Heap>(boxed: NonNull<Boxed<T>>) {
    // SAFETY: live until `free` below.
    let Boxed { header, value } = unsafe { boxed.as_ref() };
    let forget = || header.revive(|| super::weak::object_goes(header));
    if T::WEAK_FIRST && header.is_weakly_referenced() && !forget() {
        return;
    }
    if value.needs_finalizer() && header.begin_finalizing() {
        let goes = header.revive(|| T::finalize(&ManuallyDrop::new(Ref(boxed, PhantomData))));
        if !goes {
            return;
        }
    }
    if header.is_weakly_referenced() && !forget() {
        return;
    }
    // SAFETY: the count is 0, so this is the only pointer.
    unsafe { free(boxed) };
}

#[cold]
fn release_postponed() {
    while let Ok(Some((pointer, release))) = POSTPONED.try_with(|p| p.borrow_mut().pop()) {
        DROP_DEPTH.set(1);
        // SAFETY: pushed by `release` with the matching function, and popped once.
        unsafe { release(pointer) };
        DROP_DEPTH.set(0);
    }
    HAS_POSTPONED.set(false);
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Chain(#[expect(dead_code, reason = "held so that dropping one drops the next")] Option<Ref<Chain>>);
    impl Heap for Chain {}

    #[test]
    fn dropping_a_million_links_needs_no_stack() {
        let mut head = None;
        for _ in 0..1_000_000 {
            head = Some(Ref::new(Chain(head)));
        }
        drop(head);
    }

    struct Phoenix {
        runs: Cell<u32>,
    }
    thread_local! { static KEPT: RefCell<Option<Ref<Phoenix>>> = const { RefCell::new(None) }; }
    impl Heap for Phoenix {
        fn needs_finalizer(&self) -> bool {
            true
        }
        fn finalize(this: &Ref<Phoenix>) {
            this.runs.set(this.runs.get() + 1);
            KEPT.with(|k| *k.borrow_mut() = Some(this.clone()));
        }
    }

    #[test]
    fn a_finaliser_may_keep_its_object_and_runs_once() {
        drop(Ref::new(Phoenix { runs: Cell::new(0) }));
        let kept = KEPT.with(|k| k.borrow_mut().take()).expect("the finaliser stored it");
        assert_eq!((kept.runs.get(), Ref::count(&kept)), (1, 1));
    }
}

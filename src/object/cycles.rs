//! Finding and freeing cycles that nobody holds, by trial deletion: references that stand inside objects are counted, whatever has
//! more references than that is held from outside (a frame, the interpreter), and what cannot be reached from there goes.
//!
//! Calls no script itself: finalisers and callbacks go through the hooks of the `Vm`. May run only where no object is borrowed;
//! an object that is, all the same, counts as held.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::arena::{self, Area};
use super::function::{Descriptor, Function, Method};
use super::refs::Header;
use super::{
    Class, Dict, Exception, Heap, Instance, Iter, List, Machine, Module, Native, Ref, Set, Slice, Tuple, Value,
    VarCell, weak,
};

/// What an object is, as its header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Kind {
    /// Never part of a cycle: no references inside, or none but to what lives for ever.
    Other,
    Tuple,
    List,
    Dict,
    /// `set` and `frozenset`
    Set,
    Slice,
    Function,
    Method,
    Descriptor,
    Class,
    Instance,
    Exception,
    Iter,
    Module,
    Cell,
    Machine,
    Native,
}

impl Kind {
    /// By number; made up to a power of two, so that no index needs a check.
    const ALL: [Kind; 32] = [
        Kind::Other,
        Kind::Tuple,
        Kind::List,
        Kind::Dict,
        Kind::Set,
        Kind::Slice,
        Kind::Function,
        Kind::Method,
        Kind::Descriptor,
        Kind::Class,
        Kind::Instance,
        Kind::Exception,
        Kind::Iter,
        Kind::Module,
        Kind::Cell,
        Kind::Machine,
        Kind::Native,
        Kind::Other,
        Kind::Other,
        Kind::Other,
        Kind::Other,
        Kind::Other,
        Kind::Other,
        Kind::Other,
        Kind::Other,
        Kind::Other,
        Kind::Other,
        Kind::Other,
        Kind::Other,
        Kind::Other,
        Kind::Other,
        Kind::Other,
    ];

    /// The kind of a number that a header holds.
    #[inline(always)]
    pub(super) fn of(number: u32) -> Kind {
        Kind::ALL[number as usize % Kind::ALL.len()]
    }

    /// Where objects of the kind stand; `None`: anywhere.
    #[inline(always)]
    pub const fn area(self) -> Option<Area> {
        match self {
            Kind::Other => None,
            Kind::Machine | Kind::Native => Some(Area::Machines),
            _ => Some(Area::Plain),
        }
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Containers, instances, functions and classes; what machines, tasks and other native objects hold is held.
    Plain,
    Everything,
}

impl Scope {
    fn areas(self) -> &'static [Area] {
        match self {
            Scope::Plain => &[Area::Plain],
            Scope::Everything => &[Area::Plain, Area::Machines],
        }
    }

    fn kinds(self) -> u32 {
        let machines = Kind::Machine.bit() | Kind::Native.bit();
        let all = !Kind::Other.bit();
        if self == Scope::Everything { all } else { all & !machines }
    }

    fn each(self, mut look: impl FnMut(NonNull<Header>, Area, usize)) {
        for &area in self.areas() {
            arena::each(area, |header, size| look(header, area, size));
        }
    }
}

/// What a collection has come to.
#[derive(Clone, Copy, Default, Debug)]
pub struct Found {
    /// Unreachable objects, as CPython counts them.
    pub objects: usize,
    /// The bytes of living objects, and of those that were freed, by [`Area`].
    pub live: [usize; 2],
    pub freed: [usize; 2],
}

/// Is shown the references inside objects.
pub struct Tracer {
    /// The kinds of objects that are looked at; 0: those marked as garbage.
    kinds: u32,
    /// Marks what is reached instead of counting references.
    marks: bool,
    /// The object at hand must be taken to be held.
    pins: bool,
    to_do: Vec<NonNull<Header>>,
}

impl Tracer {
    fn new(kinds: u32, marks: bool) -> Tracer {
        Tracer { kinds, marks, pins: false, to_do: Vec::new() }
    }

    #[inline]
    pub fn value(&mut self, value: &Value) {
        if let Some(header) = value.container() {
            self.reference(header);
        }
    }

    pub fn values<'a>(&mut self, values: impl IntoIterator<Item = &'a Value>) {
        for value in values {
            self.value(value);
        }
    }

    #[inline]
    pub fn object<T: Heap>(&mut self, object: &Ref<T>) {
        self.reference(object.header());
    }

    #[inline]
    pub fn native(&mut self, native: &Native) {
        self.reference(native.header());
    }

    /// The object at hand cannot be looked into now: it is in use.
    pub fn pin(&mut self) {
        self.pins = true;
    }

    #[inline(always)]
    fn reference(&mut self, header: &Header) {
        let is_asked = match self.kinds {
            0 => header.is_garbage(),
            kinds => kinds & header.kind().bit() != 0,
        };
        if !is_asked {
            return;
        }
        if !self.marks {
            header.add_inner();
        } else if !header.is_reached() {
            header.set_reached(true);
            self.to_do.push(NonNull::from(header));
        }
    }

    fn look_into(&mut self, header: NonNull<Header>) {
        // SAFETY: only headers of living objects come here.
        unsafe { trace(header, self) };
        if std::mem::take(&mut self.pins) {
            // SAFETY: as above.
            unsafe { header.as_ref() }.set_pinned();
        }
    }

    /// Marks an object that is held, and all that is reached from it.
    fn reach(&mut self, header: NonNull<Header>) {
        // SAFETY: only headers of living objects come here.
        let head = unsafe { header.as_ref() };
        if head.is_reached() {
            return;
        }
        head.set_reached(true);
        self.to_do.push(header);
        while let Some(next) = self.to_do.pop() {
            // SAFETY: as above.
            unsafe { trace(next, self) };
        }
    }
}

/// Does something with the object behind a header, as what it is.
macro_rules! on_object {
    ($header:expr, $object:ident => $work:expr, $native:ident => $on_native:expr) => {
        match $header.as_ref().kind() {
            Kind::Other => {}
            Kind::Tuple => on_object!(Tuple, $header, $object => $work),
            Kind::List => on_object!(List, $header, $object => $work),
            Kind::Dict => on_object!(Dict, $header, $object => $work),
            Kind::Set => on_object!(Set, $header, $object => $work),
            Kind::Slice => on_object!(Slice, $header, $object => $work),
            Kind::Function => on_object!(Function, $header, $object => $work),
            Kind::Method => on_object!(Method, $header, $object => $work),
            Kind::Descriptor => on_object!(Descriptor, $header, $object => $work),
            Kind::Class => on_object!(Class, $header, $object => $work),
            Kind::Instance => on_object!(Instance, $header, $object => $work),
            Kind::Exception => on_object!(Exception, $header, $object => $work),
            Kind::Iter => on_object!(Iter, $header, $object => $work),
            Kind::Module => on_object!(Module, $header, $object => $work),
            Kind::Cell => on_object!(VarCell, $header, $object => $work),
            Kind::Machine => on_object!(Machine, $header, $object => $work),
            Kind::Native => {
                let $native = Native::borrow_header($header);
                $on_native
            }
        }
    };
    ($kind:ty, $header:expr, $object:ident => $work:expr) => {{
        let $object = Ref::<$kind>::borrow_header($header);
        $work
    }};
}

/// # Safety
/// `header` is that of a living object.
unsafe fn trace(header: NonNull<Header>, tracer: &mut Tracer) {
    // SAFETY: the kind in the header is the object's, and the object lives.
    unsafe { on_object!(header, object => object.trace(tracer), native => native.trace(tracer)) }
}

/// Objects that nobody outside of this list refers to, each with one reference of the list's own.
struct Garbage(Vec<NonNull<Header>>);

impl Garbage {
    fn headers(&self) -> impl Iterator<Item = &Header> {
        // SAFETY: the list keeps its objects alive.
        self.0.iter().map(|header| unsafe { header.as_ref() })
    }

    /// Weak references forget what is garbage; the callbacks of those that are not garbage themselves run.
    fn forget(&self) -> bool {
        let due: Vec<_> = self.headers().filter(|h| h.is_weakly_referenced()).flat_map(weak::forget).collect();
        let due: Vec<_> = due.into_iter().filter(|(reference, _)| !reference.header().is_garbage()).collect();
        let any = !due.is_empty();
        for (reference, callback) in due {
            super::vm::call_back(&callback, &Value::Native(reference));
        }
        any
    }

    /// Runs the finalisers that have not run (PEP 442). Says whether there were any.
    fn finalize(&self) -> bool {
        let mut any = false;
        for &header in &self.0 {
            // SAFETY: the list keeps its objects alive.
            unsafe {
                on_object!(header,
                    object => any |= Ref::finalize_now(&object),
                    native => any |= Native::finalize_now(&native))
            }
        }
        any
    }

    /// Lets go of what finalisers have taken out of its cycle: nobody else holds it any more.
    fn release_dead(&mut self) {
        loop {
            // SAFETY: the list keeps its objects alive.
            let is_dead = |header: &NonNull<Header>| unsafe { header.as_ref() }.count() == 1;
            let (dead, rest) = std::mem::take(&mut self.0).into_iter().partition::<Vec<_>, _>(is_dead);
            self.0 = rest;
            if dead.is_empty() {
                return;
            }
            drop(Garbage(dead));
        }
    }

    /// Lets go of what finalisers have brought back to life, and of what is reached from there.
    fn release_revived(&mut self) {
        let mut count = Tracer::new(0, false);
        self.0.iter().for_each(|&header| count.look_into(header));
        let mut mark = Tracer::new(0, true);
        for &header in &self.0 {
            // SAFETY: the list keeps its objects alive.
            if unsafe { header.as_ref() }.is_held(1) {
                mark.reach(header);
            }
        }
        // SAFETY: as above.
        let is_alive = |header: &NonNull<Header>| unsafe { header.as_ref() }.is_reached();
        let (revived, gone) = std::mem::take(&mut self.0).into_iter().partition(is_alive);
        self.0 = gone;
        self.headers().for_each(Header::unmark);
        let revived = Garbage(revived);
        for header in revived.headers() {
            header.unmark();
            header.set_garbage(false);
        }
    }

    /// Breaks the cycles.
    fn clear(&self) {
        for &header in &self.0 {
            // SAFETY: the list keeps its objects alive.
            unsafe { on_object!(header, object => object.clear(), native => native.clear()) }
        }
    }
}

impl Drop for Garbage {
    fn drop(&mut self) {
        for header in self.headers() {
            header.set_garbage(false);
        }
        for header in std::mem::take(&mut self.0) {
            // SAFETY: gives back the reference that the list had; the object lives until then.
            unsafe {
                on_object!(header,
                    object => drop(ManuallyDrop::into_inner(object)),
                    native => drop(ManuallyDrop::into_inner(native)))
            }
        }
    }
}

thread_local! {
    /// A class with `__del__` was made, or a weak reference.
    static MAY_SHOW: Cell<bool> = const { Cell::new(false) };
    static IS_COLLECTING: Cell<bool> = const { Cell::new(false) };
}

/// Something exists that shows when an object goes.
pub(super) fn note_watcher() {
    MAY_SHOW.set(true);
}

/// Whether freeing cycles may show: finalisers of scripts, callbacks of weak references, generators in the middle of a `try`.
pub fn may_show() -> bool {
    let mut found = MAY_SHOW.get();
    arena::each(Area::Machines, |header, _| {
        // SAFETY: the arena shows living objects.
        unsafe {
            if header.as_ref().kind() == Kind::Machine {
                found |= Ref::<Machine>::borrow_header(header).needs_finalizer();
            }
        }
    });
    found
}

/// Frees the cycles that nobody holds. Inside a finaliser that a collection runs it does nothing.
pub fn collect(scope: Scope) -> Found {
    if IS_COLLECTING.replace(true) {
        return Found::default();
    }
    let (mut garbage, mut found) = find(scope);
    if !garbage.0.is_empty() {
        let called = garbage.forget();
        if garbage.finalize() | called {
            garbage.release_dead();
            garbage.release_revived();
        }
        found.objects = garbage.0.iter().map(|&header| counted(header)).sum();
        garbage.clear();
    }
    drop(garbage);
    IS_COLLECTING.set(false);
    found
}

/// The objects that are reached from no object that is held.
fn find(scope: Scope) -> (Garbage, Found) {
    let mut count = Tracer::new(scope.kinds(), false);
    scope.each(|header, _, _| count.look_into(header));
    let mut mark = Tracer::new(scope.kinds(), true);
    scope.each(|header, _, _| {
        // SAFETY: the arena shows living objects.
        if unsafe { header.as_ref() }.is_held(0) {
            mark.reach(header);
        }
    });
    let mut garbage = Vec::new();
    let mut found = Found::default();
    scope.each(|header, area, size| {
        // SAFETY: as above.
        let head = unsafe { header.as_ref() };
        let is_alive = head.is_reached();
        head.unmark();
        if is_alive {
            found.live[area as usize] += size;
        } else {
            found.freed[area as usize] += size;
            head.set_garbage(true);
            head.retain();
            garbage.push(header);
        }
    });
    (Garbage(garbage), found)
}

/// How many objects CPython has for one of ours.
fn counted(header: NonNull<Header>) -> usize {
    // SAFETY: only headers of living objects come here.
    unsafe {
        match header.as_ref().kind() {
            Kind::Tuple => !Ref::<Tuple>::borrow_header(header).is_empty() as usize,
            Kind::Dict => Ref::<Dict>::borrow_header(header).holds_containers() as usize,
            // A tuple holds the cells; one of constant defaults belongs to the code that makes the function.
            Kind::Function => {
                let function = Ref::<Function>::borrow_header(header);
                let defaults = function.defaults.get();
                let constant = !defaults.is_empty() && !defaults.iter().any(is_container);
                1 + !function.closure.is_empty() as usize - constant as usize
            }
            // Besides the class its bases and its resolution order, two tuples, and its namespace.
            Kind::Class => {
                let entries = Ref::<Class>::borrow_header(header).entries();
                3 + entries.iter().any(|(_, value)| is_container(value)) as usize
            }
            // What it consists of is no object there.
            Kind::Instance => {
                let instance = Ref::<Instance>::borrow_header(header);
                let Some(payload) = instance.payload() else { return 1 - instance.shape().is_dict as usize };
                let dict = instance.attributes().iter().any(|(_, value)| is_container(value));
                1 + dict as usize - is_tracked(payload) as usize
            }
            Kind::Other => 0,
            _ => 1,
        }
    }
}

/// `gc.is_finalized(value)`
pub fn is_finalized(value: &Value) -> bool {
    value.container().is_some_and(Header::is_finalized)
}

/// `gc.is_tracked(value)`: whether CPython's collector would know of the object.
pub fn is_tracked(value: &Value) -> bool {
    match value {
        Value::Dict(dict) => dict.holds_containers(),
        Value::Builtin(_) => true,
        _ => is_container(value),
    }
}

/// What makes the collector know of the dict that it is put into.
pub(super) fn is_container(value: &Value) -> bool {
    match value {
        Value::Tuple(items) => !items.is_empty(),
        _ => value.container().is_some_and(|header| header.kind() != Kind::Other),
    }
}

/// Objects that the collector knows of, but for those that no script can see and sets, of which nothing says whether they are frozen.
pub fn objects() -> Vec<Value> {
    let mut headers = Vec::new();
    Scope::Everything.each(|header, _, _| headers.push(header));
    // SAFETY: nothing has been dropped since they were shown.
    headers.into_iter().filter_map(|header| unsafe { as_value(header) }).collect()
}

/// The objects that one refers to.
pub fn referents(value: &Value) -> Vec<Value> {
    let Some(header) = value.container() else { return Vec::new() };
    let everything = Scope::Everything.kinds();
    let mut tracer = Tracer { kinds: everything, marks: true, pins: false, to_do: Vec::new() };
    // SAFETY: the value keeps its object alive, and that one those that it refers to.
    unsafe {
        trace(NonNull::from(header), &mut tracer);
        tracer.to_do.iter().for_each(|header| header.as_ref().unmark());
        tracer.to_do.iter().filter_map(|&header| as_value(header)).collect()
    }
}

/// # Safety
/// `header` is that of a living object.
unsafe fn as_value(header: NonNull<Header>) -> Option<Value> {
    macro_rules! value {
        ($kind:ident, $object:ty) => {{
            // SAFETY: the caller's promise.
            let object = unsafe { Ref::<$object>::borrow_header(header) };
            Some(Value::$kind(Ref::clone(&object)))
        }};
    }
    // SAFETY: the caller's promise.
    match unsafe { header.as_ref() }.kind() {
        Kind::Other | Kind::Set | Kind::Cell => None,
        // One that is still being filled is nothing to show.
        Kind::Tuple => value!(Tuple, Tuple)
            .filter(|tuple: &Value| matches!(tuple, Value::Tuple(items) if !items.iter().any(Value::is_missing))),
        Kind::List => value!(List, List),
        Kind::Dict => value!(Dict, Dict),
        Kind::Slice => value!(Slice, Slice),
        Kind::Function => value!(Function, Function),
        Kind::Method => value!(Method, Method),
        Kind::Descriptor => value!(Descriptor, Descriptor),
        Kind::Class => value!(Class, Class),
        Kind::Instance => value!(Instance, Instance),
        Kind::Exception => value!(Exception, Exception),
        Kind::Iter => value!(Iter, Iter),
        Kind::Module => value!(Module, Module),
        Kind::Machine => value!(Machine, Machine),
        Kind::Native => {
            // SAFETY: the caller's promise.
            let native = unsafe { Native::borrow_header(header) };
            Some(Value::Native(Native::clone(&native)))
        }
    }
}

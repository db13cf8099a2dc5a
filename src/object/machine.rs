//! What can suspend: coroutines, generators, async generators, whether their bodies are a script's or our own.
//!
//! A machine is plain state: a frame, a position, what it waits for. Its body knows how to go on
//! ([`Body::resume`]); the driver in `interp/drive.rs` walks chains of machines. Nothing of it lives on the native stack.
#![allow(unsafe_code)]

use std::cell::{Cell, OnceCell, RefCell, UnsafeCell};
use std::ptr;
use std::rc::Rc;

use super::cycles::{Kind, Tracer};
use super::{Exception, Fp, Heap, Ref, Swap, Value, Vm};
use crate::code::Slot;
use crate::intern::Symbol;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MachineKind {
    Generator,
    Coroutine,
    AsyncGenerator,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Not run yet.
    Created,
    Suspended,
    Running,
    /// Returned, raised or closed.
    Finished,
}

/// What a suspended machine is resumed with.
pub enum Sent {
    Value(Value),
    /// Raise this at the suspension.
    Throw(Ref<Exception>),
}

/// What a body did until it stopped.
pub enum Step {
    /// `yield`: the value goes to whoever drives the machine (in an async generator: to whoever awaits its `anext`).
    Yield(Value),
    /// A bare yield to the loop (`sleep(0)`): never an item, not even in a generator.
    Pause,
    /// Wait for another awaitable or iterator, already turned into a machine, a future or an iterator: the driver resumes
    /// the machine with the result.
    Await(Value),
    /// Wait for a machine that is resumed with this instead of a plain start: `asend`, `athrow`, the next item of an
    /// async generator.
    Delegate(Ref<Machine>, Sent),
    /// `asyncio.sleep` until this time of the loop's clock, in nanoseconds. A task that is resumed by its loop sleeps without a future;
    /// anybody else gets one.
    Sleep(i64),
    /// Wait for a coroutine whose call began on the stack and has just stopped as the inner step says.
    Entered(Ref<Machine>, Box<Step>),
    /// The end, with the result.
    Return(Value),
    /// The end, with the exception pending in the `Vm`.
    Raised(super::Raised),
}

/// How a machine goes on. Planted bodies of scripts and our own coroutines implement it.
pub trait Body {
    /// Runs from the present position to the next stop. The driver has set the state to `Running`.
    fn resume(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> Step;
    /// [`Body::resume`] with `None`: an item that is yielded is the result, any other stop is put into `stop`.
    fn next(&self, machine: &Ref<Machine>, vm: &Vm, stop: &mut Option<Step>) -> Value {
        *stop = Some(self.resume(machine, Sent::Value(Value::None), vm));
        Value::Missing
    }
    /// Runs from the beginning in a frame on the stack: what a coroutine returns is the result, any other stop is put into `stop`
    /// with the position to go on from. Only for bodies of scripts.
    fn start(&self, _fp: Fp, vm: &Vm, stop: &mut Option<(Step, u32)>) -> Value {
        *stop = Some((Step::Raised(vm.not_a_script_body()), 0));
        Value::Missing
    }
    /// Whether an exception that comes before the first value is the body's business; others end without having begun.
    fn takes_early_throw(&self) -> bool {
        false
    }
    fn name(&self) -> Symbol;
    fn qualname(&self) -> Rc<str>;
    /// Whether dropping the machine where it stands must run a script's `finally`, `with` or handler first.
    fn needs_close(&self, machine: &Machine) -> bool;
    /// Whether the machine stopped within a handler of its own.
    fn is_handling(&self, _machine: &Machine) -> bool {
        false
    }
    /// The site where the machine stands, if its body is a script's.
    fn site(&self, machine: &Machine) -> Option<super::traceback::GlobalSite>;
    /// Shows the collector the references that the body holds for its one machine; none for bodies that several share.
    fn trace(&self, _tracer: &mut Tracer) {}
    /// Drops them.
    fn clear(&self) {}
    /// For planted bodies.
    fn code(&self) -> Option<&Rc<crate::code::Code>> {
        None
    }
}

/// `repr(C)`: the frame comes last.
#[repr(C)]
pub struct Machine {
    pub kind: MachineKind,
    pub state: Cell<State>,
    /// The next instruction of a planted body; our own bodies count their states with it.
    pub pc: Cell<u32>,
    /// How many machines lie between this one and `leaf`. Before it is resumed: the number of the site that made it.
    pub leaf_depth: Cell<u32>,
    /// How many slots the frame has.
    size: u32,
    pub body: Rc<dyn Body>,
    /// What it waits for: another machine, a future, an iterator; `Missing` when nothing. An int is the key of the timer that ends
    /// the sleep of its task (`tasks/sleep.rs`).
    awaiting: Swap<Value>,
    /// The machine that waits for this one; null when none does.
    ///
    /// Invariant: not null only while that machine is alive and its `awaiting` is this machine.
    parent: Cell<*const Machine>,
    /// For the outermost machine of a chain: the innermost one, where the chain stopped last. Resuming it directly costs the
    /// same at any depth.
    pub leaf: Swap<Option<Ref<Machine>>>,
    /// The exception being handled inside the body, across suspensions.
    pub handling: Swap<Option<Ref<Exception>>>,
    /// What was being handled further out when the machine was first awaited.
    pub inherited: Swap<Option<Ref<Exception>>>,
    /// What few machines have.
    pub extra: OnceCell<Box<MachineExtra>>,
    /// The frame, in the same allocation. Invariant: `size` valid values stand here.
    slots: [UnsafeCell<Value>; 0],
}

// What a million suspended coroutines cost: the header of the allocation and the slots come on top.
const _: () = assert!(size_of::<Machine>() == 88);

/// What few machines have.
#[derive(Default)]
pub struct MachineExtra {
    /// `__name__`, when a script set it.
    pub name: Cell<Option<Symbol>>,
    /// `__qualname__`, when a script set it.
    pub qualname: RefCell<Option<Rc<str>>>,
    /// What an event loop keeps of an async generator.
    pub watch: OnceCell<Value>,
}

impl Heap for Machine {
    const KIND: Kind = Kind::Machine;
    fn trace(&self, tracer: &mut Tracer) {
        if self.state.get() == State::Running {
            // Its frame is in use on the native stack.
            tracer.pin();
        }
        // SAFETY: the slots are valid, and nothing assigns one while the collector looks.
        tracer.values(unsafe { std::slice::from_raw_parts(self.slots.as_ptr().cast(), self.size as usize) });
        self.awaiting.look(|value| tracer.value(value));
        if let Some(watch) = self.extra.get().and_then(|extra| extra.watch.get()) {
            tracer.value(watch);
        }
        self.leaf.look(|leaf| leaf.iter().for_each(|leaf| tracer.object(leaf)));
        for exception in [&self.handling, &self.inherited] {
            exception.look(|exception| exception.iter().for_each(|exception| tracer.object(exception)));
        }
        self.body.trace(tracer);
    }
    fn clear(&self) {
        if self.state.get() != State::Running {
            self.finish();
            self.body.clear();
        }
    }
    const WEAK_FIRST: bool = true;
    fn tail(&self) -> usize {
        self.size as usize * size_of::<Value>()
    }
    fn needs_finalizer(&self) -> bool {
        match self.state.get() {
            State::Created => self.kind == MachineKind::Coroutine,
            State::Suspended => self.kind == MachineKind::AsyncGenerator || self.body.needs_close(self),
            State::Running | State::Finished => false,
        }
    }
    fn finalize(this: &Ref<Machine>) {
        super::vm::finalize(&Value::Machine(this.clone()));
    }
}

impl Machine {
    /// One of our own bodies, which has no frame.
    pub fn new(kind: MachineKind, body: Rc<dyn Body>) -> Ref<Machine> {
        Machine::with_size(kind, body, 0)
    }

    /// One that goes on with the slots of a frame on the stack, which are left `Missing`.
    #[inline]
    pub fn with_frame(kind: MachineKind, body: Rc<dyn Body>, frame: Fp, size: u32) -> Ref<Machine> {
        let machine = Machine::with_size(kind, body, size);
        let slots = machine.fp();
        for i in 0..size {
            // The tail has room for so many, and nobody else has seen it.
            slots.init(Slot(i), frame.take(Slot(i)));
        }
        if let Value::Function(function) = slots.peek(Slot(0))
            && function.renamed.get()
        {
            machine.rename(function);
        }
        machine
    }

    /// A generator of a function that `types.coroutine` was given.
    #[cold]
    pub fn may_be_awaited(&self) -> bool {
        self.kind == MachineKind::Generator && self.body.code().is_some_and(|code| code.makes_awaitables.get())
    }

    /// What the function is called now is what the machine is called.
    #[cold]
    fn rename(&self, function: &super::Function) {
        let extra = self.extra();
        extra.name.set(Some(function.name.get()));
        extra.qualname.replace(Some(function.qualname.borrow().clone()));
    }

    /// The slots are still to be filled.
    #[inline]
    fn with_size(kind: MachineKind, body: Rc<dyn Body>, size: u32) -> Ref<Machine> {
        Ref::with_tail(Machine {
            kind,
            state: Cell::new(State::Created),
            pc: Cell::new(0),
            leaf_depth: Cell::new(0),
            size,
            body,
            awaiting: Swap::new(Value::Missing),
            parent: Cell::new(ptr::null()),
            leaf: Swap::new(None),
            handling: Swap::new(None),
            inherited: Swap::new(None),
            extra: OnceCell::new(),
            slots: [],
        })
    }

    /// The frame.
    #[inline(always)]
    pub fn fp(&self) -> Fp {
        Fp::of_slots(UnsafeCell::raw_get(self.slots.as_ptr()))
    }

    pub fn extra(&self) -> &MachineExtra {
        self.extra.get_or_init(Box::default)
    }

    /// `__name__`: the function's, unless a script set another.
    pub fn name(&self) -> Symbol {
        self.extra.get().and_then(|extra| extra.name.get()).unwrap_or_else(|| self.body.name())
    }

    /// `__qualname__`: the function's, unless a script set another.
    pub fn qualname(&self) -> Rc<str> {
        let given = self.extra.get().and_then(|extra| extra.qualname.borrow().clone());
        given.unwrap_or_else(|| self.body.qualname())
    }

    /// What the machine waits for; `Missing` when nothing.
    #[inline(always)]
    pub fn awaiting(&self) -> Value {
        self.awaiting.get()
    }

    /// Neither waits for anything nor is waited for, and handles no exception.
    #[inline(always)]
    pub fn stands_alone(&self) -> bool {
        !self.is_awaiting()
            && self.parent.get().is_null()
            && !self.leaf.is_some()
            && !self.handling.is_some()
            && !self.inherited.is_some()
    }

    #[inline(always)]
    pub fn is_awaiting(&self) -> bool {
        !self.awaiting.is_missing()
    }

    /// The key of the timer that ends its sleep, when it is the innermost of a task that sleeps without a future.
    #[inline]
    pub fn sleep_key(&self) -> Option<i64> {
        match self.awaiting.get() {
            Value::Int(key) => Some(key),
            _ => None,
        }
    }

    /// The machine begins to sleep: see [`Machine::sleep_key`].
    #[inline]
    pub fn set_asleep(&self, key: i64) {
        self.awaiting.set(Value::Int(key));
    }

    /// The machine begins to wait.
    #[inline]
    pub fn set_awaiting(&self, awaited: Value) {
        self.stop_awaiting();
        if let Value::Machine(inner) = &awaited {
            inner.parent.set(self);
        }
        self.awaiting.set(awaited);
    }

    /// The wait is over.
    #[inline]
    pub fn stop_awaiting(&self) {
        let awaited = self.awaiting.replace(Value::Missing);
        if let Value::Machine(inner) = &awaited
            && ptr::eq(inner.parent.get(), self)
        {
            inner.parent.set(ptr::null());
        }
        awaited.discard();
    }

    /// The machine that waits for this one.
    #[inline]
    pub fn parent(&self) -> Option<Ref<Machine>> {
        let parent = self.parent.get();
        // SAFETY: the field's invariant: not null only while that machine is alive; machines live in `Ref`s only.
        (!parent.is_null()).then(|| unsafe { Ref::from_borrowed(&*parent) })
    }

    /// The innermost machine that this one waits for, itself if none.
    pub fn innermost(this: &Ref<Machine>) -> Ref<Machine> {
        let mut machine = this.clone();
        while let Value::Machine(inner) = machine.awaiting.get() {
            machine = inner;
        }
        machine
    }

    /// The machine at which the chain that begins at `root` stopped last: remembered, or found by following what each awaits.
    #[inline]
    pub fn chain_end(root: &Ref<Machine>) -> Ref<Machine> {
        root.leaf.get().unwrap_or_else(|| Machine::innermost(root))
    }

    /// The body has ended: drops the frame's content.
    pub fn finish(&self) {
        self.state.set(State::Finished);
        self.stop_awaiting();
        self.leaf.set(None);
        self.handling.set(None);
        self.inherited.set(None);
        for i in 0..self.size {
            self.fp().take(Slot(i)).discard();
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Keeps the invariant of `parent` for a machine that outlives the one that waited for it.
        self.stop_awaiting();
        for i in 0..self.size as usize {
            // SAFETY: the invariant of `slots`; read once, as nobody looks at the machine again.
            unsafe { self.slots.as_ptr().add(i).cast::<Value>().read() }.discard();
        }
    }
}

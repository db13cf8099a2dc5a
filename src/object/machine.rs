//! What can suspend: coroutines, generators, async generators, whether their bodies are a script's or our own.
//!
//! A machine is plain state: a frame, a position, what it waits for. Its body knows how to go on
//! ([`Body::resume`]); the driver in `interp/drive.rs` walks chains of machines. Nothing of it lives on the native stack.

use std::cell::Cell;
use std::rc::Rc;

use super::stack::FrameBox;
use super::{Exception, Heap, Ref, Swap, Value, Vm};
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
    /// Wait for another awaitable or iterator, already turned into a machine, a future or an iterator: the driver resumes
    /// the machine with the result.
    Await(Value),
    /// The end, with the result.
    Return(Value),
    /// The end, with the exception pending in the `Vm`.
    Raised(super::Raised),
}

/// How a machine goes on. Planted bodies of scripts and our own coroutines implement it.
pub trait Body {
    /// Runs from the present position to the next stop. The driver has set the state to `Running`.
    fn resume(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> Step;
    fn name(&self) -> Symbol;
    fn qualname(&self) -> Rc<str>;
    /// Whether dropping the machine where it stands must run a script's `finally`, `with` or handler first.
    fn needs_close(&self, machine: &Machine) -> bool;
    /// The site where the machine stands, if its body is a script's.
    fn site(&self, machine: &Machine) -> Option<super::traceback::GlobalSite>;
    /// For planted bodies.
    fn code(&self) -> Option<&Rc<crate::code::Code>> {
        None
    }
}

pub struct Machine {
    pub kind: MachineKind,
    pub state: Cell<State>,
    /// The next instruction of a planted body; our own bodies count their states with it.
    pub pc: Cell<u32>,
    /// How many machines wait for this one, for the recursion limit.
    pub depth: Cell<u32>,
    pub body: Rc<dyn Body>,
    pub frame: FrameBox,
    /// What it waits for: another machine, a future, an iterator; `Missing` when nothing.
    pub awaiting: Swap<Value>,
    /// The exception being handled inside the body, across suspensions.
    pub handling: Swap<Option<Ref<Exception>>>,
    /// Given names, when a script changed them, and the async generator's own state.
    pub extra: Swap<Value>,
}

impl Heap for Machine {
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
    pub fn new(kind: MachineKind, body: Rc<dyn Body>, frame: FrameBox) -> Ref<Machine> {
        Ref::new(Machine {
            kind,
            state: Cell::new(State::Created),
            pc: Cell::new(0),
            depth: Cell::new(0),
            body,
            frame,
            awaiting: Swap::new(Value::Missing),
            handling: Swap::new(None),
            extra: Swap::new(Value::Missing),
        })
    }

    /// The body has ended: drops the frame's content.
    pub fn finish(&self) {
        self.state.set(State::Finished);
        self.awaiting.set(Value::Missing);
        self.handling.set(None);
        self.frame.clear();
    }
}

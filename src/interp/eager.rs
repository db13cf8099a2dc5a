//! Awaited calls that run on the stack: `await f(x)` begins in a frame of the value stack like a plain call, and only a body that
//! suspends becomes a coroutine object. Knows nothing of chains beyond that; see `drive`.

use std::rc::Rc;

use crate::code::Slot;
use crate::object::stack::{FrameBox, Runnable};
use crate::object::{Args, Body, Exception, Fp, Function, Machine, MachineKind, Raised, Ref, State, Step, Value, Vm};

/// What running an awaited call in its frame on the stack gave.
pub(super) enum Eager {
    Done(Value),
    Raised(Raised),
    /// The coroutine that the call became, and where it stopped.
    Stopped(Ref<Machine>, Step),
}

impl Vm {
    /// Calls a coroutine function that is awaited at once with these arguments.
    pub(super) fn begin_eagerly(&self, function: &Ref<Function>, args: &[Value], site: u32) -> Eager {
        let frame = match self.push_frame(&function.planted) {
            Ok(frame) => frame,
            Err(raised) => return Eager::Raised(raised),
        };
        if let Err(raised) = self.bind_arguments(function, frame, Args::positional(args)) {
            self.stack.pop(frame, function.planted.frame_size as usize);
            return Eager::Raised(raised);
        }
        frame.init(Slot(0), Value::Function(function.clone()));
        self.site.set(site);
        self.run_eagerly(function, frame)
    }

    /// Runs an awaited call's body right in its frame on the stack. Most such calls end without ever suspending, and then
    /// there never was a coroutine object; one that stops moves its frame to the heap.
    #[inline]
    pub(super) fn run_eagerly(&self, function: &Function, frame: Fp) -> Eager {
        let planted = &function.planted;
        let size = planted.frame_size as usize;
        if planted.has_cells {
            super::call::wrap_cells(planted, frame);
        }
        if planted.run.get().is_none() {
            self.plant(planted);
        }
        let Some(Runnable::Machine(body)) = planted.run.get() else {
            self.stack.pop(frame, size);
            return Eager::Raised(self.runtime_error("a coroutine's body could not be prepared"));
        };
        let depth = self.depth.get() + 1;
        if depth > self.recursion_limit.get() || self.check_native_stack().is_err() {
            self.stack.pop(frame, size);
            return Eager::Raised(self.recursion_error());
        }
        self.depth.set(depth);
        self.note_call(depth, self.site.get());
        let outer = self.handling.get();
        let mut stop = None;
        let value = body.start(frame, self, &mut stop);
        self.depth.set(depth - 1);
        match stop {
            None => {
                self.handling.set(outer);
                self.stack.pop(frame, size);
                Eager::Done(value)
            }
            Some((step, pc)) => self.stop_eagerly(body, frame, size, step, pc, outer),
        }
    }

    /// The body did not come to its end.
    #[inline(never)]
    fn stop_eagerly(
        &self,
        body: &Rc<dyn Body>,
        frame: Fp,
        size: usize,
        step: Step,
        pc: u32,
        outer: Option<Ref<Exception>>,
    ) -> Eager {
        if let Step::Raised(raised) = step {
            self.handling.set(outer);
            self.stack.pop(frame, size);
            return match self.end_result(MachineKind::Coroutine, Err(raised)) {
                Ok(value) => Eager::Done(value),
                Err(raised) => Eager::Raised(raised),
            };
        }
        let machine = Machine::new(MachineKind::Coroutine, body.clone(), FrameBox::move_from(frame, size));
        self.stack.pop(frame, 0);
        machine.pc.set(pc);
        machine.state.set(State::Suspended);
        machine.inherited.set(outer.clone());
        self.keep_handling(&machine, &step, outer);
        Eager::Stopped(machine, step)
    }
}

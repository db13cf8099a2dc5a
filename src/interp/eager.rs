//! Awaited calls that run on the stack: `await f(x)` begins in a frame of the value stack like a plain call, and only a body that
//! suspends becomes a coroutine object. Knows nothing of chains beyond that; see `drive`.

use std::rc::Rc;

use crate::object::stack::Runnable;
use crate::object::{
    Args, Body, Exception, Fp, Function, Machine, MachineKind, R, Raised, Ref, State, Step, Value, Vm,
};

/// The coroutine that an awaited call became, and where it stopped.
pub(super) type Stopped = (Ref<Machine>, Step);

/// What running an awaited call in its frame on the stack gave.
pub(super) enum Eager {
    Done(Value),
    Raised(Raised),
    Stopped(Ref<Machine>, Step),
}

impl Vm {
    /// Calls a coroutine function that is awaited at once with these arguments.
    pub(super) fn begin_eagerly(&self, function: &Ref<Function>, args: &[Value], site: u32) -> Eager {
        let frame = match self.open_frame(function, Args::positional(args)) {
            Ok(frame) => frame,
            Err(raised) => return Eager::Raised(raised),
        };
        self.site.set(site);
        let mut stopped = None;
        match self.run_eagerly(function, frame, &mut stopped) {
            Ok(value) => match stopped {
                None => Eager::Done(value),
                Some((machine, step)) => Eager::Stopped(machine, step),
            },
            Err(raised) => Eager::Raised(raised),
        }
    }

    /// Runs an awaited call's body right in its frame on the stack. Most such calls end without ever suspending, and then
    /// there never was a coroutine object; one that stops moves its frame to the heap and is put into `stopped`, where the result
    /// is nothing.
    #[inline(always)]
    pub(super) fn run_eagerly(&self, function: &Function, frame: Fp, stopped: &mut Option<Stopped>) -> R {
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
            return Err(self.runtime_error("a coroutine's body could not be prepared"));
        };
        let depth = self.depth.get() + 1;
        if depth > self.recursion_limit.get() || self.check_native_stack().is_err() {
            self.stack.pop(frame, size);
            return Err(self.recursion_error());
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
                Ok(value)
            }
            Some(stop) => self.stop_eagerly(body, (frame, size), stop, outer, stopped),
        }
    }

    /// The body did not come to its end.
    #[inline(never)]
    fn stop_eagerly(
        &self,
        body: &Rc<dyn Body>,
        (frame, size): (Fp, usize),
        (step, pc): (Step, u32),
        outer: Option<Ref<Exception>>,
        stopped: &mut Option<Stopped>,
    ) -> R {
        if let Step::Raised(raised) = step {
            self.handling.set(outer);
            self.stack.pop(frame, size);
            return self.end_result(MachineKind::Coroutine, Err(raised));
        }
        let machine = Machine::with_frame(MachineKind::Coroutine, body.clone(), frame, size as u32);
        self.stack.pop(frame, 0);
        machine.pc.set(pc);
        machine.state.set(State::Suspended);
        machine.inherited.set(outer.clone());
        self.keep_handling(&machine, &step, outer);
        *stopped = Some((machine, step));
        Ok(Value::Missing)
    }
}

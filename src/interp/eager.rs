//! What is awaited and runs at once on the native stack. `await f(x)` begins in a frame of the value stack like a plain call, and
//! only a body that suspends becomes a coroutine object; a coroutine object that has not begun runs in place. Knows nothing of
//! chains beyond that; see `drive`.

use std::rc::Rc;

use super::drive::Walk;
use crate::object::stack::Runnable;
use crate::object::{Args, Body, Exception, Fp, Function, Machine, MachineKind, R, Ref, Sent, State, Step, Value, Vm};

impl Vm {
    /// Calls a coroutine function that is awaited at once with these arguments. When it suspends, the result is nothing and `stop`
    /// says for what.
    pub(super) fn begin_eagerly(
        &self,
        function: &Ref<Function>,
        args: &[Value],
        site: u32,
        stop: &mut Option<Step>,
    ) -> R {
        let frame = self.open_frame(function, Args::positional(args))?;
        self.site.set(site);
        self.run_eagerly(function, frame, stop)
    }

    /// Runs an awaited call's body right in its frame on the stack. Most such calls end without ever suspending, and then
    /// there never was a coroutine object; one that stops moves its frame to the heap: the result is nothing, and the coroutine and
    /// what it stopped for stand in `stop`.
    #[inline(always)]
    pub(super) fn run_eagerly(&self, function: &Function, frame: Fp, stop: &mut Option<Step>) -> R {
        let planted = &function.planted;
        let size = planted.frame_size as usize;
        let Some(Runnable::Machine(body)) = planted.run.get() else {
            return self.plant_and_run(function, frame, stop);
        };
        if planted.has_cells {
            super::call::wrap_cells(planted, frame);
        }
        let depth = self.depth.get() + 1;
        if depth > self.recursion_limit.get() || self.check_native_stack().is_err() {
            self.stack.pop(frame, size);
            return Err(self.recursion_error());
        }
        self.depth.set(depth);
        self.note_call(depth, self.site.get());
        let outer = self.handling.get();
        let mut stopped = None;
        let value = body.start(frame, self, &mut stopped);
        self.depth.set(depth - 1);
        if value.is_missing() {
            return self.stop_eagerly(body, (frame, size), stopped, outer, stop);
        }
        // Nothing stands there: a body that stops gives no value.
        std::mem::forget(stopped);
        if outer.is_some() || self.handling.is_some() {
            self.handling.set(outer);
        }
        self.stack.pop(frame, size);
        Ok(value)
    }

    /// [`Vm::run_eagerly`] the first time.
    #[cold]
    fn plant_and_run(&self, function: &Function, frame: Fp, stop: &mut Option<Step>) -> R {
        self.plant(&function.planted);
        if let Some(Runnable::Machine(_)) = function.planted.run.get() {
            return self.run_eagerly(function, frame, stop);
        }
        self.stack.pop(frame, function.planted.frame_size as usize);
        Err(self.runtime_error("a coroutine's body could not be prepared"))
    }

    /// Runs a coroutine, or the generator of an `__await__`, that has not begun, where it is awaited: the result, or nothing when it
    /// stopped for what `stop` says.
    pub(super) fn begin_in_place(&self, machine: &Ref<Machine>, site: u32, stop: &mut Option<Step>) -> R {
        let result = match self.step_in_place(machine, site)? {
            Step::Return(value) => Ok(value),
            Step::Raised(raised) => Err(raised),
            step => {
                machine.state.set(State::Suspended);
                *stop = Some(Step::Entered(machine.clone(), Box::new(step)));
                return Ok(Value::Missing);
            }
        };
        let result = self.end_result(machine.kind, result);
        machine.finish();
        result
    }

    /// Runs a machine that waits for nothing to its next stop, like a call from `site`.
    pub(super) fn step_in_place(&self, machine: &Ref<Machine>, site: u32) -> R<Step> {
        self.check_native_stack()?;
        if self.handling.is_some() || machine.inherited.is_some() {
            machine.inherited.set(self.handling.get());
        }
        let outer = self.depth.get();
        self.entry_site.set(site);
        let step = self.step(machine, Sent::Value(Value::None), &Walk::start(outer + 1));
        self.depth.set(outer);
        Ok(step)
    }

    /// The body did not come to its end.
    #[inline(never)]
    fn stop_eagerly(
        &self,
        body: &Rc<dyn Body>,
        (frame, size): (Fp, usize),
        stopped: Option<(Step, u32)>,
        outer: Option<Ref<Exception>>,
        stop: &mut Option<Step>,
    ) -> R {
        let (step, pc) = match stopped {
            Some((Step::Raised(raised), _)) => {
                self.handling.set(outer);
                self.stack.pop(frame, size);
                return self.end_result(MachineKind::Coroutine, Err(raised));
            }
            Some(stopped) => stopped,
            None => (Step::Pause, 0),
        };
        let machine = Machine::with_frame(MachineKind::Coroutine, body.clone(), frame, size as u32);
        self.stack.pop(frame, 0);
        machine.pc.set(pc);
        machine.state.set(State::Suspended);
        machine.inherited.set(outer.clone());
        self.keep_handling(&machine, &step, outer);
        *stop = Some(Step::Entered(machine, Box::new(step)));
        Ok(Value::Missing)
    }
}

//! Drives what can suspend. A chain of awaiting machines is resumed at its innermost one; returns and exceptions walk
//! outwards, machine by machine, without native recursion.
//!
//! Knows what `await` may wait for and how a result travels; when to resume is the loop's business (`tasks/`).

use std::rc::Rc;

use crate::intern::Symbol;
use crate::object::async_send::{AsyncSend, AsyncSendKind};
use crate::object::vm::NO_SITE;
use crate::object::{Body, Exception, Machine, MachineKind, Native, R, Raised, Ref, Sent, State, Step, T, Value, Vm};

/// What resuming a machine from outside gave.
pub enum Outcome {
    /// Suspended: a generator's item, or what a coroutine waits for.
    Yielded(Value),
    Returned(Value),
    Raised(Raised),
    /// Suspended: the innermost machine sleeps until this time of the loop's clock, in nanoseconds.
    Asleep(i64),
}

/// Where a drive stands.
pub(super) struct Walk {
    /// Calls under way, the present machine's included.
    pub(super) depth: u32,
    /// The drive began with an exception: it passes outwards machine by machine, each with what that one handles as its
    /// context, and none sees what is handled further out (`_gen_throw` in CPython's `genobject.c`).
    pub(super) thrown: bool,
    /// The outermost depth that ran in this drive. A machine deeper than this was started in it.
    pub(super) lowest: u32,
}

impl Walk {
    /// A drive that begins at this depth with a value.
    pub(super) fn start(depth: u32) -> Walk {
        Walk { depth, thrown: false, lowest: depth }
    }

    /// The drive began with an exception, and nothing that it reached so far handles one further out than this machine.
    fn is_cut_off(&self, machine: &Machine) -> bool {
        if !self.thrown {
            return false;
        }
        let mut outer = machine.parent();
        for _ in self.lowest..self.depth {
            match outer {
                Some(machine) if machine.handling.is_some() => return false,
                Some(machine) => outer = machine.parent(),
                None => return true,
            }
        }
        true
    }
}

/// How a machine that stopped goes on within the drive.
enum Next {
    Resume(Ref<Machine>, Sent),
    Out(Outcome),
}

impl Vm {
    /// Resumes a machine from outside with a value or an exception, at the innermost machine that it awaits.
    pub fn resume(&self, root: &Ref<Machine>, sent: Sent) -> Outcome {
        if root.state.get() == State::Suspended
            && self.awaken.get().is_some()
            && let Err(raised) = self.awaken_innermost(root)
        {
            return Outcome::Raised(raised);
        }
        let outcome = self.resume_in_loop(root, sent);
        self.with_future(root, outcome)
    }

    /// [`Vm::resume`] by the loop that the machine's task belongs to, which sees to sleeps itself.
    pub fn resume_in_loop(&self, root: &Ref<Machine>, sent: Sent) -> Outcome {
        match root.state.get() {
            State::Running => {
                drop(sent);
                let what = kind_word(root.kind);
                return Outcome::Raised(self.value_error(format!("{what} already executing")));
            }
            State::Finished => return self.resume_finished(root, sent),
            State::Created => {
                if let Sent::Value(value) = &sent
                    && !value.is_none_or_missing()
                {
                    let what = kind_word(root.kind);
                    return Outcome::Raised(
                        self.type_error(format!("can't send non-None value to a just-started {what}")),
                    );
                }
            }
            State::Suspended => {
                // The machines between this one and the running innermost one are marked suspended. Where the chain stopped
                // last is known when it was this machine's own chain; otherwise the way down tells.
                let innermost = root.leaf.get().or_else(|| root.is_awaiting().then(|| Machine::innermost(root)));
                if innermost.is_some_and(|innermost| innermost.state.get() == State::Running) {
                    drop(sent);
                    return Outcome::Raised(self.value_error(format!("{} already executing", kind_word(root.kind))));
                }
                // Part of another chain: that one must find its innermost machine anew.
                let mut outer = root.parent();
                while let Some(machine) = outer {
                    machine.leaf.set(None);
                    outer = machine.parent();
                }
            }
        }
        if let Err(raised) = self.check_native_stack() {
            return Outcome::Raised(raised);
        }
        let depth = self.depth.get();
        let handling = self.handling.get();
        let outcome = self.drive(root, depth, sent);
        self.depth.set(depth);
        self.handling.set(handling);
        outcome
    }

    #[cold]
    fn resume_finished(&self, root: &Ref<Machine>, sent: Sent) -> Outcome {
        if root.kind == MachineKind::Coroutine {
            drop(sent);
            return Outcome::Raised(self.runtime_error("cannot reuse already awaited coroutine"));
        }
        match sent {
            Sent::Value(_) => Outcome::Returned(Value::None),
            Sent::Throw(exception) => Outcome::Raised(self.raise(exception)),
        }
    }

    fn drive(&self, root: &Ref<Machine>, base_depth: u32, sent: Sent) -> Outcome {
        let thrown = matches!(sent, Sent::Throw(_));
        let (machine, sent, depth) = match root.leaf.take() {
            Some(leaf) if leaf.state.get() == State::Suspended => (leaf, sent, base_depth + root.leaf_depth.get()),
            _ => self.innermost(root, base_depth + 1, sent),
        };
        let walk = Walk { depth, thrown, lowest: depth };
        if let Sent::Throw(exception) = &sent {
            Vm::chain_thrown(&machine, exception);
        }
        let step = self.step_on(&machine, sent, &walk);
        self.follow(root, base_depth, machine, step, walk)
    }

    /// Runs the innermost machine to its next stop.
    #[inline(always)]
    fn step_on(&self, machine: &Ref<Machine>, sent: Sent, walk: &Walk) -> Step {
        // What it waits for, when that is not a machine: a future or a script's iterator.
        if machine.is_awaiting() { self.step_awaiting(machine, sent, walk) } else { self.step(machine, sent, walk) }
    }

    /// Goes on from the stop of a machine of the chain, until the chain as a whole stops.
    pub(super) fn follow(
        &self,
        root: &Ref<Machine>,
        base_depth: u32,
        mut machine: Ref<Machine>,
        mut step: Step,
        mut walk: Walk,
    ) -> Outcome {
        loop {
            let next = loop {
                break match step {
                    // A call that began on the stack and stopped: what it stopped for decides.
                    Step::Entered(inner, stopped) => {
                        machine.state.set(State::Suspended);
                        if !inner.inherited.is_some() {
                            Vm::hand_down(&machine, &inner);
                        }
                        machine.set_awaiting(Value::Machine(inner.clone()));
                        walk.depth += 1;
                        machine = inner;
                        step = *stopped;
                        continue;
                    }
                    Step::Await(awaited) => self.begin_await(root, machine, awaited, &mut walk),
                    Step::Delegate(inner, sent) => {
                        machine.state.set(State::Suspended);
                        Vm::hand_down(&machine, &inner);
                        machine.set_awaiting(Value::Machine(inner.clone()));
                        let (inner, sent, reached) = self.innermost(&inner, walk.depth + 1, sent);
                        walk.depth = reached;
                        Next::Resume(inner, sent)
                    }
                    Step::Yield(value) if machine.kind == MachineKind::AsyncGenerator => {
                        self.leave_item(root, machine, value, &mut walk)
                    }
                    Step::Yield(value) => self.leave_yield(root, machine, value),
                    Step::Pause => self.leave_yield(root, machine, Value::None),
                    Step::Sleep(until) => {
                        drop(self.leave_yield(root, machine, Value::None));
                        Next::Out(Outcome::Asleep(until))
                    }
                    Step::Return(value) => self.leave(root, machine, Ok(value), &mut walk),
                    Step::Raised(raised) => self.leave(root, machine, Err(raised), &mut walk),
                };
            };
            match next {
                Next::Resume(next, sent) => {
                    machine = next;
                    step = self.step_on(&machine, sent, &walk);
                }
                Next::Out(outcome) => {
                    root.leaf_depth.set(walk.depth - base_depth);
                    return outcome;
                }
            }
        }
    }

    /// Follows what machines await down to the innermost machine. One that another driver finished meanwhile counts as returned.
    fn innermost(&self, root: &Ref<Machine>, mut depth: u32, sent: Sent) -> (Ref<Machine>, Sent, u32) {
        let mut machine = root.clone();
        loop {
            let Value::Machine(inner) = machine.awaiting() else { return (machine, sent, depth) };
            match inner.state.get() {
                State::Suspended | State::Created => {
                    // A machine that another one drove meanwhile may have lost its parent.
                    machine.set_awaiting(Value::Machine(inner.clone()));
                    machine = inner;
                    depth += 1;
                }
                State::Finished => {
                    machine.stop_awaiting();
                    let sent = match sent {
                        Sent::Value(_) if inner.kind == MachineKind::Coroutine => {
                            let error = self.runtime_error("cannot reuse already awaited coroutine");
                            Sent::Throw(self.take_raised(error))
                        }
                        Sent::Value(_) => Sent::Value(Value::None),
                        throw => throw,
                    };
                    return (machine, sent, depth);
                }
                State::Running => {
                    machine.stop_awaiting();
                    let error = self.value_error(format!("{} already executing", kind_word(inner.kind)));
                    return (machine, Sent::Throw(self.take_raised(error)), depth);
                }
            }
        }
    }

    /// Runs one machine to its next stop.
    #[inline]
    pub(super) fn step(&self, machine: &Ref<Machine>, sent: Sent, walk: &Walk) -> Step {
        if walk.depth > self.recursion_limit.get() {
            drop(sent);
            return Step::Raised(self.recursion_error());
        }
        self.depth.set(walk.depth);
        self.note_call(walk.depth, self.entry_site.replace(NO_SITE));
        machine.state.set(State::Running);
        if !self.handling.is_some() && !machine.handling.is_some() && !machine.inherited.is_some() {
            let step = machine.body.resume(machine, sent, self);
            if self.handling.is_some() {
                self.keep_handling(machine, &step, None);
            }
            return step;
        }
        let outer = self.handling.get();
        let outside = if machine.inherited.is_some() && !walk.is_cut_off(machine) {
            machine.inherited.get()
        } else {
            outer.clone()
        };
        let step = match machine.handling.take() {
            Some(own) => {
                self.handling.set(Some(own));
                self.resume_in_handler(machine, sent, outside)
            }
            None => {
                self.handling.set(outside);
                machine.body.resume(machine, sent, self)
            }
        };
        self.keep_handling(machine, &step, outer);
        step
    }

    /// Resumes a body that stopped within a handler of its own: what is seen when that one ends is what is handled
    /// further out now, not what was when it began.
    fn resume_in_handler(&self, machine: &Ref<Machine>, sent: Sent, outside: Option<Ref<Exception>>) -> Step {
        let frame = self.resumed_frame.replace(Some(machine.fp()));
        let handled = self.handled_outside.replace(outside);
        let step = machine.body.resume(machine, sent, self);
        self.resumed_frame.set(frame);
        self.handled_outside.set(handled);
        step
    }

    /// A machine stopped: what it was handling stays with it, the outer one is handled again.
    pub(super) fn keep_handling(&self, machine: &Machine, step: &Step, outer: Option<Ref<Exception>>) {
        let own = self.handling.replace(outer.clone());
        if let Some(own) = own
            && !matches!(step, Step::Return(_) | Step::Raised(_))
        {
            let is_own = |other: Option<Ref<Exception>>| !other.is_some_and(|other| Ref::same(&own, &other));
            // The same one may be handled further out too.
            if (is_own(outer) && is_own(machine.inherited.get())) || machine.body.is_handling(machine) {
                machine.handling.set(Some(own));
            }
        }
    }

    /// An exception that comes in from outside: what the machine itself is handling becomes its context, and nothing that
    /// is handled further out (CPython: `_PyErr_ChainStackItem`).
    #[cold]
    fn chain_thrown(machine: &Machine, exception: &Ref<Exception>) {
        if let Some(handling) = machine.handling.get() {
            Vm::chain(exception, handling);
        }
    }

    /// Resumes a machine that waits for a future or for an iterator of a script.
    fn step_awaiting(&self, machine: &Ref<Machine>, sent: Sent, walk: &Walk) -> Step {
        let awaited = machine.awaiting();
        if let Value::Int(_) = awaited {
            // A sleep has ended, or its task is cancelled.
            machine.stop_awaiting();
            return self.step(machine, sent, walk);
        }
        if let Some(future) = awaited.as_future() {
            if matches!(sent, Sent::Value(_)) && !future.is_done() && !future.blocking.replace(true) {
                // Resumed by hand: it waits on.
                return Step::Yield(awaited);
            }
            machine.stop_awaiting();
            let sent = match sent {
                Sent::Value(_) => self.future_sent(&awaited),
                throw => throw,
            };
            return self.step(machine, sent, walk);
        }
        match self.send_to_iterator(&awaited, sent) {
            Ok(Outcome::Yielded(value)) => Step::Yield(value),
            Ok(Outcome::Asleep(until)) => Step::Sleep(until),
            Ok(Outcome::Returned(value)) => {
                machine.stop_awaiting();
                self.step(machine, Sent::Value(value), walk)
            }
            Ok(Outcome::Raised(raised)) | Err(raised) => {
                machine.stop_awaiting();
                let exception = self.take_raised(raised);
                self.step(machine, Sent::Throw(exception), walk)
            }
        }
    }

    /// A future's result as what its waiter is resumed with.
    fn future_sent(&self, future: &Value) -> Sent {
        if !future.as_future().is_some_and(|f| f.is_done()) {
            let raised = self.runtime_error("await wasn't used with future");
            return Sent::Throw(self.take_raised(raised));
        }
        match self.future_result(future) {
            Ok(value) => Sent::Value(value),
            Err(raised) => Sent::Throw(self.take_raised(raised)),
        }
    }

    /// A machine begins to wait: the awaited machine starts at once, a future that is done answers at once.
    fn begin_await(&self, root: &Ref<Machine>, machine: Ref<Machine>, awaited: Value, walk: &mut Walk) -> Next {
        machine.state.set(State::Suspended);
        match awaited {
            Value::Machine(inner) => match (inner.state.get(), inner.kind) {
                (State::Created, _) => {
                    // What is being handled out here is what the inner body's own errors come on top of.
                    if let Some(handling) = machine.handling.get().or_else(|| machine.inherited.get()) {
                        inner.inherited.set(Some(handling));
                    }
                    machine.set_awaiting(Value::Machine(inner.clone()));
                    walk.depth += 1;
                    Next::Resume(inner, Sent::Value(Value::None))
                }
                // One that is under way, here or in a drive around this one, is marked suspended while what it awaits runs.
                (State::Suspended, MachineKind::Generator) if self.runs_now(&inner, &machine) => {
                    let error = self.value_error("generator already executing");
                    Next::Resume(machine, Sent::Throw(self.take_raised(error)))
                }
                (State::Suspended, MachineKind::Generator) => {
                    Vm::hand_down(&machine, &inner);
                    machine.set_awaiting(Value::Machine(inner.clone()));
                    let (inner, sent, reached) = self.innermost(&inner, walk.depth + 1, Sent::Value(Value::None));
                    walk.depth = reached;
                    Next::Resume(inner, sent)
                }
                (State::Finished, MachineKind::Generator) => Next::Resume(machine, Sent::Value(Value::None)),
                (state, kind) => {
                    let error = match (state, kind) {
                        (State::Finished, _) => self.runtime_error("cannot reuse already awaited coroutine"),
                        (_, MachineKind::Coroutine) => self.runtime_error("coroutine is being awaited already"),
                        _ => self.value_error(format!("{} already executing", kind_word(kind))),
                    };
                    Next::Resume(machine, Sent::Throw(self.take_raised(error)))
                }
            },
            awaited => {
                if let Some(future) = awaited.as_future() {
                    if future.is_done() {
                        let sent = self.future_sent(&awaited);
                        if let Sent::Throw(exception) = &sent {
                            self.chain_awaited(&machine, exception, walk);
                        }
                        return Next::Resume(machine, sent);
                    }
                    future.blocking.set(true);
                    machine.set_awaiting(awaited.clone());
                    return self.leave_yield(root, machine, awaited);
                }
                machine.set_awaiting(awaited);
                Next::Resume(machine, Sent::Value(Value::None))
            }
        }
    }

    /// A generator that goes on for `machine` runs inside of what is being handled there, this time.
    #[inline]
    fn hand_down(machine: &Machine, inner: &Machine) {
        if machine.handling.is_some() || machine.inherited.is_some() || inner.inherited.is_some() {
            inner.inherited.set(machine.handling.get().or_else(|| machine.inherited.get()));
        }
    }

    /// Whether what a machine awaits, down to the innermost, is `present` or runs further out.
    fn runs_now(&self, machine: &Ref<Machine>, present: &Ref<Machine>) -> bool {
        let innermost = Machine::innermost(machine);
        Ref::same(&innermost, present) || innermost.state.get() == State::Running
    }

    /// The failure of a future that was done already: raised in the machine as by a call.
    #[cold]
    fn chain_awaited(&self, machine: &Machine, exception: &Ref<Exception>, walk: &Walk) {
        let outside = || if walk.is_cut_off(machine) { self.handling.get() } else { machine.inherited.get() };
        if let Some(handling) = machine.handling.get().or_else(outside) {
            Vm::chain(exception, handling);
        }
    }

    /// A machine yielded: the chain is suspended.
    fn leave_yield(&self, root: &Ref<Machine>, machine: Ref<Machine>, value: Value) -> Next {
        machine.state.set(State::Suspended);
        if !Ref::same(root, &machine) {
            root.leaf.set(Some(machine));
        }
        Next::Out(Outcome::Yielded(value))
    }

    /// An async generator yielded: its item ends the wait of whoever awaits it. What an iterator that the generator awaits
    /// yielded is no item.
    fn leave_item(&self, root: &Ref<Machine>, machine: Ref<Machine>, value: Value, walk: &mut Walk) -> Next {
        let parent = if Ref::same(root, &machine) || machine.is_awaiting() { None } else { machine.parent() };
        let Some(parent) = parent else { return self.leave_yield(root, machine, value) };
        machine.state.set(State::Suspended);
        parent.stop_awaiting();
        walk.depth -= 1;
        walk.lowest = walk.lowest.min(walk.depth);
        Next::Resume(parent, Sent::Value(value))
    }

    /// A machine ended: its result or exception goes to the one that awaits it, or out.
    fn leave(&self, root: &Ref<Machine>, machine: Ref<Machine>, result: R, walk: &mut Walk) -> Next {
        let result = self.end_result(machine.kind, result);
        machine.finish();
        if Ref::same(root, &machine) {
            return Next::Out(match result {
                Ok(value) => Outcome::Returned(value),
                Err(raised) => Outcome::Raised(raised),
            });
        }
        let Some(parent) = machine.parent() else {
            // Another drive has taken the chain apart; what is left of it ends here.
            return Next::Out(match result {
                Ok(value) => Outcome::Returned(value),
                Err(raised) => Outcome::Raised(raised),
            });
        };
        parent.stop_awaiting();
        walk.depth -= 1;
        let first_entry = walk.depth < walk.lowest;
        walk.lowest = walk.lowest.min(walk.depth);
        match result {
            Ok(value) => Next::Resume(parent, Sent::Value(value)),
            Err(raised) => {
                let exception = self.take_raised(raised);
                if walk.thrown && first_entry {
                    Vm::chain_thrown(&parent, &exception);
                }
                Next::Resume(parent, Sent::Throw(exception))
            }
        }
    }

    /// PEP 479: a StopIteration that leaves a generator or coroutine is a RuntimeError; the end of an async generator is a
    /// StopAsyncIteration for whoever awaits its next item.
    pub(super) fn end_result(&self, kind: MachineKind, result: R) -> R {
        match result {
            Ok(value) if kind == MachineKind::AsyncGenerator => {
                drop(value);
                Err(self.throw(self.new_exception(T::StopAsyncIteration, Vec::new())))
            }
            Ok(value) => Ok(value),
            Err(raised) => {
                let exception = self.peek_raised(&raised);
                let class = exception.class();
                let what = kind_word(kind);
                if class.is_subclass(self.class(T::StopIteration)) {
                    return Err(self.converted(raised, &format!("{what} raised StopIteration")));
                }
                if kind == MachineKind::AsyncGenerator && class.is_subclass(self.class(T::StopAsyncIteration)) {
                    return Err(self.converted(raised, &format!("{what} raised StopAsyncIteration")));
                }
                Err(raised)
            }
        }
    }

    #[cold]
    fn converted(&self, raised: Raised, message: &str) -> Raised {
        let cause = self.take_raised(raised);
        let error = self.new_exception(T::RuntimeError, vec![Value::str(message)]);
        error.cause.set(Some(cause.clone()));
        error.suppress_context.set(true);
        error.context.set(Some(cause));
        self.raise(error)
    }

    /// A coroutine whose body is ours.
    pub fn native_coroutine(&self, body: impl Body + 'static) -> Value {
        Value::Machine(Machine::new(MachineKind::Coroutine, Rc::new(body)))
    }

    /// `generator.send(value)`, also for coroutines: StopIteration carries the result.
    pub fn generator_send(&self, machine: &Ref<Machine>, value: Value) -> R {
        self.outcome_of(self.resume(machine, Sent::Value(value)))
    }

    /// `generator.throw(exception)`
    pub fn generator_throw(&self, machine: &Ref<Machine>, exception: Ref<Exception>) -> R {
        if machine.state.get() == State::Created && !machine.body.takes_early_throw() {
            machine.finish();
            return Err(self.raise(exception));
        }
        let exception = match self.matches(&exception, T::GeneratorExit) {
            true => self.close_awaited(machine).unwrap_or(exception),
            false => exception,
        };
        self.outcome_of(self.resume(machine, Sent::Throw(exception)))
    }

    /// Closes what a machine awaits before a GeneratorExit is raised in itself (PEP 380). Gives what that raised, which takes
    /// the place of the GeneratorExit.
    pub(super) fn close_awaited(&self, machine: &Ref<Machine>) -> Option<Ref<Exception>> {
        let Value::Machine(inner) = machine.awaiting() else { return None };
        if machine.state.get() != State::Suspended || inner.state.get() != State::Suspended {
            return None;
        }
        let closed = self.check_native_stack().and_then(|()| self.generator_close(&inner));
        machine.stop_awaiting();
        closed.err().map(|raised| self.take_raised(raised))
    }

    pub(super) fn outcome_of(&self, outcome: Outcome) -> R {
        match outcome {
            Outcome::Yielded(value) => Ok(value),
            Outcome::Returned(value) => Err(self.stop_iteration(value)),
            Outcome::Raised(raised) => Err(raised),
            // `resume` makes a future of it.
            Outcome::Asleep(_) => Ok(Value::None),
        }
    }

    /// `generator.close()`: gives what the body returned.
    pub fn generator_close(&self, machine: &Ref<Machine>) -> R {
        match machine.state.get() {
            State::Created => {
                machine.finish();
                return Ok(Value::None);
            }
            State::Finished => return Ok(Value::None),
            State::Running => {
                let what = kind_word(machine.kind);
                return Err(self.value_error(format!("{what} already executing")));
            }
            State::Suspended => {}
        }
        let exit = self.close_awaited(machine).unwrap_or_else(|| {
            // Raised anew where `close` is called, not passed on as by `throw`.
            let exit = self.new_exception(T::GeneratorExit, Vec::new());
            if let Some(handling) = self.handling.get() {
                Vm::chain(&exit, handling);
            }
            exit
        });
        match self.resume(machine, Sent::Throw(exit)) {
            Outcome::Yielded(_) | Outcome::Asleep(_) => {
                let what = kind_word(machine.kind);
                Err(self.runtime_error(format!("{what} ignored GeneratorExit")))
            }
            Outcome::Returned(value) => Ok(value),
            Outcome::Raised(raised) => {
                let exception = self.peek_raised(&raised);
                if self.matches(&exception, T::GeneratorExit) || self.matches(&exception, T::StopIteration) {
                    drop(self.take_raised(raised));
                    return Ok(Value::None);
                }
                Err(raised)
            }
        }
    }

    /// The awaitable of `agen.asend(value)`; `__anext__` sends None.
    pub fn async_send(&self, machine: &Ref<Machine>, value: Value) -> R {
        Ok(self.async_order(machine, AsyncSendKind::Send(value)))
    }

    /// The awaitable of `agen.athrow(exception)`, `agen.aclose()` and their like.
    pub fn async_order(&self, machine: &Ref<Machine>, kind: AsyncSendKind) -> Value {
        let class = match kind {
            AsyncSendKind::Send(_) => T::AsyncGeneratorASend,
            _ => T::AsyncGeneratorAThrow,
        };
        Value::Native(Native::new(self.class(class), AsyncSend::new(machine.clone(), kind)))
    }

    /// The name of a machine's function, as a script may have set it.
    pub fn machine_name(&self, machine: &Machine) -> Symbol {
        machine.name()
    }
}

/// How messages name a kind of machine.
pub fn kind_word(kind: MachineKind) -> &'static str {
    match kind {
        MachineKind::Generator => "generator",
        MachineKind::Coroutine => "coroutine",
        MachineKind::AsyncGenerator => "async generator",
    }
}

//! `asyncio.timeout`: cancels the task when time is up, and turns that cancellation into a TimeoutError at the end of the
//! block (CPython: `Lib/asyncio/timeouts.py`). `wait_for` is one around a single `await`.

use std::cell::Cell;

use super::coroutine::{Routine, coroutine};
use super::event_loop::{EventLoop, deadline};
use super::handle::Handle;
use super::{ensure, foreign, future, origin, seconds, state, task};
use crate::event::TimerKey;
use crate::object::callbacks::{Callback, Hook};
use crate::object::cycles::Tracer;
use crate::object::{Exception, Machine, Native, NativeData, R, Ref, Sent, Step, Swap, T, Value, Vm};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeoutState {
    Created,
    Entered,
    Expiring,
    Expired,
    Exited,
}

impl TimeoutState {
    /// As `repr` and messages say it.
    pub fn word(self) -> &'static str {
        match self {
            TimeoutState::Created => "created",
            TimeoutState::Entered => "active",
            TimeoutState::Expiring => "expiring",
            TimeoutState::Expired => "expired",
            TimeoutState::Exited => "finished",
        }
    }
}

/// The data of a `Timeout`.
pub struct Timeout {
    pub state: Cell<TimeoutState>,
    /// Seconds of the loop's clock, or `None`.
    pub when: Swap<Value>,
    task: Swap<Option<Native>>,
    /// How many cancellations the task had when the block was entered.
    cancelling: Cell<u32>,
    /// Counts the deadlines set: one that was ready when it was taken back must not fire.
    arming: Cell<u32>,
    timer: Cell<Option<TimerKey>>,
    /// The number of the site that entered it.
    entered_at: Cell<u32>,
}

impl NativeData for Timeout {
    fn trace(&self, tracer: &mut Tracer) {
        self.when.look(|when| tracer.value(when));
        self.task.look(|task| task.iter().for_each(|task| tracer.native(task)));
    }
    fn clear(&self) {
        drop(self.task.take());
    }
}

impl Timeout {
    pub fn new(when: Value) -> Timeout {
        Timeout {
            state: Cell::new(TimeoutState::Created),
            when: Swap::new(when),
            task: Swap::new(None),
            cancelling: Cell::new(0),
            arming: Cell::new(0),
            timer: Cell::new(None),
            entered_at: Cell::new(u32::MAX),
        }
    }

    pub fn is_expired(&self) -> bool {
        matches!(self.state.get(), TimeoutState::Expiring | TimeoutState::Expired)
    }

    fn disarm(&self, vm: &Vm) {
        self.arming.set(self.arming.get().wrapping_add(1));
        if let Some(key) = self.timer.take()
            && let Some(running) = state::running_loop(vm)
            && let Some(event_loop) = running.get::<EventLoop>()
        {
            drop(event_loop.cancel_timer(key));
        }
    }
}

/// `asyncio.timeout(delay)`
///
/// # Errors
/// RuntimeError outside a running loop; TypeError for what is no number.
pub fn after(vm: &Vm, delay: &Value) -> R<Value> {
    let running = state::get_running_loop(vm)?;
    let when = if delay.is_none() {
        Value::None
    } else {
        Value::float(seconds::added(vm, EventLoop::of(vm, &running)?.now(), delay)?)
    };
    Ok(at(vm, when))
}

/// `asyncio.timeout_at(when)`
pub fn at(vm: &Vm, when: Value) -> Value {
    Value::Native(Native::new(vm.class(T::Timeout), Timeout::new(when)))
}

/// `timeout.reschedule(when)`
///
/// # Errors
/// RuntimeError unless the block is active.
pub fn reschedule(vm: &Vm, this: &Native, when: &Value) -> R<()> {
    let Some(data) = this.get::<Timeout>() else { return Ok(()) };
    match data.state.get() {
        TimeoutState::Entered => {}
        TimeoutState::Created => return Err(vm.runtime_error("Timeout has not been entered")),
        other => return Err(vm.runtime_error(format!("Cannot change state of {} Timeout", other.word()))),
    }
    data.when.set(when.clone());
    data.disarm(vm);
    if when.is_none() {
        return Ok(());
    }
    let running = state::get_running_loop(vm)?;
    let event_loop = EventLoop::of(vm, &running)?;
    let at = deadline(vm, when)?;
    let handle = Handle::Expire(data.arming.get(), this.clone());
    if at <= event_loop.now() {
        event_loop.push(vm, handle)?;
    } else {
        data.timer.set(event_loop.after(vm, at.since(event_loop.now()), when, handle)?);
    }
    Ok(())
}

/// The deadline has come.
pub fn expire(vm: &Vm, this: &Native, arming: u32) -> R<()> {
    let Some(data) = this.get::<Timeout>() else { return Ok(()) };
    if data.arming.get() != arming || data.state.get() != TimeoutState::Entered {
        return Ok(());
    }
    data.timer.set(None);
    if let Some(task) = data.task.get() {
        let reason = || format!("the timeout{} ran out", origin::entered_at(vm, data.entered_at.get()));
        origin::because(vm, reason, || future::cancel(vm, &task, &Value::None))?;
    }
    data.state.set(TimeoutState::Expiring);
    Ok(())
}

/// The body of `__aenter__`, which never waits.
///
/// # Errors
/// RuntimeError when it was entered before or outside a task.
pub fn enter(vm: &Vm, this: &Native) -> R {
    let Some(data) = this.get::<Timeout>() else { return Ok(Value::None) };
    if data.state.get() != TimeoutState::Created {
        return Err(vm.runtime_error("Timeout has already been entered"));
    }
    let running = state::get_running_loop(vm)?;
    let Some(current) = task::current(vm, &running)? else {
        return Err(vm.runtime_error("Timeout should be used inside a task"));
    };
    data.state.set(TimeoutState::Entered);
    data.entered_at.set(vm.site.get());
    data.cancelling.set(foreign::cancels(vm, &current, "cancelling")?);
    data.task.set(Some(current));
    let when = data.when.get();
    match foreign::method(vm, this, "reschedule") {
        Some(reschedule) => drop(vm.call1(&reschedule, &when)?),
        None => reschedule(vm, this, &when)?,
    }
    Ok(Value::Native(this.clone()))
}

/// The body of `__aexit__`, which never waits.
///
/// # Errors
/// TimeoutError in place of the CancelledError that the timeout caused; AssertionError when it was not entered.
pub fn exit(vm: &Vm, this: &Native, exception: Option<Ref<Exception>>) -> R {
    let Some(data) = this.get::<Timeout>() else { return Ok(Value::None) };
    data.disarm(vm);
    match data.state.get() {
        TimeoutState::Expiring => {
            data.state.set(TimeoutState::Expired);
            let left = match data.task.get() {
                Some(task) => foreign::cancels(vm, &task, "uncancel")?,
                None => 0,
            };
            if let (None, Some(task)) = (&exception, data.task.get()) {
                origin::swallowed_by_block(vm, &task, data.entered_at.get());
            }
            if let (true, Some(exception)) = (left <= data.cancelling.get(), exception) {
                if vm.matches(&exception, T::CancelledError) {
                    let timeout = timeout_from(vm, exception.clone());
                    origin::handed_on(vm, &exception, &timeout);
                    return Err(vm.raise(timeout));
                }
                insert_timeout(vm, &exception);
                if vm.matches(&exception, T::ExceptionGroup) {
                    for member in exception.group.get().iter().flat_map(|members| members.iter()) {
                        if let Value::Exception(member) = member {
                            insert_timeout(vm, member);
                        }
                    }
                }
            }
        }
        TimeoutState::Entered => data.state.set(TimeoutState::Exited),
        _ => return Err(vm.error(T::AssertionError, "")),
    }
    Ok(Value::None)
}

/// `raise TimeoutError from cancelled`, inside the handler of `cancelled`.
fn timeout_from(vm: &Vm, cancelled: Ref<Exception>) -> Ref<Exception> {
    let timeout = vm.new_exception(T::TimeoutError, Vec::new());
    timeout.cause.set(Some(cancelled.clone()));
    timeout.suppress_context.set(true);
    timeout.context.set(Some(cancelled));
    timeout
}

/// Puts a TimeoutError in front of the CancelledError in a chain of contexts.
fn insert_timeout(vm: &Vm, exception: &Ref<Exception>) {
    let mut link = exception.clone();
    while let Some(context) = link.context.get() {
        if vm.matches(&context, T::CancelledError) {
            link.context.set(Some(timeout_from(vm, context)));
            return;
        }
        link = context;
    }
}

/// `__aenter__()` as a coroutine.
pub fn aenter(this: &Native) -> Value {
    coroutine(Enter(this.clone()))
}

/// `__aexit__(type, exception, traceback)` as a coroutine.
pub fn aexit(this: &Native, exception: &Value) -> Value {
    coroutine(Exit(this.clone(), exception.as_exception().cloned()))
}

struct Enter(Native);

impl Routine for Enter {
    const QUALNAME: &'static str = "Timeout.__aenter__";
    fn go_on(&self, _machine: &Ref<Machine>, _sent: Sent, vm: &Vm) -> R<Step> {
        enter(vm, &self.0).map(Step::Return)
    }
}

struct Exit(Native, Option<Ref<Exception>>);

impl Routine for Exit {
    const QUALNAME: &'static str = "Timeout.__aexit__";
    fn go_on(&self, _machine: &Ref<Machine>, _sent: Sent, vm: &Vm) -> R<Step> {
        exit(vm, &self.0, self.1.clone()).map(Step::Return)
    }
}

/// `asyncio.wait_for(awaitable, timeout)`
pub fn wait_for(awaitable: Value, timeout: Value) -> Value {
    coroutine(WaitFor { awaitable: Swap::new(awaitable), timeout, inner: Swap::new(None) })
}

struct WaitFor {
    awaitable: Swap<Value>,
    timeout: Value,
    /// The timeout around the `await`; or, when there is no time at all, the future.
    inner: Swap<Option<Native>>,
}

/// Awaiting inside the timeout.
const INSIDE: u32 = 1;
/// No time was given: waiting for the cancelled future to end.
const CANCELLING: u32 = 2;

impl Routine for WaitFor {
    const QUALNAME: &'static str = "wait_for";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        match machine.pc.get() {
            0 => self.start(machine, vm),
            INSIDE => self.leave(vm, sent),
            _ => self.cancelled(vm, sent),
        }
    }
}

impl WaitFor {
    fn start(&self, machine: &Ref<Machine>, vm: &Vm) -> R<Step> {
        let awaitable = self.awaitable.replace(Value::None);
        if !self.timeout.is_none() && seconds::compared(vm, &self.timeout)? <= 0.0 {
            return self.cancel_at_once(machine, vm, &awaitable);
        }
        let Value::Native(timeout) = after(vm, &self.timeout)? else { return Ok(Step::Return(Value::None)) };
        enter(vm, &timeout)?;
        self.inner.set(Some(timeout));
        machine.pc.set(INSIDE);
        match vm.await_iter(awaitable) {
            Ok(awaited) => Ok(Step::Await(awaited)),
            Err(raised) => {
                let exception = vm.take_raised(raised);
                self.leave(vm, Sent::Throw(exception))
            }
        }
    }

    /// The end of the `async with`.
    fn leave(&self, vm: &Vm, sent: Sent) -> R<Step> {
        let Some(timeout) = self.inner.take() else { return Ok(Step::Return(Value::None)) };
        match sent {
            Sent::Value(value) => {
                exit(vm, &timeout, None)?;
                Ok(Step::Return(value))
            }
            Sent::Throw(exception) => {
                exit(vm, &timeout, Some(exception.clone()))?;
                Err(vm.raise(exception))
            }
        }
    }

    fn cancel_at_once(&self, machine: &Ref<Machine>, vm: &Vm, awaitable: &Value) -> R<Step> {
        let inner = ensure::ensure_future(vm, awaitable, None)?;
        if foreign::is_done(vm, &inner)? {
            return foreign::result(vm, &inner).map(Step::Return);
        }
        let running = state::get_running_loop(vm)?;
        let waiter = future::create(vm, &running);
        future::watch(vm, &inner, Callback::Hook(Hook::Release, waiter.clone()))?;
        self.inner.set(Some(inner.clone()));
        self.awaitable.set(Value::Native(waiter.clone()));
        machine.pc.set(CANCELLING);
        future::cancel(vm, &inner, &Value::None)?;
        Ok(Step::Await(Value::Native(waiter)))
    }

    fn cancelled(&self, vm: &Vm, sent: Sent) -> R<Step> {
        let Some(inner) = self.inner.take() else { return Ok(Step::Return(Value::None)) };
        if let Value::Native(waiter) = self.awaitable.replace(Value::None) {
            future::unwatch(&inner, Hook::Release, &waiter);
        }
        if let Sent::Throw(exception) = sent {
            return Err(vm.raise(exception));
        }
        match foreign::result(vm, &inner) {
            Ok(value) => Ok(Step::Return(value)),
            Err(raised) if vm.matches(&vm.peek_raised(&raised), T::CancelledError) => {
                let cancelled = vm.take_raised(raised);
                Err(vm.raise(timeout_from(vm, cancelled)))
            }
            Err(raised) => Err(raised),
        }
    }
}

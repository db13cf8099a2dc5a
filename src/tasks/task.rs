//! Tasks: what drives a coroutine step by step (CPython: `task_step_impl` in `_asynciomodule.c`).

use super::coroutine::is_coroutine;
use super::event_loop::{EventLoop, is_exit};
use super::handle::Handle;
use super::observer::{self, End, Event};
use super::origin;
use super::state::State;
use super::{alike, debug, foreign, future, sleep};
use crate::event::{Interrupt, Nanos};
use crate::intern::sym;
use crate::interp::drive::Outcome;
use crate::object::callbacks::Callback;
use crate::object::context::{Context, Ctx};
use crate::object::future::{Future, Gathering, Task, of_native};
use crate::object::vm::NO_SITE;
use crate::object::{Exception, Machine, MachineKind, Native, R, Ref, Sent, State as MachineState, T, Value, Vm};

/// A task of the plain class, whose first step is ready (`loop.create_task` without a factory).
///
/// # Errors
/// TypeError for what is no coroutine or no context.
#[inline]
pub fn create(vm: &Vm, event_loop: &Native, coroutine: Value, name: &Value, given: &Value) -> R<Native> {
    let task = blank(vm.class(T::AsyncioTask));
    start(vm, &task, event_loop, coroutine, name, given, false)?;
    Ok(task)
}

/// A task before its `__init__`.
pub fn blank(class: &Ref<crate::object::Class>) -> Native {
    Native::new(class, Task::new(Future::new(None), Value::Missing, Value::None, Ctx::Empty))
}

/// `Task.__init__`: gives the task its coroutine and makes its first step ready, or runs it at once when `eager`.
///
/// # Errors
/// As for [`create`]; KeyboardInterrupt and SystemExit of an eager step.
pub fn start(
    vm: &Vm,
    this: &Native,
    event_loop: &Native,
    coroutine: Value,
    name: &Value,
    given: &Value,
    eager: bool,
) -> R<()> {
    let Some(task) = this.get::<Task>() else { return Ok(()) };
    if !is_coroutine(vm, &coroutine) {
        let shown = vm.repr(&coroutine)?;
        return Err(vm.type_error(format!("a coroutine was expected, got {}", shown.as_str())));
    }
    let data = EventLoop::of(vm, event_loop)?;
    let context = match given {
        Value::None | Value::Missing => data.state.copy_context(),
        given => super::context::given_or_copy(vm, given)?,
    };
    let name = match name {
        Value::None | Value::Missing => Value::Int(data.state.next_task()),
        Value::Str(_) => name.clone(),
        other => Value::Str(vm.str(other)?),
    };
    task.future.set_event_loop(event_loop);
    task.made_at.set(vm.site.get());
    task.coroutine.set(coroutine);
    task.name.set(name);
    drop(task.swap_context(context));
    task.place.set(data.register(this));
    observer::tell(vm, data, this, || Event::Created);
    debug::note(vm, this, data);
    if eager && data.is_running.get() {
        return eager_step(vm, data, this, task);
    }
    data.push(vm, Handle::Step(this.clone()))
}

/// Runs the first step at once, inside whichever task runs now.
fn eager_step(vm: &Vm, event_loop: &EventLoop, this: &Native, task: &Task) -> R<()> {
    let outer = event_loop.current.replace(Some(this.clone()));
    let handled = vm.handling.get();
    let outer_task = vm.current_task.replace(this.address());
    // The creator stands where it was when the step is over: it may make another task in the same call.
    let site = vm.site.get();
    vm.entry_site.set(site);
    let result = run_in_context(vm, event_loop, this, task, None);
    vm.entry_site.set(NO_SITE);
    vm.site.set(site);
    vm.current_task.set(outer_task);
    event_loop.current.set(outer);
    if let (Some(handled), Value::Machine(root)) = (handled, task.coroutine.get()) {
        forget_handled(&root, &handled);
    }
    if task.future.is_done() {
        task.coroutine.set(Value::None);
    }
    result
}

/// What the creator of an eager task handles is no business of the steps after the first.
#[cold]
fn forget_handled(root: &Ref<Machine>, handled: &Ref<Exception>) {
    let mut machine = root.clone();
    loop {
        if machine.inherited.get().is_some_and(|inherited| Ref::same(&inherited, handled)) {
            machine.inherited.set(None);
        }
        let Value::Machine(inner) = machine.awaiting() else { return };
        machine = inner;
    }
}

/// One step: resumes the coroutine, with an exception if there is one, and sees to what it stopped for.
///
/// # Errors
/// KeyboardInterrupt and SystemExit of the coroutine, which is done then.
#[inline]
pub fn step(vm: &Vm, event_loop: &EventLoop, this: &Native, exception: Option<Ref<Exception>>) -> R<()> {
    let Some(task) = this.get::<Task>() else { return Ok(()) };
    if task.future.is_done() {
        return already_done(vm, this, exception);
    }
    let exception = if task.must_cancel() { Some(must_cancel(vm, this, task, exception)) } else { exception };
    if let Some(exception) = &exception {
        origin::delivered(vm, this, exception);
    }
    task.waiter.set(None);
    if event_loop.current.is_some() {
        return cannot_enter(vm, event_loop, this);
    }
    event_loop.current.replace(Some(this.clone()));
    vm.current_task.set(this.address());
    let result = run_in_context(vm, event_loop, this, task, exception);
    vm.current_task.set(0);
    event_loop.current.set(None);
    result
}

#[cold]
fn already_done(vm: &Vm, this: &Native, exception: Option<Ref<Exception>>) -> R<()> {
    let task = vm.repr(&Value::Native(this.clone()))?;
    let exception = vm.repr(&exception.map_or(Value::None, Value::Exception))?;
    let text = format!("__step(): already done: {} {}", task.as_str(), exception.as_str());
    Err(vm.error(T::InvalidStateError, text))
}

#[cold]
fn cannot_enter(vm: &Vm, event_loop: &EventLoop, this: &Native) -> R<()> {
    let task = vm.repr(&Value::Native(this.clone()))?;
    let current = event_loop.current.get().map_or(Value::None, Value::Native);
    let current = vm.repr(&current)?;
    let (task, current) = (task.as_str(), current.as_str());
    Err(vm.runtime_error(format!("Cannot enter into task {task} while another task {current} is being executed.")))
}

/// `asyncio._enter_task(loop, task)`
///
/// # Errors
/// RuntimeError while another task runs.
pub fn enter(vm: &Vm, event_loop: &Native, this: &Native) -> R<()> {
    let data = EventLoop::of(vm, event_loop)?;
    if data.current.is_some() {
        return cannot_enter(vm, data, this);
    }
    data.current.replace(Some(this.clone()));
    Ok(())
}

/// `asyncio._leave_task(loop, task)`
///
/// # Errors
/// RuntimeError when it is not the task that runs.
pub fn leave(vm: &Vm, event_loop: &Native, this: &Native) -> R<()> {
    let data = EventLoop::of(vm, event_loop)?;
    let current = data.current.get();
    if current.as_ref().is_some_and(|current| Native::same(current, this)) {
        data.current.set(None);
        return Ok(());
    }
    let task = vm.repr(&Value::Native(this.clone()))?;
    let current = vm.repr(&current.map_or(Value::None, Value::Native))?;
    let (task, current) = (task.as_str(), current.as_str());
    Err(vm.runtime_error(format!("Leaving task {task} does not match the current task {current}.")))
}

/// The cancellation that was asked for while the task waited for nothing.
#[cold]
fn must_cancel(vm: &Vm, this: &Native, task: &Task, exception: Option<Ref<Exception>>) -> Ref<Exception> {
    task.set_must_cancel(false);
    match exception {
        Some(exception) if vm.matches(&exception, T::CancelledError) => exception,
        _ => vm.cancelled_error(&Value::Native(this.clone())),
    }
}

#[inline]
fn run_in_context(
    vm: &Vm,
    event_loop: &EventLoop,
    this: &Native,
    task: &Task,
    exception: Option<Ref<Exception>>,
) -> R<()> {
    let context = task.swap_context(Ctx::Empty);
    let before = match &context {
        Ctx::Object(native) if native.get::<Context>().is_some_and(|c| c.entered.get()) => {
            // Refused, with the right words; the task keeps its context.
            let native = native.clone();
            drop(task.swap_context(context));
            event_loop.state.enter(vm, Ctx::Object(native))?
        }
        _ => event_loop.state.enter(vm, context)?,
    };
    observer::tell(vm, event_loop, this, || Event::Resumed);
    let outcome = advance(vm, task, exception);
    let result = match outcome {
        Outcome::Yielded(Value::None) => {
            observer::tell(vm, event_loop, this, || Event::Suspended(None));
            event_loop.push(vm, Handle::Step(this.clone()))
        }
        Outcome::Asleep(until) => fall_asleep(vm, event_loop, this, task, until),
        Outcome::Yielded(value) => wait_for(vm, event_loop, this, task, value),
        Outcome::Returned(value) => returned(vm, event_loop, this, task, value),
        Outcome::Raised(raised) => {
            let exception = vm.take_raised(raised);
            raised_in(vm, event_loop, this, task, exception)
        }
    };
    drop(task.swap_context(event_loop.state.leave(before)));
    result
}

/// Resumes the coroutine.
#[inline]
fn advance(vm: &Vm, task: &Task, exception: Option<Ref<Exception>>) -> Outcome {
    match (task.coroutine.get(), exception) {
        (Value::Machine(machine), None) => vm.resume_in_loop(&machine, Sent::Value(Value::None)),
        (Value::Machine(machine), Some(exception)) => throw(vm, &machine, exception),
        (other, exception) => advance_foreign(vm, &other, exception),
    }
}

fn throw(vm: &Vm, machine: &Ref<Machine>, exception: Ref<Exception>) -> Outcome {
    if machine.state.get() == MachineState::Created && !machine.body.takes_early_throw() {
        machine.finish();
        return Outcome::Raised(vm.raise(exception));
    }
    vm.resume_in_loop(machine, Sent::Throw(exception))
}

/// A coroutine that is an object of a script: its `send` and `throw`.
fn advance_foreign(vm: &Vm, coroutine: &Value, exception: Option<Ref<Exception>>) -> Outcome {
    let result = match exception {
        None => vm.call_method(coroutine, sym::send, &[Value::None]),
        Some(exception) => vm.call_method(coroutine, sym::throw, &[Value::Exception(exception)]),
    };
    match result {
        Ok(value) => Outcome::Yielded(value),
        Err(raised) if vm.matches(&vm.peek_raised(&raised), T::StopIteration) => {
            let stop = vm.take_raised(raised);
            Outcome::Returned(stop.args.get().first().cloned().unwrap_or(Value::None))
        }
        Err(raised) => Outcome::Raised(raised),
    }
}

/// The coroutine waits for `value`: a future wakes the task when it is done, anything else is an error.
fn wait_for(vm: &Vm, event_loop: &EventLoop, this: &Native, task: &Task, value: Value) -> R<()> {
    let Value::Native(native) = &value else { return wait_for_alike(vm, event_loop, this, task, &value) };
    let Some(waited) = of_native(native) else { return bad_yield(vm, event_loop, this, &value) };
    if Native::same(native, this) {
        let task = vm.repr(&value)?;
        return throw_soon(vm, event_loop, this, format!("Task cannot await on itself: {}", task.as_str()));
    }
    let same_loop = match (waited.event_loop(), task.future.event_loop()) {
        (Some(a), Some(b)) => Native::same(a, b),
        _ => false,
    };
    if !same_loop || !waited.blocking.get() {
        if waited.event_loop().is_none() {
            return throw_soon(vm, event_loop, this, "Future object is not initialized.".to_owned());
        }
        return wrong_future(vm, event_loop, this, &value, same_loop);
    }
    waited.blocking.set(false);
    if event_loop.state.watch.is_on() {
        observer::told(vm, event_loop, this, Event::Suspended(Some(native)));
    }
    future::watch(vm, native, Callback::Wake(this.clone()))?;
    task.waiter.replace(Some(native.clone()));
    if task.must_cancel() && future::cancel(vm, native, &task.future.cancel_message())? {
        task.set_must_cancel(false);
    }
    Ok(())
}

/// The coroutine sleeps: a timer makes the task's next step ready.
#[inline]
fn fall_asleep(vm: &Vm, event_loop: &EventLoop, this: &Native, task: &Task, until: i64) -> R<()> {
    let Value::Machine(root) = task.coroutine.get() else { return Ok(()) };
    let key = event_loop.at(Nanos(until), Handle::Awake(this.clone()));
    Machine::chain_end(&root).set_asleep(key.to_bits());
    if task.must_cancel() {
        sleep::appear(vm, this);
        if let Some(waiter) = task.waiter.get()
            && future::cancel(vm, &waiter, &task.future.cancel_message())?
        {
            task.set_must_cancel(false);
        }
    }
    Ok(())
}

#[cold]
fn wrong_future(vm: &Vm, event_loop: &EventLoop, this: &Native, value: &Value, same_loop: bool) -> R<()> {
    let task = vm.repr(&Value::Native(this.clone()))?;
    let future = vm.repr(value)?;
    let (task, future) = (task.as_str(), future.as_str());
    let text = if same_loop {
        format!("yield was used instead of yield from in task {task} with {future}")
    } else {
        format!("Task {task} got Future {future} attached to a different loop")
    };
    throw_soon(vm, event_loop, this, text)
}

#[cold]
fn wait_for_alike(vm: &Vm, event_loop: &EventLoop, this: &Native, task: &Task, value: &Value) -> R<()> {
    match alike::begin(vm, this, task, value)? {
        alike::Begun::Waits => Ok(()),
        alike::Begun::No => bad_yield(vm, event_loop, this, value),
        alike::Begun::Refused(same_loop) => wrong_future(vm, event_loop, this, value, same_loop),
    }
}

#[cold]
fn bad_yield(vm: &Vm, event_loop: &EventLoop, this: &Native, value: &Value) -> R<()> {
    let shown = vm.repr(value)?;
    let text = match value {
        Value::Machine(machine) if machine.kind == MachineKind::Generator => {
            let task = vm.repr(&Value::Native(this.clone()))?;
            let (task, shown) = (task.as_str(), shown.as_str());
            format!("yield was used instead of yield from for generator in task {task} with {shown}")
        }
        _ => format!("Task got bad yield: {}", shown.as_str()),
    };
    throw_soon(vm, event_loop, this, text)
}

/// The task gets a RuntimeError in the next turn.
fn throw_soon(vm: &Vm, event_loop: &EventLoop, this: &Native, text: String) -> R<()> {
    let exception = vm.new_exception(T::RuntimeError, vec![Value::string(text)]);
    event_loop.push(vm, Handle::Throw(this.clone(), exception))
}

/// The coroutine returned.
#[inline]
fn returned(vm: &Vm, event_loop: &EventLoop, this: &Native, task: &Task, value: Value) -> R<()> {
    observer::tell(vm, event_loop, this, || {
        Event::Done(if task.must_cancel() { End::Cancelled } else { End::Returned })
    });
    origin::ended(vm, this, None);
    let result = if task.must_cancel() {
        // It was cancelled right before it stopped.
        task.set_must_cancel(false);
        let message = task.future.cancel_message();
        future::cancel_plain(vm, this, message, None).map(drop)
    } else {
        future::set_result(vm, this, value)
    };
    drop(event_loop.unregister(task.place.replace(0)));
    result
}

/// The coroutine raised.
fn raised_in(vm: &Vm, event_loop: &EventLoop, this: &Native, task: &Task, exception: Ref<Exception>) -> R<()> {
    observer::tell(vm, event_loop, this, || {
        let is_cancelled = vm.matches(&exception, T::CancelledError);
        Event::Done(if is_cancelled { End::Cancelled } else { End::Failed(exception.clone()) })
    });
    origin::ended(vm, this, Some(&exception));
    let result = if vm.matches(&exception, T::CancelledError) {
        future::cancel_plain(vm, this, Value::Missing, Some(exception)).map(drop)
    } else {
        let exits = is_exit(vm, &exception);
        match future::set_exception(vm, this, &Value::Exception(exception.clone())) {
            Ok(()) if exits => Err(vm.raise(exception)),
            other => other,
        }
    };
    drop(event_loop.unregister(task.place.replace(0)));
    result
}

/// The future that the task waited for is done: the next step.
///
/// # Errors
/// As for [`step`].
#[inline]
pub fn wake(vm: &Vm, event_loop: &EventLoop, this: &Native, waited: &Native) -> R<()> {
    // A result is fetched by the `await` itself.
    let exception = match of_native(waited).and_then(Future::result) {
        Some(_) if waited.class().builtin.is_some() => None,
        None if waited.class().builtin.is_some() => outcome_to_throw(vm, waited),
        _ => foreign::result(vm, waited).map(drop).map_err(|raised| vm.take_raised(raised)).err(),
    };
    if let Some(exception) = &exception {
        origin::passed_on(vm, waited, exception);
    }
    step(vm, event_loop, this, exception)
}

/// What a task that waited is resumed with. A CancelledError is raised anew, so what is handled round the loop becomes its
/// context, and so is what a gathering future failed with, whose `result` is called; another exception is passed on as it
/// is (CPython: `future_get_result`, `task_wakeup_impl`).
#[cold]
fn outcome_to_throw(vm: &Vm, waited: &Native) -> Option<Ref<Exception>> {
    let exception = vm.outcome_to_throw(&Value::Native(waited.clone()))?;
    let is_raised = of_native(waited).is_some_and(Future::is_cancelled) || waited.get::<Gathering>().is_some();
    match vm.handling.get() {
        Some(handling) if is_raised => Vm::chain(&exception, handling),
        _ => {}
    }
    Some(exception)
}

/// `task.cancel(msg)`: asks for a cancellation, of what the task waits for if it waits. False when it is done.
///
/// # Errors
/// RecursionError when tasks wait for each other in a circle; those of a script's class.
pub fn cancel(vm: &Vm, this: &Native, message: &Value) -> R<bool> {
    // A task that awaits a task that awaits a task... is followed here, without recursion.
    let mut current = this.clone();
    let mut followed = 0;
    loop {
        let Some(task) = current.get::<Task>() else { return Ok(false) };
        let unfinished = || task.future.event_loop()?.get::<EventLoop>().map(EventLoop::unfinished_count);
        followed += 1;
        if followed % 64 == 0 && unfinished().is_some_and(|count| followed > count) {
            return Err(vm.error(T::RecursionError, "maximum recursion depth exceeded while calling a Python object"));
        }
        task.future.mark_retrieved();
        if task.future.is_done() {
            return Ok(false);
        }
        origin::asked(vm, &current);
        task.cancels.set(task.cancels.get().saturating_add(1));
        if State::of(vm).watch.is_on() {
            observer::told_of_cancel(vm, &current);
        }
        if let Some(waiter) = waiter(vm, &current) {
            if is_plain_pending_task(&waiter) {
                current = waiter;
                continue;
            }
            if future::cancel(vm, &waiter, message)? {
                return Ok(true);
            }
        }
        task.set_must_cancel(true);
        task.future.set_cancel_message(message.clone());
        return Ok(true);
    }
}

/// Cancels a task that is one of a circle of tasks which wait for each other: it no longer waits, and gets its
/// CancelledError in the next turn.
pub fn cancel_in_circle(vm: &Vm, this: &Native) -> R<()> {
    let Some(task) = this.get::<Task>() else { return Ok(()) };
    if let Some(waited) = task.waiter.take()
        && let Some(waited) = of_native(&waited)
    {
        waited.remove_callbacks(None, &|callback| matches!(callback, Callback::Wake(task) if Native::same(task, this)));
    }
    let exception = vm.cancelled_error(&Value::Native(this.clone()));
    future::with_loop(vm, &task.future, |event_loop| event_loop.push(vm, Handle::Throw(this.clone(), exception)))
}

fn is_plain_pending_task(native: &Native) -> bool {
    native.get::<Task>().is_some_and(|task| !task.future.is_done()) && native.class().builtin.is_some()
}

/// `task._fut_waiter`: what it waits for.
pub fn waiter(vm: &Vm, this: &Native) -> Option<Native> {
    sleep::appear(vm, this);
    this.get::<Task>()?.waiter.get()
}

/// `task.uncancel()`: how many cancellations are left.
pub fn uncancel(task: &Task) -> u32 {
    let left = task.cancels.get().saturating_sub(1);
    if task.cancels.replace(left) > 0 && left == 0 {
        task.set_must_cancel(false);
    }
    left
}

/// `task.get_name()`
pub fn name(task: &Task) -> Value {
    match task.name.get() {
        Value::Int(number) => {
            let text = Value::string(format!("Task-{number}"));
            task.name.set(text.clone());
            text
        }
        name => name,
    }
}

/// `task.get_context()`
pub fn context(vm: &Vm, this: &Native, task: &Task) -> Native {
    let state = State::of(vm);
    let running = task.future.event_loop().and_then(|l| l.get::<EventLoop>()).and_then(|l| l.current.get());
    if running.is_some_and(|current| Native::same(&current, this)) {
        return state.context_object(vm);
    }
    let object = super::context::object_of(vm, task.swap_context(Ctx::Empty));
    drop(task.swap_context(Ctx::Object(object.clone())));
    object
}

/// The task in a value.
///
/// # Errors
/// TypeError for anything else.
pub fn of<'a>(vm: &Vm, value: &'a Value) -> R<(&'a Native, &'a Task)> {
    if let Value::Native(native) = value
        && let Some(task) = native.get::<Task>()
    {
        return Ok((native, task));
    }
    Err(vm.type_error(format!("a task was expected, got '{}'", vm.class_name(value))))
}

/// `asyncio.current_task(loop)`
pub fn current(vm: &Vm, event_loop: &Native) -> R<Option<Native>> {
    Ok(EventLoop::of(vm, event_loop)?.current.get())
}

/// The running task's own loop is interrupted; see [`super::event_loop::interrupted`]. For the interpreter's own look at
/// interrupts, between two turns of a long step.
///
/// # Errors
/// KeyboardInterrupt, unless the first one cancelled the main task of a runner.
pub fn interrupted(vm: &Vm, interrupt: &Interrupt) -> R<()> {
    if !interrupt.is_raised() {
        return Ok(());
    }
    match super::state::running_loop(vm).as_ref().and_then(|native| native.get::<EventLoop>()) {
        Some(event_loop) => super::event_loop::interrupted(vm, event_loop),
        None => {
            if interrupt.take_question() {
                super::report::dump(vm, None);
                if !interrupt.is_raised() {
                    return Ok(());
                }
            }
            interrupt.take();
            Err(vm.error(T::KeyboardInterrupt, ""))
        }
    }
}

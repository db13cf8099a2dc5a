//! What is ready in an event loop, and what each handle does when its turn comes (`Handle._run` in
//! `Lib/asyncio/events.py`). Knows no schedule: when a turn comes is the event loop's business.

use super::event_loop::{EventLoop, create_task, is_exit};
use super::handle::{Handle, Scheduled};
use super::{as_completed, foreign, future, gather, report, repr, shield, sleep, task, task_group, timeout, wait};
use crate::object::callbacks::{Callable, Hook};
use crate::object::context::Ctx;
use crate::object::future::of_native;
use crate::object::{Args, Native, R, Raised, Value, Vm};

/// One handle that is ready.
///
/// # Errors
/// KeyboardInterrupt and SystemExit of what ran, and what the exception handler raises of these.
#[inline]
pub fn run(vm: &Vm, this: &Native, event_loop: &EventLoop, handle: Handle) -> R<()> {
    if event_loop.debug.get() {
        return run_watched(vm, this, event_loop, handle);
    }
    let result = match handle {
        Handle::Step(task) => task::step(vm, event_loop, &task, None),
        Handle::Wake(task, waited) => task::wake(vm, event_loop, &task, &waited),
        Handle::Awake(task) => sleep::ended(vm, event_loop, task),
        other => return run_other(vm, this, event_loop, other),
    };
    match result {
        Ok(()) => Ok(()),
        Err(raised) => failed(vm, this, raised, "TaskStepMethWrapper"),
    }
}

/// In debug mode: a step that holds the loop up is reported.
#[cold]
fn run_watched(vm: &Vm, this: &Native, event_loop: &EventLoop, handle: Handle) -> R<()> {
    let shown = match &handle {
        Handle::Step(task) | Handle::Wake(task, _) | Handle::Throw(task, _) => Some(task.clone()),
        _ => None,
    };
    let started = event_loop.now();
    run_other(vm, this, event_loop, handle)?;
    match shown {
        Some(task) => report::slow(vm, event_loop, &task, started),
        None => Ok(()),
    }
}

/// The handles that are rarer than steps of tasks.
///
/// # Errors
/// Those of [`run`].
#[inline(never)]
pub fn run_other(vm: &Vm, this: &Native, event_loop: &EventLoop, handle: Handle) -> R<()> {
    let (result, what) = match handle {
        Handle::Step(task) => (task::step(vm, event_loop, &task, None), "step"),
        Handle::Wake(task, waited) => (task::wake(vm, event_loop, &task, &waited), "Task.task_wakeup"),
        Handle::Throw(task, exception) => (task::step(vm, event_loop, &task, Some(exception)), "step"),
        Handle::Hook(hook, target, done) if event_loop.state.watch.is_on() => {
            (event_loop.state.watch.because_of(&done, || run_hook(vm, hook, &target, &done)), repr::hook_name(hook))
        }
        Handle::Hook(hook, target, done) => (run_hook(vm, hook, &target, &done), repr::hook_name(hook)),
        Handle::Done(callable, done) => return run_done(vm, this, event_loop, *callable, done),
        Handle::Call(handle) => return run_scheduled(vm, this, event_loop, &handle),
        Handle::Awake(task) => (sleep::ended(vm, event_loop, task), "release"),
        Handle::Release(waiter) => (future::release(vm, &waiter, Value::None), "release"),
        Handle::Finish(waiting) => (future::release(vm, &waiting.0, waiting.1), "release"),
        Handle::Expire(arming, target) => (timeout::expire(vm, &target, arming), "timeout"),
        Handle::Overdue(target) => (as_completed::overdue(vm, &target), "timeout"),
        Handle::Spawn(coroutine) => {
            let made = create_task(vm, this, coroutine, &Value::Missing, &Value::None);
            (made.map(drop), "create_task")
        }
        Handle::Work(work, result) => (super::executor::run(vm, *work, &result), "executor"),
    };
    match result {
        Ok(()) => Ok(()),
        Err(raised) => failed(vm, this, raised, what),
    }
}

/// What a future that is done has asyncio itself do.
///
/// # Errors
/// Those of what it does.
pub fn run_hook(vm: &Vm, hook: Hook, target: &Native, done: &Native) -> R<()> {
    match hook {
        Hook::Gather => gather::child_done(vm, target, done),
        Hook::ShieldInner => shield::inner_done(vm, target, done),
        Hook::ShieldOuter => shield::outer_done(vm, target, done),
        Hook::Wait => wait::one_done(vm, target, done),
        Hook::Release => future::release(vm, target, Value::None),
        Hook::TaskGroup => task_group::child_done(vm, target, done),
        Hook::AsCompleted => as_completed::one_done(vm, target, done),
        Hook::StopLoop => stop_after(vm, target, done),
    }
}

/// The future that `run_until_complete` waits for is done. A KeyboardInterrupt or SystemExit ends the loop by itself;
/// looking for one counts as retrieving it.
fn stop_after(vm: &Vm, target: &Native, done: &Native) -> R<()> {
    let failure = of_native(done).and_then(|future| {
        future.mark_retrieved();
        future.failure()
    });
    let leaves = failure.is_some_and(|exception| is_exit(vm, &exception));
    if leaves {
        return Ok(());
    }
    match foreign::loop_method(vm, target, "stop") {
        Some(stop) => drop(vm.call0(&stop)?),
        None => EventLoop::of(vm, target)?.is_stopping.set(true),
    }
    Ok(())
}

fn run_done(vm: &Vm, this: &Native, event_loop: &EventLoop, callable: Callable, done: Native) -> R<()> {
    let Callable { function, context } = callable;
    let result = run_call(vm, event_loop, &function, &[Value::Native(done.clone())], context.clone());
    let Err((raised, context)) = result else { return Ok(()) };
    let handle = Scheduled::create(vm, this, Value::Missing, function, vec![Value::Native(done)], context);
    failed_handle(vm, this, raised, handle)
}

/// Runs a handle that was asked for, unless it was cancelled.
///
/// # Errors
/// KeyboardInterrupt and SystemExit of the callback; the rest goes to the exception handler.
pub fn run_scheduled(vm: &Vm, this: &Native, event_loop: &EventLoop, handle: &Native) -> R<()> {
    let Some(data) = handle.get::<Scheduled>() else { return Ok(()) };
    data.timer.set(None);
    if data.is_cancelled.get() {
        return Ok(());
    }
    let (function, args) = (data.callback.get(), data.args.get());
    let context = data.context.replace(Ctx::Empty);
    let started = event_loop.debug.get().then(|| event_loop.now());
    match run_call(vm, event_loop, &function, &args, context) {
        Ok(context) => data.context.set(context),
        Err((raised, context)) => {
            data.context.set(context);
            return failed_handle(vm, this, raised, handle.clone());
        }
    }
    match started {
        Some(started) => report::slow(vm, event_loop, handle, started),
        None => Ok(()),
    }
}

/// Calls in a context; gives the context back.
fn run_call(
    vm: &Vm,
    event_loop: &EventLoop,
    function: &Value,
    args: &[Value],
    context: Ctx,
) -> Result<Ctx, (Raised, Ctx)> {
    let shared = context.clone();
    let before = match event_loop.state.enter(vm, context) {
        Ok(before) => before,
        Err(raised) => return Err((raised, shared)),
    };
    let result = vm.call(function, Args::positional(args));
    let context = event_loop.state.leave(before);
    match result {
        Ok(value) => {
            drop(value);
            Ok(context)
        }
        Err(raised) => Err((raised, context)),
    }
}

/// One of the loop's own callbacks failed: it goes to the exception handler, unless it ends the program.
#[cold]
fn failed(vm: &Vm, this: &Native, raised: Raised, what: &str) -> R<()> {
    let exception = vm.peek_raised(&raised);
    if is_exit(vm, &exception) {
        return Err(raised);
    }
    drop(vm.take_raised(raised));
    let fields = vec![
        ("message", Value::string(format!("Exception in callback {what}()"))),
        ("exception", Value::Exception(exception.clone())),
    ];
    vm.while_handling(exception, || report::call_exception_handler(vm, this, fields))
}

#[cold]
fn failed_handle(vm: &Vm, this: &Native, raised: Raised, handle: Native) -> R<()> {
    let exception = vm.peek_raised(&raised);
    if is_exit(vm, &exception) {
        return Err(raised);
    }
    drop(vm.take_raised(raised));
    let source = match handle.get::<Scheduled>() {
        Some(data) => repr::handle_source(vm, data)?,
        None => String::new(),
    };
    let mut fields = vec![
        ("message", Value::string(format!("Exception in callback {source}"))),
        ("exception", Value::Exception(exception.clone())),
        ("handle", Value::Native(handle.clone())),
    ];
    fields.extend(super::debug::traceback(&handle).map(|made| ("source_traceback", made)));
    vm.while_handling(exception, || report::call_exception_handler(vm, this, fields))
}

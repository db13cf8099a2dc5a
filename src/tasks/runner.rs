//! `asyncio.run` and `asyncio.Runner`: a loop from its making to its shutdown (CPython: `Lib/asyncio/runners.py`).

use std::cell::Cell;

use super::coroutine::is_coroutine;
use super::event_loop::{self, EventLoop};
use super::{context, executor, foreign, future, gather, generators, origin, report, state, task};
use crate::interp::leaks::Leak;
use crate::object::future::{Task, of_native};
use crate::object::{Native, NativeData, R, Swap, T, Value, Vm};

/// Seconds that a runner gives the threads of the default executor (`Lib/asyncio/constants.py`).
const THREAD_JOIN_TIMEOUT: i64 = 300;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum RunnerState {
    Created,
    Initialized,
    Closed,
}

/// The data of a `Runner`.
pub struct Runner {
    state: Cell<RunnerState>,
    /// `None`: as the loop has it.
    debug: Swap<Value>,
    loop_factory: Swap<Value>,
    event_loop: Swap<Option<Native>>,
    context: Swap<Option<Native>>,
    /// `set_event_loop` was called for it.
    has_set_loop: Cell<bool>,
}

impl NativeData for Runner {}

impl Runner {
    pub fn new(debug: Value, loop_factory: Value) -> Runner {
        Runner {
            state: Cell::new(RunnerState::Created),
            debug: Swap::new(debug),
            loop_factory: Swap::new(loop_factory),
            event_loop: Swap::new(None),
            context: Swap::new(None),
            has_set_loop: Cell::new(false),
        }
    }

    /// `Runner.__init__`
    pub fn set_up(&self, debug: Value, loop_factory: Value) {
        self.debug.set(debug);
        self.loop_factory.set(loop_factory);
    }

    /// The loop, made on first use: `runner.get_loop()`.
    ///
    /// # Errors
    /// RuntimeError when the runner is closed; those of a script's loop factory.
    pub fn event_loop(&self, vm: &Vm) -> R<Native> {
        match self.state.get() {
            RunnerState::Closed => return Err(vm.runtime_error("Runner is closed")),
            RunnerState::Initialized => {
                if let Some(found) = self.event_loop.get() {
                    return Ok(found);
                }
            }
            RunnerState::Created => {}
        }
        let factory = self.loop_factory.get();
        let made = if factory.is_none_or_missing() {
            let made = state::new_event_loop(vm)?;
            if !self.has_set_loop.replace(true) {
                state::set_event_loop(vm, &Value::Native(made.clone()))?;
            }
            made
        } else {
            state::loop_of(vm, &vm.call0(&factory)?)?.clone()
        };
        let debug = self.debug.get();
        if !debug.is_none_or_missing() {
            match foreign::loop_method(vm, &made, "set_debug") {
                Some(set_debug) => drop(vm.call1(&set_debug, &debug)?),
                None => EventLoop::of(vm, &made)?.debug.set(vm.is_true(&debug)?),
            }
        }
        self.event_loop.set(Some(made.clone()));
        let copy = context::copy_current(vm);
        self.context.set(Some(context::object_of(vm, copy)));
        self.state.set(RunnerState::Initialized);
        Ok(made)
    }

    /// `runner.run(coroutine, context=context)`
    ///
    /// # Errors
    /// Those of the coroutine; ValueError for what is none; RuntimeError inside a running loop; KeyboardInterrupt after
    /// Ctrl-C.
    pub fn run(&self, vm: &Vm, coroutine: &Value, given: &Value) -> R {
        if !is_coroutine(vm, coroutine) {
            let shown = vm.repr(coroutine)?;
            return Err(vm.value_error(format!("a coroutine was expected, got {}", shown.as_str())));
        }
        if state::State::of(vm).is_busy() {
            return Err(vm.runtime_error("Runner.run() cannot be called from a running event loop"));
        }
        let native = self.event_loop(vm)?;
        let event_loop = EventLoop::of(vm, &native)?;
        let context = match self.context.get() {
            Some(own) if given.is_none_or_missing() => Value::Native(own),
            _ => given.clone(),
        };
        let main = event_loop::create_task(vm, &native, coroutine.clone(), &Value::Missing, &context)?;
        event_loop.main_task.set(Some(main.clone()));
        event_loop.interrupts.set(0);
        let result = complete(vm, &native, &Value::Native(main.clone()));
        event_loop.main_task.set(None);
        let Err(raised) = result else { return result };
        let was_cancelled = vm.matches(&vm.peek_raised(&raised), T::CancelledError);
        if was_cancelled
            && event_loop.interrupts.get() > 0
            && main.get::<Task>().is_some_and(|task| task::uncancel(task) == 0)
        {
            let cancelled = vm.take_raised(raised);
            let interrupt = vm.new_exception(T::KeyboardInterrupt, Vec::new());
            interrupt.context.set(Some(cancelled));
            return Err(vm.raise(interrupt));
        }
        Err(raised)
    }

    /// `runner.close()`: cancels what is left, closes async generators, closes the loop.
    ///
    /// # Errors
    /// Those of the loop's last runs; the loop is closed all the same.
    pub fn close(&self, vm: &Vm) -> R<()> {
        if self.state.get() != RunnerState::Initialized {
            return Ok(());
        }
        let Some(native) = self.event_loop.get() else { return Ok(()) };
        let result = shut_down(vm, &native).map_err(|raised| vm.take_raised(raised));
        let reset = if self.has_set_loop.get() { state::set_event_loop(vm, &Value::None) } else { Ok(()) };
        self.state.set(RunnerState::Closed);
        drop(self.event_loop.take());
        let closed = reset.and_then(|()| match foreign::loop_method(vm, &native, "close") {
            Some(close) => vm.call0(&close).map(drop),
            None => event_loop::close(vm, &native),
        });
        match result {
            Ok(()) => closed,
            Err(exception) => {
                // An error of the shutdown stands; one of closing too would only hide it.
                if let Err(raised) = closed {
                    drop(vm.take_raised(raised));
                }
                Err(vm.raise(exception))
            }
        }
    }
}

fn shut_down(vm: &Vm, native: &Native) -> R<()> {
    cancel_all(vm, native)?;
    let closing = match foreign::loop_method(vm, native, "shutdown_asyncgens") {
        Some(shutdown) => vm.call0(&shutdown)?,
        None => generators::shutdown(native),
    };
    drop(complete(vm, native, &closing)?);
    let closing = match foreign::loop_method(vm, native, "shutdown_default_executor") {
        Some(shutdown) => vm.call1(&shutdown, &Value::Int(THREAD_JOIN_TIMEOUT))?,
        None => executor::shutdown(native),
    };
    complete(vm, native, &closing).map(drop)
}

/// `loop.run_until_complete(value)`, that of a script's class if it defines one.
fn complete(vm: &Vm, native: &Native, value: &Value) -> R {
    match foreign::loop_method(vm, native, "run_until_complete") {
        Some(run) => vm.call1(&run, value),
        None => event_loop::run_until_complete(vm, native, value),
    }
}

/// Cancels the tasks that are left and waits for them.
fn cancel_all(vm: &Vm, native: &Native) -> R<()> {
    let left = EventLoop::of(vm, native)?.unfinished.borrow().all();
    if left.is_empty() {
        return Ok(());
    }
    report::circles(vm, EventLoop::of(vm, native)?);
    for one in &left {
        report::note_leak(vm, one, Leak::LeftPending);
        let reason = || "cancelled at the end of the run, which it outlived".to_owned();
        let cancelled = origin::because(vm, reason, || future::cancel(vm, one, &Value::None));
        if vm.catch(cancelled, T::RecursionError)?.is_none() {
            task::cancel_in_circle(vm, one)?;
        }
    }
    let values: Vec<Value> = left.iter().cloned().map(Value::Native).collect();
    let all = gather::gather_on(vm, Some(native), &values, true)?;
    drop(complete(vm, native, &all)?);
    for one in &left {
        let Some(exception) = of_native(one).and_then(|data| data.failure()) else { continue };
        future::forget(one);
        let fields = vec![
            ("message", Value::str("unhandled exception during asyncio.run() shutdown")),
            ("exception", Value::Exception(exception)),
            ("task", Value::Native(one.clone())),
        ];
        report::call_exception_handler(vm, native, fields)?;
    }
    Ok(())
}

/// `asyncio.run(main, debug=debug, loop_factory=loop_factory)`
///
/// # Errors
/// As for [`Runner::run`].
pub fn run(vm: &Vm, main: &Value, debug: Value, loop_factory: Value) -> R {
    if state::State::of(vm).is_busy() {
        return Err(vm.runtime_error("asyncio.run() cannot be called from a running event loop"));
    }
    let runner = Runner::new(debug, loop_factory);
    runner.event_loop(vm)?;
    let result = runner.run(vm, main, &Value::None);
    // The runner is left with the exception pending, as a `with` block is.
    match result {
        Ok(value) => runner.close(vm).map(|()| value),
        Err(raised) => {
            let exception = vm.take_raised(raised);
            match vm.while_handling(exception.clone(), || runner.close(vm)) {
                Ok(()) => Err(vm.raise(exception)),
                Err(raised) => {
                    // It may be the same one, which another task got from the one that failed.
                    let later = vm.peek_raised(&raised);
                    if !later.context.is_some() {
                        Vm::chain(&later, exception);
                    }
                    Err(raised)
                }
            }
        }
    }
}

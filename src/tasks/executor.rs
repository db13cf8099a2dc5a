//! `run_in_executor` and `to_thread`: there is one thread, so the call simply runs in a later turn of the loop.

use super::coroutine::{Routine, coroutine};
use super::event_loop::EventLoop;
use super::handle::{Handle, Work};
use super::{context, future, state};
use crate::object::future::{Future, of_native};
use crate::object::{Args, Machine, Native, R, Ref, Sent, Step, Swap, Value, Vm};

/// `loop.run_in_executor(executor, function, *args)`: a future for the result of a call in the next turn.
///
/// # Errors
/// RuntimeError when the loop is closed or its executor is shut down.
pub fn run_in_executor(vm: &Vm, event_loop: &Native, work: Work) -> R<Native> {
    let data = EventLoop::of(vm, event_loop)?;
    data.check_closed(vm)?;
    if data.executor_is_shut.get() {
        return Err(vm.runtime_error("Executor shutdown has been called"));
    }
    let result = future::create(vm, event_loop);
    data.push_own(Handle::Work(Box::new(work), result.clone()));
    Ok(result)
}

/// Makes the call and finishes the future with what comes of it. A call whose future was cancelled is made all the same, as
/// a thread would have begun with it.
///
/// # Errors
/// None but those of a loop that was never initialised.
pub fn run(vm: &Vm, work: Work, result: &Native) -> R<()> {
    let Work { function, args, keywords, context } = work;
    let args = Args { positional: &args, keywords: &keywords };
    let outcome = context::run_in(vm, context, || vm.call(&function, args));
    let is_done = of_native(result).is_some_and(Future::is_done);
    match outcome {
        Ok(value) if !is_done => future::set_result(vm, result, value),
        Ok(_) => Ok(()),
        Err(raised) => {
            let exception = Value::Exception(vm.take_raised(raised));
            if is_done { Ok(()) } else { future::set_exception(vm, result, &exception) }
        }
    }
}

/// `asyncio.to_thread(function, *args, **keywords)`
pub fn to_thread(work: Work) -> Value {
    coroutine(ToThread { work: Swap::new(Some(work)) })
}

struct ToThread {
    work: Swap<Option<Work>>,
}

impl Routine for ToThread {
    const QUALNAME: &'static str = "to_thread";
    const CLEANS_UP: bool = false;

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        match (machine.pc.replace(1), sent) {
            (0, _) => {
                let running = state::get_running_loop(vm)?;
                let Some(mut work) = self.work.take() else { return Ok(Step::Return(Value::None)) };
                work.context = context::copy_current(vm);
                Ok(Step::Await(Value::Native(run_in_executor(vm, &running, work)?)))
            }
            (_, Sent::Value(value)) => Ok(Step::Return(value)),
            (_, Sent::Throw(exception)) => Err(vm.raise(exception)),
        }
    }
}

/// `loop.shutdown_default_executor()`: there is none, so it only takes its turn.
pub fn shutdown(event_loop: &Native) -> Value {
    coroutine(Shutdown(event_loop.clone()))
}

struct Shutdown(Native);

impl Routine for Shutdown {
    const QUALNAME: &'static str = "BaseEventLoop.shutdown_default_executor";

    fn go_on(&self, _machine: &Ref<Machine>, _sent: Sent, vm: &Vm) -> R<Step> {
        EventLoop::of(vm, &self.0)?.executor_is_shut.set(true);
        Ok(Step::Return(Value::None))
    }
}

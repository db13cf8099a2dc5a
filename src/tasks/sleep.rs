//! `asyncio.sleep`: a bare yield for nothing, otherwise a timer that makes the task's next step ready. What CPython has between the two,
//! a coroutine and a future, is there for whoever looks.

use std::cell::Cell;

use super::coroutine::{Routine, coroutine};
use super::event_loop::EventLoop;
use super::handle::Handle;
use super::observer::{self, Event};
use super::{future, seconds, state};
use crate::event::{Nanos, TimerKey};
use crate::object::callbacks::Callback;
use crate::object::future::{Future, Task, of_native};
use crate::object::{Awaited, Machine, Native, R, Ref, Sent, State, Step, Swap, T, Value, Vm};

/// `asyncio.sleep(delay, result)`
pub fn sleep(delay: &Value, result: Value) -> Value {
    coroutine(Sleep { delay: delay.clone(), result: Swap::new(result), timer: Cell::new(None) })
}

/// `await asyncio.sleep(delay)`: for nothing the bare yield itself. A task sleeps with a timer alone: the coroutine and the future of
/// its sleep come into being when somebody looks for them ([`appear`]).
pub fn short(vm: &Vm, args: &[Value]) -> R<Option<Awaited>> {
    let seconds = match args {
        [Value::Int(delay)] => *delay as f64,
        [Value::Float(delay)] => delay.get(),
        _ => return Ok(None),
    };
    if seconds <= 0.0 {
        return Ok(Some(Awaited::Yield));
    }
    let (Some(delay), 1..) = (Nanos::from_secs(seconds), vm.current_task.get()) else { return Ok(None) };
    let known = state::running_loop(vm).or_else(|| state::State::of(vm).chosen.get());
    let event_loop = known.as_ref().and_then(|known| known.get::<EventLoop>());
    Ok(event_loop
        .filter(|event_loop| event_loop.sleeps_plainly())
        .map(|event_loop| Awaited::Stop(Step::Sleep(event_loop.now().plus(delay).0))))
}

/// In place of a timer's key: the sleep has ended, and the next step is ready.
const ENDED: i64 = -1;

/// The sleep of a task that slept without a future has ended.
///
/// # Errors
/// As for [`future::release`], if there is a future by now.
#[inline]
pub fn ended(vm: &Vm, event_loop: &EventLoop, this: Native) -> R<()> {
    let Some(task) = this.get::<Task>() else { return Ok(()) };
    if let Value::Machine(root) = task.coroutine.get() {
        let sleeper = Machine::chain_end(&root);
        if sleeper.sleep_key().is_some() {
            sleeper.set_asleep(ENDED);
            observer::tell(vm, event_loop, &this, || Event::Woken);
            event_loop.push_own(Handle::Step(this));
            return Ok(());
        }
    }
    // Somebody looked when the timer had fired, but the loop had not come to it.
    if let Some(waiter) = task.waiter.get() {
        return future::release(vm, &waiter, Value::None);
    }
    // Somebody looked while the loop did not run.
    if let Value::Machine(root) = task.coroutine.get()
        && let Value::Native(waiter) = Machine::innermost(&root).awaiting()
        && let Some(future) = of_native(&waiter).filter(|future| future.event_loop().is_none() && !future.is_done())
    {
        drop(future.finish(Value::None));
        event_loop.push_own(Handle::Step(this));
    }
    Ok(())
}

/// Gives a task that sleeps without them the coroutine and the future that it waits for, as if they had been there all the time.
pub fn appear(vm: &Vm, this: &Native) {
    let Some(task) = this.get::<Task>() else { return };
    let Value::Machine(root) = task.coroutine.get() else { return };
    let sleeper = Machine::chain_end(&root);
    let (Some(key), Some(native)) = (sleeper.sleep_key(), task.future.event_loop()) else { return };
    let Some(event_loop) = native.get::<EventLoop>() else { return };
    let waiter = future::create_own(vm, native);
    let timer = TimerKey::from_bits(key);
    let has_timer = key != ENDED && event_loop.replace_timer(timer, Handle::Release(waiter.clone()));
    if let Some(future) = of_native(&waiter) {
        match key {
            ENDED => drop(future.finish(Value::None)),
            _ => future.add_callback(Callback::Wake(this.clone())),
        }
    }
    put_to_sleep(&sleeper, &waiter, has_timer.then_some(timer));
    task.waiter.set(Some(waiter));
}

/// The machine waits for the coroutine of a sleep, and that one for the future.
fn put_to_sleep(sleeper: &Ref<Machine>, waiter: &Native, timer: Option<TimerKey>) {
    let sleep = coroutine(Sleep { delay: Value::None, result: Swap::new(Value::None), timer: Cell::new(timer) });
    if let Value::Machine(machine) = &sleep {
        machine.pc.set(ASLEEP);
        machine.state.set(State::Suspended);
        machine.set_awaiting(Value::Native(waiter.clone()));
    }
    sleeper.set_awaiting(sleep);
    // The chains that ended here must find their end anew.
    let mut outer = Some(sleeper.clone());
    while let Some(machine) = outer {
        machine.leaf.set(None);
        outer = machine.parent();
    }
}

/// See [`crate::object::vm::Awaken`].
///
/// # Errors
/// RuntimeError when no loop runs.
pub fn awaken(vm: &Vm, sleeper: &Ref<Machine>, until: Option<i64>) -> R<()> {
    if let Some(until) = until {
        let running = state::get_running_loop(vm)?;
        let event_loop = EventLoop::of(vm, &running)?;
        let waiter = future::create_own(vm, &running);
        let timer = event_loop.at(Nanos(until), Handle::Release(waiter.clone()));
        if let Some(future) = of_native(&waiter) {
            future.blocking.set(true);
        }
        put_to_sleep(sleeper, &waiter, Some(timer));
        return Ok(());
    }
    let running = state::running_loop(vm);
    let event_loop = running.as_ref().and_then(|running| running.get::<EventLoop>());
    let tasks = event_loop.map_or_else(Vec::new, |event_loop| event_loop.unfinished.borrow().all());
    let sleeps_here = |task: &&Native| match task.get::<Task>().map(|task| task.coroutine.get()) {
        Some(Value::Machine(root)) => Ref::same(&Machine::innermost(&root), sleeper),
        _ => false,
    };
    tasks.iter().find(sleeps_here).into_iter().for_each(|task| appear(vm, task));
    if sleeper.sleep_key().is_some() {
        // The loop of its task does not run, and which it is nobody says: the timer finds the task again.
        put_to_sleep(sleeper, &Native::new(vm.class(T::AsyncioFuture), Future::new(None)), None);
    }
    Ok(())
}

struct Sleep {
    delay: Value,
    result: Swap<Value>,
    timer: Cell<Option<TimerKey>>,
}

/// Suspended for one turn.
const YIELDED: u32 = 1;
/// Waiting for the future.
const ASLEEP: u32 = 2;

impl Routine for Sleep {
    const QUALNAME: &'static str = "sleep";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        match (machine.pc.get(), sent) {
            (0, _) => self.start(machine, vm),
            (ASLEEP, sent) => {
                self.disarm(vm);
                match sent {
                    Sent::Value(result) => Ok(Step::Return(result)),
                    Sent::Throw(exception) => Err(vm.raise(exception)),
                }
            }
            (_, Sent::Value(_)) => Ok(Step::Return(self.result.replace(Value::None))),
            (_, Sent::Throw(exception)) => Err(vm.raise(exception)),
        }
    }
}

impl Sleep {
    fn start(&self, machine: &Ref<Machine>, vm: &Vm) -> R<Step> {
        let seconds = seconds::compared(vm, &self.delay)?;
        if seconds <= 0.0 {
            machine.pc.set(YIELDED);
            return Ok(Step::Yield(Value::None));
        }
        let Some(delay) = Nanos::from_secs(seconds) else {
            return Err(vm.value_error("Invalid delay: NaN (not a number)"));
        };
        let running = state::get_running_loop(vm)?;
        let event_loop = EventLoop::of(vm, &running)?;
        event_loop.check_closed(vm)?;
        let waiter = future::create(vm, &running);
        let handle = match self.result.replace(Value::None) {
            Value::None => Handle::Release(waiter.clone()),
            result => Handle::Finish(Box::new((waiter.clone(), result))),
        };
        self.timer.set(event_loop.after(vm, delay, &self.delay, handle)?);
        machine.pc.set(ASLEEP);
        Ok(Step::Await(Value::Native(waiter)))
    }

    fn disarm(&self, vm: &Vm) {
        if let Some(key) = self.timer.take()
            && let Some(running) = state::running_loop(vm)
            && let Some(event_loop) = running.get::<EventLoop>()
        {
            drop(event_loop.cancel_timer(key));
        }
    }
}

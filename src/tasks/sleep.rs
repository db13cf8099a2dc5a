//! `asyncio.sleep`: a bare yield for nothing, otherwise a future and a timer that finishes it.

use std::cell::Cell;

use super::coroutine::{Routine, coroutine};
use super::event_loop::EventLoop;
use super::handle::Handle;
use super::{future, seconds, state};
use crate::event::{Nanos, TimerKey};
use crate::object::{Awaited, Machine, R, Ref, Sent, Step, Swap, Value, Vm};

/// `asyncio.sleep(delay, result)`
pub fn sleep(delay: &Value, result: Value) -> Value {
    coroutine(Sleep { delay: delay.clone(), result: Swap::new(result), timer: Cell::new(None) })
}

/// `await asyncio.sleep(0)`: the bare yield itself.
pub fn short(_vm: &Vm, args: &[Value]) -> R<Option<Awaited>> {
    let at_once = match args {
        [Value::Int(delay)] => *delay <= 0,
        [Value::Float(delay)] => delay.get() <= 0.0,
        _ => false,
    };
    Ok(at_once.then_some(Awaited::Yield))
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

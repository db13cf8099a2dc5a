//! `asyncio.Event`: a flag that tasks wait for.

use std::cell::Cell;

use super::coroutine::{Routine, coroutine};
use super::future;
use super::waiters::{Bound, Waiters};
use crate::object::cycles::Tracer;
use crate::object::future::of_native;
use crate::object::{Awaited, Machine, Native, NativeData, R, Ref, Sent, Step, Swap, Value, Vm};

/// The data of an `Event`.
#[derive(Default)]
pub struct Event {
    pub is_set: Cell<bool>,
    pub waiters: Waiters,
    bound: Bound,
}

impl NativeData for Event {
    fn trace(&self, tracer: &mut Tracer) {
        self.waiters.trace(tracer);
    }
}

impl Event {
    /// `event.set()`: wakes everybody, in order of arrival.
    pub fn set(&self, vm: &Vm) -> R<()> {
        if !self.is_set.replace(true) {
            for waiter in self.waiters.all() {
                future::release(vm, &waiter, Value::True)?;
            }
        }
        Ok(())
    }
}

/// `event.wait()`
pub fn wait(event: &Native) -> Value {
    wait_at(event, event)
}

/// [`wait`] on account of another object, which reports name.
pub fn wait_at(event: &Native, object: &Native) -> Value {
    coroutine(Wait { event: event.clone(), object: object.clone(), waiter: Swap::new(None) })
}

/// `await event.wait()` of an event that is set.
pub fn short_wait(_vm: &Vm, args: &[Value]) -> R<Option<Awaited>> {
    let [this] = args else { return Ok(None) };
    let is_set = this.as_native::<Event>().is_some_and(|event| event.is_set.get());
    Ok(is_set.then_some(Awaited::Ready(Value::True)))
}

struct Wait {
    event: Native,
    /// What somebody waits at: the event, or what it is a part of.
    object: Native,
    waiter: Swap<Option<Native>>,
}

impl Routine for Wait {
    const QUALNAME: &'static str = "Event.wait";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        let Some(event) = self.event.get::<Event>() else { return Ok(Step::Return(Value::None)) };
        if machine.pc.replace(1) == 0 {
            if event.is_set.get() {
                return Ok(Step::Return(Value::True));
            }
            let waiter = event.bound.waiter(vm, &self.event)?;
            if let (false, Some(future)) = (Native::same(&self.event, &self.object), of_native(&waiter)) {
                future.set_purpose(&self.object);
            }
            event.waiters.push(&waiter);
            self.waiter.set(Some(waiter.clone()));
            return Ok(Step::Await(Value::Native(waiter)));
        }
        if let Some(waiter) = self.waiter.take() {
            event.waiters.remove(&waiter);
        }
        match sent {
            Sent::Value(_) => Ok(Step::Return(Value::True)),
            Sent::Throw(exception) => Err(vm.raise(exception)),
        }
    }
}

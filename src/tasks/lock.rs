//! `asyncio.Lock`: fair, first come first served.

use std::cell::Cell;

use super::coroutine::{Routine, coroutine};
use super::future;
use super::waiters::{Bound, Waiters};
use crate::object::future::{Future, of_native};
use crate::object::{Machine, Native, NativeData, R, Ref, Sent, Step, Swap, T, Value, Vm};

/// The data of a `Lock`.
#[derive(Default)]
pub struct Lock {
    pub is_locked: Cell<bool>,
    pub waiters: Waiters,
    bound: Bound,
}

impl NativeData for Lock {}

impl Lock {
    fn wake_first(&self, vm: &Vm) -> R<()> {
        match self.waiters.first() {
            Some(first) if !of_native(&first).is_some_and(Future::is_done) => {
                future::set_result(vm, &first, Value::True)
            }
            _ => Ok(()),
        }
    }

    /// `lock.release()`
    ///
    /// # Errors
    /// RuntimeError when it is not locked.
    pub fn release(&self, vm: &Vm) -> R<()> {
        if !self.is_locked.replace(false) {
            return Err(vm.runtime_error("Lock is not acquired."));
        }
        self.wake_first(vm)
    }
}

/// `lock.acquire()` as a coroutine that gives `result` (`async with` gives None).
pub fn acquire(lock: &Native, result: Value) -> Value {
    coroutine(Acquire { lock: lock.clone(), result, waiter: Swap::new(None) })
}

struct Acquire {
    lock: Native,
    result: Value,
    waiter: Swap<Option<Native>>,
}

impl Routine for Acquire {
    const QUALNAME: &'static str = "Lock.acquire";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        let Some(lock) = self.lock.get::<Lock>() else { return Ok(Step::Return(Value::None)) };
        if machine.pc.replace(1) == 0 {
            if !lock.is_locked.get() && lock.waiters.all_cancelled() {
                lock.is_locked.set(true);
                return Ok(Step::Return(self.result.clone()));
            }
            let waiter = lock.bound.waiter(vm, &self.lock)?;
            lock.waiters.push(&waiter);
            self.waiter.set(Some(waiter.clone()));
            return Ok(Step::Await(Value::Native(waiter)));
        }
        if let Some(waiter) = self.waiter.take() {
            lock.waiters.remove(&waiter);
        }
        match sent {
            Sent::Value(_) => {
                lock.is_locked.set(true);
                Ok(Step::Return(self.result.clone()))
            }
            Sent::Throw(exception) => {
                if vm.matches(&exception, T::CancelledError) && !lock.is_locked.get() {
                    lock.wake_first(vm)?;
                }
                Err(vm.raise(exception))
            }
        }
    }
}

/// A coroutine that only calls a function: `__aexit__` of locks.
pub fn release_later(object: &Native, release: fn(&Vm, &Native) -> R<()>) -> Value {
    coroutine(Release { object: object.clone(), release })
}

struct Release {
    object: Native,
    release: fn(&Vm, &Native) -> R<()>,
}

impl Routine for Release {
    const QUALNAME: &'static str = "_ContextManagerMixin.__aexit__";

    fn go_on(&self, _machine: &Ref<Machine>, _sent: Sent, vm: &Vm) -> R<Step> {
        (self.release)(vm, &self.object)?;
        Ok(Step::Return(Value::None))
    }
}

//! `asyncio.Semaphore` and `BoundedSemaphore`.

use std::cell::Cell;

use super::coroutine::{Routine, coroutine};
use super::holders::Holders;
use super::waiters::{Bound, Waiters};
use super::{foreign, future};
use crate::object::cycles::Tracer;
use crate::object::future::{Future, of_native};
use crate::object::{Awaited, Machine, Native, NativeData, R, Ref, Sent, Step, Swap, T, Value, Vm};

/// The data of a `Semaphore`.
pub struct Semaphore {
    pub value: Cell<i64>,
    /// For a bounded one: what `release` must not go beyond.
    pub bound_value: Cell<Option<i64>>,
    pub waiters: Waiters,
    /// Who holds a permit, and how many permits there were at first.
    pub holders: Holders,
    pub permits: i64,
    bound: Bound,
}

impl NativeData for Semaphore {
    fn trace(&self, tracer: &mut Tracer) {
        self.waiters.trace(tracer);
    }
}

impl Semaphore {
    pub fn new(value: i64, bound_value: Option<i64>) -> Semaphore {
        Semaphore {
            value: Cell::new(value),
            bound_value: Cell::new(bound_value),
            waiters: Waiters::default(),
            holders: Holders::default(),
            permits: value,
            bound: Bound::default(),
        }
    }

    /// `semaphore.locked()`
    pub fn is_locked(&self) -> bool {
        self.value.get() == 0 || !self.waiters.all_cancelled()
    }

    /// Takes a permit at once.
    fn take(&self, vm: &Vm) {
        self.value.set(self.value.get() - 1);
        self.holders.took(vm);
    }

    fn wake_next(&self, vm: &Vm) -> R<bool> {
        let Some(waiter) = self.waiters.first_pending() else { return Ok(false) };
        self.value.set(self.value.get() - 1);
        future::set_result(vm, &waiter, Value::True)?;
        Ok(true)
    }

    /// `semaphore.release()`
    ///
    /// # Errors
    /// ValueError for a bounded one that was released too often.
    pub fn release(&self, vm: &Vm) -> R<()> {
        if self.bound_value.get().is_some_and(|bound| self.value.get() >= bound) {
            return Err(vm.value_error("BoundedSemaphore released too many times"));
        }
        self.value.set(self.value.get().saturating_add(1));
        self.holders.gave(vm);
        self.wake_next(vm).map(drop)
    }

    /// The `finally` of `acquire`.
    fn wake_all_that_fit(&self, vm: &Vm) -> R<()> {
        while self.value.get() > 0 && self.wake_next(vm)? {}
        Ok(())
    }
}

/// `semaphore.acquire()` as a coroutine that gives `result`.
pub fn acquire(semaphore: &Native, result: Value) -> Value {
    coroutine(Acquire { semaphore: semaphore.clone(), result, waiter: Swap::new(None) })
}

/// `await semaphore.acquire()` of a semaphore that is free.
pub fn short_acquire(vm: &Vm, args: &[Value]) -> R<Option<Awaited>> {
    let [this] = args else { return Ok(None) };
    match this.as_native::<Semaphore>() {
        Some(semaphore) if !semaphore.is_locked() && is_plain(this) => {
            semaphore.take(vm);
            Ok(Some(Awaited::Ready(Value::True)))
        }
        _ => Ok(None),
    }
}

/// Of our own classes; a subclass may define `locked`.
fn is_plain(semaphore: &Value) -> bool {
    semaphore.as_native_object().is_some_and(|native| native.class().builtin.is_some())
}

struct Acquire {
    semaphore: Native,
    result: Value,
    waiter: Swap<Option<Native>>,
}

impl Routine for Acquire {
    const QUALNAME: &'static str = "Semaphore.acquire";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        let Some(semaphore) = self.semaphore.get::<Semaphore>() else { return Ok(Step::Return(Value::None)) };
        if machine.pc.replace(1) == 0 {
            let is_locked = match foreign::method(vm, &self.semaphore, "locked") {
                Some(locked) => vm.is_true(&vm.call0(&locked)?)?,
                None => semaphore.is_locked(),
            };
            if !is_locked {
                semaphore.take(vm);
                return Ok(Step::Return(self.result.clone()));
            }
            let waiter = semaphore.bound.waiter(vm, &self.semaphore)?;
            semaphore.waiters.push(&waiter);
            self.waiter.set(Some(waiter.clone()));
            return Ok(Step::Await(Value::Native(waiter)));
        }
        let waiter = self.waiter.take();
        if let Some(waiter) = &waiter {
            semaphore.waiters.remove(waiter);
        }
        if let Sent::Throw(exception) = sent {
            // Woken and cancelled at once: the place goes to somebody else.
            let was_woken =
                waiter.as_ref().and_then(of_native).is_some_and(|f: &Future| f.is_done() && !f.is_cancelled());
            if vm.matches(&exception, T::CancelledError) && was_woken {
                semaphore.value.set(semaphore.value.get() + 1);
            }
            semaphore.wake_all_that_fit(vm)?;
            return Err(vm.raise(exception));
        }
        semaphore.holders.took(vm);
        semaphore.wake_all_that_fit(vm)?;
        Ok(Step::Return(self.result.clone()))
    }
}

//! `asyncio.Lock`: fair, first come first served.

use std::cell::Cell;

use super::condition::Condition;
use super::coroutine::{Routine, coroutine};
use super::future;
use super::semaphore::Semaphore;
use super::waiters::{Bound, Waiters};
use crate::intern::Symbol;
use crate::object::cycles::Tracer;
use crate::object::future::{Future, of_native};
use crate::object::{Awaited, Machine, Native, NativeData, R, Ref, Sent, Step, Swap, T, Value, Vm};

/// The data of a `Lock`.
#[derive(Default)]
pub struct Lock {
    pub is_locked: Cell<bool>,
    /// The address of the task that took it, for reports alone: 0 when nobody did.
    pub holder: Cell<usize>,
    pub waiters: Waiters,
    bound: Bound,
}

impl NativeData for Lock {
    fn trace(&self, tracer: &mut Tracer) {
        self.waiters.trace(tracer);
    }
}

impl Lock {
    #[inline]
    fn take(&self, vm: &Vm) {
        self.is_locked.set(true);
        self.holder.set(vm.current_task.get());
    }

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
        self.holder.set(0);
        self.wake_first(vm)
    }
}

/// `lock.acquire()` as a coroutine that gives `result` (`async with` gives None).
pub fn acquire(lock: &Native, result: Value) -> Value {
    coroutine(Acquire { lock: lock.clone(), result, waiter: Swap::new(None) })
}

/// `await lock.acquire()` of a lock that is free.
pub fn short_acquire(vm: &Vm, args: &[Value]) -> R<Option<Awaited>> {
    let [this] = args else { return Ok(None) };
    match this.as_native::<Lock>() {
        Some(lock) if !lock.is_locked.get() && lock.waiters.all_cancelled() => {
            lock.take(vm);
            Ok(Some(Awaited::Ready(Value::True)))
        }
        _ => Ok(None),
    }
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
                lock.take(vm);
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
                lock.take(vm);
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

/// `__aenter__()` of locks: awaits `acquire()`, which a script's subclass may define, and gives None.
pub fn enter(vm: &Vm, object: &Value) -> R {
    if let Value::Native(native) = object
        && native.class().builtin.is_some()
    {
        if native.get::<Lock>().is_some() {
            return Ok(acquire(native, Value::None));
        }
        if native.get::<Semaphore>().is_some() {
            return Ok(super::semaphore::acquire(native, Value::None));
        }
        if let Some(condition) = native.get::<Condition>() {
            return condition.acquire(vm, Value::None);
        }
    }
    Ok(coroutine(Enter { object: object.clone() }))
}

struct Enter {
    object: Value,
}

impl Routine for Enter {
    const QUALNAME: &'static str = "_ContextManagerMixin.__aenter__";
    const CLEANS_UP: bool = false;

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        match (machine.pc.replace(1), sent) {
            (0, _) => {
                let awaitable = vm.call_method(&self.object, Symbol::of_static("acquire"), &[])?;
                Ok(Step::Await(vm.await_iter(awaitable)?))
            }
            (_, Sent::Value(_)) => Ok(Step::Return(Value::None)),
            (_, Sent::Throw(exception)) => Err(vm.raise(exception)),
        }
    }
}

/// `__aexit__()` of locks: calls `release()`, which a script's subclass may define.
pub fn exit(object: &Value) -> Value {
    coroutine(Exit { object: object.clone() })
}

struct Exit {
    object: Value,
}

impl Routine for Exit {
    const QUALNAME: &'static str = "_ContextManagerMixin.__aexit__";

    fn go_on(&self, _machine: &Ref<Machine>, _sent: Sent, vm: &Vm) -> R<Step> {
        drop(vm.call_method(&self.object, Symbol::of_static("release"), &[])?);
        Ok(Step::Return(Value::None))
    }
}

/// A coroutine that does nothing: `__aexit__()` of barriers.
pub fn nothing() -> Value {
    coroutine(Nothing)
}

struct Nothing;

impl Routine for Nothing {
    const QUALNAME: &'static str = "Barrier.__aexit__";

    fn go_on(&self, _machine: &Ref<Machine>, _sent: Sent, _vm: &Vm) -> R<Step> {
        Ok(Step::Return(Value::None))
    }
}

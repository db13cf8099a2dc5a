//! `asyncio.Condition`: a lock with waiters that are notified while it is held.

use super::coroutine::{Routine, coroutine};
use super::lock::{self, Lock};
use super::waiters::{Bound, Waiters};
use super::{foreign, future};
use crate::intern::Symbol;
use crate::object::cycles::Tracer;
use crate::object::{Exception, Machine, Native, NativeData, R, Ref, Sent, Step, Swap, T, Value, Vm};

/// The data of a `Condition`.
pub struct Condition {
    /// The lock; a script may have given one of its own making.
    pub lock: Swap<Value>,
    pub waiters: Waiters,
    bound: Bound,
}

impl NativeData for Condition {
    fn trace(&self, tracer: &mut Tracer) {
        self.lock.look(|lock| tracer.value(lock));
        self.waiters.trace(tracer);
    }
}

impl Condition {
    pub fn new(lock: Value) -> Condition {
        Condition { lock: Swap::new(lock), waiters: Waiters::default(), bound: Bound::default() }
    }

    /// `condition.locked()`
    pub fn is_locked(&self, vm: &Vm) -> R<bool> {
        let lock = self.lock.get();
        match own_lock(&lock).and_then(|native| native.get::<Lock>()) {
            Some(own) => Ok(own.is_locked.get()),
            None => vm.is_true(&vm.call_method(&lock, Symbol::new("locked"), &[])?),
        }
    }

    /// `condition.release()`
    ///
    /// # Errors
    /// RuntimeError when the lock is not held.
    pub fn release(&self, vm: &Vm) -> R<()> {
        let lock = self.lock.get();
        match own_lock(&lock).and_then(|native| native.get::<Lock>()) {
            Some(own) => own.release(vm),
            None => vm.call_method(&lock, Symbol::new("release"), &[]).map(drop),
        }
    }

    /// `condition.acquire()`: what to await.
    pub fn acquire(&self, vm: &Vm, result: Value) -> R {
        let lock = self.lock.get();
        match own_lock(&lock) {
            Some(native) => Ok(lock::acquire(native, result)),
            None => {
                let awaitable = vm.call_method(&lock, Symbol::new("acquire"), &[])?;
                vm.await_iter(awaitable)
            }
        }
    }

    /// Wakes the first `count` that wait.
    ///
    /// # Errors
    /// None but those of a loop that was never initialised.
    pub fn wake(&self, vm: &Vm, count: usize) -> R<()> {
        if count >= self.waiters.len() {
            for waiter in self.waiters.all() {
                future::release(vm, &waiter, Value::False)?;
            }
            return Ok(());
        }
        for _ in 0..count {
            let Some(waiter) = self.waiters.first_pending() else { break };
            future::set_result(vm, &waiter, Value::False)?;
        }
        Ok(())
    }

    /// What `notify` needs.
    ///
    /// # Errors
    /// RuntimeError when the lock is not held.
    pub fn check_held(&self, vm: &Vm) -> R<()> {
        if self.is_locked(vm)? { Ok(()) } else { Err(vm.runtime_error("cannot notify on un-acquired lock")) }
    }

    /// `condition.notify_all()`
    ///
    /// # Errors
    /// RuntimeError when the lock is not held.
    pub fn notify_all(&self, vm: &Vm) -> R<()> {
        self.check_held(vm)?;
        self.wake(vm, self.waiters.len())
    }
}

/// The lock when it is a plain one; a script's subclass is asked by its methods.
fn own_lock(lock: &Value) -> Option<&Native> {
    lock.as_native_object().filter(|native| native.class().builtin == Some(T::Lock))
}

/// `condition.wait()`
pub fn wait(condition: &Native) -> Value {
    coroutine(Wait {
        condition: condition.clone(),
        waiter: Swap::new(None),
        failure: Swap::new(None),
        cancelled: Swap::new(None),
    })
}

struct Wait {
    condition: Native,
    waiter: Swap<Option<Native>>,
    /// What ended the wait, if it was not a notification.
    failure: Swap<Option<Ref<Exception>>>,
    /// The last cancellation while the lock was being acquired again.
    cancelled: Swap<Option<Ref<Exception>>>,
}

/// Waiting to be notified.
const WAITING: u32 = 1;
/// Acquiring the lock again.
const REACQUIRING: u32 = 2;

impl Routine for Wait {
    const QUALNAME: &'static str = "Condition.wait";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        let Some(condition) = self.condition.get::<Condition>() else { return Ok(Step::Return(Value::None)) };
        match machine.pc.get() {
            0 => {
                if !condition.is_locked(vm)? {
                    return Err(vm.runtime_error("cannot wait on un-acquired lock"));
                }
                let waiter = condition.bound.waiter(vm, &self.condition)?;
                condition.release(vm)?;
                condition.waiters.push(&waiter);
                self.waiter.set(Some(waiter.clone()));
                machine.pc.set(WAITING);
                Ok(Step::Await(Value::Native(waiter)))
            }
            WAITING => {
                if let Some(waiter) = self.waiter.take() {
                    condition.waiters.remove(&waiter);
                }
                if let Sent::Throw(exception) = sent {
                    self.failure.set(Some(exception));
                }
                machine.pc.set(REACQUIRING);
                self.reacquire(vm, condition)
            }
            _ => match sent {
                Sent::Value(_) => self.end(vm, condition),
                Sent::Throw(exception) if vm.matches(&exception, T::CancelledError) => {
                    self.cancelled.set(Some(exception));
                    self.reacquire(vm, condition)
                }
                Sent::Throw(exception) => {
                    condition.wake(vm, 1)?;
                    Err(vm.raise(exception))
                }
            },
        }
    }
}

impl Wait {
    fn reacquire(&self, vm: &Vm, condition: &Condition) -> R<Step> {
        Ok(Step::Await(condition.acquire(vm, Value::True)?))
    }

    /// The lock is held again.
    fn end(&self, vm: &Vm, condition: &Condition) -> R<Step> {
        let failure = self.failure.take();
        let error = match self.cancelled.take() {
            Some(cancelled) => {
                // Raised anew, inside of what ended the wait or of what is handled further out.
                if let Some(handled) = failure.or_else(|| vm.handling.get()) {
                    Vm::chain(&cancelled, handled);
                }
                Some(cancelled)
            }
            None => failure,
        };
        match error {
            None => Ok(Step::Return(Value::True)),
            Some(error) => {
                // The notification that came in vain, if one came, is for somebody else.
                condition.wake(vm, 1)?;
                Err(vm.raise(error))
            }
        }
    }
}

/// `condition.wait_for(predicate)`
pub fn wait_for(condition: &Native, predicate: Value) -> Value {
    coroutine(WaitFor { condition: condition.clone(), predicate })
}

struct WaitFor {
    condition: Native,
    predicate: Value,
}

impl Routine for WaitFor {
    const QUALNAME: &'static str = "Condition.wait_for";
    const CLEANS_UP: bool = false;

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        machine.pc.set(1);
        if let Sent::Throw(exception) = sent {
            return Err(vm.raise(exception));
        }
        let result = vm.call0(&self.predicate)?;
        if vm.is_true(&result)? {
            return Ok(Step::Return(result));
        }
        Ok(Step::Await(match foreign::method(vm, &self.condition, "wait") {
            Some(wait) => vm.await_iter(vm.call0(&wait)?)?,
            None => wait(&self.condition),
        }))
    }
}

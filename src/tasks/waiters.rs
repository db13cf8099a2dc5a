//! The futures of those who wait for a lock, an event, a queue..., in order of arrival; and the loop that such an object
//! belongs to from its first wait on (CPython: `mixins._LoopBoundMixin`).

use std::cell::RefCell;
use std::collections::VecDeque;

use super::{future, state};
use crate::object::cycles::Tracer;
use crate::object::future::{Future, of_native};
use crate::object::{Native, R, Swap, Value, Vm};

#[derive(Default)]
pub struct Waiters {
    futures: RefCell<VecDeque<Native>>,
}

impl Waiters {
    /// Shows the collector who waits.
    pub fn trace(&self, tracer: &mut Tracer) {
        if let Ok(futures) = self.futures.try_borrow() {
            futures.iter().for_each(|future| tracer.native(future));
        }
    }

    pub fn len(&self) -> usize {
        self.futures.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.futures.borrow().is_empty()
    }

    pub fn push(&self, waiter: &Native) {
        self.futures.borrow_mut().push_back(waiter.clone());
    }

    pub fn pop(&self) -> Option<Native> {
        self.futures.borrow_mut().pop_front()
    }

    /// Takes a waiter out; it is nearly always the first or the last.
    pub fn remove(&self, waiter: &Native) {
        let removed = {
            let mut futures = self.futures.borrow_mut();
            let at = match futures.back() {
                Some(last) if Native::same(last, waiter) => Some(futures.len() - 1),
                _ => futures.iter().position(|other| Native::same(other, waiter)),
            };
            at.and_then(|at| futures.remove(at))
        };
        drop(removed);
    }

    pub fn contains(&self, waiter: &Native) -> bool {
        self.futures.borrow().iter().any(|other| Native::same(other, waiter))
    }

    /// All waiters as they are now.
    pub fn all(&self) -> Vec<Native> {
        self.futures.borrow().iter().cloned().collect()
    }

    /// The first waiter.
    pub fn first(&self) -> Option<Native> {
        self.futures.borrow().front().cloned()
    }

    /// The first waiter that is not done.
    pub fn first_pending(&self) -> Option<Native> {
        self.futures.borrow().iter().find(|waiter| !of_native(waiter).is_some_and(Future::is_done)).cloned()
    }

    /// Whether every waiter was cancelled (or there is none).
    pub fn all_cancelled(&self) -> bool {
        self.futures.borrow().iter().all(|waiter| of_native(waiter).is_some_and(Future::is_cancelled))
    }

    /// Takes waiters out until one was pending, and wakes that one (`Queue._wakeup_next`).
    pub fn wake_next(&self, vm: &Vm) -> R<()> {
        while let Some(waiter) = self.pop() {
            if !of_native(&waiter).is_some_and(Future::is_done) {
                return future::set_result(vm, &waiter, Value::None);
            }
        }
        Ok(())
    }
}

/// The loop that an object belongs to: that of its first wait.
#[derive(Default)]
pub struct Bound(Swap<Option<Native>>);

impl Bound {
    /// A new waiter of the running loop.
    ///
    /// # Errors
    /// RuntimeError when the object belongs to another loop.
    pub fn waiter(&self, vm: &Vm, object: &Native) -> R<Native> {
        let running = state::get_running_loop(vm)?;
        match self.0.get() {
            None => self.0.set(Some(running.clone())),
            Some(bound) if Native::same(&bound, &running) => {}
            Some(_) => {
                let shown = vm.repr(&Value::Native(object.clone()))?;
                return Err(vm.runtime_error(format!("{} is bound to a different event loop", shown.as_str())));
            }
        }
        Ok(future::create_for(vm, &running, object))
    }
}

//! `asyncio.wait`: until one, all, or the first failure of many futures.

use std::cell::{Cell, RefCell};

use super::coroutine::{Routine, coroutine, is_coroutine};
use super::event_loop::EventLoop;
use super::handle::Handle;
use super::{foreign, future, state};
use crate::event::TimerKey;
use crate::intern::Symbol;
use crate::object::callbacks::{Callback, Hook};
use crate::object::future::of_native;
use crate::object::{Machine, Native, NativeData, R, Ref, Sent, Set, Step, Swap, T, Value, Vm};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    AllCompleted,
    FirstCompleted,
    FirstException,
}

/// What the callbacks of one wait share.
pub struct Watch {
    waiter: Native,
    left: Cell<usize>,
    until: Until,
    timer: Cell<Option<TimerKey>>,
}

impl NativeData for Watch {}

/// `asyncio.wait(fs, timeout=timeout, return_when=return_when)`
pub fn wait(futures: Value, timeout: Value, return_when: Value) -> Value {
    coroutine(Wait {
        given: Swap::new(futures),
        timeout,
        return_when,
        futures: RefCell::default(),
        watch: Swap::new(None),
    })
}

struct Wait {
    given: Swap<Value>,
    timeout: Value,
    return_when: Value,
    futures: RefCell<Vec<Native>>,
    watch: Swap<Option<Native>>,
}

impl Routine for Wait {
    const QUALNAME: &'static str = "wait";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        match (machine.pc.replace(1), sent) {
            (0, _) => self.start(vm),
            (_, Sent::Value(_)) => {
                self.end(vm);
                self.answer(vm).map(Step::Return)
            }
            (_, Sent::Throw(exception)) => {
                self.end(vm);
                Err(vm.raise(exception))
            }
        }
    }
}

impl Wait {
    fn start(&self, vm: &Vm) -> R<Step> {
        let given = self.given.replace(Value::None);
        if given.as_future().is_some() || is_coroutine(vm, &given) {
            let name = vm.class_name(&given);
            return Err(vm.type_error(format!("expect a list of futures, not {name}")));
        }
        if !vm.is_true(&given)? {
            return Err(vm.value_error("Set of Tasks/Futures is empty."));
        }
        let until = self.until(vm)?;
        let distinct = Set::new();
        let mut futures = Vec::new();
        for item in vm.collect(&given)? {
            if is_coroutine(vm, &item) {
                return Err(vm.type_error("Passing coroutines is forbidden, use tasks explicitly."));
            }
            if item.as_future().is_none() {
                drop(vm.get_attr(&item, Symbol::of_static("add_done_callback"))?);
            }
            let native = future::of(vm, &item)?.0.clone();
            if vm.set_add(&distinct, item)? {
                futures.push(native);
            }
        }
        let running = state::get_running_loop(vm)?;
        let waiter = future::create(vm, &running);
        let data = Watch { waiter: waiter.clone(), left: Cell::new(futures.len()), until, timer: Cell::new(None) };
        let watch = Native::new(vm.class(T::Object), data);
        if let Some(future) = of_native(&waiter) {
            future.set_purpose(&watch);
        }
        if let (false, Some(data)) = (self.timeout.is_none(), watch.get::<Watch>()) {
            let event_loop = EventLoop::of(vm, &running)?;
            let delay = super::event_loop::deadline(vm, &self.timeout)?;
            data.timer.set(event_loop.after(vm, delay, &self.timeout, Handle::Release(waiter.clone()))?);
        }
        for one in &futures {
            future::watch(vm, one, Callback::Hook(Hook::Wait, watch.clone()))?;
        }
        *self.futures.borrow_mut() = futures;
        self.watch.set(Some(watch));
        Ok(Step::Await(Value::Native(waiter)))
    }

    fn until(&self, vm: &Vm) -> R<Until> {
        match self.return_when.as_str().map(|text| text.as_str()) {
            Some("ALL_COMPLETED") => Ok(Until::AllCompleted),
            Some("FIRST_COMPLETED") => Ok(Until::FirstCompleted),
            Some("FIRST_EXCEPTION") => Ok(Until::FirstException),
            _ => {
                let shown = vm.str(&self.return_when)?;
                Err(vm.value_error(format!("Invalid return_when value: {}", shown.as_str())))
            }
        }
    }

    /// The `finally` of the wait.
    fn end(&self, vm: &Vm) {
        let Some(watch) = self.watch.take() else { return };
        if let Some(data) = watch.get::<Watch>() {
            data.disarm(vm);
        }
        let futures = self.futures.borrow().clone();
        for one in &futures {
            future::unwatch(one, Hook::Wait, &watch);
        }
    }

    /// `(done, pending)`
    fn answer(&self, vm: &Vm) -> R {
        let (done, pending) = (Set::new_ref(), Set::new_ref());
        for one in self.futures.take() {
            let is_done = foreign::is_done(vm, &one)?;
            vm.set_add(if is_done { &done } else { &pending }, Value::Native(one))?;
        }
        Ok(Value::pair(Value::Set(done), Value::Set(pending)))
    }
}

impl Watch {
    fn disarm(&self, vm: &Vm) {
        if let Some(key) = self.timer.take()
            && let Some(running) = state::running_loop(vm)
            && let Some(event_loop) = running.get::<EventLoop>()
        {
            drop(event_loop.cancel_timer(key));
        }
    }
}

/// One of the futures is done.
pub fn one_done(vm: &Vm, watch: &Native, done: &Native) -> R<()> {
    let Some(data) = watch.get::<Watch>() else { return Ok(()) };
    data.left.set(data.left.get().saturating_sub(1));
    let enough = data.left.get() == 0
        || match data.until {
            Until::AllCompleted => false,
            Until::FirstCompleted => true,
            // Asking for the exception counts as looking at it.
            Until::FirstException => !foreign::is_cancelled(vm, done)? && foreign::failure(vm, done)?.is_some(),
        };
    if enough {
        data.disarm(vm);
        future::release(vm, &data.waiter, Value::None)?;
    }
    Ok(())
}

//! `asyncio.as_completed`: futures in the order in which they are done.

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashMap;

use super::coroutine::{Routine, coroutine, is_coroutine};
use super::event_loop::EventLoop;
use super::handle::Handle;
use super::queue::{self, Order, Queue};
use super::{ensure, foreign, future, origin, seconds, state};
use crate::event::{Nanos, TimerKey};
use crate::intern::sym;
use crate::object::callbacks::{Callback, Hook};
use crate::object::{Machine, Native, NativeData, R, Ref, Sent, Set, Step, T, Value, Vm};

/// The data of what `as_completed` gives.
pub struct AsCompleted {
    /// A `Queue` of futures that are done; `None` in it says that time is up.
    done: Native,
    todo: RefCell<FxHashMap<usize, Native>>,
    /// How many have not been handed out.
    pub left: Cell<usize>,
    timer: Cell<Option<TimerKey>>,
    event_loop: Native,
}

impl NativeData for AsCompleted {}

/// `asyncio.as_completed(fs, timeout=timeout)`
///
/// # Errors
/// TypeError for what is no iterable of awaitables.
pub fn as_completed(vm: &Vm, awaitables: &Value, timeout: &Value) -> R {
    if awaitables.as_future().is_some()
        || is_coroutine(vm, awaitables)
        || vm.special(awaitables, sym::__await__).is_some()
    {
        let name = vm.class_name(awaitables);
        return Err(vm.type_error(format!("expects an iterable of awaitables, not {name}")));
    }
    let event_loop = state::get_event_loop(vm)?;
    let (distinct, mut todo) = (Set::new(), Vec::new());
    for awaitable in vm.collect(awaitables)? {
        if vm.set_add(&distinct, awaitable.clone())? {
            todo.push(ensure::ensure_future(vm, &awaitable, Some(&event_loop))?);
        }
    }
    let data = AsCompleted {
        done: Native::new(vm.class(T::Queue), Queue::new(vm, Order::Fifo)),
        todo: RefCell::new(todo.iter().map(|one| (one.address(), one.clone())).collect()),
        left: Cell::new(todo.len()),
        timer: Cell::new(None),
        event_loop: event_loop.clone(),
    };
    let this = Native::new(vm.class(T::AsCompletedIterator), data);
    for one in &todo {
        future::watch(vm, one, Callback::Hook(Hook::AsCompleted, this.clone()))?;
    }
    if let (false, false, Some(data)) = (todo.is_empty(), timeout.is_none_or_missing(), this.get::<AsCompleted>()) {
        let running = EventLoop::of(vm, &event_loop)?;
        let when = Nanos::from_secs(seconds::added(vm, running.now(), timeout)?).unwrap_or(Nanos::ZERO);
        let delay = when.since(running.now());
        data.timer.set(running.after(vm, delay, timeout, Handle::Overdue(this.clone()))?);
    }
    Ok(Value::Native(this))
}

/// One of the futures is done.
pub fn one_done(vm: &Vm, this: &Native, done: &Native) -> R<()> {
    let Some(data) = this.get::<AsCompleted>() else { return Ok(()) };
    let (removed, empty) = {
        let mut todo = data.todo.borrow_mut();
        (todo.remove(&done.address()), todo.is_empty())
    };
    if removed.is_none() {
        return Ok(());
    }
    queue::put_nowait(vm, &data.done, &Value::Native(done.clone()))?;
    if empty
        && let Some(key) = data.timer.take()
        && let Some(event_loop) = data.event_loop.get::<EventLoop>()
    {
        drop(event_loop.cancel_timer(key));
    }
    Ok(())
}

/// Time is up: whoever waits for one of the rest gets a TimeoutError.
pub fn overdue(vm: &Vm, this: &Native) -> R<()> {
    let Some(data) = this.get::<AsCompleted>() else { return Ok(()) };
    data.timer.set(None);
    for one in data.todo.take().into_values() {
        future::unwatch(&one, Hook::AsCompleted, this);
        queue::put_nowait(vm, &data.done, &Value::None)?;
    }
    Ok(())
}

/// The next one as something to await: `__next__` gives its result (`resolve`), `__anext__` the future itself.
/// `None` at the end.
pub fn next(this: &AsCompleted, resolve: bool) -> Option<Value> {
    let left = this.left.get().checked_sub(1)?;
    this.left.set(left);
    Some(coroutine(WaitForOne { done: this.done.clone(), resolve }))
}

struct WaitForOne {
    done: Native,
    resolve: bool,
}

impl Routine for WaitForOne {
    const QUALNAME: &'static str = "_AsCompletedIterator._wait_for_one";
    const CLEANS_UP: bool = false;

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        match (machine.pc.replace(1), sent) {
            (0, _) => Ok(Step::Await(queue::get(&self.done))),
            (_, Sent::Value(Value::None)) => {
                let raised = vm.error(T::TimeoutError, "");
                origin::explain(vm, &vm.peek_raised(&raised), "the timeout of as_completed ran out");
                Err(raised)
            }
            (_, Sent::Value(Value::Native(found))) if self.resolve => foreign::result(vm, &found).map(Step::Return),
            (_, Sent::Value(found)) => Ok(Step::Return(found)),
            (_, Sent::Throw(exception)) => Err(vm.raise(exception)),
        }
    }
}

/// `__anext__` at the end: a coroutine that raises StopAsyncIteration.
pub fn exhausted() -> Value {
    coroutine(Exhausted)
}

struct Exhausted;

impl Routine for Exhausted {
    const QUALNAME: &'static str = "_AsCompletedIterator.__anext__";

    fn go_on(&self, _machine: &Ref<Machine>, _sent: Sent, vm: &Vm) -> R<Step> {
        Err(vm.error(T::StopAsyncIteration, ""))
    }
}

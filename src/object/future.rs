//! Futures and tasks as data: state, outcome, who is to be told. What happens when one is done is decided in
//! `tasks/`; `interp` only asks whether one is done, and for its outcome.
#![allow(unsafe_code)]

use std::cell::{Cell, OnceCell, RefCell};

use super::callbacks::{Callback, Callbacks};
use super::cell::Plain;
use super::context::Ctx;
use super::cycles::Tracer;
use super::{Exception, Native, NativeData, Ref, Swap, Value};

// SAFETY: `Native::clone` only increments a count in the object's header.
unsafe impl Plain for Native {}
// SAFETY: as above.
unsafe impl Plain for Option<Native> {}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FutureState {
    Pending,
    Cancelled,
    Finished,
}

/// An exception was set and nobody has looked at it.
const LOG_TRACEBACK: u8 = 1;
/// The outcome is an exception: of a finished future its own, of a cancelled one the CancelledError that ended it.
const FAILED: u8 = 4;
/// For tasks: nobody minds if it goes while pending.
const QUIET: u8 = 8;
/// For tasks: cancel it at its next step.
const MUST_CANCEL: u8 = 16;

/// The data of an `asyncio.Future`.
pub struct Future {
    state: Cell<FutureState>,
    flags: Cell<u8>,
    /// Yielded by an `await`, not by a bare `yield`: `_asyncio_future_blocking`.
    pub blocking: Cell<bool>,
    /// How many sites the exception's traceback had when it was set: where it is set back to when it is raised.
    sites: Cell<u32>,
    /// Not set before `__init__` has run.
    event_loop: OnceCell<Native>,
    /// Finished: result or exception; cancelled: the exception that ended the task. `Missing` when there is none.
    outcome: Swap<Value>,
    /// What the last `cancel(msg=...)` was given. Stays when the future finishes after all.
    message: Swap<Option<Box<Value>>>,
    callbacks: Swap<Callbacks>,
}

const _: () = {
    assert!(size_of::<Future>() == 56);
    assert!(size_of::<Task>() <= 128);
};

impl Future {
    pub fn new(event_loop: Option<&Native>) -> Future {
        let cell = OnceCell::new();
        if let Some(event_loop) = event_loop {
            let _ = cell.set(event_loop.clone());
        }
        Future {
            state: Cell::new(FutureState::Pending),
            flags: Cell::new(0),
            blocking: Cell::new(false),
            sites: Cell::new(0),
            event_loop: cell,
            outcome: Swap::new(Value::Missing),
            message: Swap::new(None),
            callbacks: Swap::default(),
        }
    }

    /// The loop it belongs to; `None` before `__init__` has run.
    pub fn event_loop(&self) -> Option<&Native> {
        self.event_loop.get()
    }

    /// Gives a future its loop, once.
    pub fn set_event_loop(&self, event_loop: &Native) {
        let _ = self.event_loop.set(event_loop.clone());
    }

    pub fn state(&self) -> FutureState {
        self.state.get()
    }

    #[inline(always)]
    pub fn is_done(&self) -> bool {
        self.state.get() != FutureState::Pending
    }

    pub fn is_cancelled(&self) -> bool {
        self.state.get() == FutureState::Cancelled
    }

    #[inline(always)]
    fn has(&self, flag: u8) -> bool {
        self.flags.get() & flag != 0
    }

    #[inline(always)]
    fn set(&self, flag: u8, on: bool) {
        let others = self.flags.get() & !flag;
        self.flags.set(if on { others | flag } else { others });
    }

    /// An exception was set and nobody has looked at it: reported when the future goes.
    pub fn is_unretrieved(&self) -> bool {
        self.has(LOG_TRACEBACK)
    }

    /// Somebody has looked at the outcome.
    #[inline(always)]
    pub fn mark_retrieved(&self) {
        self.set(LOG_TRACEBACK, false);
    }

    /// For tasks: nobody minds if it goes while pending (`_log_destroy_pending = False`).
    pub fn is_quiet(&self) -> bool {
        self.has(QUIET)
    }

    pub fn set_quiet(&self) {
        self.set(QUIET, true);
    }

    /// What a pending future was made to wait at: a lock, a queue, a task group. Kept where the outcome will be.
    pub fn purpose(&self) -> Option<Value> {
        let purpose = if self.is_done() { Value::Missing } else { self.outcome.get() };
        (!purpose.is_missing()).then_some(purpose)
    }

    /// See [`Future::purpose`].
    #[inline]
    pub fn set_purpose(&self, object: &Native) {
        self.outcome.set(Value::Native(object.clone()));
    }

    /// The result, when it finished with one.
    #[inline(always)]
    pub fn result(&self) -> Option<Value> {
        let ok = self.state.get() == FutureState::Finished && !self.has(FAILED);
        ok.then(|| self.outcome.get())
    }

    /// The exception, when it finished with one. Does not count as looking at it.
    pub fn failure(&self) -> Option<Ref<Exception>> {
        if self.state.get() != FutureState::Finished || !self.has(FAILED) {
            return None;
        }
        match self.outcome.get() {
            Value::Exception(exception) => Some(exception),
            _ => None,
        }
    }

    /// The exception of a failed future to raise it: with the traceback it had when it was set (the first time; later
    /// with none, as `_asynciomodule.c` has it).
    pub fn failure_to_raise(&self) -> Option<Ref<Exception>> {
        let exception = self.failure()?;
        self.mark_retrieved();
        exception.traceback.borrow_mut().sites.truncate(self.sites.replace(0) as usize);
        Some(exception)
    }

    /// The CancelledError that ended the task, the first time somebody asks.
    pub fn take_cancelled_error(&self) -> Option<Ref<Exception>> {
        if !self.has(FAILED) || self.state.get() == FutureState::Finished {
            return None;
        }
        self.set(FAILED, false);
        match self.outcome.replace(Value::Missing) {
            Value::Exception(exception) => Some(exception),
            _ => None,
        }
    }

    /// What `cancel(msg=...)` was given; `Missing` without.
    pub fn cancel_message(&self) -> Value {
        let message = self.message.take();
        let copy = message.as_deref().cloned().unwrap_or(Value::Missing);
        self.message.replace(message);
        copy
    }

    pub fn set_cancel_message(&self, message: Value) {
        self.message.set((!message.is_none_or_missing()).then(|| Box::new(message)));
    }

    /// Pending to finished, with a result. Gives the callbacks that are now due.
    #[inline]
    pub fn finish(&self, result: Value) -> Callbacks {
        let old = self.outcome.replace(result);
        self.state.set(FutureState::Finished);
        let callbacks = self.take_callbacks();
        drop(old);
        callbacks
    }

    /// Pending to finished, with an exception. Gives the callbacks that are now due.
    pub fn fail(&self, exception: Ref<Exception>) -> Callbacks {
        self.sites.set(exception.traceback.borrow().sites.len() as u32);
        let old = self.outcome.replace(Value::Exception(exception));
        self.state.set(FutureState::Finished);
        self.set(FAILED | LOG_TRACEBACK, true);
        let callbacks = self.take_callbacks();
        drop(old);
        callbacks
    }

    /// Pending to cancelled, by a message or by the exception that ended the task. Gives the callbacks that are now due.
    pub fn cancel(&self, message: Value, exception: Option<Ref<Exception>>) -> Callbacks {
        self.set(FAILED, exception.is_some());
        self.set_cancel_message(message);
        self.outcome.set(exception.map_or(Value::Missing, Value::Exception));
        self.state.set(FutureState::Cancelled);
        self.take_callbacks()
    }

    #[inline]
    pub fn take_callbacks(&self) -> Callbacks {
        self.callbacks.replace(Callbacks::None)
    }

    /// Puts callbacks (back) in place of those there are.
    pub fn put_callbacks(&self, callbacks: Callbacks) {
        self.callbacks.set(callbacks);
    }

    #[inline]
    pub fn add_callback(&self, callback: Callback) {
        let callbacks = self.take_callbacks().push(callback);
        self.callbacks.set(callbacks);
    }

    /// Removes the callbacks that `is_it` chooses, which must run no script, among those of a key or among all.
    /// Says how many.
    pub fn remove_callbacks(&self, key: Option<usize>, is_it: &dyn Fn(&Callback) -> bool) -> usize {
        let mut all = self.take_callbacks();
        let gone = all.remove(key, is_it);
        self.put_callbacks(all);
        gone.len()
    }

    /// Whether no callback's equality with another is for a script to say.
    pub fn has_keyed_callbacks(&self) -> bool {
        let mut all = self.take_callbacks();
        let keyed = all.are_keyed();
        self.put_callbacks(all);
        keyed
    }

    fn show(&self, tracer: &mut Tracer) {
        self.event_loop.get().into_iter().for_each(|event_loop| tracer.native(event_loop));
        self.outcome.look(|outcome| tracer.value(outcome));
        self.message.look(|message| message.iter().for_each(|message| tracer.value(message)));
        self.callbacks.look(|callbacks| callbacks.iter().for_each(|callback| callback.show(tracer)));
    }

    /// It is part of a cycle that nobody holds: forgets whom to tell, and its outcome.
    fn empty(&self) {
        drop(self.take_callbacks());
        drop((self.outcome.replace(Value::Missing), self.message.take()));
        self.set(LOG_TRACEBACK | FAILED, false);
        self.state.set(FutureState::Cancelled);
    }

    fn is_lost(&self) -> bool {
        self.has(LOG_TRACEBACK) && self.event_loop.get().is_some()
    }
}

impl NativeData for Future {
    fn trace(&self, tracer: &mut Tracer) {
        self.show(tracer);
    }
    fn clear(&self) {
        self.empty();
    }
    fn needs_finalizer(&self) -> bool {
        self.is_lost()
    }
    fn finalize(this: &Native) {
        super::vm::finalize(&Value::Native(this.clone()));
    }
}

/// The data of an `asyncio.Task`.
pub struct Task {
    pub future: Future,
    /// What it runs; `None` for an eager task that is done, `Missing` before `__init__` has run.
    pub coroutine: Swap<Value>,
    /// What it waits for: `_fut_waiter`.
    pub waiter: Swap<Option<Native>>,
    /// A str, or the number of a name that nobody has asked for: `Task-7`.
    pub name: Swap<Value>,
    context: Swap<Ctx>,
    /// How often it was cancelled and not uncancelled.
    pub cancels: Cell<u32>,
    /// Its place among the loop's unfinished tasks, plus one.
    pub place: Cell<u32>,
    /// The number of the site that made it.
    pub made_at: Cell<u32>,
}

impl Task {
    pub fn new(future: Future, coroutine: Value, name: Value, context: Ctx) -> Task {
        Task {
            future,
            coroutine: Swap::new(coroutine),
            waiter: Swap::new(None),
            name: Swap::new(name),
            context: Swap::new(context),
            cancels: Cell::new(0),
            place: Cell::new(0),
            made_at: Cell::new(u32::MAX),
        }
    }

    /// It is to be cancelled at its next step.
    #[inline(always)]
    pub fn must_cancel(&self) -> bool {
        self.future.has(MUST_CANCEL)
    }

    pub fn set_must_cancel(&self, on: bool) {
        self.future.set(MUST_CANCEL, on);
    }

    /// Takes the context out while the task runs in it; gives back what stood there.
    #[inline(always)]
    pub fn swap_context(&self, context: Ctx) -> Ctx {
        self.context.replace(context)
    }
}

impl NativeData for Task {
    fn trace(&self, tracer: &mut Tracer) {
        self.future.show(tracer);
        self.coroutine.look(|value| tracer.value(value));
        self.name.look(|value| tracer.value(value));
        self.waiter.look(|waiter| waiter.iter().for_each(|waiter| tracer.native(waiter)));
        self.context.look(|context| context.show(tracer));
    }
    fn clear(&self) {
        self.future.empty();
        drop((self.coroutine.replace(Value::None), self.waiter.take()));
    }
    fn needs_finalizer(&self) -> bool {
        let pending = !self.future.is_done() && !self.future.is_quiet() && !self.coroutine.is_missing();
        self.future.is_lost() || (pending && self.future.event_loop().is_some())
    }
    fn finalize(this: &Native) {
        super::vm::finalize(&Value::Native(this.clone()));
    }
}

/// The data of what `gather` returns.
pub struct Gathering {
    pub future: Future,
    /// One for each argument, in order; arguments given twice stand twice.
    pub children: RefCell<Vec<Native>>,
    /// How many different children there are, and how many of them are done.
    pub expected: Cell<u32>,
    pub finished: Cell<u32>,
    pub return_exceptions: bool,
    pub cancel_requested: Cell<bool>,
}

impl NativeData for Gathering {
    fn trace(&self, tracer: &mut Tracer) {
        self.future.show(tracer);
        if let Ok(children) = self.children.try_borrow() {
            children.iter().for_each(|child| tracer.native(child));
        }
    }
    fn clear(&self) {
        self.future.empty();
        drop(self.children.try_borrow_mut().map(|mut children| std::mem::take(&mut *children)));
    }
    fn needs_finalizer(&self) -> bool {
        self.future.is_lost()
    }
    fn finalize(this: &Native) {
        super::vm::finalize(&Value::Native(this.clone()));
    }
}

/// The future inside a native object, whichever kind of future it is.
#[inline]
pub fn of_native(native: &Native) -> Option<&Future> {
    if let Some(future) = native.get::<Future>() {
        return Some(future);
    }
    if let Some(task) = native.get::<Task>() {
        return Some(&task.future);
    }
    native.get::<Gathering>().map(|gathering| &gathering.future)
}

impl Value {
    /// The future, if this is a Future, a Task or an instance of a script's subclass of them.
    #[inline]
    pub fn as_future(&self) -> Option<&Future> {
        match self {
            Value::Native(native) => of_native(native),
            _ => None,
        }
    }

    /// The native object, whatever its data.
    pub fn as_native_object(&self) -> Option<&Native> {
        match self {
            Value::Native(native) => Some(native),
            _ => None,
        }
    }
}

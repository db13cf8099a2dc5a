//! `asyncio.gather`: one future for the results of many. A child's end costs one hop to the gathering future, and that
//! one's end another to whoever awaits it.

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashMap;

use super::ensure::ensure_future;
use super::{foreign, future, state};
use crate::object::callbacks::{Callback, Hook};
use crate::object::future::{Future, Gathering, of_native};
use crate::object::{Dict, Native, R, T, Value, Vm};

/// `asyncio.gather(*awaitables, return_exceptions=...)`
///
/// # Errors
/// TypeError for what cannot be awaited; those of making tasks.
pub fn gather(vm: &Vm, awaitables: &[Value], return_exceptions: bool) -> R {
    gather_on(vm, None, awaitables, return_exceptions)
}

/// [`gather`] on a loop that may not run yet.
///
/// # Errors
/// As for [`gather`].
pub fn gather_on(vm: &Vm, event_loop: Option<&Native>, awaitables: &[Value], return_exceptions: bool) -> R {
    if awaitables.is_empty() {
        let event_loop = state::get_event_loop(vm)?;
        let outer = future::create(vm, &event_loop);
        future::set_result(vm, &outer, Value::list(Vec::new()))?;
        return Ok(Value::Native(outer));
    }
    let mut outer: Option<Native> = None;
    let mut event_loop = event_loop.cloned();
    let (mut seen, mut done) = (Seen::default(), Vec::new());
    for awaitable in awaitables {
        let known = seen.find(vm, awaitable)?;
        let child = match &known {
            Some(child) => child.clone(),
            None => ensure_future(vm, awaitable, event_loop.as_ref())?,
        };
        let Some(data) = of_native(&child) else { continue };
        if event_loop.is_none() {
            event_loop = Some(future::loop_of(vm, data)?.clone());
        }
        let Some(event_loop) = &event_loop else { continue };
        let outer = outer.get_or_insert_with(|| create(vm, event_loop, awaitables.len(), return_exceptions));
        let Some(gathering) = outer.get::<Gathering>() else { continue };
        if known.is_none() {
            if !matches!(awaitable, Value::Native(native) if Native::same(native, &child)) {
                data.set_quiet();
            }
            gathering.expected.set(gathering.expected.get() + 1);
            seen.add(vm, awaitable, &child)?;
            if foreign::is_done(vm, &child)? {
                done.push(child.clone());
            } else {
                future::watch(vm, &child, Callback::Hook(Hook::Gather, outer.clone()))?;
            }
        }
        gathering.children.borrow_mut().push(child);
    }
    let Some(outer) = outer else { return Ok(Value::None) };
    for child in &done {
        child_done(vm, &outer, child)?;
    }
    Ok(Value::Native(outer))
}

fn create(vm: &Vm, event_loop: &Native, count: usize, return_exceptions: bool) -> Native {
    let data = Gathering {
        future: Future::new(Some(event_loop)),
        children: RefCell::new(Vec::with_capacity(count)),
        expected: Cell::new(0),
        finished: Cell::new(0),
        return_exceptions,
        cancel_requested: Cell::new(false),
    };
    Native::new(vm.class(T::GatheringFuture), data)
}

/// The awaitables so far with their children: the same one given twice is one child.
#[derive(Default)]
struct Seen {
    /// Coroutines and futures of our own classes are told apart by identity.
    by_identity: FxHashMap<usize, Native>,
    /// Objects of scripts, which may define equality.
    by_equality: Option<Dict>,
}

impl Seen {
    fn is_plain(awaitable: &Value) -> bool {
        match awaitable {
            Value::Machine(_) => true,
            Value::Native(native) => native.class().builtin.is_some(),
            _ => false,
        }
    }

    fn find(&self, vm: &Vm, awaitable: &Value) -> R<Option<Native>> {
        if Seen::is_plain(awaitable) {
            return Ok(self.by_identity.get(&awaitable.id()).cloned());
        }
        match &self.by_equality {
            Some(dict) => match vm.dict_get(dict, awaitable)? {
                Some(Value::Native(child)) => Ok(Some(child)),
                _ => Ok(None),
            },
            None => Ok(None),
        }
    }

    fn add(&mut self, vm: &Vm, awaitable: &Value, child: &Native) -> R<()> {
        if Seen::is_plain(awaitable) {
            self.by_identity.insert(awaitable.id(), child.clone());
            return Ok(());
        }
        let dict = self.by_equality.get_or_insert_with(Dict::new);
        vm.dict_set(dict, awaitable.clone(), Value::Native(child.clone()))
    }
}

/// A child is done.
///
/// # Errors
/// None but those of a loop that was never initialised.
pub fn child_done(vm: &Vm, outer: &Native, child: &Native) -> R<()> {
    let Some(gathering) = outer.get::<Gathering>() else { return Ok(()) };
    gathering.finished.set(gathering.finished.get() + 1);
    if gathering.future.is_done() {
        if !foreign::is_cancelled(vm, child)? {
            foreign::failure(vm, child)?;
        }
        return Ok(());
    }
    if !gathering.return_exceptions {
        if foreign::is_cancelled(vm, child)? {
            let exception = vm.cancelled_error(&Value::Native(child.clone()));
            return future::set_exception(vm, outer, &Value::Exception(exception));
        }
        if let Some(exception) = foreign::failure(vm, child)? {
            return future::set_exception(vm, outer, &Value::Exception(exception));
        }
    }
    if gathering.finished.get() < gathering.expected.get() {
        return Ok(());
    }
    let children = gathering.children.borrow().clone();
    let results = children.iter().map(|child| outcome(vm, child)).collect::<R<_>>()?;
    if gathering.cancel_requested.get() {
        // `fut` in CPython's closure is the last child by now.
        let last = children.last().unwrap_or(child);
        let exception = vm.cancelled_error(&Value::Native(last.clone()));
        return future::set_exception(vm, outer, &Value::Exception(exception));
    }
    future::set_result(vm, outer, Value::list(results))
}

/// A child's result, or its exception as a value.
fn outcome(vm: &Vm, child: &Native) -> R {
    let Some(data) = of_native(child) else { return Ok(Value::None) };
    if foreign::is_cancelled(vm, child)? {
        let message = data.cancel_message();
        let message = if message.is_none_or_missing() { Value::str("") } else { message };
        return Ok(Value::Exception(vm.new_exception(T::CancelledError, vec![message])));
    }
    match foreign::failure(vm, child)? {
        Some(exception) => Ok(Value::Exception(exception)),
        None => foreign::result(vm, child),
    }
}

/// `cancel` of the gathering future: cancels the children; it is done when they are.
///
/// # Errors
/// RecursionError for gatherings nested without end; those of a script's `cancel`.
pub fn cancel(vm: &Vm, outer: &Native, message: &Value) -> R<bool> {
    let Some(gathering) = outer.get::<Gathering>() else { return Ok(false) };
    if gathering.future.is_done() {
        return Ok(false);
    }
    let _depth = vm.enter_call()?;
    let mut any = false;
    let children = gathering.children.borrow().clone();
    for child in &children {
        any |= future::cancel(vm, child, message)?;
    }
    if any {
        gathering.cancel_requested.set(true);
    }
    Ok(any)
}

//! `asyncio.gather`: one future for the results of many. A child's end costs one hop to the gathering future, and that
//! one's end another to whoever awaits it.

use std::cell::{Cell, RefCell};

use super::ensure::ensure_future;
use super::{future, state};
use crate::object::future::{Callback, Future, Gathering, Hook, of_native};
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
    let mut children = Vec::with_capacity(awaitables.len());
    let mut event_loop = event_loop.cloned();
    // The same awaitable given twice is one child.
    let seen = Dict::new();
    let mut distinct = Vec::new();
    for awaitable in awaitables {
        if let Some(Value::Native(child)) = vm.dict_get(&seen, awaitable)? {
            children.push(child);
            continue;
        }
        let child = ensure_future(vm, awaitable, event_loop.as_ref())?;
        let Some(data) = of_native(&child) else { continue };
        if event_loop.is_none() {
            event_loop = Some(future::loop_of(vm, data)?.clone());
        }
        let is_new = !matches!(awaitable, Value::Native(native) if Native::same(native, &child));
        if is_new {
            data.set_quiet();
        }
        vm.dict_set(&seen, awaitable.clone(), Value::Native(child.clone()))?;
        distinct.push(child.clone());
        children.push(child);
    }
    let Some(event_loop) = event_loop else { return Ok(Value::None) };
    Ok(Value::Native(make(vm, &event_loop, children, distinct, return_exceptions)?))
}

fn make(
    vm: &Vm,
    event_loop: &Native,
    children: Vec<Native>,
    distinct: Vec<Native>,
    return_exceptions: bool,
) -> R<Native> {
    let data = Gathering {
        future: Future::new(Some(event_loop)),
        children: RefCell::new(children),
        expected: Cell::new(distinct.len() as u32),
        finished: Cell::new(0),
        return_exceptions,
        cancel_requested: Cell::new(false),
    };
    let outer = Native::new(vm.class(T::GatheringFuture), data);
    let is_done = |child: &Native| of_native(child).is_some_and(Future::is_done);
    let (done, pending): (Vec<_>, Vec<_>) = distinct.into_iter().partition(is_done);
    for child in &pending {
        future::watch(vm, child, Callback::Hook(Hook::Gather, outer.clone()))?;
    }
    for child in &done {
        child_done(vm, &outer, child)?;
    }
    Ok(outer)
}

/// A child is done.
///
/// # Errors
/// None but those of a loop that was never initialised.
pub fn child_done(vm: &Vm, outer: &Native, child: &Native) -> R<()> {
    let Some(gathering) = outer.get::<Gathering>() else { return Ok(()) };
    let Some(data) = of_native(child) else { return Ok(()) };
    gathering.finished.set(gathering.finished.get() + 1);
    if gathering.future.is_done() {
        future::forget(child);
        return Ok(());
    }
    if !gathering.return_exceptions {
        if data.is_cancelled() {
            let exception = vm.cancelled_error(&Value::Native(child.clone()));
            return future::set_exception(vm, outer, &Value::Exception(exception));
        }
        data.mark_retrieved();
        if let Some(exception) = data.failure() {
            return future::set_exception(vm, outer, &Value::Exception(exception));
        }
    }
    if gathering.finished.get() < gathering.expected.get() {
        return Ok(());
    }
    let children = gathering.children.borrow().clone();
    let results = children.iter().map(|child| outcome(vm, child)).collect();
    if gathering.cancel_requested.get() {
        // `fut` in CPython's closure is the last child by now.
        let last = children.last().unwrap_or(child);
        let exception = vm.cancelled_error(&Value::Native(last.clone()));
        return future::set_exception(vm, outer, &Value::Exception(exception));
    }
    future::set_result(vm, outer, Value::list(results))
}

/// A child's result, or its exception as a value.
fn outcome(vm: &Vm, child: &Native) -> Value {
    let Some(data) = of_native(child) else { return Value::None };
    if data.is_cancelled() {
        let message = data.cancel_message();
        let message = if message.is_none_or_missing() { Value::str("") } else { message };
        return Value::Exception(vm.new_exception(T::CancelledError, vec![message]));
    }
    data.mark_retrieved();
    match data.failure() {
        Some(exception) => Value::Exception(exception),
        None => data.result().unwrap_or(Value::None),
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

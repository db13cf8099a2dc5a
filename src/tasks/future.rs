//! What happens to futures: they are finished, cancelled, watched. Every callback costs one hop through the ready queue
//! (CPython: `_asynciomodule.c`, `Lib/asyncio/futures.py`).

use super::event_loop::EventLoop;
use super::handle::Handle;
use super::observer;
use super::{alike, context, foreign, gather, overridden, task};
use crate::intern::sym;
use crate::object::callbacks::{self, Callable, Callback, Callbacks};
use crate::object::future::{Future, FutureState, Gathering, Task, of_native};
use crate::object::{Native, R, Raised, Ref, T, Value, Vm};

/// A future of the loop, that of a script's class if it defines `create_future`.
pub fn create(vm: &Vm, event_loop: &Native) -> Native {
    let asked = event_loop.get::<EventLoop>().and_then(|data| data.overridden(overridden::CREATE_FUTURE));
    let made = asked.and_then(|asked| overridden::create_future(vm, &asked));
    made.unwrap_or_else(|| create_own(vm, event_loop))
}

/// `loop.create_future()`
pub fn create_own(vm: &Vm, event_loop: &Native) -> Native {
    Native::new(vm.class(T::AsyncioFuture), Future::new(Some(event_loop)))
}

/// A future that somebody waits at an object with.
pub fn create_for(vm: &Vm, event_loop: &Native, object: &Native) -> Native {
    let made = create(vm, event_loop);
    if let Some(future) = of_native(&made) {
        future.set_purpose(object);
    }
    made
}

/// The future inside a value, `None` when it is none or was never initialised.
pub fn of<'a>(vm: &Vm, value: &'a Value) -> R<(&'a Native, &'a Future)> {
    if let Value::Native(native) = value
        && let Some(future) = of_native(native)
    {
        return Ok((native, future));
    }
    Err(vm.type_error(format!("a future was expected, got '{}'", vm.class_name(value))))
}

/// The loop of a future.
///
/// # Errors
/// RuntimeError when a subclass never called `__init__`.
pub fn loop_of<'a>(vm: &Vm, future: &'a Future) -> R<&'a Native> {
    future.event_loop().ok_or_else(|| vm.runtime_error("Future object is not initialized."))
}

/// Runs `then` with the loop's data.
#[inline]
pub fn with_loop<V>(vm: &Vm, future: &Future, then: impl FnOnce(&EventLoop) -> R<V>) -> R<V> {
    match loop_of(vm, future)?.get::<EventLoop>() {
        Some(event_loop) => then(event_loop),
        None => Err(vm.runtime_error("Future object is not initialized.")),
    }
}

/// Makes the callbacks of a future that is done ready, in order.
#[inline]
fn schedule(vm: &Vm, this: &Native, future: &Future, callbacks: Callbacks) -> R<()> {
    match callbacks {
        Callbacks::None => Ok(()),
        Callbacks::One(one) => with_loop(vm, future, |event_loop| {
            tell(vm, event_loop, &one);
            event_loop.push(vm, handle_of(one, this))
        }),
        Callbacks::Many(all) => with_loop(vm, future, |event_loop| {
            for callback in all.into_vec().into_iter().flatten() {
                tell(vm, event_loop, &callback);
                event_loop.push(vm, handle_of(callback, this))?;
            }
            Ok(())
        }),
    }
}

/// An observer hears of the task that is woken.
#[inline(always)]
fn tell(vm: &Vm, event_loop: &EventLoop, callback: &Callback) {
    if event_loop.state.watch.is_on()
        && let Callback::Wake(task) = callback
    {
        observer::told(vm, event_loop, task, observer::Event::Woken);
    }
}

#[inline]
fn handle_of(callback: Callback, future: &Native) -> Handle {
    match callback {
        Callback::Wake(task) => Handle::Wake(task, future.clone()),
        Callback::Hook(hook, target) => Handle::Hook(hook, target, future.clone()),
        Callback::Call(callable) => Handle::Done(callable, future.clone()),
    }
}

#[cold]
fn invalid_state(vm: &Vm) -> Raised {
    vm.error(T::InvalidStateError, "invalid state")
}

/// `future.set_result(result)`
///
/// # Errors
/// InvalidStateError when it is done.
#[inline]
pub fn set_result(vm: &Vm, this: &Native, result: Value) -> R<()> {
    let Some(future) = of_native(this) else { return Ok(()) };
    loop_of(vm, future)?;
    if future.is_done() {
        return Err(invalid_state(vm));
    }
    let callbacks = future.finish(result);
    schedule(vm, this, future, callbacks)
}

/// `future.set_exception(exception)`, for an instance or a class.
///
/// # Errors
/// InvalidStateError when it is done; TypeError for what is no exception.
pub fn set_exception(vm: &Vm, this: &Native, exception: &Value) -> R<()> {
    let Some(future) = of_native(this) else { return Ok(()) };
    loop_of(vm, future)?;
    if future.is_done() {
        return Err(invalid_state(vm));
    }
    let instance = match exception {
        Value::Class(class) if class.is_subclass(vm.class(T::BaseException)) => vm.call0(exception)?,
        other => other.clone(),
    };
    let Value::Exception(mut exception) = instance else {
        return Err(vm.type_error("invalid exception object"));
    };
    if vm.matches(&exception, T::StopIteration) {
        let text = "StopIteration interacts badly with generators and cannot be raised into a Future";
        let outer = vm.new_exception(T::RuntimeError, vec![Value::str(text)]);
        outer.cause.set(Some(exception.clone()));
        outer.context.set(Some(exception));
        outer.suppress_context.set(true);
        exception = outer;
    }
    let callbacks = future.fail(exception);
    schedule(vm, this, future, callbacks)
}

/// Cancels a pending future itself, whatever its class; the exception is that which ended a task.
pub fn cancel_plain(
    vm: &Vm,
    this: &Native,
    message: Value,
    exception: Option<Ref<crate::object::Exception>>,
) -> R<bool> {
    let Some(future) = of_native(this) else { return alike::cancel(vm, this, &message) };
    future.mark_retrieved();
    if future.is_done() {
        return Ok(false);
    }
    loop_of(vm, future)?;
    let callbacks = future.cancel(message, exception);
    schedule(vm, this, future, callbacks)?;
    Ok(true)
}

/// `future.cancel(msg)` as a script would call it: an override of a subclass counts.
pub fn cancel(vm: &Vm, this: &Native, message: &Value) -> R<bool> {
    if this.class().builtin.is_none() {
        let object = Value::Native(this.clone());
        let method = vm.get_attr(&object, sym::cancel)?;
        if !is_own_method(&method) {
            let keywords = [(sym::msg, message.clone().or_none())];
            let answer = vm.call(&method, crate::object::Args { positional: &[], keywords: &keywords })?;
            return vm.is_true(&answer);
        }
    }
    cancel_own(vm, this, message)
}

fn is_own_method(method: &Value) -> bool {
    matches!(method, Value::Method(m) if matches!(m.function, Value::Builtin(_)))
}

/// `cancel` of our own classes.
pub fn cancel_own(vm: &Vm, this: &Native, message: &Value) -> R<bool> {
    if this.get::<Task>().is_some() {
        return task::cancel(vm, this, message);
    }
    if this.get::<Gathering>().is_some() {
        return gather::cancel(vm, this, message);
    }
    cancel_plain(vm, this, message.clone(), None)
}

/// `future.exception()`
///
/// # Errors
/// CancelledError; InvalidStateError while it is pending.
pub fn exception(vm: &Vm, value: &Value) -> R {
    let (_, future) = of(vm, value)?;
    match future.state() {
        FutureState::Pending if future.event_loop().is_none() => {
            Err(vm.error(T::InvalidStateError, "Future object is not initialized."))
        }
        FutureState::Pending => Err(vm.error(T::InvalidStateError, "Exception is not set.")),
        FutureState::Cancelled => Err(vm.throw(vm.cancelled_error(value))),
        FutureState::Finished => {
            future.mark_retrieved();
            Ok(future.failure().map_or(Value::None, Value::Exception))
        }
    }
}

/// `future.add_done_callback(function, context=context)`
pub fn add_callback(vm: &Vm, this: &Native, function: Value, given: &Value) -> R<()> {
    let Some(future) = of_native(this) else { return Ok(()) };
    if future.event_loop().is_none() {
        return Err(vm.runtime_error("uninitialized Future object"));
    }
    let context = context::given_or_copy(vm, given)?;
    watch_own(vm, this, future, Callback::Call(Box::new(Callable { function, context })))
}

/// Adds a callback of any kind; one added to a future that is done is made ready at once.
#[inline]
pub fn watch(vm: &Vm, this: &Native, callback: Callback) -> R<()> {
    let Some(future) = of_native(this) else { return Ok(()) };
    if this.class().builtin.is_none()
        && let Some(method) = foreign::method(vm, this, "add_done_callback")
    {
        return foreign::add(vm, &method, callback);
    }
    watch_own(vm, this, future, callback)
}

#[inline]
fn watch_own(vm: &Vm, this: &Native, future: &Future, callback: Callback) -> R<()> {
    if future.is_done() {
        return with_loop(vm, future, |event_loop| event_loop.push(vm, handle_of(callback, this)));
    }
    future.add_callback(callback);
    Ok(())
}

/// `future.remove_done_callback(function)`: how many were removed.
pub fn remove_callback(vm: &Vm, this: &Native, function: &Value) -> R<usize> {
    let Some(future) = of_native(this) else { return Ok(0) };
    loop_of(vm, future)?;
    if let key @ Some(_) = callbacks::key(function).filter(|_| future.has_keyed_callbacks()) {
        return Ok(future.remove_callbacks(key, &|callback| match callback {
            Callback::Call(callable) => callbacks::same(&callable.function, function),
            _ => false,
        }));
    }
    // A script's `__eq__` may add and remove callbacks: decide on copies first.
    let taken = future.take_callbacks();
    let candidates: Vec<Value> = taken.iter().filter_map(function_of).collect();
    future.put_callbacks(taken);
    let mut equal = Vec::new();
    for candidate in candidates {
        if candidate.is(function) || vm.eq(&candidate, function)? {
            equal.push(candidate);
        }
    }
    Ok(future.remove_callbacks(None, &|callback| match callback {
        Callback::Call(callable) => equal.iter().any(|value| value.is(&callable.function)),
        _ => false,
    }))
}

fn function_of(callback: &Callback) -> Option<Value> {
    match callback {
        Callback::Call(callable) => Some(callable.function.clone()),
        _ => None,
    }
}

/// Takes back a callback of the loop's own.
pub fn unwatch(this: &Native, hook: callbacks::Hook, target: &Native) {
    if let Some(future) = of_native(this) {
        // A script's class may have been given it as an object.
        let key = this.class().builtin.map(|_| target.address());
        future.remove_callbacks(key, &|callback| match callback {
            Callback::Hook(kind, other) => *kind == hook && Native::same(other, target),
            Callback::Call(callable) => foreign::is_hook(&callable.function, hook, target),
            Callback::Wake(_) => false,
        });
    }
}

/// Finishes a waiter that may be done already: `if not fut.done(): fut.set_result(value)`.
pub fn release(vm: &Vm, this: &Native, value: Value) -> R<()> {
    match of_native(this) {
        Some(future) if !future.is_done() => set_result(vm, this, value),
        _ => Ok(()),
    }
}

/// Nobody listens any more: the outcome counts as looked at.
pub fn forget(this: &Native) {
    if let Some(future) = of_native(this)
        && !future.is_cancelled()
    {
        future.mark_retrieved();
    }
}

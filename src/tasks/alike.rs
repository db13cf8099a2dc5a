//! Objects of scripts that are futures by their looks: they have `_asyncio_future_blocking` (CPython: `base_futures.isfuture`). A task
//! that awaits one waits through the object's own methods. Knows nothing of how a task's step ends otherwise.

use super::{context, foreign, task};
use crate::intern::{Symbol, sym};
use crate::object::cycles::Tracer;
use crate::object::future::Task;
use crate::object::{Args, Native, NativeData, R, T, Value, Vm};

const BLOCKING: &str = "_asyncio_future_blocking";

/// What a task waits for, in the place where a future of ours would stand.
struct Alike {
    object: Value,
}

impl NativeData for Alike {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.value(&self.object);
    }
}

/// `asyncio.isfuture(object)` of what is no future of ours.
///
/// # Errors
/// Those of a script's attribute.
#[cold]
pub fn is_alike(vm: &Vm, object: &Value) -> R<bool> {
    let name = Symbol::of_static(BLOCKING);
    if vm.class_of(object).lookup(name).is_none() {
        return Ok(false);
    }
    Ok(vm.find_attr(object, name)?.is_some_and(|blocking| !blocking.is_none()))
}

/// How a task's wait for an object begins.
pub enum Begun {
    /// The object is no future.
    No,
    Waits,
    /// It cannot be waited for: whether its loop is that of the task.
    Refused(bool),
}

/// A task's coroutine has yielded an object of a script.
///
/// # Errors
/// Those of the object's methods.
#[cold]
pub fn begin(vm: &Vm, this: &Native, data: &Task, object: &Value) -> R<Begun> {
    let name = Symbol::of_static(BLOCKING);
    let blocking = vm.find_attr(object, name)?.unwrap_or(Value::None);
    if blocking.is_none() {
        return Ok(Begun::No);
    }
    let own = match vm.find_attr(object, Symbol::of_static("get_loop"))? {
        Some(get_loop) => vm.call0(&get_loop)?,
        None => vm.get_attr(object, Symbol::of_static("_loop"))?,
    };
    let same_loop = matches!((&own, data.future.event_loop()), (Value::Native(own), Some(of)) if Native::same(own, of));
    if !same_loop || !vm.is_true(&blocking)? {
        return Ok(Begun::Refused(same_loop));
    }
    vm.set_attr(object, name, Value::False)?;
    let add = vm.get_attr(object, Symbol::of_static("add_done_callback"))?;
    let keywords = [(sym::context, Value::Native(context::object_of(vm, context::copy_current(vm))))];
    let wake = foreign::wakes(this);
    vm.call(&add, Args { positional: std::slice::from_ref(&wake), keywords: &keywords })?;
    let waiter = Native::new(vm.class(T::Object), Alike { object: object.clone() });
    data.waiter.set(Some(waiter.clone()));
    if data.must_cancel() && cancel(vm, &waiter, &data.future.cancel_message())? {
        data.set_must_cancel(false);
    }
    Ok(Begun::Waits)
}

/// `object.cancel(msg=message)`; false for what is none of these objects.
///
/// # Errors
/// Those of the object.
#[cold]
pub fn cancel(vm: &Vm, waiter: &Native, message: &Value) -> R<bool> {
    let Some(alike) = waiter.get::<Alike>() else { return Ok(false) };
    let method = vm.get_attr(&alike.object, sym::cancel)?;
    let keywords = [(sym::msg, message.clone().or_none())];
    let answer = vm.call(&method, Args { positional: &[], keywords: &keywords })?;
    vm.is_true(&answer)
}

/// The object is done: the next step of the task that waited.
///
/// # Errors
/// As for [`task::step`].
pub fn wake(vm: &Vm, event_loop: &super::EventLoop, this: &Native, object: &Value) -> R<()> {
    let exception =
        vm.call_method(object, Symbol::of_static("result"), &[]).map_err(|raised| vm.take_raised(raised)).err();
    task::step(vm, event_loop, this, exception)
}

/// What a task waits for, as scripts see it.
pub fn shown(waiter: Native) -> Value {
    match waiter.get::<Alike>() {
        Some(alike) => alike.object.clone(),
        None => Value::Native(waiter),
    }
}

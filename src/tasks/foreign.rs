//! Futures of script classes that define `add_done_callback` or `remove_done_callback` themselves: the loop's own
//! callbacks as objects that a script can pass on. Knows nothing of what the callbacks do.

use super::event_loop::EventLoop;
use super::{alike, context, dispatch, future, task};
use crate::intern::{Symbol, sym};
use crate::object::callbacks::{Callback, Hook};
use crate::object::future::{Future, Task, of_native};
use crate::object::{Args, Builtin, Exception, Fun, Method, Native, R, Ref, Row, Value, Vm};

/// The script's definition of a method of futures, when there is one.
pub fn method(vm: &Vm, this: &Native, name: &'static str) -> Option<Value> {
    let class = this.class();
    if class.builtin.is_some() {
        return None;
    }
    let name = Symbol::of_static(name);
    match class.lookup(name)? {
        Value::Builtin(_) => None,
        _ => vm.get_attr(&Value::Native(this.clone()), name).map_err(|raised| drop(vm.take_raised(raised))).ok(),
    }
}

/// The script's definition of a method of event loops, in the loop's class or on the loop itself.
pub fn loop_method(vm: &Vm, this: &Native, name: &'static str) -> Option<Value> {
    if this.class().builtin.is_some() && this.attributes().is_none() {
        return None;
    }
    let found = vm.get_attr(&Value::Native(this.clone()), Symbol::of_static(name));
    match found.map_err(|raised| drop(vm.take_raised(raised))).ok()? {
        Value::Method(method) if matches!(method.function, Value::Builtin(_)) => None,
        found => Some(found),
    }
}

/// `future.result()` of a future that is done, through the script's definition if there is one.
///
/// # Errors
/// The future's exception; those of the script.
pub fn result(vm: &Vm, future: &Native) -> R {
    match method(vm, future, "result") {
        Some(result) => vm.call0(&result),
        None => vm.future_result(&Value::Native(future.clone())),
    }
}

/// Asks a script's definition of a method without arguments; `None` when there is none.
#[inline]
fn ask(vm: &Vm, future: &Native, name: &'static str) -> R<Option<Value>> {
    match method(vm, future, name) {
        Some(method) => vm.call0(&method).map(Some),
        None => Ok(None),
    }
}

/// `future.done()`, through the script's definition if there is one.
///
/// # Errors
/// Those of the script.
pub fn is_done(vm: &Vm, future: &Native) -> R<bool> {
    match ask(vm, future, "done")? {
        Some(answer) => vm.is_true(&answer),
        None => Ok(of_native(future).is_some_and(Future::is_done)),
    }
}

/// `future.cancelled()`, through the script's definition if there is one.
///
/// # Errors
/// Those of the script.
pub fn is_cancelled(vm: &Vm, future: &Native) -> R<bool> {
    match ask(vm, future, "cancelled")? {
        Some(answer) => vm.is_true(&answer),
        None => Ok(of_native(future).is_some_and(Future::is_cancelled)),
    }
}

/// `future.exception()` of a future that is done and was not cancelled, through the script's definition if there is one.
///
/// # Errors
/// Those of the script.
pub fn failure(vm: &Vm, future: &Native) -> R<Option<Ref<Exception>>> {
    if let Some(answer) = ask(vm, future, "exception")? {
        return Ok(answer.as_exception().cloned());
    }
    future::forget(future);
    Ok(of_native(future).and_then(Future::failure))
}

/// `task.uncancel()` (or `task.cancelling()`, which `method` names), through the script's definition if there is one.
///
/// # Errors
/// Those of the script.
pub fn cancels(vm: &Vm, task: &Native, method: &'static str) -> R<u32> {
    if let Some(answer) = ask(vm, task, method)? {
        return Ok(u32::try_from(vm.index_i64(&answer)?).unwrap_or(0));
    }
    let Some(data) = task.get::<Task>() else { return Ok(0) };
    Ok(if method == "uncancel" { task::uncancel(data) } else { data.cancels.get() })
}

/// `future.add_done_callback(callback)` through the script's definition.
///
/// # Errors
/// Those of the script.
#[cold]
pub fn add(vm: &Vm, method: &Value, callback: Callback) -> R<()> {
    let given = [(sym::context, Value::Native(context::object_of(vm, context::copy_current(vm))))];
    let keywords = if matches!(callback, Callback::Wake(_)) { &given[..] } else { &[] };
    let callable = self::callable(callback);
    vm.call(method, Args { positional: std::slice::from_ref(&callable), keywords }).map(drop)
}

/// A callback as an object that a script can call with the future that is done.
pub fn callable(callback: Callback) -> Value {
    match callback {
        Callback::Wake(task) => wakes(&task),
        Callback::Hook(hook, target) => wrap(row_of(hook), target),
        Callback::Call(callable) => callable.function.clone(),
    }
}

/// What a future calls to wake a task.
pub fn wakes(task: &Native) -> Value {
    wrap(&WAKE, task.clone())
}

/// Whether a callback is the object made for this hook and target.
pub fn is_hook(callback: &Value, hook: Hook, target: &Native) -> bool {
    let Value::Method(method) = callback else { return false };
    let (Value::Builtin(builtin), Value::Native(receiver)) = (&method.function, &method.receiver) else {
        return false;
    };
    std::ptr::eq(builtin.row, row_of(hook)) && Native::same(receiver, target)
}

fn wrap(row: &'static Row, target: Native) -> Value {
    Method::new(Builtin::new(row, None, Some("asyncio")), Value::Native(target))
}

static WAKE: Row = Row::function("task_wakeup", "(task, future, /)", Fun::F2(wake));

fn wake(vm: &Vm, this: &Value, waited: &Value) -> R {
    let Value::Native(this) = this else { return Err(vm.type_error("a task was expected")) };
    let event_loop = this.get::<Task>().and_then(|task| task.future.event_loop().cloned());
    if let Some(event_loop) = event_loop.as_ref() {
        let event_loop = EventLoop::of(vm, event_loop)?;
        match waited {
            Value::Native(waited) if of_native(waited).is_some() => task::wake(vm, event_loop, this, waited)?,
            object => alike::wake(vm, event_loop, this, object)?,
        }
    }
    Ok(Value::None)
}

fn run(vm: &Vm, hook: Hook, target: &Value, done: &Value) -> R {
    match (target, done) {
        (Value::Native(target), Value::Native(done)) => dispatch::run_hook(vm, hook, target, done)?,
        _ => return Err(vm.type_error("a future was expected")),
    }
    Ok(Value::None)
}

macro_rules! rows {
    ($($hook:ident $row:ident $name:literal)*) => {
        $(static $row: Row = Row::function(
            $name,
            "(target, future, /)",
            Fun::F2(|vm, target, done| run(vm, Hook::$hook, target, done)),
        );)*

        fn row_of(hook: Hook) -> &'static Row {
            match hook {
                $(Hook::$hook => &$row),*
            }
        }
    };
}

rows! {
    Gather GATHER "_done_callback"
    ShieldInner SHIELD_INNER "_inner_done_callback"
    ShieldOuter SHIELD_OUTER "_outer_done_callback"
    Wait WAIT "_on_completion"
    Release RELEASE "_release_waiter"
    TaskGroup TASK_GROUP "_on_task_done"
    AsCompleted AS_COMPLETED "_handle_completion"
    StopLoop STOP_LOOP "_run_until_complete_cb"
}

//! `ensure_future`: whatever can be awaited, as a future.

use super::coroutine::{Routine, coroutine, is_coroutine};
use super::{event_loop, state};
use crate::intern::sym;
use crate::object::future::of_native;
use crate::object::{Machine, Native, R, Ref, Sent, Step, Swap, T, Value, Vm};

/// A future is itself, a coroutine becomes a task, another awaitable a task that awaits it.
///
/// # Errors
/// TypeError for what cannot be awaited; ValueError for a future of another loop.
pub fn ensure_future(vm: &Vm, value: &Value, event_loop: Option<&Native>) -> R<Native> {
    if let Value::Native(native) = value
        && let Some(future) = of_native(native)
    {
        let other = |own: &Native| event_loop.is_some_and(|given| !Native::same(given, own));
        if future.event_loop().is_some_and(other) {
            return Err(
                vm.value_error("The future belongs to a different loop than the one specified as the loop argument")
            );
        }
        return Ok(native.clone());
    }
    let is_own = is_coroutine(vm, value);
    let coroutine = if is_own {
        value.clone()
    } else if vm.special(value, sym::__await__).is_some() || may_be_awaited(value) {
        wrap_awaitable(value.clone())
    } else {
        return Err(vm.type_error("An asyncio.Future, a coroutine or an awaitable is required"));
    };
    let event_loop = match event_loop {
        Some(given) => given.clone(),
        None => state::get_event_loop(vm)?,
    };
    let result = event_loop::create_task(vm, &event_loop, coroutine, &Value::Missing, &Value::None);
    if let Err(raised) = &result
        && is_own
        && vm.matches(&vm.peek_raised(raised), T::RuntimeError)
    {
        let Err(raised) = result else { return result };
        let exception = vm.take_raised(raised);
        vm.call_method(value, sym::close, &[])?;
        return Err(vm.raise(exception));
    }
    result
}

fn may_be_awaited(value: &Value) -> bool {
    matches!(value, Value::Machine(machine) if machine.may_be_awaited())
}

/// A coroutine that awaits an object with `__await__`.
pub fn wrap_awaitable(awaitable: Value) -> Value {
    coroutine(WrapAwaitable { awaitable: Swap::new(awaitable) })
}

struct WrapAwaitable {
    awaitable: Swap<Value>,
}

impl Routine for WrapAwaitable {
    const QUALNAME: &'static str = "ensure_future.<locals>._wrap_awaitable";
    const CLEANS_UP: bool = false;

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        match (machine.pc.replace(1), sent) {
            (0, _) => Ok(Step::Await(vm.await_iter(self.awaitable.replace(Value::None))?)),
            (_, Sent::Value(value)) => Ok(Step::Return(value)),
            (_, Sent::Throw(exception)) => Err(vm.raise(exception)),
        }
    }
}

//! What `async with` and `async for` call: methods that are coroutine functions of scripts begin on the stack, like any awaited
//! call; other methods are called and what they give is awaited.

use super::super::eager::Eager;
use super::fail;
use super::method_call::MethodCache;
use crate::intern::{Symbol, sym};
use crate::object::function::Method;
use crate::object::{Exception, MachineKind, R, Ref, Sent, State, Step, T, Value, Vm};

/// A method of an async context manager, called.
pub(super) enum Begun {
    Eager(Eager),
    /// What it gave, still to be awaited.
    Awaitable(Value),
}

/// The next item of an asynchronous iterator.
pub(super) enum Item {
    Ready(Value),
    End,
    Later(Step),
}

/// Which methods an `async with` meant last.
#[derive(Default)]
pub(super) struct ManagerCaches {
    enter: MethodCache,
    exit: MethodCache,
}

impl Vm {
    /// Calls `__aenter__`; gives the bound `__aexit__` too.
    pub(super) fn enter_async(&self, manager: &Value, caches: &ManagerCaches, site: u32) -> R<(Value, Begun)> {
        if let Value::Instance(_) = manager
            && let Some(Value::Function(enter)) = caches.enter.get(self, manager, sym::__aenter__)
            && enter.is_coroutine()
            && let Some(exit @ Value::Function(_)) = caches.exit.get(self, manager, sym::__aexit__)
        {
            let exit = Value::Method(Ref::new(Method { function: exit, receiver: manager.clone() }));
            return Ok((exit, Begun::Eager(self.begin_eagerly(&enter, std::slice::from_ref(manager), site))));
        }
        let entered = self.enter_context(manager, true)?;
        check_awaitable(&entered.value, sym::__aenter__, self)?;
        Ok((entered.exit, Begun::Awaitable(entered.value)))
    }

    /// Calls a bound `__aexit__`.
    pub(super) fn exit_async(&self, exit: &Value, exception: Option<&Ref<Exception>>, site: u32) -> R<Begun> {
        if let Value::Method(method) = exit
            && let Value::Function(function) = &method.function
            && function.is_coroutine()
        {
            let [class, exception, traceback] = self.exit_args(exception)?;
            let args = [method.receiver.clone(), class, exception, traceback];
            return Ok(Begun::Eager(self.begin_eagerly(function, &args, site)));
        }
        let result = self.exit_context(exit, exception)?;
        check_awaitable(&result, sym::__aexit__, self)?;
        Ok(Begun::Awaitable(result))
    }
}

/// What a method of an async context manager gave must be something to await.
#[inline]
fn check_awaitable(value: &Value, method: Symbol, vm: &Vm) -> R<()> {
    if matches!(value, Value::Machine(inner) if inner.kind == MachineKind::Coroutine)
        || vm.special(value, sym::__await__).is_some()
    {
        return Ok(());
    }
    let name = vm.type_name(value);
    let text = format!("'async with' received an object from {method} that does not implement __await__: {name}");
    Err(vm.type_error(text))
}

/// The next item of an `async for`: an async generator of a script is resumed directly, anything else is asked for an awaitable.
pub(super) fn async_next(iterator: Value, cache: &MethodCache, site: u32, vm: &Vm) -> R<Item> {
    if let Value::Machine(generator) = &iterator
        && generator.kind == MachineKind::AsyncGenerator
    {
        if let Err(raised) = vm.check_async_idle(generator, "anext()") {
            return fail(vm, site, raised);
        }
        if generator.state.get() == State::Finished {
            let end = vm.new_exception(T::StopAsyncIteration, Vec::new());
            // Delivered like any other end of the iteration.
            return Ok(Item::Later(Step::Await(vm.failed_awaitable(end))));
        }
        if let Err(raised) = vm.async_generator_starts(generator) {
            return fail(vm, site, raised);
        }
        return Ok(Item::Later(Step::Delegate(generator.clone(), Sent::Value(Value::None))));
    }
    if let Value::Instance(_) = &iterator
        && let Some(Value::Function(method)) = cache.get(vm, &iterator, sym::__anext__)
        && method.is_coroutine()
    {
        return match vm.begin_eagerly(&method, std::slice::from_ref(&iterator), site) {
            Eager::Done(item) => Ok(Item::Ready(item)),
            Eager::Stopped(machine, step) => Ok(Item::Later(Step::Entered(machine, Box::new(step)))),
            Eager::Raised(raised) if vm.matches(&vm.peek_raised(&raised), T::StopAsyncIteration) => {
                drop(vm.take_raised(raised));
                Ok(Item::End)
            }
            Eager::Raised(raised) => fail(vm, site, raised),
        };
    }
    let awaitable = match vm.call_special(&iterator, sym::__anext__, &[]) {
        Ok(Some(awaitable)) => awaitable,
        Ok(None) => {
            let message =
                format!("'async for' requires an iterator with __anext__ method, got {}", vm.type_name(&iterator));
            return fail(vm, site, vm.type_error(message));
        }
        Err(raised) => return fail(vm, site, raised),
    };
    let kind = vm.type_name(&awaitable);
    match vm.await_iter(awaitable) {
        Ok(awaited) => Ok(Item::Later(Step::Await(awaited))),
        Err(raised) => {
            let cause = vm.take_raised(raised);
            let message = format!("'async for' received an invalid object from __anext__: {kind}");
            let error = vm.new_exception(T::TypeError, vec![Value::string(message)]);
            error.cause.set(Some(cause.clone()));
            error.context.set(Some(cause));
            error.suppress_context.set(true);
            fail(vm, site, vm.raise(error))
        }
    }
}

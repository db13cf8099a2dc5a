//! What `async with` and `async for` call: methods that are coroutine functions of scripts begin on the stack, like any awaited
//! call; other methods are called and what they give is awaited.

use super::super::async_generator::AsyncItem;
use super::method_call::MethodCache;
use super::{AtSite, fail};
use crate::intern::{Symbol, sym};
use crate::object::function::Method;
use crate::object::{Exception, MachineKind, R, Ref, Step, T, Value, Vm};

/// A method of an async context manager, called.
pub(super) enum Begun {
    /// What it returned; nothing when it suspended.
    Run(Value),
    /// What it gave, still to be awaited.
    Awaitable(Value),
}

/// Which methods an `async with` meant last.
#[derive(Default)]
pub(super) struct ManagerCaches {
    enter: MethodCache,
    exit: MethodCache,
}

impl Vm {
    /// Calls `__aenter__`; gives the bound `__aexit__` too. What a method that suspends stopped for stands in `stop`.
    pub(super) fn enter_async(
        &self,
        manager: &Value,
        caches: &ManagerCaches,
        site: u32,
        stop: &mut Option<Step>,
    ) -> R<(Value, Begun)> {
        if let Value::Instance(_) = manager
            && let Some(Value::Function(enter)) = caches.enter.get(self, manager, sym::__aenter__)
            && enter.is_coroutine()
            && let Some(exit @ Value::Function(_)) = caches.exit.get(self, manager, sym::__aexit__)
        {
            let exit = Value::Method(Ref::new(Method { function: exit, receiver: manager.clone() }));
            let entered = self.begin_eagerly(&enter, std::slice::from_ref(manager), site, stop)?;
            return Ok((exit, Begun::Run(entered)));
        }
        let entered = self.enter_context(manager, true)?;
        check_awaitable(&entered.value, sym::__aenter__, self)?;
        Ok((entered.exit, Begun::Awaitable(entered.value)))
    }

    /// Calls a bound `__aexit__`, as [`Vm::enter_async`] does `__aenter__`.
    pub(super) fn exit_async(
        &self,
        exit: &Value,
        exception: Option<&Ref<Exception>>,
        site: u32,
        stop: &mut Option<Step>,
    ) -> R<Begun> {
        if let Value::Method(method) = exit
            && let Value::Function(function) = &method.function
            && function.is_coroutine()
        {
            let [class, exception, traceback] = self.exit_args(exception)?;
            let args = [method.receiver.clone(), class, exception, traceback];
            return Ok(Begun::Run(self.begin_eagerly(function, &args, site, stop)?));
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
pub(super) fn async_next(iterator: Value, cache: &MethodCache, site: u32, vm: &Vm) -> R<AsyncItem> {
    if let Value::Machine(generator) = &iterator
        && generator.kind == MachineKind::AsyncGenerator
    {
        return vm.async_item(generator, site).at(vm, site);
    }
    if let Value::Instance(_) = &iterator
        && let Some(Value::Function(method)) = cache.get(vm, &iterator, sym::__anext__)
        && method.is_coroutine()
    {
        let mut stop = None;
        return match vm.begin_eagerly(&method, std::slice::from_ref(&iterator), site, &mut stop) {
            Ok(Value::Missing) => Ok(AsyncItem::Later(stop.unwrap_or(Step::Pause))),
            Ok(item) => Ok(AsyncItem::Ready(item)),
            Err(raised) if vm.matches(&vm.peek_raised(&raised), T::StopAsyncIteration) => {
                drop(vm.take_raised(raised));
                Ok(AsyncItem::End)
            }
            Err(raised) => fail(vm, site, raised),
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
        Ok(awaited) => Ok(AsyncItem::Later(Step::Await(awaited))),
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

//! `asyncio.shield`: waits for a future without passing cancellation on to it.

use super::ensure::ensure_future;
use super::{foreign, future, origin};
use crate::object::callbacks::{Callback, Hook};
use crate::object::future::{Future, of_native};
use crate::object::{Native, R, Value, Vm};

/// `asyncio.shield(awaitable)`: a future with the outcome of the inner one.
///
/// # Errors
/// TypeError for what cannot be awaited.
pub fn shield(vm: &Vm, awaitable: &Value) -> R<Native> {
    let inner = ensure_future(vm, awaitable, None)?;
    let Some(data) = of_native(&inner) else { return Ok(inner) };
    if foreign::is_done(vm, &inner)? {
        return Ok(inner);
    }
    let outer = future::create(vm, future::loop_of(vm, data)?);
    future::watch(vm, &inner, Callback::Hook(Hook::ShieldInner, outer.clone()))?;
    future::watch(vm, &outer, Callback::Hook(Hook::ShieldOuter, inner.clone()))?;
    Ok(outer)
}

/// The shielded future is done: the outer one gets its outcome, unless it was cancelled.
pub fn inner_done(vm: &Vm, outer: &Native, inner: &Native) -> R<()> {
    let cancelled = foreign::is_cancelled(vm, inner)?;
    if of_native(outer).is_some_and(Future::is_cancelled) {
        if !cancelled {
            foreign::failure(vm, inner)?;
        }
        return Ok(());
    }
    if cancelled {
        origin::cancelled_with(vm, outer, inner);
        return future::cancel(vm, outer, &Value::None).map(drop);
    }
    match foreign::failure(vm, inner)? {
        Some(exception) => future::set_exception(vm, outer, &Value::Exception(exception)),
        None => future::set_result(vm, outer, foreign::result(vm, inner)?),
    }
}

/// The outer future is done: if it is so before the shielded one, that one need not tell.
pub fn outer_done(vm: &Vm, inner: &Native, outer: &Native) -> R<()> {
    if !foreign::is_done(vm, inner)? {
        future::unwatch(inner, Hook::ShieldInner, outer);
    }
    Ok(())
}

//! `asyncio.shield`: waits for a future without passing cancellation on to it.

use super::ensure::ensure_future;
use super::{foreign, future, origin};
use crate::object::future::{Callback, Future, Hook, of_native};
use crate::object::{Native, R, Value, Vm};

/// `asyncio.shield(awaitable)`: a future with the outcome of the inner one.
///
/// # Errors
/// TypeError for what cannot be awaited.
pub fn shield(vm: &Vm, awaitable: &Value) -> R<Native> {
    let inner = ensure_future(vm, awaitable, None)?;
    let Some(data) = of_native(&inner).filter(|data| !data.is_done()) else { return Ok(inner) };
    let outer = future::create(vm, future::loop_of(vm, data)?);
    future::watch(vm, &inner, Callback::Hook(Hook::ShieldInner, outer.clone()))?;
    future::watch(vm, &outer, Callback::Hook(Hook::ShieldOuter, inner.clone()))?;
    Ok(outer)
}

/// The shielded future is done: the outer one gets its outcome, unless it was cancelled.
pub fn inner_done(vm: &Vm, outer: &Native, inner: &Native) -> R<()> {
    let (Some(target), Some(source)) = (of_native(outer), of_native(inner)) else { return Ok(()) };
    if target.is_cancelled() {
        future::forget(inner);
        return Ok(());
    }
    if source.is_cancelled() {
        origin::cancelled_with(vm, outer, inner);
        return future::cancel(vm, outer, &Value::None).map(drop);
    }
    source.mark_retrieved();
    match source.failure() {
        Some(exception) => future::set_exception(vm, outer, &Value::Exception(exception)),
        None => future::set_result(vm, outer, foreign::result(vm, inner)?),
    }
}

/// The outer future is done: if it is so before the shielded one, that one need not tell.
pub fn outer_done(_vm: &Vm, inner: &Native, outer: &Native) -> R<()> {
    if !of_native(inner).is_some_and(Future::is_done) {
        future::unwatch(inner, Hook::ShieldInner, outer);
    }
    Ok(())
}

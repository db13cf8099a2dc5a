//! `await f(args)` and `await object.name(args)`: without a coroutine object where none is needed.

use super::call::{Callee, call_any, fits, function_in, positional_args, prepare};
use super::method_call::{MethodCache, call_found};
use super::{AtSite, Planter, fail};
use crate::code::{Expr, Flavour};
use crate::intern::Symbol;
use crate::object::function::Method;
use crate::object::{Args, Awaited, Builtin, Fp, Function, MachineKind, Node, R, Ref, State, Step, Value, Vm};

/// A planted `await f(args)`. The result is what the call returned, or nothing when the body must stop: then the step stands in
/// the last argument. The commonest end is a value, which comes in registers.
pub(super) type AwaitedCall = Box<dyn Fn(Fp, &Vm, &mut Option<Step>) -> R>;

/// Up to this many arguments, receiver included, a builtin that is awaited gets without an allocation.
const AWAITED_ARGS: usize = 4;

/// `await f(args)` of a builtin that may need no coroutine.
fn await_row(
    vm: &Vm,
    fp: Fp,
    builtin: &Ref<Builtin>,
    receiver: Option<Value>,
    args: &[Node],
    (site, await_site): (u32, u32),
    stop: &mut Option<Step>,
) -> R {
    let mut values = [const { Value::Missing }; AWAITED_ARGS];
    let first = receiver.is_some() as usize;
    if let Some(receiver) = receiver {
        values[0] = receiver;
    }
    for (place, arg) in values[first..].iter_mut().zip(args) {
        *place = arg(fp, vm)?;
    }
    let values = &values[..first + args.len()];
    vm.site.set(site);
    let short = match builtin.row.awaited {
        Some(awaited) => awaited(vm, values).at(vm, site)?,
        None => None,
    };
    match short {
        Some(Awaited::Ready(value)) => Ok(value),
        Some(Awaited::Yield) => {
            *stop = Some(Step::Pause);
            Ok(Value::Missing)
        }
        Some(Awaited::Stop(step)) => {
            *stop = Some(step);
            Ok(Value::Missing)
        }
        Some(Awaited::Raised(raised)) => fail(vm, await_site, raised),
        None => await_result(vm, vm.call_builtin(builtin, Args::positional(values)).at(vm, site), await_site, stop),
    }
}

/// Waits for what a call gave.
#[inline(never)]
fn await_result(vm: &Vm, result: R, site: u32, stop: &mut Option<Step>) -> R {
    await_value(result?, site, vm, stop)
}

/// Waits for a value. What has not begun yet runs in place; anything else the body must stop for.
#[inline(never)]
pub(super) fn await_value(value: Value, site: u32, vm: &Vm, stop: &mut Option<Step>) -> R {
    let awaited = match value {
        Value::Machine(ref inner) if inner.kind == MachineKind::Coroutine => value,
        other => vm.await_iter(other).at(vm, site)?,
    };
    match awaited {
        Value::Machine(inner) if inner.state.get() == State::Created && !vm.is_deep() => {
            vm.begin_in_place(&inner, site, stop).at(vm, site)
        }
        awaited => {
            *stop = Some(Step::Await(awaited));
            Ok(Value::Missing)
        }
    }
}

/// Runs a coroutine function whose frame is ready.
#[inline(always)]
fn await_frame(vm: &Vm, frame: Fp, (site, await_site): (u32, u32), stop: &mut Option<Step>) -> R {
    vm.site.set(site);
    vm.run_eagerly(function_in(frame), frame, stop).at(vm, await_site)
}

/// `await method(args)` of a bound method: a variable's, or one looked up before arguments that suspend.
#[inline(never)]
fn await_bound(vm: &Vm, fp: Fp, method: &Method, args: &[Node], sites: (u32, u32), stop: &mut Option<Step>) -> R {
    match &method.function {
        Value::Function(function) if awaits_in_frame(function, args.len() + 1) => {
            let receiver = Some(method.receiver.clone());
            await_frame(vm, prepare(vm, fp, function.clone(), receiver, args, sites.0)?, sites, stop)
        }
        other => await_result(vm, call_any(vm, fp, other, Some(&method.receiver), args, sites.0), sites.1, stop),
    }
}

/// Whether [`await_row`] can make the call.
#[inline(always)]
fn awaits_shortly(builtin: &Builtin, count: usize) -> bool {
    builtin.row.awaited.is_some() && count <= AWAITED_ARGS
}

/// Whether the function is a coroutine function that takes `count` positional arguments in the common way.
#[inline(always)]
fn awaits_in_frame(function: &Function, count: usize) -> bool {
    fits(function, count) && function.planted.code.flavour == Flavour::Coroutine
}

impl Planter<'_> {
    /// `f(args)` or `object.name(args)` behind `await`; `None` for any other expression.
    pub(super) fn awaited_call(&self, expr: &Expr, await_site: u32) -> Option<AwaitedCall> {
        let Expr::Call(call) = expr else { return None };
        let args: Vec<Node> = positional_args(call)?.into_iter().map(|e| self.expr(e)).collect();
        let sites = (self.site(call.site), await_site);
        if let Expr::Attr { object, name, site } = &call.func {
            let (object, attr) = (self.expr(object), (*name, self.site(*site)));
            return Some(match <[Node; 1]>::try_from(args) {
                Ok(args) => awaited_method(object, attr, args, sites),
                Err(args) => match <[Node; 2]>::try_from(args) {
                    Ok(args) => awaited_method(object, attr, args, sites),
                    Err(args) => awaited_method(object, attr, args, sites),
                },
            });
        }
        Some(match &call.func {
            Expr::Global { name, site } => awaited_call_of(self.global_read(*name, *site), args, sites),
            other => awaited_call_of(self.expr(other), args, sites),
        })
    }
}

/// `await f(args)` with the node made for the count of arguments.
fn awaited_call_of(callee: impl Callee, args: Vec<Node>, sites: (u32, u32)) -> AwaitedCall {
    match <[Node; 1]>::try_from(args) {
        Ok(args) => awaited_function(callee, args, sites),
        Err(args) => match <[Node; 2]>::try_from(args) {
            Ok(args) => awaited_function(callee, args, sites),
            Err(args) => match <[Node; 3]>::try_from(args) {
                Ok(args) => awaited_function(callee, args, sites),
                Err(args) => awaited_function(callee, args, sites),
            },
        },
    }
}

/// `await f(args)`; generic over the holder of the arguments, so that the commonest counts are unrolled.
fn awaited_function(callee: impl Callee, args: impl AsRef<[Node]> + 'static, sites: (u32, u32)) -> AwaitedCall {
    Box::new(move |fp, vm, stop| {
        let (callee, args) = (callee.get(fp, vm)?, args.as_ref());
        match callee {
            Value::Function(function) if awaits_in_frame(&function, args.len()) => {
                await_frame(vm, prepare(vm, fp, function, None, args, sites.0)?, sites, stop)
            }
            Value::Builtin(builtin) if awaits_shortly(&builtin, args.len()) => {
                await_row(vm, fp, &builtin, None, args, sites, stop)
            }
            Value::Method(method) => await_bound(vm, fp, &method, args, sites, stop),
            other => await_result(vm, call_any(vm, fp, &other, None, args, sites.0), sites.1, stop),
        }
    })
}

/// `await object.name(args)`
fn awaited_method(
    object: Node,
    (name, attr_site): (Symbol, u32),
    args: impl AsRef<[Node]> + 'static,
    sites: (u32, u32),
) -> AwaitedCall {
    let cache = MethodCache::default();
    Box::new(move |fp, vm, stop| {
        let (receiver, args) = (object(fp, vm)?, args.as_ref());
        let found = match cache.get(vm, &receiver, name) {
            Some(Value::Function(function)) if awaits_in_frame(&function, args.len() + 1) => {
                let frame = prepare(vm, fp, function, Some(receiver), args, sites.0)?;
                return await_frame(vm, frame, sites, stop);
            }
            Some(Value::Builtin(builtin)) if awaits_shortly(&builtin, args.len() + 1) => {
                return await_row(vm, fp, &builtin, Some(receiver), args, sites, stop);
            }
            found => found,
        };
        if found.is_none()
            && matches!(receiver, Value::Module(_))
            && let Some(Value::Builtin(builtin)) = cache.of_module(&receiver, name)
            && awaits_shortly(&builtin, args.len())
        {
            return await_row(vm, fp, &builtin, None, args, sites, stop);
        }
        let result = call_found(vm, fp, found, receiver, args, (name, attr_site), &cache, sites.0);
        await_result(vm, result, sites.1, stop)
    })
}

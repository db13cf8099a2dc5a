//! `await f(args)` and `await object.name(args)`: the call is made ready without a coroutine object where none is needed.

use super::call::{call_any, fits, positional_args, prepare};
use super::method_call::{MethodCache, call_found};
use super::{AtSite, Planter};
use crate::code::{Expr, Flavour};
use crate::object::{Args, Awaited, Builtin, Fp, Function, Node, R, Ref, Value, Vm};

/// What an awaited call gives before anything of it has run.
pub(super) enum Pending {
    /// The frame of a coroutine function, arguments in place.
    Frame(Fp),
    /// What the call of anything else gave.
    Value(Value),
    /// A builtin's result, without a coroutine in between.
    Ready(Value),
    /// A builtin's bare yield, without a coroutine in between.
    Yield,
}

/// Up to this many arguments, receiver included, a builtin that is awaited gets without an allocation.
const AWAITED_ARGS: usize = 4;

/// `await f(args)` of a builtin that may need no coroutine.
fn pending_row(
    vm: &Vm,
    fp: Fp,
    builtin: &Ref<Builtin>,
    receiver: Option<Value>,
    args: &[Node],
    site: u32,
) -> R<Pending> {
    let mut values = [const { Value::Missing }; AWAITED_ARGS];
    let first = receiver.is_some() as usize;
    if let Some(receiver) = receiver {
        values[0] = receiver;
    }
    for (place, arg) in values[first..].iter_mut().zip(args) {
        *place = arg(fp, vm)?;
    }
    let values = &values[..first + args.len()];
    let short = match builtin.row.awaited {
        Some(awaited) => awaited(vm, values).at(vm, site)?,
        None => None,
    };
    match short {
        Some(Awaited::Ready(value)) => Ok(Pending::Ready(value)),
        Some(Awaited::Yield) => Ok(Pending::Yield),
        None => vm.call_builtin(builtin, Args::positional(values)).at(vm, site).map(Pending::Value),
    }
}

/// Whether [`pending_row`] can make the call.
#[inline(always)]
fn awaits_shortly(builtin: &Builtin, count: usize) -> bool {
    builtin.row.awaited.is_some() && count <= AWAITED_ARGS
}

/// A planted call whose callee, if it is a coroutine function, has not begun.
pub(super) type PendingCall = Box<dyn Fn(Fp, &Vm) -> R<Pending>>;

/// A frame that is about to run.
#[inline(always)]
fn pending_frame(vm: &Vm, frame: R<Fp>, site: u32) -> R<Pending> {
    vm.site.set(site);
    frame.map(Pending::Frame)
}

/// Whether the function is a coroutine function that takes `count` positional arguments in the common way.
#[inline(always)]
fn awaits_in_frame(function: &Function, count: usize) -> bool {
    fits(function, count) && function.planted.code.flavour == Flavour::Coroutine
}

impl Planter<'_> {
    /// `f(args)` or `object.name(args)` behind `await`, not begun; `None` for any other expression.
    pub(super) fn pending_call(&self, expr: &Expr) -> Option<PendingCall> {
        let Expr::Call(call) = expr else { return None };
        let args: Box<[Node]> = positional_args(call)?.into_iter().map(|e| self.expr(e)).collect();
        let site = self.site(call.site);
        let Expr::Attr { object, name, site: attr_site } = &call.func else {
            let callee = self.expr(&call.func);
            return Some(Box::new(move |fp, vm| {
                let callee = callee(fp, vm)?;
                match &callee {
                    Value::Function(function) if awaits_in_frame(function, args.len()) => {
                        pending_frame(vm, prepare(vm, fp, callee, None, &args, site), site)
                    }
                    Value::Builtin(builtin) if awaits_shortly(builtin, args.len()) => {
                        pending_row(vm, fp, builtin, None, &args, site)
                    }
                    other => call_any(vm, fp, other, None, &args, site).map(Pending::Value),
                }
            }));
        };
        let (object, name, attr_site) = (self.expr(object), *name, self.site(*attr_site));
        let cache = MethodCache::default();
        Some(Box::new(move |fp, vm| {
            let receiver = object(fp, vm)?;
            match cache.get(vm, &receiver, name) {
                Some(Value::Function(function)) if awaits_in_frame(&function, args.len() + 1) => {
                    let frame = prepare(vm, fp, Value::Function(function), Some(receiver), &args, site);
                    pending_frame(vm, frame, site)
                }
                Some(Value::Builtin(builtin)) if awaits_shortly(&builtin, args.len() + 1) => {
                    pending_row(vm, fp, &builtin, Some(receiver), &args, site)
                }
                None if matches!(receiver, Value::Module(_)) => match cache.of_module(&receiver, name) {
                    Some(Value::Builtin(builtin)) if awaits_shortly(&builtin, args.len()) => {
                        pending_row(vm, fp, &builtin, None, &args, site)
                    }
                    _ => call_found(vm, fp, None, receiver, &args, (name, attr_site), &cache, site).map(Pending::Value),
                },
                found => {
                    call_found(vm, fp, found, receiver, &args, (name, attr_site), &cache, site).map(Pending::Value)
                }
            }
        }))
    }
}

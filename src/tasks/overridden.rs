//! Event loops of script classes that define `call_soon`, `call_later`, `call_at` or `create_future` themselves: what asyncio
//! schedules goes through these, each of its handles as a callable. Knows nothing of what the handles do.

use std::cell::RefCell;
use std::mem::replace;

use super::event_loop::EventLoop;
use super::handle::{Handle, Scheduled};
use super::timeout::Timeout;
use super::{context, dispatch, foreign};
use crate::event::TimerKey;
use crate::intern::{Symbol, sym};
use crate::object::callbacks::Callback;
use crate::object::future::of_native;
use crate::object::{Args, Builtin, Class, Fun, Method, Native, NativeData, R, Row, T, Value, Vm};

/// What a class defines, as bits of [`EventLoop::overrides`].
pub const CALL_SOON: u8 = 1;
pub const TIMERS: u8 = 2;
pub const CREATE_FUTURE: u8 = 4;
/// The loop is closed.
pub const CLOSED: u8 = 128;

/// Which methods a script's class defines itself.
pub fn of_class(class: &Class) -> u8 {
    let defines = |name| class.lookup(Symbol::of_static(name)).is_some_and(|found| !matches!(found, Value::Builtin(_)));
    let bit = |on: bool, bit| if on { bit } else { 0 };
    bit(defines("call_soon"), CALL_SOON)
        | bit(defines("call_later") || defines("call_at"), TIMERS)
        | bit(defines("create_future"), CREATE_FUTURE)
}

/// `call_soon` of the script with a handle of the loop.
///
/// # Errors
/// Those of the script.
#[cold]
pub fn call_soon(vm: &Vm, this: &Native, handle: Handle) -> R<()> {
    let (function, args, given) = match handle {
        Handle::Done(callable, done) => (callable.function.clone(), Some(done), callable.context.clone()),
        Handle::Wake(task, done) => (foreign::callable(Callback::Wake(task)), Some(done), context::copy_current(vm)),
        Handle::Hook(hook, target, done) => {
            (foreign::callable(Callback::Hook(hook, target)), Some(done), context::copy_current(vm))
        }
        other => (callable(vm, this, other), None, context::copy_current(vm)),
    };
    let mut positional = vec![function];
    positional.extend(args.map(Value::Native));
    let keywords = [(sym::context, Value::Native(context::object_of(vm, given)))];
    let method = vm.get_attr(&Value::Native(this.clone()), Symbol::of_static("call_soon"))?;
    vm.call(&method, Args { positional: &positional, keywords: &keywords }).map(drop)
}

/// `call_later` of the script, or `call_at` (that of a timeout always), with a handle of the loop; the timer, if it is one
/// of ours.
///
/// # Errors
/// Those of the script.
#[cold]
pub fn call_later(vm: &Vm, this: &Native, delay: &Value, handle: Handle) -> R<Option<TimerKey>> {
    let (mut when, mut name) = (delay.clone(), "call_later");
    let args = match &handle {
        Handle::Release(waiter) => vec![Value::Native(waiter.clone()), Value::None],
        Handle::Finish(waiting) => vec![Value::Native(waiting.0.clone()), waiting.1.clone()],
        Handle::Expire(_, timeout) => {
            name = "call_at";
            when = timeout.get::<Timeout>().map_or(Value::None, |timeout| timeout.when.get());
            Vec::new()
        }
        _ => Vec::new(),
    };
    let mut positional = vec![replace(&mut when, Value::None), callable(vm, this, handle)];
    positional.extend(args);
    let method = vm.get_attr(&Value::Native(this.clone()), Symbol::of_static(name))?;
    let made = vm.call(&method, Args::positional(&positional))?;
    Ok(made.as_native::<Scheduled>().and_then(|scheduled| scheduled.timer.get()))
}

/// `create_future` of the script; `None` when it gives no future.
#[cold]
pub fn create_future(vm: &Vm, this: &Native) -> Option<Native> {
    match vm.call_method(&Value::Native(this.clone()), Symbol::of_static("create_future"), &[]) {
        Ok(Value::Native(native)) if of_native(&native).is_some() => Some(native),
        Ok(_) => None,
        Err(raised) => {
            vm.unraisable("create_future of the event loop", raised);
            None
        }
    }
}

/// A handle that is run when a script calls it, once.
struct Pending {
    event_loop: Native,
    handle: RefCell<Option<Handle>>,
}

impl NativeData for Pending {}

/// A handle as a callable, by the name that CPython's has.
fn callable(vm: &Vm, this: &Native, handle: Handle) -> Value {
    let row = match &handle {
        Handle::Release(_) | Handle::Finish(_) => &RELEASE,
        Handle::Expire(..) | Handle::Overdue(_) => &TIMEOUT,
        _ => &STEP,
    };
    let pending = Pending { event_loop: this.clone(), handle: RefCell::new(Some(handle)) };
    let pending = Native::new(vm.class(T::Object), pending);
    Method::new(Builtin::new(row, None, Some("asyncio")), Value::Native(pending))
}

fn run(vm: &Vm, args: Args) -> R {
    let pending = args.positional.first().and_then(|value| value.as_native::<Pending>());
    let Some(pending) = pending else { return Err(vm.type_error("a handle of the event loop was expected")) };
    let handle = pending.handle.borrow_mut().take();
    if let Some(handle) = handle {
        dispatch::run_other(vm, &pending.event_loop, EventLoop::of(vm, &pending.event_loop)?, handle)?;
    }
    Ok(Value::None)
}

static STEP: Row = Row::function("TaskStepMethWrapper", "(handle, /, *args)", Fun::Full(run));
static RELEASE: Row = Row::function("_set_result_unless_cancelled", "(handle, /, *args)", Fun::Full(run));
static TIMEOUT: Row = Row::function("_on_timeout", "(handle, /, *args)", Fun::Full(run));

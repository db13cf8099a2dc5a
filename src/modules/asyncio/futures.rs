//! `Future`, `Task`, what `gather` gives, and the iterator that `__await__` gives.

use super::{CLASS_GETITEM, construct, init, stacks};
use crate::intern::Symbol;
use crate::modules::support::{named, receiver_error};
use crate::object::future::{Future, FutureState};
use crate::object::{Args, Class, Exception, Fun, Native, NativeData, R, Ref, Row, Swap, T, TypeSpec, Value, Vm};
use crate::tasks::{EventLoop, alike, debug, future, origin, repr, state, task};

pub static FUTURE: TypeSpec = TypeSpec {
    kind: T::AsyncioFuture,
    new: Some(|vm, class, args| construct(vm, class, args, Native::new(class, Future::new(None)), init_future)),
    rows: FUTURE_ROWS,
    doc: "This class is *almost* compatible with concurrent.futures.Future.",
};

const FUTURE_ROWS: &[Row] = &[
    Row::method("__init__", "(self, *, loop=None)", Fun::Full(|vm, args| init(vm, args, init_future))),
    Row::method("result", "(self, /)", Fun::F1(|vm, this| vm.future_result(this))),
    Row::method("exception", "(self, /)", Fun::F1(future::exception)),
    Row::method(
        "set_result",
        "(self, result, /)",
        Fun::F2(|vm, this, result| {
            future::set_result(vm, future::of(vm, this)?.0, result.clone())?;
            Ok(Value::None)
        }),
    ),
    Row::method(
        "set_exception",
        "(self, exception, /)",
        Fun::F2(|vm, this, exception| {
            future::set_exception(vm, future::of(vm, this)?.0, exception)?;
            Ok(Value::None)
        }),
    ),
    Row::method(
        "add_done_callback",
        "(self, fn, /, *, context=None)",
        Fun::Bound(|vm, args| {
            let [this, function, context] = args else { return Ok(Value::None) };
            future::add_callback(vm, future::of(vm, this)?.0, function.clone(), context)?;
            Ok(Value::None)
        }),
    ),
    Row::method(
        "remove_done_callback",
        "(self, fn, /)",
        Fun::F2(|vm, this, function| future::remove_callback(vm, future::of(vm, this)?.0, function).map(Value::size)),
    ),
    Row::method(
        "cancel",
        "(self, msg=None)",
        Fun::F2(|vm, this, message| {
            let native = future::of(vm, this)?.0;
            let is_cancelled = future::cancel_own(vm, native, &message.clone().or_none())?;
            if is_cancelled {
                origin::future_cancelled(vm, native);
            }
            Ok(Value::bool(is_cancelled))
        }),
    ),
    Row::method("cancelled", "(self, /)", Fun::F1(|vm, this| Ok(Value::bool(future::of(vm, this)?.1.is_cancelled())))),
    Row::method("done", "(self, /)", Fun::F1(|vm, this| Ok(Value::bool(future::of(vm, this)?.1.is_done())))),
    Row::method(
        "get_loop",
        "(self, /)",
        Fun::F1(|vm, this| Ok(Value::Native(future::loop_of(vm, future::of(vm, this)?.1)?.clone()))),
    ),
    Row::method(
        "_make_cancelled_error",
        "(self, /)",
        Fun::F1(|vm, this| Ok(Value::Exception(vm.cancelled_error(this)))),
    ),
    Row::method(
        "__repr__",
        "(self, /)",
        Fun::F1(|vm, this| {
            future::loop_of(vm, future::of(vm, this)?.1)?;
            repr::future(vm, this).map(Value::string)
        }),
    ),
    Row::method("__await__", "(self, /)", Fun::F1(iterator)),
    Row::method("__iter__", "(self, /)", Fun::F1(iterator)),
    Row::getter("_state", |vm, this| {
        Ok(Value::str(match future::of(vm, this)?.1.state() {
            FutureState::Pending => "PENDING",
            FutureState::Cancelled => "CANCELLED",
            FutureState::Finished => "FINISHED",
        }))
    }),
    Row::getter("_loop", |vm, this| {
        Ok(future::of(vm, this)?.1.event_loop().map_or(Value::None, |l| Value::Native(l.clone())))
    }),
    Row::getter("_result", |vm, this| Ok(future::of(vm, this)?.1.result().unwrap_or(Value::None))),
    Row::getter("_exception", |vm, this| Ok(future::of(vm, this)?.1.failure().map_or(Value::None, Value::Exception))),
    Row::getter("_cancel_message", |vm, this| Ok(future::of(vm, this)?.1.cancel_message().or_none())),
    Row::getter("_callbacks", callbacks),
    Row::property(
        "_asyncio_future_blocking",
        |vm, this| Ok(Value::bool(future::of(vm, this)?.1.blocking.get())),
        |vm, this, value| {
            let on = vm.is_true(value)?;
            future::of(vm, this)?.1.blocking.set(on);
            Ok(())
        },
    ),
    Row::property(
        "_log_traceback",
        |vm, this| Ok(Value::bool(future::of(vm, this)?.1.is_unretrieved())),
        |vm, this, value| {
            if vm.is_true(value)? {
                return Err(vm.value_error("_log_traceback can only be set to False"));
            }
            future::of(vm, this)?.1.mark_retrieved();
            Ok(())
        },
    ),
    CLASS_GETITEM,
];

fn callbacks(vm: &Vm, this: &Value) -> R {
    use crate::object::callbacks::Callback;
    let (_, data) = future::of(vm, this)?;
    let taken = data.take_callbacks();
    let scripts = taken.iter().filter_map(|callback| match callback {
        Callback::Call(callable) => Some(Value::pair(callable.function.clone(), Value::None)),
        _ => None,
    });
    let list: Vec<Value> = scripts.collect();
    data.put_callbacks(taken);
    Ok(if list.is_empty() { Value::None } else { Value::list(list) })
}

fn loop_argument(vm: &Vm, given: &Value) -> R<Native> {
    match given {
        Value::None | Value::Missing => state::get_event_loop(vm),
        Value::Native(native) if native.get::<EventLoop>().is_some() => Ok(native.clone()),
        given => {
            // What has no such method fails as in CPython's constructor.
            drop(vm.get_attr(given, Symbol::of_static("get_debug"))?);
            state::loop_of(vm, given).cloned()
        }
    }
}

fn init_future(vm: &Vm, this: &Value, args: Args) -> R<()> {
    let [given] = named(vm, "Future", &args, ["loop"])?;
    if !args.positional.is_empty() {
        return Err(vm.type_error("Future() takes no positional arguments"));
    }
    let (native, data) = future::of(vm, this)?;
    let event_loop = loop_argument(vm, &given)?;
    data.set_event_loop(&event_loop);
    debug::note(vm, native, EventLoop::of(vm, &event_loop)?);
    Ok(())
}

pub static TASK: TypeSpec = TypeSpec {
    kind: T::AsyncioTask,
    new: Some(|vm, class: &Ref<Class>, args| construct(vm, class, args, task::blank(class), init_task)),
    rows: TASK_ROWS,
    doc: "A coroutine wrapped in a Future.",
};

const TASK_ROWS: &[Row] = &[
    Row::method(
        "__init__",
        "(self, coro, *, loop=None, name=None, context=None, eager_start=False)",
        Fun::Full(|vm, args| init(vm, args, init_task)),
    ),
    Row::method(
        "set_result",
        "(self, result, /)",
        Fun::F2(|vm, _, _| Err(vm.runtime_error("Task does not support set_result operation"))),
    ),
    Row::method(
        "set_exception",
        "(self, exception, /)",
        Fun::F2(|vm, _, _| Err(vm.runtime_error("Task does not support set_exception operation"))),
    ),
    Row::method("get_coro", "(self, /)", Fun::F1(|vm, this| Ok(task::of(vm, this)?.1.coroutine.get().or_none()))),
    Row::getter("_coro", |vm, this| Ok(task::of(vm, this)?.1.coroutine.get().or_none())),
    Row::method("get_name", "(self, /)", Fun::F1(|vm, this| Ok(task::name(task::of(vm, this)?.1)))),
    Row::method(
        "set_name",
        "(self, value, /)",
        Fun::F2(|vm, this, name| {
            let (_, data) = task::of(vm, this)?;
            data.name.set(Value::Str(vm.str(name)?));
            Ok(Value::None)
        }),
    ),
    Row::method(
        "get_context",
        "(self, /)",
        Fun::F1(|vm, this| {
            let (native, data) = task::of(vm, this)?;
            Ok(Value::Native(task::context(vm, native, data)))
        }),
    ),
    Row::method("cancelling", "(self, /)", Fun::F1(|vm, this| Ok(Value::int(task::of(vm, this)?.1.cancels.get())))),
    Row::method("uncancel", "(self, /)", Fun::F1(|vm, this| Ok(Value::int(task::uncancel(task::of(vm, this)?.1))))),
    Row::method("get_stack", "(self, *, limit=None)", Fun::Bound(|vm, args| stacks::get_stack(vm, &args[0], &args[1]))),
    Row::method(
        "print_stack",
        "(self, *, limit=None, file=None)",
        Fun::Bound(|vm, args| stacks::print_stack(vm, &args[0], &args[1], &args[2])),
    ),
    Row::getter(
        "_fut_waiter",
        |vm, this| Ok(task::waiter(vm, task::of(vm, this)?.0).map_or(Value::None, alike::shown)),
    ),
    Row::getter("_must_cancel", |vm, this| Ok(Value::bool(task::of(vm, this)?.1.must_cancel()))),
    Row::getter("_num_cancels_requested", |vm, this| Ok(Value::int(task::of(vm, this)?.1.cancels.get()))),
    Row::property(
        "_log_destroy_pending",
        |vm, this| Ok(Value::bool(!future::of(vm, this)?.1.is_quiet())),
        |vm, this, value| {
            if !vm.is_true(value)? {
                future::of(vm, this)?.1.set_quiet();
            }
            Ok(())
        },
    ),
    CLASS_GETITEM,
];

fn init_task(vm: &Vm, this: &Value, args: Args) -> R<()> {
    let given = args.positional.len();
    if given > 1 {
        return Err(vm.type_error(format!("Task() takes exactly 1 positional argument ({given} given)")));
    }
    if args.positional.is_empty() && args.keywords.iter().all(|(name, _)| name.as_str() != "coro") {
        return Err(vm.type_error("Task() missing required argument 'coro' (pos 1)"));
    }
    let [coroutine, given, name, context, eager] =
        named(vm, "Task", &args, ["coro", "loop", "name", "context", "eager_start"])?;
    let (native, data) = task::of(vm, this)?;
    if !data.coroutine.is_missing() {
        return Err(vm.runtime_error("a task cannot be initialised twice"));
    }
    let event_loop = loop_argument(vm, &given)?;
    let eager = crate::modules::support::flag(vm, &eager, false)?;
    task::start(vm, native, &event_loop, coroutine, &name, &context, eager)
}

pub static GATHERING: TypeSpec =
    TypeSpec { kind: T::GatheringFuture, new: None, rows: &[], doc: "Helper for gather()." };

/// What `__await__` gives: yields the future once, then returns its result.
struct FutureIter {
    future: Swap<Option<Native>>,
}

impl NativeData for FutureIter {}

pub static FUTURE_ITER: TypeSpec = TypeSpec { kind: T::FutureIter, new: None, rows: ITER_ROWS, doc: "" };

const ITER_ROWS: &[Row] = &[
    Row::method("__iter__", "(self, /)", Fun::F1(|_, this| Ok(this.clone()))),
    Row::method("__next__", "(self, /)", Fun::F1(advance)),
    Row::method("send", "(self, value, /)", Fun::F2(|vm, this, _| advance(vm, this))),
    Row::method(
        "throw",
        "(self, type, value=None, traceback=None, /)",
        Fun::Bound(|vm, args| {
            let [this, kind, value, traceback] = args else { return Ok(Value::None) };
            let exception: Ref<Exception> = crate::modules::types::thrown(vm, kind, value, traceback)?;
            iter_data(vm, this)?.future.set(None);
            Err(vm.throw(exception))
        }),
    ),
    Row::method(
        "close",
        "(self, /)",
        Fun::F1(|vm, this| {
            iter_data(vm, this)?.future.set(None);
            Ok(Value::None)
        }),
    ),
];

fn iterator(vm: &Vm, this: &Value) -> R {
    let (native, data) = future::of(vm, this)?;
    future::loop_of(vm, data)?;
    let iter = FutureIter { future: Swap::new(Some(native.clone())) };
    Ok(Value::Native(Native::new(vm.class(T::FutureIter), iter)))
}

fn iter_data<'a>(vm: &Vm, this: &'a Value) -> R<&'a FutureIter> {
    this.as_native::<FutureIter>().ok_or_else(|| receiver_error(vm, "_asyncio.FutureIter", this))
}

fn advance(vm: &Vm, this: &Value) -> R {
    let iter = iter_data(vm, this)?;
    let Some(native) = iter.future.get() else { return Err(vm.stop_iteration(Value::None)) };
    let value = Value::Native(native);
    let (_, data) = future::of(vm, &value)?;
    if data.is_done() {
        iter.future.set(None);
        let result = vm.future_result(&value)?;
        return Err(vm.stop_iteration(result));
    }
    if data.blocking.replace(true) {
        return Err(vm.runtime_error("await wasn't used with future"));
    }
    Ok(value)
}

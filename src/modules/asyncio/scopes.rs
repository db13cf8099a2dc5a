//! What a `with` block is entered with: `TaskGroup`, `Timeout`, `Runner`; and the iterator of `as_completed`.

use super::{arguments, construct, init, no_arguments};
use crate::modules::support::receiver_error;
use crate::object::{Args, Fun, Native, R, Row, T, TypeSpec, Value, Vm};
use crate::tasks::as_completed::{self, AsCompleted};
use crate::tasks::foreign;
use crate::tasks::runner::Runner;
use crate::tasks::task_group::{self, TaskGroup};
use crate::tasks::timeout::{self, Timeout, TimeoutState};

pub static TASK_GROUP: TypeSpec = TypeSpec {
    kind: T::TaskGroup,
    new: Some(|vm, class, args| {
        construct(vm, class, args, Native::new(class, TaskGroup::default()), |vm, _, args| {
            no_arguments(vm, "TaskGroup", args)
        })
    }),
    rows: GROUP_ROWS,
    doc: "Asynchronous context manager for managing groups of tasks.",
};

const GROUP_ROWS: &[Row] = &[
    Row::method(
        "__init__",
        "(self)",
        Fun::Full(|vm, args| init(vm, args, |vm, _, args| no_arguments(vm, "TaskGroup", args))),
    ),
    Row::method("__aenter__", "(self)", Fun::F1(|vm, this| Ok(task_group::aenter(group(vm, this)?.0)))),
    Row::method(
        "__aexit__",
        "(self, et, exc, tb)",
        Fun::Bound(|vm, args| {
            let [this, _, exception, _] = args else { return Ok(Value::None) };
            Ok(task_group::aexit(group(vm, this)?.0, exception))
        }),
    ),
    Row::method(
        "create_task",
        "(self, coro, *, name=None, context=None)",
        Fun::Bound(|vm, args| {
            let [this, coroutine, name, context] = args else { return Ok(Value::None) };
            task_group::create_task(vm, group(vm, this)?.0, coroutine.clone(), name, context)
        }),
    ),
    Row::method(
        "__repr__",
        "(self, /)",
        Fun::F1(|vm, this| {
            let (_, group) = group(vm, this)?;
            let mut text = String::from("<TaskGroup");
            if !group.is_empty() {
                text.push_str(&format!(" tasks={}", group.len()));
            }
            let errors = group.errors.borrow().len();
            if errors > 0 {
                text.push_str(&format!(" errors={errors}"));
            }
            if group.is_aborting.get() {
                text.push_str(" cancelling");
            } else if group.is_entered.get() {
                text.push_str(" entered");
            }
            text.push('>');
            Ok(Value::string(text))
        }),
    ),
];

fn group<'a>(vm: &Vm, this: &'a Value) -> R<(&'a Native, &'a TaskGroup)> {
    match this {
        Value::Native(native) => native.get::<TaskGroup>().map(|data| (native, data)),
        _ => None,
    }
    .ok_or_else(|| receiver_error(vm, "TaskGroup", this))
}

pub static TIMEOUT: TypeSpec = TypeSpec {
    kind: T::Timeout,
    new: Some(|vm, class, args| {
        construct(vm, class, args, Native::new(class, Timeout::new(Value::None)), init_timeout)
    }),
    rows: TIMEOUT_ROWS,
    doc: "Asynchronous context manager for cancelling overdue coroutines.",
};

const TIMEOUT_ROWS: &[Row] = &[
    Row::method("__init__", "(self, when)", Fun::Full(|vm, args| init(vm, args, init_timeout))),
    Row::method("when", "(self)", Fun::F1(|vm, this| Ok(timeout_data(vm, this)?.1.when.get()))),
    Row::method(
        "reschedule",
        "(self, when)",
        Fun::F2(|vm, this, when| {
            timeout::reschedule(vm, timeout_data(vm, this)?.0, when)?;
            Ok(Value::None)
        }),
    ),
    Row::method("expired", "(self)", Fun::F1(|vm, this| Ok(Value::bool(timeout_data(vm, this)?.1.is_expired())))),
    Row::method("__aenter__", "(self)", Fun::F1(|vm, this| Ok(timeout::aenter(timeout_data(vm, this)?.0)))),
    Row::method(
        "__aexit__",
        "(self, exc_type, exc_val, exc_tb)",
        Fun::Bound(|vm, args| {
            let [this, _, exception, _] = args else { return Ok(Value::None) };
            Ok(timeout::aexit(timeout_data(vm, this)?.0, exception))
        }),
    ),
    Row::method(
        "__repr__",
        "(self, /)",
        Fun::F1(|vm, this| {
            let (_, data) = timeout_data(vm, this)?;
            let state = data.state.get();
            let mut text = format!("<Timeout [{}]", state.word());
            if state == TimeoutState::Entered {
                let when = data.when.get();
                let when = if when.is_none() { when } else { rounded(vm, &when)? };
                text.push_str(&format!(" when={}", vm.repr(&when)?.as_str()));
            }
            text.push('>');
            Ok(Value::string(text))
        }),
    ),
];

/// `round(when, 3)`
fn rounded(vm: &Vm, when: &Value) -> R {
    let digits = Value::Int(3);
    let found = vm.call_special(when, crate::intern::sym::__round__, std::slice::from_ref(&digits))?;
    Ok(found.unwrap_or_else(|| when.clone()))
}

fn timeout_data<'a>(vm: &Vm, this: &'a Value) -> R<(&'a Native, &'a Timeout)> {
    match this {
        Value::Native(native) => native.get::<Timeout>().map(|data| (native, data)),
        _ => None,
    }
    .ok_or_else(|| receiver_error(vm, "Timeout", this))
}

fn init_timeout(vm: &Vm, this: &Value, args: Args) -> R<()> {
    let [when] = arguments(vm, "Timeout", "(self, when)", args, ["when"])?;
    timeout_data(vm, this)?.1.when.set(when);
    Ok(())
}

pub static RUNNER: TypeSpec = TypeSpec {
    kind: T::Runner,
    new: Some(|vm, class, args| {
        construct(vm, class, args, Native::new(class, Runner::new(Value::None, Value::None)), init_runner)
    }),
    rows: RUNNER_ROWS,
    doc: "A context manager that controls event loop life cycle.",
};

const RUNNER_INIT: &str = "(self, *, debug=None, loop_factory=None)";

fn init_runner(vm: &Vm, this: &Value, args: Args) -> R<()> {
    let [debug, factory] = arguments(vm, "Runner", RUNNER_INIT, args, ["debug", "loop_factory"])?;
    runner(vm, this)?.set_up(debug.or_none(), factory.or_none());
    Ok(())
}

const RUNNER_ROWS: &[Row] = &[
    Row::method("__init__", RUNNER_INIT, Fun::Full(|vm, args| init(vm, args, init_runner))),
    Row::method(
        "run",
        "(self, coro, *, context=None)",
        Fun::Bound(|vm, args| runner(vm, &args[0])?.run(vm, &args[1], &args[2])),
    ),
    Row::method(
        "close",
        "(self)",
        Fun::F1(|vm, this| {
            runner(vm, this)?.close(vm)?;
            Ok(Value::None)
        }),
    ),
    Row::method("get_loop", "(self)", Fun::F1(|vm, this| runner(vm, this)?.event_loop(vm).map(Value::Native))),
    Row::method(
        "__enter__",
        "(self)",
        Fun::F1(|vm, this| {
            runner(vm, this)?.event_loop(vm)?;
            Ok(this.clone())
        }),
    ),
    Row::method(
        "__exit__",
        "(self, exc_type, exc_val, exc_tb)",
        Fun::Bound(|vm, args| {
            let this = runner(vm, &args[0])?;
            match args[0].as_native_object().and_then(|native| foreign::method(vm, native, "close")) {
                Some(close) => drop(vm.call0(&close)?),
                None => this.close(vm)?,
            }
            Ok(Value::None)
        }),
    ),
];

fn runner<'a>(vm: &Vm, this: &'a Value) -> R<&'a Runner> {
    this.as_native::<Runner>().ok_or_else(|| receiver_error(vm, "Runner", this))
}

pub static AS_COMPLETED: TypeSpec = TypeSpec {
    kind: T::AsCompletedIterator,
    new: None,
    rows: AS_COMPLETED_ROWS,
    doc: "Iterator of awaitables representing tasks of asyncio.as_completed.",
};

const AS_COMPLETED_ROWS: &[Row] = &[
    Row::method("__iter__", "(self)", Fun::F1(|_, this| Ok(this.clone()))),
    Row::method("__aiter__", "(self)", Fun::F1(|_, this| Ok(this.clone()))),
    Row::method(
        "__next__",
        "(self)",
        Fun::F1(|vm, this| match as_completed::next(completed(vm, this)?, true) {
            Some(next) => Ok(next),
            None => Err(vm.stop_iteration(Value::None)),
        }),
    ),
    Row::method(
        "__anext__",
        "(self)",
        Fun::F1(|vm, this| Ok(as_completed::next(completed(vm, this)?, false).unwrap_or_else(as_completed::exhausted))),
    ),
];

fn completed<'a>(vm: &Vm, this: &'a Value) -> R<&'a AsCompleted> {
    this.as_native::<AsCompleted>().ok_or_else(|| receiver_error(vm, "_AsCompletedIterator", this))
}

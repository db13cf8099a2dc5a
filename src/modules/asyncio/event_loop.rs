//! `EventLoop`, `Handle`, `TimerHandle`.

use super::arguments;
use super::names::work;
use crate::intern::{Symbol, sym};
use crate::modules::support::{receiver_error, star};
use crate::object::{Args, Class, Fun, Machine, MachineKind, Native, R, Ref, Row, T, TypeSpec, Value, Vm};
use crate::tasks::event_loop::{self, EventLoop};
use crate::tasks::handle::Scheduled;
use crate::tasks::{context, coroutine, debug, dispatch, executor, future, generators, report, repr, state};

pub static EVENT_LOOP: TypeSpec = TypeSpec {
    kind: T::EventLoop,
    new: Some(|vm, class, _| {
        let made = EventLoop::create(vm);
        EventLoop::set_class(&made, class);
        Ok(Value::Native(made))
    }),
    rows: LOOP_ROWS,
    doc: "Unix event loop.",
};

const LOOP_ROWS: &[Row] = &[
    Row::method("__init__", "(self, *args, **kwargs)", Fun::Full(|_, _| Ok(Value::None))),
    Row::method("time", "(self)", Fun::F1(|vm, this| Ok(Value::float(data(vm, this)?.1.now().as_secs())))),
    Row::method(
        "call_soon",
        "(self, callback, *args, context=None)",
        Fun::Full(|vm, args| call_soon(vm, args, "call_soon")),
    ),
    Row::method(
        "call_soon_threadsafe",
        "(self, callback, *args, context=None)",
        Fun::Full(|vm, args| call_soon(vm, args, "call_soon_threadsafe")),
    ),
    Row::method(
        "call_later",
        "(self, delay, callback, *args, context=None)",
        Fun::Full(|vm, args| {
            let (this, when, callback, rest, context) = timed(vm, &args, "call_later", "delay")?;
            event_loop::call_later(vm, this, when, callback, rest, &context)
        }),
    ),
    Row::method(
        "call_at",
        "(self, when, callback, *args, context=None)",
        Fun::Full(|vm, args| {
            let (this, when, callback, rest, context) = timed(vm, &args, "call_at", "when")?;
            event_loop::call_at(vm, this, when.clone(), callback, rest, &context)
        }),
    ),
    Row::method(
        "create_future",
        "(self)",
        Fun::F1(|vm, this| {
            let (native, data) = data(vm, this)?;
            let made = future::create_own(vm, native);
            debug::note(vm, &made, data);
            Ok(Value::Native(made))
        }),
    ),
    Row::method(
        "create_task",
        "(self, coro, *, name=None, context=None)",
        Fun::Bound(|vm, args| {
            let [this, coroutine, name, context] = args else { return Ok(Value::None) };
            event_loop::create_own_task(vm, data(vm, this)?.0, coroutine.clone(), name, context)
        }),
    ),
    Row::method(
        "run_forever",
        "(self)",
        Fun::F1(|vm, this| {
            event_loop::run_forever(vm, data(vm, this)?.0)?;
            Ok(Value::None)
        }),
    ),
    Row::method(
        "run_until_complete",
        "(self, future)",
        Fun::F2(|vm, this, future| event_loop::run_until_complete(vm, data(vm, this)?.0, future)),
    ),
    Row::method(
        "stop",
        "(self)",
        Fun::F1(|vm, this| {
            data(vm, this)?.1.is_stopping.set(true);
            Ok(Value::None)
        }),
    ),
    Row::method(
        "close",
        "(self)",
        Fun::F1(|vm, this| {
            event_loop::close(vm, data(vm, this)?.0)?;
            Ok(Value::None)
        }),
    ),
    Row::method("is_running", "(self)", Fun::F1(|vm, this| Ok(Value::bool(data(vm, this)?.1.is_running.get())))),
    Row::method("is_closed", "(self)", Fun::F1(|vm, this| Ok(Value::bool(data(vm, this)?.1.is_closed.get())))),
    Row::method("get_debug", "(self)", Fun::F1(|vm, this| Ok(Value::bool(data(vm, this)?.1.debug.get())))),
    Row::method(
        "set_debug",
        "(self, enabled)",
        Fun::F2(|vm, this, enabled| {
            let enabled = vm.is_true(enabled)?;
            data(vm, this)?.1.debug.set(enabled);
            Ok(Value::None)
        }),
    ),
    Row::property(
        "slow_callback_duration",
        |vm, this| Ok(data(vm, this)?.1.slow_callback_duration.get()),
        |vm, this, value| {
            data(vm, this)?.1.slow_callback_duration.set(value.clone());
            Ok(())
        },
    ),
    Row::method(
        "set_exception_handler",
        "(self, handler)",
        Fun::F2(|vm, this, handler| {
            let data = data(vm, this)?.1;
            if !handler.is_none() && !is_callable(vm, handler) {
                let shown = vm.repr(handler)?;
                return Err(vm.type_error(format!("A callable object or None is expected, got {}", shown.as_str())));
            }
            data.exception_handler.set(handler.clone());
            Ok(Value::None)
        }),
    ),
    Row::method("get_exception_handler", "(self)", Fun::F1(|vm, this| Ok(data(vm, this)?.1.exception_handler.get()))),
    Row::method(
        "default_exception_handler",
        "(self, context)",
        Fun::F2(|vm, _, context| {
            report::default_handler(vm, context)?;
            Ok(Value::None)
        }),
    ),
    Row::method(
        "call_exception_handler",
        "(self, context)",
        Fun::F2(|vm, this, context| {
            report::handle_context(vm, data(vm, this)?.0, context)?;
            Ok(Value::None)
        }),
    ),
    Row::method(
        "set_task_factory",
        "(self, factory)",
        Fun::F2(|vm, this, factory| {
            if !factory.is_none() && !is_callable(vm, factory) {
                return Err(vm.type_error("task factory must be a callable or None"));
            }
            data(vm, this)?.1.task_factory.set(factory.clone());
            Ok(Value::None)
        }),
    ),
    Row::method("get_task_factory", "(self)", Fun::F1(|vm, this| Ok(data(vm, this)?.1.task_factory.get()))),
    Row::method(
        "run_in_executor",
        "(self, executor, func, *args)",
        Fun::Bound(|vm, args| {
            let [this, executor, function, rest] = args else { return Ok(Value::None) };
            if !executor.is_none() {
                return submit(vm, this, executor, function, rest);
            }
            event_loop::check_callback(vm, data(vm, this)?.1, function, "run_in_executor")?;
            executor::run_in_executor(vm, data(vm, this)?.0, work(function, rest)).map(Value::Native)
        }),
    ),
    Row::method("set_default_executor", "(self, executor)", Fun::F2(set_default_executor)),
    Row::method(
        "_asyncgen_firstiter_hook",
        "(self, agen)",
        Fun::F2(|vm, this, agen| hook(vm, this, agen, generators::begins)),
    ),
    Row::method(
        "_asyncgen_finalizer_hook",
        "(self, agen)",
        Fun::F2(|vm, this, agen| hook(vm, this, agen, |_, native, agen| generators::ends(native, agen))),
    ),
    Row::method("shutdown_asyncgens", "(self)", Fun::F1(|vm, this| Ok(generators::shutdown(data(vm, this)?.0)))),
    Row::method(
        "shutdown_default_executor",
        "(self, timeout=None)",
        Fun::F2(|vm, this, _| Ok(executor::shutdown(data(vm, this)?.0))),
    ),
    Row::method(
        "__repr__",
        "(self, /)",
        Fun::F1(|vm, this| {
            let (name, data) = (vm.class_name(this), data(vm, this)?.1);
            let word = |on: bool| if on { "True" } else { "False" };
            let (running, closed, debug) = (data.is_running.get(), data.is_closed.get(), data.debug.get());
            let (running, closed, debug) = (word(running), word(closed), word(debug));
            Ok(Value::string(format!("<{name} running={running} closed={closed} debug={debug}>")))
        }),
    ),
    unsupported("add_signal_handler"),
    unsupported("remove_signal_handler"),
    unsupported("add_reader"),
    unsupported("remove_reader"),
    unsupported("add_writer"),
    unsupported("remove_writer"),
    unsupported("create_connection"),
    unsupported("create_server"),
    unsupported("create_unix_connection"),
    unsupported("create_unix_server"),
    unsupported("create_datagram_endpoint"),
    unsupported("connect_read_pipe"),
    unsupported("connect_write_pipe"),
    unsupported("subprocess_exec"),
    unsupported("subprocess_shell"),
    unsupported("getaddrinfo"),
    unsupported("getnameinfo"),
    unsupported("sock_recv"),
    unsupported("sock_sendall"),
    unsupported("sock_connect"),
    unsupported("sock_accept"),
    unsupported("connect_accepted_socket"),
    unsupported("sendfile"),
    unsupported("sock_recv_into"),
    unsupported("sock_recvfrom"),
    unsupported("sock_recvfrom_into"),
    unsupported("sock_sendfile"),
    unsupported("sock_sendto"),
    unsupported("start_tls"),
];

const fn unsupported(name: &'static str) -> Row {
    let refuse: fn(&Vm, Args) -> R = |vm, _| Err(vm.not_implemented("input and output on the event loop"));
    Row::method(name, "(self, *args, **kwargs)", Fun::Full(refuse))
}

/// `run_in_executor` with an executor: what its `submit` gives, as a future of the loop.
fn submit(vm: &Vm, this: &Value, executor: &Value, function: &Value, args: &Value) -> R {
    data(vm, this)?.1.check_closed(vm)?;
    let submit = vm.get_attr(executor, Symbol::of_static("submit"))?;
    let mut positional = vec![function.clone()];
    positional.extend_from_slice(star(args));
    let submitted = vm.call(&submit, Args::positional(&positional))?;
    let wrap = vm.get_attr(&vm.import_module(sym::asyncio)?, Symbol::of_static("wrap_future"))?;
    let keywords = [(Symbol::of_static("loop"), this.clone())];
    vm.call(&wrap, Args { positional: std::slice::from_ref(&submitted), keywords: &keywords })
}

/// There is one thread, so that the pool that is set makes no difference.
fn set_default_executor(vm: &Vm, _this: &Value, executor: &Value) -> R {
    let futures = vm.import_module(Symbol::of_static("concurrent.futures"))?;
    let pool = vm.get_attr(&futures, Symbol::of_static("ThreadPoolExecutor"))?;
    match vm.is_instance(executor, &pool)? {
        true => Ok(Value::None),
        false => Err(vm.type_error("executor must be ThreadPoolExecutor instance")),
    }
}

fn data<'a>(vm: &Vm, this: &'a Value) -> R<(&'a Native, &'a EventLoop)> {
    let native = state::loop_of(vm, this)?;
    Ok((native, EventLoop::of(vm, native)?))
}

fn is_callable(vm: &Vm, value: &Value) -> bool {
    coroutine::is_callable(vm, value)
}

/// The keyword `context` of a call that takes no other.
fn context_keyword(vm: &Vm, args: &Args, name: &str) -> R<Value> {
    let mut context = Value::None;
    for (keyword, value) in args.keywords {
        if keyword.as_str() != "context" {
            return Err(vm.unknown_keyword(&format!("BaseEventLoop.{name}"), *keyword, ["callback", "context"]));
        }
        context = value.clone();
    }
    Ok(context)
}

#[cold]
fn lacks(vm: &Vm, name: &str, missing: &[&str]) -> crate::object::Raised {
    let plural = if missing.len() == 1 { "" } else { "s" };
    let names = missing.iter().map(|n| format!("'{n}'")).collect::<Vec<_>>().join(" and ");
    let count = missing.len();
    vm.type_error(format!("BaseEventLoop.{name}() missing {count} required positional argument{plural}: {names}"))
}

fn call_soon(vm: &Vm, args: Args, name: &str) -> R {
    let context = context_keyword(vm, &args, name)?;
    match args.positional {
        [this, callback, rest @ ..] => {
            event_loop::check_callback(vm, data(vm, this)?.1, callback, name)?;
            event_loop::call_soon(vm, data(vm, this)?.0, callback.clone(), rest.to_vec(), &context)
        }
        _ => Err(lacks(vm, name, &["callback"])),
    }
}

type Timed<'a> = (&'a Native, &'a Value, Value, Vec<Value>, Value);

/// The arguments of `call_later` and `call_at`.
fn timed<'a>(vm: &Vm, args: &Args<'a>, name: &str, first: &str) -> R<Timed<'a>> {
    let context = context_keyword(vm, args, name)?;
    match args.positional {
        [this, when, callback, rest @ ..] => Ok((data(vm, this)?.0, when, callback.clone(), rest.to_vec(), context)),
        [_, _] => Err(lacks(vm, name, &["callback"])),
        _ => Err(lacks(vm, name, &[first, "callback"])),
    }
}

/// One of the loop's own hooks for async generators, which `sys.get_asyncgen_hooks` shows.
fn hook(vm: &Vm, this: &Value, agen: &Value, then: fn(&Vm, &Native, &Ref<Machine>)) -> R {
    match agen {
        Value::Machine(machine) if machine.kind == MachineKind::AsyncGenerator => then(vm, data(vm, this)?.0, machine),
        other => return Err(vm.type_error(format!("async generator expected, got {}", vm.class_name(other)))),
    }
    Ok(Value::None)
}

pub static HANDLE: TypeSpec = TypeSpec {
    kind: T::Handle,
    new: Some(|vm, class, args| {
        let [callback, args, given, context] = arguments(
            vm,
            "Handle",
            "(self, callback, args, loop, context=None)",
            args,
            ["callback", "args", "loop", "context"],
        )?;
        make_handle(vm, class, Value::Missing, callback, &args, &given, &context)
    }),
    rows: HANDLE_ROWS,
    doc: "Object returned by callback registration methods.",
};

const HANDLE_ROWS: &[Row] = &[
    Row::method(
        "cancel",
        "(self)",
        Fun::F1(|vm, this| {
            repr::keep_handle(vm, this)?;
            scheduled(vm, this)?.cancel();
            Ok(Value::None)
        }),
    ),
    Row::method("cancelled", "(self)", Fun::F1(|vm, this| Ok(Value::bool(scheduled(vm, this)?.is_cancelled.get())))),
    Row::method(
        "get_context",
        "(self)",
        Fun::F1(|vm, this| Ok(Value::Native(scheduled(vm, this)?.context_object(vm)))),
    ),
    Row::method("__repr__", "(self, /)", Fun::F1(|vm, this| repr::handle(vm, this).map(Value::string))),
    Row::method(
        "_run",
        "(self)",
        Fun::F1(|vm, this| {
            let event_loop = &scheduled(vm, this)?.event_loop;
            if let Value::Native(handle) = this {
                dispatch::run_scheduled(vm, event_loop, EventLoop::of(vm, event_loop)?, handle)?;
            }
            Ok(Value::None)
        }),
    ),
    Row::getter("_callback", |vm, this| Ok(scheduled(vm, this)?.callback.get())),
    Row::getter("_args", |vm, this| {
        let data = scheduled(vm, this)?;
        Ok(if data.is_cancelled.get() { Value::None } else { Value::Tuple(data.args.get()) })
    }),
    Row::getter("_cancelled", |vm, this| Ok(Value::bool(scheduled(vm, this)?.is_cancelled.get()))),
];

pub static TIMER_HANDLE: TypeSpec = TypeSpec {
    kind: T::TimerHandle,
    new: Some(|vm, class, args| {
        let [when, callback, args, given, context] = arguments(
            vm,
            "TimerHandle",
            "(self, when, callback, args, loop, context=None)",
            args,
            ["when", "callback", "args", "loop", "context"],
        )?;
        make_handle(vm, class, when, callback, &args, &given, &context)
    }),
    rows: TIMER_ROWS,
    doc: "Object returned by timed callback registration methods.",
};

const TIMER_ROWS: &[Row] = &[
    Row::method("when", "(self)", Fun::F1(|vm, this| Ok(scheduled(vm, this)?.when.clone()))),
    Row::getter("_when", |vm, this| Ok(scheduled(vm, this)?.when.clone())),
    Row::method("__lt__", "(self, other, /)", Fun::F2(|vm, a, b| order(vm, a, b, |a, b| a < b))),
    Row::method("__le__", "(self, other, /)", Fun::F2(|vm, a, b| order_or_equal(vm, a, b, |a, b| a < b))),
    Row::method("__gt__", "(self, other, /)", Fun::F2(|vm, a, b| order(vm, a, b, |a, b| a > b))),
    Row::method("__ge__", "(self, other, /)", Fun::F2(|vm, a, b| order_or_equal(vm, a, b, |a, b| a > b))),
    Row::method("__eq__", "(self, other, /)", Fun::F2(equal)),
    Row::method("__hash__", "(self, /)", Fun::F1(|vm, this| vm.hash(&scheduled(vm, this)?.when).map(Value::Int))),
];

/// A handle that a script makes: it is scheduled nowhere.
fn make_handle(
    vm: &Vm,
    class: &Ref<Class>,
    when: Value,
    callback: Value,
    args: &Value,
    event_loop: &Value,
    context: &Value,
) -> R {
    let event_loop = state::loop_of(vm, event_loop)?;
    let args = vm.collect(args)?;
    let context = context::given_or_copy(vm, context)?;
    let made = Scheduled::create(vm, event_loop, when, callback, args, context);
    if class.builtin.is_none() {
        made.set_class(class.clone());
    }
    Ok(Value::Native(made))
}

fn scheduled<'a>(vm: &Vm, this: &'a Value) -> R<&'a Scheduled> {
    this.as_native::<Scheduled>().ok_or_else(|| receiver_error(vm, "Handle", this))
}

/// Timers are ordered by their deadlines.
fn order(vm: &Vm, a: &Value, b: &Value, holds: fn(f64, f64) -> bool) -> R {
    let (Some(a), Some(b)) = (a.as_native::<Scheduled>(), b.as_native::<Scheduled>()) else {
        return Ok(Value::NotImplemented);
    };
    if a.when.is_missing() || b.when.is_missing() {
        return Ok(Value::NotImplemented);
    }
    Ok(Value::bool(holds(vm.to_f64(&a.when)?, vm.to_f64(&b.when)?)))
}

/// Two timers are equal when they are for the same call at the same time and both or neither were cancelled.
fn equal(vm: &Vm, a: &Value, b: &Value) -> R {
    let (Some(one), Some(other)) = (a.as_native::<Scheduled>(), b.as_native::<Scheduled>()) else {
        return Ok(Value::NotImplemented);
    };
    if one.when.is_missing() || other.when.is_missing() {
        return Ok(Value::NotImplemented);
    }
    let args = |data: &Scheduled| Value::Tuple(data.args.get());
    let same = one.is_cancelled.get() == other.is_cancelled.get()
        && vm.eq(&one.when, &other.when)?
        && vm.eq(&one.callback.get(), &other.callback.get())?
        && vm.eq(&args(one), &args(other))?;
    Ok(Value::bool(same))
}

/// Timers for the same time are neither less nor greater, and `<=` only when they are equal.
fn order_or_equal(vm: &Vm, a: &Value, b: &Value, holds: fn(f64, f64) -> bool) -> R {
    match order(vm, a, b, holds)? {
        Value::False => equal(vm, a, b),
        other => Ok(other),
    }
}

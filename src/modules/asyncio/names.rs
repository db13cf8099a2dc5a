//! What `asyncio.` leads to: functions, constants, classes, and the names that raise NotImplementedError.

use crate::intern::{Symbol, sym};
use crate::modules::ModuleSpec;
use crate::modules::functools::partial_function;
use crate::modules::support::star;
use crate::object::{Args, Fun, Method, Module, Native, R, Ref, Row, T, Value, Vm};
use crate::tasks::event_loop::{self, EventLoop};
use crate::tasks::handle::Work;
use crate::tasks::{
    as_completed, coroutine, ensure, executor, gather, runner, shield, sleep, state, task, timeout, wait,
};

pub static SPEC: ModuleSpec = ModuleSpec { name: "asyncio", rows: ROWS, init: Some(init), script: None };

const ROWS: &[Row] = &[
    Row::function(
        "run",
        "(main, *, debug=None, loop_factory=None)",
        Fun::F3(|vm, main, debug, factory| runner::run(vm, main, debug.clone(), factory.clone())),
    ),
    Row::function("create_task", "(coro, *, name=None, context=None)", Fun::F3(create_task)),
    Row::function("gather", "(*coros_or_futures, return_exceptions=False)", Fun::Full(gather_row)),
    Row::function(
        "sleep",
        "(delay, result=None)",
        Fun::F2(|_, delay, result| Ok(sleep::sleep(delay, result.clone().or_none()))),
    )
    .awaited(sleep::short),
    Row::function(
        "wait",
        "(fs, *, timeout=None, return_when='ALL_COMPLETED')",
        Fun::F3(|_, fs, timeout, when| {
            let when = if when.is_missing() { Value::str("ALL_COMPLETED") } else { when.clone() };
            Ok(wait::wait(fs.clone(), timeout.clone().or_none(), when))
        }),
    ),
    Row::function(
        "wait_for",
        "(fut, timeout)",
        Fun::F2(|_, future, timeout| Ok(timeout::wait_for(future.clone(), timeout.clone()))),
    ),
    Row::function("shield", "(arg)", Fun::F1(|vm, arg| shield::shield(vm, arg).map(Value::Native))),
    Row::function("as_completed", "(fs, *, timeout=None)", Fun::F2(as_completed::as_completed)),
    Row::function("timeout", "(delay)", Fun::F1(timeout::after)),
    Row::function("timeout_at", "(when)", Fun::F1(|vm, when| Ok(timeout::at(vm, when.clone())))),
    Row::function(
        "ensure_future",
        "(coro_or_future, *, loop=None)",
        Fun::F2(|vm, value, given| {
            let event_loop = given_loop(vm, given)?;
            ensure::ensure_future(vm, value, event_loop.as_ref()).map(Value::Native)
        }),
    ),
    Row::function(
        "wrap_future",
        "(future, *, loop=None)",
        Fun::F2(|vm, value, _| {
            if value.as_future().is_none() {
                let shown = vm.repr(value)?;
                let text = format!("concurrent.futures.Future is expected, got {}", shown.as_str());
                return Err(vm.error(T::AssertionError, text));
            }
            Ok(value.clone())
        }),
    ),
    Row::function(
        "current_task",
        "(loop=None)",
        Fun::F1(|vm, given| {
            let event_loop = loop_or_running(vm, given)?;
            Ok(task::current(vm, &event_loop)?.map_or(Value::None, Value::Native))
        }),
    ),
    Row::function("all_tasks", "(loop=None)", Fun::F1(all_tasks)),
    Row::function("get_running_loop", "()", Fun::F0(|vm| state::get_running_loop(vm).map(Value::Native))),
    Row::function(
        "_get_running_loop",
        "()",
        Fun::F0(|vm| Ok(state::running_loop(vm).map_or(Value::None, Value::Native))),
    ),
    Row::function("_set_running_loop", "(loop, /)", Fun::F1(set_running_loop)),
    Row::function("_enter_task", "(loop, task)", Fun::F2(enter_task)),
    Row::function("_leave_task", "(loop, task)", Fun::F2(leave_task)),
    Row::function("_register_task", "(task)", Fun::F1(register_task)),
    Row::function("_unregister_task", "(task)", Fun::F1(unregister_task)),
    Row::function("get_event_loop", "()", Fun::F0(|vm| state::get_event_loop(vm).map(Value::Native))),
    Row::function("new_event_loop", "()", Fun::F0(|vm| Ok(Value::Native(EventLoop::create(vm))))),
    Row::function("set_event_loop", "(loop)", Fun::F1(set_event_loop)),
    Row::function("iscoroutine", "(obj)", Fun::F1(|vm, obj| Ok(Value::bool(coroutine::is_coroutine(vm, obj))))),
    Row::function("iscoroutinefunction", "(func)", Fun::F1(is_coroutine_function)),
    Row::function("isfuture", "(obj)", Fun::F1(|_, obj| Ok(Value::bool(obj.as_future().is_some())))),
    Row::function("to_thread", "(func, /, *args, **kwargs)", Fun::Full(to_thread)),
    Row::function(
        "create_eager_task_factory",
        "(custom_task_constructor)",
        Fun::F1(|_, constructor| Ok(eager_factory(constructor.clone()))),
    ),
    Row::function("__getattr__", "(name)", Fun::F1(missing)),
    Row::function("open_connection", "(*args, **kwargs)", Fun::Full(streams)),
    Row::function("start_server", "(*args, **kwargs)", Fun::Full(streams)),
    Row::function("open_unix_connection", "(*args, **kwargs)", Fun::Full(streams)),
    Row::function("start_unix_server", "(*args, **kwargs)", Fun::Full(streams)),
    Row::function("create_subprocess_exec", "(*args, **kwargs)", Fun::Full(subprocesses)),
    Row::function("create_subprocess_shell", "(*args, **kwargs)", Fun::Full(subprocesses)),
    Row::function(
        "run_coroutine_threadsafe",
        "(coro, loop)",
        Fun::F2(|vm, _, _| Err(vm.not_implemented("asyncio.run_coroutine_threadsafe"))),
    ),
];

const CLASSES: &[(&str, T)] = &[
    ("Future", T::AsyncioFuture),
    ("Task", T::AsyncioTask),
    ("Handle", T::Handle),
    ("TimerHandle", T::TimerHandle),
    ("AbstractEventLoop", T::EventLoop),
    ("BaseEventLoop", T::EventLoop),
    ("SelectorEventLoop", T::EventLoop),
    ("EventLoop", T::EventLoop),
    ("TaskGroup", T::TaskGroup),
    ("Timeout", T::Timeout),
    ("Runner", T::Runner),
    ("Queue", T::Queue),
    ("PriorityQueue", T::PriorityQueue),
    ("LifoQueue", T::LifoQueue),
    ("Event", T::Event),
    ("Lock", T::Lock),
    ("Condition", T::Condition),
    ("Semaphore", T::Semaphore),
    ("BoundedSemaphore", T::BoundedSemaphore),
    ("Barrier", T::Barrier),
    ("CancelledError", T::CancelledError),
    ("TimeoutError", T::TimeoutError),
    ("InvalidStateError", T::InvalidStateError),
    ("BrokenBarrierError", T::BrokenBarrierError),
    ("QueueEmpty", T::QueueEmpty),
    ("QueueFull", T::QueueFull),
    ("QueueShutDown", T::QueueShutDown),
];

fn init(vm: &Vm, module: &Ref<Module>) -> R<()> {
    let set = |name: &'static str, value: Value| drop(module.dict.set_name(Symbol::of_static(name), value));
    for &(name, kind) in CLASSES {
        set(name, Value::Class(vm.class(kind).clone()));
    }
    for name in ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"] {
        set(name, Value::name(Symbol::of_static(name)));
    }
    set("eager_task_factory", eager_factory(Value::Class(vm.class(T::AsyncioTask).clone())));
    set("__all__", super::parts::all());
    Ok(())
}

/// Exceptions that a script defines when somebody asks for one.
const EXCEPTIONS: &[&str] = &["IncompleteReadError", "LimitOverrunError", "SendfileNotAvailableError"];

/// Names that CPython's asyncio has and this one does not: said so when somebody asks for one.
const LACKING: &[&str] = &[
    "StreamReader",
    "StreamWriter",
    "StreamReaderProtocol",
    "AbstractServer",
    "Server",
    "BaseTransport",
    "ReadTransport",
    "WriteTransport",
    "Transport",
    "DatagramTransport",
    "SubprocessTransport",
    "BaseProtocol",
    "Protocol",
    "DatagramProtocol",
    "SubprocessProtocol",
    "BufferedProtocol",
    "AbstractEventLoopPolicy",
    "DefaultEventLoopPolicy",
    "get_event_loop_policy",
    "set_event_loop_policy",
    "AbstractChildWatcher",
    "get_child_watcher",
    "set_child_watcher",
    "SafeChildWatcher",
    "FastChildWatcher",
    "PidfdChildWatcher",
    "MultiLoopChildWatcher",
    "ThreadedChildWatcher",
    "base_futures",
    "base_subprocess",
    "base_tasks",
    "constants",
    "format_helpers",
    "mixins",
    "protocols",
    "selector_events",
    "sslproto",
    "staggered",
    "streams",
    "subprocess",
    "transports",
    "trsock",
];

fn missing(vm: &Vm, name: &Value) -> R {
    let Some(text) = name.as_str() else { return Err(vm.type_error("attribute name must be string")) };
    let module = vm.import_module(sym::asyncio)?;
    if super::parts::is_part(text.as_str()) {
        return vm.import_module(Symbol::new(&format!("asyncio.{}", text.as_str())));
    }
    if EXCEPTIONS.contains(&text.as_str()) {
        let exceptions = vm.import_module(Symbol::of_static("asyncio.exceptions"))?;
        return vm.get_attr(&exceptions, text.symbol());
    }
    if LACKING.contains(&text.as_str()) {
        return Err(vm.not_implemented(&format!("asyncio.{}", text.as_str())));
    }
    Err(vm.no_attribute(&module, text.symbol()))
}

/// `asyncio.iscoroutinefunction(func)`, also behind `partial`, or marked by `inspect.markcoroutinefunction`.
fn is_coroutine_function(vm: &Vm, func: &Value) -> R {
    let mut func = func.clone();
    while let Some(inner) = partial_function(&func) {
        func = inner;
    }
    if coroutine::is_coroutine_function(&func) {
        return Ok(Value::True);
    }
    let mark = vm.find_attr(&func, Symbol::of_static("_is_coroutine_mark"))?;
    Ok(Value::bool(mark.is_some_and(|mark| matches!(mark, Value::True))))
}

fn streams(vm: &Vm, _args: Args) -> R {
    Err(vm.not_implemented("streams of asyncio"))
}

fn subprocesses(vm: &Vm, _args: Args) -> R {
    Err(vm.not_implemented("subprocesses of asyncio"))
}

fn create_task(vm: &Vm, coroutine: &Value, name: &Value, context: &Value) -> R {
    let running = state::get_running_loop(vm)?;
    event_loop::create_any_task(vm, &running, coroutine.clone(), &name.clone().or_none(), context)
}

fn gather_row(vm: &Vm, args: Args) -> R {
    let mut return_exceptions = false;
    for (name, value) in args.keywords {
        if *name != sym::return_exceptions {
            return Err(vm.unknown_keyword("gather", *name, ["return_exceptions"]));
        }
        return_exceptions = vm.is_true(value)?;
    }
    gather::gather(vm, args.positional, return_exceptions)
}

fn given_loop(vm: &Vm, given: &Value) -> R<Option<Native>> {
    if given.is_none_or_missing() { Ok(None) } else { state::loop_of(vm, given).cloned().map(Some) }
}

fn loop_or_running(vm: &Vm, given: &Value) -> R<Native> {
    match given_loop(vm, given)? {
        Some(event_loop) => Ok(event_loop),
        None => state::get_running_loop(vm),
    }
}

fn all_tasks(vm: &Vm, given: &Value) -> R {
    let event_loop = loop_or_running(vm, given)?;
    let tasks = EventLoop::of(vm, &event_loop)?.unfinished.borrow().all();
    let set = crate::object::Set::new_ref();
    for task in tasks {
        vm.set_add(&set, Value::Native(task))?;
    }
    Ok(Value::Set(set))
}

fn set_event_loop(vm: &Vm, value: &Value) -> R {
    let chosen = match value {
        Value::None => None,
        Value::Native(native) if native.get::<EventLoop>().is_some() => Some(native.clone()),
        other => {
            let name = vm.class_name(other);
            let text = format!("loop must be an instance of AbstractEventLoop or None, not '{name}'");
            return Err(vm.type_error(text));
        }
    };
    state::set_event_loop(vm, chosen);
    Ok(Value::None)
}

fn set_running_loop(vm: &Vm, value: &Value) -> R {
    let chosen = if value.is_none() { None } else { Some(state::loop_of(vm, value)?.clone()) };
    state::State::of(vm).running.set(chosen);
    Ok(Value::None)
}

fn enter_task(vm: &Vm, event_loop: &Value, task: &Value) -> R {
    task::enter(vm, state::loop_of(vm, event_loop)?, task::of(vm, task)?.0)?;
    Ok(Value::None)
}

fn leave_task(vm: &Vm, event_loop: &Value, task: &Value) -> R {
    task::leave(vm, state::loop_of(vm, event_loop)?, task::of(vm, task)?.0)?;
    Ok(Value::None)
}

fn register_task(vm: &Vm, value: &Value) -> R {
    let (native, data) = task::of(vm, value)?;
    if let (0, Some(event_loop)) = (data.place.get(), data.future.event_loop()) {
        data.place.set(EventLoop::of(vm, event_loop)?.register(native));
    }
    Ok(Value::None)
}

fn unregister_task(vm: &Vm, value: &Value) -> R {
    let (_, data) = task::of(vm, value)?;
    if let Some(event_loop) = data.future.event_loop() {
        drop(EventLoop::of(vm, event_loop)?.unregister(data.place.replace(0)));
    }
    Ok(Value::None)
}

fn to_thread(vm: &Vm, args: Args) -> R {
    let Some((function, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("to_thread() missing 1 required positional argument: 'func'"));
    };
    Ok(executor::to_thread(Work {
        function: function.clone(),
        args: rest.to_vec(),
        keywords: args.keywords.to_vec(),
        context: Default::default(),
    }))
}

/// A task factory whose tasks begin at once: a method of the constructor.
fn eager_factory(constructor: Value) -> Value {
    Method::new(crate::object::Builtin::new(&EAGER, None, Some("asyncio")), constructor)
}

static EAGER: Row = Row::function(
    "factory",
    "(constructor, loop, coro, *, name=None, context=None)",
    Fun::Bound(|vm, args| {
        let [constructor, event_loop, coroutine, name, context] = args else { return Ok(Value::None) };
        let keywords = [
            (Symbol::of_static("loop"), event_loop.clone()),
            (sym::name, name.clone().or_none()),
            (sym::context, context.clone().or_none()),
            (Symbol::of_static("eager_start"), Value::True),
        ];
        vm.call(constructor, Args { positional: std::slice::from_ref(coroutine), keywords: &keywords })
    }),
);

/// The arguments of `run_in_executor` after the function.
pub fn work(function: &Value, args: &Value) -> Work {
    Work { function: function.clone(), args: star(args).to_vec(), keywords: Vec::new(), context: Default::default() }
}

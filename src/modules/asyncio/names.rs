//! What `asyncio.` leads to: functions, constants, classes, and the names that raise NotImplementedError.

use crate::intern::{Symbol, sym};
use crate::modules::ModuleSpec;
use crate::modules::functools::partial_function;
use crate::modules::support::star;
use crate::object::{Args, Builtin, Fun, Module, Native, R, Ref, Row, T, Value, Vm};
use crate::tasks::event_loop::{self, EventLoop};
use crate::tasks::handle::Work;
use crate::tasks::{
    alike, as_completed, coroutine, ensure, executor, gather, runner, shield, sleep, state, task, timeout, wait,
};

pub static SPEC: ModuleSpec = ModuleSpec { name: "asyncio", rows: ROWS, init: Some(init), script: None };

const ROWS: &[Row] = &[
    Row::function(
        "run",
        "(main, *, debug=None, loop_factory=None)",
        Fun::Bound(|vm, args| runner::run(vm, &args[0], args[1].clone(), args[2].clone())),
    ),
    Row::function("create_task", "(coro, *, name=None, context=None)", Fun::Bound(create_task)),
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
        Fun::Bound(|_, args| {
            let [fs, timeout, when] = args else { return Ok(Value::None) };
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
    Row::function(
        "as_completed",
        "(fs, *, timeout=None)",
        Fun::Bound(|vm, args| as_completed::as_completed(vm, &args[0], &args[1])),
    ),
    Row::function("timeout", "(delay)", Fun::F1(timeout::after)),
    Row::function("timeout_at", "(when)", Fun::F1(|vm, when| Ok(timeout::at(vm, when.clone())))),
    Row::function(
        "ensure_future",
        "(coro_or_future, *, loop=None)",
        Fun::Bound(|vm, args| {
            let event_loop = given_loop(vm, &args[1])?;
            if args[0].as_future().is_none() && alike::is_alike(vm, &args[0])? {
                return Ok(args[0].clone());
            }
            ensure::ensure_future(vm, &args[0], event_loop.as_ref()).map(Value::Native)
        }),
    ),
    Row::function("all_tasks", "(loop=None)", Fun::F1(all_tasks)),
    Row::function("new_event_loop", "()", Fun::F0(|vm| state::new_event_loop(vm).map(Value::Native))),
    Row::function("set_event_loop", "(loop)", Fun::F1(set_event_loop)),
    Row::function("iscoroutine", "(obj)", Fun::F1(|vm, obj| Ok(Value::bool(coroutine::is_coroutine(vm, obj))))),
    Row::function("iscoroutinefunction", "(func)", Fun::F1(is_coroutine_function)),
    Row::function(
        "isfuture",
        "(obj)",
        Fun::F1(|vm, obj| Ok(Value::bool(obj.as_future().is_some() || alike::is_alike(vm, obj)?))),
    ),
    Row::function("to_thread", "(func, /, *args, **kwargs)", Fun::Full(to_thread)),
    Row::function("__getattr__", "(name)", Fun::F1(missing)),
    Row::function("__dir__", "()", Fun::F0(names)),
    Row::function("open_connection", "(*args, **kwargs)", Fun::Full(streams)),
    Row::function("start_server", "(*args, **kwargs)", Fun::Full(streams)),
    Row::function("open_unix_connection", "(*args, **kwargs)", Fun::Full(streams)),
    Row::function("start_unix_server", "(*args, **kwargs)", Fun::Full(streams)),
    Row::function("create_subprocess_exec", "(*args, **kwargs)", Fun::Full(subprocesses)),
    Row::function("create_subprocess_shell", "(*args, **kwargs)", Fun::Full(subprocesses)),
];

/// What CPython has in C, in the module `_asyncio`.
const C_ROWS: &[Row] = &[
    Row::function("current_task", "(loop=None)", Fun::F1(current_task)),
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
];

const CLASSES: &[(&str, T)] = &[
    ("Future", T::AsyncioFuture),
    ("Task", T::AsyncioTask),
    ("Handle", T::Handle),
    ("TimerHandle", T::TimerHandle),
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
    for row in C_ROWS {
        set(row.name, Builtin::new(row, None, Some("_asyncio")));
    }
    set("__all__", super::parts::all());
    Ok(())
}

/// What a script defines, which is read when somebody asks for one.
const IN_SCRIPT: &[&str] = &[
    "AbstractEventLoop",
    "AbstractEventLoopPolicy",
    "DefaultEventLoopPolicy",
    "IncompleteReadError",
    "LimitOverrunError",
    "SendfileNotAvailableError",
    "create_eager_task_factory",
    "eager_task_factory",
    "get_event_loop_policy",
    "run_coroutine_threadsafe",
    "set_event_loop_policy",
    "wrap_future",
];

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
    if IN_SCRIPT.contains(&text.as_str()) {
        let script = vm.import_module(Symbol::of_static("_asyncio_more"))?;
        let found = vm.get_attr(&script, text.symbol())?;
        vm.set_attr(&module, text.symbol(), found.clone())?;
        return Ok(found);
    }
    if LACKING.contains(&text.as_str()) {
        return Err(vm.not_implemented(&format!("asyncio.{}", text.as_str())));
    }
    Err(vm.no_attribute(&module, text.symbol()))
}

/// `dir(asyncio)`
fn names(vm: &Vm) -> R {
    let Value::Module(module) = vm.import_module(sym::asyncio)? else { return Ok(Value::None) };
    let mut names: Vec<Value> = module.dict.entries().into_iter().map(|(name, _)| name).collect();
    let unread =
        IN_SCRIPT.iter().map(|name| Symbol::of_static(name)).filter(|name| module.dict.get_name(*name).is_none());
    names.extend(unread.map(Value::name));
    Ok(Value::list(names))
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

fn create_task(vm: &Vm, args: &[Value]) -> R {
    let [coroutine, name, context] = args else { return Ok(Value::None) };
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

/// The running loop, or what was given; something else than a loop has no tasks.
fn loop_or_running(vm: &Vm, given: &Value) -> R<Option<Native>> {
    match given {
        Value::None | Value::Missing => state::get_running_loop(vm).map(Some),
        given => Ok(state::loop_of(vm, given).cloned().map_err(|raised| drop(vm.take_raised(raised))).ok()),
    }
}

fn current_task(vm: &Vm, given: &Value) -> R {
    let Some(event_loop) = loop_or_running(vm, given)? else { return Ok(Value::None) };
    Ok(task::current(vm, &event_loop)?.map_or(Value::None, Value::Native))
}

fn all_tasks(vm: &Vm, given: &Value) -> R {
    let set = crate::object::Set::new_ref();
    let Some(event_loop) = loop_or_running(vm, given)? else { return Ok(Value::Set(set)) };
    let tasks = EventLoop::of(vm, &event_loop)?.unfinished.borrow().all();
    for task in tasks {
        vm.set_add(&set, Value::Native(task))?;
    }
    Ok(Value::Set(set))
}

fn set_event_loop(vm: &Vm, value: &Value) -> R {
    state::set_event_loop(vm, value).map(|()| Value::None)
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

/// The arguments of `run_in_executor` after the function.
pub fn work(function: &Value, args: &Value) -> Work {
    Work { function: function.clone(), args: star(args).to_vec(), keywords: Vec::new(), context: Default::default() }
}

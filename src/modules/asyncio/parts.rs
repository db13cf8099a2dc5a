//! The modules inside the package `asyncio` (`asyncio.locks`, `asyncio.tasks`...): each shows some of the package's own
//! names. Knows nothing of what the names mean.

use crate::intern::{Symbol, sym};
use crate::modules::ModuleSpec;
use crate::object::{Module, R, Ref, Tuple, Value, Vm};

/// A module inside and the names it shows, in the order of CPython's `__all__`.
const PARTS: &[(&str, &[&str])] = &[
    ("asyncio.base_events", &["BaseEventLoop"]),
    ("asyncio.coroutines", &["iscoroutinefunction", "iscoroutine"]),
    (
        "asyncio.events",
        &[
            "AbstractEventLoopPolicy",
            "AbstractEventLoop",
            "Handle",
            "TimerHandle",
            "get_event_loop_policy",
            "set_event_loop_policy",
            "get_event_loop",
            "set_event_loop",
            "new_event_loop",
            "_set_running_loop",
            "get_running_loop",
            "_get_running_loop",
        ],
    ),
    (
        "asyncio.exceptions",
        &[
            "BrokenBarrierError",
            "InvalidStateError",
            "CancelledError",
            "TimeoutError",
            "IncompleteReadError",
            "LimitOverrunError",
            "SendfileNotAvailableError",
        ],
    ),
    ("asyncio.futures", &["Future", "wrap_future", "isfuture"]),
    ("asyncio.locks", &["Lock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "Barrier"]),
    ("asyncio.queues", &["Queue", "PriorityQueue", "LifoQueue", "QueueFull", "QueueEmpty", "QueueShutDown"]),
    ("asyncio.runners", &["Runner", "run"]),
    ("asyncio.taskgroups", &["TaskGroup"]),
    (
        "asyncio.tasks",
        &[
            "Task",
            "create_task",
            "FIRST_COMPLETED",
            "FIRST_EXCEPTION",
            "ALL_COMPLETED",
            "wait",
            "wait_for",
            "as_completed",
            "sleep",
            "gather",
            "shield",
            "ensure_future",
            "run_coroutine_threadsafe",
            "current_task",
            "all_tasks",
            "create_eager_task_factory",
            "eager_task_factory",
            "_register_task",
            "_unregister_task",
            "_enter_task",
            "_leave_task",
        ],
    ),
    ("asyncio.threads", &["to_thread"]),
    ("asyncio.timeouts", &["Timeout", "timeout", "timeout_at"]),
    ("asyncio.unix_events", &["SelectorEventLoop", "DefaultEventLoopPolicy", "EventLoop"]),
    ("asyncio.log", &[]),
];

macro_rules! specs {
    ($($name:literal)*) => {
        &[$(ModuleSpec { name: $name, rows: &[], init: Some(fill), script: None }),*]
    };
}

/// One for each of [`PARTS`].
pub static SPECS: &[ModuleSpec] = specs! {
    "asyncio.base_events" "asyncio.coroutines" "asyncio.events" "asyncio.futures" "asyncio.locks" "asyncio.queues"
    "asyncio.runners" "asyncio.taskgroups" "asyncio.tasks" "asyncio.threads" "asyncio.timeouts" "asyncio.unix_events"
    "asyncio.log" "asyncio.exceptions"
};

/// Whether `asyncio.{name}` is one of the modules inside.
pub fn is_part(name: &str) -> bool {
    SPECS.iter().any(|spec| spec.name.strip_prefix("asyncio.") == Some(name))
}

fn fill(vm: &Vm, module: &Ref<Module>) -> R<()> {
    let package = vm.import_module(sym::asyncio)?;
    let names = PARTS.iter().find(|(name, _)| *name == module.name.as_str()).map_or(&[][..], |(_, names)| names);
    for name in names {
        let name = Symbol::of_static(name);
        let value = vm.get_attr(&package, name)?;
        module.dict.set_name(name, value);
    }
    if module.name.as_str() == "asyncio.log" {
        let logging = vm.import_module(Symbol::of_static("logging"))?;
        let name = Value::name(sym::asyncio);
        let logger = vm.call_method(&logging, Symbol::of_static("getLogger"), &[name])?;
        module.dict.set_name(Symbol::of_static("logger"), logger);
    }
    let all = names.iter().map(|name| Value::name(Symbol::of_static(name)));
    module.dict.set_name(sym::__all__, Value::Tuple(Tuple::new(all.collect())));
    Ok(())
}

/// `asyncio.__all__`: what the modules inside show, and nothing that is not there.
pub fn all() -> Value {
    let names = PARTS.iter().flat_map(|(_, names)| names.iter());
    Value::Tuple(Tuple::new(names.map(|name| Value::name(Symbol::of_static(name))).collect()))
}

//! What the loop has to say about errors nobody took: the exception handler and its default, which logs
//! (CPython: `BaseEventLoop.call_exception_handler`); futures and tasks that go with something unsaid; deadlocks.

use super::event_loop::{EventLoop, is_exit};
use super::wait_graph::{self, Graph};
use super::{context, debug, foreign, repr, task};
use crate::event::Nanos;
use crate::intern::{Symbol, sym};
use crate::interp::leaks::Leak;
use crate::object::future::{Task, of_native};
use crate::object::traceback::GlobalSite;
use crate::object::{Args, Dict, Native, R, Raised, Value, Vm};
use crate::text::order;

/// How many tasks the error of a deadlock lists, and how many a dump.
const MAX_IN_ERROR: usize = 40;
const MAX_IN_DUMP: usize = 200;

/// `loop.call_exception_handler(context)` with a context of these fields.
///
/// # Errors
/// KeyboardInterrupt and SystemExit of a script's handler, and nothing else.
pub fn call_exception_handler(vm: &Vm, event_loop: &Native, fields: Vec<(&'static str, Value)>) -> R<()> {
    let dict = Dict::new();
    for (name, value) in fields {
        dict.set_name(Symbol::of_static(name), value);
    }
    if let Some(method) = foreign::loop_method(vm, event_loop, "call_exception_handler") {
        return vm.call1(&method, &Value::dict(dict)).map(drop);
    }
    handle_context(vm, event_loop, &Value::dict(dict))
}

/// `loop.call_exception_handler(context)`
///
/// # Errors
/// As for [`call_exception_handler`].
pub fn handle_context(vm: &Vm, event_loop: &Native, fields: &Value) -> R<()> {
    let data = EventLoop::of(vm, event_loop)?;
    let handler = data.exception_handler.get();
    if handler.is_none() {
        let result = call_default(vm, event_loop, fields);
        return keep_exits(vm, result).map(drop);
    }
    let args = [Value::Native(event_loop.clone()), fields.clone()];
    let call = || vm.call(&handler, Args::positional(&args)).map(drop);
    let result = match context_of(vm, fields) {
        Some(given) => context::run_in(vm, given, call),
        None => call(),
    };
    if let Some(exception) = keep_exits(vm, result)? {
        let again = Dict::new();
        again.set_name(Symbol::of_static("message"), Value::str("Unhandled error in exception handler"));
        again.set_name(sym::exception, exception.clone());
        again.set_name(sym::context, fields.clone());
        let again = Value::dict(again);
        let result = match &exception {
            Value::Exception(failure) => vm.while_handling(failure.clone(), || call_default(vm, event_loop, &again)),
            _ => call_default(vm, event_loop, &again),
        };
        keep_exits(vm, result)?;
    }
    Ok(())
}

/// `loop.default_exception_handler(context)`; what a script put in its place counts.
fn call_default(vm: &Vm, event_loop: &Native, fields: &Value) -> R<()> {
    if event_loop.class().builtin.is_some() && event_loop.attributes().is_none() {
        return default_handler(vm, fields);
    }
    let event_loop = Value::Native(event_loop.clone());
    vm.call_method(&event_loop, Symbol::of_static("default_exception_handler"), std::slice::from_ref(fields)).map(drop)
}

/// An error as a value; KeyboardInterrupt and SystemExit stay errors.
fn keep_exits(vm: &Vm, result: R<()>) -> R<Option<Value>> {
    let Err(raised) = result else { return Ok(None) };
    if is_exit(vm, &vm.peek_raised(&raised)) {
        return Err(raised);
    }
    Ok(Some(Value::Exception(vm.take_raised(raised))))
}

/// The context of the task or handle that a report is about.
fn context_of(vm: &Vm, fields: &Value) -> Option<crate::object::context::Ctx> {
    use crate::object::context::Ctx;
    let dict = fields.as_dict()?;
    let field = |name: &'static str| dict.get_name(Symbol::of_static(name));
    let thing = field("task").or_else(|| field("future")).or_else(|| field("handle"))?;
    let Value::Native(native) = &thing else { return None };
    if let Some(data) = native.get::<Task>() {
        let own = task::context(vm, native, data);
        // A context that something runs in already cannot be entered once more.
        let entered = own.get::<crate::object::context::Context>().is_some_and(|c| c.entered.get());
        return (!entered).then_some(Ctx::Object(own));
    }
    native.get::<super::handle::Scheduled>().map(|handle| Ctx::Object(handle.context_object(vm)))
}

/// `loop.default_exception_handler(context)`: logs to the logger `asyncio`.
///
/// # Errors
/// Those of `repr` and of logging.
pub fn default_handler(vm: &Vm, fields: &Value) -> R<()> {
    let Some(dict) = fields.as_dict() else { return Err(vm.type_error("context must be a dict")) };
    let exception = dict.get_name(sym::exception).unwrap_or(Value::None);
    let mut lines = Vec::new();
    match dict.get_name(Symbol::of_static("message")) {
        Some(message) if vm.is_true(&message)? => lines.push(vm.str(&message)?.as_str().to_owned()),
        _ => lines.push("Unhandled exception in event loop".to_owned()),
    }
    let mut entries = dict.entries();
    entries.retain(|(key, _)| key.as_str().is_some_and(|k| !matches!(k.as_str(), "message" | "exception")));
    order::sort_by(&mut entries, |(a, _), (b, _)| match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a.as_str().cmp(b.as_str()),
        _ => std::cmp::Ordering::Equal,
    });
    for (key, value) in entries {
        let key = vm.str(&key)?;
        lines.push(match key.as_str() {
            "source_traceback" => format!("source_traceback: {}", debug::shown(vm, "Object", &value)?),
            "handle_traceback" => format!("handle_traceback: {}", debug::shown(vm, "Handle", &value)?),
            name => format!("{name}: {}", vm.repr(&value)?.as_str()),
        });
    }
    log(vm, "error", &lines.join("\n"), &exception)
}

/// Logs to `logging.getLogger('asyncio')`.
fn log(vm: &Vm, level: &'static str, text: &str, exception: &Value) -> R<()> {
    // Whoever had something logged stands where it stood.
    let site = vm.site.get();
    let result = log_by(vm, level, text, exception);
    vm.site.set(site);
    result
}

fn log_by(vm: &Vm, level: &'static str, text: &str, exception: &Value) -> R<()> {
    let name = Value::name(Symbol::of_static("asyncio"));
    let logging = vm.import_module(Symbol::of_static("logging"))?;
    let logger = vm.call_method(&logging, Symbol::of_static("getLogger"), &[name])?;
    let method = vm.get_attr(&logger, Symbol::of_static(level))?;
    let info = if exception.is_none() { Value::False } else { exception.clone() };
    // The text is an argument: a `%` in it is no format.
    let args = [Value::str("%s"), Value::str(text)];
    vm.call(&method, Args { positional: &args, keywords: &[(Symbol::of_static("exc_info"), info)] })?;
    Ok(())
}

/// What CPython's loop tells its logger at the level DEBUG. Without the module `logging` nobody has asked for that level.
pub fn note(vm: &Vm, text: impl FnOnce() -> String) {
    if vm.modules.get_name(Symbol::of_static("logging")).is_some()
        && let Err(raised) = log(vm, "debug", &text(), &Value::None)
    {
        drop(vm.take_raised(raised));
    }
}

/// In debug mode: a handle or a task's step that held the loop up.
///
/// # Errors
/// Those of `repr` and of logging.
pub fn slow(vm: &Vm, event_loop: &EventLoop, handle: &Native, started: Nanos) -> R<()> {
    let took = event_loop.now().since(started).as_secs();
    if took < vm.to_f64(&event_loop.slow_callback_duration.get())? {
        return Ok(());
    }
    let shown = vm.repr(&Value::Native(handle.clone()))?;
    log(vm, "warning", &format!("Executing {} took {took:.3} seconds", shown.as_str()), &Value::None)
}

/// A future goes with an exception that nobody looked at, or a task while it is pending. Called for the last reference.
pub fn future_goes(vm: &Vm, native: &Native) {
    let Some(data) = of_native(native) else { return };
    let Some(event_loop) = data.event_loop().cloned() else { return };
    let this = Value::Native(native.clone());
    // A script with a handler of its own looks at it there.
    let is_reported = event_loop.get::<EventLoop>().is_none_or(|data| data.exception_handler.get().is_none());
    let is_reported = is_reported && (!data.is_done() || data.is_unretrieved());
    if is_reported {
        note_leak(vm, native, Leak::Destroyed);
    }
    let result = if native.get::<Task>().is_some() && !data.is_done() {
        let mut fields = vec![("task", this), ("message", Value::str("Task was destroyed but it is pending!"))];
        fields.extend(debug::traceback(native).map(|made| ("source_traceback", made)));
        call_exception_handler(vm, &event_loop, fields)
    } else if data.is_unretrieved() {
        data.mark_retrieved();
        let text = format!("{} exception was never retrieved", vm.class_name(&this));
        let exception = data.failure().map_or(Value::None, Value::Exception);
        let mut fields = vec![("message", Value::string(text)), ("exception", exception), ("future", this)];
        fields.extend(debug::traceback(native).map(|made| ("source_traceback", made)));
        call_exception_handler(vm, &event_loop, fields)
    } else {
        Ok(())
    };
    if let Err(raised) = result {
        vm.unraisable("<function of the event loop>", raised);
    }
    if is_reported && let Some(task) = native.get::<Task>() {
        vm.complain(&vm.created_at("Task", GlobalSite(task.made_at.get())));
    }
}

/// Records what a future leaves behind: an exception, or a task that is pending, which is the leak given.
pub fn note_leak(vm: &Vm, native: &Native, pending: Leak) {
    let Some(data) = of_native(native) else { return };
    let (leak, what) = match data.failure() {
        _ if !data.is_done() => (pending, "was left pending".to_owned()),
        Some(exception) if data.is_unretrieved() => {
            let name = exception.class().name();
            (Leak::Unretrieved, format!("raised {}, which nobody looked at", name.as_str()))
        }
        _ => return,
    };
    vm.note_leak(leak, || {
        let Some(task) = native.get::<Task>() else { return format!("a future {what}") };
        let made = wait_graph::place(vm, GlobalSite(task.made_at.get()));
        let made = made.map_or(String::new(), |place| format!(", made at {place}"));
        let coroutine = repr::coroutine_name(vm, &task.coroutine.get());
        format!("task {} ({coroutine}){made}: it {what}", wait_graph::name_of(vm, native))
    });
}

/// Nothing is ready, no timer is set and nothing outside can wake the loop. CPython would wait for ever.
#[cold]
pub fn deadlock(vm: &Vm, event_loop: &EventLoop) -> Raised {
    let graph = Graph::of(vm, event_loop);
    event_loop.is_deadlocked.set(true);
    if graph.tasks.is_empty() {
        return vm.runtime_error("deadlock: the event loop waits, but no task is left and nothing is scheduled");
    }
    let head = "deadlock: every task waits and nothing is left that could wake one";
    vm.runtime_error(format!("{head}{}", wait_graph::tree(vm, &graph, MAX_IN_ERROR)))
}

/// Tasks that are left at the end of a run and wait for each other, on standard error: they would have waited for ever.
pub fn circles(vm: &Vm, event_loop: &EventLoop) {
    if event_loop.is_deadlocked.get() {
        return;
    }
    let graph = Graph::of(vm, event_loop);
    for cycle in graph.cycles(vm) {
        let names = wait_graph::circle(vm, &cycle);
        let mut text = format!("aio: tasks waited for each other until the end: {names}\n");
        for task in &cycle {
            text.push_str(&format!("  {}\n", wait_graph::describe(vm, &graph, task)));
        }
        vm.write_stderr(&text);
    }
}

/// What goes on, on standard error: what runs, and the tree of tasks with their awaits.
#[cold]
pub fn dump(vm: &Vm, event_loop: Option<&EventLoop>) {
    let running = vm.callers().first().and_then(|&site| wait_graph::place(vm, site));
    let running = running.map_or(String::new(), |place| format!(", last call at {place}"));
    let text = match event_loop {
        Some(event_loop) => {
            let graph = Graph::of(vm, event_loop);
            let current = event_loop.current.get().map(|task| wait_graph::name_of(vm, &task));
            let state = match current {
                Some(name) => format!("{name} runs{running}"),
                None => "the loop waits".to_owned(),
            };
            let (count, now) = (graph.tasks.len(), event_loop.now().as_secs());
            let plural = if count == 1 { "" } else { "s" };
            format!("aio: {count} task{plural} at {now:.3} s, {state}{}\n", wait_graph::tree(vm, &graph, MAX_IN_DUMP))
        }
        None => format!("aio: no event loop runs{running}\n"),
    };
    vm.write_stderr(&text);
}

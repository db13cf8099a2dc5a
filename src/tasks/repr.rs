//! How futures, tasks, handles and locks show themselves (CPython: `base_futures.py`, `base_tasks.py`, `format_helpers.py`,
//! `coroutines.py`), and `reprlib`'s shortened `repr` for results.

use super::coroutine::is_coroutine;
use super::event_loop::EventLoop;
use super::handle::Scheduled;
use super::state::State;
use super::{alike, debug, task};
use crate::intern::{Symbol, sym};
use crate::object::callbacks::{Callback, Hook};
use crate::object::future::{Future, FutureState, Task};
use crate::object::{Machine, Native, R, Ref, State as MachineState, T, Value, Vm};

/// `<Future pending cb=[...]>`, `<Task ...>`
pub fn future(vm: &Vm, value: &Value) -> R<String> {
    let (native, data) = super::future::of(vm, value)?;
    let state = State::of(vm);
    let address = native.address();
    if state.shown.borrow().contains(&address) {
        return Ok("...".to_owned());
    }
    state.shown.borrow_mut().push(address);
    let result = future_info(vm, native, data);
    state.shown.borrow_mut().retain(|&other| other != address);
    let class = vm.class_name(value);
    Ok(format!("<{class} {}>", result?.join(" ")))
}

fn future_info(vm: &Vm, native: &Native, data: &Future) -> R<Vec<String>> {
    let mut info = Vec::new();
    info.push(match data.state() {
        FutureState::Pending => "pending".to_owned(),
        FutureState::Cancelled => "cancelled".to_owned(),
        FutureState::Finished => "finished".to_owned(),
    });
    if let Some(exception) = data.failure() {
        info.push(format!("exception={}", vm.repr(&Value::Exception(exception))?.as_str()));
    } else if let Some(result) = data.result() {
        info.push(format!("result={}", short(vm, &result, 6)?));
    }
    if let Some(callbacks) = callbacks(vm, data)? {
        info.push(callbacks);
    }
    info.extend(debug::created_at(vm, native)?);
    if let Some(task) = native.get::<Task>() {
        super::sleep::appear(vm, native);
        task_info(vm, task, &mut info)?;
    }
    Ok(info)
}

fn task_info(vm: &Vm, task: &Task, info: &mut Vec<String>) -> R<()> {
    if task.cancels.get() > 0 && !task.future.is_done() {
        info[0] = "cancelling".to_owned();
    }
    info.insert(1, format!("name={}", vm.repr(&task::name(task))?.as_str()));
    if let Some(waiter) = task.waiter.get() {
        let at = 2.min(info.len());
        info.insert(at, format!("wait_for={}", vm.repr(&alike::shown(waiter))?.as_str()));
    }
    let coroutine = task.coroutine.get();
    if !coroutine.is_none_or_missing() {
        info.insert(2, format!("coro=<{}>", self::coroutine(vm, &coroutine)?));
    }
    Ok(())
}

/// `cb=[...]`; nothing without callbacks.
fn callbacks(vm: &Vm, data: &Future) -> R<Option<String>> {
    let taken = data.take_callbacks();
    let mut ends: Vec<Shown> = taken.iter().take(2).map(Shown::of).collect();
    if let more @ 1.. = taken.iter().skip(2).count() {
        ends[1] = Shown::More(more);
        ends.extend(taken.iter().next_back().map(Shown::of));
    }
    data.put_callbacks(taken);
    if ends.is_empty() {
        return Ok(None);
    }
    let mut texts = Vec::new();
    for end in ends {
        texts.push(match end {
            Shown::More(n) => format!("<{n} more>"),
            Shown::Wake => "Task.task_wakeup()".to_owned(),
            Shown::Hook(hook) => format!("{}()", hook_name(hook)),
            Shown::Script(function) => callback_source(vm, &function, None)?,
        });
    }
    Ok(Some(format!("cb=[{}]", texts.join(", "))))
}

/// One entry of `cb=[...]`.
enum Shown {
    Wake,
    Hook(Hook),
    Script(Value),
    More(usize),
}

impl Shown {
    fn of(callback: &Callback) -> Shown {
        match callback {
            Callback::Wake(_) => Shown::Wake,
            Callback::Call(callable) => Shown::Script(callable.function.clone()),
            Callback::Hook(hook, _) => Shown::Hook(*hook),
        }
    }
}

/// How CPython names the callback of a hook.
pub fn hook_name(hook: Hook) -> &'static str {
    match hook {
        Hook::Gather => "gather.<locals>._done_callback",
        Hook::ShieldInner => "shield.<locals>._inner_done_callback",
        Hook::ShieldOuter => "shield.<locals>._outer_done_callback",
        Hook::Wait => "_wait.<locals>._on_completion",
        // A partial, which shows the arguments that it adds.
        Hook::Release => "_release_waiter()",
        Hook::TaskGroup => "TaskGroup._on_task_done",
        Hook::AsCompleted => "_AsCompletedIterator._handle_completion",
        Hook::StopLoop => "_run_until_complete_cb",
    }
}

/// `name() at file:line` of a callback; in debug mode with the arguments that are given here.
pub fn callback_source(vm: &Vm, function: &Value, args: Option<&[Value]>) -> R<String> {
    let mut suffix = arguments(vm, args.unwrap_or_default(), &Value::None)?;
    let mut function = function.clone();
    while vm.is_a(&function, T::Partial) {
        let inner = match args {
            None => "()".to_owned(),
            Some(_) => {
                let given = vm.get_attr(&function, crate::intern::Symbol::of_static("args"))?;
                let keywords = vm.get_attr(&function, crate::intern::Symbol::of_static("keywords"))?;
                arguments(vm, &vm.collect(&given)?, &keywords)?
            }
        };
        suffix.insert_str(0, &inner);
        function = vm.get_attr(&function, crate::intern::Symbol::of_static("func"))?;
    }
    let name = match vm.find_attr(&function, sym::__qualname__)?.and_then(|name| name.as_str().cloned()) {
        Some(name) => name,
        None => vm.repr(&function)?,
    };
    let mut text = format!("{}{suffix}", name.as_str());
    if let Value::Function(function) = &function {
        let code = function.code();
        text.push_str(&format!(" at {}:{}", code.source.name, code.first_line()));
    }
    Ok(text)
}

/// `(1, 'two', three=3)`
fn arguments(vm: &Vm, args: &[Value], keywords: &Value) -> R<String> {
    let mut texts = args.iter().map(|arg| short(vm, arg, 6)).collect::<R<Vec<_>>>()?;
    for (name, value) in keywords.as_dict().map(|dict| dict.entries()).unwrap_or_default() {
        texts.push(format!("{}={}", vm.str(&name)?.as_str(), short(vm, &value, 6)?));
    }
    Ok(format!("({})", texts.join(", ")))
}

/// The callback of a handle: `name() at file:line`, in debug mode with its arguments.
pub fn handle_source(vm: &Vm, data: &Scheduled) -> R<String> {
    let is_debug = data.event_loop.get::<EventLoop>().is_some_and(|event_loop| event_loop.debug.get());
    let args = data.args.get();
    callback_source(vm, &data.callback.get(), is_debug.then_some(&args[..]))
}

/// `name() running at file:line`
pub fn coroutine(vm: &Vm, value: &Value) -> R<String> {
    let Value::Machine(machine) = value else {
        let name = match vm.find_attr(value, sym::__qualname__)?.and_then(|name| name.as_str().cloned()) {
            Some(name) => name.as_str().to_owned(),
            None => format!("<{} without __name__>", vm.class_name(value)),
        };
        return Ok(format!("{name}()"));
    };
    let name = machine.qualname();
    Ok(match (machine.body.code(), machine.state.get()) {
        (None, MachineState::Running) => format!("{name}() running"),
        (None, _) => format!("{name}()"),
        (Some(code), MachineState::Finished) => {
            format!("{name}() done, defined at {}:{}", code.source.name, code.first_line())
        }
        (Some(code), _) => {
            let line = line_of(vm, machine).unwrap_or_else(|| code.first_line());
            format!("{name}() running at {}:{line}", code.source.name)
        }
    })
}

/// The line where a machine of a script stands.
fn line_of(vm: &Vm, machine: &Machine) -> Option<u32> {
    if machine.state.get() == MachineState::Created {
        return None;
    }
    let stands = vm.running_sites(machine).first().copied().or_else(|| machine.body.site(machine))?;
    let (code, site) = vm.sites.borrow().find(stands)?;
    Some(code.source.line_of(code.span_of(site).start))
}

/// Where one machine of a script stands: `name() at file:line`.
pub fn place_of(vm: &Vm, machine: &Machine) -> Option<String> {
    let code = machine.body.code()?;
    let line = line_of(vm, machine).unwrap_or_else(|| code.first_line());
    Some(format!("{}() at {}:{line}", machine.qualname(), code.source.name))
}

/// Where a chain of awaiting machines stands: the innermost one that is a script's, as `name() at file:line`.
pub fn position(vm: &Vm, root: &Ref<Machine>) -> Option<String> {
    let mut machine = root.clone();
    let mut found = None;
    loop {
        found = place_of(vm, &machine).or(found);
        let Value::Machine(inner) = machine.awaiting() else { return found };
        machine = inner;
    }
}

/// `<Handle print()>`, `<TimerHandle when=1.5 print()>`
pub fn handle(vm: &Vm, value: &Value) -> R<String> {
    let Value::Native(native) = value else { return Ok("<Handle>".to_owned()) };
    let Some(data) = native.get::<Scheduled>() else { return Ok("<Handle>".to_owned()) };
    if let Some(kept) = native.attributes().and_then(|dict| dict.get_name(Symbol::of_static("_repr"))) {
        return Ok(vm.str(&kept)?.as_str().to_owned());
    }
    let mut info = vec![vm.class_name(value).to_owned()];
    if data.is_cancelled.get() {
        info.push("cancelled".to_owned());
    }
    if !data.when.is_missing() {
        info.push(format!("when={}", vm.repr(&data.when)?.as_str()));
    }
    let callback = data.callback.get();
    if !callback.is_none() {
        info.push(handle_source(vm, data)?);
    }
    info.extend(debug::created_at(vm, native)?);
    Ok(format!("<{}>", info.join(" ")))
}

/// In debug mode a handle that is cancelled goes on to show what it would have called.
///
/// # Errors
/// Those of a script's `repr`.
pub fn keep_handle(vm: &Vm, value: &Value) -> R<()> {
    let Value::Native(native) = value else { return Ok(()) };
    let Some(data) = native.get::<Scheduled>() else { return Ok(()) };
    let is_debug = data.event_loop.get::<EventLoop>().is_some_and(|event_loop| event_loop.debug.get());
    if !is_debug || data.is_cancelled.get() {
        return Ok(());
    }
    data.is_cancelled.set(true);
    let text = handle(vm, value);
    data.is_cancelled.set(false);
    drop(native.dict().set_name(Symbol::of_static("_repr"), Value::string(text?)));
    Ok(())
}

/// `<asyncio.locks.Lock object at 0x7f... [unlocked]>`
pub fn bracketed(vm: &Vm, value: &Value, extra: &str, waiters: usize) -> R<String> {
    let class = vm.class_of(value);
    let module = class.lookup(sym::__module__).unwrap_or(Value::None);
    let module = vm.str(&module)?;
    let address = value.id();
    let waiting = if waiters > 0 { format!(", waiters:{waiters}") } else { String::new() };
    Ok(format!("<{}.{} object at {address:#x} [{extra}{waiting}]>", module.as_str(), class.qualname()))
}

/// How many items of a container `reprlib` shows.
const MAX_ITEMS: usize = 6;
const MAX_PAIRS: usize = 4;
const MAX_TEXT: usize = 30;
const MAX_DIGITS: usize = 40;

/// `reprlib.repr(value)`: containers to six items and `level` levels, texts to thirty characters.
pub fn short(vm: &Vm, value: &Value, level: usize) -> R<String> {
    let join = |items: &[Value], most: usize| -> R<String> {
        if level == 0 && !items.is_empty() {
            return Ok("...".to_owned());
        }
        let mut texts = Vec::new();
        for item in items.iter().take(most) {
            texts.push(short(vm, item, level.saturating_sub(1))?);
        }
        if items.len() > most {
            texts.push("...".to_owned());
        }
        Ok(texts.join(", "))
    };
    match value {
        Value::Str(text) => {
            let quoted = vm.repr(value)?;
            if text.chars() <= MAX_TEXT && quoted.chars() <= MAX_TEXT {
                return Ok(quoted.as_str().to_owned());
            }
            let head = vm.repr(&Value::Str(text.slice(0, MAX_TEXT.min(text.chars()))))?;
            Ok(middle_cut(head.as_str(), quoted.as_str(), MAX_TEXT))
        }
        Value::Int(_) | Value::BigInt(_) => {
            let text = vm.repr(value)?;
            Ok(middle_cut(text.as_str(), text.as_str(), MAX_DIGITS))
        }
        Value::List(list) => Ok(format!("[{}]", join(&list.snapshot(), MAX_ITEMS)?)),
        Value::Tuple(tuple) => {
            let comma = if tuple.len() == 1 { "," } else { "" };
            Ok(format!("({}{comma})", join(tuple, MAX_ITEMS)?))
        }
        Value::Set(set) if !set.is_empty() => Ok(format!("{{{}}}", join(&set.keys(), MAX_ITEMS)?)),
        Value::Dict(dict) => short_dict(vm, &dict.entries(), level),
        Value::None | Value::True | Value::False => Ok(vm.repr(value)?.as_str().to_owned()),
        _ => {
            let text = vm.repr(value)?;
            Ok(middle_cut(text.as_str(), text.as_str(), MAX_TEXT))
        }
    }
}

fn short_dict(vm: &Vm, entries: &[(Value, Value)], level: usize) -> R<String> {
    if level == 0 && !entries.is_empty() {
        return Ok("{...}".to_owned());
    }
    let mut texts = Vec::new();
    for (key, value) in entries.iter().take(MAX_PAIRS) {
        let level = level.saturating_sub(1);
        texts.push(format!("{}: {}", short(vm, key, level)?, short(vm, value, level)?));
    }
    if entries.len() > MAX_PAIRS {
        texts.push("...".to_owned());
    }
    Ok(format!("{{{}}}", texts.join(", ")))
}

/// The beginning of one text and the end of the other with `...` between, in at most `most` characters.
fn middle_cut(head: &str, tail: &str, most: usize) -> String {
    if tail.chars().count() <= most && head == tail {
        return tail.to_owned();
    }
    let before = (most - 3) / 2;
    let after = most - 3 - before;
    let start: String = head.chars().take(before).collect();
    let skip = tail.chars().count().saturating_sub(after);
    let end: String = tail.chars().skip(skip).collect();
    format!("{start}...{end}")
}

/// The name of what a task runs, for reports: `main()`.
pub fn coroutine_name(vm: &Vm, value: &Value) -> String {
    match value {
        Value::Machine(machine) => format!("{}()", machine.qualname()),
        other if is_coroutine(vm, other) => format!("{}()", vm.class_name(other)),
        other => vm.class_name(other).to_owned(),
    }
}

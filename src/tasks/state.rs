//! What all of asyncio shares in one `Vm`: the running loop, the loop that `get_event_loop` gives, the current context,
//! the numbers in task names.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::event_loop::EventLoop;
use crate::intern::Symbol;
use crate::object::context::Ctx;
use crate::object::{Native, R, Swap, T, Value, Vm};

#[derive(Default)]
pub struct State {
    /// The loop that runs now.
    pub running: Swap<Option<Native>>,
    /// What `set_event_loop` was given.
    pub chosen: Swap<Option<Native>>,
    /// `set_event_loop` was called.
    pub was_chosen: Cell<bool>,
    /// What `set_event_loop_policy` was given.
    pub policy: Swap<Option<Value>>,
    /// The context that runs now.
    pub context: Swap<Ctx>,
    /// The number of the last `Task-N`.
    pub tasks: Cell<i64>,
    /// Futures whose `repr` is being made, so that it ends when one holds itself.
    pub shown: RefCell<Vec<usize>>,
    /// What `sys.set_asyncgen_hooks` was given since the loop began to run: firstiter and finalizer.
    pub asyncgen_hooks: RefCell<Option<(Value, Value)>>,
    /// Who is told what happens to tasks.
    pub watch: super::observer::Watch,
}

impl State {
    pub fn of(vm: &Vm) -> Rc<State> {
        vm.extension(State::default)
    }

    /// Whether a loop runs. A prompt lends its loop to the statements typed there without running it, so that they may
    /// still run another.
    pub fn is_busy(&self) -> bool {
        let running = self.running.get();
        running.is_some_and(|native| native.get::<EventLoop>().is_none_or(|event_loop| event_loop.is_running.get()))
    }

    /// The number of the next task without a name.
    pub fn next_task(&self) -> i64 {
        self.tasks.set(self.tasks.get() + 1);
        self.tasks.get()
    }
}

/// The loop that runs, `None` outside.
pub fn running_loop(vm: &Vm) -> Option<Native> {
    State::of(vm).running.get()
}

/// `asyncio.get_running_loop()`
///
/// # Errors
/// RuntimeError when none runs.
pub fn get_running_loop(vm: &Vm) -> R<Native> {
    running_loop(vm).ok_or_else(|| vm.runtime_error("no running event loop"))
}

/// Calls a method of the policy that a script has set; `None` without one.
fn ask_policy(vm: &Vm, method: &'static str, args: &[Value]) -> R<Option<Value>> {
    let Some(policy) = State::of(vm).policy.get() else { return Ok(None) };
    vm.call_method(&policy, Symbol::of_static(method), args).map(Some)
}

/// `asyncio.new_event_loop()`
///
/// # Errors
/// Those of a script's policy.
pub fn new_event_loop(vm: &Vm) -> R<Native> {
    match ask_policy(vm, "new_event_loop", &[])? {
        Some(made) => loop_of(vm, &made).cloned(),
        None => Ok(EventLoop::create(vm)),
    }
}

/// `asyncio.get_event_loop()`: the running loop, else the one that was set, else (once, with a warning) a new one.
///
/// # Errors
/// RuntimeError after `set_event_loop(None)`; those of a script's policy.
pub fn get_event_loop(vm: &Vm) -> R<Native> {
    let state = State::of(vm);
    if let Some(found) = state.running.get() {
        return Ok(found);
    }
    if let Some(found) = ask_policy(vm, "get_event_loop", &[])? {
        return loop_of(vm, &found).cloned();
    }
    if let Some(found) = state.chosen.get() {
        return Ok(found);
    }
    if state.was_chosen.get() {
        return Err(vm.runtime_error("There is no current event loop in thread 'MainThread'."));
    }
    vm.warn(T::DeprecationWarning, "There is no current event loop", vm.callers().first().copied())?;
    let made = EventLoop::create(vm);
    state.chosen.set(Some(made.clone()));
    state.was_chosen.set(true);
    Ok(made)
}

/// `asyncio.set_event_loop(loop)`
///
/// # Errors
/// TypeError for what is no loop; those of a script's policy.
pub fn set_event_loop(vm: &Vm, given: &Value) -> R<()> {
    if ask_policy(vm, "set_event_loop", std::slice::from_ref(given))?.is_some() {
        return Ok(());
    }
    let chosen = match given {
        Value::None => None,
        Value::Native(native) if native.get::<EventLoop>().is_some() => Some(native.clone()),
        other => {
            let name = vm.class_name(other);
            let text = format!("loop must be an instance of AbstractEventLoop or None, not '{name}'");
            return Err(vm.type_error(text));
        }
    };
    let state = State::of(vm);
    state.was_chosen.set(true);
    state.chosen.set(chosen);
    Ok(())
}

/// The loop in a value that must be one.
///
/// # Errors
/// TypeError for anything else.
pub fn loop_of<'a>(vm: &Vm, value: &'a Value) -> R<&'a Native> {
    match value {
        Value::Native(native) if native.get::<EventLoop>().is_some() => Ok(native),
        _ => Err(vm.type_error(format!("an event loop was expected, got '{}'", vm.class_name(value)))),
    }
}

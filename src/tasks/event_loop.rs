//! The event loop of asyncio: `event::Loop` with tasks in it. A turn runs what is ready, as `_run_once` in
//! `Lib/asyncio/base_events.py` does; what each handle does is `dispatch`'s business.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::handle::{Handle, Scheduled};
use super::state::State;
use super::{clock, context, dispatch, foreign, future, overridden, report, seconds, sleep, task};
use crate::event::{Interest, Loop, Nanos, TimerKey, Turn, WatchKey};
use crate::intern::sym;
use crate::object::callbacks::{Callback, Hook};
use crate::object::future::{Task, of_native};
use crate::object::{Args, Native, NativeData, R, Ref, Swap, T, Value, Vm};

pub struct EventLoop {
    schedule: RefCell<Loop<Handle>>,
    pub state: Rc<State>,
    pub is_running: Cell<bool>,
    pub is_stopping: Cell<bool>,
    pub is_closed: Cell<bool>,
    /// Every task waited for ever, and a report has said so.
    pub is_deadlocked: Cell<bool>,
    pub debug: Cell<bool>,
    /// `shutdown_default_executor` has begun.
    pub executor_is_shut: Cell<bool>,
    /// `None` for the default one.
    pub exception_handler: Swap<Value>,
    /// `None` for plain tasks.
    pub task_factory: Swap<Value>,
    pub slow_callback_duration: Swap<Value>,
    /// The task whose step runs.
    pub current: Swap<Option<Native>>,
    pub unfinished: RefCell<Unfinished>,
    /// The task that Ctrl-C cancels the first time, while a runner runs it.
    pub main_task: Swap<Option<Native>>,
    /// How often Ctrl-C was pressed in this run.
    pub interrupts: Cell<u32>,
    pub generators: super::generators::Live,
    /// What a script's class defines itself, of the bits in [`overridden`]; and the object, to ask it.
    overrides: Cell<u8>,
    itself: Swap<Option<Native>>,
}

impl NativeData for EventLoop {}

/// The tasks that are not done. They are held: a task that nothing else refers to is never lost half-way.
#[derive(Default)]
pub struct Unfinished {
    places: Vec<Option<Native>>,
    /// Of each place, how many tasks had been added before this one. A place is used again, so it says nothing of age.
    ages: Vec<u32>,
    free: Vec<u32>,
    added: u32,
}

impl Unfinished {
    /// Adds a task; gives its place plus one.
    fn add(&mut self, task: Native) -> u32 {
        let age = self.added;
        self.added = age.wrapping_add(1);
        match self.free.pop() {
            Some(at) => {
                self.places[at as usize] = Some(task);
                self.ages[at as usize] = age;
                at + 1
            }
            None => {
                self.places.push(Some(task));
                self.ages.push(age);
                self.places.len() as u32
            }
        }
    }

    fn remove(&mut self, place: u32) -> Option<Native> {
        let at = place.checked_sub(1)?;
        let task = self.places.get_mut(at as usize)?.take()?;
        self.free.push(at);
        Some(task)
    }

    fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// In the order in which they were made.
    pub fn all(&self) -> Vec<Native> {
        let aged = |(task, age): (&Option<Native>, &u32)| Some((*age, task.clone()?));
        let mut all: Vec<(u32, Native)> = self.places.iter().zip(&self.ages).filter_map(aged).collect();
        // Newer tasks have greater numbers until the count has gone round.
        all.sort_unstable_by_key(|(age, _)| age.wrapping_sub(self.added));
        all.into_iter().map(|(_, task)| task).collect()
    }
}

impl EventLoop {
    /// `asyncio.new_event_loop()`
    pub fn create(vm: &Vm) -> Native {
        vm.awaken.set(Some(sleep::awaken));
        report::note(vm, || "Using selector: EpollSelector".to_owned());
        let data = EventLoop {
            schedule: RefCell::new(Loop::new(clock::clock(vm), clock::interrupt(vm))),
            state: State::of(vm),
            is_running: Cell::new(false),
            is_stopping: Cell::new(false),
            is_closed: Cell::new(false),
            is_deadlocked: Cell::new(false),
            debug: Cell::new(false),
            executor_is_shut: Cell::new(false),
            exception_handler: Swap::new(Value::None),
            task_factory: Swap::new(Value::None),
            slow_callback_duration: Swap::new(Value::float(0.1)),
            current: Swap::new(None),
            unfinished: RefCell::default(),
            main_task: Swap::new(None),
            interrupts: Cell::new(0),
            generators: Default::default(),
            overrides: Cell::new(0),
            itself: Swap::new(None),
        };
        Native::new(vm.class(T::EventLoop), data)
    }

    /// The loop is of a script's class.
    pub fn set_class(this: &Native, class: &Ref<crate::object::Class>) {
        this.set_class(class.clone());
        let overrides = overridden::of_class(class);
        if let (1.., Some(data)) = (overrides, this.get::<EventLoop>()) {
            data.overrides.set(overrides);
            data.itself.set(Some(this.clone()));
        }
    }

    /// The object, when a script's class defines what one of the bits stands for.
    #[inline]
    pub fn overridden(&self, what: u8) -> Option<Native> {
        if self.overrides.get() & what == 0 { None } else { self.itself.get() }
    }

    /// Makes a handle ready: `call_soon`, that of a script's class if it defines one.
    ///
    /// # Errors
    /// RuntimeError when the loop is closed; those of the script.
    #[inline]
    pub fn push(&self, vm: &Vm, handle: Handle) -> R<()> {
        if self.overrides.get() & (overridden::CALL_SOON | overridden::CLOSED) == 0 {
            self.push_own(handle);
            return Ok(());
        }
        self.check_closed(vm)?;
        match self.itself.get() {
            Some(this) => overridden::call_soon(vm, &this, handle),
            None => Ok(()),
        }
    }

    /// Makes a handle ready.
    #[inline]
    pub fn push_own(&self, handle: Handle) {
        self.schedule.borrow_mut().push_ready(handle);
    }

    pub fn now(&self) -> Nanos {
        self.schedule.borrow().now()
    }

    pub fn at(&self, when: Nanos, handle: Handle) -> TimerKey {
        self.schedule.borrow_mut().call_at(when, handle)
    }

    /// [`EventLoop::at`] after some time, also as a script would give it; a script's class that defines timers is asked.
    ///
    /// # Errors
    /// Those of the script.
    #[inline]
    pub fn after(&self, vm: &Vm, delay: Nanos, given: &Value, handle: Handle) -> R<Option<TimerKey>> {
        match self.overridden(overridden::TIMERS) {
            None => Ok(Some(self.at(self.now().plus(delay), handle))),
            Some(this) => overridden::call_later(vm, &this, given, handle),
        }
    }

    /// Takes a timer back; the handle is to be dropped by the caller.
    pub fn cancel_timer(&self, key: TimerKey) -> Option<Handle> {
        self.schedule.borrow_mut().cancel(key)
    }

    /// Gives a timer another handle, unless it has fired or was cancelled. Says whether it has it.
    pub fn replace_timer(&self, key: TimerKey, handle: Handle) -> bool {
        let replaced = self.schedule.borrow_mut().replace(key, handle);
        replaced.is_ok()
    }

    /// Whether a task may sleep without a future: nobody watches, and no class of a script has a say.
    #[inline]
    pub fn sleeps_plainly(&self) -> bool {
        self.overrides.get() == 0 && !self.debug.get() && !self.state.watch.is_on()
    }

    /// Makes a handle ready once, when a descriptor can be read.
    ///
    /// # Errors
    /// Those of the system: a plain file cannot be watched.
    pub fn watch_readable(&self, descriptor: i32, handle: Handle) -> std::io::Result<WatchKey> {
        self.schedule.borrow_mut().watch(descriptor, Interest::READABLE, handle)
    }

    /// Ends a watch; the handle, if it is not ready yet, is to be dropped by the caller.
    pub fn unwatch(&self, key: WatchKey) -> Option<Handle> {
        self.schedule.borrow_mut().unwatch(key)
    }

    /// # Errors
    /// RuntimeError when the loop is closed.
    #[inline]
    pub fn check_closed(&self, vm: &Vm) -> R<()> {
        if self.is_closed.get() { Err(vm.runtime_error("Event loop is closed")) } else { Ok(()) }
    }

    /// How many tasks are not done.
    pub fn unfinished_count(&self) -> usize {
        self.unfinished.borrow().len()
    }

    pub fn register(&self, task: &Native) -> u32 {
        self.unfinished.borrow_mut().add(task.clone())
    }

    pub fn unregister(&self, place: u32) -> Option<Native> {
        self.unfinished.borrow_mut().remove(place)
    }

    /// The data of a loop that is known to be one.
    pub fn of<'a>(vm: &Vm, native: &'a Native) -> R<&'a EventLoop> {
        native.get::<EventLoop>().ok_or_else(|| vm.type_error("an event loop was expected"))
    }
}

/// `loop.call_soon(callback, *args, context=context)`
pub fn call_soon(vm: &Vm, this: &Native, callback: Value, args: Vec<Value>, given: &Value) -> R {
    let event_loop = EventLoop::of(vm, this)?;
    event_loop.check_closed(vm)?;
    let context = context::given_or_copy(vm, given)?;
    let handle = Scheduled::create(vm, this, Value::Missing, callback, args, context);
    event_loop.push_own(Handle::Call(handle.clone()));
    Ok(Value::Native(handle))
}

/// `loop.call_at(when, callback, *args, context=context)`; `when` in seconds of the loop's clock.
pub fn call_at(vm: &Vm, this: &Native, when: Value, callback: Value, args: Vec<Value>, given: &Value) -> R {
    if when.is_none() {
        return Err(vm.type_error("when cannot be None"));
    }
    let event_loop = EventLoop::of(vm, this)?;
    event_loop.check_closed(vm)?;
    check_callback(vm, event_loop, &callback, "call_at")?;
    let at = deadline(vm, &when)?;
    let context = context::given_or_copy(vm, given)?;
    let handle = Scheduled::create(vm, this, when, callback, args, context);
    let key = event_loop.at(at, Handle::Call(handle.clone()));
    if let Some(data) = handle.get::<Scheduled>() {
        data.timer.set(Some(key));
    }
    Ok(Value::Native(handle))
}

/// `loop.call_later(delay, callback, *args, context=context)`
pub fn call_later(vm: &Vm, this: &Native, delay: &Value, callback: Value, args: Vec<Value>, given: &Value) -> R {
    if delay.is_none() {
        return Err(vm.type_error("delay must not be None"));
    }
    let when = seconds::added(vm, EventLoop::of(vm, this)?.now(), delay)?;
    let Some(method) = foreign::method(vm, this, "call_at") else {
        return call_at(vm, this, Value::float(when), callback, args, given);
    };
    let mut positional = vec![Value::float(when), callback];
    positional.extend(args);
    let keywords = [(sym::context, given.clone().or_none())];
    vm.call(&method, Args { positional: &positional, keywords: &keywords })
}

/// Seconds of the loop's clock as a deadline. NaN is now.
///
/// # Errors
/// TypeError for what is no number.
pub fn deadline(vm: &Vm, seconds: &Value) -> R<Nanos> {
    Ok(Nanos::from_secs(vm.to_f64(seconds)?).unwrap_or(Nanos::ZERO))
}

/// In debug mode coroutines and what cannot be called are refused.
///
/// # Errors
/// TypeError, or RuntimeError when the loop is closed.
pub fn check_callback(vm: &Vm, event_loop: &EventLoop, callback: &Value, method: &str) -> R<()> {
    event_loop.check_closed(vm)?;
    if !event_loop.debug.get() {
        return Ok(());
    }
    if super::coroutine::is_coroutine(vm, callback) || super::coroutine::is_coroutine_function(callback) {
        return Err(vm.type_error(format!("coroutines cannot be used with {method}()")));
    }
    if !super::coroutine::is_callable(vm, callback) {
        let repr = vm.repr(callback)?;
        let text = repr.as_str();
        return Err(vm.type_error(format!("a callable object was expected by {method}(), got {text}")));
    }
    Ok(())
}

/// `loop.create_task(coroutine, name=name, context=context)` as a script would call it: an override of a subclass counts.
/// A name that is `Missing` is not passed on.
///
/// # Errors
/// TypeError when what was made is no task; those of the script.
pub fn create_task(vm: &Vm, this: &Native, coroutine: Value, name: &Value, given: &Value) -> R<Native> {
    match create_any_task(vm, this, coroutine, name, given)? {
        Value::Native(native) if of_native(&native).is_some() => Ok(native),
        other => Err(vm.type_error(format!("a task was expected, got '{}'", vm.class_name(&other)))),
    }
}

/// [`create_task`], whatever the script makes of it.
///
/// # Errors
/// Those of the script.
pub fn create_any_task(vm: &Vm, this: &Native, coroutine: Value, name: &Value, given: &Value) -> R {
    let Some(method) = foreign::loop_method(vm, this, "create_task") else {
        return create_own_task(vm, this, coroutine, name, given);
    };
    let mut keywords = Vec::new();
    if !name.is_missing() {
        keywords.push((sym::name, name.clone()));
    }
    if !given.is_none_or_missing() {
        keywords.push((sym::context, given.clone()));
    }
    vm.call(&method, Args { positional: std::slice::from_ref(&coroutine), keywords: &keywords })
}

/// `create_task` of our own class: the task factory decides, if there is one.
///
/// # Errors
/// TypeError for what is no coroutine; those of the factory.
pub fn create_own_task(vm: &Vm, this: &Native, coroutine: Value, name: &Value, given: &Value) -> R {
    let event_loop = EventLoop::of(vm, this)?;
    event_loop.check_closed(vm)?;
    let factory = event_loop.task_factory.get();
    if factory.is_none() {
        return task::create(vm, this, coroutine, name, given).map(Value::Native);
    }
    let mut keywords = Vec::new();
    if !given.is_none_or_missing() {
        keywords.push((sym::context, given.clone()));
    }
    let positional = [Value::Native(this.clone()), coroutine];
    // Whoever asks for the task has made it, and stands at the same line afterwards.
    let site = vm.site.get();
    let made = vm.call(&factory, Args { positional: &positional, keywords: &keywords })?;
    vm.site.set(site);
    if let Some(task) = made.as_native::<Task>() {
        task.made_at.set(site);
    }
    // Also without a name, as CPython 3.13.0 does: the task is called "None" then.
    drop(vm.call_method(&made, crate::intern::Symbol::new("set_name"), &[name.clone().or_none()])?);
    Ok(made)
}

/// `loop.run_forever()`
///
/// # Errors
/// RuntimeError when a loop runs already or when nothing can ever wake this one; KeyboardInterrupt and SystemExit of
/// what ran.
pub fn run_forever(vm: &Vm, this: &Native) -> R<()> {
    let event_loop = EventLoop::of(vm, this)?;
    event_loop.check_closed(vm)?;
    check_running(vm, event_loop)?;
    event_loop.is_running.set(true);
    super::generators::watch(vm);
    let outer = event_loop.state.running.replace(Some(this.clone()));
    let hooks = event_loop.state.asyncgen_hooks.take();
    let result = loop {
        if let Err(raised) = run_once(vm, this, event_loop) {
            break Err(raised);
        }
        if event_loop.is_stopping.get() {
            break Ok(());
        }
    };
    event_loop.is_stopping.set(false);
    event_loop.is_running.set(false);
    event_loop.state.running.set(outer);
    drop(event_loop.state.asyncgen_hooks.replace(hooks));
    result
}

/// # Errors
/// RuntimeError when this loop runs, or another one.
pub fn check_running(vm: &Vm, event_loop: &EventLoop) -> R<()> {
    if event_loop.is_running.get() {
        return Err(vm.runtime_error("This event loop is already running"));
    }
    if event_loop.state.is_busy() {
        return Err(vm.runtime_error("Cannot run the event loop while another loop is running"));
    }
    Ok(())
}

/// How many tasks of the loop that runs are not done.
pub fn waiting_tasks(vm: &Vm) -> usize {
    let running = super::state::running_loop(vm);
    let event_loop = running.as_ref().and_then(|native| native.get::<EventLoop>());
    event_loop.map_or(0, EventLoop::unfinished_count)
}

/// One turn.
fn run_once(vm: &Vm, this: &Native, event_loop: &EventLoop) -> R<()> {
    let turn = event_loop.schedule.borrow_mut().begin_turn(!event_loop.is_stopping.get());
    match turn {
        Turn::Run(_) => {}
        Turn::Idle => return Err(report::deadlock(vm, event_loop)),
        Turn::Interrupted => return interrupted(vm, event_loop),
        Turn::Failed(error) => return Err(vm.os_error(error)),
    }
    loop {
        let Some(handle) = event_loop.schedule.borrow_mut().pop() else { return Ok(()) };
        dispatch::run(vm, this, event_loop, handle)?;
    }
}

/// Ctrl-C: the first time it cancels the main task of a runner, otherwise it ends the loop.
///
/// # Errors
/// KeyboardInterrupt.
pub fn interrupted(vm: &Vm, event_loop: &EventLoop) -> R<()> {
    let interrupt = clock::interrupt(vm);
    if interrupt.take_question() {
        report::dump(vm, Some(event_loop));
        if !interrupt.is_raised() {
            return Ok(());
        }
    }
    interrupt.take();
    if let Some(main) = event_loop.main_task.get() {
        event_loop.interrupts.set(event_loop.interrupts.get() + 1);
        if event_loop.interrupts.get() == 1 && of_native(&main).is_some_and(|f| !f.is_done()) {
            super::origin::because(
                vm,
                || "cancelled by Ctrl-C".to_owned(),
                || future::cancel(vm, &main, &Value::None),
            )?;
            return Ok(());
        }
    }
    Err(vm.error(T::KeyboardInterrupt, ""))
}

/// KeyboardInterrupt and SystemExit go through everything.
pub fn is_exit(vm: &Vm, exception: &Ref<crate::object::Exception>) -> bool {
    vm.matches(exception, T::KeyboardInterrupt) || vm.matches(exception, T::SystemExit)
}

/// `loop.run_until_complete(future)`
///
/// # Errors
/// Those of the future and of [`run_forever`]; RuntimeError when the loop was stopped before.
pub fn run_until_complete(vm: &Vm, this: &Native, value: &Value) -> R {
    let event_loop = EventLoop::of(vm, this)?;
    event_loop.check_closed(vm)?;
    check_running(vm, event_loop)?;
    let is_new = value.as_future().is_none();
    let native = super::ensure::ensure_future(vm, value, Some(this))?;
    let Some(data) = of_native(&native) else { return Ok(Value::None) };
    if is_new {
        data.set_quiet();
    }
    future::watch(vm, &native, Callback::Hook(Hook::StopLoop, this.clone()))?;
    let result = match foreign::loop_method(vm, this, "run_forever") {
        Some(run) => vm.call0(&run).map(drop),
        None => run_forever(vm, this),
    };
    future::unwatch(&native, Hook::StopLoop, this);
    if let Err(raised) = result {
        if is_new && data.is_done() && !data.is_cancelled() {
            data.mark_retrieved();
        }
        return Err(raised);
    }
    if !foreign::is_done(vm, &native)? {
        return Err(vm.runtime_error("Event loop stopped before Future completed."));
    }
    foreign::result(vm, &native)
}

/// `loop.close()`
///
/// # Errors
/// RuntimeError while it runs.
pub fn close(vm: &Vm, this: &Native) -> R<()> {
    let event_loop = EventLoop::of(vm, this)?;
    if event_loop.is_running.get() {
        return Err(vm.runtime_error("Cannot close a running event loop"));
    }
    if event_loop.is_closed.get() {
        return Ok(());
    }
    if event_loop.debug.get() {
        let shown = vm.repr(&Value::Native(this.clone()))?;
        report::note(vm, || format!("Close {}", shown.as_str()));
    }
    event_loop.is_closed.set(true);
    let handles = event_loop.schedule.borrow_mut().take_all();
    drop(handles);
    let tasks = std::mem::take(&mut *event_loop.unfinished.borrow_mut());
    drop(tasks);
    event_loop.overrides.set(overridden::CLOSED);
    drop(event_loop.itself.take());
    Ok(())
}

//! `asyncio.TaskGroup`: tasks that end with a block; the first failure cancels the rest and the block
//! (CPython: `Lib/asyncio/taskgroups.py`).

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashMap;

use super::coroutine::{Routine, coroutine};
use super::event_loop::{self, is_exit};
use super::{foreign, future, origin, report, state, task, wait_graph};
use crate::intern::sym;
use crate::object::callbacks::{Callback, Hook};
use crate::object::cycles::Tracer;
use crate::object::{Exception, Machine, Native, NativeData, R, Ref, Sent, Step, Swap, T, Value, Vm};

/// The data of a `TaskGroup`.
#[derive(Default)]
pub struct TaskGroup {
    pub is_entered: Cell<bool>,
    is_exiting: Cell<bool>,
    /// The number of the site that entered it.
    entered_at: Cell<u32>,
    pub is_aborting: Cell<bool>,
    event_loop: Swap<Option<Native>>,
    parent: Swap<Option<Native>>,
    /// The group has cancelled the parent task.
    parent_cancelled: Cell<bool>,
    members: RefCell<Members>,
    pub errors: RefCell<Vec<Ref<Exception>>>,
    /// KeyboardInterrupt or SystemExit.
    base_error: Swap<Option<Ref<Exception>>>,
    /// What `__aexit__` waits for.
    completed: Swap<Option<Native>>,
}

impl NativeData for TaskGroup {
    fn trace(&self, tracer: &mut Tracer) {
        for native in [&self.event_loop, &self.parent, &self.completed] {
            native.look(|native| native.iter().for_each(|native| tracer.native(native)));
        }
        self.base_error.look(|error| error.iter().for_each(|error| tracer.object(error)));
        if let (Ok(members), Ok(errors)) = (self.members.try_borrow(), self.errors.try_borrow()) {
            members.order.iter().flatten().for_each(|task| tracer.native(task));
            errors.iter().for_each(|error| tracer.object(error));
        }
    }
    fn clear(&self) {
        drop((self.parent.take(), self.completed.take(), self.base_error.take()));
        drop(self.members.try_borrow_mut().map(|mut members| std::mem::take(&mut *members)));
        drop(self.errors.try_borrow_mut().map(|mut errors| std::mem::take(&mut *errors)));
    }
}

/// The tasks that are not done, in the order they were made.
#[derive(Default)]
struct Members {
    order: Vec<Option<Native>>,
    places: FxHashMap<usize, u32>,
}

impl Members {
    fn add(&mut self, task: &Native) {
        self.places.insert(task.address(), self.order.len() as u32);
        self.order.push(Some(task.clone()));
    }

    fn remove(&mut self, task: &Native) -> Option<Native> {
        let at = self.places.remove(&task.address())?;
        let removed = self.order.get_mut(at as usize)?.take();
        if self.places.is_empty() {
            self.order.clear();
        }
        removed
    }
}

impl TaskGroup {
    /// How many tasks are not done.
    pub fn len(&self) -> usize {
        self.members.borrow().places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tasks that are not done.
    pub fn tasks(&self) -> Vec<Native> {
        self.members.borrow().order.iter().flatten().cloned().collect()
    }

    /// Cancels all tasks.
    fn abort(&self, vm: &Vm, because: impl FnOnce() -> String) -> R<()> {
        self.is_aborting.set(true);
        let reason =
            || format!("cancelled by the TaskGroup{}{}", origin::entered_at(vm, self.entered_at.get()), because());
        origin::because(vm, reason, || {
            for member in &self.tasks() {
                if !foreign::is_done(vm, member)? {
                    future::cancel(vm, member, &Value::None)?;
                }
            }
            Ok(())
        })
    }
}

fn shown(vm: &Vm, this: &Native) -> R<String> {
    Ok(vm.repr(&Value::Native(this.clone()))?.as_str().to_owned())
}

/// The body of `__aenter__`, which never waits.
///
/// # Errors
/// RuntimeError when it was entered before or outside a task.
fn enter(vm: &Vm, this: &Native) -> R {
    let Some(group) = this.get::<TaskGroup>() else { return Ok(Value::None) };
    if group.is_entered.get() {
        return Err(vm.runtime_error(format!("TaskGroup {} has already been entered", shown(vm, this)?)));
    }
    let running = match group.event_loop.get() {
        Some(known) => known,
        None => state::get_running_loop(vm)?,
    };
    let parent = task::current(vm, &running)?;
    group.event_loop.set(Some(running));
    if parent.is_none() {
        return Err(vm.runtime_error(format!("TaskGroup {} cannot determine the parent task", shown(vm, this)?)));
    }
    group.parent.set(parent);
    group.is_entered.set(true);
    group.entered_at.set(vm.site.get());
    Ok(Value::Native(this.clone()))
}

/// `group.create_task(coroutine, name=name, context=context)`
///
/// # Errors
/// RuntimeError when the group is not active.
pub fn create_task(vm: &Vm, this: &Native, coroutine: Value, name: &Value, context: &Value) -> R {
    let Some(group) = this.get::<TaskGroup>() else { return Ok(Value::None) };
    let refusal = if !group.is_entered.get() {
        Some("has not been entered")
    } else if group.is_exiting.get() && group.is_empty() {
        Some("is finished")
    } else if group.is_aborting.get() {
        Some("is shutting down")
    } else {
        None
    };
    if let Some(refusal) = refusal {
        vm.call_method(&coroutine, sym::close, &[])?;
        return Err(vm.runtime_error(format!("TaskGroup {} {refusal}", shown(vm, this)?)));
    }
    let Some(running) = group.event_loop.get() else { return Ok(Value::None) };
    let made = event_loop::create_task(vm, &running, coroutine, &name.clone().or_none(), context)?;
    if foreign::is_done(vm, &made)? {
        child_done(vm, this, &made)?;
    } else {
        group.members.borrow_mut().add(&made);
        future::watch(vm, &made, Callback::Hook(Hook::TaskGroup, this.clone()))?;
    }
    Ok(Value::Native(made))
}

/// A task of the group is done.
///
/// # Errors
/// Those of a script's `cancel`.
pub fn child_done(vm: &Vm, this: &Native, done: &Native) -> R<()> {
    let Some(group) = this.get::<TaskGroup>() else { return Ok(()) };
    let removed = group.members.borrow_mut().remove(done);
    drop(removed);
    if group.is_empty()
        && let Some(completed) = group.completed.get()
    {
        future::release(vm, &completed, Value::True)?;
    }
    if foreign::is_cancelled(vm, done)? {
        return Ok(());
    }
    let Some(exception) = foreign::failure(vm, done)? else { return Ok(()) };
    group.errors.borrow_mut().push(exception.clone());
    if is_exit(vm, &exception) && !group.base_error.is_some() {
        group.base_error.set(Some(exception.clone()));
    }
    let Some(parent) = group.parent.get() else { return Ok(()) };
    if foreign::is_done(vm, &parent)? {
        return too_late(vm, group, done, &parent, exception);
    }
    if !group.is_aborting.get() && !group.parent_cancelled.get() {
        let failure = || {
            let (name, kind) = (wait_graph::name_of(vm, done), exception.class().name());
            format!(" because {name} raised {}{}", kind.as_str(), origin::raised_at(vm, &exception))
        };
        group.abort(vm, failure)?;
        group.parent_cancelled.set(true);
        let entered = || origin::entered_at(vm, group.entered_at.get());
        let reason = || format!("cancelled by its TaskGroup{}{}", entered(), failure());
        origin::because(vm, reason, || future::cancel(vm, &parent, &Value::None))?;
    }
    Ok(())
}

/// A task failed after the one that made the group had ended.
#[cold]
fn too_late(vm: &Vm, group: &TaskGroup, done: &Native, parent: &Native, exception: Ref<Exception>) -> R<()> {
    let Some(running) = group.event_loop.get() else { return Ok(()) };
    let (task, parent) = (shown(vm, done)?, shown(vm, parent)?);
    let text = format!("Task {task} has errored out but its parent task {parent} is already completed");
    let fields = vec![
        ("message", Value::string(text)),
        ("exception", Value::Exception(exception)),
        ("task", Value::Native(done.clone())),
    ];
    report::call_exception_handler(vm, &running, fields)
}

/// `__aenter__()` as a coroutine.
pub fn aenter(this: &Native) -> Value {
    coroutine(Enter(this.clone()))
}

struct Enter(Native);

impl Routine for Enter {
    const QUALNAME: &'static str = "TaskGroup.__aenter__";
    fn go_on(&self, _machine: &Ref<Machine>, _sent: Sent, vm: &Vm) -> R<Step> {
        enter(vm, &self.0).map(Step::Return)
    }
}

/// `__aexit__(type, exception, traceback)` as a coroutine.
pub fn aexit(this: &Native, exception: &Value) -> Value {
    let body = exception.as_exception().cloned();
    coroutine(Exit { group: this.clone(), body, cancelled: Swap::new(None) })
}

struct Exit {
    group: Native,
    /// What the block raised.
    body: Option<Ref<Exception>>,
    /// The cancellation from outside, to be passed on.
    cancelled: Swap<Option<Ref<Exception>>>,
}

impl Routine for Exit {
    const QUALNAME: &'static str = "TaskGroup.__aexit__";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        let Some(group) = self.group.get::<TaskGroup>() else { return Ok(Step::Return(Value::None)) };
        if machine.pc.replace(1) == 0 {
            self.begin(vm, group)?;
        } else if let Sent::Throw(exception) = sent {
            if !vm.matches(&exception, T::CancelledError) {
                return Err(vm.raise(exception));
            }
            // Cancelled from outside, unless it is the group's own doing.
            if !group.is_aborting.get() {
                self.cancelled.set(Some(exception));
                group.abort(vm, || " because the task that waits for it was cancelled".to_owned())?;
            }
            group.completed.set(None);
        } else {
            group.completed.set(None);
        }
        if !group.is_empty() {
            let Some(running) = group.event_loop.get() else { return Ok(Step::Return(Value::None)) };
            let completed = future::create_for(vm, &running, &self.group);
            group.completed.set(Some(completed.clone()));
            return Ok(Step::Await(Value::Native(completed)));
        }
        self.end(vm, group)
    }
}

impl Exit {
    fn begin(&self, vm: &Vm, group: &TaskGroup) -> R<()> {
        group.is_exiting.set(true);
        let Some(body) = &self.body else { return Ok(()) };
        if is_exit(vm, body) && !group.base_error.is_some() {
            group.base_error.set(Some(body.clone()));
        }
        if vm.matches(body, T::CancelledError) {
            self.cancelled.set(Some(body.clone()));
        }
        if !group.is_aborting.get() {
            let raised = || format!("{}{}", body.class().name().as_str(), origin::raised_at(vm, body));
            group.abort(vm, || format!(" because its block raised {}", raised()))?;
        }
        Ok(())
    }

    /// All tasks are done: what the block as a whole comes to.
    fn end(&self, vm: &Vm, group: &TaskGroup) -> R<Step> {
        if let Some(error) = group.base_error.get() {
            return Err(vm.throw(error));
        }
        let parent = group.parent.get();
        if group.parent_cancelled.get()
            && parent.as_ref().map_or(Ok(0), |parent| foreign::cancels(vm, parent, "uncancel"))? == 0
        {
            self.cancelled.set(None);
        }
        if let Some(cancelled) = self.cancelled.get()
            && group.errors.borrow().is_empty()
        {
            return Err(vm.throw(cancelled));
        }
        if let Some(body) = &self.body
            && !vm.matches(body, T::CancelledError)
        {
            group.errors.borrow_mut().push(body.clone());
        }
        if group.errors.borrow().is_empty() {
            return Ok(Step::Return(Value::None));
        }
        if let Some(parent) = &parent
            && foreign::cancels(vm, parent, "cancelling")? > 0
        {
            foreign::cancels(vm, parent, "uncancel")?;
            future::cancel(vm, parent, &Value::None)?;
        }
        let errors = group.errors.take().into_iter().map(Value::Exception).collect();
        let class = Value::Class(vm.class(T::BaseExceptionGroup).clone());
        let made = vm.call2(&class, &Value::str("unhandled errors in a TaskGroup"), &Value::list(errors))?;
        let Value::Exception(error) = made else { return Ok(Step::Return(Value::None)) };
        error.suppress_context.set(true);
        Err(vm.throw(error))
    }
}

//! What can be watched of a loop at work: tasks made, resumed, suspended, woken, cancelled, done. Feeds traces and tests.
//! Unset, it costs a look at a flag; what an observer does must not run code of the script's.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::event_loop::EventLoop;
use crate::event::Nanos;
use crate::object::{Exception, Native, Ref, Swap, Value, Vm};

/// How a task ended.
pub enum End {
    Returned,
    Failed(Ref<Exception>),
    Cancelled,
}

/// Something that happened to a task.
pub enum Event<'a> {
    Created,
    /// A step begins.
    Resumed,
    /// A step is over; the task waits for this, for nothing when it is ready again at once.
    Suspended(Option<&'a Native>),
    /// What it waited for is done: it is ready.
    Woken,
    /// It is asked to end.
    Cancelled,
    Done(End),
}

/// Whoever watches.
pub trait Observer {
    /// `by` is the task on whose account it happened: the one that runs, or whose end set it off. None: time, or the
    /// outside.
    fn saw(&self, vm: &Vm, at: Nanos, task: &Native, event: Event, by: Option<&Native>);
}

/// The observer of a `Vm`.
#[derive(Default)]
pub struct Watch {
    is_on: Cell<bool>,
    observer: RefCell<Option<Rc<dyn Observer>>>,
    /// The task whose end a callback of the loop's own deals with.
    cause: Swap<Option<Native>>,
}

impl Watch {
    #[inline(always)]
    pub fn is_on(&self) -> bool {
        self.is_on.get()
    }

    /// Does some work that the end of a task set off.
    #[cold]
    pub fn because_of<V>(&self, cause: &Native, work: impl FnOnce() -> V) -> V {
        let outer = self.cause.replace(Some(cause.clone()));
        let value = work();
        self.cause.set(outer);
        value
    }
}

/// From now on `observer` is told what happens on the loops of a `Vm`.
pub fn observe(vm: &Vm, observer: Rc<dyn Observer>) {
    let state = super::state::State::of(vm);
    *state.watch.observer.borrow_mut() = Some(observer);
    state.watch.is_on.set(true);
}

/// Tells what happened, if anybody watches.
#[inline(always)]
pub fn tell(vm: &Vm, event_loop: &EventLoop, task: &Native, event: impl FnOnce() -> Event<'static>) {
    if event_loop.state.watch.is_on() {
        told(vm, event_loop, task, event());
    }
}

/// Tells what happened, when somebody watches.
#[cold]
pub fn told(vm: &Vm, event_loop: &EventLoop, task: &Native, event: Event) {
    let watch = &event_loop.state.watch;
    let Some(observer) = watch.observer.borrow().clone() else { return };
    let by = event_loop.current.get().or_else(|| watch.cause.get());
    observer.saw(vm, event_loop.now(), task, event, by.as_ref());
}

/// Tells of a cancellation, which may come from outside of any loop.
#[cold]
pub fn told_of_cancel(vm: &Vm, task: &Native) {
    let event_loop = task.get::<crate::object::future::Task>().and_then(|data| data.future.event_loop().cloned());
    if let Some(event_loop) = event_loop.as_ref().and_then(|native| native.get::<EventLoop>()) {
        told(vm, event_loop, task, Event::Cancelled);
    }
}

/// The name and the coroutine of a task, for whoever shows it: `Task-2`, `fetch()`.
pub fn title(vm: &Vm, task: &Native) -> (String, String) {
    let Some(data) = task.get::<crate::object::future::Task>() else { return Default::default() };
    let name = match super::task::name(data) {
        Value::Str(name) => name.as_str().to_owned(),
        _ => "?".to_owned(),
    };
    (name, super::repr::coroutine_name(vm, &data.coroutine.get()))
}

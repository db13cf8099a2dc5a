//! Who cancelled what: for reports, the reason behind each CancelledError and TimeoutError, and the cancellations that
//! were swallowed. Recorded only when somebody will read it; knows nothing of how a report looks.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::wait_graph::{name_of, place};
use super::{event_loop::EventLoop, state};
use crate::object::future::Task;
use crate::object::traceback::GlobalSite;
use crate::object::{Exception, Native, Ref, T, Vm};

/// How many exceptions are remembered, the oldest go first.
const MAX_REMEMBERED: usize = 256;
/// How many swallowed cancellations are told of, the first ones.
const MAX_SWALLOWED: usize = 3;

/// The record of one `Vm`.
#[derive(Default)]
struct Origins {
    /// Why the cancellation that is being asked for is, when the loop itself asks.
    reason: RefCell<Option<Rc<str>>>,
    /// By the address of a task that was cancelled and is not done.
    tasks: RefCell<FxHashMap<usize, Rc<str>>>,
    /// The same once the CancelledError was thrown in.
    delivered: RefCell<FxHashMap<usize, Rc<str>>>,
    /// What to say of cancellations that were swallowed, and how many there were.
    swallowed: RefCell<(Vec<String>, usize)>,
    exceptions: RefCell<VecDeque<(Ref<Exception>, Rc<str>)>>,
    /// The futures and tasks that were cancelled last: whoever awaits one gets a CancelledError for this reason.
    cancelled: RefCell<VecDeque<(Native, Rc<str>)>>,
}

fn origins(vm: &Vm) -> Rc<Origins> {
    vm.extension(Origins::default)
}

/// From now on the origins of cancellations are recorded.
pub fn watch(vm: &Vm) {
    vm.explains_cancels.set(true);
}

/// Does something that cancels tasks, for a reason.
pub fn because<V>(vm: &Vm, reason: impl FnOnce() -> String, work: impl FnOnce() -> V) -> V {
    if !vm.explains_cancels.get() {
        return work();
    }
    let origins = origins(vm);
    let outer = origins.reason.replace(Some(reason().into()));
    let result = work();
    origins.reason.replace(outer);
    result
}

/// A task is asked to end.
#[inline]
pub fn asked(vm: &Vm, task: &Native) {
    if vm.explains_cancels.get() {
        note(vm, task);
    }
}

#[cold]
fn note(vm: &Vm, task: &Native) {
    let (origins, reason) = (origins(vm), current_reason(vm));
    origins.tasks.borrow_mut().insert(task.address(), reason);
}

/// A script cancels a future itself.
pub fn future_cancelled(vm: &Vm, future: &Native) {
    if vm.explains_cancels.get() {
        keep(&origins(vm), future, current_reason(vm));
    }
}

/// One future is cancelled because another one was.
pub fn cancelled_with(vm: &Vm, future: &Native, other: &Native) {
    if vm.explains_cancels.get()
        && let Some(reason) = reason_of_future(&origins(vm), other)
    {
        keep(&origins(vm), future, reason);
    }
}

fn keep(origins: &Origins, future: &Native, reason: Rc<str>) {
    let mut cancelled = origins.cancelled.borrow_mut();
    cancelled.push_back((future.clone(), reason));
    let oldest = if cancelled.len() > MAX_REMEMBERED { cancelled.pop_front() } else { None };
    drop(cancelled);
    drop(oldest);
}

fn reason_of_future(origins: &Origins, future: &Native) -> Option<Rc<str>> {
    let cancelled = origins.cancelled.borrow();
    cancelled.iter().rev().find(|(other, _)| Native::same(other, future)).map(|(_, reason)| reason.clone())
}

/// A task that waited for a cancelled future gets this CancelledError.
#[inline]
pub fn passed_on(vm: &Vm, future: &Native, exception: &Ref<Exception>) {
    if vm.explains_cancels.get()
        && let Some(reason) = reason_of_future(&origins(vm), future)
        && reason_of(vm, exception).is_none()
    {
        remember(vm, exception, reason);
    }
}

/// Says why an exception is raised that no cancellation led to.
pub fn explain(vm: &Vm, exception: &Ref<Exception>, reason: &str) {
    if vm.explains_cancels.get() {
        remember(vm, exception, reason.into());
    }
}

/// Why a cancellation that is being asked for is: what the loop says, or who asks and where.
fn current_reason(vm: &Vm) -> Rc<str> {
    let reason = origins(vm).reason.borrow().clone();
    reason.unwrap_or_else(|| {
        let running = state::running_loop(vm);
        let current = running.as_ref().and_then(|running| running.get::<EventLoop>()?.current.get());
        let who = current.map_or("a callback".to_owned(), |current| name_of(vm, &current));
        let site = place(vm, GlobalSite(vm.site.get())).map_or(String::new(), |place| format!(" at {place}"));
        format!("cancelled by {who}{site}").into()
    })
}

/// A CancelledError is thrown into a task.
#[inline]
pub fn delivered(vm: &Vm, task: &Native, exception: &Ref<Exception>) {
    if vm.explains_cancels.get() {
        let origins = origins(vm);
        let reason = origins.tasks.borrow_mut().remove(&task.address());
        if let Some(reason) = reason {
            origins.delivered.borrow_mut().insert(task.address(), reason.clone());
            remember(vm, exception, reason);
        }
    }
}

/// A task is done: with this exception, or with a result. It has swallowed a cancellation that reached it, if that was
/// not taken back and is not how the task ended.
#[inline]
pub fn ended(vm: &Vm, native: &Native, exception: Option<&Ref<Exception>>) {
    if vm.explains_cancels.get() {
        note_end(vm, native, exception);
    }
}

#[cold]
fn note_end(vm: &Vm, native: &Native, exception: Option<&Ref<Exception>>) {
    let origins = origins(vm);
    origins.tasks.borrow_mut().remove(&native.address());
    let Some(reason) = origins.delivered.borrow_mut().remove(&native.address()) else { return };
    if exception.is_some_and(|exception| vm.matches(exception, T::CancelledError)) {
        return keep(&origins, native, reason);
    }
    if native.get::<Task>().is_none_or(|task| task.cancels.get() == 0) {
        return;
    }
    let end = match exception {
        // A task group's errors count more than a cancellation.
        Some(exception) if exception.group.get().is_some() => return,
        Some(exception) => format!("raised {}", exception.class().name().as_str()),
        None => "returned".to_owned(),
    };
    note_swallowed(&origins, format!("{} swallowed a cancellation and {end}: {reason}", name_of(vm, native)));
}

/// The block of a timeout ended otherwise than by the cancellation that the timeout asked for.
pub fn swallowed_by_block(vm: &Vm, task: &Native, entered_at: u32) {
    if vm.explains_cancels.get() {
        let (name, entered) = (name_of(vm, task), self::entered_at(vm, entered_at));
        note_swallowed(&origins(vm), format!("{name} swallowed a cancellation: the timeout{entered} ran out"));
    }
}

fn note_swallowed(origins: &Origins, text: String) {
    let (texts, count) = &mut *origins.swallowed.borrow_mut();
    *count += 1;
    if texts.len() < MAX_SWALLOWED {
        texts.push(text);
    }
}

/// What to say of the cancellations that were swallowed since somebody asked.
pub fn take_swallowed(vm: &Vm) -> Vec<String> {
    if !vm.explains_cancels.get() {
        return Vec::new();
    }
    let (mut texts, count) = origins(vm).swallowed.take();
    if count > texts.len() {
        texts.push(format!("{} more cancellations were swallowed", count - texts.len()));
    }
    texts
}

/// Why a task was cancelled that goes on.
pub fn outlived(vm: &Vm, task: &Native) -> Option<Rc<str>> {
    if !vm.explains_cancels.get() {
        return None;
    }
    origins(vm).delivered.borrow().get(&task.address()).cloned()
}

/// One exception takes the place of another: a TimeoutError that of the CancelledError.
pub fn handed_on(vm: &Vm, from: &Ref<Exception>, to: &Ref<Exception>) {
    if vm.explains_cancels.get()
        && let Some(reason) = reason_of(vm, from)
    {
        remember(vm, to, reason);
    }
}

#[cold]
fn remember(vm: &Vm, exception: &Ref<Exception>, reason: Rc<str>) {
    let origins = origins(vm);
    let mut exceptions = origins.exceptions.borrow_mut();
    exceptions.push_back((exception.clone(), reason));
    let oldest = if exceptions.len() > MAX_REMEMBERED { exceptions.pop_front() } else { None };
    drop(exceptions);
    drop(oldest);
}

/// Why an exception was raised, if it is a cancellation that was recorded.
pub fn reason_of(vm: &Vm, exception: &Ref<Exception>) -> Option<Rc<str>> {
    if !vm.explains_cancels.get() {
        return None;
    }
    let origins = origins(vm);
    let exceptions = origins.exceptions.borrow();
    exceptions.iter().rev().find(|(other, _)| Ref::same(other, exception)).map(|(_, reason)| reason.clone())
}

/// ` at file:line` of where an exception was raised.
pub fn raised_at(vm: &Vm, exception: &Exception) -> String {
    let site = exception.traceback.borrow().sites.first().copied();
    site.and_then(|site| place(vm, site)).map_or(String::new(), |place| format!(" at {place}"))
}

/// ` entered at file:line`
pub fn entered_at(vm: &Vm, site: u32) -> String {
    place(vm, GlobalSite(site)).map_or(String::new(), |place| format!(" entered at {place}"))
}

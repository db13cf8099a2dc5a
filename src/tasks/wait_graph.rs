//! Who waits for what: the tasks of a loop as a graph, its cycles, and both as text for deadlock reports, dumps and
//! leaks. Only looks; knows nothing of when somebody asks.

use std::fmt::Write;

use rustc_hash::{FxHashMap, FxHashSet};

use super::condition::Condition;
use super::event::Event;
use super::event_loop::EventLoop;
use super::lock::Lock;
use super::queue::Queue;
use super::semaphore::Semaphore;
use super::task_group::TaskGroup;
use super::wait::Watch;
use super::{origin, outline, repr, task};
use crate::object::callbacks::{Callback, Hook};
use crate::object::future::{Gathering, Task, of_native};
use crate::object::traceback::GlobalSite;
use crate::object::{Machine, Native, Ref, Value, Vm};

/// How many awaits of one task a text lists.
const MAX_AWAITS: usize = 20;
/// How many names stand in a line.
const MAX_NAMES: usize = 6;

/// What one task waits for.
pub struct Wait {
    /// The tasks that have to end first, or to let go of a lock.
    pub tasks: Vec<Native>,
    /// `for Task-2`, `for a Lock held by worker`.
    pub text: String,
    /// All of `tasks` are needed: a circle of such waits never ends.
    pub needs_all: bool,
}

/// The tasks of a loop that are not done.
pub struct Graph {
    pub tasks: Vec<Native>,
    /// By the address of what a callback is attached to: who has to call it.
    callers: FxHashMap<usize, Vec<Native>>,
}

impl Graph {
    pub fn of(vm: &Vm, event_loop: &EventLoop) -> Graph {
        let tasks = event_loop.unfinished.borrow().all();
        tasks.iter().for_each(|task| super::sleep::appear(vm, task));
        let mut callers: FxHashMap<usize, Vec<Native>> = FxHashMap::default();
        for native in &tasks {
            let Some(future) = of_native(native) else { continue };
            let callbacks = future.take_callbacks();
            for callback in callbacks.iter() {
                if let Callback::Hook(_, target) = callback {
                    callers.entry(target.address()).or_default().push(native.clone());
                }
            }
            future.put_callbacks(callbacks);
        }
        Graph { tasks, callers }
    }

    fn callers_of(&self, target: &Native) -> Vec<Native> {
        self.callers.get(&target.address()).cloned().unwrap_or_default()
    }

    /// What a task waits for; `None` when it is ready or runs.
    pub fn wait_of(&self, vm: &Vm, native: &Native) -> Option<Wait> {
        let waiter = native.get::<Task>()?.waiter.get()?;
        let future = of_native(&waiter)?;
        if future.is_done() {
            return None;
        }
        if waiter.get::<Task>().is_some() {
            let text = format!("for {}", name_of(vm, &waiter));
            return Some(Wait { tasks: vec![waiter], text, needs_all: true });
        }
        if let Some(gathering) = waiter.get::<Gathering>() {
            let is_pending = |child: &&Native| of_native(child).is_some_and(|future| !future.is_done());
            let children: Vec<Native> = gathering.children.borrow().iter().filter(is_pending).cloned().collect();
            let tasks: Vec<Native> = children.iter().filter(|child| child.get::<Task>().is_some()).cloned().collect();
            let text =
                if tasks.is_empty() { "for a gather".into() } else { format!("for a gather of {}", names(vm, &tasks)) };
            return Some(Wait { tasks, text, needs_all: true });
        }
        let purpose = future.purpose().and_then(|value| value.as_native_object().cloned());
        Some(match purpose {
            Some(object) => self.wait_at(vm, native, &waiter, &object),
            None => self.wait_for_future(vm, native, &waiter),
        })
    }

    /// A wait for a future that nobody made for a purpose: of a shield, of a timer, of the script.
    fn wait_for_future(&self, vm: &Vm, native: &Native, waiter: &Native) -> Wait {
        let tasks = self.callers_of(waiter);
        if !tasks.is_empty() {
            return Wait { text: format!("for {}", names(vm, &tasks)), tasks, needs_all: true };
        }
        let own = innermost_of_ours(native);
        let text = match own.as_deref() {
            Some("sleep") => "for a sleep to end".to_owned(),
            _ if has_hook(waiter, Hook::ShieldOuter) => "for a shielded future".to_owned(),
            _ => "for a future that nobody has finished".to_owned(),
        };
        Wait { tasks, text, needs_all: false }
    }

    /// A wait at a lock, an event, a queue...
    fn wait_at(&self, vm: &Vm, native: &Native, waiter: &Native, object: &Native) -> Wait {
        let class = vm.class_name(&Value::Native(object.clone()));
        let none = |text: String| Wait { tasks: Vec::new(), text, needs_all: false };
        if let Some(lock) = object.get::<Lock>() {
            return self.wait_for_lock(vm, native, class, lock);
        }
        if let Some(group) = object.get::<TaskGroup>() {
            let tasks = group.tasks();
            let text = format!("for the end of a {class} with {}", names(vm, &tasks));
            return Wait { tasks, text, needs_all: true };
        }
        if object.get::<Watch>().is_some() {
            let tasks = self.callers_of(object);
            let text = if tasks.is_empty() { "for futures".into() } else { format!("for {}", names(vm, &tasks)) };
            return Wait { needs_all: false, text, tasks };
        }
        let is_in = |name: &str| chain_of(native).iter().any(|machine| &*machine.qualname() == name);
        if is_in("_AsCompletedIterator._wait_for_one") || is_in("_AsCompletedIterator.__anext__") {
            return none("for the next of as_completed".to_owned());
        }
        if let Some(queue) = object.get::<Queue>() {
            return none(self.wait_for_queue(vm, waiter, class, queue));
        }
        if is_in("Barrier.wait") {
            return none("for the other parties of a Barrier".to_owned());
        }
        if let Some(condition) = object.get::<Condition>() {
            let lock = condition.lock.get();
            let holder = lock.as_native::<Lock>().and_then(|lock| self.task_at(lock.holder.get()));
            let held = holder.map_or(String::new(), |holder| format!(", its lock held by {}", name_of(vm, &holder)));
            return none(format!("for a {class} to be notified, with {} waiting{held}", condition.waiters.len()));
        }
        if let Some(semaphore) = object.get::<Semaphore>() {
            return self.wait_for_semaphore(vm, class, semaphore);
        }
        if object.get::<Event>().is_some() {
            return none(format!("for an {class} to be set"));
        }
        none(format!("for a {class}"))
    }

    /// The unfinished task at an address.
    fn task_at(&self, address: usize) -> Option<Native> {
        self.tasks.iter().find(|task| task.address() == address).cloned()
    }

    /// Whoever used the other end of a queue is who could help.
    fn wait_for_queue(&self, vm: &Vm, waiter: &Native, class: &str, queue: &Queue) -> String {
        let items = |count: u64| format!("{count} item{}", if count == 1 { "" } else { "s" });
        let (taken, size) = (", last taken from by", items(queue.snapshot().len() as u64));
        let (what, other, did) = if queue.putters.contains(waiter) {
            (format!("for room in a {class} with {size}"), &queue.last_getter, taken)
        } else if queue.getters.contains(waiter) {
            (format!("for an item of a {class} with {size}"), &queue.last_putter, ", last filled by")
        } else {
            (format!("for task_done() of {} of a {class}", items(queue.unfinished.get())), &queue.last_getter, taken)
        };
        let made = place(vm, queue.made_at).map_or(String::new(), |place| format!(" made at {place}"));
        let other = self.task_at(other.get()).map_or(String::new(), |task| format!("{did} {}", name_of(vm, &task)));
        format!("{what}{made}{other}")
    }

    fn wait_for_semaphore(&self, vm: &Vm, class: &str, semaphore: &Semaphore) -> Wait {
        let mut tasks: Vec<Native> = Vec::new();
        let known = semaphore.holders.known();
        for holder in known.iter().filter_map(|&address| self.task_at(address)) {
            if !tasks.iter().any(|task| Native::same(task, &holder)) {
                tasks.push(holder);
            }
        }
        let mut held = if tasks.is_empty() { String::new() } else { format!(", held by {}", names(vm, &tasks)) };
        let gone = known.iter().filter(|&&address| self.task_at(address).is_none()).count();
        // Whoever takes from a semaphore that began at 0 only takes note of a signal.
        if gone > 0 && semaphore.permits > 0 {
            held.push_str(&format!(", {gone} taken by tasks that are done"));
        }
        // One permit in one hand is a lock. Of several any may come back; of a signal, from anybody.
        let needs_all = semaphore.permits == 1 && semaphore.holders.count() == 1;
        Wait { tasks, text: format!("for a {class} with value {}{held}", semaphore.value.get()), needs_all }
    }

    fn wait_for_lock(&self, vm: &Vm, native: &Native, class: &str, lock: &Lock) -> Wait {
        let holder = self.task_at(lock.holder.get());
        let text = match &holder {
            Some(holder) if Native::same(holder, native) => format!("for a {class} that it holds itself"),
            Some(holder) => format!("for a {class} held by {}", name_of(vm, holder)),
            None if lock.is_locked.get() => format!("for a {class} that a task took which is done"),
            None => format!("for a {class}"),
        };
        Wait { tasks: holder.into_iter().collect(), text, needs_all: true }
    }

    /// The circles of tasks that wait for each other, each named once, from its first task on.
    pub fn cycles(&self, vm: &Vm) -> Vec<Vec<Native>> {
        let waits: FxHashMap<usize, Vec<Native>> = self
            .tasks
            .iter()
            .filter_map(|task| Some((task.address(), self.wait_of(vm, task).filter(|wait| wait.needs_all)?.tasks)))
            .collect();
        let (mut cycles, mut seen) = (Vec::new(), FxHashSet::default());
        for start in &self.tasks {
            if let Some(cycle) = cycle_from(start, &waits, &mut seen) {
                cycles.push(cycle);
            }
        }
        cycles
    }
}

/// A circle that is reached from a task through those not seen yet: depth first, on a stack of its own.
fn cycle_from(
    start: &Native,
    waits: &FxHashMap<usize, Vec<Native>>,
    seen: &mut FxHashSet<usize>,
) -> Option<Vec<Native>> {
    if !seen.insert(start.address()) {
        return None;
    }
    // The path, each with how many of its edges were followed.
    let mut path: Vec<(Native, usize)> = vec![(start.clone(), 0)];
    while let Some((task, at)) = path.last_mut() {
        let next = waits.get(&task.address()).and_then(|next| next.get(*at)).cloned();
        *at += 1;
        let Some(next) = next else {
            path.pop();
            continue;
        };
        if let Some(from) = path.iter().position(|(other, _)| Native::same(other, &next)) {
            seen.extend(path.iter().map(|(task, _)| task.address()));
            return Some(path[from..].iter().map(|(task, _)| task.clone()).collect());
        }
        if seen.insert(next.address()) {
            path.push((next, 0));
        }
    }
    None
}

fn has_hook(waiter: &Native, wanted: Hook) -> bool {
    let Some(future) = of_native(waiter) else { return false };
    let callbacks = future.take_callbacks();
    let found = callbacks.iter().any(|callback| matches!(callback, Callback::Hook(hook, _) if *hook == wanted));
    future.put_callbacks(callbacks);
    found
}

/// The machines from a task's coroutine to the innermost that it awaits.
fn chain_of(native: &Native) -> Vec<Ref<Machine>> {
    let mut chain = Vec::new();
    let Some(task) = native.get::<Task>() else { return chain };
    let mut next = task.coroutine.get();
    while let Value::Machine(machine) = next {
        next = machine.awaiting();
        chain.push(machine);
    }
    chain
}

/// The name of the coroutine of ours that a task is in: `sleep`, `Lock.acquire`.
fn innermost_of_ours(native: &Native) -> Option<std::rc::Rc<str>> {
    chain_of(native).last().filter(|machine| machine.body.code().is_none()).map(|machine| machine.qualname())
}

/// `task.get_name()`
pub fn name_of(vm: &Vm, native: &Native) -> String {
    let Some(task) = native.get::<Task>() else { return "a future".to_owned() };
    match vm.str(&task::name(task)) {
        Ok(name) => name.as_str().to_owned(),
        Err(raised) => {
            drop(vm.take_raised(raised));
            "a task".to_owned()
        }
    }
}

fn names(vm: &Vm, tasks: &[Native]) -> String {
    let mut names: Vec<String> = tasks.iter().take(MAX_NAMES).map(|task| name_of(vm, task)).collect();
    if tasks.len() > MAX_NAMES {
        names.push(format!("{} more", tasks.len() - MAX_NAMES));
    }
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => "no tasks".to_owned(),
    }
}

/// `file:line`
pub fn place(vm: &Vm, site: GlobalSite) -> Option<String> {
    let (code, site) = vm.sites.borrow().find(site)?;
    let line = code.source.line_of(code.span_of(site).start);
    Some(format!("{}:{line}", code.source.name))
}

/// `Task-1 (main()) in worker() at file:line waits for a Lock held by Task-2`
pub fn describe(vm: &Vm, graph: &Graph, native: &Native) -> String {
    let Some(task) = native.get::<Task>() else { return String::new() };
    let coroutine = task.coroutine.get();
    let mut line = format!("{} ({})", name_of(vm, native), repr::coroutine_name(vm, &coroutine));
    if let Value::Machine(machine) = &coroutine
        && let Some(position) = repr::position(vm, machine)
    {
        let _ = write!(line, " in {position}");
    }
    match graph.wait_of(vm, native) {
        Some(wait) => {
            let _ = write!(line, " waits {}", wait.text);
        }
        None if vm.current_task.get() == native.address() => line.push_str(" runs"),
        None => line.push_str(" is ready to run"),
    }
    let cancels = task.cancels.get();
    if cancels > 0 && !task.must_cancel() {
        line.push_str("; it was cancelled and goes on");
        if let Some(reason) = origin::outlived(vm, native) {
            let _ = write!(line, " ({reason})");
        }
    }
    line
}

/// The awaits of a task below its outermost coroutine: `        helper() at file:line`.
fn await_lines(vm: &Vm, native: &Native, margin: &str, out: &mut String) {
    let scripts = chain_of(native).into_iter().filter(|machine| machine.body.code().is_some());
    let lines: Vec<String> = scripts.filter_map(|machine| repr::place_of(vm, &machine)).collect();
    if lines.len() > 1 {
        for line in lines.iter().take(MAX_AWAITS) {
            let _ = write!(out, "\n{margin}{line}");
        }
    }
}

/// `left -> right -> left`
pub fn circle(vm: &Vm, cycle: &[Native]) -> String {
    let mut names: Vec<String> = cycle.iter().map(|task| name_of(vm, task)).collect();
    names.extend(names.first().cloned());
    names.join(" -> ")
}

/// The tree of tasks: below each its awaits and the tasks it waits for, with where each stands; then the circles. At most
/// `most` tasks are listed.
pub fn tree(vm: &Vm, graph: &Graph, most: usize) -> String {
    let mut text = String::new();
    let lines = outline::of_graph(vm, graph);
    for line in lines.iter().take(most) {
        let margin = "  ".repeat(line.depth + 1);
        let _ = write!(text, "\n{margin}{}", line.text);
        await_lines(vm, &line.task, &format!("{margin}  | "), &mut text);
    }
    if lines.len() > most {
        let _ = write!(text, "\n  and {} more", lines.len() - most);
    }
    for cycle in graph.cycles(vm) {
        let _ = write!(text, "\n  circle: {}", circle(vm, &cycle));
    }
    text
}

//! The tasks of a loop as a tree: each stands under the task that waits for it. Knows nothing of how the tree is drawn.

use std::collections::HashSet;

use super::event_loop::EventLoop;
use super::{repr, task};
use crate::object::future::{Gathering, Task, of_native};
use crate::object::{Machine, Native, Value, Vm};

/// One task.
pub struct Line {
    /// How many tasks wait for it, one for the other.
    pub depth: usize,
    /// `Task-2 (fetch()) at fetch() in file.aio:3`, and what it waits for.
    pub text: String,
}

/// The unfinished tasks of a loop. One that several wait for stands under the first.
pub fn outline(vm: &Vm, event_loop: &Native) -> Vec<Line> {
    let Some(data) = event_loop.get::<EventLoop>() else { return Vec::new() };
    let tasks = data.unfinished.borrow().all();
    let awaited: HashSet<usize> = tasks.iter().flat_map(waits_for).map(|native| native.address()).collect();
    let mut walk = Walk { vm, seen: HashSet::new(), lines: Vec::new() };
    for native in tasks.iter().filter(|native| !awaited.contains(&native.address())) {
        walk.task(native);
    }
    // A circle of tasks has no first one.
    for native in &tasks {
        walk.task(native);
    }
    walk.lines
}

struct Walk<'a> {
    vm: &'a Vm,
    seen: HashSet<usize>,
    lines: Vec<Line>,
}

impl Walk<'_> {
    fn task(&mut self, root: &Native) {
        let mut stack = vec![(root.clone(), 0)];
        while let Some((native, depth)) = stack.pop() {
            if !self.seen.insert(native.address()) {
                continue;
            }
            let below = waits_for(&native);
            self.lines.push(Line { depth, text: describe(self.vm, &native) });
            stack.extend(below.into_iter().rev().map(|native| (native, depth + 1)));
        }
    }
}

/// The unfinished tasks that a task waits for: directly, or as the children of a `gather`.
fn waits_for(native: &Native) -> Vec<Native> {
    let pending = |native: &Native| native.get::<Task>().is_some_and(|task| !task.future.is_done());
    let Some(waiter) = native.get::<Task>().and_then(|task| task.waiter.get()) else { return Vec::new() };
    if let Some(gathering) = waiter.get::<Gathering>() {
        let mut seen = HashSet::new();
        let children = gathering.children.borrow();
        return children.iter().filter(|one| pending(one) && seen.insert(one.address())).cloned().collect();
    }
    if pending(&waiter) { vec![waiter] } else { Vec::new() }
}

fn describe(vm: &Vm, native: &Native) -> String {
    let Some(data) = native.get::<Task>() else { return String::new() };
    let name = match task::name(data) {
        Value::Str(name) => name.as_str().to_owned(),
        _ => "?".to_owned(),
    };
    let coroutine = data.coroutine.get();
    let mut text = format!("{name}  {}", repr::coroutine_name(vm, &coroutine));
    if let Value::Machine(machine) = &coroutine
        && let Some(position) = repr::position(vm, machine)
    {
        text.push_str(&format!("  at {position}"));
    }
    match data.waiter.get() {
        _ if data.cancels.get() > 0 => text.push_str(", being cancelled"),
        Some(waiter) => text.push_str(&format!(", waits for {}", waited(&waiter, &coroutine))),
        None => text.push_str(", ready"),
    }
    text
}

/// What is waited for, in a few words: another task, or what of asyncio's own stands innermost (`sleep()`, `Queue.get()`).
pub fn waited(native: &Native, coroutine: &Value) -> String {
    if let Some(other) = native.get::<Task>() {
        return match task::name(other) {
            Value::Str(name) => name.as_str().to_owned(),
            _ => "a task".to_owned(),
        };
    }
    if let Some(gathering) = native.get::<Gathering>() {
        let left =
            gathering.children.borrow().iter().filter(|one| of_native(one).is_some_and(|f| !f.is_done())).count();
        return format!("a gather, {left} left");
    }
    if let Value::Machine(machine) = coroutine {
        let innermost = Machine::innermost(machine);
        if innermost.body.code().is_none() {
            return format!("{}()", innermost.body.qualname());
        }
    }
    "a future".to_owned()
}

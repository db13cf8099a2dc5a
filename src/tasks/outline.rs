//! The tasks of a loop as a tree: each stands under the task that waits for it. Knows nothing of how the tree is drawn.

use std::collections::HashSet;

use super::event_loop::EventLoop;
use super::task;
use super::wait_graph::{Graph, describe};
use crate::object::future::{Gathering, Task, of_native};
use crate::object::{Machine, Native, Value, Vm};

/// How deep the tree goes; what is further down stands there too.
const DEEPEST: usize = 20;

/// One task.
pub struct Line {
    pub task: Native,
    /// How many tasks wait for it, one for the other.
    pub depth: usize,
    /// `Task-2 (fetch()) in fetch() at file.aio:3 waits for Task-3`
    pub text: String,
}

/// The unfinished tasks of a loop. One that several wait for stands under the first.
pub fn outline(vm: &Vm, event_loop: &Native) -> Vec<Line> {
    event_loop.get::<EventLoop>().map_or(Vec::new(), |data| of_graph(vm, &Graph::of(vm, data)))
}

/// [`outline`] of a graph.
pub fn of_graph(vm: &Vm, graph: &Graph) -> Vec<Line> {
    let below = |native: &Native| graph.wait_of(vm, native).map_or(Vec::new(), |wait| wait.tasks);
    let awaited: HashSet<usize> = graph.tasks.iter().flat_map(&below).map(|native| native.address()).collect();
    let (mut seen, mut lines) = (HashSet::new(), Vec::new());
    let roots = graph.tasks.iter().filter(|native| !awaited.contains(&native.address()));
    // A circle of tasks has no first one.
    for root in roots.chain(&graph.tasks) {
        let mut stack = vec![(root.clone(), 0)];
        while let Some((task, depth)) = stack.pop() {
            if seen.insert(task.address()) {
                stack.extend(below(&task).into_iter().rev().map(|native| (native, (depth + 1).min(DEEPEST))));
                let text = describe(vm, graph, &task);
                lines.push(Line { task, depth, text });
            }
        }
    }
    lines
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
            return format!("{}()", innermost.qualname());
        }
    }
    "a future".to_owned()
}

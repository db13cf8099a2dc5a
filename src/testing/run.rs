//! Runs tests side by side, each on an interpreter of its own, on threads with stacks as large as the command's.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Instant;

use super::Manner;
use super::console::Console;
use super::discover::{Kind, Test};
use super::outcome::Outcome;
use super::watchdog::Watchdog;
use crate::engine;
use crate::text::order;

/// All outcomes, in the order of the tests.
pub fn all<'t>(tests: &'t [Test], manner: Manner, jobs: usize, console: &Console) -> Vec<(&'t Test, Outcome)> {
    let queue: Mutex<VecDeque<usize>> = Mutex::new((0..tests.len()).collect());
    let done: Mutex<Vec<(usize, Outcome)>> = Mutex::new(Vec::with_capacity(tests.len()));
    let watchdog = Watchdog::default();
    let work = || {
        loop {
            let Some(at) = queue.lock().ok().and_then(|mut queue| queue.pop_front()) else { return };
            let outcome = one(&tests[at], manner, &watchdog);
            console.finished(&tests[at], &outcome);
            if let Ok(mut done) = done.lock() {
                done.push((at, outcome));
            }
        }
    };
    std::thread::scope(|scope| {
        let dog = scope.spawn(|| watchdog.guard());
        let workers: Vec<_> =
            (0..jobs.clamp(1, tests.len())).filter_map(|_| engine::spawn_with_large_stack(scope, &work).ok()).collect();
        if workers.is_empty() {
            // No thread can be had: this one does it all.
            work();
        }
        for worker in workers {
            let _ = worker.join();
        }
        watchdog.end();
        dog.thread().unpark();
    });
    let mut done = done.into_inner().unwrap_or_default();
    order::sort_by_key(&mut done, |(at, _)| *at);
    done.into_iter().map(|(at, outcome)| (&tests[at], outcome)).collect()
}

fn one(test: &Test, manner: Manner, watchdog: &Watchdog) -> Outcome {
    let start = Instant::now();
    let mut outcome = match &test.kind {
        Kind::Golden(golden) => golden.run(manner, watchdog),
        Kind::Function(function) => function.run(manner, watchdog),
        Kind::Block(block) => block.run(manner, watchdog),
        Kind::Transcript(block) => super::transcript::run(block, manner, watchdog),
        Kind::Broken(message) => {
            let mut outcome = Outcome::default();
            outcome.says(message.clone());
            outcome
        }
    };
    outcome.took = start.elapsed();
    outcome
}

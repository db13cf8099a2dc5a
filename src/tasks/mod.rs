//! asyncio: futures, tasks, the loop's turn, and everything that tasks wait for. One noun a file; the tables that
//! show it to scripts are in `modules/asyncio/`. Knows nothing of syntax and of how a report looks.
//!
//! The rule of the whole folder is CPython's order: a fast path may skip an allocation, never a hop through the ready queue.

pub mod alike;
pub mod as_completed;
pub mod barrier;
pub mod clock;
pub mod condition;
pub mod context;
pub mod coroutine;
pub mod debug;
pub mod dispatch;
pub mod ensure;
pub mod event;
pub mod event_loop;
pub mod executor;
pub mod foreign;
pub mod future;
pub mod gather;
pub mod generators;
pub mod handle;
mod holders;
pub mod lock;
pub mod observer;
pub mod origin;
pub mod outline;
pub mod overridden;
pub mod queue;
pub mod report;
pub mod repr;
pub mod runner;
pub mod seconds;
pub mod semaphore;
pub mod shield;
pub mod sleep;
pub mod state;
pub mod task;
pub mod task_group;
pub mod timeout;
pub mod wait;
pub mod wait_graph;
pub mod waiters;

pub use clock::set_virtual;
pub use event_loop::EventLoop;

use crate::object::{R, Value, Vm};

/// Runs a script whose body awaits: the body is the main coroutine of `asyncio.run`.
///
/// # Errors
/// Those of the coroutine.
pub fn run_main(vm: &Vm, main: &Value) -> R {
    runner::run(vm, main, Value::None, Value::None)
}

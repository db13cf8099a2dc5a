//! What a program let go of although something was left to do: coroutines that nobody awaited, tasks that were pending at
//! the end, exceptions that nobody looked at. Kept for a test runner that asked for it; otherwise nothing is recorded.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::object::Vm;

/// What was let go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leak {
    /// A coroutine that nobody awaited.
    NeverAwaited,
    /// An exception that nobody looked at.
    Unretrieved,
    /// A task that was pending when it went.
    Destroyed,
    /// A task that was pending when its loop ended, which cancelled it. In a script that may be meant.
    LeftPending,
}

/// The record of one `Vm`.
#[derive(Default)]
pub struct Leaks {
    watched: Cell<bool>,
    list: RefCell<Vec<(Leak, String)>>,
}

impl Vm {
    /// From now on leaks are recorded.
    pub fn watch_leaks(&self) -> Rc<Leaks> {
        let leaks = self.extension(Leaks::default);
        leaks.watched.set(true);
        leaks
    }

    /// Records a leak, if anybody asked.
    #[cold]
    pub fn note_leak(&self, leak: Leak, text: impl FnOnce() -> String) {
        let leaks = self.extension(Leaks::default);
        if leaks.watched.get() {
            let text = text();
            leaks.list.borrow_mut().push((leak, text));
        }
    }
}

impl Leaks {
    /// What was recorded, each with its place.
    pub fn take(&self) -> Vec<(Leak, String)> {
        self.list.take()
    }
}

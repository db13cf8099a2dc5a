//! Which tasks took something that can be given back, a semaphore's permits, and still have it: for reports alone. Holds
//! no task: a task is known by its address.

use std::cell::{Cell, RefCell};

use crate::object::Vm;

/// How many are known by name; of those beyond only the number is.
const MAX_KNOWN: usize = 6;

#[derive(Default)]
pub struct Holders {
    tasks: RefCell<Vec<usize>>,
    beyond: Cell<usize>,
}

impl Holders {
    /// The running task takes one.
    pub fn took(&self, vm: &Vm) {
        let mut tasks = self.tasks.borrow_mut();
        match tasks.len() < MAX_KNOWN {
            true => tasks.push(vm.current_task.get()),
            false => self.beyond.set(self.beyond.get() + 1),
        }
    }

    /// The running task gives one back: its own, or that of one not known, or the oldest.
    pub fn gave(&self, vm: &Vm) {
        let mut tasks = self.tasks.borrow_mut();
        match tasks.iter().rposition(|&task| task == vm.current_task.get()) {
            Some(at) => drop(tasks.remove(at)),
            None if self.beyond.get() > 0 => self.beyond.set(self.beyond.get() - 1),
            None if !tasks.is_empty() => drop(tasks.remove(0)),
            None => {}
        }
    }

    /// The addresses of the tasks, the first to have taken one first.
    pub fn known(&self) -> Vec<usize> {
        self.tasks.borrow().clone()
    }

    /// How many were taken and not given back.
    pub fn count(&self) -> usize {
        self.tasks.borrow().len() + self.beyond.get()
    }
}

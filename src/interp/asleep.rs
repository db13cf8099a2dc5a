//! Machines that sleep without a future, as only a task's own loop lets them: for anybody else the future appears. When and how is
//! `tasks/sleep.rs`'s.

use super::drive::Outcome;
use crate::object::{Machine, R, Ref, Vm};

impl Vm {
    /// Outside of a loop's own steps, a sleep is a future like any other.
    #[inline]
    pub(super) fn with_future(&self, root: &Ref<Machine>, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Asleep(until) => self.sleep_with_future(root, until),
            other => other,
        }
    }

    #[cold]
    fn sleep_with_future(&self, root: &Ref<Machine>, until: i64) -> Outcome {
        let innermost = Machine::chain_end(root);
        match self.awaken(&innermost, Some(until)) {
            Ok(()) => Outcome::Yielded(Machine::innermost(&innermost).awaiting()),
            Err(raised) => Outcome::Raised(raised),
        }
    }

    /// See [`crate::object::vm::Awaken`].
    ///
    /// # Errors
    /// RuntimeError without a loop.
    pub fn awaken(&self, machine: &Ref<Machine>, until: Option<i64>) -> R<()> {
        match self.awaken.get() {
            Some(awaken) => awaken(self, machine, until),
            None => Err(self.runtime_error("no running event loop")),
        }
    }

    /// What the machine waits for, for scripts to see.
    ///
    /// # Errors
    /// As for [`Vm::awaken`].
    pub fn awaited_by(&self, machine: &Ref<Machine>) -> R {
        if machine.sleep_key().is_some() {
            self.awaken(machine, None)?;
        }
        Ok(machine.awaiting())
    }

    /// Somebody else than its loop resumes a chain: if it sleeps, then like any other from now on.
    pub(super) fn awaken_innermost(&self, root: &Ref<Machine>) -> R<()> {
        let innermost = Machine::chain_end(root);
        if innermost.sleep_key().is_some() { self.awaken(&innermost, None) } else { Ok(()) }
    }
}

//! `asyncio.Barrier`: tasks that wait for one another, so many at a time.

use std::cell::Cell;

use super::condition::{self, Condition};
use super::coroutine::{Routine, coroutine};
use super::lock::Lock;
use crate::object::cycles::Tracer;
use crate::object::{Machine, Native, NativeData, R, Raised, Ref, Sent, Step, T, Value, Vm};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BarrierState {
    Filling,
    Draining,
    Resetting,
    Broken,
}

impl BarrierState {
    /// As `repr` says it.
    pub fn word(self) -> &'static str {
        match self {
            BarrierState::Filling => "filling",
            BarrierState::Draining => "draining",
            BarrierState::Resetting => "resetting",
            BarrierState::Broken => "broken",
        }
    }
}

/// The data of a `Barrier`.
pub struct Barrier {
    /// A `Condition` with a lock of its own.
    condition: Native,
    pub parties: Cell<i64>,
    pub state: Cell<BarrierState>,
    /// How many are inside.
    count: Cell<i64>,
}

impl NativeData for Barrier {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.native(&self.condition);
    }
}

impl Barrier {
    pub fn new(vm: &Vm, parties: i64) -> Barrier {
        let lock = Native::new(vm.class(T::Lock), Lock::default());
        let condition = Native::new(vm.class(T::Condition), Condition::new(Value::Native(lock)));
        Barrier { condition, parties: Cell::new(parties), state: Cell::new(BarrierState::Filling), count: Cell::new(0) }
    }

    /// `barrier.n_waiting`
    pub fn waiting(&self) -> i64 {
        if self.state.get() == BarrierState::Filling { self.count.get() } else { 0 }
    }

    fn condition(&self, vm: &Vm) -> R<&Condition> {
        self.condition.get::<Condition>().ok_or_else(|| vm.runtime_error("the barrier has no condition"))
    }

    /// One leaves: the last one opens the barrier for the next round.
    fn leave(&self, vm: &Vm) -> R<()> {
        self.count.set(self.count.get() - 1);
        if self.count.get() > 0 {
            return Ok(());
        }
        if matches!(self.state.get(), BarrierState::Resetting | BarrierState::Draining) {
            self.state.set(BarrierState::Filling);
        }
        self.condition(vm)?.notify_all(vm)
    }

    fn broken(&self, vm: &Vm, text: &str) -> Raised {
        vm.error(T::BrokenBarrierError, text)
    }
}

/// `barrier.wait()`
pub fn wait(barrier: &Native) -> Value {
    coroutine(Wait { barrier: barrier.clone(), index: Cell::new(0) })
}

struct Wait {
    barrier: Native,
    /// The place among those that are inside.
    index: Cell<i64>,
}

/// Acquiring the lock.
const ACQUIRING: u32 = 1;
/// Inside the lock, until the round before has drained.
const BLOCKED: u32 = 2;
/// Counted in, until the barrier is full.
const FILLING: u32 = 3;

impl Routine for Wait {
    const QUALNAME: &'static str = "Barrier.wait";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        let Some(barrier) = self.barrier.get::<Barrier>() else { return Ok(Step::Return(Value::None)) };
        let condition = barrier.condition(vm)?;
        match (machine.pc.get(), sent) {
            (0, _) => {
                machine.pc.set(ACQUIRING);
                Ok(Step::Await(condition.acquire(vm, Value::None)?))
            }
            (ACQUIRING, Sent::Throw(exception)) => Err(vm.raise(exception)),
            (FILLING, Sent::Throw(exception)) => {
                let left = barrier.leave(vm);
                condition.release(vm)?;
                left?;
                Err(vm.raise(exception))
            }
            (_, Sent::Throw(exception)) => {
                condition.release(vm)?;
                Err(vm.raise(exception))
            }
            (FILLING, Sent::Value(_)) => self.filling(vm, barrier, condition),
            (_, Sent::Value(_)) => self.blocked(machine, vm, barrier, condition),
        }
    }
}

impl Wait {
    /// The lock is held: goes in as soon as the round before has left.
    fn blocked(&self, machine: &Ref<Machine>, vm: &Vm, barrier: &Barrier, condition: &Condition) -> R<Step> {
        machine.pc.set(BLOCKED);
        match barrier.state.get() {
            BarrierState::Draining | BarrierState::Resetting => {
                return Ok(Step::Await(condition::wait(&barrier.condition)));
            }
            BarrierState::Broken => {
                condition.release(vm)?;
                return Err(barrier.broken(vm, "Barrier aborted"));
            }
            BarrierState::Filling => {}
        }
        self.index.set(barrier.count.get());
        barrier.count.set(self.index.get() + 1);
        machine.pc.set(FILLING);
        if self.index.get() + 1 == barrier.parties.get() {
            barrier.state.set(BarrierState::Draining);
            condition.notify_all(vm)?;
            return self.leave(vm, barrier, condition);
        }
        self.filling(vm, barrier, condition)
    }

    /// Counted in: waits until the barrier is full, broken or reset.
    fn filling(&self, vm: &Vm, barrier: &Barrier, condition: &Condition) -> R<Step> {
        match barrier.state.get() {
            BarrierState::Filling => Ok(Step::Await(condition::wait(&barrier.condition))),
            BarrierState::Broken | BarrierState::Resetting => {
                let left = barrier.leave(vm);
                condition.release(vm)?;
                left?;
                Err(barrier.broken(vm, "Abort or reset of barrier"))
            }
            BarrierState::Draining => self.leave(vm, barrier, condition),
        }
    }

    fn leave(&self, vm: &Vm, barrier: &Barrier, condition: &Condition) -> R<Step> {
        barrier.leave(vm)?;
        condition.release(vm)?;
        Ok(Step::Return(Value::Int(self.index.get())))
    }
}

/// `barrier.reset()`
pub fn reset(barrier: &Native) -> Value {
    coroutine(Change { barrier: barrier.clone(), to: BarrierState::Resetting })
}

/// `barrier.abort()`
pub fn abort(barrier: &Native) -> Value {
    coroutine(Change { barrier: barrier.clone(), to: BarrierState::Broken })
}

struct Change {
    barrier: Native,
    to: BarrierState,
}

impl Routine for Change {
    const QUALNAME: &'static str = "Barrier.reset";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        let Some(barrier) = self.barrier.get::<Barrier>() else { return Ok(Step::Return(Value::None)) };
        let condition = barrier.condition(vm)?;
        match (machine.pc.replace(1), sent) {
            (0, _) => return Ok(Step::Await(condition.acquire(vm, Value::None)?)),
            (_, Sent::Throw(exception)) => return Err(vm.raise(exception)),
            _ => {}
        }
        let to = self.to;
        let empty = to == BarrierState::Resetting && barrier.count.get() == 0;
        barrier.state.set(if empty { BarrierState::Filling } else { to });
        condition.notify_all(vm)?;
        condition.release(vm)?;
        Ok(Step::Return(Value::None))
    }
}

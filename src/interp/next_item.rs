//! The next item of a generator, by far the commonest resumption: where nothing but the generator itself is concerned, no chain is
//! looked for. What else may happen is `drive`'s.

use super::drive::{Outcome, Walk};
use crate::object::vm::NO_SITE;
use crate::object::{Machine, R, Ref, Sent, State, Step, Value, Vm};

/// What a generator's outcome means to a loop over it.
fn item_of(outcome: Outcome) -> R<Option<Value>> {
    match outcome {
        Outcome::Yielded(value) => Ok(Some(value)),
        Outcome::Returned(_) => Ok(None),
        Outcome::Raised(raised) => Err(raised),
        // `with_future` makes a future of it.
        Outcome::Asleep(_) => Ok(Some(Value::None)),
    }
}

impl Vm {
    /// `next()` of a generator. Where nothing but the generator itself is concerned, by far the commonest, no chain is looked for.
    pub(super) fn next_of_generator(&self, machine: &Ref<Machine>) -> R<Option<Value>> {
        let depth = self.depth.get() + 1;
        let alone = matches!(machine.state.get(), State::Suspended | State::Created)
            && machine.stands_alone()
            && !self.handling.is_some()
            && depth <= self.recursion_limit.get();
        if !alone {
            return item_of(self.resume(machine, Sent::Value(Value::None)));
        }
        self.check_native_stack()?;
        self.depth.set(depth);
        self.note_call(depth, NO_SITE);
        machine.state.set(State::Running);
        let mut stop = None;
        let item = machine.body.next(machine, self, &mut stop);
        if !self.handling.is_some() && stop.is_none() {
            machine.state.set(State::Suspended);
            self.depth.set(depth - 1);
            return Ok(Some(item));
        }
        self.end_of_next(machine, depth, stop.unwrap_or(Step::Yield(item)))
    }

    /// The generator did something else than yield an item.
    #[inline(never)]
    fn end_of_next(&self, machine: &Ref<Machine>, depth: u32, step: Step) -> R<Option<Value>> {
        if self.handling.is_some() {
            self.keep_handling(machine, &step, None);
        }
        let walk = Walk { depth, thrown: false, lowest: depth };
        let outcome = self.follow(machine, depth - 1, machine.clone(), step, walk);
        self.depth.set(depth - 1);
        self.handling.set(None);
        item_of(self.with_future(machine, outcome))
    }
}

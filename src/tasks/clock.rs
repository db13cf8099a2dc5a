//! The clock that a program runs by, and the interrupt that Ctrl-C raises: one each for all loops of a `Vm` and for
//! the `time` module. Knows nothing of loops.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::event::{Clock, Interrupt, VIRTUAL_EPOCH};
use crate::object::Vm;

/// The clock, decided on first use, and the interrupt.
#[derive(Default)]
pub struct ClockState {
    clock: OnceCell<Clock>,
    interrupt: Interrupt,
}

fn state(vm: &Vm) -> Rc<ClockState> {
    vm.extension(ClockState::default)
}

/// Makes the clock of this `Vm` a virtual one, that jumps from deadline to deadline. Has no effect once the clock is
/// in use.
pub fn set_virtual(vm: &Vm) {
    let _ = state(vm).clock.set(Clock::starting_at(VIRTUAL_EPOCH));
}

/// The clock: the machine's, unless [`set_virtual`] came first.
pub fn clock(vm: &Vm) -> Clock {
    state(vm).clock.get_or_init(Clock::real).clone()
}

/// What Ctrl-C raises, and every wait of every loop looks at.
pub fn interrupt(vm: &Vm) -> Interrupt {
    state(vm).interrupt.clone()
}

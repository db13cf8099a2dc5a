//! The event loop without its tasks: what is ready, what is due when, and how to wait for it. Generic over
//! the handle it schedules; knows nothing of Python.
//!
//! One turn is CPython's `BaseEventLoop._run_once`: wait if nothing is ready, move the timers that are due to
//! the ready queue in order of deadline, run exactly the handles present by then.

pub mod clock;
pub mod poller;
pub mod ready;
pub mod timers;

use std::io;
use std::os::fd::RawFd;

pub use clock::{Clock, Nanos, VIRTUAL_EPOCH};
pub use poller::{Interest, Interrupt, WatchKey, pause};
pub use timers::TimerKey;

use poller::{LONGEST_WAIT, Poller};
use ready::Ready;
use timers::Timers;

/// What the beginning of a turn found.
#[derive(Debug)]
pub enum Turn {
    /// So many handles are there for `pop`; none when the wait ended early or was not allowed.
    Run(usize),
    /// Nothing is ready and nothing ever will be: whoever still waits, waits for ever.
    Idle,
    /// The interrupt is raised; `Interrupt::take` it before the next turn.
    Interrupted,
    /// The system refused to wait.
    Failed(io::Error),
}

/// The schedule of one event loop.
pub struct Loop<H> {
    clock: Clock,
    interrupt: Interrupt,
    ready: Ready<H>,
    timers: Timers<H>,
    /// Opened by the first wait for real time or a descriptor.
    poller: Option<Poller<H>>,
}

impl<H> Loop<H> {
    /// A loop with nothing to do, that runs by `clock` and whose waits end when `interrupt` is raised.
    pub fn new(clock: Clock, interrupt: Interrupt) -> Loop<H> {
        Loop { clock, interrupt, ready: Ready::new(), timers: Timers::new(), poller: None }
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    #[inline]
    pub fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// Schedules `handle` for the next turn.
    #[inline]
    pub fn push_ready(&mut self, handle: H) {
        self.ready.push(handle);
    }

    /// Schedules `handle` for the first turn at or after `when`.
    pub fn call_at(&mut self, when: Nanos, handle: H) -> TimerKey {
        self.timers.push(when, handle)
    }

    /// Takes a timer back; `None` when its handle has been moved to the ready queue, or was cancelled before.
    pub fn cancel(&mut self, key: TimerKey) -> Option<H> {
        self.timers.cancel(key)
    }

    /// Gives a timer another handle; see [`Timers::replace`].
    ///
    /// # Errors
    /// The new handle, when the timer has fired or was cancelled.
    pub fn replace(&mut self, key: TimerKey, handle: H) -> Result<H, H> {
        self.timers.replace(key, handle)
    }

    /// Makes `handle` ready once, when `descriptor` is; see [`Poller::watch`].
    pub fn watch(&mut self, descriptor: RawFd, interest: Interest, handle: H) -> io::Result<WatchKey> {
        self.opened()?.watch(descriptor, interest, handle)
    }

    /// Ends a watch and gives its handle back; `None` when it is over already.
    pub fn unwatch(&mut self, key: WatchKey) -> Option<H> {
        self.poller.as_mut()?.unwatch(key)
    }

    /// Begins a turn. With `may_wait` it waits until something is ready: a virtual clock with no descriptor
    /// watched jumps to the next deadline instead. Without it (a loop that was told to stop) it takes what
    /// there is.
    #[inline]
    pub fn begin_turn(&mut self, may_wait: bool) -> Turn {
        if self.interrupt.is_raised() {
            return Turn::Interrupted;
        }
        let waits = may_wait && self.ready.is_empty();
        if (waits || self.is_watching())
            && let Some(outcome) = self.wait(waits)
        {
            return outcome;
        }
        if !self.timers.is_empty() {
            // Due is `when < now + resolution`; the resolution is one nanosecond.
            let now = self.clock.now();
            while let Some(handle) = self.timers.pop_due(now) {
                self.ready.push(handle);
            }
        }
        Turn::Run(self.ready.begin())
    }

    /// The next handle of this turn, `None` when the turn is over.
    #[inline]
    pub fn pop(&mut self) -> Option<H> {
        self.ready.pop()
    }

    /// Nothing is ready, no timer is pending and no descriptor is watched.
    pub fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.timers.is_empty() && !self.is_watching()
    }

    /// How many handles are ready, and how many timers pending.
    pub fn pending(&self) -> (usize, usize) {
        (self.ready.len(), self.timers.len())
    }

    /// Empties the schedule: the ready handles, then the pending ones in order of deadline. They are handed
    /// out, not dropped, as dropping one may run code that schedules more.
    pub fn take_all(&mut self) -> Vec<H> {
        let mut handles: Vec<H> = self.ready.take().into();
        handles.extend(self.timers.take());
        handles
    }

    fn is_watching(&self) -> bool {
        self.poller.as_ref().is_some_and(Poller::is_watching)
    }

    fn opened(&mut self) -> io::Result<&mut Poller<H>> {
        match &mut self.poller {
            Some(poller) => Ok(poller),
            closed => Ok(closed.insert(Poller::open(&self.interrupt)?)),
        }
    }

    /// Looks at the descriptors, and waits when `waits`. `Some` ends the turn before it began.
    #[cold]
    fn wait(&mut self, waits: bool) -> Option<Turn> {
        let watching = self.is_watching();
        let timeout = if waits {
            let next = self.timers.next_deadline();
            match next {
                None if !watching => return Some(Turn::Idle),
                Some(when) if self.clock.is_virtual() && !watching => {
                    self.clock.advance_to(when);
                    return None;
                }
                _ => next.map(|when| when.since(self.clock.now()).to_duration().min(LONGEST_WAIT)),
            }
        } else {
            Some(std::time::Duration::ZERO)
        };
        if !watching && timeout.is_some_and(|timeout| timeout.is_zero()) {
            return None;
        }
        let before = self.clock.now();
        let result = match self.opened() {
            // Split borrow: the poller moves its handles into the ready queue.
            Ok(_) => match &mut self.poller {
                Some(poller) => poller.wait(timeout, &mut self.ready),
                None => Ok(()),
            },
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            return Some(Turn::Failed(error));
        }
        if self.interrupt.is_raised() {
            return Some(Turn::Interrupted);
        }
        if self.ready.is_empty()
            && let Some(timeout) = timeout
        {
            // A virtual clock that had to wait for a descriptor in vain: the time has now passed.
            self.clock.advance_to(before.plus(Nanos::from_duration(timeout)));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;
    use std::time::{Duration, Instant};

    fn virtual_loop() -> Loop<&'static str> {
        Loop::new(Clock::starting_at(VIRTUAL_EPOCH), Interrupt::new())
    }

    fn turn(events: &mut Loop<&'static str>) -> Vec<&'static str> {
        match events.begin_turn(true) {
            Turn::Run(n) => {
                let ran: Vec<_> = std::iter::from_fn(|| events.pop()).collect();
                assert_eq!(ran.len(), n);
                ran
            }
            other => panic!("expected a turn, got {other:?}"),
        }
    }

    #[test]
    fn a_virtual_clock_jumps_only_when_nothing_is_ready() {
        let mut events = virtual_loop();
        events.call_at(Nanos::secs(3600), "late");
        events.call_at(Nanos::secs(60), "early");
        events.call_at(Nanos::secs(3600), "late too");
        events.push_ready("now");
        assert_eq!(turn(&mut events), ["now"]);
        assert_eq!(events.now(), Nanos::ZERO);
        assert_eq!(turn(&mut events), ["early"]);
        assert_eq!(events.now(), Nanos::secs(60));
        assert_eq!(turn(&mut events), ["late", "late too"]);
        assert!(events.poller.is_none());
        assert!(events.is_idle());
        assert!(matches!(events.begin_turn(true), Turn::Idle));
    }

    #[test]
    fn due_timers_run_after_what_was_ready_in_the_same_turn() {
        let mut events = virtual_loop();
        events.call_at(Nanos::ZERO, "timer");
        events.push_ready("ready");
        assert_eq!(turn(&mut events), ["ready", "timer"]);
    }

    #[test]
    fn a_cancelled_timer_neither_fires_nor_moves_the_clock() {
        let mut events = virtual_loop();
        let key = events.call_at(Nanos::secs(5), "cancelled");
        events.call_at(Nanos::secs(9), "kept");
        assert_eq!(events.cancel(key), Some("cancelled"));
        assert_eq!(turn(&mut events), ["kept"]);
        let key = events.call_at(Nanos::secs(10), "the last");
        events.cancel(key);
        assert!(events.is_idle());
        assert!(matches!(events.begin_turn(true), Turn::Idle));
    }

    #[test]
    fn a_loop_told_to_stop_does_not_wait() {
        let mut events = virtual_loop();
        events.call_at(Nanos::secs(1), "later");
        assert!(matches!(events.begin_turn(false), Turn::Run(0)));
        assert_eq!(events.now(), Nanos::ZERO);
        events.push_ready("ready");
        assert_eq!(events.take_all(), ["ready", "later"]);
        assert!(events.is_idle());
    }

    #[test]
    fn an_interrupt_comes_before_the_turn() {
        let mut events = virtual_loop();
        events.push_ready("ready");
        events.interrupt().raise();
        assert!(matches!(events.begin_turn(true), Turn::Interrupted));
        assert!(events.interrupt().take());
        assert_eq!(turn(&mut events), ["ready"]);
    }

    #[test]
    fn a_real_loop_sleeps_until_the_deadline() {
        let mut events = Loop::new(Clock::real(), Interrupt::new());
        let start = Instant::now();
        events.call_at(events.now().plus(Nanos(3_000_000)), "timer");
        while turn(&mut events).is_empty() {}
        assert!(start.elapsed() >= Duration::from_millis(3));
    }

    #[test]
    fn an_interrupt_ends_a_real_wait() {
        let mut events = Loop::new(Clock::real(), Interrupt::new());
        events.call_at(Nanos::secs(60), "never");
        let interrupt = events.interrupt().clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(10));
            interrupt.raise();
        });
        assert!(matches!(events.begin_turn(true), Turn::Interrupted));
        thread.join().unwrap();
    }

    #[test]
    fn a_watched_descriptor_keeps_the_loop_from_idling() {
        let mut events = virtual_loop();
        let (left, mut right) = UnixStream::pair().unwrap();
        let key = events.watch(left.as_raw_fd(), Interest::READABLE, "readable").unwrap();
        assert!(!events.is_idle());
        events.call_at(Nanos(2_000_000), "timer");
        assert_eq!(turn(&mut events), ["timer"]);
        assert_eq!(events.now(), Nanos(2_000_000));
        right.write_all(b"x").unwrap();
        events.push_ready("ready");
        assert_eq!(turn(&mut events), ["ready", "readable"]);
        assert_eq!(events.unwatch(key), None);
        assert!(matches!(events.begin_turn(true), Turn::Idle));
    }
}

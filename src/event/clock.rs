//! Time: integer nanoseconds, and one clock that is either real or virtual. Knows nothing of timers.
//!
//! Floats stop at this door. Deadlines are integers because under a virtual clock equal deadlines are the
//! rule, and `0.1 + 0.2` must fall on the same nanosecond as `0.3`.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A point in time or a span of it, in nanoseconds: about 292 years either way, where arithmetic stops
/// (it saturates, never wraps).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Nanos(pub i64);

const PER_SECOND: i64 = 1_000_000_000;

impl Nanos {
    pub const ZERO: Nanos = Nanos(0);
    pub const MAX: Nanos = Nanos(i64::MAX);

    /// The nanosecond nearest to `seconds` (ties to even), saturating at both ends; `None` for NaN.
    pub fn from_secs(seconds: f64) -> Option<Nanos> {
        if seconds.is_nan() {
            return None;
        }
        // Whole and fractional seconds apart: `seconds * 1e9` would lose the last digits of an epoch time.
        let whole = seconds.trunc();
        let fraction = ((seconds - whole) * PER_SECOND as f64).round_ties_even() as i64;
        // A float-to-int cast saturates, so an infinity ends at a limit of i64.
        Some(Nanos((whole as i64).saturating_mul(PER_SECOND).saturating_add(fraction)))
    }

    /// Whole seconds.
    pub const fn secs(seconds: i64) -> Nanos {
        Nanos(seconds.saturating_mul(PER_SECOND))
    }

    /// In seconds, correctly rounded below 2**53 ns (104 days) and within one ulp above.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / PER_SECOND as f64
    }

    pub fn plus(self, span: Nanos) -> Nanos {
        Nanos(self.0.saturating_add(span.0))
    }

    /// `self - earlier`; negative when `earlier` is in fact later.
    pub fn since(self, earlier: Nanos) -> Nanos {
        Nanos(self.0.saturating_sub(earlier.0))
    }

    /// As a `Duration`; a negative span is none at all.
    pub fn to_duration(self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }

    /// A duration as nanoseconds, saturating.
    pub fn from_duration(span: Duration) -> Nanos {
        Nanos(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX))
    }
}

/// The wall time at which a virtual clock starts unless told otherwise: 2024-01-01 00:00:00 UTC. Fixed, so
/// that a script that prints the date prints the same date in every run.
pub const VIRTUAL_EPOCH: Nanos = Nanos::secs(1_704_067_200);

/// The clock that a program runs by. Cheap to clone; all clones are the same clock, so that several loops
/// and the `time` module agree.
#[derive(Clone)]
pub struct Clock(Rc<Hands>);

struct Hands {
    /// Time stands still until somebody moves it; otherwise it passes by itself.
    is_virtual: Cell<bool>,
    /// Zero of a real clock.
    origin: Cell<Instant>,
    /// Where a virtual clock stands. Never decreases.
    now: Cell<Nanos>,
    /// The wall time at zero of a virtual clock.
    wall_start: Cell<Nanos>,
}

impl Clock {
    /// A clock that follows the machine's monotonic one, zero now.
    pub fn real() -> Clock {
        Clock::new(false, Nanos::ZERO)
    }

    /// A clock that stands at zero, and `wall_start` (since the Unix epoch) on the wall.
    pub fn starting_at(wall_start: Nanos) -> Clock {
        Clock::new(true, wall_start)
    }

    fn new(is_virtual: bool, wall_start: Nanos) -> Clock {
        Clock(Rc::new(Hands {
            is_virtual: Cell::new(is_virtual),
            origin: Cell::new(Instant::now()),
            now: Cell::new(Nanos::ZERO),
            wall_start: Cell::new(wall_start),
        }))
    }

    pub fn is_virtual(&self) -> bool {
        self.0.is_virtual.get()
    }

    /// Lets the clock stand still, or pass by itself, from where it is: `now` goes on without a jump.
    pub fn set_virtual(&self, is_virtual: bool) {
        if is_virtual == self.is_virtual() {
            return;
        }
        let (now, wall) = (self.now(), self.wall());
        self.0.now.set(now);
        self.0.wall_start.set(wall.since(now));
        // A clock further ahead than the machine can count back starts at zero; no session gets there.
        let origin = Instant::now().checked_sub(now.to_duration()).unwrap_or_else(Instant::now);
        self.0.origin.set(origin);
        self.0.is_virtual.set(is_virtual);
    }

    /// Monotonic time since the clock was made.
    #[inline]
    pub fn now(&self) -> Nanos {
        if self.0.is_virtual.get() { self.0.now.get() } else { Nanos::from_duration(self.0.origin.get().elapsed()) }
    }

    /// Time since the Unix epoch: the machine's, or where the virtual clock stands.
    pub fn wall(&self) -> Nanos {
        if self.is_virtual() {
            return self.0.wall_start.get().plus(self.0.now.get());
        }
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => Nanos::from_duration(since),
            Err(before) => Nanos(-Nanos::from_duration(before.duration()).0),
        }
    }

    /// Moves a virtual clock forward to `when`; does nothing to a real clock, nor for a `when` that has passed.
    pub fn advance_to(&self, when: Nanos) {
        if self.is_virtual() {
            self.0.now.set(self.0.now.get().max(when));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_fractions_fall_on_their_nanosecond() {
        let ns = |s: f64| Nanos::from_secs(s).unwrap().0;
        assert_eq!(ns(0.1), 100_000_000);
        assert_eq!(ns(0.1) + ns(0.2), ns(0.3));
        assert_eq!(ns(0.1 + 0.2), ns(0.3));
        assert_eq!(ns(-1.5), -1_500_000_000);
        assert_eq!(ns(1e-9), 1);
        assert_eq!(ns(2.5e-9), 2);
        assert_eq!(ns(1_700_000_000.25), 1_700_000_000_250_000_000);
        for milli in 0..100_000 {
            assert_eq!(ns(milli as f64 / 1000.0), milli * 1_000_000);
        }
    }

    #[test]
    fn extremes_saturate_and_nan_is_refused() {
        assert_eq!(Nanos::from_secs(f64::INFINITY), Some(Nanos(i64::MAX)));
        assert_eq!(Nanos::from_secs(f64::NEG_INFINITY), Some(Nanos(i64::MIN)));
        assert_eq!(Nanos::from_secs(1e300), Some(Nanos(i64::MAX)));
        assert_eq!(Nanos::from_secs(f64::NAN), None);
        assert_eq!(Nanos::MAX.plus(Nanos(1)), Nanos::MAX);
        assert_eq!(Nanos(-5).to_duration(), Duration::ZERO);
        assert_eq!(Nanos::from_duration(Duration::MAX), Nanos::MAX);
    }

    #[test]
    fn seconds_survive_the_round_trip() {
        for s in [0.0, 0.1, 0.3, 1.0, 3600.125, 86400.000000001] {
            assert_eq!(Nanos::from_secs(s).unwrap().as_secs(), s);
        }
    }

    #[test]
    fn a_virtual_clock_moves_only_forward_and_its_wall_with_it() {
        let clock = Clock::starting_at(VIRTUAL_EPOCH);
        let same = clock.clone();
        clock.advance_to(Nanos::secs(10));
        clock.advance_to(Nanos::secs(5));
        assert_eq!(same.now(), Nanos::secs(10));
        assert_eq!(same.wall().since(VIRTUAL_EPOCH), Nanos::secs(10));
    }

    #[test]
    fn a_real_clock_runs_by_itself() {
        let clock = Clock::real();
        let before = clock.now();
        clock.advance_to(Nanos::secs(1000));
        assert!(clock.now() >= before && clock.now() < Nanos::secs(1000));
        assert!(clock.wall() > VIRTUAL_EPOCH);
    }

    #[test]
    fn a_clock_changes_its_kind_without_a_jump() {
        let clock = Clock::starting_at(VIRTUAL_EPOCH);
        clock.advance_to(Nanos::secs(10));
        clock.set_virtual(false);
        let real = clock.now();
        assert!(real >= Nanos::secs(10) && real < Nanos::secs(1000));
        clock.set_virtual(true);
        assert!(clock.now() >= real && clock.now() == clock.now());
        assert!(clock.wall() > VIRTUAL_EPOCH);
    }
}

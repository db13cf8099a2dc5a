//! Time limits: a thread that interrupts what runs too long, as Ctrl-C would.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::event::Interrupt;

/// How often the thread looks.
const STEP: Duration = Duration::from_millis(20);

struct Watch {
    deadline: Instant,
    interrupt: Interrupt,
    bitten: Arc<AtomicBool>,
}

/// What is watched, by whoever shares it.
#[derive(Default)]
pub struct Watchdog {
    watches: Mutex<Vec<(u64, Watch)>>,
    next: std::sync::atomic::AtomicU64,
    done: AtomicBool,
}

/// One run that is watched while this lives.
pub struct Watched<'w> {
    dog: &'w Watchdog,
    key: u64,
    bitten: Arc<AtomicBool>,
}

impl Watchdog {
    /// Interrupts when the time is up, and again until the run ends.
    pub fn watch(&self, interrupt: &Interrupt, limit: Duration) -> Watched<'_> {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        let bitten = Arc::new(AtomicBool::new(false));
        let deadline = Instant::now() + limit;
        let watch = Watch { deadline, interrupt: interrupt.clone(), bitten: bitten.clone() };
        if let Ok(mut watches) = self.watches.lock() {
            watches.push((key, watch));
        }
        Watched { dog: self, key, bitten }
    }

    /// The thread's work, until [`Watchdog::end`].
    pub fn guard(&self) {
        while !self.done.load(Ordering::Relaxed) {
            std::thread::park_timeout(STEP);
            let now = Instant::now();
            let Ok(watches) = self.watches.lock() else { return };
            for (_, watch) in watches.iter().filter(|(_, watch)| watch.deadline <= now) {
                watch.bitten.store(true, Ordering::Relaxed);
                watch.interrupt.raise();
            }
        }
    }

    pub fn end(&self) {
        self.done.store(true, Ordering::Relaxed);
    }
}

impl Watched<'_> {
    /// Whether the time was up.
    pub fn was_too_long(&self) -> bool {
        self.bitten.load(Ordering::Relaxed)
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if let Ok(mut watches) = self.dog.watches.lock() {
            watches.retain(|(key, _)| *key != self.key);
        }
    }
}

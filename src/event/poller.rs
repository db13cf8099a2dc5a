//! Waiting for real: the operating system's readiness queue, and the interrupt that ends a wait early.
//! Knows neither timers nor turns.
//!
//! Nothing here is opened before somebody waits: a program that never does pays no system call for it.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Poll, Token};

use super::clock::{Clock, Nanos};
use super::ready::Ready;

pub use mio::Interest;

/// A request to stop what runs and look up: Ctrl-C. It stays raised until taken, and ends any wait of any
/// loop that shares it. Clones are the same interrupt.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<Shared>);

#[derive(Default)]
struct Shared {
    raised: AtomicBool,
    /// It was raised to stop what runs, and not only to look up.
    stops: AtomicBool,
    /// Somebody wants to know what goes on.
    asked: AtomicBool,
    /// The self-pipe, made by the first wait: raising writes a byte, which ends the wait. A pipe and not a
    /// waker of one poller, as every loop has a poller of its own.
    pipe: OnceLock<Pipe>,
}

struct Pipe {
    reader: UnixStream,
    writer: UnixStream,
}

impl Interrupt {
    pub fn new() -> Interrupt {
        Interrupt::default()
    }

    /// Raises it: from this thread, another one or a signal handler (it stores a flag and may call `write`,
    /// no more; a handler has to save and restore `errno` round it).
    pub fn raise(&self) {
        self.0.stops.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Asks what goes on (SIGQUIT): as [`Interrupt::raise`], but nothing stops. See [`Interrupt::take_question`].
    pub fn ask(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Whether somebody asked. Afterwards nobody has, and the interrupt is no longer raised unless it is to stop something.
    pub fn take_question(&self) -> bool {
        let asked = self.0.asked.swap(false, Ordering::SeqCst);
        if asked && !self.0.stops.load(Ordering::SeqCst) {
            self.take();
        }
        asked
    }

    fn wake(&self) {
        self.0.raised.store(true, Ordering::SeqCst);
        if let Some(pipe) = self.0.pipe.get() {
            // A full pipe wakes as well as a fuller one, so a refused byte is no loss.
            let _ = (&pipe.writer).write(&[1]);
        }
    }

    #[inline]
    pub fn is_raised(&self) -> bool {
        self.0.raised.load(Ordering::Relaxed)
    }

    /// Whether it was raised; afterwards it is not.
    pub fn take(&self) -> bool {
        if let Some(pipe) = self.0.pipe.get() {
            // Emptied before the flag is cleared: a raise in between leaves the flag or a byte behind.
            let mut bytes = [0; 64];
            while matches!((&pipe.reader).read(&mut bytes), Ok(n) if n == bytes.len()) {}
        }
        self.0.stops.store(false, Ordering::SeqCst);
        self.0.raised.swap(false, Ordering::SeqCst)
    }

    /// The descriptor that turns readable when the interrupt is raised.
    fn descriptor(&self) -> io::Result<RawFd> {
        if self.0.pipe.get().is_none() {
            let (reader, writer) = UnixStream::pair()?;
            reader.set_nonblocking(true)?;
            writer.set_nonblocking(true)?;
            // Losing the race against another thread closes this pair and uses the other's.
            let _ = self.0.pipe.set(Pipe { reader, writer });
        }
        match self.0.pipe.get() {
            Some(pipe) => Ok(pipe.reader.as_raw_fd()),
            None => Err(io::ErrorKind::Other.into()),
        }
    }
}

/// Names one watch, and no other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WatchKey(usize);

struct Watch<H> {
    descriptor: RawFd,
    handle: H,
}

/// The token of the interrupt's pipe; watches count up from zero.
const INTERRUPT: Token = Token(usize::MAX);

/// Descriptors watched for a loop, each with the handle that becomes ready with it.
pub struct Poller<H> {
    poll: Poll,
    events: Events,
    watches: HashMap<usize, Watch<H>>,
    next: usize,
}

impl<H> Poller<H> {
    /// Opens a poller whose waits `interrupt` can end. Fails when the process is out of descriptors.
    pub fn open(interrupt: &Interrupt) -> io::Result<Poller<H>> {
        let poll = Poll::new()?;
        poll.registry().register(&mut SourceFd(&interrupt.descriptor()?), INTERRUPT, Interest::READABLE)?;
        Ok(Poller { poll, events: Events::with_capacity(64), watches: HashMap::new(), next: 0 })
    }

    /// Makes `handle` ready once, when `descriptor` is. The descriptor must stay open meanwhile and can
    /// have one watch at a time.
    pub fn watch(&mut self, descriptor: RawFd, interest: Interest, handle: H) -> io::Result<WatchKey> {
        let key = self.next;
        self.poll.registry().register(&mut SourceFd(&descriptor), Token(key), interest)?;
        self.next += 1;
        self.watches.insert(key, Watch { descriptor, handle });
        Ok(WatchKey(key))
    }

    /// Ends a watch and gives its handle back; `None` when it is over already.
    pub fn unwatch(&mut self, key: WatchKey) -> Option<H> {
        let watch = self.watches.remove(&key.0)?;
        // A descriptor that was closed too early has left the queue by itself.
        let _ = self.poll.registry().deregister(&mut SourceFd(&watch.descriptor));
        Some(watch.handle)
    }

    pub fn is_watching(&self) -> bool {
        !self.watches.is_empty()
    }

    /// Waits for a watched descriptor, the interrupt or the end of `timeout` (`None`: without end; rounded up
    /// to milliseconds), and moves the handles that turned ready. May return early for no reason.
    pub fn wait(&mut self, timeout: Option<Duration>, ready: &mut Ready<H>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            Err(_) => return Ok(()),
            Ok(()) => {}
        }
        let keys: Vec<WatchKey> =
            self.events.iter().map(|event| event.token()).filter(|&t| t != INTERRUPT).map(|t| WatchKey(t.0)).collect();
        for key in keys {
            if let Some(handle) = self.unwatch(key) {
                ready.push(handle);
            }
        }
        Ok(())
    }
}

/// Lets `span` pass with nothing else running (`time.sleep`): a virtual clock jumps, a real one is waited
/// for. Returns whether it passed in full; `false` means that the interrupt was raised.
pub fn pause(clock: &Clock, interrupt: &Interrupt, span: Nanos) -> io::Result<bool> {
    let until = clock.now().plus(span);
    clock.advance_to(until);
    let mut poller: Option<Poller<()>> = None;
    loop {
        if interrupt.is_raised() {
            return Ok(false);
        }
        let left = until.since(clock.now()).to_duration();
        if left.is_zero() {
            return Ok(true);
        }
        // The queue counts in milliseconds and rounds up: it gets the whole ones, the rest is slept off.
        let whole = Duration::from_millis(u64::try_from(left.as_millis()).unwrap_or(u64::MAX)).min(LONGEST_WAIT);
        if whole.is_zero() {
            std::thread::sleep(left);
            continue;
        }
        if poller.is_none() {
            poller = Some(Poller::open(interrupt)?);
        }
        if let Some(poller) = &mut poller {
            poller.wait(Some(whole), &mut Ready::new())?;
        }
    }
}

/// Whether a descriptor can be read at once.
///
/// # Errors
/// Those of the system; plain files, which can always be read, cannot be asked about.
pub fn is_readable(descriptor: RawFd) -> io::Result<bool> {
    let mut poll = Poll::new()?;
    poll.registry().register(&mut SourceFd(&descriptor), Token(0), Interest::READABLE)?;
    let mut events = Events::with_capacity(1);
    poll.poll(&mut events, Some(Duration::ZERO))?;
    Ok(!events.is_empty())
}

/// A longer wait is taken in pieces (CPython: `MAXIMUM_SELECT_TIMEOUT`): the system counts milliseconds in
/// 32 bits.
pub const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_raised_interrupt_ends_a_pause_from_another_thread() {
        let (clock, interrupt) = (Clock::real(), Interrupt::new());
        let raiser = interrupt.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            raiser.raise();
        });
        let start = Instant::now();
        assert!(!pause(&clock, &interrupt, Nanos::secs(30)).unwrap());
        assert!(start.elapsed() < Duration::from_secs(10));
        thread.join().unwrap();
        assert!(interrupt.take());
        assert!(!interrupt.take());
        assert!(pause(&clock, &interrupt, Nanos(2_300_000)).unwrap());
        assert!(start.elapsed() > Duration::from_millis(22));
    }

    #[test]
    fn an_interrupt_raised_before_the_wait_is_not_lost() {
        let (clock, interrupt) = (Clock::real(), Interrupt::new());
        interrupt.raise();
        assert!(!pause(&clock, &interrupt, Nanos::secs(30)).unwrap());
        assert!(!pause(&Clock::starting_at(Nanos::ZERO), &interrupt, Nanos::secs(30)).unwrap());
    }

    #[test]
    fn a_virtual_pause_takes_no_time_and_opens_nothing() {
        let (clock, interrupt) = (Clock::starting_at(Nanos::ZERO), Interrupt::new());
        assert!(pause(&clock, &interrupt, Nanos::secs(1_000_000)).unwrap());
        assert_eq!(clock.now(), Nanos::secs(1_000_000));
        assert!(interrupt.0.pipe.get().is_none());
    }

    #[test]
    fn a_watch_fires_once_when_its_descriptor_is_ready() {
        let interrupt = Interrupt::new();
        let mut poller = Poller::open(&interrupt).unwrap();
        let mut ready = Ready::new();
        let (left, mut right) = UnixStream::pair().unwrap();
        let key = poller.watch(left.as_raw_fd(), Interest::READABLE, "readable").unwrap();
        poller.wait(Some(Duration::ZERO), &mut ready).unwrap();
        assert!(ready.is_empty() && poller.is_watching());
        right.write_all(b"x").unwrap();
        poller.wait(None, &mut ready).unwrap();
        assert_eq!((ready.begin(), ready.pop()), (1, Some("readable")));
        assert_eq!(poller.unwatch(key), None);
        let again = poller.watch(left.as_raw_fd(), Interest::READABLE, "again").unwrap();
        assert_eq!(poller.unwatch(again), Some("again"));
        assert!(!poller.is_watching());
    }
}

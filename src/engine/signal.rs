//! Ctrl-C and SIGQUIT: a handler that raises the engine's interrupt, or asks it what goes on. Knows nothing of what the script does about it.
//!
//! Invariants: the handler reads one `OnceLock` that was set before it was installed, stores atomics, may write one
//! byte to a pipe, and restores `errno`: all of it is allowed in a signal handler.
#![allow(unsafe_code)]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::event::Interrupt;

static INTERRUPT: OnceLock<Interrupt> = OnceLock::new();
static IGNORED: AtomicU32 = AtomicU32::new(0);

/// So many presses without anybody looking up end the process.
const PATIENCE: u32 = 3;

extern "C" fn handle(signal: libc::c_int) {
    // SAFETY: the C library gives each thread its own errno at a fixed address.
    let errno = unsafe { *libc::__errno_location() };
    if let (libc::SIGQUIT, Some(interrupt)) = (signal, INTERRUPT.get()) {
        interrupt.ask();
    } else if let Some(interrupt) = INTERRUPT.get() {
        if !interrupt.is_raised() {
            IGNORED.store(0, Ordering::Relaxed);
        } else if IGNORED.fetch_add(1, Ordering::Relaxed) + 2 >= PATIENCE {
            // SAFETY: `_exit` runs no destructors and may be called from a handler.
            unsafe { libc::_exit(130) };
        }
        interrupt.raise();
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

/// Leaves SIGINT and SIGQUIT to the other threads: what waits in a system call there is woken by it, which a handler that runs on
/// this thread does not do.
pub fn leave_to_other_threads() {
    // SAFETY: a zeroed `sigset_t` may be initialised by `sigemptyset`; the old mask is not asked for.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, libc::SIGINT);
        libc::sigaddset(&mut set, libc::SIGQUIT);
        libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
    }
}

/// From now on SIGINT raises `interrupt`, and SIGQUIT asks it. Only the first call of a process has an effect.
pub fn raise_on_ctrl_c(interrupt: &Interrupt) {
    if INTERRUPT.set(interrupt.clone()).is_err() {
        return;
    }
    // SAFETY: a zeroed `sigaction` is valid: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handle as extern "C" fn(libc::c_int) as usize;
    // SAFETY: the handler keeps to the file's invariants; the old action is not asked for.
    unsafe {
        libc::sigaction(libc::SIGINT, &action, std::ptr::null_mut());
        libc::sigaction(libc::SIGQUIT, &action, std::ptr::null_mut());
    }
}

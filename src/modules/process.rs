//! What the operating system knows of this process: the processor time it has used.
//!
//! Invariant: the pointer given to the C library is to a live local.
#![allow(unsafe_code)]

use crate::event::Nanos;

/// Processor time of the process, in user and system mode.
pub fn processor_time() -> Nanos {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the file's invariant; the function writes the struct and keeps no pointer.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    Nanos::secs(time.tv_sec).plus(Nanos(time.tv_nsec))
}

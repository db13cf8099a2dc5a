//! Any text runs to an end, in virtual time, or is interrupted: an exit status, never a panic.

use aio::engine::{Engine, Options};

fn main() {
    // Panics in the interpreter must reach the fuzzer, not the thread's result.
    aio::engine::on_large_stack(|| {
        afl::fuzz!(|data: &[u8]| {
            let Ok(text) = std::str::from_utf8(data) else { return };
            let engine = Engine::new(Options { virtual_time: true, ..Options::default() });
            let (status, ..) = engine.capture("fuzz.aio", text);
            assert!((0..=255).contains(&status), "{status}");
        });
        0
    });
}

//! Running a program to its end: with a time limit, no input, and a bound on what it may print.

use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// What a program may print; reading stops there, so that the program finds a closed pipe.
const MOST_OUTPUT: u64 = 64 << 20;

/// Runs `command` and collects what it prints. `Err` says that it could not be started, or was killed
/// because it ran longer than `limit`.
pub fn run(command: &mut Command, limit: Duration) -> Result<Output, String> {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {command:?}: {error}"))?;
    let stdout = child.stdout.take().expect("stdout was piped above");
    let stderr = child.stderr.take().expect("stderr was piped above");
    std::thread::scope(|scope| {
        let stdout = scope.spawn(|| read(stdout));
        let stderr = scope.spawn(|| read(stderr));
        let mut nap = Duration::from_micros(200);
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break Ok(status),
                Ok(None) if start.elapsed() < limit => {
                    std::thread::sleep(nap);
                    nap = (nap * 2).min(Duration::from_millis(10));
                }
                Ok(None) => {
                    // Killing fails only for a child that has just ended; waiting for it is right in both cases.
                    let _ = child.kill();
                    let _ = child.wait();
                    break Err(format!("ran longer than {limit:?}"));
                }
                Err(error) => break Err(format!("cannot wait for {command:?}: {error}")),
            }
        };
        let stdout = stdout.join().expect("reading a pipe does not panic");
        let stderr = stderr.join().expect("reading a pipe does not panic");
        Ok(Output { status: status?, stdout, stderr })
    })
}

fn read(pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // An error ends the output as a closed pipe does; what came before it is compared.
    let _ = pipe.take(MOST_OUTPUT).read_to_end(&mut bytes);
    bytes
}

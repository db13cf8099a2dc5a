//! A program that is talked to: input on one side, all it prints on the other, in order.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs `command` with `input` on its standard input, and gives what it prints on both outputs, in order.
pub fn hold(command: &mut Command, input: &str, limit: Duration) -> Result<String, String> {
    let start = Instant::now();
    let (reader, writer) = std::io::pipe().map_err(|error| error.to_string())?;
    let error = writer.try_clone().map_err(|error| error.to_string())?;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(writer)
        .stderr(error)
        .spawn()
        .map_err(|error| format!("cannot start {command:?}: {error}"))?;
    // The command holds the pipe's other ends; the last one closes with the child.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut stdin = child.stdin.take().expect("stdin was piped above");
    let input = input.to_owned();
    std::thread::scope(|scope| {
        // A program that ends early closes its input: that shows in what it printed.
        scope.spawn(move || drop(std::io::Write::write_all(&mut stdin, input.as_bytes())));
        let printed = scope.spawn(move || {
            let mut bytes = Vec::new();
            // An error ends the output as a closed pipe does; what came before it is compared.
            let _ = { reader }.read_to_end(&mut bytes);
            bytes
        });
        let ended = loop {
            match child.try_wait() {
                Ok(Some(_)) => break Ok(()),
                Ok(None) if start.elapsed() < limit => std::thread::sleep(Duration::from_millis(1)),
                Ok(None) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    break Err(format!("ran longer than {limit:?}"));
                }
                Err(error) => break Err(format!("cannot wait for {command:?}: {error}")),
            }
        };
        let printed = printed.join().expect("reading a pipe does not panic");
        ended.map(|()| String::from_utf8_lossy(&printed).into_owned())
    })
}

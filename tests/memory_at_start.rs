//! What a script weighs before it has made anything: the pages of the command that starting touches (`startup.ld`), and
//! what the interpreter makes for itself.

#![cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64", not(debug_assertions)))]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// KiB; 4,700 and 5,400 were measured, 6,500 and 6,900 without the order of functions.
const LIMIT: u64 = 6000;

/// Says that it has started, and waits until its input ends.
const TELL: &str = "print('started', flush=True)\nimport sys\nsys.stdin.read()\n";

/// The resident memory of a script, in KiB, when it has printed its first line.
fn resident(name: &str, script: &str) -> u64 {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, script).expect("the target folder can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    let mut child =
        command.arg(&path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the command can be started");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("stdout was piped above");
    BufReader::new(stdout).read_line(&mut line).expect("a pipe can be read");
    // Its totals are exact, which those of `status` are not.
    let maps = fs::read_to_string(format!("/proc/{}/smaps_rollup", child.id())).expect("Linux tells what is mapped");
    drop(child.stdin.take());
    assert!(child.wait().expect("a child can be waited for").success(), "{name} failed");
    assert_eq!(line, "started\n");
    let total = maps.lines().find_map(|line| line.strip_prefix("Rss:")).expect("the total is there");
    total.trim().trim_end_matches(" kB").parse().expect("the total is a number")
}

#[test]
fn starting_takes_less_than_six_megabytes() {
    let with_asyncio =
        format!("import asyncio\nasync def main():\n    await asyncio.sleep(0)\nasyncio.run(main())\n{TELL}");
    for (name, script) in [("one_line.aio", TELL), ("with_asyncio.aio", &with_asyncio)] {
        let resident = resident(name, script);
        println!("{name}: {resident} KiB");
        assert!(resident < LIMIT, "{name}: {resident} KiB; `cargo bench -- --layout` writes startup.ld anew");
    }
}

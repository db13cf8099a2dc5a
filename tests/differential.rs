//! Builtin functions, methods, operators and formatting against CPython 3.13, and against arguments that ask for trouble.
//!
//!     AIO_CASES=100000 AIO_SEED=7 cargo test --release --test differential -- --ignored --nocapture
//!
//! runs the random expressions of `differential/cases.aio`, and the patterns of `patterns.aio`, under both interpreters and compares line by line. Without a
//! python3.13 it says so and passes. `differential/hostile.aio` runs under aio alone: it must end by itself.

#[path = "support/process.rs"]
mod process;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Cases of one process.
const BATCH: u64 = 10_000;

const LIMIT: Duration = Duration::from_secs(600);

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential").join(name)
}

/// The program with a limit of 8 GiB of address space, so that requests for absurd amounts fail at once.
fn limited(program: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 8000000; ulimit -c 0; exec \"$0\" \"$@\"", program]);
    command
}

#[test]
#[ignore = "needs python3.13; runs AIO_CASES cases"]
fn random_cases_agree_with_cpython() {
    compare("cases.aio");
}

#[test]
#[ignore = "needs python3.13; runs AIO_CASES cases"]
fn random_patterns_agree_with_cpython() {
    compare("patterns.aio");
}

/// Runs a script of cases under both interpreters.
fn compare(name: &str) {
    let Some(version) = python() else {
        println!("skipped: no python3.13 here");
        return;
    };
    let (first, count) = (number("AIO_SEED", 0), number("AIO_CASES", BATCH));
    let mut differences = 0;
    for begin in (first..first + count).step_by(BATCH as usize) {
        let size = BATCH.min(first + count - begin);
        let run = |command: &mut Command| {
            command.arg(script(name)).args([begin.to_string(), size.to_string()]);
            let output = process::run(command, LIMIT).expect("the cases end in time");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let mut cpython = limited("python3.13");
        cpython.args(["-W", "ignore"]).env("PYENV_VERSION", version).env("PYTHONUTF8", "1");
        let (theirs, ours) = (run(&mut cpython), run(&mut limited(env!("CARGO_BIN_EXE_aio"))));
        for (theirs, ours) in theirs.lines().zip(ours.lines()) {
            if without_addresses(theirs) != without_addresses(ours) {
                differences += 1;
                println!("CPython {theirs}\naio     {ours}");
            }
        }
        assert_eq!(theirs.lines().count(), ours.lines().count(), "a line for each case");
    }
    assert_eq!(differences, 0, "cases that differ, of {count} from {first} on");
}

/// The value of `PYENV_VERSION` under which `python3.13` answers, empty for none.
fn python() -> Option<&'static str> {
    ["", "3.13.0"].into_iter().find(|version| {
        let output = Command::new("python3.13").env("PYENV_VERSION", version).arg("--version").output();
        output.is_ok_and(|output| output.stdout.starts_with(b"Python 3.13"))
    })
}

fn without_addresses(line: &str) -> String {
    let mut parts = line.split("0x");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(part.len());
        text.push_str("0x");
        text.push_str(if digits < 6 { part } else { &part[digits..] });
    }
    text
}

#[test]
fn hostile_arguments_never_crash() {
    let (first, count) = (number("AIO_SEED", 0), number("AIO_HOSTILE", 1_500));
    let mut command = limited(env!("CARGO_BIN_EXE_aio"));
    command.arg(script("hostile.aio")).args([first.to_string(), count.to_string()]);
    let output = process::run(&mut command, LIMIT).expect("hostile arguments do not hang");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let last = stdout.lines().last().unwrap_or("nothing");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} at {last}\n{stderr}", output.status);
}

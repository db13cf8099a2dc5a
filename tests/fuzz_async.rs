//! Random async programs run by CPython 3.13 under a virtual-time loop and by aio, compared line by line:
//!
//!     AIO_FUZZ_PROGRAMS=10000 AIO_FUZZ_SEED=0 cargo test --test fuzz_async -- --ignored --nocapture
//!
//! A program is a seed (`support/programs.rs`): functions of random statements over tasks, groups, timeouts, shields,
//! waits, locks, queues, futures, callbacks, generators and contexts, nested in each other. What they print is every
//! step with its virtual time, how each task ended, and what the exception handler was told. `fuzz_async/prelude.py`
//! is what they share, `fuzz_async/virtual_loop.py` what makes CPython's asyncio deterministic. The first difference of
//! each batch is printed with its seed. Without a python3.13 the test says so and passes. The seeds from 0 to 9,999 were
//! run without a difference; what they and others found on the way stands in `golden/async`.

#[path = "support/process.rs"]
mod process;
#[path = "support/programs.rs"]
mod programs;
#[path = "support/random.rs"]
mod random;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Programs a script: starting CPython costs more than a program.
const BATCH: u64 = 100;

const LIMIT: Duration = Duration::from_secs(300);

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz_async")
}

fn python() -> Command {
    let mut command = Command::new("python3.13");
    if !Command::new("python3.13").arg("--version").output().is_ok_and(|output| output.status.success()) {
        command.env("PYENV_VERSION", "3.13.0");
    }
    command
}

#[test]
#[ignore = "needs python3.13 and runs AIO_FUZZ_PROGRAMS programs"]
fn random_programs_print_what_cpython_prints() {
    if !python().arg("--version").output().is_ok_and(|output| output.stdout.starts_with(b"Python 3.13")) {
        println!("skipped: no python3.13 here");
        return;
    }
    let (count, first) = (number("AIO_FUZZ_PROGRAMS", 500), number("AIO_FUZZ_SEED", 0));
    let next = AtomicU64::new(first);
    let faults: Mutex<Vec<(u64, String)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(BATCH, Ordering::Relaxed);
                    if seed >= first + count {
                        break;
                    }
                    let seeds = seed..(seed + BATCH).min(first + count);
                    if let Err(fault) = compare(seeds) {
                        faults.lock().expect("nothing panics under this lock").push((seed, fault));
                    }
                }
            });
        }
    });
    let mut faults = faults.into_inner().expect("nothing panics under this lock");
    faults.sort();
    faults.iter().for_each(|(_, fault)| println!("{fault}\n"));
    assert!(faults.is_empty(), "{} batches of {BATCH} programs differ from CPython", faults.len());
    println!("{count} programs from seed {first} print what CPython prints");
}

/// Runs the programs of these seeds by both, in one script.
fn compare(seeds: std::ops::Range<u64>) -> Result<(), String> {
    let prelude = std::fs::read_to_string(folder().join("prelude.py")).map_err(|error| error.to_string())?;
    let programs: String = seeds.clone().map(programs::program).collect();
    let script = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz_async_{}.aio", seeds.start));
    std::fs::write(&script, format!("{prelude}\n\n{programs}")).map_err(|error| error.to_string())?;
    let cpython = process::run(python().arg(folder().join("virtual_loop.py")).arg(&script), LIMIT)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    let aio = process::run(command.args(["--virtual-time", "--errors", "traceback"]).arg(&script), LIMIT)?;
    if cpython.stdout == aio.stdout && cpython.status.success() && aio.status.success() {
        let _ = std::fs::remove_file(&script);
        return Ok(());
    }
    let (expected, found) = (String::from_utf8_lossy(&cpython.stdout), String::from_utf8_lossy(&aio.stdout));
    let stderr = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().rev().take(2).collect::<Vec<_>>().join(" | ");
    Err(format!(
        "seeds {seeds:?} ({})\n{}\npython3.13: {}\naio: {}",
        script.display(),
        first_differences(&expected, &found),
        stderr(&cpython.stderr),
        stderr(&aio.stderr)
    ))
}

/// For each program that differs, its seed; for the first, the lines around the first difference.
fn first_differences(expected: &str, found: &str) -> String {
    let (expected, found) = (by_program(expected), by_program(found));
    let differs =
        |(seed, lines): &&(String, Vec<String>)| found.iter().find(|(s, _)| s == seed).map(|f| &f.1) != Some(lines);
    let all: Vec<_> = expected.iter().filter(differs).collect();
    let Some((seed, lines)) = all.first() else { return "no program differs".into() };
    let nothing = Vec::new();
    let other = found.iter().find(|(s, _)| s == seed).map_or(&nothing, |(_, lines)| lines);
    let at = lines.iter().zip(other).take_while(|(a, b)| a == b).count();
    let mut report =
        format!("seeds that differ: {:?}\n{seed}, line {at}\n", all.iter().map(|(s, _)| s).collect::<Vec<_>>());
    lines[at.saturating_sub(8)..at].iter().for_each(|line| report.push_str(&format!("    {line}\n")));
    lines.iter().skip(at).take(4).for_each(|line| report.push_str(&format!("  - {line}\n")));
    other.iter().skip(at).take(4).for_each(|line| report.push_str(&format!("  + {line}\n")));
    report
}

fn by_program(text: &str) -> Vec<(String, Vec<String>)> {
    let mut programs: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        match programs.last_mut() {
            _ if line.starts_with("== ") => programs.push((line.to_string(), Vec::new())),
            Some((_, lines)) => lines.push(line.to_string()),
            None => {}
        }
    }
    programs
}

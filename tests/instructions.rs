//! How many instructions the programs of `benches/counts` take, against those on record: the guard for speed that
//! holds on a noisy machine. A program that takes 5 % more fails; one that takes 5 % less is named.
//!
//!     cargo test --release --test instructions                   compares
//!     AIO_RECORD=1 cargo test --release --test instructions      writes what they take now on record
//!
//! Counted by valgrind on x86-64 Linux with a release build and a profile (`profile/`); elsewhere the test says why it does nothing.
//! Another compiler gives other numbers: profile and record again when the toolchain changes, before anything else does. A
//! profile that no longer fits what changed since shows here, too.

#[path = "support/files.rs"]
mod files;
#[path = "support/process.rs"]
mod process;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

/// How much more or less than on record a program may take.
const TOLERANCE: f64 = 0.05;

/// What one program may take under valgrind, some fifty times slower than by itself.
const LIMIT: Duration = Duration::from_secs(120);

/// The head of the record.
const HEAD: &str = "\
# Instructions that each program of this folder takes, start-up included. Written by
#     AIO_RECORD=1 cargo test --release --test instructions
";

#[test]
fn programs_take_no_more_instructions_than_on_record() {
    if let Some(reason) = missing() {
        println!("skipped: {reason}");
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/counts");
    let file = folder.join("record.toml");
    let counts = count_all(files::find(&folder, "aio"));
    if std::env::var_os("AIO_RECORD").is_some() {
        let lines: String = counts.iter().map(|(name, count)| format!("{name} = {count}\n")).collect();
        fs::write(&file, format!("{HEAD}{lines}")).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        return;
    }
    let record = record(&file);
    let mut faults = Vec::new();
    for (name, &count) in &counts {
        match record.get(name) {
            Some(&recorded) => {
                let growth = count as f64 / recorded as f64 - 1.0;
                let line = format!("{name}: {count}, on record {recorded} ({:+.1} %)", growth * 100.0);
                println!("{line}{}", if growth < -TOLERANCE { ", record that" } else { "" });
                faults.extend((growth > TOLERANCE).then_some(line));
            }
            None => faults.push(format!("{name}: {count}, not on record")),
        }
    }
    faults.extend(record.keys().filter(|name| !counts.contains_key(*name)).map(|name| format!("{name}: no program")));
    assert!(faults.is_empty(), "AIO_RECORD=1 writes a new record; say why in its commit.\n{}", faults.join("\n"));
}

/// What is missing to count, if anything.
fn missing() -> Option<&'static str> {
    if cfg!(debug_assertions) {
        return Some("the record is of release builds");
    }
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Some("the record is of x86-64 Linux");
    }
    if !has_profile() {
        return Some("the record is of builds with a profile, and there is none of this compiler");
    }
    let valgrind = Command::new("valgrind").arg("--version").output();
    (!valgrind.is_ok_and(|output| output.status.success())).then_some("valgrind is not installed")
}

/// Whether this was built with a profile, by the rules of `profile/rustc`.
fn has_profile() -> bool {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("profile");
    let output = Command::new("rustc").arg("--version").output();
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let file = format!("{}.profdata", version.split(' ').nth(1).unwrap_or_default());
    folder.join(file).exists()
        && std::env::var_os("AIO_PROFILE").is_none()
        && std::env::var_os("RUSTC_WRAPPER").is_none()
}

/// The programs' counts by name, two programs at a time.
fn count_all(programs: Vec<PathBuf>) -> BTreeMap<String, u64> {
    let (programs, counts) = (Mutex::new(programs), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = programs.lock().expect("nothing panics under this lock").pop();
                    let Some(program) = next else { break };
                    let name = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    let count = count(&program).unwrap_or_else(|fault| panic!("{name}: {fault}"));
                    counts.lock().expect("nothing panics under this lock").insert(name, count);
                }
            });
        }
    });
    counts.into_inner().expect("nothing panics under this lock")
}

fn count(program: &Path) -> Result<u64, String> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", env!("CARGO_BIN_EXE_aio")]).arg(program);
    // The environment lies on the stack: less of it, less that varies.
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    let output = process::run(&mut command, LIMIT)?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{}: {errors}", output.status));
    }
    let collected = errors.lines().find_map(|line| line.split_once("Collected : "));
    let count = collected.and_then(|(_, count)| count.trim().parse().ok());
    count.ok_or_else(|| format!("valgrind gives no count: {errors}"))
}

/// What stands on record, by name.
fn record(file: &Path) -> BTreeMap<String, u64> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let number = |value: &toml::Value| value.as_integer().and_then(|n| u64::try_from(n).ok());
    table.iter().filter_map(|(name, value)| Some((name.clone(), number(value)?))).collect()
}

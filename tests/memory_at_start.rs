//! What a script weighs before it has made anything: what the interpreter makes for itself, and the functions that run at
//! start, which stand together so that few pages of the command are touched (`startup.ld`). How many pages those are is up
//! to the system's cache of files; that they stand together is not.

#![cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64", not(debug_assertions)))]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// KiB that are no pages of files; about 450 were measured.
const MOST_OWN: u64 = 1000;

/// Bytes of the functions that start with asyncio runs through; 1,040,000 were measured, and 730,000 without a profile. More touch too
/// many pages; fewer are there when `startup.ld` names functions of another version.
const TOGETHER: std::ops::Range<u64> = 400_000..1_200_000;

/// Says that it has started, and waits until its input ends.
const SCRIPT: &str = "\
import asyncio
import sys
async def main():
    await asyncio.sleep(0)
asyncio.run(main())
print('started', flush=True)
sys.stdin.read()
";

#[test]
fn a_start_takes_little_memory_of_its_own() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("memory_at_start.aio");
    fs::write(&path, SCRIPT).expect("the target folder can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    let mut child =
        command.arg(&path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the command can be started");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("stdout was piped above");
    BufReader::new(stdout).read_line(&mut line).expect("a pipe can be read");
    let maps = fs::read_to_string(format!("/proc/{}/smaps_rollup", child.id())).expect("Linux tells what is mapped");
    drop(child.stdin.take());
    assert!(child.wait().expect("a child can be waited for").success());
    assert_eq!(line, "started\n");
    let figure = |name: &str| -> u64 {
        let line = maps.lines().find_map(|line| line.strip_prefix(name)).expect("the figure is there");
        line.trim().trim_end_matches(" kB").parse().expect("the figure is a number")
    };
    let (all, own) = (figure("Rss:"), figure("Anonymous:"));
    println!("{all} KiB resident, {own} of them no pages of files");
    assert!(own < MOST_OWN, "{own} KiB");
}

#[test]
fn what_runs_at_start_stands_together() {
    let binary = fs::read(env!("CARGO_BIN_EXE_aio")).expect("the command can be read");
    let Some(size) = section_size(&binary, ".text.startup") else {
        println!("skipped: another linker than the toolchain's own was asked for");
        return;
    };
    println!("{size} bytes");
    assert!(TOGETHER.contains(&size), "{size} bytes; `cargo bench -- --layout` writes startup.ld anew");
}

/// The size of a section of a 64-bit ELF file.
fn section_size(file: &[u8], wanted: &str) -> Option<u64> {
    let number = |at: usize, bytes: usize| -> usize {
        file[at..at + bytes].iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte))
    };
    let (table, entry, count, names) = (number(40, 8), number(58, 2), number(60, 2), number(62, 2));
    let header = |i: usize| table + i * entry;
    let names = number(header(names) + 24, 8);
    (0..count).map(header).find_map(|header| {
        let name = &file[names + number(header, 4)..];
        name.starts_with(format!("{wanted}\0").as_bytes()).then(|| number(header + 32, 8) as u64)
    })
}

//! `dir(asyncio)` and the `dir` of its classes against CPython 3.13's.
//!
//! `tests/asyncio/surface.txt` is what `python3.13 tests/asyncio/surface.py` prints: an owner a line, and its names.
//! `tests/asyncio/gaps.txt` lists in the same form what aio leaves out on purpose; `*` is the whole owner. The test prints what is missing
//! beyond that, and names a gap that is none any more: the list can only shrink.

#[path = "support/process.rs"]
mod process;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

type Surface = BTreeMap<String, BTreeSet<String>>;

/// Prints the names that each owner has, in the form of the lists. An owner that cannot be had has none.
const PROBE: &str = "
import asyncio, contextlib, contextvars
async def coroutine(): pass
async def async_generator(): yield
def generator(): yield
made = coroutine()
owners = {'coroutine': type(made), 'async_generator': type(async_generator()), 'generator': type(generator())}
made.close()
for path in PATHS:
    try:
        owner = owners[path] if path in owners else eval(path)
    except (AttributeError, NotImplementedError):
        continue
    print(f'{path}: ' + ' '.join(dir(owner)))
";

fn read(text: &str) -> Surface {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let owners = lines.filter_map(|line| line.split_once(':'));
    owners.map(|(owner, names)| (owner.to_string(), names.split_whitespace().map(str::to_string).collect())).collect()
}

fn file(name: &str) -> Surface {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/asyncio").join(name);
    read(&std::fs::read_to_string(path).expect("the lists are files of the project"))
}

/// What aio shows for these owners.
fn shown_by_aio(owners: &Surface) -> Surface {
    let paths: Vec<String> = owners.keys().map(|owner| format!("'{owner}'")).collect();
    let script = Path::new(env!("CARGO_TARGET_TMPDIR")).join("asyncio_surface.aio");
    let text = format!("PATHS = [{}]\n{PROBE}", paths.join(", "));
    std::fs::write(&script, text).expect("the folder for temporary files can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    let output = process::run(command.arg(&script), Duration::from_secs(60)).expect("the probe ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    read(&String::from_utf8_lossy(&output.stdout))
}

#[test]
fn everything_that_cpython_shows_is_there_or_a_known_gap() {
    let (cpython, gaps) = (file("surface.txt"), file("gaps.txt"));
    let aio = shown_by_aio(&cpython);
    let nothing = BTreeSet::new();
    let mut faults = Vec::new();
    for (owner, names) in &cpython {
        let there = aio.get(owner).unwrap_or(&nothing);
        let known = gaps.get(owner).unwrap_or(&nothing);
        if known.contains("*") {
            if !there.is_empty() {
                faults.push(format!("{owner} is there now, take it out of gaps.txt"));
            }
            continue;
        }
        let missing: Vec<_> = names.iter().filter(|name| !there.contains(*name) && !known.contains(*name)).collect();
        if !missing.is_empty() {
            faults.push(format!("{owner} lacks {missing:?}"));
        }
        let closed: Vec<_> = known.iter().filter(|name| there.contains(*name) || !names.contains(*name)).collect();
        if !closed.is_empty() {
            faults.push(format!("{owner} has no such gap any more, take it out of gaps.txt: {closed:?}"));
        }
    }
    for owner in gaps.keys().filter(|owner| !cpython.contains_key(*owner)) {
        faults.push(format!("gaps.txt names {owner}, which CPython does not have"));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

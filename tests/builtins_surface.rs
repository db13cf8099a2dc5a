//! The names of the builtin types: what CPython 3.13 has in `dir()` of each and aio has not must stand in
//! `tests/surface/gaps.txt`, and nothing else may. A gap that is filled has to leave the list, so that it only shrinks.
//!
//! `tests/surface/cpython.txt` is what `python3.13 -S tests/surface/names.aio` prints.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

type Surface = BTreeMap<String, BTreeSet<String>>;

#[test]
fn every_name_of_cpython_is_there_or_a_known_gap() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/surface");
    let text = |name: &str| fs::read_to_string(folder.join(name)).expect("the lists stand beside the script");
    let output = Command::new(env!("CARGO_BIN_EXE_aio")).arg(folder.join("names.aio")).output().expect("aio runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let ours = surface(&String::from_utf8_lossy(&output.stdout));
    let missing = without(&surface(&text("cpython.txt")), &ours);
    let gaps = surface(&text("gaps.txt"));
    let (new, filled) = (without(&missing, &gaps), without(&gaps, &missing));
    assert!(new.is_empty(), "missing, and no known gaps:\n{}", written(&new));
    assert!(filled.is_empty(), "no longer missing, to be taken from gaps.txt:\n{}", written(&filled));
}

/// Lines `label: name name ...`; those that begin with `#` are comments.
fn surface(text: &str) -> Surface {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let split = lines.filter_map(|line| line.split_once(": "));
    split.map(|(label, names)| (label.to_owned(), names.split_whitespace().map(str::to_owned).collect())).collect()
}

/// What `all` has and `some` has not.
fn without(all: &Surface, some: &Surface) -> Surface {
    let none = BTreeSet::new();
    let rest = all.iter().map(|(label, names)| {
        let rest: BTreeSet<String> = names.difference(some.get(label).unwrap_or(&none)).cloned().collect();
        (label.clone(), rest)
    });
    rest.filter(|(_, names)| !names.is_empty()).collect()
}

fn written(surface: &Surface) -> String {
    let line = |(label, names): (&String, &BTreeSet<String>)| {
        format!("{label}: {}", names.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
    };
    surface.iter().map(line).collect::<Vec<_>>().join("\n")
}

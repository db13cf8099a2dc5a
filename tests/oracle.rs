//! CPython 3.13 is the oracle: what a golden script prints is what `python3.13` prints.
//!
//! Ignored by default; `cargo test --test oracle -- --ignored` runs every script under `tests/golden` and
//! `examples` that has an `.out` and whose first lines carry no `# differs: why`, in real time. It compares
//! stdout, and the last line of stderr where a traceback is expected. Without a python3.13 it says so and
//! passes. A golden that leaves out `import asyncio`, awaits at the top level or sleeps for hours differs.

#[path = "support/diff.rs"]
mod diff;
#[path = "support/files.rs"]
mod files;
#[path = "support/phase.rs"]
mod phase;
#[path = "support/process.rs"]
mod process;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

/// Scripts run side by side: most of them sleep.
const THREADS: usize = 4;

#[test]
#[ignore = "needs python3.13 and runs in real time"]
fn goldens_print_what_cpython_prints() {
    let Some(versions) = python() else {
        println!("skipped: no python3.13 here");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut scripts = files::find(&root.join("tests/golden"), "aio");
    scripts.extend(files::find(&root.join("examples"), "aio"));
    scripts.retain(|script| script.with_extension("out").exists() && !is_excused(script));
    let total = scripts.len();
    let queue = Mutex::new(scripts);
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("nothing panics under this lock").pop();
                    let Some(script) = next else { break };
                    if let Err(fault) = check(&script, versions) {
                        faults.lock().expect("nothing panics under this lock").push((script, fault));
                    }
                }
            });
        }
    });
    let mut faults: Vec<(PathBuf, String)> = faults.into_inner().expect("nothing panics under this lock");
    faults.sort();
    for (script, fault) in &faults {
        println!("---- {}\n{fault}", script.strip_prefix(root).unwrap_or(script).display());
    }
    assert!(faults.is_empty(), "{} of {total} goldens differ from CPython", faults.len());
    println!("{total} goldens print what CPython prints");
}

/// The value of `PYENV_VERSION` under which `python3.13` answers, empty for none; `None` when it never does.
fn python() -> Option<&'static str> {
    ["", "3.13.0"].into_iter().find(|version| {
        let output = command(version).arg("--version").output();
        output.is_ok_and(|output| output.stdout.starts_with(b"Python 3.13"))
    })
}

fn command(version: &str) -> Command {
    let mut command = Command::new("python3.13");
    if !version.is_empty() {
        command.env("PYENV_VERSION", version);
    }
    command.env("TZ", "UTC").env("PYTHONHASHSEED", "0").env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1");
    command
}

/// Whether the script says that it differs, or is no script but a print of a phase.
fn is_excused(script: &Path) -> bool {
    let text = String::from_utf8_lossy(&fs::read(script).unwrap_or_default()).into_owned();
    phase::of(script).is_some() || text.lines().take(5).any(|line| line.starts_with("# differs:"))
}

fn check(script: &Path, version: &str) -> Result<(), String> {
    let arguments = fs::read_to_string(script.with_extension("args")).unwrap_or_default();
    let mut command = command(version);
    command.current_dir(script.parent().expect("a golden script lies in a folder"));
    command.arg(script.file_name().expect("a golden script has a name")).args(arguments.lines());
    let output = process::run(&mut command, LIMIT)?;
    let expected = fs::read(script.with_extension("out")).map_err(|error| error.to_string())?;
    if output.stdout != expected {
        return Err(diff::difference(&expected, &output.stdout));
    }
    let last = |text: &[u8]| String::from_utf8_lossy(text).trim_end().lines().last().unwrap_or("").to_string();
    // CPython draws a group as a tree, whose last line is a frame: there the group's own line counts.
    let is_told = |line: &str| {
        let ends = last(&output.stderr);
        let is_tree = ends.trim_start().starts_with("+---");
        ends == line || is_tree && String::from_utf8_lossy(&output.stderr).lines().any(|other| other.ends_with(line))
    };
    match fs::read(script.with_extension("err")) {
        Ok(stderr) if !is_told(&last(&stderr)) => {
            Err(format!("stderr ends with\n  {}\nnot with\n  {}", last(&output.stderr), last(&stderr)))
        }
        _ => Ok(()),
    }
}

//! Feeds scripts spoilt at random to the binary for as long as it is told:
//!
//!     AIO_FUZZ_SECONDS=600 cargo test --release --test mutate -- --ignored --nocapture
//!
//! Each run has a memory limit and five seconds. Ending by a signal or in a panic is a fault; the script that
//! did it is kept, and its seed printed. `AIO_FUZZ_SEED` says where to begin (0).

#[path = "support/crash.rs"]
mod crash;
#[path = "support/files.rs"]
mod files;
#[path = "support/mutation.rs"]
mod mutation;
#[path = "support/process.rs"]
mod process;
#[path = "support/random.rs"]
mod random;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mutation::mutate;
use random::Random;

/// What one run may take.
const LIMIT: Duration = Duration::from_secs(5);

/// What one run may map, in KiB.
const MEMORY: u32 = 1 << 20;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum End {
    /// With a status of its own.
    Status,
    /// It was killed at the time limit: a loop without an end.
    TimedOut,
    /// It was refused memory where Rust cannot report it but by ending the process.
    OutOfMemory,
    /// By a signal or in a panic.
    Crashed,
}

#[test]
#[ignore = "runs for AIO_FUZZ_SECONDS"]
fn spoilt_scripts_never_crash() {
    let number = |name: &str, otherwise| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise);
    let (seconds, first) = (number("AIO_FUZZ_SECONDS", 60), number("AIO_FUZZ_SEED", 0));
    let corpus = corpus();
    let (seed, end) = (AtomicU64::new(first), Instant::now() + Duration::from_secs(seconds));
    let tally: Mutex<BTreeMap<End, u64>> = Mutex::default();
    let faults: Mutex<BTreeMap<String, String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while Instant::now() < end {
                    let seed = seed.fetch_add(1, Ordering::Relaxed);
                    let (end, what) = try_one(&corpus, seed);
                    *tally.lock().expect("nothing panics under this lock").entry(end).or_default() += 1;
                    if end == End::Crashed {
                        // One script for each way of crashing is enough to read.
                        let known = &mut *faults.lock().expect("nothing panics under this lock");
                        known.entry(what).or_insert_with_key(|what| {
                            println!("seed {seed}: {what}");
                            format!("mutant_{seed}.aio")
                        });
                    }
                }
            });
        }
    });
    let tally = tally.into_inner().expect("nothing panics under this lock");
    let faults = faults.into_inner().expect("nothing panics under this lock");
    println!("{} scripts in {seconds} s: {tally:?}", tally.values().sum::<u64>());
    assert!(
        faults.is_empty(),
        "{} kinds of crash, scripts in {}: {faults:#?}",
        faults.len(),
        env!("CARGO_TARGET_TMPDIR")
    );
}

/// All the scripts there are: goldens, examples, and the documents' where they are at hand.
fn corpus() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/golden", "examples", "../shared/documents/cases"];
    let paths = folders.iter().flat_map(|folder| files::find(&root.join(folder), "aio"));
    let corpus: Vec<Vec<u8>> = paths.filter_map(|path| fs::read(path).ok()).collect();
    assert!(!corpus.is_empty(), "there are scripts to spoil");
    corpus
}

/// Runs the mutant of `seed`; says how it ended, and for a crash what was said.
fn try_one(corpus: &[Vec<u8>], seed: u64) -> (End, String) {
    let script = mutate(corpus, &mut Random::new(seed));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mutant_{seed}.aio"));
    fs::write(&path, &script).expect("the target folder can be written");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {MEMORY}; ulimit -c 0; exec \"$0\" \"$@\"")]);
    command.args([env!("CARGO_BIN_EXE_aio"), "--virtual-time"]).arg(&path).current_dir(env!("CARGO_TARGET_TMPDIR"));
    let (end, what) = match process::run(&mut command, LIMIT) {
        Err(_) => (End::TimedOut, String::new()),
        Ok(output) => judge(&output),
    };
    if end != End::Crashed {
        // What cannot be removed is overwritten by the next run.
        let _ = fs::remove_file(&path);
    }
    (end, what)
}

fn judge(output: &Output) -> (End, String) {
    match crash::of(output) {
        None => (End::Status, String::new()),
        Some(what) if what.contains("memory allocation of") => (End::OutOfMemory, String::new()),
        Some(what) => (End::Crashed, what),
    }
}

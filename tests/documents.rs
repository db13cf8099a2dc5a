//! Runs every script of the five documents about asyncio (`../shared/documents`, not part of this repository;
//! skipped where it is missing) and compares with the transcript its manifest names.
//!
//! In virtual time, and three of them in real time; `AIO_REAL_TIME=1` runs all of them in real time, and holds
//! them to the seconds they should sleep.

#[path = "support/conversation.rs"]
mod conversation;
#[path = "support/diff.rs"]
mod diff;
#[path = "support/harness.rs"]
mod harness;
#[path = "support/process.rs"]
mod process;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use harness::Case;

/// How many run side by side: they sleep, mostly.
const THREADS: usize = 16;

/// How many run in real time without being asked to.
const REAL_SAMPLES: usize = 3;

/// What a run may take beyond the seconds it sleeps, on a machine that is busy with the others.
const SLACK: Duration = Duration::from_millis(1500);

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/documents");
    let Ok(manifest) = fs::read_to_string(folder.join("cases.toml")) else {
        return harness::run("documents", Vec::new(), &["all: no ../shared/documents beside this checkout".into()], 1);
    };
    let manifest: toml::Table = manifest.parse().expect("the manifest is TOML");
    let documents: Vec<Document> = manifest["case"]
        .as_array()
        .expect("the manifest has a table for each case")
        .iter()
        .map(|case| Document::new(case.as_table().expect("a case is a table"), &folder))
        .collect();
    let (scripts, transcripts): (Vec<_>, Vec<_>) =
        documents.into_iter().partition(|case| case.script.extension().is_some_and(|e| e == "aio"));
    let all_real = std::env::var_os("AIO_REAL_TIME").is_some();
    let mut samples = REAL_SAMPLES;
    let mut cases = Vec::new();
    for document in transcripts {
        cases.push(Case { name: document.id.clone(), run: Box::new(move || document.replay()) });
    }
    for document in scripts {
        let short = document.seconds > 0.0 && document.seconds <= 1.0 && samples > 0;
        if all_real || short {
            samples = samples.saturating_sub(1);
            let real = document.clone();
            let name = format!("{} in real time", real.id);
            cases.push(Case { name, run: Box::new(move || real.check(Clock::Real)) });
        }
        if !all_real {
            cases.push(Case { name: document.id.clone(), run: Box::new(move || document.check(Clock::Virtual)) });
        }
    }
    harness::run("documents", cases, &[], THREADS)
}

#[derive(Clone, Copy, PartialEq)]
enum Clock {
    Real,
    Virtual,
}

/// How stdout is compared.
#[derive(Clone)]
enum Shape {
    /// Byte for byte, white space at the ends of lines aside.
    Exact,
    /// Addresses and clock stamps replaced, the seconds between stamps within one of the expected.
    Pattern,
    /// The first `head` lines exact, the others in any order.
    Sorted { head: usize },
    /// The whole matches a regular expression.
    Regex(String),
}

#[derive(Clone)]
struct Document {
    id: String,
    script: PathBuf,
    expected: String,
    shape: Shape,
    fails: bool,
    error: Option<String>,
    stderr_has: Vec<String>,
    /// What it sleeps in real time.
    seconds: f64,
}

impl Document {
    fn new(case: &toml::Table, folder: &Path) -> Document {
        let text = |key: &str| case.get(key).and_then(|value| value.as_str()).unwrap_or("").to_string();
        let script = folder.join(text("file"));
        let golden = script.with_extension(if text("expect") == "document" { "out" } else { "cpython" });
        let shape = match (text("stdout").as_str(), text("shape").strip_prefix("regex:")) {
            ("exact", _) => Shape::Exact,
            ("pattern", _) => Shape::Pattern,
            (_, Some(regex)) => Shape::Regex(regex.to_string()),
            _ => Shape::Sorted { head: case.get("head").and_then(|v| v.as_integer()).unwrap_or(0) as usize },
        };
        let stderr_has = case.get("stderr_has").and_then(|value| value.as_array()).into_iter().flatten();
        Document {
            id: text("id"),
            expected: fs::read_to_string(&golden).unwrap_or_else(|e| panic!("{}: {e}", golden.display())),
            script,
            shape,
            fails: case.get("exit").and_then(|value| value.as_integer()).unwrap_or(0) != 0,
            error: case.get("error").and_then(|value| value.as_str()).map(str::to_string),
            stderr_has: stderr_has.filter_map(|value| value.as_str()).map(str::to_string).collect(),
            seconds: case.get("seconds").and_then(|value| value.as_float()).unwrap_or(0.0),
        }
    }

    /// Feeds a transcript's lines to the prompt over a pipe and compares what comes back.
    fn replay(&self) -> Result<(), String> {
        let transcript = fs::read_to_string(&self.script).map_err(|error| error.to_string())?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
        command.args(["repl", "--virtual-time"]);
        let printed = conversation::hold(&mut command, &typed(&transcript), Duration::from_secs(30))?;
        match self.shape.unlike(&answers(&self.expected), &answers(&printed)) {
            None => Ok(()),
            Some(fault) => Err(format!("{fault}\nall of it:\n{printed}")),
        }
    }

    fn check(&self, clock: Clock) -> Result<(), String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
        command.current_dir(self.script.parent().expect("a case lies in a folder"));
        if clock == Clock::Virtual {
            command.arg("--virtual-time");
        }
        command.arg(self.script.file_name().expect("a case is a file"));
        let start = Instant::now();
        let output = process::run(&mut command, Duration::from_secs_f64(self.seconds) + Duration::from_secs(30))?;
        let took = start.elapsed();
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let mut faults = Vec::new();
        match output.status.code() {
            Some(0 | 1) if output.status.success() != self.fails => {}
            _ => faults.push(format!("{}, stderr:\n{}", output.status, stderr.trim_end())),
        }
        faults.extend(self.shape.unlike(&self.expected, &stdout));
        if let Some(error) = &self.error
            && !stderr.lines().any(|line| line.starts_with(error.as_str()))
        {
            faults.push(format!("no line of stderr begins with {error:?}:\n{}", stderr.trim_end()));
        }
        for text in self.stderr_has.iter().filter(|text| !stderr.contains(text.as_str())) {
            faults.push(format!("stderr lacks {text:?}:\n{}", stderr.trim_end()));
        }
        let sleeps = if clock == Clock::Real { self.seconds } else { 0.0 };
        if took > Duration::from_secs_f64(sleeps) + SLACK {
            faults.push(format!("took {took:?} where it sleeps {sleeps} s: in sequence what belongs side by side?"));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
    }
}

impl Shape {
    /// How `printed` differs from `expected`.
    fn unlike(&self, expected: &str, printed: &str) -> Option<String> {
        let (expected, actual) = match self {
            Shape::Exact => (trimmed(expected), trimmed(printed)),
            Shape::Pattern => {
                let (expected, then) = without_stamps(&trimmed(expected));
                let (actual, now) = without_stamps(&trimmed(printed));
                let steps = |stamps: &[i64]| -> Vec<i64> { stamps.windows(2).map(|w| (w[1] - w[0]) % 86400).collect() };
                let (then, now) = (steps(&then), steps(&now));
                if expected == actual && then.iter().zip(&now).any(|(a, b)| (a - b).abs() > 1) {
                    return Some(format!("seconds from stamp to stamp are {now:?}, not {then:?}"));
                }
                (expected, actual)
            }
            Shape::Sorted { head } => (sorted_after(&trimmed(expected), *head), sorted_after(&trimmed(printed), *head)),
            Shape::Regex(regex) => {
                let regex =
                    regex_lite::Regex::new(&format!("^(?:{regex})$")).expect("the manifest's patterns are valid");
                return (!regex.is_match(printed)).then(|| format!("stdout does not match {regex}:\n{printed}"));
            }
        };
        (expected != actual).then(|| format!("stdout, {}", diff::difference(expected.as_bytes(), actual.as_bytes())))
    }
}

/// What a transcript's user typed: its lines behind prompts, an empty one to close each block.
fn typed(transcript: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut in_block = false;
    for line in transcript.lines() {
        let continued = line.strip_prefix("...");
        if in_block && continued.is_none() {
            lines.push("");
        }
        in_block = continued.is_some();
        if let Some(rest) = continued.or_else(|| line.strip_prefix(">>>")) {
            lines.push(rest.strip_prefix(' ').unwrap_or(rest));
        }
    }
    lines.join("\n") + "\n\n"
}

/// What a prompt answered: without prompts, warnings, frames of tracebacks and empty lines, as the cases' README says.
fn answers(printed: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut frames = false;
    for line in printed.lines() {
        let mut line = line;
        while let Some(rest) = [">>>", "..."].iter().find_map(|prompt| line.strip_prefix(prompt)) {
            line = rest.trim_start();
        }
        frames = frames && line.starts_with(' ');
        let warns = line.contains("Warning: ") || line.starts_with("  ");
        if !frames && !warns && !line.trim().is_empty() {
            kept.push(line);
        }
        frames = frames || line.starts_with("Traceback");
    }
    kept.join("\n") + "\n"
}

/// Without white space at the ends of lines and of the text.
fn trimmed(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

fn sorted_after(text: &str, head: usize) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let head = head.min(lines.len());
    lines[head..].sort_unstable();
    lines.join("\n") + "\n"
}

/// Clock stamps (with the date of `ctime` before them and its year after) and addresses replaced by words, and
/// the stamps as seconds since midnight.
fn without_stamps(text: &str) -> (String, Vec<i64>) {
    let clock = regex_lite::Regex::new(r"(?:\w{3} \w{3} [ \d]\d )?(\d\d):(\d\d):(\d\d)(?: \d{4})?").expect("valid");
    let address = regex_lite::Regex::new("0x[0-9a-fA-F]+").expect("valid");
    let mut stamps = Vec::new();
    for stamp in clock.captures_iter(text) {
        let part = |i: usize| stamp[i].parse::<i64>().expect("two digits");
        stamps.push(part(1) * 3600 + part(2) * 60 + part(3));
    }
    let text = clock.replace_all(text, "<clock>");
    (address.replace_all(&text, "<address>").into_owned(), stamps)
}

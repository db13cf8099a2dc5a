//! Runs the scripts that are tests, in virtual time, and compares what they print byte for byte:
//!
//! - `tests/golden/**/NAME.aio` against `NAME.out`; stderr against `NAME.err` where that stands (in `errors/` it
//!   must), the exit status against `NAME.exit` (0 without one). `NAME.args` holds arguments, one a line.
//!   Under `tokens/`, `ast/` and `code/` it is `aio dump` of that phase that prints, under `check/` it is `aio check`. A first line
//!   `# aio: errors=report` asks for the report in place of the traceback.
//! - `examples/*.aio`: against `.out` where that stands; exit status 0.
//! - Every block of `docs/*.md` and `README.md` fenced as `aio` or `python`: exit status 0, or 1 when marked
//!   `fails`; a fenced `text` or `output` block close below holds what it must print. `no-run` leaves one out.
//!
//! `AIO_BLESS=1` rewrites the files of what does not match. A filter is a part of a name, as in
//! `cargo test --test golden -- errors/`.

#[path = "support/diff.rs"]
mod diff;
#[path = "support/files.rs"]
mod files;
#[path = "support/harness.rs"]
mod harness;
#[path = "support/phase.rs"]
mod phase;
#[path = "support/process.rs"]
mod process;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::time::Duration;

use harness::Case;

const LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases = Vec::new();
    let golden = root.join("tests/golden");
    for script in files::find(&golden, "aio") {
        // Imported by the goldens beside them; not programs of their own.
        if script.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lib_")) {
            continue;
        }
        cases.push(Case { name: name_of(&script, &golden), run: Box::new(move || check_golden(&script)) });
    }
    for script in files::find(&root.join("examples"), "aio") {
        cases.push(Case { name: name_of(&script, root), run: Box::new(move || check_example(&script)) });
    }
    let mut documents = files::find(&root.join("docs"), "md");
    documents.push(root.join("README.md"));
    for document in documents.iter().filter(|path| path.exists()) {
        let text = fs::read_to_string(document).expect("a document of the project is UTF-8");
        for block in blocks(&text) {
            let name = format!("{}:{}", name_of(document, root), block.line);
            cases.push(Case { name: name.clone(), run: Box::new(move || check_block(&name, &block)) });
        }
    }
    harness::run("golden", cases, &[], 2)
}

fn name_of(path: &Path, root: &Path) -> String {
    let path = if path.extension().is_some_and(|e| e == "aio") { path.with_extension("") } else { path.to_path_buf() };
    path.strip_prefix(root).unwrap_or(&path).display().to_string()
}

/// The binary, with what a run must not depend on held fixed.
fn aio(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    command.current_dir(folder).env("TZ", "UTC").env("NO_COLOR", "1").env("COLUMNS", "100");
    command
}

/// How a golden script is run: under its bare name, so that tracebacks are the same everywhere.
fn golden_command(script: &Path, text: &str) -> Command {
    let folder = script.parent().expect("a golden script lies in a folder");
    let mut command = aio(folder);
    let phase = phase::of(script);
    if phase == Some("check") {
        command.arg("check");
    } else if let Some(phase) = phase {
        command.args(["dump", phase]);
    } else {
        let report = text.lines().next().is_some_and(|line| line.trim() == "# aio: errors=report");
        command.args(["--virtual-time", "--errors", if report { "report" } else { "traceback" }]);
    }
    command.arg(script.file_name().expect("a golden script has a name"));
    let arguments = fs::read_to_string(script.with_extension("args")).unwrap_or_default();
    command.args(arguments.lines());
    command
}

fn check_golden(script: &Path) -> Result<(), String> {
    let text = String::from_utf8_lossy(&fs::read(script).map_err(|e| e.to_string())?).into_owned();
    let output = process::run(&mut golden_command(script, &text), LIMIT)?;
    let status = if phase::of(script) == Some("check") { Some(0) } else { output.status.code() };
    let status = status.ok_or_else(|| format!("{}: {}", output.status, tail(&output.stderr)))?;
    let wants_err = script.with_extension("err").exists() || phase::lies_in(script, "errors");
    let exit = format!("{status}\n");
    let expected_exit = read_or(script.with_extension("exit"), b"0\n");
    let mut faults = Vec::new();
    if expected_exit.trim_ascii() != exit.trim().as_bytes() {
        let expected = String::from_utf8_lossy(&expected_exit).trim().to_string();
        faults.push(format!("exit status {status}, not {expected}: {}", tail(&output.stderr)));
    }
    faults.extend(unlike(script.with_extension("out"), &output.stdout, "stdout"));
    if wants_err {
        faults.extend(unlike(script.with_extension("err"), &output.stderr, "stderr"));
    }
    if faults.is_empty() {
        return Ok(());
    }
    if std::env::var_os("AIO_BLESS").is_some() {
        return bless(script, &output, status, wants_err).map_err(|error| format!("cannot bless: {error}"));
    }
    Err(faults.join("\n"))
}

fn check_example(script: &Path) -> Result<(), String> {
    let output = process::run(
        aio(script.parent().expect("an example lies in a folder")).arg("--virtual-time").arg(script),
        LIMIT,
    )?;
    if !output.status.success() {
        return Err(format!("{}: {}", output.status, tail(&output.stderr)));
    }
    let out = script.with_extension("out");
    if !out.exists() {
        return Ok(());
    }
    match unlike(out, &output.stdout, "stdout") {
        Some(_) if std::env::var_os("AIO_BLESS").is_some() => {
            bless(script, &output, 0, false).map_err(|error| format!("cannot bless: {error}"))
        }
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}

fn read_or(path: PathBuf, otherwise: &[u8]) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|_| otherwise.to_vec())
}

/// How `printed` differs from what the file holds; a missing file is no output.
fn unlike(path: PathBuf, printed: &[u8], stream: &str) -> Option<String> {
    let expected = read_or(path, b"");
    (expected != printed).then(|| format!("{stream}, {}", diff::difference(&expected, printed)))
}

fn bless(script: &Path, output: &Output, status: i32, wants_err: bool) -> std::io::Result<()> {
    fs::write(script.with_extension("out"), &output.stdout)?;
    if wants_err || status != 0 {
        fs::write(script.with_extension("err"), &output.stderr)?;
    }
    let exit = script.with_extension("exit");
    match status {
        0 if exit.exists() => fs::remove_file(exit),
        0 => Ok(()),
        _ => fs::write(exit, format!("{status}\n")),
    }
}

/// The last lines of an error stream, for a message.
fn tail(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(6)..].join("\n")
}

/// A script in a document.
struct Block {
    /// Where its fence stands, counted from 1.
    line: usize,
    script: String,
    fails: bool,
    prints: Option<String>,
}

/// The scripts of a document, each with the output below it: the next fenced block, when it is marked `text`
/// or `output` and at most one line of prose stands between.
fn blocks(document: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut prose = usize::MAX;
    let mut lines = document.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.trim_start().strip_prefix("```") else {
            prose = prose.saturating_add(usize::from(!line.trim().is_empty()));
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let body: String = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| line.trim() != "```")
            .map(|line| line.get(indent..).unwrap_or("").to_string() + "\n")
            .collect();
        let words: Vec<&str> = info.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        match words.first() {
            Some(&("aio" | "python")) if !words.contains(&"no-run") => {
                let fails = words.contains(&"fails");
                blocks.push(Block { line: number + 1, script: body, fails, prints: None });
                prose = 0;
            }
            Some(&("text" | "output")) if prose <= 1 => {
                if let Some(block) = blocks.last_mut() {
                    block.prints = Some(body);
                }
                prose = usize::MAX;
            }
            _ => prose = usize::MAX,
        }
    }
    blocks
}

fn check_block(name: &str, block: &Block) -> Result<(), String> {
    let file = name.replace(['/', ':', '.'], "_") + ".aio";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::write(folder.join(&file), &block.script).map_err(|error| error.to_string())?;
    let output = process::run(aio(folder).args(["--virtual-time", "--errors", "traceback", &file]), LIMIT)?;
    if output.status.code() != Some(i32::from(block.fails)) {
        return Err(format!("{}: {}", output.status, tail(&output.stderr)));
    }
    let Some(expected) = &block.prints else { return Ok(()) };
    let mut printed = output.stdout;
    if block.fails {
        printed.extend(output.stderr);
    }
    if printed.trim_ascii_end() == expected.as_bytes().trim_ascii_end() {
        return Ok(());
    }
    Err(diff::difference(expected.as_bytes(), &printed))
}

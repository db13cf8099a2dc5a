//! Golden scripts: `x.aio` with what it must print in `x.out`; `x.err` for standard error, `x.exit` for the exit status,
//! `x.args` for arguments, one a line, `x.in` for standard input.
//!
//! Words behind `# aio:` in a script's first line: `errors=report` prints errors as reports, `leaks=expected` allows
//! coroutines that are never awaited and exceptions that nobody looks at.
//!
//! A file `.aiotest` in the folder, or in one above it, says that its scripts are shown instead of run: `dump tokens`,
//! `dump ast`, `dump code` or `check`.

use std::path::{Path, PathBuf};

use super::Manner;
use super::outcome::{Blessing, New, Outcome, text};
use super::watchdog::Watchdog;
use crate::engine::dump::{self, Phase};
use crate::engine::{Engine, ErrorForm, Options, Text, files};
use crate::interp::leaks::Leak;
use crate::report;

pub struct Golden {
    script: PathBuf,
}

/// What is done with a script.
enum Way {
    Run,
    Dump(Phase),
    Check,
}

/// What a script gave.
struct Printed {
    status: i32,
    out: String,
    err: String,
    leaks: Vec<(Leak, String)>,
}

impl Golden {
    pub fn new(script: &Path) -> Golden {
        Golden { script: script.to_owned() }
    }

    /// Whether anything beside the script says what it must give.
    pub fn has_expectations(script: &Path) -> bool {
        let beside = ["out", "err", "exit"].iter().any(|extension| script.with_extension(extension).is_file());
        beside || matches!(way(script), Ok(Way::Dump(_) | Way::Check))
    }

    pub fn run(&self, manner: Manner, watchdog: &Watchdog) -> Outcome {
        let mut outcome = Outcome::default();
        let (read, way) = match (files::read(&self.script), way(&self.script)) {
            (Ok(read), Ok(way)) => (read, way),
            (Err(message), _) => {
                outcome.says(message);
                return outcome;
            }
            (_, Err(_)) => {
                outcome.says("the .aiotest beside it cannot be read");
                return outcome;
            }
        };
        let printed = match way {
            Way::Run => self.printed(read, manner, watchdog),
            Way::Dump(phase) => self.dumped(phase, read),
            Way::Check => self.checked(read),
        };
        self.compare(&printed, manner, &mut outcome);
        outcome
    }

    fn beside(&self, extension: &str) -> Option<String> {
        std::fs::read(self.script.with_extension(extension)).ok().map(text)
    }

    fn shown_name(&self) -> String {
        self.script.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    fn printed(&self, read: Text, manner: Manner, watchdog: &Watchdog) -> Printed {
        let name = self.shown_name();
        let errors = if asks_for(&read, "errors=report") { ErrorForm::Report } else { ErrorForm::Traceback };
        let expects_leaks = asks_for(&read, "leaks=expected");
        let arguments = self.beside("args").unwrap_or_default();
        let engine = Engine::new(Options {
            virtual_time: manner.virtual_time,
            argv: std::iter::once(name.clone()).chain(arguments.lines().map(str::to_owned)).collect(),
            folder: self.script.parent().map(Path::to_path_buf),
            errors,
            ..Options::default()
        });
        engine.streams().set_input(self.beside("in").unwrap_or_default().into_bytes());
        let leaks = engine.vm().watch_leaks();
        let watched = watchdog.watch(&engine.interrupt(), manner.timeout);
        let (status, out, err) = engine.collecting(|| engine.run_read(&name, read, &self.script));
        drop(watched);
        let leaks = if expects_leaks { Vec::new() } else { leaks.take() };
        // As if the script had been run where it lies.
        let folder = self.script.parent().map(|folder| format!("{}/", folder.display())).filter(|folder| folder != "/");
        let [out, err] = [out, err].map(|bytes| match &folder {
            Some(folder) => text(bytes).replace(folder.as_str(), ""),
            None => text(bytes),
        });
        Printed { status, out, err, leaks }
    }

    fn dumped(&self, phase: Phase, read: Text) -> Printed {
        match dump::dump(phase, &self.shown_name(), read) {
            Ok(out) => Printed { status: 0, out, err: String::new(), leaks: Vec::new() },
            Err((source, errors)) => {
                let err = report::syntax::traceback(&source, &errors);
                Printed { status: 1, out: String::new(), err, leaks: Vec::new() }
            }
        }
    }

    fn checked(&self, read: Text) -> Printed {
        let out = crate::check::check_text(&self.shown_name(), read);
        Printed { status: 0, out, err: String::new(), leaks: Vec::new() }
    }

    fn compare(&self, printed: &Printed, manner: Manner, outcome: &mut Outcome) {
        let wants_err = self.beside("err");
        let status = self.beside("exit").and_then(|exit| exit.trim().parse().ok()).unwrap_or(0);
        let has_out = self.beside("out");
        let has_expectations = Golden::has_expectations(&self.script);
        let fits_out = !has_expectations || outcome.compare("stdout", has_out.as_deref().unwrap_or(""), &printed.out);
        let fits_err = match &wants_err {
            Some(expected) => outcome.compare("stderr", expected, &printed.err),
            // What a script complains about on the side must be expected too.
            None => {
                outcome.leaks(printed.leaks.clone(), true);
                true
            }
        };
        let fits_status = printed.status == status;
        if !fits_status {
            let tail: Vec<&str> = printed.err.trim_end().lines().rev().take(12).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            outcome.says(
                format!("exit status {}, not {status}\n{}", printed.status, tail.join("\n")).trim_end().to_owned(),
            );
        }
        if manner.bless && has_expectations && !(fits_out && fits_err && fits_status) {
            let mut new = |extension: &str, text: Option<String>| {
                let file = self.script.with_extension(extension);
                outcome.blessings.push(Blessing { file, what: New::Contents(text) });
            };
            new("out", Some(printed.out.clone()));
            if wants_err.is_some() || printed.status != 0 {
                new("err", Some(printed.err.clone()));
            }
            new("exit", (printed.status != 0).then(|| format!("{}\n", printed.status)));
        }
    }
}

/// Whether the first line of a script has a word behind `# aio:`.
fn asks_for(read: &Text, word: &str) -> bool {
    let Text::Valid(text) = read else { return false };
    let said = text.lines().next().and_then(|line| line.split_once("# aio:"));
    said.is_some_and(|(_, words)| words.split_whitespace().any(|said| said == word))
}

/// What the nearest `.aiotest` says; `Err` for words that mean nothing.
fn way(script: &Path) -> Result<Way, ()> {
    for folder in script.ancestors().skip(1) {
        let Ok(said) = std::fs::read_to_string(folder.join(".aiotest")) else { continue };
        let words: Vec<&str> = said.split_whitespace().collect();
        return match words.as_slice() {
            ["run"] => Ok(Way::Run),
            ["check"] => Ok(Way::Check),
            ["dump", phase] => Phase::named(phase).map(Way::Dump).ok_or(()),
            _ => Err(()),
        };
    }
    Ok(Way::Run)
}

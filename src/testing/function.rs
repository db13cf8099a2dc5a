//! Test functions: `test_*`, plain and async, at the top level of a file `test_*.aio`. Each runs in a module of its own.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::Manner;
use super::asserts;
use super::discover::{Kind, Test};
use super::outcome::{Fault, Outcome, text};
use super::watchdog::Watchdog;
use crate::engine::trial::Sides;
use crate::engine::{Engine, ErrorForm, Options, Text, files};
use crate::report;
use crate::source::Source;
use crate::syntax::ast::StmtKind;
use crate::syntax::parse_module;

/// How much is shown of what an assertion says, and of a value that it compared.
const WIDEST_TEXT: usize = 60;
const WIDEST_VALUE: usize = 2_000;

pub struct Function {
    path: PathBuf,
    /// The file's name as reports show it.
    shown: String,
    name: String,
}

/// The test functions of a file; one broken test when it cannot be read.
pub fn tests(path: &Path, shown: &str) -> Vec<Test> {
    let broken = |message: String| vec![Test { name: shown.to_owned(), kind: Kind::Broken(message) }];
    let read = match files::read(path) {
        Ok(Text::Valid(text)) => text,
        Ok(Text::Invalid(_, error)) => return broken(error.message.to_string()),
        Err(message) => return broken(message),
    };
    let source = Source::new(shown, read);
    let module = match parse_module(&source) {
        Ok(module) => module,
        Err(errors) => return broken(report::syntax::traceback(&source, &errors)),
    };
    let names = module.body.iter().filter_map(|statement| match &statement.kind {
        StmtKind::FunctionDef(def) if def.name.as_str().starts_with("test_") => {
            Some((def.name.as_str(), source.line_of(def.name_span.start)))
        }
        _ => None,
    });
    let function = |name: &str| Function { path: path.to_owned(), shown: shown.to_owned(), name: name.to_owned() };
    let mut tests: Vec<Test> = Vec::new();
    let mut lines: FxHashMap<&str, u32> = FxHashMap::default();
    for (name, line) in names {
        let test = Test { name: format!("{shown}::{name}"), kind: Kind::Function(function(name)) };
        match lines.insert(name, line) {
            None => tests.push(test),
            // The first would never run, and nobody would know.
            Some(first) => {
                let message = format!("{name} is defined in line {first} and again in line {line}, which replaces it");
                let twice = tests.iter_mut().find(|test| test.name.ends_with(&format!("::{name}")));
                twice.into_iter().for_each(|test| test.kind = Kind::Broken(message.clone()));
            }
        }
    }
    tests
}

impl Function {
    pub fn run(&self, manner: Manner, watchdog: &Watchdog) -> Outcome {
        let mut outcome = Outcome::default();
        let Ok(Text::Valid(read)) = files::read(&self.path) else {
            outcome.says("cannot be read any more");
            return outcome;
        };
        let source = Source::new(self.shown.clone(), read);
        let Ok(mut module) = parse_module(&source) else {
            outcome.says("cannot be parsed any more");
            return outcome;
        };
        asserts::rewrite(&source, &mut module);
        let engine = Engine::new(Options {
            virtual_time: manner.virtual_time,
            argv: vec![self.shown.clone()],
            folder: self.path.parent().map(Path::to_path_buf),
            errors: ErrorForm::Report,
            ..Options::default()
        });
        engine.streams().set_input(Vec::new());
        let leaks = engine.vm().watch_leaks();
        let watched = watchdog.watch(&engine.interrupt(), manner.timeout);
        let (verdict, out, err) = engine.collecting(|| engine.try_function(&source, &module, &self.path, &self.name));
        if watched.was_too_long() {
            outcome.says(format!("ran longer than {} s", manner.timeout.as_secs_f64()));
        }
        if !verdict.passed {
            outcome.says(text(err).trim_end().to_owned());
            if let Some(sides) = verdict.sides {
                outcome.faults.extend(shown(&sides));
            }
            let out = text(out);
            if !out.trim().is_empty() {
                outcome.says(format!("it printed:\n{}", out.trim_end()));
            }
        }
        outcome.leaks(leaks.take(), false);
        outcome
    }
}

/// What a failed assertion compared.
fn shown(sides: &Sides) -> Option<Fault> {
    if let Some((left, right)) = &sides.texts
        && (left.contains('\n') || right.contains('\n'))
    {
        let what = format!("{} == {}", sides.values[0].0, sides.values[1].0);
        let ended = |text: &str| text.trim_end_matches('\n').to_owned() + "\n";
        return Some(Fault::Differs { what, expected: ended(right), printed: ended(left) });
    }
    let told = sides.values.iter().filter(|(text, shown)| text != shown);
    let told: Vec<(String, String)> =
        told.map(|(text, shown)| (cut(&in_a_line(text), WIDEST_TEXT), cut(shown, WIDEST_VALUE))).collect();
    let width = told.iter().map(|(text, _)| text.chars().count()).max().unwrap_or(0);
    let lines: Vec<String> = told.iter().map(|(text, shown)| format!("{text:<width$}  is  {shown}")).collect();
    (!lines.is_empty()).then(|| Fault::Says(lines.join("\n")))
}

/// A text, cut where it gets long.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// What stands in several lines of a script, in one.
fn in_a_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

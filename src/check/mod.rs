//! `aio check`: says what is wrong with programs without running them. A finding is reported only where it is certain.
//!
//! `walk` notes names and places once, as `facts`, of which `infer` knows what they mean; `names`, `awaits`,
//! `tasks` and `flow` are the rules; `show` prints.

mod awaits;
mod facts;
mod finding;
mod fix;
mod flow;
mod ignore;
mod infer;
mod known;
mod names;
mod scope;
mod show;
mod tasks;
mod walk;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::engine::{Text, files};
use crate::source::Source;
use crate::syntax::{SyntaxError, parse_module};
use crate::text::order;
use finding::Finding;
use known::Known;
pub use show::Format;

/// The codes of all checks, each with whether it is an error.
pub fn codes() -> impl Iterator<Item = (&'static str, bool)> {
    finding::Code::ALL.into_iter().map(|code| (code.name(), code.is_error()))
}

/// What is to be checked, and how.
pub struct Request {
    pub paths: Vec<PathBuf>,
    pub format: Format,
    /// Writes what is safe to change.
    pub fix: bool,
    pub colours: bool,
}

/// Checks files and folders: 0 when nothing was found, 1 when something was, 2 when something cannot be read.
pub fn run(request: &Request) -> i32 {
    let scripts = match scripts(&request.paths) {
        Ok(scripts) => scripts,
        Err(message) => {
            eprintln!("aio: {message}");
            return 2;
        }
    };
    let known = Known::new();
    let (mut checked, mut found, mut fixed, mut status) = (0, 0, 0, 0);
    for file in &scripts {
        let shown = file.strip_prefix("./").unwrap_or(file).display().to_string();
        let mut text = match files::read(Path::new(&shown)) {
            Ok(text) => text,
            Err(message) => {
                eprintln!("aio: {message}");
                status = 2;
                continue;
            }
        };
        if request.fix
            && let Text::Valid(before) = &text
        {
            let (after, count) = fix::repeatedly(&shown, before, &known);
            if count > 0 {
                // A mark at the front of the file belongs to no line: reading leaves it out.
                let mark = if files::has_mark(file) { "\u{feff}" } else { "" };
                if let Err(message) = files::write(file, format!("{mark}{after}")) {
                    eprintln!("aio: {message}");
                    status = 2;
                    continue;
                }
                fixed += count;
                text = Text::Valid(after);
            }
        }
        let (source, findings) = findings(&shown, text, &known);
        checked += 1;
        found += findings.len();
        print!("{}", show::render(&source, &findings, request.format, request.colours));
    }
    if request.format == Format::Text && checked > 0 {
        show::sum(checked, found, fixed);
    }
    if status == 0 { i32::from(found > 0) } else { status }
}

/// Checks one text: what is printed about it.
pub fn check_text(name: &str, text: Text) -> String {
    let (source, findings) = findings(name, text, &Known::new());
    show::render(&source, &findings, Format::Text, false)
}

/// All findings of a text that are not ignored, in order of their places.
fn findings(name: &str, text: Text, known: &Known) -> (Rc<Source>, Vec<Finding>) {
    let text = match text {
        Text::Valid(text) => text,
        Text::Invalid(text, error) => {
            let source = Source::new(name, text);
            return (source, vec![of_syntax(&error)]);
        }
    };
    let source = Source::new(name, text);
    let module = match parse_module(&source) {
        Ok(module) => module,
        Err(errors) => {
            let found = errors.iter().map(of_syntax).collect();
            return (source, found);
        }
    };
    // What only the compiler sees: `return` outside functions, names bound twice.
    let options = crate::compile::Options { top_level_await: true, ..Default::default() };
    if let Err(errors) = crate::compile::compile_module(&module, source.clone(), options) {
        let found = errors.iter().map(of_syntax).collect();
        return (source, found);
    }
    let facts = walk::walk(&source, &module);
    let mut found = flow::unreachable(&module);
    names::check(&facts, known, &mut found);
    let infer = infer::Inference::new(&facts, known);
    for site in &facts.sites {
        infer.of_coroutines(site, &mut found);
        infer.of_tasks(site, &mut found);
    }
    drop(infer);
    drop(facts);
    order::sort_by_key(&mut found, |finding| (finding.span.start, finding.span.end, finding.code));
    found.dedup();
    ignore::drop_ignored(&source, &mut found);
    (source, found)
}

fn of_syntax(error: &SyntaxError) -> Finding {
    let finding = Finding::new(finding::Code::SyntaxError, error.span, error.message.to_string());
    match &error.help {
        Some(help) => finding.help(help.to_string()),
        None => finding,
    }
}

/// The scripts in files and folders, in order.
fn scripts(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut scripts = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut below = files::below(path)?;
            below.retain(|file| file.extension().is_some_and(|extension| extension == "aio"));
            if below.is_empty() {
                return Err(format!(
                    "no scripts (*.aio) in '{}'; other files are checked when they are named",
                    path.display()
                ));
            }
            scripts.append(&mut below);
        } else if path.exists() {
            scripts.push(path.clone());
        } else {
            return Err(format!("can't open '{}': no such file or folder", path.display()));
        }
    }
    order::sort(&mut scripts);
    scripts.dedup();
    Ok(scripts)
}

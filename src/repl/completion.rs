//! What can stand where the cursor is: names, attributes, keywords, modules, commands. Runs no code.

use std::collections::BTreeSet;
use std::path::Path;

use super::commands::COMMANDS;
use crate::engine::Session;
use crate::modules::library;
use crate::text::order;

const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "case", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "match",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "type", "while", "with", "yield",
];

/// Where the word at the cursor begins, and what it may become, sorted.
pub fn complete(session: &Session, line: &str, cursor: usize) -> (usize, Vec<String>) {
    let before = &line[..cursor];
    if let Some(command) = before.strip_prefix(':') {
        return complete_command(command);
    }
    let start = before
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let word = &before[start..];
    let last_line = before.rsplit('\n').next().unwrap_or(before).trim_start();
    if let Some(found) = complete_import(session, last_line, word) {
        return (start + word.rfind('.').map_or(0, |at| at + 1), found);
    }
    let (path, prefix) = match word.rsplit_once('.') {
        Some((path, prefix)) => (path.split('.').collect(), prefix),
        None => (Vec::new(), word),
    };
    let mut names = session.names(&path);
    if path.is_empty() {
        names.extend(KEYWORDS.iter().map(|&word| word.to_owned()));
    }
    (cursor - prefix.len(), fitting(names, prefix))
}

/// Those that begin as what was typed; private ones only when asked for.
fn fitting(names: BTreeSet<String>, prefix: &str) -> Vec<String> {
    let hides = |name: &str| !prefix.starts_with('_') && name.starts_with('_');
    names.into_iter().filter(|name| name.starts_with(prefix) && !hides(name)).collect()
}

fn complete_command(text: &str) -> (usize, Vec<String>) {
    if let Some((command, prefix)) = text.split_once(' ') {
        let start = text.len() + 1 - prefix.len();
        return match command {
            "load" => (start, files(prefix)),
            "time" => (start, fitting(["real", "virtual"].map(str::to_owned).into(), prefix)),
            _ => (start, Vec::new()),
        };
    }
    (1, fitting(COMMANDS.iter().map(|command| command.name.to_owned()).collect(), text))
}

/// Files and folders that begin as a path does.
fn files(prefix: &str) -> Vec<String> {
    let (folder, _) = prefix.rsplit_once('/').map_or(("", prefix), |(folder, name)| (&prefix[..=folder.len()], name));
    let listed = std::fs::read_dir(if folder.is_empty() { Path::new(".") } else { Path::new(folder) });
    let mut names: Vec<String> = listed
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| {
            let slash = if entry.path().is_dir() { "/" } else { "" };
            format!("{folder}{}{slash}", entry.file_name().to_string_lossy())
        })
        .filter(|name| name.starts_with(prefix))
        .collect();
    order::sort(&mut names);
    names
}

/// After `import` and `from`: modules; after `from module import`: what is in it.
fn complete_import(session: &Session, line: &str, word: &str) -> Option<Vec<String>> {
    let (keyword, rest) = line.split_once(' ')?;
    match (keyword, rest.split_once(" import ")) {
        ("from", Some((module, _))) => {
            let module = module.trim();
            let path: Vec<&str> = module.split('.').collect();
            let mut names = session.module_names(module);
            names.extend(session.names(&path));
            Some(fitting(names, word))
        }
        ("import" | "from", None) => {
            let (parent, prefix) = word
                .rsplit_once('.')
                .map_or(("", word), |(parent, _)| (&word[..=parent.len()], &word[parent.len() + 1..]));
            let inside = modules().into_iter().filter_map(|name| name.strip_prefix(parent).map(str::to_owned));
            let first = inside.map(|name| name.split('.').next().unwrap_or("").to_owned());
            Some(fitting(first.collect(), prefix))
        }
        _ => None,
    }
}

/// Modules of our own and those that lie in the current folder.
fn modules() -> BTreeSet<String> {
    let beside = std::fs::read_dir(".").into_iter().flatten().flatten().filter_map(|entry| {
        let path = entry.path();
        let is_module = path.extension().is_some_and(|e| e == "aio" || e == "py");
        is_module.then(|| path.file_stem().map(|stem| stem.to_string_lossy().into_owned())).flatten()
    });
    library::names().map(str::to_owned).chain(beside).collect()
}

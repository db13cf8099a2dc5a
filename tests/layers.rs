//! The layers of `src/`: which folder may use which, and where each external crate lives. A file that reaches
//! up or across fails here, by name and line. The table is the one in `docs/architecture.md`.
//!
//! Reads the sources as text: a path counts wherever it stands, in tests as well as in the code.

use std::fs;
use std::path::{Path, PathBuf};

/// The whole of what lies below the top layer.
const BELOW: &[&str] = &[
    "modules",
    "report",
    "tasks",
    "interp",
    "compile",
    "object",
    "syntax",
    "code",
    "source",
    "intern",
    "event",
    "text",
    "allocator",
];

/// Folder or file under `src/`, and the others it may use; itself always.
const LAYERS: &[(&str, &[&str])] = &[
    // 6: argv to exit code
    ("main", &["aio", "engine", "cli", "repl", "allocator"]),
    ("cli", &["engine", "repl", "testing", "check", "trace"]),
    ("testing", &["engine", "check"]),
    ("trace", &["engine"]),
    ("repl", &["engine"]),
    ("check", &["engine"]),
    ("engine", &[]),
    // 5: what `import` gives, and what an error looks like
    ("modules", &["tasks", "interp", "object", "event", "intern", "text"]),
    ("report", &["compile", "syntax", "object", "source", "intern", "text"]),
    // 4: asyncio
    ("tasks", &["interp", "object", "event", "intern", "text"]),
    // 3: running
    ("interp", &["object", "code", "intern", "source", "text"]),
    // 2: translating, representing
    ("compile", &["syntax", "code", "source", "intern", "text"]),
    ("object", &["code", "event", "source", "intern", "text"]),
    // 1: reading
    ("syntax", &["source", "intern", "text"]),
    ("code", &["source", "intern", "text"]),
    // 0: nothing of ours
    ("allocator", &[]),
    ("source", &[]),
    ("intern", &[]),
    ("event", &[]),
    ("text", &[]),
];

/// The top layer, which may use all that is below it.
const TOP: &[&str] = &["main", "cli", "repl", "testing", "check", "trace", "engine"];

/// External crates and the one folder that may name them.
const HOMES: &[(&str, &str)] = &[
    ("logos", "syntax"),
    ("lalrpop_util", "syntax"),
    ("unicode_normalization", "syntax"),
    ("miette", "report"),
    ("rustyline", "repl"),
    ("miniz_oxide", "text"),
    ("mio", "event"),
    ("clap", "cli"),
    ("similar", "testing"),
];

#[test]
fn every_file_keeps_to_its_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut offences = Vec::new();
    for file in rust_files(&root) {
        let path = file.strip_prefix(&root).expect("rust_files lists what is under the root");
        let Some(layer) = layer_of(path) else { continue };
        let text = without_comments(&fs::read_to_string(&file).expect("a listed source can be read"));
        for (at, fault) in faults(layer, &text) {
            let line = text[..at].matches('\n').count() + 1;
            offences.push(format!("src/{}:{line}: {fault}", path.display()));
        }
    }
    assert!(offences.is_empty(), "{} forbidden paths\n{}", offences.len(), offences.join("\n"));
}

#[test]
fn the_check_sees_what_it_should() {
    let seen = |layer, text: &str| faults(layer, &without_comments(text)).len();
    assert_eq!(seen("syntax", "use crate::interp::Vm;"), 1);
    assert_eq!(seen("syntax", "use crate::{source::Span, intern::{Symbol, sym}, object};"), 1);
    assert_eq!(
        seen("syntax", "use crate::{\n    code::{self},\n    tasks::Task,\n};\nfn f(x: crate::syntax::Ast) {}"),
        2
    );
    assert_eq!(seen("syntax", "// use crate::interp::Vm;\nuse crate::source::Span;"), 0);
    assert_eq!(seen("cli", "use crate::interp::Vm; use crate::engine::run;"), 0);
    assert_eq!(seen("tasks", "pub(crate) fn f() {} crate::a_macro!();"), 0);
    assert_eq!(seen("source", "use miette::SourceCode;\nuse clap::{Parser};"), 2);
    assert_eq!(seen("event", "use mio::Poll; let a = my_clap::b();"), 0);
    assert_eq!(seen("object", "use crate::nowhere::Thing;"), 1);
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("src/ can be listed") {
        let path = entry.expect("src/ can be listed").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The folder or root file that `path` (relative to `src/`) belongs to; `None` for the crate's root itself.
fn layer_of(path: &Path) -> Option<&str> {
    let first = path.iter().next().and_then(|part| part.to_str()).expect("a source has an ASCII name");
    let layer = first.strip_suffix(".rs").unwrap_or(first);
    (layer != "lib").then_some(layer)
}

/// The text with comments blanked out, so that places stay where they are.
fn without_comments(text: &str) -> String {
    let blank = |line: &str| match line.find("//") {
        Some(at) if !line[..at].ends_with(':') => line[..at].to_string() + "\n",
        _ => line.to_string(),
    };
    text.split_inclusive('\n').map(blank).collect()
}

/// Where `text`, a file of `layer`, names what it must not, and why not.
fn faults(layer: &str, text: &str) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return vec![(0, format!("`{layer}` is in no layer"))];
    };
    for (at, name) in crate_paths(text) {
        let below = TOP.contains(&layer) && BELOW.contains(&name);
        if name != layer && !below && !allowed.contains(&name) {
            faults.push((at, format!("`{layer}` must not use `crate::{name}`")));
        }
    }
    for (external, home) in HOMES {
        for (at, _) in text.match_indices(&format!("{external}::")) {
            if layer != *home && !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                faults.push((at, format!("the crate `{external}` belongs to `{home}/`")));
            }
        }
    }
    faults
}

/// The first names of all paths that begin with `crate::`, groups in braces taken apart; macros aside.
fn crate_paths(text: &str) -> Vec<(usize, &str)> {
    let mut paths = Vec::new();
    for (at, prefix) in text.match_indices("crate::") {
        let rest = &text[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let (mut depth, mut expects) = (0, true);
            for (i, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => expects = true,
                    _ if expects && !c.is_whitespace() => {
                        paths.push((at, identifier(&group[i..])));
                        expects = false;
                    }
                    _ => {}
                }
            }
        } else if !rest[identifier(rest).len()..].starts_with('!') {
            paths.push((at, identifier(rest)));
        }
    }
    paths
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

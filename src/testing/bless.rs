//! Writing what is printed now into the files that say what is expected. The differences were shown before.

use std::collections::BTreeMap;
use std::path::Path;

use super::console::Console;
use super::discover::Test;
use super::outcome::{New, Outcome};
use crate::engine::files::reason;
use crate::text::order;

/// Writes all blessings; a file that cannot be written is named.
pub fn write(outcomes: &[(&Test, Outcome)], console: &Console) {
    let mut edits: BTreeMap<&Path, Vec<(usize, usize, &str)>> = BTreeMap::new();
    for blessing in outcomes.iter().flat_map(|(_, outcome)| &outcome.blessings) {
        match &blessing.what {
            New::Contents(text) => contents(&blessing.file, text.as_deref(), console),
            New::Lines { first, last, text } => edits.entry(&blessing.file).or_default().push((*first, *last, text)),
        }
    }
    for (file, mut edits) in edits {
        // From the end, so that the lines before stay where they are.
        order::sort_by_key(&mut edits, |edit| std::cmp::Reverse(edit.0));
        let written = std::fs::read_to_string(file).and_then(|old| std::fs::write(file, edited(&old, &edits)));
        told(file, written, console);
    }
}

fn contents(file: &Path, text: Option<&str>, console: &Console) {
    match text {
        Some(text) => told(file, std::fs::write(file, text), console),
        None if file.exists() => told(file, std::fs::remove_file(file), console),
        None => {}
    }
}

fn told(file: &Path, written: std::io::Result<()>, console: &Console) {
    match written {
        Ok(()) => console.blessed(&file.strip_prefix("./").unwrap_or(file).display().to_string()),
        Err(error) => eprintln!("aio: cannot write '{}': {}", file.display(), reason(&error)),
    }
}

/// A text with lines replaced; counted from 1, both ends included.
fn edited(old: &str, edits: &[(usize, usize, &str)]) -> String {
    let mut lines: Vec<&str> = old.split_inclusive('\n').collect();
    for (first, last, text) in edits {
        let (from, to) = (first - 1, (*last).min(lines.len()));
        if from <= to {
            lines.splice(from..to, [*text]);
        }
    }
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_replaced_from_the_end() {
        assert_eq!(edited("a\nb\nc\nd\n", &[(4, 4, "D\n"), (2, 3, "x\n")]), "a\nx\nD\n");
        assert_eq!(edited("a\nb\n", &[(2, 1, "new\n")]), "a\nnew\nb\n");
    }
}

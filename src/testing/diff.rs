//! How two texts differ, line by line, as `diff -u` shows it, with or without colours.

use std::fmt::Write;

use similar::{ChangeTag, TextDiff};

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const CYAN: &str = "\x1b[36m";
const RESET: &str = "\x1b[0m";

/// Longer differences are cut.
const MOST_LINES: usize = 200;

/// The difference from `expected` to `printed`.
pub fn unified(expected: &str, printed: &str, colours: bool) -> String {
    let paint = |colour: &'static str| if colours { (colour, RESET) } else { ("", "") };
    let diff = TextDiff::from_lines(expected, printed);
    let mut out = String::new();
    let mut lines = 0;
    // Writing to a `String` cannot fail.
    for hunk in diff.unified_diff().context_radius(2).iter_hunks() {
        let (start, end) = paint(CYAN);
        let _ = writeln!(out, "{start}{}{end}", hunk.header());
        for change in hunk.iter_changes() {
            lines += 1;
            if lines > MOST_LINES {
                continue;
            }
            let (sign, (start, end)) = match change.tag() {
                ChangeTag::Delete => ('-', paint(RED)),
                ChangeTag::Insert => ('+', paint(GREEN)),
                ChangeTag::Equal => (' ', ("", "")),
            };
            let line = visible(change.value().strip_suffix('\n').unwrap_or(change.value()));
            let _ = writeln!(out, "{start}{sign}{line}{end}");
            if change.missing_newline() {
                out.push_str("\\ no newline at the end\n");
            }
        }
    }
    if lines > MOST_LINES {
        let _ = writeln!(out, "... {} more lines", lines - MOST_LINES);
    }
    out
}

/// Control characters are shown, not sent to a terminal.
fn visible(line: &str) -> String {
    line.chars()
        .map(|c| if c.is_control() && c != '\t' { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_marked() {
        assert_eq!(unified("a\nb\nc\n", "a\nx\nc\n", false), "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
        assert!(unified("a\n", "a", false).contains("no newline"));
        assert_eq!(unified("a\n", "\x1b[31ma\n", false).matches('\x1b').count(), 0);
    }
}

//! Findings as text: for people, for programs (one JSON object a line), for GitHub's annotations.

use std::fmt::Write;

use super::finding::Finding;
use crate::report::json::Object;
use crate::report::width;
use crate::source::Source;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Text,
    Json,
    Github,
}

/// A line longer than this is cut round its place.
const WIDEST: usize = 100;

/// All findings of a file.
pub fn render(source: &Source, findings: &[Finding], format: Format, colours: bool) -> String {
    let mut out = String::new();
    for finding in findings {
        match format {
            Format::Text => text(&mut out, source, finding, colours),
            Format::Json => json(&mut out, source, finding),
            Format::Github => github(&mut out, source, finding),
        }
    }
    out
}

/// The line at the end.
pub fn sum(files: usize, found: usize, fixed: usize) {
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let fixed = if fixed > 0 { format!(", {fixed} fixed") } else { String::new() };
    eprintln!("{} checked, {}{fixed}", count(files, "file"), count(found, "finding"));
}

/// The place and the message, the line with its place marked, the help.
fn text(out: &mut String, source: &Source, finding: &Finding, colours: bool) {
    let paint = |colour: &'static str| if colours { (colour, "\x1b[0m") } else { ("", "") };
    let (start, end) = (source.position(finding.span.start), source.position(finding.span.end));
    let (bold, plain) = paint("\x1b[1m");
    let (loud, quiet) = paint(if finding.code.is_error() { "\x1b[1;31m" } else { "\x1b[1;33m" });
    let (dim, undim) = paint("\x1b[2m");
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        out,
        "{bold}{}:{}:{}{plain}: {loud}{}{quiet}: {}",
        source.name,
        start.line,
        start.column,
        finding.code.name(),
        finding.message
    );
    let line = source.line_text(start.line);
    let from = start.column as usize - 1;
    let to = if end.line == start.line { (end.column as usize - 1).max(from + 1) } else { line.chars().count() };
    let (line, marks) = marked(line, from, to);
    if !line.trim().is_empty() {
        let number = start.line.to_string();
        let margin = " ".repeat(number.len());
        let _ = writeln!(out, "  {dim}{number} |{undim} {line}");
        let _ = writeln!(out, "  {dim}{margin} |{undim} {loud}{marks}{quiet}");
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "  {bold}help{plain}: {help}");
    }
    out.push('\n');
}

/// A line with tabs as spaces, cut to a width that can be read, and the marks below it.
fn marked(line: &str, from: usize, to: usize) -> (String, String) {
    let mut chars: Vec<char> = Vec::new();
    let (mut start, mut end) = (None, 0);
    for (i, c) in line.chars().enumerate() {
        if i == from {
            start = Some(chars.len());
        }
        match c {
            '\t' => chars.extend([' '; 4]),
            c if c.is_control() => chars.push('\u{fffd}'),
            c => chars.push(c),
        }
        if i < to {
            end = chars.len();
        }
    }
    let start = start.unwrap_or(chars.len());
    let end = end.max(start + 1);
    let first = if chars.len() > WIDEST { start.saturating_sub(WIDEST / 3) } else { 0 };
    let last = chars.len().min(first + WIDEST);
    let piece = |a: usize, b: usize| chars[a.min(last)..b.min(last)].iter().collect::<String>();
    let dots = |cut: bool| if cut { "..." } else { "" };
    let shown = format!("{}{}{}", dots(first > 0), piece(first, last), dots(last < chars.len()));
    let before = width::of(&piece(first, start)) + dots(first > 0).len();
    let marks = width::of(&piece(start, end)).max(1);
    (shown, format!("{}{}", " ".repeat(before), "^".repeat(marks)))
}

fn json(out: &mut String, source: &Source, finding: &Finding) {
    let mut object = Object::new(out);
    object.text("kind", "check");
    object.text("code", finding.code.name());
    object.text("severity", if finding.code.is_error() { "error" } else { "warning" });
    object.text("message", &finding.message);
    object.place(source, finding.span);
    object.optional("help", finding.help.as_deref());
    let edits = finding.fix.iter().map(|edit| {
        let (start, end) = (source.position(edit.span.start), source.position(edit.span.end));
        (start, end, edit.text.as_str())
    });
    crate::report::json::list(object.raw("fix"), edits, |out, (start, end, text)| {
        let mut edit = Object::new(out);
        edit.number("line", Some(start.line.into()));
        edit.number("column", Some(start.column.into()));
        edit.number("end_line", Some(end.line.into()));
        edit.number("end_column", Some(end.column.into()));
        edit.text("text", text);
        edit.end();
    });
    object.end();
    out.push('\n');
}

/// GitHub's workflow commands: values are percent-encoded where they would end the command.
fn github(out: &mut String, source: &Source, finding: &Finding) {
    let (start, end) = (source.position(finding.span.start), source.position(finding.span.end));
    let kind = if finding.code.is_error() { "error" } else { "warning" };
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let help = finding.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
    let _ = writeln!(
        out,
        "::{kind} file={},line={},col={},endLine={},endColumn={},title={}::{}",
        property(&source.name),
        start.line,
        start.column,
        end.line,
        end.column,
        finding.code.name(),
        data(&format!("{}{help}", finding.message))
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_marked_in_any_line() {
        assert_eq!(marked("\tx = 1", 1, 2), ("    x = 1".to_owned(), "    ^".to_owned()));
        assert_eq!(marked("한글 = x", 5, 6).1, "       ^");
        let long = "x".repeat(10_000);
        let (shown, marks) = marked(&long, 5_000, 5_003);
        assert!(shown.len() < 120 && marks.trim() == "^^^" && marks.len() < shown.len());
        assert_eq!(marked("", 0, 0), (String::new(), "^".to_owned()));
    }
}

//! Reports for people: the message, the source with labels in every file concerned, the chain of calls and awaits, what
//! led to it, one hint. Drawn by miette; the last line is CPython's `Type: message`.

use std::fmt;
use std::rc::Rc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::failure::{Crash, Failure, Frame, Link};
use super::files::{Files, Shared};
use super::hints;
use super::traceback::GROUP_DEPTH;
use super::width;
use crate::source::{Source, Span};
use crate::syntax::error::SyntaxError;

/// How many syntax errors are shown.
const MOST_ERRORS: usize = 10;
/// How many frames are shown at each end of a long chain of calls.
const ENDS: usize = 4;
/// How many exceptions that led to another are shown.
const CHAIN: usize = 8;
/// How many members of a group are shown.
const MEMBERS: usize = 15;
/// The length of a message in the tree of a group.
const WIDEST_MESSAGE: usize = 100;
/// Narrower than this nothing can be drawn.
const NARROWEST: usize = 30;

/// An uncaught exception.
pub fn failure(failure: &Failure, colours: bool) -> String {
    let mut out = String::new();
    whole(failure, 0, "", &mut out, colours);
    out.push_str(&last_line(&failure.crashes[0]));
    out.push('\n');
    out
}

/// An exception with what led to it, then the members of a group: as a tree, then each for itself.
fn whole(failure: &Failure, at: usize, number: &str, out: &mut String, colours: bool) {
    out.push_str(&render(&report(failure, at, number, columns(colours)), colours));
    let chain = failure.chain(at);
    for ((_, link), (before, _)) in chain.iter().zip(chain.iter().skip(1)).take(CHAIN) {
        out.push_str(match link {
            Some(Link::Cause) => "\ncaused by\n\n",
            _ => "\nraised while handling\n\n",
        });
        out.push_str(&render(&report(failure, *before, "", columns(colours)), colours));
    }
    if chain.len() > CHAIN + 1 {
        out.push_str(&format!("and {} more that led to it\n", chain.len() - CHAIN - 1));
    }
    let grouped = chain.iter().find_map(|(at, _)| failure.crashes[*at].members.as_ref().map(|members| (*at, members)));
    let Some((group, members)) = grouped else { return };
    // Groups in it stand in the tree of the outermost.
    if number.is_empty() {
        out.push('\n');
        out.push_str(&tree(failure, group));
    }
    if number.matches('.').count() >= GROUP_DEPTH {
        return;
    }
    for (i, member) in members.iter().take(MEMBERS).enumerate() {
        let number = if number.is_empty() { (i + 1).to_string() } else { format!("{number}.{}", i + 1) };
        out.push('\n');
        whole(failure, *member, &number, out, colours);
    }
    if members.len() > MEMBERS {
        out.push_str(&format!("and {} more members\n", members.len() - MEMBERS));
    }
}

/// A group and its members, one a line.
fn tree(failure: &Failure, root: usize) -> String {
    let mut out = format!("{}\n", one_line(&failure.crashes[root]));
    branches(failure, root, "", "", &mut out);
    out
}

fn branches(failure: &Failure, at: usize, indent: &str, number: &str, out: &mut String) {
    let members = failure.crashes[at].members.as_deref().unwrap_or(&[]);
    for (i, member) in members.iter().take(MEMBERS).enumerate() {
        let is_last = i + 1 == members.len();
        let number = if number.is_empty() { (i + 1).to_string() } else { format!("{number}.{}", i + 1) };
        let (branch, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        out.push_str(&format!("{indent}{branch}{number} {}\n", one_line(&failure.crashes[*member])));
        branches(failure, *member, &format!("{indent}{below}"), &number, out);
    }
    if members.len() > MEMBERS {
        out.push_str(&format!("{indent}└─ and {} more\n", members.len() - MEMBERS));
    }
}

/// The type and the first line of the message, cut where it gets long.
fn one_line(crash: &Crash) -> String {
    let line = crash.last_line();
    let first = line.lines().next().unwrap_or("");
    if first.chars().count() <= WIDEST_MESSAGE {
        return first.to_owned();
    }
    first.chars().take(WIDEST_MESSAGE).collect::<String>() + "…"
}

/// Errors of syntax, each with its place.
pub fn syntax(source: &Rc<Source>, errors: &[SyntaxError], colours: bool) -> String {
    let mut out: String =
        errors.iter().take(MOST_ERRORS).map(|e| render(&syntax_report(source, e, columns(colours)), colours)).collect();
    if errors.len() > MOST_ERRORS {
        out.push_str(&format!("{} more errors\n", errors.len() - MOST_ERRORS));
    }
    if let Some(first) = errors.first() {
        out.push_str(&format!("{}: {}\n", first.kind.name(), first.message));
    }
    out
}

/// One exception or syntax error in miette's terms.
struct Report {
    message: String,
    code: String,
    labels: Vec<LabeledSpan>,
    files: Option<Shared>,
    help: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.files.as_ref().map(|files| files as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// How wide a report is: what COLUMNS says, else the terminal where there is one.
fn columns(on_terminal: bool) -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.or_else(|| on_terminal.then(width::of_terminal).flatten()).unwrap_or(100).max(NARROWEST)
}

fn render(report: &Report, colours: bool) -> String {
    let width = columns(colours);
    let colours = colours && !super::refuses_colours();
    let theme = if colours { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false).with_context_lines(1);
    let mut out = String::new();
    if handler.render_report(&mut out, report).is_err() {
        // A source that cannot be shown leaves the message.
        out = format!("{}: {}\n", report.code, report.message);
    }
    out
}

/// The type with the whole message on its last line.
fn last_line(crash: &Crash) -> String {
    crash.last_line()
}

/// One exception by itself; `number` is its place in the tree of a group.
fn report(failure: &Failure, at: usize, number: &str, columns: usize) -> Report {
    let crash = &failure.crashes[at];
    let mut files = Files::default();
    let labels = labels(crash, &mut files);
    let mut message = if crash.message.is_empty() { crash.type_name.clone() } else { crash.message.clone() };
    for note in &crash.notes {
        message.push_str("\nnote: ");
        message.push_str(note);
    }
    let hidden = crash.frames.len().saturating_sub(2 * ENDS);
    if hidden > 0 {
        message.push_str(&format!("\n({hidden} more calls between those shown)"));
    }
    let number = if number.is_empty() { String::new() } else { format!("{number} ") };
    let (files, labels) = files.share(labels, columns);
    Report {
        message,
        code: format!("{number}{} [{}]", crash.type_name, hints::code(crash)),
        files: (!labels.is_empty()).then_some(files),
        labels,
        help: hints::hint(crash),
    }
}

/// A label for each call on the way, numbered from the outermost, and one for the place of the raise.
fn labels(crash: &Crash, files: &mut Files) -> Vec<LabeledSpan> {
    // The text of a SyntaxError is behind the last frame, which imports it or hands it to `exec`.
    let text = label_of_syntax_error(crash);
    let count = crash.frames.len() + usize::from(text.is_some());
    let mut labels: Vec<LabeledSpan> = Vec::new();
    for (i, frame) in crash.frames.iter().enumerate() {
        if i >= ENDS && i + ENDS < count {
            continue;
        }
        let span = files.place(&frame.source, frame.span);
        let text = match crash.frames.get(i + 1) {
            Some(next) => format!("{}{}", number(i, count), step(next)),
            None if text.is_some() => format!("{}{}", number(i, count), step_to_text(frame)),
            None if count > 1 => format!("{}{} raised here", number(i, count), crash.type_name),
            None => format!("{} raised here", crash.type_name),
        };
        // Recursion passes the same place again and again: once says it.
        let seen = labels.iter().any(|label| label.inner() == &span);
        if !seen {
            let primary = i + 1 == count;
            labels.push(if primary {
                LabeledSpan::new_primary_with_span(Some(text), span)
            } else {
                LabeledSpan::new_with_span(Some(text), span)
            });
        }
    }
    if let Some((source, span, label)) = text {
        let label = format!("{}{label}", number(count - 1, count));
        labels.push(LabeledSpan::new_primary_with_span(Some(label), files.place(&source, span)));
    }
    labels
}

fn number(i: usize, count: usize) -> String {
    if count > 2 { format!("{}. ", i + 1) } else { String::new() }
}

/// How one frame leads to the next.
fn step(next: &Frame) -> String {
    match (next.is_async, next.name.as_str()) {
        (_, "<module>") => "imports a module".to_owned(),
        (true, _) => format!("waits for `{}`", next.qualname),
        (false, _) => format!("calls `{}`", next.qualname),
    }
}

/// How the last frame leads to a text that is no program.
fn step_to_text(frame: &Frame) -> &'static str {
    let statement = frame.source.line_text(frame.line()).trim_start();
    match statement.split_whitespace().next() {
        Some("import" | "from") => "imports a module",
        Some("raise") => "SyntaxError raised here",
        _ => "compiles a text",
    }
}

/// The line of a SyntaxError that was raised while the program ran (an import, `exec`): its text is in the exception.
fn label_of_syntax_error(crash: &Crash) -> Option<(Rc<Source>, Span, &'static str)> {
    let place = crash.syntax.as_ref()?;
    let (text, line) = (place.text.as_ref()?, place.line?);
    let name = place.filename.as_deref().unwrap_or("<string>");
    // Blank lines before it give the line its number.
    let before = usize::try_from(line.saturating_sub(1)).ok().filter(|&lines| lines < 1 << 20)?;
    let source = Source::new(name, format!("{}{text}", "\n".repeat(before)));
    let byte = |column: Option<i64>| {
        let chars = usize::try_from(column.unwrap_or(1).saturating_sub(1)).unwrap_or(0);
        before + text.char_indices().nth(chars).map_or(text.trim_end().len(), |(i, _)| i)
    };
    let start = byte(place.column);
    let end = if place.end_line == place.line { byte(place.end_column) } else { start };
    // An end of 0 is none; a letter is the least that can be shown.
    let end = end.max(text[start - before..].chars().next().map_or(start, |c| start + c.len_utf8()));
    let label = if crash.message.ends_with("was never closed") { "opened here" } else { "here" };
    Some((source, Span::new(start, end), label))
}

fn syntax_report(source: &Rc<Source>, error: &SyntaxError, columns: usize) -> Report {
    let mut files = Files::default();
    let primary = files.place(source, error.span);
    let mut labels = vec![LabeledSpan::new_primary_with_span(Some(error.label.to_string()), primary)];
    for (span, label) in &error.secondary {
        let span = files.place(source, *span);
        labels.push(LabeledSpan::new_with_span(Some(label.to_string()), span));
    }
    let (files, labels) = files.share(labels, columns);
    Report {
        message: error.message.to_string(),
        code: format!("{} [{}]", error.kind.name(), hints::code_of_syntax(error.kind)),
        labels,
        files: Some(files),
        help: error.help.as_ref().map(|help| help.to_string()),
    }
}

//! CPython's traceback text, byte for byte (`Lib/traceback.py` of 3.13): frames with their source and carets, chains,
//! the tree of an exception group, notes, the form of a SyntaxError.

use std::fmt::Write;

use super::failure::{Crash, Failure, Frame, Link, SyntaxPlace};
use super::{anchors, width};

/// How often equal frames in a row are printed before they are counted instead.
const REPEATS: usize = 3;
/// Members of a group that are printed, and how deep groups in groups are.
const GROUP_WIDTH: usize = 15;
pub const GROUP_DEPTH: usize = 10;

const CAUSE: &str = "\nThe above exception was the direct cause of the following exception:\n\n";
const CONTEXT: &str = "\nDuring handling of the above exception, another exception occurred:\n\n";

/// The whole text, with its last newline.
pub fn render(failure: &Failure) -> String {
    let mut printer = Printer { failure, out: String::new(), depth: 0, needs_close: false };
    printer.chain(0);
    printer.out
}

struct Printer<'a> {
    failure: &'a Failure,
    out: String,
    /// How many groups we are in.
    depth: usize,
    /// The frame round a group is still open: the innermost group closes it.
    needs_close: bool,
}

impl Printer<'_> {
    /// Adds text, each line behind the margin of the groups around it.
    fn emit(&mut self, text: &str, margin: char) {
        if self.depth == 0 {
            self.out.push_str(text);
            return;
        }
        for line in text.split_inclusive('\n') {
            let _ = write!(self.out, "{}{margin} {line}", "  ".repeat(self.depth));
        }
    }

    fn chain(&mut self, from: usize) {
        let failure = self.failure;
        for (at, link) in failure.chain(from).into_iter().rev() {
            match link {
                Some(Link::Cause) => self.emit(CAUSE, '|'),
                Some(Link::Context) => self.emit(CONTEXT, '|'),
                None => {}
            }
            let crash = &failure.crashes[at];
            match &crash.members {
                None => self.single(crash),
                Some(_) if self.depth > GROUP_DEPTH => {
                    self.emit(&format!("... (max_group_depth is {GROUP_DEPTH})\n"), '|');
                }
                Some(members) => self.group(crash, members),
            }
        }
    }

    fn single(&mut self, crash: &Crash) {
        if !crash.frames.is_empty() {
            self.emit("Traceback (most recent call last):\n", '|');
            self.emit(&frames(&crash.frames), '|');
        }
        self.emit(&exception_only(crash), '|');
    }

    fn group(&mut self, crash: &Crash, members: &[usize]) {
        let outermost = self.depth == 0;
        if outermost {
            self.depth = 1;
        }
        if !crash.frames.is_empty() {
            self.emit("Exception Group Traceback (most recent call last):\n", if outermost { '+' } else { '|' });
            self.emit(&frames(&crash.frames), '|');
        }
        self.emit(&exception_only(crash), '|');
        let shown = if members.len() <= GROUP_WIDTH { members.len() } else { GROUP_WIDTH + 1 };
        self.needs_close = false;
        for i in 0..shown {
            let last = i + 1 == shown;
            if last {
                self.needs_close = true;
            }
            let title = if i < GROUP_WIDTH { (i + 1).to_string() } else { "...".to_owned() };
            let corner = if i == 0 { "+-" } else { "  " };
            let _ = writeln!(self.out, "{}{corner}+---------------- {title} ----------------", "  ".repeat(self.depth));
            self.depth += 1;
            if i < GROUP_WIDTH {
                self.chain(members[i]);
            } else {
                let left = members.len() - GROUP_WIDTH;
                let plural = if left > 1 { "s" } else { "" };
                self.emit(&format!("and {left} more exception{plural}\n"), '|');
            }
            if last && self.needs_close {
                let _ = writeln!(self.out, "{}+------------------------------------", "  ".repeat(self.depth));
                self.needs_close = false;
            }
            self.depth -= 1;
        }
        if outermost {
            self.depth = 0;
        }
    }
}

/// The frames of one exception. Equal ones in a row are counted after the third.
pub fn frames(frames: &[Frame]) -> String {
    let mut out = String::new();
    let mut last: Option<(&str, u32, &str)> = None;
    let mut count = 0;
    for frame in frames {
        let this = (frame.source.name.as_str(), frame.line(), frame.name.as_str());
        if last != Some(this) {
            repeated(&mut out, count);
            last = Some(this);
            count = 0;
        }
        count += 1;
        if count <= REPEATS {
            out.push_str(&one_frame(frame));
        }
    }
    repeated(&mut out, count);
    out
}

fn repeated(out: &mut String, count: usize) {
    if count > REPEATS {
        let more = count - REPEATS;
        let _ = writeln!(out, "  [Previous line repeated {more} more time{}]", if more > 1 { "s" } else { "" });
    }
}

/// The type and the message, a syntax error with its line, and the notes.
pub fn exception_only(crash: &Crash) -> String {
    let mut out = match &crash.syntax {
        Some(place) => syntax_error(crash, place),
        None => crash.last_line() + "\n",
    };
    for line in crash.notes.iter().flat_map(|note| note.split('\n')) {
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn syntax_error(crash: &Crash, place: &SyntaxPlace) -> String {
    let mut out = String::new();
    let mut suffix = String::new();
    match (place.line, &place.filename) {
        (Some(line), name) => {
            let _ = writeln!(out, "  File \"{}\", line {line}", name.as_deref().unwrap_or("<string>"));
        }
        (None, Some(name)) => suffix = format!(" ({name})"),
        (None, None) => {}
    }
    if let Some(text) = &place.text {
        source_of_syntax_error(&mut out, text, place);
    }
    let message = if crash.message.is_empty() { "<no detail available>" } else { &crash.message };
    let _ = writeln!(out, "{}: {message}{suffix}", crash.type_name);
    out
}

fn source_of_syntax_error(out: &mut String, text: &str, place: &SyntaxPlace) {
    let line = text.trim_end_matches('\n');
    let stripped = line.trim_start_matches([' ', '\n', '\x0c']);
    let (length, all) = (line.chars().count() as i64, text.chars().count() as i64);
    let indent = length - stripped.chars().count() as i64;
    let _ = writeln!(out, "    {stripped}");
    let Some(mut start) = place.column else { return };
    let mut end = if place.line == place.end_line {
        place.end_column.filter(|&end| end != 0).unwrap_or(start)
    } else {
        length + 1
    };
    if !text.is_empty() && start > all {
        start = length + 1;
    }
    if !text.is_empty() && end > all {
        end = length + 1;
    }
    if start >= end || end < 0 {
        end = start + 1;
    }
    let column = |number: i64| number.saturating_sub(1).saturating_sub(indent);
    let (from, to) = (column(start), column(end));
    if from >= 0 {
        // Tabs stay, so that the carets stand where the text does.
        let blank = |c: char| if c.is_whitespace() { c } else { ' ' };
        let before: String = stripped.chars().take(from as usize).map(blank).collect();
        let missing = from as usize - before.chars().count();
        let _ = writeln!(out, "    {before}{}{}", " ".repeat(missing), "^".repeat((to - from).max(0) as usize));
    }
}

/// `  File "x", line 1, in f` with the source and, where they say something, carets.
fn one_frame(frame: &Frame) -> String {
    let mut out = format!("  File \"{}\", line {}, in {}\n", frame.source.name, frame.line(), frame.name);
    for line in Excerpt::new(frame).into_iter().flat_map(|excerpt| excerpt.lines()) {
        let _ = writeln!(out, "    {line}");
    }
    out
}

/// The lines of a frame's place, without the indentation that they share.
struct Excerpt {
    lines: Vec<String>,
    /// Code points in the first line before the place, and in the last line up to its end.
    start: usize,
    end: usize,
    /// The lines and columns of the anchors.
    anchors: Option<[(usize, usize); 2]>,
    carets: bool,
}

impl Excerpt {
    fn new(frame: &Frame) -> Option<Excerpt> {
        let (source, span) = (&frame.source, frame.span);
        if !source.quotable {
            return None;
        }
        let (first, last) = (source.position(span.start), source.position(span.end));
        let lines: Vec<&str> = (first.line..=last.line.max(first.line)).map(|n| source.line_text(n)).collect();
        let indent = shared_indent(&lines);
        let lines: Vec<String> = lines.iter().map(|line| dedented(line, indent).to_owned()).collect();
        if lines.iter().all(|line| line.trim().is_empty()) {
            return None;
        }
        let column = |column: u32| (column as usize - 1).saturating_sub(indent);
        let mut excerpt =
            Excerpt { lines, start: column(first.column), end: column(last.column), anchors: None, carets: false };
        excerpt.find_anchors();
        Some(excerpt)
    }

    fn find_anchors(&mut self) {
        let text = self.lines.join("\n");
        let from = byte_of(&self.lines[0], self.start);
        let tail = self.lines.last().map_or("", String::as_str);
        let to = (text.len() - tail.len() + byte_of(tail, self.end)).max(from);
        let segment = &text[from..to];
        let place = |offset: usize| {
            let before = &segment[..offset];
            let line = before.matches('\n').count();
            let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count());
            (line, if line == 0 { column + self.start } else { column })
        };
        self.anchors = anchors::find(segment).map(|found| [place(found.start), place(found.end)]);
        self.carets = !anchors::is_whole_statement(&text, from, to)
            && (self.anchors.is_some() || !text[..from].trim_start().is_empty() || !text[to..].trim_end().is_empty());
    }

    /// The first line, the last one and those next to the anchors, each with its carets; the others are counted.
    fn lines(&self) -> Vec<String> {
        let last = self.lines.len() - 1;
        let near =
            |line: usize| self.anchors.is_some_and(|anchors| anchors.iter().any(|&(at, _)| line.abs_diff(at) <= 1));
        let shown: Vec<usize> = (0..=last).filter(|&line| line == 0 || line == last || near(line)).collect();
        let mut out = Vec::new();
        let mut before = None;
        for line in shown {
            match before.map(|b| line - b) {
                Some(2) => self.line(line - 1, &mut out),
                Some(gap) if gap > 2 => out.push(format!("...<{} lines>...", gap - 1)),
                _ => {}
            }
            self.line(line, &mut out);
            before = Some(line);
        }
        out
    }

    fn line(&self, line: usize, out: &mut Vec<String>) {
        let text = &self.lines[line];
        out.push(text.clone());
        if !self.carets {
            return;
        }
        let last = line + 1 == self.lines.len();
        let until = if last { width::of_start(text, self.end) } else { width::of(text) };
        let indent = text.chars().take_while(|c| c.is_whitespace()).count();
        let from = if line == 0 { width::of_start(text, self.start) } else { 0 };
        let anchors = self.anchors.map(|anchors| {
            anchors.map(|(at, column)| (at, width::of_start(&self.lines[at.min(self.lines.len() - 1)], column)))
        });
        let mark = |column: usize| match anchors {
            _ if column < indent || column < from => ' ',
            Some([start, end]) if (line, column) < start || (line, column) >= end => '~',
            _ => '^',
        };
        out.push((0..until).map(mark).collect());
    }
}

/// The offset of a code point in a line, its length when past the end.
fn byte_of(line: &str, chars: usize) -> usize {
    line.char_indices().nth(chars).map_or(line.len(), |(i, _)| i)
}

/// How much white space all lines that are not blank begin with.
fn shared_indent(lines: &[&str]) -> usize {
    let mut shared: Option<&str> = None;
    for line in lines.iter().filter(|line| !line.trim().is_empty()) {
        let margin = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        shared = Some(match shared {
            None => margin,
            Some(shared) => {
                let equal = shared.bytes().zip(margin.bytes()).take_while(|(a, b)| a == b).count();
                &shared[..equal]
            }
        });
    }
    shared.map_or(0, str::len)
}

fn dedented(line: &str, indent: usize) -> &str {
    if line.trim().is_empty() { "" } else { line.get(indent..).unwrap_or("") }
}

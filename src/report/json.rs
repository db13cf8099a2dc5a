//! Errors for tools: one JSON object a line.
//!
//! An exception: `kind` ("exception"), `type`, `code` (what `aio explain` knows), `message`, `file`, `line`, `column`,
//! `end_line`, `end_column` of the place where it was raised (columns count code points from 1), `source` (the line),
//! `frames` (outermost first), `notes`, `cause`, `context`, `members` (objects of the same form) and `help`. A syntax
//! error: `kind` ("syntax"), the same place, `label`, `help`, `related` (other places). docs/errors.md has it all.

use std::fmt::Write;
use std::rc::Rc;

use super::failure::{Crash, Failure, Frame};
use super::hints;
use super::traceback::GROUP_DEPTH;
use crate::source::{Source, Span};
use crate::syntax::error::SyntaxError;
use crate::text::json::push_quoted;

/// An exception as one line.
pub fn failure(failure: &Failure) -> String {
    let mut out = String::new();
    crash(&mut out, failure, 0, 0);
    out.push('\n');
    out
}

/// Syntax errors, one a line.
pub fn syntax(source: &Rc<Source>, errors: &[SyntaxError]) -> String {
    let mut out = String::new();
    for error in errors {
        let mut object = Object::new(&mut out);
        object.text("kind", "syntax");
        object.text("type", error.kind.name());
        object.text("code", hints::code_of_syntax(error.kind));
        object.text("message", &error.message);
        object.place(source, error.span);
        object.text("label", &error.label);
        object.optional("help", error.help.as_deref());
        let related = object.raw("related");
        list(related, error.secondary.iter(), |out, (span, label)| {
            let mut other = Object::new(out);
            other.place(source, *span);
            other.text("label", label);
            other.end();
        });
        object.end();
        out.push('\n');
    }
    out
}

/// How long chains are shown: nesting deeper than this is of no use to a reader of JSON.
const CHAIN: usize = 100;

fn crash(out: &mut String, failure: &Failure, at: usize, depth: usize) {
    let crash: &Crash = &failure.crashes[at];
    let mut object = Object::new(out);
    object.text("kind", "exception");
    object.text("type", &crash.type_name);
    object.text("code", hints::code(crash));
    object.text("message", &format!("{}{}", crash.message, crash.suggestion));
    match (&crash.syntax, crash.frames.last()) {
        (Some(place), _) => {
            object.optional("file", place.filename.as_deref());
            // Without an end, which CPython says as 0, it is one letter.
            let is_open = place.end_line <= place.line && place.end_column <= place.column;
            let next = || place.column.map(|column| column.saturating_add(1));
            let (end_line, end_column) =
                if is_open { (place.line, next()) } else { (place.end_line, place.end_column) };
            let fields = [place.line, place.column, end_line, end_column];
            for (name, number) in ["line", "column", "end_line", "end_column"].iter().zip(fields) {
                object.number(name, number);
            }
            object.optional("source", place.text.as_deref().map(|text| text.trim_end_matches('\n')));
        }
        (None, Some(frame)) => object.place(&frame.source, frame.span),
        (None, None) => {}
    }
    list(object.raw("frames"), crash.frames.iter(), frame);
    list(object.raw("notes"), crash.notes.iter(), |out, note| string(out, note));
    let deeper = |index: Option<usize>| index.filter(|_| depth < CHAIN);
    let context = crash.context.filter(|_| !crash.suppress_context);
    for (name, index) in [("cause", deeper(crash.cause)), ("context", deeper(context))] {
        match index {
            Some(index) => self::crash(object.raw(name), failure, index, depth + 1),
            None => object.optional(name, None),
        }
    }
    if let Some(members) = crash.members.as_ref().filter(|_| depth <= GROUP_DEPTH.max(CHAIN)) {
        list(object.raw("members"), members.iter(), |out, member| self::crash(out, failure, *member, depth + 1));
    }
    object.optional("help", hints::hint(crash).as_deref());
    object.end();
}

fn frame(out: &mut String, frame: &Frame) {
    let mut object = Object::new(out);
    object.text("name", &frame.qualname);
    object.raw("awaited").push_str(if frame.is_async { "true" } else { "false" });
    object.place(&frame.source, frame.span);
    object.end();
}

/// An object being written.
pub struct Object<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> Object<'a> {
    /// Opens an object.
    pub fn new(out: &'a mut String) -> Object<'a> {
        out.push('{');
        Object { out, first: true }
    }

    /// Begins a member whose value the caller writes.
    pub fn raw(&mut self, name: &str) -> &mut String {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
        string(self.out, name);
        self.out.push(':');
        self.out
    }

    /// A member that is a string.
    pub fn text(&mut self, name: &str, value: &str) {
        string(self.raw(name), value);
    }

    /// A member that is a string or null.
    pub fn optional(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.raw(name).push_str("null"),
        }
    }

    /// A member that is a whole number or null.
    pub fn number(&mut self, name: &str, value: Option<i64>) {
        match value {
            Some(value) => drop(write!(self.raw(name), "{value}")),
            None => self.raw(name).push_str("null"),
        }
    }

    /// The members that name a place: file, line, column (code points from 1), the ends, and the line itself as `source`.
    pub fn place(&mut self, source: &Source, span: Span) {
        let (start, end) = (source.position(span.start), source.position(span.end));
        self.text("file", &source.name);
        self.number("line", Some(start.line.into()));
        self.number("column", Some(start.column.into()));
        self.number("end_line", Some(end.line.into()));
        self.number("end_column", Some(end.column.into()));
        self.text("source", source.line_text(start.line));
    }

    /// Closes the object.
    pub fn end(self) {
        self.out.push('}');
    }
}

/// A list being written, one item after the other.
pub fn list<T>(out: &mut String, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut String, T)) {
    out.push('[');
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

/// A string, in quotes.
pub fn string(out: &mut String, text: &str) {
    push_quoted(out, text, false);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syntax_error_is_one_line() {
        let source = Source::new("a\"b.aio", "x = (\n");
        let error = SyntaxError::new("'(' was never closed", Span::new(4, 5));
        let text = syntax(&source, &[error]);
        assert_eq!(text.matches('\n').count(), 1);
        assert!(text.starts_with(
            "{\"kind\":\"syntax\",\"type\":\"SyntaxError\",\"code\":\"syntax-error\",\"message\":\"'(' was never closed\",\"file\":\"a\\\"b.aio\",\
             \"line\":1,\"column\":5,"
        ));
    }
}

//! Source files and places in them. Knows nothing of tokens or of Python.
//!
//! A place is a byte range in one file; lines and columns are derived when a report asks.

use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::rc::Rc;

/// A range of bytes in one source, `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }

    /// The smallest range that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// A line and a column, both counted from 1; the column counts code points, as CPython's `offset` does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// One text that was read: a file, standard input, `-c` or a line typed at the prompt.
pub struct Source {
    /// As tracebacks print it: a path, `<stdin>`, `<string>`.
    pub name: String,
    pub text: String,
    /// Tracebacks quote its lines. They do not for text that `exec` got under a name that is no file's.
    pub quotable: bool,
    /// What the compiler warns of, with lines; taken by whoever shows it.
    pub warnings: RefCell<Vec<(Span, String)>>,
    line_starts: OnceCell<Vec<u32>>,
}

impl Source {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Rc<Source> {
        Rc::new(Source {
            name: name.into(),
            text: text.into(),
            quotable: true,
            warnings: RefCell::default(),
            line_starts: OnceCell::new(),
        })
    }

    /// A text that a script compiles.
    pub fn of_script(name: impl Into<String>, text: impl Into<String>) -> Rc<Source> {
        let name = name.into();
        let quotable = !(name.starts_with('<') && name.ends_with('>'));
        Rc::new(Source {
            name,
            text: text.into(),
            quotable,
            warnings: RefCell::default(),
            line_starts: OnceCell::new(),
        })
    }

    /// Byte offsets at which lines begin; `\n`, `\r\n` and a lone `\r` end a line.
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let mut starts = vec![0];
            for (i, &b) in bytes.iter().enumerate() {
                if b == b'\n' || (b == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
                    starts.push(i as u32 + 1);
                }
            }
            starts
        })
    }

    /// The line that holds `offset`, counted from 1.
    pub fn line_of(&self, offset: u32) -> u32 {
        self.line_starts().partition_point(|&start| start <= offset) as u32
    }

    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_of(offset);
        let start = self.line_starts()[line as usize - 1] as usize;
        let mut end = (offset as usize).clamp(start, self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        Position { line, column: self.text[start..end].chars().count() as u32 + 1 }
    }

    /// The text of a line (counted from 1) without its end; empty past the last one.
    pub fn line_text(&self, line: u32) -> &str {
        let starts = self.line_starts();
        let Some(&start) = starts.get((line as usize).wrapping_sub(1)) else { return "" };
        let end = starts.get(line as usize).map_or(self.text.len(), |&e| e as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// The bytes of a span as text; spans always lie on code point boundaries.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    pub fn line_count(&self) -> u32 {
        self.line_starts().len() as u32
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({:?})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_one_and_in_code_points() {
        let s = Source::new("t", "ab\né = 1\r\nz");
        assert_eq!(s.position(0), Position { line: 1, column: 1 });
        assert_eq!(s.position(5), Position { line: 2, column: 2 });
        assert_eq!(s.line_of(11), 3);
        assert_eq!(s.line_text(2), "é = 1");
        assert_eq!(s.line_text(3), "z");
        assert_eq!(s.line_text(9), "");
    }
}

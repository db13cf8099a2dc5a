//! The lexer inside f-strings (PEP 701): literal text, replacement fields, format specs.
//!
//! An f-string is a mode on the lexer's stack. In a field the lexer reads ordinary tokens; in the text
//! and in a format spec this file reads. Nested f-strings are further modes, so no recursion is needed.

use super::error::{Carets, SyntaxError};
use super::lexer::{Bracket, Lexer};
use super::quoted;
use super::token::Token;
use crate::source::Span;

/// As CPython's `MAXFSTRINGLEVEL`.
const MAX_FSTRINGS: usize = 150;
/// Fields within format specs within fields: `f"{a:{b}}"` has two.
const MAX_FIELDS: usize = 3;

/// One f-string that is being read.
pub(super) struct FString {
    pub(super) quote: u8,
    /// 1 or 3 quotes.
    pub(super) width: usize,
    raw: bool,
    start: usize,
    body: usize,
    /// Open brackets around the f-string.
    pub(super) level: usize,
    /// The open fields, outermost first.
    fields: Vec<Field>,
}

struct Field {
    /// Open brackets including the field's own brace.
    level: usize,
    /// Whether the `:` has been read.
    in_spec: bool,
}

impl FString {
    /// Whether literal text is to be read, not tokens.
    pub(super) fn in_text(&self) -> bool {
        self.fields.last().is_none_or(|f| f.in_spec)
    }

    /// How many brackets are open directly within the innermost field.
    pub(super) fn field_level(&self) -> Option<usize> {
        self.fields.last().map(|f| f.level)
    }
}

impl Lexer<'_> {
    pub(super) fn begin_fstring(&mut self, start: usize, after_quote: usize) {
        let quote = self.text.as_bytes()[after_quote - 1];
        let (width, body) = quoted::opening(self.text, after_quote, quote);
        let raw = self.text[start..after_quote].contains(['r', 'R']);
        if self.fstrings.len() >= MAX_FSTRINGS {
            self.error(SyntaxError::new("too many nested f-strings", Span::new(start, body)).label("one too many"));
            let end = quoted::line_end(self.text, body);
            self.seek(end);
            return self.abandon_fstrings();
        }
        self.seek(body);
        self.push(Token::FStringStart, start, body);
        let level = self.brackets.len();
        self.fstrings.push(FString { quote, width, raw, start, body, level, fields: Vec::new() });
    }

    /// Reads literal text up to the next brace or the end of the string, and that brace or end.
    pub(super) fn fstring_text(&mut self) {
        let Some(f) = self.fstrings.last() else { return };
        let (quote, width, raw, in_spec) = (f.quote, f.width, f.raw, !f.fields.is_empty());
        let bytes = self.text.as_bytes();
        let start = self.at();
        let mut at = start;
        loop {
            let Some(&b) = bytes.get(at) else { return self.unended(start, at) };
            match b {
                b'\\' => at += self.backslash(at, raw),
                b'{' if !in_spec && bytes.get(at + 1) == Some(&b'{') => at += 2,
                b'{' => return self.begin_field(start, at),
                b'}' if in_spec => return self.end_spec(start, at),
                b'}' if bytes.get(at + 1) == Some(&b'}') => at += 2,
                b'}' => {
                    self.seek(at + 1);
                    self.error(
                        SyntaxError::new("f-string: single '}' is not allowed", Span::new(at, at + 1))
                            .label("no field is open here")
                            .help("write `}}` for a brace in the text"),
                    );
                    return;
                }
                b'\n' | b'\r' if width == 1 => return self.unended(start, at),
                _ if b == quote && (width == 1 || quoted::closes(bytes, at, quote)) => {
                    return self.end_fstring(start, at);
                }
                _ => at += 1,
            }
        }
    }

    /// How many bytes a backslash takes with it.
    fn backslash(&self, at: usize, raw: bool) -> usize {
        let bytes = self.text.as_bytes();
        match bytes.get(at + 1) {
            None | Some(b'{' | b'}') => 1,
            Some(b'N') if !raw && bytes.get(at + 2) == Some(&b'{') => {
                let end = self.text[at..].find(['}', '\n']);
                end.map_or(3, |i| i + (bytes[at + i] == b'}') as usize)
            }
            Some(b'\r') if bytes.get(at + 2) == Some(&b'\n') => 3,
            Some(_) => 2,
        }
    }

    fn text_token(&mut self, start: usize, end: usize) {
        if end > start {
            let raw = self.fstrings.last().is_some_and(|f| f.raw);
            self.push(Token::FStringMiddle(raw), start, end);
        }
    }

    fn begin_field(&mut self, start: usize, brace: usize) {
        self.text_token(start, brace);
        self.seek(brace + 1);
        if self.fstrings.last().is_some_and(|f| f.fields.len() >= MAX_FIELDS) {
            self.error(
                SyntaxError::new("f-string: expressions nested too deeply", Span::new(brace, brace + 1))
                    .carets(Carets::At(Span::new(brace.saturating_sub(1), brace)))
                    .label("a field within a format spec within a format spec"),
            );
            return self.abandon_line();
        }
        if self.brackets.len() >= 200 {
            self.error(
                SyntaxError::new("too many nested parentheses", Span::new(brace, brace + 1)).label("one too many"),
            );
            return self.abandon_line();
        }
        self.brackets.push(Bracket { kind: Token::LeftBrace, at: brace as u32 });
        self.push(Token::LeftBrace, brace, brace + 1);
        let level = self.brackets.len();
        if let Some(f) = self.fstrings.last_mut() {
            f.fields.push(Field { level, in_spec: false });
        }
    }

    /// A token within a field that f-strings read differently: `:`, `:=` and `!` directly in the field.
    /// Returns whether it was one.
    pub(super) fn field_token(&mut self, token: Token, start: usize, end: usize) -> bool {
        let level = self.brackets.len();
        let Some(field) = self.fstrings.last_mut().and_then(|f| f.fields.last_mut()) else { return false };
        if field.level != level || !matches!(token, Token::Colon | Token::Walrus) {
            return false;
        }
        field.in_spec = true;
        self.seek(end.min(start + 1));
        self.push(Token::FStringColon, start, start + 1);
        true
    }

    /// After the brace that closes a field.
    pub(super) fn end_field(&mut self) {
        if let Some(f) = self.fstrings.last_mut() {
            f.fields.pop();
        }
    }

    fn end_spec(&mut self, start: usize, brace: usize) {
        self.text_token(start, brace);
        self.seek(brace + 1);
        self.push(Token::RightBrace, brace, brace + 1);
        self.brackets.pop();
        self.end_field();
    }

    fn end_fstring(&mut self, start: usize, quote: usize) {
        let Some(f) = self.fstrings.last() else { return };
        let (width, in_spec) = (f.width, !f.fields.is_empty());
        self.text_token(start, quote);
        self.seek(quote + width);
        if in_spec {
            // The parser says what is missing; the field's brace is done with.
            let level = self.fstrings.last().map_or(0, |f| f.level);
            self.brackets.truncate(level);
        }
        self.push(Token::FStringEnd, quote, quote + width);
        self.fstrings.pop();
    }

    /// The text ran into the end of the line or of the file.
    fn unended(&mut self, start: usize, end: usize) {
        self.text_token(start, end);
        let Some(f) = self.fstrings.last() else { return };
        if !f.fields.is_empty() && f.width == 1 && end < self.text.len() {
            self.seek(end);
            self.error(
                SyntaxError::new("f-string: expecting '}'", Span::new(end, end))
                    .label("the line ends within a field")
                    .help("close the field with `}`"),
            );
            return self.abandon_line();
        }
        let Some(f) = self.fstrings.pop() else { return };
        self.unfinished_fstring(f);
    }

    /// Reports an f-string without an end, and goes on after its line.
    pub(super) fn unfinished_fstring(&mut self, f: FString) {
        if f.fields.last().is_some_and(|field| !field.in_spec) {
            // The text ended within a field: the open brace is the error, reported with the other brackets.
            return;
        }
        let (error, end) = quoted::unterminated(self.text, f.start, f.body, f.quote, f.width, "f-string");
        self.seek(end.max(self.at()));
        self.error(error);
        self.fstrings.push(f);
        self.abandon_fstrings();
    }

    fn abandon_line(&mut self) {
        let end = quoted::line_end(self.text, self.at());
        let triple = self.fstrings.iter().any(|f| f.width == 3);
        self.seek(if triple { self.text.len() } else { end });
        self.abandon_fstrings();
    }
}

//! Text to tokens: names, numbers, strings, operators, brackets, and the ends of lines.
//!
//! logos finds what a regular expression can find; this file finds the ends of strings and numbers,
//! matches brackets, and hands over to `fstring.rs` inside f-strings (PEP 701: one token stream, a stack
//! of modes). Ends of lines within brackets are dropped here; what the others mean is `layout.rs`'s
//! business. Errors are collected, each with a `Token::Error` at its place.

use logos::Logos;
use unicode_normalization::UnicodeNormalization;

use super::error::{Carets, Stage, SyntaxError};
use super::fstring::FString;
use super::token::{Lexeme, Token};
use super::{number, quoted};
use crate::intern::Symbol;
use crate::source::Span;
use crate::text::unicode;

/// After so many errors reading ends: garbage of any size takes the time of its beginning.
const MAX_ERRORS: usize = 100;

/// As CPython's `MAXLEVEL`.
const MAX_BRACKETS: usize = 200;

/// Keywords that begin statements and cannot stand in an expression.
const STATEMENT_WORDS: &[&str] = &[
    "assert", "break", "class", "continue", "def", "del", "elif", "except", "finally", "global", "import", "nonlocal",
    "pass", "raise", "return", "try", "while", "with",
];

/// What the lexer made of a text.
pub struct Lexed {
    /// With `LineEnd` for every line end outside brackets; without `Newline`, `Indent`, `Dedent`.
    pub tokens: Vec<Lexeme>,
    /// In the order of their places.
    pub errors: Vec<SyntaxError>,
    /// The innermost bracket still open at the end of the text.
    pub unclosed: Option<Bracket>,
}

/// An open bracket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bracket {
    pub kind: Token,
    pub at: u32,
}

pub(super) struct Lexer<'s> {
    pub(super) text: &'s str,
    raw: logos::Lexer<'s, Token>,
    tokens: Vec<Lexeme>,
    errors: Vec<SyntaxError>,
    pub(super) brackets: Vec<Bracket>,
    pub(super) fstrings: Vec<FString>,
    recover: bool,
}

/// Reads all of `text`.
pub fn lex(text: &str) -> Lexed {
    read(text, false)
}

/// Reads a text with a bracket that is never closed: where a line begins with a word that cannot stand in
/// brackets, those that are open end, so that errors behind them can be told.
pub fn lex_recovering(text: &str) -> Lexed {
    read(text, true)
}

fn read(text: &str, recover: bool) -> Lexed {
    let mut lexer = Lexer {
        text,
        raw: Token::lexer(text),
        // Measured on ordinary code: about one token for every five bytes.
        tokens: Vec::with_capacity(text.len() / 4 + 8),
        errors: Vec::new(),
        brackets: Vec::new(),
        fstrings: Vec::new(),
        recover,
    };
    if text.starts_with('\u{feff}') {
        lexer.raw.bump('\u{feff}'.len_utf8());
    }
    lexer.run();
    let unclosed = lexer.brackets.last().copied();
    Lexed { tokens: lexer.tokens, errors: lexer.errors, unclosed }
}

impl<'s> Lexer<'s> {
    fn run(&mut self) {
        loop {
            if self.errors.len() >= MAX_ERRORS {
                self.brackets.clear();
                return;
            }
            if self.fstrings.last().is_some_and(FString::in_text) {
                self.fstring_text();
                continue;
            }
            let Some(token) = self.raw.next() else { break };
            let span = self.raw.span();
            let (start, end) = (span.start, span.end);
            match token {
                Ok(token) => self.token(token, start, end),
                Err(()) => self.stray(start, end),
            }
        }
        if let Some(fstring) = self.fstrings.pop() {
            self.unfinished_fstring(fstring);
        }
    }

    fn token(&mut self, token: Token, start: usize, end: usize) {
        match token {
            Token::Name(_) => self.name(token, start, end),
            Token::NumberOpen => self.number(start),
            Token::StringOpen => self.string(start, end),
            Token::FStringStart => self.begin_fstring(start, end),
            Token::LineEnd => {
                if self.recover && !self.brackets.is_empty() && self.fstrings.is_empty() && self.statement_at(end) {
                    self.brackets.clear();
                    self.push(Token::Error, start, start);
                }
                if self.brackets.is_empty() {
                    self.push(Token::LineEnd, start, end);
                }
            }
            Token::Continuation => {
                if end == self.text.len() {
                    self.error(
                        SyntaxError::new("unexpected EOF while parsing", Span::new(start, start + 1))
                            .label("a line must follow")
                            .incomplete(),
                    );
                }
            }
            _ if token.is_open() => self.open(token, start, end),
            _ if token.is_close() => self.close(token, start, end),
            _ if !self.fstrings.is_empty() && self.field_token(token, start, end) => {}
            _ => self.push(token, start, end),
        }
    }

    pub(super) fn push(&mut self, token: Token, start: usize, end: usize) {
        self.tokens.push((start as u32, token, end as u32));
    }

    /// Reports an error and marks its place in the token stream.
    pub(super) fn error(&mut self, error: SyntaxError) {
        self.tokens.push((error.span.start, Token::Error, error.span.end.max(error.span.start)));
        self.errors.push(error.stage(Stage::Lexer));
    }

    /// The byte after the last one read.
    pub(super) fn at(&self) -> usize {
        self.raw.span().end
    }

    /// Goes on reading at `at`, which is not before the last token's start.
    pub(super) fn seek(&mut self, at: usize) {
        let here = self.raw.span().end;
        if at >= here {
            self.raw.bump(at - here);
        } else {
            self.raw = Token::lexer(self.text);
            self.raw.bump(at);
        }
        // An empty token at the new place, so that `at` tells it.
        debug_assert_eq!(self.at(), at);
    }

    /// Whether the line at `at` begins with a word that only begins statements.
    fn statement_at(&self, at: usize) -> bool {
        let line = self.text[at..].trim_start_matches([' ', '\t']);
        let word = &line[..line.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count()];
        STATEMENT_WORDS.contains(&word)
    }

    fn name(&mut self, token: Token, start: usize, end: usize) {
        let name = &self.text[start..end];
        if name.is_ascii() {
            return self.push(token, start, end);
        }
        let bad = name.char_indices().find(|&(i, c)| {
            let start_ok = c == '_' || unicode_ident::is_xid_start(c);
            !(start_ok || i > 0 && unicode_ident::is_xid_continue(c))
        });
        let Some((i, c)) = bad else {
            // PEP 3131: names are compared in this form.
            let normal: String = name.nfkc().collect();
            return self.push(Token::Name(Symbol::new(&normal)), start, end);
        };
        let at = Span::new(start + i, start + i + c.len_utf8());
        self.error(bad_character(c, at));
    }

    fn number(&mut self, start: usize) {
        match number::scan(&self.text[start..]) {
            Ok(len) => {
                self.seek(start + len);
                self.push(Token::Number, start, start + len);
            }
            Err((message, at)) => {
                let rest = &self.text[start..];
                let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')).count();
                // A sign may stand behind an exponent that has no digits.
                let len = len.max(at + 1).min(rest.len());
                self.seek(start + len);
                let mut error =
                    SyntaxError::new(message, Span::new(start + at.min(len - 1), start + len)).label("not a number");
                error = error.one_caret();
                if error.message.starts_with("leading zeros") {
                    let digits = rest[..len].trim_start_matches(['0', '_']);
                    let zeros = Span::new(start, start + len - digits.len());
                    error = error
                        .carets(Carets::At(zeros))
                        .help(format!("write `{digits}`, or `0o{digits}` for an octal number"));
                }
                self.error(error);
            }
        }
    }

    fn string(&mut self, start: usize, after_quote: usize) {
        let quote = self.text.as_bytes()[after_quote - 1];
        let (width, body) = quoted::opening(self.text, after_quote, quote);
        if let Some(end) = quoted::find_end(self.text, body, quote, width) {
            self.seek(end);
            return self.push(Token::String, start, end);
        }
        if let Some(f) = self.fstrings.last()
            && f.quote == quote
            && f.width == width
        {
            // The quote was meant to end the f-string: its field lacks the brace.
            self.error(
                SyntaxError::new("f-string: expecting '}'", Span::new(start, after_quote))
                    .label("the string ends within a field")
                    .help("close the field with `}`"),
            );
            let end = quoted::line_end(self.text, after_quote);
            self.seek(if width == 3 { self.text.len() } else { end });
            self.abandon_fstrings();
            return;
        }
        let (error, end) = quoted::unterminated(self.text, start, body, quote, width, "string");
        self.seek(end);
        self.error(error);
    }

    fn open(&mut self, token: Token, start: usize, end: usize) {
        if self.brackets.len() >= MAX_BRACKETS {
            self.error(
                SyntaxError::new("too many nested parentheses", Span::new(start, end))
                    .label(format!("the {}th open bracket", MAX_BRACKETS + 1)),
            );
            // What follows is inside brackets that nobody counts any more.
            self.seek(self.text.len());
            self.brackets.clear();
            self.fstrings.clear();
            return;
        }
        self.brackets.push(Bracket { kind: token, at: start as u32 });
        self.push(token, start, end);
    }

    fn close(&mut self, token: Token, start: usize, end: usize) {
        let span = Span::new(start, end);
        let text = token.text().unwrap_or("");
        let field = self.fstrings.last().and_then(FString::field_level);
        let Some(open) = self.brackets.last().copied() else {
            self.error(SyntaxError::new(format!("unmatched '{text}'"), span).label("nothing to close here"));
            return;
        };
        if field == Some(self.brackets.len()) && token != Token::RightBrace {
            self.error(SyntaxError::new(format!("f-string: unmatched '{text}'"), span).label("nothing to close here"));
            return;
        }
        if closing(open.kind) != token {
            return self.mismatch(token, open, span);
        }
        self.brackets.pop();
        self.push(token, start, end);
        if field == Some(self.brackets.len() + 1) {
            self.end_field();
        }
    }

    fn mismatch(&mut self, token: Token, open: Bracket, span: Span) {
        let (close, opener) = (token.text().unwrap_or(""), open.kind.text().unwrap_or(""));
        let line = |at: u32| quoted::line_number(self.text, at as usize);
        let mut message = format!("closing parenthesis '{close}' does not match opening parenthesis '{opener}'");
        if line(open.at) != line(span.start) {
            message.push_str(&format!(" on line {}", line(open.at)));
        }
        let wanted = closing(open.kind).text().unwrap_or("");
        self.error(
            SyntaxError::new(message, span)
                .label(format!("expected `{wanted}`"))
                .also(Span::new(open.at as usize, open.at as usize + 1), "opened here"),
        );
        // Recover: the bracket closes what it can close, or stands for the one that was expected.
        let floor = self.fstrings.last().and_then(FString::field_level).unwrap_or(0);
        let depth = self.brackets.iter().rposition(|b| closing(b.kind) == token).unwrap_or(self.brackets.len() - 1);
        self.brackets.truncate(depth.max(floor));
    }

    fn stray(&mut self, start: usize, end: usize) {
        let c = self.text[start..].chars().next().unwrap_or(' ');
        let span = Span::new(start, end);
        match c {
            '\\' if end == self.text.len() => {
                self.error(
                    SyntaxError::new("unexpected EOF while parsing", span).label("a line must follow").incomplete(),
                );
            }
            '\\' => {
                let rest = Span::new(end, quoted::line_end(self.text, end));
                self.seek(rest.end as usize);
                self.error(
                    SyntaxError::new("unexpected character after line continuation character", rest)
                        .one_caret()
                        .label("the backslash must be the last character of its line"),
                );
            }
            // Only the parser knows whether anything was legal here: CPython says `invalid syntax`.
            ' '..='~' => self.push(Token::Unknown, start, end),
            _ => self.error(bad_character(c, span)),
        }
    }

    /// Forgets all f-strings that are being read: one of them is broken.
    pub(super) fn abandon_fstrings(&mut self) {
        if let Some(level) = self.fstrings.first().map(|f| f.level) {
            self.brackets.truncate(level);
        }
        self.fstrings.clear();
    }
}

fn closing(open: Token) -> Token {
    match open {
        Token::LeftParen => Token::RightParen,
        Token::LeftBracket => Token::RightBracket,
        _ => Token::RightBrace,
    }
}

fn bad_character(c: char, span: Span) -> SyntaxError {
    let code = c as u32;
    if !unicode::is_printable(c) {
        return SyntaxError::new(format!("invalid non-printable character U+{code:04X}"), span)
            .label("an invisible character")
            .help("delete it, or replace it by an ordinary space");
    }
    let error =
        SyntaxError::new(format!("invalid character '{c}' (U+{code:04X})"), span).label("not part of the language");
    let plain = match c {
        '‘' | '’' | '‚' | '′' | '´' => "'",
        '“' | '”' | '„' | '″' => "\"",
        '–' | '—' | '−' => "-",
        '×' => "*",
        '÷' => "/",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '→' => "->",
        '…' => "...",
        '，' => ",",
        '（' => "(",
        '）' => ")",
        '：' => ":",
        '；' => ";",
        _ => return error,
    };
    error.help(format!("did you mean `{plain}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Token> {
        lex(text).tokens.into_iter().map(|t| t.1).collect()
    }

    fn error(text: &str) -> String {
        lex(text).errors.first().map(|e| e.message.to_string()).unwrap_or_default()
    }

    #[test]
    fn line_ends_within_brackets_are_dropped() {
        assert_eq!(kinds("[\n1]\n"), [Token::LeftBracket, Token::Number, Token::RightBracket, Token::LineEnd]);
        assert_eq!(kinds("1 \\\n + 2"), [Token::Number, Token::Plus, Token::Number]);
    }

    #[test]
    fn fields_of_f_strings_are_tokens() {
        use Token::*;
        assert_eq!(
            kinds("f'a{1:>{2}}b'"),
            [
                FStringStart,
                FStringMiddle(false),
                LeftBrace,
                Number,
                FStringColon,
                FStringMiddle(false),
                LeftBrace,
                Number,
                RightBrace,
                RightBrace,
                FStringMiddle(false),
                FStringEnd
            ]
        );
        assert_eq!(kinds("f'{f'{1}'}'").len(), 9);
    }

    #[test]
    fn errors_have_the_known_texts() {
        assert_eq!(error("'a"), "unterminated string literal (detected at line 1)");
        assert_eq!(error("'''a\n"), "unterminated triple-quoted string literal (detected at line 1)");
        assert_eq!(error("(]"), "closing parenthesis ']' does not match opening parenthesis '('");
        assert_eq!(error("\u{20ac}"), "invalid character '€' (U+20AC)");
        assert_eq!(error("f'{a'"), "f-string: expecting '}'");
        assert_eq!(error("f'}'"), "f-string: single '}' is not allowed");
        assert_eq!(error(&"(".repeat(100_000)), "too many nested parentheses");
    }
}

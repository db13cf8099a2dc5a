//! `repr` and `ascii` of strings and bytes: the choice of the quote and the escapes. It must not know of the objects.

use super::unicode::is_printable;
use std::fmt::Write;

/// The quote of a literal: the single one, unless the text has single quotes and no double ones.
fn quote_for(has_single: bool, has_double: bool) -> char {
    if has_single && !has_double { '"' } else { '\'' }
}

/// `repr(text)`.
pub fn repr_str(text: &str) -> String {
    quoted(text, is_printable)
}

/// `ascii(text)`: every character beyond ASCII is escaped.
pub fn ascii_str(text: &str) -> String {
    quoted(text, |c| c.is_ascii() && is_printable(c))
}

/// `ascii(x)` given `repr(x)`: escapes what is beyond ASCII and leaves the rest.
pub fn ascii_of_repr(repr: &str) -> String {
    let mut out = String::with_capacity(repr.len());
    for c in repr.chars() {
        if c.is_ascii() { out.push(c) } else { push_escape(&mut out, c) }
    }
    out
}

fn quoted(text: &str, is_plain: fn(char) -> bool) -> String {
    let quote = quote_for(text.contains('\''), text.contains('"'));
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text.chars(), quote, is_plain);
    out
}

fn push_quoted(out: &mut String, chars: impl Iterator<Item = char>, quote: char, is_plain: impl Fn(char) -> bool) {
    out.push(quote);
    for c in chars {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if is_plain(c) => out.push(c),
            c => push_escape(out, c),
        }
    }
    out.push(quote);
}

/// `\xff`, `\uffff` or `\U0010ffff`, the shortest that holds it.
fn push_escape(out: &mut String, c: char) {
    let code = u32::from(c);
    let written = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    written.expect("a String takes any text");
}

/// `repr(bytes)`: `b'...'`.
pub fn repr_bytes(bytes: &[u8]) -> String {
    let quote = quote_for(bytes.contains(&b'\''), bytes.contains(&b'"'));
    let mut out = String::with_capacity(bytes.len() + 3);
    out.push('b');
    push_quoted(&mut out, bytes.iter().copied().map(char::from), quote, |c| matches!(c, ' '..='~'));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes() {
        assert_eq!(repr_str("it's"), "\"it's\"");
        assert_eq!(repr_str("'\""), "'\\'\"'");
        assert_eq!(repr_str("é\u{ad}\u{200b}\u{10ffff}\x00"), "'é\\xad\\u200b\\U0010ffff\\x00'");
        assert_eq!(ascii_str("é\n"), "'\\xe9\\n'");
        assert_eq!(repr_bytes(b"a'\xff\t"), "b\"a'\\xff\\t\"");
    }
}

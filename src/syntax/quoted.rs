//! Where a quoted literal begins and ends, and what to say when it does not end.
//!
//! Knows quotes, backslashes and lines; nothing of prefixes or escapes' values.

use super::error::SyntaxError;
use crate::source::Span;

/// How many quotes open the literal (1 or 3) and where its text begins; `after_quote` is the byte
/// after the first quote.
pub fn opening(text: &str, after_quote: usize, quote: u8) -> (usize, usize) {
    let rest = &text.as_bytes()[after_quote..];
    if rest.len() >= 2 && rest[0] == quote && rest[1] == quote { (3, after_quote + 2) } else { (1, after_quote) }
}

/// The byte after the closing quotes of the literal whose text begins at `at`.
pub fn find_end(text: &str, mut at: usize, quote: u8, width: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += if bytes[at..].starts_with(b"\\\r\n") { 3 } else { 2 },
            b'\n' | b'\r' if width == 1 => return None,
            b if b == quote && (width == 1 || closes(bytes, at, quote)) => return Some(at + width),
            _ => at += 1,
        }
    }
    None
}

/// Whether three quotes stand at `at`.
pub fn closes(bytes: &[u8], at: usize, quote: u8) -> bool {
    bytes.get(at..at + 3).is_some_and(|w| w.iter().all(|&b| b == quote))
}

/// The end of the line that holds `at`, without its line end.
pub fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |i| at + i)
}

/// The line of `at`, counted from 1. Linear: for messages only.
pub fn line_number(text: &str, at: usize) -> usize {
    1 + lines_between(text, 0, at.min(text.len()))
}

/// How many lines end between two places.
pub fn lines_between(text: &str, from: usize, to: usize) -> usize {
    let bytes = text.as_bytes();
    let lone = |i: usize| bytes[i] == b'\r' && bytes.get(i + 1) != Some(&b'\n');
    (from..to).filter(|&i| bytes[i] == b'\n' || lone(i)).count()
}

/// The error for a literal that begins at `start`, has its text from `body` on and never ends; and where
/// reading goes on. `what` is `string` or `f-string`.
pub fn unterminated(
    text: &str,
    start: usize,
    body: usize,
    quote: u8,
    width: usize,
    what: &str,
) -> (SyntaxError, usize) {
    let q = quote as char;
    if width == 3 {
        let line = line_number(text, text.len() - usize::from(text.ends_with('\n')));
        let message = format!("unterminated triple-quoted {what} literal (detected at line {line})");
        let error = SyntaxError::new(message, Span::new(start, body))
            .label(format!("this {what} never ends"))
            .help(format!("close it with `{q}{q}{q}`"))
            .one_caret()
            .incomplete();
        return (error, text.len());
    }
    let bytes = text.as_bytes();
    let mut end = line_end(text, body);
    // A backslash joins the next line to the literal.
    while end < text.len() && escaped(&bytes[body..end]) {
        let next = if bytes[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
        if next == text.len() {
            break;
        }
        end = line_end(text, next);
    }
    let line = line_number(text, end);
    let mut message = format!("unterminated {what} literal (detected at line {line})");
    let mut help = format!("close it with `{q}`");
    if what == "string" && end > body + 1 && bytes[end - 1] == quote && escaped(&bytes[body..end - 1]) {
        message.push_str("; perhaps you escaped the end quote?");
        help = "a backslash takes the quote's meaning away: write `\\\\` for a backslash".to_string();
    }
    let error = SyntaxError::new(message, Span::new(start, end)).label(format!("this {what} never ends"));
    (error.one_caret().help(help), end)
}

/// Whether an odd number of backslashes ends `bytes`.
fn escaped(bytes: &[u8]) -> bool {
    bytes.iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends() {
        assert_eq!(find_end("a\\'b' c", 0, b'\'', 1), Some(5));
        assert_eq!(find_end("a\nb'", 0, b'\'', 1), None);
        assert_eq!(find_end("a\n'b''' c", 0, b'\'', 3), Some(7));
        assert_eq!(opening("''", 1, b'\''), (1, 1));
        assert_eq!(opening("'''a", 1, b'\''), (3, 3));
    }
}

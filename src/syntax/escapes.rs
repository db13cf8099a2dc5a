//! Backslashes in strings that stand for nothing, and numbers that touch a word: CPython's tokenizer warns of them. Knows
//! nothing of how warnings are shown.

use super::number;
use super::parse::prepare;
use super::string::Literal;
use super::token::Token;
use crate::source::Span;

/// The first meaningless escape of each str and the end of each number before a word, with what CPython's `string_parser.c`
/// and `lexer.c` say of them.
pub fn meaningless(text: &str) -> Vec<(Span, String)> {
    // Hardly any text has one: the tokens are only made again for those that look like it.
    if !(0..text.len()).any(|at| is_suspect(&text.as_bytes()[at..]) || number::may_touch_word(&text.as_bytes()[at..])) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (start, token, end) in prepare(text).tokens {
        let (start, end) = (start as usize, end as usize);
        let Some(piece) = text.get(start..end) else { continue };
        let (body, raw, bytes) = match token {
            Token::String => {
                let literal = Literal::split(piece);
                (literal.body, literal.raw, literal.bytes)
            }
            Token::FStringMiddle(raw) => {
                // A backslash at its end is one before the brace of a field.
                let lone = piece.len() - piece.trim_end_matches('\\').len();
                let with_brace = text.get(start..end + 1).filter(|more| lone % 2 == 1 && more.ends_with('{'));
                (with_brace.unwrap_or(piece), raw, false)
            }
            Token::Number if text[end..].starts_with(|c: char| c.is_ascii_alphabetic()) => {
                found.push((Span::new(end - 1, end - 1), format!("invalid {} literal", number::kind(piece))));
                continue;
            }
            _ => continue,
        };
        if !raw && let Some(message) = first(body, bytes) {
            found.push((Span::new(start, end), message));
        }
    }
    found
}

/// A backslash before what is no escape in a str.
fn is_suspect(rest: &[u8]) -> bool {
    matches!(rest, [b'\\', next, ..] if !is_escape(*next, false))
        || matches!(rest, [b'\\', b'4'..=b'7', b'0'..=b'7', b'0'..=b'7', ..])
}

fn is_escape(next: u8, bytes: bool) -> bool {
    match next {
        b'\n' | b'\r' | b'\\' | b'\'' | b'"' | b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'x' | b'0'..=b'7' => {
            true
        }
        b'N' | b'u' | b'U' => !bytes,
        _ => false,
    }
}

fn first(body: &str, bytes: bool) -> Option<String> {
    let mut rest = body;
    loop {
        rest = &rest[rest.find('\\')? + 1..];
        let next = rest.chars().next()?;
        if !(next.is_ascii() && is_escape(next as u8, bytes)) {
            // In an f-string the backslash before a doubled brace stands for itself.
            return Some(format!("invalid escape sequence '\\{next}'"));
        }
        if let [b'4'..=b'7', b'0'..=b'7', b'0'..=b'7', ..] = rest.as_bytes() {
            return Some(format!("invalid octal escape sequence '\\{}'", &rest[..3]));
        }
        rest = &rest[next.len_utf8()..];
    }
}

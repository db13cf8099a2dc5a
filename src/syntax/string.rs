//! String and bytes literals: their prefixes, and what their escapes stand for.
//!
//! Works on text that the lexer has already delimited. Source: the lexical analysis chapter of Python's
//! reference; messages of CPython's `string_parser.c` and its `unicodeescape` codec.

use super::error::{Fault, SyntaxError};
use crate::source::Span;

/// A string token taken apart.
pub struct Literal<'s> {
    pub raw: bool,
    pub bytes: bool,
    pub body: &'s str,
}

impl<'s> Literal<'s> {
    /// Takes apart `text`, a whole string token with prefix and quotes.
    pub fn split(text: &'s str) -> Literal<'s> {
        let at = text.find(['"', '\'']).unwrap_or(0);
        let (prefix, quoted) = text.split_at(at);
        let quote = quoted.chars().next().unwrap_or('"');
        let width = if quoted.len() >= 6 && quoted.chars().take(3).all(|c| c == quote) { 3 } else { 1 };
        Literal {
            raw: prefix.contains(['r', 'R']),
            bytes: prefix.contains(['b', 'B']),
            body: quoted.get(width..quoted.len().saturating_sub(width)).unwrap_or(""),
        }
    }
}

/// The text of a `str` literal. Errors: an escape that is malformed or that has no value here.
pub fn text(body: &str, raw: bool, span: Span) -> Result<String, Fault> {
    let body = universal_newlines(body);
    if raw || !body.contains('\\') {
        return Ok(body.into_owned());
    }
    let mut out = String::with_capacity(body.len());
    let mut rest = &body[..];
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let before = body.len() - rest.len() + at;
        let used = text_escape(escape, &mut out).map_err(|e| e.at(&body[..before], span))?;
        rest = &escape[used..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The text of literal parts of f-strings, where `{{` and `}}` stand for one brace.
pub fn fstring_text(body: &str, raw: bool, span: Span) -> Result<String, Fault> {
    if !body.contains("{{") && !body.contains("}}") {
        return text(body, raw, span);
    }
    let mut out = String::with_capacity(body.len());
    for (i, piece) in body.split("{{").enumerate() {
        if i > 0 {
            out.push('{');
        }
        for (j, piece) in piece.split("}}").enumerate() {
            if j > 0 {
                out.push('}');
            }
            // A backslash right before a doubled brace stands for itself, as before any other brace.
            match piece.strip_suffix('\\') {
                Some(head) if !raw && !head.ends_with('\\') => {
                    out.push_str(&text(head, raw, span)?);
                    out.push('\\');
                }
                _ => out.push_str(&text(piece, raw, span)?),
            }
        }
    }
    Ok(out)
}

/// The value of a bytes literal. Errors: text beyond ASCII, a malformed `\x`.
pub fn bytes(body: &str, raw: bool, span: Span) -> Result<Vec<u8>, Fault> {
    if !body.is_ascii() {
        return Err(SyntaxError::new("bytes can only contain ASCII literal characters", span)
            .label("holds text beyond ASCII")
            .help("write the bytes as `\\x..` escapes, or encode a `str`: `\"...\".encode()`")
            .boxed());
    }
    let body = universal_newlines(body);
    if raw {
        return Ok(body.as_bytes().to_vec());
    }
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body.as_bytes();
    while let Some(at) = rest.iter().position(|&b| b == b'\\') {
        out.extend_from_slice(&rest[..at]);
        let escape = &rest[at + 1..];
        let position = body.len() - rest.len() + at;
        let used = bytes_escape(escape, &mut out).ok_or_else(|| {
            SyntaxError::new(format!("(value error) invalid \\x escape at position {position}"), span)
                .label("`\\x` needs two hexadecimal digits")
                .boxed()
        })?;
        rest = &escape[used..];
    }
    out.extend_from_slice(rest);
    Ok(out)
}

/// `\r\n` and a lone `\r` in a literal are a `\n`.
fn universal_newlines(body: &str) -> std::borrow::Cow<'_, str> {
    if body.contains('\r') { body.replace("\r\n", "\n").replace('\r', "\n").into() } else { body.into() }
}

/// What is wrong with an escape: how many bytes of it CPython counts, and why.
enum BadEscape {
    Codec(usize, &'static str),
    Unsupported(&'static str, &'static str),
}

impl BadEscape {
    fn at(self, before: &str, span: Span) -> Fault {
        match self {
            BadEscape::Codec(len, why) => {
                // CPython widens each character beyond ASCII to a ten-byte escape before it decodes.
                let start: usize = before.chars().map(|c| if c.is_ascii() { 1 } else { 10 }).sum();
                let message = format!(
                    "(unicode error) 'unicodeescape' codec can't decode bytes in position {start}-{}: {why}",
                    start + len - 1
                );
                SyntaxError::new(message, span)
                    .label("malformed escape in this string")
                    .help("write `\\\\` for a backslash, or a raw string: `r\"...\"`")
                    .boxed()
            }
            BadEscape::Unsupported(message, help) => {
                SyntaxError::new(message, span).label("in this string").help(help).boxed()
            }
        }
    }
}

fn text_escape(escape: &str, out: &mut String) -> Result<usize, BadEscape> {
    let bytes = escape.as_bytes();
    let Some(&first) = bytes.first() else {
        out.push('\\');
        return Ok(0);
    };
    if let Some(c) = simple_escape(first) {
        out.extend(c.map(char::from));
        return Ok(1);
    }
    match first {
        b'0'..=b'7' => {
            let (value, used) = octal(bytes);
            // At most 0o777, below the surrogates.
            out.push(char::from_u32(value).unwrap_or('\u{fffd}'));
            Ok(used)
        }
        b'x' => hex_escape(bytes, 2, "truncated \\xXX escape", out),
        b'u' => hex_escape(bytes, 4, "truncated \\uXXXX escape", out),
        b'U' => hex_escape(bytes, 8, "truncated \\UXXXXXXXX escape", out),
        b'N' => named_escape(escape, out),
        _ => {
            // Not an escape: both characters stand for themselves.
            out.push('\\');
            Ok(0)
        }
    }
}

/// `\N{GREEK SMALL LETTER ALPHA}`
fn named_escape(escape: &str, out: &mut String) -> Result<usize, BadEscape> {
    let malformed = |len| Err(BadEscape::Codec(len, "malformed \\N character escape"));
    let Some(name) = escape[1..].strip_prefix('{') else { return malformed(2) };
    let Some(len) = name.find('}') else { return malformed(3 + name.len()) };
    if len == 0 {
        return malformed(3);
    }
    let Some(c) = crate::text::names::character(&name[..len]) else {
        return Err(BadEscape::Codec(4 + len, "unknown Unicode character name"));
    };
    out.push(c);
    Ok(3 + len)
}

/// One-character escapes; a backslash before a line end gives nothing.
fn simple_escape(byte: u8) -> Option<Option<u8>> {
    Some(Some(match byte {
        b'\n' => return Some(None),
        b'\\' | b'\'' | b'"' => byte,
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        _ => return None,
    }))
}

/// Up to three octal digits: their value and number.
fn octal(bytes: &[u8]) -> (u32, usize) {
    let used = bytes.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
    (bytes[..used].iter().fold(0, |v, b| v * 8 + (b - b'0') as u32), used)
}

fn hex_escape(bytes: &[u8], digits: usize, truncated: &'static str, out: &mut String) -> Result<usize, BadEscape> {
    let found = bytes[1..].iter().take(digits).take_while(|b| b.is_ascii_hexdigit()).count();
    if found < digits {
        return Err(BadEscape::Codec(2 + found, truncated));
    }
    let value = bytes[1..=digits].iter().fold(0u32, |v, &b| v << 4 | (b as char).to_digit(16).unwrap_or(0));
    match char::from_u32(value) {
        Some(c) => out.push(c),
        None if value > 0x10ffff => return Err(BadEscape::Codec(2 + digits, "illegal Unicode character")),
        None => {
            return Err(BadEscape::Unsupported(
                "surrogate escapes (\\ud800 to \\udfff) are not supported in string literals",
                "write a character beyond U+FFFF as `\\UXXXXXXXX`",
            ));
        }
    }
    Ok(1 + digits)
}

fn bytes_escape(escape: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let Some(&first) = escape.first() else {
        out.push(b'\\');
        return Some(0);
    };
    if let Some(b) = simple_escape(first) {
        out.extend(b);
        return Some(1);
    }
    match first {
        b'0'..=b'7' => {
            let (value, used) = octal(escape);
            out.push(value as u8);
            Some(used)
        }
        b'x' => {
            let digit = |i: usize| escape.get(i).and_then(|&b| (b as char).to_digit(16));
            out.push((digit(1)? << 4 | digit(2)?) as u8);
            Some(3)
        }
        _ => {
            out.push(b'\\');
            Some(0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(body: &str) -> Result<String, String> {
        text(body, false, Span::default()).map_err(|e| e.message.into_owned())
    }

    #[test]
    fn escapes_of_text() {
        assert_eq!(t(r"a\tb\n\\\'\x41\u00e9\U0001F600\101\0"), Ok("a\tb\n\\'Aé😀A\0".into()));
        assert_eq!(t("a\\\nb\\q"), Ok("ab\\q".into()));
        assert_eq!(t("a\r\nb"), Ok("a\nb".into()));
        assert!(t(r"é\x1").is_err_and(|m| m.contains("position 10-12: truncated \\xXX escape")));
        assert!(t(r"\U00110000").is_err_and(|m| m.contains("position 0-9: illegal Unicode character")));
    }

    #[test]
    fn braces_of_f_strings() {
        let f = |b, raw| fstring_text(b, raw, Span::default()).map_err(|e| e.message);
        assert_eq!(f("a{{b}}c", false), Ok("a{b}c".into()));
        assert_eq!(f("\\{{", false), Ok("\\{".into()));
        assert_eq!(f("\\n}}", false), Ok("\n}".into()));
    }

    #[test]
    fn escapes_of_bytes() {
        assert_eq!(bytes(r"a\xff\0\q", false, Span::default()), Ok(b"a\xff\0\\q".to_vec()));
        assert!(bytes(r"\xg", false, Span::default()).is_err());
        assert!(bytes("é", false, Span::default()).is_err());
    }

    #[test]
    fn prefixes_are_split() {
        let l = Literal::split("Rb'''a'b'''");
        assert!(l.raw && l.bytes);
        assert_eq!(l.body, "a'b");
        assert_eq!(Literal::split("''").body, "");
    }
}

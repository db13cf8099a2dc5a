//! Number literals: where one ends, whether it is well formed, and what it is worth.
//!
//! Source: the lexical analysis chapter of Python's reference; messages of CPython's `tokenizer.c`.

use num_bigint::BigInt;

use super::ast::Constant;
use super::error::{Fault, SyntaxError};
use crate::source::Span;

/// Decimal digits that CPython converts without complaint (`sys.int_info.default_max_str_digits`).
const MAX_DECIMAL_DIGITS: usize = 4300;

/// Words that may follow a number without a space, as in `1if x else 2`.
const WORDS_AFTER: &[&str] = &["and", "else", "for", "if", "in", "is", "not", "or"];

const LEADING_ZEROS: &str =
    "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers";

/// How messages name the form of a well-formed number.
pub fn kind(literal: &str) -> &'static str {
    match literal.as_bytes() {
        [b'0', b'x' | b'X', ..] => "hexadecimal",
        [b'0', b'o' | b'O', ..] => "octal",
        [b'0', b'b' | b'B', ..] => "binary",
        [.., b'j' | b'J'] => "imaginary",
        _ => "decimal",
    }
}

/// Whether text may be the end of a number that touches a word, or the beginning of a hexadecimal one.
pub fn may_touch_word(rest: &[u8]) -> bool {
    let after = match rest {
        [b'0', b'x' | b'X', ..] => return true,
        [b'0'..=b'9', b'j' | b'J' | b'.', after @ ..] | [b'0'..=b'9', after @ ..] => after,
        _ => return false,
    };
    WORDS_AFTER.iter().any(|word| after.starts_with(word.as_bytes()))
}

struct Scan<'s> {
    bytes: &'s [u8],
    text: &'s str,
    at: usize,
}

/// A malformed number: message and the byte (relative to the number) that CPython points at.
type Bad = (String, usize);

/// The length of the number at the beginning of `text` (which begins with a digit or `.digit`).
pub fn scan(text: &str) -> Result<usize, Bad> {
    let mut s = Scan { bytes: text.as_bytes(), text, at: 0 };
    if s.peek() == b'0' {
        match s.bytes.get(1) {
            Some(b'x' | b'X') => return s.radix("hexadecimal", |b| b.is_ascii_hexdigit()),
            Some(b'o' | b'O') => return s.radix("octal", |b| matches!(b, b'0'..=b'7')),
            Some(b'b' | b'B') => return s.radix("binary", |b| matches!(b, b'0' | b'1')),
            _ => {}
        }
    }
    s.decimal()
}

impl Scan<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn radix(&mut self, name: &str, digit: fn(u8) -> bool) -> Result<usize, Bad> {
        self.at = 2;
        loop {
            if self.peek() == b'_' {
                self.at += 1;
            }
            if !digit(self.peek()) {
                return Err(match self.peek() {
                    b @ b'0'..=b'9' => (format!("invalid digit '{}' in {name} literal", b as char), self.at),
                    _ => (format!("invalid {name} literal"), self.at - 1),
                });
            }
            while digit(self.peek()) {
                self.at += 1;
            }
            if self.peek() != b'_' {
                break;
            }
        }
        if let b @ b'0'..=b'9' = self.peek() {
            return Err((format!("invalid digit '{}' in {name} literal", b as char), self.at));
        }
        self.end(name)
    }

    /// `1_000`; an underscore must stand between digits.
    fn digits(&mut self) -> Result<(), Bad> {
        loop {
            while self.peek().is_ascii_digit() {
                self.at += 1;
            }
            if self.peek() != b'_' {
                return Ok(());
            }
            self.at += 1;
            if !self.peek().is_ascii_digit() {
                return Err(("invalid decimal literal".into(), self.at - 1));
            }
        }
    }

    fn decimal(&mut self) -> Result<usize, Bad> {
        self.digits()?;
        let whole = self.at;
        let mut float = false;
        if self.peek() == b'.' {
            float = true;
            self.at += 1;
            if self.peek().is_ascii_digit() {
                self.digits()?;
            }
        }
        if matches!(self.peek(), b'e' | b'E') {
            let sign = matches!(self.bytes.get(self.at + 1), Some(b'+' | b'-')) as usize;
            if self.bytes.get(self.at + 1 + sign).is_some_and(u8::is_ascii_digit) {
                float = true;
                self.at += 1 + sign;
                self.digits()?;
            } else if sign == 1 {
                return Err(("invalid decimal literal".into(), self.at + 1));
            }
        }
        if matches!(self.peek(), b'j' | b'J') {
            self.at += 1;
            return self.end("imaginary");
        }
        let zeros = !float && self.bytes[0] == b'0' && self.bytes[..whole].iter().any(|b| matches!(b, b'1'..=b'9'));
        if zeros {
            return Err((LEADING_ZEROS.into(), 0));
        }
        self.end("decimal")
    }

    /// What follows must not look like a part of the number.
    fn end(&self, name: &str) -> Result<usize, Bad> {
        let rest = &self.text[self.at..];
        let word_len = rest.bytes().take_while(|b| b.is_ascii_alphabetic()).count();
        let next = rest.chars().next().unwrap_or(' ');
        let glued = next == '_' || next.is_ascii_alphanumeric();
        // CPython looks at two letters only: `1inch` is `1 in` and then an error at the name.
        if glued && !WORDS_AFTER.iter().any(|w| rest[..word_len].starts_with(w)) {
            return Err((format!("invalid {name} literal"), self.at - 1));
        }
        Ok(self.at)
    }
}

/// The value of a well-formed number. Errors: too many decimal digits.
pub fn value(literal: &str, span: Span) -> Result<Constant, Fault> {
    let clean: String = literal.chars().filter(|&c| c != '_').collect();
    let radix = match clean.as_bytes() {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 10,
    };
    if radix != 10 {
        return Ok(integer(&clean[2..], radix));
    }
    if let Some(imaginary) = clean.strip_suffix(['j', 'J']) {
        return Ok(Constant::Complex(float(imaginary)));
    }
    if clean.contains(['.', 'e', 'E']) {
        return Ok(Constant::Float(float(&clean)));
    }
    if clean.len() > MAX_DECIMAL_DIGITS {
        return Err(SyntaxError::new(
            format!(
                "Exceeds the limit ({MAX_DECIMAL_DIGITS} digits) for integer string conversion: value has {} digits; \
                 use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer \
                 literals to avoid decimal conversion limits.",
                clean.len()
            ),
            span,
        )
        .label("too long a number")
        .boxed());
    }
    Ok(integer(&clean, 10))
}

fn integer(digits: &str, radix: u32) -> Constant {
    match i64::from_str_radix(digits, radix) {
        Ok(small) => Constant::Int(small),
        // The lexer has checked the digits, so the fallback never applies.
        Err(_) => Constant::BigInt(Box::new(BigInt::parse_bytes(digits.as_bytes(), radix).unwrap_or_default())),
    }
}

fn float(digits: &str) -> f64 {
    // Rust reads all of Python's forms (`1.`, `.5`, `1e5`); the lexer has checked them.
    digits.parse().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_found() {
        assert_eq!(scan("1_000+2"), Ok(5));
        assert_eq!(scan("0xFF_ff)"), Ok(7));
        assert_eq!(scan("1.5e-3j "), Ok(7));
        assert_eq!(scan(".5"), Ok(2));
        assert_eq!(scan("1.real"), Err(("invalid decimal literal".into(), 1)));
        assert_eq!(scan("1if x"), Ok(1));
        assert_eq!(scan("1..a"), Ok(2));
    }

    #[test]
    fn malformed_numbers_are_told() {
        assert_eq!(scan("0777"), Err((LEADING_ZEROS.into(), 0)));
        assert_eq!(scan("00"), Ok(2));
        assert_eq!(scan("09.5"), Ok(4));
        assert_eq!(scan("1__0"), Err(("invalid decimal literal".into(), 1)));
        assert_eq!(scan("0b12"), Err(("invalid digit '2' in binary literal".into(), 3)));
        assert_eq!(scan("0x"), Err(("invalid hexadecimal literal".into(), 1)));
        assert_eq!(scan("12abc"), Err(("invalid decimal literal".into(), 1)));
    }

    #[test]
    fn values() {
        let v = |s| value(s, Span::default());
        assert_eq!(v("0x_ff"), Ok(Constant::Int(255)));
        assert_eq!(v("9223372036854775807"), Ok(Constant::Int(i64::MAX)));
        assert_eq!(v("9223372036854775808"), Ok(Constant::BigInt(Box::new(BigInt::from(i64::MAX) + 1))));
        assert_eq!(v("1_0.5"), Ok(Constant::Float(10.5)));
        assert_eq!(v("1e400"), Ok(Constant::Float(f64::INFINITY)));
        assert_eq!(v("3j"), Ok(Constant::Complex(3.0)));
    }
}

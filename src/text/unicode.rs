//! What `str` knows of characters, by Unicode 15.1 as CPython 3.13: classes, case mappings, whitespace, line ends.
//! It must not know of string objects. Case mappings come from Rust's standard library, minus what later versions of
//! Unicode added; the rest from `tables`.

use super::tables::{ALPHABETIC, DECIMAL, DIGIT_ONLY, FOLD, NOT_PRINTABLE, NUMERIC_ONLY, TITLE, TITLECASE};
use std::borrow::Cow;
use std::cmp::Ordering;

fn find(table: &[(u32, u32)], c: char) -> Option<(u32, u32)> {
    let code = u32::from(c);
    let order = |&(first, last): &(u32, u32)| {
        if last < code {
            Ordering::Less
        } else if first > code {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    };
    table.binary_search_by(order).ok().map(|at| table[at])
}

fn lookup(table: &[(char, &'static str)], c: char) -> Option<&'static str> {
    table.binary_search_by_key(&c, |entry| entry.0).ok().map(|at| table[at].1)
}

/// `c.isprintable()`: `repr` shows it as it is.
#[inline]
pub fn is_printable(c: char) -> bool {
    if c.is_ascii() { (' '..='~').contains(&c) } else { find(&NOT_PRINTABLE, c).is_none() }
}

/// `c.isalpha()`.
pub fn is_alpha(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { find(&ALPHABETIC, c).is_some() }
}

/// The value of a decimal digit of any script.
pub fn decimal_value(c: char) -> Option<u32> {
    if c.is_ascii() {
        return c.to_digit(10);
    }
    find(&DECIMAL, c).map(|(first, _)| (u32::from(c) - first) % 10)
}

/// `c.isdecimal()`.
pub fn is_decimal(c: char) -> bool {
    decimal_value(c).is_some()
}

/// `c.isdigit()`.
pub fn is_digit(c: char) -> bool {
    is_decimal(c) || find(&DIGIT_ONLY, c).is_some()
}

/// `c.isnumeric()`.
pub fn is_numeric(c: char) -> bool {
    is_digit(c) || find(&NUMERIC_ONLY, c).is_some()
}

/// `c.isalnum()`.
pub fn is_alnum(c: char) -> bool {
    is_alpha(c) || is_numeric(c)
}

/// `c.isspace()`: what `strip()` and `split()` take for whitespace.
#[inline]
pub fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t'..='\r'
            | '\x1c'..=' '
            | '\u{85}'
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
    )
}

/// C's whitespace, which `int(text)`, `float(text)` and the methods of bytes strip.
#[inline]
pub fn is_c_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ')
}

/// `c.isupper()`.
pub fn is_upper(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_uppercase() } else { c.is_uppercase() && is_printable(c) }
}

/// `c.islower()`.
pub fn is_lower(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_lowercase()
    } else {
        // Unicode 17 took the case from U+0295.
        (c.is_lowercase() && is_printable(c)) || c == '\u{295}'
    }
}

fn is_titlecase(c: char) -> bool {
    !c.is_ascii() && find(&TITLECASE, c).is_some()
}

fn is_cased(c: char) -> bool {
    is_lower(c) || is_upper(c) || is_titlecase(c)
}

/// The character may start an identifier.
pub fn is_identifier_start(c: char) -> bool {
    if c.is_ascii() { c == '_' || c.is_ascii_alphabetic() } else { unicode_ident::is_xid_start(c) && is_printable(c) }
}

/// The character may follow in an identifier.
pub fn is_identifier_continue(c: char) -> bool {
    if c.is_ascii() {
        c == '_' || c.is_ascii_alphanumeric()
    } else {
        // Unicode 15.1 has the joiners and the katakana dots, later versions not all of them.
        matches!(c, '\u{200c}' | '\u{200d}' | '\u{30fb}' | '\u{ff65}')
            || (unicode_ident::is_xid_continue(c) && is_printable(c))
    }
}

/// `text.isidentifier()`.
pub fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_identifier_start) && chars.all(is_identifier_continue)
}

/// At least one character, and `class` of all: `isalpha`, `isdigit`, `isspace` and their like on whole strings.
pub fn all(text: &str, class: fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(class)
}

/// `text.isupper()`: some cased character, and no lower case one.
pub fn str_is_upper(text: &str) -> bool {
    text.chars().any(is_upper) && !text.chars().any(|c| is_lower(c) || is_titlecase(c))
}

/// `text.islower()`: some cased character, and no upper case one.
pub fn str_is_lower(text: &str) -> bool {
    text.chars().any(is_lower) && !text.chars().any(|c| is_upper(c) || is_titlecase(c))
}

/// `text.istitle()`: capitals start words, small letters continue them, and there is one.
pub fn str_is_title(text: &str) -> bool {
    let (mut in_word, mut any) = (false, false);
    for c in text.chars() {
        let capital = is_upper(c) || is_titlecase(c);
        let small = !capital && is_lower(c);
        if (capital && in_word) || (small && !in_word) {
            return false;
        }
        in_word = capital || small;
        any |= in_word;
    }
    any
}

/// Pushes a case mapping of `c`, unless it leads to a character later than Unicode 15.1.
fn push_mapped(out: &mut String, c: char, mapped: impl Iterator<Item = char> + Clone) {
    if is_known(c) && mapped.clone().all(is_known) { out.extend(mapped) } else { out.push(c) }
}

/// Assigned in Unicode 15.1, or at least not a cased letter assigned later.
fn is_known(c: char) -> bool {
    c.is_ascii() || is_printable(c)
}

fn push_lower(out: &mut String, c: char) {
    push_mapped(out, c, c.to_lowercase());
}

fn push_upper(out: &mut String, c: char) {
    push_mapped(out, c, c.to_uppercase());
}

fn push_title(out: &mut String, c: char) {
    match lookup(&TITLE, c) {
        Some(title) => out.push_str(title),
        // Georgian has no title case, though it has capitals.
        None if ('\u{10d0}'..='\u{10ff}').contains(&c) => out.push(c),
        None => push_upper(out, c),
    }
}

/// The lower case of each capital sigma of a text in order: final at the end of a word (Unicode's Final_Sigma).
struct Sigmas(std::vec::IntoIter<char>);

impl Sigmas {
    fn of(text: &str) -> Self {
        if !text.contains('Σ') {
            return Sigmas(Vec::new().into_iter());
        }
        let lower = text.to_lowercase();
        let mut mapped = lower.chars();
        let mut found = Vec::new();
        for c in text.chars() {
            if c == 'Σ' {
                found.extend(mapped.next());
            } else {
                c.to_lowercase().for_each(|_| {
                    mapped.next();
                });
            }
        }
        Sigmas(found.into_iter())
    }

    /// Pushes the lower case of the next character of the text; every capital sigma must pass here or by `skip`.
    fn push_lower(&mut self, out: &mut String, c: char) {
        if c == 'Σ' {
            out.push(self.0.next().unwrap_or('σ'));
        } else {
            push_lower(out, c);
        }
    }

    fn skip(&mut self, c: char) {
        if c == 'Σ' {
            self.0.next();
        }
    }
}

/// `text.lower()`.
pub fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut sigmas = Sigmas::of(text);
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| sigmas.push_lower(&mut out, c));
    out
}

/// `text.upper()`.
pub fn upper(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_upper(&mut out, c));
    out
}

/// `text.title()`.
pub fn title(text: &str) -> String {
    let mut sigmas = Sigmas::of(text);
    let mut out = String::with_capacity(text.len());
    let mut in_word = false;
    for c in text.chars() {
        if in_word {
            sigmas.push_lower(&mut out, c);
        } else {
            sigmas.skip(c);
            push_title(&mut out, c);
        }
        in_word = is_cased(c);
    }
    out
}

/// `text.capitalize()`.
pub fn capitalize(text: &str) -> String {
    let mut sigmas = Sigmas::of(text);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    if let Some(first) = chars.next() {
        sigmas.skip(first);
        push_title(&mut out, first);
    }
    chars.for_each(|c| sigmas.push_lower(&mut out, c));
    out
}

/// `text.swapcase()`.
pub fn swapcase(text: &str) -> String {
    let mut sigmas = Sigmas::of(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_upper(c) {
            sigmas.push_lower(&mut out, c);
        } else if is_lower(c) {
            push_upper(&mut out, c);
        } else {
            out.push(c);
        }
    }
    out
}

/// `text.casefold()`.
pub fn casefold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match (lookup(&FOLD, c), c) {
            (Some(folded), _) => out.push_str(folded),
            // Cherokee folds to its capitals, which are older than its small letters.
            (None, '\u{13a0}'..='\u{13f5}') => out.push(c),
            (None, '\u{ab70}'..='\u{abbf}') => push_upper(&mut out, c),
            (None, _) => push_lower(&mut out, c),
        }
    }
    out
}

/// A character that ends a line for `str.splitlines`.
pub fn is_line_end(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// `text.splitlines(keepends)`; `\r\n` is one end.
pub fn split_lines(text: &str, keep_ends: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !is_line_end(c) {
            continue;
        }
        let mut next = at + c.len_utf8();
        if c == '\r' && chars.next_if(|(_, c)| *c == '\n').is_some() {
            next += 1;
        }
        lines.push(&text[start..if keep_ends { next } else { at }]);
        start = next;
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}

/// `text` with decimal digits of every script as ASCII ones, other whitespace as spaces and any other character beyond
/// ASCII as `?`: what number parsing reads (CPython `_PyUnicode_TransformDecimalAndSpaceToASCII`).
pub fn digits_to_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let convert = |c: char| {
        if c.is_ascii() {
            c
        } else if is_space(c) {
            ' '
        } else {
            decimal_value(c).and_then(|digit| char::from_digit(digit, 10)).unwrap_or('?')
        }
    };
    Cow::Owned(text.chars().map(convert).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_the_reference() {
        assert!(is_digit('²') && !is_decimal('²') && is_numeric('½') && is_numeric('五'));
        assert_eq!(decimal_value('٣'), Some(3));
        assert!(!is_alpha('Ⅷ') && is_upper('Ⅷ') && is_alpha('ª') && is_lower('ª'));
        assert!(is_identifier("_é1") && !is_identifier("1a") && !is_identifier(""));
        assert!(str_is_title("Ǆ ǅab") || str_is_title("Hello World"));
    }

    #[test]
    fn case_mappings_are_full() {
        assert_eq!(upper("straße"), "STRASSE");
        assert_eq!(lower("ΟΔΟΣ Σ"), "οδος σ");
        assert_eq!(title("they're ßtrange ǆ"), "They'Re Sstrange ǅ");
        assert_eq!(capitalize("ǆ ABC"), "ǅ abc");
        assert_eq!(swapcase("aBß"), "AbSS");
        assert_eq!(casefold("Straße Ꭰ"), "strasse Ꭰ");
        // A capital that Unicode 16 gave to an older letter is not known yet.
        assert_eq!(upper("\u{19b}"), "\u{19b}");
    }

    #[test]
    fn lines_end_at_every_boundary() {
        assert_eq!(split_lines("a\r\nb\x0bc\u{2028}", false), ["a", "b", "c"]);
        assert_eq!(split_lines("a\r\n\nb", true), ["a\r\n", "\n", "b"]);
        assert_eq!(split_lines("", true), [""; 0]);
    }
}

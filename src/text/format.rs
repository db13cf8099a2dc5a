//! `format(x, spec)` for ints, floats, complex numbers and strings. It must not know of `%`-formatting's own syntax
//! (see `percent`), which shares [`float_text`]. Reference: CPython `Python/formatter_unicode.c`.

use std::borrow::Cow;

use super::error::{MAX_TEXT, Result, TextError};
use super::float;
use super::int::IntRef;
use super::spec::{Align, FormatSpec, Grouping, Sign, Target, unknown_code};

/// A float has no more significant decimal digits, and no more after its point, than this: digits asked for beyond
/// are zeros.
const MAX_DIGITS: usize = 1100;

/// The parts of a number's text, before padding and grouping.
#[derive(Default)]
struct Parts {
    negative: bool,
    /// `0x` and the like.
    prefix: &'static str,
    /// The digits that may be grouped.
    digits: String,
    /// From the decimal point on, exponent and percent sign included; or the whole text of `inf` and `nan`.
    tail: String,
    /// The size of a group of digits.
    group: usize,
}

/// `format(n, spec)` for an int; `max_digits` is the limit on decimal digits (zero: none).
///
/// # Errors
/// ValueError, OverflowError or MemoryError, with CPython's texts.
pub fn format_int<'a>(spec: &FormatSpec, n: impl Into<IntRef<'a>>, max_digits: usize) -> Result<String> {
    format_int_as(spec, n.into(), max_digits, Target::Int.type_name())
}

/// [`format_int`] for an object of a subclass, whose name is shown in errors.
///
/// # Errors
/// As [`format_int`].
pub fn format_int_as(spec: &FormatSpec, n: IntRef<'_>, max_digits: usize, type_name: &str) -> Result<String> {
    let ty = spec.ty.unwrap_or('d');
    let (radix, prefix, group) = match ty {
        'd' | 'n' => (10, "", 3),
        'b' => (2, "0b", 4),
        'o' => (8, "0o", 4),
        'x' => (16, "0x", 4),
        'X' => (16, "0X", 4),
        'c' => (0, "", 0),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => return format_float_as(spec, n.to_f64()?, type_name),
        _ => return Err(unknown_code(ty, type_name)),
    };
    if spec.precision.is_some() {
        return Err(TextError::value("Precision not allowed in integer format specifier"));
    }
    if spec.z {
        return Err(TextError::value("Negative zero coercion (z) not allowed in integer format specifier"));
    }
    if ty == 'c' {
        return format_char(spec, n);
    }
    let mut digits = n.magnitude_digits(radix, max_digits)?;
    if ty == 'X' {
        digits.make_ascii_uppercase();
    }
    let prefix = if spec.alternate { prefix } else { "" };
    let parts = Parts { negative: n.is_negative(), prefix, digits, tail: String::new(), group };
    render(spec, &parts)
}

/// Appends a decimal int that is at most padded, the commonest case; false, and nothing appended, for any other specifier.
pub fn write_plain_int(spec: &FormatSpec, n: i64, out: &mut String) -> bool {
    let plain = matches!(spec.ty, None | Some('d'))
        && spec.precision.is_none()
        && spec.grouping.is_none()
        && spec.sign.is_none_or(|sign| sign == Sign::Minus)
        && !spec.z
        && !spec.alternate;
    if !plain {
        return false;
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(n);
    let missing = spec.width.unwrap_or(0).saturating_sub(digits.len());
    if missing > WIDEST_PLAIN {
        return false;
    }
    let (before, after) = match spec.align {
        Align::Left => (0, missing),
        Align::Right => (missing, 0),
        Align::Center => (missing / 2, missing - missing / 2),
        Align::AfterSign if n < 0 => {
            out.push('-');
            out.extend(std::iter::repeat_n(spec.fill, missing));
            out.push_str(&digits[1..]);
            return true;
        }
        Align::AfterSign => (missing, 0),
    };
    out.extend(std::iter::repeat_n(spec.fill, before));
    out.push_str(digits);
    out.extend(std::iter::repeat_n(spec.fill, after));
    true
}

/// Wider padding may not fit the memory, which is checked elsewhere.
const WIDEST_PLAIN: usize = 1000;

fn format_char(spec: &FormatSpec, n: IntRef<'_>) -> Result<String> {
    if spec.sign.is_some() {
        return Err(TextError::value("Sign not allowed with integer format specifier 'c'"));
    }
    if spec.alternate {
        return Err(TextError::value("Alternate form (#) not allowed with integer format specifier 'c'"));
    }
    let c = char_of(n)?;
    let unsigned = FormatSpec { sign: None, ..spec.clone() };
    render(&unsigned, &Parts { tail: c.to_string(), ..Parts::default() })
}

/// The character of a code point, for the type `c`; a lone surrogate, which no text here can hold, becomes U+FFFD.
///
/// # Errors
/// OverflowError when out of range.
pub fn char_of(n: IntRef<'_>) -> Result<char> {
    match n.to_i64() {
        Some(code @ 0..=0x10_ffff) => Ok(char::from_u32(code as u32).unwrap_or(char::REPLACEMENT_CHARACTER)),
        Some(_) => Err(TextError::overflow("%c arg not in range(0x110000)")),
        None => Err(TextError::overflow("Python int too large to convert to C long")),
    }
}

/// `format(x, spec)` for a float.
///
/// # Errors
/// ValueError or MemoryError, with CPython's texts.
pub fn format_float(spec: &FormatSpec, x: f64) -> Result<String> {
    format_float_as(spec, x, Target::Float.type_name())
}

/// [`format_float`] for an object of another class, whose name is shown in errors.
///
/// # Errors
/// As [`format_float`].
pub fn format_float_as(spec: &FormatSpec, x: f64, type_name: &str) -> Result<String> {
    check_precision(spec)?;
    let style = match spec.ty {
        None if spec.precision.is_some() => Style { add_dot_zero: true, ..Style::new('g') },
        None => Style { add_dot_zero: true, ..Style::new('r') },
        Some('n') => Style::new('g'),
        Some('%') => Style::new('f'),
        Some(ty @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G')) => Style::new(ty),
        Some(ty) => return Err(unknown_code(ty, type_name)),
    };
    let percent = spec.ty == Some('%');
    let style = Style { alternate: spec.alternate, no_negative_zero: spec.z, ..style };
    let mut parts = float_parts(if percent { x * 100.0 } else { x }, style, spec.precision.unwrap_or(6))?;
    if percent {
        parts.tail.push('%');
    }
    render(spec, &parts)
}

fn check_precision(spec: &FormatSpec) -> Result<()> {
    match spec.precision {
        Some(precision) if precision > i32::MAX as usize => Err(TextError::value("precision too big")),
        Some(precision) if precision > MAX_TEXT => Err(TextError::memory()),
        _ => Ok(()),
    }
}

/// `format(complex(re, im), spec)`.
///
/// # Errors
/// ValueError or MemoryError, with CPython's texts.
pub fn format_complex(spec: &FormatSpec, re: f64, im: f64) -> Result<String> {
    let style = match spec.ty {
        None if spec.precision.is_some() => Style::new('g'),
        None => Style::new('r'),
        Some('n') => Style::new('g'),
        Some(ty @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G')) => Style::new(ty),
        Some(ty) => return Err(unknown_code(ty, Target::Complex.type_name())),
    };
    check_precision(spec)?;
    if spec.fill == '0' {
        return Err(TextError::value("Zero padding is not allowed in complex format specifier"));
    }
    if spec.align == Align::AfterSign {
        return Err(TextError::value("'=' alignment flag is not allowed in complex format specifier"));
    }
    let style = Style { alternate: spec.alternate, no_negative_zero: spec.z, ..style };
    let precision = spec.precision.unwrap_or(6);
    let unpadded = FormatSpec { width: None, ..spec.clone() };
    let imag_spec = FormatSpec { sign: Some(Sign::Plus), ..unpadded.clone() };
    let alone = spec.ty.is_none() && re == 0.0 && re.is_sign_positive();
    let body = if alone {
        format!("{}j", render(&unpadded, &float_parts(im, style, precision)?)?)
    } else {
        let real = render(&unpadded, &float_parts(re, style, precision)?)?;
        let imag = render(&imag_spec, &float_parts(im, style, precision)?)?;
        if spec.ty.is_none() { format!("({real}{imag}j)") } else { format!("{real}{imag}j") }
    };
    pad(&body, spec.fill, spec.align, spec.width.unwrap_or(0))
}

/// `format(text, spec)` for a string.
///
/// # Errors
/// ValueError or MemoryError, with CPython's texts.
pub fn format_str(spec: &FormatSpec, text: &str) -> Result<String> {
    format_str_as(spec, text, Target::Str.type_name())
}

/// [`format_str`] for an object of a subclass, whose name is shown in errors.
///
/// # Errors
/// As [`format_str`].
pub fn format_str_as(spec: &FormatSpec, text: &str, type_name: &str) -> Result<String> {
    if let Some(ty) = spec.ty.filter(|ty| *ty != 's') {
        return Err(unknown_code(ty, type_name));
    }
    let refused = match spec.sign {
        Some(Sign::Space) => Some("Space not allowed in string format specifier"),
        Some(_) => Some("Sign not allowed in string format specifier"),
        None if spec.z => Some("Negative zero coercion (z) not allowed in string format specifier"),
        None if spec.alternate => Some("Alternate form (#) not allowed in string format specifier"),
        None if spec.align == Align::AfterSign => Some("'=' alignment not allowed in string format specifier"),
        None => None,
    };
    if let Some(message) = refused {
        return Err(TextError::value(message));
    }
    pad(truncate(text, spec.precision), spec.fill, spec.align, spec.width.unwrap_or(0))
}

/// The first `limit` characters.
pub(super) fn truncate(text: &str, limit: Option<usize>) -> &str {
    match limit {
        Some(limit) if limit < text.len() => match text.char_indices().nth(limit) {
            Some((end, _)) => &text[..end],
            None => text,
        },
        _ => text,
    }
}

/// How a float is written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// `e`, `f`, `g` or their capitals; `r` is `repr`'s, of the shortest digits.
    pub ty: char,
    /// `#`: the point and the trailing zeros stay.
    pub alternate: bool,
    /// A whole number that is not in exponential form ends in `.0`.
    pub add_dot_zero: bool,
    /// A value that rounds to zero has no minus sign.
    pub no_negative_zero: bool,
}

impl Style {
    pub(super) fn new(ty: char) -> Self {
        Style { ty, alternate: false, add_dot_zero: false, no_negative_zero: false }
    }
}

/// The text of the absolute value of `x`, and whether it is shown negative: what `%`-formatting pads itself.
///
/// # Errors
/// MemoryError when it would be too long.
pub(super) fn float_text(x: f64, style: Style, precision: usize) -> Result<(bool, String)> {
    let parts = float_parts(x, style, precision)?;
    Ok((parts.negative, parts.digits + &parts.tail))
}

fn float_parts(x: f64, style: Style, precision: usize) -> Result<Parts> {
    let upper = style.ty.is_ascii_uppercase();
    let mut parts = Parts { negative: x.is_sign_negative() && !x.is_nan(), group: 3, ..Parts::default() };
    if !x.is_finite() {
        parts.tail = if x.is_nan() { "nan" } else { "inf" }.to_owned();
        if upper {
            parts.tail.make_ascii_uppercase();
        }
        return Ok(parts);
    }
    if precision > MAX_TEXT {
        return Err(TextError::memory());
    }
    let letter = if upper { 'E' } else { 'e' };
    let (digits, exponent, fraction) = match style.ty.to_ascii_lowercase() {
        'f' => fixed_digits(x, precision),
        'e' => exponential_digits(x, precision),
        'g' => general_digits(x, precision.max(1), style),
        _ => {
            let (digits, first) = float::shortest_digits(x);
            layout(digits, first, (-4..16).contains(&first))
        }
    };
    parts.digits = digits;
    // The sign of a zero stays only while no digit is shown that makes it a plain zero.
    if style.no_negative_zero && !parts.digits.contains(|c| c > '0') && !fraction.contains(|c| c > '0') {
        parts.negative = false;
    }
    if !fraction.is_empty() {
        parts.tail.reserve_exact(fraction.len() + 1);
        parts.tail.push('.');
        parts.tail.push_str(&fraction);
    } else if style.alternate || (style.add_dot_zero && exponent.is_none()) {
        parts.tail.push('.');
        if style.add_dot_zero && exponent.is_none() {
            parts.tail.push('0');
        }
    }
    if let Some(exponent) = exponent {
        parts.tail.push_str(&float::exponent_text(exponent, letter));
    }
    Ok(parts)
}

/// Digits before the point, exponent if shown, digits after the point.
type Layout = (String, Option<i32>, String);

fn fixed_digits(x: f64, precision: usize) -> Layout {
    let text = format!("{:.*}", precision.min(MAX_DIGITS), x.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    (whole.to_owned(), None, zero_filled(fraction, precision))
}

fn exponential_digits(x: f64, precision: usize) -> Layout {
    let (digits, exponent) = float::rounded_digits(x, precision.min(MAX_DIGITS) + 1);
    (digits[..1].to_owned(), Some(exponent), zero_filled(&digits[1..], precision))
}

fn general_digits(x: f64, precision: usize, style: Style) -> Layout {
    let (mut digits, exponent) = float::rounded_digits(x, precision.min(MAX_DIGITS));
    if style.alternate {
        digits = zero_filled(&digits, precision);
    } else {
        digits.truncate(digits.trim_end_matches('0').len().max(1));
    }
    // With `.0` to add, a whole number needs one digit of the precision for it.
    let limit = precision as i64 - i64::from(style.add_dot_zero);
    layout(digits, exponent, exponent >= -4 && i64::from(exponent) < limit)
}

/// Places the point in `digits`, the first of which has the exponent `exponent`.
fn layout(mut digits: String, exponent: i32, fixed: bool) -> Layout {
    if !fixed {
        let fraction = digits.split_off(1);
        return (digits, Some(exponent), fraction);
    }
    if exponent < 0 {
        let mut fraction = "0".repeat((-exponent - 1) as usize);
        fraction.push_str(&digits);
        // Zero itself has exponent 0, so these digits are significant.
        return ("0".to_owned(), None, fraction);
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        let filled = zero_filled(&digits, whole);
        return (filled, None, String::new());
    }
    let fraction = digits.split_off(whole);
    (digits, None, fraction)
}

fn zero_filled(digits: &str, length: usize) -> String {
    let mut out = String::with_capacity(length.max(digits.len()));
    out.push_str(digits);
    out.extend(std::iter::repeat_n('0', length.saturating_sub(digits.len())));
    out
}

/// Puts sign, prefix, padding and grouped digits together.
fn render(spec: &FormatSpec, parts: &Parts) -> Result<String> {
    let sign = match (parts.negative, spec.sign) {
        (true, _) => "-",
        (false, Some(Sign::Plus)) => "+",
        (false, Some(Sign::Space)) => " ",
        (false, _) => "",
    };
    let width = spec.width.unwrap_or(0);
    if width > MAX_TEXT {
        return Err(TextError::memory());
    }
    let fixed = sign.len()
        + parts.prefix.len()
        + if parts.tail.is_ascii() { parts.tail.len() } else { parts.tail.chars().count() };
    let zero_padded = spec.fill == '0' && spec.align == Align::AfterSign;
    let min_digits = if zero_padded { width.saturating_sub(fixed) } else { 0 };
    let digits: Cow<str> = match spec.grouping {
        _ if parts.digits.is_empty() => Cow::Borrowed(""),
        Some(grouping) => Cow::Owned(group(&parts.digits, grouping, parts.group, min_digits)),
        None if min_digits > parts.digits.len() => {
            Cow::Owned("0".repeat(min_digits - parts.digits.len()) + parts.digits.as_str())
        }
        None => Cow::Borrowed(&parts.digits),
    };
    let padding = width.saturating_sub(fixed + digits.len());
    let (left, middle) = match spec.align {
        Align::Left => (0, 0),
        Align::Right => (padding, 0),
        Align::Center => (padding / 2, 0),
        Align::AfterSign => (0, padding),
    };
    let length = sign.len() + parts.prefix.len() + digits.len() + parts.tail.len();
    let mut out = String::with_capacity(length + padding * spec.fill.len_utf8());
    let fill = |count| std::iter::repeat_n(spec.fill, count);
    out.extend(fill(left));
    out.push_str(sign);
    out.push_str(parts.prefix);
    out.extend(fill(middle));
    out.push_str(&digits);
    out.push_str(&parts.tail);
    out.extend(fill(padding - left - middle));
    Ok(out)
}

/// Separates `digits` into groups, filling with zeros up to `min_width` characters; a separator never leads, so the
/// result may be one longer.
fn group(digits: &str, grouping: Grouping, size: usize, min_width: usize) -> String {
    let digits = digits.as_bytes();
    let mut reversed: Vec<char> = Vec::with_capacity(digits.len() * 4 / 3 + min_width);
    let mut at = 0;
    while at < digits.len() || reversed.len() < min_width {
        if at > 0 && at % size == 0 {
            reversed.push(grouping.char());
        }
        reversed.push(if at < digits.len() { char::from(digits[digits.len() - 1 - at]) } else { '0' });
        at += 1;
    }
    reversed.into_iter().rev().collect()
}

/// Pads `text` to `width` characters. `=` pads as `>` does.
///
/// # Errors
/// MemoryError when it would be too long.
pub fn pad(text: &str, fill: char, align: Align, width: usize) -> Result<String> {
    let length = text.chars().count();
    let padding = width.saturating_sub(length);
    if padding == 0 {
        return Ok(text.to_owned());
    }
    if width > MAX_TEXT {
        return Err(TextError::memory());
    }
    let left = match align {
        Align::Left => 0,
        Align::Right | Align::AfterSign => padding,
        Align::Center => padding / 2,
    };
    let mut out = String::with_capacity(text.len() + padding * fill.len_utf8());
    out.extend(std::iter::repeat_n(fill, left));
    out.push_str(text);
    out.extend(std::iter::repeat_n(fill, padding - left));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(n: i64, text: &str) -> String {
        let spec = FormatSpec::parse(text, Target::Int, "int").unwrap();
        format_int(&spec, n, 4300).unwrap_or_else(|e| e.message.into_owned())
    }

    fn float(x: f64, text: &str) -> String {
        let spec = FormatSpec::parse(text, Target::Float, "float").unwrap();
        format_float(&spec, x).unwrap_or_else(|e| e.message.into_owned())
    }

    #[test]
    fn ints() {
        assert_eq!(int(1, "04,"), "0,001");
        assert_eq!(int(-255, "#010x"), "-0x00000ff");
        assert_eq!(int(1 << 20, "_b"), "1_0000_0000_0000_0000_0000");
        assert_eq!(int(42, "^+9"), "   +42   ");
        assert_eq!(int(65, "*>3c"), "**A");
        assert_eq!(int(3, ".1%"), "300.0%");
        assert_eq!(int(3, "s"), "Unknown format code 's' for object of type 'int'");
    }

    #[test]
    fn floats() {
        assert_eq!(float(1234567.891, ",.2f"), "1,234,567.89");
        assert_eq!(float(3.0, ""), "3.0");
        assert_eq!(float(1000.0, ".2"), "1e+03");
        assert_eq!(float(3.0, ".3"), "3.0");
        assert_eq!(float(-0.001, "z.1f"), "0.0");
        assert_eq!(float(f64::INFINITY, "010,"), "0000000inf");
        assert_eq!(float(1e22, "#.3g"), "1.00e+22");
        assert_eq!(float(0.5, ".0f"), "0");
        assert_eq!(float(1.0, ".70000f").len(), 70002);
    }

    #[test]
    fn complex_numbers_and_strings() {
        let spec = FormatSpec::parse(">14.2f", Target::Complex, "complex").unwrap();
        assert_eq!(format_complex(&spec, 1.0, -2.0).unwrap(), "    1.00-2.00j");
        let spec = FormatSpec::parse("é^5.2", Target::Str, "str").unwrap();
        assert_eq!(format_str(&spec, "abc").unwrap(), "éabéé");
        let spec = FormatSpec::parse("9999999999999", Target::Str, "str").unwrap();
        assert_eq!(format_str(&spec, "").unwrap_err(), TextError::memory());
    }
}

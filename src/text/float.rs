//! Floats: their text in both directions, exact conversions, and Python's arithmetic where it differs from IEEE's.
//! It must not know of format specifiers (see `format`).

use super::error::{Result, TextError};
use super::{quote, unicode};
use num_bigint::{BigInt, Sign};
use num_traits::FromPrimitive;

/// The shortest decimal digits that read back as `x`, and the exponent of the first: `x = d.ddd * 10^exp`.
/// `x` must be finite; its sign is ignored.
pub fn shortest_digits(x: f64) -> (String, i32) {
    let (digits, exponent) = split_exponent(&format!("{:e}", x.abs()));
    if digits.len() >= 15 && may_tie(x) {
        // Two texts of this length may be equally near: CPython takes the even one, Rust the greater.
        let (even, even_exponent) = rounded_digits(x, digits.len());
        if even != digits && format!("0.{even}e{}", even_exponent + 1).parse() == Ok(x.abs()) {
            return (even, even_exponent);
        }
    }
    (digits, exponent)
}

/// Few enough binary places that the exact value may have 18 decimal digits or fewer: `2^-25` still has.
fn may_tie(x: f64) -> bool {
    let (_, mantissa, exponent) = decompose(x);
    exponent + mantissa.trailing_zeros() as i32 >= -25 && x.abs() < 1e20
}

/// `count` significant digits of `x` (at least one), correctly rounded half to even, and the exponent of the first.
pub fn rounded_digits(x: f64, count: usize) -> (String, i32) {
    split_exponent(&format!("{:.*e}", count.max(1) - 1, x.abs()))
}

/// `1.25e-7` → (`125`, -7).
fn split_exponent(text: &str) -> (String, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let digits = mantissa.chars().filter(|c| *c != '.').collect();
    (digits, exponent.parse().unwrap_or(0))
}

/// `repr(x)`, which is also `str(x)`.
pub fn repr(x: f64) -> String {
    write_repr(x, true)
}

/// The text of a part of a complex number: as [`repr`], without the `.0` of whole numbers.
pub fn repr_part(x: f64) -> String {
    write_repr(x, false)
}

fn write_repr(x: f64, dot_zero: bool) -> String {
    if x.is_nan() {
        return "nan".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    if x.abs() < 1e15 && x.trunc() == x {
        let whole = x.abs() as u64;
        let sign = if x.is_sign_negative() { "-" } else { "" };
        return format!("{sign}{whole}{}", if dot_zero { ".0" } else { "" });
    }
    let (digits, exponent) = shortest_digits(x);
    let mut out = String::with_capacity(digits.len() + 8);
    if x.is_sign_negative() {
        out.push('-');
    }
    if !(-4..16).contains(&exponent) {
        push_exponential(&mut out, &digits, exponent);
        return out;
    }
    if exponent < 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', (-exponent - 1) as usize));
        out.push_str(&digits);
        return out;
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        out.push_str(&digits);
        out.extend(std::iter::repeat_n('0', whole - digits.len()));
        out.push_str(if dot_zero { ".0" } else { "" });
    } else {
        out.push_str(&digits[..whole]);
        out.push('.');
        out.push_str(&digits[whole..]);
    }
    out
}

/// `repr` of a complex number: `(1+2j)`, `2j`, `(-0-0j)`.
pub fn repr_complex(re: f64, im: f64) -> String {
    let imag = repr_part(im);
    if re == 0.0 && re.is_sign_positive() {
        return format!("{imag}j");
    }
    let plus = if imag.starts_with('-') { "" } else { "+" };
    format!("({}{plus}{imag}j)", repr_part(re))
}

fn push_exponential(out: &mut String, digits: &str, exponent: i32) {
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    out.push_str(&exponent_text(exponent, 'e'));
}

/// `e+16`, `e-05`: a sign always, two digits at least.
pub fn exponent_text(exponent: i32, letter: char) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{letter}{sign}{:02}", exponent.unsigned_abs())
}

/// `float(text)`: surrounding whitespace, underscores between digits, `inf`, `infinity`, `nan`, decimal digits of
/// every script.
///
/// # Errors
/// ValueError `could not convert string to float: '...'`.
pub fn parse(text: &str) -> Result<f64> {
    let ascii = unicode::digits_to_ascii(text);
    parse_ascii(ascii.trim_matches(unicode::is_c_space))
        .ok_or_else(|| TextError::value(format!("could not convert string to float: {}", quote::repr_str(text))))
}

fn parse_ascii(text: &str) -> Option<f64> {
    let (negative, body) = strip_sign(text);
    if let Some(special) = parse_special(body) {
        return Some(if negative { -special } else { special });
    }
    let bytes = body.as_bytes();
    let (mut digits, mut seen_dot, mut seen_exp, mut at) = (0, false, false, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'0'..=b'9' => digits += 1,
            b'.' if !seen_dot && !seen_exp => seen_dot = true,
            b'e' | b'E' if !seen_exp && digits > 0 => {
                (seen_exp, digits) = (true, 0);
                if matches!(bytes.get(at + 1), Some(b'+' | b'-')) {
                    at += 1;
                }
            }
            b'_' => {
                let before = at > 0 && bytes[at - 1].is_ascii_digit();
                if !before || !bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
                    return None;
                }
            }
            _ => return None,
        }
        at += 1;
    }
    if digits == 0 {
        return None;
    }
    if text.contains('_') { text.replace('_', "").parse().ok() } else { text.parse().ok() }
}

fn strip_sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn parse_special(body: &str) -> Option<f64> {
    if body.eq_ignore_ascii_case("inf") || body.eq_ignore_ascii_case("infinity") {
        Some(f64::INFINITY)
    } else if body.eq_ignore_ascii_case("nan") {
        Some(f64::NAN)
    } else {
        None
    }
}

/// `x = (-1)^negative * mantissa * 2^exponent` for a finite `x`.
pub fn decompose(x: f64) -> (bool, u64, i32) {
    let bits = x.to_bits();
    let biased = ((bits >> 52) & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let negative = bits >> 63 != 0;
    if biased == 0 { (negative, fraction, -1074) } else { (negative, fraction | 1 << 52, biased - 1075) }
}

/// The float nearest to `(mantissa + something below one if inexact) * 2^exponent`, ties to even; infinity when too
/// large.
pub fn compose(mantissa: u128, inexact: bool, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let top = 127 - i64::from(mantissa.leading_zeros());
    let magnitude = top.saturating_add(exponent);
    if magnitude > 1023 {
        return f64::INFINITY;
    }
    let unit = (magnitude - 52).max(-1074);
    let drop = unit - exponent;
    let rounded = if drop <= 0 {
        (mantissa as u64) << -drop
    } else if drop > 128 {
        0
    } else {
        let kept = if drop == 128 { 0 } else { mantissa >> drop };
        let half = 1u128 << (drop - 1);
        let rest = if drop == 128 { mantissa } else { mantissa & ((1 << drop) - 1) };
        let up = rest > half || (rest == half && (inexact || kept & 1 == 1));
        (kept as u64) + u64::from(up)
    };
    // A carry out of the 53 bits moves into the exponent field by plain addition.
    f64::from_bits((((unit + 1074) as u64) << 52) + rounded)
}

/// `x.hex()`.
pub fn hex(x: f64) -> String {
    if !x.is_finite() {
        return repr(x);
    }
    let (negative, mantissa, exponent) = decompose(x);
    let sign = if negative { "-" } else { "" };
    if mantissa == 0 {
        return format!("{sign}0x0.0p+0");
    }
    let fraction = mantissa & ((1 << 52) - 1);
    format!("{sign}0x{}.{fraction:013x}p{:+}", mantissa >> 52, exponent + 52)
}

/// `float.fromhex(text)`.
///
/// # Errors
/// ValueError for a malformed text, OverflowError for one too large.
pub fn fromhex(text: &str) -> Result<f64> {
    let invalid = || TextError::value("invalid hexadecimal floating-point string");
    let (negative, body) = strip_sign(text.trim_matches(unicode::is_c_space));
    let magnitude = match parse_special(body) {
        Some(special) => special,
        None => fromhex_magnitude(body).ok_or_else(invalid)?,
    };
    if magnitude.is_infinite() && !body.starts_with(['i', 'I']) {
        return Err(TextError::overflow("hexadecimal value too large to represent as a float"));
    }
    Ok(if negative { -magnitude } else { magnitude })
}

fn fromhex_magnitude(body: &str) -> Option<f64> {
    let body = body.strip_prefix("0x").or_else(|| body.strip_prefix("0X")).unwrap_or(body);
    let (digits, exponent) = match body.find(['p', 'P']) {
        Some(at) => (&body[..at], binary_exponent(&body[at + 1..])?),
        None => (body, 0),
    };
    let (mut mantissa, mut inexact, mut shift) = (0u128, false, 0i64);
    let (mut count, mut seen_dot) = (0usize, false);
    for byte in digits.bytes() {
        if byte == b'.' && !seen_dot {
            seen_dot = true;
            continue;
        }
        let digit = (byte as char).to_digit(16)?;
        count += 1;
        if mantissa >> 120 == 0 {
            mantissa = mantissa << 4 | u128::from(digit);
            shift -= if seen_dot { 4 } else { 0 };
        } else {
            inexact |= digit != 0;
            shift += if seen_dot { 0 } else { 4 };
        }
    }
    if count == 0 { None } else { Some(compose(mantissa, inexact, exponent.saturating_add(shift))) }
}

/// A decimal exponent of any length; beyond what any digits could make up for, it saturates.
fn binary_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = strip_sign(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value = digits.parse::<i64>().unwrap_or(i64::MAX).min(i64::MAX / 4);
    Some(if negative { -value } else { value })
}

/// `x.as_integer_ratio()`: numerator and positive denominator in lowest terms.
///
/// # Errors
/// OverflowError for infinities, ValueError for nan.
pub fn as_integer_ratio(x: f64) -> Result<(BigInt, BigInt)> {
    if x.is_nan() {
        return Err(TextError::value("cannot convert NaN to integer ratio"));
    }
    if x.is_infinite() {
        return Err(TextError::overflow("cannot convert Infinity to integer ratio"));
    }
    let (negative, mut mantissa, mut exponent) = decompose(x);
    if mantissa == 0 {
        return Ok((BigInt::from(0), BigInt::from(1)));
    }
    let zeros = mantissa.trailing_zeros();
    mantissa >>= zeros;
    exponent += zeros as i32;
    let sign = if negative { Sign::Minus } else { Sign::Plus };
    let numerator = BigInt::from_biguint(sign, mantissa.into());
    Ok(if exponent >= 0 {
        (numerator << exponent as usize, BigInt::from(1))
    } else {
        (numerator, BigInt::from(1) << (-exponent) as usize)
    })
}

/// `int(x)`: truncation towards zero.
///
/// # Errors
/// OverflowError for infinities, ValueError for nan.
pub fn to_int(x: f64) -> Result<BigInt> {
    BigInt::from_f64(x).ok_or_else(|| {
        if x.is_nan() {
            TextError::value("cannot convert float NaN to integer")
        } else {
            TextError::overflow("cannot convert float infinity to integer")
        }
    })
}

/// The value of `x` as an `i64`, if it is whole and fits.
pub fn to_i64_exact(x: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if x.trunc() == x && (-LIMIT..LIMIT).contains(&x) { Some(x as i64) } else { None }
}

/// `round(x)`: the nearest integer, ties to even.
///
/// # Errors
/// As [`to_int`].
pub fn round_to_int(x: f64) -> Result<BigInt> {
    to_int(x.round_ties_even())
}

/// `round(x, places)`: rounds the exact decimal value half to even, then takes the nearest float
/// (CPython `Objects/floatobject.c`, `double_round`).
///
/// # Errors
/// OverflowError when the rounded value is too large for a float.
pub fn round(x: f64, places: i64) -> Result<f64> {
    if !x.is_finite() || x == 0.0 || places > 323 {
        return Ok(x);
    }
    if places < -308 {
        return Ok(0.0 * x);
    }
    let rounded = if places >= 0 {
        format!("{:.*}", places as usize, x).parse::<f64>().unwrap_or(x)
    } else {
        round_before_point(x, places as i32)
    };
    if rounded.is_infinite() {
        return Err(TextError::overflow("rounded value too large to represent"));
    }
    Ok(rounded)
}

fn round_before_point(x: f64, places: i32) -> f64 {
    let (_, exponent) = rounded_digits(x, 20);
    let kept = exponent + 1 + places;
    let magnitude = if kept >= 1 {
        format!("{:.*e}", kept as usize - 1, x.abs()).parse().unwrap_or(f64::INFINITY)
    } else if kept == 0 {
        // The first digit is the one rounded away: one unit above, or nothing. An exact half goes to zero (even).
        let half = BigInt::from(5) * BigInt::from(10).pow((-places - 1) as u32);
        let above = to_int(x.abs().floor()).is_ok_and(|whole| whole > half || (whole == half && x.fract() != 0.0));
        if above { format!("1e{}", -places).parse().unwrap_or(f64::INFINITY) } else { 0.0 }
    } else {
        0.0
    };
    magnitude.copysign(x)
}

/// `x // y` and `x % y`: the quotient is floored, the remainder has the sign of `y`. None when `y` is zero.
pub fn divmod(x: f64, y: f64) -> Option<(f64, f64)> {
    if y == 0.0 {
        return None;
    }
    let mut rest = x % y;
    let mut quotient = (x - rest) / y;
    if rest != 0.0 {
        if (y < 0.0) != (rest < 0.0) {
            rest += y;
            quotient -= 1.0;
        }
    } else {
        rest = 0f64.copysign(y);
    }
    let floored = if quotient != 0.0 {
        let down = quotient.floor();
        if quotient - down > 0.5 { down + 1.0 } else { down }
    } else {
        0f64.copysign(x / y)
    };
    Some((floored, rest))
}

/// `x // y`.
///
/// # Errors
/// ZeroDivisionError.
pub fn floor_div(x: f64, y: f64) -> Result<f64> {
    divmod(x, y).map(|(q, _)| q).ok_or_else(|| TextError::zero_division("float floor division by zero"))
}

/// `x % y`.
///
/// # Errors
/// ZeroDivisionError.
pub fn modulo(x: f64, y: f64) -> Result<f64> {
    if y == 0.0 {
        return Err(TextError::zero_division("float modulo by zero"));
    }
    let rest = x % y;
    Ok(if rest == 0.0 {
        0f64.copysign(y)
    } else if (y < 0.0) != (rest < 0.0) {
        rest + y
    } else {
        rest
    })
}

/// Why `x ** y` has no float result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowError {
    /// `0.0 ** -1`: ZeroDivisionError, see [`ZERO_TO_NEGATIVE`].
    ZeroDivision,
    /// `10.0 ** 400`: OverflowError with arguments `(34, 'Numerical result out of range')`.
    Overflow,
    /// `(-8.0) ** 0.5`: the result is complex.
    Complex,
}

/// The text of the ZeroDivisionError of zero to a negative power.
pub const ZERO_TO_NEGATIVE: &str = "0.0 cannot be raised to a negative power";

/// `x ** y` for floats.
///
/// # Errors
/// See [`PowError`].
pub fn pow(x: f64, y: f64) -> std::result::Result<f64, PowError> {
    if x == 0.0 && y < 0.0 && y.is_finite() {
        return Err(PowError::ZeroDivision);
    }
    if x < 0.0 && x.is_finite() && y.is_finite() && y.floor() != y {
        return Err(PowError::Complex);
    }
    let result = x.powf(y);
    if result.is_infinite() && x.is_finite() && y.is_finite() {
        return Err(PowError::Overflow);
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repr_is_the_shortest_that_reads_back() {
        let cases = [
            (0.1 + 0.2, "0.30000000000000004"),
            (1e16, "1e+16"),
            (1e15 + 0.5, "1000000000000000.5"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (-0.0, "-0.0"),
            (5e-324, "5e-324"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (x, text) in cases {
            assert_eq!(repr(x), text);
        }
        assert_eq!(repr_complex(-0.0, -1.5), "(-0-1.5j)");
    }

    #[test]
    fn parse_accepts_what_python_accepts() {
        assert_eq!(parse(" 1_0.5e-1_0\n"), Ok(10.5e-10));
        assert_eq!(parse("-.5"), Ok(-0.5));
        assert_eq!(parse("+Infinity"), Ok(f64::INFINITY));
        for bad in ["", "1_", "_1", "1__0", "1e", ".", "1._5", "0x1", "in f", "1_e5"] {
            assert_eq!(parse(bad).unwrap_err().message, format!("could not convert string to float: '{bad}'"));
        }
    }

    #[test]
    fn hexadecimal_round_trips() {
        assert_eq!(hex(5e-324), "0x0.0000000000001p-1022");
        assert_eq!(hex(-1.0), "-0x1.0000000000000p+0");
        assert_eq!(fromhex("0x.8p1"), Ok(1.0));
        assert_eq!(fromhex("0x1p-1075"), Ok(0.0));
        assert!(fromhex("0x1p1024").is_err());
    }

    #[test]
    fn rounding_is_of_the_exact_value() {
        assert_eq!(round(2.675, 2), Ok(2.67));
        assert_eq!(round(0.5, 0), Ok(0.0));
        assert_eq!(round(25.0, -1), Ok(20.0));
        assert_eq!(round(-5.0, -1), Ok(-0.0));
        assert_eq!(round(5.1, -1), Ok(10.0));
        assert!(round(1.7e308, -308).is_err());
    }

    #[test]
    fn division_floors() {
        assert_eq!(divmod(-7.0, 2.0), Some((-4.0, 1.0)));
        assert_eq!(modulo(5.0, f64::NEG_INFINITY), Ok(f64::NEG_INFINITY));
        assert_eq!(pow(-8.0, 0.5), Err(PowError::Complex));
        assert_eq!(pow(10.0, 400.0), Err(PowError::Overflow));
    }
}

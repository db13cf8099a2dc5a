//! Integers of any size: their text in both directions, Python's division and powers, and exact conversions to and
//! comparisons with floats. It must not know of format specifiers (see `format`).

use super::error::{Result, TextError};
use super::{float, quote, unicode};
use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;

/// The default of `sys.get_int_max_str_digits()`. Zero stands for no limit.
pub const DEFAULT_MAX_DIGITS: usize = 4300;

/// Integers with more bits than this are refused with MemoryError rather than computed.
pub const MAX_BITS: u64 = 1 << 33;

/// An int by reference, small or large, so that one routine serves both.
#[derive(Clone, Copy, Debug)]
pub enum IntRef<'a> {
    Small(i64),
    Big(&'a BigInt),
}

impl From<i64> for IntRef<'_> {
    fn from(n: i64) -> Self {
        IntRef::Small(n)
    }
}

impl<'a> From<&'a BigInt> for IntRef<'a> {
    fn from(n: &'a BigInt) -> Self {
        IntRef::Big(n)
    }
}

impl IntRef<'_> {
    pub fn is_negative(self) -> bool {
        match self {
            IntRef::Small(n) => n < 0,
            IntRef::Big(n) => n.is_negative(),
        }
    }

    /// The value as an `i64`, if it fits.
    pub fn to_i64(self) -> Option<i64> {
        match self {
            IntRef::Small(n) => Some(n),
            IntRef::Big(n) => n.to_i64(),
        }
    }

    /// `float(n)`.
    ///
    /// # Errors
    /// OverflowError when too large.
    pub fn to_f64(self) -> Result<f64> {
        match self {
            IntRef::Small(n) => Ok(n as f64),
            IntRef::Big(n) => to_f64(n),
        }
    }

    /// The digits of the absolute value in `radix` (2 to 36), lower case.
    ///
    /// # Errors
    /// ValueError when a decimal text would exceed `max_digits` (zero: no limit).
    pub fn magnitude_digits(self, radix: u32, max_digits: usize) -> Result<String> {
        match self {
            IntRef::Small(n) => Ok(small_digits(n.unsigned_abs(), radix)),
            IntRef::Big(n) => {
                // A digit holds less than 3.33 bits: far beyond the limit there is no need to convert first.
                let limited = radix == 10 && max_digits > 0;
                if limited && n.bits() as f64 > max_digits as f64 * 3.33 + 64.0 {
                    return Err(digit_limit(max_digits));
                }
                let digits = n.magnitude().to_str_radix(radix.clamp(2, 36));
                if limited && digits.len() > max_digits { Err(digit_limit(max_digits)) } else { Ok(digits) }
            }
        }
    }
}

fn small_digits(n: u64, radix: u32) -> String {
    match radix {
        10 => n.to_string(),
        2 => format!("{n:b}"),
        8 => format!("{n:o}"),
        16 => format!("{n:x}"),
        _ => BigUint::from(n).to_str_radix(radix.clamp(2, 36)),
    }
}

#[cold]
fn digit_limit(max_digits: usize) -> TextError {
    TextError::value(format!(
        "Exceeds the limit ({max_digits} digits) for integer string conversion; use sys.set_int_max_str_digits() to \
         increase the limit"
    ))
}

/// `str(n)`.
///
/// # Errors
/// ValueError when the text would exceed `max_digits` decimal digits (zero: no limit).
pub fn to_decimal<'a>(n: impl Into<IntRef<'a>>, max_digits: usize) -> Result<String> {
    let n = n.into();
    let digits = n.magnitude_digits(10, max_digits)?;
    Ok(if n.is_negative() { format!("-{digits}") } else { digits })
}

/// `bin(n)`, `oct(n)`, `hex(n)` for the radix 2, 8, 16; other radixes get no prefix.
pub fn to_string_radix<'a>(n: impl Into<IntRef<'a>>, radix: u32) -> String {
    let n = n.into();
    let sign = if n.is_negative() { "-" } else { "" };
    let prefix = match radix {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        _ => "",
    };
    // No limit is given, so there is no error to report.
    let digits = n.magnitude_digits(radix, 0).unwrap_or_default();
    format!("{sign}{prefix}{digits}")
}

/// `int(text, base)`: base 0 or 2 to 36; whitespace around, a sign, a base prefix, underscores between digits, decimal
/// digits of every script. A text over `max_digits` digits (zero: no limit) is refused unless the base is a power of
/// two.
///
/// # Errors
/// ValueError with CPython's texts.
pub fn parse_int(text: &str, base: u32, max_digits: usize) -> Result<BigInt> {
    if base == 1 || base > 36 {
        return Err(TextError::value("int() base must be >= 2 and <= 36, or 0"));
    }
    let invalid = || {
        TextError::value(format!("invalid literal for int() with base {base}: {}", truncated(&quote::repr_str(text))))
    };
    let ascii = unicode::digits_to_ascii(text);
    let trimmed = ascii.trim_matches(unicode::is_c_space);
    let (negative, body) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, &trimmed[1..]),
        Some(b'+') => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    let (radix, digits, zero_only) = split_base(body, base);
    let clean = clean_digits(digits, radix, max_digits).map_err(|e| e.unwrap_or_else(invalid))?;
    if clean.len() <= 18 && radix <= 10 {
        let value = i64::from_str_radix(&clean, radix).map_err(|_| invalid())?;
        if zero_only && value != 0 {
            return Err(invalid());
        }
        return Ok(BigInt::from(if negative { -value } else { value }));
    }
    let magnitude = BigUint::parse_bytes(clean.as_bytes(), radix).ok_or_else(invalid)?;
    if zero_only && !magnitude.is_zero() {
        return Err(invalid());
    }
    Ok(BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, magnitude))
}

/// As much of a value's text as CPython quotes in a message (`%.200R` in `Objects/longobject.c`).
pub fn truncated(text: &str) -> String {
    text.chars().take(200).collect()
}

/// The radix in force, the digits after the prefix, and whether only zero may be written so (`007` in base 0).
fn split_base(body: &str, base: u32) -> (u32, &str, bool) {
    let bytes = body.as_bytes();
    let marked = match (bytes.first(), bytes.get(1).map(u8::to_ascii_lowercase)) {
        (Some(b'0'), Some(b'x')) => 16,
        (Some(b'0'), Some(b'o')) => 8,
        (Some(b'0'), Some(b'b')) => 2,
        _ => 0,
    };
    if marked != 0 && (base == 0 || base == marked) {
        let rest = &body[2..];
        // One underscore may follow the prefix; a second one is then refused as leading.
        return (marked, rest.strip_prefix('_').unwrap_or(rest), false);
    }
    if base == 0 { (10, body, bytes.first() == Some(&b'0')) } else { (base, body, false) }
}

/// The digits without underscores; `Err(None)` when malformed, `Err(Some)` over the limit.
fn clean_digits(digits: &str, radix: u32, max_digits: usize) -> std::result::Result<String, Option<TextError>> {
    let mut clean = String::with_capacity(digits.len());
    let (mut after_underscore, mut malformed) = (true, false);
    for c in digits.chars() {
        if c == '_' && !after_underscore {
            after_underscore = true;
        } else if c.is_digit(radix) {
            clean.push(c);
            after_underscore = false;
        } else {
            malformed = true;
            break;
        }
    }
    if after_underscore {
        return Err(None);
    }
    let count = clean.len();
    if max_digits > 0 && count > max_digits && count > 640 && !radix.is_power_of_two() {
        return Err(Some(TextError::value(format!(
            "Exceeds the limit ({max_digits} digits) for integer string conversion: value has {count} digits; use \
             sys.set_int_max_str_digits() to increase the limit"
        ))));
    }
    if malformed { Err(None) } else { Ok(clean) }
}

/// `a // b` and `a % b`: the quotient is floored, the remainder has the sign of `b`. None when `b` is zero.
pub fn divmod(a: &BigInt, b: &BigInt) -> Option<(BigInt, BigInt)> {
    if b.is_zero() {
        return None;
    }
    let Some((quotient, rest)) = short_division(a.magnitude(), b.magnitude()) else { return Some(a.div_mod_floor(b)) };
    let (mut quotient, mut rest) = (BigInt::from(quotient), BigInt::from(rest));
    if a.is_negative() != b.is_negative() {
        quotient = -quotient;
        if !rest.is_zero() {
            quotient -= 1;
            rest = BigInt::from(b.magnitude().clone()) - rest;
        }
    }
    Some((quotient, if b.is_negative() { -rest } else { rest }))
}

/// Quotient and rest of large numbers whose quotient is below 2^61: guessed from the leading digits, which is at most 2 too small.
/// The general division costs several times as much.
fn short_division(a: &BigUint, b: &BigUint) -> Option<(u64, BigUint)> {
    let (size, divisor_size) = (a.bits(), b.bits());
    if divisor_size < 128 || size < divisor_size || size - divisor_size > 60 {
        return None;
    }
    let shift = divisor_size - 64;
    let mut quotient = (leading(a, shift) / (leading(b, shift) + 1)) as u64;
    let mut rest = a - b * quotient;
    while rest >= *b {
        rest -= b;
        quotient += 1;
    }
    Some((quotient, rest))
}

/// `n >> shift`, which fits.
fn leading(n: &BigUint, shift: u64) -> u128 {
    let digits = n.iter_u64_digits();
    let wanted = digits.len() - (shift / 64) as usize;
    let (mut high, mut low) = (0u128, 0u64);
    for digit in digits.rev().take(wanted) {
        high = high << 64 | u128::from(low);
        low = digit;
    }
    let odd = shift % 64;
    (high << (64 - odd)) | u128::from(low.checked_shr(odd as u32).unwrap_or(0))
}

/// `a // b`.
///
/// # Errors
/// ZeroDivisionError.
pub fn floor_div(a: &BigInt, b: &BigInt) -> Result<BigInt> {
    match divmod(a, b) {
        Some((quotient, _)) => Ok(quotient),
        None => Err(TextError::zero_division("integer division or modulo by zero")),
    }
}

/// `a % b`.
///
/// # Errors
/// ZeroDivisionError.
pub fn modulo(a: &BigInt, b: &BigInt) -> Result<BigInt> {
    match divmod(a, b) {
        Some((_, rest)) => Ok(rest),
        None => Err(TextError::zero_division("integer modulo by zero")),
    }
}

/// `a / b`: the float nearest to the exact quotient.
///
/// # Errors
/// ZeroDivisionError; OverflowError when the quotient is too large.
pub fn true_div(a: &BigInt, b: &BigInt) -> Result<f64> {
    if b.is_zero() {
        return Err(TextError::zero_division("division by zero"));
    }
    if a.bits() <= 53 && b.bits() <= 53 {
        // Both are exact floats, so the hardware's division rounds the exact quotient.
        return Ok(a.to_f64().unwrap_or(0.0) / b.to_f64().unwrap_or(1.0));
    }
    let negative = a.is_negative() != b.is_negative();
    let exponent = a.bits() as i64 - b.bits() as i64 - 66;
    if exponent > 1024 {
        return Err(quotient_too_large());
    }
    let (quotient, rest) = if exponent < -1200 {
        // Below half of the least float whatever the digits are.
        (BigUint::zero(), BigUint::zero())
    } else if exponent < 0 {
        (a.magnitude() << exponent.unsigned_abs()).div_rem(b.magnitude())
    } else {
        a.magnitude().div_rem(&(b.magnitude() << exponent.unsigned_abs()))
    };
    let value = float::compose(quotient.to_u128().unwrap_or(u128::MAX), !rest.is_zero(), exponent);
    if value.is_infinite() {
        return Err(quotient_too_large());
    }
    Ok(if negative { -value } else { value })
}

#[cold]
fn quotient_too_large() -> TextError {
    TextError::overflow("integer division result too large for a float")
}

/// [`true_div`] of small ints.
///
/// # Errors
/// ZeroDivisionError.
#[inline]
pub fn true_div_i64(a: i64, b: i64) -> Result<f64> {
    const EXACT: u64 = 1 << 53;
    if b != 0 && a.unsigned_abs() <= EXACT && b.unsigned_abs() <= EXACT {
        return Ok(a as f64 / b as f64);
    }
    true_div(&BigInt::from(a), &BigInt::from(b))
}

/// `float(n)`: the nearest float, ties to even.
///
/// # Errors
/// OverflowError when too large.
pub fn to_f64(n: &BigInt) -> Result<f64> {
    let shift = n.bits().saturating_sub(120);
    let top = n.magnitude() >> shift;
    let inexact = shift > 0 && n.magnitude().trailing_zeros().is_some_and(|zeros| zeros < shift);
    let value = float::compose(top.to_u128().unwrap_or(u128::MAX), inexact, shift.min(1 << 40) as i64);
    if value.is_infinite() {
        return Err(TextError::overflow("int too large to convert to float"));
    }
    Ok(if n.is_negative() { -value } else { value })
}

/// Compares the exact values of an int and a float; None when the float is nan.
pub fn cmp_f64(n: &BigInt, x: f64) -> Option<Ordering> {
    if x.is_nan() {
        return None;
    }
    if x.is_infinite() {
        return Some(if x > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    // The whole part decides, unless it is equal: then the fraction's sign does.
    let whole = float::to_int(x).ok()?;
    Some(n.cmp(&whole).then_with(|| 0.0f64.partial_cmp(&x.fract()).unwrap_or(Ordering::Equal)))
}

/// [`cmp_f64`] for a small int.
#[inline]
pub fn cmp_i64_f64(n: i64, x: f64) -> Option<Ordering> {
    const EXACT: u64 = 1 << 53;
    if n.unsigned_abs() <= EXACT { (n as f64).partial_cmp(&x) } else { cmp_f64(&BigInt::from(n), x) }
}

/// `base ** exponent` for a nonnegative exponent.
///
/// # Errors
/// MemoryError when the result would exceed [`MAX_BITS`].
pub fn pow(base: &BigInt, exponent: &BigInt) -> Result<BigInt> {
    if exponent.is_zero() || base.is_one() {
        return Ok(BigInt::one());
    }
    if base.is_zero() {
        return Ok(BigInt::zero());
    }
    if base.magnitude().is_one() {
        return Ok(if exponent.is_odd() { base.clone() } else { BigInt::one() });
    }
    let count = exponent.to_u32().ok_or_else(TextError::memory)?;
    if (base.bits() - 1).saturating_mul(u64::from(count)) > MAX_BITS {
        return Err(TextError::memory());
    }
    Ok(base.pow(count))
}

/// `pow(base, exponent, modulus)`; a negative exponent takes the modular inverse.
///
/// # Errors
/// ValueError for modulus 0 or a base without inverse.
pub fn pow_mod(base: &BigInt, exponent: &BigInt, modulus: &BigInt) -> Result<BigInt> {
    if modulus.is_zero() {
        return Err(TextError::value("pow() 3rd argument cannot be 0"));
    }
    if modulus.magnitude().is_one() {
        return Ok(BigInt::zero());
    }
    let magnitude = modulus.abs();
    let result = if exponent.is_negative() {
        let inverse =
            base.modinv(&magnitude).ok_or_else(|| TextError::value("base is not invertible for the given modulus"))?;
        inverse.modpow(&-exponent, &magnitude)
    } else {
        base.modpow(exponent, &magnitude)
    };
    Ok(result.mod_floor(modulus))
}

/// `n << count`.
///
/// # Errors
/// ValueError for a negative count, OverflowError for one no integer could hold, MemoryError beyond [`MAX_BITS`].
pub fn shift_left(n: &BigInt, count: &BigInt) -> Result<BigInt> {
    if count.is_negative() {
        return Err(TextError::value("negative shift count"));
    }
    if n.is_zero() {
        return Ok(BigInt::zero());
    }
    match count.to_u64() {
        None => Err(TextError::overflow("too many digits in integer")),
        Some(count) if count.saturating_add(n.bits()) > MAX_BITS => Err(TextError::memory()),
        Some(count) => Ok(n << count),
    }
}

/// `n >> count`: floors.
///
/// # Errors
/// ValueError for a negative count.
pub fn shift_right(n: &BigInt, count: &BigInt) -> Result<BigInt> {
    if count.is_negative() {
        return Err(TextError::value("negative shift count"));
    }
    let all_gone = || if n.is_negative() { BigInt::from(-1) } else { BigInt::zero() };
    Ok(match count.to_u64() {
        Some(count) if count < n.bits() => n >> count,
        _ => all_gone(),
    })
}

/// `math.isqrt(n)`.
///
/// # Errors
/// ValueError for a negative number.
pub fn isqrt(n: &BigInt) -> Result<BigInt> {
    if n.is_negative() {
        return Err(TextError::value("isqrt() argument must be nonnegative"));
    }
    Ok(n.sqrt())
}

/// `n.bit_length()`.
pub fn bit_length(n: &BigInt) -> u64 {
    n.bits()
}

/// `n.bit_count()`: ones in the absolute value.
pub fn bit_count(n: &BigInt) -> u64 {
    n.magnitude().count_ones()
}

/// The order of bytes in `int.to_bytes` and `int.from_bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// `'little'`
    Little,
    /// `'big'`
    Big,
}

/// `n.to_bytes(length, order, signed=signed)`.
///
/// # Errors
/// OverflowError when it does not fit, or for a negative number if not `signed`; MemoryError for an absurd length.
pub fn to_bytes(n: &BigInt, length: usize, order: ByteOrder, signed: bool) -> Result<Vec<u8>> {
    if n.is_negative() && !signed {
        return Err(TextError::overflow("can't convert negative int to unsigned"));
    }
    if length as u64 > MAX_BITS / 8 {
        return Err(TextError::memory());
    }
    let mut bytes = if signed { n.to_signed_bytes_le() } else { n.magnitude().to_bytes_le() };
    // CPython lets -1 fit in no bytes at all.
    if n.is_zero() || (length == 0 && *n == BigInt::from(-1)) {
        bytes.clear();
    }
    if bytes.len() > length {
        return Err(TextError::overflow("int too big to convert"));
    }
    bytes.resize(length, if n.is_negative() { 0xff } else { 0 });
    if order == ByteOrder::Big {
        bytes.reverse();
    }
    Ok(bytes)
}

/// `int.from_bytes(bytes, order, signed=signed)`.
pub fn from_bytes(bytes: &[u8], order: ByteOrder, signed: bool) -> BigInt {
    match (order, signed) {
        (ByteOrder::Little, true) => BigInt::from_signed_bytes_le(bytes),
        (ByteOrder::Big, true) => BigInt::from_signed_bytes_be(bytes),
        (ByteOrder::Little, false) => BigInt::from_bytes_le(Sign::Plus, bytes),
        (ByteOrder::Big, false) => BigInt::from_bytes_be(Sign::Plus, bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_quotients_are_those_of_the_general_division() {
        let mut state = 88_172_645_463_325_252u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for round in 0..3000u64 {
            let digits = 2 + round % 5;
            let mut divisor = (0..digits).fold(BigInt::zero(), |n: BigInt, _| (n << 64) + random()) >> (round % 63);
            // Quotients that the leading digits alone would get wrong, too.
            if round % 3 == 0 {
                divisor = (BigInt::from(1) << (128 + round % 190)) - (random() % 3);
            }
            let quotient = BigInt::from(random() >> (4 + round % 60));
            let mut dividend: BigInt = &divisor * quotient + (random() % 3) - 1u8;
            if round % 2 == 0 {
                dividend = -dividend;
            }
            if round % 5 == 0 {
                divisor = -divisor;
            }
            assert_eq!(divmod(&dividend, &divisor), Some(dividend.div_mod_floor(&divisor)), "{dividend} {divisor}");
        }
    }

    fn big(text: &str) -> BigInt {
        text.parse().expect("a literal of the test")
    }

    #[test]
    fn literals_follow_the_base() {
        assert_eq!(parse_int(" -0x_ff\n", 0, 4300), Ok(BigInt::from(-255)));
        assert_eq!(parse_int("0b1", 16, 4300), Ok(BigInt::from(0xb1)));
        assert_eq!(parse_int("zz", 36, 4300), Ok(BigInt::from(1295)));
        assert_eq!(parse_int("0_0", 0, 4300), Ok(BigInt::zero()));
        for bad in ["", "_1", "1_", "1__1", "07", "0x", "- 1", "0x__1", "1.0"] {
            let message = format!("invalid literal for int() with base 0: '{bad}'");
            assert_eq!(parse_int(bad, 0, 4300).unwrap_err().message, message);
        }
        assert!(parse_int(&"9".repeat(4301), 10, 4300).unwrap_err().message.contains("value has 4301 digits"));
    }

    #[test]
    fn quotients_round_once() {
        assert_eq!(true_div(&big("1"), &big("3")), Ok(1.0 / 3.0));
        assert_eq!(true_div(&big("9007199254740993"), &big("1")), Ok(9007199254740992.0));
        assert_eq!(true_div(&(BigInt::from(-1) << 1100), &(BigInt::one() << 1099)), Ok(-2.0));
        assert_eq!(true_div(&BigInt::one(), &(BigInt::one() << 1074)), Ok(5e-324));
        assert!(true_div(&(BigInt::one() << 1024), &BigInt::one()).is_err());
    }

    #[test]
    fn floats_compare_by_exact_value() {
        assert_eq!(cmp_f64(&big("9007199254740993"), 9007199254740992.0), Some(Ordering::Greater));
        assert_eq!(cmp_i64_f64(-1, -0.5), Some(Ordering::Less));
        assert_eq!(cmp_i64_f64(i64::MAX, 9223372036854775808.0), Some(Ordering::Less));
        assert_eq!(cmp_f64(&big("0"), f64::NAN), None);
    }

    #[test]
    fn modular_powers_have_the_sign_of_the_modulus() {
        assert_eq!(pow_mod(&big("2"), &big("-1"), &big("5")), Ok(big("3")));
        assert_eq!(pow_mod(&big("3"), &big("2"), &big("-5")), Ok(big("-1")));
        assert!(pow_mod(&big("2"), &big("-1"), &big("4")).is_err());
        assert!(pow(&big("2"), &big("100000000000000000000")).is_err());
    }

    #[test]
    fn bytes_round_trip() {
        let n = big("-128");
        assert_eq!(to_bytes(&n, 1, ByteOrder::Big, true), Ok(vec![0x80]));
        assert_eq!(to_bytes(&big("128"), 1, ByteOrder::Big, true).unwrap_err().message, "int too big to convert");
        assert_eq!(to_bytes(&big("0"), 0, ByteOrder::Little, false), Ok(vec![]));
        assert_eq!(from_bytes(&[0xff, 0xfe], ByteOrder::Big, true), BigInt::from(-2));
    }
}

//! Hashes of numbers, equal to CPython's (`Python/pyhash.c`): a number's residue modulo the prime 2^61 - 1, so that
//! equal numbers of every type hash alike. It must not know of other hashable objects.

use super::float;
use num_bigint::{BigInt, Sign};

/// The modulus: the Mersenne prime 2^61 - 1 (`sys.hash_info.modulus`).
pub const MODULUS: u64 = (1 << 61) - 1;

/// `hash(float('inf'))`.
pub const INFINITY: i64 = 314_159;

/// The factor of the imaginary part (`sys.hash_info.imag`).
const IMAGINARY: i64 = 1_000_003;

/// -1 is the error return of CPython's C functions, so no hash is -1.
fn not_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

fn signed(negative: bool, residue: u64) -> i64 {
    let residue = residue as i64;
    not_minus_one(if negative { -residue } else { residue })
}

/// `hash(n)` of a small int.
#[inline]
pub fn of_i64(n: i64) -> i64 {
    if (0..MODULUS as i64).contains(&n) {
        return n;
    }
    let magnitude = n.unsigned_abs();
    let residue = if magnitude < MODULUS { magnitude } else { magnitude % MODULUS };
    signed(n < 0, residue)
}

/// `hash(n)` of an int of any size.
pub fn of_bigint(n: &BigInt) -> i64 {
    let mut residue = 0u128;
    for digit in n.magnitude().iter_u64_digits().rev() {
        // 2^64 is 8 modulo 2^61 - 1.
        residue = (residue * 8 + u128::from(digit)) % u128::from(MODULUS);
    }
    signed(n.sign() == Sign::Minus, residue as u64)
}

/// `hash(x)` of a float; None for nan, whose hash is its object's identity.
pub fn of_f64(x: f64) -> Option<i64> {
    if x.is_nan() {
        return None;
    }
    if x.is_infinite() {
        return Some(if x > 0.0 { INFINITY } else { -INFINITY });
    }
    if let Some(whole) = float::to_i64_exact(x) {
        return Some(of_i64(whole));
    }
    let (negative, mantissa, exponent) = float::decompose(x);
    // Doubling modulo 2^61 - 1 is a rotation of 61 bits.
    let turns = exponent.rem_euclid(61) as u32;
    let residue = (mantissa << turns & MODULUS) | if turns == 0 { 0 } else { mantissa >> (61 - turns) };
    Some(signed(negative, residue % MODULUS))
}

/// `hash(complex(re, im))`; a part that is nan counts as `nan_hash`.
pub fn of_complex(re: f64, im: f64, nan_hash: i64) -> i64 {
    let re = of_f64(re).unwrap_or(nan_hash);
    let im = of_f64(im).unwrap_or(nan_hash);
    not_minus_one(re.wrapping_add(im.wrapping_mul(IMAGINARY)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_hash_alike() {
        assert_eq!(of_i64(-1), -2);
        assert_eq!(of_i64(i64::MIN), of_bigint(&BigInt::from(i64::MIN)));
        assert_eq!(of_i64(MODULUS as i64), 0);
        assert_eq!(of_f64(3.0), Some(3));
        assert_eq!(of_f64(1e300), Some(of_bigint(&float::to_int(1e300).unwrap())));
        assert_eq!(of_f64(0.5), Some(1 << 60));
        assert_eq!(of_complex(1.0, 2.0, 0), 2_000_007);
    }
}

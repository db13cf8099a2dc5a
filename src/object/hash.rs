//! Hashes and equality of values that need no user code. Numbers hash as in CPython (equal numbers of different
//! types have equal hashes); strs and bytes hash the same in every run.

use std::hash::Hasher;

use num_bigint::BigInt;
use rustc_hash::FxHasher;

use super::{Str, Value};
use crate::text::{hash as number, int};

/// Nested tuples deeper than this go the slow way, which counts its depth.
const MAX_QUICK_DEPTH: u32 = 32;

/// The hash of a str or bytes; never 0 or -1.
pub fn of_bytes(bytes: &[u8]) -> i64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    match hasher.finish() as i64 {
        0 | -1 => 0x5bd1_e995,
        hash => hash,
    }
}

/// The hash of a small int.
#[inline(always)]
pub fn of_int(n: i64) -> i64 {
    number::of_i64(n)
}

/// The hash of an object that compares by identity.
pub fn of_identity(id: usize) -> i64 {
    (id >> 4) as i64
}

/// `hash(x)` where no user code is needed; `None` when it is, or when the value is unhashable.
#[inline]
pub fn quick(value: &Value) -> Option<i64> {
    match value {
        Value::Str(s) => Some(s.hash()),
        Value::Int(n) => Some(number::of_i64(*n)),
        _ => quick_at(value, 0),
    }
}

fn quick_at(value: &Value, depth: u32) -> Option<i64> {
    match value {
        Value::Str(s) => Some(s.hash()),
        Value::Int(n) => Some(number::of_i64(*n)),
        Value::True => Some(1),
        Value::False => Some(0),
        Value::None => Some(0xfca8_6420),
        Value::Ellipsis => Some(0x5f1a_3c11),
        Value::NotImplemented => Some(0x11cf_5321),
        Value::Float(x) => Some(number::of_f64(x.get()).unwrap_or_else(|| of_identity(value.id()))),
        Value::BigInt(n) => Some(number::of_bigint(n)),
        Value::Complex(c) => Some(number::of_complex(c.re, c.im, of_identity(value.id()))),
        Value::Bytes(b) => Some(of_bytes(b.as_slice())),
        Value::Tuple(t) => {
            if depth >= MAX_QUICK_DEPTH {
                return None;
            }
            let mut hash = TupleHash::new();
            for item in t.iter() {
                hash.add(match item {
                    Value::Int(n) => number::of_i64(*n),
                    Value::Str(s) => s.hash(),
                    _ => quick_at(item, depth + 1)?,
                });
            }
            Some(hash.finish())
        }
        Value::Instance(i) => {
            let plain = !i.class_ref().hashes_by_script() && i.payload().is_none();
            plain.then(|| of_identity(value.id()))
        }
        Value::Exception(e) => (!e.class().hashes_by_script()).then(|| of_identity(value.id())),
        Value::Class(c) => (!c.metaclass().hashes_by_script()).then(|| of_identity(value.id())),
        Value::Function(_)
        | Value::Builtin(_)
        | Value::Machine(_)
        | Value::Module(_)
        | Value::Iter(_)
        | Value::Descriptor(_) => Some(of_identity(value.id())),
        _ => None,
    }
}

/// The hash of a tuple of ints and strs; `None` for others.
pub fn of_plain_tuple(items: &[Value]) -> Option<i64> {
    let mut hash = TupleHash::new();
    for item in items {
        hash.add(match item {
            Value::Int(n) => number::of_i64(*n),
            Value::Str(s) => s.hash(),
            _ => return None,
        });
    }
    Some(hash.finish())
}

/// Whether tuples are equal, one of which has a plain hash; `None` where the other has items of other kinds.
pub fn same_plain_tuples(a: &[Value], b: &[Value]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    for pair in a.iter().zip(b) {
        let same = match pair {
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => Str::same_text(a, b),
            (Value::Int(_), Value::Str(_)) | (Value::Str(_), Value::Int(_)) => false,
            _ => return None,
        };
        if !same {
            return Some(false);
        }
    }
    Some(true)
}

/// `a == b` where no user code is needed; `None` when it is.
#[inline]
pub fn quick_eq(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Str(x), Value::Str(y)) => Some(Str::same_text(x, y)),
        (Value::Int(x), Value::Int(y)) => Some(x == y),
        _ => quick_eq_at(a, b, 0),
    }
}

fn quick_eq_at(a: &Value, b: &Value, depth: u32) -> Option<bool> {
    match (a, b) {
        (Value::Tuple(x), Value::Tuple(y)) => {
            if a.is(b) {
                return Some(true);
            }
            if depth >= MAX_QUICK_DEPTH {
                return None;
            }
            // In order: an item that needs user code is asked only when no earlier one differs.
            for (p, q) in x.iter().zip(y.iter()) {
                let equal = match (p, q) {
                    (Value::Int(p), Value::Int(q)) => p == q,
                    _ => p.is(q) || quick_eq_at(p, q, depth + 1)?,
                };
                if !equal {
                    return Some(false);
                }
            }
            Some(x.len() == y.len())
        }
        (Value::Str(x), Value::Str(y)) => Some(Str::same_text(x, y)),
        (Value::Bytes(x), Value::Bytes(y)) => Some(x.as_slice() == y.as_slice()),
        _ => match (Number::of(a), Number::of(b)) {
            (Some(x), Some(y)) => Some(x.eq(&y)),
            _ if a.is(b) => Some(true),
            _ if runs_code(a) || runs_code(b) => None,
            _ => Some(false),
        },
    }
}

/// Whether comparing the value with something may need more than this file knows.
fn runs_code(value: &Value) -> bool {
    match value {
        Value::Instance(i) => i.class_ref().compares_by_script() || i.payload().is_some(),
        Value::Exception(e) => e.class().compares_by_script(),
        Value::Class(c) => c.metaclass().compares_by_script(),
        Value::Tuple(t) => t.iter().any(runs_code),
        Value::List(_)
        | Value::Dict(_)
        | Value::Set(_)
        | Value::FrozenSet(_)
        | Value::Range(_)
        | Value::Slice(_)
        | Value::Method(_)
        | Value::Native(_) => true,
        _ => false,
    }
}

/// A number for comparison across types.
enum Number<'a> {
    Small(i64),
    Big(&'a BigInt),
    Float(f64),
    Complex(f64, f64),
}

impl Number<'_> {
    fn of(value: &Value) -> Option<Number<'_>> {
        Some(match value {
            Value::Int(n) => Number::Small(*n),
            Value::True => Number::Small(1),
            Value::False => Number::Small(0),
            Value::BigInt(n) => Number::Big(n),
            Value::Float(x) => Number::Float(x.get()),
            Value::Complex(c) => Number::Complex(c.re, c.im),
            _ => return None,
        })
    }

    fn eq(&self, other: &Number<'_>) -> bool {
        use std::cmp::Ordering::Equal;
        match (self, other) {
            (Number::Small(a), Number::Small(b)) => a == b,
            (Number::Big(a), Number::Big(b)) => a == b,
            (Number::Float(a), Number::Float(b)) => a == b,
            (Number::Small(a), Number::Float(b)) | (Number::Float(b), Number::Small(a)) => {
                int::cmp_i64_f64(*a, *b) == Some(Equal)
            }
            (Number::Big(a), Number::Float(b)) | (Number::Float(b), Number::Big(a)) => {
                int::cmp_f64(a, *b) == Some(Equal)
            }
            (Number::Complex(a, b), Number::Complex(c, d)) => a == c && b == d,
            (Number::Complex(re, im), other) | (other, Number::Complex(re, im)) => {
                *im == 0.0 && other.eq(&Number::Float(*re))
            }
            (Number::Small(_), Number::Big(_)) | (Number::Big(_), Number::Small(_)) => false,
        }
    }
}

/// The hash of a sequence of hashes, as CPython's `tuplehash` (xxHash's mixing).
pub struct TupleHash {
    acc: u64,
    count: u64,
}

const PRIME_1: u64 = 11_400_714_785_074_694_791;
const PRIME_2: u64 = 14_029_467_366_897_019_727;
const PRIME_5: u64 = 2_870_177_450_012_600_261;

impl TupleHash {
    #[expect(clippy::new_without_default, reason = "an empty hash is the start of one, not a value")]
    pub fn new() -> TupleHash {
        TupleHash { acc: PRIME_5, count: 0 }
    }

    pub fn add(&mut self, hash: i64) {
        self.acc = self.acc.wrapping_add((hash as u64).wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1);
        self.count += 1;
    }

    pub fn finish(self) -> i64 {
        let acc = self.acc.wrapping_add(self.count ^ (PRIME_5 ^ 3_527_539));
        if acc == u64::MAX { 1_546_275_796 } else { acc as i64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_are_equal_and_hash_alike() {
        for (a, b) in
            [(Value::Int(1), Value::True), (Value::Int(2), Value::float(2.0)), (Value::float(0.0), Value::False)]
        {
            assert_eq!(quick_eq(&a, &b), Some(true));
            assert_eq!(quick(&a), quick(&b));
        }
        assert_eq!(quick_eq(&Value::Int(1), &Value::str("1")), Some(false));
    }

    #[test]
    fn tuples_hash_as_in_cpython() {
        let t = Value::tuple(vec![Value::Int(1), Value::Int(2), Value::Int(3)]);
        assert_eq!(quick(&t), Some(529344067295497451));
        assert_eq!(quick(&Value::tuple(vec![])), Some(5740354900026072187));
    }
}

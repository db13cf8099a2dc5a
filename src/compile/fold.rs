//! Constant folding: only what cannot raise, and stays small.

use num_bigint::BigInt;

use crate::code::{BinaryOp, Const, Expr, Item, UnaryOp};

/// The longest text that folding makes.
const MAX_TEXT: usize = 256;
/// The widest number that folding makes, in bits.
const MAX_BITS: u64 = 256;

/// `a op b`, if it can be said now.
pub(super) fn binary(op: BinaryOp, a: &Const, b: &Const) -> Option<Const> {
    match (a, b) {
        (Const::Int(a), Const::Int(b)) => int(op, *a, *b),
        (Const::Float(a), Const::Float(b)) => float(op, *a, *b),
        (Const::Float(a), Const::Int(b)) => float(op, *a, exact(*b)?),
        (Const::Int(a), Const::Float(b)) => float(op, exact(*a)?, *b),
        (Const::Str(a), Const::Str(b)) if op == BinaryOp::Add && a.len() + b.len() <= MAX_TEXT => {
            Some(Const::Str(format!("{a}{b}").into()))
        }
        (Const::Str(s), Const::Int(n)) | (Const::Int(n), Const::Str(s)) if op == BinaryOp::Mul => {
            let n = usize::try_from(*n).unwrap_or(0);
            (s.len().checked_mul(n)? <= MAX_TEXT).then(|| Const::Str(s.repeat(n).into()))
        }
        _ => None,
    }
}

/// An int that a float holds exactly.
fn exact(i: i64) -> Option<f64> {
    (i.unsigned_abs() <= 1 << 53).then_some(i as f64)
}

fn int(op: BinaryOp, a: i64, b: i64) -> Option<Const> {
    let result = match op {
        BinaryOp::Add => return Some(wide(BigInt::from(a) + b)),
        BinaryOp::Sub => return Some(wide(BigInt::from(a) - b)),
        BinaryOp::Mul => return Some(wide(BigInt::from(a) * b)),
        BinaryOp::Div if b != 0 => return float(op, exact(a)?, exact(b)?),
        BinaryOp::FloorDiv if b != 0 => {
            let q = a.checked_div(b)?;
            if a % b != 0 && (a < 0) != (b < 0) { q - 1 } else { q }
        }
        BinaryOp::Mod if b != 0 => {
            let r = a.checked_rem(b)?;
            if r != 0 && (r < 0) != (b < 0) { r + b } else { r }
        }
        BinaryOp::Pow => {
            let exponent = u32::try_from(b).ok()?;
            let bits = u64::from(64 - a.unsigned_abs().leading_zeros());
            return (bits * u64::from(exponent) <= MAX_BITS).then(|| wide(BigInt::from(a).pow(exponent)));
        }
        BinaryOp::LShift if (0..=MAX_BITS as i64).contains(&b) => return Some(wide(BigInt::from(a) << b)),
        BinaryOp::RShift if b >= 0 => a >> b.min(63),
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        _ => return None,
    };
    Some(Const::Int(result))
}

/// Ints are small wherever they fit.
fn wide(value: BigInt) -> Const {
    match i64::try_from(&value) {
        Ok(small) => Const::Int(small),
        Err(_) => Const::BigInt(value.into()),
    }
}

fn float(op: BinaryOp, a: f64, b: f64) -> Option<Const> {
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b != 0.0 => a / b,
        _ => return None,
    };
    Some(Const::Float(result))
}

pub(super) fn unary(op: UnaryOp, c: &Const) -> Option<Const> {
    Some(match (op, c) {
        (UnaryOp::Neg, Const::Int(i)) => wide(-BigInt::from(*i)),
        (UnaryOp::Neg, Const::BigInt(b)) => wide(-(**b).clone()),
        (UnaryOp::Neg, Const::Float(f)) => Const::Float(-f),
        (UnaryOp::Pos, Const::Int(_) | Const::BigInt(_) | Const::Float(_)) => c.clone(),
        (UnaryOp::Invert, Const::Int(i)) => Const::Int(!i),
        (UnaryOp::Invert, Const::False) => Const::Int(-1),
        (UnaryOp::Invert, Const::True) => Const::Int(-2),
        _ => return None,
    })
}

/// The truth of a constant.
pub(super) fn truth(e: &Expr) -> Option<bool> {
    let Expr::Const(c) = e else { return None };
    Some(match c {
        Const::None | Const::False => false,
        Const::True | Const::Ellipsis | Const::BigInt(_) => true,
        Const::Int(i) => *i != 0,
        Const::Float(f) | Const::Imaginary(f) => *f != 0.0,
        Const::Str(s) => !s.is_empty(),
        Const::Bytes(b) => !b.is_empty(),
        Const::Tuple(t) => !t.is_empty(),
    })
}

/// A tuple display, a constant when all its elements are.
pub(super) fn tuple(items: Box<[Item]>) -> Expr {
    match constants(&items) {
        Some(all) => Expr::Const(Const::Tuple(all.into())),
        None => Expr::Tuple(items),
    }
}

fn constants(items: &[Item]) -> Option<Vec<Const>> {
    let constant = |item: &Item| match item {
        Item::One(Expr::Const(c)) => Some(c.clone()),
        _ => None,
    };
    items.iter().map(constant).collect()
}

/// A list of constants that nobody can keep is as good as a tuple: `x in [1, 2]`, `for x in [1, 2]`.
pub(super) fn list_as_tuple(e: Expr) -> Expr {
    match e {
        Expr::List(items) => match constants(&items) {
            Some(all) => Expr::Const(Const::Tuple(all.into())),
            None => Expr::List(items),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_division_and_modulo_follow_the_sign_of_the_divisor() {
        assert_eq!(int(BinaryOp::FloorDiv, -7, 2), Some(Const::Int(-4)));
        assert_eq!(int(BinaryOp::Mod, -7, 2), Some(Const::Int(1)));
        assert_eq!(int(BinaryOp::Mod, 7, -2), Some(Const::Int(-1)));
        assert_eq!(int(BinaryOp::FloorDiv, i64::MIN, -1), None);
        assert_eq!(int(BinaryOp::Div, 1, 0), None);
    }

    #[test]
    fn ints_grow_past_a_word_and_stop_there() {
        assert_eq!(int(BinaryOp::Pow, 2, 63), Some(wide(BigInt::from(1u64 << 63))));
        assert_eq!(int(BinaryOp::Pow, 10, 1000), None);
        assert_eq!(unary(UnaryOp::Neg, &Const::BigInt(BigInt::from(1u64 << 63).into())), Some(Const::Int(i64::MIN)));
    }
}

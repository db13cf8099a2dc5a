//! What builtin numbers answer to operators, exactly: ints of any size, bools, floats, and mixes of them. Sets, dicts and
//! str's `%`, which operators ask at the same point, are routed from here.

use std::borrow::Cow;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use crate::code::{BinaryOp, UnaryOp};
use crate::object::{R, Ref, T, Value, Vm};
use crate::text::error::TextError;
use crate::text::float::PowError;
use crate::text::{float as floats, int};

use super::complex;

/// A number of any builtin type.
#[derive(Clone, Copy)]
pub enum Number<'a> {
    Small(i64),
    Big(&'a BigInt),
    Float(f64),
    Complex(f64, f64),
}

impl<'a> Number<'a> {
    /// The number that a value (or the builtin value inside it) is.
    #[inline]
    pub fn of(value: &'a Value) -> Option<Number<'a>> {
        Some(match value.base() {
            Value::Int(n) => Number::Small(*n),
            Value::Float(x) => Number::Float(x.get()),
            Value::True => Number::Small(1),
            Value::False => Number::Small(0),
            Value::BigInt(n) => Number::Big(n),
            Value::Complex(c) => Number::Complex(c.re, c.im),
            _ => return None,
        })
    }

    fn is_int(self) -> bool {
        matches!(self, Number::Small(_) | Number::Big(_))
    }

    fn is_zero(self) -> bool {
        match self {
            Number::Small(n) => n == 0,
            Number::Big(_) => false,
            Number::Float(x) => x == 0.0,
            Number::Complex(re, im) => re == 0.0 && im == 0.0,
        }
    }

    /// The int; only for ints.
    fn big(self) -> Cow<'a, BigInt> {
        match self {
            Number::Small(n) => Cow::Owned(BigInt::from(n)),
            Number::Big(n) => Cow::Borrowed(n),
            Number::Float(_) | Number::Complex(..) => Cow::Owned(BigInt::zero()),
        }
    }

    /// The number as a float; a complex one's real part.
    fn to_f64(self) -> Result<f64, TextError> {
        match self {
            Number::Small(n) => Ok(n as f64),
            Number::Big(n) => int::to_f64(n),
            Number::Float(x) | Number::Complex(x, _) => Ok(x),
        }
    }

    fn to_complex(self) -> Result<(f64, f64), TextError> {
        match self {
            Number::Complex(re, im) => Ok((re, im)),
            other => Ok((other.to_f64()?, 0.0)),
        }
    }
}

/// `a op b` where one of them is a big int that nobody else holds: its digits become the result's. Gives the operands back where
/// that cannot be done.
#[inline]
pub(super) fn reuse(op: BinaryOp, a: Value, b: Value) -> Result<Value, (Value, Value)> {
    match (&a, &b) {
        (Value::BigInt(_), Value::Int(_) | Value::BigInt(_)) | (Value::Int(_), Value::BigInt(_)) => reuse_big(op, a, b),
        _ => Err((a, b)),
    }
}

#[inline(never)]
fn reuse_big(op: BinaryOp, mut a: Value, mut b: Value) -> Result<Value, (Value, Value)> {
    if let Value::BigInt(big) = &mut a
        && let Some(big) = Ref::get_mut(big)
    {
        match (op, &b) {
            (BinaryOp::Add, Value::Int(n)) => *big += *n,
            (BinaryOp::Add, Value::BigInt(n)) => *big += &**n,
            (BinaryOp::Sub, Value::Int(n)) => *big -= *n,
            (BinaryOp::Sub, Value::BigInt(n)) => *big -= &**n,
            (BinaryOp::Mul, Value::Int(n)) if big.bits() + 64 <= int::MAX_BITS => *big *= *n,
            _ => return Err((a, b)),
        }
        return Ok(narrowed(a));
    }
    if let Value::BigInt(big) = &mut b
        && let Some(big) = Ref::get_mut(big)
    {
        match (op, &a) {
            (BinaryOp::Add, Value::Int(n)) => *big += *n,
            (BinaryOp::Add, Value::BigInt(n)) => *big += &**n,
            (BinaryOp::Sub, Value::Int(n)) => *big = *n - std::mem::take(big),
            (BinaryOp::Sub, Value::BigInt(n)) => *big = &**n - std::mem::take(big),
            (BinaryOp::Mul, Value::Int(n)) if big.bits() + 64 <= int::MAX_BITS => *big *= *n,
            _ => return Err((a, b)),
        }
        return Ok(narrowed(b));
    }
    Err((a, b))
}

/// A big int in the form that its size wants.
fn narrowed(value: Value) -> Value {
    match &value {
        Value::BigInt(n) => n.to_i64().map_or(value, Value::Int),
        _ => value,
    }
}

/// The operators on small ints whose result is small too; `None` otherwise, or when it raises.
#[inline]
pub fn small(op: BinaryOp, x: i64, y: i64) -> Option<Value> {
    let result = match op {
        BinaryOp::Add => x.checked_add(y)?,
        BinaryOp::Sub => x.checked_sub(y)?,
        BinaryOp::Mul => x.checked_mul(y)?,
        BinaryOp::FloorDiv => {
            let quotient = x.checked_div(y)?;
            if x % y != 0 && (x < 0) != (y < 0) { quotient - 1 } else { quotient }
        }
        BinaryOp::Mod => {
            let rest = x.checked_rem(y)?;
            if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest }
        }
        BinaryOp::Div => return int::true_div_i64(x, y).ok().map(Value::float),
        BinaryOp::And => x & y,
        BinaryOp::Or => x | y,
        BinaryOp::Xor => x ^ y,
        BinaryOp::LShift => {
            let count = u32::try_from(y).ok().filter(|&count| count < 63)?;
            let shifted = x << count;
            if shifted >> count != x {
                return None;
            }
            shifted
        }
        BinaryOp::RShift => {
            if y < 0 {
                return None;
            }
            x >> y.min(63)
        }
        BinaryOp::Pow => x.checked_pow(u32::try_from(y).ok()?)?,
        BinaryOp::MatMul => return None,
    };
    Some(Value::Int(result))
}

/// The operators on floats; `None` when it raises, or gives no float.
#[inline]
pub fn float(op: BinaryOp, x: f64, y: f64) -> Option<Value> {
    let result = match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => x * y,
        BinaryOp::Div if y != 0.0 => x / y,
        BinaryOp::FloorDiv => floats::floor_div(x, y).ok()?,
        BinaryOp::Mod => floats::modulo(x, y).ok()?,
        BinaryOp::Pow => floats::pow(x, y).ok()?,
        _ => return None,
    };
    Some(Value::float(result))
}

/// `-x`, `+x`, `~x` of a builtin number.
pub fn unary(op: UnaryOp, operand: &Value) -> Option<Value> {
    let number = Number::of(operand)?;
    Some(match (op, number) {
        (UnaryOp::Pos, Number::Small(n)) => Value::Int(n),
        (UnaryOp::Pos, _) => operand.clone(),
        (UnaryOp::Neg, Number::Small(n)) => match n.checked_neg() {
            Some(negated) => Value::Int(negated),
            None => Value::big(-BigInt::from(n)),
        },
        (UnaryOp::Neg, Number::Big(n)) => Value::big(-n),
        (UnaryOp::Neg, Number::Float(x)) => Value::float(-x),
        (UnaryOp::Neg, Number::Complex(re, im)) => Value::complex(-re, -im),
        (UnaryOp::Invert, Number::Small(n)) => Value::Int(!n),
        (UnaryOp::Invert, Number::Big(n)) => Value::big(!n),
        (UnaryOp::Invert, _) => return None,
    })
}

/// `abs(x)` of a builtin number; a complex one's may be too large.
pub fn abs(operand: &Value) -> Option<Result<Value, TextError>> {
    Some(Ok(match Number::of(operand)? {
        Number::Small(n) => match n.checked_abs() {
            Some(magnitude) => Value::Int(magnitude),
            None => Value::big(BigInt::from(n).abs()),
        },
        Number::Big(n) => Value::big(n.abs()),
        Number::Float(x) => Value::float(x.abs()),
        Number::Complex(re, im) => {
            let magnitude = re.hypot(im);
            if magnitude.is_infinite() && re.is_finite() && im.is_finite() {
                return Some(Err(TextError::overflow("absolute value too large")));
            }
            Value::float(magnitude)
        }
    }))
}

impl Vm {
    /// What numbers, sets, dicts and str's `%` answer; `None` stands for NotImplemented. Looks at the builtin values inside
    /// instances of subclasses.
    pub fn plain_number(&self, op: BinaryOp, a: &Value, b: &Value) -> R<Option<Value>> {
        if let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) {
            let bools = |v: &Value| matches!(v, Value::True | Value::False);
            if bools(a) && bools(b) && matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor) {
                let (x, y) = (matches!(a, Value::True), matches!(b, Value::True));
                return Ok(Some(Value::bool(match op {
                    BinaryOp::And => x && y,
                    BinaryOp::Or => x || y,
                    _ => x != y,
                })));
            }
            return self.number_op(op, x, y);
        }
        match (a.base(), op) {
            (Value::Set(_) | Value::FrozenSet(_), _) => self.plain_set(op, a, b),
            (Value::Dict(x), BinaryOp::Or) => self.dict_union(x, b),
            (Value::Str(text), BinaryOp::Mod) => self.percent_format(text, b).map(Some),
            (Value::Bytes(text), BinaryOp::Mod) => self.percent_format_bytes(text, b).map(Some),
            _ => Ok(None),
        }
    }

    fn number_op(&self, op: BinaryOp, x: Number, y: Number) -> R<Option<Value>> {
        let result = if x.is_int() && y.is_int() {
            return self.int_op(op, x, y);
        } else if let (Number::Complex(..), _) | (_, Number::Complex(..)) = (x, y) {
            x.to_complex().and_then(|x| Ok((x, y.to_complex()?))).and_then(|(x, y)| complex::binary(op, x, y))
        } else {
            match x.to_f64().and_then(|x| Ok((x, y.to_f64()?))) {
                Ok((x, y)) => return self.float_op(op, x, y),
                // An operator that floats do not have must not complain of the int's size.
                Err(_) if !is_arithmetic(op) => Ok(None),
                Err(error) => Err(error),
            }
        };
        result.map_err(|error| self.text_error(error))
    }

    fn float_op(&self, op: BinaryOp, x: f64, y: f64) -> R<Option<Value>> {
        if let Some(value) = float(op, x, y) {
            return Ok(Some(value));
        }
        let error = match op {
            BinaryOp::Div => TextError::zero_division("float division by zero"),
            BinaryOp::FloorDiv => TextError::zero_division("float floor division by zero"),
            BinaryOp::Mod => TextError::zero_division("float modulo by zero"),
            BinaryOp::Pow => match floats::pow(x, y) {
                Ok(value) => return Ok(Some(Value::float(value))),
                Err(PowError::ZeroDivision) => TextError::zero_division(floats::ZERO_TO_NEGATIVE),
                Err(PowError::Overflow) => return Err(self.result_out_of_range()),
                Err(PowError::Complex) => {
                    return complex::binary(op, (x, 0.0), (y, 0.0)).map_err(|error| self.text_error(error));
                }
            },
            _ => return Ok(None),
        };
        Err(self.text_error(error))
    }

    /// `OverflowError: (34, 'Numerical result out of range')`, as C's `errno` gives it.
    #[cold]
    pub fn result_out_of_range(&self) -> crate::object::Raised {
        let args = vec![Value::Int(34), Value::str("Numerical result out of range")];
        self.throw(self.new_exception(T::OverflowError, args))
    }

    fn int_op(&self, op: BinaryOp, x: Number, y: Number) -> R<Option<Value>> {
        if let (Number::Small(x), Number::Small(y)) = (x, y)
            && let Some(value) = small(op, x, y)
        {
            return Ok(Some(value));
        }
        if y.is_zero() {
            let text = match op {
                BinaryOp::Div => "division by zero",
                BinaryOp::FloorDiv => "integer division or modulo by zero",
                BinaryOp::Mod => "integer modulo by zero",
                _ => "",
            };
            if !text.is_empty() {
                return Err(self.zero_division(text));
            }
        }
        let (x, y) = (x.big(), y.big());
        let result = match op {
            BinaryOp::Add => Ok(&*x + &*y),
            BinaryOp::Sub => Ok(&*x - &*y),
            BinaryOp::Mul if x.bits() + y.bits() > int::MAX_BITS => Err(TextError::memory()),
            BinaryOp::Mul => Ok(&*x * &*y),
            BinaryOp::Div => {
                return match int::true_div(&x, &y) {
                    Ok(value) => Ok(Some(Value::float(value))),
                    Err(error) => Err(self.text_error(error)),
                };
            }
            BinaryOp::FloorDiv => int::floor_div(&x, &y),
            BinaryOp::Mod => int::modulo(&x, &y),
            BinaryOp::Pow if y.is_negative() => {
                return match int::to_f64(&x).and_then(|x| Ok((x, int::to_f64(&y)?))) {
                    Ok((x, y)) => self.float_op(op, x, y),
                    Err(error) => Err(self.text_error(error)),
                };
            }
            BinaryOp::Pow => int::pow(&x, &y),
            BinaryOp::LShift => int::shift_left(&x, &y),
            BinaryOp::RShift => int::shift_right(&x, &y),
            BinaryOp::And => Ok(&*x & &*y),
            BinaryOp::Or => Ok(&*x | &*y),
            BinaryOp::Xor => Ok(&*x ^ &*y),
            BinaryOp::MatMul => return Ok(None),
        };
        match result {
            Ok(value) => Ok(Some(Value::big(value))),
            Err(error) => Err(self.text_error(error)),
        }
    }

    /// `divmod(a, b)` of builtin numbers; `None` stands for NotImplemented.
    pub fn plain_divmod(&self, a: &Value, b: &Value) -> R<Option<Value>> {
        let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) else { return Ok(None) };
        if matches!(x, Number::Complex(..)) || matches!(y, Number::Complex(..)) {
            return Ok(None);
        }
        if x.is_int() && y.is_int() {
            if let (Number::Small(_), Number::Small(_)) = (x, y) {
                let quotient = self.int_op(BinaryOp::FloorDiv, x, y)?;
                let rest = self.int_op(BinaryOp::Mod, x, y)?;
                return Ok(quotient.zip(rest).map(|(quotient, rest)| Value::pair(quotient, rest)));
            }
            return match int::divmod(&x.big(), &y.big()) {
                Some((quotient, rest)) => Ok(Some(Value::pair(Value::big(quotient), Value::big(rest)))),
                None => Err(self.zero_division("integer division or modulo by zero")),
            };
        }
        let parts = x.to_f64().and_then(|x| {
            let y = y.to_f64()?;
            floats::divmod(x, y).ok_or_else(|| TextError::zero_division("float divmod()"))
        });
        match parts {
            Ok((quotient, rest)) => Ok(Some(Value::pair(Value::float(quotient), Value::float(rest)))),
            Err(error) => Err(self.text_error(error)),
        }
    }

    /// `pow(base, exponent, modulus)` of builtin numbers.
    pub fn plain_pow_mod(&self, base: &Value, exponent: &Value, modulus: &Value) -> R {
        let numbers = (Number::of(base), Number::of(exponent), Number::of(modulus));
        if let (Some(x), Some(y), Some(m)) = numbers
            && x.is_int()
            && y.is_int()
            && m.is_int()
        {
            return match int::pow_mod(&x.big(), &y.big(), &m.big()) {
                Ok(value) => Ok(Value::big(value)),
                Err(error) => Err(self.text_error(error)),
            };
        }
        // The operands' types are asked from left to right; float and complex refuse, each in its way.
        for number in [numbers.0, numbers.1, numbers.2].into_iter().flatten() {
            match number {
                Number::Float(_) => {
                    let message = "pow() 3rd argument not allowed unless all arguments are integers";
                    return Err(self.type_error(message));
                }
                Number::Complex(..) if numbers.0.is_some() && numbers.1.is_some() => {
                    return Err(self.value_error("complex modulo"));
                }
                _ => {}
            }
        }
        let (a, b, c) = (self.type_name(base), self.type_name(exponent), self.type_name(modulus));
        let message = format!("unsupported operand type(s) for ** or pow(): '{a}', '{b}', '{c}'");
        Err(self.type_error(message))
    }
}

/// Whether floats have the operator.
fn is_arithmetic(op: BinaryOp) -> bool {
    use BinaryOp::{Add, Div, FloorDiv, Mod, Mul, Pow, Sub};
    matches!(op, Add | Sub | Mul | Div | FloorDiv | Mod | Pow)
}

/// Compares two builtin numbers exactly, whatever their types; `Err` for complex ones, which have no order, with whether
/// they are equal; `Ok(None)` when one is nan.
pub fn compare(x: Number, y: Number) -> Result<Option<std::cmp::Ordering>, bool> {
    use Number::{Big, Complex, Float, Small};
    Ok(match (x, y) {
        (Small(x), Small(y)) => Some(x.cmp(&y)),
        (Float(x), Float(y)) => x.partial_cmp(&y),
        (Big(x), Big(y)) => Some(x.cmp(y)),
        (Small(x), Float(y)) => int::cmp_i64_f64(x, y),
        (Float(x), Small(y)) => int::cmp_i64_f64(y, x).map(std::cmp::Ordering::reverse),
        (Big(x), Float(y)) => int::cmp_f64(x, y),
        (Float(x), Big(y)) => int::cmp_f64(y, x).map(std::cmp::Ordering::reverse),
        (Small(x), Big(y)) => Some(order_small_big(x, y)),
        (Big(x), Small(y)) => Some(order_small_big(y, x).reverse()),
        (Complex(re, im), Complex(re2, im2)) => return Err(re == re2 && im == im2),
        (Complex(re, im), other) | (other, Complex(re, im)) => {
            let equal = im == 0.0 && compare(Float(re), other) == Ok(Some(std::cmp::Ordering::Equal));
            return Err(equal);
        }
    })
}

fn order_small_big(x: i64, y: &BigInt) -> std::cmp::Ordering {
    match y.to_i64() {
        Some(y) => x.cmp(&y),
        None if y.is_negative() => std::cmp::Ordering::Greater,
        None => std::cmp::Ordering::Less,
    }
}

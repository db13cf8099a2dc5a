//! Arithmetic of complex numbers as CPython 3.13 does it (`Objects/complexobject.c`). Knows nothing of other types: reals
//! arrive as complex numbers already.

use crate::code::BinaryOp;
use crate::object::Value;
use crate::text::error::TextError;

type Parts = (f64, f64);

/// An operator on two complex numbers; `None` when they have no such operator.
///
/// # Errors
/// ZeroDivisionError, OverflowError.
pub fn binary(op: BinaryOp, x: Parts, y: Parts) -> Result<Option<Value>, TextError> {
    let (re, im) = match op {
        BinaryOp::Add => (x.0 + y.0, x.1 + y.1),
        BinaryOp::Sub => (x.0 - y.0, x.1 - y.1),
        BinaryOp::Mul => multiply(x, y),
        BinaryOp::Div => divide(x, y)?,
        BinaryOp::Pow => power(x, y)?,
        _ => return Ok(None),
    };
    Ok(Some(Value::complex(re, im)))
}

fn multiply(x: Parts, y: Parts) -> Parts {
    (x.0 * y.0 - x.1 * y.1, x.0 * y.1 + x.1 * y.0)
}

/// Division scaled by the larger part of the divisor, which neither overflows nor loses digits needlessly.
fn divide(x: Parts, y: Parts) -> Result<Parts, TextError> {
    if y.0.abs() >= y.1.abs() {
        if y.0 == 0.0 {
            return Err(TextError::zero_division("complex division by zero"));
        }
        let ratio = y.1 / y.0;
        let scale = y.0 + y.1 * ratio;
        Ok(((x.0 + x.1 * ratio) / scale, (x.1 - x.0 * ratio) / scale))
    } else if y.1.abs() >= y.0.abs() {
        let ratio = y.0 / y.1;
        let scale = y.0 * ratio + y.1;
        Ok(((x.0 * ratio + x.1) / scale, (x.1 * ratio - x.0) / scale))
    } else {
        Ok((f64::NAN, f64::NAN))
    }
}

/// Powers with small whole exponents go by multiplication, others through polar form.
fn power(x: Parts, y: Parts) -> Result<Parts, TextError> {
    const LARGEST_WHOLE: f64 = 100.0;
    let result = if y.1 == 0.0 && y.0 == y.0.floor() && y.0.abs() <= LARGEST_WHOLE {
        let count = y.0 as i64;
        if count > 0 {
            whole_power(x, count)
        } else if count == 0 {
            (1.0, 0.0)
        } else {
            match divide((1.0, 0.0), whole_power(x, -count)) {
                Ok(result) => result,
                Err(_) => return Err(zero_to_negative()),
            }
        }
    } else {
        polar_power(x, y)?
    };
    if result.0.is_infinite() || result.1.is_infinite() {
        return Err(TextError::overflow("complex exponentiation"));
    }
    Ok(result)
}

fn zero_to_negative() -> TextError {
    TextError::zero_division("0.0 to a negative or complex power")
}

fn whole_power(x: Parts, count: i64) -> Parts {
    let (mut result, mut square, mut mask) = ((1.0, 0.0), x, 1i64);
    while mask > 0 && count >= mask {
        if count & mask != 0 {
            result = multiply(result, square);
        }
        mask <<= 1;
        square = multiply(square, square);
    }
    result
}

fn polar_power(x: Parts, y: Parts) -> Result<Parts, TextError> {
    if x.0 == 0.0 && x.1 == 0.0 {
        if y.1 != 0.0 || y.0 < 0.0 {
            return Err(zero_to_negative());
        }
        return Ok((0.0, 0.0));
    }
    let magnitude = x.0.hypot(x.1);
    let mut length = magnitude.powf(y.0);
    let angle = x.1.atan2(x.0);
    let mut phase = angle * y.0;
    if y.1 != 0.0 {
        length /= (angle * y.1).exp();
        phase += y.1 * magnitude.ln();
    }
    if phase.is_infinite() {
        // C's sine has no value there, and CPython takes that for the same error.
        return Err(zero_to_negative());
    }
    Ok((length * phase.cos(), length * phase.sin()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_as_in_cpython() {
        assert_eq!(power((1.0, 2.0), (2.0, 0.0)), Ok((-3.0, 4.0)));
        assert_eq!(power((1.0, 2.0), (-3.0, 0.0)), Ok((-0.088_000_000_000_000_01, 0.016)));
        assert_eq!(divide((1.0, 2.0), (3.0, -4.0)), Ok((-0.2, 0.4)));
        assert!(power((0.0, 0.0), (-1.0, 0.0)).is_err());
    }
}

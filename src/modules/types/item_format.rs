//! The formats of one item of a `memoryview`: native single characters of the module `struct`. Knows nothing of windows.

use crate::modules::support::bigint;
use crate::object::{R, Raised, Value, Vm};
use num_traits::ToPrimitive;

/// One character of `struct`, native size and order.
#[derive(Clone, Copy, Debug)]
pub struct ItemFormat {
    code: char,
    /// Written with the `@` that may stand before it.
    marked: bool,
}

impl PartialEq for ItemFormat {
    fn eq(&self, other: &ItemFormat) -> bool {
        self.code == other.code
    }
}

impl ItemFormat {
    /// `B`, what a window on bytes begins with.
    pub const BYTE: ItemFormat = ItemFormat { code: 'B', marked: false };

    pub fn parse(text: &str) -> Option<ItemFormat> {
        let (marked, rest) = match text.strip_prefix('@') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut chars = rest.chars();
        let code = chars.next()?;
        (chars.next().is_none() && "cbB?hHiIlLqQnNfdeP".contains(code)).then_some(ItemFormat { code, marked })
    }

    pub fn text(self) -> String {
        if self.marked { format!("@{}", self.code) } else { self.code.to_string() }
    }

    /// Bytes of one item.
    pub fn size(self) -> usize {
        match self.code {
            'h' | 'H' | 'e' => 2,
            'i' | 'I' | 'f' => 4,
            'l' | 'L' | 'q' | 'Q' | 'n' | 'N' | 'd' | 'P' => 8,
            _ => 1,
        }
    }

    /// Whether an item is a byte in the sense of `cast`.
    pub fn is_byte(self) -> bool {
        matches!(self.code, 'b' | 'B' | 'c')
    }

    /// The value of an item; `bytes` has its size.
    pub fn unpack(self, bytes: &[u8]) -> Value {
        let mut wide = [0; 8];
        let length = bytes.len().min(8);
        wide[..length].copy_from_slice(&bytes[..length]);
        let unsigned = u64::from_le_bytes(wide);
        let shift = 64 - 8 * length as u32;
        match self.code {
            'c' => Value::bytes(bytes.to_vec()),
            '?' => Value::bool(unsigned != 0),
            'b' | 'h' | 'i' | 'l' | 'q' | 'n' => Value::Int((unsigned << shift) as i64 >> shift),
            'e' => Value::float(half(unsigned as u16)),
            'f' => Value::float(f32::from_bits(unsigned as u32).into()),
            'd' => Value::float(f64::from_bits(unsigned)),
            _ => Value::wide(unsigned.into()),
        }
    }

    /// The bytes of an item.
    ///
    /// # Errors
    /// TypeError and ValueError of `memoryview` for what does not fit the format.
    pub fn pack(self, vm: &Vm, value: &Value) -> R<Vec<u8>> {
        match self.code {
            'c' => match value.as_bytes().map(|b| b.as_slice()) {
                Some([byte]) => Ok(vec![*byte]),
                Some(_) => Err(self.wrong_value(vm)),
                None => Err(self.wrong_type(vm)),
            },
            '?' => Ok(vec![vm.is_true(value)?.into()]),
            'e' | 'f' | 'd' => {
                if value.as_float().is_none() && !value.is_int() {
                    return Err(self.wrong_type(vm));
                }
                let x = vm.to_f64(value)?;
                Ok(match self.code {
                    'd' => x.to_le_bytes().to_vec(),
                    'f' => {
                        if x.is_finite() && !(x as f32).is_finite() {
                            return Err(self.wrong_value(vm));
                        }
                        (x as f32).to_le_bytes().to_vec()
                    }
                    _ => match to_half(x) {
                        Some(bits) => bits.to_le_bytes().to_vec(),
                        None => return Err(self.wrong_value(vm)),
                    },
                })
            }
            _ => {
                if !vm.is_index(value) {
                    return Err(self.wrong_type(vm));
                }
                let n = bigint(vm, value)?.to_i128().ok_or_else(|| self.wrong_value(vm))?;
                let bits = 8 * self.size() as u32;
                let signed = self.code.is_ascii_lowercase();
                let (least, most) =
                    if signed { (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1) } else { (0, (1i128 << bits) - 1) };
                if n < least || n > most {
                    return Err(self.wrong_value(vm));
                }
                Ok(n.to_le_bytes()[..self.size()].to_vec())
            }
        }
    }

    #[cold]
    fn wrong_type(self, vm: &Vm) -> Raised {
        vm.type_error(format!("memoryview: invalid type for format '{}'", self.code))
    }

    #[cold]
    fn wrong_value(self, vm: &Vm) -> Raised {
        vm.value_error(format!("memoryview: invalid value for format '{}'", self.code))
    }
}

/// An IEEE 754 half as a double.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

/// The nearest half, ties to even; `None` when it is too large.
fn to_half(x: f64) -> Option<u16> {
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    let size = x.abs();
    if size.is_nan() {
        return Some(sign | 0x7e00);
    }
    if size.is_infinite() {
        return Some(sign | 0x7c00);
    }
    // In units of the least half at this size: 2^-24 below 2^-14, else 2^(e-10).
    let exponent = if size < 2f64.powi(-14) { -14 } else { (size.to_bits() >> 52) as i32 - 1023 };
    let units = (size * 2f64.powi(10 - exponent)).round_ties_even();
    let subnormal = exponent == -14 && units < 1024.0;
    let bits = if subnormal { units as u32 } else { ((exponent + 15) as u32) << 10 };
    let bits = if subnormal { bits } else { bits + (units as u32 - 1024) };
    (bits < 0x7c00).then_some(sign | bits as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_to_even() {
        for (x, bits) in [(0.0, 0), (1.0, 0x3c00), (65504.0, 0x7bff), (5.960464477539063e-8, 1), (0.1, 0x2e66)] {
            assert_eq!(to_half(x), Some(bits), "{x}");
        }
        assert_eq!((to_half(65520.0), half(0x7bff), half(1)), (None, 65504.0, 5.960464477539063e-8));
    }

    #[test]
    fn formats_are_one_character() {
        assert_eq!(ItemFormat::parse("@i").map(|f| (f.size(), f.text())), Some((4, "@i".to_owned())));
        assert!(
            ItemFormat::parse("ii").is_none() && ItemFormat::parse("").is_none() && ItemFormat::parse("x").is_none()
        );
    }
}

//! Conversions between numbers: `__index__`, `int(x)`, `float(x)` and `complex(x)` of one argument, with CPython's messages.

use num_bigint::BigInt;

use crate::intern::{Symbol, sym};
use crate::object::{R, Raised, Value, Vm};
use crate::text::{float, int};

use super::arithmetic::Number;

const STRICT_INT: &str = "The ability to return an instance of a strict subclass of int is deprecated, and may be \
                          removed in a future version of Python.";
const STRICT_FLOAT: &str = "The ability to return an instance of a strict subclass of float is deprecated, and may be \
                            removed in a future version of Python.";

impl Vm {
    /// The limit on digits in conversions between int and str.
    pub fn max_digits(&self) -> usize {
        self.int_digits.get()
    }

    /// `sys.set_int_max_str_digits(limit)`
    pub fn set_max_digits(&self, limit: usize) {
        self.int_digits.set(limit);
    }

    /// The int that a value stands for as an index: an int, or what `__index__` gives.
    ///
    /// # Errors
    /// TypeError `'str' object cannot be interpreted as an integer`.
    #[inline]
    pub fn index(&self, value: &Value) -> R {
        match value {
            Value::Int(n) => Ok(Value::Int(*n)),
            _ => self.index_slow(value),
        }
    }

    fn index_slow(&self, value: &Value) -> R {
        if let Some(n) = plain_int(value.base()) {
            return Ok(n);
        }
        match self.int_by(value, sym::__index__, "__index__ returned non-int")? {
            Some(n) => Ok(n),
            None => {
                let name = self.type_name(value);
                Err(self.type_error(format!("'{name}' object cannot be interpreted as an integer")))
            }
        }
    }

    /// An int by a dunder that must give one.
    fn int_by(&self, value: &Value, name: Symbol, wrong: &str) -> R<Option<Value>> {
        let Some(found) = self.own_special(value, name) else { return Ok(None) };
        let result = self.invoke0(&found, value, name)?;
        match plain_int(result.base()) {
            Some(n) => {
                if !matches!(result, Value::Int(_) | Value::BigInt(_)) {
                    let got = self.type_name(&result);
                    self.deprecated(&format!("{wrong} (type {got}).  {STRICT_INT}"))?;
                }
                Ok(Some(n))
            }
            None => Err(self.type_error(format!("{wrong} (type {})", self.type_name(&result)))),
        }
    }

    /// Whether the value has `__index__`.
    pub fn is_index(&self, value: &Value) -> bool {
        value.is_int() || self.own_special(value, sym::__index__).is_some()
    }

    /// [`Vm::index`] as an `i64`.
    ///
    /// # Errors
    /// Also OverflowError `cannot fit 'int' into an index-sized integer`.
    #[inline]
    pub fn index_i64(&self, value: &Value) -> R<i64> {
        match value {
            Value::Int(n) => Ok(*n),
            _ => match self.index(value)? {
                Value::Int(n) => Ok(n),
                _ => {
                    let name = self.type_name(value);
                    Err(self.overflow_error(format!("cannot fit '{name}' into an index-sized integer")))
                }
            },
        }
    }

    /// A number as a C double: floats, `__float__`, `__index__`.
    ///
    /// # Errors
    /// TypeError `must be real number, not str`, OverflowError for an int too large.
    #[inline]
    pub fn to_f64(&self, value: &Value) -> R<f64> {
        match value {
            Value::Float(x) => Ok(x.get()),
            Value::Int(n) => Ok(*n as f64),
            _ => match self.try_f64(value)? {
                Some(x) => Ok(x),
                None => Err(self.type_error(format!("must be real number, not {}", self.type_name(value)))),
            },
        }
    }

    /// [`Vm::to_f64`], `None` for what is no real number.
    fn try_f64(&self, value: &Value) -> R<Option<f64>> {
        // A subclass of float is its value, whatever its `__float__` says.
        if let Value::Float(x) = value.base() {
            return Ok(Some(x.get()));
        }
        self.float_by_protocol(value)
    }

    /// By `__float__` and `__index__`.
    fn float_by_protocol(&self, value: &Value) -> R<Option<f64>> {
        if let Some(found) = self.own_special(value, sym::__float__) {
            let result = self.invoke0(&found, value, sym::__float__)?;
            return match result.as_float() {
                Some(x) => {
                    if !matches!(result, Value::Float(_)) {
                        let (class, got) = (self.type_name(value), self.type_name(&result));
                        let message = format!("{class}.__float__ returned non-float (type {got}).  {STRICT_FLOAT}");
                        self.deprecated(&message)?;
                    }
                    Ok(Some(x))
                }
                None => {
                    let (class, name) = (self.type_name(value), self.type_name(&result));
                    Err(self.type_error(format!("{class}.__float__ returned non-float (type {name})")))
                }
            };
        }
        let number = match Number::of(value) {
            Some(Number::Complex(..)) => None,
            None => self.int_by(value, sym::__index__, "__index__ returned non-int")?,
            Some(_) => Some(value.clone()),
        };
        match number.as_ref().and_then(Number::of) {
            Some(Number::Small(n)) => Ok(Some(n as f64)),
            Some(Number::Float(x)) => Ok(Some(x)),
            Some(Number::Big(n)) => int::to_f64(n).map(Some).map_err(|error| self.text_error(error)),
            _ => Ok(None),
        }
    }

    /// `float(value)`
    ///
    /// # Errors
    /// ValueError for a malformed text, TypeError `float() argument must be a string or a real number, not 'list'`.
    pub fn to_float(&self, value: &Value) -> R<f64> {
        if self.own_special(value, sym::__float__).is_none() {
            if let Some(text) = value.as_str() {
                return float::parse(text.as_str()).map_err(|error| self.text_error(error));
            }
            if let Some(bytes) = value.as_bytes() {
                let text = String::from_utf8_lossy(bytes.as_slice());
                return float::parse(&text).map_err(|_| {
                    let shown = int::truncated(&crate::text::quote::repr_bytes(bytes.as_slice()));
                    self.value_error(format!("could not convert string to float: {shown}"))
                });
            }
        }
        match self.float_by_protocol(value)? {
            Some(x) => Ok(x),
            None => Err(self.type_error(format!(
                "float() argument must be a string or a real number, not '{}'",
                self.type_name(value)
            ))),
        }
    }

    /// `int(value)`
    ///
    /// # Errors
    /// ValueError for a malformed text, `int() argument must be a string, a bytes-like object or a real number, not 'X'`,
    /// errors of converting nan and infinity.
    pub fn to_int(&self, value: &Value) -> R {
        if let Value::Int(_) = value {
            return Ok(value.clone());
        }
        if let Some(n) = self.int_by(value, sym::__int__, "__int__ returned non-int")? {
            return Ok(n);
        }
        if let Some(n) = plain_int(value.base()) {
            return Ok(n);
        }
        if let Some(x) = value.as_float() {
            return self.truncate(x);
        }
        if let Some(n) = self.int_by(value, sym::__index__, "__index__ returned non-int")? {
            return Ok(n);
        }
        if value.as_str().is_some() || value.as_bytes().is_some() {
            return self.parse_int(value, 10);
        }
        if let Some(found) = self.own_special(value, Symbol::of_static("__trunc__")) {
            let truncated = self.invoke0(&found, value, Symbol::of_static("__trunc__"))?;
            if self.is_index(&truncated) {
                return self.index(&truncated);
            }
            let name = self.type_name(&truncated);
            return Err(self.type_error(format!("__trunc__ returned non-Integral (type {name})")));
        }
        Err(self.no_int(value))
    }

    #[cold]
    fn no_int(&self, value: &Value) -> Raised {
        self.type_error(format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            self.type_name(value)
        ))
    }

    /// A float without its fraction.
    ///
    /// # Errors
    /// ValueError for nan, OverflowError for infinities.
    pub fn truncate(&self, x: f64) -> R {
        const EXACT: f64 = 9.0e15;
        if x.abs() < EXACT {
            return Ok(Value::Int(x as i64));
        }
        float::to_int(x).map(Value::big).map_err(|error| self.text_error(error))
    }

    /// `int(text, base)` of a str or bytes.
    ///
    /// # Errors
    /// ValueError for a malformed text, TypeError for another type.
    pub fn parse_int(&self, text: &Value, base: u32) -> R {
        let parsed = if let Some(text) = text.as_str() {
            if let Some(n) = quick_decimal(text.as_str()).filter(|_| base == 10) {
                return Ok(Value::Int(n));
            }
            int::parse_int(text.as_str(), base, self.max_digits())
        } else if let Some(bytes) = text.as_bytes() {
            match std::str::from_utf8(bytes.as_slice()).ok().filter(|text| text.is_ascii()) {
                Some(text) => int::parse_int(text, base, self.max_digits()).map_err(|mut error| {
                    if error.message.starts_with("invalid literal") {
                        let shown = int::truncated(&crate::text::quote::repr_bytes(bytes.as_slice()));
                        error.message = format!("invalid literal for int() with base {base}: {shown}").into();
                    }
                    error
                }),
                None => {
                    let shown = int::truncated(&crate::text::quote::repr_bytes(bytes.as_slice()));
                    return Err(self.value_error(format!("invalid literal for int() with base {base}: {shown}")));
                }
            }
        } else {
            return Err(self.type_error("int() can't convert non-string with explicit base"));
        };
        parsed.map(Value::big).map_err(|error| self.text_error(error))
    }

    /// An int of any size as a `BigInt`, by `__index__`.
    ///
    /// # Errors
    /// As [`Vm::index`].
    pub fn index_big(&self, value: &Value) -> R<BigInt> {
        let index = self.index(value)?;
        Ok(index.as_bigint().unwrap_or_default())
    }
}

/// The int that a builtin value is: bools become 0 and 1.
fn plain_int(value: &Value) -> Option<Value> {
    match value {
        Value::Int(n) => Some(Value::Int(*n)),
        Value::True => Some(Value::Int(1)),
        Value::False => Some(Value::Int(0)),
        Value::BigInt(_) => Some(value.clone()),
        _ => None,
    }
}

/// The value of a few plain ASCII digits with a sign at most: nearly every text that is read as an int.
fn quick_decimal(text: &str) -> Option<i64> {
    const FITS: usize = 18;
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || digits.len() > FITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

//! Questions whose answer is a bool or a size: `bool(x)`, `len(x)`, `item in x`.

use crate::intern::sym;
use crate::object::{R, Raised, T, Value, Vm};
use num_traits::ToPrimitive;

/// The truth of the commonest builtin values, where no code of a script has a say.
#[inline]
pub fn plain_truth(value: &Value) -> Option<bool> {
    Some(match value {
        Value::True => true,
        Value::False | Value::None => false,
        Value::Int(n) => *n != 0,
        Value::List(list) => !list.is_empty(),
        Value::Str(text) => !text.is_empty(),
        Value::Tuple(items) => !items.is_empty(),
        Value::Dict(dict) => !dict.is_empty(),
        _ => return None,
    })
}

impl Vm {
    /// `bool(value)`
    ///
    /// # Errors
    /// What `__bool__` and `__len__` raise; TypeError when they give something else than a bool or a length.
    #[inline(always)]
    pub fn is_true(&self, value: &Value) -> R<bool> {
        match value {
            Value::True => Ok(true),
            Value::False | Value::None => Ok(false),
            Value::Int(n) => Ok(*n != 0),
            _ => self.is_true_slow(value),
        }
    }

    #[inline(never)]
    fn is_true_slow(&self, value: &Value) -> R<bool> {
        if let Some(answer) = plain_truth(value) {
            return Ok(answer);
        }
        if let Value::NotImplemented = value {
            self.deprecated("NotImplemented should not be used in a boolean context")?;
            return Ok(true);
        }
        if let Some(found) = self.own_special(value, sym::__bool__) {
            return match self.invoke0(&found, value, sym::__bool__)? {
                Value::True => Ok(true),
                Value::False => Ok(false),
                other => {
                    let name = self.type_name(&other);
                    Err(self.type_error(format!("__bool__ should return bool, returned {name}")))
                }
            };
        }
        if let Some(found) = self.own_special(value, sym::__len__) {
            return self.length_by(&found, value).map(|length| length != 0);
        }
        Ok(match value.base() {
            Value::False | Value::None => false,
            Value::Int(n) => *n != 0,
            Value::Float(x) => x.get() != 0.0,
            Value::Complex(c) => c.re != 0.0 || c.im != 0.0,
            Value::Range(r) => !r.is_empty(),
            other => plain_length(other).is_none_or(|length| length != 0),
        })
    }

    /// `len(value)`
    ///
    /// # Errors
    /// TypeError `object of type 'int' has no len()`, what `__len__` raises, ValueError when it is negative.
    #[inline]
    pub fn len(&self, value: &Value) -> R<usize> {
        match value {
            Value::List(list) => Ok(list.len()),
            Value::Str(s) => Ok(s.chars()),
            Value::Dict(dict) => Ok(dict.len()),
            Value::Tuple(tuple) => Ok(tuple.len()),
            _ => self.len_slow(value),
        }
    }

    #[cold]
    fn len_slow(&self, value: &Value) -> R<usize> {
        if let Some(found) = self.own_special(value, sym::__len__) {
            return self.length_by(&found, value);
        }
        match value.base() {
            Value::Range(range) => match i64::try_from(range.len()) {
                Ok(length) => Ok(length as usize),
                Err(_) => Err(self.overflow_error("Python int too large to convert to C ssize_t")),
            },
            base => match plain_length(base) {
                Some(length) => Ok(length),
                None => Err(self.no_length(value)),
            },
        }
    }

    #[cold]
    fn no_length(&self, value: &Value) -> Raised {
        self.type_error(format!("object of type '{}' has no len()", self.type_name(value)))
    }

    /// What a script's `__len__` gives, checked.
    fn length_by(&self, found: &Value, value: &Value) -> R<usize> {
        if found.is_none() {
            return Err(self.no_length(value));
        }
        let length = self.invoke0(found, value, sym::__len__)?;
        match self.index(&length)? {
            Value::Int(n) if n >= 0 => Ok(n as usize),
            Value::BigInt(n) if n.to_f64().is_some_and(|x| x > 0.0) => {
                Err(self.overflow_error("cannot fit 'int' into an index-sized integer"))
            }
            _ => Err(self.value_error("__len__() should return >= 0")),
        }
    }

    /// `item in container`
    ///
    /// # Errors
    /// TypeError `argument of type 'int' is not iterable`, what comparing and iterating raise.
    pub fn contains(&self, container: &Value, item: &Value) -> R<bool> {
        match container {
            Value::Dict(dict) => return self.dict_contains(dict, item),
            Value::Set(set) | Value::FrozenSet(set) => return self.set_contains(set, item),
            Value::Str(text) => {
                if let Value::Str(part) = item
                    && let [byte] = part.as_str().as_bytes()
                {
                    return Ok(text.as_str().as_bytes().contains(byte));
                }
            }
            _ => {}
        }
        // Values of fixed kinds have no methods of a script's.
        if container.fixed_kind() == 0
            && let Some(answer) = self.contains_by_script(container, item)?
        {
            return Ok(answer);
        }
        match container.base() {
            Value::Dict(dict) => self.dict_contains(dict, item),
            Value::Set(set) | Value::FrozenSet(set) => self.set_contains(set, item),
            Value::Str(text) => match item.as_str() {
                Some(part) => Ok(text.as_str().contains(part.as_str())),
                None => {
                    let name = self.type_name(item);
                    Err(self.type_error(format!("'in <string>' requires string as left operand, not {name}")))
                }
            },
            Value::Tuple(tuple) => {
                for other in tuple.iter() {
                    if self.eq(other, item)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Value::List(list) => {
                let mut index = 0;
                while let Some(other) = list.get(index) {
                    if self.eq(&other, item)? {
                        return Ok(true);
                    }
                    index += 1;
                }
                Ok(false)
            }
            Value::Range(range) if matches!(item, Value::Int(_) | Value::BigInt(_) | Value::True | Value::False) => {
                Ok(item.as_i128().is_some_and(|n| range.index_of(n).is_some()))
            }
            Value::Bytes(bytes) => self.bytes_contain(bytes.as_slice(), item),
            _ => self.contains_by_iteration(container, item),
        }
    }

    /// `item in container`, where the container's class says how.
    fn contains_by_script(&self, container: &Value, item: &Value) -> R<Option<bool>> {
        if let Some(found) = self.own_special(container, sym::__contains__) {
            if found.is_none() {
                let name = self.type_name(container);
                return Err(self.type_error(format!("'{name}' object is not a container")));
            }
            let value = self.invoke1(&found, container, sym::__contains__, item)?;
            return self.is_true(&value).map(Some);
        }
        if self.own_special(container, sym::__iter__).is_some() && !matches!(container.base(), Value::Dict(_)) {
            return self.contains_by_iteration(container, item).map(Some);
        }
        Ok(None)
    }

    fn bytes_contain(&self, bytes: &[u8], item: &Value) -> R<bool> {
        if let Some(part) = item.to_buffer() {
            return Ok(part.is_empty() || bytes.windows(part.len()).any(|window| window == part));
        }
        if !self.is_index(item) {
            return Err(self.not_bytes_like(item));
        }
        let Some(item) = self.catch(self.index(item), T::TypeError)? else {
            return Err(self.not_bytes_like(item));
        };
        match item.as_i64().and_then(|n| u8::try_from(n).ok()) {
            Some(byte) => Ok(bytes.contains(&byte)),
            None => Err(self.value_error("byte must be in range(0, 256)")),
        }
    }

    fn contains_by_iteration(&self, container: &Value, item: &Value) -> R<bool> {
        let Some(iterator) = self.catch(self.iter(container), T::TypeError)? else {
            let name = self.type_name(container);
            return Err(self.type_error(format!("argument of type '{name}' is not iterable")));
        };
        let mut found = false;
        self.for_each(&iterator, |other| {
            found = self.eq(&other, item)?;
            Ok(!found)
        })?;
        Ok(found)
    }
}

/// The length of a builtin container.
fn plain_length(value: &Value) -> Option<usize> {
    Some(match value {
        Value::Str(s) => s.chars(),
        Value::Bytes(b) => b.as_slice().len(),
        Value::Tuple(t) => t.len(),
        Value::List(l) => l.len(),
        Value::Dict(d) => d.len(),
        Value::Set(s) | Value::FrozenSet(s) => s.len(),
        _ => return None,
    })
}

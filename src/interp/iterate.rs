//! Iteration: `iter(x)`, `next(it)`, and walking a whole iterable. How builtin iterators advance is in `advance.rs`.

use crate::intern::sym;
use crate::object::iter::{DictPart, NextFn};
use crate::object::{Iter, Iteration, MachineKind, R, Raised, Range, Str, T, Value, Vm};

thread_local! {
    /// The strs of single ASCII characters, made once.
    static ASCII: [Value; 128] = std::array::from_fn(|code| Value::str((code as u8 as char).encode_utf8(&mut [0; 4])));
}

/// The str of one character.
#[inline]
pub fn char_value(c: char) -> Value {
    if c.is_ascii() {
        ASCII.with(|table| table[c as usize].clone())
    } else {
        Value::Str(Str::with_chars(c.to_string(), 1))
    }
}

impl Vm {
    /// `iter(value)`
    ///
    /// # Errors
    /// TypeError `'int' object is not iterable`, `iter() returned non-iterator of type 'X'`, what `__iter__` raises.
    #[inline]
    pub fn iter(&self, value: &Value) -> R {
        match value {
            Value::List(list) => Ok(Iter::new(Iteration::List { list: list.clone(), at: 0 })),
            Value::Range(range) => Ok(self.iter_range(range)),
            Value::Iter(_) => Ok(value.clone()),
            _ => self.iter_slow(value),
        }
    }

    #[inline]
    pub fn iter_range(&self, range: &Range) -> Value {
        Iter::new(range_items(range))
    }

    #[inline(never)]
    fn iter_slow(&self, value: &Value) -> R {
        if let Some(found) = self.own_special(value, sym::__iter__) {
            if found.is_none() {
                return Err(self.not_iterable(value));
            }
            let iterator = self.invoke0(&found, value, sym::__iter__)?;
            if !self.is_iterator(&iterator) {
                let name = self.type_name(&iterator);
                return Err(self.type_error(format!("iter() returned non-iterator of type '{name}'")));
            }
            return Ok(iterator);
        }
        let inside = value.base();
        if matches!(inside, Value::Iter(_)) {
            // An object of a subclass of `map` and its like is its own iterator.
            return Ok(value.clone());
        }
        if let Some(iterator) = plain_iter(inside) {
            return Ok(iterator);
        }
        if self.is_subscribed_by_position(value) {
            return Ok(Iter::new(Iteration::Sequence { object: value.clone(), at: 0 }));
        }
        Err(self.not_iterable(value))
    }

    #[cold]
    fn not_iterable(&self, value: &Value) -> Raised {
        self.type_error(format!("'{}' object is not iterable", self.type_name(value)))
    }

    /// Whether `iter(value)` would find a way.
    pub fn is_iterable(&self, value: &Value) -> bool {
        match self.own_special(value, sym::__iter__) {
            Some(found) => !found.is_none(),
            None => plain_iter(value.base()).is_some() || self.is_subscribed_by_position(value),
        }
    }

    /// Whether `__getitem__` alone makes the value iterable: not for builtin types whose subscripts are no positions.
    fn is_subscribed_by_position(&self, value: &Value) -> bool {
        if let Value::Native(native) = value
            && native.class().builtin == Some(T::UnionType)
        {
            return false;
        }
        self.own_special(value, sym::__getitem__).is_some_and(|found| !found.is_none())
    }

    /// Whether the value has `__next__`.
    pub fn is_iterator(&self, value: &Value) -> bool {
        match value {
            Value::Iter(_) => true,
            Value::Machine(machine) => machine.kind == MachineKind::Generator,
            _ => match self.own_special(value, sym::__next__) {
                Some(found) => !found.is_none(),
                None => matches!(value.base(), Value::Iter(_)),
            },
        }
    }

    /// `next(iterator)`, `None` at the end.
    ///
    /// # Errors
    /// What the iterator raises; TypeError `'int' object is not an iterator`.
    #[inline]
    pub fn next(&self, iterator: &Value) -> R<Option<Value>> {
        match iterator {
            Value::Iter(iter) => self.advance(iter),
            Value::Machine(machine) if machine.kind == MachineKind::Generator => self.next_of_generator(machine),
            _ => self.next_slow(iterator),
        }
    }

    #[inline(never)]
    fn next_slow(&self, iterator: &Value) -> R<Option<Value>> {
        match self.own_special(iterator, sym::__next__) {
            Some(found) if !found.is_none() => {
                self.catch(self.invoke0(&found, iterator, sym::__next__), T::StopIteration)
            }
            None if let Value::Iter(inside) = iterator.base() => self.advance(inside),
            _ => Err(self.type_error(format!("'{}' object is not an iterator", self.type_name(iterator)))),
        }
    }

    /// All items in a new vector.
    ///
    /// # Errors
    /// As [`Vm::iter`] and [`Vm::next`].
    pub fn collect(&self, value: &Value) -> R<Vec<Value>> {
        match value {
            Value::List(list) => return Ok(list.snapshot()),
            Value::Tuple(tuple) => return Ok(tuple.to_vec()),
            Value::Dict(dict) => return Ok(dict.keys()),
            Value::Set(set) | Value::FrozenSet(set) => return Ok(set.keys()),
            _ => {}
        }
        // An object of a script is asked for its iterator before it is asked for its length.
        let iterator = if let Value::Instance(_) = value { Some(self.iter(value)?) } else { None };
        // A length that a script made up must not be trusted with memory.
        const TRUSTED: usize = 1 << 16;
        let mut items = Vec::with_capacity(self.length_hint(value)?.min(TRUSTED));
        let keep = |item| {
            if items.len() == items.capacity() && items.try_reserve(items.len().max(8)).is_err() {
                return Err(self.memory_error());
            }
            items.push(item);
            Ok(true)
        };
        match &iterator {
            Some(iterator) => self.for_rest(iterator, keep)?,
            None => self.for_each(value, keep)?,
        }
        Ok(items)
    }

    /// Calls `each` with what an iterator has left, until it gives false.
    ///
    /// # Errors
    /// As [`Vm::next`], and what `each` raises.
    pub fn for_rest(&self, iterator: &Value, mut each: impl FnMut(Value) -> R<bool>) -> R<()> {
        while let Some(item) = self.next(iterator)? {
            if !each(item)? {
                break;
            }
        }
        Ok(())
    }

    /// Calls `each` with every item until it gives false.
    ///
    /// # Errors
    /// As [`Vm::iter`] and [`Vm::next`], and what `each` raises.
    pub fn for_each(&self, value: &Value, mut each: impl FnMut(Value) -> R<bool>) -> R<()> {
        match value {
            Value::List(list) => {
                let mut index = 0;
                while let Some(item) = list.get(index) {
                    if !each(item)? {
                        break;
                    }
                    index += 1;
                }
            }
            Value::Tuple(tuple) => {
                for item in tuple.iter() {
                    if !each(item.clone())? {
                        break;
                    }
                }
            }
            _ => {
                let iterator = self.iter(value)?;
                self.for_rest(&iterator, each)?;
            }
        }
        Ok(())
    }

    /// About how many items there are; 0 when nothing is known.
    ///
    /// # Errors
    /// As [`Vm::known_length`].
    pub fn length_hint(&self, value: &Value) -> R<usize> {
        Ok(self.known_length(value)?.unwrap_or(0))
    }

    /// `operator.length_hint(value, None)`: about how many items there are, when anything is known.
    ///
    /// # Errors
    /// What `__len__` and `__length_hint__` raise, except TypeError.
    pub fn known_length(&self, value: &Value) -> R<Option<usize>> {
        match value {
            Value::Iter(iter) => return self.hint_of_iterator(iter),
            Value::Machine(_) => return Ok(None),
            _ => {}
        }
        if let Some(length) = self.catch(self.len(value), T::TypeError)? {
            return Ok(Some(length));
        }
        let Some(found) = self.own_special(value, sym::__length_hint__) else { return Ok(None) };
        let hint = self.catch(self.invoke0(&found, value, sym::__length_hint__), T::TypeError)?;
        let hint = match hint {
            None | Some(Value::NotImplemented) => return Ok(None),
            Some(hint) => hint,
        };
        if !hint.is_int() {
            let name = self.type_name(&hint);
            return Err(self.type_error(format!("__length_hint__ must be an integer, not {name}")));
        }
        let Value::Int(hint) = self.index(&hint)? else {
            return Err(self.overflow_error("Python int too large to convert to C ssize_t"));
        };
        usize::try_from(hint).map(Some).map_err(|_| self.value_error("__length_hint__() should return >= 0"))
    }

    /// What is left of a builtin iterator; one that subscribes an object asks for that one's length.
    fn hint_of_iterator(&self, iter: &Iter) -> R<Option<usize>> {
        let sequence = match &*iter.state.borrow() {
            Iteration::Sequence { object, at } => Some((object.clone(), *at)),
            _ => None,
        };
        let Some((object, at)) = sequence else { return Ok(super::advance::hint(iter)) };
        if self.special(&object, sym::__len__).is_none() {
            return Ok(None);
        }
        let length = self.len(&object)? as i64;
        Ok(Some(usize::try_from(length - at).unwrap_or(0)))
    }
}

fn range_items(range: &Range) -> Iteration {
    match range.narrow() {
        Some((next, step, left)) => Iteration::Range { next, step, left },
        None => Iteration::Custom(Box::new(LongRange { next: range.start, step: range.step, left: range.len() })),
    }
}

/// The items of a range beyond 64 bits.
struct LongRange {
    next: i128,
    step: i128,
    left: u128,
}

impl NextFn for LongRange {
    fn next(&mut self, _vm: &Vm) -> R<Option<Value>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        let item = Value::wide(self.next);
        (self.next, self.left) = (self.next + self.step, left);
        Ok(Some(item))
    }

    fn class(&self) -> T {
        T::LongRangeIterator
    }

    fn length_hint(&self) -> Option<usize> {
        Some(usize::try_from(self.left).unwrap_or(usize::MAX))
    }
}

/// The iterator of a builtin value.
fn plain_iter(value: &Value) -> Option<Value> {
    Some(Iter::new(match value {
        Value::List(list) => Iteration::List { list: list.clone(), at: 0 },
        Value::Tuple(tuple) => Iteration::Tuple { tuple: tuple.clone(), at: 0 },
        Value::Str(str) => Iteration::Str { str: str.clone(), byte: 0 },
        Value::Bytes(bytes) => Iteration::Bytes { bytes: bytes.clone(), at: 0 },
        Value::Dict(dict) => {
            Iteration::Dict { dict: dict.clone(), at: 0, len: dict.len(), left: dict.len(), part: DictPart::Keys }
        }
        Value::Set(set) | Value::FrozenSet(set) => {
            Iteration::Set { set: set.clone(), at: 0, len: set.len(), left: set.len() }
        }
        Value::Range(range) => range_items(range),
        Value::Iter(_) => return Some(value.clone()),
        Value::Machine(machine) if machine.kind == MachineKind::Generator => return Some(value.clone()),
        _ => return None,
    }))
}

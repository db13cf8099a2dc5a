//! `+` and `*` of str, bytes, list and tuple, and what they do in place. Sizes that no memory holds raise here, before
//! anything is allocated.

use crate::code::BinaryOp;
use crate::intern::sym;
use crate::object::{List, R, Raised, Ref, Str, T, Value, Vm};

/// Results of more bytes than this raise MemoryError.
pub const MAX_BYTES: usize = 1 << 32;
const MAX_ITEMS: usize = MAX_BYTES / size_of::<Value>();

impl Vm {
    /// `+` with a sequence on the left, `*` with one on either side; `None` stands for NotImplemented.
    pub fn plain_sequence(&self, op: BinaryOp, a: &Value, b: &Value) -> R<Option<Value>> {
        // A script's own `+` or `*` stands in place of the builtin type's, also when it gave NotImplemented.
        let replaced =
            |value: &Value, name| matches!(value, Value::Instance(_)) && self.overrides(value, name).is_some();
        let repeats = |value: &Value, name| is_sequence(value.base()) && !replaced(value, name);
        match op {
            BinaryOp::Add if replaced(a, sym::__add__) => Ok(None),
            BinaryOp::Add => self.concat(a, b),
            BinaryOp::Mul => {
                if repeats(a, sym::__mul__) {
                    self.repeat(a.base(), b).map(Some)
                } else if repeats(b, sym::__rmul__) {
                    self.repeat(b.base(), a).map(Some)
                } else {
                    Ok(None)
                }
            }
            _ => Ok(None),
        }
    }

    /// `sequence.__add__(other)` of a builtin sequence.
    ///
    /// # Errors
    /// TypeError for other kinds, MemoryError.
    pub fn concatenated(&self, sequence: &Value, other: &Value) -> R {
        Ok(self.concat(sequence, other)?.unwrap_or(Value::NotImplemented))
    }

    /// What is raised for a value without bytes to look at.
    #[cold]
    pub fn not_bytes_like(&self, value: &Value) -> Raised {
        if self.is_a(value, T::MemoryView) {
            return match self.len(value) {
                Ok(_) => self.error(T::BufferError, "memoryview: underlying buffer is not C-contiguous"),
                Err(released) => released,
            };
        }
        self.type_error(format!("a bytes-like object is required, not '{}'", self.type_name(value)))
    }

    fn concat(&self, a: &Value, b: &Value) -> R<Option<Value>> {
        let items = match (a.base(), b.base()) {
            (Value::Str(x), Value::Str(y)) => return self.concat_str(x, y).map(|s| Some(Value::Str(s))),
            (Value::Bytes(x), Value::Bytes(y)) => {
                return Ok(Some(Value::bytes([x.as_slice(), y.as_slice()].concat())));
            }
            (Value::List(x), Value::List(y)) => return self.append_list(x.clone(), y).map(|l| Some(Value::List(l))),
            (Value::Tuple(x), Value::Tuple(y)) => {
                if x.is_empty() && matches!(b, Value::Tuple(_)) {
                    return Ok(Some(b.clone()));
                }
                if y.is_empty() && matches!(a, Value::Tuple(_)) {
                    return Ok(Some(a.clone()));
                }
                let mut items = self.room(x.len() + y.len())?;
                items.extend_from_slice(x);
                items.extend_from_slice(y);
                items
            }
            (Value::Bytes(x), _) => {
                return match b.to_buffer() {
                    Some(tail) => Ok(Some(Value::bytes([x.as_slice(), &tail].concat()))),
                    None => Err(self.cannot_concat(a, b)),
                };
            }
            (Value::Str(_) | Value::List(_) | Value::Tuple(_), _) => return Err(self.cannot_concat(a, b)),
            _ => return Ok(None),
        };
        Ok(Some(Value::tuple(items)))
    }

    #[cold]
    fn cannot_concat(&self, a: &Value, b: &Value) -> Raised {
        let (mine, other) = (self.type_name(a.base()), self.type_name(b));
        let own = self.type_name(a);
        self.type_error(match a.base() {
            Value::Bytes(_) => format!("can't concat {other} to {own}"),
            _ => format!("can only concatenate {mine} (not \"{other}\") to {mine}"),
        })
    }

    /// Room for so many items.
    ///
    /// # Errors
    /// MemoryError.
    pub fn room(&self, count: usize) -> R<Vec<Value>> {
        let mut items = Vec::new();
        if count > MAX_ITEMS || items.try_reserve_exact(count).is_err() {
            return Err(self.memory_error());
        }
        Ok(items)
    }

    /// An empty text with room for so many bytes.
    ///
    /// # Errors
    /// MemoryError.
    pub fn text_room(&self, bytes: usize) -> R<String> {
        let mut text = String::new();
        if bytes > MAX_BYTES || text.try_reserve_exact(bytes).is_err() {
            return Err(self.memory_error());
        }
        Ok(text)
    }

    /// Room for so many bytes.
    ///
    /// # Errors
    /// MemoryError.
    pub fn byte_room(&self, bytes: usize) -> R<Vec<u8>> {
        self.text_room(bytes).map(String::into_bytes)
    }

    /// `count` copies of the bytes, one after another.
    ///
    /// # Errors
    /// MemoryError.
    pub fn repeat_bytes(&self, bytes: &[u8], count: usize) -> R<Vec<u8>> {
        let total = bytes.len().saturating_mul(count);
        let mut out = self.byte_room(total)?;
        if total > 0 {
            out.extend_from_slice(bytes);
        }
        while out.len() < total {
            out.extend_from_within(..out.len().min(total - out.len()));
        }
        Ok(out)
    }

    /// `a + b` of strs.
    ///
    /// # Errors
    /// MemoryError.
    pub fn concat_str(&self, a: &Ref<Str>, b: &Ref<Str>) -> R<Ref<Str>> {
        if a.is_empty() {
            return Ok(b.clone());
        }
        if b.is_empty() {
            return Ok(a.clone());
        }
        let total = a.len() + b.len();
        let mut text = self.text_room(total)?;
        text.push_str(a.as_str());
        text.push_str(b.as_str());
        Ok(Str::from_string(text))
    }

    /// `head += tail`, in the buffer of `head` when nobody else holds it.
    ///
    /// # Errors
    /// MemoryError.
    pub fn append_str(&self, mut head: Ref<Str>, tail: &Ref<Str>) -> R<Ref<Str>> {
        if self.grow_str(&mut head, tail)? { Ok(head) } else { self.concat_str(&head, tail) }
    }

    fn grow_str(&self, head: &mut Ref<Str>, tail: &Ref<Str>) -> R<bool> {
        if head.len() + tail.len() > MAX_BYTES {
            return Err(self.memory_error());
        }
        match Ref::get_mut(head).map(|own| own.try_push_str(tail)) {
            Some(false) => Err(self.memory_error()),
            grown => Ok(grown.is_some()),
        }
    }

    /// `head += tail` in the buffer of `head`, for strs and for bytes that nobody else holds. False where it is not so.
    ///
    /// # Errors
    /// MemoryError; nothing is changed then.
    pub fn grow(&self, head: &mut Value, tail: &Value) -> R<bool> {
        match (head, tail) {
            (Value::Str(head), Value::Str(tail)) => self.grow_str(head, tail),
            (Value::Bytes(head), Value::Bytes(tail)) => {
                match Ref::get_mut(head).map(|own| own.try_push(tail.as_slice())) {
                    Some(false) => Err(self.memory_error()),
                    grown => Ok(grown.is_some()),
                }
            }
            _ => Ok(false),
        }
    }

    /// `head + tail` of lists: in the buffer of `head` when it was only made to be added to.
    ///
    /// # Errors
    /// MemoryError.
    pub fn append_list(&self, head: Ref<List>, tail: &Ref<List>) -> R<Ref<List>> {
        if Ref::count(&head) == 1 && !Ref::same(&head, tail) {
            let (mut items, tail) = (head.borrow_mut(), tail.borrow());
            if items.len() + tail.len() > MAX_ITEMS || items.try_reserve(tail.len()).is_err() {
                return Err(self.memory_error());
            }
            items.extend_from_slice(&tail);
            drop(items);
            return Ok(head);
        }
        let (head, tail) = (head.borrow(), tail.borrow());
        let mut items = self.room(head.len() + tail.len())?;
        items.extend_from_slice(&head);
        items.extend_from_slice(&tail);
        Ok(List::new(items))
    }

    /// How often to repeat: negative counts are 0.
    fn repeat_count(&self, count: &Value) -> R<usize> {
        if !count.is_int() && self.own_special(count, crate::intern::sym::__index__).is_none() {
            let name = self.type_name(count);
            return Err(self.type_error(format!("can't multiply sequence by non-int of type '{name}'")));
        }
        Ok(usize::try_from(self.index_i64(count)?).unwrap_or(0))
    }

    /// `sequence * count` of a builtin sequence.
    ///
    /// # Errors
    /// TypeError, OverflowError, MemoryError.
    pub fn repeat(&self, sequence: &Value, count: &Value) -> R {
        let count = self.repeat_count(count)?;
        match sequence {
            Value::Str(s) => {
                if count == 1 {
                    return Ok(sequence.clone());
                }
                // CPython counts characters.
                self.repeated_length(s.chars(), count, "repeated string is too long")?;
                let total = s.len().checked_mul(count).ok_or_else(|| self.memory_error())?;
                let mut text = self.text_room(total)?;
                if total > 0 {
                    text.push_str(s.as_str());
                }
                while text.len() < total {
                    text.extend_from_within(..text.len().min(total - text.len()));
                }
                Ok(Value::string(text))
            }
            Value::Bytes(b) => {
                self.repeated_length(b.as_slice().len(), count, "repeated bytes are too long")?;
                Ok(Value::bytes(self.repeat_bytes(b.as_slice(), count)?))
            }
            Value::List(list) => Ok(Value::list(self.repeat_items(&list.snapshot(), count)?)),
            Value::Tuple(items) if count == 1 || items.is_empty() => Ok(Value::Tuple(items.clone())),
            Value::Tuple(items) => Ok(Value::tuple(self.repeat_items(items, count)?)),
            other => Err(self.unsupported_operands("*", other, &Value::size(count))),
        }
    }

    fn repeated_length(&self, length: usize, count: usize, too_long: &str) -> R<usize> {
        match length.checked_mul(count) {
            Some(total) if total <= MAX_BYTES => Ok(total),
            Some(total) if total <= isize::MAX as usize => Err(self.memory_error()),
            _ => Err(self.overflow_error(too_long)),
        }
    }

    fn repeat_items(&self, items: &[Value], count: usize) -> R<Vec<Value>> {
        let total = items.len().checked_mul(count).filter(|&total| total <= MAX_ITEMS);
        let Some(total) = total else { return Err(self.memory_error()) };
        let mut repeated = self.room(total)?;
        if let [item] = items {
            repeated.resize(count, item.clone());
        } else if !items.is_empty() {
            (0..count).for_each(|_| repeated.extend_from_slice(items));
        }
        Ok(repeated)
    }

    /// What lists, sets and dicts do in place; false when the operator makes a new object instead.
    pub(super) fn change_in_place(&self, op: BinaryOp, a: &Value, b: &Value) -> R<bool> {
        match (a.base(), op) {
            (Value::List(list), BinaryOp::Add) => self.list_extend(list, b).map(|()| true),
            (Value::List(list), BinaryOp::Mul) => {
                let count = self.repeat_count(b)?;
                let repeated = self.repeat_items(&list.snapshot(), count)?;
                drop(list.replace(repeated));
                Ok(true)
            }
            (Value::Set(set), _) => self.change_set(op, set, b),
            (Value::Dict(dict), BinaryOp::Or) => self.dict_update(dict, b).map(|()| true),
            _ => Ok(false),
        }
    }

    /// `list.extend(items)`
    ///
    /// # Errors
    /// TypeError when it is not iterable, what iterating raises (items before that stay), MemoryError.
    pub fn list_extend(&self, list: &Ref<List>, items: &Value) -> R<()> {
        let append = |more: &[Value]| {
            let fits = list.len() + more.len() <= MAX_ITEMS;
            if fits && list.try_extend(more).is_ok() { Ok(()) } else { Err(self.memory_error()) }
        };
        match items {
            Value::List(other) if Ref::same(other, list) => append(&other.snapshot()),
            Value::List(other) => append(&other.borrow()),
            Value::Tuple(other) => append(other),
            _ => {
                // As `list` does: the iterator first, then the length.
                let iterator = match items {
                    Value::Instance(_) => {
                        let iterator = self.iter(items)?;
                        self.length_hint(items)?;
                        Some(iterator)
                    }
                    _ => None,
                };
                let append_one = |item| {
                    if list.len() == MAX_ITEMS {
                        return Err(self.memory_error());
                    }
                    list.push(item);
                    Ok(true)
                };
                match &iterator {
                    Some(iterator) => self.for_rest(iterator, append_one),
                    None => self.for_each(items, append_one),
                }
            }
        }
    }
}

pub(super) fn is_sequence(value: &Value) -> bool {
    matches!(value, Value::Str(_) | Value::Bytes(_) | Value::List(_) | Value::Tuple(_))
}

//! `repr(x)`, `str(x)` and `ascii(x)`. Builtin values are written straight into one buffer; a container that holds itself is
//! written as `[...]`. What functions, classes and other objects without literals look like is in `object_text.rs`, the
//! texts of exceptions in `exception_text.rs`.

use std::cell::RefCell;
use std::fmt::Write;

use crate::intern::sym;
use crate::object::{Iter, Iteration, R, Ref, Set, Str, Value, Vm};
use crate::text::{float, int, quote};

thread_local! {
    /// The containers being written on this thread, by address.
    static ACTIVE: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// While it lives, its container is being written.
pub struct ReprGuard(());

impl ReprGuard {
    /// Begins to write a container; `None` when it is being written already.
    pub fn enter(id: usize) -> Option<ReprGuard> {
        ACTIVE.with(|active| {
            let mut active = active.borrow_mut();
            if active.contains(&id) {
                return None;
            }
            active.push(id);
            Some(ReprGuard(()))
        })
    }
}

impl Drop for ReprGuard {
    fn drop(&mut self) {
        ACTIVE.with(|active| active.borrow_mut().pop());
    }
}

impl Vm {
    /// `repr(value)`
    ///
    /// # Errors
    /// What `__repr__` raises, TypeError when it gives no str, RecursionError, ValueError for an int with too many digits.
    pub fn repr(&self, value: &Value) -> R<Ref<Str>> {
        let mut out = String::new();
        self.write_repr(value, &mut out)?;
        Ok(Str::from_string(out))
    }

    /// `str(value)`
    ///
    /// # Errors
    /// As [`Vm::repr`].
    #[inline]
    pub fn str(&self, value: &Value) -> R<Ref<Str>> {
        match value {
            Value::Str(s) => Ok(s.clone()),
            Value::Int(n) => Ok(Str::new(itoa::Buffer::new().format(*n))),
            _ => {
                let mut out = String::new();
                self.write_str(value, &mut out)?;
                Ok(Str::from_string(out))
            }
        }
    }

    /// `ascii(value)`
    ///
    /// # Errors
    /// As [`Vm::repr`].
    pub fn ascii(&self, value: &Value) -> R<Ref<Str>> {
        let text = self.repr(value)?;
        Ok(if text.is_ascii() { text } else { Str::from_string(quote::ascii_of_repr(text.as_str())) })
    }

    /// Appends `str(value)`.
    ///
    /// # Errors
    /// As [`Vm::repr`].
    pub fn write_str(&self, value: &Value, out: &mut String) -> R<()> {
        match value {
            Value::Str(s) => out.push_str(s.as_str()),
            Value::Instance(_) | Value::Native(_) | Value::Exception(_) | Value::Class(_) => {
                if let Some(found) = self.own_special(value, sym::__str__) {
                    let _nested = self.nest(" while getting the str of an object")?;
                    let text = self.invoke0(&found, value, sym::__str__)?;
                    return self.push_text(&text, "__str__", out);
                }
                match (value, value.base()) {
                    (Value::Exception(exception), _) => return self.write_exception_str(exception, out),
                    (_, Value::Str(s)) => out.push_str(s.as_str()),
                    // `object.__str__` gives what `__repr__` gives; that it must be a str is checked as for `__str__`.
                    _ => match self.own_special(value, sym::__repr__) {
                        Some(found) => {
                            let _nested = self.nest(" while getting the str of an object")?;
                            let text = self.invoke0(&found, value, sym::__repr__)?;
                            return self.push_text(&text, "__str__", out);
                        }
                        None => return self.write_repr(value, out),
                    },
                }
            }
            _ => return self.write_repr(value, out),
        }
        Ok(())
    }

    /// Appends what a dunder gave, which must be a str.
    fn push_text(&self, text: &Value, dunder: &str, out: &mut String) -> R<()> {
        match text.as_str() {
            Some(text) => {
                out.push_str(text.as_str());
                Ok(())
            }
            None => {
                let name = self.type_name(text);
                Err(self.type_error(format!("{dunder} returned non-string (type {name})")))
            }
        }
    }

    /// Appends `repr(value)`.
    ///
    /// # Errors
    /// As [`Vm::repr`].
    pub fn write_repr(&self, value: &Value, out: &mut String) -> R<()> {
        match value {
            Value::Str(s) => out.push_str(&quote::repr_str(s.as_str())),
            Value::Int(n) => out.push_str(itoa::Buffer::new().format(*n)),
            Value::Float(x) => out.push_str(&float::repr(x.get())),
            Value::None | Value::Missing => out.push_str("None"),
            Value::True => out.push_str("True"),
            Value::False => out.push_str("False"),
            Value::Ellipsis => out.push_str("Ellipsis"),
            Value::NotImplemented => out.push_str("NotImplemented"),
            Value::BigInt(n) => match int::to_decimal(&**n, self.max_digits()) {
                Ok(text) => out.push_str(&text),
                Err(error) => return Err(self.text_error(error)),
            },
            Value::Complex(c) => out.push_str(&float::repr_complex(c.re, c.im)),
            Value::Bytes(b) => out.push_str(&quote::repr_bytes(b.as_slice())),
            Value::Range(r) if r.step == 1 => push(out, format_args!("range({}, {})", r.start, r.stop)),
            Value::Range(r) => push(out, format_args!("range({}, {}, {})", r.start, r.stop, r.step)),
            Value::List(_)
            | Value::Tuple(_)
            | Value::Dict(_)
            | Value::Set(_)
            | Value::FrozenSet(_)
            | Value::Slice(_) => {
                let _nested = self.nest(" while getting the repr of an object")?;
                return self.write_container(value, out);
            }
            Value::Instance(_) | Value::Native(_) | Value::Exception(_) | Value::Class(_) => {
                return self.write_object_repr(value, out);
            }
            Value::Iter(iter) => return self.write_iterator(iter, value, out),
            _ => return self.write_plain_object(value, out),
        }
        Ok(())
    }

    /// `repeat('x', 3)`: some builtin iterators show how they were made.
    fn write_iterator(&self, iter: &Iter, value: &Value, out: &mut String) -> R<()> {
        let shown = match &*iter.state.borrow() {
            Iteration::Custom(custom) => custom.shown(),
            _ => None,
        };
        let Some(shown) = shown else { return self.write_plain_object(value, out) };
        let _nested = self.nest(" while getting the repr of an object")?;
        out.push_str(iter.class().name());
        for (at, argument) in shown.iter().enumerate() {
            out.push_str(if at == 0 { "(" } else { ", " });
            self.write_repr(argument, out)?;
        }
        out.push(')');
        Ok(())
    }

    /// Objects whose class may be a script's.
    fn write_object_repr(&self, value: &Value, out: &mut String) -> R<()> {
        if let Some(found) = self.own_special(value, sym::__repr__) {
            let _nested = self.nest(" while getting the repr of an object")?;
            let text = self.invoke0(&found, value, sym::__repr__)?;
            return self.push_text(&text, "__repr__", out);
        }
        match value {
            Value::Exception(exception) => self.write_exception_repr(exception, out),
            Value::Instance(instance) => match instance.payload() {
                Some(Value::Set(set)) => self.write_set(set, Some(self.type_name(value)), out),
                Some(Value::FrozenSet(set)) => self.write_set(set, Some(self.type_name(value)), out),
                Some(payload) => self.write_repr(payload, out),
                None => self.write_plain_object(value, out),
            },
            _ => self.write_plain_object(value, out),
        }
    }

    fn write_container(&self, value: &Value, out: &mut String) -> R<()> {
        let guard = ReprGuard::enter(value.id());
        match value {
            Value::List(_) if guard.is_none() => out.push_str("[...]"),
            Value::Tuple(_) if guard.is_none() => out.push_str("(...)"),
            Value::Dict(_) if guard.is_none() => out.push_str("{...}"),
            Value::List(list) => {
                out.push('[');
                let mut index = 0;
                while let Some(item) = list.get(index) {
                    self.write_next(&item, index > 0, out)?;
                    index += 1;
                }
                out.push(']');
            }
            Value::Tuple(tuple) => {
                out.push('(');
                for (index, item) in tuple.iter().enumerate() {
                    self.write_next(item, index > 0, out)?;
                }
                out.push_str(if tuple.len() == 1 { ",)" } else { ")" });
            }
            Value::Dict(dict) => {
                out.push('{');
                let (mut position, mut first) = (0, true);
                while let Some((key, item)) = dict.next_entry(&mut position) {
                    self.write_next(&key, !first, out)?;
                    out.push_str(": ");
                    self.write_repr(&item, out)?;
                    first = false;
                }
                out.push('}');
            }
            Value::Set(set) => {
                drop(guard);
                return self.write_set(set, None, out);
            }
            Value::FrozenSet(set) => {
                drop(guard);
                return self.write_set(set, Some("frozenset"), out);
            }
            Value::Slice(slice) => {
                out.push_str("slice(");
                self.write_next(&slice.start, false, out)?;
                self.write_next(&slice.stop, true, out)?;
                self.write_next(&slice.step, true, out)?;
                out.push(')');
            }
            _ => {}
        }
        Ok(())
    }

    fn write_next(&self, item: &Value, comma: bool, out: &mut String) -> R<()> {
        if comma {
            out.push_str(", ");
        }
        self.write_repr(item, out)
    }

    /// `{1, 2}`, or with a type's name `frozenset({1, 2})`; an empty set shows its type's name always.
    pub fn write_set(&self, set: &Ref<Set>, name: Option<&str>, out: &mut String) -> R<()> {
        let Some(_guard) = ReprGuard::enter(Ref::address(set)) else {
            push(out, format_args!("{}(...)", name.unwrap_or("set")));
            return Ok(());
        };
        let keys = set.keys();
        if keys.is_empty() {
            push(out, format_args!("{}()", name.unwrap_or("set")));
            return Ok(());
        }
        if let Some(name) = name {
            push(out, format_args!("{name}("));
        }
        out.push('{');
        for (index, key) in keys.iter().enumerate() {
            self.write_next(key, index > 0, out)?;
        }
        out.push_str(if name.is_some() { "})" } else { "}" });
        Ok(())
    }
}

/// Appends formatted text.
pub(super) fn push(out: &mut String, text: std::fmt::Arguments) {
    out.write_fmt(text).expect("a String takes any text");
}

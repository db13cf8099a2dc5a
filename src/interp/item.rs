//! Subscription: `o[i]`, `o[i] = x`, `del o[i]` over builtin containers, scripts' dunders and classes. What slices do is in
//! `slice.rs`.

use crate::intern::sym;
use crate::object::{Class, Dict, List, R, Raised, Ref, Value, Vm};

use super::iterate::char_value;

impl Vm {
    /// `object[index]`
    ///
    /// # Errors
    /// IndexError, KeyError, TypeError `'int' object is not subscriptable`, what `__getitem__` raises.
    #[inline]
    pub fn get_item(&self, object: &Value, index: &Value) -> R {
        match (object, index) {
            (Value::List(list), Value::Int(n)) => {
                let at = if *n < 0 { n.wrapping_add(list.len() as i64) } else { *n };
                if let Some(item) = list.get(at as usize) {
                    return Ok(item);
                }
            }
            (Value::Tuple(tuple), Value::Int(n)) => {
                let at = if *n < 0 { n.wrapping_add(tuple.len() as i64) } else { *n };
                if let Some(item) = tuple.get(at as usize) {
                    return Ok(item.clone());
                }
            }
            (Value::Str(text), Value::Int(n)) if text.is_ascii() => {
                let at = if *n < 0 { n.wrapping_add(text.len() as i64) } else { *n };
                if let Some(&byte) = text.as_str().as_bytes().get(at as usize) {
                    return Ok(char_value(byte as char));
                }
            }
            (Value::Dict(dict), _) => {
                return match self.dict_get(dict, index)? {
                    Some(value) => Ok(value),
                    None => Err(self.key_error(index)),
                };
            }
            _ => {}
        }
        self.get_item_slow(object, index)
    }

    #[inline(never)]
    fn get_item_slow(&self, object: &Value, index: &Value) -> R {
        if let Some(found) = self.own_special(object, sym::__getitem__) {
            return self.invoke1(&found, object, sym::__getitem__, index);
        }
        if let Value::Class(class) = object {
            return self.subscribe_class(object, class, index);
        }
        self.plain_get_item(object, index)
    }

    /// What builtin containers (also inside instances of subclasses) give: the rows `__getitem__` of their types.
    pub fn plain_get_item(&self, object: &Value, index: &Value) -> R {
        if let Value::Slice(slice) = index
            && let Some(part) = self.get_slice(object.base(), slice)?
        {
            return Ok(part);
        }
        match object.base() {
            Value::Dict(dict) => self.dict_item(object, dict, index),
            Value::List(list) => {
                let at = self.position(index, "list indices must be integers or slices, not ", list.len())?;
                at.and_then(|at| list.get(at)).ok_or_else(|| self.index_error("list index out of range"))
            }
            Value::Tuple(tuple) => {
                let at = self.position(index, "tuple indices must be integers or slices, not ", tuple.len())?;
                let item = at.and_then(|at| tuple.get(at).cloned());
                item.ok_or_else(|| self.index_error("tuple index out of range"))
            }
            Value::Str(text) => {
                if !self.is_index(index) {
                    let name = self.type_name(index);
                    return Err(self.type_error(format!("string indices must be integers, not '{name}'")));
                }
                let at = self.position(index, "", text.chars())?;
                let item = at.and_then(|at| text.char_at(at)).map(char_value);
                item.ok_or_else(|| self.index_error("string index out of range"))
            }
            Value::Bytes(bytes) => {
                let bytes = bytes.as_slice();
                let at = self.position(index, "byte indices must be integers or slices, not ", bytes.len())?;
                let item = at.and_then(|at| bytes.get(at)).map(|&byte| Value::Int(byte.into()));
                item.ok_or_else(|| self.index_error("index out of range"))
            }
            Value::Range(range) => {
                let length = range.len();
                if !self.is_index(index) {
                    let name = self.type_name(index);
                    return Err(self.type_error(format!("range indices must be integers or slices, not {name}")));
                }
                let at = self.index(index)?.as_i128();
                let at = at.and_then(|at| u128::try_from(if at < 0 { at + length as i128 } else { at }).ok());
                let item = at.filter(|&at| at < length).map(|at| Value::wide(range.get(at)));
                item.ok_or_else(|| self.index_error("range object index out of range"))
            }
            _ => Err(self.not_subscriptable(object)),
        }
    }

    #[cold]
    fn not_subscriptable(&self, object: &Value) -> Raised {
        self.type_error(format!("'{}' object is not subscriptable", self.type_name(object)))
    }

    /// `dict[key]`, with `__missing__` of subclasses.
    fn dict_item(&self, object: &Value, dict: &Dict, key: &Value) -> R {
        if let Some(value) = self.dict_get(dict, key)? {
            return Ok(value);
        }
        if let Value::Instance(_) = object
            && let Some(found) = self.special(object, sym::__missing__)
        {
            return self.invoke1(&found, object, sym::__missing__, key);
        }
        Err(self.key_error(key))
    }

    /// `Class[args]`: the metaclass's `__getitem__` was asked already; now `__class_getitem__`.
    fn subscribe_class(&self, object: &Value, class: &Ref<Class>, index: &Value) -> R {
        if class.lookup(sym::__class_getitem__).is_some()
            && let Some(hook) = self.find_attr(object, sym::__class_getitem__)?
            && !hook.is_none()
        {
            return self.call1(&hook, index);
        }
        if let Some(found) = self.special(object, sym::__getitem__) {
            return self.invoke1(&found, object, sym::__getitem__, index);
        }
        Err(self.type_error(format!("type '{}' is not subscriptable", class.name())))
    }

    /// An index as a position, counted from the end when negative; `None` when before the start. `wrong` and the type's name
    /// make the text of the TypeError.
    fn position(&self, index: &Value, wrong: &str, length: usize) -> R<Option<usize>> {
        let n = match index {
            Value::Int(n) => *n,
            _ => {
                if !self.is_index(index) {
                    return Err(self.type_error(format!("{wrong}{}", self.type_name(index))));
                }
                match self.index(index)? {
                    Value::Int(n) => n,
                    _ => {
                        let name = self.type_name(index);
                        let message = format!("cannot fit '{name}' into an index-sized integer");
                        return Err(self.index_error(message));
                    }
                }
            }
        };
        let at = if n < 0 { i64::try_from(length).map_or(None, |length| n.checked_add(length)) } else { Some(n) };
        Ok(at.and_then(|at| usize::try_from(at).ok()))
    }

    /// `object[index] = value`
    ///
    /// # Errors
    /// As [`Vm::get_item`]; TypeError `'int' object does not support item assignment`.
    #[inline]
    pub fn set_item(&self, object: &Value, index: &Value, value: Value) -> R<()> {
        match (object, index) {
            (Value::Dict(dict), _) => self.dict_set(dict, index.clone(), value),
            (Value::List(list), Value::Int(n)) => {
                let at = if *n < 0 { n.wrapping_add(list.len() as i64) } else { *n };
                match list.set(at as usize, value) {
                    Ok(old) => {
                        old.discard();
                        Ok(())
                    }
                    Err(_) => Err(self.index_error("list assignment index out of range")),
                }
            }
            _ => self.set_item_slow(object, index, value),
        }
    }

    #[inline(never)]
    fn set_item_slow(&self, object: &Value, index: &Value, value: Value) -> R<()> {
        if let Some(found) = self.own_special(object, sym::__setitem__) {
            return self.invoke_bound_item(&found, object, index, value);
        }
        self.plain_set_item(object, index, value)
    }

    fn invoke_bound_item(&self, found: &Value, object: &Value, index: &Value, value: Value) -> R<()> {
        self.invoke_bound(found, object, sym::__setitem__, &[index.clone(), value]).map(drop)
    }

    /// What builtin containers do: the rows `__setitem__` of their types.
    pub fn plain_set_item(&self, object: &Value, index: &Value, value: Value) -> R<()> {
        match object.base() {
            Value::Dict(dict) => self.dict_set(dict, index.clone(), value),
            Value::List(list) => match index {
                Value::Slice(slice) => self.set_slice(list, slice, &value),
                _ => {
                    let at = self.list_position(list, index)?;
                    match at.map(|at| list.set(at, value)) {
                        Some(Ok(old)) => {
                            drop(old);
                            Ok(())
                        }
                        _ => Err(self.index_error("list assignment index out of range")),
                    }
                }
            },
            base => {
                if is_sequence(base) && self.is_index(index) {
                    self.position(index, "", 0)?;
                }
                let name = self.type_name(object);
                Err(self.type_error(format!("'{name}' object does not support item assignment")))
            }
        }
    }

    fn list_position(&self, list: &List, index: &Value) -> R<Option<usize>> {
        self.position(index, "list indices must be integers or slices, not ", list.len())
    }

    /// `del object[index]`
    ///
    /// # Errors
    /// As [`Vm::get_item`]; TypeError `'int' object does not support item deletion`.
    pub fn del_item(&self, object: &Value, index: &Value) -> R<()> {
        if let Some(found) = self.own_special(object, sym::__delitem__) {
            return self.invoke1(&found, object, sym::__delitem__, index).map(drop);
        }
        self.plain_del_item(object, index)
    }

    /// What builtin containers do: the rows `__delitem__` of their types.
    pub fn plain_del_item(&self, object: &Value, index: &Value) -> R<()> {
        match object.base() {
            Value::Dict(dict) => match self.dict_remove(dict, index)? {
                Some(old) => {
                    drop(old);
                    Ok(())
                }
                None => Err(self.key_error(index)),
            },
            Value::List(list) => match index {
                Value::Slice(slice) => self.del_slice(list, slice),
                _ => {
                    let at = self.list_position(list, index)?;
                    let old = at.filter(|&at| at < list.len()).map(|at| list.remove(at));
                    match old {
                        Some(old) => {
                            drop(old);
                            Ok(())
                        }
                        None => Err(self.index_error("list assignment index out of range")),
                    }
                }
            },
            base => {
                // A sequence is asked by position first, and says so in other words.
                let by_position = (is_sequence(base) || matches!(base, Value::Instance(_))) && self.is_index(index);
                if by_position && is_sequence(base) {
                    self.position(index, "", 0)?;
                }
                let verb = if by_position { "doesn't" } else { "does not" };
                Err(self.type_error(format!("'{}' object {verb} support item deletion", self.type_name(object))))
            }
        }
    }
}

/// Builtin types that CPython asks by position, sets among them.
fn is_sequence(value: &Value) -> bool {
    matches!(
        value,
        Value::Str(_) | Value::Bytes(_) | Value::Tuple(_) | Value::Range(_) | Value::Set(_) | Value::FrozenSet(_)
    )
}

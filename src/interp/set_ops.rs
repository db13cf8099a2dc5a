//! Operators of sets and dicts, in CPython's order of insertion (`Objects/setobject.c`). The hashes of keys already in a set
//! are used again; only equality may run a script's code.

use crate::code::BinaryOp;
use crate::object::{Dict, R, Ref, Set, Value, Vm};

impl Vm {
    /// `|`, `&`, `-`, `^` of two sets or frozensets, of the left one's type; `None` when the other is neither.
    pub fn plain_set(&self, op: BinaryOp, a: &Value, b: &Value) -> R<Option<Value>> {
        let (Some(x), Some(y)) = (a.as_set(), b.as_set()) else { return Ok(None) };
        let result = match op {
            BinaryOp::Or => {
                let result = Ref::new(x.copy());
                self.set_update_set(&result, y)?;
                result
            }
            BinaryOp::And => self.set_intersection(x, y)?,
            BinaryOp::Sub => self.set_difference(x, y)?,
            BinaryOp::Xor => {
                let result = Ref::new(y.copy());
                self.set_toggle(&result, x)?;
                result
            }
            _ => return Ok(None),
        };
        Ok(Some(match a.base() {
            Value::FrozenSet(_) => Value::FrozenSet(result),
            _ => Value::Set(result),
        }))
    }

    /// In-place `|=`, `&=`, `-=`, `^=`; false when the other is no set.
    pub(super) fn change_set(&self, op: BinaryOp, set: &Ref<Set>, other: &Value) -> R<bool> {
        let Some(other) = other.as_set() else { return Ok(false) };
        match op {
            BinaryOp::Or => self.set_update_set(set, other)?,
            BinaryOp::And => {
                let kept = self.set_intersection(set, other)?;
                set.swap(&kept);
            }
            BinaryOp::Sub if Ref::same(set, other) => set.clear(),
            BinaryOp::Sub => self.set_remove_all(set, other)?,
            BinaryOp::Xor if Ref::same(set, other) => set.clear(),
            BinaryOp::Xor => self.set_toggle(set, other)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Adds all keys of another set.
    pub fn set_update_set(&self, set: &Set, other: &Set) -> R<()> {
        if std::ptr::eq(set, other) || other.is_empty() || set.begin_merge(other) {
            return Ok(());
        }
        for (hash, key) in other.entries() {
            self.set_add_hashed(set, hash, key)?;
        }
        Ok(())
    }

    /// The keys of both, from the smaller one.
    pub fn set_intersection(&self, a: &Set, b: &Set) -> R<Ref<Set>> {
        let (walked, asked) = if b.len() > a.len() { (a, b) } else { (b, a) };
        let result = Set::new_ref();
        for (hash, key) in walked.entries() {
            if self.set_contains_hashed(asked, hash, &key)? {
                self.set_add_hashed(&result, hash, key)?;
            }
        }
        Ok(result)
    }

    /// Removes all keys of another set.
    pub fn set_remove_all(&self, set: &Set, other: &Set) -> R<()> {
        for (hash, key) in other.entries() {
            self.set_remove_hashed(set, hash, &key)?;
        }
        set.sweep();
        Ok(())
    }

    /// The keys of `a` that `b` has not.
    pub fn set_difference(&self, a: &Set, b: &Set) -> R<Ref<Set>> {
        if a.len() >> 2 > b.len() {
            let result = Ref::new(a.copy());
            self.set_remove_all(&result, b)?;
            return Ok(result);
        }
        let result = Set::new_ref();
        for (hash, key) in a.entries() {
            if !self.set_contains_hashed(b, hash, &key)? {
                self.set_add_hashed(&result, hash, key)?;
            }
        }
        Ok(result)
    }

    /// Removes the keys of `other` that are there and adds those that are not.
    pub fn set_toggle(&self, set: &Set, other: &Set) -> R<()> {
        for (hash, key) in other.entries() {
            if !self.set_remove_hashed(set, hash, &key)? {
                self.set_add_hashed(set, hash, key)?;
            }
        }
        Ok(())
    }

    /// Whether every key of `a` is in `b`.
    pub fn set_is_subset(&self, a: &Set, b: &Set) -> R<bool> {
        if a.len() > b.len() {
            return Ok(false);
        }
        for (hash, key) in a.entries() {
            if !self.set_contains_hashed(b, hash, &key)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `dict | other`; `None` when the other is no dict.
    pub(super) fn dict_union(&self, dict: &Ref<Dict>, other: &Value) -> R<Option<Value>> {
        if other.as_dict().is_none() {
            return Ok(None);
        }
        let result = Ref::new(dict.copy());
        self.dict_update(&result, other)?;
        Ok(Some(Value::Dict(result)))
    }
}

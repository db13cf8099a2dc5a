//! `hash(x)`, and what needs it: looking keys up in dicts and sets. Where only a script's `__eq__` can tell, candidates are
//! compared with nothing borrowed, and the search starts again if the table changed meanwhile.

use crate::intern::sym;
use crate::object::dict::{Find, Look};
use crate::object::hash::{self, TupleHash};
use crate::object::{Class, Dict, R, Raised, Set, T, Value, Vm};
use crate::text::hash as number;

impl Vm {
    /// `hash(value)`
    ///
    /// # Errors
    /// TypeError `unhashable type: 'list'`, what `__hash__` raises, RecursionError.
    #[inline]
    pub fn hash(&self, value: &Value) -> R<i64> {
        match hash::quick(value) {
            Some(hash) => Ok(hash),
            None => self.hash_slow(value),
        }
    }

    #[inline(never)]
    fn hash_slow(&self, value: &Value) -> R<i64> {
        let _nested = self.nest("")?;
        if let Value::Instance(_) | Value::Native(_) | Value::Exception(_) | Value::Class(_) = value {
            return self.hash_by_class(value);
        }
        match value {
            Value::Tuple(items) => {
                let mut hash = TupleHash::new();
                for item in items.iter() {
                    hash.add(self.hash(item)?);
                }
                Ok(hash.finish())
            }
            Value::FrozenSet(set) => {
                let hash = set.frozen_hash.get().unwrap_or_else(|| frozenset_hash(set));
                set.frozen_hash.set(Some(hash));
                Ok(hash)
            }
            Value::Range(range) => {
                let length = range.len();
                let start = if length == 0 { Value::None } else { Value::wide(range.start) };
                let step = if length < 2 { Value::None } else { Value::wide(range.step) };
                self.hash(&Value::tuple(vec![Value::wide(length as i128), start, step]))
            }
            Value::Slice(slice) => {
                let mut hash = TupleHash::new();
                for part in [&slice.start, &slice.stop, &slice.step] {
                    hash.add(self.hash(part)?);
                }
                Ok(hash.finish())
            }
            Value::Method(method) => {
                let receiver = hash::of_identity(method.receiver.id());
                Ok(avoid_minus_one(receiver ^ self.hash(&method.function)?))
            }
            Value::List(_) | Value::Dict(_) | Value::Set(_) => Err(self.unhashable(value)),
            other => Ok(hash::of_identity(other.id())),
        }
    }

    #[cold]
    fn unhashable(&self, value: &Value) -> Raised {
        let class = self.class_of(value);
        // CPython names static types of modules in full.
        let name = match class.builtin {
            Some(kind) if kind.module() != "builtins" => format!("{}.{}", kind.module(), kind.name()),
            _ => class.name().as_str().to_owned(),
        };
        self.type_error(format!("unhashable type: '{name}'"))
    }

    /// Objects whose class may be a script's. A class that defines `__eq__` and not `__hash__` has no hash.
    fn hash_by_class(&self, value: &Value) -> R<i64> {
        let class = self.class_of(value);
        let payload = match value {
            Value::Instance(instance) => instance.payload(),
            _ => None,
        };
        let stops =
            |class: &Class| class.builtin.is_some_and(|kind| payload.is_some_and(|p| kind.name() == self.type_name(p)));
        let tail = class.mro_tail();
        for class in std::iter::once(&class).chain(&tail) {
            if stops(class) || matches!(class.builtin.map(|kind| kind.name()), Some("object" | "type")) {
                break;
            }
            match class.own(sym::__hash__) {
                Some(Value::None) => return Err(self.unhashable(value)),
                Some(found) => {
                    let hash = self.invoke0(&found, value, sym::__hash__)?;
                    return match hash.base() {
                        Value::Int(n) => Ok(avoid_minus_one(*n)),
                        Value::BigInt(n) => Ok(number::of_bigint(n)),
                        Value::True => Ok(1),
                        Value::False => Ok(0),
                        _ => Err(self.type_error("__hash__ method should return an integer")),
                    };
                }
                None if class.builtin.is_some() && class.own(sym::__eq__).is_some() => {
                    return Err(self.unhashable(value));
                }
                None => {}
            }
        }
        match payload {
            Some(inner) => match inner {
                Value::List(_) | Value::Dict(_) | Value::Set(_) => Err(self.unhashable(value)),
                _ => self.hash(inner),
            },
            None => Ok(hash::of_identity(value.id())),
        }
    }

    /// Whether a mapping is a dict whose items CPython takes without asking: also a subclass's, unless it iterates its
    /// own way.
    pub fn is_plain_dict(&self, value: &Value) -> bool {
        value.as_dict().is_some() && self.own_special(value, sym::__iter__).is_none()
    }

    /// The position of a key whose hash is known.
    #[inline]
    fn dict_find(&self, dict: &Dict, hash: i64, key: &Value) -> R<Option<u32>> {
        match dict.find(hash, key) {
            Find::At(at) => Ok(Some(at)),
            Find::Absent => Ok(None),
            Find::Ask(candidates) => self.dict_ask(dict, hash, key, candidates),
        }
    }

    #[cold]
    fn dict_ask(&self, dict: &Dict, hash: i64, key: &Value, candidates: Vec<(u32, Value)>) -> R<Option<u32>> {
        let mut candidates = candidates;
        // Only a key that went or moved makes the search begin anew, as in CPython: an `__eq__` may add keys each time.
        let unmoved = |at: u32, candidate: &Value| {
            let mut position = at as usize;
            dict.next_entry(&mut position).is_some_and(|(key, _)| position == at as usize + 1 && key.is(candidate))
        };
        'again: loop {
            let layout = dict.layout();
            for (at, candidate) in &candidates {
                let equal = self.eq(candidate, key)?;
                if dict.layout() != layout && !unmoved(*at, candidate) {
                    match dict.find(hash, key) {
                        Find::At(at) => return Ok(Some(at)),
                        Find::Absent => return Ok(None),
                        Find::Ask(more) => candidates = more,
                    }
                    continue 'again;
                }
                if equal {
                    return Ok(Some(*at));
                }
            }
            return Ok(None);
        }
    }

    /// The value of a key.
    ///
    /// # Errors
    /// TypeError for an unhashable key, what `__hash__` and `__eq__` raise.
    #[inline]
    pub fn dict_get(&self, dict: &Dict, key: &Value) -> R<Option<Value>> {
        Ok(self.dict_position(dict, key)?.map(|at| dict.value_at(at)))
    }

    /// `key in dict`
    ///
    /// # Errors
    /// As [`Vm::dict_get`].
    #[inline]
    pub fn dict_contains(&self, dict: &Dict, key: &Value) -> R<bool> {
        Ok(self.dict_position(dict, key)?.is_some())
    }

    /// Where a key stands, until the dict changes.
    ///
    /// # Errors
    /// As [`Vm::dict_get`].
    #[inline]
    pub fn dict_position(&self, dict: &Dict, key: &Value) -> R<Option<u32>> {
        match dict.look(key) {
            Look::At(at) => Ok(Some(at)),
            Look::Absent => Ok(None),
            Look::Unsure => {
                let hash = self.hash(key)?;
                self.dict_find(dict, hash, key)
            }
        }
    }

    /// Sets a key; an old value is dropped after.
    ///
    /// # Errors
    /// As [`Vm::dict_get`].
    #[inline]
    pub fn dict_set(&self, dict: &Dict, key: Value, value: Value) -> R<()> {
        let look = dict.look(&key);
        if let Look::At(at) = look {
            dict.set_at(at, value).discard();
            key.discard();
            return Ok(());
        }
        let hash = self.hash(&key)?;
        if let Look::Unsure = look
            && let Some(at) = self.dict_find(dict, hash, &key)?
        {
            drop(dict.set_at(at, value));
            return Ok(());
        }
        self.dict_insert(dict, hash, key, value)
    }

    /// Adds a key that is not there.
    #[inline]
    fn dict_insert(&self, dict: &Dict, hash: i64, key: Value, value: Value) -> R<()> {
        match dict.try_insert_new(hash, key, value) {
            Ok(_) => Ok(()),
            Err(refused) => {
                drop(refused);
                Err(self.memory_error())
            }
        }
    }

    /// `dict.setdefault(key, default)`
    ///
    /// # Errors
    /// As [`Vm::dict_get`].
    pub fn dict_set_default(&self, dict: &Dict, key: &Value, default: &Value) -> R {
        let look = dict.look(key);
        if let Look::At(at) = look {
            return Ok(dict.value_at(at));
        }
        let hash = self.hash(key)?;
        if let Look::Unsure = look
            && let Some(at) = self.dict_find(dict, hash, key)?
        {
            return Ok(dict.value_at(at));
        }
        self.dict_insert(dict, hash, key.clone(), default.clone())?;
        Ok(default.clone())
    }

    /// Removes a key and gives its value, if it was there.
    ///
    /// # Errors
    /// As [`Vm::dict_get`].
    pub fn dict_remove(&self, dict: &Dict, key: &Value) -> R<Option<Value>> {
        let hash = self.hash(key)?;
        Ok(self.dict_find(dict, hash, key)?.map(|at| dict.remove_at(at).1))
    }

    /// `dict.update(other)`: a mapping (what has `keys`) or an iterable of pairs.
    ///
    /// # Errors
    /// TypeError and ValueError for what is neither, with the number of the wrong element.
    pub fn dict_update(&self, dict: &Dict, other: &Value) -> R<()> {
        if let Some(source) = other.as_dict()
            && self.is_plain_dict(other)
        {
            if std::ptr::eq::<Dict>(dict, &**source) {
                return Ok(());
            }
            for (key, value) in source.entries() {
                self.dict_set(dict, key, value)?;
            }
            return Ok(());
        }
        if let Some(keys) = self.catch(self.find_attr(other, sym::keys), T::AttributeError)?.flatten() {
            let keys = self.call0(&keys)?;
            if !self.is_iterable(&keys) {
                let (name, got) = (self.type_name(other), self.type_name(&keys));
                return Err(self.type_error(format!("{name}.keys() returned a non-iterable (type {got})")));
            }
            return self.for_each(&keys, |key| {
                let value = self.get_item(other, &key)?;
                self.dict_set(dict, key, value).map(|()| true)
            });
        }
        let mut number = 0;
        self.for_each(other, |pair| {
            if !self.is_iterable(&pair) {
                let message = format!("cannot convert dictionary update sequence element #{number} to a sequence");
                return Err(self.type_error(message));
            }
            let mut parts = self.collect(&pair)?;
            match (parts.len(), parts.pop(), parts.pop()) {
                (2, Some(value), Some(key)) => self.dict_set(dict, key, value)?,
                (length, ..) => {
                    let message =
                        format!("dictionary update sequence element #{number} has length {length}; 2 is required");
                    return Err(self.value_error(message));
                }
            }
            number += 1;
            Ok(true)
        })
    }

    /// The position of a key whose hash is known.
    #[inline]
    fn set_find(&self, set: &Set, hash: i64, key: &Value) -> R<Option<u32>> {
        match set.find(hash, key) {
            Find::At(at) => Ok(Some(at)),
            Find::Absent => Ok(None),
            Find::Ask(candidates) => self.set_ask(set, hash, key, candidates),
        }
    }

    #[cold]
    fn set_ask(&self, set: &Set, hash: i64, key: &Value, candidates: Vec<(u32, Value)>) -> R<Option<u32>> {
        let mut candidates = candidates;
        let unmoved = |at: u32, candidate: &Value| {
            let mut position = at as usize;
            set.next_key(&mut position).is_some_and(|(_, key)| position == at as usize + 1 && key.is(candidate))
        };
        'again: loop {
            let length = set.len();
            for (at, candidate) in &candidates {
                let equal = self.eq(candidate, key)?;
                if set.len() != length || !unmoved(*at, candidate) {
                    match set.find(hash, key) {
                        Find::At(at) => return Ok(Some(at)),
                        Find::Absent => return Ok(None),
                        Find::Ask(more) => candidates = more,
                    }
                    continue 'again;
                }
                if equal {
                    return Ok(Some(*at));
                }
            }
            return Ok(None);
        }
    }

    /// Whether a set has a key whose hash is known.
    pub fn set_contains_hashed(&self, set: &Set, hash: i64, key: &Value) -> R<bool> {
        Ok(self.set_find(set, hash, key)?.is_some())
    }

    /// Adds a key whose hash is known; whether it is new.
    pub fn set_add_hashed(&self, set: &Set, hash: i64, key: Value) -> R<bool> {
        if self.set_find(set, hash, &key)?.is_some() {
            return Ok(false);
        }
        self.set_insert(set, hash, key)
    }

    /// Adds a key that is not there: true.
    #[inline]
    fn set_insert(&self, set: &Set, hash: i64, key: Value) -> R<bool> {
        match set.insert_new(hash, key) {
            Ok(()) => Ok(true),
            Err(refused) => {
                drop(refused);
                Err(self.memory_error())
            }
        }
    }

    /// Removes a key whose hash is known; whether it was there.
    pub fn set_remove_hashed(&self, set: &Set, hash: i64, key: &Value) -> R<bool> {
        match self.set_find(set, hash, key)? {
            Some(at) => {
                drop(set.remove_at(at));
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// `set.add(key)`: whether it is new.
    ///
    /// # Errors
    /// TypeError for an unhashable key, what `__hash__` and `__eq__` raise.
    #[inline]
    pub fn set_add(&self, set: &Set, key: Value) -> R<bool> {
        let hash = self.hash(&key)?;
        match set.look(&key) {
            Look::At(_) => return Ok(false),
            Look::Absent => return self.set_insert(set, hash, key),
            Look::Unsure => {}
        }
        self.set_add_hashed(set, hash, key)
    }

    /// `key in set`; a set counts as the frozenset of its keys.
    ///
    /// # Errors
    /// As [`Vm::set_add`].
    #[inline]
    pub fn set_contains(&self, set: &Set, key: &Value) -> R<bool> {
        match set.look(key) {
            Look::At(_) => return Ok(true),
            Look::Absent => return Ok(false),
            Look::Unsure => {}
        }
        let (hash, key) = self.set_key(key)?;
        self.set_contains_hashed(set, hash, &key)
    }

    /// `set.discard(key)`: whether it was there.
    ///
    /// # Errors
    /// As [`Vm::set_add`].
    pub fn set_remove(&self, set: &Set, key: &Value) -> R<bool> {
        let (hash, key) = self.set_key(key)?;
        self.set_remove_hashed(set, hash, &key)
    }

    /// What is looked up for a key that may be a set.
    fn set_key(&self, key: &Value) -> R<(i64, Value)> {
        match key.base() {
            Value::Set(inner) if self.own_special(key, sym::__hash__).is_none_or(|found| found.is_none()) => {
                Ok((frozenset_hash(inner), Value::FrozenSet(inner.clone())))
            }
            _ => Ok((self.hash(key)?, key.clone())),
        }
    }

    /// `set.update(items)`
    ///
    /// # Errors
    /// TypeError when it is not iterable or an item is unhashable.
    pub fn set_update(&self, set: &Set, items: &Value) -> R<()> {
        if let Value::Set(other) | Value::FrozenSet(other) = items {
            return self.set_update_set(set, other);
        }
        self.for_each(items, |item| self.set_add(set, item).map(|_| true))
    }
}

/// -1 is the error return of CPython's C functions, so no hash is -1.
fn avoid_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

/// The hash of a frozenset, the same in any order of its keys (CPython `frozenset_hash`).
pub fn frozenset_hash(set: &Set) -> i64 {
    let shuffle = |h: u64| ((h ^ 89_869_747) ^ (h << 16)).wrapping_mul(3_644_798_167);
    let entries = set.entries();
    let mixed = entries.iter().fold(0u64, |mixed, &(hash, _)| mixed ^ shuffle(hash as u64));
    let mut hash = mixed ^ (entries.len() as u64 + 1).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
    if hash == u64::MAX {
        hash = 590_923_713;
    }
    hash as i64
}

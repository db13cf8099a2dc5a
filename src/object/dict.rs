//! `dict`: entries in insertion order with an index over their hashes. Also the namespaces of modules and classes.
//!
//! Never runs user code: when only a script's `__eq__` can tell whether a key is the one looked for, a search
//! answers [`Find::Ask`] with the candidates. No borrow leaves this file.
#![allow(unsafe_code)]

use std::cell::RefCell;

use hashbrown::HashTable;

use super::cycles::{Kind, Tracer, is_container};
use super::{Heap, Ref, Str, Value, hash};
use crate::intern::Symbol;

/// Up to this many entries are searched in order, without an index.
const LINEAR: usize = 8;

struct Entry {
    hash: i64,
    /// `Missing`: deleted.
    key: Value,
    value: Value,
}

#[derive(Default)]
struct Inner {
    entries: Vec<Entry>,
    /// Positions in `entries`, by hash; empty while there are at most `LINEAR` entries.
    index: HashTable<u32>,
    live: usize,
    /// No entry before this one is live: looking for the first after many were removed in front takes no walk.
    front: usize,
    /// Changes whenever an entry moves, comes or goes; while it stands, a position means the same key.
    layout: u32,
}

#[derive(Default)]
pub struct Dict {
    inner: RefCell<Inner>,
}

impl Heap for Dict {
    const KIND: Kind = Kind::Dict;
    fn trace(&self, tracer: &mut Tracer) {
        match self.inner.try_borrow() {
            Ok(inner) => {
                for entry in &inner.entries {
                    tracer.value(&entry.key);
                    tracer.value(&entry.value);
                }
            }
            Err(_) => tracer.pin(),
        }
    }
    fn clear(&self) {
        Dict::clear(self);
    }
}

/// What a search for a key found.
pub enum Find {
    At(u32),
    Absent,
    /// Keys with the same hash whose equality only a script can tell, in order.
    Ask(Vec<(u32, Value)>),
}

/// What a look for an int or a str found.
pub enum Look {
    At(u32),
    Absent,
    /// The key is of another kind, or stands beside one that is: [`Dict::find`] tells.
    Unsure,
}

/// Spreads CPython's number hashes (small ints are themselves) over all bits that the index looks at.
#[inline(always)]
fn spread(hash: i64) -> u64 {
    (hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26)
}

impl Inner {
    fn find(&self, hash: i64, key: &Value) -> Find {
        let mut ask = Vec::new();
        let mut check = |at: u32| {
            let entry = &self.entries[at as usize];
            if entry.hash != hash || entry.key.is_missing() {
                return false;
            }
            if entry.key.is(key) {
                return true;
            }
            match hash::quick_eq(&entry.key, key) {
                Some(equal) => equal,
                None => {
                    ask.push((at, entry.key.clone()));
                    false
                }
            }
        };
        let found = if self.index.is_empty() {
            (0..self.entries.len() as u32).find(|&at| check(at))
        } else {
            self.index.find(spread(hash), |&at| check(at)).copied()
        };
        match found {
            Some(at) => Find::At(at),
            None if ask.is_empty() => Find::Absent,
            None => Find::Ask(ask),
        }
    }

    /// Searches for a key that `is_it` knows among those of its own kind; it answers `None` for others.
    #[inline(always)]
    fn look(&self, hash: i64, is_it: impl Fn(&Value) -> Option<bool>) -> Look {
        let mut unsure = false;
        let mut check = |at: u32| {
            let entry = &self.entries[at as usize];
            entry.hash == hash
                && is_it(&entry.key).unwrap_or_else(|| {
                    // A deleted entry keeps its hash.
                    unsure |= !entry.key.is_missing();
                    false
                })
        };
        let found = if self.index.is_empty() {
            (0..self.entries.len() as u32).find(|&at| check(at))
        } else {
            self.index.find(spread(hash), |&at| check(at)).copied()
        };
        match found {
            Some(at) => Look::At(at),
            None if unsure => Look::Unsure,
            None => Look::Absent,
        }
    }

    /// Makes sure that an insertion will find memory; false when there is none.
    #[inline(always)]
    fn make_room(&mut self) -> bool {
        if self.entries.len() == self.entries.capacity() {
            return self.make_room_for_entries();
        }
        self.index.len() < self.index.capacity() || self.index.is_empty() || self.make_room_in_index()
    }

    #[inline(never)]
    fn make_room_for_entries(&mut self) -> bool {
        if self.live < self.entries.len() / 2 {
            self.compact();
        }
        self.entries.try_reserve(1).is_ok() && self.make_room_in_index()
    }

    #[inline(never)]
    fn make_room_in_index(&mut self) -> bool {
        let entries = &self.entries;
        self.index.is_empty() || self.index.try_reserve(1, |&i| spread(entries[i as usize].hash)).is_ok()
    }

    fn insert(&mut self, hash: i64, key: Value, value: Value) -> u32 {
        if self.entries.len() == self.entries.capacity() && self.live < self.entries.len() / 2 {
            self.compact();
        }
        let at = self.entries.len() as u32;
        self.entries.push(Entry { hash, key, value });
        self.live += 1;
        self.layout = self.layout.wrapping_add(1);
        if !self.index.is_empty() {
            let entries = &self.entries;
            self.index.insert_unique(spread(hash), at, |&i| spread(entries[i as usize].hash));
        } else if self.entries.len() > LINEAR {
            self.reindex();
        }
        at
    }

    /// Squeezes deleted entries out.
    fn compact(&mut self) {
        // Deleted entries hold `Missing` twice, so dropping them runs nothing.
        self.entries.retain(|e| !e.key.is_missing());
        self.front = 0;
        self.layout = self.layout.wrapping_add(1);
        self.reindex();
    }

    fn reindex(&mut self) {
        self.index.clear();
        if self.entries.len() <= LINEAR {
            return;
        }
        let entries = &self.entries;
        self.index.reserve(entries.len(), |&i| spread(entries[i as usize].hash));
        for (i, entry) in entries.iter().enumerate() {
            if !entry.key.is_missing() {
                self.index.insert_unique(spread(entry.hash), i as u32, |&i| spread(entries[i as usize].hash));
            }
        }
    }

    fn remove(&mut self, at: u32) -> (Value, Value) {
        let entry = &mut self.entries[at as usize];
        let (hash, pair) = (entry.hash, (entry.key.take(), entry.value.take()));
        self.live -= 1;
        self.layout = self.layout.wrapping_add(1);
        if !self.index.is_empty()
            && let Ok(found) = self.index.find_entry(spread(hash), |&i| i == at)
        {
            found.remove();
        }
        if self.live == 0 {
            self.entries.clear();
            self.index.clear();
            self.front = 0;
        } else {
            // Some entry is live, so this ends at one.
            while self.entries.get(self.front).is_some_and(|e| e.key.is_missing()) {
                self.front += 1;
            }
            while self.entries.last().is_some_and(|e| e.key.is_missing()) {
                self.entries.pop();
            }
        }
        pair
    }

    fn move_last(&mut self, at: u32) -> bool {
        let hash = self.entries[at as usize].hash;
        let (key, value) = self.remove(at);
        // There was room for it.
        self.insert(hash, key, value);
        true
    }

    fn move_first(&mut self, mut at: usize) -> bool {
        if at == self.front {
            return true;
        }
        if self.front == 0 {
            // Deleted entries in front of the others are room for as many more.
            let room = self.live.max(LINEAR);
            if self.entries.try_reserve(room).is_err() {
                return false;
            }
            let deleted = || Entry { hash: 0, key: Value::Missing, value: Value::Missing };
            self.entries.splice(0..0, std::iter::repeat_with(deleted).take(room));
            self.reindex();
            self.front = room;
            at += room;
        }
        let hash = self.entries[at].hash;
        let (key, value) = self.remove(at as u32);
        self.front -= 1;
        self.entries[self.front] = Entry { hash, key, value };
        self.live += 1;
        self.layout = self.layout.wrapping_add(1);
        if !self.index.is_empty() {
            let entries = &self.entries;
            self.index.insert_unique(spread(hash), self.front as u32, |&i| spread(entries[i as usize].hash));
        }
        true
    }
}

impl Dict {
    pub fn new() -> Dict {
        Dict::default()
    }

    pub fn with_capacity(capacity: usize) -> Dict {
        let dict = Dict::default();
        dict.inner.borrow_mut().entries.reserve(capacity);
        dict
    }

    pub fn len(&self) -> usize {
        self.peek().live
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Searches for a key whose hash is known.
    pub fn find(&self, hash: i64, key: &Value) -> Find {
        self.peek().find(hash, key)
    }

    /// Searches for an int, a str or a tuple of those: the short way for the commonest keys.
    #[inline(always)]
    pub fn look(&self, key: &Value) -> Look {
        match key {
            Value::Int(n) => self.look_for_int(*n),
            Value::Str(s) => self.look_for_str(s),
            Value::Tuple(items) => self.look_for_tuple(items),
            _ => Look::Unsure,
        }
    }

    #[inline(never)]
    fn look_for_int(&self, n: i64) -> Look {
        self.peek().look(hash::of_int(n), |key| match key {
            Value::Int(other) => Some(*other == n),
            _ => None,
        })
    }

    #[inline(never)]
    fn look_for_str(&self, s: &Ref<Str>) -> Look {
        self.peek().look(s.hash(), |key| match key {
            Value::Str(other) => Some(Str::same_text(other, s)),
            _ => None,
        })
    }

    #[inline(never)]
    fn look_for_tuple(&self, items: &[Value]) -> Look {
        let Some(hash) = hash::of_plain_tuple(items) else { return Look::Unsure };
        self.peek().look(hash, |key| match key {
            Value::Tuple(other) => hash::same_plain_tuples(items, other),
            _ => None,
        })
    }

    /// The value of a key, if a look finds it.
    #[inline(always)]
    pub fn value_of(&self, key: &Value) -> Option<Value> {
        match self.look(key) {
            Look::At(at) => Some(self.value_at(at)),
            _ => None,
        }
    }

    /// The number that stands for the present arrangement of entries: see [`Dict::value_if`].
    #[inline(always)]
    pub fn layout(&self) -> u32 {
        self.peek().layout
    }

    /// The inside for a read that ends at once.
    #[inline(always)]
    fn peek(&self) -> &Inner {
        // SAFETY: nothing changes the dict while the reference lives: the callers read one field, clone one value, or compare keys
        // without running any code of a script.
        unsafe { self.inner.try_borrow_unguarded() }.expect("no borrow outlives a method of this file")
    }

    /// The value at a position that was found under `layout`, while that still holds.
    #[inline(always)]
    pub fn value_if(&self, layout: u32, at: u32) -> Option<Value> {
        let inner = self.peek();
        if inner.layout == layout { inner.entries.get(at as usize).map(|e| e.value.clone()) } else { None }
    }

    #[inline]
    pub fn value_at(&self, at: u32) -> Value {
        self.peek().entries.get(at as usize).map_or(Value::Missing, |e| e.value.clone())
    }

    /// Replaces the value at a position found just now; gives the old one.
    pub fn set_at(&self, at: u32, value: Value) -> Value {
        match self.inner.borrow_mut().entries.get_mut(at as usize) {
            Some(entry) => std::mem::replace(&mut entry.value, value),
            None => value,
        }
    }

    /// Adds a key that a search has just found absent; gives it back when there is no memory for it.
    #[inline]
    pub fn try_insert_new(&self, hash: i64, key: Value, value: Value) -> Result<u32, (Value, Value)> {
        let mut inner = self.inner.borrow_mut();
        if inner.make_room() { Ok(inner.insert(hash, key, value)) } else { Err((key, value)) }
    }

    /// Adds a key that a search has just found absent.
    pub fn insert_new(&self, hash: i64, key: Value, value: Value) -> u32 {
        self.inner.borrow_mut().insert(hash, key, value)
    }

    /// Removes the entry at a position found just now.
    pub fn remove_at(&self, at: u32) -> (Value, Value) {
        self.inner.borrow_mut().remove(at)
    }

    /// Moves the entry at a position found just now to the end, or in front of all; false when there is no memory for it.
    pub fn move_entry(&self, at: u32, last: bool) -> bool {
        let mut inner = self.inner.borrow_mut();
        if last { inner.move_last(at) } else { inner.move_first(at as usize) }
    }

    /// The first entry at or after `position`, which moves past it: for iteration that survives changes.
    pub fn next_entry(&self, position: &mut usize) -> Option<(Value, Value)> {
        let inner = self.peek();
        *position = (*position).max(inner.front);
        while let Some(entry) = inner.entries.get(*position) {
            *position += 1;
            if !entry.key.is_missing() {
                return Some((entry.key.clone(), entry.value.clone()));
            }
        }
        None
    }

    /// The last entry before `position` (exclusive), which moves onto it: for `reversed()` and `popitem()`.
    pub fn previous_entry(&self, position: &mut usize) -> Option<(Value, Value)> {
        let inner = self.inner.borrow();
        *position = (*position).min(inner.entries.len());
        while *position > 0 {
            *position -= 1;
            let entry = &inner.entries[*position];
            if !entry.key.is_missing() {
                return Some((entry.key.clone(), entry.value.clone()));
            }
        }
        None
    }

    /// All entries as they are now.
    pub fn entries(&self) -> Vec<(Value, Value)> {
        let inner = self.inner.borrow();
        inner.entries.iter().filter(|e| !e.key.is_missing()).map(|e| (e.key.clone(), e.value.clone())).collect()
    }

    pub fn keys(&self) -> Vec<Value> {
        let inner = self.inner.borrow();
        inner.entries.iter().filter(|e| !e.key.is_missing()).map(|e| e.key.clone()).collect()
    }

    pub fn values(&self) -> Vec<Value> {
        let inner = self.inner.borrow();
        inner.entries.iter().filter(|e| !e.key.is_missing()).map(|e| e.value.clone()).collect()
    }

    pub fn clear(&self) {
        let old = {
            let mut inner = self.inner.borrow_mut();
            inner.live = 0;
            inner.front = 0;
            inner.layout = inner.layout.wrapping_add(1);
            inner.index.clear();
            std::mem::take(&mut inner.entries)
        };
        drop(old);
    }

    /// Whether any key or value may hold others: only then CPython's collector knows of the dict.
    pub(super) fn holds_containers(&self) -> bool {
        let Ok(inner) = self.inner.try_borrow() else { return true };
        inner.entries.iter().any(|e| is_container(&e.key) || is_container(&e.value))
    }

    /// A copy with the same order; hashes are not computed again.
    pub fn copy(&self) -> Dict {
        let inner = self.inner.borrow();
        let mut copy = Inner::default();
        copy.entries.reserve_exact(inner.live);
        for e in inner.entries.iter().filter(|e| !e.key.is_missing()) {
            copy.entries.push(Entry { hash: e.hash, key: e.key.clone(), value: e.value.clone() });
        }
        copy.live = copy.entries.len();
        copy.reindex();
        Dict { inner: RefCell::new(copy) }
    }

    /// The position of a name, for caches.
    pub fn position_of(&self, name: Symbol) -> Option<u32> {
        let key = Str::of_symbol(name);
        match self.find(key.hash(), &Value::Str(key.clone())) {
            Find::At(at) => Some(at),
            _ => None,
        }
    }

    /// The value of a name.
    pub fn get_name(&self, name: Symbol) -> Option<Value> {
        self.position_of(name).map(|at| self.value_at(at))
    }

    /// Binds a name; gives what it was bound to.
    pub fn set_name(&self, name: Symbol, value: Value) -> Option<Value> {
        self.set_str(&Str::of_symbol(name), value)
    }

    pub fn remove_name(&self, name: Symbol) -> Option<Value> {
        self.position_of(name).map(|at| self.remove_at(at).1)
    }

    /// The value of a str key.
    pub fn get_str(&self, key: &Ref<Str>) -> Option<Value> {
        match self.find(key.hash(), &Value::Str(key.clone())) {
            Find::At(at) => Some(self.value_at(at)),
            _ => None,
        }
    }

    /// Sets a str key; gives the old value. (A key of another type that only a script could tell equal to the str
    /// is another key.)
    pub fn set_str(&self, key: &Ref<Str>, value: Value) -> Option<Value> {
        let hash = key.hash();
        let key = Value::Str(key.clone());
        match self.find(hash, &key) {
            Find::At(at) => Some(self.set_at(at, value)),
            _ => {
                self.insert_new(hash, key, value);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_through_growth_and_removal() {
        let dict = Dict::new();
        for i in 0..100 {
            let key = Value::Int(i);
            dict.insert_new(hash::quick(&key).expect("ints hash"), key, Value::Int(i * i));
        }
        for i in (0..100).step_by(2) {
            let key = Value::Int(i);
            let Find::At(at) = dict.find(hash::quick(&key).expect("ints hash"), &key) else { panic!("{i} is there") };
            dict.remove_at(at);
        }
        let keys: Vec<i64> = dict.keys().iter().filter_map(Value::as_i64).collect();
        assert_eq!(keys, (0..100).filter(|i| i % 2 == 1).collect::<Vec<_>>());
        assert_eq!(dict.copy().len(), 50);
    }

    #[test]
    fn positions_hold_while_the_layout_does() {
        let dict = Dict::new();
        dict.set_name(Symbol::new("a"), Value::Int(1));
        let (layout, at) = (dict.layout(), dict.position_of(Symbol::new("a")).expect("just set"));
        dict.set_name(Symbol::new("a"), Value::Int(2));
        assert_eq!(dict.value_if(layout, at).and_then(|v| v.as_i64()), Some(2));
        dict.set_name(Symbol::new("b"), Value::Int(3));
        assert!(dict.value_if(layout, at).is_none());
    }
}

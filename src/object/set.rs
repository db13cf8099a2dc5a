//! `set` and `frozenset`: an open-addressing table with CPython's probing and growth, so that sets of ints
//! iterate and print in CPython's order (strs: in one order of ours, the same in every run).
//!
//! Never runs user code; see [`super::dict`] for how a search asks. Source of the order: CPython's `Objects/setobject.c`.

use std::cell::{Cell, RefCell};

use super::cycles::{Kind, Tracer};
use super::dict::{Find, Look};
use super::{Heap, Ref, Str, Value, hash};

const MIN_SIZE: usize = 8;
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;

#[derive(Clone)]
struct Entry {
    hash: i64,
    key: Value,
}

/// `Missing` with this hash: deleted; with 0: never used.
const DELETED: i64 = -1;

struct Inner {
    table: Vec<Entry>,
    /// Entries in use or deleted.
    fill: usize,
    used: usize,
}

pub struct Set {
    inner: RefCell<Inner>,
    /// Where `pop()` goes on.
    finger: Cell<usize>,
    /// The hash of a frozenset once computed.
    pub frozen_hash: Cell<Option<i64>>,
}

impl Heap for Set {
    const KIND: Kind = Kind::Set;
    fn trace(&self, tracer: &mut Tracer) {
        match self.inner.try_borrow() {
            Ok(inner) => tracer.values(inner.table.iter().map(|entry| &entry.key)),
            Err(_) => tracer.pin(),
        }
    }
    fn clear(&self) {
        Set::clear(self);
    }
}

fn empty_table(size: usize) -> Vec<Entry> {
    vec![Entry { hash: 0, key: Value::Missing }; size]
}

impl Inner {
    fn find(&self, hash: i64, key: &Value) -> Find {
        let mask = self.table.len() - 1;
        let mut perturb = hash as u64 as usize;
        let mut at = hash as u64 as usize & mask;
        let mut ask = Vec::new();
        loop {
            let probes = if at + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for (i, entry) in self.table[at..at + probes + 1].iter().enumerate() {
                if entry.key.is_missing() {
                    if entry.hash == DELETED {
                        continue;
                    }
                    return if ask.is_empty() { Find::Absent } else { Find::Ask(ask) };
                }
                if entry.hash != hash {
                    continue;
                }
                if entry.key.is(key) {
                    return Find::At((at + i) as u32);
                }
                match hash::quick_eq(&entry.key, key) {
                    Some(true) => return Find::At((at + i) as u32),
                    Some(false) => {}
                    None => ask.push(((at + i) as u32, entry.key.clone())),
                }
            }
            perturb >>= PERTURB_SHIFT;
            at = at.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
        }
    }

    /// Searches for a key that `is_it` knows among those of its own kind; it answers `None` for others.
    #[inline(always)]
    fn look(&self, hash: i64, is_it: impl Fn(&Value) -> Option<bool>) -> Look {
        let mask = self.table.len() - 1;
        let mut perturb = hash as u64 as usize;
        let mut at = hash as u64 as usize & mask;
        let mut unsure = false;
        loop {
            let probes = if at + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            // As a slice, and by the hash first: keys that come and go leave long runs of deleted entries.
            for (i, entry) in self.table[at..at + probes + 1].iter().enumerate() {
                if entry.hash == hash {
                    match is_it(&entry.key) {
                        Some(true) => return Look::At((at + i) as u32),
                        Some(false) => {}
                        None => unsure |= !entry.key.is_missing(),
                    }
                }
                if entry.hash == 0 && entry.key.is_missing() {
                    return if unsure { Look::Unsure } else { Look::Absent };
                }
            }
            perturb >>= PERTURB_SHIFT;
            at = at.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
        }
    }

    /// Puts a key known to be absent into the first unused place.
    fn insert_clean(&mut self, hash: i64, key: Value) {
        let mask = self.table.len() - 1;
        let mut perturb = hash as u64 as usize;
        let mut at = hash as u64 as usize & mask;
        loop {
            let probes = if at + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for i in at..=at + probes {
                let entry = &mut self.table[i];
                if entry.key.is_missing() && entry.hash != DELETED {
                    *entry = Entry { hash, key };
                    return;
                }
            }
            perturb >>= PERTURB_SHIFT;
            at = at.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
        }
    }

    /// Puts a key known to be absent into the last deleted place on its way, else into the first unused one.
    /// Gives the key back when the table would have to grow and there is no memory for that.
    fn insert(&mut self, hash: i64, key: Value) -> Result<(), Value> {
        let (at, reused) = self.place_for(hash);
        self.table[at] = Entry { hash, key };
        self.used += 1;
        if reused {
            return Ok(());
        }
        self.fill += 1;
        if self.fill * 5 >= (self.table.len() - 1) * 3 && !self.try_resize(self.roomy()) {
            (self.fill, self.used) = (self.fill - 1, self.used - 1);
            return Err(std::mem::replace(&mut self.table[at], Entry { hash: 0, key: Value::Missing }).key);
        }
        Ok(())
    }

    /// The size that growing asks for.
    fn roomy(&self) -> usize {
        if self.used > 50_000 { self.used * 2 } else { self.used * 4 }
    }

    fn place_for(&self, hash: i64) -> (usize, bool) {
        let mask = self.table.len() - 1;
        let mut perturb = hash as u64 as usize;
        let mut at = hash as u64 as usize & mask;
        let mut deleted = None;
        loop {
            let probes = if at + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for (i, entry) in self.table[at..at + probes + 1].iter().enumerate() {
                if !entry.key.is_missing() {
                    continue;
                }
                if entry.hash != DELETED {
                    return deleted.map_or((at + i, false), |i| (i, true));
                }
                deleted = Some(at + i);
            }
            perturb >>= PERTURB_SHIFT;
            at = at.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb) & mask;
        }
    }

    fn resize(&mut self, more_than: usize) {
        if !self.try_resize(more_than) {
            std::alloc::handle_alloc_error(std::alloc::Layout::new::<Entry>());
        }
    }

    /// A table of the power of two above `more_than`; false, and nothing changed, when there is no memory for it.
    fn try_resize(&mut self, more_than: usize) -> bool {
        let mut size = MIN_SIZE;
        while size <= more_than {
            size *= 2;
        }
        let mut table = Vec::new();
        if table.try_reserve_exact(size).is_err() {
            return false;
        }
        table.resize(size, Entry { hash: 0, key: Value::Missing });
        let old = std::mem::replace(&mut self.table, table);
        self.fill = self.used;
        for entry in old {
            if !entry.key.is_missing() {
                self.insert_clean(entry.hash, entry.key);
            }
        }
        true
    }
}

impl Default for Set {
    fn default() -> Set {
        Set::new()
    }
}

impl Set {
    pub fn new() -> Set {
        let inner = Inner { table: empty_table(MIN_SIZE), fill: 0, used: 0 };
        Set { inner: RefCell::new(inner), finger: Cell::new(0), frozen_hash: Cell::new(None) }
    }

    pub fn new_ref() -> Ref<Set> {
        Ref::new(Set::new())
    }

    pub fn len(&self) -> usize {
        self.inner.borrow().used
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Searches for a key whose hash is known.
    pub fn find(&self, hash: i64, key: &Value) -> Find {
        self.inner.borrow().find(hash, key)
    }

    /// Searches for an int, a str or a tuple of those: the short way for the commonest keys.
    #[inline]
    pub fn look(&self, key: &Value) -> Look {
        match key {
            Value::Int(n) => self.inner.borrow().look(hash::of_int(*n), |key| match key {
                Value::Int(other) => Some(other == n),
                _ => None,
            }),
            Value::Str(s) => self.inner.borrow().look(s.hash(), |key| match key {
                Value::Str(other) => Some(Str::same_text(other, s)),
                _ => None,
            }),
            Value::Tuple(items) => self.look_for_tuple(items),
            _ => Look::Unsure,
        }
    }

    #[inline(never)]
    fn look_for_tuple(&self, items: &[Value]) -> Look {
        let Some(hash) = hash::of_plain_tuple(items) else { return Look::Unsure };
        self.inner.borrow().look(hash, |key| match key {
            Value::Tuple(other) => hash::same_plain_tuples(items, other),
            _ => None,
        })
    }

    /// Adds a key that a search has just found absent; gives it back when there is no memory for it.
    pub fn insert_new(&self, hash: i64, key: Value) -> Result<(), Value> {
        self.inner.borrow_mut().insert(hash, key)
    }

    /// Removes the key at a position found just now.
    pub fn remove_at(&self, at: u32) -> Value {
        let mut inner = self.inner.borrow_mut();
        inner.used -= 1;
        std::mem::replace(&mut inner.table[at as usize], Entry { hash: DELETED, key: Value::Missing }).key
    }

    /// Removes and gives some key: the next one in table order.
    pub fn pop(&self) -> Option<Value> {
        let at = {
            let inner = self.inner.borrow();
            if inner.used == 0 {
                return None;
            }
            let mask = inner.table.len() - 1;
            let mut at = self.finger.get() & mask;
            while inner.table[at].key.is_missing() {
                at = (at + 1) & mask;
            }
            self.finger.set(at + 1);
            at
        };
        Some(self.remove_at(at as u32))
    }

    /// The first key at or after `position`, which moves past it, with its hash.
    pub fn next_key(&self, position: &mut usize) -> Option<(i64, Value)> {
        let inner = self.inner.borrow();
        while let Some(entry) = inner.table.get(*position) {
            *position += 1;
            if !entry.key.is_missing() {
                return Some((entry.hash, entry.key.clone()));
            }
        }
        None
    }

    /// All keys with their hashes, in table order.
    pub fn entries(&self) -> Vec<(i64, Value)> {
        let inner = self.inner.borrow();
        inner.table.iter().filter(|e| !e.key.is_missing()).map(|e| (e.hash, e.key.clone())).collect()
    }

    pub fn keys(&self) -> Vec<Value> {
        self.entries().into_iter().map(|(_, key)| key).collect()
    }

    pub fn clear(&self) {
        let empty = Inner { table: empty_table(MIN_SIZE), fill: 0, used: 0 };
        let old = std::mem::replace(&mut *self.inner.borrow_mut(), empty);
        drop(old);
    }

    /// Makes room before all keys of another set are added, as CPython's `set_merge` does; an empty set then takes the
    /// other's arrangement whole, and `true` says so.
    pub fn begin_merge(&self, other: &Set) -> bool {
        let (more, size, clean) = {
            let theirs = other.inner.borrow();
            (theirs.used, theirs.table.len(), theirs.fill == theirs.used)
        };
        let mut inner = self.inner.borrow_mut();
        if (inner.fill + more) * 5 >= (inner.table.len() - 1) * 3 {
            let wanted = (inner.used + more) * 2;
            inner.resize(wanted);
        }
        if inner.fill > 0 || inner.table.len() != size || !clean {
            return false;
        }
        let theirs = other.inner.borrow();
        inner.table.clone_from(&theirs.table);
        (inner.fill, inner.used) = (theirs.fill, theirs.used);
        true
    }

    /// Rebuilds the table when more than a quarter of it is deleted entries, as CPython does after a difference.
    pub fn sweep(&self) {
        let mut inner = self.inner.borrow_mut();
        if inner.fill - inner.used > (inner.table.len() - 1) / 4 {
            let wanted = inner.roomy();
            inner.resize(wanted);
        }
    }

    /// Exchanges the content of two sets.
    pub fn swap(&self, other: &Set) {
        if !std::ptr::eq(self, other) {
            std::mem::swap(&mut *self.inner.borrow_mut(), &mut *other.inner.borrow_mut());
        }
    }

    /// A copy as `set(other)` makes it: the table is made large enough at once, then filled in table order.
    pub fn copy(&self) -> Set {
        let copy = Set::new();
        {
            let inner = self.inner.borrow();
            let mut new = copy.inner.borrow_mut();
            if inner.used * 5 >= (MIN_SIZE - 1) * 3 {
                new.resize(inner.used * 2);
            }
            if new.table.len() == inner.table.len() && inner.fill == inner.used {
                new.table = inner.table.clone();
            } else {
                for e in inner.table.iter().filter(|e| !e.key.is_missing()) {
                    new.insert_clean(e.hash, e.key.clone());
                }
            }
            new.used = inner.used;
            new.fill = inner.used;
        }
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ints: &[i64]) -> Set {
        let set = Set::new();
        for &i in ints {
            let key = Value::Int(i);
            let hash = hash::quick(&key).expect("ints hash");
            if matches!(set.find(hash, &key), Find::Absent) {
                set.insert_new(hash, key).expect("memory for a few ints");
            }
        }
        set
    }

    fn order(set: &Set) -> Vec<i64> {
        set.keys().iter().filter_map(Value::as_i64).collect()
    }

    #[test]
    fn iterates_in_cpython_order() {
        assert_eq!(order(&of(&[5, 1, 100, 7, -3, 42, 8, 16])), [1, 100, 5, 7, 8, 42, 16, -3]);
        assert_eq!(order(&of(&[3, 1, 2])), [1, 2, 3]);
    }

    #[test]
    fn the_last_deleted_place_is_used_again() {
        let set = of(&[5, 6, 7, 8, 20, 1, 33, 65]);
        for gone in [1, 33] {
            let Find::At(at) = set.find(gone, &Value::Int(gone)) else { panic!("{gone} is there") };
            set.remove_at(at);
        }
        set.insert_new(97, Value::Int(97)).expect("memory for two ints");
        set.insert_new(129, Value::Int(129)).expect("memory for two ints");
        assert_eq!(order(&set), [129, 97, 65, 5, 6, 7, 8, 20]);
    }

    #[test]
    fn removal_and_pop() {
        let set = of(&[1, 2, 3]);
        assert_eq!(set.pop().and_then(|v| v.as_i64()), Some(1));
        assert_eq!(set.len(), 2);
        assert_eq!(order(&set.copy()), [2, 3]);
    }
}

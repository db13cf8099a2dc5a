//! The entries of an inline cache beyond its first one: for places that see objects of a few shapes in turn. Knows nothing of
//! what an entry means.

use std::cell::RefCell;

/// How many shapes a place may see before it forgets the one it saw first.
const MOST: usize = 4;

/// Entries that were the first one of their cache and gave way, newest last.
pub(super) struct Others<E>(RefCell<Vec<E>>);

impl<E> Default for Others<E> {
    fn default() -> Others<E> {
        Others(RefCell::new(Vec::new()))
    }
}

impl<E> Others<E> {
    /// What `test` makes of the first entry that it knows. It runs nothing of a script.
    #[inline]
    pub(super) fn find<T>(&self, test: impl Fn(&E) -> Option<T>) -> Option<T> {
        self.0.borrow().iter().find_map(test)
    }

    pub(super) fn push(&self, entry: E) {
        let forgotten = {
            let mut entries = self.0.borrow_mut();
            let forgotten = (entries.len() == MOST).then(|| entries.remove(0));
            entries.push(entry);
            forgotten
        };
        // Dropping what it held may run a script's finaliser.
        drop(forgotten);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_gives_way() {
        let others = Others::default();
        for entry in 0..=MOST {
            others.push(entry);
        }
        assert_eq!(others.find(|&entry| (entry == 0).then_some(())), None);
        assert_eq!(others.find(|&entry| (entry == MOST).then_some(())), Some(()));
    }
}

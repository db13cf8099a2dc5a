//! How deep our own recursion is over nested containers: `repr`, comparison, hashing. CPython counts it apart from the calls
//! of scripts (`C_RECURSION_LIMIT`), with texts that say what was being done.

use std::cell::Cell;

use crate::object::{R, Raised, T, Vm};

/// As deep as CPython 3.13 goes on 64-bit Linux.
const LIMIT: u32 = 9_998;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// One level; leaving the scope ends it.
pub struct Nested(());

impl Drop for Nested {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

impl Vm {
    /// Goes one level deeper; `doing` ends the text of the error: ` in comparison`.
    ///
    /// # Errors
    /// RecursionError when that is too deep, or the native stack nearly used up.
    pub fn nest(&self, doing: &str) -> R<Nested> {
        let depth = DEPTH.get() + 1;
        if depth > LIMIT {
            return Err(self.nested_too_deep(doing));
        }
        if let Err(raised) = self.check_native_stack() {
            drop(self.take_raised(raised));
            return Err(self.nested_too_deep(doing));
        }
        DEPTH.set(depth);
        Ok(Nested(()))
    }

    #[cold]
    fn nested_too_deep(&self, doing: &str) -> Raised {
        self.error(T::RecursionError, format!("maximum recursion depth exceeded{doing}"))
    }
}

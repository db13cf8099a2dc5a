//! How a test ended, as data.

use std::path::PathBuf;
use std::time::Duration;

use crate::interp::leaks::Leak;

/// What was wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Something printed is not what was expected; `what` names it.
    Differs { what: String, expected: String, printed: String },
    /// Anything else, over several lines.
    Says(String),
}

/// New contents that blessing gives to a file.
#[derive(Clone, Debug)]
pub struct Blessing {
    pub file: PathBuf,
    pub what: New,
}

#[derive(Clone, Debug)]
pub enum New {
    /// The whole file; None removes it.
    Contents(Option<String>),
    /// These lines (from 1, both included) become this text.
    Lines { first: usize, last: usize, text: String },
}

/// One test's end.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub faults: Vec<Fault>,
    pub blessings: Vec<Blessing>,
    pub took: Duration,
}

impl Outcome {
    /// Nothing was wrong, or all of it is blessed.
    pub fn passed(&self) -> bool {
        self.faults.is_empty()
    }

    pub fn says(&mut self, text: impl Into<String>) {
        self.faults.push(Fault::Says(text.into()));
    }

    /// Leaks are faults. A script may leave tasks to its loop's end, which cancels them; a test function may not.
    pub fn leaks(&mut self, leaks: Vec<(Leak, String)>, may_leave_tasks: bool) {
        let counts = |leak: &Leak| !(may_leave_tasks && *leak == Leak::LeftPending);
        leaks.into_iter().filter(|(leak, _)| counts(leak)).for_each(|(_, text)| self.says(text));
    }

    /// Compares, and remembers the difference.
    pub fn compare(&mut self, what: &str, expected: &str, printed: &str) -> bool {
        let same = expected == printed;
        if !same {
            let (expected, printed) = (expected.to_owned(), printed.to_owned());
            self.faults.push(Fault::Differs { what: what.to_owned(), expected, printed });
        }
        same
    }
}

/// Printed bytes as text; what is not UTF-8 stays visible.
pub fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

//! Where the lines of a prompt come from.

use crate::engine::Session;

/// What a block's lines are indented by.
pub const INDENT: &str = "    ";

/// What came.
pub enum Line {
    /// A line without its end; more than one when they were pasted or taken from the history.
    Text(String),
    /// Ctrl-C: what was typed is thrown away.
    Interrupted,
    /// The input has ended.
    End,
    /// A task ended the session while the prompt waited.
    Exit(i32),
}

/// What a line begins with before anything is typed.
#[derive(Clone, Default)]
pub struct Opening {
    pub indent: String,
    /// Words that can only stand a step further left: a line that begins with one goes there.
    pub outdents: Vec<&'static str>,
}

/// A source of lines. While it waits it lets the session's loop run.
pub trait Lines {
    /// The next line; `continues` when it belongs to a statement that is not complete, `opening` is what it begins with.
    fn next(&mut self, session: &Session, continues: bool, opening: Opening) -> Line;

    /// Whether somebody types the lines.
    fn is_edited(&self) -> bool;

    /// Keeps an input for later runs.
    fn remember(&mut self, _text: &str) {}
}

/// What stands before a line.
pub fn prompt(continues: bool) -> &'static str {
    if continues { "... " } else { ">>> " }
}

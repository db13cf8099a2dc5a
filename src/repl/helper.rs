//! What the line editor asks while a line is typed: colours, the bracket that belongs to the cursor's, hints from the
//! history, completions. Runs on the editor's thread; completions come from the session's.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hinter, HistoryHinter};
use rustyline::validate::Validator;
use rustyline::{Context, Result};

use super::editor::{Ask, Bell, Event};
use crate::syntax::highlight::{Class, classify};

/// How long a completion may take: the session may be busy.
const PATIENCE: Duration = Duration::from_millis(300);

pub struct Helper {
    events: Sender<Event>,
    asks: Rc<Receiver<Ask>>,
    bell: Bell,
    hinter: HistoryHinter,
    /// How many completions were asked for.
    asked: Cell<u64>,
}

impl Helper {
    /// Asks by `events` and the bell; answers come with `asks`, from which nobody else takes while a line is typed.
    pub fn new(events: Sender<Event>, asks: Rc<Receiver<Ask>>, bell: Bell) -> Helper {
        Helper { events, asks, bell, hinter: HistoryHinter::new(), asked: Cell::new(0) }
    }

    /// The answer to a question, if it comes in time; late ones to earlier questions are let go.
    fn answer(&self, wanted: u64) -> Option<(usize, Vec<String>)> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ask = self.asks.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?;
            if let Ask::Completed { number, start, choices } = ask
                && number == wanted
            {
                return Some((start, choices));
            }
        }
    }
}

impl rustyline::Helper for Helper {}
impl Validator for Helper {}

impl Completer for Helper {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> Result<(usize, Vec<String>)> {
        // On an empty beginning Tab indents.
        let before = line[..pos].rsplit('\n').next().unwrap_or("");
        if before.trim().is_empty() {
            return Ok((pos, vec![" ".repeat(4 - before.chars().count() % 4)]));
        }
        let number = self.asked.get() + 1;
        self.asked.set(number);
        if self.events.send(Event::Complete { line: line.to_owned(), pos, number }).is_err() {
            return Ok((pos, Vec::new()));
        }
        self.bell.ring();
        Ok(self.answer(number).unwrap_or((pos, Vec::new())))
    }
}

impl Hinter for Helper {
    type Hint = String;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<String> {
        let hint = self.hinter.hint(line, pos, context)?;
        // Of a longer input the first line says enough.
        let first = hint.lines().next().unwrap_or("").to_owned();
        (!line.trim().is_empty() && first == hint).then_some(hint)
    }
}

const RESET: &str = "\x1b[0m";
const DIM: &str = "\x1b[2m";
const MATCHING: &str = "\x1b[1;7m";

fn colour(class: Class) -> &'static str {
    match class {
        Class::Keyword => "\x1b[35m",
        Class::Constant => "\x1b[36m",
        Class::String => "\x1b[32m",
        Class::Comment => "\x1b[2m",
        Class::Definition => "\x1b[1;34m",
        Class::Decorator => "\x1b[33m",
        Class::Name | Class::Bracket | Class::Operator => "",
    }
}

impl Highlighter for Helper {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        Cow::Owned(painted(line, pos))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("{DIM}{hint}{RESET}"))
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        true
    }
}

/// A line with its colours; the bracket under or before the cursor and its partner stand out.
pub fn painted(line: &str, cursor: usize) -> String {
    let pieces = classify(line);
    let brackets: Vec<(usize, u8)> = pieces
        .iter()
        .filter(|(_, class)| *class == Class::Bracket)
        .map(|(span, _)| (span.start as usize, line.as_bytes()[span.start as usize]))
        .collect();
    let pair = matching(&brackets, cursor);
    let mut out = String::with_capacity(line.len() * 2);
    let mut at = 0;
    for (span, class) in pieces {
        let (start, end) = (span.start as usize, span.end as usize);
        out.push_str(&line[at..start]);
        let marked = pair.is_some_and(|(a, b)| start == a || start == b);
        let paint = if marked { MATCHING } else { colour(class) };
        out.push_str(paint);
        out.push_str(&line[start..end]);
        if !paint.is_empty() {
            out.push_str(RESET);
        }
        at = end;
    }
    out.push_str(&line[at..]);
    out
}

/// The bracket at the cursor, or right before it, and the one that belongs to it.
fn matching(brackets: &[(usize, u8)], cursor: usize) -> Option<(usize, usize)> {
    let near = [Some(cursor), cursor.checked_sub(1)];
    let here = near.into_iter().flatten().find_map(|place| brackets.iter().position(|&(at, _)| at == place))?;
    let opens = |bracket: u8| matches!(bracket, b'(' | b'[' | b'{');
    let step = if opens(brackets[here].1) { 1 } else { -1 };
    let (mut depth, mut i) = (0i32, here as isize);
    while let Some(&(at, bracket)) = usize::try_from(i).ok().and_then(|i| brackets.get(i)) {
        depth += if opens(bracket) == (step == 1) { 1 } else { -1 };
        if depth == 0 {
            return Some((brackets[here].0, at));
        }
        i += step;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_find_their_partner() {
        let text = "f(a[1], '(')";
        let painted = painted(text, text.len());
        assert_eq!(painted.matches(MATCHING).count(), 2);
        assert!(painted.starts_with("f\x1b[1;7m("));
        assert_eq!(super::painted("f(", 1).matches(MATCHING).count(), 0);
    }
}

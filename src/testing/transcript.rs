//! Transcripts of the prompt: lines behind `>>>` and `...` are typed, what stands below them must come back. A line `...`
//! at the beginning of an expected line stands for anything; so does an address.

use super::Manner;
use super::markdown::Block;
use super::outcome::{Blessing, New, Outcome, text};
use super::watchdog::Watchdog;
use crate::engine::session::{self, After, Input, Reading};
use crate::engine::{Engine, Session};

/// One input and what it must print.
struct Exchange {
    typed: String,
    expected: String,
    /// The line of the transcript where the expected text begins, counted from 0.
    line: usize,
}

pub fn run(block: &Block, manner: Manner, watchdog: &Watchdog) -> Outcome {
    let mut outcome = Outcome::default();
    let engine = block.engine(manner);
    let watched = watchdog.watch(&engine.interrupt(), manner.timeout);
    let Ok(session) = Session::new(&engine) else {
        outcome.says("no event loop can be made");
        return outcome;
    };
    let (mut expected, mut printed) = (String::new(), String::new());
    let mut blessings = Vec::new();
    for exchange in exchanges(&block.text) {
        let (came, ended) = answer(&engine, &session, &exchange.typed);
        let prompted: String = shown_input(&exchange.typed);
        expected.push_str(&prompted);
        printed.push_str(&prompted);
        let same = fits(&exchange.expected, &came);
        expected.push_str(&exchange.expected);
        printed.push_str(if same { &exchange.expected } else { &came });
        if !same {
            blessings.push(blessing(block, &exchange, &came));
        }
        if ended {
            break;
        }
    }
    let ((), _, _) = engine.collecting(|| session.close());
    if watched.was_too_long() {
        outcome.says(format!("ran longer than {} s", manner.timeout.as_secs_f64()));
    }
    if !outcome.compare("transcript", &expected, &printed) && manner.bless {
        outcome.blessings = blessings;
    }
    outcome
}

/// What came, in place of what was expected; blank lines before the next prompt stay.
fn blessing(block: &Block, exchange: &Exchange, came: &str) -> Blessing {
    let first = block.line + exchange.line;
    let last = first + exchange.expected.trim_end().lines().count() - 1;
    let came = came.trim_end();
    let text = if came.is_empty() { String::new() } else { format!("{came}\n") };
    Blessing { file: block.document.clone(), what: New::Lines { first, last, text } }
}

/// What an input prints on both streams, and whether it ended the session.
fn answer(engine: &Engine, session: &Session, typed: &str) -> (String, bool) {
    let input = match session::read("<stdin>", &format!("{typed}\n")) {
        Reading::Complete(input) | Reading::Invalid(input) => input,
        Reading::Incomplete => Input::whole("<stdin>", typed.to_owned()),
    };
    let (after, out, err) = engine.collecting(|| session.run(input));
    (text(out) + &text(err), matches!(after, After::Exit(_)))
}

fn shown_input(typed: &str) -> String {
    let mut prompt = ">>>";
    let mut out = String::new();
    for line in typed.lines() {
        out.push_str(format!("{prompt} {line}").trim_end());
        out.push('\n');
        prompt = "...";
    }
    out
}

fn exchanges(transcript: &str) -> Vec<Exchange> {
    let mut found: Vec<Exchange> = Vec::new();
    let mut typing = false;
    for (number, line) in transcript.lines().enumerate() {
        let bare = |rest: &str| rest.strip_prefix(' ').unwrap_or(rest).to_owned();
        if let Some(rest) = line.strip_prefix(">>>") {
            found.push(Exchange { typed: bare(rest), expected: String::new(), line: number + 1 });
            typing = true;
            continue;
        }
        let Some(last) = found.last_mut() else { continue };
        match line.strip_prefix("...").filter(|rest| typing && (rest.is_empty() || rest.starts_with(' '))) {
            Some(rest) => {
                last.typed.push('\n');
                last.typed.push_str(&bare(rest));
                last.line = number + 1;
            }
            None => {
                typing = false;
                last.expected.push_str(line);
                last.expected.push('\n');
            }
        }
    }
    found
}

/// Whether an answer is what the transcript has: white space at the ends aside, addresses alike, frames of tracebacks
/// left out, `...` for anything.
fn fits(expected: &str, came: &str) -> bool {
    let (expected, came) = (comparable(expected), comparable(came));
    let lines = |text: &str| -> Vec<String> { text.lines().map(|line| line.trim_end().to_owned()).collect() };
    let (expected, came) = (lines(expected.trim_end()), lines(came.trim_end()));
    matches(&expected, &came)
}

fn matches(expected: &[String], came: &[String]) -> bool {
    match expected.split_first() {
        None => came.is_empty(),
        Some((first, rest)) if first == "..." => (0..=came.len()).any(|skip| matches(rest, &came[skip..])),
        Some((first, rest)) => came.split_first().is_some_and(|(line, more)| first == line && matches(rest, more)),
    }
}

/// A text with addresses made alike and without the indented lines below `Traceback`.
fn comparable(text: &str) -> String {
    let mut out = String::new();
    let mut frames = false;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        frames = frames && line.starts_with(' ');
        if !frames {
            out.push_str(&without_addresses(line));
            out.push('\n');
        }
        frames = frames || line.starts_with("Traceback (most recent call last)");
    }
    out
}

fn without_addresses(line: &str) -> String {
    let mut parts = line.split(" at 0x");
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        out.push_str(" at 0x");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_may_leave_things_open() {
        assert!(fits("<f at 0x1234>\n", "<f at 0xabcdef>\n"));
        assert!(fits("a\n...\nz\n", "a\nb\nc\nz\n"));
        assert!(!fits("a\nz\n", "a\nb\nz\n"));
        assert!(fits(
            "Traceback (most recent call last):\n  ...\nE: x\n",
            "Traceback (most recent call last):\n  File\nE: x\n"
        ));
    }

    #[test]
    fn inputs_go_over_several_lines() {
        let found = exchanges(">>> def f():\n...     return 1\n...\n>>> f()\n1\n");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].typed, "def f():\n    return 1\n");
        assert_eq!((found[1].expected.as_str(), found[1].line), ("1\n", 4));
    }
}

//! The line editor, on a thread of its own: it gets prompts, gives lines, and asks for completions. Knows rustyline and
//! nothing of the session.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender};

use rustyline::config::{BellStyle, Builder};
use rustyline::error::ReadlineError;
use rustyline::history::{DefaultHistory, History};
use rustyline::{
    Cmd, CompletionType, ConditionalEventHandler, Editor, Event as KeyPress, EventContext, EventHandler, KeyCode,
    KeyEvent, Modifiers, Movement, RepeatCount,
};

use super::helper::{Helper, painted};
use super::history;
use super::lines::{INDENT, Opening};
use crate::engine::signal;
use crate::report::{refuses_colours, width};

/// What the session asks of the editor's threads, or answers. (One type for all: every channel has a kind of its own otherwise.)
pub enum Ask {
    Line {
        prompt: &'static str,
        opening: Opening,
    },
    Remember(String),
    /// What completes the text that [`Event::Complete`] of this number has shown: where it begins, and the choices.
    Completed {
        number: u64,
        start: usize,
        choices: Vec<String>,
    },
    /// Text for the printer.
    Print(String),
}

/// What the editor tells the session.
pub enum Event {
    /// It is there; text given to the printer appears above the line that is typed.
    Ready(Option<Printer>),
    Line(Typed),
    Complete {
        line: String,
        pos: usize,
        number: u64,
    },
}

/// How a line ended.
pub enum Typed {
    Text(String),
    Interrupted,
    End,
}

/// Prints above the line that is typed.
pub type Printer = Box<dyn rustyline::ExternalPrinter + Send>;

/// Wakes the session's loop.
pub struct Bell(pub UnixStream);

impl Bell {
    /// A full pipe wakes as well as a fuller one.
    pub fn ring(&self) {
        let _ = (&self.0).write(&[1]);
    }
}

type Line = Editor<Helper, DefaultHistory>;

/// The thread's work: until nobody asks any more.
pub fn run(asks: Receiver<Ask>, events: &Sender<Event>, bell: UnixStream) {
    let asks = Rc::new(asks);
    signal::leave_to_other_threads();
    let Ok(own_bell) = bell.try_clone().map(Bell) else { return };
    let Some(mut editor) = make(events.clone(), Rc::clone(&asks), Bell(bell)) else {
        let _ = events.send(Event::Line(Typed::End));
        own_bell.ring();
        return;
    };
    let printer = editor.create_external_printer().ok().map(|printer| Box::new(printer) as Printer);
    let _ = events.send(Event::Ready(printer));
    while let Ok(ask) = asks.recv() {
        let (prompt, opening) = match ask {
            Ask::Line { prompt, opening } => (prompt, opening),
            Ask::Remember(text) => {
                remember(&mut editor, &text);
                continue;
            }
            // An answer that came too late; what the printer has is its own.
            Ask::Completed { .. } | Ask::Print(_) => continue,
        };
        let typed = match editor.readline_with_initial(prompt, (&opening.indent, "")) {
            Ok(text) => Typed::Text(outdented(text, prompt, &opening)),
            Err(ReadlineError::Interrupted) => Typed::Interrupted,
            // The end of the input, or a terminal that is gone.
            Err(_) => Typed::End,
        };
        if events.send(Event::Line(typed)).is_err() {
            return;
        }
        own_bell.ring();
    }
}

fn make(events: Sender<Event>, asks: Rc<Receiver<Ask>>, bell: Bell) -> Option<Line> {
    let config = Builder::new()
        .max_history_size(history::MOST)
        .and_then(|builder| builder.history_ignore_dups(true))
        .ok()?
        .completion_type(CompletionType::List)
        .bell_style(BellStyle::None)
        .bracketed_paste(true)
        .tab_stop(4)
        .build();
    let mut editor = Line::with_config(config).ok()?;
    editor.set_helper(Some(Helper::new(events, asks, bell)));
    let dedent = EventHandler::Conditional(Box::new(Dedent));
    editor.bind_sequence(KeyEvent(KeyCode::Backspace, Modifiers::NONE), dedent);
    if let Some(file) = history::file() {
        // A history that cannot be read begins anew.
        let _ = editor.load_history(&file);
    }
    Some(editor)
}

fn remember(editor: &mut Line, text: &str) {
    if editor.history_mut().add(text).unwrap_or(false)
        && let Some(file) = history::file()
    {
        // Nothing is lost by a history that cannot be kept.
        let _ = editor.append_history(&file);
    }
}

/// Backspace within indentation takes a whole step of it.
struct Dedent;

impl ConditionalEventHandler for Dedent {
    fn handle(&self, _: &KeyPress, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let before = context.line()[..context.pos()].rsplit('\n').next()?;
        let is_indent = !before.is_empty() && before.len() % 4 == 0 && before.bytes().all(|byte| byte == b' ');
        is_indent.then_some(Cmd::Kill(Movement::BackwardChar(4)))
    }
}

/// A clause that was typed where only its block's statements stand, as `else:` after them: a step further left, on the screen
/// too.
fn outdented(text: String, prompt: &str, opening: &Opening) -> String {
    let Some(line) = moved(&text, opening) else { return text };
    let columns = width::of_terminal().unwrap_or(0);
    if prompt.len() + width::of(&text) < columns {
        let painted = if refuses_colours() { line.clone() } else { painted(&line, line.len()) };
        let mut out = std::io::stdout().lock();
        // Up to the line that was just ended; a terminal that is gone shows nothing.
        let _ = write!(out, "\x1b[A\r{prompt}{painted}\x1b[K\r\n").and_then(|()| out.flush());
    }
    line
}

fn moved(text: &str, opening: &Opening) -> Option<String> {
    let typed = text.strip_prefix(opening.indent.as_str())?;
    let word = typed.split(|c: char| !c.is_alphanumeric()).next()?;
    let less = opening.indent.strip_suffix(INDENT)?;
    opening.outdents.contains(&word).then(|| format!("{less}{typed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_move_to_their_statement() {
        let opening = Opening { indent: "        ".to_owned(), outdents: vec!["else"] };
        assert_eq!(moved("        else: f()", &opening).as_deref(), Some("    else: f()"));
        assert_eq!(moved("    else: f()", &opening), None, "it was moved by hand");
        assert_eq!(moved("        elsewhere()", &opening), None);
    }
}

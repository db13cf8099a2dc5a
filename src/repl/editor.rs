//! The line editor, on a thread of its own: it gets prompts, gives lines, and asks for completions. Knows rustyline and
//! nothing of the session.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender};

use rustyline::config::{BellStyle, Builder};
use rustyline::error::ReadlineError;
use rustyline::hint::HistoryHinter;
use rustyline::history::{DefaultHistory, History};
use rustyline::{
    Cmd, CompletionType, ConditionalEventHandler, Editor, Event as KeyPress, EventContext, EventHandler, KeyCode,
    KeyEvent, Modifiers, Movement, RepeatCount,
};

use super::helper::Helper;
use super::history;
use crate::engine::signal;

/// What the session asks of the editor.
pub enum Ask {
    Line { prompt: &'static str, initial: String },
    Remember(String),
}

/// What the editor tells the session.
pub enum Event {
    /// It is there; text given to the printer appears above the line that is typed.
    Ready(Option<Printer>),
    Line(Typed),
    Complete {
        line: String,
        pos: usize,
        answer: Sender<(usize, Vec<String>)>,
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
pub fn run(asks: &Receiver<Ask>, events: &Sender<Event>, bell: UnixStream) {
    signal::leave_to_other_threads();
    let Ok(own_bell) = bell.try_clone().map(Bell) else { return };
    let Some(mut editor) = make(events.clone(), Bell(bell)) else {
        let _ = events.send(Event::Line(Typed::End));
        own_bell.ring();
        return;
    };
    let printer = editor.create_external_printer().ok().map(|printer| Box::new(printer) as Printer);
    let _ = events.send(Event::Ready(printer));
    while let Ok(ask) = asks.recv() {
        let (prompt, initial) = match ask {
            Ask::Line { prompt, initial } => (prompt, initial),
            Ask::Remember(text) => {
                remember(&mut editor, &text);
                continue;
            }
        };
        let typed = match editor.readline_with_initial(prompt, (&initial, "")) {
            Ok(text) => Typed::Text(text),
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

fn make(events: Sender<Event>, bell: Bell) -> Option<Line> {
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
    editor.set_helper(Some(Helper { events, bell, hinter: HistoryHinter::new() }));
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

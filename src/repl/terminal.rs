//! Lines typed at a terminal. The editor has a thread of its own; this side waits for it by letting the session's loop
//! run, answers its questions, and gives it what tasks print meanwhile, so that the line being typed stays whole.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::completion;
use super::editor::{self, Ask, Event, Printer, Typed};
use super::lines::{Line, Lines, Opening, prompt};
use crate::engine::{After, Session};
use crate::interp::streams::{Sink, Streams};
use crate::report::width;

/// How long the editor may take to look at its terminal.
const START: Duration = Duration::from_secs(5);

pub struct Terminal {
    asks: Sender<Ask>,
    events: Receiver<Event>,
    bell: UnixStream,
    shown: Rc<Shown>,
}

/// What is on the screen.
#[derive(Default)]
struct Shown {
    /// A line is being typed.
    typing: Cell<bool>,
    /// What was printed last ends within a line.
    within_line: Cell<bool>,
}

impl Terminal {
    /// Starts the editor and leads what scripts print past it. None when it cannot be had.
    pub fn open(streams: &Streams) -> Option<Terminal> {
        let (bell, rung) = UnixStream::pair().ok()?;
        bell.set_nonblocking(true).ok()?;
        rung.set_nonblocking(true).ok()?;
        let (asks, asked) = channel();
        let (told, events) = channel();
        std::thread::Builder::new().spawn(move || editor::run(asked, &told, bell)).ok()?;
        let printer = match events.recv_timeout(START) {
            Ok(Event::Ready(printer)) => printer,
            _ => return None,
        };
        let shown = Rc::<Shown>::default();
        if let Some(printer) = printer.and_then(printing_thread) {
            lead(streams, &printer, &shown);
        }
        Some(Terminal { asks, events, bell: rung, shown })
    }

    fn silence(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.bell).read(&mut bytes), Ok(n) if n == bytes.len()) {}
    }
}

/// A thread that prints: the editor takes a text only when it comes round to it, and the session must not wait for that.
fn printing_thread(mut printer: Printer) -> Option<Sender<Ask>> {
    let (sender, texts) = channel();
    let work = move || {
        while let Ok(Ask::Print(text)) = texts.recv() {
            // A terminal that is gone shows nothing.
            let _ = printer.print(text);
        }
    };
    std::thread::Builder::new().spawn(work).ok().map(|_| sender)
}

/// What scripts print goes above the line while one is typed, and straight to the terminal otherwise.
fn lead(streams: &Streams, printer: &Sender<Ask>, shown: &Rc<Shown>) {
    for (output, is_error) in [(&streams.stdout, false), (&streams.stderr, true)] {
        let (printer, shown) = (printer.clone(), shown.clone());
        output.redirect(Sink::Writer(Rc::new(move |bytes: &[u8]| {
            if shown.typing.get() {
                let _ = printer.send(Ask::Print(String::from_utf8_lossy(bytes).into_owned()));
                return Ok(());
            }
            shown.within_line.set(bytes.last().is_some_and(|&byte| byte != b'\n'));
            if is_error {
                return io::stderr().lock().write_all(bytes);
            }
            let mut out = io::stdout().lock();
            out.write_all(bytes).and_then(|()| out.flush())
        })));
    }
}

/// Takes the cursor to the beginning of a line, this one's if it is there: as many spaces as fit go to the next line otherwise.
fn end_line() {
    let filler = width::of_terminal().map_or("\n".to_owned(), |columns| " ".repeat(columns) + "\r");
    let mut out = io::stdout().lock();
    // A terminal that is gone shows nothing.
    let _ = out.write_all(filler.as_bytes()).and_then(|()| out.flush());
}

impl Lines for Terminal {
    fn next(&mut self, session: &Session, continues: bool, opening: Opening) -> Line {
        if self.shown.within_line.take() {
            end_line();
        }
        let ask = Ask::Line { prompt: prompt(continues), opening };
        if self.asks.send(ask).is_err() {
            return Line::End;
        }
        self.shown.typing.set(true);
        let line = loop {
            if let After::Exit(status) = session.wait_readable(self.bell.as_raw_fd()) {
                break Line::Exit(status);
            }
            self.silence();
            let mut line = None;
            while let Ok(event) = self.events.try_recv() {
                match event {
                    Event::Ready(_) => {}
                    Event::Complete { line, pos, number } => {
                        let (start, choices) = completion::complete(session, &line, pos);
                        // An editor that is gone needs no answer.
                        let _ = self.asks.send(Ask::Completed { number, start, choices });
                    }
                    Event::Line(Typed::Text(text)) => line = Some(Line::Text(text)),
                    Event::Line(Typed::Interrupted) => line = Some(Line::Interrupted),
                    Event::Line(Typed::End) => line = Some(Line::End),
                }
            }
            if let Some(line) = line {
                break line;
            }
        };
        self.shown.typing.set(false);
        line
    }

    fn is_edited(&self) -> bool {
        true
    }

    fn remember(&mut self, text: &str) {
        let _ = self.asks.send(Ask::Remember(text.to_owned()));
    }
}

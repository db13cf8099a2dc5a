//! Lines from a pipe or a file, as `python3 -i -q` reads them: prompts go to standard error, nothing is edited. So
//! transcripts can be replayed.

use std::io;
use std::os::fd::AsRawFd;
use std::rc::Rc;

use super::lines::{Line, Lines, Opening, prompt};
use crate::engine::{After, Session};
use crate::interp::streams::Streams;

/// Standard input, shared with what a script's `input()` reads.
pub struct Pipe {
    streams: Rc<Streams>,
}

impl Pipe {
    pub fn new(streams: Rc<Streams>) -> Pipe {
        Pipe { streams }
    }
}

impl Lines for Pipe {
    fn next(&mut self, session: &Session, continues: bool, _opening: Opening) -> Line {
        eprint!("{}", prompt(continues));
        let stdin = io::stdin();
        // Lines that are there come before the tasks: a transcript gives the same in every run.
        if !self.streams.has_input_left()
            && !has_input(&stdin)
            && let After::Exit(status) = session.wait_readable(stdin.as_raw_fd())
        {
            return Line::Exit(status);
        }
        let mut bytes = Vec::new();
        loop {
            match self.streams.read_part_of_line(&mut bytes) {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Line::Interrupted,
                Err(error) => {
                    eprintln!("aio: cannot read standard input: {error}");
                    return Line::End;
                }
            }
        }
        if bytes.is_empty() {
            eprintln!();
            return Line::End;
        }
        Line::Text(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned())
    }

    fn is_edited(&self) -> bool {
        false
    }
}

/// Whether a read would not wait.
fn has_input(stdin: &io::Stdin) -> bool {
    crate::event::poller::is_readable(stdin.as_raw_fd()).unwrap_or(true)
}

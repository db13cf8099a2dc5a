//! What a test run shows: a line that says how far it is, each failure with its difference, the sum at the end.

use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use super::diff;
use super::discover::Test;
use super::outcome::{Fault, Outcome};

/// A test slower than this is shown with its time.
const SLOW: Duration = Duration::from_millis(500);

pub struct Console {
    total: usize,
    colours: bool,
    progress: bool,
    /// How many are done, and how many of them failed.
    state: Mutex<(usize, usize)>,
}

impl Console {
    pub fn new(total: usize, colours: bool, progress: bool) -> Console {
        Console { total, colours, progress, state: Mutex::new((0, 0)) }
    }

    fn paint(&self, colour: &'static str, text: &str) -> String {
        if self.colours { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A test has ended; called from any thread.
    pub fn finished(&self, test: &Test, outcome: &Outcome) {
        let Ok(mut state) = self.state.lock() else { return };
        state.0 += 1;
        let mut out = String::new();
        if !outcome.passed() {
            state.1 += 1;
            out.push_str(&self.failure(test, outcome));
        } else if outcome.took >= SLOW {
            out.push_str(&format!("slow {}  {:.2} s\n", test.name, outcome.took.as_secs_f64()));
        }
        let mut stdout = std::io::stdout().lock();
        // Whoever does not read any more needs to be told nothing.
        if self.progress {
            let _ = write!(stdout, "\r\x1b[2K{out}{}/{}", state.0, self.total);
            if state.1 > 0 {
                let _ = write!(stdout, ", {}", self.paint("31", &format!("{} failed", state.1)));
            }
        } else {
            let _ = write!(stdout, "{out}");
        }
        let _ = stdout.flush();
    }

    fn failure(&self, test: &Test, outcome: &Outcome) -> String {
        let seconds = outcome.took.as_secs_f64();
        let mut out = format!("{} {}  {seconds:.3} s\n", self.paint("1;31", "FAILED"), self.paint("1", &test.name));
        for fault in &outcome.faults {
            match fault {
                Fault::Says(text) => text.lines().for_each(|line| out.push_str(&format!("  {line}\n"))),
                Fault::Differs { what, expected, printed } => {
                    out.push_str(&format!("  {what} differs (- expected, + printed):\n"));
                    let difference = diff::unified(expected, printed, self.colours);
                    difference.lines().for_each(|line| out.push_str(&format!("  {line}\n")));
                }
            }
        }
        out.push('\n');
        out
    }

    /// Says that an expected output was written anew.
    pub fn blessed(&self, file: &str) {
        println!("{} {file}", self.paint("33", "blessed"));
    }

    pub fn summary(&self, passed: usize, failed: usize, took: Duration) {
        if self.progress {
            print!("\r\x1b[2K");
        }
        let text = format!("{passed} passed, {failed} failed");
        let painted = self.paint(if failed > 0 { "1;31" } else { "1;32" }, &text);
        println!("{painted} in {:.2} s", took.as_secs_f64());
    }
}

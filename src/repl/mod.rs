//! The prompt: lines in, statements run, values and reports out. Where lines come from is `lines`'s business, how
//! statements run the engine's [`Session`].

mod commands;
mod completion;
mod editor;
mod helper;
mod history;
mod lines;
mod pipe;
mod terminal;

use std::io::{IsTerminal, Write};

use crate::engine::session::{self, After, Input, Reading};
use crate::engine::{Engine, Options, Session, signal};
use crate::report::width;
use lines::{INDENT, Line, Lines, Opening};

/// Runs the prompt until its input ends, and gives the exit status. With a terminal on both sides lines are edited;
/// otherwise they are read as they come.
pub fn run(options: Options) -> i32 {
    let on_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let engine = Engine::new(options);
    signal::raise_on_ctrl_c(&engine.interrupt());
    engine.streams().on_closed.set(Some(|| std::process::exit(0)));
    let Ok(session) = Session::new(&engine) else {
        eprintln!("aio: cannot make an event loop");
        return 1;
    };
    let edited = if on_terminal { terminal::Terminal::open(&engine.streams()) } else { None };
    let (status, session) = match edited {
        Some(mut terminal) => {
            greet();
            Repl::new(session, &mut terminal).run()
        }
        None => Repl::new(session, &mut pipe::Pipe::new(engine.streams())).run(),
    };
    session.close();
    status
}

fn greet() {
    let version = env!("CARGO_PKG_VERSION");
    let text = format!("aio {version}: Python 3.13 syntax, `await` anywhere. :help says more, Ctrl-D leaves");
    print!("{}", commands::filled("", 0, &text, width::of_terminal().unwrap_or(100)));
}

/// The state of the prompt.
struct Repl<'a, 'e> {
    session: Session<'e>,
    lines: &'a mut dyn Lines,
    /// The lines of a statement that is not complete.
    pending: String,
    /// How many inputs there were.
    count: u32,
}

impl<'a, 'e> Repl<'a, 'e> {
    fn new(session: Session<'e>, lines: &'a mut dyn Lines) -> Repl<'a, 'e> {
        Repl { session, lines, pending: String::new(), count: 0 }
    }

    fn run(mut self) -> (i32, Session<'e>) {
        let status = loop {
            let opening = if self.lines.is_edited() { opening(&self.pending) } else { Opening::default() };
            match self.lines.next(&self.session, !self.pending.is_empty(), opening) {
                Line::Text(line) => {
                    if let After::Exit(status) = self.line(&line) {
                        break status;
                    }
                }
                Line::Interrupted => {
                    self.pending.clear();
                    eprintln!("KeyboardInterrupt");
                }
                Line::Exit(status) => break status,
                Line::End if self.pending.is_empty() => {
                    if self.lines.is_edited() {
                        println!();
                        farewell(&self.session);
                    }
                    break 0;
                }
                // The end of the input comes again once the block it closes has run.
                Line::End => {
                    if let After::Exit(status) = self.end() {
                        break status;
                    }
                }
            }
        };
        (status, self.session)
    }

    fn line(&mut self, line: &str) -> After {
        let is_fresh = self.pending.is_empty();
        let edited = self.lines.is_edited();
        if is_fresh && line.trim().is_empty() {
            return After::Done;
        }
        if is_fresh && let Some(command) = line.trim_start().strip_prefix(':') {
            self.lines.remember(line);
            return commands::run(&self.session, command);
        }
        if is_fresh
            && edited
            && let Some(command) = said_as_python(line.trim())
        {
            self.lines.remember(line);
            return commands::run(&self.session, &command);
        }
        if !is_fresh {
            self.pending.push('\n');
        }
        // What automatic indentation left on an empty line is nothing that was typed.
        self.pending.push_str(if edited && line.trim().is_empty() { "" } else { line });
        self.pending_text()
    }

    /// Runs what has gathered if it is complete.
    fn pending_text(&mut self) -> After {
        let name = self.name();
        let input = match session::read(&name, &self.pending) {
            Reading::Incomplete => return After::Done,
            Reading::Complete(input) if self.lines.is_edited() => input,
            Reading::Complete(input) => input.one_statement(),
            Reading::Invalid(input) => input,
        };
        self.count += 1;
        let text = std::mem::take(&mut self.pending);
        self.lines.remember(text.trim_end());
        self.session.run(input)
    }

    /// The input has ended: what is complete with a blank line is run, the rest is an error.
    fn end(&mut self) -> After {
        self.pending.push('\n');
        let after = self.pending_text();
        if self.pending.is_empty() {
            return after;
        }
        let text = std::mem::take(&mut self.pending);
        self.session.run(Input::whole(&self.name(), text))
    }

    /// What tracebacks call the input: at a terminal each its own, so that reports show the right text.
    fn name(&self) -> String {
        if self.lines.is_edited() { format!("<input {}>", self.count + 1) } else { "<stdin>".to_owned() }
    }
}

/// The command for what Python's prompt has a name for.
fn said_as_python(line: &str) -> Option<String> {
    match line {
        "exit" | "quit" | "exit()" | "quit()" => Some("quit".to_owned()),
        "help" | "help()" => Some("help".to_owned()),
        _ => line.strip_prefix("help(")?.strip_suffix(')').map(|what| format!("doc {what}")),
    }
}

/// Names the tasks that leaving cancels.
fn farewell(session: &Session) {
    let tasks = session.tasks();
    if tasks.is_empty() {
        return;
    }
    let plural = if tasks.len() == 1 { "task is" } else { "tasks are" };
    println!("{} {plural} pending and will be cancelled:", tasks.len());
    print!("{}", commands::drawn(&tasks));
    let _ = std::io::stdout().flush();
}

/// What the next line begins with after what is typed already.
fn opening(pending: &str) -> Opening {
    let indent = next_indent(pending);
    let mut outdents = Vec::new();
    if let Some(less) = indent.strip_suffix(INDENT) {
        let is_wrong = |indent: &str, line: &str| {
            matches!(session::read("<line>", &format!("{pending}\n{indent}{line}")), Reading::Invalid(_))
        };
        let clauses = [("else", "else:"), ("elif", "elif x:"), ("except", "except E:"), ("finally", "finally:")];
        let clauses = clauses.into_iter().chain([("case", "case _:")]);
        outdents
            .extend(clauses.filter(|(_, line)| is_wrong(&indent, line) && !is_wrong(less, line)).map(|(word, _)| word));
    }
    Opening { indent, outdents }
}

/// What the next line of a block begins with: the indentation of the last one, more after a colon, less after a
/// statement that ends its block.
fn next_indent(pending: &str) -> String {
    let Some(last) = pending.lines().next_back().filter(|line| !line.trim().is_empty()) else {
        return String::new();
    };
    let own = &last[..last.len() - last.trim_start().len()];
    let word = last.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    let code = last.split('#').next().unwrap_or("").trim_end();
    if code.ends_with([':', '(', '[', '{']) {
        return format!("{own}{INDENT}");
    }
    if matches!(word, "return" | "raise" | "pass" | "break" | "continue") {
        return own.strip_suffix(INDENT).unwrap_or("").to_owned();
    }
    own.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_says_is_understood() {
        assert_eq!(said_as_python("help(str.join)").as_deref(), Some("doc str.join"));
        assert_eq!(said_as_python("exit()").as_deref(), Some("quit"));
        assert_eq!(said_as_python("helper(1)"), None);
    }

    #[test]
    fn clauses_go_to_their_statement() {
        assert_eq!(opening("if x:\n    print(1)").outdents, ["else", "elif"]);
        assert_eq!(opening("try:\n    f()").outdents, ["except", "finally"]);
        assert_eq!(opening("while x:\n    if y: f()").outdents, ["else"; 0]);
        assert_eq!(opening("match x:\n    case 1:\n        f()").outdents, ["case"]);
        assert_eq!(opening("x = [\n").outdents, ["else"; 0]);
    }

    #[test]
    fn lines_are_indented_as_their_block_asks() {
        assert_eq!(next_indent("def f():"), "    ");
        assert_eq!(next_indent("def f():  # note"), "    ");
        assert_eq!(next_indent("def f():\n    x = 1"), "    ");
        assert_eq!(next_indent("def f():\n    if x:\n        return 1"), "    ");
        assert_eq!(next_indent("if x:\n    pass"), "");
        assert_eq!(next_indent("x = ["), "    ");
        assert_eq!(next_indent(""), "");
    }
}

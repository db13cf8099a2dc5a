//! The prompt's own commands, which begin with a colon. Knows the session, not the terminal.

use std::path::Path;

use crate::engine::session::Input;
use crate::engine::{After, Session, Text, files};
use crate::report::width;
use crate::tasks::outline;

/// One command: its name, what it takes, what it does.
pub struct Command {
    pub name: &'static str,
    takes: &'static str,
    does: &'static str,
    run: fn(&Session, &str) -> After,
}

/// All of them, in the order in which `:help` lists them.
pub static COMMANDS: &[Command] = &[
    Command { name: "help", takes: "", does: "show this list", run: help },
    Command { name: "tasks", takes: "", does: "the tasks that are not done, and what each waits for", run: tasks },
    Command {
        name: "time",
        takes: "virtual|real",
        does: "which clock sleeps go by; without a word: which it is",
        run: time,
    },
    Command { name: "load", takes: "FILE", does: "run a file's statements as if they were typed", run: load },
    Command { name: "type", takes: "EXPR", does: "the type of a value", run: type_of },
    Command { name: "doc", takes: "NAME", does: "how something is called, and its docstring", run: doc },
    Command { name: "quit", takes: "", does: "leave, as Ctrl-D does", run: |_, _| After::Exit(0) },
];

/// Runs what stands after the colon. A beginning that only one command has is enough.
pub fn run(session: &Session, text: &str) -> After {
    let (word, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let exact = COMMANDS.iter().find(|command| command.name == word);
    let mut begins = COMMANDS.iter().filter(|command| !word.is_empty() && command.name.starts_with(word));
    let found = exact.or_else(|| match (begins.next(), begins.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    });
    match found {
        Some(command) if command.takes.is_empty() && !rest.trim().is_empty() => {
            complain(&format!(":{} takes nothing", command.name))
        }
        Some(command) if command.takes.is_empty() || command.name == "time" || !rest.trim().is_empty() => {
            (command.run)(session, rest.trim())
        }
        Some(command) => complain(&format!(":{} takes {}", command.name, command.takes)),
        None => complain(&format!("no command `:{word}`; `:help` lists them")),
    }
}

fn complain(text: &str) -> After {
    eprintln!("{text}");
    After::Failed
}

/// From so many columns on, what a command does stands beside it.
const BESIDE: usize = 50;

fn help(_: &Session, _: &str) -> After {
    let columns = width::of_terminal().unwrap_or(100);
    for command in COMMANDS {
        let usage = format!("  :{} {}", command.name, command.takes);
        let (head, hang) = if columns < BESIDE { (usage + "\n    ", 4) } else { (format!("{usage:<22}"), 22) };
        print!("{}", filled(&head, hang, command.does, columns));
    }
    println!();
    for text in [
        "Statements may await; tasks go on while the prompt waits. `_` is the last value.",
        "Ctrl-C ends what is awaited, Ctrl-R searches the history, Tab completes, Ctrl-D leaves.",
    ] {
        print!("{}", filled("", 0, text, columns));
    }
    After::Done
}

/// A text behind a head, broken between words; `hang` columns stand before each line, the head's last one included.
pub fn filled(head: &str, hang: usize, text: &str, columns: usize) -> String {
    let mut out = head.to_owned();
    let mut at = hang;
    for (i, word) in text.split(' ').enumerate() {
        let gap = usize::from(i > 0);
        if gap > 0 && at + gap + width::of(word) > columns {
            out.push('\n');
            out.push_str(&" ".repeat(hang));
            at = hang;
        } else {
            out.push_str(&" ".repeat(gap));
            at += gap;
        }
        out.push_str(word);
        at += width::of(word);
    }
    out.push('\n');
    out
}

fn tasks(session: &Session, _: &str) -> After {
    let lines = session.tasks();
    if lines.is_empty() {
        println!("no tasks");
    } else {
        print!("{}", drawn(&lines));
    }
    After::Done
}

/// The tree of tasks, one a line, those that are waited for below those that wait.
pub fn drawn(lines: &[outline::Line]) -> String {
    let mut out = String::new();
    for line in lines {
        let branch = if line.depth == 0 { String::new() } else { format!("{}└─ ", "   ".repeat(line.depth - 1)) };
        out.push_str(&format!("  {branch}{}\n", line.text));
    }
    out
}

fn time(session: &Session, word: &str) -> After {
    let clock = session.clock();
    match word {
        "virtual" => clock.set_virtual(true),
        "real" => clock.set_virtual(false),
        "" => {}
        other => return complain(&format!("the clock is virtual or real, not `{other}`")),
    }
    let kind = if clock.is_virtual() { "virtual: awaits jump to the next deadline" } else { "real" };
    println!("the clock is {kind}");
    After::Done
}

fn load(session: &Session, name: &str) -> After {
    match files::read(Path::new(name)) {
        Ok(Text::Valid(text)) => session.run(Input::whole(name, text)),
        Ok(Text::Invalid(_, error)) => complain(&format!("{name}: {}", error.message)),
        Err(message) => complain(&message),
    }
}

fn type_of(session: &Session, text: &str) -> After {
    show(session.type_of(text))
}

fn doc(session: &Session, text: &str) -> After {
    show(session.doc_of(text))
}

/// Shows an answer; without one the complaint is printed already.
fn show(answer: Option<String>) -> After {
    match answer {
        Some(text) => {
            println!("{text}");
            After::Done
        }
        None => After::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(filled("  :ab  ", 7, "one two three", 14), "  :ab  one two\n       three\n");
        assert_eq!(filled("", 0, "one two three", 100), "one two three\n");
        assert_eq!(filled("", 0, "incomprehensible it is", 6), "incomprehensible\nit is\n");
    }
}

//! Tests in Markdown: blocks fenced as `aio` or `python`, each with the output that stands below it or in a comment at its
//! end, and transcripts of the prompt (`>>>`), which hold their output themselves.
//!
//! A block must end with status 0, or fail when it is marked `fails`; `no-run` leaves it out. The output block is the next
//! one, fenced as `text` or `output`, with at most one line of prose between; for a block that fails it has the traceback
//! too.

use std::path::{Path, PathBuf};

use super::Manner;
use super::discover::{Kind, Test};
use super::outcome::{Blessing, New, Outcome, text};
use super::watchdog::Watchdog;
use crate::engine::{Engine, ErrorForm, Options};

/// A fenced block that is a test.
#[derive(Clone)]
pub struct Block {
    pub document: PathBuf,
    /// Where its text begins, counted from 1.
    pub line: usize,
    pub text: String,
    fails: bool,
    prints: Option<Expected>,
}

/// What a block must print.
#[derive(Clone)]
enum Expected {
    /// A block of its own: its first and last line (the last is before the first when it is empty).
    Block { text: String, first: usize, last: usize },
    /// A comment at the end of the script.
    Comment(String),
}

/// One fence with what is in it.
struct Fence {
    words: Vec<String>,
    text: String,
    /// The line of the first line inside.
    first: usize,
    /// How many lines of prose stand between it and the fence before.
    prose: usize,
}

/// The tests in a document.
pub fn tests(path: &Path, shown: &str) -> Vec<Test> {
    let Ok(document) = std::fs::read_to_string(path) else { return Vec::new() };
    let fences = fences(&document);
    let mut tests = Vec::new();
    for (i, fence) in fences.iter().enumerate() {
        let language = fence.words.first().map(String::as_str);
        let is_script = matches!(language, Some("aio" | "python" | "py" | "pycon"));
        if !is_script || fence.words.iter().any(|word| word == "no-run") {
            continue;
        }
        let below = fences.get(i + 1).filter(|next| {
            next.prose <= 1 && matches!(next.words.first().map(String::as_str), Some("text" | "output"))
        });
        let prints = match below {
            Some(next) => {
                let last = next.first + next.text.matches('\n').count() - 1;
                Some(Expected::Block { text: next.text.clone(), first: next.first, last })
            }
            None => trailing_comment(&fence.text).map(Expected::Comment),
        };
        let block = Block {
            document: path.to_owned(),
            line: fence.first,
            text: fence.text.clone(),
            fails: fence.words.iter().any(|word| word == "fails"),
            prints,
        };
        let is_transcript = block.text.trim_start().starts_with(">>>");
        let kind = if is_transcript { Kind::Transcript(block) } else { Kind::Block(block) };
        tests.push(Test { name: format!("{shown}:{}", fence.first), kind });
    }
    tests
}

/// All fenced blocks. A fence ends with as many backquotes (or tildes) as it began with, or more.
fn fences(document: &str) -> Vec<Fence> {
    let mut found: Vec<Fence> = Vec::new();
    let mut prose = usize::MAX;
    let mut lines = document.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some((mark, info)) = opening(line) else {
            prose = prose.saturating_add(usize::from(!line.trim().is_empty()));
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let mut text = String::new();
        for (_, inside) in lines.by_ref() {
            let trimmed = inside.trim();
            if trimmed.len() >= mark.len()
                && trimmed.starts_with(mark)
                && trimmed.bytes().all(|b| b == mark.as_bytes()[0])
            {
                break;
            }
            let margin = inside.len() - inside.trim_start_matches(' ').len();
            text.push_str(&inside[margin.min(indent)..]);
            text.push('\n');
        }
        let words = info.split([' ', ',', '{', '}']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        found.push(Fence { words, text, first: number + 2, prose });
        prose = 0;
    }
    found
}

/// The fence's mark and what follows it.
fn opening(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let first = line.chars().next().filter(|&c| c == '`' || c == '~')?;
    let length = line.len() - line.trim_start_matches(first).len();
    (length >= 3).then(|| line.split_at(length))
}

/// The lines of a comment at the end of a script that begins with `# output:` or `# prints:`.
fn trailing_comment(script: &str) -> Option<String> {
    let lines: Vec<&str> = script.trim_end().lines().collect();
    let start = lines.iter().rposition(|line| !line.starts_with('#')).map_or(0, |at| at + 1);
    let comment = &lines[start..];
    let said = |line: &&str| {
        let line = line.trim_start_matches(['#', ' ']).to_ascii_lowercase();
        line == "output:" || line == "prints:"
    };
    let head = comment.iter().position(said)?;
    let bare =
        |line: &&str| line.strip_prefix("# ").or_else(|| line.strip_prefix('#')).unwrap_or(line).to_owned() + "\n";
    Some(comment[head + 1..].iter().map(bare).collect())
}

impl Block {
    pub fn run(&self, manner: Manner, watchdog: &Watchdog) -> Outcome {
        let mut outcome = Outcome::default();
        let engine = self.engine(manner);
        let leaks = engine.vm().watch_leaks();
        let watched = watchdog.watch(&engine.interrupt(), manner.timeout);
        let (status, out, err) = engine.collecting(|| engine.run_source(&self.script_name(), &self.text));
        if watched.was_too_long() {
            outcome.says(format!("ran longer than {} s", manner.timeout.as_secs_f64()));
        }
        let (mut printed, err) = (text(out), text(err));
        match (status != 0, self.fails) {
            (true, false) => outcome.says(format!("exit status {status}\n{}", err.trim_end())),
            (false, true) => outcome.says("it is marked `fails` and succeeds"),
            _ => {}
        }
        if self.fails {
            printed.push_str(&err);
        } else {
            outcome.leaks(leaks.take(), true);
        }
        if let Some(expected) = &self.prints {
            // Documents have no blank lines at the ends of their blocks.
            let [wanted, got] = [expected.text(), &printed].map(|text| text.trim_end().to_owned() + "\n");
            if !outcome.compare("output", &wanted, &got) && manner.bless {
                outcome.blessings.extend(self.blessing(&printed));
            }
        }
        outcome
    }

    /// An interpreter for what stands in a document.
    pub fn engine(&self, manner: Manner) -> Engine {
        let engine = Engine::new(Options {
            virtual_time: manner.virtual_time,
            argv: vec![self.script_name()],
            folder: self.document.parent().map(Path::to_path_buf),
            errors: ErrorForm::Traceback,
            ..Options::default()
        });
        engine.streams().set_input(Vec::new());
        engine
    }

    /// What tracebacks call it: the document's name and its line.
    fn script_name(&self) -> String {
        let stem = self.document.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        format!("{stem}_md_{}.aio", self.line)
    }

    fn blessing(&self, printed: &str) -> Option<Blessing> {
        let Some(Expected::Block { first, last, .. }) = &self.prints else { return None };
        let text = printed.trim_end().to_owned() + "\n";
        Some(Blessing { file: self.document.clone(), what: New::Lines { first: *first, last: *last, text } })
    }
}

impl Expected {
    fn text(&self) -> &str {
        match self {
            Expected::Block { text, .. } | Expected::Comment(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_are_found_with_what_is_in_them() {
        let document =
            "text\n\n```aio\nprint(1)\n```\n\nprints\n\n```text\n1\n```\n\n~~~~python fails, x\n```\n~~~\n~~~~\n";
        let found = fences(document);
        let shown: Vec<(&str, &str, usize)> =
            found.iter().map(|fence| (fence.words[0].as_str(), fence.text.as_str(), fence.first)).collect();
        assert_eq!(shown, [("aio", "print(1)\n", 4), ("text", "1\n", 10), ("python", "```\n~~~\n", 14)]);
        assert_eq!(found[1].prose, 1);
    }

    #[test]
    fn comments_at_the_end_are_outputs() {
        assert_eq!(trailing_comment("print(1)\n# Output:\n# 1\n#\n# 2\n").as_deref(), Some("1\n\n2\n"));
        assert_eq!(trailing_comment("print(1)  # output:\n# 1\n"), None);
        assert_eq!(trailing_comment("# prints:\nprint(1)\n"), None);
    }
}

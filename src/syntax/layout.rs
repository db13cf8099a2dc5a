//! Lines to structure: NEWLINE, INDENT and DEDENT by Python's rules.
//!
//! Columns are counted twice, with tabs as eight and as one, as CPython's tokenizer does: where the two
//! counts disagree about what is deeper, the file mixes tabs and spaces and gets a `TabError`.
//! Knows nothing of statements; which words are keywords is decided in `soft.rs`.

use super::error::{Carets, ErrorKind, SyntaxError};
use super::lexer::Lexed;
use super::quoted;
use super::token::{Lexeme, Token};
use crate::source::Span;
use crate::text::order;

/// As CPython's `MAXINDENT`.
const MAX_LEVELS: usize = 100;

/// The width of an indentation with tab stops every eight columns, and with tabs one column wide.
#[derive(Clone, Copy, PartialEq)]
struct Columns {
    wide: u32,
    narrow: u32,
}

struct Layout<'s> {
    text: &'s str,
    out: Vec<Lexeme>,
    errors: Vec<SyntaxError>,
    levels: Vec<Columns>,
    /// Set when reading cannot go on sensibly.
    stopped: bool,
}

/// Replaces `LineEnd` tokens by `Newline`, adds `Indent` and `Dedent`, and `End` at the end.
/// Adds its errors to those of the lexer.
pub fn lay_out(text: &str, lexed: &mut Lexed) {
    let tokens = std::mem::take(&mut lexed.tokens);
    let mut layout = Layout {
        text,
        out: Vec::with_capacity(tokens.len() + tokens.len() / 8 + 8),
        errors: Vec::new(),
        levels: vec![Columns { wide: 0, narrow: 0 }],
        stopped: false,
    };
    layout.run(tokens);
    lexed.tokens = layout.out;
    if !layout.errors.is_empty() {
        lexed.errors.append(&mut layout.errors);
        order::sort_by_key(&mut lexed.errors, |e| e.span.start);
    }
}

impl Layout<'_> {
    fn run(&mut self, tokens: Vec<Lexeme>) {
        let mut line_start = 0;
        let mut fresh = true;
        for (start, token, end) in tokens {
            if token == Token::LineEnd {
                if !fresh {
                    self.out.push((start, Token::Newline, end));
                }
                line_start = end;
                fresh = true;
                continue;
            }
            if fresh {
                fresh = false;
                self.indentation(line_start, start);
                if self.stopped {
                    fresh = true;
                    break;
                }
            }
            self.out.push((start, token, end));
        }
        let end = self.text.len() as u32;
        if !fresh {
            self.out.push((end, Token::Newline, end));
        }
        for _ in 1..self.levels.len() {
            self.out.push((end, Token::Dedent, end));
        }
        self.out.push((end, Token::End, end));
    }

    fn columns(&self, from: u32, to: u32) -> Columns {
        let mut c = Columns { wide: 0, narrow: 0 };
        let mut joined = None;
        for b in self.text.as_bytes()[from as usize..to as usize].iter() {
            match b {
                b' ' => c = Columns { wide: c.wide + 1, narrow: c.narrow + 1 },
                b'\t' => c = Columns { wide: (c.wide / 8 + 1) * 8, narrow: c.narrow + 1 },
                b'\x0c' => c = Columns { wide: 0, narrow: 0 },
                // The indentation of a line joined by a backslash is that before the first backslash.
                b'\\' => _ = joined.get_or_insert(c),
                _ => {}
            }
        }
        joined.unwrap_or(c)
    }

    fn indentation(&mut self, line_start: u32, at: u32) {
        let here = self.columns(line_start, at);
        // The stack is never empty: its first level is column 0, which nothing is below.
        let top = self.levels[self.levels.len() - 1];
        let span = Span { start: line_start, end: at };
        if here.wide == top.wide {
            if here.narrow != top.narrow {
                self.errors.push(tab_error(span));
            }
        } else if here.wide > top.wide {
            if here.narrow <= top.narrow {
                return self.errors.push(tab_error(span));
            }
            if self.levels.len() >= MAX_LEVELS {
                self.stopped = true;
                let error = SyntaxError::indentation("too many levels of indentation", span);
                return self.errors.push(error.label(format!("the {MAX_LEVELS}th level")));
            }
            self.levels.push(here);
            self.out.push((line_start, Token::Indent, at));
        } else {
            self.dedent(here, span, at);
        }
    }

    fn dedent(&mut self, here: Columns, span: Span, at: u32) {
        while self.levels.len() > 1 && here.wide < self.levels[self.levels.len() - 1].wide {
            self.levels.pop();
            self.out.push((at, Token::Dedent, at));
        }
        let top = self.levels[self.levels.len() - 1];
        if here.wide != top.wide {
            let error = SyntaxError::indentation("unindent does not match any outer indentation level", span);
            let columns = self.levels.iter().map(|l| l.wide.to_string()).collect::<Vec<_>>().join(", ");
            // CPython points behind the line.
            let end = quoted::line_end(self.text, at as usize);
            let error = error.carets(Carets::At(Span::new(end, end)));
            self.errors.push(error.label(format!("{} columns deep", here.wide)).help(format!(
                "the blocks open here begin at column{} {columns}",
                if self.levels.len() > 1 { "s" } else { "" }
            )));
        } else if here.narrow != top.narrow {
            self.errors.push(tab_error(span));
        }
    }
}

fn tab_error(span: Span) -> SyntaxError {
    let error = SyntaxError::new("inconsistent use of tabs and spaces in indentation", span);
    SyntaxError { kind: ErrorKind::TabError, ..error }
        .label("how deep this is depends on the width of a tab")
        .help("indent with spaces only")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::lexer::lex;

    fn laid(text: &str) -> (Vec<Token>, Vec<String>) {
        let mut lexed = lex(text);
        lay_out(text, &mut lexed);
        (lexed.tokens.into_iter().map(|t| t.1).collect(), lexed.errors.iter().map(|e| e.to_string()).collect())
    }

    #[test]
    fn blocks_and_blank_lines() {
        use Token::*;
        let (tokens, errors) = laid("if 1:\n\n  # note\n  2\n\n3");
        assert!(errors.is_empty());
        assert_eq!(tokens, [If, Number, Colon, Newline, Indent, Number, Newline, Dedent, Number, Newline, End]);
        assert_eq!(laid("").0, [End]);
        assert_eq!(laid("\n # x\n").0, [End]);
    }

    #[test]
    fn tabs_that_disagree() {
        let tab = "TabError: inconsistent use of tabs and spaces in indentation";
        assert_eq!(laid("if 1:\n\ta\n        b").1, [tab]);
        assert_eq!(laid("if 1:\n        a\n\tb").1, [tab]);
        assert_eq!(laid("if 1:\n \ta\n\t b").1, [tab]);
        assert!(laid("if 1:\n\ta\n\tb").1.is_empty());
        assert_eq!(
            laid("if 1:\n\ta\n    b").1,
            ["IndentationError: unindent does not match any outer indentation level"]
        );
    }

    #[test]
    fn depth_is_bounded() {
        let deep: String = (0..101).map(|i| format!("{}if 1:\n", " ".repeat(i))).collect();
        assert_eq!(laid(&deep).1, ["IndentationError: too many levels of indentation"]);
    }
}

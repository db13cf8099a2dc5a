//! Text to syntax tree: all of Python 3.13's grammar, or errors that help.
//!
//! The way of a program: `lexer` (logos; f-strings in `fstring`) makes tokens, `layout` makes NEWLINE,
//! INDENT and DEDENT, `soft` decides where `match`, `case` and `type` are keywords, `limits` bounds the
//! nesting, and the parser that LALRPOP generates from `grammar/python.lalrpop` builds the tree in `ast`,
//! by `construct`, `parameters`, `patterns` and `targets`. When that fails, `parse` finds out
//! what to say with `place`, `expected` and `diagnose`, repairs the line and goes on.
//!
//! `await x` is the rule `AwaitExpr` of the grammar and `ExprKind::Await` of the tree; it is accepted
//! everywhere: where it may stand is the compiler's business, as are duplicate parameters, `return` outside
//! functions and all else that needs scopes.
//!
//! Entry points: [`parse_module`], [`parse_expression`], [`parse_interactive`]; [`dump_tokens`] and
//! [`dump_ast`] show what was made.

pub mod ast;
mod construct;
mod diagnose;
mod dump;
pub mod error;
pub mod escapes;
mod expected;
mod fstring;
pub mod highlight;
mod layout;
mod lexer;
mod limits;
mod loose;
mod number;
mod parameters;
mod parse;
mod patterns;
mod place;
mod quoted;
mod soft;
mod string;
mod targets;
mod token;

#[allow(clippy::all, clippy::pedantic)]
mod grammar {
    //! The generated parser.
    lalrpop_util::lalrpop_mod!(generated, "/python.rs");
    pub use generated::ProgramParser;
}

pub use dump::{dump_ast, dump_tokens};
pub use error::{ErrorKind, SyntaxError};

use crate::source::Source;
use ast::{Module, StmtKind};
use parse::Mode;

/// Parses a file. Errors: at least one, the first being the one that CPython reports.
pub fn parse_module(source: &Source) -> Result<Module, Vec<SyntaxError>> {
    parse::parse(&source.text, Mode::Module)
}

/// Parses one expression, as `eval` takes it: the module's body is a single `StmtKind::Expr`.
pub fn parse_expression(source: &Source) -> Result<Module, Vec<SyntaxError>> {
    parse::parse(&source.text, Mode::Expression)
}

/// What a text typed at a prompt is so far.
#[derive(Debug)]
pub enum Interactive {
    /// Ready to run.
    Complete(Module),
    /// More lines are needed.
    Incomplete,
    /// Wrong whatever follows.
    Invalid(Vec<SyntaxError>),
}

/// Parses what was typed at a prompt: lines joined by `\n`, without the last one's line end. A compound
/// statement is complete when an empty line follows it, that is when the text ends with `\n`.
pub fn parse_interactive(source: &Source) -> Interactive {
    let finished = source.text.ends_with('\n');
    match parse::parse(&source.text, Mode::Module) {
        Ok(module) => {
            let block = module.body.last().is_some_and(|s| is_compound(&s.kind));
            if block && !finished { Interactive::Incomplete } else { Interactive::Complete(module) }
        }
        Err(errors) if errors[0].incomplete && !(finished && ends_a_block(&errors[0])) => {
            // An open bracket speaks first in a file; at a prompt what is wrong before its end is wrong whatever follows.
            match parse::fault_before_end(&source.text) {
                Some(error) => Interactive::Invalid(vec![error]),
                None => Interactive::Incomplete,
            }
        }
        Err(errors) => Interactive::Invalid(errors),
    }
}

/// Whether the empty line says that what the lines before promise will not come: a block, a handler, what a decorator is for.
fn ends_a_block(error: &SyntaxError) -> bool {
    error.kind == ErrorKind::IndentationError
        || error.message.starts_with("expected 'except'")
        || error.message == "invalid syntax"
}

fn is_compound(kind: &StmtKind) -> bool {
    matches!(
        kind,
        StmtKind::FunctionDef(_)
            | StmtKind::ClassDef(_)
            | StmtKind::For { .. }
            | StmtKind::While { .. }
            | StmtKind::If { .. }
            | StmtKind::With { .. }
            | StmtKind::Match { .. }
            | StmtKind::Try { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ast(text: &str) -> String {
        match parse_module(&Source::new("t", text)) {
            Ok(module) => dump_ast(&module),
            Err(errors) => format!("{errors:?}"),
        }
    }

    #[test]
    fn soft_keywords_are_names_too() {
        assert!(ast("match = case = type = _ = 1\nmatch(case)[type].match").starts_with("Module"));
        assert!(ast("match match:\n  case case: type type = type").contains("TypeAlias type"));
    }

    #[test]
    fn items_of_with_in_parentheses() {
        assert_eq!(ast("with (a, b): pass").matches("context_expr").count(), 2);
        assert_eq!(ast("with (a, b) as c: pass").matches("context_expr").count(), 1);
        assert_eq!(ast("with (a as b, c,): pass").matches("context_expr").count(), 2);
    }

    #[test]
    fn f_strings_nest() {
        let dump = ast("f'{x!r:{w}}{f'{y=}'}'");
        let lines: Vec<&str> = dump.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "Module",
                "Expr",
                "JoinedStr",
                "FormattedValue Repr",
                "Name x",
                "format_spec:",
                "FormattedValue",
                "Name w",
                "FormattedValue",
                "JoinedStr",
                "Literal \"y=\"",
                "FormattedValue Repr",
                "Name y"
            ]
        );
    }

    #[test]
    fn the_prompt_asks_for_more_lines() {
        let read = |text: &str| match parse_interactive(&Source::new("t", text)) {
            Interactive::Complete(_) => "complete",
            Interactive::Incomplete => "incomplete",
            Interactive::Invalid(_) => "invalid",
        };
        for text in [
            "if x:",
            "if x:\n  y",
            "f(a,",
            "x = '''a",
            "x = 1 + \\",
            "@d",
            "try:\n  x",
            "def f():\n  try:\n    x",
            "while x:\n  try: y",
            "class A:\n  @d",
            "class A:\n  def f(self):\n    if x:",
            "if x: y",
            "{1: 2,",
            "(a",
            "f(x=1, y",
        ] {
            assert_eq!(read(text), "incomplete", "{text}");
        }
        for text in ["x = 1", "if x:\n  y\n", "", "# note"] {
            assert_eq!(read(text), "complete", "{text}");
        }
        for text in [
            "x = = 1",
            "f(a b c,",
            "def f():\n  try:\n    x\n",
            "class A:\n  @d\n",
            "@d\n",
            "class A:\n",
            "def f(:",
            "if (a:",
            "x = (1 +\n* /",
            "f(a, b c",
            "f(a b",
        ] {
            assert_eq!(read(text), "invalid", "{text}");
        }
    }

    #[test]
    fn tokens_are_dumped() {
        let dump = dump_tokens(&Source::new("t", "if x:\n  1"));
        let lines: Vec<&str> = dump.lines().collect();
        assert_eq!(
            lines,
            [
                "1:1 If \"if\"",
                "1:4 Name \"x\"",
                "1:5 Colon \":\"",
                "1:6 Newline",
                "2:1 Indent",
                "2:3 Number \"1\"",
                "2:4 Newline",
                "2:4 Dedent",
                "2:4 End"
            ]
        );
    }
}

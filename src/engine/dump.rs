//! A script as the lexer, the parser or the compiler sees it, as text.

use super::compile::{Failed, Text, main_code};
use crate::source::Source;
use crate::syntax::{dump_ast, dump_tokens, parse_module};

/// What is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    Tokens,
    Ast,
    Code,
}

impl Phase {
    /// The phase of a name.
    pub fn named(name: &str) -> Option<Phase> {
        match name {
            "tokens" => Some(Phase::Tokens),
            "ast" => Some(Phase::Ast),
            "code" => Some(Phase::Code),
            _ => None,
        }
    }
}

/// The dump of a text.
///
/// # Errors
/// Those of syntax, with the text they are in.
pub fn dump(phase: Phase, name: &str, text: Text) -> Result<String, Failed> {
    if phase == Phase::Code {
        return main_code(name, text).map(|code| crate::code::dump::dump(&code));
    }
    let source = match text {
        Text::Invalid(text, error) => return Err((Source::new(name, text), vec![*error])),
        Text::Valid(text) => Source::new(name, text),
    };
    if phase == Phase::Tokens {
        return Ok(dump_tokens(&source));
    }
    parse_module(&source).map(|module| dump_ast(&module)).map_err(|errors| (source, errors))
}

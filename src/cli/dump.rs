//! `aio dump`: a script as the lexer, the parser or the compiler sees it.

use std::io::{Read, Write};
use std::path::Path;

use super::arguments::Phase;
use crate::engine::{self, Text};
use crate::report;
use crate::source::Source;
use crate::syntax::{dump_ast, dump_tokens, parse_module};

/// Prints the dump, or the errors, and gives the exit status.
pub fn print(phase: Phase, path: &Path) -> i32 {
    let name = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    let text = match read(path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("aio: can't open file '{name}': {error}");
            return 2;
        }
    };
    let dumped = match phase {
        Phase::Code => engine::main_code(&name, text).map(|code| crate::code::dump::dump(&code)),
        Phase::Tokens | Phase::Ast => match text {
            Text::Invalid(text, error) => Err((Source::new(name, text), vec![*error])),
            Text::Valid(text) => {
                let source = Source::new(name, text);
                match phase {
                    Phase::Tokens => Ok(dump_tokens(&source)),
                    _ => parse_module(&source).map(|module| dump_ast(&module)).map_err(|errors| (source, errors)),
                }
            }
        },
    };
    match dumped {
        Ok(text) => {
            // A reader that has gone wants no more.
            let _ = std::io::stdout().lock().write_all(text.as_bytes());
            0
        }
        Err((source, errors)) => {
            eprint!("{}", report::syntax::traceback(&source, &errors));
            1
        }
    }
}

fn read(path: &Path) -> std::io::Result<Text> {
    if path != Path::new("-") {
        return engine::read_file(path);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(engine::decode(bytes))
}

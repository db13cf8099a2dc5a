//! `aio dump`: a script as the lexer, the parser or the compiler sees it.

use std::io::{Read, Write};
use std::path::Path;

use crate::engine::dump::{self, Phase};
use crate::engine::{self, Text, files};
use crate::report;

/// Prints the dump, or the errors, and gives the exit status.
pub fn print(phase: Phase, path: &Path) -> i32 {
    let name = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    let text = match read(path) {
        Ok(text) => text,
        Err(message) => {
            eprintln!("aio: {message}");
            return 2;
        }
    };
    match dump::dump(phase, &name, text) {
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

fn read(path: &Path) -> Result<Text, String> {
    if path != Path::new("-") {
        return files::read(path);
    }
    let mut bytes = Vec::new();
    let all = std::io::stdin().lock().read_to_end(&mut bytes);
    all.map_err(|error| format!("cannot read standard input: {}", files::reason(&error)))?;
    Ok(engine::decode(bytes))
}

//! Syntax errors that were found before anything ran, in CPython's form. CPython reports one; so does this form.

use std::rc::Rc;

use super::failure::{Crash, SyntaxPlace};
use super::traceback;
use crate::source::Source;
use crate::syntax::error::SyntaxError;

/// The first of the errors as CPython prints it.
pub fn traceback(source: &Rc<Source>, errors: &[SyntaxError]) -> String {
    errors.first().map_or(String::new(), |error| traceback::exception_only(&crash(source, error)))
}

/// An error as the exception that it would be.
pub fn crash(source: &Source, error: &SyntaxError) -> Crash {
    let (start, end) = error.positions(source);
    Crash {
        type_name: error.kind.name().to_owned(),
        message: error.message.to_string(),
        syntax: Some(SyntaxPlace {
            filename: Some(source.name.clone()),
            line: Some(start.line.into()),
            end_line: Some(end.line.into()),
            column: Some(start.column.into()),
            end_column: Some(end.column.into()),
            text: Some(format!("{}\n", source.line_text(start.line))),
        }),
        ..Crash::default()
    }
}

//! From the syntax tree to the executable tree: names become slots, bodies that can suspend become
//! state machines. May know `syntax` and `code`; knows no values and runs nothing.
//!
//! Three passes: `scopes*` finds where each name lives, `assigned` proves which locals are bound at each
//! read, and the builder (`build*`, `function`, `class`, `comp`, `call`, `pattern`) writes `code`.
//! Where a body suspends, `machine`, `unwind`, `spill` and `suspended` split it into instructions.

mod assigned;
mod build;
mod build_expr;
mod call;
mod class;
mod comp;
mod errors;
mod fold;
mod frame;
mod function;
mod machine;
mod pattern;
mod scopes;
mod scopes_defs;
mod scopes_expr;
mod scopes_walk;
mod spill;
mod suspended;
#[cfg(test)]
mod tests;
mod types;
mod unparse;
mod unwind;
mod warnings;

use std::cell::RefCell;
use std::rc::Rc;

use crate::code::{Code, Kind};
use crate::intern::Symbol;
use crate::source::Source;
use crate::syntax::error::SyntaxError;
use crate::syntax::{ast, escapes};
use errors::Errors;
use frame::{Frame, Shared};
use scopes::MODULE;
use scopes_walk::Walker;

/// What kind of text is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// A file.
    #[default]
    Module,
    /// A statement typed at the prompt: the values of expression statements are echoed.
    Interactive,
    /// One expression: running the body gives its value.
    Expression,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    pub mode: Mode,
    /// `exec`/`eval` with a namespace of its own for locals.
    pub separate_locals: bool,
    /// `await`, `async for` and `async with` may stand outside functions; a body that uses them is a coroutine.
    pub top_level_await: bool,
}

/// Compiles a whole text. The errors are all that were found, in source order, at least one.
pub fn compile_module(
    module: &ast::Module,
    source: Rc<Source>,
    options: Options,
) -> Result<Rc<Code>, Vec<SyntaxError>> {
    let mut errors = Errors::default();
    let scopes = Walker::new(&mut errors, options).module(module);
    let errors = RefCell::new(errors);
    let shared = Shared { scopes: &scopes, source, options, errors: &errors };
    let mut frame = Frame::new(&shared, MODULE, None, "<module>".into());
    if options.separate_locals {
        frame.reserve_namespace();
    }
    frame.echo = options.mode == Mode::Interactive;
    let kind = if options.separate_locals { Kind::Names } else { Kind::Module };
    let code = frame.module_body(module, kind, Symbol::of_static("<module>"));
    let mut errors = errors.take();
    if !errors.is_empty() {
        return Err(errors.finish());
    }
    let found = escapes::meaningless(&code.source.text).into_iter().chain(errors.take_warnings());
    code.source.warnings.borrow_mut().extend(found);
    Ok(code)
}

/// Runs a step of a walk that goes as deep as the program is nested: on a new stack segment when little is
/// left of this one (an expression may be 3,000 operators deep, see `syntax/limits.rs`).
fn deep<R>(step: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, step)
}

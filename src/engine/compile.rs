//! From a file or a text to code: reading, parsing, compiling, and syntax errors as exceptions. Keeps the sources
//! that were run, for tracebacks and warnings.

use std::cell::RefCell;
use std::rc::Rc;

use crate::code::{Code, Flavour};
use crate::compile::{Mode, Options, compile_module};
use crate::intern::{Symbol, sym};
use crate::interp::upcalls::{CompileMode, CompileRequest};
use crate::object::{Args, Dict, R, Raised, Ref, T, Value, Vm};
use crate::source::{Source, Span};
use crate::syntax::error::{Carets, Stage};
use crate::syntax::{ErrorKind, SyntaxError, parse_expression, parse_module};
use crate::tasks;

/// Spans are 32 bits; a file near that is no program.
const LONGEST_TEXT: usize = 1 << 30;

/// A program's text as it was read.
pub enum Text {
    Valid(String),
    /// Not UTF-8: the text with replacements, and the error.
    Invalid(String, Box<SyntaxError>),
}

/// What compiling gives when it fails: the errors, at least one, with the text they are in.
pub type Failed = (Rc<Source>, Vec<SyntaxError>);

/// Bytes as a program's text: UTF-8, a byte order mark aside.
pub fn decode(bytes: Vec<u8>) -> Text {
    match String::from_utf8(bytes) {
        Ok(text) => match text.strip_prefix('\u{feff}') {
            Some(rest) => Text::Valid(rest.to_owned()),
            None => Text::Valid(text),
        },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let line = bytes[..at].iter().filter(|&&b| b == b'\n').count() + 1;
            let message = format!(
                "Non-UTF-8 code starting with '\\x{:02x}' on line {line}, but no encoding declared; see \
                 https://peps.python.org/pep-0263/ for details",
                bytes[at]
            );
            let text = String::from_utf8_lossy(bytes).into_owned();
            let error = SyntaxError::new(message, Span::new(at, at + '\u{fffd}'.len_utf8()))
                .label("this byte is not UTF-8")
                .help("save the file as UTF-8");
            Text::Invalid(text, Box::new(error))
        }
    }
}

/// Compiles a program that is run as `__main__`: it may await at its top level.
pub fn main_code(name: &str, text: Text) -> Result<Rc<Code>, Failed> {
    code(name, text, Options { top_level_await: true, ..Options::default() })
}

/// Compiles a text.
///
/// # Errors
/// All errors that could be told, in source order.
pub fn code(name: &str, text: Text, options: Options) -> Result<Rc<Code>, Failed> {
    let text = match text {
        Text::Valid(text) => text,
        Text::Invalid(text, error) => return Err((Source::new(name, text), vec![*error])),
    };
    if text.len() > LONGEST_TEXT {
        let error = SyntaxError::new("the program is too long", Span::new(0, 0));
        return Err((Source::new(name, ""), vec![error]));
    }
    compiled(Source::new(name, text), options)
}

fn compiled(source: Rc<Source>, options: Options) -> Result<Rc<Code>, Failed> {
    let parsed = match options.mode {
        Mode::Module | Mode::Interactive => parse_module(&source),
        Mode::Expression => parse_expression(&source),
    };
    let module = match parsed {
        Ok(module) => module,
        Err(errors) => return Err((source, errors)),
    };
    if options.mode == Mode::Interactive
        && let [first, rest @ ..] = &module.body[..]
        && rest.iter().any(|next| source.line_of(next.span.start) != source.line_of(first.span.end))
    {
        let message = "multiple statements found while compiling a single statement";
        let end = module.body.iter().take_while(|s| source.line_of(s.span.start) == source.line_of(first.span.end));
        let end = end.last().map_or(first.span.end, |last| last.span.end);
        return Err((source.clone(), vec![SyntaxError::new(message, Span { start: end, end })]));
    }
    compile_module(&module, source.clone(), options).map_err(|errors| (source, errors))
}

/// Runs a module's body in its namespace; a body that awaits is the main coroutine of a loop of its own.
pub fn run(vm: &Vm, code: &Rc<Code>, globals: &Ref<Dict>) -> R<()> {
    let result = vm.run_module_code(code, globals)?;
    if code.flavour == Flavour::Coroutine {
        tasks::runner::run(vm, &result, Value::None, Value::None)?;
    }
    Ok(())
}

/// The hook of `exec`, `eval` and `compile`.
pub fn compile(vm: &Vm, request: CompileRequest) -> R<Rc<Code>> {
    let mode = match request.mode {
        CompileMode::Exec => Mode::Module,
        CompileMode::Eval => Mode::Expression,
        CompileMode::Single => Mode::Interactive,
    };
    let options = Options { mode, separate_locals: request.separate_locals, top_level_await: request.top_level_await };
    // `eval` allows white space in front.
    let text = if mode == Mode::Expression { request.text.trim_start_matches([' ', '\t']) } else { request.text };
    let from = if request.mode == CompileMode::Exec { Origin::Statements } else { Origin::Expression };
    if text.contains('\0') {
        return Err(vm.error(T::SyntaxError, "source code string cannot contain null bytes"));
    }
    if text.len() > LONGEST_TEXT {
        return Err(vm.error(T::SyntaxError, "the program is too long"));
    }
    let code = compiled(Source::of_script(request.filename, text), options);
    let code = code.map_err(|failed| raise(vm, &failed, from))?;
    show_warnings(vm, &code.source)?;
    Ok(code)
}

/// Shows what the compiler warned of; filters of the module `warnings` apply when it is there.
///
/// # Errors
/// SyntaxError where a filter makes warnings errors.
pub fn show_warnings(vm: &Vm, source: &Rc<Source>) -> R<()> {
    for (span, message) in source.warnings.take() {
        let line = source.line_of(span.start);
        let own = match vm.modules.get_name(Symbol::new("warnings")) {
            Some(Value::Module(module)) => module.dict.get_name(Symbol::new("warn_explicit")),
            _ => None,
        };
        let Some(warn) = own else {
            let quoted = source.quotable.then(|| source.line_text(line));
            vm.warn_at(T::SyntaxWarning, &message, &source.name, line, quoted);
            continue;
        };
        let category = Value::Class(vm.class(T::SyntaxWarning).clone());
        let args = [Value::str(&message), category, Value::str(&source.name), Value::int(line)];
        if vm.catch(vm.call(&warn, Args::positional(&args)), T::SyntaxWarning)?.is_none() {
            let error = SyntaxError::new(message, span);
            return Err(raise(vm, &(source.clone(), vec![error]), Origin::Statements));
        }
    }
    Ok(())
}

/// The first of the errors as an exception (CPython has one at a time).
pub fn raise(vm: &Vm, (source, errors): &Failed, from: Origin) -> Raised {
    let Some(error) = errors.first() else { return vm.error(T::SyntaxError, "invalid syntax") };
    let kind = match error.kind {
        ErrorKind::SyntaxError => T::SyntaxError,
        ErrorKind::IndentationError => T::IndentationError,
        ErrorKind::TabError => T::TabError,
    };
    let shown = Place::of(source, error, from);
    let place = [
        Value::str(&source.name),
        Value::Int(shown.line),
        Value::Int(shown.offset),
        shown.text.map_or(Value::None, Value::string),
        Value::Int(shown.end_line),
        Value::Int(shown.end_offset),
    ];
    let message = Value::str(&error.message);
    let exception = vm.new_exception(kind, vec![message.clone(), Value::tuple(place.to_vec())]);
    exception.set(sym::msg, message);
    let names = [sym::filename, sym::lineno, sym::offset, sym::text, sym::end_lineno, sym::end_offset];
    for (name, value) in names.into_iter().zip(place) {
        exception.set(name, value);
    }
    vm.throw(exception)
}

/// Where a text came from, which CPython's errors show in their places.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    File,
    /// `exec` and `compile`: a last newline is added.
    Statements,
    /// `eval`: the text as it stands.
    Expression,
}

/// The place of a syntax error as the fields of the exception have it.
struct Place {
    line: i64,
    offset: i64,
    end_line: i64,
    end_offset: i64,
    text: Option<String>,
}

impl Place {
    fn of(source: &Source, error: &SyntaxError, from: Origin) -> Place {
        let (start, end) = error.positions(source);
        let line = source.line_text(start.line);
        let mut place = Place {
            line: start.line.into(),
            offset: start.column.into(),
            end_line: end.line.into(),
            end_offset: end.column.into(),
            text: Some(format!("{line}\n")),
        };
        if from == Origin::File {
            return place;
        }
        let message: &str = &error.message;
        let past_end = line.chars().count() as i64 + 1;
        let indent = line.chars().take_while(|c| matches!(c, ' ' | '\t' | '\x0c')).count() as i64;
        (place.offset, place.end_offset) = match message {
            "unexpected indent" => (indent, -1),
            "unindent does not match any outer indentation level" => (past_end, -1),
            "inconsistent use of tabs and spaces in indentation" => (place.offset, 0),
            "unexpected EOF while parsing" => (place.offset + 1, -1),
            "unexpected character after line continuation character" => (place.offset, 0),
            _ if matches!(error.carets, Carets::Before(_)) => {
                (if error.incomplete && place.offset == 0 { past_end } else { place.offset }, -1)
            }
            "':' expected after dictionary key" => (place.offset, 0),
            _ if message.ends_with("was never closed") => (place.offset, 0),
            _ if message.starts_with("Expected one or more names") => (place.offset, place.offset),
            // A comment belongs to the end of its line, which is a token of one column.
            _ if error.is_line_end(source) => (place.offset, past_end + 1),
            _ => (place.offset, place.end_offset),
        };
        if place.offset == past_end || error.is_line_end(source) {
            place.end_line = place.line;
        }
        let unfinished = source.text.len() == source.text.trim_end_matches('\n').len()
            && start.line == source.line_of(source.text.len() as u32);
        let ends_early = matches!(
            message,
            "unexpected EOF while parsing" | "unexpected character after line continuation character"
        );
        if error.stage == Stage::Lexer && !ends_early {
            place.text = Some(line.to_owned());
            if error.carets == Carets::Span {
                (place.end_line, place.end_offset) = (place.line, place.offset);
            }
        } else if unfinished && from == Origin::Expression {
            place.text = Some(line.to_owned());
            if place.offset == past_end {
                (place.offset, place.end_offset) = (0, 0);
            }
        }
        // CPython has read on behind the line.
        let last = source.line_of(source.text.trim_end_matches('\n').len() as u32);
        if place.end_line > place.line || message.ends_with("was never closed") && start.line < last {
            place.text = Some(line.to_owned());
        }
        if error.stage == Stage::Compiler {
            place.text = None;
        }
        place
    }
}

/// The sources that were run, each with its module's namespace.
#[derive(Default)]
pub struct Sources(RefCell<Vec<(Rc<Source>, Ref<Dict>)>>);

impl Sources {
    pub fn of(vm: &Vm) -> Rc<Sources> {
        vm.extension(Sources::default)
    }

    pub fn add(&self, source: &Rc<Source>, globals: &Ref<Dict>) {
        self.0.borrow_mut().push((source.clone(), globals.clone()));
    }

    /// The globals of code from this source.
    pub fn globals(&self, source: &Rc<Source>) -> Option<Ref<Dict>> {
        self.0.borrow().iter().find(|(s, _)| Rc::ptr_eq(s, source)).map(|(_, globals)| globals.clone())
    }

    pub fn forget(&self, globals: &Ref<Dict>) {
        let gone: Vec<_> = {
            let mut list = self.0.borrow_mut();
            let (gone, kept) = list.drain(..).partition(|(_, g)| Ref::same(g, globals));
            *list = kept;
            gone
        };
        drop(gone);
    }
}

/// A line of a source that was run, by its name: of the last one, as each input of the prompt has the same.
pub fn source_line(vm: &Vm, file: &str, line: u32) -> Option<String> {
    let sources = Sources::of(vm);
    let list = sources.0.borrow();
    list.iter().rev().find(|(source, _)| source.name == file).map(|(source, _)| source.line_text(line).to_owned())
}

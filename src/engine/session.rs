//! A session: statements run one after another in one namespace and on one event loop, which goes on with its tasks
//! whenever somebody waits. What a prompt is made of; knows nothing of terminals.

use std::collections::BTreeSet;
use std::os::fd::RawFd;
use std::rc::Rc;

use super::compile::{self, Sources, show_warnings};
use super::{Engine, collect, exit};
use crate::code::Flavour;
use crate::compile::{Mode, Options, compile_module};
use crate::event::Clock;
use crate::intern::{Symbol, sym};
use crate::modules::library;
use crate::object::{Module, Native, R, Ref, T, Value, Vm};
use crate::source::{Source, Span};
use crate::syntax::ast::{self, Stmt};
use crate::syntax::{Interactive, SyntaxError, parse_interactive, parse_module};
use crate::tasks::handle::Handle;
use crate::tasks::runner::Runner;
use crate::tasks::state::State;
use crate::tasks::{EventLoop, clock, event_loop, future, outline};

/// What a text typed so far is.
pub enum Reading {
    /// Statements to run.
    Complete(Input),
    /// More lines are needed.
    Incomplete,
    /// Wrong whatever follows.
    Invalid(Input),
}

/// A text that was read.
pub struct Input {
    source: Rc<Source>,
    parsed: Result<ast::Module, Vec<SyntaxError>>,
}

/// What comes after a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum After {
    /// It succeeded.
    Done,
    /// It failed, and what was wrong is printed.
    Failed,
    /// The session ends with this exit status.
    Exit(i32),
}

/// Statements that share a namespace and a loop.
pub struct Session<'e> {
    engine: &'e Engine,
    module: Ref<Module>,
    runner: Runner,
    event_loop: Native,
}

/// Reads what was typed; see [`parse_interactive`]. `name` is what tracebacks call it.
pub fn read(name: &str, text: &str) -> Reading {
    let source = Source::new(name, text);
    match parse_interactive(&source) {
        Interactive::Complete(module) => Reading::Complete(Input { source, parsed: Ok(module) }),
        Interactive::Incomplete => Reading::Incomplete,
        Interactive::Invalid(errors) => Reading::Invalid(Input { source, parsed: Err(errors) }),
    }
}

impl Input {
    /// A whole file's text, however it ends.
    pub fn whole(name: &str, text: String) -> Input {
        let source = Source::new(name, text);
        let parsed = parse_module(&source);
        Input { source, parsed }
    }

    /// Refuses what follows a block on its next line without a blank line between, as CPython's prompt does.
    pub fn one_statement(mut self) -> Input {
        if let Ok(module) = &self.parsed
            && let [first, second, ..] = module.body.as_slice()
            && self.source.line_of(first.span.start) != self.source.line_of(second.span.start)
        {
            let start = second.span.start as usize;
            let word = self.source.text[start..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(1).max(1);
            let place = Span::new(start, (start + word).min(self.source.text.len()));
            let error = SyntaxError::new("invalid syntax", place).help("end the block with an empty line");
            self.parsed = Err(vec![error]);
        }
        self
    }
}

impl<'e> Session<'e> {
    /// A session with an empty `__main__` and a loop of its own.
    ///
    /// # Errors
    /// None that a script can cause: the loop is made here.
    pub fn new(engine: &'e Engine) -> R<Session<'e>> {
        engine.set_stack_limit();
        let _entered = engine.vm.enter();
        let module = engine.main_module(None);
        let runner = Runner::new(Value::None, Value::None);
        let event_loop = runner.event_loop(&engine.vm)?;
        Ok(Session { engine, module, runner, event_loop })
    }

    fn vm(&self) -> &Vm {
        &self.engine.vm
    }

    /// The clock that the session runs by.
    pub fn clock(&self) -> Clock {
        clock::clock(self.vm())
    }

    /// Runs what was read, statement by statement, and echoes the values of expressions.
    pub fn run(&self, input: Input) -> After {
        let _entered = self.vm().enter();
        let Input { source, parsed } = input;
        let after = match parsed {
            Ok(module) => self.statements(&source, module.body),
            Err(errors) => {
                self.engine.print_syntax_errors(&source, &errors);
                After::Failed
            }
        };
        self.flush();
        after
    }

    fn statements(&self, source: &Rc<Source>, body: Vec<Stmt>) -> After {
        Sources::of(self.vm()).add(source, &self.module.dict);
        for statement in body {
            let module = ast::Module { span: statement.span, body: vec![statement] };
            let options = Options { mode: Mode::Interactive, top_level_await: true, ..Options::default() };
            let code = match compile_module(&module, source.clone(), options) {
                Ok(code) => code,
                Err(errors) => {
                    self.engine.print_syntax_errors(source, &errors);
                    return After::Failed;
                }
            };
            let run = show_warnings(self.vm(), source).and_then(|()| self.body(&code).map(drop));
            match self.ended(run) {
                After::Done => {}
                other => return other,
            }
        }
        After::Done
    }

    /// Runs a body with the session's loop at hand; one that awaits, on it.
    fn body(&self, code: &Rc<crate::code::Code>) -> R {
        let vm = self.vm();
        let state = State::of(vm);
        let outer = state.running.replace(Some(self.event_loop.clone()));
        let result = vm.run_module_code(code, &self.module.dict);
        state.running.set(outer);
        let result = match result {
            Ok(coroutine) if code.flavour == Flavour::Coroutine => self.runner.run(vm, &coroutine, &Value::None),
            other => other,
        };
        // `asyncio.run` leaves none behind.
        state.chosen.set(Some(self.event_loop.clone()));
        result
    }

    /// Prints the exception that a statement ended with.
    fn ended(&self, result: R<()>) -> After {
        let Err(raised) = result else { return After::Done };
        let exception = self.vm().take_raised(raised);
        if self.vm().matches(&exception, T::SystemExit) {
            return After::Exit(exit::exit_code(self.vm(), &exception));
        }
        if self.engine.options.fancy && self.vm().matches(&exception, T::KeyboardInterrupt) {
            // Whoever pressed Ctrl-C knows where.
            self.vm().write_stderr("\nKeyboardInterrupt\n");
            return After::Failed;
        }
        self.engine.print_exception(&exception);
        After::Failed
    }

    fn flush(&self) {
        let streams = self.engine.streams();
        // A reader that has gone is noticed by the next line that is read.
        let _ = streams.stdout.flush();
        let _ = streams.stderr.flush();
    }

    /// Lets the loop run until a descriptor can be read. `Err` gives the errno when it cannot be watched: a plain file
    /// never makes anybody wait.
    pub fn wait_readable(&self, descriptor: RawFd) -> After {
        let vm = self.vm();
        let _entered = vm.enter();
        let Some(data) = self.event_loop.get::<EventLoop>() else { return After::Done };
        let waiter = future::create(vm, &self.event_loop);
        let Ok(key) = data.watch_readable(descriptor, Handle::Release(waiter.clone())) else { return After::Done };
        let result = event_loop::run_until_complete(vm, &self.event_loop, &Value::Native(waiter));
        drop(data.unwatch(key));
        let after = self.ended(result.map(drop));
        self.flush();
        after
    }

    /// The tasks that are not done, as a tree of who waits for whom.
    pub fn tasks(&self) -> Vec<outline::Line> {
        let _entered = self.vm().enter();
        outline::outline(self.vm(), &self.event_loop)
    }

    /// Ends the session: what is pending is cancelled and waited for, the loop is closed, objects go.
    pub fn close(self) {
        let _entered = self.vm().enter();
        let result = self.runner.close(self.vm());
        self.ended(result);
        exit::tear_down(self.vm(), &self.module);
        self.flush();
    }

    /// The value of an expression, as text: what `repr` makes of the type, for `:type`.
    pub fn type_of(&self, text: &str) -> Option<String> {
        let _entered = self.vm().enter();
        let value = self.value_of(text)?;
        let name = collect::type_name(&self.vm().class_of(&value));
        if let Value::Machine(machine) = &value {
            // Asked for its type only: it need not be awaited.
            machine.finish();
        }
        Some(name)
    }

    /// What an object says about itself: how it is called, and its docstring.
    pub fn doc_of(&self, text: &str) -> Option<String> {
        let _entered = self.vm().enter();
        let vm = self.vm();
        let value = self.value_of(text)?;
        let mut parts = Vec::new();
        if let Some(signature) = signature(&value) {
            parts.push(signature);
        }
        match vm.find_attr(&value, sym::__doc__) {
            Ok(Some(Value::Str(doc))) => parts.push(dedented(doc.as_str())),
            Ok(_) => {}
            Err(raised) => drop(vm.take_raised(raised)),
        }
        if parts.is_empty() {
            parts.push(format!("{} says nothing about itself", collect::type_name(&vm.class_of(&value))));
        }
        Some(parts.join("\n\n"))
    }

    /// Evaluates an expression; what goes wrong is printed.
    fn value_of(&self, text: &str) -> Option<Value> {
        let source = Source::new("<expression>", text.trim());
        let options = Options { mode: Mode::Expression, top_level_await: true, ..Options::default() };
        let code = match compile::code(&source.name, compile::Text::Valid(source.text.clone()), options) {
            Ok(code) => code,
            Err((source, errors)) => {
                self.engine.print_syntax_errors(&source, &errors);
                return None;
            }
        };
        Sources::of(self.vm()).add(&code.source, &self.module.dict);
        match self.body(&code) {
            Ok(value) => Some(value),
            Err(raised) => {
                self.ended(Err(raised));
                None
            }
        }
    }

    /// The names that can stand at a place: those of the namespace and the builtins, or, after dots, the attributes of the
    /// object before them. Runs no code of the script's.
    pub fn names(&self, before_the_last_dot: &[&str]) -> BTreeSet<String> {
        let _entered = self.vm().enter();
        let vm = self.vm();
        let Some((first, rest)) = before_the_last_dot.split_first() else {
            let dicts = [&self.module.dict, &vm.builtins];
            let keys = dicts.into_iter().flat_map(|dict| dict.keys());
            let names = keys.filter_map(|key| key.as_str().map(|name| name.as_str().to_owned()));
            // Known without an import.
            return names.chain([sym::asyncio.as_str().to_owned()]).collect();
        };
        let name = Symbol::new(first);
        let found = self.module.dict.get_name(name).or_else(|| vm.builtins.get_name(name));
        let found = found.or_else(|| if name == sym::asyncio { self.library_module(name) } else { None });
        let found = rest.iter().try_fold(found, |object, name| Some(stored(&object?, Symbol::new(name)))).flatten();
        found.map_or_else(BTreeSet::new, |object| collect::attribute_names(vm, &object).into_iter().collect())
    }

    /// The names in a module of our own, for completion after `from NAME import`. Runs no code of the script's.
    pub fn module_names(&self, name: &str) -> BTreeSet<String> {
        let _entered = self.vm().enter();
        let found = self.library_module(Symbol::new(name));
        found.map_or_else(BTreeSet::new, |module| collect::attribute_names(self.vm(), &module).into_iter().collect())
    }

    fn library_module(&self, name: Symbol) -> Option<Value> {
        library::find(name.as_str())?;
        match self.vm().import_module(name) {
            Ok(module) => Some(module),
            Err(raised) => {
                drop(self.vm().take_raised(raised));
                None
            }
        }
    }
}

/// An attribute that lies in an object or its class, without descriptors and hooks.
fn stored(object: &Value, name: Symbol) -> Option<Value> {
    match object {
        Value::Module(module) => module.dict.get_name(name),
        Value::Class(class) => class.lookup(name),
        Value::Instance(instance) => instance.get(name).or_else(|| instance.class().lookup(name)),
        _ => None,
    }
}

/// `name(parameters)`
fn signature(value: &Value) -> Option<String> {
    match value {
        Value::Builtin(builtin) => Some(format!("{}{}", builtin.row.name, builtin.row.signature)),
        Value::Function(function) => {
            let code = function.code();
            let word = if function.is_coroutine() { "async def" } else { "def" };
            let line = code.source.line_text(code.first_line());
            let written = line.trim().trim_end_matches(':');
            Some(if written.contains("def ") { written.to_owned() } else { format!("{word} {}(...)", code.qualname) })
        }
        Value::Method(method) => signature(&method.function),
        Value::Class(class) => Some(format!("class {}", class.qualname())),
        _ => None,
    }
}

/// A docstring without the indentation that its lines share after the first.
fn dedented(text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().collect();
    let margin = |line: &&str| line.len() - line.trim_start().len();
    let shared = lines.iter().skip(1).filter(|line| !line.trim().is_empty()).map(margin).min().unwrap_or(0);
    let cut =
        |(i, line): (usize, &&str)| if i == 0 { line.trim() } else { line.get(shared..).unwrap_or("") }.to_owned();
    lines.iter().enumerate().map(cut).collect::<Vec<_>>().join("\n")
}

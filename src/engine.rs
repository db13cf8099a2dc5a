//! The library's public face, and the glue of all layers: text in, output and an exit status out.
//!
//! An [`Engine`] owns one interpreter; it runs scripts one after another on the thread that made it.

mod collect;
mod compile;
pub mod dump;
mod exit;
pub mod files;
mod import;
pub mod session;
pub mod signal;
pub mod trial;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::event::Interrupt;
use crate::intern::{Symbol, sym};
use crate::interp::finalize;
use crate::interp::streams::{Sink, Streams};
use crate::interp::upcalls::Upcalls;
use crate::modules;
use crate::object::cycles::{self, Scope};
use crate::object::vm::Hooks;
use crate::object::{Dict, Module, R, Ref, Value, Vm};
use crate::source::Source;
use crate::syntax::error::SyntaxError;
use crate::tasks::clock;

pub use compile::{Text, decode, main_code};
pub use session::{After, Session};

/// In which form an error is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ErrorForm {
    /// A report with labels and hints, for people.
    Report,
    /// CPython's traceback text.
    #[default]
    Traceback,
    /// One JSON object a line.
    Json,
}

/// How an engine is set up.
#[derive(Clone, Default)]
pub struct Options {
    /// Time stands still while something runs and jumps to the next deadline when nothing does.
    pub virtual_time: bool,
    /// `sys.argv`
    pub argv: Vec<String>,
    /// Where `import` looks for files first: the folder of the script.
    pub folder: Option<PathBuf>,
    pub errors: ErrorForm,
    /// Reports use colours and Unicode drawing as the terminal allows.
    pub fancy: bool,
}

/// The stack that a script may use on a thread of the command, in bytes: address space, committed page by page.
const STACK: usize = 512 << 20;
/// What is left of the native stack when RecursionError is raised: room for what handles it.
const STACK_RESERVE: usize = 256 << 10;
/// What awaits may use of the native stack, in bytes, before a coroutine that is awaited begins without it: about a hundred of them.
const EASY_STACK: usize = 64 << 10;

/// One interpreter.
pub struct Engine {
    vm: Vm,
    options: Options,
    _sweep: Sweep,
}

/// Dropped last: frees the cycles that the interpreter leaves behind, for a program that goes on without it.
struct Sweep;

impl Drop for Sweep {
    fn drop(&mut self) {
        cycles::collect(Scope::Everything);
    }
}

impl Engine {
    /// An interpreter with nothing run yet.
    pub fn new(options: Options) -> Engine {
        let vm = Vm::new(Hooks {
            import: import::import,
            finalize: object_goes,
            call_back: finalize::call_back,
            type_spec: modules::type_spec,
            new: &modules::types::object::NEW,
        });
        vm.lend(Upcalls {
            compile: compile::compile,
            traceback: collect::traceback_text,
            source_line: compile::source_line,
        });
        if options.virtual_time {
            clock::set_virtual(&vm);
        }
        if options.errors != ErrorForm::Traceback {
            crate::tasks::origin::watch(&vm);
        }
        // One interrupt for the loops and for code that runs: the interpreter finds it by its type.
        vm.extension(|| clock::interrupt(&vm));
        vm.interrupt_hook.set(Some(look_up));
        vm.waiting_tasks.set(Some(crate::tasks::event_loop::waiting_tasks));
        let search = import::Search::of(&vm);
        search.set_folder(options.folder.clone());
        search.set_arguments(options.argv.clone());
        let engine = Engine { vm, options, _sweep: Sweep };
        let _entered = engine.vm.enter();
        modules::install_builtins(&engine.vm);
        modules::sys::set_startup(&engine.vm, &engine.options.argv, engine.options.folder.as_deref());
        drop(_entered);
        engine
    }

    /// The interpreter itself.
    pub fn vm(&self) -> &Vm {
        &self.vm
    }

    /// Raised from a signal handler or another thread, it makes the script see a KeyboardInterrupt.
    pub fn interrupt(&self) -> Rc<Interrupt> {
        self.vm.extension(Interrupt::new)
    }

    /// The standard streams, for an embedder that wants what scripts print.
    pub fn streams(&self) -> Rc<Streams> {
        self.vm.streams()
    }

    /// Runs with what the script prints collected: (exit status, standard output, standard error).
    pub fn capture(&self, name: &str, text: &str) -> (i32, String, String) {
        let (status, out, err) = self.collecting(|| self.run_source(name, text));
        let [out, err] = [out, err].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (status, out, err)
    }

    /// Does some work with what is printed meanwhile collected: its result, standard output, standard error.
    pub fn collecting<V>(&self, work: impl FnOnce() -> V) -> (V, Vec<u8>, Vec<u8>) {
        let memory = [Rc::default(), Rc::default()];
        let streams = self.streams();
        streams.stdout.redirect(Sink::Memory(Rc::clone(&memory[0])));
        streams.stderr.redirect(Sink::Memory(Rc::clone(&memory[1])));
        let value = work();
        let _ = streams.stdout.flush();
        let _ = streams.stderr.flush();
        let [out, err] = memory.map(|bytes| bytes.take());
        (value, out, err)
    }

    /// Runs a file as `__main__` and gives the exit status: 0, 1 after an uncaught exception, what `sys.exit` says,
    /// 130 after an interrupt, 2 when the file cannot be read.
    pub fn run_file(&self, path: &Path) -> i32 {
        let name = path.display().to_string();
        match files::read(path) {
            Ok(text) => self.run_text(&name, text, Some(path)),
            Err(message) => {
                self.vm.write_stderr(&format!("aio: {message}\n"));
                2
            }
        }
    }

    /// Runs a text that was read from a file as `__main__`, under a name of the caller's choice.
    pub fn run_read(&self, name: &str, text: Text, path: &Path) -> i32 {
        self.run_text(name, text, Some(path))
    }

    /// Runs bytes that were read from somewhere as `__main__`.
    pub fn run_bytes(&self, name: &str, bytes: Vec<u8>) -> i32 {
        self.run_text(name, decode(bytes), None)
    }

    /// Runs a text as `__main__`; `name` is what tracebacks call it.
    pub fn run_source(&self, name: &str, text: &str) -> i32 {
        self.run_text(name, Text::Valid(text.to_owned()), None)
    }

    fn run_text(&self, name: &str, text: Text, path: Option<&Path>) -> i32 {
        self.set_stack_limit();
        let _entered = self.vm.enter();
        let status = match compile::main_code(name, text) {
            Ok(code) => {
                let module = self.main_module(path);
                compile::Sources::of(&self.vm).add(&code.source, &module.dict);
                let result = self.run_main(&code, &module);
                let status = exit::status(self, result);
                exit::run_registered(&self.vm);
                exit::tear_down(&self.vm, &module);
                status
            }
            Err((source, errors)) => {
                self.print_syntax_errors(&source, &errors);
                1
            }
        };
        exit::flush(self, status)
    }

    /// A fresh `__main__`.
    fn main_module(&self, path: Option<&Path>) -> Ref<Module> {
        let module = Module::new(sym::__main__);
        import::set_module_names(&module.dict, "__main__", path, None);
        module.dict.set_name(sym::__annotations__, Value::dict(Dict::new()));
        module.dict.set_name(sym::__builtins__, import::builtins_module(&self.vm));
        self.vm.modules.set_name(sym::__main__, Value::Module(module.clone()));
        module
    }

    /// Runs the module's body; one that awaits is the main coroutine.
    fn run_main(&self, code: &Rc<crate::code::Code>, module: &Ref<Module>) -> R<()> {
        compile::show_warnings(&self.vm, &code.source)?;
        compile::run(&self.vm, code, &module.dict)
    }

    /// Recursion ends before this thread's stack does.
    fn set_stack_limit(&self) {
        let here = 0u8;
        // Without knowledge of the stack, the smallest that threads commonly get.
        let left = stacker::remaining_stack().unwrap_or(1 << 20);
        let here = &raw const here as usize;
        self.vm.native_limit.set(here.saturating_sub(left.saturating_sub(STACK_RESERVE.min(left / 2))));
        self.vm.native_ease.set(here.saturating_sub(EASY_STACK.min(left / 4)));
    }

    fn print_syntax_errors(&self, source: &Rc<Source>, errors: &[SyntaxError]) {
        let text = match self.options.errors {
            ErrorForm::Traceback => crate::report::syntax::traceback(source, errors),
            ErrorForm::Json => crate::report::json::syntax(source, errors),
            #[cfg(feature = "cli")]
            ErrorForm::Report => crate::report::diagnostic::syntax(source, errors, self.options.fancy),
            #[cfg(not(feature = "cli"))]
            ErrorForm::Report => crate::report::syntax::traceback(source, errors),
        };
        self.vm.write_stderr(&text);
    }

    /// Prints an exception that nobody caught.
    fn print_exception(&self, exception: &Ref<crate::object::Exception>) {
        let mut failure = collect::collect(&self.vm, exception);
        if let Some(crash) = failure.crashes.first_mut() {
            crash.notes.extend(crate::tasks::origin::take_swallowed(&self.vm));
        }
        let text = match self.options.errors {
            ErrorForm::Traceback => crate::report::traceback::render(&failure),
            ErrorForm::Json => crate::report::json::failure(&failure),
            #[cfg(feature = "cli")]
            ErrorForm::Report => crate::report::diagnostic::failure(&failure, self.options.fancy),
            #[cfg(not(feature = "cli"))]
            ErrorForm::Report => crate::report::traceback::render(&failure),
        };
        self.vm.write_stderr(&text);
    }
}

/// The last reference to an object with a finaliser goes.
fn object_goes(vm: &Vm, value: &Value) {
    finalize::finalize(vm, value, crate::tasks::report::future_goes);
}

/// What the interpreter asks every so many calls and loop rounds.
fn look_up(vm: &Vm) -> R<()> {
    crate::tasks::task::interrupted(vm, &vm.extension(Interrupt::new))
}

/// Runs `work` on a thread with a stack large enough for deep recursion; on this one if no such thread can be had.
pub fn on_large_stack<W: FnOnce() -> i32 + Send + 'static>(work: W) -> i32 {
    let work = std::sync::Arc::new(std::sync::Mutex::new(Some(work)));
    for size in [STACK, STACK / 8] {
        let shared = work.clone();
        let run = move || {
            let taken = shared.lock().ok().and_then(|mut work| work.take());
            taken.map_or(1, |work| work())
        };
        if let Ok(thread) = std::thread::Builder::new().stack_size(size).spawn(run) {
            signal::leave_to_other_threads();
            return thread.join().unwrap_or(101);
        }
    }
    let taken = work.lock().ok().and_then(|mut work| work.take());
    taken.map_or(1, |work| work())
}

/// A thread of a scope with a stack as large as the command's, or the largest that can be had.
///
/// # Errors
/// When no thread can be had.
pub fn spawn_with_large_stack<'scope, W: Fn() + Send + Clone + 'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    work: W,
) -> std::io::Result<std::thread::ScopedJoinHandle<'scope, ()>> {
    let builder = |size: usize| std::thread::Builder::new().stack_size(size);
    let again = work.clone();
    builder(STACK).spawn_scoped(scope, work).or_else(|_| builder(STACK / 8).spawn_scoped(scope, again))
}

/// The namespace of a module that is imported, for tests and embedders.
pub fn namespace(vm: &Vm, module: &str) -> Option<Ref<Dict>> {
    match vm.modules.get_name(Symbol::new(module)) {
        Some(Value::Module(module)) => Some(module.dict.clone()),
        _ => None,
    }
}

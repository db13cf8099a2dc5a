//! What layers above lend to the interpreter and to modules: compiling text, and the text of a traceback. The engine
//! fills it in; without one, both say that they are not there.

use std::cell::RefCell;
use std::rc::Rc;

use crate::code::Code;
use crate::intern::Symbol;
use crate::object::{Exception, Module, R, Ref, T, Value, Vm};

/// What a text is, as `compile()` names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompileMode {
    /// Statements: `"exec"`.
    Exec,
    /// One expression, whose value is the result: `"eval"`.
    Eval,
    /// One interactive statement: `"single"`.
    Single,
}

/// A text to compile.
#[derive(Clone, Copy)]
pub struct CompileRequest<'a> {
    pub text: &'a str,
    pub filename: &'a str,
    pub mode: CompileMode,
    /// Local names live in a namespace of their own.
    pub separate_locals: bool,
    /// `await` may stand outside functions.
    pub top_level_await: bool,
}

/// The calls that go up.
#[derive(Clone, Copy)]
pub struct Upcalls {
    pub compile: fn(&Vm, CompileRequest) -> R<Rc<Code>>,
    pub traceback: fn(&Vm, &Ref<Exception>) -> String,
    /// Whether sources are known by name: the line of a file, for warnings.
    pub source_line: fn(&Vm, file: &str, line: u32) -> Option<String>,
}

impl Upcalls {
    fn none() -> Upcalls {
        Upcalls {
            compile: |vm, _| Err(vm.error(T::NotImplementedError, "this interpreter was built without a compiler")),
            traceback: |vm, exception| match vm.str(&Value::Exception(exception.clone())) {
                Ok(text) => format!("{}: {}\n", exception.class().name(), text.as_str()),
                Err(raised) => {
                    drop(vm.take_raised(raised));
                    format!("{}\n", exception.class().name())
                }
            },
            source_line: |_, _, _| None,
        }
    }
}

/// What the importer is doing.
#[derive(Default)]
pub struct Importing {
    /// Modules whose bodies run.
    pub under_way: RefCell<Vec<Symbol>>,
    /// The module that the next load fills anew: `importlib.reload`.
    pub reload: RefCell<Option<Ref<Module>>>,
}

impl Vm {
    /// Lends the calls of the layers above; the first lender stays.
    pub fn lend(&self, upcalls: Upcalls) {
        self.extension(|| upcalls);
    }

    fn upcalls(&self) -> Rc<Upcalls> {
        self.extension(Upcalls::none)
    }

    /// Compiles a text, for `exec`, `eval` and `compile`.
    ///
    /// # Errors
    /// SyntaxError and its subclasses.
    pub fn compile(&self, request: CompileRequest) -> R<Rc<Code>> {
        (self.upcalls().compile)(self, request)
    }

    /// The text that CPython prints for an uncaught exception, chain and all, with its last newline.
    pub fn traceback_text(&self, exception: &Ref<Exception>) -> String {
        (self.upcalls().traceback)(self, exception)
    }

    /// A line of a source that was run, for warnings.
    pub fn source_line(&self, file: &str, line: u32) -> Option<String> {
        (self.upcalls().source_line)(self, file, line)
    }
}

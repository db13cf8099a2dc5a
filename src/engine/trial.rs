//! One test function on trial: its module is run anew, the function called, and awaited if it is a coroutine. What an
//! `assert` compared is kept when it fails.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use super::compile::{self, Sources};
use super::{Engine, exit, import};
use crate::compile::{Options, compile_module};
use crate::intern::Symbol;
use crate::object::{Args, Builtin, Fun, Module, R, Ref, Row, Value, Vm};
use crate::source::Source;
use crate::syntax::ast;
use crate::tasks::coroutine::is_coroutine;
use crate::tasks::runner;

/// The function that rewritten assertions give their operands to before they fail. No script can spell it.
pub const KEEP: &str = "@keep";

static KEEP_ROW: Row = Row::function(KEEP, "(operator, /, *sides)", Fun::Full(keep));

/// What the last failed assertion looked at.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Sides {
    /// The operator between the first two, empty when there is none.
    pub operator: String,
    /// What stood in the source, and its `repr`.
    pub values: Vec<(String, String)>,
    /// The two strs that an `==` compared, for a difference line by line.
    pub texts: Option<(String, String)>,
}

#[derive(Default)]
struct Kept(RefCell<Option<Sides>>);

/// `@keep(operator, text, value, text, value, ...)`
fn keep(vm: &Vm, args: Args) -> R {
    let operator = args.positional.first().and_then(|v| v.as_str().map(|s| s.as_str().to_owned()));
    let mut sides = Sides { operator: operator.unwrap_or_default(), ..Sides::default() };
    let mut strs = Vec::new();
    for pair in args.positional.get(1..).unwrap_or(&[]).chunks(2) {
        let [text, value] = pair else { continue };
        let text = text.as_str().map_or(String::new(), |text| text.as_str().to_owned());
        let shown = match vm.repr(value) {
            Ok(shown) => shown.as_str().to_owned(),
            Err(raised) => {
                drop(vm.take_raised(raised));
                "<repr() failed>".to_owned()
            }
        };
        sides.values.push((text, shown));
        strs.push(value.as_str().map(|s| s.as_str().to_owned()));
    }
    if let [Some(left), Some(right)] = strs.as_slice()
        && sides.operator == "=="
    {
        sides.texts = Some((left.clone(), right.clone()));
    }
    *vm.extension(Kept::default).0.borrow_mut() = Some(sides);
    Ok(Value::None)
}

/// How a trial ended.
pub struct Verdict {
    pub passed: bool,
    /// What a failed assertion compared.
    pub sides: Option<Sides>,
}

impl Engine {
    /// Runs a module and then one of its functions. What goes wrong is printed on standard error.
    pub fn try_function(&self, source: &Rc<Source>, module: &ast::Module, path: &Path, function: &str) -> Verdict {
        self.set_stack_limit();
        let _entered = self.vm.enter();
        let options = Options { top_level_await: true, ..Options::default() };
        let code = match compile_module(module, source.clone(), options) {
            Ok(code) => code,
            Err(errors) => {
                self.print_syntax_errors(source, &errors);
                return Verdict { passed: false, sides: None };
            }
        };
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let namespace = Module::new(Symbol::new(&name));
        import::set_module_names(&namespace.dict, &name, Some(path), None);
        namespace.dict.set_name(crate::intern::sym::__builtins__, import::builtins_module(&self.vm));
        namespace.dict.set_name(Symbol::new(KEEP), Builtin::new(&KEEP_ROW, None, None));
        self.vm.modules.set_name(Symbol::new(&name), Value::Module(namespace.clone()));
        Sources::of(&self.vm).add(source, &namespace.dict);
        let result = compile::run(&self.vm, &code, &namespace.dict).and_then(|()| self.call(&namespace, function));
        let passed = match result {
            Ok(()) => true,
            Err(raised) => {
                let exception = self.vm.take_raised(raised);
                self.print_exception(&exception);
                false
            }
        };
        exit::tear_down(&self.vm, &namespace);
        let sides = self.vm.extension(Kept::default).0.take().filter(|_| !passed);
        Verdict { passed, sides }
    }

    fn call(&self, namespace: &Ref<Module>, function: &str) -> R<()> {
        let vm = &self.vm;
        let Some(function) = namespace.dict.get_name(Symbol::new(function)) else {
            return Err(vm.runtime_error(format!("the module has no function '{function}' when it has run")));
        };
        let value = vm.call0(&function)?;
        if is_coroutine(vm, &value) {
            runner::run(vm, &value, Value::None, Value::None)?;
        } else if matches!(vm.class_of(&value).name().as_str(), "generator" | "async_generator") {
            return Err(vm.type_error("a test with `yield` is a generator: nothing of it ran"));
        }
        Ok(())
    }
}

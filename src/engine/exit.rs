//! How a run ends: the exit status, what is printed about it, and the order in which objects go.

use super::Engine;
use super::compile::Sources;
use crate::intern::{Symbol, sym};
use crate::object::{Args, Exception, Module, R, Ref, T, Value, Vm};

/// After Ctrl-C: 128 and the signal's number, as a shell reports it.
const INTERRUPTED: i32 = 130;
/// Standard output could not be written (CPython's status for it).
const LOST_OUTPUT: i32 = 120;

/// The status that a result stands for; an exception that nobody caught is printed.
pub fn status(engine: &Engine, result: R<()>) -> i32 {
    let vm = engine.vm();
    let Err(raised) = result else { return 0 };
    let exception = vm.take_raised(raised);
    if vm.matches(&exception, T::SystemExit) {
        return exit_code(vm, &exception);
    }
    match own_hook(vm) {
        Some(hook) => call_hook(engine, &hook, &exception),
        None => engine.print_exception(&exception),
    }
    if vm.matches(&exception, T::KeyboardInterrupt) { INTERRUPTED } else { 1 }
}

/// A `sys.excepthook` that a script has set.
fn own_hook(vm: &Vm) -> Option<Value> {
    let Some(Value::Module(sys)) = vm.modules.get_name(sym::sys) else { return None };
    let hook = |name| sys.dict.get_name(Symbol::new(name));
    let (set, original) = (hook("excepthook")?, hook("__excepthook__"));
    (!original.is_some_and(|original| original.is(&set))).then_some(set)
}

fn call_hook(engine: &Engine, hook: &Value, exception: &Ref<Exception>) {
    let vm = engine.vm();
    let value = Value::Exception(exception.clone());
    let called = vm.get_attr(&value, sym::__traceback__).and_then(|traceback| {
        let args = [Value::Class(exception.class()), value.clone(), traceback];
        vm.call(hook, Args::positional(&args))
    });
    if let Err(raised) = called {
        let failed = vm.take_raised(raised);
        vm.write_stderr("Error in sys.excepthook:\n");
        engine.print_exception(&failed);
        vm.write_stderr("\nOriginal exception was:\n");
        engine.print_exception(exception);
    }
}

/// `SystemExit.code`: None is 0, an int is itself, anything else is printed and counts as 1.
pub fn exit_code(vm: &Vm, exception: &Ref<Exception>) -> i32 {
    let code = exception.get(sym::code).or_else(|| {
        let args = exception.args.get();
        match args.len() {
            0 => None,
            1 => Some(args[0].clone()),
            _ => Some(Value::Tuple(args)),
        }
    });
    let Some(code) = code.filter(|code| !code.is_none()) else { return 0 };
    if code.is_int() {
        // The system keeps the lowest byte; what does not fit a C long counts as -1.
        return (code.as_i64().unwrap_or(-1) & 0xff) as i32;
    }
    match vm.str(&code) {
        Ok(text) => vm.write_stderr(&format!("{}\n", text.as_str())),
        Err(raised) => drop(vm.take_raised(raised)),
    }
    1
}

/// Calls what the script gave to `atexit`, the newest first.
pub fn run_registered(vm: &Vm) {
    let Some(Value::Module(atexit)) = vm.modules.get_name(Symbol::new("atexit")) else { return };
    let Some(run) = atexit.dict.get_name(Symbol::new("_run_exitfuncs")) else { return };
    if let Err(raised) = vm.call0(&run) {
        vm.unraisable("atexit", raised);
    }
}

/// Empties the main module as CPython does at exit: private names first, then the others, in order; what they hold is
/// finalised while its module still stands.
pub fn tear_down(vm: &Vm, module: &Ref<Module>) {
    vm.collect_at_exit();
    let is_private = |name: &str| name.starts_with('_') && !name.starts_with("__");
    for private in [true, false] {
        for key in module.dict.keys() {
            let Some(name) = key.as_str() else { continue };
            let keeps = name.as_str() == "__builtins__" || (private && !is_private(name.as_str()));
            if !keeps {
                drop(module.dict.set_str(name, Value::None));
            }
        }
    }
    Sources::of(vm).forget(&module.dict);
    vm.collect_at_exit();
}

/// Writes what is still in the buffers.
pub fn flush(engine: &Engine, status: i32) -> i32 {
    let streams = engine.streams();
    let lost = match streams.stdout.flush() {
        Ok(()) => false,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            if let Some(end) = streams.on_closed.get() {
                end();
            }
            true
        }
        Err(error) => {
            engine.vm().write_stderr(&format!("aio: cannot write standard output: {error}\n"));
            true
        }
    };
    let _ = streams.stderr.flush();
    if lost && status == 0 { LOST_OUTPUT } else { status }
}

//! `eval`, `exec`, `compile`, `globals`, `locals`, `__import__`: text that becomes code, and the namespaces around it.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::intern::{Symbol, sym};
use crate::interp::Code;
use crate::interp::upcalls::{CompileMode, CompileRequest};
use crate::modules::support::text;
use crate::modules::sys::exit;
use crate::modules::types::code_object::{CodeData, Compiled};
use crate::object::cell::CellData;
use crate::object::{Dict, Fun, Native, R, Ref, Row, T, Value, Vm};

pub const ROWS: &[Row] = &[
    Row::function(
        "eval",
        "(source, /, globals=None, locals=None)",
        Fun::Bound(|vm, args| run(vm, args, CompileMode::Eval)),
    ),
    Row::function(
        "exec",
        "(source, /, globals=None, locals=None, *, closure=None)",
        Fun::Bound(|vm, args| run(vm, args, CompileMode::Exec).map(|_| Value::None)),
    ),
    Row::function(
        "compile",
        "(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)",
        Fun::Bound(compile),
    ),
    Row::function("exit", "(code=None)", Fun::F1(exit)),
    Row::function("quit", "(code=None)", Fun::F1(exit)),
    Row::function("globals", "()", Fun::F0(|vm| Ok(Value::Dict(globals(vm))))),
    Row::function("locals", "()", Fun::F0(locals)),
    Row::function("__import__", "(name, globals=None, locals=None, fromlist=(), level=0)", Fun::Bound(import)),
];

/// The namespace of the module whose code calls; the main module's when no script does.
fn globals(vm: &Vm) -> Ref<Dict> {
    let asking = vm.callers().first().and_then(|site| vm.sites.borrow().globals(*site));
    asking.unwrap_or_else(|| match vm.modules.get_name(sym::__main__) {
        Some(Value::Module(main)) => main.dict.clone(),
        _ => Ref::new(Dict::new()),
    })
}

/// The `__name__` of the module that asks.
pub fn module_name(vm: &Vm) -> Value {
    globals(vm).get_name(sym::__name__).unwrap_or_else(|| Value::name(sym::__main__))
}

/// `locals()` outside of functions, whose own calls the compiler knows.
pub fn locals(vm: &Vm) -> R {
    Ok(Value::Dict(globals(vm)))
}

/// The source text of an argument.
fn source(vm: &Vm, value: &Value, function: &str) -> R<String> {
    if let Some(text) = value.as_str() {
        return Ok(text.as_str().to_owned());
    }
    match value.to_buffer().map(String::from_utf8) {
        Some(Ok(text)) => Ok(text),
        Some(Err(_)) => Err(vm.error(T::SyntaxError, "source code is not valid UTF-8")),
        None => {
            let what = if function == "compile" { "AST" } else { "code" };
            Err(vm.type_error(format!("{function}() arg 1 must be a string, bytes or {what} object")))
        }
    }
}

fn run(vm: &Vm, args: &[Value], mode: CompileMode) -> R {
    let function = if mode == CompileMode::Eval { "eval" } else { "exec" };
    let [source_or_code, given, locals, closure @ ..] = args else { return Ok(Value::None) };
    let globals = match given {
        Value::None | Value::Missing => globals(vm),
        given => match given.as_dict() {
            Some(dict) => dict.clone(),
            None => {
                let got = vm.type_name(given);
                let message = match mode {
                    CompileMode::Eval => "globals must be a dict".to_owned(),
                    _ => format!("{function}() globals must be a dict, not {got}"),
                };
                return Err(vm.type_error(message));
            }
        },
    };
    if !locals.is_none_or_missing() && locals.as_dict().is_none() && vm.special(locals, sym::__getitem__).is_none() {
        let message = match mode {
            CompileMode::Eval => "locals must be a mapping".to_owned(),
            _ => format!("locals must be a mapping or None, not {}", vm.type_name(locals)),
        };
        return Err(vm.type_error(message));
    }
    if globals.get_name(sym::__builtins__).is_none() {
        globals.set_name(sym::__builtins__, Value::Dict(vm.builtins.clone()));
    }
    // A dict that finds names its own way is asked its way.
    let own_way = locals.is_none_or_missing() && vm.overrides(given, sym::__missing__).is_some();
    let locals = if own_way { given } else { locals };
    let separate = match locals {
        _ if own_way => true,
        Value::None | Value::Missing => false,
        given => !given.as_dict().is_some_and(|dict| Ref::same(dict, &globals)),
    };
    let closure = closure.first().filter(|given| !given.is_none_or_missing());
    if let Some(data) = source_or_code.as_native::<CodeData>()
        && (!data.0.free.is_empty() || closure.is_some())
    {
        return run_closed(vm, data, &globals, closure, mode);
    }
    if closure.is_some() {
        return Err(vm.type_error("closure can only be used when source is a code object"));
    }
    let code = match source_or_code.as_native::<CodeData>() {
        Some(data) if separate => with_own_locals(vm, data)?,
        Some(data) => data.0.clone(),
        None => {
            let text = source(vm, source_or_code, function)?;
            // `eval` allows blanks in front, which would be an indentation otherwise.
            let text = if mode == CompileMode::Eval { text.trim_start_matches([' ', '\t']) } else { &text };
            vm.compile(CompileRequest {
                text,
                filename: "<string>",
                mode,
                separate_locals: separate,
                top_level_await: false,
            })?
        }
    };
    execute(vm, &code, &globals, if separate { Some(locals.clone()) } else { None })
}

/// Code with free variables runs with the cells that are given for them.
fn run_closed(
    vm: &Vm,
    CodeData(code, _): &CodeData,
    globals: &Ref<Dict>,
    closure: Option<&Value>,
    mode: CompileMode,
) -> R {
    if mode == CompileMode::Eval {
        return Err(vm.type_error("code object passed to eval() may not contain free variables"));
    }
    let wanted = code.free.len();
    if wanted == 0 {
        return Err(vm.type_error("cannot use a closure with this code object"));
    }
    let cells = closure.and_then(|given| given.as_tuple()).filter(|given| given.len() == wanted);
    let cells: Option<Vec<_>> = cells.and_then(|given| {
        given.iter().map(|cell| cell.as_native::<CellData>().map(|CellData(cell)| cell.clone())).collect()
    });
    let Some(cells) = cells else {
        return Err(vm.type_error(format!("code object requires a closure of exactly length {wanted}")));
    };
    let function = vm.function(code, globals, cells.into(), code.name);
    vm.call0(&Value::Function(function)).map(|_| Value::None)
}

/// The code of a code object, for names that live in a mapping of locals. A function's code stays as it is.
fn with_own_locals(vm: &Vm, data: &CodeData) -> R<Rc<Code>> {
    let CodeData(code, Some(compiled)) = data else { return Ok(data.0.clone()) };
    if let Some(separate) = compiled.separate.get() {
        return Ok(separate.clone());
    }
    let separate = vm.compile(CompileRequest {
        text: &code.source.text,
        filename: &code.source.name,
        mode: compiled.mode,
        separate_locals: true,
        top_level_await: false,
    })?;
    Ok(compiled.separate.get_or_init(|| separate).clone())
}

fn execute(vm: &Vm, code: &std::rc::Rc<Code>, globals: &Ref<Dict>, locals: Option<Value>) -> R {
    match locals {
        Some(locals) => vm.run_names_code(code, globals, locals),
        None => vm.run_module_code(code, globals),
    }
}

fn compile(vm: &Vm, args: &[Value]) -> R {
    let [source_value, filename, mode, flags, ..] = args else { return Ok(Value::None) };
    if source_value.as_native::<CodeData>().is_some() {
        return Ok(source_value.clone());
    }
    let text_of_source = source(vm, source_value, "compile")?;
    let Some(filename) = filename.as_str() else {
        let got = vm.type_name(filename);
        return Err(vm.type_error(format!("expected str, bytes or os.PathLike object, not {got}")));
    };
    let mode = match text(vm, mode, "compile() argument 'mode'")?.as_str() {
        "exec" => CompileMode::Exec,
        "eval" => CompileMode::Eval,
        "single" => CompileMode::Single,
        _ => return Err(vm.value_error("compile() mode must be 'exec', 'eval' or 'single'")),
    };
    /// `ast.PyCF_ALLOW_TOP_LEVEL_AWAIT`
    const TOP_LEVEL_AWAIT: i64 = 0x2000;
    let flags = if flags.is_missing() { 0 } else { vm.index_i64(flags)? };
    /// Those that CPython knows: of `__future__`, and `PyCF_*`.
    const KNOWN: i64 = 0x1fe_0000 | 0xf610;
    if flags & !KNOWN != 0 {
        return Err(vm.value_error("compile(): unrecognised flags"));
    }
    let request = CompileRequest {
        text: &text_of_source,
        filename: filename.as_str(),
        mode,
        separate_locals: false,
        top_level_await: flags & TOP_LEVEL_AWAIT != 0,
    };
    let compiled = Compiled { mode, separate: OnceCell::new() };
    let data = CodeData(vm.compile(request)?, Some(compiled));
    Ok(Value::Native(Native::new(vm.class(T::Code), data)))
}

fn import(vm: &Vm, args: &[Value]) -> R {
    let [name, namespace, _, wanted, level] = args else { return Ok(Value::None) };
    let Some(name) = name.as_str() else { return Err(vm.type_error("module name must be a string")) };
    let level = if level.is_missing() { 0 } else { vm.index_i64(level)? };
    if level < 0 {
        return Err(vm.value_error("level must be >= 0"));
    }
    let full = if level > 0 {
        let Some(namespace) = namespace.as_dict() else {
            return Err(vm.type_error("globals must be a dict"));
        };
        let last = (!name.is_empty()).then(|| name.symbol());
        vm.absolute_name(namespace, last, u32::try_from(level).unwrap_or(u32::MAX))?
    } else if name.is_empty() {
        return Err(vm.value_error("Empty module name"));
    } else {
        name.symbol()
    };
    let module = vm.import_module(full)?;
    if wanted.is_missing() || !vm.is_true(wanted)? {
        // Without names to take from it, the package at the front is what `import a.b` binds.
        let Some((_, inner)) = name.as_str().split_once('.') else { return Ok(module) };
        let package = &full.as_str()[..full.as_str().len() - inner.len() - 1];
        return vm.import_module(Symbol::new(package));
    }
    // The names may be modules of a package.
    if vm.find_attr(&module, sym::__path__)?.is_some() {
        for wanted in vm.collect(wanted)? {
            let Some(wanted) = wanted.as_str() else { continue };
            if vm.find_attr(&module, wanted.symbol())?.is_none() {
                let inner = Symbol::new(&format!("{full}.{}", wanted.as_str()));
                vm.catch(vm.import_module(inner), T::ModuleNotFoundError)?;
            }
        }
    }
    Ok(module)
}

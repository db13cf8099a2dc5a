//! Modules that are scripts of our own language: where speed does not matter, the shortest way to say a thing.

use super::ModuleSpec;
use crate::intern::sym;
use crate::interp::upcalls::Importing;
use crate::object::{Fun, R, Row, Value, Vm};

pub static LOGGING: ModuleSpec = ModuleSpec::script("logging", include_str!("logging.aio"));
pub static TYPING: ModuleSpec = ModuleSpec::script("typing", include_str!("typing.aio"));
pub static CONTEXTLIB: ModuleSpec = ModuleSpec::script("contextlib", include_str!("contextlib.aio"));
pub static DATACLASSES: ModuleSpec = ModuleSpec::script("dataclasses", include_str!("dataclasses.aio"));
pub static ENUM: ModuleSpec = ModuleSpec::script("enum", include_str!("enum.aio"));
pub static ABC: ModuleSpec = ModuleSpec::script("abc", include_str!("abc.aio"));
pub static TYPES: ModuleSpec = ModuleSpec::script("types", include_str!("types.aio"));
pub static TRACEBACK: ModuleSpec = ModuleSpec::script("traceback", include_str!("traceback.aio"));
pub static WARNINGS: ModuleSpec = ModuleSpec::script("warnings", include_str!("warnings.aio"));
pub static STRING: ModuleSpec = ModuleSpec::script("string", include_str!("string.aio"));
pub static COPYREG: ModuleSpec = ModuleSpec::script("copyreg", include_str!("copyreg.aio"));
pub static COPY: ModuleSpec = ModuleSpec::script("copy", include_str!("copy.aio"));
pub static IMPORTLIB: ModuleSpec = ModuleSpec::script("importlib", include_str!("importlib.aio"));
pub static INSPECT: ModuleSpec = ModuleSpec::script("inspect", include_str!("inspect.aio"));

/// What these scripts need of the interpreter and no other module has.
pub static INTERNAL: ModuleSpec = ModuleSpec { name: "_aio", rows: ROWS, init: None, script: None };

const ROWS: &[Row] = &[
    Row::function("traceback_text", "(exception, /)", Fun::F1(traceback_text)),
    Row::function("source_line", "(file, line, /)", Fun::F2(source_line)),
    Row::function("reload_module", "(module, /)", Fun::F1(reload_module)),
    Row::function("process_id", "()", Fun::F0(|_| Ok(Value::int(std::process::id())))),
    Row::function(
        "warn",
        "(text, /)",
        Fun::F1(|vm, text| {
            vm.complain(vm.str(text)?.as_str());
            Ok(Value::None)
        }),
    ),
];

/// A line of a source that was run, or None.
fn source_line(vm: &Vm, file: &Value, line: &Value) -> R {
    let (Some(file), Some(line)) = (file.as_str(), line.as_i64()) else { return Ok(Value::None) };
    let line = u32::try_from(line).unwrap_or(0);
    Ok(vm.source_line(file.as_str(), line).map_or(Value::None, Value::string))
}

/// Runs a module's file again, in the namespace that it has.
fn reload_module(vm: &Vm, module: &Value) -> R {
    let Value::Module(this) = module else { return Err(vm.type_error("reload() argument must be a module")) };
    let Some(_file) = this.dict.get_name(sym::__file__) else { return Ok(module.clone()) };
    let importing = vm.extension(Importing::default);
    importing.reload.replace(Some(this.clone()));
    drop(vm.modules.remove_name(this.name));
    let result = vm.import_module(this.name);
    importing.reload.take();
    if result.is_err() {
        vm.modules.set_name(this.name, module.clone());
    }
    result
}

/// The text of an exception with its chain, as CPython prints it.
fn traceback_text(vm: &Vm, exception: &Value) -> R {
    match exception {
        Value::Exception(exception) => Ok(Value::string(vm.traceback_text(exception))),
        Value::None => Ok(Value::str("NoneType: None\n")),
        other => Err(vm.type_error(format!("an exception was expected, not {}", vm.type_name(other)))),
    }
}

//! Modules that are scripts of our own language: where speed does not matter, the shortest way to say a thing.

use std::io::Read;

use super::ModuleSpec;
use crate::intern::sym;
use crate::interp::upcalls::Importing;
use crate::object::{Dict, Fun, R, Row, Str, Value, Vm};

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
pub static ATEXIT: ModuleSpec = ModuleSpec::script("atexit", include_str!("atexit.aio"));
pub static COPYREG: ModuleSpec = ModuleSpec::script("copyreg", include_str!("copyreg.aio"));
pub static COPY: ModuleSpec = ModuleSpec::script("copy", include_str!("copy.aio"));
pub static IMPORTLIB: ModuleSpec = ModuleSpec::script("importlib", include_str!("importlib.aio"));
pub static INSPECT: ModuleSpec = ModuleSpec::script("inspect", include_str!("inspect.aio"));
pub static OS: ModuleSpec = ModuleSpec::script("os", include_str!("os.aio"));
pub static POSIXPATH: ModuleSpec = ModuleSpec::script("posixpath", include_str!("posixpath.aio"));
pub static THREADING: ModuleSpec = ModuleSpec::script("threading", include_str!("threading.aio"));
pub static TEXTWRAP: ModuleSpec = ModuleSpec::script("textwrap", include_str!("textwrap.aio"));
pub static STATISTICS: ModuleSpec = ModuleSpec::script("statistics", include_str!("statistics.aio"));
pub static BASE64: ModuleSpec = ModuleSpec::script("base64", include_str!("base64.aio"));
pub static BINASCII: ModuleSpec = ModuleSpec::script("binascii", include_str!("binascii.aio"));
pub static DATETIME: ModuleSpec = ModuleSpec::script("datetime", include_str!("datetime.aio"));
pub static STRPTIME: ModuleSpec = ModuleSpec::script("_strptime", include_str!("_strptime.aio"));

/// What these scripts need of the interpreter and no other module has.
pub static INTERNAL: ModuleSpec = ModuleSpec { name: "_aio", rows: ROWS, init: None, script: None };

const ROWS: &[Row] = &[
    Row::function("traceback_text", "(exception, /)", Fun::F1(traceback_text)),
    Row::function("source_line", "(file, line, /)", Fun::F2(source_line)),
    Row::function("reload_module", "(module, /)", Fun::F1(reload_module)),
    Row::function("process_id", "()", Fun::F0(|_| Ok(Value::int(std::process::id())))),
    Row::function("environment", "()", Fun::F0(environment)),
    Row::function("working_folder", "()", Fun::F0(working_folder)),
    Row::function("file_kind", "(path, /)", Fun::F1(file_kind)),
    Row::function("random_bytes", "(size, /)", Fun::F1(random_bytes)),
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

/// The environment of the process, as a dict. What is no UTF-8 is left out.
fn environment(_: &Vm) -> R {
    let dict = Dict::new();
    for (name, value) in std::env::vars_os() {
        if let (Some(name), Some(value)) = (name.to_str(), value.to_str()) {
            dict.set_str(&Str::new(name), Value::str(value));
        }
    }
    Ok(Value::dict(dict))
}

fn working_folder(vm: &Vm) -> R {
    let folder = std::env::current_dir().map_err(|error| vm.os_error(error))?;
    Ok(Value::string(folder.to_string_lossy().into_owned()))
}

/// `file`, `folder`, `other`, or None when nothing lies at the path.
fn file_kind(vm: &Vm, path: &Value) -> R {
    let path = match path.base() {
        Value::Str(path) => path.as_str().to_string(),
        Value::Bytes(path) => String::from_utf8_lossy(path.as_slice()).into_owned(),
        other => return Err(vm.type_error(format!("a path was expected, not {}", vm.type_name(other)))),
    };
    Ok(std::fs::metadata(path).map_or(Value::None, |found| {
        let kind = found.file_type();
        Value::str(match () {
            () if kind.is_file() => "file",
            () if kind.is_dir() => "folder",
            () => "other",
        })
    }))
}

/// Bytes from the system's source of randomness.
fn random_bytes(vm: &Vm, size: &Value) -> R {
    let size = vm.index_i64(size)?;
    let size = usize::try_from(size).map_err(|_| vm.value_error("negative argument not allowed"))?;
    if size > 1 << 30 {
        return Err(vm.memory_error());
    }
    let mut bytes = vec![0; size];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    read.map_err(|error| vm.os_error(error))?;
    Ok(Value::bytes(bytes))
}

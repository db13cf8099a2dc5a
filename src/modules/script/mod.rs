//! Modules that are scripts of our own language: where speed does not matter, the shortest way to say a thing.

use std::io::Read;

use super::ModuleSpec;
use super::packed::packed;
use crate::intern::sym;
use crate::interp::upcalls::Importing;
use crate::object::{Dict, Fun, R, Row, Str, Value, Vm};
use crate::tasks::{coroutine, state};

pub static LOGGING: ModuleSpec = ModuleSpec::script("logging", packed!("script/logging"));
pub static TYPING: ModuleSpec = ModuleSpec::script("typing", packed!("script/typing"));
pub static TYPING_MORE: ModuleSpec = ModuleSpec::script("_typing_more", packed!("script/typing_more"));
pub static IO: ModuleSpec = ModuleSpec::script("io", packed!("script/io"));
pub static CONTEXTLIB: ModuleSpec = ModuleSpec::script("contextlib", packed!("script/contextlib"));
pub static DATACLASSES: ModuleSpec = ModuleSpec::script("dataclasses", packed!("script/dataclasses"));
pub static ENUM: ModuleSpec = ModuleSpec::script("enum", packed!("script/enum"));
pub static ABC: ModuleSpec = ModuleSpec::script("abc", packed!("script/abc"));
pub static TYPES: ModuleSpec = ModuleSpec::script("types", packed!("script/types"));
pub static TRACEBACK: ModuleSpec = ModuleSpec::script("traceback", packed!("script/traceback"));
pub static WARNINGS: ModuleSpec = ModuleSpec::script("warnings", packed!("script/warnings"));
pub static STRING: ModuleSpec = ModuleSpec::script("string", packed!("script/string"));
pub static ATEXIT: ModuleSpec = ModuleSpec::script("atexit", packed!("script/atexit"));
pub static COPYREG: ModuleSpec = ModuleSpec::script("copyreg", packed!("script/copyreg"));
pub static COPY: ModuleSpec = ModuleSpec::script("copy", packed!("script/copy"));
pub static IMPORTLIB: ModuleSpec = ModuleSpec::script("importlib", packed!("script/importlib"));
pub static SIGNATURE: ModuleSpec = ModuleSpec::script("_signature", packed!("script/signature"));
pub static INSPECT: ModuleSpec = ModuleSpec::script("inspect", packed!("script/inspect"));
pub static OS: ModuleSpec = ModuleSpec::script("os", packed!("script/os"));
pub static POSIXPATH: ModuleSpec = ModuleSpec::script("posixpath", packed!("script/posixpath"));
pub static THREADING: ModuleSpec = ModuleSpec::script("threading", packed!("script/threading"));
pub static TEXTWRAP: ModuleSpec = ModuleSpec::script("textwrap", packed!("script/textwrap"));
pub static STATISTICS: ModuleSpec = ModuleSpec::script("statistics", packed!("script/statistics"));
pub static BASE64: ModuleSpec = ModuleSpec::script("base64", packed!("script/base64"));
pub static BINASCII: ModuleSpec = ModuleSpec::script("binascii", packed!("script/binascii"));
pub static DATETIME: ModuleSpec = ModuleSpec::script("datetime", packed!("script/datetime"));
pub static CONCURRENT: ModuleSpec = ModuleSpec { name: "concurrent", rows: &[], init: None, script: None };
pub static CONCURRENT_FUTURES: ModuleSpec = ModuleSpec::script("concurrent.futures", packed!("script/futures"));
pub static ASYNCIO_MORE: ModuleSpec = ModuleSpec::script("_asyncio_more", packed!("script/asyncio_more"));
pub static STRPTIME: ModuleSpec = ModuleSpec::script("_strptime", packed!("script/_strptime"));

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
        "let_await",
        "(function, /)",
        Fun::F1(|_, function| {
            if let Value::Function(function) = function {
                function.code().makes_awaitables.set(true);
            }
            Ok(Value::None)
        }),
    ),
    Row::function(
        "makes_coroutines",
        "(function, /)",
        Fun::F1(|_, function| Ok(Value::bool(coroutine::is_coroutine_function(function)))),
    ),
    Row::function("loop_policy", "()", Fun::F0(loop_policy)),
    Row::function(
        "set_loop_policy",
        "(policy, /)",
        Fun::F1(|vm, policy| {
            state::State::of(vm).policy.set((!policy.is_none()).then(|| policy.clone()));
            Ok(Value::None)
        }),
    ),
    Row::function(
        "warn",
        "(text, /)",
        Fun::F1(|vm, text| {
            vm.complain(vm.str(text)?.as_str());
            Ok(Value::None)
        }),
    ),
];

/// The policy that was set, the loop that was set without one, and whether one was.
fn loop_policy(vm: &Vm) -> R {
    let state = state::State::of(vm);
    let chosen = state.chosen.get().map_or(Value::None, Value::Native);
    Ok(Value::tuple(vec![state.policy.get().unwrap_or(Value::None), chosen, Value::bool(state.was_chosen.get())]))
}

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

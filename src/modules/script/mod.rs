//! Modules that are scripts of our own language: where speed does not matter, the shortest way to say a thing.

use super::ModuleSpec;
use crate::object::{Fun, R, Row, Value, Vm};

pub static LOGGING: ModuleSpec = ModuleSpec::script("logging", include_str!("logging.aio"));
pub static TYPING: ModuleSpec = ModuleSpec::script("typing", include_str!("typing.aio"));
pub static ITERTOOLS: ModuleSpec = ModuleSpec::script("itertools", include_str!("itertools.aio"));
pub static OPERATOR: ModuleSpec = ModuleSpec::script("operator", include_str!("operator.aio"));
pub static CONTEXTLIB: ModuleSpec = ModuleSpec::script("contextlib", include_str!("contextlib.aio"));
pub static DATACLASSES: ModuleSpec = ModuleSpec::script("dataclasses", include_str!("dataclasses.aio"));
pub static ENUM: ModuleSpec = ModuleSpec::script("enum", include_str!("enum.aio"));
pub static ABC: ModuleSpec = ModuleSpec::script("abc", include_str!("abc.aio"));
pub static TYPES: ModuleSpec = ModuleSpec::script("types", include_str!("types.aio"));
pub static TRACEBACK: ModuleSpec = ModuleSpec::script("traceback", include_str!("traceback.aio"));
pub static WARNINGS: ModuleSpec = ModuleSpec::script("warnings", include_str!("warnings.aio"));
pub static STRING: ModuleSpec = ModuleSpec::script("string", include_str!("string.aio"));
pub static HEAPQ: ModuleSpec = ModuleSpec::script("heapq", include_str!("heapq.aio"));
pub static BISECT: ModuleSpec = ModuleSpec::script("bisect", include_str!("bisect.aio"));
pub static COPYREG: ModuleSpec = ModuleSpec::script("copyreg", include_str!("copyreg.aio"));
pub static COPY: ModuleSpec = ModuleSpec::script("copy", include_str!("copy.aio"));
pub static INSPECT: ModuleSpec = ModuleSpec::script("inspect", include_str!("inspect.aio"));

/// What these scripts need of the interpreter and no other module has.
pub static INTERNAL: ModuleSpec = ModuleSpec { name: "_aio", rows: ROWS, init: None, script: None };

const ROWS: &[Row] = &[
    Row::function("traceback_text", "(exception, /)", Fun::F1(traceback_text)),
    Row::function("index", "(value, /)", Fun::F1(|vm, value| vm.index(value))),
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

/// The text of an exception with its chain, as CPython prints it.
fn traceback_text(vm: &Vm, exception: &Value) -> R {
    match exception {
        Value::Exception(exception) => Ok(Value::string(vm.traceback_text(exception))),
        Value::None => Ok(Value::str("NoneType: None\n")),
        other => Err(vm.type_error(format!("an exception was expected, not {}", vm.type_name(other)))),
    }
}

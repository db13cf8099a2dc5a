//! Modules that are scripts of our own language: where speed does not matter, the shortest way to say a thing.

use super::ModuleSpec;
use crate::object::{Fun, R, Row, Value, Vm};

pub static LOGGING: ModuleSpec = ModuleSpec::script("logging", include_str!("logging.aio"));
pub static TYPING: ModuleSpec = ModuleSpec::script("typing", include_str!("typing.aio"));

/// What these scripts need of the interpreter and no other module has.
pub static INTERNAL: ModuleSpec = ModuleSpec { name: "_aio", rows: ROWS, init: None, script: None };

const ROWS: &[Row] = &[
    Row::function("traceback_text", "(exception, /)", Fun::F1(traceback_text)),
    Row::function("process_id", "()", Fun::F0(|_| Ok(Value::int(std::process::id())))),
    Row::function("warn", "(text, /)", Fun::F1(|vm, text| {
        vm.complain(vm.str(text)?.as_str());
        Ok(Value::None)
    })),
];

/// The text of an exception with its chain, as CPython prints it.
fn traceback_text(vm: &Vm, exception: &Value) -> R {
    match exception {
        Value::Exception(exception) => Ok(Value::string(vm.traceback_text(exception))),
        Value::None => Ok(Value::str("NoneType: None\n")),
        other => Err(vm.type_error(format!("an exception was expected, not {}", vm.type_name(other)))),
    }
}

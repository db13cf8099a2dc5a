//! The module `collections`: `deque`, `defaultdict`, the counting loop and what an OrderedDict moves are native, the rest a script.

mod default_dict;
mod deque;

use super::ModuleSpec;
use crate::intern::Symbol;
use crate::modules::packed::packed;
use crate::object::{Fun, Module, R, Ref, Row, T, Value, Vm};

pub use default_dict::SPEC as DEFAULT_DICT;
pub use deque::SPEC as DEQUE;

pub static SPEC: ModuleSpec =
    ModuleSpec { name: "collections", rows: ROWS, init: Some(init), script: Some(packed!("collections/collections")) };

/// What rests on the abstract classes, imported when it is asked for.
pub static USER: ModuleSpec = ModuleSpec::script("_collections_user", packed!("collections/user"));

/// The abstract classes, which `isinstance` asks by the methods that a class has.
pub static ABC: ModuleSpec = ModuleSpec::script("collections.abc", packed!("collections/abc"));

const ROWS: &[Row] = &[
    Row::function("_count_elements", "(mapping, iterable, /)", Fun::F2(count_elements)),
    Row::function("_move", "(mapping, key, last, /)", Fun::F3(move_entry)),
];

/// `OrderedDict.move_to_end(key, last)`
fn move_entry(vm: &Vm, mapping: &Value, key: &Value, last: &Value) -> R {
    let last = vm.is_true(last)?;
    let Some(dict) = mapping.as_dict().cloned() else {
        return Err(vm.type_error("a dict was expected"));
    };
    match vm.dict_position(&dict, key)? {
        Some(at) if dict.move_entry(at, last) => Ok(Value::None),
        Some(_) => Err(vm.memory_error()),
        None => Err(vm.key_error(key)),
    }
}

fn init(vm: &Vm, module: &Ref<Module>) -> R<()> {
    // CPython's `deque.__hash__` and `defaultdict.__hash__` are None, as of all that can change.
    vm.class(T::Deque).set(crate::intern::sym::__hash__, Value::None);
    for (name, kind) in [("deque", T::Deque), ("defaultdict", T::DefaultDict)] {
        module.dict.set_name(Symbol::of_static(name), Value::Class(vm.class(kind).clone()));
    }
    Ok(())
}

/// Adds one to the count of each item.
fn count_elements(vm: &Vm, mapping: &Value, items: &Value) -> R {
    let Some(dict) = mapping.as_dict().cloned() else {
        return Err(vm.type_error("a dict was expected"));
    };
    vm.for_each(items, |item| {
        let count = match vm.dict_get(&dict, &item)? {
            Some(Value::Int(n)) if n < i64::MAX => Value::Int(n + 1),
            Some(other) => vm.binary(crate::interp::BinaryOp::Add, &other, &Value::Int(1))?,
            None => Value::Int(1),
        };
        vm.dict_set(&dict, item, count)?;
        Ok(true)
    })?;
    Ok(Value::None)
}

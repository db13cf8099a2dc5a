//! The module `functools`. What is called often is native (`partial`, `lru_cache`, `reduce`, `cmp_to_key`), the rest a script.

mod key;
mod lru_cache;
mod partial;

use super::ModuleSpec;
use crate::intern::Symbol;
use crate::modules::packed::packed;
use crate::object::{Fun, Module, R, Ref, Row, T, Value, Vm};

pub use key::SPEC as KEY_WRAPPER;
pub use lru_cache::SPEC as LRU_CACHE;
pub use partial::{SPEC as PARTIAL, partial_function};

pub static SPEC: ModuleSpec =
    ModuleSpec { name: "functools", rows: ROWS, init: Some(init), script: Some(packed!("functools/functools")) };

const ROWS: &[Row] = &[
    Row::function("reduce", "(function, iterable, initial=None, /)", Fun::F3(reduce)),
    Row::function("cmp_to_key", "(mycmp)", Fun::F1(key::cmp_to_key)),
    Row::function("_lru_cache_wrapper", "(function, maxsize, typed, /)", Fun::F3(lru_cache::wrap)),
];

fn init(vm: &Vm, module: &Ref<Module>) -> R<()> {
    module.dict.set_name(Symbol::of_static("partial"), Value::Class(vm.class(T::Partial).clone()));
    Ok(())
}

fn reduce(vm: &Vm, function: &Value, items: &Value, initial: &Value) -> R {
    if !vm.is_iterable(items) {
        return Err(vm.type_error("reduce() arg 2 must support iteration"));
    }
    let mut so_far = initial.clone();
    vm.for_each(items, |item| {
        so_far = if so_far.is_missing() { item } else { vm.call2(function, &so_far, &item)? };
        Ok(true)
    })?;
    if so_far.is_missing() {
        Err(vm.type_error("reduce() of empty iterable with no initial value"))
    } else {
        Ok(so_far)
    }
}

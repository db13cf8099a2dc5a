//! The module `__future__`: features that every program here has.

use super::ModuleSpec;
use crate::intern::Symbol;
use crate::object::{Module, R, Ref, Value, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "__future__", rows: &[], init: Some(init), script: None };

const FEATURES: &[&str] = &[
    "nested_scopes",
    "generators",
    "division",
    "absolute_import",
    "with_statement",
    "print_function",
    "unicode_literals",
    "barry_as_FLUFL",
    "generator_stop",
    "annotations",
];

fn init(_vm: &Vm, module: &Ref<Module>) -> R<()> {
    for feature in FEATURES {
        module.dict.set_name(Symbol::of_static(feature), Value::str(feature));
    }
    let names = FEATURES.iter().map(|feature| Value::str(feature)).collect();
    module.dict.set_name(Symbol::of_static("all_feature_names"), Value::list(names));
    Ok(())
}

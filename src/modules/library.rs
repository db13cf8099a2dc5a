//! The table of all modules that `import` gives: a name, its functions, what fills the rest. Knows nothing of how a
//! module is made from its row; files beside the script are the engine's.

use crate::object::{Module, R, Ref, Row, Vm};

/// One module.
pub struct ModuleSpec {
    /// The dotted name.
    pub name: &'static str,
    pub rows: &'static [Row],
    /// Adds what is not a function: constants, classes.
    pub init: Option<fn(&Vm, &Ref<Module>) -> R<()>>,
    /// The rest in the language itself, run in the module's namespace after rows and `init`.
    pub script: Option<&'static str>,
}

impl ModuleSpec {
    /// A module that is a script and nothing else.
    pub const fn script(name: &'static str, script: &'static str) -> ModuleSpec {
        ModuleSpec { name, rows: &[], init: None, script: Some(script) }
    }
}

static MODULES: &[&ModuleSpec] = &[
    &super::future::SPEC,
    &super::sys::SPEC,
    &super::time::SPEC,
    &super::random::SPEC,
    &super::functools::SPEC,
    &super::collections::SPEC,
    &super::collections::ABC,
    &super::script::LOGGING,
    &super::script::TYPING,
    &super::script::CONTEXTLIB,
    &super::script::DATACLASSES,
    &super::script::ENUM,
    &super::script::ABC,
    &super::script::TYPES,
    &super::script::TRACEBACK,
    &super::script::WARNINGS,
    &super::script::STRING,
    &super::script::HEAPQ,
    &super::script::BISECT,
    &super::script::COPY,
    &super::script::INSPECT,
    &super::itertools::SPEC,
    &super::operator::SPEC,
    &super::math::SPEC,
    &super::json::SPEC,
];

/// The module of a dotted name.
pub fn find(name: &str) -> Option<&'static ModuleSpec> {
    MODULES.iter().copied().find(|spec| spec.name == name)
}

/// Whether the module has modules inside.
pub fn is_package(name: &str) -> bool {
    let inside = |spec: &&ModuleSpec| spec.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    MODULES.iter().any(inside)
}

//! What `import` and the builtin names give: one file or folder a module, and the tables of builtin types.

pub mod asyncio;
pub mod bisect;
pub mod builtins;
pub mod collections;
pub mod contextvars;
pub mod functools;
pub mod future;
pub mod gc;
pub mod heapq;
pub mod itertools;
pub mod json;
pub mod library;
pub mod math;
pub mod operator;
pub mod packed;
mod process;
pub mod random;
pub mod re;
pub mod script;
pub mod struct_sequence;
pub mod support;
pub mod sys;
pub mod time;
pub mod types;
pub mod weakref;

pub use library::{ModuleSpec, find, is_package, names};

use crate::object::{T, TypeSpec, Vm};

/// Fills the namespace of builtins.
pub fn install_builtins(vm: &Vm) {
    builtins::install(vm);
}

/// The table of a builtin type: for `Hooks::type_spec`.
pub fn type_spec(kind: T) -> Option<&'static TypeSpec> {
    match kind {
        T::TypeVar => Some(&builtins::TYPE_VAR),
        T::TypeVarTuple => Some(&builtins::TYPE_VAR_TUPLE),
        T::ParamSpec => Some(&builtins::PARAM_SPEC),
        T::NoDefault => Some(&builtins::NO_DEFAULT),
        T::TypeAlias => Some(&builtins::TYPE_ALIAS),
        other => types::type_spec(other).or_else(|| library::type_spec(other)),
    }
}

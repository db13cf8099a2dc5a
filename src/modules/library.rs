//! The table of all modules that `import` gives: a name, its functions, what fills the rest. Knows nothing of how a
//! module is made from its row; files beside the script are the engine's.

use super::packed::Packed;
use crate::object::{Module, R, Ref, Row, T, TypeSpec, Vm};

/// Adds to a fresh module what is no function.
pub type InitFn = fn(&Vm, &Ref<Module>) -> R<()>;

/// One module.
pub struct ModuleSpec {
    /// The dotted name.
    pub name: &'static str,
    pub rows: &'static [Row],
    /// Adds what is not a function: constants, classes.
    pub init: Option<InitFn>,
    /// The rest in the language itself, run in the module's namespace after rows and `init`.
    pub script: Option<Packed>,
}

impl ModuleSpec {
    /// A module that is a script and nothing else.
    pub const fn script(name: &'static str, script: Packed) -> ModuleSpec {
        ModuleSpec { name, rows: &[], init: None, script: Some(script) }
    }
}

static MODULES: &[&ModuleSpec] = &[
    &super::future::SPEC,
    &super::sys::SPEC,
    &super::time::SPEC,
    &super::random::SPEC,
    &super::functools::SPEC,
    &super::asyncio::SPEC,
    &super::collections::SPEC,
    &super::contextvars::SPEC,
    &super::collections::ABC,
    &super::collections::USER,
    &super::script::INTERNAL,
    &super::json::SPEC,
    &super::re::SPEC,
    &super::json::DECODER,
    &super::json::ENCODER,
    &super::script::LOGGING,
    &super::script::TYPING,
    &super::script::TYPING_MORE,
    &super::itertools::SPEC,
    &super::operator::SPEC,
    &super::math::SPEC,
    &super::script::CONTEXTLIB,
    &super::script::IO,
    &super::script::DATACLASSES,
    &super::script::ENUM,
    &super::script::ABC,
    &super::script::TYPES,
    &super::script::TRACEBACK,
    &super::script::WARNINGS,
    &super::script::STRING,
    &super::heapq::SPEC,
    &super::bisect::SPEC,
    &super::script::COPY,
    &super::script::ATEXIT,
    &super::script::COPYREG,
    &super::script::INSPECT,
    &super::script::SIGNATURE,
    &super::script::IMPORTLIB,
    &super::script::OS,
    &super::script::POSIXPATH,
    &super::script::THREADING,
    &super::script::TEXTWRAP,
    &super::script::STATISTICS,
    &super::script::BASE64,
    &super::script::BINASCII,
    &super::script::DATETIME,
    &super::script::STRPTIME,
    &super::script::CONCURRENT,
    &super::script::CONCURRENT_FUTURES,
    &super::script::ASYNCIO_MORE,
    &super::gc::SPEC,
    &super::weakref::SPEC,
];

/// Every module.
pub fn all() -> impl Iterator<Item = &'static ModuleSpec> {
    MODULES.iter().copied().chain(super::asyncio::PARTS)
}

/// The module of a dotted name.
pub fn find(name: &str) -> Option<&'static ModuleSpec> {
    all().find(|spec| spec.name == name)
}

/// Whether the module has modules inside.
pub fn is_package(name: &str) -> bool {
    all().any(|spec| spec.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

/// The names of all modules, those for our own use aside.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(|spec| spec.name).filter(|name| !name.starts_with('_'))
}

/// The table of a builtin type that a module brings.
pub fn type_spec(kind: T) -> Option<&'static TypeSpec> {
    match kind {
        T::TextIO => Some(&super::sys::TEXT_IO),
        T::Random => Some(&super::random::RANDOM),
        T::Partial => Some(&super::functools::PARTIAL),
        T::LruCache => Some(&super::functools::LRU_CACHE),
        T::KeyWrapper => Some(&super::functools::KEY_WRAPPER),
        T::Deque => Some(&super::collections::DEQUE),
        T::DefaultDict => Some(&super::collections::DEFAULT_DICT),
        T::WeakReference => Some(&super::weakref::REFERENCE),
        T::WeakProxy => Some(&super::weakref::PROXY),
        T::WeakCallableProxy => Some(&super::weakref::CALLABLE_PROXY),
        other => super::asyncio::type_spec(other)
            .or_else(|| super::contextvars::type_spec(other))
            .or_else(|| super::itertools::type_spec(other))
            .or_else(|| super::operator::type_spec(other)),
    }
}

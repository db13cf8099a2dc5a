//! The builtin functions, and the namespace `builtins` with the types and constants in it.

mod io;
mod iteration;
mod numbers;
mod objects;
mod run;
mod type_params;

pub use run::module_name;
pub use type_params::{NO_DEFAULT, PARAM_SPEC, TYPE_ALIAS, TYPE_VAR, TYPE_VAR_TUPLE};

use crate::intern::Symbol;
use crate::object::{Builtin, Row, T, Value, Vm};

/// All builtin functions, by the file that has them.
const TABLES: [&[Row]; 6] = [io::ROWS, objects::ROWS, iteration::ROWS, numbers::ROWS, run::ROWS, type_params::ROWS];

/// The types that have a name in `builtins`; exceptions follow by themselves.
const TYPES: &[T] = &[
    T::Object,
    T::Type,
    T::Int,
    T::Bool,
    T::Float,
    T::Complex,
    T::Str,
    T::Bytes,
    T::ByteArray,
    T::MemoryView,
    T::Tuple,
    T::List,
    T::Dict,
    T::Set,
    T::FrozenSet,
    T::Range,
    T::Slice,
    T::Property,
    T::StaticMethod,
    T::ClassMethod,
    T::Super,
    T::Enumerate,
    T::Zip,
    T::Map,
    T::Filter,
    T::Reversed,
];

/// Fills the namespace `builtins`. Functions are small objects around their rows; classes have no methods yet: each fills
/// its own namespace when it is first asked.
pub fn install(vm: &Vm) {
    let put = |name: &'static str, value: Value| {
        vm.builtins.set_name(Symbol::of_static(name), value);
    };
    for row in TABLES.iter().copied().flatten() {
        put(row.name, Builtin::new(row, None, Some("builtins")));
    }
    for &kind in TYPES {
        put(kind.name(), Value::Class(vm.class(kind).clone()));
    }
    for &kind in &T::ALL[T::BaseException as usize..] {
        if kind.module() == "builtins" {
            put(kind.name(), Value::Class(vm.class(kind).clone()));
        }
    }
    put("EnvironmentError", Value::Class(vm.class(T::OSError).clone()));
    put("IOError", Value::Class(vm.class(T::OSError).clone()));
    put("None", Value::None);
    put("True", Value::True);
    put("False", Value::False);
    put("Ellipsis", Value::Ellipsis);
    put("NotImplemented", Value::NotImplemented);
    put("__debug__", Value::True);
    put("__name__", Value::str("builtins"));
}

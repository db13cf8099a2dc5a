//! The module `weakref`. References and proxies are native, the containers and `finalize` a script. Which references an object has
//! is kept by [`crate::object::weak`].

mod proxy;
mod reference;

use super::ModuleSpec;
use crate::intern::Symbol;
use crate::modules::packed::packed;
use crate::object::{Fun, Module, R, Raised, Ref, Row, T, Value, Vm, weak};

pub use proxy::{CALLABLE as CALLABLE_PROXY, SPEC as PROXY};
pub use reference::SPEC as REFERENCE;

pub static SPEC: ModuleSpec =
    ModuleSpec { name: "weakref", rows: ROWS, init: Some(init), script: Some(packed!("weakref/weakref")) };

const ROWS: &[Row] = &[
    Row::function("proxy", "(object, callback=None, /)", Fun::Full(proxy::make)),
    Row::function(
        "getweakrefcount",
        "(object, /)",
        Fun::F1(|_, object| Ok(Value::size(weak::references(object).len()))),
    ),
    Row::function(
        "getweakrefs",
        "(object, /)",
        Fun::F1(|_, object| Ok(Value::list(weak::references(object).into_iter().map(Value::Native).collect()))),
    ),
];

fn init(vm: &Vm, module: &Ref<Module>) -> R<()> {
    let names = [
        ("ref", T::WeakReference),
        ("ReferenceType", T::WeakReference),
        ("ProxyType", T::WeakProxy),
        ("CallableProxyType", T::WeakCallableProxy),
    ];
    for (name, kind) in names {
        module.dict.set_name(Symbol::of_static(name), Value::Class(vm.class(kind).clone()));
    }
    Ok(())
}

/// `cannot create weak reference to 'int' object`
fn check(vm: &Vm, object: &Value) -> R<()> {
    if vm.can_be_weakly_referenced(object) {
        return Ok(());
    }
    Err(no_reference(vm, object))
}

#[cold]
fn no_reference(vm: &Vm, object: &Value) -> Raised {
    vm.type_error(format!("cannot create weak reference to '{}' object", vm.type_name(object)))
}

/// `<weakref at 0x...; to 'C' at 0x...>`
fn shown(vm: &Vm, word: &str, this: &Value, object: Option<Value>) -> R<String> {
    let at = this.id();
    let Some(object) = object else { return Ok(format!("<{word} at {at:#x}; dead>")) };
    let class = vm.full_name(&vm.class_of(&object));
    let class = class.strip_prefix("__main__.").unwrap_or(&class);
    Ok(format!("<{word} at {at:#x}; to '{class}' at {:#x}", object.id()))
}

//! `sys.get_asyncgen_hooks` and `sys.set_asyncgen_hooks` (PEP 525). What the hooks do is for `tasks/generators.rs`.

use crate::modules::struct_sequence::{instance, make_class};
use crate::object::{R, Value, Vm};
use crate::tasks::coroutine::is_callable;
use crate::tasks::generators;

/// `sys.get_asyncgen_hooks()`
pub fn get(vm: &Vm) -> R {
    let (first, finalizer) = generators::hooks(vm)?;
    let class = make_class(vm, "builtins", "asyncgen_hooks", &["firstiter", "finalizer"]);
    Ok(instance(&class, vec![first, finalizer]))
}

/// `sys.set_asyncgen_hooks(firstiter, finalizer)`: one that is not given stays.
///
/// # Errors
/// TypeError for what cannot be called.
pub fn set(vm: &Vm, first: &Value, finalizer: &Value) -> R {
    for (value, name) in [(finalizer, "finalizer"), (first, "firstiter")] {
        if !value.is_none_or_missing() && !is_callable(vm, value) {
            return Err(vm.type_error(format!("callable {name} expected, got {}", vm.class_name(value))));
        }
    }
    let (old_first, old_finalizer) = generators::hooks(vm)?;
    let chosen = |given: &Value, old: Value| if given.is_missing() { old } else { given.clone() };
    generators::set_hooks(vm, chosen(first, old_first), chosen(finalizer, old_finalizer));
    Ok(Value::None)
}

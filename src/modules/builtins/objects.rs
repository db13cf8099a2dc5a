//! Builtin functions of any object: attributes, types, identity, text.

use crate::intern::sym;
use crate::modules::support::attribute_name;
use crate::modules::types::names_of;
use crate::object::{Fun, R, Row, T, Value, Vm};

pub const ROWS: &[Row] = &[
    Row::function("getattr", "(object, name, default=None, /)", Fun::Bound(getattr)),
    Row::function("setattr", "(object, name, value, /)", Fun::F3(setattr)),
    Row::function("hasattr", "(object, name, /)", Fun::F2(hasattr)),
    Row::function("delattr", "(object, name, /)", Fun::F2(delattr)),
    Row::function(
        "isinstance",
        "(object, class_or_tuple, /)",
        Fun::F2(|vm, object, class| vm.is_instance(object, class).map(Value::bool)),
    ),
    Row::function(
        "issubclass",
        "(cls, class_or_tuple, /)",
        Fun::F2(|vm, class, of| vm.is_subclass(class, of).map(Value::bool)),
    ),
    Row::function("callable", "(obj, /)", Fun::F1(|vm, object| Ok(Value::bool(vm.is_callable(object))))),
    Row::function("len", "(obj, /)", Fun::F1(|vm, object| vm.len(object).map(Value::size))),
    Row::function("repr", "(obj, /)", Fun::F1(|vm, object| vm.repr(object).map(Value::Str))),
    Row::function("ascii", "(obj, /)", Fun::F1(|vm, object| vm.ascii(object).map(Value::Str))),
    Row::function("format", "(value, format_spec='', /)", Fun::Bound(format)),
    Row::function("hash", "(obj, /)", Fun::F1(|vm, object| vm.hash(object).map(Value::Int))),
    Row::function("id", "(obj, /)", Fun::F1(|_, object| Ok(Value::size(object.id())))),
    Row::function("vars", "(object=None, /)", Fun::Bound(vars)),
    Row::function("dir", "(object=None, /)", Fun::Bound(dir)),
];

fn getattr(vm: &Vm, args: &[Value]) -> R {
    let [object, name, default] = args else { return Ok(Value::None) };
    let name = attribute_name(vm, name)?;
    if default.is_missing() {
        return vm.get_attr(object, name);
    }
    let found = vm.catch(vm.find_attr(object, name), T::AttributeError)?;
    Ok(found.flatten().unwrap_or_else(|| default.clone()))
}

fn setattr(vm: &Vm, object: &Value, name: &Value, value: &Value) -> R {
    vm.set_attr(object, attribute_name(vm, name)?, value.clone())?;
    Ok(Value::None)
}

fn hasattr(vm: &Vm, object: &Value, name: &Value) -> R {
    let found = vm.catch(vm.find_attr(object, attribute_name(vm, name)?), T::AttributeError)?;
    Ok(Value::bool(found.flatten().is_some()))
}

fn delattr(vm: &Vm, object: &Value, name: &Value) -> R {
    vm.del_attr(object, attribute_name(vm, name)?)?;
    Ok(Value::None)
}

fn format(vm: &Vm, args: &[Value]) -> R {
    let [value, spec] = args else { return Ok(Value::None) };
    if spec.is_missing() {
        return vm.format(value, "").map(Value::Str);
    }
    match spec.as_str() {
        Some(spec) => vm.format(value, spec.as_str()).map(Value::Str),
        None => Err(vm.type_error(format!("format() argument 2 must be str, not {}", vm.type_name(spec)))),
    }
}

fn vars(vm: &Vm, args: &[Value]) -> R {
    if args[0].is_missing() {
        return super::run::locals(vm);
    }
    match vm.catch(vm.get_attr(&args[0], sym::__dict__), T::AttributeError)? {
        Some(dict) => Ok(dict),
        None => Err(vm.type_error("vars() argument must have __dict__ attribute")),
    }
}

fn dir(vm: &Vm, args: &[Value]) -> R {
    let names = if args[0].is_missing() {
        vm.collect(&super::run::locals(vm)?)?
    } else if let Value::Module(module) = &args[0]
        && let Some(hook) = module.dict.get_name(sym::__dir__)
    {
        vm.collect(&vm.call0(&hook)?)?
    } else {
        match vm.special(&args[0], sym::__dir__) {
            Some(Value::Builtin(_)) | None => names_of(vm, &args[0])?,
            Some(_) => match vm.call_special(&args[0], sym::__dir__, &[])? {
                Some(names) => vm.collect(&names)?,
                None => Vec::new(),
            },
        }
    };
    crate::modules::types::sort(vm, &names, &Value::None, false).map(Value::list)
}

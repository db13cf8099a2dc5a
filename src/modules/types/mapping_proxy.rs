//! `types.MappingProxyType`: a mapping that can only be read; also `Class.__dict__`.

use super::shared::unary;
use crate::intern::sym;
use crate::interp::BinaryOp;
use crate::modules::support::{count, receiver_error};
use crate::object::cycles::Tracer;
use crate::object::{Args, Class, Dict, Fun, Native, NativeData, R, Ref, Row, T, TypeSpec, Value, Vm};

/// What stands behind the proxy.
pub enum Proxy {
    /// A class's namespace.
    Class(Ref<Class>),
    Mapping(Value),
}

impl NativeData for Proxy {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Proxy::Class(class) => tracer.object(class),
            Proxy::Mapping(mapping) => tracer.value(mapping),
        }
    }
}

pub static SPEC: TypeSpec =
    TypeSpec { kind: T::MappingProxy, new: Some(new), rows: ROWS, doc: "Read-only proxy of a mapping." };

const ROWS: &[Row] = &[
    Row::method("get", "(self, key, default=None, /)", Fun::Bound(get)),
    unary("keys", |vm, this| vm.call_method(&mapping(vm, this)?, sym::keys, &[])),
    unary("values", |vm, this| vm.call_method(&mapping(vm, this)?, sym::values, &[])),
    unary("items", |vm, this| vm.call_method(&mapping(vm, this)?, sym::items, &[])),
    unary("copy", |vm, this| vm.call_method(&mapping(vm, this)?, sym::copy, &[])),
    unary("__len__", |vm, this| vm.len(&mapping(vm, this)?).map(Value::size)),
    unary("__iter__", |vm, this| vm.iter(&mapping(vm, this)?)),
    unary("__reversed__", |vm, this| vm.call_method(&mapping(vm, this)?, sym::__reversed__, &[])),
    Row::method(
        "__contains__",
        "(self, key, /)",
        Fun::F2(|vm, this, key| vm.contains(&mapping(vm, this)?, key).map(Value::bool)),
    ),
    Row::method("__getitem__", "(self, key, /)", Fun::F2(|vm, this, key| vm.get_item(&mapping(vm, this)?, key))),
    unary("__repr__", |vm, this| {
        Ok(Value::string(format!("mappingproxy({})", vm.repr(&mapping(vm, this)?)?.as_str())))
    }),
    unary("__str__", |vm, this| vm.str(&mapping(vm, this)?).map(Value::Str)),
    unary("__hash__", |vm, this| vm.hash(&mapping(vm, this)?).map(Value::Int)),
    Row::method(
        "__eq__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| vm.eq(&unwrapped(vm, a)?, &unwrapped(vm, b)?).map(Value::bool)),
    ),
    Row::method(
        "__or__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| vm.binary(BinaryOp::Or, &unwrapped(vm, a)?, &unwrapped(vm, b)?)),
    ),
    Row::method(
        "__ior__",
        "(self, value, /)",
        Fun::F2(|vm, _, _| Err(vm.type_error("'|=' is not supported by mappingproxy; use '|' instead"))),
    ),
    Row::class_method("__class_getitem__", "(cls, key, /)", Fun::F2(super::generic_alias::class_getitem)),
    Row::method(
        "__ror__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| vm.binary(BinaryOp::Or, &unwrapped(vm, b)?, &unwrapped(vm, a)?)),
    ),
];

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    count(vm, "mappingproxy", &args, 1, 1)?;
    let mapping = &args.positional[0];
    let plain = matches!(mapping, Value::List(_) | Value::Tuple(_));
    if plain || vm.special(mapping, sym::__getitem__).is_none() {
        let got = vm.type_name(mapping);
        return Err(vm.type_error(format!("mappingproxy() argument must be a mapping, not {got}")));
    }
    Ok(Value::Native(Native::new(class, Proxy::Mapping(mapping.clone()))))
}

/// The mapping behind the proxy; of a class's namespace a copy as it is now.
fn mapping(vm: &Vm, this: &Value) -> R {
    match this.as_native::<Proxy>() {
        Some(Proxy::Mapping(mapping)) => Ok(mapping.clone()),
        Some(Proxy::Class(class)) => {
            let dict = Dict::new();
            for (name, value) in class.entries() {
                dict.set_name(name, value);
            }
            Ok(Value::dict(dict))
        }
        None => Err(receiver_error(vm, "mappingproxy", this)),
    }
}

fn unwrapped(vm: &Vm, value: &Value) -> R {
    if value.as_native::<Proxy>().is_some() { mapping(vm, value) } else { Ok(value.clone()) }
}

fn get(vm: &Vm, args: &[Value]) -> R {
    let mapping = mapping(vm, &args[0])?;
    match mapping.as_dict() {
        Some(dict) => Ok(vm.dict_get(dict, &args[1])?.unwrap_or_else(|| args[2].clone().or_none())),
        None => vm.call_method(&mapping, sym::get, &[args[1].clone(), args[2].clone().or_none()]),
    }
}

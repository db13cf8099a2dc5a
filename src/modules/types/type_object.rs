//! `type`: what every class has. Making a class is `interp/class.rs`'s.

use crate::intern::{Symbol, sym};
use crate::modules::support::class;
use crate::object::{Args, Class, Dict, Fun, Layout, Native, R, Ref, Row, Str, T, TypeSpec, Value, Vm};

use super::mapping_proxy::Proxy;
use super::shared::CLASS_GETITEM;

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::Type,
    new: Some(new),
    rows: ROWS,
    doc: "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type",
};

const ROWS: &[Row] = &[
    Row::method(
        "mro",
        "(self, /)",
        Fun::F1(|vm, this| {
            let class = class(vm, this)?;
            let tail = vm.default_order(class)?.into_iter();
            Ok(Value::list(std::iter::once(class.clone()).chain(tail).map(Value::Class).collect()))
        }),
    ),
    Row::method("__getattribute__", "(self, name, /)", super::object::GETATTRIBUTE),
    Row::method("__setattr__", "(self, name, value, /)", Fun::F3(super::object::set_any)),
    Row::method("__delattr__", "(self, name, /)", Fun::F2(super::object::delete_any)),
    Row::method("__call__", "(self, /, *args, **kwargs)", Fun::Full(call)),
    Row::method("__init__", "(self, /, *args, **kwargs)", Fun::Full(|_, _| Ok(Value::None))),
    Row::static_method("__prepare__", "(*args, **kwargs)", Fun::Full(|_, _| Ok(Value::dict(Dict::new())))),
    Row::method("__subclasses__", "(self, /)", Fun::F1(subclasses)),
    Row::method("__instancecheck__", "(self, instance, /)", Fun::F2(instance_check)),
    Row::method("__subclasscheck__", "(self, subclass, /)", Fun::F2(subclass_check)),
    Row::method("__dir__", "(self, /)", Fun::F1(|vm, this| super::object::names_of(vm, this).map(Value::list))),
    Row::method("__repr__", "(self, /)", Fun::F1(repr)),
    Row::method("__or__", "(self, value, /)", Fun::F2(super::union::union_of)),
    Row::method("__ror__", "(self, value, /)", Fun::F2(|vm, a, b| super::union::union_of(vm, b, a))),
    Row::property("__name__", |vm, this| Ok(Value::name(class(vm, this)?.name())), set_name),
    Row::property("__qualname__", |vm, this| Ok(Value::string(class(vm, this)?.qualname())), set_qualname),
    Row::property("__module__", get_module, |vm, this, value| set_kept(vm, this, sym::__module__, value)),
    Row::property("__doc__", get_doc, |vm, this, value| set_kept(vm, this, sym::__doc__, value)),
    Row::property(
        "__bases__",
        |vm, this| Ok(Value::tuple(class(vm, this)?.bases().into_iter().map(Value::Class).collect())),
        |vm, this, value| {
            let class = changeable(vm, this, sym::__bases__)?;
            kept(vm, class, sym::__bases__, value)?;
            vm.set_bases(class, value)
        },
    ),
    Row::getter("__base__", base),
    Row::getter("__mro__", |vm, this| Ok(Value::tuple(order(class(vm, this)?)))),
    Row::getter("__dict__", |vm, this| {
        let class = class(vm, this)?.clone();
        Ok(Value::Native(Native::new(vm.class(T::MappingProxy), Proxy::Class(class))))
    }),
    // The flags that scripts look at: a heap type, and a base that may be derived from.
    Row::getter("__flags__", |vm, this| {
        let class = class(vm, this)?;
        let base = class.builtin.is_none_or(|kind| kind.is_subclassable());
        Ok(Value::Int(i64::from(class.builtin.is_none()) << 9 | i64::from(base) << 10))
    }),
    Row::getter("__text_signature__", |vm, this| class(vm, this).map(|_| Value::None)),
    Row::getter("__basicsize__", |vm, this| class(vm, this).map(|_| Value::Int(16))),
    Row::getter("__itemsize__", |vm, this| class(vm, this).map(|_| Value::Int(0))),
    Row::getter("__dictoffset__", |vm, this| class(vm, this).map(|_| Value::Int(0))),
    Row::getter("__weakrefoffset__", |vm, this| class(vm, this).map(|_| Value::Int(0))),
    Row::property("__annotations__", annotations, |vm, this, value| set_plain(vm, this, sym::__annotations__, value)),
    Row::property("__abstractmethods__", abstract_methods, |vm, this, value| {
        set_plain(vm, this, sym::__abstractmethods__, value)
    }),
    Row::property("__type_params__", type_params, |vm, this, value| set_plain(vm, this, sym::__type_params__, value)),
    CLASS_GETITEM,
    Row::method("__getitem__", "(self, key, /)", Fun::F2(getitem)),
];

/// `Class[int]` for classes with type parameters (PEP 695).
fn getitem(vm: &Vm, this: &Value, key: &Value) -> R {
    let class = class(vm, this)?;
    let is_generic = |class: &Ref<Class>| {
        let params = class.own(sym::__type_params__);
        params.is_some_and(|params| params.as_tuple().is_some_and(|params| !params.is_empty()))
    };
    if is_generic(class) || class.mro_tail().iter().any(is_generic) {
        return super::generic_alias::class_getitem(vm, this, key);
    }
    Err(vm.type_error(format!("type '{}' is not subscriptable", class.name())))
}

/// The class and its resolution order.
fn order(class: &Ref<Class>) -> Vec<Value> {
    std::iter::once(class.clone()).chain(class.mro_tail()).map(Value::Class).collect()
}

/// `type(x)` and `type(name, bases, namespace, **keywords)`; `metaclass` may be a script's.
fn new(vm: &Vm, metaclass: &Ref<Class>, args: Args) -> R {
    match args.positional {
        [one] if args.keywords.is_empty() && metaclass.builtin == Some(T::Type) => Ok(Value::Class(vm.class_of(one))),
        [name, bases, namespace] => {
            let name = match name.as_str() {
                Some(name) => name.symbol(),
                None => return Err(wrong_argument(vm, 1, "str", name)),
            };
            let Some(bases) = bases.as_tuple() else { return Err(wrong_argument(vm, 2, "tuple", bases)) };
            let Some(namespace) = namespace.as_dict() else {
                return Err(wrong_argument(vm, 3, "dict", namespace));
            };
            for base in bases.iter().filter(|base| !matches!(base, Value::Class(_))) {
                if vm.find_attr(base, Symbol::new("__mro_entries__"))?.is_some() {
                    let message = "type() doesn't support MRO entry resolution; use types.new_class()";
                    return Err(vm.type_error(message));
                }
            }
            // The most derived metaclass of the bases wins, and its own `__new__` is to be called.
            let winner = match vm.metaclass_for(Some(Value::Class(metaclass.clone())), bases)? {
                Value::Class(winner) => winner,
                _ => metaclass.clone(),
            };
            if !Ref::same(&winner, metaclass) && crate::modules::support::scripted(&winner, sym::__new__) {
                return vm.call(&Value::Class(winner), args);
            }
            let made = vm.make_class(&winner, name, bases, namespace, args.keywords)?;
            if made.own(sym::__module__).is_none() {
                made.set_quietly(sym::__module__, crate::modules::builtins::module_name(vm));
            }
            Ok(Value::Class(made))
        }
        [_] if metaclass.builtin == Some(T::Type) => Err(vm.type_error("type() takes no keyword arguments")),
        _ => Err(vm.type_error("type() takes 1 or 3 arguments")),
    }
}

#[cold]
fn wrong_argument(vm: &Vm, at: usize, wanted: &str, got: &Value) -> crate::object::Raised {
    let got = if got.is_none() { "None" } else { vm.type_name(got) };
    vm.type_error(format!("type.__new__() argument {at} must be {wanted}, not {got}"))
}

fn call(vm: &Vm, args: Args) -> R {
    let Some((first, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("descriptor '__call__' of 'type' object needs an argument"));
    };
    vm.instantiate(class(vm, first)?, Args { positional: rest, keywords: args.keywords })
}

fn subclasses(vm: &Vm, this: &Value) -> R {
    Ok(Value::list(class(vm, this)?.subclasses().into_iter().map(Value::Class).collect()))
}

fn instance_check(vm: &Vm, this: &Value, instance: &Value) -> R {
    Ok(Value::bool(vm.class_of(instance).is_subclass(class(vm, this)?)))
}

fn subclass_check(vm: &Vm, this: &Value, subclass: &Value) -> R {
    match subclass {
        Value::Class(subclass) => Ok(Value::bool(subclass.is_subclass(class(vm, this)?))),
        _ => Err(vm.type_error("issubclass() arg 1 must be a class")),
    }
}

fn repr(vm: &Vm, this: &Value) -> R {
    Ok(Value::string(format!("<class '{}'>", vm.full_name(class(vm, this)?))))
}

/// Builtin types do not change.
fn changeable<'a>(vm: &Vm, this: &'a Value, name: Symbol) -> R<&'a Ref<Class>> {
    let class = class(vm, this)?;
    if class.builtin.is_some() {
        return Err(vm.type_error(format!("cannot set '{name}' attribute of immutable type '{}'", class.name())));
    }
    Ok(class)
}

fn set_name(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    let class = changeable(vm, this, sym::__name__)?;
    kept(vm, class, sym::__name__, value)?;
    if value.as_str().is_some_and(|name| name.as_str().contains('\0')) {
        return Err(vm.value_error("type name must not contain null characters"));
    }
    let what = format!("can only assign string to {}.__name__", class.name());
    match value.as_str() {
        Some(name) => class.set_name(Str::symbol(name)),
        None => return Err(vm.type_error(format!("{what}, not '{}'", vm.type_name(value)))),
    }
    Ok(())
}

fn set_qualname(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    let class = changeable(vm, this, sym::__qualname__)?;
    kept(vm, class, sym::__qualname__, value)?;
    let Some(name) = value.as_str() else {
        let (class, got) = (class.name(), vm.type_name(value));
        return Err(vm.type_error(format!("can only assign string to {class}.__qualname__, not '{got}'")));
    };
    class.set_qualname(name.as_str());
    Ok(())
}

/// What every class has cannot be deleted. (CPython speaks of an immutable type here for any class.)
fn kept(vm: &Vm, class: &Class, name: Symbol, value: &Value) -> R<()> {
    if value.is_missing() {
        let class = class.name();
        return Err(vm.type_error(format!("cannot delete '{name}' attribute of immutable type '{class}'")));
    }
    Ok(())
}

fn set_kept(vm: &Vm, this: &Value, name: Symbol, value: &Value) -> R<()> {
    kept(vm, changeable(vm, this, name)?, name, value)?;
    set_plain(vm, this, name, value)
}

/// An attribute that lives in the class's namespace; `Missing` deletes.
fn set_plain(vm: &Vm, this: &Value, name: Symbol, value: &Value) -> R<()> {
    let class = changeable(vm, this, name)?;
    if !value.is_missing() {
        class.set(name, value.clone());
    } else if !class.remove(name) {
        return Err(vm.no_attribute(this, name));
    }
    Ok(())
}

fn get_module(vm: &Vm, this: &Value) -> R {
    let class = class(vm, this)?;
    match class.own(sym::__module__) {
        // A metaclass's own row of this name stands in `type`'s namespace.
        Some(found @ Value::Str(_)) => Ok(found),
        Some(other) if class.builtin.is_none() => Ok(other),
        _ => Ok(Value::str(class.builtin.map_or("builtins", T::module))),
    }
}

fn get_doc(vm: &Vm, this: &Value) -> R {
    let class = class(vm, this)?;
    match class.own(sym::__doc__) {
        Some(Value::Descriptor(_)) if class.builtin == Some(T::Type) => Ok(Value::str(SPEC.doc)),
        Some(doc @ (Value::Descriptor(_) | Value::Instance(_))) => vm.bind_to_class(doc, class),
        Some(doc) => Ok(doc),
        None => Ok(Value::None),
    }
}

fn base(vm: &Vm, this: &Value) -> R {
    let bases = class(vm, this)?.bases();
    let best = bases.iter().find(|c| c.layout != Layout::Object).or(bases.first());
    Ok(best.map_or(Value::None, |c| Value::Class(c.clone())))
}

fn annotations(vm: &Vm, this: &Value) -> R {
    let class = class(vm, this)?;
    if class.builtin.is_some() {
        return Err(vm.no_attribute(this, sym::__annotations__));
    }
    if let Some(found) = class.own(sym::__annotations__) {
        return Ok(found);
    }
    let made = Value::dict(Dict::new());
    class.set(sym::__annotations__, made.clone());
    Ok(made)
}

fn abstract_methods(vm: &Vm, this: &Value) -> R {
    match class(vm, this)?.own(sym::__abstractmethods__) {
        Some(found) if !matches!(found, Value::Descriptor(_)) => Ok(found),
        _ => Err(vm.no_attribute(this, sym::__abstractmethods__)),
    }
}

fn type_params(vm: &Vm, this: &Value) -> R {
    match class(vm, this)?.own(sym::__type_params__) {
        Some(found) if !matches!(found, Value::Descriptor(_)) => Ok(found),
        _ => Ok(Value::tuple(Vec::new())),
    }
}

/// Constructors that take nothing: `type(None)()`.
pub fn takes_nothing(vm: &Vm, class: &Ref<Class>, args: &Args) -> R<()> {
    if args.is_empty() {
        return Ok(());
    }
    let name = if class.builtin == Some(T::EllipsisType) { "EllipsisType" } else { class.name().as_str() };
    Err(vm.type_error(format!("{name} takes no arguments")))
}

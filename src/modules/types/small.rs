//! Types too small for files of their own: `NoneType` and the other singletons, `module`, `super`,
//! `types.SimpleNamespace`.

use super::shared::unary;
use super::type_object::takes_nothing;
use crate::intern::{Symbol, sym};
use crate::modules::support::{count, keywords_of, named, no_keywords, receiver_error, text};
use crate::object::super_object::Super;
use crate::object::{Args, Class, Dict, Fun, Module, Native, NativeData, R, Ref, Row, T, TypeSpec, Value, Vm};

const REPR: Row = unary("__repr__", |vm, this| vm.repr(this).map(Value::Str));

pub static NONE: TypeSpec = TypeSpec {
    kind: T::NoneType,
    new: Some(|vm, class, args| takes_nothing(vm, class, &args).map(|()| Value::None)),
    rows: &[unary("__bool__", |_, _| Ok(Value::False)), REPR],
    doc: "The type of the None singleton.",
};
pub static ELLIPSIS: TypeSpec = TypeSpec {
    kind: T::EllipsisType,
    new: Some(|vm, class, args| takes_nothing(vm, class, &args).map(|()| Value::Ellipsis)),
    rows: &[REPR],
    doc: "The type of the Ellipsis singleton.",
};
pub static NOT_IMPLEMENTED: TypeSpec = TypeSpec {
    kind: T::NotImplementedType,
    new: Some(|vm, class, args| takes_nothing(vm, class, &args).map(|()| Value::NotImplemented)),
    rows: &[unary("__bool__", |_, _| Ok(Value::True)), REPR],
    doc: "The type of the NotImplemented singleton.",
};
pub static MODULE: TypeSpec = TypeSpec {
    kind: T::Module,
    new: Some(new_module),
    rows: &[
        Row::getter("__dict__", |vm, this| match this {
            Value::Module(module) => Ok(Value::Dict(module.dict.clone())),
            _ => Err(receiver_error(vm, "module", this)),
        }),
        REPR,
    ],
    doc: "Create a module object.",
};
pub static SUPER: TypeSpec = TypeSpec { kind: T::Super, new: Some(new_super), rows: SUPER_ROWS, doc: "" };
pub static NAMESPACE: TypeSpec = TypeSpec {
    kind: T::SimpleNamespace,
    new: Some(new_namespace),
    rows: NAMESPACE_ROWS,
    doc: "A simple attribute-based namespace.",
};

fn new_module(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let [name, doc] = named(vm, "module", &args, ["name", "doc"])?;
    if name.is_missing() {
        return Err(vm.type_error("module() missing required argument 'name' (pos 1)"));
    }
    let module = Module::new(text(vm, &name, "module() argument 'name'")?.symbol());
    for (attribute, value) in [
        (sym::__name__, name),
        (sym::__doc__, doc.or_none()),
        (sym::__package__, Value::None),
        (sym::__loader__, Value::None),
        (sym::__spec__, Value::None),
    ] {
        module.dict.set_name(attribute, value);
    }
    if class.builtin.is_none() {
        module.class.set(Some(class.clone()));
    }
    Ok(Value::Module(module))
}

const SUPER_ROWS: &[Row] = &[
    Row::getter("__thisclass__", |vm, this| Ok(Value::Class(super_data(vm, this)?.class.clone()))),
    Row::getter("__self__", |vm, this| Ok(super_data(vm, this)?.object.clone().or_none())),
    Row::getter("__self_class__", |vm, this| {
        let data = super_data(vm, this)?;
        Ok(if data.object.is_missing() { Value::None } else { Value::Class(data.object_class.clone()) })
    }),
    Row::method(
        "__get__",
        "(self, instance, owner=None, /)",
        Fun::Bound(|vm, args| {
            let data = super_data(vm, &args[0])?;
            if args[1].is_none() || !data.object.is_missing() {
                return Ok(args[0].clone());
            }
            let bound = [Value::Class(data.class.clone()), args[1].clone()];
            vm.call(&Value::Class(vm.class(T::Super).clone()), Args::positional(&bound))
        }),
    ),
    unary("__repr__", |vm, this| {
        let data = super_data(vm, this)?;
        let class = data.class.name();
        Ok(Value::string(match data.object.is_missing() {
            true => format!("<super: <class '{class}'>, NULL>"),
            false => format!("<super: <class '{class}'>, <{} object>>", data.object_class.name()),
        }))
    }),
];

fn super_data<'a>(vm: &Vm, this: &'a Value) -> R<&'a Super> {
    this.as_native::<Super>().ok_or_else(|| receiver_error(vm, "super", this))
}

/// `super(class, object)`; the implicit arguments of `super()` have been filled in before.
fn new_super(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "super", &args)?;
    let (first, object) = match args.positional {
        [] => return Err(vm.runtime_error("super(): no arguments")),
        [first] => (first, Value::Missing),
        [first, object] => (first, object.clone()),
        _ => {
            count(vm, "super()", &args, 0, 2)?;
            return Ok(Value::None);
        }
    };
    let Value::Class(this_class) = first else {
        return Err(vm.type_error(format!("super() argument 1 must be a type, not {}", vm.type_name(first))));
    };
    let object = if object.is_none() { Value::Missing } else { object };
    let object_class = match &object {
        Value::Missing => this_class.clone(),
        Value::Class(given) if given.is_subclass(this_class) => given.clone(),
        other => {
            let found = vm.class_of(other);
            if !found.is_subclass(this_class) {
                let what = match other {
                    Value::Class(given) => format!("type {}", given.name()),
                    _ => format!("instance of {}", found.name()),
                };
                return Err(vm.type_error(format!(
                    "super(type, obj): obj ({what}) is not an instance or subtype of type ({}).",
                    this_class.name()
                )));
            }
            found
        }
    };
    Ok(Value::Native(Native::new(class, Super { class: this_class.clone(), object, object_class })))
}

/// The data of a namespace: its attributes are all it has.
pub struct Namespace;

impl NativeData for Namespace {}

const NAMESPACE_ROWS: &[Row] = &[
    Row::method(
        "__init__",
        "(self, /, *args, **kwargs)",
        Fun::Full(|vm, args| match args.positional.split_first() {
            Some((this, rest)) => {
                fill_namespace(vm, this, Args { positional: rest, keywords: args.keywords })?;
                Ok(Value::None)
            }
            None => Err(vm.type_error("descriptor '__init__' of 'SimpleNamespace' object needs an argument")),
        }),
    ),
    unary("__repr__", namespace_repr),
    Row::method(
        "__eq__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| match (namespace(vm, a)?, b.as_native::<Namespace>(), b) {
            (mine, Some(_), Value::Native(other)) => {
                vm.eq(&Value::Dict(mine), &Value::Dict(other.dict())).map(Value::bool)
            }
            _ => Ok(Value::NotImplemented),
        }),
    ),
    super::list::UNHASHABLE,
];

fn namespace(vm: &Vm, this: &Value) -> R<Ref<Dict>> {
    match this {
        Value::Native(native) if this.as_native::<Namespace>().is_some() => Ok(native.dict()),
        _ => Err(receiver_error(vm, "types.SimpleNamespace", this)),
    }
}

fn new_namespace(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let made = Value::Native(Native::new(class, Namespace));
    if crate::modules::support::fills_at_once(class) {
        fill_namespace(vm, &made, args)?;
    }
    Ok(made)
}

fn fill_namespace(vm: &Vm, this: &Value, args: Args) -> R<()> {
    count(vm, vm.type_name(this), &args, 0, 1)?;
    let dict = namespace(vm, this)?;
    if let Some(mapping) = args.positional.first() {
        let given = Dict::new();
        vm.dict_update(&given, mapping)?;
        for (name, value) in keywords_of(vm, &given)? {
            dict.set_name(name, value);
        }
    }
    for (name, value) in args.keywords {
        dict.set_name(*name, value.clone());
    }
    Ok(())
}

fn namespace_repr(vm: &Vm, this: &Value) -> R {
    let class = vm.class_of(this);
    let name = if class.builtin.is_some() { Symbol::new("namespace") } else { class.name() };
    let Some(_guard) = crate::interp::repr::ReprGuard::enter(this.id()) else {
        return Ok(Value::string(format!("{name}(...)")));
    };
    let mut parts = Vec::new();
    for (key, value) in namespace(vm, this)?.entries() {
        if let Some(key) = key.as_str() {
            parts.push(format!("{}={}", key.as_str(), vm.repr(&value)?.as_str()));
        }
    }
    Ok(Value::string(format!("{name}({})", parts.join(", "))))
}

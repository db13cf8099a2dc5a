//! `collections.defaultdict`: a dict whose missing keys are made by a factory.

use crate::intern::{Symbol, sym};
use crate::interp::repr::ReprGuard;
use crate::modules::support::{dict, fills_at_once};
use crate::object::{Args, Class, Dict, Fun, Instance, R, Ref, Row, T, TypeSpec, Value, Vm};

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::DefaultDict,
    new: Some(new),
    rows: ROWS,
    doc: "defaultdict(default_factory=None, /, [...]) --> dict with default factory",
};

const ROWS: &[Row] = &[
    Row::method("__init__", "(self, /, *args, **kwargs)", Fun::Full(init)),
    Row::method("__missing__", "(self, key, /)", Fun::F2(missing)),
    Row::method("__repr__", "(self, /)", Fun::F1(repr)),
    Row::property(
        FACTORY,
        |_, this| Ok(factory(this)),
        |vm, this, value| {
            dict(vm, this)?;
            set_factory(this, value.clone().or_none());
            Ok(())
        },
    ),
    Row::method("__or__", "(self, value, /)", Fun::F2(or)),
    Row::method("__ror__", "(self, value, /)", Fun::F2(ror)),
    Row::method("copy", "(self, /)", Fun::F1(copy)),
    Row::method("__copy__", "(self, /)", Fun::F1(copy)),
];

/// The attribute that holds the factory.
const FACTORY: &str = "default_factory";

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let this = Value::Instance(Instance::new(class, Some(Value::dict(Dict::new()))));
    set_factory(&this, Value::None);
    if fills_at_once(class) {
        fill(vm, &this, args)?;
    }
    Ok(this)
}

fn set_factory(this: &Value, factory: Value) {
    if let Value::Instance(instance) = this {
        instance.set(Symbol::of_static(FACTORY), factory);
    }
}

fn factory(this: &Value) -> Value {
    match this {
        Value::Instance(instance) => instance.get(Symbol::of_static(FACTORY)).unwrap_or(Value::None),
        _ => Value::None,
    }
}

fn init(vm: &Vm, args: Args) -> R {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("descriptor '__init__' of 'collections.defaultdict' object needs an argument"));
    };
    fill(vm, this, Args { positional: rest, keywords: args.keywords })?;
    Ok(Value::None)
}

fn fill(vm: &Vm, this: &Value, args: Args) -> R<()> {
    let content = dict(vm, this)?.clone();
    let (first, rest) = match args.positional.split_first() {
        Some((first, rest)) => (first.clone(), rest),
        None => (Value::None, args.positional),
    };
    let callable = matches!(first, Value::Function(_) | Value::Builtin(_) | Value::Method(_) | Value::Class(_))
        || vm.special(&first, sym::__call__).is_some();
    if !first.is_none() && !callable {
        return Err(vm.type_error("first argument must be callable or None"));
    }
    if rest.len() > 1 {
        return Err(vm.type_error(format!("defaultdict expected at most 2 arguments, got {}", rest.len() + 1)));
    }
    set_factory(this, first);
    if let Some(items) = rest.first() {
        vm.dict_update(&content, items)?;
    }
    for (name, value) in args.keywords {
        drop(content.set_name(*name, value.clone()));
    }
    Ok(())
}

fn missing(vm: &Vm, this: &Value, key: &Value) -> R {
    let content = dict(vm, this)?.clone();
    let factory = factory(this);
    if factory.is_none() {
        return Err(vm.key_error(key));
    }
    let value = vm.call0(&factory)?;
    vm.dict_set(&content, key.clone(), value.clone())?;
    Ok(value)
}

fn repr(vm: &Vm, this: &Value) -> R {
    let content = Value::Dict(dict(vm, this)?.clone());
    let name = vm.class_name(this);
    // The content shows itself as `{...}` when it is inside itself.
    let content = vm.repr(&content)?;
    let factory = match ReprGuard::enter(this.id()) {
        Some(_guard) => vm.repr(&factory(this))?.as_str().to_owned(),
        None => "...".to_owned(),
    };
    Ok(Value::string(format!("{name}({factory}, {})", content.as_str())))
}

fn or(vm: &Vm, this: &Value, other: &Value) -> R {
    if other.as_dict().is_none() {
        return Ok(Value::NotImplemented);
    }
    let merged = copy(vm, this)?;
    vm.dict_update(dict(vm, &merged)?, other)?;
    Ok(merged)
}

fn ror(vm: &Vm, this: &Value, other: &Value) -> R {
    let Some(first) = other.as_dict() else { return Ok(Value::NotImplemented) };
    let merged = Value::Instance(Instance::new(&vm.class_of(this), Some(Value::dict(first.copy()))));
    set_factory(&merged, factory(this));
    vm.dict_update(dict(vm, &merged)?, this)?;
    Ok(merged)
}

fn copy(vm: &Vm, this: &Value) -> R {
    let content = dict(vm, this)?.copy();
    let copy = Value::Instance(Instance::new(&vm.class_of(this), Some(Value::dict(content))));
    set_factory(&copy, factory(this));
    Ok(copy)
}

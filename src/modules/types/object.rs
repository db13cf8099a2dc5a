//! `object`: what every object has. Knows no other type.

use crate::intern::{Symbol, sym};
use crate::modules::support::{argument_name, attribute_name, scripted};
use crate::object::{Args, Class, Dict, Fun, Layout, Native, R, Ref, Row, Str, T, TypeSpec, Value, Vm, hash};

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::Object,
    // The interpreter makes plain instances by itself; types without a constructor of their own have none.
    new: None,
    rows: ROWS,
    doc: "The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless\ninstance that has no instance attributes and cannot be given any.\n",
};

const ROWS: &[Row] = &[
    Row::static_method("__new__", "(*args, **kwargs)", Fun::Full(new_row)),
    Row::method("__init__", "(self, /, *args, **kwargs)", Fun::Full(init)),
    Row::method("__repr__", "(self, /)", Fun::F1(|vm, this| Ok(Value::string(plain_repr(vm, this))))),
    Row::method("__str__", "(self, /)", Fun::F1(|vm, this| vm.repr(this).map(Value::Str))),
    Row::method(
        "__eq__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| match is_builtin_function(a) && is_builtin_function(b) {
            true => vm.eq(a, b).map(Value::bool),
            false => Ok(if a.is(b) { Value::True } else { Value::NotImplemented }),
        }),
    ),
    Row::method("__ne__", "(self, value, /)", Fun::F2(ne)),
    Row::method("__lt__", "(self, value, /)", Fun::F2(|_, _, _| Ok(Value::NotImplemented))),
    Row::method("__le__", "(self, value, /)", Fun::F2(|_, _, _| Ok(Value::NotImplemented))),
    Row::method("__gt__", "(self, value, /)", Fun::F2(|_, _, _| Ok(Value::NotImplemented))),
    Row::method("__ge__", "(self, value, /)", Fun::F2(|_, _, _| Ok(Value::NotImplemented))),
    Row::method("__hash__", "(self, /)", Fun::F1(|_, this| Ok(Value::Int(hash::of_identity(this.id()))))),
    Row::method("__format__", "(self, format_spec, /)", Fun::F2(format)),
    Row::method("__getattribute__", "(self, name, /)", GETATTRIBUTE),
    Row::method("__setattr__", "(self, name, value, /)", Fun::F3(setattr)),
    Row::method("__delattr__", "(self, name, /)", Fun::F2(delattr)),
    Row::class_method("__init_subclass__", "(cls, /, *args, **kwargs)", Fun::Full(init_subclass)),
    Row::class_method("__subclasshook__", "(cls, object, /)", Fun::F2(|_, _, _| Ok(Value::NotImplemented))),
    Row::method("__dir__", "(self, /)", Fun::F1(|vm, this| names_of(vm, this).map(Value::list))),
    Row::method("__getstate__", "(self, /)", Fun::F1(getstate)),
    Row::method("__reduce__", "(self, /)", Fun::F1(|vm, this| reduce(vm, this, &Value::Int(0)))),
    Row::method("__reduce_ex__", "(self, protocol, /)", Fun::F2(reduce)),
    Row::method("__sizeof__", "(self, /)", Fun::F1(|_, _| Ok(Value::Int(16)))),
    Row::property("__class__", |vm, this| Ok(Value::Class(vm.class_of(this))), set_class),
];

/// A builtin function or method: these compare all among themselves.
fn is_builtin_function(value: &Value) -> bool {
    match value {
        Value::Builtin(_) => true,
        Value::Method(method) => matches!(method.function, Value::Builtin(_)),
        _ => false,
    }
}

/// `object.__getattribute__`; `type` has its own row of it, found before a metaclass's base `object`.
pub const GETATTRIBUTE: Fun = Fun::F2(getattribute);

/// `T.__new__` of the builtin types that make instances; its receiver is `T`.
pub static NEW: Row = Row::static_method("__new__", "(*args, **kwargs)", Fun::Full(new_of_type));

fn new_of_type(vm: &Vm, args: Args) -> R {
    match args.positional.split_first() {
        Some((Value::Class(owner), rest)) => new_checked(vm, owner, Args { positional: rest, ..args }),
        _ => Err(vm.type_error("__new__(): not enough arguments")),
    }
}

fn new_row(vm: &Vm, args: Args) -> R {
    new_checked(vm, vm.class(T::Object), args)
}

/// `owner.__new__(cls, ...)`, when `cls` derives from `owner` and its instances are made by it.
fn new_checked(vm: &Vm, owner: &Ref<Class>, args: Args) -> R {
    let name = owner.builtin.map_or(owner.name().as_str(), T::message_name);
    let Some((first, rest)) = args.positional.split_first() else {
        return Err(vm.type_error(format!("{name}.__new__(): not enough arguments")));
    };
    let Value::Class(class) = first else {
        return Err(vm.type_error(format!("{name}.__new__(X): X is not a type object ({})", vm.type_name(first))));
    };
    if !class.is_subclass(owner) {
        let given = class.builtin.map_or(class.name().as_str(), T::message_name);
        return Err(vm.type_error(format!("{name}.__new__({given}): {given} is not a subtype of {name}")));
    }
    if !makes(owner, class) {
        let given = class.builtin.map_or(class.name().as_str(), T::message_name);
        let order = std::iter::once(class.clone()).chain(class.mro_tail());
        let safe = order.into_iter().find(|one| !(one.builtin.is_none() && one.own(sym::__new__).is_some()));
        let safe = safe.as_ref().map_or(given, |safe| safe.name().as_str());
        return Err(vm.type_error(format!("{name}.__new__({given}) is not safe, use {safe}.__new__()")));
    }
    let rest = Args { positional: rest, keywords: args.keywords };
    if class.layout == Layout::Object && !rest.is_empty() && scripted(class, sym::__new__) {
        return Err(vm.type_error("object.__new__() takes exactly one argument (the type to instantiate)"));
    }
    vm.new_builtin(class, rest)
}

/// Whether `owner` is the builtin type that makes the instances of `class`.
fn makes(owner: &Class, class: &Class) -> bool {
    let wanted = class.constructor().filter(|_| class.layout != Layout::Object).map_or(T::Object, |spec| spec.kind);
    match owner.builtin {
        Some(T::Object) => wanted == T::Object || wanted.module().starts_with("asyncio."),
        Some(kind) if kind.is_exception() => wanted.is_exception(),
        Some(kind) => wanted == kind,
        None => true,
    }
}

fn init(vm: &Vm, args: Args) -> R {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("descriptor '__init__' of 'object' object needs an argument"));
    };
    if !rest.is_empty() || !args.keywords.is_empty() {
        let class = vm.class_of(this);
        if scripted(&class, sym::__init__) {
            return Err(vm.type_error("object.__init__() takes exactly one argument (the instance to initialize)"));
        }
        if !scripted(&class, sym::__new__) && class.layout == Layout::Object {
            let name = class.name();
            let message = format!("{name}.__init__() takes exactly one argument (the instance to initialize)");
            return Err(vm.type_error(message));
        }
    }
    Ok(Value::None)
}

/// `<module.Class object at 0x...>`
fn plain_repr(vm: &Vm, this: &Value) -> String {
    format!("<{} object at {:#x}>", vm.full_name(&vm.class_of(this)), this.id())
}

fn ne(vm: &Vm, a: &Value, b: &Value) -> R {
    match vm.call_special(a, sym::__eq__, std::slice::from_ref(b))? {
        None | Some(Value::NotImplemented) => Ok(Value::NotImplemented),
        Some(equal) => Ok(Value::bool(!vm.is_true(&equal)?)),
    }
}

fn format(vm: &Vm, this: &Value, spec: &Value) -> R {
    let Some(spec) = spec.as_str() else {
        return Err(vm.type_error(format!("__format__() argument must be str, not {}", argument_name(vm, spec))));
    };
    if !spec.is_empty() {
        let message = format!("unsupported format string passed to {}.__format__", vm.type_name(this));
        return Err(vm.type_error(message));
    }
    vm.str(this).map(Value::Str)
}

fn getattribute(vm: &Vm, this: &Value, name: &Value) -> R {
    let name = attribute_name(vm, name)?;
    match vm.find_plain_attr(this, name)? {
        Some(value) => Ok(value),
        None => Err(vm.no_attribute(this, name)),
    }
}

fn setattr(vm: &Vm, this: &Value, name: &Value, value: &Value) -> R {
    not_of_type(vm, this, "__setattr__")?;
    set_any(vm, this, name, value)
}

fn delattr(vm: &Vm, this: &Value, name: &Value) -> R {
    not_of_type(vm, this, "__delattr__")?;
    delete_any(vm, this, name)
}

/// What `object` has for its attributes is not for types, which have rules of their own.
fn not_of_type(vm: &Vm, this: &Value, what: &str) -> R<()> {
    match this {
        Value::Class(_) => {
            let kind = vm.type_name(this);
            Err(vm.type_error(format!("can't apply this {what} to {kind} object")))
        }
        _ => Ok(()),
    }
}

/// `type.__setattr__`
pub fn set_any(vm: &Vm, this: &Value, name: &Value, value: &Value) -> R {
    vm.set_plain_attr(this, attribute_name(vm, name)?, value.clone())?;
    Ok(Value::None)
}

/// `type.__delattr__`
pub fn delete_any(vm: &Vm, this: &Value, name: &Value) -> R {
    vm.del_plain_attr(this, attribute_name(vm, name)?)?;
    Ok(Value::None)
}

fn init_subclass(vm: &Vm, args: Args) -> R {
    let name = match args.positional.first() {
        Some(Value::Class(class)) => class.qualname(),
        _ => "object".to_owned(),
    };
    if !args.keywords.is_empty() {
        return Err(vm.type_error(format!("{name}.__init_subclass__() takes no keyword arguments")));
    }
    match args.positional.len() {
        0 | 1 => Ok(Value::None),
        n => Err(vm.type_error(format!("{name}.__init_subclass__() takes no arguments ({} given)", n - 1))),
    }
}

fn set_class(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    let Value::Class(class) = value else {
        let what = if value.is_missing() {
            return Err(vm.type_error("can't delete __class__ attribute"));
        } else {
            vm.type_name(value)
        };
        return Err(vm.type_error(format!("__class__ must be set to a class, not '{what}' object")));
    };
    let old = vm.class_of(this);
    if let Value::Module(module) = this
        && class.is_subclass(vm.class(T::Module))
    {
        module.class.set(Some(class.clone()));
        return Ok(());
    }
    if old.builtin.is_some() || class.builtin.is_some() {
        let message = "__class__ assignment only supported for mutable types or ModuleType subclasses";
        return Err(vm.type_error(message));
    }
    if old.layout != class.layout || old.slots.get() != class.slots.get() {
        let message = format!("__class__ assignment: '{}' object layout differs from '{}'", class.name(), old.name());
        return Err(vm.type_error(message));
    }
    match this {
        Value::Instance(instance) => instance.set_class(class),
        Value::Exception(exception) => exception.set_class(class.clone()),
        Value::Native(native) => Native::set_class(native, class.clone()),
        Value::Class(this) => this.set_metaclass(class.clone()),
        _ => {}
    }
    Ok(())
}

/// What an object is made of besides what its type keeps: its attributes, with `__slots__` apart; None without any.
fn getstate(vm: &Vm, this: &Value) -> R {
    let dict = match vm.dict_of(this)? {
        Some(Value::Dict(dict)) if !dict.is_empty() => Value::dict(dict.copy()),
        _ => Value::None,
    };
    let Value::Instance(instance) = this else { return Ok(dict) };
    let class = vm.class_of(this);
    let slots = Dict::new();
    for class in std::iter::once(class.clone()).chain(class.mro_tail()) {
        for &name in class.slots.get().into_iter().flatten() {
            if let Some(value) = instance.get(name).filter(|_| name != sym::__dict__) {
                slots.set_name(name, value);
            }
        }
    }
    Ok(if slots.is_empty() { dict } else { Value::pair(dict, Value::dict(slots)) })
}

/// `object.__reduce_ex__`, which stands in `copyreg`.
fn reduce(vm: &Vm, this: &Value, protocol: &Value) -> R {
    let protocol = vm.index(protocol)?;
    let module = vm.import_module(Symbol::of_static("copyreg"))?;
    vm.call_method(&module, Symbol::of_static("_reduce"), &[this.clone(), protocol])
}

/// The names of `dir(object)`, not yet sorted: its own attributes, then those of its classes.
pub fn names_of(vm: &Vm, this: &Value) -> R<Vec<Value>> {
    let mut names: Vec<Symbol> = Vec::new();
    let add = |names: &mut Vec<Symbol>, name: Symbol| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    let own: Vec<Value> = match this {
        Value::Instance(instance) => {
            for (name, _) in instance.attributes() {
                add(&mut names, name);
            }
            Vec::new()
        }
        Value::Class(class) => {
            for class in std::iter::once(class.clone()).chain(class.mro_tail()) {
                for (name, _) in class.entries() {
                    add(&mut names, name);
                }
            }
            return Ok(names.into_iter().map(Value::name).collect());
        }
        Value::Module(module) => {
            return match module.dict.get_name(sym::__dir__) {
                Some(hook) => vm.collect(&vm.call0(&hook)?),
                None => Ok(module.dict.keys()),
            };
        }
        Value::Exception(exception) => exception.dict().keys(),
        Value::Native(native) => native.attributes().map_or_else(Vec::new, |dict| dict.keys()),
        Value::Function(function) => function.extra().attributes.keys(),
        _ => Vec::new(),
    };
    for name in own.iter().filter_map(|n| n.as_str()) {
        add(&mut names, Str::symbol(name));
    }
    let class = vm.class_of(this);
    for class in std::iter::once(class.clone()).chain(class.mro_tail()) {
        for (name, _) in class.entries() {
            add(&mut names, name);
        }
    }
    Ok(names.into_iter().map(Value::name).collect())
}

//! `property`, `staticmethod` and `classmethod`, and the descriptors of builtin types. How they bind is
//! `interp/attribute.rs`'s.

use super::shared::unary;
use crate::intern::{Symbol, sym};
use crate::modules::support::{count, made, named, no_keywords, receiver_error};
use crate::object::function::Property;
use crate::object::{Args, Class, Descriptor, Fun, R, Ref, Row, Swap, T, TypeSpec, Value, Vm};

pub static PROPERTY: TypeSpec =
    TypeSpec { kind: T::Property, new: Some(new_property), rows: PROPERTY_ROWS, doc: "Property attribute." };

pub static STATIC_METHOD: TypeSpec = TypeSpec {
    kind: T::StaticMethod,
    new: Some(|vm, class, args| wrapped_function(vm, class, args, "staticmethod", Descriptor::Static)),
    rows: STATIC_ROWS,
    doc: "Convert a function to be a static method.",
};

pub static CLASS_METHOD: TypeSpec = TypeSpec {
    kind: T::ClassMethod,
    new: Some(|vm, class, args| wrapped_function(vm, class, args, "classmethod", Descriptor::ClassMethod)),
    rows: CLASS_METHOD_ROWS,
    doc: "Convert a function to be a class method.",
};

pub static GETSET: TypeSpec = TypeSpec { kind: T::GetSetDescriptor, new: None, rows: GETSET_ROWS, doc: "" };
pub static MEMBER: TypeSpec = TypeSpec { kind: T::MemberDescriptor, new: None, rows: GETSET_ROWS, doc: "" };

const GET: Row = Row::method("__get__", "(self, instance, owner=None, /)", Fun::Bound(get));

const PROPERTY_ROWS: &[Row] = &[
    Row::method("getter", "(self, fget, /)", Fun::F2(|vm, this, f| with(vm, this, |new| keep(&mut new.get, f)))),
    Row::method("setter", "(self, fset, /)", Fun::F2(|vm, this, f| with(vm, this, |new| keep(&mut new.set, f)))),
    Row::method("deleter", "(self, fdel, /)", Fun::F2(|vm, this, f| with(vm, this, |new| keep(&mut new.delete, f)))),
    Row::getter("fget", |vm, this| Ok(property(vm, this)?.get.clone().or_none())),
    Row::getter("fset", |vm, this| Ok(property(vm, this)?.set.clone().or_none())),
    Row::getter("fdel", |vm, this| Ok(property(vm, this)?.delete.clone().or_none())),
    Row::property("__doc__", doc, |vm, this, value| {
        property(vm, this)?.doc.set(value.clone().or_none());
        Ok(())
    }),
    Row::property("__name__", name, |vm, this, value| {
        property(vm, this)?.name.set(value.clone());
        Ok(())
    }),
    Row::getter("__isabstractmethod__", |vm, this| {
        let property = property(vm, this)?;
        let mut found = false;
        for part in [&property.get, &property.set, &property.delete] {
            found = found || is_abstract(vm, part)?;
        }
        Ok(Value::bool(found))
    }),
    Row::method(
        "__set_name__",
        "(self, owner, name, /)",
        Fun::F3(|vm, this, _, name| {
            property(vm, this)?.name.set(name.clone());
            Ok(Value::None)
        }),
    ),
    GET,
    Row::method(
        "__set__",
        "(self, instance, value, /)",
        Fun::F3(|vm, this, instance, value| change(vm, this, instance, Some(value))),
    ),
    Row::method("__delete__", "(self, instance, /)", Fun::F2(|vm, this, instance| change(vm, this, instance, None))),
];

const STATIC_ROWS: &[Row] = &[
    FUNC,
    WRAPPED,
    NAME,
    QUALNAME,
    DOC,
    MODULE,
    ABSTRACT,
    GET,
    Row::method(
        "__call__",
        "(self, /, *args, **kwargs)",
        Fun::Full(|vm, args| match args.positional.split_first() {
            Some((this, rest)) => vm.call(&function(vm, this)?, Args { positional: rest, keywords: args.keywords }),
            None => Err(vm.type_error("descriptor '__call__' of 'staticmethod' object needs an argument")),
        }),
    ),
    unary("__repr__", repr),
];
const CLASS_METHOD_ROWS: &[Row] = &[FUNC, WRAPPED, NAME, QUALNAME, DOC, MODULE, ABSTRACT, GET, unary("__repr__", repr)];

const FUNC: Row = Row::getter("__func__", function);
const WRAPPED: Row = Row::getter("__wrapped__", function);
const NAME: Row = Row::getter("__name__", |vm, this| vm.get_attr(&function(vm, this)?, sym::__name__));
const QUALNAME: Row = Row::getter("__qualname__", |vm, this| vm.get_attr(&function(vm, this)?, sym::__qualname__));
const DOC: Row = Row::getter("__doc__", |vm, this| vm.get_attr(&function(vm, this)?, sym::__doc__));
const MODULE: Row = Row::getter("__module__", |vm, this| vm.get_attr(&function(vm, this)?, sym::__module__));
const ABSTRACT: Row =
    Row::getter("__isabstractmethod__", |vm, this| is_abstract(vm, &function(vm, this)?).map(Value::bool));

const GETSET_ROWS: &[Row] = &[
    Row::getter("__name__", |vm, this| Ok(Value::name(slot_name(vm, this)?.0))),
    Row::getter("__qualname__", |vm, this| {
        let (name, owner) = slot_name(vm, this)?;
        Ok(Value::string(format!("{owner}.{name}")))
    }),
    Row::getter("__doc__", |_, _| Ok(Value::None)),
    Row::getter("__objclass__", |vm, this| {
        fn search(class: &Ref<Class>, wanted: &Value, name: Symbol) -> Option<Ref<Class>> {
            if class.own(name).is_some_and(|found| found.is(wanted)) {
                return Some(class.clone());
            }
            class.subclasses().iter().find_map(|class| search(class, wanted, name))
        }
        let found = search(vm.class(T::Object), this, slot_name(vm, this)?.0);
        found.map(Value::Class).ok_or_else(|| vm.no_attribute(this, Symbol::new("__objclass__")))
    }),
    GET,
    Row::method(
        "__set__",
        "(self, instance, value, /)",
        Fun::F3(|vm, this, instance, value| {
            let (name, _) = slot_name(vm, this)?;
            check_slot(vm, this, instance)?;
            vm.set_plain_attr(instance, name, value.clone()).map(|()| Value::None)
        }),
    ),
    Row::method(
        "__delete__",
        "(self, instance, /)",
        Fun::F2(|vm, this, instance| {
            let (name, _) = slot_name(vm, this)?;
            check_slot(vm, this, instance)?;
            vm.del_plain_attr(instance, name).map(|()| Value::None)
        }),
    ),
    unary("__repr__", |vm, this| {
        let (name, owner) = slot_name(vm, this)?;
        let what = if vm.type_name(this) == "member_descriptor" { "member" } else { "attribute" };
        Ok(Value::string(format!("<{what} '{name}' of '{owner}' objects>")))
    }),
];

/// The descriptor of a slot or of a builtin type's attribute works on instances of its class alone.
fn check_slot(vm: &Vm, this: &Value, instance: &Value) -> R<()> {
    let Value::Descriptor(descriptor) = this else { return Ok(()) };
    let (name, owner) = match &**descriptor {
        Descriptor::Slot(name, owner) => (*name, *owner),
        Descriptor::Getter(row, owner) => (Symbol::of_static(row.name), Symbol::of_static(owner)),
        _ => return Ok(()),
    };
    let class = vm.class_of(instance);
    let has = |class: &Class| class.own(name).is_some_and(|own| own.is(this));
    if has(&class) || class.mro_tail().iter().any(|class| has(class)) {
        return Ok(());
    }
    let got = vm.type_name(instance);
    Err(vm.type_error(format!("descriptor '{name}' for '{owner}' objects doesn't apply to a '{got}' object")))
}

fn slot_name(vm: &Vm, this: &Value) -> R<(Symbol, Symbol)> {
    if let Value::Descriptor(descriptor) = this {
        match &**descriptor {
            Descriptor::Getter(row, owner) => return Ok((Symbol::of_static(row.name), Symbol::of_static(owner))),
            Descriptor::Slot(name, owner) => return Ok((*name, *owner)),
            _ => {}
        }
    }
    Err(receiver_error(vm, "getset_descriptor", this))
}

fn property<'a>(vm: &Vm, this: &'a Value) -> R<&'a Property> {
    if let Value::Descriptor(descriptor) = this.base()
        && let Descriptor::Property(property) = &**descriptor
    {
        return Ok(property);
    }
    Err(receiver_error(vm, "property", this))
}

/// What a static or class method wraps.
fn function(vm: &Vm, this: &Value) -> R {
    match this.base() {
        Value::Descriptor(descriptor) => match &**descriptor {
            Descriptor::Static(f) | Descriptor::ClassMethod(f) => Ok(f.clone()),
            _ => Err(receiver_error(vm, "staticmethod", this)),
        },
        _ => Err(receiver_error(vm, "staticmethod", this)),
    }
}

fn repr(vm: &Vm, this: &Value) -> R {
    let inner = vm.repr(&function(vm, this)?)?;
    Ok(Value::string(format!("<{}({})>", vm.type_name(this), inner.as_str())))
}

/// Whether a function says that it is abstract.
fn is_abstract(vm: &Vm, value: &Value) -> R<bool> {
    if value.is_none_or_missing() {
        return Ok(false);
    }
    match vm.find_attr(value, sym::__isabstractmethod__)? {
        Some(flag) => vm.is_true(&flag),
        None => Ok(false),
    }
}

fn new_property(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let [get, set, delete, doc] = named(vm, "property", &args, ["fget", "fset", "fdel", "doc"])?;
    let property = Property { get, set, delete, doc: Swap::new(doc), name: Swap::new(Value::Missing) };
    finish(vm, class, property)
}

/// The property, or an instance of a subclass around it: that one keeps its documentation among its attributes.
fn finish(vm: &Vm, class: &Ref<Class>, property: Property) -> R {
    let made = made(class, T::Property, Value::Descriptor(Ref::new(Descriptor::Property(property))));
    if let Value::Instance(_) = &made {
        let text = doc(vm, &made)?;
        let told = vm.set_attr(&made, sym::__doc__, text);
        vm.catch(told, T::AttributeError)?;
    }
    Ok(made)
}

/// `None` leaves a part as it is.
fn keep(part: &mut Value, given: &Value) {
    if !given.is_none() {
        *part = given.clone();
    }
}

/// A copy of the property with one part replaced.
fn with(vm: &Vm, this: &Value, change: impl FnOnce(&mut Property)) -> R {
    let old = property(vm, this)?;
    let mut new = Property {
        get: old.get.clone(),
        set: old.set.clone(),
        delete: old.delete.clone(),
        doc: Swap::new(old.doc.get()),
        name: Swap::new(old.name.get()),
    };
    change(&mut new);
    finish(vm, &vm.class_of(this), new)
}

fn doc(vm: &Vm, this: &Value) -> R {
    let property = property(vm, this)?;
    let own = property.doc.get();
    if !own.is_none_or_missing() || property.get.is_none_or_missing() {
        return Ok(own.or_none());
    }
    Ok(vm.find_attr(&property.get, sym::__doc__)?.unwrap_or(Value::None))
}

fn name(vm: &Vm, this: &Value) -> R {
    let property = property(vm, this)?;
    let own = property.name.get();
    if !own.is_missing() {
        return Ok(own);
    }
    let of_getter = match property.get.is_none_or_missing() {
        true => None,
        false => vm.find_attr(&property.get, sym::__name__)?,
    };
    of_getter.ok_or_else(|| vm.no_attribute(this, sym::__name__))
}

/// `descriptor.__get__(instance, owner)`
fn get(vm: &Vm, args: &[Value]) -> R {
    let [this, instance, owner] = args else { return Ok(Value::None) };
    if instance.is_none() && owner.is_none_or_missing() {
        return Err(vm.type_error("__get__(None, None) is invalid"));
    }
    let (shown, this) = (this, this.base());
    if !instance.is_none() {
        check_slot(vm, this, instance)?;
    }
    if let Value::Descriptor(descriptor) = this
        && let Descriptor::Property(property) = &**descriptor
        && property.get.is_none_or_missing()
        && !instance.is_none()
    {
        let what = vm.type_name(instance);
        let message = match property.name.get().as_str() {
            Some(name) => format!("property '{}' of '{what}' object has no getter", name.as_str()),
            None => format!("property of '{what}' object has no getter"),
        };
        return Err(vm.error(T::AttributeError, message));
    }
    match (instance, owner) {
        (Value::None, _) if matches!(this, Value::Descriptor(d) if matches!(**d, Descriptor::Property(_))) => {
            Ok(shown.clone())
        }
        (Value::None, Value::Class(class)) => vm.bind_to_class(this.clone(), class),
        (Value::None, _) => Ok(shown.clone()),
        _ => {
            let class = owner.as_class().cloned().unwrap_or_else(|| vm.class_of(instance));
            if let Value::Descriptor(descriptor) = this
                && matches!(**descriptor, Descriptor::ClassMethod(_))
            {
                return vm.bind_to_class(this.clone(), &class);
            }
            vm.bind(this, instance, &class)
        }
    }
}

/// `property.__set__` and `__delete__`
fn change(vm: &Vm, this: &Value, instance: &Value, value: Option<&Value>) -> R {
    let parts = property(vm, this)?;
    let (hook, what) = if value.is_some() { (&parts.set, "setter") } else { (&parts.delete, "deleter") };
    if hook.is_none_or_missing() {
        let name = match name(vm, this) {
            Ok(name) => format!(" '{}'", vm.str(&name)?.as_str()),
            Err(raised) => {
                drop(vm.take_raised(raised));
                String::new()
            }
        };
        let class = vm.type_name(instance);
        return Err(vm.error(T::AttributeError, format!("property{name} of '{class}' object has no {what}")));
    }
    match value {
        Some(value) => vm.call2(hook, instance, value)?,
        None => vm.call1(hook, instance)?,
    };
    Ok(Value::None)
}

fn wrapped_function(vm: &Vm, class: &Ref<Class>, args: Args, name: &str, make: fn(Value) -> Descriptor) -> R {
    no_keywords(vm, class, name, &args)?;
    count(vm, name, &args, 1, 1)?;
    let kind = if name == "classmethod" { T::ClassMethod } else { T::StaticMethod };
    Ok(made(class, kind, Value::Descriptor(Ref::new(make(args.positional[0].clone())))))
}

//! `list[int]`: a class with its arguments (PEP 585).

use super::shared::unary;
use crate::intern::{Symbol, sym};
use crate::modules::support::{count, receiver_error};
use crate::object::{Args, Class, Fun, Native, NativeData, R, Ref, Row, T, Tuple, TypeSpec, Value, Vm};

/// `origin[args]`
pub struct Alias {
    pub origin: Value,
    pub args: Ref<Tuple>,
    /// `*tuple[int]`, what iterating over an alias gives.
    pub unpacked: bool,
}

impl NativeData for Alias {
    fn stands_for(&self) -> Option<Value> {
        Some(self.origin.clone())
    }
}

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::GenericAlias,
    new: Some(new),
    rows: ROWS,
    doc: "Represent a PEP 585 generic type\n\nE.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).",
};

const ROWS: &[Row] = &[
    Row::getter("__origin__", |vm, this| Ok(alias(vm, this)?.origin.clone())),
    Row::getter("__args__", |vm, this| Ok(Value::Tuple(alias(vm, this)?.args.clone()))),
    Row::getter("__parameters__", parameters),
    Row::getter("__unpacked__", |vm, this| Ok(Value::bool(alias(vm, this)?.unpacked))),
    Row::getter("__typing_unpacked_tuple_args__", |vm, this| {
        let this = alias(vm, this)?;
        let of_tuple = matches!(&this.origin, Value::Class(class) if class.builtin == Some(T::Tuple));
        Ok(if this.unpacked && of_tuple { Value::Tuple(this.args.clone()) } else { Value::None })
    }),
    Row::getter("__module__", |vm, this| vm.get_attr(&alias(vm, this)?.origin, sym::__module__)),
    Row::getter("__doc__", |vm, this| vm.get_attr(&alias(vm, this)?.origin, sym::__doc__)),
    unary("__repr__", |vm, this| repr(vm, this).map(Value::string)),
    Row::method(
        "__call__",
        "(self, /, *args, **kwargs)",
        Fun::Full(|vm, args| match args.positional.split_first() {
            Some((this, rest)) => {
                let made = vm.call(&alias(vm, this)?.origin, Args { positional: rest, keywords: args.keywords })?;
                if matches!(made, Value::Instance(_)) {
                    let told = vm.set_attr(&made, sym::__orig_class__, this.clone());
                    if vm.catch(vm.catch(told, T::AttributeError).map(|_| ()), T::TypeError)?.is_none() {
                        return Ok(made);
                    }
                }
                Ok(made)
            }
            None => Err(vm.type_error("unbound method GenericAlias.__call__() needs an argument")),
        }),
    ),
    Row::method("__getitem__", "(self, key, /)", Fun::F2(substitute)),
    unary("__iter__", |vm, this| {
        let this = alias(vm, this)?;
        let once = Alias { origin: this.origin.clone(), args: this.args.clone(), unpacked: true };
        let item = Value::Native(Native::new(vm.class(T::GenericAlias), once));
        vm.iter(&Value::tuple(vec![item]))
    }),
    Row::method(
        "__mro_entries__",
        "(self, bases, /)",
        Fun::F2(|vm, this, _| Ok(Value::tuple(vec![alias(vm, this)?.origin.clone()]))),
    ),
    Row::method(
        "__instancecheck__",
        "(self, instance, /)",
        Fun::F2(|vm, _, _| Err(vm.type_error("isinstance() argument 2 cannot be a parameterized generic"))),
    ),
    Row::method(
        "__subclasscheck__",
        "(self, subclass, /)",
        Fun::F2(|vm, _, _| Err(vm.type_error("issubclass() argument 2 cannot be a parameterized generic"))),
    ),
    Row::method("__or__", "(self, value, /)", Fun::F2(super::union::union_of)),
    Row::method("__ror__", "(self, value, /)", Fun::F2(|vm, a, b| super::union::union_of(vm, b, a))),
    Row::method(
        "__eq__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| {
            let a = alias(vm, a)?;
            let Some(b) = b.as_native::<Alias>() else { return Ok(Value::NotImplemented) };
            if a.unpacked != b.unpacked {
                return Ok(Value::False);
            }
            let same =
                vm.eq(&a.origin, &b.origin)? && vm.eq(&Value::Tuple(a.args.clone()), &Value::Tuple(b.args.clone()))?;
            Ok(Value::bool(same))
        }),
    ),
    unary("__hash__", |vm, this| {
        let this = alias(vm, this)?;
        let origin = vm.hash(&this.origin)?;
        Ok(Value::Int(origin ^ vm.hash(&Value::Tuple(this.args.clone()))?))
    }),
];

fn alias<'a>(vm: &Vm, this: &'a Value) -> R<&'a Alias> {
    this.as_native::<Alias>().ok_or_else(|| receiver_error(vm, "types.GenericAlias", this))
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    count(vm, "GenericAlias", &args, 2, 2)?;
    let _ = class;
    make(vm, args.positional[0].clone(), &args.positional[1])
}

fn make(vm: &Vm, origin: Value, key: &Value) -> R {
    let args = match key {
        Value::Tuple(args) => args.clone(),
        one => Tuple::new(vec![one.clone()]),
    };
    Ok(Value::Native(Native::new(vm.class(T::GenericAlias), Alias { origin, args, unpacked: false })))
}

/// `alias[key]`: the type variables among the arguments take the types in `key`.
fn substitute(vm: &Vm, this: &Value, key: &Value) -> R {
    let free = parameters(vm, this)?.as_tuple().map_or_else(Vec::new, |found| found.to_vec());
    let shown = |vm: &Vm| repr(vm, this);
    if free.is_empty() {
        return Err(vm.type_error(format!("{} is not a generic class", shown(vm)?)));
    }
    let given = match key {
        Value::Tuple(given) => given.to_vec(),
        one => vec![one.clone()],
    };
    if given.len() != free.len() {
        let word = if given.len() > free.len() { "many" } else { "few" };
        let (got, wanted) = (given.len(), free.len());
        let message = format!("Too {word} arguments for {}; actual {got}, expected {wanted}", shown(vm)?);
        return Err(vm.type_error(message));
    }
    replaced(vm, this, &free, &given)
}

/// The alias with each of the `free` type variables replaced, also in aliases inside.
fn replaced(vm: &Vm, this: &Value, free: &[Value], given: &[Value]) -> R {
    vm.check_native_stack()?;
    let alias = alias(vm, this)?;
    let mut args = Vec::with_capacity(alias.args.len());
    for arg in alias.args.iter() {
        args.push(match free.iter().position(|variable| variable.is(arg)) {
            Some(at) => given[at].clone(),
            None if arg.as_native::<Alias>().is_some() => replaced(vm, arg, free, given)?,
            None => match variables_of(vm, arg)?.as_slice() {
                [] => arg.clone(),
                inner => {
                    let find = |variable: &Value| free.iter().position(|known| known.is(variable));
                    let key = inner.iter().map(|one| find(one).map_or(one.clone(), |at| given[at].clone()));
                    vm.get_item(arg, &Value::tuple(key.collect()))?
                }
            },
        });
    }
    make(vm, alias.origin.clone(), &Value::tuple(args))
}

/// `cls[key]` for classes that take type arguments.
pub fn class_getitem(vm: &Vm, class: &Value, key: &Value) -> R {
    make(vm, class.clone(), key)
}

/// Type variables among the arguments.
fn parameters(vm: &Vm, this: &Value) -> R {
    let mut found: Vec<Value> = Vec::new();
    for arg in alias(vm, this)?.args.iter() {
        let inner = variables_of(vm, arg)?;
        for one in inner {
            if !found.iter().any(|f| f.is(&one)) {
                found.push(one);
            }
        }
    }
    Ok(Value::tuple(found))
}

/// The type variables of one argument: itself, or those inside.
fn variables_of(vm: &Vm, arg: &Value) -> R<Vec<Value>> {
    let says =
        |name| -> R<Option<Value>> { Ok(vm.catch(vm.find_attr(arg, Symbol::new(name)), T::AttributeError)?.flatten()) };
    let found = match arg {
        Value::Native(_) if matches!(vm.class_of(arg).builtin, Some(T::TypeVar | T::TypeVarTuple | T::ParamSpec)) => {
            return Ok(vec![arg.clone()]);
        }
        Value::Native(_) if arg.as_native::<Alias>().is_some() => parameters(vm, arg)?,
        // What `typing` makes says by attributes what it is (PEP 585).
        Value::Instance(_) if says("__typing_subst__")?.is_some() => return Ok(vec![arg.clone()]),
        Value::Instance(_) => says("__parameters__")?.unwrap_or(Value::None),
        _ => Value::None,
    };
    Ok(found.as_tuple().map_or_else(Vec::new, |found| found.to_vec()))
}

fn repr(vm: &Vm, this: &Value) -> R<String> {
    vm.check_native_stack()?;
    let this = alias(vm, this)?;
    let mut parts = Vec::with_capacity(this.args.len());
    for arg in this.args.iter() {
        parts.push(type_text(vm, arg)?);
    }
    let star = if this.unpacked { "*" } else { "" };
    let inside = if parts.is_empty() { "()".to_owned() } else { parts.join(", ") };
    Ok(format!("{star}{}[{inside}]", type_text(vm, &this.origin)?))
}

/// How a type is written inside an alias or a union: a class by its name, `...`, anything else as `repr`.
pub fn type_text(vm: &Vm, value: &Value) -> R<String> {
    vm.check_native_stack()?;
    Ok(match value {
        Value::Ellipsis => "...".to_owned(),
        Value::Class(class) => vm.full_name(class),
        Value::List(list) => {
            let mut parts = Vec::new();
            for item in list.snapshot() {
                parts.push(type_text(vm, &item)?);
            }
            format!("[{}]", parts.join(", "))
        }
        other => vm.repr(other)?.as_str().to_owned(),
    })
}

//! `dict`. What its views do stands in `dict_view`.

use super::list::UNHASHABLE;
use super::shared::{CLASS_GETITEM, CONTAINS, DELITEM, ITER, LEN, REPR, SETITEM, compare, unary};
use crate::intern::sym;
use crate::modules::support::{count, dict, fills_at_once, made};
use crate::object::iter::DictPart;
use crate::object::view::DictView;
use crate::object::{Args, Class, Dict, Fun, Iter, Iteration, Native, R, Ref, Row, T, TypeSpec, Value, Vm};

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::Dict,
    new: Some(new),
    rows: ROWS,
    doc: "dict() -> new empty dictionary\ndict(mapping) -> new dictionary initialized from a mapping object's\n    (key, value) pairs\ndict(iterable) -> new dictionary initialized from (key, value) pairs\ndict(**kwargs) -> new dictionary initialized with the name=value pairs\n    in the keyword argument list.",
};

const ROWS: &[Row] = &[
    Row::method("get", "(self, key, default=None, /)", Fun::Bound(get)),
    Row::method("setdefault", "(self, key, default=None, /)", Fun::Bound(setdefault)),
    Row::method("pop", "(self, key, default=None, /)", Fun::Bound(pop)),
    unary("popitem", popitem),
    unary("keys", |vm, this| view(vm, this, T::DictKeys, DictPart::Keys)),
    unary("values", |vm, this| view(vm, this, T::DictValues, DictPart::Values)),
    unary("items", |vm, this| view(vm, this, T::DictItems, DictPart::Items)),
    Row::method("update", "(self, /, *args, **kwargs)", Fun::Full(|vm, args| fill(vm, args, "update"))),
    unary("clear", |vm, this| {
        dict(vm, this)?.clear();
        Ok(Value::None)
    }),
    unary("copy", |vm, this| Ok(Value::dict(dict(vm, this)?.copy()))),
    Row::class_method("fromkeys", "(cls, iterable, value=None, /)", Fun::Bound(fromkeys)),
    Row::method("__init__", "(self, /, *args, **kwargs)", Fun::Full(|vm, args| fill(vm, args, "dict"))),
    LEN,
    ITER,
    CONTAINS,
    Row::method("__getitem__", "(self, key, /)", Fun::F2(getitem)),
    SETITEM,
    DELITEM,
    REPR,
    unary("__reversed__", |vm, this| {
        let dict = dict(vm, this)?;
        let state =
            Iteration::DictReversed { dict: dict.clone(), at: usize::MAX, len: dict.len(), part: DictPart::Keys };
        Ok(Iter::new(state))
    }),
    compare!("__eq__" Eq is_dict),
    compare!("__ne__" Ne is_dict),
    Row::method("__or__", "(self, value, /)", Fun::F2(union)),
    Row::method("__ror__", "(self, value, /)", Fun::F2(|vm, a, b| union(vm, b, a))),
    Row::method(
        "__ior__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| {
            vm.dict_update(dict(vm, a)?, b)?;
            Ok(a.clone())
        }),
    ),
    UNHASHABLE,
    CLASS_GETITEM,
];

fn is_dict(value: &Value) -> bool {
    matches!(value, Value::Dict(_))
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let made = made(class, T::Dict, Value::dict(Dict::new()));
    if fills_at_once(class)
        && let Value::Dict(fresh) = made.base()
    {
        count(vm, "dict", &args, 0, 1)?;
        fill_from(vm, fresh, args)?;
    }
    Ok(made)
}

fn fill_from(vm: &Vm, dict: &Ref<Dict>, args: Args) -> R<()> {
    if let Some(items) = args.positional.first() {
        vm.dict_update(dict, items)?;
    }
    for (name, value) in args.keywords {
        let old = dict.set_name(*name, value.clone());
        drop(old);
    }
    Ok(())
}

/// `update()` and `__init__()`
fn fill(vm: &Vm, args: Args, name: &str) -> R {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(vm.type_error(format!("unbound method dict.{name}() needs an argument")));
    };
    let rest = Args { positional: rest, keywords: args.keywords };
    count(vm, name, &rest, 0, 1)?;
    fill_from(vm, dict(vm, this)?, rest)?;
    Ok(Value::None)
}

fn get(vm: &Vm, args: &[Value]) -> R {
    match vm.dict_get(dict(vm, &args[0])?, &args[1])? {
        Some(found) => Ok(found),
        None => Ok(args[2].clone().or_none()),
    }
}

/// `dict.__getitem__`: a subclass's `__missing__` answers for keys that are not there.
fn getitem(vm: &Vm, this: &Value, key: &Value) -> R {
    if let Some(found) = vm.dict_get(dict(vm, this)?, key)? {
        return Ok(found);
    }
    if !matches!(this, Value::Dict(_))
        && let Some(found) = vm.call_special(this, sym::__missing__, std::slice::from_ref(key))?
    {
        return Ok(found);
    }
    Err(vm.key_error(key))
}

fn setdefault(vm: &Vm, args: &[Value]) -> R {
    vm.dict_set_default(dict(vm, &args[0])?, &args[1], &args[2].clone().or_none())
}

fn pop(vm: &Vm, args: &[Value]) -> R {
    // An empty dict does not ask for the hash.
    if dict(vm, &args[0])?.is_empty() {
        return if args[2].is_missing() { Err(vm.key_error(&args[1])) } else { Ok(args[2].clone()) };
    }
    match vm.dict_remove(dict(vm, &args[0])?, &args[1])? {
        Some(found) => Ok(found),
        None if args[2].is_missing() => Err(vm.key_error(&args[1])),
        None => Ok(args[2].clone()),
    }
}

fn popitem(vm: &Vm, this: &Value) -> R {
    let dict = dict(vm, this)?;
    let mut at = usize::MAX;
    match dict.previous_entry(&mut at) {
        Some(_) => {
            let (key, value) = dict.remove_at(at as u32);
            Ok(Value::pair(key, value))
        }
        None => Err(vm.error(T::KeyError, "popitem(): dictionary is empty")),
    }
}

fn view(vm: &Vm, this: &Value, kind: T, part: DictPart) -> R {
    let dict = dict(vm, this)?.clone();
    Ok(Value::Native(Native::new(vm.class(kind), DictView { dict, part })))
}

fn fromkeys(vm: &Vm, args: &[Value]) -> R {
    let [class, keys, value] = args else { return Ok(Value::None) };
    let value = value.clone().or_none();
    let made = vm.call0(class)?;
    if matches!(class, Value::Class(c) if c.builtin == Some(T::Dict))
        && let Value::Dict(fresh) = &made
    {
        vm.for_each(keys, |key| vm.dict_set(fresh, key, value.clone()).map(|()| true))?;
    } else {
        vm.for_each(keys, |key| vm.set_item(&made, &key, value.clone()).map(|()| true))?;
    }
    Ok(made)
}

fn union(vm: &Vm, a: &Value, b: &Value) -> R {
    let (Some(x), Some(_)) = (a.as_dict(), b.as_dict()) else { return Ok(Value::NotImplemented) };
    let result = Ref::new(x.copy());
    vm.dict_update(&result, b)?;
    Ok(Value::Dict(result))
}

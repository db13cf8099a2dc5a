//! `weakref.ref`, which scripts may subclass.

use super::{check, shown};
use crate::intern::sym;
use crate::interp::CompareOp;
use crate::modules::support::{count, receiver_error};
use crate::modules::types::{CLASS_GETITEM, unary};
use crate::object::weak::{self, WeakRef};
use crate::object::{Args, Class, Fun, Native, R, Ref, Row, T, TypeSpec, Value, Vm};

pub static SPEC: TypeSpec = TypeSpec { kind: T::WeakReference, new: Some(new), rows: ROWS, doc: "" };

const ROWS: &[Row] = &[
    Row::method("__init__", "(self, /, *args, **kwargs)", Fun::Full(init)),
    Row::method("__call__", "(self, /, *args, **kwargs)", Fun::Full(call)),
    Row::method("__eq__", "(self, value, /)", Fun::F2(|vm, a, b| compare(vm, CompareOp::Eq, a, b))),
    Row::method("__ne__", "(self, value, /)", Fun::F2(|vm, a, b| compare(vm, CompareOp::Ne, a, b))),
    unary("__hash__", hash),
    unary("__repr__", repr),
    Row::property(
        "__callback__",
        |vm, this| Ok(data(vm, this)?.callback()),
        |vm, _, _| Err(vm.error(T::AttributeError, "readonly attribute")),
    ),
    CLASS_GETITEM,
];

fn data<'a>(vm: &Vm, this: &'a Value) -> R<&'a WeakRef> {
    this.as_native::<WeakRef>().ok_or_else(|| receiver_error(vm, "weakref.ReferenceType", this))
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let is_plain = class.builtin.is_some();
    if !args.keywords.is_empty() && (is_plain || !crate::modules::support::scripted(class, sym::__init__)) {
        return Err(vm.type_error("ref() takes no keyword arguments"));
    }
    count(vm, "__new__", &args, 1, 2)?;
    let object = &args.positional[0];
    let callback = args.positional.get(1).cloned().unwrap_or(Value::None);
    check(vm, object)?;
    let is_shared = is_plain && callback.is_none();
    if is_shared && let Some(known) = weak::shared(object, false) {
        return Ok(Value::Native(known));
    }
    let reference = Native::new(class, WeakRef::new(callback, false, is_shared));
    WeakRef::refer(&reference, object);
    Ok(Value::Native(reference))
}

fn init(vm: &Vm, args: Args) -> R {
    if !args.keywords.is_empty() {
        return Err(vm.type_error("ref() takes no keyword arguments"));
    }
    let rest = Args::positional(args.positional.get(1..).unwrap_or_default());
    count(vm, "__init__", &rest, 1, 2)?;
    Ok(Value::None)
}

/// The object, or None when it is gone.
fn call(vm: &Vm, args: Args) -> R {
    let (this, rest) = args.positional.split_first().unwrap_or((&Value::None, &[]));
    let this = data(vm, this)?;
    if !args.keywords.is_empty() {
        return Err(vm.type_error("weakref() takes no keyword arguments"));
    }
    count(vm, "weakref", &Args::positional(rest), 0, 0)?;
    Ok(this.get().unwrap_or(Value::None))
}

/// Living objects are compared; where one is gone, only the same reference is equal.
fn compare(vm: &Vm, op: CompareOp, a: &Value, b: &Value) -> R {
    let (this, Some(other)) = (data(vm, a)?, b.as_native::<WeakRef>().filter(|other| !other.is_proxy)) else {
        return Ok(Value::NotImplemented);
    };
    match (this.get(), other.get()) {
        (Some(a), Some(b)) => vm.compare(op, &a, &b),
        _ => Ok(Value::bool(a.is(b) == (op == CompareOp::Eq))),
    }
}

fn hash(vm: &Vm, this: &Value) -> R {
    let this = data(vm, this)?;
    if let Some(hash) = this.hash.get() {
        return Ok(Value::Int(hash));
    }
    let Some(object) = this.get() else { return Err(vm.type_error("weak object has gone away")) };
    let hash = vm.hash(&object)?;
    this.hash.set(Some(hash));
    Ok(Value::Int(hash))
}

fn repr(vm: &Vm, this: &Value) -> R {
    let object = data(vm, this)?.get();
    let mut text = shown(vm, "weakref", this, object.clone())?;
    if let Some(object) = object {
        let name = vm.find_attr(&object, sym::__name__)?;
        match name.as_ref().and_then(Value::as_str) {
            Some(name) => text.push_str(&format!(" ({})>", name.as_str())),
            None => text.push('>'),
        }
    }
    Ok(Value::string(text))
}

//! `functools.cmp_to_key`: keys that a comparing function orders.

use crate::intern::Symbol;
use crate::interp::CompareOp;
use crate::modules::support::{named, receiver_error};
use crate::object::native::CallFn;
use crate::object::{Args, Fun, Native, NativeData, R, Row, Swap, T, TypeSpec, Value, Vm};

pub static SPEC: TypeSpec = TypeSpec { kind: T::KeyWrapper, new: None, rows: ROWS, doc: "" };

/// A key, and what makes keys.
struct Key {
    compare: Value,
    /// Missing in what makes keys.
    object: Swap<Value>,
}

impl NativeData for Key {
    const CALL: Option<CallFn> = Some(|this, vm, args| match this.get::<Key>() {
        Some(key) => wrap(vm, key, args),
        None => Ok(Value::None),
    });
}

/// `__lt__` and its like: the function's answer against 0.
macro_rules! ordering {
    ($name:literal $op:ident) => {
        Row::method($name, "(self, value, /)", Fun::F2(|vm, this, other| order(vm, CompareOp::$op, this, other)))
    };
}

const ROWS: &[Row] = &[
    Row::method("__call__", "(self, /, *args, **kwargs)", Fun::Full(call)),
    ordering!("__lt__" Lt),
    ordering!("__le__" Le),
    ordering!("__eq__" Eq),
    ordering!("__ne__" Ne),
    ordering!("__gt__" Gt),
    ordering!("__ge__" Ge),
    Row::absent("__hash__"),
    Row::property("obj", object, set_object),
];

fn data<'a>(vm: &Vm, this: &'a Value) -> R<&'a Key> {
    this.as_native::<Key>().ok_or_else(|| receiver_error(vm, "functools.KeyWrapper", this))
}

fn made(vm: &Vm, compare: &Value, object: Value) -> Value {
    let key = Key { compare: compare.clone(), object: Swap::new(object) };
    Value::Native(Native::new(vm.class(T::KeyWrapper), key))
}

/// `cmp_to_key(mycmp)`
pub fn cmp_to_key(vm: &Vm, compare: &Value) -> R {
    Ok(made(vm, compare, Value::Missing))
}

fn call(vm: &Vm, args: Args) -> R {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("unbound method KeyWrapper.__call__() needs an argument"));
    };
    wrap(vm, data(vm, this)?, Args { positional: rest, keywords: args.keywords })
}

fn wrap(vm: &Vm, key: &Key, args: Args) -> R {
    if let ([object], []) = (args.positional, args.keywords) {
        return Ok(made(vm, &key.compare, object.clone()));
    }
    let given = |(name, _): &(Symbol, Value)| name.as_str() == "obj";
    if args.positional.is_empty() && args.keywords.len() <= 1 && !args.keywords.iter().any(given) {
        return Err(vm.type_error("K() missing required argument 'obj' (pos 1)"));
    }
    let [object] = named(vm, "K", &args, ["obj"])?;
    Ok(made(vm, &key.compare, object))
}

fn object(vm: &Vm, this: &Value) -> R {
    let object = data(vm, this)?.object.get();
    Ok(if object.is_missing() { Value::None } else { object })
}

fn set_object(vm: &Vm, this: &Value, object: &Value) -> R<()> {
    data(vm, this)?.object.set(object.clone());
    Ok(())
}

fn order(vm: &Vm, op: CompareOp, this: &Value, other: &Value) -> R {
    let key = data(vm, this)?;
    let Some(other) = other.as_native::<Key>() else {
        return Err(vm.type_error("other argument must be K instance"));
    };
    let (a, b) = (key.object.get(), other.object.get());
    if a.is_missing() || b.is_missing() {
        return Err(vm.error(T::AttributeError, "object"));
    }
    let answer = vm.call2(&key.compare, &a, &b)?;
    vm.compare(op, &answer, &Value::Int(0))
}

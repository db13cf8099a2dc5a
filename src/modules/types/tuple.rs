//! `tuple`.

use super::list::index_bounds;
use super::shared::{CLASS_GETITEM, CONTAINS, GETITEM, HASH, ITER, LEN, REPEAT, REPEAT_REFLECTED, REPR, compare};
use crate::modules::support::{count, inner, made, no_keywords, tuple};
use crate::object::{Args, Class, Fun, R, Ref, Row, T, TypeSpec, Value, Vm};

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::Tuple,
    new: Some(new),
    rows: ROWS,
    doc: "Built-in immutable sequence.\n\nIf no argument is given, the constructor returns an empty tuple.\nIf iterable is specified the tuple is initialized from iterable's items.",
};

const ROWS: &[Row] = &[
    Row::method("index", "(self, value, start=0, stop=9223372036854775807, /)", Fun::Bound(index)),
    Row::method("count", "(self, value, /)", Fun::F2(count_of)),
    LEN,
    ITER,
    CONTAINS,
    GETITEM,
    REPR,
    HASH,
    compare!("__eq__" Eq is_tuple),
    compare!("__ne__" Ne is_tuple),
    compare!("__lt__" Lt is_tuple),
    compare!("__le__" Le is_tuple),
    compare!("__gt__" Gt is_tuple),
    compare!("__ge__" Ge is_tuple),
    Row::method("__add__", "(self, value, /)", Fun::F2(|vm, a, b| vm.concatenated(inner(vm, a)?, b))),
    REPEAT,
    REPEAT_REFLECTED,
    Row::method(
        "__getnewargs__",
        "(self, /)",
        Fun::F1(|vm, this| Ok(Value::tuple(vec![Value::Tuple(tuple(vm, this)?.clone())]))),
    ),
    CLASS_GETITEM,
];

fn is_tuple(value: &Value) -> bool {
    matches!(value, Value::Tuple(_))
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "tuple", &args)?;
    count(vm, "tuple", &args, 0, 1)?;
    let value = match args.positional.first() {
        Some(whole @ Value::Tuple(_)) => whole.clone(),
        Some(items) => Value::tuple(vm.collect(items)?),
        None => Value::tuple(Vec::new()),
    };
    Ok(made(class, T::Tuple, value))
}

fn index(vm: &Vm, args: &[Value]) -> R {
    let items = tuple(vm, &args[0])?;
    let (from, to) = index_bounds(vm, &args[2], &args[3], items.len())?;
    for at in from..to {
        if vm.eq(&items[at], &args[1])? {
            return Ok(Value::size(at));
        }
    }
    Err(vm.value_error("tuple.index(x): x not in tuple"))
}

fn count_of(vm: &Vm, this: &Value, value: &Value) -> R {
    let mut found = 0;
    for item in tuple(vm, this)?.iter() {
        found += i64::from(vm.eq(item, value)?);
    }
    Ok(Value::Int(found))
}

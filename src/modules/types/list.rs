//! `list`. Sorting stands in `list_sort`. No borrow of the items is held while a script's code may run.

use super::list_sort::sort_row;
use super::shared::{
    CLASS_GETITEM, CONTAINS, DELITEM, GETITEM, ITER, LEN, REPEAT, REPEAT_REFLECTED, REPR, SETITEM, compare, unary,
};
use crate::modules::support::{
    bounds, count, fills_at_once, index_or, inner, list, made, no_keywords, scripted, size_argument,
};
use crate::object::{Args, Class, Fun, Iter, Iteration, R, Ref, Row, T, TypeSpec, Value, Vm};

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::List,
    new: Some(new),
    rows: ROWS,
    doc: "Built-in mutable sequence.\n\nIf no argument is given, the constructor creates a new empty list.\nThe argument must be an iterable if specified.",
};

const ROWS: &[Row] = &[
    Row::method("append", "(self, object, /)", Fun::F2(append)),
    Row::method("extend", "(self, iterable, /)", Fun::F2(extend)),
    Row::method("insert", "(self, index, object, /)", Fun::F3(insert)),
    Row::method("pop", "(self, index=-1, /)", Fun::Bound(pop)),
    Row::method("remove", "(self, value, /)", Fun::F2(remove)),
    Row::method("clear", "(self, /)", Fun::F1(clear)),
    Row::method("copy", "(self, /)", Fun::F1(|vm, this| Ok(Value::list(list(vm, this)?.snapshot())))),
    Row::method("reverse", "(self, /)", Fun::F1(reverse)),
    Row::method("index", "(self, value, start=0, stop=9223372036854775807, /)", Fun::Bound(index)),
    Row::method("count", "(self, value, /)", Fun::F2(count_of)),
    Row::method("sort", "(self, /, *, key=None, reverse=False)", Fun::Bound(sort_row)),
    Row::method("__init__", "(self, /, *args, **kwargs)", Fun::Full(init)),
    LEN,
    ITER,
    CONTAINS,
    GETITEM,
    SETITEM,
    DELITEM,
    REPR,
    unary("__reversed__", reversed),
    compare!("__eq__" Eq is_list),
    compare!("__ne__" Ne is_list),
    compare!("__lt__" Lt is_list),
    compare!("__le__" Le is_list),
    compare!("__gt__" Gt is_list),
    compare!("__ge__" Ge is_list),
    Row::method("__add__", "(self, value, /)", Fun::F2(|vm, a, b| vm.concatenated(inner(vm, a)?, b))),
    Row::method(
        "__iadd__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| {
            extend(vm, a, b)?;
            Ok(a.clone())
        }),
    ),
    REPEAT,
    REPEAT_REFLECTED,
    Row::method(
        "__imul__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| {
            let repeated = vm.repeat(inner(vm, a)?, &Value::Int(vm.index_i64(b)?))?;
            if let Some(items) = repeated.as_list() {
                let old = list(vm, a)?.replace(items.snapshot());
                drop(old);
            }
            Ok(a.clone())
        }),
    ),
    UNHASHABLE,
    CLASS_GETITEM,
];

/// The type has no hash.
pub const UNHASHABLE: Row = Row::absent("__hash__");

fn is_list(value: &Value) -> bool {
    matches!(value, Value::List(_))
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    if !fills_at_once(class) {
        return Ok(made(class, T::List, Value::list(Vec::new())));
    }
    no_keywords(vm, class, "list", &args)?;
    count(vm, "list", &args, 0, 1)?;
    let items = match args.positional.first() {
        Some(items) => vm.collect(items)?,
        None => Vec::new(),
    };
    Ok(made(class, T::List, Value::list(items)))
}

fn init(vm: &Vm, args: Args) -> R {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("descriptor '__init__' of 'list' object needs an argument"));
    };
    let class = vm.class_of(this);
    let this = list(vm, this)?;
    if !args.keywords.is_empty() && (class.builtin.is_some() || !scripted(&class, crate::intern::sym::__new__)) {
        return Err(vm.type_error("list() takes no keyword arguments"));
    }
    count(vm, "list", &Args::positional(rest), 0, 1)?;
    let items = match rest.first() {
        Some(items) => vm.collect(items)?,
        None => Vec::new(),
    };
    let old = this.replace(items);
    drop(old);
    Ok(Value::None)
}

fn append(vm: &Vm, this: &Value, value: &Value) -> R {
    match list(vm, this)?.try_push(value.clone()) {
        Ok(()) => Ok(Value::None),
        Err(refused) => {
            drop(refused);
            Err(vm.memory_error())
        }
    }
}

fn extend(vm: &Vm, this: &Value, items: &Value) -> R {
    vm.list_extend(list(vm, this)?, items)?;
    Ok(Value::None)
}

fn insert(vm: &Vm, this: &Value, index: &Value, value: &Value) -> R {
    let index = size_argument(vm, index)?;
    let this = list(vm, this)?;
    let len = this.len() as i64;
    let at = if index < 0 { (index + len).max(0) } else { index.min(len) };
    this.insert(at as usize, value.clone());
    Ok(Value::None)
}

fn pop(vm: &Vm, args: &[Value]) -> R {
    let this = list(vm, &args[0])?;
    if args[1].is_missing() {
        return this.pop().ok_or_else(|| vm.index_error("pop from empty list"));
    }
    let index = index_or(vm, &args[1], -1)?;
    if this.is_empty() {
        return Err(vm.index_error("pop from empty list"));
    }
    let at = if index < 0 { index + this.len() as i64 } else { index };
    let removed = usize::try_from(at).ok().filter(|&at| at < this.len()).map(|at| this.remove(at));
    removed.ok_or_else(|| vm.index_error("pop index out of range"))
}

/// The index of the first item from `from` on and before `to` that equals the value.
fn position(vm: &Vm, this: &Value, value: &Value, from: usize, to: usize) -> R<Option<usize>> {
    let items = list(vm, this)?;
    let mut at = from;
    while at < to {
        let Some(item) = items.get(at) else { break };
        if vm.eq(&item, value)? {
            return Ok(Some(at));
        }
        at += 1;
    }
    Ok(None)
}

fn remove(vm: &Vm, this: &Value, value: &Value) -> R {
    let Some(at) = position(vm, this, value, 0, usize::MAX)? else {
        return Err(vm.value_error("list.remove(x): x not in list"));
    };
    let this = list(vm, this)?;
    let removed = if at < this.len() { Some(this.remove(at)) } else { None };
    drop(removed);
    Ok(Value::None)
}

fn clear(vm: &Vm, this: &Value) -> R {
    // As a list of its own they go in CPython's order, from the last on.
    drop(crate::object::List::new(list(vm, this)?.replace(Vec::new())));
    Ok(Value::None)
}

fn reverse(vm: &Vm, this: &Value) -> R {
    list(vm, this)?.borrow_mut().reverse();
    Ok(Value::None)
}

/// `start` and `stop` of `index()`, for which None will not do.
pub fn index_bounds(vm: &Vm, start: &Value, stop: &Value, len: usize) -> R<(usize, usize)> {
    for value in [start, stop] {
        if !value.is_missing() && !value.is_int() && vm.special(value, crate::intern::sym::__index__).is_none() {
            return Err(vm.type_error("slice indices must be integers or have an __index__ method"));
        }
    }
    bounds(vm, start, stop, len)
}

fn index(vm: &Vm, args: &[Value]) -> R {
    let (from, to) = index_bounds(vm, &args[2], &args[3], list(vm, &args[0])?.len())?;
    match position(vm, &args[0], &args[1], from, to)? {
        Some(at) => Ok(Value::size(at)),
        None => Err(vm.value_error(format!("{} is not in list", vm.repr(&args[1])?.as_str()))),
    }
}

fn count_of(vm: &Vm, this: &Value, value: &Value) -> R {
    let items = list(vm, this)?;
    let (mut at, mut found) = (0, 0);
    while let Some(item) = items.get(at) {
        found += i64::from(vm.eq(&item, value)?);
        at += 1;
    }
    Ok(Value::Int(found))
}

fn reversed(vm: &Vm, this: &Value) -> R {
    let list = list(vm, this)?;
    Ok(Iter::new(Iteration::ListReversed { list: list.clone(), left: list.len() }))
}

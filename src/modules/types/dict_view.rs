//! `dict.keys()`, `values()`, `items()`: views that show the dict as it is at any moment; keys and items are sets too.

use super::mapping_proxy::Proxy;
use super::shared::unary;
use crate::interp::{BinaryOp, CompareOp};
use crate::modules::support::receiver_error;
use crate::object::iter::DictPart;
use crate::object::view::DictView;
use crate::object::{Fun, Iter, Iteration, Native, R, Ref, Row, Set, T, TypeSpec, Value, Vm};

pub static KEYS: TypeSpec = TypeSpec { kind: T::DictKeys, new: None, rows: SET_ROWS, doc: "" };
pub static ITEMS: TypeSpec = TypeSpec { kind: T::DictItems, new: None, rows: SET_ROWS, doc: "" };
pub static VALUES: TypeSpec = TypeSpec { kind: T::DictValues, new: None, rows: VALUE_ROWS, doc: "" };

const LEN: Row = unary("__len__", |vm, this| Ok(Value::size(view(vm, this)?.dict.len())));
const ITER: Row = unary("__iter__", iter);
const REVERSED: Row = unary("__reversed__", reversed);
const REPR: Row = unary("__repr__", repr);
const CONTAINS: Row = Row::method("__contains__", "(self, key, /)", Fun::F2(contains));
const MAPPING: Row = Row::getter("mapping", |vm, this| {
    let dict = Value::Dict(view(vm, this)?.dict.clone());
    Ok(Value::Native(Native::new(vm.class(T::MappingProxy), Proxy::Mapping(dict))))
});

const VALUE_ROWS: &[Row] = &[LEN, ITER, REVERSED, REPR, CONTAINS, MAPPING];

macro_rules! set_operator {
    ($name:literal $reflected:literal $op:ident) => {
        [
            Row::method($name, "(self, value, /)", Fun::F2(|vm, a, b| combine(vm, BinaryOp::$op, a, b))),
            Row::method($reflected, "(self, value, /)", Fun::F2(|vm, a, b| combine(vm, BinaryOp::$op, b, a))),
        ]
    };
}

macro_rules! set_comparison {
    ($name:literal $op:ident) => {
        Row::method($name, "(self, value, /)", Fun::F2(|vm, a, b| relate(vm, CompareOp::$op, a, b)))
    };
}

const AND: [Row; 2] = set_operator!("__and__" "__rand__" And);
const OR: [Row; 2] = set_operator!("__or__" "__ror__" Or);
const SUB: [Row; 2] = set_operator!("__sub__" "__rsub__" Sub);
const XOR: [Row; 2] = set_operator!("__xor__" "__rxor__" Xor);

const SET_ROWS: &[Row] = {
    let ([and, rand], [or, ror], [sub, rsub], [xor, rxor]) = (AND, OR, SUB, XOR);
    &[
        LEN,
        ITER,
        REVERSED,
        REPR,
        CONTAINS,
        MAPPING,
        and,
        rand,
        or,
        ror,
        sub,
        rsub,
        xor,
        rxor,
        set_comparison!("__eq__" Eq),
        set_comparison!("__ne__" Ne),
        set_comparison!("__lt__" Lt),
        set_comparison!("__le__" Le),
        set_comparison!("__gt__" Gt),
        set_comparison!("__ge__" Ge),
        Row::method("isdisjoint", "(self, other, /)", Fun::F2(isdisjoint)),
        super::list::UNHASHABLE,
    ]
};

fn view<'a>(vm: &Vm, this: &'a Value) -> R<&'a DictView> {
    this.as_native::<DictView>().ok_or_else(|| receiver_error(vm, "dict_keys", this))
}

fn iter(vm: &Vm, this: &Value) -> R {
    let DictView { dict, part } = view(vm, this)?;
    Ok(Iter::new(Iteration::Dict { dict: dict.clone(), at: 0, len: dict.len(), left: dict.len(), part: *part }))
}

fn reversed(vm: &Vm, this: &Value) -> R {
    let DictView { dict, part } = view(vm, this)?;
    Ok(Iter::new(Iteration::DictReversed { dict: dict.clone(), at: usize::MAX, len: dict.len(), part: *part }))
}

/// What the view shows now.
fn items(view: &DictView) -> Vec<Value> {
    match view.part {
        DictPart::Keys => view.dict.keys(),
        DictPart::Values => view.dict.values(),
        DictPart::Items => view.dict.entries().into_iter().map(|(k, v)| Value::pair(k, v)).collect(),
    }
}

fn repr(vm: &Vm, this: &Value) -> R {
    let Some(_guard) = crate::interp::repr::ReprGuard::enter(this.id()) else { return Ok(Value::str("...")) };
    let items = vm.repr(&Value::list(items(view(vm, this)?)))?;
    Ok(Value::string(format!("{}({})", vm.type_name(this), items.as_str())))
}

fn contains(vm: &Vm, this: &Value, item: &Value) -> R {
    let view = view(vm, this)?;
    let found = match view.part {
        DictPart::Keys => vm.dict_get(&view.dict, item)?.is_some(),
        DictPart::Values => vm.contains(&Value::list(view.dict.values()), item)?,
        DictPart::Items => match item.as_tuple() {
            Some(pair) if pair.len() == 2 => match vm.dict_get(&view.dict, &pair[0])? {
                Some(value) => vm.eq(&value, &pair[1])?,
                None => false,
            },
            _ => false,
        },
    };
    Ok(Value::bool(found))
}

/// A view as a set; other iterables too. `None` for a view of values and what is no iterable.
fn as_set(vm: &Vm, value: &Value) -> R<Ref<Set>> {
    if let Some(set) = value.as_set() {
        return Ok(set.clone());
    }
    let set = Set::new_ref();
    match value.as_native::<DictView>() {
        Some(view) => {
            for item in items(view) {
                vm.set_add(&set, item)?;
            }
        }
        None => vm.set_update(&set, value)?,
    }
    Ok(set)
}

/// `view & other`: only what both hold is hashed.
fn common(vm: &Vm, this: &Value, other: &Value) -> R {
    let (mut asked, mut walked) = (this, other);
    if let Some(other) = walked.as_native::<DictView>()
        && other.part != DictPart::Values
        && other.dict.len() > view(vm, this)?.dict.len()
    {
        (asked, walked) = (walked, asked);
    }
    let found = Set::new_ref();
    vm.for_each(walked, |item| {
        if vm.is_true(&contains(vm, asked, &item)?)? {
            vm.set_add(&found, item)?;
        }
        Ok(true)
    })?;
    Ok(Value::Set(found))
}

fn combine(vm: &Vm, op: BinaryOp, a: &Value, b: &Value) -> R {
    if op == BinaryOp::And && a.as_native::<DictView>().is_some() {
        return common(vm, a, b);
    }
    let (a, b) = (as_set(vm, a)?, as_set(vm, b)?);
    vm.binary(op, &Value::Set(a), &Value::Set(b))
}

fn relate(vm: &Vm, op: CompareOp, a: &Value, b: &Value) -> R {
    let is_set =
        |v: &Value| v.as_set().is_some() || v.as_native::<DictView>().is_some_and(|view| view.part != DictPart::Values);
    if !is_set(a) || !is_set(b) {
        return Ok(Value::NotImplemented);
    }
    // Items with unhashable values still compare: by asking the other side for each.
    if let (Some(x), Some(y)) = (a.as_native::<DictView>(), b.as_native::<DictView>())
        && matches!(op, CompareOp::Eq | CompareOp::Ne)
    {
        let mut equal = x.dict.len() == y.dict.len();
        for item in items(x) {
            equal = equal && vm.is_true(&contains(vm, b, &item)?)?;
        }
        return Ok(Value::bool(equal == (op == CompareOp::Eq)));
    }
    vm.compare(op, &Value::Set(as_set(vm, a)?), &Value::Set(as_set(vm, b)?))
}

fn isdisjoint(vm: &Vm, this: &Value, other: &Value) -> R {
    let mut disjoint = true;
    vm.for_each(other, |item| {
        disjoint = !vm.is_true(&contains(vm, this, &item)?)?;
        Ok(disjoint)
    })?;
    Ok(Value::bool(disjoint))
}

//! Rows that many builtin types have: dunders that say what the operators already do.
//!
//! Each works on the builtin value inside its receiver, so `super().__len__()` in a script's subclass never comes back to
//! the script's own definition.

use crate::interp::{BinaryOp, CompareOp, UnaryOp};
use crate::modules::support::{argument_name, inner};
use crate::object::{Fun, R, Row, Value, Vm};

pub const LEN: Row = Row::method("__len__", "(self, /)", Fun::F1(|vm, this| vm.len(inner(vm, this)?).map(Value::size)));
pub const ITER: Row = Row::method("__iter__", "(self, /)", Fun::F1(|vm, this| vm.iter(inner(vm, this)?)));
pub const CONTAINS: Row = Row::method(
    "__contains__",
    "(self, key, /)",
    Fun::F2(|vm, this, key| vm.contains(inner(vm, this)?, key).map(Value::bool)),
);
pub const GETITEM: Row =
    Row::method("__getitem__", "(self, key, /)", Fun::F2(|vm, this, key| vm.get_item(inner(vm, this)?, key)));
pub const SETITEM: Row = Row::method(
    "__setitem__",
    "(self, key, value, /)",
    Fun::F3(|vm, this, key, value| vm.set_item(inner(vm, this)?, key, value.clone()).map(|()| Value::None)),
);
pub const DELITEM: Row = Row::method(
    "__delitem__",
    "(self, key, /)",
    Fun::F2(|vm, this, key| vm.del_item(inner(vm, this)?, key).map(|()| Value::None)),
);
pub const REPR: Row =
    Row::method("__repr__", "(self, /)", Fun::F1(|vm, this| vm.repr(inner(vm, this)?).map(Value::Str)));
pub const STR: Row = Row::method("__str__", "(self, /)", Fun::F1(|vm, this| vm.str(inner(vm, this)?).map(Value::Str)));
pub const HASH: Row =
    Row::method("__hash__", "(self, /)", Fun::F1(|vm, this| vm.hash(inner(vm, this)?).map(Value::Int)));
pub const FORMAT: Row = Row::method("__format__", "(self, format_spec, /)", Fun::F2(format));
pub const BOOL: Row =
    Row::method("__bool__", "(self, /)", Fun::F1(|vm, this| vm.is_true(inner(vm, this)?).map(Value::bool)));
pub const NEG: Row = unary("__neg__", |vm, this| vm.unary(UnaryOp::Neg, inner(vm, this)?));
pub const POS: Row = unary("__pos__", |vm, this| vm.unary(UnaryOp::Pos, inner(vm, this)?));
pub const INVERT: Row = unary("__invert__", |vm, this| vm.unary(UnaryOp::Invert, inner(vm, this)?));
/// `__mul__` and `__rmul__` of sequences.
pub const REPEAT: Row = Row::method("__mul__", "(self, value, /)", Fun::F2(repeat));
pub const REPEAT_REFLECTED: Row = Row::method("__rmul__", "(self, value, /)", Fun::F2(repeat));
/// `list[int]`
pub const CLASS_GETITEM: Row =
    Row::class_method("__class_getitem__", "(cls, key, /)", Fun::F2(super::generic_alias::class_getitem));

/// A row for a function of the receiver alone.
pub const fn unary(name: &'static str, function: fn(&Vm, &Value) -> R) -> Row {
    Row::method(name, "(self, /)", Fun::F1(function))
}

fn repeat(vm: &Vm, this: &Value, times: &Value) -> R {
    vm.repeat(inner(vm, this)?, &Value::Int(vm.index_i64(times)?))
}

fn format(vm: &Vm, this: &Value, spec: &Value) -> R {
    match spec.as_str() {
        Some(spec) => vm.format(inner(vm, this)?, spec.as_str()).map(Value::Str),
        None => Err(vm.type_error(format!("__format__() argument must be str, not {}", argument_name(vm, spec)))),
    }
}

/// An operator between builtin values; `NotImplemented` when the other one is not what the type works with.
pub fn operate(vm: &Vm, op: BinaryOp, a: &Value, b: &Value, fits: fn(&Value) -> bool) -> R {
    let (a, b) = (a.base(), b.base());
    if fits(a) && fits(b) { vm.binary(op, a, b) } else { Ok(Value::NotImplemented) }
}

/// A comparison between builtin values; `NotImplemented` as in [`operate`].
pub fn relate(vm: &Vm, op: CompareOp, a: &Value, b: &Value, fits: fn(&Value) -> bool) -> R {
    let (a, b) = (a.base(), b.base());
    if fits(a) && fits(b) { vm.compare(op, a, b) } else { Ok(Value::NotImplemented) }
}

/// `__add__` and its like.
macro_rules! binary {
    ($name:literal $op:ident $fits:path) => {
        $crate::object::Row::method(
            $name,
            "(self, value, /)",
            $crate::object::Fun::F2(|vm, a, b| {
                $crate::modules::types::shared::operate(vm, $crate::interp::BinaryOp::$op, a, b, $fits)
            }),
        )
    };
}

/// `__radd__` and its like.
macro_rules! reflected {
    ($name:literal $op:ident $fits:path) => {
        $crate::object::Row::method(
            $name,
            "(self, value, /)",
            $crate::object::Fun::F2(|vm, a, b| {
                $crate::modules::types::shared::operate(vm, $crate::interp::BinaryOp::$op, b, a, $fits)
            }),
        )
    };
}

/// `__lt__` and its like.
macro_rules! compare {
    ($name:literal $op:ident $fits:path) => {
        $crate::object::Row::method(
            $name,
            "(self, value, /)",
            $crate::object::Fun::F2(|vm, a, b| {
                $crate::modules::types::shared::relate(vm, $crate::interp::CompareOp::$op, a, b, $fits)
            }),
        )
    };
}

pub(crate) use {binary, compare, reflected};

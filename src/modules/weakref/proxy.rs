//! `weakref.proxy`: an object that does what another does, for as long as that lives. Attributes are forwarded by
//! `interp/attribute.rs`, everything else by the rows here.

use super::{check, shown};
use crate::intern::sym;
use crate::interp::{BinaryOp, CompareOp, UnaryOp};
use crate::modules::support::{count, receiver_error};
use crate::modules::types::unary;
use crate::object::weak::{self, WeakRef};
use crate::object::{Args, Fun, Native, R, Row, T, TypeSpec, Value, Vm};

pub static SPEC: TypeSpec = TypeSpec { kind: T::WeakProxy, new: None, rows: ROWS, doc: "" };
pub static CALLABLE: TypeSpec = TypeSpec { kind: T::WeakCallableProxy, new: None, rows: CALLABLE_ROWS, doc: "" };

/// `weakref.proxy(object, callback=None)`
pub fn make(vm: &Vm, args: Args) -> R {
    if !args.keywords.is_empty() {
        return Err(vm.type_error("_weakref.proxy() takes no keyword arguments"));
    }
    count(vm, "proxy", &args, 1, 2)?;
    let object = &args.positional[0];
    let callback = args.positional.get(1).cloned().unwrap_or(Value::None);
    check(vm, object)?;
    let is_shared = callback.is_none();
    if is_shared && let Some(known) = weak::shared(object, true) {
        return Ok(Value::Native(known));
    }
    let kind = if vm.is_callable(object) { T::WeakCallableProxy } else { T::WeakProxy };
    let proxy = Native::new(vm.class(kind), WeakRef::new(callback, true, is_shared));
    WeakRef::refer(&proxy, object);
    Ok(Value::Native(proxy))
}

/// `p + x` and `x + p`: whichever operand is a proxy is replaced by its object.
macro_rules! operators {
    ($($op:ident $forward:literal $reflected:literal $in_place:literal;)*) => {
        &[$(
            Row::method($forward, "(self, value, /)", Fun::F2(|vm, a, b| operate(vm, BinaryOp::$op, a, b))),
            Row::method($reflected, "(self, value, /)", Fun::F2(|vm, a, b| operate(vm, BinaryOp::$op, b, a))),
            Row::method($in_place, "(self, value, /)", Fun::F2(|vm, a, b| {
                vm.binary_in_place(BinaryOp::$op, vm.referent(a)?, &vm.referent(b)?)
            })),
        )*]
    };
}

const OPERATORS: &[Row] = operators! {
    Add "__add__" "__radd__" "__iadd__";
    Sub "__sub__" "__rsub__" "__isub__";
    Mul "__mul__" "__rmul__" "__imul__";
    MatMul "__matmul__" "__rmatmul__" "__imatmul__";
    Div "__truediv__" "__rtruediv__" "__itruediv__";
    FloorDiv "__floordiv__" "__rfloordiv__" "__ifloordiv__";
    Mod "__mod__" "__rmod__" "__imod__";
    Pow "__pow__" "__rpow__" "__ipow__";
    LShift "__lshift__" "__rlshift__" "__ilshift__";
    RShift "__rshift__" "__rrshift__" "__irshift__";
    And "__and__" "__rand__" "__iand__";
    Or "__or__" "__ror__" "__ior__";
    Xor "__xor__" "__rxor__" "__ixor__";
};

macro_rules! comparisons {
    ($($op:ident $name:literal;)*) => {
        &[$(Row::method($name, "(self, value, /)", Fun::F2(|vm, a, b| {
            vm.compare(CompareOp::$op, &vm.referent(a)?, &vm.referent(b)?)
        }))),*]
    };
}

const COMPARISONS: &[Row] = comparisons! {
    Eq "__eq__"; Ne "__ne__"; Lt "__lt__"; Le "__le__"; Gt "__gt__"; Ge "__ge__";
};

const REST: &[Row] = &[
    Row::absent("__hash__"),
    unary("__repr__", |vm, this| {
        let Some(proxy) = this.as_native::<WeakRef>() else {
            return Err(receiver_error(vm, "weakref.ProxyType", this));
        };
        let object = proxy.get();
        let end = if object.is_some() { ">" } else { "" };
        Ok(Value::string(shown(vm, "weakproxy", this, object)? + end))
    }),
    unary("__str__", |vm, this| vm.str(&vm.referent(this)?).map(Value::Str)),
    unary("__bytes__", |vm, this| vm.call_method(&vm.referent(this)?, sym::__bytes__, &[])),
    unary("__dir__", |vm, this| vm.call_method(&vm.referent(this)?, sym::__dir__, &[])),
    unary("__bool__", |vm, this| vm.is_true(&vm.referent(this)?).map(Value::bool)),
    unary("__len__", |vm, this| vm.len(&vm.referent(this)?).map(Value::size)),
    unary("__iter__", |vm, this| vm.iter(&vm.referent(this)?)),
    unary("__next__", next),
    unary("__int__", |vm, this| vm.to_int(&vm.referent(this)?)),
    unary("__float__", |vm, this| vm.to_float(&vm.referent(this)?).map(Value::float)),
    unary("__index__", |vm, this| vm.index(&vm.referent(this)?)),
    unary("__abs__", |vm, this| vm.abs(&vm.referent(this)?)),
    unary("__neg__", |vm, this| vm.unary(UnaryOp::Neg, &vm.referent(this)?)),
    unary("__pos__", |vm, this| vm.unary(UnaryOp::Pos, &vm.referent(this)?)),
    unary("__invert__", |vm, this| vm.unary(UnaryOp::Invert, &vm.referent(this)?)),
    Row::method("__divmod__", "(self, value, /)", Fun::F2(|vm, a, b| vm.divmod(&vm.referent(a)?, &vm.referent(b)?))),
    Row::method("__rdivmod__", "(self, value, /)", Fun::F2(|vm, a, b| vm.divmod(&vm.referent(b)?, &vm.referent(a)?))),
    Row::method(
        "__contains__",
        "(self, key, /)",
        Fun::F2(|vm, this, key| vm.contains(&vm.referent(this)?, key).map(Value::bool)),
    ),
    Row::method("__getitem__", "(self, key, /)", Fun::F2(|vm, this, key| vm.get_item(&vm.referent(this)?, key))),
    Row::method(
        "__setitem__",
        "(self, key, value, /)",
        Fun::F3(|vm, this, key, value| vm.set_item(&vm.referent(this)?, key, value.clone()).map(|()| Value::None)),
    ),
    Row::method(
        "__delitem__",
        "(self, key, /)",
        Fun::F2(|vm, this, key| vm.del_item(&vm.referent(this)?, key).map(|()| Value::None)),
    ),
];

const CALL: &[Row] = &[Row::method(
    "__call__",
    "(self, /, *args, **kwargs)",
    Fun::Full(|vm, args| {
        let (this, rest) = args.positional.split_first().unwrap_or((&Value::None, &[]));
        vm.call(&vm.referent(this)?, Args { positional: rest, keywords: args.keywords })
    }),
)];

const ROWS: &[Row] =
    &joined::<{ OPERATORS.len() + COMPARISONS.len() + REST.len() }>([OPERATORS, COMPARISONS, REST, &[]]);
const CALLABLE_ROWS: &[Row] = &joined::<{ ROWS.len() + CALL.len() }>([ROWS, CALL, &[], &[]]);

/// Tables one behind the other.
const fn joined<const N: usize>(tables: [&[Row]; 4]) -> [Row; N] {
    let mut all = [const { Row::absent("__hash__") }; N];
    let (mut filled, mut table) = (0, 0);
    while table < tables.len() {
        let mut at = 0;
        while at < tables[table].len() {
            all[filled] = tables[table][at];
            filled += 1;
            at += 1;
        }
        table += 1;
    }
    all
}

fn operate(vm: &Vm, op: BinaryOp, a: &Value, b: &Value) -> R {
    vm.binary(op, &vm.referent(a)?, &vm.referent(b)?)
}

fn next(vm: &Vm, this: &Value) -> R {
    let object = vm.referent(this)?;
    if !vm.is_iterator(&object) {
        let message = format!("Weakref proxy referenced a non-iterator '{}' object", vm.type_name(&object));
        return Err(vm.type_error(message));
    }
    match vm.next(&object)? {
        Some(item) => Ok(item),
        None => Err(vm.stop_iteration(Value::None)),
    }
}

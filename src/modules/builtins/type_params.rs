//! Type parameters and aliases of types (PEP 695): what `def f[T]` and `type X = ...` make. The compiler calls the two
//! hidden functions by name.

use crate::intern::Symbol;
use crate::modules::support::{receiver_error, text};
use crate::modules::types::{generic_alias, union};
use crate::object::{Fun, Native, NativeData, R, Row, Swap, T, TypeSpec, Value, Vm};

pub const ROWS: &[Row] = &[
    Row::function("__aio_typevar__", "(name, kind, /)", Fun::F2(make_variable)),
    Row::function("__aio_typealias__", "(name, type_params, value, /)", Fun::F3(make_alias)),
];

/// `T` in `def f[T]`
struct Variable {
    name: Symbol,
}

impl NativeData for Variable {}

/// `type X = ...`; the value is computed when it is first asked for.
struct Alias {
    name: Symbol,
    params: Value,
    compute: Value,
    value: Swap<Value>,
}

impl NativeData for Alias {}

pub static TYPE_VAR: TypeSpec = TypeSpec {
    kind: T::TypeVar,
    new: None,
    rows: &[
        Row::getter("__name__", |vm, this| Ok(Value::name(variable(vm, this)?.name))),
        Row::getter("__bound__", |_, _| Ok(Value::None)),
        Row::getter("__constraints__", |_, _| Ok(Value::tuple(Vec::new()))),
        Row::getter("__covariant__", |_, _| Ok(Value::False)),
        Row::getter("__contravariant__", |_, _| Ok(Value::False)),
        Row::getter("__infer_variance__", |_, _| Ok(Value::True)),
        Row::method("__repr__", "(self, /)", Fun::F1(|vm, this| Ok(Value::name(variable(vm, this)?.name)))),
        Row::method("__or__", "(self, value, /)", Fun::F2(union::union_of)),
        Row::method("__ror__", "(self, value, /)", Fun::F2(|vm, a, b| union::union_of(vm, b, a))),
    ],
    doc: "Type variable.",
};

pub static TYPE_ALIAS: TypeSpec = TypeSpec {
    kind: T::TypeAlias,
    new: None,
    rows: &[
        Row::getter("__name__", |vm, this| Ok(Value::name(alias(vm, this)?.name))),
        Row::getter("__type_params__", |vm, this| Ok(alias(vm, this)?.params.clone())),
        Row::getter("__value__", |vm, this| {
            let alias = alias(vm, this)?;
            let known = alias.value.get();
            if !known.is_missing() {
                return Ok(known);
            }
            let value = vm.call0(&alias.compute)?;
            alias.value.set(value.clone());
            Ok(value)
        }),
        Row::method("__repr__", "(self, /)", Fun::F1(|vm, this| Ok(Value::name(alias(vm, this)?.name)))),
        Row::method("__getitem__", "(self, key, /)", Fun::F2(generic_alias::class_getitem)),
        Row::method("__or__", "(self, value, /)", Fun::F2(union::union_of)),
        Row::method("__ror__", "(self, value, /)", Fun::F2(|vm, a, b| union::union_of(vm, b, a))),
    ],
    doc: "Type alias.",
};

fn variable<'a>(vm: &Vm, this: &'a Value) -> R<&'a Variable> {
    this.as_native::<Variable>().ok_or_else(|| receiver_error(vm, "typing.TypeVar", this))
}

fn alias<'a>(vm: &Vm, this: &'a Value) -> R<&'a Alias> {
    this.as_native::<Alias>().ok_or_else(|| receiver_error(vm, "typing.TypeAliasType", this))
}

fn make_variable(vm: &Vm, name: &Value, kind: &Value) -> R {
    // Tuples of types and parameter specifications are written like plain variables.
    text(vm, kind, "kind")?;
    let name = text(vm, name, "name")?.symbol();
    Ok(Value::Native(Native::new(vm.class(T::TypeVar), Variable { name })))
}

fn make_alias(vm: &Vm, name: &Value, params: &Value, compute: &Value) -> R {
    let alias = Alias {
        name: text(vm, name, "name")?.symbol(),
        params: params.clone(),
        compute: compute.clone(),
        value: Swap::new(Value::Missing),
    };
    Ok(Value::Native(Native::new(vm.class(T::TypeAlias), alias)))
}

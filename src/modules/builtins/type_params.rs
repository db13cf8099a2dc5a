//! Type parameters and aliases of types (PEP 695, defaults of PEP 696): what `def f[T]` and `type X = ...` make. The
//! compiler calls the hidden functions by name. Bounds, constraints, defaults and values of aliases are functions that
//! are called when they are first asked for.

use crate::intern::Symbol;
use crate::modules::support::{named, receiver_error, text};
use crate::modules::types::{generic_alias, union};
use crate::object::{Args, Class, Fun, Native, NativeData, R, Ref, Row, Swap, T, TypeSpec, Value, Vm};

pub const ROWS: &[Row] = &[
    Row::function("__aio_typevar__", "(name, kind, bound, default, /)", Fun::Bound(make_variable)),
    Row::function("__aio_generic__", "(function, type_params, /)", Fun::F2(make_generic)),
    Row::function("__aio_generic_base__", "(type_params, /)", Fun::F1(generic_base)),
    Row::function("__aio_typealias__", "(name, type_params, value, /)", Fun::F3(make_alias)),
];

/// A value that is computed once, when it is first asked for.
struct Lazy {
    compute: Value,
    value: Swap<Value>,
}

impl Lazy {
    fn new(compute: &Value) -> Lazy {
        Lazy { compute: compute.clone(), value: Swap::new(Value::Missing) }
    }

    /// `None` when there is nothing to compute.
    fn get(&self, vm: &Vm) -> R<Option<Value>> {
        if matches!(self.compute, Value::None) {
            return Ok(None);
        }
        let known = self.value.get();
        if !known.is_missing() {
            return Ok(Some(known));
        }
        let value = vm.call0(&self.compute)?;
        self.value.set(value.clone());
        Ok(Some(value))
    }
}

/// `T`, `*Ts` or `**P` in `def f[T, *Ts, **P]`
struct Variable {
    name: Symbol,
    /// The bound, or the tuple of constraints.
    bound: Lazy,
    constrained: bool,
    default: Lazy,
}

impl NativeData for Variable {}

/// `type X = ...`
struct Alias {
    name: Symbol,
    /// The `__name__` of the module that made it.
    module: Value,
    params: Value,
    value: Lazy,
}

impl NativeData for Alias {}

/// `typing.NoDefault`, of which there is one.
struct NoDefault;

impl NativeData for NoDefault {}

const NAME: Row = Row::getter("__name__", |vm, this| Ok(Value::name(variable(vm, this)?.name)));
const DEFAULT: Row =
    Row::getter("__default__", |vm, this| Ok(variable(vm, this)?.default.get(vm)?.unwrap_or_else(|| no_default(vm))));
const HAS_DEFAULT: Row = Row::method(
    "has_default",
    "(self, /)",
    Fun::F1(|vm, this| Ok(Value::bool(!matches!(variable(vm, this)?.default.compute, Value::None)))),
);
const REPR: Row = Row::method("__repr__", "(self, /)", Fun::F1(|vm, this| Ok(Value::name(variable(vm, this)?.name))));
const OR: Row = Row::method("__or__", "(self, value, /)", Fun::F2(union::union_of));
const ROR: Row = Row::method("__ror__", "(self, value, /)", Fun::F2(|vm, a, b| union::union_of(vm, b, a)));
const COVARIANT: Row = Row::getter("__covariant__", |_, _| Ok(Value::False));
const CONTRAVARIANT: Row = Row::getter("__contravariant__", |_, _| Ok(Value::False));
const INFER_VARIANCE: Row = Row::getter("__infer_variance__", |_, _| Ok(Value::True));

pub static TYPE_VAR: TypeSpec = TypeSpec {
    kind: T::TypeVar,
    new: None,
    rows: &[
        NAME,
        DEFAULT,
        HAS_DEFAULT,
        REPR,
        OR,
        ROR,
        COVARIANT,
        CONTRAVARIANT,
        INFER_VARIANCE,
        Row::getter("__bound__", |vm, this| bound(vm, this, false)),
        Row::getter("__constraints__", |vm, this| bound(vm, this, true)),
    ],
    doc: "Type variable.",
};

pub static TYPE_VAR_TUPLE: TypeSpec = TypeSpec {
    kind: T::TypeVarTuple,
    new: None,
    rows: &[NAME, DEFAULT, HAS_DEFAULT, REPR, Row::method("__iter__", "(self, /)", Fun::F1(unpacked))],
    doc: "Type variable tuple.",
};

pub static PARAM_SPEC: TypeSpec = TypeSpec {
    kind: T::ParamSpec,
    new: None,
    rows: &[NAME, DEFAULT, HAS_DEFAULT, REPR, OR, ROR, COVARIANT, CONTRAVARIANT, INFER_VARIANCE],
    doc: "Parameter specification variable.",
};

pub static NO_DEFAULT: TypeSpec = TypeSpec {
    kind: T::NoDefault,
    new: None,
    rows: &[Row::method("__repr__", "(self, /)", Fun::F1(|_, _| Ok(Value::str("typing.NoDefault"))))],
    doc: "The type of the NoDefault singleton.",
};

pub static TYPE_ALIAS: TypeSpec = TypeSpec {
    kind: T::TypeAlias,
    new: Some(new_alias),
    rows: &[
        Row::getter("__module__", |vm, this| Ok(alias(vm, this)?.module.clone())),
        Row::getter("__name__", |vm, this| Ok(Value::name(alias(vm, this)?.name))),
        Row::getter("__type_params__", |vm, this| Ok(alias(vm, this)?.params.clone())),
        Row::getter("__parameters__", |vm, this| Ok(alias(vm, this)?.params.clone())),
        Row::getter("__value__", |vm, this| Ok(alias(vm, this)?.value.get(vm)?.unwrap_or(Value::None))),
        Row::method("__repr__", "(self, /)", Fun::F1(|vm, this| Ok(Value::name(alias(vm, this)?.name)))),
        Row::method("__getitem__", "(self, key, /)", Fun::F2(alias_getitem)),
        OR,
        ROR,
    ],
    doc: "Type alias.",
};

/// `*Ts` in a subscript: `typing.Unpack[Ts]`.
fn unpacked(vm: &Vm, this: &Value) -> R {
    let typing = vm.import_module(Symbol::new("typing"))?;
    let unpack = vm.get_attr(&typing, Symbol::new("Unpack"))?;
    let item = vm.get_item(&unpack, this)?;
    vm.iter(&Value::tuple(vec![item]))
}

fn variable<'a>(vm: &Vm, this: &'a Value) -> R<&'a Variable> {
    this.as_native::<Variable>().ok_or_else(|| receiver_error(vm, "typing.TypeVar", this))
}

/// `Pair[int]`
fn alias_getitem(vm: &Vm, this: &Value, key: &Value) -> R {
    if alias(vm, this)?.params.as_tuple().is_none_or(|params| params.is_empty()) {
        return Err(vm.type_error("Only generic type aliases are subscriptable"));
    }
    generic_alias::class_getitem(vm, this, key)
}

fn alias<'a>(vm: &Vm, this: &'a Value) -> R<&'a Alias> {
    this.as_native::<Alias>().ok_or_else(|| receiver_error(vm, "typing.TypeAliasType", this))
}

/// The bound or the constraints; what a variable has none of is `None` and `()`.
fn bound(vm: &Vm, this: &Value, constraints: bool) -> R {
    let this = variable(vm, this)?;
    let asked = if this.constrained == constraints { this.bound.get(vm)? } else { None };
    Ok(asked.unwrap_or_else(|| if constraints { Value::tuple(Vec::new()) } else { Value::None }))
}

fn no_default(vm: &Vm) -> Value {
    struct Only(Value);
    vm.extension(|| Only(Value::Native(Native::new(vm.class(T::NoDefault), NoDefault)))).0.clone()
}

fn make_variable(vm: &Vm, args: &[Value]) -> R {
    let [name, kind, bound, default] = args else { return Err(vm.type_error("__aio_typevar__() takes 4 arguments")) };
    let name = text(vm, name, "name")?.symbol();
    let kind = text(vm, kind, "kind")?;
    let constrained = kind.as_str() == "constraints";
    let class = match kind.as_str() {
        "TypeVarTuple" => T::TypeVarTuple,
        "ParamSpec" => T::ParamSpec,
        _ => T::TypeVar,
    };
    let variable = Variable { name, bound: Lazy::new(bound), constrained, default: Lazy::new(default) };
    Ok(Value::Native(Native::new(vm.class(class), variable)))
}

/// `def f[T]`: the function, told its type parameters.
fn make_generic(vm: &Vm, function: &Value, params: &Value) -> R {
    let Value::Function(inner) = function else { return Err(vm.type_error("expected a function")) };
    inner.extra().type_params.set(params.clone());
    Ok(function.clone())
}

/// What `class C[T]` has among its bases: `typing.Generic[T]`.
fn generic_base(vm: &Vm, params: &Value) -> R {
    let typing = vm.import_module(Symbol::new("typing"))?;
    vm.call_method(&typing, Symbol::new("_generic_base"), std::slice::from_ref(params))
}

fn make_alias(vm: &Vm, name: &Value, params: &Value, compute: &Value) -> R {
    let name = text(vm, name, "name")?.symbol();
    let module = super::module_name(vm);
    let alias = Alias { name, module, params: params.clone(), value: Lazy::new(compute) };
    Ok(Value::Native(Native::new(vm.class(T::TypeAlias), alias)))
}

/// `typing.TypeAliasType(name, value, *, type_params=())`
fn new_alias(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let [name, value, params] = named(vm, "typealias", &args, ["name", "value", "type_params"])?;
    for (given, what, at) in [(&name, "name", 1), (&value, "value", 2)] {
        if given.is_missing() {
            return Err(vm.type_error(format!("typealias() missing required argument '{what}' (pos {at})")));
        }
    }
    if !params.is_missing() && params.as_tuple().is_none() {
        return Err(vm.type_error("type_params must be a tuple"));
    }
    let name = text(vm, &name, "typealias() argument 'name'")?.symbol();
    let params = if params.is_missing() { Value::tuple(Vec::new()) } else { params };
    let value = Lazy { compute: Value::Missing, value: Swap::new(value) };
    let alias = Alias { name, module: super::module_name(vm), params, value };
    Ok(Value::Native(Native::new(class, alias)))
}

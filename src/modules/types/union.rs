//! `int | None`: a union of types (PEP 604).

use super::generic_alias::{Alias, type_text};
use super::shared::unary;
use crate::modules::support::receiver_error;
use crate::object::{Fun, Native, NativeData, R, Ref, Row, T, Tuple, TypeSpec, Value, Vm};

/// The members, flattened, each once; at least two.
pub struct Union {
    pub args: Ref<Tuple>,
}

impl NativeData for Union {}

pub static SPEC: TypeSpec =
    TypeSpec { kind: T::UnionType, new: None, rows: ROWS, doc: "Represent a PEP 604 union type\n\nE.g. for int | str" };

const ROWS: &[Row] = &[
    Row::getter("__args__", |vm, this| Ok(Value::Tuple(union(vm, this)?.args.clone()))),
    Row::getter("__parameters__", |_, _| Ok(Value::tuple(Vec::new()))),
    unary("__repr__", repr),
    Row::method(
        "__getitem__",
        "(self, key, /)",
        Fun::F2(|vm, this, _| {
            union(vm, this)?;
            Err(vm.type_error(format!("{} is not a generic class", vm.repr(this)?.as_str())))
        }),
    ),
    Row::method("__or__", "(self, value, /)", Fun::F2(union_of)),
    Row::method("__ror__", "(self, value, /)", Fun::F2(|vm, a, b| union_of(vm, b, a))),
    Row::method(
        "__instancecheck__",
        "(self, instance, /)",
        Fun::F2(|vm, this, instance| any(vm, this, |member| vm.is_instance(instance, member), "isinstance")),
    ),
    Row::method(
        "__subclasscheck__",
        "(self, subclass, /)",
        Fun::F2(|vm, this, subclass| any(vm, this, |member| vm.is_subclass(subclass, member), "issubclass")),
    ),
    Row::method(
        "__eq__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| {
            let a = &union(vm, a)?.args;
            let Some(b) = b.as_native::<Union>() else { return Ok(Value::NotImplemented) };
            if a.len() != b.args.len() {
                return Ok(Value::False);
            }
            let other = Value::Tuple(b.args.clone());
            for member in a.iter() {
                if !vm.contains(&other, member)? {
                    return Ok(Value::False);
                }
            }
            Ok(Value::True)
        }),
    ),
    unary("__hash__", |vm, this| {
        let mut hash = 0;
        for member in union(vm, this)?.args.iter() {
            hash ^= vm.hash(member)?;
        }
        Ok(Value::Int(hash))
    }),
];

fn union<'a>(vm: &Vm, this: &'a Value) -> R<&'a Union> {
    this.as_native::<Union>().ok_or_else(|| receiver_error(vm, "types.UnionType", this))
}

/// Whether a value may stand in a union without more.
fn is_type(vm: &Vm, value: &Value) -> bool {
    match value {
        Value::None | Value::Class(_) => true,
        Value::Native(_) => {
            value.as_native::<Alias>().is_some()
                || value.as_native::<Union>().is_some()
                || matches!(
                    vm.class_of(value).builtin,
                    Some(T::TypeVar | T::TypeVarTuple | T::ParamSpec | T::TypeAlias)
                )
        }
        _ => false,
    }
}

/// `a | b` of types; `NotImplemented` when one is none.
pub fn union_of(vm: &Vm, a: &Value, b: &Value) -> R {
    if !is_type(vm, a) || !is_type(vm, b) {
        return Ok(Value::NotImplemented);
    }
    let mut members: Vec<Value> = Vec::new();
    for side in [a, b] {
        let parts = match side.as_native::<Union>() {
            Some(union) => union.args.to_vec(),
            None if side.is_none() => vec![Value::Class(vm.class(T::NoneType).clone())],
            None => vec![side.clone()],
        };
        for part in parts {
            if !vm.contains(&Value::tuple(members.clone()), &part)? {
                members.push(part);
            }
        }
    }
    if let [only] = &members[..] {
        return Ok(only.clone());
    }
    Ok(Value::Native(Native::new(vm.class(T::UnionType), Union { args: Tuple::new(members) })))
}

fn repr(vm: &Vm, this: &Value) -> R {
    vm.check_native_stack()?;
    let mut parts = Vec::new();
    for member in union(vm, this)?.args.iter() {
        parts.push(match member {
            Value::Class(class) if class.builtin == Some(T::NoneType) => "None".to_owned(),
            other => type_text(vm, other)?,
        });
    }
    Ok(Value::string(parts.join(" | ")))
}

/// Whether some member fulfils the test.
fn any(vm: &Vm, this: &Value, test: impl Fn(&Value) -> R<bool>, function: &str) -> R {
    let members = &union(vm, this)?.args;
    for member in members.iter() {
        if member.as_native::<Alias>().is_some() {
            return Err(vm.type_error(format!("{function}() argument 2 cannot be a parameterized generic")));
        }
        if test(member)? {
            return Ok(Value::True);
        }
    }
    Ok(Value::False)
}

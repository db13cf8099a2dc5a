//! The module `contextvars` (PEP 567).

use super::ModuleSpec;
use super::support::{named, receiver_error};
use crate::intern::Symbol;
use crate::object::context::{Context, ContextVar, Ctx, Token};
use crate::object::{Args, Fun, Iter, Iteration, Module, Native, NativeData, R, Ref, Row, T, TypeSpec, Value, Vm};
use crate::tasks::context;

pub static SPEC: ModuleSpec = ModuleSpec { name: "contextvars", rows: ROWS, init: Some(init), script: None };

const ROWS: &[Row] = &[Row::function(
    "copy_context",
    "()",
    Fun::F0(|vm| Ok(Value::Native(context::object_of(vm, context::copy_current(vm))))),
)];

fn init(vm: &Vm, module: &Ref<Module>) -> R<()> {
    for (name, kind) in [("Context", T::Context), ("ContextVar", T::ContextVar), ("Token", T::ContextToken)] {
        drop(module.dict.set_name(Symbol::of_static(name), Value::Class(vm.class(kind).clone())));
    }
    let token = vm.class(T::ContextToken);
    token.set(missing_name(), Value::Native(Native::new(vm.class(T::TokenMissing), Missing)));
    Ok(())
}

/// The table of one of the module's types.
pub fn type_spec(kind: T) -> Option<&'static TypeSpec> {
    match kind {
        T::Context => Some(&CONTEXT),
        T::ContextVar => Some(&CONTEXT_VAR),
        T::ContextToken => Some(&TOKEN),
        T::TokenMissing => Some(&TOKEN_MISSING),
        _ => None,
    }
}

static CONTEXT: TypeSpec = TypeSpec {
    kind: T::Context,
    new: Some(|vm, class, args| {
        if !args.is_empty() {
            return Err(vm.type_error("Context() does not accept any arguments"));
        }
        Ok(Value::Native(Native::new(class, Context::new(None))))
    }),
    rows: CONTEXT_ROWS,
    doc: "",
};

const CONTEXT_ROWS: &[Row] = &[
    Row::method("run", "(self, callable, /, *args, **kwargs)", Fun::Full(run)),
    Row::method(
        "copy",
        "(self, /)",
        Fun::F1(|vm, this| {
            let bindings = context_data(vm, this)?.1.bindings();
            Ok(Value::Native(Native::new(vm.class(T::Context), Context::new(bindings))))
        }),
    ),
    Row::method(
        "get",
        "(self, key, default=None, /)",
        Fun::F3(|vm, this, key, default| {
            let found = context_data(vm, this)?.1.get(key_of(vm, key)?);
            Ok(found.unwrap_or_else(|| default.clone().or_none()))
        }),
    ),
    Row::method(
        "__getitem__",
        "(self, key, /)",
        Fun::F2(|vm, this, key| context_data(vm, this)?.1.get(key_of(vm, key)?).ok_or_else(|| vm.key_error(key))),
    ),
    Row::method(
        "__contains__",
        "(self, key, /)",
        Fun::F2(|vm, this, key| Ok(Value::bool(context_data(vm, this)?.1.get(key_of(vm, key)?).is_some()))),
    ),
    Row::method("__eq__", "(self, value, /)", Fun::F2(equal)),
    Row::method("__len__", "(self, /)", Fun::F1(|vm, this| Ok(Value::size(pairs(vm, this)?.len())))),
    Row::method(
        "__iter__",
        "(self, /)",
        Fun::F1(|vm, this| {
            let keys = pairs(vm, this)?.into_iter().map(|(key, _)| key).collect();
            let list = crate::object::List::new(keys);
            Ok(Iter::new(Iteration::List { list, at: 0 }))
        }),
    ),
    Row::method(
        "keys",
        "(self, /)",
        Fun::F1(|vm, this| Ok(Value::list(pairs(vm, this)?.into_iter().map(|(key, _)| key).collect()))),
    ),
    Row::method(
        "values",
        "(self, /)",
        Fun::F1(|vm, this| Ok(Value::list(pairs(vm, this)?.into_iter().map(|(_, value)| value).collect()))),
    ),
    Row::method(
        "items",
        "(self, /)",
        Fun::F1(|vm, this| {
            Ok(Value::list(pairs(vm, this)?.into_iter().map(|(key, value)| Value::pair(key, value)).collect()))
        }),
    ),
];

fn context_data<'a>(vm: &Vm, this: &'a Value) -> R<(&'a Native, &'a Context)> {
    match this {
        Value::Native(native) => native.get::<Context>().map(|data| (native, data)),
        _ => None,
    }
    .ok_or_else(|| receiver_error(vm, "_contextvars.Context", this))
}

/// Contexts are equal when they hold equal values for the same variables.
fn equal(vm: &Vm, this: &Value, other: &Value) -> R {
    let Some(other) = other.as_native::<Context>() else { return Ok(Value::NotImplemented) };
    let mine = pairs(vm, this)?;
    if mine.len() != other.bindings().map_or(0, |list| list.iter().count()) {
        return Ok(Value::False);
    }
    for (variable, value) in mine {
        let Some(theirs) = other.get(key_of(vm, &variable)?) else { return Ok(Value::False) };
        if !value.is(&theirs) && !vm.eq(&value, &theirs)? {
            return Ok(Value::False);
        }
    }
    Ok(Value::True)
}

fn key_of<'a>(vm: &Vm, key: &'a Value) -> R<&'a Native> {
    match key {
        Value::Native(native) if native.get::<ContextVar>().is_some() => Ok(native),
        other => {
            let shown = vm.repr(other)?;
            Err(vm.type_error(format!("a ContextVar key was expected, got {}", shown.as_str())))
        }
    }
}

fn pairs(vm: &Vm, this: &Value) -> R<Vec<(Value, Value)>> {
    let bindings = context_data(vm, this)?.1.bindings();
    let bindings = bindings.iter().flat_map(|list| list.iter());
    Ok(bindings.map(|(variable, value)| (Value::Native(variable.clone()), value.clone())).collect())
}

fn run(vm: &Vm, args: Args) -> R {
    let [this, function, rest @ ..] = args.positional else {
        return Err(vm.type_error("run() missing 1 required positional argument"));
    };
    let (native, _) = context_data(vm, this)?;
    let args = Args { positional: rest, keywords: args.keywords };
    context::run_in(vm, Ctx::Object(native.clone()), || vm.call(function, args))
}

static CONTEXT_VAR: TypeSpec = TypeSpec {
    kind: T::ContextVar,
    new: Some(|vm, class, args| {
        if args.positional.len() != 1 {
            let given = args.positional.len();
            return Err(vm.type_error(format!("ContextVar() takes exactly 1 positional argument ({given} given)")));
        }
        let [name, default] = named(vm, "ContextVar", &args, ["", "default"])?;
        if name.as_str().is_none() {
            return Err(vm.type_error("context variable name must be a str"));
        }
        Ok(Value::Native(Native::new(class, ContextVar { name, default })))
    }),
    rows: VARIABLE_ROWS,
    doc: "",
};

const VARIABLE_ROWS: &[Row] = &[
    Row::getter("name", |vm, this| Ok(context::variable(vm, this)?.1.name.clone())),
    Row::method(
        "get",
        "(self, default=None, /)",
        Fun::F2(|vm, this, default| {
            let (native, data) = context::variable(vm, this)?;
            if let Some(value) = context::get(vm, native) {
                return Ok(value);
            }
            match (default, &data.default) {
                (Value::Missing, Value::Missing) => Err(vm.throw(vm.new_exception(T::LookupError, vec![this.clone()]))),
                (Value::Missing, own) => Ok(own.clone()),
                (given, _) => Ok(given.clone()),
            }
        }),
    ),
    Row::method(
        "set",
        "(self, value, /)",
        Fun::F2(|vm, this, value| Ok(Value::Native(context::set(vm, context::variable(vm, this)?.0, value.clone())))),
    ),
    Row::method(
        "reset",
        "(self, token, /)",
        Fun::F2(|vm, this, token| {
            context::reset(vm, context::variable(vm, this)?.0, token)?;
            Ok(Value::None)
        }),
    ),
    Row::method(
        "__repr__",
        "(self, /)",
        Fun::F1(|vm, this| {
            let (_, data) = context::variable(vm, this)?;
            let mut shown = format!("<ContextVar name={}", vm.repr(&data.name)?.as_str());
            if !data.default.is_missing() {
                shown.push_str(&format!(" default={}", vm.repr(&data.default)?.as_str()));
            }
            shown.push_str(&format!(" at {:#x}>", this.id()));
            Ok(Value::string(shown))
        }),
    ),
    Row::class_method("__class_getitem__", "(cls, key, /)", Fun::F2(super::types::generic_alias::class_getitem)),
];

/// The data of `Token.MISSING`.
struct Missing;

impl NativeData for Missing {}

static TOKEN_MISSING: TypeSpec = TypeSpec {
    kind: T::TokenMissing,
    new: None,
    rows: &[Row::method("__repr__", "(self, /)", Fun::F1(|_, _| Ok(Value::str("<Token.MISSING>"))))],
    doc: "",
};

static TOKEN: TypeSpec = TypeSpec {
    kind: T::ContextToken,
    new: Some(|vm, _, _| Err(vm.runtime_error("Tokens can only be created by ContextVars"))),
    rows: TOKEN_ROWS,
    doc: "",
};

const TOKEN_ROWS: &[Row] = &[
    Row::getter("var", |vm, this| Ok(Value::Native(token(vm, this)?.variable.clone()))),
    Row::getter("old_value", |vm, this| {
        let old = token(vm, this)?.old.clone();
        if old.is_missing() {
            vm.get_attr(&Value::Class(vm.class(T::ContextToken).clone()), missing_name())
        } else {
            Ok(old)
        }
    }),
    Row::method(
        "__repr__",
        "(self, /)",
        Fun::F1(|vm, this| {
            let data = token(vm, this)?;
            let used = if data.used.get() { " used" } else { "" };
            let variable = vm.repr(&Value::Native(data.variable.clone()))?;
            Ok(Value::string(format!("<Token{used} var={} at {:#x}>", variable.as_str(), this.id())))
        }),
    ),
    Row::class_method("__class_getitem__", "(cls, key, /)", Fun::F2(super::types::generic_alias::class_getitem)),
];

fn token<'a>(vm: &Vm, this: &'a Value) -> R<&'a Token> {
    this.as_native::<Token>().ok_or_else(|| receiver_error(vm, "_contextvars.Token", this))
}

/// `Token.MISSING`
fn missing_name() -> Symbol {
    Symbol::of_static("MISSING")
}

//! Attributes of functions, bound methods and builtin functions.

use super::code_object::{CodeData, code_of};
use super::shared::unary;
use crate::intern::{Symbol, sym};
use crate::modules::support::{builtin_qualname, count, named, no_keywords, receiver_error};
use crate::object::cell::CellData;
use crate::object::function::KeywordDefaults;
use crate::object::{
    Args, Builtin, Class, Dict, Fun, Function, Method, R, Ref, Row, RowKind, T, Tuple, TypeSpec, Value, Vm,
};

pub static FUNCTION: TypeSpec = TypeSpec { kind: T::Function, new: Some(new_function), rows: FUNCTION_ROWS, doc: "" };
pub static METHOD: TypeSpec = TypeSpec { kind: T::Method, new: Some(new_method), rows: METHOD_ROWS, doc: "" };
pub static BUILTIN: TypeSpec = TypeSpec { kind: T::BuiltinFunction, new: None, rows: BUILTIN_ROWS, doc: "" };
pub static METHOD_DESCRIPTOR: TypeSpec = TypeSpec { kind: T::MethodDescriptor, new: None, rows: BUILTIN_ROWS, doc: "" };

pub static WRAPPER_DESCRIPTOR: TypeSpec =
    TypeSpec { kind: T::WrapperDescriptor, new: None, rows: BUILTIN_ROWS, doc: "" };
pub static METHOD_WRAPPER: TypeSpec = TypeSpec { kind: T::MethodWrapper, new: None, rows: BUILTIN_ROWS, doc: "" };

const CALL: Row = Row::method("__call__", "(self, /, *args, **kwargs)", Fun::Full(call));
const GET: Row = Row::method("__get__", "(self, instance, owner=None, /)", Fun::Bound(get));

const FUNCTION_ROWS: &[Row] = &[
    CALL,
    GET,
    Row::property(
        "__name__",
        |vm, this| Ok(Value::name(function(vm, this)?.name.get())),
        |vm, this, value| {
            match value.as_str() {
                Some(name) => {
                    let this = function(vm, this)?;
                    this.name.set(name.symbol());
                    this.renamed.set(true);
                }
                None => return Err(vm.type_error("__name__ must be set to a string object")),
            }
            Ok(())
        },
    ),
    Row::property(
        "__qualname__",
        |vm, this| Ok(Value::str(&function(vm, this)?.qualname.borrow())),
        |vm, this, value| {
            match value.as_str() {
                Some(name) => {
                    let this = function(vm, this)?;
                    *this.qualname.borrow_mut() = name.as_str().into();
                    this.renamed.set(true);
                }
                None => return Err(vm.type_error("__qualname__ must be set to a string object")),
            }
            Ok(())
        },
    ),
    Row::property(
        "__doc__",
        |vm, this| Ok(function(vm, this)?.extra().doc.get()),
        |vm, this, value| {
            function(vm, this)?.extra().doc.set(value.clone().or_none());
            Ok(())
        },
    ),
    Row::property("__module__", module, |vm, this, value| {
        function(vm, this)?.extra().module.set(value.clone().or_none());
        Ok(())
    }),
    Row::property("__defaults__", defaults, set_defaults),
    Row::property("__kwdefaults__", keyword_defaults, set_keyword_defaults),
    Row::property("__code__", |vm, this| Ok(code_of(vm, function(vm, this)?.code())), set_code),
    Row::getter("__closure__", |vm, this| {
        let cells = &function(vm, this)?.closure;
        if cells.is_empty() {
            return Ok(Value::None);
        }
        Ok(Value::tuple(cells.iter().map(|cell| super::code_object::cell_object(vm, cell)).collect()))
    }),
    Row::getter("__globals__", |vm, this| Ok(Value::Dict(function(vm, this)?.planted.globals.clone()))),
    Row::getter("__builtins__", |vm, _| Ok(Value::Dict(vm.builtins.clone()))),
    Row::property(
        "__annotations__",
        |vm, this| Ok(Value::Dict(function(vm, this)?.extra().annotations.clone())),
        set_annotations,
    ),
    Row::property("__dict__", |vm, this| Ok(Value::Dict(function(vm, this)?.extra().attributes.clone())), set_dict),
    Row::property(
        "__type_params__",
        |vm, this| Ok(function(vm, this)?.extra().type_params.get()),
        |vm, this, value| {
            if value.as_tuple().is_none() {
                return Err(vm.type_error("__type_params__ must be set to a tuple"));
            }
            function(vm, this)?.extra().type_params.set(value.clone());
            Ok(())
        },
    ),
];

const METHOD_ROWS: &[Row] = &[
    CALL,
    GET,
    Row::getter("__self__", |vm, this| Ok(method(vm, this)?.receiver.clone())),
    Row::getter("__func__", |vm, this| Ok(method(vm, this)?.function.clone())),
    Row::getter("__doc__", |vm, this| vm.get_attr(&method(vm, this)?.function, sym::__doc__)),
];

const BUILTIN_ROWS: &[Row] = &[
    CALL,
    GET,
    Row::getter("__name__", |vm, this| Ok(Value::name(Symbol::of_static(builtin(vm, this)?.row.name)))),
    Row::getter("__qualname__", |vm, this| Ok(Value::string(builtin_qualname(builtin(vm, this)?)))),
    Row::getter("__doc__", |_, _| Ok(Value::None)),
    Row::getter("__module__", |vm, this| Ok(builtin(vm, this)?.module.map_or(Value::None, Value::str))),
    Row::getter("__text_signature__", |vm, this| Ok(Value::str(builtin(vm, this)?.row.signature))),
    Row::getter("__self__", |vm, this| match this {
        Value::Method(method) => Ok(method.receiver.clone()),
        _ => {
            let name = Symbol::new(builtin(vm, this)?.module.unwrap_or("builtins"));
            Ok(vm.modules.get_name(name).unwrap_or(Value::None))
        }
    }),
    Row::getter("__objclass__", |vm, this| {
        let owner = builtin(vm, this)?.owner;
        let kind = T::ALL.iter().find(|kind| Some(kind.name()) == owner);
        match kind {
            Some(kind) => Ok(Value::Class(vm.class(*kind).clone())),
            None => Err(vm.no_attribute(this, Symbol::new("__objclass__"))),
        }
    }),
    unary("__hash__", |vm, this| vm.hash(this).map(Value::Int)),
];

fn function<'a>(vm: &Vm, this: &'a Value) -> R<&'a Ref<Function>> {
    match this {
        Value::Function(function) => Ok(function),
        _ => Err(receiver_error(vm, "function", this)),
    }
}

fn method<'a>(vm: &Vm, this: &'a Value) -> R<&'a Ref<Method>> {
    match this {
        Value::Method(method) => Ok(method),
        _ => Err(receiver_error(vm, "method", this)),
    }
}

fn builtin<'a>(vm: &Vm, this: &'a Value) -> R<&'a Ref<Builtin>> {
    match this {
        Value::Builtin(builtin) => Ok(builtin),
        Value::Method(method) => match &method.function {
            Value::Builtin(builtin) => Ok(builtin),
            _ => Err(receiver_error(vm, "builtin_function_or_method", this)),
        },
        _ => Err(receiver_error(vm, "builtin_function_or_method", this)),
    }
}

fn call(vm: &Vm, args: Args) -> R {
    match args.positional.split_first() {
        Some((this, rest)) => vm.call(this, Args { positional: rest, keywords: args.keywords }),
        None => Err(vm.type_error("descriptor '__call__' of 'function' object needs an argument")),
    }
}

/// `function.__get__(instance, owner)`
fn get(vm: &Vm, args: &[Value]) -> R {
    let [this, instance, owner] = args else { return Ok(Value::None) };
    match this {
        // A bound method, or a builtin function of a module, stays what it is.
        Value::Method(_) => return Ok(this.clone()),
        Value::Builtin(builtin) if builtin.owner.is_none() || builtin.row.kind != RowKind::Method => {
            return Ok(this.clone());
        }
        _ => {}
    }
    if instance.is_none() {
        if owner.is_none_or_missing() {
            return Err(vm.type_error("__get__(None, None) is invalid"));
        }
        return Ok(this.clone());
    }
    if let Value::Builtin(builtin) = this
        && let Some(kind) = T::ALL.iter().find(|kind| Some(kind.name()) == builtin.owner)
        && !vm.is_a(instance, *kind)
    {
        let (name, owner, got) = (builtin.row.name, kind.name(), vm.type_name(instance));
        return Err(
            vm.type_error(format!("descriptor '{name}' for '{owner}' objects doesn't apply to a '{got}' object"))
        );
    }
    Ok(Method::new(this.clone(), instance.clone()))
}

/// `types.FunctionType(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)`
fn new_function(vm: &Vm, _class: &Ref<Class>, args: Args) -> R {
    let names = ["code", "globals", "name", "argdefs", "closure", "kwdefaults"];
    let [code, globals, name, defaults, closure, keyword_defaults] = named(vm, "function", &args, names)?;
    for (at, (given, name)) in [(&code, "code"), (&globals, "globals")].into_iter().enumerate() {
        if given.is_missing() {
            return Err(vm.type_error(format!("function() missing required argument '{name}' (pos {})", at + 1)));
        }
    }
    let wrong = |at: usize, wanted: &str, got: &Value| {
        vm.type_error(format!("function() argument '{}' must be {wanted}, not {}", names[at], vm.type_name(got)))
    };
    let Some(CodeData(code, _)) = code.as_native::<CodeData>() else { return Err(wrong(0, "code", &code)) };
    let Some(globals) = globals.as_dict() else { return Err(wrong(1, "dict", &globals)) };
    let name = match &name {
        Value::None | Value::Missing => code.name,
        given => given.as_str().ok_or_else(|| vm.type_error("arg 3 (name) must be None or string"))?.symbol(),
    };
    if !defaults.is_none_or_missing() && defaults.as_tuple().is_none() {
        return Err(vm.type_error("arg 4 (defaults) must be None or tuple"));
    }
    let cells = match &closure {
        Value::Tuple(cells) => cells.to_vec(),
        Value::None | Value::Missing if code.free.is_empty() => Vec::new(),
        _ if code.free.is_empty() => return Err(vm.type_error("arg 5 (closure) must be None or tuple")),
        _ => return Err(vm.type_error("arg 5 (closure) must be tuple")),
    };
    if cells.len() != code.free.len() {
        let (own, wanted, got) = (code.name, code.free.len(), cells.len());
        return Err(vm.value_error(format!("{own} requires closure of length {wanted}, not {got}")));
    }
    let mut captured = Vec::with_capacity(cells.len());
    for cell in &cells {
        match cell.as_native::<CellData>() {
            Some(cell) => captured.push(cell.0.clone()),
            None => {
                let got = vm.type_name(cell);
                return Err(vm.type_error(format!("arg 5 (closure) expected cell, found {got}")));
            }
        }
    }
    let made = Value::Function(vm.function(code, globals, captured.into_boxed_slice(), name));
    set_defaults(vm, &made, &defaults)?;
    set_keyword_defaults(vm, &made, &keyword_defaults)?;
    Ok(made)
}

fn new_method(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "method", &args)?;
    count(vm, "method", &args, 2, 2)?;
    let [function, receiver] = args.positional else { return Ok(Value::None) };
    if !vm.is_callable(function) {
        return Err(vm.type_error("first argument must be callable"));
    }
    if receiver.is_none() {
        return Err(vm.type_error("instance must not be None"));
    }
    Ok(Method::new(function.clone(), receiver.clone()))
}

fn module(vm: &Vm, this: &Value) -> R {
    let function = function(vm, this)?;
    let given = function.extra.get().map(|extra| extra.module.get()).filter(|module| !module.is_missing());
    Ok(given.or_else(|| function.planted.globals.get_name(sym::__name__)).unwrap_or(Value::None))
}

fn defaults(vm: &Vm, this: &Value) -> R {
    let defaults = function(vm, this)?.defaults.get();
    Ok(if defaults.is_empty() { Value::None } else { Value::Tuple(defaults) })
}

fn set_defaults(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    let defaults = match value {
        Value::None | Value::Missing => Tuple::new(Vec::new()),
        Value::Tuple(defaults) => defaults.clone(),
        _ => return Err(vm.type_error("__defaults__ must be set to a tuple object")),
    };
    function(vm, this)?.defaults.set(defaults);
    Ok(())
}

fn keyword_defaults(vm: &Vm, this: &Value) -> R {
    let mut defaults = function(vm, this)?.keyword_defaults.borrow_mut();
    let given = match &mut *defaults {
        KeywordDefaults::Live(dict) => return Ok(Value::Dict(dict.clone())),
        KeywordDefaults::Given(given) => std::mem::take(given),
    };
    let dict = Ref::new(Dict::new());
    for (name, value) in given.into_iter().filter(|(_, value)| !value.is_missing()) {
        dict.set_name(name, value);
    }
    if dict.is_empty() {
        return Ok(Value::None);
    }
    *defaults = KeywordDefaults::Live(dict.clone());
    Ok(Value::Dict(dict))
}

fn set_keyword_defaults(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    let new = match value {
        Value::None | Value::Missing => KeywordDefaults::default(),
        Value::Dict(dict) => KeywordDefaults::Live(dict.clone()),
        _ => return Err(vm.type_error("__kwdefaults__ must be set to a dict object")),
    };
    let old = function(vm, this)?.keyword_defaults.replace(new);
    drop(old);
    Ok(())
}

/// `f.__code__ = code`
fn set_code(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    let this = function(vm, this)?;
    let Some(code) = value.as_native::<CodeData>().map(|data| &data.0) else {
        return Err(vm.type_error("__code__ must be set to a code object"));
    };
    let (wanted, free) = (this.closure.len(), code.free.len());
    if wanted != free {
        let name = this.name.get();
        return Err(vm.value_error(format!("{name}() requires a code object with {wanted} free vars, not {free}")));
    }
    Err(vm.not_implemented("assigning __code__ of a function"))
}

/// Replaces the content of a dict that the function keeps for good.
fn refill(dict: &Dict, content: &Dict) {
    let entries = content.entries();
    dict.clear();
    for (key, value) in entries {
        if let Some(name) = key.as_str() {
            dict.set_str(name, value);
        }
    }
}

fn set_annotations(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    let annotations = &function(vm, this)?.extra().annotations;
    match value {
        Value::None | Value::Missing => annotations.clear(),
        Value::Dict(new) => refill(annotations, new),
        _ => return Err(vm.type_error("__annotations__ must be set to a dict object")),
    }
    Ok(())
}

fn set_dict(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    match value {
        Value::Dict(new) => refill(&function(vm, this)?.extra().attributes, new),
        Value::Missing => return Err(vm.type_error("cannot delete __dict__")),
        _ => {
            let got = vm.type_name(value);
            return Err(vm.type_error(format!("__dict__ must be set to a dictionary, not a '{got}'")));
        }
    }
    Ok(())
}

//! `BaseException`: what every exception has, and the classes with attributes of their own that are plain fields.

use crate::intern::{Symbol, sym};
use crate::modules::support::{attribute_name, exception, fills_at_once, text};
use crate::object::{Args, Class, Exception, Fun, R, Raised, Ref, Row, T, Tuple, TypeSpec, Value, Vm};

use super::code_object::{sites_of, traceback_of};
use super::shared::unary;

pub static BASE: TypeSpec =
    TypeSpec { kind: T::BaseException, new: Some(new), rows: ROWS, doc: "Common base class for all exceptions" };
pub static STOP_ITERATION: TypeSpec = TypeSpec {
    kind: T::StopIteration,
    new: None,
    rows: &[Row::property(
        "value",
        |vm, this| field(vm, this, sym::value, 0),
        |vm, this, v| set(vm, this, sym::value, v),
    )],
    doc: "Signal the end from iterator.__next__().",
};
pub static SYSTEM_EXIT: TypeSpec = TypeSpec {
    kind: T::SystemExit,
    new: None,
    rows: &[Row::property("code", exit_code, |vm, this, v| set(vm, this, sym::code, v))],
    doc: "Request to exit from the interpreter.",
};
pub static IMPORT_ERROR: TypeSpec = TypeSpec {
    kind: T::ImportError,
    new: Some(|vm, class, args| new_with(vm, class, args, &["name", "path", "name_from"])),
    rows: &[
        Row::method(
            "__init__",
            "(self, /, *args, **kwargs)",
            Fun::Full(|vm, args| init_with(vm, args, &["name", "path", "name_from"])),
        ),
        Row::property("msg", message, |vm, this, v| set(vm, this, sym::msg, v)),
        Row::property("name", |vm, this| kept(vm, this, sym::name), |vm, this, v| set(vm, this, sym::name, v)),
        Row::property(
            "name_from",
            |vm, this| kept(vm, this, Symbol::of_static("name_from")),
            |vm, this, v| set(vm, this, Symbol::of_static("name_from"), v),
        ),
        Row::property(
            "path",
            |vm, this| kept(vm, this, Symbol::of_static("path")),
            |vm, this, v| set(vm, this, Symbol::of_static("path"), v),
        ),
        Row::property(
            "name_from",
            |vm, this| kept(vm, this, Symbol::of_static("name_from")),
            |vm, this, v| set(vm, this, Symbol::of_static("name_from"), v),
        ),
    ],
    doc: "Import can't find module, or can't find name in module.",
};
pub static ATTRIBUTE_ERROR: TypeSpec = TypeSpec {
    kind: T::AttributeError,
    new: Some(|vm, class, args| new_with(vm, class, args, &["name", "obj"])),
    rows: &[
        Row::method(
            "__init__",
            "(self, /, *args, **kwargs)",
            Fun::Full(|vm, args| init_with(vm, args, &["name", "obj"])),
        ),
        Row::property("name", |vm, this| kept(vm, this, sym::name), |vm, this, v| set(vm, this, sym::name, v)),
        Row::property("obj", |vm, this| kept(vm, this, sym::obj), |vm, this, v| set(vm, this, sym::obj, v)),
    ],
    doc: "Attribute not found.",
};
pub static NAME_ERROR: TypeSpec = TypeSpec {
    kind: T::NameError,
    new: Some(|vm, class, args| new_with(vm, class, args, &["name"])),
    rows: &[
        Row::method("__init__", "(self, /, *args, **kwargs)", Fun::Full(|vm, args| init_with(vm, args, &["name"]))),
        Row::property("name", |vm, this| kept(vm, this, sym::name), |vm, this, v| set(vm, this, sym::name, v)),
    ],
    doc: "Name not found globally.",
};

const ROWS: &[Row] = &[
    Row::method("__init__", "(self, /, *args, **kwargs)", Fun::Full(init)),
    unary("__repr__", |vm, this| {
        let mut out = String::new();
        vm.write_exception_repr(exception(vm, this)?, &mut out)?;
        Ok(Value::string(out))
    }),
    unary("__str__", |vm, this| {
        let mut out = String::new();
        vm.write_exception_str(exception(vm, this)?, &mut out)?;
        Ok(Value::string(out))
    }),
    unary("__reduce__", |vm, this| {
        let found = exception(vm, this)?;
        let mut parts = vec![Value::Class(found.class()), Value::Tuple(found.args.get())];
        if !found.dict().is_empty() {
            parts.push(Value::Dict(found.dict()));
        }
        Ok(Value::tuple(parts))
    }),
    Row::method(
        "__setstate__",
        "(self, object, /)",
        Fun::F2(|vm, this, state| {
            if state.is_none() {
                return Ok(Value::None);
            }
            let Some(state) = state.as_dict() else { return Err(vm.type_error("state is not a dictionary")) };
            for (name, value) in state.entries() {
                vm.set_attr(this, attribute_name(vm, &name)?, value)?;
            }
            Ok(Value::None)
        }),
    ),
    Row::method("add_note", "(self, object, /)", Fun::F2(add_note)),
    Row::method(
        "with_traceback",
        "(self, object, /)",
        Fun::F2(|vm, this, tb| {
            set_traceback(vm, this, tb)?;
            Ok(this.clone())
        }),
    ),
    Row::property("args", |vm, this| Ok(Value::Tuple(exception(vm, this)?.args.get())), set_args),
    Row::property("__cause__", |vm, this| Ok(or_none(exception(vm, this)?.cause.get())), set_cause),
    Row::property("__context__", |vm, this| Ok(or_none(exception(vm, this)?.context.get())), set_context),
    Row::property(
        "__suppress_context__",
        |vm, this| Ok(Value::bool(exception(vm, this)?.suppress_context.get())),
        |vm, this, value| {
            let flag = match value {
                Value::True => true,
                Value::False => false,
                Value::Missing => return Err(vm.type_error("can't delete numeric/char attribute")),
                _ => return Err(vm.type_error("attribute value type must be bool")),
            };
            exception(vm, this)?.suppress_context.set(flag);
            Ok(())
        },
    ),
    Row::property("__traceback__", |vm, this| Ok(traceback_of(vm, exception(vm, this)?)), set_traceback),
    Row::property(
        "__dict__",
        |vm, this| Ok(Value::Dict(exception(vm, this)?.dict())),
        |vm, this, value| {
            match value.as_dict() {
                Some(dict) => exception(vm, this)?.set_dict(dict.clone()),
                None => {
                    let got = vm.type_name(value);
                    return Err(vm.type_error(format!("__dict__ must be set to a dictionary, not a '{got}'")));
                }
            }
            Ok(())
        },
    ),
];

fn or_none(link: Option<Ref<Exception>>) -> Value {
    link.map_or(Value::None, Value::Exception)
}

/// `ValueError() takes no keyword arguments`
#[cold]
fn no_keywords(vm: &Vm, class: &Class) -> Raised {
    vm.type_error(format!("{}() takes no keyword arguments", class.name()))
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    if !args.keywords.is_empty() && fills_at_once(class) {
        return Err(no_keywords(vm, class));
    }
    Ok(Value::Exception(Exception::new(class, args.positional.to_vec())))
}

fn init(vm: &Vm, args: Args) -> R {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("descriptor '__init__' of 'BaseException' object needs an argument"));
    };
    let this = exception(vm, this)?;
    if !args.keywords.is_empty() {
        return Err(no_keywords(vm, &this.class()));
    }
    this.args.set(Tuple::new(rest.to_vec()));
    Ok(Value::None)
}

/// Keywords that become attributes of the exception.
fn keep_keywords(vm: &Vm, exception: &Exception, keywords: &[(Symbol, Value)], known: &[&str]) -> R<()> {
    for (name, value) in keywords {
        if !known.contains(&name.as_str()) {
            let class = exception.class().name();
            return Err(vm.type_error(format!("{class}() got an unexpected keyword argument '{name}'")));
        }
        exception.set(*name, value.clone());
    }
    Ok(())
}

fn new_with(vm: &Vm, class: &Ref<Class>, args: Args, known: &[&str]) -> R {
    let exception = Exception::new(class, args.positional.to_vec());
    if fills_at_once(class) {
        keep_keywords(vm, &exception, args.keywords, known)?;
    }
    Ok(Value::Exception(exception))
}

fn init_with(vm: &Vm, args: Args, known: &[&str]) -> R {
    let Some((this, _)) = args.positional.split_first() else {
        return Err(vm.type_error("descriptor '__init__' of 'BaseException' object needs an argument"));
    };
    init(vm, Args { positional: args.positional, keywords: &[] })?;
    keep_keywords(vm, exception(vm, this)?, args.keywords, known)?;
    Ok(Value::None)
}

/// An attribute that was set, else the argument at an index, else None.
pub fn field(vm: &Vm, this: &Value, name: Symbol, index: usize) -> R {
    let this = exception(vm, this)?;
    Ok(this.get(name).or_else(|| this.args.get().get(index).cloned()).unwrap_or(Value::None))
}

/// An attribute that was set, else None.
pub fn kept(vm: &Vm, this: &Value, name: Symbol) -> R {
    Ok(exception(vm, this)?.get(name).unwrap_or(Value::None))
}

/// Sets an attribute of the exception; deleting it leaves None.
pub fn set(vm: &Vm, this: &Value, name: Symbol, value: &Value) -> R<()> {
    exception(vm, this)?.set(name, value.clone().or_none());
    Ok(())
}

fn exit_code(vm: &Vm, this: &Value) -> R {
    let this = exception(vm, this)?;
    if let Some(code) = this.get(sym::code) {
        return Ok(code);
    }
    let args = this.args.get();
    Ok(match &args[..] {
        [] => Value::None,
        [code] => code.clone(),
        _ => Value::Tuple(args),
    })
}

/// `ImportError.msg`: the one argument, if there is one.
fn message(vm: &Vm, this: &Value) -> R {
    let this = exception(vm, this)?;
    if let Some(message) = this.get(sym::msg) {
        return Ok(message);
    }
    match &this.args.get()[..] {
        [message] => Ok(message.clone()),
        _ => Ok(Value::None),
    }
}

fn set_args(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    if value.is_missing() {
        return Err(vm.type_error("args may not be deleted"));
    }
    let args = Tuple::new(vm.collect(value)?);
    exception(vm, this)?.args.set(args);
    Ok(())
}

/// The other exception that a link is set to.
fn link(vm: &Vm, value: &Value, what: &str) -> R<Option<Ref<Exception>>> {
    match value {
        Value::None => Ok(None),
        Value::Exception(other) => Ok(Some(other.clone())),
        Value::Missing => Err(vm.type_error(format!("__{what}__ may not be deleted"))),
        _ => Err(vm.type_error(format!("exception {what} must be None or derive from BaseException"))),
    }
}

fn set_cause(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    let cause = link(vm, value, "cause")?;
    let this = exception(vm, this)?;
    this.cause.set(cause);
    this.suppress_context.set(true);
    Ok(())
}

fn set_context(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    let context = link(vm, value, "context")?;
    exception(vm, this)?.context.set(context);
    Ok(())
}

fn set_traceback(vm: &Vm, this: &Value, value: &Value) -> R<()> {
    let sites = match value {
        Value::None => Vec::new(),
        Value::Missing => return Err(vm.type_error("__traceback__ may not be deleted")),
        _ => sites_of(value).ok_or_else(|| vm.type_error("__traceback__ must be a traceback or None"))?,
    };
    let this = exception(vm, this)?;
    this.traceback.borrow_mut().sites = sites;
    this.set(sym::__traceback__, value.clone());
    Ok(())
}

fn add_note(vm: &Vm, this: &Value, note: &Value) -> R {
    if note.as_str().is_none() {
        return Err(vm.type_error(format!("note must be a str, not '{}'", vm.type_name(note))));
    }
    let this = exception(vm, this)?;
    match this.attribute(sym::__notes__) {
        Some(Value::List(notes)) => notes.push(note.clone()),
        Some(_) => return Err(vm.type_error("Cannot add note: __notes__ is not a list")),
        None => this.set_attribute(sym::__notes__, Value::list(vec![note.clone()])),
    }
    Ok(Value::None)
}

/// The exception that `throw(type, value, traceback)` raises.
///
/// # Errors
/// TypeError when it is no exception.
pub fn thrown(vm: &Vm, kind: &Value, value: &Value, traceback: &Value) -> R<Ref<Exception>> {
    thrown_by(vm, "throw", kind, value, traceback)
}

/// [`thrown`] by the method of this name.
///
/// # Errors
/// As for [`thrown`].
pub fn thrown_by(vm: &Vm, method: &str, kind: &Value, value: &Value, traceback: &Value) -> R<Ref<Exception>> {
    if !value.is_missing() {
        vm.deprecated(&format!(
            "the (type, exc, tb) signature of {method}() is deprecated, use the single-arg signature instead."
        ))?;
    }
    let made = match kind {
        Value::Exception(exception) => {
            if !value.is_none_or_missing() {
                return Err(vm.type_error("instance exception may not have a separate value"));
            }
            Value::Exception(exception.clone())
        }
        Value::Class(class) if class.is_subclass(vm.class(T::BaseException)) => match value {
            Value::Exception(given) if given.class().is_subclass(class) => value.clone(),
            Value::None | Value::Missing => vm.call0(kind)?,
            Value::Tuple(args) => vm.call(kind, Args::positional(args))?,
            other => vm.call1(kind, other)?,
        },
        other => {
            let got = vm.type_name(other);
            return Err(vm.type_error(format!(
                "exceptions must be classes or instances deriving from BaseException, not {got}"
            )));
        }
    };
    if !traceback.is_none_or_missing() && sites_of(traceback).is_none() {
        return Err(vm.type_error("throw() third argument must be a traceback object"));
    }
    match made {
        Value::Exception(exception) => {
            if let Some(sites) = sites_of(traceback) {
                exception.traceback.borrow_mut().sites = sites;
            }
            Ok(exception)
        }
        other => {
            let message = format!(
                "calling {} should have returned an instance of BaseException, not {}",
                vm.repr(kind)?.as_str(),
                vm.type_name(&other)
            );
            Err(vm.type_error(message))
        }
    }
}

/// The `__notes__` of an exception as a fresh list, when it has any.
pub fn notes(exception: &Exception) -> Option<Value> {
    let notes = exception.attribute(sym::__notes__)?;
    notes.as_list().map(|list| Value::list(list.snapshot()))
}

/// A str argument of an exception's constructor.
pub fn string_argument(vm: &Vm, value: &Value, at: usize) -> R<()> {
    text(vm, value, &format!("argument {at}")).map(drop)
}

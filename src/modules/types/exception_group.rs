//! `BaseExceptionGroup` and `ExceptionGroup` (PEP 654): construction, `split`, `subgroup`, `derive`.

use super::code_object::traceback_of;
use super::exception::notes;
use crate::intern::{Symbol, sym};
use crate::modules::support::exception;
use crate::object::{Args, Class, Exception, Fun, List, R, Raised, Ref, Row, T, Tuple, TypeSpec, Value, Vm};

pub static BASE: TypeSpec = TypeSpec {
    kind: T::BaseExceptionGroup,
    new: Some(new),
    rows: ROWS,
    doc: "A combination of multiple unrelated exceptions.",
};

const ROWS: &[Row] = &[
    Row::getter("message", |vm, this| Ok(exception(vm, this)?.args.get().first().cloned().unwrap_or(Value::None))),
    Row::getter("exceptions", |vm, this| Ok(Value::Tuple(members(exception(vm, this)?)))),
    Row::method("derive", "(self, excs, /)", Fun::F2(derive)),
    Row::method(
        "split",
        "(self, matcher_value, /)",
        Fun::F2(|vm, this, condition| {
            check_condition(vm, condition)?;
            let (matched, rest) = split(vm, exception(vm, this)?, condition)?;
            Ok(Value::pair(or_none(matched), or_none(rest)))
        }),
    ),
    Row::method(
        "subgroup",
        "(self, matcher_value, /)",
        Fun::F2(|vm, this, condition| {
            check_condition(vm, condition)?;
            Ok(or_none(split(vm, exception(vm, this)?, condition)?.0))
        }),
    ),
    Row::class_method("__class_getitem__", "(cls, key, /)", Fun::F2(super::generic_alias::class_getitem)),
];

fn or_none(part: Option<Ref<Exception>>) -> Value {
    part.map_or(Value::None, Value::Exception)
}

fn members(group: &Exception) -> Ref<Tuple> {
    group.group.get().cloned().unwrap_or_else(|| Tuple::new(Vec::new()))
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let [message, sequence] = args.positional else {
        let given = args.positional.len();
        let plural = "BaseExceptionGroup.__new__() takes exactly 2 arguments";
        return Err(vm.type_error(format!("{plural} ({given} given)")));
    };
    if !args.keywords.is_empty() && crate::modules::support::fills_at_once(class) {
        return Err(vm.type_error(format!("{}() takes no keyword arguments", class.name())));
    }
    if message.as_str().is_none() {
        let got = vm.type_name(message);
        return Err(vm.type_error(format!("BaseExceptionGroup.__new__() argument 1 must be str, not {got}")));
    }
    let items = items(vm, sequence)?;
    let mut all_plain = true;
    for (i, item) in items.iter().enumerate() {
        let Value::Exception(member) = item else {
            let message = format!("Item {i} of second argument (exceptions) is not an exception");
            return Err(vm.value_error(message));
        };
        all_plain = all_plain && vm.matches(member, T::Exception);
    }
    let class = match class.builtin {
        Some(T::BaseExceptionGroup) if all_plain => vm.class(T::ExceptionGroup),
        Some(T::ExceptionGroup) if !all_plain => {
            return Err(vm.type_error("Cannot nest BaseExceptions in an ExceptionGroup"));
        }
        None if !all_plain && class.is_subclass(vm.class(T::Exception)) => {
            return Err(vm.type_error(format!("Cannot nest BaseExceptions in '{}'", class.name())));
        }
        _ => class,
    };
    let group = Exception::new(class, args.positional.to_vec());
    let _ = group.group.set(Tuple::new(items));
    Ok(Value::Exception(group))
}

/// The exceptions of the constructor's second argument.
fn items(vm: &Vm, sequence: &Value) -> R<Vec<Value>> {
    let is_sequence = match sequence.base() {
        Value::List(_) | Value::Tuple(_) => true,
        Value::Dict(_) | Value::Class(_) | Value::Set(_) | Value::FrozenSet(_) => false,
        _ => vm.special(sequence, sym::__getitem__).is_some(),
    };
    if !is_sequence {
        return Err(vm.type_error("second argument (exceptions) must be a sequence"));
    }
    let items = vm.collect(sequence)?;
    if items.is_empty() {
        return Err(vm.value_error("second argument (exceptions) must be a non-empty sequence"));
    }
    Ok(items)
}

fn derive(vm: &Vm, this: &Value, exceptions: &Value) -> R {
    let message = exception(vm, this)?.args.get().first().cloned().unwrap_or(Value::None);
    new(vm, vm.class(T::BaseExceptionGroup), Args::positional(&[message, exceptions.clone()]))
}

#[cold]
fn wrong_condition(vm: &Vm) -> Raised {
    vm.type_error("expected an exception type, a tuple of exception types, or a callable (other than a class)")
}

fn is_exception_class(vm: &Vm, value: &Value) -> bool {
    matches!(value, Value::Class(class) if class.is_subclass(vm.class(T::BaseException)))
}

fn check_condition(vm: &Vm, condition: &Value) -> R<()> {
    let fits = match condition {
        Value::Class(_) => is_exception_class(vm, condition),
        Value::Tuple(classes) => classes.iter().all(|class| is_exception_class(vm, class)),
        other => vm.is_callable(other),
    };
    if fits { Ok(()) } else { Err(wrong_condition(vm)) }
}

fn matches(vm: &Vm, member: &Ref<Exception>, condition: &Value) -> R<bool> {
    match condition {
        Value::Class(class) => Ok(member.class().is_subclass(class)),
        Value::Tuple(classes) => {
            Ok(classes.iter().any(|c| matches!(c, Value::Class(class) if member.class().is_subclass(class))))
        }
        _ => {
            let answer = vm.call1(condition, &Value::Exception(member.clone()))?;
            vm.is_true(&answer)
        }
    }
}

type Parts = (Option<Ref<Exception>>, Option<Ref<Exception>>);

/// What of an exception fulfils the condition, and what does not; groups keep their shape.
///
/// # Errors
/// RecursionError, and what the condition and a script's `derive` raise.
pub fn split(vm: &Vm, whole: &Ref<Exception>, condition: &Value) -> R<Parts> {
    if matches(vm, whole, condition)? {
        return Ok((Some(whole.clone()), None));
    }
    if whole.group.get().is_none() {
        return Ok((None, Some(whole.clone())));
    }
    let _depth = vm.enter_call()?;
    let (mut matched, mut rest) = (Vec::new(), Vec::new());
    for member in members(whole).iter() {
        let Value::Exception(member) = member else { continue };
        let (yes, no) = split(vm, member, condition)?;
        matched.extend(yes.map(Value::Exception));
        rest.extend(no.map(Value::Exception));
    }
    Ok((part(vm, whole, matched)?, part(vm, whole, rest)?))
}

/// A group of some of the members, made by `derive` and with the whole's traceback, cause, context and notes.
fn part(vm: &Vm, whole: &Ref<Exception>, items: Vec<Value>) -> R<Option<Ref<Exception>>> {
    if items.is_empty() {
        return Ok(None);
    }
    let this = Value::Exception(whole.clone());
    let made = vm.call_method(&this, Symbol::of_static("derive"), &[Value::List(List::new(items))])?;
    let Value::Exception(made) = made else {
        return Err(vm.type_error("derive must return an instance of BaseExceptionGroup"));
    };
    if !vm.matches(&made, T::BaseExceptionGroup) {
        return Err(vm.type_error("derive must return an instance of BaseExceptionGroup"));
    }
    made.traceback.borrow_mut().sites.clone_from(&whole.traceback.borrow().sites);
    made.set(sym::__traceback__, traceback_of(vm, whole));
    made.context.set(whole.context.get());
    made.cause.set(whole.cause.get());
    made.suppress_context.set(true);
    if let Some(notes) = notes(whole) {
        made.set_attribute(sym::__notes__, notes);
    }
    Ok(Some(made))
}

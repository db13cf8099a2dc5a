//! What the tables of builtin types share: receivers, optional arguments, argument counts of constructors, and what a
//! constructor makes for a script's subclass. Knows no type's methods.

use num_bigint::BigInt;
use num_traits::Signed;

use crate::intern::{Symbol, sym};
use crate::object::bytes::Bytes;
use crate::object::{
    Args, Builtin, Class, Dict, Exception, Instance, List, Machine, R, Raised, Range, Ref, Set, Slice, Str, T, Tuple,
    Value, Vm,
};

/// A method found no object of its type to work on.
#[cold]
pub fn receiver_error(vm: &Vm, owner: &str, value: &Value) -> Raised {
    vm.type_error(format!("descriptor requires a '{owner}' object but received a '{}'", vm.type_name(value)))
}

macro_rules! receivers {
    ($($name:ident $owner:literal $data:ty: $($pattern:pat_param)|+ => $found:ident;)*) => {
        $(
            #[doc = concat!("The receiver of a method of `", $owner, "`, also inside an instance of a subclass.")]
            #[inline(always)]
            pub fn $name<'a>(vm: &Vm, value: &'a Value) -> R<&'a Ref<$data>> {
                match value.base() {
                    $($pattern)|+ => Ok($found),
                    _ => Err(receiver_error(vm, $owner, value)),
                }
            }
        )*
    };
}

receivers! {
    list "list" List: Value::List(x) => x;
    tuple "tuple" Tuple: Value::Tuple(x) => x;
    dict "dict" Dict: Value::Dict(x) => x;
    set "set" Set: Value::Set(x) => x;
    any_set "frozenset" Set: Value::Set(x) | Value::FrozenSet(x) => x;
    string "str" Str: Value::Str(x) => x;
    bytes "bytes" Bytes: Value::Bytes(x) => x;
    range "range" Range: Value::Range(x) => x;
    slice "slice" Slice: Value::Slice(x) => x;
    exception "BaseException" Exception: Value::Exception(x) => x;
    machine "generator" Machine: Value::Machine(x) => x;
    class "type" Class: Value::Class(x) => x;
}

/// The builtin value that a dunder row works on: never an instance, so that a script's override of the same dunder is not
/// called again.
pub fn inner<'a>(vm: &Vm, value: &'a Value) -> R<&'a Value> {
    match value.base() {
        Value::Instance(_) => Err(vm
            .type_error(format!("descriptor requires an object of its type but received a '{}'", vm.type_name(value)))),
        found => Ok(found),
    }
}

/// What a constructor gives: the builtin value itself, or an instance of the subclass around it.
pub fn made(class: &Ref<Class>, kind: T, value: Value) -> Value {
    if class.builtin == Some(kind) { value } else { Value::Instance(Instance::new(class, Some(value))) }
}

/// Whether the class takes the name from a script rather than from a builtin type.
pub fn scripted(class: &Class, name: Symbol) -> bool {
    class.builtin.is_none() && class.lookup(name).is_some_and(|found| !is_builtin(&found))
}

fn is_builtin(value: &Value) -> bool {
    use crate::object::Descriptor;
    match value {
        Value::Builtin(_) => true,
        Value::Method(method) => matches!(&method.function, Value::Builtin(new) if new.row.name == "__new__"),
        Value::Descriptor(d) => match &**d {
            Descriptor::Static(inner) | Descriptor::ClassMethod(inner) => matches!(inner, Value::Builtin(_)),
            Descriptor::Getter(..) => true,
            _ => false,
        },
        _ => false,
    }
}

/// A mutable builtin is filled by its `__init__`: the constructor does it at once unless a script's `__new__` or
/// `__init__` is in between, after which the caller runs `__init__`.
pub fn fills_at_once(class: &Class) -> bool {
    class.builtin.is_some() || !(scripted(class, sym::__init__) || scripted(class, sym::__new__))
}

/// `list() takes no keyword arguments`; a subclass with an `__init__` of its own may take them.
pub fn no_keywords(vm: &Vm, class: &Class, name: &str, args: &Args) -> R<()> {
    if args.keywords.is_empty() || scripted(class, sym::__init__) {
        return Ok(());
    }
    Err(vm.type_error(format!("{name}() takes no keyword arguments")))
}

/// `range expected at most 3 arguments, got 4`
pub fn count(vm: &Vm, name: &str, args: &Args, least: usize, most: usize) -> R<()> {
    let got = args.positional.len();
    let (word, wanted) = match got {
        _ if got < least => ("at least ", least),
        _ if got > most => ("at most ", most),
        _ => return Ok(()),
    };
    let word = if least == most { "" } else { word };
    let plural = if wanted == 1 { "" } else { "s" };
    Err(vm.type_error(format!("{name} expected {word}{wanted} argument{plural}, got {got}")))
}

/// Arguments that may be given by position or by one of `names` (an empty name: by position only); `Missing` where none
/// was given.
pub fn named<const N: usize>(vm: &Vm, function: &str, args: &Args, names: [&str; N]) -> R<[Value; N]> {
    let mut found = [const { Value::Missing }; N];
    let got = args.positional.len();
    if got + args.keywords.len() > N {
        let total = got + args.keywords.len();
        let plural = if N == 1 { "" } else { "s" };
        return Err(vm.type_error(format!("{function}() takes at most {N} argument{plural} ({total} given)")));
    }
    for (place, value) in found.iter_mut().zip(args.positional) {
        *place = value.clone();
    }
    for (name, value) in args.keywords {
        let Some(at) = names.iter().position(|n| *n == name.as_str()) else {
            return Err(vm.unknown_keyword(function, *name, names.into_iter().filter(|known| !known.is_empty())));
        };
        if !found[at].is_missing() {
            let message = format!("argument for {function}() given by name ('{name}') and position ({})", at + 1);
            return Err(vm.type_error(message));
        }
        found[at] = value.clone();
    }
    Ok(found)
}

/// A truth value that may be left out.
pub fn flag(vm: &Vm, value: &Value, default: bool) -> R<bool> {
    if value.is_missing() { Ok(default) } else { vm.is_true(value) }
}

/// A size or an index that may be left out.
pub fn index_or(vm: &Vm, value: &Value, default: i64) -> R<i64> {
    if value.is_missing() { Ok(default) } else { size_argument(vm, value) }
}

/// An index that is clamped to what an `i64` holds instead of overflowing.
pub fn clamped_index(vm: &Vm, value: &Value) -> R<i64> {
    Ok(match vm.index(value)? {
        Value::BigInt(n) => {
            if n.is_negative() {
                i64::MIN
            } else {
                i64::MAX
            }
        }
        other => other.as_i64().unwrap_or(0),
    })
}

/// `start` and `end` of `find`, `count`, `index` and their like, within `0..=len`.
pub fn bounds(vm: &Vm, start: &Value, end: &Value, len: usize) -> R<(usize, usize)> {
    let bound = |value: &Value, default: usize| -> R<usize> {
        if value.is_none_or_missing() {
            return Ok(default);
        }
        if !value.is_int() && vm.special(value, sym::__index__).is_none() {
            return Err(vm.type_error("slice indices must be integers or None or have an __index__ method"));
        }
        let index = clamped_index(vm, value)?;
        let index = if index < 0 { index.saturating_add(len as i64).max(0) } else { index };
        Ok(usize::try_from(index).unwrap_or(0))
    };
    let (from, to) = (bound(start, 0)?, bound(end, len)?.min(len));
    Ok((from, to))
}

/// An int argument of any size, through `__index__`.
pub fn bigint(vm: &Vm, value: &Value) -> R<BigInt> {
    let index = vm.index(value)?;
    index.as_bigint().ok_or_else(|| vm.type_error("an integer is required"))
}

/// The str in `value`, or `{what} must be str, not int`.
pub fn text<'a>(vm: &Vm, value: &'a Value, what: &str) -> R<&'a Ref<Str>> {
    match value.as_str() {
        Some(s) => Ok(s),
        None => Err(vm.type_error(format!("{what} must be str, not {}", argument_name(vm, value)))),
    }
}

/// How messages about an argument name what was given: None by itself, anything else by its type.
pub fn argument_name(vm: &Vm, value: &Value) -> &'static str {
    if value.is_none() { "None" } else { vm.type_name(value) }
}

/// A size or a count as an argument.
///
/// # Errors
/// TypeError for what is no int, OverflowError `Python int too large to convert to C ssize_t`.
pub fn size_argument(vm: &Vm, value: &Value) -> R<i64> {
    match vm.index(value)? {
        Value::Int(n) => Ok(n),
        _ => Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
    }
}

/// The name in a str that names an attribute.
pub fn attribute_name(vm: &Vm, value: &Value) -> R<Symbol> {
    match value.as_str() {
        Some(s) => Ok(s.symbol()),
        None => Err(vm.type_error(format!("attribute name must be string, not '{}'", vm.type_name(value)))),
    }
}

/// A dict of names as keyword arguments.
pub fn keywords_of(vm: &Vm, dict: &Dict) -> R<Vec<(Symbol, Value)>> {
    let mut keywords = Vec::with_capacity(dict.len());
    for (key, value) in dict.entries() {
        match key.as_str() {
            Some(name) => keywords.push((name.symbol(), value)),
            None => return Err(vm.type_error("keywords must be strings")),
        }
    }
    Ok(keywords)
}

/// The `*args` of a bound row.
pub fn star(value: &Value) -> &[Value] {
    match value {
        Value::Tuple(items) => items,
        _ => &[],
    }
}

/// `TypeName.method() takes ...`: the qualified name of a builtin.
pub fn builtin_qualname(builtin: &Builtin) -> String {
    match builtin.owner {
        Some(owner) => format!("{owner}.{}", builtin.row.name),
        None => builtin.row.name.to_owned(),
    }
}

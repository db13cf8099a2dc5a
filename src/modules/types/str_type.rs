//! `str`: its table, its constructor, `join` and what is neither searching, splitting nor case.

use super::shared::{CONTAINS, GETITEM, HASH, ITER, LEN, REPEAT, REPEAT_REFLECTED, REPR, STR, compare, unary};
use super::{codec, str_case as case, str_search as search, str_split as split};
use crate::interp::BinaryOp;
use crate::modules::support::{argument_name, count, inner, made, named, string, text};
use crate::object::{Args, Class, Fun, R, Ref, Row, Str, T, TypeSpec, Value, Vm};
use crate::text::unicode;

pub static SPEC: TypeSpec = TypeSpec {
    kind: T::Str,
    new: Some(new),
    rows: ROWS,
    doc: "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str\n\nCreate a new string object from the given object.",
};

/// A row for a predicate on the text.
const fn is(name: &'static str, function: fn(&Vm, &Value) -> R) -> Row {
    Row::method(name, "(self, /)", Fun::F1(function))
}

const ROWS: &[Row] = &[
    Row::method("join", "(self, iterable, /)", Fun::F2(join)),
    Row::method("split", "(self, /, sep=None, maxsplit=-1)", Fun::Bound(split::split)),
    Row::method("rsplit", "(self, /, sep=None, maxsplit=-1)", Fun::Bound(split::rsplit)),
    Row::method("splitlines", "(self, /, keepends=False)", Fun::Bound(split::splitlines)),
    Row::method("partition", "(self, sep, /)", Fun::F2(split::partition)),
    Row::method("rpartition", "(self, sep, /)", Fun::F2(split::rpartition)),
    Row::method("find", "(self, sub, start=None, end=None, /)", Fun::Bound(search::find)),
    Row::method("rfind", "(self, sub, start=None, end=None, /)", Fun::Bound(search::rfind)),
    Row::method("index", "(self, sub, start=None, end=None, /)", Fun::Bound(search::index)),
    Row::method("rindex", "(self, sub, start=None, end=None, /)", Fun::Bound(search::rindex)),
    Row::method("count", "(self, sub, start=None, end=None, /)", Fun::Bound(search::count)),
    Row::method("replace", "(self, old, new, /, count=-1)", Fun::Bound(search::replace)),
    Row::method("startswith", "(self, prefix, start=None, end=None, /)", Fun::Bound(search::startswith)),
    Row::method("endswith", "(self, suffix, start=None, end=None, /)", Fun::Bound(search::endswith)),
    Row::method("removeprefix", "(self, prefix, /)", Fun::F2(search::removeprefix)),
    Row::method("removesuffix", "(self, suffix, /)", Fun::F2(search::removesuffix)),
    Row::method("strip", "(self, chars=None, /)", Fun::Bound(case::strip)),
    Row::method("lstrip", "(self, chars=None, /)", Fun::Bound(case::lstrip)),
    Row::method("rstrip", "(self, chars=None, /)", Fun::Bound(case::rstrip)),
    unary("upper", |vm, this| case::mapped_in_place(vm, this, str::make_ascii_uppercase, unicode::upper)),
    unary("lower", |vm, this| case::mapped_in_place(vm, this, str::make_ascii_lowercase, unicode::lower)),
    unary("casefold", |vm, this| case::mapped_in_place(vm, this, str::make_ascii_lowercase, unicode::casefold)),
    unary("title", |vm, this| case::mapped(vm, this, unicode::title)),
    unary("capitalize", |vm, this| case::mapped(vm, this, unicode::capitalize)),
    unary("swapcase", |vm, this| case::mapped(vm, this, unicode::swapcase)),
    Row::method("center", "(self, width, fillchar=' ', /)", Fun::Bound(case::center)),
    Row::method("ljust", "(self, width, fillchar=' ', /)", Fun::Bound(case::ljust)),
    Row::method("rjust", "(self, width, fillchar=' ', /)", Fun::Bound(case::rjust)),
    Row::method("zfill", "(self, width, /)", Fun::F2(case::zfill)),
    Row::method("expandtabs", "(self, /, tabsize=8)", Fun::Bound(case::expandtabs)),
    Row::method("translate", "(self, table, /)", Fun::F2(case::translate)),
    Row::static_method("maketrans", "(x, y=None, z=None, /)", Fun::Bound(case::maketrans)),
    Row::method("format", "(self, /, *args, **kwargs)", Fun::Full(format)),
    Row::method("format_map", "(self, mapping, /)", Fun::F2(format_map)),
    Row::method("encode", "(self, /, encoding='utf-8', errors='strict')", Fun::Bound(encode)),
    is("isalpha", |vm, s| Ok(Value::bool(unicode::all(string(vm, s)?.as_str(), unicode::is_alpha)))),
    is("isalnum", |vm, s| Ok(Value::bool(unicode::all(string(vm, s)?.as_str(), unicode::is_alnum)))),
    is("isdigit", |vm, s| Ok(Value::bool(unicode::all(string(vm, s)?.as_str(), unicode::is_digit)))),
    is("isdecimal", |vm, s| Ok(Value::bool(unicode::all(string(vm, s)?.as_str(), unicode::is_decimal)))),
    is("isnumeric", |vm, s| Ok(Value::bool(unicode::all(string(vm, s)?.as_str(), unicode::is_numeric)))),
    is("isspace", |vm, s| Ok(Value::bool(unicode::all(string(vm, s)?.as_str(), unicode::is_space)))),
    is("isupper", |vm, s| Ok(Value::bool(unicode::str_is_upper(string(vm, s)?.as_str())))),
    is("islower", |vm, s| Ok(Value::bool(unicode::str_is_lower(string(vm, s)?.as_str())))),
    is("istitle", |vm, s| Ok(Value::bool(unicode::str_is_title(string(vm, s)?.as_str())))),
    is("isascii", |vm, s| Ok(Value::bool(string(vm, s)?.as_str().is_ascii()))),
    is("isprintable", |vm, s| Ok(Value::bool(string(vm, s)?.as_str().chars().all(unicode::is_printable)))),
    is("isidentifier", |vm, s| Ok(Value::bool(unicode::is_identifier(string(vm, s)?.as_str())))),
    LEN,
    ITER,
    CONTAINS,
    GETITEM,
    REPR,
    STR,
    HASH,
    Row::method("__format__", "(self, format_spec, /)", Fun::F2(format_self)),
    compare!("__eq__" Eq is_str),
    compare!("__ne__" Ne is_str),
    compare!("__lt__" Lt is_str),
    compare!("__le__" Le is_str),
    compare!("__gt__" Gt is_str),
    compare!("__ge__" Ge is_str),
    Row::method("__add__", "(self, value, /)", Fun::F2(|vm, a, b| vm.binary(BinaryOp::Add, inner(vm, a)?, b))),
    Row::method("__mod__", "(self, value, /)", Fun::F2(|vm, a, b| vm.binary(BinaryOp::Mod, inner(vm, a)?, b))),
    Row::method(
        "__rmod__",
        "(self, value, /)",
        Fun::F2(|vm, a, b| match b.as_str() {
            Some(_) => vm.binary(BinaryOp::Mod, b.base(), a),
            None => Ok(Value::NotImplemented),
        }),
    ),
    unary("__getnewargs__", |vm, this| Ok(Value::tuple(vec![Value::Str(string(vm, this)?.clone())]))),
    REPEAT,
    REPEAT_REFLECTED,
];

fn is_str(value: &Value) -> bool {
    matches!(value, Value::Str(_))
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let made_of = match (args.positional, args.keywords) {
        ([], []) => Str::new(""),
        ([object], []) => vm.str(object)?,
        _ => {
            if args.keywords.is_empty() {
                count(vm, "str", &args, 0, 3)?;
            }
            let [object, encoding, errors] = named(vm, "str", &args, ["object", "encoding", "errors"])?;
            if encoding.is_missing() && errors.is_missing() {
                if object.is_missing() { Str::new("") } else { vm.str(&object)? }
            } else {
                decode(vm, &object, &encoding, &errors, args.keywords.is_empty())?
            }
        }
    };
    Ok(made(class, T::Str, Value::Str(made_of)))
}

fn decode(vm: &Vm, object: &Value, encoding: &Value, errors: &Value, by_position: bool) -> R<Ref<Str>> {
    for (given, what) in [(encoding, "encoding"), (errors, "errors")] {
        if !given.is_missing() && given.as_str().is_none() {
            // CPython's two ways of taking arguments name them differently.
            let got = if by_position { vm.full_name(&vm.class_of(given)) } else { argument_name(vm, given).to_owned() };
            return Err(vm.type_error(format!("str() argument '{what}' must be str, not {got}")));
        }
    }
    if object.as_str().is_some() {
        return Err(vm.type_error("decoding str is not supported"));
    }
    let Some(data) = object.to_buffer() else {
        if object.is_missing() {
            return Ok(Str::new(""));
        }
        let message = format!("decoding to str: need a bytes-like object, {} found", vm.type_name(object));
        return Err(vm.type_error(message));
    };
    codec::decode(vm, &data, codec::name(encoding), codec::name_or(errors, "strict")).map(Str::from_string)
}

fn encode(vm: &Vm, args: &[Value]) -> R {
    let this = string(vm, &args[0])?;
    if !args[1].is_missing() {
        text(vm, &args[1], "encode() argument 'encoding'")?;
    }
    if !args[2].is_missing() {
        text(vm, &args[2], "encode() argument 'errors'")?;
    }
    codec::encode(vm, this.as_str(), codec::name(&args[1]), codec::name_or(&args[2], "strict")).map(Value::bytes)
}

fn join(vm: &Vm, this: &Value, iterable: &Value) -> R {
    let separator = string(vm, this)?;
    let items = match iterable {
        Value::List(list) => list.snapshot(),
        Value::Tuple(tuple) => tuple.to_vec(),
        other => {
            if !vm.is_iterable(other) {
                return Err(vm.type_error("can only join an iterable"));
            }
            vm.collect(other)?
        }
    };
    if let [Value::Str(only)] = &items[..] {
        return Ok(Value::Str(only.clone()));
    }
    let (mut bytes, mut chars) = (0usize, 0usize);
    for (i, item) in items.iter().enumerate() {
        let Some(item) = item.as_str() else {
            let message = format!("sequence item {i}: expected str instance, {} found", vm.type_name(item));
            return Err(vm.type_error(message));
        };
        bytes = bytes.saturating_add(item.len());
        chars += item.chars();
    }
    let gaps = items.len().saturating_sub(1);
    let bytes = bytes.saturating_add(gaps.saturating_mul(separator.len()));
    let mut out = vm.text_room(bytes)?;
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(separator.as_str());
        }
        out.push_str(item.as_str().map_or("", |s| s.as_str()));
    }
    Ok(Value::Str(Str::with_chars(out, chars + gaps * separator.chars())))
}

fn format(vm: &Vm, args: Args) -> R {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("unbound method str.format() needs an argument"));
    };
    let template = string(vm, this)?;
    vm.str_format(template.as_str(), Args { positional: rest, keywords: args.keywords }).map(Value::Str)
}

fn format_map(vm: &Vm, this: &Value, mapping: &Value) -> R {
    vm.str_format_map(string(vm, this)?.as_str(), mapping).map(Value::Str)
}

fn format_self(vm: &Vm, this: &Value, spec: &Value) -> R {
    let Some(spec) = spec.as_str() else {
        return Err(vm.type_error(format!("__format__() argument must be str, not {}", argument_name(vm, spec))));
    };
    vm.format(inner(vm, this)?, spec.as_str()).map(Value::Str)
}

//! The module `re`: patterns are read, compiled and matched natively; the objects around that are a script.

mod parse;
mod program;
mod run;
mod tree;

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use super::ModuleSpec;
use crate::modules::packed::packed;
use crate::object::{Fun, Native, NativeData, R, Ref, Row, Str, T, Value, Vm};
use program::Program;
use run::{Matcher, Text, UNSET};

pub static SPEC: ModuleSpec = ModuleSpec { name: "re", rows: ROWS, init: None, script: Some(packed!("re/re")) };

const ROWS: &[Row] = &[
    Row::function("_compile", "(pattern, flags, /)", Fun::F2(compile)),
    Row::function("_match", "(program, string, pos, endpos, mode, /)", Fun::Bound(match_one)),
    Row::function("_all", "(program, string, pos, endpos, most, /)", Fun::Bound(match_all)),
];

/// A compiled pattern.
struct Compiled {
    program: Program,
    bytes: bool,
}

impl NativeData for Compiled {}

/// `_compile(pattern, flags)`: a program, the flags, the number of groups and their names; or None, what is wrong, and
/// where.
fn compile(vm: &Vm, pattern: &Value, flags: &Value) -> R {
    let flags = u32::try_from(vm.index_i64(flags)?).unwrap_or(0);
    let bytes = pattern.as_str().is_none();
    let text: Vec<char> = match (pattern.as_str(), pattern.to_buffer()) {
        (Some(text), _) => text.as_str().chars().collect(),
        (None, Some(data)) => data.into_iter().map(char::from).collect(),
        _ => return Err(vm.type_error("first argument must be string or compiled pattern")),
    };
    let wrong = |message: &str, at: Option<usize>| {
        Ok(Value::tuple(vec![Value::None, Value::str(message), at.map_or(Value::None, Value::size)]))
    };
    let read = match parse::read(&text, flags, bytes) {
        Ok(read) => read,
        Err((message, at)) => return wrong(&message, at),
    };
    let Some(program) = program::compile(&read.node, read.groups) else {
        return Err(vm.overflow_error("regular expression code size limit exceeded"));
    };
    let names = read.names.into_iter().map(|(name, group)| Value::pair(Value::string(name), Value::size(group)));
    let program = Value::Native(Native::new(vm.class(T::Object), Compiled { program, bytes }));
    let parts = vec![program, Value::int(read.flags), Value::size(read.groups), Value::list(names.collect())];
    Ok(Value::tuple(parts))
}

/// What a string is matched as. No code of a script runs while it is.
enum Subject<'s> {
    Bytes(Cow<'s, [u8]>),
    Chars(CodePoints),
}

type CodePoints = Rc<Vec<char>>;

/// Texts of fewer bytes are taken apart anew each time.
const SHORT: usize = 256;

thread_local! {
    /// The code points of the long text beyond ASCII that was matched last: a tokenizer comes back to it with each word.
    static LAST: RefCell<Option<(Ref<Str>, CodePoints)>> = const { RefCell::new(None) };
}

/// The code points of a text.
fn code_points(text: &Ref<Str>) -> CodePoints {
    let taken_apart = || Rc::new(text.as_str().chars().collect::<Vec<char>>());
    if text.len() < SHORT {
        return taken_apart();
    }
    LAST.with(|last| {
        let mut last = last.borrow_mut();
        match &*last {
            Some((known, chars)) if Ref::same(known, text) => chars.clone(),
            _ => last.insert((text.clone(), taken_apart())).1.clone(),
        }
    })
}

impl<'s> Subject<'s> {
    fn of(vm: &Vm, compiled: &Compiled, string: &'s Value) -> R<Subject<'s>> {
        if let Some(text) = string.as_str() {
            return match (compiled.bytes, Str::is_ascii(text)) {
                (true, _) => Err(vm.type_error("cannot use a bytes pattern on a string-like object")),
                (false, true) => Ok(Subject::Bytes(Cow::Borrowed(text.as_str().as_bytes()))),
                (false, false) => Ok(Subject::Chars(code_points(text))),
            };
        }
        let data = match string {
            Value::Bytes(bytes) => Some(Cow::Borrowed(bytes.as_slice())),
            other => other.to_buffer().map(Cow::Owned),
        };
        match data {
            Some(_) if !compiled.bytes => Err(vm.type_error("cannot use a string pattern on a bytes-like object")),
            Some(data) => Ok(Subject::Bytes(data)),
            None => {
                let got = vm.type_name(string);
                Err(vm.type_error(format!("expected string or bytes-like object, got '{got}'")))
            }
        }
    }
}

fn compiled<'a>(vm: &Vm, program: &'a Value) -> R<&'a Compiled> {
    program.as_native::<Compiled>().ok_or_else(|| vm.type_error("a compiled pattern was expected"))
}

/// `pos` and `endpos` within the text.
fn bounds(vm: &Vm, pos: &Value, endpos: &Value, length: usize) -> R<(usize, usize)> {
    let clamp = |value: &Value| -> R<usize> {
        let n = crate::modules::support::clamped_index(vm, value)?;
        Ok(usize::try_from(n).unwrap_or(0).min(length))
    };
    Ok((clamp(pos)?, clamp(endpos)?))
}

/// The slots of a match as ints (-1 for none), and the group closed last.
fn shown<X: Text>(matcher: &Matcher<X>) -> Value {
    let slots = matcher.slots.iter().map(|&at| if at == UNSET { Value::Int(-1) } else { Value::size(at) });
    let mut parts: Vec<Value> = slots.collect();
    parts.push(Value::size(matcher.last));
    Value::tuple(parts)
}

/// `_match(program, string, pos, endpos, mode)`: 0 at the start, 1 the whole, 2 anywhere. A tuple or None.
fn match_one(vm: &Vm, args: &[Value]) -> R {
    let [program, string, pos, endpos, mode] = args else { return Ok(Value::None) };
    let compiled = compiled(vm, program)?;
    let mode = vm.index_i64(mode)?;
    match Subject::of(vm, compiled, string)? {
        Subject::Bytes(data) => one(vm, compiled, &&data[..], pos, endpos, mode),
        Subject::Chars(chars) => one(vm, compiled, &*chars, pos, endpos, mode),
    }
}

fn one<X: Text>(vm: &Vm, compiled: &Compiled, text: &X, pos: &Value, endpos: &Value, mode: i64) -> R {
    let (from, end) = bounds(vm, pos, endpos, text.len())?;
    if from > end {
        return Ok(Value::None);
    }
    let mut matcher = Matcher::new(vm, &compiled.program, text, end, mode == 1);
    let found = if mode == 2 { matcher.search(from, false)? } else { matcher.matches_at(from, false)? };
    Ok(if found { shown(&matcher) } else { Value::None })
}

/// `_all(program, string, pos, endpos, most)`: all matches that do not overlap, or the first `most` (0: no limit).
fn match_all(vm: &Vm, args: &[Value]) -> R {
    let [program, string, pos, endpos, most] = args else { return Ok(Value::None) };
    let compiled = compiled(vm, program)?;
    let most = usize::try_from(vm.index_i64(most)?).unwrap_or(0);
    match Subject::of(vm, compiled, string)? {
        Subject::Bytes(data) => all(vm, compiled, &&data[..], pos, endpos, most),
        Subject::Chars(chars) => all(vm, compiled, &*chars, pos, endpos, most),
    }
}

fn all<X: Text>(vm: &Vm, compiled: &Compiled, text: &X, pos: &Value, endpos: &Value, most: usize) -> R {
    let (mut at, end) = bounds(vm, pos, endpos, text.len())?;
    let mut found = Vec::new();
    let mut matcher = Matcher::new(vm, &compiled.program, text, end, false);
    let mut must_advance = false;
    while at <= end && (most == 0 || found.len() < most) && matcher.search(at, must_advance)? {
        must_advance = matcher.slots[0] == matcher.slots[1];
        at = matcher.slots[1];
        found.push(shown(&matcher));
    }
    Ok(Value::list(found))
}

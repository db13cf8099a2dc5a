//! Methods that `bytes` and `bytearray` share. Each works on a copy of the data and gives an object of the receiver's type.

use super::bytearray::ByteArray;
use super::bytes::byte;
use super::codec;
use crate::modules::support::{argument_name, bounds, flag, index_or, receiver_error, size_argument, text};
use crate::object::{Native, R, T, Value, Vm};

/// The rows of both types, and those of one.
macro_rules! byte_rows {
    ($($row:expr),* $(,)?) => {{
        use $crate::modules::types::bytes_methods as m;
        use $crate::object::{Fun, Row};
        &[
            Row::method("decode", "(self, /, encoding='utf-8', errors='strict')", Fun::Bound(m::decode)),
            Row::method("hex", "(self, sep=None, bytes_per_sep=1)", Fun::Bound(m::hex)),
            Row::class_method("fromhex", "(cls, string, /)", Fun::F2(m::fromhex)),
            Row::method("find", "(self, sub, start=None, end=None, /)", Fun::Bound(m::find)),
            Row::method("rfind", "(self, sub, start=None, end=None, /)", Fun::Bound(m::rfind)),
            Row::method("index", "(self, sub, start=None, end=None, /)", Fun::Bound(m::index)),
            Row::method("rindex", "(self, sub, start=None, end=None, /)", Fun::Bound(m::rindex)),
            Row::method("count", "(self, sub, start=None, end=None, /)", Fun::Bound(m::count)),
            Row::method("startswith", "(self, prefix, start=None, end=None, /)", Fun::Bound(m::startswith)),
            Row::method("endswith", "(self, suffix, start=None, end=None, /)", Fun::Bound(m::endswith)),
            Row::method("replace", "(self, old, new, count=-1, /)", Fun::Bound(m::replace)),
            Row::method("split", "(self, /, sep=None, maxsplit=-1)", Fun::Bound(m::split)),
            Row::method("rsplit", "(self, /, sep=None, maxsplit=-1)", Fun::Bound(m::rsplit)),
            Row::method("splitlines", "(self, /, keepends=False)", Fun::Bound(m::splitlines)),
            Row::method("partition", "(self, sep, /)", Fun::F2(m::partition)),
            Row::method("rpartition", "(self, sep, /)", Fun::F2(m::rpartition)),
            Row::method("join", "(self, iterable_of_bytes, /)", Fun::F2(m::join)),
            Row::method("strip", "(self, bytes=None, /)", Fun::Bound(|vm, a| m::strip(vm, a, true, true))),
            Row::method("lstrip", "(self, bytes=None, /)", Fun::Bound(|vm, a| m::strip(vm, a, true, false))),
            Row::method("rstrip", "(self, bytes=None, /)", Fun::Bound(|vm, a| m::strip(vm, a, false, true))),
            Row::method("removeprefix", "(self, prefix, /)", Fun::F2(m::removeprefix)),
            Row::method("removesuffix", "(self, suffix, /)", Fun::F2(m::removesuffix)),
            Row::method("ljust", "(self, width, fillchar=b' ', /)", Fun::Bound(|vm, a| m::pad(vm, "ljust", a, |_, _| 0))),
            Row::method("rjust", "(self, width, fillchar=b' ', /)", Fun::Bound(|vm, a| m::pad(vm, "rjust", a, |n, _| n))),
            Row::method("center", "(self, width, fillchar=b' ', /)", Fun::Bound(|vm, a| {
                m::pad(vm, "center", a, |n, width| n / 2 + (n & width & 1))
            })),
            Row::method("zfill", "(self, width, /)", Fun::F2(m::zfill)),
            Row::method("expandtabs", "(self, /, tabsize=8)", Fun::Bound(m::expandtabs)),
            Row::static_method("maketrans", "(frm, to, /)", Fun::F2(m::maketrans)),
            $crate::modules::types::shared::unary("istitle", m::istitle),
            Row::method("translate", "(self, table, /, delete=b'')", Fun::Bound(m::translate)),
            $crate::modules::types::shared::unary("upper", |vm, this| m::map(vm, this, |d| d.make_ascii_uppercase())),
            $crate::modules::types::shared::unary("lower", |vm, this| m::map(vm, this, |d| d.make_ascii_lowercase())),
            $crate::modules::types::shared::unary("capitalize", |vm, this| m::map(vm, this, |d| {
                d.make_ascii_lowercase();
                if let Some(first) = d.first_mut() {
                    first.make_ascii_uppercase();
                }
            })),
            $crate::modules::types::shared::unary("swapcase", |vm, this| m::map(vm, this, |d| {
                for b in d {
                    *b = if b.is_ascii_uppercase() { b.to_ascii_lowercase() } else { b.to_ascii_uppercase() };
                }
            })),
            $crate::modules::types::shared::unary("title", |vm, this| m::map(vm, this, m::title)),
            $crate::modules::types::shared::unary("isalpha", |vm, t| m::all(vm, t, |b| b.is_ascii_alphabetic())),
            $crate::modules::types::shared::unary("isdigit", |vm, t| m::all(vm, t, |b| b.is_ascii_digit())),
            $crate::modules::types::shared::unary("isalnum", |vm, t| m::all(vm, t, |b| b.is_ascii_alphanumeric())),
            $crate::modules::types::shared::unary("isspace", |vm, t| m::all(vm, t, m::is_space)),
            $crate::modules::types::shared::unary("isascii", |vm, t| {
                Ok($crate::object::Value::bool(m::data(vm, t)?.is_ascii()))
            }),
            $crate::modules::types::shared::unary("isupper", |vm, t| m::cased(vm, t, |b| b.is_ascii_lowercase())),
            $crate::modules::types::shared::unary("islower", |vm, t| m::cased(vm, t, |b| b.is_ascii_uppercase())),
            $($row),*
        ]
    }};
}

pub(super) use byte_rows;

pub fn data(vm: &Vm, this: &Value) -> R<Vec<u8>> {
    this.to_buffer().ok_or_else(|| receiver_error(vm, "bytes", this))
}

/// An object of the receiver's type.
fn alike(vm: &Vm, this: &Value, data: Vec<u8>) -> Value {
    match this {
        Value::Native(_) => Value::Native(Native::new(vm.class(T::ByteArray), ByteArray::new(data))),
        _ => Value::bytes(data),
    }
}

/// A bytes-like argument.
fn like(vm: &Vm, value: &Value) -> R<Vec<u8>> {
    value.to_buffer().ok_or_else(|| vm.not_bytes_like(value))
}

/// What is looked for: bytes, or one byte as an int.
fn needle(vm: &Vm, value: &Value) -> R<Vec<u8>> {
    if let Some(data) = value.to_buffer() {
        return Ok(data);
    }
    if vm.is_index(value) {
        return Ok(vec![byte(vm, value, "byte")?]);
    }
    if vm.is_a(value, T::MemoryView) {
        return Err(vm.not_bytes_like(value));
    }
    let got = vm.type_name(value);
    Err(vm.type_error(format!("argument should be integer or bytes-like object, not '{got}'")))
}

pub fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t'..=b'\r')
}

pub fn map(vm: &Vm, this: &Value, change: fn(&mut [u8])) -> R {
    let mut data = data(vm, this)?;
    change(&mut data);
    Ok(alike(vm, this, data))
}

pub fn title(data: &mut [u8]) {
    let mut inside = false;
    for b in data {
        *b = if inside { b.to_ascii_lowercase() } else { b.to_ascii_uppercase() };
        inside = b.is_ascii_alphabetic();
    }
}

pub fn all(vm: &Vm, this: &Value, class: fn(u8) -> bool) -> R {
    let data = data(vm, this)?;
    Ok(Value::bool(!data.is_empty() && data.into_iter().all(class)))
}

/// Some letter, and none of the other case.
pub fn cased(vm: &Vm, this: &Value, other: fn(&u8) -> bool) -> R {
    let data = data(vm, this)?;
    Ok(Value::bool(data.iter().any(u8::is_ascii_alphabetic) && !data.iter().any(other)))
}

pub fn decode(vm: &Vm, args: &[Value]) -> R {
    for (value, name) in [(&args[1], "encoding"), (&args[2], "errors")] {
        if !value.is_missing() {
            text(vm, value, &format!("decode() argument '{name}'"))?;
        }
    }
    let data = data(vm, &args[0])?;
    codec::decode(vm, &data, codec::name(&args[1]), codec::name_or(&args[2], "strict")).map(Value::string)
}

pub fn hex(vm: &Vm, args: &[Value]) -> R {
    let data = data(vm, &args[0])?;
    let group = match &args[2] {
        Value::Missing => 1,
        given => match vm.index(given)?.as_i64().map(i32::try_from) {
            Some(Ok(group)) => i64::from(group),
            _ => return Err(vm.overflow_error("Python int too large to convert to C int")),
        },
    };
    let separator = if args[1].is_none_or_missing() { None } else { Some(hex_separator(vm, &args[1])?) };
    let mut out = String::with_capacity(data.len() * 2);
    for (i, b) in data.iter().enumerate() {
        let size = group.unsigned_abs() as usize;
        // Groups count from the right, or with a negative size from the left.
        let from = if group < 0 { i } else { data.len() - i };
        if let Some(separator) = separator
            && i > 0
            && size > 0
            && from % size == 0
        {
            out.push(separator);
        }
        out.push_str(&format!("{b:02x}"));
    }
    Ok(Value::string(out))
}

/// The one character between groups of digits.
fn hex_separator(vm: &Vm, value: &Value) -> R<char> {
    if vm.len(value)? != 1 {
        return Err(vm.value_error("sep must be length 1."));
    }
    let separator = match value.as_str() {
        Some(text) => text.as_str().chars().next().filter(char::is_ascii),
        None => match value.as_bytes() {
            Some(bytes) => bytes.as_slice().first().map(|&byte| char::from(byte)).filter(char::is_ascii),
            None => return Err(vm.type_error("sep must be str or bytes.")),
        },
    };
    separator.ok_or_else(|| vm.value_error("sep must be ASCII."))
}

pub fn fromhex(vm: &Vm, class: &Value, string: &Value) -> R {
    let source = text(vm, string, "fromhex() argument")?;
    if let Some(at) = source.as_str().chars().position(|c| !c.is_ascii()) {
        return Err(vm.value_error(format!("non-hexadecimal number found in fromhex() arg at position {at}")));
    }
    let (mut data, mut high) = (Vec::new(), None);
    for (at, c) in source.as_str().chars().enumerate() {
        let digit = c.to_digit(16).map(|d| d as u8);
        match (high, digit) {
            (None, Some(d)) => high = Some(d),
            (Some(h), Some(d)) => {
                data.push(h << 4 | d);
                high = None;
            }
            (None, None) if u8::try_from(c).is_ok_and(is_space) => {}
            _ => {
                let message = format!("non-hexadecimal number found in fromhex() arg at position {at}");
                return Err(vm.value_error(message));
            }
        }
    }
    if high.is_some() {
        let at = source.chars();
        return Err(vm.value_error(format!("non-hexadecimal number found in fromhex() arg at position {at}")));
    }
    match class {
        Value::Class(c) if c.builtin == Some(T::Bytes) => Ok(Value::bytes(data)),
        _ => vm.call1(class, &Value::bytes(data)),
    }
}

/// The first or last place of `sub` in `data`.
fn search(data: &[u8], sub: &[u8], last: bool) -> Option<usize> {
    if sub.is_empty() {
        return Some(if last { data.len() } else { 0 });
    }
    let mut windows = data.windows(sub.len());
    if last { windows.rposition(|w| w == sub) } else { windows.position(|w| w == sub) }
}

fn locate(vm: &Vm, args: &[Value], last: bool) -> R<Option<usize>> {
    let data = data(vm, &args[0])?;
    let (from, to) = bounds(vm, &args[2], &args[3], data.len())?;
    let sub = needle(vm, &args[1])?;
    Ok(data.get(from..to).and_then(|part| search(part, &sub, last)).map(|at| from + at))
}

pub fn find(vm: &Vm, args: &[Value]) -> R {
    Ok(locate(vm, args, false)?.map_or(Value::Int(-1), Value::size))
}

pub fn rfind(vm: &Vm, args: &[Value]) -> R {
    Ok(locate(vm, args, true)?.map_or(Value::Int(-1), Value::size))
}

pub fn index(vm: &Vm, args: &[Value]) -> R {
    locate(vm, args, false)?.map(Value::size).ok_or_else(|| vm.value_error("subsection not found"))
}

pub fn rindex(vm: &Vm, args: &[Value]) -> R {
    locate(vm, args, true)?.map(Value::size).ok_or_else(|| vm.value_error("subsection not found"))
}

pub fn count(vm: &Vm, args: &[Value]) -> R {
    let data = data(vm, &args[0])?;
    let (from, to) = bounds(vm, &args[2], &args[3], data.len())?;
    let sub = needle(vm, &args[1])?;
    let Some(mut part) = data.get(from..to) else { return Ok(Value::Int(0)) };
    if sub.is_empty() {
        return Ok(Value::size(part.len() + 1));
    }
    let mut found = 0;
    while let Some(at) = search(part, &sub, false) {
        found += 1;
        part = &part[at + sub.len()..];
    }
    Ok(Value::Int(found))
}

fn affixed(vm: &Vm, method: &str, args: &[Value], fits: fn(&[u8], &[u8]) -> bool) -> R {
    let data = data(vm, &args[0])?;
    let (from, to) = bounds(vm, &args[2], &args[3], data.len())?;
    let part = data.get(from..to);
    let affixes = match args[1].as_tuple() {
        Some(tuple) => tuple.to_vec(),
        None if args[1].to_buffer().is_some() => vec![args[1].clone()],
        None if vm.is_a(&args[1], T::MemoryView) => return Err(vm.not_bytes_like(&args[1])),
        None => {
            let got = vm.type_name(&args[1]);
            return Err(vm.type_error(format!("{method} first arg must be bytes or a tuple of bytes, not {got}")));
        }
    };
    for affix in &affixes {
        let affix = like(vm, affix)?;
        if part.is_some_and(|part| fits(part, &affix)) {
            return Ok(Value::True);
        }
    }
    Ok(Value::False)
}

pub fn startswith(vm: &Vm, args: &[Value]) -> R {
    affixed(vm, "startswith", args, |data, affix| data.starts_with(affix))
}

pub fn endswith(vm: &Vm, args: &[Value]) -> R {
    affixed(vm, "endswith", args, |data, affix| data.ends_with(affix))
}

pub fn removeprefix(vm: &Vm, this: &Value, prefix: &Value) -> R {
    let (data, affix) = (data(vm, this)?, like(vm, prefix)?);
    let rest = data.strip_prefix(&affix[..]).unwrap_or(&data).to_vec();
    Ok(alike(vm, this, rest))
}

pub fn removesuffix(vm: &Vm, this: &Value, suffix: &Value) -> R {
    let (data, affix) = (data(vm, this)?, like(vm, suffix)?);
    let rest = data.strip_suffix(&affix[..]).unwrap_or(&data).to_vec();
    Ok(alike(vm, this, rest))
}

pub fn replace(vm: &Vm, args: &[Value]) -> R {
    let data = data(vm, &args[0])?;
    let (old, new) = (like(vm, &args[1])?, like(vm, &args[2])?);
    let most = most_splits(vm, &args[3])?;
    let mut out = Vec::with_capacity(data.len());
    let (mut rest, mut done) = (&data[..], 0);
    while done < most {
        if old.is_empty() {
            append(vm, &mut out, &new)?;
            done += 1;
            let Some((first, tail)) = rest.split_first() else { break };
            out.push(*first);
            rest = tail;
            continue;
        }
        let Some(at) = search(rest, &old, false) else { break };
        append(vm, &mut out, &rest[..at])?;
        append(vm, &mut out, &new)?;
        rest = &rest[at + old.len()..];
        done += 1;
    }
    out.extend_from_slice(rest);
    Ok(alike(vm, &args[0], out))
}

/// Appends what there is memory for, or raises MemoryError.
fn append(vm: &Vm, out: &mut Vec<u8>, more: &[u8]) -> R<()> {
    if out.try_reserve(more.len()).is_err() {
        return Err(vm.memory_error());
    }
    out.extend_from_slice(more);
    Ok(())
}

fn most_splits(vm: &Vm, value: &Value) -> R<usize> {
    Ok(usize::try_from(index_or(vm, value, -1)?).unwrap_or(usize::MAX))
}

fn separator(vm: &Vm, value: &Value) -> R<Vec<u8>> {
    let separator = like(vm, value)?;
    if separator.is_empty() { Err(vm.value_error("empty separator")) } else { Ok(separator) }
}

pub fn split(vm: &Vm, args: &[Value]) -> R {
    let data = data(vm, &args[0])?;
    let most = most_splits(vm, &args[2])?;
    let mut items: Vec<Value> = Vec::new();
    let mut rest = &data[..];
    if args[1].is_none_or_missing() {
        loop {
            rest = &rest[rest.iter().take_while(|&&b| is_space(b)).count()..];
            if rest.is_empty() {
                break;
            }
            let end = if items.len() == most { None } else { rest.iter().position(|&b| is_space(b)) };
            items.push(alike(vm, &args[0], rest[..end.unwrap_or(rest.len())].to_vec()));
            rest = &rest[end.unwrap_or(rest.len())..];
        }
        return Ok(Value::list(items));
    }
    let separator = separator(vm, &args[1])?;
    while items.len() < most
        && let Some(at) = search(rest, &separator, false)
    {
        items.push(alike(vm, &args[0], rest[..at].to_vec()));
        rest = &rest[at + separator.len()..];
    }
    items.push(alike(vm, &args[0], rest.to_vec()));
    Ok(Value::list(items))
}

pub fn rsplit(vm: &Vm, args: &[Value]) -> R {
    let data = data(vm, &args[0])?;
    let most = most_splits(vm, &args[2])?;
    let mut items: Vec<Value> = Vec::new();
    let mut rest = &data[..];
    if args[1].is_none_or_missing() {
        loop {
            rest = &rest[..rest.len() - rest.iter().rev().take_while(|&&b| is_space(b)).count()];
            if rest.is_empty() {
                break;
            }
            let start = if items.len() == most { None } else { rest.iter().rposition(|&b| is_space(b)) };
            let start = start.map_or(0, |at| at + 1);
            items.push(alike(vm, &args[0], rest[start..].to_vec()));
            rest = &rest[..start];
        }
    } else {
        let separator = separator(vm, &args[1])?;
        while items.len() < most
            && let Some(at) = search(rest, &separator, true)
        {
            items.push(alike(vm, &args[0], rest[at + separator.len()..].to_vec()));
            rest = &rest[..at];
        }
        items.push(alike(vm, &args[0], rest.to_vec()));
    }
    items.reverse();
    Ok(Value::list(items))
}

pub fn splitlines(vm: &Vm, args: &[Value]) -> R {
    let data = data(vm, &args[0])?;
    let keep = flag(vm, &args[1], false)?;
    let (mut items, mut start) = (Vec::new(), 0);
    while start < data.len() {
        let end = data[start..].iter().position(|b| matches!(b, b'\n' | b'\r')).map_or(data.len(), |at| start + at);
        let next = match data.get(end) {
            Some(b'\r') if data.get(end + 1) == Some(&b'\n') => end + 2,
            Some(_) => end + 1,
            None => end,
        };
        items.push(alike(vm, &args[0], data[start..if keep { next } else { end }].to_vec()));
        start = next;
    }
    Ok(Value::list(items))
}

pub fn partition(vm: &Vm, this: &Value, sep: &Value) -> R {
    let (data, separator) = (data(vm, this)?, separator(vm, sep)?);
    let parts = match search(&data, &separator, false) {
        Some(at) => [data[..at].to_vec(), separator.clone(), data[at + separator.len()..].to_vec()],
        None => [data, Vec::new(), Vec::new()],
    };
    Ok(Value::tuple(parts.into_iter().map(|part| alike(vm, this, part)).collect()))
}

pub fn rpartition(vm: &Vm, this: &Value, sep: &Value) -> R {
    let (data, separator) = (data(vm, this)?, separator(vm, sep)?);
    let parts = match search(&data, &separator, true) {
        Some(at) => [data[..at].to_vec(), separator.clone(), data[at + separator.len()..].to_vec()],
        None => [Vec::new(), Vec::new(), data],
    };
    Ok(Value::tuple(parts.into_iter().map(|part| alike(vm, this, part)).collect()))
}

pub fn join(vm: &Vm, this: &Value, iterable: &Value) -> R {
    let separator = data(vm, this)?;
    if !vm.is_iterable(iterable) {
        return Err(vm.type_error("can only join an iterable"));
    }
    let mut out = Vec::new();
    for (i, item) in vm.collect(iterable)?.iter().enumerate() {
        let Some(item_data) = item.to_buffer() else {
            let got = vm.type_name(item);
            return Err(vm.type_error(format!("sequence item {i}: expected a bytes-like object, {got} found")));
        };
        if i > 0 {
            append(vm, &mut out, &separator)?;
        }
        append(vm, &mut out, &item_data)?;
    }
    Ok(alike(vm, this, out))
}

pub fn strip(vm: &Vm, args: &[Value], left: bool, right: bool) -> R {
    let data = data(vm, &args[0])?;
    let chars = if args[1].is_none_or_missing() { None } else { Some(like(vm, &args[1])?) };
    let drop = |b: u8| chars.as_ref().map_or_else(|| is_space(b), |chars| chars.contains(&b));
    let start = if left { data.iter().position(|&b| !drop(b)).unwrap_or(data.len()) } else { 0 };
    let end = if right { data.iter().rposition(|&b| !drop(b)).map_or(start, |at| at + 1) } else { data.len() };
    Ok(alike(vm, &args[0], data[start..end.max(start)].to_vec()))
}

/// The data between fill bytes, as `share` splits the missing width.
pub fn pad(vm: &Vm, method: &str, args: &[Value], share: fn(usize, usize) -> usize) -> R {
    let data = data(vm, &args[0])?;
    let width = usize::try_from(size_argument(vm, &args[1])?).unwrap_or(0);
    let fill = if args[2].is_missing() { Some(vec![b' ']) } else { args[2].to_buffer() };
    let Some([fill]) = fill.as_deref() else {
        let got = argument_name(vm, &args[2]);
        let message = format!("{method}() argument 2 must be a byte string of length 1, not {got}");
        return Err(vm.type_error(message));
    };
    let fill = *fill;
    if width <= data.len() {
        return Ok(alike(vm, &args[0], data));
    }
    let missing = width - data.len();
    let left = share(missing, width);
    let mut out = vm.byte_room(width)?;
    out.resize(left, fill);
    out.extend_from_slice(&data);
    out.resize(width, fill);
    Ok(alike(vm, &args[0], out))
}

pub fn zfill(vm: &Vm, this: &Value, width: &Value) -> R {
    let data = data(vm, this)?;
    let width = usize::try_from(size_argument(vm, width)?).unwrap_or(0);
    let sign = matches!(data.first(), Some(b'+' | b'-')) as usize;
    let zeros = width.saturating_sub(data.len());
    let mut out = vm.byte_room(width.max(data.len()))?;
    out.extend_from_slice(&data[..sign]);
    out.resize(sign + zeros, b'0');
    out.extend_from_slice(&data[sign..]);
    Ok(alike(vm, this, out))
}

pub fn translate(vm: &Vm, args: &[Value]) -> R {
    let data = data(vm, &args[0])?;
    let table = if args[1].is_none() { None } else { Some(like(vm, &args[1])?) };
    if table.as_ref().is_some_and(|table| table.len() != 256) {
        return Err(vm.value_error("translation table must be 256 characters long"));
    }
    let gone = if args[2].is_missing() { Vec::new() } else { like(vm, &args[2])? };
    let kept = data.into_iter().filter(|b| !gone.contains(b));
    let out = kept.map(|b| table.as_ref().map_or(b, |table| table[b as usize])).collect();
    Ok(alike(vm, &args[0], out))
}

pub fn expandtabs(vm: &Vm, args: &[Value]) -> R {
    let data = data(vm, &args[0])?;
    let size = super::str_case::tab_size(vm, &args[1])?;
    if data.iter().filter(|&&b| b == b'\t').count().saturating_mul(size) > crate::text::error::MAX_TEXT {
        return Err(vm.memory_error());
    }
    let (mut out, mut column) = (Vec::with_capacity(data.len()), 0);
    for b in data {
        match b {
            b'\t' if size > 0 => {
                let spaces = size - column % size;
                out.resize(out.len() + spaces, b' ');
                column += spaces;
            }
            b'\t' => {}
            _ => {
                out.push(b);
                column = if matches!(b, b'\n' | b'\r') { 0 } else { column + 1 };
            }
        }
    }
    Ok(alike(vm, &args[0], out))
}

pub fn maketrans(vm: &Vm, from: &Value, to: &Value) -> R {
    let (from, to) = (like(vm, from)?, like(vm, to)?);
    if from.len() != to.len() {
        return Err(vm.value_error("maketrans arguments must have same length"));
    }
    let mut table: Vec<u8> = (0..=255).collect();
    for (a, b) in from.into_iter().zip(to) {
        table[a as usize] = b;
    }
    Ok(Value::bytes(table))
}

/// Capitals start words, small letters continue them, and there is one.
pub fn istitle(vm: &Vm, this: &Value) -> R {
    let (mut inside, mut found) = (false, false);
    for b in data(vm, this)? {
        if b.is_ascii_alphabetic() && b.is_ascii_uppercase() == inside {
            return Ok(Value::False);
        }
        inside = b.is_ascii_alphabetic();
        found = found || inside;
    }
    Ok(Value::bool(found))
}

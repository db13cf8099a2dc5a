//! Methods of `str` that change its characters or what surrounds them: case, stripping, padding, translation.

use crate::modules::support::{argument_name, index_or, size_argument, string};
use crate::object::{Dict, R, Raised, Ref, Str, T, Value, Vm};
use crate::text::{error::MAX_TEXT, tabs, unicode};

/// A case mapping.
pub fn mapped(vm: &Vm, this: &Value, full: fn(&str) -> String) -> R {
    Ok(Value::string(full(string(vm, this)?.as_str())))
}

/// As [`mapped`], with a short way for ASCII.
pub fn mapped_in_place(vm: &Vm, this: &Value, ascii: fn(&mut str), full: fn(&str) -> String) -> R {
    let this = string(vm, this)?;
    if this.is_ascii() {
        return Ok(Value::Str(Str::ascii_changed(this.as_str(), ascii)));
    }
    Ok(Value::string(full(this.as_str())))
}

/// Which ends are stripped.
fn trimmed(vm: &Vm, method: &str, args: &[Value], left: bool, right: bool) -> R {
    let this = string(vm, &args[0])?;
    let text = this.as_str();
    let result = if args[1].is_none_or_missing() {
        trim(text, left, right, unicode::is_space)
    } else {
        match args[1].as_str() {
            Some(chars) => match ascii_set(chars.as_str()) {
                Some(set) => trim(text, left, right, |c| (c as u32) < 128 && set >> (c as u32) & 1 == 1),
                None => trim(text, left, right, |c| chars.as_str().contains(c)),
            },
            None => return Err(vm.type_error(format!("{method} arg must be None or str"))),
        }
    };
    Ok(if result.len() == text.len() { Value::Str(this.clone()) } else { Value::str(result) })
}

/// A bit for each of these ASCII letters; None when others are among them.
fn ascii_set(chars: &str) -> Option<u128> {
    chars.bytes().try_fold(0u128, |set, byte| byte.is_ascii().then(|| set | 1 << byte))
}

fn trim(text: &str, left: bool, right: bool, drop: impl Fn(char) -> bool) -> &str {
    let text = if left { text.trim_start_matches(&drop) } else { text };
    if right { text.trim_end_matches(&drop) } else { text }
}

pub fn strip(vm: &Vm, args: &[Value]) -> R {
    trimmed(vm, "strip", args, true, true)
}

pub fn lstrip(vm: &Vm, args: &[Value]) -> R {
    trimmed(vm, "lstrip", args, true, false)
}

pub fn rstrip(vm: &Vm, args: &[Value]) -> R {
    trimmed(vm, "rstrip", args, false, true)
}

/// The text between `left` and `right` fill characters, as `share` splits the missing width.
fn padded(vm: &Vm, args: &[Value], share: fn(usize, usize) -> usize) -> R {
    let this = string(vm, &args[0])?;
    let width = index_or(vm, &args[1], 0)?;
    let fill = match &args[2] {
        Value::Missing => ' ',
        given => fill_char(vm, given)?,
    };
    let chars = this.chars();
    let width = usize::try_from(width).unwrap_or(0);
    if width <= chars {
        return Ok(Value::Str(this.clone()));
    }
    let missing = width - chars;
    let left = share(missing, width);
    let mut out = vm.text_room(this.len().saturating_add(missing.saturating_mul(fill.len_utf8())))?;
    out.extend(std::iter::repeat_n(fill, left));
    out.push_str(this.as_str());
    out.extend(std::iter::repeat_n(fill, missing - left));
    Ok(Value::Str(Str::with_chars(out, width)))
}

fn fill_char(vm: &Vm, value: &Value) -> R<char> {
    let Some(text) = value.as_str() else {
        let got = vm.type_name(value);
        return Err(vm.type_error(format!("The fill character must be a unicode character, not {got}")));
    };
    let mut chars = text.as_str().chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(vm.type_error("The fill character must be exactly one character long")),
    }
}

pub fn center(vm: &Vm, args: &[Value]) -> R {
    // The odd one goes to the left when the width is odd too (CPython `Objects/unicodeobject.c`, `str.center`).
    padded(vm, args, |missing, width| missing / 2 + (missing & width & 1))
}

pub fn ljust(vm: &Vm, args: &[Value]) -> R {
    padded(vm, args, |_, _| 0)
}

pub fn rjust(vm: &Vm, args: &[Value]) -> R {
    padded(vm, args, |missing, _| missing)
}

pub fn zfill(vm: &Vm, this: &Value, width: &Value) -> R {
    let this = string(vm, this)?;
    let width = usize::try_from(size_argument(vm, width)?).unwrap_or(0);
    let chars = this.chars();
    if width <= chars {
        return Ok(Value::Str(this.clone()));
    }
    let mut out = vm.text_room(this.len().saturating_add(width - chars))?;
    let text = this.as_str();
    let (sign, digits) = match text.chars().next() {
        Some('+' | '-') => text.split_at(1),
        _ => ("", text),
    };
    out.push_str(sign);
    out.extend(std::iter::repeat_n('0', width - chars));
    out.push_str(digits);
    Ok(Value::string(out))
}

/// The argument of `expandtabs`, a C int in CPython; negative ones count as 0.
pub fn tab_size(vm: &Vm, value: &Value) -> R<usize> {
    if value.is_missing() {
        return Ok(8);
    }
    match vm.index(value)?.as_i64().map(i32::try_from) {
        Some(Ok(size)) => Ok(usize::try_from(size).unwrap_or(0)),
        _ => Err(vm.overflow_error("Python int too large to convert to C int")),
    }
}

pub fn expandtabs(vm: &Vm, args: &[Value]) -> R {
    let this = string(vm, &args[0])?;
    let size = tab_size(vm, &args[1])?;
    let tabs = this.as_str().matches('\t').count();
    if tabs.saturating_mul(size) > MAX_TEXT {
        return Err(vm.memory_error());
    }
    Ok(Value::string(tabs::expanded(this.as_str(), size)))
}

pub fn translate(vm: &Vm, this: &Value, table: &Value) -> R {
    let this: Ref<Str> = string(vm, this)?.clone();
    let mut out = String::with_capacity(this.len());
    for c in this.as_str().chars() {
        let found = match vm.get_item(table, &Value::Int(c as i64)) {
            Ok(found) => found,
            Err(raised) if vm.matches(&vm.peek_raised(&raised), T::LookupError) => {
                drop(vm.take_raised(raised));
                out.push(c);
                continue;
            }
            Err(raised) => return Err(raised),
        };
        if let Some(text) = found.as_str() {
            out.push_str(text.as_str());
        } else if found.is_int() {
            out.push(mapped_char(vm, &found)?);
        } else if !found.is_none() {
            return Err(vm.type_error("character mapping must return integer, None or str"));
        }
    }
    Ok(Value::string(out))
}

fn mapped_char(vm: &Vm, code: &Value) -> R<char> {
    let c = code.as_i64().and_then(|n| u32::try_from(n).ok()).and_then(char::from_u32);
    c.ok_or_else(|| vm.value_error("character mapping must be in range(0x110000)"))
}

pub fn maketrans(vm: &Vm, args: &[Value]) -> R {
    let table = Dict::new();
    let put = |key: char, value: Value| vm.dict_set(&table, Value::Int(key as i64), value);
    if args[1].is_missing() {
        let Some(dict) = args[0].as_dict() else {
            return Err(vm.type_error("if you give only one argument to maketrans it must be a dict"));
        };
        for (key, value) in dict.entries() {
            if key.is_int() {
                vm.dict_set(&table, key, value)?;
                continue;
            }
            let Some(text) = key.as_str() else {
                return Err(vm.type_error("keys in translate table must be strings or integers"));
            };
            let mut chars = text.as_str().chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => put(c, value)?,
                _ => return Err(vm.value_error("string keys in translate table must be of length 1")),
            }
        }
        return Ok(Value::dict(table));
    }
    for at in [1, 2] {
        if !args[at].is_missing() && args[at].as_str().is_none() {
            return Err(wrong_maketrans(vm, at + 1, &args[at]));
        }
    }
    let Some(from) = args[0].as_str() else {
        return Err(vm.type_error("first maketrans argument must be a string if there is a second argument"));
    };
    let Some(to) = args[1].as_str() else { return Err(wrong_maketrans(vm, 2, &args[1])) };
    if from.chars() != to.chars() {
        return Err(vm.value_error("the first two maketrans arguments must have equal length"));
    }
    for (a, b) in from.as_str().chars().zip(to.as_str().chars()) {
        put(a, Value::Int(b as i64))?;
    }
    if !args[2].is_missing() {
        let Some(gone) = args[2].as_str() else { return Err(wrong_maketrans(vm, 3, &args[2])) };
        for c in gone.as_str().chars() {
            put(c, Value::None)?;
        }
    }
    Ok(Value::dict(table))
}

#[cold]
fn wrong_maketrans(vm: &Vm, at: usize, value: &Value) -> Raised {
    vm.type_error(format!("maketrans() argument {at} must be str, not {}", argument_name(vm, value)))
}

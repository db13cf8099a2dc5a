//! Methods of `str` that look for text: `find`, `count`, `replace`, `startswith` and their like. Indices of scripts are
//! code points, those of the texts bytes.

use crate::modules::support::{argument_name, bounds, index_or, string};
use crate::object::{R, Raised, Ref, Str, Value, Vm};

/// A method's str argument: `find() argument 1 must be str, not int`.
fn needle<'a>(vm: &Vm, method: &str, at: usize, value: &'a Value) -> R<&'a Ref<Str>> {
    match value.as_str() {
        Some(s) => Ok(s),
        None => Err(wrong_needle(vm, method, at, value)),
    }
}

#[cold]
fn wrong_needle(vm: &Vm, method: &str, at: usize, value: &Value) -> Raised {
    vm.type_error(format!("{method}() argument {at} must be str, not {}", argument_name(vm, value)))
}

/// The part of the text that `start` and `end` leave, with its offset; `None` when `start` lies past the end.
fn window<'a>(vm: &Vm, this: &'a Str, start: &Value, end: &Value) -> R<Option<(&'a str, usize)>> {
    if start.is_none_or_missing() && end.is_none_or_missing() {
        return Ok(Some((this.as_str(), 0)));
    }
    let chars = this.chars();
    let (from, to) = bounds(vm, start, end, chars)?;
    if from > chars {
        return Ok(None);
    }
    let (from, to) = (this.byte_offset(from), this.byte_offset(to));
    Ok((from <= to).then(|| (&this.as_str()[from..to], from)))
}

/// The index of the first or last occurrence.
fn locate(vm: &Vm, method: &str, args: &[Value], last: bool) -> R<Option<usize>> {
    let this = string(vm, &args[0])?;
    let sub = needle(vm, method, 1, &args[1])?;
    let Some((part, offset)) = window(vm, this, &args[2], &args[3])? else { return Ok(None) };
    let at = if last { part.rfind(sub.as_str()) } else { part.find(sub.as_str()) };
    Ok(at.map(|at| this.char_index(offset + at)))
}

pub fn find(vm: &Vm, args: &[Value]) -> R {
    Ok(locate(vm, "find", args, false)?.map_or(Value::Int(-1), Value::size))
}

pub fn rfind(vm: &Vm, args: &[Value]) -> R {
    Ok(locate(vm, "rfind", args, true)?.map_or(Value::Int(-1), Value::size))
}

pub fn index(vm: &Vm, args: &[Value]) -> R {
    let found = locate(vm, "index", args, false)?;
    found.map(Value::size).ok_or_else(|| vm.value_error("substring not found"))
}

pub fn rindex(vm: &Vm, args: &[Value]) -> R {
    let found = locate(vm, "rindex", args, true)?;
    found.map(Value::size).ok_or_else(|| vm.value_error("substring not found"))
}

pub fn count(vm: &Vm, args: &[Value]) -> R {
    let this = string(vm, &args[0])?;
    let sub = needle(vm, "count", 1, &args[1])?;
    let Some((part, _)) = window(vm, this, &args[2], &args[3])? else { return Ok(Value::Int(0)) };
    Ok(Value::size(if sub.is_empty() { part.chars().count() + 1 } else { part.matches(sub.as_str()).count() }))
}

pub fn replace(vm: &Vm, args: &[Value]) -> R {
    let this = string(vm, &args[0])?;
    let old = needle(vm, "replace", 1, &args[1])?;
    let new = needle(vm, "replace", 2, &args[2])?;
    let most = match index_or(vm, &args[3], -1)? {
        n if n < 0 => usize::MAX,
        n => n as usize,
    };
    let text = this.as_str();
    let found = if most == 1 { usize::from(text.contains(old.as_str())) } else { text.matches(old.as_str()).count() };
    let found = found.min(most);
    if found == 0 {
        return Ok(Value::Str(this.clone()));
    }
    let more = found.saturating_mul(new.len());
    let mut out = vm.text_room((text.len() - found * old.len()).saturating_add(more))?;
    let mut done = 0;
    for (at, _) in text.match_indices(old.as_str()).take(found) {
        out.push_str(&text[done..at]);
        out.push_str(new.as_str());
        done = at + old.len();
    }
    out.push_str(&text[done..]);
    Ok(Value::string(out))
}

/// Whether the text starts (or ends) with one of the affixes.
fn affixed(vm: &Vm, method: &str, args: &[Value], fits: fn(&str, &str) -> bool) -> R {
    let this = string(vm, &args[0])?;
    let part = window(vm, this, &args[2], &args[3])?;
    let test = |affix: &Str| Value::bool(part.is_some_and(|(part, _)| fits(part, affix.as_str())));
    if let Some(affix) = args[1].as_str() {
        return Ok(test(affix));
    }
    let Some(tuple) = args[1].as_tuple() else {
        let got = vm.type_name(&args[1]);
        return Err(vm.type_error(format!("{method} first arg must be str or a tuple of str, not {got}")));
    };
    for affix in tuple.iter() {
        let Some(affix) = affix.as_str() else {
            let got = vm.type_name(affix);
            return Err(vm.type_error(format!("tuple for {method} must only contain str, not {got}")));
        };
        if let Value::True = test(affix) {
            return Ok(Value::True);
        }
    }
    Ok(Value::False)
}

pub fn startswith(vm: &Vm, args: &[Value]) -> R {
    affixed(vm, "startswith", args, |text, affix| text.starts_with(affix))
}

pub fn endswith(vm: &Vm, args: &[Value]) -> R {
    affixed(vm, "endswith", args, |text, affix| text.ends_with(affix))
}

pub fn removeprefix(vm: &Vm, this: &Value, prefix: &Value) -> R {
    let this = string(vm, this)?;
    let Some(affix) = prefix.as_str() else { return Err(wrong_affix(vm, "removeprefix", prefix)) };
    Ok(match this.as_str().strip_prefix(affix.as_str()) {
        Some(rest) if !affix.is_empty() => Value::str(rest),
        _ => Value::Str(this.clone()),
    })
}

pub fn removesuffix(vm: &Vm, this: &Value, suffix: &Value) -> R {
    let this = string(vm, this)?;
    let Some(affix) = suffix.as_str() else { return Err(wrong_affix(vm, "removesuffix", suffix)) };
    Ok(match this.as_str().strip_suffix(affix.as_str()) {
        Some(rest) if !affix.is_empty() => Value::str(rest),
        _ => Value::Str(this.clone()),
    })
}

#[cold]
fn wrong_affix(vm: &Vm, method: &str, value: &Value) -> Raised {
    vm.type_error(format!("{method}() argument must be str, not {}", argument_name(vm, value)))
}

//! Methods of `str` that take a text apart: `split`, `splitlines`, `partition` and their like.

use crate::modules::support::{flag, index_or, string};
use crate::object::{R, Raised, Ref, Str, Value, Vm};
use crate::text::unicode;

/// The text, the separator (`None`: whitespace) and how many splits at most.
type Split<'a> = (&'a Ref<Str>, Option<&'a Ref<Str>>, usize);

fn arguments<'a>(vm: &Vm, args: &'a [Value]) -> R<Split<'a>> {
    let this = string(vm, &args[0])?;
    let most = match index_or(vm, &args[2], -1)? {
        n if n < 0 => usize::MAX,
        n => n as usize,
    };
    if args[1].is_none_or_missing() {
        return Ok((this, None, most));
    }
    match args[1].as_str() {
        Some(separator) if separator.is_empty() => Err(vm.value_error("empty separator")),
        Some(separator) => Ok((this, Some(separator), most)),
        None => Err(vm.type_error(format!("must be str or None, not {}", vm.type_name(&args[1])))),
    }
}

pub fn split(vm: &Vm, args: &[Value]) -> R {
    let (this, separator, most) = arguments(vm, args)?;
    let text = this.as_str();
    let items = match separator {
        Some(separator) if most == usize::MAX => text.split(separator.as_str()).map(Value::str).collect(),
        Some(separator) => text.splitn(most.saturating_add(1), separator.as_str()).map(Value::str).collect(),
        None => words(text, most),
    };
    Ok(Value::list(items))
}

/// What whitespace separates; after `most` splits the rest keeps its inner and trailing whitespace.
fn words(text: &str, most: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut rest = text.trim_start_matches(unicode::is_space);
    while !rest.is_empty() {
        if items.len() == most {
            items.push(Value::str(rest));
            break;
        }
        let end = rest.find(unicode::is_space).unwrap_or(rest.len());
        items.push(Value::str(&rest[..end]));
        rest = rest[end..].trim_start_matches(unicode::is_space);
    }
    items
}

pub fn rsplit(vm: &Vm, args: &[Value]) -> R {
    let (this, separator, most) = arguments(vm, args)?;
    let text = this.as_str();
    let mut items: Vec<Value> = match separator {
        Some(separator) => text.rsplitn(most.saturating_add(1), separator.as_str()).map(Value::str).collect(),
        None => {
            let mut items = Vec::new();
            let mut rest = text.trim_end_matches(unicode::is_space);
            while !rest.is_empty() {
                if items.len() == most {
                    items.push(Value::str(rest));
                    break;
                }
                let start = rest.char_indices().rev().find(|&(_, c)| unicode::is_space(c));
                let start = start.map_or(0, |(i, c)| i + c.len_utf8());
                items.push(Value::str(&rest[start..]));
                rest = rest[..start].trim_end_matches(unicode::is_space);
            }
            items
        }
    };
    items.reverse();
    Ok(Value::list(items))
}

pub fn splitlines(vm: &Vm, args: &[Value]) -> R {
    let this = string(vm, &args[0])?;
    let keep = flag(vm, &args[1], false)?;
    Ok(Value::list(unicode::split_lines(this.as_str(), keep).into_iter().map(Value::str).collect()))
}

fn separator<'a>(vm: &Vm, value: &'a Value) -> R<&'a Ref<Str>> {
    match value.as_str() {
        Some(s) if s.is_empty() => Err(vm.value_error("empty separator")),
        Some(s) => Ok(s),
        None => Err(wrong_separator(vm, value)),
    }
}

#[cold]
fn wrong_separator(vm: &Vm, value: &Value) -> Raised {
    vm.type_error(format!("must be str, not {}", vm.type_name(value)))
}

pub fn partition(vm: &Vm, this: &Value, sep: &Value) -> R {
    // Where nothing is found the object itself is a part, of whatever class it is.
    let (whole, this, sep) = (this, string(vm, this)?, separator(vm, sep)?);
    Ok(Value::tuple(match this.as_str().split_once(sep.as_str()) {
        Some((head, tail)) => vec![Value::str(head), Value::Str(sep.clone()), Value::str(tail)],
        None => vec![whole.clone(), Value::str(""), Value::str("")],
    }))
}

pub fn rpartition(vm: &Vm, this: &Value, sep: &Value) -> R {
    let (whole, this, sep) = (this, string(vm, this)?, separator(vm, sep)?);
    Ok(Value::tuple(match this.as_str().rsplit_once(sep.as_str()) {
        Some((head, tail)) => vec![Value::str(head), Value::Str(sep.clone()), Value::str(tail)],
        None => vec![Value::str(""), Value::str(""), whole.clone()],
    }))
}

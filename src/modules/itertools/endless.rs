//! Iterators that may go on for ever: `count`, `cycle`, `repeat`.

use super::{arguments, made};
use crate::intern::sym;
use crate::interp::BinaryOp;
use crate::modules::support::{self, no_keywords, size_argument};
use crate::object::iter::Ready;
use crate::object::{Args, Class, NextFn, R, Ref, T, Value, Vm};

/// `count(start=0, step=1)`
pub fn count(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let [start, step] = arguments(vm, "count", &args, ["start", "step"], 0)?;
    for given in [&start, &step] {
        if !given.is_missing() && !is_number(vm, given) {
            return Err(vm.type_error("a number is required"));
        }
    }
    let step = if step.is_missing() { Value::Int(1) } else { step };
    let next = match start {
        Value::Missing => Value::Int(0),
        // Counted by ones, what is an int is a plain one.
        start if start.is_int() && matches!(step, Value::Int(1) | Value::True) => vm.index(&start)?,
        start => start,
    };
    Ok(made(class, Count { next, step }))
}

fn is_number(vm: &Vm, value: &Value) -> bool {
    matches!(value.base(), Value::Int(_) | Value::Float(_) | Value::Complex(_))
        || [sym::__int__, sym::__index__, sym::__float__, sym::__complex__]
            .into_iter()
            .any(|name| vm.special(value, name).is_some())
}

struct Count {
    next: Value,
    step: Value,
}

impl NextFn for Count {
    fn ready(&mut self) -> Ready {
        if let (Value::Int(now), Value::Int(step)) = (&self.next, &self.step)
            && let Some(after) = now.checked_add(*step)
        {
            let now = *now;
            self.next = Value::Int(after);
            return Ready::Item(Value::Int(now));
        }
        Ready::Ask
    }

    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        let after = vm.binary(BinaryOp::Add, &self.next, &self.step)?;
        Ok(Some(std::mem::replace(&mut self.next, after)))
    }

    fn class(&self) -> T {
        T::Count
    }

    fn shown(&self) -> Option<Vec<Value>> {
        let mut shown = vec![self.next.clone()];
        if !matches!(self.step, Value::Int(1) | Value::True) {
            shown.push(self.step.clone());
        }
        Some(shown)
    }
}

/// `cycle(iterable)`
pub fn cycle(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "cycle", &args)?;
    support::count(vm, "cycle", &args, 1, 1)?;
    let iterator = vm.iter(&args.positional[0])?;
    Ok(made(class, Cycle { iterator: Some(iterator), saved: Vec::new(), at: 0 }))
}

struct Cycle {
    /// Until its first end.
    iterator: Option<Value>,
    saved: Vec<Value>,
    at: usize,
}

impl NextFn for Cycle {
    fn ready(&mut self) -> Ready {
        if self.iterator.is_some() {
            return Ready::Ask;
        }
        match self.saved.get(self.at).or(self.saved.first()) {
            Some(item) => {
                self.at = if self.at < self.saved.len() { self.at + 1 } else { 1 };
                Ready::Item(item.clone())
            }
            None => Ready::End,
        }
    }

    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        if let Some(iterator) = &self.iterator {
            if let Some(item) = vm.next(iterator)? {
                if self.saved.try_reserve(1).is_err() {
                    return Err(vm.memory_error());
                }
                self.saved.push(item.clone());
                return Ok(Some(item));
            }
            self.iterator = None;
        }
        Ok(match self.ready() {
            Ready::Item(item) => Some(item),
            Ready::End | Ready::Ask => None,
        })
    }

    fn class(&self) -> T {
        T::Cycle
    }
}

/// `repeat(object, times)`
pub fn repeat(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let [object, times] = arguments(vm, "repeat", &args, ["object", "times"], 1)?;
    let left = if times.is_missing() { None } else { Some(size_argument(vm, &times)?.max(0) as usize) };
    Ok(made(class, Repeat { object, left }))
}

struct Repeat {
    object: Value,
    /// None: for ever.
    left: Option<usize>,
}

impl NextFn for Repeat {
    fn ready(&mut self) -> Ready {
        match &mut self.left {
            // Not the end: what is over still says what it repeated.
            Some(0) => return Ready::Ask,
            Some(left) => *left -= 1,
            None => {}
        }
        Ready::Item(self.object.clone())
    }

    fn next(&mut self, _vm: &Vm) -> R<Option<Value>> {
        Ok(None)
    }

    fn class(&self) -> T {
        T::Repeat
    }

    fn length_hint(&self) -> Option<usize> {
        self.left
    }

    fn shown(&self) -> Option<Vec<Value>> {
        Some(std::iter::once(self.object.clone()).chain(self.left.map(Value::size)).collect())
    }
}

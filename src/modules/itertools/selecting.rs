//! Iterators that give some items of another: `compress`, `dropwhile`, `takewhile`, `filterfalse`, `islice`.

use super::{arguments, made};
use crate::modules::support::{count, no_keywords};
use crate::object::{Args, Class, NextFn, R, Ref, T, Value, Vm};

/// `compress(data, selectors)`
pub fn compress(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let [data, selectors] = arguments(vm, "compress", &args, ["data", "selectors"], 2)?;
    let (data, selectors) = (vm.iter(&data)?, vm.iter(&selectors)?);
    Ok(made(class, Compress { data, selectors }))
}

struct Compress {
    data: Value,
    selectors: Value,
}

impl NextFn for Compress {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        while let Some(item) = vm.next(&self.data)? {
            let Some(selector) = vm.next(&self.selectors)? else { break };
            if vm.is_true(&selector)? {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    fn class(&self) -> T {
        T::Compress
    }
}

/// The function and the iterator that three of them are made of.
fn of_function(vm: &Vm, class: &Ref<Class>, name: &str, args: &Args) -> R<(Value, Value)> {
    no_keywords(vm, class, name, args)?;
    count(vm, name, args, 2, 2)?;
    Ok((args.positional[0].clone(), vm.iter(&args.positional[1])?))
}

fn holds(vm: &Vm, predicate: &Value, item: &Value) -> R<bool> {
    let verdict = vm.call1(predicate, item)?;
    vm.is_true(&verdict)
}

/// `dropwhile(predicate, iterable)`
pub fn dropwhile(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let (predicate, iterator) = of_function(vm, class, "dropwhile", &args)?;
    Ok(made(class, DropWhile { predicate, iterator, begun: false }))
}

struct DropWhile {
    predicate: Value,
    iterator: Value,
    begun: bool,
}

impl NextFn for DropWhile {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        while let Some(item) = vm.next(&self.iterator)? {
            if self.begun || !holds(vm, &self.predicate, &item)? {
                self.begun = true;
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    fn class(&self) -> T {
        T::DropWhile
    }
}

/// `takewhile(predicate, iterable)`
pub fn takewhile(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let (predicate, iterator) = of_function(vm, class, "takewhile", &args)?;
    Ok(made(class, TakeWhile { predicate, iterator, over: false }))
}

struct TakeWhile {
    predicate: Value,
    iterator: Value,
    over: bool,
}

impl NextFn for TakeWhile {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        if self.over {
            return Ok(None);
        }
        let Some(item) = vm.next(&self.iterator)? else { return Ok(None) };
        self.over = !holds(vm, &self.predicate, &item)?;
        Ok(if self.over { None } else { Some(item) })
    }

    fn class(&self) -> T {
        T::TakeWhile
    }
}

/// `filterfalse(function, iterable)`
pub fn filterfalse(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let (predicate, iterator) = of_function(vm, class, "filterfalse", &args)?;
    Ok(made(class, FilterFalse { predicate, iterator }))
}

struct FilterFalse {
    /// None: the item itself is asked.
    predicate: Value,
    iterator: Value,
}

impl NextFn for FilterFalse {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        while let Some(item) = vm.next(&self.iterator)? {
            let drops = if self.predicate.is_none() { vm.is_true(&item)? } else { holds(vm, &self.predicate, &item)? };
            if !drops {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    fn class(&self) -> T {
        T::FilterFalse
    }
}

/// `islice(iterable, stop)`, `islice(iterable, start, stop, step=1)`
pub fn islice(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "islice", &args)?;
    count(vm, "islice", &args, 2, 4)?;
    let (start, stop, step) = match args.positional {
        [_, stop] => (&Value::None, stop, &Value::None),
        [_, start, stop] => (start, stop, &Value::None),
        [_, start, stop, step, ..] => (start, stop, step),
        _ => (&Value::None, &Value::None, &Value::None),
    };
    let wrong =
        |what: &str| vm.value_error(format!("{what} for islice() must be None or an integer: 0 <= x <= sys.maxsize."));
    // What is no size, for whatever reason, is told as a bound out of range.
    let bound = |value: &Value| match vm.index_i64(value) {
        Ok(n) => Some(n),
        Err(raised) => {
            drop(vm.take_raised(raised));
            None
        }
    };
    let start = if start.is_none() { 0 } else { bound(start).unwrap_or(-1) };
    let stop = match stop {
        Value::None => None,
        stop => Some(bound(stop).filter(|&n| n != -1).ok_or_else(|| wrong("Stop argument"))?),
    };
    let (Ok(start), Ok(stop)) = (usize::try_from(start), stop.map(usize::try_from).transpose()) else {
        return Err(wrong("Indices"));
    };
    let step = if step.is_none() { 1 } else { bound(step).unwrap_or(0) };
    let Some(step) = usize::try_from(step).ok().filter(|&step| step > 0) else {
        return Err(vm.value_error("Step for islice() must be a positive integer or None."));
    };
    let iterator = vm.iter(&args.positional[0])?;
    Ok(made(class, Slice { iterator: Some(iterator), at: 0, wanted: start, stop: stop.unwrap_or(usize::MAX), step }))
}

struct Slice {
    /// Until the end or an error.
    iterator: Option<Value>,
    /// How many items were taken.
    at: usize,
    /// The position of the next item to give.
    wanted: usize,
    stop: usize,
    step: usize,
}

impl Slice {
    fn step(&mut self, vm: &Vm, iterator: &Value) -> R<Option<Value>> {
        while self.at < self.wanted {
            if vm.next(iterator)?.is_none() {
                return Ok(None);
            }
            self.at += 1;
        }
        if self.at >= self.stop {
            return Ok(None);
        }
        let item = vm.next(iterator)?;
        self.at += 1;
        self.wanted = self.wanted.saturating_add(self.step).min(self.stop);
        Ok(item)
    }
}

impl NextFn for Slice {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        let Some(iterator) = self.iterator.take() else { return Ok(None) };
        let result = self.step(vm, &iterator);
        if matches!(result, Ok(Some(_))) {
            self.iterator = Some(iterator);
        }
        result
    }

    fn class(&self) -> T {
        T::ISlice
    }
}

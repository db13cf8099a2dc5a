//! Iterators that make one of several, or new items of items: `chain`, `zip_longest`, `starmap`, `accumulate`.

use super::{arguments, made};
use crate::interp::BinaryOp;
use crate::modules::support::{count, no_keywords};
use crate::object::{Args, Class, NextFn, R, Ref, T, Tuple, Value, Vm};

/// `chain(*iterables)`
pub fn chain(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "chain", &args)?;
    let source = vm.iter(&Value::tuple(args.positional.to_vec()))?;
    Ok(made(class, Chain { source: Some(source), active: None }))
}

/// `chain.from_iterable(iterable)`
pub fn chain_of(vm: &Vm, class: &Value, iterable: &Value) -> R {
    let source = vm.iter(iterable)?;
    let own = vm.class(T::Chain);
    let class = if let Value::Class(class) = class { class } else { own };
    Ok(made(class, Chain { source: Some(source), active: None }))
}

struct Chain {
    /// Of iterables.
    source: Option<Value>,
    active: Option<Value>,
}

impl NextFn for Chain {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        loop {
            if let Some(active) = &self.active {
                if let Some(item) = vm.next(active)? {
                    return Ok(Some(item));
                }
                self.active = None;
            }
            let Some(source) = &self.source else { return Ok(None) };
            let next = vm.next(source).and_then(|next| next.map(|iterable| vm.iter(&iterable)).transpose());
            match next {
                Ok(Some(iterator)) => self.active = Some(iterator),
                ended => {
                    self.source = None;
                    return ended;
                }
            }
        }
    }

    fn class(&self) -> T {
        T::Chain
    }
}

/// `zip_longest(*iterables, fillvalue=None)`
pub fn zip_longest(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let fill = match args.keywords {
        [] => Value::None,
        [(name, fill)] if name.as_str() == "fillvalue" => fill.clone(),
        _ => return Err(vm.type_error("zip_longest() got an unexpected keyword argument")),
    };
    let iterators: Vec<_> = args.positional.iter().map(|item| vm.iter(item).map(Some)).collect::<R<_>>()?;
    Ok(made(class, ZipLongest { active: iterators.len(), iterators, fill }))
}

struct ZipLongest {
    iterators: Vec<Option<Value>>,
    active: usize,
    fill: Value,
}

impl ZipLongest {
    /// The item at a place; `None` when that was the last iterator's end.
    fn item(&mut self, vm: &Vm, at: usize) -> R<Option<Value>> {
        if let Some(iterator) = &self.iterators[at] {
            if let Some(item) = vm.next(iterator)? {
                return Ok(Some(item));
            }
            self.active -= 1;
            if self.active == 0 {
                return Ok(None);
            }
            self.iterators[at] = None;
        }
        Ok(Some(self.fill.clone()))
    }
}

impl NextFn for ZipLongest {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        if self.active == 0 {
            return Ok(None);
        }
        let mut row = Vec::with_capacity(self.iterators.len());
        for at in 0..self.iterators.len() {
            match self.item(vm, at) {
                Ok(Some(item)) => row.push(item),
                Ok(None) => return Ok(None),
                Err(raised) => {
                    self.active = 0;
                    return Err(raised);
                }
            }
        }
        Ok(Some(Value::Tuple(Tuple::new(row))))
    }

    fn class(&self) -> T {
        T::ZipLongest
    }
}

/// `starmap(function, iterable)`
pub fn starmap(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "starmap", &args)?;
    count(vm, "starmap", &args, 2, 2)?;
    let iterator = vm.iter(&args.positional[1])?;
    Ok(made(class, StarMap { function: args.positional[0].clone(), iterator }))
}

struct StarMap {
    function: Value,
    iterator: Value,
}

impl NextFn for StarMap {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        let Some(args) = vm.next(&self.iterator)? else { return Ok(None) };
        let called = match &args {
            Value::Tuple(args) => vm.call(&self.function, Args::positional(args)),
            other => vm.call(&self.function, Args::positional(&vm.collect(other)?)),
        };
        called.map(Some)
    }

    fn class(&self) -> T {
        T::StarMap
    }
}

/// `accumulate(iterable, func=None, *, initial=None)`
pub fn accumulate(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    if args.positional.len() == 3 && args.keywords.is_empty() {
        return Err(vm.type_error("accumulate() takes at most 2 positional arguments (3 given)"));
    }
    let [iterable, function, initial] = arguments(vm, "accumulate", &args, ["iterable", "func", "initial"], 1)?;
    let iterator = vm.iter(&iterable)?;
    let given = |value: Value| if value.is_none_or_missing() { None } else { Some(value) };
    Ok(made(class, Accumulate { iterator, function: given(function), initial: given(initial), total: None }))
}

struct Accumulate {
    iterator: Value,
    /// None: the sum.
    function: Option<Value>,
    /// Until it was given.
    initial: Option<Value>,
    total: Option<Value>,
}

impl NextFn for Accumulate {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        if let Some(initial) = self.initial.take() {
            self.total = Some(initial.clone());
            return Ok(Some(initial));
        }
        let Some(item) = vm.next(&self.iterator)? else { return Ok(None) };
        let total = match (&self.total, &self.function) {
            (None, _) => item,
            (Some(total), None) => vm.binary(BinaryOp::Add, total, &item)?,
            (Some(total), Some(function)) => vm.call2(function, total, &item)?,
        };
        self.total = Some(total.clone());
        Ok(Some(total))
    }

    fn class(&self) -> T {
        T::Accumulate
    }
}

//! Iterators that give neighbours together: `batched`, `pairwise`, `groupby`.

use std::rc::Rc;

use super::{arguments, made};
use crate::modules::support::{count, flag, no_keywords, size_argument};
use crate::object::{Args, Class, Iter, Iteration, NextFn, R, Ref, Swap, T, Tuple, Value, Vm};

/// `batched(iterable, n, *, strict=False)`
pub fn batched(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    if args.positional.len() == 3 && args.keywords.is_empty() {
        return Err(vm.type_error("batched() takes at most 2 positional arguments (3 given)"));
    }
    let [iterable, n, strict] = arguments(vm, "batched", &args, ["iterable", "n", "strict"], 2)?;
    let (n, strict) = (size_argument(vm, &n)?, flag(vm, &strict, false)?);
    let Some(n) = usize::try_from(n).ok().filter(|&n| n > 0) else {
        return Err(vm.value_error("n must be at least one"));
    };
    Ok(made(class, Batched { iterator: Some(vm.iter(&iterable)?), n, strict }))
}

struct Batched {
    /// Until a batch was not full.
    iterator: Option<Value>,
    n: usize,
    strict: bool,
}

impl NextFn for Batched {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        let Some(iterator) = &self.iterator else { return Ok(None) };
        // A number that a script made up must not be trusted with memory.
        const TRUSTED: usize = 1 << 10;
        let mut batch = Vec::with_capacity(self.n.min(TRUSTED));
        while batch.len() < self.n {
            let Some(item) = vm.next(iterator)? else { break };
            if batch.try_reserve(1).is_err() {
                return Err(vm.memory_error());
            }
            batch.push(item);
        }
        if batch.len() < self.n {
            self.iterator = None;
            if batch.is_empty() {
                return Ok(None);
            }
            if self.strict {
                return Err(vm.value_error("batched(): incomplete batch"));
            }
        }
        Ok(Some(Value::Tuple(Tuple::new(batch))))
    }

    fn class(&self) -> T {
        T::Batched
    }
}

/// `pairwise(iterable)`
pub fn pairwise(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "pairwise", &args)?;
    count(vm, "pairwise", &args, 1, 1)?;
    let iterator = vm.iter(&args.positional[0])?;
    Ok(made(class, Pairwise { iterator: Some(iterator), before: None }))
}

struct Pairwise {
    /// Until the end or an error.
    iterator: Option<Value>,
    before: Option<Value>,
}

impl NextFn for Pairwise {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        let Some(iterator) = self.iterator.take() else { return Ok(None) };
        let first = match self.before.take() {
            Some(before) => before,
            None => match vm.next(&iterator)? {
                Some(first) => first,
                None => return Ok(None),
            },
        };
        let Some(second) = vm.next(&iterator)? else { return Ok(None) };
        self.iterator = Some(iterator);
        self.before = Some(second.clone());
        Ok(Some(Value::pair(first, second)))
    }

    fn class(&self) -> T {
        T::Pairwise
    }
}

/// `groupby(iterable, key=None)`
pub fn groupby(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let [iterable, key] = arguments(vm, "groupby", &args, ["iterable", "key"], 1)?;
    let missing = || Swap::new(Value::Missing);
    let groups = Groups {
        iterator: vm.iter(&iterable)?,
        key: if key.is_none_or_missing() { None } else { Some(key) },
        target: missing(),
        now: missing(),
        item: missing(),
        newest: std::cell::Cell::new(0),
    };
    Ok(made(class, GroupBy(Rc::new(groups))))
}

/// What a `groupby` shares with its groups.
struct Groups {
    iterator: Value,
    key: Option<Value>,
    /// The key of the newest group.
    target: Swap<Value>,
    /// The key of the item read last.
    now: Swap<Value>,
    /// The item read last, until a group gave it.
    item: Swap<Value>,
    /// Which group may still give items.
    newest: std::cell::Cell<u64>,
}

impl Groups {
    /// Reads one more item; false at the end.
    fn read(&self, vm: &Vm) -> R<bool> {
        let Some(item) = vm.next(&self.iterator)? else { return Ok(false) };
        let key = match &self.key {
            Some(key) => vm.call1(key, &item)?,
            None => item.clone(),
        };
        self.item.set(item);
        self.now.set(key);
        Ok(true)
    }
}

struct GroupBy(Rc<Groups>);

impl NextFn for GroupBy {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        let groups = &self.0;
        let group = groups.newest.get() + 1;
        groups.newest.set(group);
        loop {
            let (now, target) = (groups.now.get(), groups.target.get());
            if !now.is_missing() && (target.is_missing() || !vm.eq(&target, &now)?) {
                break;
            }
            if !groups.read(vm)? {
                return Ok(None);
            }
        }
        let key = groups.now.get();
        groups.target.set(key.clone());
        let members = Group { groups: groups.clone(), key: key.clone(), number: group };
        Ok(Some(Value::pair(key, Iter::new(Iteration::Custom(Box::new(members))))))
    }

    fn class(&self) -> T {
        T::GroupBy
    }
}

/// The items of one key.
struct Group {
    groups: Rc<Groups>,
    key: Value,
    number: u64,
}

impl NextFn for Group {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        let groups = &self.groups;
        if groups.newest.get() != self.number {
            return Ok(None);
        }
        if groups.item.get().is_missing() && !groups.read(vm)? {
            return Ok(None);
        }
        if !vm.eq(&self.key, &groups.now.get())? {
            return Ok(None);
        }
        Ok(Some(groups.item.replace(Value::Missing)).filter(|item| !item.is_missing()))
    }

    fn class(&self) -> T {
        T::Grouper
    }
}

//! Builtin functions that walk iterables: `all`, `any`, `iter`, `next`, `sorted`, `aiter`, `anext`.

use std::rc::Rc;

use crate::intern::{Symbol, sym};
use crate::interp::async_generator::AsyncItem;
use crate::modules::support::flag;
use crate::modules::types::sort;
use crate::object::traceback::GlobalSite;
use crate::object::{
    Args, Awaited, Body, Fun, Iter, Iteration, Machine, MachineKind, R, Ref, Row, Sent, Step, T, Value, Vm,
};

pub const ROWS: &[Row] = &[
    Row::function("all", "(iterable, /)", Fun::F1(all)),
    Row::function("any", "(iterable, /)", Fun::F1(any)),
    Row::function("iter", "(object, sentinel=None, /)", Fun::Bound(iter)),
    Row::function("next", "(iterator, default=None, /)", Fun::Bound(next)),
    Row::function("sorted", "(iterable, /, *, key=None, reverse=False)", Fun::Full(sorted)),
    Row::function("aiter", "(async_iterable, /)", Fun::F1(aiter)),
    Row::function("anext", "(async_iterator, default=None, /)", Fun::Bound(anext)).awaited(short_anext),
];

fn all(vm: &Vm, items: &Value) -> R {
    let mut all = true;
    vm.for_each(items, |item| {
        all = vm.is_true(&item)?;
        Ok(all)
    })?;
    Ok(Value::bool(all))
}

fn any(vm: &Vm, items: &Value) -> R {
    let mut any = false;
    vm.for_each(items, |item| {
        any = vm.is_true(&item)?;
        Ok(!any)
    })?;
    Ok(Value::bool(any))
}

fn iter(vm: &Vm, args: &[Value]) -> R {
    let [object, sentinel] = args else { return Ok(Value::None) };
    if sentinel.is_missing() {
        return vm.iter(object);
    }
    if !vm.is_callable(object) {
        return Err(vm.type_error("iter(v, w): v must be callable"));
    }
    Ok(Iter::new(Iteration::Callable { function: object.clone(), sentinel: sentinel.clone() }))
}

fn next(vm: &Vm, args: &[Value]) -> R {
    let [iterator, default] = args else { return Ok(Value::None) };
    if let Value::Machine(machine) = iterator
        && default.is_missing()
        && machine.kind == crate::object::MachineKind::Generator
    {
        // Its StopIteration carries what the generator returned.
        return vm.generator_send(machine, Value::None);
    }
    if default.is_missing()
        && !matches!(iterator, Value::Iter(_))
        && let Some(found) = vm.own_special(iterator, sym::__next__)
        && !found.is_none()
    {
        return vm.invoke0(&found, iterator, sym::__next__);
    }
    match vm.next(iterator)? {
        Some(item) => Ok(item),
        None if default.is_missing() => Err(vm.stop_iteration(Value::None)),
        None => Ok(default.clone()),
    }
}

fn sorted(vm: &Vm, args: Args) -> R {
    let [items] = args.positional else {
        return Err(vm.type_error(format!("sorted expected 1 argument, got {}", args.positional.len())));
    };
    let items = vm.collect(items)?;
    let (mut key, mut reverse) = (Value::None, false);
    for (name, value) in args.keywords {
        match name.as_str() {
            "key" => key = value.clone(),
            "reverse" => reverse = flag(vm, value, false)?,
            _ => return Err(vm.unknown_keyword("sort", *name, ["key", "reverse"])),
        }
    }
    sort(vm, &items, &key, reverse).map(Value::list)
}

fn aiter(vm: &Vm, object: &Value) -> R {
    let Some(found) = vm.call_special(object, sym::__aiter__, &[])? else {
        return Err(vm.type_error(format!("'{}' object is not an async iterable", vm.type_name(object))));
    };
    if vm.special(&found, sym::__anext__).is_none() {
        let got = vm.type_name(&found);
        return Err(vm.type_error(format!("aiter() returned not an async iterator of type '{got}'")));
    }
    Ok(found)
}

fn anext(vm: &Vm, args: &[Value]) -> R {
    let [iterator, default] = args else { return Ok(Value::None) };
    let Some(awaitable) = vm.call_special(iterator, sym::__anext__, &[])? else {
        return Err(vm.type_error(format!("'{}' object is not an async iterator", vm.type_name(iterator))));
    };
    if default.is_missing() {
        return Ok(awaitable);
    }
    Ok(vm.native_coroutine(NextOrDefault { awaitable, default: default.clone() }))
}

/// `await anext(generator)`: an async generator runs in place.
fn short_anext(vm: &Vm, args: &[Value]) -> R<Option<Awaited>> {
    let [Value::Machine(generator)] = args else { return Ok(None) };
    if generator.kind != MachineKind::AsyncGenerator {
        return Ok(None);
    }
    Ok(Some(match vm.async_item(generator, vm.site.get()) {
        Ok(AsyncItem::Ready(item)) => Awaited::Ready(item),
        Ok(AsyncItem::Later(step)) => Awaited::Stop(step),
        Ok(AsyncItem::End) => Awaited::Raised(vm.throw(vm.new_exception(T::StopAsyncIteration, Vec::new()))),
        Err(raised) => Awaited::Raised(raised),
    }))
}

/// `anext(iterator, default)`: waits for the next item; the end gives the default.
struct NextOrDefault {
    awaitable: Value,
    default: Value,
}

impl Body for NextOrDefault {
    fn resume(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> Step {
        let begun = machine.pc.replace(1) == 1;
        match sent {
            Sent::Value(item) if begun => Step::Return(item),
            Sent::Value(_) => match vm.await_iter(self.awaitable.clone()) {
                Ok(awaited) => Step::Await(awaited),
                Err(raised) => Step::Raised(raised),
            },
            Sent::Throw(exception) if begun && vm.matches(&exception, T::StopAsyncIteration) => {
                Step::Return(self.default.clone())
            }
            Sent::Throw(exception) => Step::Raised(vm.raise(exception)),
        }
    }

    fn name(&self) -> Symbol {
        Symbol::of_static("anext")
    }

    fn qualname(&self) -> Rc<str> {
        "anext".into()
    }

    fn needs_close(&self, _machine: &Machine) -> bool {
        false
    }

    fn site(&self, _machine: &Machine) -> Option<GlobalSite> {
        None
    }
}

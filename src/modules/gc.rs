//! The module `gc`. What it steers is [`crate::interp::collect`] and [`crate::object::cycles`].

use super::ModuleSpec;
use crate::intern::Symbol;
use crate::object::cycles::{self, Scope};
use crate::object::{Dict, Fun, Module, R, Ref, Row, Value, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "gc", rows: ROWS, init: Some(init), script: None };

const ROWS: &[Row] = &[
    Row::function("collect", "(generation=2)", Fun::F1(collect)),
    Row::function("enable", "()", Fun::F0(|vm| switch(vm, false))),
    Row::function("disable", "()", Fun::F0(|vm| switch(vm, true))),
    Row::function("isenabled", "()", Fun::F0(|vm| Ok(Value::bool(!vm.collector().is_off.get())))),
    Row::function("get_count", "()", Fun::F0(|_| Ok(numbers([0, 0, 0])))),
    Row::function("get_threshold", "()", Fun::F0(|vm| Ok(numbers(vm.collector().thresholds.get())))),
    Row::function("set_threshold", "(threshold0, threshold1=10, threshold2=10, /)", Fun::F3(set_threshold)),
    Row::function("get_objects", "(generation=None)", Fun::F1(|_, _| Ok(Value::list(cycles::objects())))),
    Row::function(
        "get_referents",
        "(*objs)",
        Fun::Full(|_, args| Ok(Value::list(args.positional.iter().flat_map(cycles::referents).collect()))),
    ),
    Row::function("get_referrers", "(*objs)", Fun::Full(|vm, args| Ok(Value::list(vm.referrers(args.positional))))),
    Row::function("is_tracked", "(obj, /)", Fun::F1(|_, value| Ok(Value::bool(cycles::is_tracked(value))))),
    Row::function("is_finalized", "(obj, /)", Fun::F1(|_, value| Ok(Value::bool(cycles::is_finalized(value))))),
    Row::function("get_stats", "()", Fun::F0(stats)),
    Row::function("get_debug", "()", Fun::F0(|_| Ok(Value::Int(0)))),
    Row::function("set_debug", "(flags, /)", Fun::F1(set_debug)),
    Row::function("freeze", "()", Fun::F0(|vm| freeze(vm, cycles::objects().len()))),
    Row::function("unfreeze", "()", Fun::F0(|vm| freeze(vm, 0))),
    Row::function("get_freeze_count", "()", Fun::F0(|vm| Ok(Value::size(vm.collector().frozen.get())))),
];

fn init(vm: &Vm, module: &Ref<Module>) -> R<()> {
    let collector = vm.collector();
    let set = |name, value| drop(module.dict.set_name(Symbol::of_static(name), value));
    set("callbacks", Value::List(collector.callbacks.clone()));
    set("garbage", Value::List(collector.garbage.clone()));
    let flags = [
        ("DEBUG_STATS", 1),
        ("DEBUG_COLLECTABLE", 2),
        ("DEBUG_UNCOLLECTABLE", 4),
        ("DEBUG_SAVEALL", 32),
        ("DEBUG_LEAK", 38),
    ];
    for (name, flag) in flags {
        set(name, Value::Int(flag));
    }
    Ok(())
}

fn collect(vm: &Vm, generation: &Value) -> R {
    if !generation.is_missing() && !(0..=2).contains(&vm.index_i64(generation)?) {
        return Err(vm.value_error("invalid generation"));
    }
    Ok(Value::size(vm.collect_cycles(Scope::Everything)))
}

fn switch(vm: &Vm, is_off: bool) -> R {
    vm.collector().is_off.set(is_off);
    Ok(Value::None)
}

fn numbers(numbers: [i64; 3]) -> Value {
    Value::tuple(numbers.map(Value::Int).to_vec())
}

/// 0 turns collecting off; when it runs otherwise does not depend on these numbers.
fn set_threshold(vm: &Vm, first: &Value, second: &Value, third: &Value) -> R {
    let [_, before_second, before_third] = vm.collector().thresholds.get();
    let given = |value: &Value, before| if value.is_missing() { Ok(before) } else { vm.index_i64(value) };
    let thresholds = [vm.index_i64(first)?, given(second, before_second)?, given(third, before_third)?];
    vm.collector().thresholds.set(thresholds);
    Ok(Value::None)
}

/// All collections are of the oldest generation.
fn stats(vm: &Vm) -> R {
    let collector = vm.collector();
    let generation = |collections, collected| {
        let dict = Dict::new();
        for (name, number) in [("collections", collections), ("collected", collected), ("uncollectable", 0)] {
            dict.set_name(Symbol::of_static(name), Value::size(number));
        }
        Value::dict(dict)
    };
    let last = generation(collector.collections.get(), collector.collected.get());
    Ok(Value::list(vec![generation(0, 0), generation(0, 0), last]))
}

fn set_debug(vm: &Vm, flags: &Value) -> R {
    match vm.index_i64(flags)? {
        0 => Ok(Value::None),
        _ => Err(vm.not_implemented("gc.set_debug() with flags")),
    }
}

fn freeze(vm: &Vm, count: usize) -> R {
    vm.collector().frozen.set(count);
    Ok(Value::None)
}

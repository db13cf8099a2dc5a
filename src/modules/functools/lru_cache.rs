//! `functools.lru_cache` and `cache`: results kept by arguments, the least recently used given up first.

use std::cell::Cell;

use crate::modules::support::receiver_error;
use crate::object::cycles::Tracer;
use crate::object::native::CallFn;
use crate::object::{Args, Dict, Fun, Method, Native, NativeData, R, Ref, Row, T, TypeSpec, Value, Vm};

pub static SPEC: TypeSpec =
    TypeSpec { kind: T::LruCache, new: None, rows: ROWS, doc: "Create a cached callable that wraps another function." };

struct Cache {
    function: Value,
    /// How many results are kept; None: all.
    most: Option<usize>,
    /// `1` and `1.0` are different arguments.
    typed: bool,
    /// The least recently used first.
    results: Ref<Dict>,
    hits: Cell<i64>,
    misses: Cell<i64>,
}

impl NativeData for Cache {
    const CALL: Option<CallFn> = Some(|this, vm, args| match this.get::<Cache>() {
        Some(cache) => cached(vm, cache, args),
        None => Ok(Value::None),
    });
    fn trace(&self, tracer: &mut Tracer) {
        tracer.value(&self.function);
        tracer.object(&self.results);
    }
}

const ROWS: &[Row] = &[
    Row::method("__call__", "(self, /, *args, **kwargs)", Fun::Full(call)),
    Row::method("__get__", "(self, instance, owner=None, /)", Fun::F3(get)),
    Row::method("_cache_info", "(self, /)", Fun::F1(info)),
    Row::method("cache_clear", "(self, /)", Fun::F1(clear)),
    Row::method("__copy__", "(self, /)", Fun::F1(|_, this| Ok(this.clone()))),
    Row::method("__deepcopy__", "(self, memo, /)", Fun::F2(|_, this, _| Ok(this.clone()))),
];

fn data<'a>(vm: &Vm, this: &'a Value) -> R<&'a Cache> {
    this.as_native::<Cache>().ok_or_else(|| receiver_error(vm, "functools._lru_cache_wrapper", this))
}

/// `maxsize` None keeps everything.
pub fn wrap(vm: &Vm, function: &Value, most: &Value, typed: &Value) -> R {
    let most = if most.is_none() { None } else { Some(vm.index_i64(most)?.max(0) as usize) };
    let cache = Cache {
        function: function.clone(),
        most,
        typed: vm.is_true(typed)?,
        results: Ref::new(Dict::new()),
        hits: Cell::new(0),
        misses: Cell::new(0),
    };
    Ok(Value::Native(Native::new(vm.class(T::LruCache), cache)))
}

fn get(vm: &Vm, this: &Value, instance: &Value, _owner: &Value) -> R {
    data(vm, this)?;
    Ok(if instance.is_none_or_missing() { this.clone() } else { Method::new(this.clone(), instance.clone()) })
}

/// The arguments as one key. A lone str or int is its own, as in CPython; so `f(1)` and `f(1.0)` differ.
fn key(vm: &Vm, cache: &Cache, args: Args) -> Value {
    if !cache.typed && args.keywords.is_empty() {
        match args.positional {
            [only @ (Value::Str(_) | Value::Int(_) | Value::BigInt(_))] => return only.clone(),
            positional => return Value::tuple(positional.to_vec()),
        }
    }
    let mut parts = args.positional.to_vec();
    if !args.keywords.is_empty() {
        // No argument is equal to this class itself but the class, which nobody passes.
        parts.push(Value::Class(vm.class(T::LruCache).clone()));
        for (name, value) in args.keywords {
            parts.push(Value::name(*name));
            parts.push(value.clone());
        }
    }
    if cache.typed {
        let values = args.positional.iter().chain(args.keywords.iter().map(|(_, value)| value));
        parts.extend(values.map(|value| Value::Class(vm.class_of(value))).collect::<Vec<_>>());
    }
    Value::tuple(parts)
}

fn call(vm: &Vm, args: Args) -> R {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("descriptor '__call__' of 'functools._lru_cache_wrapper' object needs an argument"));
    };
    cached(vm, data(vm, this)?, Args { positional: rest, keywords: args.keywords })
}

fn cached(vm: &Vm, cache: &Cache, args: Args) -> R {
    let _depth = vm.enter_call()?;
    if cache.most == Some(0) {
        cache.misses.set(cache.misses.get() + 1);
        return vm.call(&cache.function, args);
    }
    let key = key(vm, cache, args);
    if cache.most.is_none() {
        if let Some(found) = vm.dict_get(&cache.results, &key)? {
            cache.hits.set(cache.hits.get() + 1);
            return Ok(found);
        }
    } else if let Some(found) = vm.dict_remove(&cache.results, &key)? {
        // In again at the end: the most recently used.
        cache.hits.set(cache.hits.get() + 1);
        vm.dict_set(&cache.results, key, found.clone())?;
        return Ok(found);
    }
    cache.misses.set(cache.misses.get() + 1);
    let result = vm.call(&cache.function, args)?;
    vm.dict_set(&cache.results, key, result.clone())?;
    if let Some(most) = cache.most
        && cache.results.len() > most
    {
        let mut first = 0;
        if let Some((oldest, _)) = cache.results.next_entry(&mut first) {
            drop(vm.dict_remove(&cache.results, &oldest)?);
        }
    }
    Ok(result)
}

/// (hits, misses, maxsize, currsize)
fn info(vm: &Vm, this: &Value) -> R {
    let cache = data(vm, this)?;
    let most = cache.most.map_or(Value::None, Value::size);
    let counts = [Value::Int(cache.hits.get()), Value::Int(cache.misses.get())];
    let [hits, misses] = counts;
    Ok(Value::tuple(vec![hits, misses, most, Value::size(cache.results.len())]))
}

fn clear(vm: &Vm, this: &Value) -> R {
    let cache = data(vm, this)?;
    cache.results.clear();
    cache.hits.set(0);
    cache.misses.set(0);
    Ok(Value::None)
}

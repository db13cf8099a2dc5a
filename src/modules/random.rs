//! The module `random`: CPython's generator and draws, so that a seed gives the same sequence. What is drawn is
//! `text/draws.rs`'s business.

use std::cell::RefCell;

use num_bigint::BigInt;

use super::ModuleSpec;
use super::support::{bigint, count, receiver_error};
use crate::intern::{Symbol, sym};
use crate::object::{Args, Class, Fun, Method, Module, Native, NativeData, R, Ref, Row, T, TypeSpec, Value, Vm};
use crate::text::draws;
use crate::text::error::Result as Drawn;
use crate::text::hash;
use crate::text::twister::{Seed, Twister, WORDS};

pub static SPEC: ModuleSpec = ModuleSpec { name: "random", rows: &[], init: Some(init), script: None };

pub static RANDOM: TypeSpec =
    TypeSpec { kind: T::Random, new: Some(new), rows: ROWS, doc: "Random number generator (Mersenne Twister)." };

struct Generator(RefCell<Twister>);

impl NativeData for Generator {}

const ROWS: &[Row] = &[
    Row::method("seed", "(self, a=None, version=2)", Fun::Bound(|vm, args| reseed(vm, &args[0], &args[1]))),
    Row::method("random", "(self, /)", Fun::F1(|vm, this| Ok(Value::float(with(vm, this, Twister::random)?)))),
    Row::method("getrandbits", "(self, k, /)", Fun::F2(getrandbits)),
    Row::method("randbytes", "(self, n)", Fun::F2(randbytes)),
    Row::method("randint", "(self, a, b)", Fun::F3(randint)),
    Row::method("randrange", "(self, start, stop=None, step=1)", Fun::Bound(randrange)),
    Row::method("choice", "(self, seq)", Fun::F2(choice)),
    Row::method("choices", "(self, population, weights=None, *, cum_weights=None, k=1)", Fun::Bound(choices)),
    Row::method("shuffle", "(self, x)", Fun::F2(shuffle)),
    Row::method("sample", "(self, population, k, *, counts=None)", Fun::Bound(sample)),
    Row::method("uniform", "(self, a, b)", Fun::Bound(|vm, args| two(vm, args, 0.0, 0.0, draws::uniform))),
    Row::method("triangular", "(self, low=0.0, high=1.0, mode=None)", Fun::Bound(triangular)),
    Row::method(
        "normalvariate",
        "(self, mu=0.0, sigma=1.0)",
        Fun::Bound(|vm, args| two(vm, args, 0.0, 1.0, draws::normalvariate)),
    ),
    Row::method("gauss", "(self, mu=0.0, sigma=1.0)", Fun::Bound(|vm, args| two(vm, args, 0.0, 1.0, draws::gauss))),
    Row::method(
        "lognormvariate",
        "(self, mu, sigma)",
        Fun::Bound(|vm, args| two_or_fail(vm, args, draws::lognormvariate)),
    ),
    Row::method("expovariate", "(self, lambd=1.0)", Fun::Bound(expovariate)),
    Row::method(
        "vonmisesvariate",
        "(self, mu, kappa)",
        Fun::Bound(|vm, args| two(vm, args, 0.0, 0.0, draws::vonmisesvariate)),
    ),
    Row::method(
        "gammavariate",
        "(self, alpha, beta)",
        Fun::Bound(|vm, args| two_or_fail(vm, args, draws::gammavariate)),
    ),
    Row::method("betavariate", "(self, alpha, beta)", Fun::Bound(|vm, args| two_or_fail(vm, args, draws::betavariate))),
    Row::method(
        "paretovariate",
        "(self, alpha)",
        Fun::F2(|vm, this, alpha| {
            let alpha = vm.to_f64(alpha)?;
            drawn(vm, with(vm, this, |from| draws::paretovariate(from, alpha))?)
        }),
    ),
    Row::method(
        "weibullvariate",
        "(self, alpha, beta)",
        Fun::Bound(|vm, args| two_or_fail(vm, args, draws::weibullvariate)),
    ),
    Row::method("getstate", "(self)", Fun::F1(getstate)),
    Row::method("setstate", "(self, state)", Fun::F2(setstate)),
];

/// The module's functions are methods of one generator.
fn init(vm: &Vm, module: &Ref<Module>) -> R<()> {
    let class = vm.class(T::Random).clone();
    let shared = Value::Native(Native::new(&class, Generator(RefCell::new(Twister::new(Seed::Entropy)))));
    for row in ROWS {
        let name = Symbol::of_static(row.name);
        if let Some(function) = class.own(name) {
            module.dict.set_name(name, Method::new(function, shared.clone()));
        }
    }
    module.dict.set_name(Symbol::of_static("_inst"), shared);
    module.dict.set_name(Symbol::of_static("Random"), Value::Class(class));
    Ok(())
}

fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    count(vm, "Random", &args, 0, 1)?;
    let this = Value::Native(Native::new(class, Generator(RefCell::new(Twister::new(Seed::Entropy)))));
    let seed = args.positional.first().or(args.keywords.first().map(|(_, value)| value));
    reseed(vm, &this, seed.unwrap_or(&Value::None))?;
    Ok(this)
}

fn with<V>(vm: &Vm, this: &Value, draw: impl FnOnce(&mut Twister) -> V) -> R<V> {
    match this.as_native::<Generator>() {
        Some(generator) => Ok(draw(&mut generator.0.borrow_mut())),
        None => Err(receiver_error(vm, "Random", this)),
    }
}

fn drawn(vm: &Vm, result: Drawn<f64>) -> R {
    result.map(Value::float).map_err(|error| vm.text_error(error))
}

fn whole(vm: &Vm, result: Drawn<BigInt>) -> R {
    result.map(Value::big).map_err(|error| vm.text_error(error))
}

fn reseed(vm: &Vm, this: &Value, seed: &Value) -> R {
    match seed.base() {
        Value::None | Value::Missing => with(vm, this, |from| from.seed(Seed::Entropy))?,
        Value::Str(text) => with(vm, this, |from| from.seed(Seed::Bytes(text.as_str().as_bytes())))?,
        Value::Bytes(bytes) => with(vm, this, |from| from.seed(Seed::Bytes(bytes.as_slice())))?,
        Value::Float(x) => {
            let hash = hash::of_f64(x.get()).unwrap_or(0);
            with(vm, this, |from| from.seed(Seed::Hash(hash)))?;
        }
        other => match other.as_bigint() {
            Some(n) => with(vm, this, |from| from.seed(Seed::Int(&n)))?,
            None => {
                let text = "The only supported seed types are:\nNone, int, float, str, bytes, and bytearray.";
                return Err(vm.type_error(text));
            }
        },
    }
    Ok(Value::None)
}

fn getrandbits(vm: &Vm, this: &Value, bits: &Value) -> R {
    let bits = vm.index_i64(bits)?;
    let Ok(bits) = u64::try_from(bits) else {
        return Err(vm.value_error("number of bits must be non-negative"));
    };
    whole(vm, with(vm, this, |from| from.getrandbits(bits))?)
}

fn randbytes(vm: &Vm, this: &Value, count: &Value) -> R {
    let Ok(count) = usize::try_from(vm.index_i64(count)?) else {
        return Err(vm.value_error("number of bits must be non-negative"));
    };
    let bytes = with(vm, this, |from| from.randbytes(count))?.map_err(|error| vm.text_error(error))?;
    Ok(Value::bytes(bytes))
}

fn randint(vm: &Vm, this: &Value, low: &Value, high: &Value) -> R {
    if let (Value::Int(low), Value::Int(high)) = (low, high)
        && *high < i64::MAX
    {
        let drawn = with(vm, this, |from| draws::randint_i64(from, *low, *high))?;
        return drawn.map(Value::Int).map_err(|error| vm.text_error(error));
    }
    let (low, stop) = (bigint(vm, low)?, bigint(vm, high)? + 1);
    whole(vm, with(vm, this, |from| draws::randrange(from, &low, &stop, &BigInt::from(1)))?)
}

fn randrange(vm: &Vm, args: &[Value]) -> R {
    let [this, start, stop, step] = args else { return Err(vm.type_error("randrange() takes one to three arguments")) };
    let start = bigint(vm, start)?;
    if stop.is_none_or_missing() {
        if !step.is_missing() && step.as_i64() != Some(1) {
            return Err(vm.type_error("Missing a non-None stop argument"));
        }
        return whole(vm, with(vm, this, |from| draws::randrange_stop(from, &start))?);
    }
    let stop = bigint(vm, stop)?;
    let step = if step.is_missing() { BigInt::from(1) } else { bigint(vm, step)? };
    whole(vm, with(vm, this, |from| draws::randrange(from, &start, &stop, &step))?)
}

fn choice(vm: &Vm, this: &Value, items: &Value) -> R {
    let length = vm.len(items)?;
    if length == 0 {
        return Err(vm.index_error("Cannot choose from an empty sequence"));
    }
    let at = with(vm, this, |from| from.below(length as u64))? as usize;
    vm.get_item(items, &Value::size(at))
}

fn choices(vm: &Vm, args: &[Value]) -> R {
    let [this, population, weights, cumulative, k] = args else {
        return Err(vm.type_error("choices() takes a population"));
    };
    let length = vm.len(population)?;
    let k = if k.is_missing() { 1 } else { vm.index_i64(k)?.max(0) };
    let numbers = |values: &Value| -> R<Vec<f64>> { vm.collect(values)?.iter().map(|v| vm.to_f64(v)).collect() };
    let cumulative = match (weights.is_none_or_missing(), cumulative.is_none_or_missing()) {
        (true, true) => None,
        (true, false) => Some(numbers(cumulative)?),
        (false, false) => return Err(vm.type_error("Cannot specify both weights and cumulative weights")),
        (false, true) if weights.is_int() => {
            return Err(
                vm.type_error("The number of choices must be a keyword argument: k=".to_owned() + &k.to_string())
            );
        }
        (false, true) => {
            let mut total = 0.0;
            let add = |weight: f64| {
                total += weight;
                total
            };
            Some(numbers(weights)?.into_iter().map(add).collect())
        }
    };
    let Some(cumulative) = cumulative else {
        if length == 0 && k > 0 {
            return Err(vm.index_error("Cannot choose from an empty population"));
        }
        return pick(vm, this, population, k, |from| draws::choose(from, length));
    };
    let total = draws::check_weights(&cumulative, length).map_err(|error| vm.text_error(error))?;
    pick(vm, this, population, k, |from| draws::choose_weighted(from, &cumulative, total))
}

fn pick(vm: &Vm, this: &Value, population: &Value, k: i64, draw: impl Fn(&mut Twister) -> usize) -> R {
    let mut chosen = Vec::new();
    for _ in 0..k {
        let at = with(vm, this, &draw)?;
        chosen.push(vm.get_item(population, &Value::size(at))?);
    }
    Ok(Value::list(chosen))
}

fn shuffle(vm: &Vm, this: &Value, items: &Value) -> R {
    if let Value::List(list) = items {
        // No value is dropped by exchanging two.
        let mut items = list.borrow_mut();
        let length = items.len();
        with(vm, this, |from| draws::shuffle(from, length, |i, j| items.swap(i, j)))?;
        return Ok(Value::None);
    }
    let length = vm.len(items)?;
    let mut swaps = Vec::new();
    with(vm, this, |from| draws::shuffle(from, length, |i, j| swaps.push((i, j))))?;
    for (i, j) in swaps {
        let (i, j) = (Value::size(i), Value::size(j));
        let (a, b) = (vm.get_item(items, &i)?, vm.get_item(items, &j)?);
        vm.set_item(items, &i, b)?;
        vm.set_item(items, &j, a)?;
    }
    Ok(Value::None)
}

fn sample(vm: &Vm, args: &[Value]) -> R {
    let [this, population, k, counts] = args else {
        return Err(vm.type_error("sample() takes a population and a number"));
    };
    let is_sequence = matches!(
        population.base(),
        Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Range(_) | Value::Bytes(_)
    ) || (vm.special(population, sym::__getitem__).is_some() && population.as_dict().is_none());
    if !is_sequence {
        return Err(vm.type_error("Population must be a sequence.  For dicts or sets, use sorted(d)."));
    }
    let length = vm.len(population)?;
    let k = vm.index_i64(k)?;
    let Ok(wanted) = u64::try_from(k) else {
        return Err(vm.value_error("Sample larger than population or is negative"));
    };
    let item = |at: u64| vm.get_item(population, &Value::size(at as usize));
    if counts.is_none_or_missing() {
        let places = with(vm, this, |from| draws::sample(from, length as u64, wanted))?;
        let places = places.map_err(|error| vm.text_error(error))?;
        return Ok(Value::list(places.into_iter().map(item).collect::<R<_>>()?));
    }
    let mut cumulative = Vec::new();
    for amount in vm.collect(counts)? {
        let amount = vm.index_i64(&amount)?;
        if amount < 0 {
            return Err(vm.value_error("Counts must be non-negative"));
        }
        cumulative.push(cumulative.last().copied().unwrap_or(0u64).saturating_add(amount as u64));
    }
    if cumulative.len() != length {
        return Err(vm.value_error("The number of counts does not match the population"));
    }
    let total = cumulative.last().copied().unwrap_or(0);
    if total == 0 {
        return Err(vm.value_error("Total of counts must be greater than zero"));
    }
    let places = with(vm, this, |from| draws::sample(from, total, wanted))?.map_err(|error| vm.text_error(error))?;
    let chosen = places.into_iter().map(|place| item(cumulative.partition_point(|&end| end <= place) as u64));
    Ok(Value::list(chosen.collect::<R<_>>()?))
}

fn or(vm: &Vm, value: &Value, default: f64) -> R<f64> {
    if value.is_missing() { Ok(default) } else { vm.to_f64(value) }
}

fn two(vm: &Vm, args: &[Value], a: f64, b: f64, draw: fn(&mut Twister, f64, f64) -> f64) -> R {
    let (a, b) = (or(vm, &args[1], a)?, or(vm, &args[2], b)?);
    Ok(Value::float(with(vm, &args[0], |from| draw(from, a, b))?))
}

fn two_or_fail(vm: &Vm, args: &[Value], draw: fn(&mut Twister, f64, f64) -> Drawn<f64>) -> R {
    let (a, b) = (vm.to_f64(&args[1])?, vm.to_f64(&args[2])?);
    drawn(vm, with(vm, &args[0], |from| draw(from, a, b))?)
}

fn triangular(vm: &Vm, args: &[Value]) -> R {
    let (low, high) = (or(vm, &args[1], 0.0)?, or(vm, &args[2], 1.0)?);
    let mode = if args[3].is_none_or_missing() { None } else { Some(vm.to_f64(&args[3])?) };
    Ok(Value::float(with(vm, &args[0], |from| draws::triangular(from, low, high, mode))?))
}

fn expovariate(vm: &Vm, args: &[Value]) -> R {
    let lambd = or(vm, &args[1], 1.0)?;
    drawn(vm, with(vm, &args[0], |from| draws::expovariate(from, lambd))?)
}

/// (version, words and position, the cached number of `gauss`)
fn getstate(vm: &Vm, this: &Value) -> R {
    with(vm, this, |from| {
        let (words, index) = from.state();
        let mut inner: Vec<Value> = words.iter().map(|&word| Value::int(word)).collect();
        inner.push(Value::size(index));
        let gauss = from.gauss_next().map_or(Value::None, Value::float);
        Value::tuple(vec![Value::Int(3), Value::tuple(inner), gauss])
    })
}

fn setstate(vm: &Vm, this: &Value, state: &Value) -> R {
    let wrong = || vm.value_error("invalid state");
    let state = state.as_tuple().filter(|state| state.len() == 3).ok_or_else(wrong)?.clone();
    let inner = state[1].as_tuple().filter(|inner| inner.len() == WORDS + 1).ok_or_else(wrong)?;
    let mut words = [0u32; WORDS];
    for (word, value) in words.iter_mut().zip(inner.iter()) {
        *word = value.as_i64().and_then(|n| u32::try_from(n).ok()).ok_or_else(wrong)?;
    }
    let index = inner[WORDS].as_i64().and_then(|n| usize::try_from(n).ok()).ok_or_else(wrong)?;
    let gauss = state[2].as_float();
    with(vm, this, |from| from.set_state(&words, index, gauss))?.map_err(|error| vm.text_error(error))?;
    Ok(Value::None)
}

//! Iterators over ways to choose: `product`, `permutations`, `combinations`, `combinations_with_replacement`. Steps only move
//! indices into tuples that were taken from the iterables, so none runs a script's code.

use super::{arguments, made};
use crate::modules::support::size_argument;
use crate::object::iter::Ready;
use crate::object::{Args, Class, NextFn, R, Ref, T, Tuple, Value, Vm};

/// Where a run of choices stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    First,
    Going,
    Over,
}

/// The choice that the indices say.
fn chosen(pool: &[Value], indices: &[usize]) -> Value {
    let mut indices = indices.iter();
    Value::Tuple(Tuple::from_fn(indices.len(), || indices.next().map_or(Value::None, |&at| pool[at].clone())))
}

/// An empty vector with room for so many, or MemoryError.
fn room<V>(vm: &Vm, count: usize) -> R<Vec<V>> {
    let mut room = Vec::new();
    if room.try_reserve_exact(count).is_err() {
        return Err(vm.memory_error());
    }
    Ok(room)
}

fn pool(vm: &Vm, iterable: &Value) -> R<Ref<Tuple>> {
    match iterable {
        Value::Tuple(tuple) => Ok(tuple.clone()),
        other => Ok(Tuple::new(vm.collect(other)?)),
    }
}

/// `r` of a constructor.
fn length(vm: &Vm, r: &Value) -> R<usize> {
    usize::try_from(size_argument(vm, r)?).map_err(|_| vm.value_error("r must be non-negative"))
}

/// `product(*iterables, repeat=1)`
pub fn product(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let times = match args.keywords {
        [] => 1,
        [(name, times)] if name.as_str() == "repeat" => size_argument(vm, times)?,
        [first, ..] => {
            let unknown = args.keywords.iter().find(|(name, _)| name.as_str() != "repeat").unwrap_or(first);
            return Err(vm.unknown_keyword("product", unknown.0, ["repeat"]));
        }
    };
    let Ok(times) = usize::try_from(times) else {
        return Err(vm.value_error("repeat argument cannot be negative"));
    };
    let given = if times == 0 { &[] } else { args.positional };
    let count = given.len().checked_mul(times).ok_or_else(|| vm.memory_error())?;
    let (mut pools, mut indices) = (room(vm, count)?, room(vm, count)?);
    for iterable in given {
        pools.push(pool(vm, iterable)?);
    }
    for at in given.len()..count {
        pools.push(pools[at - given.len()].clone());
    }
    indices.resize(count, 0);
    Ok(made(class, Product { pools, indices, stage: Stage::First }))
}

struct Product {
    pools: Vec<Ref<Tuple>>,
    indices: Vec<usize>,
    stage: Stage,
}

impl Product {
    /// On to the next choice; false after the last.
    fn step(&mut self) -> bool {
        for (index, pool) in self.indices.iter_mut().zip(&self.pools).rev() {
            *index += 1;
            if *index < pool.len() {
                return true;
            }
            *index = 0;
        }
        false
    }
}

/// The parts of [`NextFn`] that choices share: each has `begin` and `step` that tell whether there is a choice,
/// `choice` and `kind`.
macro_rules! choices {
    ($name:ident) => {
        impl NextFn for $name {
            fn ready(&mut self) -> Ready {
                let goes_on = match self.stage {
                    Stage::First => self.begin(),
                    Stage::Going => self.step(),
                    Stage::Over => false,
                };
                self.stage = if goes_on { Stage::Going } else { Stage::Over };
                if goes_on { Ready::Item(self.choice()) } else { Ready::End }
            }

            fn next(&mut self, _vm: &Vm) -> R<Option<Value>> {
                Ok(None)
            }

            fn class(&self) -> T {
                self.kind()
            }
        }
    };
}

choices!(Product);
choices!(Permutations);
choices!(Combinations);

impl Product {
    fn begin(&self) -> bool {
        self.pools.iter().all(|pool| !pool.is_empty())
    }

    fn choice(&self) -> Value {
        let mut places = self.pools.iter().zip(&self.indices);
        Value::Tuple(Tuple::from_fn(self.pools.len(), || {
            places.next().map_or(Value::None, |(pool, &at)| pool[at].clone())
        }))
    }

    fn kind(&self) -> T {
        T::Product
    }
}

/// `permutations(iterable, r=None)`
pub fn permutations(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let [iterable, r] = arguments(vm, "permutations", &args, ["iterable", "r"], 1)?;
    let pool = pool(vm, &iterable)?;
    let r = if r.is_none_or_missing() {
        pool.len()
    } else if r.is_int() {
        length(vm, &r)?
    } else {
        return Err(vm.type_error("Expected int as r"));
    };
    let length = r.min(pool.len());
    let (mut indices, mut cycles) = (room(vm, pool.len())?, room(vm, length)?);
    indices.extend(0..pool.len());
    cycles.extend((0..length).map(|at| pool.len() - at));
    let stage = if r > pool.len() { Stage::Over } else { Stage::First };
    Ok(made(class, Permutations { pool, indices, cycles, stage }))
}

struct Permutations {
    pool: Ref<Tuple>,
    /// An arrangement of all of the pool, of which the first `cycles.len()` are the choice.
    indices: Vec<usize>,
    /// For each place: how many items have not stood there since the places before it changed, the one there now included.
    cycles: Vec<usize>,
    stage: Stage,
}

impl Permutations {
    fn begin(&self) -> bool {
        true
    }

    fn step(&mut self) -> bool {
        let n = self.indices.len();
        for at in (0..self.cycles.len()).rev() {
            self.cycles[at] -= 1;
            if self.cycles[at] > 0 {
                self.indices.swap(at, n - self.cycles[at]);
                return true;
            }
            self.indices[at..].rotate_left(1);
            self.cycles[at] = n - at;
        }
        false
    }

    fn choice(&self) -> Value {
        chosen(&self.pool, &self.indices[..self.cycles.len()])
    }

    fn kind(&self) -> T {
        T::Permutations
    }
}

/// `combinations(iterable, r)`
pub fn combinations(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let [iterable, r] = arguments(vm, "combinations", &args, ["iterable", "r"], 2)?;
    let pool = pool(vm, &iterable)?;
    let r = length(vm, &r)?;
    let too_many = r > pool.len();
    let mut indices = room(vm, if too_many { 0 } else { r })?;
    indices.extend(0..if too_many { 0 } else { r });
    let stage = if too_many { Stage::Over } else { Stage::First };
    Ok(made(class, Combinations { pool, indices, stage, again: false }))
}

/// `combinations_with_replacement(iterable, r)`
pub fn combinations_with_replacement(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let name = "combinations_with_replacement";
    let [iterable, r] = arguments(vm, name, &args, ["iterable", "r"], 2)?;
    let pool = pool(vm, &iterable)?;
    let r = length(vm, &r)?;
    let none = pool.is_empty() && r > 0;
    let mut indices = room(vm, if none { 0 } else { r })?;
    indices.resize(if none { 0 } else { r }, 0);
    let stage = if none { Stage::Over } else { Stage::First };
    Ok(made(class, Combinations { pool, indices, stage, again: true }))
}

struct Combinations {
    pool: Ref<Tuple>,
    /// Ascending.
    indices: Vec<usize>,
    stage: Stage,
    /// An item may be chosen more than once.
    again: bool,
}

impl Combinations {
    fn begin(&self) -> bool {
        true
    }

    fn step(&mut self) -> bool {
        let (n, r) = (self.pool.len(), self.indices.len());
        let most = |at: usize| if self.again { n - 1 } else { n - r + at };
        let Some(at) = (0..r).rev().find(|&at| self.indices[at] < most(at)) else { return false };
        let mut next = self.indices[at] + 1;
        for index in &mut self.indices[at..] {
            *index = next;
            next += usize::from(!self.again);
        }
        true
    }

    fn choice(&self) -> Value {
        chosen(&self.pool, &self.indices)
    }

    fn kind(&self) -> T {
        if self.again { T::CombinationsWithReplacement } else { T::Combinations }
    }
}

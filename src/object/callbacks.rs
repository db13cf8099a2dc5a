//! Whom a future tells when it is done, in order of registration. Knows nothing of futures, nor of what is called.

use super::context::Ctx;
use super::cycles::Tracer;
use super::types::T;
use super::{Native, Value};

/// Which of the loop's own functions is called when a future is done; what stands beside it is its target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hook {
    /// A child of `gather`; target: the gathering future.
    Gather,
    /// The shielded future; target: the outer one.
    ShieldInner,
    /// The outer future of a shield; target: the shielded one.
    ShieldOuter,
    /// One of the futures of `asyncio.wait`; target: the wait's state.
    Wait,
    /// Releases the future that is its target.
    Release,
    /// A child of a task group; target: the group.
    TaskGroup,
    /// One of the futures of `as_completed`; target: the iterator.
    AsCompleted,
    /// Ends `run_until_complete`; target: the loop.
    StopLoop,
}

/// What a script passed to `add_done_callback`.
pub struct Callable {
    pub function: Value,
    pub context: Ctx,
}

/// Whom to tell when a future is done.
pub enum Callback {
    /// The task that awaits it.
    Wake(Native),
    Hook(Hook, Native),
    Call(Box<Callable>),
}

const _: () = assert!(size_of::<Option<Callback>>() == 16);

impl Callback {
    fn key(&self) -> Option<usize> {
        match self {
            Callback::Wake(target) | Callback::Hook(_, target) => Some(target.address()),
            Callback::Call(callable) => key(&callable.function),
        }
    }

    pub(super) fn show(&self, tracer: &mut Tracer) {
        match self {
            Callback::Wake(target) | Callback::Hook(_, target) => tracer.native(target),
            Callback::Call(call) => {
                tracer.value(&call.function);
                call.context.show(tracer);
            }
        }
    }
}

/// A number that callables share when they are equal; `None` where a script's `__eq__` may say what is.
pub fn key(function: &Value) -> Option<usize> {
    match function {
        Value::Function(_) | Value::Builtin(_) => Some(function.id()),
        Value::Method(method) if matches!(method.function, Value::Function(_) | Value::Builtin(_)) => {
            let receiver = match &method.receiver {
                // Short ones are the same when they are equal.
                Value::Str(_) | Value::Tuple(_) => 0,
                other => other.id(),
            };
            Some(receiver ^ method.function.id())
        }
        Value::Native(native) if native.class().builtin == Some(T::Partial) => Some(function.id()),
        _ => None,
    }
}

/// Whether two callables that have keys are equal.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Method(a), Value::Method(b)) => a.receiver.is(&b.receiver) && a.function.is(&b.function),
        _ => a.is(b),
    }
}

/// In order of registration. Most futures have one.
#[derive(Default)]
pub enum Callbacks {
    #[default]
    None,
    One(Callback),
    Many(Box<Crowd>),
}

impl Callbacks {
    pub fn push(self, callback: Callback) -> Callbacks {
        match self {
            Callbacks::None => Callbacks::One(callback),
            Callbacks::One(first) => {
                Callbacks::Many(Box::new(Crowd { all: vec![Some(first), Some(callback)], live: 2, index: None }))
            }
            Callbacks::Many(mut crowd) => {
                crowd.push(callback);
                Callbacks::Many(crowd)
            }
        }
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Callback> {
        let (one, many): (_, &[Option<Callback>]) = match self {
            Callbacks::None => (None, &[]),
            Callbacks::One(one) => (Some(one), &[]),
            Callbacks::Many(crowd) => (None, &crowd.all),
        };
        one.into_iter().chain(many.iter().flatten())
    }

    /// Removes and gives the callbacks that `is_it` chooses among those of a key, or among all.
    pub fn remove(&mut self, key: Option<usize>, is_it: &dyn Fn(&Callback) -> bool) -> Vec<Callback> {
        match self {
            Callbacks::None => Vec::new(),
            Callbacks::One(one) if is_it(one) => match std::mem::take(self) {
                Callbacks::One(one) => vec![one],
                _ => Vec::new(),
            },
            Callbacks::One(_) => Vec::new(),
            Callbacks::Many(crowd) => crowd.remove(key, is_it),
        }
    }

    /// Whether all have keys.
    pub fn are_keyed(&mut self) -> bool {
        match self {
            Callbacks::Many(crowd) => crowd.is_keyed(),
            few => few.iter().all(|callback| callback.key().is_some()),
        }
    }
}

/// Callbacks beyond one. Those of a large crowd are found by an index, made when the first is to be removed.
pub struct Crowd {
    /// `None` where one was removed.
    all: Vec<Option<Callback>>,
    live: usize,
    index: Option<Box<Index>>,
}

/// How many callbacks are searched faster without an index.
const FEW: usize = 32;

impl Crowd {
    fn push(&mut self, callback: Callback) {
        let indexed = self.index.as_mut().is_none_or(|index| index.add(callback.key()));
        if !indexed {
            self.index = None;
        }
        self.all.push(Some(callback));
        self.live += 1;
    }

    /// All of them, in order.
    pub fn into_vec(self) -> Vec<Option<Callback>> {
        self.all
    }

    fn is_keyed(&mut self) -> bool {
        if self.all.len() <= FEW {
            return self.all.iter().flatten().all(|callback| callback.key().is_some());
        }
        if self.index.is_none() {
            self.index = Index::of(&self.all).map(Box::new);
        }
        self.index.is_some()
    }

    fn remove(&mut self, key: Option<usize>, is_it: &dyn Fn(&Callback) -> bool) -> Vec<Callback> {
        let mut gone = Vec::new();
        let mut take = |place: &mut Option<Callback>| {
            let found = place.take_if(|callback| is_it(callback));
            let taken = found.is_some();
            gone.extend(found);
            taken
        };
        let keyed = self.is_keyed();
        match (key, &mut self.index) {
            (Some(key), Some(index)) if keyed => index.remove(key, |at| take(&mut self.all[at])),
            _ => self.all.iter_mut().for_each(|place| {
                take(place);
            }),
        }
        self.live -= gone.len();
        if self.live <= self.all.len() / 2 {
            self.all.retain(Option::is_some);
            self.index = None;
        }
        gone
    }
}

/// Chains of callbacks by key.
struct Index {
    /// By what the key hashes to: the last registered of the chain.
    heads: Box<[u32]>,
    /// For each callback the one before it in its chain.
    before: Vec<u32>,
}

/// The end of a chain.
const END: u32 = u32::MAX;

impl Index {
    /// `None` when one has no key.
    fn of(all: &[Option<Callback>]) -> Option<Index> {
        let heads = vec![END; all.len().next_power_of_two() * 2].into_boxed_slice();
        let mut index = Index { heads, before: Vec::with_capacity(all.len()) };
        // Places that are empty are in a chain too, so that places and chains have one numbering.
        let keyed = all.iter().all(|place| index.add(place.as_ref().map_or(Some(0), Callback::key)));
        keyed.then_some(index)
    }

    fn head(&mut self, key: usize) -> &mut u32 {
        let hash = (key as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let mask = self.heads.len() - 1;
        &mut self.heads[hash as usize & mask]
    }

    /// The next callback. False when it cannot be in the index: it has no key, or the index is full.
    fn add(&mut self, key: Option<usize>) -> bool {
        let at = self.before.len();
        let (Some(key), true) = (key, at < self.heads.len()) else { return false };
        let before = std::mem::replace(self.head(key), at as u32);
        self.before.push(before);
        true
    }

    /// Takes those out of a key's chain that `take` takes.
    fn remove(&mut self, key: usize, mut take: impl FnMut(usize) -> bool) {
        let (mut at, mut after) = (*self.head(key), END);
        while at != END {
            let before = self.before[at as usize];
            if !take(at as usize) {
                after = at;
            } else if after == END {
                *self.head(key) = before;
            } else {
                self.before[after as usize] = before;
            }
            at = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_forget_what_was_taken() {
        let mut index = Index { heads: vec![END; 64].into_boxed_slice(), before: Vec::new() };
        let keys: Vec<usize> = (0..64).map(|at| at % 7).collect();
        assert!(keys.iter().all(|&key| index.add(Some(key))));
        assert!(!index.add(Some(1)), "full");
        let of = |key| (0..64).rev().filter(|at| keys[*at] == key).collect::<Vec<_>>();
        let mut seen = Vec::new();
        // Chains may be shared by keys: `take` chooses.
        index.remove(3, |at| {
            seen.push(at);
            keys[at] == 3 && at % 2 == 0
        });
        assert!(of(3).iter().all(|at| seen.contains(at)));
        let mut left = Vec::new();
        index.remove(3, |at| {
            left.push(at);
            keys[at] == 3
        });
        assert!(left.iter().all(|&at| keys[at] != 3 || at % 2 == 1));
        assert!(of(3).iter().filter(|&&at| at % 2 == 1).all(|at| left.contains(at)));
        index.remove(3, |at| {
            assert_ne!(keys[at], 3);
            false
        });
    }
}

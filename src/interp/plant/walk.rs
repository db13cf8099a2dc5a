//! Going through an iterable, for loops and comprehensions: ranges, lists, tuples and strs without an iterator object, pairs without a
//! tuple, everything else by the protocol.

use super::name::GlobalCache;
use super::target::Store;
use super::{AtSite, Planter};
use crate::code::{Arg, Expr, Site, Slot, Target};
use crate::intern::sym;
use crate::interp::advance::Pair;
use crate::interp::iterate::char_value;
use crate::object::{Args, Dict, Fp, Held, List, Node, R, Ref, Str, T, Tuple, Value, Vm};

/// `for target in iterable`, planted.
pub(super) struct Passage {
    source: Source,
    target: Goal,
    site: u32,
}

enum Source {
    /// `range(...)` with plain arguments, guarded at run time.
    Range(RangeCall),
    Any(Node),
}

/// Where the items go.
pub(super) enum Goal {
    Local(Slot),
    /// `a, b`: with the store for what is no plain pair.
    Pair(Store, Store, Store),
    Any(Store),
}

impl Goal {
    /// Stores the next item of an iterator; false at the end.
    #[inline(always)]
    pub(super) fn take_next(&self, fp: Fp, vm: &Vm, iterator: &Value, site: u32) -> R<bool> {
        if let Goal::Pair(first, second, whole) = self {
            return match vm.next_pair(iterator).at(vm, site)? {
                Pair::Two(a, b) => {
                    first(fp, vm, a)?;
                    second(fp, vm, b).map(|()| true)
                }
                Pair::One(item) => whole(fp, vm, item).map(|()| true),
                Pair::End => Ok(false),
            };
        }
        match vm.next(iterator).at(vm, site)? {
            Some(item) => self.store(fp, vm, item).map(|()| true),
            None => Ok(false),
        }
    }

    #[inline(always)]
    fn store(&self, fp: Fp, vm: &Vm, item: Value) -> R<()> {
        match self {
            Goal::Local(slot) => {
                fp.set(*slot, item);
                Ok(())
            }
            Goal::Pair(_, _, store) | Goal::Any(store) => store(fp, vm, item),
        }
    }
}

/// What is left of one passage.
pub(super) enum Walk {
    Range {
        next: i64,
        step: i64,
        left: u64,
    },
    List(Ref<List>, usize),
    Tuple(Ref<Tuple>, usize),
    /// The offset is one in bytes.
    Text(Ref<Str>, usize),
    Iterator(Held),
}

impl Walk {
    /// How many items are left, as far as is known without running foreign code.
    pub(super) fn hint(&self) -> usize {
        match self {
            Walk::Range { left, .. } => usize::try_from(*left).unwrap_or(usize::MAX),
            Walk::List(list, at) => list.len().saturating_sub(*at),
            Walk::Tuple(tuple, at) => tuple.len().saturating_sub(*at),
            Walk::Text(text, _) if text.is_ascii() => text.chars(),
            Walk::Text(..) | Walk::Iterator(_) => 0,
        }
    }

    /// The bounds of a range of which nothing is consumed yet, and the local that its items go to.
    #[inline(always)]
    pub(super) fn plain_range(&self, passage: &Passage) -> Option<(i64, i64, u64, Slot)> {
        match (self, &passage.target) {
            (Walk::Range { next, step, left }, Goal::Local(slot)) => Some((*next, *step, *left, *slot)),
            _ => None,
        }
    }
}

impl Passage {
    pub(super) fn start(&self, fp: Fp, vm: &Vm) -> R<Walk> {
        let iterable = match &self.source {
            Source::Any(node) => node(fp, vm)?,
            Source::Range(call) => match call.eval(fp, vm)? {
                Bounds::Ints(start, stop, step) => {
                    return Ok(Walk::Range { next: start, step, left: rounds(start, stop, step) });
                }
                Bounds::Other(value) => value,
            },
        };
        match iterable {
            Value::List(list) => Ok(Walk::List(list, 0)),
            Value::Tuple(tuple) => Ok(Walk::Tuple(tuple, 0)),
            Value::Str(text) => Ok(Walk::Text(text, 0)),
            other => vm.iter(&Held::new(other)).at(vm, self.site).map(|iterator| Walk::Iterator(Held::new(iterator))),
        }
    }

    /// Stores the next item; false at the end.
    #[inline(always)]
    pub(super) fn step(&self, fp: Fp, vm: &Vm, walk: &mut Walk) -> R<bool> {
        let item = match walk {
            Walk::Range { next, step, left } => {
                if *left == 0 {
                    return Ok(false);
                }
                *left -= 1;
                let item = *next;
                *next = next.wrapping_add(*step);
                Value::Int(item)
            }
            Walk::List(list, at) => match list.get(*at) {
                Some(item) => {
                    *at += 1;
                    item
                }
                None => return Ok(false),
            },
            Walk::Tuple(tuple, at) => match tuple.get(*at) {
                Some(item) => {
                    *at += 1;
                    item.clone()
                }
                None => return Ok(false),
            },
            Walk::Text(text, at) => match text.as_str().get(*at..).and_then(|rest| rest.chars().next()) {
                Some(c) => {
                    *at += c.len_utf8();
                    char_value(c)
                }
                None => return Ok(false),
            },
            Walk::Iterator(iterator) => return self.target.take_next(fp, vm, iterator, self.site),
        };
        self.target.store(fp, vm, item).map(|()| true)
    }
}

impl Planter<'_> {
    /// The target of a loop.
    pub(super) fn goal(&self, target: &Target) -> Goal {
        match target {
            Target::Local(slot) => Goal::Local(*slot),
            Target::Unpack { targets, star: None, .. } if targets.len() == 2 => {
                Goal::Pair(self.assign(&targets[0]), self.assign(&targets[1]), self.assign(target))
            }
            other => Goal::Any(self.assign(other)),
        }
    }

    pub(super) fn passage(&self, target: &Target, iter: &Expr, site: Site) -> Passage {
        let goal = self.goal(target);
        let source = match self.range_of(iter) {
            Some(call) => Source::Range(call),
            None => Source::Any(self.expr(iter)),
        };
        Passage { source, target: goal, site: self.site(site) }
    }

    fn range_of(&self, iter: &Expr) -> Option<RangeCall> {
        let Expr::Call(call) = iter else { return None };
        let Expr::Global { name, .. } = &call.func else { return None };
        if *name != sym::range || call.args.is_empty() || call.args.len() > 3 {
            return None;
        }
        let args: Option<Vec<Node>> = call
            .args
            .iter()
            .map(|arg| match arg {
                Arg::Positional(e) => Some(self.expr(e)),
                _ => None,
            })
            .collect();
        Some(RangeCall {
            cache: GlobalCache::default(),
            globals: self.globals.clone(),
            args: args?.into_boxed_slice(),
            site: self.site(call.site),
        })
    }
}

/// A loop's `range(...)`, evaluated without making a range when the name still means the builtin.
struct RangeCall {
    cache: GlobalCache,
    globals: Ref<Dict>,
    args: Box<[Node]>,
    site: u32,
}

enum Bounds {
    Ints(i64, i64, i64),
    Other(Value),
}

impl RangeCall {
    fn eval(&self, fp: Fp, vm: &Vm) -> R<Bounds> {
        let callee = match self.cache.get(vm, &self.globals, sym::range)? {
            Some(callee) => Held::new(callee),
            None => return Err(vm.at(self.site, vm.undefined(sym::range))),
        };
        let is_range = matches!(&*callee, Value::Class(c) if c.builtin == Some(T::Range));
        let mut values = [Value::Missing, Value::Missing, Value::Missing];
        for (place, node) in values.iter_mut().zip(&self.args) {
            *place = node(fp, vm)?;
        }
        if is_range {
            let bounds = match &values {
                [Value::Int(stop), Value::Missing, _] => Some((0, *stop, 1)),
                [Value::Int(start), Value::Int(stop), Value::Missing] => Some((*start, *stop, 1)),
                [Value::Int(start), Value::Int(stop), Value::Int(step)] if *step != 0 => Some((*start, *stop, *step)),
                _ => None,
            };
            if let Some((start, stop, step)) = bounds {
                return Ok(Bounds::Ints(start, stop, step));
            }
        }
        let args = Args::positional(&values[..self.args.len()]);
        vm.call(&callee, args).at(vm, self.site).map(Bounds::Other)
    }
}

/// How often a loop over a range goes round.
fn rounds(start: i64, stop: i64, step: i64) -> u64 {
    // Bounds of 64 bits are less than 2^64 apart.
    let (distance, stride) =
        if step > 0 { (stop.wrapping_sub(start), step) } else { (start.wrapping_sub(stop), step.wrapping_neg()) };
    let ahead = if step > 0 { start < stop } else { stop < start };
    if !ahead {
        return 0;
    }
    let (distance, stride) = (distance as u64, stride as u64);
    if stride == 1 { distance } else { (distance - 1) / stride + 1 }
}

#[cfg(test)]
mod tests {
    use super::rounds;

    #[test]
    fn ranges_are_as_long_as_their_objects() {
        let ends = [i64::MIN, i64::MIN + 1, -7, -1, 0, 1, 2, 9, i64::MAX - 1, i64::MAX];
        for start in ends {
            for stop in ends {
                for step in [i64::MIN, -3, -1, 1, 2, 7, i64::MAX] {
                    let range = crate::object::Range { start: start.into(), stop: stop.into(), step: step.into() };
                    assert_eq!(rounds(start, stop, step), range.len() as u64, "{start} {stop} {step}");
                }
            }
        }
    }
}

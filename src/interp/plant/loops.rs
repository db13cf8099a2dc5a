//! Loops: `while`, `for` over ranges and lists without an iterator object, `for` over anything.

use super::name::GlobalCache;
use super::target::Store;
use super::{Act, AtSite, Flow, Planter};
use crate::code::{Arg, Block, Expr, Site, Slot, Target};
use crate::intern::sym;
use crate::object::{Fp, Node, R, Ref, T, Value, Vm};

/// What a round of the body says about the loop.
enum Round {
    Go,
    Leave,
    Out(Flow),
}

#[inline(always)]
fn round(flow: Flow) -> Round {
    match flow {
        Flow::Next | Flow::Continue => Round::Go,
        Flow::Break => Round::Leave,
        Flow::Return => Round::Out(Flow::Return),
    }
}

impl Planter<'_> {
    pub(super) fn while_loop(&self, test: &Expr, body: &Block, orelse: &Block, site: Site) -> Act {
        let (test, body, orelse) = (self.test(test, site), self.block(body), self.block(orelse));
        let site = self.site(site);
        Box::new(move |fp, vm| {
            while test(fp, vm)? {
                match round(body(fp, vm)?) {
                    Round::Go => {}
                    Round::Leave => return Ok(Flow::Next),
                    Round::Out(flow) => return Ok(flow),
                }
                vm.tick().at(vm, site)?;
            }
            orelse(fp, vm)
        })
    }

    pub(super) fn for_loop(&self, target: &Target, iter: &Expr, body: &Block, orelse: &Block, site: Site) -> Act {
        let body_act = self.block(body);
        let orelse = self.block(orelse);
        let site = self.site(site);
        let store = self.assign(target);
        if let Some(range) = self.range_of(iter) {
            let local = match target {
                Target::Local(slot) => Some(*slot),
                _ => None,
            };
            return Box::new(move |fp, vm| {
                let flow = match range.eval(fp, vm)? {
                    Bounds::Ints(start, stop, step) => match local {
                        Some(slot) => over_range(fp, vm, (start, stop, step), slot, &body_act, site)?,
                        None => over_range_into(fp, vm, (start, stop, step), &store, &body_act, site)?,
                    },
                    Bounds::Other(value) => over_any(fp, vm, &value, &store, &body_act, site)?,
                };
                match flow {
                    Some(flow) => Ok(flow),
                    None => orelse(fp, vm),
                }
            });
        }
        let iter = self.expr(iter);
        Box::new(move |fp, vm| {
            let iterable = iter(fp, vm)?;
            match over_any(fp, vm, &iterable, &store, &body_act, site)? {
                Some(flow) => Ok(flow),
                None => orelse(fp, vm),
            }
        })
    }

    /// `range(...)` with plain arguments, guarded at run time.
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
    globals: Ref<crate::object::Dict>,
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
            Some(callee) => callee,
            None => return Err(vm.at(self.site, vm.undefined(sym::range))),
        };
        let is_range = matches!(&callee, Value::Class(c) if Ref::same(c, vm.class(T::Range)));
        let values = self.args.iter().map(|node| node(fp, vm)).collect::<R<Vec<Value>>>()?;
        if is_range {
            let bounds = match &values[..] {
                [Value::Int(stop)] => Some((0, *stop, 1)),
                [Value::Int(start), Value::Int(stop)] => Some((*start, *stop, 1)),
                [Value::Int(start), Value::Int(stop), Value::Int(step)] if *step != 0 => Some((*start, *stop, *step)),
                _ => None,
            };
            if let Some((start, stop, step)) = bounds {
                return Ok(Bounds::Ints(start, stop, step));
            }
        }
        vm.call(&callee, crate::object::Args::positional(&values)).at(vm, self.site).map(Bounds::Other)
    }
}

/// How often a loop over a range goes round.
fn rounds(start: i64, stop: i64, step: i64) -> u64 {
    // Bounds of 64 bits are less than 2^64 apart.
    crate::object::Range { start: start.into(), stop: stop.into(), step: step.into() }.len() as u64
}

/// `None` when the loop came to its end.
fn over_range(
    fp: Fp,
    vm: &Vm,
    (start, stop, step): (i64, i64, i64),
    slot: Slot,
    body: &Act,
    site: u32,
) -> R<Option<Flow>> {
    let mut left = rounds(start, stop, step);
    let mut next = start;
    while left > 0 {
        fp.set(slot, Value::Int(next));
        left -= 1;
        next = next.wrapping_add(step);
        match round(body(fp, vm)?) {
            Round::Go => {}
            Round::Leave => return Ok(Some(Flow::Next)),
            Round::Out(flow) => return Ok(Some(flow)),
        }
        vm.tick().at(vm, site)?;
    }
    Ok(None)
}

fn over_range_into(
    fp: Fp,
    vm: &Vm,
    (start, stop, step): (i64, i64, i64),
    store: &Store,
    body: &Act,
    site: u32,
) -> R<Option<Flow>> {
    let mut left = rounds(start, stop, step);
    let mut next = start;
    while left > 0 {
        store(fp, vm, Value::Int(next))?;
        left -= 1;
        next = next.wrapping_add(step);
        match round(body(fp, vm)?) {
            Round::Go => {}
            Round::Leave => return Ok(Some(Flow::Next)),
            Round::Out(flow) => return Ok(Some(flow)),
        }
        vm.tick().at(vm, site)?;
    }
    Ok(None)
}

/// Any iterable: lists and tuples by index, as their iterators would, the rest by the protocol.
fn over_any(fp: Fp, vm: &Vm, iterable: &Value, store: &Store, body: &Act, site: u32) -> R<Option<Flow>> {
    let mut index = 0;
    let iterator = match iterable {
        Value::List(_) | Value::Tuple(_) => None,
        other => Some(vm.iter(other).at(vm, site)?),
    };
    loop {
        let item = match (iterable, &iterator) {
            (Value::List(list), None) => list.get(index),
            (Value::Tuple(tuple), None) => tuple.get(index).cloned(),
            (_, Some(iterator)) => vm.next(iterator).at(vm, site)?,
            _ => None,
        };
        let Some(item) = item else { return Ok(None) };
        index += 1;
        store(fp, vm, item)?;
        match round(body(fp, vm)?) {
            Round::Go => {}
            Round::Leave => return Ok(Some(Flow::Next)),
            Round::Out(flow) => return Ok(Some(flow)),
        }
        vm.tick().at(vm, site)?;
    }
}

//! Bodies that suspend: the instructions of a [`code::Machine`] with their trees planted, and how such a body goes on.
//!
//! A resume is a jump: the position is an instruction's index, all variables are slots of the frame, and what stands
//! between two suspensions is run by the same nodes as plain code.

use std::rc::Rc;

use super::super::async_generator::AsyncItem;
use super::async_protocol::{Begun, async_next};
use super::await_call::await_value;
use super::comp::fresh_cells;
use super::op::{Op, Then};
use super::{Flow, Planter};
use crate::code::{self, Code, Container, Region, Slot};
use crate::intern::Symbol;
use crate::object::traceback::GlobalSite;
use crate::object::{
    Body, Dict, Exception, Fp, List, Machine, MachineKind, R, Raised, Ref, Sent, Set, Step, T, Value, Vm,
};

/// What an instruction says about the next.
enum After {
    Next,
    Jump(u32),
    Stop(Step),
}

struct PlantedMachine {
    code: Rc<Code>,
    ops: Box<[Op]>,
    regions: Box<[Region]>,
}

impl Planter<'_> {
    pub(super) fn machine(&self, machine: &code::Machine) -> Rc<dyn Body> {
        let after = |at: usize| machine.instrs.get(at + 1);
        let ops =
            machine.instrs.iter().enumerate().map(|(at, instr)| self.instr(at as u32, instr, after(at))).collect();
        Rc::new(PlantedMachine { code: self.code.clone(), ops, regions: machine.regions.clone() })
    }
}

impl Body for PlantedMachine {
    fn resume(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> Step {
        let fp = machine.fp();
        let pc = match machine.pc.get() {
            0 => match sent {
                Sent::Value(_) => 0,
                // Thrown in before the first step: raised at the head of the body, which nothing there handles.
                Sent::Throw(exception) => return Step::Raised(vm.raise(exception)),
            },
            suspended => match self.deliver(suspended - 1, sent, fp, vm) {
                Ok(next) => next,
                Err(raised) => match self.handler(suspended - 1, raised, fp, vm) {
                    Ok(target) => target,
                    Err(raised) => return Step::Raised(raised),
                },
            },
        };
        let (step, pc) = self.run_from(pc, fp, vm);
        machine.pc.set(pc);
        step
    }

    fn next(&self, machine: &Ref<Machine>, vm: &Vm, stop: &mut Option<Step>) -> Value {
        let fp = machine.fp();
        let pc = machine.pc.get();
        if let Some(at) = pc.checked_sub(1) {
            let Some(Op::Yield(_, into, _)) = self.ops.get(at as usize) else {
                *stop = Some(self.resume(machine, Sent::Value(Value::None), vm));
                return Value::Missing;
            };
            fp.set(*into, Value::None);
        }
        let item = |item, pc| {
            machine.pc.set(pc);
            item
        };
        self.run_to(pc, fp, vm, item, |step, pc| {
            machine.pc.set(pc);
            *stop = Some(step);
            Value::Missing
        })
    }

    fn start(&self, fp: Fp, vm: &Vm, stop: &mut Option<(Step, u32)>) -> Value {
        // A coroutine yields no items.
        self.run_to(
            0,
            fp,
            vm,
            |item, _| item,
            |step, pc| match step {
                Step::Return(value) => value,
                other => {
                    *stop = Some((other, pc));
                    Value::Missing
                }
            },
        )
    }

    fn name(&self) -> Symbol {
        self.code.name
    }

    fn qualname(&self) -> Rc<str> {
        self.code.qualname.clone()
    }

    fn needs_close(&self, machine: &Machine) -> bool {
        let at = machine.pc.get().saturating_sub(1);
        machine.pc.get() > 0 && self.regions.iter().any(|r| r.start.0 <= at && at < r.end.0)
    }

    fn is_handling(&self, machine: &Machine) -> bool {
        let at = machine.pc.get().saturating_sub(1);
        // A handler that is left by an exception ends there first.
        let is_handler = |r: &Region| matches!(self.ops.get(r.target.0 as usize), Some(Op::LeaveHandler { .. }));
        self.regions.iter().any(|r| r.start.0 <= at && at < r.end.0 && is_handler(r))
    }

    fn site(&self, machine: &Machine) -> Option<GlobalSite> {
        let at = machine.pc.get().checked_sub(1)?;
        match self.ops.get(at as usize)? {
            Op::Await(_, _, site)
            | Op::AwaitCall(_, _, site, _)
            | Op::Yield(_, _, site)
            | Op::YieldFrom(_, _, site) => Some(GlobalSite(*site)),
            Op::AsyncNext { site, .. } | Op::Enter { site, .. } | Op::Exit { site, .. } => Some(GlobalSite(*site)),
            _ => None,
        }
    }

    fn code(&self) -> Option<&Rc<Code>> {
        Some(&self.code)
    }
}

impl PlantedMachine {
    /// Runs to the next stop; gives the position to go on from too.
    fn run_from(&self, pc: u32, fp: Fp, vm: &Vm) -> (Step, u32) {
        self.run_to(pc, fp, vm, |item, pc| (Step::Yield(item), pc), |step, pc| (step, pc))
    }

    /// Runs to the next stop: `item` makes the result of an item that is yielded, `stop` that of any other stop, each with the
    /// position to go on from. The instructions that most bodies are made of stand here, each going on by
    /// itself: a result that says how to go on goes through memory.
    #[inline(always)]
    fn run_to<O>(
        &self,
        mut pc: u32,
        fp: Fp,
        vm: &Vm,
        item: impl FnOnce(Value, u32) -> O,
        stop: impl FnOnce(Step, u32) -> O,
    ) -> O {
        loop {
            let Some(op) = self.ops.get(pc as usize) else { return stop(Step::Return(Value::None), pc) };
            let mut to = pc + 1;
            let raised = match op {
                Op::Do(act) => match act(fp, vm) {
                    Ok(Flow::Return) => return stop(Step::Return(vm.returned.replace(Value::None)), pc + 1),
                    Ok(_) => None,
                    Err(raised) => Some(raised),
                },
                Op::Spill(node, into) => match node(fp, vm) {
                    Ok(value) => {
                        fp.set(*into, value);
                        None
                    }
                    Err(raised) => Some(raised),
                },
                Op::Return(node) => match node(fp, vm) {
                    Ok(value) => return stop(Step::Return(value), pc + 1),
                    Err(raised) => Some(raised),
                },
                Op::Yield(node, _, _) => match node(fp, vm) {
                    Ok(value) => return item(value, pc + 1),
                    Err(raised) => Some(raised),
                },
                Op::AwaitCall(call, into, _, then) => {
                    let mut step = None;
                    match call(fp, vm, &mut step) {
                        Ok(Value::Missing) => return stop(step.unwrap_or(Step::Pause), pc + 1),
                        Ok(value) => {
                            // Nothing stands there: a call that stops gives no value.
                            std::mem::forget(step);
                            match then {
                                Then::Keep => fp.set(*into, value),
                                Then::Return => return stop(Step::Return(value), pc + 1),
                                Then::Drop => {
                                    value.discard();
                                    to = pc + 2;
                                }
                            }
                            None
                        }
                        Err(raised) => Some(raised),
                    }
                }
                Op::Clear(slots) => {
                    slots.iter().for_each(|&slot| fp.take(slot).discard());
                    None
                }
                Op::Jump(target) => {
                    to = *target;
                    None
                }
                Op::JumpIf(test, when, target) => match test(fp, vm) {
                    Ok(truth) => {
                        if truth == *when {
                            to = *target;
                        }
                        None
                    }
                    Err(raised) => Some(raised),
                },
                // Borrowed: only this instruction and its like assign the slot, and the body is suspended by none of what `next` runs.
                Op::Next { iter, goal, done, site } => match goal.take_next(fp, vm, fp.peek(*iter), *site) {
                    Ok(true) => None,
                    Ok(false) => {
                        fp.take(*iter).discard();
                        to = *done;
                        None
                    }
                    Err(raised) => Some(raised),
                },
                _ => match run_more(op, fp, vm) {
                    Ok(After::Next) => None,
                    Ok(After::Jump(target)) => {
                        to = target;
                        None
                    }
                    Ok(After::Stop(step)) => return stop(step, pc + 1),
                    Err(raised) => Some(raised),
                },
            };
            let raised = match raised {
                None if to > pc => {
                    pc = to;
                    continue;
                }
                None => match vm.tick() {
                    Ok(()) => {
                        pc = to;
                        continue;
                    }
                    Err(raised) => raised,
                },
                Some(raised) => raised,
            };
            match self.handler(pc, raised, fp, vm) {
                Ok(target) => pc = target,
                Err(raised) => return stop(Step::Raised(raised), pc),
            }
        }
    }

    /// Hands what was sent to the instruction that suspended; gives where to go on.
    fn deliver(&self, at: u32, sent: Sent, fp: Fp, vm: &Vm) -> R<u32> {
        let mut next = at + 1;
        let (into, site, done) = match self.ops.get(at as usize) {
            Some(
                Op::Await(_, into, site)
                | Op::AwaitCall(_, into, site, _)
                | Op::Yield(_, into, site)
                | Op::YieldFrom(_, into, site),
            ) => (*into, *site, None),
            Some(Op::AsyncNext { iter, into, done, site, .. }) => (*into, *site, Some((*iter, *done))),
            Some(Op::Enter { into, awaited, site, .. }) => {
                next = awaited.as_ref().map_or(next, |(after, _)| *after);
                (*into, *site, None)
            }
            Some(Op::Exit { into, awaited, site, .. }) => {
                next = awaited.unwrap_or(next);
                (*into, *site, None)
            }
            _ => return Ok(next),
        };
        match sent {
            Sent::Value(value) => {
                fp.set(into, value);
                Ok(next)
            }
            Sent::Throw(exception) => {
                if let Some((iter, done)) = done
                    && vm.matches(&exception, T::StopAsyncIteration)
                {
                    fp.take(iter).discard();
                    return Ok(done);
                }
                Err(vm.at(site, vm.raise(exception)))
            }
        }
    }

    /// Where the exception raised at `pc` is handled inside this body.
    #[cold]
    fn handler(&self, pc: u32, raised: Raised, fp: Fp, vm: &Vm) -> R<u32> {
        match self.regions.iter().find(|r| r.start.0 <= pc && pc < r.end.0) {
            Some(region) => {
                let exception = vm.take_raised(raised);
                fp.set(region.exception, Value::Exception(exception));
                Ok(region.target.0)
            }
            None => Err(raised),
        }
    }
}

/// The exception in a slot.
fn exception_in(fp: Fp, slot: Slot) -> Option<Ref<Exception>> {
    fp.peek(slot).as_exception().cloned()
}

/// Goes on after a method of an async context manager was called.
#[inline(always)]
fn go_on(begun: Begun, stop: Option<Step>, fp: Fp, into: Slot, after: u32) -> After {
    match begun {
        Begun::Run(Value::Missing) => After::Stop(stop.unwrap_or(Step::Pause)),
        Begun::Run(value) => {
            fp.set(into, value);
            After::Jump(after)
        }
        Begun::Awaitable(value) => {
            fp.set(into, value);
            After::Next
        }
    }
}

/// Whether the generator that runs was made by a function that `types.coroutine` was given.
#[cold]
fn makes_awaitables(fp: Fp) -> bool {
    matches!(fp.peek(Slot(0)), Value::Function(function) if function.code().makes_awaitables.get())
}

/// Instructions that do more than the loop around them costs.
#[inline(never)]
fn run_more(op: &Op, fp: Fp, vm: &Vm) -> R<After> {
    match op {
        Op::Await(node, into, site) => {
            let mut stop = None;
            Ok(match await_value(node(fp, vm)?, *site, vm, &mut stop)? {
                Value::Missing => After::Stop(stop.unwrap_or(Step::Pause)),
                value => {
                    fp.set(*into, value);
                    After::Next
                }
            })
        }
        Op::YieldFrom(node, _, site) => {
            let value = node(fp, vm)?;
            let delegate = match &value {
                Value::Machine(inner) if inner.kind == MachineKind::Generator => value,
                Value::Machine(inner) if inner.kind == MachineKind::Coroutine && makes_awaitables(fp) => value,
                Value::Machine(inner) if inner.kind == MachineKind::Coroutine => {
                    let message = "cannot 'yield from' a coroutine object in a non-coroutine generator";
                    return super::fail(vm, *site, vm.type_error(message));
                }
                other => super::AtSite::at(vm.iter(other), vm, *site)?,
            };
            Ok(After::Stop(Step::Await(delegate)))
        }
        Op::Iter(node, into, site) => {
            let value = node(fp, vm)?;
            let iterator = super::AtSite::at(vm.iter(&value), vm, *site)?;
            fp.set(*into, iterator);
            Ok(After::Next)
        }
        Op::AsyncIter(node, into, site) => {
            let value = node(fp, vm)?;
            let iterator = super::AtSite::at(vm.async_iter(&value), vm, *site)?;
            fp.set(*into, iterator);
            Ok(After::Next)
        }
        Op::AsyncNext { iter, into, done, site, method } => match async_next(fp.get(*iter), method, *site, vm)? {
            AsyncItem::Ready(item) => {
                fp.set(*into, item);
                Ok(After::Next)
            }
            AsyncItem::End => {
                fp.take(*iter).discard();
                Ok(After::Jump(*done))
            }
            AsyncItem::Later(step) => Ok(After::Stop(step)),
        },
        Op::Enter { context, exit, into, awaited, site } => {
            let manager = context(fp, vm)?;
            let Some((after, caches)) = awaited else {
                let entered = super::AtSite::at(vm.enter_context(&manager, false), vm, *site)?;
                fp.set(*exit, entered.exit);
                fp.set(*into, entered.value);
                return Ok(After::Next);
            };
            let mut stop = None;
            let (method, begun) = super::AtSite::at(vm.enter_async(&manager, caches, *site, &mut stop), vm, *site)?;
            fp.set(*exit, method);
            Ok(go_on(begun, stop, fp, *into, *after))
        }
        Op::Exit { exit, exception, into, awaited, site } => {
            let method = fp.take(*exit);
            let exception = exception.and_then(|slot| exception_in(fp, slot));
            let Some(after) = awaited else {
                let result = super::AtSite::at(vm.exit_context(&method, exception.as_ref()), vm, *site)?;
                fp.set(*into, result);
                return Ok(After::Next);
            };
            let mut stop = None;
            let begun = super::AtSite::at(vm.exit_async(&method, exception.as_ref(), *site, &mut stop), vm, *site)?;
            Ok(go_on(begun, stop, fp, *into, *after))
        }
        _ => run_rare(op, fp, vm),
    }
}

/// Instructions outside the common paths.
fn run_rare(op: &Op, fp: Fp, vm: &Vm) -> R<After> {
    match op {
        Op::EnterHandler { exception, previous } => {
            let before = vm.handling.replace(exception_in(fp, *exception));
            fp.set(*previous, before.map_or(Value::None, Value::Exception));
        }
        Op::LeaveHandler { previous, is_outermost } => {
            // Suspended since the handler began: what is handled further out may be something else by now.
            let is_resumed = *is_outermost && vm.resumed_frame.get() == Some(fp);
            vm.handling.set(if is_resumed { vm.handled_outside.get() } else { exception_in(fp, *previous) });
            fp.take(*previous).discard();
        }
        Op::Reraise(slot) => {
            return match fp.take(*slot) {
                Value::Exception(exception) => Err(vm.raise(exception)),
                _ => Err(vm.runtime_error("No active exception to reraise")),
            };
        }
        Op::SplitGroup { rest, matched, types, none, site } => {
            let types = types(fp, vm)?;
            let current = fp.get(*rest);
            if current.is_none_or_missing() {
                return Ok(After::Jump(*none));
            }
            let (part, left) = super::AtSite::at(vm.split_group(&current, &types), vm, *site)?;
            if part.is_none() {
                return Ok(After::Jump(*none));
            }
            fp.set(*matched, part);
            fp.set(*rest, left);
        }
        Op::FinishGroup { original, rest, raised } => {
            let list = match fp.take(*raised) {
                Value::List(list) => list.snapshot(),
                _ => Vec::new(),
            };
            let raised = list.iter().filter_map(|v| v.as_exception().cloned()).collect();
            let (Some(original), rest) = (exception_in(fp, *original), fp.take(*rest).or_none()) else {
                return Ok(After::Next);
            };
            if let Some(exception) = vm.finish_group(&original, rest, raised)? {
                return Err(vm.raise(exception));
            }
        }
        Op::CollectRaised { exception, raised } => {
            let value = fp.take(*exception);
            match fp.peek(*raised) {
                Value::List(list) => list.push(value),
                _ => fp.set(*raised, Value::list(vec![value])),
            }
        }
        Op::FreshCells(slots) => fresh_cells(fp, slots),
        Op::CollectList(node, into) => {
            let value = node(fp, vm)?;
            if let Value::List(list) = fp.peek(*into) {
                list.push(value);
            }
        }
        Op::CollectSet(node, into) => {
            let value = node(fp, vm)?;
            if let Value::Set(set) = fp.get(*into) {
                vm.set_add(&set, value)?;
            }
        }
        Op::CollectDict(key, value, into) => {
            let key = key(fp, vm)?;
            let value = value(fp, vm)?;
            if let Value::Dict(dict) = fp.get(*into) {
                vm.dict_set(&dict, key, value)?;
            }
        }
        Op::NewContainer(into, kind) => {
            let container = match kind {
                Container::List => Value::List(List::new(Vec::new())),
                Container::Set => Value::Set(Ref::new(Set::new())),
                Container::Dict => Value::Dict(Ref::new(Dict::new())),
            };
            fp.set(*into, container);
        }
        // The rest is `run_to`'s.
        _ => return Err(vm.runtime_error("a body stopped at an unknown instruction")),
    }
    Ok(After::Next)
}

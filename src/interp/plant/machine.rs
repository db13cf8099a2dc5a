//! Bodies that suspend: the instructions of a [`code::Machine`] with their trees planted, and how such a body goes on.
//!
//! A resume is a jump: the position is an instruction's index, all variables are slots of the frame, and what stands
//! between two suspensions is run by the same nodes as plain code.

use std::rc::Rc;

use super::super::eager::Eager;
use super::async_protocol::{Begun, Item, ManagerCaches, async_next};
use super::await_call::{AwaitedCall, await_value};
use super::comp::fresh_cells;
use super::method_call::MethodCache;
use super::walk::Goal;
use super::{Act, Flow, Planter, Test};
use crate::code::{self, Code, Collect, Container, Instr, Region, Slot, Stmt};
use crate::intern::{Symbol, sym};
use crate::object::traceback::GlobalSite;
use crate::object::{
    Body, Dict, Exception, Fp, List, Machine, MachineKind, Node, R, Raised, Ref, Sent, Set, Step, T, Value, Vm,
};

/// A planted instruction; see [`Instr`] for what each stands for.
enum Op {
    Do(Act),
    Spill(Node, Slot),
    Jump(u32),
    JumpIf(Test, bool, u32),
    Return(Node),
    Await(Node, Slot, u32),
    /// `await f(x)`: the call runs in its frame on the stack for as long as it does not suspend.
    AwaitCall(AwaitedCall, Slot, u32),
    Yield(Node, Slot, u32),
    YieldFrom(Node, Slot, u32),
    Iter(Node, Slot, u32),
    Next {
        iter: Slot,
        goal: Goal,
        done: u32,
        site: u32,
    },
    AsyncIter(Node, Slot, u32),
    AsyncNext {
        iter: Slot,
        into: Slot,
        done: u32,
        site: u32,
        method: Box<MethodCache>,
    },
    Enter {
        context: Node,
        exit: Slot,
        into: Slot,
        /// For `async with`: where to go on when what the method gave was awaited at once. The next instruction awaits it otherwise.
        awaited: Option<(u32, Box<ManagerCaches>)>,
        site: u32,
    },
    Exit {
        exit: Slot,
        exception: Option<Slot>,
        into: Slot,
        /// As for `Enter`.
        awaited: Option<u32>,
        site: u32,
    },
    EnterHandler {
        exception: Slot,
        previous: Slot,
    },
    LeaveHandler {
        previous: Slot,
        is_outermost: bool,
    },
    Reraise(Slot),
    SplitGroup {
        rest: Slot,
        matched: Slot,
        types: Node,
        none: u32,
        site: u32,
    },
    FinishGroup {
        original: Slot,
        rest: Slot,
        raised: Slot,
    },
    CollectRaised {
        exception: Slot,
        raised: Slot,
    },
    FreshCells(Box<[Slot]>),
    Clear(Box<[Slot]>),
    CollectList(Node, Slot),
    CollectSet(Node, Slot),
    CollectDict(Node, Node, Slot),
    NewContainer(Slot, Container),
}

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
        let ops = machine.instrs.iter().enumerate().map(|(at, instr)| self.instr(at as u32, instr)).collect();
        Rc::new(PlantedMachine { code: self.code.clone(), ops, regions: machine.regions.clone() })
    }

    fn instr(&self, at: u32, instr: &Instr) -> Op {
        match instr {
            // Hands its value over directly.
            Instr::Do(Stmt::Return(value)) => Op::Return(self.expr(value)),
            Instr::Do(stmt) => Op::Do(self.stmt(stmt)),
            Instr::Spill { value, into } => Op::Spill(self.expr(value), *into),
            Instr::Jump(to) => Op::Jump(to.0),
            Instr::JumpIf { test, when, to, site } => Op::JumpIf(self.test(test, *site), *when, to.0),
            Instr::Return(value) => Op::Return(self.expr(value)),
            Instr::Await { value, into, site } => {
                let site = self.site(*site);
                match self.awaited_call(value, site) {
                    Some(call) => Op::AwaitCall(call, *into, site),
                    None => Op::Await(self.expr(value), *into, site),
                }
            }
            Instr::Yield { value, into, site } => Op::Yield(self.expr(value), *into, self.site(*site)),
            Instr::YieldFrom { value, into, site } => Op::YieldFrom(self.expr(value), *into, self.site(*site)),
            Instr::Iter { value, into, site } => Op::Iter(self.expr(value), *into, self.site(*site)),
            Instr::Next { iter, target, done, site } => {
                Op::Next { iter: *iter, goal: self.goal(target), done: done.0, site: self.site(*site) }
            }
            Instr::AsyncIter { value, into, site } => Op::AsyncIter(self.expr(value), *into, self.site(*site)),
            Instr::AsyncNext { iter, into, done, site } => {
                Op::AsyncNext { iter: *iter, into: *into, done: done.0, site: self.site(*site), method: Box::default() }
            }
            Instr::Enter { context, exit, into, is_async, site } => Op::Enter {
                context: self.expr(context),
                exit: *exit,
                into: *into,
                awaited: is_async.then(|| (at + 2, Box::default())),
                site: self.site(*site),
            },
            Instr::Exit { exit, exception, into, is_async, site } => Op::Exit {
                exit: *exit,
                exception: *exception,
                into: *into,
                awaited: is_async.then_some(at + 2),
                site: self.site(*site),
            },
            Instr::EnterHandler { exception, previous } => {
                Op::EnterHandler { exception: *exception, previous: *previous }
            }
            Instr::LeaveHandler { previous, is_outermost, .. } => {
                Op::LeaveHandler { previous: *previous, is_outermost: *is_outermost }
            }
            Instr::Reraise { exception } => Op::Reraise(*exception),
            Instr::SplitGroup { rest, matched, types, none, site } => Op::SplitGroup {
                rest: *rest,
                matched: *matched,
                types: self.expr(types),
                none: none.0,
                site: self.site(*site),
            },
            Instr::FinishGroup { original, rest, raised, .. } => {
                Op::FinishGroup { original: *original, rest: *rest, raised: *raised }
            }
            Instr::CollectRaised { exception, raised } => Op::CollectRaised { exception: *exception, raised: *raised },
            Instr::FreshCells(slots) => Op::FreshCells(slots.clone()),
            Instr::Clear(slots) => Op::Clear(slots.clone()),
            Instr::Collect { into, kind } => match kind {
                Collect::List(e) => Op::CollectList(self.expr(e), *into),
                Collect::Set(e) => Op::CollectSet(self.expr(e), *into),
                Collect::Dict(k, v) => Op::CollectDict(self.expr(k), self.expr(v), *into),
            },
            Instr::NewContainer { into, kind } => Op::NewContainer(*into, *kind),
        }
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

    fn site(&self, machine: &Machine) -> Option<GlobalSite> {
        let at = machine.pc.get().checked_sub(1)?;
        match self.ops.get(at as usize)? {
            Op::Await(_, _, site) | Op::AwaitCall(_, _, site) | Op::Yield(_, _, site) | Op::YieldFrom(_, _, site) => {
                Some(GlobalSite(*site))
            }
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
                Op::AwaitCall(call, into, _) => {
                    let mut step = None;
                    match call(fp, vm, &mut step) {
                        Ok(Value::Missing) => return stop(step.unwrap_or(Step::Pause), pc + 1),
                        Ok(value) => {
                            fp.set(*into, value);
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
                | Op::AwaitCall(_, into, site)
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
fn go_on(begun: Begun, fp: Fp, into: Slot, after: u32, site: u32, vm: &Vm) -> R<After> {
    match begun {
        Begun::Awaitable(value) => {
            fp.set(into, value);
            Ok(After::Next)
        }
        Begun::Eager(Eager::Done(value)) => {
            fp.set(into, value);
            Ok(After::Jump(after))
        }
        Begun::Eager(Eager::Raised(raised)) => super::fail(vm, site, raised),
        Begun::Eager(Eager::Stopped(machine, step)) => Ok(After::Stop(Step::Entered(machine, Box::new(step)))),
    }
}

/// Instructions that do more than the loop around them costs.
#[inline(never)]
fn run_more(op: &Op, fp: Fp, vm: &Vm) -> R<After> {
    match op {
        Op::Await(node, _, site) => Ok(After::Stop(await_value(node(fp, vm)?, *site, vm)?)),
        Op::YieldFrom(node, _, site) => {
            let value = node(fp, vm)?;
            let delegate = match &value {
                Value::Machine(inner) if inner.kind == MachineKind::Generator => value,
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
            Item::Ready(item) => {
                fp.set(*into, item);
                Ok(After::Next)
            }
            Item::End => {
                fp.take(*iter).discard();
                Ok(After::Jump(*done))
            }
            Item::Later(step) => Ok(After::Stop(step)),
        },
        Op::Enter { context, exit, into, awaited, site } => {
            let manager = context(fp, vm)?;
            let Some((after, caches)) = awaited else {
                let entered = super::AtSite::at(vm.enter_context(&manager, false), vm, *site)?;
                fp.set(*exit, entered.exit);
                fp.set(*into, entered.value);
                return Ok(After::Next);
            };
            let (method, begun) = super::AtSite::at(vm.enter_async(&manager, caches, *site), vm, *site)?;
            fp.set(*exit, method);
            go_on(begun, fp, *into, *after, *site, vm)
        }
        Op::Exit { exit, exception, into, awaited, site } => {
            let method = fp.take(*exit);
            let exception = exception.and_then(|slot| exception_in(fp, slot));
            let Some(after) = awaited else {
                let result = super::AtSite::at(vm.exit_context(&method, exception.as_ref()), vm, *site)?;
                fp.set(*into, result);
                return Ok(After::Next);
            };
            let begun = super::AtSite::at(vm.exit_async(&method, exception.as_ref(), *site), vm, *site)?;
            go_on(begun, fp, *into, *after, *site, vm)
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

impl Vm {
    /// An awaitable that raises at once.
    pub(super) fn failed_awaitable(&self, exception: Ref<Exception>) -> Value {
        self.native_coroutine(Failed(crate::object::Swap::new(Some(exception))))
    }
}

/// The body of an awaitable that raises at once.
struct Failed(crate::object::Swap<Option<Ref<Exception>>>);

impl Body for Failed {
    fn resume(&self, _machine: &Ref<Machine>, _sent: Sent, vm: &Vm) -> Step {
        match self.0.take() {
            Some(exception) => Step::Raised(vm.raise(exception)),
            None => Step::Return(Value::None),
        }
    }
    fn name(&self) -> Symbol {
        sym::__anext__
    }
    fn qualname(&self) -> Rc<str> {
        "__anext__".into()
    }
    fn needs_close(&self, _machine: &Machine) -> bool {
        false
    }
    fn site(&self, _machine: &Machine) -> Option<GlobalSite> {
        None
    }
}

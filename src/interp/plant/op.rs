//! The planted instructions of a machine: each [`Instr`] with its trees turned into closures. How they run is `machine.rs`'s.

use super::async_protocol::ManagerCaches;
use super::await_call::AwaitedCall;
use super::method_call::MethodCache;
use super::walk::Goal;
use super::{Act, Planter, Test};
use crate::code::{Collect, Container, Expr, Instr, Slot, Stmt};
use crate::object::Node;

/// A planted instruction; see [`Instr`] for what each stands for.
pub(super) enum Op {
    Do(Act),
    Spill(Node, Slot),
    Jump(u32),
    JumpIf(Test, bool, u32),
    Return(Node),
    Await(Node, Slot, u32),
    /// `await f(x)`: the call runs in its frame on the stack for as long as it does not suspend.
    AwaitCall(AwaitedCall, Slot, u32, Then),
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

/// What the instruction after an awaited call does with the value; done at once when the call did not suspend.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Keep,
    /// Returns it.
    Return,
    /// Forgets it.
    Drop,
}

impl Planter<'_> {
    /// `after` is the instruction behind this one, at `at`.
    pub(super) fn instr(&self, at: u32, instr: &Instr, after: Option<&Instr>) -> Op {
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
                    Some(call) => Op::AwaitCall(call, *into, site, then(*into, after)),
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

/// What becomes of the value that an `await` left in the slot.
fn then(slot: Slot, after: Option<&Instr>) -> Then {
    match after {
        Some(Instr::Return(Expr::Take { slot: taken })) if *taken == slot => Then::Return,
        Some(Instr::Do(Stmt::Return(Expr::Take { slot: taken }))) if *taken == slot => Then::Return,
        Some(Instr::Clear(slots)) if **slots == [slot] => Then::Drop,
        _ => Then::Keep,
    }
}

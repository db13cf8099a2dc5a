//! The state machine of a body that can suspend: coroutines, generators, async generators.
//!
//! Only the constructs that contain a suspension are split into instructions; everything else
//! stays a tree inside [`Instr::Do`]. Operands evaluated before a suspension are spilled to
//! temporaries in evaluation order and read back by [`super::Expr::Take`].
//! `finally` bodies are copied to each way out, as CPython's compiler does, so that leaving a
//! block needs no run-time bookkeeping.

use super::{Expr, Site, Slot, Stmt, Target};

/// The index of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(pub u32);

#[derive(Debug)]
pub struct Machine {
    pub instrs: Box<[Instr]>,
    /// Which instructions an exception handler covers, innermost first: the first region that
    /// holds the raising instruction takes the exception. Costs nothing while nothing is raised.
    pub regions: Box<[Region]>,
}

/// An exception raised in `start..end` is stored into `exception` and control goes to `target`.
/// Temporaries that were spilled inside are not read again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region {
    pub start: Label,
    pub end: Label,
    pub target: Label,
    pub exception: Slot,
}

#[derive(Debug)]
pub enum Instr {
    /// A statement without suspension. It never breaks or continues out of itself; it may return
    /// only where no `finally`, `with` or handler must run on the way out.
    Do(Stmt),
    /// `into = value`: an operand kept across a suspension.
    Spill {
        value: Expr,
        into: Slot,
    },
    Jump(Label),
    /// Goes to `to` when the truth of `test` is `when`.
    JumpIf {
        test: Expr,
        when: bool,
        to: Label,
        site: Site,
    },
    /// `return value`, with every `finally` on the way already run.
    Return(Expr),
    /// `await value`: the result goes to the temporary `into`.
    Await {
        value: Expr,
        into: Slot,
        site: Site,
    },
    /// `yield value` in a generator or async generator: what is sent goes to `into`.
    Yield {
        value: Expr,
        into: Slot,
        site: Site,
    },
    /// `yield from value`: the delegate's return value goes to `into`.
    YieldFrom {
        value: Expr,
        into: Slot,
        site: Site,
    },
    /// `for`: `into = iter(value)`
    Iter {
        value: Expr,
        into: Slot,
        site: Site,
    },
    /// `for`: the next item of the iterator in `iter` goes to `target`; `done` when there is none
    /// (the iterator slot is then cleared).
    Next {
        iter: Slot,
        target: Target,
        done: Label,
        site: Site,
    },
    /// `async for`: `into = value.__aiter__()`
    AsyncIter {
        value: Expr,
        into: Slot,
        site: Site,
    },
    /// `async for`: awaits `iter.__anext__()`; its result goes to the temporary `into`; on
    /// StopAsyncIteration goes to `done` (the iterator slot is then cleared).
    AsyncNext {
        iter: Slot,
        into: Slot,
        done: Label,
        site: Site,
    },
    /// `with`/`async with`: finds both methods, keeps the bound exit in `exit`, calls enter; its result
    /// (for `async with`: the awaitable, awaited by the next instruction) goes to `into`.
    Enter {
        context: Expr,
        exit: Slot,
        into: Slot,
        is_async: bool,
        site: Site,
    },
    /// Calls the exit method kept in `exit` with three Nones, or with the exception in `exception`;
    /// the result (for `async with`: the awaitable) goes to `into`. `exit` is cleared.
    Exit {
        exit: Slot,
        exception: Option<Slot>,
        into: Slot,
        is_async: bool,
        site: Site,
    },
    /// A handler begins: the exception in `exception` becomes the one being handled (`sys.exception()`,
    /// bare `raise`, `__context__`); what was handled before is kept in `previous`.
    EnterHandler {
        exception: Slot,
        previous: Slot,
    },
    /// A handler ends: what was handled before is handled again. Clears both slots.
    LeaveHandler {
        exception: Slot,
        previous: Slot,
        /// No other handler of this body is around it: what is handled next is the business of whoever resumed the body.
        is_outermost: bool,
    },
    /// Raises the exception in the slot again, its traceback as it stands.
    Reraise {
        exception: Slot,
    },
    /// `except* types`: splits the group in `rest` (a bare exception is wrapped first): the matching part
    /// goes to `matched`, what is left to `rest` (None when nothing). Goes to `none` when nothing matched.
    /// `original` is the exception that the `try` body raised.
    SplitGroup {
        rest: Slot,
        matched: Slot,
        types: Expr,
        none: Label,
        site: Site,
    },
    /// The end of `try ... except*`: raises what is left in `rest` together with the list of exceptions raised by
    /// handlers in `raised` (PEP 654), or goes on when there is nothing.
    FinishGroup {
        original: Slot,
        rest: Slot,
        raised: Slot,
        site: Site,
    },
    /// An exception raised by an `except*` body is added to the list in `raised` (made on first use).
    CollectRaised {
        exception: Slot,
        raised: Slot,
    },
    /// Wraps slots of an inlined comprehension's captured variables in fresh cells.
    FreshCells(Box<[Slot]>),
    /// Empties temporaries that hold references no longer needed.
    Clear(Box<[Slot]>),
    /// `_list.append(value)` and its like for a comprehension that suspends: `into` holds the container.
    Collect {
        into: Slot,
        kind: Collect,
    },
    /// A new empty container for a comprehension that suspends.
    NewContainer {
        into: Slot,
        kind: Container,
    },
}

#[derive(Debug)]
pub enum Collect {
    List(Expr),
    Set(Expr),
    Dict(Expr, Expr),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Container {
    List,
    Set,
    Dict,
}

//! What an exception is called for (`aio explain CODE`), and one hint: what commonly lies behind a message. Knows messages
//! and the text at the place of the raise, not programs.

use super::failure::{Crash, Frame};
use super::library;
use crate::source::Source;
use crate::syntax::ast::{Expr, ExprKind, StmtKind};
use crate::syntax::{ErrorKind, parse_module};
use crate::text::order;

/// One kind of failure.
struct Row {
    /// How the type's name ends.
    name: &'static str,
    /// A part of the message.
    part: &'static str,
    code: &'static str,
    /// Empty when the message says it all.
    hint: &'static str,
}

const fn row(name: &'static str, part: &'static str, code: &'static str, hint: &'static str) -> Row {
    Row { name, part, code, hint }
}

const AWAIT_IT: &str = "a call of an `async def` gives a coroutine: `await` it for its result";

const AWAIT_INSTEAD: &str = "a loop runs already: `await` the coroutine instead";
const WAS_NONE: &str = "this is None: did a function return nothing?";
const PASS_IT: &str = "pass the coroutine itself: `main()`, not `main` and not its result";
const HANDLE_MEMBERS: &str = "`except*` handles the members of a group by their type";

/// The first that fits.
const ROWS: &[Row] = &[
    row("TypeError", "'coroutine'", "missing-await", AWAIT_IT),
    row("TypeError", "coroutine object", "missing-await", AWAIT_IT),
    row("AttributeError", "'coroutine' object has no attribute", "missing-await", AWAIT_IT),
    row(
        "TypeError",
        "'async_generator' can't be used in 'await'",
        "bad-await",
        "read an async generator with `async for`",
    ),
    row(
        "TypeError",
        "can't be used in 'await' expression",
        "bad-await",
        "coroutines, tasks and futures can be awaited: is it one?",
    ),
    row(
        "TypeError",
        "'async for' requires",
        "async-protocol",
        "use a plain `for`, or give the object `__aiter__` and `__anext__`",
    ),
    row(
        "TypeError",
        "asynchronous context manager protocol",
        "async-protocol",
        "use a plain `with`, or give it `__aenter__` and `__aexit__`",
    ),
    row(
        "TypeError",
        "'async_generator' object is not iterable",
        "async-protocol",
        "an async generator is read with `async for`",
    ),
    row(
        "TypeError",
        "the context manager protocol",
        "async-protocol",
        "is `async with` meant? Otherwise it needs `__enter__` and `__exit__`",
    ),
    row("TypeError", "a coroutine was expected", "bad-await", PASS_IT),
    row("ValueError", "a coroutine was expected", "bad-await", PASS_IT),
    row(
        "RuntimeError",
        "no running event loop",
        "no-running-loop",
        "this needs a running loop: call it from a coroutine under `asyncio.run`",
    ),
    row("RuntimeError", "cannot be called from a running event loop", "nested-run", AWAIT_INSTEAD),
    row("RuntimeError", "event loop is already running", "nested-run", AWAIT_INSTEAD),
    row("RuntimeError", "while another loop is running", "nested-run", AWAIT_INSTEAD),
    row(
        "RuntimeError",
        "cannot reuse already awaited coroutine",
        "coroutine-reused",
        "a coroutine runs once: call the function again for another",
    ),
    row(
        "RuntimeError",
        "coroutine is being awaited already",
        "coroutine-reused",
        "a coroutine has one waiter: make a task of it to wait for it twice",
    ),
    row(
        "RuntimeError",
        "deadlock:",
        "deadlock",
        "something must set the event, release the lock or put the item that they wait for",
    ),
    row(
        "RuntimeError",
        "changed size during iteration",
        "changed-while-iterating",
        "iterate over a copy: `for key in list(d):`",
    ),
    row(
        "RecursionError",
        "",
        "recursion",
        "a function calls itself without end, or deeper than `sys.setrecursionlimit` allows",
    ),
    row("TimeoutError", "", "timeout", "something took longer than its timeout"),
    row("CancelledError", "", "cancelled", "whoever called `cancel()` wanted it to end"),
    row(
        "UnboundLocalError",
        "",
        "unbound-local",
        "assigned later in the function, the name is local: `global` or `nonlocal` may be meant",
    ),
    row("NameError", "", "undefined-name", ""),
    row("ZeroDivisionError", "", "zero-division", "check the divisor before dividing"),
    row("TypeError", "can only concatenate str", "mixed-types", "convert with `str(...)`, or use an f-string"),
    row("TypeError", "and 'str'", "mixed-types", "convert one side: `int(...)`, `float(...)` or `str(...)`"),
    row(
        "TypeError",
        "unsupported operand type(s)",
        "mixed-types",
        "the operator knows no pair of these types: convert one side",
    ),
    row(
        "TypeError",
        "object is not callable",
        "not-callable",
        "is a name assigned twice, or a comma or operator missing before `(`?",
    ),
    row("TypeError", "missing", "wrong-arguments", "the call gives fewer arguments than the function takes"),
    row(
        "TypeError",
        "positional argument",
        "wrong-arguments",
        "the call gives other arguments than the function takes",
    ),
    row("TypeError", "unexpected keyword argument", "wrong-arguments", "the function has no parameter of that name"),
    row(
        "TypeError",
        "not supported between instances of",
        "mixed-types",
        "values of these types have no order: convert one side, or compare by a `key`",
    ),
    row("TypeError", "'NoneType' object is not", "type-error", WAS_NONE),
    row("TypeError", "cannot unpack non-iterable NoneType", "type-error", WAS_NONE),
    row("TypeError", "'int' object is not iterable", "type-error", "`range(n)` gives the numbers below `n`"),
    row(
        "TypeError",
        "unhashable type",
        "type-error",
        "what can change is no key and no member of a set: a tuple or a frozenset is",
    ),
    row("TypeError", "", "type-error", ""),
    row("KeyError", "", "key-error", "`d.get(key)` gives None for a key that is not there"),
    row("IndexError", "out of range", "index-error", "indices count from 0: the last one is `len(...) - 1`"),
    row("IndexError", "", "index-error", ""),
    row("AttributeError", "'NoneType' object has no attribute", "attribute-error", WAS_NONE),
    row("AttributeError", "", "attribute-error", ""),
    row(
        "ModuleNotFoundError",
        "",
        "module-not-found",
        "modules are files beside the script (`NAME.aio`, `NAME.py`) and those built into aio",
    ),
    row("ImportError", "", "module-not-found", ""),
    row("NotImplementedError", "aio does not support", "not-supported", "this parses, but does not run yet"),
    row("AssertionError", "", "assertion", ""),
    row("UnicodeDecodeError", "", "value-error", "the bytes are not in this encoding"),
    row(
        "ValueError",
        "values to unpack",
        "value-error",
        "each value needs a name, and each name a value: `a, *rest` takes what is left",
    ),
    row("ValueError", "", "value-error", ""),
    row("ExceptionGroup", "", "exception-group", HANDLE_MEMBERS),
    row("BaseExceptionGroup", "", "exception-group", HANDLE_MEMBERS),
    row("InvalidStateError", "Result is not set", OTHERS, "`await` it: there is a result when it is done"),
    row("InvalidStateError", "Exception is not set", OTHERS, "`await` it: it is not done yet"),
    row("StopIteration", "", OTHERS, "`next(iterator, default)` gives the default at the end"),
    row("KeyboardInterrupt", "", "interrupted", ""),
    row("SyntaxError", "", "syntax-error", ""),
    row("IndentationError", "", "syntax-error", ""),
    row("TabError", "", "syntax-error", ""),
];

/// What every other exception is called for.
const OTHERS: &str = "uncaught-exception";

fn row_of(crash: &Crash) -> Option<&'static Row> {
    let name = crash.type_name.rsplit('.').next().unwrap_or("");
    ROWS.iter().find(|row| row.name == name && crash.message.contains(row.part))
}

/// The stable code of an exception.
pub fn code(crash: &Crash) -> &'static str {
    row_of(crash).map_or(OTHERS, |row| row.code)
}

/// The stable code of an error in a program's text.
pub fn code_of_syntax(_: ErrorKind) -> &'static str {
    "syntax-error"
}

/// All codes that exceptions can have.
pub fn codes() -> Vec<&'static str> {
    let mut codes: Vec<&str> = ROWS.iter().map(|row| row.code).chain([OTHERS]).collect();
    order::sort(&mut codes);
    codes.dedup();
    codes
}

/// The hint for an exception.
pub fn hint(crash: &Crash) -> Option<String> {
    if let Some(text) = crash.suggestion.strip_prefix(". ") {
        let mut letters = text.chars();
        let first = letters.next()?.to_lowercase();
        return Some(first.chain(letters).collect());
    }
    let row = row_of(crash)?;
    if row.code == "missing-await"
        && let Some(name) = crash.frames.last().and_then(called)
    {
        return Some(format!("`{name}()` is a coroutine: add `await`"));
    }
    if row.name == "ModuleNotFoundError"
        && let Some(text) = about_module(&crash.message)
    {
        return Some(text);
    }
    (!row.hint.is_empty()).then(|| row.hint.to_owned())
}

/// What is known of the module that a message names: one of CPython's library, or misspelt.
fn about_module(message: &str) -> Option<String> {
    let name = message.strip_prefix("No module named '")?.split('\'').next()?;
    if library::is_library_module(name.split('.').next()?) {
        return Some(format!("`{name}` is a module of Python's library that aio has not got"));
    }
    library::nearest_module(name).map(|near| format!("did you mean `{near}`?"))
}

/// Builtins that take values and give others: what went wrong is what they were given.
const TAKERS: &[&str] =
    &["len", "print", "list", "tuple", "set", "dict", "sum", "sorted", "iter", "next", "int", "str", "max", "min"];

/// The function that is called at the place of a raise: `fetch` in `fetch(1)[0]`.
fn called(frame: &Frame) -> Option<String> {
    let text = frame.source.slice(frame.span);
    // In brackets, as an expression may go over several lines.
    let source = Source::new("<place>", format!("({text})"));
    let module = parse_module(&source).ok()?;
    let [statement] = module.body.as_slice() else { return None };
    let StmtKind::Expr(expr) = &statement.kind else { return None };
    call_in(&source, expr)
}

fn call_in(source: &Source, expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Call { func, args, .. } => {
            let name = source.slice(func.span);
            let inside = args.iter().find_map(|argument| call_in(source, argument));
            match &func.kind {
                ExprKind::Name(taker) if TAKERS.contains(&taker.as_str()) => inside,
                ExprKind::Name(_) => Some(name.to_owned()),
                // `fetch().upper()`: the receiver may be the coroutine.
                ExprKind::Attribute { value, .. } => call_in(source, value).or(Some(name.to_owned())),
                _ => inside,
            }
        }
        ExprKind::BinOp { left, right, .. } => call_in(source, left).or_else(|| call_in(source, right)),
        ExprKind::Compare { left, comparators, .. } => {
            call_in(source, left).or_else(|| comparators.iter().find_map(|right| call_in(source, right)))
        }
        ExprKind::UnaryOp { operand: value, .. }
        | ExprKind::Attribute { value, .. }
        | ExprKind::Subscript { value, .. }
        | ExprKind::Starred(value) => call_in(source, value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crash(type_name: &str, message: &str, text: &str) -> Crash {
        let source = Source::new("t.aio", text);
        let span = crate::source::Span::new(0, text.len());
        let (name, qualname) = ("f".to_owned(), "f".to_owned());
        let frame = Frame { source, span, name, qualname, is_async: false };
        Crash { type_name: type_name.into(), message: message.into(), frames: vec![frame], ..Crash::default() }
    }

    #[test]
    fn a_missing_await_is_named() {
        let hint = |text| hint(&crash("TypeError", "'coroutine' object is not iterable", text));
        assert_eq!(hint("fetch(1) + 1").as_deref(), Some("`fetch()` is a coroutine: add `await`"));
        assert_eq!(hint("len(self.rows())").as_deref(), Some("`self.rows()` is a coroutine: add `await`"));
        assert_eq!(hint("x").as_deref(), Some(AWAIT_IT));
    }

    #[test]
    fn every_exception_has_a_code() {
        assert_eq!(code(&crash("KeyError", "'x'", "")), "key-error");
        assert_eq!(code(&crash("asyncio.exceptions.CancelledError", "", "")), "cancelled");
        assert_eq!(code(&crash("my.Error", "", "")), OTHERS);
    }
}

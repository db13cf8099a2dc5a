//! One hint for an exception: what commonly lies behind a message. Knows messages, not programs.

use super::failure::Crash;

/// (how the type's name ends, a part of the message, the hint), the first that fits.
const HINTS: &[(&str, &str, &str)] = &[
    ("TypeError", "'coroutine' object is not", "a call of an `async def` gives a coroutine: `await` it for its result"),
    ("AttributeError", "'coroutine' object has no attribute", "`await` the call first: it gives a coroutine"),
    ("TypeError", "'async for' requires", "use a plain `for`, or give the object `__aiter__` and `__anext__`"),
    (
        "TypeError",
        "asynchronous context manager protocol",
        "use a plain `with`, or give it `__aenter__` and `__aexit__`",
    ),
    ("TypeError", "'async_generator' object is not iterable", "an async generator is read with `async for`"),
    ("TypeError", "can't be used in 'await' expression", "coroutines, tasks and futures can be awaited: is it one?"),
    ("TypeError", "a coroutine was expected", "pass the coroutine itself: `main()`, not `main` and not its result"),
    ("TypeError", "'async_generator' can't be used in 'await'", "read an async generator with `async for`"),
    (
        "RuntimeError",
        "no running event loop",
        "this needs a running loop: call it from a coroutine under `asyncio.run`",
    ),
    (
        "RuntimeError",
        "cannot be called from a running event loop",
        "a loop runs already: `await` the coroutine instead",
    ),
    (
        "RuntimeError",
        "cannot reuse already awaited coroutine",
        "a coroutine runs once: call the function again for another",
    ),
    ("RuntimeError", "dictionary changed size during iteration", "iterate over a copy: `for key in list(d):`"),
    ("RecursionError", "", "a function calls itself without end, or deeper than `sys.setrecursionlimit` allows"),
    ("TimeoutError", "", "something took longer than its timeout"),
    ("UnboundLocalError", "", "assigned later in the function, the name is local: `global` or `nonlocal` may be meant"),
    ("ZeroDivisionError", "", "check the divisor before dividing"),
    ("TypeError", "can only concatenate str", "convert with `str(...)`, or use an f-string"),
    ("TypeError", "and 'str'", "convert one side: `int(...)`, `float(...)` or `str(...)`"),
    ("TypeError", "object is not callable", "is a name assigned twice, or a comma or operator missing before `(`?"),
    ("KeyError", "", "`d.get(key)` gives None for a key that is not there"),
    ("IndexError", "out of range", "indices count from 0: the last one is `len(...) - 1`"),
    ("NotImplementedError", "aio does not support", "this parses, but does not run yet"),
];

/// The hint for an exception.
pub fn hint(crash: &Crash) -> Option<String> {
    if let Some(text) = crash.suggestion.strip_prefix(". ") {
        let mut letters = text.chars();
        let first = letters.next()?.to_lowercase();
        return Some(first.chain(letters).collect());
    }
    let fits = |(name, part, _): &&(&str, &str, &str)| {
        crash.type_name.rsplit('.').next() == Some(*name) && crash.message.contains(part)
    };
    if crash.type_name == "ModuleNotFoundError" {
        return Some("modules are files beside the script (`NAME.aio`, `NAME.py`) and those built into aio".to_owned());
    }
    HINTS.iter().find(fits).map(|(_, _, hint)| (*hint).to_owned())
}

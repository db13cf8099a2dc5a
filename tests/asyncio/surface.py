# Writes surface.txt: what CPython 3.13 shows in asyncio and what belongs to it, a line for each owner.
# Modules inside asyncio are left out; names with one underscore are CPython's own business, but for those that asyncio itself publishes in __all__.
import asyncio
import contextlib
import contextvars
import types

PROTOCOLS = """__await__ __aiter__ __anext__ __aenter__ __aexit__ __enter__ __exit__ __iter__ __next__ __del__
    __class_getitem__ __len__ __getitem__ __contains__""".split()


def shown(owner, value):
    published = getattr(value, "__all__", ()) if owner == "asyncio" else ()
    public = [name for name in dir(value) if not name.startswith("_") or name in published or name in PROTOCOLS]
    public = [name for name in public if not isinstance(getattr(value, name, None), types.ModuleType)]
    return f"{owner}: {' '.join(sorted(public))}"


async def coroutine(): pass
async def async_generator(): yield
def generator(): yield


owners = {"asyncio": asyncio, "contextvars": contextvars}
for name in sorted(asyncio.__all__):
    value = getattr(asyncio, name)
    if isinstance(value, type):
        owners[f"asyncio.{name}"] = value
for name in "Context", "ContextVar", "Token":
    owners[f"contextvars.{name}"] = getattr(contextvars, name)
for name in "AsyncExitStack", "ExitStack", "aclosing", "nullcontext", "suppress", "closing", "AsyncContextDecorator":
    owners[f"contextlib.{name}"] = getattr(contextlib, name)
running = coroutine()
owners |= {"coroutine": type(running), "async_generator": type(async_generator()), "generator": type(generator())}
owners |= {"ExceptionGroup": ExceptionGroup, "BaseExceptionGroup": BaseExceptionGroup}
running.close()
for owner, value in owners.items():
    print(shown(owner, value))

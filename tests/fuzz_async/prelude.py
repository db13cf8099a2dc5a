# What the random programs share: a world of primitives, a log, how errors are shown, a main that always ends.
import asyncio
import contextlib
import contextvars
import re
import sys

var = contextvars.ContextVar("var", default="unset")


class World:
    def __init__(self, size):
        self.lines, self.tasks, self.futures = [], [], []
        self.lock, self.event, self.condition = asyncio.Lock(), asyncio.Event(), asyncio.Condition()
        self.semaphore, self.bounded = asyncio.Semaphore(size), asyncio.BoundedSemaphore(1)
        self.barrier = asyncio.Barrier(2)
        self.queues = [asyncio.Queue(size), asyncio.LifoQueue(size), asyncio.PriorityQueue(size)]
        self.count, self.steps = 0, steps()
        # Counted from the program's main task on: how many tasks shut a loop down depends on what a collector freed.
        self.first = int(asyncio.current_task().get_name().removeprefix("Task-"))

    def name(self, task):
        name = task.get_name()
        return f"Task+{int(name[5:]) - self.first}" if name.startswith("Task-") else name

    def log(self, *what):
        task = asyncio.current_task()
        name = self.name(task) if task else "-"
        self.lines.append(f"{asyncio.get_running_loop().time():.3f} {name}: " + " ".join(map(str, what)))

    def spawn(self, coroutine, make=None, **keywords):
        if len(self.tasks) > 40:
            make = None
        self.count += 1
        task = (make or asyncio.create_task)(coroutine, name=f"t{self.count}", **keywords)
        self.tasks.append(task)
        return task

    def eager(self, coroutine):
        return self.spawn(coroutine, make=lambda c, **k: asyncio.Task(c, loop=asyncio.get_running_loop(), eager_start=True, **k))

    def task(self, number):
        return self.tasks[number % len(self.tasks)]

    def future(self):
        future = asyncio.get_running_loop().create_future()
        number = len(self.futures)
        future.add_done_callback(lambda f: self.log("future", number, "done", f.cancelled()))
        self.futures.append(future)
        return future

    def settle(self, number, how):
        if not self.futures:
            return
        future = self.futures[number % len(self.futures)]
        if future.done():
            self.log("was", state(future))
        elif how == 0:
            future.set_result(number)
        elif how == 1:
            future.set_exception(LookupError(number))
        else:
            self.log("cancel future", future.cancel("future"))


def show(error):
    if isinstance(error, BaseExceptionGroup):
        return type(error).__name__ + "[" + ",".join(show(inner) for inner in error.exceptions) + "]"
    return type(error).__name__ + str(error.args)


def chain(error, depth=0):
    text = show(error)
    if depth < 4:
        if error.__cause__ is not None:
            text += " <= " + chain(error.__cause__, depth + 1)
        elif error.__context__ is not None:
            text += (" hidden" if error.__suppress_context__ else "") + " <- " + chain(error.__context__, depth + 1)
    return text


def state(future):
    if not future.done():
        return "pending"
    if future.cancelled():
        return "cancelled"
    return chain(future.exception()) if future.exception() else repr(future.result())


def handled():
    return sys.exception() and chain(sys.exception())


# The places in asyncio's own files, and numbers that depend on what ran before, are no difference.
def shown(thing):
    text = re.sub(r" (?:(?:running|done, defined) )?at [^ ]*/asyncio/\w+\.py:\d+", "", repr(thing))
    if "wait_for=" not in text:
        # The line of one that runs is only known while no eager task of its has awaited something.
        text = re.sub(r"(running at [^ :]*):\d+", r"\1", text)
    return re.sub(r"/[^ ]*/|0x[0-9a-f]+", "", re.sub(r"name='Task-\d+'", "name='Task-N'", text))


# Shared by all tasks: each goes on with it while it handles something else.
def steps():
    while True:
        try:
            yield "outside", handled()
            raise KeyError("step")
        except KeyError:
            yield "inside", handled()
            try:
                raise IndexError("inner")
            except LookupError as error:
                yield "inner", chain(error)
            yield "inside still", handled()
        try:
            yield "outside again", handled()
            raise ValueError("step")
        except ValueError as error:
            caught = chain(error)
        yield "after", handled(), caught


@contextlib.contextmanager
def eagerly():
    loop = asyncio.get_running_loop()
    before = loop.get_task_factory()
    loop.set_task_factory(asyncio.eager_task_factory)
    try:
        yield
    finally:
        loop.set_task_factory(before)


def names(tasks):
    return sorted(task.get_name() for task in tasks)


def values(results):
    return [show(r) if isinstance(r, BaseException) else r for r in results]


async def numbers(w, delay, fail=False):
    try:
        for number in range(3):
            await asyncio.sleep(delay)
            got = yield number
            if got is not None:
                w.log("sent", got)
        if fail:
            raise OSError("generator")
    except KeyError as error:
        w.log("thrown in", error.args)
        yield "after"
    finally:
        w.log("generator ends")
        await asyncio.sleep(0)
        w.log("generator ended")


@contextlib.asynccontextmanager
async def scope(w, name, delay=0):
    w.log("enter", name)
    token = var.set(name)
    try:
        await asyncio.sleep(delay)
        yield name
    except Exception as error:
        w.log(name, "sees", show(error))
        raise
    finally:
        var.reset(token)
        await asyncio.sleep(delay)
        w.log("exit", name)


async def drive(w, roots):
    loop = asyncio.get_running_loop()
    # What frames in a traceback hold goes later in CPython.
    is_held = lambda context: "never retrieved" in context["message"] and context["future"].get_name() == "None"
    loop.set_exception_handler(lambda loop, context: is_held(context) or w.lines.append(f"handler: {context['message'].split('<')[0]} {handled()}"))
    try:
        for root in roots:
            w.spawn(root(w))
        await asyncio.sleep(0.6)
        w.log("time is up")
        for _ in range(60):
            left = [task for task in w.tasks if not task.done()]
            if not left:
                break
            for task in left:
                task.cancel("up")
            await asyncio.wait(left, timeout=0.1)
    finally:
        for task in w.tasks:
            w.lines.append(f"{task.get_name()} {state(task)} {task.cancelling()}")


def run(seed, size, *roots):
    made = []

    async def main():
        made.append(World(size))
        await drive(made[0], roots)

    try:
        asyncio.run(main())
        end = "ended"
    except BaseException as error:
        end = "deadlock" if "deadlock" in str(error) else chain(error)
    print("==", seed)
    print("\n".join(made[0].lines))
    print(end, len(made[0].lines))

# Runs a script under CPython 3.13 in virtual time, with asyncio made deterministic: a clock that jumps to the next
# deadline, equal deadlines in the order they were set, sets of tasks in the order of insertion.
# Called as: python3.13 virtual_loop.py SCRIPT [ARGUMENTS]
import asyncio
import gc
import inspect
import itertools
import runpy
import sys
import textwrap
import types
import warnings
from asyncio import events

# Timers: by whole nanoseconds, then by registration.
counter = itertools.count()
plain_timer_init = events.TimerHandle.__init__


class Timer(events.TimerHandle):
    def __init__(self, when, *args, **keywords):
        plain_timer_init(self, when, *args, **keywords)
        self.order = round(when * 1e9), next(counter)

    def __lt__(self, other):
        return self.order < other.order


events.TimerHandle = Timer


class VirtualLoop(asyncio.SelectorEventLoop):
    now = 0

    def __init__(self):
        super().__init__()
        self._clock_resolution = 1e-9
        select = self._selector.select

        def jump(timeout=None):
            if timeout is None and not self._ready:
                raise RuntimeError("deadlock")
            found = select(0)
            if timeout and not found:
                VirtualLoop.now = round(self._scheduled[0]._when * 1e9)
            return found

        self._selector.select = jump

    def time(self):
        return self.now / 1e9


class Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        return VirtualLoop()


# Sets of tasks keep the order of insertion.
class OrderedSet(dict):
    def __init__(self, items=()):
        super().__init__((item, None) for item in items)

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)

    def remove(self, item):
        del self[item]


asyncio.tasks.set = OrderedSet
asyncio.taskgroups.set = OrderedSet
source = textwrap.dedent(inspect.getsource(asyncio.tasks._AsCompletedIterator.__init__))
comprehension = "{ensure_future(aw, loop=loop) for aw in set(aws)}"
assert comprehension in source
names = {}
exec(source.replace(comprehension, f"set([{comprehension[1:-1]}])"), asyncio.tasks.__dict__, names)
asyncio.tasks._AsCompletedIterator.__init__ = names["__init__"]

# What is cancelled at the end of a run: in the order of creation.
created, order = {}, itertools.count(1)
plain_task = asyncio.Task
plain_create_task = asyncio.BaseEventLoop.create_task
plain_all_tasks = asyncio.tasks.all_tasks


def create_task(self, *args, **keywords):
    number = next(order)
    task = plain_create_task(self, *args, **keywords)
    created.setdefault(task, number)
    return task


def make_task(*args, **keywords):
    number = next(order)
    task = plain_task(*args, **keywords)
    created[task] = number
    return task


asyncio.BaseEventLoop.create_task = create_task
asyncio.Task = make_task
ordered_tasks = types.SimpleNamespace(**asyncio.tasks.__dict__)
ordered_tasks.all_tasks = lambda loop=None: sorted(plain_all_tasks(loop), key=lambda task: created.get(task, 0))
asyncio.runners.tasks = ordered_tasks

# Nothing happens at a moment that only a collector knows.
gc.disable()
warnings.simplefilter("ignore")
asyncio.set_event_loop_policy(Policy())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")

//! `asyncio.Queue`, `PriorityQueue`, `LifoQueue` (CPython: `Lib/asyncio/queues.py`).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use super::coroutine::{Routine, coroutine};
use super::event::{self, Event};
use super::future;
use super::waiters::{Bound, Waiters};
use crate::intern::Symbol;
use crate::interp::heap;
use crate::object::cycles::Tracer;
use crate::object::future::{Future, of_native};
use crate::object::traceback::GlobalSite;
use crate::object::{Awaited, Exception, Machine, Native, NativeData, R, Ref, Sent, Step, Swap, T, Value, Vm};

/// In which order items come out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// First in, first out.
    Fifo,
    /// The least first.
    Priority,
    /// Last in, first out.
    Lifo,
}

/// The data of a `Queue`.
pub struct Queue {
    pub order: Order,
    /// As it was given; and as a number: no limit when not positive.
    pub maxsize: Swap<Value>,
    limit: Cell<f64>,
    items: RefCell<VecDeque<Value>>,
    pub getters: Waiters,
    pub putters: Waiters,
    /// For reports: the site that made it, and the addresses of the tasks that last put something in and took something out.
    pub made_at: GlobalSite,
    pub last_putter: Cell<usize>,
    pub last_getter: Cell<usize>,
    bound: Bound,
    pub unfinished: Cell<u64>,
    /// An `Event`: set while `unfinished` is 0.
    finished: Native,
    pub is_shut_down: Cell<bool>,
    /// A script's subclass keeps its items itself: it defines `_init`.
    pub is_custom: Cell<bool>,
}

impl NativeData for Queue {
    fn trace(&self, tracer: &mut Tracer) {
        match self.items.try_borrow() {
            Ok(items) => tracer.values(items.iter()),
            Err(_) => tracer.pin(),
        }
        self.maxsize.look(|maxsize| tracer.value(maxsize));
        self.getters.trace(tracer);
        self.putters.trace(tracer);
        tracer.native(&self.finished);
    }
    fn clear(&self) {
        drop(self.items.try_borrow_mut().map(|mut items| std::mem::take(&mut *items)));
    }
}

impl Queue {
    pub fn new(vm: &Vm, order: Order) -> Queue {
        let finished = Event::default();
        finished.is_set.set(true);
        Queue {
            order,
            maxsize: Swap::new(Value::Int(0)),
            limit: Cell::new(0.0),
            items: RefCell::default(),
            getters: Waiters::default(),
            putters: Waiters::default(),
            made_at: GlobalSite(vm.site.get()),
            last_putter: Cell::new(0),
            last_getter: Cell::new(0),
            bound: Bound::default(),
            unfinished: Cell::new(0),
            finished: Native::new(vm.class(T::Event), finished),
            is_shut_down: Cell::new(false),
            is_custom: Cell::new(false),
        }
    }

    pub fn set_maxsize(&self, maxsize: Value, limit: f64) {
        self.maxsize.set(maxsize);
        self.limit.set(limit);
    }

    /// The items in the order that `repr` lists them.
    pub fn snapshot(&self) -> Vec<Value> {
        self.items.borrow().iter().cloned().collect()
    }

    /// `_put` of our own classes.
    pub fn store(&self, vm: &Vm, item: Value) -> R<()> {
        if self.order != Order::Priority {
            self.items.borrow_mut().push_back(item);
            return Ok(());
        }
        self.with_heap(|heap| heap::push(vm, heap, item))
    }

    /// `_get` of our own classes; `None` when there is nothing.
    pub fn fetch(&self, vm: &Vm) -> R<Option<Value>> {
        match self.order {
            Order::Fifo => Ok(self.items.borrow_mut().pop_front()),
            Order::Lifo => Ok(self.items.borrow_mut().pop_back()),
            Order::Priority => self.with_heap(|heap| heap::pop(vm, heap)),
        }
    }

    /// Lends out the items while a script may compare them. What is put in meanwhile goes to the end.
    fn with_heap<V>(&self, work: impl FnOnce(&mut Vec<Value>) -> R<V>) -> R<V> {
        let mut heap: Vec<Value> = self.items.take().into();
        let result = work(&mut heap);
        let newcomers = self.items.replace(VecDeque::new());
        heap.extend(newcomers);
        drop(self.items.replace(heap.into()));
        result
    }
}

/// The queue in a receiver.
///
/// # Errors
/// TypeError for anything else.
pub fn of<'a>(vm: &Vm, value: &'a Value) -> R<(&'a Native, &'a Queue)> {
    if let Value::Native(native) = value
        && let Some(queue) = native.get::<Queue>()
    {
        return Ok((native, queue));
    }
    Err(vm.type_error(format!("a Queue was expected, got '{}'", vm.class_name(value))))
}

/// A method of a script's subclass in place of one of ours.
fn scripted(this: &Native, name: &'static str) -> Option<Symbol> {
    let class = this.class();
    if class.builtin.is_some() {
        return None;
    }
    let name = Symbol::of_static(name);
    let found = class.lookup(name)?;
    (!matches!(found, Value::Builtin(_))).then_some(name)
}

/// `queue.qsize()`, an override of a script counts.
pub fn size(vm: &Vm, this: &Native, queue: &Queue) -> R<usize> {
    match scripted(this, "qsize") {
        Some(name) => {
            let size = vm.index_i64(&vm.call_method(&Value::Native(this.clone()), name, &[])?)?;
            Ok(usize::try_from(size).unwrap_or(0))
        }
        None => size_own(vm, this, queue),
    }
}

/// `queue.qsize()` of our own classes.
pub fn size_own(vm: &Vm, this: &Native, queue: &Queue) -> R<usize> {
    if queue.is_custom.get() {
        return vm.len(&vm.get_attr(&Value::Native(this.clone()), Symbol::of_static("_queue"))?);
    }
    Ok(queue.items.borrow().len())
}

fn is_empty(vm: &Vm, this: &Native, queue: &Queue) -> R<bool> {
    if queue.is_custom.get() {
        let items = vm.get_attr(&Value::Native(this.clone()), Symbol::of_static("_queue"))?;
        return Ok(!vm.is_true(&items)?);
    }
    Ok(queue.items.borrow().is_empty())
}

/// `queue.empty()`, an override of a script counts.
pub fn empty(vm: &Vm, this: &Native, queue: &Queue) -> R<bool> {
    match scripted(this, "empty") {
        Some(name) => vm.is_true(&vm.call_method(&Value::Native(this.clone()), name, &[])?),
        None => is_empty(vm, this, queue),
    }
}

/// `queue.empty()` of our own classes.
pub fn empty_own(vm: &Vm, this: &Native, queue: &Queue) -> R<bool> {
    is_empty(vm, this, queue)
}

/// `queue.full()`, an override of a script counts.
pub fn full(vm: &Vm, this: &Native, queue: &Queue) -> R<bool> {
    match scripted(this, "full") {
        Some(name) => vm.is_true(&vm.call_method(&Value::Native(this.clone()), name, &[])?),
        None => full_own(vm, this, queue),
    }
}

/// `queue.full()` of our own classes.
pub fn full_own(vm: &Vm, this: &Native, queue: &Queue) -> R<bool> {
    let limit = queue.limit.get();
    Ok(limit > 0.0 && size(vm, this, queue)? as f64 >= limit)
}

/// `queue.put_nowait(item)`
///
/// # Errors
/// QueueFull; QueueShutDown.
pub fn put_nowait(vm: &Vm, this: &Native, item: &Value) -> R<()> {
    let Some(queue) = this.get::<Queue>() else { return Ok(()) };
    if queue.is_shut_down.get() {
        return Err(vm.error(T::QueueShutDown, ""));
    }
    if full(vm, this, queue)? {
        return Err(vm.error(T::QueueFull, ""));
    }
    match scripted(this, "_put") {
        Some(name) => drop(vm.call_method(&Value::Native(this.clone()), name, std::slice::from_ref(item))?),
        None => queue.store(vm, item.clone())?,
    }
    queue.last_putter.set(vm.current_task.get());
    queue.unfinished.set(queue.unfinished.get() + 1);
    if let Some(finished) = queue.finished.get::<Event>() {
        finished.is_set.set(false);
    }
    queue.getters.wake_next(vm)
}

/// `queue.get_nowait()`
///
/// # Errors
/// QueueEmpty; QueueShutDown.
pub fn get_nowait(vm: &Vm, this: &Native) -> R {
    let Some(queue) = this.get::<Queue>() else { return Ok(Value::None) };
    if empty(vm, this, queue)? {
        let kind = if queue.is_shut_down.get() { T::QueueShutDown } else { T::QueueEmpty };
        return Err(vm.error(kind, ""));
    }
    let item = take(vm, this, queue)?;
    queue.last_getter.set(vm.current_task.get());
    queue.putters.wake_next(vm)?;
    Ok(item)
}

fn take(vm: &Vm, this: &Native, queue: &Queue) -> R {
    match scripted(this, "_get") {
        Some(name) => vm.call_method(&Value::Native(this.clone()), name, &[]),
        None => match queue.fetch(vm)? {
            Some(item) => Ok(item),
            None => Err(vm.error(T::QueueEmpty, "")),
        },
    }
}

/// `queue.task_done()`
///
/// # Errors
/// ValueError when it was called more often than `get`.
pub fn task_done(vm: &Vm, queue: &Queue) -> R<()> {
    match queue.unfinished.get() {
        0 => return Err(vm.value_error("task_done() called too many times")),
        left => queue.unfinished.set(left - 1),
    }
    set_finished(vm, queue)
}

fn set_finished(vm: &Vm, queue: &Queue) -> R<()> {
    match queue.finished.get::<Event>() {
        Some(finished) if queue.unfinished.get() == 0 => finished.set(vm),
        _ => Ok(()),
    }
}

/// `queue.shutdown(immediate)`
pub fn shut_down(vm: &Vm, this: &Native, immediate: bool) -> R<()> {
    let Some(queue) = this.get::<Queue>() else { return Ok(()) };
    queue.is_shut_down.set(true);
    if immediate {
        while !empty(vm, this, queue)? {
            drop(take(vm, this, queue)?);
            queue.unfinished.set(queue.unfinished.get().saturating_sub(1));
        }
        set_finished(vm, queue)?;
    }
    for waiters in [&queue.getters, &queue.putters] {
        while let Some(waiter) = waiters.pop() {
            future::release(vm, &waiter, Value::None)?;
        }
    }
    Ok(())
}

/// `queue.put(item)`
pub fn put(this: &Native, item: Value) -> Value {
    coroutine(Put { queue: this.clone(), item, waiter: Swap::new(None) })
}

/// A queue of our own classes, for the short ways.
fn plain(value: &Value) -> Option<(&Native, &Queue)> {
    let native = value.as_native_object()?;
    let queue = native.get::<Queue>()?;
    native.class().builtin.is_some().then_some((native, queue))
}

/// `await queue.put(item)` while there is room.
pub fn short_put(vm: &Vm, args: &[Value]) -> R<Option<Awaited>> {
    let [this, item] = args else { return Ok(None) };
    match plain(this) {
        Some((native, queue)) if !queue.is_shut_down.get() && !full(vm, native, queue)? => {
            put_nowait(vm, native, item)?;
            Ok(Some(Awaited::Ready(Value::None)))
        }
        _ => Ok(None),
    }
}

/// `await queue.get()` while there is an item.
pub fn short_get(vm: &Vm, args: &[Value]) -> R<Option<Awaited>> {
    let [this] = args else { return Ok(None) };
    match plain(this) {
        Some((native, queue)) if !is_empty(vm, native, queue)? => {
            get_nowait(vm, native).map(|item| Some(Awaited::Ready(item)))
        }
        _ => Ok(None),
    }
}

struct Put {
    queue: Native,
    item: Value,
    waiter: Swap<Option<Native>>,
}

impl Routine for Put {
    const QUALNAME: &'static str = "Queue.put";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        let Some(queue) = self.queue.get::<Queue>() else { return Ok(Step::Return(Value::None)) };
        machine.pc.set(1);
        let waiter = self.waiter.take();
        if let (Some(waiter), Sent::Throw(exception)) = (waiter, sent) {
            let wake = |vm: &Vm| full(vm, &self.queue, queue).map(|full| !full);
            return give_up(vm, &queue.putters, &waiter, exception, wake);
        }
        if !full(vm, &self.queue, queue)? {
            if let Some(name) = scripted(&self.queue, "put_nowait") {
                let queue = Value::Native(self.queue.clone());
                return vm.call_method(&queue, name, std::slice::from_ref(&self.item)).map(Step::Return);
            }
            put_nowait(vm, &self.queue, &self.item)?;
            return Ok(Step::Return(Value::None));
        }
        if queue.is_shut_down.get() {
            return Err(vm.error(T::QueueShutDown, ""));
        }
        let waiter = queue.bound.waiter(vm, &self.queue)?;
        queue.putters.push(&waiter);
        self.waiter.set(Some(waiter.clone()));
        Ok(Step::Await(Value::Native(waiter)))
    }
}

/// A waiter was cancelled: if it had been woken already, the next one is woken in its place.
fn give_up(
    vm: &Vm,
    waiters: &Waiters,
    waiter: &Native,
    exception: Ref<Exception>,
    may_wake: impl FnOnce(&Vm) -> R<bool>,
) -> R<Step> {
    vm.while_handling(exception.clone(), || {
        future::cancel(vm, waiter, &Value::None)?;
        waiters.remove(waiter);
        if may_wake(vm)? && !of_native(waiter).is_some_and(Future::is_cancelled) {
            waiters.wake_next(vm)?;
        }
        Ok(())
    })?;
    Err(vm.raise(exception))
}

/// `queue.get()`
pub fn get(this: &Native) -> Value {
    coroutine(Get { queue: this.clone(), waiter: Swap::new(None) })
}

struct Get {
    queue: Native,
    waiter: Swap<Option<Native>>,
}

impl Routine for Get {
    const QUALNAME: &'static str = "Queue.get";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        let Some(queue) = self.queue.get::<Queue>() else { return Ok(Step::Return(Value::None)) };
        machine.pc.set(1);
        let waiter = self.waiter.take();
        if let (Some(waiter), Sent::Throw(exception)) = (waiter, sent) {
            let wake = |vm: &Vm| empty(vm, &self.queue, queue).map(|empty| !empty);
            return give_up(vm, &queue.getters, &waiter, exception, wake);
        }
        if !empty(vm, &self.queue, queue)? {
            if let Some(name) = scripted(&self.queue, "get_nowait") {
                return vm.call_method(&Value::Native(self.queue.clone()), name, &[]).map(Step::Return);
            }
            return get_nowait(vm, &self.queue).map(Step::Return);
        }
        if queue.is_shut_down.get() {
            return Err(vm.error(T::QueueShutDown, ""));
        }
        let waiter = queue.bound.waiter(vm, &self.queue)?;
        queue.getters.push(&waiter);
        self.waiter.set(Some(waiter.clone()));
        Ok(Step::Await(Value::Native(waiter)))
    }
}

/// `queue.join()`
pub fn join(this: &Native) -> Value {
    coroutine(Join { queue: this.clone() })
}

struct Join {
    queue: Native,
}

impl Routine for Join {
    const QUALNAME: &'static str = "Queue.join";
    const CLEANS_UP: bool = false;

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        let Some(queue) = self.queue.get::<Queue>() else { return Ok(Step::Return(Value::None)) };
        match (machine.pc.replace(1), sent) {
            (0, _) if queue.unfinished.get() > 0 => Ok(Step::Await(event::wait_at(&queue.finished, &self.queue))),
            (_, Sent::Throw(exception)) => Err(vm.raise(exception)),
            _ => Ok(Step::Return(Value::None)),
        }
    }
}

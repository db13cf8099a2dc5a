//! `Queue`, `PriorityQueue`, `LifoQueue`.

use super::{CLASS_GETITEM, arguments, construct, init};
use crate::intern::Symbol;
use crate::modules::support::{flag, scripted};
use crate::object::{Args, Class, Fun, Native, R, Ref, Row, T, TypeSpec, Value, Vm};
use crate::tasks::queue::{self, Order, Queue};

pub static QUEUE: TypeSpec = TypeSpec {
    kind: T::Queue,
    new: Some(|vm, class, args| make(vm, class, args, Order::Fifo)),
    rows: ROWS,
    doc: "A queue, useful for coordinating producer and consumer coroutines.",
};

pub static PRIORITY_QUEUE: TypeSpec = TypeSpec {
    kind: T::PriorityQueue,
    new: Some(|vm, class, args| make(vm, class, args, Order::Priority)),
    rows: &[],
    doc: "A subclass of Queue; retrieves entries in priority order (lowest first).",
};

pub static LIFO_QUEUE: TypeSpec = TypeSpec {
    kind: T::LifoQueue,
    new: Some(|vm, class, args| make(vm, class, args, Order::Lifo)),
    rows: &[],
    doc: "A subclass of Queue that retrieves most recently added entries first.",
};

const ROWS: &[Row] = &[
    Row::method("__init__", "(self, maxsize=0)", Fun::Full(|vm, args| init(vm, args, init_queue))),
    Row::method("put", "(self, item)", Fun::F2(|vm, this, item| Ok(queue::put(queue::of(vm, this)?.0, item.clone()))))
        .awaited(queue::short_put),
    Row::method(
        "put_nowait",
        "(self, item)",
        Fun::F2(|vm, this, item| {
            queue::put_nowait(vm, queue::of(vm, this)?.0, item)?;
            Ok(Value::None)
        }),
    ),
    Row::method("get", "(self)", Fun::F1(|vm, this| Ok(queue::get(queue::of(vm, this)?.0)))).awaited(queue::short_get),
    Row::method("get_nowait", "(self)", Fun::F1(|vm, this| queue::get_nowait(vm, queue::of(vm, this)?.0))),
    Row::method(
        "qsize",
        "(self)",
        Fun::F1(|vm, this| {
            let (native, data) = queue::of(vm, this)?;
            queue::size_own(vm, native, data).map(Value::size)
        }),
    ),
    Row::method(
        "empty",
        "(self)",
        Fun::F1(|vm, this| {
            let (native, data) = queue::of(vm, this)?;
            queue::empty_own(vm, native, data).map(Value::bool)
        }),
    ),
    Row::method(
        "full",
        "(self)",
        Fun::F1(|vm, this| {
            let (native, data) = queue::of(vm, this)?;
            queue::full_own(vm, native, data).map(Value::bool)
        }),
    ),
    Row::method(
        "task_done",
        "(self)",
        Fun::F1(|vm, this| {
            queue::task_done(vm, queue::of(vm, this)?.1)?;
            Ok(Value::None)
        }),
    ),
    Row::method("join", "(self)", Fun::F1(|vm, this| Ok(queue::join(queue::of(vm, this)?.0)))),
    Row::method(
        "shutdown",
        "(self, immediate=False)",
        Fun::F2(|vm, this, immediate| {
            let immediate = flag(vm, immediate, false)?;
            queue::shut_down(vm, queue::of(vm, this)?.0, immediate)?;
            Ok(Value::None)
        }),
    ),
    Row::getter("maxsize", |vm, this| Ok(queue::of(vm, this)?.1.maxsize.get())),
    Row::getter("_maxsize", |vm, this| Ok(queue::of(vm, this)?.1.maxsize.get())),
    Row::getter("_unfinished_tasks", |vm, this| Ok(Value::Int(queue::of(vm, this)?.1.unfinished.get() as i64))),
    Row::property(
        "_queue",
        |vm, this| {
            let (native, data) = queue::of(vm, this)?;
            let own = native.attributes().and_then(|dict| dict.get_name(Symbol::of_static("_queue")));
            Ok(own.unwrap_or_else(|| Value::list(data.snapshot())))
        },
        |vm, this, value| {
            drop(queue::of(vm, this)?.0.dict().set_name(Symbol::of_static("_queue"), value.clone()));
            Ok(())
        },
    ),
    Row::method("_init", "(self, maxsize)", Fun::F2(|_, _, _| Ok(Value::None))),
    Row::method(
        "_put",
        "(self, item)",
        Fun::F2(|vm, this, item| {
            queue::of(vm, this)?.1.store(vm, item.clone())?;
            Ok(Value::None)
        }),
    ),
    Row::method(
        "_get",
        "(self)",
        Fun::F1(|vm, this| match queue::of(vm, this)?.1.fetch(vm)? {
            Some(item) => Ok(item),
            None => Err(vm.index_error("pop from an empty queue")),
        }),
    ),
    Row::method(
        "__repr__",
        "(self, /)",
        Fun::F1(|vm, this| {
            let inside = format(vm, this)?;
            Ok(Value::string(format!("<{} at {:#x} {inside}>", vm.class_name(this), this.id())))
        }),
    ),
    Row::method(
        "__str__",
        "(self, /)",
        Fun::F1(|vm, this| {
            let inside = format(vm, this)?;
            Ok(Value::string(format!("<{} {inside}>", vm.class_name(this))))
        }),
    ),
    CLASS_GETITEM,
];

fn make(vm: &Vm, class: &Ref<Class>, args: Args, order: Order) -> R {
    construct(vm, class, args, Native::new(class, Queue::new(vm, order)), init_queue)
}

fn init_queue(vm: &Vm, this: &Value, args: Args) -> R<()> {
    let [maxsize] = arguments(vm, "Queue", "(self, maxsize=0)", args, ["maxsize"])?;
    let maxsize = if maxsize.is_missing() { Value::Int(0) } else { maxsize };
    let (native, data) = queue::of(vm, this)?;
    let limit = if maxsize.is_none() { 0.0 } else { vm.to_f64(&maxsize)? };
    data.set_maxsize(maxsize.clone(), limit);
    let hook = Symbol::of_static("_init");
    if scripted(&native.class(), hook) {
        data.is_custom.set(true);
        drop(vm.call_method(this, hook, &[maxsize])?);
    }
    Ok(())
}

fn format(vm: &Vm, this: &Value) -> R<String> {
    let (native, data) = queue::of(vm, this)?;
    let mut text = format!("maxsize={}", vm.repr(&data.maxsize.get())?.as_str());
    if queue::size(vm, native, data)? > 0 {
        let items = if data.is_custom.get() {
            vm.collect(&vm.get_attr(this, Symbol::of_static("_queue"))?)?
        } else {
            data.snapshot()
        };
        text.push_str(&format!(" _queue={}", vm.repr(&Value::list(items))?.as_str()));
    }
    for (name, waiters) in [("_getters", &data.getters), ("_putters", &data.putters)] {
        if !waiters.is_empty() {
            text.push_str(&format!(" {name}[{}]", waiters.len()));
        }
    }
    if data.unfinished.get() > 0 {
        text.push_str(&format!(" tasks={}", data.unfinished.get()));
    }
    if data.is_shut_down.get() {
        text.push_str(" shutdown");
    }
    Ok(text)
}

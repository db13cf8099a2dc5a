//! `Event`, `Lock`, `Condition`, `Semaphore`, `BoundedSemaphore`, `Barrier`.

use super::{arguments, construct, init, no_arguments};
use crate::intern::Symbol;
use crate::modules::support::receiver_error;
use crate::object::{Args, Class, Fun, Native, R, Ref, Row, T, TypeSpec, Value, Vm};
use crate::tasks::barrier::{self, Barrier, BarrierState};
use crate::tasks::condition::{self, Condition};
use crate::tasks::event::{self, Event};
use crate::tasks::foreign;
use crate::tasks::lock::{self, Lock};
use crate::tasks::repr::bracketed;
use crate::tasks::semaphore::{self, Semaphore};

macro_rules! receivers {
    ($($name:ident $data:ident $owner:literal;)*) => {
        $(
            fn $name<'a>(vm: &Vm, this: &'a Value) -> R<(&'a Native, &'a $data)> {
                match this {
                    Value::Native(native) => native.get::<$data>().map(|data| (native, data)),
                    _ => None,
                }
                .ok_or_else(|| receiver_error(vm, $owner, this))
            }
        )*
    };
}

receivers! {
    event_data Event "Event";
    lock_data Lock "Lock";
    condition_data Condition "Condition";
    semaphore_data Semaphore "Semaphore";
    barrier_data Barrier "Barrier";
}

pub static EVENT: TypeSpec = TypeSpec {
    kind: T::Event,
    new: Some(|vm, class, args| {
        construct(vm, class, args, Native::new(class, Event::default()), |vm, _, args| no_arguments(vm, "Event", args))
    }),
    rows: &[
        Row::method(
            "__init__",
            "(self)",
            Fun::Full(|vm, args| init(vm, args, |vm, _, args| no_arguments(vm, "Event", args))),
        ),
        Row::method("is_set", "(self)", Fun::F1(|vm, this| Ok(Value::bool(event_data(vm, this)?.1.is_set.get())))),
        Row::method(
            "set",
            "(self)",
            Fun::F1(|vm, this| {
                event_data(vm, this)?.1.set(vm)?;
                Ok(Value::None)
            }),
        ),
        Row::method(
            "clear",
            "(self)",
            Fun::F1(|vm, this| {
                event_data(vm, this)?.1.is_set.set(false);
                Ok(Value::None)
            }),
        ),
        Row::method("wait", "(self)", Fun::F1(|vm, this| Ok(event::wait(event_data(vm, this)?.0))))
            .awaited(event::short_wait),
        Row::method(
            "__repr__",
            "(self, /)",
            Fun::F1(|vm, this| {
                let (_, data) = event_data(vm, this)?;
                let word = if data.is_set.get() { "set" } else { "unset" };
                bracketed(vm, this, word, data.waiters.len()).map(Value::string)
            }),
        ),
    ],
    doc: "Asynchronous equivalent to threading.Event.",
};

pub static LOCK: TypeSpec = TypeSpec {
    kind: T::Lock,
    new: Some(|vm, class, args| {
        construct(vm, class, args, Native::new(class, Lock::default()), |vm, _, args| no_arguments(vm, "Lock", args))
    }),
    rows: &[
        Row::method(
            "__init__",
            "(self)",
            Fun::Full(|vm, args| init(vm, args, |vm, _, args| no_arguments(vm, "Lock", args))),
        ),
        Row::method("locked", "(self)", Fun::F1(|vm, this| Ok(Value::bool(lock_data(vm, this)?.1.is_locked.get())))),
        Row::method("acquire", "(self)", Fun::F1(|vm, this| Ok(lock::acquire(lock_data(vm, this)?.0, Value::True))))
            .awaited(lock::short_acquire),
        Row::method(
            "release",
            "(self)",
            Fun::F1(|vm, this| {
                lock_data(vm, this)?.1.release(vm)?;
                Ok(Value::None)
            }),
        ),
        Row::method(
            "__aenter__",
            "(self)",
            Fun::F1(|vm, this| {
                lock_data(vm, this)?;
                lock::enter(vm, this)
            }),
        ),
        Row::method("__aexit__", "(self, exc_type, exc, tb)", Fun::Bound(|_, args| Ok(lock::exit(&args[0])))),
        Row::method(
            "__repr__",
            "(self, /)",
            Fun::F1(|vm, this| {
                let (_, data) = lock_data(vm, this)?;
                let word = if data.is_locked.get() { "locked" } else { "unlocked" };
                bracketed(vm, this, word, data.waiters.len()).map(Value::string)
            }),
        ),
    ],
    doc: "Primitive lock objects.",
};

pub static CONDITION: TypeSpec = TypeSpec {
    kind: T::Condition,
    new: Some(|vm, class, args| {
        construct(vm, class, args, Native::new(class, Condition::new(Value::None)), init_condition)
    }),
    rows: &[
        Row::method("__init__", "(self, lock=None)", Fun::Full(|vm, args| init(vm, args, init_condition))),
        Row::method("locked", "(self)", Fun::F1(|vm, this| condition_data(vm, this)?.1.is_locked(vm).map(Value::bool))),
        Row::method("acquire", "(self)", Fun::F1(|vm, this| condition_data(vm, this)?.1.acquire(vm, Value::True))),
        Row::method(
            "release",
            "(self)",
            Fun::F1(|vm, this| {
                condition_data(vm, this)?.1.release(vm)?;
                Ok(Value::None)
            }),
        ),
        Row::method("wait", "(self)", Fun::F1(|vm, this| Ok(condition::wait(condition_data(vm, this)?.0)))),
        Row::method(
            "wait_for",
            "(self, predicate)",
            Fun::F2(|vm, this, predicate| Ok(condition::wait_for(condition_data(vm, this)?.0, predicate.clone()))),
        ),
        Row::method(
            "notify",
            "(self, n=1)",
            Fun::F2(|vm, this, count| {
                let (_, data) = condition_data(vm, this)?;
                data.check_held(vm)?;
                let count = if count.is_missing() { 1 } else { vm.index_i64(count)? };
                data.wake(vm, usize::try_from(count).unwrap_or(0))?;
                Ok(Value::None)
            }),
        ),
        Row::method(
            "notify_all",
            "(self)",
            Fun::F1(|vm, this| {
                let (native, data) = condition_data(vm, this)?;
                match foreign::method(vm, native, "notify") {
                    Some(notify) => drop(vm.call1(&notify, &Value::size(data.waiters.len()))?),
                    None => data.notify_all(vm)?,
                }
                Ok(Value::None)
            }),
        ),
        Row::getter("_lock", |vm, this| Ok(condition_data(vm, this)?.1.lock.get())),
        Row::method("__aenter__", "(self)", Fun::F1(lock::enter)),
        Row::method("__aexit__", "(self, exc_type, exc, tb)", Fun::Bound(|_, args| Ok(lock::exit(&args[0])))),
        Row::method(
            "__repr__",
            "(self, /)",
            Fun::F1(|vm, this| {
                let (_, data) = condition_data(vm, this)?;
                let word = if data.is_locked(vm)? { "locked" } else { "unlocked" };
                bracketed(vm, this, word, data.waiters.len()).map(Value::string)
            }),
        ),
    ],
    doc: "Asynchronous equivalent to threading.Condition.",
};

fn init_condition(vm: &Vm, this: &Value, args: Args) -> R<()> {
    let [given] = arguments(vm, "Condition", "(self, lock=None)", args, ["lock"])?;
    let given = match given {
        Value::None | Value::Missing => Value::Native(Native::new(vm.class(T::Lock), Lock::default())),
        given => {
            for name in ["locked", "acquire", "release"] {
                drop(vm.get_attr(&given, Symbol::of_static(name))?);
            }
            given
        }
    };
    condition_data(vm, this)?.1.lock.set(given);
    Ok(())
}

pub static SEMAPHORE: TypeSpec = TypeSpec {
    kind: T::Semaphore,
    new: Some(|vm, class: &Ref<Class>, args| {
        construct(vm, class, args, Native::new(class, Semaphore::new(1, None)), init_semaphore)
    }),
    rows: &[
        Row::method("__init__", "(self, value=1)", Fun::Full(|vm, args| init(vm, args, init_semaphore))),
        Row::method("locked", "(self)", Fun::F1(|vm, this| Ok(Value::bool(semaphore_data(vm, this)?.1.is_locked())))),
        Row::method(
            "acquire",
            "(self)",
            Fun::F1(|vm, this| Ok(semaphore::acquire(semaphore_data(vm, this)?.0, Value::True))),
        )
        .awaited(semaphore::short_acquire),
        Row::method(
            "release",
            "(self)",
            Fun::F1(|vm, this| {
                semaphore_data(vm, this)?.1.release(vm)?;
                Ok(Value::None)
            }),
        ),
        Row::getter("_value", |vm, this| Ok(Value::Int(semaphore_data(vm, this)?.1.value.get()))),
        Row::method("__aenter__", "(self)", Fun::F1(lock::enter)),
        Row::method("__aexit__", "(self, exc_type, exc, tb)", Fun::Bound(|_, args| Ok(lock::exit(&args[0])))),
        Row::method(
            "__repr__",
            "(self, /)",
            Fun::F1(|vm, this| {
                let (_, data) = semaphore_data(vm, this)?;
                let word = if data.is_locked() {
                    "locked".to_owned()
                } else {
                    format!("unlocked, value:{}", data.value.get())
                };
                bracketed(vm, this, &word, data.waiters.len()).map(Value::string)
            }),
        ),
    ],
    doc: "A Semaphore implementation.",
};

fn init_semaphore(vm: &Vm, this: &Value, args: Args) -> R<()> {
    let bounded = matches!(this, Value::Native(native) if native.class().is_subclass(vm.class(T::BoundedSemaphore)));
    let class = if bounded { "BoundedSemaphore" } else { "Semaphore" };
    let [value] = arguments(vm, class, "(self, value=1)", args, ["value"])?;
    let value = if value.is_missing() { Value::Int(1) } else { value };
    if vm.lt(&value, &Value::Int(0))? {
        return Err(vm.value_error("Semaphore initial value must be >= 0"));
    }
    let value = vm.index_i64(&value)?;
    let (_, data) = semaphore_data(vm, this)?;
    data.value.set(value);
    data.bound_value.set(bounded.then_some(value));
    Ok(())
}

pub static BOUNDED_SEMAPHORE: TypeSpec =
    TypeSpec { kind: T::BoundedSemaphore, new: None, rows: &[], doc: "A bounded semaphore implementation." };

pub static BARRIER: TypeSpec = TypeSpec {
    kind: T::Barrier,
    new: Some(|vm, class, args| construct(vm, class, args, Native::new(class, Barrier::new(vm, 1)), init_barrier)),
    rows: &[
        Row::method("__init__", "(self, parties)", Fun::Full(|vm, args| init(vm, args, init_barrier))),
        Row::method("wait", "(self)", Fun::F1(|vm, this| Ok(barrier::wait(barrier_data(vm, this)?.0)))),
        Row::method("reset", "(self)", Fun::F1(|vm, this| Ok(barrier::reset(barrier_data(vm, this)?.0)))),
        Row::method("abort", "(self)", Fun::F1(|vm, this| Ok(barrier::abort(barrier_data(vm, this)?.0)))),
        Row::getter("parties", |vm, this| Ok(Value::Int(barrier_data(vm, this)?.1.parties.get()))),
        Row::getter("n_waiting", |vm, this| Ok(Value::Int(barrier_data(vm, this)?.1.waiting()))),
        Row::getter("broken", |vm, this| {
            Ok(Value::bool(barrier_data(vm, this)?.1.state.get() == BarrierState::Broken))
        }),
        Row::method(
            "__aenter__",
            "(self)",
            Fun::F1(|vm, this| {
                let native = barrier_data(vm, this)?.0;
                foreign::method(vm, native, "wait").map_or_else(|| Ok(barrier::wait(native)), |wait| vm.call0(&wait))
            }),
        ),
        Row::method("__aexit__", "(self, *args)", Fun::Full(|_, _| Ok(lock::nothing()))),
        Row::method(
            "__repr__",
            "(self, /)",
            Fun::F1(|vm, this| {
                let (_, data) = barrier_data(vm, this)?;
                let state = data.state.get();
                let mut word = state.word().to_owned();
                if state != BarrierState::Broken {
                    word.push_str(&format!(", waiters:{}/{}", data.waiting(), data.parties.get()));
                }
                bracketed(vm, this, &word, 0).map(Value::string)
            }),
        ),
    ],
    doc: "Asyncio equivalent to threading.Barrier",
};

fn init_barrier(vm: &Vm, this: &Value, args: Args) -> R<()> {
    let [parties] = arguments(vm, "Barrier", "(self, parties)", args, ["parties"])?;
    if vm.lt(&parties, &Value::Int(1))? {
        return Err(vm.value_error("parties must be > 0"));
    }
    let parties = vm.index_i64(&parties)?;
    barrier_data(vm, this)?.1.parties.set(parties);
    Ok(())
}

//! The module `asyncio`: its functions as rows; its types in the files beside. What they do is in `tasks/`.

mod event_loop;
mod futures;
mod locks;
mod names;
mod parts;
mod queues;
mod scopes;

pub use names::SPEC;
pub use parts::SPECS as PARTS;

use crate::intern::sym;
use crate::modules::support::scripted;
use crate::object::{Args, Class, Fun, Native, R, Ref, Row, T, TypeSpec, Value, Vm};

/// The tables of asyncio's types.
pub fn type_spec(kind: T) -> Option<&'static TypeSpec> {
    Some(match kind {
        T::AsyncioFuture => &futures::FUTURE,
        T::AsyncioTask => &futures::TASK,
        T::GatheringFuture => &futures::GATHERING,
        T::FutureIter => &futures::FUTURE_ITER,
        T::EventLoop => &event_loop::EVENT_LOOP,
        T::Handle => &event_loop::HANDLE,
        T::TimerHandle => &event_loop::TIMER_HANDLE,
        T::TaskGroup => &scopes::TASK_GROUP,
        T::Timeout => &scopes::TIMEOUT,
        T::Runner => &scopes::RUNNER,
        T::AsCompletedIterator => &scopes::AS_COMPLETED,
        T::Queue => &queues::QUEUE,
        T::PriorityQueue => &queues::PRIORITY_QUEUE,
        T::LifoQueue => &queues::LIFO_QUEUE,
        T::Event => &locks::EVENT,
        T::Lock => &locks::LOCK,
        T::Condition => &locks::CONDITION,
        T::Semaphore => &locks::SEMAPHORE,
        T::BoundedSemaphore => &locks::BOUNDED_SEMAPHORE,
        T::Barrier => &locks::BARRIER,
        _ => return None,
    })
}

/// How an object of ours takes the arguments of its constructor.
type Init = fn(&Vm, &Value, Args) -> R<()>;

/// Makes an object; a script's `__init__` in between calls ours when it sees fit.
fn construct(vm: &Vm, class: &Ref<Class>, args: Args, native: Native, init: Init) -> R {
    let value = Value::Native(native);
    if !scripted(class, sym::__init__) {
        init(vm, &value, args)?;
    }
    Ok(value)
}

/// The body of an `__init__` row.
fn init(vm: &Vm, args: Args, init: Init) -> R {
    let Some((this, rest)) = args.positional.split_first() else {
        return Err(vm.type_error("descriptor '__init__' needs an argument"));
    };
    init(vm, this, Args { positional: rest, keywords: args.keywords })?;
    Ok(Value::None)
}

/// `C.__init__() takes 1 positional argument but 2 were given`
fn no_arguments(vm: &Vm, name: &str, args: Args) -> R<()> {
    if let Some((keyword, _)) = args.keywords.first() {
        return Err(vm.type_error(format!("{name}.__init__() got an unexpected keyword argument '{keyword}'")));
    }
    if args.positional.is_empty() {
        return Ok(());
    }
    let given = args.positional.len() + 1;
    Err(vm.type_error(format!("{name}.__init__() takes 1 positional argument but {given} were given")))
}

/// `C[...]`
const CLASS_GETITEM: Row = Row::class_method(
    "__class_getitem__",
    "(cls, key, /)",
    Fun::F2(crate::modules::types::generic_alias::class_getitem),
);

//! The module `asyncio`: its functions as rows; its types in the files beside. What they do is in `tasks/`.

mod event_loop;
mod futures;
mod locks;
mod names;
mod parts;
mod queues;
mod scopes;
mod stacks;

pub use names::SPEC;
pub use parts::SPECS as PARTS;

use crate::intern::sym;
use crate::modules::support::scripted;
use crate::object::function::Signature;
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

/// The arguments of a constructor that CPython has in Python, `Missing` where none was given; the errors count the object
/// itself. `signature` is that of `__init__`.
fn arguments<const N: usize>(
    vm: &Vm,
    class: &str,
    signature: &str,
    args: Args,
    names: [&'static str; N],
) -> R<[Value; N]> {
    let mut found = [const { Value::Missing }; N];
    let positional = if signature.contains("*,") { 0 } else { N };
    let mut fits = args.positional.len() <= positional;
    for (place, value) in found.iter_mut().zip(args.positional) {
        *place = value.clone();
    }
    for (name, value) in args.keywords {
        match names.iter().position(|known| *known == name.as_str()) {
            Some(at) if found[at].is_missing() => found[at] = value.clone(),
            _ => fits = false,
        }
    }
    let is_optional = |name: &str| signature.split_once(name).is_some_and(|(_, rest)| rest.starts_with('='));
    fits &= found.iter().zip(names).all(|(value, name)| !value.is_missing() || is_optional(name));
    if fits {
        return Ok(found);
    }
    let signature = Signature::parse(signature);
    let mut positional = vec![Value::None];
    positional.extend_from_slice(args.positional);
    let args = Args { positional: &positional, keywords: args.keywords };
    Err(vm.function_misfit(&format!("{class}.__init__"), &signature, args))
}

/// A constructor without arguments.
fn no_arguments(vm: &Vm, class: &str, args: Args) -> R<()> {
    if args.positional.is_empty() && args.keywords.is_empty() {
        return Ok(());
    }
    arguments(vm, class, "(self)", args, []).map(drop)
}

/// `C[...]`
const CLASS_GETITEM: Row = Row::class_method(
    "__class_getitem__",
    "(cls, key, /)",
    Fun::F2(crate::modules::types::generic_alias::class_getitem),
);

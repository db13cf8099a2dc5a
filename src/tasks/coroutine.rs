//! Coroutines whose bodies are ours: a struct with what the body keeps, and a function that goes on from state to state.
//! Also what asyncio takes for a coroutine.

use std::rc::Rc;

use crate::intern::{Symbol, sym};
use crate::object::traceback::GlobalSite;
use crate::object::{Body, Machine, MachineKind, R, Ref, Sent, Step, Value, Vm};

/// The body of a coroutine of ours. The machine's `pc` is the state: 0 at the start.
pub trait Routine: 'static {
    /// `__qualname__`; `__name__` is its last part.
    const QUALNAME: &'static str;

    /// Runs to the next stop. An error ends the coroutine.
    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step>;

    /// Whether being dropped half-way needs what the `finally` of CPython's original does.
    const CLEANS_UP: bool = true;
}

/// A routine as the body of a machine.
struct Ours<A>(A);

impl<A: Routine> Body for Ours<A> {
    fn resume(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> Step {
        if machine.pc.get() == 0
            && let Sent::Throw(exception) = sent
        {
            return Step::Raised(vm.raise(exception));
        }
        match self.0.go_on(machine, sent, vm) {
            Ok(step) => step,
            Err(raised) => Step::Raised(raised),
        }
    }

    fn name(&self) -> Symbol {
        Symbol::of_static(A::QUALNAME.rsplit('.').next().unwrap_or(A::QUALNAME))
    }

    fn qualname(&self) -> Rc<str> {
        A::QUALNAME.into()
    }

    fn needs_close(&self, machine: &Machine) -> bool {
        A::CLEANS_UP && machine.pc.get() != 0
    }

    fn site(&self, _machine: &Machine) -> Option<GlobalSite> {
        None
    }
}

/// A coroutine object.
pub fn coroutine(body: impl Routine) -> Value {
    Value::Machine(Machine::new(MachineKind::Coroutine, Rc::new(Ours(body))))
}

/// `asyncio.iscoroutine(value)`: a coroutine, or an object with the methods of one (`collections.abc.Coroutine`).
pub fn is_coroutine(vm: &Vm, value: &Value) -> bool {
    match value {
        Value::Machine(machine) => machine.kind == MachineKind::Coroutine,
        Value::Instance(_) | Value::Native(_) => {
            [sym::__await__, sym::send, sym::throw, sym::close].iter().all(|&name| vm.special(value, name).is_some())
        }
        _ => false,
    }
}

/// Functions of the module that make coroutines.
const OURS: &[&str] = &["sleep", "wait", "wait_for", "to_thread"];
/// Methods of asyncio's types that make coroutines.
const OURS_OF_TYPES: &[&str] =
    &["acquire", "__aenter__", "__aexit__", "__anext__", "wait", "wait_for", "get", "put", "join", "reset", "abort"];

/// `asyncio.iscoroutinefunction(value)`: an `async def` that is no generator, also behind a bound method.
pub fn is_coroutine_function(value: &Value) -> bool {
    use crate::object::Descriptor;
    match value {
        Value::Function(function) => function.is_coroutine(),
        Value::Method(method) => is_coroutine_function(&method.function),
        Value::Builtin(builtin) => match builtin.owner {
            None => builtin.module.is_some_and(|m| m.starts_with("asyncio")) && OURS.contains(&builtin.row.name),
            Some(_) => builtin.module.is_some() && OURS_OF_TYPES.contains(&builtin.row.name),
        },
        Value::Descriptor(descriptor) => match &**descriptor {
            Descriptor::Static(inner) | Descriptor::ClassMethod(inner) => is_coroutine_function(inner),
            _ => false,
        },
        _ => false,
    }
}

/// `callable(value)`
pub fn is_callable(vm: &Vm, value: &Value) -> bool {
    matches!(value, Value::Function(_) | Value::Builtin(_) | Value::Method(_) | Value::Class(_))
        || vm.special(value, sym::__call__).is_some()
}

//! Async generators that a loop has seen begin: it closes those that are dropped half-way in tasks of their own, and the
//! rest at shutdown (PEP 525, `BaseEventLoop.shutdown_asyncgens`).
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};

use super::coroutine::{Routine, coroutine};
use super::event_loop::EventLoop;
use super::handle::Handle;
use super::state::State as SharedState;
use super::{gather, report, state};
use crate::intern::{Symbol, sym};
use crate::interp::async_generator::AsyncSendBody;
use crate::object::cycles::Tracer;
use crate::object::{Machine, Native, NativeData, R, Ref, Sent, State, Step, T, Value, Vm};

/// The generators of one loop that began and have not ended.
///
/// Invariant: a pointer here that is not null is to a machine that exists. The machine's `extra` holds a [`Watch`], whose drop takes the pointer
/// away; and a machine that is about to be dropped while suspended was taken away before, by [`abandoned`]. So
/// one in the middle of being dropped has the state `Finished`.
#[derive(Default)]
pub struct Live {
    /// By the numbers that they began under; null where one has gone.
    machines: RefCell<Vec<(u64, *const Machine)>>,
    gone: Cell<usize>,
    begun: Cell<u64>,
    pub shut_down: Cell<bool>,
}

/// Takes its machine off the loop's list when the machine goes.
struct Watch {
    event_loop: Native,
    number: u64,
}

impl NativeData for Watch {}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(event_loop) = self.event_loop.get::<EventLoop>() {
            event_loop.generators.remove(self.number);
        }
    }
}

impl Live {
    fn add(&self, machine: *const Machine) -> u64 {
        let number = self.begun.get();
        self.begun.set(number + 1);
        self.machines.borrow_mut().push((number, machine));
        number
    }

    fn remove(&self, number: u64) {
        let mut machines = self.machines.borrow_mut();
        let Ok(at) = machines.binary_search_by_key(&number, |(number, _)| *number) else { return };
        if !std::mem::replace(&mut machines[at].1, std::ptr::null()).is_null() {
            self.gone.set(self.gone.get() + 1);
        }
        if self.gone.get() * 2 > machines.len() {
            machines.retain(|(_, machine)| !machine.is_null());
            self.gone.set(0);
        }
    }

    /// Takes out all that have not ended, and says how many have.
    fn take(&self) -> (Vec<Ref<Machine>>, usize) {
        let mut pointers = std::mem::take(&mut *self.machines.borrow_mut());
        self.gone.set(0);
        pointers.retain(|(_, machine)| !machine.is_null());
        let count = pointers.len();
        // SAFETY: the type's invariant: every pointer is to a machine that exists, in a `Ref` as all machines are.
        let machines = pointers.into_iter().map(|(_, machine)| unsafe { &*machine });
        let live = machines.filter(|machine| machine.state.get() != State::Finished);
        // SAFETY: a machine that has not finished is not being dropped.
        let live: Vec<_> = live.map(|machine| unsafe { Ref::from_borrowed(machine) }).collect();
        let ended = count - live.len();
        (live, ended)
    }
}

/// Makes the loops of this `Vm` learn of async generators.
pub fn watch(vm: &Vm) {
    if vm.first_iteration.get().is_none() {
        vm.first_iteration.set(Some(first_iteration));
        vm.on_abandoned_async_generator(Some(abandoned));
    }
}

fn first_iteration(vm: &Vm, machine: &Ref<Machine>) -> R<()> {
    let given = SharedState::of(vm).asyncgen_hooks.borrow().clone();
    let Some((first, finalizer)) = given else {
        if let Some(running) = state::running_loop(vm) {
            begins(vm, &running, machine);
        }
        return Ok(());
    };
    if !finalizer.is_none() {
        let _ = machine.extra().watch.set(Value::Native(Native::new(vm.class(T::Object), Finalizer(finalizer))));
    }
    if first.is_none() { Ok(()) } else { vm.call1(&first, &Value::Machine(machine.clone())).map(drop) }
}

/// The loop's own hook: it closes the generator when it is dropped, or at shutdown.
pub fn begins(vm: &Vm, native: &Native, machine: &Ref<Machine>) {
    let Some(event_loop) = native.get::<EventLoop>() else { return };
    // Known already: its first watcher keeps it.
    if machine.extra().watch.get().is_none() {
        let watch = Watch { event_loop: native.clone(), number: event_loop.generators.add(&**machine) };
        let _ = machine.extra().watch.set(Value::Native(Native::new(vm.class(T::Object), watch)));
    }
}

/// A script's hook for one generator that is dropped half-way.
struct Finalizer(Value);

impl NativeData for Finalizer {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.value(&self.0);
    }
}

/// `sys.get_asyncgen_hooks()`: firstiter and finalizer, those of the running loop unless a script has set its own.
pub fn hooks(vm: &Vm) -> R<(Value, Value)> {
    if let Some(given) = SharedState::of(vm).asyncgen_hooks.borrow().clone() {
        return Ok(given);
    }
    let Some(running) = state::running_loop(vm) else { return Ok((Value::None, Value::None)) };
    let running = Value::Native(running);
    let own = |name| vm.get_attr(&running, Symbol::of_static(name));
    Ok((own("_asyncgen_firstiter_hook")?, own("_asyncgen_finalizer_hook")?))
}

/// `sys.set_asyncgen_hooks(firstiter, finalizer)`
pub fn set_hooks(vm: &Vm, first: Value, finalizer: Value) {
    watch(vm);
    drop(SharedState::of(vm).asyncgen_hooks.replace(Some((first, finalizer))));
}

/// A generator goes while it is suspended. False when nobody wanted to know it.
fn abandoned(vm: &Vm, machine: &Ref<Machine>) -> bool {
    let Some(watch) = machine.extra.get().and_then(|extra| extra.watch.get()) else { return false };
    if let Some(Finalizer(finalizer)) = watch.as_native::<Finalizer>() {
        if let Err(raised) = vm.call1(finalizer, &Value::Machine(machine.clone())).map(drop) {
            let address = Ref::address(machine);
            vm.unraisable(&format!("<async_generator object {} at {address:#x}>", machine.qualname()), raised);
        }
        return true;
    }
    let Some(watch) = watch.as_native::<Watch>() else { return false };
    ends(&watch.event_loop, machine);
    true
}

/// The loop's own hook: a task closes the generator.
pub fn ends(native: &Native, machine: &Ref<Machine>) {
    let Some(event_loop) = native.get::<EventLoop>() else { return };
    let watch = machine.extra.get().and_then(|extra| extra.watch.get());
    if let Some(watch) = watch.and_then(|watch| watch.as_native::<Watch>())
        && Native::same(&watch.event_loop, native)
    {
        event_loop.generators.remove(watch.number);
    }
    if event_loop.is_closed.get() {
        return;
    }
    event_loop.push_own(Handle::Spawn(AsyncSendBody::closing(machine)));
}

/// `loop.shutdown_asyncgens()`
pub fn shutdown(event_loop: &Native) -> Value {
    coroutine(Shutdown { event_loop: event_loop.clone(), closing: RefCell::default() })
}

struct Shutdown {
    event_loop: Native,
    closing: RefCell<Vec<Ref<Machine>>>,
}

impl Routine for Shutdown {
    const QUALNAME: &'static str = "BaseEventLoop.shutdown_asyncgens";

    fn go_on(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> R<Step> {
        let event_loop = EventLoop::of(vm, &self.event_loop)?;
        match (machine.pc.get(), sent) {
            (0, _) => {
                event_loop.generators.shut_down.set(true);
                let (closing, ended) = event_loop.generators.take();
                // CPython closes these too, each in a task that takes a number.
                for _ in 0..ended {
                    event_loop.state.next_task();
                }
                if closing.is_empty() {
                    return Ok(Step::Return(Value::None));
                }
                let mut waits = Vec::new();
                for generator in &closing {
                    waits.push(vm.call_method(&Value::Machine(generator.clone()), sym::aclose, &[])?);
                }
                *self.closing.borrow_mut() = closing;
                machine.pc.set(1);
                Ok(Step::Await(gather::gather(vm, &waits, true)?))
            }
            (_, Sent::Value(results)) => {
                let closing = self.closing.take();
                let results = results.as_list().map(|list| list.snapshot()).unwrap_or_default();
                for (generator, result) in closing.into_iter().zip(results) {
                    if let Value::Exception(exception) = &result
                        && vm.matches(exception, T::Exception)
                    {
                        self.report(vm, generator, result)?;
                    }
                }
                Ok(Step::Return(Value::None))
            }
            (_, Sent::Throw(exception)) => Err(vm.raise(exception)),
        }
    }
}

impl Shutdown {
    fn report(&self, vm: &Vm, generator: Ref<Machine>, error: Value) -> R<()> {
        let generator = Value::Machine(generator);
        let shown = vm.repr(&generator)?;
        let text = format!("an error occurred during closing of asynchronous generator {}", shown.as_str());
        let fields = vec![("message", Value::string(text)), ("exception", error), ("asyncgen", generator)];
        report::call_exception_handler(vm, &self.event_loop, fields)
    }
}

//! Carries out `asend`, `athrow` and `aclose`: a small machine of ours between whoever awaits and the async generator
//! (PEP 525). `async for` itself needs none: see `Instr::AsyncNext`.

use std::cell::Cell;
use std::rc::Rc;

use crate::intern::{Symbol, sym};
use crate::object::async_send::{AsyncSend, AsyncSendKind};
use crate::object::traceback::GlobalSite;
use crate::object::{Body, Exception, Machine, MachineKind, R, Ref, Sent, State, Step, Swap, T, Value, Vm};

/// What asking an asynchronous iterator for its next item came to.
pub enum AsyncItem {
    Ready(Value),
    End,
    /// Whoever asked has to stop for this first.
    Later(Step),
}

/// The body that awaits an async generator's next stop.
pub struct AsyncSendBody {
    generator: Ref<Machine>,
    order: Swap<Option<AsyncSendKind>>,
    closing: Cell<bool>,
}

impl AsyncSendBody {
    /// The machine to await for an order that was not carried out yet.
    pub fn machine(vm: &Vm, send: &AsyncSend) -> R {
        let reused = || vm.runtime_error(format!("cannot reuse already awaited {}", send.word));
        match send.driver.get() {
            Some(driver) if driver.state.get() == State::Finished => return Err(reused()),
            Some(driver) => return Ok(Value::Machine(driver)),
            None => {}
        }
        let Some(order) = send.order.take() else { return Err(reused()) };
        let closing = matches!(order, AsyncSendKind::Close);
        let body = AsyncSendBody {
            generator: send.machine.clone(),
            order: Swap::new(Some(order)),
            closing: Cell::new(closing),
        };
        let machine = Machine::new(MachineKind::Generator, Rc::new(body));
        send.driver.set(Some(machine.clone()));
        Ok(Value::Machine(machine))
    }

    /// A coroutine that closes the generator: what a loop runs for one that was dropped half-way.
    pub fn closing(generator: &Ref<Machine>) -> Value {
        let order = Swap::new(Some(AsyncSendKind::Close));
        let body = AsyncSendBody { generator: generator.clone(), order, closing: Cell::new(true) };
        Value::Machine(Machine::new(MachineKind::Coroutine, Rc::new(body)))
    }

    /// An exception in place of the first `send` goes into the generator itself (CPython: `async_gen_athrow_throw`).
    fn start_with_throw(&self, vm: &Vm, exception: Ref<Exception>) -> Step {
        let generator = &self.generator;
        let Some(order) = self.order.take() else { return Step::Raised(vm.raise(exception)) };
        if let Err(raised) = vm.check_async_idle(generator, order_word(&order)) {
            return Step::Raised(raised);
        }
        match generator.state.get() {
            State::Created | State::Finished => {
                generator.finish();
                self.ended_with(vm, exception)
            }
            _ => Step::Delegate(generator.clone(), Sent::Throw(exception)),
        }
    }

    /// The generator ended with an exception: for `aclose` that of its end is none.
    fn ended_with(&self, vm: &Vm, exception: Ref<Exception>) -> Step {
        let ends = || vm.matches(&exception, T::GeneratorExit) || vm.matches(&exception, T::StopAsyncIteration);
        match self.closing.get() && ends() {
            true => Step::Return(Value::None),
            false => Step::Raised(vm.raise(exception)),
        }
    }

    fn start(&self, vm: &Vm) -> Step {
        let generator = &self.generator;
        let Some(order) = self.order.take() else { return Step::Return(Value::None) };
        if let Err(raised) = vm.check_async_idle(generator, order_word(&order)) {
            return Step::Raised(raised);
        }
        match (order, generator.state.get()) {
            (AsyncSendKind::Refuse(exception), _) => Step::Raised(vm.raise(exception)),
            (AsyncSendKind::Close, State::Created | State::Finished) => {
                generator.finish();
                Step::Return(Value::None)
            }
            (AsyncSendKind::Close, _) => {
                let exit = vm.new_exception(T::GeneratorExit, Vec::new());
                Step::Delegate(generator.clone(), Sent::Throw(exit))
            }
            (AsyncSendKind::Throw(exception), State::Created) => {
                generator.finish();
                Step::Raised(vm.raise(exception))
            }
            // A generator that has ended takes no exception: awaiting gives None (CPython: `async_gen_athrow_send`).
            (AsyncSendKind::Throw(_), State::Finished) => Step::Return(Value::None),
            (_, State::Finished) => Step::Raised(vm.throw(vm.new_exception(T::StopAsyncIteration, Vec::new()))),
            (AsyncSendKind::Throw(exception), _) => Step::Delegate(generator.clone(), Sent::Throw(exception)),
            (AsyncSendKind::Send(value), State::Created) if !value.is_none_or_missing() => {
                Step::Raised(vm.type_error("can't send non-None value to a just-started async generator"))
            }
            (AsyncSendKind::Send(value), _) => {
                if let Err(raised) = vm.async_generator_starts(generator) {
                    return Step::Raised(raised);
                }
                Step::Delegate(generator.clone(), Sent::Value(value))
            }
        }
    }
}

/// Whether somebody awaits the generator's next stop: `ag_running`.
pub fn is_busy(generator: &Machine) -> bool {
    // Whoever awaits its next item is its parent until there is one.
    generator.state.get() == State::Running || generator.is_awaiting() || generator.parent().is_some()
}

fn order_word(order: &AsyncSendKind) -> &'static str {
    match order {
        AsyncSendKind::Send(_) => "anext()",
        AsyncSendKind::Throw(_) | AsyncSendKind::Refuse(_) => "athrow()",
        AsyncSendKind::Close => "aclose()",
    }
}

impl Body for AsyncSendBody {
    fn resume(&self, machine: &Ref<Machine>, sent: Sent, vm: &Vm) -> Step {
        if machine.pc.replace(1) == 0 {
            return match sent {
                Sent::Value(_) => self.start(vm),
                Sent::Throw(exception) => self.start_with_throw(vm, exception),
            };
        }
        match sent {
            Sent::Value(_) if self.closing.get() => {
                Step::Raised(vm.runtime_error("async generator ignored GeneratorExit"))
            }
            Sent::Value(value) => Step::Return(value),
            Sent::Throw(exception) => self.ended_with(vm, exception),
        }
    }

    fn takes_early_throw(&self) -> bool {
        true
    }

    fn name(&self) -> Symbol {
        sym::asend
    }

    fn qualname(&self) -> Rc<str> {
        // CPython's objects have none; this is what a task that runs one shows.
        if self.closing.get() { "<async_generator_athrow without __name__>" } else { "asend" }.into()
    }

    fn needs_close(&self, _machine: &Machine) -> bool {
        false
    }

    fn site(&self, _machine: &Machine) -> Option<GlobalSite> {
        None
    }
}

impl Vm {
    /// An async generator runs for one at a time.
    pub fn check_async_idle(&self, generator: &Ref<Machine>, what: &str) -> R<()> {
        if is_busy(generator) {
            return Err(self.runtime_error(format!("{what}: asynchronous generator is already running")));
        }
        Ok(())
    }

    /// The next item of an async generator, which runs right where it is awaited, like a call. Only when it stops for something
    /// else does whoever asked have to stop, too. `site` is where it is awaited.
    ///
    /// # Errors
    /// RuntimeError while it runs for somebody else; what its body raises.
    pub fn async_item(&self, generator: &Ref<Machine>, site: u32) -> R<AsyncItem> {
        self.check_async_idle(generator, "anext()")?;
        if generator.state.get() == State::Finished {
            return Ok(AsyncItem::End);
        }
        self.async_generator_starts(generator)?;
        let step = self.step_in_place(generator, site)?;
        match step {
            Step::Yield(item) => {
                generator.state.set(State::Suspended);
                Ok(AsyncItem::Ready(item))
            }
            Step::Return(_) => {
                generator.finish();
                Ok(AsyncItem::End)
            }
            Step::Raised(raised) => {
                let result = self.end_result(MachineKind::AsyncGenerator, Err(raised));
                generator.finish();
                result.map(AsyncItem::Ready)
            }
            other => {
                generator.state.set(State::Suspended);
                Ok(AsyncItem::Later(Step::Entered(generator.clone(), Box::new(other))))
            }
        }
    }

    /// `throw` of what `asend`, `athrow` or `aclose` gave: a GeneratorExit closes what the generator awaits and then goes into
    /// the generator itself.
    ///
    /// # Errors
    /// StopIteration with the result; what the generator raises.
    pub fn throw_into_order(&self, driver: &Ref<Machine>, exception: Ref<Exception>) -> R {
        let exception = match driver.awaiting() {
            Value::Machine(generator) if self.matches(&exception, T::GeneratorExit) => {
                self.close_awaited(&generator).unwrap_or(exception)
            }
            _ => exception,
        };
        self.outcome_of(self.resume(driver, Sent::Throw(exception)))
    }

    /// `close` of what `asend`, `athrow` or `aclose` gave.
    ///
    /// # Errors
    /// RuntimeError when the generator goes on waiting; what it raises.
    pub fn close_order(&self, driver: &Ref<Machine>) -> R {
        let exit = self.new_exception(T::GeneratorExit, Vec::new());
        let Err(raised) = self.throw_into_order(driver, exit) else {
            return Err(self.runtime_error("coroutine ignored GeneratorExit"));
        };
        let exception = self.peek_raised(&raised);
        let ends = [T::StopIteration, T::StopAsyncIteration, T::GeneratorExit];
        if !ends.into_iter().any(|end| self.matches(&exception, end)) {
            return Err(raised);
        }
        drop(self.take_raised(raised));
        Ok(Value::None)
    }

    /// The first item of an async generator is asked for: the loop wants to know it, to close it at shutdown.
    ///
    /// # Errors
    /// Those of a script's hook.
    #[inline]
    pub fn async_generator_starts(&self, generator: &Ref<Machine>) -> R<()> {
        match self.first_iteration.get() {
            Some(hook) if generator.state.get() == State::Created => hook(self, generator),
            _ => Ok(()),
        }
    }
}

//! What `agen.asend(v)`, `agen.athrow(e)` and `agen.aclose()` give: an order to an async generator, carried out when awaited.

use std::cell::Cell;

use super::cycles::Tracer;
use super::{Exception, Machine, Native, NativeData, Ref, Swap, Value};

pub enum AsyncSendKind {
    Send(Value),
    Throw(Ref<Exception>),
    /// `athrow` of what is no exception: it is raised to whoever awaits, and the generator hears nothing of it.
    Refuse(Ref<Exception>),
    Close,
}

impl AsyncSendKind {
    /// The method that gave the order.
    pub fn method(&self) -> &'static str {
        match self {
            AsyncSendKind::Send(_) => "asend",
            AsyncSendKind::Throw(_) | AsyncSendKind::Refuse(_) => "athrow",
            AsyncSendKind::Close => "aclose",
        }
    }
}

pub struct AsyncSend {
    pub machine: Ref<Machine>,
    /// Taken when it is first awaited.
    pub order: Swap<Option<AsyncSendKind>>,
    /// `send`/`throw` by hand drive this machine, made on first use.
    pub driver: Swap<Option<Ref<Machine>>>,
    pub started: Cell<bool>,
    /// What messages call it.
    pub word: &'static str,
}

impl NativeData for AsyncSend {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.object(&self.machine);
        self.driver.look(|driver| driver.iter().for_each(|driver| tracer.object(driver)));
        self.order.look(|order| match order {
            Some(AsyncSendKind::Send(value)) => tracer.value(value),
            Some(AsyncSendKind::Throw(exception) | AsyncSendKind::Refuse(exception)) => tracer.object(exception),
            Some(AsyncSendKind::Close) | None => {}
        });
    }
    fn clear(&self) {
        drop((self.order.take(), self.driver.take()));
    }
    fn needs_finalizer(&self) -> bool {
        self.order.is_some()
    }
    fn finalize(this: &Native) {
        super::vm::finalize(&Value::Native(this.clone()));
    }
}

impl AsyncSend {
    pub fn new(machine: Ref<Machine>, kind: AsyncSendKind) -> AsyncSend {
        let word = if matches!(kind, AsyncSendKind::Send(_)) { "__anext__()/asend()" } else { "aclose()/athrow()" };
        AsyncSend { machine, order: Swap::new(Some(kind)), driver: Swap::new(None), started: Cell::new(false), word }
    }
}

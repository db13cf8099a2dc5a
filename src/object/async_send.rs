//! What `agen.asend(v)`, `agen.athrow(e)` and `agen.aclose()` give: an order to an async generator, carried out when awaited.

use std::cell::Cell;

use super::cycles::Tracer;
use super::{Exception, Machine, NativeData, Ref, Swap, Value};

pub enum AsyncSendKind {
    Send(Value),
    Throw(Ref<Exception>),
    Close,
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
            Some(AsyncSendKind::Throw(exception)) => tracer.object(exception),
            Some(AsyncSendKind::Close) | None => {}
        });
    }
    fn clear(&self) {
        drop((self.order.take(), self.driver.take()));
    }
}

impl AsyncSend {
    pub fn new(machine: Ref<Machine>, kind: AsyncSendKind) -> AsyncSend {
        let word = if matches!(kind, AsyncSendKind::Send(_)) { "__anext__()/asend()" } else { "aclose()/athrow()" };
        AsyncSend { machine, order: Swap::new(Some(kind)), driver: Swap::new(None), started: Cell::new(false), word }
    }
}

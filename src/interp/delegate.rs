//! What a machine waits for that is no machine: futures come as they are, anything else as an iterator, which is driven by
//! `send` and `throw` (PEP 380, PEP 492).

use super::async_generator::AsyncSendBody;
use super::drive::Outcome;
use crate::intern::sym;
use crate::object::async_send::AsyncSend;
use crate::object::{Exception, MachineKind, R, Ref, Sent, T, Value, Vm};

impl Vm {
    /// `send`/`throw` on an iterator that is not a machine, as `yield from` and `await` delegate (PEP 380).
    pub(super) fn send_to_iterator(&self, iterator: &Value, sent: Sent) -> R<Outcome> {
        match sent {
            Sent::Value(value) => {
                let next = if value.is_none_or_missing() {
                    match iterator {
                        // The builtin protocol loses a StopIteration's value only where there is none.
                        Value::Iter(_) => {
                            return Ok(match self.next(iterator)? {
                                Some(item) => Outcome::Yielded(item),
                                None => Outcome::Returned(Value::None),
                            });
                        }
                        _ => self.call_special(iterator, sym::__next__, &[]).map(|next| next.unwrap_or(Value::None)),
                    }
                } else {
                    self.call_method(iterator, sym::send, &[value])
                };
                self.yielded_or_stopped(next)
            }
            Sent::Throw(exception) => self.throw_into_iterator(iterator, exception),
        }
    }

    fn throw_into_iterator(&self, iterator: &Value, exception: Ref<Exception>) -> R<Outcome> {
        if self.matches(&exception, T::GeneratorExit) {
            if let Some(close) = self.find_attr(iterator, sym::close)? {
                self.call0(&close)?;
            }
            return Ok(Outcome::Raised(self.raise(exception)));
        }
        match self.find_attr(iterator, sym::throw)? {
            Some(throw) => {
                let result = self.call1(&throw, &Value::Exception(exception));
                self.yielded_or_stopped(result)
            }
            None => Ok(Outcome::Raised(self.raise(exception))),
        }
    }

    /// A StopIteration is the return of what was delegated to.
    fn yielded_or_stopped(&self, result: R) -> R<Outcome> {
        match result {
            Ok(value) => Ok(Outcome::Yielded(value)),
            Err(raised) => {
                if !self.matches(&self.peek_raised(&raised), T::StopIteration) {
                    return Err(raised);
                }
                let stop = self.take_raised(raised);
                let value = stop.args.get().first().cloned().unwrap_or(Value::None);
                Ok(Outcome::Returned(value))
            }
        }
    }

    /// What `await value` waits for: a coroutine, a future, or the iterator that `__await__` gives.
    pub fn await_iter(&self, value: Value) -> R {
        match &value {
            Value::Machine(machine) if machine.kind == MachineKind::Coroutine || machine.may_be_awaited() => {
                return Ok(value);
            }
            Value::Native(_) if value.as_future().is_some() && self.overrides(&value, sym::__await__).is_none() => {
                return Ok(value);
            }
            Value::Native(_) => {
                if let Some(send) = value.as_native::<AsyncSend>() {
                    return AsyncSendBody::machine(self, send);
                }
            }
            _ => {}
        }
        let Some(iterator) = self.call_special(&value, sym::__await__, &[])? else {
            let name = self.type_name(&value);
            return Err(self.type_error(format!("object {name} can't be used in 'await' expression")));
        };
        match &iterator {
            Value::Machine(machine) if machine.kind == MachineKind::Coroutine => {
                Err(self.type_error("__await__() returned a coroutine"))
            }
            Value::Machine(_) => Ok(iterator),
            _ if self.special(&iterator, sym::__next__).is_some() => Ok(iterator),
            _ => {
                let name = self.type_name(&iterator);
                Err(self.type_error(format!("__await__() returned non-iterator of type '{name}'")))
            }
        }
    }
}

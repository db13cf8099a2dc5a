//! What `await` needs to know of futures: their outcome. How one comes to be done is for `tasks/`.

use crate::object::future::FutureState;
use crate::object::{Exception, R, Ref, T, Value, Vm};

impl Vm {
    /// `future.result()`: what a finished future holds, raised or returned.
    ///
    /// # Errors
    /// The future's exception; CancelledError; InvalidStateError while it is pending.
    #[inline]
    pub fn future_result(&self, future: &Value) -> R {
        let Some(data) = future.as_future() else {
            return Err(self.type_error(format!("'{}' object is not a future", self.type_name(future))));
        };
        match data.result() {
            Some(value) => Ok(value),
            None => self.future_error(future),
        }
    }

    #[cold]
    fn future_error(&self, future: &Value) -> R {
        match self.outcome_to_throw(future) {
            Some(exception) => Err(self.throw(exception)),
            None if future.as_future().is_some_and(|data| data.event_loop().is_none()) => {
                Err(self.error(T::InvalidStateError, "Future object is not initialized."))
            }
            None => Err(self.error(T::InvalidStateError, "Result is not set.")),
        }
    }

    /// The exception that a finished or cancelled future raises in who waits for it; `None` when it is pending or has
    /// a result.
    pub fn outcome_to_throw(&self, future: &Value) -> Option<Ref<Exception>> {
        let data = future.as_future()?;
        match data.state() {
            FutureState::Pending => None,
            FutureState::Finished => data.failure_to_raise(),
            FutureState::Cancelled => Some(self.cancelled_error(future)),
        }
    }

    /// The CancelledError of a cancelled future: the one that ended the task for whoever asks first, then new ones with
    /// the message of the cancellation.
    pub fn cancelled_error(&self, future: &Value) -> Ref<Exception> {
        let Some(data) = future.as_future() else { return self.new_exception(T::CancelledError, Vec::new()) };
        if let Some(exception) = data.take_cancelled_error() {
            return exception;
        }
        let message = data.cancel_message();
        let args = if message.is_none_or_missing() { Vec::new() } else { vec![message] };
        self.new_exception(T::CancelledError, args)
    }
}

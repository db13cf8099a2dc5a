//! What the ready queue holds: the loop's own steps without an allocation, and what scripts scheduled, as an object they can
//! cancel.

use std::cell::Cell;

use crate::event::TimerKey;
use crate::intern::Symbol;
use crate::object::callbacks::{Callable, Hook};
use crate::object::context::Ctx;
use crate::object::cycles::Tracer;
use crate::object::{Exception, Native, NativeData, Ref, Swap, T, Tuple, Value, Vm};

/// One entry of the ready queue or of the timers.
pub enum Handle {
    /// A task's first step, or its next one after a bare yield.
    Step(Native),
    /// A step of a task that begins with an exception.
    Throw(Native, Ref<Exception>),
    /// A task, and the future it waited for, which is done.
    Wake(Native, Native),
    /// What a hook is attached to, and the future that is done.
    Hook(Hook, Native, Native),
    /// A script's callback, and the future that is done.
    Done(Box<Callable>, Native),
    /// `call_soon`, `call_later`, `call_at`: a [`Scheduled`].
    Call(Native),
    /// The end of the sleep of a task that made no future: its next step becomes ready.
    Awake(Native),
    /// The end of a `sleep`, or of a `wait` with a timeout: releases the future.
    Release(Native),
    /// The end of a `sleep` that gives something: finishes the future with it.
    Finish(Box<(Native, Value)>),
    /// The deadline of a [`super::timeout::Timeout`], with the number of its arming.
    Expire(u32, Native),
    /// The deadline of an `as_completed`.
    Overdue(Native),
    /// Makes a task of a coroutine.
    Spawn(Value),
    /// `run_in_executor`: a call, and the future for its result.
    Work(Box<Work>, Native),
}

const _: () = assert!(size_of::<Option<Handle>>() <= 24);

/// A call that `run_in_executor` puts off to a later turn.
pub struct Work {
    pub function: Value,
    pub args: Vec<Value>,
    pub keywords: Vec<(Symbol, Value)>,
    pub context: Ctx,
}

/// The data of a `Handle` or `TimerHandle`.
pub struct Scheduled {
    /// `None` once cancelled.
    pub callback: Swap<Value>,
    pub args: Swap<Ref<Tuple>>,
    pub context: Swap<Ctx>,
    pub is_cancelled: Cell<bool>,
    pub event_loop: Native,
    /// For timers: the time of the loop, in seconds, as it was asked for.
    pub when: Value,
    pub timer: Cell<Option<TimerKey>>,
}

impl NativeData for Scheduled {
    fn trace(&self, tracer: &mut Tracer) {
        self.callback.look(|callback| tracer.value(callback));
        self.args.look(|args| tracer.object(args));
        self.context.look(|context| context.show(tracer));
        tracer.native(&self.event_loop);
        tracer.value(&self.when);
    }
    fn clear(&self) {
        drop((
            self.callback.replace(Value::None),
            self.args.replace(Tuple::new(Vec::new())),
            self.context.replace(Ctx::Empty),
        ));
    }
}

impl Scheduled {
    pub fn create(
        vm: &Vm,
        event_loop: &Native,
        when: Value,
        callback: Value,
        args: Vec<Value>,
        context: Ctx,
    ) -> Native {
        let class = vm.class(if when.is_missing() { T::Handle } else { T::TimerHandle });
        let data = Scheduled {
            callback: Swap::new(callback),
            args: Swap::new(Tuple::new(args)),
            context: Swap::new(context),
            is_cancelled: Cell::new(false),
            event_loop: event_loop.clone(),
            when,
            timer: Cell::new(None),
        };
        let made = Native::new(class, data);
        if let Some(event_loop) = event_loop.get::<super::EventLoop>() {
            super::debug::note(vm, &made, event_loop);
        }
        made
    }

    /// `handle.get_context()`
    pub fn context_object(&self, vm: &Vm) -> Native {
        let object = super::context::object_of(vm, self.context.replace(Ctx::Empty));
        self.context.set(Ctx::Object(object.clone()));
        object
    }

    /// `handle.cancel()`
    pub fn cancel(&self) {
        if self.is_cancelled.replace(true) {
            return;
        }
        if let Some(key) = self.timer.take()
            && let Some(event_loop) = self.event_loop.get::<super::EventLoop>()
        {
            drop(event_loop.cancel_timer(key));
        }
        self.callback.set(Value::None);
        self.args.set(Tuple::new(Vec::new()));
    }
}

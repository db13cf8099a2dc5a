//! The current context (PEP 567): running in one, reading and setting variables. A context becomes an object only when a
//! script asks for it or sets a variable in it.

use std::cell::Cell;

use super::state::State;
use crate::object::context::{Context, ContextVar, Ctx, Token, lookup};
use crate::object::{Native, R, T, Value, Vm};

/// A copy of the current context, as callbacks and tasks get one.
pub fn copy_current(vm: &Vm) -> Ctx {
    State::of(vm).copy_context()
}

impl State {
    #[inline]
    pub fn copy_context(&self) -> Ctx {
        let current = self.context.replace(Ctx::Empty);
        let copy = current.copy();
        self.context.replace(current);
        copy
    }

    /// Makes `context` the current one and gives the one before, for [`State::leave`].
    ///
    /// # Errors
    /// RuntimeError when something runs in it already.
    #[inline]
    pub fn enter(&self, vm: &Vm, context: Ctx) -> R<Ctx> {
        if let Ctx::Object(native) = &context
            && native.get::<Context>().is_some_and(|data| data.entered.replace(true))
        {
            let repr = vm.repr(&Value::Native(native.clone()))?;
            return Err(vm.runtime_error(format!("cannot enter context: {} is already entered", repr.as_str())));
        }
        Ok(self.context.replace(context))
    }

    /// Makes `before` current again and gives the context that was left, in which more may be bound now.
    #[inline]
    pub fn leave(&self, before: Ctx) -> Ctx {
        let left = self.context.replace(before);
        if let Ctx::Object(native) = &left
            && let Some(data) = native.get::<Context>()
        {
            data.entered.set(false);
        }
        left
    }

    /// The current context as an object.
    pub fn context_object(&self, vm: &Vm) -> Native {
        let current = self.context.replace(Ctx::Empty);
        let native = object_of(vm, current);
        if let Some(data) = native.get::<Context>() {
            data.entered.set(true);
        }
        self.context.replace(Ctx::Object(native.clone()));
        native
    }
}

/// The object of a context, made if there is none yet.
pub fn object_of(vm: &Vm, context: Ctx) -> Native {
    match context {
        Ctx::Object(native) => native,
        other => Native::new(vm.class(T::Context), Context::new(other.bindings())),
    }
}

/// A context that was passed as `context=`: `None` and nothing stand for a copy of the current one.
///
/// # Errors
/// TypeError for anything else.
pub fn given_or_copy(vm: &Vm, value: &Value) -> R<Ctx> {
    match value {
        Value::None | Value::Missing => Ok(copy_current(vm)),
        Value::Native(native) if native.get::<Context>().is_some() => Ok(Ctx::Object(native.clone())),
        other => Err(vm.type_error(format!("a contextvars.Context was expected, got '{}'", vm.class_name(other)))),
    }
}

/// Runs `body` in a context.
///
/// # Errors
/// Those of the body; RuntimeError when something runs in the context already.
pub fn run_in<V>(vm: &Vm, context: Ctx, body: impl FnOnce() -> R<V>) -> R<V> {
    let state = State::of(vm);
    let before = state.enter(vm, context)?;
    let result = body();
    drop(state.leave(before));
    result
}

/// What a variable is bound to in the current context.
pub fn get(vm: &Vm, variable: &Native) -> Option<Value> {
    let state = State::of(vm);
    let current = state.context.replace(Ctx::Empty);
    let found = match &current {
        Ctx::Empty => None,
        Ctx::Own(bindings) => lookup(Some(bindings), variable),
        Ctx::Object(native) => native.get::<Context>().and_then(|data| data.get(variable)),
    };
    state.context.replace(current);
    found
}

/// `variable.set(value)`: gives the token that undoes it.
pub fn set(vm: &Vm, variable: &Native, value: Value) -> Native {
    let context = State::of(vm).context_object(vm);
    let old = context.get::<Context>().map_or(Value::Missing, |data| data.set(variable, value));
    let token = Token { context, variable: variable.clone(), old, used: Cell::new(false) };
    Native::new(vm.class(T::ContextToken), token)
}

/// `variable.reset(token)`
///
/// # Errors
/// RuntimeError for a token used before; ValueError for one of another variable or context.
pub fn reset(vm: &Vm, variable: &Native, token: &Value) -> R<()> {
    let Some(data) = token.as_native::<Token>() else {
        return Err(vm.type_error(format!("expected an instance of Token, got {}", vm.repr(token)?.as_str())));
    };
    let shown = || vm.repr(token).map(|text| text.as_str().to_owned());
    if data.used.get() {
        return Err(vm.runtime_error(format!("{} has already been used once", shown()?)));
    }
    if !Native::same(&data.variable, variable) {
        return Err(vm.value_error(format!("{} was created by a different ContextVar", shown()?)));
    }
    let context = State::of(vm).context_object(vm);
    if !Native::same(&data.context, &context) {
        return Err(vm.value_error(format!("{} was created in a different Context", shown()?)));
    }
    data.used.set(true);
    if let Some(bindings) = context.get::<Context>() {
        drop(bindings.set(variable, data.old.clone()));
    }
    Ok(())
}

/// The data of a `ContextVar`.
///
/// # Errors
/// TypeError for anything else.
pub fn variable<'a>(vm: &Vm, value: &'a Value) -> R<(&'a Native, &'a ContextVar)> {
    if let Value::Native(native) = value
        && let Some(data) = native.get::<ContextVar>()
    {
        return Ok((native, data));
    }
    Err(vm.type_error(format!("a ContextVar was expected, got '{}'", vm.class_name(value))))
}

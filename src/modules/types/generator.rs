//! Generators, coroutines, async generators and the awaitables they hand out. Driving them is `interp/drive.rs`'s.

use super::code_object::{code_of, frame_of};
use super::exception::{thrown, thrown_by};
use super::shared::{CLASS_GETITEM, unary};
use crate::interp::async_generator::{AsyncSendBody, is_busy};
use crate::modules::support::{machine, receiver_error};
use crate::object::async_send::{AsyncSend, AsyncSendKind};
use crate::object::cycles::Tracer;
use crate::object::{Fun, Machine, Native, NativeData, R, Ref, Row, State, T, TypeSpec, Value, Vm};

pub static GENERATOR: TypeSpec = TypeSpec { kind: T::Generator, new: None, rows: GENERATOR_ROWS, doc: "" };
pub static COROUTINE: TypeSpec = TypeSpec { kind: T::Coroutine, new: None, rows: COROUTINE_ROWS, doc: "" };
pub static ASYNC_GENERATOR: TypeSpec = TypeSpec { kind: T::AsyncGenerator, new: None, rows: ASYNC_ROWS, doc: "" };
pub static WRAPPER: TypeSpec = TypeSpec { kind: T::CoroutineWrapper, new: None, rows: WRAPPER_ROWS, doc: "" };
pub static ASEND: TypeSpec = TypeSpec { kind: T::AsyncGeneratorASend, new: None, rows: SEND_ROWS, doc: "" };
pub static ATHROW: TypeSpec = TypeSpec { kind: T::AsyncGeneratorAThrow, new: None, rows: SEND_ROWS, doc: "" };

const THROW: &str = "(self, type, value=None, traceback=None, /)";

const SEND: Row = Row::method(
    "send",
    "(self, arg, /)",
    Fun::F2(|vm, this, value| vm.generator_send(machine(vm, this)?, value.clone())),
);
const THROW_ROW: Row = Row::method(
    "throw",
    THROW,
    Fun::Bound(|vm, args| {
        let exception = thrown(vm, &args[1], &args[2], &args[3])?;
        vm.generator_throw(machine(vm, &args[0])?, exception)
    }),
);
const CLOSE: Row = unary("close", |vm, this| vm.generator_close(machine(vm, this)?));
const NAME: Row = Row::property(
    "__name__",
    |vm, this| Ok(Value::name(machine(vm, this)?.name())),
    |vm, this, value| {
        let Some(name) = value.as_str() else { return Err(vm.type_error("__name__ must be set to a string object")) };
        machine(vm, this)?.extra().name.set(Some(name.symbol()));
        Ok(())
    },
);
const QUALNAME: Row = Row::property(
    "__qualname__",
    |vm, this| Ok(Value::str(&machine(vm, this)?.qualname())),
    |vm, this, value| {
        let Some(name) = value.as_str() else {
            return Err(vm.type_error("__qualname__ must be set to a string object"));
        };
        machine(vm, this)?.extra().qualname.replace(Some(name.as_str().into()));
        Ok(())
    },
);

/// `gi_running` and its like: each kind of machine has its own prefix.
macro_rules! inspection {
    ($running:literal $suspended:literal $frame:literal $code:literal $waiting:literal) => {
        [
            Row::getter($running, |vm, this| Ok(Value::bool(runs(machine(vm, this)?)))),
            Row::getter($suspended, |vm, this| {
                let this = machine(vm, this)?;
                Ok(Value::bool(this.state.get() == State::Suspended && !runs(this)))
            }),
            Row::getter($frame, |vm, this| Ok(frame_of(vm, machine(vm, this)?))),
            Row::getter($code, |vm, this| {
                Ok(machine(vm, this)?.body.code().map_or(Value::None, |code| code_of(vm, code)))
            }),
            Row::getter($waiting, |vm, this| {
                let this = machine(vm, this)?;
                Ok(if runs(this) { Value::None } else { vm.awaited_by(this)?.or_none() })
            }),
        ]
    };
}

/// Whether a machine, or what it awaits, is being run.
fn runs(machine: &Ref<Machine>) -> bool {
    match machine.state.get() {
        State::Running => true,
        State::Suspended => machine.is_awaiting() && Machine::innermost(machine).state.get() == State::Running,
        _ => false,
    }
}

const GENERATOR_ROWS: &[Row] = {
    let [running, suspended, frame, code, waiting] =
        inspection!("gi_running" "gi_suspended" "gi_frame" "gi_code" "gi_yieldfrom");
    &[
        SEND,
        THROW_ROW,
        CLOSE,
        NAME,
        QUALNAME,
        running,
        suspended,
        frame,
        code,
        waiting,
        Row::class_method("__class_getitem__", "(cls, key, /)", Fun::F2(super::generic_alias::class_getitem)),
        unary("__iter__", |_, this| Ok(this.clone())),
        unary("__next__", |vm, this| vm.generator_send(machine(vm, this)?, Value::None)),
        CLASS_GETITEM,
    ]
};

const COROUTINE_ROWS: &[Row] = {
    let [running, suspended, frame, code, waiting] =
        inspection!("cr_running" "cr_suspended" "cr_frame" "cr_code" "cr_await");
    &[
        SEND,
        THROW_ROW,
        CLOSE,
        NAME,
        QUALNAME,
        running,
        suspended,
        frame,
        code,
        waiting,
        Row::getter("cr_origin", |_, _| Ok(Value::None)),
        unary("__await__", |vm, this| {
            let wrapper = CoroutineWrapper(machine(vm, this)?.clone());
            Ok(Value::Native(Native::new(vm.class(T::CoroutineWrapper), wrapper)))
        }),
        CLASS_GETITEM,
    ]
};

const ASYNC_ROWS: &[Row] = {
    let [_, suspended, frame, code, waiting] = inspection!("ag_running" "ag_suspended" "ag_frame" "ag_code" "ag_await");
    let running = Row::getter("ag_running", |vm, this| Ok(Value::bool(is_busy(machine(vm, this)?))));
    &[
        Row::method(
            "asend",
            "(self, arg, /)",
            Fun::F2(|vm, this, value| vm.async_send(machine(vm, this)?, value.clone())),
        ),
        Row::method(
            "athrow",
            THROW,
            Fun::Bound(|vm, args| {
                let this = machine(vm, &args[0])?;
                Ok(match thrown_by(vm, "athrow", &args[1], &args[2], &args[3]) {
                    Ok(exception) => vm.async_order(this, AsyncSendKind::Throw(exception)),
                    Err(raised) => vm.async_order(this, AsyncSendKind::Refuse(vm.take_raised(raised))),
                })
            }),
        ),
        unary("aclose", |vm, this| Ok(vm.async_order(machine(vm, this)?, AsyncSendKind::Close))),
        NAME,
        QUALNAME,
        running,
        suspended,
        frame,
        code,
        waiting,
        unary("__aiter__", |_, this| Ok(this.clone())),
        unary("__anext__", |vm, this| vm.async_send(machine(vm, this)?, Value::None)),
        CLASS_GETITEM,
    ]
};

/// What `coroutine.__await__()` gives: the coroutine as an iterator.
pub struct CoroutineWrapper(Ref<Machine>);

impl NativeData for CoroutineWrapper {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.object(&self.0);
    }
}

fn wrapped<'a>(vm: &Vm, this: &'a Value) -> R<&'a Ref<Machine>> {
    this.as_native::<CoroutineWrapper>().map(|w| &w.0).ok_or_else(|| receiver_error(vm, "coroutine_wrapper", this))
}

const WRAPPER_ROWS: &[Row] = &[
    Row::method(
        "send",
        "(self, arg, /)",
        Fun::F2(|vm, this, value| vm.generator_send(wrapped(vm, this)?, value.clone())),
    ),
    Row::method(
        "throw",
        THROW,
        Fun::Bound(|vm, args| {
            let exception = thrown(vm, &args[1], &args[2], &args[3])?;
            vm.generator_throw(wrapped(vm, &args[0])?, exception)
        }),
    ),
    unary("close", |vm, this| vm.generator_close(wrapped(vm, this)?)),
    unary("__iter__", |_, this| Ok(this.clone())),
    unary("__next__", |vm, this| vm.generator_send(wrapped(vm, this)?, Value::None)),
];

const SEND_ROWS: &[Row] = &[
    Row::method(
        "send",
        "(self, arg, /)",
        Fun::F2(|vm, this, value| {
            let value = first_sent(vm, order(vm, this)?, value)?;
            vm.generator_send(&driver(vm, this)?, value)
        }),
    ),
    Row::method(
        "throw",
        THROW,
        Fun::Bound(|vm, args| {
            let exception = thrown(vm, &args[1], &args[2], &args[3])?;
            vm.throw_into_order(&driver(vm, &args[0])?, exception)
        }),
    ),
    unary("close", |vm, this| {
        let send = order(vm, this)?;
        match AsyncSendBody::machine(vm, send) {
            Ok(_) => vm.close_order(&driver(vm, this)?),
            // It is over.
            Err(raised) => {
                drop(vm.take_raised(raised));
                Ok(Value::None)
            }
        }
    }),
    unary("__await__", |_, this| Ok(this.clone())),
    unary("__iter__", |_, this| Ok(this.clone())),
    unary("__next__", |vm, this| vm.generator_send(&driver(vm, this)?, Value::None)),
];

fn order<'a>(vm: &Vm, this: &'a Value) -> R<&'a AsyncSend> {
    this.as_native::<AsyncSend>().ok_or_else(|| receiver_error(vm, "async_generator_asend", this))
}

/// What is sent into an order by hand. The first value takes the place of what `asend` was given.
fn first_sent(vm: &Vm, send: &AsyncSend, value: &Value) -> R {
    if value.is_none() || send.driver.is_some() {
        return Ok(value.clone());
    }
    match send.order.take() {
        Some(AsyncSendKind::Send(_)) if send.machine.state.get() == State::Created => {
            Err(vm.type_error("can't send non-None value to a just-started async generator"))
        }
        Some(AsyncSendKind::Send(_)) => {
            send.order.set(Some(AsyncSendKind::Send(value.clone())));
            Ok(Value::None)
        }
        None => Ok(Value::None),
        kept => {
            send.order.set(kept);
            Err(vm.runtime_error("can't send non-None value to a just-started coroutine"))
        }
    }
}

/// The machine that carries an order to an async generator out.
fn driver(vm: &Vm, this: &Value) -> R<Ref<Machine>> {
    let send = order(vm, this)?;
    match AsyncSendBody::machine(vm, send)? {
        Value::Machine(machine) => Ok(machine),
        _ => Err(vm.runtime_error("an order to an async generator is carried out by a machine")),
    }
}

//! Delays and deadlines as scripts give them: any number, refused as CPython's arithmetic would refuse it.

use crate::event::Nanos;
use crate::intern::sym;
use crate::object::{R, Value, Vm};

fn number(vm: &Vm, value: &Value) -> R<Option<f64>> {
    match value {
        Value::Int(n) => Ok(Some(*n as f64)),
        Value::Float(x) => Ok(Some(x.get())),
        other if other.is_int() || other.as_float().is_some() || vm.special(other, sym::__float__).is_some() => {
            vm.to_f64(other).map(Some)
        }
        _ => Ok(None),
    }
}

/// A delay that is compared with zero first: `delay <= 0`.
///
/// # Errors
/// TypeError for what is no number.
pub fn compared(vm: &Vm, delay: &Value) -> R<f64> {
    match number(vm, delay)? {
        Some(seconds) => Ok(seconds),
        None => {
            Err(vm.type_error(format!("'<=' not supported between instances of '{}' and 'int'", vm.class_name(delay))))
        }
    }
}

/// `loop.time() + delay`
///
/// # Errors
/// TypeError for what is no number.
pub fn added(vm: &Vm, now: Nanos, delay: &Value) -> R<f64> {
    match number(vm, delay)? {
        Some(seconds) => Ok(now.as_secs() + seconds),
        None => {
            let name = vm.class_name(delay);
            Err(vm.type_error(format!("unsupported operand type(s) for +: 'float' and '{name}'")))
        }
    }
}

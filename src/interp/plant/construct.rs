//! `C(args)` for classes of scripts: a plain instance is made and its `__init__` called as any method, both found through an
//! inline cache; classes that do more go through `Vm::call`.

use std::cell::Cell;

use super::call::{call_any, fits, function_in, prepare};
use super::{AtSite, fail};
use crate::code::Slot;
use crate::intern::sym;
use crate::interp::call::is_builtin;
use crate::object::{Class, Fp, Instance, Layout, Node, R, Ref, Swap, Value, Vm};

/// What making an instance of a class takes, for a class in one state.
#[derive(Default)]
pub(super) struct ConstructCache {
    version: Cell<u32>,
    /// The function that is its `__init__`; `None` where it has none.
    init: Swap<Option<Value>>,
}

impl ConstructCache {
    /// The `__init__` of a class whose instances are made in the plain way; `Err` for others.
    #[inline(always)]
    pub(super) fn init_of(&self, class: &Class) -> Result<Option<Value>, ()> {
        if self.version.get() == class.version() { Ok(self.init.get()) } else { self.search(class) }
    }

    #[inline(never)]
    fn search(&self, class: &Class) -> Result<Option<Value>, ()> {
        let is_ours = |found: Option<Value>| found.is_none_or(|found| is_builtin(&found));
        let plain = class.builtin.is_none()
            && class.layout == Layout::Object
            && class.metaclass().builtin.is_some()
            && class.own(sym::__abstractmethods__).is_none()
            && is_ours(class.lookup(sym::__new__));
        let init = match class.lookup(sym::__init__) {
            Some(Value::Function(function)) => Some(Value::Function(function)),
            other if is_ours(other.clone()) => None,
            _ => return Err(()),
        };
        if !plain {
            return Err(());
        }
        self.version.set(class.version());
        self.init.set(init.clone());
        Ok(init)
    }

    #[inline(never)]
    pub(super) fn call(&self, vm: &Vm, fp: Fp, class: &Ref<Class>, args: &[Node], site: u32) -> R {
        match self.init_of(class) {
            Ok(None) if args.is_empty() => Ok(Value::Instance(Instance::new(class, None))),
            Ok(Some(Value::Function(function))) if fits(&function, args.len() + 1) => {
                // The instance comes into being when the arguments are there, as in CPython.
                let frame = prepare(vm, fp, function, Some(Value::None), args, site)?;
                run_init(vm, class, frame, site)
            }
            _ => call_any(vm, fp, &Value::Class(class.clone()), None, args, site),
        }
    }
}

/// Runs an `__init__` whose frame is ready but for the new instance.
#[inline(always)]
pub(super) fn run_init(vm: &Vm, class: &Ref<Class>, frame: Fp, site: u32) -> R {
    let instance = Value::Instance(Instance::new(class, None));
    frame.init(Slot(1), instance.clone());
    vm.site.set(site);
    match vm.run_frame(function_in(frame), frame) {
        Ok(Value::None) => Ok(instance),
        Ok(other) => {
            let message = format!("__init__() should return None, not '{}'", vm.type_name(&other));
            fail(vm, site, vm.type_error(message))
        }
        Err(raised) => Err(raised).at(vm, site),
    }
}

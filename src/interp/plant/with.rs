//! `with`: enter, body, exit on every way out.

use super::target::Store;
use super::{Act, AtSite, Flow, Planter};
use crate::code::{Block, Expr, Site, Target};
use crate::intern::{Symbol, sym};
use crate::object::{Args, Exception, R, Ref, Value, Vm};

/// A context manager that was entered.
pub(super) struct Entered {
    /// The bound `__exit__` (or `__aexit__`).
    pub exit: Value,
    /// What `__enter__` gave (for `async with`: the awaitable).
    pub value: Value,
}

impl Planter<'_> {
    pub(super) fn with(&self, context: &Expr, target: Option<&Target>, body: &Block, site: Site) -> Act {
        let context = self.expr(context);
        let store: Option<Store> = target.map(|t| self.assign(t));
        let (body, site) = (self.block(body), self.site(site));
        Box::new(move |fp, vm| {
            let manager = context(fp, vm)?;
            let Entered { exit, value } = vm.enter_context(&manager, false).at(vm, site)?;
            drop(manager);
            let result = match &store {
                Some(store) => store(fp, vm, value).and_then(|()| body(fp, vm)),
                None => {
                    drop(value);
                    body(fp, vm)
                }
            };
            match result {
                Ok(Flow::Return) => {
                    let returned = vm.returned.replace(Value::None);
                    vm.exit_context(&exit, None).at(vm, site)?;
                    vm.returned.set(returned);
                    Ok(Flow::Return)
                }
                Ok(flow) => {
                    vm.exit_context(&exit, None).at(vm, site)?;
                    Ok(flow)
                }
                Err(raised) => {
                    let exception = vm.take_raised(raised);
                    let before = vm.handling.replace(Some(exception.clone()));
                    let answer = vm.exit_context(&exit, Some(&exception)).at(vm, site);
                    let swallowed = answer.and_then(|answer| vm.is_true(&answer).at(vm, site));
                    vm.handling.set(before);
                    if swallowed? { Ok(Flow::Next) } else { Err(vm.raise(exception)) }
                }
            }
        })
    }
}

impl Vm {
    /// Finds both methods of a context manager on its class and calls the first (PEP 343, PEP 492).
    pub(super) fn enter_context(&self, manager: &Value, is_async: bool) -> R<Entered> {
        let (enter, exit) = if is_async { (sym::__aenter__, sym::__aexit__) } else { (sym::__enter__, sym::__exit__) };
        let class = self.class_of(manager);
        let Some(enter_method) = class.lookup(enter) else {
            return Err(self.no_context_manager(manager, enter, is_async));
        };
        let Some(exit_method) = class.lookup(exit) else {
            return Err(self.no_context_manager(manager, exit, is_async));
        };
        let exit = self.bind(&exit_method, manager, &class)?;
        let enter = self.bind(&enter_method, manager, &class)?;
        let value = self.call0(&enter)?;
        Ok(Entered { exit, value })
    }

    #[cold]
    fn no_context_manager(&self, manager: &Value, missing: Symbol, is_async: bool) -> crate::object::Raised {
        let kind = self.type_name(manager);
        let protocol = if is_async { "asynchronous context manager" } else { "context manager" };
        let mut message = format!("'{kind}' object does not support the {protocol} protocol");
        if missing == sym::__exit__ || missing == sym::__aexit__ {
            message.push_str(&format!(" (missed {missing} method)"));
        }
        self.type_error(message)
    }

    /// Calls a bound exit method, with what was raised or three Nones.
    pub(super) fn exit_context(&self, exit: &Value, exception: Option<&Ref<Exception>>) -> R {
        self.call(exit, Args::positional(&self.exit_args(exception)?))
    }

    /// What an exit method gets.
    pub(super) fn exit_args(&self, exception: Option<&Ref<Exception>>) -> R<[Value; 3]> {
        Ok(match exception {
            Some(exception) => {
                [Value::Class(exception.class()), Value::Exception(exception.clone()), self.traceback_of(exception)?]
            }
            None => [Value::None, Value::None, Value::None],
        })
    }

    /// `exception.__traceback__`
    fn traceback_of(&self, exception: &Ref<Exception>) -> R {
        self.get_attr(&Value::Exception(exception.clone()), sym::__traceback__)
    }
}

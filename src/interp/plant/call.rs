//! Calls in nodes: arguments are evaluated straight into the callee's slots. What all kinds of calls share, and `f(args)`.

use super::construct::ConstructCache;
use super::method_call::{call_row, short_way};
use super::name::GlobalRead;
use super::{AtSite, Planter, fail};
use crate::code::{Arg, Call, Expr, Slot};
use crate::object::function::Method;
use crate::object::{Args, Few, Fp, Fun, Function, Held, Node, R, Ref, RowKind, Value, Vm};

/// What gives the callee of a call: a node, or a global that is read in place.
pub(super) trait Callee: 'static {
    fn get(&self, fp: Fp, vm: &Vm) -> R;
}

impl Callee for Node {
    #[inline(always)]
    fn get(&self, fp: Fp, vm: &Vm) -> R {
        self(fp, vm)
    }
}

impl Callee for GlobalRead {
    #[inline(always)]
    fn get(&self, fp: Fp, vm: &Vm) -> R {
        self.value(fp, vm)
    }
}

/// Evaluates the arguments into the slots of a fresh frame, behind the receiver if there is one; the function moves into slot 0.
#[inline(always)]
pub(super) fn prepare(
    vm: &Vm,
    fp: Fp,
    function: Ref<Function>,
    receiver: Option<Value>,
    args: &[Node],
    site: u32,
) -> R<Fp> {
    let (size, params) = (function.planted.frame_size as usize, function.planted.params);
    let Some(mut frame) = vm.stack.open(size) else { return fail(vm, site, vm.recursion_error()) };
    frame.fill(Value::Function(function));
    let given = args.len() as u32 + receiver.is_some() as u32;
    if let Some(receiver) = receiver {
        frame.fill(receiver);
    }
    for arg in args {
        match arg(fp, vm) {
            Ok(value) => frame.fill(value),
            Err(raised) => {
                frame.abandon();
                return Err(raised);
            }
        }
    }
    let frame = frame.finish();
    if given < params
        && let Err(raised) = vm.fill_defaults(function_in(frame), frame)
    {
        vm.stack.pop(frame, size);
        return fail(vm, site, raised);
    }
    if let Err(raised) = vm.tick() {
        vm.stack.pop(frame, size);
        return fail(vm, site, raised);
    }
    Ok(frame)
}

/// The function of a frame that [`prepare`] opened.
#[inline(always)]
pub(super) fn function_in<'a>(frame: Fp) -> &'a Function {
    match frame.peek(Slot(0)) {
        Value::Function(function) => function,
        _ => unreachable!("`prepare` put a function there"),
    }
}

/// Calls a function that fits, its arguments evaluated straight into its slots.
#[inline(always)]
pub(super) fn call_function(
    vm: &Vm,
    fp: Fp,
    function: Ref<Function>,
    receiver: Option<Value>,
    args: &[Node],
    site: u32,
) -> R {
    let frame = prepare(vm, fp, function, receiver, args, site)?;
    call_function_in(vm, frame, site)
}

/// Runs a function whose frame is ready.
#[inline(always)]
pub(super) fn call_function_in(vm: &Vm, frame: Fp, site: u32) -> R {
    vm.site.set(site);
    vm.run_frame(function_in(frame), frame).at(vm, site)
}

/// Whether the function takes `count` positional arguments in the common way.
#[inline(always)]
pub(super) fn fits(function: &Function, count: usize) -> bool {
    function.planted.simple && count <= function.planted.params as usize
}

/// Evaluates arguments and calls anything.
#[inline(never)]
pub(super) fn call_any(vm: &Vm, fp: Fp, callee: &Value, receiver: Option<&Value>, args: &[Node], site: u32) -> R {
    let count = args.len() + receiver.is_some() as usize;
    if count <= Few::MOST {
        let mut values = Few::new();
        if let Some(receiver) = receiver {
            values.push(receiver.clone());
        }
        for arg in args {
            values.push(arg(fp, vm)?);
        }
        vm.site.set(site);
        return vm.call(callee, Args::positional(values.as_slice())).at(vm, site);
    }
    let mut values = Vec::with_capacity(count);
    values.extend(receiver.cloned());
    for arg in args {
        values.push(arg(fp, vm)?);
    }
    vm.site.set(site);
    vm.call(callee, Args::positional(&values)).at(vm, site)
}

/// Calls a bound method that a variable holds: `push = stack.append`, then `push(x)`.
#[inline(never)]
fn call_bound(vm: &Vm, fp: Fp, method: &Method, args: &[Node], site: u32) -> R {
    match &method.function {
        Value::Function(function) if fits(function, args.len() + 1) => {
            let receiver = Some(method.receiver.clone());
            call_function(vm, fp, function.clone(), receiver, args, site)
        }
        other => {
            if let Value::Builtin(builtin) = other
                && builtin.row.kind == RowKind::Method
                && let Some(wanted) = short_way(builtin, args.len())
            {
                return call_row(vm, fp, builtin.row, wanted, &method.receiver, args, site);
            }
            call_any(vm, fp, other, Some(&method.receiver), args, site)
        }
    }
}

/// `f(args)`; generic over the holder of the arguments, so that the commonest counts are unrolled, and over the callee, as reading a
/// global is as short as the call of a node that reads it.
fn positional_node(callee: impl Callee, args: impl AsRef<[Node]> + 'static, site: u32) -> Node {
    let construct = ConstructCache::default();
    Box::new(move |fp, vm| {
        let (callee, args) = (callee.get(fp, vm)?, args.as_ref());
        match callee {
            Value::Function(function) if fits(&function, args.len()) => {
                call_function(vm, fp, function, None, args, site)
            }
            Value::Class(class) if class.builtin.is_none() => construct.call(vm, fp, &class, args, site),
            Value::Method(method) => call_bound(vm, fp, &method, args, site),
            Value::Builtin(builtin) if builtin.owner.is_none() => {
                let fun = builtin.row.fun;
                // Held, as the last reference to a builtin may go while its arguments are evaluated.
                let callee = Held::new(Value::Builtin(builtin));
                match (fun, args) {
                    (Fun::F2(f), [a, b]) => {
                        let a = Held::new(a(fp, vm)?);
                        let b = Held::new(b(fp, vm)?);
                        vm.site.set(site);
                        f(vm, &a, &b).at(vm, site)
                    }
                    (Fun::F3(f), [a, b, c]) => {
                        let a = Held::new(a(fp, vm)?);
                        let b = Held::new(b(fp, vm)?);
                        let c = Held::new(c(fp, vm)?);
                        vm.site.set(site);
                        f(vm, &a, &b, &c).at(vm, site)
                    }
                    _ => call_any(vm, fp, &callee, None, args, site),
                }
            }
            callee => call_any(vm, fp, &Held::new(callee), None, args, site),
        }
    })
}

/// The arguments of a call that has positional ones only.
pub(super) fn positional_args(call: &Call) -> Option<Vec<&Expr>> {
    let mut positional = Vec::with_capacity(call.args.len());
    for arg in &call.args {
        match arg {
            Arg::Positional(e) => positional.push(e),
            _ => return None,
        }
    }
    Some(positional)
}

impl Planter<'_> {
    pub(super) fn call(&self, call: &Call) -> Node {
        match (positional_args(call), &call.func) {
            (Some(args), Expr::Attr { object, name, site }) => {
                self.method_call(object, *name, &args, self.site(*site), self.site(call.site))
            }
            (Some(args), func) => self.positional_call(func, &args, self.site(call.site)),
            (None, _) => self.keyword_call(call),
        }
    }

    fn positional_call(&self, func: &Expr, args: &[&Expr], site: u32) -> Node {
        let args: Vec<Node> = args.iter().map(|e| self.expr(e)).collect();
        match func {
            Expr::Global { name, site: at } => call_of(self.global_read(*name, *at), args, site),
            other => call_of(self.expr(other), args, site),
        }
    }
}

/// `f(args)` with the node made for the count of arguments.
fn call_of(callee: impl Callee, args: Vec<Node>, site: u32) -> Node {
    match <[Node; 1]>::try_from(args) {
        Ok(args) => unary_node(callee, args, site),
        Err(args) => match <[Node; 2]>::try_from(args) {
            Ok(args) => positional_node(callee, args, site),
            Err(args) => match <[Node; 3]>::try_from(args) {
                Ok(args) => positional_node(callee, args, site),
                Err(args) => positional_node(callee, args, site),
            },
        },
    }
}

/// `f(x)`: the commonest call of builtins (`len`, `str`, `isinstance` has two).
fn unary_node(callee: impl Callee, args: [Node; 1], site: u32) -> Node {
    let construct = ConstructCache::default();
    Box::new(move |fp, vm| match callee.get(fp, vm)? {
        Value::Function(function) if fits(&function, 1) => call_function(vm, fp, function, None, &args, site),
        Value::Builtin(builtin) => match builtin.row.fun {
            Fun::F1(f) if builtin.owner.is_none() => {
                let _callee = Held::new(Value::Builtin(builtin));
                let arg = Held::new(args[0](fp, vm)?);
                vm.site.set(site);
                f(vm, &arg).at(vm, site)
            }
            _ => call_any(vm, fp, &Held::new(Value::Builtin(builtin)), None, &args, site),
        },
        Value::Class(class) if class.builtin.is_none() => construct.call(vm, fp, &class, &args, site),
        Value::Method(method) => {
            if let Value::Builtin(builtin) = &method.function
                && let (Fun::F2(f), RowKind::Method) = (builtin.row.fun, builtin.row.kind)
            {
                let arg = Held::new(args[0](fp, vm)?);
                vm.site.set(site);
                return f(vm, &method.receiver, &arg).at(vm, site);
            }
            call_bound(vm, fp, &method, &args, site)
        }
        callee => {
            let callee = Held::new(callee);
            let arg = Held::new(args[0](fp, vm)?);
            vm.site.set(site);
            vm.call(&callee, Args::positional(std::slice::from_ref(&*arg))).at(vm, site)
        }
    })
}

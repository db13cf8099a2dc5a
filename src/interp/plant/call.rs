//! Calls in nodes: arguments are evaluated straight into the callee's slots; methods are found through an inline cache
//! and never become bound-method objects.

use std::cell::Cell;

use super::attr::ModuleCache;
use super::{AtSite, Planter, fail};
use crate::code::{Arg, Call, Expr, Flavour, Slot};
use crate::intern::Symbol;
use crate::object::{Args, Awaited, Builtin, Dict, Fp, Fun, Function, Node, R, Ref, Swap, T, Value, Vm};

/// Positional arguments of a builtin up to this many are kept on the native stack.
const SMALL: usize = 4;

/// Evaluates the arguments into the slots of a fresh frame, behind the receiver if there is one; the function moves into slot 0.
#[inline(always)]
fn prepare(vm: &Vm, fp: Fp, callee: Value, receiver: Option<Value>, args: &[Node], site: u32) -> R<Fp> {
    let Value::Function(function) = &callee else { return fail(vm, site, vm.runtime_error("not a function")) };
    let size = function.planted.frame_size as usize;
    let frame = match vm.push_frame(&function.planted) {
        Ok(frame) => frame,
        Err(raised) => return fail(vm, site, raised),
    };
    frame.init(Slot(0), callee);
    let mut slot = 1;
    if let Some(receiver) = receiver {
        frame.init(Slot(1), receiver);
        slot = 2;
    }
    for arg in args {
        match arg(fp, vm) {
            Ok(value) => frame.init(Slot(slot), value),
            Err(raised) => {
                vm.stack.pop(frame, size);
                return Err(raised);
            }
        }
        slot += 1;
    }
    if slot - 1 < function_in(frame).planted.params
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
fn function_in<'a>(frame: Fp) -> &'a Function {
    match frame.peek(Slot(0)) {
        Value::Function(function) => function,
        _ => unreachable!("`prepare` put a function there"),
    }
}

/// Calls a function that fits, its arguments evaluated straight into its slots.
#[inline(always)]
fn call_function(vm: &Vm, fp: Fp, callee: Value, receiver: Option<Value>, args: &[Node], site: u32) -> R {
    let frame = prepare(vm, fp, callee, receiver, args, site)?;
    vm.site.set(site);
    vm.run_frame(function_in(frame), frame).at(vm, site)
}

/// What an awaited call gives before anything of it has run.
pub(super) enum Pending {
    /// The frame of a coroutine function, arguments in place.
    Frame(Fp),
    /// What the call of anything else gave.
    Value(Value),
    /// A builtin's result, without a coroutine in between.
    Ready(Value),
    /// A builtin's bare yield, without a coroutine in between.
    Yield,
}

/// Up to this many arguments, receiver included, a builtin that is awaited gets without an allocation.
const AWAITED_ARGS: usize = 4;

/// `await f(args)` of a builtin that may need no coroutine.
fn pending_row(
    vm: &Vm,
    fp: Fp,
    builtin: &Ref<Builtin>,
    receiver: Option<Value>,
    args: &[Node],
    site: u32,
) -> R<Pending> {
    let mut values = [const { Value::Missing }; AWAITED_ARGS];
    let first = receiver.is_some() as usize;
    if let Some(receiver) = receiver {
        values[0] = receiver;
    }
    for (place, arg) in values[first..].iter_mut().zip(args) {
        *place = arg(fp, vm)?;
    }
    let values = &values[..first + args.len()];
    let short = match builtin.row.awaited {
        Some(awaited) => awaited(vm, values).at(vm, site)?,
        None => None,
    };
    match short {
        Some(Awaited::Ready(value)) => Ok(Pending::Ready(value)),
        Some(Awaited::Yield) => Ok(Pending::Yield),
        None => vm.call_builtin(builtin, Args::positional(values)).at(vm, site).map(Pending::Value),
    }
}

/// Whether [`pending_row`] can make the call.
#[inline(always)]
fn awaits_shortly(builtin: &Builtin, count: usize) -> bool {
    builtin.row.awaited.is_some() && count <= AWAITED_ARGS
}

/// A planted call whose callee, if it is a coroutine function, has not begun.
pub(super) type PendingCall = Box<dyn Fn(Fp, &Vm) -> R<Pending>>;

/// A frame that is about to run.
#[inline(always)]
fn pending_frame(vm: &Vm, frame: R<Fp>, site: u32) -> R<Pending> {
    vm.site.set(site);
    frame.map(Pending::Frame)
}

/// Whether the function is a coroutine function that takes `count` positional arguments in the common way.
#[inline(always)]
fn awaits_in_frame(function: &Function, count: usize) -> bool {
    fits(function, count) && function.planted.code.flavour == Flavour::Coroutine
}

/// Whether the function takes `count` positional arguments in the common way.
#[inline(always)]
fn fits(function: &Function, count: usize) -> bool {
    function.planted.simple && count <= function.planted.params as usize
}

/// Evaluates arguments and calls anything.
#[inline(never)]
fn call_any(vm: &Vm, fp: Fp, callee: &Value, receiver: Option<&Value>, args: &[Node], site: u32) -> R {
    let count = args.len() + receiver.is_some() as usize;
    if count <= SMALL {
        let mut values: [Value; SMALL] = [const { Value::Missing }; SMALL];
        let mut at = 0;
        if let Some(receiver) = receiver {
            values[0] = receiver.clone();
            at = 1;
        }
        for arg in args {
            values[at] = arg(fp, vm)?;
            at += 1;
        }
        vm.site.set(site);
        return vm.call(callee, Args::positional(&values[..count])).at(vm, site);
    }
    let mut values = Vec::with_capacity(count);
    values.extend(receiver.cloned());
    for arg in args {
        values.push(arg(fp, vm)?);
    }
    vm.site.set(site);
    vm.call(callee, Args::positional(&values)).at(vm, site)
}

/// Calls a method row with its receiver, without collecting arguments where the row takes few.
#[inline(always)]
fn call_row(vm: &Vm, fp: Fp, builtin: &Ref<Builtin>, receiver: &Value, args: &[Node], site: u32) -> R {
    match (builtin.row.fun, args) {
        (Fun::F1(f), []) => {
            vm.site.set(site);
            f(vm, receiver).at(vm, site)
        }
        (Fun::F2(f), [a]) => {
            let a = a(fp, vm)?;
            vm.site.set(site);
            f(vm, receiver, &a).at(vm, site)
        }
        (Fun::F3(f), [a, b]) => {
            let a = a(fp, vm)?;
            let b = b(fp, vm)?;
            vm.site.set(site);
            f(vm, receiver, &a, &b).at(vm, site)
        }
        _ => {
            let callee = Value::Builtin(builtin.clone());
            call_any(vm, fp, &callee, Some(receiver), args, site)
        }
    }
}

/// Which method a name meant last, for a class in one state.
#[derive(Default)]
struct MethodCache {
    version: Cell<u32>,
    /// For instances: a shape that does not shadow the method; 0 for receivers without attributes of their own.
    shape: Cell<u32>,
    method: Swap<Option<Value>>,
    /// For a module as receiver.
    module: ModuleCache,
}

impl MethodCache {
    /// The class attribute that calling `receiver.name(...)` calls with the receiver in front.
    #[inline(always)]
    fn get(&self, vm: &Vm, receiver: &Value, name: Symbol) -> Option<Value> {
        match receiver {
            Value::Instance(instance) => {
                if self.version.get() == instance.class_ref().version() && self.shape.get() == instance.shape().id {
                    return self.method.get();
                }
            }
            Value::Class(_) | Value::Module(_) | Value::Exception(_) => return None,
            Value::Native(native) => {
                if native.attributes().is_some() {
                    return None;
                }
                if self.version.get() == native.class().version() {
                    return self.method.get();
                }
            }
            other => {
                if self.version.get() == vm.class_of(other).version() {
                    return self.method.get();
                }
            }
        }
        self.search(vm, receiver, name)
    }

    /// The attribute of a module.
    #[inline]
    fn of_module(&self, receiver: &Value, name: Symbol) -> Option<Value> {
        match receiver {
            Value::Module(module) => self.module.get(&module.dict, name),
            _ => None,
        }
    }

    #[inline(never)]
    fn search(&self, vm: &Vm, receiver: &Value, name: Symbol) -> Option<Value> {
        let class = vm.class_of(receiver);
        if class.has_getattribute() {
            return None;
        }
        let shape = match receiver {
            Value::Instance(instance) => {
                let shape = instance.shape();
                if shape.is_dict || shape.slot_of(name).is_some() {
                    return None;
                }
                shape.id
            }
            Value::Function(_) | Value::Method(_) => return None,
            // What `super()` gives looks up attributes in its own way.
            Value::Native(_) if class.builtin == Some(T::Super) => return None,
            _ => 0,
        };
        let found = class.lookup(name)?;
        if !matches!(found, Value::Function(_)) && !matches!(&found, Value::Builtin(b) if b.owner.is_some()) {
            return None;
        }
        self.version.set(class.version());
        self.shape.set(shape);
        self.method.set(Some(found.clone()));
        Some(found)
    }
}

/// `f(args)`; generic over the holder of the arguments, so that the commonest counts are unrolled.
fn positional_node(callee: Node, args: impl AsRef<[Node]> + 'static, site: u32) -> Node {
    Box::new(move |fp, vm| {
        let (callee, args) = (callee(fp, vm)?, args.as_ref());
        match &callee {
            Value::Function(function) if fits(function, args.len()) => call_function(vm, fp, callee, None, args, site),
            other => call_any(vm, fp, other, None, args, site),
        }
    })
}

/// `object.name(args)`
fn method_node(object: Node, name: Symbol, args: impl AsRef<[Node]> + 'static, attr_site: u32, site: u32) -> Node {
    let cache = MethodCache::default();
    Box::new(move |fp, vm| {
        let (receiver, args) = (object(fp, vm)?, args.as_ref());
        let found = cache.get(vm, &receiver, name);
        call_found(vm, fp, found, receiver, args, (name, attr_site), &cache, site)
    })
}

/// Calls what a method call's name was found to mean, or looks it up the long way.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "inlined into its two callers, which hold these apart")]
fn call_found(
    vm: &Vm,
    fp: Fp,
    found: Option<Value>,
    receiver: Value,
    args: &[Node],
    (name, attr_site): (Symbol, u32),
    cache: &MethodCache,
    site: u32,
) -> R {
    match found {
        Some(Value::Function(function)) if fits(&function, args.len() + 1) => {
            call_function(vm, fp, Value::Function(function), Some(receiver), args, site)
        }
        Some(Value::Builtin(builtin)) => call_row(vm, fp, &builtin, &receiver, args, site),
        Some(other) => call_any(vm, fp, &other, Some(&receiver), args, site),
        None => {
            let callee = match cache.of_module(&receiver, name) {
                Some(callee) => callee,
                None => vm.get_attr(&receiver, name).at(vm, attr_site)?,
            };
            drop(receiver);
            match &callee {
                Value::Method(method) => call_any(vm, fp, &method.function, Some(&method.receiver), args, site),
                Value::Function(function) if fits(function, args.len()) => {
                    call_function(vm, fp, callee, None, args, site)
                }
                other => call_any(vm, fp, other, None, args, site),
            }
        }
    }
}

/// The arguments of a call that has positional ones only.
fn positional_args(call: &Call) -> Option<Vec<&Expr>> {
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
    /// `f(args)` or `object.name(args)` behind `await`, not begun; `None` for any other expression.
    pub(super) fn pending_call(&self, expr: &Expr) -> Option<PendingCall> {
        let Expr::Call(call) = expr else { return None };
        let args: Box<[Node]> = positional_args(call)?.into_iter().map(|e| self.expr(e)).collect();
        let site = self.site(call.site);
        let Expr::Attr { object, name, site: attr_site } = &call.func else {
            let callee = self.expr(&call.func);
            return Some(Box::new(move |fp, vm| {
                let callee = callee(fp, vm)?;
                match &callee {
                    Value::Function(function) if awaits_in_frame(function, args.len()) => {
                        pending_frame(vm, prepare(vm, fp, callee, None, &args, site), site)
                    }
                    Value::Builtin(builtin) if awaits_shortly(builtin, args.len()) => {
                        pending_row(vm, fp, builtin, None, &args, site)
                    }
                    other => call_any(vm, fp, other, None, &args, site).map(Pending::Value),
                }
            }));
        };
        let (object, name, attr_site) = (self.expr(object), *name, self.site(*attr_site));
        let cache = MethodCache::default();
        Some(Box::new(move |fp, vm| {
            let receiver = object(fp, vm)?;
            match cache.get(vm, &receiver, name) {
                Some(Value::Function(function)) if awaits_in_frame(&function, args.len() + 1) => {
                    let frame = prepare(vm, fp, Value::Function(function), Some(receiver), &args, site);
                    pending_frame(vm, frame, site)
                }
                Some(Value::Builtin(builtin)) if awaits_shortly(&builtin, args.len() + 1) => {
                    pending_row(vm, fp, &builtin, Some(receiver), &args, site)
                }
                None if matches!(receiver, Value::Module(_)) => match cache.of_module(&receiver, name) {
                    Some(Value::Builtin(builtin)) if awaits_shortly(&builtin, args.len()) => {
                        pending_row(vm, fp, &builtin, None, &args, site)
                    }
                    _ => call_found(vm, fp, None, receiver, &args, (name, attr_site), &cache, site).map(Pending::Value),
                },
                found => {
                    call_found(vm, fp, found, receiver, &args, (name, attr_site), &cache, site).map(Pending::Value)
                }
            }
        }))
    }

    pub(super) fn call(&self, call: &Call) -> Node {
        match (positional_args(call), &call.func) {
            (Some(args), Expr::Attr { object, name, site }) => {
                self.method_call(object, *name, &args, self.site(*site), self.site(call.site))
            }
            (Some(args), func) => self.positional_call(func, &args, self.site(call.site)),
            (None, _) => self.general_call(call),
        }
    }

    fn positional_call(&self, func: &Expr, args: &[&Expr], site: u32) -> Node {
        let callee = self.expr(func);
        let args: Vec<Node> = args.iter().map(|e| self.expr(e)).collect();
        match <[Node; 1]>::try_from(args) {
            Ok(args) => self.unary_call(callee, args, site),
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
    fn unary_call(&self, callee: Node, args: [Node; 1], site: u32) -> Node {
        Box::new(move |fp, vm| {
            let callee = callee(fp, vm)?;
            match &callee {
                Value::Function(function) if fits(function, 1) => call_function(vm, fp, callee, None, &args, site),
                Value::Builtin(builtin) => match builtin.row.fun {
                    Fun::F1(f) if builtin.owner.is_none() => {
                        let arg = args[0](fp, vm)?;
                        vm.site.set(site);
                        f(vm, &arg).at(vm, site)
                    }
                    _ => call_any(vm, fp, &callee, None, &args, site),
                },
                other => call_any(vm, fp, other, None, &args, site),
            }
        })
    }

    /// `object.name(args)`
    fn method_call(&self, object: &Expr, name: Symbol, args: &[&Expr], attr_site: u32, site: u32) -> Node {
        let object = self.expr(object);
        let args: Vec<Node> = args.iter().map(|e| self.expr(e)).collect();
        match <[Node; 0]>::try_from(args) {
            Ok(args) => method_node(object, name, args, attr_site, site),
            Err(args) => match <[Node; 1]>::try_from(args) {
                Ok(args) => method_node(object, name, args, attr_site, site),
                Err(args) => method_node(object, name, args, attr_site, site),
            },
        }
    }

    /// `f(a, *b, c=d, **e)`
    fn general_call(&self, call: &Call) -> Node {
        enum Part {
            Positional(Node),
            Star(Node),
            Keyword(Symbol, Node),
            DoubleStar(Node),
        }
        let callee = self.expr(&call.func);
        let parts: Box<[Part]> = call
            .args
            .iter()
            .map(|arg| match arg {
                Arg::Positional(e) => Part::Positional(self.expr(e)),
                Arg::Star(e) => Part::Star(self.expr(e)),
                Arg::Keyword(name, e) => Part::Keyword(*name, self.expr(e)),
                Arg::DoubleStar(e) => Part::DoubleStar(self.expr(e)),
            })
            .collect();
        let site = self.site(call.site);
        Box::new(move |fp, vm| {
            let callee = callee(fp, vm)?;
            let mut positional = Vec::new();
            let mut keywords: Vec<(Symbol, Value)> = Vec::new();
            for part in parts.iter() {
                match part {
                    Part::Positional(node) => positional.push(node(fp, vm)?),
                    Part::Star(node) => {
                        let values = node(fp, vm)?;
                        positional.extend(vm.star_argument(&callee, &values).at(vm, site)?);
                    }
                    Part::Keyword(name, node) => {
                        let value = node(fp, vm)?;
                        vm.add_keyword(&callee, &mut keywords, *name, value).at(vm, site)?;
                    }
                    Part::DoubleStar(node) => {
                        let mapping = node(fp, vm)?;
                        vm.double_star_argument(&callee, &mut keywords, &mapping).at(vm, site)?;
                    }
                }
            }
            vm.site.set(site);
            vm.call(&callee, Args { positional: &positional, keywords: &keywords }).at(vm, site)
        })
    }
}

impl Vm {
    /// `*values` in a call.
    fn star_argument(&self, callee: &Value, values: &Value) -> R<Vec<Value>> {
        match values {
            Value::List(list) => Ok(list.snapshot()),
            Value::Tuple(tuple) => Ok(tuple.to_vec()),
            other => {
                if self.special(other, crate::intern::sym::__iter__).is_none()
                    && self.special(other, crate::intern::sym::__getitem__).is_none()
                    && !matches!(other, Value::Iter(_) | Value::Machine(_))
                {
                    let name = self.callee_name(callee);
                    let kind = self.type_name(other);
                    return Err(self.type_error(format!("{name} argument after * must be an iterable, not {kind}")));
                }
                self.collect(other)
            }
        }
    }

    /// `**mapping` in a call.
    fn double_star_argument(&self, callee: &Value, keywords: &mut Vec<(Symbol, Value)>, mapping: &Value) -> R<()> {
        let entries = match mapping {
            Value::Dict(dict) => dict.entries(),
            Value::Instance(_) if self.is_plain_dict(mapping) => {
                mapping.as_dict().map_or_else(Vec::new, |d| d.entries())
            }
            other => {
                let Some(keys) = self.find_attr(other, crate::intern::sym::keys)? else {
                    let name = self.callee_name(callee);
                    let kind = self.type_name(other);
                    return Err(self.type_error(format!("{name} argument after ** must be a mapping, not {kind}")));
                };
                let dict = Dict::new();
                let keys = self.call0(&keys)?;
                for key in self.collect(&keys)? {
                    let value = self.get_item(other, &key)?;
                    self.dict_set(&dict, key, value)?;
                }
                dict.entries()
            }
        };
        for (key, value) in entries {
            let Some(name) = key.as_str() else {
                return Err(self.type_error("keywords must be strings"));
            };
            self.add_keyword(callee, keywords, name.symbol(), value)?;
        }
        Ok(())
    }

    fn add_keyword(&self, callee: &Value, keywords: &mut Vec<(Symbol, Value)>, name: Symbol, value: Value) -> R<()> {
        if keywords.iter().any(|(n, _)| *n == name) {
            let callee = self.callee_name(callee);
            return Err(self.type_error(format!("{callee} got multiple values for keyword argument '{name}'")));
        }
        keywords.push((name, value));
        Ok(())
    }

    /// How messages about unpacked arguments name the callee: `__main__.f()`.
    #[cold]
    fn callee_name(&self, callee: &Value) -> String {
        let qualified = |name: &str, module: Option<Value>| match module.as_ref().and_then(|m| m.as_str()) {
            Some(module) if module.as_str() != "builtins" => format!("{}.{name}()", module.as_str()),
            _ => format!("{name}()"),
        };
        match callee {
            Value::Function(f) => {
                qualified(&f.qualname.borrow(), f.planted.globals.get_name(crate::intern::sym::__name__))
            }
            Value::Method(m) => self.callee_name(&m.function),
            Value::Class(c) => qualified(&c.qualname(), c.lookup(crate::intern::sym::__module__)),
            Value::Builtin(b) => format!("{}()", b.row.name),
            other => format!("{} object", self.type_name(other)),
        }
    }
}

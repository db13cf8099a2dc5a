//! `object.name(args)`: the method is found through an inline cache and never becomes a bound-method object.

use std::cell::Cell;

use super::attr::ModuleCache;
use super::call::{call_any, call_function, fits};
use super::name::GlobalCache;
use super::operand::{Operand, Shape};
use super::others::Others;
use super::{AtSite, Planter};
use crate::code::{Arg, Call, Expr};
use crate::intern::Symbol;
use crate::object::{Builtin, Class, Few, Fp, Fun, Function, Held, Instance, Node, R, Ref, Row, Swap, T, Value, Vm};

/// Calls a row with its receiver; `wanted` is how many values a `Fun::Bound` row wants.
#[inline(always)]
pub(super) fn call_row(
    vm: &Vm,
    fp: Fp,
    row: &'static Row,
    wanted: usize,
    receiver: &Value,
    args: &[Node],
    site: u32,
) -> R {
    match (row.fun, args) {
        (Fun::F1(f), []) => {
            vm.site.set(site);
            f(vm, receiver).at(vm, site)
        }
        (Fun::F2(f), [a]) => {
            let a = Held::new(a(fp, vm)?);
            vm.site.set(site);
            f(vm, receiver, &a).at(vm, site)
        }
        (Fun::F3(f), [a, b]) => {
            let a = Held::new(a(fp, vm)?);
            let b = Held::new(b(fp, vm)?);
            vm.site.set(site);
            f(vm, receiver, &a, &b).at(vm, site)
        }
        (Fun::Bound(f), _) => {
            let mut values = Few::new();
            values.push(receiver.clone());
            for arg in args {
                values.push(arg(fp, vm)?);
            }
            vm.site.set(site);
            f(vm, values.padded(wanted)).at(vm, site)
        }
        _ => Err(vm.at(site, vm.runtime_error("a cached method takes other arguments"))),
    }
}

/// Whether [`call_row`] can call the row with so many arguments after the receiver, and how many values it wants.
pub(super) fn short_way(builtin: &Builtin, args: usize) -> Option<usize> {
    match (builtin.row.fun, args) {
        (Fun::F1(_), 0) => Some(1),
        (Fun::F2(_), 1) => Some(2),
        (Fun::F3(_), 2) => Some(3),
        (Fun::Bound(_), _) => builtin.padded(args + 1),
        _ => None,
    }
}

/// Which method a name meant last, for a class in one state.
#[derive(Default)]
pub(super) struct MethodCache {
    /// The stamp of the shape, which does not shadow the method; the class's version for receivers without shapes.
    stamp: Cell<u32>,
    method: Swap<Option<Value>>,
    others: Others<(u32, Value)>,
    /// For a receiver of a builtin kind: the kind, the row and how many values it wants. Such a row lives as long as the program.
    kind: Cell<u64>,
    row: Cell<Option<(&'static Row, usize)>>,
    /// For a module as receiver.
    module: ModuleCache,
}

impl MethodCache {
    /// The function to call at once, for an instance of the shape that was seen last.
    #[inline(always)]
    fn function_for(&self, receiver: &Value, args: usize) -> Option<Ref<Function>> {
        let Value::Instance(instance) = receiver else { return None };
        if self.stamp.get() != instance.shape().stamp() {
            return None;
        }
        match self.method.get() {
            Some(Value::Function(function)) if fits(&function, args + 1) => Some(function),
            _ => None,
        }
    }

    /// The row to call at once, for a receiver of the kind that was seen last.
    #[inline(always)]
    fn row_for(&self, receiver: &Value) -> Option<(&'static Row, usize)> {
        let kind = receiver.fixed_kind();
        if kind != 0 && kind == self.kind.get() { self.row.get() } else { None }
    }

    /// Remembers the row of a method of a builtin kind.
    fn note_row(&self, receiver: &Value, found: &Value, args: usize) {
        let kind = receiver.fixed_kind();
        if kind != 0
            && let Value::Builtin(builtin) = found
            && let Some(wanted) = short_way(builtin, args)
        {
            self.kind.set(kind);
            self.row.set(Some((builtin.row, wanted)));
        }
    }

    /// The class attribute that calling `receiver.name(...)` calls with the receiver in front.
    #[inline(always)]
    pub(super) fn get(&self, vm: &Vm, receiver: &Value, name: Symbol) -> Option<Value> {
        match receiver {
            Value::Instance(instance) => {
                if self.stamp.get() == instance.shape().stamp() {
                    return self.method.get();
                }
            }
            Value::Class(_) | Value::Module(_) | Value::Exception(_) => return None,
            Value::Native(native) => {
                if native.attributes().is_some() {
                    return None;
                }
                if self.stamp.get() == native.class().version() {
                    return self.method.get();
                }
            }
            other => {
                if self.stamp.get() == vm.class_of(other).version() {
                    return self.method.get();
                }
            }
        }
        self.search(vm, receiver, name)
    }

    /// The attribute of a module.
    #[inline]
    pub(super) fn of_module(&self, receiver: &Value, name: Symbol) -> Option<Value> {
        match receiver {
            Value::Module(module) => self.module.get(&module.dict, name),
            _ => None,
        }
    }

    #[inline(never)]
    fn search(&self, vm: &Vm, receiver: &Value, name: Symbol) -> Option<Value> {
        if let Value::Instance(instance) = receiver {
            let stamp = instance.shape().stamp();
            if let Some(method) = self.others.find(|(other, method)| (*other == stamp).then(|| method.clone())) {
                return Some(method);
            }
        }
        let class = vm.class_of(receiver);
        if class.has_getattribute() {
            return None;
        }
        let stamp = match receiver {
            Value::Instance(instance) => {
                let shape = instance.shape();
                if shape.is_dict || shape.slot_of(name).is_some() {
                    return None;
                }
                shape.stamp()
            }
            Value::Function(_) | Value::Method(_) => return None,
            // What `super()` gives looks up attributes in its own way.
            Value::Native(_) if class.builtin == Some(T::Super) => return None,
            _ => class.version(),
        };
        let found = class.lookup(name)?;
        if !matches!(found, Value::Function(_)) && !matches!(&found, Value::Builtin(b) if b.owner.is_some()) {
            return None;
        }
        let before = (self.stamp.replace(stamp), self.method.replace(Some(found.clone())));
        if let (1.., Some(method)) = before {
            self.others.push((before.0, method));
        }
        Some(found)
    }
}

/// `object.name(args)`; generic over the holder of the arguments, so that the commonest counts are unrolled.
fn method_node<A: Operand>(
    object: A,
    name: Symbol,
    args: impl AsRef<[Node]> + 'static,
    attr_site: u32,
    site: u32,
) -> Node {
    let cache = MethodCache::default();
    Box::new(move |fp, vm| {
        let (receiver, args) = (object.get(fp, vm)?, args.as_ref());
        if let Some(callee) = cache.function_for(&receiver, args.len()) {
            return call_function(vm, fp, callee, Some(A::own(receiver)), args, site);
        }
        if let Some((row, wanted)) = cache.row_for(&receiver) {
            return call_row(vm, fp, row, wanted, &receiver, args, site);
        }
        let found = cache.get(vm, &receiver, name);
        call_found(vm, fp, found, A::own(receiver), args, (name, attr_site), &cache, site)
    })
}

/// Whether the call may be `super()`, which the compiler gives its arguments.
fn is_super(call: &Call) -> bool {
    matches!(&call.func, Expr::Global { name, .. } if name.as_str() == "super")
}

/// Which function `super().name` meant last: for the class of the body, and the class of the object in one state.
#[derive(Default)]
struct SuperCache {
    version: Cell<u32>,
    class: Swap<Option<Value>>,
    method: Swap<Option<Value>>,
}

impl SuperCache {
    #[inline(always)]
    fn get(&self, class: &Value, object: &Value, name: Symbol) -> Option<Value> {
        let (Value::Class(class), Value::Instance(instance)) = (class, object) else { return None };
        if self.version.get() == instance.class_ref().version()
            && matches!(self.class.get(), Some(Value::Class(known)) if Ref::same(&known, class))
        {
            return self.method.get();
        }
        self.search(class, instance, name)
    }

    #[inline(never)]
    fn search(&self, class: &Ref<Class>, instance: &Instance, name: Symbol) -> Option<Value> {
        let found =
            instance.class_ref().lookup_after(class, name).filter(|found| matches!(found, Value::Function(_)))?;
        self.version.set(instance.class_ref().version());
        self.class.set(Some(Value::Class(class.clone())));
        self.method.set(Some(found.clone()));
        Some(found)
    }
}

/// Calls what a method call's name was found to mean, or looks it up the long way.
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "its callers hold these apart")]
pub(super) fn call_found(
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
            call_function(vm, fp, function, Some(receiver), args, site)
        }
        Some(other) => {
            cache.note_row(&receiver, &other, args.len());
            match &other {
                Value::Builtin(builtin) => match short_way(builtin, args.len()) {
                    Some(wanted) => call_row(vm, fp, builtin.row, wanted, &receiver, args, site),
                    None => call_any(vm, fp, &other, Some(&receiver), args, site),
                },
                _ => call_any(vm, fp, &other, Some(&receiver), args, site),
            }
        }
        None => {
            let callee = match cache.of_module(&receiver, name) {
                Some(callee) => callee,
                None => vm.get_attr(&receiver, name).at(vm, attr_site)?,
            };
            drop(receiver);
            match callee {
                Value::Method(method) => call_any(vm, fp, &method.function, Some(&method.receiver), args, site),
                Value::Function(function) if fits(&function, args.len()) => {
                    call_function(vm, fp, function, None, args, site)
                }
                other => call_any(vm, fp, &other, None, args, site),
            }
        }
    }
}

impl Planter<'_> {
    /// `object.name(args)`
    /// `super().name(args)`: the method after the class of the body, found through a cache of its own.
    fn super_call(&self, search: &Call, name: Symbol, args: &[&Expr], otherwise: Node, site: u32) -> Node {
        let (Expr::Global { name: callee, .. }, [Arg::Positional(class), Arg::Positional(object)]) =
            (&search.func, &search.args[..])
        else {
            return otherwise;
        };
        let callee = *callee;
        let (class, object) = (self.expr(class), self.expr(object));
        let args: Box<[Node]> = args.iter().map(|e| self.expr(e)).collect();
        let (global, globals) = (GlobalCache::default(), self.globals.clone());
        let cache = SuperCache::default();
        Box::new(move |fp, vm| {
            let found = global.get(vm, &globals, callee)?;
            if matches!(&found, Some(Value::Class(c)) if c.builtin == Some(T::Super)) {
                let (class, object) = (Held::new(class(fp, vm)?), object(fp, vm)?);
                if let Some(Value::Function(method)) = cache.get(&class, &object, name)
                    && fits(&method, args.len() + 1)
                {
                    return call_function(vm, fp, method, Some(object), &args, site);
                }
            }
            otherwise(fp, vm)
        })
    }

    pub(super) fn method_call(&self, object: &Expr, name: Symbol, args: &[&Expr], attr_site: u32, site: u32) -> Node {
        let shape = self.operand_before_all(object, args);
        let nodes: Vec<Node> = args.iter().map(|e| self.expr(e)).collect();
        match shape {
            Shape::Local(local) => method_by_count(local, name, nodes, attr_site, site),
            other => {
                let node = method_by_count(other.computed(), name, nodes, attr_site, site);
                let Expr::Call(search) = object else { return node };
                if !is_super(search) {
                    return node;
                }
                self.super_call(search, name, args, node, site)
            }
        }
    }
}

fn method_by_count<A: Operand>(object: A, name: Symbol, args: Vec<Node>, attr_site: u32, site: u32) -> Node {
    match <[Node; 0]>::try_from(args) {
        Ok(args) => method_node(object, name, args, attr_site, site),
        Err(args) => match <[Node; 1]>::try_from(args) {
            Ok(args) => method_node(object, name, args, attr_site, site),
            Err(args) => match <[Node; 2]>::try_from(args) {
                Ok(args) => method_node(object, name, args, attr_site, site),
                Err(args) => method_node(object, name, args, attr_site, site),
            },
        },
    }
}

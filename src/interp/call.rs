//! Calls: what `f(...)` does for every kind of callable. The planted call nodes take the common cases by themselves and
//! come here for the rest.

use std::rc::Rc;

use super::error::DepthGuard;
use crate::code::{Flavour, Slot};
use crate::intern::{Symbol, sym};
use crate::object::stack::{Planted, Runnable};
use crate::object::{
    Args, Builtin, Class, Few, Fp, Fun, Function, Layout, Machine, MachineKind, R, Ref, T, Value, VarCell, Vm,
};
use crate::text::order;

impl Vm {
    pub fn call0(&self, function: &Value) -> R {
        self.call(function, Args::positional(&[]))
    }

    pub fn call1(&self, function: &Value, a: &Value) -> R {
        if let Some(result) = self.call_straight(function, [a]) {
            return result;
        }
        self.call(function, Args::positional(std::slice::from_ref(a)))
    }

    pub fn call2(&self, function: &Value, a: &Value, b: &Value) -> R {
        if let Some(result) = self.call_straight(function, [a, b]) {
            return result;
        }
        self.call(function, Args::positional(&[a.clone(), b.clone()]))
    }

    /// Calls a function that takes just these arguments, straight into its frame: what operators, properties and keys of sorting
    /// come through. None for anything else.
    #[inline(always)]
    fn call_straight<const N: usize>(&self, function: &Value, args: [&Value; N]) -> Option<R> {
        let Value::Function(function) = function else { return None };
        let planted = &function.planted;
        if !planted.simple || planted.params as usize != N {
            return None;
        }
        let Some(mut frame) = self.stack.open(planted.frame_size as usize) else {
            return Some(Err(self.recursion_error()));
        };
        frame.fill(Value::Function(function.clone()));
        for arg in args {
            frame.fill(arg.clone());
        }
        Some(self.run_frame(function, frame.finish()))
    }

    /// `object.name(*args)`
    pub fn call_method(&self, object: &Value, name: Symbol, args: &[Value]) -> R {
        let method = self.get_attr(object, name)?;
        self.call(&method, Args::positional(args))
    }

    /// Calls anything callable.
    pub fn call(&self, callee: &Value, args: Args) -> R {
        match callee {
            Value::Function(function) => self.call_function(function, args),
            Value::Builtin(builtin) => self.call_builtin(builtin, args),
            Value::Method(method) => {
                self.check_native_stack()?;
                self.call_with_receiver(&method.function, &method.receiver, args)
            }
            Value::Class(class) => self.call_class(class, args),
            Value::Descriptor(descriptor) => match &**descriptor {
                crate::object::Descriptor::Static(function) => {
                    self.check_native_stack()?;
                    self.call(function, args)
                }
                _ => Err(self.not_callable(callee)),
            },
            Value::Native(native) if let Some(call) = native.caller() => call(native, self, args),
            _ => match self.special(callee, sym::__call__) {
                Some(found) => {
                    let _depth = self.enter_call()?;
                    let bound = self.bind(&found, callee, &self.class_of(callee))?;
                    self.call(&bound, args)
                }
                None => Err(self.not_callable(callee)),
            },
        }
    }

    /// `callable(value)`
    pub fn is_callable(&self, value: &Value) -> bool {
        match value {
            Value::Function(_) | Value::Builtin(_) | Value::Method(_) | Value::Class(_) => true,
            Value::Descriptor(d) => matches!(**d, crate::object::Descriptor::Static(_)),
            _ => self.special(value, sym::__call__).is_some(),
        }
    }

    #[cold]
    fn not_callable(&self, callee: &Value) -> crate::object::Raised {
        self.type_error(format!("'{}' object is not callable", self.type_name(callee)))
    }

    /// Calls with one more argument in front.
    pub fn call_with_receiver(&self, function: &Value, receiver: &Value, args: Args) -> R {
        let count = args.positional.len();
        if count < Few::MOST {
            let mut all = Few::new();
            all.push(receiver.clone());
            args.positional.iter().for_each(|value| all.push(value.clone()));
            self.call(function, Args { positional: all.as_slice(), keywords: args.keywords })
        } else {
            let mut all = Vec::with_capacity(count + 1);
            all.push(receiver.clone());
            all.extend_from_slice(args.positional);
            self.call(function, Args { positional: &all, keywords: args.keywords })
        }
    }

    /// Calls a function that a script defined.
    pub fn call_function(&self, function: &Ref<Function>, args: Args) -> R {
        let fp = self.open_frame(function, args)?;
        self.run_frame(function, fp)
    }

    /// A frame with the function and these arguments in place.
    pub(super) fn open_frame(&self, function: &Ref<Function>, args: Args) -> R<Fp> {
        let planted = &function.planted;
        let given = args.positional.len();
        if planted.simple && given == planted.params as usize && args.keywords.is_empty() {
            let Some(mut frame) = self.stack.open(planted.frame_size as usize) else {
                return Err(self.recursion_error());
            };
            frame.fill(Value::Function(function.clone()));
            args.positional.iter().for_each(|value| frame.fill(value.clone()));
            return Ok(frame.finish());
        }
        let fp = self.push_frame(planted)?;
        if let Err(raised) = self.bind_arguments(function, fp, args) {
            self.stack.pop(fp, planted.frame_size as usize);
            return Err(raised);
        }
        fp.init(Slot(0), Value::Function(function.clone()));
        Ok(fp)
    }

    /// Opens a frame for a body.
    #[inline(always)]
    pub fn push_frame(&self, planted: &Planted) -> R<Fp> {
        match self.stack.push(planted.frame_size as usize) {
            Some(fp) => Ok(fp),
            None => Err(self.recursion_error()),
        }
    }

    /// Runs the body of a function that stands in slot 0 of its frame, arguments in the slots after it (or makes its
    /// coroutine or generator), and closes the frame.
    #[inline(always)]
    pub fn run_frame(&self, function: &Function, fp: Fp) -> R {
        let planted = &function.planted;
        if planted.has_cells {
            wrap_cells(planted, fp);
        }
        match planted.run.get() {
            Some(Runnable::Tree(body)) => {
                let depth = self.depth.get() + 1;
                if depth > self.recursion_limit.get() || self.check_native_stack().is_err() {
                    return self.too_deep(planted, fp);
                }
                self.depth.set(depth);
                self.note_call(depth, self.site.get());
                let size = planted.frame_size as usize;
                let result = body(fp, self);
                self.depth.set(depth - 1);
                self.stack.pop(fp, size);
                result
            }
            Some(Runnable::Machine(body)) => {
                let machine = self.make_machine(planted, body, fp);
                self.stack.pop(fp, 0);
                Ok(machine)
            }
            None => {
                self.plant(planted);
                self.run_frame_again(function, fp)
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn run_frame_again(&self, function: &Function, fp: Fp) -> R {
        // The cells are wrapped already.
        let planted = &function.planted;
        match planted.run.get() {
            Some(Runnable::Tree(body)) => {
                let result = match self.enter_call() {
                    Ok(_depth) => {
                        self.note_call(self.depth.get(), self.site.get());
                        body(fp, self)
                    }
                    Err(raised) => Err(raised),
                };
                self.stack.pop(fp, planted.frame_size as usize);
                result
            }
            Some(Runnable::Machine(body)) => {
                let machine = self.make_machine(planted, body, fp);
                self.stack.pop(fp, 0);
                Ok(machine)
            }
            None => Err(self.runtime_error("a function's body could not be prepared")),
        }
    }

    #[cold]
    #[inline(never)]
    fn too_deep(&self, planted: &Planted, fp: Fp) -> R {
        self.stack.pop(fp, planted.frame_size as usize);
        // `check_native_stack` may have raised already; the error is the same.
        Err(self.recursion_error())
    }

    /// The coroutine or generator of a body: its frame moves to the heap.
    fn make_machine(&self, planted: &Planted, body: &Rc<dyn crate::object::Body>, fp: Fp) -> Value {
        let kind = match planted.code.flavour {
            Flavour::Coroutine => MachineKind::Coroutine,
            Flavour::AsyncGenerator => MachineKind::AsyncGenerator,
            Flavour::Generator | Flavour::Plain => MachineKind::Generator,
        };
        let machine = Machine::with_frame(kind, body.clone(), fp, planted.frame_size);
        machine.leaf_depth.set(self.site.get());
        Value::Machine(machine)
    }

    /// Calls a row.
    pub fn call_builtin(&self, builtin: &Ref<Builtin>, args: Args) -> R {
        let positional = args.positional;
        if args.keywords.is_empty() {
            match (builtin.row.fun, positional) {
                (Fun::F0(f), []) => return f(self),
                (Fun::F1(f), [a]) => return f(self, self.receiver(builtin, a)?),
                (Fun::F2(f), [a, b]) => return f(self, self.receiver(builtin, a)?, b),
                (Fun::F3(f), [a, b, c]) => return f(self, self.receiver(builtin, a)?, b, c),
                (Fun::Bound(f), _) => {
                    // Some parameters left out: the common call of a row with defaults.
                    if let Some(wanted) = builtin.padded(positional.len()) {
                        let mut all = Few::new();
                        positional.iter().for_each(|value| all.push(value.clone()));
                        if let Some(receiver) = positional.first() {
                            self.receiver(builtin, receiver)?;
                        }
                        return f(self, all.padded(wanted));
                    }
                }
                _ => {}
            }
        }
        self.call_bound(builtin, args)
    }

    /// The receiver of a method of a builtin type, checked to be of that type.
    #[inline(always)]
    pub fn receiver<'a>(&self, builtin: &Builtin, receiver: &'a Value) -> R<&'a Value> {
        match builtin.owner {
            Some(owner) => self.check_receiver(builtin, owner, receiver),
            None => Ok(receiver),
        }
    }

    /// `C(...)`
    pub fn call_class(&self, class: &Ref<Class>, args: Args) -> R {
        if class.builtin.is_some() {
            if class.builtin == Some(T::Type) && args.positional.len() == 1 && args.keywords.is_empty() {
                return Ok(Value::Class(self.class_of(&args.positional[0])));
            }
            return self.new_builtin(class, args);
        }
        let metaclass = class.metaclass();
        if metaclass.builtin.is_none()
            && let Some(hook) = metaclass.lookup(sym::__call__)
            && !matches!(hook, Value::Builtin(_))
        {
            let _depth = self.enter_hook(&hook)?;
            return self.call_with_receiver(&hook, &Value::Class(class.clone()), args);
        }
        self.instantiate(class, args)
    }

    /// `type.__call__`: `__new__`, then `__init__` when the result is an instance of the class.
    pub fn instantiate(&self, class: &Ref<Class>, args: Args) -> R {
        let new = class.lookup(sym::__new__);
        let by_script = new.as_ref().is_some_and(|hook| !is_builtin(hook));
        let object = match &new {
            Some(hook) if !is_builtin(hook) => {
                let hook = match hook {
                    Value::Descriptor(d) => match &**d {
                        crate::object::Descriptor::Static(f) => f.clone(),
                        _ => self.bind_to_class(hook.clone(), class)?,
                    },
                    _ => hook.clone(),
                };
                let _depth = self.enter_hook(&hook)?;
                let object = self.call_with_receiver(&hook, &Value::Class(class.clone()), args)?;
                if !self.class_of(&object).is_subclass(class) {
                    return Ok(object);
                }
                object
            }
            _ => self.new_builtin(class, args)?,
        };
        let init = class.lookup(sym::__init__);
        match init {
            Some(init) if !is_builtin(&init) => {
                let result = match &init {
                    Value::Function(_) => self.call_with_receiver(&init, &object, args)?,
                    _ => {
                        let _depth = self.enter_hook(&init)?;
                        let bound = self.bind(&init, &object, class)?;
                        self.call(&bound, args)?
                    }
                };
                if !result.is_none() {
                    let message = format!("__init__() should return None, not '{}'", self.type_name(&result));
                    return Err(self.type_error(message));
                }
            }
            // A constructor of ours has filled the object already, unless a script's `__new__` stands before it.
            Some(Value::Builtin(init)) if by_script && init.owner != Some("object") => {
                self.call_with_receiver(&Value::Builtin(init), &object, args)?;
            }
            _ => {}
        }
        Ok(object)
    }

    /// Begins the call of a hook that a class got from a script. One that is no function may be the class itself: that
    /// recursion has no frames of its own to be counted.
    fn enter_hook(&self, hook: &Value) -> R<Option<DepthGuard<'_>>> {
        if let Value::Function(_) = hook { Ok(None) } else { self.enter_call().map(Some) }
    }

    /// `object.__new__` and the constructors of builtin types.
    pub fn new_builtin(&self, class: &Ref<Class>, args: Args) -> R {
        self.check_abstract(class)?;
        if class.layout == Layout::Object {
            if !args.is_empty() && class.builtin.is_none() {
                self.check_object_args(class)?;
            } else if !args.is_empty() {
                return Err(self.type_error("object() takes no arguments"));
            }
            return Ok(Value::Instance(crate::object::Instance::new(class, None)));
        }
        match class.constructor().and_then(|spec| spec.new) {
            Some(new) => new(self, class, args),
            None => {
                let name = class.builtin.map_or(class.name().as_str(), T::message_name);
                Err(self.type_error(format!("cannot create '{name}' instances")))
            }
        }
    }

    /// Arguments that neither `__new__` nor `__init__` takes: `C() takes no arguments`.
    fn check_object_args(&self, class: &Class) -> R<()> {
        let scripted = |name| class.lookup(name).is_some_and(|found| !is_builtin(&found));
        if scripted(sym::__init__) || scripted(sym::__new__) {
            return Ok(());
        }
        Err(self.type_error(format!("{}() takes no arguments", class.name())))
    }

    /// `Can't instantiate abstract class ...`
    fn check_abstract(&self, class: &Class) -> R<()> {
        if class.builtin.is_some() {
            return Ok(());
        }
        let Some(names) = class.own(sym::__abstractmethods__) else { return Ok(()) };
        let names = self.collect(&names)?;
        let mut names: Vec<&str> = names.iter().filter_map(|n| n.as_str().map(|s| s.as_str())).collect();
        if names.is_empty() {
            return Ok(());
        }
        order::sort(&mut names);
        let plural = if names.len() > 1 { "s" } else { "" };
        let list = names.iter().map(|n| format!("'{n}'")).collect::<Vec<_>>().join(", ");
        let message = format!(
            "Can't instantiate abstract class {} without an implementation for abstract method{plural} {list}",
            class.name()
        );
        Err(self.type_error(message))
    }
}

/// Whether an attribute of a class is our own, not a script's.
pub fn is_builtin(found: &Value) -> bool {
    match found {
        Value::Builtin(_) => true,
        // `int.__new__`, which is bound to its type.
        Value::Method(method) => matches!(&method.function, Value::Builtin(new) if new.row.name == "__new__"),
        Value::Descriptor(d) => match &**d {
            crate::object::Descriptor::Static(f) | crate::object::Descriptor::ClassMethod(f) => {
                matches!(f, Value::Builtin(_))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Puts the variables that inner functions capture into fresh cells.
pub fn wrap_cells(planted: &Planted, fp: Fp) {
    for &slot in planted.code.cells.iter() {
        let value = fp.take(slot);
        fp.init(slot, Value::Cell(VarCell::new(value)));
    }
}

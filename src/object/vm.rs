//! The state that every layer shares, and nothing of what they do with it: `interp`, `tasks` and `modules` each add
//! their own `impl Vm`. Everything inside is behind cells, because dropping any value may run a script's
//! `__del__` or `finally`, which needs the `Vm` again.
#![allow(unsafe_code)]

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::row::TypeSpec;
use super::stack::Stack;
use super::traceback::SiteTable;
use super::{Builtin, Class, Dict, Exception, Method, R, Raised, Ref, Row, Swap, T, Value};
use crate::intern::{Symbol, sym};

/// What upper layers lend to lower ones: the only calls that go up.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Finds a module that is not imported yet: `Ok(None)` when there is none of the name.
    pub import: fn(&Vm, Symbol) -> R<Option<Value>>,
    /// The last reference to an object with a finaliser goes.
    pub finalize: fn(&Vm, &Value),
    /// The object of a weak reference is gone: calls the callback (first) with the reference (second).
    pub call_back: fn(&Vm, &Value, &Value),
    /// The table of a builtin type, if it has one.
    pub type_spec: fn(T) -> Option<&'static TypeSpec>,
    /// `T.__new__`, which gets the type `T` as its receiver.
    pub new: &'static Row,
}

pub struct Vm {
    /// Frames of plain functions.
    pub stack: Stack,
    /// Calls under way, awaits included.
    pub depth: Cell<u32>,
    /// `sys.getrecursionlimit()`
    pub recursion_limit: Cell<u32>,
    /// The limit on digits in conversions between int and str; 0 for none.
    pub int_digits: Cell<usize>,
    /// The address below which the native stack must not grow.
    pub native_limit: Cell<usize>,
    /// The address below which what need not run on the native stack does not.
    pub native_ease: Cell<usize>,
    /// Counts down at calls and loop back-edges; at 0 interrupts are looked at.
    pub fuel: Cell<u32>,
    /// The exception that a [`Raised`] stands for.
    raised: Swap<Option<Ref<Exception>>>,
    /// The exception being handled: `sys.exception()`, bare `raise`, `__context__` of the next one.
    pub handling: Swap<Option<Ref<Exception>>>,
    /// Where the next machine to be resumed was called from, when that is known: an eager task's creator.
    pub entry_site: Cell<u32>,
    /// The frame of the innermost machine that was resumed within a handler of its own, while it runs.
    pub resumed_frame: Cell<Option<super::Fp>>,
    /// What is handled outside of that machine, seen again when its outermost handler ends.
    pub handled_outside: Swap<Option<Ref<Exception>>>,
    /// What a `return` statement returns, on its way to the call.
    pub returned: Swap<Value>,
    /// Asked when `fuel` has run out: raises KeyboardInterrupt when the user wants to stop.
    pub interrupt_hook: Cell<Option<InterruptHook>>,
    /// Asked by the collector: how many tasks wait, which their loop holds.
    pub waiting_tasks: Cell<Option<CountFn>>,
    classes: Box<[OnceCell<Ref<Class>>]>,
    pub builtins: Ref<Dict>,
    /// `sys.modules`
    pub modules: Ref<Dict>,
    pub sites: RefCell<SiteTable>,
    /// The origins of cancellations are recorded, for reports.
    pub explains_cancels: Cell<bool>,
    /// The address of the task whose step runs, 0 for none.
    pub current_task: Cell<usize>,
    /// The place of the newest call that a script has made: where the running body stands while a builtin runs.
    pub site: Cell<u32>,
    /// By depth: the place that the frame was called from. Only the lowest bits of the depth are looked at.
    call_sites: Box<[Cell<u32>; CALL_SITES]>,
    pub hooks: Hooks,
    /// Told of every async generator when its first item is asked for (`sys.set_asyncgen_hooks`' firstiter).
    pub first_iteration: Cell<Option<FirstIteration>>,
    /// See [`Awaken`].
    pub awaken: Cell<Option<Awaken>>,
    /// State that a layer above keeps here, by type: the event loop, output streams, the warning registry.
    extensions: RefCell<Vec<Rc<dyn Any>>>,
}

/// Counts something of the `Vm`.
pub type CountFn = fn(&Vm) -> usize;
/// See [`Vm::interrupt_hook`].
pub type InterruptHook = fn(&Vm) -> R<()>;

/// See [`Vm::first_iteration`].
pub type FirstIteration = fn(&Vm, &Ref<super::Machine>) -> R<()>;

/// Gives a machine that sleeps without a future the coroutine and the future of its sleep, when somebody looks. `until` is set when the
/// sleep has only been asked for: by a machine that no loop resumed.
pub type Awaken = fn(&Vm, &Ref<super::Machine>, until: Option<i64>) -> R<()>;

/// How many calls and loop rounds pass between two looks at interrupts.
pub const FUEL: u32 = 10_000;

/// A place that is not a script's.
pub const NO_SITE: u32 = u32::MAX;

/// How many places [`Vm::callers`] can know: deeper frames share them.
const CALL_SITES: usize = 4096;

thread_local! {
    /// The `Vm` that runs on this thread, for finalisers. Null when none does.
    static CURRENT: Cell<*const Vm> = const { Cell::new(std::ptr::null()) };
}

/// Runs the finaliser hook of the `Vm` that is entered on this thread; without one, objects just go.
pub fn finalize(value: &Value) {
    let vm = CURRENT.get();
    if !vm.is_null() {
        // SAFETY: `Vm::enter` keeps the pointer only while the `Vm` is borrowed.
        let vm = unsafe { &*vm };
        (vm.hooks.finalize)(vm, value);
    }
}

/// Runs the callback of a weak reference whose object is gone, in the `Vm` that is entered on this thread.
pub fn call_back(callback: &Value, reference: &Value) {
    let vm = CURRENT.get();
    if !vm.is_null() {
        // SAFETY: as in `finalize`.
        let vm = unsafe { &*vm };
        (vm.hooks.call_back)(vm, callback, reference);
    }
}

/// The `Vm` that is entered on this thread looks at interrupts, and whether a collection is due, at its next call or loop round.
pub fn hurry() {
    let vm = CURRENT.get();
    if !vm.is_null() {
        // SAFETY: as in `finalize`.
        unsafe { &*vm }.fuel.set(1);
    }
}

/// While it lives, finalisers of this thread run in its `Vm`.
pub struct Entered<'a> {
    before: *const Vm,
    _vm: &'a Vm,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        CURRENT.set(self.before);
    }
}

impl Vm {
    pub fn new(hooks: Hooks) -> Vm {
        let vm = Vm {
            stack: Stack::new(),
            depth: Cell::new(0),
            recursion_limit: Cell::new(1000),
            int_digits: Cell::new(crate::text::int::DEFAULT_MAX_DIGITS),
            native_limit: Cell::new(0),
            native_ease: Cell::new(0),
            fuel: Cell::new(FUEL),
            raised: Swap::new(None),
            handling: Swap::new(None),
            entry_site: Cell::new(NO_SITE),
            resumed_frame: Cell::new(None),
            handled_outside: Swap::new(None),
            returned: Swap::new(Value::None),
            interrupt_hook: Cell::new(None),
            waiting_tasks: Cell::new(None),
            classes: T::ALL.iter().map(|_| OnceCell::new()).collect(),
            builtins: Ref::new(Dict::with_capacity(256)),
            modules: Ref::new(Dict::new()),
            sites: RefCell::default(),
            explains_cancels: Cell::new(false),
            current_task: Cell::new(0),
            site: Cell::new(NO_SITE),
            call_sites: Box::new([const { Cell::new(NO_SITE) }; CALL_SITES]),
            hooks,
            first_iteration: Cell::new(None),
            awaken: Cell::new(None),
            extensions: RefCell::default(),
        };
        let type_class = vm.class(T::Type).clone();
        type_class.set_metaclass(type_class.clone());
        vm.class(T::Object).set_metaclass(type_class);
        vm
    }

    /// Makes this the `Vm` whose finalisers run on this thread.
    pub fn enter(&self) -> Entered<'_> {
        Entered { before: CURRENT.replace(self), _vm: self }
    }

    /// The class of a builtin type, made on first use.
    #[inline(always)]
    pub fn class(&self, kind: T) -> &Ref<Class> {
        match self.classes[kind as usize].get() {
            Some(class) => class,
            None => self.make_builtin_class(kind),
        }
    }

    #[cold]
    fn make_builtin_class(&self, kind: T) -> &Ref<Class> {
        let (bases, tail) = if kind == T::Object { (Vec::new(), Vec::new()) } else { self.bases_of(kind) };
        let metaclass = (!matches!(kind, T::Object | T::Type)).then(|| self.class(T::Type).clone());
        let class = Class::new(Symbol::of_static(kind.name()), bases, tail, kind.layout(), metaclass, Some(kind));
        if let Some(spec) = (self.hooks.type_spec)(kind) {
            class.set_spec(spec, super::function::fill_namespace);
        }
        if kind.module() != "builtins" {
            class.set_quietly(sym::__module__, Value::str(kind.module()));
        }
        let has_new = kind.is_exception() || class.spec().is_some_and(|spec| spec.new.is_some());
        if has_new && !kind.module().starts_with("asyncio.") {
            let new = Builtin::new(self.hooks.new, Some(kind.name()), None);
            class.set_quietly(sym::__new__, Method::new(new, Value::Class(class.clone())));
        }
        self.classes[kind as usize].get_or_init(|| class)
    }

    /// Bases and resolution order of a builtin type. `ExceptionGroup` alone has two bases.
    fn bases_of(&self, kind: T) -> (Vec<Ref<Class>>, Vec<Ref<Class>>) {
        let mut bases = vec![self.class(kind.base()).clone()];
        let mut tail = vec![bases[0].clone()];
        tail.extend(bases[0].mro_tail());
        if kind == T::ExceptionGroup {
            let exception = self.class(T::Exception).clone();
            bases.push(exception.clone());
            tail.insert(1, exception);
        }
        (bases, tail)
    }

    /// The class of any value.
    #[inline]
    pub fn class_of(&self, value: &Value) -> Ref<Class> {
        match value {
            Value::Instance(i) => i.class(),
            Value::Exception(e) => e.class(),
            Value::Native(n) => n.class(),
            Value::Class(c) => c.metaclass(),
            Value::Module(m) if m.class.is_some() => m.class.get().unwrap_or_else(|| self.class(T::Module).clone()),
            other => self.class(kind_of(other)).clone(),
        }
    }

    /// Whether the value's class is this very one.
    #[inline]
    pub fn has_class(&self, value: &Value, class: &Ref<Class>) -> bool {
        match value {
            Value::Instance(instance) => std::ptr::eq(instance.class_ref(), &**class),
            _ if value.fixed_kind() != 0 => Ref::same(self.class(kind_of(value)), class),
            _ => Ref::same(&self.class_of(value), class),
        }
    }

    /// A frame opens at this depth: remembers where it was called from.
    #[inline(always)]
    pub fn note_call(&self, depth: u32, site: u32) {
        self.call_sites[depth as usize % CALL_SITES].set(site);
    }

    /// Where the frames under way stand, innermost first, while a builtin runs.
    pub fn callers(&self) -> Vec<super::traceback::GlobalSite> {
        let depth = self.depth.get();
        let outer = (1..=depth).rev().take(CALL_SITES).map(|d| self.call_sites[d as usize % CALL_SITES].get());
        let all = std::iter::once(self.site.get()).chain(outer);
        all.filter(|&site| site != NO_SITE).map(super::traceback::GlobalSite).collect()
    }

    /// Where a machine's body stands that runs now, and those that called it, innermost first; nothing when it does not run.
    pub fn running_sites(&self, machine: &super::Machine) -> Vec<super::traceback::GlobalSite> {
        let (super::State::Running, Some(code)) = (machine.state.get(), machine.body.code()) else { return Vec::new() };
        let mut sites = self.callers();
        let known = self.sites.borrow();
        let is_own = |&site: &_| known.find(site).is_some_and(|(found, _)| Rc::ptr_eq(&found, code));
        // A coroutine that calls itself: a task's own is the outermost.
        let at = sites.iter().rposition(is_own).unwrap_or(sites.len());
        sites.split_off(at)
    }

    /// Makes an exception pending.
    pub fn raise(&self, exception: Ref<Exception>) -> Raised {
        self.raised.set(Some(exception));
        Raised::pending()
    }

    /// For a body that cannot run in a frame on the stack.
    #[cold]
    pub(super) fn not_a_script_body(&self) -> Raised {
        self.raise(Exception::new(self.class(T::SystemError), vec![Value::str("not a script's body")]))
    }

    /// Takes the pending exception: it is caught.
    pub fn take_raised(&self, raised: Raised) -> Ref<Exception> {
        let Raised { .. } = raised;
        self.raised.take().expect("a `Raised` exists only while an exception is pending")
    }

    /// The pending exception, which stays pending.
    pub fn peek_raised(&self, _raised: &Raised) -> Ref<Exception> {
        self.raised.get().expect("a `Raised` exists only while an exception is pending")
    }

    /// Takes the pending exception aside, if there is one, while a finaliser runs; [`Vm::put_pending_back`] undoes it.
    pub fn set_pending_aside(&self) -> Option<Ref<Exception>> {
        self.raised.take()
    }

    pub fn put_pending_back(&self, pending: Option<Ref<Exception>>) {
        self.raised.set(pending);
    }

    /// State of type `E` that a layer above keeps in this `Vm`, made on first use.
    pub fn extension<E: Any>(&self, make: impl FnOnce() -> E) -> Rc<E> {
        let found = self.extensions.borrow().iter().find(|e| e.is::<E>()).cloned();
        found.and_then(|e| e.downcast::<E>().ok()).unwrap_or_else(|| {
            let made = Rc::new(make());
            self.extensions.borrow_mut().push(made.clone());
            made
        })
    }
}

/// The builtin type of a value that is not an instance of a script's class.
fn kind_of(value: &Value) -> T {
    use super::{Descriptor, MachineKind};
    match value {
        Value::Missing | Value::None => T::NoneType,
        Value::True | Value::False => T::Bool,
        Value::Ellipsis => T::EllipsisType,
        Value::NotImplemented => T::NotImplementedType,
        Value::Int(_) | Value::BigInt(_) => T::Int,
        Value::Float(_) => T::Float,
        Value::Complex(_) => T::Complex,
        Value::Str(_) => T::Str,
        Value::Bytes(_) => T::Bytes,
        Value::Tuple(_) => T::Tuple,
        Value::List(_) => T::List,
        Value::Dict(_) => T::Dict,
        Value::Set(_) => T::Set,
        Value::FrozenSet(_) => T::FrozenSet,
        Value::Range(_) => T::Range,
        Value::Slice(_) => T::Slice,
        Value::Function(_) => T::Function,
        Value::Builtin(b) => match b.owner {
            Some(_) if b.is_slot() => T::WrapperDescriptor,
            Some(_) => T::MethodDescriptor,
            None => T::BuiltinFunction,
        },
        Value::Method(m) => match &m.function {
            Value::Builtin(b) if b.is_slot() => T::MethodWrapper,
            Value::Builtin(_) => T::BuiltinFunction,
            _ => T::Method,
        },
        Value::Descriptor(d) => match **d {
            Descriptor::Property(_) => T::Property,
            Descriptor::Static(_) => T::StaticMethod,
            Descriptor::ClassMethod(_) => T::ClassMethod,
            Descriptor::Getter(..) => T::GetSetDescriptor,
            Descriptor::Slot(..) => T::MemberDescriptor,
        },
        Value::Machine(m) => match m.kind {
            MachineKind::Generator => T::Generator,
            MachineKind::Coroutine => T::Coroutine,
            MachineKind::AsyncGenerator => T::AsyncGenerator,
        },
        Value::Iter(it) => it.class(),
        Value::Module(_) => T::Module,
        Value::Cell(_) => T::Cell,
        Value::Class(_) | Value::Instance(_) | Value::Exception(_) | Value::Native(_) => T::Object,
    }
}

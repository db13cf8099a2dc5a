//! Planting: turns a body's plain-data tree, once, into a tree of closures chosen by the shapes of operands.
//! It is still a tree walk, one node one closure; `docs/performance.md` has the numbers behind each special node.
//!
//! A node evaluates with [`Fp`] (the frame's slots) and the [`Vm`]. Errors are tokens; a node that raises by itself adds its
//! site on the cold path, one that merely passes an operand's error on adds nothing.

mod arith;
mod async_protocol;
mod attr;
mod augmented;
mod await_call;
mod call;
mod comp;
mod cond;
mod construct;
mod display;
mod expr;
mod function;
mod import;
mod keyword_call;
mod loops;
mod machine;
mod method_call;
mod name;
mod near;
mod op;
mod operand;
mod others;
mod pattern;
mod stmt;
mod tail;
mod target;
mod tries;
mod walk;
mod with;

use std::cell::OnceCell;
use std::rc::Rc;

use crate::code::{Block, Code, Flavour, Kind, Site, Slot};
use crate::object::stack::{Planted, Runnable};
use crate::object::vm::FUEL;
use crate::object::{Dict, Fp, Function, Node, R, Raised, Ref, Value, Vm};

/// How a statement ended when nothing was raised. A returned value waits in `Vm::returned`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
    Return,
}

/// A planted statement.
pub(crate) type Act = Box<dyn Fn(Fp, &Vm) -> R<Flow>>;

/// A planted condition.
pub(crate) type Test = Box<dyn Fn(Fp, &Vm) -> R<bool>>;

/// What planting one body needs to know.
pub(crate) struct Planter<'a> {
    vm: &'a Vm,
    code: &'a Rc<Code>,
    globals: &'a Ref<Dict>,
    /// The number of the body's first site among all sites.
    first_site: u32,
}

impl Planter<'_> {
    /// The number under which an error at this place is remembered.
    fn site(&self, site: Site) -> u32 {
        self.first_site + site.0
    }
}

impl Vm {
    /// A body bound to a module's namespace; planted when it first runs.
    pub fn bind_code(&self, code: &Rc<Code>, globals: &Ref<Dict>) -> Rc<Planted> {
        let params = &code.params;
        Rc::new(Planted {
            code: code.clone(),
            globals: globals.clone(),
            run: OnceCell::new(),
            simple: !params.vararg && !params.kwarg && params.keyword_only == 0,
            has_cells: !code.cells.is_empty(),
            params: params.positional,
            frame_size: code.frame_size() as u32,
        })
    }

    /// Plants a body.
    #[cold]
    #[inline(never)]
    pub fn plant(&self, planted: &Planted) {
        let first_site = self.sites.borrow_mut().register(&planted.code, &planted.globals);
        let planter = Planter { vm: self, code: &planted.code, globals: &planted.globals, first_site };
        let runnable = match &planted.code.body {
            crate::code::Body::Tree(block) => Runnable::Tree(planter.body(block)),
            crate::code::Body::Machine(machine) => Runnable::Machine(planter.machine(machine)),
        };
        let _ = planted.run.set(runnable);
    }

    /// A function without defaults or captured variables around a body.
    pub fn function_of(&self, code: &Rc<Code>, globals: &Ref<Dict>) -> Ref<Function> {
        self.function(code, globals, Box::default(), code.name)
    }

    /// Runs a module's body in its namespace; for a body with top-level await gives the coroutine.
    pub fn run_module_code(&self, code: &Rc<Code>, globals: &Ref<Dict>) -> R {
        let function = self.function_of(code, globals);
        let fp = self.push_frame(&function.planted)?;
        fp.init(Slot(0), Value::Function(function.clone()));
        self.run_frame(&function, fp)
    }

    /// Runs a body whose names live in a namespace of their own: `exec` with separate locals.
    pub fn run_names_code(&self, code: &Rc<Code>, globals: &Ref<Dict>, locals: Value) -> R {
        let function = self.function_of(code, globals);
        let fp = self.push_frame(&function.planted)?;
        fp.init(Slot(0), Value::Function(function.clone()));
        if matches!(code.kind, Kind::Names | Kind::Class) {
            fp.init(Slot(1), locals);
        }
        self.run_frame(&function, fp)
    }

    /// Counts one call or loop round; now and then looks whether the user wants to stop.
    #[inline(always)]
    pub(crate) fn tick(&self) -> R<()> {
        let left = self.fuel.get() - 1;
        self.fuel.set(left);
        if left == 0 { self.refuel() } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn refuel(&self) -> R<()> {
        self.fuel.set(FUEL);
        if self.is_collection_due() {
            self.collect_if_due();
        }
        match self.interrupt_hook.get() {
            Some(hook) => hook(self),
            None => Ok(()),
        }
    }
}

impl Planter<'_> {
    /// A whole body as one node: runs the statements, gives what they return.
    fn body(&self, block: &Block) -> Node {
        debug_assert!(self.code.flavour == Flavour::Plain || block.is_empty());
        self.tail(&block.iter().collect::<Vec<_>>(), 0)
    }
}

/// An error of the node's own operation: remembers where.
pub(crate) trait AtSite<V> {
    fn at(self, vm: &Vm, site: u32) -> R<V>;
}

impl<V> AtSite<V> for R<V> {
    #[inline(always)]
    fn at(self, vm: &Vm, site: u32) -> R<V> {
        match self {
            Ok(value) => Ok(value),
            Err(raised) => Err(vm.at(site, raised)),
        }
    }
}

/// The error path of [`AtSite`] where there is nothing but an error.
#[cold]
pub(crate) fn fail<V>(vm: &Vm, site: u32, raised: Raised) -> R<V> {
    Err(vm.at(site, raised))
}

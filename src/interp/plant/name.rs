//! Names: locals that may be unbound, cells, globals with their cached positions, names of class bodies.

use std::cell::Cell;

use super::{Planter, fail};
use crate::code::{ClassOuter, FreeIndex, Site, Slot};
use crate::intern::{Symbol, sym};
use crate::object::{Dict, Fp, Node, R, Raised, Ref, Str, T, Value, VarCell, Vm};

/// Where a global was found last: a position in the module's namespace or in builtins, with the layouts under which it holds.
#[derive(Default)]
pub(super) struct GlobalCache {
    globals_layout: Cell<u32>,
    builtins_layout: Cell<u32>,
    position: Cell<u32>,
    kind: Cell<Found>,
}

/// Where a method has the object it is of.
const SELF: Slot = Slot(1);

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Found {
    #[default]
    Nowhere,
    Global,
    Builtin,
}

impl GlobalCache {
    /// The value, if it stands where it stood last.
    #[inline(always)]
    fn known(&self, vm: &Vm, globals: &Dict) -> Option<Value> {
        match self.kind.get() {
            Found::Global => globals.value_if(self.globals_layout.get(), self.position.get()),
            Found::Builtin if globals.layout() == self.globals_layout.get() => {
                vm.builtins.value_if(self.builtins_layout.get(), self.position.get())
            }
            _ => None,
        }
    }

    #[inline(always)]
    pub(super) fn get(&self, vm: &Vm, globals: &Dict, name: Symbol) -> R<Option<Value>> {
        match self.known(vm, globals) {
            Some(value) => Ok(Some(value)),
            None => self.search(vm, globals, name),
        }
    }

    /// Not where it was, or asked for the first time.
    #[cold]
    #[inline(never)]
    fn search_or_fail(&self, vm: &Vm, globals: &Dict, name: Symbol, site: u32, method: Option<Fp>) -> R {
        match self.search(vm, globals, name)? {
            Some(value) => Ok(value),
            None => fail(vm, site, vm.undefined_in_method(name, method)),
        }
    }

    #[cold]
    #[inline(never)]
    fn search(&self, vm: &Vm, globals: &Dict, name: Symbol) -> R<Option<Value>> {
        self.globals_layout.set(globals.layout());
        if let Some(position) = globals.position_of(name) {
            self.position.set(position);
            self.kind.set(Found::Global);
            return Ok(Some(globals.value_at(position)));
        }
        if let Some(builtins) = vm.own_builtins(globals) {
            self.kind.set(Found::Nowhere);
            return match vm.catch(vm.get_item(&builtins, &Value::name(name)), T::KeyError)? {
                Some(value) => Ok(Some(value)),
                None => Ok(None),
            };
        }
        if let Some(position) = vm.builtins.position_of(name) {
            self.builtins_layout.set(vm.builtins.layout());
            self.position.set(position);
            self.kind.set(Found::Builtin);
            return Ok(Some(vm.builtins.value_at(position)));
        }
        self.kind.set(Found::Nowhere);
        // `asyncio` needs no import: it is a builtin name, made when first asked for.
        if name == sym::asyncio {
            return vm.import_module(name).map(Some);
        }
        Ok(None)
    }
}

/// A global as a part of the node that uses it.
pub(super) struct GlobalRead {
    cache: GlobalCache,
    globals: Ref<Dict>,
    name: Symbol,
    site: u32,
    /// Whether the body that asks has a `self`, one of whose attributes may be meant.
    method: bool,
}

impl GlobalRead {
    #[inline(always)]
    pub(super) fn value(&self, fp: Fp, vm: &Vm) -> R {
        match self.cache.known(vm, &self.globals) {
            Some(value) => Ok(value),
            None => {
                let method = self.method.then_some(fp);
                self.cache.search_or_fail(vm, &self.globals, self.name, self.site, method)
            }
        }
    }
}

impl Vm {
    /// What a namespace has in place of the builtins, as `eval(text, {"__builtins__": {}})` gives it.
    pub(super) fn own_builtins(&self, globals: &Dict) -> Option<Value> {
        match globals.get_name(sym::__builtins__)? {
            Value::Module(module) if Ref::same(&module.dict, &self.builtins) => None,
            Value::Module(module) => Some(Value::Dict(module.dict.clone())),
            Value::Dict(dict) if Ref::same(&dict, &self.builtins) => None,
            other => Some(other),
        }
    }

    #[cold]
    fn unbound_name(&self, kind: T, message: String, name: Symbol) -> Raised {
        let error = self.new_exception(kind, vec![Value::string(message)]);
        // CPython leaves the name of an UnboundLocalError out.
        let name = if kind == T::UnboundLocalError { Value::None } else { Value::name(name) };
        error.set(sym::name, name);
        self.throw(error)
    }

    #[cold]
    pub(super) fn undefined(&self, name: Symbol) -> Raised {
        self.unbound_name(T::NameError, format!("name '{name}' is not defined"), name)
    }

    /// A name that nothing has, in a method whose frame is given: an attribute of that name may have been meant.
    #[cold]
    fn undefined_in_method(&self, name: Symbol, method: Option<Fp>) -> Raised {
        let error = self.undefined(name);
        let own = method.map(|fp| match fp.peek(SELF) {
            Value::Cell(cell) => cell.value.get(),
            value => value.clone(),
        });
        if let Some(Value::Instance(instance)) = own {
            let has = instance.attributes().iter().any(|(own, _)| *own == name);
            if has || self.class_of(&Value::Instance(instance)).lookup(name).is_some() {
                self.peek_raised(&error).set(sym::obj, Value::string(format!("self.{name}")));
            }
        }
        error
    }

    #[cold]
    pub(super) fn unbound_local(&self, name: Symbol) -> Raised {
        let message = format!("cannot access local variable '{name}' where it is not associated with a value");
        self.unbound_name(T::UnboundLocalError, message, name)
    }

    #[cold]
    pub(super) fn unbound_free(&self, name: Symbol) -> Raised {
        let message =
            format!("cannot access free variable '{name}' where it is not associated with a value in enclosing scope");
        self.unbound_name(T::NameError, message, name)
    }
}

/// The cell that a captured variable of the frame lives in.
#[inline(always)]
pub(super) fn cell_at<'a>(fp: Fp, slot: Slot) -> Option<&'a VarCell> {
    match fp.peek(slot) {
        Value::Cell(cell) => Some(cell),
        _ => None,
    }
}

/// The cell that the running function brought along.
#[inline(always)]
pub(super) fn free_cell<'a>(fp: Fp, index: FreeIndex) -> Option<&'a Ref<VarCell>> {
    match fp.peek(Slot(0)) {
        Value::Function(function) => function.closure.get(index.0 as usize),
        _ => None,
    }
}

impl Planter<'_> {
    pub(super) fn local_checked(&self, slot: Slot, name: Symbol, site: Site) -> Node {
        let site = self.site(site);
        Box::new(move |fp, vm| {
            let value = fp.peek(slot);
            if value.is_missing() { fail(vm, site, vm.unbound_local(name)) } else { Ok(value.clone()) }
        })
    }

    pub(super) fn cell(&self, slot: Slot, name: Symbol, site: Site) -> Node {
        let site = self.site(site);
        Box::new(move |fp, vm| match cell_at(fp, slot).map(|cell| cell.value.get()) {
            Some(value) if !value.is_missing() => Ok(value),
            _ => fail(vm, site, vm.unbound_local(name)),
        })
    }

    pub(super) fn free(&self, index: FreeIndex, name: Symbol, site: Site) -> Node {
        let site = self.site(site);
        Box::new(move |fp, vm| match free_cell(fp, index).map(|cell| cell.value.get()) {
            Some(value) if !value.is_missing() => Ok(value),
            _ => fail(vm, site, vm.unbound_free(name)),
        })
    }

    pub(super) fn global(&self, name: Symbol, site: Site) -> Node {
        let global = self.global_read(name, site);
        Box::new(move |fp, vm| global.value(fp, vm))
    }

    pub(super) fn global_read(&self, name: Symbol, site: Site) -> GlobalRead {
        GlobalRead {
            cache: GlobalCache::default(),
            globals: self.globals.clone(),
            name,
            site: self.site(site),
            method: self.code.slot_names.get(SELF.0 as usize) == Some(&Some(Symbol::of_static("self"))),
        }
    }

    /// A name of a class body (or of `exec` with its own locals): the namespace in slot 1, then what lies outside.
    pub(super) fn class_name(&self, name: Symbol, outer: ClassOuter, site: Site) -> Node {
        let outside = match outer {
            ClassOuter::Global => self.global(name, site),
            ClassOuter::Free(index) => self.free(index, name, site),
            ClassOuter::Cell(slot) => self.cell(slot, name, site),
        };
        let (key, at) = (Str::of_symbol(name), self.site(site));
        Box::new(move |fp, vm| match fp.peek(Slot(1)) {
            Value::Dict(namespace) => match namespace.get_str(&key) {
                Some(value) => Ok(value),
                None => outside(fp, vm),
            },
            mapping => {
                let mapping = mapping.clone();
                let found = vm.get_item(&mapping, &Value::Str(key.clone()));
                match vm.catch(found, T::KeyError) {
                    Ok(Some(value)) => Ok(value),
                    Ok(None) => outside(fp, vm),
                    Err(raised) => fail(vm, at, raised),
                }
            }
        })
    }
}

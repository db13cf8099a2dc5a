//! What the interpreter itself has: its builtins and the names in its modules. Asked from an interpreter that runs nothing.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::engine::{Engine, Options};
use crate::intern::Symbol;
use crate::modules::library;
use crate::object::{T, Value};

/// The names of an interpreter.
pub struct Known {
    engine: Engine,
    builtins: BTreeSet<&'static str>,
    modules: RefCell<BTreeMap<String, Option<Rc<BTreeSet<String>>>>>,
}

impl Known {
    pub fn new() -> Known {
        let engine = Engine::new(Options::default());
        let keys = engine.vm().builtins.keys();
        let builtins = keys.iter().filter_map(|key| key.as_str().map(|name| name.symbol().as_str())).collect();
        Known { engine, builtins, modules: RefCell::default() }
    }

    pub fn is_builtin(&self, name: &str) -> bool {
        self.builtins.contains(name)
    }

    pub fn builtins(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.builtins.iter().copied()
    }

    /// The names in one of our own modules; None for others.
    pub fn module(&self, name: &str) -> Option<Rc<BTreeSet<String>>> {
        if let Some(known) = self.modules.borrow().get(name) {
            return known.clone();
        }
        let found = self.look_into(name).map(Rc::new);
        self.modules.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    /// Whether a module of our own gives something for a name that it does not list: one may make names when asked.
    pub fn makes(&self, module: &str, name: &str) -> bool {
        let vm = self.engine.vm();
        let _entered = vm.enter();
        let found = vm.import_module(Symbol::new(module)).and_then(|module| vm.get_attr(&module, Symbol::new(name)));
        match vm.catch(found, T::AttributeError) {
            Ok(found) => found.is_some(),
            // What is not supported yet says so: it is not misspelt.
            Err(raised) => {
                drop(vm.take_raised(raised));
                true
            }
        }
    }

    fn look_into(&self, name: &str) -> Option<BTreeSet<String>> {
        library::find(name)?;
        let vm = self.engine.vm();
        let _entered = vm.enter();
        let module = match vm.import_module(Symbol::new(name)) {
            Ok(Value::Module(module)) => module,
            Ok(_) => return None,
            Err(raised) => {
                drop(vm.take_raised(raised));
                return None;
            }
        };
        Some(module.dict.keys().iter().filter_map(|key| key.as_str().map(|name| name.as_str().to_owned())).collect())
    }
}

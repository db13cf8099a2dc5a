//! Modules: a name and a namespace.

use super::{Class, Dict, Heap, Ref, Swap};
use crate::intern::Symbol;

pub struct Module {
    pub name: Symbol,
    pub dict: Ref<Dict>,
    /// Its class, when that is not `module` itself.
    pub class: Swap<Option<Ref<Class>>>,
}

impl Heap for Module {}

impl Module {
    pub fn new(name: Symbol) -> Ref<Module> {
        Module::around(name, Ref::new(Dict::new()))
    }

    /// A module whose namespace stands already.
    pub fn around(name: Symbol, dict: Ref<Dict>) -> Ref<Module> {
        Ref::new(Module { name, dict, class: Swap::new(None) })
    }
}

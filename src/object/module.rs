//! Modules: a name and a namespace.

use super::cycles::{Kind, Tracer};
use super::{Class, Dict, Heap, Ref, Swap};
use crate::intern::Symbol;

pub struct Module {
    pub name: Symbol,
    pub dict: Ref<Dict>,
    /// Its class, when that is not `module` itself.
    pub class: Swap<Option<Ref<Class>>>,
}

impl Heap for Module {
    const KIND: Kind = Kind::Module;
    fn trace(&self, tracer: &mut Tracer) {
        tracer.object(&self.dict);
        self.class.look(|class| class.iter().for_each(|class| tracer.object(class)));
    }
}

impl Module {
    pub fn new(name: Symbol) -> Ref<Module> {
        Module::around(name, Ref::new(Dict::new()))
    }

    /// A module whose namespace stands already.
    pub fn around(name: Symbol, dict: Ref<Dict>) -> Ref<Module> {
        Ref::new(Module { name, dict, class: Swap::new(None) })
    }
}

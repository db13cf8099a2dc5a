//! Modules: a name and a namespace.

use super::{Dict, Heap, Ref};
use crate::intern::Symbol;

pub struct Module {
    pub name: Symbol,
    pub dict: Ref<Dict>,
}

impl Heap for Module {}

impl Module {
    pub fn new(name: Symbol) -> Ref<Module> {
        Ref::new(Module { name, dict: Ref::new(Dict::new()) })
    }
}

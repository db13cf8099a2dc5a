//! Attributes in nodes: an inline cache keyed on the class's version and the instance's shape.

use std::cell::Cell;

use super::operand::{Operand, Shape as OperandShape};
use super::{AtSite, Planter};
use crate::code::{Expr, Site};
use crate::intern::Symbol;
use crate::object::{Descriptor, Dict, Instance, Node, R, Ref, Shape, Swap, Value, Vm};

/// Where an instance attribute was found last.
#[derive(Default)]
pub(super) struct AttrCache {
    version: Cell<u32>,
    shape: Cell<u32>,
    slot: Cell<u32>,
    module: ModuleCache,
}

/// Where a module's attribute was found last.
#[derive(Default)]
pub(super) struct ModuleCache {
    dict: Swap<Option<Ref<Dict>>>,
    layout: Cell<u32>,
    position: Cell<u32>,
}

impl ModuleCache {
    /// The attribute, when the module has it.
    #[inline(always)]
    pub(super) fn get(&self, dict: &Ref<Dict>, name: Symbol) -> Option<Value> {
        if self.dict.get().is_some_and(|cached| Ref::same(&cached, dict))
            && let Some(value) = dict.value_if(self.layout.get(), self.position.get())
        {
            return Some(value);
        }
        let position = dict.position_of(name)?;
        self.dict.set(Some(dict.clone()));
        self.layout.set(dict.layout());
        self.position.set(position);
        Some(dict.value_at(position))
    }
}

impl AttrCache {
    #[inline(always)]
    fn hit(&self, instance: &Instance) -> bool {
        self.version.get() == instance.class_ref().version() && self.shape.get() == instance.shape().id
    }

    #[inline(always)]
    pub(super) fn get(&self, vm: &Vm, object: &Value, name: Symbol, site: u32) -> R {
        if let Value::Instance(instance) = object
            && self.hit(instance)
            && let Some(value) = instance.slot(self.slot.get() as usize)
        {
            return Ok(value);
        }
        self.search(vm, object, name, site)
    }

    #[inline(never)]
    fn search(&self, vm: &Vm, object: &Value, name: Symbol, site: u32) -> R {
        if let Value::Module(module) = object
            && let Some(value) = self.module.get(&module.dict, name)
        {
            return Ok(value);
        }
        if let Value::Instance(instance) = object {
            let class = instance.class_ref();
            let shadowed = class.lookup(name).is_some_and(|found| !is_plain(&found));
            if !class.has_getattribute()
                && !shadowed
                && !instance.shape().is_dict
                && let Some(slot) = instance.shape().slot_of(name)
            {
                self.version.set(class.version());
                self.shape.set(instance.shape().id);
                self.slot.set(slot as u32);
            }
        }
        vm.get_attr(object, name).at(vm, site)
    }
}

/// Whether a class attribute never goes before the instance's own: functions and plain values do not.
pub(super) fn is_plain(found: &Value) -> bool {
    match found {
        Value::Descriptor(d) => matches!(**d, Descriptor::Static(_) | Descriptor::ClassMethod(_)),
        Value::Instance(_) | Value::Native(_) => false,
        _ => true,
    }
}

/// How an attribute was set last: replaced in a slot, or appended by a step to another shape.
#[derive(Default)]
pub(super) struct SetCache {
    at: AttrCache,
    /// The shape to go to, when the attribute is new.
    next: Swap<Option<Ref<Shape>>>,
}

impl SetCache {
    #[inline(always)]
    pub(super) fn set(&self, vm: &Vm, object: &Value, name: Symbol, value: Value, site: u32) -> R<()> {
        if let Value::Instance(instance) = object
            && self.at.hit(instance)
        {
            match self.next.get() {
                None => instance.set_slot(self.at.slot.get() as usize, value),
                Some(shape) => instance.push_slot(shape, value),
            }
            return Ok(());
        }
        self.search(vm, object, name, value, site)
    }

    #[inline(never)]
    fn search(&self, vm: &Vm, object: &Value, name: Symbol, value: Value, site: u32) -> R<()> {
        let Value::Instance(instance) = object else {
            return vm.set_attr(object, name, value).at(vm, site);
        };
        let class = instance.class();
        let cacheable = !class.has_setattr()
            && class.slots.get().is_none()
            && class.lookup(name).is_none_or(|found| is_plain(&found))
            && !instance.shape().is_dict
            && name != crate::intern::sym::__dict__;
        let (shape, slot) = (instance.shape().id, instance.shape().slot_of(name));
        vm.set_attr(object, name, value).at(vm, site)?;
        if !cacheable || instance.shape().is_dict {
            return Ok(());
        }
        match slot {
            Some(slot) => {
                self.next.set(None);
                self.at.slot.set(slot as u32);
            }
            None => self.next.set(Some(instance.shape_ref())),
        }
        self.at.version.set(class.version());
        self.at.shape.set(shape);
        Ok(())
    }
}

impl Planter<'_> {
    pub(super) fn attribute(&self, object: &Expr, name: Symbol, site: Site) -> Node {
        let site = self.site(site);
        let cache = AttrCache::default();
        match self.operand(object) {
            OperandShape::Local(object) => Box::new(move |fp, vm| cache.get(vm, object.get(fp, vm)?, name, site)),
            other => {
                let object = self.node_of(other);
                Box::new(move |fp, vm| {
                    let object = object(fp, vm)?;
                    cache.get(vm, &object, name, site)
                })
            }
        }
    }
}

//! Attributes in nodes: an inline cache keyed on the stamp of the instance's shape.

use std::cell::Cell;

use super::near::Attr;
use super::operand::{Operand, Shape as OperandShape};
use super::others::Others;
use super::{AtSite, Planter};
use crate::code::{Expr, Site};
use crate::intern::Symbol;
use crate::object::function::Method;
use crate::object::{Class, Descriptor, Dict, Held, Instance, Node, R, Ref, Shape, Swap, Value, Vm};

/// Where an attribute was found last, for instances of one shape, or for a class itself in one state; and where before that.
#[derive(Default)]
pub(super) struct AttrCache {
    /// The stamp of the shape, or the version of the class.
    stamp: Cell<u32>,
    place: Cell<Place>,
    /// The slot, or the position in the namespace of a class.
    slot: Cell<u32>,
    /// The class whose namespace has it, the function that a property calls, or the one that is bound.
    holder: Swap<Option<Value>>,
    module: ModuleCache,
    others: Others<Found>,
}

/// What an [`AttrCache`] holds for one stamp.
struct Found {
    stamp: u32,
    place: Place,
    slot: u32,
    holder: Option<Value>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Slot,
    Class,
    Property,
    /// A function of the class: bound anew each time.
    Method,
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
        self.stamp.get() == instance.shape().stamp()
    }

    #[inline(always)]
    pub(super) fn get(&self, vm: &Vm, object: &Value, name: Symbol, site: u32) -> R {
        if let Value::Instance(instance) = object
            && let Some(slot) = self.slot_in(instance)
            && let Some(value) = instance.slot(slot)
        {
            return Ok(value);
        }
        self.elsewhere(vm, object, name, site)
    }

    /// The slot, if the attribute is in the one where it was last.
    #[inline(always)]
    pub(super) fn slot_in(&self, instance: &Instance) -> Option<usize> {
        (self.hit(instance) && self.place.get() == Place::Slot).then(|| self.slot.get() as usize)
    }

    /// Class attributes, properties, modules, other shapes, and what was not found before.
    #[inline(never)]
    fn elsewhere(&self, vm: &Vm, object: &Value, name: Symbol, site: u32) -> R {
        let stamp = match object {
            Value::Instance(instance) => instance.shape().stamp(),
            Value::Class(class) => class.version(),
            _ => return self.search(vm, object, name, site),
        };
        let known = if stamp == self.stamp.get() {
            Some((self.place.get(), self.slot.get(), self.holder.get()))
        } else {
            self.others.find(|found| (found.stamp == stamp).then(|| (found.place, found.slot, found.holder.clone())))
        };
        match (known, object) {
            (Some((Place::Slot, slot, _)), Value::Instance(instance)) => {
                if let Some(value) = instance.slot(slot as usize) {
                    return Ok(value);
                }
            }
            (Some((Place::Class, position, Some(Value::Class(owner)))), _) => {
                if let Some(value) = owner.value_at(position) {
                    return Ok(value);
                }
            }
            (Some((Place::Property, _, Some(getter))), _) => {
                vm.site.set(site);
                return vm.call1(&getter, object).at(vm, site);
            }
            (Some((Place::Method, _, Some(function))), _) => {
                return Ok(Value::Method(Ref::new(Method { function, receiver: object.clone() })));
            }
            _ => {}
        }
        self.search(vm, object, name, site)
    }

    fn search(&self, vm: &Vm, object: &Value, name: Symbol, site: u32) -> R {
        match object {
            Value::Module(module) => {
                if let Some(value) = self.module.get(&module.dict, name) {
                    return Ok(value);
                }
            }
            Value::Instance(instance) => self.note_instance(instance, name),
            Value::Class(class) => self.note_class(class, name),
            _ => {}
        }
        vm.site.set(site);
        vm.get_attr(object, name).at(vm, site)
    }

    fn note(&self, stamp: u32, place: Place, slot: u32, holder: Option<Value>) {
        let before = Found {
            stamp: self.stamp.replace(stamp),
            place: self.place.replace(place),
            slot: self.slot.replace(slot),
            holder: self.holder.replace(holder),
        };
        if before.stamp != 0 {
            self.others.push(before);
        }
    }

    fn note_instance(&self, instance: &Instance, name: Symbol) {
        let (class, shape) = (instance.class_ref(), instance.shape());
        if class.has_getattribute() || shape.is_dict {
            return;
        }
        let located = class.locate(name);
        let found = located.as_ref().and_then(|(owner, position)| owner.value_at(*position));
        if let Some(Value::Descriptor(descriptor)) = &found
            && let Descriptor::Property(property) = &**descriptor
            && let getter @ Value::Function(_) = &property.get
        {
            return self.note(shape.stamp(), Place::Property, 0, Some(getter.clone()));
        }
        match (shape.slot_of(name), found, located) {
            (Some(slot), found, _) if found.as_ref().is_none_or(|found| is_plain(found) || is_slot(found, name)) => {
                self.note(shape.stamp(), Place::Slot, slot as u32, None);
            }
            (None, Some(found), Some((owner, position))) if found.is_data() => {
                self.note(shape.stamp(), Place::Class, position, Some(Value::Class(owner)));
            }
            (None, Some(function @ Value::Function(_)), _) => {
                self.note(shape.stamp(), Place::Method, 0, Some(function));
            }
            _ => {}
        }
    }

    fn note_class(&self, class: &Class, name: Symbol) {
        if class.metaclass().builtin.is_none() || class.metaclass().lookup(name).is_some() {
            return;
        }
        let Some((owner, position)) = class.locate(name) else { return };
        let found = owner.value_at(position);
        if found.is_some_and(|found| found.is_data() || matches!(found, Value::Function(_))) {
            self.note(class.version(), Place::Class, position, Some(Value::Class(owner)));
        }
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

/// Whether a class attribute is the one that `__slots__` made for this name: the instance keeps the value under the same name.
fn is_slot(found: &Value, name: Symbol) -> bool {
    matches!(found, Value::Descriptor(d) if matches!(**d, Descriptor::Slot(slot, _) if slot == name))
}

/// How an attribute was set last: replaced in a slot, or appended by a step to another shape; and how before that.
#[derive(Default)]
pub(super) struct SetCache {
    /// The stamp of the shape.
    stamp: Cell<u32>,
    slot: Cell<u32>,
    /// The shape to go to, when the attribute is new.
    next: Swap<Option<Ref<Shape>>>,
    others: Others<(u32, u32, Option<Ref<Shape>>)>,
}

impl SetCache {
    #[inline(always)]
    pub(super) fn set(&self, vm: &Vm, object: &Value, name: Symbol, value: Value, site: u32) -> R<()> {
        if let Value::Instance(instance) = object
            && self.stamp.get() == instance.shape().stamp()
        {
            put(instance, self.slot.get(), self.next.get(), value);
            return Ok(());
        }
        self.search(vm, object, name, value, site)
    }

    #[inline(never)]
    fn search(&self, vm: &Vm, object: &Value, name: Symbol, value: Value, site: u32) -> R<()> {
        let Value::Instance(instance) = object else {
            return vm.set_attr(object, name, value).at(vm, site);
        };
        let stamp = instance.shape().stamp();
        let known = self.others.find(|other| (other.0 == stamp).then(|| (other.1, other.2.clone())));
        if let Some((slot, next)) = known {
            put(instance, slot, next, value);
            return Ok(());
        }
        let class = instance.class();
        let found = class.lookup(name);
        let free = class.slots.get().is_none() && found.as_ref().is_none_or(is_plain);
        let cacheable = !class.has_setattr()
            && (free || found.is_some_and(|found| is_slot(&found, name)))
            && !instance.shape().is_dict
            && name != crate::intern::sym::__dict__;
        let (stamp, slot) = (instance.shape().stamp(), instance.shape().slot_of(name));
        vm.set_attr(object, name, value).at(vm, site)?;
        if !cacheable || instance.shape().is_dict {
            return Ok(());
        }
        let next = slot.is_none().then(|| instance.shape_ref());
        let before = (self.stamp.replace(stamp), self.slot.replace(slot.unwrap_or(0) as u32), self.next.replace(next));
        if before.0 != 0 {
            self.others.push(before);
        }
        Ok(())
    }
}

impl SetCache {
    /// The slot that setting the attribute replaces.
    pub(super) fn slot_in(&self, instance: &Instance) -> Option<usize> {
        let stamp = instance.shape().stamp();
        if self.stamp.get() == stamp {
            return (!self.next.is_some()).then(|| self.slot.get() as usize);
        }
        self.others.find(|other| (other.0 == stamp && other.2.is_none()).then_some(other.1 as usize))
    }
}

/// Sets an attribute as a [`SetCache`] says.
#[inline(always)]
fn put(instance: &Instance, slot: u32, next: Option<Ref<Shape>>, value: Value) {
    match next {
        None => instance.set_slot(slot as usize, value),
        Some(shape) => instance.push_slot(shape, value),
    }
}

impl Planter<'_> {
    pub(super) fn attribute(&self, object: &Expr, name: Symbol, site: Site) -> Node {
        let site = self.site(site);
        let cache = AttrCache::default();
        match self.operand(object) {
            OperandShape::Local(object) => {
                let attr = Attr::new(object.0, name, site);
                Box::new(move |fp, vm| attr.get(fp, vm))
            }
            OperandShape::Near(object) => Box::new(move |fp, vm| {
                let own = |object: &Value| match object {
                    Value::Instance(instance) => cache.slot_in(instance).and_then(|slot| instance.slot(slot)),
                    _ => None,
                };
                if let Some(value) = object.look(fp, own) {
                    return Ok(value);
                }
                let object = object.get(fp, vm)?;
                cache.get(vm, &object, name, site)
            }),
            other => {
                let object = other.into_node();
                Box::new(move |fp, vm| {
                    let object = Held::new(object(fp, vm)?);
                    cache.get(vm, &object, name, site)
                })
            }
        }
    }
}

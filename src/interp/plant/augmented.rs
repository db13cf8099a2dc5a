//! `target op= value`: the target's parts are evaluated once, and a str or bytes that only the target holds grows in
//! place.

use super::arith::quick;
use super::attr::{AttrCache, SetCache};
use super::name::{cell_at, free_cell};
use super::operand::{Operand, Shape};
use super::target::set_item;
use super::{Act, AtSite, Flow, Planter, fail};
use crate::code::{BinaryOp, ClassOuter, Expr, Site, Slot, Target};
use crate::intern::{Symbol, sym};
use crate::object::dict::Look;
use crate::object::{Fp, Held, Node, R, Ref, Value, Vm};

/// Puts a value where the target's present one stands and gives that; gives the value back where it has no such place.
type Place = Box<dyn Fn(Fp, Value) -> Result<Value, Value>>;

impl Planter<'_> {
    /// `target op= value`
    pub(super) fn augmented(&self, op: BinaryOp, target: &Target, value: &Expr, target_site: Site, site: Site) -> Act {
        match target {
            // A proved local; one that may be unbound is checked first.
            Target::Local(slot) => {
                let slot = *slot;
                let update = self.update_local(op, slot, value, site);
                let Some(name) = self.code.slot_names.get(slot.0 as usize).copied().flatten() else { return update };
                let site = self.site(target_site);
                Box::new(move |fp, vm| {
                    if fp.peek(slot).is_missing() {
                        return fail(vm, site, vm.unbound_local(name));
                    }
                    update(fp, vm)
                })
            }
            Target::Attr { object, name, site: attr_site } => {
                let (name, node, sites) = (*name, self.expr(value), (self.site(site), self.site(*attr_site)));
                match self.operand_before(object, value) {
                    Shape::Local(object) => augmented_attr(op, object, name, node, sites),
                    other => augmented_attr(op, other.computed(), name, node, sites),
                }
            }
            Target::Index { object, index, site: index_site } => {
                let (node, sites) = (self.expr(value), (self.site(site), self.site(*index_site)));
                match (self.operand_before_all(object, &[index, value]), self.operand_before(index, value)) {
                    (Shape::Local(a), Shape::Local(b)) => augmented_index(op, a, b, node, sites),
                    (Shape::Local(a), Shape::Constant(b)) => augmented_index(op, a, b, node, sites),
                    (Shape::Local(a), Shape::Computed(b)) => augmented_index(op, a, b, node, sites),
                    (a, b) => augmented_index(op, a.computed(), b.computed(), node, sites),
                }
            }
            name => {
                let (load, store, value) = (self.load(name, target_site), self.assign(name), self.expr(value));
                let (place, site) = (self.place(name), self.site(site));
                Box::new(move |fp, vm| {
                    let old = load(fp, vm)?;
                    let b = Held::new(value(fp, vm)?);
                    if let Some(new) = in_place(vm, op, old, &b, site, &|value| place(fp, value))? {
                        store(fp, vm, new)?;
                    }
                    Ok(Flow::Next)
                })
            }
        }
    }

    /// The present value of a target that is a name.
    fn load(&self, target: &Target, site: Site) -> Node {
        let slot_name = |slot: Slot| self.code.slot_names.get(slot.0 as usize).copied().flatten();
        match target {
            Target::Cell(slot) => self.cell(*slot, slot_name(*slot).unwrap_or(sym::name), site),
            Target::Free(index) => {
                let name = self.code.free.get(index.0 as usize).copied().unwrap_or(sym::name);
                self.free(*index, name, site)
            }
            Target::Global(name) => self.global(*name, site),
            Target::ClassName(name) => self.class_name(*name, ClassOuter::Global, site),
            Target::Local(slot) => self.local_checked(*slot, slot_name(*slot).unwrap_or(sym::name), site),
            Target::Attr { .. } | Target::Index { .. } | Target::Unpack { .. } => {
                let site = self.site(site);
                Box::new(move |_, vm| fail(vm, site, vm.not_implemented("augmented assignment to this target")))
            }
        }
    }

    /// Where the value of a target that is a name stands.
    fn place(&self, target: &Target) -> Place {
        match target {
            Target::Cell(slot) => {
                let slot = *slot;
                Box::new(move |fp, value| match cell_at(fp, slot) {
                    Some(cell) => Ok(cell.value.replace(value)),
                    None => Err(value),
                })
            }
            Target::Free(index) => {
                let index = *index;
                Box::new(move |fp, value| match free_cell(fp, index) {
                    Some(cell) => Ok(cell.value.replace(value)),
                    None => Err(value),
                })
            }
            Target::Global(name) => {
                let (globals, name) = (self.globals.clone(), *name);
                Box::new(move |_, value| match globals.position_of(name) {
                    Some(at) => Ok(globals.set_at(at, value)),
                    None => Err(value),
                })
            }
            _ => Box::new(|_, value| Err(value)),
        }
    }
}

/// `object.name op= value`; sites of the operation and of the attribute.
fn augmented_attr<A: Operand>(
    op: BinaryOp,
    object: A,
    name: Symbol,
    value: Node,
    (site, attr_site): (u32, u32),
) -> Act {
    let (get, set) = (AttrCache::default(), SetCache::default());
    Box::new(move |fp, vm| {
        let object = object.get(fp, vm)?;
        let old = get.get(vm, &object, name, attr_site)?;
        let b = Held::new(value(fp, vm)?);
        if let Some(new) = in_place(vm, op, old, &b, site, &|value| attr_place(&set, &object, value))? {
            set.set(vm, &object, name, new, attr_site)?;
        }
        Ok(Flow::Next)
    })
}

/// A place that is an attribute of an instance.
fn attr_place(set: &SetCache, object: &Value, value: Value) -> Result<Value, Value> {
    if let Value::Instance(instance) = object
        && let Some(slot) = set.slot_in(instance)
        && let Some(standing) = instance.slot(slot)
    {
        instance.set_slot(slot, value);
        return Ok(standing);
    }
    Err(value)
}

/// `object[index] op= value`; sites of the operation and of the subscription.
fn augmented_index<A: Operand, B: Operand>(
    op: BinaryOp,
    object: A,
    index: B,
    value: Node,
    (site, index_site): (u32, u32),
) -> Act {
    Box::new(move |fp, vm| {
        let object = object.get(fp, vm)?;
        let index = index.get(fp, vm)?;
        let old = super::expr::get_item(vm, &object, &index, index_site)?;
        let b = Held::new(value(fp, vm)?);
        if let Some(new) = in_place(vm, op, old, &b, site, &|value| item_place(&object, &index, value))? {
            set_item(vm, &object, &index, new, index_site)?;
        }
        Ok(Flow::Next)
    })
}

/// A place that is an item of a plain list or dict.
fn item_place(object: &Value, index: &Value, value: Value) -> Result<Value, Value> {
    match (object, index) {
        (Value::List(list), Value::Int(i)) => {
            let at = if *i < 0 { *i + list.len() as i64 } else { *i };
            list.set(at as usize, value)
        }
        (Value::Dict(dict), _) => match dict.look(index) {
            Look::At(at) => Ok(dict.set_at(at, value)),
            _ => Err(value),
        },
        _ => Err(value),
    }
}

/// `old op= b`, where `old` was found at `place`. `None` when the result stands there already.
#[inline(always)]
fn in_place(
    vm: &Vm,
    op: BinaryOp,
    old: Value,
    b: &Value,
    site: u32,
    place: &dyn Fn(Value) -> Result<Value, Value>,
) -> R<Option<Value>> {
    match quick(op, &old, b) {
        Some(value) => Ok(Some(value)),
        None => in_place_slow(vm, op, old, b, site, place),
    }
}

#[inline(never)]
fn in_place_slow(
    vm: &Vm,
    op: BinaryOp,
    mut old: Value,
    b: &Value,
    site: u32,
    place: &dyn Fn(Value) -> Result<Value, Value>,
) -> R<Option<Value>> {
    // What only this node and the place hold is taken out of there for the time of the appending, which runs no script.
    let held_twice = match (&old, b) {
        (Value::Str(old), Value::Str(_)) => Ref::count(old) == 2,
        (Value::Bytes(old), Value::Bytes(_)) => Ref::count(old) == 2,
        _ => false,
    };
    if held_twice && op == BinaryOp::Add {
        match place(Value::None) {
            Ok(standing) if standing.id() == old.id() => {
                standing.discard();
                let grown = vm.grow(&mut old, b).at(vm, site);
                let left = place(old).err();
                return grown.map(|_| left);
            }
            // Evaluating the value has put something else there.
            Ok(standing) => drop(place(standing)),
            Err(_) => {}
        }
    }
    vm.binary_in_place(op, old, b).at(vm, site).map(Some)
}

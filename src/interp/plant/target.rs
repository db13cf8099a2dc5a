//! Assignment and deletion, target by target.

use super::attr::SetCache;
use super::name::{cell_at, free_cell};
use super::operand::{Operand, Shape};
use super::{Act, AtSite, Flow, Planter, fail};
use crate::code::{Expr, Item, Slot, Target};
use crate::intern::Symbol;
use crate::object::dict::Look;
use crate::object::{Fp, Held, Node, R, Str, T, Value, Vm};

/// A planted target: stores a value.
pub(super) type Store = Box<dyn Fn(Fp, &Vm, Value) -> R<()>>;

/// A planted deletion.
pub(super) type Delete = Box<dyn Fn(Fp, &Vm) -> R<()>>;

impl Planter<'_> {
    pub(super) fn assign(&self, target: &Target) -> Store {
        match target {
            Target::Local(slot) => {
                let slot = *slot;
                Box::new(move |fp, _, value| {
                    fp.set(slot, value);
                    Ok(())
                })
            }
            Target::Cell(slot) => {
                let slot = *slot;
                Box::new(move |fp, _, value| {
                    if let Some(cell) = cell_at(fp, slot) {
                        cell.value.set(value);
                    }
                    Ok(())
                })
            }
            Target::Free(index) => {
                let index = *index;
                Box::new(move |fp, _, value| {
                    if let Some(cell) = free_cell(fp, index) {
                        cell.value.set(value);
                    }
                    Ok(())
                })
            }
            Target::Global(name) => {
                let (globals, key) = (self.globals.clone(), Str::of_symbol(*name));
                Box::new(move |_, _, value| {
                    drop(globals.set_str(&key, value));
                    Ok(())
                })
            }
            Target::ClassName(name) => {
                let key = Str::of_symbol(*name);
                Box::new(move |fp, vm, value| match fp.peek(Slot(1)) {
                    Value::Dict(namespace) => {
                        drop(namespace.set_str(&key, value));
                        Ok(())
                    }
                    mapping => vm.set_item(&mapping.clone(), &Value::Str(key.clone()), value),
                })
            }
            Target::Attr { object, name, site } => {
                let site = self.site(*site);
                match self.operand(object) {
                    Shape::Local(object) => attr_store(object, *name, site),
                    other => attr_store(other.computed(), *name, site),
                }
            }
            Target::Index { object, index, site } => {
                let site = self.site(*site);
                match (self.operand_before(object, index), self.operand(index)) {
                    (Shape::Local(a), Shape::Local(b)) => index_store(a, b, site),
                    (Shape::Local(a), Shape::Constant(b)) => index_store(a, b, site),
                    (Shape::Local(a), Shape::Computed(b)) => index_store(a, b, site),
                    (Shape::Near(a), Shape::Local(b)) => index_store(a, b, site),
                    (a, b) => index_store(a.computed(), b.computed(), site),
                }
            }
            Target::Unpack { targets, star, site } => self.unpack(targets, *star, self.site(*site)),
        }
    }

    fn unpack(&self, targets: &[Target], star: Option<u32>, site: u32) -> Store {
        if let (Some(slots), None) = (locals(targets), star) {
            return Box::new(move |fp, vm, value| {
                let value = Held::new(value);
                if let Value::Tuple(tuple) = &*value
                    && tuple.len() == slots.len()
                {
                    for (slot, item) in slots.iter().zip(tuple.iter()) {
                        fp.set(*slot, item.clone());
                    }
                    return Ok(());
                }
                let items = vm.unpack_exactly(&value, slots.len()).at(vm, site)?;
                for (slot, item) in slots.iter().zip(items) {
                    fp.set(*slot, item);
                }
                Ok(())
            });
        }
        let stores: Box<[Store]> = targets.iter().map(|t| self.assign(t)).collect();
        match star {
            None => Box::new(move |fp, vm, value| {
                // A tuple of the right length, by far the commonest, is read in place.
                let value = Held::new(value);
                if let Value::Tuple(tuple) = &*value
                    && tuple.len() == stores.len()
                {
                    for (store, item) in stores.iter().zip(tuple.iter()) {
                        store(fp, vm, item.clone())?;
                    }
                    return Ok(());
                }
                let items = vm.unpack_exactly(&value, stores.len()).at(vm, site)?;
                for (store, item) in stores.iter().zip(items) {
                    store(fp, vm, item)?;
                }
                Ok(())
            }),
            Some(star) => Box::new(move |fp, vm, value| {
                let items = vm.unpack_starred(&value, star as usize, stores.len()).at(vm, site)?;
                for (store, item) in stores.iter().zip(items) {
                    store(fp, vm, item)?;
                }
                Ok(())
            }),
        }
    }

    /// `a, b = x, y`: the values go to the targets without a tuple in between. None for other assignments.
    pub(super) fn parallel(&self, target: &Target, value: &Expr) -> Option<Act> {
        let (Target::Unpack { targets, star: None, .. }, Expr::Tuple(items)) = (target, value) else { return None };
        if targets.len() != items.len() {
            return None;
        }
        let nodes = items.iter().map(|item| match item {
            Item::One(value) => Some(self.expr(value)),
            Item::Star(..) => None,
        });
        let nodes: Vec<Node> = nodes.collect::<Option<_>>()?;
        let nodes = match <[Node; 2]>::try_from(nodes) {
            Ok(nodes) => return Some(self.parallel_of(targets, nodes)),
            Err(nodes) => nodes,
        };
        <[Node; 3]>::try_from(nodes).ok().map(|nodes| self.parallel_of(targets, nodes))
    }

    fn parallel_of<const N: usize>(&self, targets: &[Target], nodes: [Node; N]) -> Act {
        if let Some(slots) = locals(targets) {
            return Box::new(move |fp, vm| {
                let values = evaluated(&nodes, fp, vm)?;
                for (slot, value) in slots.iter().zip(values) {
                    fp.set(*slot, value.into_value());
                }
                Ok(Flow::Next)
            });
        }
        let stores: Box<[Store]> = targets.iter().map(|t| self.assign(t)).collect();
        Box::new(move |fp, vm| {
            let values = evaluated(&nodes, fp, vm)?;
            for (store, value) in stores.iter().zip(values) {
                store(fp, vm, value.into_value())?;
            }
            Ok(Flow::Next)
        })
    }

    pub(super) fn delete(&self, target: &Target, site: u32) -> Delete {
        match target {
            Target::Local(slot) => {
                let slot = *slot;
                let name = self.code.slot_names.get(slot.0 as usize).copied().flatten();
                Box::new(move |fp, vm| {
                    let old = fp.take(slot);
                    match (old.is_missing(), name) {
                        (true, Some(name)) => fail(vm, site, vm.unbound_local(name)),
                        _ => Ok(()),
                    }
                })
            }
            Target::Cell(slot) => {
                let slot = *slot;
                let name = self.code.slot_names.get(slot.0 as usize).copied().flatten();
                Box::new(move |fp, vm| {
                    let old = cell_at(fp, slot).map_or(Value::Missing, |cell| cell.value.replace(Value::Missing));
                    match (old.is_missing(), name) {
                        (true, Some(name)) => fail(vm, site, vm.unbound_local(name)),
                        _ => Ok(()),
                    }
                })
            }
            Target::Free(index) => {
                let index = *index;
                let name = self.code.free.get(index.0 as usize).copied();
                Box::new(move |fp, vm| {
                    let old = free_cell(fp, index).map_or(Value::Missing, |cell| cell.value.replace(Value::Missing));
                    match (old.is_missing(), name) {
                        (true, Some(name)) => fail(vm, site, vm.unbound_free(name)),
                        _ => Ok(()),
                    }
                })
            }
            Target::Global(name) => {
                let (globals, name) = (self.globals.clone(), *name);
                Box::new(move |_, vm| match globals.remove_name(name) {
                    Some(_) => Ok(()),
                    None => fail(vm, site, vm.undefined(name)),
                })
            }
            Target::ClassName(name) => {
                let name = *name;
                Box::new(move |fp, vm| {
                    let namespace = fp.get(Slot(1));
                    let removed = match &namespace {
                        Value::Dict(dict) => Ok(dict.remove_name(name).map(drop)),
                        mapping => vm.catch(vm.del_item(mapping, &Value::name(name)), T::KeyError),
                    };
                    match removed {
                        Ok(Some(())) => Ok(()),
                        Ok(None) => fail(vm, site, vm.undefined(name)),
                        Err(raised) => fail(vm, site, raised),
                    }
                })
            }
            Target::Attr { object, name, site } => {
                let (object, name, site) = (self.expr(object), *name, self.site(*site));
                Box::new(move |fp, vm| {
                    let object = object(fp, vm)?;
                    vm.del_attr(&object, name).at(vm, site)
                })
            }
            Target::Index { object, index, site } => {
                let (object, index, site) = (self.expr(object), self.expr(index), self.site(*site));
                Box::new(move |fp, vm| {
                    let object = object(fp, vm)?;
                    let index = index(fp, vm)?;
                    vm.del_item(&object, &index).at(vm, site)
                })
            }
            Target::Unpack { targets, .. } => {
                let deletes: Box<[Delete]> = targets.iter().map(|t| self.delete(t, site)).collect();
                Box::new(move |fp, vm| deletes.iter().try_for_each(|delete| delete(fp, vm)))
            }
        }
    }
}

/// `object.name = value`
fn attr_store<A: Operand>(object: A, name: Symbol, site: u32) -> Store {
    let cache = SetCache::default();
    Box::new(move |fp, vm, value| {
        let object = object.get(fp, vm)?;
        cache.set(vm, &object, name, value, site)
    })
}

/// The slots of targets that are all locals.
fn locals(targets: &[Target]) -> Option<Box<[Slot]>> {
    let slot = |target: &Target| match target {
        Target::Local(slot) => Some(*slot),
        _ => None,
    };
    targets.iter().map(slot).collect()
}

/// The values of all nodes, in order.
#[inline(always)]
fn evaluated<const N: usize>(nodes: &[Node; N], fp: Fp, vm: &Vm) -> R<[Held; N]> {
    let mut values = [const { Held::NOTHING }; N];
    for (place, node) in values.iter_mut().zip(nodes) {
        *place = Held::new(node(fp, vm)?);
    }
    Ok(values)
}

fn index_store<A: Operand, B: Operand>(object: A, index: B, site: u32) -> Store {
    Box::new(move |fp, vm, value| {
        let object = object.get(fp, vm)?;
        let index = index.get(fp, vm)?;
        set_item(vm, &object, &index, value, site)
    })
}

/// `object[index] = value`: a list by a small int inline, and a dict where the key is there.
#[inline(always)]
pub(super) fn set_item(vm: &Vm, object: &Value, index: &Value, value: Value, site: u32) -> R<()> {
    match (object, index) {
        (Value::List(list), Value::Int(i)) => {
            let at = if *i < 0 { *i + list.len() as i64 } else { *i };
            match list.set(at as usize, value) {
                Ok(old) => {
                    old.discard();
                    Ok(())
                }
                Err(value) => vm.set_item(object, index, value).at(vm, site),
            }
        }
        (Value::Dict(dict), _) => match dict.look(index) {
            Look::At(at) => {
                dict.set_at(at, value).discard();
                Ok(())
            }
            _ => vm.set_item(object, index, value).at(vm, site),
        },
        _ => vm.set_item(object, index, value).at(vm, site),
    }
}

impl Vm {
    /// The items of a sequence that must have exactly `count`.
    pub(super) fn unpack_exactly(&self, value: &Value, count: usize) -> R<Vec<Value>> {
        match value {
            Value::List(list) if list.len() == count => return Ok(list.snapshot()),
            Value::Tuple(tuple) if tuple.len() == count => return Ok(tuple.to_vec()),
            _ => {}
        }
        let iterator = self.unpack_iter(value)?;
        let mut items = Vec::with_capacity(count);
        while items.len() < count {
            match self.next(&iterator)? {
                Some(item) => items.push(item),
                None => {
                    let got = items.len();
                    return Err(self.value_error(format!("not enough values to unpack (expected {count}, got {got})")));
                }
            }
        }
        if self.next(&iterator)?.is_some() {
            return Err(self.value_error(format!("too many values to unpack (expected {count})")));
        }
        Ok(items)
    }

    /// As many items as there are targets, those for the starred one in a list.
    pub(super) fn unpack_starred(&self, value: &Value, star: usize, targets: usize) -> R<Vec<Value>> {
        let iterator = self.unpack_iter(value)?;
        let mut items = self.collect(&iterator)?;
        let fixed = targets - 1;
        if items.len() < fixed {
            let got = items.len();
            return Err(self.value_error(format!("not enough values to unpack (expected at least {fixed}, got {got})")));
        }
        let after = items.split_off(items.len() - (fixed - star));
        let middle = items.split_off(star);
        items.push(Value::list(middle));
        items.extend(after);
        Ok(items)
    }

    fn unpack_iter(&self, value: &Value) -> R {
        let plain = matches!(value, Value::Iter(_) | Value::Machine(_));
        if !plain
            && self.special(value, crate::intern::sym::__iter__).is_none_or(|f| f.is_none())
            && self.special(value, crate::intern::sym::__getitem__).is_none_or(|found| {
                // `list[int]` is no item of `list`.
                matches!((value, found), (Value::Class(_), Value::Builtin(_)))
            })
        {
            return Err(self.type_error(format!("cannot unpack non-iterable {} object", self.type_name(value))));
        }
        self.iter(value)
    }
}

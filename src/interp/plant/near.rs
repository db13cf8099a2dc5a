//! Operands one step away from a local: `x.name` and `x[i]`, which are mostly read and compared where they stand, without
//! a node of their own and without a count up and down. Must not know which node reads them.
//!
//! Invariant: a reference to where a value stands lives only while `show` looks at it, which changes nothing and runs no
//! code of a script ([`Operand::look`]; all its callers are in this folder).
#![allow(unsafe_code)]

use super::Planter;
use super::attr::AttrCache;
use super::expr::get_item;
use super::operand::{Constant, Local, Operand};
use crate::code::{Expr, Site, Slot};
use crate::intern::Symbol;
use crate::object::{Fp, Held, Node, R, Value, Vm};

pub(super) enum Near {
    Attr(Attr),
    At(Item<Local>),
    AtConstant(Item<Constant>),
}

/// `local.name`
pub(super) struct Attr {
    object: Slot,
    name: Symbol,
    cache: AttrCache,
    site: u32,
}

/// `local[index]`
pub(super) struct Item<I> {
    object: Slot,
    index: I,
    site: u32,
}

impl Attr {
    pub(super) fn new(object: Slot, name: Symbol, site: u32) -> Attr {
        Attr { object, name, cache: AttrCache::default(), site }
    }

    #[inline(always)]
    pub(super) fn get(&self, fp: Fp, vm: &Vm) -> R {
        self.cache.get(vm, fp.peek(self.object), self.name, self.site)
    }

    #[inline(always)]
    unsafe fn standing(&self, fp: Fp) -> Option<&Value> {
        let Value::Instance(instance) = fp.peek(self.object) else { return None };
        let slot = self.cache.slot_in(instance)?;
        // SAFETY: the caller's promise.
        unsafe { instance.standing(slot) }
    }
}

impl<I: Operand> Item<I> {
    #[inline(always)]
    fn get(&self, fp: Fp, vm: &Vm) -> R {
        let index = self.index.get(fp, vm)?;
        get_item(vm, fp.peek(self.object), &index, self.site)
    }

    /// Of lists and tuples by a small int.
    #[inline(always)]
    unsafe fn standing(&self, fp: Fp) -> Option<&Value> {
        let index = self.index.look(fp, |index| match index {
            Value::Int(index) => Some(*index),
            _ => None,
        })?;
        match fp.peek(self.object) {
            // SAFETY: the caller's promise.
            Value::List(list) => unsafe { list.standing(index) },
            Value::Tuple(tuple) => {
                let at = if index < 0 { index + tuple.len() as i64 } else { index };
                tuple.get(at as usize)
            }
            _ => None,
        }
    }
}

impl Operand for Near {
    const NEAR: bool = true;
    type Out<'a> = Held;

    /// What a look did not find: not worth code in each node.
    #[inline(never)]
    fn get(&self, fp: Fp, vm: &Vm) -> R<Held> {
        match self {
            Near::Attr(attr) => attr.get(fp, vm),
            Near::At(item) => item.get(fp, vm),
            Near::AtConstant(item) => item.get(fp, vm),
        }
        .map(Held::new)
    }

    #[inline(always)]
    fn own(out: Held) -> Value {
        out.into_value()
    }

    #[inline(always)]
    fn look<T>(&self, fp: Fp, show: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        // SAFETY: `show` is done with the value when it returns, and does nothing meanwhile that may move it.
        let value = unsafe {
            match self {
                Near::Attr(attr) => attr.standing(fp),
                Near::At(item) => item.standing(fp),
                Near::AtConstant(item) => item.standing(fp),
            }
        };
        show(value?)
    }
}

impl Near {
    pub(super) fn into_node(self) -> Node {
        match self {
            Near::Attr(attr) => Box::new(move |fp, vm| attr.get(fp, vm)),
            Near::At(item) => Box::new(move |fp, vm| item.get(fp, vm)),
            Near::AtConstant(item) => Box::new(move |fp, vm| item.get(fp, vm)),
        }
    }
}

impl Planter<'_> {
    /// The operand, if it is one step away from a local that is proved assigned.
    pub(super) fn near(&self, expr: &Expr) -> Option<Near> {
        match expr {
            Expr::Attr { object, name, site } => {
                let Expr::Local { slot } = **object else { return None };
                Some(Near::Attr(Attr::new(slot, *name, self.site(*site))))
            }
            Expr::Index { object, index, site } => {
                let Expr::Local { slot } = **object else { return None };
                self.near_item(slot, index, *site)
            }
            _ => None,
        }
    }

    fn near_item(&self, object: Slot, index: &Expr, site: Site) -> Option<Near> {
        let site = self.site(site);
        match index {
            Expr::Local { slot } => Some(Near::At(Item { object, index: Local(*slot), site })),
            Expr::Const(value) => Some(Near::AtConstant(Item { object, index: Constant(self.constant(value)), site })),
            _ => None,
        }
    }
}

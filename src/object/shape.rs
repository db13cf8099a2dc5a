//! Shapes: which attribute stands in which slot of an instance. Instances of a class that were given the same
//! attributes in the same order share one shape, so that a cache in a node can remember "shape 12: slot 1".

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashMap;

use super::{Heap, Ref};
use crate::intern::Symbol;

/// An instance with more attributes than this keeps them in a dict.
const MAX_ATTRIBUTES: usize = 128;

/// How many shapes follow one. Where instances of a class begin with more names than that, they are data rather than
/// fields: further ones are kept in dicts.
const MAX_NEXT: usize = 128;

pub struct Shape {
    /// See [`Shape::stamp`].
    stamp: Cell<u32>,
    /// Attribute names by slot, from slot `base` on.
    names: Box<[Symbol]>,
    index: FxHashMap<Symbol, u32>,
    /// What adding one more attribute leads to.
    next: RefCell<Vec<(Symbol, Ref<Shape>)>>,
    /// Slots before the attributes (1 when slot 0 holds the builtin value of a subclass of a builtin type).
    base: u32,
    /// Attributes live in a dict in slot `base`.
    pub is_dict: bool,
}

impl Heap for Shape {}

thread_local! {
    static NEXT_STAMP: Cell<u32> = const { Cell::new(1) };
}

/// A number that no class and no shape has had before; never 0. (After four thousand million of them they begin anew.)
pub fn fresh_stamp() -> u32 {
    let stamp = NEXT_STAMP.get();
    NEXT_STAMP.set(stamp.wrapping_add(1).max(1));
    stamp
}

impl Shape {
    /// The shape of a fresh instance of some class.
    pub fn root(base: u32) -> Ref<Shape> {
        Ref::new(Shape {
            stamp: Cell::new(fresh_stamp()),
            names: Box::default(),
            index: FxHashMap::default(),
            next: RefCell::default(),
            base,
            is_dict: false,
        })
    }

    /// The shape of an instance whose attributes live in a dict.
    pub fn dict(base: u32) -> Ref<Shape> {
        Ref::new(Shape {
            stamp: Cell::new(fresh_stamp()),
            names: Box::default(),
            index: FxHashMap::default(),
            next: RefCell::default(),
            base,
            is_dict: true,
        })
    }

    /// Stands for the shape, and for the class in its present state: what a cache in a node compares. Unique among the stamps of
    /// all shapes and the versions of all classes.
    #[inline(always)]
    pub fn stamp(&self) -> u32 {
        self.stamp.get()
    }

    /// The class changed: what caches know of this shape, and of those that come after it, is stale.
    pub fn restamp(&self) {
        self.stamp.set(fresh_stamp());
        for (_, shape) in self.next.borrow().iter() {
            shape.restamp();
        }
    }

    /// The slot of an attribute.
    #[inline]
    pub fn slot_of(&self, name: Symbol) -> Option<usize> {
        if self.names.len() <= 6 {
            return self.names.iter().position(|&n| n == name).map(|i| i + self.base as usize);
        }
        self.index.get(&name).map(|&i| i as usize)
    }

    /// Whether an attribute may be added by going to another shape.
    pub fn may_add(&self, name: Symbol) -> bool {
        let next = self.next.borrow();
        self.names.len() < MAX_ATTRIBUTES && (next.len() < MAX_NEXT || next.iter().any(|(known, _)| *known == name))
    }

    /// The shape after `name` was added.
    pub fn with(&self, name: Symbol) -> Ref<Shape> {
        if let Some((_, shape)) = self.next.borrow().iter().find(|(n, _)| *n == name) {
            return shape.clone();
        }
        let names: Box<[Symbol]> = self.names.iter().copied().chain([name]).collect();
        let index = names.iter().enumerate().map(|(i, &n)| (n, i as u32 + self.base)).collect();
        let shape = Ref::new(Shape {
            stamp: Cell::new(fresh_stamp()),
            names,
            index,
            next: RefCell::default(),
            base: self.base,
            is_dict: false,
        });
        self.next.borrow_mut().push((name, shape.clone()));
        shape
    }

    pub fn names(&self) -> &[Symbol] {
        &self.names
    }

    pub fn base(&self) -> usize {
        self.base as usize
    }
}

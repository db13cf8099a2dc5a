//! Classes: a name, bases, a resolution order and a namespace; for builtin types also their static table.
//!
//! A class's version changes with every change to it or to a base, so that caches keyed on it need no other guard.

use std::cell::{Cell, OnceCell, RefCell};

use rustc_hash::FxHashMap;

use super::cycles::{Kind, Tracer};
use super::row::TypeSpec;
use super::shape::fresh_stamp;
use super::{Heap, Ref, Shape, Swap, T, Value};
use crate::intern::{Symbol, sym};

/// What an instance of the class is made of; a class and its bases must agree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// A plain [`super::Instance`].
    Object,
    /// A [`super::Instance`] around a value of a builtin type (int, str, list, ...).
    Payload(T),
    Exception,
    /// A class of classes.
    Type,
    /// A [`super::Native`] that the builtin type's own constructor makes.
    Native(T),
}

/// Facts about a class that hot paths ask for; derived from its namespace and bases.
#[derive(Clone, Copy, Default)]
struct Traits {
    /// `__eq__` is a script's.
    eq: bool,
    /// `__hash__` is a script's (or None).
    hash: bool,
    /// `__del__` exists.
    del: bool,
    /// `__getattribute__` is a script's.
    getattribute: bool,
    /// `__getattr__` exists.
    getattr: bool,
    /// `__setattr__` is a script's.
    setattr: bool,
}

pub struct Class {
    name: Cell<Symbol>,
    qualname: RefCell<String>,
    bases: RefCell<Vec<Ref<Class>>>,
    /// The resolution order after the class itself.
    tail: RefCell<Vec<Ref<Class>>>,
    namespace: RefCell<Namespace>,
    version: Cell<u32>,
    traits: Cell<Traits>,
    pub layout: Layout,
    /// The class of this class; `None` for `type` itself while it is being made.
    metaclass: RefCell<Option<Ref<Class>>>,
    /// The builtin type this is, if it is one.
    pub builtin: Option<T>,
    spec: OnceCell<&'static TypeSpec>,
    filled: Cell<bool>,
    subclasses: RefCell<Vec<*const Class>>,
    root_shape: Swap<Option<Ref<Shape>>>,
    /// See [`Class::usual_slots`].
    usual_slots: Cell<u32>,
    dict_shape: Swap<Option<Ref<Shape>>>,
    /// Instances have no `__dict__`: the attributes that `__slots__` allows.
    pub slots: OnceCell<Vec<Symbol>>,
    /// How a builtin type's namespace is filled on first use (set by the layer that owns the tables).
    fill: Cell<Option<Fill>>,
}

/// Fills the namespace of a builtin type from its table.
type Fill = fn(&Class, &'static TypeSpec);

/// Names in order, with an index.
#[derive(Default)]
struct Namespace {
    entries: Vec<(Symbol, Value)>,
    index: FxHashMap<Symbol, u32>,
}

impl Heap for Class {
    const KIND: Kind = Kind::Class;
    fn trace(&self, tracer: &mut Tracer) {
        for classes in [self.bases.try_borrow(), self.tail.try_borrow()] {
            match classes {
                Ok(classes) => classes.iter().for_each(|class| tracer.object(class)),
                Err(_) => tracer.pin(),
            }
        }
        match (self.namespace.try_borrow(), self.metaclass.try_borrow()) {
            (Ok(namespace), Ok(metaclass)) => {
                tracer.values(namespace.entries.iter().map(|(_, value)| value));
                metaclass.iter().for_each(|metaclass| tracer.object(metaclass));
            }
            _ => tracer.pin(),
        }
    }
    fn clear(&self) {
        let old = self.namespace.try_borrow_mut().map(|mut namespace| std::mem::take(&mut *namespace));
        self.touch();
        drop(old);
    }
}

/// The results of recent lookups, for all classes: which class of the resolution order has a name, and where.
mod lookups {
    #![allow(unsafe_code)]

    use std::cell::Cell;

    use super::Class;
    use crate::intern::Symbol;

    const PLACES: usize = 512;

    #[derive(Clone, Copy)]
    struct Place {
        /// The version of the class that was asked; 0: empty.
        version: u32,
        name: u32,
        /// Null: nobody has the name. Invariant: alive while a class with that version is, whose resolution order holds it.
        owner: *const Class,
        position: u32,
    }

    thread_local! {
        static PLACES_OF: [Cell<Place>; PLACES] = const {
            [const { Cell::new(Place { version: 0, name: 0, owner: std::ptr::null(), position: 0 }) }; PLACES]
        };
    }

    /// The class of the resolution order that has the name, and the position there.
    #[inline]
    pub fn find(class: &Class, name: Symbol) -> Option<(&Class, u32)> {
        let version = class.version();
        let at = (version.wrapping_mul(31) ^ name.0) as usize % PLACES;
        let place = PLACES_OF.with(|places| places[at].get());
        let place = if place.version == version && place.name == name.0 { place } else { search(class, name, at) };
        // SAFETY: versions are unique to a class in one state, so this is the class that was asked, and its resolution order,
        // which keeps the owner alive, is what it was.
        Some((unsafe { place.owner.as_ref() }?, place.position))
    }

    #[inline(never)]
    fn search(class: &Class, name: Symbol, at: usize) -> Place {
        let tail = class.tail.borrow();
        let found = match class.position(name) {
            Some(position) => Some((class as *const Class, position)),
            None => tail.iter().find_map(|c| c.position(name).map(|position| (&**c as *const Class, position))),
        };
        let (owner, position) = found.unwrap_or((std::ptr::null(), 0));
        // Asked now: filling a builtin type may have changed it.
        let place = Place { version: class.version(), name: name.0, owner, position };
        PLACES_OF.with(|places| places[at].set(place));
        place
    }
}

impl Drop for Class {
    fn drop(&mut self) {
        let this = self as *const Class;
        for base in self.bases.borrow().iter() {
            base.subclasses.borrow_mut().retain(|&s| s != this);
        }
    }
}

impl Class {
    /// A class with its resolution order (without itself) already computed.
    pub fn new(
        name: Symbol,
        bases: Vec<Ref<Class>>,
        tail: Vec<Ref<Class>>,
        layout: Layout,
        metaclass: Option<Ref<Class>>,
        builtin: Option<T>,
    ) -> Ref<Class> {
        let class = Ref::new(Class {
            name: Cell::new(name),
            qualname: RefCell::new(name.as_str().to_owned()),
            bases: RefCell::new(Vec::new()),
            tail: RefCell::new(tail),
            namespace: RefCell::default(),
            version: Cell::new(fresh_stamp()),
            traits: Cell::default(),
            layout,
            metaclass: RefCell::new(metaclass),
            builtin,
            spec: OnceCell::new(),
            filled: Cell::new(false),
            subclasses: RefCell::default(),
            root_shape: Swap::new(None),
            usual_slots: Cell::new(0),
            dict_shape: Swap::new(None),
            slots: OnceCell::new(),
            fill: Cell::new(None),
        });
        class.set_bases(bases);
        class
    }

    fn set_bases(&self, bases: Vec<Ref<Class>>) {
        for base in &bases {
            base.subclasses.borrow_mut().push(self);
        }
        *self.bases.borrow_mut() = bases;
        self.derive_traits();
    }

    /// Gives a builtin type its table, which `fill` turns into a namespace on first use.
    pub fn set_spec(&self, spec: &'static TypeSpec, fill: fn(&Class, &'static TypeSpec)) {
        let _ = self.spec.set(spec);
        self.fill.set(Some(fill));
    }

    pub fn spec(&self) -> Option<&'static TypeSpec> {
        self.spec.get().copied()
    }

    /// The nearest builtin type's table in the resolution order that says how instances are made.
    pub fn constructor(&self) -> Option<&'static TypeSpec> {
        let own = self.spec().filter(|s| s.new.is_some());
        own.or_else(|| self.tail.borrow().iter().find_map(|c| c.spec().filter(|s| s.new.is_some())))
    }

    pub fn name(&self) -> Symbol {
        self.name.get()
    }

    pub fn set_name(&self, name: Symbol) {
        self.name.set(name);
    }

    pub fn qualname(&self) -> String {
        self.qualname.borrow().clone()
    }

    pub fn set_qualname(&self, name: &str) {
        *self.qualname.borrow_mut() = name.to_owned();
    }

    pub fn bases(&self) -> Vec<Ref<Class>> {
        self.bases.borrow().clone()
    }

    /// The class that this class is an instance of. `type` is its own.
    pub fn metaclass(&self) -> Ref<Class> {
        self.metaclass.borrow().clone().expect("every class but `type` is made with one, and `type` gets itself")
    }

    pub fn set_metaclass(&self, metaclass: Ref<Class>) {
        *self.metaclass.borrow_mut() = Some(metaclass);
    }

    /// Other bases for the class; its resolution order is then to be set.
    pub fn replace_bases(&self, bases: Vec<Ref<Class>>) {
        let this = self as *const Class;
        for base in self.bases() {
            base.subclasses.borrow_mut().retain(|&s| s != this);
        }
        self.set_bases(bases);
    }

    /// Another resolution order after the class itself.
    pub fn set_order(&self, tail: Vec<Ref<Class>>) {
        let old = self.tail.replace(tail);
        self.touch();
        drop(old);
    }

    /// The resolution order after the class itself.
    pub fn mro_tail(&self) -> Vec<Ref<Class>> {
        self.tail.borrow().clone()
    }

    /// Whether this is `other` or derived from it.
    pub fn is_subclass(&self, other: &Class) -> bool {
        std::ptr::eq(self, other) || self.tail.borrow().iter().any(|c| std::ptr::eq(&**c, other))
    }

    /// Unique to this class in its present state.
    #[inline(always)]
    pub fn version(&self) -> u32 {
        self.version.get()
    }

    fn fill(&self) {
        if !self.filled.replace(true)
            && let (Some(spec), Some(fill)) = (self.spec.get(), self.fill.get())
        {
            fill(self, spec);
        }
    }

    /// A name in the class's own namespace.
    pub fn own(&self, name: Symbol) -> Option<Value> {
        self.fill();
        let namespace = self.namespace.borrow();
        namespace.index.get(&name).map(|&i| namespace.entries[i as usize].1.clone())
    }

    /// A name in the class or the first base that has it.
    #[inline]
    pub fn lookup(&self, name: Symbol) -> Option<Value> {
        lookups::find(self, name).and_then(|(owner, position)| owner.value_at(position))
    }

    /// The position of a name in the class's own namespace; holds while the version does.
    fn position(&self, name: Symbol) -> Option<u32> {
        self.fill();
        self.namespace.borrow().index.get(&name).copied()
    }

    /// What stands at a position of the class's own namespace.
    #[inline]
    pub fn value_at(&self, position: u32) -> Option<Value> {
        self.namespace.borrow().entries.get(position as usize).map(|(_, value)| value.clone())
    }

    /// The class that [`Class::lookup`] finds a name in, and the position there; holds while the version does.
    pub fn locate(&self, name: Symbol) -> Option<(Ref<Class>, u32)> {
        // SAFETY: classes only ever live in a `Ref`.
        #[allow(unsafe_code)]
        lookups::find(self, name).map(|(owner, position)| (unsafe { Ref::from_borrowed(owner) }, position))
    }

    /// [`Class::lookup`] in the resolution order after `class`: what `super()` sees.
    pub fn lookup_after(&self, class: &Class, name: Symbol) -> Option<Value> {
        let tail = self.tail.borrow();
        let from = if std::ptr::eq(self, class) { 0 } else { tail.iter().position(|c| std::ptr::eq(&**c, class))? + 1 };
        tail[from..].iter().find_map(|c| c.own(name))
    }

    /// Whether the name is found in a class that a script defined, before any builtin type.
    fn is_by_script(&self, name: Symbol) -> bool {
        if self.builtin.is_some() {
            return false;
        }
        if self.namespace.borrow().index.contains_key(&name) {
            return true;
        }
        for class in self.tail.borrow().iter() {
            if class.builtin.is_some() {
                return false;
            }
            if class.namespace.borrow().index.contains_key(&name) {
                return true;
            }
        }
        false
    }

    fn derive_traits(&self) {
        let del = self.is_by_script(sym::__del__);
        if del {
            super::cycles::note_watcher();
        }
        self.traits.set(Traits {
            eq: self.is_by_script(sym::__eq__),
            hash: self.is_by_script(sym::__hash__),
            del,
            getattribute: self.is_by_script(sym::__getattribute__),
            getattr: self.is_by_script(sym::__getattr__),
            setattr: self.is_by_script(sym::__setattr__) || self.is_by_script(sym::__delattr__),
        });
    }

    /// `__eq__` is a script's.
    pub fn compares_by_script(&self) -> bool {
        self.traits.get().eq
    }

    /// `__hash__` is a script's, or `__eq__` is (which takes the hash away).
    pub fn hashes_by_script(&self) -> bool {
        self.traits.get().hash || self.traits.get().eq
    }

    pub fn has_finalizer(&self) -> bool {
        self.traits.get().del
    }

    pub fn has_getattribute(&self) -> bool {
        self.traits.get().getattribute
    }

    pub fn has_getattr(&self) -> bool {
        self.traits.get().getattr
    }

    /// `__setattr__` or `__delattr__` is a script's.
    pub fn has_setattr(&self) -> bool {
        self.traits.get().setattr
    }

    /// Binds a name in the namespace; the version of the class and of all its subclasses changes, unless a value that nobody
    /// remembers replaces another one (`Counter.made += 1`): caches keep where such values stand, not the values.
    pub fn set(&self, name: Symbol, value: Value) {
        self.fill();
        let is_data = value.is_data();
        let old = self.set_quietly(name, value);
        if !(is_data && old.as_ref().is_some_and(Value::is_data) && !name.as_str().starts_with("__")) {
            self.touch();
        }
        drop(old);
    }

    /// Fills the namespace of a class that nothing has looked at yet.
    pub fn set_quietly(&self, name: Symbol, value: Value) -> Option<Value> {
        let mut namespace = self.namespace.borrow_mut();
        match namespace.index.get(&name).copied() {
            Some(at) => Some(std::mem::replace(&mut namespace.entries[at as usize].1, value)),
            None => {
                let at = namespace.entries.len() as u32;
                namespace.index.insert(name, at);
                namespace.entries.push((name, value));
                None
            }
        }
    }

    /// Unbinds a name; false when it is not in the namespace.
    pub fn remove(&self, name: Symbol) -> bool {
        self.fill();
        let old = {
            let mut namespace = self.namespace.borrow_mut();
            let Some(at) = namespace.index.remove(&name) else { return false };
            let old = namespace.entries.remove(at as usize);
            for place in namespace.index.values_mut().filter(|place| **place > at) {
                *place -= 1;
            }
            old
        };
        self.touch();
        drop(old);
        true
    }

    /// The namespace in order.
    pub fn entries(&self) -> Vec<(Symbol, Value)> {
        self.fill();
        self.namespace.borrow().entries.clone()
    }

    /// Direct subclasses that are alive.
    #[allow(unsafe_code)]
    pub fn subclasses(&self) -> Vec<Ref<Class>> {
        // SAFETY: a class takes itself off its bases' lists when it is dropped, so every pointer here is alive, and
        // classes only ever live in a `Ref`.
        self.subclasses.borrow().iter().map(|&s| unsafe { Ref::from_borrowed(&*s) }).collect()
    }

    /// A change to the class: caches that know it or a subclass are stale.
    pub fn touch(&self) {
        self.version.set(fresh_stamp());
        for shape in [self.root_shape.get(), self.dict_shape.get()].into_iter().flatten() {
            shape.restamp();
        }
        self.derive_traits();
        for subclass in self.subclasses() {
            subclass.touch();
        }
    }

    /// How many slots instances have come to so far, for the next one to be made with room for as many.
    pub fn usual_slots(&self) -> u32 {
        self.usual_slots.get()
    }

    /// An instance has come to have this many slots.
    pub fn note_slots(&self, slots: u32) {
        self.usual_slots.set(self.usual_slots.get().max(slots));
    }

    /// The shape of a fresh instance.
    pub fn root_shape(&self) -> Ref<Shape> {
        if let Some(shape) = self.root_shape.get() {
            return shape;
        }
        let shape = Shape::root(matches!(self.layout, Layout::Payload(_)) as u32);
        self.root_shape.set(Some(shape.clone()));
        shape
    }

    /// The shape of an instance in dict mode.
    pub fn dict_shape(&self, base: u32) -> Ref<Shape> {
        if let Some(shape) = self.dict_shape.get() {
            return shape;
        }
        let shape = Shape::dict(base);
        self.dict_shape.set(Some(shape.clone()));
        shape
    }

    /// Whether the attribute may be set on an instance that has only `__slots__`.
    pub fn allows_attribute(&self, name: Symbol) -> bool {
        if self.slots.get().is_none() {
            return self.builtin.is_none();
        }
        let allows = |class: &Class| class.slots.get().is_some_and(|s| s.contains(&name) || s.contains(&sym::__dict__));
        let open = |class: &Class| class.builtin.is_none() && class.slots.get().is_none();
        allows(self) || self.tail.borrow().iter().any(|c| allows(c) || open(c))
    }
}

//! Callables: functions of scripts, builtins, bound methods; and the descriptors property, staticmethod, classmethod.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::cycles::{Kind, Tracer};
use super::row::{Row, RowKind};
use super::stack::Planted;
use super::{Class, Dict, Few, Heap, Ref, Swap, Value, VarCell};
use crate::code::Code;
use crate::intern::Symbol;

/// A function that a script defined.
pub struct Function {
    pub planted: Rc<Planted>,
    /// The cells of captured variables, in the order of the code's free names.
    pub closure: Box<[Ref<VarCell>]>,
    /// For the last positional parameters.
    pub defaults: Swap<Ref<super::Tuple>>,
    /// For keyword-only parameters.
    pub keyword_defaults: RefCell<KeywordDefaults>,
    pub name: Cell<Symbol>,
    pub qualname: RefCell<Rc<str>>,
    /// A script has set one of them: what it makes has that name, not the body's.
    pub renamed: Cell<bool>,
    /// Set when any of `__doc__`, `__dict__`, `__annotations__`, ... is asked for or given.
    pub extra: OnceCell<Box<FunctionExtra>>,
}

/// Defaults of keyword-only parameters.
pub enum KeywordDefaults {
    /// As the definition gave them; `Missing` for those without one.
    Given(Vec<(Symbol, Value)>),
    /// The dict that `__kwdefaults__` is, once a script has seen it.
    Live(Ref<Dict>),
}

impl KeywordDefaults {
    /// The default of one parameter.
    pub fn of(&self, name: Symbol) -> Option<Value> {
        match self {
            KeywordDefaults::Given(given) => given.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()),
            KeywordDefaults::Live(dict) => dict.get_name(name),
        }
    }
}

impl Default for KeywordDefaults {
    fn default() -> KeywordDefaults {
        KeywordDefaults::Given(Vec::new())
    }
}

/// What few functions are asked for.
pub struct FunctionExtra {
    pub attributes: Ref<Dict>,
    pub annotations: Ref<Dict>,
    pub doc: Swap<Value>,
    /// `__module__` when it was set; `Missing`: the name of the module it was made in.
    pub module: Swap<Value>,
    /// Names of type parameters (`def f[T]`).
    pub type_params: Swap<Value>,
}

impl Heap for Function {
    const KIND: Kind = Kind::Function;
    fn trace(&self, tracer: &mut Tracer) {
        self.closure.iter().for_each(|cell| tracer.object(cell));
        self.defaults.look(|defaults| tracer.object(defaults));
        if let Ok(defaults) = self.keyword_defaults.try_borrow() {
            match &*defaults {
                KeywordDefaults::Given(given) => tracer.values(given.iter().map(|(_, value)| value)),
                KeywordDefaults::Live(dict) => tracer.object(dict),
            }
        }
        if let Some(extra) = self.extra.get() {
            tracer.object(&extra.attributes);
            tracer.object(&extra.annotations);
            for value in [&extra.doc, &extra.module, &extra.type_params] {
                value.look(|value| tracer.value(value));
            }
        }
    }
    fn clear(&self) {
        drop(self.keyword_defaults.try_borrow_mut().map(|mut defaults| std::mem::take(&mut *defaults)));
        self.defaults.set(super::Tuple::new(Vec::new()));
    }
}

impl Function {
    pub fn code(&self) -> &Rc<Code> {
        &self.planted.code
    }

    /// Made by `async def`, and no generator: calling it gives a coroutine.
    pub fn is_coroutine(&self) -> bool {
        self.planted.code.flavour == crate::code::Flavour::Coroutine
    }

    pub fn extra(&self) -> &FunctionExtra {
        self.extra.get_or_init(|| {
            Box::new(FunctionExtra {
                attributes: Ref::new(Dict::new()),
                annotations: Ref::new(Dict::new()),
                doc: Swap::new(self.code().doc.as_deref().map_or(Value::None, Value::str)),
                module: Swap::new(Value::Missing),
                type_params: Swap::new(Value::tuple(Vec::new())),
            })
        })
    }
}

/// A builtin function, or a method of a builtin type not yet bound.
pub struct Builtin {
    pub row: &'static Row,
    /// The type that a method belongs to.
    pub owner: Option<&'static str>,
    /// The module that a function belongs to, and a method whose type CPython writes in Python.
    pub module: Option<&'static str>,
    /// The signature taken apart, on the first call that needs it.
    pub signature: OnceCell<Signature>,
}

impl Heap for Builtin {}

/// Dunders that CPython has among the plain methods of its types, not in slots.
const PLAIN_DUNDERS: &[&str] = &[
    "__alloc__",
    "__bytes__",
    "__ceil__",
    "__class_getitem__",
    "__complex__",
    "__dir__",
    "__enter__",
    "__exit__",
    "__floor__",
    "__format__",
    "__getformat__",
    "__getnewargs__",
    "__getstate__",
    "__init_subclass__",
    "__instancecheck__",
    "__length_hint__",
    "__mro_entries__",
    "__prepare__",
    "__reduce__",
    "__reduce_ex__",
    "__replace__",
    "__reversed__",
    "__round__",
    "__set_name__",
    "__setstate__",
    "__sizeof__",
    "__subclasscheck__",
    "__subclasses__",
    "__subclasshook__",
    "__trunc__",
];

impl Builtin {
    /// Whether CPython has the method in a slot of its type, which `type(int.__add__)` shows: most dunders.
    pub fn is_slot(&self) -> bool {
        let name = self.row.name;
        let coexists = matches!(
            (self.owner, name),
            (Some("list" | "dict"), "__getitem__") | (Some("dict" | "set" | "frozenset"), "__contains__")
        );
        self.owner.is_some()
            && self.row.kind == RowKind::Method
            && name.starts_with("__")
            && !coexists
            && !PLAIN_DUNDERS.contains(&name)
    }
}

impl Builtin {
    pub fn signature(&self) -> &Signature {
        self.signature.get_or_init(|| Signature::parse(self.row.signature))
    }

    /// For a `Fun::Bound` row that `given` positional arguments satisfy: how many values it wants, the rest of them `Missing`.
    pub fn padded(&self, given: usize) -> Option<usize> {
        let signature = self.signature();
        let wanted = signature.names.len();
        let fits = !signature.vararg
            && !signature.kwarg
            && (signature.required..=signature.positional).contains(&given)
            && wanted <= Few::MOST
            && signature.optional[given..].iter().all(|&optional| optional);
        fits.then_some(wanted)
    }
}

/// A row's signature taken apart.
pub struct Signature {
    pub names: Vec<Symbol>,
    /// How many of `names` may be given by position; the first `positional_only` of them only so.
    pub positional: usize,
    pub positional_only: usize,
    /// How many positional ones have no default.
    pub required: usize,
    /// For each name whether it has a default.
    pub optional: Vec<bool>,
    /// Index of `*args` and `**kwargs` among what the function gets, after all `names`.
    pub vararg: bool,
    pub kwarg: bool,
}

/// A function with its receiver: `obj.method`.
pub struct Method {
    pub function: Value,
    pub receiver: Value,
}

impl Heap for Method {
    const KIND: Kind = Kind::Method;
    fn trace(&self, tracer: &mut Tracer) {
        tracer.values([&self.function, &self.receiver]);
    }
}

/// What `@property`, `@staticmethod` and `@classmethod` make, and the getters of builtin types.
pub enum Descriptor {
    Property(Property),
    Static(Value),
    ClassMethod(Value),
    /// An attribute of a builtin type.
    Getter(&'static Row, &'static str),
    /// An attribute that `__slots__` reserves, with its class's name.
    Slot(Symbol, Symbol),
}

pub struct Property {
    pub get: Value,
    pub set: Value,
    pub delete: Value,
    pub doc: Swap<Value>,
    pub name: Swap<Value>,
}

impl Heap for Descriptor {
    const KIND: Kind = Kind::Descriptor;
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Descriptor::Property(property) => {
                tracer.values([&property.get, &property.set, &property.delete]);
                property.doc.look(|value| tracer.value(value));
                property.name.look(|value| tracer.value(value));
            }
            Descriptor::Static(function) | Descriptor::ClassMethod(function) => tracer.value(function),
            Descriptor::Getter(..) | Descriptor::Slot(..) => {}
        }
    }
}

impl Method {
    #[allow(clippy::new_ret_no_self, reason = "these are only ever values")]
    pub fn new(function: Value, receiver: Value) -> Value {
        Value::Method(Ref::new(Method { function, receiver }))
    }
}

impl Builtin {
    #[allow(clippy::new_ret_no_self, reason = "these are only ever values")]
    pub fn new(row: &'static Row, owner: Option<&'static str>, module: Option<&'static str>) -> Value {
        Value::Builtin(Ref::new(Builtin { row, owner, module, signature: OnceCell::new() }))
    }
}

/// Fills a builtin type's namespace from its table.
pub fn fill_namespace(class: &Class, spec: &'static super::TypeSpec) {
    use super::RowKind;
    let owner = spec.kind.name();
    let module = Some(spec.kind.module()).filter(|module| module.starts_with("asyncio."));
    for row in spec.rows {
        let value = match row.kind {
            RowKind::Absent => Value::None,
            RowKind::Getter => Value::Descriptor(Ref::new(Descriptor::Getter(row, owner))),
            RowKind::StaticMethod => {
                Value::Descriptor(Ref::new(Descriptor::Static(Builtin::new(row, Some(owner), module))))
            }
            RowKind::ClassMethod => {
                Value::Descriptor(Ref::new(Descriptor::ClassMethod(Builtin::new(row, Some(owner), module))))
            }
            RowKind::Method | RowKind::Function => Builtin::new(row, Some(owner), module),
        };
        class.set_quietly(Symbol::of_static(row.name), value);
    }
    // A getter of that name shows the documentation of each instance.
    if !spec.doc.is_empty() && spec.rows.iter().all(|row| row.name != "__doc__") {
        class.set_quietly(crate::intern::sym::__doc__, Value::str(spec.doc));
    }
}

//! Interned names: every identifier of every script is one `u32`, equal when the names are equal.
//!
//! Knows nothing of Python beyond the spelling of the names that the interpreter itself asks for
//! (`sym::__init__` and its like). Names live as long as the process: a name is never freed.

use std::cell::RefCell;
use std::fmt;

use rustc_hash::FxHashMap;

/// One interned name. Comparing two symbols compares two names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub u32);

struct Interner {
    index: FxHashMap<&'static str, Symbol>,
    names: Vec<&'static str>,
}

thread_local! {
    static INTERNER: RefCell<Interner> = RefCell::new(Interner::with_known_names());
}

impl Interner {
    fn with_known_names() -> Interner {
        let mut interner = Interner {
            index: FxHashMap::with_capacity_and_hasher(1024, Default::default()),
            names: Vec::with_capacity(1024),
        };
        for (i, name) in sym::KNOWN.iter().enumerate() {
            interner.index.insert(name, Symbol(i as u32));
            interner.names.push(name);
        }
        interner
    }

    fn intern(&mut self, name: &str) -> Symbol {
        if let Some(&symbol) = self.index.get(name) {
            return symbol;
        }
        self.add(Box::leak(name.to_owned().into_boxed_str()))
    }

    fn add(&mut self, name: &'static str) -> Symbol {
        let symbol = Symbol(self.names.len() as u32);
        self.index.insert(name, symbol);
        self.names.push(name);
        symbol
    }
}

impl Symbol {
    /// The symbol of `name`, made on first use.
    pub fn new(name: &str) -> Symbol {
        INTERNER.with(|i| i.borrow_mut().intern(name))
    }

    /// The symbol of `name` if anything has interned it before: a name that nobody ever
    /// interned cannot be an attribute of anything.
    pub fn find(name: &str) -> Option<Symbol> {
        INTERNER.with(|i| i.borrow().index.get(name).copied())
    }

    /// The symbol of a name that lives in the binary: interned without a copy.
    pub fn of_static(name: &'static str) -> Symbol {
        INTERNER.with(|i| {
            let mut interner = i.borrow_mut();
            match interner.index.get(name) {
                Some(&symbol) => symbol,
                None => interner.add(name),
            }
        })
    }

    /// The name itself.
    pub fn as_str(self) -> &'static str {
        INTERNER.with(|i| i.borrow().names[self.0 as usize])
    }

    /// The name as it is written in a class: `__name` in `C` is `_C__name` (Python's private names).
    pub fn mangled(self, class: Option<Symbol>) -> Symbol {
        let Some(class) = class else { return self };
        let text = self.as_str();
        if !text.starts_with("__") || text.ends_with("__") || text.contains('.') {
            return self;
        }
        let class = class.as_str().trim_start_matches('_');
        if class.is_empty() { self } else { Symbol::new(&format!("_{class}{text}")) }
    }

    /// Whether the name is `__dunder__`: such names are never mangled.
    pub fn is_dunder(self) -> bool {
        let s = self.as_str();
        s.len() > 4 && s.starts_with("__") && s.ends_with("__")
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names that the interpreter asks for by itself, with fixed numbers.
#[allow(non_upper_case_globals)]
pub mod sym {
    use super::Symbol;

    macro_rules! known {
        ($($name:ident)*) => {
            pub(super) const KNOWN: &[&str] = &[$(stringify!($name)),*];
            known!(@numbers [$($name)*]);
        };
        (@numbers [$($name:ident)*]) => {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            #[repr(u32)]
            enum Number { $($name),* }
            $(pub const $name: Symbol = Symbol(Number::$name as u32);)*
        };
    }

    known! {
        __init__ __new__ __del__ __repr__ __str__ __bytes__ __format__ __lt__ __le__ __eq__ __ne__ __gt__
        __ge__ __hash__ __bool__ __getattr__ __getattribute__ __setattr__ __delattr__ __dir__ __get__ __set__
        __delete__ __set_name__ __init_subclass__ __class_getitem__ __prepare__ __instancecheck__
        __subclasscheck__ __call__ __len__ __length_hint__ __getitem__ __setitem__ __delitem__ __missing__
        __iter__ __next__ __reversed__ __contains__ __add__ __sub__ __mul__ __matmul__ __truediv__
        __floordiv__ __mod__ __divmod__ __pow__ __lshift__ __rshift__ __and__ __xor__ __or__ __radd__ __rsub__
        __rmul__ __rmatmul__ __rtruediv__ __rfloordiv__ __rmod__ __rdivmod__ __rpow__ __rlshift__ __rrshift__
        __rand__ __rxor__ __ror__ __iadd__ __isub__ __imul__ __imatmul__ __itruediv__ __ifloordiv__ __imod__
        __ipow__ __ilshift__ __irshift__ __iand__ __ixor__ __ior__ __neg__ __pos__ __abs__ __invert__
        __complex__ __int__ __float__ __index__ __round__ __trunc__ __floor__ __ceil__ __enter__ __exit__
        __await__ __aiter__ __anext__ __aenter__ __aexit__ __match_args__ __slots__ __dict__ __weakref__
        __class__ __bases__ __mro__ __name__ __qualname__ __module__ __doc__ __defaults__ __kwdefaults__
        __code__ __closure__ __globals__ __annotations__ __type_params__ __wrapped__ __self__ __func__
        __file__ __package__ __path__ __all__ __builtins__ __main__ __debug__ __cause__ __context__
        __suppress_context__ __traceback__ __notes__ __subclasses__ __abstractmethods__ __isabstractmethod__ __orig_class__
        __classcell__ __firstlineno__ __static_attributes__ mro __build_class__ __import__ __future__ __spec__ __loader__ __copy__ __deepcopy__ __args__
        __origin__ __parameters__ __fspath__ __reduce__ __reduce_ex__ __sizeof__ args value name obj msg errno
        strerror filename lineno offset text end_lineno end_offset code print append extend insert pop remove
        index count sort reverse clear copy get items keys values update setdefault add discard join split
        strip lower upper replace format startswith endswith find encode decode send close throw aclose asend
        athrow cr_await cr_running cr_frame cr_code gi_yieldfrom gi_running gi_frame gi_code ag_await
        ag_running ag_frame ag_code result exception cancel done set_result set_exception add_done_callback
        asyncio builtins sys time random logging functools collections typing object int float bool
        str bytes list tuple dict set frozenset range slice complex len isinstance issubclass min max sum abs
        enumerate zip map filter sorted reversed iter next repr hash id getattr setattr hasattr delattr
        callable cls exceptions message key default write flush stdout stderr sleep run create_task
        gather fget fset fdel context coro timeout return_exceptions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_are_equal_symbols() {
        assert_eq!(Symbol::new("spam"), Symbol::new("spam"));
        assert_ne!(Symbol::new("spam"), Symbol::new("eggs"));
        assert_eq!(Symbol::new("spam").as_str(), "spam");
    }

    #[test]
    fn known_names_keep_their_numbers() {
        assert_eq!(Symbol::new("__init__"), sym::__init__);
        assert_eq!(sym::__aexit__.as_str(), "__aexit__");
        assert_eq!(Symbol::of_static("return_exceptions"), sym::return_exceptions);
    }
}

//! Raising: making exceptions, the chain that `__context__` is, and the bounds on recursion.
//! Knows nothing of how a report prints them.

use std::borrow::Cow;

use crate::intern::{Symbol, sym};
use crate::object::traceback::GlobalSite;
use crate::object::{Exception, R, Raised, Ref, T, Value, Vm};
use crate::text::error::{Kind, TextError};

/// A call under way; leaving the scope ends it.
pub struct DepthGuard<'a>(&'a Vm);

impl Drop for DepthGuard<'_> {
    fn drop(&mut self) {
        self.0.depth.set(self.0.depth.get() - 1);
    }
}

macro_rules! shorthands {
    ($($name:ident $kind:ident;)*) => {
        $(
            #[cold]
            pub fn $name<'a>(&self, message: impl Into<Cow<'a, str>>) -> Raised {
                self.error(T::$kind, message)
            }
        )*
    };
}

impl Vm {
    /// Raises a new exception of a builtin type with a message.
    #[cold]
    pub fn error<'a>(&self, kind: T, message: impl Into<Cow<'a, str>>) -> Raised {
        let message = message.into();
        let args = if message.is_empty() { Vec::new() } else { vec![Value::str(&message)] };
        self.throw(self.new_exception(kind, args))
    }

    shorthands! {
        type_error TypeError;
        value_error ValueError;
        index_error IndexError;
        runtime_error RuntimeError;
        overflow_error OverflowError;
        zero_division ZeroDivisionError;
        name_error NameError;
        lookup_error LookupError;
        import_error ImportError;
    }

    #[cold]
    pub fn memory_error(&self) -> Raised {
        self.error(T::MemoryError, "")
    }

    #[cold]
    pub fn recursion_error(&self) -> Raised {
        self.error(T::RecursionError, "maximum recursion depth exceeded")
    }

    /// What parses but does not run yet: a clear NotImplementedError.
    #[cold]
    pub fn not_implemented(&self, what: &str) -> Raised {
        self.error(T::NotImplementedError, format!("aio does not support {what} yet"))
    }

    #[cold]
    pub fn key_error(&self, key: &Value) -> Raised {
        self.throw(self.new_exception(T::KeyError, vec![key.clone()]))
    }

    #[cold]
    pub fn stop_iteration(&self, value: Value) -> Raised {
        let args = if value.is_none_or_missing() { Vec::new() } else { vec![value] };
        self.throw(self.new_exception(T::StopIteration, args))
    }

    /// `'C' object has no attribute 'x'`, with the fields that suggestions are made from.
    #[cold]
    pub fn no_attribute(&self, object: &Value, name: Symbol) -> Raised {
        let message = match object {
            Value::Class(c) => format!("type object '{}' has no attribute '{name}'", c.name()),
            Value::Module(m) => match m.dict.get_name(sym::__name__) {
                Some(own) if own.as_str().is_some() => {
                    format!("module '{}' has no attribute '{name}'", own.as_str().map_or("", |own| own.as_str()))
                }
                _ => format!("module has no attribute '{name}'"),
            },
            _ => format!("'{}' object has no attribute '{name}'", self.type_name(object)),
        };
        self.attribute_error(message, object, name)
    }

    #[cold]
    pub fn attribute_error(&self, message: String, object: &Value, name: Symbol) -> Raised {
        let exception = self.new_exception(T::AttributeError, vec![Value::string(message)]);
        exception.set(sym::name, Value::name(name));
        exception.set(sym::obj, object.clone());
        self.throw(exception)
    }

    /// A failure of the text and number layer as the exception it stands for.
    #[cold]
    pub fn text_error(&self, error: TextError) -> Raised {
        let kind = match error.kind {
            Kind::Value => T::ValueError,
            Kind::Type => T::TypeError,
            Kind::Overflow => T::OverflowError,
            Kind::ZeroDivision => T::ZeroDivisionError,
            Kind::Memory => T::MemoryError,
        };
        self.error(kind, error.message)
    }

    pub fn new_exception(&self, kind: T, args: Vec<Value>) -> Ref<Exception> {
        Exception::new(self.class(kind), args)
    }

    /// Raises: what is being handled becomes the context, without making a cycle of contexts.
    pub fn throw(&self, exception: Ref<Exception>) -> Raised {
        if let Some(handling) = self.handling.get() {
            Vm::chain(&exception, handling);
        }
        self.raise(exception)
    }

    /// Does something as a handler of an exception would: `sys.exception()` is that one.
    pub fn while_handling<V>(&self, exception: Ref<Exception>, work: impl FnOnce() -> V) -> V {
        let outer = self.handling.replace(Some(exception));
        let result = work();
        self.handling.set(outer);
        result
    }

    /// Makes `handling` the context of an exception, without making a cycle of contexts.
    pub fn chain(exception: &Ref<Exception>, handling: Ref<Exception>) {
        if Ref::same(&handling, exception) {
            return;
        }
        // A script may have closed the chain to a circle: the slow one of two walkers is met there.
        let (mut link, mut slow, mut behind) = (handling.clone(), handling.clone(), false);
        while let Some(next) = link.context.get() {
            if Ref::same(&next, exception) {
                link.context.set(None);
                break;
            }
            if Ref::same(&next, &slow) {
                break;
            }
            link = next;
            if behind && let Some(next) = slow.context.get() {
                slow = next;
            }
            behind = !behind;
        }
        exception.context.set(Some(handling));
    }

    /// Adds a place that the pending exception passes through.
    #[cold]
    #[inline(never)]
    pub fn at(&self, site: u32, raised: Raised) -> Raised {
        self.peek_raised(&raised).traceback.borrow_mut().sites.push(GlobalSite(site));
        raised
    }

    /// Whether an exception is of a builtin class or derived from it.
    pub fn matches(&self, exception: &Exception, kind: T) -> bool {
        exception.class().is_subclass(self.class(kind))
    }

    /// A result in which one kind of exception becomes `None`.
    pub fn catch<V>(&self, result: R<V>, kind: T) -> R<Option<V>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(raised) => {
                if self.matches(&self.peek_raised(&raised), kind) {
                    drop(self.take_raised(raised));
                    Ok(None)
                } else {
                    Err(raised)
                }
            }
        }
    }

    /// How messages name a value's class: `int`, `collections.deque`, the name of a script's class.
    pub fn type_name(&self, value: &Value) -> &'static str {
        let class = self.class_of(value);
        match class.builtin {
            Some(kind) => kind.message_name(),
            None => class.name().as_str(),
        }
    }

    /// `type(value).__name__`
    pub fn class_name(&self, value: &Value) -> &'static str {
        self.class_of(value).name().as_str()
    }

    /// Begins a call: RecursionError past the limit, as CPython raises it.
    #[inline]
    pub fn enter_call(&self) -> R<DepthGuard<'_>> {
        let depth = self.depth.get() + 1;
        if depth > self.recursion_limit.get() {
            return Err(self.recursion_error());
        }
        self.check_native_stack()?;
        self.depth.set(depth);
        Ok(DepthGuard(self))
    }

    /// RecursionError when the native stack is nearly used up: to be called by whatever recurses.
    #[inline(always)]
    pub fn check_native_stack(&self) -> R<()> {
        let here = 0u8;
        if (&raw const here as usize) < self.native_limit.get() { Err(self.recursion_error()) } else { Ok(()) }
    }

    /// Whether so much stands on the native stack that what has another way had better take it: a chain of awaits may be of any
    /// length.
    #[inline(always)]
    pub fn is_deep(&self) -> bool {
        let here = 0u8;
        (&raw const here as usize) < self.native_ease.get()
    }
}

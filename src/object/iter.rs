//! Builtin iterators. Those over builtin containers are plain state, advanced in `interp/iterate.rs`; any other
//! implements [`NextFn`].

use std::cell::RefCell;
use std::rc::Rc;

use super::cycles::{Kind, Tracer};
use super::{Dict, Heap, List, R, Ref, Set, Str, T, Tuple, Value, Vm};

/// What an iterator can tell without running anything.
pub enum Ready {
    Item(Value),
    End,
    /// [`NextFn::next`] must be asked.
    Ask,
}

/// An iterator that a module defines (`itertools` and its like).
pub trait NextFn {
    /// The next item where neither making it nor dropping what it replaces can run foreign code: the iterator's state is borrowed.
    fn ready(&mut self) -> Ready {
        Ready::Ask
    }
    /// The next item, `None` at the end.
    fn next(&mut self, vm: &Vm) -> R<Option<Value>>;
    /// The type that `type(it)` names.
    fn class(&self) -> T;
    /// `__length_hint__`, when known.
    fn length_hint(&self) -> Option<usize> {
        None
    }
    /// What `repr` shows as arguments, where it shows any.
    fn shown(&self) -> Option<Vec<Value>> {
        None
    }
    /// Another one that goes on from the same place, where that is possible.
    fn copied(&self) -> Option<Box<dyn NextFn>> {
        None
    }
}

/// What is left to iterate.
pub enum Iteration {
    /// Nothing any more: an exhausted iterator stays so. Keeps the type for `repr`.
    Done(T),
    List {
        list: Ref<List>,
        at: usize,
    },
    ListReversed {
        list: Ref<List>,
        left: usize,
    },
    Tuple {
        tuple: Ref<Tuple>,
        at: usize,
    },
    /// `left` items from `next` on.
    Range {
        next: i64,
        step: i64,
        left: u64,
    },
    /// `byte` is the offset of the next code point.
    Str {
        str: Ref<Str>,
        byte: usize,
    },
    Bytes {
        bytes: Ref<super::bytes::Bytes>,
        at: usize,
    },
    Dict {
        dict: Ref<Dict>,
        at: usize,
        len: usize,
        /// Entries not given yet, if none comes or goes.
        left: usize,
        part: DictPart,
    },
    DictReversed {
        dict: Ref<Dict>,
        at: usize,
        len: usize,
        part: DictPart,
    },
    Set {
        set: Ref<Set>,
        at: usize,
        len: usize,
        left: usize,
    },
    /// `obj[0]`, `obj[1]`, ... until IndexError.
    Sequence {
        object: Value,
        at: i64,
    },
    /// `iter(callable, sentinel)`
    Callable {
        function: Value,
        sentinel: Value,
    },
    Enumerate {
        iterator: Value,
        index: Value,
    },
    Zip {
        iterators: Rc<[Value]>,
        strict: bool,
    },
    Map {
        function: Value,
        iterators: Rc<[Value]>,
    },
    /// `None` as the function keeps what is true.
    Filter {
        function: Value,
        iterator: Value,
    },
    Custom(Box<dyn NextFn>),
    /// Being advanced right now by a frame further out.
    Busy(T),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DictPart {
    Keys,
    Values,
    Items,
}

/// Values behind an `Rc` count once for all that share it: they are part of this object only while it is not shared.
fn trace_shared(values: &Rc<[Value]>, tracer: &mut Tracer) {
    if Rc::strong_count(values) == 1 {
        tracer.values(values.iter());
    }
}

pub struct Iter {
    pub state: RefCell<Iteration>,
}

impl Heap for Iter {
    const KIND: Kind = Kind::Iter;
    fn trace(&self, tracer: &mut Tracer) {
        match self.state.try_borrow() {
            Ok(state) => state.trace(tracer),
            Err(_) => tracer.pin(),
        }
    }
    fn clear(&self) {
        let class = self.class();
        drop(self.state.try_borrow_mut().map(|mut state| std::mem::replace(&mut *state, Iteration::Done(class))));
    }
}

impl Iter {
    #[allow(clippy::new_ret_no_self, reason = "these are only ever values")]
    pub fn new(state: Iteration) -> Value {
        Value::Iter(Ref::new(Iter { state: RefCell::new(state) }))
    }

    /// The type that `type(it)` names.
    pub fn class(&self) -> T {
        match &*self.state.borrow() {
            Iteration::Done(class) | Iteration::Busy(class) => *class,
            other => other.class(),
        }
    }
}

impl Iteration {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Iteration::List { list, .. } | Iteration::ListReversed { list, .. } => tracer.object(list),
            Iteration::Tuple { tuple, .. } => tracer.object(tuple),
            Iteration::Dict { dict, .. } | Iteration::DictReversed { dict, .. } => tracer.object(dict),
            Iteration::Set { set, .. } => tracer.object(set),
            Iteration::Sequence { object, .. } => tracer.value(object),
            Iteration::Callable { function, sentinel } => tracer.values([function, sentinel]),
            Iteration::Enumerate { iterator, index } => tracer.values([iterator, index]),
            Iteration::Zip { iterators, .. } => trace_shared(iterators, tracer),
            Iteration::Map { function, iterators } => {
                tracer.value(function);
                trace_shared(iterators, tracer);
            }
            Iteration::Filter { function, iterator } => tracer.values([function, iterator]),
            Iteration::Custom(_)
            | Iteration::Busy(_)
            | Iteration::Done(_)
            | Iteration::Range { .. }
            | Iteration::Str { .. }
            | Iteration::Bytes { .. } => {}
        }
    }

    pub fn class(&self) -> T {
        match self {
            Iteration::Done(class) | Iteration::Busy(class) => *class,
            Iteration::List { .. } => T::ListIterator,
            Iteration::ListReversed { .. } => T::ListReverseIterator,
            Iteration::Tuple { .. } => T::TupleIterator,
            Iteration::Range { .. } => T::RangeIterator,
            Iteration::Str { str, .. } if str.is_ascii() => T::StrAsciiIterator,
            Iteration::Str { .. } => T::StrIterator,
            Iteration::Bytes { .. } => T::BytesIterator,
            Iteration::Dict { part: DictPart::Keys, .. } => T::DictKeyIterator,
            Iteration::Dict { part: DictPart::Values, .. } => T::DictValueIterator,
            Iteration::Dict { part: DictPart::Items, .. } => T::DictItemIterator,
            Iteration::DictReversed { part: DictPart::Keys, .. } => T::DictReverseKeyIterator,
            Iteration::DictReversed { part: DictPart::Values, .. } => T::DictReverseValueIterator,
            Iteration::DictReversed { part: DictPart::Items, .. } => T::DictReverseItemIterator,
            Iteration::Set { .. } => T::SetIterator,
            Iteration::Sequence { .. } => T::Iterator,
            Iteration::Callable { .. } => T::CallableIterator,
            Iteration::Enumerate { .. } => T::Enumerate,
            Iteration::Zip { .. } => T::Zip,
            Iteration::Map { .. } => T::Map,
            Iteration::Filter { .. } => T::Filter,
            Iteration::Custom(next) => next.class(),
        }
    }
}

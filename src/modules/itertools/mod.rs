//! The module `itertools`: types whose objects are builtin iterators. Each file has a family of them; how they are walked is
//! `interp/advance.rs`'s. A script's subclass has the iterator inside.

mod endless;
mod grouping;
mod joining;
mod selecting;
mod selections;
mod tee;

use super::ModuleSpec;
use super::support::{named, receiver_error};
use super::types::generic_alias::class_getitem;
use crate::intern::Symbol;
use crate::object::cycles::Tracer;
use crate::object::{
    Args, Class, Fun, Iter, Iteration, Module, Native, NativeData, NextFn, R, Ref, Row, T, TypeSpec, Value, Vm,
};

pub static SPEC: ModuleSpec = ModuleSpec { name: "itertools", rows: ROWS, init: Some(init), script: None };

const ROWS: &[Row] = &[Row::function("tee", "(iterable, n=2, /)", Fun::Bound(tee::tee))];

const BARE: &[Row] = &[ITER, NEXT];
const SHOWN: &[Row] = &[ITER, NEXT, REPR, REDUCE];
const REPEAT: &[Row] = &[ITER, NEXT, REPR, REDUCE, Row::method("__length_hint__", "(self, /)", Fun::F1(length_hint))];
const CHAIN: &[Row] = &[
    ITER,
    NEXT,
    Row::class_method("from_iterable", "(cls, iterable, /)", Fun::F2(joining::chain_of)),
    Row::class_method("__class_getitem__", "(cls, key, /)", Fun::F2(class_getitem)),
];
const TEE: &[Row] = &[ITER, NEXT, Row::method("__copy__", "(self, /)", Fun::F1(tee::copy))];

const ITER: Row = Row::method("__iter__", "(self, /)", Fun::F1(|_, this| Ok(this.clone())));
const NEXT: Row = Row::method("__next__", "(self, /)", Fun::F1(next));
const REPR: Row = Row::method("__repr__", "(self, /)", Fun::F1(repr));
const REDUCE: Row = Row::method("__reduce__", "(self, /)", Fun::F1(reduce));

/// The types and their tables.
macro_rules! tables {
    ($($kind:ident $rows:ident $new:expr, $doc:literal;)*) => {
        const KINDS: &[T] = &[$(T::$kind),*];

        /// The table of an iterator's type.
        pub fn type_spec(kind: T) -> Option<&'static TypeSpec> {
            match kind {
                $(T::$kind => {
                    static SPEC: TypeSpec = TypeSpec { kind: T::$kind, new: $new, rows: $rows, doc: $doc };
                    Some(&SPEC)
                })*
                _ => None,
            }
        }
    };
}

tables! {
    Count SHOWN Some(endless::count), "Return a count object whose .__next__() method returns consecutive values.";
    Cycle BARE Some(endless::cycle), "Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.";
    Repeat REPEAT Some(endless::repeat), "repeat(object [,times]) -> create an iterator which returns the object\nfor the specified number of times.  If not specified, returns the object\nendlessly.";
    Accumulate BARE Some(joining::accumulate), "Return series of accumulated sums (or other binary function results).";
    Batched BARE Some(grouping::batched), "Batch data into tuples of length n. The last batch may be shorter than n.";
    Chain CHAIN Some(joining::chain), "Return a chain object whose .__next__() method returns elements from the\nfirst iterable until it is exhausted, then elements from the next\niterable, until all of the iterables are exhausted.";
    Combinations BARE Some(selections::combinations), "Return successive r-length combinations of elements in the iterable.";
    CombinationsWithReplacement BARE Some(selections::combinations_with_replacement), "Return successive r-length combinations of elements in the iterable allowing individual elements to have successive repeats.";
    Compress BARE Some(selecting::compress), "Return data elements corresponding to true selector elements.";
    DropWhile BARE Some(selecting::dropwhile), "Drop items from the iterable while predicate(item) is true.";
    FilterFalse BARE Some(selecting::filterfalse), "Return those items of iterable for which function(item) is false.";
    GroupBy BARE Some(grouping::groupby), "make an iterator that returns consecutive keys and groups from the iterable";
    Grouper BARE None, "";
    ISlice BARE Some(selecting::islice), "islice(iterable, stop) --> islice object\nislice(iterable, start, stop[, step]) --> islice object";
    Pairwise BARE Some(grouping::pairwise), "Return an iterator of overlapping pairs taken from the input iterator.";
    Permutations BARE Some(selections::permutations), "Return successive r-length permutations of elements in the iterable.";
    Product BARE Some(selections::product), "Cartesian product of input iterables.  Equivalent to nested for-loops.";
    StarMap BARE Some(joining::starmap), "Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence.";
    TakeWhile BARE Some(selecting::takewhile), "Return successive entries from an iterable as long as the predicate evaluates to true for each entry.";
    Tee TEE Some(tee::new), "Iterator wrapped to make it copyable.";
    ZipLongest BARE Some(joining::zip_longest), "Return a zip_longest object whose .__next__() method returns a tuple where\nthe i-th element comes from the i-th iterable argument.";
}

fn init(vm: &Vm, module: &Ref<Module>) -> R<()> {
    for &kind in KINDS {
        module.dict.set_name(Symbol::of_static(kind.name()), Value::Class(vm.class(kind).clone()));
    }
    Ok(())
}

/// What an instance of a script's subclass iterates with.
struct Inside(Value);

impl NativeData for Inside {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.value(&self.0);
    }
}

/// What a constructor gives.
fn made(class: &Ref<Class>, next: impl NextFn + 'static) -> Value {
    let iterator = Iter::new(Iteration::Custom(Box::new(next)));
    if class.builtin.is_some() { iterator } else { Value::Native(Native::new(class, Inside(iterator))) }
}

/// The builtin iterator of a receiver.
fn inside<'a>(vm: &Vm, this: &'a Value) -> R<&'a Value> {
    match this {
        Value::Iter(_) => Ok(this),
        _ => match this.as_native::<Inside>() {
            Some(Inside(iterator)) => Ok(iterator),
            None => Err(receiver_error(vm, "iterator", this)),
        },
    }
}

fn next(vm: &Vm, this: &Value) -> R {
    match vm.next(inside(vm, this)?)? {
        Some(item) => Ok(item),
        None => Err(vm.stop_iteration(Value::None)),
    }
}

/// As the iterator's own, with the name of a subclass.
fn repr(vm: &Vm, this: &Value) -> R {
    let text = vm.repr(inside(vm, this)?)?;
    match (this, text.as_str().find('(')) {
        (Value::Native(_), Some(at)) => Ok(Value::string(format!("{}{}", vm.type_name(this), &text.as_str()[at..]))),
        _ => Ok(Value::Str(text)),
    }
}

/// Made again of what `repr` shows, it goes on where it stands.
fn reduce(vm: &Vm, this: &Value) -> R {
    let shown = match inside(vm, this)? {
        Value::Iter(iter) => match &*iter.state.borrow() {
            Iteration::Custom(custom) => custom.shown(),
            _ => None,
        },
        _ => None,
    };
    Ok(Value::pair(Value::Class(vm.class_of(this)), Value::tuple(shown.unwrap_or_default())))
}

/// `repeat.__length_hint__`
fn length_hint(vm: &Vm, this: &Value) -> R {
    let hint = match inside(vm, this)? {
        Value::Iter(iter) => crate::interp::advance::hint(iter),
        _ => None,
    };
    hint.map(Value::size).ok_or_else(|| vm.type_error("len() of unsized object"))
}

/// Arguments by position or name, of which the first `required` must be there.
fn arguments<const N: usize>(vm: &Vm, name: &str, args: &Args, names: [&str; N], required: usize) -> R<[Value; N]> {
    if args.positional.len() + args.keywords.len() <= N {
        for (at, wanted) in names.iter().enumerate().take(required).skip(args.positional.len()) {
            if args.keywords.iter().all(|(name, _)| name.as_str() != *wanted) {
                let message = format!("{name}() missing required argument '{wanted}' (pos {})", at + 1);
                return Err(vm.type_error(message));
            }
        }
    }
    named(vm, name, args, names)
}

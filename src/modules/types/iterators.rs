//! Iterators of builtin types, and the constructors `enumerate`, `zip`, `map`, `filter`, `reversed`. How they advance is
//! `interp/advance.rs`'s.

use super::shared::{CLASS_GETITEM, unary};
use crate::intern::sym;
use crate::modules::support::{count, flag, inner, made, no_keywords};
use crate::object::{Args, Class, Iter, Iteration, NextFn, R, Ref, Row, T, TypeSpec, Value, Vm};

const ROWS: &[Row] =
    &[unary("__length_hint__", |vm, this| vm.length_hint(inner(vm, this)?).map(Value::size)), ITER, NEXT];

/// Of iterators whose length nobody knows.
const BARE_ROWS: &[Row] = &[ITER, NEXT];
const ENUMERATE_ROWS: &[Row] = &[ITER, NEXT, CLASS_GETITEM];

const ITER: Row = unary("__iter__", |_, this| Ok(this.clone()));
const NEXT: Row = unary("__next__", next);

fn next(vm: &Vm, this: &Value) -> R {
    match vm.next(inner(vm, this)?)? {
        Some(item) => Ok(item),
        None => Err(vm.stop_iteration(Value::None)),
    }
}

/// One table a kind: they differ in name and constructor only.
macro_rules! tables {
    ($($kind:ident $rows:ident $new:expr, $doc:literal;)*) => {
        /// The table of an iterator's type.
        pub fn spec(kind: T) -> Option<&'static TypeSpec> {
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
    ListIterator ROWS None, "";
    ListReverseIterator ROWS None, "";
    TupleIterator ROWS None, "";
    RangeIterator ROWS None, "";
    LongRangeIterator ROWS None, "";
    StrIterator ROWS None, "";
    StrAsciiIterator ROWS None, "";
    BytesIterator ROWS None, "";
    ByteArrayIterator ROWS None, "";
    MemoryIterator BARE_ROWS None, "";
    DictKeyIterator ROWS None, "";
    DictValueIterator ROWS None, "";
    DictItemIterator ROWS None, "";
    DictReverseKeyIterator ROWS None, "";
    DictReverseValueIterator ROWS None, "";
    DictReverseItemIterator ROWS None, "";
    SetIterator ROWS None, "";
    Iterator ROWS None, "";
    CallableIterator BARE_ROWS None, "";
    NativeIterator ROWS None, "";
    Enumerate ENUMERATE_ROWS Some(new_enumerate), "Return an enumerate object.";
    Zip BARE_ROWS Some(new_zip), "The zip object yields n-length tuples, where n is the number of iterables\npassed as positional arguments to zip().";
    Map BARE_ROWS Some(new_map), "Make an iterator that computes the function using arguments from\neach of the iterables.  Stops when the shortest iterable is exhausted.";
    Filter BARE_ROWS Some(new_filter), "Return an iterator yielding those items of iterable for which function(item)\nis true. If function is None, return the items that are true.";
    Reversed ROWS Some(new_reversed), "Return a reverse iterator over the values of the given sequence.";
}

fn new_enumerate(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let invalid = |name: crate::intern::Symbol| {
        Err(vm.type_error(format!("'{name}' is an invalid keyword argument for enumerate()")))
    };
    // CPython looks for the two names by hand: what it finds wrong first depends on how many there are.
    let named = |known: &str| args.keywords.iter().find(|(name, _)| name.as_str() == known).map(|(_, v)| v.clone());
    let (iterable, start) = match (args.positional, args.keywords) {
        ([iterable], []) => (iterable.clone(), Value::Missing),
        ([iterable, start], []) => (iterable.clone(), start.clone()),
        ([iterable], [(name, start)]) if name.as_str() == "start" => (iterable.clone(), start.clone()),
        ([], [(name, iterable)]) if name.as_str() == "iterable" => (iterable.clone(), Value::Missing),
        ([], [_, _]) if named("iterable").is_some() && named("start").is_some() => {
            (named("iterable").unwrap_or(Value::None), named("start").unwrap_or(Value::None))
        }
        ([_] | [], [(name, _)]) => return invalid(*name),
        ([], [first, second]) => {
            return invalid(if matches!(first.0.as_str(), "iterable" | "start") { second.0 } else { first.0 });
        }
        ([], []) => return Err(vm.type_error("enumerate() missing required argument 'iterable'")),
        (positional, keywords) => {
            let given = positional.len() + keywords.len();
            return Err(vm.type_error(format!("enumerate() takes at most 2 arguments ({given} given)")));
        }
    };
    let index = if start.is_missing() { Value::Int(0) } else { vm.index(&start)? };
    let iterator = vm.iter(&iterable)?;
    Ok(made(class, T::Enumerate, Iter::new(Iteration::Enumerate { iterator, index })))
}

fn new_zip(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    let mut strict = false;
    if args.keywords.len() > 1 {
        let given = args.keywords.len();
        return Err(vm.type_error(format!("zip() takes at most 1 keyword argument ({given} given)")));
    }
    for (name, value) in args.keywords {
        if name.as_str() != "strict" {
            return Err(vm.unknown_keyword("zip", *name, ["strict"]));
        }
        strict = flag(vm, value, false)?;
    }
    let mut iterators = Vec::with_capacity(args.positional.len());
    for iterable in args.positional {
        iterators.push(vm.iter(iterable)?);
    }
    Ok(made(class, T::Zip, Iter::new(Iteration::Zip { iterators: iterators.into(), strict })))
}

fn new_map(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "map", &args)?;
    let [function, iterables @ ..] = args.positional else {
        return Err(vm.type_error("map() must have at least two arguments."));
    };
    if iterables.is_empty() {
        return Err(vm.type_error("map() must have at least two arguments."));
    }
    let mut iterators = Vec::with_capacity(iterables.len());
    for iterable in iterables {
        iterators.push(vm.iter(iterable)?);
    }
    let map = Iteration::Map { function: function.clone(), iterators: iterators.into() };
    Ok(made(class, T::Map, Iter::new(map)))
}

fn new_filter(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "filter", &args)?;
    count(vm, "filter", &args, 2, 2)?;
    let iterator = vm.iter(&args.positional[1])?;
    let filter = Iteration::Filter { function: args.positional[0].clone(), iterator };
    Ok(made(class, T::Filter, Iter::new(filter)))
}

fn new_reversed(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "reversed", &args)?;
    count(vm, "reversed", &args, 1, 1)?;
    let sequence = &args.positional[0];
    let not_reversible = || vm.type_error(format!("'{}' object is not reversible", vm.type_name(sequence)));
    match vm.special(sequence, sym::__reversed__) {
        Some(Value::None) => return Err(not_reversible()),
        Some(_) => {
            return vm.call_special(sequence, sym::__reversed__, &[])?.ok_or_else(not_reversible);
        }
        None => {}
    }
    let plain = matches!(sequence.base(), Value::Str(_) | Value::Tuple(_) | Value::Bytes(_));
    // `type` has a row of ours for `C[...]` that makes no class a sequence.
    let has = |name| match sequence {
        // Nor is what stands for classes a sequence.
        Value::Native(native) if matches!(native.class().builtin, Some(T::UnionType | T::GenericAlias)) => false,
        Value::Class(_) => vm.own_special(sequence, name).is_some(),
        _ => vm.special(sequence, name).is_some(),
    };
    if !plain && (!has(sym::__getitem__) || sequence.as_dict().is_some()) {
        return Err(not_reversible());
    }
    let left = vm.len(sequence)?;
    let backwards = Backwards { sequence: sequence.clone(), left };
    Ok(made(class, T::Reversed, Iter::new(Iteration::Custom(Box::new(backwards)))))
}

/// `reversed()` of a sequence: by index from the end.
struct Backwards {
    sequence: Value,
    /// Items not given yet.
    left: usize,
}

impl NextFn for Backwards {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        let Some(at) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = at;
        match vm.get_item(&self.sequence, &Value::size(at)) {
            Ok(item) => Ok(Some(item)),
            Err(raised) => {
                self.left = 0;
                vm.catch(Err(raised), T::IndexError)
            }
        }
    }

    fn class(&self) -> T {
        T::Reversed
    }

    fn length_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

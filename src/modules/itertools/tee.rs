//! `tee`: iterators that read one source together. Items stand in linked blocks; each reader holds the block where it is, so
//! what all have read goes.

use std::cell::{Cell, RefCell};

use super::inside;
use crate::intern::sym;
use crate::modules::support::{count, index_or, no_keywords};
use crate::object::{Args, Class, Heap, Iter, Iteration, NextFn, R, Ref, T, Tuple, Value, Vm};

/// How many items a block holds.
const BLOCK: usize = 57;

struct Block {
    /// What all blocks of a chain read from.
    source: Value,
    items: RefCell<Vec<Value>>,
    next: RefCell<Option<Ref<Block>>>,
    /// The source is being asked.
    busy: Cell<bool>,
}

impl Heap for Block {}

impl Block {
    fn new(source: Value) -> Ref<Block> {
        let (items, next) = (RefCell::default(), RefCell::default());
        Ref::new(Block { source, items, next, busy: Cell::new(false) })
    }

    fn following(&self) -> Ref<Block> {
        self.next.borrow_mut().get_or_insert_with(|| Block::new(self.source.clone())).clone()
    }

    /// The item at a place, which is at most the first that is not read yet.
    fn item(&self, vm: &Vm, at: usize) -> R<Option<Value>> {
        if let Some(item) = self.items.borrow().get(at) {
            return Ok(Some(item.clone()));
        }
        if self.busy.replace(true) {
            return Err(vm.runtime_error("cannot re-enter the tee iterator"));
        }
        let next = vm.next(&self.source);
        self.busy.set(false);
        let next = next?;
        if let Some(item) = &next {
            self.items.borrow_mut().push(item.clone());
        }
        Ok(next)
    }
}

struct Reader {
    block: Ref<Block>,
    at: usize,
}

impl NextFn for Reader {
    fn next(&mut self, vm: &Vm) -> R<Option<Value>> {
        if self.at == BLOCK {
            self.block = self.block.following();
            self.at = 0;
        }
        let item = self.block.item(vm, self.at)?;
        self.at += usize::from(item.is_some());
        Ok(item)
    }

    fn class(&self) -> T {
        T::Tee
    }

    fn copied(&self) -> Option<Box<dyn NextFn>> {
        Some(Box::new(Reader { block: self.block.clone(), at: self.at }))
    }
}

/// A reader of an iterable; one that reads already is copied.
fn reader(vm: &Vm, iterable: &Value) -> R {
    let source = vm.iter(iterable)?;
    match &source {
        Value::Iter(iter) if iter.class() == T::Tee => copy(vm, &source),
        _ => Ok(Iter::new(Iteration::Custom(Box::new(Reader { block: Block::new(source), at: 0 })))),
    }
}

/// `_tee(iterable)`
pub fn new(vm: &Vm, class: &Ref<Class>, args: Args) -> R {
    no_keywords(vm, class, "_tee", &args)?;
    count(vm, "_tee", &args, 1, 1)?;
    reader(vm, &args.positional[0])
}

/// `_tee.__copy__`
pub fn copy(vm: &Vm, this: &Value) -> R {
    let copied = match inside(vm, this)? {
        Value::Iter(iter) => match &*iter.state.borrow() {
            Iteration::Custom(custom) => custom.copied(),
            _ => None,
        },
        _ => None,
    };
    match copied {
        Some(copied) => Ok(Iter::new(Iteration::Custom(copied))),
        None => Err(vm.runtime_error("cannot re-enter the tee iterator")),
    }
}

/// `tee(iterable, n=2)`
pub fn tee(vm: &Vm, args: &[Value]) -> R {
    let [iterable, n] = args else { return Ok(Value::None) };
    let Ok(n) = usize::try_from(index_or(vm, n, 2)?) else { return Err(vm.value_error("n must be >= 0")) };
    if n == 0 {
        return Ok(Value::Tuple(Tuple::new(Vec::new())));
    }
    let mut readers = vm.room(n)?;
    // Whatever iterator can be copied need not be read ahead.
    let iterator = vm.iter(iterable)?;
    let first = match vm.find_attr(&iterator, sym::__copy__)? {
        Some(_) => iterator,
        None => reader(vm, &iterator)?,
    };
    for _ in 1..n {
        readers.push(vm.call_method(&first, sym::__copy__, &[])?);
    }
    readers.insert(0, first);
    Ok(Value::tuple(readers))
}

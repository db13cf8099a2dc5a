//! How builtin iterators advance. The state is borrowed only for steps that run no foreign code; before others it is taken
//! out, so that an iterator that reaches itself finds it busy instead of a borrow.

use std::rc::Rc;

use crate::code::{BinaryOp, CompareOp};
use crate::object::iter::{DictPart, Ready};
use crate::object::{Held, Iter, Iteration, R, Raised, Ref, T, Value, Vm};

use super::iterate::char_value;

/// What a step under the borrow came to.
enum Quick {
    Item(Value),
    /// Exhausted: the state is replaced and dropped after the borrow.
    End,
    Changed(&'static str),
    /// These go on with their state where it is: they hold only what stays the same, or is put back.
    Enumerate(Value, Value),
    Zip(Rc<[Value]>, bool),
    Map(Value, Rc<[Value]>),
    Filter(Value, Value),
    /// Needs foreign code, with the state taken out.
    Slow,
}

/// What a step of an iterator gives to two targets.
pub enum Pair {
    /// What would have been the two items of a tuple.
    Two(Value, Value),
    /// Anything else.
    One(Value),
    End,
}

impl Vm {
    /// The next item of a builtin iterator, `None` at the end.
    ///
    /// # Errors
    /// RuntimeError when a dict or set changed size, what functions and iterators inside raise.
    #[inline]
    pub fn advance(&self, iter: &Ref<Iter>) -> R<Option<Value>> {
        let quick = match &mut *iter.state.borrow_mut() {
            Iteration::Range { next, step, left } => match left.checked_sub(1) {
                Some(rest) => {
                    let item = *next;
                    *next = next.wrapping_add(*step);
                    *left = rest;
                    return Ok(Some(Value::Int(item)));
                }
                None => Quick::End,
            },
            Iteration::List { list, at } => match list.get(*at) {
                Some(item) => {
                    *at += 1;
                    return Ok(Some(item));
                }
                None => Quick::End,
            },
            other => quick_step(other),
        };
        match quick {
            Quick::Item(item) => return Ok(Some(item)),
            Quick::End => {
                self.finish_iteration(iter);
                return Ok(None);
            }
            Quick::Changed(message) => return Err(self.runtime_error(message)),
            _ => {}
        }
        // The others ask iterators in turn, which may stand one in another any number of times.
        self.check_native_stack()?;
        match quick {
            Quick::Enumerate(iterator, index) => {
                let item = self.advance_enumerate(iter, &Held::new(iterator), index)?;
                Ok(item.map(|(index, item)| Value::pair(index, item)))
            }
            Quick::Zip(iterators, strict) => self.advance_zip(&iterators, strict),
            Quick::Map(function, iterators) => self.ended(self.advance_map(&Held::new(function), &iterators)),
            Quick::Filter(function, iterator) => {
                self.ended(self.advance_filter(&Held::new(function), &Held::new(iterator)))
            }
            Quick::Slow => self.ended(self.advance_slow(iter)),
            Quick::Item(_) | Quick::End | Quick::Changed(_) => unreachable!("answered above"),
        }
    }

    /// A StopIteration out of a function or iterator inside is the end, too.
    #[inline(always)]
    fn ended(&self, next: R<Option<Value>>) -> R<Option<Value>> {
        match next {
            Err(raised) => Ok(self.catch(Err(raised), T::StopIteration)?.flatten()),
            next => next,
        }
    }

    /// The next item of any iterator for two targets: where it would be a tuple of two made on the spot, its items.
    ///
    /// # Errors
    /// As [`Vm::next`].
    #[inline]
    pub fn next_pair(&self, iterator: &Value) -> R<Pair> {
        if let Value::Iter(iter) = iterator {
            // The first item of a zip, and the iterator that gives the second in its own time.
            let mut second_of = None;
            let quick = match &mut *iter.state.borrow_mut() {
                Iteration::Dict { dict, at, len, left, part: DictPart::Items } if *left > 0 && dict.len() == *len => {
                    match dict.next_entry(at) {
                        Some((key, value)) => {
                            *left -= 1;
                            return Ok(Pair::Two(key, value));
                        }
                        None => Quick::End,
                    }
                }
                Iteration::Enumerate { iterator, index } => {
                    if let Value::Int(at) = index
                        && *at < i64::MAX
                        && let Some(item) = plain_item(iterator)
                    {
                        let index = Value::Int(*at);
                        *at += 1;
                        return Ok(Pair::Two(index, item));
                    }
                    Quick::Enumerate(iterator.clone(), index.clone())
                }
                Iteration::Zip { iterators, strict: false } if iterators.len() == 2 => {
                    match plain_item(&iterators[0]) {
                        Some(first) => {
                            if let Some(second) = plain_item(&iterators[1]) {
                                return Ok(Pair::Two(first, second));
                            }
                            second_of = Some((first, iterators[1].clone()));
                            Quick::Slow
                        }
                        None => Quick::Zip(iterators.clone(), false),
                    }
                }
                _ => Quick::Slow,
            };
            self.check_native_stack()?;
            if let Some((first, iterator)) = second_of {
                return Ok(self.next(&iterator)?.map_or(Pair::End, |second| Pair::Two(first, second)));
            }
            match quick {
                Quick::Enumerate(iterator, index) => {
                    let item = self.advance_enumerate(iter, &Held::new(iterator), index)?;
                    return Ok(item.map_or(Pair::End, |(index, item)| Pair::Two(index, item)));
                }
                Quick::Zip(iterators, false) => {
                    let Some(first) = self.next(&iterators[0])? else { return Ok(Pair::End) };
                    let Some(second) = self.next(&iterators[1])? else { return Ok(Pair::End) };
                    return Ok(Pair::Two(first, second));
                }
                _ => {}
            }
        }
        Ok(self.next(iterator)?.map_or(Pair::End, Pair::One))
    }

    /// Leaves an exhausted iterator, which holds nothing any more.
    fn finish_iteration(&self, iter: &Iter) {
        let class = iter.class();
        let old = iter.state.replace(Iteration::Done(class));
        drop(old);
    }

    #[inline(never)]
    fn advance_slow(&self, iter: &Ref<Iter>) -> R<Option<Value>> {
        let class = iter.class();
        let mut state = iter.state.replace(Iteration::Busy(class));
        let result = match &mut state {
            Iteration::Busy(T::Tee) => Err(self.runtime_error("cannot re-enter the tee iterator")),
            Iteration::Busy(_) => Err(self.value_error(format!("{} already executing", class.name()))),
            Iteration::Sequence { object, at } => self.advance_sequence(object, at),
            Iteration::Callable { function, sentinel } => self.advance_callable(function, sentinel),
            Iteration::Custom(custom) => custom.next(self),
            _ => Ok(None),
        };
        // What modules define goes on after an end as it likes, the others end for good; an error ends none.
        let ends = matches!(state, Iteration::Sequence { .. } | Iteration::Callable { .. });
        let over = ends && matches!(result, Ok(None));
        let busy = iter.state.replace(if over { Iteration::Done(class) } else { state });
        drop(busy);
        result
    }

    fn advance_enumerate(&self, iter: &Iter, iterator: &Value, index: Value) -> R<Option<(Value, Value)>> {
        let Some(item) = self.next(iterator)? else { return Ok(None) };
        let after = match &index {
            Value::Int(n) if *n < i64::MAX => Value::Int(n + 1),
            _ => self.binary(BinaryOp::Add, &index, &Value::Int(1))?,
        };
        let old = match &mut *iter.state.borrow_mut() {
            Iteration::Enumerate { index, .. } => std::mem::replace(index, after),
            _ => Value::Missing,
        };
        old.discard();
        Ok(Some((index, item)))
    }

    fn advance_sequence(&self, object: &Value, at: &mut i64) -> R<Option<Value>> {
        let item = self.get_item(object, &Value::Int(*at));
        match item {
            Ok(item) => {
                *at += 1;
                Ok(Some(item))
            }
            Err(raised) => {
                let exception = self.peek_raised(&raised);
                if self.matches(&exception, T::IndexError) || self.matches(&exception, T::StopIteration) {
                    drop(self.take_raised(raised));
                    return Ok(None);
                }
                Err(raised)
            }
        }
    }

    fn advance_callable(&self, function: &Value, sentinel: &Value) -> R<Option<Value>> {
        let Some(item) = self.catch(self.call0(function), T::StopIteration)? else { return Ok(None) };
        if item.is(sentinel) {
            return Ok(None);
        }
        let end = self.compare(CompareOp::Eq, sentinel, &item)?;
        Ok(if self.is_true(&end)? { None } else { Some(item) })
    }

    fn advance_zip(&self, iterators: &[Value], strict: bool) -> R<Option<Value>> {
        let mut items = Vec::with_capacity(iterators.len());
        for (position, iterator) in iterators.iter().enumerate() {
            match self.next(iterator)? {
                Some(item) => items.push(item),
                None if strict => return self.end_strict_zip(iterators, position),
                None => return Ok(None),
            }
        }
        Ok(if iterators.is_empty() { None } else { Some(Value::tuple(items)) })
    }

    /// The iterator at `position` ended: with `strict` all must.
    fn end_strict_zip(&self, iterators: &[Value], position: usize) -> R<Option<Value>> {
        if position > 0 {
            return Err(self.zip_differs(position, "shorter"));
        }
        for (other, iterator) in iterators.iter().enumerate().skip(1) {
            if self.next(iterator)?.is_some() {
                return Err(self.zip_differs(other, "longer"));
            }
        }
        Ok(None)
    }

    #[cold]
    fn zip_differs(&self, position: usize, how: &str) -> Raised {
        let others = if position == 1 { "argument 1".to_owned() } else { format!("arguments 1-{position}") };
        self.value_error(format!("zip() argument {} is {how} than {others}", position + 1))
    }

    fn advance_map(&self, function: &Value, iterators: &[Value]) -> R<Option<Value>> {
        if let [iterator] = iterators {
            let Some(item) = self.next(iterator)? else { return Ok(None) };
            return self.call1(function, &item).map(Some);
        }
        let mut items = Vec::with_capacity(iterators.len());
        for iterator in iterators {
            match self.next(iterator)? {
                Some(item) => items.push(item),
                None => return Ok(None),
            }
        }
        self.call(function, crate::object::Args::positional(&items)).map(Some)
    }

    fn advance_filter(&self, function: &Value, iterator: &Value) -> R<Option<Value>> {
        while let Some(item) = self.next(iterator)? {
            let keep = if function.is_none() {
                self.is_true(&item)?
            } else {
                let verdict = self.call1(function, &item)?;
                self.is_true(&verdict)?
            };
            if keep {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

/// The next item of an iterator over a list, a tuple or a range, if there is one. Runs no code of a script.
#[inline]
fn plain_item(iterator: &Value) -> Option<Value> {
    let Value::Iter(iter) = iterator else { return None };
    match &mut *iter.state.try_borrow_mut().ok()? {
        Iteration::List { list, at } => {
            let item = list.get(*at)?;
            *at += 1;
            Some(item)
        }
        Iteration::Tuple { tuple, at } => {
            let item = tuple.get(*at)?.clone();
            *at += 1;
            Some(item)
        }
        Iteration::Range { next, step, left } if *left > 0 => {
            let item = *next;
            *next = next.wrapping_add(*step);
            *left -= 1;
            Some(Value::Int(item))
        }
        _ => None,
    }
}

/// A step that runs no foreign code.
fn quick_step(state: &mut Iteration) -> Quick {
    let item = match state {
        Iteration::Done(_) => None,
        Iteration::ListReversed { list, left } => match left.checked_sub(1) {
            Some(index) => {
                *left = index;
                list.get(index)
            }
            None => None,
        },
        Iteration::Tuple { tuple, at } => {
            let item = tuple.get(*at).cloned();
            *at += 1;
            item
        }
        Iteration::Str { str, byte } => {
            let next = str.as_str().get(*byte..).and_then(|rest| rest.chars().next());
            next.map(|c| {
                *byte += c.len_utf8();
                char_value(c)
            })
        }
        Iteration::Bytes { bytes, at } => {
            let item = bytes.as_slice().get(*at).map(|&byte| Value::Int(byte.into()));
            *at += 1;
            item
        }
        Iteration::Dict { dict, at, len, left, part } => {
            if dict.len() != *len {
                *len = usize::MAX;
                return Quick::Changed("dictionary changed size during iteration");
            }
            let entry = dict.next_entry(at);
            if entry.is_some() {
                if *left == 0 {
                    return Quick::Changed("dictionary keys changed during iteration");
                }
                *left -= 1;
            }
            entry.map(|entry| dict_part(entry, *part))
        }
        Iteration::DictReversed { dict, at, len, part } => {
            if dict.len() != *len {
                *len = usize::MAX;
                return Quick::Changed("dictionary changed size during iteration");
            }
            dict.previous_entry(at).map(|entry| dict_part(entry, *part))
        }
        Iteration::Set { set, at, len, left } => {
            if set.len() != *len {
                *len = usize::MAX;
                return Quick::Changed("Set changed size during iteration");
            }
            *left = left.saturating_sub(1);
            set.next_key(at).map(|(_, key)| key)
        }
        Iteration::Enumerate { iterator, index } => return Quick::Enumerate(iterator.clone(), index.clone()),
        Iteration::Zip { iterators, strict } => return Quick::Zip(iterators.clone(), *strict),
        Iteration::Map { function, iterators } => return Quick::Map(function.clone(), iterators.clone()),
        Iteration::Filter { function, iterator } => return Quick::Filter(function.clone(), iterator.clone()),
        Iteration::Custom(custom) => match custom.ready() {
            Ready::Item(item) => Some(item),
            Ready::End => None,
            Ready::Ask => return Quick::Slow,
        },
        _ => return Quick::Slow,
    };
    match item {
        Some(item) => Quick::Item(item),
        None => Quick::End,
    }
}

fn dict_part((key, value): (Value, Value), part: DictPart) -> Value {
    match part {
        DictPart::Keys => key,
        DictPart::Values => value,
        DictPart::Items => Value::pair(key, value),
    }
}

/// How many items are left, when that is known.
pub fn hint(iter: &Iter) -> Option<usize> {
    Some(match &*iter.state.borrow() {
        Iteration::Done(_) => 0,
        Iteration::List { list, at } => list.len().saturating_sub(*at),
        Iteration::ListReversed { left, .. } => *left,
        Iteration::Tuple { tuple, at } => tuple.len().saturating_sub(*at),
        Iteration::Range { left, .. } => usize::try_from(*left).unwrap_or(usize::MAX),
        Iteration::Str { str, byte } => str.chars().saturating_sub(str.char_index(*byte)),
        Iteration::Bytes { bytes, at } => bytes.as_slice().len().saturating_sub(*at),
        Iteration::Dict { dict, len, left, .. } => {
            if dict.len() == *len {
                *left
            } else {
                0
            }
        }
        Iteration::DictReversed { dict, at, .. } => (*at).min(dict.len()),
        Iteration::Set { set, len, left, .. } => {
            if set.len() == *len {
                *left
            } else {
                0
            }
        }
        Iteration::Custom(custom) => return custom.length_hint(),
        _ => return None,
    })
}

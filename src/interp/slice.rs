//! Slices of builtin sequences: read, assigned, deleted, with steps of both signs.

use num_traits::{Signed, ToPrimitive};

use crate::intern::sym;
use crate::object::range::Indices;
use crate::object::{List, R, Range, Ref, Slice, Str, Value, Vm};

impl Vm {
    /// A slice applied to a length.
    ///
    /// # Errors
    /// TypeError `slice indices must be integers or None or have an __index__ method`, ValueError `slice step cannot be zero`.
    pub fn slice_indices(&self, slice: &Slice, length: usize) -> R<Indices> {
        self.slice_indices_late(slice, || length)
    }

    /// [`Vm::slice_indices`] of something whose length a script's `__index__` may change: it is asked for last.
    fn slice_indices_late(&self, slice: &Slice, length: impl FnOnce() -> usize) -> R<Indices> {
        let narrow = |part: Option<i128>| part.map(|n| n.clamp(i64::MIN.into(), i64::MAX.into()) as i64);
        let step = narrow(self.slice_part(&slice.step)?);
        if step == Some(0) {
            return Err(self.value_error("slice step cannot be zero"));
        }
        // The least step has no negation; the next one means the same for every length.
        let step = step.unwrap_or(1).max(-i64::MAX);
        let (start, stop) = (narrow(self.slice_part(&slice.start)?), narrow(self.slice_part(&slice.stop)?));
        Ok(Slice::adjust(start, stop, step, length()))
    }

    /// A part of a slice; beyond all lengths the nearest number, which means the same.
    fn slice_part(&self, part: &Value) -> R<Option<i128>> {
        match part {
            Value::None | Value::Missing => Ok(None),
            Value::Int(n) => Ok(Some((*n).into())),
            _ => {
                if !part.is_int() && self.own_special(part, sym::__index__).is_none() {
                    let message = "slice indices must be integers or None or have an __index__ method";
                    return Err(self.type_error(message));
                }
                Ok(Some(match self.index(part)? {
                    Value::Int(n) => n.into(),
                    Value::BigInt(n) if n.is_negative() => n.to_i128().map_or(-Range::LIMIT, |n| n.max(-Range::LIMIT)),
                    other => other.as_i128().map_or(Range::LIMIT, |n| n.min(Range::LIMIT)),
                }))
            }
        }
    }

    /// `sequence[slice]` of a builtin sequence; `None` when the value is none.
    pub(super) fn get_slice(&self, sequence: &Value, slice: &Slice) -> R<Option<Value>> {
        if let Value::Range(range) = sequence {
            return self.slice_range(range, slice).map(Some);
        }
        let Some(_) = length_of(sequence) else { return Ok(None) };
        let indices = self.slice_indices_late(slice, || length_of(sequence).unwrap_or(0))?;
        Ok(Some(part_of(sequence, indices)))
    }

    /// `sequence[start:stop:step]` of a builtin sequence other than a range, with parts that are ints or not given; `None` for anything else,
    /// and for what is an error.
    pub(super) fn quick_slice(&self, sequence: &Value, [start, stop, step]: [&Value; 3]) -> Option<Value> {
        let part = |value: &Value| match value {
            Value::None => Some(None),
            Value::Int(n) => Some(Some(*n)),
            _ => None,
        };
        let (start, stop, step) = (part(start)?, part(stop)?, part(step)?.unwrap_or(1));
        if step == 0 || step == i64::MIN {
            return None;
        }
        Some(part_of(sequence, Slice::adjust(start, stop, step, length_of(sequence)?)))
    }

    /// A slice of a range is a range.
    fn slice_range(&self, range: &Range, slice: &Slice) -> R {
        let long_step = matches!(slice.step.base(), Value::BigInt(_));
        let Some(length) = i64::try_from(range.len()).ok().filter(|_| !long_step) else {
            return self.slice_long_range(range, slice);
        };
        let indices = self.slice_indices(slice, length as usize)?;
        self.part_of_range(range, indices.start.into(), indices.stop.into(), indices.step.into())
    }

    /// A slice of a range that is longer than indices reach.
    #[cold]
    fn slice_long_range(&self, range: &Range, slice: &Slice) -> R {
        let length = range.len() as i128;
        let step = self.slice_part(&slice.step)?.unwrap_or(1);
        if step == 0 {
            return Err(self.value_error("slice step cannot be zero"));
        }
        let (first, last) = if step > 0 { (0, length) } else { (-1, length - 1) };
        let place = |n: i128| (if n < 0 { n + length } else { n }).clamp(first, last);
        let start = self.slice_part(&slice.start)?.map_or(if step > 0 { first } else { last }, place);
        let stop = self.slice_part(&slice.stop)?.map_or(if step > 0 { last } else { first }, place);
        self.part_of_range(range, start, stop, step)
    }

    /// The range of the items at these indices.
    fn part_of_range(&self, range: &Range, start: i128, stop: i128, step: i128) -> R {
        let within = |x: Option<i128>| {
            x.filter(|x| x.abs() < Range::LIMIT).ok_or_else(|| self.overflow_error("a range beyond 125 bits"))
        };
        let at = |index: i128| within(range.step.checked_mul(index).and_then(|n| n.checked_add(range.start)));
        let step = within(range.step.checked_mul(step))?;
        Ok(Value::Range(Range::new(at(start)?, at(stop)?, step)))
    }

    /// `list[slice] = items`
    pub(super) fn set_slice(&self, list: &List, slice: &Slice, items: &Value) -> R<()> {
        let mut indices = self.slice_indices_late(slice, || list.len())?;
        if !self.is_iterable(items) {
            return Err(self.type_error("must assign iterable to extended slice"));
        }
        let mut items = self.collect(items)?;
        if indices.step == 1 {
            // Iterating may have made the list shorter.
            let start = (indices.start as usize).min(list.len());
            let end = (start + indices.count).min(list.len());
            // The old items are dropped when the list is whole again.
            let old: Vec<Value> = list.borrow_mut().splice(start..end, items).collect();
            drop(old);
            return Ok(());
        }
        indices = self.slice_indices_late(slice, || list.len())?;
        if items.len() != indices.count {
            return Err(self.value_error(format!(
                "attempt to assign sequence of size {} to extended slice of size {}",
                items.len(),
                indices.count
            )));
        }
        // The old items come here, to be dropped when the list is whole again.
        each_place(&mut list.borrow_mut(), indices, items.iter_mut(), std::mem::swap);
        drop(items);
        Ok(())
    }

    /// `del list[slice]`
    pub(super) fn del_slice(&self, list: &List, slice: &Slice) -> R<()> {
        let indices = self.slice_indices_late(slice, || list.len())?;
        if indices.count == 0 {
            return Ok(());
        }
        if indices.step == 1 {
            let start = indices.start as usize;
            let old: Vec<Value> = list.borrow_mut().drain(start..start + indices.count).collect();
            drop(old);
            return Ok(());
        }
        let mut doomed = vec![false; list.len()];
        for at in positions(indices) {
            doomed[at] = true;
        }
        let (mut kept, mut old) = (Vec::new(), Vec::new());
        for (item, doomed) in list.replace(Vec::new()).into_iter().zip(doomed) {
            if doomed { old.push(item) } else { kept.push(item) }
        }
        drop(list.replace(kept));
        drop(old);
        Ok(())
    }
}

/// The length of a builtin sequence that slices are copies of.
#[inline(always)]
fn length_of(sequence: &Value) -> Option<usize> {
    match sequence {
        Value::List(list) => Some(list.len()),
        Value::Tuple(tuple) => Some(tuple.len()),
        Value::Str(text) => Some(text.chars()),
        Value::Bytes(bytes) => Some(bytes.as_slice().len()),
        _ => None,
    }
}

/// The items of a sequence at these indices, which lie within it. A whole one that cannot change is its own copy.
fn part_of(sequence: &Value, indices: Indices) -> Value {
    let is_whole = indices.step == 1 && Some(indices.count) == length_of(sequence);
    match sequence {
        Value::List(list) => Value::list(pick(&list.borrow(), indices)),
        _ if is_whole => sequence.clone(),
        Value::Tuple(tuple) => Value::tuple(pick(tuple, indices)),
        Value::Str(text) => Value::Str(part_of_str(text, indices)),
        Value::Bytes(bytes) => Value::bytes(pick(bytes.as_slice(), indices)),
        other => other.clone(),
    }
}

/// Up to this many bytes of a str are put together beside it.
const SHORT: usize = 24;

fn part_of_str(text: &Str, indices: Indices) -> Ref<Str> {
    if indices.step == 1 {
        let start = indices.start as usize;
        return text.slice(start, start + indices.count);
    }
    if !text.is_ascii() {
        let chars: Vec<char> = text.as_str().chars().collect();
        return Str::from_string(positions(indices).filter_map(|at| chars.get(at)).collect());
    }
    let bytes = text.as_str().as_bytes();
    let picked = positions(indices).filter_map(|at| bytes.get(at)).copied();
    if indices.count <= SHORT {
        let mut short = [0; SHORT];
        short.iter_mut().zip(picked).for_each(|(place, byte)| *place = byte);
        return Str::new(std::str::from_utf8(&short[..indices.count]).expect("ASCII is UTF-8"));
    }
    Str::from_string(String::from_utf8(picked.collect()).expect("ASCII is UTF-8"))
}

/// The positions that a slice selects, in its order.
pub fn positions(indices: Indices) -> impl Iterator<Item = usize> {
    (0..indices.count as i64).map(move |k| (indices.start + k * indices.step) as usize)
}

/// Works on the places that a slice selects, as far as they are there, each with one of the others in order.
pub fn each_place<V, O>(places: &mut [V], indices: Indices, others: impl Iterator<Item = O>, work: impl Fn(&mut V, O)) {
    let (Ok(start), Ok(stride)) = (usize::try_from(indices.start), usize::try_from(indices.step.unsigned_abs())) else {
        return;
    };
    if indices.count == 0 || stride == 0 {
        return;
    }
    if indices.step > 0 {
        let places = places.iter_mut().skip(start).step_by(stride).take(indices.count);
        places.zip(others).for_each(|(place, other)| work(place, other));
    } else if let Some(places) = places.get_mut(..=start) {
        let places = places.iter_mut().rev().step_by(stride).take(indices.count);
        places.zip(others).for_each(|(place, other)| work(place, other));
    }
}

fn pick<I: Clone>(items: &[I], indices: Indices) -> Vec<I> {
    if indices.step == 1 {
        let start = indices.start as usize;
        return items.get(start..start + indices.count).unwrap_or_default().to_vec();
    }
    positions(indices).filter_map(|at| items.get(at).cloned()).collect()
}

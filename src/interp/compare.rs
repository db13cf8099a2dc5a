//! Rich comparison: which operand is asked first, and what builtin types answer. Equality in containers counts identity
//! first, as CPython's `PyObject_RichCompareBool` does.

use std::cmp::Ordering;

use crate::code::CompareOp;
use crate::intern::{Symbol, sym};
use crate::object::{Dict, List, R, Raised, Ref, Set, Str, Tuple, Value, Vm, hash};

use super::arithmetic::{self, Number};

/// The dunder of an ordering or equality operator.
fn dunder(op: CompareOp) -> Symbol {
    match op {
        CompareOp::Lt => sym::__lt__,
        CompareOp::Le => sym::__le__,
        CompareOp::Ne => sym::__ne__,
        CompareOp::Gt => sym::__gt__,
        CompareOp::Ge => sym::__ge__,
        _ => sym::__eq__,
    }
}

/// The operator that says the same with the operands exchanged.
fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        other => other,
    }
}

fn sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
        CompareOp::Ne => "!=",
        _ => "==",
    }
}

/// Whether an order satisfies the operator; `None` (nan) satisfies `!=` alone.
#[inline]
fn holds(op: CompareOp, order: Option<Ordering>) -> bool {
    match op {
        CompareOp::Lt => order == Some(Ordering::Less),
        CompareOp::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        CompareOp::Gt => order == Some(Ordering::Greater),
        CompareOp::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        CompareOp::Ne => order != Some(Ordering::Equal),
        _ => order == Some(Ordering::Equal),
    }
}

/// The items of a list or tuple, by index, since a comparison may change a list.
enum Items<'a> {
    Tuple(&'a Tuple),
    List(&'a List),
}

impl Items<'_> {
    fn get(&self, index: usize) -> Option<Value> {
        match self {
            Items::Tuple(tuple) => tuple.get(index).cloned(),
            Items::List(list) => list.get(index),
        }
    }

    fn len(&self) -> usize {
        match self {
            Items::Tuple(tuple) => tuple.len(),
            Items::List(list) => list.len(),
        }
    }
}

const QUICK_DEPTH: u32 = 4;

/// The order of two tuples where the first items that differ are ints, floats, strs or tuples of such; `None` when it takes more
/// to tell. `depth` is how deep tuples may nest.
fn quick_order(x: &[Value], y: &[Value], depth: u32) -> Option<Ordering> {
    for (a, b) in x.iter().zip(y) {
        let order = match (a, b) {
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Str(a), Value::Str(b)) => a.as_str().cmp(b.as_str()),
            (Value::Float(a), Value::Float(b)) => a.get().partial_cmp(&b.get())?,
            (Value::Tuple(a), Value::Tuple(b)) if depth > 0 => quick_order(a, b, depth - 1)?,
            _ => return None,
        };
        if order.is_ne() {
            return Some(order);
        }
    }
    Some(x.len().cmp(&y.len()))
}

/// Whether `a < b` where that runs no foreign code and takes no thought: ints, floats, strs, tuples of such.
#[inline]
pub fn quick_less(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Int(x), Value::Int(y)) => Some(x < y),
        (Value::Float(x), Value::Float(y)) => Some(x.get() < y.get()),
        (Value::Str(x), Value::Str(y)) => Some(x.as_str() < y.as_str()),
        (Value::Tuple(x), Value::Tuple(y)) => quick_order(x, y, QUICK_DEPTH).map(Ordering::is_lt),
        _ => None,
    }
}

impl Vm {
    /// `a op b`, membership and identity included.
    ///
    /// # Errors
    /// TypeError `'<' not supported between instances of 'int' and 'str'`, what a script's dunder raises, RecursionError.
    #[inline]
    pub fn compare(&self, op: CompareOp, a: &Value, b: &Value) -> R {
        match (a, b) {
            (Value::Int(x), Value::Int(y)) => {
                let holds = match op {
                    CompareOp::Lt => x < y,
                    CompareOp::Le => x <= y,
                    CompareOp::Eq | CompareOp::Is => x == y,
                    CompareOp::Ne | CompareOp::IsNot => x != y,
                    CompareOp::Gt => x > y,
                    CompareOp::Ge => x >= y,
                    CompareOp::In | CompareOp::NotIn => return self.compare_slow(op, a, b),
                };
                Ok(Value::bool(holds))
            }
            _ => self.compare_slow(op, a, b),
        }
    }

    #[inline(never)]
    fn compare_slow(&self, op: CompareOp, a: &Value, b: &Value) -> R {
        match op {
            CompareOp::Is => Ok(Value::bool(a.is(b))),
            CompareOp::IsNot => Ok(Value::bool(!a.is(b))),
            CompareOp::In => self.contains(b, a).map(Value::bool),
            CompareOp::NotIn => self.contains(b, a).map(|found| Value::bool(!found)),
            _ => match (a, b) {
                (Value::Float(x), Value::Float(y)) => Ok(Value::bool(holds(op, x.get().partial_cmp(&y.get())))),
                (Value::Str(x), Value::Str(y)) => Ok(Value::bool(match op {
                    CompareOp::Eq => Str::same_text(x, y),
                    CompareOp::Ne => x.as_str() != y.as_str(),
                    _ => holds(op, Some(x.as_str().cmp(y.as_str()))),
                })),
                (Value::Tuple(x), Value::Tuple(y)) => match quick_order(x, y, QUICK_DEPTH) {
                    Some(order) => Ok(Value::bool(holds(op, Some(order)))),
                    None => self.rich_compare(op, a, b),
                },
                _ => self.rich_compare(op, a, b),
            },
        }
    }

    /// Whether two values count as equal in a container: the same object, or `==`.
    #[inline]
    pub fn eq(&self, a: &Value, b: &Value) -> R<bool> {
        if a.is(b) {
            return Ok(true);
        }
        match hash::quick_eq(a, b) {
            Some(equal) => Ok(equal),
            None => {
                let equal = self.rich_compare(CompareOp::Eq, a, b)?;
                self.is_true(&equal)
            }
        }
    }

    /// Whether `a < b`.
    #[inline]
    pub fn lt(&self, a: &Value, b: &Value) -> R<bool> {
        match quick_less(a, b) {
            Some(less) => Ok(less),
            None => {
                let less = self.compare_slow(CompareOp::Lt, a, b)?;
                self.is_true(&less)
            }
        }
    }

    fn rich_compare(&self, op: CompareOp, a: &Value, b: &Value) -> R {
        let _nested = self.nest(" in comparison")?;
        let scripted =
            |v: &Value| matches!(v, Value::Instance(_) | Value::Native(_) | Value::Class(_) | Value::Exception(_));
        if !scripted(a) && !scripted(b) {
            return match self.plain_compare(op, a, b)? {
                Some(value) => Ok(value),
                None => self.compare_by_identity(op, a, b),
            };
        }
        let (class_a, class_b) = (self.class_of(a), self.class_of(b));
        let right_first = !Ref::same(&class_a, &class_b) && class_b.is_subclass(&class_a);
        if right_first && let Some(value) = self.ask_to_compare(mirrored(op), b, a)? {
            return Ok(value);
        }
        if let Some(value) = self.ask_to_compare(op, a, b)? {
            return Ok(value);
        }
        if !right_first && let Some(value) = self.ask_to_compare(mirrored(op), b, a)? {
            return Ok(value);
        }
        self.compare_by_identity(op, a, b)
    }

    /// What every object answers at last.
    fn compare_by_identity(&self, op: CompareOp, a: &Value, b: &Value) -> R {
        match op {
            CompareOp::Eq => Ok(Value::bool(a.is(b))),
            CompareOp::Ne => Ok(Value::bool(!a.is(b))),
            _ => Err(self.not_ordered(op, a, b)),
        }
    }

    #[cold]
    fn not_ordered(&self, op: CompareOp, a: &Value, b: &Value) -> Raised {
        let (a, b) = (self.type_name(a), self.type_name(b));
        self.type_error(format!("'{}' not supported between instances of '{a}' and '{b}'", sign(op)))
    }

    /// One operand's answer; `None` stands for NotImplemented.
    fn ask_to_compare(&self, op: CompareOp, a: &Value, b: &Value) -> R<Option<Value>> {
        let name = dunder(op);
        if let Some(found) = self.own_special(a, name) {
            let value = self.invoke1(&found, a, name, b)?;
            return Ok(if matches!(value, Value::NotImplemented) { None } else { Some(value) });
        }
        // `object.__ne__` inverts what `__eq__` says.
        if op == CompareOp::Ne
            && let Some(found) = self.own_special(a, sym::__eq__)
        {
            let value = self.invoke1(&found, a, sym::__eq__, b)?;
            return match value {
                Value::NotImplemented => Ok(None),
                equal => Ok(Some(Value::bool(!self.is_true(&equal)?))),
            };
        }
        self.plain_compare(op, a, b)
    }

    /// What builtin values (also inside instances of subclasses) answer; `None` stands for NotImplemented.
    pub fn plain_compare(&self, op: CompareOp, a: &Value, b: &Value) -> R<Option<Value>> {
        if let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) {
            return Ok(match arithmetic::compare(x, y) {
                Ok(order) => Some(Value::bool(holds(op, order))),
                Err(equal) => equality(op, equal),
            });
        }
        Ok(match (a.base(), b.base()) {
            (Value::Str(x), Value::Str(y)) => Some(Value::bool(holds(op, Some(x.as_str().cmp(y.as_str()))))),
            (Value::Bytes(x), Value::Bytes(y)) => Some(Value::bool(holds(op, Some(x.as_slice().cmp(y.as_slice()))))),
            (Value::Tuple(x), Value::Tuple(y)) => {
                return self.compare_items(op, &Items::Tuple(x), &Items::Tuple(y)).map(Some);
            }
            (Value::List(x), Value::List(y)) => {
                return self.compare_items(op, &Items::List(x), &Items::List(y)).map(Some);
            }
            (Value::Dict(x), Value::Dict(y)) if matches!(op, CompareOp::Eq | CompareOp::Ne) => {
                equality(op, self.dicts_equal(x, y)?)
            }
            (Value::Set(x) | Value::FrozenSet(x), Value::Set(y) | Value::FrozenSet(y)) => {
                Some(Value::bool(self.compare_sets(op, x, y)?))
            }
            (Value::Range(x), Value::Range(y)) => {
                let (length, same_length) = (x.len(), x.len() == y.len());
                let same_start = length == 0 || x.start == y.start;
                equality(op, same_length && same_start && (length < 2 || x.step == y.step))
            }
            (Value::Slice(x), Value::Slice(y)) => {
                let parts =
                    |s: &crate::object::Slice| Tuple::new(vec![s.start.clone(), s.stop.clone(), s.step.clone()]);
                let (x, y) = (parts(x), parts(y));
                return self.compare_items(op, &Items::Tuple(&x), &Items::Tuple(&y)).map(Some);
            }
            (Value::Method(x), Value::Method(y)) if matches!(op, CompareOp::Eq | CompareOp::Ne) => {
                equality(op, x.receiver.is(&y.receiver) && self.eq(&x.function, &y.function)?)
            }
            _ => None,
        })
    }

    /// Lexicographic: the first items that differ decide, else the lengths.
    fn compare_items(&self, op: CompareOp, x: &Items, y: &Items) -> R {
        if matches!(op, CompareOp::Eq | CompareOp::Ne) && x.len() != y.len() {
            return Ok(Value::bool(op == CompareOp::Ne));
        }
        let mut index = 0;
        while let (Some(p), Some(q)) = (x.get(index), y.get(index)) {
            if !self.eq(&p, &q)? {
                return match op {
                    CompareOp::Eq => Ok(Value::False),
                    CompareOp::Ne => Ok(Value::True),
                    _ => self.compare(op, &p, &q),
                };
            }
            index += 1;
        }
        Ok(Value::bool(holds(op, Some(x.len().cmp(&y.len())))))
    }

    fn dicts_equal(&self, x: &Dict, y: &Dict) -> R<bool> {
        if x.len() != y.len() {
            return Ok(false);
        }
        let mut position = 0;
        while let Some((key, value)) = x.next_entry(&mut position) {
            match self.dict_get(y, &key)? {
                Some(other) if self.eq(&value, &other)? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    fn compare_sets(&self, op: CompareOp, x: &Set, y: &Set) -> R<bool> {
        match op {
            CompareOp::Le => self.set_is_subset(x, y),
            CompareOp::Lt => Ok(x.len() < y.len() && self.set_is_subset(x, y)?),
            CompareOp::Ge => self.set_is_subset(y, x),
            CompareOp::Gt => Ok(y.len() < x.len() && self.set_is_subset(y, x)?),
            _ => {
                let equal = x.len() == y.len() && self.set_is_subset(x, y)?;
                Ok(equal == (op == CompareOp::Eq))
            }
        }
    }
}

/// The answer of types that know equality alone.
fn equality(op: CompareOp, equal: bool) -> Option<Value> {
    match op {
        CompareOp::Eq => Some(Value::bool(equal)),
        CompareOp::Ne => Some(Value::bool(!equal)),
        _ => None,
    }
}

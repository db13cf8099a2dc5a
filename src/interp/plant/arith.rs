//! Arithmetic nodes: ints and floats inline, everything else through `Vm::binary`.

use super::super::arithmetic;
use super::operand::{Local, Operand, Shape, look_at_both};
use super::{Act, AtSite, Flow, Planter};
use crate::code::{BinaryOp, Expr, Site, Slot, UnaryOp};
use crate::object::{Fp, Held, Node, R, Value, Vm};

/// An operator with a fast case for pairs of ints and of floats.
pub(super) trait Fast: 'static {
    const OP: BinaryOp;
    /// The result when both are small ints or both floats (or mixed where exact) and it is cheap.
    fn fast(a: &Value, b: &Value) -> Option<Value>;
}

macro_rules! fast_arithmetic {
    ($($name:ident $op:ident |$a:ident, $b:ident| $int:expr, |$x:ident, $y:ident| $float:expr;)*) => {
        $(
            struct $name;
            impl Fast for $name {
                const OP: BinaryOp = BinaryOp::$op;
                #[inline(always)]
                fn fast(a: &Value, b: &Value) -> Option<Value> {
                    match (a, b) {
                        (Value::Int($a), Value::Int($b)) => $int.map(Value::Int),
                        (Value::Float($x), Value::Float($y)) => {
                            let ($x, $y) = ($x.get(), $y.get());
                            $float
                        }
                        (Value::Float($x), Value::Int(n)) => {
                            let ($x, $y) = ($x.get(), *n as f64);
                            $float
                        }
                        (Value::Int(n), Value::Float($y)) => {
                            let ($x, $y) = (*n as f64, $y.get());
                            $float
                        }
                        _ => None,
                    }
                }
            }
        )*
    };
}

fast_arithmetic! {
    Add Add |a, b| a.checked_add(*b), |x, y| Some(Value::float(x + y));
    Sub Sub |a, b| a.checked_sub(*b), |x, y| Some(Value::float(x - y));
    Mul Mul |a, b| a.checked_mul(*b), |x, y| Some(Value::float(x * y));
    Div Div |a, b| None::<i64>.filter(|_| a == b), |x, y| if y != 0.0 { Some(Value::float(x / y)) } else { None };
    FloorDiv FloorDiv |a, b| floor_div(*a, *b), |x, y| None::<Value>.filter(|_| x == y);
    Mod Mod |a, b| modulo(*a, *b), |x, y| None::<Value>.filter(|_| x == y);
    And And |a, b| Some(a & b), |x, y| None::<Value>.filter(|_| x == y);
    Or Or |a, b| Some(a | b), |x, y| None::<Value>.filter(|_| x == y);
    Xor Xor |a, b| Some(a ^ b), |x, y| None::<Value>.filter(|_| x == y);
    RShift RShift |a, b| if (0..64).contains(b) { Some(a >> b) } else { None }, |x, y| None::<Value>.filter(|_| x == y);
    LShift LShift |a, b| shift_left(*a, *b), |x, y| None::<Value>.filter(|_| x == y);
}

#[inline(always)]
fn floor_div(a: i64, b: i64) -> Option<i64> {
    if b > 0 { Some(a.div_euclid(b)) } else { None }
}

#[inline(always)]
fn modulo(a: i64, b: i64) -> Option<i64> {
    if b <= 0 {
        return None;
    }
    // A 32-bit division takes a third of the time of a 64-bit one.
    if (a as u64 | b as u64) >> 32 == 0 { Some((a as u32 % b as u32) as i64) } else { Some(a.rem_euclid(b)) }
}

#[inline(always)]
fn shift_left(a: i64, b: i64) -> Option<i64> {
    if !(0..63).contains(&b) {
        return None;
    }
    let shifted = a << b;
    (shifted >> b == a).then_some(shifted)
}

/// `a op b` for the commonest operators on small ints and floats, where the operator is known only to the node.
#[inline(always)]
pub(super) fn quick(op: BinaryOp, a: &Value, b: &Value) -> Option<Value> {
    match op {
        BinaryOp::Add => Add::fast(a, b),
        BinaryOp::Sub => Sub::fast(a, b),
        BinaryOp::Mul => Mul::fast(a, b),
        _ => None,
    }
}

/// The operands come by value: then the node that calls this last needs no frame of its own for dropping them.
#[inline(never)]
fn slow<O: Fast>(vm: &Vm, a: Value, b: Value, site: u32) -> R {
    let (a, b) = match (a, b) {
        // What was only made to be added to grows in place.
        (Value::Str(head), Value::Str(tail)) if O::OP == BinaryOp::Add => {
            return vm.append_str(head, &tail).map(Value::Str).at(vm, site);
        }
        (Value::List(head), Value::List(tail)) if O::OP == BinaryOp::Add => {
            return vm.append_list(head, &tail).map(Value::List).at(vm, site);
        }
        other => other,
    };
    match arithmetic::reuse(O::OP, a, b) {
        Ok(value) => Ok(value),
        Err((a, b)) => {
            let (a, b) = (Held::new(a), Held::new(b));
            vm.binary(O::OP, &a, &b).at(vm, site)
        }
    }
}

fn node<O: Fast, A: Operand, B: Operand>(a: A, b: B, site: u32) -> Node {
    Box::new(move |fp, vm| {
        if let Some(value) = look_at_both(&a, &b, fp, |a, b| O::fast(a, b)) {
            return Ok(value);
        }
        let a = a.get(fp, vm)?;
        let b = b.get(fp, vm)?;
        match O::fast(&a, &b) {
            Some(value) => Ok(value),
            None => slow::<O>(vm, A::own(a), B::own(b), site),
        }
    })
}

fn by_shapes<O: Fast>(a: Shape, b: Shape, site: u32) -> Node {
    match (a, b) {
        (Shape::Local(a), Shape::Local(b)) => node::<O, _, _>(a, b, site),
        (Shape::Local(a), Shape::Constant(b)) => node::<O, _, _>(a, b, site),
        (Shape::Local(a), Shape::Near(b)) => node::<O, _, _>(a, b, site),
        (Shape::Local(a), Shape::Computed(b)) => node::<O, _, _>(a, b, site),
        (Shape::Constant(a), Shape::Local(b)) => node::<O, _, _>(a, b, site),
        (Shape::Constant(a), Shape::Computed(b)) => node::<O, _, _>(a, b, site),
        (Shape::Near(a), Shape::Local(b)) => node::<O, _, _>(a, b, site),
        (Shape::Near(a), Shape::Constant(b)) => node::<O, _, _>(a, b, site),
        (Shape::Near(a), Shape::Near(b)) => node::<O, _, _>(a, b, site),
        (Shape::Computed(a), Shape::Local(b)) => node::<O, _, _>(a, b, site),
        (Shape::Computed(a), Shape::Constant(b)) => node::<O, _, _>(a, b, site),
        // Two constants are folded before, where they can be.
        (a, b) => node::<O, _, _>(a.computed(), b.computed(), site),
    }
}

/// `local op= value`: the local's value is moved out, so that a str or list nobody else sees may grow in place.
fn update<O: Fast, B: Operand>(slot: Slot, b: B, site: u32) -> Act {
    Box::new(move |fp, vm| {
        if let Some(value) = look_at_both(&Local(slot), &b, fp, |a, b| O::fast(a, b)) {
            fp.set(slot, value);
            return Ok(Flow::Next);
        }
        let b = b.get(fp, vm)?;
        match O::fast(fp.peek(slot), &b) {
            Some(value) => fp.set(slot, value),
            None => update_slow(fp, vm, O::OP, slot, &b, site)?,
        }
        Ok(Flow::Next)
    })
}

#[cold]
#[inline(never)]
pub(super) fn update_slow(fp: Fp, vm: &Vm, op: BinaryOp, slot: Slot, b: &Value, site: u32) -> R<()> {
    let old = match fp.peek(slot) {
        // Moved out for the time of the appending, so that nobody else may hold it.
        Value::Str(_) | Value::Bytes(_) if op == BinaryOp::Add => {
            let mut own = fp.take(slot);
            let grown = vm.grow(&mut own, b).at(vm, site);
            fp.set(slot, own);
            if grown? {
                return Ok(());
            }
            fp.get(slot)
        }
        Value::BigInt(_) => match arithmetic::reuse(op, fp.take(slot), b.clone()) {
            Ok(value) => {
                fp.set(slot, value);
                return Ok(());
            }
            Err((old, _)) => {
                fp.set(slot, old.clone());
                old
            }
        },
        other => other.clone(),
    };
    let value = vm.binary_in_place(op, old, b).at(vm, site)?;
    fp.set(slot, value);
    Ok(())
}

fn update_by_shape<O: Fast>(slot: Slot, b: Shape, site: u32) -> Act {
    match b {
        Shape::Local(b) => update::<O, _>(slot, b, site),
        Shape::Constant(b) => update::<O, _>(slot, b, site),
        Shape::Near(b) => update::<O, _>(slot, b, site),
        Shape::Computed(b) => update::<O, _>(slot, b, site),
    }
}

impl Planter<'_> {
    pub(super) fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr, site: Site) -> Node {
        let (a, b, site) = (self.operand_before(left, right), self.operand(right), self.site(site));
        match op {
            BinaryOp::Add => by_shapes::<Add>(a, b, site),
            BinaryOp::Sub => by_shapes::<Sub>(a, b, site),
            BinaryOp::Mul => by_shapes::<Mul>(a, b, site),
            BinaryOp::Div => by_shapes::<Div>(a, b, site),
            BinaryOp::FloorDiv => by_shapes::<FloorDiv>(a, b, site),
            BinaryOp::Mod => by_shapes::<Mod>(a, b, site),
            BinaryOp::And => by_shapes::<And>(a, b, site),
            BinaryOp::Or => by_shapes::<Or>(a, b, site),
            BinaryOp::Xor => by_shapes::<Xor>(a, b, site),
            BinaryOp::LShift => by_shapes::<LShift>(a, b, site),
            BinaryOp::RShift => by_shapes::<RShift>(a, b, site),
            BinaryOp::Pow | BinaryOp::MatMul => {
                let (a, b) = (self.expr(left), self.expr(right));
                Box::new(move |fp, vm| {
                    let a = a(fp, vm)?;
                    let b = b(fp, vm)?;
                    vm.binary(op, &a, &b).at(vm, site)
                })
            }
        }
    }

    /// `local op= value`
    pub(super) fn update_local(&self, op: BinaryOp, slot: Slot, value: &Expr, site: Site) -> Act {
        let (b, site) = (self.operand(value), self.site(site));
        match op {
            BinaryOp::Add => update_by_shape::<Add>(slot, b, site),
            BinaryOp::Sub => update_by_shape::<Sub>(slot, b, site),
            BinaryOp::Mul => update_by_shape::<Mul>(slot, b, site),
            BinaryOp::Div => update_by_shape::<Div>(slot, b, site),
            BinaryOp::FloorDiv => update_by_shape::<FloorDiv>(slot, b, site),
            BinaryOp::Mod => update_by_shape::<Mod>(slot, b, site),
            BinaryOp::And => update_by_shape::<And>(slot, b, site),
            BinaryOp::Or => update_by_shape::<Or>(slot, b, site),
            BinaryOp::Xor => update_by_shape::<Xor>(slot, b, site),
            BinaryOp::LShift => update_by_shape::<LShift>(slot, b, site),
            BinaryOp::RShift => update_by_shape::<RShift>(slot, b, site),
            BinaryOp::Pow | BinaryOp::MatMul => {
                let value = self.expr(value);
                Box::new(move |fp, vm| {
                    let b = value(fp, vm)?;
                    update_slow(fp, vm, op, slot, &b, site)?;
                    Ok(Flow::Next)
                })
            }
        }
    }

    pub(super) fn unary(&self, op: UnaryOp, operand: &Expr, site: Site) -> Node {
        let (operand, site) = (self.expr(operand), self.site(site));
        Box::new(move |fp, vm| {
            let value = Held::new(operand(fp, vm)?);
            match (op, &*value) {
                (UnaryOp::Neg, Value::Int(n)) if *n != i64::MIN => Ok(Value::Int(-n)),
                (UnaryOp::Neg, Value::Float(x)) => Ok(Value::float(-x.get())),
                _ => {
                    vm.site.set(site);
                    vm.unary(op, &value).at(vm, site)
                }
            }
        })
    }
}

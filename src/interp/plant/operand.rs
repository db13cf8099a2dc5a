//! Operands of specialised nodes: a local is borrowed from its slot, a constant from the node, what is one step
//! away from a local (`near.rs`) is looked at where it stands; anything else is evaluated.

use std::ops::Deref;

use super::Planter;
use super::near::Near;
use crate::code::{Expr, Slot};
use crate::object::{Fp, Held, Node, R, Value, Vm};

/// Where a node finds an operand.
pub(super) trait Operand: 'static {
    /// Whether a look comes before `get`, which makes the value a copy of its own.
    const NEAR: bool = false;
    type Out<'a>: Deref<Target = Value>;
    fn get<'a>(&'a self, fp: Fp, vm: &Vm) -> R<Self::Out<'a>>;
    /// The operand for keeps.
    fn own(out: Self::Out<'_>) -> Value;
    /// Shows the value where it stands, if no code of a script runs on the way to it. `show` must run none either, and
    /// change nothing.
    fn look<T>(&self, fp: Fp, show: impl FnOnce(&Value) -> Option<T>) -> Option<T>;
}

/// Looks at two operands at once, when that is worth it.
#[inline(always)]
pub(super) fn look_at_both<A: Operand, B: Operand, T>(
    a: &A,
    b: &B,
    fp: Fp,
    show: impl FnOnce(&Value, &Value) -> Option<T>,
) -> Option<T> {
    if A::NEAR || B::NEAR { a.look(fp, |a| b.look(fp, |b| show(a, b))) } else { None }
}

/// A local that is proved assigned. Borrowed: the planter makes sure that nothing evaluated while the borrow lives
/// assigns it.
#[derive(Clone, Copy)]
pub(super) struct Local(pub Slot);

pub(super) struct Constant(pub Value);

pub(super) struct Computed(pub Node);

impl Operand for Local {
    type Out<'a> = &'a Value;
    #[inline(always)]
    fn get<'a>(&'a self, fp: Fp, _vm: &Vm) -> R<&'a Value> {
        Ok(fp.peek(self.0))
    }
    #[inline(always)]
    fn own(out: &Value) -> Value {
        out.clone()
    }
    #[inline(always)]
    fn look<T>(&self, fp: Fp, show: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        show(fp.peek(self.0))
    }
}

impl Operand for Constant {
    type Out<'a> = &'a Value;
    #[inline(always)]
    fn get<'a>(&'a self, _fp: Fp, _vm: &Vm) -> R<&'a Value> {
        Ok(&self.0)
    }
    #[inline(always)]
    fn own(out: &Value) -> Value {
        out.clone()
    }
    #[inline(always)]
    fn look<T>(&self, _fp: Fp, show: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        show(&self.0)
    }
}

impl Operand for Computed {
    type Out<'a> = Held;
    #[inline(always)]
    fn get(&self, fp: Fp, vm: &Vm) -> R<Held> {
        (self.0)(fp, vm).map(Held::new)
    }
    #[inline(always)]
    fn own(out: Held) -> Value {
        out.into_value()
    }
    #[inline(always)]
    fn look<T>(&self, _fp: Fp, _show: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        None
    }
}

/// An operand by its shape.
pub(super) enum Shape {
    Local(Local),
    Constant(Constant),
    Near(Near),
    Computed(Computed),
}

impl Shape {
    /// A node for the operand, whatever it is.
    pub(super) fn into_node(self) -> Node {
        match self {
            Shape::Local(local) => Box::new(move |fp, _| Ok(fp.get(local.0))),
            Shape::Constant(constant) => Box::new(move |_, _| Ok(constant.0.clone())),
            Shape::Near(near) => near.into_node(),
            Shape::Computed(computed) => computed.0,
        }
    }

    /// The operand as one that is computed.
    pub(super) fn computed(self) -> Computed {
        Computed(self.into_node())
    }
}

impl Planter<'_> {
    /// The shape of an operand that is used at once, with nothing evaluated in between.
    pub(super) fn operand(&self, expr: &Expr) -> Shape {
        match expr {
            Expr::Local { slot } => Shape::Local(Local(*slot)),
            Expr::Const(value) => Shape::Constant(Constant(self.constant(value))),
            other => match self.near(other) {
                Some(near) => Shape::Near(near),
                None => Shape::Computed(Computed(self.expr(other))),
            },
        }
    }

    /// The shape of an operand that is held while `later` is evaluated.
    pub(super) fn operand_before(&self, expr: &Expr, later: &Expr) -> Shape {
        self.operand_before_all(expr, &[later])
    }

    /// The shape of an operand that is held while all of `later` are evaluated.
    pub(super) fn operand_before_all(&self, expr: &Expr, later: &[&Expr]) -> Shape {
        match expr {
            Expr::Local { slot } if later.iter().any(|e| e.may_assign()) => {
                let slot = *slot;
                Shape::Computed(Computed(Box::new(move |fp, _| Ok(fp.get(slot)))))
            }
            other => self.operand(other),
        }
    }
}

//! Operands of specialised nodes: a local is borrowed from its slot, a constant from the node, anything else is evaluated.

use std::ops::Deref;

use super::Planter;
use crate::code::{Expr, Slot};
use crate::object::{Fp, Held, Node, R, Value, Vm};

/// Where a node finds an operand.
pub(super) trait Operand: 'static {
    type Out<'a>: Deref<Target = Value>;
    fn get<'a>(&'a self, fp: Fp, vm: &Vm) -> R<Self::Out<'a>>;
    /// The operand for keeps.
    fn own(out: Self::Out<'_>) -> Value;
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
}

/// An operand by its shape.
pub(super) enum Shape {
    Local(Local),
    Constant(Constant),
    Computed(Computed),
}

impl Shape {
    /// A node for the operand, whatever it is.
    pub(super) fn into_node(self) -> Node {
        match self {
            Shape::Local(local) => Box::new(move |fp, _| Ok(fp.get(local.0))),
            Shape::Constant(constant) => Box::new(move |_, _| Ok(constant.0.clone())),
            Shape::Computed(computed) => computed.0,
        }
    }
}

impl Planter<'_> {
    /// The shape of an operand that is used at once, with nothing evaluated in between.
    pub(super) fn operand(&self, expr: &Expr) -> Shape {
        match expr {
            Expr::Local { slot } => Shape::Local(Local(*slot)),
            Expr::Const(value) => Shape::Constant(Constant(self.constant(value))),
            other => Shape::Computed(Computed(self.expr(other))),
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

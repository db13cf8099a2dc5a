//! Operands kept across a suspension: what was evaluated before an `await` goes to temporaries, in
//! evaluation order, and is read back after it.

use super::frame::Frame;
use crate::code::{Arg, DictItem, Expr, Instr, Item, Slot};
use crate::source::Span;
use crate::syntax::ast;

impl<'a> Frame<'a> {
    /// Builds `e`; kept in a temporary when something that follows it suspends.
    pub fn operand(&mut self, e: &'a ast::Expr, spill: bool) -> Expr {
        let value = self.expr(e);
        if spill { self.spill(value) } else { value }
    }

    /// Evaluates `value` now and reads it back later.
    pub fn spill(&mut self, value: Expr) -> Expr {
        match value {
            Expr::Const(_) | Expr::Take { .. } => value,
            _ => Expr::Take { slot: self.spill_slot(value) },
        }
    }

    /// Evaluates `value` now; it stays in the slot until taken.
    pub fn spill_slot(&mut self, value: Expr) -> Slot {
        if let Expr::Take { slot } = value {
            return slot;
        }
        let into = self.temp();
        self.emit(Instr::Spill { value, into });
        into
    }

    /// The position of the last operand that suspends; those before it are spilled. 0 when none is.
    pub fn last_suspending(&self, operands: impl Iterator<Item = &'a ast::Expr>) -> usize {
        if self.machine.is_none() {
            return 0;
        }
        let mut last = 0;
        for (i, e) in operands.enumerate() {
            if self.suspends(e) {
                last = i;
            }
        }
        last
    }

    /// `*value` of a display: spilled, it is iterated now, as CPython does.
    pub fn star_item(&mut self, value: Expr, span: Span, spill: bool) -> Item {
        let site = self.site(span);
        if !spill {
            return Item::Star(value, site);
        }
        let list = Expr::List(Box::new([Item::Star(value, site)]));
        Item::Star(self.spill(list), site)
    }

    /// `**value` of a display: spilled, it is copied now.
    pub fn spread_item(&mut self, value: Expr, span: Span, spill: bool) -> DictItem {
        let site = self.site(span);
        if !spill {
            return DictItem::Spread(value, site);
        }
        let dict = Expr::Dict(Box::new([DictItem::Spread(value, site)]));
        DictItem::Spread(self.spill(dict), site)
    }

    /// `*value` of a call.
    pub fn star_arg(&mut self, value: Expr, span: Span, spill: bool) -> Arg {
        match self.star_item(value, span, spill) {
            Item::Star(value, _) | Item::One(value) => Arg::Star(value),
        }
    }

    /// `**value` of a call.
    pub fn spread_arg(&mut self, value: Expr, span: Span, spill: bool) -> Arg {
        match self.spread_item(value, span, spill) {
            DictItem::Spread(value, _) | DictItem::Pair(_, value) => Arg::DoubleStar(value),
        }
    }
}

//! Expressions and assignments that contain a suspension and decide or store on the way: `await`,
//! `yield`, `and`, `or`, `if`-`else`, chained comparisons, targets.

use super::build_expr::{binary_op, compare_op};
use super::frame::Frame;
use crate::code::{BinaryOp, Const, Expr, Instr, Site, Slot, Stmt, Target};
use crate::source::Span;
use crate::syntax::ast::{self, BoolOp, CmpOp, ExprKind};

impl<'a> Frame<'a> {
    pub fn await_expr(&mut self, value: &'a ast::Expr, span: Span) -> Expr {
        let value = self.expr(value);
        let into = self.temp();
        let site = self.site(span);
        self.emit(Instr::Await { value, into, site });
        Expr::Take { slot: into }
    }

    pub fn yield_expr(&mut self, value: Option<&'a ast::Expr>, span: Span) -> Expr {
        let value = self.optional(value);
        let into = self.temp();
        let site = self.site(span);
        self.emit(Instr::Yield { value, into, site });
        Expr::Take { slot: into }
    }

    pub fn yield_from(&mut self, value: &'a ast::Expr, span: Span) -> Expr {
        let value = self.expr(value);
        let into = self.temp();
        let site = self.site(span);
        self.emit(Instr::YieldFrom { value, into, site });
        Expr::Take { slot: into }
    }

    /// `a and await b`: one temporary holds the value decided on.
    pub fn suspended_bool_op(&mut self, op: BoolOp, values: &'a [ast::Expr]) -> Expr {
        let into = self.temp();
        let end = self.label();
        let Some((last, init)) = values.split_last() else { return Expr::Const(Const::None) };
        for v in init {
            let value = self.expr(v);
            self.emit(Instr::Spill { value, into });
            let site = self.site(v.span);
            let test = Expr::Local { slot: into };
            self.emit(Instr::JumpIf { test, when: op == BoolOp::Or, to: end.pending(), site });
        }
        let value = self.expr(last);
        self.emit(Instr::Spill { value, into });
        self.bind(end);
        Expr::Take { slot: into }
    }

    pub fn suspended_conditional(&mut self, test: &'a ast::Expr, body: &'a ast::Expr, orelse: &'a ast::Expr) -> Expr {
        let into = self.temp();
        let (otherwise, end) = (self.label(), self.label());
        self.jump_if(test, false, otherwise);
        let value = self.expr(body);
        self.emit(Instr::Spill { value, into });
        self.jump(end);
        self.bind(otherwise);
        let value = self.expr(orelse);
        self.emit(Instr::Spill { value, into });
        self.bind(end);
        Expr::Take { slot: into }
    }

    /// `a < await b < c`: each operand once, the first false result ends it.
    pub fn suspended_chain(
        &mut self,
        left: &'a ast::Expr,
        ops: &[CmpOp],
        comparators: &'a [ast::Expr],
        e: &'a ast::Expr,
    ) -> Expr {
        let into = self.temp();
        let end = self.label();
        let site = self.site(e.span);
        let mut left = self.operand(left, true);
        let mut kept = Vec::new();
        for (i, (op, c)) in ops.iter().zip(comparators).enumerate() {
            let op = compare_op(*op);
            let mut right = self.comparand(op, c);
            let next = if i + 1 < comparators.len() {
                let slot = self.spill_slot(right);
                kept.push(slot);
                right = Expr::Local { slot };
                Expr::Take { slot }
            } else {
                Expr::Const(Const::None)
            };
            let value = Expr::Compare { op, left: Box::new(left), right: Box::new(right), site };
            self.emit(Instr::Spill { value, into });
            if i + 1 < comparators.len() {
                let test = Expr::Local { slot: into };
                self.emit(Instr::JumpIf { test, when: false, to: end.pending(), site });
            }
            left = next;
        }
        self.bind(end);
        self.emit(Instr::Clear(kept.into()));
        Expr::Take { slot: into }
    }

    // Assignments

    pub fn lower_assign(&mut self, targets: &'a [ast::Expr], value: &'a ast::Expr) {
        if let [target] = targets
            && let Some(slot) = self.direct_slot(target)
        {
            return self.assign_slot(slot, value);
        }
        let value = self.expr(value);
        if !targets.iter().any(|t| self.suspends(t)) {
            let targets = targets.iter().map(|t| self.target(t)).collect();
            self.emit(Instr::Do(Stmt::Assign { targets, value }));
            return;
        }
        let slot = self.spill_slot(value);
        for (i, t) in targets.iter().enumerate() {
            let last = i + 1 == targets.len();
            self.assign_to(t, if last { Expr::Take { slot } } else { Expr::Local { slot } });
        }
    }

    /// `x = await y`: the result goes to the variable directly.
    fn assign_slot(&mut self, into: Slot, e: &'a ast::Expr) {
        let site = self.site(e.span);
        let instr = match &e.kind {
            ExprKind::Await(value) => Instr::Await { value: self.expr(value), into, site },
            ExprKind::Yield(value) => Instr::Yield { value: self.optional(value.as_deref()), into, site },
            ExprKind::YieldFrom(value) => Instr::YieldFrom { value: self.expr(value), into, site },
            _ => {
                let targets = Box::new([Target::Local(into)]);
                Instr::Do(Stmt::Assign { targets, value: self.expr(e) })
            }
        };
        self.emit(instr);
    }

    /// Stores `value`, which is in a temporary, into a target that may suspend.
    pub fn assign_to(&mut self, target: &'a ast::Expr, value: Expr) {
        match &target.kind {
            ExprKind::Tuple(items) | ExprKind::List(items) if self.suspends(target) => {
                let slots: Vec<Slot> = items.iter().map(|_| self.temp()).collect();
                let star = items.iter().position(|i| matches!(i.kind, ExprKind::Starred(_)));
                let targets = slots.iter().map(|&s| Target::Local(s)).collect();
                let site = self.site(target.span);
                let unpack = Target::Unpack { targets, star: star.map(|s| s as u32), site };
                self.emit(Instr::Do(Stmt::Assign { targets: Box::new([unpack]), value }));
                for (item, slot) in items.iter().zip(slots) {
                    self.assign_to(item, Expr::Take { slot });
                }
            }
            ExprKind::Starred(inner) => self.assign_to(inner, value),
            _ => {
                let target = self.target(target);
                self.emit(Instr::Do(Stmt::Assign { targets: Box::new([target]), value }));
            }
        }
    }

    /// `a.b += await c`: the old value is read before the suspension, the new one stored after it.
    pub fn lower_aug_assign(&mut self, target: &'a ast::Expr, op: ast::BinOp, value: &'a ast::Expr, span: Span) {
        let op = binary_op(op);
        let site = self.site(span);
        let target_site = self.site(target.span);
        if self.aug_assign_awaited(target, op, value, (site, target_site)) {
            return;
        }
        let (old, store) = match &target.kind {
            ExprKind::Attribute { value, attr, .. } => {
                let object = self.expr(value);
                let object = self.spill_slot(object);
                let name = self.mangled(*attr);
                let read = Expr::Attr { object: peek(object), name, site: target_site };
                (read, Target::Attr { object: take(object), name, site: target_site })
            }
            ExprKind::Subscript { value, slice } => {
                let spill = self.suspends(slice);
                let object = self.operand(value, spill);
                let object = self.spill_slot(object);
                let index = self.expr(slice);
                let index = self.index_slot(index);
                let read = Expr::Index { object: peek(object), index: peek(index), site: target_site };
                (read, Target::Index { object: take(object), index: take(index), site: target_site })
            }
            ExprKind::Name(name) => (self.read(*name, target.span, true), self.target(target)),
            _ => return,
        };
        let old = self.temp_with(old);
        let value = self.expr(value);
        self.emit(Instr::Do(Stmt::AugAssign { op, target: Target::Local(old), value, target_site, site }));
        let value = Expr::Take { slot: old };
        self.emit(Instr::Do(Stmt::Assign { targets: Box::new([store]), value }));
    }

    /// `local += await c`: nobody else can assign the local meanwhile, so its value stays there, and a str grows in place.
    /// False, and nothing done, for anything else.
    fn aug_assign_awaited(
        &mut self,
        target: &'a ast::Expr,
        op: BinaryOp,
        value: &'a ast::Expr,
        (site, target_site): (Site, Site),
    ) -> bool {
        let ExprKind::Await(awaited) = &value.kind else { return false };
        let Some(slot) = self.direct_slot(target).filter(|_| !self.suspends(awaited)) else { return false };
        let (old, awaited) = (self.expr(target), self.expr(awaited));
        let moves = awaited.may_assign();
        let at = match old {
            old if moves => self.temp_with(old),
            Expr::Local { .. } => slot,
            unproved => {
                self.emit(Instr::Do(Stmt::Expr(unproved)));
                slot
            }
        };
        let (into, await_site) = (self.temp(), self.site(value.span));
        self.emit(Instr::Await { value: awaited, into, site: await_site });
        let value = Expr::Take { slot: into };
        self.emit(Instr::Do(Stmt::AugAssign { op, target: Target::Local(at), value, target_site, site }));
        if moves {
            let targets = Box::new([Target::Local(slot)]);
            self.emit(Instr::Do(Stmt::Assign { targets, value: Expr::Take { slot: at } }));
        }
        true
    }

    fn index_slot(&mut self, index: Expr) -> Slot {
        match index {
            // A slice object stands for its parts: it is made once, as a value.
            Expr::Slice { .. } => self.temp_with(index),
            _ => self.spill_slot(index),
        }
    }

    /// A fresh temporary that holds `value`.
    fn temp_with(&mut self, value: Expr) -> Slot {
        let into = self.temp();
        self.emit(Instr::Spill { value, into });
        into
    }
}

fn peek(slot: Slot) -> Box<Expr> {
    Box::new(Expr::Local { slot })
}

fn take(slot: Slot) -> Box<Expr> {
    Box::new(Expr::Take { slot })
}

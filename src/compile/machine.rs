//! Bodies that can suspend: statements that contain a suspension become instructions, all others
//! stay trees. See `code/machine.rs` for what the instructions mean.

use super::fold;
use super::frame::Frame;
use super::unwind::{Around, Layer};
use crate::code::{Const, Expr, Instr, Label, Machine, Region, Slot, Stmt, Target};
use crate::syntax::ast::{self, BoolOp, ExprKind, StmtKind, UnaryOp};

/// More come only of `finally` blocks nested in `finally` blocks, each copied to every way out.
const MAX_INSTRS: u32 = 1 << 20;

/// A place in the instructions, known before it is bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LabelId(u32);

/// Instructions being written. Their labels count [`LabelId`]s until [`Frame::assemble`].
#[derive(Default)]
pub(super) struct Assembly<'a> {
    instrs: Vec<Instr>,
    labels: Vec<u32>,
    pub regions: Vec<Region>,
    /// What surrounds the place being written, outermost first.
    pub layers: Vec<Layer<'a>>,
}

impl LabelId {
    /// As instructions hold it until labels are resolved.
    pub fn pending(self) -> Label {
        Label(self.0)
    }
}

impl<'a> Frame<'a> {
    pub fn emit(&mut self, instr: Instr) {
        // Without a machine there is an error already: a suspension where none may be.
        if let Some(m) = &mut self.machine {
            m.instrs.push(instr);
        }
    }

    /// The position of the next instruction.
    pub fn here(&self) -> u32 {
        self.machine.as_ref().map_or(0, |m| m.instrs.len() as u32)
    }

    pub fn label(&mut self) -> LabelId {
        let Some(m) = &mut self.machine else { return LabelId(0) };
        m.labels.push(0);
        LabelId(m.labels.len() as u32 - 1)
    }

    pub fn bind(&mut self, label: LabelId) {
        let here = self.here();
        if let Some(place) = self.machine.as_mut().and_then(|m| m.labels.get_mut(label.0 as usize)) {
            *place = here;
        }
    }

    pub fn jump(&mut self, to: LabelId) {
        self.emit(Instr::Jump(to.pending()));
    }

    /// Emits the trees collected so far.
    pub fn flush(&mut self, out: &mut Vec<Stmt>) {
        let mut all = std::mem::take(out);
        if self.machine.is_none() {
            *out = all;
            return;
        }
        match all.pop() {
            None => {}
            Some(only) if all.is_empty() => self.emit(Instr::Do(only)),
            Some(last) => {
                all.push(last);
                self.emit(Instr::Do(Stmt::Block(all.into())));
            }
        }
    }

    /// The finished machine, its labels resolved.
    pub fn assemble(&mut self) -> Machine {
        let Some(Assembly { mut instrs, labels, mut regions, .. }) = self.machine.take() else {
            return Machine { instrs: Box::new([]), regions: Box::new([]) };
        };
        let resolve = |label: &mut Label| label.0 = labels.get(label.0 as usize).copied().unwrap_or(0);
        for instr in &mut instrs {
            match instr {
                Instr::Jump(to) | Instr::JumpIf { to, .. } => resolve(to),
                Instr::Next { done, .. } | Instr::AsyncNext { done, .. } => resolve(done),
                Instr::SplitGroup { none, .. } => resolve(none),
                _ => {}
            }
        }
        regions.iter_mut().for_each(|r| resolve(&mut r.target));
        Machine { instrs: instrs.into(), regions: regions.into() }
    }

    // Statements

    pub fn lower_block(&mut self, body: &'a [ast::Stmt]) {
        let mut plain = Vec::new();
        for s in body {
            if self.here() > MAX_INSTRS {
                self.error(s.span, "too many copies of `finally` blocks");
                break;
            }
            let mark = self.temps_mark();
            if self.stays_whole(s) {
                self.stmt(s, &mut plain);
            } else {
                self.flush(&mut plain);
                super::deep(|| self.lower(s));
            }
            self.temps_release(mark);
        }
        self.flush(&mut plain);
    }

    /// Whether a statement runs as a tree: nothing in it suspends, and no way out of it passes
    /// something that must run.
    fn stays_whole(&self, s: &'a ast::Stmt) -> bool {
        if self.stmt_suspends(s) {
            return false;
        }
        let exits = Exits::of(s);
        !(exits.jump || exits.ret && self.leaving_runs_code())
    }

    fn lower(&mut self, s: &'a ast::Stmt) {
        match &s.kind {
            StmtKind::If { test, body, orelse } => self.lower_if(test, body, orelse),
            StmtKind::While { test, body, orelse } => self.lower_while(test, body, orelse),
            StmtKind::For { target, iter, body, orelse, is_async } => {
                self.lower_for(target, iter, body, orelse, *is_async);
            }
            StmtKind::With { items, body, is_async } => self.lower_with(items, body, *is_async),
            StmtKind::Try { body, handlers, orelse, finalbody, is_star } => {
                self.lower_try(body, handlers, orelse, finalbody, *is_star);
            }
            StmtKind::Match { subject, cases } => self.lower_match(subject, cases),
            StmtKind::Return(value) => self.lower_return(value.as_deref()),
            StmtKind::Break => self.lower_jump(true),
            StmtKind::Continue => self.lower_jump(false),
            StmtKind::Expr(e) => self.lower_expr_stmt(e),
            StmtKind::Assign { targets, value } => self.lower_assign(targets, value),
            StmtKind::AugAssign { target, op, value } => self.lower_aug_assign(target, *op, value, s.span),
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                if let Some(value) = value {
                    self.lower_assign(std::slice::from_ref(&**target), value);
                }
                let mut out = Vec::new();
                self.annotation(target, annotation, value.is_none(), *simple, &mut out);
                self.flush(&mut out);
            }
            StmtKind::Delete(targets) => self.lower_delete(targets),
            StmtKind::Assert { test, msg } => self.lower_assert(test, msg.as_deref()),
            StmtKind::Raise { exc: Some(exc), cause: Some(cause) } => {
                let spill = self.suspends(cause);
                let exception = Some(self.operand(exc, spill));
                let cause = Some(self.expr(cause));
                let site = self.site(s.span);
                self.emit(Instr::Do(Stmt::Raise { exception, cause, site }));
            }
            // The operands of these are emitted as the tree is built.
            _ => {
                let mut out = Vec::new();
                self.stmt(s, &mut out);
                self.flush(&mut out);
            }
        }
    }

    /// Goes to `to` when the truth of `test` is `when`.
    pub fn jump_if(&mut self, test: &'a ast::Expr, when: bool, to: LabelId) {
        if self.suspends(test) {
            match &test.kind {
                ExprKind::UnaryOp { op: UnaryOp::Not, operand } => return self.jump_if(operand, !when, to),
                ExprKind::BoolOp { op, values } => return self.jump_if_bool(*op == BoolOp::Or, values, when, to),
                _ => {}
            }
        }
        let site = self.site(test.span);
        let test = self.expr(test);
        match fold::truth(&test) {
            Some(truth) if truth == when => self.jump(to),
            Some(_) => {}
            None => self.emit(Instr::JumpIf { test, when, to: to.pending(), site }),
        }
    }

    /// `and` goes on while true, `or` while false; `decides` is the truth that settles it at once.
    fn jump_if_bool(&mut self, decides: bool, values: &'a [ast::Expr], when: bool, to: LabelId) {
        let Some((last, init)) = values.split_last() else { return };
        if decides == when {
            values.iter().for_each(|v| self.jump_if(v, when, to));
        } else {
            let skip = self.label();
            init.iter().for_each(|v| self.jump_if(v, decides, skip));
            self.jump_if(last, when, to);
            self.bind(skip);
        }
    }

    fn lower_if(&mut self, test: &'a ast::Expr, body: &'a [ast::Stmt], orelse: &'a [ast::Stmt]) {
        let otherwise = self.label();
        self.jump_if(test, false, otherwise);
        self.lower_block(body);
        if orelse.is_empty() {
            self.bind(otherwise);
            return;
        }
        let end = self.label();
        self.jump(end);
        self.bind(otherwise);
        self.lower_block(orelse);
        self.bind(end);
    }

    fn lower_while(&mut self, test: &'a ast::Expr, body: &'a [ast::Stmt], orelse: &'a [ast::Stmt]) {
        let (again, done, end) = (self.label(), self.label(), self.label());
        self.bind(again);
        let mark = self.temps_mark();
        self.jump_if(test, false, done);
        self.temps_release(mark);
        self.lower_turns([again, done, end], None, body, orelse);
    }

    /// The body of a loop, and its `else`, which stands where the loop is done without a `break`.
    fn lower_turns(
        &mut self,
        [again, done, end]: [LabelId; 3],
        iter: Option<Slot>,
        body: &'a [ast::Stmt],
        orelse: &'a [ast::Stmt],
    ) {
        self.enter(Around::Loop { again, end, iter }, None);
        self.lower_block(body);
        self.leave();
        self.jump(again);
        self.bind(done);
        self.lower_block(orelse);
        self.bind(end);
    }

    fn lower_for(
        &mut self,
        target: &'a ast::Expr,
        iter: &'a ast::Expr,
        body: &'a [ast::Stmt],
        orelse: &'a [ast::Stmt],
        is_async: bool,
    ) {
        let (again, done, end) = (self.label(), self.label(), self.label());
        let site = self.site(iter.span);
        let iter_span = iter.span;
        let value = self.expr(iter);
        // Not for `async for`, whose message names the kind.
        let value = if is_async { value } else { fold::list_as_tuple(value) };
        let slot = self.temp();
        self.emit(match is_async {
            true => Instr::AsyncIter { value, into: slot, site },
            false => Instr::Iter { value, into: slot, site },
        });
        self.bind(again);
        let mark = self.temps_mark();
        self.next_item(slot, target, is_async, done, iter_span);
        self.temps_release(mark);
        self.lower_turns([again, done, end], Some(slot), body, orelse);
    }

    fn lower_match(&mut self, subject: &'a ast::Expr, cases: &'a [ast::MatchCase]) {
        let site = self.site(subject.span);
        let value = self.expr(subject);
        let slot = self.temp();
        self.emit(Instr::Spill { value, into: slot });
        let patterns = self.patterns(cases);
        let end = self.label();
        for (case, pattern) in cases.iter().zip(patterns) {
            let next = self.label();
            let value = Box::new(Expr::Local { slot });
            let test = Expr::Matches { value, pattern: Box::new(pattern), site };
            self.emit(Instr::JumpIf { test, when: false, to: next.pending(), site });
            if let Some(guard) = &case.guard {
                self.jump_if(guard, false, next);
            }
            self.emit(Instr::Clear(Box::new([slot])));
            self.lower_block(&case.body);
            self.jump(end);
            self.bind(next);
        }
        self.emit(Instr::Clear(Box::new([slot])));
        self.bind(end);
    }

    fn lower_return(&mut self, value: Option<&'a ast::Expr>) {
        let mut value = self.optional(value);
        if self.leaving_runs_code() {
            value = self.spill(value);
            self.leave_to(0);
        }
        self.emit(Instr::Return(value));
    }

    fn lower_delete(&mut self, targets: &'a [ast::Expr]) {
        let mut flat = Vec::new();
        targets.iter().for_each(|t| super::build::flatten(t, &mut flat));
        for t in flat {
            let target = self.target(t);
            let site = self.site(t.span);
            self.emit(Instr::Do(Stmt::Delete { targets: Box::new([target]), site }));
        }
    }

    fn lower_assert(&mut self, test: &'a ast::Expr, message: Option<&'a ast::Expr>) {
        let end = self.label();
        self.jump_if(test, true, end);
        let message = message.map(|m| self.expr(m));
        let site = self.site(test.span);
        self.emit(Instr::Do(Stmt::Assert { test: Expr::Const(Const::False), message, site }));
        self.bind(end);
    }

    fn lower_expr_stmt(&mut self, e: &'a ast::Expr) {
        match self.expr(e) {
            value if self.echo => self.emit(Instr::Do(Stmt::Echo(value))),
            // What was sent into a generator and not used goes when the slot is used next.
            Expr::Take { .. } if matches!(e.kind, ExprKind::Yield(_)) => {}
            Expr::Take { slot } => self.emit(Instr::Clear(Box::new([slot]))),
            Expr::Const(_) => {}
            value => self.emit(Instr::Do(Stmt::Expr(value))),
        }
    }

    /// The slot of a plain local that a result may go to directly.
    pub fn direct_slot(&mut self, target: &ast::Expr) -> Option<Slot> {
        let ExprKind::Name(name) = target.kind else { return None };
        match self.store(name) {
            Target::Local(slot) => Some(slot),
            _ => None,
        }
    }
}

/// The ways out of a statement other than its end.
#[derive(Clone, Copy, Default)]
struct Exits {
    ret: bool,
    /// `break` or `continue` of a loop around it.
    jump: bool,
}

impl Exits {
    fn of(s: &ast::Stmt) -> Exits {
        let mut exits = Exits::default();
        exits.scan(s, false);
        exits
    }

    fn scan_all(&mut self, body: &[ast::Stmt], in_loop: bool) {
        body.iter().for_each(|s| self.scan(s, in_loop));
    }

    fn scan(&mut self, s: &ast::Stmt, in_loop: bool) {
        match &s.kind {
            StmtKind::Return(_) => self.ret = true,
            StmtKind::Break | StmtKind::Continue => self.jump |= !in_loop,
            StmtKind::For { body, orelse, .. } | StmtKind::While { body, orelse, .. } => {
                self.scan_all(body, true);
                self.scan_all(orelse, in_loop);
            }
            StmtKind::If { body, orelse, .. } => {
                self.scan_all(body, in_loop);
                self.scan_all(orelse, in_loop);
            }
            StmtKind::With { body, .. } => self.scan_all(body, in_loop),
            StmtKind::Match { cases, .. } => cases.iter().for_each(|c| self.scan_all(&c.body, in_loop)),
            StmtKind::Try { body, handlers, orelse, finalbody, .. } => {
                self.scan_all(body, in_loop);
                handlers.iter().for_each(|h| self.scan_all(&h.body, in_loop));
                self.scan_all(orelse, in_loop);
                self.scan_all(finalbody, in_loop);
            }
            _ => {}
        }
    }
}

//! The end of a body, where what a statement returns is the body's result: a return there, and after conditions that end the
//! body, is the value of a node and makes no stop in the `Vm`.

use super::{Flow, Planter};
use crate::code::Stmt;
use crate::object::{Node, Value};

/// How many conditions in a row are followed; each is a node within the last one's.
const MOST_CONDITIONS: usize = 32;

/// Whether running the statements always ends in a `return`.
fn returns(stmts: &[Stmt]) -> bool {
    match stmts.last() {
        Some(Stmt::Return(_)) => true,
        Some(Stmt::If { then, orelse, .. }) => returns(then) && returns(orelse),
        _ => false,
    }
}

/// Whether the statement decides about what the body returns: it and what follows it make one node.
fn decides(stmt: &Stmt, is_last: bool) -> bool {
    match stmt {
        Stmt::Return(_) => true,
        Stmt::If { then, orelse, .. } => is_last || returns(then) || returns(orelse),
        _ => false,
    }
}

impl Planter<'_> {
    /// Statements at the end of a body as a node, which gives what they return.
    pub(super) fn tail(&self, stmts: &[&Stmt], conditions: usize) -> Node {
        stacker::maybe_grow(64 << 10, 2 << 20, || self.tail_node(stmts, conditions))
    }

    fn tail_node(&self, stmts: &[&Stmt], conditions: usize) -> Node {
        let last = stmts.len().saturating_sub(1);
        let decision = stmts.iter().enumerate().position(|(i, stmt)| decides(stmt, i == last));
        let (head, end) = match decision {
            Some(at) if conditions < MOST_CONDITIONS => {
                (&stmts[..at], self.decision(stmts[at], &stmts[at + 1..], conditions))
            }
            _ => (stmts, None),
        };
        if head.is_empty() {
            return end.unwrap_or_else(|| Box::new(|_, _| Ok(Value::None)));
        }
        let head = self.stmts(head.iter().copied());
        match end {
            Some(end) => Box::new(move |fp, vm| match head(fp, vm)? {
                Flow::Return => Ok(vm.returned.replace(Value::None)),
                _ => end(fp, vm),
            }),
            None => Box::new(move |fp, vm| match head(fp, vm)? {
                Flow::Return => Ok(vm.returned.replace(Value::None)),
                _ => Ok(Value::None),
            }),
        }
    }

    /// A statement that decides, and those that follow it.
    fn decision(&self, stmt: &Stmt, rest: &[&Stmt], conditions: usize) -> Option<Node> {
        match stmt {
            Stmt::Return(value) => Some(self.expr(value)),
            Stmt::If { test, then, orelse, site } => {
                let branch = |block: &[Stmt]| {
                    let rest = if returns(block) { &[] } else { rest };
                    let stmts: Vec<&Stmt> = block.iter().chain(rest.iter().copied()).collect();
                    self.tail(&stmts, conditions + 1)
                };
                let (test, then, orelse) = (self.test(test, *site), branch(then), branch(orelse));
                Some(Box::new(move |fp, vm| if test(fp, vm)? { then(fp, vm) } else { orelse(fp, vm) }))
            }
            _ => None,
        }
    }
}

//! Which part of an expression a traceback points at with `^` between `~`: the operator of a binary operation, the
//! brackets of a call or subscript. The rules are those of CPython 3.13 (`Lib/traceback.py`).

use crate::source::Source;
use crate::syntax::ast::{Expr, ExprKind, Module, StmtKind};
use crate::syntax::parse_module;

/// The part underlined with `^`, in bytes of the segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Anchors {
    pub start: usize,
    pub end: usize,
}

fn parse(text: String) -> Option<Module> {
    parse_module(&Source::new("<segment>", text)).ok()
}

/// The anchors of the expression that `segment` spells; None for other kinds, which are underlined as a whole.
pub fn find(segment: &str) -> Option<Anchors> {
    // Brackets make an expression of several lines one statement.
    const BEFORE: &str = "(\n";
    let module = parse(format!("{BEFORE}{segment}\n)"))?;
    let [statement] = module.body.as_slice() else { return None };
    let StmtKind::Expr(expr) = &statement.kind else { return None };
    let at = |offset: u32| (offset as usize).saturating_sub(BEFORE.len()).min(segment.len());
    match &expr.kind {
        ExprKind::BinOp { left, right, .. } => {
            let start = seek(segment, at(left.span.end), |c| !c.is_whitespace() && c != ')')?;
            let first = segment[start..].chars().next()?;
            let mut end = start + first.len_utf8();
            let second = segment[end..].chars().next();
            if let Some(c) = second.filter(|c| !c.is_whitespace() && !matches!(c, '\\' | '#'))
                && end < at(right.span.start)
            {
                end += c.len_utf8();
            }
            Some(Anchors { start, end })
        }
        ExprKind::Subscript { value, .. } => brackets(segment, at(value.span.end), '[', at(expr.span.end)),
        ExprKind::Call { func, .. } => brackets(segment, at(func.span.end), '(', at(expr.span.end)),
        _ => None,
    }
}

fn brackets(segment: &str, from: usize, open: char, end: usize) -> Option<Anchors> {
    Some(Anchors { start: seek(segment, from, |c| c == open)?, end })
}

/// The first place from `from` on where `stop` holds, comments and backslashes skipped to the end of their line.
fn seek(segment: &str, from: usize, stop: impl Fn(char) -> bool) -> Option<usize> {
    let mut skips = false;
    for (i, c) in segment.get(from..)?.char_indices() {
        match c {
            '\n' => skips = false,
            _ if skips => {}
            '\\' | '#' => skips = true,
            c if stop(c) => return Some(from + i),
            _ => {}
        }
    }
    None
}

/// Whether a statement is nothing but this call, returned or assigned to a name: then carets under the whole of it
/// would say nothing. `start..end` are bytes of `text`.
pub fn is_whole_statement(text: &str, start: usize, end: usize) -> bool {
    let Some(module) = parse(text.to_owned()) else { return false };
    let Some(statement) = module.body.first() else { return true };
    let whole = |call: &Expr| (call.span.start as usize, call.span.end as usize) == (start, end);
    match &statement.kind {
        StmtKind::Return(Some(value)) => match &value.kind {
            ExprKind::Call { func, .. } => matches!(func.kind, ExprKind::Name(_)) && whole(value),
            _ => false,
        },
        StmtKind::Assign { targets, value } => match (targets.as_slice(), &value.kind) {
            ([target], ExprKind::Call { .. }) => matches!(target.kind, ExprKind::Name(_)) && whole(value),
            _ => false,
        },
        _ => false,
    }
}

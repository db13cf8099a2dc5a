//! Where control goes, as far as the text says so: what can never be reached, whether a body yields or returns a value.

use super::finding::{Code, Finding};
use crate::syntax::ast::*;

/// Calls `look` for each statement of a body and of the blocks in it, not of functions and classes.
pub fn each_statement<'a>(body: &'a [Stmt], look: &mut dyn FnMut(&'a Stmt)) {
    for statement in body {
        look(statement);
        for block in blocks(statement) {
            each_statement(block, look);
        }
    }
}

/// The blocks of a statement that belong to the same function.
fn blocks(statement: &Stmt) -> Vec<&[Stmt]> {
    match &statement.kind {
        StmtKind::For { body, orelse, .. }
        | StmtKind::While { body, orelse, .. }
        | StmtKind::If { body, orelse, .. } => {
            vec![body, orelse]
        }
        StmtKind::With { body, .. } => vec![body],
        StmtKind::Match { cases, .. } => cases.iter().map(|case| case.body.as_slice()).collect(),
        StmtKind::Try { body, handlers, orelse, finalbody, .. } => {
            let handlers = handlers.iter().map(|handler| handler.body.as_slice());
            [body.as_slice()].into_iter().chain(handlers).chain([orelse.as_slice(), finalbody.as_slice()]).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether any expression of a body, functions in it aside, is one that `is_it` chooses.
pub fn any_expr(body: &[Stmt], is_it: &dyn Fn(&Expr) -> bool) -> bool {
    let mut found = false;
    each_statement(body, &mut |statement| {
        found = found || exprs_of(statement).iter().any(|expr| expr_has(expr, is_it));
    });
    found
}

/// The expressions that stand directly in a statement.
fn exprs_of(statement: &Stmt) -> Vec<&Expr> {
    match &statement.kind {
        StmtKind::Return(value) => value.as_deref().into_iter().collect(),
        StmtKind::Delete(targets) => targets.iter().collect(),
        StmtKind::Assign { targets, value } => targets.iter().chain([&**value]).collect(),
        StmtKind::AugAssign { target, value, .. } => vec![target, value],
        StmtKind::AnnAssign { target, value, .. } => [&**target].into_iter().chain(value.as_deref()).collect(),
        StmtKind::For { target, iter, .. } => vec![target, iter],
        StmtKind::While { test, .. } | StmtKind::If { test, .. } => vec![test],
        StmtKind::With { items, .. } => items.iter().map(|item| &item.context_expr).collect(),
        StmtKind::Match { subject, cases } => {
            [&**subject].into_iter().chain(cases.iter().filter_map(|case| case.guard.as_ref())).collect()
        }
        StmtKind::Raise { exc, cause } => exc.as_deref().into_iter().chain(cause.as_deref()).collect(),
        StmtKind::Assert { test, msg } => [&**test].into_iter().chain(msg.as_deref()).collect(),
        StmtKind::Expr(value) => vec![value],
        _ => Vec::new(),
    }
}

/// Whether an expression or one in it is one that `is_it` chooses.
pub fn expr_has(expr: &Expr, is_it: &dyn Fn(&Expr) -> bool) -> bool {
    is_it(expr) || children(expr).into_iter().any(|child| expr_has(child, is_it))
}

/// The expressions in an expression, those of lambdas and comprehensions aside.
fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::BoolOp { values, .. } => values.iter().collect(),
        ExprKind::NamedExpr { value, .. } => vec![value],
        ExprKind::BinOp { left, right, .. } => vec![left, right],
        ExprKind::UnaryOp { operand: value, .. }
        | ExprKind::Await(value)
        | ExprKind::YieldFrom(value)
        | ExprKind::Starred(value)
        | ExprKind::Attribute { value, .. } => vec![value],
        ExprKind::IfExp { test, body, orelse } => vec![test, body, orelse],
        ExprKind::Dict(items) => items.iter().flat_map(|item| item.key.iter().chain([&item.value])).collect(),
        ExprKind::Set(items) | ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().collect(),
        ExprKind::ListComp { elt, generators } | ExprKind::SetComp { elt, generators } => {
            [&**elt].into_iter().chain(generators.iter().map(|generator| &generator.iter)).collect()
        }
        ExprKind::Yield(value) => value.as_deref().into_iter().collect(),
        ExprKind::Compare { left, comparators, .. } => [&**left].into_iter().chain(comparators).collect(),
        ExprKind::Call { func, args, keywords } => {
            [&**func].into_iter().chain(args).chain(keywords.iter().map(|keyword| &keyword.value)).collect()
        }
        ExprKind::JoinedStr(parts) => parts
            .iter()
            .filter_map(|part| match part {
                FStringPart::FormattedValue(field) => Some(&field.value),
                FStringPart::Literal(_) => None,
            })
            .collect(),
        ExprKind::Subscript { value, slice } => vec![value, slice],
        _ => Vec::new(),
    }
}

pub fn yields(body: &[Stmt]) -> bool {
    any_expr(body, &|expr| matches!(expr.kind, ExprKind::Yield(_) | ExprKind::YieldFrom(_)))
}

/// Whether a body waits anywhere.
pub fn awaits(body: &[Stmt]) -> bool {
    let mut found = any_expr(body, &|expr| matches!(expr.kind, ExprKind::Await(_)));
    each_statement(body, &mut |statement| {
        found = found
            || matches!(&statement.kind, StmtKind::For { is_async: true, .. } | StmtKind::With { is_async: true, .. });
    });
    found
}

pub fn returns_a_value(body: &[Stmt]) -> bool {
    let mut found = false;
    each_statement(body, &mut |statement| found = found || matches!(statement.kind, StmtKind::Return(Some(_))));
    found
}

/// Whether a body is one that others are to replace: `pass`, `...`, a docstring, `raise NotImplementedError`.
pub fn does_nothing(body: &[Stmt]) -> bool {
    body.iter().all(|statement| match &statement.kind {
        StmtKind::Pass | StmtKind::Raise { .. } => true,
        StmtKind::Expr(value) => matches!(value.kind, ExprKind::Constant(_)),
        _ => false,
    })
}

/// Whether anything in a body is of a kind.
pub fn has(body: &[Stmt], is_it: impl Fn(&StmtKind) -> bool) -> bool {
    let mut found = false;
    each_statement(body, &mut |statement| found = found || is_it(&statement.kind));
    found
}

/// Statements that nothing can lead to; the first of each block.
pub fn unreachable(module: &Module) -> Vec<Finding> {
    let mut findings = Vec::new();
    look_at(&module.body, &mut findings);
    findings
}

fn look_at(body: &[Stmt], findings: &mut Vec<Finding>) {
    for (i, statement) in body.iter().enumerate() {
        if let Some(why) = ends(statement)
            && let Some(next) = body.get(i + 1)
            && !makes_a_generator(&body[i + 1..])
        {
            let message = format!("this is never reached: {why}");
            findings
                .push(Finding::new(Code::Unreachable, next.span, message).help("remove it, or what stands before it"));
            break;
        }
    }
    for statement in body {
        blocks(statement).into_iter().for_each(|block| look_at(block, findings));
        match &statement.kind {
            StmtKind::FunctionDef(def) => look_at(&def.body, findings),
            StmtKind::ClassDef(def) => look_at(&def.body, findings),
            _ => {}
        }
    }
}

/// A `yield` that is never reached makes its function a generator: it is meant.
fn makes_a_generator(rest: &[Stmt]) -> bool {
    yields(rest)
}

/// Why nothing comes after a statement, if so.
fn ends(statement: &Stmt) -> Option<&'static str> {
    match &statement.kind {
        StmtKind::Return(_) => Some("the function returns before"),
        StmtKind::Raise { .. } => Some("an exception is raised before"),
        StmtKind::Break => Some("the loop is left before"),
        StmtKind::Continue => Some("the loop goes on before"),
        StmtKind::If { body, orelse, .. } => {
            let both = [body, orelse].iter().all(|block| block.iter().any(|statement| ends(statement).is_some()));
            both.then_some("both branches leave before")
        }
        StmtKind::While { test, body, .. } if is_true(test) => (!breaks(body)).then_some("the loop never ends"),
        _ => None,
    }
}

/// Whether a `break` in a body leaves the loop that the body belongs to.
fn breaks(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StmtKind::Break => true,
        // A break in an inner loop's body is the inner loop's; one in its `else` is ours.
        StmtKind::For { orelse, .. } | StmtKind::While { orelse, .. } => breaks(orelse),
        _ => blocks(statement).into_iter().any(breaks),
    })
}

/// `while True:` and `while 1:`
pub fn is_true(test: &Expr) -> bool {
    matches!(test.kind, ExprKind::Constant(Constant::True | Constant::Int(1)))
}

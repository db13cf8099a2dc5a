//! Rules about tasks and the loop: tasks that nobody holds, calls that stop the loop, loops inside loops, handlers that
//! swallow a cancellation.

use super::facts::{Site, What};
use super::finding::{Code, Finding};
use super::flow;
use super::infer::{Inference, Is};
use super::scope::ScopeId;
use crate::intern::Symbol;
use crate::source::Span;
use crate::syntax::ast::{ExceptHandler, Expr, ExprKind, Stmt, StmtKind};

/// Calls that stop everything else: the module, the function, what to do instead.
const BLOCKING: &[(&str, &str, &str)] = &[
    ("time", "sleep", "`await asyncio.sleep(...)` lets others run meanwhile"),
    ("subprocess", "run", "`asyncio.create_subprocess_exec` does not block"),
    ("subprocess", "call", "`asyncio.create_subprocess_exec` does not block"),
    ("subprocess", "check_call", "`asyncio.create_subprocess_exec` does not block"),
    ("subprocess", "check_output", "`asyncio.create_subprocess_exec` does not block"),
    ("os", "system", "`asyncio.create_subprocess_shell` does not block"),
    ("urllib.request", "urlopen", "`await asyncio.to_thread(...)` moves it out of the way"),
    ("requests", "get", "`await asyncio.to_thread(...)` moves it out of the way"),
    ("requests", "post", "`await asyncio.to_thread(...)` moves it out of the way"),
    ("requests", "request", "`await asyncio.to_thread(...)` moves it out of the way"),
    ("socket", "create_connection", "`asyncio.open_connection` does not block"),
];

const ONE_TASK: &str = "nothing holds this task, waits for it or sees its errors";
const HOLD_IT: &str = "keep it in a variable and await it, or use `asyncio.TaskGroup`";

/// Whether a function of a module stops the loop.
pub fn blocks(module: &str, name: &str) -> bool {
    BLOCKING.iter().any(|row| (row.0, row.1) == (module, name))
}

impl Inference<'_> {
    /// The rules about tasks and the loop, for one place.
    pub fn of_tasks(&self, site: &Site, findings: &mut Vec<Finding>) {
        match &site.what {
            What::Bare(expr) if !site.is_guarded => self.dropped(site.scope, expr, findings),
            What::Call(expr) => {
                self.blocking(site.scope, expr, findings);
                self.nested_run(site, expr, findings);
            }
            What::Try { handlers, body, endless } => self.swallowed(site.scope, handlers, body, *endless, findings),
            What::For { iter, is_async: false } => self.file_loop(site.scope, iter, findings),
            _ => {}
        }
    }

    fn is_builtin_called(&self, scope: ScopeId, func: &Expr, wanted: &str) -> bool {
        matches!(func.kind, ExprKind::Name(name) if name.as_str() == wanted && self.is_builtin(scope, name))
    }

    /// `asyncio.create_task(...)` or `asyncio.gather(...)` alone in a line.
    fn dropped(&self, scope: ScopeId, expr: &Expr, findings: &mut Vec<Finding>) {
        let ExprKind::Call { func, args, .. } = &expr.kind else { return };
        let Some(name) = self.of_asyncio(scope, func) else { return };
        // What is no coroutine may be a task that is held elsewhere.
        let makes_tasks = || args.iter().any(|arg| self.gives_coroutines(scope, arg));
        let (message, help) = match name.as_str() {
            "create_task" => (ONE_TASK, HOLD_IT),
            "ensure_future" if makes_tasks() => (ONE_TASK, HOLD_IT),
            "gather" if makes_tasks() => ("nothing waits for these tasks or sees their errors", "`await` the gather"),
            _ => return,
        };
        findings.push(Finding::new(Code::DroppedTask, expr.span, message).help(help));
    }

    /// `f()`, `*[f() for ...]`, `*(f() for ...)`
    fn gives_coroutines(&self, scope: ScopeId, arg: &Expr) -> bool {
        match &arg.kind {
            ExprKind::Starred(inner) => match &inner.kind {
                ExprKind::ListComp { elt, .. } | ExprKind::GeneratorExp { elt, .. } => {
                    self.gives_coroutines(scope, elt)
                }
                ExprKind::List(items) | ExprKind::Tuple(items) => {
                    items.iter().any(|item| self.gives_coroutines(scope, item))
                }
                _ => false,
            },
            _ => matches!(self.kind_of(scope, arg), Is::Coroutine(_)),
        }
    }

    /// A call that stops the loop, in a coroutine.
    fn blocking(&self, scope: ScopeId, expr: &Expr, findings: &mut Vec<Finding>) {
        let ExprKind::Call { func, .. } = &expr.kind else { return };
        if !self.facts.scopes.is_async(scope) {
            return;
        }
        let written = self.facts.source.slice(func.span);
        if self.is_builtin_called(scope, func, "input") {
            let finding =
                Finding::new(Code::BlockingCall, expr.span, "`input()` stops every task until somebody types");
            findings.push(finding.help("`await asyncio.to_thread(input)` moves it out of the way"));
            return;
        }
        let Some((module, name)) = self.imported(scope, func) else { return };
        let Some(row) = BLOCKING.iter().find(|row| (row.0, row.1) == (module.as_str(), name.as_str())) else { return };
        let finding =
            Finding::new(Code::BlockingCall, expr.span, format!("`{written}()` stops every task, not only this one"));
        let finding = finding.help(row.2);
        let asyncio = Symbol::new("asyncio");
        let means_the_module = self.facts.scopes.resolve(scope, asyncio).is_none()
            || self.facts.scopes.only_binding(scope, asyncio).is_some_and(|binding| binding.import.is_some());
        let fixable = module == "time" && means_the_module && self.facts.scopes.takes_await(scope);
        let before = &self.facts.source.text[..func.span.start as usize];
        let instead = if before.trim_end().ends_with("await") { "asyncio.sleep" } else { "await asyncio.sleep" };
        findings.push(if fixable { finding.replace(func.span, instead) } else { finding });
    }

    /// `for line in open(...)` in a coroutine.
    fn file_loop(&self, scope: ScopeId, iter: &Expr, findings: &mut Vec<Finding>) {
        let ExprKind::Call { func, .. } = &iter.kind else { return };
        if self.is_builtin_called(scope, func, "open") && self.facts.scopes.is_async(scope) {
            let finding =
                Finding::new(Code::BlockingCall, iter.span, "reading a file line by line stops every task meanwhile");
            findings.push(finding.help("read it in a function and `await asyncio.to_thread(function)`"));
        }
    }

    /// `asyncio.run` in a coroutine.
    fn nested_run(&self, site: &Site, expr: &Expr, findings: &mut Vec<Finding>) {
        let ExprKind::Call { func, .. } = &expr.kind else { return };
        if site.is_guarded || !self.facts.scopes.is_async(site.scope) {
            return;
        }
        if self.of_asyncio(site.scope, func).is_some_and(|name| name == "run") {
            let finding =
                Finding::new(Code::NestedRun, expr.span, "`asyncio.run` starts a loop, but one runs here already");
            findings.push(finding.help("`await` the coroutine instead"));
        }
    }

    /// A handler that takes a cancellation and goes on.
    fn swallowed(
        &self,
        scope: ScopeId,
        handlers: &[ExceptHandler],
        body: &[Stmt],
        endless: Option<&[Stmt]>,
        findings: &mut Vec<Finding>,
    ) {
        if !self.facts.scopes.is_async(scope) || !flow::awaits(body) {
            return;
        }
        for handler in handlers {
            let catches = catches(handler.typ.as_ref());
            let lets_go = flow::has(&handler.body, leaves) || flow::any_expr(&handler.body, &ends_the_program);
            let swallows = match catches {
                Catches::All => !uses(handler) && !lets_go,
                Catches::Cancelled => !uses(handler) && !lets_go && endless.is_some_and(|all| holds_on(all, body)),
                Catches::Others => false,
            };
            if swallows {
                let span = match &handler.typ {
                    Some(typ) => Span { start: handler.span.start, end: typ.span.end },
                    None => Span { start: handler.span.start, end: handler.span.start + "except".len() as u32 },
                };
                let message = match catches {
                    Catches::Cancelled => {
                        "a cancellation is caught here and the loop goes on: the task cannot be cancelled"
                    }
                    _ => "this catches the task's own cancellation too, and goes on",
                };
                let help = match catches {
                    Catches::Cancelled => "end with `raise`, or leave the loop",
                    _ => "catch `Exception`, which a cancellation is not, or end with `raise`",
                };
                findings.push(Finding::new(Code::SwallowedCancellation, span, message).help(help));
            }
            if catches != Catches::Others {
                return;
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Catches {
    /// Bare `except`, `except BaseException`.
    All,
    /// `except asyncio.CancelledError`, alone or among others.
    Cancelled,
    Others,
}

fn catches(typ: Option<&Expr>) -> Catches {
    match typ.map(|typ| &typ.kind) {
        None => Catches::All,
        Some(ExprKind::Name(name)) if name.as_str() == "BaseException" => Catches::All,
        Some(ExprKind::Name(name)) if name.as_str() == "CancelledError" => Catches::Cancelled,
        Some(ExprKind::Attribute { attr, .. }) if attr.as_str() == "CancelledError" => Catches::Cancelled,
        Some(ExprKind::Tuple(items)) => {
            let found: Vec<Catches> = items.iter().map(|item| catches(Some(item))).collect();
            if found.contains(&Catches::All) {
                Catches::All
            } else if found.contains(&Catches::Cancelled) {
                Catches::Cancelled
            } else {
                Catches::Others
            }
        }
        Some(_) => Catches::Others,
    }
}

/// Whether a handler looks at what it caught: then it may well decide by it.
fn uses(handler: &ExceptHandler) -> bool {
    let Some(name) = handler.name else { return false };
    flow::any_expr(&handler.body, &|expr| matches!(expr.kind, ExprKind::Name(read) if read == name.name))
}

/// `raise`, `return`, `break`
fn leaves(kind: &StmtKind) -> bool {
    matches!(kind, StmtKind::Raise { .. } | StmtKind::Return(_) | StmtKind::Break)
}

/// `sys.exit()`, `exit()`, `os._exit()`
fn ends_the_program(expr: &Expr) -> bool {
    let ExprKind::Call { func, .. } = &expr.kind else { return false };
    matches!(&func.kind, ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }
        if matches!(name.as_str(), "exit" | "quit" | "_exit"))
}

/// Whether an endless loop goes on after a cancellation that came in `body`: it has no way out behind it, and it cancels
/// nothing itself whose cancellation it could be.
fn holds_on(endless: &[Stmt], body: &[Stmt]) -> bool {
    let ways_out = |body: &[Stmt]| {
        let mut count = 0;
        flow::each_statement(body, &mut |statement| count += usize::from(leaves(&statement.kind)));
        count
    };
    let cancels = |expr: &Expr| {
        let ExprKind::Call { func, .. } = &expr.kind else { return false };
        matches!(&func.kind, ExprKind::Attribute { attr, .. } if attr.as_str() == "cancel")
    };
    ways_out(endless) == ways_out(body) && !flow::any_expr(endless, &cancels)
}

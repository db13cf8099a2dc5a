//! Rules about coroutines: never awaited, used as if they were their results, awaited though they are none, tasks that
//! nobody holds, calls that stop the loop, handlers that swallow a cancellation, loops inside loops.

use super::facts::{Facts, Site, What};
use super::finding::{Code, Finding};
use super::flow;
use super::known::Known;
use super::names::module_of;
use super::scope::{Def, MODULE, ScopeId, ScopeKind};
use crate::intern::Symbol;
use crate::source::Span;
use crate::syntax::ast::{Constant, ExceptHandler, Expr, ExprKind, Stmt, StmtKind};

/// Functions of asyncio that give a coroutine, which does nothing until it is awaited.
const COROUTINES: &[&str] = &[
    "sleep",
    "wait",
    "wait_for",
    "to_thread",
    "open_connection",
    "start_server",
    "open_unix_connection",
    "start_unix_server",
    "create_subprocess_exec",
    "create_subprocess_shell",
];

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

/// What may be asked of a coroutine object.
const OF_COROUTINES: &[&str] = &["send", "throw", "close"];

pub fn check(facts: &Facts, known: &Known, findings: &mut Vec<Finding>) {
    let rules = Rules { facts, known };
    for site in &facts.sites {
        rules.site(site, findings);
    }
}

struct Rules<'a> {
    facts: &'a Facts<'a>,
    known: &'a Known,
}

/// What an expression is known to be.
enum Is {
    /// A call that gives a coroutine; the function as it is written.
    Coroutine(String),
    /// Certainly nothing that can be awaited; why.
    Plain(String),
    Unknown,
}

impl Rules<'_> {
    fn site(&self, site: &Site, findings: &mut Vec<Finding>) {
        match &site.what {
            What::Bare(expr) => {
                self.bare(site.scope, expr, findings);
                if !site.is_guarded {
                    self.dropped(site.scope, expr, findings);
                }
            }
            What::Assign { name, name_span, value } => self.kept_only(site.scope, *name, *name_span, value, findings),
            What::Await { operand, whole } if !site.is_guarded => self.awaited(site.scope, operand, *whole, findings),
            What::Value { expr, done } if !site.is_guarded => self.used(site.scope, expr, done, findings),
            What::Attribute(expr) if !site.is_guarded => {
                if let ExprKind::Attribute { value, attr, .. } = &expr.kind
                    && !OF_COROUTINES.contains(&attr.as_str())
                    && !attr.as_str().starts_with("cr_")
                    && !attr.as_str().starts_with('_')
                {
                    self.used(site.scope, value, "is asked for an attribute", findings);
                }
            }
            What::Call(expr) => {
                self.blocking(site.scope, expr, findings);
                self.nested_run(site, expr, findings);
            }
            What::Try { handlers, body, in_endless_loop } => {
                self.swallowed(site.scope, handlers, body, *in_endless_loop, findings);
            }
            What::For { iter } => self.file_loop(site.scope, iter, findings),
            _ => {}
        }
    }

    /// What a call of `func` is known to give.
    fn def_of(&self, scope: ScopeId, func: &Expr) -> Option<Def> {
        match &func.kind {
            ExprKind::Name(name) => self.facts.scopes.only_binding(scope, *name)?.def,
            ExprKind::Attribute { value, attr, .. } => {
                let ExprKind::Name(receiver) = value.kind else { return None };
                let class = self.class_of_receiver(scope, receiver)?;
                let class = self.facts.scopes.get(class);
                let name = class.names.get(&attr.mangled(class.private))?;
                let [only] = name.bindings.as_slice() else { return None };
                only.def
            }
            _ => None,
        }
    }

    /// The class in whose methods `receiver` is `self`.
    fn class_of_receiver(&self, scope: ScopeId, receiver: Symbol) -> Option<ScopeId> {
        let home = self.facts.scopes.resolve(scope, receiver)?;
        let method = self.facts.scopes.get(home);
        if method.receiver != Some(receiver) || method.names.get(&receiver)?.bindings.len() != 1 {
            return None;
        }
        let mut at = method.parent;
        while let Some(id) = at {
            match self.facts.scopes.get(id).kind {
                ScopeKind::Class => return Some(id),
                ScopeKind::Inner => at = self.facts.scopes.get(id).parent,
                _ => return None,
            }
        }
        None
    }

    /// The module and the name of a function that comes from an import.
    fn imported(&self, scope: ScopeId, func: &Expr) -> Option<(String, String)> {
        match &func.kind {
            ExprKind::Attribute { value, attr, .. } => {
                if let Some(module) = module_of(self.facts, scope, value) {
                    return Some((module.as_str().to_owned(), attr.as_str().to_owned()));
                }
                // `urllib.request.urlopen`
                let ExprKind::Attribute { value: inner, attr: middle, .. } = &value.kind else { return None };
                let module = module_of(self.facts, scope, inner)?;
                Some((format!("{}.{}", module.as_str(), middle.as_str()), attr.as_str().to_owned()))
            }
            ExprKind::Name(name) => {
                let import = self.facts.scopes.only_binding(scope, *name)?.import?;
                Some((import.module.as_str().to_owned(), import.name?.as_str().to_owned()))
            }
            _ => None,
        }
    }

    fn kind_of(&self, scope: ScopeId, expr: &Expr) -> Is {
        let ExprKind::Call { func, .. } = &expr.kind else { return Is::Unknown };
        let written = self.facts.source.slice(func.span);
        if let Some(def) = self.def_of(scope, func) {
            return match def {
                Def { is_plain: false, .. } => Is::Unknown,
                Def { is_async: true, is_generator: false, .. } => Is::Coroutine(written.to_owned()),
                Def { is_async: true, .. } => {
                    Is::Plain(format!("`{written}()` is an async generator, which is read with `async for`"))
                }
                Def { is_generator: true, .. } => Is::Plain(format!("`{written}()` is a generator")),
                Def { returns_a_value: false, .. } => {
                    Is::Plain(format!("`{written}` is a plain function and returns None"))
                }
                Def { .. } => Is::Unknown,
            };
        }
        match self.imported(scope, func) {
            Some((module, name)) if module == "asyncio" && COROUTINES.contains(&name.as_str()) => {
                Is::Coroutine(written.to_owned())
            }
            Some((module, name)) if BLOCKING.iter().any(|row| (row.0, row.1) == (module.as_str(), name.as_str())) => {
                Is::Plain(format!("`{written}` is a plain function"))
            }
            _ => match func.kind {
                ExprKind::Name(name)
                    if self.known.is_builtin(name.as_str())
                        && !matches!(
                            name.as_str(),
                            "anext" | "next" | "eval" | "getattr" | "max" | "min" | "super" | "object"
                        )
                        && name.as_str().starts_with(|c: char| c.is_ascii_lowercase())
                        && self.facts.scopes.resolve(scope, name).is_none() =>
                {
                    Is::Plain(format!("`{written}` is a plain builtin"))
                }
                _ => Is::Unknown,
            },
        }
    }

    /// `await` can be written here.
    fn may_await(&self, scope: ScopeId) -> bool {
        let function = self.facts.scopes.function_of(scope);
        function == MODULE || self.facts.scopes.is_async(scope)
    }

    fn help_to_await(&self, scope: ScopeId, name: &str) -> String {
        if self.may_await(scope) {
            format!("`{name}()` is a coroutine: add `await`")
        } else {
            format!("`{name}()` is a coroutine: run it with `asyncio.run(...)`, or await it in an `async def`")
        }
    }

    /// `fetch()` alone in a line; `[fetch(), fetch()]` too.
    fn bare(&self, scope: ScopeId, expr: &Expr, findings: &mut Vec<Finding>) {
        if let ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) = &expr.kind {
            items.iter().for_each(|item| self.bare(scope, item, findings));
            return;
        }
        let Is::Coroutine(name) = self.kind_of(scope, expr) else { return };
        let finding = Finding::new(Code::NeverAwaited, expr.span, format!("the coroutine `{name}()` is never awaited"));
        let finding = finding.help(self.help_to_await(scope, &name));
        let fixable = self.facts.scopes.is_async(scope);
        findings.push(if fixable { finding.insert(expr.span.start, "await ") } else { finding });
    }

    /// `x = fetch()` with an `x` that nobody reads; `xs = [fetch() for ...]` too.
    fn kept_only(&self, scope: ScopeId, name: Symbol, span: Span, value: &Expr, findings: &mut Vec<Finding>) {
        let Some(home) = self.facts.scopes.resolve(scope, name) else { return };
        let scopes = &self.facts.scopes;
        let is_read = scopes.get(home).names.get(&name).is_none_or(|name| name.reads > 0);
        if is_read || scopes.get(home).is_read_unseen || self.facts.exported.contains(&name) {
            return;
        }
        let inner = match &value.kind {
            ExprKind::ListComp { elt, .. } => elt,
            ExprKind::List(items) | ExprKind::Tuple(items) => match items.first() {
                Some(first) => first,
                None => return,
            },
            _ => value,
        };
        let Is::Coroutine(function) = self.kind_of(scope, inner) else { return };
        let what = if std::ptr::eq(inner, value) { "the coroutine" } else { "the coroutines" };
        let message = format!("`{}` keeps {what} of `{function}()`, which nothing awaits", name.as_str());
        let finding = Finding::new(Code::NeverAwaited, span, message).help(self.help_to_await(scope, &function));
        // One finding says it: the variable is unused because the await is missing.
        findings.retain(|other| !(other.code == Code::UnusedVariable && other.span == span));
        let fixable = std::ptr::eq(inner, value) && self.facts.scopes.is_async(scope);
        findings.push(if fixable { finding.insert(value.span.start, "await ") } else { finding });
    }

    /// A coroutine where its result is needed.
    fn used(&self, scope: ScopeId, expr: &Expr, done: &str, findings: &mut Vec<Finding>) {
        let Is::Coroutine(name) = self.kind_of(scope, expr) else { return };
        let message = format!("`{name}()` {done}, but it is a coroutine and not its result");
        let finding = Finding::new(Code::MissingAwait, expr.span, message).help(self.help_to_await(scope, &name));
        let fixable = self.facts.scopes.is_async(scope);
        findings.push(if fixable {
            finding.insert(expr.span.start, "(await ").insert(expr.span.end, ")")
        } else {
            finding
        });
    }

    /// `await` of what cannot be awaited.
    fn awaited(&self, scope: ScopeId, operand: &Expr, whole: Span, findings: &mut Vec<Finding>) {
        let wrong = match &operand.kind {
            ExprKind::Constant(Constant::Ellipsis) => return,
            ExprKind::Constant(_) | ExprKind::JoinedStr(_) => Some("a literal".to_owned()),
            ExprKind::List(_)
            | ExprKind::Tuple(_)
            | ExprKind::Dict(_)
            | ExprKind::Set(_)
            | ExprKind::ListComp { .. } => {
                let help = "`await asyncio.gather(*...)` awaits all that is in one";
                findings.push(Finding::new(Code::BadAwait, whole, "a container cannot be awaited").help(help));
                return;
            }
            ExprKind::Lambda { .. } => Some("a function that is not called".to_owned()),
            ExprKind::Name(name) => {
                match self.facts.scopes.only_binding(scope, *name).and_then(|binding| binding.def) {
                    Some(def) if def.is_plain => {
                        let message =
                            format!("`{}` is a function that is not called: it cannot be awaited", name.as_str());
                        let help = format!("call it: `await {}()`", name.as_str());
                        findings.push(Finding::new(Code::BadAwait, whole, message).help(help));
                        return;
                    }
                    _ => None,
                }
            }
            ExprKind::Call { .. } => match self.kind_of(scope, operand) {
                Is::Plain(why) => {
                    findings.push(
                        Finding::new(Code::BadAwait, whole, format!("{why}; there is nothing to await"))
                            .help("leave `await` out, or call something asynchronous"),
                    );
                    return;
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(what) = wrong {
            findings.push(
                Finding::new(Code::BadAwait, whole, format!("{what} cannot be awaited")).help("leave `await` out"),
            );
        }
    }

    /// `asyncio.create_task(...)` alone in a line.
    fn dropped(&self, scope: ScopeId, expr: &Expr, findings: &mut Vec<Finding>) {
        let ExprKind::Call { func, .. } = &expr.kind else { return };
        let Some((module, name)) = self.imported(scope, func) else { return };
        if module == "asyncio" && matches!(name.as_str(), "create_task" | "ensure_future") {
            let finding =
                Finding::new(Code::DroppedTask, expr.span, "nothing holds this task, waits for it or sees its errors");
            findings.push(finding.help("keep it in a variable and await it, or use `asyncio.TaskGroup`"));
        }
    }

    /// A call that stops the loop, in a coroutine.
    fn blocking(&self, scope: ScopeId, expr: &Expr, findings: &mut Vec<Finding>) {
        let ExprKind::Call { func, .. } = &expr.kind else { return };
        if !self.facts.scopes.is_async(scope) {
            return;
        }
        let written = self.facts.source.slice(func.span);
        if let ExprKind::Name(name) = func.kind
            && name.as_str() == "input"
            && self.facts.scopes.resolve(scope, name).is_none()
        {
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
        let fixable = module == "time"
            && self.facts.scopes.resolve(scope, Symbol::new("asyncio")).is_none_or(|_| {
                self.facts.scopes.only_binding(scope, Symbol::new("asyncio")).is_some_and(|b| b.import.is_some())
            });
        let before = &self.facts.source.text[..func.span.start as usize];
        let instead = if before.trim_end().ends_with("await") { "asyncio.sleep" } else { "await asyncio.sleep" };
        findings.push(if fixable { finding.replace(func.span, instead) } else { finding });
    }

    /// `for line in open(...)` in a coroutine.
    fn file_loop(&self, scope: ScopeId, iter: &Expr, findings: &mut Vec<Finding>) {
        let ExprKind::Call { func, .. } = &iter.kind else { return };
        let ExprKind::Name(name) = func.kind else { return };
        if name.as_str() == "open"
            && self.facts.scopes.is_async(scope)
            && self.facts.scopes.resolve(scope, name).is_none()
        {
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
        if self.imported(site.scope, func).is_some_and(|(module, name)| module == "asyncio" && name == "run") {
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
        in_endless_loop: bool,
        findings: &mut Vec<Finding>,
    ) {
        if !self.facts.scopes.is_async(scope) || !flow::awaits(body) {
            return;
        }
        for handler in handlers {
            let catches = catches(handler.typ.as_ref());
            let lets_go = flow::has(&handler.body, |kind| {
                matches!(kind, StmtKind::Raise { .. } | StmtKind::Return(_) | StmtKind::Break)
            });
            let swallows = match catches {
                Catches::All => !uses(handler) && !lets_go,
                Catches::Cancelled => in_endless_loop && !uses(handler) && !lets_go,
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

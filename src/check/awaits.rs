//! Rules about coroutines: never awaited, used as if they were their results, awaited though they are none, read and entered
//! with the wrong one of the two forms of `for` and `with`.

use super::facts::{ITERATED, Site, TESTED, What};
use super::finding::{Code, Finding};
use super::infer::{Inference, Is};
use super::scope::{Def, MODULE, ScopeId};
use super::tasks;
use crate::intern::Symbol;
use crate::source::Span;
use crate::syntax::ast::{Constant, Expr, ExprKind};

/// What may be asked of a coroutine object.
const OF_COROUTINES: &[&str] = &["send", "throw", "close"];

/// Builtins that print what they are given: a coroutine is lost there.
const SHOW: &[&str] = &["print", "str", "repr", "format", "ascii"];

/// Builtins that need the value that they are given first.
const NEED_A_VALUE: &[&str] =
    &["len", "int", "float", "abs", "round", "range", "next", "ord", "chr", "bytes", "complex", "divmod", "pow", "hex"];

/// Builtins that iterate over what they are given alone.
const ITERATE: &[&str] =
    &["list", "tuple", "set", "frozenset", "sorted", "sum", "min", "max", "any", "all", "enumerate", "iter", "dict"];

/// Functions of asyncio that take a coroutine first.
const TAKE_A_COROUTINE: &[&str] = &["run", "create_task", "ensure_future", "wait_for", "gather", "shield"];

/// Classes and functions of asyncio whose objects only `async with` enters.
const ENTERED_ASYNC: &[&str] =
    &["Lock", "Semaphore", "BoundedSemaphore", "Condition", "TaskGroup", "timeout", "timeout_at"];

/// Builtins whose results only a plain `for` reads.
const PLAIN_ITERABLES: &[&str] =
    &["range", "enumerate", "zip", "map", "filter", "list", "tuple", "dict", "set", "sorted", "reversed", "str"];

impl Inference<'_> {
    /// The rules about coroutines, for one place.
    pub fn of_coroutines(&self, site: &Site, findings: &mut Vec<Finding>) {
        match &site.what {
            What::Bare(expr) => self.bare(site.scope, expr, findings),
            What::Assign { name, name_span, value } => self.kept_only(site.scope, *name, *name_span, value, findings),
            // What follows would raise an exception, and one is expected here.
            _ if site.is_guarded => {}
            What::Await { operand, whole } => self.awaited(site.scope, operand, *whole, findings),
            What::Value { expr, done } => self.used(site.scope, expr, done, findings),
            What::Shown(expr) => self.shown(site.scope, expr, findings),
            What::Attribute(expr) => {
                if let ExprKind::Attribute { value, attr, .. } = &expr.kind
                    && !OF_COROUTINES.contains(&attr.as_str())
                    && !attr.as_str().starts_with("cr_")
                    && !attr.as_str().starts_with('_')
                {
                    self.used(site.scope, value, "is asked for an attribute", findings);
                }
            }
            What::Call(expr) => self.given(site.scope, expr, findings),
            What::For { iter, is_async: true } => self.read_async(site.scope, iter, findings),
            What::With { context, is_async } => self.entered(site.scope, context, *is_async, findings),
            _ => {}
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
        if let ExprKind::ListComp { elt, .. } | ExprKind::SetComp { elt, .. } = &expr.kind {
            self.bare(scope, elt, findings);
            return;
        }
        let Is::Coroutine(name) = self.kind_of(scope, expr) else { return };
        self.never_awaited(scope, expr, format!("the coroutine `{name}()` is never awaited"), &name, findings);
    }

    /// `print(fetch())`, `f"{fetch()}"`
    fn shown(&self, scope: ScopeId, expr: &Expr, findings: &mut Vec<Finding>) {
        let Is::Coroutine(name) = self.kind_of(scope, expr) else { return };
        let message = format!("this shows the coroutine `{name}()` and not its result, and it is never awaited");
        self.never_awaited(scope, expr, message, &name, findings);
    }

    fn never_awaited(&self, scope: ScopeId, expr: &Expr, message: String, name: &str, findings: &mut Vec<Finding>) {
        let finding = Finding::new(Code::NeverAwaited, expr.span, message).help(self.help_to_await(scope, name));
        let fixable = self.facts.scopes.takes_await(scope);
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
        let fixable = std::ptr::eq(inner, value) && self.facts.scopes.takes_await(scope);
        findings.push(if fixable { finding.insert(value.span.start, "await ") } else { finding });
    }

    /// A coroutine where its result is needed.
    fn used(&self, scope: ScopeId, expr: &Expr, done: &str, findings: &mut Vec<Finding>) {
        match self.kind_of(scope, expr) {
            Is::Coroutine(name) => {
                let message = format!("`{name}()` {done}, but it is a coroutine and not its result");
                let finding = Finding::new(Code::MissingAwait, expr.span, message);
                let finding = finding.help(self.help_to_await(scope, &name));
                findings.push(if self.facts.scopes.takes_await(scope) {
                    finding.insert(expr.span.start, "(await ").insert(expr.span.end, ")")
                } else {
                    finding
                });
            }
            // Whether a variable holds one may be what the test asks.
            Is::Holds(name) if done != TESTED => {
                let variable = self.facts.source.slice(expr.span);
                let message = format!("`{variable}` {done}, but it holds the coroutine `{name}()` and not its result");
                let finding = Finding::new(Code::MissingAwait, expr.span, message);
                findings.push(finding.help(self.help_to_await(scope, &name)));
            }
            Is::AsyncGenerator(name) if done == ITERATED => {
                let message = format!("`{name}()` is an async generator, which nothing plain can iterate over");
                let finding = Finding::new(Code::AsyncProtocol, expr.span, message);
                findings.push(finding.help("read it with `async for`"));
            }
            _ => {}
        }
    }

    /// What calls of builtins and of asyncio do with what they are given.
    fn given(&self, scope: ScopeId, expr: &Expr, findings: &mut Vec<Finding>) {
        let ExprKind::Call { func, args, .. } = &expr.kind else { return };
        let Some(first) = args.first() else { return };
        if let ExprKind::Name(name) = func.kind
            && self.is_builtin(scope, name)
        {
            let name = name.as_str();
            if SHOW.contains(&name) {
                args.iter().for_each(|arg| self.shown(scope, arg, findings));
            } else if NEED_A_VALUE.contains(&name) {
                self.used(scope, first, "is taken for a value", findings);
            } else if ITERATE.contains(&name) && args.len() == 1 {
                self.used(scope, first, ITERATED, findings);
            }
        }
        let Some(function) = self.of_asyncio(scope, func) else { return };
        if TAKE_A_COROUTINE.contains(&function.as_str())
            && let ExprKind::Name(name) = first.kind
            && let Some(Def { is_async: true, is_plain: true, .. }) = self.def_of(scope, first)
        {
            let message = format!("`{}` is a function that is not called: there is no coroutine yet", name.as_str());
            let finding = Finding::new(Code::BadAwait, first.span, message);
            findings.push(finding.help(format!("call it: `{}()`", name.as_str())));
        }
    }

    /// `async for` over what only a plain `for` reads.
    fn read_async(&self, scope: ScopeId, iter: &Expr, findings: &mut Vec<Finding>) {
        let is_plain = match &iter.kind {
            ExprKind::List(_)
            | ExprKind::Tuple(_)
            | ExprKind::Set(_)
            | ExprKind::Dict(_)
            | ExprKind::ListComp { .. } => true,
            ExprKind::Call { func, .. } => matches!(func.kind, ExprKind::Name(name)
                if PLAIN_ITERABLES.contains(&name.as_str()) && self.is_builtin(scope, name)),
            _ => false,
        };
        if is_plain {
            let finding = Finding::new(Code::AsyncProtocol, iter.span, "`async for` cannot read this");
            findings.push(finding.help("use a plain `for`"));
        } else if let Is::Coroutine(name) | Is::Holds(name) = self.kind_of(scope, iter) {
            let message = format!("`{name}()` is a coroutine, which `async for` cannot read");
            let finding = Finding::new(Code::AsyncProtocol, iter.span, message);
            findings.push(finding.help("await it and use a plain `for`, or give the function a `yield`"));
        }
    }

    /// What `with` and `async with` enter.
    fn entered(&self, scope: ScopeId, context: &Expr, is_async: bool, findings: &mut Vec<Finding>) {
        if !is_async
            && let Some(class) = self.class_of_asyncio(scope, context)
            && ENTERED_ASYNC.contains(&class.as_str())
        {
            let message = format!("`with` cannot enter what `asyncio.{class}()` gives");
            findings.push(Finding::new(Code::AsyncProtocol, context.span, message).help("use `async with`"));
        }
        let Is::Coroutine(name) = self.kind_of(scope, context) else { return };
        let message = format!("`{name}()` is entered, but it is a coroutine and not its result");
        let finding = Finding::new(Code::MissingAwait, context.span, message).help(self.help_to_await(scope, &name));
        let fixable = self.facts.scopes.takes_await(scope);
        findings.push(if fixable { finding.insert(context.span.start, "await ") } else { finding });
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
            ExprKind::Name(_) | ExprKind::Attribute { .. } => {
                let is_function = match operand.kind {
                    ExprKind::Name(_) => self.def_of(scope, operand).is_some_and(|def| def.is_plain),
                    _ => false,
                };
                if !is_function && !self.is_coroutine_function(scope, operand) {
                    return;
                }
                let written = self.facts.source.slice(operand.span);
                let message = format!("`{written}` is a function that is not called: it cannot be awaited");
                findings
                    .push(Finding::new(Code::BadAwait, whole, message).help(format!("call it: `await {written}()`")));
                return;
            }
            ExprKind::Call { func, .. } => {
                let written = self.facts.source.slice(func.span);
                let why = match self.kind_of(scope, operand) {
                    Is::Plain(why) => why,
                    Is::AsyncGenerator(_) => {
                        format!("`{written}()` is an async generator, which is read with `async for`")
                    }
                    _ if self.imported(scope, func).is_some_and(|(module, name)| tasks::blocks(&module, &name)) => {
                        format!("`{written}` is a plain function")
                    }
                    _ => return,
                };
                let finding = Finding::new(Code::BadAwait, whole, format!("{why}; there is nothing to await"));
                findings.push(finding.help("leave `await` out, or call something asynchronous"));
                return;
            }
            _ => None,
        };
        if let Some(what) = wrong {
            findings.push(
                Finding::new(Code::BadAwait, whole, format!("{what} cannot be awaited")).help("leave `await` out"),
            );
        }
    }
}

//! Calls, and the few that the compiler must know by name: `super()`, `locals()`, `vars()`, `dir()`.

use super::frame::Frame;
use super::scopes::{Binding, ScopeKind};
use crate::code::{Arg, Call, Expr, Slot};
use crate::intern::{Symbol, sym};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, Keyword};

impl<'a> Frame<'a> {
    pub fn call(
        &mut self,
        e: &'a ast::Expr,
        func: &'a ast::Expr,
        args: &'a [ast::Expr],
        keywords: &'a [Keyword],
    ) -> Expr {
        let spill = args.iter().chain(keywords.iter().map(|k| &k.value)).any(|a| self.suspends(a));
        let func_node = func;
        let func = self.operand(func, spill);
        let args = if args.is_empty() && keywords.is_empty() {
            self.implicit_args(func_node, e.span)
        } else {
            self.args(args, keywords, e.span)
        };
        let call = Box::new(Call { func, args, site: self.site(e.span) });
        // `eval(text, None, None)` asks for the variables here as `eval(text)` does.
        let one = matches!(&call.args[..], [Arg::Positional(_), rest @ ..] if rest.len() < 3 && rest.iter().all(Arg::is_none));
        let names: &[&str] = match one {
            true => &["eval", "exec"],
            false if call.args.is_empty() => &["locals", "vars", "dir"],
            false => &[],
        };
        if !self.asks_for_locals(func_node, names) {
            return Expr::Call(call);
        }
        Expr::Locals { call, inner: self.comp_variables() }
    }

    /// The variables of the comprehensions around the place being built, the innermost last.
    fn comp_variables(&self) -> Box<[(Symbol, Slot)]> {
        let mut found = Vec::new();
        let mut at = self.current;
        while at != self.scope {
            let scope = self.shared.scopes.get(at);
            let slots = scope.order.iter().filter_map(|&name| Some((name, *self.variables.get(&(at, name))?)));
            found.splice(0..0, slots.filter(|_| matches!(scope.kind, ScopeKind::Comp(_))));
            match scope.parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        found.into()
    }

    /// Arguments as CPython evaluates them: those by position first, then those by name.
    pub fn args(&mut self, args: &'a [ast::Expr], keywords: &'a [Keyword], span: Span) -> Box<[Arg]> {
        let last = self.last_suspending(args.iter().chain(keywords.iter().map(|k| &k.value)));
        let mut out = Vec::with_capacity(args.len() + keywords.len());
        for (i, arg) in args.iter().enumerate() {
            out.push(match &arg.kind {
                ExprKind::Starred(value) => {
                    let value = self.expr(value);
                    self.star_arg(value, span, i < last)
                }
                _ => Arg::Positional(self.operand(arg, i < last)),
            });
        }
        for (i, keyword) in keywords.iter().enumerate() {
            if let Some(name) = keyword.arg.filter(|_| keywords[..i].iter().any(|k| k.arg == keyword.arg)) {
                self.error(keyword.span, format!("keyword argument repeated: {name}"));
            }
            let spill = args.len() + i < last;
            let value = self.expr(&keyword.value);
            out.push(match keyword.arg {
                Some(name) => {
                    let value = if spill { self.spill(value) } else { value };
                    // Not mangled, unlike the parameter it may name.
                    Arg::Keyword(name, value)
                }
                None => self.spread_arg(value, span, spill),
            });
        }
        out.into()
    }

    fn global_name(&self, func: &ast::Expr) -> Option<Symbol> {
        let ExprKind::Name(name) = func.kind else { return None };
        let name = self.mangled(name);
        (self.shared.scopes.binding(self.current, name) == Binding::Global).then_some(name)
    }

    /// `super()` in a method is `super(__class__, self)` (PEP 3135).
    fn implicit_args(&mut self, func: &ast::Expr, span: Span) -> Box<[Arg]> {
        let is_super = self.global_name(func).is_some_and(|name| name.as_str() == "super");
        let class = self.shared.scopes.binding(self.current, sym::__class__);
        let (true, Some(first), Binding::Var(_)) = (is_super, self.first_param, class) else {
            return Box::new([]);
        };
        let class = self.read(sym::__class__, span, false);
        let current = std::mem::replace(&mut self.current, self.scope);
        let first = self.read(first, span, true);
        self.current = current;
        Box::new([Arg::Positional(class), Arg::Positional(first)])
    }

    fn asks_for_locals(&self, func: &ast::Expr, names: &[&str]) -> bool {
        let in_function = self.kind() != ScopeKind::Module || self.current != self.scope;
        let ExprKind::Name(name) = func.kind else { return false };
        let binding = self.shared.scopes.binding(self.current, name);
        let name = matches!(binding, Binding::Global | Binding::Class(None)).then_some(name);
        in_function && name.is_some_and(|name| names.contains(&name.as_str()))
    }
}

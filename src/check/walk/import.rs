//! Imports of the walk, and what a module says it exports.

use super::Walker;
use crate::check::scope::{Binding, BindingKind, Import, MODULE};
use crate::intern::Symbol;
use crate::source::Span;
use crate::syntax::ast::*;

impl<'a> Walker<'a> {
    pub(super) fn import(&mut self, alias: &'a Alias, from: Option<Option<Symbol>>, statement: Span) {
        if alias.name.as_str() == "*" {
            self.binds_unseen(MODULE);
            return;
        }
        let (name, import) = match (from, alias.asname) {
            (None, Some(asname)) => (asname, Some(Import { module: alias.name, name: None })),
            (None, None) => {
                let mut parts = alias.name.as_str().split('.');
                let first = parts.next().unwrap_or("");
                // `import a.b` gives `a` a `b`, or says that it cannot.
                self.facts.expected.extend(parts.map(Symbol::new));
                (Symbol::new(first), Some(Import { module: Symbol::new(first), name: None }))
            }
            (Some(module), asname) => {
                let import = module.map(|module| Import { module, name: Some(alias.name) });
                (asname.unwrap_or(alias.name), import)
            }
        };
        // `import x as x` exports it.
        if alias.asname == Some(alias.name) {
            self.facts.exported.push(name);
        }
        if self.tries > 0 {
            // Tried out: whether it is there is the question.
            self.facts.exported.push(name);
        }
        let kind = BindingKind::Import;
        self.bind_as(name, Binding { kind, span: alias.span, whole: statement, def: None, import });
        if import.is_some_and(|import| import.module.as_str() == "__future__" && alias.name.as_str() == "annotations") {
            self.annotations_are_lazy = true;
        }
    }

    /// What is put into `__all__`.
    pub(super) fn exports(&mut self, value: &Expr) {
        match &value.kind {
            ExprKind::Constant(Constant::Str(name)) => self.facts.exported.push(Symbol::new(name)),
            ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().for_each(|item| self.exports(item)),
            ExprKind::BinOp { left, right, .. } => {
                self.exports(left);
                self.exports(right);
            }
            _ => {}
        }
    }

    /// `__all__.extend(...)` and `__all__.append(...)`.
    pub(super) fn exports_more(&mut self, func: &Expr, args: &[Expr]) {
        if let ExprKind::Attribute { value, .. } = &func.kind
            && is_all(value)
        {
            args.iter().for_each(|arg| self.exports(arg));
        }
    }
}

pub(super) fn is_all(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Name(name) if name.as_str() == "__all__")
}

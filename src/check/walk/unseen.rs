//! Names that are bound or read in ways that the text does not show: `exec`, `globals()`, `sys.modules[__name__]`, `hasattr`.

use super::Walker;
use crate::check::scope::{MODULE, ScopeId};
use crate::intern::Symbol;
use crate::syntax::ast::*;

impl<'a> Walker<'a> {
    /// What a call may do to names that it does not name.
    pub(super) fn unseen_call(&mut self, func: &'a Expr, args: &'a [Expr], keywords: &'a [Keyword]) {
        let none = |arg: &Expr| matches!(arg.kind, ExprKind::Constant(Constant::None));
        match &func.kind {
            ExprKind::Name(name) => match (name.as_str(), args) {
                ("eval", [_, rest @ ..]) if rest.iter().all(none) => self.reads_unseen(self.here()),
                ("exec", [_, rest @ ..]) if rest.iter().all(none) => {
                    self.reads_unseen(self.here());
                    self.binds_unseen(self.here());
                }
                ("locals" | "vars" | "dir", []) => self.reads_unseen(self.here()),
                ("globals", []) => self.reads_unseen(MODULE),
                ("hasattr", [_, attribute]) => self.expects(attribute),
                _ => {}
            },
            ExprKind::Attribute { value, attr, .. } => {
                // `IntEnum._convert_` makes the members of an enum names of the module.
                if attr.as_str() == "_convert_" {
                    self.binds_unseen(MODULE);
                }
                if matches!(attr.as_str(), "update" | "setdefault") {
                    self.escapes(value);
                }
            }
            _ => {}
        }
        args.iter().chain(keywords.iter().map(|keyword| &keyword.value)).for_each(|arg| self.escapes(arg));
    }

    /// A namespace is given away, or written to: whoever has it may bind any name.
    pub(super) fn escapes(&mut self, expr: &'a Expr) {
        if let Some(scope) = self.namespace(expr) {
            self.binds_unseen(scope);
        }
    }

    /// `sys.modules[__name__]`: the module itself, as an object.
    pub(super) fn module_itself(&mut self, container: &Expr, key: &Expr) {
        let of_modules = match &container.kind {
            ExprKind::Attribute { attr, .. } => attr.as_str() == "modules",
            ExprKind::Name(name) => name.as_str() == "modules",
            _ => false,
        };
        if of_modules && matches!(key.kind, ExprKind::Name(name) if name.as_str() == "__name__") {
            self.reads_unseen(MODULE);
            self.binds_unseen(MODULE);
        }
    }

    pub(super) fn binds_unseen(&mut self, scope: ScopeId) {
        self.facts.scopes.get_mut(scope).is_bound_unseen = true;
    }

    fn reads_unseen(&mut self, scope: ScopeId) {
        self.facts.scopes.get_mut(scope).is_read_unseen = true;
    }

    fn here(&self) -> ScopeId {
        self.facts.scopes.function_of(self.scope)
    }

    /// The scope whose names an expression gives as a dictionary.
    fn namespace(&self, expr: &Expr) -> Option<ScopeId> {
        let ExprKind::Call { func, args, keywords } = &expr.kind else { return None };
        let ExprKind::Name(name) = func.kind else { return None };
        match name.as_str() {
            _ if !args.is_empty() || !keywords.is_empty() => None,
            "globals" => Some(MODULE),
            "locals" | "vars" => Some(self.here()),
            _ => None,
        }
    }

    fn expects(&mut self, attribute: &Expr) {
        if let ExprKind::Constant(Constant::Str(name)) = &attribute.kind {
            self.facts.expected.push(Symbol::new(name));
        }
    }
}

/// `@enum.global_enum` makes the members names of the module.
pub(super) fn is_global_enum(decorator: &Expr) -> bool {
    matches!(&decorator.kind, ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } if name.as_str() == "global_enum")
}

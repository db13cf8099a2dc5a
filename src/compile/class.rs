//! Class definitions.

use super::assigned;
use super::frame::Frame;
use super::function::{Head, docstring};
use super::scopes::{Key, address, flag};
use crate::code::{Const, Expr, Item, Kind, MakeClass, Stmt, Target};
use crate::intern::{Symbol, sym};
use crate::source::Span;
use crate::syntax::ast::ClassDef;

impl<'a> Frame<'a> {
    /// `class`: the statement that binds the name to the decorated class.
    pub fn class_def(&mut self, def: &'a ClassDef, span: Span, out: &mut Vec<Stmt>) {
        let outer = self.current;
        let qualname = self.qualified(def.name);
        self.open_type_params(address(def), &def.type_params, out);
        let suspends = def.bases.iter().chain(def.keywords.iter().map(|k| &k.value)).any(|e| self.suspends(e));
        if suspends {
            self.flush(out);
        }
        let value = self.decorated(&def.decorators, suspends, |f| f.class_value(def, qualname, span));
        self.current = outer;
        out.push(Stmt::Assign { targets: Box::new([self.store(def.name)]), value });
    }

    fn class_value(&mut self, def: &'a ClassDef, qualname: std::rc::Rc<str>, span: Span) -> Expr {
        let scope = self.shared.scopes.of(Key::Def(address(def)));
        let whole = def.decorators.first().map_or(span, |d| d.span.to(span));
        let mut inner = Frame::new(self.shared, scope, Some(def.name), qualname);
        inner.reserve_namespace();
        inner.declare_locals();
        inner.analyse(assigned::Body::Block(&def.body));
        let mut code = inner.header(Kind::Class, def.name, whole);
        code.doc = docstring(&def.body);
        let mut lead = inner.class_head(def, whole);
        let mut body = &def.body[..];
        if let Some(doc) = &code.doc {
            body = &body[1..];
            lead.push(assign(sym::__doc__, Expr::Const(Const::Str(doc.clone()))));
        }
        let attributes = &self.shared.scopes.get(scope).static_attributes;
        let attributes = attributes.iter().map(|name| Const::Str(name.as_str().into())).collect();
        code.body = inner.body(lead, |f, out| {
            f.statements(body, out);
            out.push(assign(sym::__static_attributes__, Expr::Const(Const::Tuple(attributes))));
        });
        // The one variable that a class body can have of its own.
        let class_cell = inner.cells.first().copied().filter(|_| self.shared.scopes.get(scope).class_cell);
        let built = inner.finish(code);
        let body = self.make(Head::default(), built);
        let mut args = self.args(&def.bases, &def.keywords, span).into_vec();
        if let Some(base) = self.generic_base(&def.type_params) {
            args.insert(def.bases.len(), base);
        }
        let args = args.into();
        Expr::Class(Box::new(MakeClass { name: def.name, body, args, class_cell, site: self.site(span) }))
    }

    /// What every class body sets first.
    fn class_head(&mut self, def: &'a ClassDef, whole: Span) -> Vec<Stmt> {
        let site = self.site(def.name_span);
        let module = Expr::Global { name: sym::__name__, site };
        let mut out = vec![
            assign(sym::__module__, module),
            assign(sym::__qualname__, Expr::Const(Const::Str(self.qualname.clone()))),
            assign(sym::__firstlineno__, Expr::Const(Const::Int(self.shared.source.line_of(whole.start).into()))),
        ];
        let params: Vec<Symbol> = def.type_params.iter().map(|p| self.mangled(p.name)).collect();
        // A body that binds the name of its own parameter hides it.
        let hidden = params.iter().any(|&p| self.shared.scopes.flags(self.scope, p) & flag::BOUND != 0);
        if !params.is_empty() && !hidden {
            let items = params.iter().map(|&p| Item::One(self.read(p, def.name_span, false)));
            out.push(assign(sym::__type_params__, Expr::Tuple(items.collect())));
        }
        out
    }
}

fn assign(name: Symbol, value: Expr) -> Stmt {
    Stmt::Assign { targets: Box::new([Target::ClassName(name)]), value }
}

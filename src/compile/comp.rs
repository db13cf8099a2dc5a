//! Comprehensions, which run inside the body around them (PEP 709), and generator expressions,
//! which are bodies of their own.

use super::assigned;
use super::fold;
use super::frame::Frame;
use super::function::Head;
use super::machine::LabelId;
use super::scopes::ScopeId;
use crate::code::{Collect, Comp, CompClause, CompKind, Container, Expr, Instr, Kind, Params, Slot};
use crate::intern::Symbol;
use crate::syntax::ast::{self, Comprehension};

/// What a comprehension makes of each round.
#[derive(Clone, Copy)]
enum Element<'a> {
    List(&'a ast::Expr),
    Set(&'a ast::Expr),
    Dict(&'a ast::Expr, &'a ast::Expr),
}

impl<'a> Frame<'a> {
    pub fn list_comp(&mut self, e: &'a ast::Expr, elt: &'a ast::Expr, generators: &'a [Comprehension]) -> Expr {
        self.comp(e, Element::List(elt), generators)
    }

    pub fn set_comp(&mut self, e: &'a ast::Expr, elt: &'a ast::Expr, generators: &'a [Comprehension]) -> Expr {
        self.comp(e, Element::Set(elt), generators)
    }

    pub fn dict_comp(
        &mut self,
        e: &'a ast::Expr,
        key: &'a ast::Expr,
        value: &'a ast::Expr,
        generators: &'a [Comprehension],
    ) -> Expr {
        self.comp(e, Element::Dict(key, value), generators)
    }

    fn comp(&mut self, e: &'a ast::Expr, element: Element<'a>, generators: &'a [Comprehension]) -> Expr {
        let Some(first) = generators.first() else { return Expr::List(Box::new([])) };
        let mark = self.temps_mark();
        let scope = self.scope_of(e);
        // Before the iterable is built: a comprehension in it takes other slots.
        let (vars, cells) = self.declare_inlined(scope);
        let iter = fold::list_as_tuple(self.expr(&first.iter));
        if self.comp_suspends(element, generators) {
            return self.suspended_comp(scope, element, generators, iter, (vars, cells));
        }
        let outer = std::mem::replace(&mut self.current, scope);
        let clauses = self.clauses(generators, iter);
        let kind = match element {
            Element::List(elt) => CompKind::List(self.expr(elt)),
            Element::Set(elt) => CompKind::Set(self.expr(elt)),
            Element::Dict(key, value) => CompKind::Dict(self.expr(key), self.expr(value)),
        };
        self.current = outer;
        // In a machine the tree may wait for instructions that take temporaries of their own.
        if self.machine.is_none() {
            self.temps_release(mark);
        }
        let site = self.site(e.span);
        Expr::Comp(Box::new(Comp { kind, clauses, cells: cells.into(), vars: vars.into(), site }))
    }

    fn clauses(&mut self, generators: &'a [Comprehension], first_iter: Expr) -> Box<[CompClause]> {
        let mut out = Vec::new();
        let mut first_iter = Some(first_iter);
        for g in generators {
            let iter = match first_iter.take() {
                Some(iter) => iter,
                None => fold::list_as_tuple(self.expr(&g.iter)),
            };
            let site = self.site(g.iter.span);
            out.push(CompClause::For { target: self.target(&g.target), iter, site });
            for test in &g.ifs {
                out.push(CompClause::If(self.expr(test)));
            }
        }
        out.into()
    }

    /// Whether anything but the outermost iterable suspends.
    fn comp_suspends(&self, element: Element<'a>, generators: &'a [Comprehension]) -> bool {
        let element = match element {
            Element::List(e) | Element::Set(e) => self.suspends(e),
            Element::Dict(key, value) => self.suspends(key) || self.suspends(value),
        };
        element
            || generators.iter().enumerate().any(|(i, g)| {
                let iter = i > 0 && self.suspends(&g.iter);
                iter || (g.is_async && self.machine.is_some())
                    || self.suspends(&g.target)
                    || g.ifs.iter().any(|e| self.suspends(e))
            })
    }

    /// A comprehension as a loop of instructions that fills a container.
    fn suspended_comp(
        &mut self,
        scope: ScopeId,
        element: Element<'a>,
        generators: &'a [Comprehension],
        iter: Expr,
        (vars, cells): (Vec<Slot>, Vec<Slot>),
    ) -> Expr {
        let into = self.temp();
        let slot = self.iterator(iter, &generators[0]);
        let kind = match element {
            Element::List(_) => Container::List,
            Element::Set(_) => Container::Set,
            Element::Dict(..) => Container::Dict,
        };
        self.emit(Instr::NewContainer { into, kind });
        if !cells.is_empty() {
            self.emit(Instr::FreshCells(cells.into()));
        }
        let outer = std::mem::replace(&mut self.current, scope);
        self.rounds(generators, slot, &mut |f: &mut Self| {
            let kind = match element {
                Element::List(elt) => Collect::List(f.expr(elt)),
                Element::Set(elt) => Collect::Set(f.expr(elt)),
                Element::Dict(key, value) => {
                    let spill = f.suspends(value);
                    let key = f.operand(key, spill);
                    Collect::Dict(key, f.expr(value))
                }
            };
            f.emit(Instr::Collect { into, kind });
        });
        self.current = outer;
        self.emit(Instr::Clear(vars.into()));
        Expr::Take { slot: into }
    }

    /// Takes the iterator of a clause into a temporary.
    fn iterator(&mut self, value: Expr, g: &Comprehension) -> Slot {
        let into = self.temp();
        let site = self.site(g.iter.span);
        self.emit(match g.is_async {
            true => Instr::AsyncIter { value, into, site },
            false => Instr::Iter { value, into, site },
        });
        into
    }

    /// The nested loops of a comprehension; `iter` holds the first iterator.
    fn rounds(&mut self, generators: &'a [Comprehension], iter: Slot, element: &mut dyn FnMut(&mut Self)) {
        let Some((g, rest)) = generators.split_first() else { return };
        let mark = self.temps_mark();
        let (again, done) = (self.label(), self.label());
        self.bind(again);
        self.next_item(iter, &g.target, g.is_async, done, g.iter.span);
        for test in &g.ifs {
            self.jump_if(test, false, again);
        }
        match rest.first() {
            None => element(self),
            Some(inner) => {
                let value = fold::list_as_tuple(self.expr(&inner.iter));
                let slot = self.iterator(value, inner);
                self.rounds(rest, slot, element);
            }
        }
        self.jump(again);
        self.bind(done);
        self.temps_release(mark);
    }

    /// The next item of the iterator goes to the target, or control to `done`.
    pub fn next_item(
        &mut self,
        iter: Slot,
        target: &'a ast::Expr,
        is_async: bool,
        done: LabelId,
        span: crate::source::Span,
    ) {
        let site = self.site(span);
        let done = done.pending();
        if is_async {
            let into = self.direct_slot(target);
            let item = into.unwrap_or_else(|| self.temp());
            self.emit(Instr::AsyncNext { iter, into: item, done, site });
            if into.is_none() {
                self.assign_to(target, Expr::Take { slot: item });
            }
        } else if self.suspends(target) {
            let item = self.temp();
            self.emit(Instr::Next { iter, target: crate::code::Target::Local(item), done, site });
            self.assign_to(target, Expr::Take { slot: item });
        } else {
            let target = self.target(target);
            self.emit(Instr::Next { iter, target, done, site });
        }
    }

    /// `(elt for ...)`: a generator over the outermost iterable, which is evaluated here.
    pub fn generator(&mut self, e: &'a ast::Expr, elt: &'a ast::Expr, generators: &'a [Comprehension]) -> Expr {
        let Some(first) = generators.first() else { return Expr::List(Box::new([])) };
        let iter = Box::new(fold::list_as_tuple(self.expr(&first.iter)));
        let qualname = self.qualified_inside("<genexpr>");
        let mut inner = Frame::new(self.shared, self.scope_of(e), self.private, qualname);
        let dot_zero = Symbol::of_static(".0");
        let slot = inner.declare(dot_zero);
        inner.first_param = Some(dot_zero);
        inner.declare_locals();
        inner.analyse(assigned::Body::Generator(elt, generators));
        let mut code = inner.header(Kind::GeneratorExpression, Symbol::of_static("<genexpr>"), e.span);
        code.params = Params { names: Box::new([dot_zero]), positional_only: 1, positional: 1, ..Params::default() };
        code.body = inner.body(Vec::new(), |f, _| {
            f.rounds(generators, slot, &mut |f: &mut Self| {
                let value = f.expr(elt);
                let mark = f.temps_mark();
                let into = f.temp();
                let site = f.site(elt.span);
                f.emit(Instr::Yield { value, into, site });
                f.temps_release(mark);
            });
        });
        let built = inner.finish(code);
        let make = Box::new(self.make(Head::default(), built));
        Expr::Generator { make, iter, is_async: first.is_async, site: self.site(first.iter.span) }
    }
}

//! Functions, lambdas and module bodies: parameters, defaults, annotations, captured variables.

use std::rc::Rc;

use super::assigned;
use super::frame::{Built, Frame, Place};
use super::scopes::{Binding, Key, ScopeId, ScopeKind, address};
use super::unparse::unparse;
use crate::code::{Arg, Body, Call, Capture, Code, Const, Expr, Flavour, Instr, Kind, MakeFunction, Params, Stmt};
use crate::intern::{Symbol, sym};
use crate::source::Span;
use crate::syntax::ast::{self, Arguments, Constant, ExprKind, FunctionDef, StmtKind};
use crate::text::tabs;

use super::Mode;

impl<'a> Frame<'a> {
    /// The body of a whole text.
    pub fn module_body(mut self, module: &'a ast::Module, kind: Kind, name: Symbol) -> Rc<Code> {
        self.declare_locals();
        self.analyse(assigned::Body::Block(&module.body));
        let mut code = self.header(kind, name, module.span);
        let mut body = &module.body[..];
        let mut lead = Vec::new();
        if self.shared.options.mode == Mode::Module {
            code.doc = docstring(body);
            if let Some(doc) = &code.doc {
                body = &body[1..];
                let value = Expr::Const(Const::Str(doc.clone()));
                lead.push(Stmt::Assign { targets: Box::new([self.store(sym::__doc__)]), value });
            }
        }
        code.body = self.body(lead, |f, out| match f.shared.options.mode {
            Mode::Expression => f.expression_body(body, out),
            _ => f.statements(body, out),
        });
        self.finish(code).code
    }

    fn expression_body(&mut self, body: &'a [ast::Stmt], out: &mut Vec<Stmt>) {
        for s in body {
            match &s.kind {
                StmtKind::Expr(e) => self.returning(e, out),
                _ => self.statements(std::slice::from_ref(s), out),
            }
        }
    }

    /// `return e`, as the whole of a body.
    pub fn returning(&mut self, e: &'a ast::Expr, out: &mut Vec<Stmt>) {
        let value = self.expr(e);
        if self.machine.is_some() {
            self.emit(Instr::Return(value));
        } else {
            out.push(Stmt::Return(value));
        }
    }

    /// Statements of the frame's own body: instructions in a machine, else trees in `out`.
    pub fn statements(&mut self, body: &'a [ast::Stmt], out: &mut Vec<Stmt>) {
        if self.machine.is_some() {
            self.lower_block(body);
        } else {
            self.block_into(body, out);
        }
    }

    /// Builds the body as a tree or a machine, by the frame's flavour; `lead` runs first.
    pub fn body(&mut self, lead: Vec<Stmt>, fill: impl FnOnce(&mut Self, &mut Vec<Stmt>)) -> Body {
        let mut out = lead;
        if self.flavour() == Flavour::Plain {
            fill(self, &mut out);
            return Body::Tree(out.into());
        }
        self.machine = Some(Default::default());
        if !out.is_empty() {
            self.emit(Instr::Do(Stmt::Block(std::mem::take(&mut out).into())));
        }
        fill(self, &mut out);
        self.emit(Instr::Return(Expr::Const(Const::None)));
        Body::Machine(self.assemble())
    }

    /// A body without its content.
    pub fn header(&self, kind: Kind, name: Symbol, span: Span) -> Code {
        Code {
            name,
            qualname: self.qualname.clone(),
            kind,
            flavour: self.flavour(),
            source: self.shared.source.clone(),
            span,
            params: Params::default(),
            slot_names: Box::new([]),
            cells: Box::new([]),
            free: Box::new([]),
            body: Body::Tree(Box::new([])),
            sites: Box::new([]),
            doc: None,
            makes_awaitables: Default::default(),
        }
    }

    /// The dotted name of something defined here (PEP 3155).
    pub fn qualified(&self, name: Symbol) -> Rc<str> {
        let mangled = self.mangled(name);
        if self.shared.scopes.binding(self.current, mangled) == Binding::Global {
            return name.as_str().into();
        }
        self.qualified_inside(name.as_str())
    }

    pub fn qualified_inside(&self, name: &str) -> Rc<str> {
        match self.kind() {
            ScopeKind::Module | ScopeKind::Names => name.into(),
            ScopeKind::Class => format!("{}.{name}", self.qualname).into(),
            _ => format!("{}.<locals>.{name}", self.qualname).into(),
        }
    }

    // Definitions

    /// `def`: the statement that binds the name to the decorated function.
    pub fn function_def(&mut self, def: &'a FunctionDef, span: Span, out: &mut Vec<Stmt>) {
        let outer = self.current;
        let qualname = self.qualified(def.name);
        self.open_type_params(address(def), &def.type_params, out);
        let head = Head::operands(&def.args, def.returns.as_ref());
        let suspends = head.iter().any(|e| self.suspends(e));
        if suspends {
            self.flush(out);
        }
        let value = self.decorated(&def.decorators, suspends, |f| f.function_value(def, qualname, span));
        self.current = outer;
        out.push(Stmt::Assign { targets: Box::new([self.store(def.name)]), value });
    }

    /// `value`, passed through the decorators, the lowest first; they are evaluated before it, the topmost first.
    pub fn decorated(
        &mut self,
        decorators: &'a [ast::Expr],
        suspends: bool,
        value: impl FnOnce(&mut Self) -> Expr,
    ) -> Expr {
        let last = if suspends { decorators.len() } else { self.last_suspending(decorators.iter()) };
        let mut functions = Vec::with_capacity(decorators.len());
        for (i, d) in decorators.iter().enumerate() {
            functions.push((self.operand(d, i < last), self.site(d.span)));
        }
        let value = value(self);
        functions.into_iter().rev().fold(value, |value, (func, site)| {
            Expr::Call(Box::new(Call { func, args: Box::new([Arg::Positional(value)]), site }))
        })
    }

    fn function_value(&mut self, def: &'a FunctionDef, qualname: Rc<str>, span: Span) -> Expr {
        let scope = self.shared.scopes.of(Key::Def(address(def)));
        let span = def.decorators.first().map_or(span, |d| d.span.to(span));
        let head = self.head(&def.args, def.returns.as_ref());
        let doc = docstring(&def.body);
        let body = if doc.is_some() { &def.body[1..] } else { &def.body[..] };
        let built = self.function_code(scope, Kind::Function, def.name, qualname, span, &def.args, |f, code| {
            f.analyse(assigned::Body::Function(&def.args, body));
            code.doc = doc;
            f.body(Vec::new(), |f, out| f.statements(body, out))
        });
        let function = Expr::Function(Box::new(self.make(head, built)));
        self.generic_function(function, &def.type_params)
    }

    pub fn lambda(&mut self, e: &'a ast::Expr, args: &'a Arguments, body: &'a ast::Expr) -> Expr {
        let head = self.head(args, None);
        let qualname = self.qualified_inside("<lambda>");
        let name = Symbol::of_static("<lambda>");
        let built = self.function_code(self.scope_of(e), Kind::Lambda, name, qualname, e.span, args, |f, _| {
            f.analyse(assigned::Body::Lambda(args, body));
            f.body(Vec::new(), |f, out| f.returning(body, out))
        });
        Expr::Function(Box::new(self.make(head, built)))
    }

    /// Builds the code of a function in a frame of its own.
    #[allow(clippy::too_many_arguments)]
    pub fn function_code(
        &self,
        scope: ScopeId,
        kind: Kind,
        name: Symbol,
        qualname: Rc<str>,
        span: Span,
        args: &Arguments,
        fill: impl FnOnce(&mut Frame<'a>, &mut Code) -> Body,
    ) -> Built {
        let mut inner = Frame::new(self.shared, scope, self.private, qualname);
        let params = inner.declare_params(args);
        inner.declare_locals();
        let mut code = inner.header(kind, name, span);
        code.params = params;
        code.body = fill(&mut inner, &mut code);
        inner.finish(code)
    }

    fn declare_params(&mut self, args: &Arguments) -> Params {
        let positional = args.posonly.iter().chain(&args.args);
        let stars = args.vararg.as_deref().into_iter().chain(args.kwarg.as_deref());
        let mut names = Vec::new();
        for arg in positional.chain(&args.kwonly).chain(stars) {
            let name = self.mangled(arg.name);
            self.declare(name);
            names.push(name);
        }
        let count = args.posonly.len() + args.args.len();
        if count > 0 {
            self.first_param = names.first().copied();
        }
        Params {
            names: names.into(),
            positional_only: args.posonly.len() as u32,
            positional: count as u32,
            keyword_only: args.kwonly.len() as u32,
            vararg: args.vararg.is_some(),
            kwarg: args.kwarg.is_some(),
        }
    }

    /// Builds what is evaluated where the function is defined.
    fn head(&mut self, args: &'a Arguments, returns: Option<&'a ast::Expr>) -> Head {
        let parts = Head::operands(args, returns);
        let last = self.last_suspending(parts.iter().copied());
        let mut position = 0;
        let mut next = |f: &mut Self, e: &'a ast::Expr| {
            position += 1;
            f.operand(e, position - 1 < last)
        };
        let positional = args.posonly.iter().chain(&args.args).filter_map(|a| a.default.as_deref());
        let defaults = positional.map(|e| next(self, e)).collect();
        let mut keyword_defaults = Vec::new();
        for arg in &args.kwonly {
            if let Some(default) = &arg.default {
                keyword_defaults.push((self.mangled(arg.name), next(self, default)));
            }
        }
        let mut annotations = Vec::new();
        for (name, e) in annotated(args, returns) {
            let value = match &e.kind {
                _ if self.shared.scopes.future_annotations => self.unparsed(e),
                // `*args: *Ts`
                ExprKind::Starred(value) => next(self, value),
                _ => next(self, e),
            };
            annotations.push((self.mangled(name), value));
        }
        Head { defaults, keyword_defaults: keyword_defaults.into(), annotations: annotations.into() }
    }

    /// Joins what was built at the definition with the finished code.
    pub fn make(&mut self, head: Head, built: Built) -> MakeFunction {
        let captures = built.free.iter().map(|&(owner, name)| match self.place(owner, name) {
            Place::Free(index) => Capture::Free(index),
            Place::Cell(slot) | Place::Local(slot) => Capture::Cell(slot),
        });
        MakeFunction {
            captures: captures.collect(),
            code: built.code,
            defaults: head.defaults,
            keyword_defaults: head.keyword_defaults,
            annotations: head.annotations,
        }
    }

    /// An annotation as text (PEP 563).
    pub fn unparsed(&self, e: &ast::Expr) -> Expr {
        Expr::Const(Const::Str(unparse(e, &self.shared.source).into()))
    }
}

/// What of a function is evaluated at its definition.
#[derive(Default)]
pub(super) struct Head {
    defaults: Box<[Expr]>,
    keyword_defaults: Box<[(Symbol, Expr)]>,
    annotations: Box<[(Symbol, Expr)]>,
}

impl Head {
    /// In evaluation order: defaults, keyword defaults, annotations.
    fn operands<'a>(args: &'a Arguments, returns: Option<&'a ast::Expr>) -> Vec<&'a ast::Expr> {
        let params = args.posonly.iter().chain(&args.args).chain(&args.kwonly);
        let defaults = params.filter_map(|a| a.default.as_deref());
        defaults.chain(annotated(args, returns).into_iter().map(|(_, e)| e)).collect()
    }
}

/// Annotations in CPython's order, which puts positional-only parameters second.
fn annotated<'a>(args: &'a Arguments, returns: Option<&'a ast::Expr>) -> Vec<(Symbol, &'a ast::Expr)> {
    let params = args.args.iter().chain(&args.posonly).chain(args.vararg.as_deref());
    let params = params.chain(&args.kwonly).chain(args.kwarg.as_deref());
    let annotations = params.filter_map(|a| Some((a.name, a.annotation.as_deref()?)));
    annotations.chain(returns.map(|e| (Symbol::of_static("return"), e))).collect()
}

/// The text of a docstring, its indentation removed (CPython: `_PyCompile_CleanDoc`).
pub(super) fn docstring(body: &[ast::Stmt]) -> Option<Rc<str>> {
    let StmtKind::Expr(e) = &body.first()?.kind else { return None };
    let ExprKind::Constant(Constant::Str(text)) = &e.kind else { return None };
    Some(clean_doc(text).into())
}

fn clean_doc(text: &str) -> String {
    // CPython's compiler takes tabs for eight columns.
    let expanded = tabs::expanded(text, 8);
    let mut lines = expanded.split('\n');
    let first = lines.next().unwrap_or_default().trim_start_matches(' ');
    let rest: Vec<&str> = lines.collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let filled = rest.iter().filter(|l| !l.trim_start_matches(' ').is_empty());
    let margin = filled.map(|l| indent(l)).min().unwrap_or(0);
    let mut out = first.to_owned();
    for line in rest {
        out.push('\n');
        out.push_str(&line[margin.min(indent(line))..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::clean_doc;

    #[test]
    fn docstrings_lose_their_common_indentation() {
        assert_eq!(clean_doc("  One.\n\n    Two.\n      Three.\n    "), "One.\n\nTwo.\n  Three.\n");
    }
}

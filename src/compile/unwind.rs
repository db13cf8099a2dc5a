//! `try`, `with` and `except` around suspensions: regions for the way out by an exception, copies of
//! the leaving code for the ways out by `return`, `break` and `continue`.

use super::frame::Frame;
use super::machine::LabelId;
use crate::code::{Const, Expr, Instr, Label, Region, Site, Slot, Stmt};
use crate::intern::Symbol;
use crate::syntax::ast::{self, ExceptHandler, WithItem};

/// Something that surrounds the place being written.
#[derive(Clone, Copy)]
pub(super) enum Around<'a> {
    Loop {
        again: LabelId,
        end: LabelId,
        iter: Option<Slot>,
    },
    /// The body of a `try` with handlers: leaving it runs nothing.
    Handled,
    /// `try` with this `finally`.
    Finally(&'a [ast::Stmt]),
    /// A handler, or the copy of a `finally` that runs for an exception.
    Handler {
        exception: Slot,
        previous: Slot,
    },
    /// The name of `except ... as name`.
    Name(Symbol),
    With {
        exit: Slot,
        is_async: bool,
        site: Site,
    },
}

/// One [`Around`] with the region it opened.
pub(super) struct Layer<'a> {
    around: Around<'a>,
    region: Option<Open>,
}

/// A region whose end is not yet known.
#[derive(Clone, Copy)]
pub(super) struct Open {
    start: u32,
    target: LabelId,
    exception: Slot,
}

impl<'a> Frame<'a> {
    /// Something begins; an exception inside it goes to the label, and into the slot.
    pub fn enter(&mut self, around: Around<'a>, target: Option<(LabelId, Slot)>) {
        let start = self.here();
        let region = target.map(|(target, exception)| Open { start, target, exception });
        if let Some(m) = &mut self.machine {
            m.layers.push(Layer { around, region });
        }
    }

    /// It ends: what follows is no longer inside.
    pub fn leave(&mut self) {
        if let Some(layer) = self.machine.as_mut().and_then(|m| m.layers.pop()) {
            self.close(&layer);
        }
    }

    /// Writes the region from its start to here. Inner ones are closed before outer ones, so that
    /// among those that overlap the innermost comes first.
    fn close(&mut self, layer: &Layer<'a>) {
        let here = self.here();
        let (Some(open), Some(m)) = (layer.region, &mut self.machine) else { return };
        if open.start < here {
            let (start, end) = (Label(open.start), Label(here));
            m.regions.push(Region { start, end, target: open.target.pending(), exception: open.exception });
        }
    }

    /// Whether `return` here must run something first.
    pub fn leaving_runs_code(&self) -> bool {
        let layers = self.machine.as_ref().map_or(&[][..], |m| &m.layers);
        layers.iter().any(|l| !matches!(l.around, Around::Loop { .. } | Around::Handled))
    }

    /// Runs what must run on the way out of all but the outermost `depth` layers. Each piece runs
    /// outside the layer it belongs to; afterwards all stand as before.
    pub fn leave_to(&mut self, depth: usize) {
        let mut left = Vec::new();
        while let Some(layer) = self.pop_above(depth) {
            self.close(&layer);
            self.leaving_code(layer.around);
            left.push(layer);
        }
        let here = self.here();
        if let Some(m) = &mut self.machine {
            for mut layer in left.into_iter().rev() {
                if let Some(open) = &mut layer.region {
                    open.start = here;
                }
                m.layers.push(layer);
            }
        }
    }

    fn pop_above(&mut self, depth: usize) -> Option<Layer<'a>> {
        let layers = &mut self.machine.as_mut()?.layers;
        if layers.len() > depth { layers.pop() } else { None }
    }

    fn leaving_code(&mut self, around: Around<'a>) {
        match around {
            Around::Loop { iter: Some(iter), .. } => self.emit(Instr::Clear(Box::new([iter]))),
            Around::Loop { .. } | Around::Handled => {}
            Around::Finally(body) => self.lower_block(body),
            Around::Handler { exception, previous } => self.leave_handler(exception, previous),
            Around::Name(name) => self.unbind(name),
            Around::With { exit, is_async, site } => {
                let into = self.exit(exit, None, is_async, site);
                self.emit(Instr::Clear(Box::new([into])));
            }
        }
    }

    /// `break` (`out`) or `continue` of the innermost loop.
    pub fn lower_jump(&mut self, out: bool) {
        let layers = self.machine.as_ref().map_or(&[][..], |m| &m.layers);
        let Some(depth) = layers.iter().rposition(|l| matches!(l.around, Around::Loop { .. })) else { return };
        let Around::Loop { again, end, iter } = layers[depth].around else { return };
        self.leave_to(depth + 1);
        if let (true, Some(iter)) = (out, iter) {
            self.emit(Instr::Clear(Box::new([iter])));
        }
        self.jump(if out { end } else { again });
    }

    /// `name` is unbound, as at the end of `except ... as name`; it may be unbound already.
    fn unbind(&mut self, name: Symbol) {
        let assign = Stmt::Assign { targets: Box::new([self.store(name)]), value: Expr::Const(Const::None) };
        let span = crate::source::Span::default();
        let delete = Stmt::Delete { targets: Box::new([self.store(name)]), site: self.site(span) };
        self.emit(Instr::Do(Stmt::Block(Box::new([assign, delete]))));
    }

    /// Temporaries of a body that was left by an exception are let go before its handler runs.
    fn clear_since(&mut self, mark: usize) {
        let slots: Box<[Slot]> = self.temps_since(mark).into();
        if !slots.is_empty() {
            self.emit(Instr::Clear(slots));
        }
    }

    /// The exception is handled while `body` runs; however it ends, what was handled before is handled
    /// again. `body` must not fall through its end.
    fn handling(&mut self, exception: Slot, body: impl FnOnce(&mut Self, Slot)) {
        let (previous, raised) = (self.temp(), self.temp());
        let cleanup = self.label();
        self.emit(Instr::EnterHandler { exception, previous });
        self.enter(Around::Handler { exception, previous }, Some((cleanup, raised)));
        body(self, previous);
        self.bind(cleanup);
        self.leave_handler(exception, previous);
        self.emit(Instr::Reraise { exception: raised });
    }

    /// Ends a handler whose layer was left already.
    fn leave_handler(&mut self, exception: Slot, previous: Slot) {
        let layers = self.machine.as_ref().map_or(&[][..], |m| &m.layers);
        let is_outermost = !layers.iter().any(|layer| matches!(layer.around, Around::Handler { .. }));
        self.emit(Instr::LeaveHandler { exception, previous, is_outermost });
    }

    /// Ends a handler whose exception goes on.
    fn reraise(&mut self, exception: Slot, previous: Slot) {
        let kept = self.temp();
        self.emit(Instr::Spill { value: Expr::Local { slot: exception }, into: kept });
        self.leave_handler(exception, previous);
        self.emit(Instr::Reraise { exception: kept });
    }

    // try

    pub fn lower_try(
        &mut self,
        body: &'a [ast::Stmt],
        handlers: &'a [ExceptHandler],
        orelse: &'a [ast::Stmt],
        finally: &'a [ast::Stmt],
        is_star: bool,
    ) {
        let parts = (body, handlers, orelse);
        if finally.is_empty() {
            return self.lower_handled(parts, is_star);
        }
        let exception = self.temp();
        let (on_error, end) = (self.label(), self.label());
        let mark = self.temps_mark();
        self.enter(Around::Finally(finally), Some((on_error, exception)));
        self.lower_handled(parts, is_star);
        self.leave();
        self.lower_block(finally);
        self.jump(end);
        self.bind(on_error);
        self.clear_since(mark);
        self.handling(exception, |f, previous| {
            f.lower_block(finally);
            f.leave();
            f.reraise(exception, previous);
        });
        self.bind(end);
    }

    /// `try` without its `finally`.
    fn lower_handled(
        &mut self,
        (body, handlers, orelse): (&'a [ast::Stmt], &'a [ExceptHandler], &'a [ast::Stmt]),
        is_star: bool,
    ) {
        if handlers.is_empty() {
            self.lower_block(body);
            return self.lower_block(orelse);
        }
        let exception = self.temp();
        let (on_error, end) = (self.label(), self.label());
        let mark = self.temps_mark();
        self.enter(Around::Handled, Some((on_error, exception)));
        self.lower_block(body);
        self.leave();
        self.lower_block(orelse);
        self.jump(end);
        self.bind(on_error);
        self.clear_since(mark);
        self.handling(exception, |f, previous| {
            if is_star {
                f.star_handlers(handlers, exception, previous, end);
            } else {
                f.handlers(handlers, exception, previous, end);
            }
        });
        self.bind(end);
    }

    fn handlers(&mut self, handlers: &'a [ExceptHandler], exception: Slot, previous: Slot, end: LabelId) {
        for h in handlers {
            let next = self.label();
            if let Some(types) = &h.typ {
                let site = self.site(h.span);
                let types = Box::new(self.expr(types));
                let test = Expr::ExceptionMatches { exception, types, site };
                self.emit(Instr::JumpIf { test, when: false, to: next.pending(), site });
            }
            self.handler_body(h, exception);
            // Leaves the handler as `break` would, then goes on behind it.
            let depth = self.depth();
            self.leave_to(depth - 1);
            self.jump(end);
            self.bind(next);
        }
        self.leave();
        self.reraise(exception, previous);
    }

    fn depth(&self) -> usize {
        self.machine.as_ref().map_or(1, |m| m.layers.len().max(1))
    }

    /// The body of a handler, with the name it binds.
    fn handler_body(&mut self, h: &'a ExceptHandler, exception: Slot) {
        let Some(name) = &h.name else { return self.lower_block(&h.body) };
        let raised = self.temp();
        let (on_error, end) = (self.label(), self.label());
        let targets = Box::new([self.store(name.name)]);
        self.emit(Instr::Do(Stmt::Assign { targets, value: Expr::Local { slot: exception } }));
        self.enter(Around::Name(name.name), Some((on_error, raised)));
        self.lower_block(&h.body);
        self.leave();
        self.unbind(name.name);
        self.jump(end);
        self.bind(on_error);
        self.unbind(name.name);
        self.emit(Instr::Reraise { exception: raised });
        self.bind(end);
    }

    // except*

    fn star_handlers(&mut self, handlers: &'a [ExceptHandler], original: Slot, previous: Slot, end: LabelId) {
        let (rest, raised) = (self.temp(), self.temp());
        self.emit(Instr::Spill { value: Expr::Local { slot: original }, into: rest });
        for h in handlers {
            let site = self.site(h.span);
            let (next, on_error) = (self.label(), self.label());
            let (matched, failed, before) = (self.temp(), self.temp(), self.temp());
            if let Some(types) = &h.typ {
                let types = self.expr(types);
                self.emit(Instr::SplitGroup { rest, matched, types, none: next.pending(), site });
            }
            self.emit(Instr::EnterHandler { exception: matched, previous: before });
            self.enter(Around::Handler { exception: matched, previous: before }, Some((on_error, failed)));
            self.handler_body(h, matched);
            self.leave();
            self.leave_handler(matched, before);
            self.jump(next);
            self.bind(on_error);
            self.leave_handler(matched, before);
            self.emit(Instr::CollectRaised { exception: failed, raised });
            self.bind(next);
        }
        let site = self.site(handlers.first().map_or_else(Default::default, |h| h.span));
        self.emit(Instr::FinishGroup { original, rest, raised, site });
        self.leave();
        self.leave_handler(original, previous);
        self.jump(end);
    }

    // with

    pub fn lower_with(&mut self, items: &'a [WithItem], body: &'a [ast::Stmt], is_async: bool) {
        let Some((item, rest)) = items.split_first() else { return self.lower_block(body) };
        let site = self.site(item.context_expr.span);
        let context = self.expr(&item.context_expr);
        let (exit, exception, into) = (self.temp(), self.temp(), self.temp());
        self.emit(Instr::Enter { context, exit, into, is_async, site });
        if is_async {
            self.emit(Instr::Await { value: Expr::Take { slot: into }, into, site });
        }
        let (on_error, end) = (self.label(), self.label());
        let mark = self.temps_mark();
        self.enter(Around::With { exit, is_async, site }, Some((on_error, exception)));
        match &item.optional_vars {
            Some(target) => self.assign_to(target, Expr::Take { slot: into }),
            None => self.emit(Instr::Clear(Box::new([into]))),
        }
        self.lower_with(rest, body, is_async);
        self.leave();
        let result = self.exit(exit, None, is_async, site);
        self.emit(Instr::Clear(Box::new([result])));
        self.jump(end);
        self.bind(on_error);
        self.clear_since(mark);
        self.handling(exception, |f, previous| {
            let result = f.exit(exit, Some(exception), is_async, site);
            let swallowed = f.label();
            let test = Expr::Take { slot: result };
            f.emit(Instr::JumpIf { test, when: true, to: swallowed.pending(), site });
            f.leave();
            f.reraise(exception, previous);
            f.bind(swallowed);
            f.leave_handler(exception, previous);
            f.jump(end);
        });
        self.bind(end);
    }

    /// Calls the exit method; the slot with its (awaited) result.
    fn exit(&mut self, exit: Slot, exception: Option<Slot>, is_async: bool, site: Site) -> Slot {
        let into = self.temp();
        self.emit(Instr::Exit { exit, exception, into, is_async, site });
        if is_async {
            self.emit(Instr::Await { value: Expr::Take { slot: into }, into, site });
        }
        into
    }
}

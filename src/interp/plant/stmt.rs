//! From statement to action: the routing, sequences, and the small statements.

use super::arith::update_slow;
use super::operand::{Operand, Shape};
use super::target::Store;
use super::{Act, AtSite, Flow, Planter, fail};
use crate::code::{BinaryOp, Block, Expr, Site, Slot, Stmt, Target};
use crate::intern::{Symbol, sym};
use crate::object::{Held, R, Str, T, Value, Vm};

impl Planter<'_> {
    /// Statements in order.
    pub(super) fn block(&self, block: &Block) -> Act {
        self.stmts(block)
    }

    pub(super) fn stmts<'s>(&self, stmts: impl IntoIterator<Item = &'s Stmt>) -> Act {
        let mut acts: Vec<Act> = stmts.into_iter().map(|s| self.stmt(s)).collect();
        match acts.len() {
            0 => Box::new(|_, _| Ok(Flow::Next)),
            1 => acts.remove(0),
            2 => {
                let (second, first) = (acts.remove(1), acts.remove(0));
                Box::new(move |fp, vm| match first(fp, vm)? {
                    Flow::Next => second(fp, vm),
                    other => Ok(other),
                })
            }
            _ => {
                let acts = acts.into_boxed_slice();
                Box::new(move |fp, vm| {
                    for act in acts.iter() {
                        let flow = act(fp, vm)?;
                        if flow != Flow::Next {
                            return Ok(flow);
                        }
                    }
                    Ok(Flow::Next)
                })
            }
        }
    }

    pub(super) fn stmt(&self, stmt: &Stmt) -> Act {
        match stmt {
            Stmt::Expr(expr) => {
                let node = self.expr(expr);
                Box::new(move |fp, vm| {
                    node(fp, vm)?.discard();
                    Ok(Flow::Next)
                })
            }
            Stmt::Echo(expr) => {
                let node = self.expr(expr);
                Box::new(move |fp, vm| {
                    let value = node(fp, vm)?;
                    vm.echo(value)?;
                    Ok(Flow::Next)
                })
            }
            Stmt::Assign { targets, value } => self.assignment(targets, value),
            Stmt::AugAssign { op, target, value, target_site, site } => {
                self.augmented(*op, target, value, *target_site, *site)
            }
            Stmt::Return(expr) => self.return_stmt(expr),
            Stmt::If { test, then, orelse, site } => self.if_stmt(test, then, orelse, *site),
            Stmt::While { test, body, orelse, site } => self.while_loop(test, body, orelse, *site),
            Stmt::For { target, iter, body, orelse, site } => self.for_loop(target, iter, body, orelse, *site),
            Stmt::Try { body, handlers, orelse, finally } => self.try_stmt(body, handlers, orelse, finally),
            Stmt::TryStar { body, handlers, orelse, finally } => self.try_star(body, handlers, orelse, finally),
            Stmt::With { context, target, body, site } => self.with(context, target.as_ref(), body, *site),
            Stmt::Raise { exception, cause, site } => self.raise(exception.as_ref(), cause.as_ref(), *site),
            Stmt::Assert { test, message, site } => self.assert(test, message.as_ref(), *site),
            Stmt::Delete { targets, site } => {
                let site = self.site(*site);
                let deletes: Box<[_]> = targets.iter().map(|t| self.delete(t, site)).collect();
                Box::new(move |fp, vm| {
                    deletes.iter().try_for_each(|delete| delete(fp, vm))?;
                    Ok(Flow::Next)
                })
            }
            Stmt::Import { module, target, whole, site } => self.import(*module, target, *whole, *site),
            Stmt::ImportFrom { module, level, names, site } => self.import_from(*module, *level, names, *site),
            Stmt::ImportStar { module, level, site } => self.import_star(*module, *level, *site),
            Stmt::Match { subject, cases, site } => self.match_stmt(subject, cases, *site),
            Stmt::Annotate { name, annotation, site } => self.annotate(*name, annotation, *site),
            Stmt::Break => Box::new(|_, _| Ok(Flow::Break)),
            Stmt::Continue => Box::new(|_, _| Ok(Flow::Continue)),
            Stmt::Block(block) => self.block(block),
        }
    }

    fn assignment(&self, targets: &[Target], value: &Expr) -> Act {
        if let ([Target::Local(slot)], Expr::Binary { op: BinaryOp::Add, left, right, site }) = (targets, value)
            && matches!(&**left, Expr::Local { slot: old } if old == slot)
            && !right.may_assign()
        {
            return self.sum_into(*slot, right, value, *site);
        }
        if let [target] = targets
            && let Some(act) = self.parallel(target, value)
        {
            return act;
        }
        let node = self.expr(value);
        if let [Target::Local(slot)] = targets {
            let slot = *slot;
            return Box::new(move |fp, vm| {
                let value = node(fp, vm)?;
                fp.set(slot, value);
                Ok(Flow::Next)
            });
        }
        if let [target] = targets {
            let store = self.assign(target);
            return Box::new(move |fp, vm| {
                let value = node(fp, vm)?;
                store(fp, vm, value)?;
                Ok(Flow::Next)
            });
        }
        let stores: Box<[Store]> = targets.iter().map(|t| self.assign(t)).collect();
        Box::new(move |fp, vm| {
            let value = node(fp, vm)?;
            for store in stores.iter() {
                store(fp, vm, value.clone())?;
            }
            Ok(Flow::Next)
        })
    }

    /// `local = local + value`: a str that nobody else sees grows in place, as with `+=`.
    fn sum_into(&self, slot: Slot, right: &Expr, whole: &Expr, site: Site) -> Act {
        let (value, sum, site) = (self.expr(right), self.expr(whole), self.site(site));
        Box::new(move |fp, vm| {
            if !matches!(fp.peek(slot), Value::Str(_)) {
                let value = sum(fp, vm)?;
                fp.set(slot, value);
                return Ok(Flow::Next);
            }
            let b = Held::new(value(fp, vm)?);
            update_slow(fp, vm, BinaryOp::Add, slot, &b, site)?;
            Ok(Flow::Next)
        })
    }

    fn return_stmt(&self, expr: &Expr) -> Act {
        match self.operand(expr) {
            Shape::Local(value) => Box::new(move |fp, vm| {
                vm.returned.replace(value.get(fp, vm)?.clone()).discard();
                Ok(Flow::Return)
            }),
            other => {
                let node = other.into_node();
                Box::new(move |fp, vm| {
                    let value = node(fp, vm)?;
                    vm.returned.replace(value).discard();
                    Ok(Flow::Return)
                })
            }
        }
    }

    fn if_stmt(&self, test: &Expr, then: &Block, orelse: &Block, site: Site) -> Act {
        let (test, then) = (self.test(test, site), self.block(then));
        if orelse.is_empty() {
            return Box::new(move |fp, vm| if test(fp, vm)? { then(fp, vm) } else { Ok(Flow::Next) });
        }
        let orelse = self.block(orelse);
        Box::new(move |fp, vm| if test(fp, vm)? { then(fp, vm) } else { orelse(fp, vm) })
    }

    fn assert(&self, test: &Expr, message: Option<&Expr>, site: Site) -> Act {
        let (test, message) = (self.test(test, site), message.map(|e| self.expr(e)));
        let site = self.site(site);
        Box::new(move |fp, vm| {
            if test(fp, vm)? {
                return Ok(Flow::Next);
            }
            let args = match &message {
                Some(message) => vec![message(fp, vm)?],
                None => Vec::new(),
            };
            fail(vm, site, vm.throw(vm.new_exception(T::AssertionError, args)))
        })
    }

    /// `x: annotation` of a module or class body.
    fn annotate(&self, name: Symbol, annotation: &Expr, site: Site) -> Act {
        let value = self.expr(annotation);
        let in_class = matches!(self.code.kind, crate::code::Kind::Class | crate::code::Kind::Names);
        let (globals, site) = (self.globals.clone(), self.site(site));
        let key = Value::Str(Str::of_symbol(name));
        Box::new(move |fp, vm| {
            let value = value(fp, vm)?;
            let namespace = if in_class { fp.get(crate::code::Slot(1)) } else { Value::Dict(globals.clone()) };
            let table_name = Value::name(sym::__annotations__);
            let table = match vm.catch(vm.get_item(&namespace, &table_name), T::KeyError)? {
                Some(table) => table,
                None => {
                    let table = Value::dict(crate::object::Dict::new());
                    vm.set_item(&namespace, &table_name, table.clone())?;
                    table
                }
            };
            vm.set_item(&table, &key, value).at(vm, site)?;
            Ok(Flow::Next)
        })
    }
}

impl Vm {
    /// The value of an expression statement at the prompt: goes to `sys.displayhook`.
    fn echo(&self, value: Value) -> R<()> {
        if let Some(Value::Module(sys)) = self.modules.get_name(sym::sys) {
            return match sys.dict.get_name(Symbol::new("displayhook")) {
                Some(hook) => self.call1(&hook, &value).map(drop),
                None => Err(self.runtime_error("lost sys.displayhook")),
            };
        }
        self.display(value)
    }

    /// `sys.displayhook`: prints the `repr` of anything but None and binds `_`.
    ///
    /// # Errors
    /// What `repr` and writing raise.
    pub fn display(&self, value: Value) -> R<()> {
        if value.is_none() {
            return Ok(());
        }
        let text = self.repr(&value)?;
        let print = self.builtins.get_name(sym::print).unwrap_or(Value::None);
        self.call1(&print, &Value::Str(text))?;
        self.builtins.set_name(Symbol::new("_"), value);
        Ok(())
    }
}

//! Comprehensions, run in place: no function, no call (PEP 709).

use super::target::Store;
use super::{AtSite, Planter, Test};
use crate::code::{Comp, CompClause, CompKind, Slot};
use crate::object::{Dict, Fp, List, Node, R, Ref, Set, Value, VarCell, Vm};

/// One clause, planted.
enum Clause {
    For { store: Store, iter: Node, site: u32 },
    If(Test),
}

/// Where the elements go.
enum Sink {
    List(Node),
    Set(Node),
    Dict(Node, Node),
}

impl Planter<'_> {
    pub(super) fn comp(&self, comp: &Comp) -> Node {
        let clauses: Box<[Clause]> = comp
            .clauses
            .iter()
            .map(|clause| match clause {
                CompClause::For { target, iter, site } => {
                    Clause::For { store: self.assign(target), iter: self.expr(iter), site: self.site(*site) }
                }
                CompClause::If(test) => Clause::If(self.test(test, comp.site)),
            })
            .collect();
        let sink = match &comp.kind {
            CompKind::List(e) => Sink::List(self.expr(e)),
            CompKind::Set(e) => Sink::Set(self.expr(e)),
            CompKind::Dict(k, v) => Sink::Dict(self.expr(k), self.expr(v)),
        };
        let (cells, vars, site) = (comp.cells.clone(), comp.vars.clone(), self.site(comp.site));
        Box::new(move |fp, vm| {
            fresh_cells(fp, &cells);
            let result = match &sink {
                Sink::List(element) => {
                    let list = List::new(Vec::new());
                    run(fp, vm, &clauses, &mut |fp, vm| {
                        list.push(element(fp, vm)?);
                        Ok(())
                    })
                    .map(|()| Value::List(list))
                }
                Sink::Set(element) => {
                    let set = Ref::new(Set::new());
                    run(fp, vm, &clauses, &mut |fp, vm| {
                        let value = element(fp, vm)?;
                        vm.set_add(&set, value).at(vm, site).map(drop)
                    })
                    .map(|()| Value::Set(set))
                }
                Sink::Dict(key, value) => {
                    let dict = Ref::new(Dict::new());
                    run(fp, vm, &clauses, &mut |fp, vm| {
                        let key = key(fp, vm)?;
                        let value = value(fp, vm)?;
                        vm.dict_set(&dict, key, value).at(vm, site)
                    })
                    .map(|()| Value::Dict(dict))
                }
            };
            // Its variables end with it, however it ended.
            vars.iter().for_each(|&slot| fp.take(slot).discard());
            result
        })
    }
}

/// Captured variables of a comprehension get a cell of their own each time it starts.
pub(super) fn fresh_cells(fp: Fp, cells: &[Slot]) {
    for &slot in cells {
        fp.set(slot, Value::Cell(VarCell::new(Value::Missing)));
    }
}

/// Runs the clauses from the first on; `element` for every combination.
fn run(fp: Fp, vm: &Vm, clauses: &[Clause], element: &mut dyn FnMut(Fp, &Vm) -> R<()>) -> R<()> {
    match clauses {
        [] => element(fp, vm),
        [Clause::If(test), rest @ ..] => {
            if test(fp, vm)? {
                run(fp, vm, rest, element)
            } else {
                Ok(())
            }
        }
        [Clause::For { store, iter, site }, rest @ ..] => {
            let iterable = iter(fp, vm)?;
            let mut index = 0;
            let iterator = match &iterable {
                Value::List(_) | Value::Tuple(_) => None,
                other => Some(vm.iter(other).at(vm, *site)?),
            };
            loop {
                let item = match (&iterable, &iterator) {
                    (Value::List(list), None) => list.get(index),
                    (Value::Tuple(tuple), None) => tuple.get(index).cloned(),
                    (_, Some(iterator)) => vm.next(iterator).at(vm, *site)?,
                    _ => None,
                };
                let Some(item) = item else { return Ok(()) };
                index += 1;
                store(fp, vm, item)?;
                if rest.is_empty() {
                    element(fp, vm)?;
                } else {
                    run(fp, vm, rest, element)?;
                }
                vm.tick()?;
            }
        }
    }
}

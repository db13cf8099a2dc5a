//! Comprehensions, run in place: no function, no call (PEP 709).

use super::walk::Passage;
use super::{AtSite, Planter, Test};
use crate::code::{Comp, CompClause, CompKind, Slot};
use crate::object::{Dict, Fp, List, Node, R, Ref, Set, Value, VarCell, Vm};

/// A `for` with the conditions that follow it.
struct Level {
    passage: Passage,
    tests: Box<[Test]>,
}

/// Where the elements go.
enum Sink {
    List(Node),
    Set(Node),
    Dict(Node, Node),
}

/// No list is made with more room than this ahead of its elements.
const MOST_AHEAD: usize = 1 << 16;

impl Planter<'_> {
    pub(super) fn comp(&self, comp: &Comp) -> Node {
        let levels = self.levels(comp);
        let sink = match &comp.kind {
            CompKind::List(e) => Sink::List(self.expr(e)),
            CompKind::Set(e) => Sink::Set(self.expr(e)),
            CompKind::Dict(k, v) => Sink::Dict(self.expr(k), self.expr(v)),
        };
        let (cells, vars, site) = (comp.cells.clone(), comp.vars.clone(), self.site(comp.site));
        Box::new(move |fp, vm| {
            fresh_cells(fp, &cells);
            let result = match &sink {
                Sink::List(element) => list_of(fp, vm, &levels, element),
                Sink::Set(element) => {
                    let set = Ref::new(Set::new());
                    run(fp, vm, &levels, &mut |fp, vm| {
                        let value = element(fp, vm)?;
                        vm.set_add(&set, value).at(vm, site).map(drop)
                    })
                    .map(|()| Value::Set(set))
                }
                Sink::Dict(key, value) => {
                    let dict = Ref::new(Dict::new());
                    run(fp, vm, &levels, &mut |fp, vm| {
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

    fn levels(&self, comp: &Comp) -> Box<[Level]> {
        let mut levels: Vec<(Passage, Vec<Test>)> = Vec::new();
        for clause in &comp.clauses {
            match clause {
                CompClause::For { target, iter, site } => levels.push((self.passage(target, iter, *site), Vec::new())),
                CompClause::If(test) => {
                    if let Some((_, tests)) = levels.last_mut() {
                        tests.push(self.test(test, comp.site));
                    }
                }
            }
        }
        levels.into_iter().map(|(passage, tests)| Level { passage, tests: tests.into() }).collect()
    }
}

fn list_of(fp: Fp, vm: &Vm, levels: &[Level], element: &Node) -> R {
    let mut items = Vec::new();
    if let [level] = levels {
        let mut walk = level.passage.start(fp, vm)?;
        if level.tests.is_empty() {
            items.reserve(walk.hint().min(MOST_AHEAD));
        }
        while level.passage.step(fp, vm, &mut walk)? {
            if passes(fp, vm, &level.tests)? {
                put(vm, &mut items, element(fp, vm)?)?;
            }
            vm.tick()?;
        }
    } else {
        run(fp, vm, levels, &mut |fp, vm| put(vm, &mut items, element(fp, vm)?))?;
    }
    Ok(Value::List(List::new(items)))
}

#[inline(always)]
fn put(vm: &Vm, items: &mut Vec<Value>, item: Value) -> R<()> {
    if items.len() == items.capacity() && items.try_reserve(1).is_err() {
        return Err(vm.memory_error());
    }
    items.push(item);
    Ok(())
}

#[inline(always)]
fn passes(fp: Fp, vm: &Vm, tests: &[Test]) -> R<bool> {
    for test in tests {
        if !test(fp, vm)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Captured variables of a comprehension get a cell of their own each time it starts.
pub(super) fn fresh_cells(fp: Fp, cells: &[Slot]) {
    for &slot in cells {
        fp.set(slot, Value::Cell(VarCell::new(Value::Missing)));
    }
}

/// Runs the levels from the first on; `element` for every combination.
fn run(fp: Fp, vm: &Vm, levels: &[Level], element: &mut dyn FnMut(Fp, &Vm) -> R<()>) -> R<()> {
    let Some((level, rest)) = levels.split_first() else { return element(fp, vm) };
    let mut walk = level.passage.start(fp, vm)?;
    while level.passage.step(fp, vm, &mut walk)? {
        if passes(fp, vm, &level.tests)? {
            if rest.is_empty() {
                element(fp, vm)?;
            } else {
                run(fp, vm, rest, element)?;
            }
        }
        vm.tick()?;
    }
    Ok(())
}

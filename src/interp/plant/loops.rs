//! Loops: `while`, and `for` over what `walk.rs` goes through.

use super::walk::Passage;
use super::{Act, AtSite, Flow, Planter};
use crate::code::{Block, Expr, Site, Slot, Target};
use crate::object::{Fp, R, Value, Vm};

/// What a round of the body says about the loop.
enum Round {
    Go,
    Leave,
    Out(Flow),
}

#[inline(always)]
fn round(flow: Flow) -> Round {
    match flow {
        Flow::Next | Flow::Continue => Round::Go,
        Flow::Break => Round::Leave,
        Flow::Return => Round::Out(Flow::Return),
    }
}

impl Planter<'_> {
    pub(super) fn while_loop(&self, test: &Expr, body: &Block, orelse: &Block, site: Site) -> Act {
        let (test, body, orelse) = (self.test(test, site), self.block(body), self.block(orelse));
        let site = self.site(site);
        Box::new(move |fp, vm| {
            while test(fp, vm)? {
                match round(body(fp, vm)?) {
                    Round::Go => {}
                    Round::Leave => return Ok(Flow::Next),
                    Round::Out(flow) => return Ok(flow),
                }
                vm.tick().at(vm, site)?;
            }
            orelse(fp, vm)
        })
    }

    pub(super) fn for_loop(&self, target: &Target, iter: &Expr, body: &Block, orelse: &Block, site: Site) -> Act {
        let passage = self.passage(target, iter, site);
        let (body, orelse, site) = (self.block(body), self.block(orelse), self.site(site));
        Box::new(move |fp, vm| match over(fp, vm, &passage, &body, site)? {
            Some(flow) => Ok(flow),
            None => orelse(fp, vm),
        })
    }
}

/// `None` when the loop came to its end.
#[inline]
fn over(fp: Fp, vm: &Vm, passage: &Passage, body: &Act, site: u32) -> R<Option<Flow>> {
    let mut walk = passage.start(fp, vm)?;
    if let Some(range) = walk.plain_range(passage) {
        return over_range(fp, vm, range, body, site);
    }
    while passage.step(fp, vm, &mut walk)? {
        match round(body(fp, vm)?) {
            Round::Go => {}
            Round::Leave => return Ok(Some(Flow::Next)),
            Round::Out(flow) => return Ok(Some(flow)),
        }
        vm.tick().at(vm, site)?;
    }
    Ok(None)
}

/// `for local in range(...)`: the tightest of the loops.
#[inline(always)]
fn over_range(
    fp: Fp,
    vm: &Vm,
    (mut next, step, mut left, slot): (i64, i64, u64, Slot),
    body: &Act,
    site: u32,
) -> R<Option<Flow>> {
    while left > 0 {
        fp.set(slot, Value::Int(next));
        left -= 1;
        next = next.wrapping_add(step);
        match round(body(fp, vm)?) {
            Round::Go => {}
            Round::Leave => return Ok(Some(Flow::Next)),
            Round::Out(flow) => return Ok(Some(flow)),
        }
        vm.tick().at(vm, site)?;
    }
    Ok(None)
}

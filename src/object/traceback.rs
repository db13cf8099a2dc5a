//! Where an exception passed through: a list of sites. A site is a number from which, when a report asks, the body
//! and the place in its source are found; nothing on the success path ever touches it.

use std::rc::Rc;

use super::{Dict, Ref};
use crate::code::{Code, Site};

/// A place in some planted body: the body's first number plus the index of one of its sites.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct GlobalSite(pub u32);

/// Sites an exception passed through, innermost first.
#[derive(Clone, Default, Debug)]
pub struct Traceback {
    pub sites: Vec<GlobalSite>,
}

/// Which body each range of site numbers belongs to.
#[derive(Default)]
pub struct SiteTable {
    /// (first number, body, its module's namespace), ascending.
    bodies: Vec<(u32, Rc<Code>, Ref<Dict>)>,
    next: u32,
}

impl SiteTable {
    /// Reserves numbers for a body's sites and gives the first.
    pub fn register(&mut self, code: &Rc<Code>, globals: &Ref<Dict>) -> u32 {
        let first = self.next;
        self.bodies.push((first, code.clone(), globals.clone()));
        self.next += code.sites.len().max(1) as u32;
        first
    }

    /// The body and the place that a number stands for.
    pub fn find(&self, site: GlobalSite) -> Option<(Rc<Code>, Site)> {
        let (first, code, _) = self.body(site)?;
        Some((code.clone(), Site(site.0 - first)))
    }

    /// The namespace of the module that the place belongs to.
    pub fn globals(&self, site: GlobalSite) -> Option<Ref<Dict>> {
        self.body(site).map(|(_, _, globals)| globals.clone())
    }

    fn body(&self, site: GlobalSite) -> Option<&(u32, Rc<Code>, Ref<Dict>)> {
        let at = self.bodies.partition_point(|(first, ..)| *first <= site.0).checked_sub(1)?;
        (site.0 < self.next).then(|| &self.bodies[at])
    }
}

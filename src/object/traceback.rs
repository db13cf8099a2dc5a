//! Where an exception passed through: a list of sites. A site is a number from which, when a report asks, the body
//! and the place in its source are found; nothing on the success path ever touches it.

use std::rc::Rc;

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
    /// (first number, body), ascending.
    bodies: Vec<(u32, Rc<Code>)>,
    next: u32,
}

impl SiteTable {
    /// Reserves numbers for a body's sites and gives the first.
    pub fn register(&mut self, code: &Rc<Code>) -> u32 {
        let first = self.next;
        self.bodies.push((first, code.clone()));
        self.next += code.sites.len().max(1) as u32;
        first
    }

    /// The body and the place that a number stands for.
    pub fn find(&self, site: GlobalSite) -> Option<(Rc<Code>, Site)> {
        let at = self.bodies.partition_point(|&(first, _)| first <= site.0).checked_sub(1)?;
        let (first, code) = &self.bodies[at];
        Some((code.clone(), Site(site.0 - first)))
    }
}

//! When cycles are looked for: on demand, and when objects take twice the memory that was alive after the last time. How they are
//! found is [`crate::object::cycles`]'s.

use std::cell::Cell;
use std::rc::Rc;

use crate::object::arena::{self, Area, Asks};
use crate::object::cycles::{self, Found, Scope};
use crate::object::{Dict, List, Ref, Value, Vm};

/// What a program may grow by beyond the living before it is worth a look.
const SLACK: usize = 8 << 20;
/// A look that frees at least a share of this kind is taken again as soon as the memory that it freed is used up.
const SHARE: usize = 4;
/// A task that waits, with its coroutine and what it waits for. Such tasks are held by their loop, so a million of them is no
/// reason to look for garbage among them.
const TASK: usize = 480;

/// The state of the module `gc`.
pub struct Collector {
    pub is_off: Cell<bool>,
    pub thresholds: Cell<[i64; 3]>,
    /// `gc.callbacks`
    pub callbacks: Ref<List>,
    /// `gc.garbage`
    pub garbage: Ref<List>,
    pub collections: Cell<usize>,
    pub collected: Cell<usize>,
    pub frozen: Cell<usize>,
    /// What [`Area::Machines`] may take besides what waiting tasks do.
    machines: Cell<usize>,
}

impl Collector {
    fn new() -> Collector {
        Collector {
            is_off: Cell::new(false),
            thresholds: Cell::new([2000, 10, 10]),
            callbacks: List::new(Vec::new()),
            garbage: List::new(Vec::new()),
            collections: Cell::new(0),
            collected: Cell::new(0),
            frozen: Cell::new(0),
            machines: Cell::new(SLACK),
        }
    }
}

impl Vm {
    pub fn collector(&self) -> Rc<Collector> {
        self.extension(Collector::new)
    }

    /// Frees the cycles that nobody holds; says how many objects they were.
    pub fn collect_cycles(&self, scope: Scope) -> usize {
        let collector = self.collector();
        self.tell("start", 0);
        let found = cycles::collect(scope);
        collector.collections.set(collector.collections.get() + 1);
        collector.collected.set(collector.collected.get() + found.objects);
        self.set_limits(&collector, scope, &found);
        self.tell("stop", found.objects);
        found.objects
    }

    /// Calls what a script has put into `gc.callbacks`.
    fn tell(&self, phase: &str, collected: usize) {
        for callback in self.collector().callbacks.snapshot() {
            let info = Dict::new();
            for (name, value) in [("generation", 2), ("collected", collected), ("uncollectable", 0)] {
                info.set_name(crate::intern::Symbol::new(name), Value::size(value));
            }
            if let Err(raised) = self.call2(&callback, &Value::str(phase), &Value::dict(info)) {
                let what = self.repr_or(&callback, "<object repr() failed>");
                self.unraisable(&what, raised);
            }
        }
    }

    fn repr_or(&self, value: &Value, otherwise: &str) -> String {
        match self.repr(value) {
            Ok(text) => text.as_str().to_owned(),
            Err(raised) => {
                drop(self.take_raised(raised));
                otherwise.to_owned()
            }
        }
    }

    /// What waiting tasks take of [`Area::Machines`].
    fn taken_by_tasks(&self) -> usize {
        self.waiting_tasks.get().map_or(0, |count| count(self)).saturating_mul(TASK)
    }

    fn set_limits(&self, collector: &Collector, scope: Scope, found: &Found) {
        arena::set_limit(Area::Plain, limit(found, Area::Plain, 0));
        if scope == Scope::Everything {
            let tasks = self.taken_by_tasks();
            let machines = limit(found, Area::Machines, tasks);
            collector.machines.set(machines);
            arena::set_limit(Area::Machines, machines + tasks);
        }
    }

    /// Called where no object is borrowed, once an area has asked for it.
    #[cold]
    pub(super) fn collect_if_due(&self) {
        let collector = self.collector();
        if collector.is_off.get() || collector.thresholds.get()[0] == 0 {
            return;
        }
        let tasks = self.taken_by_tasks();
        let machines = arena::bytes(Area::Machines).saturating_sub(tasks);
        let of_machines = match arena::asks(Area::Machines) {
            Asks::No => false,
            Asks::Full => machines >= collector.machines.get(),
            Asks::UsedUp => true,
        };
        if arena::asks(Area::Plain) == Asks::No && !of_machines {
            // It was tasks that filled it.
            return arena::set_limit(Area::Machines, collector.machines.get() + tasks + SLACK);
        }
        // A look at all tasks that wait would be a long pause.
        let has_few_machines = arena::bytes(Area::Machines) <= SHARE * arena::bytes(Area::Plain);
        let scope = if of_machines || has_few_machines { Scope::Everything } else { Scope::Plain };
        self.collect_cycles(scope);
    }

    /// Whether an area has asked for a collection.
    #[inline]
    pub(super) fn is_collection_due(&self) -> bool {
        arena::asks(Area::Plain) != Asks::No || arena::asks(Area::Machines) != Asks::No
    }

    /// The last look, when the program ends: only where something may come of it that can be seen, since the memory goes with the
    /// process.
    pub fn collect_at_exit(&self) {
        let is_small = arena::bytes(Area::Plain) + arena::bytes(Area::Machines) < SLACK / 2;
        if is_small || cycles::may_show() {
            cycles::collect(Scope::Everything);
        }
    }

    /// `gc.get_referrers(*values)`
    pub fn referrers(&self, values: &[Value]) -> Vec<Value> {
        let refers = |object: &Value| cycles::referents(object).iter().any(|found| values.iter().any(|v| v.is(found)));
        cycles::objects().into_iter().filter(refers).collect()
    }
}

/// How much an area may take before the next look. `besides`: how much of it is no reason for one.
fn limit(found: &Found, area: Area, besides: usize) -> usize {
    let taken = arena::bytes(area).saturating_sub(besides);
    let live = found.live[area as usize].saturating_sub(besides);
    if found.freed[area as usize] * SHARE >= live + SLACK {
        arena::set_reserve(area);
        // Chunks are not given back: what was freed is used again before new ones are needed, but for sizes that are rare.
        (2 * live + SLACK).max(taken + taken / SHARE)
    } else {
        taken + live + SLACK
    }
}

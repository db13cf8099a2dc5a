//! Matching: a walk over the program's steps that remembers where else it could have gone. Nothing recurses but
//! conditions and atomic groups, whose depth the parser bounds.

use super::parse::FOREVER;
use super::program::{Program, Step};
use super::tree::{Greed, Place, Test, folded, is_word};
use crate::object::{R, Vm};

/// Text that can be asked for its characters by index.
pub trait Text {
    fn len(&self) -> usize;
    fn at(&self, index: usize) -> char;
}

impl Text for &[u8] {
    fn len(&self) -> usize {
        <[u8]>::len(self)
    }

    #[inline]
    fn at(&self, index: usize) -> char {
        char::from(self[index])
    }
}

impl Text for Vec<char> {
    fn len(&self) -> usize {
        Vec::len(self)
    }

    #[inline]
    fn at(&self, index: usize) -> char {
        self[index]
    }
}

pub const UNSET: usize = usize::MAX;
/// How many ways back may be remembered.
const MOST_WAYS: usize = 1 << 26;

/// What to do when the way taken fails.
enum Way {
    /// Go on at a step, from a position.
    Try(usize, usize),
    /// The run before a step may end earlier: at `at`, down to `least`.
    Shorter {
        step: usize,
        least: usize,
        at: usize,
    },
    /// The run at a step may go on: from `at`, for `left` more.
    Longer {
        step: usize,
        at: usize,
        left: u32,
    },
    /// Put back what a slot held.
    Slot(usize, usize),
    Counter(usize, u32, usize),
    Last(usize),
}

pub struct Matcher<'a, X> {
    vm: &'a Vm,
    program: &'a Program,
    text: &'a X,
    end: usize,
    /// Where each group begins and ends.
    pub slots: Vec<usize>,
    /// The group that was closed last; 0 for none.
    pub last: usize,
    counters: Vec<(u32, usize)>,
    ways: Vec<Way>,
    /// The match must end where the text does.
    whole: bool,
    /// An empty match may not begin here.
    must_advance: Option<usize>,
}

impl<'a, X: Text> Matcher<'a, X> {
    pub fn new(vm: &'a Vm, program: &'a Program, text: &'a X, end: usize, whole: bool) -> Self {
        Matcher {
            vm,
            program,
            text,
            end,
            slots: vec![UNSET; 2 * program.groups + 2],
            last: 0,
            counters: vec![(0, UNSET); program.counters],
            ways: Vec::new(),
            whole,
            must_advance: None,
        }
    }

    /// Whether the pattern matches from a position on; then the slots say how.
    pub fn matches_at(&mut self, at: usize, must_advance: bool) -> R<bool> {
        self.slots.fill(UNSET);
        self.last = 0;
        self.ways.clear();
        self.must_advance = must_advance.then_some(at);
        match self.walk(0, at, true)? {
            Some(end) => {
                (self.slots[0], self.slots[1]) = (at, end);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// The first position from `at` on where the pattern matches.
    pub fn search(&mut self, at: usize, must_advance: bool) -> R<bool> {
        let first = match self.program.steps.first() {
            Some(Step::One(test)) => Some(test),
            Some(Step::Run { test, least: 1.., .. }) => Some(test),
            _ => None,
        };
        let anchored = matches!(self.program.steps.first(), Some(Step::Place(Place::TextStart)));
        let mut from = at;
        while from <= self.end {
            if let Some(test) = first {
                while from < self.end && !test.holds(self.text.at(from)) {
                    from += 1;
                }
                if from == self.end {
                    return Ok(false);
                }
            }
            if self.matches_at(from, must_advance && from == at)? {
                return Ok(true);
            }
            if anchored {
                return Ok(false);
            }
            from += 1;
        }
        Ok(false)
    }

    fn remember(&mut self, way: Way) -> R<()> {
        if self.ways.len() >= MOST_WAYS {
            return Err(self.vm.memory_error());
        }
        self.ways.push(way);
        Ok(())
    }

    fn set_slot(&mut self, slot: usize, at: usize) -> R<()> {
        self.remember(Way::Slot(slot, self.slots[slot]))?;
        self.slots[slot] = at;
        Ok(())
    }

    fn set_counter(&mut self, counter: usize, count: u32, at: usize) -> R<()> {
        let (old_count, old_at) = self.counters[counter];
        self.remember(Way::Counter(counter, old_count, old_at))?;
        self.counters[counter] = (count, at);
        Ok(())
    }

    /// Takes the newest way back above `base`: where to go on, or none.
    fn back(&mut self, base: usize) -> Option<(usize, usize)> {
        while self.ways.len() > base {
            match self.ways.pop()? {
                Way::Try(step, at) => return Some((step, at)),
                Way::Shorter { step, least, at } => {
                    if at > least {
                        self.ways.push(Way::Shorter { step, least, at: at - 1 });
                    }
                    return Some((step, at));
                }
                Way::Longer { step, at, left } => {
                    if let Step::Run { test, .. } = &self.program.steps[step]
                        && at < self.end
                        && test.holds(self.text.at(at))
                    {
                        if left > 1 {
                            self.ways.push(Way::Longer { step, at: at + 1, left: left - 1 });
                        }
                        return Some((step + 1, at + 1));
                    }
                }
                Way::Slot(slot, old) => self.slots[slot] = old,
                Way::Counter(counter, count, at) => self.counters[counter] = (count, at),
                Way::Last(old) => self.last = old,
            }
        }
        None
    }

    /// Walks from a step to its `Done`; gives the position there.
    fn walk(&mut self, step: usize, at: usize, outermost: bool) -> R<Option<usize>> {
        let base = self.ways.len();
        let (mut step, mut at) = (step, at);
        loop {
            self.vm.tick()?;
            match self.step(step, at, outermost)? {
                Next::On(next, to) => (step, at) = (next, to),
                Next::Done => return Ok(Some(at)),
                Next::Fail => match self.back(base) {
                    Some(next) => (step, at) = next,
                    None => return Ok(None),
                },
            }
        }
    }

    fn step(&mut self, step: usize, at: usize, outermost: bool) -> R<Next> {
        let program = self.program;
        Ok(match &program.steps[step] {
            Step::One(test) => {
                if at < self.end && test.holds(self.text.at(at)) {
                    Next::On(step + 1, at + 1)
                } else {
                    Next::Fail
                }
            }
            Step::Place(place) => {
                if self.is_at(*place, at) {
                    Next::On(step + 1, at)
                } else {
                    Next::Fail
                }
            }
            Step::Split(other) => {
                self.remember(Way::Try(*other, at))?;
                Next::On(step + 1, at)
            }
            Step::Jump(to) => Next::On(*to, at),
            Step::Save(slot) => {
                self.set_slot(*slot, at)?;
                Next::On(step + 1, at)
            }
            Step::Close(group) => {
                self.remember(Way::Last(self.last))?;
                self.last = *group;
                Next::On(step + 1, at)
            }
            Step::Back { group, folded } => self.back_reference(*group, *folded, step, at),
            Step::Run { test, least, most, greed } => self.run(test, *least, *most, *greed, step, at)?,
            Step::Enter(counter) => {
                self.set_counter(*counter, 0, UNSET)?;
                Next::On(step + 1, at)
            }
            Step::Again { counter, least, most, lazy, exit } => {
                let (count, before) = self.counters[*counter];
                if count < *least {
                    self.set_counter(*counter, count + 1, at)?;
                    Next::On(step + 1, at)
                } else if *most != FOREVER && count >= *most || before == at {
                    Next::On(*exit, at)
                } else if *lazy {
                    // The other way begins with the counter as it is now, which this step then raises.
                    self.remember(Way::Counter(*counter, count, before))?;
                    self.remember(Way::Try(step + 1, at))?;
                    self.remember(Way::Counter(*counter, count + 1, at))?;
                    Next::On(*exit, at)
                } else {
                    self.remember(Way::Try(*exit, at))?;
                    self.set_counter(*counter, count + 1, at)?;
                    Next::On(step + 1, at)
                }
            }
            Step::Look { back, negated, end } => self.look(*back, *negated, *end, step, at)?,
            Step::Atomic { end } => {
                let base = self.ways.len();
                match self.walk(step + 1, at, false)? {
                    Some(to) => {
                        self.keep_values(base);
                        Next::On(*end, to)
                    }
                    None => Next::Fail,
                }
            }
            Step::If { group, no } => {
                if self.slots[2 * group + 1] == UNSET {
                    Next::On(*no, at)
                } else {
                    Next::On(step + 1, at)
                }
            }
            Step::Done if outermost => {
                if self.whole && at != self.end || self.must_advance == Some(at) {
                    Next::Fail
                } else {
                    Next::Done
                }
            }
            Step::Done => Next::Done,
        })
    }

    /// Drops the ways that were left open above `base`, not what restores values.
    fn keep_values(&mut self, base: usize) {
        let mut kept = base;
        for i in base..self.ways.len() {
            if !matches!(self.ways[i], Way::Try(..) | Way::Shorter { .. } | Way::Longer { .. }) {
                self.ways.swap(kept, i);
                kept += 1;
            }
        }
        self.ways.truncate(kept);
    }

    fn look(&mut self, back: usize, negated: bool, end: usize, step: usize, at: usize) -> R<Next> {
        let Some(from) = at.checked_sub(back) else {
            return Ok(if negated { Next::On(end, at) } else { Next::Fail });
        };
        let base = self.ways.len();
        let found = self.walk(step + 1, from, false)?.is_some();
        if !negated {
            self.keep_values(base);
            return Ok(if found { Next::On(end, at) } else { Next::Fail });
        }
        if found {
            // Undo all that it noted.
            self.keep_values(base);
            while self.back(base).is_some() {}
            return Ok(Next::Fail);
        }
        Ok(Next::On(end, at))
    }

    fn run(&mut self, test: &Test, least: u32, most: u32, greed: Greed, step: usize, at: usize) -> R<Next> {
        let room = self.end - at;
        let most = if most == FOREVER { room } else { room.min(most as usize) };
        let wanted = if greed == Greed::Lazy { (least as usize).min(most) } else { most };
        let mut count = 0;
        while count < wanted && test.holds(self.text.at(at + count)) {
            count += 1;
        }
        if count < least as usize {
            return Ok(Next::Fail);
        }
        let to = at + count;
        match greed {
            Greed::Greedy if count > least as usize => {
                self.remember(Way::Shorter { step: step + 1, least: at + least as usize, at: to - 1 })?;
            }
            Greed::Lazy if count < most => {
                let left = u32::try_from(most - count).unwrap_or(FOREVER);
                self.remember(Way::Longer { step, at: to, left })?;
            }
            _ => {}
        }
        Ok(Next::On(step + 1, to))
    }

    fn back_reference(&self, group: usize, fold: bool, step: usize, at: usize) -> Next {
        let (from, to) = (self.slots[2 * group], self.slots[2 * group + 1]);
        if from == UNSET || to == UNSET || to < from || self.end - at < to - from {
            return Next::Fail;
        }
        let same = |(a, b): (char, char)| a == b || fold && folded(a) == folded(b);
        if (0..to - from).all(|i| same((self.text.at(from + i), self.text.at(at + i)))) {
            Next::On(step + 1, at + to - from)
        } else {
            Next::Fail
        }
    }

    fn is_at(&self, place: Place, at: usize) -> bool {
        let newline = |index: usize| index < self.end && self.text.at(index) == '\n';
        match place {
            Place::TextStart => at == 0,
            Place::LineStart => at == 0 || self.text.at(at - 1) == '\n',
            Place::End => at == self.end || at + 1 == self.end && newline(at),
            Place::LineEnd => at == self.end || newline(at),
            Place::TextEnd => at == self.end,
            Place::Boundary { ascii } => self.is_boundary(at, ascii),
            Place::NoBoundary { ascii } => self.end > 0 && !self.is_boundary(at, ascii),
        }
    }

    fn is_boundary(&self, at: usize, ascii: bool) -> bool {
        let before = at > 0 && is_word(self.text.at(at - 1), ascii);
        let after = at < self.end && is_word(self.text.at(at), ascii);
        before != after
    }
}

/// Where the walk goes after a step.
enum Next {
    On(usize, usize),
    Fail,
    Done,
}

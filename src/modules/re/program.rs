//! A regular expression as instructions for the matcher.

use super::parse::FOREVER;
use super::tree::{Greed, Node, Place, Test};

/// Instructions more than this are refused.
const LONGEST: usize = 1 << 20;

#[derive(Debug)]
pub enum Step {
    One(Test),
    Place(Place),
    /// Tries what follows, then the other.
    Split(usize),
    Jump(usize),
    /// Notes the position: slot `2 * group` or `2 * group + 1`.
    Save(usize),
    /// The group was matched by its end: for `lastindex`.
    Close(usize),
    Back {
        group: usize,
        folded: bool,
    },
    /// A run of single characters.
    Run {
        test: Test,
        least: u32,
        most: u32,
        greed: Greed,
    },
    /// Begins a loop: its count is 0.
    Enter(usize),
    /// Decides on one more round, which begins at the next step, or on going on at `exit`.
    Again {
        counter: usize,
        least: u32,
        most: u32,
        lazy: bool,
        exit: usize,
    },
    /// The next steps up to a `Done` are a condition; the pattern goes on at `end`.
    Look {
        back: usize,
        negated: bool,
        end: usize,
    },
    /// The next steps up to a `Done` match once and are not tried again; then on at `end`.
    Atomic {
        end: usize,
    },
    If {
        group: usize,
        no: usize,
    },
    Done,
}

pub struct Program {
    pub steps: Vec<Step>,
    pub groups: usize,
    pub counters: usize,
}

/// `None` when it would be absurdly long.
pub fn compile(node: &Node, groups: usize) -> Option<Program> {
    let mut program = Program { steps: Vec::new(), groups, counters: 0 };
    program.add(node)?;
    program.steps.push(Step::Done);
    Some(program)
}

impl Program {
    fn push(&mut self, step: Step) -> Option<usize> {
        if self.steps.len() >= LONGEST {
            return None;
        }
        self.steps.push(step);
        Some(self.steps.len() - 1)
    }

    fn add(&mut self, node: &Node) -> Option<()> {
        match node {
            Node::Empty => {}
            Node::One(test) => drop(self.push(Step::One(test.clone()))?),
            Node::Place(place) => drop(self.push(Step::Place(*place))?),
            Node::Cat(parts) => {
                for part in parts {
                    self.add(part)?;
                }
            }
            Node::Alt(parts) => self.add_alternatives(parts)?,
            Node::Group(group, node) => {
                self.push(Step::Save(2 * group))?;
                self.add(node)?;
                self.push(Step::Save(2 * group + 1))?;
                self.push(Step::Close(*group))?;
            }
            Node::Repeat { node, least, most, greed } => self.add_repeat(node, *least, *most, *greed)?,
            Node::Back { group, folded, .. } => drop(self.push(Step::Back { group: *group, folded: *folded })?),
            Node::Look { node, behind, negated } => {
                let back = if *behind { node.width().0 } else { 0 };
                let at = self.push(Step::Look { back, negated: *negated, end: 0 })?;
                self.add(node)?;
                let done = self.push(Step::Done)?;
                self.steps[at] = Step::Look { back, negated: *negated, end: done + 1 };
            }
            Node::Atomic(node) => {
                let at = self.push(Step::Atomic { end: 0 })?;
                self.add(node)?;
                let done = self.push(Step::Done)?;
                self.steps[at] = Step::Atomic { end: done + 1 };
            }
            Node::If { group, yes, no } => {
                let at = self.push(Step::Done)?;
                self.add(yes)?;
                let jump = self.push(Step::Done)?;
                self.steps[at] = Step::If { group: *group, no: jump + 1 };
                self.add(no)?;
                self.steps[jump] = Step::Jump(self.steps.len());
            }
        }
        Some(())
    }

    fn add_alternatives(&mut self, parts: &[Node]) -> Option<()> {
        let mut jumps = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            if i + 1 == parts.len() {
                self.add(part)?;
                continue;
            }
            let split = self.push(Step::Done)?;
            self.add(part)?;
            jumps.push(self.push(Step::Done)?);
            self.steps[split] = Step::Split(self.steps.len());
        }
        let end = self.steps.len();
        for jump in jumps {
            self.steps[jump] = Step::Jump(end);
        }
        Some(())
    }

    fn add_repeat(&mut self, node: &Node, least: u32, most: u32, greed: Greed) -> Option<()> {
        if let Node::One(test) = node {
            self.push(Step::Run { test: test.clone(), least, most, greed })?;
            return Some(());
        }
        if greed == Greed::Possessive {
            let inner = Node::Repeat { node: Box::new(node.clone()), least, most, greed: Greed::Greedy };
            return self.add(&Node::Atomic(Box::new(inner)));
        }
        if (least, most) == (0, 1) && greed == Greed::Greedy {
            let split = self.push(Step::Done)?;
            self.add(node)?;
            self.steps[split] = Step::Split(self.steps.len());
            return Some(());
        }
        let counter = self.counters;
        self.counters += 1;
        self.push(Step::Enter(counter))?;
        let again = self.push(Step::Done)?;
        self.add(node)?;
        let back = self.push(Step::Jump(again))?;
        let lazy = greed == Greed::Lazy;
        let most = if most == FOREVER { FOREVER } else { most };
        self.steps[again] = Step::Again { counter, least, most, lazy, exit: back + 1 };
        Some(())
    }
}

//! The tree of a regular expression, and the questions about single characters. Knows no syntax and no matching.

use crate::text::unicode;

/// A test of one character.
#[derive(Clone, Debug)]
pub enum Test {
    /// `.`: anything but a newline.
    NotNewline,
    Anything,
    /// A character, lower case where case is ignored.
    Is(char),
    IsFolded(char),
    Set(Box<Set>),
}

/// A character class.
#[derive(Clone, Debug, Default)]
pub struct Set {
    pub ranges: Vec<(char, char)>,
    pub kinds: Vec<Kind>,
    pub negated: bool,
    pub folded: bool,
}

/// `\d` and its like.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// `d`, `s`, `w`, or the capital of what is negated.
    pub letter: char,
    pub ascii: bool,
}

impl Kind {
    pub fn holds(self, c: char) -> bool {
        let found = match self.letter.to_ascii_lowercase() {
            'd' if self.ascii => c.is_ascii_digit(),
            'd' => unicode::is_decimal(c),
            's' if self.ascii => matches!(c, ' ' | '\t'..='\r'),
            's' => unicode::is_space(c),
            _ => is_word(c, self.ascii),
        };
        found != self.letter.is_ascii_uppercase()
    }
}

/// Whether `\w` matches.
pub fn is_word(c: char, ascii: bool) -> bool {
    c == '_' || if ascii || c.is_ascii() { c.is_ascii_alphanumeric() } else { unicode::is_alnum(c) }
}

/// What characters that differ in case have in common.
pub fn folded(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

impl Set {
    fn has(&self, c: char) -> bool {
        self.ranges.iter().any(|&(from, to)| from <= c && c <= to) || self.kinds.iter().any(|kind| kind.holds(c))
    }

    pub fn holds(&self, c: char) -> bool {
        let mut found = self.has(c);
        if !found && self.folded {
            let lower = folded(c);
            let mut upper = c.to_uppercase();
            found = self.has(lower) || matches!((upper.next(), upper.next()), (Some(one), None) if self.has(one));
        }
        found != self.negated
    }
}

impl Test {
    #[inline]
    pub fn holds(&self, c: char) -> bool {
        match self {
            Test::NotNewline => c != '\n',
            Test::Anything => true,
            Test::Is(own) => *own == c,
            Test::IsFolded(own) => *own == folded(c),
            Test::Set(set) => set.holds(c),
        }
    }
}

/// A place between characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `^` and `\A`
    TextStart,
    LineStart,
    /// `$`: the end, or before a newline there.
    End,
    LineEnd,
    /// `\Z`
    TextEnd,
    Boundary {
        ascii: bool,
    },
    NoBoundary {
        ascii: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greed {
    Greedy,
    Lazy,
    Possessive,
}

/// A part of an expression.
#[derive(Clone, Debug)]
pub enum Node {
    Empty,
    One(Test),
    Place(Place),
    Cat(Vec<Node>),
    Alt(Vec<Node>),
    Group(usize, Box<Node>),
    Repeat {
        node: Box<Node>,
        least: u32,
        most: u32,
        greed: Greed,
    },
    /// `width`: that of the group.
    Back {
        group: usize,
        folded: bool,
        width: (usize, usize),
    },
    Look {
        node: Box<Node>,
        behind: bool,
        negated: bool,
    },
    Atomic(Box<Node>),
    If {
        group: usize,
        yes: Box<Node>,
        no: Box<Node>,
    },
}

impl Node {
    /// The least and the greatest number of characters that it takes; the greatest is capped.
    pub fn width(&self) -> (usize, usize) {
        const CAP: usize = 1 << 40;
        match self {
            Node::Empty | Node::Place(_) | Node::Look { .. } => (0, 0),
            Node::One(_) => (1, 1),
            Node::Cat(parts) => parts
                .iter()
                .map(Node::width)
                .fold((0, 0), |(a, b), (c, d)| (a.saturating_add(c).min(CAP), b.saturating_add(d).min(CAP))),
            Node::Alt(parts) => {
                parts.iter().map(Node::width).reduce(|(a, b), (c, d)| (a.min(c), b.max(d))).unwrap_or((0, 0))
            }
            Node::Group(_, node) | Node::Atomic(node) => node.width(),
            Node::Repeat { node, least, most, .. } => {
                let (a, b) = node.width();
                (a.saturating_mul(*least as usize).min(CAP), b.saturating_mul(*most as usize).min(CAP))
            }
            Node::Back { width, .. } => *width,
            Node::If { yes, no, .. } => {
                let ((a, b), (c, d)) = (yes.width(), no.width());
                (a.min(c), b.max(d))
            }
        }
    }
}

//! Reading a regular expression. Messages and positions are those of CPython's `re._parser`.

mod escapes;

use super::tree::{Greed, Node, Place, Test, folded};
use crate::text::quote::repr_str;

pub const IGNORECASE: u32 = 2;
pub const LOCALE: u32 = 4;
pub const MULTILINE: u32 = 8;
pub const DOTALL: u32 = 16;
pub const UNICODE: u32 = 32;
pub const VERBOSE: u32 = 64;
pub const ASCII: u32 = 256;

/// How many groups may stand in each other.
const DEEPEST: u32 = 250;
/// What stands for no limit of a repetition.
pub const FOREVER: u32 = u32::MAX;

/// A message and the index that it speaks of.
pub type Fault = (String, Option<usize>);
type Parsed<X> = Result<X, Fault>;

/// A pattern that was read.
pub struct Read {
    pub node: Node,
    pub flags: u32,
    pub groups: usize,
    pub names: Vec<(String, usize)>,
}

struct Reader<'a> {
    text: &'a [char],
    at: usize,
    flags: u32,
    groups: usize,
    /// The least and the greatest width of each group that was read.
    widths: Vec<(usize, usize)>,
    names: Vec<(String, usize)>,
    /// Groups whose end was not read yet.
    open: Vec<usize>,
    depth: u32,
    /// Of the outermost look-behind under way: how many groups stood before it.
    behind: Option<usize>,
    /// Some look-behind has no fixed width.
    loose: bool,
    /// Conditions on groups: which, and where it is said.
    conditions: Vec<(usize, usize)>,
    bytes: bool,
}

/// What a quantifier may do with the part before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Plain,
    Group,
    Repeated,
}

/// Reads a pattern; `bytes` limits it to what bytes know.
pub fn read(text: &[char], flags: u32, bytes: bool) -> Parsed<Read> {
    let mut flags = flags;
    if !bytes && flags & ASCII == 0 {
        flags |= UNICODE;
    }
    loop {
        let mut reader = Reader {
            text,
            at: 0,
            flags,
            groups: 0,
            widths: Vec::new(),
            names: Vec::new(),
            open: Vec::new(),
            depth: 0,
            behind: None,
            loose: false,
            conditions: Vec::new(),
            bytes,
        };
        reader.global_flags().map_err(|fault| reader.first_fault(fault))?;
        if reader.flags & VERBOSE != 0 && flags & VERBOSE == 0 {
            // Blanks before the flags count by what the flags say.
            flags = reader.flags;
            continue;
        }
        let flags = reader.flags;
        let node = reader.alternatives().map_err(|fault| reader.first_fault(fault))?;
        if reader.at < text.len() {
            return Err(("unbalanced parenthesis".into(), Some(reader.at)));
        }
        if let Some((group, at)) = reader.conditions.iter().find(|(group, _)| *group > reader.groups) {
            return fault(format!("invalid group reference {group}"), *at);
        }
        if reader.loose {
            return Err(("look-behind requires fixed-width pattern".into(), None));
        }
        return Ok(Read { node, flags, groups: reader.groups, names: reader.names });
    }
}

fn fault<X>(message: impl Into<String>, at: usize) -> Parsed<X> {
    Err((message.into(), Some(at)))
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    /// CPython's reader is a token ahead: of a backslash that ends the text it speaks before the fault in front of it.
    fn first_fault(&self, found: Fault) -> Fault {
        let last = self.text.len().saturating_sub(1);
        let backslashes = self.text.iter().rev().take_while(|&&c| c == '\\').count();
        if backslashes % 2 == 1 && self.at >= last {
            return ("bad escape (end of pattern)".into(), Some(last));
        }
        found
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    fn skip_blanks(&mut self) {
        while self.has(VERBOSE) {
            match self.peek() {
                Some(c) if c.is_ascii_whitespace() || c == '\x0b' => self.at += 1,
                Some('#') => while self.next().is_some_and(|c| c != '\n') {},
                _ => return,
            }
        }
    }

    /// `(?im)` at the start.
    fn global_flags(&mut self) -> Parsed<()> {
        loop {
            self.skip_blanks();
            let begin = self.at;
            if !(self.eat('(') && self.eat('?')) {
                self.at = begin;
                return Ok(());
            }
            let mut flags = 0;
            while let Some(flag) = self.peek().and_then(flag_of) {
                self.check_flag(flag)?;
                flags |= flag;
                self.at += 1;
            }
            if flags == 0 || !self.eat(')') {
                self.at = begin;
                return Ok(());
            }
            self.flags |= flags;
            if flags & ASCII != 0 {
                self.flags &= !UNICODE;
            }
        }
    }

    fn check_flag(&self, flag: u32) -> Parsed<()> {
        match (flag, self.bytes) {
            (LOCALE, false) => fault("bad inline flags: cannot use 'L' flag with a str pattern", self.at + 1),
            (UNICODE, true) => fault("bad inline flags: cannot use 'u' flag with a bytes pattern", self.at + 1),
            _ => Ok(()),
        }
    }

    fn alternatives(&mut self) -> Parsed<Node> {
        let mut all = vec![self.sequence()?];
        while self.eat('|') {
            all.push(self.sequence()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Node::Alt(all) })
    }

    fn sequence(&mut self) -> Parsed<Node> {
        let mut parts = Vec::new();
        loop {
            self.skip_blanks();
            let begin = self.at;
            match self.peek() {
                None | Some('|' | ')') => break,
                Some('*' | '+' | '?') => self.quantifier(&mut parts, begin)?,
                Some('{') if self.looks_like_bounds() => self.quantifier(&mut parts, begin)?,
                Some(_) => {
                    let standing = if self.peek() == Some('(') { Standing::Group } else { Standing::Plain };
                    if let Some(node) = self.atom()? {
                        parts.push((node, standing));
                    }
                }
            }
        }
        let mut nodes: Vec<Node> = parts.into_iter().map(|(node, _)| node).collect();
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Cat(nodes),
        })
    }

    /// Whether a brace begins `{2,3}` and is not itself meant.
    fn looks_like_bounds(&self) -> bool {
        let rest = &self.text[self.at + 1..];
        let Some(end) = rest.iter().position(|&c| c == '}') else { return false };
        let inside = &rest[..end];
        !inside.is_empty()
            && inside.iter().all(|c| c.is_ascii_digit() || *c == ',')
            && inside.iter().filter(|c| **c == ',').count() <= 1
    }

    /// `*`, `{2,3}?` and so on, for the last part.
    fn quantifier(&mut self, parts: &mut Vec<(Node, Standing)>, begin: usize) -> Parsed<()> {
        let (least, most) = match self.next() {
            Some('*') => (0, FOREVER),
            Some('+') => (1, FOREVER),
            Some('?') => (0, 1),
            _ => self.bounds(begin)?,
        };
        match parts.last() {
            None => return fault("nothing to repeat", begin),
            Some((Node::Place(_), Standing::Plain)) => return fault("nothing to repeat", begin),
            Some((_, Standing::Repeated)) => return fault("multiple repeat", begin),
            Some(_) => {}
        }
        let greed = if self.eat('?') {
            Greed::Lazy
        } else if self.eat('+') {
            Greed::Possessive
        } else {
            Greed::Greedy
        };
        if let Some((node, _)) = parts.pop() {
            parts.push((Node::Repeat { node: Box::new(node), least, most, greed }, Standing::Repeated));
        }
        Ok(())
    }

    fn bounds(&mut self, begin: usize) -> Parsed<(u32, u32)> {
        let number = |reader: &mut Self| -> Parsed<Option<u32>> {
            let from = reader.at;
            while reader.peek().is_some_and(|c| c.is_ascii_digit()) {
                reader.at += 1;
            }
            if reader.at == from {
                return Ok(None);
            }
            let text: String = reader.text[from..reader.at].iter().collect();
            match text.parse::<u32>() {
                Ok(n) if n < FOREVER => Ok(Some(n)),
                _ => Err(("the repetition number is too large".into(), None)),
            }
        };
        let least = number(self)?;
        let most = if self.eat(',') { number(self)?.unwrap_or(FOREVER) } else { least.unwrap_or(0) };
        self.eat('}');
        let least = least.unwrap_or(0);
        if most < least {
            return fault("min repeat greater than max repeat", begin + 1);
        }
        Ok((least, most))
    }

    fn one(&self, c: char) -> Node {
        Node::One(if self.has(IGNORECASE) { Test::IsFolded(folded(c)) } else { Test::Is(c) })
    }

    /// The next part; none for a comment.
    fn atom(&mut self) -> Parsed<Option<Node>> {
        let begin = self.at;
        let Some(c) = self.next() else { return Ok(None) };
        Ok(Some(match c {
            '.' => Node::One(if self.has(DOTALL) { Test::Anything } else { Test::NotNewline }),
            '^' => Node::Place(if self.has(MULTILINE) { Place::LineStart } else { Place::TextStart }),
            '$' => Node::Place(if self.has(MULTILINE) { Place::LineEnd } else { Place::End }),
            '[' => Node::One(Test::Set(Box::new(self.set(begin)?))),
            '(' => return self.group(begin),
            '\\' => self.escape(begin)?,
            c => self.one(c),
        }))
    }

    /// A group, after its parenthesis.
    fn group(&mut self, begin: usize) -> Parsed<Option<Node>> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return fault("too many nested groups", begin);
        }
        let flags = self.flags;
        let node = if self.eat('?') { self.extension(begin)? } else { Some(self.capture(None, begin)?) };
        self.flags = flags;
        self.depth -= 1;
        Ok(node)
    }

    fn close(&mut self, begin: usize) -> Parsed<()> {
        if self.eat(')') { Ok(()) } else { fault("missing ), unterminated subpattern", begin) }
    }

    fn inside(&mut self, begin: usize) -> Parsed<Box<Node>> {
        let node = self.alternatives()?;
        self.close(begin)?;
        Ok(Box::new(node))
    }

    fn capture(&mut self, name: Option<(String, usize)>, begin: usize) -> Parsed<Node> {
        self.groups += 1;
        let group = self.groups;
        if let Some((name, at)) = name {
            if let Some((_, old)) = self.names.iter().find(|(known, _)| *known == name) {
                let message = format!("redefinition of group name '{name}' as group {group}; was group {old}");
                return fault(message, at);
            }
            self.names.push((name, group));
        }
        self.open.push(group);
        self.widths.push((0, 0));
        let node = self.inside(begin)?;
        self.open.pop();
        self.widths[group - 1] = node.width();
        Ok(Node::Group(group, node))
    }

    /// What stands between the group name's delimiters.
    fn name(&mut self, end: char) -> Parsed<String> {
        self.until(end, "group name")
    }

    /// What stands before `end`, which must be something.
    fn until(&mut self, end: char, what: &str) -> Parsed<String> {
        let from = self.at;
        let Some(length) = self.text[from..].iter().position(|&c| c == end) else {
            self.at = self.text.len();
            return fault(
                if from == self.text.len() {
                    format!("missing {what}")
                } else {
                    format!("missing {end}, unterminated name")
                },
                from,
            );
        };
        let name: String = self.text[from..from + length].iter().collect();
        if name.is_empty() {
            return fault(format!("missing {what}"), from);
        }
        self.at += length + 1;
        Ok(name)
    }

    fn identifier(&mut self, end: char) -> Parsed<(String, usize)> {
        let at = self.at;
        let name = self.name(end)?;
        if !crate::text::unicode::is_identifier(&name) {
            return fault(format!("bad character in group name {}", repr_str(&name)), at);
        }
        Ok((name, at))
    }

    fn extension(&mut self, begin: usize) -> Parsed<Option<Node>> {
        let at = begin + 1;
        let Some(c) = self.next() else { return fault("unexpected end of pattern", self.at) };
        if c == '#' {
            loop {
                match self.next() {
                    // An escaped parenthesis does not end it.
                    Some('\\') => drop(self.next()),
                    Some(')') => return Ok(None),
                    Some(_) => {}
                    None => return fault("missing ), unterminated comment", begin),
                }
            }
        }
        self.extended(c, begin, at).map(Some)
    }

    /// A group that begins with `(?` and `c`.
    fn extended(&mut self, c: char, begin: usize, at: usize) -> Parsed<Node> {
        match c {
            ':' => self.inside(begin).map(|node| *node),
            '>' => self.inside(begin).map(Node::Atomic),
            '=' | '!' => Ok(Node::Look { node: self.inside(begin)?, behind: false, negated: c == '!' }),
            'P' => match self.next() {
                Some('<') => {
                    let name = self.identifier('>')?;
                    self.capture(Some(name), begin)
                }
                Some('=') => {
                    let (name, at) = self.identifier(')')?;
                    match self.names.iter().find(|(known, _)| *known == name) {
                        Some((_, group)) => {
                            let group = *group;
                            self.back(group, at)
                        }
                        None => fault(format!("unknown group name {}", repr_str(&name)), at),
                    }
                }
                Some(other) => fault(format!("unknown extension ?P{other}"), at),
                None => fault("unexpected end of pattern", self.at),
            },
            '<' => match self.next() {
                Some(sign @ ('=' | '!')) => {
                    let outer = self.behind;
                    self.behind = outer.or(Some(self.groups));
                    let node = self.inside(begin)?;
                    self.behind = outer;
                    let (least, most) = node.width();
                    self.loose |= least != most;
                    Ok(Node::Look { node, behind: true, negated: sign == '!' })
                }
                Some(other) => fault(format!("unknown extension ?<{other}"), at),
                None => fault("unexpected end of pattern", self.at),
            },
            '(' => self.conditional(begin),
            c if c == '-' || flag_of(c).is_some() => self.local_flags(c, begin),
            other => fault(format!("unknown extension ?{other}"), at),
        }
    }

    fn conditional(&mut self, begin: usize) -> Parsed<Node> {
        let at = self.at;
        let name = self.name(')')?;
        let group = match name.parse::<usize>() {
            Ok(0) => return fault("bad group number", at),
            Ok(group) => group,
            Err(_) => match self.names.iter().find(|(known, _)| *known == name) {
                Some((_, group)) => *group,
                None if !crate::text::unicode::is_identifier(&name) => {
                    return fault(format!("bad character in group name {}", repr_str(&name)), at);
                }
                None => return fault(format!("unknown group name {}", repr_str(&name)), at),
            },
        };
        self.check_behind(group)?;
        self.conditions.push((group, at));
        let yes = Box::new(self.sequence()?);
        let no = Box::new(if self.eat('|') { self.sequence()? } else { Node::Empty });
        if self.peek() == Some('|') {
            return fault("conditional backref with more than two branches", self.at);
        }
        self.close(begin)?;
        Ok(Node::If { group, yes, no })
    }

    /// `(?i:...)` and `(?i-s:...)`
    fn local_flags(&mut self, first: char, begin: usize) -> Parsed<Node> {
        let lacks = |minus: bool, off: u32| match (minus, off) {
            (false, _) => "missing -, : or )",
            (true, 0) => "missing flag",
            (true, _) => "missing :",
        };
        let (mut on, mut off, mut minus) = (0, 0, false);
        let mut c = Some(first);
        loop {
            match c {
                Some('-') if !minus => minus = true,
                Some(':') => break,
                Some(')') if !minus => {
                    return fault("global flags not at the start of the expression", begin);
                }
                Some(c) => match flag_of(c) {
                    Some(flag) => {
                        self.at -= 1;
                        self.check_flag(flag)?;
                        self.at += 1;
                        if minus { off |= flag } else { on |= flag }
                    }
                    None if c.is_alphabetic() => return fault("unknown flag", self.at - 1),
                    None => return fault(lacks(minus, off), self.at - 1),
                },
                None => return fault(lacks(minus, off), self.at),
            }
            c = self.next();
        }
        self.flags = (self.flags | on) & !off;
        if on & ASCII != 0 {
            self.flags &= !UNICODE;
        }
        if on & UNICODE != 0 {
            self.flags &= !ASCII;
        }
        self.inside(begin).map(|node| *node)
    }
}

fn flag_of(c: char) -> Option<u32> {
    Some(match c {
        'i' => IGNORECASE,
        'L' => LOCALE,
        'm' => MULTILINE,
        's' => DOTALL,
        'x' => VERBOSE,
        'a' => ASCII,
        'u' => UNICODE,
        _ => return None,
    })
}

//! Escapes and classes of a regular expression: what a backslash and what brackets stand for.

use super::super::tree::{Kind, Node, Place, Set, Test};
use super::{ASCII, IGNORECASE, Parsed, Reader, fault};
use crate::text::quote::repr_str;

impl Reader<'_> {
    /// A backslash outside of a class.
    pub(super) fn escape(&mut self, begin: usize) -> Parsed<Node> {
        let ascii = self.is_ascii();
        let Some(c) = self.next() else { return fault("bad escape (end of pattern)", begin) };
        match c {
            'A' => Ok(Node::Place(Place::TextStart)),
            'Z' => Ok(Node::Place(Place::TextEnd)),
            'b' => Ok(Node::Place(Place::Boundary { ascii })),
            'B' => Ok(Node::Place(Place::NoBoundary { ascii })),
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                let kinds = vec![Kind { letter: c, ascii }];
                Ok(Node::One(Test::Set(Box::new(Set { kinds, ..Set::default() }))))
            }
            '1'..='9' => self.back_reference(c, begin),
            _ => {
                let c = self.escaped_char(c, begin)?;
                Ok(self.one(c))
            }
        }
    }

    pub(super) fn is_ascii(&self) -> bool {
        self.bytes || self.has(ASCII)
    }

    pub(super) fn back_reference(&mut self, first: char, begin: usize) -> Parsed<Node> {
        let digit = |c: char| c.to_digit(10).unwrap_or(0) as usize;
        let mut number = digit(first);
        if let Some(second) = self.peek().filter(char::is_ascii_digit) {
            self.at += 1;
            number = number * 10 + digit(second);
            // Three octal digits are a character.
            if let Some(third) = self.peek().filter(|c| ('0'..='7').contains(c))
                && ('0'..='7').contains(&first)
                && ('0'..='7').contains(&second)
            {
                self.at += 1;
                let code = digit(first) * 64 + digit(second) * 8 + digit(third);
                if code > 0o377 {
                    let shown: String = self.text[begin..self.at].iter().collect();
                    return fault(format!("octal escape value {shown} outside of range 0-0o377"), begin);
                }
                return Ok(self.one(char::from(code as u8)));
            }
        }
        if number > self.groups {
            return fault(format!("invalid group reference {number}"), begin + 1);
        }
        self.back(number, begin)
    }

    pub(super) fn back(&self, group: usize, at: usize) -> Parsed<Node> {
        if self.open.contains(&group) {
            return fault("cannot refer to an open group", at);
        }
        self.check_behind(group)?;
        let width = self.widths.get(group - 1).copied().unwrap_or((0, 0));
        Ok(Node::Back { group, folded: self.has(IGNORECASE), width })
    }

    /// A reference inside of a look-behind, just read.
    pub(super) fn check_behind(&self, group: usize) -> Parsed<()> {
        match self.behind {
            Some(_) if group > self.groups || self.open.contains(&group) => {
                fault("cannot refer to an open group", self.at)
            }
            Some(before) if group > before => {
                fault("cannot refer to group defined in the same lookbehind subpattern", self.at)
            }
            _ => Ok(()),
        }
    }

    /// The character that an escape stands for, in a class or outside.
    pub(super) fn escaped_char(&mut self, c: char, begin: usize) -> Parsed<char> {
        let simple = match c {
            'a' => Some('\x07'),
            'f' => Some('\x0c'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\x0b'),
            '0' => {
                let mut code = 0;
                for _ in 0..2 {
                    let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
                    self.at += 1;
                    code = code * 8 + digit;
                }
                char::from_u32(code)
            }
            'x' => return self.hex(2, begin),
            'u' if !self.bytes => return self.hex(4, begin),
            'U' if !self.bytes => return self.hex(8, begin),
            'N' if !self.bytes => return self.named_char(begin),
            c if !c.is_ascii_alphanumeric() => Some(c),
            _ => None,
        };
        match simple {
            Some(c) => Ok(c),
            None => fault(format!("bad escape \\{c}"), begin),
        }
    }

    /// `\N{EM DASH}`
    pub(super) fn named_char(&mut self, begin: usize) -> Parsed<char> {
        if self.peek() != Some('{') {
            return fault("missing {", self.at);
        }
        self.at += 1;
        let name = self.until('}', "character name")?;
        match crate::text::names::character(&name) {
            Some(c) => Ok(c),
            None => fault(format!("undefined character name {}", repr_str(&name)), begin),
        }
    }

    pub(super) fn hex(&mut self, digits: usize, begin: usize) -> Parsed<char> {
        let mut code = 0u32;
        for _ in 0..digits {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else {
                let shown: String = self.text[begin..self.at].iter().collect();
                return fault(format!("incomplete escape {shown}"), begin);
            };
            self.at += 1;
            code = code << 4 | digit;
        }
        let shown = || self.text[begin..self.at].iter().collect::<String>();
        char::from_u32(code).map_or_else(|| fault(format!("bad escape {}", shown()), begin), Ok)
    }

    /// A class, after its bracket.
    pub(super) fn set(&mut self, begin: usize) -> Parsed<Set> {
        let mut set = Set { negated: self.eat('^'), folded: self.has(IGNORECASE), ..Set::default() };
        let first = self.at;
        loop {
            let at = self.at;
            let Some(c) = self.next() else { return fault("unterminated character set", begin) };
            if c == ']' && at != first {
                return Ok(set);
            }
            let Some(low) = self.set_item(c, at, &mut set)? else {
                if self.peek() == Some('-') && !matches!(self.text.get(self.at + 1), None | Some(']')) {
                    let shown: String = self.text[at..self.at + 2].iter().collect();
                    return fault(format!("bad character range {shown}"), at);
                }
                continue;
            };
            if self.peek() != Some('-') {
                set.ranges.push((low, low));
                continue;
            }
            match self.text.get(self.at + 1) {
                None => return fault("unterminated character set", begin),
                Some(']') => {
                    set.ranges.push((low, low));
                    continue;
                }
                Some(_) => self.at += 1,
            }
            let high_at = self.at;
            let high = match self.next() {
                Some(c) => self.set_item(c, high_at, &mut Set::default())?,
                None => return fault("unterminated character set", begin),
            };
            match high {
                Some(high) if low <= high => set.ranges.push((low, high)),
                _ => {
                    let shown: String = self.text[at..self.at].iter().collect();
                    return fault(format!("bad character range {shown}"), at);
                }
            }
        }
    }

    /// One character of a class, or none when it is a kind, which is then in the set.
    pub(super) fn set_item(&mut self, c: char, at: usize, set: &mut Set) -> Parsed<Option<char>> {
        if c != '\\' {
            return Ok(Some(c));
        }
        match self.next() {
            None => fault("bad escape (end of pattern)", at),
            Some(letter @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                set.kinds.push(Kind { letter, ascii: self.is_ascii() });
                Ok(None)
            }
            Some('b') => Ok(Some('\x08')),
            Some(first @ '1'..='7') => {
                let mut code = first.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
                    self.at += 1;
                    code = code * 8 + digit;
                }
                char::from_u32(code).map_or_else(|| fault("bad escape", at), |c| Ok(Some(c)))
            }
            Some(c) => self.escaped_char(c, at).map(Some),
        }
    }
}

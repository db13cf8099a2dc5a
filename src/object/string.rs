//! `str`: UTF-8 text with its hash, its length in code points and its symbol kept when asked for once.
//! Knows nothing of methods. Lone surrogates cannot be represented.
//!
//! Invariant for the one unsafe step: a `Str` lives inside a `Ref` always, since all constructors give one.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};

use compact_str::CompactString;

use super::{Heap, Ref};
use crate::intern::Symbol;

pub struct Str {
    /// Up to 24 bytes stand in place: most strs of a script need no allocation but their own.
    text: CompactString,
    /// 0: not computed yet.
    hash: Cell<i64>,
    /// Code points; `UNKNOWN` until counted.
    chars: Cell<u32>,
    /// The interned name with this spelling + 1; 0: not asked yet.
    symbol: Cell<u32>,
}

impl Heap for Str {
    const NESTS: bool = false;
}

const UNKNOWN: u32 = u32::MAX;

thread_local! {
    /// The str of each symbol, so that attribute names and keyword keys are made once.
    static OF_SYMBOL: RefCell<Vec<Option<Ref<Str>>>> = const { RefCell::new(Vec::new()) };
}

/// How many code points lie between two marks of a text; where fewer have to be passed, there is no need of marks.
const STRIDE: usize = 32;

/// How many texts keep their marks: two are often walked side by side.
const MARKED_TEXTS: usize = 4;

/// Where the code points of a long text beyond ASCII stand, so that an index takes no walk from the start.
struct Marks {
    /// The byte offset of every `STRIDE`th code point.
    bytes: Vec<usize>,
    /// A code point found last, and its byte offset: the next one is often wanted next.
    last: (usize, usize),
}

impl Marks {
    fn of(text: &str) -> Marks {
        Marks { bytes: text.char_indices().step_by(STRIDE).map(|(byte, _)| byte).collect(), last: (0, 0) }
    }

    fn byte_offset(&mut self, text: &str, index: usize) -> usize {
        let mark = self.bytes.get(index / STRIDE).map_or((0, 0), |&byte| (index / STRIDE * STRIDE, byte));
        let (from, byte) = if self.last.0 <= index && self.last.0 > mark.0 { self.last } else { mark };
        let ahead = text[byte..].char_indices().nth(index - from);
        let found = ahead.map_or(text.len(), |(ahead, _)| byte + ahead);
        self.last = (index, found);
        found
    }

    fn char_index(&self, text: &str, byte: usize) -> usize {
        let mark = self.bytes.partition_point(|&mark| mark <= byte).saturating_sub(1);
        let start = self.bytes.get(mark).copied().unwrap_or(0);
        mark * STRIDE + text[start..byte].chars().count()
    }
}

#[derive(Default)]
struct Marked {
    texts: [Option<(Ref<Str>, Marks)>; MARKED_TEXTS],
    oldest: usize,
}

thread_local! {
    static MARKED: RefCell<Marked> = RefCell::default();
}

/// Equality of short texts in words that overlap: most compared strs are names and single words, for which a call of `memcmp`
/// costs more than the comparison.
#[inline(always)]
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    let length = a.len();
    if length != b.len() {
        return false;
    }
    match length {
        0 => true,
        1..=3 => a[0] == b[0] && a[length / 2] == b[length / 2] && a[length - 1] == b[length - 1],
        4..=7 => a.first_chunk::<4>() == b.first_chunk::<4>() && a.last_chunk::<4>() == b.last_chunk::<4>(),
        8..=16 => a.first_chunk::<8>() == b.first_chunk::<8>() && a.last_chunk::<8>() == b.last_chunk::<8>(),
        _ => a == b,
    }
}

impl Str {
    pub fn new(text: &str) -> Ref<Str> {
        Str::make(CompactString::new(text), UNKNOWN)
    }

    pub fn from_string(text: String) -> Ref<Str> {
        Str::make(CompactString::from(text), UNKNOWN)
    }

    /// A copy of ASCII text that is then changed in place, to ASCII again.
    pub fn ascii_changed(text: &str, change: fn(&mut str)) -> Ref<Str> {
        let mut copy = CompactString::new(text);
        change(copy.as_mut_str());
        let chars = copy.len();
        Str::with_chars(copy, chars)
    }

    /// Text whose length in code points is known.
    pub fn with_chars(text: impl Into<CompactString>, chars: usize) -> Ref<Str> {
        Str::make(text.into(), chars.min(UNKNOWN as usize) as u32)
    }

    #[inline(always)]
    fn make(text: CompactString, chars: u32) -> Ref<Str> {
        Ref::new(Str { text, hash: Cell::new(0), chars: Cell::new(chars), symbol: Cell::new(0) })
    }

    /// The str that spells a name; made once a name.
    pub fn of_symbol(symbol: Symbol) -> Ref<Str> {
        OF_SYMBOL.with(|table| {
            let mut table = table.borrow_mut();
            let index = symbol.0 as usize;
            if index >= table.len() {
                table.resize(index + 1, None);
            }
            table[index]
                .get_or_insert_with(|| {
                    let str = Str::new(symbol.as_str());
                    str.symbol.set(symbol.0 + 1);
                    str
                })
                .clone()
        })
    }

    #[inline(always)]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `a == b`: the same str, or the same text.
    #[inline(always)]
    pub fn same_text(a: &Ref<Str>, b: &Ref<Str>) -> bool {
        Ref::same(a, b) || same_bytes(a.text.as_bytes(), b.text.as_bytes())
    }

    /// Length in bytes.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Length in code points, as `len()` gives it.
    #[inline(always)]
    pub fn chars(&self) -> usize {
        let known = self.chars.get();
        if known != UNKNOWN { known as usize } else { self.count_chars() }
    }

    #[cold]
    #[inline(never)]
    fn count_chars(&self) -> usize {
        let count = if self.text.is_ascii() { self.text.len() } else { self.text.chars().count() };
        self.chars.set(count.min(UNKNOWN as usize) as u32);
        count
    }

    /// Whether every code point is one byte, so that indices are byte offsets.
    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.chars() == self.text.len()
    }

    /// The code point at an index.
    pub fn char_at(&self, index: usize) -> Option<char> {
        if self.is_ascii() {
            self.text.as_bytes().get(index).map(|&b| b as char)
        } else {
            self.text[self.byte_offset(index)..].chars().next()
        }
    }

    /// The byte offset of a code point index (the length when past the end).
    pub fn byte_offset(&self, index: usize) -> usize {
        if self.is_ascii() {
            return index.min(self.text.len());
        }
        let Some(after) = self.chars().checked_sub(index).filter(|&after| after > 0) else { return self.text.len() };
        let found = if index < STRIDE {
            self.text.char_indices().nth(index)
        } else if after <= STRIDE {
            self.text.char_indices().nth_back(after - 1)
        } else {
            return self.with_marks(|marks, text| marks.byte_offset(text, index));
        };
        found.map_or(self.text.len(), |(byte, _)| byte)
    }

    /// The code point index of a byte offset that lies on a boundary.
    pub fn char_index(&self, byte: usize) -> usize {
        if self.is_ascii() {
            byte
        } else if byte < STRIDE {
            self.text[..byte].chars().count()
        } else {
            self.with_marks(|marks, text| marks.char_index(text, byte))
        }
    }

    /// Works with the marks of this text, made now unless it is one of the last few that were asked.
    fn with_marks<V>(&self, work: impl FnOnce(&mut Marks, &str) -> V) -> V {
        MARKED.with(|marked| {
            let mut marked = marked.borrow_mut();
            let known =
                marked.texts.iter().position(|entry| matches!(entry, Some((str, _)) if std::ptr::eq(&**str, self)));
            let at = known.unwrap_or_else(|| {
                let at = marked.oldest;
                marked.oldest = (at + 1) % MARKED_TEXTS;
                // SAFETY: the file's invariant: `self` stands inside a `Ref` that is alive.
                let this = unsafe { Ref::from_borrowed(self) };
                // Dropping a str runs no code of a script.
                marked.texts[at] = Some((this, Marks::of(&self.text)));
                at
            });
            match &mut marked.texts[at] {
                Some((_, marks)) => work(marks, &self.text),
                None => work(&mut Marks::of(&self.text), &self.text),
            }
        })
    }

    /// The code points `start..end` (indices already clamped, start <= end).
    pub fn slice(&self, start: usize, end: usize) -> Ref<Str> {
        let (from, to) = (self.byte_offset(start), self.byte_offset(end));
        Str::with_chars(&self.text[from..to], end - start)
    }

    /// The hash: the same in every run (sets of strs have one order), never 0.
    #[inline]
    pub fn hash(&self) -> i64 {
        let known = self.hash.get();
        if known != 0 {
            return known;
        }
        let hash = super::hash::of_bytes(self.text.as_bytes());
        self.hash.set(hash);
        hash
    }

    /// The interned name with this spelling.
    pub fn symbol(&self) -> Symbol {
        let known = self.symbol.get();
        if known != 0 {
            return Symbol(known - 1);
        }
        let symbol = Symbol::new(&self.text);
        self.symbol.set(symbol.0 + 1);
        symbol
    }

    /// The name with this spelling if any such was ever interned: without one, nothing has such an attribute.
    pub fn known_symbol(&self) -> Option<Symbol> {
        let known = self.symbol.get();
        if known != 0 {
            return Some(Symbol(known - 1));
        }
        let symbol = Symbol::find(&self.text)?;
        self.symbol.set(symbol.0 + 1);
        Some(symbol)
    }

    /// Appends in place: only for a str that nobody else sees (`Ref::get_mut`). False, and unchanged, when there is no
    /// memory for it.
    #[must_use]
    pub fn try_push_str(&mut self, tail: &Str) -> bool {
        if self.text.try_reserve(tail.text.len()).is_err() {
            return false;
        }
        let (a, b) = (self.chars.get(), tail.chars.get());
        self.chars.set(if a == UNKNOWN || b == UNKNOWN { UNKNOWN } else { a.saturating_add(b) });
        self.text.push_str(&tail.text);
        self.hash.set(0);
        self.symbol.set(0);
        true
    }
}

impl PartialEq for Str {
    #[inline]
    fn eq(&self, other: &Str) -> bool {
        self.text == other.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_compared_in_full() {
        let letters = b"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
        for length in 0..40 {
            let text = letters[..length].to_vec();
            assert!(same_bytes(&text, &text.clone()));
            assert!(!same_bytes(&text, &letters[..length + 1]));
            for at in 0..length {
                let mut other = text.clone();
                other[at] = b'#';
                assert!(!same_bytes(&text, &other), "{length} {at}");
            }
        }
    }
}

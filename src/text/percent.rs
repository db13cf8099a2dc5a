//! `%`-formatting: the pieces of a format string, and the text of a number or string under one conversion. It must not
//! know where the arguments come from. Reference: CPython `Objects/unicode_format.c`.

use super::error::{MAX_TEXT, Result, TextError};
use super::format::{Style, float_text, pad, truncate};
use super::int::IntRef;
use super::spec::Align;

/// The flags between `%` and the width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-`: aligned to the left.
    pub left: bool,
    /// `+`: a plus before what is not negative.
    pub plus: bool,
    /// A space before what is not negative.
    pub space: bool,
    /// `#`: base prefixes, and points that stay.
    pub alternate: bool,
    /// `0`: numbers are padded with zeros.
    pub zero: bool,
}

/// A width or precision as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// `%d`
    None,
    /// `%5d`; a precision of `.` alone is 0.
    Number(usize),
    /// `%*d`: the next argument.
    Star,
}

/// One conversion, `%(key)-5.2d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion<'a> {
    pub key: Option<&'a str>,
    pub flags: Flags,
    pub width: Count,
    pub precision: Count,
    /// The conversion type, unchecked: CPython takes the argument before it refuses the type, see
    /// [`Conversion::unsupported`].
    pub ty: char,
    /// The index of `ty` in the format string, in characters.
    pub index: usize,
    /// Why the format ends here: raised after the key was looked up and the stars have taken their arguments.
    pub fault: Option<&'static str>,
}

/// A piece of a format string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text to be copied; `%%` gives `%`.
    Literal(&'a str),
    Conversion(Conversion<'a>),
}

/// What is read of a conversion, or what is wrong with it.
type Parsed<X> = std::result::Result<X, &'static str>;

/// The fault of a key without its closing parenthesis: raised before the key is looked up.
pub const INCOMPLETE_KEY: &str = "incomplete format key";

/// The pieces of a format string in order. A malformed conversion ends it, as [`Conversion::fault`]: CPython takes
/// arguments from left to right before it finds the rest malformed.
pub struct Pieces<'a> {
    text: &'a str,
    at: usize,
    /// Characters before `at`.
    index: usize,
}

impl<'a> Pieces<'a> {
    pub fn new(text: &'a str) -> Self {
        Pieces { text, at: 0, index: 0 }
    }

    fn bump(&mut self) -> Parsed<char> {
        let c = self.text[self.at..].chars().next().ok_or("incomplete format")?;
        self.at += c.len_utf8();
        self.index += 1;
        Ok(c)
    }

    /// The key, after its opening parenthesis; parentheses nest.
    fn key(&mut self) -> Parsed<&'a str> {
        let start = self.at;
        let mut depth = 1;
        while depth > 0 {
            match self.bump().map_err(|_| INCOMPLETE_KEY)? {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
        }
        Ok(&self.text[start..self.at - 1])
    }

    /// A number or star that starts with `c`, into `count`; gives the character after it.
    fn count(&mut self, mut c: char, count: &mut Count, max: usize, what: &'static str) -> Parsed<char> {
        if c == '*' {
            *count = Count::Star;
            return self.bump();
        }
        let mut number: Option<usize> = None;
        while let Some(digit) = c.to_digit(10) {
            let digit = digit as usize;
            let so_far = number.unwrap_or(0);
            if so_far > (max - digit) / 10 {
                return Err(what);
            }
            number = Some(so_far * 10 + digit);
            c = self.bump()?;
        }
        *count = number.map_or(Count::None, Count::Number);
        Ok(c)
    }

    fn conversion(&mut self) -> Conversion<'a> {
        let mut made = Conversion {
            key: None,
            flags: Flags::default(),
            width: Count::None,
            precision: Count::None,
            ty: '%',
            index: 0,
            fault: None,
        };
        made.fault = self.parse_into(&mut made).err();
        made
    }

    /// Reads a conversion; what was read before a fault stands in `made`.
    fn parse_into(&mut self, made: &mut Conversion<'a>) -> Parsed<()> {
        let mut c = self.bump()?;
        if c == '(' {
            made.key = Some("");
            made.key = Some(self.key()?);
            c = self.bump()?;
        }
        loop {
            match c {
                '-' => made.flags.left = true,
                '+' => made.flags.plus = true,
                ' ' => made.flags.space = true,
                '#' => made.flags.alternate = true,
                '0' => made.flags.zero = true,
                _ => break,
            }
            c = self.bump()?;
        }
        c = self.count(c, &mut made.width, isize::MAX as usize, "width too big")?;
        if c == '.' {
            let next = self.bump()?;
            c = self.count(next, &mut made.precision, i32::MAX as usize, "precision too big")?;
            if made.precision == Count::None {
                made.precision = Count::Number(0);
            }
        }
        if matches!(c, 'h' | 'l' | 'L') {
            c = self.bump()?;
        }
        (made.ty, made.index) = (c, self.index - 1);
        Ok(())
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let literal = rest.find('%').unwrap_or(rest.len());
        if literal > 0 {
            self.at += literal;
            self.index += rest[..literal].chars().count();
            return Some(Piece::Literal(&rest[..literal]));
        }
        (self.at, self.index) = (self.at + 1, self.index + 1);
        if self.text[self.at..].starts_with('%') {
            (self.at, self.index) = (self.at + 1, self.index + 1);
            return Some(Piece::Literal("%"));
        }
        let conversion = self.conversion();
        if conversion.fault.is_some() {
            self.at = self.text.len();
        }
        Some(Piece::Conversion(conversion))
    }
}

impl Conversion<'_> {
    /// The conversion with the arguments of its stars put in: a negative width aligns to the left, a negative
    /// precision is 0.
    ///
    /// # Errors
    /// OverflowError for a precision beyond a C int.
    pub fn resolve(&self, width: Option<i64>, precision: Option<i64>) -> Result<Directive> {
        let mut flags = self.flags;
        let width = match (self.width, width) {
            (Count::Star, Some(width)) => {
                flags.left |= width < 0;
                usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX)
            }
            (Count::Number(width), _) => width,
            _ => 0,
        };
        let precision = match (self.precision, precision) {
            (Count::Star, Some(precision)) if precision > i64::from(i32::MAX) => {
                return Err(TextError::overflow("Python int too large to convert to C int"));
            }
            (Count::Star, Some(precision)) => Some(usize::try_from(precision).unwrap_or(0)),
            (Count::Number(precision), _) => Some(precision),
            _ => None,
        };
        Ok(Directive { flags, width, precision, ty: self.ty })
    }

    /// The ValueError for a type that is none of `diouxXeEfFgGcrsa`.
    #[cold]
    pub fn unsupported(&self) -> TextError {
        let shown = if (' '..'\u{7f}').contains(&self.ty) { self.ty } else { '?' };
        let (code, index) = (u32::from(self.ty), self.index);
        TextError::value(format!("unsupported format character '{shown}' (0x{code:x}) at index {index}"))
    }
}

/// A conversion whose width and precision are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directive {
    pub flags: Flags,
    pub width: usize,
    pub precision: Option<usize>,
    pub ty: char,
}

impl Directive {
    /// The text for `s`, `r` and `a`, given the str, repr or ascii of the argument.
    ///
    /// # Errors
    /// MemoryError when too long.
    pub fn text(&self, text: &str) -> Result<String> {
        self.padded(truncate(text, self.precision))
    }

    /// The text for `c` of a code point.
    ///
    /// # Errors
    /// OverflowError when out of range.
    pub fn char_code(&self, code: IntRef<'_>) -> Result<String> {
        match code.to_i64() {
            Some(code @ 0..=0x10_ffff) => self.char(char::from_u32(code as u32).unwrap_or('\u{fffd}')),
            _ => Err(TextError::overflow("%c arg not in range(0x110000)")),
        }
    }

    /// The text for `c` of a string of one character.
    ///
    /// # Errors
    /// MemoryError when too long.
    pub fn char(&self, c: char) -> Result<String> {
        self.padded(c.encode_utf8(&mut [0; 4]))
    }

    /// The text of an int for `d`, `i`, `u`, `o`, `x`, `X`; `max_digits` limits decimal ones (zero: no limit).
    ///
    /// # Errors
    /// ValueError over the limit, OverflowError or MemoryError for absurd precisions and widths.
    pub fn int<'a>(&self, n: impl Into<IntRef<'a>>, max_digits: usize) -> Result<String> {
        let n = n.into();
        let (radix, prefix) = match self.ty {
            'o' => (8, "0o"),
            'x' => (16, "0x"),
            'X' => (16, "0X"),
            _ => (10, ""),
        };
        let mut digits = n.magnitude_digits(radix, max_digits)?;
        if self.ty == 'X' {
            digits.make_ascii_uppercase();
        }
        let precision = self.precision.unwrap_or(0);
        if precision > i32::MAX as usize - 3 {
            return Err(TextError::overflow("precision too large"));
        }
        if precision > MAX_TEXT {
            return Err(TextError::memory());
        }
        if precision > digits.len() {
            digits.insert_str(0, &"0".repeat(precision - digits.len()));
        }
        self.number(n.is_negative(), if self.flags.alternate { prefix } else { "" }, &digits)
    }

    /// The text of a float for `e`, `E`, `f`, `F`, `g`, `G`.
    ///
    /// # Errors
    /// MemoryError when too long.
    pub fn float(&self, x: f64) -> Result<String> {
        let style = Style { alternate: self.flags.alternate, ..Style::new(self.ty) };
        let (negative, digits) = float_text(x, style, self.precision.unwrap_or(6))?;
        self.number(negative, "", &digits)
    }

    fn number(&self, negative: bool, prefix: &str, digits: &str) -> Result<String> {
        let sign = match (negative, self.flags) {
            (true, _) => "-",
            (false, Flags { plus: true, .. }) => "+",
            (false, Flags { space: true, .. }) => " ",
            _ => "",
        };
        if !self.flags.zero || self.flags.left {
            return self.padded(&[sign, prefix, digits].concat());
        }
        let room = self.width.saturating_sub(sign.len() + prefix.len());
        Ok([sign, prefix, &pad(digits, '0', Align::Right, room)?].concat())
    }

    fn padded(&self, text: &str) -> Result<String> {
        pad(text, ' ', if self.flags.left { Align::Left } else { Align::Right }, self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Conversion<'_> {
        match Pieces::new(text).next() {
            Some(Piece::Conversion(conversion)) => conversion,
            other => panic!("no conversion: {other:?}"),
        }
    }

    fn error(text: &str) -> String {
        first(text).fault.unwrap_or_default().to_owned()
    }

    #[test]
    fn pieces_in_order() {
        let pieces: Vec<_> = Pieces::new("a%%%(k)-5.2lf").collect();
        assert_eq!(pieces[..2], [Piece::Literal("a"), Piece::Literal("%")]);
        let Piece::Conversion(conversion) = pieces[2] else { panic!("no conversion") };
        assert_eq!((conversion.key, conversion.ty, conversion.index), (Some("k"), 'f', 12));
        assert_eq!((conversion.width, conversion.precision), (Count::Number(5), Count::Number(2)));
        assert_eq!(first("%y").unsupported().message, "unsupported format character 'y' (0x79) at index 1");
        assert_eq!(error("%5"), "incomplete format");
        assert_eq!(error("%(a"), "incomplete format key");
        assert_eq!(error("%.99999999999d"), "precision too big");
    }

    #[test]
    fn directives_render() {
        let int = |text, n: i64| first(text).resolve(None, None).and_then(|d| d.int(n, 4300)).unwrap();
        assert_eq!(int("%#010X", -255), "-0X00000FF");
        assert_eq!(int("%+-05d", 3), "+3   ");
        assert_eq!(int("%8.3d", -5), "    -005");
        let float = |text, x| first(text).resolve(None, None).and_then(|d| d.float(x)).unwrap();
        assert_eq!(float("%010f", f64::INFINITY), "0000000inf");
        assert_eq!(float("% .3e", 12345.678), " 1.235e+04");
        let starred = first("%*.*s").resolve(Some(-5), Some(2)).unwrap();
        assert_eq!(starred.text("abc").unwrap(), "ab   ");
    }
}

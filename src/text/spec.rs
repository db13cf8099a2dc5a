//! The format mini-language: the text after the colon in `f"{x:>10.2f}"`, as data. It must not know how anything is
//! rendered (see `format`). Reference: CPython `Python/formatter_unicode.c`, `parse_internal_render_format_spec`.

use super::error::{Result, TextError};
use super::unicode;

/// Where the text goes in a field that is wider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// `<`
    Left,
    /// `>`
    Right,
    /// `^`
    Center,
    /// `=`: the padding stands between the sign and the digits.
    AfterSign,
}

/// What is shown before a number that is not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `-`: nothing.
    Minus,
    /// `+`: a plus.
    Plus,
    /// A space.
    Space,
}

/// The separator between groups of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// `,` every three digits.
    Comma,
    /// `_` every three digits, four in bases 2, 8 and 16.
    Underscore,
}

impl Grouping {
    /// The character written.
    pub fn char(self) -> char {
        match self {
            Grouping::Comma => ',',
            Grouping::Underscore => '_',
        }
    }
}

/// The kind of object a specifier is read for: it decides the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Int,
    Float,
    Complex,
    Str,
}

impl Target {
    /// The class name shown in errors, unless the object is of a subclass.
    pub fn type_name(self) -> &'static str {
        match self {
            Target::Int => "int",
            Target::Float => "float",
            Target::Complex => "complex",
            Target::Str => "str",
        }
    }

    fn default_ty(self) -> Option<char> {
        match self {
            Target::Int => Some('d'),
            Target::Str => Some('s'),
            Target::Float | Target::Complex => None,
        }
    }

    fn default_align(self) -> Align {
        if self == Target::Str { Align::Left } else { Align::Right }
    }
}

/// A parsed specifier: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatSpec {
    /// The padding character; `0` when the `0` flag was given without a fill.
    pub fill: char,
    pub align: Align,
    pub sign: Option<Sign>,
    /// `z`: a negative zero loses its sign.
    pub z: bool,
    /// `#`
    pub alternate: bool,
    /// The `0` flag was given.
    pub zero: bool,
    /// The least width, in characters.
    pub width: Option<usize>,
    pub grouping: Option<Grouping>,
    pub precision: Option<usize>,
    /// The presentation type; the target's default when none was written, None if it has none.
    pub ty: Option<char>,
}

impl FormatSpec {
    /// The specifier of the empty text.
    pub fn empty(target: Target) -> Self {
        FormatSpec {
            fill: ' ',
            align: target.default_align(),
            sign: None,
            z: false,
            alternate: false,
            zero: false,
            width: None,
            grouping: None,
            precision: None,
            ty: target.default_ty(),
        }
    }

    /// Reads a specifier for an object of class `type_name`.
    ///
    /// # Errors
    /// ValueError with CPython's texts. Whether the type suits the target is checked when it is rendered.
    pub fn parse(text: &str, target: Target, type_name: &str) -> Result<Self> {
        let mut spec = FormatSpec::empty(target);
        let mut rest = Cursor { rest: text };
        let mut chars = text.chars();
        let (first, second) = (chars.next(), chars.next());
        let (mut fill_given, mut align_given) = (false, false);
        if let (Some(fill), Some(align)) = (first, second.and_then(alignment)) {
            (spec.fill, spec.align, fill_given, align_given) = (fill, align, true, true);
            rest.rest = chars.as_str();
        } else if let Some(align) = first.and_then(alignment) {
            (spec.align, align_given) = (align, true);
            rest.take(|_| true);
        }
        spec.sign = rest.take(|c| matches!(c, '+' | '-' | ' ')).map(|c| match c {
            '+' => Sign::Plus,
            ' ' => Sign::Space,
            _ => Sign::Minus,
        });
        spec.z = rest.take(|c| c == 'z').is_some();
        spec.alternate = rest.take(|c| c == '#').is_some();
        if !fill_given && rest.take(|c| c == '0').is_some() {
            (spec.fill, spec.zero) = ('0', true);
            if !align_given && target.default_align() == Align::Right {
                spec.align = Align::AfterSign;
            }
        }
        spec.width = rest.integer()?;
        spec.grouping = rest.grouping()?;
        if rest.take(|c| c == '.').is_some() {
            let Some(precision) = rest.integer()? else {
                return Err(TextError::value("Format specifier missing precision"));
            };
            spec.precision = Some(precision);
        }
        if let Some(ty) = rest.take(|_| true) {
            if !rest.rest.is_empty() {
                return Err(invalid_specifier(text, type_name));
            }
            // Where CPython has no default type, it writes that as NUL.
            if ty != '\0' || spec.ty.is_some() {
                spec.ty = Some(ty);
            }
        }
        if let Some(grouping) = spec.grouping {
            check_grouping(grouping, spec.ty)?;
        }
        Ok(spec)
    }
}

fn alignment(c: char) -> Option<Align> {
    Some(match c {
        '<' => Align::Left,
        '>' => Align::Right,
        '^' => Align::Center,
        '=' => Align::AfterSign,
        _ => return None,
    })
}

/// What is left to read.
struct Cursor<'a> {
    rest: &'a str,
}

impl Cursor<'_> {
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let c = self.rest.chars().next().filter(|c| wanted(*c))?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn integer(&mut self) -> Result<Option<usize>> {
        let (value, rest) = take_integer(self.rest)?;
        self.rest = rest;
        Ok(value)
    }

    fn grouping(&mut self) -> Result<Option<Grouping>> {
        let comma = self.take(|c| c == ',').is_some();
        let underscore = self.take(|c| c == '_').is_some();
        if underscore && (comma || self.rest.starts_with(',')) {
            return Err(TextError::value("Cannot specify both ',' and '_'."));
        }
        Ok(if underscore {
            Some(Grouping::Underscore)
        } else if comma {
            Some(Grouping::Comma)
        } else {
            None
        })
    }
}

/// The decimal integer (digits of any script) that `text` starts with, and what follows it; also the index in
/// `"{0}"`.
///
/// # Errors
/// ValueError when it exceeds the largest index (`sys.maxsize`).
pub fn take_integer(text: &str) -> Result<(Option<usize>, &str)> {
    let mut value: Option<usize> = None;
    let mut rest = text;
    for c in text.chars() {
        let Some(digit) = unicode::decimal_value(c) else { break };
        let next = value.unwrap_or(0).checked_mul(10).and_then(|v| v.checked_add(digit as usize));
        value = Some(
            next.filter(|v| *v <= isize::MAX as usize)
                .ok_or_else(|| TextError::value("Too many decimal digits in format string"))?,
        );
        rest = &rest[c.len_utf8()..];
    }
    Ok((value, rest))
}

/// The ValueError for a specifier that does not parse, or that is given to an object without `__format__` of its own.
#[cold]
pub fn invalid_specifier(text: &str, type_name: &str) -> TextError {
    TextError::value(format!("Invalid format specifier '{text}' for object of type '{type_name}'"))
}

/// The ValueError for a presentation type the object does not know.
#[cold]
pub fn unknown_code(ty: char, type_name: &str) -> TextError {
    TextError::value(format!("Unknown format code '{}' for object of type '{type_name}'", shown(ty)))
}

/// A printable ASCII character as it is, any other as a `\x` escape.
pub(super) fn shown(c: char) -> String {
    if c > ' ' && c < '\u{80}' { c.to_string() } else { format!("\\x{:x}", u32::from(c)) }
}

fn check_grouping(grouping: Grouping, ty: Option<char>) -> Result<()> {
    match ty {
        None | Some('d' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F') => Ok(()),
        Some('b' | 'o' | 'x' | 'X') if grouping == Grouping::Underscore => Ok(()),
        Some(ty) => Err(TextError::value(format!("Cannot specify '{}' with '{}'.", grouping.char(), shown(ty)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_read() {
        let spec = FormatSpec::parse("*^+#012_.3f", Target::Float, "float").unwrap();
        assert_eq!((spec.fill, spec.align, spec.sign), ('*', Align::Center, Some(Sign::Plus)));
        assert!(spec.alternate && !spec.zero);
        assert_eq!((spec.width, spec.precision, spec.ty), (Some(12), Some(3), Some('f')));
        assert_eq!(spec.grouping, Some(Grouping::Underscore));
        let spec = FormatSpec::parse("05", Target::Int, "int").unwrap();
        assert_eq!((spec.fill, spec.align, spec.zero), ('0', Align::AfterSign, true));
    }

    #[test]
    fn errors_have_the_reference_texts() {
        let error = |text, target: Target| FormatSpec::parse(text, target, target.type_name()).unwrap_err().message;
        assert_eq!(error("abc", Target::Int), "Invalid format specifier 'abc' for object of type 'int'");
        assert_eq!(error(",", Target::Str), "Cannot specify ',' with 's'.");
        assert_eq!(error("_,", Target::Int), "Cannot specify both ',' and '_'.");
        assert_eq!(error(".f", Target::Float), "Format specifier missing precision");
        assert_eq!(error("99999999999999999999", Target::Int), "Too many decimal digits in format string");
    }
}

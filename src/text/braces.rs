//! The text of `str.format`: literals and replacement fields. It must not know where arguments and attributes come
//! from. Reference: CPython `Objects/stringlib/unicode_format.h`.

use super::error::{Result, TextError};
use super::spec::{shown, take_integer};

/// How deep a specifier may nest fields: `{:{}}`, no deeper.
pub const MAX_DEPTH: usize = 2;

/// A piece of a format string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text to be copied, with `{{` and `}}` read.
    Literal(&'a str),
    Field(Field<'a>),
}

/// One replacement field, `{name.attr[0]!r:spec}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name with its accessors, unread: see [`Field::split`].
    pub name: &'a str,
    /// The character after `!`, unchecked: see [`Conversion::of`].
    pub conversion: Option<char>,
    /// The text after `:`.
    pub spec: &'a str,
    /// The spec contains fields, to be formatted first.
    pub nested: bool,
}

/// The argument a field names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name<'a> {
    /// `{0}`, or `{}` with its automatic number.
    Index(usize),
    /// `{key}`
    Key(&'a str),
}

/// A step from the argument to the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accessor<'a> {
    /// `.attr`
    Attr(&'a str),
    /// `[0]`
    Index(usize),
    /// `[key]`
    Key(&'a str),
}

/// What is done to a value before it is formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// `!s`
    Str,
    /// `!r`
    Repr,
    /// `!a`
    Ascii,
}

impl Conversion {
    /// Reads the character after `!`.
    ///
    /// # Errors
    /// ValueError for an unknown one.
    pub fn of(c: char) -> Result<Self> {
        match c {
            's' => Ok(Conversion::Str),
            'r' => Ok(Conversion::Repr),
            'a' => Ok(Conversion::Ascii),
            '\u{7f}' => Err(TextError::value("Unknown conversion specifier \\x7f")),
            _ => Err(TextError::value(format!("Unknown conversion specifier {}", shown(c)))),
        }
    }
}

/// The numbering of fields in one call of `format`, shared with nested fields.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbering {
    next: usize,
    /// True once `{}` was seen, false once `{0}` was.
    automatic: Option<bool>,
}

impl Numbering {
    fn choose(&mut self, automatic: bool) -> Result<()> {
        match *self.automatic.get_or_insert(automatic) {
            chosen if chosen == automatic => Ok(()),
            true => Err(TextError::value("cannot switch from automatic field numbering to manual field specification")),
            false => {
                Err(TextError::value("cannot switch from manual field specification to automatic field numbering"))
            }
        }
    }

    fn take(&mut self) -> Result<usize> {
        self.choose(true)?;
        self.next += 1;
        Ok(self.next - 1)
    }
}

impl<'a> Field<'a> {
    /// The argument the field names, numbered if it names none, and the accessors after it.
    ///
    /// # Errors
    /// ValueError when automatic and manual numbers mix, or for a number too large.
    pub fn split(&self, numbering: &mut Numbering) -> Result<(Name<'a>, Accessors<'a>)> {
        let end = self.name.find(['.', '[']).unwrap_or(self.name.len());
        let (first, rest) = self.name.split_at(end);
        let accessors = Accessors { rest };
        let name = match whole_integer(first)? {
            Some(index) => {
                numbering.choose(false)?;
                Name::Index(index)
            }
            None if first.is_empty() => Name::Index(numbering.take()?),
            None => Name::Key(first),
        };
        Ok((name, accessors))
    }
}

/// The integer that is the whole of `text`.
fn whole_integer(text: &str) -> Result<Option<usize>> {
    let (value, rest) = take_integer(text)?;
    Ok(value.filter(|_| rest.is_empty()))
}

/// The accessors of a field in order; errors come where CPython meets them, after the steps before were taken.
#[derive(Clone, Debug)]
pub struct Accessors<'a> {
    rest: &'a str,
}

impl<'a> Accessors<'a> {
    fn step(&mut self) -> Result<Accessor<'a>> {
        let body = &self.rest[self.rest.chars().next().map_or(0, char::len_utf8)..];
        let accessor = if self.rest.starts_with('.') {
            let end = body.find(['.', '[']).unwrap_or(body.len());
            self.rest = &body[end..];
            Accessor::Attr(&body[..end])
        } else if self.rest.starts_with('[') {
            let end = body.find(']').ok_or_else(|| TextError::value("Missing ']' in format string"))?;
            self.rest = &body[end + 1..];
            whole_integer(&body[..end])?.map_or(Accessor::Key(&body[..end]), Accessor::Index)
        } else {
            return Err(TextError::value("Only '.' or '[' may follow ']' in format field specifier"));
        };
        match accessor {
            Accessor::Attr("") | Accessor::Key("") => Err(TextError::value("Empty attribute in format string")),
            _ => Ok(accessor),
        }
    }
}

impl<'a> Iterator for Accessors<'a> {
    type Item = Result<Accessor<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let step = self.step();
        if step.is_err() {
            self.rest = "";
        }
        Some(step)
    }
}

/// The pieces of a format string in order. An error ends it.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Pieces<'a> {
    pub fn new(text: &'a str) -> Self {
        Pieces { rest: text }
    }

    fn piece(&mut self) -> Result<Piece<'a>> {
        let text = self.rest;
        let Some(at) = text.find(['{', '}']) else {
            self.rest = "";
            return Ok(Piece::Literal(text));
        };
        let brace = &text[at..at + 1];
        let after = &text[at + 1..];
        if after.starts_with(brace) {
            self.rest = &after[1..];
            return Ok(Piece::Literal(&text[..at + 1]));
        }
        if brace == "}" {
            return Err(TextError::value("Single '}' encountered in format string"));
        }
        if after.is_empty() {
            return Err(TextError::value("Single '{' encountered in format string"));
        }
        if at > 0 {
            self.rest = &text[at..];
            return Ok(Piece::Literal(&text[..at]));
        }
        self.rest = after;
        self.field().map(Piece::Field)
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    /// A field, after its opening brace.
    fn field(&mut self) -> Result<Field<'a>> {
        let start = self.rest;
        let mut bracketed = false;
        let end = loop {
            match self.bump() {
                Some(']') => bracketed = false,
                Some(_) if bracketed => {}
                Some('[') => bracketed = true,
                Some('{') => return Err(TextError::value("unexpected '{' in field name")),
                Some(c @ ('}' | ':' | '!')) => break c,
                Some(_) => {}
                None => return Err(TextError::value("expected '}' before end of string")),
            }
        };
        let name = &start[..start.len() - self.rest.len() - 1];
        let mut field = Field { name, conversion: None, spec: "", nested: false };
        if end == '}' {
            return Ok(field);
        }
        if end == '!' {
            let conversion = self.bump();
            field.conversion = Some(
                conversion.ok_or_else(|| TextError::value("end of string while looking for conversion specifier"))?,
            );
            match self.bump() {
                Some('}') => return Ok(field),
                Some(':') | None => {}
                Some(_) => return Err(TextError::value("expected ':' after conversion specifier")),
            }
        }
        (field.spec, field.nested) = self.spec()?;
        Ok(field)
    }

    /// The specifier up to the brace that closes the field, and whether it has fields itself.
    fn spec(&mut self) -> Result<(&'a str, bool)> {
        let start = self.rest;
        let (mut depth, mut nested) = (1usize, false);
        loop {
            match self.bump() {
                Some('{') => (depth, nested) = (depth + 1, true),
                Some('}') if depth == 1 => return Ok((&start[..start.len() - self.rest.len() - 1], nested)),
                Some('}') => depth -= 1,
                Some(_) => {}
                None => return Err(TextError::value("unmatched '{' in format spec")),
            }
        }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Result<Piece<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let piece = self.piece();
        if piece.is_err() {
            self.rest = "";
        }
        Some(piece)
    }
}

/// The ValueError for fields nested deeper than [`MAX_DEPTH`].
#[cold]
pub fn too_deep() -> TextError {
    TextError::value("Max string recursion exceeded")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let mut numbering = Numbering::default();
        for piece in Pieces::new(text) {
            let checked = piece.and_then(|piece| match piece {
                Piece::Field(field) => {
                    field.split(&mut numbering).and_then(|(_, mut rest)| rest.try_for_each(|a| a.map(drop)))
                }
                Piece::Literal(_) => Ok(()),
            });
            if let Err(e) = checked {
                return e.message.into_owned();
            }
        }
        String::new()
    }

    #[test]
    fn fields_are_read_whole() {
        let pieces: Vec<_> = Pieces::new("a{{b{0.x[k][3]!r:>{w}}c").map(|p| p.unwrap()).collect();
        assert_eq!(pieces[..2], [Piece::Literal("a{"), Piece::Literal("b")]);
        let Piece::Field(field) = pieces[2] else { panic!("no field") };
        assert_eq!((field.conversion, field.spec, field.nested), (Some('r'), ">{w}", true));
        let (name, accessors) = field.split(&mut Numbering::default()).unwrap();
        assert_eq!(name, Name::Index(0));
        let steps: Vec<_> = accessors.map(|a| a.unwrap()).collect();
        assert_eq!(steps, [Accessor::Attr("x"), Accessor::Key("k"), Accessor::Index(3)]);
    }

    #[test]
    fn errors_have_the_reference_texts() {
        assert_eq!(error("}"), "Single '}' encountered in format string");
        assert_eq!(error("a{"), "Single '{' encountered in format string");
        assert_eq!(error("{0"), "expected '}' before end of string");
        assert_eq!(error("{:{"), "unmatched '{' in format spec");
        assert_eq!(error("{a{"), "unexpected '{' in field name");
        assert_eq!(error("{!"), "end of string while looking for conversion specifier");
        assert_eq!(error("{0.}"), "Empty attribute in format string");
        assert_eq!(error("{0[0]a}"), "Only '.' or '[' may follow ']' in format field specifier");
        assert_eq!(error("{}{0}"), "cannot switch from automatic field numbering to manual field specification");
        assert_eq!(Conversion::of('\x01').unwrap_err().message, "Unknown conversion specifier \\x1");
    }
}

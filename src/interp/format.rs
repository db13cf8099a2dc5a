//! `format(x, spec)` and `str.format`: the format mini-language over every type, fields with attributes and indices.

use crate::intern::{Symbol, sym};
use crate::object::{Args, R, Ref, Str, Value, Vm};
use crate::text::braces::{self, Accessor, Conversion, Field, Name, Numbering, Piece, Pieces};
use crate::text::error::Result as TextResult;
use crate::text::format;
use crate::text::int::IntRef;
use crate::text::spec::{FormatSpec, Target};

use super::arithmetic::Number;

/// Where the fields of a template take their values from.
enum Source<'a> {
    Args(Args<'a>),
    /// `str.format_map(mapping)`
    Mapping(&'a Value),
}

/// A specifier that is known before anything runs, read for the builtin types that it suits.
pub struct ReadySpec {
    text: Box<str>,
    int: Option<FormatSpec>,
    float: Option<FormatSpec>,
    str: Option<FormatSpec>,
}

impl ReadySpec {
    pub fn new(text: &str) -> ReadySpec {
        let read = |target: Target| FormatSpec::parse(text, target, target.type_name()).ok();
        let (int, float, str) = (read(Target::Int), read(Target::Float), read(Target::Str));
        ReadySpec { text: text.into(), int, float, str }
    }
}

impl Vm {
    /// Appends `format(value, "")`.
    ///
    /// # Errors
    /// What `__format__` raises.
    #[inline]
    pub fn write_formatted(&self, value: &Value, out: &mut String) -> R<()> {
        match value {
            Value::Str(text) => out.push_str(text.as_str()),
            Value::Int(_) | Value::Float(_) => return self.write_str(value, out),
            _ => out.push_str(self.format(value, "")?.as_str()),
        }
        Ok(())
    }

    /// Appends `format(value, spec)`.
    ///
    /// # Errors
    /// As [`Vm::format`].
    pub fn write_with_spec(&self, value: &Value, spec: &ReadySpec, out: &mut String) -> R<()> {
        let text = match (value, spec) {
            (Value::Int(n), ReadySpec { int: Some(spec), .. }) => format::format_int(spec, *n, self.max_digits()),
            (Value::Float(x), ReadySpec { float: Some(spec), .. }) => format::format_float(spec, x.get()),
            (Value::Str(text), ReadySpec { str: Some(spec), .. }) => format::format_str(spec, text.as_str()),
            _ => {
                out.push_str(self.format(value, &spec.text)?.as_str());
                return Ok(());
            }
        };
        match text {
            Ok(text) => {
                out.push_str(&text);
                Ok(())
            }
            Err(error) => Err(self.text_error(error)),
        }
    }

    /// `format(value, spec)`
    ///
    /// # Errors
    /// ValueError for a bad specifier, TypeError `unsupported format string passed to X.__format__`, what `__format__`
    /// raises.
    pub fn format(&self, value: &Value, spec: &str) -> R<Ref<Str>> {
        if let Some(found) = self.own_special(value, sym::__format__) {
            let _nested = self.nest("")?;
            let text = self.invoke1(&found, value, sym::__format__, &Value::str(spec))?;
            return match text.as_str() {
                Some(text) => Ok(text.clone()),
                None => {
                    let name = self.type_name(&text);
                    Err(self.type_error(format!("__format__ must return a str, not {name}")))
                }
            };
        }
        if spec.is_empty() {
            return self.str(value);
        }
        self.plain_format(value, spec)
    }

    /// [`Vm::format`] without a script's `__format__`: the row of builtin types.
    pub fn plain_format(&self, value: &Value, spec: &str) -> R<Ref<Str>> {
        if spec.is_empty() {
            return self.str(value);
        }
        let name = self.type_name(value);
        let text = if let Some(text) = value.as_str() {
            FormatSpec::parse(spec, Target::Str, name)
                .and_then(|spec| format::format_str_as(&spec, text.as_str(), name))
        } else {
            match Number::of(value) {
                Some(number) => self.format_number(number, spec, name),
                None => {
                    let message = format!("unsupported format string passed to {name}.__format__");
                    return Err(self.type_error(message));
                }
            }
        };
        text.map(Str::from_string).map_err(|error| self.text_error(error))
    }

    fn format_number(&self, number: Number, spec: &str, name: &str) -> TextResult<String> {
        match number {
            Number::Small(n) => {
                let spec = FormatSpec::parse(spec, Target::Int, name)?;
                format::format_int_as(&spec, IntRef::Small(n), self.max_digits(), name)
            }
            Number::Big(n) => {
                let spec = FormatSpec::parse(spec, Target::Int, name)?;
                format::format_int_as(&spec, IntRef::Big(n), self.max_digits(), name)
            }
            Number::Float(x) => format::format_float_as(&FormatSpec::parse(spec, Target::Float, name)?, x, name),
            Number::Complex(re, im) => format::format_complex(&FormatSpec::parse(spec, Target::Complex, name)?, re, im),
        }
    }

    /// `template.format(*args, **keywords)`
    ///
    /// # Errors
    /// ValueError for a malformed template, IndexError and KeyError for missing arguments, what formatting raises.
    pub fn str_format(&self, template: &str, args: Args) -> R<Ref<Str>> {
        let source = Source::Args(args);
        self.format_template(template, &source, &mut Numbering::default(), braces::MAX_DEPTH).map(Str::from_string)
    }

    /// `template.format_map(mapping)`
    ///
    /// # Errors
    /// As [`Vm::str_format`], and what the mapping raises.
    pub fn str_format_map(&self, template: &str, mapping: &Value) -> R<Ref<Str>> {
        let source = Source::Mapping(mapping);
        self.format_template(template, &source, &mut Numbering::default(), braces::MAX_DEPTH).map(Str::from_string)
    }

    fn format_template(&self, template: &str, source: &Source, numbering: &mut Numbering, depth: usize) -> R<String> {
        if depth == 0 {
            return Err(self.text_error(braces::too_deep()));
        }
        let mut out = String::with_capacity(template.len());
        for piece in Pieces::new(template) {
            match piece.map_err(|error| self.text_error(error))? {
                Piece::Literal(text) => out.push_str(text),
                Piece::Field(field) => self.format_field(field, source, numbering, depth, &mut out)?,
            }
        }
        Ok(out)
    }

    fn format_field(
        &self,
        field: Field,
        source: &Source,
        numbering: &mut Numbering,
        depth: usize,
        out: &mut String,
    ) -> R<()> {
        let mut value = self.field_value(field, source, numbering)?;
        if let Some(conversion) = field.conversion {
            let conversion = Conversion::of(conversion).map_err(|error| self.text_error(error))?;
            value = Value::Str(match conversion {
                Conversion::Str => self.str(&value)?,
                Conversion::Repr => self.repr(&value)?,
                Conversion::Ascii => self.ascii(&value)?,
            });
        }
        let nested;
        let spec = if field.nested {
            nested = self.format_template(field.spec, source, numbering, depth - 1)?;
            &nested
        } else {
            field.spec
        };
        out.push_str(self.format(&value, spec)?.as_str());
        Ok(())
    }

    fn field_value(&self, field: Field, source: &Source, numbering: &mut Numbering) -> R {
        let (name, accessors) = field.split(numbering).map_err(|error| self.text_error(error))?;
        let mut value = match (source, name) {
            (Source::Args(args), Name::Index(index)) => match args.positional.get(index) {
                Some(value) => value.clone(),
                None => {
                    let message = format!("Replacement index {index} out of range for positional args tuple");
                    return Err(self.index_error(message));
                }
            },
            (Source::Args(args), Name::Key(key)) => {
                let symbol = Symbol::find(key);
                match args.keywords.iter().find(|(name, _)| Some(*name) == symbol) {
                    Some((_, value)) => value.clone(),
                    None => return Err(self.key_error(&Value::str(key))),
                }
            }
            (Source::Mapping(_), Name::Index(_)) => {
                return Err(self.value_error("Format string contains positional fields"));
            }
            (Source::Mapping(mapping), Name::Key(key)) => self.get_item(mapping, &Value::str(key))?,
        };
        for accessor in accessors {
            value = match accessor.map_err(|error| self.text_error(error))? {
                Accessor::Attr(name) => self.get_attr(&value, Symbol::new(name))?,
                Accessor::Index(index) => self.get_item(&value, &Value::size(index))?,
                Accessor::Key(key) => self.get_item(&value, &Value::str(key))?,
            };
        }
        Ok(value)
    }
}

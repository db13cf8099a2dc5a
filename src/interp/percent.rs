//! `%`-formatting of str and bytes: which argument each conversion takes. A bytes template is read as the text whose code
//! points are its bytes, and the result turned back, so that one walk serves both.

use crate::intern::sym;
use crate::object::bytes::Bytes;
use crate::object::{R, Raised, Ref, Str, T, Value, Vm};
use crate::text::int::IntRef;
use crate::text::percent::{Conversion, Count, Directive, INCOMPLETE_KEY, Piece, Pieces};

use super::arithmetic::Number;

/// The arguments of one `%`.
struct Arguments<'a> {
    /// The items of a tuple, or the one value.
    items: &'a [Value],
    next: usize,
    /// The right operand, when it may be asked for keys.
    mapping: Option<&'a Value>,
    /// What a key has found; the first to ask for an argument gets it, a star before the conversion itself.
    keyed: Option<Value>,
    /// The template is bytes.
    bytes: bool,
}

impl Vm {
    /// `template % args`
    ///
    /// # Errors
    /// TypeError for too few, too many or wrong arguments, ValueError for a malformed template, what conversions raise.
    pub fn percent_format(&self, template: &Ref<Str>, args: &Value) -> R {
        if !template.as_str().contains('%') {
            // Nothing to fill in: the text is the result, once the arguments are found to be none or a mapping.
            self.percent(template.as_str(), args, false)?;
            return Ok(Value::Str(template.clone()));
        }
        self.percent(template.as_str(), args, false).map(Value::string)
    }

    /// `template % args` of bytes.
    ///
    /// # Errors
    /// As [`Vm::percent_format`].
    pub fn percent_format_bytes(&self, template: &Ref<Bytes>, args: &Value) -> R {
        let text = self.percent(&latin_1(template.as_slice()), args, true)?;
        Ok(Value::bytes(text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()))
    }

    fn percent(&self, template: &str, args: &Value, bytes: bool) -> R<String> {
        let items = match args.as_tuple() {
            Some(tuple) => &tuple[..],
            None => std::slice::from_ref(args),
        };
        let mapping = (args.as_tuple().is_none() && self.may_have_keys(args, bytes)).then_some(args);
        let mut arguments = Arguments { items, next: 0, mapping, keyed: None, bytes };
        let mut out = String::with_capacity(template.len());
        let mut keyed = false;
        for piece in Pieces::new(template) {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Conversion(conversion) => {
                    keyed |= conversion.key.is_some();
                    if keyed {
                        arguments.items = &[];
                    }
                    self.percent_conversion(&conversion, &mut arguments, &mut out)?;
                }
            }
        }
        if arguments.next < arguments.items.len() && mapping.is_none() && !keyed {
            let what = if bytes { "bytes" } else { "string" };
            return Err(self.type_error(format!("not all arguments converted during {what} formatting")));
        }
        Ok(out)
    }

    /// What CPython takes for a mapping: anything that can be subscribed, but no str (and no bytes for bytes templates).
    fn may_have_keys(&self, args: &Value, bytes: bool) -> bool {
        match args.base() {
            Value::Str(_) => false,
            Value::Bytes(_) => !bytes,
            Value::Native(_) if bytes && args.to_buffer().is_some() => {
                self.class_of(args).builtin != Some(T::ByteArray)
            }
            Value::Dict(_) | Value::List(_) | Value::Range(_) => true,
            _ => self.own_special(args, sym::__getitem__).is_some(),
        }
    }

    fn next_argument(&self, arguments: &mut Arguments) -> R {
        if let Some(value) = arguments.keyed.take() {
            return Ok(value);
        }
        match arguments.items.get(arguments.next) {
            Some(item) => {
                arguments.next += 1;
                Ok(item.clone())
            }
            None => Err(self.type_error("not enough arguments for format string")),
        }
    }

    /// The argument of a star; `least` and `kind` are of the C type that CPython puts it in.
    fn percent_star(&self, count: Count, arguments: &mut Arguments, least: i64, kind: &str) -> R<Option<i64>> {
        if count != Count::Star {
            return Ok(None);
        }
        let value = self.next_argument(arguments)?;
        if !value.is_int() {
            return Err(self.type_error("* wants int"));
        }
        match value.as_i64().filter(|&n| n >= least && n <= -(least + 1)) {
            Some(n) => Ok(Some(n)),
            None => Err(self.overflow_error(format!("Python int too large to convert to C {kind}"))),
        }
    }

    fn percent_conversion(&self, conversion: &Conversion, arguments: &mut Arguments, out: &mut String) -> R<()> {
        let keyed = match conversion.key {
            None => None,
            Some(key) => {
                let Some(mapping) = arguments.mapping else {
                    return Err(self.type_error("format requires a mapping"));
                };
                if conversion.fault == Some(INCOMPLETE_KEY) {
                    return Err(self.value_error(INCOMPLETE_KEY));
                }
                let key = if arguments.bytes { Value::bytes(to_bytes(key)) } else { Value::str(key) };
                Some(self.get_item(mapping, &key)?)
            }
        };
        if keyed.is_some() {
            arguments.keyed = keyed;
        }
        let width = self.percent_star(conversion.width, arguments, i64::MIN, "ssize_t")?;
        let precision = self.percent_star(conversion.precision, arguments, i32::MIN.into(), "int")?;
        if let Some(fault) = conversion.fault {
            return Err(self.value_error(fault));
        }
        let directive = conversion.resolve(width, precision).map_err(|error| self.text_error(error))?;
        let value = self.next_argument(arguments)?;
        let text = self.directive_text(&directive, conversion, &value, arguments.bytes)?;
        out.push_str(&text);
        Ok(())
    }

    fn directive_text(&self, directive: &Directive, conversion: &Conversion, value: &Value, bytes: bool) -> R<String> {
        let text = match directive.ty {
            's' | 'b' if bytes => directive.text(&self.bytes_argument(value)?),
            'r' if !bytes => directive.text(self.repr(value)?.as_str()),
            's' => directive.text(self.str(value)?.as_str()),
            'a' | 'r' => directive.text(self.ascii(value)?.as_str()),
            'd' | 'i' | 'u' | 'o' | 'x' | 'X' => return self.percent_int(directive, value, bytes),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
                let x = match self.to_f64(value) {
                    Err(raised) if bytes => match self.catch(Err(raised), T::Exception)? {
                        Some(x) => x,
                        None => {
                            let name = self.type_name(value);
                            return Err(self.type_error(format!("float argument required, not {name}")));
                        }
                    },
                    x => x?,
                };
                directive.float(x)
            }
            'c' => return self.percent_char(directive, value, bytes),
            _ => Err(conversion.unsupported()),
        };
        text.map_err(|error| self.text_error(error))
    }

    fn bytes_argument(&self, value: &Value) -> R<String> {
        if let Some(bytes) = value.to_buffer() {
            return Ok(latin_1(&bytes));
        }
        if let Some(found) = self.own_special(value, sym::__bytes__) {
            let given = self.invoke0(&found, value, sym::__bytes__)?;
            if let Some(bytes) = given.as_bytes() {
                return Ok(latin_1(bytes.as_slice()));
            }
            let name = self.type_name(&given);
            return Err(self.type_error(format!("__bytes__ returned non-bytes (type {name})")));
        }
        let name = self.type_name(value);
        Err(self.type_error(format!(
            "%b requires a bytes-like object, or an object that implements __bytes__, not '{name}'"
        )))
    }

    fn percent_int(&self, directive: &Directive, value: &Value, bytes: bool) -> R<String> {
        // For bytes, errors speak of `%d` where `%i` stands.
        let letter = if bytes && directive.ty == 'i' { 'd' } else { directive.ty };
        let number = match Number::of(value) {
            Some(Number::Small(_) | Number::Big(_)) => value.base().clone(),
            _ => {
                let converted = if matches!(letter, 'o' | 'x' | 'X') {
                    self.is_index(value).then(|| self.index(value))
                } else if value.as_float().is_some()
                    || self.is_index(value)
                    || self.own_special(value, sym::__int__).is_some()
                {
                    Some(self.to_int(value))
                } else {
                    None
                };
                let converted = match converted {
                    Some(converted) => self.catch(converted, T::TypeError)?,
                    None => None,
                };
                match converted {
                    Some(number) => number,
                    None => return Err(self.wrong_number(letter, value)),
                }
            }
        };
        let text = match Number::of(&number) {
            Some(Number::Small(n)) => directive.int(IntRef::Small(n), self.max_digits()),
            Some(Number::Big(n)) => directive.int(IntRef::Big(n), self.max_digits()),
            _ => return Err(self.wrong_number(letter, value)),
        };
        text.map_err(|error| self.text_error(error))
    }

    #[cold]
    fn wrong_number(&self, letter: char, value: &Value) -> Raised {
        let wanted = if matches!(letter, 'o' | 'x' | 'X') { "an integer" } else { "a real number" };
        self.type_error(format!("%{letter} format: {wanted} is required, not {}", self.type_name(value)))
    }

    fn percent_char(&self, directive: &Directive, value: &Value, bytes: bool) -> R<String> {
        let wrong = || {
            self.type_error(if bytes {
                "%c requires an integer in range(256) or a single byte"
            } else {
                "%c requires int or char"
            })
        };
        if let Some(text) = value.as_str().filter(|_| !bytes) {
            let mut chars = text.as_str().chars();
            return match (chars.next(), chars.next()) {
                (Some(c), None) => directive.char(c).map_err(|error| self.text_error(error)),
                _ => Err(wrong()),
            };
        }
        if let Some(data) = value.as_bytes().filter(|_| bytes) {
            return match data.as_slice() {
                [byte] => directive.char(char::from(*byte)).map_err(|error| self.text_error(error)),
                _ => Err(wrong()),
            };
        }
        if !self.is_index(value) {
            return Err(wrong());
        }
        let Some(code) = self.catch(self.index(value), T::TypeError)? else { return Err(wrong()) };
        let text = match (&code, bytes) {
            (Value::Int(n @ 0..=255), true) => directive.char(char::from(*n as u8)),
            (_, true) => return Err(self.overflow_error("%c arg not in range(256)")),
            (Value::Int(n), false) => directive.char_code(IntRef::Small(*n)),
            (_, false) => return Err(self.overflow_error("%c arg not in range(0x110000)")),
        };
        text.map_err(|error| self.text_error(error))
    }
}

/// Bytes as the text whose code points they are.
fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// The reverse of [`latin_1`].
fn to_bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

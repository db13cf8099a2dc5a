//! Reading JSON text into values. Faults are raised as the exception class that the script hands in.

use crate::object::{Args, Dict, R, Raised, Ref, Value, Vm};

/// One text on its way to values.
struct Reader<'a> {
    vm: &'a Vm,
    text: &'a str,
    at: usize,
    document: &'a Value,
    error: &'a Value,
    object_hook: &'a Value,
    pairs_hook: &'a Value,
    parse_float: &'a Value,
    parse_int: &'a Value,
    parse_constant: &'a Value,
    strict: bool,
}

/// `_read(text, start, options, error)`: the value that begins at a code point, and where it ends.
pub fn read(vm: &Vm, args: &[Value]) -> R {
    let [document, start, options, error] = args else { return Ok(Value::None) };
    let Some(text) = document.as_str() else {
        return Err(vm.type_error(format!("first argument must be a string, not {}", vm.type_name(document))));
    };
    let start = vm.index_i64(start)?;
    let Ok(start) = usize::try_from(start) else { return Err(vm.value_error("idx cannot be negative")) };
    let Some([object_hook, pairs_hook, parse_float, parse_int, parse_constant, strict]) =
        options.as_tuple().map(|options| &options[..])
    else {
        return Err(vm.type_error("six options were expected"));
    };
    let mut reader = Reader {
        vm,
        text: text.as_str(),
        at: text.byte_offset(start.min(text.chars())),
        document,
        error,
        object_hook,
        pairs_hook,
        parse_float,
        parse_int,
        parse_constant,
        strict: vm.is_true(strict)?,
    };
    let value = reader.value()?;
    Ok(Value::pair(value, Value::size(text.char_index(reader.at))))
}

impl Reader<'_> {
    /// The exception for a fault at a byte.
    #[cold]
    fn fault(&self, message: &str, at: usize) -> Raised {
        let position = self.text[..at.min(self.text.len())].chars().count();
        let args = [Value::str(message), self.document.clone(), Value::size(position)];
        match self.vm.call(self.error, Args::positional(&args)) {
            Ok(Value::Exception(exception)) => self.vm.throw(exception),
            Ok(_) => self.vm.value_error(message),
            Err(raised) => raised,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> R {
        self.vm.check_native_stack()?;
        let rest = &self.text[self.at..];
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.string().map(Value::string)
            }
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'n') if rest.starts_with("null") => self.word(4, Value::None),
            Some(b't') if rest.starts_with("true") => self.word(4, Value::True),
            Some(b'f') if rest.starts_with("false") => self.word(5, Value::False),
            Some(b'N') if rest.starts_with("NaN") => self.constant("NaN", f64::NAN),
            Some(b'I') if rest.starts_with("Infinity") => self.constant("Infinity", f64::INFINITY),
            Some(b'-') if rest.starts_with("-Infinity") => self.constant("-Infinity", f64::NEG_INFINITY),
            _ => self.number(),
        }
    }

    fn word(&mut self, length: usize, value: Value) -> R {
        self.at += length;
        Ok(value)
    }

    fn constant(&mut self, name: &str, value: f64) -> R {
        self.at += name.len();
        if self.parse_constant.is_none() {
            Ok(Value::float(value))
        } else {
            self.vm.call1(self.parse_constant, &Value::str(name))
        }
    }

    fn number(&mut self) -> R {
        let (bytes, from) = (self.text.as_bytes(), self.at);
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let first = from + usize::from(bytes.get(from) == Some(&b'-'));
        let mut end = match bytes.get(first) {
            Some(b'0') => first + 1,
            Some(b'1'..=b'9') => digits(first),
            _ => return Err(self.fault("Expecting value", from)),
        };
        let mut is_float = false;
        if bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
            (end, is_float) = (digits(end + 1), true);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = end + 1 + sign;
            if digits(exponent) > exponent {
                (end, is_float) = (digits(exponent), true);
            }
        }
        self.at = end;
        let text = &self.text[from..end];
        let hook = if is_float { self.parse_float } else { self.parse_int };
        if !hook.is_none() {
            return self.vm.call1(hook, &Value::str(text));
        }
        if is_float {
            return self.vm.to_float(&Value::str(text)).map(Value::float);
        }
        match text.parse::<i64>() {
            Ok(n) => Ok(Value::Int(n)),
            Err(_) => self.vm.parse_int(&Value::str(text), 10),
        }
    }

    /// A string, after its opening quote.
    fn string(&mut self) -> R<String> {
        let begin = self.at - 1;
        let mut out = String::new();
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let plain = rest.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20);
            let Some(plain) = plain else { return Err(self.fault("Unterminated string starting at", begin)) };
            out.push_str(&self.text[self.at..self.at + plain]);
            self.at += plain;
            match rest[plain] {
                b'"' => {
                    self.at += 1;
                    return Ok(out);
                }
                b'\\' => {
                    self.at += 1;
                    let c = self.escape(begin)?;
                    out.push(c);
                }
                _ if self.strict => {
                    return Err(self.fault("Invalid control character at", self.at));
                }
                control => {
                    out.push(char::from(control));
                    self.at += 1;
                }
            }
        }
    }

    /// What stands after a backslash.
    fn escape(&mut self, begin: usize) -> R<char> {
        let Some(c) = self.peek() else { return Err(self.fault("Unterminated string starting at", begin)) };
        self.at += 1;
        Ok(match c {
            b'"' | b'\\' | b'/' => char::from(c),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return Err(self.fault("Invalid \\escape", self.at - 2)),
        })
    }

    /// `\uXXXX` after the `u`, with the second half of a surrogate pair.
    fn code_point(&mut self) -> R<char> {
        let high = self.four_digits()?;
        if (0xd800..0xdc00).contains(&high) && self.text[self.at..].starts_with("\\u") {
            let back = self.at;
            self.at += 2;
            let low = self.four_digits()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = back;
        }
        char::from_u32(high).ok_or_else(|| self.vm.not_implemented("lone surrogates in JSON"))
    }

    fn four_digits(&mut self) -> R<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let code = digits
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match code {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => Err(self.fault("Invalid \\uXXXX escape", self.at - 1)),
        }
    }

    fn array(&mut self) -> R {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_blanks();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::list(items));
                }
                Some(b',') => {}
                _ => return Err(self.fault("Expecting ',' delimiter", self.at)),
            }
            let comma = self.at;
            self.at += 1;
            self.skip_blanks();
            if self.peek() == Some(b']') {
                return Err(self.fault("Illegal trailing comma before end of array", comma));
            }
        }
    }

    fn object(&mut self) -> R {
        let mut pairs: Vec<(Value, Value)> = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return self.made(pairs);
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.fault("Expecting property name enclosed in double quotes", self.at));
            }
            self.at += 1;
            let key = Value::string(self.string()?);
            self.skip_blanks();
            if self.peek() != Some(b':') {
                return Err(self.fault("Expecting ':' delimiter", self.at));
            }
            self.at += 1;
            self.skip_blanks();
            pairs.push((key, self.value()?));
            self.skip_blanks();
            match self.peek() {
                Some(b'}') => {
                    self.at += 1;
                    return self.made(pairs);
                }
                Some(b',') => {}
                _ => return Err(self.fault("Expecting ',' delimiter", self.at)),
            }
            let comma = self.at;
            self.at += 1;
            self.skip_blanks();
            if self.peek() == Some(b'}') {
                return Err(self.fault("Illegal trailing comma before end of object", comma));
            }
        }
    }

    /// What becomes of an object's pairs.
    fn made(&self, pairs: Vec<(Value, Value)>) -> R {
        if !self.pairs_hook.is_none() {
            let pairs = pairs.into_iter().map(|(key, value)| Value::pair(key, value)).collect();
            return self.vm.call1(self.pairs_hook, &Value::list(pairs));
        }
        let dict = Ref::new(Dict::with_capacity(pairs.len()));
        for (key, value) in pairs {
            self.vm.dict_set(&dict, key, value)?;
        }
        let dict = Value::Dict(dict);
        if self.object_hook.is_none() { Ok(dict) } else { self.vm.call1(self.object_hook, &dict) }
    }
}

//! Writing values as JSON text.

use crate::object::{R, Ref, Value, Vm};
use crate::text::json::push_quoted;

/// How to write, and what is being written.
struct Writer<'a> {
    vm: &'a Vm,
    out: String,
    skip_keys: bool,
    ascii: bool,
    check_circular: bool,
    allow_nan: bool,
    sort_keys: bool,
    /// One level of indentation; none writes all in one line.
    indent: Option<Ref<crate::object::Str>>,
    item_separator: Ref<crate::object::Str>,
    key_separator: Ref<crate::object::Str>,
    default: &'a Value,
    /// The containers under way, by identity.
    open: Vec<usize>,
    /// How many lists and dicts are under way.
    depth: usize,
}

/// `_write(value, options)`
pub fn write(vm: &Vm, value: &Value, options: &Value) -> R {
    let Some([skip_keys, ascii, circular, nan, sort, indent, item, key, default]) =
        options.as_tuple().map(|options| &options[..])
    else {
        return Err(vm.type_error("nine options were expected"));
    };
    let text = |value: &Value, what: &str| match value.as_str() {
        Some(text) => Ok(text.clone()),
        None => Err(vm.type_error(format!("{what} must be str, not {}", vm.type_name(value)))),
    };
    let mut writer = Writer {
        vm,
        out: String::new(),
        skip_keys: vm.is_true(skip_keys)?,
        ascii: vm.is_true(ascii)?,
        check_circular: vm.is_true(circular)?,
        allow_nan: vm.is_true(nan)?,
        sort_keys: vm.is_true(sort)?,
        indent: if indent.is_none() { None } else { Some(text(indent, "indent")?) },
        item_separator: text(item, "make_encoder() argument 6")?,
        key_separator: text(key, "make_encoder() argument 5")?,
        default,
        open: Vec::new(),
        depth: 0,
    };
    writer.value(value)?;
    Ok(Value::string(writer.out))
}

/// `_quote(text, ascii)`
pub fn quote(vm: &Vm, text: &Value, ascii: &Value) -> R {
    let ascii = vm.is_true(ascii)?;
    let Some(text) = text.as_str() else {
        return Err(vm.type_error(format!("first argument must be a string, not {}", vm.type_name(text))));
    };
    let mut out = String::new();
    push_quoted(&mut out, text.as_str(), ascii);
    Ok(Value::string(out))
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) -> R<()> {
        self.vm.check_native_stack()?;
        match value.base() {
            Value::None => self.out.push_str("null"),
            Value::True => self.out.push_str("true"),
            Value::False => self.out.push_str("false"),
            Value::Str(text) => push_quoted(&mut self.out, text.as_str(), self.ascii),
            int @ (Value::Int(_) | Value::BigInt(_)) => {
                let text = self.vm.repr(int)?;
                self.out.push_str(text.as_str());
            }
            Value::Float(x) => {
                let text = self.float(x.get())?;
                self.out.push_str(&text);
            }
            Value::List(list) => self.nested(value, |this| {
                let items = list.snapshot();
                this.items(&items)
            })?,
            Value::Tuple(items) => self.nested(value, |this| this.items(items))?,
            Value::Dict(_) => self.nested(value, |this| this.pairs(value))?,
            _ => self.nested(value, |this| {
                let made = this.vm.call1(this.default, value)?;
                this.value(&made)
            })?,
        }
        Ok(())
    }

    /// Writes a container, which must not be inside itself.
    fn nested(&mut self, value: &Value, write: impl FnOnce(&mut Self) -> R<()>) -> R<()> {
        let id = value.id();
        if self.check_circular && self.open.contains(&id) {
            return Err(self.vm.value_error("Circular reference detected"));
        }
        self.open.push(id);
        let result = write(self);
        self.open.pop();
        result
    }

    fn float(&self, x: f64) -> R<String> {
        if x.is_finite() {
            return Ok(self.vm.repr(&Value::float(x))?.as_str().to_owned());
        }
        if !self.allow_nan {
            let shown = self.vm.repr(&Value::float(x))?;
            let message = format!("Out of range float values are not JSON compliant: {}", shown.as_str());
            return Err(self.vm.value_error(message));
        }
        Ok(if x.is_nan() {
            "NaN"
        } else if x > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned())
    }

    /// A new line with the indentation of the containers under way, less `back`.
    fn line(&mut self, back: usize) {
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            for _ in back..self.depth {
                self.out.push_str(indent.as_str());
            }
        }
    }

    fn items(&mut self, items: &[Value]) -> R<()> {
        if items.is_empty() {
            self.out.push_str("[]");
            return Ok(());
        }
        self.out.push('[');
        self.depth += 1;
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.out.push_str(self.item_separator.as_str());
            }
            self.line(0);
            self.value(item)?;
        }
        self.line(1);
        self.depth -= 1;
        self.out.push(']');
        Ok(())
    }

    fn pairs(&mut self, value: &Value) -> R<()> {
        let Some(dict) = value.as_dict() else { return Ok(()) };
        if dict.is_empty() {
            self.out.push_str("{}");
            return Ok(());
        }
        // A subclass may show other pairs than it holds.
        let mut pairs = match value {
            Value::Dict(dict) => dict.entries().into_iter().map(|(k, v)| Value::pair(k, v)).collect(),
            other => self.vm.collect(&self.vm.call_method(other, crate::intern::sym::items, &[])?)?,
        };
        if self.sort_keys {
            pairs = super::super::types::sort(self.vm, &pairs, &Value::None, false)?;
        }
        self.out.push('{');
        self.depth += 1;
        let mut first = true;
        for pair in pairs {
            let Some([key, value]) = pair.as_tuple().map(|pair| &pair[..]) else {
                return Err(self.vm.value_error("items must return 2-tuples"));
            };
            let Some(key) = self.key(key)? else { continue };
            if !first {
                self.out.push_str(self.item_separator.as_str());
            }
            first = false;
            self.line(0);
            push_quoted(&mut self.out, &key, self.ascii);
            self.out.push_str(self.key_separator.as_str());
            self.value(value)?;
        }
        self.line(1);
        self.depth -= 1;
        self.out.push('}');
        Ok(())
    }

    /// The text of a key; none for one that is skipped.
    fn key(&self, key: &Value) -> R<Option<String>> {
        Ok(Some(match key.base() {
            Value::Str(text) => text.as_str().to_owned(),
            Value::None => "null".to_owned(),
            Value::True => "true".to_owned(),
            Value::False => "false".to_owned(),
            Value::Float(x) => self.float(x.get())?,
            int @ (Value::Int(_) | Value::BigInt(_)) => self.vm.repr(int)?.as_str().to_owned(),
            _ if self.skip_keys => return Ok(None),
            _ => {
                let got = self.vm.class_name(key);
                let message = format!("keys must be str, int, float, bool or None, not {got}");
                return Err(self.vm.type_error(message));
            }
        }))
    }
}

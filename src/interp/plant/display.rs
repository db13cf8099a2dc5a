//! Displays and f-strings: `(a, *b)`, `[..]`, `{..}`, `f"{x!r:>5}"`.

use super::{AtSite, Planter};
use crate::code::{DictItem, Expr, Item, Site};
use crate::object::{Dict, Fp, Node, R, Ref, Set, Str, Tuple, Value, Vm};

/// An item of a display, planted.
enum Part {
    One(Node),
    Star(Node, u32),
}

fn gather(parts: &[Part], fp: Fp, vm: &Vm, starred: fn(&Vm, &Value) -> R<Vec<Value>>) -> R<Vec<Value>> {
    let mut values = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Part::One(node) => values.push(node(fp, vm)?),
            Part::Star(node, site) => {
                let source = node(fp, vm)?;
                values.extend(starred(vm, &source).at(vm, *site)?);
            }
        }
    }
    Ok(values)
}

impl Planter<'_> {
    fn parts(&self, items: &[Item]) -> Box<[Part]> {
        let part = |item: &Item| match item {
            Item::One(e) => Part::One(self.expr(e)),
            Item::Star(e, site) => Part::Star(self.expr(e), self.site(*site)),
        };
        items.iter().map(part).collect()
    }

    pub(super) fn tuple_display(&self, items: &[Item]) -> Node {
        if let [Item::One(a), Item::One(b)] = items {
            let (a, b) = (self.expr(a), self.expr(b));
            return Box::new(move |fp, vm| {
                let a = a(fp, vm)?;
                let b = b(fp, vm)?;
                Ok(Value::pair(a, b))
            });
        }
        let plain: Option<Box<[Node]>> = items
            .iter()
            .map(|item| match item {
                Item::One(e) => Some(self.expr(e)),
                Item::Star(..) => None,
            })
            .collect();
        if let Some(nodes) = plain {
            return Box::new(move |fp, vm| {
                let mut node = nodes.iter();
                let item = || node.next().map_or(Ok(Value::Missing), |node| node(fp, vm));
                Ok(Value::Tuple(Tuple::try_from_fn(nodes.len(), item)?))
            });
        }
        let parts = self.parts(items);
        Box::new(move |fp, vm| Ok(Value::tuple(gather(&parts, fp, vm, Vm::starred)?)))
    }

    pub(super) fn list_display(&self, items: &[Item]) -> Node {
        let parts = self.parts(items);
        Box::new(move |fp, vm| Ok(Value::list(gather(&parts, fp, vm, Vm::starred)?)))
    }

    pub(super) fn set_display(&self, items: &[Item]) -> Node {
        let parts = self.parts(items);
        Box::new(move |fp, vm| {
            let set = Ref::new(Set::new());
            for value in gather(&parts, fp, vm, Vm::collect)? {
                vm.set_add(&set, value)?;
            }
            Ok(Value::Set(set))
        })
    }

    pub(super) fn dict_display(&self, items: &[DictItem]) -> Node {
        enum Entry {
            Pair(Node, Node),
            Spread(Node, u32),
        }
        let entry = |item: &DictItem| match item {
            DictItem::Pair(k, v) => Entry::Pair(self.expr(k), self.expr(v)),
            DictItem::Spread(e, site) => Entry::Spread(self.expr(e), self.site(*site)),
        };
        let entries: Box<[Entry]> = items.iter().map(entry).collect();
        Box::new(move |fp, vm| {
            let dict = Ref::new(Dict::with_capacity(entries.len()));
            for entry in entries.iter() {
                match entry {
                    Entry::Pair(key, value) => {
                        let key = key(fp, vm)?;
                        let value = value(fp, vm)?;
                        vm.dict_set(&dict, key, value)?;
                    }
                    Entry::Spread(node, site) => {
                        let mapping = node(fp, vm)?;
                        vm.spread(&dict, &mapping).at(vm, *site)?;
                    }
                }
            }
            Ok(Value::Dict(dict))
        })
    }

    /// One `{...}` of an f-string.
    pub(super) fn format(&self, value: &Expr, conversion: Option<char>, spec: Option<&Expr>, site: Site) -> Node {
        let (value, site) = (self.expr(value), self.site(site));
        let spec = spec.map(|e| self.expr(e));
        Box::new(move |fp, vm| {
            let mut value = value(fp, vm)?;
            if let Some(conversion) = conversion {
                value = vm.apply_conversion(conversion, &value).at(vm, site)?;
            }
            match &spec {
                None => match value {
                    Value::Str(_) => Ok(value),
                    other => vm.format(&other, "").at(vm, site).map(Value::Str),
                },
                Some(spec) => {
                    let spec = spec(fp, vm)?;
                    let text = spec.as_str().map_or("", |s| s.as_str());
                    vm.format(&value, text).at(vm, site).map(Value::Str)
                }
            }
        })
    }

    /// The parts of an f-string in one string.
    pub(super) fn join(&self, parts: &[Expr]) -> Node {
        let parts: Box<[Node]> = parts.iter().map(|e| self.expr(e)).collect();
        Box::new(move |fp, vm| {
            let mut text = String::with_capacity(parts.len() * 8);
            for part in parts.iter() {
                let piece = part(fp, vm)?;
                if let Some(piece) = piece.as_str() {
                    text.push_str(piece.as_str());
                }
            }
            Ok(Value::Str(Str::from_string(text)))
        })
    }
}

impl Vm {
    /// `*values` in a display.
    fn starred(&self, values: &Value) -> R<Vec<Value>> {
        match values {
            Value::List(list) => Ok(list.snapshot()),
            Value::Tuple(tuple) => Ok(tuple.to_vec()),
            other => {
                let plain = matches!(other, Value::Iter(_) | Value::Machine(_));
                if !plain
                    && self.special(other, crate::intern::sym::__iter__).is_none()
                    && self.special(other, crate::intern::sym::__getitem__).is_none()
                {
                    let name = self.type_name(other);
                    return Err(self.type_error(format!("Value after * must be an iterable, not {name}")));
                }
                self.collect(other)
            }
        }
    }

    /// `**mapping` in a display.
    fn spread(&self, dict: &Dict, mapping: &Value) -> R<()> {
        if mapping.as_dict().is_none() && self.find_attr(mapping, crate::intern::sym::keys)?.is_none() {
            let name = self.type_name(mapping);
            return Err(self.type_error(format!("'{name}' object is not a mapping")));
        }
        self.dict_update(dict, mapping)
    }

    /// `!r`, `!s`, `!a`
    pub(crate) fn apply_conversion(&self, conversion: char, value: &Value) -> R {
        match conversion {
            'r' => self.repr(value),
            'a' => self.ascii(value),
            _ => self.str(value),
        }
        .map(Value::Str)
    }
}

//! Displays and f-strings: `(a, *b)`, `[..]`, `{..}`, `f"{x!r:>5}"`.

use super::{AtSite, Planter};
use crate::code::{Const, DictItem, Expr, Item, Site};
use crate::interp::format::ReadySpec;
use crate::object::{Dict, Fp, Held, Node, R, Ref, Set, Str, Tuple, Value, Vm};

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
    fn field(&self, value: &Expr, conversion: Option<char>, spec: Option<&Expr>, site: Site) -> Field {
        let known = match spec {
            Some(Expr::Join(parts)) if parts.len() == 1 => &parts[0],
            Some(spec) => spec,
            None => return Field { value: self.expr(value), conversion, spec: Spec::None, site: self.site(site) },
        };
        let spec = match known {
            Expr::Const(Const::Str(text)) => Spec::Known(ReadySpec::new(text)),
            other => Spec::Computed(self.expr(other)),
        };
        Field { value: self.expr(value), conversion, spec, site: self.site(site) }
    }

    /// One `{...}` that is not joined to anything.
    pub(super) fn format(&self, value: &Expr, conversion: Option<char>, spec: Option<&Expr>, site: Site) -> Node {
        let field = self.field(value, conversion, spec, site);
        Box::new(move |fp, vm| {
            let mut text = String::new();
            field.write(fp, vm, &mut text)?;
            Ok(Value::string(text))
        })
    }

    /// The parts of an f-string in one string.
    pub(super) fn join(&self, parts: &[Expr]) -> Node {
        enum Piece {
            Text(Box<str>),
            Field(Field),
            Other(Node),
        }
        let piece = |part: &Expr| match part {
            Expr::Const(Const::Str(text)) => Piece::Text(text.as_ref().into()),
            Expr::Format { value, conversion, spec, site } => {
                Piece::Field(self.field(value, *conversion, spec.as_deref(), *site))
            }
            other => Piece::Other(self.expr(other)),
        };
        let pieces: Box<[Piece]> = parts.iter().map(piece).collect();
        Box::new(move |fp, vm| {
            let mut text = String::with_capacity(pieces.len() * 8);
            for piece in pieces.iter() {
                match piece {
                    Piece::Text(literal) => text.push_str(literal),
                    Piece::Field(field) => field.write(fp, vm, &mut text)?,
                    Piece::Other(node) => {
                        let piece = Held::new(node(fp, vm)?);
                        if let Some(piece) = piece.as_str() {
                            text.push_str(piece.as_str());
                        }
                    }
                }
            }
            Ok(Value::Str(Str::from_string(text)))
        })
    }
}

/// `{value!r:spec}`, planted.
struct Field {
    value: Node,
    conversion: Option<char>,
    spec: Spec,
    site: u32,
}

enum Spec {
    None,
    Known(ReadySpec),
    Computed(Node),
}

impl Field {
    fn write(&self, fp: Fp, vm: &Vm, out: &mut String) -> R<()> {
        let mut value = Held::new((self.value)(fp, vm)?);
        if let Some(conversion) = self.conversion {
            value = Held::new(vm.apply_conversion(conversion, &value).at(vm, self.site)?);
        }
        match &self.spec {
            Spec::None => vm.write_formatted(&value, out).at(vm, self.site),
            Spec::Known(spec) => vm.write_with_spec(&value, spec, out).at(vm, self.site),
            Spec::Computed(spec) => {
                let spec = spec(fp, vm)?;
                let text = spec.as_str().map_or("", |s| s.as_str());
                out.push_str(vm.format(&value, text).at(vm, self.site)?.as_str());
                Ok(())
            }
        }
    }
}

impl Vm {
    /// `*values` in a display, among the bases of a class, or beside other arguments by position.
    pub(super) fn starred(&self, values: &Value) -> R<Vec<Value>> {
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

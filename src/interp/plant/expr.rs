//! From expression to node: the routing, and the small nodes that need no file of their own.

use num_bigint::BigInt;

use super::operand::{Operand, Shape, look_at_both};
use super::{AtSite, Planter, fail};
use crate::code::{Arg, Call, Const, Expr, Site, Slot};
use crate::intern::Symbol;
use crate::interp::iterate::char_value;
use crate::object::{Args, Dict, Fp, Held, Node, R, Ref, Slice, Str, Value, Vm};
use crate::text::order;

/// A literal as a value.
pub fn constant_value(constant: &Const) -> Value {
    match constant {
        Const::None => Value::None,
        Const::True => Value::True,
        Const::False => Value::False,
        Const::Ellipsis => Value::Ellipsis,
        Const::Int(n) => Value::Int(*n),
        Const::BigInt(n) => Value::big(BigInt::clone(n)),
        Const::Float(x) => Value::float(*x),
        Const::Imaginary(x) => Value::complex(0.0, *x),
        Const::Str(s) => Value::str(s),
        Const::Bytes(b) => Value::bytes(b.to_vec()),
        Const::Tuple(items) => Value::tuple(items.iter().map(constant_value).collect()),
    }
}

impl Planter<'_> {
    pub(super) fn constant(&self, constant: &Const) -> Value {
        let value = constant_value(constant);
        if let Value::Str(s) = &value {
            // Computed once, not on the first lookup of every run.
            s.hash();
        }
        value
    }

    pub(super) fn expr(&self, expr: &Expr) -> Node {
        // Trees may be thousands of levels deep (long sums).
        stacker::maybe_grow(64 << 10, 2 << 20, || self.expr_node(expr))
    }

    fn expr_node(&self, expr: &Expr) -> Node {
        match expr {
            Expr::Const(constant) => self.constant_node(constant),
            Expr::Local { slot } => {
                let slot = *slot;
                Box::new(move |fp, _| Ok(fp.get(slot)))
            }
            Expr::LocalChecked { slot, name, site } => self.local_checked(*slot, *name, *site),
            Expr::Cell { slot, name, site } => self.cell(*slot, *name, *site),
            Expr::Free { index, name, site } => self.free(*index, *name, *site),
            Expr::Global { name, site } => self.global(*name, *site),
            Expr::ClassName { name, outer, site } => self.class_name(*name, *outer, *site),
            Expr::Take { slot } => {
                let slot = *slot;
                Box::new(move |fp, _| Ok(fp.take(slot)))
            }
            Expr::Unary { op, operand, site } => self.unary(*op, operand, *site),
            Expr::Binary { op, left, right, site } => self.binary(*op, left, right, *site),
            Expr::Compare { op, left, right, site } => self.compare(*op, left, right, *site),
            Expr::Chain { first, rest, site } => self.chain(first, rest, *site),
            Expr::Not { operand, site } => {
                let test = self.test(operand, *site);
                Box::new(move |fp, vm| Ok(Value::bool(!test(fp, vm)?)))
            }
            Expr::And { operands, site } => self.short_circuit(operands, false, *site),
            Expr::Or { operands, site } => self.short_circuit(operands, true, *site),
            Expr::If { test, then, orelse, site } => {
                let (test, then, orelse) = (self.test(test, *site), self.expr(then), self.expr(orelse));
                Box::new(move |fp, vm| if test(fp, vm)? { then(fp, vm) } else { orelse(fp, vm) })
            }
            Expr::Attr { object, name, site } => self.attribute(object, *name, *site),
            Expr::Index { object, index, site } => self.index(object, index, *site),
            Expr::Slice { lower, upper, step } => self.slice(lower, upper, step),
            Expr::Call(call) => self.call(call),
            Expr::Tuple(items) => self.tuple_display(items),
            Expr::List(items) => self.list_display(items),
            Expr::Set(items) => self.set_display(items),
            Expr::Dict(items) => self.dict_display(items),
            Expr::Format { value, conversion, spec, site } => self.format(value, *conversion, spec.as_deref(), *site),
            Expr::Join(parts) => self.join(parts),
            Expr::Function(make) => self.make_function(make),
            Expr::Class(make) => self.make_class(make),
            Expr::Comp(comp) => self.comp(comp),
            Expr::Generator { make, iter, is_async, site } => self.generator(make, iter, *is_async, *site),
            Expr::Assign { target, value } => {
                let (value, assign) = (self.expr(value), self.assign(target));
                Box::new(move |fp, vm| {
                    let value = value(fp, vm)?;
                    assign(fp, vm, value.clone())?;
                    Ok(value)
                })
            }
            Expr::Locals { call, inner } => self.locals(call, inner),
            Expr::Matches { value, pattern, site } => {
                let test = self.matches(value, pattern, *site);
                Box::new(move |fp, vm| test(fp, vm).map(Value::bool))
            }
            Expr::ExceptionMatches { exception, types, site } => {
                let test = self.exception_matches(*exception, types, *site);
                Box::new(move |fp, vm| test(fp, vm).map(Value::bool))
            }
            Expr::Unsupported { what, site } => {
                let (what, site) = (*what, self.site(*site));
                Box::new(move |_, vm| fail(vm, site, vm.not_implemented(what)))
            }
        }
    }

    fn constant_node(&self, constant: &Const) -> Node {
        match self.constant(constant) {
            Value::Int(n) => Box::new(move |_, _| Ok(Value::Int(n))),
            Value::None => Box::new(|_, _| Ok(Value::None)),
            value => Box::new(move |_, _| Ok(value.clone())),
        }
    }

    /// `a[i]`: lists and tuples by int and dicts inline, the rest through `Vm::get_item`.
    fn index(&self, object: &Expr, index: &Expr, site: Site) -> Node {
        let site = self.site(site);
        if let Expr::Slice { lower, upper, step } = index {
            let parts = [lower, upper, step].map(|part| self.part(part));
            return match self.operand_before(object, index) {
                Shape::Local(object) => slice_node(object, parts, site),
                other => slice_node(other.computed(), parts, site),
            };
        }
        match (self.operand_before(object, index), self.operand(index)) {
            (Shape::Local(a), Shape::Local(b)) => index_node(a, b, site),
            (Shape::Local(a), Shape::Constant(b)) => index_node(a, b, site),
            (Shape::Local(a), Shape::Near(b)) => index_node(a, b, site),
            (Shape::Local(a), Shape::Computed(b)) => index_node(a, b, site),
            (Shape::Near(a), Shape::Local(b)) => index_node(a, b, site),
            (Shape::Near(a), Shape::Constant(b)) => index_node(a, b, site),
            (Shape::Near(a), Shape::Near(b)) => index_node(a, b, site),
            (Shape::Computed(a), Shape::Local(b)) => index_node(a, b, site),
            (Shape::Computed(a), Shape::Constant(b)) => index_node(a, b, site),
            (a, b) => index_node(a.computed(), b.computed(), site),
        }
    }

    /// A part of a slice; None where it is not given.
    fn part(&self, part: &Option<Box<Expr>>) -> Option<Node> {
        part.as_ref().map(|part| self.expr(part))
    }

    fn slice(&self, lower: &Option<Box<Expr>>, upper: &Option<Box<Expr>>, step: &Option<Box<Expr>>) -> Node {
        let parts = [lower, upper, step].map(|part| self.part(part));
        Box::new(move |fp, vm| {
            let [start, stop, step] = &parts;
            let start = eval_part(start, fp, vm)?;
            let stop = eval_part(stop, fp, vm)?;
            let step = eval_part(step, fp, vm)?;
            Ok(Value::Slice(Ref::new(Slice { start, stop, step })))
        })
    }

    /// `locals()`, `vars()` and `dir()` without arguments: the frame's variables by name.
    fn locals(&self, call: &Call, inner: &[(Symbol, Slot)]) -> Node {
        let name = match &call.func {
            Expr::Global { name, .. } | Expr::ClassName { name, .. } => *name,
            _ => return self.call(call),
        };
        let plain = self.call(call);
        let callee = self.expr(&call.func);
        let source = match &call.args[..] {
            [Arg::Positional(source), ..] => Some(self.expr(source)),
            _ => None,
        };
        let site = self.site(call.site);
        let code = self.code.clone();
        let in_class = matches!(code.kind, crate::code::Kind::Class | crate::code::Kind::Names);
        let globals = (code.kind == crate::code::Kind::Module).then(|| self.globals.clone());
        let inner: Box<[(Symbol, Slot)]> = inner.into();
        Box::new(move |fp, vm| {
            let function = callee(fp, vm)?;
            if !matches!(&function, Value::Builtin(b) if b.row.name == name.as_str()) {
                return plain(fp, vm);
            }
            let source = match &source {
                Some(source) => Some(source(fp, vm)?),
                None => None,
            };
            let namespace = match &globals {
                Some(globals) => Value::Dict(globals.clone()),
                None if in_class => fp.get(Slot(1)),
                None => Value::Dict(vm.frame_variables(&code, fp)),
            };
            // Variables of comprehensions hide what is around them, in a copy.
            let namespace = match &namespace {
                Value::Dict(names) if !inner.is_empty() => {
                    let names = names.copy();
                    for (name, slot) in inner.iter() {
                        vm.note_variable(&names, *name, fp.get(*slot));
                    }
                    Value::dict(names)
                }
                _ => namespace,
            };
            if let Some(source) = source {
                // Text that is run sees the variables here; what it binds in a function is lost (PEP 667).
                vm.site.set(site);
                return vm.call(&function, Args::positional(&[source, Value::None, namespace])).at(vm, site);
            }
            let names = match &namespace {
                Value::Dict(names) => names.clone(),
                _ if name.as_str() != "dir" => return Ok(namespace),
                _ => Ref::new(Dict::new()),
            };
            if name.as_str() != "dir" {
                return Ok(Value::Dict(names));
            }
            let mut keys = names.keys();
            order::sort_by(&mut keys, |a, b| match (a.as_str(), b.as_str()) {
                (Some(a), Some(b)) => a.as_str().cmp(b.as_str()),
                _ => std::cmp::Ordering::Equal,
            });
            Ok(Value::list(keys))
        })
    }
}

impl Vm {
    /// Adds a variable to what `locals()` gives, if it is bound.
    fn note_variable(&self, names: &Dict, name: Symbol, value: Value) {
        let value = match value {
            Value::Cell(cell) => cell.value.get(),
            value => value,
        };
        if !value.is_missing() && !name.as_str().starts_with('.') {
            names.set_name(name, value);
        }
    }

    /// The bound variables of a frame, as `locals()` gives them (PEP 667: a snapshot).
    pub(super) fn frame_variables(&self, code: &crate::code::Code, fp: Fp) -> Ref<Dict> {
        let dict = Ref::new(Dict::new());
        for (i, name) in code.slot_names.iter().enumerate().skip(1) {
            let Some(name) = name else { continue };
            self.note_variable(&dict, *name, fp.get(Slot(i as u32)));
        }
        for (i, name) in code.free.iter().enumerate() {
            if let Some(cell) = super::name::free_cell(fp, crate::code::FreeIndex(i as u32)) {
                let value = cell.value.get();
                if !value.is_missing() {
                    dict.set_name(*name, value);
                }
            }
        }
        dict
    }
}

#[inline(always)]
fn eval_part(part: &Option<Node>, fp: Fp, vm: &Vm) -> R {
    match part {
        Some(node) => node(fp, vm),
        None => Ok(Value::None),
    }
}

/// `a[i:j:k]`: of builtin sequences without a slice object.
fn slice_node<A: Operand>(object: A, parts: [Option<Node>; 3], site: u32) -> Node {
    Box::new(move |fp, vm| {
        let object = object.get(fp, vm)?;
        let [start, stop, step] = &parts;
        let start = Held::new(eval_part(start, fp, vm)?);
        let stop = Held::new(eval_part(stop, fp, vm)?);
        let step = Held::new(eval_part(step, fp, vm)?);
        if let Some(part) = vm.quick_slice(&object, [&start, &stop, &step]) {
            return Ok(part);
        }
        let slice = Slice { start: (*start).clone(), stop: (*stop).clone(), step: (*step).clone() };
        vm.get_item(&object, &Value::Slice(Ref::new(slice))).at(vm, site)
    })
}

#[expect(
    clippy::redundant_closure,
    reason = "a closure of the node's own is inlined, a function that many call is not"
)]
fn index_node<A: Operand, B: Operand>(object: A, index: B, site: u32) -> Node {
    Box::new(move |fp, vm| {
        if let Some(value) = look_at_both(&object, &index, fp, |object, index| plain_item(object, index)) {
            return Ok(value);
        }
        let object = object.get(fp, vm)?;
        let index = index.get(fp, vm)?;
        get_item(vm, &object, &index, site)
    })
}

/// The character at an index of a str that is ASCII throughout.
#[inline]
fn ascii_at(text: &Str, index: i64) -> Option<Value> {
    let bytes = text.as_str().as_bytes();
    if !text.is_ascii() {
        return None;
    }
    let at = if index < 0 { index + bytes.len() as i64 } else { index };
    bytes.get(at as usize).map(|&byte| char_value(byte as char))
}

/// The item at a small int of a list, a tuple or a str of ASCII, or under a key of a dict that a look finds. Runs no code of a
/// script.
#[inline(always)]
fn plain_item(object: &Value, index: &Value) -> Option<Value> {
    match (object, index) {
        (Value::List(list), Value::Int(i)) => {
            let at = if *i < 0 { *i + list.len() as i64 } else { *i };
            list.get(at as usize)
        }
        (Value::Tuple(tuple), Value::Int(i)) => {
            let at = if *i < 0 { *i + tuple.len() as i64 } else { *i };
            tuple.get(at as usize).cloned()
        }
        (Value::Dict(dict), _) => dict.value_of(index),
        (Value::Str(text), Value::Int(i)) => ascii_at(text, *i),
        _ => None,
    }
}

/// `object[index]`
#[inline(always)]
pub(super) fn get_item(vm: &Vm, object: &Value, index: &Value, site: u32) -> R {
    match plain_item(object, index) {
        Some(value) => Ok(value),
        None => vm.get_item(object, index).at(vm, site),
    }
}

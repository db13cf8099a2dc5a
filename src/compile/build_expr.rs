//! Expressions: from the syntax tree to the executable tree.
//!
//! One walk serves both kinds of body. In a machine an operand that is followed by a suspending one is
//! spilled ([`Frame::operand`]), so that evaluation order stays that of the source.

use super::fold;
use super::frame::Frame;
use super::scopes::Key;
use super::scopes::address;
use crate::code::{self, BinaryOp, CompareOp, Const, DictItem, Expr, Item, Target};
use crate::syntax::ast::{self, BoolOp, CmpOp, Constant, Conversion, ExprKind, FStringPart};

impl<'a> Frame<'a> {
    /// Builds `e`. In a machine the instructions of what suspends in it are emitted; the tree that is
    /// returned gives the value when it runs right after them.
    pub fn expr(&mut self, e: &'a ast::Expr) -> Expr {
        match &e.kind {
            ExprKind::Constant(c) => Expr::Const(constant(c)),
            ExprKind::Name(name) => self.load(e, *name),
            _ => super::deep(|| self.compound(e)),
        }
    }

    fn compound(&mut self, e: &'a ast::Expr) -> Expr {
        match &e.kind {
            ExprKind::BoolOp { op, values } => self.bool_op(*op, values, e),
            ExprKind::NamedExpr { target, value } => self.named(target, value),
            ExprKind::BinOp { left, op, right } => self.binary(left, *op, right, e),
            ExprKind::UnaryOp { op, operand } => self.unary(*op, operand, e),
            ExprKind::Lambda { args, body } => self.lambda(e, args, body),
            ExprKind::IfExp { test, body, orelse } => self.conditional(test, body, orelse),
            ExprKind::Dict(items) => self.dict(items, e),
            ExprKind::Set(items) => Expr::Set(self.items(items, e)),
            ExprKind::List(items) => Expr::List(self.items(items, e)),
            ExprKind::Tuple(items) => fold::tuple(self.items(items, e)),
            ExprKind::ListComp { elt, generators } => self.list_comp(e, elt, generators),
            ExprKind::SetComp { elt, generators } => self.set_comp(e, elt, generators),
            ExprKind::DictComp { key, value, generators } => self.dict_comp(e, key, value, generators),
            ExprKind::GeneratorExp { elt, generators } => self.generator(e, elt, generators),
            ExprKind::Await(value) => self.await_expr(value, e.span),
            ExprKind::Yield(value) => self.yield_expr(value.as_deref(), e.span),
            ExprKind::YieldFrom(value) => self.yield_from(value, e.span),
            ExprKind::Compare { left, ops, comparators } => self.compare(left, ops, comparators, e),
            ExprKind::Call { func, args, keywords } => self.call(e, func, args, keywords),
            ExprKind::JoinedStr(parts) => self.joined(parts),
            ExprKind::Constant(c) => Expr::Const(constant(c)),
            ExprKind::Attribute { value, attr, .. } => self.attribute(value, *attr, e),
            ExprKind::Subscript { value, slice } => self.subscript(value, slice, e),
            // Reported by the walk where it has no place.
            ExprKind::Starred(value) => self.expr(value),
            ExprKind::Name(name) => self.load(e, *name),
            ExprKind::Slice { lower, upper, step } => self.slice(lower, upper, step),
        }
    }

    pub fn boxed(&mut self, e: &'a ast::Expr) -> Box<Expr> {
        Box::new(self.expr(e))
    }

    fn attribute(&mut self, value: &'a ast::Expr, attr: crate::intern::Symbol, e: &'a ast::Expr) -> Expr {
        let object = self.boxed(value);
        Expr::Attr { object, name: self.mangled(attr), site: self.site(e.span) }
    }

    fn named(&mut self, target: &ast::Ident, value: &'a ast::Expr) -> Expr {
        let value = self.boxed(value);
        Expr::Assign { target: Box::new(self.store(target.name)), value }
    }

    fn binary(&mut self, left: &'a ast::Expr, op: ast::BinOp, right: &'a ast::Expr, e: &'a ast::Expr) -> Expr {
        let spill = self.suspends(right);
        let left = self.operand(left, spill);
        let right = self.expr(right);
        let op = binary_op(op);
        if let (Expr::Const(a), Expr::Const(b)) = (&left, &right)
            && let Some(folded) = fold::binary(op, a, b)
        {
            return Expr::Const(folded);
        }
        Expr::Binary { op, left: Box::new(left), right: Box::new(right), site: self.site(e.span) }
    }

    fn unary(&mut self, op: ast::UnaryOp, operand: &'a ast::Expr, e: &'a ast::Expr) -> Expr {
        let operand = self.expr(operand);
        let op = match op {
            ast::UnaryOp::Not => return self.not(operand, e),
            ast::UnaryOp::Invert => code::UnaryOp::Invert,
            ast::UnaryOp::UAdd => code::UnaryOp::Pos,
            ast::UnaryOp::USub => code::UnaryOp::Neg,
        };
        if let Expr::Const(c) = &operand
            && let Some(folded) = fold::unary(op, c)
        {
            return Expr::Const(folded);
        }
        Expr::Unary { op, operand: Box::new(operand), site: self.site(e.span) }
    }

    fn not(&mut self, operand: Expr, e: &'a ast::Expr) -> Expr {
        match fold::truth(&operand) {
            Some(true) => Expr::Const(Const::False),
            Some(false) => Expr::Const(Const::True),
            None => Expr::Not { operand: Box::new(operand), site: self.site(e.span) },
        }
    }

    fn bool_op(&mut self, op: BoolOp, values: &'a [ast::Expr], e: &'a ast::Expr) -> Expr {
        if values.iter().skip(1).any(|v| self.suspends(v)) {
            return self.suspended_bool_op(op, values);
        }
        let operands = values.iter().map(|v| self.expr(v)).collect();
        let site = self.site(e.span);
        match op {
            BoolOp::And => Expr::And { operands, site },
            BoolOp::Or => Expr::Or { operands, site },
        }
    }

    fn conditional(&mut self, test: &'a ast::Expr, body: &'a ast::Expr, orelse: &'a ast::Expr) -> Expr {
        if self.suspends(body) || self.suspends(orelse) {
            return self.suspended_conditional(test, body, orelse);
        }
        let site_span = test.span;
        let test = self.expr(test);
        match fold::truth(&test) {
            Some(true) => self.expr(body),
            Some(false) => self.expr(orelse),
            None => {
                let then = self.boxed(body);
                let orelse = self.boxed(orelse);
                Expr::If { test: Box::new(test), then, orelse, site: self.site(site_span) }
            }
        }
    }

    fn compare(&mut self, left: &'a ast::Expr, ops: &[CmpOp], comparators: &'a [ast::Expr], e: &'a ast::Expr) -> Expr {
        match (ops, comparators) {
            ([op], [right]) => {
                let spill = self.suspends(right);
                let left = Box::new(self.operand(left, spill));
                let op = compare_op(*op);
                let right = Box::new(self.comparand(op, right));
                Expr::Compare { op, left, right, site: self.site(e.span) }
            }
            _ if comparators.iter().any(|c| self.suspends(c)) => self.suspended_chain(left, ops, comparators, e),
            _ => {
                let first = self.boxed(left);
                let last = ops.len() - 1;
                let rest = ops.iter().zip(comparators).enumerate().map(|(i, (op, c))| {
                    let op = compare_op(*op);
                    // An operand in the middle is compared twice, so it must stay what it is.
                    (op, if i == last { self.comparand(op, c) } else { self.expr(c) })
                });
                let rest = rest.collect();
                Expr::Chain { first, rest, site: self.site(e.span) }
            }
        }
    }

    /// `x in [1, 2]` needs no fresh list.
    pub fn comparand(&mut self, op: CompareOp, e: &'a ast::Expr) -> Expr {
        let value = self.expr(e);
        if matches!(op, CompareOp::In | CompareOp::NotIn) { fold::list_as_tuple(value) } else { value }
    }

    // Displays

    /// The elements of a display, stars among them.
    fn items(&mut self, items: &'a [ast::Expr], e: &'a ast::Expr) -> Box<[Item]> {
        let last = self.last_suspending(items.iter());
        let mut out = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            out.push(match &item.kind {
                ExprKind::Starred(value) => {
                    let value = self.expr(value);
                    self.star_item(value, e.span, i < last)
                }
                _ => Item::One(self.operand(item, i < last)),
            });
        }
        out.into()
    }

    fn dict(&mut self, items: &'a [ast::DictItem], e: &'a ast::Expr) -> Expr {
        let operands = items.iter().flat_map(|i| i.key.iter().chain([&i.value]));
        let last = self.last_suspending(operands);
        let mut position = 0;
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            match &item.key {
                Some(key) => {
                    let key = self.operand(key, position < last);
                    let value = self.operand(&item.value, position + 1 < last);
                    position += 2;
                    out.push(DictItem::Pair(key, value));
                }
                None => {
                    let value = self.expr(&item.value);
                    out.push(self.spread_item(value, e.span, position < last));
                    position += 1;
                }
            }
        }
        Expr::Dict(out.into())
    }

    // Subscripts

    fn subscript(&mut self, value: &'a ast::Expr, slice: &'a ast::Expr, e: &'a ast::Expr) -> Expr {
        let spill = self.suspends(slice);
        let object = Box::new(self.operand(value, spill));
        let index = self.boxed(slice);
        Expr::Index { object, index, site: self.site(e.span) }
    }

    fn slice(
        &mut self,
        lower: &'a Option<Box<ast::Expr>>,
        upper: &'a Option<Box<ast::Expr>>,
        step: &'a Option<Box<ast::Expr>>,
    ) -> Expr {
        let last_step = step.as_deref().is_some_and(|e| self.suspends(e));
        let last_upper = last_step || upper.as_deref().is_some_and(|e| self.suspends(e));
        let lower = lower.as_deref().map(|e| Box::new(self.operand(e, last_upper)));
        let upper = upper.as_deref().map(|e| Box::new(self.operand(e, last_step)));
        let step = step.as_deref().map(|e| self.boxed(e));
        Expr::Slice { lower, upper, step }
    }

    // f-strings

    fn joined(&mut self, parts: &'a [FStringPart]) -> Expr {
        let suspending = |f: &Self, p: &'a FStringPart| f.part_suspends(p);
        let last = parts.iter().rposition(|p| suspending(self, p)).unwrap_or(0);
        let mut out = Vec::with_capacity(parts.len());
        for (i, part) in parts.iter().enumerate() {
            let value = match part {
                FStringPart::Literal(text) => Expr::Const(Const::Str(text.as_str().into())),
                FStringPart::FormattedValue(v) => self.formatted(v),
            };
            out.push(if i < last { self.spill(value) } else { value });
        }
        match out.pop() {
            None => Expr::Const(Const::Str("".into())),
            Some(only @ Expr::Const(_)) if out.is_empty() => only,
            Some(last) => {
                out.push(last);
                Expr::Join(out.into())
            }
        }
    }

    fn part_suspends(&self, part: &'a FStringPart) -> bool {
        match part {
            FStringPart::Literal(_) => false,
            FStringPart::FormattedValue(v) => {
                self.suspends(&v.value)
                    || v.format_spec.as_ref().is_some_and(|s| s.iter().any(|p| self.part_suspends(p)))
            }
        }
    }

    fn formatted(&mut self, v: &'a ast::FormattedValue) -> Expr {
        let spill = v.format_spec.as_ref().is_some_and(|s| s.iter().any(|p| self.part_suspends(p)));
        let value = Box::new(self.operand(&v.value, spill));
        let conversion = v.conversion.map(|c| match c {
            Conversion::Str => 's',
            Conversion::Repr => 'r',
            Conversion::Ascii => 'a',
        });
        let spec = v.format_spec.as_ref().map(|s| Box::new(self.joined(s)));
        Expr::Format { value, conversion, spec, site: self.site(v.span) }
    }

    // Targets

    /// What is assigned to or deleted. In a machine its operands are emitted like those of an expression;
    /// an unpacking whose parts suspend is taken apart by the caller.
    pub fn target(&mut self, e: &'a ast::Expr) -> Target {
        match &e.kind {
            ExprKind::Name(name) => self.store(*name),
            ExprKind::Attribute { value, attr, .. } => {
                let object = self.boxed(value);
                Target::Attr { object, name: self.mangled(*attr), site: self.site(e.span) }
            }
            ExprKind::Subscript { value, slice } => {
                let spill = self.suspends(slice);
                let object = Box::new(self.operand(value, spill));
                let index = self.boxed(slice);
                Target::Index { object, index, site: self.site(e.span) }
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                let star = items.iter().position(|i| matches!(i.kind, ExprKind::Starred(_)));
                let targets = items.iter().map(|i| self.target(i)).collect();
                Target::Unpack { targets, star: star.map(|s| s as u32), site: self.site(e.span) }
            }
            ExprKind::Starred(value) => self.target(value),
            // The parser refuses every other target; an empty unpacking is harmless.
            _ => Target::Unpack { targets: Box::new([]), star: None, site: self.site(e.span) },
        }
    }

    /// The scope that the walk opened for an expression.
    pub fn scope_of(&self, e: &ast::Expr) -> super::scopes::ScopeId {
        self.shared.scopes.of(Key::Expr(address(e)))
    }
}

pub(super) fn constant(c: &Constant) -> Const {
    match c {
        Constant::None => Const::None,
        Constant::True => Const::True,
        Constant::False => Const::False,
        Constant::Ellipsis => Const::Ellipsis,
        Constant::Int(i) => Const::Int(*i),
        Constant::BigInt(b) => Const::BigInt((**b).clone().into()),
        Constant::Float(f) => Const::Float(*f),
        Constant::Complex(f) => Const::Imaginary(*f),
        Constant::Str(s) => Const::Str((**s).into()),
        Constant::Bytes(b) => Const::Bytes((**b).into()),
    }
}

pub(super) fn binary_op(op: ast::BinOp) -> BinaryOp {
    match op {
        ast::BinOp::Add => BinaryOp::Add,
        ast::BinOp::Sub => BinaryOp::Sub,
        ast::BinOp::Mult => BinaryOp::Mul,
        ast::BinOp::MatMult => BinaryOp::MatMul,
        ast::BinOp::Div => BinaryOp::Div,
        ast::BinOp::Mod => BinaryOp::Mod,
        ast::BinOp::Pow => BinaryOp::Pow,
        ast::BinOp::LShift => BinaryOp::LShift,
        ast::BinOp::RShift => BinaryOp::RShift,
        ast::BinOp::BitOr => BinaryOp::Or,
        ast::BinOp::BitXor => BinaryOp::Xor,
        ast::BinOp::BitAnd => BinaryOp::And,
        ast::BinOp::FloorDiv => BinaryOp::FloorDiv,
    }
}

pub(super) fn compare_op(op: CmpOp) -> CompareOp {
    match op {
        CmpOp::Eq => CompareOp::Eq,
        CmpOp::NotEq => CompareOp::Ne,
        CmpOp::Lt => CompareOp::Lt,
        CmpOp::LtE => CompareOp::Le,
        CmpOp::Gt => CompareOp::Gt,
        CmpOp::GtE => CompareOp::Ge,
        CmpOp::Is => CompareOp::Is,
        CmpOp::IsNot => CompareOp::IsNot,
        CmpOp::In => CompareOp::In,
        CmpOp::NotIn => CompareOp::NotIn,
    }
}

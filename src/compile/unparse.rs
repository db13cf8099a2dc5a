//! Expressions as text again: what an annotation is under `from __future__ import annotations` (PEP 563). The form is
//! that of CPython's `Python/ast_unparse.c`: parentheses only where the tree needs them, literals as their `repr`.
//!
//! Knows the tree and the text of literals; nothing of scopes or code.

use super::deep;
use crate::source::{Source, Span};
use crate::syntax::ast::{
    Arg, Arguments, BinOp, BoolOp, CmpOp, Comprehension, Constant, Conversion, DictItem, Expr, ExprKind, FStringPart,
    FormattedValue, Keyword, UnaryOp,
};
use crate::text::{float, quote};

/// How tightly something binds, loosest first: an expression that binds less than its place asks for gets parentheses.
type Level = u8;
const TUPLE: Level = 1;
const TEST: Level = 2;
const OR: Level = 3;
const AND: Level = 4;
const NOT: Level = 5;
const COMPARE: Level = 6;
const BIT_OR: Level = 7;
const BIT_XOR: Level = 8;
const BIT_AND: Level = 9;
const SHIFT: Level = 10;
const SUM: Level = 11;
const TERM: Level = 12;
const FACTOR: Level = 13;
const POWER: Level = 14;
const AWAIT: Level = 15;
const ATOM: Level = 16;

/// Quotes in f-strings in f-strings double their backslashes with every level; past this many bytes the text is given
/// up.
const LONGEST: usize = 1 << 20;

/// The expression as text; as it is written in `source` where that would be absurdly long.
pub fn unparse(e: &Expr, source: &Source) -> String {
    let mut printer = Printer { out: String::new(), source, given_up: false };
    printer.expr(e, TEST);
    if printer.given_up { source.slice(e.span).to_owned() } else { printer.out }
}

struct Printer<'s> {
    out: String,
    source: &'s Source,
    given_up: bool,
}

impl Printer<'_> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.given_up |= self.out.len() > LONGEST;
    }

    fn expr(&mut self, e: &Expr, level: Level) {
        if !self.given_up {
            deep(|| self.any(e, level));
        }
    }

    /// `body`, in parentheses when it binds at `own` and the place asks for more.
    fn grouped(&mut self, level: Level, own: Level, body: impl FnOnce(&mut Self)) {
        if level > own {
            self.push("(");
        }
        body(self);
        if level > own {
            self.push(")");
        }
    }

    fn any(&mut self, e: &Expr, level: Level) {
        match &e.kind {
            ExprKind::BoolOp { op, values } => self.bool_op(*op, values, level),
            ExprKind::NamedExpr { target, value } => self.grouped(level, 0, |p| {
                p.push(target.name.as_str());
                p.push(" := ");
                p.expr(value, ATOM);
            }),
            ExprKind::BinOp { left, op, right } => self.bin_op(left, *op, right, level),
            ExprKind::UnaryOp { op, operand } => {
                let (text, own) = unary(*op);
                self.grouped(level, own, |p| {
                    p.push(text);
                    p.expr(operand, own);
                });
            }
            ExprKind::Lambda { args, body } => self.grouped(level, TEST, |p| {
                p.push(if args.posonly.is_empty() && args.args.is_empty() { "lambda" } else { "lambda " });
                p.arguments(args);
                p.push(": ");
                p.expr(body, TEST);
            }),
            ExprKind::IfExp { test, body, orelse } => self.grouped(level, TEST, |p| {
                p.expr(body, TEST + 1);
                p.push(" if ");
                p.expr(test, TEST + 1);
                p.push(" else ");
                p.expr(orelse, TEST);
            }),
            ExprKind::Dict(items) => self.dict(items),
            ExprKind::Set(items) => self.list("{", items, "}"),
            ExprKind::List(items) => self.list("[", items, "]"),
            ExprKind::Tuple(items) => self.tuple(items, level),
            ExprKind::ListComp { elt, generators } => self.comprehension("[", None, elt, generators, "]"),
            ExprKind::SetComp { elt, generators } => self.comprehension("{", None, elt, generators, "}"),
            ExprKind::GeneratorExp { elt, generators } => self.comprehension("(", None, elt, generators, ")"),
            ExprKind::DictComp { key, value, generators } => {
                self.comprehension("{", Some(key), value, generators, "}");
            }
            ExprKind::Await(value) => self.grouped(level, AWAIT, |p| {
                p.push("await ");
                p.expr(value, ATOM);
            }),
            ExprKind::Yield(None) => self.push("(yield)"),
            ExprKind::Yield(Some(value)) => self.wrapped("(yield ", value, TEST, ")"),
            ExprKind::YieldFrom(value) => self.wrapped("(yield from ", value, TEST, ")"),
            ExprKind::Compare { left, ops, comparators } => self.grouped(level, COMPARE, |p| {
                p.expr(left, COMPARE + 1);
                for (op, right) in ops.iter().zip(comparators) {
                    p.compare(*op);
                    p.expr(right, COMPARE + 1);
                }
            }),
            ExprKind::Call { func, args, keywords } => self.call(func, args, keywords),
            ExprKind::JoinedStr(parts) => self.joined(parts),
            ExprKind::Constant(value) => self.constant(value, e.span),
            ExprKind::Attribute { value, attr, .. } => {
                self.expr(value, ATOM);
                let int = matches!(value.kind, ExprKind::Constant(Constant::Int(_) | Constant::BigInt(_)));
                self.push(if int { " ." } else { "." });
                self.push(attr.as_str());
            }
            ExprKind::Subscript { value, slice } => {
                self.expr(value, ATOM);
                self.wrapped("[", slice, TUPLE, "]");
            }
            ExprKind::Starred(value) => self.wrapped("*", value, BIT_OR, ""),
            ExprKind::Name(name) => self.push(name.as_str()),
            ExprKind::Slice { lower, upper, step } => {
                lower.iter().for_each(|e| self.expr(e, TEST));
                self.push(":");
                upper.iter().for_each(|e| self.expr(e, TEST));
                step.iter().for_each(|e| self.wrapped(":", e, TEST, ""));
            }
        }
    }

    fn wrapped(&mut self, open: &str, e: &Expr, level: Level, close: &str) {
        self.push(open);
        self.expr(e, level);
        self.push(close);
    }

    /// A comma before each but the first.
    fn comma(&mut self, first: &mut bool) {
        if !std::mem::take(first) {
            self.push(", ");
        }
    }

    fn items(&mut self, items: &[Expr]) {
        let mut first = true;
        for item in items {
            self.comma(&mut first);
            self.expr(item, TEST);
        }
    }

    fn list(&mut self, open: &str, items: &[Expr], close: &str) {
        self.push(open);
        self.items(items);
        self.push(close);
    }

    fn tuple(&mut self, items: &[Expr], level: Level) {
        if items.is_empty() {
            return self.push("()");
        }
        self.grouped(level, TUPLE, |p| {
            p.items(items);
            if items.len() == 1 {
                p.push(",");
            }
        });
    }

    fn bool_op(&mut self, op: BoolOp, values: &[Expr], level: Level) {
        let (word, own) = match op {
            BoolOp::And => (" and ", AND),
            BoolOp::Or => (" or ", OR),
        };
        self.grouped(level, own, |p| {
            for (i, value) in values.iter().enumerate() {
                if i > 0 {
                    p.push(word);
                }
                p.expr(value, own + 1);
            }
        });
    }

    fn bin_op(&mut self, left: &Expr, op: BinOp, right: &Expr, level: Level) {
        let own = match op {
            BinOp::BitOr => BIT_OR,
            BinOp::BitXor => BIT_XOR,
            BinOp::BitAnd => BIT_AND,
            BinOp::LShift | BinOp::RShift => SHIFT,
            BinOp::Add | BinOp::Sub => SUM,
            BinOp::Mult | BinOp::MatMult | BinOp::Div | BinOp::Mod | BinOp::FloorDiv => TERM,
            BinOp::Pow => POWER,
        };
        let from_right = op == BinOp::Pow;
        self.grouped(level, own, |p| {
            p.expr(left, own + from_right as Level);
            p.push(" ");
            p.push(op.symbol());
            p.push(" ");
            p.expr(right, own + !from_right as Level);
        });
    }

    fn compare(&mut self, op: CmpOp) {
        self.push(" ");
        self.push(op.symbol());
        self.push(" ");
    }

    fn dict(&mut self, items: &[DictItem]) {
        self.push("{");
        let mut first = true;
        for item in items {
            self.comma(&mut first);
            match &item.key {
                Some(key) => {
                    self.wrapped("", key, TEST, ": ");
                    self.expr(&item.value, TEST);
                }
                None => self.wrapped("**", &item.value, BIT_OR, ""),
            }
        }
        self.push("}");
    }

    fn comprehension(&mut self, open: &str, key: Option<&Expr>, elt: &Expr, clauses: &[Comprehension], close: &str) {
        self.push(open);
        if let Some(key) = key {
            self.wrapped("", key, TEST, ": ");
        }
        self.expr(elt, TEST);
        for clause in clauses {
            self.push(if clause.is_async { " async for " } else { " for " });
            self.expr(&clause.target, TUPLE);
            self.wrapped(" in ", &clause.iter, TEST + 1, "");
            for test in &clause.ifs {
                self.wrapped(" if ", test, TEST + 1, "");
            }
        }
        self.push(close);
    }

    fn call(&mut self, func: &Expr, args: &[Expr], keywords: &[Keyword]) {
        self.expr(func, ATOM);
        if let ([only @ Expr { kind: ExprKind::GeneratorExp { .. }, .. }], []) = (args, keywords) {
            return self.expr(only, TEST);
        }
        self.push("(");
        let mut first = true;
        for arg in args {
            self.comma(&mut first);
            self.expr(arg, TEST);
        }
        for keyword in keywords {
            self.comma(&mut first);
            match keyword.arg {
                Some(name) => {
                    self.push(name.as_str());
                    self.push("=");
                }
                None => self.push("**"),
            }
            self.expr(&keyword.value, TEST);
        }
        self.push(")");
    }

    fn arguments(&mut self, args: &Arguments) {
        let mut first = true;
        for arg in &args.posonly {
            self.comma(&mut first);
            self.arg(arg);
        }
        if !args.posonly.is_empty() {
            self.push(", /");
        }
        for arg in &args.args {
            self.comma(&mut first);
            self.arg(arg);
        }
        if args.vararg.is_some() || !args.kwonly.is_empty() {
            self.comma(&mut first);
            self.push("*");
            args.vararg.iter().for_each(|arg| self.arg(arg));
        }
        for arg in &args.kwonly {
            self.comma(&mut first);
            self.arg(arg);
        }
        if let Some(arg) = &args.kwarg {
            self.comma(&mut first);
            self.push("**");
            self.arg(arg);
        }
    }

    /// A parameter of a lambda: they have no annotations.
    fn arg(&mut self, arg: &Arg) {
        self.push(arg.name.as_str());
        if let Some(default) = &arg.default {
            self.wrapped("=", default, TEST, "");
        }
    }

    /// `f` and the `repr` of what stands in the quotes.
    fn joined(&mut self, parts: &[FStringPart]) {
        let around = std::mem::take(&mut self.out);
        self.parts(parts);
        let body = std::mem::replace(&mut self.out, around);
        if self.given_up {
            return;
        }
        self.push("f");
        self.push(&quote::repr_str(&body));
    }

    fn parts(&mut self, parts: &[FStringPart]) {
        for part in parts {
            match part {
                FStringPart::Literal(text) => self.push(&text.replace('{', "{{").replace('}', "}}")),
                FStringPart::FormattedValue(field) => self.field(field),
            }
        }
    }

    fn field(&mut self, field: &FormattedValue) {
        let at = self.out.len();
        self.expr(&field.value, TEST + 1);
        // Two braces in a row would be one in the text.
        let open = if self.out[at..].starts_with('{') { "{ " } else { "{" };
        self.out.insert_str(at, open);
        match field.conversion {
            Some(Conversion::Str) => self.push("!s"),
            Some(Conversion::Repr) => self.push("!r"),
            Some(Conversion::Ascii) => self.push("!a"),
            None => {}
        }
        if let Some(spec) = &field.format_spec {
            self.push(":");
            self.parts(spec);
        }
        self.push("}");
    }

    fn constant(&mut self, value: &Constant, span: Span) {
        // An infinite literal is one that overflowed.
        let finite = |x: f64| if x.is_finite() { float::repr(x) } else { "1e309".to_owned() };
        let text = match value {
            Constant::None => "None".to_owned(),
            Constant::True => "True".to_owned(),
            Constant::False => "False".to_owned(),
            Constant::Ellipsis => "...".to_owned(),
            Constant::Int(n) => n.to_string(),
            Constant::BigInt(n) => n.to_string(),
            Constant::Float(x) => finite(*x),
            Constant::Complex(x) if x.is_finite() => float::repr_complex(0.0, *x),
            Constant::Complex(_) => "1e309j".to_owned(),
            Constant::Str(text) => {
                let kind = if self.source.slice(span).starts_with('u') { "u" } else { "" };
                format!("{kind}{}", quote::repr_str(text))
            }
            Constant::Bytes(bytes) => quote::repr_bytes(bytes),
        };
        self.push(&text);
    }
}

fn unary(op: UnaryOp) -> (&'static str, Level) {
    match op {
        UnaryOp::Invert => ("~", FACTOR),
        UnaryOp::Not => ("not ", NOT),
        UnaryOp::UAdd => ("+", FACTOR),
        UnaryOp::USub => ("-", FACTOR),
    }
}

#[cfg(test)]
mod tests {
    use super::unparse;
    use crate::source::Source;
    use crate::syntax::ast::StmtKind;
    use crate::syntax::parse_expression;

    fn again(text: &str) -> String {
        let source = Source::new("t", text);
        let module = parse_expression(&source).expect("the test's expressions are right");
        match &module.body[0].kind {
            StmtKind::Expr(e) => unparse(e, &source),
            _ => panic!("not an expression"),
        }
    }

    #[test]
    fn texts_are_those_of_cpython() {
        for (text, wanted) in [
            ("list[ int ]", "list[int]"),
            ("tuple[*Ts]", "tuple[*Ts,]"),
            ("a[1:2, ::3]", "a[1:2, ::3]"),
            ("lambda x,/,y=1,*a,k:3", "lambda x, /, y=1, *a, k: 3"),
            ("lambda *a: 1", "lambda*a: 1"),
            ("f'{ {1:2} }{x!r:>{w}}{{a}}'", "f'{ {1: 2}}{x!r:>{w}}{{a}}'"),
            ("1 .real", "1 .real"),
            ("-1e400j", "-1e309j"),
            ("f((x for x in y))", "f(x for x in y)"),
            ("(a if b else c) if d else (e if f else g)", "(a if b else c) if d else e if f else g"),
            ("(-2)**-1", "(-2) ** (-1)"),
            ("(a**b)**c**d", "(a ** b) ** c ** d"),
            ("(not a) in b", "(not a) in b"),
            ("(a,)", "(a,)"),
            ("{**a|b, 'c': \"it's\"}", "{**a | b, 'c': \"it's\"}"),
            ("[x async for x,y in z if a]", "[x async for x, y in z if a]"),
            ("0xff", "255"),
        ] {
            assert_eq!(again(text), wanted, "{text}");
        }
    }

    #[test]
    fn quotes_in_quotes_do_not_explode() {
        let deep = (0..60).fold("'\\\\\\'\"'".to_owned(), |inner, _| format!("f'{{{inner}}}'"));
        assert_eq!(again(&deep), deep);
    }
}

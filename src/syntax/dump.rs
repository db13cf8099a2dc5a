//! Tokens and trees as text, for `dump` and for golden files. Stable and readable, not for machines.

use std::fmt::Write;

use super::ast::*;
use super::parse::prepare;
use super::token::Token;
use crate::intern::Symbol;
use crate::source::Source;

/// One token a line: where it begins, what it is, its text.
pub fn dump_tokens(source: &Source) -> String {
    let mut out = String::new();
    for (start, token, end) in prepare(&source.text).tokens {
        let at = source.position(start);
        let text = source.text.get(start as usize..end as usize).unwrap_or("");
        let name = match token {
            Token::Name(_) => "Name".to_string(),
            Token::FStringMiddle(_) => "FStringMiddle".to_string(),
            other => format!("{other:?}"),
        };
        let visible = !matches!(token, Token::Newline | Token::Indent | Token::Dedent | Token::End);
        // Writing to a `String` cannot fail.
        let _ = if visible && !text.is_empty() {
            writeln!(out, "{}:{} {name} {text:?}", at.line, at.column)
        } else {
            writeln!(out, "{}:{} {name}", at.line, at.column)
        };
    }
    out
}

/// The tree, one node a line, children indented.
pub fn dump_ast(module: &Module) -> String {
    let mut d = Dump { out: String::new(), depth: 0 };
    d.line("Module");
    d.nest(|d| d.block(&module.body));
    d.out
}

struct Dump {
    out: String,
    depth: usize,
}

impl Dump {
    fn line(&mut self, text: impl AsRef<str>) {
        self.out.extend(std::iter::repeat_n("  ", self.depth));
        self.out.push_str(text.as_ref());
        self.out.push('\n');
    }

    fn nest(&mut self, f: impl FnOnce(&mut Dump)) {
        self.depth += 1;
        f(self);
        self.depth -= 1;
    }

    fn labelled(&mut self, label: &str, f: impl FnOnce(&mut Dump)) {
        self.line(format!("{label}:"));
        self.nest(f);
    }

    fn block(&mut self, body: &[Stmt]) {
        for s in body {
            self.stmt(s);
        }
    }

    fn named_block(&mut self, label: &str, body: &[Stmt]) {
        if !body.is_empty() {
            self.labelled(label, |d| d.block(body));
        }
    }

    fn exprs(&mut self, label: &str, exprs: &[Expr]) {
        if !exprs.is_empty() {
            self.labelled(label, |d| exprs.iter().for_each(|e| d.expr(e)));
        }
    }

    fn opt(&mut self, label: &str, e: Option<&Expr>) {
        if let Some(e) = e {
            self.labelled(label, |d| d.expr(e));
        }
    }

    fn node(&mut self, head: impl AsRef<str>, f: impl FnOnce(&mut Dump)) {
        self.line(head);
        self.nest(f);
    }

    fn stmt(&mut self, s: &Stmt) {
        match &s.kind {
            StmtKind::FunctionDef(f) => self.function(f),
            StmtKind::ClassDef(c) => self.class(c),
            StmtKind::Return(e) => self.node("Return", |d| d.opt("value", e.as_deref())),
            StmtKind::Delete(v) => self.node("Delete", |d| d.exprs("targets", v)),
            StmtKind::Assign { targets, value } => self.node("Assign", |d| {
                d.exprs("targets", targets);
                d.opt("value", Some(value));
            }),
            StmtKind::AugAssign { target, op, value } => self.node(format!("AugAssign {}=", op.symbol()), |d| {
                d.opt("target", Some(target));
                d.opt("value", Some(value));
            }),
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.node(if *simple { "AnnAssign simple" } else { "AnnAssign" }, |d| {
                    d.opt("target", Some(target));
                    d.opt("annotation", Some(annotation));
                    d.opt("value", value.as_deref());
                });
            }
            StmtKind::TypeAlias { name, type_params, value, .. } => self.node(format!("TypeAlias {name}"), |d| {
                d.type_params(type_params);
                d.opt("value", Some(value));
            }),
            StmtKind::For { target, iter, body, orelse, is_async } => self.node(prefixed(*is_async, "For"), |d| {
                d.opt("target", Some(target));
                d.opt("iter", Some(iter));
                d.named_block("body", body);
                d.named_block("orelse", orelse);
            }),
            StmtKind::While { test, body, orelse } => self.node("While", |d| d.test(test, body, orelse)),
            StmtKind::If { test, body, orelse } => self.node("If", |d| d.test(test, body, orelse)),
            StmtKind::With { items, body, is_async } => self.node(prefixed(*is_async, "With"), |d| {
                for item in items {
                    d.opt("context_expr", Some(&item.context_expr));
                    d.opt("optional_vars", item.optional_vars.as_ref());
                }
                d.named_block("body", body);
            }),
            StmtKind::Match { subject, cases } => self.node("Match", |d| {
                d.opt("subject", Some(subject));
                cases.iter().for_each(|c| d.case(c));
            }),
            StmtKind::Raise { exc, cause } => self.node("Raise", |d| {
                d.opt("exc", exc.as_deref());
                d.opt("cause", cause.as_deref());
            }),
            StmtKind::Try { body, handlers, orelse, finalbody, is_star } => {
                self.node(if *is_star { "TryStar" } else { "Try" }, |d| {
                    d.named_block("body", body);
                    handlers.iter().for_each(|h| d.handler(h));
                    d.named_block("orelse", orelse);
                    d.named_block("finalbody", finalbody);
                });
            }
            StmtKind::Assert { test, msg } => self.node("Assert", |d| {
                d.opt("test", Some(test));
                d.opt("msg", msg.as_deref());
            }),
            StmtKind::Import(names) => self.line(format!("Import {}", aliases(names))),
            StmtKind::ImportFrom { module, names, level } => {
                let module = module.map_or("", Symbol::as_str);
                self.line(format!("ImportFrom {}{module} import {}", ".".repeat(*level as usize), aliases(names)));
            }
            StmtKind::Global(names) => self.line(format!("Global {}", idents(names))),
            StmtKind::Nonlocal(names) => self.line(format!("Nonlocal {}", idents(names))),
            StmtKind::Expr(e) => self.node("Expr", |d| d.expr(e)),
            StmtKind::Pass => self.line("Pass"),
            StmtKind::Break => self.line("Break"),
            StmtKind::Continue => self.line("Continue"),
        }
    }

    fn test(&mut self, test: &Expr, body: &[Stmt], orelse: &[Stmt]) {
        self.opt("test", Some(test));
        self.named_block("body", body);
        self.named_block("orelse", orelse);
    }

    fn function(&mut self, f: &FunctionDef) {
        self.node(format!("{} {}", prefixed(f.is_async, "FunctionDef"), f.name), |d| {
            d.exprs("decorators", &f.decorators);
            d.type_params(&f.type_params);
            d.arguments(&f.args);
            d.opt("returns", f.returns.as_ref());
            d.named_block("body", &f.body);
        });
    }

    fn class(&mut self, c: &ClassDef) {
        self.node(format!("ClassDef {}", c.name), |d| {
            d.exprs("decorators", &c.decorators);
            d.type_params(&c.type_params);
            d.exprs("bases", &c.bases);
            d.keywords(&c.keywords);
            d.named_block("body", &c.body);
        });
    }

    fn type_params(&mut self, params: &[TypeParam]) {
        for p in params {
            let (kind, bound) = match &p.kind {
                TypeParamKind::TypeVar { bound } => ("TypeVar", bound.as_ref()),
                TypeParamKind::TypeVarTuple => ("TypeVarTuple", None),
                TypeParamKind::ParamSpec => ("ParamSpec", None),
            };
            self.node(format!("{kind} {}", p.name), |d| {
                d.opt("bound", bound);
                d.opt("default", p.default.as_ref());
            });
        }
    }

    fn arguments(&mut self, a: &Arguments) {
        let groups = [
            ("posonly", &a.posonly[..]),
            ("arg", &a.args),
            ("vararg", a.vararg.as_deref().map_or(&[], std::slice::from_ref)),
            ("kwonly", &a.kwonly),
            ("kwarg", a.kwarg.as_deref().map_or(&[], std::slice::from_ref)),
        ];
        for (kind, args) in groups {
            for arg in args {
                self.node(format!("{kind} {}", arg.name), |d| {
                    d.opt("annotation", arg.annotation.as_deref());
                    d.opt("default", arg.default.as_deref());
                });
            }
        }
    }

    fn keywords(&mut self, keywords: &[Keyword]) {
        for k in keywords {
            self.labelled(&k.arg.map_or("**".to_string(), |a| format!("{a}=")), |d| d.expr(&k.value));
        }
    }

    fn handler(&mut self, h: &ExceptHandler) {
        let name = h.name.map_or(String::new(), |n| format!(" as {}", n.name));
        self.node(format!("ExceptHandler{name}"), |d| {
            d.opt("type", h.typ.as_ref());
            d.named_block("body", &h.body);
        });
    }

    fn case(&mut self, c: &MatchCase) {
        self.node("match_case", |d| {
            d.pattern(&c.pattern);
            d.opt("guard", c.guard.as_ref());
            d.named_block("body", &c.body);
        });
    }

    fn pattern(&mut self, p: &Pattern) {
        match &p.kind {
            PatternKind::MatchValue(e) => self.node("MatchValue", |d| d.expr(e)),
            PatternKind::MatchSingleton(c) => self.line(format!("MatchSingleton {}", constant(c))),
            PatternKind::MatchSequence(v) => self.node("MatchSequence", |d| v.iter().for_each(|p| d.pattern(p))),
            PatternKind::MatchMapping { keys, patterns, rest } => {
                let rest = rest.map_or(String::new(), |r| format!(" **{}", r.name));
                self.node(format!("MatchMapping{rest}"), |d| {
                    for (k, p) in keys.iter().zip(patterns) {
                        d.opt("key", Some(k));
                        d.pattern(p);
                    }
                });
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => self.node("MatchClass", |d| {
                d.opt("cls", Some(cls));
                patterns.iter().for_each(|p| d.pattern(p));
                for (a, p) in kwd_attrs.iter().zip(kwd_patterns) {
                    d.labelled(&format!("{}=", a.name), |d| d.pattern(p));
                }
            }),
            PatternKind::MatchStar(n) => self.line(format!("MatchStar {}", n.map_or("_", |n| n.name.as_str()))),
            PatternKind::MatchAs { pattern, name } => {
                self.node(format!("MatchAs {}", name.map_or("_", |n| n.name.as_str())), |d| {
                    if let Some(p) = pattern {
                        d.pattern(p);
                    }
                });
            }
            PatternKind::MatchOr(v) => self.node("MatchOr", |d| v.iter().for_each(|p| d.pattern(p))),
        }
    }

    fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::BoolOp { op, values } => {
                self.node(format!("BoolOp {op:?}"), |d| values.iter().for_each(|e| d.expr(e)));
            }
            ExprKind::NamedExpr { target, value } => self.node(format!("NamedExpr {}", target.name), |d| d.expr(value)),
            ExprKind::BinOp { left, op, right } => self.node(format!("BinOp {}", op.symbol()), |d| {
                d.expr(left);
                d.expr(right);
            }),
            ExprKind::UnaryOp { op, operand } => self.node(format!("UnaryOp {op:?}"), |d| d.expr(operand)),
            ExprKind::Lambda { args, body } => self.node("Lambda", |d| {
                d.arguments(args);
                d.opt("body", Some(body));
            }),
            ExprKind::IfExp { test, body, orelse } => self.node("IfExp", |d| {
                d.opt("test", Some(test));
                d.opt("body", Some(body));
                d.opt("orelse", Some(orelse));
            }),
            ExprKind::Dict(items) => self.node("Dict", |d| {
                for item in items {
                    match &item.key {
                        Some(key) => d.opt("key", Some(key)),
                        None => d.line("**"),
                    }
                    d.opt("value", Some(&item.value));
                }
            }),
            ExprKind::Set(v) => self.list("Set", v),
            ExprKind::ListComp { elt, generators } => self.comp("ListComp", &[elt], generators),
            ExprKind::SetComp { elt, generators } => self.comp("SetComp", &[elt], generators),
            ExprKind::DictComp { key, value, generators } => self.comp("DictComp", &[key, value], generators),
            ExprKind::GeneratorExp { elt, generators } => self.comp("GeneratorExp", &[elt], generators),
            ExprKind::Await(e) => self.node("Await", |d| d.expr(e)),
            ExprKind::Yield(e) => self.node("Yield", |d| d.opt("value", e.as_deref())),
            ExprKind::YieldFrom(e) => self.node("YieldFrom", |d| d.expr(e)),
            ExprKind::Compare { left, ops, comparators } => self.node("Compare", |d| {
                d.expr(left);
                for (op, e) in ops.iter().zip(comparators) {
                    d.labelled(op.symbol(), |d| d.expr(e));
                }
            }),
            ExprKind::Call { func, args, keywords } => self.node("Call", |d| {
                d.opt("func", Some(func));
                d.exprs("args", args);
                d.keywords(keywords);
            }),
            ExprKind::JoinedStr(parts) => self.node("JoinedStr", |d| d.parts(parts)),
            ExprKind::Constant(c) => self.line(format!("Constant {}", constant(c))),
            ExprKind::Attribute { value, attr, .. } => self.node(format!("Attribute {attr}"), |d| d.expr(value)),
            ExprKind::Subscript { value, slice } => self.node("Subscript", |d| {
                d.expr(value);
                d.opt("slice", Some(slice));
            }),
            ExprKind::Starred(e) => self.node("Starred", |d| d.expr(e)),
            ExprKind::Name(name) => self.line(format!("Name {name}")),
            ExprKind::List(v) => self.list("List", v),
            ExprKind::Tuple(v) => self.list("Tuple", v),
            ExprKind::Slice { lower, upper, step } => self.node("Slice", |d| {
                d.opt("lower", lower.as_deref());
                d.opt("upper", upper.as_deref());
                d.opt("step", step.as_deref());
            }),
        }
    }

    fn list(&mut self, head: &str, elts: &[Expr]) {
        self.node(head, |d| elts.iter().for_each(|e| d.expr(e)));
    }

    fn comp(&mut self, head: &str, elts: &[&Expr], generators: &[Comprehension]) {
        self.node(head, |d| {
            elts.iter().for_each(|e| d.expr(e));
            for g in generators {
                d.node(if g.is_async { "async comprehension" } else { "comprehension" }, |d| {
                    d.opt("target", Some(&g.target));
                    d.opt("iter", Some(&g.iter));
                    d.exprs("ifs", &g.ifs);
                });
            }
        });
    }

    fn parts(&mut self, parts: &[FStringPart]) {
        for part in parts {
            match part {
                FStringPart::Literal(text) => self.line(format!("Literal {text:?}")),
                FStringPart::FormattedValue(v) => {
                    let conversion = v.conversion.map_or(String::new(), |c| format!(" {c:?}"));
                    self.node(format!("FormattedValue{conversion}"), |d| {
                        d.expr(&v.value);
                        if let Some(spec) = &v.format_spec {
                            d.labelled("format_spec", |d| d.parts(spec));
                        }
                    });
                }
            }
        }
    }
}

fn prefixed(is_async: bool, name: &str) -> String {
    if is_async { format!("Async{name}") } else { name.to_string() }
}

fn aliases(names: &[Alias]) -> String {
    let one = |a: &Alias| match a.asname {
        Some(asname) => format!("{} as {asname}", a.name),
        None => a.name.to_string(),
    };
    names.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn idents(names: &[Ident]) -> String {
    names.iter().map(|n| n.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn constant(c: &Constant) -> String {
    match c {
        Constant::None => "None".to_string(),
        Constant::True => "True".to_string(),
        Constant::False => "False".to_string(),
        Constant::Ellipsis => "Ellipsis".to_string(),
        Constant::Int(i) => i.to_string(),
        Constant::BigInt(i) => i.to_string(),
        Constant::Float(f) => format!("{f:?}"),
        Constant::Complex(f) => format!("{f:?}j"),
        Constant::Str(s) => format!("{s:?}"),
        Constant::Bytes(b) => format!("b\"{}\"", b.escape_ascii()),
    }
}

//! The executable tree as text (`aio dump code`): stable, indented, one statement or instruction a line.
//!
//! Slots print as `name` when they have one and `%n` when not; `x?` is a read that may find `x`
//! unbound, `x&` a cell, `x^` a captured variable of an enclosing function, `.x` a name of a class body,
//! `@x` a global one, `!%n` takes a temporary. Codes made by a body follow it.

use std::collections::VecDeque;
use std::fmt::Write;
use std::rc::Rc;

use super::{
    Arg, BinaryOp, Block, Body, Call, Capture, Code, Collect, Comp, CompClause, CompKind, CompareOp, Const, DictItem,
    Expr, Flavour, FreeIndex, Instr, Item, Label, Machine, MakeClass, MakeFunction, Pattern, Slot, Stmt, Target,
    UnaryOp,
};

/// Prints a body and all bodies within it.
pub fn dump(code: &Code) -> String {
    let mut out = String::new();
    let mut waiting = VecDeque::new();
    dump_one(code, &mut out, &mut waiting);
    while let Some(inner) = waiting.pop_front() {
        out.push('\n');
        // Those within it come right after it.
        let mut own = VecDeque::new();
        dump_one(&inner, &mut out, &mut own);
        own.into_iter().rev().for_each(|c| waiting.push_front(c));
    }
    out
}

fn dump_one(code: &Code, out: &mut String, inner: &mut VecDeque<Rc<Code>>) {
    let mut p = Printer { code, out, inner, indent: 1 };
    p.header();
    match &code.body {
        Body::Tree(body) => p.block(body),
        Body::Machine(machine) => p.machine(machine),
    }
}

struct Printer<'a> {
    code: &'a Code,
    out: &'a mut String,
    inner: &'a mut VecDeque<Rc<Code>>,
    indent: usize,
}

fn joined<T>(items: &[T], separator: &str, mut text: impl FnMut(&T) -> String) -> String {
    items.iter().map(&mut text).collect::<Vec<_>>().join(separator)
}

impl Printer<'_> {
    fn line(&mut self, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.out, "{:width$}{text}", "", width = self.indent * 2);
    }

    fn header(&mut self) {
        let code = self.code;
        let flavour = match code.flavour {
            Flavour::Plain => "",
            Flavour::Generator => " generator",
            Flavour::Coroutine => " coroutine",
            Flavour::AsyncGenerator => " async generator",
        };
        let _ = writeln!(self.out, "{:?}{flavour} {} line {}", code.kind, code.qualname, code.first_line());
        let params = &code.params;
        let mut all = Vec::new();
        for (i, name) in params.names.iter().enumerate() {
            let i = i as u32;
            let stars = params.positional + params.keyword_only;
            let mark = match () {
                () if i < params.positional_only => "/",
                () if i < params.positional => "",
                () if i < stars => "=",
                () if i == stars && params.vararg => "*",
                () => "**",
            };
            all.push(format!("{mark}{name}"));
        }
        if !all.is_empty() {
            self.line(&format!("params {}", all.join(" ")));
        }
        let locals = code.slot_names.iter().enumerate().skip(1 + params.count());
        let locals: Vec<String> = locals.filter_map(|(i, n)| n.map(|n| format!("{i}:{n}"))).collect();
        if !locals.is_empty() {
            self.line(&format!("locals {}", locals.join(" ")));
        }
        if !code.cells.is_empty() {
            let cells = joined(&code.cells, " ", |&s| self.slot(s));
            self.line(&format!("cells {cells}"));
        }
        if !code.free.is_empty() {
            self.line(&format!("free {}", joined(&code.free, " ", ToString::to_string)));
        }
        if let Some(doc) = &code.doc {
            self.line(&format!("doc {doc:?}"));
        }
    }

    fn slot(&self, slot: Slot) -> String {
        match self.code.slot_names.get(slot.0 as usize) {
            Some(Some(name)) => name.to_string(),
            _ => format!("%{}", slot.0),
        }
    }

    fn slots(&self, slots: &[Slot]) -> String {
        joined(slots, " ", |&s| self.slot(s))
    }

    fn free(&self, index: FreeIndex) -> String {
        match self.code.free.get(index.0 as usize) {
            Some(name) => format!("{name}^"),
            None => format!("^{}", index.0),
        }
    }

    // Machines

    fn machine(&mut self, machine: &Machine) {
        for (i, instr) in machine.instrs.iter().enumerate() {
            let number = format!("{i:3} ");
            match instr {
                Instr::Do(stmt) => {
                    self.line(&format!("{number}do"));
                    self.indent += 3;
                    self.stmt(stmt);
                    self.indent -= 3;
                }
                other => {
                    let text = self.instr(other);
                    self.line(&format!("{number}{text}"));
                }
            }
        }
        for r in &machine.regions {
            let exception = self.slot(r.exception);
            self.line(&format!("region {}..{} -> {} in {exception}", r.start.0, r.end.0, r.target.0));
        }
    }

    fn instr(&mut self, instr: &Instr) -> String {
        let l = |label: &Label| label.0;
        match instr {
            Instr::Do(_) => String::new(),
            Instr::Spill { value, into } => format!("{} = {}", self.slot(*into), self.expr(value)),
            Instr::Jump(to) => format!("jump {}", l(to)),
            Instr::JumpIf { test, when, to, .. } => {
                format!("jump {} {} {}", l(to), if *when { "if" } else { "unless" }, self.expr(test))
            }
            Instr::Return(value) => format!("return {}", self.expr(value)),
            Instr::Await { value, into, .. } => format!("{} = await {}", self.slot(*into), self.expr(value)),
            Instr::Yield { value, into, .. } => format!("{} = yield {}", self.slot(*into), self.expr(value)),
            Instr::YieldFrom { value, into, .. } => format!("{} = yield from {}", self.slot(*into), self.expr(value)),
            Instr::Iter { value, into, .. } => format!("{} = iter {}", self.slot(*into), self.expr(value)),
            Instr::Next { iter, target, done, .. } => {
                format!("{} = next {} else {}", self.target(target), self.slot(*iter), l(done))
            }
            Instr::AsyncIter { value, into, .. } => format!("{} = aiter {}", self.slot(*into), self.expr(value)),
            Instr::AsyncNext { iter, into, done, .. } => {
                format!("{} = await anext {} else {}", self.slot(*into), self.slot(*iter), l(done))
            }
            Instr::Enter { context, exit, into, is_async, .. } => {
                let word = if *is_async { "aenter" } else { "enter" };
                format!("{}, exit {} = {word} {}", self.slot(*into), self.slot(*exit), self.expr(context))
            }
            Instr::Exit { exit, exception, into, is_async, .. } => {
                let word = if *is_async { "aexit" } else { "exit" };
                let exception = exception.map_or_else(|| "None".to_owned(), |e| self.slot(e));
                format!("{} = {word} {} with {exception}", self.slot(*into), self.slot(*exit))
            }
            Instr::EnterHandler { exception, previous } => {
                format!("handle {} before {}", self.slot(*exception), self.slot(*previous))
            }
            Instr::LeaveHandler { exception, previous, .. } => {
                format!("handled {} back to {}", self.slot(*exception), self.slot(*previous))
            }
            Instr::Reraise { exception } => format!("reraise {}", self.slot(*exception)),
            Instr::SplitGroup { rest, matched, types, none, .. } => {
                let (rest, matched) = (self.slot(*rest), self.slot(*matched));
                format!("{matched} = split {rest} by {} else {}", self.expr(types), l(none))
            }
            Instr::FinishGroup { original, rest, raised, .. } => {
                let (original, rest) = (self.slot(*original), self.slot(*rest));
                format!("finish group {original} rest {rest} raised {}", self.slot(*raised))
            }
            Instr::CollectRaised { exception, raised } => {
                format!("collect raised {} into {}", self.slot(*exception), self.slot(*raised))
            }
            Instr::FreshCells(slots) => format!("fresh cells {}", self.slots(slots)),
            Instr::Clear(slots) => format!("clear {}", self.slots(slots)),
            Instr::Collect { into, kind } => match kind {
                Collect::List(e) => format!("append {} to {}", self.expr(e), self.slot(*into)),
                Collect::Set(e) => format!("add {} to {}", self.expr(e), self.slot(*into)),
                Collect::Dict(k, v) => {
                    let (k, v) = (self.expr(k), self.expr(v));
                    format!("set {k}: {v} in {}", self.slot(*into))
                }
            },
            Instr::NewContainer { into, kind } => format!("{} = new {kind:?}", self.slot(*into)),
        }
    }

    // Statements

    fn block(&mut self, body: &Block) {
        body.iter().for_each(|s| self.stmt(s));
    }

    fn inside(&mut self, head: &str, body: &Block) {
        self.line(head);
        self.indent += 1;
        self.block(body);
        self.indent -= 1;
    }

    fn unless_empty(&mut self, head: &str, body: &Block) {
        if !body.is_empty() {
            self.inside(head, body);
        }
    }

    fn stmt(&mut self, s: &Stmt) {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.stmt_lines(s));
    }

    fn stmt_lines(&mut self, s: &Stmt) {
        match s {
            Stmt::Block(body) => self.block(body),
            Stmt::If { test, then, orelse, .. } => {
                let head = format!("if {}", self.expr(test));
                self.inside(&head, then);
                self.unless_empty("else", orelse);
            }
            Stmt::While { test, body, orelse, .. } => {
                let head = format!("while {}", self.expr(test));
                self.inside(&head, body);
                self.unless_empty("else", orelse);
            }
            Stmt::For { target, iter, body, orelse, .. } => {
                let head = format!("for {} in {}", self.target(target), self.expr(iter));
                self.inside(&head, body);
                self.unless_empty("else", orelse);
            }
            Stmt::Try { body, handlers, orelse, finally } | Stmt::TryStar { body, handlers, orelse, finally } => {
                self.inside("try", body);
                let word = if matches!(s, Stmt::Try { .. }) { "except" } else { "except*" };
                for h in handlers {
                    let types = h.types.as_ref().map_or_else(String::new, |t| format!(" {}", self.expr(t)));
                    let name = h.target.as_ref().map_or_else(String::new, |t| format!(" as {}", self.target(t)));
                    self.inside(&format!("{word}{types}{name}"), &h.body);
                }
                self.unless_empty("else", orelse);
                self.unless_empty("finally", finally);
            }
            Stmt::With { context, target, body, .. } => {
                let name = target.as_ref().map_or_else(String::new, |t| format!(" as {}", self.target(t)));
                let head = format!("with {}{name}", self.expr(context));
                self.inside(&head, body);
            }
            Stmt::Match { subject, cases, .. } => {
                let head = format!("match {}", self.expr(subject));
                self.line(&head);
                self.indent += 1;
                for case in cases {
                    let guard = case.guard.as_ref().map_or_else(String::new, |g| format!(" if {}", self.expr(g)));
                    let head = format!("case {}{guard}", self.pattern(&case.pattern));
                    self.inside(&head, &case.body);
                }
                self.indent -= 1;
            }
            simple => {
                let text = self.simple(simple);
                self.line(&text);
            }
        }
    }

    fn simple(&mut self, s: &Stmt) -> String {
        match s {
            Stmt::Expr(e) => self.expr(e),
            Stmt::Echo(e) => format!("echo {}", self.expr(e)),
            Stmt::Assign { targets, value } => {
                let targets = joined(targets, " = ", |t| self.target(t));
                format!("{targets} = {}", self.expr(value))
            }
            Stmt::AugAssign { op, target, value, .. } => {
                format!("{} {}= {}", self.target(target), binary(*op), self.expr(value))
            }
            Stmt::Return(e) => format!("return {}", self.expr(e)),
            Stmt::Raise { exception, cause, .. } => {
                let exception = exception.as_ref().map_or_else(String::new, |e| format!(" {}", self.expr(e)));
                let cause = cause.as_ref().map_or_else(String::new, |e| format!(" from {}", self.expr(e)));
                format!("raise{exception}{cause}")
            }
            Stmt::Assert { test, message, .. } => {
                let message = message.as_ref().map_or_else(String::new, |e| format!(", {}", self.expr(e)));
                format!("assert {}{message}", self.expr(test))
            }
            Stmt::Delete { targets, .. } => format!("del {}", joined(targets, ", ", |t| self.target(t))),
            Stmt::Import { module, target, whole, .. } => {
                format!("import {module} as {}{}", self.target(target), if *whole { " whole" } else { "" })
            }
            Stmt::ImportFrom { module, level, names, .. } => {
                let names = joined(names, ", ", |n| format!("{} as {}", n.name, self.target(&n.target)));
                format!("from {}{} import {names}", dots(*level), module.map_or("", |m| m.as_str()))
            }
            Stmt::ImportStar { module, level, .. } => {
                format!("from {}{} import *", dots(*level), module.map_or("", |m| m.as_str()))
            }
            Stmt::Annotate { name, annotation, .. } => format!("annotate {name}: {}", self.expr(annotation)),
            Stmt::Break => "break".into(),
            Stmt::Continue => "continue".into(),
            // Printed by `stmt`.
            _ => String::new(),
        }
    }

    fn target(&mut self, t: &Target) -> String {
        match t {
            Target::Local(slot) => self.slot(*slot),
            Target::Cell(slot) => format!("{}&", self.slot(*slot)),
            Target::Free(index) => self.free(*index),
            Target::Global(name) => format!("@{name}"),
            Target::ClassName(name) => format!(".{name}"),
            Target::Attr { object, name, .. } => format!("{}.{name}", self.expr(object)),
            Target::Index { object, index, .. } => format!("{}[{}]", self.expr(object), self.expr(index)),
            Target::Unpack { targets, star, .. } => {
                let mut parts = Vec::new();
                for (i, t) in targets.iter().enumerate() {
                    let mark = if *star == Some(i as u32) { "*" } else { "" };
                    parts.push(format!("{mark}{}", self.target(t)));
                }
                format!("({})", parts.join(", "))
            }
        }
    }

    fn pattern(&mut self, p: &Pattern) -> String {
        match p {
            Pattern::Wildcard => "_".into(),
            Pattern::Capture { pattern: None, target } => self.target(target),
            Pattern::Capture { pattern: Some(inner), target } => {
                format!("{} as {}", self.pattern(inner), self.target(target))
            }
            Pattern::Value { value, .. } => format!("== {}", self.expr(value)),
            Pattern::Singleton(c) => format!("is {}", constant(c)),
            Pattern::Sequence { patterns, star, .. } => {
                let mut parts = Vec::new();
                for (i, p) in patterns.iter().enumerate() {
                    let mark = if *star == Some(i as u32) { "*" } else { "" };
                    parts.push(format!("{mark}{}", self.pattern(p)));
                }
                format!("[{}]", parts.join(", "))
            }
            Pattern::Mapping { keys, patterns, rest, .. } => {
                let mut parts = Vec::new();
                for (key, p) in keys.iter().zip(patterns) {
                    parts.push(format!("{}: {}", self.expr(key), self.pattern(p)));
                }
                parts.extend(rest.as_ref().map(|r| format!("**{}", self.target(r))));
                format!("{{{}}}", parts.join(", "))
            }
            Pattern::Class { class, positional, keywords, .. } => {
                let mut parts: Vec<String> = positional.iter().map(|p| self.pattern(p)).collect();
                for (name, p) in keywords {
                    parts.push(format!("{name}={}", self.pattern(p)));
                }
                format!("{}({})", self.expr(class), parts.join(", "))
            }
            Pattern::Or(alternatives) => joined(alternatives, " | ", |p| self.pattern(p)),
        }
    }

    // Expressions

    fn expr(&mut self, e: &Expr) -> String {
        // As deep as the program: a chain of operators may be 3,000 long.
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.expr_text(e))
    }

    fn expr_text(&mut self, e: &Expr) -> String {
        match e {
            Expr::Const(c) => constant(c),
            Expr::Local { slot } => self.slot(*slot),
            Expr::LocalChecked { slot, .. } => format!("{}?", self.slot(*slot)),
            Expr::Cell { slot, .. } => format!("{}&", self.slot(*slot)),
            Expr::Free { index, .. } => self.free(*index),
            Expr::Global { name, .. } => format!("@{name}"),
            Expr::ClassName { name, .. } => format!(".{name}"),
            Expr::Take { slot } => format!("!{}", self.slot(*slot)),
            Expr::Unary { op, operand, .. } => {
                let op = match op {
                    UnaryOp::Neg => "-",
                    UnaryOp::Pos => "+",
                    UnaryOp::Invert => "~",
                };
                format!("{op}{}", self.expr(operand))
            }
            Expr::Binary { op, left, right, .. } => {
                format!("({} {} {})", self.expr(left), binary(*op), self.expr(right))
            }
            Expr::Compare { op, left, right, .. } => {
                format!("({} {} {})", self.expr(left), compare(*op), self.expr(right))
            }
            Expr::Chain { first, rest, .. } => {
                let first = self.expr(first);
                let rest = joined(rest, "", |(op, e)| format!(" {} {}", compare(*op), self.expr(e)));
                format!("({first}{rest})")
            }
            Expr::Not { operand, .. } => format!("not {}", self.expr(operand)),
            Expr::And { operands, .. } => format!("({})", joined(operands, " and ", |e| self.expr(e))),
            Expr::Or { operands, .. } => format!("({})", joined(operands, " or ", |e| self.expr(e))),
            Expr::If { test, then, orelse, .. } => {
                format!("({} if {} else {})", self.expr(then), self.expr(test), self.expr(orelse))
            }
            Expr::Attr { object, name, .. } => format!("{}.{name}", self.expr(object)),
            Expr::Index { object, index, .. } => format!("{}[{}]", self.expr(object), self.expr(index)),
            Expr::Slice { lower, upper, step } => {
                let mut part = |e: &Option<Box<Expr>>| e.as_ref().map_or_else(String::new, |e| self.expr(e));
                format!("{}:{}:{}", part(lower), part(upper), part(step))
            }
            Expr::Call(call) => self.call(call),
            Expr::Locals { call, .. } => format!("locals {}", self.call(call)),
            Expr::Tuple(items) => format!("({},)", self.items(items)),
            Expr::List(items) => format!("[{}]", self.items(items)),
            Expr::Set(items) => format!("{{{}}}", self.items(items)),
            Expr::Dict(items) => {
                let items = joined(items, ", ", |item| match item {
                    DictItem::Pair(k, v) => format!("{}: {}", self.expr(k), self.expr(v)),
                    DictItem::Spread(e, _) => format!("**{}", self.expr(e)),
                });
                format!("{{{items}}}")
            }
            Expr::Format { value, conversion, spec, .. } => {
                let conversion = conversion.map_or_else(String::new, |c| format!("!{c}"));
                let value = self.expr(value);
                let spec = spec.as_ref().map_or_else(String::new, |s| format!(":{}", self.expr(s)));
                format!("format({value}{conversion}{spec})")
            }
            Expr::Join(parts) => format!("join({})", joined(parts, ", ", |e| self.expr(e))),
            Expr::Function(make) => self.make(make),
            Expr::Class(make) => self.class(make),
            Expr::Comp(comp) => self.comp(comp),
            Expr::Generator { make, iter, is_async, .. } => {
                let word = if *is_async { "aiter" } else { "iter" };
                format!("{} over {word} {}", self.make(make), self.expr(iter))
            }
            Expr::Assign { target, value } => format!("({} := {})", self.target(target), self.expr(value)),
            Expr::Matches { value, pattern, .. } => {
                format!("({} matches {})", self.expr(value), self.pattern(pattern))
            }
            Expr::ExceptionMatches { exception, types, .. } => {
                format!("({} is a {})", self.slot(*exception), self.expr(types))
            }
            Expr::Unsupported { what, .. } => format!("unsupported {what}"),
        }
    }

    fn items(&mut self, items: &[Item]) -> String {
        joined(items, ", ", |item| match item {
            Item::One(e) => self.expr(e),
            Item::Star(e, _) => format!("*{}", self.expr(e)),
        })
    }

    fn call(&mut self, call: &Call) -> String {
        let func = self.expr(&call.func);
        format!("{func}({})", self.args(&call.args))
    }

    fn args(&mut self, args: &[Arg]) -> String {
        joined(args, ", ", |a| match a {
            Arg::Positional(e) => self.expr(e),
            Arg::Star(e) => format!("*{}", self.expr(e)),
            Arg::Keyword(name, e) => format!("{name}={}", self.expr(e)),
            Arg::DoubleStar(e) => format!("**{}", self.expr(e)),
        })
    }

    fn make(&mut self, make: &MakeFunction) -> String {
        self.inner.push_back(make.code.clone());
        let mut text = format!("function {}", make.code.qualname);
        let captures = joined(&make.captures, " ", |c| match c {
            Capture::Cell(slot) => format!("{}&", self.slot(*slot)),
            Capture::Free(index) => self.free(*index),
        });
        let defaults = joined(&make.defaults, ", ", |e| self.expr(e));
        let keywords = joined(&make.keyword_defaults, ", ", |(name, e)| format!("{name}={}", self.expr(e)));
        let annotations = joined(&make.annotations, ", ", |(name, e)| format!("{name}: {}", self.expr(e)));
        let parts =
            [("captures", captures), ("defaults", defaults), ("keywords", keywords), ("annotated", annotations)];
        for (word, part) in parts {
            if !part.is_empty() {
                let _ = write!(text, " {word} ({part})");
            }
        }
        text
    }

    fn class(&mut self, class: &MakeClass) -> String {
        let body = self.make(&class.body);
        let cell = class.class_cell.map_or_else(String::new, |s| format!(" cell %{}", s.0));
        format!("class {}({}) by {body}{cell}", class.name, self.args(&class.args))
    }

    fn comp(&mut self, comp: &Comp) -> String {
        let (open, element, close) = match &comp.kind {
            CompKind::List(e) => ('[', self.expr(e), ']'),
            CompKind::Set(e) => ('{', self.expr(e), '}'),
            CompKind::Dict(k, v) => ('{', format!("{}: {}", self.expr(k), self.expr(v)), '}'),
        };
        let clauses = joined(&comp.clauses, "", |c| match c {
            CompClause::For { target, iter, .. } => format!(" for {} in {}", self.target(target), self.expr(iter)),
            CompClause::If(test) => format!(" if {}", self.expr(test)),
        });
        let cells = match &comp.cells[..] {
            [] => String::new(),
            cells => format!(" cells {}", self.slots(cells)),
        };
        format!("{open}{element}{clauses}{cells}{close}")
    }
}

fn dots(level: u32) -> String {
    ".".repeat(level as usize)
}

fn constant(c: &Const) -> String {
    match c {
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Ellipsis => "...".into(),
        Const::Int(i) => i.to_string(),
        Const::BigInt(b) => b.to_string(),
        Const::Float(f) => format!("{f:?}"),
        Const::Imaginary(f) => format!("{f:?}j"),
        Const::Str(s) => format!("{s:?}"),
        Const::Bytes(b) => format!("b\"{}\"", b.escape_ascii()),
        Const::Tuple(items) if items.is_empty() => "()".into(),
        Const::Tuple(items) => format!("({},)", joined(items, ", ", constant)),
    }
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::MatMul => "@",
        BinaryOp::Div => "/",
        BinaryOp::FloorDiv => "//",
        BinaryOp::Mod => "%",
        BinaryOp::Pow => "**",
        BinaryOp::LShift => "<<",
        BinaryOp::RShift => ">>",
        BinaryOp::And => "&",
        BinaryOp::Or => "|",
        BinaryOp::Xor => "^",
    }
}

fn compare(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
        CompareOp::Is => "is",
        CompareOp::IsNot => "is not",
        CompareOp::In => "in",
        CompareOp::NotIn => "not in",
    }
}

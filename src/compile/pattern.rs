//! Patterns of `match`, and their errors (CPython: `codegen_pattern` in `Python/codegen.c`).

use rustc_hash::FxHashSet;

use super::build_expr::constant;
use super::frame::Frame;
use crate::code::{Const, Expr, Pattern};
use crate::intern::Symbol;
use crate::source::Span;
use crate::syntax::ast::{self, Ident, PatternKind};

/// The names that a pattern binds.
type Names = FxHashSet<Symbol>;

impl<'a> Frame<'a> {
    /// The patterns of a `match`, in order. A pattern that always matches must be the last one.
    pub fn patterns(&mut self, cases: &'a [ast::MatchCase]) -> Vec<Pattern> {
        let mut out = Vec::with_capacity(cases.len());
        for (i, case) in cases.iter().enumerate() {
            if case.guard.is_none() && i + 1 < cases.len() {
                self.refuse_irrefutable(&case.pattern);
            }
            out.push(self.pattern(&case.pattern, &mut Names::default()));
        }
        out
    }

    fn refuse_irrefutable(&self, p: &ast::Pattern) {
        if let Some((name, span)) = irrefutable(p) {
            match name {
                Some(name) => self.error(span, format!("name capture '{name}' makes remaining patterns unreachable")),
                None => self.error(span, "wildcard makes remaining patterns unreachable"),
            }
        }
    }

    fn capture(&mut self, ident: &Ident, span: Span, names: &mut Names) -> crate::code::Target {
        if !names.insert(ident.name) {
            self.error(span, format!("multiple assignments to name '{}' in pattern", ident.name));
        }
        self.store(ident.name)
    }

    fn pattern(&mut self, p: &'a ast::Pattern, names: &mut Names) -> Pattern {
        match &p.kind {
            PatternKind::MatchValue(value) => Pattern::Value { value: self.expr(value), site: self.site(p.span) },
            PatternKind::MatchSingleton(c) => Pattern::Singleton(constant(c)),
            PatternKind::MatchSequence(patterns) => self.sequence(patterns, p.span, names),
            PatternKind::MatchMapping { keys, patterns, rest } => self.mapping(keys, patterns, rest, p.span, names),
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                self.class_pattern(cls, patterns, kwd_attrs, kwd_patterns, p.span, names)
            }
            PatternKind::MatchStar(None) | PatternKind::MatchAs { pattern: None, name: None } => Pattern::Wildcard,
            PatternKind::MatchStar(Some(name)) => {
                Pattern::Capture { pattern: None, target: self.capture(name, p.span, names) }
            }
            PatternKind::MatchAs { pattern: Some(inner), name: None } => self.pattern(inner, names),
            PatternKind::MatchAs { pattern, name: Some(name) } => {
                let pattern = pattern.as_ref().map(|inner| Box::new(self.pattern(inner, names)));
                Pattern::Capture { pattern, target: self.capture(name, p.span, names) }
            }
            PatternKind::MatchOr(alternatives) => self.or_pattern(alternatives, p.span, names),
        }
    }

    fn sequence(&mut self, patterns: &'a [ast::Pattern], span: Span, names: &mut Names) -> Pattern {
        let mut star = None;
        let mut out = Vec::with_capacity(patterns.len());
        for (i, p) in patterns.iter().enumerate() {
            if let PatternKind::MatchStar(_) = p.kind {
                if star.is_some() {
                    self.error(span, "multiple starred names in sequence pattern");
                }
                star = Some(i as u32);
            }
            out.push(self.pattern(p, names));
        }
        Pattern::Sequence { patterns: out.into(), star, site: self.site(span) }
    }

    fn mapping(
        &mut self,
        keys: &'a [ast::Expr],
        patterns: &'a [ast::Pattern],
        rest: &'a Option<Ident>,
        span: Span,
        names: &mut Names,
    ) -> Pattern {
        let keys: Vec<Expr> = keys.iter().map(|k| self.expr(k)).collect();
        for (i, key) in keys.iter().enumerate() {
            let Expr::Const(key) = key else { continue };
            if keys[..i].iter().any(|k| matches!(k, Expr::Const(k) if same_key(k, key))) {
                self.error(span, format!("mapping pattern checks duplicate key ({})", key_text(key)));
            }
        }
        let patterns = patterns.iter().map(|p| self.pattern(p, names)).collect();
        let rest = rest.as_ref().map(|name| self.capture(name, span, names));
        Pattern::Mapping { keys: keys.into(), patterns, rest, site: self.site(span) }
    }

    fn class_pattern(
        &mut self,
        class: &'a ast::Expr,
        patterns: &'a [ast::Pattern],
        attrs: &'a [Ident],
        keyword_patterns: &'a [ast::Pattern],
        span: Span,
        names: &mut Names,
    ) -> Pattern {
        let class = self.expr(class);
        let positional = patterns.iter().map(|p| self.pattern(p, names)).collect();
        let mut keywords: Vec<(Symbol, Pattern)> = Vec::with_capacity(attrs.len());
        for (attr, p) in attrs.iter().zip(keyword_patterns) {
            if keywords.iter().any(|(name, _)| *name == attr.name) {
                self.error(p.span, format!("attribute name repeated in class pattern: {}", attr.name));
            }
            let pattern = self.pattern(p, names);
            keywords.push((attr.name, pattern));
        }
        Pattern::Class { class, positional, keywords: keywords.into(), site: self.site(span) }
    }

    fn or_pattern(&mut self, alternatives: &'a [ast::Pattern], span: Span, names: &mut Names) -> Pattern {
        let mut bound: Option<Names> = None;
        let mut out = Vec::with_capacity(alternatives.len());
        for (i, p) in alternatives.iter().enumerate() {
            if i + 1 < alternatives.len() {
                self.refuse_irrefutable(p);
            }
            // Each alternative binds its names anew.
            let mut own = names.clone();
            out.push(self.pattern(p, &mut own));
            match &bound {
                Some(first) if *first != own => self.error(span, "alternative patterns bind different names"),
                Some(_) => {}
                None => bound = Some(own),
            }
        }
        names.extend(bound.into_iter().flatten());
        Pattern::Or(out.into())
    }
}

/// What makes a pattern match everything: a name or a wildcard, and its place.
fn irrefutable(p: &ast::Pattern) -> Option<(Option<Symbol>, Span)> {
    match &p.kind {
        PatternKind::MatchAs { pattern: None, name } => Some((name.as_ref().map(|n| n.name), p.span)),
        PatternKind::MatchAs { pattern: Some(inner), .. } => irrefutable(inner),
        PatternKind::MatchOr(alternatives) => irrefutable(alternatives.last()?),
        _ => None,
    }
}

fn same_key(a: &Const, b: &Const) -> bool {
    let number = |c: &Const| match c {
        Const::Int(i) => Some(*i),
        Const::True => Some(1),
        Const::False => Some(0),
        // Only whole floats equal an int, and imaginary numbers when they are zero.
        Const::Imaginary(0.0) => Some(0),
        Const::Float(x) if x.fract() == 0.0 && x.abs() < 9.0e15 => Some(*x as i64),
        _ => None,
    };
    a == b || number(a).is_some_and(|n| Some(n) == number(b))
}

/// As `repr` prints a key, as far as plain literals go.
fn key_text(key: &Const) -> String {
    match key {
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Int(i) => i.to_string(),
        Const::BigInt(b) => b.to_string(),
        Const::Float(f) => format!("{f:?}"),
        Const::Str(s) if s.contains('\'') && !s.contains('"') => format!("\"{s}\""),
        Const::Str(s) => format!("'{}'", s.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n")),
        _ => "...".into(),
    }
}

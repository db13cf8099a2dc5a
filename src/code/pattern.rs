//! Patterns of `match` (PEP 634). Captures are targets; values are expressions that cannot suspend.

use super::{Const, Expr, Site, Target};
use crate::intern::Symbol;

#[derive(Debug)]
pub enum Pattern {
    /// `_`
    Wildcard,
    /// `name`, or `pattern as name`
    Capture { pattern: Option<Box<Pattern>>, target: Target },
    /// `1`, `"a"`, `a.b`: compared by `==`
    Value { value: Expr, site: Site },
    /// `None`, `True`, `False`: compared by `is`
    Singleton(Const),
    /// `[a, *rest, b]`; `star` is the index of the starred one, whose pattern is a capture or wildcard
    Sequence { patterns: Box<[Pattern]>, star: Option<u32>, site: Site },
    /// `{"k": p, **rest}`
    Mapping { keys: Box<[Expr]>, patterns: Box<[Pattern]>, rest: Option<Target>, site: Site },
    /// `Point(x, y=0)`
    Class { class: Expr, positional: Box<[Pattern]>, keywords: Box<[(Symbol, Pattern)]>, site: Site },
    /// `a | b`
    Or(Box<[Pattern]>),
}

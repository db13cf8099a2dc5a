//! Conditions: comparisons that branch without making a bool, short circuits, truth.

use super::operand::{Operand, Shape, look_at_both};
use super::{AtSite, Planter, Test};
use crate::code::{CompareOp, Const, Expr, Site};
use crate::interp::truth::plain_truth;
use crate::object::{Held, Node, R, Str, Value, Vm};

/// A comparison with a fast case for pairs of ints, of floats and, when it asks for equality, of strs.
trait Fast: 'static {
    const OP: CompareOp;
    fn fast(a: &Value, b: &Value) -> Option<bool>;
}

macro_rules! fast_comparisons {
    ($($name:ident $op:tt $(, |$s:ident, $t:ident| $text:expr)?;)*) => {
        $(
            struct $name;
            impl Fast for $name {
                const OP: CompareOp = CompareOp::$name;
                #[inline(always)]
                fn fast(a: &Value, b: &Value) -> Option<bool> {
                    match (a, b) {
                        (Value::Int(a), Value::Int(b)) => Some(a $op b),
                        (Value::Float(a), Value::Float(b)) => Some(a.get() $op b.get()),
                        $((Value::Str($s), Value::Str($t)) => Some($text),)?
                        _ => None,
                    }
                }
            }
        )*
    };
}

fast_comparisons! {
    Lt <;
    Le <=;
    Gt >;
    Ge >=;
    Eq ==, |s, t| Str::same_text(s, t);
    Ne !=, |s, t| !Str::same_text(s, t);
}

#[inline(never)]
fn slow(vm: &Vm, op: CompareOp, a: &Value, b: &Value, site: u32) -> R<bool> {
    let result = match op {
        CompareOp::Eq => vm.eq(a, b),
        _ => match vm.compare(op, a, b) {
            Ok(Value::True) => Ok(true),
            Ok(Value::False) => Ok(false),
            Ok(other) => vm.is_true(&other),
            Err(raised) => Err(raised),
        },
    };
    result.at(vm, site)
}

fn test<O: Fast, A: Operand, B: Operand>(a: A, b: B, site: u32) -> Test {
    Box::new(move |fp, vm| {
        if let Some(answer) = look_at_both(&a, &b, fp, |a, b| O::fast(a, b)) {
            return Ok(answer);
        }
        let a = a.get(fp, vm)?;
        let b = b.get(fp, vm)?;
        match O::fast(&a, &b) {
            Some(answer) => Ok(answer),
            None => slow(vm, O::OP, &a, &b, site),
        }
    })
}

fn node<O: Fast, A: Operand, B: Operand>(a: A, b: B, site: u32) -> Node {
    Box::new(move |fp, vm| {
        let a = a.get(fp, vm)?;
        let b = b.get(fp, vm)?;
        match O::fast(&a, &b) {
            Some(answer) => Ok(Value::bool(answer)),
            None => vm.compare(O::OP, &a, &b).at(vm, site),
        }
    })
}

macro_rules! by_shapes {
    ($name:ident, $make:ident, $out:ty) => {
        fn $name<O: Fast>(a: Shape, b: Shape, site: u32) -> $out {
            match (a, b) {
                (Shape::Local(a), Shape::Local(b)) => $make::<O, _, _>(a, b, site),
                (Shape::Local(a), Shape::Constant(b)) => $make::<O, _, _>(a, b, site),
                (Shape::Local(a), Shape::Near(b)) => $make::<O, _, _>(a, b, site),
                (Shape::Local(a), Shape::Computed(b)) => $make::<O, _, _>(a, b, site),
                (Shape::Near(a), Shape::Local(b)) => $make::<O, _, _>(a, b, site),
                (Shape::Near(a), Shape::Constant(b)) => $make::<O, _, _>(a, b, site),
                (Shape::Near(a), Shape::Near(b)) => $make::<O, _, _>(a, b, site),
                (Shape::Near(a), Shape::Computed(b)) => $make::<O, _, _>(a, b, site),
                (Shape::Computed(a), Shape::Local(b)) => $make::<O, _, _>(a, b, site),
                (Shape::Computed(a), Shape::Constant(b)) => $make::<O, _, _>(a, b, site),
                // The others are rare: not worth code of their own.
                (a, b) => $make::<O, _, _>(a.computed(), b.computed(), site),
            }
        }
    };
}

by_shapes!(test_by_shapes, test, Test);
by_shapes!(node_by_shapes, node, Node);

/// A comparison of small ints.
#[inline(always)]
fn of_ints(op: CompareOp, a: &Value, b: &Value) -> Option<bool> {
    let (Value::Int(a), Value::Int(b)) = (a, b) else { return None };
    Some(match op {
        CompareOp::Lt => a < b,
        CompareOp::Le => a <= b,
        CompareOp::Eq => a == b,
        CompareOp::Ne => a != b,
        CompareOp::Gt => a > b,
        CompareOp::Ge => a >= b,
        CompareOp::Is | CompareOp::IsNot | CompareOp::In | CompareOp::NotIn => return None,
    })
}

/// `is`, `in` and their negations, which are bools by nature.
fn plain(vm: &Vm, op: CompareOp, a: &Value, b: &Value, site: u32) -> R<bool> {
    match op {
        CompareOp::Is => Ok(a.is(b)),
        CompareOp::IsNot => Ok(!a.is(b)),
        CompareOp::In => vm.contains(b, a).at(vm, site),
        CompareOp::NotIn => vm.contains(b, a).at(vm, site).map(|found| !found),
        other => slow(vm, other, a, b, site),
    }
}

fn plain_node<A: Operand, B: Operand>(op: CompareOp, a: A, b: B, site: u32) -> Test {
    Box::new(move |fp, vm| {
        let a = a.get(fp, vm)?;
        let b = b.get(fp, vm)?;
        plain(vm, op, &a, &b, site)
    })
}

/// `a is None` and the like.
fn is_test(a: Shape, wanted: bool, is_it: impl Fn(&Value) -> bool + 'static) -> Test {
    match a {
        Shape::Local(a) => Box::new(move |fp, vm| Ok(is_it(a.get(fp, vm)?) == wanted)),
        Shape::Near(a) => Box::new(move |fp, vm| {
            let answer = match a.look(fp, |value| Some(is_it(value))) {
                Some(answer) => answer,
                None => is_it(&*a.get(fp, vm)?),
            };
            Ok(answer == wanted)
        }),
        other => {
            let a = other.into_node();
            Box::new(move |fp, vm| {
                let value = Held::new(a(fp, vm)?);
                Ok(is_it(&value) == wanted)
            })
        }
    }
}

/// `c in "letters"`: a single character of ASCII is looked up among the bits of those of the text.
fn letter_test(a: Shape, wanted: bool, text: Value, site: u32) -> Test {
    let bytes = text.as_str().map_or(&[][..], |text| text.as_str().as_bytes());
    let letters = bytes.iter().filter(|byte| byte.is_ascii()).fold(0u128, |letters, &byte| letters | 1 << byte);
    let test = move |vm: &Vm, value: &Value| {
        if let Value::Str(part) = value
            && let [letter @ ..128] = part.as_str().as_bytes()
        {
            return Ok((letters >> letter & 1 == 1) == wanted);
        }
        vm.contains(&text, value).at(vm, site).map(|found| found == wanted)
    };
    match a {
        Shape::Local(a) => Box::new(move |fp, vm| test(vm, a.get(fp, vm)?)),
        other => {
            let a = other.into_node();
            Box::new(move |fp, vm| test(vm, &Held::new(a(fp, vm)?)))
        }
    }
}

/// The truth of a value where it is plain.
#[inline(always)]
pub(super) fn truth(vm: &Vm, value: &Value, site: u32) -> R<bool> {
    match value {
        Value::True => Ok(true),
        Value::False | Value::None => Ok(false),
        Value::Int(n) => Ok(*n != 0),
        other => {
            vm.site.set(site);
            vm.is_true(other).at(vm, site)
        }
    }
}

impl Planter<'_> {
    /// A comparison as a value.
    pub(super) fn compare(&self, op: CompareOp, left: &Expr, right: &Expr, site: Site) -> Node {
        let (a, b) = (self.operand_before(left, right), self.operand(right));
        let at = self.site(site);
        match op {
            CompareOp::Lt => node_by_shapes::<Lt>(a, b, at),
            CompareOp::Le => node_by_shapes::<Le>(a, b, at),
            CompareOp::Eq => node_by_shapes::<Eq>(a, b, at),
            CompareOp::Ne => node_by_shapes::<Ne>(a, b, at),
            CompareOp::Gt => node_by_shapes::<Gt>(a, b, at),
            CompareOp::Ge => node_by_shapes::<Ge>(a, b, at),
            CompareOp::Is | CompareOp::IsNot | CompareOp::In | CompareOp::NotIn => {
                let test = self.plain_test(op, left, right, site);
                Box::new(move |fp, vm| test(fp, vm).map(Value::bool))
            }
        }
    }

    fn plain_test(&self, op: CompareOp, left: &Expr, right: &Expr, site: Site) -> Test {
        let site = self.site(site);
        let wanted = matches!(op, CompareOp::Is | CompareOp::In);
        match (op, right) {
            (CompareOp::Is | CompareOp::IsNot, Expr::Const(Const::None)) => {
                return is_test(self.operand(left), wanted, |value| value.is_none());
            }
            (CompareOp::Is | CompareOp::IsNot, Expr::Const(Const::True)) => {
                return is_test(self.operand(left), wanted, |value| matches!(value, Value::True));
            }
            (CompareOp::Is | CompareOp::IsNot, Expr::Const(Const::False)) => {
                return is_test(self.operand(left), wanted, |value| matches!(value, Value::False));
            }
            (CompareOp::In | CompareOp::NotIn, Expr::Const(text @ Const::Str(_))) => {
                return letter_test(self.operand(left), wanted, self.constant(text), site);
            }
            _ => {}
        }
        match (self.operand_before(left, right), self.operand(right)) {
            (Shape::Local(a), Shape::Local(b)) => plain_node(op, a, b, site),
            (Shape::Local(a), Shape::Constant(b)) => plain_node(op, a, b, site),
            (Shape::Local(a), Shape::Computed(b)) => plain_node(op, a, b, site),
            (Shape::Computed(a), Shape::Local(b)) => plain_node(op, a, b, site),
            (a, b) => plain_node(op, a.computed(), b.computed(), site),
        }
    }

    /// `a < b <= c`
    pub(super) fn chain(&self, first: &Expr, rest: &[(CompareOp, Expr)], site: Site) -> Node {
        let first = self.expr(first);
        let rest: Box<[(CompareOp, Node)]> = rest.iter().map(|(op, e)| (*op, self.expr(e))).collect();
        let site = self.site(site);
        Box::new(move |fp, vm| {
            let mut left = Held::new(first(fp, vm)?);
            let last = rest.len() - 1;
            for (i, (op, right)) in rest.iter().enumerate() {
                let right = Held::new(right(fp, vm)?);
                let result = match of_ints(*op, &left, &right) {
                    Some(answer) => Value::bool(answer),
                    None => vm.compare(*op, &left, &right).at(vm, site)?,
                };
                if i == last || !truth(vm, &result, site)? {
                    return Ok(result);
                }
                left = right;
            }
            Ok(Value::True)
        })
    }

    /// `a < b <= c` as a condition.
    fn chain_test(&self, first: &Expr, rest: &[(CompareOp, Expr)], site: Site) -> Test {
        let first = self.expr(first);
        let rest: Box<[(CompareOp, Node)]> = rest.iter().map(|(op, e)| (*op, self.expr(e))).collect();
        let site = self.site(site);
        Box::new(move |fp, vm| {
            let mut left = Held::new(first(fp, vm)?);
            for (op, right) in rest.iter() {
                let right = Held::new(right(fp, vm)?);
                let holds = match of_ints(*op, &left, &right) {
                    Some(answer) => answer,
                    None => plain(vm, *op, &left, &right, site)?,
                };
                if !holds {
                    return Ok(false);
                }
                left = right;
            }
            Ok(true)
        })
    }

    /// An expression as a condition.
    pub(super) fn test(&self, expr: &Expr, site: Site) -> Test {
        match expr {
            Expr::Compare { op, left, right, site } => {
                let at = self.site(*site);
                let shapes = || (self.operand_before(left, right), self.operand(right));
                match op {
                    CompareOp::Lt => shapes_into(shapes(), at, test_by_shapes::<Lt>),
                    CompareOp::Le => shapes_into(shapes(), at, test_by_shapes::<Le>),
                    CompareOp::Eq => shapes_into(shapes(), at, test_by_shapes::<Eq>),
                    CompareOp::Ne => shapes_into(shapes(), at, test_by_shapes::<Ne>),
                    CompareOp::Gt => shapes_into(shapes(), at, test_by_shapes::<Gt>),
                    CompareOp::Ge => shapes_into(shapes(), at, test_by_shapes::<Ge>),
                    _ => self.plain_test(*op, left, right, *site),
                }
            }
            Expr::Not { operand, site } => {
                let test = self.test(operand, *site);
                Box::new(move |fp, vm| Ok(!test(fp, vm)?))
            }
            Expr::And { operands, site } if operands.len() == 2 => {
                let (a, b) = (self.test(&operands[0], *site), self.test(&operands[1], *site));
                Box::new(move |fp, vm| Ok(a(fp, vm)? && b(fp, vm)?))
            }
            Expr::And { operands, site } => {
                let tests: Box<[Test]> = operands.iter().map(|e| self.test(e, *site)).collect();
                Box::new(move |fp, vm| {
                    for test in tests.iter() {
                        if !test(fp, vm)? {
                            return Ok(false);
                        }
                    }
                    Ok(true)
                })
            }
            Expr::Or { operands, site } if operands.len() == 2 => {
                let (a, b) = (self.test(&operands[0], *site), self.test(&operands[1], *site));
                Box::new(move |fp, vm| Ok(a(fp, vm)? || b(fp, vm)?))
            }
            Expr::Or { operands, site } => {
                let tests: Box<[Test]> = operands.iter().map(|e| self.test(e, *site)).collect();
                Box::new(move |fp, vm| {
                    for test in tests.iter() {
                        if test(fp, vm)? {
                            return Ok(true);
                        }
                    }
                    Ok(false)
                })
            }
            Expr::Chain { first, rest, site } => self.chain_test(first, rest, *site),
            Expr::Matches { value, pattern, site } => self.matches(value, pattern, *site),
            Expr::ExceptionMatches { exception, types, site } => self.exception_matches(*exception, types, *site),
            Expr::Local { slot } => {
                let (slot, site) = (*slot, self.site(site));
                Box::new(move |fp, vm| truth(vm, fp.peek(slot), site))
            }
            other => {
                let site = self.site(site);
                if let Some(near) = self.near(other) {
                    return Box::new(move |fp, vm| {
                        if let Some(answer) = near.look(fp, plain_truth) {
                            return Ok(answer);
                        }
                        let value = near.get(fp, vm)?;
                        truth(vm, &value, site)
                    });
                }
                let node = self.expr(other);
                Box::new(move |fp, vm| {
                    let value = Held::new(node(fp, vm)?);
                    truth(vm, &value, site)
                })
            }
        }
    }

    /// `a and b`, `a or b` as a value: the last operand evaluated.
    pub(super) fn short_circuit(&self, operands: &[Expr], stop_when: bool, site: Site) -> Node {
        let nodes: Box<[Node]> = operands.iter().map(|e| self.expr(e)).collect();
        let site = self.site(site);
        Box::new(move |fp, vm| {
            let last = nodes.len() - 1;
            for node in &nodes[..last] {
                let value = node(fp, vm)?;
                if truth(vm, &value, site)? == stop_when {
                    return Ok(value);
                }
            }
            nodes[last](fp, vm)
        })
    }
}

fn shapes_into(shapes: (Shape, Shape), site: u32, make: fn(Shape, Shape, u32) -> Test) -> Test {
    make(shapes.0, shapes.1, site)
}

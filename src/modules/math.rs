//! The module `math`: functions of floats, and of ints of any size. Errors are CPython's (`Modules/mathmodule.c`).

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::ModuleSpec;
use super::support::{bigint, star};
use crate::intern::{Symbol, sym};
use crate::interp::BinaryOp;
use crate::object::{Fun, Module, R, Raised, Ref, Row, Value, Vm};
use crate::text::{float, int};

pub static SPEC: ModuleSpec = ModuleSpec { name: "math", rows: ROWS, init: Some(init), script: None };

/// A function of one float that is undefined outside its domain and may overflow.
macro_rules! real {
    ($name:literal, $function:expr) => {
        Row::function(
            $name,
            "(x, /)",
            Fun::F1(|vm, x| {
                let function: fn(f64) -> f64 = $function;
                one(vm, x, function)
            }),
        )
    };
}

const ROWS: &[Row] = &[
    real!("sqrt", f64::sqrt),
    real!("cbrt", f64::cbrt),
    real!("exp", f64::exp),
    real!("exp2", f64::exp2),
    real!("expm1", f64::exp_m1),
    real!("log1p", |x| if x == -1.0 { f64::NAN } else { x.ln_1p() }),
    real!("sin", f64::sin),
    real!("cos", f64::cos),
    real!("tan", f64::tan),
    real!("asin", f64::asin),
    real!("acos", f64::acos),
    real!("atan", f64::atan),
    real!("sinh", f64::sinh),
    real!("cosh", f64::cosh),
    real!("tanh", f64::tanh),
    real!("asinh", f64::asinh),
    real!("acosh", f64::acosh),
    real!("atanh", |x| if x.abs() == 1.0 { f64::NAN } else { x.atanh() }),
    real!("fabs", f64::abs),
    real!("degrees", f64::to_degrees),
    real!("radians", f64::to_radians),
    Row::function("log", "(x, base=None, /)", Fun::F2(log)),
    Row::function("log2", "(x, /)", Fun::F1(|vm, x| logarithm(vm, x, f64::log2, std::f64::consts::LOG2_E))),
    Row::function("log10", "(x, /)", Fun::F1(|vm, x| logarithm(vm, x, f64::log10, std::f64::consts::LOG10_E))),
    Row::function("pow", "(x, y, /)", Fun::F2(pow)),
    Row::function("atan2", "(y, x, /)", Fun::F2(|vm, y, x| Ok(Value::float(vm.to_f64(y)?.atan2(vm.to_f64(x)?))))),
    Row::function("copysign", "(x, y, /)", Fun::F2(|vm, x, y| Ok(Value::float(vm.to_f64(x)?.copysign(vm.to_f64(y)?))))),
    Row::function("fmod", "(x, y, /)", Fun::F2(|vm, x, y| two(vm, x, y, |x, y| x % y))),
    Row::function("remainder", "(x, y, /)", Fun::F2(|vm, x, y| two(vm, x, y, remainder))),
    Row::function("hypot", "(*coordinates)", Fun::Bound(hypot)),
    Row::function("dist", "(p, q, /)", Fun::F2(dist)),
    Row::function("floor", "(x, /)", Fun::F1(|vm, x| rounded(vm, x, sym::__floor__, f64::floor))),
    Row::function("ceil", "(x, /)", Fun::F1(|vm, x| rounded(vm, x, sym::__ceil__, f64::ceil))),
    Row::function("trunc", "(x, /)", Fun::F1(trunc)),
    Row::function("isnan", "(x, /)", Fun::F1(|vm, x| Ok(Value::bool(vm.to_f64(x)?.is_nan())))),
    Row::function("isinf", "(x, /)", Fun::F1(|vm, x| Ok(Value::bool(vm.to_f64(x)?.is_infinite())))),
    Row::function("isfinite", "(x, /)", Fun::F1(|vm, x| Ok(Value::bool(vm.to_f64(x)?.is_finite())))),
    Row::function("isclose", "(a, b, *, rel_tol=1e-09, abs_tol=0.0)", Fun::Bound(is_close)),
    Row::function(
        "modf",
        "(x, /)",
        Fun::F1(|vm, x| {
            let x = vm.to_f64(x)?;
            let fraction = if x.is_infinite() { 0.0f64.copysign(x) } else { (x - x.trunc()).copysign(x) };
            Ok(Value::pair(Value::float(fraction), Value::float(x.trunc())))
        }),
    ),
    Row::function("frexp", "(x, /)", Fun::F1(frexp)),
    Row::function("ldexp", "(x, i, /)", Fun::F2(ldexp)),
    Row::function("fsum", "(seq, /)", Fun::F1(fsum)),
    Row::function("prod", "(iterable, /, *, start=1)", Fun::Bound(|vm, args| prod(vm, &args[0], &args[1]))),
    Row::function("sumprod", "(p, q, /)", Fun::F2(sumprod)),
    Row::function("gcd", "(*integers)", Fun::Bound(|vm, args| fold(vm, args, BigInt::zero(), |a, b| a.gcd(&b)))),
    Row::function("lcm", "(*integers)", Fun::Bound(|vm, args| fold(vm, args, BigInt::one(), |a, b| a.lcm(&b)))),
    Row::function("factorial", "(n, /)", Fun::F1(factorial)),
    Row::function(
        "isqrt",
        "(n, /)",
        Fun::F1(|vm, n| int::isqrt(&bigint(vm, n)?).map(Value::big).map_err(|error| vm.text_error(error))),
    ),
    Row::function("comb", "(n, k, /)", Fun::F2(comb)),
    Row::function("perm", "(n, k=None, /)", Fun::F2(perm)),
    Row::function(
        "ulp",
        "(x, /)",
        Fun::F1(|vm, x| {
            let x = vm.to_f64(x)?.abs();
            Ok(Value::float(if x.is_finite() && x < f64::MAX { x.next_up() - x } else { x - x.next_down() }))
        }),
    ),
    Row::function(
        "nextafter",
        "(x, y, /)",
        Fun::F2(|vm, x, y| {
            let (x, y) = (vm.to_f64(x)?, vm.to_f64(y)?);
            let next = match x.partial_cmp(&y) {
                Some(std::cmp::Ordering::Less) => x.next_up(),
                Some(std::cmp::Ordering::Greater) => x.next_down(),
                Some(std::cmp::Ordering::Equal) => y,
                None => f64::NAN,
            };
            Ok(Value::float(next))
        }),
    ),
];

fn init(_vm: &Vm, module: &Ref<Module>) -> R<()> {
    use std::f64::consts;
    let constants =
        [("pi", consts::PI), ("e", consts::E), ("tau", consts::TAU), ("inf", f64::INFINITY), ("nan", f64::NAN)];
    for (name, value) in constants {
        module.dict.set_name(Symbol::of_static(name), Value::float(value));
    }
    Ok(())
}

#[cold]
fn domain_error(vm: &Vm) -> Raised {
    vm.value_error("math domain error")
}

#[cold]
fn range_error(vm: &Vm) -> Raised {
    vm.overflow_error("math range error")
}

/// A NaN from a number is out of the domain, an infinity from a finite number out of range.
fn checked(vm: &Vm, result: f64, args: &[f64]) -> R {
    if result.is_nan() && !args.iter().any(|x| x.is_nan()) {
        return Err(domain_error(vm));
    }
    if result.is_infinite() && args.iter().all(|x| x.is_finite()) {
        return Err(range_error(vm));
    }
    Ok(Value::float(result))
}

fn one(vm: &Vm, x: &Value, function: fn(f64) -> f64) -> R {
    let x = vm.to_f64(x)?;
    checked(vm, function(x), &[x])
}

fn two(vm: &Vm, x: &Value, y: &Value, function: fn(f64, f64) -> f64) -> R {
    let (x, y) = (vm.to_f64(x)?, vm.to_f64(y)?);
    checked(vm, function(x, y), &[x, y])
}

/// The logarithm of a float or of an int of any size.
fn logarithm(vm: &Vm, x: &Value, function: fn(f64) -> f64, per_e: f64) -> R {
    if let Value::BigInt(n) = x.base() {
        if !n.is_positive() {
            return Err(domain_error(vm));
        }
        let shift = n.bits().saturating_sub(64);
        let top = (&**n >> shift).to_f64().unwrap_or(f64::INFINITY);
        return Ok(Value::float(function(top) + shift as f64 * std::f64::consts::LN_2 * per_e));
    }
    let x = vm.to_f64(x)?;
    if x <= 0.0 {
        return Err(domain_error(vm));
    }
    Ok(Value::float(function(x)))
}

fn log(vm: &Vm, x: &Value, base: &Value) -> R {
    let log_of_x = logarithm(vm, x, f64::ln, 1.0)?;
    if base.is_none_or_missing() {
        return Ok(log_of_x);
    }
    let log_of_base = logarithm(vm, base, f64::ln, 1.0)?;
    vm.binary(BinaryOp::Div, &log_of_x, &log_of_base)
}

fn pow(vm: &Vm, x: &Value, y: &Value) -> R {
    let (x, y) = (vm.to_f64(x)?, vm.to_f64(y)?);
    let result = x.powf(y);
    if result.is_infinite() && x == 0.0 {
        return Err(domain_error(vm));
    }
    checked(vm, result, &[x, y])
}

/// IEEE 754 remainder: of the quotient rounded to the nearest, ties to even.
fn remainder(x: f64, y: f64) -> f64 {
    if x.is_finite() && y.is_infinite() {
        return x;
    }
    if !x.is_finite() || y == 0.0 || y.is_nan() {
        return f64::NAN;
    }
    let (absolute, divisor) = (x.abs(), y.abs());
    let rest = absolute % divisor;
    let other = divisor - rest;
    let nearest = if rest < other {
        rest
    } else if rest > other {
        -other
    } else {
        rest - 2.0 * ((0.5 * (absolute - rest)) % divisor)
    };
    1.0f64.copysign(x) * nearest
}

fn hypot(vm: &Vm, args: &[Value]) -> R {
    let numbers = star(&args[0]).iter().map(|x| vm.to_f64(x)).collect::<R<Vec<f64>>>()?;
    Ok(Value::float(length(&numbers)))
}

/// The length of a vector, scaled so that squares neither overflow nor vanish.
fn length(numbers: &[f64]) -> f64 {
    if numbers.iter().any(|x| x.is_infinite()) {
        return f64::INFINITY;
    }
    if let [x, y] = numbers {
        return x.hypot(*y);
    }
    let most = numbers.iter().fold(0.0f64, |most, x| if x.is_nan() { f64::NAN } else { most.max(x.abs()) });
    if most == 0.0 || most.is_nan() {
        return most;
    }
    most * numbers.iter().map(|x| (x / most) * (x / most)).sum::<f64>().sqrt()
}

fn dist(vm: &Vm, p: &Value, q: &Value) -> R {
    let (p, q) = (vm.collect(p)?, vm.collect(q)?);
    if p.len() != q.len() {
        return Err(vm.value_error("both points must have the same number of dimensions"));
    }
    let differences = p.iter().zip(&q).map(|(a, b)| Ok(vm.to_f64(a)? - vm.to_f64(b)?)).collect::<R<Vec<f64>>>()?;
    Ok(Value::float(length(&differences)))
}

fn rounded(vm: &Vm, x: &Value, hook: Symbol, function: fn(f64) -> f64) -> R {
    let own = matches!(x, Value::Instance(_)) || !(x.is_int() || x.as_float().is_some());
    if own && let Some(result) = vm.call_special(x, hook, &[])? {
        return Ok(result);
    }
    if x.is_int() {
        return Ok(x.base().clone()).map(|n| match n {
            Value::True => Value::Int(1),
            Value::False => Value::Int(0),
            n => n,
        });
    }
    let x = function(vm.to_f64(x)?);
    float::to_int(x).map(Value::big).map_err(|error| vm.text_error(error))
}

fn trunc(vm: &Vm, x: &Value) -> R {
    if x.is_int() || x.as_float().is_some() {
        return rounded(vm, x, sym::__trunc__, f64::trunc);
    }
    match vm.call_special(x, sym::__trunc__, &[])? {
        Some(result) => Ok(result),
        None => Err(vm.type_error(format!("type {} doesn't define __trunc__ method", vm.type_name(x)))),
    }
}

fn is_close(vm: &Vm, args: &[Value]) -> R {
    let (a, b) = (vm.to_f64(&args[0])?, vm.to_f64(&args[1])?);
    let relative = if args[2].is_missing() { 1e-9 } else { vm.to_f64(&args[2])? };
    let absolute = if args[3].is_missing() { 0.0 } else { vm.to_f64(&args[3])? };
    if relative < 0.0 || absolute < 0.0 {
        return Err(vm.value_error("tolerances must be non-negative"));
    }
    if a == b {
        return Ok(Value::True);
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(Value::False);
    }
    let difference = (b - a).abs();
    let close = difference <= (relative * b).abs() || difference <= (relative * a).abs() || difference <= absolute;
    Ok(Value::bool(close))
}

/// Mantissa in [0.5, 1) and exponent.
fn frexp(vm: &Vm, x: &Value) -> R {
    let x = vm.to_f64(x)?;
    if x == 0.0 || !x.is_finite() {
        return Ok(Value::pair(Value::float(x), Value::Int(0)));
    }
    // Subnormal numbers are scaled into the normal range first.
    let (scaled, extra) = if x.abs() < f64::MIN_POSITIVE { (x * 2f64.powi(64), -64) } else { (x, 0) };
    let bits = scaled.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1022 + extra;
    let mantissa = f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52));
    Ok(Value::pair(Value::float(mantissa), Value::Int(exponent)))
}

fn ldexp(vm: &Vm, x: &Value, exponent: &Value) -> R {
    let x = vm.to_f64(x)?;
    let mut exponent = bigint(vm, exponent)?.to_i64().unwrap_or(i64::MAX).clamp(-5000, 5000) as i32;
    let mut result = x;
    // In steps that are powers of two themselves; the last one rounds, once.
    while exponent != 0 {
        let step = exponent.clamp(-1000, 1000);
        result *= 2f64.powi(step);
        exponent -= step;
    }
    checked(vm, result, &[x])
}

/// The exact sum, rounded once (Shewchuk 1997).
fn fsum(vm: &Vm, items: &Value) -> R {
    let mut partials: Vec<f64> = Vec::new();
    let mut special = 0.0;
    let (mut has_special, mut infinities) = (false, 0.0);
    vm.for_each(items, |item| {
        let mut x = vm.to_f64(&item)?;
        if !x.is_finite() {
            has_special = true;
            special += x;
            infinities += if x.is_infinite() { x } else { 0.0 };
            return Ok(true);
        }
        let mut kept = 0;
        for i in 0..partials.len() {
            let mut y = partials[i];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        if x.is_infinite() {
            return Err(vm.overflow_error("intermediate overflow in fsum"));
        }
        partials.push(x);
        Ok(true)
    })?;
    if has_special {
        if f64::is_nan(infinities) {
            return Err(vm.value_error("-inf + inf in fsum"));
        }
        return Ok(Value::float(special));
    }
    let mut high = partials.pop().unwrap_or(0.0);
    while let Some(y) = partials.pop() {
        let x = high;
        high = x + y;
        let low = y - (high - x);
        if low != 0.0 {
            // Half-way cases look at what is below.
            if partials.last().is_some_and(|&below| (low < 0.0) == (below < 0.0)) {
                let twice = low * 2.0;
                let sum = high + twice;
                if twice == sum - high {
                    high = sum;
                }
            }
            break;
        }
    }
    Ok(Value::float(high))
}

fn prod(vm: &Vm, items: &Value, start: &Value) -> R {
    let mut product = if start.is_missing() { Value::Int(1) } else { start.clone() };
    vm.for_each(items, |item| {
        product = vm.binary(BinaryOp::Mul, &product, &item)?;
        Ok(true)
    })?;
    Ok(product)
}

fn sumprod(vm: &Vm, p: &Value, q: &Value) -> R {
    let (p, q) = (vm.collect(p)?, vm.collect(q)?);
    if p.len() != q.len() {
        return Err(vm.value_error("Inputs are not the same length"));
    }
    let mut sum = Value::Int(0);
    for (a, b) in p.iter().zip(&q) {
        let product = vm.binary(BinaryOp::Mul, a, b)?;
        sum = vm.binary(BinaryOp::Add, &sum, &product)?;
    }
    Ok(sum)
}

fn fold(vm: &Vm, args: &[Value], start: BigInt, join: fn(BigInt, BigInt) -> BigInt) -> R {
    let mut result = start;
    for item in star(&args[0]) {
        result = join(result, bigint(vm, item)?);
    }
    Ok(Value::big(result.abs()))
}

/// A whole number that is not negative, small enough to count with.
fn count(vm: &Vm, value: &Value, what: &str) -> R<u64> {
    let n = bigint(vm, value)?;
    if n.is_negative() {
        return Err(vm.value_error(format!("{what} must be a non-negative integer")));
    }
    n.to_u64().ok_or_else(|| vm.overflow_error(format!("{what} should not exceed {}", i64::MAX)))
}

/// Numbers whose product has more digits than memory would hold are refused.
const MOST_FACTORS: u64 = 2_000_000;

fn factorial(vm: &Vm, n: &Value) -> R {
    if n.as_float().is_some() {
        return Err(vm.type_error("'float' object cannot be interpreted as an integer"));
    }
    let n = bigint(vm, n)?;
    if n.is_negative() {
        return Err(vm.value_error("factorial() not defined for negative values"));
    }
    match n.to_u64().filter(|&n| n <= MOST_FACTORS) {
        Some(n) => Ok(Value::big(product(1, n))),
        None => Err(vm.memory_error()),
    }
}

/// `low * ... * high`, by halves, so that the factors are of like size.
fn product(low: u64, high: u64) -> BigInt {
    if low > high {
        return BigInt::one();
    }
    if high - low < 8 {
        return (low..=high).fold(BigInt::one(), |product, n| product * n);
    }
    let middle = low + (high - low) / 2;
    product(low, middle) * product(middle + 1, high)
}

fn comb(vm: &Vm, n: &Value, k: &Value) -> R {
    let (n, k) = (count(vm, n, "n")?, count(vm, k, "k")?);
    if k > n {
        return Ok(Value::Int(0));
    }
    let k = k.min(n - k);
    if k > MOST_FACTORS {
        return Err(vm.memory_error());
    }
    Ok(Value::big(product(n - k + 1, n) / product(1, k)))
}

fn perm(vm: &Vm, n: &Value, k: &Value) -> R {
    if k.is_none_or_missing() {
        return factorial(vm, n);
    }
    let (n, k) = (count(vm, n, "n")?, count(vm, k, "k")?);
    if k > n {
        return Ok(Value::Int(0));
    }
    if k > MOST_FACTORS {
        return Err(vm.memory_error());
    }
    Ok(Value::big(product(n - k + 1, n)))
}

//! What `random` draws from a generator: ranges, orders, samples, distributions, each taking the same numbers from the
//! generator as CPython's `Lib/random.py`, so that equal seeds give equal results. It must not know of sequences: it
//! draws positions.

use super::error::{Result, TextError};
use super::float;
use super::twister::Twister;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::{HashMap, HashSet};
use std::f64::consts::{E, PI, TAU};

/// `randrange(stop)`.
///
/// # Errors
/// ValueError for an empty range.
pub fn randrange_stop(from: &mut Twister, stop: &BigInt) -> Result<BigInt> {
    if !stop.is_positive() {
        return Err(TextError::value("empty range for randrange()"));
    }
    from.below_big(stop)
}

/// `randrange(start, stop, step)`; `randint(a, b)` is `randrange(a, b + 1, 1)`.
///
/// # Errors
/// ValueError for an empty range or a step of zero.
pub fn randrange(from: &mut Twister, start: &BigInt, stop: &BigInt, step: &BigInt) -> Result<BigInt> {
    let width = stop - start;
    if step.is_one() {
        if !width.is_positive() {
            return Err(TextError::value(format!("empty range in randrange({start}, {stop})")));
        }
        return Ok(start + from.below_big(&width)?);
    }
    if step.is_zero() {
        return Err(TextError::value("zero step for randrange()"));
    }
    let count = (width + step - step.signum()).div_floor(step);
    if !count.is_positive() {
        return Err(TextError::value(format!("empty range in randrange({start}, {stop}, {step})")));
    }
    Ok(start + step * from.below_big(&count)?)
}

/// `randint(low, high)` for small bounds.
///
/// # Errors
/// ValueError for an empty range.
pub fn randint_i64(from: &mut Twister, low: i64, high: i64) -> Result<i64> {
    let width = i128::from(high) - i128::from(low) + 1;
    match u64::try_from(width) {
        Ok(0) | Err(_) if width <= 0 => {
            let stop = i128::from(high) + 1;
            Err(TextError::value(format!("empty range in randrange({low}, {stop})")))
        }
        Ok(width) => Ok(low.wrapping_add(from.below(width) as i64)),
        // All of 2^64: the bound has 65 bits, so the draw may be refused.
        Err(_) => Ok((BigInt::from(low) + from.below_big(&BigInt::from(width))?).to_i64().unwrap_or(low)),
    }
}

/// `shuffle(x)` of `count` items: calls `swap(i, j)` for each exchange in order.
pub fn shuffle(from: &mut Twister, count: usize, mut swap: impl FnMut(usize, usize)) {
    for last in (1..count).rev() {
        swap(last, from.below(last as u64 + 1) as usize);
    }
}

/// `sample(range(population), count)`: positions without repetition.
///
/// # Errors
/// ValueError when `count` exceeds `population`.
pub fn sample(from: &mut Twister, population: u64, count: u64) -> Result<Vec<u64>> {
    if count > population {
        return Err(TextError::value("Sample larger than population or is negative"));
    }
    // The reference's estimate of when a set of the chosen takes less memory than a list of all.
    let set_size = if count > 5 { 21.0 + 4f64.powf(((count as f64 * 3.0).ln() / 4f64.ln()).ceil()) } else { 21.0 };
    let mut chosen = Vec::new();
    if population as f64 <= set_size {
        // Positions that moved: what stands there instead of their own number.
        let mut moved: HashMap<u64, u64> = HashMap::new();
        for left in (population - count + 1..=population).rev() {
            let at = from.below(left);
            let last = moved.get(&(left - 1)).copied().unwrap_or(left - 1);
            chosen.push(moved.insert(at, last).unwrap_or(at));
        }
    } else {
        let mut seen = HashSet::new();
        for _ in 0..count {
            let mut at = from.below(population);
            while !seen.insert(at) {
                at = from.below(population);
            }
            chosen.push(at);
        }
    }
    Ok(chosen)
}

/// One position of `choices(population)` without weights.
pub fn choose(from: &mut Twister, population: usize) -> usize {
    (from.random() * population as f64).floor() as usize
}

/// Checks cumulative weights for `choices` and gives their total.
///
/// # Errors
/// ValueError when their number differs from the population's or their total is not positive and finite.
pub fn check_weights(cumulative: &[f64], population: usize) -> Result<f64> {
    if cumulative.len() != population {
        return Err(TextError::value("The number of weights does not match the population"));
    }
    let total = cumulative.last().copied().unwrap_or(0.0);
    if total <= 0.0 {
        return Err(TextError::value("Total of weights must be greater than zero"));
    }
    if !total.is_finite() {
        return Err(TextError::value("Total of weights must be finite"));
    }
    Ok(total)
}

/// One position of `choices(population, cum_weights=...)`; `total` comes from [`check_weights`].
pub fn choose_weighted(from: &mut Twister, cumulative: &[f64], total: f64) -> usize {
    let wanted = from.random() * total;
    let (mut low, mut high) = (0, cumulative.len().saturating_sub(1));
    while low < high {
        let middle = (low + high) / 2;
        if wanted < cumulative[middle] { high = middle } else { low = middle + 1 }
    }
    low
}

/// `uniform(a, b)`.
pub fn uniform(from: &mut Twister, a: f64, b: f64) -> f64 {
    a + (b - a) * from.random()
}

/// `triangular(low, high, mode)`.
pub fn triangular(from: &mut Twister, low: f64, high: f64, mode: Option<f64>) -> f64 {
    let drawn = from.random();
    let split = match mode {
        None => 0.5,
        Some(_) if high == low => return low,
        Some(mode) => (mode - low) / (high - low),
    };
    if drawn > split {
        high + (low - high) * ((1.0 - drawn) * (1.0 - split)).sqrt()
    } else {
        low + (high - low) * (drawn * split).sqrt()
    }
}

/// A standard normal number by the ratio of uniforms (Kinderman and Monahan 1977).
fn standard_normal(from: &mut Twister) -> f64 {
    let magic = 4.0 * (-0.5f64).exp() / 2f64.sqrt();
    loop {
        let first = from.random();
        let second = 1.0 - from.random();
        let ratio = magic * (first - 0.5) / second;
        if ratio * ratio / 4.0 <= -second.ln() {
            return ratio;
        }
    }
}

/// `normalvariate(mu, sigma)`.
pub fn normalvariate(from: &mut Twister, mu: f64, sigma: f64) -> f64 {
    mu + standard_normal(from) * sigma
}

/// `gauss(mu, sigma)`: numbers come in pairs (Box and Muller 1958), the second is kept for the next call.
pub fn gauss(from: &mut Twister, mu: f64, sigma: f64) -> f64 {
    let unit = match from.gauss_next.take() {
        Some(kept) => kept,
        None => {
            let angle = from.random() * TAU;
            let radius = (-2.0 * (1.0 - from.random()).ln()).sqrt();
            from.gauss_next = Some(angle.sin() * radius);
            angle.cos() * radius
        }
    };
    mu + unit * sigma
}

/// `lognormvariate(mu, sigma)`.
///
/// # Errors
/// OverflowError.
pub fn lognormvariate(from: &mut Twister, mu: f64, sigma: f64) -> Result<f64> {
    let exponent = normalvariate(from, mu, sigma);
    let value = exponent.exp();
    if value.is_infinite() && exponent.is_finite() {
        return Err(TextError::overflow("math range error"));
    }
    Ok(value)
}

fn divide(numerator: f64, denominator: f64) -> Result<f64> {
    if denominator == 0.0 {
        return Err(TextError::zero_division("float division by zero"));
    }
    Ok(numerator / denominator)
}

/// `base ** exponent` for a base that is not negative.
fn power(base: f64, exponent: f64) -> Result<f64> {
    float::pow(base, exponent).map_err(|e| match e {
        float::PowError::ZeroDivision => TextError::zero_division(float::ZERO_TO_NEGATIVE),
        _ => TextError::overflow("(34, 'Numerical result out of range')"),
    })
}

/// `expovariate(lambd)`.
///
/// # Errors
/// ZeroDivisionError.
pub fn expovariate(from: &mut Twister, lambd: f64) -> Result<f64> {
    divide(-(1.0 - from.random()).ln(), lambd)
}

/// `vonmisesvariate(mu, kappa)` (Best and Fisher 1979). A kappa of nan gives nan: its rejection would never end.
pub fn vonmisesvariate(from: &mut Twister, mu: f64, kappa: f64) -> f64 {
    if kappa <= 1e-6 {
        return TAU * from.random();
    }
    if kappa.is_nan() {
        return kappa;
    }
    let s = 0.5 / kappa;
    let r = s + (1.0 + s * s).sqrt();
    let cosine = loop {
        let z = (PI * from.random()).cos();
        let d = z / (r + z);
        let drawn = from.random();
        if drawn < 1.0 - d * d || drawn <= (1.0 - d) * d.exp() {
            break z;
        }
    };
    let q = 1.0 / r;
    let angle = ((q + cosine) / (1.0 + q * cosine)).acos();
    let turned = if from.random() > 0.5 { mu + angle } else { mu - angle };
    float::modulo(turned, TAU).unwrap_or(turned)
}

/// `gammavariate(alpha, beta)`. A parameter that is not finite gives nan: its rejection would never end.
///
/// # Errors
/// ValueError unless both are positive.
pub fn gammavariate(from: &mut Twister, alpha: f64, beta: f64) -> Result<f64> {
    if alpha <= 0.0 || beta <= 0.0 {
        return Err(TextError::value("gammavariate: alpha and beta must be > 0.0"));
    }
    if !alpha.is_finite() {
        return Ok(f64::NAN);
    }
    Ok(if alpha > 1.0 {
        gamma_above_one(from, alpha)
    } else if alpha == 1.0 {
        -(1.0 - from.random()).ln()
    } else {
        gamma_below_one(from, alpha)
    } * beta)
}

/// Cheng 1977, algorithm GB.
fn gamma_above_one(from: &mut Twister, alpha: f64) -> f64 {
    let ainv = (2.0 * alpha - 1.0).sqrt();
    let bbb = alpha - 4f64.ln();
    let ccc = alpha + ainv;
    let magic = 1.0 + 4.5f64.ln();
    loop {
        let first = from.random();
        if !(1e-7 < first && first < 0.999_999_9) {
            continue;
        }
        let second = 1.0 - from.random();
        let v = (first / (1.0 - first)).ln() / ainv;
        let x = alpha * v.exp();
        let z = first * first * second;
        let r = bbb + ccc * v - x;
        if r + magic - 4.5 * z >= 0.0 || r >= z.ln() {
            return x;
        }
    }
}

/// Ahrens and Dieter 1974, algorithm GS.
fn gamma_below_one(from: &mut Twister, alpha: f64) -> f64 {
    let bound = (E + alpha) / E;
    loop {
        let p = bound * from.random();
        let x = if p <= 1.0 { p.powf(1.0 / alpha) } else { -((bound - p) / alpha).ln() };
        let drawn = from.random();
        if drawn <= if p > 1.0 { x.powf(alpha - 1.0) } else { (-x).exp() } {
            return x;
        }
    }
}

/// `betavariate(alpha, beta)`.
///
/// # Errors
/// As [`gammavariate`].
pub fn betavariate(from: &mut Twister, alpha: f64, beta: f64) -> Result<f64> {
    let y = gammavariate(from, alpha, 1.0)?;
    if y == 0.0 { Ok(0.0) } else { Ok(y / (y + gammavariate(from, beta, 1.0)?)) }
}

/// `paretovariate(alpha)`.
///
/// # Errors
/// ZeroDivisionError, OverflowError.
pub fn paretovariate(from: &mut Twister, alpha: f64) -> Result<f64> {
    let drawn = 1.0 - from.random();
    power(drawn, divide(-1.0, alpha)?)
}

/// `weibullvariate(alpha, beta)`.
///
/// # Errors
/// ZeroDivisionError, OverflowError.
pub fn weibullvariate(from: &mut Twister, alpha: f64, beta: f64) -> Result<f64> {
    let drawn = 1.0 - from.random();
    Ok(alpha * power(-drawn.ln(), divide(1.0, beta)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::twister::Seed;

    fn seeded(n: i64) -> Twister {
        Twister::new(Seed::Int(&BigInt::from(n)))
    }

    #[test]
    fn orders_and_samples_are_those_of_the_reference() {
        let mut items: Vec<usize> = (0..10).collect();
        shuffle(&mut seeded(1), 10, |i, j| items.swap(i, j));
        assert_eq!(items, [6, 8, 9, 7, 5, 3, 0, 4, 1, 2]);
        assert_eq!(sample(&mut seeded(1), 10, 3), Ok(vec![2, 1, 4]));
        assert_eq!(sample(&mut seeded(1), 1000, 3), Ok(vec![137, 582, 867]));
        assert!(sample(&mut seeded(1), 2, 3).is_err());
    }

    #[test]
    fn ranges() {
        assert_eq!(randint_i64(&mut seeded(1), 1, 6), Ok(2));
        assert_eq!(randint_i64(&mut seeded(1), 1, 0).unwrap_err().message, "empty range in randrange(1, 1)");
        assert!(randint_i64(&mut seeded(1), i64::MIN, i64::MAX).is_ok());
        let (zero, ten, step) = (BigInt::from(0), BigInt::from(10), BigInt::from(-3));
        assert_eq!(randrange(&mut seeded(1), &ten, &zero, &step), Ok(BigInt::from(7)));
    }

    #[test]
    fn gauss_keeps_the_second_of_a_pair() {
        let mut twister = seeded(1);
        let first = gauss(&mut twister, 0.0, 1.0);
        let kept = twister.gauss_next().expect("the first draw keeps one");
        assert_eq!(first, 1.288_184_753_155_462_9);
        assert_eq!(gauss(&mut twister, 0.0, 1.0), kept);
    }
}

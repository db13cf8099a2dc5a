//! "Did you mean": the known name nearest to a wrong one. The distance and its bounds are CPython's
//! (`Python/suggestions.c`), so that both suggest the same.

const MOVE: usize = 2;
const CASE: usize = 1;
/// Longer names are not looked at.
const LONGEST: usize = 40;
/// With more candidates nothing is suggested.
const MOST: usize = 750;

/// The nearest of `candidates` to `wrong`, the first of equals; None when all are too far.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if candidates.len() > MOST || wrong.chars().count() > LONGEST {
        return None;
    }
    let wrong: Vec<char> = wrong.chars().collect();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let chars: Vec<char> = candidate.chars().collect();
        if chars == wrong {
            continue;
        }
        // No more than a third of the letters involved may change.
        let bound = (chars.len() + wrong.len() + 3) * MOVE / 6;
        let better_than = best.map_or(usize::MAX, |(distance, _)| distance);
        let bound = bound.min(better_than.saturating_sub(1));
        if let Some(distance) = distance(&wrong, &chars, bound)
            && best.is_none_or(|(least, _)| distance < least)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// The cost of turning `a` into `b`: 2 for a letter that comes, goes or changes, 1 for one that changes its case.
/// None when it is more than `bound`.
fn distance(a: &[char], b: &[char], bound: usize) -> Option<usize> {
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    let within = |cost: usize| (cost <= bound).then_some(cost);
    if a.is_empty() || b.is_empty() {
        return within(MOVE * (a.len() + b.len()));
    }
    if a.len() > LONGEST || b.len() > LONGEST || a.len().abs_diff(b.len()) * MOVE > bound {
        return None;
    }
    let mut row: Vec<usize> = (0..=a.len()).map(|i| i * MOVE).collect();
    for (j, y) in b.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (j + 1) * MOVE;
        for (i, x) in a.iter().enumerate() {
            let substituted = diagonal + substitution(*x, *y);
            diagonal = row[i + 1];
            row[i + 1] = substituted.min(row[i].min(diagonal) + MOVE);
        }
        if row[1..].iter().all(|&cost| cost > bound) {
            return None;
        }
    }
    within(row[a.len()])
}

fn substitution(x: char, y: char) -> usize {
    if x == y {
        0
    } else if x.to_lowercase().eq(y.to_lowercase()) {
        CASE
    } else {
        MOVE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_not() {
        assert_eq!(nearest("countr", ["print", "counter", "count"]), Some("counter"));
        assert_eq!(nearest("Print", ["print", "point"]), Some("print"));
        assert_eq!(nearest("batery", ["charge", "battery"]), Some("battery"));
        assert_eq!(nearest("x", ["y", "z"]), None);
        assert_eq!(nearest("qwerty", ["asdfgh"]), None);
    }
}

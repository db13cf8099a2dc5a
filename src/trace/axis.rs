//! The axis of a timeline: round times, as many as fit.

use super::record::Stretch;
use crate::event::Nanos;

/// A mark on the axis: when, from the beginning of the run, and what stands there.
pub struct Tick {
    pub at: Nanos,
    pub label: String,
}

/// Round times from the beginning of a stretch to its end, at most `most` steps.
pub fn ticks(span: Stretch, most: usize) -> Vec<Tick> {
    let length = span.to.since(span.from).0.max(1);
    let mut step: i64 = 1;
    // 1, 2, 5, 10, 20, 50, ...
    let mut factors = [2, 5, 10].into_iter().cycle();
    let mut base: i64 = 1;
    while length / step > most.max(1) as i64 {
        let Some(factor) = factors.next() else { break };
        step = base.saturating_mul(factor);
        if factor == 10 {
            base = step;
        }
    }
    let (unit, name) = match length {
        2_000_000_000.. => (1_000_000_000, "s"),
        2_000_000.. => (1_000_000, "ms"),
        2_000.. => (1_000, "µs"),
        _ => (1, "ns"),
    };
    let label = |n: i64| {
        let value = n as f64 / unit as f64;
        let text = format!("{value:.3}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        if n == 0 { format!("0 {name}") } else { text.to_owned() }
    };
    (0..=length / step).map(|i| Tick { at: span.from.plus(Nanos(i * step)), label: label(i * step) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_round() {
        let labels = |seconds: i64, most| -> Vec<String> {
            let span = Stretch { from: Nanos::secs(5), to: Nanos::secs(5 + seconds) };
            ticks(span, most).into_iter().map(|tick| tick.label).collect()
        };
        assert_eq!(labels(3, 6), ["0 s", "0.5", "1", "1.5", "2", "2.5", "3"]);
        assert_eq!(labels(100, 5), ["0 s", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(1, 2), ["0 ms", "500", "1000"]);
    }
}

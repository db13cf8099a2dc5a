//! What one of n things costs as n grows: the table of `benches/scaling.aio`, a process for each figure.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Request;
use crate::interpreters::Interpreters;
use crate::process;
use crate::record::Record;

const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// What one figure may take; an item that takes longer is not tried at greater sizes.
const LIMIT: Duration = Duration::from_secs(30);

/// From 10^4 to 10^6 the cost may grow this much: caches and logarithms account for that, not squares.
const MOST_GROWTH: f64 = 3.0;

/// Prints a line for each item; gives the number that grow too much or fail.
pub fn print(
    script: &Path,
    request: &Request,
    interpreters: &Interpreters,
    record: &mut Record,
) -> Result<usize, String> {
    let interpreter = match &interpreters.python {
        Some(python) if request.python => python,
        None if request.python => return Err("no python3.13 here".into()),
        _ => &interpreters.aio,
    };
    let run = |arguments: &[&str]| {
        let mut command = Command::new(interpreter);
        process::line_within(command.arg(script).args(arguments).stdin(Stdio::null()), LIMIT)
    };
    let items = run(&[])?.ok_or("the list of items took too long")?;
    println!("{}: ns per item (CPU), growth: from 10^4 to 10^6", interpreter.display());
    println!("{:<30}{:>11}{:>11}{:>11}{:>11}{:>8}", "item", "10^3", "10^4", "10^5", "10^6", "growth");
    let mut faults = 0;
    for item in items.split_whitespace().filter(|item| request.wants(item)) {
        let mut costs: Vec<Option<f64>> = Vec::new();
        let mut fault = None;
        for size in SIZES {
            match run(&[item, &size.to_string()]) {
                Ok(line) => costs.push(line.and_then(|line| line.parse().ok())),
                Err(error) => {
                    costs.push(None);
                    fault = Some(error);
                }
            }
            if costs.last() == Some(&None) {
                break;
            }
        }
        faults += usize::from(!print_row(item, &costs, fault.as_deref()));
        record.scaling(item, &costs);
    }
    Ok(faults)
}

/// Whether the item holds what the table promises.
fn print_row(item: &str, costs: &[Option<f64>], fault: Option<&str>) -> bool {
    let mut row = format!("{item:<30}");
    for cost in costs {
        row += &cost.map_or(format!("{:>11}", "-"), |ns| format!("{ns:>11.1}"));
    }
    let (text, good) = match (fault, costs) {
        (Some(fault), _) => (format!("  FAILED: {fault}"), false),
        (None, [_, Some(small), _, Some(large)]) => {
            let growth = large / small.max(0.1);
            let good = growth <= MOST_GROWTH;
            (format!("{growth:>8.2}{}", if good { "" } else { "  grows" }), good)
        }
        (None, _) => (format!("  grows: more than {} s", LIMIT.as_secs()), false),
    };
    println!("{row}{text}");
    good
}

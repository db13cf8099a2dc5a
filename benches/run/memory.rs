//! What things weigh: each program of the memory family makes as many as its argument says; the peak memory of many
//! is set against that of none. `NAME.each` holds how many, and what one is called.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Request;
use crate::interpreters::Interpreters;
use crate::process;
use crate::record::Record;
use crate::times::scripts;

/// What `NAME.each` says.
struct Each {
    count: u64,
    thing: String,
}

/// Prints the bytes of one thing for each program of the family; gives the number that failed.
pub fn print(root: &Path, request: &Request, interpreters: &Interpreters, record: &mut Record) -> usize {
    let mut faults = 0;
    let mut heading = Some("bytes each");
    for path in scripts(&root.join("memory")) {
        let name = format!("memory/{}", path.file_stem().unwrap_or_default().to_string_lossy());
        if !request.wants(&name) {
            continue;
        }
        if let Some(heading) = heading.take() {
            println!("{heading:<28}{:>9}{:>9}{:>8}", "aio", "python", "ratio");
        }
        match weigh(&path, interpreters) {
            Ok((each, aio, python)) => {
                let theirs = python.map(|bytes| format!("{bytes:>9}{:>8.2}", bytes as f64 / aio.max(1) as f64));
                println!("{name:<28}{aio:>9}{:<17}  {}", theirs.unwrap_or_default(), each.thing);
                record.weight(&name, &each.thing, aio, python);
            }
            Err(fault) => {
                faults += 1;
                println!("{name:<28}FAILED: {fault}");
            }
        }
    }
    faults
}

/// Peak memory, unlike time, is the same each run: one of many and one of none is enough.
fn weigh(path: &Path, interpreters: &Interpreters) -> Result<(Each, u64, Option<u64>), String> {
    let each = each(path).ok_or("no .each file with `COUNT THING` beside it")?;
    let peak = |interpreter: &Path, count: u64| {
        let mut command = Command::new(interpreter);
        process::cost(command.arg(path).arg(count.to_string()).stdin(Stdio::null())).map(|cost| cost.memory)
    };
    let weight = |interpreter: &Path| -> Result<u64, String> {
        let more = peak(interpreter, each.count)?.saturating_sub(peak(interpreter, 0)?);
        Ok(more * 1024 / each.count.max(1))
    };
    let aio = weight(&interpreters.aio)?;
    let python = interpreters.python.as_ref().map(|python| weight(python)).transpose()?;
    Ok((each, aio, python))
}

fn each(path: &Path) -> Option<Each> {
    let text = std::fs::read_to_string(path.with_extension("each")).ok()?;
    let (count, thing) = text.trim().split_once(' ')?;
    Some(Each { count: count.parse().ok()?, thing: thing.to_string() })
}

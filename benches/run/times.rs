//! What the programs take: CPU time (user and system), wall time and peak memory, medians of runs that alternate
//! between the interpreters. What they print is compared first: a program that differs is not measured.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Request;
use crate::interpreters::Interpreters;
use crate::process::{self, Medians};
use crate::record::Record;

/// The folders of programs that are timed.
pub const FAMILIES: [&str; 3] = ["async", "cpu", "start"];

/// A program as fast as this is run more often: its figures vary more.
const SHORT: Duration = Duration::from_millis(100);

/// Prints a line for each program and the geometric means of the families; gives the number that failed.
pub fn print(root: &Path, request: &Request, interpreters: &Interpreters, record: &mut Record) -> usize {
    let mut programs = Vec::new();
    for family in FAMILIES {
        for path in scripts(&root.join(family)) {
            let name = format!("{family}/{}", path.file_stem().unwrap_or_default().to_string_lossy());
            programs.extend(request.wants(&name).then_some((name, family, path)));
        }
    }
    if programs.is_empty() {
        return 0;
    }
    match &interpreters.python {
        Some(python) => {
            println!("aio against {}, medians of {} runs, ratio: python3.13 over aio", python.display(), request.runs)
        }
        None => println!("no python3.13 here: aio alone, medians of {} runs", request.runs),
    }
    println!(
        "{:<28}{:>9}{:>9}{:>8}{:>10}{:>9}{:>8}{:>10}{:>9}{:>8}",
        "program", "cpu ms", "python", "ratio", "wall ms", "python", "ratio", "peak MB", "python", "ratio"
    );
    let mut ratios: BTreeMap<&str, Vec<[f64; 3]>> = BTreeMap::new();
    let mut faults = 0;
    for (name, family, path) in &programs {
        match measure(path, interpreters, request.runs) {
            Ok((aio, python)) => {
                ratios.entry(family).or_default().extend(print_row(name, &aio, python.as_ref()));
                record.program(name, &aio, python.as_ref());
            }
            Err(fault) => {
                faults += 1;
                println!("{name:<28}FAILED: {fault}");
            }
        }
    }
    for (family, rows) in &ratios {
        let mean = |i: usize| (rows.iter().map(|row| row[i].ln()).sum::<f64>() / rows.len() as f64).exp();
        let worst = rows.iter().map(|row| row[0]).fold(f64::INFINITY, f64::min);
        println!(
            "{family:<28}{:>26.2}{:>27.2}{:>27.2}  geometric means of {}; the least cpu ratio is {worst:.2}",
            mean(0),
            mean(1),
            mean(2),
            rows.len()
        );
    }
    println!("{} programs, {faults} failed", programs.len());
    faults
}

/// The programs in a folder, by name.
pub fn scripts(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "aio"));
    paths.sort();
    paths
}

/// Compares the outputs, then runs the program under both, turn about.
fn measure(path: &Path, interpreters: &Interpreters, runs: usize) -> Result<(Medians, Option<Medians>), String> {
    let command = |interpreter: &Path| {
        let mut command = Command::new(interpreter);
        command.arg(path).stdin(Stdio::null());
        command
    };
    let start = Instant::now();
    let printed = process::digest(&mut command(&interpreters.aio))?;
    let runs = if start.elapsed() < SHORT { runs * 3 } else { runs };
    if let Some(python) = &interpreters.python
        && printed != process::digest(&mut command(python))?
    {
        return Err("prints something else than python3.13".into());
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        ours.push(process::cost(&mut command(&interpreters.aio))?);
        if let Some(python) = &interpreters.python {
            theirs.push(process::cost(&mut command(python))?);
        }
    }
    Ok((Medians::of(&ours), interpreters.python.as_ref().map(|_| Medians::of(&theirs))))
}

/// Prints a program's figures; returns the three ratios, where there are two sides.
fn print_row(name: &str, aio: &Medians, python: Option<&Medians>) -> Option<[f64; 3]> {
    let ratio = |ours: f64, theirs: f64| theirs / ours.max(1e-9);
    let cells = |ours: f64, theirs: Option<f64>, scale: f64, width: usize| match theirs {
        Some(theirs) => format!("{:>width$.1}{:>9.1}{:>8.2}", ours * scale, theirs * scale, ratio(ours, theirs)),
        None => format!("{:>width$.1}{:>9}{:>8}", ours * scale, "", ""),
    };
    println!(
        "{name:<28}{}{}{}",
        cells(aio.cpu, python.map(|p| p.cpu), 1e3, 9),
        cells(aio.wall, python.map(|p| p.wall), 1e3, 10),
        cells(aio.memory, python.map(|p| p.memory), 1.0 / 1024.0, 10)
    );
    python.map(|p| [ratio(aio.cpu, p.cpu), ratio(aio.wall, p.wall), ratio(aio.memory, p.memory)])
}

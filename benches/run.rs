//! Runs the programs of `benches/programs` under aio and under python3.13, turn about, and prints what each
//! took: CPU time (user and system), wall time and peak memory, medians, and python3.13's over aio's.
//!
//!     cargo bench                          everything
//!     cargo bench -- async/ --runs 9       a part, with nine runs each in place of five
//!
//! What they print is compared first: a program that differs is not measured, and fails the run. Next to
//! `NAME.aio` a file `NAME.each` with `N thing` says that the program takes a number of things as its argument;
//! then the memory of N of them is set against that of none. Without a python3.13 aio is measured alone.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Runs of each program under each interpreter, unless `--runs` says otherwise.
const RUNS: usize = 5;

/// A program as fast as this is run more often: its figures vary more.
const SHORT: Duration = Duration::from_millis(100);

/// What one run took.
#[derive(Clone, Copy)]
struct Cost {
    cpu: Duration,
    wall: Duration,
    /// Peak resident memory in KiB.
    memory: u64,
}

/// The medians of a number of runs; seconds and KiB.
struct Medians {
    cpu: f64,
    wall: f64,
    memory: f64,
}

struct Program {
    /// As `family/name`.
    name: String,
    path: PathBuf,
    each: Option<Each>,
}

/// What `NAME.each` says.
struct Each {
    count: u64,
    thing: String,
}

/// The interpreters that are compared; the oracle may be missing.
struct Pair {
    aio: PathBuf,
    python: Option<PathBuf>,
}

fn main() -> ExitCode {
    let (mut filters, mut runs) = (Vec::new(), RUNS);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--runs" => runs = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(RUNS).max(1),
            // cargo's own.
            option if option.starts_with('-') => {}
            filter => filters.push(filter.to_string()),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/programs");
    let mut programs = programs(&root);
    programs.retain(|program| filters.is_empty() || filters.iter().any(|f| program.name.contains(f.as_str())));
    let pair = Pair { aio: PathBuf::from(env!("CARGO_BIN_EXE_aio")), python: python() };
    match &pair.python {
        Some(python) => {
            println!("aio against {}, medians of {runs} runs; ratios are python3.13 over aio", python.display())
        }
        None => println!("no python3.13 here: aio alone, medians of {runs} runs"),
    }
    println!(
        "{:<28}{:>9}{:>9}{:>8}{:>10}{:>9}{:>8}{:>10}{:>9}{:>8}",
        "program", "cpu ms", "python", "ratio", "wall ms", "python", "ratio", "peak MB", "python", "ratio"
    );
    let mut ratios: BTreeMap<String, Vec<[f64; 3]>> = BTreeMap::new();
    let mut faults = 0;
    for program in &programs {
        match measure(program, &pair, runs) {
            Ok((aio, python)) => {
                let row = print_row(&program.name, &aio, python.as_ref());
                let family = program.name.split('/').next().unwrap_or("").to_string();
                ratios.entry(family).or_default().extend(row);
                if let Some(each) = &program.each
                    && let Err(fault) = print_each(program, each, &pair)
                {
                    println!("{:<28}{fault}", "");
                }
            }
            Err(fault) => {
                faults += 1;
                println!("{:<28}FAILED: {fault}", program.name);
            }
        }
    }
    for (family, rows) in &ratios {
        let mean = |i: usize| (rows.iter().map(|row| row[i].ln()).sum::<f64>() / rows.len() as f64).exp();
        println!("{family:<28}{:>26.2}{:>27.2}{:>27.2}  geometric means of {}", mean(0), mean(1), mean(2), rows.len());
    }
    println!("{} programs, {faults} failed", programs.len());
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn programs(root: &Path) -> Vec<Program> {
    let mut programs = Vec::new();
    for family in ["async", "cpu", "start"] {
        let entries = std::fs::read_dir(root.join(family)).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "aio"));
        paths.sort();
        for path in paths {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let each = std::fs::read_to_string(path.with_extension("each")).ok().and_then(|text| {
                let (count, thing) = text.trim().split_once(' ')?;
                Some(Each { count: count.parse().ok()?, thing: thing.to_string() })
            });
            programs.push(Program { name: format!("{family}/{stem}"), each, path });
        }
    }
    programs
}

/// The interpreter itself, since a version manager's wrapper would be timed along with it.
fn python() -> Option<PathBuf> {
    let script = "import sys; print(sys.executable if sys.version_info[:2] == (3, 13) else '')";
    ["", "3.13.0"].into_iter().find_map(|version| {
        let mut command = Command::new("python3.13");
        if !version.is_empty() {
            command.env("PYENV_VERSION", version);
        }
        let output = command.args(["-c", script]).output().ok().filter(|output| output.status.success())?;
        let path = String::from_utf8(output.stdout).ok()?.trim().to_string();
        (!path.is_empty()).then(|| PathBuf::from(path))
    })
}

fn command(interpreter: &Path, program: &Program, count: Option<u64>) -> Command {
    let mut command = Command::new(interpreter);
    command.arg(&program.path).stdin(Stdio::null());
    if let Some(count) = count.or(program.each.as_ref().map(|each| each.count)) {
        command.arg(count.to_string());
    }
    command
}

/// Compares the outputs, then runs the program under both, turn about.
fn measure(program: &Program, pair: &Pair, runs: usize) -> Result<(Medians, Option<Medians>), String> {
    let start = Instant::now();
    let printed = digest(&mut command(&pair.aio, program, None))?;
    let runs = if start.elapsed() < SHORT { runs * 3 } else { runs };
    if let Some(python) = &pair.python
        && printed != digest(&mut command(python, program, None))?
    {
        return Err("prints something else than python3.13".into());
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        ours.push(run_once(&mut command(&pair.aio, program, None))?);
        if let Some(python) = &pair.python {
            theirs.push(run_once(&mut command(python, program, None))?);
        }
    }
    Ok((Medians::of(&ours), pair.python.as_ref().map(|_| Medians::of(&theirs))))
}

/// What a program prints, as its length and a hash. The text is never held: the peak memory of a child counts
/// from what its parent had at the fork, so this process has to stay small.
fn digest(command: &mut Command) -> Result<(usize, u64), String> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    let mut stdout = child.stdout.take().ok_or("stdout was not piped")?;
    let (mut length, mut hasher, mut buffer) = (0, DefaultHasher::new(), [0; 8192]);
    loop {
        let n = stdout.read(&mut buffer).map_err(|error| error.to_string())?;
        if n == 0 {
            break;
        }
        length += n;
        // Byte by byte, as the pieces that a pipe gives are not the same each time.
        buffer[..n].iter().for_each(|&byte| hasher.write_u8(byte));
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok((length, hasher.finish())) } else { Err(status.to_string()) }
}

impl Medians {
    fn of(costs: &[Cost]) -> Medians {
        let median = |figure: fn(&Cost) -> f64| {
            let mut figures: Vec<f64> = costs.iter().map(figure).collect();
            figures.sort_by(f64::total_cmp);
            figures[figures.len() / 2]
        };
        Medians {
            cpu: median(|cost| cost.cpu.as_secs_f64()),
            wall: median(|cost| cost.wall.as_secs_f64()),
            memory: median(|cost| cost.memory as f64),
        }
    }
}

/// Prints a program's figures; returns the three ratios, where there are two sides.
fn print_row(name: &str, aio: &Medians, python: Option<&Medians>) -> Option<[f64; 3]> {
    let cells = |ours: f64, theirs: Option<f64>, scale: f64, width: usize| match theirs {
        Some(theirs) => {
            let ratio = theirs / ours.max(1e-9);
            format!("{:>width$.1}{:>9.1}{ratio:>8.2}", ours * scale, theirs * scale)
        }
        None => format!("{:>width$.1}{:>9}{:>8}", ours * scale, "", ""),
    };
    println!(
        "{name:<28}{}{}{}",
        cells(aio.cpu, python.map(|p| p.cpu), 1e3, 9),
        cells(aio.wall, python.map(|p| p.wall), 1e3, 10),
        cells(aio.memory, python.map(|p| p.memory), 1.0 / 1024.0, 10)
    );
    let ratio = |ours: f64, theirs: f64| theirs / ours.max(1e-9);
    python.map(|p| [ratio(aio.cpu, p.cpu), ratio(aio.wall, p.wall), ratio(aio.memory, p.memory)])
}

/// Prints what one of the things that the program makes weighs, in bytes.
fn print_each(program: &Program, each: &Each, pair: &Pair) -> Result<(), String> {
    let weight = |interpreter: &Path| -> Result<u64, String> {
        let full = run_once(&mut command(interpreter, program, Some(each.count)))?.memory;
        let empty = run_once(&mut command(interpreter, program, Some(0)))?.memory;
        Ok(full.saturating_sub(empty) * 1024 / each.count.max(1))
    };
    let ours = weight(&pair.aio)?;
    let theirs = pair.python.as_ref().map(|python| weight(python)).transpose()?;
    let theirs = theirs.map(|bytes| format!(", python3.13 {bytes}")).unwrap_or_default();
    println!("{:<28}bytes per {}: aio {ours}{theirs}", "", each.thing);
    Ok(())
}

/// Runs a command to its end, its output thrown away.
fn run_once(command: &mut Command) -> Result<Cost, String> {
    let start = Instant::now();
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|error| error.to_string())?;
    let (status, usage) = wait(child.id()).map_err(|error| error.to_string())?;
    let wall = start.elapsed();
    if status != 0 {
        return Err(format!("ended with wait status {status}"));
    }
    let time = |t: libc::timeval| Duration::from_secs(t.tv_sec as u64) + Duration::from_micros(t.tv_usec as u64);
    // Linux counts memory in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1024 } else { 1 };
    Ok(Cost { cpu: time(usage.ru_utime) + time(usage.ru_stime), wall, memory: usage.ru_maxrss as u64 / unit })
}

/// Waits for a child and gives its status and what it used. The standard library has no such wait.
fn wait(child: u32) -> std::io::Result<(i32, libc::rusage)> {
    let mut status = 0;
    // SAFETY: rusage is a struct of integers, for which all zeroes is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to locals that outlive the call; the child is ours and waited for only here.
    let waited = unsafe { libc::wait4(child as libc::pid_t, &mut status, 0, &mut usage) };
    if waited < 0 { Err(std::io::Error::last_os_error()) } else { Ok((status, usage)) }
}

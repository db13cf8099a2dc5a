//! Measures aio against python3.13: what the programs of `benches/programs` take, what things weigh, and what one
//! of many things costs.
//!
//!     cargo bench                            times and memory of every program
//!     cargo bench -- async/ --runs 9         those whose name contains this, nine runs each in place of five
//!     cargo bench -- --scaling               nanoseconds per item at 10^3 to 10^6 (`benches/scaling.aio`)
//!     cargo bench -- --scaling --python str  the same under python3.13, the items whose name contains `str`
//!     cargo bench -- --json FILE             the figures for other programs to read, too
//!     cargo bench -- --aio BINARY            another build in place of this one
//!     cargo bench -- --layout                writes `startup.ld` anew, for a build with names and an installed valgrind
//!     cargo bench -- --profile               writes the profile of this compiler anew; wants an llvm-profdata of LLVM 19 or later
//!
//! Without a python3.13 aio is measured alone.

mod interpreters;
mod layout;
mod memory;
mod process;
mod profile;
mod record;
mod scaling;
mod times;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use interpreters::Interpreters;
use record::Record;

/// Runs of each program under each interpreter, unless `--runs` says otherwise.
const RUNS: usize = 5;

/// What the command line asks for.
struct Request {
    filters: Vec<String>,
    runs: usize,
    scaling: bool,
    /// Whether the scaling table is python3.13's.
    python: bool,
    json: Option<PathBuf>,
    /// Whether only the order of functions is asked for.
    layout: bool,
    /// Whether only the profile for the compiler is asked for.
    profile: bool,
    aio: PathBuf,
}

impl Request {
    fn from_arguments() -> Result<Request, String> {
        let mut request = Request {
            filters: Vec::new(),
            runs: RUNS,
            scaling: false,
            python: false,
            json: None,
            layout: false,
            profile: false,
            aio: PathBuf::from(env!("CARGO_BIN_EXE_aio")),
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--runs" => {
                    let runs = value()?;
                    request.runs =
                        runs.parse().ok().filter(|&n| n > 0).ok_or(format!("--runs {runs}: not a number"))?;
                }
                "--scaling" => request.scaling = true,
                "--python" => request.python = true,
                "--layout" => request.layout = true,
                "--profile" => request.profile = true,
                "--json" => request.json = Some(value()?.into()),
                "--aio" => request.aio = value()?.into(),
                // cargo's own.
                "--bench" => {}
                option if option.starts_with('-') => return Err(format!("unknown option {option}")),
                filter => request.filters.push(filter.to_string()),
            }
        }
        Ok(request)
    }

    /// Whether the filters leave this in; without any, everything.
    fn wants(&self, name: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter.as_str()))
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(faults) => {
            eprintln!("{faults} failed");
            ExitCode::FAILURE
        }
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

/// Gives the number of programs that failed.
fn run() -> Result<usize, String> {
    let request = Request::from_arguments()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let benches = root.join("benches");
    if request.profile {
        return profile::write(root, &benches.join("programs")).map(|()| 0);
    }
    if request.layout {
        return layout::write(&request.aio, &benches.join("programs"), &root.join("startup.ld")).map(|()| 0);
    }
    let interpreters = Interpreters::new(request.aio.clone());
    let mut record = Record::default();
    let faults = if request.scaling {
        scaling::print(&benches.join("scaling.aio"), &request, &interpreters, &mut record)?
    } else {
        let programs = benches.join("programs");
        times::print(&programs, &request, &interpreters, &mut record)
            + memory::print(&programs, &request, &interpreters, &mut record)
    };
    if let Some(file) = &request.json {
        std::fs::write(file, record.json()).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(faults)
}

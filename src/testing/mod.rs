//! `aio test`: finds tests, runs each in an interpreter of its own, says what failed. What the tests are made of is the
//! other files' business; knows no command line.

mod asserts;
mod bless;
mod console;
mod diff;
mod discover;
mod function;
mod golden;
mod junit;
mod markdown;
mod outcome;
mod run;
mod transcript;
mod watchdog;

use std::path::PathBuf;
use std::time::Duration;

use crate::engine::files;

/// What is to be tested, and how.
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Only tests whose name contains this.
    pub filter: Option<String>,
    /// Expected outputs become what is printed now.
    pub bless: bool,
    pub real_time: bool,
    /// How long one test may take.
    pub timeout: Duration,
    /// Where to write results for other tools.
    pub junit: Option<PathBuf>,
    /// Tests that run side by side; 0: as many as there are processors.
    pub jobs: usize,
    /// Names the tests and runs none.
    pub list: bool,
    pub colours: bool,
    /// A line that shows how far it is.
    pub progress: bool,
}

/// How tests are run, as far as each of them needs to know.
#[derive(Clone, Copy)]
struct Manner {
    virtual_time: bool,
    timeout: Duration,
    bless: bool,
}

/// Runs the tests and gives the exit status: 0 when all passed, 1 when one failed, 2 when there was nothing to run or
/// something could not be read.
pub fn run(request: &Request) -> i32 {
    let has_place = request.junit.as_deref().map_or(Ok(()), files::has_place);
    let tests = match has_place.and_then(|()| discover::all(&request.paths)) {
        Ok(tests) => tests,
        Err(message) => {
            eprintln!("aio: {message}");
            return 2;
        }
    };
    let wanted = |test: &discover::Test| request.filter.as_ref().is_none_or(|part| test.name.contains(part.as_str()));
    let tests: Vec<discover::Test> = tests.into_iter().filter(wanted).collect();
    if tests.is_empty() {
        match &request.filter {
            Some(part) => eprintln!("aio: no test's name contains '{part}'; `aio test --list` names them"),
            None => eprintln!("aio: no tests found; `aio test --help` says what counts as one"),
        }
        return 2;
    }
    if request.list {
        tests.iter().for_each(|test| println!("{}", test.name));
        return 0;
    }
    let manner = Manner { virtual_time: !request.real_time, timeout: request.timeout, bless: request.bless };
    let jobs = match request.jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let console = console::Console::new(tests.len(), request.colours, request.progress);
    let start = std::time::Instant::now();
    let outcomes = run::all(&tests, manner, jobs, &console);
    let took = start.elapsed();
    if request.bless {
        bless::write(&outcomes, &console);
    }
    let failed = outcomes.iter().filter(|(_, outcome)| !outcome.passed()).count();
    console.summary(outcomes.len() - failed, failed, took);
    if let Some(path) = &request.junit
        && let Err(message) = files::write(path, junit::render(&outcomes, took))
    {
        eprintln!("aio: {message}");
        return 2;
    }
    i32::from(failed > 0)
}

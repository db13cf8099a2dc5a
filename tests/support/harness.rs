//! A runner for tests that are files: one case a file, run side by side, a line for each that fails.
//! Understands libtest's arguments, so that `cargo test` can pass the same ones to every target.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::Mutex;

/// One test: what it is called, and what runs it; an error says what was wrong, over several lines.
pub struct Case {
    pub name: String,
    pub run: Box<dyn FnOnce() -> Result<(), String> + Send>,
}

/// What the command line asks for.
struct Request {
    filters: Vec<String>,
    skips: Vec<String>,
    list: bool,
    ignored_only: bool,
    exact: bool,
}

impl Request {
    fn from_arguments() -> Request {
        let mut request =
            Request { filters: Vec::new(), skips: Vec::new(), list: false, ignored_only: false, exact: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => request.list = true,
                "--ignored" => request.ignored_only = true,
                "--exact" => request.exact = true,
                "--skip" => request.skips.extend(arguments.next()),
                // Options of libtest that take a value and mean nothing here.
                "--test-threads" | "--format" | "--color" | "--logfile" | "-Z" => drop(arguments.next()),
                option if option.starts_with('-') => {}
                filter => request.filters.push(filter.to_string()),
            }
        }
        request
    }

    fn wants(&self, name: &str) -> bool {
        let hit = |filter: &String| if self.exact { name == filter } else { name.contains(filter.as_str()) };
        !self.ignored_only && (self.filters.is_empty() || self.filters.iter().any(hit)) && !self.skips.iter().any(hit)
    }
}

/// Runs the cases that the command line asks for, `threads` at a time, and prints what failed and how many
/// passed. `skipped` are lines that say what was left out, and why.
pub fn run(title: &str, cases: Vec<Case>, skipped: &[String], threads: usize) -> ExitCode {
    let request = Request::from_arguments();
    let cases: VecDeque<Case> = cases.into_iter().filter(|case| request.wants(&case.name)).collect();
    if request.list {
        cases.iter().for_each(|case| println!("{}: test", case.name));
        return ExitCode::SUCCESS;
    }
    println!("\n{title}: {} to run", cases.len());
    let total = cases.len();
    let queue = Mutex::new(cases);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no case runs under this lock").pop_front();
                    let Some(case) = next else { break };
                    if let Err(fault) = (case.run)() {
                        failures.lock().expect("no case runs under this lock").push((case.name, fault));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("no case runs under this lock");
    failures.sort();
    for (name, fault) in &failures {
        println!("\n---- {name}\n{}", fault.trim_end());
    }
    println!();
    failures.iter().for_each(|(name, _)| println!("FAILED {name}"));
    skipped.iter().for_each(|line| println!("skipped {line}"));
    println!("{title}: {} passed, {} failed", total - failures.len(), failures.len());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

//! `aio test`: its options.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;

use super::arguments::{any_number, flag, option, positional, subcommand_of};
use crate::report::refuses_colours;
use crate::testing::Request;

const DETAILS: &str = "\
What counts as a test:
  x.aio beside x.out      a golden script: it must print x.out; x.err, x.exit, x.args and x.in say more
  test_*.aio              functions `test_*`, plain and async; a failed assert shows both sides
  *.md                    blocks fenced as aio or python with the output below them, and `>>>` transcripts

Time is virtual unless told otherwise. A test also fails when it leaves tasks pending, coroutines that were never awaited, or
exceptions that nobody looked at.

Examples:
  aio test                           everything below the current folder
  aio test tests docs/guide.md       these
  aio test --filter retry            tests whose name contains `retry`
  aio test --bless tests/new.aio     what is printed now is what is expected
  aio test --junit results.xml       results for a build server";

pub fn command() -> clap::Command {
    let timeout = option("timeout", "SECONDS", "How long one test may take").value_parser(seconds).default_value("60");
    let jobs = option("jobs", "N", "Tests that run side by side [default: as many as there are processors]")
        .value_parser(jobs);
    let args = vec![
        any_number(positional("paths", "PATHS", "Files and folders [default: .]")),
        option("filter", "PART", "Only tests whose name contains this"),
        flag("bless", "Write what is printed now into the files that say what is expected"),
        flag("real-time", "Let sleeps take their time"),
        timeout.allow_negative_numbers(true),
        option("junit", "FILE", "Write the results as JUnit XML too"),
        jobs.short('j').allow_negative_numbers(true),
        flag("list", "Name the tests and run none"),
    ];
    subcommand_of("test", "Run golden scripts, test functions and the blocks of documents", DETAILS.to_owned(), args)
}

/// A time limit.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 1e9 => Ok(seconds),
        _ => Err("a number of seconds above 0 is needed".to_owned()),
    }
}

/// How many at a time.
fn jobs(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(jobs) if jobs > 0 => Ok(jobs),
        _ => Err("a whole number above 0 is needed".to_owned()),
    }
}

pub fn request(matches: &ArgMatches) -> Request {
    let given: Vec<PathBuf> = matches.get_many::<String>("paths").into_iter().flatten().map(PathBuf::from).collect();
    let terminal = std::io::stdout().is_terminal();
    Request {
        paths: if given.is_empty() { vec![PathBuf::from(".")] } else { given },
        filter: matches.get_one::<String>("filter").cloned(),
        bless: matches.get_flag("bless"),
        real_time: matches.get_flag("real-time"),
        timeout: Duration::from_secs_f64(matches.get_one::<f64>("timeout").copied().unwrap_or(60.0)),
        junit: matches.get_one::<String>("junit").map(PathBuf::from),
        jobs: matches.get_one::<u16>("jobs").copied().unwrap_or(0).into(),
        list: matches.get_flag("list"),
        colours: terminal && !refuses_colours(),
        progress: terminal,
    }
}

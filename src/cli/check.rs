//! `aio check`: its options.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches};

use crate::check::{Format, Request, codes};
use crate::report::refuses_colours;

const DETAILS: &str = "\
`# aio: ignore[CODE]` at the end of a line leaves its findings out, `# aio: ignore-file[CODE]` in a line of its own those of
the whole file. `aio explain CODE` says more about a code.

Examples:
  aio check                          everything below the current folder
  aio check script.aio --fix         change what is safe to change
  aio check --format json src        one JSON object a finding";

pub fn command() -> clap::Command {
    let names =
        |errors: bool| codes().filter(|code| code.1 == errors).map(|code| code.0).collect::<Vec<_>>().join(", ");
    let listed = format!("Errors: {}\nWarnings: {}\n\n{DETAILS}", names(true), names(false));
    clap::Command::new("check").about("Say what is wrong with scripts without running them").after_help(listed).args([
        Arg::new("paths").value_name("PATHS").num_args(0..).help("Scripts and folders [default: .]"),
        Arg::new("format")
            .long("format")
            .value_name("FORM")
            .value_parser(PossibleValuesParser::new(["text", "json", "github"]))
            .default_value("text")
            .help("How findings are printed"),
        Arg::new("fix").long("fix").action(ArgAction::SetTrue).help("Change what is safe to change, then check"),
    ])
}

pub fn request(matches: &ArgMatches) -> Request {
    let given: Vec<PathBuf> = matches.get_many::<String>("paths").into_iter().flatten().map(PathBuf::from).collect();
    Request {
        paths: if given.is_empty() { vec![PathBuf::from(".")] } else { given },
        format: match matches.get_one::<String>("format").map(String::as_str) {
            Some("json") => Format::Json,
            Some("github") => Format::Github,
            _ => Format::Text,
        },
        fix: matches.get_flag("fix"),
        colours: std::io::stdout().is_terminal() && !refuses_colours(),
    }
}

//! `aio check`: its options.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::ArgMatches;

use super::arguments::{any_number, flag, one_of, option, positional, subcommand_of};
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
    let format = one_of(option("format", "FORM", "How findings are printed"), &["text", "json", "github"]);
    let args = vec![
        any_number(positional("paths", "PATHS", "Scripts and folders [default: .]")),
        format.default_value("text"),
        flag("fix", "Change what is safe to change, then check"),
    ];
    subcommand_of("check", "Say what is wrong with scripts without running them", listed, args)
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

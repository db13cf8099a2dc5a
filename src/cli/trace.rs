//! `aio trace`: its options.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::ArgMatches;

use super::arguments::{any_number, flag, option, positional, subcommand_of, virtual_time};
use crate::engine::{ErrorForm, Options};
use crate::report::refuses_colours;
use crate::trace::Request;

const DETAILS: &str = "\
The timeline shows when each task ran and waited, and how it ended. Without -o, --svg and --text it is drawn in the terminal,
on standard error. Open the JSON at https://ui.perfetto.dev or chrome://tracing.

Examples:
  aio trace hello.aio                       the timeline in the terminal
  aio trace hello.aio -o trace.json         for Perfetto: a lane a task, arrows for who woke whom
  aio trace --virtual-time hello.aio --svg timeline.svg";

pub fn command() -> clap::Command {
    let args = vec![
        positional("script", "FILE", "The script").required(true),
        any_number(positional("arguments", "ARGS", "Passed to the script, after --")).last(true),
        option("output", "FILE", "Write a trace for Chrome and Perfetto").short('o'),
        option("svg", "FILE", "Write a picture"),
        flag("text", "Draw in the terminal too"),
        virtual_time(),
    ];
    subcommand_of("trace", "Run a script and draw what its tasks did", DETAILS.to_owned(), args)
}

pub fn request(matches: &ArgMatches) -> Request {
    let path = |name: &str| matches.get_one::<String>(name).map(PathBuf::from);
    let script = path("script").unwrap_or_default();
    let (json, svg) = (path("output"), path("svg"));
    let draws = matches.get_flag("text") || (json.is_none() && svg.is_none());
    let terminal = std::io::stderr().is_terminal();
    let arguments = matches.get_many::<String>("arguments").into_iter().flatten().cloned();
    let options = Options {
        virtual_time: matches.get_flag("virtual-time"),
        argv: std::iter::once(script.display().to_string()).chain(arguments).collect(),
        folder: Some(super::folder_of(&script)),
        errors: if terminal { ErrorForm::Report } else { ErrorForm::Traceback },
        fancy: terminal,
    };
    Request {
        script,
        options,
        json,
        svg,
        text: draws.then(super::terminal_width),
        colours: terminal && !refuses_colours(),
    }
}

//! Arguments: split where the script's begin, which are passed on untouched, and the rest parsed by clap. The plain
//! `aio FILE` needs no parser and so starts without one.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches};

use crate::engine::ErrorForm;
use crate::engine::dump::Phase;
use crate::text::suggest;

/// What is to be done.
pub enum Command {
    Run {
        program: Program,
        arguments: Vec<String>,
        settings: Settings,
    },
    Dump {
        phase: Phase,
        file: PathBuf,
    },
    Repl {
        settings: Settings,
    },
    /// Does its work on a thread with a large stack and gives the exit status.
    Work(Box<dyn FnOnce() -> i32 + Send>),
}

/// What is to be run.
pub enum Program {
    File(PathBuf),
    Code(String),
    Stdin,
}

/// How it is to be run.
#[derive(Default)]
pub struct Settings {
    pub virtual_time: bool,
    /// None: as the terminal has it.
    pub errors: Option<ErrorForm>,
    /// What was let go unfinished counts as a failure.
    pub strict: bool,
}

/// Nothing is run: help, the version, or a wrong usage.
pub struct Stop(Box<clap::Error>);

impl Stop {
    /// Prints it where it belongs and gives the exit status: 2 for a wrong usage.
    pub fn print(&self) -> i32 {
        if self.0.use_stderr() {
            eprintln!("aio: {}; `--help` says more", in_a_line(&self.0.to_string()));
        } else {
            // Without a terminal or a reader there is nobody to tell.
            let _ = self.0.print();
        }
        self.0.exit_code()
    }
}

/// What clap says in several lines, usage aside.
fn in_a_line(text: &str) -> String {
    let mut line = String::new();
    let parts = text.lines().map(str::trim).filter(|part| !part.is_empty());
    let parts = parts.take_while(|part| !part.starts_with("Usage:") && !part.starts_with("For more information"));
    // That it could be the name of a file is true, and of no help.
    for part in parts.filter(|part| !part.starts_with("tip: to pass")) {
        let part = part.trim_start_matches("error: ").trim_start_matches("tip: ");
        if !line.is_empty() {
            line.push_str(if line.ends_with(':') || part.starts_with('[') { " " } else { "; " });
        }
        line.push_str(part);
    }
    line
}

impl From<clap::Error> for Stop {
    fn from(error: clap::Error) -> Stop {
        Stop(Box::new(error))
    }
}

/// The subcommands, `run` aside.
const SUBCOMMANDS: &[&str] = &["check", "dump", "explain", "repl", "test", "trace", "help"];

/// The subcommand that a word was meant to be which is no file.
pub fn meant(path: &Path) -> Option<&'static str> {
    let word = path.to_str().filter(|word| !word.contains(['.', '/']) && !path.exists())?;
    suggest::nearest(word, SUBCOMMANDS.iter().chain(&["run"]).copied())
}

/// Takes the arguments apart; `argv[0]` is the program's own name.
///
/// # Errors
/// Help and version, which were asked for, and arguments that make no sense.
pub fn parse(argv: &[String]) -> Result<Command, Stop> {
    match argv.get(1).map(String::as_str) {
        Some(name) if SUBCOMMANDS.contains(&name) => subcommand(&command().try_get_matches_from(argv)?),
        Some("run") => run(argv, 2),
        Some(first) if !first.starts_with('-') => Ok(file(first, &argv[2..], Settings::default())),
        None if !std::io::stdin().is_terminal() => Ok(file("-", &[], Settings::default())),
        _ => run(argv, 1),
    }
}

fn file(name: &str, arguments: &[String], settings: Settings) -> Command {
    let program = if name == "-" { Program::Stdin } else { Program::File(PathBuf::from(name)) };
    Command::Run { program, arguments: arguments.to_vec(), settings }
}

/// `aio [run] [OPTIONS] FILE [ARGS...]` and `aio [OPTIONS] -c CODE [ARGS...]`.
fn run(argv: &[String], from: usize) -> Result<Command, Stop> {
    let mut at = from;
    while let Some(argument) = argv.get(at) {
        match argument.as_str() {
            "-" => break,
            // The value of an option is no file; after `-c CODE` the script's arguments begin.
            "--errors" => at += 2,
            "-c" => {
                at += 2;
                break;
            }
            option if option.starts_with('-') => at += 1,
            _ => break,
        }
    }
    let at = at.min(argv.len());
    let (own, mut rest) = argv.split_at(at);
    let has_code = own[from..].iter().any(|argument| argument == "-c");
    let mut own = own.to_vec();
    if !has_code && let Some((script, arguments)) = rest.split_first() {
        own.push(script.clone());
        rest = arguments;
    }
    let matches = command().try_get_matches_from(own)?;
    let matches = matches.subcommand().map_or(&matches, |(_, inner)| inner);
    let settings = settings(matches);
    if let Some(code) = matches.get_one::<String>("code") {
        return Ok(Command::Run { program: Program::Code(code.clone()), arguments: rest.to_vec(), settings });
    }
    match matches.get_one::<String>("file") {
        Some(name) => Ok(file(name, rest, settings)),
        None if !std::io::stdin().is_terminal() => Ok(file("-", &[], settings)),
        None if from == 1 => Ok(Command::Repl { settings }),
        None => {
            let mut command = command();
            let usage = command.render_help();
            Err(command.error(clap::error::ErrorKind::MissingRequiredArgument, format!("no FILE\n\n{usage}")).into())
        }
    }
}

fn settings(matches: &ArgMatches) -> Settings {
    let errors = matches.get_one::<String>("errors").map(|form| match form.as_str() {
        "report" => ErrorForm::Report,
        "json" => ErrorForm::Json,
        _ => ErrorForm::Traceback,
    });
    let strict = matches.try_get_one("strict").ok().flatten().copied().unwrap_or(false);
    Settings { virtual_time: matches.get_flag("virtual-time"), errors, strict }
}

fn subcommand(matches: &ArgMatches) -> Result<Command, Stop> {
    match matches.subcommand() {
        Some(("dump", inner)) => dump(inner),
        Some(("trace", inner)) => {
            let request = super::trace::request(inner);
            Ok(Command::Work(Box::new(move || crate::trace::run(request))))
        }
        Some(("explain", inner)) => {
            let inner = inner.clone();
            Ok(Command::Work(Box::new(move || super::explain::run(&inner))))
        }
        Some(("check", inner)) => {
            let request = super::check::request(inner);
            Ok(Command::Work(Box::new(move || crate::check::run(&request))))
        }
        Some(("test", inner)) => {
            let request = super::test::request(inner);
            Ok(Command::Work(Box::new(move || crate::testing::run(&request))))
        }
        Some(("repl", inner)) => Ok(Command::Repl { settings: settings(inner) }),
        _ => Err(command().error(clap::error::ErrorKind::MissingSubcommand, "nothing to do").into()),
    }
}

fn dump(matches: &ArgMatches) -> Result<Command, Stop> {
    // The parser has let only names of phases through.
    let phase = matches.get_one::<String>("phase").and_then(|name| Phase::named(name)).unwrap_or(Phase::Code);
    let file = matches.get_one::<String>("script").map_or_else(PathBuf::new, PathBuf::from);
    Ok(Command::Dump { phase, file })
}

const EXAMPLES: &str = "\
Examples:
  aio hello.aio                      run a script
  aio hello.aio one two              with arguments: sys.argv is ['hello.aio', 'one', 'two']
  aio -c 'await asyncio.sleep(1)'    run a line of code
  echo 'print(1)' | aio -            run standard input
  aio --virtual-time nightly.aio     an hour of sleeps in a millisecond
  aio --errors json hello.aio        errors for tools: one JSON object a line
  aio                                the prompt
  aio test tests                     run the tests in a folder
  aio trace hello.aio                draw what its tasks did
  aio check hello.aio                say what is wrong with a script without running it
  aio explain missing-await          what a code in a report means
  aio dump ast hello.aio             what the parser sees";

const RUNNING: &str = "\
Examples:
  aio run hello.aio one two          run a script with arguments
  aio run --virtual-time hello.aio   an hour of sleeps in a millisecond
  aio run -c 'print(1)'              run a line of code";

const DUMPING: &str = "\
Examples:
  aio dump tokens hello.aio          what the lexer makes of it
  aio dump ast hello.aio             the syntax tree
  aio dump code -                    the executable tree of standard input";

const PROMPT: &str = "\
Tasks go on while the prompt waits; `await` stands anywhere. `:help` at the prompt lists its own commands.
The history is kept in $XDG_STATE_HOME/aio/history, or where AIO_HISTORY says; when it is empty, nowhere.

Examples:
  aio repl                           with line editing on a terminal
  aio repl --virtual-time            awaited sleeps take no time
  aio repl < statements.txt          as `python3 -i -q` does: no editing, no colours";

// clap's builders are generic and take and give large values: each is called in one place.

/// `--name`, which is given or not.
#[inline(never)]
pub(super) fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

/// An argument by its position.
#[inline(never)]
pub(super) fn positional(name: &'static str, shown: &'static str, help: &'static str) -> Arg {
    Arg::new(name).value_name(shown).help(help)
}

/// `--name VALUE`
#[inline(never)]
pub(super) fn option(name: &'static str, shown: &'static str, help: &'static str) -> Arg {
    positional(name, shown, help).long(name)
}

/// All there are, for an argument by its position.
#[inline(never)]
pub(super) fn any_number(argument: Arg) -> Arg {
    argument.num_args(0..)
}

/// One of these values.
#[inline(never)]
pub(super) fn one_of(argument: Arg, values: &'static [&'static str]) -> Arg {
    argument.value_parser(PossibleValuesParser::new(values))
}

/// A subcommand: what it does, what stands below its help, its arguments.
#[inline(never)]
pub(super) fn subcommand_of(name: &'static str, about: &'static str, details: String, args: Vec<Arg>) -> clap::Command {
    clap::Command::new(name).about(about).after_help(details).args(args)
}

/// `--virtual-time`
pub(super) fn virtual_time() -> Arg {
    flag("virtual-time", "Let the clock jump to the next deadline whenever nothing is left to do")
}

fn errors() -> Arg {
    let help = "How errors are printed [default: report on a terminal, traceback otherwise]";
    one_of(option("errors", "FORM", help), &["report", "traceback", "json"])
}

/// What `aio` and `aio run` take.
fn running() -> Vec<Arg> {
    let code = Arg::new("code").short('c').value_name("CODE").help("Run this text instead of a file");
    vec![
        positional("file", "FILE", "The script to run; - reads standard input"),
        any_number(positional("arguments", "ARGS", "Passed to the script in sys.argv")),
        code.allow_hyphen_values(true),
        virtual_time(),
        errors(),
        flag("strict", "Status 1 when a coroutine was never awaited or a task's exception never looked at"),
    ]
}

fn command() -> clap::Command {
    let about = "Type statements and see their values; the same as `aio` alone on a terminal";
    let prompt = subcommand_of("repl", about, PROMPT.to_owned(), vec![virtual_time(), errors()]);
    let run = subcommand_of("run", "Run a script (the same as without `run`)", RUNNING.to_owned(), running());
    let phase = one_of(positional("phase", "PHASE", "Which one"), &["tokens", "ast", "code"]);
    let script = positional("script", "FILE", "The script; - reads standard input");
    let about = "Print a script as one of the phases sees it";
    let dump = subcommand_of("dump", about, DUMPING.to_owned(), vec![phase.required(true), script.required(true)]);
    let about = "Runs scripts of a small async language: Python 3 syntax, asyncio's semantics";
    subcommand_of("aio", about, EXAMPLES.to_owned(), running())
        .bin_name("aio")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommands([
            run,
            prompt,
            super::test::command(),
            super::check::command(),
            super::trace::command(),
            super::explain::command(),
            dump,
        ])
        .args_conflicts_with_subcommands(true)
}

//! The command line: what is to be run, and how. Knows the engine and nothing below it.

mod arguments;
mod check;
mod dump;
mod explain;
mod test;
mod trace;

use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use crate::engine::{self, Engine, ErrorForm, Options, signal};
use crate::interp::leaks::Leak;
use arguments::{Command, Program, Settings};

/// Runs the command and gives the exit status.
pub fn main(argv: Vec<OsString>) -> i32 {
    let argv: Vec<String> = argv.into_iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    match arguments::parse(&argv) {
        Ok(Command::Run { program, arguments, settings }) => {
            engine::on_large_stack(move || run(program, arguments, &settings))
        }
        Ok(Command::Repl { settings }) => engine::on_large_stack(move || prompt(&settings)),
        Ok(Command::Work(work)) => engine::on_large_stack(work),
        Ok(Command::Dump { phase, file }) => engine::on_large_stack(move || dump::print(phase, &file)),
        Err(stop) => stop.print(),
    }
}

fn prompt(settings: &Settings) -> i32 {
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let errors = settings.errors.unwrap_or(if terminal { ErrorForm::Report } else { ErrorForm::Traceback });
    let status = crate::repl::run(Options {
        virtual_time: settings.virtual_time,
        argv: vec![String::new()],
        folder: Some(PathBuf::new()),
        errors,
        fancy: terminal,
    });
    // What is still alive goes with the process.
    std::process::exit(status)
}

fn run(program: Program, arguments: Vec<String>, settings: &Settings) -> i32 {
    if let Program::File(path) = &program
        && let Some(command) = arguments::meant(path)
    {
        eprintln!("aio: there is no file '{}'; did you mean `aio {command}`?", path.display());
        return 2;
    }
    let terminal = std::io::stderr().is_terminal();
    let errors = settings.errors.unwrap_or(if terminal { ErrorForm::Report } else { ErrorForm::Traceback });
    let (first, folder) = match &program {
        Program::File(path) => (path.display().to_string(), folder_of(path)),
        Program::Code(_) => ("-c".to_owned(), PathBuf::new()),
        Program::Stdin => ("-".to_owned(), PathBuf::new()),
    };
    let argv = std::iter::once(first).chain(arguments).collect();
    let options = Options { virtual_time: settings.virtual_time, argv, folder: Some(folder), errors, fancy: terminal };
    let engine = Engine::new(options);
    signal::raise_on_ctrl_c(&engine.interrupt());
    // Whoever reads the output has gone: end at once and say nothing, as other filters do.
    engine.streams().on_closed.set(Some(|| std::process::exit(0)));
    let leaks = settings.strict.then(|| engine.vm().watch_leaks());
    let status = match program {
        Program::File(path) => engine.run_file(&path),
        Program::Code(code) => engine.run_source("<string>", &code),
        Program::Stdin => match read_stdin() {
            Ok(text) => engine.run_bytes("<stdin>", text),
            Err(error) => {
                eprintln!("aio: cannot read standard input: {error}");
                2
            }
        },
    };
    let status = leaks.map_or(status, |leaks| strict_status(status, &leaks.take()));
    // What is still alive goes with the process, faster than one by one.
    std::process::exit(status)
}

/// How many columns the terminal has: what COLUMNS says, else what the terminal itself does, else 100.
fn terminal_width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.or_else(crate::report::width::of_terminal).filter(|columns| *columns > 0).unwrap_or(100)
}

/// With `--strict`: 1 in place of 0 when something was let go that should not have been.
fn strict_status(status: i32, leaks: &[(Leak, String)]) -> i32 {
    let leaks: Vec<_> = leaks.iter().filter(|(leak, _)| *leak != Leak::LeftPending).collect();
    for (_, text) in &leaks {
        eprintln!("aio: strict: {text}");
    }
    if status == 0 && !leaks.is_empty() { 1 } else { status }
}

/// Where the script's modules are: its folder, empty for the current one.
fn folder_of(path: &Path) -> PathBuf {
    let parent = path.parent().unwrap_or(Path::new(""));
    if parent.as_os_str().is_empty() { PathBuf::new() } else { parent.to_path_buf() }
}

fn read_stdin() -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    std::io::stdin().lock().read_to_end(&mut text)?;
    Ok(text)
}

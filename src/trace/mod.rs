//! `aio trace`: runs a script, watches its tasks, and draws what they did. Knows the engine and the observer; each form has a
//! file.

mod axis;
mod chrome;
mod record;
mod svg;
mod text;

use std::path::PathBuf;
use std::rc::Rc;

use crate::engine::{Engine, Options, files, signal};
use crate::tasks::observer;
use record::Recorder;

/// What is traced, and where to the pictures go.
pub struct Request {
    pub script: PathBuf,
    pub options: Options,
    /// Chrome's format.
    pub json: Option<PathBuf>,
    pub svg: Option<PathBuf>,
    /// The timeline on standard error, in so many columns.
    pub text: Option<usize>,
    pub colours: bool,
}

/// Runs and draws; the exit status is the script's, or 2 when a file cannot be read or written.
pub fn run(request: Request) -> i32 {
    let outputs = [&request.json, &request.svg];
    // Nothing half done: a picture that has no place is said before the script runs.
    for path in outputs.into_iter().flatten() {
        if let Err(message) = files::has_place(path) {
            eprintln!("aio: {message}");
            return 2;
        }
    }
    if request.json.is_some() && request.json == request.svg {
        eprintln!("aio: -o and --svg name the same file");
        return 2;
    }
    let text = match files::read(&request.script) {
        Ok(text) => text,
        Err(message) => {
            eprintln!("aio: {message}");
            return 2;
        }
    };
    let program = request.script.display().to_string();
    let engine = Engine::new(request.options);
    signal::raise_on_ctrl_c(&engine.interrupt());
    let recorder = Rc::new(Recorder::default());
    observer::observe(engine.vm(), recorder.clone());
    let status = engine.run_read(&program, text, &request.script);
    let record = recorder.take();
    // It failed before there was anything to draw.
    if status != 0 && record.lanes.is_empty() {
        return status;
    }
    let written = [
        request.json.map(|path| (chrome::render(&record, &program), path)),
        request.svg.map(|path| (svg::render(&record), path)),
    ];
    for (contents, path) in written.into_iter().flatten() {
        if let Err(message) = files::write(&path, contents) {
            eprintln!("aio: {message}");
            return 2;
        }
    }
    if let Some(columns) = request.text {
        eprint!("{}", text::draw(&record, columns, request.colours));
    }
    status
}

//! What Ctrl-C and SIGQUIT do to a script that runs, and what `--strict` makes of what it leaves behind.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A script that runs.
struct Running {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

fn start(name: &str, script: &str, options: &[&str]) -> Running {
    let path: PathBuf = [env!("CARGO_TARGET_TMPDIR"), &format!("{name}.aio")].iter().collect();
    std::fs::write(&path, script).expect("the folder for temporary files can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    command.args(["--errors", "traceback"]).args(options).arg(path.file_name().expect("it was given a name"));
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary can be started");
    let out = BufReader::new(child.stdout.take().expect("stdout was piped"));
    Running { child, out }
}

impl Running {
    /// Waits until the script has printed a line.
    fn expect(&mut self, wanted: &str) {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("stdout is text");
        assert_eq!(line.trim_end(), wanted);
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "kill {name}");
    }

    /// Waits for its end: (status, the rest of stdout, stderr).
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        let mut stderr = self.child.stderr.take().expect("stderr was piped");
        stderr.read_to_string(&mut err).expect("stderr is text");
        self.out.read_to_string(&mut out).expect("stdout is text");
        let status = self.child.wait().expect("it was started");
        (status.code(), out, err)
    }
}

const CANCELLED: &str = "
import asyncio

async def main():
    try:
        print('begins', flush=True)
        await asyncio.sleep(60)
    except asyncio.CancelledError as error:
        print('cancelled', error.args, asyncio.current_task().cancelling(), flush=True)
        await asyncio.sleep(WAIT)
        print('cleaned', flush=True)
        RAISE
try:
    asyncio.run(main())
except KeyboardInterrupt as error:
    print('interrupted', repr(error.__context__))
    raise
";

#[test]
fn ctrl_c_cancels_the_main_task() {
    let mut running = start("ctrl_c", &CANCELLED.replace("WAIT", "0.01").replace("RAISE", "raise"), &[]);
    running.expect("begins");
    running.signal("-INT");
    let (status, out, err) = running.end();
    assert_eq!(out, "cancelled () 1\ncleaned\ninterrupted CancelledError()\n");
    assert_eq!(status, Some(130));
    assert!(err.ends_with("KeyboardInterrupt\n"), "{err}");
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let mut running = start("ctrl_c_twice", &CANCELLED.replace("WAIT", "60").replace("RAISE", "raise"), &[]);
    running.expect("begins");
    running.signal("-INT");
    running.expect("cancelled () 1");
    running.signal("-INT");
    let (status, out, _) = running.end();
    assert_eq!((status, out.starts_with("interrupted")), (Some(130), true), "{out}");
}

#[test]
fn a_main_task_that_swallows_ctrl_c_goes_on() {
    let mut running = start("ctrl_c_swallowed", &CANCELLED.replace("WAIT", "0").replace("RAISE", "return 5"), &[]);
    running.expect("begins");
    running.signal("-INT");
    let (status, out, _) = running.end();
    assert_eq!((status, out.as_str()), (Some(0), "cancelled () 1\ncleaned\n"));
}

#[test]
fn ctrl_c_stops_a_script_that_computes() {
    let script = "print('begins', flush=True)\nwhile True:\n    pass\n";
    let mut running = start("ctrl_c_computing", script, &[]);
    running.expect("begins");
    running.signal("-INT");
    assert_eq!(running.end().0, Some(130));
}

#[test]
fn sigquit_shows_the_tree_of_tasks() {
    let script = "
import asyncio

async def inner():
    await asyncio.sleep(0.5)

async def worker():
    await inner()

async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(worker(), name='first')
        group.create_task(worker(), name='second')
        await asyncio.sleep(0)
        print('begins', flush=True)

asyncio.run(main())
print('ends')
";
    let mut running = start("sigquit", script, &[]);
    running.expect("begins");
    running.signal("-QUIT");
    let (status, out, err) = running.end();
    assert_eq!((status, out.as_str()), (Some(0), "ends\n"));
    let lines: Vec<&str> = err.lines().collect();
    assert!(lines[0].starts_with("aio: 3 tasks at "), "{err}");
    assert!(
        lines[1].contains("Task-1 (main()) in main() at sigquit.aio:11 waits for the end of a TaskGroup with first"),
        "{err}"
    );
    assert!(lines[2].contains("first (worker()) in inner() at sigquit.aio:5 waits for a sleep to end"), "{err}");
    assert_eq!(lines[3].trim(), "| worker() at sigquit.aio:8");
    assert_eq!(lines[4].trim(), "| inner() at sigquit.aio:5");
}

#[test]
fn sigquit_interrupts_no_sleep() {
    let script = "import time\nprint('begins', flush=True)\ntime.sleep(0.4)\nprint('slept')\n";
    let mut running = start("sigquit_sleep", script, &[]);
    running.expect("begins");
    running.signal("-QUIT");
    let (status, out, err) = running.end();
    assert_eq!((status, out.as_str()), (Some(0), "slept\n"));
    assert!(err.starts_with("aio: no event loop runs, last call at sigquit_sleep.aio:3"), "{err}");
}

const LEAVES: &str = "
import asyncio

async def work(): pass

async def fails():
    raise ValueError('lost')

async def main():
    FIRST
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print('end')

asyncio.run(main())
";

#[test]
fn strict_makes_leaks_failures() {
    for (name, first, says) in [
        ("never", "work()", "aio: strict: coroutine 'work' was never awaited, made at strict_never.aio:10"),
        (
            "lost",
            "asyncio.create_task(fails(), name='t')",
            "aio: strict: task t (fails()), made at strict_lost.aio:10: it raised ValueError",
        ),
    ] {
        let name = format!("strict_{name}");
        let script = LEAVES.replace("FIRST", first);
        let (status, out, err) = start(&name, &script, &["--strict"]).end();
        assert_eq!((status, out.as_str()), (Some(1), "end\n"), "{err}");
        assert!(err.contains(says), "{err}");
        assert_eq!(start(&name, &script, &[]).end().0, Some(0));
    }
    let (status, out, _) = start("strict_none", &LEAVES.replace("FIRST", "await work()"), &["--strict"]).end();
    assert_eq!((status, out.as_str()), (Some(0), "end\n"));
}

//! The prompt, from outside: `tests/golden/repl/NAME.repl` is what somebody types, fed over a pipe; `NAME.out` all that
//! comes back on both outputs, prompts too; `NAME.exit` the exit status. In virtual time. python3.13 -u -i -q printed the
//! goldens whose first line does not say `differs`.
//!
//! At the end the prompt on a terminal: a pty with keys pressed and the screen looked at.

#[path = "support/conversation.rs"]
mod conversation;
#[path = "support/diff.rs"]
mod diff;
#[path = "support/files.rs"]
mod files;
#[path = "support/process.rs"]
mod process;
#[path = "support/pty.rs"]
mod pty;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use pty::Pty;

fn repl() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    command.args(["repl", "--virtual-time"]).env("TZ", "UTC").env("NO_COLOR", "1").env("COLUMNS", "100");
    command
}

#[test]
fn transcripts_over_a_pipe() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/repl");
    let mut faults = Vec::new();
    let transcripts = files::find(&folder, "repl");
    assert!(!transcripts.is_empty());
    for transcript in transcripts {
        let typed = std::fs::read_to_string(&transcript).expect("a transcript is UTF-8");
        let printed = conversation::hold(repl().current_dir(&folder), &typed, Duration::from_secs(30));
        let printed = printed.unwrap_or_else(|error| error);
        let golden = transcript.with_extension("out");
        if std::env::var_os("AIO_BLESS").is_some() {
            std::fs::write(&golden, &printed).expect("the goldens can be written");
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        if printed != expected {
            let fault = diff::difference(expected.as_bytes(), printed.as_bytes());
            faults.push(format!("{}: {fault}", transcript.display()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_exit_status_is_what_the_script_says() {
    let status = |typed: &str| {
        let output = process::run(
            Command::new("sh").arg("-c").arg(format!("printf '{typed}' | {} repl", env!("CARGO_BIN_EXE_aio"))),
            Duration::from_secs(30),
        );
        output.expect("sh runs").status.code()
    };
    assert_eq!(status("raise SystemExit(3)\\n"), Some(3));
    assert_eq!(status("1/0\\n"), Some(0));
    assert_eq!(status(":quit\\n1/0\\n"), Some(0));
}

/// A prompt on a terminal with a history of its own.
fn terminal(history: &str) -> (Pty, PathBuf) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(history);
    let _ = std::fs::remove_file(&file);
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    command.env("AIO_HISTORY", &file).env("TERM", "xterm").env("NO_COLOR", "1");
    let mut pty = Pty::start(&mut command);
    pty.wait_for(">>> ");
    (pty, file)
}

#[test]
fn at_a_terminal_tasks_go_on_while_a_line_is_typed() {
    let (mut pty, history) = terminal("history-tasks");
    pty.type_in("async def tick():\nfor i in range(3):\nprint('tick', i)\nawait asyncio.sleep(0.2)\n\n");
    pty.type_in("task = asyncio.create_task(tick())\n");
    pty.type_in("answer = 6 *");
    pty.wait_for("tick 2");
    pty.type_in(" 7\nanswer\n");
    pty.wait_for("\n42");
    pty.wait_for(">>> ");
    pty.type_in("\x04");
    assert_eq!(pty.end(), Some(0));
    let kept = std::fs::read_to_string(history).expect("the history was written");
    assert!(kept.contains("answer = 6 * 7") && kept.contains("async def tick"), "{kept}");
}

#[test]
fn at_a_terminal_ctrl_c_ends_what_is_awaited_and_nothing_else() {
    let (mut pty, _) = terminal("history-interrupt");
    pty.type_in("x = 5\nawait asyncio.sleep(1000)\n");
    std::thread::sleep(Duration::from_millis(300));
    pty.type_in("\x03");
    pty.wait_for("KeyboardInterrupt");
    pty.type_in("x * 111\n");
    pty.wait_for("555");
    pty.type_in("while True: pass\n\n");
    std::thread::sleep(Duration::from_millis(300));
    pty.type_in("\x03");
    pty.wait_for("KeyboardInterrupt");
    pty.type_in("half a line\x03");
    pty.wait_for("KeyboardInterrupt");
    pty.type_in("exit()\n");
    assert_eq!(pty.end(), Some(0));
}

#[test]
fn at_a_terminal_leaving_names_what_is_pending() {
    let (mut pty, _) = terminal("history-leave");
    pty.type_in("task = asyncio.create_task(asyncio.sleep(50), name='the sleeper')\n");
    pty.wait_for("sleeper')");
    pty.wait_for(">>> ");
    pty.type_in("\x04");
    pty.wait_for("1 task is pending");
    pty.wait_for("the sleeper");
    assert_eq!(pty.end(), Some(0));
}

#[test]
fn at_a_terminal_tab_completes() {
    let (mut pty, _) = terminal("history-tab");
    pty.type_in("thing_with_a_long_name = 7\n");
    pty.type_in("thing_w\t + 1\n");
    pty.wait_for("\n8");
    pty.type_in("asyncio.iscoroutinef\t\n");
    pty.wait_for("function iscoroutinefunction");
    pty.type_in("from json import dum\t\n");
    pty.type_in("import asyn\t\n");
    pty.type_in("asyncio.get_running_l\t\n");
    pty.wait_for("function");
    pty.type_in(":tas\t\n");
    pty.wait_for("no tasks");
    pty.wait_for(">>> ");
    pty.type_in("\x04");
    assert_eq!(pty.end(), Some(0));
}

#[test]
fn at_a_terminal_clauses_go_to_their_statement() {
    let (mut pty, _) = terminal("history-clauses");
    pty.type_in("if 1 > 2:\nprint('yes')\nelse:\nprint('no', 'way')\n\n");
    pty.wait_for("no way");
    pty.type_in("print('no new', 'line', end='')\n");
    pty.wait_for("no new line");
    pty.type_in("help\n");
    pty.wait_for(":tasks");
    pty.type_in("try:\n1 / 0\nexcept ZeroDivisionError:\nprint('caught', 'it')\n\n");
    pty.wait_for("caught it");
    pty.wait_for(">>> ");
    pty.type_in("\x04");
    assert_eq!(pty.end(), Some(0));
}

#[test]
fn at_a_terminal_a_pasted_text_runs_statement_by_statement() {
    let (mut pty, _) = terminal("history-paste");
    let text = "def f(a):\n    if a:\n        return 'yes'\n\n    return 'no'\n\nf(1)\nf(0)\n";
    pty.type_in(&format!("\x1b[200~{text}\x1b[201~\n"));
    pty.wait_for("'yes'");
    pty.wait_for("'no'");
    pty.type_in("1 / 0\n");
    pty.wait_for("ZeroDivisionError: division by zero");
    pty.wait_for(">>> ");
    pty.type_in("\x04");
    assert_eq!(pty.end(), Some(0));
}

//! The command from outside: each subcommand's help, and what is said when arguments or files make no sense: one clear
//! line, exit status 2, nothing run.

#[path = "support/process.rs"]
mod process;

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

fn aio(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    command.args(arguments).current_dir(env!("CARGO_TARGET_TMPDIR"));
    process::run(&mut command, Duration::from_secs(20)).expect("aio ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn each_subcommand_has_help_with_an_example() {
    for name in ["run", "repl", "test", "check", "trace", "explain", "dump"] {
        let output = aio(&[name, "--help"]);
        let help = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{name}");
        assert!(help.contains("Usage:") && help.contains("Example") && help.contains(&format!("aio {name}")), "{help}");
    }
    let help = text(&aio(&["--help"]).stdout);
    assert!(["repl", "test", "check", "trace", "explain", "dump"].iter().all(|name| help.contains(name)), "{help}");
}

#[test]
fn what_makes_no_sense_is_said_with_status_2() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command-folder");
    std::fs::create_dir_all(&folder).expect("folders can be made");
    let file = |name: &str, bytes: &[u8]| {
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), bytes).expect("files can be written");
    };
    file("command-script.aio", b"print('it ran')\n");
    file("command-binary.aio", b"\x7fELF\x02\x01\0\xd0\xff");
    let wrong: &[(&[&str], &str)] = &[
        (&["missing.aio"], "can't open file 'missing.aio'"),
        (&["chek", "x.aio"], "did you mean `aio check`?"),
        (&["--virtual-tim", "x.aio"], "'--virtual-time'"),
        (&["command-folder"], "Is a directory"),
        (&["--no-such-option"], "--no-such-option"),
        (&["--errors", "pretty", "x.aio"], "pretty"),
        (&["repl", "file.aio"], "file.aio"),
        (&["test", "missing"], "can't open 'missing'"),
        (&["test", "--jobs", "many"], "many"),
        (&["check", "missing"], "can't open 'missing'"),
        (&["check", "command-folder"], "no scripts"),
        (&["trace"], "<FILE>"),
        (&["trace", "missing.aio"], "can't open file 'missing.aio'"),
        (&["trace", "command-folder", "-o", "x.json"], "Is a directory"),
        (&["trace", "command-script.aio", "-o", "command-folder"], "it is a folder"),
        (&["trace", "command-script.aio", "--svg", "not-there/x.svg"], "its folder is not there"),
        (&["test", "command-script.aio", "--junit", "command-folder"], "it is a folder"),
        (&["test", "--junit", "command-script.aio"], "it is a script"),
        (&["trace", "command-script.aio", "-o", "command-script.aio"], "it is a script"),
        (&["trace", "command-script.aio", "-o", "x.json", "--svg", "x.json"], "the same file"),
        (&["test", "--timeout", "-1"], "a number of seconds above 0"),
        (&["test", "--filter", "zzz", "command-script.aio"], "'zzz'"),
        (&["command-binary.aio"], "it is a binary file"),
        (&["check", "command-binary.aio"], "it is a binary file"),
        (&["test", "command-binary.aio"], "it is a binary file"),
        (&["trace", "command-binary.aio", "-o", "x.json"], "it is a binary file"),
        (&["dump", "ast", "command-binary.aio"], "it is a binary file"),
        (&["explain", "nothing-like-it"], "no code `nothing-like-it`"),
        (&["dump", "bytes", "x.aio"], "bytes"),
        (&["dump", "ast", "missing.aio"], "can't open file 'missing.aio'"),
    ];
    for (arguments, said) in wrong {
        let output = aio(arguments);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {err}");
        assert!(err.contains(said) && output.stdout.is_empty(), "{arguments:?}: {err}");
        assert!(err.starts_with("aio: ") && err.lines().count() == 1, "{arguments:?} takes more than a line: {err}");
    }
    assert!(!Path::new(env!("CARGO_TARGET_TMPDIR")).join("x.json").exists(), "nothing half done");
}

#[test]
fn a_text_in_another_encoding_is_an_error_of_syntax() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("latin.aio");
    std::fs::write(&file, b"print('caf\xe9')\n").expect("files can be written");
    let output = aio(&["latin.aio"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("Non-UTF-8 code"), "{}", text(&output.stderr));
}

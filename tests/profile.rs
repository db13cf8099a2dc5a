//! What `profile/rustc` makes of the arguments that cargo gives it, seen by a compiler that only prints them.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Says that it is version 0.0.0, or what it is asked, an argument a line.
const COMPILER: &str = "\
#!/bin/sh
if [ \"$1\" = --version ]; then echo 'rustc 0.0.0 (none 2026-01-01)'; else printf '%s\\n' \"$@\"; fi
";

/// What cargo asks where it builds the command.
const COMMAND: [&str; 9] =
    ["--crate-name", "aio", "--cfg", "feature=\"cli\"", "-C", "opt-level=3", "panic=abort", "-C", "metadata=1f2e"];

/// A folder, its name not without a space, with the script and a compiler.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("profile {name}"));
    fs::create_dir_all(&folder).expect("the target folder can be written");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("profile/rustc");
    fs::copy(script, folder.join("rustc")).expect("the script can be copied");
    let compiler = folder.join("compiler");
    fs::write(&compiler, COMPILER).expect("the target folder can be written");
    fs::set_permissions(&compiler, fs::Permissions::from_mode(0o755)).expect("the file is ours");
    folder
}

/// What the compiler is asked when cargo asks the script this.
fn asked(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Vec<String> {
    let mut command = Command::new("sh");
    command.arg(folder.join("rustc")).arg(folder.join("compiler")).args(arguments);
    command.env_remove("AIO_PROFILE").env_remove("AIO_PROFILE_INTO").envs(environment.iter().copied());
    let output = command.output().expect("there is a shell");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_string).collect()
}

#[test]
fn the_command_is_built_with_the_profile_of_the_compiler() {
    let folder = folder("used");
    let profile = folder.join("0.0.0.profdata");
    fs::write(&profile, "").expect("the target folder can be written");
    let arguments = asked(&folder, &COMMAND, &[]);
    assert!(arguments.contains(&format!("profile-use={}", profile.display())), "{arguments:?}");
    assert!(arguments.contains(&"metadata=profiled".to_string()), "{arguments:?}");
    assert_eq!(arguments[..8], COMMAND[..8]);
    assert_eq!(asked(&folder, &COMMAND, &[("AIO_PROFILE", "none")]), COMMAND);
}

#[test]
fn what_else_is_built_is_built_as_it_is() {
    let folder = folder("elsewhere");
    fs::write(folder.join("0.0.0.profdata"), "").expect("the target folder can be written");
    for other in [("aio", "build_script_build"), ("opt-level=3", "opt-level=0"), ("panic=abort", "panic=unwind")] {
        let arguments = COMMAND.map(|argument| if argument == other.0 { other.1 } else { argument });
        assert_eq!(asked(&folder, &arguments, &[]), arguments);
    }
}

#[test]
fn another_compiler_builds_without() {
    let folder = folder("missing");
    fs::write(folder.join("1.0.0.profdata"), "").expect("the target folder can be written");
    assert_eq!(asked(&folder, &COMMAND, &[]), COMMAND);
}

#[test]
fn a_profile_is_taken_where_it_is_asked_for() {
    let arguments = asked(&folder("taken"), &COMMAND, &[("AIO_PROFILE_INTO", "/some where")]);
    assert!(arguments.contains(&"profile-generate=/some where".to_string()), "{arguments:?}");
}

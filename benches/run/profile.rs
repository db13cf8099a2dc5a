//! The profile that aio is compiled with (`profile/`): how often each piece of the interpreter runs when the programs of the
//! benchmarks do. Knows the tools that take it, nothing of what it says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::times::{self, FAMILIES};

/// Builds an aio that counts, runs the programs with it, and writes what they make it count as the profile of the compiler here.
pub fn write(root: &Path, programs: &Path) -> Result<(), String> {
    let target = root.join("target/profile");
    let counts = target.join("counts");
    // Those of an earlier run are of another build.
    if counts.exists() {
        fs::remove_dir_all(&counts).map_err(|error| format!("{}: {error}", counts.display()))?;
    }
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    build.args(["build", "--release", "--bin", "aio", "--target-dir"]).arg(&target).current_dir(root);
    run(build.env("AIO_PROFILE_INTO", &counts))?;
    for program in FAMILIES.iter().flat_map(|family| times::scripts(&programs.join(family))) {
        run(Command::new(target.join("release/aio")).arg(program).stdout(Stdio::null()))?;
    }
    let version = compiler(&["--version"])?;
    let version = version.split(' ').nth(1).ok_or(format!("rustc: no version in `{version}`"))?;
    let profile = root.join("profile").join(format!("{version}.profdata"));
    run(Command::new(merger()?).args(["merge", "--sparse", "--output"]).args([&profile, &counts]))
}

/// Runs a command whose failure ends the whole.
fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name}: {status}")) }
}

/// What the compiler answers.
fn compiler(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("rustc").args(arguments).output().map_err(|error| format!("rustc: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// The program that merges counts: `$LLVM_PROFDATA`, the toolchain's (rustup's component `llvm-tools`), or one on the path.
fn merger() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("LLVM_PROFDATA") {
        return Ok(path.into());
    }
    let toolchain = Path::new(&compiler(&["--print", "target-libdir"])?).with_file_name("bin/llvm-profdata");
    Ok(if toolchain.exists() { toolchain } else { "llvm-profdata".into() })
}

//! The interpreters that are compared.

use std::path::PathBuf;
use std::process::Command;

pub struct Interpreters {
    pub aio: PathBuf,
    /// The oracle, where there is one.
    pub python: Option<PathBuf>,
}

impl Interpreters {
    pub fn new(aio: PathBuf) -> Interpreters {
        Interpreters { aio, python: python() }
    }
}

/// The interpreter itself, since a version manager's wrapper would be timed along with it.
fn python() -> Option<PathBuf> {
    let script = "import sys; print(sys.executable if sys.version_info[:2] == (3, 13) else '')";
    ["", "3.13.0"].into_iter().find_map(|version| {
        let mut command = Command::new("python3.13");
        if !version.is_empty() {
            command.env("PYENV_VERSION", version);
        }
        let output = command.args(["-c", script]).output().ok().filter(|output| output.status.success())?;
        let path = String::from_utf8(output.stdout).ok()?.trim().to_string();
        (!path.is_empty()).then(|| PathBuf::from(path))
    })
}

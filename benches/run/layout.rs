//! Which functions run at start: they stand together in the command (`startup.ld`), so that few of its pages are read into
//! memory. Knows what the linker calls them, nothing of what they do.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What is run to see: scripts of `benches/programs/start`.
const SCRIPTS: [&str; 2] = ["one_line", "asyncio_run"];

/// The head of the file.
const HEAD: &str = "\
/* The functions that run at start, for the linker: standing together they fill about a megabyte, scattered they touch three.
   Names that another version no longer has match nothing. Written by
       CARGO_PROFILE_RELEASE_STRIP=none cargo bench -- --layout */
";

/// Writes the file anew from what valgrind sees run.
pub fn write(aio: &Path, programs: &Path, file: &Path) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    let mut lines = String::new();
    for script in SCRIPTS {
        let profile = std::env::temp_dir().join(format!("aio-layout-{}", std::process::id()));
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--demangle=no"]).arg(format!("--callgrind-out-file={}", profile.display()));
        command.arg(aio).arg(programs.join("start").join(script).with_extension("aio"));
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !status.map_err(|error| format!("valgrind: {error}"))?.success() {
            return Err(format!("{script} failed under valgrind"));
        }
        let text = fs::read_to_string(&profile).map_err(|error| format!("{}: {error}", profile.display()))?;
        // A file in the folder for temporary ones that cannot be removed does no harm.
        let _ = fs::remove_file(&profile);
        for name in text.lines().filter_map(function).filter_map(pattern) {
            if seen.insert(name.clone()) {
                lines.push_str(&format!("    *(.text*.{name})\n"));
            }
        }
    }
    if seen.len() < 100 {
        return Err(format!("{}: only {} functions have names; was the binary stripped?", aio.display(), seen.len()));
    }
    let text = format!("{HEAD}SECTIONS {{\n  .text.startup : {{\n{lines}  }}\n}} INSERT BEFORE .text;\n");
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

/// The function that a line of callgrind's output names: `fn=(1) name`, with `'2` behind it in a recursion.
fn function(line: &str) -> Option<&str> {
    let name = line.strip_prefix("fn=").or(line.strip_prefix("cfn="))?.split_once(") ")?.1;
    name.split('\'').next()
}

/// A name as a pattern without the hashes, which are another compiler's or version's; the one name that all closures share keeps its
/// own. None for functions of libraries in C.
fn pattern(name: &str) -> Option<String> {
    if let Some(path) = name.strip_prefix("_ZN") {
        let hash = path.rfind("17h")?;
        let shared = path.contains("8function6FnOnce");
        return Some(if shared { name.to_string() } else { format!("_ZN{}17h*E", &path[..hash]) });
    }
    if name == "main" {
        return Some(name.to_string());
    }
    // `Cs1a2b_4core`: a crate with what tells it from others of its name.
    let mut parts = name.strip_prefix("_R")?.split("Cs");
    let mut pattern = format!("_R{}", parts.next()?);
    for part in parts {
        let (_, rest) = part.split_once('_')?;
        pattern.push_str("Cs*_");
        pattern.push_str(rest);
    }
    Some(pattern)
}

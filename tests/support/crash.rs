//! What counts as a crash of aio. Must not know what was run.

use std::process::Output;

/// How a run of aio crashed, if it did: in a panic (its message, or only its status) or by a signal. Any other status may be
/// what the script asked for.
pub fn of(output: &Output) -> Option<String> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    if let Some(at) = stderr.find("panicked at") {
        return Some(stderr[at..].lines().take(2).collect::<Vec<_>>().join(" "));
    }
    match output.status.code() {
        Some(101) => Some("status 101".into()),
        Some(_) => None,
        None => {
            let mut lines = stderr.trim_end().lines();
            let memory = lines.clone().find(|line| line.contains("memory allocation of"));
            let said: String = memory.or(lines.next_back()).unwrap_or("").chars().take(120).collect();
            Some(format!("{} {said}", output.status))
        }
    }
}

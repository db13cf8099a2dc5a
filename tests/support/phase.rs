//! Which phase of the work a golden script is about: told by the folder under `tests/golden/` that it lies in, never by
//! where the checkout happens to lie.

use std::path::Path;

/// The folders whose goldens hold what `aio dump PHASE` or `aio check` prints, rather than what a run prints.
const PHASES: [&str; 4] = ["tokens", "ast", "code", "check"];

/// The phase whose print the script's golden holds; `None` for one that is run.
pub fn of(script: &Path) -> Option<&'static str> {
    PHASES.into_iter().find(|phase| lies_in(script, phase))
}

/// Whether the script lies in this folder of `tests/golden/`, at whatever depth.
pub fn lies_in(script: &Path, folder: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let inside = script.strip_prefix(root).ok().and_then(Path::parent);
    inside.is_some_and(|inside| inside.iter().any(|part| part == folder))
}

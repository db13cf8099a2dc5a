//! Where the history of the prompt is kept: `AIO_HISTORY`, else in the folder for state that the XDG base directory
//! specification names. An empty `AIO_HISTORY` keeps none.

use std::path::PathBuf;

/// How many inputs are kept.
pub const MOST: usize = 5000;

/// The file; its folder is made. None when there is nowhere to keep it.
pub fn file() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("AIO_HISTORY") {
        return (!path.is_empty()).then(|| PathBuf::from(path));
    }
    let state = std::env::var_os("XDG_STATE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let state = state.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state")))?;
    let folder = state.join("aio");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

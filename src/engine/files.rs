//! The files of a folder that a command was given. Knows nothing of what is in them.

use std::path::{Path, PathBuf};

use crate::text::order;

/// All files below a folder in order of their names, those in hidden folders and in `target` aside.
///
/// # Errors
/// A folder that cannot be read.
pub fn below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    gather(folder, &mut files)?;
    order::sort(&mut files);
    Ok(files)
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        // A link to a folder may lead back up.
        if path.is_dir() && !path.is_symlink() {
            gather(&path, files)?;
        } else if path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

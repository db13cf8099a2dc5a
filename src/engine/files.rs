//! The files and folders that a command was given: finding, reading, and what is said when that cannot be done. Knows no
//! syntax.

use std::io;
use std::path::{Path, PathBuf};

use super::compile::{Text, decode};
use crate::text::order;

/// Reads a script.
///
/// # Errors
/// The line to show: it cannot be read, or is no text at all.
pub fn read(path: &Path) -> Result<Text, String> {
    let bytes = std::fs::read(path).map_err(|error| cannot_open(path, &error))?;
    let text = decode(bytes);
    // Text in another encoding is an error of syntax, as in CPython; zeros are in no text.
    if matches!(&text, Text::Invalid(text, _) if text.contains('\0')) {
        return Err(format!("can't open file '{}': it is a binary file", path.display()));
    }
    Ok(text)
}

/// Whether a file begins with a byte order mark, which is no part of its text.
pub fn has_mark(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes.starts_with("\u{feff}".as_bytes()))
}

/// What CPython says of a script that cannot be read.
pub fn cannot_open(path: &Path, error: &io::Error) -> String {
    format!("can't open file '{}': {}", path.display(), reason(error))
}

/// Why a system call failed, as CPython writes it: `[Errno 2] No such file or directory`.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match (error.raw_os_error(), text.split_once(" (os error")) {
        (Some(number), Some((text, _))) => format!("[Errno {number}] {text}"),
        _ => text,
    }
}

/// Writes a file that a command was told to make.
///
/// # Errors
/// The line to show.
pub fn write(path: &Path, contents: impl AsRef<[u8]>) -> Result<(), String> {
    std::fs::write(path, contents).map_err(|error| cannot_write(path, &reason(&error)))
}

/// Whether a file has a place, to be asked before the work whose result it shall hold.
///
/// # Errors
/// The line to show.
pub fn has_place(path: &Path) -> Result<(), String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() {
        return Err(cannot_write(path, "it is a folder"));
    }
    if !folder.is_dir() {
        return Err(cannot_write(path, "its folder is not there"));
    }
    // `--junit test_a.aio`: the value was forgotten, and what was to be tested would be lost.
    let is_source =
        path.extension().is_some_and(|extension| ["aio", "py", "md"].iter().any(|known| extension == *known));
    if is_source && path.exists() {
        return Err(cannot_write(path, "it is a script or a document"));
    }
    Ok(())
}

fn cannot_write(path: &Path, why: &str) -> String {
    format!("cannot write '{}': {why}", path.display())
}

/// All files below a folder in order of their names, those in hidden folders and in `target` aside.
///
/// # Errors
/// The line to show: a folder that cannot be read.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    gather(folder, &mut files)?;
    order::sort(&mut files);
    Ok(files)
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("cannot read '{}': {}", folder.display(), reason(&error));
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
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

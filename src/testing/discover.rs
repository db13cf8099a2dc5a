//! What counts as a test: golden scripts, functions `test_*` in files `test_*.aio`, blocks and transcripts in Markdown.
//! Finds them; runs nothing.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use super::{function, golden, markdown};
use crate::engine::files;

/// One test.
pub struct Test {
    /// The file, and what is inside it: `folder/test_x.aio::test_y`, `docs/x.md:12`.
    pub name: String,
    pub kind: Kind,
}

pub enum Kind {
    Golden(golden::Golden),
    Function(function::Function),
    Block(markdown::Block),
    Transcript(markdown::Block),
    /// A file that holds tests but cannot be read as such: the message.
    Broken(String),
}

/// The tests in files and folders, in order of their names.
///
/// # Errors
/// A path that is not there or holds nothing that could be a test.
pub fn all(paths: &[PathBuf]) -> Result<Vec<Test>, String> {
    let mut tests: Vec<Test> = Vec::new();
    // A file that is named twice, or lies in a folder that is named too, is tested once.
    let mut names = FxHashSet::default();
    let mut add = |found: Vec<Test>| tests.extend(found.into_iter().filter(|test| names.insert(test.name.clone())));
    for path in paths {
        if path.is_dir() {
            files::below(path)?.iter().for_each(|file| add(in_file(file, false)));
        } else if path.is_file() {
            // What cannot be read at all is no test.
            files::read(path)?;
            let found = in_file(path, true);
            if found.is_empty() {
                return Err(format!("'{}' holds no tests", path.display()));
            }
            add(found);
        } else {
            add(vec![named(path)?]);
        }
    }
    Ok(tests)
}

/// One test by the name that it is shown with: `test_x.aio::test_y`, `docs/x.md:12`.
fn named(path: &Path) -> Result<Test, String> {
    let text = path.to_string_lossy();
    let parts = text.split_once("::").or_else(|| text.rsplit_once(':'));
    let Some((file, part)) = parts.filter(|(file, _)| Path::new(file).is_file()) else {
        return Err(format!("can't open '{}': no such file or folder", path.display()));
    };
    let wanted = shown(path);
    let found = in_file(Path::new(file), true).into_iter().find(|test| test.name == wanted);
    found.ok_or_else(|| format!("'{file}' holds no test '{part}'; `aio test --list {file}` names them"))
}

/// The tests in one file. One that was named is a golden even without an expected output: it must succeed.
fn in_file(path: &Path, was_named: bool) -> Vec<Test> {
    let shown = shown(path);
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("md") => markdown::tests(path, &shown),
        Some("aio" | "py") => {
            let is_golden = golden::Golden::has_expectations(path);
            let mut tests = Vec::new();
            if is_golden {
                tests.push(Test { name: shown.clone(), kind: Kind::Golden(golden::Golden::new(path)) });
            } else if stem.starts_with("test_") {
                tests.extend(function::tests(path, &shown));
            }
            if tests.is_empty() && was_named && !stem.starts_with("test_") {
                tests.push(Test { name: shown, kind: Kind::Golden(golden::Golden::new(path)) });
            }
            tests
        }
        _ => Vec::new(),
    }
}

/// A path as tests are named by it: without `.` in it.
fn shown(path: &Path) -> String {
    let path: PathBuf = path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect();
    path.display().to_string()
}

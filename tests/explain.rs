//! `aio explain`: a page for each code, whose wrong script has that code, found by `aio check` or in the report of a run, and
//! whose right script has not.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

#[path = "support/files.rs"]
mod files;
#[path = "support/process.rs"]
mod process;

fn aio(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    command.args(arguments).current_dir(env!("CARGO_TARGET_TMPDIR"));
    process::run(&mut command, Duration::from_secs(20)).expect("aio ends")
}

/// The two scripts of a page.
fn scripts(page: &str) -> [String; 2] {
    let part = |head: &str| {
        let (_, rest) = page.split_once(head).unwrap_or_else(|| panic!("no {head:?} in\n{page}"));
        rest.split_once("```\n").map_or(String::new(), |(script, _)| script.to_owned())
    };
    [part("Wrong:\n\n```aio no-run\n"), part("Right:\n\n```aio\n")]
}

/// The codes that a script is given, by a check and by a run.
fn codes(script: &str, name: &str) -> (String, Option<i32>) {
    let file = format!("explain-{name}.aio");
    std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(&file), script).expect("files can be written");
    let found = aio(&["check", "--format", "json", &file]);
    let ran = aio(&["--virtual-time", "--errors", "json", &file]);
    (String::from_utf8_lossy(&found.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr), ran.status.code())
}

#[test]
fn the_scripts_of_each_page_are_wrong_and_right() {
    let pages = files::find(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/explain"), "md");
    assert!(pages.len() > 30);
    let mut faults = Vec::new();
    for path in pages {
        let code = path.file_stem().expect("a page has a name").to_string_lossy().into_owned();
        let page = std::fs::read_to_string(&path).expect("a page is UTF-8");
        let [wrong, right] = scripts(&page);
        let mark = format!("\"code\":\"{code}\"");
        let (said, _) = codes(&wrong, &format!("{code}-wrong"));
        if !said.contains(&mark) {
            faults.push(format!("{code}: the wrong script is not:\n{said}"));
        }
        let (said, status) = codes(&right, &format!("{code}-right"));
        if said.contains(&mark) || status != Some(0) {
            faults.push(format!("{code}: the right script is not: {status:?}\n{said}"));
        }
        let printed = aio(&["explain", &code]);
        if printed.stdout != page.as_bytes() || printed.status.code() != Some(0) {
            faults.push(format!("{code}: `aio explain` prints something else"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn codes_are_listed_and_misspelt_ones_are_guessed() {
    let list = String::from_utf8_lossy(&aio(&["explain"]).stdout).into_owned();
    assert!(list.lines().count() > 30 && list.lines().all(|line| line.len() > 26), "{list}");
    let output = aio(&["explain", "mising-await"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `missing-await`?"));
}

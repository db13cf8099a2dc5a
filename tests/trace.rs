//! `aio trace` from outside: the timeline in the terminal, the trace for Perfetto, the picture. The pictures of
//! `docs/timeline` must be those that the tool makes.

#[path = "support/files.rs"]
mod files;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn trace(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    command.arg("trace").args(arguments).current_dir(folder).env("COLUMNS", "80").env("NO_COLOR", "1");
    command.output().expect("aio can be run")
}

fn documents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/timeline")
}

fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn the_terminal_shows_who_ran_when() {
    let output = trace(&documents(), &["--virtual-time", "task_group.aio"]);
    assert_eq!(output.status.code(), Some(0));
    let drawn = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = drawn.lines().collect();
    assert!(lines[0].trim_start().starts_with("0 s") && lines[0].trim_end().ends_with('2'), "{drawn}");
    let row =
        |name: &str| *lines.iter().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}:\n{drawn}"));
    assert!(row("Task-1 main()").ends_with('●'));
    assert!(row("quick fetch()").ends_with('●') && row("quick").len() < row("slow").len());
    assert!(row("slow fetch()").ends_with('○'));
    assert!(row("broken fails()").ends_with("✗ ValueError"));
    assert_eq!(lines.len(), 6, "{drawn}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("failed: "), "the script's own output is as ever");
}

#[test]
fn the_trace_has_a_lane_a_task_and_arrows() {
    let file = temporary("trace.json");
    let shown = file.display().to_string();
    let output = trace(&documents(), &["--virtual-time", "task_group.aio", "-o", &shown]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "nothing is drawn unless asked for");
    let text = std::fs::read_to_string(file).expect("it was written");
    let count = |part: &str| text.matches(part).count();
    assert!(text.starts_with('{') && text.trim_end().ends_with("]}"));
    assert_eq!(count("\"thread_name\""), 4);
    assert_eq!(count("\"name\":\"creates\",\"ph\":\"s\""), 3);
    assert_eq!(count("\"name\":\"cancels\",\"ph\":\"s\""), count("\"name\":\"cancels\",\"ph\":\"f\""));
    assert!(count("\"name\":\"cancels\"") > 0 && count("waits for sleep()") == 3);
    assert!(text.contains("\"dur\":2000000.000") && text.contains("failed: ValueError"));
}

#[test]
fn the_pictures_of_the_documents_are_made_by_the_tool() {
    let scripts = files::find(&documents(), "aio");
    assert_eq!(scripts.len(), 5);
    for script in scripts {
        let name = script.file_name().expect("it has one").to_string_lossy().into_owned();
        let made = temporary(&format!("{name}.svg"));
        let output = trace(&documents(), &["--virtual-time", &name, "--svg", &made.display().to_string()]);
        assert_eq!(output.status.code(), Some(0), "{name}");
        let (made, kept) = (std::fs::read_to_string(made), script.with_extension("svg"));
        let made = made.expect("it was written");
        if std::env::var_os("AIO_BLESS").is_some() {
            std::fs::write(&kept, &made).expect("pictures can be written");
        }
        assert!(made == std::fs::read_to_string(&kept).unwrap_or_default(), "{} is not up to date", kept.display());
    }
}

#[test]
fn names_stay_in_their_row_and_errors_in_the_picture() {
    let script = temporary("names.aio");
    let text = "import asyncio\nclass NothingOfThisWasEverDeliveredError(Exception): pass\nasync def work():\n    await asyncio.sleep(1)\n\
                \x20   raise NothingOfThisWasEverDeliveredError\nasync def main():\n    task = asyncio.create_task(work(), name='<two\\nlines>&')\n\
                \x20   await asyncio.wait([task])\n    task.exception()\nasyncio.run(main())\n";
    std::fs::write(&script, text).expect("files can be written");
    let output = trace(&temporary(""), &["--virtual-time", "names.aio", "--text", "--svg", "names.svg"]);
    let drawn = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(drawn.lines().any(|line| line.starts_with("<two\\nlines>& work()")), "{drawn}");
    let picture = std::fs::read_to_string(temporary("names.svg")).expect("it was written");
    assert!(picture.contains(">&lt;two\\nlines&gt;&amp; work()<"), "{picture}");
    let number = |text: &str| text.split('"').next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    let width = picture.split_once(" width=\"").map_or(0.0, |(_, rest)| number(rest));
    let (before, name) = picture.split_once(">NothingOfThis").expect("it is named");
    let from = before.rsplit_once("<text x=\"").map_or(0.0, |(_, rest)| number(rest));
    let letters = 13 + name.find('<').unwrap_or(0);
    assert!(from + letters as f64 * 7.0 < width, "the name ends behind the edge, {from} of {width}");
}

#[test]
fn the_real_clock_shows_how_long_steps_take() {
    let script = temporary("busy.aio");
    let text = "import asyncio, sys, time\nasync def main():\n    time.sleep(0.05)\n    await asyncio.sleep(0.05)\n    print(sys.argv[1:])\n\
                asyncio.run(main())\n";
    std::fs::write(&script, text).expect("files can be written");
    let output = trace(&temporary(""), &["busy.aio", "--", "a", "b"]);
    let drawn = String::from_utf8_lossy(&output.stderr).into_owned();
    let row = drawn.lines().find(|line| line.starts_with("Task-1")).unwrap_or_else(|| panic!("{drawn}"));
    assert!(row.matches('█').count() > 5 && row.matches('─').count() > 5, "{drawn}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "['a', 'b']\n");
}

#[test]
fn what_goes_wrong_is_said_in_a_line() {
    let script = temporary("fails.aio");
    std::fs::write(&script, "print('ran')\nawait asyncio.sleep(0)\nraise SystemExit(3)\n")
        .expect("files can be written");
    let fails = |arguments: &[&str], status: i32| {
        let output = trace(&temporary(""), arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(fails(&["missing.aio"], 2).1.contains("can't open file 'missing.aio'"));
    assert_eq!(fails(&["fails.aio"], 3).0, "ran\n");
    let (out, err) = fails(&["fails.aio", "-o", "no_such_folder/x.json"], 2);
    assert!(out.is_empty() && err.contains("cannot write 'no_such_folder/x.json'"), "nothing half done: {out}{err}");
}

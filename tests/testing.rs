//! `aio test` from outside: a folder with tests of every kind, what is said about them, and what blessing writes.

#[path = "support/scratch.rs"]
mod scratch;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use scratch::{folder, stderr, stdout};

fn aio_test(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    command.arg("test").args(arguments).current_dir(folder).env("COLUMNS", "100");
    command.output().expect("aio can be run")
}

/// The last line without its time.
fn sum(output: &Output) -> String {
    let out = stdout(output);
    out.trim_end().lines().next_back().and_then(|line| line.split(" in ").next()).unwrap_or("").to_owned()
}

#[test]
fn functions_show_what_an_assert_compared() {
    let text = "import asyncio\n\n\ndef total(items):\n    return sum(items)\n\n\ndef test_passes():\n    assert total([1, 2]) == 3\n\n\n\
                def test_fails():\n    items = [1, 2, 3]\n    assert total(items) == 7, 'the sum'\n\n\n\
                async def test_sleeps():\n    await asyncio.sleep(3600)\n\n\n\
                def test_lines():\n    assert 'a\\nb\\n' == 'a\\nc\\n'\n\n\ndef helper():\n    assert False\n";
    let folder = folder("testing-functions", &[("test_sums.aio", text)]);
    let output = aio_test(&folder, &["-j", "1"]);
    let out = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{out}");
    assert_eq!(sum(&output), "2 passed, 2 failed");
    assert!(out.contains("FAILED test_sums.aio::test_fails"), "{out}");
    assert!(out.contains("total(items)  is  6"), "{out}");
    assert!(out.contains("AssertionError: the sum"), "{out}");
    assert!(out.contains("-c\n  +b"), "{out}");
    let output = aio_test(&folder, &["--filter", "sleeps"]);
    assert_eq!((output.status.code(), sum(&output).as_str()), (Some(0), "1 passed, 0 failed"));
    let output = aio_test(&folder, &["test_sums.aio::test_passes"]);
    assert_eq!((output.status.code(), sum(&output).as_str()), (Some(0), "1 passed, 0 failed"));
}

#[test]
fn long_sides_are_cut() {
    let text = format!("def test_long():\n    assert [{:?},\n            2] == [3]\n", "y".repeat(9_000));
    let folder = folder("testing-long", &[("test_long.aio", text.as_str())]);
    let out = stdout(&aio_test(&folder, &[]));
    assert!(out.lines().all(|line| line.chars().count() < 2_200), "{out}");
    assert!(out.contains("y…  is  ['yyyy"), "{out}");
}

#[test]
fn a_test_that_would_not_run_fails() {
    let text = "def test_same():\n    assert False\n\n\ndef test_yields():\n    yield 1\n\n\nasync def test_gives():\n    yield 1\n\n\n\
                def test_same():\n    pass\n";
    let folder = folder("testing-never-run", &[("test_names.aio", text)]);
    let output = aio_test(&folder, &["-j", "1"]);
    let out = stdout(&output);
    assert_eq!(sum(&output), "0 passed, 3 failed", "{out}");
    assert!(out.contains("test_same is defined in line 1 and again in line 13"), "{out}");
    assert_eq!(out.matches("  TypeError: a test with `yield` is a generator").count(), 2, "{out}");
}

#[test]
fn what_is_named_twice_is_tested_once() {
    let folder = folder("testing-twice", &[("sub/test_a.aio", "def test_x(): pass\n")]);
    let output =
        aio_test(&folder, &[".", "sub", "sub/test_a.aio", "./sub/../sub/test_a.aio", "sub/test_a.aio::test_x"]);
    assert_eq!(sum(&output), "2 passed, 0 failed", "{}", stdout(&output));
}

#[test]
fn each_function_has_a_module_of_its_own() {
    let text = "seen = []\n\n\ndef test_one():\n    seen.append(1)\n    assert seen == [1]\n\n\n\
                def test_two():\n    seen.append(2)\n    assert seen == [2]\n";
    let folder = folder("testing-isolated", &[("test_state.aio", text)]);
    assert_eq!(sum(&aio_test(&folder, &[])), "2 passed, 0 failed");
}

#[test]
fn what_is_left_behind_fails_a_test() {
    let text = "import asyncio\n\n\nasync def work():\n    await asyncio.sleep(10)\n\n\nasync def fails():\n    raise ValueError\n\n\n\
                async def test_task():\n    asyncio.create_task(work())\n    await asyncio.sleep(1)\n\n\n\
                async def test_coroutine():\n    work()\n\n\n\
                async def test_exception():\n    asyncio.create_task(fails())\n    await asyncio.sleep(1)\n";
    let folder = folder("testing-leaks", &[("test_leaks.aio", text)]);
    let output = aio_test(&folder, &["-j", "1"]);
    let out = stdout(&output);
    assert_eq!(sum(&output), "0 passed, 3 failed");
    for said in ["it was left pending", "'work' was never awaited, made at test_leaks.aio:18", "raised ValueError"] {
        assert!(out.contains(said), "{said} is missing:\n{out}");
    }
}

#[test]
fn goldens_are_compared_and_blessed() {
    let files = [
        ("good.aio", "import sys\nprint(input(), sys.argv[1:])\nsys.exit(3)\n"),
        ("good.out", "typed ['a', 'b']\n"),
        ("good.in", "typed\n"),
        ("good.args", "a\nb\n"),
        ("good.exit", "3\n"),
        ("bad.aio", "print('now')\n"),
        ("bad.out", "then\n"),
        ("lib.aio", "raise SystemExit('no test')\n"),
        (".hidden/x.aio", "1/0\n"),
        (".hidden/x.out", ""),
    ];
    let folder = folder("testing-goldens", &files);
    let output = aio_test(&folder, &[]);
    assert_eq!(sum(&output), "1 passed, 1 failed", "{}", stdout(&output));
    assert!(stdout(&output).contains("-then\n  +now"), "{}", stdout(&output));
    let output = aio_test(&folder, &["--bless"]);
    assert!(stdout(&output).contains("-then\n  +now") && stdout(&output).contains("blessed bad.out"));
    assert_eq!(fs::read_to_string(folder.join("bad.out")).expect("it stands"), "now\n");
    assert_eq!(sum(&aio_test(&folder, &[])), "2 passed, 0 failed");
}

const DOCUMENT: &str = "# Title

```aio
print(1 + 1)
```

It prints:

```text
2
```

```python
print('b')
# Output:
# b
```

```aio no-run
raise SystemExit('never run')
```

```python fails
raise KeyError('k')
```

```pycon
>>> def f():
...     return [await asyncio.sleep(60, 'late')]
...
>>> object()
<object object at 0x7f00>
>>> 1 / 0
Traceback (most recent call last):
  ...
ZeroDivisionError: division by zero
>>> 40 + 2
42
```

```aio
print('new')
```
```output
old
```
";

#[test]
fn documents_are_tests() {
    let folder = folder("testing-documents", &[("guide.md", DOCUMENT)]);
    let output = aio_test(&folder, &["-j", "1"]);
    let out = stdout(&output);
    assert_eq!(sum(&output), "3 passed, 2 failed", "{out}");
    // `await` in a plain function is an error, in documents too.
    assert!(out.contains("FAILED guide.md:28") && out.contains("FAILED guide.md:42"), "{out}");
    let _ = aio_test(&folder, &["--bless", "guide.md"]);
    let blessed = fs::read_to_string(folder.join("guide.md")).expect("it stands");
    assert!(blessed.ends_with("```output\nnew\n```\n"), "{blessed}");
}

#[test]
fn transcripts_are_blessed() {
    let wrong = "Text\n\n```pycon\n>>> 1 + 1\n2\n>>> def f():\n...     return 'a'\n...\n>>> f()\n'b'\nmore\n\n\
                 >>> x = 1\nnot this\n>>> print('one\\ntwo')\n>>> object()\n<object object at 0x1>\n```\n\nEnd\n";
    let right = "Text\n\n```pycon\n>>> 1 + 1\n2\n>>> def f():\n...     return 'a'\n...\n>>> f()\n'a'\n\n\
                 >>> x = 1\n>>> print('one\\ntwo')\none\ntwo\n>>> object()\n<object object at 0x1>\n```\n\nEnd\n";
    let folder = folder("testing-transcripts", &[("guide.md", wrong)]);
    let output = aio_test(&folder, &["--bless"]);
    assert!(stdout(&output).contains("blessed guide.md"), "{}", stdout(&output));
    assert_eq!(fs::read_to_string(folder.join("guide.md")).expect("it stands"), right);
    assert_eq!(sum(&aio_test(&folder, &[])), "1 passed, 0 failed");
}

#[test]
fn results_are_written_for_build_servers() {
    let folder = folder(
        "testing-junit",
        &[("a.aio", "print('<1>')\n"), ("a.out", "&\n"), ("test_b.aio", "def test_c(): pass\n")],
    );
    let output = aio_test(&folder, &["--junit", "out.xml"]);
    assert_eq!(output.status.code(), Some(1));
    let xml = fs::read_to_string(folder.join("out.xml")).expect("it was written");
    assert!(xml.starts_with("<?xml") && xml.contains("tests=\"2\" failures=\"1\""), "{xml}");
    assert!(
        xml.contains("-&amp;") && xml.contains("+&lt;1&gt;") && xml.contains("name=\"test_b.aio::test_c\""),
        "{xml}"
    );
}

#[test]
fn what_cannot_be_tested_is_said_in_a_line() {
    let files = [
        ("test_broken.aio", "def test_x(:\n"),
        ("empty/x.txt", ""),
        ("test_slow.aio", "def test_y():\n    while True: pass\n"),
    ];
    let folder = folder("testing-wrong", &files);
    let fails = |arguments: &[&str], status: i32, said: &str| {
        let output = aio_test(&folder, arguments);
        let text = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{text}");
        assert!(text.contains(said), "{said} is missing:\n{text}");
    };
    fails(&["missing"], 2, "can't open 'missing'");
    fails(&["test_slow.aio::test_z"], 2, "'test_slow.aio' holds no test 'test_z'");
    fails(&["empty"], 2, "no tests found");
    fails(&["empty/x.txt"], 2, "holds no tests");
    fails(&["--timeout", "none"], 2, "number of seconds");
    fails(&["--filter", "broken"], 1, "SyntaxError");
    fails(&["--filter", "slow", "--timeout", "0.2"], 1, "ran longer than 0.2 s");
}

//! `aio check` from outside: the scripts of `tests/golden/check`, whose second line says by hand what must be found and
//! where; and everything that is not wrong, where nothing may be found.

#[path = "support/files.rs"]
mod files;
#[path = "support/scratch.rs"]
mod scratch;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use scratch::{folder, stderr, stdout};

fn check(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    command.arg("check").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env("NO_COLOR", "1");
    command.output().expect("aio can be run")
}

/// The findings as `FILE CODE LINE:COLUMN`, from GitHub's form.
fn findings(paths: &[&str]) -> Vec<String> {
    let output = check(&[&["--format", "github"], paths].concat());
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", stderr(&output));
    let field = |line: &str, name: &str| -> String {
        let rest = line.split_once(&format!("{name}=")).map_or("", |(_, rest)| rest);
        rest.split([',', ':']).next().unwrap_or("").to_owned()
    };
    stdout(&output)
        .lines()
        .map(|line| {
            let head = line.split_once("title=").map_or("", |(head, _)| head);
            let code = field(line, "title");
            format!("{} {code} {}:{}", field(head, "file"), field(head, ",line"), field(head, ",col"))
        })
        .collect()
}

#[test]
fn what_is_wrong_is_found_at_its_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scripts = files::find(&root.join("tests/golden/check"), "aio");
    assert!(scripts.len() >= 60, "{} scripts", scripts.len());
    let found = findings(&["tests/golden/check"]);
    let mut faults = Vec::new();
    for script in scripts {
        let text = fs::read_to_string(&script).expect("a script is UTF-8");
        let said =
            text.lines().nth(1).and_then(|line| line.strip_prefix("# finds: ")).expect("line 2 says what is found");
        let wanted: Vec<String> = said.split(", ").filter(|one| *one != "nothing").map(str::to_owned).collect();
        let name = script.strip_prefix(root).expect("it lies below").display().to_string() + " ";
        let got: Vec<String> = found.iter().filter_map(|line| line.strip_prefix(&name)).map(str::to_owned).collect();
        if wanted != got {
            faults.push(format!("{name}\n  should find {wanted:?}\n  finds       {got:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Scripts that do on purpose what a check warns of, each with the codes that are right about it.
const ON_PURPOSE: &[(&str, &[&str])] = &[
    ("cpu/comprehensions", &["shadowed-builtin"]),
    ("golden/async/asyncio_in_the_small", &["bad-await", "dropped-task"]),
    ("golden/async/generators/async_for_over_what_is_none", &["async-protocol"]),
    ("golden/language/compound_statements/async_with_and_for_protocol", &["async-protocol"]),
    ("golden/async/never_awaited", &["never-awaited"]),
    ("golden/async/reports/never_awaited_under_filters", &["never-awaited"]),
    ("golden/async/tasks/sleeps_due_together", &["blocking-call"]),
    ("golden/documents/nested_awaited", &["never-awaited"]),
    ("golden/documents/run_taken_apart", &["dropped-task"]),
    ("golden/errors/name_error", &["undefined-name"]),
    ("golden/language/expressions/boolean_logic", &["undefined-name"]),
    ("golden/language/exceptions/error_hints_attributes", &["undefined-name"]),
    ("golden/language/exceptions/method_called_without_self", &["undefined-name"]),
    ("golden/language/data_model/del_finaliser_moments", &["unused-variable"]),
    ("golden/language/expressions/await_errors", &["unused-variable"]),
    ("golden/documents/tabs_after_spaces", &["syntax-error"]),
    ("golden/documents/two_statements_on_a_line", &["syntax-error"]),
    ("golden/documents/unindent_mismatch", &["syntax-error"]),
    ("golden/documents/with_block_without_body", &["syntax-error"]),
    ("golden/language/execution_model/global_state", &["undefined-name"]),
    ("golden/language/lexical_analysis/line_structure", &["unreachable"]),
    ("golden/language/compound_statements/loops_else", &["undefined-name"]),
    ("golden/language/compound_statements/match_literals_and_captures", &["shadowed-builtin"]),
    ("golden/language/compound_statements/match_sequences_and_mappings", &["shadowed-builtin"]),
    ("golden/language/lexical_analysis/number_literals", &["undefined-name"]),
    ("golden/language/execution_model/shadowing_builtins", &["shadowed-builtin"]),
    ("golden/language/lexical_analysis/soft_keywords", &["shadowed-builtin"]),
    ("golden/language/simple_statements/type_aliases_and_parameters", &["undefined-name"]),
    ("golden/language/execution_model/unbound_locals", &["unreachable", "undefined-name"]),
    ("golden/modules/typing_names", &["unused-import"]),
    ("golden/regressions/hooks_that_are_classes", &["unused-variable"]),
    ("benches/programs/start/imports", &["unused-import"]),
    ("golden/async/context/variables", &["unused-import"]),
    ("golden/async/groups/except_star_matrix", &["unused-variable"]),
    ("golden/async/loop/debug_mode", &["blocking-call"]),
    ("golden/async/reports/made_at", &["dropped-task"]),
    ("golden/async/scopes/contextlib_async", &["unused-import"]),
    ("golden/language/builtin_types/list/recursive_repr", &["unused-import"]),
    ("golden/language/compound_statements/class_definitions", &["undefined-name"]),
    ("golden/language/compound_statements/match_everything", &["shadowed-builtin"]),
    ("golden/language/data_model/code_objects", &["undefined-name", "unused-variable"]),
    ("golden/language/data_model/generic_classes", &["undefined-name"]),
    ("golden/language/lexical_analysis/names_and_keywords", &["shadowed-builtin"]),
    ("golden/language/simple_statements/type_statements", &["shadowed-builtin"]),
    ("golden/language/data_model/del_method", &["unused-variable"]),
    ("golden/language/exceptions/attributes_of_builtin_exceptions", &["undefined-name"]),
    ("golden/language/exceptions/cause_context_traceback", &["unused-variable"]),
    ("golden/language/exceptions/suggestions", &["undefined-name", "unknown-attribute", "unused-variable"]),
    ("golden/language/exceptions/traceback_module", &["unused-import"]),
    ("golden/language/exceptions/traceback_positions", &["undefined-name", "unused-import", "unused-variable"]),
    ("golden/language/execution_model/builtins_shadowed", &["shadowed-builtin"]),
    ("golden/language/execution_model/class_scope_lookups", &["unused-variable"]),
    ("golden/language/execution_model/locals_and_globals", &["shadowed-builtin"]),
    ("golden/language/execution_model/name_resolution", &["shadowed-builtin"]),
    ("golden/language/import_system/import_errors_uncaught", &["unused-import"]),
    ("golden/language/simple_statements/annotated_assignments", &["undefined-name"]),
    ("golden/language/execution_model/builtins_lookup", &["shadowed-builtin"]),
    ("golden/language/execution_model/free_variables_and_cells", &["shadowed-builtin"]),
    ("golden/language/lexical_analysis/soft_keyword_positions", &["shadowed-builtin"]),
    ("golden/language/simple_statements/assert_and_debug", &["shadowed-builtin"]),
    ("golden/language/simple_statements/expression_statements", &["unused-variable"]),
    ("golden/language/simple_statements/returns_after_conditions", &["unreachable"]),
    ("golden/language/compound_statements/except_star_matching", &["unused-variable"]),
    ("golden/language/simple_statements/type_alias_statement", &["shadowed-builtin"]),
    ("golden/language/simple_statements/assert_forms", &["shadowed-builtin"]),
    // Programs of the documents that are broken there, or fragments.
    ("000-03-hello-world-verbatim", &["syntax-error"]),
    ("000-08-nested-awaited", &["never-awaited"]),
    ("000-18-openai-retry-verbatim", &["syntax-error"]),
    ("000-19-acreate", &["undefined-name"]),
    ("002-04-nested-awaited", &["never-awaited"]),
    ("004-05-async-with-verbatim", &["syntax-error"]),
    ("004-06-iterator-verbatim", &["undefined-name"]),
    ("004-07-async-iterator-verbatim", &["undefined-name"]),
    ("004-08-async-generator-verbatim", &["syntax-error"]),
];

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    // Left out: scripts that are only parsed, and those whose syntax errors are what they show.
    let mut paths = vec!["examples", "tests/golden/async", "tests/golden/documents", "tests/golden/language"];
    paths.extend(["tests/golden/modules", "tests/golden/limits", "tests/golden/regressions", "benches/programs"]);
    let documents = "../shared/documents/cases";
    if Path::new(env!("CARGO_MANIFEST_DIR")).join(documents).exists() {
        paths.push(documents);
    }
    let on_purpose = |line: &str| {
        ON_PURPOSE.iter().any(|(file, codes)| {
            line.contains(&format!("{file}.aio ")) && codes.iter().any(|code| line.contains(&format!(" {code} ")))
        })
    };
    let surprises: Vec<String> = findings(&paths).into_iter().filter(|line| !on_purpose(line)).collect();
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

#[test]
fn what_is_safe_is_fixed() {
    let before = "import asyncio\nimport math\nimport time\n\n\nasync def f():\n    return 1\n\n\nasync def main():\n    f()\n    time.sleep(1)\n\n\n\
                  asyncio.run(main())\n";
    let folder = folder("check-fix", &[("a.aio", before)]);
    let path = folder.join("a.aio");
    let shown = path.display().to_string();
    assert_eq!(check(&[&shown]).status.code(), Some(1));
    let output = check(&["--fix", &shown]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let after = fs::read_to_string(&path).expect("it stands");
    assert!(after.contains("    await f()\n    await asyncio.sleep(1)\n") && !after.contains("math"), "{after}");
    assert!(!after.contains("import time"), "the import is not needed any more:\n{after}");
}

#[test]
fn a_fix_keeps_what_it_cannot_judge() {
    let before = "\u{feff}import plugin\nimport json, os\nimport asyncio\n\n\nasync def get():\n    import math\n    return 1\n\n\n\
                  async def main():\n    print(sum(get() + 1 for _ in range(2)))\n\n\nasyncio.run(main())\n";
    let folder = folder("check-fix-kept", &[("a.aio", before)]);
    let path = folder.join("a.aio");
    check(&["--fix", &path.display().to_string()]);
    let after = fs::read_to_string(&path).expect("it stands");
    // The file's mark, a module that may be there for what its import does, several names at once, a generator expression.
    for kept in ["\u{feff}import plugin\n", "import json, os\n", "sum(get() + 1 for"] {
        assert!(after.contains(kept), "{kept:?} is not there any more:\n{after}");
    }
    assert!(!after.contains("math"), "{after}");
}

#[test]
fn findings_are_objects_for_programs() {
    let folder = folder("check-json", &[("a.aio", "async def f(): pass\n\n\nf()\n")]);
    let output = check(&["--format", "json", &folder.display().to_string()]);
    let line = stdout(&output);
    assert_eq!(line.lines().count(), 1);
    for part in
        ["\"kind\":\"check\"", "\"code\":\"never-awaited\"", "\"line\":4,\"column\":1", "\"severity\":\"warning\""]
    {
        assert!(line.contains(part), "{part} is missing: {line}");
    }
}

#[test]
fn what_cannot_be_checked_is_said_in_a_line() {
    let folder = folder("check-wrong", &[("x.txt", "")]);
    fs::write(folder.join("binary.aio"), [0xff, 0xfe, 0x00]).expect("files can be written");
    let at = |name: &str| folder.join(name).display().to_string();
    for (arguments, status) in [
        (vec![at("missing.aio")], 2),
        (vec![at("")], 2),
        (vec![at("binary.aio")], 2),
        (vec!["--format".into(), "x".into()], 2),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = check(&arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", stderr(&output));
    }
}

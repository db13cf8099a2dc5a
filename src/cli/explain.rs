//! `aio explain`: a page for each code that reports and checks show.

use clap::ArgMatches;

use super::arguments::{positional, subcommand_of};
use crate::text::suggest;

const DETAILS: &str = "\
Examples:
  aio explain missing-await          what it means, with a wrong and a right script
  aio explain                        all codes";

/// The pages, by their codes.
static PAGES: &[(&str, &str)] = &[
    ("assertion", include_str!("../../docs/explain/assertion.md")),
    ("async-protocol", include_str!("../../docs/explain/async-protocol.md")),
    ("attribute-error", include_str!("../../docs/explain/attribute-error.md")),
    ("bad-await", include_str!("../../docs/explain/bad-await.md")),
    ("blocking-call", include_str!("../../docs/explain/blocking-call.md")),
    ("cancelled", include_str!("../../docs/explain/cancelled.md")),
    ("changed-while-iterating", include_str!("../../docs/explain/changed-while-iterating.md")),
    ("coroutine-reused", include_str!("../../docs/explain/coroutine-reused.md")),
    ("deadlock", include_str!("../../docs/explain/deadlock.md")),
    ("dropped-task", include_str!("../../docs/explain/dropped-task.md")),
    ("exception-group", include_str!("../../docs/explain/exception-group.md")),
    ("index-error", include_str!("../../docs/explain/index-error.md")),
    ("interrupted", include_str!("../../docs/explain/interrupted.md")),
    ("key-error", include_str!("../../docs/explain/key-error.md")),
    ("missing-await", include_str!("../../docs/explain/missing-await.md")),
    ("mixed-types", include_str!("../../docs/explain/mixed-types.md")),
    ("module-not-found", include_str!("../../docs/explain/module-not-found.md")),
    ("nested-run", include_str!("../../docs/explain/nested-run.md")),
    ("never-awaited", include_str!("../../docs/explain/never-awaited.md")),
    ("no-running-loop", include_str!("../../docs/explain/no-running-loop.md")),
    ("not-callable", include_str!("../../docs/explain/not-callable.md")),
    ("not-supported", include_str!("../../docs/explain/not-supported.md")),
    ("recursion", include_str!("../../docs/explain/recursion.md")),
    ("shadowed-builtin", include_str!("../../docs/explain/shadowed-builtin.md")),
    ("swallowed-cancellation", include_str!("../../docs/explain/swallowed-cancellation.md")),
    ("syntax-error", include_str!("../../docs/explain/syntax-error.md")),
    ("timeout", include_str!("../../docs/explain/timeout.md")),
    ("type-error", include_str!("../../docs/explain/type-error.md")),
    ("unbound-local", include_str!("../../docs/explain/unbound-local.md")),
    ("uncaught-exception", include_str!("../../docs/explain/uncaught-exception.md")),
    ("undefined-name", include_str!("../../docs/explain/undefined-name.md")),
    ("unknown-attribute", include_str!("../../docs/explain/unknown-attribute.md")),
    ("unreachable", include_str!("../../docs/explain/unreachable.md")),
    ("unused-import", include_str!("../../docs/explain/unused-import.md")),
    ("unused-variable", include_str!("../../docs/explain/unused-variable.md")),
    ("value-error", include_str!("../../docs/explain/value-error.md")),
    ("wrong-arguments", include_str!("../../docs/explain/wrong-arguments.md")),
    ("zero-division", include_str!("../../docs/explain/zero-division.md")),
];

pub fn command() -> clap::Command {
    let code = positional("code", "CODE", "The code, as a report shows it in brackets");
    subcommand_of("explain", "Say what a code of a report or a check means", DETAILS.to_owned(), vec![code])
}

/// Prints a page, or the list of all codes, and gives the exit status.
pub fn run(matches: &ArgMatches) -> i32 {
    let Some(code) = matches.get_one::<String>("code") else {
        print!("{}", list());
        return 0;
    };
    let code = code.trim_matches(['[', ']']);
    match PAGES.iter().find(|(name, _)| *name == code) {
        Some((_, page)) => {
            print!("{page}");
            0
        }
        None => {
            let near = suggest::nearest(code, PAGES.iter().map(|(name, _)| *name));
            let help = near.map_or("`aio explain` lists all".to_owned(), |near| format!("did you mean `{near}`?"));
            eprintln!("aio: no code `{code}`; {help}");
            2
        }
    }
}

/// All codes, each with the first line of its page.
fn list() -> String {
    let mut out = String::new();
    for (code, page) in PAGES {
        let text = page.lines().nth(2).unwrap_or("");
        let sentence = text.split_once(". ").map_or(text, |(first, _)| first);
        let sentence = sentence.split_once(':').map_or(sentence, |(first, _)| first);
        out.push_str(&format!("{code:<24}{}\n", sentence.trim_end_matches('.')));
    }
    out
}

/// The codes that anything can show.
#[cfg(test)]
fn codes() -> Vec<&'static str> {
    let mut codes: Vec<&str> =
        crate::check::codes().map(|(code, _)| code).chain(crate::report::hints::codes()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_a_page_and_each_page_a_code() {
        let pages: Vec<&str> = PAGES.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes(), pages);
    }
}

//! `--fix`: the changes that findings suggest, made to the text. A change is kept only if the text still parses.

use super::Known;
use super::finding::{Edit, Finding};
use crate::engine::Text;
use crate::source::Source;
use crate::syntax::parse_module;
use crate::text::order;

/// One change may uncover another; so many rounds are enough.
const ROUNDS: usize = 10;

/// The text with all that can be fixed fixed, and how many findings that were.
pub fn repeatedly(name: &str, text: &str, known: &Known) -> (String, usize) {
    let mut text = text.to_owned();
    let mut count = 0;
    for _ in 0..ROUNDS {
        let (_, mut findings) = super::findings(name, Text::Valid(text.clone()), known);
        let parses = |text: &str| parse_module(&Source::new(name, text)).is_ok();
        let (mut after, mut fixed) = once(&text, &findings);
        if !parses(&after) {
            // One of them, as the import that is all there is in a block: those that are right alone are.
            findings.retain(|finding| parses(&once(&text, std::slice::from_ref(finding)).0));
            (after, fixed) = once(&text, &findings);
        }
        if fixed == 0 || !parses(&after) {
            break;
        }
        text = after;
        count += fixed;
    }
    (text, count)
}

/// Makes the changes that do not touch each other.
fn once(text: &str, findings: &[Finding]) -> (String, usize) {
    let mut edits: Vec<&Edit> = Vec::new();
    let mut fixed = 0;
    for finding in findings.iter().filter(|finding| !finding.fix.is_empty()) {
        let apart = |a: &Edit, b: &Edit| a.span.end < b.span.start || b.span.end < a.span.start;
        if finding.fix.iter().all(|edit| edits.iter().all(|other| apart(edit, other))) {
            edits.extend(&finding.fix);
            fixed += 1;
        }
    }
    order::sort_by_key(&mut edits, |edit| edit.span.start);
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        out.push_str(&text[at..edit.span.start as usize]);
        out.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    out.push_str(&text[at..]);
    (out, fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> String {
        repeatedly("t.aio", text, &Known::new()).0
    }

    #[test]
    fn what_is_safe_is_changed() {
        let before = "import asyncio\nimport math\n\n\nasync def f():\n    return 1\n\n\nasync def main():\n    f()\n    print(f() + f())\n\
                      \x20   try:\n        pass\n    except ValueError as e:\n        pass\n\n\nasyncio.run(main())\n";
        let after = "import asyncio\n\n\nasync def f():\n    return 1\n\n\nasync def main():\n    await f()\n    print((await f()) + (await f()))\n\
                     \x20   try:\n        pass\n    except ValueError:\n        pass\n\n\nasyncio.run(main())\n";
        assert_eq!(fixed(before), after);
        assert_eq!(fixed(after), after);
    }

    #[test]
    fn one_change_that_breaks_the_text_keeps_no_other_back() {
        let before = "import math\n\n\ndef f():\n    import os\n\n\nf()\n";
        assert_eq!(fixed(before), "\n\ndef f():\n    import os\n\n\nf()\n");
    }

    #[test]
    fn what_is_broken_stays() {
        assert_eq!(fixed("def f(:\n"), "def f(:\n");
    }
}

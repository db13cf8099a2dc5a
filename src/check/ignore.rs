//! `# aio: ignore` in a line leaves its findings out, `# aio: ignore[code, code]` those of these codes;
//! `# aio: ignore-file` and `# aio: ignore-file[code]` in a line of their own do the same for a whole file.

use super::finding::Finding;
use crate::source::Source;

const MARK: &str = "# aio: ignore";

/// Takes out what comments ask to leave out.
pub fn drop_ignored(source: &Source, findings: &mut Vec<Finding>) {
    if !source.text.contains(MARK) {
        return;
    }
    let whole: Vec<Codes> = source
        .text
        .lines()
        .filter_map(|line| Codes::after(line.trim().strip_prefix(MARK)?.strip_prefix("-file")?))
        .collect();
    findings.retain(|finding| {
        let (first, last) = (source.line_of(finding.span.start), source.line_of(finding.span.end));
        let at_line = |line: u32| {
            let (_, rest) = source.line_text(line).split_once(MARK)?;
            Codes::after(rest)
        };
        let lines = if first == last { vec![first] } else { vec![first, last] };
        let said: Vec<Codes> = lines.into_iter().filter_map(at_line).collect();
        !whole.iter().chain(&said).any(|codes| codes.has(finding.code.name()))
    });
}

/// What a comment names.
enum Codes {
    All,
    Some(Vec<String>),
}

impl Codes {
    /// What stands behind the word: nothing, or codes in brackets.
    fn after(rest: &str) -> Option<Codes> {
        match rest.strip_prefix('[') {
            Some(list) => {
                let (list, _) = list.split_once(']')?;
                Some(Codes::Some(list.split(',').map(|code| code.trim().to_owned()).collect()))
            }
            None if rest.starts_with("-file") => None,
            None => Some(Codes::All),
        }
    }

    fn has(&self, code: &str) -> bool {
        match self {
            Codes::All => true,
            Codes::Some(codes) => codes.iter().any(|named| named == code),
        }
    }
}

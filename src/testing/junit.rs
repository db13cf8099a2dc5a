//! Results in JUnit's XML, which build servers read. One suite a file.

use std::fmt::Write;
use std::time::Duration;

use super::diff;
use super::discover::Test;
use super::outcome::{Fault, Outcome};

/// The whole document.
pub fn render(outcomes: &[(&Test, Outcome)], took: Duration) -> String {
    let failed = |outcomes: &[(&Test, Outcome)]| outcomes.iter().filter(|(_, outcome)| !outcome.passed()).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        out,
        "<testsuites tests=\"{}\" failures=\"{}\" time=\"{:.3}\">",
        outcomes.len(),
        failed(outcomes),
        took.as_secs_f64()
    );
    for suite in outcomes.chunk_by(|(a, _), (b, _)| file_of(a) == file_of(b)) {
        let time: f64 = suite.iter().map(|(_, outcome)| outcome.took.as_secs_f64()).sum();
        let name = escaped(file_of(suite[0].0));
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" time=\"{time:.3}\">",
            suite.len(),
            failed(suite)
        );
        suite.iter().for_each(|(test, outcome)| case(&mut out, &name, test, outcome));
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(out: &mut String, suite: &str, test: &Test, outcome: &Outcome) {
    let name = escaped(&test.name);
    let time = outcome.took.as_secs_f64();
    let _ = write!(out, "    <testcase classname=\"{suite}\" name=\"{name}\" time=\"{time:.3}\"");
    if outcome.passed() {
        out.push_str("/>\n");
        return;
    }
    let texts: Vec<String> = outcome
        .faults
        .iter()
        .map(|fault| match fault {
            Fault::Says(text) => text.clone(),
            Fault::Differs { what, expected, printed } => {
                format!("{what} differs\n{}", diff::unified(expected, printed, false))
            }
        })
        .collect();
    let message = escaped(texts.first().and_then(|text| text.lines().next()).unwrap_or("failed"));
    let _ = writeln!(
        out,
        ">\n      <failure message=\"{message}\">{}</failure>\n    </testcase>",
        escaped(&texts.join("\n"))
    );
}

/// The file of a test: its name up to what is inside the file.
fn file_of(test: &Test) -> &str {
    let name = test.name.as_str();
    if let Some((file, _)) = name.split_once("::") {
        return file;
    }
    match name.rsplit_once(':') {
        Some((file, line)) if line.bytes().all(|b| b.is_ascii_digit()) => file,
        _ => name,
    }
}

/// A text as XML holds it (XML 1.0, section 2.2: most control characters cannot be written at all).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if (c as u32) < 0x20 || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_marks_are_escaped() {
        assert_eq!(escaped("a<b & \"c\"\x1b[0m"), "a&lt;b &amp; &quot;c&quot;\u{fffd}[0m");
    }
}

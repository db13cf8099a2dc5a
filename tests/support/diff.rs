//! How two texts differ, for people to read.

/// Lines shown of each side.
const MOST_LINES: usize = 30;

/// Shows the part of `expected` and `actual` that differs, between the lines that agree before and after it.
pub fn difference(expected: &[u8], actual: &[u8]) -> String {
    let (expected, actual) = (String::from_utf8_lossy(expected), String::from_utf8_lossy(actual));
    let (expected, actual): (Vec<&str>, Vec<&str>) = (lines(&expected), lines(&actual));
    let same = |(a, b): &(&&str, &&str)| a == b;
    let before = expected.iter().zip(&actual).take_while(same).count();
    let shorter = expected.len().min(actual.len());
    let after = expected.iter().rev().zip(actual.iter().rev()).take_while(same).count().min(shorter - before);
    let mut text = format!("line {} (- expected, + printed):\n", before + 1);
    for line in &expected[before.saturating_sub(2)..before] {
        text += &format!("    {}\n", shown(line));
    }
    for (sign, side) in [('-', &expected), ('+', &actual)] {
        let part = &side[before..side.len() - after];
        for line in part.iter().take(MOST_LINES) {
            text += &format!("  {sign} {}\n", shown(line));
        }
        if part.len() > MOST_LINES {
            text += &format!("  {sign} ... {} more lines\n", part.len() - MOST_LINES);
        }
    }
    for line in expected[expected.len() - after..].iter().take(2) {
        text += &format!("    {}\n", shown(line));
    }
    text
}

/// Lines with their ends: a missing last newline is a difference.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn shown(line: &str) -> String {
    match line.strip_suffix('\n') {
        Some(line) => line.escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\""),
        None => format!("{} (no newline)", line.escape_debug()),
    }
}

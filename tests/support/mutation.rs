//! Scripts spoilt at random, from a seed: bytes, tokens and lines of real scripts altered, moved and mixed.

use crate::random::Random;

/// Tokens that open, close or turn what stands round them.
const TOKENS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ".",
    "=",
    ":=",
    "->",
    "*",
    "**",
    "@",
    "!",
    "~",
    "-",
    "//",
    "\\",
    "\"",
    "'",
    "'''",
    "f'{",
    "b'",
    "await ",
    "async ",
    "yield ",
    "yield from ",
    "lambda: ",
    "return ",
    "raise ",
    "del ",
    "global ",
    "nonlocal ",
    "import ",
    "from ",
    "match ",
    "case ",
    "except* ",
    "finally:",
    "else:",
    "with ",
    "class ",
    "def f(): ",
    "assert ",
    "not ",
    "in ",
    "is ",
    "None",
    "True",
    "self",
    "super()",
    "__class__",
    "asyncio",
    "...",
    "0",
    "-1",
    "1e309",
    "2**64",
    "1j",
    "99999999999999999999999999",
    "0x",
    "1_",
    "\t",
    "\n",
    "\r",
    "\u{c}",
    "\0",
    "é",
    "\u{202e}",
    "#",
    ";",
    "[0]",
    "[::-1]",
    "(*a, **k)",
    "()",
    "{}",
    "int",
    "str",
    "type",
    "object",
    "len",
    "range",
    "print",
];

/// One of `corpus`, changed in one to six places.
pub fn mutate(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut script = random.pick(corpus).clone();
    for _ in 0..1 + random.below(6) {
        match random.below(10) {
            0 | 1 => change_bytes(&mut script, random),
            2..=5 => change_tokens(&mut script, random),
            6..=8 => change_lines(&mut script, random),
            _ => {
                let other = random.pick(corpus);
                let (from, to) = range(other.len(), random);
                let at = random.below(script.len() + 1);
                script.splice(at..at, other[from..to].iter().copied());
            }
        }
    }
    script
}

/// A short range within `0..length`.
fn range(length: usize, random: &mut Random) -> (usize, usize) {
    let from = random.below(length + 1);
    let longest = [1, 8, 64, 1024][random.below(4)];
    (from, (from + random.below(longest + 1)).min(length))
}

fn change_bytes(script: &mut Vec<u8>, random: &mut Random) {
    let (from, to) = range(script.len(), random);
    match random.below(5) {
        0 => script.truncate(from),
        1 => drop(script.drain(from..to)),
        2 => script.insert(from, random.below(256) as u8),
        3 if from < script.len() => script[from] ^= 1 << random.below(8),
        _ => {
            let copy = script[from..to].to_vec();
            script.splice(to..to, copy);
        }
    }
}

/// Where tokens begin, roughly: words, runs of blanks and single marks.
fn tokens(script: &[u8]) -> Vec<usize> {
    let class = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | 0x80.. => 0,
        b' ' => 1,
        _ => 2,
    };
    let begins = |i: usize| i == 0 || class(script[i]) == 2 || class(script[i]) != class(script[i - 1]);
    let mut starts: Vec<usize> = (0..script.len()).filter(|&i| begins(i)).collect();
    starts.push(script.len());
    starts
}

fn change_tokens(script: &mut Vec<u8>, random: &mut Random) {
    let starts = tokens(script);
    let token = random.below(starts.len() - 1);
    let Some((&from, &to)) = starts.get(token).zip(starts.get(token + 1)) else { return };
    let other = random.below(starts.len() - 1);
    match random.below(4) {
        0 => drop(script.splice(from..to, random.pick(TOKENS).bytes())),
        1 => drop(script.splice(from..from, random.pick(TOKENS).bytes())),
        2 => drop(script.drain(from..to)),
        _ => {
            let copy = script[starts[other]..starts[other + 1]].to_vec();
            script.splice(from..to, copy);
        }
    }
}

fn change_lines(script: &mut Vec<u8>, random: &mut Random) {
    let mut lines: Vec<Vec<u8>> = script.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
    if lines.is_empty() {
        return;
    }
    let (a, b) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(5) {
        0 => lines.swap(a, b),
        1 => drop(lines.remove(a)),
        2 => lines.insert(a, lines[b].clone()),
        3 => drop(lines[a].splice(0..0, *b"    ")),
        _ => {
            let blanks = lines[a].iter().take_while(|&&byte| byte == b' ').count();
            lines[a].drain(..blanks.min(4));
        }
    }
    *script = lines.concat();
}

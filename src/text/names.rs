//! Characters by name: `\N{EM DASH}`. The names are packed by `build.rs` in blocks, of which a search unpacks one; aliases
//! stand here, and the names that Unicode gives by rule are taken apart.

use super::packed;

include!(concat!(env!("OUT_DIR"), "/names.rs"));

/// The blocks, one after the other.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/names.z"));

/// The character of a name or an alias (Unicode's `NameAliases.txt`), as `unicodedata.lookup`.
pub fn character(name: &str) -> Option<char> {
    let upper = name.to_ascii_uppercase();
    if let Some(&(_, c)) = ALIASES.iter().find(|(alias, _)| *alias == upper) {
        return Some(c);
    }
    if let Some(number) = upper.strip_prefix("VS").and_then(number) {
        return match number {
            1..=16 => char::from_u32(0xfdff + number),
            17..=256 => char::from_u32(0xe00ef + number),
            _ => None,
        };
    }
    // CPython takes these apart by itself, and knows them in capitals only.
    if upper != name && (upper.starts_with("CJK UNIFIED IDEOGRAPH-") || upper.starts_with("HANGUL SYLLABLE ")) {
        return None;
    }
    match upper.strip_prefix("HANGUL SYLLABLE ") {
        Some(syllable) => hangul(syllable),
        None => in_range(&upper).or_else(|| in_block(&upper)),
    }
}

/// A number without sign or leading zeros.
fn number(digits: &str) -> Option<u32> {
    digits.parse().ok().filter(|_| !digits.starts_with(['0', '+']))
}

/// Names that end in their code point.
fn in_range(name: &str) -> Option<char> {
    let (prefix, digits) = name.rsplit_once('-')?;
    let code = u32::from_str_radix(digits, 16).ok().filter(|code| format!("{code:X}") == digits)?;
    let known = RANGES.iter().any(|(first, last, before)| (*first..=*last).contains(&code) && *before == prefix);
    char::from_u32(code).filter(|_| known)
}

/// The other names: what the lines of a block are says `pack_names` in `build.rs`.
fn in_block(name: &str) -> Option<char> {
    let at = BLOCKS.partition_point(|(first, _)| *first <= name).checked_sub(1)?;
    let start = if at == 0 { 0 } else { BLOCKS[at - 1].1 };
    let block = packed::unpack(&PACKED[start..BLOCKS[at].1]);
    let words: Vec<&str> = name.split(' ').collect();
    // How many words of the line before are those of the name, from the first on.
    let (mut code, mut matched) = (0, 0);
    for line in block.lines() {
        let (rest, way) = line.split_once('\t').unwrap_or((line, "1"));
        let (shared, rest) = rest.split_at_checked(1)?;
        let shared: usize = shared.parse().ok()?;
        code += i64::from_str_radix(way, 16).ok()?;
        if shared <= matched {
            let own = || rest.split(' ');
            matched = shared + own().zip(&words[shared..]).take_while(|(a, b)| a == *b).count();
            if matched == words.len() && own().count() == matched - shared {
                return u32::try_from(code).ok().and_then(char::from_u32);
            }
        }
    }
    None
}

/// The syllable of a name put together of its letters' short names (Unicode 3.12).
fn hangul(name: &str) -> Option<char> {
    for (lead, rest) in letters(&LEADS, name) {
        for (vowel, rest) in letters(&VOWELS, rest) {
            if let Some(tail) = TAILS.iter().position(|tail| *tail == rest) {
                let index = (lead * VOWELS.len() + vowel) * TAILS.len() + tail;
                return char::from_u32(0xac00 + index as u32);
            }
        }
    }
    None
}

/// The letters that a name begins with, each by its number and with what is left.
fn letters<'n>(all: &'static [&str], name: &'n str) -> impl Iterator<Item = (usize, &'n str)> {
    all.iter().enumerate().filter_map(move |(at, letter)| Some((at, name.strip_prefix(letter)?)))
}

const LEADS: [&str; 19] =
    ["G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P", "H"];

const VOWELS: [&str; 21] = [
    "A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE", "WI", "YU", "EU",
    "YI", "I",
];

const TAILS: [&str; 28] = [
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M", "B", "BS", "S",
    "SS", "NG", "J", "C", "K", "T", "P", "H",
];

/// Aliases of Unicode's `NameAliases.txt`: of control and format characters, and corrections.
const ALIASES: &[(&str, char)] = &[
    ("NULL", '\u{0}'),
    ("NUL", '\u{0}'),
    ("START OF HEADING", '\u{1}'),
    ("SOH", '\u{1}'),
    ("START OF TEXT", '\u{2}'),
    ("STX", '\u{2}'),
    ("END OF TEXT", '\u{3}'),
    ("ETX", '\u{3}'),
    ("END OF TRANSMISSION", '\u{4}'),
    ("EOT", '\u{4}'),
    ("ENQUIRY", '\u{5}'),
    ("ENQ", '\u{5}'),
    ("ACKNOWLEDGE", '\u{6}'),
    ("ACK", '\u{6}'),
    ("ALERT", '\u{7}'),
    ("BEL", '\u{7}'),
    ("BACKSPACE", '\u{8}'),
    ("BS", '\u{8}'),
    ("CHARACTER TABULATION", '\u{9}'),
    ("HORIZONTAL TABULATION", '\u{9}'),
    ("HT", '\u{9}'),
    ("TAB", '\u{9}'),
    ("LINE FEED", '\u{a}'),
    ("NEW LINE", '\u{a}'),
    ("END OF LINE", '\u{a}'),
    ("LF", '\u{a}'),
    ("NL", '\u{a}'),
    ("EOL", '\u{a}'),
    ("LINE TABULATION", '\u{b}'),
    ("VERTICAL TABULATION", '\u{b}'),
    ("VT", '\u{b}'),
    ("FORM FEED", '\u{c}'),
    ("FF", '\u{c}'),
    ("CARRIAGE RETURN", '\u{d}'),
    ("CR", '\u{d}'),
    ("SHIFT OUT", '\u{e}'),
    ("LOCKING-SHIFT ONE", '\u{e}'),
    ("SO", '\u{e}'),
    ("SHIFT IN", '\u{f}'),
    ("LOCKING-SHIFT ZERO", '\u{f}'),
    ("SI", '\u{f}'),
    ("DATA LINK ESCAPE", '\u{10}'),
    ("DLE", '\u{10}'),
    ("DEVICE CONTROL ONE", '\u{11}'),
    ("DC1", '\u{11}'),
    ("DEVICE CONTROL TWO", '\u{12}'),
    ("DC2", '\u{12}'),
    ("DEVICE CONTROL THREE", '\u{13}'),
    ("DC3", '\u{13}'),
    ("DEVICE CONTROL FOUR", '\u{14}'),
    ("DC4", '\u{14}'),
    ("NEGATIVE ACKNOWLEDGE", '\u{15}'),
    ("NAK", '\u{15}'),
    ("SYNCHRONOUS IDLE", '\u{16}'),
    ("SYN", '\u{16}'),
    ("END OF TRANSMISSION BLOCK", '\u{17}'),
    ("ETB", '\u{17}'),
    ("CANCEL", '\u{18}'),
    ("CAN", '\u{18}'),
    ("END OF MEDIUM", '\u{19}'),
    ("EOM", '\u{19}'),
    ("EM", '\u{19}'),
    ("SUBSTITUTE", '\u{1a}'),
    ("SUB", '\u{1a}'),
    ("ESCAPE", '\u{1b}'),
    ("ESC", '\u{1b}'),
    ("INFORMATION SEPARATOR FOUR", '\u{1c}'),
    ("FILE SEPARATOR", '\u{1c}'),
    ("FS", '\u{1c}'),
    ("INFORMATION SEPARATOR THREE", '\u{1d}'),
    ("GROUP SEPARATOR", '\u{1d}'),
    ("GS", '\u{1d}'),
    ("INFORMATION SEPARATOR TWO", '\u{1e}'),
    ("RECORD SEPARATOR", '\u{1e}'),
    ("RS", '\u{1e}'),
    ("INFORMATION SEPARATOR ONE", '\u{1f}'),
    ("UNIT SEPARATOR", '\u{1f}'),
    ("US", '\u{1f}'),
    ("SP", '\u{20}'),
    ("DELETE", '\u{7f}'),
    ("DEL", '\u{7f}'),
    ("PADDING CHARACTER", '\u{80}'),
    ("PAD", '\u{80}'),
    ("HIGH OCTET PRESET", '\u{81}'),
    ("HOP", '\u{81}'),
    ("BREAK PERMITTED HERE", '\u{82}'),
    ("BPH", '\u{82}'),
    ("NO BREAK HERE", '\u{83}'),
    ("NBH", '\u{83}'),
    ("INDEX", '\u{84}'),
    ("IND", '\u{84}'),
    ("NEXT LINE", '\u{85}'),
    ("NEL", '\u{85}'),
    ("START OF SELECTED AREA", '\u{86}'),
    ("SSA", '\u{86}'),
    ("END OF SELECTED AREA", '\u{87}'),
    ("ESA", '\u{87}'),
    ("CHARACTER TABULATION SET", '\u{88}'),
    ("HORIZONTAL TABULATION SET", '\u{88}'),
    ("HTS", '\u{88}'),
    ("CHARACTER TABULATION WITH JUSTIFICATION", '\u{89}'),
    ("HORIZONTAL TABULATION WITH JUSTIFICATION", '\u{89}'),
    ("HTJ", '\u{89}'),
    ("LINE TABULATION SET", '\u{8a}'),
    ("VERTICAL TABULATION SET", '\u{8a}'),
    ("VTS", '\u{8a}'),
    ("PARTIAL LINE FORWARD", '\u{8b}'),
    ("PARTIAL LINE DOWN", '\u{8b}'),
    ("PLD", '\u{8b}'),
    ("PARTIAL LINE BACKWARD", '\u{8c}'),
    ("PARTIAL LINE UP", '\u{8c}'),
    ("PLU", '\u{8c}'),
    ("REVERSE LINE FEED", '\u{8d}'),
    ("REVERSE INDEX", '\u{8d}'),
    ("RI", '\u{8d}'),
    ("SINGLE SHIFT TWO", '\u{8e}'),
    ("SINGLE-SHIFT-2", '\u{8e}'),
    ("SS2", '\u{8e}'),
    ("SINGLE SHIFT THREE", '\u{8f}'),
    ("SINGLE-SHIFT-3", '\u{8f}'),
    ("SS3", '\u{8f}'),
    ("DEVICE CONTROL STRING", '\u{90}'),
    ("DCS", '\u{90}'),
    ("PRIVATE USE ONE", '\u{91}'),
    ("PRIVATE USE-1", '\u{91}'),
    ("PU1", '\u{91}'),
    ("PRIVATE USE TWO", '\u{92}'),
    ("PRIVATE USE-2", '\u{92}'),
    ("PU2", '\u{92}'),
    ("SET TRANSMIT STATE", '\u{93}'),
    ("STS", '\u{93}'),
    ("CANCEL CHARACTER", '\u{94}'),
    ("CCH", '\u{94}'),
    ("MESSAGE WAITING", '\u{95}'),
    ("MW", '\u{95}'),
    ("START OF GUARDED AREA", '\u{96}'),
    ("START OF PROTECTED AREA", '\u{96}'),
    ("SPA", '\u{96}'),
    ("END OF GUARDED AREA", '\u{97}'),
    ("END OF PROTECTED AREA", '\u{97}'),
    ("EPA", '\u{97}'),
    ("START OF STRING", '\u{98}'),
    ("SOS", '\u{98}'),
    ("SINGLE GRAPHIC CHARACTER INTRODUCER", '\u{99}'),
    ("SGC", '\u{99}'),
    ("SINGLE CHARACTER INTRODUCER", '\u{9a}'),
    ("SCI", '\u{9a}'),
    ("CONTROL SEQUENCE INTRODUCER", '\u{9b}'),
    ("CSI", '\u{9b}'),
    ("STRING TERMINATOR", '\u{9c}'),
    ("ST", '\u{9c}'),
    ("OPERATING SYSTEM COMMAND", '\u{9d}'),
    ("OSC", '\u{9d}'),
    ("PRIVACY MESSAGE", '\u{9e}'),
    ("PM", '\u{9e}'),
    ("APPLICATION PROGRAM COMMAND", '\u{9f}'),
    ("APC", '\u{9f}'),
    ("NBSP", '\u{a0}'),
    ("SHY", '\u{ad}'),
    ("LATIN CAPITAL LETTER GHA", '\u{1a2}'),
    ("LATIN SMALL LETTER GHA", '\u{1a3}'),
    ("CGJ", '\u{34f}'),
    ("ARABIC SMALL HIGH LIGATURE ALEF WITH YEH BARREE", '\u{616}'),
    ("ALM", '\u{61c}'),
    ("SYRIAC SUBLINEAR COLON SKEWED LEFT", '\u{709}'),
    ("KANNADA LETTER LLLA", '\u{cde}'),
    ("LAO LETTER FO FON", '\u{e9d}'),
    ("LAO LETTER FO FAY", '\u{e9f}'),
    ("LAO LETTER RO", '\u{ea3}'),
    ("LAO LETTER LO", '\u{ea5}'),
    ("TIBETAN MARK BKA- SHOG GI MGO RGYAN", '\u{fd0}'),
    ("HANGUL JONGSEONG YESIEUNG-KIYEOK", '\u{11ec}'),
    ("HANGUL JONGSEONG YESIEUNG-SSANGKIYEOK", '\u{11ed}'),
    ("HANGUL JONGSEONG SSANGYESIEUNG", '\u{11ee}'),
    ("HANGUL JONGSEONG YESIEUNG-KHIEUKH", '\u{11ef}'),
    ("FVS1", '\u{180b}'),
    ("FVS2", '\u{180c}'),
    ("FVS3", '\u{180d}'),
    ("MVS", '\u{180e}'),
    ("FVS4", '\u{180f}'),
    ("SUNDANESE LETTER ARCHAIC I", '\u{1bbd}'),
    ("ZWSP", '\u{200b}'),
    ("ZWNJ", '\u{200c}'),
    ("ZWJ", '\u{200d}'),
    ("LRM", '\u{200e}'),
    ("RLM", '\u{200f}'),
    ("LRE", '\u{202a}'),
    ("RLE", '\u{202b}'),
    ("PDF", '\u{202c}'),
    ("LRO", '\u{202d}'),
    ("RLO", '\u{202e}'),
    ("NNBSP", '\u{202f}'),
    ("MMSP", '\u{205f}'),
    ("WJ", '\u{2060}'),
    ("LRI", '\u{2066}'),
    ("RLI", '\u{2067}'),
    ("FSI", '\u{2068}'),
    ("PDI", '\u{2069}'),
    ("WEIERSTRASS ELLIPTIC FUNCTION", '\u{2118}'),
    ("MICR ON US SYMBOL", '\u{2448}'),
    ("MICR DASH SYMBOL", '\u{2449}'),
    ("LEFTWARDS TRIANGLE-HEADED ARROW WITH DOUBLE VERTICAL STROKE", '\u{2b7a}'),
    ("RIGHTWARDS TRIANGLE-HEADED ARROW WITH DOUBLE VERTICAL STROKE", '\u{2b7c}'),
    ("YI SYLLABLE ITERATION MARK", '\u{a015}'),
    ("MYANMAR LETTER KHAMTI LLA", '\u{aa6e}'),
    ("PRESENTATION FORM FOR VERTICAL RIGHT WHITE LENTICULAR BRACKET", '\u{fe18}'),
    ("BYTE ORDER MARK", '\u{feff}'),
    ("BOM", '\u{feff}'),
    ("ZWNBSP", '\u{feff}'),
    ("CUNEIFORM SIGN NU11 TENU", '\u{122d4}'),
    ("CUNEIFORM SIGN NU11 OVER NU11 BUR OVER BUR", '\u{122d5}'),
    ("CUNEIFORM SIGN KALAM", '\u{12327}'),
    ("BAMUM LETTER PHASE-A MAEMGBIEE", '\u{1680b}'),
    ("MEDEFAIDRIN CAPITAL LETTER H", '\u{16e56}'),
    ("MEDEFAIDRIN CAPITAL LETTER NG", '\u{16e57}'),
    ("MEDEFAIDRIN SMALL LETTER H", '\u{16e76}'),
    ("MEDEFAIDRIN SMALL LETTER NG", '\u{16e77}'),
    ("HENTAIGANA LETTER E-1", '\u{1b001}'),
    ("BYZANTINE MUSICAL SYMBOL FTHORA SKLIRON CHROMA VASIS", '\u{1d0c5}'),
    ("MENDE KIKAKUI SYLLABLE M172 MBO", '\u{1e899}'),
    ("MENDE KIKAKUI SYLLABLE M174 MBOO", '\u{1e89a}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_found_by_its_name() {
        let names = (' '..=char::MAX).filter_map(|c| Some((c, unicode_names2::name(c)?.to_string())));
        // Each search walks the table: some of them will do, from all over.
        for (at, (c, name)) in names.enumerate() {
            if at % 97 == 0 {
                assert_eq!(character(&name), Some(c), "{name}");
            }
        }
    }

    #[test]
    fn what_is_no_name_is_not_found() {
        for name in
            ["", " ", "EM", "EM  DASH", "DASH", "CJK UNIFIED IDEOGRAPH-4e00", "hangul syllable ga", "VS0", "VS257"]
        {
            let wanted = (name == "EM").then_some('\u{19}');
            assert_eq!(character(name), wanted, "{name}");
        }
        assert_eq!(character("CJK UNIFIED IDEOGRAPH-33FF"), None);
        assert_eq!(character("HANGUL SYLLABLE GAGGX"), None);
    }

    #[test]
    fn capitals_are_not_needed_and_aliases_count() {
        assert_eq!(character("greek small letter alpha"), Some('α'));
        assert_eq!(character("latin capital letter gha"), Some('\u{1a2}'));
        assert_eq!((character("VS2"), character("vs17")), (Some('\u{fe01}'), Some('\u{e0100}')));
        assert_eq!(character("HANGUL SYLLABLE HANG"), Some('\u{d56d}'));
    }
}

//! Encodings between `str` and `bytes`: UTF-8, ASCII, Latin-1, UTF-16 and UTF-32, and the error handlers. Knows no other
//! method.

use crate::object::{R, Raised, T, Value, Vm};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Codec {
    Utf8,
    /// With a mark in front, which `decode` takes away.
    Utf8Sig,
    Ascii,
    Latin1,
    /// Bytes a unit, and whether the first one is the lowest; `None`: a mark tells.
    Wide(usize, Option<bool>),
}

/// The name that an `encoding` argument gives; UTF-8 when it is not given.
pub fn name(value: &Value) -> &str {
    name_or(value, "utf-8")
}

/// The name that an argument gives.
pub fn name_or<'a>(value: &'a Value, default: &'static str) -> &'a str {
    value.as_str().map_or(default, |s| s.as_str())
}

impl Codec {
    fn find(vm: &Vm, name: &str) -> R<Codec> {
        let plain: String =
            name.chars().map(|c| if c == '_' || c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect();
        Ok(match plain.as_str() {
            "utf-8" | "utf8" | "u8" | "utf" | "cp65001" => Codec::Utf8,
            "utf-8-sig" => Codec::Utf8Sig,
            "ascii" | "us-ascii" | "646" => Codec::Ascii,
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" | "8859" | "cp819" | "latin" => Codec::Latin1,
            "utf-16" | "utf16" | "u16" => Codec::Wide(2, None),
            "utf-16-le" | "utf-16le" => Codec::Wide(2, Some(true)),
            "utf-16-be" | "utf-16be" => Codec::Wide(2, Some(false)),
            "utf-32" | "utf32" | "u32" => Codec::Wide(4, None),
            "utf-32-le" | "utf-32le" => Codec::Wide(4, Some(true)),
            "utf-32-be" | "utf-32be" => Codec::Wide(4, Some(false)),
            _ => return Err(vm.error(T::LookupError, format!("unknown encoding: {name}"))),
        })
    }
}

/// `text.encode(encoding, errors)`
///
/// # Errors
/// UnicodeEncodeError; LookupError for unknown names.
pub fn encode(vm: &Vm, text: &str, encoding: &str, errors: &str) -> R<Vec<u8>> {
    match Codec::find(vm, encoding)? {
        Codec::Utf8 => Ok(text.as_bytes().to_vec()),
        Codec::Utf8Sig => Ok(["\u{feff}".as_bytes(), text.as_bytes()].concat()),
        Codec::Ascii => encode_narrow(vm, text, "ascii", 0x80, errors),
        Codec::Latin1 => encode_narrow(vm, text, "latin-1", 0x100, errors),
        Codec::Wide(size, order) => {
            let mut out = Vec::with_capacity(text.len() * size);
            let little = order.unwrap_or(true);
            let mut unit = |n: u32| {
                let bytes = n.to_le_bytes();
                let low = &bytes[..size];
                if little { out.extend_from_slice(low) } else { out.extend(low.iter().rev()) }
            };
            if order.is_none() {
                unit(0xfeff);
            }
            for c in text.chars() {
                if size == 4 {
                    unit(c as u32);
                } else {
                    c.encode_utf16(&mut [0; 2]).iter().for_each(|&u| unit(u32::from(u)));
                }
            }
            Ok(out)
        }
    }
}

/// One byte a character, below `limit`.
fn encode_narrow(vm: &Vm, text: &str, codec: &str, limit: u32, errors: &str) -> R<Vec<u8>> {
    let fits = |c: char| (c as u32) < limit;
    let mut out = Vec::with_capacity(text.len());
    let mut chars = text.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        if fits(c) {
            out.push(c as u32 as u8);
            continue;
        }
        match errors {
            // No str holds the surrogates that the other two would let pass.
            "strict" | "surrogateescape" | "surrogatepass" => {
                let mut end = at + 1;
                while chars.next_if(|&(_, c)| !fits(c)).is_some() {
                    end += 1;
                }
                let reason = format!("ordinal not in range({limit})");
                return Err(unicode_error(vm, T::UnicodeEncodeError, codec, Value::str(text), at, end, &reason));
            }
            "ignore" => {}
            "replace" => out.push(b'?'),
            "xmlcharrefreplace" => out.extend(format!("&#{};", c as u32).bytes()),
            "backslashreplace" => out.extend(escape(c as u32).bytes()),
            "namereplace" => {
                return Err(vm.not_implemented(&format!("the error handler '{errors}'")));
            }
            _ => return Err(unknown_handler(vm, errors)),
        }
    }
    Ok(out)
}

fn escape(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

#[cold]
fn unknown_handler(vm: &Vm, name: &str) -> Raised {
    vm.error(T::LookupError, format!("unknown error handler name '{name}'"))
}

#[cold]
fn unicode_error(vm: &Vm, kind: T, codec: &str, object: Value, start: usize, end: usize, reason: &str) -> Raised {
    let args = vec![Value::str(codec), object, Value::size(start), Value::size(end), Value::str(reason)];
    vm.throw(vm.new_exception(kind, args))
}

/// `data.decode(encoding, errors)`
///
/// # Errors
/// UnicodeDecodeError; LookupError for unknown names.
pub fn decode(vm: &Vm, data: &[u8], encoding: &str, errors: &str) -> R<String> {
    match Codec::find(vm, encoding)? {
        Codec::Utf8 => decode_utf8(vm, data, errors),
        Codec::Utf8Sig => decode_utf8(vm, data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data), errors),
        Codec::Latin1 => Ok(data.iter().map(|&b| b as char).collect()),
        Codec::Ascii => {
            let mut out = String::with_capacity(data.len());
            for (at, &b) in data.iter().enumerate() {
                if b.is_ascii() {
                    out.push(b as char);
                } else {
                    wrong_bytes(vm, &mut out, "ascii", data, at..at + 1, "ordinal not in range(128)", errors)?;
                }
            }
            Ok(out)
        }
        Codec::Wide(size, order) => decode_wide(vm, data, size, order, errors),
    }
}

fn decode_utf8(vm: &Vm, data: &[u8], errors: &str) -> R<String> {
    let mut out = String::with_capacity(data.len());
    let mut at = 0;
    loop {
        let error = match std::str::from_utf8(&data[at..]) {
            Ok(rest) => {
                out.push_str(rest);
                return Ok(out);
            }
            Err(error) => error,
        };
        let from = at + error.valid_up_to();
        out.push_str(std::str::from_utf8(&data[at..from]).unwrap_or_default());
        let (end, reason) = match error.error_len() {
            None => (data.len(), "unexpected end of data"),
            Some(len) => match data[from] {
                0x80..=0xc1 | 0xf5..=0xff => (from + len, "invalid start byte"),
                _ => (from + len, "invalid continuation byte"),
            },
        };
        wrong_bytes(vm, &mut out, "utf-8", data, from..end, reason, errors)?;
        at = end;
    }
}

/// What an error handler makes of bytes that do not decode.
fn wrong_bytes(
    vm: &Vm,
    out: &mut String,
    codec: &str,
    data: &[u8],
    range: std::ops::Range<usize>,
    reason: &str,
    errors: &str,
) -> R<()> {
    match errors {
        "strict" => {
            let object = Value::bytes(data.to_vec());
            Err(unicode_error(vm, T::UnicodeDecodeError, codec, object, range.start, range.end, reason))
        }
        "ignore" => Ok(()),
        "replace" => {
            out.push('\u{fffd}');
            Ok(())
        }
        "backslashreplace" => {
            for &b in &data[range] {
                out.push_str(&escape(u32::from(b)));
            }
            Ok(())
        }
        "surrogateescape" | "surrogatepass" => Err(vm.not_implemented(&format!("the error handler '{errors}'"))),
        "xmlcharrefreplace" | "namereplace" => {
            Err(vm.type_error("don't know how to handle UnicodeDecodeError in error callback"))
        }
        _ => Err(unknown_handler(vm, errors)),
    }
}

fn decode_wide(vm: &Vm, data: &[u8], size: usize, order: Option<bool>, errors: &str) -> R<String> {
    let unit = |bytes: &[u8], little: bool| {
        let fold = |n: u32, &b: &u8| n << 8 | u32::from(b);
        if little { bytes.iter().rev().fold(0, fold) } else { bytes.iter().fold(0, fold) }
    };
    let (mut at, mut little) = (0, order.unwrap_or(true));
    if order.is_none() && data.len() >= size {
        let mark = unit(&data[..size], true);
        let swapped = if size == 2 { 0xfffe } else { 0xfffe_0000 };
        if mark == 0xfeff || mark == swapped {
            (at, little) = (size, mark == 0xfeff);
        }
    }
    let codec = format!("utf-{}-{}", size * 8, if little { "le" } else { "be" });
    let mut out = String::with_capacity(data.len() / size);
    while at < data.len() {
        let Some(bytes) = data.get(at..at + size) else {
            wrong_bytes(vm, &mut out, &codec, data, at..data.len(), "truncated data", errors)?;
            break;
        };
        let mut code = unit(bytes, little);
        let mut used = size;
        if size == 2
            && (0xd800..0xdc00).contains(&code)
            && let Some(low) = data.get(at + 2..at + 4).map(|b| unit(b, little))
            && (0xdc00..0xe000).contains(&low)
        {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            used = 4;
        }
        match char::from_u32(code) {
            Some(c) => out.push(c),
            None => {
                let reason = if size == 2 { "illegal encoding" } else { "code point not in range(0x110000)" };
                wrong_bytes(vm, &mut out, &codec, data, at..at + size, reason, errors)?;
            }
        }
        at += used;
    }
    Ok(out)
}

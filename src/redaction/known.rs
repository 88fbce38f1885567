//! Secrets whose values are known, wherever they stand in a text.

use std::collections::BTreeSet;
use std::ops::Bound;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::REDACTED;

/// Shorter values would be found in other words.
const MIN_BYTES: usize = 8;
/// `&#x000000002F;` and shorter references to a character.
const MAX_REFERENCE_BYTES: usize = 12;
/// How often a percent sign or a backslash may be escaped.
const MAX_REPEATS: usize = 8;
/// The longest line end with the white space around it.
const MAX_BREAK_BYTES: usize = 64;

/// Values, each as it is, in hexadecimal and in Base64.
#[derive(Default)]
pub(super) struct KnownSecrets {
    values: BTreeSet<Vec<u8>>,
}

impl KnownSecrets {
    pub(super) fn add(&mut self, value: &str) {
        if value.len() < MIN_BYTES {
            return;
        }
        // What stands before the value, such as an id and a colon, decides which bits share a digit.
        let digits = (0..3).map(|before| {
            let bytes = [&[0; 2][..before], value.as_bytes()].concat();
            let own = (before * 4).div_ceil(3)..bytes.len() * 4 / 3;
            STANDARD_NO_PAD.encode(&bytes)[own].to_owned()
        });
        let pairs: Vec<_> = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        for written in digits.chain([value.to_owned(), pairs.concat(), pairs.join(" ")]) {
            for decode in [false, true] {
                let value: Vec<_> = letters(&written, decode).map(|letter| letter.byte).collect();
                // A `+` that became a space may be lost at an end.
                let inner = value.iter().position(|byte| *byte != b'+').unwrap_or(0);
                let inner = value[inner..].to_vec();
                self.values
                    .extend([value, inner].into_iter().filter(|value| value.len() >= MIN_BYTES));
            }
        }
    }

    /// Redacts the values, as they are and then with all escapes decoded.
    pub(super) fn redact(&self, text: &str) -> String {
        let text = self.redact_letters(text, false);
        if text.contains(['%', '\\', '&']) { self.redact_letters(&text, true) } else { text }
    }

    fn redact_letters(&self, text: &str, decode: bool) -> String {
        let letters: Vec<_> = letters(text, decode).collect();
        let bytes: Vec<_> = letters.iter().map(|letter| letter.byte).collect();
        let mut is_start = [false; 256];
        for value in &self.values {
            is_start[usize::from(value[0])] = true;
        }
        let mut out = String::with_capacity(text.len());
        let (mut copied, mut position) = (0, 0);
        while let Some(byte) = bytes.get(position) {
            let found = is_start[usize::from(*byte)].then(|| self.at_start(&bytes[position..]));
            if let Some(value) = found.flatten() {
                out.push_str(&text[copied..letters[position].start]);
                out.push_str(REDACTED);
                position += value.len();
                copied = letters[position - 1].end;
            } else {
                position += 1;
            }
        }
        out.push_str(&text[copied..]);
        out
    }

    /// The longest value that the text begins with.
    fn at_start(&self, text: &[u8]) -> Option<&[u8]> {
        let mut text = text;
        loop {
            // All that the text begins with are sorted before it.
            let range = (Bound::Unbounded, Bound::Included(text));
            let before = self.values.range::<[u8], _>(range).next_back()?;
            if text.starts_with(before) {
                return Some(before);
            }
            let alike = text.iter().zip(before).take_while(|(one, other)| one == other);
            let length = alike.count();
            if length < MIN_BYTES {
                return None;
            }
            text = &text[..length];
        }
    }
}

/// A byte of a text, and where it is written.
struct Letter {
    byte: u8,
    start: usize,
    end: usize,
}

/// The bytes of a text without its line breaks.
fn letters(text: &str, decode: bool) -> impl Iterator<Item = Letter> {
    let bytes = text.as_bytes();
    let mut position = 0;
    std::iter::from_fn(move || {
        position += line_break(&bytes[position..]);
        let rest = &bytes[position..];
        let escaped = decode.then(|| unescape(rest)).flatten();
        let (byte, length) = escaped.or_else(|| Some((*rest.first()?, 1)))?;
        let start = position;
        position += length;
        Some(Letter { byte: folded(byte), start, end: position })
    })
}

/// One byte for all that are alike: in any case, in the query of a form, and in the alphabet of Base64 for URLs.
fn folded(byte: u8) -> u8 {
    match byte {
        b' ' | b'-' => b'+',
        b'_' => b'/',
        _ => byte.to_ascii_lowercase(),
    }
}

/// The byte that an escape stands for, and the length of the escape: `%2F`, also if encoded repeatedly, `\/`,
/// `\x2f`, `\u002f`, `&#47;`, `&#x2f;` and `&amp;`.
fn unescape(text: &[u8]) -> Option<(u8, usize)> {
    let hex = |start: usize, length: usize| {
        let digits = str::from_utf8(text.get(start..start + length)?).ok()?;
        let byte = u8::try_from(u32::from_str_radix(digits, 16).ok()?).ok()?;
        Some((byte, start + length))
    };
    let run = |part: &[u8]| {
        let chunks = text[1..].chunks(part.len()).take(MAX_REPEATS);
        chunks.take_while(|chunk| *chunk == part).count()
    };
    match text.first()? {
        b'%' => hex(1 + 2 * run(b"25"), 2),
        b'\\' => {
            let start = 1 + run(b"\\");
            match text.get(start)? {
                b'u' => hex(start + 1, 4),
                b'x' => hex(start + 1, 2),
                other => Some((*other, start + 1)),
            }
        }
        b'&' => {
            let end = text.iter().take(MAX_REFERENCE_BYTES).position(|byte| *byte == b';')?;
            let char = super::reference_char(str::from_utf8(&text[1..end]).ok()?)?;
            Some((u8::try_from(char).ok()?, end + 1))
        }
        _ => None,
    }
}

/// The length of the white space here, if it has a line break.
fn line_break(text: &[u8]) -> usize {
    let white = text.iter().take(MAX_BREAK_BYTES).take_while(|byte| byte.is_ascii_whitespace());
    let length = white.count();
    if text[..length].contains(&b'\n') { length } else { 0 }
}

//! JSON in the forms of other serializers. A signer and a client may use different ones.

use std::io::{Result, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// Returns the document as each serializer writes it, or nothing if the text is not JSON.
///
/// With and without spaces, with characters that are not ASCII escaped or not, its names in order or as
/// they are. Numbers stay as they were written.
pub(super) fn rewritten(text: &str) -> Vec<Vec<u8>> {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let mut sorted = value.clone();
    sorted.sort_all_objects();
    let styles = [(false, true), (false, false), (true, true), (true, false)];
    let styles = styles.map(|(spaced, ascii)| Style { spaced, ascii });
    let write = |value: &Value, style| {
        let mut out = Vec::with_capacity(text.len());
        let written = value.serialize(&mut Serializer::with_formatter(&mut out, style));
        debug_assert!(written.is_ok(), "a Vec takes all that is written to it");
        out
    };
    styles.iter().flat_map(|style| [write(&value, *style), write(&sorted, *style)]).collect()
}

/// What serializers do in ways of their own.
#[derive(Clone, Copy)]
struct Style {
    /// A space after each comma and colon.
    spaced: bool,
    /// All characters escaped but those of ASCII that can be seen.
    ascii: bool,
}

impl Style {
    fn separate<W: Write + ?Sized>(self, out: &mut W, separator: &[u8]) -> Result<()> {
        out.write_all(separator)?;
        if self.spaced { out.write_all(b" ") } else { Ok(()) }
    }
}

impl Formatter for Style {
    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> Result<()> {
        if first { Ok(()) } else { self.separate(out, b",") }
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> Result<()> {
        if first { Ok(()) } else { self.separate(out, b",") }
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> Result<()> {
        self.separate(out, b":")
    }

    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> Result<()> {
        if !self.ascii {
            return out.write_all(fragment.as_bytes());
        }
        for char in fragment.chars() {
            if matches!(char, ' '..='~') {
                write!(out, "{char}")?;
                continue;
            }
            for unit in char.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

//! Secrets whose values are known, wherever they stand in a text.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::{REDACTED, escaped};
use crate::sigv4::uri::encode_query_part;

/// Shorter values would be found in other words.
const MIN_BYTES: usize = 8;

/// Values, each in all the forms in which it may be written.
#[derive(Default)]
pub(super) struct KnownSecrets {
    forms: BTreeSet<String>,
}

impl KnownSecrets {
    /// Adds a value as it is, percent-encoded once and twice, and escaped for XML and for terminals.
    pub(super) fn add(&mut self, value: &str) {
        if value.len() < MIN_BYTES {
            return;
        }
        let encoded = encode_query_part(value).into_owned();
        let with_slashes = encoded.replace("%2F", "/");
        let forms = [
            value.to_owned(),
            with_lowercase_escapes(&encoded),
            with_lowercase_escapes(&with_slashes),
            encode_query_part(&encoded).into_owned(),
            value.replace('/', "&#x2F;").replace('=', "&#x3D;"),
            value.to_ascii_uppercase(),
            escaped(value.to_owned()),
            encoded,
            with_slashes,
        ];
        self.forms.extend(forms);
    }

    /// Redacts the values in one pass.
    pub(super) fn redact(&self, text: &str) -> String {
        let mut is_start = [false; 256];
        for form in &self.forms {
            is_start[usize::from(form.as_bytes()[0])] = true;
        }
        let mut out = String::with_capacity(text.len());
        let (mut copied, mut position) = (0, 0);
        while let Some(byte) = text.as_bytes().get(position) {
            let found = is_start[usize::from(*byte)].then(|| self.at_start(&text[position..]));
            if let Some(form) = found.flatten() {
                out.push_str(&text[copied..position]);
                out.push_str(REDACTED);
                position += form.len();
                copied = position;
            } else {
                position += 1;
            }
        }
        out.push_str(&text[copied..]);
        out
    }

    /// The longest form that the text begins with.
    fn at_start(&self, text: &str) -> Option<&str> {
        let mut text = text;
        loop {
            // All that the text begins with are sorted before it.
            let range = (Bound::Unbounded, Bound::Included(text));
            let before = self.forms.range::<str, _>(range).next_back()?;
            if text.starts_with(before.as_str()) {
                return Some(before);
            }
            let alike = text.chars().zip(before.chars()).take_while(|(one, other)| one == other);
            let length = alike.map(|(char, _)| char.len_utf8()).sum();
            if length < MIN_BYTES {
                return None;
            }
            text = &text[..length];
        }
    }
}

fn with_lowercase_escapes(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escape, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        out.push('%');
        out.push_str(&escape.to_ascii_lowercase());
        out.push_str(rest);
    }
    out
}

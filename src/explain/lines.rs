//! The lines of a canonical request or string to sign, and the comparison of two.

use std::collections::HashMap;

use crate::redaction::{REDACTED, Redaction, is_secret};
use crate::sigv4::signature::HexDigits;

/// A canonical request, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CanonicalLines {
    pub(super) method: String,
    pub(super) uri: String,
    pub(super) query: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) signed_headers: String,
    pub(super) hashed_payload: String,
}

impl CanonicalLines {
    /// Parses a text, which may have lost its empty lines when it was pasted.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let lines: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
        let [method, uri, between @ .., signed_headers, hashed_payload] = lines.as_slice() else {
            return None;
        };
        if method.contains(' ') || !uri.starts_with('/') {
            return None;
        }
        let is_signed =
            |name: &str| signed_headers.split(';').any(|signed| name.eq_ignore_ascii_case(signed));
        let is_header = |line: &str| line.split_once(':').is_some_and(|(name, _)| is_signed(name));
        let (query, headers) = match between {
            [first, rest @ ..] if !is_header(first) => (*first, rest),
            all => ("", all),
        };
        let headers = headers.iter().filter_map(|line| line.split_once(':'));
        Some(Self {
            method: (*method).to_owned(),
            uri: (*uri).to_owned(),
            query: query.to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            signed_headers: (*signed_headers).to_owned(),
            hashed_payload: (*hashed_payload).to_owned(),
        })
    }

    /// Reads the lines of a canonical request that is whole, with its two empty ones.
    pub(super) fn of(lines: &[&[u8]]) -> Self {
        let mut lines = lines.iter().map(|line| String::from_utf8_lossy(line).into_owned());
        let mut line = || lines.next().unwrap_or_default();
        let [method, uri, query] = [line(), line(), line()];
        let mut headers = Vec::new();
        while let Some((name, value)) = line().split_once(':') {
            headers.push((name.to_owned(), value.to_owned()));
        }
        let [signed_headers, hashed_payload] = [line(), line()];
        Self { method, uri, query, headers, signed_headers, hashed_payload }
    }

    /// Takes values from `ours` where a server or a person has hidden them.
    #[must_use]
    pub(super) fn with_hidden_of(mut self, ours: &Self) -> Self {
        for (name, value) in &mut self.headers {
            if (is_hidden(value) || (name == "host" && is_masked_host(value)))
                && let Some(known) = ours.header(name)
            {
                known.clone_into(value);
            }
        }
        let mut by_name = HashMap::new();
        for pair in ours.query.split('&') {
            by_name.entry(pair.split_once('=').map(|(name, _)| name)).or_insert(pair);
        }
        let known = |pair: &str| {
            let (name, value) = pair.split_once('=')?;
            by_name.get(&Some(name)).filter(|_| is_hidden(value)).copied()
        };
        let pairs = self.query.split('&').map(|pair| known(pair).unwrap_or(pair));
        self.query = pairs.collect::<Vec<_>>().join("&");
        self
    }

    /// Whether this is exactly what a string to sign with this hash was made of.
    pub(super) fn has_sha256(&self, digits: &str) -> bool {
        let mut lines = vec![self.method.clone(), self.uri.clone(), self.query.clone()];
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}:{value}")));
        lines.extend([String::new(), self.signed_headers.clone(), self.hashed_payload.clone()]);
        let text = lines.join("\n");
        HexDigits::of_sha256(text.as_bytes()).as_str() == digits
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The lines in order, each under the name of its part.
    fn parts(&self) -> Vec<(String, String)> {
        let part = |name: &str, text: &String| (name.to_owned(), text.clone());
        let header = |(name, value): &(String, String)| {
            (format!("canonical_headers {name}"), format!("{name}:{value}"))
        };
        let mut parts = vec![
            part("method", &self.method),
            part("canonical_uri", &self.uri),
            part("canonical_query_string", &self.query),
        ];
        parts.extend(self.headers.iter().map(header));
        parts.push(part("signed_headers", &self.signed_headers));
        parts.push(part("hashed_payload", &self.hashed_payload));
        parts
    }
}

/// One line of what was signed beside the same line of what the server expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinePair {
    /// AWS's name of the line's part, such as `canonical_uri`; a header's has its name behind.
    pub part: String,
    /// What was signed; `None` if the line is missing.
    pub ours: Option<String>,
    /// What the server expected.
    pub theirs: Option<String>,
    /// The first character that differs; `None` if the lines are equal.
    pub column: Option<usize>,
}

impl LinePair {
    fn new(part: String, ours: Option<String>, theirs: Option<String>) -> Self {
        let column = match (&ours, &theirs) {
            (Some(ours), Some(theirs)) if ours == theirs => None,
            (Some(ours), Some(theirs)) => Some(common_length(ours, theirs)),
            _ => Some(0),
        };
        Self { part, ours, theirs, column }
    }

    /// Redacts the pair. A difference in a redacted value gets the column of the value.
    pub(super) fn redacted(&self, redaction: &Redaction) -> Self {
        let secret_header =
            self.part.strip_prefix("canonical_headers ").filter(|name| is_secret(name));
        let show = |line: &str| match secret_header {
            _ if self.part == "canonical_query_string" => redaction.query(line),
            None => redaction.text(line),
            // The length shows a token that was cut.
            Some(name) if self.column.is_some() => {
                let length = line.len().saturating_sub(name.len() + 1);
                format!("{}:{REDACTED} ({length} bytes)", redaction.text(name))
            }
            Some(name) => format!("{}:{REDACTED}", redaction.text(name)),
        };
        let [ours, theirs] = [&self.ours, &self.theirs].map(|line| line.as_deref().map(show));
        let column = self.column.map(|column| match (&self.ours, &ours, &theirs) {
            _ if secret_header.is_some() => {
                secret_header.map_or(0, |name| redaction.text(name).chars().count() + 1)
            }
            (Some(line), Some(ours), Some(theirs)) if ours == theirs => {
                let alike: String = line.chars().take(column).collect();
                let name = alike.rfind(['=', '&']).map_or("", |end| &alike[..=end]);
                show(name).chars().count().min(ours.chars().count())
            }
            (_, Some(ours), Some(theirs)) => common_length(ours, theirs),
            _ => column,
        });
        Self { part: redaction.text(&self.part), ours, theirs, column }
    }
}

/// The length of the common prefix, in characters.
fn common_length(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
}

/// Whether the value was replaced by a mark: `***`, `XXXX` or `<token>`.
pub(super) fn is_hidden(value: &str) -> bool {
    let marks = [REDACTED, "XXXX", "xxxx", "REDACTED", "redacted"];
    let is_placeholder = value.starts_with('<') && value.ends_with('>');
    is_placeholder || marks.iter().any(|mark| value.contains(mark))
}

/// Whether the host was replaced by a mark, in whole or in part.
pub(super) fn is_masked_host(host: &str) -> bool {
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    is_hidden(host) || !host.bytes().all(is_of_host)
}

/// Lines up two canonical requests.
pub(super) fn pair_canonical_requests(
    ours: &CanonicalLines,
    theirs: &CanonicalLines,
) -> Vec<LinePair> {
    let mut left = theirs.parts();
    let mut pairs = Vec::with_capacity(left.len());
    for (part, line) in ours.parts() {
        // Lines that only the server has come before the next common line.
        let found = left.iter().position(|(other, _)| *other == part);
        if let Some(index) = found {
            let only_theirs = left.drain(..index);
            pairs.extend(only_theirs.map(|(part, line)| LinePair::new(part, None, Some(line))));
            let (_, their_line) = left.remove(0);
            pairs.push(LinePair::new(part, Some(line), Some(their_line)));
        } else {
            pairs.push(LinePair::new(part, Some(line), None));
        }
    }
    pairs
}

const STRING_TO_SIGN_PARTS: [&str; 4] =
    ["algorithm", "time", "credential_scope", "hashed_canonical_request"];

/// Lines up two strings to sign.
pub(super) fn pair_strings_to_sign(ours: &str, theirs: &str) -> Vec<LinePair> {
    let [mut ours, mut theirs] = [ours, theirs].map(|text| text.lines().map(str::to_owned));
    let pair = |part: &str| LinePair::new(part.to_owned(), ours.next(), theirs.next());
    STRING_TO_SIGN_PARTS.map(pair).to_vec()
}

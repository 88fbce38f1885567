//! What may not be shown: tokens, secrets, signatures, and what else opens doors.

use super::lines::LinePair;

pub(super) const REDACTED: &str = "***";

/// Parts of the names of headers whose values open doors.
const SECRET_NAMES: [&str; 7] =
    ["api-key", "authorization", "cookie", "customer-key", "password", "secret", "token"];

/// What comes before a value that may not be shown, in lowercase, wherever it stands in a text.
const MARKS: [&str; 14] = [
    "access_token=",
    "api-key=",
    "api_key=",
    "apikey=",
    "basic ",
    "bearer ",
    "password=",
    "s3session-token:",
    "s3session-token=",
    "secret=",
    "security-token:",
    "security-token=",
    "signature=",
    "signatureprovided\": \"",
];

/// Replaces what is known to be secret in this case, and what looks it.
#[derive(Default)]
pub(super) struct Redaction {
    known: Vec<String>,
}

impl Redaction {
    /// Adds a value that is replaced wherever it stands, as it is and as a query has it.
    pub(super) fn add(&mut self, value: &str) {
        // A few characters would be found in innocent words.
        if value.len() >= 8 {
            let encoded = super::super::uri::encode_query_part(value).into_owned();
            self.known.extend([value.to_owned(), encoded]);
        }
    }

    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for known in &self.known {
            text = text.replace(known, REDACTED);
        }
        MARKS.iter().fold(text, |text, mark| after(&text, mark))
    }

    /// The server's words, which may repeat an `Authorization` that it couldn't read.
    pub(super) fn message(&self, message: &str) -> String {
        let unreadable = " not a valid key=value pair";
        let Some((before, after)) = message.split_once(unreadable) else {
            return self.text(message);
        };
        let quote = before.find('\'').map_or(before, |start| &before[..start]);
        let rest = after.split_once("Authorization header: '").map_or(after, |(rest, _)| rest);
        self.text(&format!("{quote}'{REDACTED}'{unreadable}{rest}Authorization header"))
    }

    pub(super) fn pair(&self, mut pair: LinePair) -> LinePair {
        let secret = pair.part.strip_prefix("canonical_headers ").filter(|name| is_secret(name));
        if let Some(name) = secret {
            let differ = pair.column.is_some();
            // How long they are may tell a cut token from another one.
            let hide = |line: &String| {
                let length = line.len().saturating_sub(name.len() + 1);
                if differ {
                    format!("{name}:{REDACTED} ({length} bytes)")
                } else {
                    format!("{name}:{REDACTED}")
                }
            };
            pair.ours = pair.ours.as_ref().map(hide);
            pair.theirs = pair.theirs.as_ref().map(hide);
            pair.column = pair.column.map(|_| name.len() + 1);
            return pair;
        }
        let [ours, theirs] =
            [&pair.ours, &pair.theirs].map(|line| line.as_ref().map(|line| self.text(line)));
        if let (Some(_), Some(ours), Some(theirs)) = (pair.column, &ours, &theirs) {
            let alike = ours.chars().zip(theirs.chars()).take_while(|(a, b)| a == b).count();
            pair.column = Some(alike);
        }
        LinePair { ours, theirs, ..pair }
    }
}

/// Whether the value of the header may not be shown.
pub(super) fn is_secret(header: &str) -> bool {
    let header = header.to_ascii_lowercase();
    !header.ends_with("customer-key-md5") && SECRET_NAMES.iter().any(|part| header.contains(part))
}

/// Replaces each value that follows the mark.
fn after(text: &str, mark: &str) -> String {
    let lowercase = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut position = 0;
    while let Some(found) = lowercase[position..].find(mark) {
        let start = position + found + mark.len();
        out.push_str(&text[position..start]);
        let blanks = text[start..].len() - text[start..].trim_start_matches(' ').len();
        let value = start + blanks;
        let is_end = |char: char| char.is_whitespace() || "&,'\"<>;\\".contains(char);
        let length = text[value..].find(is_end).unwrap_or(text.len() - value);
        out.push_str(&text[start..value]);
        if length > 0 {
            out.push_str(REDACTED);
        }
        position = value + length;
    }
    out.push_str(&text[position..]);
    out
}

//! How a signature is written where it arrives: in `Authorization`, in a query, and with its date.
//!
//! Two modules read it here: the verifier refuses what is missing, repeated or unknown, and an
//! explanation copes with what is there.

use std::borrow::Cow;
use std::iter;

use chrono::DateTime;
use memchr::memchr;

use super::time::SigningTime;
use super::uri::{Url, query_parameters};

/// The value of an `Authorization` header: `algorithm name=value, ...`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorizationText<'a> {
    /// The first word.
    pub(crate) algorithm: &'a str,
    /// Everything after it, such as `Credential=..., SignedHeaders=..., Signature=...`.
    pub(crate) parts: &'a str,
}

impl<'a> AuthorizationText<'a> {
    /// Splits the value, which has no white space around it.
    pub(crate) fn split(text: &'a str) -> Self {
        let (algorithm, parts) = split_once(text, b' ').unwrap_or((text, ""));
        Self { algorithm, parts }
    }

    /// The names and values, with any number of spaces around the commas. A part without a `=` is `None`.
    pub(crate) fn pairs(self) -> impl Iterator<Item = Option<(&'a str, &'a str)>> {
        split(self.parts, b',').map(|part| split_once(part.trim_ascii(), b'='))
    }

    /// The value of the first part of this name.
    pub(crate) fn get(self, name: &str) -> Option<&'a str> {
        let found = self.pairs().flatten().find(|(found, _)| *found == name);
        found.map(|(_, value)| value.trim_ascii())
    }
}

/// Splits at each `separator`, in less time than `str::split` takes for the short parts of a signature.
pub(crate) fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    iter::from_fn(move || {
        let text = rest?;
        let (part, after) = split_once(text, separator).unzip();
        rest = after;
        part.or(Some(text))
    })
}

/// Splits at the first `separator`.
pub(crate) fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    memchr(separator, text.as_bytes()).map(|at| (&text[..at], &text[at + 1..]))
}

/// The value of the first parameter of this name in a query, in any case, decoded.
pub(crate) fn parameter<'a>(url: &Url<'a>, name: &str) -> Option<Cow<'a, str>> {
    let mut pairs = query_parameters(url.query()?);
    pairs.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Reads the form of `X-Amz-Date`, or that of HTTP, which `Date` may have.
pub(crate) fn parse_date(value: &[u8]) -> Option<SigningTime> {
    let text = str::from_utf8(value).unwrap_or_default().trim_matches(' ');
    SigningTime::parse(text).ok().or_else(|| {
        let time = DateTime::parse_from_rfc2822(text).ok()?;
        SigningTime::from_timestamp(time.timestamp()).ok()
    })
}

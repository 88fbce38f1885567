//! The headers of a request, and the canonical headers.
//!
//! ```text
//! lowercase(name) ":" trim(value) \n
//! ```
//!
//! Sorted by name. The values of a repeated name are joined with commas, in the order in which they
//! are sent.

use std::borrow::Cow;
use std::fmt;

use memchr::{memchr2, memchr3};

use super::byte_set::ByteSet;
use super::error::SigningError;
use super::names::header;

/// A header as sent. Its value may not be UTF-8.
#[derive(Clone, Copy)]
pub struct Header<'a> {
    name: &'a str,
    value: &'a [u8],
}

impl<'a> Header<'a> {
    /// Creates a header that is valid in HTTP.
    ///
    /// # Errors
    ///
    /// The name is not a token of RFC 9110, or the value has a line break or NUL.
    pub fn new(name: &'a str, value: &'a [u8]) -> Result<Self, SigningError> {
        if name.is_empty() || !TOKEN.contains_all(name) {
            return Err(SigningError::request(
                "headers",
                "have a name that HTTP does not allow: use letters, digits and hyphens",
            ));
        }
        if breaks_header(value) {
            return Err(SigningError::request(
                "headers",
                format!("have a line break or NUL in the value of {name}: remove it"),
            ));
        }
        Ok(Self { name, value })
    }

    /// Whether the header has this name, in any letter case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The name as sent.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The value as sent.
    pub fn value(&self) -> &'a [u8] {
        self.value
    }
}

impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The headers that signing adds beside `Authorization`.
#[derive(Clone, Copy, Default)]
pub struct AddedHeaders<'a> {
    /// The payload hash or its literal, if it is sent as a header.
    pub x_amz_content_sha256: Option<&'a str>,
    /// The time of the signature.
    pub x_amz_date: Option<&'a str>,
    /// The regions for which a SigV4a signature is valid.
    pub x_amz_region_set: Option<&'a str>,
    /// The name of the header for the session token, and the token.
    pub session_token: Option<(&'static str, &'a str)>,
}

impl<'a> AddedHeaders<'a> {
    /// Iterates over lowercase names and values, sorted by name.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        let named = |name, value: Option<&'a str>| value.map(|value| (name, value));
        [
            named(header::CONTENT_SHA256, self.x_amz_content_sha256),
            named(header::DATE, self.x_amz_date),
            named(header::REGION_SET, self.x_amz_region_set),
            self.session_token,
        ]
        .into_iter()
        .flatten()
    }
}

impl fmt::Debug for AddedHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddedHeaders").field("x_amz_date", &self.x_amz_date).finish_non_exhaustive()
    }
}

/// A name in lowercase, and a trimmed value.
type CanonicalHeader<'a> = (Cow<'a, str>, Cow<'a, [u8]>);

/// The headers block of the canonical request, sorted by name.
#[derive(Clone)]
pub(super) struct CanonicalHeaders<'a> {
    headers: Vec<CanonicalHeader<'a>>,
    signed_headers: String,
}

impl<'a> CanonicalHeaders<'a> {
    /// Selects `host`, the headers whose names `is_signed` accepts, and the added headers.
    pub(super) fn new(
        sent: &'a [Header<'a>],
        host: &'a str,
        added: &AddedHeaders<'a>,
        sign_session_token: bool,
        is_signed: impl Fn(&str) -> bool,
    ) -> Self {
        let mut headers = Vec::with_capacity(sent.len() + 5);
        headers.push((Cow::Borrowed("host"), trim(host.as_bytes())));
        for header in sent {
            let is_replaced =
                || header.is("host") || added.pairs().any(|(added, _)| header.is(added));
            if is_signed(header.name) && !is_replaced() {
                headers.push((lowercase(header.name), trim(header.value)));
            }
        }
        let unsigned = added.session_token.filter(|_| !sign_session_token);
        for pair in added.pairs().filter(|pair| Some(*pair) != unsigned) {
            headers.push((Cow::Borrowed(pair.0), trim(pair.1.as_bytes())));
        }
        sort_and_join(&mut headers);
        let mut signed_headers = String::with_capacity(64);
        for (name, _) in &headers {
            if !signed_headers.is_empty() {
                signed_headers.push(';');
            }
            signed_headers.push_str(name);
        }
        Self { headers, signed_headers }
    }

    /// Selects the headers that the `SignedHeaders` of a received request name.
    pub(super) fn named(sent: &'a [Header<'a>], host: &'a str, signed_headers: &str) -> Self {
        let names: Vec<_> = signed_headers.split(';').collect();
        let is_named = |name: &str| names.iter().any(|signed| signed.eq_ignore_ascii_case(name));
        let mut headers = Vec::with_capacity(sent.len() + 1);
        if is_named("host") {
            headers.push((Cow::Borrowed("host"), trim(host.as_bytes())));
        }
        for header in sent.iter().filter(|header| !header.is("host") && is_named(header.name)) {
            headers.push((lowercase(header.name), trim(header.value)));
        }
        sort_and_join(&mut headers);
        Self { headers, signed_headers: signed_headers.to_owned() }
    }

    /// The names, joined with semicolons.
    pub(super) fn signed_headers(&self) -> &str {
        &self.signed_headers
    }

    /// Appends `name:value\n` for each header.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.headers {
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            out.extend_from_slice(value);
            out.push(b'\n');
        }
    }
}

fn sort_and_join(headers: &mut Vec<CanonicalHeader<'_>>) {
    // Most requests have few headers, sorted and without repeats.
    if headers.is_sorted_by(|(one, _), (other, _)| one < other) {
        return;
    }
    // The sort is stable, so repeated headers stay in the order in which they are sent.
    headers.sort_by(|(one, _), (other, _)| one.cmp(other));
    headers.dedup_by(|(name, value), (first_name, first_value)| {
        let repeated = name == first_name;
        if repeated {
            let joined = first_value.to_mut();
            joined.push(b',');
            joined.extend_from_slice(value);
        }
        repeated
    });
}

/// Whether a value has a character that could end its header and start another one.
pub(super) fn breaks_header(value: &[u8]) -> bool {
    memchr3(b'\r', b'\n', b'\0', value).is_some()
}

/// Accepts a value that a strict constructor refused, and adds the reason to `refused`.
///
/// For the `lenient` constructors: drop-ins sign whatever the packages that they replace signed,
/// because local servers and HTTP mocks often ignore the signature.
///
/// # Errors
///
/// The value could end its header and start another one.
pub(super) fn tolerate(
    checked: Result<(), SigningError>,
    value: &str,
    refused: &mut Vec<SigningError>,
) -> Result<(), SigningError> {
    match checked {
        Err(error) if breaks_header(value.as_bytes()) => Err(error),
        Err(error) => {
            refused.push(error);
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Reads a length in bytes. Too large a number becomes the largest.
pub fn length(value: &[u8]) -> Option<u64> {
    let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    is_number
        .then(|| str::from_utf8(value).ok()?.parse().ok())
        .map(|length| length.unwrap_or(u64::MAX))
}

/// Whether a token may contain this byte.
pub(super) fn is_token(byte: u8) -> bool {
    TOKEN.contains(byte)
}

/// What a token consists of: RFC 9110, section 5.6.2.
const TOKEN: ByteSet = ByteSet::alphanumeric_and(b"!#$%&'*+-.^_`|~");

fn lowercase(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(name.to_ascii_lowercase());
    }
    Cow::Borrowed(name)
}

/// Removes white space around a value, and replaces each run of it inside by one space.
fn trim(value: &[u8]) -> Cow<'_, [u8]> {
    let is_blank = |byte: u8| matches!(byte, b' ' | b'\t');
    // Most values have no blanks.
    if memchr2(b' ', b'\t', value).is_none() {
        return Cow::Borrowed(value);
    }
    let start = value.iter().position(|&byte| !is_blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|&byte| !is_blank(byte)).map_or(start, |last| last + 1);
    let value = &value[start..end];
    let has_run = value.windows(2).any(|pair| is_blank(pair[0]) && is_blank(pair[1]));
    if !has_run && !value.contains(&b'\t') {
        return Cow::Borrowed(value);
    }
    let mut folded = Vec::with_capacity(value.len());
    for word in value.split(|&byte| is_blank(byte)).filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(b' ');
        }
        folded.extend_from_slice(word);
    }
    Cow::Owned(folded)
}

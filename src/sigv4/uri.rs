//! URLs: the host, and the path and query in their canonical forms.
//!
//! ```text
//! CanonicalUri         = path, encoded; "/" where it is empty
//! CanonicalQueryString = name "=" value, each encoded, sorted, joined with "&"
//! ```
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::borrow::Cow;
use std::fmt;

use memchr::{memchr, memchr2, memchr3, memrchr};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode, percent_encode};

use super::authority::{default_port, host_header};
use super::byte_set::ByteSet;
use super::endpoint::{self, Endpoint};
use super::error::SigningError;
use super::headers::breaks_header;
use super::names::parameter;
use super::service::PathRules;
use super::valid_url::{UNRESERVED, check_no_fragment, check_printable};

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// All but RFC 3986's unreserved characters and the slash, which separates the segments of a path.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');
const UNRESERVED_IN_PATH: ByteSet = ByteSet::alphanumeric_and(b"-._~/");
/// Characters that no client sends as they are. The set includes all that is not ASCII.
const UNSENDABLE: &AsciiSet = &CONTROLS.add(b' ');

/// Schemes that are not sent over HTTP, though the object may be available over HTTP. Any other scheme
/// may be: `http+unix`, or one that a client has an adapter for.
const OTHER_PROTOCOLS: [&str; 7] = ["file", "ftp", "ftps", "gs", "s3", "s3a", "s3n"];

/// The parts of a URL that a signature covers.
#[derive(Clone)]
pub struct Url<'a> {
    before_path: &'a str,
    host: Cow<'a, str>,
    path: Cow<'a, str>,
    query: Option<&'a str>,
}

impl<'a> Url<'a> {
    /// Reads an absolute URL, already percent-encoded as it will be sent.
    ///
    /// Spaces and characters that are not ASCII are encoded, as every client does before it sends them.
    ///
    /// # Errors
    ///
    /// There is no scheme or host, the scheme is that of another protocol, the host is not ASCII, or a
    /// control character could end a line early.
    pub fn parse(url: &'a str) -> Result<Self, SigningError> {
        check_printable(url)?;
        let (scheme, rest) = split_scheme(url).ok_or_else(|| {
            SigningError::request(
                "url",
                "has no scheme and host: pass all of it, such as https://example.com/path",
            )
        })?;
        if OTHER_PROTOCOLS.iter().any(|other| scheme.eq_ignore_ascii_case(other)) {
            return Err(SigningError::request(
                "url",
                "has a scheme that isn't sent over HTTP: pass an https URL, for s3://bucket/key one \
                 such as https://bucket.s3.us-east-1.amazonaws.com/key",
            ));
        }
        let (authority, rest) = split_authority(rest);
        let before_path = &url[..scheme.len() + "://".len() + authority.len()];
        Ok(Self::with_target(before_path, host_header(scheme, authority)?, rest))
    }

    /// Reads an absolute, relative or empty URL whose host is passed separately, for a drop-in.
    ///
    /// Scheme and authority are not checked.
    ///
    /// # Errors
    ///
    /// It has a line break or NUL.
    pub fn parse_reference(url: &'a str) -> Result<Self, SigningError> {
        if breaks_header(url.as_bytes()) {
            return Err(SigningError::request("url", "has a line break or NUL: percent-encode it"));
        }
        let url = url.trim_start_matches(|char: char| char <= ' ');
        let (scheme, rest) = split_before(url, b':');
        let rest = rest.strip_prefix(':').filter(|_| is_scheme(scheme)).unwrap_or(url);
        let (authority, target) = rest.strip_prefix("//").map_or(("", rest), split_authority);
        let before_path = &url[..url.len() - target.len()];
        let host = memrchr(b'@', authority.as_bytes()).map_or(authority, |at| &authority[at + 1..]);
        Ok(Self::with_target(before_path, host.into(), target))
    }

    fn with_target(before_path: &'a str, host: Cow<'a, str>, target: &'a str) -> Self {
        // Most URLs have neither query nor fragment.
        let path = memchr2(b'?', b'#', target.as_bytes()).map_or(target, |end| &target[..end]);
        Self {
            before_path,
            host,
            path: if path.is_empty() { "/".into() } else { encode_unsendable(path) },
            query: without_fragment(&target[path.len()..]).strip_prefix('?'),
        }
    }

    /// Reads the URL of a request that is not sent yet, and refuses a raw `#` in it.
    ///
    /// Clients don't send what follows a `#`, so a `#` in an object's key would name another object.
    ///
    /// # Errors
    ///
    /// There is a raw `#`, or the URL is not one that [`Url::parse`] accepts.
    pub fn parse_unsent(url: &'a str) -> Result<Self, SigningError> {
        let parsed = Self::parse(url)?;
        check_no_fragment(url)?;
        Ok(parsed)
    }

    /// Whether the scheme and the authority of a URL are written as in this URL.
    pub fn has_origin_of(&self, url: &str) -> bool {
        self.target_of(url).is_some()
    }

    /// Does the same as [`Url::parse_unsent`], faster if [`Url::has_origin_of`] accepts the URL.
    ///
    /// # Errors
    ///
    /// As for [`Url::parse_unsent`].
    pub fn parse_unsent_sibling<'b>(&'b self, url: &'b str) -> Result<Url<'b>, SigningError> {
        let Some(target) = self.target_of(url) else { return Url::parse_unsent(url) };
        check_printable(url)?;
        check_no_fragment(url)?;
        Ok(Url::with_target(self.before_path, Cow::Borrowed(&self.host), target))
    }

    fn target_of<'b>(&self, url: &'b str) -> Option<&'b str> {
        let target = url.strip_prefix(self.before_path)?;
        matches!(target.bytes().next(), None | Some(b'/' | b'?' | b'#')).then_some(target)
    }

    /// What a client sends as `Host`: the name in lowercase, and the port unless it is the scheme's default.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The region and service that the host name contains.
    pub fn endpoint(&self) -> Endpoint<'_> {
        Endpoint::of(self.scheme(), &self.host)
    }

    /// The scheme, `https` for example.
    pub(crate) fn scheme(&self) -> &'a str {
        split_before(self.before_path, b':').0
    }

    /// The S3 bucket that the URL names.
    pub fn bucket(&self) -> Option<&str> {
        endpoint::bucket(&self.host, &self.path)
    }

    /// The scheme and the authority, as they are.
    pub(super) fn before_path(&self) -> &'a str {
        self.before_path
    }

    /// Whether the scheme, `http` or `ws`, sends without TLS.
    pub(super) fn is_insecure(&self) -> bool {
        default_port(self.scheme()) == Some(80)
    }

    /// The path as it will be sent.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The query as it is.
    pub fn query(&self) -> Option<&'a str> {
        self.query
    }

    /// The path as the signature covers it.
    ///
    /// Most services sign the path as sent, normalized and then encoded once more. S3 signs the
    /// object's key, encoded once.
    pub fn canonical_uri(&self, rules: PathRules) -> Cow<'_, str> {
        canonical_uri(&self.path, rules)
    }

    /// The query as the signature covers it, in whatever way the client encoded it.
    pub fn canonical_query_string(&self) -> String {
        self.query.map(canonical_query_string).unwrap_or_default()
    }

    /// The canonical query of a presigned URL, whose signature covers all of the query but itself.
    pub(crate) fn canonical_query_string_without_signature(&self) -> String {
        canonical_query_string(&self.query_without_signature())
    }

    /// Refuses a URL that already has a signature: AWS responds with 400 to a request with two.
    ///
    /// # Errors
    ///
    /// It is presigned.
    pub fn check_unsigned(&self) -> Result<(), SigningError> {
        if self.query.is_some_and(has_signature) {
            return Err(presigned_already());
        }
        Ok(())
    }

    /// The query as it is, without the signature.
    pub(crate) fn query_without_signature(&self) -> Cow<'a, str> {
        let query = self.query.unwrap_or_default();
        if !query.split('&').any(is_signature) {
            return Cow::Borrowed(query);
        }
        let others: Vec<_> = query.split('&').filter(|pair| !is_signature(pair)).collect();
        Cow::Owned(others.join("&"))
    }
}

pub(super) fn presigned_already() -> SigningError {
    SigningError::request(
        "url",
        "is presigned already: pass it without the X-Amz- parameters of a signature, or send it as it \
         is",
    )
}

/// The URL as clients send it: they keep the fragment for redirects.
pub fn without_fragment(url: &str) -> &str {
    split_before(url, b'#').0
}

/// Whether a URL is presigned: its query has a signature.
pub fn is_presigned(url: &str) -> bool {
    // Most URLs have no query.
    if memchr(b'?', url.as_bytes()).is_none() {
        return false;
    }
    without_fragment(url).split_once('?').is_some_and(|(_, query)| has_signature(query))
}

fn has_signature(query: &str) -> bool {
    // Most queries are shorter than the name alone.
    query.len() >= parameter::SIGNATURE.len() && query.split('&').any(is_signature)
}

fn is_signature(pair: &str) -> bool {
    let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
    name.eq_ignore_ascii_case(parameter::SIGNATURE)
}

impl fmt::Debug for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // There may be a password before the host, and a token in the query.
        f.debug_struct("Url").field("host", &self.host).finish_non_exhaustive()
    }
}

/// The path as the signature covers it.
pub(crate) fn canonical_uri(path: &str, rules: PathRules) -> Cow<'_, str> {
    let path = if rules.normalize { normalize(path) } else { Cow::Borrowed(path) };
    if UNRESERVED_IN_PATH.contains_all(&path) {
        return path;
    }
    let path = path.as_bytes();
    let path = if rules.double_encode { path.into() } else { Cow::from(percent_decode(path)) };
    Cow::Owned(percent_encode(&path, RESERVED_IN_PATH).to_string())
}

/// Makes a query canonical: decodes and encodes each name and value, and sorts the pairs.
pub(crate) fn canonical_query_string(query: &str) -> String {
    canonical_query_string_without(query, &[])
}

/// Makes a query canonical, without the parameters in `unsigned`, whose names need no encoding.
pub(super) fn canonical_query_string_without(query: &str, unsigned: &[&str]) -> String {
    let mut pairs: Vec<_> = pairs(query)
        .map(|(name, value)| (canonical_query_part(name), canonical_query_part(value)))
        .filter(|(name, _)| !unsigned.contains(&&**name))
        .collect();
    pairs.sort_unstable();
    let mut canonical = String::with_capacity(query.len() + query.len() / 2);
    for (name, value) in pairs {
        push_pair(&mut canonical, &name, &value);
    }
    canonical
}

/// The decoded names and values of a query; what isn't UTF-8 is replaced.
pub(crate) fn query_parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let text = |part| match decode_query_part(part) {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    };
    pairs(query).map(move |(name, value)| (text(name), text(value)))
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Appends a parameter that is not encoded yet.
pub(super) fn push_parameter(query: &mut String, name: &str, value: &str) {
    push_pair(query, name, &encode_query_part(value));
}

/// Encodes a name or value of a query.
pub(crate) fn encode_query_part(part: &str) -> Cow<'_, str> {
    percent_encode(part.as_bytes(), RESERVED).into()
}

fn push_pair(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    query.push_str(value);
}

fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = split_before(url, b':');
    is_scheme(scheme).then_some((scheme, rest.strip_prefix("://")?))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn split_authority(text: &str) -> (&str, &str) {
    text.split_at(memchr3(b'/', b'?', b'#', text.as_bytes()).unwrap_or(text.len()))
}

fn split_before(text: &str, end: u8) -> (&str, &str) {
    text.split_at(memchr(end, text.as_bytes()).unwrap_or(text.len()))
}

fn encode_unsendable(path: &str) -> Cow<'_, str> {
    if path.bytes().fold(true, |sendable, byte| sendable & byte.is_ascii_graphic()) {
        return Cow::Borrowed(path);
    }
    percent_encode(path.as_bytes(), UNSENDABLE).into()
}

/// Removes empty and `.` segments, and with each `..` the segment before it.
fn normalize(path: &str) -> Cow<'_, str> {
    if !path.as_bytes().windows(2).any(|pair| matches!(pair, b"//" | b"/.")) {
        return Cow::Borrowed(path);
    }
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let mut normalized = String::with_capacity(path.len());
    for segment in &segments {
        normalized.push('/');
        normalized.push_str(segment);
    }
    if path.ends_with('/') || segments.is_empty() {
        normalized.push('/');
    }
    Cow::Owned(normalized)
}

fn canonical_query_part(part: &str) -> Cow<'_, str> {
    if UNRESERVED.contains_all(part) {
        return Cow::Borrowed(part);
    }
    Cow::Owned(percent_encode(&decode_query_part(part), RESERVED).to_string())
}

/// Decodes a name or value of a query, where a plus sign stands for a space.
fn decode_query_part(part: &str) -> Cow<'_, [u8]> {
    if part.contains('+') {
        let spaced = part.replace('+', " ");
        return Cow::Owned(percent_decode(spaced.as_bytes()).collect());
    }
    percent_decode(part.as_bytes()).into()
}

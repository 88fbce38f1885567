//! What the fuzz targets share: requests as text, so that a corpus can be read, and an example key.

use _core::sigv4::verify::{self, BodyVerifier, Verification, VerificationError};
use _core::sigv4::{Credentials, HashedPayload, SigningKeyCache, SigningTime};

/// The time at which everything is signed and verified.
pub const NOW: &str = "20130524T000000Z";

/// The example key of AWS's documentation for S3, whose signatures the corpus contains.
pub fn credentials() -> Credentials<'static> {
    Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None)
        .expect("AWS's example is valid")
}

/// Returns [`NOW`].
pub fn now() -> SigningTime {
    SigningTime::parse(NOW).expect("the constant is valid")
}

/// A request as text: method and URL, then headers, an empty line and the body.
///
/// ```text
/// PUT https://bucket.s3.amazonaws.com/key
/// Content-Type: text/plain
///
/// body
/// ```
pub struct TextRequest<'a> {
    pub method: &'a str,
    pub url: &'a str,
    pub headers: Vec<(&'a str, &'a [u8])>,
    pub body: &'a [u8],
}

impl<'a> TextRequest<'a> {
    /// Returns `None` if method, URL or a header's name is not UTF-8.
    pub fn parse(data: &'a [u8]) -> Option<Self> {
        let (first, mut rest) = split_line(data);
        let (method, url) = str::from_utf8(first).ok()?.split_once(' ')?;
        let mut headers = Vec::new();
        loop {
            let (line, after) = split_line(rest);
            rest = after;
            if line.is_empty() {
                return Some(Self { method, url, headers, body: rest });
            }
            let colon = line.iter().position(|byte| *byte == b':')?;
            let value = &line[colon + 1..];
            let value = value.strip_prefix(b" ").unwrap_or(value);
            headers.push((str::from_utf8(&line[..colon]).ok()?, value));
        }
    }
}

fn split_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[]),
    }
}

/// Makes the checks of a request that need the key.
///
/// # Errors
///
/// The key's owner did not sign the request.
pub fn check(
    verification: &Verification,
    credentials: Option<&Credentials<'_>>,
    body: &[u8],
) -> Result<BodyVerifier, VerificationError> {
    let hashed_body = verification.needs_body_hash().then(|| HashedPayload::of(body));
    verification.check(credentials, hashed_body, &now(), &SigningKeyCache::new(1))
}

/// Reads a body in two pieces.
///
/// # Errors
///
/// It is not the body that was signed.
pub fn read(mut verifier: BodyVerifier, body: &[u8]) -> Result<(), VerificationError> {
    let (one, other) = body.split_at(body.len() / 2);
    verifier.feed(one)?;
    verifier.feed(other)?;
    verifier.finish()
}

/// Makes the checks of an arrived request that need no key, for every region and service.
///
/// # Errors
///
/// The request is malformed, ambiguous, or signed for another time.
pub fn begin(
    method: &str,
    url: &str,
    headers: &[(&str, &[u8])],
) -> Result<Verification, VerificationError> {
    let rules = verify::VerificationRules::new(None, None, 300).expect("accepts everything");
    verify::begin(method, url, headers, &rules, &now())
}

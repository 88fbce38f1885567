//! The request to sign.

use super::byte_set::ByteSet;
use super::endpoint::Endpoint;
use super::error::SigningError;
use super::headers::{Header, breaks_header, tolerate};
use super::names::header;
use super::payload::HashedPayload;
use super::uri::Url;

/// The headers that the signer reads. A request may have only one of each.
const READ_HEADERS: [&str; 2] = ["host", header::CONTENT_SHA256];

const METHOD: ByteSet = ByteSet::graphic_except(b"");
const IN_HOST: ByteSet = ByteSet::graphic_except(b"/?#@");

/// A request as it will be sent, borrowed from the caller.
#[derive(Debug)]
pub struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: Url<'a>,
    /// Set if the host isn't that of the URL or the headers.
    host: Option<&'a str>,
    pub(crate) headers: &'a [Header<'a>],
    /// The value of the request's `x-amz-content-sha256`.
    preset_payload: Option<HashedPayload>,
    payload: Option<HashedPayload>,
}

impl<'a> Request<'a> {
    /// Creates a request without copying its parts.
    ///
    /// Its payload is that of its `x-amz-content-sha256`, or else an empty body.
    ///
    /// # Errors
    ///
    /// The method is not valid, there are several `Host` or payload headers, or the payload header is
    /// malformed.
    pub fn new(
        method: &'a str,
        url: Url<'a>,
        headers: &'a [Header<'a>],
    ) -> Result<Self, SigningError> {
        check_method(method)?;
        Self::with_method(method, url, headers)
    }

    /// Takes a request as it was sent, even if this signer would refuse it.
    pub fn as_sent(method: &'a str, url: Url<'a>, headers: &'a [Header<'a>]) -> Self {
        let preset = headers.iter().find(|header| header.is(header::CONTENT_SHA256));
        let preset_payload = preset.and_then(|header| preset_payload(header).ok());
        Self { method, url, host: None, headers, preset_payload, payload: None }
    }

    /// Creates a request of a drop-in: with a host of its own, and any method without a line break.
    ///
    /// Adds the errors that [`Self::new`] would return to `refused`.
    ///
    /// # Errors
    ///
    /// The method or the host has a line break or NUL, or the payload header is malformed.
    pub fn lenient(
        method: &'a str,
        url: Url<'a>,
        host: &'a str,
        headers: &'a [Header<'a>],
        refused: &mut Vec<SigningError>,
    ) -> Result<Self, SigningError> {
        tolerate(check_method(method), method, refused)?;
        tolerate(check_host(host), host, refused)?;
        Ok(Self { host: Some(host), ..Self::with_method(method, url, headers)? })
    }

    fn with_method(
        method: &'a str,
        url: Url<'a>,
        headers: &'a [Header<'a>],
    ) -> Result<Self, SigningError> {
        for name in READ_HEADERS {
            if headers.iter().filter(|header| header.is(name)).count() > 1 {
                return Err(SigningError::request(
                    "headers",
                    format!("have more than one {name}: pass one"),
                ));
            }
        }
        let preset = headers.iter().find(|header| header.is(header::CONTENT_SHA256));
        let preset_payload = preset.map(preset_payload).transpose()?;
        Ok(Self { method, url, host: None, headers, preset_payload, payload: None })
    }

    /// Whether the signer reads the header of this name, even if it doesn't sign it.
    pub fn reads_header(name: &str) -> bool {
        READ_HEADERS.iter().any(|read| name.eq_ignore_ascii_case(read))
    }

    /// The URL.
    pub fn url(&self) -> &Url<'a> {
        &self.url
    }

    /// Whether the request has an `x-amz-content-sha256`, so that the body need not be hashed.
    pub fn is_payload_preset(&self) -> bool {
        self.preset_payload.is_some()
    }

    /// Sets the payload.
    ///
    /// # Errors
    ///
    /// The request has an `x-amz-content-sha256` with another value.
    pub fn with_payload(self, hashed_payload: HashedPayload) -> Result<Self, SigningError> {
        if self.preset_payload.as_ref().is_some_and(|preset| *preset != hashed_payload) {
            return Err(SigningError::request(
                "headers",
                "have an x-amz-content-sha256 that does not fit the body: remove it",
            ));
        }
        Ok(Self { payload: Some(hashed_payload), ..self })
    }

    /// Sets the payload to `UNSIGNED-PAYLOAD`, even if the request has another one.
    #[must_use]
    pub fn with_unsigned_payload(self) -> Self {
        let unsigned = Some(HashedPayload::UNSIGNED);
        Self { preset_payload: unsigned.clone(), payload: unsigned, ..self }
    }

    /// The last line of the canonical request, if the payload is known.
    pub fn hashed_payload(&self) -> Option<&str> {
        self.preset_payload.as_ref().or(self.payload.as_ref()).map(HashedPayload::as_str)
    }

    /// Refuses an unsigned body over http, where anyone on the way could replace it, unless both the
    /// body and the request's `x-amz-content-sha256` ask for it.
    pub(super) fn check_unsigned_over_http(&self) -> Result<(), SigningError> {
        let asked = [&self.preset_payload, &self.payload]
            .map(|payload| payload.as_ref().is_some_and(HashedPayload::is_unsigned));
        if self.url.is_insecure() && asked[0] != asked[1] {
            return Err(SigningError::request(
                "body",
                "would be unsigned on an insecure connection: use https, or ask for it twice, by \
                 the header x-amz-content-sha256: UNSIGNED-PAYLOAD and by payload=\"unsigned\" with \
                 a client, or by body=UNSIGNED_PAYLOAD with a Signer",
            ));
        }
        Ok(())
    }

    /// The value of the `Host` header: the given one, or else the host of the URL.
    ///
    /// A request through a tunnel has a `Host` that isn't the host of its URL.
    pub(crate) fn host(&self) -> Result<&str, SigningError> {
        if let Some(host) = self.host {
            return Ok(host);
        }
        match self.headers.iter().find(|header| header.is("host")) {
            Some(header) => str::from_utf8(header.value())
                .ok()
                .filter(|host| !host.trim_ascii().is_empty())
                .ok_or_else(|| {
                    SigningError::request(
                        "headers",
                        "have a Host that is empty or not text: pass the host of the URL",
                    )
                }),
            None => Ok(self.url.host()),
        }
    }
}

/// Returns the `Host` of these headers in lowercase if it is the name of an AWS endpoint.
///
/// Through a tunnel, that is the host to sign for, and the URL's host is the end of the tunnel.
pub fn endpoint_in_headers(headers: &[Header<'_>]) -> Option<String> {
    let header = headers.iter().find(|header| header.is("host"))?;
    let host = str::from_utf8(header.value()).ok()?.trim_ascii().to_ascii_lowercase();
    (Endpoint::of("https", &host) != Endpoint::default()).then_some(host)
}

fn check_method(method: &str) -> Result<(), SigningError> {
    if METHOD.contains_all(method) {
        return Ok(());
    }
    Err(SigningError::request(
        "method",
        "has white space or characters that are not ASCII: pass one such as GET",
    ))
}

fn check_host(host: &str) -> Result<(), SigningError> {
    if IN_HOST.contains_all(host) && !host.is_empty() {
        return Ok(());
    }
    if breaks_header(host.as_bytes()) {
        return Err(SigningError::request(
            "host",
            "has a line break or NUL: pass only the host of the URL",
        ));
    }
    // White space around it is trimmed, as in the value of every header.
    let host = host.trim_ascii();
    if host.is_empty() {
        return Err(SigningError::request("host", "is empty: pass the host of the URL"));
    }
    if host.contains(|char: char| char.is_whitespace() || matches!(char, '/' | '?' | '#' | '@')) {
        return Err(SigningError::request(
            "host",
            "has white space or one of / ? # @: pass only the host of the URL, \
             such as example.com or localhost:9200",
        ));
    }
    Ok(())
}

fn preset_payload(header: &Header<'_>) -> Result<HashedPayload, SigningError> {
    str::from_utf8(header.value())
        .ok()
        .and_then(|value| HashedPayload::parse(value.trim()).ok())
        .ok_or_else(|| {
            SigningError::request(
                "headers",
                "have an x-amz-content-sha256 that is neither a SHA-256 in lowercase hexadecimal \
                 digits nor UNSIGNED-PAYLOAD: correct or remove it",
            )
        })
}

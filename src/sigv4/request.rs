//! What is signed.

use super::error::SigningError;
use super::headers::{Header, breaks_header, tolerate};
use super::names::header;
use super::payload::HashedPayload;
use super::uri::Url;

/// The headers that say something of the request itself; there may be one of each.
const READ_HEADERS: [&str; 2] = ["host", header::CONTENT_SHA256];

/// A request as it will be sent, borrowed from whoever sends it.
#[derive(Debug)]
pub struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: Url<'a>,
    /// Where it is known apart from URL and headers.
    host: Option<&'a str>,
    pub(crate) headers: &'a [Header<'a>],
    /// What the request's own header says of its body.
    preset_payload: Option<HashedPayload>,
    payload: Option<HashedPayload>,
}

impl<'a> Request<'a> {
    /// Puts a request together; nothing of it is copied.
    ///
    /// Its body is taken to be empty, unless it has an `x-amz-content-sha256` that says otherwise.
    ///
    /// # Errors
    ///
    /// The method can't be one, there are several `Host` headers, or the payload header is malformed.
    pub fn new(
        method: &'a str,
        url: Url<'a>,
        headers: &'a [Header<'a>],
    ) -> Result<Self, SigningError> {
        check_method(method)?;
        Self::with_method(method, url, headers)
    }

    /// Puts a request together for a host that is known apart from its URL and headers, and accepts
    /// any method that a line can carry, as a drop-in has to.
    ///
    /// What [`Self::new`] would refuse is added to `refused`.
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

    /// Whether a header of this name matters even where it isn't signed.
    pub fn reads_header(name: &str) -> bool {
        READ_HEADERS.iter().any(|read| name.eq_ignore_ascii_case(read))
    }

    /// Where it goes.
    pub fn url(&self) -> &Url<'a> {
        &self.url
    }

    /// Whether the request says itself what stands for its body, so that the body need not be hashed.
    pub fn is_payload_preset(&self) -> bool {
        self.preset_payload.is_some()
    }

    /// The same request with a body.
    ///
    /// # Errors
    ///
    /// The request's own header says something else of it.
    pub fn with_payload(self, hashed_payload: HashedPayload) -> Result<Self, SigningError> {
        if self.preset_payload.as_ref().is_some_and(|preset| *preset != hashed_payload) {
            return Err(SigningError::request(
                "headers",
                "have an x-amz-content-sha256 that does not fit the body: remove it",
            ));
        }
        Ok(Self { payload: Some(hashed_payload), ..self })
    }

    /// The same request to a service that signs no payload, whatever the body and the headers are.
    #[must_use]
    pub fn with_unsigned_payload(self) -> Self {
        let unsigned = Some(HashedPayload::UNSIGNED);
        Self { preset_payload: unsigned.clone(), payload: unsigned, ..self }
    }

    /// What stands for the body, where there is one.
    pub fn hashed_payload(&self) -> Option<&str> {
        self.preset_payload.as_ref().or(self.payload.as_ref()).map(HashedPayload::as_str)
    }

    /// Refuses an unsigned body on an insecure connection, where anyone on the way could replace it,
    /// unless both the body and the request's own header ask for it.
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

    /// The value of the `Host` header: the request's own, or the one its URL makes.
    ///
    /// An explicit one is how a request through a tunnel names the host at the other end.
    pub(crate) fn host(&self) -> Result<&str, SigningError> {
        if let Some(host) = self.host {
            return Ok(host);
        }
        match self.headers.iter().find(|header| header.is("host")) {
            Some(header) => str::from_utf8(header.value())
                .ok()
                .filter(|host| !host.trim_ascii().is_empty())
                .ok_or_else(|| {
                    SigningError::request("headers", "have a Host that is empty or not text")
                }),
            None => Ok(self.url.host()),
        }
    }
}

fn check_method(method: &str) -> Result<(), SigningError> {
    if method.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(SigningError::request(
        "method",
        "has white space or characters that are not ASCII: pass one such as GET",
    ))
}

fn check_host(host: &str) -> Result<(), SigningError> {
    if breaks_header(host.as_bytes()) {
        return Err(SigningError::request(
            "host",
            "has a line break or NUL: pass only the host of the URL",
        ));
    }
    // What is around it is trimmed, as it is of every header's value.
    let host = host.trim_ascii();
    if host.is_empty() {
        return Err(SigningError::request("host", "is empty: pass the host of the URL"));
    }
    let is_no_host =
        |byte: u8| byte.is_ascii_whitespace() | matches!(byte, b'/' | b'?' | b'#' | b'@');
    // Folded rather than searched: without an early exit the loop takes 16 bytes at a time.
    if host.bytes().fold(false, |found, byte| found | is_no_host(byte))
        || (!host.is_ascii() && host.contains(char::is_whitespace))
    {
        return Err(SigningError::request(
            "host",
            "has white space or one of / ? # @, which no host has: pass only the host of the URL, \
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

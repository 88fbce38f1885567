//! What is signed.

use super::error::SigningError;
use super::headers::Header;
use super::payload::HashedPayload;
use super::uri::Url;

/// A request as it will be sent, borrowed from whoever sends it.
#[derive(Debug)]
pub struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) url: Url<'a>,
    pub(super) headers: &'a [Header<'a>],
    pub(super) hashed_payload: HashedPayload,
    is_payload_preset: bool,
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
        if method.contains(|c: char| !c.is_ascii_graphic()) {
            return Err(SigningError::request(
                "method",
                "has white space or characters that are not ASCII: pass one such as GET",
            ));
        }
        for name in ["host", "x-amz-content-sha256"] {
            if headers.iter().filter(|header| header.is(name)).count() > 1 {
                return Err(SigningError::request(
                    "headers",
                    format!("have more than one {name}: pass one"),
                ));
            }
        }
        let preset = headers.iter().find(|header| header.is("x-amz-content-sha256"));
        let hashed_payload = match preset {
            Some(header) => preset_payload(header)?,
            None => HashedPayload::EMPTY,
        };
        Ok(Self { method, url, headers, hashed_payload, is_payload_preset: preset.is_some() })
    }

    /// Whether the request says itself what stands for its body, so that the body need not be hashed.
    pub fn is_payload_preset(&self) -> bool {
        self.is_payload_preset
    }

    /// The same request with a body.
    #[must_use]
    pub fn with_payload(self, hashed_payload: HashedPayload) -> Self {
        Self { hashed_payload, ..self }
    }

    /// The value of the `Host` header: the request's own, or the one its URL makes.
    ///
    /// An explicit one is how a request through a tunnel names the host at the other end.
    pub(super) fn host(&self) -> Result<&str, SigningError> {
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

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
}

impl<'a> Request<'a> {
    /// Puts a request together; nothing of it is copied.
    ///
    /// A request that already has `x-amz-content-sha256` is signed with what that header says of its body.
    ///
    /// # Errors
    ///
    /// The method can't be one, there are several `Host` headers, or the payload header is malformed.
    pub fn new(
        method: &'a str,
        url: Url<'a>,
        headers: &'a [Header<'a>],
        hashed_payload: HashedPayload,
    ) -> Result<Self, SigningError> {
        if method.contains(|c: char| !c.is_ascii_graphic()) {
            return Err(SigningError::request(
                "method",
                "has white space or characters that are not ASCII: pass one such as GET",
            ));
        }
        if headers.iter().filter(|header| header.is("host")).count() > 1 {
            return Err(SigningError::request("headers", "have more than one Host: pass one"));
        }
        let hashed_payload = match headers.iter().find(|header| header.is("x-amz-content-sha256")) {
            Some(header) => str::from_utf8(header.value())
                .map_err(|_| ())
                .and_then(|value| HashedPayload::parse(value.trim()).map_err(|_| ()))
                .map_err(|()| {
                    SigningError::request(
                        "headers",
                        "have an x-amz-content-sha256 that is neither a SHA-256 in lowercase \
                         hexadecimal digits nor UNSIGNED-PAYLOAD: correct or remove it",
                    )
                })?,
            None => hashed_payload,
        };
        Ok(Self { method, url, headers, hashed_payload })
    }

    /// The value of the `Host` header: the request's own, or the one its URL makes.
    ///
    /// An explicit one is how a request through a tunnel names the host at the other end.
    pub(super) fn host(&self) -> Result<&str, SigningError> {
        match self.headers.iter().find(|header| header.is("host")) {
            Some(header) => str::from_utf8(header.value())
                .map_err(|_| SigningError::request("headers", "have a Host that is not text")),
            None => Ok(self.url.host()),
        }
    }
}

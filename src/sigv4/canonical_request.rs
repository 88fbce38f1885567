//! Stage 2: the canonical request.
//!
//! ```text
//! method \n
//! CanonicalUri \n
//! CanonicalQueryString \n
//! CanonicalHeaders \n
//! SignedHeaders \n
//! HashedPayload
//! ```

use std::borrow::Cow;
use std::fmt;

use super::credentials::Credentials;
use super::error::SigningError;
use super::headers::{AddedHeaders, CanonicalHeaders};
use super::payload::HashedPayload;
use super::request::Request;
use super::scope::CredentialScope;
use super::service::PathRules;
use super::settings::Settings;

/// Stage 2; [`CanonicalRequest::to_bytes`] returns the bytes to hash.
pub struct CanonicalRequest<'a> {
    method: &'a str,
    canonical_uri: Cow<'a, str>,
    canonical_query_string: Cow<'a, str>,
    canonical_headers: CanonicalHeaders<'a>,
    hashed_payload: &'a str,
    added: AddedHeaders<'a>,
}

impl<'a> CanonicalRequest<'a> {
    /// Builds the canonical request for a signature in headers.
    ///
    /// # Errors
    ///
    /// The `Host` header is not text, or an `x-amz-*` header is left out that has to be signed.
    pub fn with_headers(
        request: &'a Request<'a>,
        credentials: &Credentials<'a>,
        scope: &'a CredentialScope<'a>,
        settings: &Settings<'_>,
    ) -> Result<Self, SigningError> {
        let hashed_payload = request.hashed_payload().unwrap_or(HashedPayload::EMPTY_SHA256);
        let added = AddedHeaders {
            x_amz_content_sha256: settings.content_sha256_header.then_some(hashed_payload),
            x_amz_date: Some(scope.time.as_str()),
            x_amz_region_set: scope.region_set(),
            session_token: credentials
                .session_token()
                .map(|token| (settings.session_token_header, token)),
        };
        settings.headers.check(request.headers, &added)?;
        let canonical_headers = CanonicalHeaders::new(
            request.headers,
            request.host()?,
            &added,
            settings.sign_session_token,
            |name| settings.headers.includes(name),
        );
        let canonical_query_string = request.url.canonical_query_string();
        Ok(Self {
            method: request.method,
            canonical_uri: request.url.canonical_uri(settings.path),
            canonical_query_string: canonical_query_string.into(),
            canonical_headers,
            hashed_payload,
            added,
        })
    }

    /// Builds the canonical request of a received request, with the headers that its signature names.
    ///
    /// # Errors
    ///
    /// The `Host` header is not text.
    pub(crate) fn as_arrived(
        request: &'a Request<'a>,
        path: PathRules,
        signed_headers: &str,
        canonical_query_string: String,
        hashed_payload: &'a str,
    ) -> Result<Self, SigningError> {
        Ok(Self {
            method: request.method,
            canonical_uri: request.url.canonical_uri(path),
            canonical_query_string: canonical_query_string.into(),
            canonical_headers: CanonicalHeaders::named(
                request.headers,
                request.host()?,
                signed_headers,
            ),
            hashed_payload,
            added: AddedHeaders::default(),
        })
    }

    /// Replaces the canonical path.
    #[must_use]
    pub fn with_canonical_uri(self, canonical_uri: String) -> Self {
        Self { canonical_uri: Cow::Owned(canonical_uri), ..self }
    }

    /// Replaces the canonical query.
    #[must_use]
    pub fn with_canonical_query_string(self, canonical_query_string: String) -> Self {
        Self { canonical_query_string: Cow::Owned(canonical_query_string), ..self }
    }

    /// `SignedHeaders`: the lowercase names of the signed headers, sorted, and joined with semicolons.
    pub fn signed_headers(&self) -> &str {
        self.canonical_headers.signed_headers()
    }

    /// The last line: a hash of the body, or a literal such as `UNSIGNED-PAYLOAD`.
    pub fn hashed_payload(&self) -> &'a str {
        self.hashed_payload
    }

    /// The headers that signing adds beside `Authorization`.
    pub fn added(&self) -> AddedHeaders<'a> {
        self.added
    }

    /// Returns the bytes to hash. They may not be UTF-8, because header values may not be.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        write_start(&mut out, self.method, &self.canonical_uri, &self.canonical_query_string);
        write_rest(&mut out, &self.canonical_headers, self.hashed_payload);
        out
    }
}

/// Appends the lines of the method and the URL.
pub(super) fn write_start(out: &mut Vec<u8>, method: &str, uri: &str, query: &str) {
    for line in [method, uri, query] {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
}

/// Appends the other lines.
pub(super) fn write_rest(out: &mut Vec<u8>, headers: &CanonicalHeaders<'_>, hashed_payload: &str) {
    headers.write(out);
    out.push(b'\n');
    out.extend_from_slice(headers.signed_headers().as_bytes());
    out.push(b'\n');
    out.extend_from_slice(hashed_payload.as_bytes());
}

impl fmt::Debug for CanonicalRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CanonicalRequest")
            .field("method", &self.method)
            .field("signed_headers", &self.signed_headers())
            .finish_non_exhaustive()
    }
}

//! Where a signature goes: the `Authorization` header and those that come with it.
//!
//! ```text
//! AWS4-HMAC-SHA256 Credential=key/scope, SignedHeaders=a;b, Signature=hex
//! ```

use std::fmt;

use super::canonical_request::CanonicalRequest;
use super::credentials::Credentials;
use super::headers::AddedHeaders;
use super::scope::CredentialScope;
use super::signature::Signature;
use super::string_to_sign::ALGORITHM;

/// The value of the `Authorization` header.
#[derive(Debug)]
pub struct Authorization<'a> {
    access_key_id: &'a str,
    scope: &'a CredentialScope<'a>,
    signed_headers: &'a str,
    signature: &'a Signature,
}

impl<'a> Authorization<'a> {
    /// Names who signed what, and the signature.
    pub fn new(
        credentials: &Credentials<'a>,
        scope: &'a CredentialScope<'a>,
        canonical_request: &'a CanonicalRequest<'_>,
        signature: &'a Signature,
    ) -> Self {
        Self {
            access_key_id: credentials.access_key_id(),
            scope,
            signed_headers: canonical_request.signed_headers(),
            signature,
        }
    }
}

impl fmt::Display for Authorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { access_key_id, scope, signed_headers, signature } = self;
        write!(
            f,
            "{ALGORITHM} Credential={access_key_id}/{scope}, \
             SignedHeaders={signed_headers}, Signature={signature}"
        )
    }
}

/// The headers that turn a request into a signed one.
#[derive(Debug)]
pub struct HeadersToAdd<'a> {
    /// The header that carries the signature.
    pub authorization: String,
    /// Those that the signature needs beside it.
    pub added: AddedHeaders<'a>,
}

//! The signature in headers: `Authorization` and those that accompany it.
//!
//! ```text
//! algorithm Credential=key/scope, SignedHeaders=a;b, Signature=hex
//! ```

use super::canonical_request::CanonicalRequest;
use super::credentials::Credentials;
use super::headers::AddedHeaders;
use super::scope::CredentialScope;
use super::signature::Signature;

/// The value of the `Authorization` header.
#[derive(Debug)]
pub struct Authorization<'a> {
    access_key_id: &'a str,
    scope: &'a CredentialScope<'a>,
    canonical_request: &'a CanonicalRequest<'a>,
    signature: &'a Signature,
}

impl<'a> Authorization<'a> {
    /// Combines the parts of the header.
    pub fn new(
        credentials: &Credentials<'a>,
        scope: &'a CredentialScope<'a>,
        canonical_request: &'a CanonicalRequest<'a>,
        signature: &'a Signature,
    ) -> Self {
        Self { access_key_id: credentials.access_key_id(), scope, canonical_request, signature }
    }

    /// Returns the header's value.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(256);
        for part in [self.scope.algorithm.name(), " Credential=", self.access_key_id, "/"] {
            text.push_str(part);
        }
        self.scope.write(&mut text);
        for part in [", SignedHeaders=", self.canonical_request.signed_headers(), ", Signature="] {
            text.push_str(part);
        }
        self.signature.write(&mut text);
        text
    }
}

/// The headers that sign a request.
#[derive(Debug)]
pub struct HeadersToAdd<'a> {
    /// The header that carries the signature.
    pub authorization: String,
    /// The signature, from which the signatures of chunks and events continue.
    pub signature: Signature,
    /// The headers to add beside `Authorization`.
    pub added: AddedHeaders<'a>,
}

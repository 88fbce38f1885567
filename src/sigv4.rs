//! Signature Version 4, as its stages.
//!
//! ```text
//! Request -> CanonicalRequest -> StringToSign -> SigningKey -> Signature -> Authorization
//! ```
//!
//! Each stage is a type in a file of its own, and what it writes is the bytes that AWS defines:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

pub mod authorization;
pub mod canonical_request;
pub mod credentials;
pub mod error;
pub mod headers;
pub mod payload;
pub mod request;
pub mod scope;
pub mod service;
pub mod settings;
pub mod signature;
pub mod signing_key;
pub mod string_to_sign;
pub mod uri;

pub use authorization::{Authorization, HeadersToAdd};
pub use canonical_request::CanonicalRequest;
pub use credentials::Credentials;
pub use error::SigningError;
pub use headers::Header;
pub use payload::HashedPayload;
pub use request::Request;
pub use scope::{CredentialScope, SigningTime};
pub use service::{PathRules, ServiceRules};
pub use settings::{HeaderSelection, Settings};
pub use signature::Signature;
pub use signing_key::{SigningKey, SigningKeyCache};
pub use string_to_sign::StringToSign;
pub use uri::Url;

/// Signs `request`: returns the headers to add to it, and changes nothing.
///
/// A header of the same name that the request already has is to be replaced.
///
/// # Errors
///
/// The credentials have expired at the time of the signature, or the request is ambiguous.
pub fn sign<'a>(
    request: &'a Request<'a>,
    credentials: &Credentials<'a>,
    scope: &'a CredentialScope<'a>,
    settings: &Settings<'_>,
    keys: &SigningKeyCache,
) -> Result<HeadersToAdd<'a>, SigningError> {
    credentials.check_expiry(&scope.time)?;
    let canonical_request = CanonicalRequest::new(request, credentials, scope, settings)?;
    let signing_key = keys.signing_key(credentials.secret_access_key(), scope);
    Ok(sign_canonical_request(&canonical_request, credentials, scope, &signing_key))
}

/// The stages after the first, for a canonical request that is already built.
pub fn sign_canonical_request<'a>(
    canonical_request: &CanonicalRequest<'a>,
    credentials: &Credentials<'a>,
    scope: &CredentialScope<'a>,
    signing_key: &SigningKey,
) -> HeadersToAdd<'a> {
    let string_to_sign = StringToSign::new(scope, canonical_request);
    let signature = signing_key.sign(&string_to_sign);
    let authorization = Authorization::new(credentials, scope, canonical_request, &signature);
    HeadersToAdd { authorization: authorization.to_text(), added: canonical_request.added() }
}

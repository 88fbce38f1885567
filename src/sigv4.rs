//! AWS Signature Version 4, a stage at a time.
//!
//! ```text
//! Request -> CanonicalRequest -> StringToSign -> SigningKey -> Signature -> Authorization header
//!                                                                        \-> presigned URL
//! ```
//!
//! [`verify`] rebuilds the first stages from a received request, and compares signatures.
//!
//! Each stage is a type in its own file, and writes the bytes that AWS defines:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

mod access_key;
pub(crate) mod arrived;
mod authority;
pub mod authorization;
mod byte_set;
pub mod canonical_request;
pub mod checksum;
pub mod chunked;
pub mod credentials;
pub mod endpoint;
pub mod error;
pub mod event_stream;
pub mod headers;
pub mod key_pair;
pub mod names;
pub mod partition;
pub mod payload;
pub mod post_policy;
pub mod presigned_url;
pub mod request;
pub mod scope;
pub mod scoped_key;
pub mod service;
pub mod settings;
pub mod signature;
pub mod signing_key;
pub mod string_to_sign;
pub mod time;
pub mod uri;
mod valid_url;
pub mod verify;

pub use authorization::{Authorization, HeadersToAdd};
pub use canonical_request::CanonicalRequest;
pub use credentials::{Credentials, OwnedCredentials};
pub use endpoint::Endpoint;
pub use error::SigningError;
pub use headers::Header;
pub use payload::HashedPayload;
pub use presigned_url::Presigner;
pub use request::{Request, endpoint_in_headers};
pub use scope::{Algorithm, CredentialScope};
pub use scoped_key::ScopedKey;
pub use service::{PathRules, ServiceRules};
pub use settings::{HeaderSelection, Settings};
pub use signature::Signature;
pub use signing_key::{ScopeSigner, SigningKey, SigningKeyCache};
pub use string_to_sign::StringToSign;
pub use time::SigningTime;
pub use uri::{Url, is_presigned, without_fragment};

/// Signs `request` and returns the headers to add to it.
///
/// Replace headers of the same names that the request already has.
///
/// # Errors
///
/// The credentials have expired at the time of the signature or don't fit the scope, or the request
/// is ambiguous.
pub fn sign<'a>(
    request: &'a Request<'a>,
    credentials: &Credentials<'a>,
    scope: &'a CredentialScope<'a>,
    settings: &Settings<'_>,
    keys: &SigningKeyCache,
) -> Result<HeadersToAdd<'a>, SigningError> {
    credentials.check_expiry(&scope.time)?;
    request.check_unsigned_over_http()?;
    let canonical_request = CanonicalRequest::with_headers(request, credentials, scope, settings)?;
    let signer = keys.signer(credentials, scope)?;
    sign_canonical_request(&canonical_request, credentials, scope, &signer)
}

/// Signs a canonical request: stages 3 to 5. `signer` must be of `scope`.
///
/// # Errors
///
/// The system has no random numbers, which SigV4a needs.
pub fn sign_canonical_request<'a>(
    canonical_request: &CanonicalRequest<'a>,
    credentials: &Credentials<'a>,
    scope: &CredentialScope<'a>,
    signer: &ScopeSigner,
) -> Result<HeadersToAdd<'a>, SigningError> {
    let signature = signer.sign(StringToSign::new(scope, canonical_request).last_line())?;
    let authorization = Authorization::new(credentials, scope, canonical_request, &signature);
    let authorization = authorization.to_text();
    Ok(HeadersToAdd { authorization, signature, added: canonical_request.added() })
}

/// Signs `request` in its query, and returns a URL that anyone can use for `expires_in` seconds.
///
/// The URL expires earlier if the credentials are known to. To presign many URLs, use
/// [`Presigner`].
///
/// # Errors
///
/// The lifetime is zero or longer than seven days, the credentials have expired, the URL is already
/// presigned, or a header can't be signed.
pub fn presign(
    request: &Request<'_>,
    credentials: &Credentials<'_>,
    scope: &CredentialScope<'_>,
    settings: &Settings<'_>,
    expires_in: u32,
    keys: &SigningKeyCache,
) -> Result<String, SigningError> {
    settings::check_presignable(request.headers, &settings.headers)?;
    let rules = ServiceRules::of_request(scope.service, request.url.query());
    let presigner = Presigner::new(credentials, scope, settings, rules, expires_in, keys)?;
    let mut url = String::with_capacity(512);
    presigner.presign(request, &mut url)?;
    Ok(url)
}

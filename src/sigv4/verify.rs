//! Verifies received requests.
//!
//! ```text
//! request -> ArrivedSignature -> CanonicalRequest -> StringToSign -> SigningKey -> compare
//! ```
//!
//! [`begin`] makes the checks that don't need a key, [`Verification::check`] those that do, and
//! returns a [`BodyVerifier`] for the body. The order of the checks is that of AWS.

mod arrived;
mod body;
mod checks;
mod chunks;
mod error;
mod redacted;
mod target;

use std::borrow::Cow;
use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use self::arrived::{ArrivedSignature, SignaturePlace};
pub use self::body::BodyVerifier;
use self::body::{Payload, declared_length};
pub use self::error::VerificationError;
pub use self::target::{ReceivedTarget, begin_received, encoded_path};
use super::canonical_request::CanonicalRequest;
use super::credentials::Credentials;
use super::error::SigningError;
use super::headers::Header;
use super::names::parameter;
use super::payload::HashedPayload;
use super::request::Request;
use super::scope::{Algorithm, CredentialScope, check_order, check_region, check_service};
use super::service::ServiceRules;
use super::signature::Signature;
use super::signing_key::{SigningKey, SigningKeyCache};
use super::string_to_sign::StringToSign;
use super::time::SigningTime;
use super::uri::{Url, canonical_query_string_without};

/// What a verifier accepts.
#[derive(Clone, Debug)]
pub struct VerificationRules {
    /// The region of the server; `None` accepts every region.
    pub region: Option<String>,
    /// The service that the server is; `None` accepts every service.
    pub service: Option<String>,
    /// The greatest difference between the time of a signature and our clock, in seconds.
    pub max_clock_skew: u32,
}

impl VerificationRules {
    /// Checks and copies the rules.
    ///
    /// # Errors
    ///
    /// The region or the service is not a valid one.
    pub fn new(
        region: Option<&str>,
        service: Option<&str>,
        max_clock_skew: u32,
    ) -> Result<Self, SigningError> {
        if let (Some(region), Some(service)) = (region, service) {
            check_order(region, service)?;
        }
        region.map(|region| check_region(Algorithm::HmacSha256, region)).transpose()?;
        service.map(check_service).transpose()?;
        let [region, service] = [region, service].map(|part| part.map(str::to_owned));
        Ok(Self { region, service, max_clock_skew })
    }
}

/// Who signed a request, and which parts of it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The access key that signed it.
    pub access_key_id: String,
    /// The algorithm of the signature.
    pub algorithm: Algorithm,
    /// The region of the scope, or the region set of SigV4a.
    pub region: String,
    /// The service of the scope.
    pub service: String,
    /// The time of the signature.
    pub signed_at: SigningTime,
    /// The lifetime of a presigned URL in seconds.
    pub expires_in: Option<u32>,
    /// The lowercase names of the signed headers, sorted, and joined with semicolons.
    pub signed_headers: String,
}

impl Identity {
    fn scope(&self) -> CredentialScope<'_> {
        CredentialScope {
            algorithm: self.algorithm,
            time: self.signed_at.clone(),
            region: &self.region,
            service: &self.service,
        }
    }
}

/// A request that passed all checks that don't need the key.
pub struct Verification {
    identity: Arc<Identity>,
    signature: Vec<u8>,
    session_token: Option<Zeroizing<String>>,
    /// Without the last line if the body has yet to be hashed. Two if the session token of a presigned
    /// URL may have been signed or added afterwards.
    canonical_requests: Vec<Vec<u8>>,
    has_unsigned_headers: bool,
    /// Whether the signature covers the path with `.`, `..` and `//` resolved.
    normalizes_path: bool,
    declared_length: Option<u64>,
    payload: Payload,
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// Makes the checks that don't need a key.
///
/// `url` is absolute, and `headers` are as received, with repeats.
///
/// # Errors
///
/// The request is malformed, unsigned, or signed for another time, region or service.
pub fn begin(
    method: &str,
    url: &str,
    headers: &[(&str, impl AsRef<[u8]>)],
    rules: &VerificationRules,
    now: &SigningTime,
) -> Result<Verification, VerificationError> {
    checks::size(method, url, headers)?;
    let url = checks::url(url)?;
    let headers = checks::headers(headers)?;
    checks::host(&headers)?;

    let place = SignaturePlace::find(&url, &headers)?;
    let arrived = ArrivedSignature::read(&place, &headers)?;
    checks::time(&arrived, rules, now)?;
    let credential = checks::credential(&arrived, rules)?;
    checks::signed_headers(&arrived, &headers)?;
    let service = ServiceRules::of_request(credential.service, url.query());
    let payload = Payload::read(&arrived, &service, &url, &headers)?;
    let session_token = arrived.session_token(&service, &url, &headers)?;
    let has_token = session_token.is_some();
    let token_header = has_token.then_some(service.session_token_header);
    let has_unsigned_headers = checks::has_unsigned_headers(&arrived, &headers, token_header);
    let canonical_requests =
        canonical_requests(method, &url, &headers, &arrived, &service, has_token, &payload)?;
    let identity = Identity {
        access_key_id: credential.access_key_id.to_owned(),
        algorithm: arrived.algorithm,
        region: credential.region.to_owned(),
        service: credential.service.to_owned(),
        signed_at: arrived.time,
        expires_in: arrived.expires_in,
        signed_headers: arrived.signed_headers.as_str().to_owned(),
    };
    Ok(Verification {
        identity: Arc::new(identity),
        signature: Signature::bytes_of(arrived.signature),
        session_token,
        canonical_requests,
        has_unsigned_headers,
        normalizes_path: service.path.normalize,
        declared_length: declared_length(&headers),
        payload,
    })
}

/// Builds the canonical requests. Their last line is empty if the body has yet to be hashed.
fn canonical_requests(
    method: &str,
    url: &Url<'_>,
    headers: &[Header<'_>],
    arrived: &ArrivedSignature<'_>,
    service: &ServiceRules,
    has_token: bool,
    payload: &Payload,
) -> Result<Vec<Vec<u8>>, VerificationError> {
    let request = Request::new(method, url.clone(), headers)
        .map_err(|error| VerificationError::malformed(&error))?;
    let signed_headers = arrived.signed_headers.as_str();
    let hashed_payload = payload.stated().map_or("", HashedPayload::as_str);
    let query = url.query().unwrap_or_default();
    let without = |unsigned: &[&str]| {
        let query = canonical_query_string_without(query, unsigned);
        CanonicalRequest::as_arrived(&request, service.path, signed_headers, query, hashed_payload)
            .map(|canonical_request| canonical_request.to_bytes())
            .map_err(|error| VerificationError::malformed(&error))
    };
    if arrived.expires_in.is_none() {
        return Ok(vec![without(&[])?]);
    }
    let mut canonical_requests = vec![without(&[parameter::SIGNATURE])?];
    if has_token {
        canonical_requests.push(without(&[parameter::SIGNATURE, service.session_token_parameter])?);
    }
    Ok(canonical_requests)
}

impl Verification {
    /// The access key whose secret to look up.
    pub fn access_key_id(&self) -> &str {
        &self.identity.access_key_id
    }

    /// Whether the request doesn't state its payload hash, so that its body must be hashed first.
    pub fn needs_body_hash(&self) -> bool {
        self.payload.stated().is_none()
    }

    /// The length of the decoded body that the headers declare, in bytes. It is not verified yet.
    pub fn declared_length(&self) -> Option<u64> {
        self.declared_length
    }

    /// Makes the checks that need neither the body nor the signature: the key is known and has not
    /// expired, the session token belongs to it, and all `x-amz-*` headers are signed.
    ///
    /// [`check`](Self::check) may still refuse the request. A refusal because of the key takes as long
    /// as in `check`.
    ///
    /// # Errors
    ///
    /// The request would be refused with any body.
    pub fn check_credentials(
        &self,
        credentials: Option<&Credentials<'_>>,
        now: &SigningTime,
        keys: &SigningKeyCache,
    ) -> Result<(), VerificationError> {
        let is_good =
            |known: &Credentials<'_>| self.has_token(known) && known.check_expiry(now).is_ok();
        if !credentials.is_some_and(is_good) {
            return self.check(credentials, None, now, keys).map(drop);
        }
        if self.has_unsigned_headers {
            return Err(VerificationError::UnsignedHeader);
        }
        Ok(())
    }

    /// Makes the checks that need the key: the token, its expiry, the signature, and that all
    /// `x-amz-*` headers are signed.
    ///
    /// `credentials` are `None` if the key is unknown. This takes as long as a wrong signature: each
    /// refusal derives one key, cached or not, and computes one signature.
    ///
    /// # Errors
    ///
    /// The owner of the key did not sign this request.
    pub fn check(
        &self,
        credentials: Option<&Credentials<'_>>,
        hashed_body: Option<HashedPayload>,
        now: &SigningTime,
        keys: &SigningKeyCache,
    ) -> Result<BodyVerifier, VerificationError> {
        let hashed_payload =
            self.payload.stated().cloned().or(hashed_body).unwrap_or(HashedPayload::EMPTY);
        let scope = self.identity.scope();
        let cached = credentials.and_then(|credentials| keys.get(credentials, &scope));
        let signing_key = cached.clone().unwrap_or_else(|| {
            let known = credentials.and_then(|known| SigningKey::derive(known, &scope).ok());
            // Also for a key that was derived for another scope, which never verifies.
            Arc::new(known.unwrap_or_else(|| SigningKey::of_nobody(&scope)))
        });
        let mut signed = None;
        let mut expected = Vec::with_capacity(self.canonical_requests.len());
        for canonical_request in &self.canonical_requests {
            let canonical_request = if self.needs_body_hash() {
                Cow::Owned([canonical_request, hashed_payload.as_str().as_bytes()].concat())
            } else {
                Cow::Borrowed(&**canonical_request)
            };
            let text = StringToSign::of_bytes(&scope, &canonical_request).to_text();
            if signing_key.verify(&text, &self.signature) {
                signed = Some(expected.len());
            }
            expected.push((canonical_request, text));
        }
        let is_current = |known: &Credentials<'_>| known.check_expiry(now).is_ok();
        let signed_by = credentials.filter(|known| self.has_token(known) && is_current(known));
        let (Some(signed_by), Some(signed)) = (signed_by, signed) else {
            let mismatch = VerificationError::mismatch(expected);
            if cached.is_some() {
                black_box(SigningKey::of_nobody(&scope));
            }
            return Err(match credentials {
                None => VerificationError::UnknownAccessKey,
                Some(known) if !self.has_token(known) => VerificationError::InvalidToken,
                Some(known) if !is_current(known) => VerificationError::ExpiredToken,
                Some(_) => mismatch,
            });
        };
        if cached.is_none() {
            keys.insert(signed_by, &scope, &signing_key);
        }
        if self.has_unsigned_headers {
            return Err(VerificationError::UnsignedHeader);
        }
        let (_, string_to_sign) = expected.swap_remove(signed);
        Ok(BodyVerifier::new(
            Arc::clone(&self.identity),
            string_to_sign.into(),
            &self.payload,
            hashed_payload,
            signing_key,
            &self.signature,
        ))
    }

    fn has_token(&self, credentials: &Credentials<'_>) -> bool {
        let sent = self.session_token.as_ref().map_or("", |token| token.as_str());
        let known = credentials.session_token().unwrap_or_default();
        sent.as_bytes().ct_eq(known.as_bytes()).into()
    }
}

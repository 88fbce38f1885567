//! The signature in the query of a URL.
//!
//! ```text
//! URL "?" query "&" X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date, X-Amz-Expires,
//! X-Amz-Region-Set (SigV4a), X-Amz-Security-Token, X-Amz-SignedHeaders "&X-Amz-Signature=" hex
//! ```
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>

use std::fmt;
use std::sync::Arc;

use super::canonical_request::{write_rest, write_start};
use super::credentials::Credentials;
use super::error::SigningError;
use super::headers::{AddedHeaders, CanonicalHeaders};
use super::names::{SIGNATURE_PARAMETERS, parameter};
use super::payload::HashedPayload;
use super::request::Request;
use super::scope::CredentialScope;
use super::service::ServiceRules;
use super::settings::Settings;
use super::signing_key::{ScopeSigner, SigningKeyCache};
use super::string_to_sign::StringToSign;
use super::uri::{
    Url, canonical_query_string, canonical_uri, encode_query_part, presigned_already,
    push_parameter,
};
use super::valid_url::{check_before_path, push_valid_query, valid_path};

/// The longest lifetime that AWS accepts: seven days, in seconds.
pub const LONGEST_LIFETIME: u32 = 604_800;

/// Presigns the URLs of one scope. Prepares their common parameters once.
pub struct Presigner<'a> {
    scope: &'a CredentialScope<'a>,
    settings: &'a Settings<'a>,
    rules: ServiceRules,
    signer: Arc<ScopeSigner>,
    /// The common parameters, encoded, in canonical order. Only the value of the last one, the names
    /// of the signed headers, depends on the request.
    parameters: String,
    /// Parameters that follow the signature, unsigned.
    unsigned: String,
}

impl<'a> Presigner<'a> {
    /// Prepares the parameters. `rules` must be those of the service and its requests.
    ///
    /// # Errors
    ///
    /// The lifetime is out of range, or the credentials have expired or don't fit the scope.
    pub fn new(
        credentials: &Credentials<'a>,
        scope: &'a CredentialScope<'a>,
        settings: &'a Settings<'a>,
        rules: ServiceRules,
        expires_in: u32,
        keys: &SigningKeyCache,
    ) -> Result<Self, SigningError> {
        let mut credential = String::with_capacity(96);
        credential.push_str(credentials.access_key_id());
        credential.push('/');
        scope.write(&mut credential);
        let expires_in = lifetime(credentials, scope, expires_in)?.to_string();
        let token = credentials.session_token();
        let token_name = rules.session_token_parameter;
        let values = [
            (parameter::ALGORITHM, Some(scope.algorithm.name())),
            (parameter::CREDENTIAL, Some(credential.as_str())),
            (parameter::DATE, Some(scope.time.as_str())),
            (parameter::EXPIRES, Some(expires_in.as_str())),
            (parameter::REGION_SET, scope.region_set()),
            (token_name, token.filter(|_| settings.sign_session_token)),
            (parameter::SIGNED_HEADERS, Some("")),
        ];
        let mut parameters = String::with_capacity(256);
        for (name, value) in values {
            if let Some(value) = value {
                push_parameter(&mut parameters, name, value);
            }
        }
        let mut unsigned = String::new();
        if let Some(token) = token.filter(|_| !settings.sign_session_token) {
            unsigned = format!("&{token_name}={}", encode_query_part(token));
        }
        let signer = keys.signer(credentials, scope)?;
        Ok(Self { scope, settings, rules, signer, parameters, unsigned })
    }

    /// Appends the presigned URL of `request` to `out`.
    ///
    /// Signs all headers of the request. Call [`check_presignable`] with them first.
    ///
    /// [`check_presignable`]: super::settings::check_presignable
    ///
    /// # Errors
    ///
    /// The URL is already presigned, or the request is ambiguous. `out` may then end with a part of a
    /// URL.
    pub fn presign(&self, request: &Request<'_>, out: &mut String) -> Result<(), SigningError> {
        self.of_origin(request)?.presign(&request.url, out)
    }

    /// Prepares what a request has in common with others whose URLs differ only in path and query.
    ///
    /// # Errors
    ///
    /// The request is ambiguous, or its URL has characters before its path that a URL can't have.
    pub fn of_origin<'b>(
        &'b self,
        request: &Request<'b>,
    ) -> Result<OriginPresigner<'b>, SigningError> {
        let ServiceRules { presigns_unsigned_payload, signs_payload, .. } = self.rules;
        let unsigned_payload = presigns_unsigned_payload.then_some(HashedPayload::UNSIGNED_PAYLOAD);
        let hash = if signs_payload {
            request.hashed_payload()
        } else {
            Some(HashedPayload::UNSIGNED_PAYLOAD)
        };
        // A hash that the service doesn't assume must be sent with the body, in a signed header.
        let is_unexpected = |hash: &str| {
            !signs_payload
                || unsigned_payload.is_some_and(|unsigned_payload| hash != unsigned_payload)
        };
        let added = AddedHeaders {
            x_amz_content_sha256: hash.filter(|hash| is_unexpected(hash)),
            ..AddedHeaders::default()
        };
        let headers =
            CanonicalHeaders::new(request.headers, request.host()?, &added, true, |_| true);
        check_before_path(request.url.before_path())?;
        let signed_headers = encode_query_part(headers.signed_headers());
        let parameters = [&self.parameters, &*signed_headers].concat();
        let mut rest = Vec::with_capacity(128);
        let hash = hash.or(unsigned_payload).unwrap_or(HashedPayload::EMPTY_SHA256);
        write_rest(&mut rest, &headers, hash);
        Ok(OriginPresigner {
            presigner: self,
            method: request.method,
            parameters,
            rest,
            buffer: Vec::with_capacity(512),
        })
    }
}

/// Presigns URLs that have the same scheme and authority. Prepares all but path and query once.
pub struct OriginPresigner<'a> {
    presigner: &'a Presigner<'a>,
    method: &'a str,
    /// All parameters but the signature.
    parameters: String,
    /// The canonical request after its query.
    rest: Vec<u8>,
    /// The canonical request. Kept because the next one needs as much memory.
    buffer: Vec<u8>,
}

impl OriginPresigner<'_> {
    /// Appends the presigned URL to `out`. The URL must have the scheme and the authority of the request.
    ///
    /// # Errors
    ///
    /// The URL is already presigned. `out` may then end with a part of a URL.
    pub fn presign(&mut self, url: &Url<'_>, out: &mut String) -> Result<(), SigningError> {
        let Presigner { scope, settings, rules, signer, unsigned, .. } = self.presigner;
        let path = rules.wire_path(url.path());
        let path = valid_path(&path, settings.path);
        for part in [url.before_path(), &path, "?"] {
            out.push_str(part);
        }
        let start = out.len();
        let sent = url.query().filter(|sent| !sent.is_empty());
        if let Some(sent) = sent {
            if has_own_parameter(sent) {
                return Err(presigned_already());
            }
            push_valid_query(&rules.wire_query(sent), out);
            out.push('&');
        }
        out.push_str(&self.parameters);

        let uri = canonical_uri(&path, settings.path);
        self.buffer.clear();
        match sent {
            Some(_) => {
                let query = canonical_query_string(&out[start..]);
                write_start(&mut self.buffer, self.method, &uri, &query);
            }
            // The added parameters are already in canonical order.
            None => write_start(&mut self.buffer, self.method, &uri, &self.parameters),
        }
        self.buffer.extend_from_slice(&self.rest);
        let signature = signer.sign(StringToSign::of_bytes(scope, &self.buffer).last_line())?;
        for part in ["&", parameter::SIGNATURE, "="] {
            out.push_str(part);
        }
        signature.write(out);
        out.push_str(unsigned);
        Ok(())
    }
}

impl fmt::Debug for Presigner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The parameters may contain a session token.
        f.debug_struct("Presigner").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl fmt::Debug for OriginPresigner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OriginPresigner")
            .field("presigner", &self.presigner)
            .finish_non_exhaustive()
    }
}

/// Whether a query already has a parameter that presigning adds.
fn has_own_parameter(query: &str) -> bool {
    query
        .split('&')
        .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
        .any(|name| SIGNATURE_PARAMETERS.iter().any(|own| name.eq_ignore_ascii_case(own)))
}

/// Returns the lifetime in seconds, shortened if the credentials expire earlier.
pub(super) fn lifetime(
    credentials: &Credentials<'_>,
    scope: &CredentialScope<'_>,
    expires_in: u32,
) -> Result<u32, SigningError> {
    if !(1..=LONGEST_LIFETIME).contains(&expires_in) {
        return Err(SigningError::request(
            "expires_in",
            format!("must be from 1 to {LONGEST_LIFETIME} seconds, which is seven days"),
        ));
    }
    let left = credentials.seconds_left(&scope.time)?;
    Ok(left.map_or(expires_in, |left| expires_in.min(left)))
}

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

use super::canonical_request::CanonicalRequest;
use super::credentials::Credentials;
use super::error::SigningError;
use super::headers::{AddedHeaders, CanonicalHeaders};
use super::names::{SIGNATURE_PARAMETERS, parameter};
use super::payload::HashedPayload;
use super::request::Request;
use super::scope::CredentialScope;
use super::service::ServiceRules;
use super::settings::Settings;
use super::signing_key::{SigningKey, SigningKeyCache};
use super::string_to_sign::StringToSign;
use super::uri::{
    canonical_query_string, canonical_uri, encode_query_part, presigned_already, push_parameter,
};
use super::valid_url::{check_before_path, push_valid_query, valid_path};

/// The longest lifetime that AWS accepts: seven days, in seconds.
pub const LONGEST_LIFETIME: u32 = 604_800;

/// Presigns the URLs of one scope. Prepares their common parameters once.
pub struct Presigner<'a> {
    scope: &'a CredentialScope<'a>,
    settings: &'a Settings<'a>,
    rules: ServiceRules,
    signing_key: Arc<SigningKey>,
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
        let mut credential = format!("{}/", credentials.access_key_id());
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
        let signing_key = keys.signing_key(credentials, scope)?;
        Ok(Self { scope, settings, rules, signing_key, parameters, unsigned })
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
        let canonical_headers =
            CanonicalHeaders::new(request.headers, request.host()?, &added, true, |_| true);

        let before_path = request.url.before_path();
        check_before_path(before_path)?;
        let path = self.rules.wire_path(request.url.path());
        let path = valid_path(&path, self.settings.path);
        for part in [before_path, &path, "?"] {
            out.push_str(part);
        }
        let start = out.len();
        let sent = request.url.query().filter(|sent| !sent.is_empty());
        if let Some(sent) = sent {
            self.push_query(sent, out)?;
        }
        out.push_str(&self.parameters);
        out.push_str(&encode_query_part(canonical_headers.signed_headers()));
        let query = &out[start..];

        let canonical_request = CanonicalRequest::with_query(
            request,
            canonical_uri(&path, self.settings.path),
            // The added parameters are already in canonical order.
            if sent.is_some() { canonical_query_string(query).into() } else { query.into() },
            canonical_headers,
            hash.or(unsigned_payload).unwrap_or(HashedPayload::EMPTY_SHA256),
        );
        let string_to_sign = StringToSign::new(self.scope, &canonical_request);
        let signature = self.signing_key.sign(&string_to_sign.to_text())?;
        for part in ["&", parameter::SIGNATURE, "="] {
            out.push_str(part);
        }
        signature.write(out);
        out.push_str(&self.unsigned);
        Ok(())
    }

    /// Appends the query of the original URL.
    fn push_query(&self, sent: &str, out: &mut String) -> Result<(), SigningError> {
        if has_own_parameter(sent) {
            return Err(presigned_already());
        }
        push_valid_query(&self.rules.wire_query(sent), out);
        out.push('&');
        Ok(())
    }
}

impl fmt::Debug for Presigner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The parameters may contain a session token.
        f.debug_struct("Presigner").field("scope", &self.scope).finish_non_exhaustive()
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

//! Where a signature goes: the query of a URL.
//!
//! ```text
//! URL "?" query "&" X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date, X-Amz-Expires,
//! X-Amz-Region-Set (SigV4a), X-Amz-Security-Token, X-Amz-SignedHeaders "&X-Amz-Signature=" hex
//! ```
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>

use super::credentials::Credentials;
use super::error::SigningError;
use super::headers::{AddedHeaders, CanonicalHeaders};
use super::payload::HashedPayload;
use super::request::Request;
use super::scope::CredentialScope;
use super::service::ServiceRules;
use super::settings::Settings;
use super::signature::Signature;
use super::uri::{canonical_query_string, encode_query_part, push_parameter};

/// The longest lifetime that AWS accepts: seven days, in seconds.
pub const LONGEST_LIFETIME: u32 = 604_800;

/// The query of a presigned URL, complete but for the signature.
pub(super) struct PresignedQuery<'a> {
    request: &'a Request<'a>,
    query: String,
    /// Names and values that follow the signature, unsigned.
    unsigned: String,
    pub(super) canonical_headers: CanonicalHeaders<'a>,
    pub(super) hashed_payload: &'a str,
}

impl<'a> PresignedQuery<'a> {
    /// Adds to the request's own query what a verifier needs.
    ///
    /// # Errors
    ///
    /// The URL is presigned already, the lifetime is out of range, or the credentials have expired.
    pub(super) fn new(
        request: &'a Request<'a>,
        credentials: &Credentials<'a>,
        scope: &CredentialScope<'a>,
        settings: &Settings<'_>,
        expires_in: u32,
    ) -> Result<Self, SigningError> {
        let rules = ServiceRules::of_request(scope.service, request.url.query());
        let hash = request.hashed_payload();
        let unsigned_payload =
            rules.presigns_unsigned_payload.then_some(HashedPayload::UNSIGNED_PAYLOAD);
        // A hash that the service doesn't expect has to be sent with the body, in a signed header.
        let is_unexpected =
            |hash: &str| unsigned_payload.is_some_and(|unsigned_payload| hash != unsigned_payload);
        let added = AddedHeaders {
            x_amz_content_sha256: hash.filter(|hash| is_unexpected(hash)),
            ..AddedHeaders::default()
        };
        let canonical_headers = CanonicalHeaders::new(
            request.headers,
            request.host()?,
            &added,
            true,
            &settings.headers,
        );

        let mut query = match request.url.query() {
            Some(sent) if is_presigned(sent) => {
                return Err(SigningError::request(
                    "url",
                    "is presigned already: pass it without the X-Amz- parameters of a signature",
                ));
            }
            // Some services read a plus sign as a space, and some as itself.
            Some(sent) if rules.plus_is_ambiguous => sent.replace('+', "%20"),
            Some(sent) => sent.to_owned(),
            None => String::new(),
        };
        let mut credential = format!("{}/", credentials.access_key_id());
        scope.write(&mut credential);
        let expires_in = lifetime(credentials, scope, expires_in)?.to_string();
        let token = credentials.session_token();
        let token_name = rules.session_token_parameter;
        let parameters = [
            ("X-Amz-Algorithm", Some(scope.algorithm.name())),
            ("X-Amz-Credential", Some(credential.as_str())),
            ("X-Amz-Date", Some(scope.time.as_str())),
            ("X-Amz-Expires", Some(expires_in.as_str())),
            ("X-Amz-Region-Set", scope.region_set()),
            (token_name, token.filter(|_| settings.sign_session_token)),
            ("X-Amz-SignedHeaders", Some(canonical_headers.signed_headers())),
        ];
        for (name, value) in parameters {
            if let Some(value) = value {
                push_parameter(&mut query, name, value);
            }
        }
        let mut unsigned = String::new();
        if let Some(token) = token.filter(|_| !settings.sign_session_token) {
            unsigned = format!("&{token_name}={}", encode_query_part(token));
        }
        Ok(Self {
            request,
            query,
            unsigned,
            canonical_headers,
            hashed_payload: hash.or(unsigned_payload).unwrap_or(HashedPayload::EMPTY_SHA256),
        })
    }

    pub(super) fn canonical_query_string(&self) -> String {
        canonical_query_string(&self.query)
    }

    /// The URL, ready to be sent.
    pub(super) fn url(&self, signature: &Signature) -> String {
        let url = &self.request.url;
        let mut text = String::with_capacity(
            url.before_path().len()
                + url.path().len()
                + self.query.len()
                + self.unsigned.len()
                + 96,
        );
        for part in [url.before_path(), url.path(), "?", &self.query, "&X-Amz-Signature="] {
            text.push_str(part);
        }
        signature.write(&mut text);
        text.push_str(&self.unsigned);
        text
    }
}

/// Whether a query has a parameter that only presigning adds, which would then be there twice.
fn is_presigned(query: &str) -> bool {
    const PARAMETERS: [&str; 9] = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Region-Set",
        "X-Amz-S3session-Token",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    ];
    query
        .split('&')
        .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
        .any(|name| PARAMETERS.iter().any(|parameter| name.eq_ignore_ascii_case(parameter)))
}

/// The lifetime in seconds, cut short where the credentials end before it does.
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

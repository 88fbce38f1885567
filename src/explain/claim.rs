//! The refused request, and what its signature claims.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::sigv4::arrived::{self, AuthorizationText, parse_date};
use crate::sigv4::canonical_request::CanonicalRequest;
use crate::sigv4::headers::Header;
use crate::sigv4::names::{header, parameter};
use crate::sigv4::payload::HashedPayload;
use crate::sigv4::request::Request;
use crate::sigv4::scope::{Algorithm, CredentialScope, TERMINATOR};
use crate::sigv4::service::{PathRules, ServiceRules};
use crate::sigv4::time::SigningTime;

/// A request as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct SentRequest<'a> {
    /// The request without its body.
    pub request: &'a Request<'a>,
    /// The hash of the body, if it is available.
    pub body: Option<&'a HashedPayload>,
    /// The body, if it is available.
    pub content: Option<&'a [u8]>,
    /// Whether the client has followed a redirect.
    pub redirected: bool,
    /// Whether it was signed only for this explanation.
    pub signed_here: bool,
}

/// The parts of a signature, from the `Authorization` header or the query.
#[derive(Debug, Default)]
pub(super) struct Claim<'a> {
    pub(super) algorithm: Option<Algorithm>,
    pub(super) access_key_id: String,
    /// Day, region, service and terminator; SigV4a has no region.
    pub(super) scope: Vec<String>,
    /// The regions of SigV4a.
    region_set: Option<Cow<'a, str>>,
    pub(super) signed_headers: String,
    pub(super) signature: String,
    pub(super) time: Option<SigningTime>,
    /// Whether the time is only in the `Date` header.
    pub(super) is_dated: bool,
    pub(super) session_token: Option<Cow<'a, str>>,
    /// The lifetime of a presigned URL, in seconds.
    pub(super) expires_in: Option<i64>,
    pub(super) in_query: bool,
}

impl<'a> SentRequest<'a> {
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        let header = self.request.headers.iter().find(|header| header.is(name))?;
        str::from_utf8(header.value()).ok()
    }

    /// The value of a parameter of the query, decoded.
    pub(super) fn parameter(&self, name: &str) -> Option<Cow<'a, str>> {
        arrived::parameter(&self.request.url, name)
    }

    /// Whether the request has a signature, right or wrong.
    pub fn is_signed(&self) -> bool {
        self.header("authorization").is_some() || self.parameter(parameter::SIGNATURE).is_some()
    }

    /// Reads the signature, from the header if there is one.
    pub(super) fn claim(&self) -> Option<Claim<'a>> {
        self.claim_of_header().or_else(|| self.claim_of_query())
    }

    fn claim_of_header(&self) -> Option<Claim<'a>> {
        let text = AuthorizationText::split(self.header("authorization")?.trim());
        let (signed_headers, signature) = (text.get("SignedHeaders")?, text.get("Signature")?);
        let token =
            self.header(header::SECURITY_TOKEN).or_else(|| self.header(header::S3SESSION_TOKEN));
        let date = self.header(header::DATE).map(|time| SigningTime::parse(time.trim()).ok());
        let claim = Claim {
            region_set: self.header(header::REGION_SET).map(Cow::Borrowed),
            time: date.clone().unwrap_or_else(|| parse_date(self.header("date")?.as_bytes())),
            is_dated: date.is_none(),
            session_token: token.map(Cow::Borrowed),
            ..Claim::new(
                text.algorithm,
                text.get("Credential").unwrap_or_default(),
                signed_headers,
                signature,
            )
        };
        text.algorithm.starts_with("AWS4-").then_some(claim)
    }

    fn claim_of_query(&self) -> Option<Claim<'a>> {
        let parameter = |name| self.parameter(name);
        let (signed_headers, signature) =
            (parameter(parameter::SIGNED_HEADERS)?, parameter(parameter::SIGNATURE)?);
        let token =
            parameter(parameter::SECURITY_TOKEN).or_else(|| parameter(parameter::S3SESSION_TOKEN));
        Some(Claim {
            region_set: parameter(parameter::REGION_SET),
            time: parameter(parameter::DATE).and_then(|time| SigningTime::parse(&time).ok()),
            session_token: token,
            expires_in: parameter(parameter::EXPIRES).and_then(|seconds| seconds.parse().ok()),
            in_query: true,
            ..Claim::new(
                &parameter(parameter::ALGORITHM)?,
                &parameter(parameter::CREDENTIAL)?,
                &signed_headers,
                &signature,
            )
        })
    }

    /// The rules by which the service signs the path.
    pub(super) fn path_rules(&self, claim: &Claim<'_>) -> PathRules {
        ServiceRules::of_request(claim.service(), self.request.url.query()).path
    }

    /// The payload hash: the one in the request's own header, or that of the body.
    pub(super) fn hashed_payload(&self, claim: &Claim<'_>) -> Option<&'a str> {
        if let Some(preset) = self.request.hashed_payload() {
            return Some(preset);
        }
        let rules = ServiceRules::of(claim.service());
        if claim.in_query && rules.presigns_unsigned_payload {
            return Some(HashedPayload::UNSIGNED_PAYLOAD);
        }
        self.body.map(HashedPayload::as_str)
    }

    /// Returns the canonical request that the signature claims to cover.
    ///
    /// A signed header that was not sent has an empty value, as servers do it.
    pub(super) fn canonical_request(
        &self,
        claim: &Claim<'_>,
        path: PathRules,
        hashed_payload: &str,
    ) -> Option<Vec<u8>> {
        let missing = self.missing_headers(claim);
        let missing = missing.iter().filter_map(|name| Header::new(name, b"").ok());
        let headers: Vec<_> = self.request.headers.iter().copied().chain(missing).collect();
        let url = self.request.url().clone();
        let query = url.canonical_query_string_without_signature();
        let request = Request::as_sent(self.request.method, url, &headers);
        let signed_headers = &claim.signed_headers;
        let canonical =
            CanonicalRequest::as_arrived(&request, path, signed_headers, query, hashed_payload);
        Some(canonical.ok()?.to_bytes())
    }

    /// The names of the headers that are signed and were not sent.
    pub(super) fn missing_headers<'c>(&self, claim: &'c Claim<'_>) -> Vec<&'c str> {
        let names = claim.signed_headers.split(';').filter(|name| *name != "host");
        names.filter(|name| !self.request.headers.iter().any(|header| header.is(name))).collect()
    }
}

impl Claim<'_> {
    fn new(algorithm: &str, credential: &str, signed_headers: &str, signature: &str) -> Self {
        let algorithm = Algorithm::parse(algorithm).ok();
        // Access keys of tests and of other clouds may contain a slash.
        let parts: Vec<_> = credential.split('/').map(str::to_owned).collect();
        let key_parts = parts.len().saturating_sub(scope_length(algorithm)).max(1);
        let key_parts = key_parts.min(parts.len());
        Self {
            algorithm,
            access_key_id: parts[..key_parts].join("/"),
            scope: parts[key_parts..].to_vec(),
            signed_headers: signed_headers.to_owned(),
            signature: signature.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn date(&self) -> &str {
        self.scope.first().map_or("", String::as_str)
    }

    pub(super) fn region(&self) -> Option<&str> {
        (self.scope.len() == 4).then(|| self.scope[1].as_str())
    }

    pub(super) fn service(&self) -> &str {
        let last = self.scope.iter().rev().nth(1);
        last.map_or("", String::as_str)
    }

    pub(super) fn is_scope_complete(&self) -> bool {
        self.scope.len() == scope_length(self.algorithm)
            && self.scope.last().is_some_and(|last| last == TERMINATOR)
    }

    pub(super) fn is_signed(&self, header: &str) -> bool {
        self.signed_headers.split(';').any(|name| name.eq_ignore_ascii_case(header))
    }

    pub(super) fn instant(&self) -> Option<DateTime<Utc>> {
        self.time.as_ref().map(SigningTime::instant)
    }

    /// The credential scope, if the claimed parts are valid.
    pub(super) fn credential_scope(&self) -> Option<CredentialScope<'_>> {
        let algorithm = self.algorithm?;
        let region = match algorithm {
            Algorithm::HmacSha256 => self.region()?,
            Algorithm::EcdsaP256Sha256 => self.region_set.as_deref()?,
        };
        CredentialScope::new(algorithm, self.time.clone()?, region, self.service()).ok()
    }
}

/// The scope of SigV4a has no region.
pub(super) fn scope_length(algorithm: Option<Algorithm>) -> usize {
    if algorithm == Some(Algorithm::EcdsaP256Sha256) { 3 } else { 4 }
}

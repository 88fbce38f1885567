//! The request that was refused, and what its signature claims.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;

use crate::sigv4::canonical_request::CanonicalRequest;
use crate::sigv4::payload::HashedPayload;
use crate::sigv4::request::Request;
use crate::sigv4::scope::{Algorithm, CredentialScope, TERMINATOR};
use crate::sigv4::service::{PathRules, ServiceRules};
use crate::sigv4::string_to_sign::StringToSign;
use crate::sigv4::time::SigningTime;

/// A request as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct SentRequest<'a> {
    /// The request; of its body it has only what its own header says.
    pub request: &'a Request<'a>,
    /// The hash of the body, where that is still at hand.
    pub body: Option<&'a HashedPayload>,
    /// The body itself, where it is at hand too.
    pub content: Option<&'a [u8]>,
    /// It has followed a redirect.
    pub redirected: bool,
}

/// What a signature says of itself, in the `Authorization` header or the query.
#[derive(Debug)]
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
    pub(super) session_token: Option<Cow<'a, str>>,
    /// For how many seconds a presigned URL is good.
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
        let query = self.request.url.query()?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        percent_decode_str(value).decode_utf8().ok()
    }

    /// Whether a signature is there to be read, right or wrong.
    pub fn is_signed(&self) -> bool {
        self.header("authorization").is_some() || self.parameter("X-Amz-Signature").is_some()
    }

    /// Reads the signature, from the header if there is one.
    pub(super) fn claim(&self) -> Option<Claim<'a>> {
        self.claim_of_header().or_else(|| self.claim_of_query())
    }

    fn claim_of_header(&self) -> Option<Claim<'a>> {
        let (algorithm, parts) = self.header("authorization")?.trim().split_once(' ')?;
        let part = |name: &str| {
            let mut pairs = parts.split(',').filter_map(|part| part.trim().split_once('='));
            pairs.find(|(found, _)| *found == name).map(|(_, value)| value.trim().to_owned())
        };
        let token =
            self.header("x-amz-security-token").or_else(|| self.header("x-amz-s3session-token"));
        let claim = Claim {
            algorithm: Algorithm::parse(algorithm).ok(),
            access_key_id: String::new(),
            scope: Vec::new(),
            region_set: self.header("x-amz-region-set").map(Cow::Borrowed),
            signed_headers: part("SignedHeaders")?,
            signature: part("Signature")?,
            time: self.header("x-amz-date").and_then(|time| SigningTime::parse(time.trim()).ok()),
            session_token: token.map(Cow::Borrowed),
            expires_in: None,
            in_query: false,
        };
        Some(claim.with_credential(&part("Credential").unwrap_or_default()))
    }

    fn claim_of_query(&self) -> Option<Claim<'a>> {
        let parameter = |name| self.parameter(name);
        let token =
            parameter("X-Amz-Security-Token").or_else(|| parameter("X-Amz-S3session-Token"));
        let claim = Claim {
            algorithm: Algorithm::parse(&parameter("X-Amz-Algorithm")?).ok(),
            access_key_id: String::new(),
            scope: Vec::new(),
            region_set: parameter("X-Amz-Region-Set"),
            signed_headers: parameter("X-Amz-SignedHeaders")?.into_owned(),
            signature: parameter("X-Amz-Signature")?.into_owned(),
            time: parameter("X-Amz-Date").and_then(|time| SigningTime::parse(&time).ok()),
            session_token: token,
            expires_in: parameter("X-Amz-Expires").and_then(|seconds| seconds.parse().ok()),
            in_query: true,
        };
        Some(claim.with_credential(&parameter("X-Amz-Credential")?))
    }

    /// The rules by which the service signs the path.
    pub(super) fn path_rules(&self, claim: &Claim<'_>) -> PathRules {
        ServiceRules::of_request(claim.service(), self.request.url.query()).path
    }

    /// What stands for the body: what the request itself says, or the hash of it.
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

    /// The canonical request that the claim says was signed, with what stands for the body.
    pub(super) fn canonical_request(
        &self,
        claim: &'a Claim<'_>,
        path: PathRules,
        hashed_payload: &'a str,
    ) -> Option<CanonicalRequest<'a>> {
        let query = self.request.url().canonical_query_string_without_signature();
        CanonicalRequest::as_arrived(
            self.request,
            path,
            &claim.signed_headers,
            query,
            hashed_payload,
        )
        .ok()
    }
}

impl Claim<'_> {
    fn with_credential(mut self, credential: &str) -> Self {
        // Keys of tests and of other clouds may hold a slash themselves.
        let parts: Vec<_> = credential.split('/').map(str::to_owned).collect();
        let length = if self.algorithm == Some(Algorithm::EcdsaP256Sha256) { 3 } else { 4 };
        let key_parts = parts.len().saturating_sub(length).max(1).min(parts.len());
        self.access_key_id = parts[..key_parts].join("/");
        self.scope = parts[key_parts..].to_vec();
        self
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
        let length = if self.algorithm == Some(Algorithm::EcdsaP256Sha256) { 3 } else { 4 };
        self.scope.len() == length && self.scope.last().is_some_and(|last| last == TERMINATOR)
    }

    pub(super) fn is_signed(&self, header: &str) -> bool {
        self.signed_headers.split(';').any(|name| name.eq_ignore_ascii_case(header))
    }

    pub(super) fn instant(&self) -> Option<DateTime<Utc>> {
        self.time.as_ref().map(SigningTime::instant)
    }

    /// The scope, where what is claimed makes one.
    pub(super) fn credential_scope(&self) -> Option<CredentialScope<'_>> {
        let algorithm = self.algorithm?;
        let region = match algorithm {
            Algorithm::HmacSha256 => self.region()?,
            Algorithm::EcdsaP256Sha256 => self.region_set.as_deref()?,
        };
        CredentialScope::new(algorithm, self.time.clone()?, region, self.service()).ok()
    }

    /// The string to sign of this canonical request.
    pub(super) fn string_to_sign(&self, canonical: &CanonicalRequest<'_>) -> Option<String> {
        Some(StringToSign::new(&self.credential_scope()?, canonical).to_text())
    }
}

//! What a request shows by itself, whatever the server says of it.

use chrono::TimeDelta;

use super::{hops, time};
use crate::explain::Evidence;
use crate::explain::bodies::OtherBodies;
use crate::explain::causes::{Cause, CauseCode, Fact};
use crate::explain::claim::{Claim, SentRequest};
use crate::explain::lines::CanonicalLines;
use crate::sigv4::endpoint::Endpoint;
use crate::sigv4::payload::HashedPayload;
use crate::sigv4::service::ServiceRules;

/// What was signed, read from the request or from what the server says that it expected.
#[derive(Debug, Default)]
pub(super) struct Subject {
    scheme: Option<String>,
    host: Option<String>,
    region: Option<String>,
    service: Option<String>,
    signed_headers: String,
}

impl Subject {
    pub(super) fn of(evidence: &Evidence<'_>, claim: Option<&Claim<'_>>) -> Self {
        if let (Some(sent), Some(claim)) = (evidence.sent, claim) {
            return Self {
                scheme: Some(sent.request.url.scheme().to_owned()),
                host: sent.request.host().ok().map(str::to_ascii_lowercase),
                region: claim.region().map(str::to_owned),
                service: Some(claim.service().to_owned()).filter(|service| !service.is_empty()),
                signed_headers: claim.signed_headers.clone(),
            };
        }
        let expected = evidence.answer.canonical_request();
        let expected = expected.and_then(|text| CanonicalLines::parse(&text));
        let string_to_sign = evidence.answer.string_to_sign().unwrap_or_default();
        let scope: Vec<_> = string_to_sign.lines().nth(2).unwrap_or_default().split('/').collect();
        let (region, service) = match scope.as_slice() {
            [_, region, service, _] => (Some((*region).to_owned()), Some((*service).to_owned())),
            _ => (None, None),
        };
        Self {
            scheme: None,
            host: expected.as_ref().and_then(|lines| lines.header("host")).map(str::to_owned),
            region,
            service,
            signed_headers: expected.map(|lines| lines.signed_headers).unwrap_or_default(),
        }
    }

    pub(super) fn region_facts(&self) -> Vec<Fact> {
        scope_facts(self.region.as_deref(), self.endpoint().region)
    }

    pub(super) fn service_facts(&self) -> Vec<Fact> {
        scope_facts(self.service.as_deref(), self.endpoint().service)
    }

    fn endpoint(&self) -> Endpoint<'_> {
        let scheme = self.scheme.as_deref().unwrap_or("https");
        self.host.as_deref().map(|host| Endpoint::of(scheme, host)).unwrap_or_default()
    }

    /// The host names another region, or another service, than the signature.
    fn endpoint_causes(&self) -> Vec<Cause> {
        let endpoint = self.endpoint();
        let mut causes = Vec::new();
        if let (Some(service), Some(right)) = (&self.service, endpoint.service)
            && service != right
        {
            // Some hosts call a service by a name that isn't known here.
            causes.push(Cause::possible(CauseCode::WrongService, &self.service_facts()));
        }
        // A host that implies a region without naming it may serve buckets of all.
        let host = self.host.as_deref().unwrap_or_default();
        if let (Some(region), Some(right)) = (&self.region, endpoint.region)
            && region != right
            && host.contains(right)
        {
            causes.push(Cause::seen(CauseCode::WrongRegion, &self.region_facts()));
        }
        causes
    }

    /// Headers that are signed and rarely arrive as they were sent.
    fn rewritten_headers(&self) -> Option<Cause> {
        let names: Vec<_> =
            self.signed_headers.split(';').filter(|name| hops::is_rewritten(name)).collect();
        let hop = hops::of(names.first()?);
        let facts = [("header", names.join(", ")), ("hop", hop.to_owned())];
        Some(Cause::possible(CauseCode::RewrittenHeaderSigned, &facts))
    }
}

/// Reasons for a signature that doesn't match.
pub(in crate::explain) fn of_mismatch(
    evidence: &Evidence<'_>,
    claim: Option<&Claim<'_>>,
) -> Vec<Cause> {
    let subject = Subject::of(evidence, claim);
    let mut causes = subject.endpoint_causes();
    if let (Some(sent), Some(claim)) = (evidence.sent, claim) {
        causes.extend(body(sent, claim));
        causes.extend(scope(claim));
        causes.extend(plus_in_path(sent, claim));
        causes.extend(two_question_marks(sent));
        causes.extend(token_signed(sent, claim));
        if !claim.is_signed("host") {
            causes.push(Cause::seen(CauseCode::HostNotSigned, &[]));
        }
    }
    causes.extend(subject.rewritten_headers());
    causes
}

/// Reasons for a refusal whose words say little or nothing.
pub(in crate::explain) fn of_refusal(
    evidence: &Evidence<'_>,
    claim: Option<&Claim<'_>>,
) -> Vec<Cause> {
    let Some(sent) = evidence.sent else { return Vec::new() };
    let Some(claim) = claim else {
        let unreadable = sent.header("authorization").is_some();
        let code = if unreadable { CauseCode::AuthorizationMalformed } else { CauseCode::Unsigned };
        return vec![Cause::seen(code, &[])];
    };
    let mut causes = Vec::new();
    causes.extend(key_without_token(claim));
    causes.extend(two_authorizations(sent));
    causes.extend(content_sha256(sent, claim));
    causes.extend(expired(evidence, claim));
    causes.extend(skew(evidence, claim));
    causes.extend(of_mismatch(evidence, Some(claim)));
    causes.extend(
        unsigned_headers(evidence, Some(claim))
            .map(|names| Cause::possible(CauseCode::HeadersNotSigned, &[("headers", names)])),
    );
    causes
}

/// The headers of `x-amz-*` that are sent and not signed, of services that look for them.
pub(super) fn unsigned_headers(
    evidence: &Evidence<'_>,
    claim: Option<&Claim<'_>>,
) -> Option<String> {
    let (sent, claim) = (evidence.sent?, claim?);
    let names: Vec<_> = sent
        .request
        .headers
        .iter()
        .map(|header| header.name().to_ascii_lowercase())
        .filter(|name| name.starts_with("x-amz-") && name != "x-amz-content-sha256")
        .filter(|name| !claim.is_signed(name))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn scope_facts(wrong: Option<&str>, right: Option<&str>) -> Vec<Fact> {
    let fact = |name, value: Option<&str>| value.map(|value| (name, value.to_owned()));
    fact("wrong", wrong).into_iter().chain(fact("right", right)).collect()
}

/// The body is not the one that the request says it has signed.
pub(super) fn body(sent: SentRequest<'_>, claim: &Claim<'_>) -> Option<Cause> {
    let (signed, present) = (sent.request.hashed_payload()?, sent.body?.as_str());
    let is_hash = signed.len() == HashedPayload::EMPTY_SHA256.len();
    if !is_hash || signed == present || claim.in_query {
        return None;
    }
    Some(Cause::seen(OtherBodies::of(sent.content).cause(signed, present), &[]))
}

fn scope(claim: &Claim<'_>) -> Option<Cause> {
    if !claim.is_scope_complete() {
        return Some(Cause::seen(CauseCode::ScopeMalformed, &[]));
    }
    let time = claim.time.as_ref()?;
    let facts = [("scope", claim.date().to_owned()), ("date", time.date().to_owned())];
    (claim.date() != time.date()).then(|| Cause::seen(CauseCode::ScopeDate, &facts))
}

fn plus_in_path(sent: SentRequest<'_>, claim: &Claim<'_>) -> Option<Cause> {
    let is_ambiguous = ServiceRules::of(claim.service()).plus_is_ambiguous
        && sent.request.url.path().contains('+');
    is_ambiguous.then(|| Cause::possible(CauseCode::PathPlus, &[]))
}

fn two_question_marks(sent: SentRequest<'_>) -> Option<Cause> {
    let query = sent.request.url.query()?;
    query.contains('?').then(|| Cause::possible(CauseCode::QueryTwoQuestionMarks, &[]))
}

fn token_signed(sent: SentRequest<'_>, claim: &Claim<'_>) -> Option<Cause> {
    let rules = ServiceRules::of(claim.service());
    let query = sent.request.url.query().filter(|_| claim.in_query)?;
    let position = |name: &str| query.find(name);
    let token_first =
        position(rules.session_token_parameter)? < position("X-Amz-Signature").unwrap_or(0);
    (token_first && !rules.sign_session_token)
        .then(|| Cause::seen(CauseCode::SessionTokenSigned, &[]))
}

fn key_without_token(claim: &Claim<'_>) -> Option<Cause> {
    let facts = [("key", claim.access_key_id.clone())];
    let has_token = claim.session_token.is_some();
    if claim.access_key_id.starts_with("ASIA") && !has_token {
        return Some(Cause::seen(CauseCode::SessionTokenMissing, &facts));
    }
    (claim.access_key_id.starts_with("AKIA") && has_token)
        .then(|| Cause::seen(CauseCode::SessionTokenStale, &facts))
}

fn two_authorizations(sent: SentRequest<'_>) -> Option<Cause> {
    (sent.header("authorization").is_some() && sent.parameter("X-Amz-Signature").is_some())
        .then(|| Cause::seen(CauseCode::TwoAuthorizations, &[]))
}

fn content_sha256(sent: SentRequest<'_>, claim: &Claim<'_>) -> Option<Cause> {
    if claim.in_query || !ServiceRules::of(claim.service()).requires_content_sha256 {
        return None;
    }
    if sent.header("x-amz-content-sha256").is_none() {
        return Some(Cause::seen(CauseCode::ContentSha256Missing, &[]));
    }
    (!claim.is_signed("x-amz-content-sha256"))
        .then(|| Cause::seen(CauseCode::ContentSha256NotSigned, &[]))
}

fn expired(evidence: &Evidence<'_>, claim: &Claim<'_>) -> Option<Cause> {
    let (signed, server) = time::moments(evidence, Some(claim))?;
    let end = signed + TimeDelta::seconds(claim.expires_in?);
    (server > end).then(|| Cause::seen(CauseCode::PresignedUrlExpired, &[]))
}

fn skew(evidence: &Evidence<'_>, claim: &Claim<'_>) -> Option<Cause> {
    let (signed, server) = time::moments(evidence, Some(claim))?;
    let is_skewed = claim.expires_in.is_none() && (server - signed).abs() > TimeDelta::minutes(15);
    is_skewed.then(|| time::clock(CauseCode::ClockBehind, evidence, Some(claim)))
}

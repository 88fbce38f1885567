//! Faults that a request shows, independent of the response.
//!
//! The server may have refused the request for another reason, so they are possible causes. Only a caller
//! that has made the signature again passes a proof.

use chrono::TimeDelta;

use super::{Cause, CauseCode, Fact, Proof, time};
use crate::explain::bodies::OtherBodies;
use crate::explain::claim::{Claim, SentRequest};
use crate::explain::evidence::Case;
use crate::explain::lines::{CanonicalLines, is_hidden};
use crate::explain::response::Response;
use crate::sigv4::endpoint::{Endpoint, is_region};
use crate::sigv4::names::{header, parameter};
use crate::sigv4::payload::HashedPayload;
use crate::sigv4::scope::check_order;
use crate::sigv4::service::ServiceRules;
use crate::sigv4::time::SigningTime;

/// The host of a request and its scope, from the request or else from the response.
#[derive(Debug, Default)]
pub(super) struct Target {
    scheme: String,
    host: String,
    region: Option<String>,
    service: Option<String>,
}

impl Target {
    pub(super) fn of(case: &Case<'_>) -> Self {
        if let Some((sent, claim)) = case.arrived() {
            return Self {
                scheme: sent.request.url.scheme().to_owned(),
                host: sent.request.host().map(str::to_ascii_lowercase).unwrap_or_default(),
                region: claim.region().map(str::to_owned),
                service: Some(claim.service().to_owned()).filter(|service| !service.is_empty()),
            };
        }
        let expected = case.response.canonical_request.as_deref().and_then(CanonicalLines::parse);
        let host = expected.as_ref().and_then(|lines| lines.header("host")).unwrap_or_default();
        let string_to_sign = case.response.string_to_sign.as_deref().unwrap_or_default();
        let scope: Vec<_> = string_to_sign.lines().nth(2).unwrap_or_default().split('/').collect();
        let [_, region, service, _] = scope[..] else { return Self::default() };
        Self {
            scheme: "https".to_owned(),
            host: host.to_owned(),
            region: Some(region.to_owned()),
            service: Some(service.to_owned()),
        }
    }

    /// The signed region, and the region of the host.
    pub(super) fn region_facts(&self) -> Vec<Fact> {
        facts(self.region.as_deref(), self.endpoint().region)
    }

    pub(super) fn service_facts(&self) -> Vec<Fact> {
        facts(self.service.as_deref(), self.endpoint().service)
    }

    fn endpoint(&self) -> Endpoint<'_> {
        Endpoint::of(&self.scheme, &self.host)
    }

    /// Whether region and service are swapped.
    pub(super) fn is_swapped(&self) -> bool {
        let (Some(region), Some(service)) = (&self.region, &self.service) else { return false };
        check_order(region, service).is_err()
    }

    /// The signature is for another region or service than the host's.
    fn causes(&self) -> Vec<Cause> {
        if self.is_swapped() {
            return vec![Cause::possible(CauseCode::ScopeSwapped, &self.swapped_facts())];
        }
        let endpoint = self.endpoint();
        let mut causes = Vec::new();
        if endpoint.service.is_some_and(|right| self.service.as_deref() != Some(right)) {
            causes.push(Cause::possible(CauseCode::WrongService, &self.service_facts()));
        }
        // A host that implies a region without naming it may serve buckets of all.
        let named = endpoint.region.filter(|region| self.host.contains(region));
        if named.is_some_and(|right| self.region.as_ref().is_some_and(|region| region != right)) {
            causes.push(Cause::possible(CauseCode::WrongRegion, &self.region_facts()));
        }
        causes
    }

    pub(super) fn swapped_facts(&self) -> Vec<Fact> {
        self.region.iter().map(|region| ("region", region.clone())).collect()
    }
}

/// Faults in scope, token and signed headers that give another signature.
pub(in crate::explain) fn of_mismatch(case: &Case<'_>) -> Vec<Cause> {
    let mut causes = Target::of(case).causes();
    // S3 signs `Date` as it was sent, which most signers write in the form of x-amz-date.
    let string_to_sign = case.response.string_to_sign.as_deref().unwrap_or_default();
    if string_to_sign.lines().nth(1).is_some_and(|time| SigningTime::parse(time).is_err()) {
        causes.push(Cause::possible(CauseCode::DateFormat, &[]));
    }
    let Some((sent, claim)) = case.signed() else { return causes };
    causes.extend(scope(claim));
    if is_token_signed(sent, claim) {
        causes.push(Cause::possible(CauseCode::SessionTokenSigned, &[]));
    }
    if sent.request.headers.iter().filter(|header| header.is("authorization")).count() > 1 {
        causes.push(Cause::possible(CauseCode::TwoAuthorizations, &[]));
    }
    if !claim.is_signed("host") {
        causes.push(Cause::possible(CauseCode::HostNotSigned, &[]));
    }
    causes
}

/// A refusal of an application or authorizer: it asks for another scheme, or has words of its own.
pub(in crate::explain) fn application(response: &Response) -> Option<Cause> {
    let is_refusal = matches!(response.status, Some(401 | 403)) && !response.is_web_page();
    let scheme = response.other_scheme();
    let is_refusal = is_refusal && (scheme.is_some() || response.has_own_words());
    let facts: Vec<Fact> =
        scheme.map(|scheme| ("scheme", format!(": it asks for {scheme}"))).into_iter().collect();
    // API Gateway shows that its backend refused. Services of AWS may take both tokens and signatures.
    let is_told = scheme.is_some() && response.header(header::REMAPPED_CHALLENGE).is_some();
    let ground = if is_told { Proof::Words } else { Proof::Nothing };
    is_refusal.then(|| Cause::on(ground, CauseCode::ApplicationRefused, &facts))
}

/// Whether the request has the scheme of an application, and the words aren't AWS's for such a scheme.
pub(in crate::explain) fn is_other_scheme_sent(case: &Case<'_>) -> bool {
    let authorization = case.sent.and_then(|sent| sent.header("authorization"));
    case.response.said.is_some() && authorization.is_some_and(|value| !value.starts_with("AWS"))
}

/// Another region than the one that S3 names in a response that says no other reason.
pub(in crate::explain) fn region_of_bucket(case: &Case<'_>) -> Option<Cause> {
    let (response, (_, claim)) = (case.response, case.arrived()?);
    let (wrong, right) = (claim.region()?, response.header(header::BUCKET_REGION)?);
    let says_no_other = matches!(response.status, Some(301 | 307 | 400 | 403))
        && (response.is_empty() || matches!(response.short_code(), "" | "PermanentRedirect"));
    let facts = facts(Some(wrong), Some(right));
    // A name that has only lost letters of the signed region was cut.
    let mut letters = wrong.chars();
    let is_cut = right.chars().all(|letter| letters.any(|signed| signed == letter));
    let is_whole = is_region(right) && !is_hidden(right) && !is_cut;
    // A policy may be the reason of a 403.
    let is_told = is_whole && response.status != Some(403);
    let ground = if is_told { Proof::Words } else { Proof::Nothing };
    (says_no_other && wrong != right).then(|| Cause::on(ground, CauseCode::WrongRegion, &facts))
}

/// Faults that explain a refusal without a reason.
pub(in crate::explain) fn of_refusal(case: &Case<'_>) -> Vec<Cause> {
    let Some(sent) = case.sent else { return Vec::new() };
    let is_unreadable = case.claim.is_none() && sent.header("authorization").is_some();
    let Some(claim) = &case.claim else {
        let code = CauseCode::Unsigned;
        let code = if is_unreadable { CauseCode::AuthorizationMalformed } else { code };
        return vec![Cause::possible(code, &[])];
    };
    let rules = ServiceRules::of(claim.service());
    let key: Vec<Fact> = case.key().into_iter().collect();
    let has_token = claim.session_token.is_some();
    let is_hash_needed = !claim.in_query && rules.requires_content_sha256;
    let has_hash = sent.header(header::CONTENT_SHA256).is_some();
    let unsigned = unsigned_headers(case);
    let checks = [
        (claim.access_key_id.starts_with("ASIA") && !has_token, CauseCode::SessionTokenMissing),
        (claim.access_key_id.starts_with("AKIA") && has_token, CauseCode::SessionTokenStale),
        (
            !claim.in_query && sent.parameter(parameter::SIGNATURE).is_some(),
            CauseCode::TwoAuthorizations,
        ),
        (is_hash_needed && !has_hash, CauseCode::ContentSha256Missing),
        (
            is_hash_needed && has_hash && !claim.is_signed(header::CONTENT_SHA256),
            CauseCode::ContentSha256NotSigned,
        ),
        (has_expired(case, claim), CauseCode::PresignedUrlExpired),
    ];
    let mut causes: Vec<_> = checks
        .into_iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, code)| Cause::possible(code, &key))
        .collect();
    causes.extend(skew(case, claim));
    causes.extend(of_mismatch(case));
    causes.extend(body(sent, claim, Proof::Nothing));
    causes.extend(unsigned.map(|names| Cause::possible(CauseCode::HeadersNotSigned, &[names])));
    causes
}

/// The `x-amz-*` headers that are sent and not signed.
pub(super) fn unsigned_headers(case: &Case<'_>) -> Option<Fact> {
    let (sent, claim) = case.signed()?;
    let names = sent.request.headers.iter().map(|header| header.name().to_ascii_lowercase());
    let names: Vec<_> = names
        .filter(|name| name.starts_with(header::PREFIX) && name != header::CONTENT_SHA256)
        .filter(|name| !claim.is_signed(name))
        .collect();
    (!names.is_empty()).then(|| ("headers", names.join(", ")))
}

/// The cause if the body doesn't have the hash in `x-amz-content-sha256`.
pub(in crate::explain) fn body(
    sent: SentRequest<'_>,
    claim: &Claim<'_>,
    ground: Proof,
) -> Option<Cause> {
    let (signed, present) = (sent.request.hashed_payload()?, sent.body?.as_str());
    let is_hash = signed.len() == HashedPayload::EMPTY_SHA256.len();
    if !is_hash || signed == present || claim.in_query {
        return None;
    }
    let code = OtherBodies::of(sent.content).cause(signed, present);
    // A file that was read for the explanation may have got a last line end.
    let ground = if code == CauseCode::BodyWhiteSpace { Proof::Nothing } else { ground };
    Some(Cause::on(ground, code, &[]))
}

fn facts(wrong: Option<&str>, right: Option<&str>) -> Vec<Fact> {
    let fact = |name, value: Option<&str>| value.map(|value| (name, value.to_owned()));
    fact("wrong", wrong).into_iter().chain(fact("right", right)).collect()
}

fn scope(claim: &Claim<'_>) -> Option<Cause> {
    if !claim.is_scope_complete() {
        return Some(Cause::possible(CauseCode::ScopeMalformed, &[]));
    }
    let time = claim.time.as_ref()?;
    let facts = [("scope", claim.date().to_owned()), ("date", time.date().to_owned())];
    (claim.date() != time.date()).then(|| Cause::possible(CauseCode::ScopeDate, &facts))
}

fn is_token_signed(sent: SentRequest<'_>, claim: &Claim<'_>) -> bool {
    let rules = ServiceRules::of(claim.service());
    let query = sent.request.url.query().filter(|_| claim.in_query).unwrap_or_default();
    let position = |name: &str| query.find(name);
    let token = position(rules.session_token_parameter);
    !rules.sign_session_token && token.is_some() && token < position(parameter::SIGNATURE)
}

fn has_expired(case: &Case<'_>, claim: &Claim<'_>) -> bool {
    let (Some(lifetime), Some((signed, server))) = (claim.expires_in, time::moments(case)) else {
        return false;
    };
    TimeDelta::try_seconds(lifetime).is_some_and(|lifetime| server - signed > lifetime)
}

fn skew(case: &Case<'_>, claim: &Claim<'_>) -> Option<Cause> {
    let (signed, server) = time::moments(case)?;
    let is_skewed = claim.expires_in.is_none() && (server - signed).abs() > TimeDelta::minutes(15);
    is_skewed.then(|| time::clock(case, None))
}

//! Possible mistakes that a request gives rise to, and parts that servers read differently.
//!
//! Without the secret it is not known what was signed, so all of these causes are only possible.

use super::super::bodies::OtherBodies;
use super::super::causes::{Cause, CauseCode, Fact, hop_of, is_rewritten};
use super::super::claim::{Claim, SentRequest};
use super::super::differences::is_loopback;
use super::super::lines::CanonicalLines;
use crate::sigv4::names::parameter;
use crate::sigv4::payload::HashedPayload;
use crate::sigv4::service::{PathRules, ServiceRules};

use CauseCode as Code;

/// Mistakes of the signer, or of the user of a presigned URL; the likely ones first.
///
/// `lines` are those of the sent request, or else of the one that arrived.
pub(in crate::explain) fn mistakes(
    lines: &CanonicalLines,
    path_rules: PathRules,
    sent: Option<SentRequest<'_>>,
    bodies: &OtherBodies,
) -> Vec<Cause> {
    let mut causes = headers(lines);
    if lines.query.contains("X-Amz-SignedHeaders=") {
        causes.extend(presigned(lines, sent));
        return causes;
    }
    causes.extend(rewritten_headers(&lines.signed_headers));
    causes.extend(sent.and_then(|sent| white_space(lines, sent)));
    let (raw_path, raw_query) = sent.map_or(("", ""), |sent| {
        (sent.request.url.path(), sent.request.url.query().unwrap_or_default())
    });
    causes.extend(path(&lines.uri, raw_path, path_rules).map(|code| Cause::possible(code, &[])));
    causes.extend(query(&lines.query, raw_query).map(|code| Cause::possible(code, &[])));
    causes.extend(port(lines));
    let is_hash = lines.hashed_payload.len() == HashedPayload::EMPTY_SHA256.len();
    let body = sent.and_then(|sent| sent.body);
    let is_body_signed = body.is_some_and(|body| body.as_str() == lines.hashed_payload)
        && sent.is_some_and(|sent| sent.request.is_payload_preset());
    if sent.is_some() && !is_body_signed && lines.hashed_payload != HashedPayload::EMPTY_SHA256 {
        if bodies.is_often_written_otherwise() {
            causes.push(Cause::possible(Code::BodyWrittenOtherwise, &[]));
        }
        let code = if is_hash { Code::BodyNotSigned } else { Code::UnsignedPayloadRefused };
        causes.push(Cause::possible(code, &[]));
    }
    causes
}

/// Parts of a correctly signed request that servers may read differently.
pub(in crate::explain) fn readings(sent: SentRequest<'_>, claim: &Claim<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    if claim.is_dated {
        causes.push(Cause::possible(Code::DateFormat, &[]));
    }
    let url = &sent.request.url;
    if ServiceRules::of(claim.service()).plus_is_ambiguous && url.path().contains('+') {
        causes.push(Cause::possible(Code::PathPlus, &[]));
    }
    if url.query().is_some_and(|query| query.contains('?')) {
        causes.push(Cause::possible(Code::QueryTwoQuestionMarks, &[]));
    }
    causes
}

/// Signed headers that did not arrive, which servers treat as empty.
pub(in crate::explain) fn headers(lines: &CanonicalLines) -> Vec<Cause> {
    let missing = lines.headers.iter().filter(|(_, value)| value.is_empty());
    missing.map(|(name, _)| of_header(Code::HeaderMissing, name)).collect()
}

/// The user of a presigned URL may send another method or other headers than were signed.
fn presigned(lines: &CanonicalLines, sent: Option<SentRequest<'_>>) -> Vec<Cause> {
    let mut causes = Vec::new();
    if lines.header("content-type").is_some_and(|value| !value.is_empty()) {
        causes.push(of_header(Code::HeaderChanged, "content-type"));
    }
    let query = sent.and_then(|sent| sent.request.url.query()).unwrap_or_default();
    let (_, after_signature) = query.split_once("X-Amz-Signature=").unwrap_or_default();
    let added: Vec<_> = after_signature
        .split('&')
        .skip(1)
        .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
        .filter(|name| !name.starts_with(parameter::PREFIX))
        .collect();
    if !added.is_empty() {
        causes.push(Cause::possible(Code::QueryParameterAdded, &[("name", added.join(", "))]));
    }
    let facts: Fact = ("theirs", lines.method.clone());
    causes.push(Cause::possible(Code::MethodChanged, &[facts]));
    causes
}

/// A signed header with a run of spaces, which is folded to one.
fn white_space(lines: &CanonicalLines, sent: SentRequest<'_>) -> Option<Cause> {
    let has_run = |value: &[u8]| value.trim_ascii().windows(2).any(|pair| pair == b"  ");
    let names = sent.request.headers.iter().filter(|header| has_run(header.value()));
    let mut names = names.map(|header| header.name().to_ascii_lowercase());
    let name = names.find(|name| lines.header(name).is_some())?;
    Some(of_header(Code::HeaderWhiteSpace, &name))
}

/// A port in the host, which not all signers sign, and which a proxy may remove. A server on this machine is
/// reached without a proxy.
pub(in crate::explain) fn port(lines: &CanonicalLines) -> Option<Cause> {
    let host = lines.header("host").filter(|host| !is_loopback(host))?;
    let (_, port) = host.rsplit_once(':')?;
    port.parse::<u16>().is_ok().then(|| Cause::possible(Code::HostPort, &[]))
}

/// Signed headers that are often rewritten on the way.
pub(in crate::explain) fn rewritten_headers(signed_headers: &str) -> Option<Cause> {
    let names: Vec<_> = signed_headers.split(';').filter(|name| is_rewritten(name)).collect();
    let hop = hop_of(names.first()?);
    let facts = [("header", names.join(", ")), ("hop", hop.to_owned())];
    Some(Cause::possible(Code::RewrittenHeaderSigned, &facts))
}

fn path(uri: &str, raw: &str, rules: PathRules) -> impl Iterator<Item = Code> {
    let has = |text: &str| uri.contains(text) || raw.contains(text);
    let is_encoded = uri.contains('%');
    [
        (!rules.double_encode && raw.contains('+'), Code::PathPlus),
        (rules.double_encode && uri.contains("%25"), Code::PathEncodedOnce),
        (!rules.double_encode && is_encoded, Code::PathEncodedTwice),
        (rules.double_encode && is_encoded && !uri.contains("%25"), Code::PathEscapes),
        (has("//") || has("/./") || has("/../"), Code::PathNormalized),
        (has(";") || has("%3B"), Code::PathParametersDropped),
    ]
    .into_iter()
    .filter_map(|(is_invited, code)| is_invited.then_some(code))
}

fn query(canonical: &str, raw: &str) -> impl Iterator<Item = Code> {
    let is_encoded = canonical.replace("%20", "").contains('%');
    [
        (raw.contains('?'), Code::QueryTwoQuestionMarks),
        (raw.contains('+') || canonical.contains("%20"), Code::QueryPlus),
        (is_encoded, Code::QueryEscapes),
        (canonical.contains('&'), Code::QueryOrder),
        (canonical.split('&').any(|pair| pair.ends_with('=')), Code::QueryEqualsSign),
    ]
    .into_iter()
    .filter_map(|(is_invited, code)| is_invited.then_some(code))
}

fn of_header(code: Code, name: &str) -> Cause {
    let facts = [("header", name.to_owned()), ("hop", hop_of(name).to_owned())];
    Cause::possible(code, &facts)
}

//! The meaning of error codes and messages.

use super::checks::{self, Target, body, unsigned_headers};
use super::refuted::is_refuted;
use super::rules::{CHUNK_MISMATCH, RULES, Rule};
use super::sentences::{self, Found};
use super::{Cause, CauseCode, Fact, Proof, time};
use crate::explain::METHODS;
use crate::explain::bodies::OtherBodies;
use crate::explain::evidence::Case;
use crate::explain::response::{Response, Speaker};
use crate::sigv4::names::{header, parameter};

use CauseCode as Code;

const DATE_FORM: &str = "a time in the form 20150830T123600Z";

/// Whether the response says that the signature doesn't match, or only that it is wrong.
///
/// STS, IAM, SQS and others of the query protocol have one code for all that is wrong with a
/// signature, its date and its scope, so what the message says counts first.
pub(in crate::explain) fn is_signature_mismatch(case: &Case<'_>, said: &[Cause]) -> bool {
    let response = case.response;
    let code = response.code.as_deref().unwrap_or_default();
    let message = response.said.as_deref().unwrap_or_default().to_ascii_lowercase();
    let is_signed_otherwise = said.iter().any(|cause| cause.code == Code::SignatureVersion);
    if message.contains(&CHUNK_MISMATCH.to_ascii_lowercase())
        || is_signed_otherwise
        || response.speaker == Speaker::Function
    {
        return false;
    }
    let is_code = code == "SignatureDoesNotMatch" || code.starts_with("InvalidSignature");
    // Servers show what they expected only if the signature doesn't match.
    response.says_mismatch()
        || (is_code && (said.is_empty() || response.canonical_request.is_some()))
}

/// The causes that the response names, refined by the request.
pub(in crate::explain) fn causes(case: &Case<'_>) -> Vec<Cause> {
    let response = case.response;
    if response.speaker == Speaker::Function {
        return Vec::new();
    }
    // In version 2, the string to sign begins with the method.
    let string_to_sign = response.string_to_sign.as_deref().unwrap_or_default();
    if METHODS.contains(&string_to_sign.lines().next().unwrap_or_default()) {
        let causes = told(Code::SignatureVersion, Vec::new(), case);
        return if response.proves_mismatch() { causes } else { Cause::all_possible(causes) };
    }
    let code = response.short_code();
    let message = response.said.as_deref().unwrap_or_default();
    let find = |rule: &'static Rule| {
        let is_code = rule.codes.is_empty() || rule.codes.contains(&code);
        let found = is_code.then(|| match rule.sentences {
            [] => Some(Found { facts: Vec::new(), is_first: true, is_whole: true }),
            sentences => sentences::find(sentences, message),
        });
        Some((rule, found??))
    };
    let Some((rule, found)) = RULES.iter().find_map(find) else { return Vec::new() };
    let is_told = match response.speaker {
        Speaker::Service => found.is_first,
        Speaker::Shared => found.is_first && found.is_whole && rule.codes.is_empty(),
        Speaker::Relayed | Speaker::Function => false,
    };
    if !is_told {
        return Cause::all_possible(refine(rule.cause, Vec::new(), case));
    }
    let others = RULES.iter().filter(|other| {
        is_of_scope(rule.cause) && is_of_scope(other.cause) && other.cause != rule.cause
    });
    let all = [(rule, found)].into_iter().chain(others.filter_map(find));
    all.flat_map(|(rule, found)| told(rule.cause, found.facts, case)).collect()
}

/// The causes that the server names, of which those are certain that the request does not refute.
fn told(code: CauseCode, facts: Vec<Fact>, case: &Case<'_>) -> Vec<Cause> {
    let mut causes = refine(code, facts, case);
    for cause in &mut causes {
        cause.certain &= !is_refuted(cause, case);
    }
    causes
}

/// Whether it is one of those that a message may name together.
fn is_of_scope(code: CauseCode) -> bool {
    matches!(code, Code::WrongRegion | Code::WrongService | Code::ScopeDate | Code::ScopeMalformed)
}

/// Adds what the request, or another part of the response, shows.
fn refine(code: CauseCode, mut facts: Vec<Fact>, case: &Case<'_>) -> Vec<Cause> {
    let response = case.response;
    let words = response.said.as_deref().unwrap_or_default();
    if facts.iter().any(|(name, value)| *name == "resource" && value.contains("****")) {
        facts.push(("account", " (with the account's id for the asterisks)".to_owned()));
    }
    let is_of_iam =
        facts.iter().any(|(name, value)| *name == "principal" && value.starts_with("arn:"));
    match code {
        Code::UnknownKey | Code::SessionTokenInvalid => return vec![key(code, case)],
        Code::UnknownPath => return missing_token(case),
        Code::Unsigned if response.short_code() == "MissingSecurityHeader" => {
            return missing_header(case);
        }
        Code::Unsigned if case.arrived().is_some() => {
            return vec![Cause::possible(Code::AuthorizationDropped, &[])];
        }
        Code::ClockBehind | Code::ClockAhead => return clock(code, case),
        // The bytes of the chunk may be those that were sent, if its signature is wrong.
        Code::BodyChanged if words.starts_with(CHUNK_MISMATCH) => {
            return vec![Cause::possible(code, &facts)];
        }
        Code::BodyChanged => return another_body(case),
        // Some endpoints say so of each signature that is not SigV4a.
        Code::WrongRegion if words.starts_with("The credential must be scoped") => {
            return [code, Code::RegionSet].map(|code| Cause::possible(code, &[])).into();
        }
        Code::AuthorizationMalformed if checks::is_other_scheme_sent(case) => {
            return vec![Cause::said(code, &facts), Cause::possible(Code::UnknownPath, &[])];
        }
        // Clusters have users of their own, too.
        Code::OpenSearchRole if !is_of_iam => return vec![Cause::possible(code, &facts)],
        Code::PresignedUrlExpired => facts.extend(time::expiry(case)),
        Code::WrongRegion | Code::WrongService => return vec![scope(code, facts, case)],
        // Tokens of sign-in services have the same code.
        Code::SessionTokenExpired
            if !words.contains("provided token has expired")
                && !words.contains("token included in the request is expired") =>
        {
            return vec![Cause::possible(code, &facts)];
        }
        // API Gateway says so of its authorizers.
        Code::AccessDenied
            if response.short_code() == "Unauthorized" && words == "Unauthorized" =>
        {
            return [Code::ApplicationRefused, code].map(|code| Cause::possible(code, &[])).into();
        }
        Code::AccessDenied => facts.extend(reason(response)),
        Code::BodyIncomplete if response.short_code() == "MissingContentLength" => {
            facts.push(("body", "the length of the body was not announced".to_owned()));
        }
        Code::ServiceControlPolicy if words.contains("no resource control policy allows") => {
            facts.push(("policy", "resource control policy".to_owned()));
        }
        // Other messages are the same for an explicit Deny.
        Code::NoPolicyAllows if words.contains("because no identity-based policy allows") => {
            facts.extend([("policies", "no policy allows".to_owned()), ("deny", String::new())]);
        }
        Code::WrongEndpoint => {
            let endpoint = response.field(&["Endpoint"]);
            let endpoint = endpoint.or_else(|| response.header("location").map(str::to_owned));
            facts.extend(endpoint.map(|endpoint| ("endpoint", endpoint)));
        }
        Code::HeadersNotSigned => {
            facts.extend(response.field(&["HeadersNotSigned"]).map(|names| ("headers", names)));
            facts.extend(unsigned_headers(case));
        }
        Code::AuthorizationIncomplete => {
            if words.contains("non-empty Access Key") {
                return vec![Cause::said(code, &[("missing", "the access key id".to_owned())])];
            }
            if words.contains("ISO-8601") {
                return vec![Cause::said(code, &[("missing", DATE_FORM.to_owned())])];
            }
            let parts = ["Credential", "Signature", "SignedHeaders", parameter::DATE];
            let missing = parts.iter().filter(|part| words.contains(&format!("'{part}'")));
            let missing: Vec<_> = missing.copied().collect();
            facts.extend((!missing.is_empty()).then(|| ("missing", missing.join(", "))));
        }
        _ => {}
    }
    vec![Cause::said(code, &facts)]
}

/// The causes if the time of the signature is not near the server's.
fn clock(code: CauseCode, case: &Case<'_>) -> Vec<Cause> {
    let response = case.response;
    // `RequestTimeTooSkewed` is sent for a clock that is ahead, too, `RequestExpired` for a
    // token or URL that has expired.
    let is_either = ["RequestTimeTooSkewed", "RequestExpired"].contains(&response.short_code());
    let told = if is_either { time::told(response) } else { Some(code) };
    let clock = time::clock(case, told);
    let is_token = response.short_code() == "RequestExpired";
    let token = is_token.then(|| Cause::possible(Code::SessionTokenExpired, &[]));
    let ahead = told.is_none().then(|| Cause::possible(Code::ClockAhead, &[]));
    [clock].into_iter().chain(token).chain(ahead).collect()
}

/// The cause if the scope has another region or service than the endpoint.
fn scope(code: CauseCode, mut facts: Vec<Fact>, case: &Case<'_>) -> Cause {
    let response = case.response;
    let target = Target::of(case);
    if target.is_swapped() {
        return Cause::said(Code::ScopeSwapped, &target.swapped_facts());
    }
    // The response's own word comes first, then what the host tells.
    let region = code == Code::WrongRegion;
    let named = response.field(&["Region"]).filter(|_| region);
    facts.extend(named.map(|name| ("right", name)));
    let signed = case
        .arrived()
        .and_then(|(_, claim)| if region { claim.region() } else { Some(claim.service()) });
    if facts.iter().any(|(name, value)| *name == "right" && Some(value.as_str()) == signed) {
        return Cause::possible(code, &[]);
    }
    facts.extend(if region { target.region_facts() } else { target.service_facts() });
    // The host may have the same region, if the endpoint has another name.
    let wrong = facts.iter().find(|(name, _)| *name == "wrong").cloned();
    facts.retain(|(name, value)| {
        *name != "right" || wrong.as_ref().is_none_or(|(_, wrong)| wrong != value)
    });
    Cause::said(code, &facts)
}

/// The causes if the body does not have the hash that was signed.
fn another_body(case: &Case<'_>) -> Vec<Cause> {
    let (response, code) = (case.response, Code::BodyChanged);
    // `Content-MD5` itself may be wrong, which is not about the signature.
    let is_told = response.short_code() != "BadDigest";
    let ground = if is_told { Proof::Words } else { Proof::Nothing };
    let computed = response.field(&["S3ComputedContentSHA256"]);
    if let (Some((sent, _)), Some(theirs)) = (case.arrived(), computed)
        && let Some(ours) = sent.request.hashed_payload()
    {
        return vec![Cause::said(OtherBodies::of(sent.content).cause(ours, &theirs), &[])];
    }
    let seen = case.arrived().and_then(|(sent, claim)| body(sent, claim, ground));
    let told = Cause::on(ground, code, &[]);
    // The hash of no body, or of the same content, shows it whatever body arrived.
    let is_shown = |code| {
        matches!(code, Code::BodyNotSigned | Code::BodyWrittenOtherwise | Code::BodyWhiteSpace)
    };
    match seen {
        Some(seen) if is_shown(seen.code) => {
            vec![seen]
        }
        Some(seen) => vec![told, Cause::possible(seen.code, &seen.facts)],
        None => vec![told],
    }
}

/// The cause if the access key, or its session token, is not accepted.
fn key(code: CauseCode, case: &Case<'_>) -> Cause {
    let words = case.response.said.as_deref().unwrap_or_default();
    let fact = case.key();
    let key = fact.as_ref().map_or("", |(_, key)| key.as_str());
    let claim = case.arrived().map(|(_, claim)| claim);
    let has_token = claim.map(|claim| claim.session_token.is_some());
    let own = case.evidence.credentials.filter(|own| key == own.access_key_id());
    let [is_temporary, is_lasting] = ["ASIA", "AKIA"].map(|start| key.starts_with(start));
    // For other keys, the signer's own credentials show whether there is a token.
    let needs_token = own.filter(|_| !is_temporary && !is_lasting);
    let needs_token = needs_token.map(|own| own.session_token().is_some());
    let is_temporary = is_temporary || needs_token == Some(true);
    let is_lasting = is_lasting || needs_token == Some(false);
    let code = match has_token {
        Some(false) if is_temporary => Code::SessionTokenMissing,
        Some(true) if is_lasting => Code::SessionTokenStale,
        Some(true) if is_temporary => Code::SessionTokenInvalid,
        _ => code,
    };
    // The message is the same for an unknown key and for a wrong or missing token.
    let is_told = match code {
        // MinIO sends the code for a token that is missing, too.
        Code::UnknownKey if case.response.short_code() == "InvalidTokenId" => false,
        Code::UnknownKey => has_token == Some(false) || key.starts_with("AKIA"),
        // Tokens of other kinds have the same code.
        Code::SessionTokenInvalid => {
            let sent = claim.and_then(|claim| claim.session_token.as_deref());
            words.contains("provided token is malformed")
                || own.is_some_and(|own| own.session_token() != sent)
        }
        _ => true,
    };
    let ground = if is_told { Proof::Words } else { Proof::Nothing };
    Cause::on(ground, code, fact.as_slice())
}

/// API Gateway sends this message for unsigned requests and for unknown paths.
fn missing_token(case: &Case<'_>) -> Vec<Cause> {
    let has_authorization = case.sent.is_some_and(|sent| sent.header("authorization").is_some());
    let codes: &[_] = match (&case.claim, case.sent) {
        (Some(_), _) if case.arrived().is_some() => {
            &[Code::UnknownPath, Code::AuthorizationDropped]
        }
        (None, Some(_)) if has_authorization => &[Code::AuthorizationMalformed, Code::UnknownPath],
        (None, Some(_)) => &[Code::Unsigned, Code::UnknownPath],
        _ => &[Code::UnknownPath, Code::Unsigned],
    };
    codes.iter().map(|code| Cause::possible(*code, &[])).collect()
}

/// S3 names the header that it misses, which need not be `Authorization`.
fn missing_header(case: &Case<'_>) -> Vec<Cause> {
    match case.response.field(&["MissingHeaderName"]).map(|name| name.to_ascii_lowercase()) {
        None => vec![Cause::possible(Code::Unsigned, &[])],
        Some(name) if name == "authorization" => vec![Cause::said(Code::Unsigned, &[])],
        Some(name) if name == header::CONTENT_SHA256 => {
            vec![Cause::said(Code::ContentSha256Missing, &[])]
        }
        Some(_) => Vec::new(),
    }
}

/// What a message about denied access says more than that.
fn reason(response: &Response) -> Option<Fact> {
    response.said.as_ref()?;
    let words = response.words()?.trim_end_matches('.');
    let is_plain = ["access denied", "unauthorized"].contains(&words.to_ascii_lowercase().as_str());
    (!is_plain && !words.is_empty()).then(|| ("why", format!(": {words}")))
}

//! What the server's own words mean.

use crate::explain::Evidence;
use crate::explain::causes::{Cause, CauseCode, Fact};
use crate::explain::claim::Claim;
use crate::explain::response::between;

/// One way in which AWS says something. The first that fits decides.
struct Rule {
    cause: CauseCode,
    /// Error codes, without the `Exception` that some services add; none: any.
    codes: &'static [&'static str],
    /// Parts of the message, in lowercase, of which one is there; none: any message.
    phrases: &'static [&'static str],
    /// Names of facts, and what stands before and after them in the message.
    facts: &'static [(&'static str, &'static str, &'static str)],
}

const fn rule(
    cause: CauseCode,
    codes: &'static [&'static str],
    phrases: &'static [&'static str],
    facts: &'static [(&'static str, &'static str, &'static str)],
) -> Rule {
    Rule { cause, codes, phrases, facts }
}

/// Who may not do what, as AWS says it since 2021.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
const DENIAL: &[(&str, &str, &str)] = &[
    ("principal", "User: ", " "),
    ("action", "to perform: ", " "),
    ("resource", "on resource: ", " "),
    ("policy", "explicit deny in ", "\n"),
];
const NOT_ALLOWED: &str = "is not authorized to perform";
/// The request is signed well, and a piece of its body is not.
const CHUNK_MISMATCH: &str = "chunk signature we calculated does not match";
const OPENSEARCH: &[(&str, &str, &str)] =
    &[("action", "no permissions for [", "]"), ("principal", "User [name=", ",")];

use CauseCode as Code;

/// In the order in which the messages are told apart: the particular before the general.
const RULES: &[Rule] = &[
    // Authorization.
    rule(Code::TwoAuthorizations, &[], &["only one auth mechanism allowed"], &[]),
    rule(Code::RegionSet, &[], &["please use aws4-ecdsa-p256-sha256", "x-amz-region-set"], &[]),
    rule(
        Code::SignatureVersion,
        &[],
        &[
            "please use aws4-hmac-sha256",
            "authorization mechanism you have provided is not supported",
        ],
        &[],
    ),
    rule(Code::HostNotSigned, &[], &["must be a 'signedheader'"], &[]),
    rule(Code::AuthorizationIncomplete, &[], &["authorization header requires"], &[]),
    rule(
        Code::ScopeMalformed,
        &[],
        &["slash-delimited", "valid terminator", "credential is mal-formed", "scoped with a valid"],
        &[],
    ),
    rule(
        Code::ScopeDate,
        &[],
        &["date in credential scope", "invalid credential date"],
        &[("scope", "HTTP: '", "'"), ("date", "!= '", "'")],
    ),
    rule(
        Code::WrongRegion,
        &[],
        &["scoped to a valid region", "' is wrong; expecting '", "the region is wrong"],
        &[("wrong", "the region '", "'"), ("wrong", ", not '", "'"), ("right", "expecting '", "'")],
    ),
    rule(
        Code::WrongService,
        &[],
        &["correct service", "incorrect service", "service is wrong"],
        &[
            ("right", "correct service: '", "'"),
            ("right", "belongs to \"", "\""),
            ("wrong", "incorrect service \"", "\""),
        ],
    ),
    rule(Code::PresignedLifetime, &[], &["x-amz-expires must be", "x-amz-expires should be"], &[]),
    rule(
        Code::ContentSha256Missing,
        &[],
        &["missing required header for this request: x-amz-content-sha256"],
        &[],
    ),
    rule(
        Code::ContentSha256NotSigned,
        &[],
        &["x-amz-content-sha256 must be included in signature"],
        &[],
    ),
    rule(Code::ContentSha256Invalid, &[], &["x-amz-content-sha256 must be"], &[]),
    rule(
        Code::AuthorizationMalformed,
        &["IncompleteSignature", "AuthorizationHeaderMalformed", "InvalidArgument"],
        &["authorization", "key=value pair"],
        &[],
    ),
    rule(Code::AuthorizationMalformed, &["IncompleteSignature"], &[], &[]),
    rule(
        Code::AuthorizationMalformed,
        &[],
        &["valid key=value pair (missing equal-sign)", "must be in iso-8601 'basic format'"],
        &[],
    ),
    rule(Code::HeadersNotSigned, &[], &["which were not signed", "must be signed"], &[]),
    // Time.
    rule(Code::ClockBehind, &[], &["signature expired"], &[]),
    rule(Code::ClockAhead, &[], &["signature not yet current"], &[]),
    rule(
        Code::ClockBehind,
        &["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"],
        &[],
        &[],
    ),
    rule(Code::PresignedUrlExpired, &["AccessDenied"], &["request has expired"], &[]),
    // The body.
    rule(Code::BodyChanged, &[], &[CHUNK_MISMATCH], &[]),
    rule(Code::BodyChanged, &["XAmzContentSHA256Mismatch", "BadDigest"], &[], &[]),
    rule(Code::BodyIncomplete, &["IncompleteBody", "MissingContentLength"], &[], &[]),
    // Keys and tokens.
    rule(
        Code::SessionTokenExpired,
        &[],
        &["token included in the request is expired", "token has expired", "token is expired"],
        &[],
    ),
    rule(Code::SessionTokenExpired, &["ExpiredToken", "TokenRefreshRequired"], &[], &[]),
    rule(Code::SessionTokenInvalid, &["InvalidToken"], &[], &[]),
    rule(
        Code::UnknownKey,
        &["InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClient", "NotSignedUp"],
        &[],
        &[],
    ),
    rule(Code::UnknownKey, &[], &["token included in the request is invalid"], &[]),
    rule(Code::KeyNotValidated, &["AuthFailure"], &[], &[]),
    rule(Code::KeyNotValidated, &[], &["not able to validate the provided access cred"], &[]),
    rule(Code::NotSubscribed, &["OptInRequired", "SubscriptionRequired"], &[], &[]),
    // Policies.
    rule(Code::Unsigned, &[], &["user: anonymous is not authorized"], DENIAL),
    rule(Code::ExplicitDeny, &[], &["explicit deny"], DENIAL),
    rule(Code::ResourcePolicy, &[], &["no resource-based policy allows"], DENIAL),
    rule(Code::PermissionsBoundary, &[], &["no permissions boundary allows"], DENIAL),
    rule(
        Code::ServiceControlPolicy,
        &[],
        &["no service control policy allows", "no resource control policy allows"],
        DENIAL,
    ),
    rule(Code::SessionPolicy, &[], &["no session policy allows"], DENIAL),
    rule(Code::VpcEndpointPolicy, &[], &["no vpc endpoint policy allows"], DENIAL),
    rule(Code::NoPolicyAllows, &[], &[NOT_ALLOWED], DENIAL),
    rule(Code::OpenSearchRole, &[], &["no permissions for ["], OPENSEARCH),
    rule(Code::OpenSearchRole, &["security_exception"], &[], OPENSEARCH),
    // What all but API Gateway say of a missing signature, and then what it says for several reasons.
    rule(Code::Unsigned, &[], &["request is missing authentication token"], &[]),
    rule(Code::UnknownPath, &[], &["missing authentication token"], &[]),
    rule(Code::Unsigned, &["MissingAuthenticationToken", "MissingSecurityHeader"], &[], &[]),
    rule(Code::Unsigned, &[], &["valid authorization header not provided"], &[]),
    rule(
        Code::WrongEndpoint,
        &["PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraint"],
        &[],
        &[],
    ),
    rule(Code::Forbidden, &["Forbidden"], &[], &[]),
    rule(Code::Forbidden, &["", "AccessDenied"], &["forbidden"], &[]),
    rule(Code::AccessDenied, &["AccessDenied", "AllAccessDisabled", "Unauthorized"], &[], &[]),
];

/// Whether the answer says that the signature is not that of the request, or says no more than that
/// the signature is wrong.
///
/// STS, IAM, SQS and others of the query protocol have one code for all that is wrong with a
/// signature, its date and its scope, so what the message says counts first.
pub(in crate::explain) fn is_signature_mismatch(evidence: &Evidence<'_>, said: &[Cause]) -> bool {
    let answer = evidence.answer;
    let code = answer.error_code().unwrap_or_default();
    let message = answer.message().unwrap_or_default().to_ascii_lowercase();
    if message.contains(CHUNK_MISMATCH) {
        return false;
    }
    let says_so = message.contains("signature we calculated does not match")
        || message.contains("signature does not match");
    let is_code = code == "SignatureDoesNotMatch" || code.starts_with("InvalidSignature");
    // Nobody shows what was expected for another reason.
    says_so || (is_code && (said.is_empty() || answer.canonical_request().is_some()))
}

/// What the answer says, with what the request adds to it.
pub(in crate::explain) fn cause(evidence: &Evidence<'_>, claim: Option<&Claim<'_>>) -> Vec<Cause> {
    let answer = evidence.answer;
    let code = answer.error_code().unwrap_or_default();
    let code = code.strip_suffix("Exception").unwrap_or(&code);
    let message = answer.message().unwrap_or_default();
    let lowercase = message.to_ascii_lowercase();
    let fits = |rule: &&Rule| {
        (rule.codes.is_empty() || rule.codes.contains(&code))
            && (rule.phrases.is_empty()
                || rule.phrases.iter().any(|words| lowercase.contains(words)))
    };
    let Some(rule) = RULES.iter().find(fits) else { return Vec::new() };
    let found = rule.facts.iter().filter_map(|(name, before, after)| {
        let words = between(&message, before, after)?;
        let words = words.trim().trim_matches(['"', '\'', '.', ',']);
        (!words.is_empty()).then(|| (*name, words.to_owned()))
    });
    let mut facts: Vec<Fact> = found.collect();
    if facts.iter().any(|(name, value)| *name == "resource" && value.contains("****")) {
        facts.push(("account", " (with the account's id for the asterisks)".to_owned()));
    }
    refine(rule.cause, facts, evidence, claim)
}

/// What only the request, or another part of the answer, can tell.
fn refine(
    code: CauseCode,
    mut facts: Vec<Fact>,
    evidence: &Evidence<'_>,
    claim: Option<&Claim<'_>>,
) -> Vec<Cause> {
    let answer = evidence.answer;
    match code {
        Code::UnknownKey | Code::SessionTokenInvalid => return vec![key(code, evidence, claim)],
        Code::UnknownPath => return missing_token(evidence, claim),
        Code::ClockBehind | Code::ClockAhead => {
            return vec![super::time::clock(code, evidence, claim)];
        }
        Code::BodyChanged => {
            let (Some(sent), Some(claim)) = (evidence.sent, claim) else {
                return vec![Cause::seen(code, &facts)];
            };
            let seen = super::checks::body(sent, claim);
            return vec![seen.unwrap_or_else(|| Cause::seen(code, &facts))];
        }
        Code::PresignedUrlExpired => facts.extend(super::time::expiry(evidence)),
        Code::WrongRegion | Code::WrongService => {
            // The answer's own word comes first, then what the host tells.
            let region = code == Code::WrongRegion;
            let named = answer.field(&["Region"]).filter(|_| region);
            facts.extend(named.map(|name| ("right", name)));
            let subject = super::checks::Subject::of(evidence, claim);
            facts.extend(if region { subject.region_facts() } else { subject.service_facts() });
        }
        Code::WrongEndpoint => {
            let endpoint = answer.field(&["Endpoint"]);
            let endpoint = endpoint.or_else(|| answer.header("location").map(str::to_owned));
            facts.extend(endpoint.map(|endpoint| ("endpoint", endpoint)));
        }
        Code::HeadersNotSigned => {
            facts.extend(answer.field(&["HeadersNotSigned"]).map(|names| ("headers", names)));
            facts.extend(super::checks::unsigned_headers(evidence, claim).map(|n| ("headers", n)));
        }
        Code::AuthorizationIncomplete => {
            let message = answer.message().unwrap_or_default();
            let parts = ["Credential", "Signature", "SignedHeaders", "X-Amz-Date"];
            let missing = parts.iter().filter(|part| message.contains(&format!("'{part}'")));
            let missing: Vec<_> = missing.copied().collect();
            facts.extend((!missing.is_empty()).then(|| ("missing", missing.join(", "))));
        }
        _ => {}
    }
    vec![Cause::seen(code, &facts)]
}

/// An access key that isn't known, or only together with its token.
fn key(code: CauseCode, evidence: &Evidence<'_>, claim: Option<&Claim<'_>>) -> Cause {
    let of_answer = evidence.answer.field(&["AWSAccessKeyId"]);
    let key = claim.map(|claim| claim.access_key_id.clone()).or(of_answer);
    let has_token = claim.map(|claim| claim.session_token.is_some());
    // Whoever has the credentials knows whether a token goes with them.
    let own = evidence.credentials.filter(|own| key.as_deref() == Some(own.access_key_id()));
    let needs_token = own.map(|own| own.session_token().is_some());
    let code = match (key.as_deref().unwrap_or_default(), has_token) {
        (_, Some(false)) if needs_token == Some(true) => Code::SessionTokenMissing,
        (_, Some(true)) if needs_token == Some(false) => Code::SessionTokenStale,
        (_, Some(true)) if needs_token == Some(true) => Code::SessionTokenInvalid,
        (key, Some(false)) if key.starts_with("ASIA") => Code::SessionTokenMissing,
        (key, Some(true)) if key.starts_with("AKIA") => Code::SessionTokenStale,
        (key, Some(true)) if key.starts_with("ASIA") => Code::SessionTokenInvalid,
        _ => code,
    };
    let facts: Vec<Fact> = key.map(|key| ("key", key)).into_iter().collect();
    Cause::seen(code, &facts)
}

/// API Gateway's words for both a request without a signature and a path that it doesn't have.
fn missing_token(evidence: &Evidence<'_>, claim: Option<&Claim<'_>>) -> Vec<Cause> {
    match (claim, evidence.sent) {
        (Some(_), _) => vec![Cause::seen(Code::UnknownPath, &[])],
        (None, Some(_)) => {
            vec![Cause::seen(Code::Unsigned, &[]), Cause::possible(Code::UnknownPath, &[])]
        }
        (None, None) => {
            vec![Cause::possible(Code::UnknownPath, &[]), Cause::possible(Code::Unsigned, &[])]
        }
    }
}

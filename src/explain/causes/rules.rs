//! The table of error codes and messages, and the causes that they name.

use super::CauseCode;

use CauseCode as Code;

/// One error code or message. The first rule that matches counts.
pub(super) struct Rule {
    pub(super) cause: CauseCode,
    /// Error codes, without the `Exception` that some services add; none: any.
    pub(super) codes: &'static [&'static str],
    /// Parts of the message, in lowercase, of which one is there; none: any message.
    pub(super) phrases: &'static [&'static str],
    /// Names of facts, and what stands before and after them in the message.
    pub(super) facts: Facts,
}

pub(super) type Facts = &'static [(&'static str, &'static str, &'static str)];

const NO_FACTS: Facts = &[];
/// Who may not do what, as AWS says it since 2021.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
const DENIAL: Facts = &[
    ("principal", "User:", " is not authorized"),
    ("action", "to perform: ", " "),
    ("resource", "on resource: ", "\n"),
    ("policy", "explicit deny in ", "\n"),
];
const OPENSEARCH: Facts =
    &[("action", "no permissions for [", "]"), ("principal", "User [name=", ",")];
const SCOPE_DATE: Facts = &[("scope", "HTTP: '", "'"), ("date", "!= '", "'")];
const REGION: Facts =
    &[("wrong", "the region '", "'"), ("wrong", ", not '", "'"), ("right", "expecting '", "'")];
const SERVICE: Facts = &[
    ("right", "correct service: '", "'"),
    ("right", "belongs to \"", "\""),
    ("wrong", "incorrect service \"", "\""),
];
const CONDITION: Facts = &[("condition", "Policy Condition failed: ", "\n")];
const FIELD: Facts = &[("field", "Extra input fields: ", "\n")];
const PROFILE: Facts = &[("profile", "--profile ", " ")];
/// The request is signed well, and a piece of its body is not.
pub(super) const CHUNK_MISMATCH: &str = "chunk signature we calculated does not match";

macro_rules! rules {
    ($($cause:ident $codes:tt $phrases:tt $facts:ident)+) => {
        &[$(Rule { cause: Code::$cause, codes: &$codes, phrases: &$phrases, facts: $facts },)+]
    };
}

/// The specific rules come before the general ones.
pub(super) const RULES: &[Rule] = rules! {
    // Authorization.
    TwoAuthorizations [] ["only one auth mechanism allowed"] NO_FACTS
    RegionSet [] ["please use aws4-ecdsa-p256-sha256", "x-amz-region-set"] NO_FACTS
    SignatureVersion [] ["please use aws4-hmac-sha256", "authorization mechanism you have provided is not supported"] NO_FACTS
    HostNotSigned [] ["'host' must be a 'signedheader'", "':authority' must be a 'signedheader'"] NO_FACTS
    AuthorizationIncomplete [] ["authorization header requires '", "query-string authentication version 4 requires", "query-string parameters must include"] NO_FACTS
    ScopeMalformed [] ["slash-delimited", "credential is mal-formed"] NO_FACTS
    ScopeDate [] ["date in credential scope", "invalid credential date"] SCOPE_DATE
    WrongRegion [] ["scoped to a valid region", "' is wrong; expecting '", "the region is wrong"] REGION
    WrongService [] ["scoped to correct service", "incorrect service \"", "the service is wrong"] SERVICE
    ScopeMalformed [] ["valid terminator", "scoped with a valid"] NO_FACTS
    PresignedLifetime [] ["x-amz-expires must be", "x-amz-expires should be"] NO_FACTS
    ContentSha256Missing [] ["missing required header for this request: x-amz-content-sha256"] NO_FACTS
    ContentSha256NotSigned [] ["x-amz-content-sha256 must be included in signature"] NO_FACTS
    ContentSha256Invalid [] ["x-amz-content-sha256 must be"] NO_FACTS
    AuthorizationMalformed ["IncompleteSignature", "AuthorizationHeaderMalformed"] ["authorization", "key=value pair"] NO_FACTS
    AuthorizationMalformed ["InvalidArgument"] ["authorization header", "authorization type"] NO_FACTS
    AuthorizationIncomplete [] ["must be in iso-8601 'basic format'", "requires a valid date or x-amz-date"] NO_FACTS
    TwoAuthorizations [] ["found both 'x-amz-algorithm'"] NO_FACTS
    AuthorizationMalformed ["IncompleteSignature"] [] NO_FACTS
    AuthorizationMalformed [] ["valid key=value pair (missing equal-sign)"] NO_FACTS
    HeadersNotSigned [] ["which were not signed", "must be a 'signedheader'"] NO_FACTS
    HeadersNotSigned ["AccessDenied", "InvalidRequest", "SignatureDoesNotMatch"] ["must be signed"] NO_FACTS
    // S3's forms.
    PostPolicyCondition [] ["invalid according to policy: policy condition failed"] CONDITION
    PostPolicyField [] ["invalid according to policy: extra input fields"] FIELD
    PostPolicyExpired [] ["invalid according to policy: policy expired"] NO_FACTS
    // Time.
    PresignedUrlExpired ["AccessDenied", "ExpiredToken"] ["request has expired", "request signature expired"] NO_FACTS
    ClockAhead ["AccessDenied"] ["request is not yet valid", "request is not valid yet"] NO_FACTS
    ClockBehind [] ["signature expired: "] NO_FACTS
    ClockAhead [] ["signature not yet current"] NO_FACTS
    ClockAhead ["RequestInTheFuture"] [] NO_FACTS
    ClockBehind ["RequestTimeTooSkewed", "RequestExpired"] [] NO_FACTS
    // The body.
    BodyChanged [] [CHUNK_MISMATCH] NO_FACTS
    BodyChanged ["XAmzContentSHA256Mismatch", "BadDigest"] [] NO_FACTS
    BodyIncomplete ["IncompleteBody", "MissingContentLength"] [] NO_FACTS
    // Keys and tokens.
    SsoSessionExpired [] ["sso session associated with this profile has expired", "error loading sso token", "retrieving token from sso"] PROFILE
    SsoSessionExpired ["Unauthorized"] ["session token not found or invalid"] PROFILE
    SessionTokenExpired [] ["token included in the request is expired"] NO_FACTS
    SessionTokenExpired ["ExpiredToken", "TokenRefreshRequired"] [] NO_FACTS
    SessionTokenInvalid ["InvalidToken"] [] NO_FACTS
    UnknownKey ["InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClient"] [] NO_FACTS
    UnknownKey [] ["token included in the request is invalid"] NO_FACTS
    KeyNotValidated [] ["not able to validate the provided access cred"] NO_FACTS
    NotSubscribed ["NotSignedUp", "OptInRequired", "SubscriptionRequired"] [] NO_FACTS
    // Policies.
    ExplicitDeny [] ["with an explicit deny"] DENIAL
    Unsigned [] ["user: anonymous is not authorized", "anonymous caller does not have"] DENIAL
    ResourcePolicy [] ["no resource-based policy allows"] DENIAL
    PermissionsBoundary [] ["no permissions boundary allows"] DENIAL
    ServiceControlPolicy [] ["no service control policy allows", "no resource control policy allows"] DENIAL
    SessionPolicy [] ["no session policy allows"] DENIAL
    VpcEndpointPolicy [] ["no vpc endpoint policy allows"] DENIAL
    NoPolicyAllows [] ["is not authorized to perform: "] DENIAL
    OpenSearchRole [] ["no permissions for ["] OPENSEARCH
    OpenSearchRole ["security_exception"] [] OPENSEARCH
    // Messages about a missing signature. That of API Gateway has several reasons.
    Unsigned [] ["request is missing authentication token", "valid authorization header not provided"] NO_FACTS
    Unsigned ["MissingSecurityHeader"] [] NO_FACTS
    UnknownPath [] ["missing authentication token"] NO_FACTS
    UnknownPath ["MissingAuthenticationToken"] [] NO_FACTS
    WrongEndpoint ["PermanentRedirect", "TemporaryRedirect"] [] NO_FACTS
    Forbidden ["Forbidden", "403"] [] NO_FACTS
    Forbidden ["AccessDenied"] ["forbidden"] NO_FACTS
    Forbidden [""] ["access denied", "access is denied", "forbidden"] NO_FACTS
    AccessDenied ["AccessDenied", "AllAccessDisabled", "AuthFailure", "Unauthorized", "UnauthorizedOperation"] [] NO_FACTS
};

//! The table of error codes and messages, and the causes that they name.

use super::CauseCode;

use CauseCode as Code;

/// One error code or message. The first rule that fits counts.
pub(super) struct Rule {
    pub(super) cause: CauseCode,
    /// Error codes, without the `Exception` that some services add; none: any.
    pub(super) codes: &'static [&'static str],
    /// Templates of sentences, of which one is in the message; none: any message.
    pub(super) sentences: &'static [&'static str],
}

/// The request is signed well, and a piece of its body is not.
pub(super) const CHUNK_MISMATCH: &str = "The chunk signature we calculated does not match";

/// Who may not do what, as AWS says it since 2021, and what follows.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
macro_rules! denied {
    ($reason:literal) => {
        concat!(
            "User: {principal:arn} is not authorized to perform: {action:action}",
            "< on resource: {resource:name}>",
            $reason
        )
    };
}

macro_rules! rules {
    ($($cause:ident $codes:tt $sentences:tt)+) => {
        &[$(Rule { cause: Code::$cause, codes: &$codes, sentences: &$sentences },)+]
    };
}

/// The specific rules come before the general ones.
pub(super) const RULES: &[Rule] = rules! {
    // Authorization.
    TwoAuthorizations [] ["Only one auth mechanism allowed; {:text}", "Found both 'X-Amz-Algorithm'< as a query-string param and 'Authorization' as HTTP header>"]
    RegionSet [] ["The authorization mechanism you have provided is not supported. Please use AWS4-ECDSA-P256-SHA256"]
    SignatureVersion [] ["The authorization mechanism you have provided is not supported"]
    HostNotSigned [] ["<'Host' or >':authority' must be a 'SignedHeader'< in the AWS Authorization>", "'Host' must be a 'SignedHeader'< in the AWS Authorization>"]
    AuthorizationIncomplete [] ["Authorization header requires '{:name}' parameter<. {:text}>", "Authorization header requires existence of< either a 'X-Amz-Date' or a 'Date' header. {:text}>", "Query-string authentication version 4 requires", "AWS query-string parameters must include '{:name}'<. {:text}>"]
    AuthorizationIncomplete [] ["a non-empty Access Key (AKID) must be provided"]
    AuthorizationIncomplete [] ["Date must be in ISO-8601 'basic format'<. {:text}>", "AWS authentication requires a valid Date or x-amz-date"]
    ScopeMalformed [] ["Credential must have exactly< {:name} slash-delimited elements, {:text}>", "the Credential is mal-formed", "Credential should be scoped with a valid< terminator: {:text}>"]
    ScopeDate [] ["Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP<: '{scope:day}' != '{date:day}'><, from {:text}>", "invalid credential date"]
    WrongRegion [] ["Credential should be scoped to a valid region<, not '{wrong:id}'><. Credential should be {:text}>", "The credential must be scoped to a valid region", "the region< '{wrong:id}'> is wrong<; expecting '{right:id}'>"]
    WrongService [] ["Credential should be scoped to correct service<: '{right:id}'><. Credential should be {:text}>", "incorrect service \"{wrong:id}\"<. This endpoint belongs to \"{right:id}\">", "the service is wrong"]
    PresignedLifetime [] ["X-Amz-Expires must be", "X-Amz-Expires should be"]
    ContentSha256Missing [] ["Missing required header for this request: x-amz-content-sha256"]
    ContentSha256NotSigned [] ["x-amz-content-sha256 must be included in signature"]
    ContentSha256Invalid [] ["x-amz-content-sha256 must be"]
    AuthorizationMalformed ["InvalidArgument"] ["Authorization header", "Unsupported Authorization Type"]
    AuthorizationMalformed ["IncompleteSignature", "AuthorizationHeaderMalformed"] []
    AuthorizationMalformed [] ["'{:text}' not a valid key=value pair (missing equal-sign)< in Authorization header: {:text}>", "Invalid key=value pair (missing equal-sign)< in Authorization header{:text}>"]
    HeadersNotSigned [] ["There were headers present in the request which were not signed", "'{headers:text}' must be a 'SignedHeader'< in the AWS Authorization>"]
    HeadersNotSigned ["AccessDenied", "InvalidRequest", "SignatureDoesNotMatch"] ["{headers:name} must be signed"]
    // S3's forms.
    PostPolicyCondition [] ["Invalid according to Policy: Policy Condition failed<: {condition:list}>"]
    PostPolicyField [] ["Invalid according to Policy: Extra input fields<: {field:names}>"]
    PostPolicyExpired [] ["Invalid according to Policy: Policy expired"]
    // Time.
    PresignedUrlExpired ["AccessDenied", "ExpiredToken"] ["Request has expired", "Request signature expired"]
    ClockAhead ["AccessDenied"] ["Request is not yet valid", "Request is not valid yet"]
    ClockBehind [] ["Signature expired:< {:time} is now earlier than {:text}>"]
    ClockAhead [] ["Signature not yet current:< {:time} is still later than {:text}>"]
    ClockAhead ["RequestInTheFuture"] []
    ClockBehind ["RequestTimeTooSkewed", "RequestExpired"] []
    // The body.
    BodyChanged [] [CHUNK_MISMATCH]
    BodyChanged ["XAmzContentSHA256Mismatch", "BadDigest"] []
    BodyIncomplete ["IncompleteBody", "MissingContentLength"] []
    // Keys and tokens.
    SsoSessionExpired [] ["The SSO session associated with this profile has expired< or is otherwise invalid. {:text}>", "Error loading SSO token: {:text}", "Error when retrieving token from sso: {:text}"]
    SsoSessionExpired ["Unauthorized"] ["Session token not found or invalid"]
    SessionTokenExpired [] ["The security token included in the request is expired"]
    SessionTokenExpired ["ExpiredToken", "TokenRefreshRequired"] []
    SessionTokenInvalid ["InvalidToken"] []
    UnknownKey ["InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClient"] []
    UnknownKey [] ["The security token included in the request is invalid", "The AWS Access Key Id you provided does not exist in our records"]
    KeyNotValidated [] ["AWS was not able to validate the provided access credentials"]
    NotSubscribed ["NotSignedUp", "OptInRequired", "SubscriptionRequired"] []
    // Policies.
    ExplicitDeny [] [denied!(" with an explicit deny< in {policy:policy}>"), "User is not authorized to access this resource with an explicit deny< in {policy:policy}>"]
    Unsigned [] ["User: anonymous is not authorized to perform: {action:action}< on resource: {resource:name}>< because {:text}>", "User: anonymous is not authorized", "Anonymous caller does not have"]
    ResourcePolicy [] [denied!(" because no resource-based policy allows")]
    PermissionsBoundary [] [denied!(" because no permissions boundary allows")]
    ServiceControlPolicy [] [denied!(" because no service control policy allows"), denied!(" because no resource control policy allows")]
    SessionPolicy [] [denied!(" because no session policy allows")]
    VpcEndpointPolicy [] [denied!(" because no VPC endpoint policy allows")]
    NoPolicyAllows [] [denied!(" because no identity-based policy allows")]
    AccessDenied [] [denied!(" because")]
    NoPolicyAllows [] [denied!("")]
    OpenSearchRole [] ["no permissions for [{action:names}] and User [name={principal:name},", "no permissions for ["]
    OpenSearchRole ["security_exception"] []
    // Messages about a missing signature. That of API Gateway has several reasons.
    Unsigned [] ["Request is missing Authentication Token"]
    Unsigned ["Unauthorized"] ["Valid authorization header not provided"]
    Unsigned ["MissingSecurityHeader"] []
    UnknownPath [] ["Missing Authentication Token"]
    UnknownPath ["MissingAuthenticationToken"] []
    WrongEndpoint ["PermanentRedirect", "TemporaryRedirect"] []
    Forbidden ["Forbidden", "403"] []
    Forbidden ["AccessDenied"] ["Forbidden"]
    Forbidden [""] ["Access denied", "Access is denied", "Forbidden"]
    AccessDenied ["AccessDenied", "AllAccessDisabled", "AuthFailure", "Unauthorized", "UnauthorizedOperation"] []
};

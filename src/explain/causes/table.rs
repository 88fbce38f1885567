//! The one table of causes: the code, what proves it, what is wrong, and what to change.
//!
//! `{name|words}` is filled with a fact of the case, or with the words where it isn't known.
//! `{python:words|command:words}` is for the reader: a Python program, or the command.

/// What makes a cause certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The server says so, or its response shows it.
    Words,
    /// Signing again with the secret gives exactly the signature that was sent.
    Signature,
    /// Either of the two.
    Either,
    /// Nothing: it is always only possible.
    Nothing,
}

impl Proof {
    /// Its public name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Signature => "signature",
            Self::Either => "words or signature",
            Self::Nothing => "nothing",
        }
    }
}

macro_rules! causes {
    ($($variant:ident $code:literal $proof:ident $summary:literal $advice:literal)+) => {
        /// What can be wrong with a request that AWS refused.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum CauseCode {
            $(#[doc = concat!("`", $code, "`")] $variant,)+
        }

        impl CauseCode {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its public name, which is stable.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// What proves it; without that it is only possible.
            pub fn proof(self) -> Proof {
                match self { $(Self::$variant => Proof::$proof,)+ }
            }

            /// What is wrong, and what to change.
            pub(super) fn templates(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($summary, $advice),)+ }
            }
        }
    };
}

causes! {
    // The secret.
    WrongSecret "wrong_secret" Signature "the secret is not the one that the server has for {key|this access key}"
        "copy the secret again, without white space or quotes, and check that it is of the same key and account as the id"
    SecretOrRewritten "wrong_secret_or_rewritten" Signature "the signature is exactly that of this request and this secret by AWS's rules, so the secret is not that of {key|this access key}, or what arrived is not what was sent, or the server has other rules"
        "copy the secret again; if it is right, compare what is sent with what arrives, most of all Host, path and the signed headers"
    SecretHasWhiteSpace "secret_has_white_space" Signature "the secret was used with {how|white space or quotes around it}"
        "strip it where it is read: a line break at the end of a file or variable is the usual one"
    SecretEncoded "secret_encoded" Signature "the secret was {how|percent-encoded, or decoded,} before it was used"
        "use the secret as it is: it is not part of a URL, and its `+`, `/` and `%` belong to it"
    SignedWithOtherKey "signed_with_other_key" Nothing "the request was signed with {sent|another access key}, not with {ours|the one that was passed}"
        "{python:pass the signer that made the request|command:pass the key that signed the request: --profile, --csv or --env}, or find what else sets credentials: a profile, a variable of the environment, a second auth object"
    ChangedAfterSigning "changed_after_signing" Nothing "this secret does not give the signature that was sent, not even with the mistakes that are known: the request was changed after it was signed, or another secret signed it"
        "{python:pass the signer that signed the request; if it is this one|command:pass the key that signed the request (--profile, --csv or --env); if it is this one}, sign last, after all that sets headers, parameters or the body, and don't share one signature between requests or threads"
    SignatureMismatch "signature_mismatch" Nothing "the signature is not the one that the server computes, and nothing here shows why"
        "{python:pass the request and the signer to explain()|command:pass the request (--request FILE) and its key (--profile NAME, --csv FILE or --env)}, which tells the secret from the rest; until then check the secret, and what stands between client and service"

    // The method and the path.
    MethodChanged "method_changed" Signature "the method {ours|that was signed} arrived as {theirs|another}"
        "sign the method that is sent, in uppercase, and use a presigned URL only with the method that it was made for; a redirect turns POST into GET, and some proxies turn HEAD into GET"
    PathEncodedOnce "path_encoded_once" Signature "the path was signed encoded once, and this service signs it encoded twice"
        "encode the path as sent once more for the signature: all services but the S3 family want that {python:(double_encode_path=True)|command:(--service with the signing name of the service)}"
    PathEncodedTwice "path_encoded_twice" Signature "the path was signed encoded twice, and this service signs it encoded once"
        "sign with {python:service=\"s3\" or double_encode_path=False|command:--service s3}: the S3 family signs the key encoded once"
    PathDecoded "path_decoded" Signature "the path was signed decoded, without its escapes"
        "sign the path of the URL that is sent, not the one that a framework or parser has decoded"
    PathEscapes "path_escapes" Signature "the path was signed with other escapes than it arrived with"
        "sign the URL that the client sends, after its own encoding, and let the signer encode all but A-Z a-z 0-9 - . _ ~ /"
    PathPlus "path_plus" Signature "a `+` in the path is a plus for one side, and a space for the other: S3 reads a space, servers like it read a plus"
        "send `%2B` for a plus and `%20` for a space, which all servers read alike"
    PathNormalized "path_normalized" Signature "`//`, `.` or `..` in the path were resolved on one side only"
        "resolve them for all services but the S3 family, where they are part of the key{python: (normalize_path)|command:}; look for a proxy that merges slashes"
    PathParametersDropped "path_parameters_dropped" Signature "what follows the `;` in the path was left out of the signature"
        "sign all of the path: urlparse() cuts off `;params`, urlsplit() doesn't"
    PathTrailingSlash "path_trailing_slash" Signature "the slash at the end of the path is there on one side only"
        "sign the path that the service gets; proxies, frameworks and redirects add or remove that slash"
    PathPrefix "path_prefix" Signature "the path has {prefix|a prefix} on one side only"
        "sign the path as the service gets it: with an API's stage, without the prefix that a proxy removes; S3 signs the path of the request, with the bucket if it is there"
    PathChanged "path_changed" Signature "the path that arrived is not the one that was signed"
        "sign the URL that is sent; a redirect, a rewrite rule or a second join of base and path changes it"

    // The query.
    QueryPlus "query_plus" Signature "a space of the query was signed as `+` or `%2B`, and is `%20` in the canonical request"
        "send and sign `%20`{python:: urlencode(..., quote_via=quote)|command:}, since `+` is read as a space"
    QueryEncodedTwice "query_encoded_twice" Signature "the query was encoded twice on one side: a `%` became `%25`"
        "pass parameters that aren't encoded yet, or a URL that is, but not one to what expects the other"
    QueryEscapes "query_escapes" Signature "the query was signed with other escapes than AWS's"
        "in the canonical request, encode all of each name and value but A-Z a-z 0-9 - . _ ~"
    QueryOrder "query_order" Signature "the parameters of the query were signed in another order"
        "sort by encoded name and then by encoded value, not `name=value` as one text"
    QueryEqualsSign "query_equals_sign" Signature "a parameter without a value has its `=` on one side only"
        "in the canonical request, write `name=` for a name without a value"
    QueryRepeatsDropped "query_repeats_dropped" Signature "the query's parameter {name|in question} is repeated, and occurs fewer times on one side"
        "keep repeats: a dict loses them, a list of pairs doesn't"
    QueryTwoQuestionMarks "query_two_question_marks" Signature "the URL has two question marks, so the second is part of a parameter"
        "append with `&` to a URL that has a query"
    QueryParameterAdded "query_parameter_added" Signature "in the query that arrived, and not in the one that was signed: {name|a parameter}"
        "sign the URL with all of its query, and add parameters before signing; API keys, cache busters and trackers are added late"
    QueryParameterMissing "query_parameter_missing" Signature "in the query that was signed, and not in the one that arrived: {name|a parameter}"
        "look for what removes it: a client that drops empty values, a CDN that forwards only listed parameters"
    QueryChanged "query_changed" Signature "the value of the query's parameter {name|in question} is not the one that was signed"
        "sign the URL that is sent, after all that changes its query"

    // The headers.
    HostPort "host_port" Signature "the port is part of the host on one side only: {ours|one} was signed and {theirs|another} arrived"
        "sign the Host that is sent: with its port unless it is 443 for https or 80 for http; a load balancer may add or remove it"
    HostTunnel "host_tunnel" Signature "{ours|the host of a tunnel, such as localhost,} was signed instead of {theirs|that of the service}"
        "through a tunnel or proxy, sign and send `Host: {theirs|the service's own name}`"
    HostChanged "host_changed" Signature "the host {ours|that was signed} arrived as {theirs|another}"
        "sign the name that the service gets as Host: a proxy passes on its own unless told otherwise (proxy_set_header Host), and CloudFront sends its origin's"
    HostMasked "host_masked" Nothing "the host is masked in the {where|request or response}, so it can't be compared"
        "pass the host unmasked, or compare the signed host with the one that arrived yourself, with their ports"
    HostMissing "host_missing" Signature "no Host arrived, and it is signed"
        "let HTTP/2 clients and proxies put `:authority` into Host, or sign what they send"
    HeaderRewritten "header_rewritten" Signature "the signed header {header|in question} arrived with another value; {hop|what stands between client and service} usually does that"
        "don't sign {header|it}, or send it as it arrives: host, content-md5 and x-amz-* are left alone by most"
    HeaderChanged "header_changed" Signature "the signed header {header|in question} did not arrive as it was signed"
        "set {header|it} before signing, or with a presigned URL send the value that was signed; look for what sets it again: a client that adds a charset or boundary, a session's defaults, a proxy"
    HeaderMissing "header_missing" Signature "the signed header {header|in question} did not arrive: it was not sent, or was removed on the way, as {hop|a proxy} may do"
        "send {header|it} with the value that was signed; if it was removed on the way, have it passed on or don't sign it"
    HeaderAdded "header_added" Signature "the server takes the header {header|in question} for signed, and the client does not"
        "name in SignedHeaders exactly the headers that were signed"
    HeaderWhiteSpace "header_white_space" Signature "the white space in the header {header|in question} is not what was signed"
        "trim values and fold runs of spaces to one, in what is sent as well as in what is signed"
    HeaderCase "header_case" Signature "the value of the header {header|in question} was signed in another case than it arrived in"
        "sign values as they are sent: only the names of headers are written in lowercase"
    RewrittenHeaderSigned "rewritten_header_signed" Nothing "{header|a header} is signed, and {hop|what stands between client and service} usually rewrites it"
        "don't sign {header|it}: host, content-type, content-md5 and x-amz-* are enough"
    SignedHeadersDiffer "signed_headers_differ" Signature "the list of signed headers is not the one that the server read"
        "write the names in lowercase, sorted, joined with `;`, the same in both places"
    DateChanged "date_changed" Nothing "the x-amz-date that arrived is not the one that was signed"
        "pass the response and the request of one attempt; if they are, take the time once for a signature: not again for the header, and not from an object that threads share"
    DateFormat "date_format" Signature "the time was signed as 20150830T123600Z, and this server signs the Date header as it was sent"
        "send the time as x-amz-date (20150830T123600Z) and sign that: it is read instead of Date"

    // The body.
    BodyChanged "body_changed" Either "the body that arrived is not the one that was signed"
        "sign the bytes that are sent: JSON is serialized once, multipart has one boundary, and nothing on the way compresses or converts it"
    BodyWrittenOtherwise "body_serialized_anew" Either "the body that was sent says the same as the one that was signed, and is written otherwise"
        "sign the very bytes that are sent: encode a form, serialize JSON and choose the charset first{python:, and then pass bytes as data= (json= writes its own spaces and escapes)|command:}"
    BodyWhiteSpace "body_white_space" Either "the body that arrived differs from the one that was signed in the white space around it"
        "sign and send the same bytes: a file's last line end and strip() are the usual reasons"
    BodyMissing "body_missing" Either "a body was signed, and none arrived"
        "look for what drops it: a GET or DELETE with a body, a stream that was at its end, a redirect"
    BodyNotSigned "body_not_signed" Either "a body arrived, and the signature covers none"
        "sign after the body is set, and rewind or buffer a stream before it is hashed"
    UnsignedPayloadRefused "unsigned_payload_refused" Either "UNSIGNED-PAYLOAD was signed, and the server expects the hash of the body instead"
        "hash the body: only S3 and a few others take UNSIGNED-PAYLOAD, and only if x-amz-content-sha256 says so"
    UnsignedPayloadExpected "unsigned_payload_expected" Either "the hash of the body was signed, and the server expects UNSIGNED-PAYLOAD in its place"
        "sign UNSIGNED-PAYLOAD where x-amz-content-sha256 says so, and in presigned URLs of S3"
    BodyIncomplete "body_incomplete" Words "{body|fewer bytes of the body arrived than were announced}"
        "check Content-Length and x-amz-decoded-content-length, and that a stream is sent from its start"
    ContentSha256Missing "content_sha256_missing" Words "the header x-amz-content-sha256 is missing, which this service requires"
        "send and sign x-amz-content-sha256 with the SHA-256 of the body{python: (content_sha256_header=True)|command:}"
    ContentSha256NotSigned "content_sha256_not_signed" Words "x-amz-content-sha256 is sent and not signed"
        "name x-amz-content-sha256 in SignedHeaders{python: (content_sha256_header=True; also_sign for the drop-in)|command:}"
    ContentSha256Invalid "content_sha256_invalid" Words "the server does not accept the value of x-amz-content-sha256"
        "send 64 lowercase hexadecimal digits, UNSIGNED-PAYLOAD or a STREAMING- literal that this server has"

    // The scope.
    WrongRegion "wrong_region" Words "signed for the region {wrong|of another endpoint}, and it has to be {right|that of the endpoint}"
        "set {python:region|command:--region} to {right|the region in the host name}, or call the endpoint of {wrong|the signed region}"
    WrongService "wrong_service" Words "signed for the service {wrong|of another name}, and it has to be {right|the endpoint's signing name}"
        "set {python:service|command:--service} to {right|the service's signing name}"
    ScopeSwapped "scope_swapped" Words "region and service are swapped in the credential scope: {region|the service} stands for the region"
        "exchange the two: {python:Signer(credentials, region, service)|command:--region and --service}"
    WrongEndpoint "wrong_endpoint" Words "the bucket or resource is not at this endpoint"
        "send to {endpoint|the endpoint that the response names} and sign for its region"
    ScopeDate "scope_date" Words "the day in the credential scope, {scope|YYYYMMDD}, is not that of the request, {date|YYYYMMDD}"
        "derive the signing key for each new day (UTC), and take the time once for a signature"
    ScopeMalformed "scope_malformed" Either "the credential scope is not KEY/YYYYMMDD/REGION/SERVICE/aws4_request"
        "write Credential=KEY/YYYYMMDD/REGION/SERVICE/aws4_request"
    RegionSet "region_set" Words "this endpoint takes SigV4a only, whose signatures are valid in a set of regions"
        "sign with {python:algorithm=\"AWS4-ECDSA-P256-SHA256\" and region=\"*\"|command:--sigv4a --region '*'}"

    // The Authorization header.
    Unsigned "unsigned" Words "the request arrived without a signature"
        "{python:pass the auth object to the client|command:send it with rsigv4 request, without --unsigned}, and look whether a redirect or a proxy removed Authorization"
    AuthorizationDropped "authorization_dropped" Nothing "the request was sent with a signature, and the server says that none arrived"
        "look for a redirect to another host, a proxy or a load balancer that removes Authorization"
    AuthorizationMalformed "authorization_malformed" Words "the Authorization header can't be read as a signature"
        "write `AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`; a Bearer token or a second auth object in its place gives this too"
    AuthorizationIncomplete "authorization_incomplete" Words "the signature lacks {missing|a part}"
        "send Credential, SignedHeaders and Signature, and the time as x-amz-date; a presigned URL that was copied from HTML has `&amp;` in the place of `&`, and one that isn't quoted in a shell is cut at its first `&`"
    SignatureVersion "signature_version" Either "the request is signed by another scheme than AWS4-HMAC-SHA256"
        "sign with Signature Version 4; an S3 client that is set to version 2 is the usual reason"
    TwoAuthorizations "two_authorizations" Words "the request is authorized in two ways, such as by a header and by its URL"
        "send a presigned URL without Authorization: sessions and redirects add theirs"
    HostNotSigned "host_not_signed" Words "Host is not among the signed headers"
        "sign host, always"
    HeadersNotSigned "headers_not_signed" Words "headers that have to be signed are not: {headers|some of x-amz-*}"
        "sign all of x-amz-*: add them before signing{python: (also_sign for the drop-in)|command:}"
    UnknownPath "unknown_path" Nothing "the API does not have this path and method, which API Gateway reports as a missing token"
        "check stage, path and method, and deploy the API after its last change; a `/` too much counts"

    // Time.
    ClockBehind "clock_behind" Words "the time of the signature is behind the server's{by|}: a clock that is slow, a signature that has waited, or local time taken for UTC"
        "set the clock (NTP; on virtual machines after a pause), take the time in UTC, and sign again for each attempt"
    ClockAhead "clock_ahead" Words "the time of the signature is ahead of the server's{by|}: a clock that is fast, local time taken for UTC, or a signature made for later"
        "set the clock (NTP), and take the time in UTC"
    SignatureTooOld "signature_too_old" Words "the time of the signature is behind the server's{by|}, though this machine's clock agrees with the server's now: the signature has waited, local time was taken for UTC, or another machine signed"
        "sign again for each attempt, in UTC: queues, retries and slow uploads outlive the 5 minutes (15 for S3) of a signature; check the clock of the machine or container that signed"
    PresignedUrlExpired "presigned_url_expired" Words "the presigned URL has expired{when|}"
        "presign again, with a longer {python:expires_in|command:--expires-in} (seven days at most) or later; it also ends with temporary credentials"
    PresignedLifetime "presigned_lifetime" Words "the presigned URL's lifetime is not one that the service accepts: a number of seconds, at most seven days"
        "{python:pass expires_in of 1 to 604,800 seconds|command:pass --expires-in of at most 7d, which is 604,800 seconds}"

    // A form that a browser posts to S3.
    PostPolicyCondition "post_policy_condition" Words "the form does not meet a condition of its policy: {condition|one of them}"
        "send the field with the value that the policy has, before the field file; or change the condition and sign the policy again"
    PostPolicyField "post_policy_field" Words "the form has a field that its policy does not allow: {field|one}"
        "add a condition for the field and sign the policy again, or leave the field out"
    PostPolicyExpired "post_policy_expired" Words "the policy of the form has expired"
        "presign the form again, with a longer {python:expires_in|command:lifetime}"

    // Keys and tokens.
    UnknownKey "unknown_key" Words "the service does not know {key|the access key}: it does not exist, is inactive, or its account has not enabled this region"
        "check that the key exists, is active, and belongs to this partition; enable an opt-in region in the account; a temporary key needs its session token"
    KeyNotValidated "key_not_validated" Words "the service could not validate key, secret or token, and says no more"
        "run `aws sts get-caller-identity` with the same credentials, whose error says which of them is wrong; if it succeeds, check the clock and what was signed"
    SessionTokenMissing "session_token_missing" Words "{key|the access key} is temporary, and its session token was not sent"
        "pass all three parts of temporary credentials: AWS_SESSION_TOKEN{python:, or session_token=|command:}, which is sent as X-Amz-Security-Token"
    SessionTokenStale "session_token_stale" Words "{key|the access key} is a user's own key, and a session token of other credentials was sent with it"
        "remove the token: AWS_SESSION_TOKEN of an earlier session is the usual one"
    SessionTokenInvalid "session_token_invalid" Either "the session token is not one of this access key, was damaged on the way, or is not valid in this region"
        "take key, secret and token from one refresh{python: (get_frozen_credentials())|command:}, and send the token unchanged; for an opt-in region take them from a regional endpoint of STS"
    SessionTokenExpired "session_token_expired" Words "the session token has expired"
        "get new temporary credentials{python:, and pass a provider that refreshes them instead of a copy of key, secret and token|command:, or pass --profile with a profile that refreshes them}"
    SsoSessionExpired "sso_session_expired" Words "the SSO session has expired, or nobody is logged in"
        "run `aws sso login --profile NAME` with the profile in use"
    SessionTokenSigned "session_token_signed" Nothing "the session token is part of the signature, and this service wants it added afterwards"
        "sign with {python:sign_session_token=False (service=\"iotdevicegateway\" implies it)|command:--service iotdevicegateway}"
    NotSubscribed "not_subscribed" Words "the account of this key is not signed up for the service, product or region"
        "enable the service or the opt-in region in the account, or use another key"

    // Policies: the signature is right.
    NoPolicyAllows "no_policy_allows" Words "the credentials were accepted, and {policies|the policies do not allow} {principal|this identity} to {action|do this}"
        "allow {action|the action} on {resource|the resource} in a policy of {principal|the identity}{account|}{deny|; if one does, look for a Deny, a boundary or the organization's policies}"
    ResourcePolicy "resource_policy" Words "the credentials were accepted, and the resource's own policy does not allow {action|this}"
        "allow {action|the action} for {principal|this principal} in the policy of {resource|the resource}; across accounts both sides must allow it{account|}"
    ExplicitDeny "explicit_deny" Words "a policy denies {action|this} explicitly: {policy|one that applies here}"
        "change the Deny statement in {policy|that policy}, or meet its condition (source IP, VPC endpoint, MFA, tag): an Allow elsewhere can't outweigh it"
    PermissionsBoundary "permissions_boundary" Words "the credentials were accepted, and the permissions boundary does not allow {action|this}"
        "allow {action|the action} in the boundary of {principal|the identity} too"
    ServiceControlPolicy "service_control_policy" Words "the credentials were accepted, and the organization's {policy|service control policy} does not allow {action|this}"
        "have {action|the action} allowed for the account by whoever manages the organization"
    SessionPolicy "session_policy" Words "the credentials were accepted, and the policy of the session does not allow {action|this}"
        "allow {action|the action} in the policy that AssumeRole or the permission set was given"
    VpcEndpointPolicy "vpc_endpoint_policy" Words "the credentials were accepted, and the policy of the VPC endpoint does not allow {action|this}"
        "allow {action|the action} on {resource|the resource} in the endpoint's policy"
    OpenSearchRole "opensearch_role" Words "the credentials were accepted, and OpenSearch's own security does not allow {action|this} to {principal|this identity}"
        "map {principal|the identity} as a backend role to a role of OpenSearch that has {action|the permission}; IAM alone isn't enough there"
    AccessDenied "access_denied" Words "access is denied{why|, and the response doesn't say by what}"
        "check the policies of identity and resource; S3 says the same of a missing key where listing isn't allowed, and of an unsigned request"
    Forbidden "forbidden" Nothing "the endpoint, or an application behind it, refuses the request, and does not say by what"
        "check resource policy, API key, WAF and stage of the API; for a function URL allow lambda:InvokeFunctionUrl and lambda:InvokeFunction; for a private API send the right Host or x-apigw-api-id"
    ApplicationRefused "application_refused" Words "an application behind the endpoint, an authorizer of the API or a proxy refused the request, not AWS's check of the signature{scheme|}"
        "send what that application or authorizer asks for, such as its token; a signature of AWS stands in Authorization, too, so its token may need another header"
    Redirected "redirected" Nothing "the request was redirected, and the signature is that of the first URL"
        "send to the final URL, or sign again at each redirect to the same origin"
    NotFromAws "not_from_aws" Words "the response is a web page{hop|}, not an error of the service itself: it comes from an application behind the endpoint, or from something on the way"
        "look in the page for who wrote it; if it is not your application, check proxy, VPN, WAF and the host name: the request may never have reached the service"
    NotRefused "not_refused" Words "AWS has not refused the request: the status is {status|that of a success}"
        "look in the body, where an application may refuse in words of its own; the signature was accepted, or the service does not ask for one"
    Unknown "unknown" Nothing "nothing in the response says what is wrong: looked for and not found were an error code (x-amzn-ErrorType, Code, __type) or message that is known, and the canonical request or string to sign of the server"
        "pass the whole response with its headers (curl -i), and its request{python:|command: (--request FILE)}"
}

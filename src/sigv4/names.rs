//! AWS's names: headers, query parameters, form fields and errors that have to do with a signature.
//!
//! Other files use these constants, so that a name can't be spelled in two ways. The exceptions are texts
//! that people read, and the names that `checksum.rs` and `explain` build or list in tables of their own.

/// Headers, in lowercase as they are signed.
pub mod header {
    /// Begins every header that AWS alone gives a meaning.
    pub const PREFIX: &str = "x-amz-";
    /// Begins the headers of checksums; the algorithm's name follows.
    pub const CHECKSUM_PREFIX: &str = "x-amz-checksum-";
    /// Added by AWS's CDN on the way to the origin.
    pub const CLOUDFRONT_ID: &str = "x-amz-cf-id";
    /// The hash of the body, or a literal in its place.
    pub const CONTENT_SHA256: &str = "x-amz-content-sha256";
    /// The time of the signature.
    pub const DATE: &str = "x-amz-date";
    /// The length of a body that is sent in signed chunks, without what frames them.
    pub const DECODED_CONTENT_LENGTH: &str = "x-amz-decoded-content-length";
    /// The error code of a response.
    pub const ERROR_TYPE: &str = "x-amzn-errortype";
    /// The region of an S3 bucket, in a response.
    pub const BUCKET_REGION: &str = "x-amz-bucket-region";
    /// The id of a request to most services, in a response.
    pub const REQUEST_ID: &str = "x-amzn-requestid";
    /// The ids of a request to S3, in a response.
    pub const REQUEST_IDS: [&str; 2] = ["x-amz-request-id", "x-amz-id-2"];
    /// The error code of a page of S3.
    pub const ERROR_CODE: &str = "x-amz-error-code";
    /// What AWS WAF did instead of passing the request on: `challenge` or `captcha`.
    pub const WAF_ACTION: &str = "x-amzn-waf-action";
    /// How API Gateway begins the names of a backend's headers.
    pub const REMAPPED: &str = "x-amzn-remapped-";
    /// The challenge of a backend of API Gateway.
    pub const REMAPPED_CHALLENGE: &str = "x-amzn-remapped-www-authenticate";
    /// Where a signature of SigV4a is valid.
    pub const REGION_SET: &str = "x-amz-region-set";
    /// The session token of S3 Express.
    pub const S3SESSION_TOKEN: &str = "x-amz-s3session-token";
    /// The session token of temporary credentials.
    pub const SECURITY_TOKEN: &str = "x-amz-security-token";
    /// Set by tracing, on the way.
    pub const TRACE_ID: &str = "x-amzn-trace-id";
    /// The name of the header that follows a body in chunks.
    pub const TRAILER: &str = "x-amz-trailer";
    /// The signature of the trailer.
    pub const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";
}

/// Query parameters, and in the same letter case the headers of requests that are not canonical.
pub mod parameter {
    /// Begins every parameter that presigning adds.
    pub const PREFIX: &str = "X-Amz-";
    /// How the request is signed.
    pub const ALGORITHM: &str = "X-Amz-Algorithm";
    /// The hash of the body, or a literal in its place.
    pub const CONTENT_SHA256: &str = "X-Amz-Content-Sha256";
    /// The access key's id and the scope.
    pub const CREDENTIAL: &str = "X-Amz-Credential";
    /// The time of the signature.
    pub const DATE: &str = "X-Amz-Date";
    /// The length of a body that is sent in signed chunks, without what frames them.
    pub const DECODED_CONTENT_LENGTH: &str = "X-Amz-Decoded-Content-Length";
    /// How many seconds the URL is valid.
    pub const EXPIRES: &str = "X-Amz-Expires";
    /// Where a signature of SigV4a is valid.
    pub const REGION_SET: &str = "X-Amz-Region-Set";
    /// The session token of S3 Express.
    pub const S3SESSION_TOKEN: &str = "X-Amz-S3session-Token";
    /// The session token of temporary credentials.
    pub const SECURITY_TOKEN: &str = "X-Amz-Security-Token";
    /// The signature itself.
    pub const SIGNATURE: &str = "X-Amz-Signature";
    /// The names of the signed headers.
    pub const SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";
    /// The name of the header that follows a body in chunks.
    pub const TRAILER: &str = "X-Amz-Trailer";
}

/// Fields of forms that have no header of the same name.
pub mod field {
    /// How the form is signed.
    pub const ALGORITHM: &str = "x-amz-algorithm";
    /// The access key's id and the scope.
    pub const CREDENTIAL: &str = "x-amz-credential";
    /// The signature itself.
    pub const SIGNATURE: &str = "x-amz-signature";
}

/// The headers that make up a signature, in lowercase. None of them may reach another origin.
pub const SIGNATURE_HEADERS: [&str; 6] = [
    "authorization",
    header::CONTENT_SHA256,
    header::DATE,
    header::REGION_SET,
    header::S3SESSION_TOKEN,
    header::SECURITY_TOKEN,
];

/// The headers that carry a session token, in lowercase.
pub const TOKEN_HEADERS: [&str; 2] = [header::S3SESSION_TOKEN, header::SECURITY_TOKEN];

/// Parts of the responses that say that the timestamp of a request was the problem.
pub const CLOCK_ERRORS: [&str; 5] = [
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "Signature expired",
    "Signature not yet current",
];

/// The query parameters that only presigning adds.
pub const SIGNATURE_PARAMETERS: [&str; 9] = [
    parameter::ALGORITHM,
    parameter::CREDENTIAL,
    parameter::DATE,
    parameter::EXPIRES,
    parameter::REGION_SET,
    parameter::S3SESSION_TOKEN,
    parameter::SECURITY_TOKEN,
    parameter::SIGNATURE,
    parameter::SIGNED_HEADERS,
];

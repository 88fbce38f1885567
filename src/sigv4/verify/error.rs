//! Why a request is not what its signature says.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use super::redacted::without_token;
use crate::sigv4::error::SigningError;
use crate::sigv4::names::parameter;

/// The one table of refusals: what it means, its name, what it holds, and the message.
///
/// Python's exception has the same name with `Error` behind it.
macro_rules! refusals {
    ($(
        $(#[$meta:meta])*
        $name:ident
        $(($value:ident: $type:ty))?
        $({ $($(#[$field_meta:meta])* $field:ident: $field_type:ty,)+ })?
        => $message:expr;
    )+) => {
        /// Why a request was refused, in the words of AWS where AWS has words for it.
        ///
        /// No message holds a signature, a token or a header's value. A date, a region or a service
        /// that is shown was sent in the open, and fits into the limits of a request.
        #[non_exhaustive]
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum VerificationError {
            $(
                $(#[$meta])*
                $name $(($type))? $({ $($(#[$field_meta])* $field: $field_type,)+ })?,
            )+
        }

        impl VerificationError {
            /// The names of all refusals.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)+];

            /// The refusal's name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$name { .. } => stringify!($name),)+ }
            }
        }

        impl fmt::Display for VerificationError {
            #[allow(unused_variables, reason = "not all that a refusal holds is in its message")]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name $(($value))? $({ $($field,)+ })? => write!(f, "{}", $message),)+
                }
            }
        }
    };
}

refusals! {
    /// There is no signature at all.
    MissingAuthenticationToken => "Missing Authentication Token";

    /// One signature is in the header and one in the query.
    MultipleSignatures =>
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query \
         string parameter or the Authorization header should be specified";

    /// A field that may be there once is there more than once.
    RepeatedField(name: &'static str) =>
        format_args!("The request has more than one {name}, and must have one.");

    /// The URL and the headers are longer than any client needs.
    OversizedFields =>
        "Your request header and query parameters used to make the request exceed the maximum \
         allowed size.";

    /// HTTP would not carry the request like this, or two readers would read it differently.
    MalformedRequest(problem: String) => format_args!("The request is malformed: {problem}.");

    /// `Authorization` has another form.
    MalformedAuthorization =>
        "'***' not a valid key=value pair (missing equal-sign) in Authorization header: '***'.";

    /// Neither SigV4 nor SigV4a.
    UnsupportedAlgorithm =>
        "Unsupported AWS 'algorithm': it must be 'AWS4-HMAC-SHA256' or 'AWS4-ECDSA-P256-SHA256'.";

    /// Signature Version 2; the message is that of S3.
    SignatureVersion2 =>
        "The authorization mechanism you have provided is not supported. Please use \
         AWS4-HMAC-SHA256.";

    /// Parts of the signature are absent.
    MissingSignaturePart {
        /// They are parameters of a URL.
        is_presigned: bool,
        /// Their names.
        parts: Vec<&'static str>,
    } => missing_parts(*is_presigned, parts);

    /// `SignedHeaders` isn't a sorted list of lowercase names, each once.
    MalformedSignedHeaders =>
        "'SignedHeaders' must be lowercase names of headers, each once, sorted and joined with \
         semicolons.";

    /// The signature doesn't say where the request was sent.
    HostNotSigned => "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";

    /// A header that was signed did not arrive.
    MissingSignedHeader => "A header that 'SignedHeaders' names is not in the request.";

    /// The date can't be parsed.
    MalformedDate =>
        "Date must be in ISO-8601 'basic format'. See http://en.wikipedia.org/wiki/ISO_8601";

    /// The lifetime of a presigned URL isn't from one second to seven days.
    MalformedLifetime =>
        "X-Amz-Expires must be a number of seconds from 1 to 604800, which is a week";

    /// The request, or its presigned URL, is too old.
    SignatureExpired {
        /// When it was signed.
        signed_at: String,
        /// The earliest time that is accepted.
        earliest: String,
        /// The current time, and how long before it that is.
        now: String,
    } => format_args!("Signature expired: {signed_at} is now earlier than {earliest} ({now})");

    /// The request was signed in what is the future here.
    SignatureNotYetCurrent {
        /// When it was signed.
        signed_at: String,
        /// The latest time that is accepted.
        latest: String,
        /// The current time, and how long after it that is.
        now: String,
    } => format_args!("Signature not yet current: {signed_at} is still later than {latest} ({now})");

    /// The credential scope doesn't have its parts.
    MalformedCredential {
        /// How many it has to have.
        parts: usize,
    } => format_args!(
        "Credential must have exactly {parts} slash-delimited elements, e.g. {}",
        if *parts == 5 { "keyid/date/region/service/term" } else { "keyid/date/service/term" }
    );

    /// It was signed for another region.
    WrongRegion => "Credential should be scoped to a valid region.";

    /// It was signed for another service than this one.
    WrongService(service: String) =>
        format_args!("Credential should be scoped to correct service: '{service}'. ");

    /// The credential scope has another last part.
    WrongTerminator =>
        "Credential should be scoped with a valid terminator: 'aws4_request'.";

    /// It was signed with the key of another day.
    WrongScopeDate {
        /// The day of the credential scope.
        scope: String,
        /// When the request says that it was signed.
        signed_at: String,
    } => format_args!(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
         '{scope}' != '{}', from '{signed_at}'.",
        signed_at.get(..8).unwrap_or_default(),
    );

    /// Nobody has this access key.
    UnknownAccessKey => "The security token included in the request is invalid.";

    /// The session token isn't that of the access key.
    InvalidToken => "The security token included in the request is invalid.";

    /// The credentials have expired.
    ExpiredToken => "The security token included in the request is expired";

    /// The signature is not that of this request.
    SignatureMismatch {
        /// What was received, with the session token redacted.
        canonical_request: Vec<u8>,
        /// The string to sign of what was received.
        string_to_sign: String,
    } => "The request signature we calculated does not match the signature you provided. Check your \
          AWS Secret Access Key and signing method. Consult the service documentation for details.";

    /// Anyone could have added this header of AWS's.
    UnsignedHeader => "There were headers present in the request which were not signed";

    /// The body is not the one whose hash was signed.
    BodyMismatch =>
        "The provided 'x-amz-content-sha256' header does not match what was computed.";

    /// Bodies of this kind are not verified here.
    UnsupportedPayload =>
        "A header you provided implies functionality that is not implemented: x-amz-content-sha256";

    /// A chunk, or the trailer, is not the one that was signed.
    ChunkMismatch => "The chunk signature we calculated does not match the signature you provided.";

    /// The body is not framed as chunks.
    MalformedChunk(problem: &'static str) =>
        format_args!("The body is not aws-chunked as announced: {problem}.");

    /// A chunk is larger than may be kept in memory.
    OversizedChunk => "A chunk of the body exceeds the maximum allowed size.";

    /// The request doesn't say how long the body in its chunks is.
    MissingContentLength =>
        "You must provide the length of the body, in x-amz-decoded-content-length.";

    /// The body is not as long as it was said to be.
    IncompleteBody =>
        "You did not provide the number of bytes specified by the Content-Length HTTP header.";

    /// The trailer isn't the one that was announced.
    MalformedTrailer =>
        "The request contained trailing data that was not well-formed or did not conform to our \
         published schema.";

    /// The trailer was announced with a checksum that is unknown, `crc16` for example.
    UnsupportedChecksum(name: String) => format_args!(
        "The value specified in the x-amz-trailer header is not supported: x-amz-checksum-{name}"
    );

    /// The checksum in the trailer is that of another body.
    ChecksumMismatch(header: &'static str) =>
        format_args!("The {header} you specified did not match the calculated checksum.");
}

impl VerificationError {
    /// The signature is not that of what was received; `expected` has the canonical request and the
    /// string to sign, of which the first is shown.
    pub(super) fn mismatch(expected: Vec<(Cow<'_, [u8]>, String)>) -> Self {
        let (canonical_request, string_to_sign) = expected.into_iter().next().unwrap_or_default();
        let canonical_request = without_token(&canonical_request);
        Self::SignatureMismatch { canonical_request, string_to_sign }
    }

    /// The request's parts can't be read; the core says why.
    pub(super) fn malformed(error: &SigningError) -> Self {
        Self::MalformedRequest(error.to_string())
    }
}

impl Error for VerificationError {}

/// AWS's sentences for the parts that are absent.
fn missing_parts(is_presigned: bool, parts: &[&str]) -> String {
    let sentences = parts.iter().map(|part| match *part {
        _ if is_presigned => format!("AWS query-string parameters must include '{part}'. "),
        parameter::DATE => "Authorization header requires existence of either a 'X-Amz-Date' or a \
                            'Date' header. "
            .to_owned(),
        parameter::REGION_SET => {
            "Authorization header requires existence of a 'X-Amz-Region-Set' header. ".to_owned()
        }
        _ => format!("Authorization header requires '{part}' parameter. "),
    });
    let end =
        if is_presigned { "Re-examine the query-string parameters." } else { "Authorization=***" };
    sentences.chain([end.to_owned()]).collect()
}

//! Why a request is not what its signature says.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use super::redacted::without_token;
use crate::sigv4::error::SigningError;
use crate::sigv4::names::parameter;

/// Why a request was refused, in the words of AWS where AWS has words for it.
///
/// No message holds a signature, a token or a header's value. What is shown of a date, a region or
/// a service was sent in the open, and fits into the limits of a request.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerificationError {
    /// There is no signature at all.
    MissingAuthenticationToken,
    /// One signature is in the header and one in the query.
    MultipleSignatures,
    /// What may be there once is there more than once.
    RepeatedField(&'static str),
    /// The URL and the headers are longer than any client needs.
    OversizedFields,
    /// HTTP would not carry the request like this, or two readers would read it differently.
    MalformedRequest(String),
    /// `Authorization` has another form.
    MalformedAuthorization,
    /// Neither SigV4 nor SigV4a.
    UnsupportedAlgorithm,
    /// Signature Version 2.
    SignatureVersion2,
    /// Parts of the signature are absent.
    MissingParts {
        /// They are parameters of a URL.
        is_presigned: bool,
        /// Their names.
        parts: Vec<&'static str>,
    },
    /// `SignedHeaders` isn't a sorted list of lowercase names, each once.
    MalformedSignedHeaders,
    /// The signature doesn't say where the request was sent.
    HostNotSigned,
    /// A header that was signed did not arrive.
    MissingSignedHeader,
    /// The date is no date.
    MalformedDate,
    /// The lifetime of a presigned URL isn't from one second to seven days.
    MalformedLifetime,
    /// The request, or its presigned URL, is too old.
    SignatureExpired {
        /// When it was signed.
        signed_at: String,
        /// The earliest time that would do.
        earliest: String,
        /// Now, and how long before it that is.
        now: String,
    },
    /// The request was signed in what is the future here.
    SignatureNotYetCurrent {
        /// When it was signed.
        signed_at: String,
        /// The latest time that would do.
        latest: String,
        /// Now, and how long after it that is.
        now: String,
    },
    /// The credential scope doesn't have its parts.
    MalformedCredential {
        /// How many it has to have.
        parts: usize,
    },
    /// It was signed for another region.
    WrongRegion,
    /// It was signed for another service than this one.
    WrongService(String),
    /// The credential scope ends otherwise.
    WrongTerminator,
    /// It was signed with the key of another day.
    WrongScopeDate {
        /// The day of the credential scope.
        scope: String,
        /// When the request says that it was signed.
        signed_at: String,
    },
    /// Nobody has this access key.
    UnknownAccessKey,
    /// The session token isn't that of the access key.
    InvalidToken,
    /// The credentials have ended.
    ExpiredToken,
    /// The signature is not that of this request.
    SignatureMismatch {
        /// What was received, with the session token redacted.
        canonical_request: Vec<u8>,
        /// What would have been signed of it.
        string_to_sign: String,
    },
    /// Anyone could have added this header of AWS's.
    UnsignedHeader,
    /// The body is not the one whose hash was signed.
    BodyMismatch,
    /// Bodies of this kind are not verified here.
    UnsupportedPayload,
    /// A chunk, or the trailer, is not the one that was signed.
    ChunkMismatch,
    /// The body is not framed as chunks.
    MalformedChunk(&'static str),
    /// A chunk is larger than may be kept in memory.
    OversizedChunk,
    /// The request doesn't say how long the body in its chunks is.
    MissingDecodedLength,
    /// The body is not as long as it was said to be.
    IncompleteBody,
    /// The trailer isn't the one that was announced.
    MalformedTrailer,
    /// The trailer was announced with a checksum that is unknown, `crc16` for example.
    UnsupportedChecksum(String),
    /// The checksum in the trailer is that of another body.
    ChecksumMismatch(&'static str),
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

/// AWS's sentence for a part that `Authorization`, or the request beside it, lacks.
fn missing_part(part: &str) -> String {
    match part {
        parameter::DATE => "Authorization header requires existence of either a 'X-Amz-Date' or a \
                         'Date' header. "
            .to_owned(),
        parameter::REGION_SET => {
            "Authorization header requires existence of a 'X-Amz-Region-Set' header. ".to_owned()
        }
        _ => format!("Authorization header requires '{part}' parameter. "),
    }
}

impl fmt::Display for VerificationError {
    #[expect(clippy::too_many_lines, reason = "it is a table")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingAuthenticationToken => f.write_str("Missing Authentication Token"),
            Self::MultipleSignatures => f.write_str(
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, \
                 Signature query string parameter or the Authorization header should be specified",
            ),
            Self::RepeatedField(name) => {
                write!(f, "The request has more than one {name}, and must have one.")
            }
            Self::OversizedFields => f.write_str(
                "Your request header and query parameters used to make the request exceed the \
                 maximum allowed size.",
            ),
            Self::MalformedRequest(problem) => write!(f, "The request is malformed: {problem}."),
            Self::MalformedAuthorization => f.write_str(
                "'***' not a valid key=value pair (missing equal-sign) in Authorization header: \
                 '***'.",
            ),
            Self::UnsupportedAlgorithm => f.write_str(
                "Unsupported AWS 'algorithm': it must be 'AWS4-HMAC-SHA256' or \
                 'AWS4-ECDSA-P256-SHA256'.",
            ),
            // S3's text for it.
            Self::SignatureVersion2 => f.write_str(
                "The authorization mechanism you have provided is not supported. \
                 Please use AWS4-HMAC-SHA256.",
            ),
            Self::MissingParts { is_presigned: true, parts } => {
                for part in parts {
                    write!(f, "AWS query-string parameters must include '{part}'. ")?;
                }
                f.write_str("Re-examine the query-string parameters.")
            }
            Self::MissingParts { is_presigned: false, parts } => {
                f.write_str(&parts.iter().map(|part| missing_part(part)).collect::<String>())?;
                f.write_str("Authorization=***")
            }
            Self::MalformedSignedHeaders => f.write_str(
                "'SignedHeaders' must be lowercase names of headers, each once, sorted and joined \
                 with semicolons.",
            ),
            Self::HostNotSigned => f.write_str(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ),
            Self::MissingSignedHeader => {
                f.write_str("A header that 'SignedHeaders' names is not in the request.")
            }
            Self::MalformedDate => f.write_str(
                "Date must be in ISO-8601 'basic format'. \
                 See http://en.wikipedia.org/wiki/ISO_8601",
            ),
            Self::MalformedLifetime => f.write_str(
                "X-Amz-Expires must be a number of seconds from 1 to 604800, which is a week",
            ),
            Self::SignatureExpired { signed_at, earliest, now } => {
                write!(f, "Signature expired: {signed_at} is now earlier than {earliest} ({now})")
            }
            Self::SignatureNotYetCurrent { signed_at, latest, now } => write!(
                f,
                "Signature not yet current: {signed_at} is still later than {latest} ({now})"
            ),
            Self::MalformedCredential { parts } => write!(
                f,
                "Credential must have exactly {parts} slash-delimited elements, e.g. {}",
                if *parts == 5 {
                    "keyid/date/region/service/term"
                } else {
                    "keyid/date/service/term"
                }
            ),
            Self::WrongRegion => f.write_str("Credential should be scoped to a valid region."),
            Self::WrongService(service) => {
                write!(f, "Credential should be scoped to correct service: '{service}'. ")
            }
            Self::WrongTerminator => {
                f.write_str("Credential should be scoped with a valid terminator: 'aws4_request'.")
            }
            Self::WrongScopeDate { scope, signed_at } => write!(
                f,
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{scope}' != '{}', from '{signed_at}'.",
                signed_at.get(..8).unwrap_or_default(),
            ),
            Self::UnknownAccessKey | Self::InvalidToken => {
                f.write_str("The security token included in the request is invalid.")
            }
            Self::ExpiredToken => {
                f.write_str("The security token included in the request is expired")
            }
            Self::SignatureMismatch { .. } => f.write_str(
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method. Consult the service \
                 documentation for details.",
            ),
            Self::UnsignedHeader => {
                f.write_str("There were headers present in the request which were not signed")
            }
            Self::BodyMismatch => f.write_str(
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            ),
            Self::UnsupportedPayload => f.write_str(
                "A header you provided implies functionality that is not implemented: \
                 x-amz-content-sha256",
            ),
            Self::ChunkMismatch => f.write_str(
                "The chunk signature we calculated does not match the signature you provided.",
            ),
            Self::MalformedChunk(problem) => {
                write!(f, "The body is not aws-chunked as announced: {problem}.")
            }
            Self::OversizedChunk => {
                f.write_str("A chunk of the body exceeds the maximum allowed size.")
            }
            Self::MissingDecodedLength => f.write_str(
                "You must provide the length of the body, in x-amz-decoded-content-length.",
            ),
            Self::IncompleteBody => f.write_str(
                "You did not provide the number of bytes specified by the Content-Length HTTP \
                 header.",
            ),
            Self::MalformedTrailer => f.write_str(
                "The request contained trailing data that was not well-formed or did not conform \
                 to our published schema.",
            ),
            Self::UnsupportedChecksum(name) => write!(
                f,
                "The value specified in the x-amz-trailer header is not supported: \
                 x-amz-checksum-{name}"
            ),
            Self::ChecksumMismatch(header) => {
                write!(f, "The {header} you specified did not match the calculated checksum.")
            }
        }
    }
}

impl Error for VerificationError {}

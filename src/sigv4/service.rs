//! The one place that knows how services differ.

use std::borrow::Cow;

use super::error::SigningError;

/// What a service expects of a signature where it is not told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact about a service, none a state")]
pub struct ServiceRules {
    /// How the path enters the canonical request.
    pub path: PathRules,
    /// A `+` in a query is sent as `%20`, since what reads it may take it for itself.
    pub plus_is_ambiguous: bool,
    /// A presigned URL leaves the body unsigned, since it is made before there is one.
    pub presigns_unsigned_payload: bool,
    /// Where a presigned URL has the session token.
    pub session_token_parameter: &'static str,
    /// The lowercase name of the header that has it.
    pub session_token_header: &'static str,
    /// The token is signed; otherwise it is added after the signature.
    pub sign_session_token: bool,
    /// A request by header is refused without `x-amz-content-sha256`.
    pub requires_content_sha256: bool,
    /// Takes bodies in chunks that are each signed, and browsers' forms.
    pub is_s3: bool,
}

/// How a path enters the canonical request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathRules {
    /// Encode the path as sent once more; otherwise decode it and encode it once.
    pub double_encode: bool,
    /// Resolve `.` and `..` and merge slashes first.
    pub normalize: bool,
}

impl PathRules {
    /// Most services sign the path as sent.
    pub const MOST: Self = Self { double_encode: true, normalize: true };
    /// S3 and its kin sign an object's key, encoded once: `//` and `..` may be part of it.
    pub const S3: Self = Self { double_encode: false, normalize: false };
}

impl ServiceRules {
    const MOST: Self = Self {
        path: PathRules::MOST,
        plus_is_ambiguous: false,
        presigns_unsigned_payload: false,
        session_token_parameter: "X-Amz-Security-Token",
        session_token_header: "x-amz-security-token",
        sign_session_token: true,
        requires_content_sha256: false,
        is_s3: false,
    };
    const S3: Self = Self {
        path: PathRules::S3,
        plus_is_ambiguous: true,
        presigns_unsigned_payload: true,
        requires_content_sha256: true,
        is_s3: true,
        ..Self::MOST
    };

    /// The URL as it is best sent, so that all who read its query read the same.
    pub fn wire_url<'a>(&self, url: &'a str) -> Cow<'a, str> {
        let Some(start) = url.find('?') else { return Cow::Borrowed(url) };
        match self.wire_query(&url[start..]) {
            Cow::Borrowed(_) => Cow::Borrowed(url),
            Cow::Owned(query) => Cow::Owned(format!("{}{query}", &url[..start])),
        }
    }

    /// The same of a query alone.
    pub fn wire_query<'a>(&self, query: &'a str) -> Cow<'a, str> {
        if self.plus_is_ambiguous && query.contains('+') {
            return Cow::Owned(query.replace('+', "%20"));
        }
        Cow::Borrowed(query)
    }

    /// The rules of the service with this signing name.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
    pub fn of(service: &str) -> Self {
        match service {
            "s3" | "s3-object-lambda" | "s3-outposts" => Self::S3,
            // Its sessions have a token of their own, which CreateSession gives.
            // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html
            "s3express" => Self {
                session_token_parameter: "X-Amz-S3session-Token",
                session_token_header: "x-amz-s3session-token",
                ..Self::S3
            },
            // https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
            "iotdevicegateway" => Self { sign_session_token: false, ..Self::MOST },
            // https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-clients.html
            "aoss" => Self { requires_content_sha256: true, ..Self::MOST },
            _ => Self::MOST,
        }
    }

    /// The rules of the service with this signing name, for a request with this query.
    ///
    /// They differ by request only for S3 Express, whose sessions begin with a token of STS.
    pub fn of_request(service: &str, query: Option<&str>) -> Self {
        let rules = Self::of(service);
        match (service, query) {
            ("s3express", Some("session" | "session=")) => Self {
                session_token_parameter: Self::MOST.session_token_parameter,
                session_token_header: Self::MOST.session_token_header,
                ..rules
            },
            _ => rules,
        }
    }

    /// Refuses what S3 alone understands for any other service: `what` says what that is.
    ///
    /// # Errors
    ///
    /// The service isn't of the S3 family.
    pub fn check_s3(&self, what: &str) -> Result<(), SigningError> {
        if self.is_s3 {
            return Ok(());
        }
        Err(SigningError::request(
            "service",
            format!("is not of the S3 family, which alone takes {what}"),
        ))
    }
}

//! How services differ.

use std::borrow::Cow;

use super::error::SigningError;
use super::names::{header, parameter};

/// How a service expects requests to be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "facts about a service, not states")]
pub struct ServiceRules {
    /// How the path enters the canonical request.
    pub path: PathRules,
    /// Servers disagree on whether a raw `+` is a space or a plus, so paths and queries are sent
    /// without it.
    pub plus_is_ambiguous: bool,
    /// The payload is signed. Otherwise, `UNSIGNED-PAYLOAD` is sent and signed as
    /// `x-amz-content-sha256`, also with a presigned URL.
    pub signs_payload: bool,
    /// A presigned URL leaves the body unsigned, because the body isn't known yet.
    pub presigns_unsigned_payload: bool,
    /// The parameter of a presigned URL that carries the session token.
    pub session_token_parameter: &'static str,
    /// The lowercase name of the header that carries it.
    pub session_token_header: &'static str,
    /// The token is signed; otherwise it is added after the signature.
    pub sign_session_token: bool,
    /// A request signed in headers needs `x-amz-content-sha256`.
    pub requires_content_sha256: bool,
    /// Accepts signed chunks and signed forms.
    pub is_s3: bool,
}

/// How a path enters the canonical request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathRules {
    /// Encode the path as sent again. Otherwise, decode it and encode it once.
    pub double_encode: bool,
    /// Resolve `.` and `..` and merge slashes first.
    pub normalize: bool,
}

impl PathRules {
    /// The rules of most services.
    pub const MOST: Self = Self { double_encode: true, normalize: true };
    /// The rules of the S3 family. `//` and `..` may be part of an object's key.
    pub const S3: Self = Self { double_encode: false, normalize: false };
}

impl ServiceRules {
    const MOST: Self = Self {
        path: PathRules::MOST,
        plus_is_ambiguous: false,
        signs_payload: true,
        presigns_unsigned_payload: false,
        session_token_parameter: parameter::SECURITY_TOKEN,
        session_token_header: header::SECURITY_TOKEN,
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

    /// Returns the URL to send, without a raw `+` in path and query if servers disagree on it.
    pub fn wire_url<'a>(&self, url: &'a str) -> Cow<'a, str> {
        if !self.plus_is_ambiguous || !url.contains('+') {
            return Cow::Borrowed(url);
        }
        let (target, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
        let (before_query, query) = target.split_at(target.find('?').unwrap_or(target.len()));
        // A plus in the user name stays.
        let authority = before_query.find("://").map_or(0, |scheme| scheme + "://".len());
        let path =
            before_query[authority..].find('/').map_or(before_query.len(), |at| authority + at);
        let (before_path, path) = before_query.split_at(path);
        let (path, query) = (self.wire_path(path), self.wire_query(query));
        Cow::Owned(format!("{before_path}{path}{query}{fragment}"))
    }

    /// Returns the path to send. If servers disagree on a raw `+`, replaces it with an encoded plus.
    pub fn wire_path<'a>(&self, path: &'a str) -> Cow<'a, str> {
        self.without_plus(path, "%2B")
    }

    /// Returns the query to send. If servers disagree on a raw `+`, replaces it with an encoded
    /// space, as in a form.
    pub fn wire_query<'a>(&self, query: &'a str) -> Cow<'a, str> {
        self.without_plus(query, "%20")
    }

    fn without_plus<'a>(&self, text: &'a str, escape: &str) -> Cow<'a, str> {
        if self.plus_is_ambiguous && text.contains('+') {
            return Cow::Owned(text.replace('+', escape));
        }
        Cow::Borrowed(text)
    }

    /// The rules of the service with this signing name.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
    pub fn of(service: &str) -> Self {
        match service {
            "s3" | "s3-object-lambda" | "s3-outposts" => Self::S3,
            // Its sessions have their own token, from CreateSession.
            // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html
            "s3express" => Self {
                session_token_parameter: parameter::S3SESSION_TOKEN,
                session_token_header: header::S3SESSION_TOKEN,
                ..Self::S3
            },
            // https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
            "iotdevicegateway" => Self { sign_session_token: false, ..Self::MOST },
            // https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-clients.html
            "aoss" => Self { requires_content_sha256: true, ..Self::MOST },
            // https://docs.aws.amazon.com/vpc-lattice/latest/ug/sigv4-authenticated-requests.html
            "vpc-lattice-svcs" => Self { signs_payload: false, ..Self::MOST },
            _ => Self::MOST,
        }
    }

    /// The rules of the service with this signing name, for a request with this query.
    ///
    /// They depend on the query only for S3 Express: `CreateSession` is signed with a token from STS.
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

    /// Refuses a feature of S3, which `what` names, for other services.
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
            format!("is not of the S3 family: only S3 accepts {what}"),
        ))
    }
}

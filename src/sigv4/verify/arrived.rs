//! Reads the signature of a received request from its header or its query.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::error::VerificationError;
use crate::sigv4::arrived::{AuthorizationText, parse_date, split};
use crate::sigv4::headers::{Header, is_token};
use crate::sigv4::names::{header, parameter};
use crate::sigv4::presigned_url::LONGEST_LIFETIME;
use crate::sigv4::scope::Algorithm;
use crate::sigv4::service::ServiceRules;
use crate::sigv4::time::SigningTime;
use crate::sigv4::uri::{Url, query_parameters};

/// The parameters of a presigned URL. Other spellings of their names are refused.
const PARAMETERS: [&str; 7] = [
    parameter::ALGORITHM,
    parameter::CREDENTIAL,
    parameter::DATE,
    parameter::EXPIRES,
    parameter::REGION_SET,
    parameter::SIGNATURE,
    parameter::SIGNED_HEADERS,
];

/// Where the signature of a request is.
pub(super) enum SignaturePlace<'a> {
    /// In `Authorization`, with this value.
    Header(&'a [u8]),
    /// In the query.
    Query(Parameters<'a>),
}

impl<'a> SignaturePlace<'a> {
    /// Finds the signature, and refuses a request that has several.
    pub(super) fn find(url: &Url<'a>, headers: &[Header<'a>]) -> Result<Self, VerificationError> {
        let authorization = one_header("Authorization", headers)?;
        let parameters = Parameters::read(url.query().unwrap_or_default())?;
        match (authorization, parameters) {
            (None, None) => Err(if has_signature_version_2(url) {
                VerificationError::SignatureVersion2
            } else {
                VerificationError::MissingAuthenticationToken
            }),
            (Some(_), Some(_)) => Err(VerificationError::MultipleSignatures),
            (Some(authorization), None) => Ok(Self::Header(authorization)),
            (None, Some(parameters)) => Ok(Self::Query(parameters)),
        }
    }
}

/// Whether the query has a signature of version 2, for S3 or another service.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html#RESTAuthenticationQueryStringAuth>
fn has_signature_version_2(url: &Url<'_>) -> bool {
    let query = url.query().unwrap_or_default();
    let has = |wanted| query_parameters(query).any(|(name, _)| name == wanted);
    has("AWSAccessKeyId") && has("Signature")
}

/// The parts of a signature, borrowed from the request.
#[derive(Debug)]
pub(super) struct ArrivedSignature<'a> {
    pub(super) algorithm: Algorithm,
    /// The access key id and the credential scope, not yet split.
    pub(super) credential: &'a str,
    pub(super) signed_headers: SignedHeaders<'a>,
    /// Hexadecimal digits, if well-formed.
    pub(super) signature: &'a str,
    pub(super) time: SigningTime,
    /// The regions for which a SigV4a signature is valid.
    pub(super) region_set: Option<Cow<'a, str>>,
    /// The lifetime of a presigned URL in seconds; `None` for a signature in a header.
    pub(super) expires_in: Option<u32>,
}

impl<'a> ArrivedSignature<'a> {
    /// Reads the signature, and the headers that accompany it.
    pub(super) fn read(
        place: &'a SignaturePlace<'a>,
        headers: &[Header<'a>],
    ) -> Result<Self, VerificationError> {
        match place {
            SignaturePlace::Header(authorization) => Self::from_header(authorization, headers),
            SignaturePlace::Query(parameters) => Self::from_query(parameters, headers),
        }
    }

    fn from_header(
        authorization: &'a [u8],
        headers: &[Header<'a>],
    ) -> Result<Self, VerificationError> {
        let authorization = Authorization::parse(authorization)?;
        let date = match one_header(parameter::DATE, headers)? {
            Some(date) => Some(date),
            None => one_header("Date", headers)?,
        };
        let region_set = one_header(parameter::REGION_SET, headers)?;
        let Authorization { algorithm, credential, signed_headers, signature } = authorization;
        let is_set_missing = algorithm == Algorithm::EcdsaP256Sha256 && region_set.is_none();
        let (Some(credential), Some(signed_headers), Some(signature), Some(date), false) =
            (credential, signed_headers, signature, date, is_set_missing)
        else {
            let parts = [
                ("Credential", credential.is_none()),
                ("Signature", signature.is_none()),
                ("SignedHeaders", signed_headers.is_none()),
                (parameter::DATE, date.is_none()),
                (parameter::REGION_SET, is_set_missing),
            ];
            let parts = parts.into_iter().filter(|(_, is_missing)| *is_missing);
            let parts = parts.map(|(name, _)| name).collect();
            return Err(VerificationError::MissingSignaturePart { is_presigned: false, parts });
        };
        Ok(Self {
            algorithm,
            credential,
            signed_headers: SignedHeaders::parse(signed_headers)?,
            signature,
            time: parse_date(date).ok_or(VerificationError::MalformedDate)?,
            region_set: region_set.map(|set| text_of(set.trim_ascii())),
            expires_in: None,
        })
    }

    fn from_query(
        parameters: &'a Parameters<'a>,
        headers: &[Header<'_>],
    ) -> Result<Self, VerificationError> {
        let algorithm = parameters.get(parameter::ALGORITHM).map(|name| {
            Algorithm::parse(name).map_err(|_| VerificationError::UnsupportedAlgorithm)
        });
        let algorithm = algorithm.transpose()?;
        let is_needed = |name: &str| {
            name != parameter::REGION_SET || algorithm == Some(Algorithm::EcdsaP256Sha256)
        };
        let parts: Vec<_> = PARAMETERS
            .into_iter()
            .filter(|name| is_needed(name) && parameters.get(name).is_none())
            .collect();
        let (Some(algorithm), true) = (algorithm, parts.is_empty()) else {
            return Err(VerificationError::MissingSignaturePart { is_presigned: true, parts });
        };
        // The server behind us could read the other date.
        if headers.iter().any(|header| header.is(header::DATE)) {
            return Err(VerificationError::RepeatedField(parameter::DATE));
        }
        let text = |name| parameters.get(name).unwrap_or_default();
        Ok(Self {
            algorithm,
            credential: text(parameter::CREDENTIAL),
            signed_headers: SignedHeaders::parse(text(parameter::SIGNED_HEADERS))?,
            signature: text(parameter::SIGNATURE),
            time: SigningTime::parse(text(parameter::DATE))
                .map_err(|_| VerificationError::MalformedDate)?,
            region_set: parameters.get(parameter::REGION_SET).map(Cow::Borrowed),
            expires_in: Some(parse_lifetime(text(parameter::EXPIRES))?),
        })
    }

    /// Returns the session token, from the header or parameter that this service uses.
    pub(super) fn session_token(
        &self,
        service: &ServiceRules,
        url: &Url<'_>,
        headers: &[Header<'_>],
    ) -> Result<Option<Zeroizing<String>>, VerificationError> {
        let header = one_header(service.session_token_header, headers)?;
        let token = if self.expires_in.is_none() {
            header.map(|token| text_of(token.trim_ascii()))
        } else {
            let parameter = one_parameter(service.session_token_parameter, url)?;
            if parameter.is_some() && header.is_some() {
                return Err(VerificationError::RepeatedField(service.session_token_parameter));
            }
            parameter
        };
        // An empty token is treated as missing.
        Ok(token.filter(|token| !token.is_empty()).map(|token| token.into_owned().into()))
    }
}

/// Decodes the value of a header. Replaces bytes that aren't UTF-8.
pub(super) fn text_of(value: &[u8]) -> Cow<'_, str> {
    // `from_utf8` is faster than `from_utf8_lossy`, and most values are UTF-8.
    str::from_utf8(value).map_or_else(|_| String::from_utf8_lossy(value), Cow::Borrowed)
}

/// Returns the value of a header, and refuses repeats.
pub(super) fn one_header<'a>(
    name: &'static str,
    headers: &[Header<'a>],
) -> Result<Option<&'a [u8]>, VerificationError> {
    let mut found = headers.iter().filter(|header| header.is(name));
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(VerificationError::RepeatedField(name)),
        (found, None) => Ok(found.map(Header::value)),
    }
}

/// Returns the value of a parameter, and refuses repeats.
pub(super) fn one_parameter<'a>(
    name: &'static str,
    url: &Url<'a>,
) -> Result<Option<Cow<'a, str>>, VerificationError> {
    let query = url.query().unwrap_or_default();
    let mut found = query_parameters(query).filter(|(found, _)| found == name);
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(VerificationError::RepeatedField(name)),
        (found, None) => Ok(found.map(|(_, value)| value)),
    }
}

/// The parts of an `Authorization` header, which may be missing.
struct Authorization<'a> {
    algorithm: Algorithm,
    credential: Option<&'a str>,
    signed_headers: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> Authorization<'a> {
    /// Reads `algorithm name=value, ...`, with any number of spaces around the commas.
    fn parse(value: &'a [u8]) -> Result<Self, VerificationError> {
        // `fold` instead of `all`: without an early exit, the loop is vectorized.
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~');
        let text = str::from_utf8(value)
            .ok()
            .filter(|text| text.bytes().fold(true, |plain, byte| plain & is_plain(byte)))
            .ok_or(VerificationError::MalformedAuthorization)?
            .trim_ascii();
        let text = AuthorizationText::split(text);
        let algorithm = Algorithm::parse(text.algorithm).map_err(|_| match text.algorithm {
            "AWS" => VerificationError::SignatureVersion2,
            algorithm if algorithm.starts_with("AWS4-") => VerificationError::UnsupportedAlgorithm,
            _ => VerificationError::MalformedAuthorization,
        })?;
        let mut authorization =
            Self { algorithm, credential: None, signed_headers: None, signature: None };
        if text.parts.is_empty() {
            return Ok(authorization);
        }
        for pair in text.pairs() {
            let (name, value) = pair.ok_or(VerificationError::MalformedAuthorization)?;
            let (name, place) = match name {
                "Credential" => ("Credential", &mut authorization.credential),
                "SignedHeaders" => ("SignedHeaders", &mut authorization.signed_headers),
                "Signature" => ("Signature", &mut authorization.signature),
                _ => return Err(VerificationError::MalformedAuthorization),
            };
            if place.replace(value).is_some() {
                return Err(VerificationError::RepeatedField(name));
            }
        }
        Ok(authorization)
    }
}

/// The parameters of a presigned URL, decoded.
pub(super) struct Parameters<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    /// Reads the parameters, and refuses repeats. Returns `None` if the query has none of them.
    fn read(query: &'a str) -> Result<Option<Self>, VerificationError> {
        let mut found: Vec<(&'static str, Cow<'a, str>)> = Vec::new();
        for (name, value) in query_parameters(query) {
            let is_like = |known: &&&str| known.eq_ignore_ascii_case(&name);
            let Some(known) = PARAMETERS.iter().find(is_like) else { continue };
            if name != *known {
                return Err(VerificationError::MalformedRequest(format!(
                    "a parameter must be written {known}"
                )));
            }
            if found.iter().any(|(name, _)| name == known) {
                return Err(VerificationError::RepeatedField(known));
            }
            found.push((known, value));
        }
        Ok(if found.is_empty() { None } else { Some(Self(found)) })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| *found == name).map(|(_, value)| &**value)
    }
}

/// The names of the signed headers: lowercase, sorted, without repeats, and including `host`.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignedHeaders<'a>(&'a str);

impl<'a> SignedHeaders<'a> {
    fn parse(text: &'a str) -> Result<Self, VerificationError> {
        let is_name = |name: &str| {
            name.bytes().all(|byte| is_token(byte) && !byte.is_ascii_uppercase())
                // `Authorization` can't be signed, and `*` is what signers' options call all headers.
                && !matches!(name, "authorization" | "*")
        };
        let (mut previous, mut has_host) = ("", false);
        for name in split(text, b';') {
            // The comparison also refuses an empty name.
            if !is_name(name) || name <= previous {
                return Err(VerificationError::MalformedSignedHeaders);
            }
            has_host |= name == "host";
            previous = name;
        }
        if !has_host {
            return Err(VerificationError::HostNotSigned);
        }
        Ok(Self(text))
    }

    /// The names, joined with semicolons.
    pub(super) fn as_str(self) -> &'a str {
        self.0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = &'a str> {
        split(self.0, b';')
    }

    /// Whether a header is signed. The name may be in any letter case.
    pub(super) fn contains(self, name: &str) -> bool {
        self.iter().any(|signed| signed.eq_ignore_ascii_case(name))
    }
}

fn parse_lifetime(text: &str) -> Result<u32, VerificationError> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        .then(|| text.parse().ok())
        .flatten()
        .filter(|seconds| (1..=LONGEST_LIFETIME).contains(seconds))
        .ok_or(VerificationError::MalformedLifetime)
}

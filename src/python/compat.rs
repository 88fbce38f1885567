//! What the drop-ins of `rsigv4.compat` share: they sign what the packages that they replace signed.

#![expect(clippy::too_many_arguments, reason = "they are the parts of a signature")]

use pyo3::prelude::*;

use super::arguments::{secret_text, text};
use super::body::Body;
use super::headers::{HeaderArguments, HeaderEncoding, parse_headers};
use super::requests::KEYS;
use crate::sigv4::{
    Algorithm, CanonicalRequest, CredentialScope, Credentials, HashedPayload, Request,
    ServiceRules, SigningTime, Url, settings, sign_canonical_request, uri,
};

/// Return the `Authorization` of a request with these headers.
///
/// Args:
///     method: As sent.
///     url: As sent.
///     headers: The pairs that will be sent.
///     signed_headers: The lowercase names of those to sign, sorted and joined with semicolons.
///     hashed_payload: The last line of the canonical request.
///     access_key_id: Even one that AWS will refuse.
///     secret_access_key: Likewise.
///     region: Likewise; it may be empty.
///     service: Likewise.
///     amz_date: The time of the signature, such as `"20261130T120000Z"`.
#[pyfunction]
pub(super) fn authorize(
    method: &Bound<'_, PyAny>,
    url: &Bound<'_, PyAny>,
    headers: &Bound<'_, PyAny>,
    signed_headers: &str,
    hashed_payload: &str,
    access_key_id: &Bound<'_, PyAny>,
    secret_access_key: &Bound<'_, PyAny>,
    region: &Bound<'_, PyAny>,
    service: &Bound<'_, PyAny>,
    amz_date: &str,
) -> PyResult<String> {
    let refused = &mut Vec::new();
    let credentials = Credentials::lenient(
        secret_text("access_key_id", access_key_id)?,
        secret_text("secret_access_key", secret_access_key)?,
        None,
        refused,
    )?;
    let scope = CredentialScope::lenient(
        Algorithm::HmacSha256,
        SigningTime::parse(amz_date)?,
        text("region", region)?,
        text("service", service)?,
        refused,
    )?;
    let headers = HeaderArguments::extract_all(headers, HeaderEncoding::Latin1)?;
    let headers = headers.encode()?;
    let headers = parse_headers(&headers)?;
    let request =
        Request::as_sent(text("method", method)?, Url::parse(text("url", url)?)?, &headers);
    let query = request.url().canonical_query_string();
    let path = ServiceRules::of(scope.service).path;
    let canonical_request =
        CanonicalRequest::as_arrived(&request, path, signed_headers, query, hashed_payload)?;
    let scope_signer = KEYS.signer(&credentials, &scope)?;
    let signed = sign_canonical_request(&canonical_request, &credentials, &scope, &scope_signer)?;
    Ok(signed.authorization)
}

/// Return why AWS will refuse what is signed with these, or an empty text.
#[pyfunction]
pub(super) fn refusals(
    access_key_id: &Bound<'_, PyAny>,
    secret_access_key: &Bound<'_, PyAny>,
    region: &Bound<'_, PyAny>,
    service: &Bound<'_, PyAny>,
) -> PyResult<String> {
    let mut refused = Vec::new();
    Credentials::lenient(
        secret_text("access_key_id", access_key_id)?,
        secret_text("secret_access_key", secret_access_key)?,
        None,
        &mut refused,
    )?;
    CredentialScope::lenient(
        Algorithm::HmacSha256,
        SigningTime::from_timestamp(0)?,
        text("region", region)?,
        text("service", service)?,
        &mut refused,
    )?;
    let reasons: Vec<_> = refused.iter().map(ToString::to_string).collect();
    Ok(reasons.join("; "))
}

/// Return the canonical form of a path as sent.
#[pyfunction]
pub(super) fn canonical_uri(path: &str, service: &str) -> String {
    uri::canonical_uri(path, ServiceRules::of(service).path).into_owned()
}

/// Return the canonical form of a query as sent.
#[pyfunction]
pub(super) fn canonical_query_string(query: &str) -> String {
    uri::canonical_query_string(query)
}

/// Return whether clients and proxies may set, remove or rewrite the header of this name.
#[pyfunction]
pub(super) fn is_rewritten(name: &str) -> bool {
    settings::is_rewritten(name)
}

/// Return the SHA-256 of a body, or `UNSIGNED-PAYLOAD` if the service wants no other; None if the body
/// can be read only once.
#[pyfunction]
pub(super) fn hash_body(
    body: &Bound<'_, PyAny>,
    service: &Bound<'_, PyAny>,
) -> PyResult<Option<String>> {
    if !ServiceRules::of(text("service", service)?).signs_payload {
        return Ok(Some(HashedPayload::UNSIGNED_PAYLOAD.to_owned()));
    }
    match Body::hash(body)? {
        Body::Hashed(hash) => Ok(Some(hash.as_str().to_owned())),
        Body::SinglePass => Ok(None),
    }
}

/// Return the URL to send, which all servers read in the same way. It has the same signature.
#[pyfunction]
pub(super) fn wire_url(url: &str, service: &str) -> String {
    ServiceRules::of(service).wire_url(url).into_owned()
}

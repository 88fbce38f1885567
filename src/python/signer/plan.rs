//! Decides how a client sends a request: its URL, and how its body is signed.

use std::borrow::Cow;

use memchr::memchr;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::Signer;
use crate::python::arguments::text;
use crate::python::body::is_single_pass;
use crate::python::headers::{HeaderArguments, HeaderEncoding, parse_headers};
use crate::sigv4::names::header;
use crate::sigv4::{self, ServiceRules, Url};

/// How a body is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::python) enum PlannedBody {
    /// `Signer.sign` takes it as it is.
    AsIs,
    /// It has this length in bytes, and is signed chunk by chunk while it is sent.
    Chunked(u64),
    /// It must be read into memory first.
    Buffered,
    /// The caller doesn't want it signed.
    Unsigned,
    /// The URL is presigned, so the request isn't signed again.
    Presigned,
}

impl PlannedBody {
    /// Its name in Python.
    pub(in crate::python) fn name(self, py: Python<'_>) -> &Bound<'_, PyString> {
        match self {
            Self::AsIs => intern!(py, "as is"),
            Self::Chunked(_) => intern!(py, "chunked"),
            Self::Buffered => intern!(py, "buffered"),
            Self::Unsigned => intern!(py, "unsigned"),
            Self::Presigned => intern!(py, "presigned"),
        }
    }

    /// The length of a chunked body, in bytes.
    pub(in crate::python) fn length(self) -> Option<u64> {
        match self {
            Self::Chunked(length) => Some(length),
            _ => None,
        }
    }
}

/// How a client sends a request.
#[derive(Debug)]
pub(in crate::python) struct Plan<'a> {
    /// The URL to send.
    pub(in crate::python) url: Cow<'a, str>,
    pub(in crate::python) body: PlannedBody,
    /// Whether the body can be read only once.
    pub(in crate::python) is_one_shot: bool,
}

impl<'a> Plan<'a> {
    /// Plans a request. Parses the URL and calls `headers` only if the plan depends on them.
    pub(in crate::python) fn new<'py>(
        signer: &Signer,
        url: &'a str,
        body: &Bound<'py, PyAny>,
        unsigned: bool,
        headers: impl FnOnce() -> PyResult<HeaderArguments<'py>>,
    ) -> PyResult<Self> {
        if sigv4::is_presigned(url) {
            let url = Cow::Borrowed(url);
            return Ok(Self { url, body: PlannedBody::Presigned, is_one_shot: false });
        }
        let is_one_shot = is_single_pass(body)?;
        let is_unsigned = unsigned && body.is_truthy()?;
        if !(memchr(b'+', url.as_bytes()).is_some() || (is_one_shot && !is_unsigned)) {
            let body = if is_unsigned { PlannedBody::Unsigned } else { PlannedBody::AsIs };
            return Ok(Self { url: Cow::Borrowed(url), body, is_one_shot });
        }
        let headers = headers()?;
        // The client converts the other headers, of which `http.client` accepts numbers, later.
        let host = Vec::from_iter(headers.encode_named("host")?);
        let rules = signer.rules(&Url::parse(url)?, &parse_headers(&host)?)?;
        let body = if is_unsigned {
            PlannedBody::Unsigned
        } else if is_one_shot {
            plan_one_shot(&rules, &headers)?
        } else {
            PlannedBody::AsIs
        };
        Ok(Self { url: rules.wire_url(url), body, is_one_shot })
    }

    /// Plans the request of a client that passes its parts.
    pub(super) fn of_client<'py>(
        signer: &Signer,
        url: &'a Bound<'py, PyAny>,
        headers: &Bound<'py, PyAny>,
        body: &Bound<'py, PyAny>,
        unsigned: bool,
    ) -> PyResult<Self> {
        let headers = || HeaderArguments::extract_all(headers, HeaderEncoding::Latin1);
        Self::new(signer, text("url", url)?, body, unsigned, headers)
    }

    /// Returns the URL to send, which is the planned one if nothing replaced it.
    pub(super) fn wire_url<'py>(&self, planned: &Bound<'py, PyAny>) -> Bound<'py, PyAny> {
        match &self.url {
            Cow::Borrowed(_) => planned.clone(),
            Cow::Owned(wire_url) => PyString::new(planned.py(), wire_url).into_any(),
        }
    }
}

fn plan_one_shot(rules: &ServiceRules, headers: &HeaderArguments<'_>) -> PyResult<PlannedBody> {
    if !rules.signs_payload || headers.find(header::CONTENT_SHA256)?.is_some() {
        // It isn't hashed, so it isn't read.
        return Ok(PlannedBody::AsIs);
    }
    let length = if rules.is_s3 { headers.content_length()? } else { None };
    Ok(length.map_or(PlannedBody::Buffered, PlannedBody::Chunked))
}

/// Return whether a URL is presigned, so that its request must be sent unchanged.
#[pyfunction]
pub(in crate::python) fn is_presigned(url: &str) -> bool {
    sigv4::is_presigned(url)
}

/// Return the region in which to call a service for an account, and the suffix of the service's host.
///
/// Args:
///     region: The one to use; None for the one of the partition's global services.
///     arn: An ARN of the account. A region of another partition is not used.
#[pyfunction]
pub(in crate::python) fn region_and_suffix<'a>(
    region: Option<&'a str>,
    arn: Option<&str>,
) -> (&'a str, &'static str) {
    sigv4::partition::region_and_suffix(region, arn)
}

/// Return how a request's body is signed.
///
/// - `"as is"`: `Signer.sign` takes the body as it is. A one-shot body is then not read.
/// - `"chunked"`: the body is signed chunk by chunk while it is sent.
/// - `"buffered"`: the body must be read into memory first.
/// - `"unsigned"`: the caller doesn't want the body signed.
/// - `"presigned"`: the URL is presigned, so the request must be sent unchanged.
///
/// Args:
///     signer: Its region and service take precedence over those of the URL.
///     url: The URL as the client would send it.
///     headers: The pairs that will be sent.
///     body: A body that `Signer.sign` accepts, or a one-shot body.
///     unsigned: Whether to leave the body unsigned.
///
/// Raises:
///     InvalidRequestError: The request can't be signed; the message names the argument.
#[pyfunction]
pub(in crate::python) fn plan_body<'py>(
    signer: &Signer,
    url: &Bound<'py, PyAny>,
    headers: &Bound<'py, PyAny>,
    body: &Bound<'py, PyAny>,
    unsigned: bool,
) -> PyResult<&'py Bound<'py, PyString>> {
    let plan = Plan::of_client(signer, url, headers, body, unsigned)?;
    Ok(plan.body.name(url.py()))
}

//! How a client sends a request: its URL, and how its body gets into the signature. Decided in one
//! call, before anything is signed or sent.

use std::borrow::Cow;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::Signer;
use crate::python::arguments::text;
use crate::python::body::is_single_pass;
use crate::python::headers::{HeaderArguments, HeaderEncoding};
use crate::sigv4::names::header;
use crate::sigv4::{ServiceRules, Url, is_presigned};

/// How the body gets into the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::python) enum PlannedBody {
    /// It is hashed, and can be sent afterwards.
    Whole,
    /// The request's own `x-amz-content-sha256` stands for it.
    Preset,
    /// It is signed chunk by chunk as it is sent.
    Chunked,
    /// It has to be read into memory first.
    Buffered,
    /// It is not signed: the caller or the service wants it so.
    Unsigned,
    /// The URL is presigned, so nothing of the request is signed.
    Presigned,
}

impl PlannedBody {
    /// Its name in Python.
    pub(in crate::python) fn name(self, py: Python<'_>) -> &Bound<'_, PyString> {
        match self {
            Self::Whole => intern!(py, "whole"),
            Self::Preset => intern!(py, "preset"),
            Self::Chunked => intern!(py, "chunked"),
            Self::Buffered => intern!(py, "buffered"),
            Self::Unsigned => intern!(py, "unsigned"),
            Self::Presigned => intern!(py, "presigned"),
        }
    }
}

/// What a client has to know of a request before it signs and sends it.
#[derive(Debug)]
pub(in crate::python) struct Plan<'a> {
    /// The URL to send.
    pub(in crate::python) url: Cow<'a, str>,
    pub(in crate::python) body: PlannedBody,
    /// The body can be read only once.
    pub(in crate::python) is_one_shot: bool,
}

impl<'a> Plan<'a> {
    /// Plans a request. The URL is parsed, and `headers` are asked for, only where something depends
    /// on them.
    pub(in crate::python) fn new<'py>(
        signer: &Signer,
        url: &'a str,
        body: &Bound<'py, PyAny>,
        unsigned: bool,
        headers: impl FnOnce() -> PyResult<HeaderArguments<'py>>,
    ) -> PyResult<Self> {
        if is_presigned(url) {
            let url = Cow::Borrowed(url);
            return Ok(Self { url, body: PlannedBody::Presigned, is_one_shot: false });
        }
        let is_one_shot = is_single_pass(body)?;
        let is_unsigned = unsigned && body.is_truthy()?;
        if !(url.contains('+') || (is_one_shot && !is_unsigned)) {
            let body = if is_unsigned { PlannedBody::Unsigned } else { PlannedBody::Whole };
            return Ok(Self { url: Cow::Borrowed(url), body, is_one_shot });
        }
        let rules = signer.rules(&Url::parse(url)?)?;
        let body = if is_unsigned {
            PlannedBody::Unsigned
        } else if is_one_shot {
            plan_one_shot(&rules, &headers()?)?
        } else {
            PlannedBody::Whole
        };
        Ok(Self { url: rules.wire_url(url), body, is_one_shot })
    }
}

fn plan_one_shot(rules: &ServiceRules, headers: &HeaderArguments<'_>) -> PyResult<PlannedBody> {
    Ok(if !rules.signs_payload {
        PlannedBody::Unsigned
    } else if headers.find(header::CONTENT_SHA256)?.is_some() {
        PlannedBody::Preset
    } else if rules.is_s3 && has_length(headers)? {
        PlannedBody::Chunked
    } else {
        PlannedBody::Buffered
    })
}

fn has_length(headers: &HeaderArguments<'_>) -> PyResult<bool> {
    let Some(length) = headers.find("content-length")? else { return Ok(false) };
    let is_number = |length: &[u8]| {
        let length = length.trim_ascii();
        !length.is_empty() && length.iter().all(u8::is_ascii_digit)
    };
    if let Ok(length) = length.cast::<PyBytes>() {
        return Ok(is_number(length.as_bytes()));
    }
    // http.client takes a number, too.
    Ok(is_number(length.str()?.to_str()?.as_bytes()))
}

/// Return the URL to send, and how the body gets into the signature.
///
/// Args:
///     signer: Whose region and service count where it has them.
///     url: As the client would send it.
///     headers: The pairs that will be sent.
///     body: Anything that `Signer.sign` takes, or what can be read only once.
///     unsigned: The caller wants bodies unsigned.
///
/// Returns:
///     The URL, which for the S3 family has `%2B` for each `+` in its path and `%20` for each in its
///     query; and one of these:
///
///     - `"whole"`: the body is hashed, and can be sent afterwards.
///     - `"preset"`: the request's own `x-amz-content-sha256` stands for it.
///     - `"chunked"`: it is signed chunk by chunk as it is sent.
///     - `"buffered"`: it has to be read into memory first.
///     - `"unsigned"`: it is not signed.
///     - `"presigned"`: the URL is, so that the request is sent as it is.
///
/// Raises:
///     InvalidRequestError: The request can't be signed; the message names the argument.
#[pyfunction]
pub(in crate::python) fn plan_request<'py>(
    py: Python<'py>,
    signer: &Signer,
    url: &Bound<'py, PyAny>,
    headers: &Bound<'py, PyAny>,
    body: &Bound<'py, PyAny>,
    unsigned: bool,
) -> PyResult<(Bound<'py, PyAny>, &'py Bound<'py, PyString>)> {
    let headers = || HeaderArguments::extract_all(headers, HeaderEncoding::Latin1);
    let plan = Plan::new(signer, text("url", url)?, body, unsigned, headers)?;
    let wire_url = match plan.url {
        Cow::Borrowed(_) => url.clone(),
        Cow::Owned(wire_url) => PyString::new(py, &wire_url).into_any(),
    };
    Ok((wire_url, plan.body.name(py)))
}

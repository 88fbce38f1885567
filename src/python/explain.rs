//! Explanations: what Python has read of a response and a request in, causes out.

use std::borrow::Cow;
use std::sync::Arc;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyEllipsis, PyString};

use super::arguments::text;
use super::body::Body;
use super::clock::now;
use super::credentials::FrozenCredentials;
use super::headers::{EncodedHeader, HeaderArguments, parse_headers};
use super::signer::{Signer, method};
use crate::explain::{self, Evidence, Reader, Response, SentRequest};
use crate::redaction;
use crate::sigv4::names::header;
use crate::sigv4::{HashedPayload, Request, SigningTime, Url};

/// Why a request was refused, and what to change.
///
/// Its text is what a person reads. Values with the names of secrets are redacted in all of it, and the
/// control characters of a response or a request are escaped.
#[pyclass(frozen, module = "rsigv4._core")]
pub(super) struct Explanation(explain::Explanation);

#[pymethods]
impl Explanation {
    /// What is wrong, the most likely first; never empty.
    #[getter]
    fn causes(&self) -> Vec<Cause> {
        self.0.causes.iter().map(|cause| Cause::of(cause, self.0.reader)).collect()
    }

    /// The most likely cause.
    #[getter]
    fn cause(&self) -> Cause {
        let unknown = explain::Cause::general(explain::CauseCode::Unknown);
        Cause::of(self.0.causes.first().unwrap_or(&unknown), self.0.reader)
    }

    /// The status of the response, such as 403; None where it isn't known.
    #[getter]
    fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// AWS's error code, such as `"SignatureDoesNotMatch"`.
    #[getter]
    fn error_code(&self) -> Option<&str> {
        self.0.error_code.as_deref()
    }

    /// What the server said in words.
    #[getter]
    fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What was signed beside what the server expected, line by line.
    ///
    /// Empty where the request or the server's canonical request isn't known.
    #[getter]
    fn canonical_request_diff(&self) -> Vec<LinePair> {
        self.0.canonical_request_diff.iter().cloned().map(LinePair).collect()
    }

    /// The lines of both strings to sign; empty unless both are known.
    #[getter]
    fn string_to_sign_diff(&self) -> Vec<LinePair> {
        self.0.string_to_sign_diff.iter().cloned().map(LinePair).collect()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        let codes = self.0.causes.iter().map(|cause| format!("'{}'", cause.code.as_str()));
        format!("Explanation(causes=[{}])", codes.collect::<Vec<_>>().join(", "))
    }
}

/// One thing that is wrong, or may be.
#[pyclass(frozen, module = "rsigv4._core")]
pub(super) struct Cause {
    cause: explain::Cause,
    reader: Reader,
}

impl Cause {
    fn of(cause: &explain::Cause, reader: Reader) -> Self {
        Self { cause: cause.clone(), reader }
    }
}

#[pymethods]
impl Cause {
    /// Names the cause, such as `"wrong_region"`; stable.
    #[getter]
    fn code(&self) -> &'static str {
        self.cause.code.as_str()
    }

    /// What is wrong.
    #[getter]
    fn summary(&self) -> String {
        self.cause.summary()
    }

    /// What to change.
    #[getter]
    fn advice(&self) -> String {
        self.cause.advice(self.reader)
    }

    /// Whether it is proved, rather than only possible.
    #[getter]
    fn certain(&self) -> bool {
        self.cause.certain
    }

    /// What makes it certain: `"words"` of the server, the `"signature"` made again with the secret,
    /// `"words or signature"`, or `"nothing"`.
    #[getter]
    fn proof(&self) -> &'static str {
        self.cause.code.proof().as_str()
    }

    fn __repr__(&self) -> String {
        format!("Cause(code='{}')", self.cause.code.as_str())
    }
}

/// One line of what was signed beside the same line of what the server expected.
#[pyclass(frozen, module = "rsigv4._core")]
pub(super) struct LinePair(explain::LinePair);

#[pymethods]
impl LinePair {
    /// AWS's name of the line's part, such as `"canonical_uri"` or `"canonical_headers host"`.
    #[getter]
    fn part(&self) -> &str {
        &self.0.part
    }

    /// What was signed; None if the line is missing.
    #[getter]
    fn ours(&self) -> Option<&str> {
        self.0.ours.as_deref()
    }

    /// What the server expected; None if the line is missing.
    #[getter]
    fn theirs(&self) -> Option<&str> {
        self.0.theirs.as_deref()
    }

    /// Where the two begin to differ, in characters; None where they are alike.
    #[getter]
    fn column(&self) -> Option<usize> {
        self.0.column
    }

    fn __repr__(&self) -> String {
        let differs = if self.0.column.is_some() { "differs" } else { "is alike" };
        format!("LinePair({}: {differs})", self.0.part)
    }
}

/// Return every cause that there is, in words that fit any case.
#[pyfunction]
pub(super) fn known_causes() -> Vec<Cause> {
    let general = |code: &explain::CauseCode| explain::Cause::general(*code);
    let causes = explain::CauseCode::ALL.iter().map(general);
    causes.map(|cause| Cause { cause, reader: Reader::Python }).collect()
}

/// Return a canonical request without the secrets in its query and headers.
#[pyfunction]
pub(super) fn redact_canonical_request(text: &str) -> String {
    redaction::redact_canonical_request(text)
}

/// Return the value of a header without what is secret in it.
#[pyfunction]
pub(super) fn redact_header(name: &str, value: &str) -> String {
    redaction::redact_header(name, value)
}

/// Return a message without the values whose names say that they are secret.
#[pyfunction]
pub(super) fn redact_text(text: &str) -> String {
    redaction::redact_text(text)
}

/// Return a URL, or the target of a request, without user information and secret parameters.
#[pyfunction]
pub(super) fn redact_url(url: &str) -> String {
    redaction::redact_url(url)
}

/// Explain a response whose parts have been read.
///
/// `status` and `headers` are None where `body` is all the text there is. `request` is a tuple of method,
/// URL, headers, body (`...` where it isn't available) and whether it was redirected. A request that
/// isn't signed yet is signed by `signer` where `sign_request` says so. `for_command` words advice for the
/// command line.
#[pyfunction]
#[pyo3(signature = (
    status, headers, body, *, request=None, signer=None, sign_request=false, for_command=false
))]
#[expect(clippy::too_many_arguments, reason = "they are all that is known of a refusal")]
pub(super) fn explain_response(
    py: Python<'_>,
    status: Option<u16>,
    headers: Option<Vec<(String, String)>>,
    body: &str,
    request: Option<RequestArguments<'_>>,
    signer: Option<&Bound<'_, Signer>>,
    sign_request: bool,
    for_command: bool,
) -> PyResult<Explanation> {
    let response = match (status, headers) {
        (None, None) => Response::parse(body),
        (status, headers) => Response::new(status, headers.unwrap_or_default(), body),
    };
    let signer_to_sign = signer.filter(|_| sign_request);
    let request = request.map(|request| ReadRequest::read(&request, &response, signer_to_sign));
    let request = request.transpose()?;
    let credentials = signer.map(|signer| signer.get().frozen_credentials(py)).transpose()?;
    let credentials = credentials.flatten();
    let credentials = credentials.as_ref().map(|frozen| frozen.borrow());
    let now = now(py).ok();
    let reader = if for_command { Reader::Command } else { Reader::Python };
    let explained = |sent: Option<SentRequest<'_>>| {
        let (response, now) = (&response, now.clone());
        let evidence = Evidence { response, sent, credentials, now, reader };
        Explanation(py.detach(|| explain::explain(&evidence)))
    };
    match &request {
        None => Ok(explained(None)),
        Some(read) => read.with_sent(|sent| explained(Some(sent))),
    }
}

/// Method, URL, headers, body, and whether a redirect was followed.
type RequestArguments<'py> =
    (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, bool);

/// The arguments in the core's types, owned.
struct ReadRequest {
    method: String,
    url: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<HashedPayload>,
    content: Option<Vec<u8>>,
    redirected: bool,
    signed_here: bool,
}

impl ReadRequest {
    fn read(
        arguments: &RequestArguments<'_>,
        response: &Response,
        signer: Option<&Bound<'_, Signer>>,
    ) -> PyResult<Self> {
        let (method_name, url, headers, body, redirected) = arguments;
        let mut read = Self {
            method: method(method_name)?.into_owned(),
            url: text("url", url)?.to_owned(),
            headers: owned_headers(headers)?,
            body: None,
            content: None,
            redirected: *redirected,
            signed_here: false,
        };
        let is_signed = read.with_sent(|sent| sent.is_signed())?;
        let body = Some(body).filter(|body| !body.is_instance_of::<PyEllipsis>());
        // A file was read to its end when the request was sent.
        let is_sent_file = |body: &Bound<'_, PyAny>| {
            is_signed && body.hasattr(intern!(body.py(), "read")).unwrap_or(false)
        };
        if let Some(body) = body.filter(|body| !is_sent_file(body))
            && let Body::Hashed(hash) = Body::hash(body)?
        {
            read.body = Some(hash);
            read.content = content_of(body);
        }
        if let Some(signer) = signer.filter(|_| !is_signed) {
            let py = signer.py();
            let keywords = PyDict::new(py);
            let time = response.signing_time().or_else(|| read.header_time());
            let seconds = time.map(|time| time.instant().timestamp());
            keywords.set_item(intern!(py, "time"), seconds)?;
            let body = body.map_or_else(|| py.None().into_bound(py), Clone::clone);
            let arguments = (method_name, url, headers, body);
            let added = signer.call_method(intern!(py, "sign"), arguments, Some(&keywords))?;
            let added = owned_headers(&added)?;
            let is_added =
                |name: &str| added.iter().any(|(added, _)| added.eq_ignore_ascii_case(name));
            read.headers.retain(|(name, _)| !is_added(name));
            read.headers.extend(added);
            read.signed_here = true;
        }
        Ok(read)
    }

    fn with_sent<T>(&self, use_sent: impl FnOnce(SentRequest<'_>) -> T) -> PyResult<T> {
        let headers: Vec<EncodedHeader<'_>> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), Cow::Borrowed(value.as_slice())))
            .collect();
        let headers = parse_headers(&headers)?;
        let request = Request::as_sent(&self.method, Url::parse(&self.url)?, &headers);
        let sent = SentRequest {
            request: &request,
            body: self.body.as_ref(),
            content: self.content.as_deref(),
            redirected: self.redirected,
            signed_here: self.signed_here,
        };
        Ok(use_sent(sent))
    }

    fn header_time(&self) -> Option<SigningTime> {
        let found = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(header::DATE));
        SigningTime::parse(str::from_utf8(&found?.1).ok()?).ok()
    }
}

/// The bytes of a body that is in memory, and short. Of a longer one only the hash is kept.
fn content_of(body: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    let is_short = |length: usize| length <= explain::MAX_BODY_BYTES;
    if let Ok(text) = body.cast::<PyString>() {
        let text = text.to_str().ok()?;
        return is_short(text.len()).then(|| text.as_bytes().to_vec());
    }
    let buffer = PyBuffer::<u8>::get(body).ok()?;
    is_short(buffer.len_bytes()).then(|| buffer.to_vec(body.py()).ok())?
}

fn owned_headers(headers: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Vec<u8>)>> {
    let headers = HeaderArguments::extract(Some(headers))?;
    let encoded = headers.encode()?;
    let owned = encoded.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned()));
    Ok(owned.collect())
}

impl Signer {
    /// The credentials of this moment. An explanation does without those that can't be had.
    fn frozen_credentials(&self, py: Python<'_>) -> PyResult<Option<Arc<FrozenCredentials>>> {
        match self.provider().freeze(py, None) {
            Err(error) if error.is_instance_of::<PyException>(py) => Ok(None),
            credentials => credentials.map(Some),
        }
    }
}

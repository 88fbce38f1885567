//! `Signer`: signs any request by its parts.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::arguments::{HeaderArguments, HeaderEncoding, header_names, parse_headers, text};
use super::body::Body;
use super::clock::signing_time;
use super::credentials::FrozenCredentials;
use crate::sigv4::scope::check_part;
use crate::sigv4::{
    self, CanonicalRequest, CredentialScope, HeaderSelection, PathRules, Request, ServiceRules,
    Settings, SigningError, SigningKeyCache, StringToSign, Url,
};

/// How many derived keys one signer keeps: today's and yesterday's for a few rotating credentials.
const KEYS: usize = 8;

/// Signs requests for one region and service.
///
/// A signer may be shared between threads, tasks and requests. Pickling one carries its credentials.
///
/// Args:
///     credentials: `Credentials`, an object with `get_frozen_credentials()` such as botocore's,
///         or a callable that returns either; asked once for each signature. None: what
///         `resolve_credentials` finds, once.
///     region: Such as `"eu-central-1"`.
///     service: The service's signing name, such as `"execute-api"`.
///     double_encode_path: Encode the path as sent once more. None: all services but the S3 family.
///     normalize_path: Resolve `.`, `..` and `//` in what is signed. None: all but the S3 family.
///     content_sha256_header: Send and sign `x-amz-content-sha256`. None: as the service wants it.
///     sign_session_token: False adds the session token's header without signing it.
///     also_sign: More header names to sign; `"*"` is every header but the hop-by-hop ones.
///
/// Raises:
///     InvalidCredentialsError: *credentials* can't provide any.
///     InvalidRequestError: *region*, *service* or *also_sign* can't be what it should be.
#[pyclass(frozen, module = "rsigv4._core")]
pub(super) struct Signer {
    credentials: Py<PyAny>,
    region: Option<String>,
    service: Option<String>,
    double_encode_path: Option<bool>,
    normalize_path: Option<bool>,
    content_sha256_header: Option<bool>,
    sign_session_token: bool,
    also_sign: Vec<String>,
    keys: SigningKeyCache,
}

/// The parts of a request that the methods share.
struct Arguments<'a, 'py> {
    method: &'a Bound<'py, PyAny>,
    url: &'a Bound<'py, PyAny>,
    headers: Option<&'a Bound<'py, PyAny>>,
    body: Option<&'a Bound<'py, PyAny>>,
    time: Option<&'a Bound<'py, PyAny>>,
}

#[pymethods]
impl Signer {
    #[new]
    #[pyo3(signature = (
        credentials=None, region=None, service=None, *, double_encode_path=None, normalize_path=None,
        content_sha256_header=None, sign_session_token=true, also_sign=None,
    ))]
    #[pyo3(
        text_signature = "(credentials=None, region=None, service=None, *, double_encode_path=None, \
        normalize_path=None, content_sha256_header=None, sign_session_token=True, also_sign=())"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the options of the public constructor")]
    fn new(
        py: Python<'_>,
        credentials: Option<Bound<'_, PyAny>>,
        region: Option<&Bound<'_, PyAny>>,
        service: Option<&Bound<'_, PyAny>>,
        double_encode_path: Option<bool>,
        normalize_path: Option<bool>,
        content_sha256_header: Option<bool>,
        sign_session_token: bool,
        also_sign: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let credentials = match credentials {
            Some(credentials) => credentials,
            None => py.import("rsigv4.credentials")?.call_method0("resolve_credentials")?,
        };
        FrozenCredentials::check_provider(&credentials)?;
        Ok(Self {
            credentials: credentials.unbind(),
            region: scope_part("region", region, "us-east-1")?,
            service: scope_part("service", service, "execute-api")?,
            double_encode_path,
            normalize_path,
            content_sha256_header,
            sign_session_token,
            also_sign: also_sign
                .map(|names| header_names("also_sign", names))
                .transpose()?
                .unwrap_or_default(),
            keys: SigningKeyCache::new(KEYS),
        })
    }

    /// Return the headers that sign this request.
    ///
    /// The request itself is not changed. Headers of the same names are to be replaced.
    ///
    /// Args:
    ///     method: Such as `"GET"`; signed in uppercase.
    ///     url: All of it, as sent: percent-encoded, but for spaces and characters beyond ASCII.
    ///     headers: A mapping or an iterable of pairs; a `Host` here is signed instead of the URL's.
    ///     body: None, str (sent as UTF-8), bytes, a buffer, a seekable binary file (hashed from its
    ///         present offset and put back), a `PayloadHash` or `UNSIGNED_PAYLOAD`.
    ///     time: An aware datetime or seconds since the epoch; None reads the clock.
    ///
    /// Returns:
    ///     `Authorization`, `X-Amz-Date`, and where they apply `X-Amz-Content-Sha256` and
    ///     `X-Amz-Security-Token`.
    ///
    /// Raises:
    ///     InvalidRequestError: An argument can't be signed; the message names it.
    ///     CredentialsError: There are no credentials, or they have expired.
    #[pyo3(signature = (method, url, headers=None, body=None, *, time=None))]
    fn sign<'py>(
        &self,
        method: &Bound<'py, PyAny>,
        url: &Bound<'py, PyAny>,
        headers: Option<&Bound<'py, PyAny>>,
        body: Option<&Bound<'py, PyAny>>,
        time: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = method.py();
        let arguments = Arguments { method, url, headers, body, time };
        self.with_request(py, &arguments, |request, credentials, scope, settings| {
            let signed = sigv4::sign(request, credentials, scope, settings, &self.keys)?;
            let headers = PyDict::new(py);
            headers.set_item("Authorization", &signed.authorization)?;
            headers.set_item("X-Amz-Date", signed.added.x_amz_date)?;
            if let Some(hash) = signed.added.x_amz_content_sha256 {
                headers.set_item("X-Amz-Content-Sha256", hash)?;
            }
            if let Some(token) = signed.added.x_amz_security_token {
                headers.set_item("X-Amz-Security-Token", token)?;
            }
            Ok(headers)
        })
    }

    /// Return the canonical request that `sign` hashes, to hold against what a server expected.
    ///
    /// Takes the arguments of `sign`. It shows the session token if that is signed.
    #[pyo3(signature = (method, url, headers=None, body=None, *, time=None))]
    fn canonical_request(
        &self,
        py: Python<'_>,
        method: &Bound<'_, PyAny>,
        url: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        body: Option<&Bound<'_, PyAny>>,
        time: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let arguments = Arguments { method, url, headers, body, time };
        self.with_request(py, &arguments, |request, credentials, scope, settings| {
            let canonical_request = CanonicalRequest::new(request, credentials, scope, settings)?;
            Ok(String::from_utf8_lossy(&canonical_request.to_bytes()).into_owned())
        })
    }

    /// Return the string to sign that `sign` signs, to hold against what a server expected.
    ///
    /// Takes the arguments of `sign`.
    #[pyo3(signature = (method, url, headers=None, body=None, *, time=None))]
    fn string_to_sign(
        &self,
        py: Python<'_>,
        method: &Bound<'_, PyAny>,
        url: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        body: Option<&Bound<'_, PyAny>>,
        time: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let arguments = Arguments { method, url, headers, body, time };
        self.with_request(py, &arguments, |request, credentials, scope, settings| {
            let canonical_request = CanonicalRequest::new(request, credentials, scope, settings)?;
            Ok(StringToSign::new(scope, &canonical_request).to_text())
        })
    }

    /// The region that this signer was given.
    #[getter]
    fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The service that this signer was given.
    #[getter]
    fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    fn __repr__(&self) -> String {
        let quoted = |part: &Option<String>| {
            part.as_ref().map_or_else(|| "None".to_owned(), |part| format!("'{part}'"))
        };
        format!("Signer(region={}, service={})", quoted(&self.region), quoted(&self.service))
    }

    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let keywords = PyDict::new(py);
        keywords.set_item("double_encode_path", self.double_encode_path)?;
        keywords.set_item("normalize_path", self.normalize_path)?;
        keywords.set_item("content_sha256_header", self.content_sha256_header)?;
        keywords.set_item("sign_session_token", self.sign_session_token)?;
        keywords.set_item("also_sign", PyTuple::new(py, &self.also_sign)?)?;
        let positional = (self.credentials.clone_ref(py), &self.region, &self.service);
        Ok((positional.into_pyobject(py)?, keywords))
    }
}

impl Signer {
    /// Parses the arguments once and hands them to a stage of the core.
    fn with_request<T>(
        &self,
        py: Python<'_>,
        arguments: &Arguments<'_, '_>,
        stage: impl FnOnce(
            &Request<'_>,
            &sigv4::Credentials<'_>,
            &CredentialScope<'_>,
            &Settings<'_>,
        ) -> PyResult<T>,
    ) -> PyResult<T> {
        let method = text("method", arguments.method)?.to_ascii_uppercase();
        if method.is_empty() {
            return Err(SigningError::request("method", "is empty: pass one such as GET").into());
        }
        let url = Url::parse(text("url", arguments.url)?)?;
        let scope = self.scope(py, arguments.time)?;
        let headers = HeaderArguments::extract(arguments.headers, HeaderEncoding::Utf8)?;
        let headers = headers.encode()?;
        let headers = parse_headers(&headers)?;
        let mut request = Request::new(&method, url, &headers)?;
        if let Some(body) = arguments.body
            && !request.is_payload_preset()
        {
            request = request.with_payload(hash_body(body)?);
        }
        let credentials = FrozenCredentials::from_provider(self.credentials.bind(py))?;
        stage(&request, &credentials.get().borrow()?, &scope, &self.settings(scope.service))
    }

    fn scope(
        &self,
        py: Python<'_>,
        time: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<CredentialScope<'_>> {
        let missing = |argument, example| {
            SigningError::request(argument, format!("is missing: pass {argument}=\"{example}\""))
        };
        let region = self.region.as_deref().ok_or_else(|| missing("region", "us-east-1"))?;
        let service = self.service.as_deref().ok_or_else(|| missing("service", "execute-api"))?;
        Ok(CredentialScope::new(signing_time(py, time)?, region, service)?)
    }

    fn settings(&self, service: &str) -> Settings<'_> {
        let rules = ServiceRules::of(service);
        Settings {
            path: PathRules {
                double_encode: self.double_encode_path.unwrap_or(rules.path.double_encode),
                normalize: self.normalize_path.unwrap_or(rules.path.normalize),
            },
            content_sha256_header: self.content_sha256_header.unwrap_or(true),
            sign_session_token: self.sign_session_token,
            headers: HeaderSelection { stable: true, also: &self.also_sign },
        }
    }
}

fn hash_body(body: &Bound<'_, PyAny>) -> PyResult<sigv4::HashedPayload> {
    match Body::hash(body)? {
        Body::Hashed(hashed_payload) => Ok(hashed_payload),
        Body::SinglePass => Err(SigningError::request(
            "body",
            "can be read only once: read it into bytes, pass a seekable file, or pass \
             UNSIGNED_PAYLOAD where the service allows it",
        )
        .into()),
    }
}

fn scope_part(
    argument: &'static str,
    part: Option<&Bound<'_, PyAny>>,
    example: &'static str,
) -> Result<Option<String>, SigningError> {
    let Some(part) = part else { return Ok(None) };
    let part = text(argument, part)?;
    check_part(argument, part, example)?;
    Ok(Some(part.to_owned()))
}

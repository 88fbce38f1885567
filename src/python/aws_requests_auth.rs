//! The drop-in for `aws_requests_auth.aws_auth`, whose attributes and hooks are all read at each call.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDateTime, PyDict, PyList, PyModule, PyTuple, PyType};

use super::arguments::{
    HeaderArguments, HeaderEncoding, header_names, parse_headers, secret_text, text,
};
use super::body::Body;
use super::clock;
use crate::sigv4::signature::hmac_sha256;
use crate::sigv4::signing_key::derive;
use crate::sigv4::{
    CanonicalRequest, CredentialScope, Credentials, HashedPayload, Header, HeaderSelection, Request,
    ServiceRules, Settings, SigningError, SigningKey, SigningKeyCache, SigningTime, Url,
    sign_canonical_request,
};

/// Instances keep no state here, since subclasses need not call `__init__`; so they share one cache.
static KEYS: SigningKeyCache = SigningKeyCache::new(64);

/// What `rsigv4.aws_auth.AWSRequestsAuth` does natively.
#[pyclass(subclass, frozen, name = "AWSRequestsAuthBase", module = "rsigv4._core")]
pub(super) struct AwsRequestsAuthBase;

#[pymethods]
impl AwsRequestsAuthBase {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self
    }

    /// Add the headers that sign this request, and return it.
    ///
    /// Redirects of the request are followed safely: one to the same origin is signed again, and to
    /// another origin nothing of the signature is sent.
    fn __call__<'py>(slf: &Bound<'py, Self>, r: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let headers = slf.call_method1(intern!(py, "get_aws_request_headers_handler"), (&r,))?;
        add_headers(&r.getattr(intern!(py, "headers"))?, &headers)?;
        watch_redirects(slf, &r)?;
        Ok(r)
    }

    /// Return the headers that sign this request, with this object's credentials.
    ///
    /// Override this to sign with others: call `get_aws_request_headers` with them.
    fn get_aws_request_headers_handler<'py>(
        slf: &Bound<'py, Self>,
        r: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let arguments = PyDict::new(py);
        arguments.set_item(intern!(py, "r"), r)?;
        for name in [
            intern!(py, "aws_access_key"),
            intern!(py, "aws_secret_access_key"),
            intern!(py, "aws_token"),
        ] {
            arguments.set_item(name, slf.getattr(name)?)?;
        }
        slf.getattr(intern!(py, "get_aws_request_headers"))?.call((), Some(&arguments))
    }

    /// Return the headers that sign this request, with these credentials.
    ///
    /// Nothing but `url`, `method` and `body` of the request is read, unless `also_sign` names headers.
    ///
    /// Returns:
    ///     `Authorization`, `x-amz-date`, `x-amz-content-sha256`, and with a token
    ///     `X-Amz-Security-Token`.
    ///
    /// Raises:
    ///     InvalidCredentialsError: A credential is None, bytes, or can't be sent.
    ///     InvalidRequestError: Something else can't be signed; the message names it.
    fn get_aws_request_headers<'py>(
        slf: &Bound<'py, Self>,
        r: &Bound<'py, PyAny>,
        aws_access_key: &Bound<'py, PyAny>,
        aws_secret_access_key: &Bound<'py, PyAny>,
        aws_token: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = slf.py();
        let module = aws_auth_module(py)?;
        let attribute = |name| slf.getattr(name);

        let token = if aws_token.is_truthy()? { Some(aws_token) } else { None };
        let credentials = Credentials::new(
            secret_text("aws_access_key", aws_access_key)?,
            secret_text("aws_secret_access_key", aws_secret_access_key)?,
            token.map(|token| secret_text("aws_token", token)).transpose()?,
        )
        .map_err(original_names)?;
        let (region, service) =
            (attribute(intern!(py, "aws_region"))?, attribute(intern!(py, "service"))?);
        let (region, service) = (text("aws_region", &region)?, text("aws_service", &service)?);
        let scope = CredentialScope::new(now(module)?, region, service).map_err(original_names)?;
        let host = attribute(intern!(py, "aws_host"))?;
        let host = host_header(&host)?;

        let url = r.getattr(intern!(py, "url"))?;
        let url = Url::parse(text("url", &url)?)?;
        let method = r.getattr(intern!(py, "method"))?;
        let method = text("method", &method)?;
        let also_sign = header_names("also_sign", &attribute(intern!(py, "also_sign"))?)?;
        let headers = if also_sign.is_empty() {
            HeaderArguments::extract(None, HeaderEncoding::Latin1)?
        } else {
            let headers = r.getattr(intern!(py, "headers"))?;
            HeaderArguments::extract(Some(&headers), HeaderEncoding::Latin1)?
        };
        let headers = headers.encode()?;
        let mut headers = parse_headers(&headers)?;
        // The host is the one this object was given, and the payload header is always replaced.
        headers.retain(|header| !header.is("host") && !header.is("x-amz-content-sha256"));
        headers.push(host);

        let hashed_payload = hash_body(slf, module, r)?;
        let request = Request::new(method, url, &headers, hashed_payload)?;
        let rules = ServiceRules::of(service);
        let settings = Settings {
            double_encode_path: rules.double_encode_path,
            normalize_path: rules.normalize_path,
            content_sha256_header: also_sign
                .iter()
                .any(|name| matches!(name.as_str(), "*" | "x-amz-content-sha256")),
            sign_session_token: true,
            headers: HeaderSelection { stable: false, also: &also_sign },
        };
        let canonical_request = CanonicalRequest::new(&request, &credentials, &scope, &settings)?;
        let canonical_request = apply_patches(module, r, canonical_request)?;
        let signed = match patched_signing_key(module, &credentials, &scope)? {
            Some(signing_key) => {
                sign_canonical_request(&canonical_request, &credentials, &scope, &signing_key)
            }
            None => {
                let signing_key = KEYS.signing_key(credentials.secret_access_key(), &scope);
                sign_canonical_request(&canonical_request, &credentials, &scope, &signing_key)
            }
        };

        let headers = PyDict::new(py);
        headers.set_item(intern!(py, "Authorization"), &signed.authorization)?;
        headers.set_item(intern!(py, "x-amz-date"), signed.added.x_amz_date)?;
        headers
            .set_item(intern!(py, "x-amz-content-sha256"), canonical_request.hashed_payload())?;
        if let Some(token) = token {
            headers.set_item(intern!(py, "X-Amz-Security-Token"), token)?;
        }
        Ok(headers)
    }

    /// Return the path of the request as every service but the S3 family signs it.
    #[classmethod]
    fn get_canonical_path(_cls: &Bound<'_, PyType>, r: &Bound<'_, PyAny>) -> PyResult<String> {
        let url = r.getattr(intern!(r.py(), "url"))?;
        let url = Url::parse(text("url", &url)?)?;
        let settings = Settings {
            double_encode_path: true,
            normalize_path: true,
            content_sha256_header: false,
            sign_session_token: true,
            headers: HeaderSelection { stable: false, also: &[] },
        };
        Ok(url.canonical_uri(&settings).into_owned())
    }

    /// Return the query of the request as it is signed.
    #[classmethod]
    fn get_canonical_querystring(
        _cls: &Bound<'_, PyType>,
        r: &Bound<'_, PyAny>,
    ) -> PyResult<String> {
        let url = r.getattr(intern!(r.py(), "url"))?;
        Ok(Url::parse(text("url", &url)?)?.canonical_query_string())
    }
}

/// Return the HMAC-SHA256 of a message, 32 bytes.
#[pyfunction]
pub(super) fn sign<'py>(
    py: Python<'py>,
    key: &[u8],
    msg: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(py, &hmac_sha256(key, text("msg", msg)?.as_bytes())))
}

/// Return the signing key of a day (`YYYYMMDD`), region and service, 32 bytes.
#[pyfunction]
#[pyo3(name = "getSignatureKey")]
#[expect(non_snake_case, reason = "they are the keyword arguments of the original")]
pub(super) fn get_signature_key<'py>(
    py: Python<'py>,
    key: &Bound<'py, PyAny>,
    dateStamp: &str,
    regionName: &str,
    serviceName: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let key = derive(secret_text("key", key)?, dateStamp, regionName, serviceName);
    Ok(PyBytes::new(py, &*key))
}

/// The Python half of the drop-in, where callers patch what the original lets them patch.
fn aws_auth_module(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import("rsigv4.aws_auth").map(Bound::unbind))?;
    Ok(module.bind(py))
}

fn original_names(error: SigningError) -> SigningError {
    error.rename_argument(|argument| match argument {
        "access_key_id" => "aws_access_key",
        "secret_access_key" => "aws_secret_access_key",
        "session_token" => "aws_token",
        "region" => "aws_region",
        "service" => "aws_service",
        other => other,
    })
}

/// Reads the clock as the original does: through its module's `datetime`, where tests replace it.
fn now(module: &Bound<'_, PyModule>) -> PyResult<SigningTime> {
    let py = module.py();
    let class = module.getattr(intern!(py, "datetime"))?.getattr(intern!(py, "datetime"))?;
    if class.is(py.get_type::<PyDateTime>()) {
        return clock::now(py);
    }
    let time = class.call_method0(intern!(py, "utcnow"))?;
    let time = time.call_method1(intern!(py, "strftime"), (intern!(py, "%Y%m%dT%H%M%SZ"),))?;
    Ok(SigningTime::parse(text("datetime.utcnow()", &time)?)?)
}

/// The host is signed as it was given, port and letter case included.
fn host_header<'a>(host: &'a Bound<'_, PyAny>) -> Result<Header<'a>, SigningError> {
    let host = text("aws_host", host)?;
    if host.trim().is_empty() {
        return Err(SigningError::request("aws_host", "is empty: pass the host of the URL"));
    }
    Header::new("host", host.as_bytes()).map_err(|_| {
        SigningError::request("aws_host", "has a line break or NUL: pass only the host of the URL")
    })
}

fn hash_body(
    auth: &Bound<'_, AwsRequestsAuthBase>,
    module: &Bound<'_, PyModule>,
    r: &Bound<'_, PyAny>,
) -> PyResult<HashedPayload> {
    let body = r.getattr(intern!(r.py(), "body"))?;
    match Body::hash(&body) {
        Ok(Body::Hashed(hashed_payload)) => Ok(hashed_payload),
        Ok(Body::SinglePass) => {
            let limit = auth.getattr("max_buffered_body")?;
            let bytes = module.getattr("buffer_body")?.call1((r, limit))?;
            Ok(HashedPayload::of(bytes.cast::<PyBytes>()?.as_bytes()))
        }
        // What is false is no body, whatever its type; the original took it so.
        Err(_) if !body.is_truthy()? => Ok(HashedPayload::EMPTY),
        Err(error) => Err(error),
    }
}

/// Takes path and query from the class's own methods where a caller replaced them.
///
/// The original looks them up on the base class, so a subclass's override is not used.
fn apply_patches<'a>(
    module: &Bound<'_, PyModule>,
    r: &Bound<'_, PyAny>,
    canonical_request: CanonicalRequest<'a>,
) -> PyResult<CanonicalRequest<'a>> {
    let py = module.py();
    let class = module.getattr(intern!(py, "AWSRequestsAuth"))?;
    let replaced = class.getattr(intern!(py, "__dict__"))?;
    let mut canonical_request = canonical_request;
    let name = intern!(py, "get_canonical_path");
    if replaced.contains(name)? {
        let path = class.call_method1(name, (r,))?.extract()?;
        canonical_request = canonical_request.with_canonical_uri(path);
    }
    let name = intern!(py, "get_canonical_querystring");
    if replaced.contains(name)? {
        let query = class.call_method1(name, (r,))?.extract()?;
        canonical_request = canonical_request.with_canonical_query_string(query);
    }
    Ok(canonical_request)
}

/// Derives the key with the module's `getSignatureKey` where a caller replaced it.
fn patched_signing_key(
    module: &Bound<'_, PyModule>,
    credentials: &Credentials<'_>,
    scope: &CredentialScope<'_>,
) -> PyResult<Option<SigningKey>> {
    static ORIGINAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = module.py();
    let derive = module.getattr(intern!(py, "getSignatureKey"))?;
    let original = ORIGINAL.get_or_try_init(py, || {
        py.import("rsigv4._core")?.getattr("getSignatureKey").map(Bound::unbind)
    })?;
    if derive.is(original) {
        return Ok(None);
    }
    let arguments =
        (credentials.secret_access_key(), scope.date(), scope.region, scope.service);
    let key = derive.call1(arguments)?;
    Ok(Some(SigningKey::from_bytes(key.extract::<&[u8]>()?)))
}

/// Replaces headers of the same names; a plain dict may hold them in another case.
fn add_headers(headers: &Bound<'_, PyAny>, added: &Bound<'_, PyAny>) -> PyResult<()> {
    if let (Ok(headers), Ok(added)) = (headers.cast_exact::<PyDict>(), added.cast::<PyDict>()) {
        let added: Vec<(String, _)> = added.extract().unwrap_or_default();
        for name in headers.keys() {
            let Ok(text) = name.extract::<&str>() else { continue };
            if added.iter().any(|(added, _): &(String, Bound<'_, PyAny>)| {
                added != text && added.eq_ignore_ascii_case(text)
            }) {
                headers.del_item(&name)?;
            }
        }
    }
    headers.call_method1(intern!(headers.py(), "update"), (added,))?;
    Ok(())
}

/// Has the request call back when it is redirected; requests without hooks are left alone.
fn watch_redirects(auth: &Bound<'_, AwsRequestsAuthBase>, r: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = r.py();
    let Some(hooks) = r.getattr_opt(intern!(py, "hooks"))? else { return Ok(()) };
    let Ok(hooks) = hooks.cast::<PyDict>() else { return Ok(()) };
    let Some(hooks) = hooks.get_item(intern!(py, "response"))? else { return Ok(()) };
    let Ok(hooks) = hooks.cast::<PyList>() else { return Ok(()) };
    let class = aws_auth_module(py)?.getattr(intern!(py, "RedirectSigner"))?;
    for hook in hooks {
        if hook.get_type().is(&class) {
            return Ok(());
        }
    }
    hooks.append(class.call1((auth,))?)
}


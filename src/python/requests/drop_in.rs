//! The drop-in for `aws_requests_auth.aws_auth`. Reads its attributes and hooks at each call.

mod functions;
mod patches;
mod request;
mod warning;

use std::borrow::Cow;
use std::sync::Arc;

use memchr::memchr;
use pyo3::exceptions::PyAttributeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use super::attributes::Attributes;
use super::prepared_request::{drop_signature, watch_responses};
use crate::python::arguments::{secret_text, text};
use crate::python::body::MAX_BUFFERED_BODY;
use crate::python::headers::{HeaderArguments, HeaderEncoding, header_names, parse_headers};
pub(in crate::python) use functions::{get_signature_key, sign};
use patches::Module;
pub(in crate::python) use patches::record_originals;
use request::{Added, SignatureHeaders, hash_body};
use warning::warn_once;

use crate::sigv4::names::header;
use crate::sigv4::{
    Algorithm, CanonicalRequest, CredentialScope, Credentials, HashedPayload, HeaderSelection,
    PathRules, Request, ScopeSigner, ServiceRules, Settings, SigningError, SigningKeyCache, Url,
    is_presigned, sign_canonical_request,
};

/// Shared by all instances, because their attributes may change between requests.
pub(in crate::python) static KEYS: SigningKeyCache = SigningKeyCache::new(64);

/// The native base class of `rsigv4.aws_auth.AWSRequestsAuth`.
#[pyclass(subclass, frozen, name = "AWSRequestsAuthBase", module = "rsigv4._core")]
pub(in crate::python) struct AwsRequestsAuthBase;

#[pymethods]
impl AwsRequestsAuthBase {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self
    }

    /// Defined here instead of on the Python class, so that a patch of that class is noticed.
    #[classattr]
    fn also_sign(py: Python<'_>) -> Bound<'_, PyTuple> {
        PyTuple::empty(py)
    }

    #[classattr]
    fn max_buffered_body() -> usize {
        MAX_BUFFERED_BODY
    }

    /// Sign the request: add headers to it, and return it.
    ///
    /// A redirect to the same origin is signed again; the signature is never sent to another origin. A
    /// request with a presigned URL is not changed. For the S3 family, each `+` in the URL is replaced:
    /// with `%2B` in the path, and with `%20` in the query.
    fn __call__<'py>(slf: &Bound<'py, Self>, r: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let module = Module::get(py)?;
        let auth = module.attributes(slf)?;
        let url = r.getattr(intern!(py, "url"))?;
        if text("url", &url).is_ok_and(is_presigned) {
            drop_signature(&r)?;
            return Ok(r);
        }
        let added = if let Some((key, options)) = as_constructed(&auth) {
            Added::Ours(sign_request(&module, &auth, &r, &url, &key, &options)?)
        } else if has_original_hooks(&auth)? {
            let (key, options) = (AccessKey::of(&auth)?, Options::of(&auth)?);
            Added::Ours(sign_request(&module, &auth, &r, &url, &key, &options)?)
        } else {
            let handler = intern!(py, "get_aws_request_headers_handler");
            Added::Theirs(slf.call_method1(handler, (&r,))?)
        };
        set_wire_url(&auth, &r, &url)?;
        added.add_to(&r.getattr(intern!(py, "headers"))?)?;
        watch_responses(slf, &r)?;
        Ok(r)
    }

    /// Return the headers that sign this request with these credentials.
    fn get_aws_request_headers<'py>(
        slf: &Bound<'py, Self>,
        r: &Bound<'py, PyAny>,
        aws_access_key: Bound<'py, PyAny>,
        aws_secret_access_key: Bound<'py, PyAny>,
        aws_token: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let key = AccessKey { id: aws_access_key, secret: aws_secret_access_key, token: aws_token };
        let url = r.getattr(intern!(py, "url"))?;
        let module = Module::get(py)?;
        let auth = Attributes::anywhere(slf);
        let headers = sign_request(&module, &auth, r, &url, &key, &Options::of(&auth)?)?;
        Added::Ours(headers).into_object(py)
    }

    /// Return the canonical path of the request, for all services except the S3 family.
    #[classmethod]
    fn get_canonical_path(_cls: &Bound<'_, PyType>, r: &Bound<'_, PyAny>) -> PyResult<String> {
        let url = r.getattr(intern!(r.py(), "url"))?;
        let url = Url::parse_reference(text("url", &url)?)?;
        Ok(url.canonical_uri(PathRules::MOST).into_owned())
    }

    /// Return the canonical query of the request.
    #[classmethod]
    fn get_canonical_querystring(
        _cls: &Bound<'_, PyType>,
        r: &Bound<'_, PyAny>,
    ) -> PyResult<String> {
        let url = r.getattr(intern!(r.py(), "url"))?;
        Ok(Url::parse_reference(text("url", &url)?)?.canonical_query_string())
    }
}

/// Whether neither of the two methods that signing calls is overridden.
fn has_original_hooks(auth: &Attributes<'_, '_>) -> PyResult<bool> {
    let py = auth.object().py();
    Ok(auth.is_inherited(intern!(py, "get_aws_request_headers_handler"))?
        && auth.is_inherited(intern!(py, "get_aws_request_headers"))?)
}

/// The access key of the object, or the one that an override passes.
struct AccessKey<'py> {
    id: Bound<'py, PyAny>,
    secret: Bound<'py, PyAny>,
    token: Bound<'py, PyAny>,
}

impl<'py> AccessKey<'py> {
    fn of(auth: &Attributes<'_, 'py>) -> PyResult<Self> {
        let py = auth.object().py();
        Ok(Self {
            id: auth.get(intern!(py, "aws_access_key"))?,
            secret: auth.get(intern!(py, "aws_secret_access_key"))?,
            token: auth.get(intern!(py, "aws_token"))?,
        })
    }
}

/// The other attributes that signing reads.
struct Options<'py> {
    host: Bound<'py, PyAny>,
    region: Bound<'py, PyAny>,
    service: Bound<'py, PyAny>,
    also_sign: Vec<String>,
}

impl<'py> Options<'py> {
    fn of(auth: &Attributes<'_, 'py>) -> PyResult<Self> {
        let py = auth.object().py();
        let name = intern!(py, "also_sign");
        let also_sign = if auth.is_inherited(name)? {
            Vec::new()
        } else {
            header_names("also_sign", &auth.get(name)?)?
        };
        Ok(Self {
            host: auth.get(intern!(py, "aws_host"))?,
            region: auth.get(intern!(py, "aws_region"))?,
            service: auth.get(intern!(py, "service"))?,
            also_sign,
        })
    }
}

/// Reads an object that has just the attributes that its constructor sets, and so no hook of its own.
fn as_constructed<'py>(auth: &Attributes<'_, 'py>) -> Option<(AccessKey<'py>, Options<'py>)> {
    let py = auth.object().py();
    let mut next = auth.in_order(6)?;
    let (id, secret) =
        (next(intern!(py, "aws_access_key"))?, next(intern!(py, "aws_secret_access_key"))?);
    let options = Options {
        host: next(intern!(py, "aws_host"))?,
        region: next(intern!(py, "aws_region"))?,
        service: next(intern!(py, "service"))?,
        also_sign: Vec::new(),
    };
    Some((AccessKey { id, secret, token: next(intern!(py, "aws_token"))? }, options))
}

fn sign_request<'py>(
    module: &Module,
    auth: &Attributes<'_, 'py>,
    r: &Bound<'py, PyAny>,
    url: &Bound<'py, PyAny>,
    key: &AccessKey<'py>,
    options: &Options<'py>,
) -> PyResult<SignatureHeaders<'py>> {
    let py = auth.object().py();
    let mut refused = Vec::new();
    let token = Some(&key.token).filter(|token| token.is_truthy().unwrap_or(true));
    let credentials = Credentials::lenient(
        secret_text("aws_access_key", &key.id)?,
        secret_text("aws_secret_access_key", &key.secret)?,
        token.map(|token| secret_text("aws_token", token)).transpose()?,
        &mut refused,
    )
    .map_err(original_names)?;
    let region = text("aws_region", &options.region)?;
    let service = text("aws_service", &options.service)?;
    let scope = CredentialScope::lenient(
        Algorithm::HmacSha256,
        module.now(py)?,
        region,
        service,
        &mut refused,
    )
    .map_err(original_names)?;

    let url = Url::parse_reference(text("url", url)?)?;
    let method = r.getattr(intern!(py, "method"))?;
    let method = text("method", &method)?;
    let also_sign = options.also_sign.as_slice();
    let headers = match also_sign {
        [] => HeaderArguments::none(),
        _ => HeaderArguments::extract_all(
            &r.getattr(intern!(py, "headers"))?,
            HeaderEncoding::Latin1,
        )?,
    };
    let headers = headers.encode()?;
    let mut headers = parse_headers(&headers)?;
    // The host is an attribute of the object, and the payload header is always replaced.
    headers.retain(|header| !header.is("host") && !header.is(header::CONTENT_SHA256));
    let host = text("aws_host", &options.host)?;
    let signable =
        Request::lenient(method, url, host, &headers, &mut refused).map_err(original_names)?;
    if !refused.is_empty() {
        warn_once(auth.object(), module, refused.into_iter().map(original_names))?;
    }

    // The body comes last, because hashing it may replace it.
    let rules = ServiceRules::of_request(service, signable.url().query());
    let signable = if rules.signs_payload {
        signable.with_payload(hash_body(auth, r, module)?)?
    } else {
        signable.with_unsigned_payload()
    };
    let settings = Settings {
        path: rules.path,
        session_token_header: rules.session_token_header,
        content_sha256_header: also_sign
            .iter()
            .any(|name| matches!(name.as_str(), "*" | header::CONTENT_SHA256)),
        sign_session_token: true,
        headers: HeaderSelection { stable: false, also: also_sign, covers_amz: false },
    };
    let canonical_request =
        CanonicalRequest::with_headers(&signable, &credentials, &scope, &settings)?;
    let canonical_request = module.canonicalize(auth, r, canonical_request)?;
    let scope_signer = match module.signing_key(py, &credentials, &scope)? {
        Some(replaced) => Arc::new(ScopeSigner::new(&replaced, &scope)),
        None => KEYS.signer(&credentials, &scope)?,
    };
    let signed = sign_canonical_request(&canonical_request, &credentials, &scope, &scope_signer)?;
    Ok(SignatureHeaders {
        authorization: PyString::new(py, &signed.authorization),
        x_amz_date: PyString::new(py, scope.time.as_str()),
        x_amz_content_sha256: match canonical_request.hashed_payload() {
            HashedPayload::EMPTY_SHA256 => intern!(py, HashedPayload::EMPTY_SHA256).clone(),
            hash => PyString::new(py, hash),
        },
        session_token: token.map(|token| (rules.session_token_header, token.clone())),
    })
}

/// Sets the URL to one that all servers read in the same way. It has the same signature.
fn set_wire_url<'py>(
    auth: &Attributes<'_, 'py>,
    r: &Bound<'py, PyAny>,
    url: &Bound<'py, PyAny>,
) -> PyResult<()> {
    let py = r.py();
    let Some(url) = text("url", url).ok().filter(|url| memchr(b'+', url.as_bytes()).is_some())
    else {
        return Ok(());
    };
    let service = auth.get(intern!(py, "service"))?;
    let Ok(service) = text("aws_service", &service) else { return Ok(()) };
    let Cow::Owned(wire_url) = ServiceRules::of(service).wire_url(url) else { return Ok(()) };
    match r.setattr(intern!(py, "url"), wire_url) {
        // The original never sets the URL, so it accepts requests whose URL can't be set.
        Err(error) if error.is_instance_of::<PyAttributeError>(py) => Ok(()),
        set => set,
    }
}

fn original_names(error: SigningError) -> SigningError {
    error.rename_argument(|argument| match argument {
        "access_key_id" => "aws_access_key",
        "secret_access_key" => "aws_secret_access_key",
        "session_token" => "aws_token",
        "region" => "aws_region",
        "service" => "aws_service",
        "host" => "aws_host",
        other => other,
    })
}

//! One call of a signer: converts its arguments and its result.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::Signer;
use super::options::{Options, Selected};
use crate::python::arguments::text;
use crate::python::body::{Body, PayloadHash};
use crate::python::clock::{now, signing_time};
use crate::python::headers::{
    HeaderArguments, HeaderEncoding, is_case_insensitive_dict, parse_headers,
};
use crate::sigv4::names::{header, parameter};
use crate::sigv4::scope::check_region;
use crate::sigv4::{
    self, Algorithm, CanonicalRequest, CredentialScope, Credentials, Endpoint, HashedPayload,
    Header, HeaderSelection, HeadersToAdd, PathRules, Request, ServiceRules, Settings,
    SigningError, SigningKey, SigningTime, Url, endpoint_in_headers,
};

/// The arguments that the methods of a signer share.
pub(in crate::python) struct Arguments<'a, 'py> {
    pub(in crate::python) method: &'a Bound<'py, PyAny>,
    pub(in crate::python) url: &'a str,
    pub(in crate::python) headers: HeaderArguments<'py>,
    pub(in crate::python) body: Option<&'a Bound<'py, PyAny>>,
    pub(in crate::python) time: Option<&'a Bound<'py, PyAny>>,
    /// Whether the signature must stay valid for a while, so that the credentials' expiry matters.
    pub(in crate::python) is_presigned: bool,
}

impl<'a, 'py> Arguments<'a, 'py> {
    /// Reads the arguments of `sign`.
    pub(super) fn of_sign(
        method: &'a Bound<'py, PyAny>,
        url: &'a Bound<'py, PyAny>,
        headers: Option<&Bound<'py, PyAny>>,
        body: Option<&'a Bound<'py, PyAny>>,
        time: Option<&'a Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        let headers = HeaderArguments::extract(headers)?;
        Ok(Self { method, url: text("url", url)?, headers, body, time, is_presigned: false })
    }
}

/// The arguments in the core's types.
pub(in crate::python) struct Call<'a> {
    pub(in crate::python) request: &'a Request<'a>,
    pub(in crate::python) credentials: &'a Credentials<'a>,
    pub(in crate::python) scope: &'a CredentialScope<'a>,
    pub(in crate::python) settings: &'a Settings<'a>,
}

impl<'a> Call<'a> {
    pub(super) fn canonical_request(&self) -> Result<CanonicalRequest<'a>, SigningError> {
        let Self { request, credentials, scope, settings } = self;
        CanonicalRequest::with_headers(request, credentials, scope, settings)
    }
}

impl Signer {
    /// Converts the arguments once, and passes them to a stage of the core.
    ///
    /// `added` are headers to send and sign, which replace those of the caller.
    pub(in crate::python) fn call<T>(
        &self,
        py: Python<'_>,
        arguments: &Arguments<'_, '_>,
        added: &[(&str, String)],
        stage: impl FnOnce(Call<'_>) -> PyResult<T>,
    ) -> PyResult<T> {
        let method = method(arguments.method)?;
        let url = Url::parse_unsent(arguments.url)?;
        url.check_unsigned()?;
        let mut headers = arguments.headers.encode()?;
        headers
            .retain(|(name, _)| !added.iter().any(|(added, _)| added.eq_ignore_ascii_case(name)));
        headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes().into())));
        let headers = parse_headers(&headers)?;
        let request = Request::new(&method, url.clone(), &headers)?;
        let named = self.named_host(&headers);
        let (region, service) = self.region_and_service(&url, named.as_deref())?;
        let rules = ServiceRules::of_request(service, url.query());
        let request = if rules.signs_payload {
            with_body(request, arguments.body)?
        } else {
            request.with_unsigned_payload()
        };
        let time = self.signing_time(py, arguments.time)?;
        let clock = arguments.time.is_none().then_some(&time);
        let credentials = if arguments.is_presigned {
            self.provider.freeze_to_presign(py, clock)?
        } else {
            self.provider.freeze(py, clock)?
        };
        let credentials = credentials.borrow();
        let time = match arguments.time {
            None => self.time_within(py, time, &credentials)?,
            Some(_) => time,
        };
        let scope = CredentialScope::new(self.options.algorithm, time, region, service)?;
        let mut settings = self.settings(&rules);
        // What we add is always signed.
        let with_added;
        if settings.headers.covers_amz && !added.is_empty() {
            let ours = added.iter().map(|(name, _)| name.to_ascii_lowercase());
            let ours = ours.filter(|name| name.starts_with(header::PREFIX));
            with_added = ours.chain(settings.headers.also.iter().cloned()).collect::<Vec<_>>();
            settings.headers.also = &with_added;
        }
        stage(Call {
            request: &request,
            credentials: &credentials,
            scope: &scope,
            settings: &settings,
        })
    }

    /// The headers of a prepared request of requests or niquests.
    pub(in crate::python) fn prepared_headers<'py>(
        &self,
        headers: &Bound<'py, PyAny>,
    ) -> PyResult<HeaderArguments<'py>> {
        if !is_case_insensitive_dict(headers)? {
            return HeaderArguments::extract_all(headers, HeaderEncoding::Latin1);
        }
        let selection = self.selection();
        HeaderArguments::extract_relevant(headers, |name| {
            selection.reads(name) || Request::reads_header(name)
        })
    }

    pub(super) fn selection(&self) -> HeaderSelection<'_> {
        match &self.options.selected {
            Selected::Also(names) => {
                HeaderSelection { stable: true, also: names, covers_amz: false }
            }
            Selected::Only(names) => {
                HeaderSelection { stable: false, also: names, covers_amz: true }
            }
        }
    }

    /// Signs the request of a call.
    pub(in crate::python) fn sign_call<'a>(
        &self,
        call: &Call<'a>,
    ) -> Result<HeadersToAdd<'a>, SigningError> {
        let Call { request, credentials, scope, settings } = call;
        sigv4::sign(request, credentials, scope, settings, &self.keys)
    }

    /// Returns the time that was passed, or else the current time with `clock_offset`.
    pub(super) fn signing_time(
        &self,
        py: Python<'_>,
        time: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<SigningTime> {
        match (time, self.clock_offset.load(Ordering::Relaxed)) {
            (None, offset @ (1.. | ..=-1)) => Ok(now(py)?.plus_seconds(offset)?),
            _ => signing_time(py, time),
        }
    }

    /// Returns `time`, or this machine's time if the credentials have expired at `time`: then the offset
    /// may be wrong.
    fn time_within(
        &self,
        py: Python<'_>,
        time: SigningTime,
        credentials: &Credentials<'_>,
    ) -> PyResult<SigningTime> {
        if self.clock_offset.load(Ordering::Relaxed) == 0 || credentials.check_expiry(&time).is_ok()
        {
            return Ok(time);
        }
        now(py)
    }

    /// Returns the credential scope of a call without a URL.
    pub(super) fn scope(&self, time: SigningTime) -> Result<CredentialScope<'_>, SigningError> {
        let Options { region, service, .. } = &self.options;
        let why = "this call has no URL";
        let region = match region {
            Some(region) => region,
            None => self.default_region(why)?,
        };
        let service = service
            .as_ref()
            .ok_or_else(|| missing("service", why, "\"transcribe\" to the signer"))?;
        CredentialScope::new(self.options.algorithm, time, region, service)
    }

    /// Returns the signing key of a scope.
    pub(super) fn signing_key(
        &self,
        credentials: &Credentials<'_>,
        scope: &CredentialScope<'_>,
    ) -> Result<Arc<SigningKey>, SigningError> {
        self.keys.signing_key(credentials, scope)
    }

    /// Returns the AWS host in these headers, unless the options say all that it could tell.
    pub(super) fn named_host(&self, headers: &[Header<'_>]) -> Option<String> {
        let Options { region, service, .. } = &self.options;
        if region.is_some() && service.is_some() { None } else { endpoint_in_headers(headers) }
    }

    /// Returns the region and service to sign for.
    ///
    /// `named` is the result of `named_host`, which precedes the host of the URL.
    pub(super) fn region_and_service<'a>(
        &'a self,
        url: &'a Url<'_>,
        named: Option<&'a str>,
    ) -> Result<(&'a str, &'a str), SigningError> {
        let Options { region, service, .. } = &self.options;
        if let (Some(region), Some(service)) = (region, service) {
            return Ok((region, service));
        }
        let endpoint = Endpoint::of(url.scheme(), named.unwrap_or(url.host()));
        let why = "the URL's host does not tell it";
        let region = match region.as_deref().or(endpoint.region) {
            Some(region) => region,
            None => self.default_region(why)?,
        };
        let service = service.as_deref().or(endpoint.service);
        Ok((
            region,
            service.ok_or_else(|| missing("service", why, "\"execute-api\" to the signer"))?,
        ))
    }

    /// Returns the region to sign for if neither `region` nor a host tells it, which `why` says.
    fn default_region(&self, why: &str) -> Result<&str, SigningError> {
        let Options { default_region, algorithm, .. } = &self.options;
        let Some(region) = default_region.as_deref().filter(|region| !region.is_empty()) else {
            return Err(match algorithm {
                Algorithm::HmacSha256 => {
                    missing("region", why, "\"us-east-1\" to the signer, or set AWS_REGION")
                }
                Algorithm::EcdsaP256Sha256 => missing("region", why, "\"*\" to the signer"),
            });
        };
        check_region(*algorithm, region).map_err(|_| {
            SigningError::request(
                "region",
                format!(
                    "is missing, and {why}, and the one of default_region, AWS_REGION, \
                     AWS_DEFAULT_REGION or the profile is not the name of a region: correct that one"
                ),
            )
        })?;
        Ok(region)
    }

    /// Returns the rules of the service at this URL, or of the one that these headers name.
    pub(super) fn rules(
        &self,
        url: &Url<'_>,
        headers: &[Header<'_>],
    ) -> Result<ServiceRules, SigningError> {
        let named = self.named_host(headers);
        let (_, service) = self.region_and_service(url, named.as_deref())?;
        Ok(ServiceRules::of(service))
    }

    pub(super) fn settings(&self, rules: &ServiceRules) -> Settings<'_> {
        Settings {
            path: PathRules {
                double_encode: self.options.double_encode_path.unwrap_or(rules.path.double_encode),
                normalize: self.options.normalize_path.unwrap_or(rules.path.normalize),
            },
            content_sha256_header: self.options.content_sha256_header.unwrap_or(true),
            session_token_header: rules.session_token_header,
            sign_session_token: self.options.sign_session_token && rules.sign_session_token,
            headers: self.selection(),
        }
    }
}

/// Returns the method in uppercase, as nearly all clients send it.
pub(in crate::python) fn method<'a>(
    method: &'a Bound<'_, PyAny>,
) -> Result<Cow<'a, str>, SigningError> {
    let method = text("method", method)?;
    if method.is_empty() {
        return Err(SigningError::request("method", "is empty: pass one such as GET"));
    }
    Ok(if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
        method.to_ascii_uppercase().into()
    } else {
        method.into()
    })
}

/// Returns the headers of a signature as a dict.
pub(super) fn headers_to_add<'py>(
    py: Python<'py>,
    signed: &HeadersToAdd<'_>,
) -> PyResult<Bound<'py, PyDict>> {
    let headers = PyDict::new(py);
    for (name, value) in signed_pairs(py, signed) {
        headers.set_item(name, value)?;
    }
    Ok(headers)
}

/// Returns the names and values of these headers, in the letter case that most clients use.
pub(in crate::python) fn signed_pairs<'py>(
    py: Python<'py>,
    signed: &HeadersToAdd<'_>,
) -> impl Iterator<Item = (Bound<'py, PyString>, Bound<'py, PyAny>)> {
    let authorization = PyString::new(py, &signed.authorization).into_any();
    let added = signed.added.pairs().map(move |(name, value)| {
        let name = match name {
            header::CONTENT_SHA256 => intern!(py, parameter::CONTENT_SHA256),
            header::DATE => intern!(py, parameter::DATE),
            header::REGION_SET => intern!(py, parameter::REGION_SET),
            header::S3SESSION_TOKEN => intern!(py, parameter::S3SESSION_TOKEN),
            header::SECURITY_TOKEN => intern!(py, parameter::SECURITY_TOKEN),
            // No other header is added today. Its name would be valid in lowercase, too.
            other => return (PyString::new(py, other), PyString::new(py, value).into_any()),
        };
        let value = match value {
            HashedPayload::EMPTY_SHA256 => intern!(py, HashedPayload::EMPTY_SHA256).clone(),
            value => PyString::new(py, value),
        };
        (name.clone(), value.into_any())
    });
    std::iter::once((intern!(py, "Authorization").clone(), authorization)).chain(added)
}

fn missing(argument: &'static str, why: &str, value: &str) -> SigningError {
    SigningError::request(argument, format!("is missing, and {why}: pass {argument}={value}"))
}

fn with_body<'a>(request: Request<'a>, body: Option<&Bound<'_, PyAny>>) -> PyResult<Request<'a>> {
    let Some(body) = body.filter(|body| !body.is_none()) else { return Ok(request) };
    if request.is_payload_preset() && !body.is_instance_of::<PayloadHash>() {
        return Ok(request);
    }
    Ok(request.with_payload(hash(body)?)?)
}

fn hash(body: &Bound<'_, PyAny>) -> PyResult<HashedPayload> {
    match Body::hash(body)? {
        Body::Hashed(hashed_payload) => Ok(hashed_payload),
        Body::SinglePass => Err(SigningError::request(
            "body",
            "can be read only once: read it into bytes, pass a seekable file, send it with \
             chunked() to S3, or pass UNSIGNED_PAYLOAD where the service allows it",
        )
        .into()),
    }
}

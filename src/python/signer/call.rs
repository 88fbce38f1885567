//! One call of a signer: its arguments, and what the core makes of them.

use pyo3::prelude::*;

use super::Signer;
use crate::python::arguments::{HeaderArguments, HeaderEncoding, parse_headers, text};
use crate::python::body::{Body, PayloadHash};
use crate::python::clock::signing_time;
use crate::python::credentials::FrozenCredentials;
use crate::sigv4::{
    CredentialScope, Credentials, HashedPayload, HeaderSelection, PathRules, Request, ServiceRules,
    Settings, SigningError, SigningKey, SigningTime, Url,
};

/// The arguments that the methods of a signer share.
pub(super) struct Arguments<'a, 'py> {
    pub(super) method: &'a Bound<'py, PyAny>,
    pub(super) url: &'a Bound<'py, PyAny>,
    pub(super) headers: Option<&'a Bound<'py, PyAny>>,
    pub(super) body: Option<&'a Bound<'py, PyAny>>,
    pub(super) time: Option<&'a Bound<'py, PyAny>>,
}

/// The same, as the core takes them.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) credentials: &'a Credentials<'a>,
    pub(super) scope: &'a CredentialScope<'a>,
    pub(super) settings: &'a Settings<'a>,
}

impl Signer {
    /// Parses the arguments once and hands them to a stage of the core.
    ///
    /// `added` are headers that the call itself sends and signs, in place of the caller's.
    pub(super) fn call<T>(
        &self,
        py: Python<'_>,
        arguments: &Arguments<'_, '_>,
        added: &[(&str, String)],
        stage: impl FnOnce(Call<'_>) -> PyResult<T>,
    ) -> PyResult<T> {
        let method = method(arguments.method)?;
        let url = Url::parse(text("url", arguments.url)?)?;
        let headers = HeaderArguments::extract(arguments.headers, HeaderEncoding::Utf8)?;
        let mut headers = headers.encode()?;
        headers
            .retain(|(name, _)| !added.iter().any(|(added, _)| added.eq_ignore_ascii_case(name)));
        headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes().into())));
        let headers = parse_headers(&headers)?;
        let request = with_body(Request::new(&method, url, &headers)?, arguments.body)?;
        let time = signing_time(py, arguments.time)?;
        let (region, service) = self.region_and_service(request.url())?;
        let scope = CredentialScope::new(self.algorithm, time, region, service)?;
        let credentials = FrozenCredentials::from_provider(self.credentials.bind(py))?;
        stage(Call {
            request: &request,
            credentials: &credentials.get().borrow()?,
            scope: &scope,
            settings: &self.settings(service, request.url().query()),
        })
    }

    /// Where the signatures of this signer are valid, as far as neither its arguments nor a URL have
    /// to tell.
    pub(super) fn scope(&self, time: SigningTime) -> Result<CredentialScope<'_>, SigningError> {
        let missing = |argument, example| missing(argument, example, "this call has no URL");
        let region = self.region.as_deref().ok_or_else(|| missing("region", "us-east-1"))?;
        let service = self.service.as_deref().ok_or_else(|| missing("service", "transcribe"))?;
        CredentialScope::new(self.algorithm, time, region, service)
    }

    /// The key that signs in a scope.
    pub(super) fn signing_key(
        &self,
        credentials: &Credentials<'_>,
        scope: &CredentialScope<'_>,
    ) -> std::sync::Arc<SigningKey> {
        self.keys.signing_key(credentials, scope)
    }

    pub(super) fn region_and_service<'a>(
        &'a self,
        url: &'a Url<'_>,
    ) -> Result<(&'a str, &'a str), SigningError> {
        if let (Some(region), Some(service)) = (&self.region, &self.service) {
            return Ok((region, service));
        }
        let endpoint = url.endpoint();
        let missing =
            |argument, example| missing(argument, example, "the URL's host does not tell it");
        let region = self.region.as_deref().or(endpoint.region);
        let service = self.service.as_deref().or(endpoint.service);
        Ok((
            region.ok_or_else(|| missing("region", "us-east-1"))?,
            service.ok_or_else(|| missing("service", "execute-api"))?,
        ))
    }

    /// What the service at this URL expects.
    pub(super) fn rules(&self, url: &Url<'_>) -> Result<ServiceRules, SigningError> {
        let (_, service) = self.region_and_service(url)?;
        Ok(ServiceRules::of(service))
    }

    pub(super) fn settings(&self, service: &str, query: Option<&str>) -> Settings<'_> {
        let rules = ServiceRules::of_request(service, query);
        Settings {
            path: PathRules {
                double_encode: self.double_encode_path.unwrap_or(rules.path.double_encode),
                normalize: self.normalize_path.unwrap_or(rules.path.normalize),
            },
            content_sha256_header: self.content_sha256_header.unwrap_or(true),
            session_token_header: rules.session_token_header,
            sign_session_token: self.sign_session_token && rules.sign_session_token,
            headers: HeaderSelection { stable: true, also: &self.also_sign },
        }
    }
}

/// The method as nearly every client sends it.
pub(in crate::python) fn method(method: &Bound<'_, PyAny>) -> Result<String, SigningError> {
    let method = text("method", method)?.to_ascii_uppercase();
    if method.is_empty() {
        return Err(SigningError::request("method", "is empty: pass one such as GET"));
    }
    Ok(method)
}

fn missing(argument: &'static str, example: &str, why: &str) -> SigningError {
    SigningError::request(
        argument,
        format!("is missing, and {why}: pass {argument}=\"{example}\" to the signer"),
    )
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

//! Presigning in bulk: the same call for each URL, on all cores, without the GIL.

use std::thread;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use super::Signer;
use crate::python::arguments::text;
use crate::python::clock::signing_time;
use crate::sigv4::{
    self, CredentialScope, Credentials, Request, SigningError, SigningKeyCache, SigningTime, Url,
};

/// Fewer URLs than this take less time than starting a thread.
const URLS_PER_THREAD: usize = 256;

/// What all the URLs have in common.
struct Common<'a> {
    signer: &'a Signer,
    method: &'a str,
    credentials: Credentials<'a>,
    time: SigningTime,
    expires_in: u32,
}

impl Signer {
    pub(super) fn presign_all<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        urls: &Bound<'py, PyAny>,
        expires_in: u32,
        time: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyList>> {
        if urls.is_instance_of::<PyString>() {
            return Err(SigningError::request("urls", "is one text: pass a list of them").into());
        }
        let urls = urls
            .try_iter()
            .map_err(|_| SigningError::request("urls", "must be an iterable of text"))?
            .collect::<PyResult<Vec<_>>>()?;
        let urls =
            urls.iter().map(|url| text("urls", url)).collect::<Result<Vec<_>, SigningError>>()?;
        let credentials = self.provider.freeze(py, None)?;
        let common = Common {
            signer: self,
            method,
            credentials: credentials.get().borrow()?,
            time: signing_time(py, time)?,
            expires_in,
        };
        PyList::new(py, py.detach(|| common.presign_in_parallel(&urls))?)
    }
}

impl Common<'_> {
    fn presign_in_parallel(&self, urls: &[&str]) -> Result<Vec<String>, SigningError> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = cores.min(urls.len() / URLS_PER_THREAD).max(1);
        let mut parts = urls.chunks(urls.len().div_ceil(threads).max(1));
        let first = parts.next().unwrap_or_default();
        thread::scope(|scope| {
            let others: Vec<_> =
                parts.map(|part| scope.spawn(move || self.presign_in_order(part))).collect();
            let mut presigned = self.presign_in_order(first)?;
            for other in others {
                match other.join() {
                    Ok(part) => presigned.extend(part?),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok(presigned)
        })
    }

    fn presign_in_order(&self, urls: &[&str]) -> Result<Vec<String>, SigningError> {
        // Of the thread's own, so that threads don't wait for each other's lock.
        let keys = SigningKeyCache::new(4);
        urls.iter().map(|url| self.presign(url, &keys)).collect()
    }

    fn presign(&self, url: &str, keys: &SigningKeyCache) -> Result<String, SigningError> {
        let request = Request::new(self.method, Url::parse(url)?, &[])?;
        let (region, service) = self.signer.region_and_service(request.url())?;
        let scope =
            CredentialScope::new(self.signer.algorithm, self.time.clone(), region, service)?;
        let settings = self.signer.settings(service, request.url().query());
        sigv4::presign(&request, &self.credentials, &scope, &settings, self.expires_in, keys)
    }
}

//! Presigning in bulk: the same call for each URL, on all cores, without the GIL.
//!
//! URLs are presigned block by block, so that what is in memory beside the input and the result does
//! not grow with their number.

mod arrow;

use std::ops::Range;
use std::sync::OnceLock;
use std::thread;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

pub(in crate::python) use self::arrow::{PresignedArray, PresignedChunkedArray};
use super::Signer;
use crate::python::arguments::text;
use crate::python::clock::signing_time;
use crate::sigv4::{
    CredentialScope, Credentials, Presigner, Request, ServiceRules, SigningError, SigningKeyCache,
    SigningTime, Url,
};

/// Fewer URLs than this take less time than starting a thread.
const URLS_PER_THREAD: usize = 256;
/// How many URLs a thread presigns before they are handed on: few enough to stay in its cache.
const URLS_PER_PART: usize = 4096;

impl Signer {
    pub(super) fn presign_all<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        urls: &Bound<'py, PyAny>,
        expires_in: u32,
        time: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if urls.is_instance_of::<PyString>() {
            return Err(SigningError::request("urls", "is one text: pass a list of them").into());
        }
        let credentials = self.provider.freeze(py, None)?;
        let mut batch = Batch {
            signer: self,
            method,
            credentials: credentials.get().borrow()?,
            time: signing_time(py, time)?,
            expires_in,
            parts: Vec::new(),
        };
        match arrow::Urls::extract(urls)? {
            Some(urls) => urls.presign(py, &mut batch),
            None => batch.presign_objects(urls).map(Bound::into_any),
        }
    }
}

/// What all the URLs have in common, and the memory that their blocks share.
struct Batch<'a> {
    signer: &'a Signer,
    method: &'a str,
    credentials: Credentials<'a>,
    time: SigningTime,
    expires_in: u32,
    parts: Vec<Part>,
}

/// URLs that one thread has presigned, one after the other.
#[derive(Default)]
struct Part {
    text: String,
    ends: Vec<usize>,
}

impl Batch<'_> {
    /// Presigns what an iterable of Python's yields.
    fn presign_objects<'py>(&mut self, urls: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let py = urls.py();
        let mut urls = urls
            .try_iter()
            .map_err(|_| SigningError::request("urls", "must be an iterable of text"))?;
        let presigned = PyList::empty(py);
        loop {
            let start = presigned.len();
            let block = urls.by_ref().take(block_size()).collect::<PyResult<Vec<_>>>()?;
            if block.is_empty() {
                return Ok(presigned);
            }
            let texts = block
                .iter()
                .enumerate()
                .map(|(index, url)| text("url", url).map_err(|error| error.of_url(start + index)))
                .collect::<Result<Vec<_>, SigningError>>()?;
            py.check_signals()?;
            py.detach(|| {
                self.presign(start..start + texts.len(), |index| Some(texts[index - start]))
            })?;
            for url in self.presigned() {
                presigned.append(PyString::new(py, url))?;
            }
        }
    }

    /// Presigns one block, of which `url` returns the URL at an index, or none for one that is null.
    fn presign<'u>(
        &mut self,
        indexes: Range<usize>,
        url: impl Fn(usize) -> Option<&'u str> + Sync,
    ) -> Result<(), SigningError> {
        let mut parts = std::mem::take(&mut self.parts);
        let threads = cores().min(indexes.len() / URLS_PER_THREAD).max(1);
        parts.resize_with(threads, Part::default);
        let result = self.presign_in_parallel(indexes, &url, &mut parts);
        self.parts = parts;
        result
    }

    /// The URLs of the block that was presigned last; one that was null is empty.
    fn presigned(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|part| {
            let starts = std::iter::once(0).chain(part.ends.iter().copied());
            starts.zip(&part.ends).map(|(start, &end)| &part.text[start..end])
        })
    }

    fn presign_in_parallel<'u>(
        &self,
        indexes: Range<usize>,
        url: &(impl Fn(usize) -> Option<&'u str> + Sync),
        parts: &mut [Part],
    ) -> Result<(), SigningError> {
        let size = indexes.len().div_ceil(parts.len());
        let mut parts = parts.iter_mut().enumerate().map(|(number, part)| {
            let start = indexes.end.min(indexes.start + number * size);
            (part, start..indexes.end.min(start + size))
        });
        let first = parts.next();
        thread::scope(|scope| {
            let others: Vec<_> = parts
                .map(|(part, indexes)| scope.spawn(|| self.presign_in_order(indexes, url, part)))
                .collect();
            first.map_or(Ok(()), |(part, indexes)| self.presign_in_order(indexes, url, part))?;
            for other in others {
                match other.join() {
                    Ok(result) => result?,
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok(())
        })
    }

    fn presign_in_order<'u>(
        &self,
        mut indexes: Range<usize>,
        url: &impl Fn(usize) -> Option<&'u str>,
        part: &mut Part,
    ) -> Result<(), SigningError> {
        part.text.clear();
        part.ends.clear();
        // Of the thread's own, so that threads don't wait for each other's lock.
        let keys = SigningKeyCache::new(4);
        while !indexes.is_empty() {
            if let Some(first) = url(indexes.start) {
                self.presign_run(first, &mut indexes, url, &keys, part)?;
            } else {
                part.ends.push(part.text.len());
                indexes.start += 1;
            }
        }
        Ok(())
    }

    /// Presigns URLs for as long as they have the region, the service and the rules of the `first`.
    fn presign_run<'u>(
        &self,
        first: &str,
        indexes: &mut Range<usize>,
        url: &impl Fn(usize) -> Option<&'u str>,
        keys: &SigningKeyCache,
        part: &mut Part,
    ) -> Result<(), SigningError> {
        let of_first = |error: SigningError| error.of_url(indexes.start);
        let first = Url::parse(first).map_err(of_first)?;
        let kind = self.kind(&first).map_err(of_first)?;
        let (region, service, rules) = kind;
        let scope = CredentialScope::new(self.signer.algorithm, self.time.clone(), region, service)
            .map_err(of_first)?;
        let settings = self.signer.settings(service, first.query());
        let presigner =
            Presigner::new(&self.credentials, &scope, &settings, rules, self.expires_in, keys)?;
        for index in indexes.clone() {
            if let Some(text) = url(index) {
                let of_url = |error: SigningError| error.of_url(index);
                let url = Url::parse(text).map_err(of_url)?;
                if self.kind(&url).map_err(of_url)? != kind {
                    break;
                }
                let request = Request::new(self.method, url, &[])?;
                presigner.presign(&request, &mut part.text).map_err(of_url)?;
            }
            part.ends.push(part.text.len());
            indexes.start = index + 1;
        }
        Ok(())
    }

    /// What URLs have to have in common to share a presigner.
    fn kind<'a>(
        &'a self,
        url: &'a Url<'_>,
    ) -> Result<(&'a str, &'a str, ServiceRules), SigningError> {
        let (region, service) = self.signer.region_and_service(url)?;
        Ok((region, service, ServiceRules::of_request(service, url.query())))
    }
}

/// How many URLs are presigned at a time.
fn block_size() -> usize {
    cores() * URLS_PER_PART
}

/// Asked once, as the answer is read from files.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

//! Presigns many URLs, on all cores and without the GIL.
//!
//! URLs are presigned block by block, so that memory beside the input and the result does not grow with
//! their number. While the cores presign a block, the calling thread passes on the block before it and
//! reads the block after it from a list, which need the GIL for Python objects, and then helps them.

mod arrow;

use std::ops::Range;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{mem, panic, thread};

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

pub(in crate::python) use self::arrow::{PresignedArray, PresignedChunkedArray};
use super::Signer;
use crate::python::arguments::text;
use crate::python::headers::HeaderArguments;
use crate::sigv4::settings::check_presignable;
use crate::sigv4::{
    CredentialScope, Credentials, Header, Presigner, Request, ServiceRules, SigningError,
    SigningKeyCache, SigningTime, Url,
};

/// How many URLs a thread presigns at once. Fewer take less time than starting a thread.
const URLS_PER_PART: usize = 128;
/// How many parts of a block each core presigns. They fit in its cache.
const PARTS_PER_CORE: usize = 32;

/// How many schemes and hosts are kept prepared for URLs that have them in turn.
const MOST_ORIGINS: usize = 8;

/// Returns the URL at an index, or `None` for a null. Not generic, so that the code below is compiled once,
/// not once for each kind of column.
type UrlAt<'a, 'u> = &'a (dyn Fn(usize) -> Option<&'u str> + Sync);

impl Signer {
    pub(super) fn presign_all<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        urls: &Bound<'py, PyAny>,
        expires_in: u32,
        headers: Option<&Bound<'py, PyAny>>,
        time: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if urls.is_instance_of::<PyString>() {
            return Err(SigningError::request("urls", "is one text: pass a list of them").into());
        }
        let headers = HeaderArguments::extract(headers)?;
        // Converted to lowercase once, not for each URL.
        let headers = headers.encode()?.into_iter();
        let headers: Vec<_> =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let headers = headers
            .iter()
            .map(|(name, value)| Header::new(name, value))
            .collect::<Result<Vec<_>, SigningError>>()?;
        check_presignable(&headers, &self.selection())?;
        let credentials = self.provider.freeze_to_presign(py, None)?;
        let mut batch = Batch {
            signer: self,
            method,
            headers: &headers,
            named_host: self.named_host(&headers),
            credentials: credentials.borrow(),
            time: self.signing_time(py, time)?,
            expires_in,
            block: Vec::new(),
            handed_on: Vec::new(),
        };
        match arrow::Urls::extract(urls)? {
            Some(urls) => urls.presign(py, &mut batch),
            None => batch.presign_objects(urls).map(Bound::into_any),
        }
    }
}

/// What all URLs have in common, and the memory that the blocks reuse.
struct Batch<'a> {
    signer: &'a Signer,
    method: &'a str,
    headers: &'a [Header<'a>],
    /// The `Host` of the headers, if it tells the region and service.
    named_host: Option<String>,
    credentials: Credentials<'a>,
    time: SigningTime,
    expires_in: u32,
    /// The block that was presigned last.
    block: Vec<Part>,
    /// The block before it.
    handed_on: Vec<Part>,
}

/// URLs that one thread has presigned, one after the other.
struct Part {
    text: String,
    ends: Vec<usize>,
    result: Result<(), SigningError>,
}

impl Batch<'_> {
    /// Presigns the URLs of a Python iterable.
    fn presign_objects<'py>(&mut self, urls: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let py = urls.py();
        // Only there, reading runs no code of others, which could leave this stack while other threads use it,
        // as greenlets do.
        let reads_ahead =
            urls.is_exact_instance_of::<PyList>() || urls.is_exact_instance_of::<PyTuple>();
        let mut urls = urls
            .try_iter()
            .map_err(|_| SigningError::request("urls", "must be an iterable of text"))?;
        let presigned = PyList::empty(py);
        let mut read = || urls.by_ref().take(block_size()).collect::<PyResult<Vec<_>>>();
        let append = |block: &[Part]| {
            urls_of(block).try_for_each(|url| presigned.append(PyString::new(py, url)))
        };
        let mut start = 0;
        let mut block = read()?;
        while !block.is_empty() {
            let texts = block
                .iter()
                .enumerate()
                .map(|(index, url)| text("url", url).map_err(|error| error.of_url(start + index)))
                .collect::<Result<Vec<_>, SigningError>>()?;
            py.check_signals()?;
            let indexes = start..start + texts.len();
            let mut next = Ok(Vec::new());
            let mut hand_on = |block: &[Part]| {
                append(block)?;
                if reads_ahead {
                    next = read();
                }
                Ok(())
            };
            self.presign(py, indexes, &|index| Some(texts[index - start]), &mut hand_on)?;
            start += block.len();
            block = if reads_ahead { next? } else { read()? };
        }
        append(&self.block)?;
        Ok(presigned)
    }

    /// Presigns one block, of which `url` returns the URL at an index, or `None` for a null;
    /// meanwhile calls `hand_on` with the block before it.
    fn presign(
        &mut self,
        py: Python<'_>,
        indexes: Range<usize>,
        url: UrlAt<'_, '_>,
        hand_on: &mut dyn FnMut(&[Part]) -> PyResult<()>,
    ) -> PyResult<()> {
        mem::swap(&mut self.block, &mut self.handed_on);
        let mut block = mem::take(&mut self.block);
        block.resize_with(indexes.len().div_ceil(URLS_PER_PART), Part::empty);
        let threads = cores().min(block.len());
        let starts = indexes.clone().step_by(URLS_PER_PART);
        let parts = Mutex::new(starts.zip(&mut block));
        let presign_parts = || {
            // One per thread, so that threads don't wait for each other's lock.
            let keys = SigningKeyCache::new(4);
            let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some((start, part)) = next() {
                let indexes = start..indexes.end.min(start + URLS_PER_PART);
                part.result = self.presign_in_order(indexes, url, &keys, part);
            }
        };
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(presign_parts)).collect();
            let handed_on = hand_on(&self.handed_on);
            py.detach(|| {
                presign_parts();
                for other in others {
                    other.join().unwrap_or_else(|payload| panic::resume_unwind(payload));
                }
            });
            handed_on
        })?;
        self.block = block;
        // Report the error of the first URL that has one.
        self.block.iter().try_for_each(|part| Ok(part.result.clone()?))
    }

    fn presign_in_order(
        &self,
        mut indexes: Range<usize>,
        url: UrlAt<'_, '_>,
        keys: &SigningKeyCache,
        part: &mut Part,
    ) -> Result<(), SigningError> {
        part.text.clear();
        part.ends.clear();
        while !indexes.is_empty() {
            if let Some(first) = url(indexes.start) {
                self.presign_run(first, &mut indexes, url, keys, part)?;
            } else {
                part.ends.push(part.text.len());
                indexes.start += 1;
            }
        }
        Ok(())
    }

    /// Presigns URLs as long as their region, service and rules are those of `first`.
    fn presign_run<'u>(
        &self,
        first: &'u str,
        indexes: &mut Range<usize>,
        url: UrlAt<'_, 'u>,
        keys: &SigningKeyCache,
        part: &mut Part,
    ) -> Result<(), SigningError> {
        let of_first = |error: SigningError| error.of_url(indexes.start);
        let first = Url::parse_unsent(first).map_err(of_first)?;
        let kind = self.kind(&first).map_err(of_first)?;
        let (region, service, rules) = kind;
        let scope =
            CredentialScope::new(self.signer.options.algorithm, self.time.clone(), region, service)
                .map_err(of_first)?;
        let settings = self.signer.settings(&rules);
        let presigner =
            Presigner::new(&self.credentials, &scope, &settings, rules, self.expires_in, keys)?;
        let of_origin = |url: Url<'u>, index| {
            let request = Request::new(self.method, url, self.headers)?;
            presigner.of_origin(&request).map_err(|error| error.of_url(index))
        };
        let mut origins = vec![(first.clone(), of_origin(first.clone(), indexes.start)?)];
        for index in indexes.clone() {
            if let Some(text) = url(index) {
                let of_url = |error: SigningError| error.of_url(index);
                let known = origins.iter().position(|(origin, _)| origin.has_origin_of(text));
                let known = if let Some(known) = known {
                    known
                } else {
                    let url = Url::parse_unsent(text).map_err(of_url)?;
                    if self.kind(&url).map_err(of_url)? != kind {
                        break;
                    }
                    origins.truncate(MOST_ORIGINS - 1);
                    origins.push((url.clone(), of_origin(url, index)?));
                    origins.len() - 1
                };
                let (origin, presigner) = &mut origins[known];
                let url = origin.parse_unsent_sibling(text).map_err(of_url)?;
                if ServiceRules::of_request(service, url.query()) != rules {
                    break;
                }
                presigner.presign(&url, &mut part.text).map_err(of_url)?;
            }
            part.ends.push(part.text.len());
            indexes.start = index + 1;
        }
        Ok(())
    }

    /// What URLs must have in common to share a presigner.
    fn kind<'a>(
        &'a self,
        url: &'a Url<'_>,
    ) -> Result<(&'a str, &'a str, ServiceRules), SigningError> {
        let named = self.named_host.as_deref();
        let (region, service) = self.signer.region_and_service(url, named)?;
        Ok((region, service, ServiceRules::of_request(service, url.query())))
    }
}

impl Part {
    fn empty() -> Self {
        Self { text: String::new(), ends: Vec::new(), result: Ok(()) }
    }
}

/// Iterates over the URLs of a block in order. A null is an empty string.
fn urls_of(block: &[Part]) -> impl Iterator<Item = &str> {
    block.iter().flat_map(|part| {
        let starts = std::iter::once(0).chain(part.ends.iter().copied());
        starts.zip(&part.ends).map(|(start, &end)| &part.text[start..end])
    })
}

/// How many URLs are presigned at a time.
fn block_size() -> usize {
    cores() * PARTS_PER_CORE * URLS_PER_PART
}

/// Asked once, because the system reads it from files.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

//! Converts Python headers to the bytes that are sent.

use std::borrow::Cow;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple, PyType};

use super::arguments::{read_text, text};
use super::callbacks;
use crate::sigv4::headers::length;
use crate::sigv4::{Header, SigningError};

/// Records the headers class of requests before anyone can patch it.
pub(super) fn record_case_insensitive_dict(py: Python<'_>) -> PyResult<()> {
    callbacks::case_insensitive_dict(py).map(|_| ())
}

/// Whether headers are of the class that requests uses.
pub(super) fn is_case_insensitive_dict(headers: &Bound<'_, PyAny>) -> PyResult<bool> {
    let class = callbacks::case_insensitive_dict(headers.py())?;
    Ok(class.is_some_and(|class| headers.get_type().is(class)))
}

/// How the client encodes the text of a header.
#[derive(Clone, Copy)]
pub(super) enum HeaderEncoding {
    /// Used by `http.client`, and clients that use it.
    Latin1,
    Utf8,
}

/// A name, and a value as sent.
pub(super) type EncodedHeader<'a> = (&'a str, Cow<'a, [u8]>);

/// The Python names and values of headers.
pub(super) struct HeaderArguments<'py> {
    pairs: Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>,
    encoding: HeaderEncoding,
}

impl<'py> HeaderArguments<'py> {
    /// Returns no headers.
    pub(super) fn none() -> Self {
        Self { pairs: Vec::new(), encoding: HeaderEncoding::Utf8 }
    }

    /// Extracts the headers of a caller whose client is unknown. Text is encoded as UTF-8.
    pub(super) fn extract(headers: Option<&Bound<'py, PyAny>>) -> PyResult<Self> {
        let Some(headers) = headers.filter(|headers| !headers.is_none()) else {
            return Ok(Self::none());
        };
        Self::extract_all(headers, HeaderEncoding::Utf8)
    }

    /// Extracts the relevant headers from the class that requests uses, without reading other values.
    pub(super) fn extract_relevant(
        headers: &Bound<'py, PyAny>,
        is_relevant: impl Fn(&str) -> bool,
    ) -> PyResult<Self> {
        let mut pairs = Vec::new();
        for name in headers.try_iter()? {
            let name = name?;
            if is_relevant(header_name(&name)?) {
                let value = headers.get_item(&name)?;
                pairs.push((name, value));
            }
        }
        Ok(Self { pairs, encoding: HeaderEncoding::Latin1 })
    }

    /// Extracts all headers of a mapping or an iterable of pairs.
    pub(super) fn extract_all(
        headers: &Bound<'py, PyAny>,
        encoding: HeaderEncoding,
    ) -> PyResult<Self> {
        if let Ok(headers) = headers.cast_exact::<PyDict>() {
            return Ok(Self { pairs: headers.iter().collect(), encoding });
        }
        // `items()` of multidicts, such as aiohttp's, includes repeats. Lists aren't asked for
        // `items`, because the AttributeError would cost more than the conversion.
        let not_pairs = || {
            SigningError::request("headers", "must be a mapping, or an iterable of pairs of text")
        };
        let items = match headers.cast_exact::<PyList>() {
            Ok(list) => list.clone().into_any(),
            Err(_) => match headers.getattr_opt(intern!(headers.py(), "items"))? {
                // The `items` of a class can't be called.
                Some(_) if headers.is_instance_of::<PyType>() => return Err(not_pairs().into()),
                Some(items) => items.call0()?,
                None => headers.clone(),
            },
        };
        let pairs = items
            .try_iter()
            .map_err(|_| not_pairs())?
            .map(|pair| {
                let pair = pair?;
                if let Ok(pair) = pair.cast_exact::<PyTuple>()
                    && pair.len() == 2
                {
                    return Ok((pair.get_item(0)?, pair.get_item(1)?));
                }
                // Text of two characters is a sequence of length two, too.
                let is_text = pair.is_instance_of::<PyString>() || pair.is_instance_of::<PyBytes>();
                let (Ok(name), Ok(value), Ok(2), false) =
                    (pair.get_item(0), pair.get_item(1), pair.len(), is_text)
                else {
                    return Err(not_pairs().into());
                };
                Ok((name, value))
            })
            .collect::<PyResult<_>>()?;
        Ok(Self { pairs, encoding })
    }

    /// Returns the Python value of the first header with this lowercase name.
    pub(super) fn find(&self, name: &str) -> Result<Option<&Bound<'py, PyAny>>, SigningError> {
        for (found, value) in &self.pairs {
            if header_name(found)?.eq_ignore_ascii_case(name) {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Returns the value of `Content-Length`, if there is one and it is a number.
    pub(super) fn content_length(&self) -> PyResult<Option<u64>> {
        let Some(value) = self.find("content-length")? else { return Ok(None) };
        // Too large a number is refused as a length.
        Ok(match value.cast::<PyBytes>() {
            Ok(bytes) => length(bytes.as_bytes().trim_ascii()),
            // http.client also accepts a number.
            Err(_) => length(value.str()?.to_string_lossy().as_bytes().trim_ascii()),
        })
    }

    /// Encodes the headers, in the order in which they are sent.
    pub(super) fn encode(&self) -> Result<Vec<EncodedHeader<'_>>, SigningError> {
        self.pairs
            .iter()
            .map(|(name, value)| Ok((header_name(name)?, self.header_value(value)?)))
            .collect()
    }

    /// Encodes the first header with this lowercase name.
    pub(super) fn encode_named<'a>(
        &'a self,
        name: &'a str,
    ) -> Result<Option<EncodedHeader<'a>>, SigningError> {
        self.find(name)?.map(|value| Ok((name, self.header_value(value)?))).transpose()
    }

    fn header_value<'a>(&self, value: &'a Bound<'_, PyAny>) -> Result<Cow<'a, [u8]>, SigningError> {
        if let Ok(bytes) = value.cast::<PyBytes>() {
            return Ok(Cow::Borrowed(bytes.as_bytes()));
        }
        let text = read_text(value)
            .map_err(|problem| SigningError::request("headers", format!("value {problem}")))?;
        match self.encoding {
            HeaderEncoding::Latin1 => latin1(text).ok_or_else(|| {
                SigningError::request(
                    "headers",
                    "have a value that this client can't send as text: pass bytes",
                )
            }),
            HeaderEncoding::Utf8 => Ok(Cow::Borrowed(text.as_bytes())),
        }
    }
}

/// Encodes text as Latin-1, if that is possible.
pub(super) fn latin1(text: &str) -> Option<Cow<'_, [u8]>> {
    if text.is_ascii() {
        return Some(Cow::Borrowed(text.as_bytes()));
    }
    text.chars().map(|char| u8::try_from(char).ok()).collect::<Option<Vec<_>>>().map(Cow::Owned)
}

/// Return the value of `Content-Length`, or None if it is missing or not a number.
///
/// Args:
///     headers: The headers that a client will send.
#[pyfunction]
pub(super) fn content_length(headers: &Bound<'_, PyAny>) -> PyResult<Option<u64>> {
    HeaderArguments::extract_all(headers, HeaderEncoding::Latin1)?.content_length()
}

fn header_name<'a>(name: &'a Bound<'_, PyAny>) -> Result<&'a str, SigningError> {
    if let Ok(bytes) = name.cast::<PyBytes>() {
        // The core refuses a name that isn't ASCII, as a signer or as a verifier.
        return Ok(str::from_utf8(bytes.as_bytes()).unwrap_or("\u{fffd}"));
    }
    read_text(name).map_err(|problem| SigningError::request("headers", format!("name {problem}")))
}

/// Parses what [`HeaderArguments::encode`] returned.
pub(super) fn parse_headers<'a>(
    encoded: &'a [EncodedHeader<'a>],
) -> Result<Vec<Header<'a>>, SigningError> {
    encoded.iter().map(|(name, value)| Header::new(name, value)).collect()
}

/// Returns names of headers in lowercase.
pub(super) fn header_names(
    argument: &'static str,
    names: &Bound<'_, PyAny>,
) -> PyResult<Vec<String>> {
    let not_names = || {
        SigningError::request(
            argument,
            "must be header names, such as (\"content-type\",), or (\"*\",) for all of them",
        )
    };
    if names.cast::<PyTuple>().is_ok_and(PyTupleMethods::is_empty) {
        return Ok(Vec::new());
    }
    if names.is_instance_of::<PyString>() {
        return Err(not_names().into());
    }
    names
        .try_iter()
        .map_err(|_| not_names())?
        .map(|name| {
            let name = name?;
            let name = text(argument, &name)?;
            Header::new(name, b"").map_err(|_| not_names())?;
            if name.find('*').is_some_and(|star| star + 1 < name.len()) {
                let problem = "has a * that is not at the end of a name: pass a prefix, such as \
                               \"x-a-*\"";
                return Err(SigningError::request(argument, problem).into());
            }
            Ok(name.to_ascii_lowercase())
        })
        .collect()
}

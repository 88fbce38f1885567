//! Hashes bodies, and releases the GIL for large ones.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyByteArray, PyBytes, PyDict, PyList, PyMemoryView, PySet, PySlice, PyString, PyTuple,
};

use super::arguments::{text, type_name};
use crate::sigv4::payload::PayloadHasher;
use crate::sigv4::{HashedPayload, SigningError};

/// The largest one-shot body that is buffered in order to sign it, in bytes, unless a caller changes it.
pub(super) const MAX_BUFFERED_BODY: usize = 16 * 1024 * 1024;
/// The smallest body for which the GIL is released, in bytes. hashlib has the same limit.
pub(super) const GIL_RELEASE_BYTES: usize = 2048;
/// How much of a file or a mutable buffer is copied at once, in bytes.
const CHUNK_BYTES: usize = 256 * 1024;

/// A payload hash, to pass instead of a body.
///
/// Use `PayloadHash(hashlib.sha256(body).hexdigest())` if you already have the hash, and
/// `UNSIGNED_PAYLOAD` to leave the body unsigned.
#[pyclass(frozen, eq, hash, module = "rsigv4._core")]
#[derive(PartialEq, Eq, Hash)]
pub(super) struct PayloadHash {
    value: String,
}

#[pymethods]
impl PayloadHash {
    #[new]
    fn new(value: &Bound<'_, PyAny>) -> Result<Self, SigningError> {
        let hash = HashedPayload::parse(text("value", value)?)
            .map_err(|error| error.rename_argument(|_| "value"))?;
        Ok(Self { value: hash.as_str().to_owned() })
    }

    /// The lowercase hexadecimal digits, or a name such as `UNSIGNED-PAYLOAD`.
    #[getter]
    fn value(&self) -> &str {
        &self.value
    }

    fn __repr__(&self) -> String {
        format!("PayloadHash('{}')", self.value)
    }

    fn __getnewargs__(&self) -> (&str,) {
        (&self.value,)
    }
}

impl PayloadHash {
    pub(super) fn from_literal(value: &str) -> Self {
        Self { value: value.to_owned() }
    }
}

/// Return whether a body can be read only once, so that hashing it would use it up.
#[pyfunction]
pub(super) fn is_single_pass(body: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = body.py();
    if body.is_none() || body.is_instance_of::<PyBytes>() || body.is_instance_of::<PyString>() {
        return Ok(false);
    }
    if body.hasattr(intern!(py, "__aiter__"))? {
        return Ok(true);
    }
    Ok(matches!(Readability::of(body)?, Readability::Once))
}

/// The result of hashing a body.
pub(super) enum Body {
    /// The hash. The body can still be sent.
    Hashed(HashedPayload),
    /// The body can be read only once, and wasn't read.
    SinglePass,
}

impl Body {
    /// Hashes a body, unless it can be read only once.
    ///
    /// A file is hashed from its current offset, to which it then returns.
    pub(super) fn hash(body: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = body.py();
        let hashed = if body.is_none() {
            HashedPayload::EMPTY
        } else if let Ok(bytes) = body.cast::<PyBytes>() {
            hash_bytes(py, bytes.as_bytes())
        } else if body.is_instance_of::<PyString>() {
            hash_bytes(py, text("body", body)?.as_bytes())
        } else if let Ok(hash) = body.cast::<PayloadHash>() {
            HashedPayload::parse(&hash.get().value)?
        } else {
            match Readability::of(body)? {
                Readability::Buffer => hash_buffer(body)?,
                Readability::File { offset } => hash_file(body, &offset)?,
                Readability::Once => return Ok(Self::SinglePass),
                Readability::Never => {
                    return Err(SigningError::request(
                        "body",
                        format!(
                            "must be None, str, bytes, a buffer or a readable file, not {}: \
                             encode it first",
                            type_name(body)
                        ),
                    )
                    .into());
                }
            }
        };
        Ok(Self::Hashed(hashed))
    }
}

/// How a body that is neither text nor bytes can be read.
enum Readability<'py> {
    Buffer,
    /// Repeatedly, from this offset.
    File {
        offset: Bound<'py, PyAny>,
    },
    Once,
    Never,
}

impl<'py> Readability<'py> {
    fn of(body: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = body.py();
        if is_buffer(body) {
            return Ok(Self::Buffer);
        }
        if body.hasattr(intern!(py, "read"))? {
            return Ok(file_offset(body).map_or(Self::Once, |offset| Self::File { offset }));
        }
        if body.hasattr(intern!(py, "__buffer__"))? || PyMemoryView::from(body).is_ok() {
            return Ok(Self::Buffer);
        }
        if !is_container(body) && body.hasattr(intern!(py, "__iter__"))? {
            return Ok(Self::Once);
        }
        Ok(Self::Never)
    }
}

/// Whether a body looks like data that wasn't encoded, rather than a stream of bytes.
fn is_container(body: &Bound<'_, PyAny>) -> bool {
    body.is_instance_of::<PyDict>()
        || body.is_instance_of::<PyList>()
        || body.is_instance_of::<PySet>()
        || body.is_instance_of::<PyTuple>()
}

fn is_buffer(body: &Bound<'_, PyAny>) -> bool {
    body.is_instance_of::<PyByteArray>() || body.is_instance_of::<PyMemoryView>()
}

fn hash_bytes(py: Python<'_>, bytes: &[u8]) -> HashedPayload {
    if bytes.len() < GIL_RELEASE_BYTES {
        return HashedPayload::of(bytes);
    }
    py.detach(|| HashedPayload::of(bytes))
}

/// Hashes a buffer. Copies each chunk before it releases the GIL, because other threads could change
/// the buffer.
fn hash_buffer(body: &Bound<'_, PyAny>) -> PyResult<HashedPayload> {
    let py = body.py();
    let view = PyMemoryView::from(body)?;
    let bytes = view.call_method1(intern!(py, "cast"), ("B",)).map_err(|_| {
        SigningError::request("body", "is a buffer that is not contiguous: copy it with bytes()")
    })?;
    let length = bytes.len()?;
    let mut hasher = PayloadHasher::default();
    let mut chunk = vec![0; CHUNK_BYTES.min(length)];
    for start in (0..length).step_by(CHUNK_BYTES) {
        let end = length.min(start + CHUNK_BYTES);
        let slice = bytes.get_item(PySlice::new(py, to_isize(start)?, to_isize(end)?, 1))?;
        let chunk = &mut chunk[..end - start];
        PyBuffer::<u8>::get(&slice)?.copy_to_slice(py, chunk)?;
        update(py, &mut hasher, chunk);
    }
    Ok(hasher.finish())
}

fn to_isize(offset: usize) -> PyResult<isize> {
    isize::try_from(offset).map_err(|_| PyBufferError::new_err("the buffer is too long"))
}

/// Returns the offset of a file, or `None` if the file can't return to it.
fn file_offset<'py>(file: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let py = file.py();
    if let Ok(seekable) = file.call_method0(intern!(py, "seekable"))
        && !seekable.is_truthy().unwrap_or(false)
    {
        return None;
    }
    let offset = file.call_method0(intern!(py, "tell")).ok()?;
    file.hasattr(intern!(py, "seek")).is_ok_and(|seekable| seekable).then_some(offset)
}

fn hash_file(file: &Bound<'_, PyAny>, offset: &Bound<'_, PyAny>) -> PyResult<HashedPayload> {
    let hashed = hash_rest_of_file(file);
    // Also after an error.
    file.call_method1(intern!(file.py(), "seek"), (offset,))?;
    hashed
}

fn hash_rest_of_file(file: &Bound<'_, PyAny>) -> PyResult<HashedPayload> {
    let py = file.py();
    let mut hasher = PayloadHasher::default();
    loop {
        let chunk = file.call_method1(intern!(py, "read"), (CHUNK_BYTES,))?;
        let Ok(chunk) = chunk.cast::<PyBytes>() else {
            return Err(SigningError::request(
                "body",
                format!("is a file that reads {}: open it in binary mode", type_name(&chunk)),
            )
            .into());
        };
        if chunk.as_bytes().is_empty() {
            return Ok(hasher.finish());
        }
        update(py, &mut hasher, chunk.as_bytes());
    }
}

/// Hashes the next piece of a body, and releases the GIL if the piece is large.
pub(super) fn update(py: Python<'_>, hasher: &mut PayloadHasher, chunk: &[u8]) {
    if chunk.len() < GIL_RELEASE_BYTES {
        hasher.update(chunk);
    } else {
        py.detach(|| hasher.update(chunk));
    }
}

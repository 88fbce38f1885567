//! Presigns Arrow columns, through the PyCapsule interface. URLs are never converted to Python objects.
//!
//! <https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>

use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, LargeStringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArrayType};
use arrow_schema::{ArrowError, DataType, Field, FieldRef};
use pyo3::IntoPyObjectExt;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use pyo3_arrow::ffi::{ArrayIterator, ArrayReader, to_array_pycapsules, to_stream_pycapsule};
use pyo3_arrow::{PyArray, PyArrayReader};

use super::{Batch, Part, block_size, urls_of};
use crate::sigv4::SigningError;

/// Presigned URLs as one Arrow array of type `large_string`.
///
/// Pass it to a library that accepts Arrow data: `pyarrow.array`, `polars.Series`.
#[pyclass(frozen, module = "rsigv4._core")]
pub(in crate::python) struct PresignedArray {
    urls: ArrayRef,
    field: FieldRef,
}

#[pymethods]
impl PresignedArray {
    fn __len__(&self) -> usize {
        self.urls.len()
    }

    /// Return the capsules of the array's schema and of the array; no URL is copied.
    ///
    /// Args:
    ///     requested_schema: Ignored, as the interface allows: the type is `large_string`.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let _ = requested_schema;
        Ok(to_array_pycapsules(py, Arc::clone(&self.field), &self.urls, None)?)
    }
}

/// Presigned URLs as a chunked Arrow array of type `large_string`.
///
/// Pass it to a library that accepts Arrow streams: `pyarrow.chunked_array`, `polars.Series`.
#[pyclass(frozen, module = "rsigv4._core")]
pub(in crate::python) struct PresignedChunkedArray {
    chunks: Vec<ArrayRef>,
    field: FieldRef,
}

#[pymethods]
impl PresignedChunkedArray {
    fn __len__(&self) -> usize {
        self.chunks.iter().map(Array::len).sum()
    }

    /// Return the capsule of a stream of the chunks; no URL is copied. It may be called again.
    ///
    /// Args:
    ///     requested_schema: Ignored, as the interface allows: the type is `large_string`.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let chunks = self.chunks.clone().into_iter().map(Ok);
        let reader = ArrayIterator::new(chunks, Arc::clone(&self.field));
        Ok(to_stream_pycapsule(py, Box::new(reader), None)?)
    }
}

/// A column of URLs.
pub(super) enum Urls {
    Array(PyArray),
    Stream(Box<dyn ArrayReader + Send>),
}

impl Urls {
    /// Reads an object with Arrow's interface; `None` for other objects.
    pub(super) fn extract(urls: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = urls.py();
        if urls.hasattr(intern!(py, "__arrow_c_array__"))? {
            return urls.extract().map(Self::Array).map(Some);
        }
        if urls.hasattr(intern!(py, "__arrow_c_stream__"))? {
            return urls.extract::<PyArrayReader>()?.into_reader().map(Self::Stream).map(Some);
        }
        Ok(None)
    }

    /// Returns an array for an array, and a chunk for each chunk of a stream.
    pub(super) fn presign<'py>(
        self,
        py: Python<'py>,
        batch: &mut Batch<'_>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Self::Array(urls) => {
                let (urls, field) = urls.into_inner();
                let urls = batch.presign_column(py, 0, &urls)?;
                PresignedArray { urls, field: presigned_field(&field) }.into_bound_py_any(py)
            }
            Self::Stream(mut reader) => {
                let field = presigned_field(&reader.field());
                let mut chunks = Vec::new();
                let mut start = 0;
                // The producer of the chunks may need the GIL, on its own thread.
                while let Some(chunk) = py.detach(|| reader.next()) {
                    let chunk = chunk.map_err(|error| unreadable(&error))?;
                    chunks.push(batch.presign_column(py, start, &chunk)?);
                    start += chunk.len();
                }
                PresignedChunkedArray { chunks, field }.into_bound_py_any(py)
            }
        }
    }
}

impl Batch<'_> {
    /// Presigns an array whose first URL is the one at the index `start`.
    fn presign_column(
        &mut self,
        py: Python<'_>,
        start: usize,
        urls: &dyn Array,
    ) -> PyResult<ArrayRef> {
        // The library may not have checked its text and offsets. Arrow refuses the offset of an empty slice.
        if !urls.is_empty() {
            py.detach(|| urls.to_data().validate_full()).map_err(|error| unreadable(&error))?;
        }
        match urls.data_type() {
            DataType::Utf8 => self.presign_strings(py, start, &urls.as_string::<i32>()),
            DataType::LargeUtf8 => self.presign_strings(py, start, &urls.as_string::<i64>()),
            DataType::Utf8View => self.presign_strings(py, start, &urls.as_string_view()),
            // A query or a table with one column.
            DataType::Struct(fields) if fields.len() == 1 && urls.null_count() == 0 => {
                self.presign_column(py, start, urls.as_struct().column(0))
            }
            DataType::Struct(_) => Err(SigningError::request(
                "urls",
                "is a table of more or less than one column: select the one that has the URLs",
            )
            .into()),
            other => Err(SigningError::request(
                "urls",
                format!("is Arrow data of type {other}: cast it to string"),
            )
            .into()),
        }
    }

    fn presign_strings<'u>(
        &mut self,
        py: Python<'_>,
        start: usize,
        urls: &(impl StringArrayType<'u> + Sync),
    ) -> PyResult<ArrayRef> {
        // 64-bit offsets: six million presigned URLs exceed 32-bit ones.
        let mut presigned = LargeStringBuilder::with_capacity(urls.len(), 0);
        let mut append = |block: &[Part]| {
            py.detach(|| {
                for text in urls_of(block) {
                    let is_null = urls.is_null(presigned.len());
                    presigned.append_option((!is_null).then_some(text));
                }
            });
            Ok(())
        };
        self.block.clear();
        let url = |index| (!urls.is_null(index)).then(|| urls.value(index));
        for first in (0..urls.len()).step_by(block_size()) {
            let last = urls.len().min(first + block_size());
            py.check_signals()?;
            let indexes = start + first..start + last;
            self.presign(py, indexes, &|index| url(index - start), &mut append)?;
        }
        append(&self.block)?;
        Ok(Arc::new(presigned.finish()))
    }
}

/// Keeps the name, which is the column's.
fn presigned_field(urls: &Field) -> FieldRef {
    let name = match urls.data_type() {
        DataType::Struct(fields) if fields.len() == 1 => fields[0].name(),
        _ => urls.name(),
    };
    Arc::new(Field::new(name, DataType::LargeUtf8, true))
}

fn unreadable(error: &ArrowError) -> SigningError {
    SigningError::request("urls", format!("is Arrow data that can't be read: {error}"))
}

//! The target of a request that a middleware verifies.

use pyo3::prelude::*;

use crate::sigv4::verify;

/// The target of a request; the verifier and the application see the same path and query.
#[pyclass(frozen, module = "rsigv4._core")]
pub(in crate::python) struct RequestTarget(verify::RequestTarget);

#[pymethods]
impl RequestTarget {
    /// The URL with the path and the query as they were sent.
    #[getter]
    fn url(&self) -> &str {
        &self.0.url
    }

    /// Whether the path has no `.`, `..` or `//` that a server could resolve.
    #[getter]
    fn is_normalized(&self) -> bool {
        self.0.is_normalized
    }
}

/// Return the target to verify.
///
/// Args:
///     scheme: The scheme of the URL.
///     host: The value of the header `Host`; empty if there is none.
///     target: The request target as it was sent. None if the server doesn't provide it; the path is
///         then encoded as most clients encode it.
///     path: The path that the application gets, decoded.
///     query: The query that the application gets, still encoded.
///
/// Raises:
///     MalformedRequestError: The application would get another path or query than the target has, or
///         two servers could parse the request differently.
#[pyfunction]
pub(in crate::python) fn request_target(
    scheme: &str,
    host: &[u8],
    target: Option<&[u8]>,
    path: &[u8],
    query: &[u8],
) -> PyResult<RequestTarget> {
    Ok(RequestTarget(verify::request_target(scheme, host, target, path, query)?))
}

/// Return a decoded path as most clients encode it.
#[pyfunction]
pub(in crate::python) fn encoded_path(path: &[u8]) -> String {
    verify::encoded_path(path).into_owned()
}

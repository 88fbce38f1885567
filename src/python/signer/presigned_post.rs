//! Forms of browsers' uploads to S3.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyList, PyString};

use super::Signer;
use super::call::Call;
use crate::python::arguments::text;
use crate::sigv4::{SigningError, post_policy};

/// A form that uploads to S3: where to send it, and the fields that come before the file.
///
/// Send it as `multipart/form-data`: the fields, and after them the file in a field named `file`.
#[pyclass(frozen, get_all, module = "rsigv4._core")]
pub(in crate::python) struct PresignedPost {
    /// The form's action.
    url: String,
    /// The form's fields.
    fields: Py<PyDict>,
}

#[pymethods]
impl PresignedPost {
    fn __repr__(&self) -> String {
        format!("PresignedPost(url='{}', fields=***)", self.url)
    }
}

/// What a form is about.
pub(super) struct Form<'a, 'py> {
    pub(super) url: &'a Bound<'py, PyAny>,
    pub(super) key: &'a Bound<'py, PyAny>,
    pub(super) conditions: Option<&'a Bound<'py, PyAny>>,
    pub(super) fields: Option<&'a Bound<'py, PyAny>>,
    pub(super) expires_in: u32,
}

impl Form<'_, '_> {
    pub(super) fn sign(
        &self,
        py: Python<'_>,
        signer: &Signer,
        call: &Call<'_>,
    ) -> PyResult<PresignedPost> {
        let key = text("key", self.key)?;
        let conditions = PyList::empty(py);
        let fields = PyDict::new(py);
        if let Some(bucket) = post_policy::bucket(call.request.url()) {
            conditions.append([("bucket", bucket)].into_py_dict(py)?)?;
        }
        conditions.append(key_condition(py, key)?)?;
        fields.set_item("key", key)?;
        for pair in self.own_fields()? {
            let (name, value) = &pair;
            conditions.append([(name, value)].into_py_dict(py)?)?;
            fields.set_item(name, value)?;
        }
        if let Some(own) = self.conditions {
            let not_a_list =
                |_| SigningError::request("conditions", "must be a list of conditions");
            for condition in own.try_iter().map_err(not_a_list)? {
                conditions.append(condition?)?;
            }
        }
        for (name, value) in post_policy::fields(call.credentials, call.scope)? {
            conditions.append([(name, &value)].into_py_dict(py)?)?;
            fields.set_item(name, value)?;
        }
        let policy = PyDict::new(py);
        let expiration = post_policy::expiration(call.credentials, call.scope, self.expires_in)?;
        policy.set_item("expiration", expiration)?;
        policy.set_item("conditions", conditions)?;
        let policy = encode(&policy)?;
        let signature = signer.signing_key(call.credentials, call.scope).sign(&policy)?;
        fields.set_item("policy", policy)?;
        fields.set_item("x-amz-signature", signature.to_text())?;
        Ok(PresignedPost { url: text("url", self.url)?.to_owned(), fields: fields.unbind() })
    }

    fn own_fields(&self) -> PyResult<Vec<(String, String)>> {
        let Some(fields) = self.fields else { return Ok(Vec::new()) };
        fields.cast::<PyDict>().ok().map_or_else(
            || Err(SigningError::request("fields", "must be a dict of text").into()),
            |fields| {
                fields
                    .iter()
                    .map(|(name, value)| {
                        Ok((text("fields", &name)?.to_owned(), text("fields", &value)?.to_owned()))
                    })
                    .collect()
            },
        )
    }
}

/// `${filename}` stands for the name of the file that the browser will send.
fn key_condition<'py>(py: Python<'py>, key: &str) -> PyResult<Bound<'py, PyAny>> {
    match key.split_once("${filename}") {
        Some((prefix, _)) => Ok(PyList::new(py, ["starts-with", "$key", prefix])?.into_any()),
        None => Ok([("key", key)].into_py_dict(py)?.into_any()),
    }
}

fn encode(policy: &Bound<'_, PyDict>) -> PyResult<String> {
    let json = policy.py().import("json")?.call_method1("dumps", (policy,)).map_err(|_| {
        SigningError::request("conditions", "can't be written as JSON: pass lists, dicts and text")
    })?;
    Ok(STANDARD.encode(json.cast::<PyString>()?.to_str()?))
}

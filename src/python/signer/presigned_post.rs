//! Forms that upload to S3 from a browser.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyDict, PyList, PyString, PyTuple};

use super::Signer;
use super::call::Call;
use crate::python::arguments::text;
use crate::python::callbacks;
use crate::sigv4::names::field;
use crate::sigv4::{SigningError, post_policy};

/// A form that uploads a file to S3.
///
/// Send it as `multipart/form-data`: first the fields, then the file in a field named `file`.
#[pyclass(frozen, get_all, module = "rsigv4._core")]
pub(in crate::python) struct PresignedPost {
    /// The URL to which the form is sent.
    url: String,
    /// The fields of the form, as a dict of str.
    fields: Py<PyDict>,
}

#[pymethods]
impl PresignedPost {
    fn __repr__(&self) -> String {
        format!("PresignedPost(url='{}', fields=***)", self.url)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.fields)
    }
}

/// The arguments of a form.
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
        let fields_of_signature = post_policy::fields(call.credentials, call.scope)?;
        let fields_of_signature = fields_of_signature.iter().map(|(name, value)| (*name, value));
        let key = text("key", self.key)?;
        let fields = PyDict::new(py);
        fields.set_item("key", key)?;
        let conditions = PyList::empty(py);
        let own_conditions = self.own_conditions()?;
        if !own_conditions.iter().any(is_about_bucket) {
            conditions.append([("bucket", bucket(call)?)].into_py_dict(py)?)?;
        }
        conditions.append(key_condition(py, key)?)?;
        let own_fields = self.own_fields()?;
        check_conditions("key", "key", key, &own_conditions)?;
        for (name, value) in &own_fields {
            check_conditions("fields", name, value, &own_conditions)?;
        }
        let own_fields = own_fields.iter().map(|(name, value)| (name.as_str(), value));
        for (name, value) in own_fields.chain(fields_of_signature) {
            conditions.append([(name, value)].into_py_dict(py)?)?;
            fields.set_item(name, value)?;
        }
        for condition in own_conditions {
            conditions.append(condition)?;
        }
        let policy = PyDict::new(py);
        let expiration = post_policy::expiration(call.credentials, call.scope, self.expires_in)?;
        policy.set_item("expiration", expiration)?;
        policy.set_item("conditions", conditions)?;
        let policy = encode(&policy)?;
        let signature = signer.signing_key(call.credentials, call.scope)?.sign(&policy)?;
        fields.set_item("policy", policy)?;
        fields.set_item(field::SIGNATURE, signature.to_text())?;
        Ok(PresignedPost { url: text("url", self.url)?.to_owned(), fields: fields.unbind() })
    }

    fn own_conditions(&self) -> PyResult<Vec<Bound<'_, PyAny>>> {
        let Some(conditions) = self.conditions else { return Ok(Vec::new()) };
        let not_conditions = || {
            SigningError::request(
                "conditions",
                "must be a list of conditions: dicts, or lists such as \
                 [\"content-length-range\", 1, 1048576]",
            )
        };
        let is_condition = |condition: &Bound<'_, PyAny>| {
            condition.is_instance_of::<PyDict>()
                || condition.is_instance_of::<PyList>()
                || condition.is_instance_of::<PyTuple>()
        };
        let conditions: Vec<_> =
            conditions.try_iter().map_err(|_| not_conditions())?.collect::<PyResult<_>>()?;
        if conditions.iter().all(is_condition) {
            Ok(conditions)
        } else {
            Err(not_conditions().into())
        }
    }

    fn own_fields(&self) -> Result<Vec<(String, String)>, SigningError> {
        let Some(fields) = self.fields else { return Ok(Vec::new()) };
        let fields = fields
            .cast::<PyDict>()
            .map_err(|_| SigningError::request("fields", "must be a dict of text"))?;
        fields
            .iter()
            .map(|(name, value)| {
                let (name, value) = (text("fields", &name)?, text("fields", &value)?);
                if post_policy::is_reserved(name) {
                    return Err(SigningError::request(
                        "fields",
                        format!("have {name}, which signing adds: leave it out"),
                    ));
                }
                Ok((name.to_owned(), value.to_owned()))
            })
            .collect()
    }
}

fn bucket<'a>(call: &Call<'a>) -> Result<&'a str, SigningError> {
    call.request.url().bucket().ok_or_else(|| {
        SigningError::request(
            "url",
            "does not tell the bucket: add {\"bucket\": ...} to the conditions",
        )
    })
}

/// Whether a condition is `{"bucket": ...}`, or one such as `["starts-with", "$bucket", ...]`.
fn is_about_bucket(condition: &Bound<'_, PyAny>) -> bool {
    match condition.cast::<PyDict>() {
        Ok(condition) => condition.contains("bucket").unwrap_or(false),
        Err(_) => condition.contains("$bucket").unwrap_or(false),
    }
}

/// Returns the condition for the key. The browser replaces `${filename}` with the name of the file.
fn key_condition<'py>(py: Python<'py>, key: &str) -> PyResult<Bound<'py, PyAny>> {
    match key.split_once("${filename}") {
        Some((prefix, _)) => Ok(PyList::new(py, ["starts-with", "$key", prefix])?.into_any()),
        None => Ok([("key", key)].into_py_dict(py)?.into_any()),
    }
}

/// Refuses a field that contradicts a condition: S3 would refuse every upload.
fn check_conditions(
    argument: &'static str,
    name: &str,
    value: &str,
    conditions: &[Bound<'_, PyAny>],
) -> Result<(), SigningError> {
    // The browser inserts the name of the file, so the value isn't known yet.
    if value.contains("${filename}") || !conditions.iter().any(|it| rules_out(it, name, value)) {
        return Ok(());
    }
    let problem = match argument {
        "key" => "contradicts one of the conditions: change one of the two".to_owned(),
        _ => {
            format!(
                "have {name} with a value that contradicts one of the conditions: change one of the two"
            )
        }
    };
    Err(SigningError::request(argument, problem))
}

/// Whether a condition on this field, such as `{"acl": "private"}`, `["eq", "$acl", "private"]` or
/// `["starts-with", "$acl", "p"]`, rules out the value.
fn rules_out(condition: &Bound<'_, PyAny>, name: &str, value: &str) -> bool {
    if let Ok(exact) = condition.cast::<PyDict>() {
        let pair = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
            Some((name.extract::<String>().ok()?, value.extract::<String>().ok()?))
        };
        return exact
            .iter()
            .filter_map(pair)
            .any(|(field, wanted)| field.eq_ignore_ascii_case(name) && wanted != value);
    }
    // A condition with numbers, such as `content-length-range`, isn't about a field.
    let Ok(parts) = condition.extract::<Vec<String>>() else { return false };
    let [kind, field, wanted] = parts.as_slice() else { return false };
    let is_about = |field: &str| field.eq_ignore_ascii_case(name);
    field.strip_prefix('$').is_some_and(is_about)
        && match kind.as_str() {
            "eq" => value != wanted,
            "starts-with" => !value.starts_with(wanted.as_str()),
            _ => false,
        }
}

fn encode(policy: &Bound<'_, PyDict>) -> PyResult<String> {
    let json = callbacks::JSON_DUMPS.current(policy.py())?.call1((policy,)).map_err(|_| {
        SigningError::request("conditions", "can't be written as JSON: pass lists, dicts and text")
    })?;
    Ok(STANDARD.encode(json.cast::<PyString>()?.to_str()?))
}

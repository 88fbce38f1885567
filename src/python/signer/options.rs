//! The options of a signer.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyTuple};

use crate::python::arguments::text;
use crate::python::callbacks;
use crate::python::headers::header_names;
use crate::sigv4::scope::{check_order, check_region, check_service};
use crate::sigv4::{Algorithm, ScopedKey, SigningError};

/// The options of a signer. `None` means that the URL or the service decides.
#[derive(Clone)]
pub(super) struct Options {
    pub(super) region: Option<String>,
    /// Used if neither the region nor the host tells it.
    pub(super) default_region: Option<String>,
    pub(super) service: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) double_encode_path: Option<bool>,
    pub(super) normalize_path: Option<bool>,
    pub(super) content_sha256_header: Option<bool>,
    pub(super) sign_session_token: bool,
    pub(super) selected: Selected,
}

/// Which of the request's own headers are signed, by lowercase names and prefixes.
#[derive(Clone)]
pub(super) enum Selected {
    /// The default, and these.
    Also(Vec<String>),
    /// These, which have to cover `x-amz-*`.
    Only(Vec<String>),
}

impl Selected {
    fn parse(
        also_sign: Option<&Bound<'_, PyAny>>,
        sign_only: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let also_sign = also_sign.map(|names| header_names("also_sign", names)).transpose()?;
        let also_sign = also_sign.unwrap_or_default();
        let Some(sign_only) = sign_only else { return Ok(Self::Also(also_sign)) };
        if !also_sign.is_empty() {
            let problem = "and also_sign exclude each other: pass all names as sign_only=";
            return Err(SigningError::request("sign_only", problem).into());
        }
        Ok(Self::Only(header_names("sign_only", sign_only)?))
    }
}

impl Options {
    /// Converts the options that may be invalid. The others have their defaults.
    pub(super) fn parse(
        region: Option<&Bound<'_, PyAny>>,
        service: Option<&Bound<'_, PyAny>>,
        algorithm: Option<&Bound<'_, PyAny>>,
        also_sign: Option<&Bound<'_, PyAny>>,
        sign_only: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let algorithm = match algorithm {
            Some(name) => Algorithm::parse(text("algorithm", name)?)?,
            None => Algorithm::HmacSha256,
        };
        let region = region.map(|region| text("region", region)).transpose()?;
        let service = service.map(|service| text("service", service)).transpose()?;
        if let (Some(region), Some(service)) = (region, service) {
            check_order(region, service)?;
        }
        region.map(|region| check_region(algorithm, region)).transpose()?;
        service.map(check_service).transpose()?;
        Ok(Self {
            region: region.map(str::to_owned),
            default_region: None,
            service: service.map(str::to_owned),
            algorithm,
            double_encode_path: None,
            normalize_path: None,
            content_sha256_header: None,
            sign_session_token: true,
            selected: Selected::parse(also_sign, sign_only)?,
        })
    }

    /// Takes the region and service of a key that is valid for no others.
    pub(super) fn within(self, key: Option<&ScopedKey>) -> Result<Self, SigningError> {
        let Some(key) = key else { return Ok(self) };
        key.check_options(self.algorithm, self.region.as_deref(), self.service.as_deref())?;
        Ok(Self {
            region: Some(key.region().to_owned()),
            service: Some(key.service().to_owned()),
            ..self
        })
    }

    /// Returns the region that was passed, or else the one of the environment or the profile.
    pub(super) fn default_region(
        &self,
        py: Python<'_>,
        passed: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Option<String>> {
        match passed {
            Some(_) if self.algorithm != Algorithm::HmacSha256 => {
                let problem = "is one region, but SigV4a needs a set: pass it as region=";
                return Err(SigningError::request("default_region", problem).into());
            }
            Some(passed) => return Ok(Some(text("default_region", passed)?.to_owned())),
            None if self.region.is_some() || self.algorithm != Algorithm::HmacSha256 => {
                return Ok(None);
            }
            None => {}
        }
        let region: Option<String> =
            callbacks::CONFIGURED_REGION.current(py)?.call0()?.extract()?;
        // Empty, and not `None`, so that a copy does not read the environment again.
        Ok(Some(region.unwrap_or_default()))
    }

    /// Returns the keyword arguments that create equal options.
    pub(super) fn to_keywords<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let keywords = PyDict::new(py);
        keywords.set_item("default_region", &self.default_region)?;
        keywords.set_item("algorithm", self.algorithm.name())?;
        keywords.set_item("double_encode_path", self.double_encode_path)?;
        keywords.set_item("normalize_path", self.normalize_path)?;
        keywords.set_item("content_sha256_header", self.content_sha256_header)?;
        keywords.set_item("sign_session_token", self.sign_session_token)?;
        let names = |names| PyTuple::new(py, names);
        let (also_sign, sign_only) = match &self.selected {
            Selected::Also(also_sign) => (names(also_sign)?, None),
            Selected::Only(sign_only) => (PyTuple::empty(py), Some(names(sign_only)?)),
        };
        keywords.set_item("also_sign", also_sign)?;
        keywords.set_item("sign_only", sign_only)?;
        Ok(keywords)
    }
}

/// Returns the names of the keyword arguments of `Signer`.
pub(in crate::python) fn option_names(py: Python<'_>) -> PyResult<Bound<'_, PyFrozenSet>> {
    PyFrozenSet::new(py, Options::parse(None, None, None, None, None)?.to_keywords(py)?.keys())
}

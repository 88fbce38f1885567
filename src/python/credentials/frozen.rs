//! Credentials at one moment, ours or botocore's.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::{CredentialsBase, DerivedSigningKey};
use crate::python::arguments::type_name;
use crate::python::errors::missing_credentials;
use crate::sigv4::{Credentials, SigningError};

/// Credentials at one moment: two of their parts never come from different refreshes.
pub(in crate::python) enum FrozenCredentials {
    Ours(Py<CredentialsBase>),
    Theirs(CredentialsBase),
    Derived(Py<DerivedSigningKey>),
}

impl FrozenCredentials {
    pub(super) fn check_provider(provider: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = provider.py();
        let is_class = provider.is_instance_of::<PyType>();
        let is_provider = Self::is_ours(provider)
            || provider.hasattr(intern!(py, "get_frozen_credentials"))?
            || provider.hasattr(intern!(py, "secret_key"))?
            || provider.is_callable();
        if is_provider && !is_class { Ok(()) } else { Err(not_a_provider(provider).into()) }
    }

    /// Whether a provider is just a callable.
    pub(super) fn is_plain_callable(provider: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = provider.py();
        Ok(!Self::is_ours(provider)
            && !provider.hasattr(intern!(py, "get_frozen_credentials"))?
            && !provider.hasattr(intern!(py, "secret_key"))?)
    }

    /// Whether an object is credentials or a key of ours, not a provider of them.
    pub(in crate::python) fn is_ours(object: &Bound<'_, PyAny>) -> bool {
        object.is_instance_of::<CredentialsBase>() || object.is_instance_of::<DerivedSigningKey>()
    }

    /// Asks a provider: our class, botocore's, or an object with the same attributes.
    pub(in crate::python) fn from_provider(provider: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::try_from_object(provider)?.ok_or_else(|| not_a_provider(provider).into())
    }

    /// Visits an object that nothing else visits; the garbage collector counts each reference once.
    pub(in crate::python) fn traverse(
        this: &Arc<Self>,
        visit: &PyVisit<'_>,
    ) -> Result<(), PyTraverseError> {
        if Arc::strong_count(this) == 1 { this.traverse_own(visit) } else { Ok(()) }
    }

    /// Visits the object. Only one owner may call this.
    pub(super) fn traverse_own(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Ours(credentials) => visit.call(credentials),
            Self::Derived(key) => visit.call(key),
            Self::Theirs(_) => Ok(()),
        }
    }

    /// The credentials for the core.
    pub(in crate::python) fn borrow(&self) -> Credentials<'_> {
        match self {
            Self::Ours(credentials) => credentials.get().borrow(),
            Self::Theirs(credentials) => credentials.borrow(),
            Self::Derived(key) => key.get().get().into(),
        }
    }

    /// Sets the expiry, unless the credentials have their own.
    pub(super) fn ending(self, end: Option<DateTime<Utc>>) -> Self {
        match self {
            Self::Theirs(credentials) => {
                let expires_at = credentials.borrow().expires_at().or(end);
                Self::Theirs(CredentialsBase(credentials.0.with_expiry(expires_at)))
            }
            ours @ (Self::Ours(_) | Self::Derived(_)) => ours,
        }
    }

    /// Returns credentials or a key of ours.
    pub(super) fn of_our_class(object: &Bound<'_, PyAny>) -> Option<Self> {
        if let Ok(ours) = object.cast::<CredentialsBase>() {
            return Some(Self::Ours(ours.clone().unbind()));
        }
        let key = object.cast::<DerivedSigningKey>().ok()?;
        Some(Self::Derived(key.clone().unbind()))
    }

    fn try_from_object(object: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = object.py();
        if let Some(frozen) = Self::of_our_class(object) {
            return Ok(Some(frozen));
        }
        let frozen = match object.getattr_opt(intern!(py, "get_frozen_credentials"))? {
            Some(freeze) => freeze.call0()?,
            None if object.hasattr(intern!(py, "secret_key"))? => object.clone(),
            None => return Ok(None),
        };
        if let Some(frozen) = Self::of_our_class(&frozen) {
            return Ok(Some(frozen));
        }
        if frozen.is_none() {
            return Err(missing_credentials(
                "get_frozen_credentials() returned None: the provider has no credentials",
            ));
        }
        if !frozen.hasattr(intern!(py, "secret_key"))? {
            return Err(SigningError::credentials(
                "credentials",
                format!(
                    "has a get_frozen_credentials() that returned {}: it must return an object \
                     with access_key, secret_key and token",
                    type_name(&frozen)
                ),
            )
            .into());
        }
        let part =
            |name| Ok::<_, PyErr>(frozen.getattr_opt(name)?.unwrap_or(py.None().into_bound(py)));
        let token = part(intern!(py, "token"))?;
        CredentialsBase::new(
            &part(intern!(py, "access_key"))?,
            &part(intern!(py, "secret_key"))?,
            Some(&token).filter(|token| !token.is_none()),
            None,
        )
        .map(Self::Theirs)
        .map(Some)
    }
}

fn not_a_provider(object: &Bound<'_, PyAny>) -> SigningError {
    SigningError::credentials(
        "credentials",
        format!(
            "must be Credentials, a SigningKey, an object with get_frozen_credentials(), or a \
             callable that returns one of them, not {}",
            type_name(object)
        ),
    )
}

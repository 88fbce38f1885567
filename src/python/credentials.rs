//! Credentials, and everything that can stand in for them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use pyo3::PyTraverseError;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::arguments::{secret_text, type_name};
use super::callbacks;
use super::clock::{aware_datetime, now, timestamp};
use super::errors::missing_credentials;
use crate::sigv4::presigned_url::LONGEST_LIFETIME;
use crate::sigv4::{Credentials, OwnedCredentials, SigningError, SigningTime};

/// An access key: its id, its secret, and for temporary ones the session token and when they end.
///
/// The secret is wiped from memory when the object goes, and no repr or error shows it or the token.
/// Pickling carries both.
#[pyclass(subclass, frozen, name = "Credentials", module = "rsigv4._core")]
pub(super) struct CredentialsBase(OwnedCredentials);

#[pymethods]
impl CredentialsBase {
    #[new]
    #[pyo3(signature = (access_key_id, secret_access_key, session_token=None, *, expires_at=None))]
    fn new(
        access_key_id: &Bound<'_, PyAny>,
        secret_access_key: &Bound<'_, PyAny>,
        session_token: Option<&Bound<'_, PyAny>>,
        expires_at: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let credentials = Credentials::new(
            secret_text("access_key_id", access_key_id)?,
            secret_text("secret_access_key", secret_access_key)?,
            session_token.map(|token| secret_text("session_token", token)).transpose()?,
        )?;
        let expires_at = expires_at
            .map(|expires_at| {
                let problem = |problem| SigningError::credentials("expires_at", problem);
                let seconds = timestamp(expires_at, problem)?;
                DateTime::from_timestamp(seconds, 0)
                    .ok_or_else(|| PyErr::from(problem("is out of range".to_owned())))
            })
            .transpose()?;
        Ok(Self(credentials.with_expiry(expires_at).into()))
    }

    /// The public half of the key.
    #[getter]
    fn access_key_id(&self) -> &str {
        self.borrow().access_key_id()
    }

    /// The secret half of the key.
    #[getter]
    fn secret_access_key(&self) -> &str {
        self.borrow().secret_access_key()
    }

    /// The token of temporary credentials.
    #[getter]
    fn session_token(&self) -> Option<&str> {
        self.borrow().session_token()
    }

    /// When temporary credentials end, to the second.
    #[getter]
    fn expires_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.borrow().expires_at().map(|end| aware_datetime(py, end.timestamp())).transpose()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let credentials = slf.get().borrow();
        let name = slf.get_type().name()?;
        let key = credentials.access_key_id();
        let mut repr = format!("{name}(access_key_id='{key}', secret_access_key=***");
        if credentials.session_token().is_some() {
            repr += ", session_token=***";
        }
        if let Some(expires_at) = credentials.expires_at() {
            let expires_at = SigningTime::from_timestamp(expires_at.timestamp())?;
            repr.push_str(", expires_at=");
            repr.push_str(expires_at.as_str());
        }
        Ok(repr + ")")
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| self.0 == other.get().0)
    }

    fn __hash__(slf: &Bound<'_, Self>) -> PyResult<isize> {
        pyo3::types::PyString::new(slf.py(), slf.get().borrow().access_key_id()).hash()
    }

    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let keywords = PyDict::new(py);
        let expires_at = self.borrow().expires_at();
        keywords.set_item("expires_at", expires_at.map(|expires_at| expires_at.timestamp()))?;
        let key = (self.access_key_id(), self.secret_access_key(), self.session_token());
        Ok((key.into_pyobject(py)?, keywords))
    }
}

impl CredentialsBase {
    /// The credentials as the core takes them.
    pub(super) fn borrow(&self) -> Credentials<'_> {
        self.0.borrow()
    }
}

/// What a signer asks for its credentials.
pub(super) struct Provider {
    object: Py<PyAny>,
    /// It is one of botocore's that refresh themselves: it changes only minutes before it ends, and
    /// asking it takes several times as long as signing.
    is_refreshable: bool,
    last: Mutex<Option<(i64, Arc<FrozenCredentials>)>>,
    /// The last credentials with their expiry, for presigning.
    last_ending: Mutex<Option<Ending>>,
}

impl Provider {
    /// Refuses what can't be a provider before a request depends on it.
    pub(super) fn new(object: Bound<'_, PyAny>) -> PyResult<Self> {
        let py = object.py();
        FrozenCredentials::check_provider(&object)?;
        let object = if FrozenCredentials::is_plain_callable(&object)? {
            // What a callable returns is kept for as long as it lasts.
            callbacks::REFRESHING_CREDENTIALS.current(py)?.call1((object,))?
        } else {
            object
        };
        let is_refreshable = object.hasattr(intern!(py, "refresh_needed"))?;
        Ok(Self {
            object: object.unbind(),
            is_refreshable,
            last: Mutex::default(),
            last_ending: Mutex::default(),
        })
    }

    pub(super) fn object<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.object.bind(py).clone()
    }

    /// Asks for credentials; `clock` is the time of the signature where the clock told it.
    pub(super) fn freeze(
        &self,
        py: Python<'_>,
        clock: Option<&SigningTime>,
    ) -> PyResult<Arc<FrozenCredentials>> {
        let ask = || FrozenCredentials::from_provider(self.object.bind(py)).map(Arc::new);
        let Some(clock) = clock.filter(|_| self.is_refreshable) else { return ask() };
        let second = clock.instant().timestamp();
        if let Some((asked, last)) = &*self.last()
            && *asked == second
        {
            return Ok(Arc::clone(last));
        }
        // The lock is not held meanwhile: what is asked may take long, and call back.
        let credentials = ask()?;
        // What it replaces is dropped after the lock is released, since that runs other objects' code.
        let _former = self.last().replace((second, Arc::clone(&credentials)));
        Ok(credentials)
    }

    /// Freezes the credentials with their expiry, which a presigned URL must not outlive.
    pub(super) fn freeze_to_presign(
        &self,
        py: Python<'_>,
        clock: Option<&SigningTime>,
    ) -> PyResult<Arc<FrozenCredentials>> {
        if !self.is_refreshable {
            return self.freeze(py, clock);
        }
        let second = clock.map(|clock| clock.instant().timestamp());
        if let Some(last) = &*self.last_ending()
            && second.is_some()
            && last.asked == second
        {
            return Ok(Arc::clone(&last.credentials));
        }
        let object = self.object.bind(py);
        let freeze = || object.call_method0(intern!(py, "get_frozen_credentials"));
        let mut frozen = freeze()?;
        let mut end = None;
        // The provider may refresh them between the calls.
        for _ in 0..2 {
            if let Some(last) = &*self.last_ending()
                && last.frozen.is(&frozen)
            {
                end = last.end;
                break;
            }
            end = end_of_refreshable(object)?;
            let again = freeze()?;
            if again.is(&frozen) {
                break;
            }
            frozen = again;
        }
        let credentials = Arc::new(FrozenCredentials::from_provider(&frozen)?.ending(end));
        let ending = Ending {
            frozen: frozen.unbind(),
            end,
            asked: second,
            credentials: Arc::clone(&credentials),
        };
        let _former = self.last_ending().replace(ending);
        Ok(credentials)
    }

    fn last_ending(&self) -> MutexGuard<'_, Option<Ending>> {
        self.last_ending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows the garbage collector what is held.
    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.object)?;
        // The locks are never held where the garbage collector can start.
        if let Ok(last) = self.last.try_lock()
            && let Some((_, credentials)) = &*last
        {
            FrozenCredentials::traverse(credentials, visit)?;
        }
        if let Ok(last) = self.last_ending.try_lock()
            && let Some(Ending { frozen, credentials, .. }) = &*last
        {
            visit.call(frozen)?;
            FrozenCredentials::traverse(credentials, visit)?;
        }
        Ok(())
    }

    /// Forgets what changes after the provider was made. A cycle always holds something that does,
    /// so what never changes needn't be cleared.
    pub(super) fn clear(&self) {
        // Dropped after the locks are released, since that runs other objects' code.
        let _last = self.last().take();
        let _last_ending = self.last_ending().take();
    }

    fn last(&self) -> MutexGuard<'_, Option<(i64, Arc<FrozenCredentials>)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Credentials of a provider that refreshes itself, and their expiry.
struct Ending {
    /// What the provider returned.
    frozen: Py<PyAny>,
    end: Option<DateTime<Utc>>,
    /// The second in which it was asked; `None` if the caller passed the time of the signature.
    asked: Option<i64>,
    credentials: Arc<FrozenCredentials>,
}

/// Credentials at one moment: two of their parts never come from different refreshes.
pub(super) enum FrozenCredentials {
    Ours(Py<CredentialsBase>),
    Theirs(CredentialsBase),
}

impl FrozenCredentials {
    fn check_provider(provider: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = provider.py();
        let is_class = provider.is_instance_of::<PyType>();
        let is_provider = provider.is_instance_of::<CredentialsBase>()
            || provider.hasattr(intern!(py, "get_frozen_credentials"))?
            || provider.hasattr(intern!(py, "secret_key"))?
            || provider.is_callable();
        if is_provider && !is_class { Ok(()) } else { Err(not_a_provider(provider).into()) }
    }

    /// Whether all that is known of a provider is that it can be called.
    fn is_plain_callable(provider: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = provider.py();
        Ok(!provider.is_instance_of::<CredentialsBase>()
            && !provider.hasattr(intern!(py, "get_frozen_credentials"))?
            && !provider.hasattr(intern!(py, "secret_key"))?)
    }

    /// Asks a provider: our own class, botocore's, and what looks like either.
    pub(super) fn from_provider(provider: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::try_from_object(provider)?.ok_or_else(|| not_a_provider(provider).into())
    }

    /// Shows the garbage collector an object that nobody else shows it; each reference counts once.
    pub(super) fn traverse(this: &Arc<Self>, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &**this {
            Self::Ours(credentials) if Arc::strong_count(this) == 1 => visit.call(credentials),
            _ => Ok(()),
        }
    }

    pub(super) fn get(&self) -> &CredentialsBase {
        match self {
            Self::Ours(credentials) => credentials.get(),
            Self::Theirs(credentials) => credentials,
        }
    }

    /// Sets the expiry, unless the credentials have their own.
    fn ending(self, end: Option<DateTime<Utc>>) -> Self {
        match self {
            Self::Theirs(credentials) => {
                let credentials = credentials.borrow();
                let expires_at = credentials.expires_at().or(end);
                Self::Theirs(CredentialsBase(credentials.with_expiry(expires_at).into()))
            }
            ours @ Self::Ours(_) => ours,
        }
    }

    fn try_from_object(object: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = object.py();
        if let Ok(ours) = object.cast::<CredentialsBase>() {
            return Ok(Some(Self::Ours(ours.clone().unbind())));
        }
        let frozen = match object.getattr_opt(intern!(py, "get_frozen_credentials"))? {
            Some(freeze) => freeze.call0()?,
            None if object.hasattr(intern!(py, "secret_key"))? => object.clone(),
            None => return Ok(None),
        };
        if let Ok(ours) = frozen.cast::<CredentialsBase>() {
            return Ok(Some(Self::Ours(ours.clone().unbind())));
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

/// When botocore's refreshable credentials expire; `None` if that is later than any URL does.
///
/// botocore does not publish the time, but `refresh_needed(seconds)` tells if they expire by then.
fn end_of_refreshable(credentials: &Bound<'_, PyAny>) -> PyResult<Option<DateTime<Utc>>> {
    let py = credentials.py();
    let now = now(py)?.instant();
    let ends_within = |seconds: u32| {
        let needed = credentials.call_method1(intern!(py, "refresh_needed"), (seconds,))?;
        needed.extract::<bool>()
    };
    match ends_within(LONGEST_LIFETIME) {
        Ok(true) => {}
        Ok(false) => return Ok(None),
        // It is not botocore's method.
        Err(error) if error.is_instance_of::<PyTypeError>(py) => return Ok(None),
        Err(error) => return Err(error),
    }
    // They last for `least` seconds, and end within `most`.
    let (mut least, mut most) = (0, LONGEST_LIFETIME);
    while most - least > 1 {
        let seconds = least.midpoint(most);
        if ends_within(seconds)? {
            most = seconds;
        } else {
            least = seconds;
        }
    }
    Ok(DateTime::from_timestamp(now.timestamp() + i64::from(least), 0))
}

fn not_a_provider(object: &Bound<'_, PyAny>) -> SigningError {
    SigningError::credentials(
        "credentials",
        format!(
            "must be Credentials, an object with get_frozen_credentials(), or a callable that \
             returns either, not {}",
            type_name(object)
        ),
    )
}

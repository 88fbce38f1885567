//! The provider that a signer asks for its credentials.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use pyo3::PyTraverseError;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;

use super::{DerivedSigningKey, FrozenCredentials};
use crate::python::callbacks;
use crate::python::clock::now;
use crate::sigv4::presigned_url::LONGEST_LIFETIME;
use crate::sigv4::{ScopedKey, SigningTime};

/// What a signer asks for its credentials.
pub(in crate::python) struct Provider {
    object: Py<PyAny>,
    /// It is one of botocore's refreshable credentials: they change only minutes before they expire, and
    /// freezing them takes several times as long as signing.
    is_refreshable: bool,
    /// The object, if it is credentials or a key of ours: they never change.
    constant: Option<Arc<FrozenCredentials>>,
    last: Mutex<Option<(i64, Arc<FrozenCredentials>)>>,
    /// The last credentials with their expiry, for presigning.
    last_ending: Mutex<Option<Ending>>,
}

impl Provider {
    /// Refuses objects that can't provide credentials when the signer is made, not at the first request.
    pub(in crate::python) fn new(object: Bound<'_, PyAny>) -> PyResult<Self> {
        let py = object.py();
        FrozenCredentials::check_provider(&object)?;
        let object = if FrozenCredentials::is_plain_callable(&object)? {
            // Credentials of a callable that expire are kept, and refreshed before that.
            callbacks::REFRESHING_CREDENTIALS.current(py)?.call1((object,))?
        } else {
            object
        };
        let is_refreshable = object.hasattr(intern!(py, "refresh_needed"))?;
        Ok(Self {
            constant: FrozenCredentials::of_our_class(&object).map(Arc::new),
            object: object.unbind(),
            is_refreshable,
            last: Mutex::default(),
            last_ending: Mutex::default(),
        })
    }

    pub(in crate::python) fn object<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.object.bind(py).clone()
    }

    /// The key, if it is all that this provider provides.
    pub(in crate::python) fn scoped_key<'a>(&'a self, py: Python<'a>) -> Option<&'a ScopedKey> {
        let key = self.object.bind(py).cast::<DerivedSigningKey>().ok()?;
        Some(key.get().get())
    }

    /// Asks for credentials; `clock` is the time of the signature if it was read from the clock.
    pub(in crate::python) fn freeze(
        &self,
        py: Python<'_>,
        clock: Option<&SigningTime>,
    ) -> PyResult<Arc<FrozenCredentials>> {
        if let Some(constant) = &self.constant {
            return Ok(Arc::clone(constant));
        }
        let ask = || FrozenCredentials::from_provider(self.object.bind(py)).map(Arc::new);
        let Some(clock) = clock.filter(|_| self.is_refreshable) else { return ask() };
        let second = clock.instant().timestamp();
        if let Some((asked, last)) = &*self.last()
            && *asked == second
        {
            return Ok(Arc::clone(last));
        }
        // The lock is not held meanwhile: the provider may take long, and call back.
        let credentials = ask()?;
        // The old value is dropped after the lock is released, because dropping it may run Python code.
        let _former = self.last().replace((second, Arc::clone(&credentials)));
        Ok(credentials)
    }

    /// Freezes the credentials with their expiry, which a presigned URL must not outlive.
    pub(in crate::python) fn freeze_to_presign(
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

    /// Visits the Python objects, for the garbage collector.
    pub(in crate::python) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.object)?;
        if let Some(constant) = &self.constant {
            // Others that hold it keep this provider alive.
            constant.traverse_own(visit)?;
        }
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

    /// Clears what was set after the provider was made. Every reference cycle contains some of it, so
    /// the rest need not be cleared.
    pub(in crate::python) fn clear(&self) {
        // Dropped after the locks are released, because dropping may run Python code.
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

/// When botocore's refreshable credentials expire; `None` if later than any presigned URL.
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
    // They are valid for `least` seconds, and expire within `most`.
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

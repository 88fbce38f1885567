//! Converts times between Python and the core.

use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyAttributeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyInt, PyType};

use super::arguments::type_name;
use super::callbacks;
use crate::sigv4::{SigningError, SigningTime};

/// The range of a `datetime` in seconds since the epoch: the years 1 to 9999 in UTC.
const DATETIME_SECONDS: RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// The latest time of the clock, with its seconds since the epoch: many signatures share it.
static LATEST: Mutex<Option<(i64, SigningTime)>> = Mutex::new(None);

/// Reads the `time` argument; `None` reads the clock.
pub(super) fn signing_time(
    py: Python<'_>,
    time: Option<&Bound<'_, PyAny>>,
) -> PyResult<SigningTime> {
    match time.filter(|time| !time.is_none()) {
        None => now(py),
        Some(time) => {
            let problem = |problem| SigningError::request("time", problem);
            Ok(SigningTime::from_timestamp(timestamp(time, problem)?)?)
        }
    }
}

/// Returns an aware datetime in UTC, clamped to the range of `datetime`.
pub(super) fn aware_datetime(py: Python<'_>, seconds: i64) -> PyResult<Bound<'_, PyAny>> {
    let utc = callbacks::TIMEZONE.current(py)?.getattr(intern!(py, "utc"))?;
    let seconds = seconds.min(*DATETIME_SECONDS.end());
    callbacks::DATETIME.current(py)?.call_method1(intern!(py, "fromtimestamp"), (seconds, utc))
}

/// The class `datetime.datetime` among a class and its bases.
///
/// It is not looked up in its module, where tests put something else in its place. PyO3 does that for the
/// stable ABI, at the first use, and panics if it isn't a class.
pub(super) fn datetime_class<'py>(
    class: &Bound<'py, PyType>,
) -> PyResult<Option<Bound<'py, PyType>>> {
    let name = "datetime";
    for base in class.mro() {
        let base = base.cast_into::<PyType>()?;
        if base.qualname()? == name && base.module()? == name {
            return Ok(Some(base));
        }
    }
    Ok(None)
}

/// Reads the clock through Python, so that packages that freeze time also freeze it here.
pub(super) fn now(py: Python<'_>) -> PyResult<SigningTime> {
    let globals = callbacks::TIME_GLOBALS.first(py)?.cast::<PyDict>()?;
    let time = globals.get_item(intern!(py, "time"))?;
    let time = time.ok_or_else(|| PyAttributeError::new_err("module 'time' has lost its time"))?;
    let problem = |problem| SigningError::request("time.time()", problem);
    let seconds = timestamp(&time.call0()?, problem)?;
    let mut latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((latest, time)) = &*latest
        && *latest == seconds
    {
        return Ok(time.clone());
    }
    let time = SigningTime::from_timestamp(seconds)?;
    *latest = Some((seconds, time.clone()));
    Ok(time)
}

/// Converts an aware datetime or a number to whole seconds since the epoch.
pub(super) fn timestamp(
    time: &Bound<'_, PyAny>,
    problem: impl Fn(String) -> SigningError,
) -> PyResult<i64> {
    let py = time.py();
    let out_of_range = || problem("is out of range: pass a time of the years 1 to 9999".to_owned());
    let seconds = if let Ok(seconds) = time.cast_exact::<PyFloat>() {
        seconds.value()
    } else if datetime_class(&time.get_type())?.is_some() {
        if time.call_method0(intern!(py, "utcoffset"))?.is_none() {
            return Err(problem(
                "is a datetime without a time zone: pass one such as datetime.now(timezone.utc)"
                    .to_owned(),
            )
            .into());
        }
        // As a float, the last microsecond of a second may round up to the next second.
        let keywords = PyDict::new(py);
        keywords.set_item(intern!(py, "microsecond"), 0)?;
        let time = time.call_method(intern!(py, "replace"), (), Some(&keywords))?;
        time.call_method0(intern!(py, "timestamp"))?.extract::<f64>()?
    } else if let Ok(seconds) = time.extract::<f64>() {
        seconds
    } else if time.is_instance_of::<PyInt>() {
        return Err(out_of_range().into());
    } else {
        return Err(problem(format!(
            "must be an aware datetime or seconds since the epoch, not {}",
            type_name(time)
        ))
        .into());
    };
    #[expect(clippy::cast_possible_truncation, reason = "too large a number becomes the largest")]
    let whole = seconds.is_finite().then(|| seconds.floor() as i64);
    Ok(whole.filter(|whole| DATETIME_SECONDS.contains(whole)).ok_or_else(out_of_range)?)
}

//! The time of a signature, as Python's callers give it.

use pyo3::exceptions::PyAttributeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyDict, PyFloat};

use super::arguments::type_name;
use crate::sigv4::{SigningError, SigningTime};

/// Reads the `time` argument; `None` reads the clock.
pub(super) fn signing_time(
    py: Python<'_>,
    time: Option<&Bound<'_, PyAny>>,
) -> PyResult<SigningTime> {
    match time.filter(|time| !time.is_none()) {
        None => now(py),
        Some(time) => Ok(SigningTime::from_timestamp(timestamp("time", time)?)?),
    }
}

/// Reads the clock through Python at each call, so that whatever freezes time there freezes it here.
pub(super) fn now(py: Python<'_>) -> PyResult<SigningTime> {
    static TIME: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let globals = TIME.get_or_try_init(py, || PyResult::Ok(py.import("time")?.dict().unbind()))?;
    let time = globals.bind(py).get_item(intern!(py, "time"))?;
    let time = time.ok_or_else(|| PyAttributeError::new_err("module 'time' has lost its time"))?;
    Ok(SigningTime::from_timestamp(timestamp("time", &time.call0()?)?)?)
}

/// Whole seconds since the epoch of an aware datetime or a number.
pub(super) fn timestamp(argument: &'static str, time: &Bound<'_, PyAny>) -> PyResult<i64> {
    let py = time.py();
    let problem = |problem: String| SigningError::request(argument, problem);
    let seconds = if let Ok(seconds) = time.cast_exact::<PyFloat>() {
        seconds.value()
    } else if time.is_instance_of::<PyDateTime>() {
        if time.call_method0(intern!(py, "utcoffset"))?.is_none() {
            return Err(problem(
                "is a datetime without a time zone: pass one such as datetime.now(timezone.utc)"
                    .to_owned(),
            )
            .into());
        }
        time.call_method0(intern!(py, "timestamp"))?.extract::<f64>()?
    } else {
        time.extract::<f64>().map_err(|_| {
            problem(format!(
                "must be an aware datetime or seconds since the epoch, not {}",
                type_name(time)
            ))
        })?
    };
    // Any float in this range has an exact whole part in i64; the core narrows it to four-digit years.
    if !seconds.is_finite() || seconds.abs() >= 1e15 {
        return Err(problem("is out of range: pass a time before the year 10000".to_owned()).into());
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    Ok(seconds.floor() as i64)
}

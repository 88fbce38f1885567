//! Reads attributes of Python objects, faster if the class is known.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyType};

/// An object, to read attributes from.
pub(super) struct Attributes<'a, 'py> {
    object: &'a Bound<'py, PyAny>,
    /// The object's `__dict__`, if its class is exactly the expected one.
    own: Option<Bound<'py, PyDict>>,
}

impl<'a, 'py> Attributes<'a, 'py> {
    /// Reads from the `__dict__` first if the object's class is exactly this one.
    ///
    /// Skipping the class halves the time of a lookup.
    pub(super) fn new(object: &'a Bound<'py, PyAny>, class: &Bound<'py, PyType>) -> PyResult<Self> {
        let own = if object.get_type().is(class) {
            object.getattr(intern!(object.py(), "__dict__"))?.cast_into().ok()
        } else {
            None
        };
        Ok(Self { object, own })
    }

    /// Reads attributes as Python does.
    pub(super) fn anywhere(object: &'a Bound<'py, PyAny>) -> Self {
        Self { object, own: None }
    }

    pub(super) fn object(&self) -> &'a Bound<'py, PyAny> {
        self.object
    }

    /// Whether the object's class is exactly the expected one.
    pub(super) fn is_original(&self) -> bool {
        self.own.is_some()
    }

    /// Whether the object is known to inherit this attribute from the expected class.
    pub(super) fn is_inherited(&self, name: &Bound<'py, PyString>) -> PyResult<bool> {
        match &self.own {
            Some(own) => Ok(!own.contains(name)?),
            None => Ok(false),
        }
    }

    /// Returns a function that reads one attribute after another, if the object has this many.
    ///
    /// In the order in which they were set, it returns the next attribute if it has this name. Look-ups
    /// take longer.
    pub(super) fn in_order(
        &self,
        count: usize,
    ) -> Option<impl FnMut(&Bound<'py, PyString>) -> Option<Bound<'py, PyAny>>> {
        let own = self.own.as_ref().filter(|own| own.len() == count)?;
        let mut pairs = own.iter();
        // Names of attributes are interned.
        Some(move |name: &Bound<'py, PyString>| {
            pairs.next().filter(|(next, _)| next.is(name)).map(|(_, value)| value)
        })
    }

    pub(super) fn get(&self, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(own) = &self.own
            && let Some(value) = own.get_item(name)?
        {
            return Ok(value);
        }
        self.object.getattr(name)
    }
}

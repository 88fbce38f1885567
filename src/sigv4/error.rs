//! Errors in the arguments of a caller.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// Why something could not be signed.
///
/// A message names the argument and says what to do. It never contains the value of a header or a
/// secret.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SigningError {
    /// The credentials expired before the time of the signature.
    ExpiredCredentials,
    /// A credential is empty or has characters that aren't allowed in a header.
    InvalidCredentials {
        /// The argument at fault, by its public name.
        argument: &'static str,
        /// What is wrong with it and what to do.
        problem: Cow<'static, str>,
    },
    /// The system has no random numbers, which SigV4a needs.
    NoRandomNumbers,
    /// The request or an option of the signature is invalid.
    InvalidRequest {
        /// The argument at fault, by its public name.
        argument: &'static str,
        /// What is wrong with it and what to do.
        problem: Cow<'static, str>,
    },
    /// One of several URLs is invalid.
    InvalidUrl {
        /// The URL at fault, counted from 0.
        index: usize,
        /// The argument at fault, by its public name.
        argument: &'static str,
        /// What is wrong with it and what to do.
        problem: Cow<'static, str>,
    },
}

impl SigningError {
    pub(crate) fn credentials(
        argument: &'static str,
        problem: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::InvalidCredentials { argument, problem: problem.into() }
    }

    pub(crate) fn request(argument: &'static str, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::InvalidRequest { argument, problem: problem.into() }
    }

    /// Adds the index of the URL to an error in a request.
    #[must_use]
    pub fn of_url(self, index: usize) -> Self {
        match self {
            Self::InvalidRequest { argument, problem } => {
                Self::InvalidUrl { index, argument, problem }
            }
            other => other,
        }
    }

    /// Replaces the name of the argument by its name in another interface.
    #[must_use]
    pub fn rename_argument(mut self, rename: impl Fn(&'static str) -> &'static str) -> Self {
        if let Self::InvalidCredentials { argument, .. } | Self::InvalidRequest { argument, .. } =
            &mut self
        {
            *argument = rename(argument);
        }
        self
    }
}

impl fmt::Display for SigningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExpiredCredentials => f.write_str(
                "the credentials have expired at the time of this signature: get new ones, \
                 or pass a provider that refreshes them",
            ),
            Self::NoRandomNumbers => {
                f.write_str("the system gives no random numbers, which SigV4a needs")
            }
            Self::InvalidCredentials { argument, problem }
            | Self::InvalidRequest { argument, problem } => write!(f, "{argument} {problem}"),
            Self::InvalidUrl { index, argument: "url", problem } => {
                write!(f, "urls[{index}] {problem}")
            }
            Self::InvalidUrl { index, argument, problem } => {
                write!(f, "urls[{index}] can't be signed: {argument} {problem}")
            }
        }
    }
}

impl Error for SigningError {}

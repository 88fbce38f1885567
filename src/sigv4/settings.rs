//! Options of a signature.

use super::error::SigningError;
use super::headers::{AddedHeaders, Header};
use super::names::header;
use super::service::PathRules;

/// Options of a signature, beside its credentials and scope.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// How the path is encoded in the canonical request.
    pub path: PathRules,
    /// Send and sign `x-amz-content-sha256`.
    pub content_sha256_header: bool,
    /// The lowercase name of the header that carries the session token.
    pub session_token_header: &'static str,
    /// Sign the session token, instead of adding it afterwards.
    pub sign_session_token: bool,
    /// Which of the request's own headers are signed.
    pub headers: HeaderSelection<'a>,
}

/// Which of the request's own headers are signed. `host` always is.
#[derive(Clone, Copy, Debug)]
pub struct HeaderSelection<'a> {
    /// Sign headers that proxies don't rewrite: `content-type`, `content-md5` and all of `x-amz-*`.
    pub stable: bool,
    /// Sign these too: lowercase names, or prefixes that end with `*` and leave out what proxies
    /// rewrite.
    pub also: &'a [String],
    /// Refuse requests with an `x-amz-*` header that is not selected, as S3 does.
    pub covers_amz: bool,
}

impl HeaderSelection<'_> {
    /// Whether the header of this name is signed, in any letter case.
    pub fn includes(&self, name: &str) -> bool {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        (self.stable && is_stable(name))
            || self.also.iter().any(|also| match also.strip_suffix('*') {
                // The signature can't cover the header that carries it.
                _ if is("authorization") => false,
                Some(prefix) => starts_with(name, prefix) && !is_rewritten(name),
                None => is(also),
            })
    }

    /// Whether the header of this name is signed or has to be.
    pub fn reads(&self, name: &str) -> bool {
        self.includes(name) || (self.covers_amz && starts_with(name, header::PREFIX))
    }

    /// Checks that the selection covers all `x-amz-*` headers, except those that signing replaces.
    ///
    /// # Errors
    ///
    /// It has to, and doesn't.
    pub(super) fn check(
        &self,
        headers: &[Header<'_>],
        added: &AddedHeaders<'_>,
    ) -> Result<(), SigningError> {
        if !self.covers_amz {
            return Ok(());
        }
        let is_unsigned = |header: &&Header<'_>| {
            starts_with(header.name(), header::PREFIX)
                && !self.includes(header.name())
                && !added.pairs().any(|(added, _)| header.is(added))
        };
        match headers.iter().find(is_unsigned) {
            None => Ok(()),
            Some(header) => Err(left_out(
                header,
                "but requests with unsigned x-amz-* headers are refused: add its name or \"x-amz-*\"",
            )),
        }
    }
}

fn left_out(header: &Header<'_>, problem: &str) -> SigningError {
    SigningError::request("sign_only", format!("leaves out {}, {problem}", header.name()))
}

/// Refuses headers that a presigned URL can't sign. It signs all that are passed.
///
/// # Errors
///
/// One of them carries a signature, may be removed or rewritten on the way, or is left out by the
/// selection.
pub fn check_presignable(
    headers: &[Header<'_>],
    selection: &HeaderSelection<'_>,
) -> Result<(), SigningError> {
    for header in headers {
        let name = header.name();
        if selection.covers_amz && !header.is("host") && !selection.includes(name) {
            return Err(left_out(
                header,
                "but a presigned URL signs all headers that are passed: add its name, or don't pass it",
            ));
        }
        if header.is("authorization") {
            return Err(SigningError::request(
                "headers",
                format!("have {name}, but the signature is in the URL: leave it out"),
            ));
        }
        if is_rewritten(name) {
            return Err(SigningError::request(
                "headers",
                format!(
                    "have {name}, which clients and proxies set or rewrite, so that a signature \
                     can't cover it: leave it out"
                ),
            ));
        }
    }
    Ok(())
}

fn is_stable(name: &str) -> bool {
    starts_with(name, header::PREFIX) || is_one_of(name, &["content-type", "content-md5", "host"])
}

/// Whether clients and proxies may set, remove or rewrite the header of this name.
///
/// These are the hop-by-hop headers of RFC 9110, section 7.6.1, and those that AWS's signers skip.
pub(crate) fn is_rewritten(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "baggage",
        "connection",
        "expect",
        "keep-alive",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        header::TRACE_ID,
    ];
    is_one_of(name, &NAMES) || starts_with(name, "proxy-") || starts_with(name, "sec-websocket-")
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|own| name.eq_ignore_ascii_case(own))
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

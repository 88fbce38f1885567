//! Options of a signature.

use super::error::SigningError;
use super::headers::Header;
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
    /// Sign these too: lowercase names, or `*` for all that proxies don't rewrite.
    pub also: &'a [String],
}

impl HeaderSelection<'_> {
    /// Whether the header of this name is signed, in any letter case.
    pub fn includes(&self, name: &str) -> bool {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        (self.stable && is_stable(name))
            || self.also.iter().any(|also| match also.as_str() {
                // The signature can't cover the header that carries it.
                "*" => !is("authorization") && !is_rewritten(name),
                also => !is("authorization") && is(also),
            })
    }
}

/// Refuses headers that a presigned URL can't sign. It signs all that are passed.
///
/// # Errors
///
/// One of them carries a signature, or may be removed or rewritten on the way.
pub fn check_presignable(headers: &[Header<'_>]) -> Result<(), SigningError> {
    for header in headers {
        let name = header.name();
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
fn is_rewritten(name: &str) -> bool {
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

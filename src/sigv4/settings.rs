//! How to sign, where callers may choose.

use super::service::PathRules;

/// The choices that are left once credentials and scope are known.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// How the path enters the canonical request.
    pub path: PathRules,
    /// Send and sign `x-amz-content-sha256`.
    pub content_sha256_header: bool,
    /// The lowercase name of the header that carries the session token.
    pub session_token_header: &'static str,
    /// Sign the session token, rather than add it afterwards.
    pub sign_session_token: bool,
    /// Which of the request's own headers are signed.
    pub headers: HeaderSelection<'a>,
}

/// Which of the request's own headers are signed. `host` always is.
#[derive(Clone, Copy, Debug)]
pub struct HeaderSelection<'a> {
    /// Sign the headers that give a request its meaning and that no proxy rewrites:
    /// `content-type`, `content-md5` and all of `x-amz-*`.
    pub stable: bool,
    /// Sign these too: lowercase names, or `*` for all but the hop-by-hop ones.
    pub also: &'a [String],
}

impl HeaderSelection<'_> {
    /// Whether the header of this name is signed, in whichever letter case.
    pub fn includes(&self, name: &str) -> bool {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        (self.stable && is_stable(name))
            || self.also.iter().any(|also| match also.as_str() {
                // The signature can't cover the header that carries it.
                "*" => !is("authorization") && !HOP_BY_HOP.iter().any(|hop| is(hop)),
                also => !is("authorization") && is(also),
            })
    }
}

fn is_stable(name: &str) -> bool {
    let starts_with = |prefix: &str| {
        name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    starts_with("x-amz-")
        || ["content-type", "content-md5", "host"].iter().any(|own| name.eq_ignore_ascii_case(own))
}

/// RFC 9110, section 7.6.1: what every intermediary removes or replaces.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

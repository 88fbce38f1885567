//! Which headers are rewritten on the way, and by what.
//!
//! A signature that covers one of them fails sooner or later, so our signers leave them out. The names
//! are in lowercase.

use crate::sigv4::names::header;

const EVERY_HOP: &str = "every proxy and load balancer";
const FRAMING: &str = "an HTTP client or proxy that frames the body again";
const CLIENT: &str = "the HTTP client, as it sends,";
const TRACING: &str = "tracing that instruments the client or a load balancer";
const CDN: &str = "a CDN or caching proxy";
const ANY: &str = "a proxy, load balancer or CDN";

/// What rewrites headers, and their names, or with a hyphen at the end how they begin.
#[rustfmt::skip]
const REWRITTEN: [(&str, &[&str]); 7] = [
    (CLIENT, &["accept", "date", "origin", "referer"]),
    (CDN, &["accept-", "cache-control", "cdn-", "if-", "pragma"]),
    (TRACING, &["baggage", "traceparent", "tracestate", header::TRACE_ID]),
    (EVERY_HOP, &["connection", "forwarded", "keep-alive", "proxy-", "te", "trailer", "upgrade", "via", "x-forwarded-"]),
    (FRAMING, &["content-length", "expect", "transfer-encoding"]),
    ("the client's cookie jar", &["cookie"]),
    ("a proxy, or the HTTP client itself,", &["user-agent"]),
];

/// What usually rewrites the header of this lowercase name.
pub(in crate::explain) fn of(name: &str) -> &'static str {
    find(name).unwrap_or(ANY)
}

/// Whether the header is one that rarely arrives as it was sent.
pub(in crate::explain) fn is_rewritten(name: &str) -> bool {
    find(name).is_some()
}

fn find(name: &str) -> Option<&'static str> {
    let is = |known: &&str| name == *known || (known.ends_with('-') && name.starts_with(known));
    REWRITTEN.iter().find(|(_, names)| names.iter().any(is)).map(|(hop, _)| *hop)
}

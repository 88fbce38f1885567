//! Which headers are rewritten on the way, and by what.

const EVERY_HOP: &str = "every proxy and load balancer";
const FRAMING: &str = "an HTTP client or proxy that frames the body anew";
const CLIENT: &str = "the HTTP client, as it sends,";
const TRACING: &str = "tracing that instruments the client or a load balancer";
const CDN: &str = "a CDN or caching proxy";
const ANY: &str = "a proxy, load balancer or CDN";

/// Names of headers, or with a hyphen at the end how they begin, and what rewrites them.
const REWRITTEN: [(&str, &str); 27] = [
    ("accept", CLIENT),
    ("accept-", CDN),
    ("baggage", TRACING),
    ("cache-control", CDN),
    ("cdn-", CDN),
    ("connection", EVERY_HOP),
    ("content-length", FRAMING),
    ("cookie", "the client's cookie jar"),
    ("date", CLIENT),
    ("expect", FRAMING),
    ("forwarded", EVERY_HOP),
    ("if-", CDN),
    ("keep-alive", EVERY_HOP),
    ("origin", CLIENT),
    ("pragma", CDN),
    ("proxy-", EVERY_HOP),
    ("referer", CLIENT),
    ("te", EVERY_HOP),
    ("traceparent", TRACING),
    ("tracestate", TRACING),
    ("trailer", EVERY_HOP),
    ("transfer-encoding", FRAMING),
    ("upgrade", EVERY_HOP),
    ("user-agent", "a proxy, or the HTTP client itself,"),
    ("via", EVERY_HOP),
    ("x-amzn-trace-id", TRACING),
    ("x-forwarded-", EVERY_HOP),
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
    let is = |known: &str| name == known || (known.ends_with('-') && name.starts_with(known));
    REWRITTEN.iter().find(|(known, _)| is(known)).map(|(_, hop)| *hop)
}

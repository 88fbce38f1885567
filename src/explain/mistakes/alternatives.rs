//! Lines of a canonical request that signers write instead of the right ones.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;

use crate::explain::METHODS;
use crate::explain::bodies::OtherBodies;
use crate::explain::claim::{Claim, SentRequest};
use crate::explain::differences::segments;
use crate::sigv4::payload::HashedPayload;
use crate::sigv4::service::PathRules;
use crate::sigv4::uri::{Url, canonical_query_string, encode_query_part, query_parameters};

/// How many parameters are left out one by one.
const MAX_PARAMETERS: usize = 32;

/// Values that clients set after signing.
#[rustfmt::skip]
const CONTENT_TYPES: [&str; 18] = [
    "application/json", "application/json; charset=utf-8", "application/octet-stream",
    "application/x-amz-json-1.0", "application/x-amz-json-1.1",
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8",
    "text/plain", "text/plain; charset=utf-8", "application/pdf", "application/xml",
    "application/zip", "binary/octet-stream", "image/jpeg", "image/png", "text/csv", "text/html",
    "video/mp4",
];
#[rustfmt::skip]
const ACLS: [&str; 7] = [
    "private", "public-read", "public-read-write", "authenticated-read", "bucket-owner-read",
    "bucket-owner-full-control", "aws-exec-read",
];

/// The method in lowercase, and other methods.
pub(super) fn methods(method: &str) -> Vec<String> {
    let lowercase = method.to_ascii_lowercase();
    once([&*lowercase].into_iter().chain(METHODS).map(str::to_owned).collect())
}

/// The path encoded once or twice, not encoded, decoded, normalized, cut at `;`, with or without a slash at
/// its end, or empty.
pub(super) fn uris(url: &Url<'_>) -> Vec<String> {
    let rules = [(true, true), (true, false), (false, true), (false, false)];
    let rules = rules.map(|(double_encode, normalize)| PathRules { double_encode, normalize });
    let mut uris: Vec<_> = rules.map(|rules| url.canonical_uri(rules).into_owned()).into();
    let path = url.path();
    let decoded = percent_decode_str(path).decode_utf8_lossy().into_owned();
    uris.push(uris[0].replace('%', "%25"));
    uris.extend([resolved(path), resolved(&decoded), path.to_owned(), decoded]);
    for uri in uris.clone() {
        for parameters in [";", "%3B", "%253B"] {
            uris.extend(uri.split_once(parameters).map(|(before, _)| before.to_owned()));
        }
        uris.push(format!("{uri}/"));
        uris.push(uri.trim_end_matches('/').to_owned());
    }
    uris.push(String::new());
    once(uris)
}

/// The query in another order or encoding, without repeats, without some parameters, or empty.
pub(super) fn queries(url: &Url<'_>) -> Vec<String> {
    let canonical = url.canonical_query_string_without_signature();
    let sent = &*url.query_without_signature();
    let pairs: Vec<_> = sent.split('&').filter(|pair| !pair.is_empty()).collect();
    let with_equals = |pair: &&str| {
        if pair.contains('=') { (*pair).to_owned() } else { format!("{pair}=") }
    };
    let encoded_again = |pair: &&str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        format!("{}={}", encode_query_part(name), encode_query_part(value))
    };
    let in_order: Vec<_> = pairs.iter().map(|pair| canonical_query_string(pair)).collect();
    let first = kept(in_order.iter().rev());
    let last = kept(in_order.iter());
    let without_equals = canonical.split('&').map(|pair| pair.strip_suffix('=').unwrap_or(pair));
    let with_value = canonical.split('&').filter(|pair| !pair.ends_with('='));
    let mut decoded: Vec<_> = query_parameters(sent).collect();
    decoded.sort();
    let decoded: Vec<_> = decoded.iter().map(|(name, value)| format!("{name}={value}")).collect();
    // An application may have added parameters, one or all that follow the signature.
    let before_signature = url.query().unwrap_or_default().split("&X-Amz-Signature=").next();
    let all: Vec<_> = canonical.split('&').collect();
    let without_one = (0..all.len().min(MAX_PARAMETERS)).map(|left_out| {
        let others = all.iter().enumerate().filter(|(index, _)| *index != left_out);
        others.map(|(_, pair)| *pair).collect::<Vec<_>>().join("&")
    });
    let mut queries = vec![
        canonical_query_string(&sent.replace('+', "%2B")),
        sent.to_owned(),
        sorted(pairs.iter().map(|pair| (*pair).to_owned())),
        sorted(pairs.iter().map(with_equals)),
        sorted(pairs.iter().map(encoded_again)),
        percent_decode_str(sent).decode_utf8_lossy().into_owned(),
        decoded.join("&"),
        canonical.replace('%', "%25"),
        canonical.replace("%20", "+"),
        canonical.replace("%20", "%2B"),
        canonical.replace("%2F", "/"),
        in_order.join("&"),
        sorted(in_order.iter().cloned()),
        first,
        last,
        without_equals.collect::<Vec<_>>().join("&"),
        with_value.collect::<Vec<_>>().join("&"),
        canonical_query_string(before_signature.unwrap_or_default()),
        String::new(),
    ];
    queries.extend(without_one);
    once(queries)
}

/// The host with another port or without one, and loopback hosts.
pub(super) fn hosts(sent: SentRequest<'_>) -> Vec<String> {
    let host = sent.request.host().unwrap_or_default();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port),
        _ => (host, ""),
    };
    let mut hosts = vec![name.to_owned(), sent.request.url.host().to_owned()];
    hosts.extend([443, 80].map(|port| format!("{name}:{port}")));
    for loopback in ["localhost", "127.0.0.1"] {
        hosts.push(loopback.to_owned());
        hosts.push(format!("{loopback}:{port}"));
    }
    once(hosts)
}

/// Values of a header that signers may have signed.
pub(super) fn header_values(sent: SentRequest<'_>, name: &str, value: &[u8]) -> Vec<Vec<u8>> {
    let mut values = Vec::new();
    match name {
        "host" => values.extend(hosts(sent).into_iter().map(String::into_bytes)),
        "content-type" => values.extend(CONTENT_TYPES.map(|value| value.as_bytes().to_vec())),
        "content-length" => values.push(b"0".to_vec()),
        "x-amz-acl" => values.extend(ACLS.map(|value| value.as_bytes().to_vec())),
        "x-amz-server-side-encryption" => {
            values.extend([b"AES256".to_vec(), b"aws:kms".to_vec()]);
        }
        _ => {}
    }
    let as_sent = sent.request.headers.iter().filter(|header| header.is(name));
    let as_sent: Vec<_> = as_sent.map(|header| header.value().trim_ascii()).collect();
    if !as_sent.is_empty() {
        values.push(as_sent.join(&b','));
    }
    values.extend([value.to_ascii_lowercase(), Vec::new()]);
    values
}

/// Payload hashes that signers may have signed.
pub(super) fn payloads(
    sent: SentRequest<'_>,
    claim: &Claim<'_>,
    bodies: &OtherBodies,
) -> Vec<String> {
    let known = [sent.hashed_payload(claim), sent.body.map(HashedPayload::as_str)];
    let always = [HashedPayload::EMPTY_SHA256, HashedPayload::UNSIGNED_PAYLOAD];
    let all = known.into_iter().flatten().chain(always).chain(bodies.hashes());
    once(all.map(str::to_owned).collect())
}

/// Normalizes a path without changing its escapes.
fn resolved(path: &str) -> String {
    let segments = segments(path);
    let end = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.join("/"))
}

fn sorted(pairs: impl Iterator<Item = String>) -> String {
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort();
    pairs.join("&")
}

/// Keeps the last value of each name.
fn kept<'a>(pairs: impl Iterator<Item = &'a String>) -> String {
    let pairs = pairs.filter_map(|pair| pair.split_once('='));
    let values: BTreeMap<_, _> = pairs.collect();
    let pairs: Vec<_> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// Removes repeated texts.
fn once(texts: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    texts.into_iter().filter(|text| seen.insert(text.clone())).collect()
}

//! What other signers get wrong, tried until one of them makes the signature that was sent.
//!
//! A request is rebuilt from what was sent, by AWS's rules, so a signer that breaks them leaves no trace
//! in it. But its mistake can be repeated: with the secret at hand, the one that yields the same
//! signature is what happened.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;

use super::super::canonical_request::CanonicalRequest;
use super::super::headers::Header;
use super::super::payload::HashedPayload;
use super::super::request::Request;
use super::super::service::PathRules;
use super::super::signing_key::SigningKey;
use super::super::uri::canonical_query_string;
use super::lines::CanonicalLines;
use super::sent::{Claim, SentRequest};

/// A request to be signed in all ways that are known to be wrong.
pub(super) struct Mistakes<'a> {
    pub(super) sent: SentRequest<'a>,
    pub(super) claim: &'a Claim<'a>,
    pub(super) path: PathRules,
}

/// What was signed in truth.
pub(super) struct Signed {
    pub(super) canonical_request: String,
    pub(super) string_to_sign: String,
}

impl Mistakes<'_> {
    /// The canonical request that this key turns into the signature that was sent.
    pub(super) fn find(&self, key: &SigningKey) -> Option<Signed> {
        let SentRequest { request, .. } = self.sent;
        let (uris, payloads) = (self.uris(), self.payloads());
        let queries = once(self.queries().into());
        for host in self.hosts() {
            let headers = self.headers_with(&host);
            let request = Request::new(request.method, request.url.clone(), &headers).ok()?;
            for payload in &payloads {
                for uri in &uris {
                    for query in &queries {
                        let signed = self.signed(&request, payload, uri, query)?;
                        let signature = key.sign(&signed.string_to_sign).ok()?;
                        if signature.to_text() == self.claim.signature {
                            return Some(signed);
                        }
                    }
                }
            }
        }
        None
    }

    /// The same request with the mistakes that are made most and that it invites, one each.
    pub(super) fn invited(&self, hashed_payload: &str) -> Vec<CanonicalLines> {
        let url = &self.sent.request.url;
        let double_encode = !self.path.double_encode;
        let uri = url.canonical_uri(PathRules { double_encode, ..self.path });
        let right_uri = url.canonical_uri(self.path);
        let right_query = url.canonical_query_string_without_signature();
        let [_, plus, sent, ..] = self.queries();
        let mistakes =
            [(&*uri, &*right_query), (&*right_uri, &*plus), (&*right_uri, &*sent)].into_iter();
        let lines = mistakes.filter_map(|(uri, query)| {
            let signed = self.signed(self.sent.request, hashed_payload, uri, query)?;
            CanonicalLines::parse(&signed.canonical_request)
        });
        lines.collect()
    }

    fn signed(
        &self,
        request: &Request<'_>,
        hashed_payload: &str,
        uri: &str,
        query: &str,
    ) -> Option<Signed> {
        let signed_headers = &self.claim.signed_headers;
        let query = query.to_owned();
        let canonical =
            CanonicalRequest::as_arrived(request, self.path, signed_headers, query, hashed_payload)
                .ok()?
                .with_canonical_uri(uri.to_owned());
        Some(Signed {
            string_to_sign: self.claim.string_to_sign(&canonical)?,
            canonical_request: String::from_utf8_lossy(&canonical.to_bytes()).into_owned(),
        })
    }

    /// Encoded once or twice, normalized or not, not encoded at all, cut at `;`, or empty.
    fn uris(&self) -> Vec<String> {
        let url = &self.sent.request.url;
        let rules = [(true, true), (true, false), (false, true), (false, false)];
        let rules = rules.map(|(double_encode, normalize)| PathRules { double_encode, normalize });
        let mut uris: Vec<_> = rules.map(|rules| url.canonical_uri(rules).into_owned()).into();
        let path = url.path();
        uris.push(path.to_owned());
        uris.push(percent_decode_str(path).decode_utf8_lossy().into_owned());
        uris.push(uris[0].replace('%', "%25"));
        for uri in uris.clone() {
            for parameters in [";", "%3B", "%253B"] {
                uris.extend(uri.split_once(parameters).map(|(before, _)| before.to_owned()));
            }
            uris.extend(uri.strip_suffix('/').map(str::to_owned));
        }
        once(uris)
    }

    /// `+` as itself, as sent, sorted as text, encoded twice, without repeats, or none.
    fn queries(&self) -> [String; 12] {
        let url = &self.sent.request.url;
        let canonical = url.canonical_query_string_without_signature();
        let sent = &*url.query_without_signature();
        let plus = canonical_query_string(&sent.replace('+', "%2B"));
        let with_equals = |pair: &str| {
            if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") }
        };
        let mut sorted: Vec<_> = sent.split('&').map(with_equals).collect();
        sorted.sort();
        let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
        let mut last = canonical.split('&').map(str::to_owned).collect::<Vec<_>>();
        let mut first = last.clone();
        first.dedup_by_key(|pair| name(pair));
        last.reverse();
        last.dedup_by_key(|pair| name(pair));
        last.reverse();
        let blank = canonical.split('&').filter(|pair| !pair.ends_with('='));
        [
            canonical.clone(),
            plus,
            sent.to_owned(),
            sorted.join("&"),
            percent_decode_str(sent).decode_utf8_lossy().into_owned(),
            canonical.replace('%', "%25"),
            canonical.replace("%20", "+"),
            canonical.replace("%20", "%2B"),
            first.join("&"),
            last.join("&"),
            blank.collect::<Vec<_>>().join("&"),
            String::new(),
        ]
    }

    fn payloads(&self) -> Vec<String> {
        let known =
            [self.sent.hashed_payload(self.claim), self.sent.body.map(HashedPayload::as_str)];
        let always = [HashedPayload::EMPTY_SHA256, HashedPayload::UNSIGNED_PAYLOAD];
        once(known.into_iter().flatten().chain(always).map(str::to_owned).collect())
    }

    /// With its port, without, and with the default one.
    fn hosts(&self) -> Vec<String> {
        let host = self.sent.request.host().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let url = self.sent.request.url.host();
        let hosts = [host, name, url].map(str::to_owned).into_iter();
        once(hosts.chain([443, 80].map(|port| format!("{name}:{port}"))).collect())
    }

    fn headers_with<'h>(&'h self, host: &'h str) -> Vec<Header<'h>> {
        let others = self.sent.request.headers.iter().filter(|header| !header.is("host"));
        let host = Header::new("host", host.as_bytes()).ok();
        others.copied().chain(host).collect()
    }
}

/// Each text once, in the order of the first.
fn once(texts: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    texts.into_iter().filter(|text| seen.insert(text.clone())).collect()
}

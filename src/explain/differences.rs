//! Differences between what was signed and what the server expected, and their causes.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use percent_encoding::percent_decode_str;

use super::bodies::OtherBodies;
use super::causes::{CauseCode, Fact, hop_of, is_rewritten};
use super::lines::CanonicalLines;
use crate::sigv4::names::header;
use crate::sigv4::service::PathRules;
use crate::sigv4::time::SigningTime;

/// The cause of a difference, and its facts.
pub(super) type Difference = (CauseCode, Vec<Fact>);

/// The most parameters that a cause names.
const MAX_NAMES: usize = 8;

/// The causes of all differences between two canonical requests, in the order of their lines.
///
/// `rules` are those by which the service signs paths, `bodies` what the body may have been.
pub(super) fn of_canonical_requests(
    ours: &CanonicalLines,
    theirs: &CanonicalLines,
    rules: PathRules,
    bodies: &OtherBodies,
) -> Vec<Difference> {
    let mut causes = Vec::new();
    if ours.method != theirs.method {
        causes.push(cause(CauseCode::MethodChanged, &ours.method, &theirs.method));
    }
    if ours.uri != theirs.uri {
        causes.push(path(&ours.uri, &theirs.uri, rules));
    }
    if ours.query != theirs.query {
        causes.extend(query(&ours.query, &theirs.query));
    }
    causes.extend(headers(ours, theirs));
    if ours.hashed_payload != theirs.hashed_payload {
        causes.push((bodies.cause(&ours.hashed_payload, &theirs.hashed_payload), Vec::new()));
    }
    causes
}

/// The causes of differences in all but the hash, which only repeats those of the canonical requests.
pub(super) fn of_strings_to_sign(ours: &str, theirs: &str) -> Vec<Difference> {
    let [ours, theirs] = [ours, theirs].map(|text| text.lines().collect::<Vec<_>>());
    let differ = |index: usize| match (ours.get(index), theirs.get(index)) {
        (Some(ours), Some(theirs)) if ours != theirs => Some((*ours, *theirs)),
        _ => None,
    };
    let mut causes = Vec::new();
    if differ(0).is_some() {
        causes.push((CauseCode::SignatureVersion, Vec::new()));
    }
    if let Some((_, theirs)) = differ(1) {
        // S3 signs `Date` as it was sent, whatever its form.
        let is_other_form = SigningTime::parse(theirs).is_err();
        let code = if is_other_form { CauseCode::DateFormat } else { CauseCode::DateChanged };
        causes.push((code, Vec::new()));
    }
    if let Some((ours, theirs)) = differ(2) {
        let ours: Vec<_> = ours.split('/').collect();
        let theirs: Vec<_> = theirs.split('/').collect();
        let codes = [CauseCode::ScopeDate, CauseCode::WrongRegion, CauseCode::WrongService];
        // The scope of SigV4a has no region.
        let codes = if ours.len() == 3 { vec![codes[0], codes[2]] } else { codes.to_vec() };
        if ours.len() == theirs.len() && ours.len() == codes.len() + 1 {
            for (code, (ours, theirs)) in codes.iter().zip(ours.iter().zip(&theirs)) {
                if ours != theirs {
                    let facts =
                        [("wrong", *ours), ("right", *theirs), ("scope", *ours), ("date", *theirs)];
                    let facts = facts.map(|(name, value)| (name, value.to_owned()));
                    causes.push((*code, facts.to_vec()));
                }
            }
        } else {
            causes.push((CauseCode::ScopeMalformed, Vec::new()));
        }
    }
    causes
}

fn cause(code: CauseCode, ours: &str, theirs: &str) -> Difference {
    (code, vec![("ours", ours.to_owned()), ("theirs", theirs.to_owned())])
}

fn path(ours: &str, theirs: &str, rules: PathRules) -> Difference {
    let [ours_decoded, theirs_decoded] = [ours, theirs].map(decode_all);
    let without_slash = |path: &str| path.trim_end_matches('/').to_owned();
    let with_spaces = |path: &str| path.replace('+', " ");
    let begins_parameters = |longer: &str, shorter: &str| {
        longer.strip_prefix(shorter).is_some_and(|rest| rest.starts_with(';'))
    };
    // The rules tell encoding for the signature from encoding of the path itself.
    let code = if rules.double_encode && encode_percent(ours) == theirs {
        CauseCode::PathEncodedOnce
    } else if !rules.double_encode && encode_percent(theirs) == ours {
        CauseCode::PathEncodedTwice
    } else if is_decoded(ours, theirs, rules) {
        CauseCode::PathDecoded
    } else if ours_decoded == theirs_decoded {
        CauseCode::PathEscapes
    } else if with_spaces(&ours_decoded) == with_spaces(&theirs_decoded) {
        CauseCode::PathPlus
    } else if without_slash(&ours_decoded) == without_slash(&theirs_decoded) {
        CauseCode::PathTrailingSlash
    } else if segments(&ours_decoded) == segments(&theirs_decoded) {
        CauseCode::PathNormalized
    } else if begins_parameters(&theirs_decoded, &ours_decoded)
        || begins_parameters(&ours_decoded, &theirs_decoded)
    {
        CauseCode::PathParametersDropped
    } else if let Some(prefix) = ours.strip_suffix(theirs).or_else(|| theirs.strip_suffix(ours)) {
        return (CauseCode::PathPrefix, vec![("prefix", prefix.to_owned())]);
    } else {
        CauseCode::PathChanged
    };
    cause(code, ours, theirs)
}

/// Whether the path was decoded before it was signed, rather than signed as it was sent.
fn is_decoded(ours: &str, theirs: &str, rules: PathRules) -> bool {
    let once = decode(theirs);
    if rules.double_encode {
        return once != ours && decode(&once) == ours;
    }
    once == ours && !ours.bytes().all(|byte| byte.is_ascii_graphic())
}

fn query(ours: &str, theirs: &str) -> Vec<Difference> {
    let (our_text, their_text) = (ours, theirs);
    let [ours, theirs] = [ours, theirs].map(pairs);
    let alike = |change: &dyn Fn(&str) -> String| {
        let [ours, theirs] = [&ours, &theirs].map(|pairs| changed(pairs, change));
        ours == theirs
    };
    let spaces = |text: &str| text.replace("%2B", "%20").replace('+', "%20");
    let plus = |text: &str| decode(&spaces(text)).into_owned();
    let lacks_equals = |pairs: &str| pairs.split('&').any(|pair| !pair.contains('='));
    let code = if alike(&str::to_owned) && lacks_equals(our_text) != lacks_equals(their_text) {
        CauseCode::QueryEqualsSign
    } else if alike(&str::to_owned) {
        CauseCode::QueryOrder
    } else if has_question_mark(&ours, &theirs) || has_question_mark(&theirs, &ours) {
        CauseCode::QueryTwoQuestionMarks
    } else if alike(&|text| decode(text).into_owned()) {
        CauseCode::QueryEscapes
    } else if alike(&spaces) || alike(&plus) {
        CauseCode::QueryPlus
    } else if alike(&|text| decode_all(text)) {
        CauseCode::QueryEncodedTwice
    } else {
        return parameters(&ours, &theirs);
    };
    vec![(code, Vec::new())]
}

/// Whether one side has a second question mark in a parameter.
fn has_question_mark(one: &[(&str, &str)], other: &[(&str, &str)]) -> bool {
    let other: HashSet<_> = other.iter().collect();
    let only_here = one.iter().filter(|pair| !other.contains(pair));
    only_here.flat_map(|(name, value)| [name, value]).any(|text| decode(text).contains('?'))
}

/// Parameters that were added, removed or changed.
fn parameters(ours: &[(&str, &str)], theirs: &[(&str, &str)]) -> Vec<Difference> {
    let [ours, theirs] = [ours, theirs].map(|pairs| {
        let mut values: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (name, value) in pairs {
            values.entry(decode(name).into_owned()).or_default().push(value);
        }
        values
    });
    let fact = |name: &String| vec![("name", name.clone())];
    let mut causes = Vec::new();
    for (name, values) in &ours {
        let code = match theirs.get(name) {
            Some(others) if others.len() != values.len() => CauseCode::QueryRepeatsDropped,
            Some(others) if others != values => CauseCode::QueryChanged,
            None | Some(_) => continue,
        };
        causes.push((code, fact(name)));
    }
    let one_sided = [
        (CauseCode::QueryParameterMissing, &ours, &theirs),
        (CauseCode::QueryParameterAdded, &theirs, &ours),
    ];
    for (code, these, others) in one_sided {
        let names = these.keys().filter(|name| !others.contains_key(*name));
        let mut names: Vec<_> = names.map(String::as_str).collect();
        if !names.is_empty() {
            if names.len() > MAX_NAMES {
                names[MAX_NAMES] = "...";
                names.truncate(MAX_NAMES + 1);
            }
            causes.push((code, fact(&names.join(", "))));
        }
    }
    causes
}

fn headers(ours: &CanonicalLines, theirs: &CanonicalLines) -> Vec<Difference> {
    let mut causes = Vec::new();
    let is_body_alike = ours.hashed_payload == theirs.hashed_payload;
    for (name, value) in &ours.headers {
        let other = theirs.header(name);
        // Where the payload hash differs, its last line tells of it.
        let is_told = name == header::CONTENT_SHA256 && !is_body_alike;
        if other != Some(value) && !is_told {
            causes.push(header(name, value, other));
        }
    }
    for (name, _) in theirs.headers.iter().filter(|(name, _)| ours.header(name).is_none()) {
        causes.push((CauseCode::HeaderAdded, vec![("header", name.clone())]));
    }
    if causes.is_empty() && ours.signed_headers != theirs.signed_headers {
        causes.push((CauseCode::SignedHeadersDiffer, Vec::new()));
    }
    causes
}

fn header(name: &str, ours: &str, theirs: Option<&str>) -> Difference {
    let theirs = theirs.unwrap_or_default();
    let facts = vec![("header", name.to_owned()), ("hop", hop_of(name).to_owned())];
    let folded = |value: &str| value.split_whitespace().collect::<String>();
    let code = match name {
        "host" => return host(ours, theirs),
        header::DATE => CauseCode::DateChanged,
        header::SECURITY_TOKEN | header::S3SESSION_TOKEN => CauseCode::SessionTokenInvalid,
        _ if theirs.is_empty() => CauseCode::HeaderMissing,
        _ if folded(ours) == folded(theirs) => CauseCode::HeaderWhiteSpace,
        _ if ours.eq_ignore_ascii_case(theirs) => CauseCode::HeaderCase,
        _ if is_rewritten(name) => CauseCode::HeaderRewritten,
        _ => CauseCode::HeaderChanged,
    };
    (code, facts)
}

fn host(ours: &str, theirs: &str) -> Difference {
    let code = if theirs.is_empty() {
        CauseCode::HostMissing
    } else if without_port(ours).eq_ignore_ascii_case(without_port(theirs)) {
        CauseCode::HostPort
    } else if is_loopback(ours) {
        CauseCode::HostTunnel
    } else {
        CauseCode::HostChanged
    };
    cause(code, ours, theirs)
}

/// Whether the host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = without_port(host);
    name == "localhost" || name == "[::1]" || name.starts_with("127.")
}

pub(super) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The segments of a path without `.`, `..` and empty ones.
pub(super) fn segments(path: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    segments
}

fn pairs(query: &str) -> Vec<(&str, &str)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect()
}

/// Applies a change to all pairs, and sorts them.
fn changed(pairs: &[(&str, &str)], change: &dyn Fn(&str) -> String) -> Vec<(String, String)> {
    let mut pairs: Vec<_> =
        pairs.iter().map(|(name, value)| (change(name), change(value))).collect();
    pairs.sort();
    pairs
}

fn encode_percent(text: &str) -> String {
    text.replace('%', "%25")
}

fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Decodes repeatedly.
fn decode_all(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..4 {
        let decoded = decode(&text).into_owned();
        if decoded == text {
            break;
        }
        text = decoded;
    }
    text
}

//! Explanations, without Python: texts in, causes out.

use crate::common::{AMZ_DATE, SECRET, credentials, headers, scope, settings};
use _core::explain::{
    Cause, CauseCode, Evidence, Explanation, Reader, Response, SentRequest, explain,
};
use _core::sigv4::{self, Credentials, Request, SigningKeyCache, SigningTime, Url};

const URL: &str = "https://search-x.us-east-1.es.amazonaws.com/a?b=c";
const MISMATCH: &str = "The request signature we calculated does not match";

fn explained(text: &str) -> Explanation {
    let response = Response::parse(text);
    explain(&Evidence {
        response: &response,
        sent: None,
        credentials: None,
        now: None,
        reader: Reader::Python,
    })
}

/// Explains an answer to a request that was signed by our own stages.
fn explained_beside(text: &str, url: &str, credentials: Option<Credentials<'_>>) -> Explanation {
    let response = Response::parse(text);
    let unsigned = Request::new("GET", Url::parse(URL).unwrap(), &[]).unwrap();
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let keys = SigningKeyCache::new(1);
    let added =
        sigv4::sign(&unsigned, &crate::common::credentials(None), &scope, &settings(&[]), &keys);
    let added = added.unwrap();
    let headers = headers(&[("Authorization", &added.authorization), ("X-Amz-Date", AMZ_DATE)]);
    let request = Request::new("GET", Url::parse(url).unwrap(), &headers).unwrap();
    let body = sigv4::HashedPayload::EMPTY;
    let sent = SentRequest {
        request: &request,
        body: Some(&body),
        content: None,
        redirected: false,
        signed_here: false,
    };
    explain(&Evidence {
        response: &response,
        sent: Some(sent),
        credentials,
        now: None,
        reader: Reader::Python,
    })
}

fn code(explanation: &Explanation) -> &'static str {
    explanation.causes[0].code.as_str()
}

#[test]
fn every_code_is_there_once_and_in_snake_case() {
    let mut codes: Vec<_> = CauseCode::ALL.iter().map(|code| code.as_str()).collect();
    codes.sort_unstable();
    assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
    let is_name =
        |code: &&str| code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    assert!(codes.iter().all(is_name));
}

#[test]
fn every_cause_reads_without_facts() {
    for code in CauseCode::ALL {
        let cause = Cause::general(*code);
        for words in [cause.summary(), cause.advice(Reader::Python), cause.advice(Reader::Command)]
        {
            assert!(!words.contains(['{', '}', '|']), "{words}");
            assert!(!words.contains("  ") && !words.is_empty(), "{words}");
        }
    }
}

#[test]
fn nothing_is_unknown() {
    let explanation = explained("");
    assert_eq!(code(&explanation), "unknown");
    assert!(!explanation.causes[0].certain);
}

#[test]
fn entities_of_xml_do_not_grow() {
    let text = "<!DOCTYPE a [<!ENTITY b \"bb\">]><Error><Code>&b;&amp;&#x41;</Code></Error>";
    assert_eq!(Response::parse(text).code.as_deref(), Some("&b;&A"));
}

#[test]
fn secret_at_hand_proves_the_request() {
    let explanation = explained_beside(MISMATCH, URL, Some(credentials(None)));
    assert_eq!(code(&explanation), "wrong_secret_or_rewritten");
    let other = Credentials::new("AKIDEXAMPLE", "another", None).unwrap();
    let explanation = explained_beside(MISMATCH, URL, Some(other));
    assert_eq!(code(&explanation), "changed_after_signing");
}

#[test]
fn request_that_changed_here_is_found_by_its_signature() {
    let changed = URL.replace("b=c", "b=d");
    let explanation = explained_beside(MISMATCH, &changed, Some(credentials(None)));
    assert_eq!(code(&explanation), "changed_after_signing");
}

#[test]
fn mistake_is_proved_by_the_secret() {
    // The port is sent and was not signed.
    let with_port = URL.replace(".com/", ".com:8443/");
    let explanation = explained_beside(MISMATCH, &with_port, Some(credentials(None)));
    assert_eq!(code(&explanation), "host_port");
    let pair = explanation.canonical_request_diff.iter().find(|pair| pair.column.is_some());
    let pair = pair.unwrap();
    assert_eq!(pair.part, "canonical_headers host");
    assert_eq!(pair.ours.as_deref(), Some("host:search-x.us-east-1.es.amazonaws.com"));
}

/// Explains the refusal of a POST of `sent`, of which `signed` was signed with `secret`.
fn explained_body(signed: &[u8], secret: &str, sent: &[u8]) -> Explanation {
    let response = Response::parse(MISMATCH);
    let scope = scope(AMZ_DATE, "us-east-1", "es");
    let request = Request::new("POST", Url::parse(URL).unwrap(), &[]).unwrap();
    let request = request.with_payload(sigv4::HashedPayload::of(signed)).unwrap();
    let theirs = Credentials::lenient("AKIDEXAMPLE", secret, None, &mut Vec::new()).unwrap();
    let keys = SigningKeyCache::new(1);
    let added = sigv4::sign(&request, &theirs, &scope, &settings(&[]), &keys).unwrap();
    let headers = headers(&[("Authorization", &added.authorization), ("X-Amz-Date", AMZ_DATE)]);
    let request = Request::new("POST", Url::parse(URL).unwrap(), &headers).unwrap();
    let body = sigv4::HashedPayload::of(sent);
    let sent = SentRequest {
        request: &request,
        body: Some(&body),
        content: Some(sent),
        redirected: false,
        signed_here: false,
    };
    let credentials = Some(credentials(None));
    explain(&Evidence {
        response: &response,
        sent: Some(sent),
        credentials,
        now: None,
        reader: Reader::Python,
    })
}

#[test]
fn body_and_secret_are_tried_as_clients_mistake_them() {
    let codes = |signed: &[u8], secret: &str| -> Vec<_> {
        let explanation =
            explained_body(signed, secret, b"{\"b\": [1.0, \"\xc3\xbc\"], \"a\": {}}");
        explanation.causes.iter().map(|cause| cause.code.as_str()).collect()
    };
    let sorted = b"{\"a\":{},\"b\":[1.0,\"\\u00fc\"]}";
    let padded = format!("{SECRET}\n");
    assert_eq!(codes(sorted, SECRET), ["body_serialized_anew"]);
    assert_eq!(codes(sorted, &padded), ["secret_has_white_space", "body_serialized_anew"]);
    assert_eq!(codes(b"", &padded), ["secret_has_white_space", "body_not_signed"]);
    assert_eq!(codes(b"{}", SECRET), ["changed_after_signing"]);
}

#[test]
fn secret_in_an_answer_is_not_shown() {
    let text = format!("{{\"message\": \"{MISMATCH}, {SECRET}, Signature=0123456789abcdef\"}}");
    let explanation = explained_beside(&text, URL, Some(credentials(None)));
    let message = explanation.message.unwrap();
    assert!(!message.contains(SECRET) && !message.contains("0123456789abcdef"), "{message}");
}

#[test]
fn clock_is_told_from_an_old_signature_by_the_time_here() {
    let text = "{\"message\":\"Signature expired: 20150830T123600Z is now earlier than \
                20150830T125100Z (20150830T125600Z - 5 min.)\"}";
    let response = Response::parse(text);
    for (now, expected) in [
        (None, "clock_behind"),
        (Some("20150830T123601Z"), "clock_behind"),
        (Some("20150830T125600Z"), "signature_too_old"),
    ] {
        let now = now.map(|now| SigningTime::parse(now).unwrap());
        let evidence = Evidence {
            response: &response,
            sent: None,
            credentials: None,
            now,
            reader: Reader::Python,
        };
        assert_eq!(code(&explain(&evidence)), expected);
    }
}

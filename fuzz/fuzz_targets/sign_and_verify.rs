//! The verifier accepts what the signer signs, unless it refuses the request as ambiguous.

#![no_main]

use _core::sigv4::verify::VerificationError;
use _core::sigv4::{
    Algorithm, CredentialScope, HashedPayload, Header, HeaderSelection, Request, ServiceRules,
    Settings, SigningError, SigningKeyCache, Url, presign, sign,
};
use libfuzzer_sys::fuzz_target;
use rsigv4_fuzz::{TextRequest, begin, check, credentials, now, read};

fuzz_target!(|data: &[u8]| {
    let Some(mut text) = TextRequest::parse(data) else { return };
    let Ok(url) = Url::parse_unsent(text.url) else { return };
    let endpoint = url.endpoint();
    let region = endpoint.region.unwrap_or("us-east-1");
    let service = endpoint.service.unwrap_or("execute-api");
    let scope = CredentialScope::new(Algorithm::HmacSha256, now(), region, service);
    let Ok(scope) = scope else { return };
    let rules = ServiceRules::of_request(service, url.query());
    // Signing replaces these, and the key has no token.
    let replaced = ["authorization", "x-amz-date", rules.session_token_header];
    text.headers.retain(|(name, _)| !replaced.contains(&&*name.to_ascii_lowercase()));

    let wire_url = rules.wire_url(text.url);
    let text = TextRequest { url: &wire_url, ..text };
    let _ = check_signed(&text, &scope, &rules);
    let _ = check_presigned(&text, &scope, &rules);
});

fn check_signed(
    text: &TextRequest<'_>,
    scope: &CredentialScope<'_>,
    rules: &ServiceRules,
) -> Result<(), SigningError> {
    let headers = headers(text)?;
    let url = Url::parse(text.url)?;
    url.check_unsigned()?;
    let request = Request::new(text.method, url, &headers)?;
    let request = with_payload(request, text.body, rules)?;
    let settings = settings(rules, true, &[]);
    let signed = sign(&request, &credentials(), scope, &settings, &SigningKeyCache::new(1))?;

    let mut arrived = text.headers.clone();
    for (name, value) in signed.added.pairs() {
        arrived.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        arrived.push((name, value.as_bytes()));
    }
    arrived.push(("Authorization", signed.authorization.as_bytes()));
    check_accepted(text, text.url, &arrived);
    Ok(())
}

fn check_presigned(
    text: &TextRequest<'_>,
    scope: &CredentialScope<'_>,
    rules: &ServiceRules,
) -> Result<(), SigningError> {
    let headers = headers(text)?;
    let mut request = Request::new(text.method, Url::parse(text.url)?, &headers)?;
    if !rules.presigns_unsigned_payload {
        request = with_payload(request, text.body, rules)?;
    }
    let all = ["*".to_owned()];
    let settings = settings(rules, !rules.signs_payload, &all);
    let keys = SigningKeyCache::new(1);
    let url = presign(&request, &credentials(), scope, &settings, 3600, &keys)?;
    let mut arrived = text.headers.clone();
    if !rules.signs_payload {
        arrived.retain(|(name, _)| !name.eq_ignore_ascii_case("x-amz-content-sha256"));
        arrived.push(("x-amz-content-sha256", HashedPayload::UNSIGNED_PAYLOAD.as_bytes()));
    }
    check_accepted(text, &url, &arrived);
    Ok(())
}

fn check_accepted(text: &TextRequest<'_>, url: &str, arrived: &[(&str, &[u8])]) {
    let Ok(verification) = begin(text.method, url, arrived) else { return };
    let verifier = match check(&verification, Some(&credentials()), text.body) {
        // The signer doesn't sign a header such as X_Amz-Acl by default, and the verifier refuses it.
        Err(VerificationError::UnsignedHeader) => return,
        checked => checked.expect("signed by this key"),
    };
    // The header of the input may announce another body.
    let announced = arrived.iter().any(|(name, _)| {
        name.eq_ignore_ascii_case("x-amz-content-sha256")
            && text.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    });
    let is_read = read(verifier, text.body);
    assert!(announced || is_read.is_ok(), "the body was signed");
}

fn headers<'a>(text: &TextRequest<'a>) -> Result<Vec<Header<'a>>, SigningError> {
    text.headers.iter().map(|(name, value)| Header::new(name, value)).collect()
}

fn with_payload<'a>(
    request: Request<'a>,
    body: &[u8],
    rules: &ServiceRules,
) -> Result<Request<'a>, SigningError> {
    if !rules.signs_payload {
        return Ok(request.with_unsigned_payload());
    }
    if request.is_payload_preset() {
        return Ok(request);
    }
    request.with_payload(HashedPayload::of(body))
}

fn settings<'a>(
    rules: &ServiceRules,
    content_sha256_header: bool,
    also: &'a [String],
) -> Settings<'a> {
    Settings {
        path: rules.path,
        content_sha256_header,
        session_token_header: rules.session_token_header,
        sign_session_token: rules.sign_session_token,
        headers: HeaderSelection { stable: true, also, covers_amz: false },
    }
}

//! Requests as they arrive: any `Authorization` header, query and body.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rsigv4_fuzz::{TextRequest, begin, check, credentials, read};

fuzz_target!(|data: &[u8]| {
    let Some(text) = TextRequest::parse(data) else { return };
    let Ok(verification) = begin(text.method, text.url, &text.headers) else { return };
    assert!(check(&verification, None, text.body).is_err(), "accepts an unknown key");
    if let Ok(verifier) = check(&verification, Some(&credentials()), text.body) {
        assert_eq!(verification.access_key_id(), verifier.identity().access_key_id);
        let _ = read(verifier, text.body);
    }
});

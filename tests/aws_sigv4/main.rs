//! Our signatures beside those of AWS's own crates, over requests and streams that a seed makes.
//!
//! A run is repeated by setting `RSIGV4_TEST_SEED` to what a failure prints.

#![allow(clippy::unwrap_used, reason = "a test that can't build its input fails, and says where")]

#[path = "../core/common.rs"]
mod common;
mod event_streams;
mod generator;
mod requests;
mod streams;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use _core::sigv4::SigningTime;
use aws_credential_types::Credentials;
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use common::{ACCESS_KEY, AMZ_DATE, SECRET};

const REGION: &str = "us-east-1";

fn identity(session_token: Option<&str>) -> Identity {
    let session_token = session_token.map(str::to_owned);
    Credentials::new(ACCESS_KEY, SECRET, session_token, None, "tests").into()
}

fn system_time() -> SystemTime {
    let seconds = SigningTime::parse(AMZ_DATE).unwrap().instant().timestamp();
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap())
}

fn signing_params<'a, S: Default>(
    identity: &'a Identity,
    service: &'a str,
    settings: S,
) -> v4::SigningParams<'a, S> {
    v4::SigningParams::builder()
        .identity(identity)
        .region(REGION)
        .name(service)
        .time(system_time())
        .settings(settings)
        .build()
        .unwrap()
}

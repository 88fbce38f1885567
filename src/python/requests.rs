//! The auth for the requests library, and the drop-in for `aws_requests_auth`.

mod attributes;
mod auth;
mod drop_in;
mod prepared_request;

pub(super) use auth::RequestsAuthBase;
pub(super) use drop_in::{AwsRequestsAuthBase, KEYS, get_signature_key, record_originals, sign};
pub(super) use prepared_request::{ResponseHook, watch_responses};

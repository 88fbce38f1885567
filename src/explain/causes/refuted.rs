//! Tells which words of the server the request refutes.
//!
//! They are about another request, or the server is wrong.

use super::{Cause, CauseCode, time};
use crate::explain::evidence::Case;
use crate::sigv4::names::header;

use CauseCode as Code;

/// Whether the request shows that the response is wrong, or that of another request.
pub(super) fn is_refuted(said: &Cause, case: &Case<'_>) -> bool {
    let Some((sent, claim)) = case.arrived() else {
        let is_unsigned = case.sent.is_some() && case.claim.is_none();
        let is_about_key = matches!(said.code, Code::NoPolicyAllows | Code::OpenSearchRole);
        return case.is_of_another_request || (is_unsigned && is_about_key);
    };
    let fact = |name: &str| {
        let found = said.facts.iter().find(|(fact, _)| *fact == name);
        found.map(|(_, value)| value.as_str())
    };
    let is_of_api = claim.service() == "execute-api";
    match said.code {
        Code::WrongRegion => fact("wrong") != claim.region(),
        Code::WrongService => fact("wrong") != Some(claim.service()),
        Code::ScopeDate => fact("scope").is_some_and(|scope| scope != claim.date()),
        Code::HostNotSigned => claim.is_signed("host"),
        Code::SessionTokenExpired | Code::SessionTokenInvalid => claim.session_token.is_none(),
        Code::AuthorizationIncomplete => {
            claim.is_scope_complete() && claim.time.is_some() && !claim.is_dated
        }
        // It has a signature of version 4.
        Code::SignatureVersion => true,
        Code::PresignedUrlExpired => !claim.in_query,
        Code::ClockBehind | Code::ClockAhead | Code::SignatureTooOld => {
            time::is_of_another_time(case)
        }
        // The role of an integration, or of a function, was refused by the service behind the API.
        Code::NoPolicyAllows | Code::ExplicitDeny => {
            is_of_api && fact("action").is_some_and(|action| !action.starts_with("execute-api:"))
        }
        Code::OpenSearchRole => is_of_api,
        Code::ContentSha256Missing => sent.header(header::CONTENT_SHA256).is_some(),
        _ => false,
    }
}

//! `Fetch`: requests that wait for a decision.

use super::network::RequestInfo;
use super::{Done, events, methods, read};

methods! {
    "Fetch.enable", Enable { patterns: Vec<Pattern>, handle_auth_requests: bool } -> Done;
    "Fetch.disable", Disable {} -> Done;
    "Fetch.continueRequest", ContinueRequest { request_id: String } opt { url: String, method: String, post_data: String, headers: Vec<Header> } -> Done;
    "Fetch.fulfillRequest", FulfillRequest { request_id: String, response_code: u16, response_headers: Vec<Header>, body: String } -> Done;
    "Fetch.failRequest", FailRequest { request_id: String, error_reason: String } -> Done;
    "Fetch.continueWithAuth", ContinueWithAuth { request_id: String, auth_challenge_response: AuthResponse } -> Done;
}

/// Which requests wait.
#[derive(Clone, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pattern {
    pub url_pattern: String,
    pub request_stage: String,
}

/// A header, in order and possibly repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// `response` is `Default`, `CancelAuth` or `ProvideCredentials`.
#[derive(Clone, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthResponse {
    pub response: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

read! {
    /// Who wants a password.
    AuthChallenge { source: Option<String>, origin: String, scheme: String, realm: String }
}

events! {
    "Fetch.requestPaused", RequestPaused { request_id: String, request: RequestInfo, frame_id: String, resource_type: String, network_id: Option<String>, redirected_request_id: Option<String> }
    "Fetch.authRequired", AuthRequired { request_id: String, request: RequestInfo, frame_id: String, auth_challenge: AuthChallenge }
}

//! `Network`: requests as they happen, cookies, headers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Done, events, methods, read};

/// Header names and values as the browser shows them.
pub type Headers = BTreeMap<String, Value>;

methods! {
    "Network.enable", Enable {} opt { max_total_buffer_size: u64, max_resource_buffer_size: u64, max_post_data_size: u64 } -> Done;
    "Network.setExtraHTTPHeaders", SetExtraHttpHeaders { headers: BTreeMap<String, String> } -> Done;
    "Network.setCacheDisabled", SetCacheDisabled { cache_disabled: bool } -> Done;
    "Network.getResponseBody", GetResponseBody { request_id: String } -> ResponseBody;
    "Storage.getCookies", GetCookies {} opt { browser_context_id: String } -> Cookies;
    "Storage.setCookies", SetCookies { cookies: Vec<CookieParam> } opt { browser_context_id: String } -> Done;
    "Storage.clearCookies", ClearCookies {} opt { browser_context_id: String } -> Done;
    "Storage.clearDataForOrigin", ClearDataForOrigin { origin: String, storage_types: String } -> Done;
}

/// A cookie to be set; it needs a domain or an address.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CookieParam {
    pub name: String,
    pub value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_only: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_site: Option<String>,
    /// Seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<f64>,
}

read! {
    Cookies { cookies: Vec<Cookie> }
    Cookie { name: String, value: String, domain: String, path: String, expires: f64, http_only: bool, secure: bool, session: bool, same_site: Option<String> }
    ResponseBody { body: String, base64_encoded: bool }
    /// What was asked.
    RequestInfo { url: String, url_fragment: Option<String>, method: String, headers: Headers, post_data: Option<String>, has_post_data: Option<bool> }
    /// What was answered; the body is fetched apart.
    ResponseInfo { url: String, status: i64, status_text: String, headers: Headers, mime_type: String, #[serde(rename = "remoteIPAddress")] remote_ip: Option<String>, remote_port: Option<i64>, from_disk_cache: Option<bool>, from_service_worker: Option<bool>, encoded_data_length: f64, timing: Option<Timing>, protocol: Option<String>, connection_id: f64 }
    /// Milliseconds after `request_time`, -1 when a phase did not happen.
    Timing { request_time: f64, dns_start: f64, dns_end: f64, connect_start: f64, connect_end: f64, ssl_start: f64, ssl_end: f64, send_start: f64, send_end: f64, receive_headers_start: Option<f64>, receive_headers_end: f64 }
    SocketRequest { headers: Headers }
}

events! {
    "Network.requestWillBeSent", RequestWillBeSent { request_id: String, loader_id: String, #[serde(rename = "documentURL")] document_url: String, request: RequestInfo, timestamp: f64, wall_time: f64, redirect_response: Option<ResponseInfo>, #[serde(rename = "type")] kind: Option<String>, frame_id: Option<String> }
    "Network.responseReceived", ResponseReceived { request_id: String, loader_id: String, timestamp: f64, #[serde(rename = "type")] kind: String, response: ResponseInfo, frame_id: Option<String> }
    "Network.loadingFinished", LoadingFinished { request_id: String, timestamp: f64, encoded_data_length: f64 }
    "Network.loadingFailed", LoadingFailed { request_id: String, timestamp: f64, error_text: String, canceled: Option<bool>, blocked_reason: Option<String> }
    "Network.webSocketCreated", WebSocketCreated { request_id: String, url: String }
}

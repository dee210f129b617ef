//! `Browser`, `Tracing`, `IO`: what belongs to the whole browser.

use serde_json::Value;

use super::{Done, events, methods, read};

methods! {
    "Browser.getVersion", GetVersion {} -> Version;
    "Browser.close", Close {} -> Done;
    "Browser.grantPermissions", GrantPermissions { permissions: Vec<String> } opt { origin: String, browser_context_id: String } -> Done;
    "Browser.resetPermissions", ResetPermissions {} opt { browser_context_id: String } -> Done;
    "Browser.setDownloadBehavior", SetDownloadBehavior { behavior: String } opt { browser_context_id: String, download_path: String, events_enabled: bool } -> Done;
    "Browser.cancelDownload", CancelDownload { guid: String } opt { browser_context_id: String } -> Done;
    "Tracing.start", StartTracing { transfer_mode: String, trace_config: Value } -> Done;
    "Tracing.end", EndTracing {} -> Done;
    "IO.read", ReadStream { handle: String } opt { size: u32 } -> StreamPart;
    "IO.close", CloseStream { handle: String } -> Done;
}

read! {
    /// Who answers.
    Version { product: String, revision: String, user_agent: String, js_version: String, protocol_version: String }
    /// A piece of a stream.
    StreamPart { base64_encoded: bool, data: String, eof: bool }
}

events! {
    "Browser.downloadWillBegin", DownloadWillBegin { frame_id: String, guid: String, url: String, suggested_filename: String }
    "Browser.downloadProgress", DownloadProgress { guid: String, total_bytes: f64, received_bytes: f64, state: String }
    "Tracing.tracingComplete", TracingComplete { data_loss_occurred: bool, stream: Option<String> }
}

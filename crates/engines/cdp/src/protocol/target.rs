//! `Target`: pages, frames in other processes, workers, and the contexts they live in.

use serde_json::Value;

use super::{Done, events, methods, read};

methods! {
    "Target.setAutoAttach", SetAutoAttach { auto_attach: bool, wait_for_debugger_on_start: bool, flatten: bool } opt { filter: Value } -> Done;
    "Target.createBrowserContext", CreateBrowserContext { dispose_on_detach: bool } opt { proxy_server: String, proxy_bypass_list: String } -> ContextCreated;
    "Target.disposeBrowserContext", DisposeBrowserContext { browser_context_id: String } -> Done;
    "Target.createTarget", CreateTarget { url: String } opt { browser_context_id: String, width: u32, height: u32 } -> TargetCreated;
    "Target.closeTarget", CloseTarget { target_id: String } -> Done;
    "Target.activateTarget", ActivateTarget { target_id: String } -> Done;
    "Target.detachFromTarget", DetachFromTarget { session_id: String } -> Done;
}

read! {
    ContextCreated { browser_context_id: String }
    TargetCreated { target_id: String }
    /// What the browser says of a page, frame or worker.
    TargetInfo {
        target_id: String,
        #[serde(rename = "type")]
        kind: String,
        title: String,
        url: String,
        opener_id: Option<String>,
        browser_context_id: Option<String>,
    }
}

events! {
    "Target.attachedToTarget", AttachedToTarget { session_id: String, target_info: TargetInfo, waiting_for_debugger: bool }
    "Target.detachedFromTarget", DetachedFromTarget { session_id: String }
    "Target.targetInfoChanged", TargetInfoChanged { target_info: TargetInfo }
}

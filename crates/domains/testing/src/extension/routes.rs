//! `/api/v1/browser/extensions`: extensions of people's browsers, who may be asked things, and asking.

use argos_kernel::Result;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::actions::sees_waiting;
use super::bridge::LISTENER;
use super::store::{self, Extension, Standing};
use super::wire;
use crate::actions::recordings::NewRecording;
use crate::actions::tests::fault;
use crate::routes::Service;
use crate::routes::view::said;
use crate::service::Testing;

const NAME_MAX: usize = 255;

pub(crate) fn routes(testing: Service) -> Routes<Service> {
    Routes::new(testing)
        .get("/api/v1/browser/extensions", "extensions.list", "Extensions that came to the bridge, and whether it is open.", list)
        .reply::<BridgeView>()
        .get("/api/v1/browser/extensions/{id}", "extensions.get", "One extension, with what its tabs wrote to their consoles.", get)
        .reply::<OneView>()
        .post("/api/v1/browser/extensions/{id}/approve", "extensions.approve", "Let an extension be asked things.", approve)
        .reply::<ExtensionView>()
        .post("/api/v1/browser/extensions/{id}/deny", "extensions.deny", "Let an extension go, and not come again.", deny)
        .reply::<ExtensionView>()
        .delete("/api/v1/browser/extensions/{id}", "extensions.delete", "Forget an extension; it is decided anew when it comes.", remove)
        .post("/api/v1/browser/extensions/{id}/actions", "extensions.act", "Ask an extension for one thing; 30 s at most.", act)
        .body::<ActBody>()
        .reply::<ActedView>()
        .post("/api/v1/browser/extensions/{id}/recordings", "extensions.record", "Record what is done in a tab.", record)
        .body::<RecordBody>()
        .reply::<RecordedView>()
        .post("/api/v1/browser/extensions/{id}/recordings/stop", "extensions.record_stop", "End the recording under way.", stop)
        .reply::<RecordedView>()
}

#[derive(Serialize, JsonSchema)]
struct ExtensionView {
    id: String,
    /// `chrome-extension://` and its id.
    origin: String,
    status: Standing,
    /// To this server, now.
    connected: bool,
    connected_at: Option<String>,
    /// What it says it can be asked; empty before it said.
    capabilities: Vec<String>,
    /// The recording under way in one of its tabs.
    recording_id: Option<String>,
    decided_by: Option<String>,
    decided_at: Option<String>,
    created_at: String,
    last_seen_at: String,
}

#[derive(Serialize, JsonSchema)]
struct BridgeView {
    /// As the setting says.
    enabled: bool,
    /// Where extensions connect; null while nobody listens.
    address: Option<String>,
    /// Why nobody listens though it is enabled.
    problem: Option<String>,
    /// What can be asked.
    actions: Vec<&'static str>,
    extensions: Vec<ExtensionView>,
}

#[derive(Serialize, JsonSchema)]
struct LineView {
    tab_id: Option<i64>,
    level: String,
    text: String,
}

#[derive(Serialize, JsonSchema)]
struct OneView {
    #[serde(flatten)]
    extension: ExtensionView,
    /// The newest last, at most 200; empty when it is not connected here.
    console: Vec<LineView>,
}

#[derive(Deserialize, JsonSchema)]
struct ActBody {
    /// navigate, click, fill, type, hover, select, pressKey, scroll, evaluate, screenshot, getPageInfo, querySelector, querySelectorAll, waitForSelector, createTab, closeTab, getTabs, getActiveTab, getConsoleLogs or getNetworkRequests
    action: String,
    /// As the browser numbers its tabs; the extension chooses without.
    #[serde(default)]
    tab_id: Option<i64>,
    #[serde(default)]
    params: Map<String, Value>,
}

#[derive(Serialize, JsonSchema)]
struct ActedView {
    success: bool,
    action: String,
    /// What the extension answered.
    data: Value,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct RecordBody {
    /// The only project of the organization without.
    project_id: Option<String>,
    name: Option<String>,
    /// The tab the person looks at without.
    tab_id: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
struct RecordedView {
    success: bool,
    recording_id: String,
    tab_id: Option<i64>,
}

fn view(testing: &Testing, e: Extension) -> ExtensionView {
    let connected = testing.bridge.find(e.uid);
    ExtensionView {
        id: e.uid.to_string(),
        origin: e.origin,
        status: e.standing,
        connected: connected.is_some(),
        connected_at: connected.as_ref().map(|c| c.since.rfc3339()),
        capabilities: connected.as_ref().map(|c| c.told().capabilities).unwrap_or_default(),
        recording_id: connected.as_ref().and_then(|c| c.records()).map(|(uid, _)| uid.to_string()),
        decided_by: e.decided_by,
        decided_at: e.decided_at.map(argos_kernel::Timestamp::rfc3339),
        created_at: e.created_at.rfc3339(),
        last_seen_at: e.seen_at.rfc3339(),
    }
}

async fn list(testing: Service, req: Req) -> Result<Reply> {
    let organization = testing.platform.identity.organization_of(&req).await?.organization.id;
    let db = &testing.platform.store.state;
    let mut found = if sees_waiting(&req) { store::waiting(db).await? } else { Vec::new() };
    found.extend(store::of(db, organization).await?);
    let enabled = testing.settings().bool("quality.extension_bridge")?;
    let problem = testing.bridge.problem().filter(|_| enabled);
    let address = testing.platform.listeners.get(LISTENER).filter(|_| enabled && problem.is_none());
    Ok(Reply::json(&BridgeView {
        enabled,
        address: address.map(|a| format!("ws://localhost:{}", a.port())),
        problem,
        actions: wire::ACTIONS.to_vec(),
        extensions: found.into_iter().map(|e| view(&testing, e)).collect(),
    }))
}

async fn get(testing: Service, req: Req) -> Result<Reply> {
    let (found, _) = testing.extension_named(&req, req.param("id")).await?;
    let told = testing.bridge.find(found.uid).map(|c| c.told()).unwrap_or_default();
    let line = |l: wire::ConsoleLine| LineView { tab_id: l.tab, level: l.level, text: l.text };
    Ok(Reply::json(&OneView { extension: view(&testing, found), console: told.console.into_iter().map(line).collect() }))
}

async fn decided(testing: &Testing, req: &Req, standing: Standing) -> Result<Reply> {
    let (found, organization) = testing.extension_named(req, req.param("id")).await?;
    // Of those that wait only the instance's administrators know; who may decide about others decides in the organization.
    let now = testing.decide_extension(req.cx(), &found, organization, standing).await?;
    Ok(Reply::json(&view(testing, now)))
}

async fn approve(testing: Service, req: Req) -> Result<Reply> {
    decided(&testing, &req, Standing::Approved).await
}

async fn deny(testing: Service, req: Req) -> Result<Reply> {
    decided(&testing, &req, Standing::Denied).await
}

async fn remove(testing: Service, req: Req) -> Result<Reply> {
    let (found, _) = testing.extension_named(&req, req.param("id")).await?;
    testing.forget_extension(req.cx(), &found).await?;
    Ok(Reply::json(&said("Extension forgotten")))
}

async fn act(testing: Service, mut req: Req) -> Result<Reply> {
    let body: ActBody = req.json().await?;
    if let Some((field, why)) = wire::fault(&body.action, &body.params) {
        return Err(fault(field, why));
    }
    let data = testing.ask_extension(&req, req.param("id"), (&body.action, body.tab_id), body.params).await?;
    Ok(Reply::json(&ActedView { success: true, action: body.action, data }))
}

async fn record(testing: Service, mut req: Req) -> Result<Reply> {
    let body: RecordBody = req.json_or_default().await?;
    let connected = testing.connected_extension(&req, req.param("id")).await?;
    if body.name.as_ref().is_some_and(|name| name.chars().count() > NAME_MAX || name.chars().any(char::is_control)) {
        return Err(fault("name", format!("name must be at most {NAME_MAX} characters")));
    }
    let access = crate::routes::recording_project(&testing, &req, body.project_id.as_deref()).await?;
    let new = NewRecording {
        name: body.name,
        url: None,
        source: "extension",
        client_key: None,
        metadata: Map::new(),
        created_by: req.cx().caller.username.clone(),
    };
    let row = testing.record_in_extension(req.cx(), &connected, &access.project, (new, body.tab_id)).await?;
    let tab_id = connected.records().map(|(_, tab)| tab);
    Ok(Reply::json(&RecordedView { success: true, recording_id: row.uid.to_string(), tab_id }))
}

async fn stop(testing: Service, req: Req) -> Result<Reply> {
    let connected = testing.connected_extension(&req, req.param("id")).await?;
    let idle = || argos_kernel::AppError::conflict("The extension does not record").code("extension_idle");
    let tab_id = connected.records().map(|(_, tab)| tab);
    let uid = connected.stop_recording().ok_or_else(idle)?;
    Ok(Reply::json(&RecordedView { success: true, recording_id: uid.to_string(), tab_id }))
}

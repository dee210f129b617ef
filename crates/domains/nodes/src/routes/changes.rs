//! What changes a node: commands, its configuration, flows.

use std::sync::Arc;

use argos_kernel::{AppError, Result};
use argos_nodewire::flow::{Issue, Report, joined};
use argos_nodewire::redact;
use argos_web::{Reply, Req, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Service, node};
use crate::actions::MEDIA_BYTES;
use crate::actions::commands::{ACTION_BYTES, Outcome};
use crate::actions::flow_batch::Change;
use crate::store::parts;

/// Room for the envelope around an action or flow of full size.
const BODY: usize = ACTION_BYTES + (8 << 10);

const FLOWS_BODY: usize = crate::actions::CONFIG_BYTES + (8 << 10);

pub(super) fn routes(nodes: Service) -> Routes {
    Routes::new(nodes)
        .post("/api/v1/nodes/{id}/command", "nodes.command", "Give the node a command and wait for its answer.", command)
        .body::<CommandBody>()
        .reply::<OutcomeView>()
        .body_limit(BODY)
        .get("/api/v1/nodes/{id}/config", "nodes.get_config", "The configuration of the node, without its secrets.", get_config)
        .param("refresh", "true: ask the node, whatever is known")
        .put("/api/v1/nodes/{id}/config", "nodes.replace_config", "Replace the whole configuration; *** keeps a secret.", put_config)
        .reply::<OutcomeView>()
        .body_limit(crate::actions::CONFIG_BYTES + (8 << 10))
        .get("/api/v1/nodes/{id}/config/history", "nodes.config_history", "Configurations that were replaced, newest first.", history)
        .reply::<Vec<VersionView>>()
        .post("/api/v1/nodes/{id}/config/history/{version}/restore", "nodes.restore_config", "Go back to a configuration.", restore)
        .reply::<OutcomeView>()
        .get("/api/v1/nodes/{id}/flows", "nodes.list_flows", "The flows of the node with their inputs and outputs inside.", flows)
        .reply::<Vec<Value>>()
        .post("/api/v1/nodes/{id}/flows", "nodes.create_flow", "Create a flow, written for either generation.", create_flow)
        .reply::<OutcomeView>()
        .body_limit(BODY)
        .put("/api/v1/nodes/{id}/flows/{flow_id}", "nodes.update_flow", "Change a flow.", update_flow)
        .reply::<OutcomeView>()
        .body_limit(BODY)
        .delete("/api/v1/nodes/{id}/flows/{flow_id}", "nodes.remove_flow", "Remove a flow and what was made for it.", remove_flow)
        .reply::<OutcomeView>()
        .post("/api/v1/nodes/{id}/flows/{flow_id}/reveal", "nodes.reveal_flow", "The secrets of a flow; written to the audit log.", reveal)
        .reply::<SecretsView>()
        .post("/api/v1/nodes/{id}/media/upload", "nodes.upload_media", "Send a media file to an edge; the body is the file.", upload)
        .param("name", "name of the file on the node")
        .reply::<MediaView>()
        .body_limit(MEDIA_BYTES)
        .post("/api/v1/nodes/{id}/validate-flow", "nodes.validate_flow", "Check a flow and say what would be sent.", validate)
        .reply::<ReportView>()
        .body_limit(BODY)
        .post("/api/v1/nodes/{id}/plan-flows", "nodes.plan_flows", "Check several flows together and say what would be sent.", plan_flows)
        .body::<FlowsBody>()
        .reply::<FlowsPlanView>()
        .body_limit(FLOWS_BODY)
        .post("/api/v1/nodes/{id}/apply-flows", "nodes.apply_flows", "Change several flows together; all of it or nothing.", apply_flows)
        .body::<FlowsBody>()
        .reply::<OutcomeView>()
        .body_limit(FLOWS_BODY)
        .done()
}

#[derive(Deserialize, JsonSchema)]
struct CommandBody {
    /// `{"type": "...", ...}`
    action: Value,
    /// Administrators: send a command that is not in the table.
    #[serde(default)]
    passthrough: bool,
}

#[derive(Deserialize, JsonSchema)]
struct FlowsBody {
    /// Flows as they shall be; together with `remove` at most 50.
    #[serde(default)]
    flows: Vec<Value>,
    /// Ids of flows that shall go.
    #[serde(default)]
    remove: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct FlowsPlanView {
    valid: bool,
    flows: Vec<FlowReportView>,
    /// The commands that would be sent, in order, without secrets.
    plan: Vec<Value>,
}

#[derive(Serialize, JsonSchema)]
struct FlowReportView {
    id: String,
    errors: Vec<Value>,
    warnings: Vec<Value>,
}

#[derive(Serialize, JsonSchema)]
struct OutcomeView {
    command_id: String,
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
}

#[derive(Serialize, JsonSchema)]
struct VersionView {
    id: String,
    /// What replaced it: `update_config`, `create_flow`, `update_flow`, `delete_flow`.
    reason: String,
    actor: String,
    created_at: String,
    /// Without its secrets.
    config: Value,
}

#[derive(Serialize, JsonSchema)]
struct ReportView {
    valid: bool,
    errors: Vec<Value>,
    warnings: Vec<Value>,
    /// The commands that would be sent, in order, without secrets.
    plan: Vec<Value>,
}

#[derive(Serialize, JsonSchema)]
struct SecretsView {
    secrets: Vec<SecretView>,
}

#[derive(Serialize, JsonSchema)]
struct SecretView {
    /// Where it stands in the flow as it is listed: `inputs[0].passphrase`.
    path: String,
    value: String,
}

#[derive(Serialize, JsonSchema)]
struct MediaView {
    name: String,
    bytes: u64,
}

fn outcome(done: Outcome) -> Reply {
    let done = done.redacted();
    Reply::json(&OutcomeView { command_id: done.command_id, success: true, data: done.data })
}

async fn command(nodes: Service, mut req: Req) -> Result<Reply> {
    let body: CommandBody = req.json().await?;
    let node = node(&nodes, &req).await?;
    let rights = (body.passthrough, req.cx().has("nodes:manage"));
    let (actor, all) = (req.cx().actor(), Arc::clone(&nodes));
    let change = async move { all.command(&actor, &node, body.action, rights).await };
    Ok(outcome(nodes.to_the_end(change).await?))
}

async fn get_config(nodes: Service, req: Req) -> Result<Reply> {
    let node = node(&nodes, &req).await?;
    Ok(Reply::json(&nodes.shown_config(&node, req.query().flag("refresh")).await?))
}

async fn put_config(nodes: Service, mut req: Req) -> Result<Reply> {
    let config: Value = req.json().await?;
    let node = node(&nodes, &req).await?;
    let (actor, all) = (req.cx().actor(), Arc::clone(&nodes));
    Ok(outcome(nodes.to_the_end(async move { all.replace_config(&actor, &node, config).await }).await?))
}

async fn history(nodes: Service, req: Req) -> Result<Reply> {
    let node = node(&nodes, &req).await?;
    let mut views = Vec::new();
    for version in parts::versions(&nodes.platform.store.state, &node.id).await? {
        let mut config = nodes.open_version(&version)?;
        redact(&mut config);
        let (id, reason, actor) = (version.id, version.reason, version.actor);
        views.push(VersionView { id, reason, actor, created_at: version.at.rfc3339(), config });
    }
    Ok(Reply::json(&views))
}

async fn restore(nodes: Service, req: Req) -> Result<Reply> {
    let node = node(&nodes, &req).await?;
    let (actor, all, version) = (req.cx().actor(), Arc::clone(&nodes), req.param("version").to_owned());
    Ok(outcome(nodes.to_the_end(async move { all.restore_version(&actor, &node, &version).await }).await?))
}

async fn flows(nodes: Service, req: Req) -> Result<Reply> {
    let node = node(&nodes, &req).await?;
    Ok(Reply::json(&joined(&nodes.shown_config(&node, req.query().flag("refresh")).await?)))
}

async fn create_flow(nodes: Service, mut req: Req) -> Result<Reply> {
    let flow: Value = req.json().await?;
    let node = node(&nodes, &req).await?;
    let (actor, all) = (req.cx().actor(), Arc::clone(&nodes));
    Ok(outcome(nodes.to_the_end(async move { all.put_flow(&actor, &node, flow, true).await }).await?))
}

async fn update_flow(nodes: Service, mut req: Req) -> Result<Reply> {
    let mut flow: Value = req.json().await?;
    let node = node(&nodes, &req).await?;
    let id = req.param("flow_id");
    match flow.as_object_mut() {
        Some(members) if members.get("id").is_none_or(|given| given.as_str() == Some(id)) => {
            members.insert("id".to_owned(), Value::from(id));
        }
        _ => return Err(AppError::bad_request("The id of the flow is not that of the path").code("id_mismatch").with("field", "id")),
    }
    let (actor, all) = (req.cx().actor(), Arc::clone(&nodes));
    Ok(outcome(nodes.to_the_end(async move { all.put_flow(&actor, &node, flow, false).await }).await?))
}

async fn remove_flow(nodes: Service, req: Req) -> Result<Reply> {
    let node = node(&nodes, &req).await?;
    let (actor, all, flow) = (req.cx().actor(), Arc::clone(&nodes), req.param("flow_id").to_owned());
    Ok(outcome(nodes.to_the_end(async move { all.remove_flow(&actor, &node, &flow).await }).await?))
}

async fn reveal(nodes: Service, req: Req) -> Result<Reply> {
    let node = node(&nodes, &req).await?;
    req.cx().require_step_up()?;
    let found = nodes.reveal_flow(&req.cx().actor(), &node, req.param("flow_id")).await?;
    let secrets = found.into_iter().map(|h| SecretView { path: h.path, value: h.value }).collect();
    Ok(Reply::json(&SecretsView { secrets }).header("cache-control", "no-store"))
}

async fn upload(nodes: Service, mut req: Req) -> Result<Reply> {
    let node = node(&nodes, &req).await?;
    let name = req.query().filled("name").unwrap_or_default().to_owned();
    let Some(bytes) = req.declared_length() else {
        return Err(AppError::bad_request("The length of the file must be declared")
            .code("length_required")
            .with("field", "content-length"));
    };
    let (actor, all, pieces, file) = (req.cx().actor(), Arc::clone(&nodes), req.pieces(), name.clone());
    // Also one that is cut off is recorded: the node keeps what it got of it.
    nodes.to_the_end(async move { all.upload_media(&actor, &node, (&file, bytes), pieces).await }).await?;
    Ok(Reply::json(&MediaView { name, bytes }))
}

async fn validate(nodes: Service, mut req: Req) -> Result<Reply> {
    let flow: Value = req.json().await?;
    let node = node(&nodes, &req).await?;
    let mut preview = nodes.preview_flow(&node, &flow).await?;
    preview.plan.iter_mut().for_each(redact);
    let (errors, warnings) = (issues(&preview.report.errors), issues(&preview.report.warnings));
    Ok(Reply::json(&ReportView { valid: preview.report.is_valid(), errors, warnings, plan: preview.plan }))
}

fn issues(list: &[Issue]) -> Vec<Value> {
    list.iter().map(Issue::to_json).collect()
}

async fn plan_flows(nodes: Service, mut req: Req) -> Result<Reply> {
    let body: FlowsBody = req.json().await?;
    let node = node(&nodes, &req).await?;
    let mut made = nodes.preview_flows(&node, &Change { flows: body.flows, remove: body.remove }).await?;
    let valid = made.is_valid();
    let report = |(id, r): (String, Report)| FlowReportView { id, errors: issues(&r.errors), warnings: issues(&r.warnings) };
    let flows = std::mem::take(&mut made.reports).into_iter().map(report).collect();
    let mut plan: Vec<Value> = made.plan.steps.into_iter().map(|step| step.action).collect();
    plan.iter_mut().for_each(redact);
    Ok(Reply::json(&FlowsPlanView { valid, flows, plan }))
}

async fn apply_flows(nodes: Service, mut req: Req) -> Result<Reply> {
    let body: FlowsBody = req.json().await?;
    let node = node(&nodes, &req).await?;
    let change = Change { flows: body.flows, remove: body.remove };
    let (actor, all) = (req.cx().actor(), Arc::clone(&nodes));
    Ok(outcome(nodes.to_the_end(async move { all.apply_flows(&actor, &node, change).await }).await?))
}
